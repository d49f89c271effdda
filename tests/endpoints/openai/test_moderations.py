"""`/v1/moderations` with the `openai` client, and raw where the client would not send such a thing."""

import openai
import pytest

from workspace.wire import DifyError

BAD = "bad"


def flag_bad_texts(invoke_type, payload):
    yield {"result": BAD in payload["text"]}


def ask(api, **body):
    return api.http.post("/v1/moderations", json=body)


def texts_asked(api):
    return [payload["text"] for _, payload in api.asked]


@pytest.fixture(autouse=True)
def moderating(api):
    api.handler = flag_bad_texts


def test_a_text_is_flagged_or_not(api):
    bad = api.openai().moderations.create(input="a bad text")
    good = api.openai().moderations.create(input="a good text")

    assert api.asked[0] == (
        "moderation",
        {"provider": "langgenius/test/test", "model": "test-model", "text": "a bad text"},
    )
    assert [result.flagged for result in bad.results] == [True]
    assert [result.flagged for result in good.results] == [False]
    assert bad.model == "test-model"
    assert bad.id.startswith("modr-")
    assert bad.id != good.id


@pytest.mark.parametrize(("text", "flagged"), [("a bad text", True), ("a good text", False)])
def test_every_category_of_the_client_says_the_same_and_the_reply_says_why(api, text, flagged):
    reply = api.openai().moderations.create(input=text)

    [result] = reply.results
    assert set(result.categories.model_dump().values()) == {flagged}
    assert set(result.category_scores.model_dump().values()) == {float(flagged)}
    applied = result.category_applied_input_types.model_dump().values()
    assert all(types == ["text"] for types in applied)
    known = openai.types.moderation.Categories.model_fields
    assert {getattr(result.categories, name) for name in known} == {flagged}
    assert reply.note == "Dify says only whether a text is flagged: the categories and their scores repeat that."


def test_each_text_of_a_list_has_its_own_result_in_its_place(api):
    reply = api.openai().moderations.create(input=["good", "bad", "fine"], model="test-model")

    assert [result.flagged for result in reply.results] == [False, True, False]
    assert texts_asked(api) == ["good", "bad", "fine"]


@pytest.mark.parametrize(("texts", "flagged"), [(["good", "fine"], False), (["good", "bad"], True)])
def test_parts_are_one_input_together(api, texts, flagged):
    reply = api.openai().moderations.create(input=[{"type": "text", "text": text} for text in texts])

    assert [result.flagged for result in reply.results] == [flagged]
    assert texts_asked(api) == texts


def test_a_model_is_found_by_its_alias(api):
    api.settings["models"] = "omni-moderation-latest = moderation:langgenius/openai/openai/omni-moderation-2024"

    reply = api.openai().moderations.create(input="good", model="omni-moderation-latest")

    assert api.asked[0][1]["model"] == "omni-moderation-2024"
    assert reply.model == "omni-moderation-latest"


@pytest.mark.parametrize(
    ("body", "param", "sentence"),
    [
        ({}, "input", "The field `input` is missing."),
        ({"input": ""}, "input", "The field `input` is wrong: it is empty."),
        ({"input": []}, "input", "has to be text or a list of 1 or more"),
        ({"input": None}, "input", "has to be text or a list"),
        ({"input": {"text": "good"}}, "input", "has to be text or a list"),
        ({"input": ["good", ""]}, "input[1]", "The field `input[1]` is wrong: it is empty."),
        ({"input": [7]}, "input[0]", "The field `input[0]` has to be text or an object."),
        ({"input": [{"type": "text"}]}, "input[0].text", "The field `input[0].text` is missing."),
        ({"input": [{"type": "audio", "text": "good"}]}, "input[0].type", "`input[0].type` has to be 'text'"),
        (
            {"input": [{"type": "text", "text": "good"}, {"type": "image_url", "image_url": {"url": "data:,"}}]},
            "input",
            "it holds a picture, and models in Dify moderate text alone",
        ),
        ({"input": "good", "model": 7}, "model", "The field `model` has to be text"),
    ],
)
def test_a_wrong_field_is_named_before_dify_is_asked(api, body, param, sentence):
    response = ask(api, **body)

    error = response.json()["error"]
    assert response.status_code == 400
    assert sentence in error["message"]
    assert error["param"] == param
    assert api.asked == []


def test_a_text_that_dify_cannot_carry_is_refused_before_the_first_is_asked(api):
    response = ask(api, input=["good", "é" * 3_000_000])

    assert response.status_code == 413
    assert "The text takes 6.0 MB" in response.json()["error"]["message"]
    assert api.asked == []


def test_an_unknown_model_is_not_found(api):
    with pytest.raises(openai.NotFoundError) as failure:
        api.openai().moderations.create(input="good", model="text-moderation-latest")

    assert failure.value.code == "model_not_found"
    assert api.asked == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("permission denied, you need to enable moderation access in plugin manifest", 403),
        ("invoke moderation model failed: data is nil", 400),
        ("invoke moderation model failed: request failed: overloaded", 503),
    ],
)
def test_a_failure_in_dify_lets_nothing_through(api, text, status):
    api.answer(DifyError(text))

    response = ask(api, input="good")

    assert response.status_code == status
    assert set(response.json()) == {"error"}
