import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotPermitted, RefusedByDify
from tools.storage import StorageTool
from workspace.dify.storage import Storage
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MANIFEST = {"author": "a", "name": "b"}


@pytest.fixture
def dify(tmp_path):
    """The storage of the local workspace, which is that of the daemon, behind the SDK's own calls."""
    storage = Storage(MANIFEST, tmp_path)

    def handler(invoke_type, payload):
        assert invoke_type == "storage"
        yield storage.answer(payload)

    return StubbedDify(handler)


def store(dify, action, key="notes/lisbon", **more):
    return dify.run(StorageTool, {"action": action, "key": key, **more})


def asked(dify):
    return [(payload["opt"], payload["key"]) for _, payload in dify.requests]


def test_what_is_stored_can_be_read_until_it_is_deleted(dify):
    stored = store(dify, "set", value="Olá")
    read = store(dify, "get")
    there = store(dify, "exists")
    deleted = store(dify, "delete")
    gone = store(dify, "get")

    assert (stored.variables, stored.text) == ({"value": "Olá", "found": True}, "Stored.")
    assert (read.variables, read.text) == ({"value": "Olá", "found": True}, "Olá")
    assert (there.variables, there.text) == ({"value": "", "found": True}, "Something is stored under this key.")
    assert (deleted.variables, deleted.text) == ({"value": "", "found": True}, "Deleted.")
    assert gone.variables == {"value": "", "found": False}
    assert {key for _, key in asked(dify)} == {"user/notes%2Flisbon"}


@pytest.mark.parametrize("action", ["get", "exists", "delete"])
def test_a_key_that_is_not_there_is_an_answer(dify, action):
    outputs = store(dify, action)

    assert outputs.variables == {"value": "", "found": False}
    assert outputs.text == "Nothing is stored under this key."
    assert [opt for opt, _ in asked(dify)] == ["exist"]


def test_any_text_is_a_key_of_its_own(dify):
    keys = ["a", "a/b", "a/b/c", "a%2Fb", "a//b", "/a", "a/", ".", "..", "...", "../a", "a\\b", "a\0b", "é" * 125]

    for key in keys:
        store(dify, "set", key, value=f"of {key}")

    assert [store(dify, "get", key).text for key in keys] == [f"of {key}" for key in keys]
    for key in keys:
        store(dify, "delete", key)
    assert not any(store(dify, "exists", key).variables["found"] for key in keys)


def test_an_empty_text_is_stored_as_such(dify):
    store(dify, "set")

    assert store(dify, "get").variables == {"value": "", "found": True}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"key": ""}, "`key` is empty"),
        ({"key": "é" * 126}, "takes at most 251 bytes, and this one has 252"),
        ({"key": "/" * 84}, "takes at most 251 bytes, and this one has 252. A slash"),
        ({"action": "list"}, "has to be one of get, set, delete, exists"),
        ({"value": "x" * 2_700_000}, "`value` has 2.70 MB"),
        ({"value": 7}, "has to be text"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(dify, parameters, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        store(dify, **{"action": "set", **parameters})

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable storage access in plugin manifest")], NotPermitted),
        ([{"data": True, "exist_num": 1}, {"data": "ff"}], NoAnswer),
    ],
)
def test_failures_are_told_apart(events, error):
    answers = iter(events)

    def handler(invoke_type, payload):
        return replies(next(answers))(invoke_type, payload)

    with pytest.raises(error):
        store(StubbedDify(handler), "get")


def test_a_full_storage_says_so(tmp_path):
    small = {**MANIFEST, "resource": {"permission": {"storage": {"enabled": True, "size": 1024}}}}
    storage = Storage(small, tmp_path)

    def handler(invoke_type, payload):
        yield storage.answer(payload)

    dify = StubbedDify(handler)

    with pytest.raises(RefusedByDify, match="storage in Dify is full"):
        store(dify, "set", value="x" * 2000)
