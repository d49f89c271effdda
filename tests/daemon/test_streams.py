def test_models(api):
    assert [m.id for m in api.openai().models.list()]
