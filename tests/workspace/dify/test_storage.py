import copy

import pytest

from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from workspace.dify.storage import Storage
from workspace.local import local_dify
from workspace.stub import StubbedDify
from workspace.wire import DifyError


def manifest(*, size=1024, name="engine"):
    changed = copy.deepcopy(EVERYTHING)
    changed["name"] = name
    changed["resource"]["permission"]["storage"]["size"] = size
    return changed


@pytest.fixture
def storage(tmp_path):
    return StubbedDify(local_dify(manifest(), FakeModels(), folder=tmp_path).handle).session.storage


def test_what_is_stored_is_there_until_it_is_deleted(storage):
    assert storage.exist("user/a") is False
    storage.set("user/a", b"\x00value")
    assert storage.exist("user/a") is True
    assert storage.get("user/a") == b"\x00value"
    storage.delete("user/a")
    assert storage.exist("user/a") is False


def test_a_missing_key_raises(storage):
    with pytest.raises(
        Exception, match="^load data failed, please check if the key is correct or you have not set it$"
    ):
        storage.get("nothing")
    with pytest.raises(Exception, match="^delete data failed: stat .*nothing: no such file or directory$"):
        storage.delete("nothing")


def test_a_key_is_a_path(storage):
    storage.set("a/../b", b"1")
    assert storage.get("b") == b"1"
    assert storage.get("/b") == b"1"
    with pytest.raises(Exception, match="^save data failed: b/c: "):
        storage.set("b/c", b"2")


@pytest.mark.parametrize("key", ["../a", "a..b", "a\\b", "a/../../b"])
@pytest.mark.parametrize(
    ("opt", "text"),
    [
        ("set", "save data failed: invalid key: path traversal attempt detected"),
        ("del", "delete data failed: invalid key: path traversal attempt detected"),
        ("exist", "exist data failed: invalid key: path traversal attempt detected"),
        ("get", "load data failed, please check if the key is correct or you have not set it"),
    ],
)
def test_a_key_that_leaves_the_storage_is_refused(tmp_path, key, opt, text):
    with pytest.raises(DifyError) as refusal:
        Storage(manifest(), tmp_path).answer({"opt": opt, "key": key, "value": ""})

    assert str(refusal.value) == text
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("key", [".", "/", "a\x00b", "x" * 256])
def test_a_key_that_no_file_can_have_is_refused(storage, key):
    with pytest.raises(Exception, match="^save data failed: "):
        storage.set(key, b"1")


def test_a_key_is_at_most_256_bytes_long(storage):
    storage.set("k/" * 127 + "kk", b"1")
    with pytest.raises(Exception, match="^save data failed: key length must be less than 256 characters$"):
        storage.set("é/" * 86, b"1")


def test_a_value_over_the_quota_raises_and_is_stored_all_the_same(storage):
    storage.set("small", b"x" * 1000)
    with pytest.raises(Exception, match="^save data failed: allocated size is greater than max storage size$"):
        storage.set("large", b"x" * 25)

    assert storage.get("large") == b"x" * 25
    storage.set("small", b"x" * 1024)


def test_deleting_makes_room(storage):
    storage.set("a", b"x" * 1024)
    storage.delete("a")
    storage.set("b", b"x" * 1024)


def test_without_a_size_in_the_manifest_the_daemons_own_limit_holds(tmp_path, monkeypatch):
    monkeypatch.setattr("workspace.dify.storage.MAX_BYTES", 3)

    with pytest.raises(DifyError, match="allocated size is greater"):
        Storage({"author": "a", "name": "b"}, tmp_path).answer({"opt": "set", "key": "k", "value": "00" * 4})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0g", "decode data failed: encoding/hex: invalid byte: U+0067 'g'"),
        ("012", "decode data failed: encoding/hex: odd length hex string"),
    ],
)
def test_a_value_must_be_hex(tmp_path, value, text):
    with pytest.raises(DifyError) as refusal:
        Storage(manifest(), tmp_path).answer({"opt": "set", "key": "k", "value": value})

    assert str(refusal.value) == text


def test_the_replies_are_the_daemons(tmp_path):
    storage = Storage(manifest(), tmp_path)

    assert storage.answer({"opt": "set", "key": "k", "value": "00ff"}) == {"data": "ok"}
    assert storage.answer({"opt": "get", "key": "k", "value": ""}) == {"data": "00ff"}
    assert storage.answer({"opt": "exist", "key": "k", "value": ""}) == {"data": True, "exist_num": 1}
    assert storage.answer({"opt": "del", "key": "k", "value": ""}) == {"data": "ok", "deleted_num": 1}


def test_a_value_that_nobody_has_read_is_not_counted_when_it_is_deleted(tmp_path):
    storage = Storage(manifest(), tmp_path)
    storage.answer({"opt": "set", "key": "k", "value": "00"})
    storage.answer({"opt": "get", "key": "k", "value": ""})
    storage.answer({"opt": "set", "key": "k", "value": "01"})

    assert storage.answer({"opt": "del", "key": "k", "value": ""}) == {"data": "ok", "deleted_num": 0}


def test_plugins_do_not_see_each_others_values(tmp_path):
    one, other = (Storage(manifest(name=name), tmp_path) for name in ("one", "other"))
    one.answer({"opt": "set", "key": "k", "value": "01"})

    assert other.answer({"opt": "exist", "key": "k", "value": ""})["data"] is False


def test_a_plugins_name_is_no_path(tmp_path):
    storage = Storage({"author": "../..", "name": "/etc"}, tmp_path / "storage")
    storage.answer({"opt": "set", "key": "k", "value": "01"})

    assert [path.name for path in tmp_path.iterdir()] == ["storage"]


def test_values_outlive_the_process(tmp_path):
    Storage(manifest(), tmp_path).answer({"opt": "set", "key": "k", "value": "01"})

    assert Storage(manifest(), tmp_path).answer({"opt": "get", "key": "k", "value": ""}) == {"data": "01"}


def test_without_a_folder_nothing_is_kept():
    session = StubbedDify(local_dify(manifest(), FakeModels()).handle).session

    with pytest.raises(Exception, match="^persistence not found$"):
        session.storage.set("k", b"1")
