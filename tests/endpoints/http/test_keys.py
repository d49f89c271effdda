import base64
from typing import Any

import pytest
from werkzeug import Request

from endpoints.http.errors import WrongKey
from endpoints.http.keys import check_key


def check(authorization: str | None, key: Any, *, basic: bool = False) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    environ = Request.from_values(headers=headers).environ
    if authorization is not None:
        environ["HTTP_AUTHORIZATION"] = authorization  # the SDK decodes headers as UTF-8, not as WSGI does
    check_key(Request(environ), {"api_key": key}, basic=basic)


def basic(user: bytes, password: bytes) -> str:
    return "Basic " + base64.b64encode(user + b":" + password).decode()


@pytest.mark.parametrize(
    "authorization",
    ["Bearer test-key", "bearer test-key", "BEARER test-key", "Bearer   test-key ", " Bearer test-key"],
)
def test_the_key_lets_in_however_the_header_is_spaced(authorization):
    check(authorization, "test-key")
    check(authorization, " test-key\n")


@pytest.mark.parametrize("key", ["clé ünï ключ 鍵 🔑", "a b  c", "=" * 20, "x" * 5000, "None", "half \ud83d"])
def test_a_key_may_hold_anything(key):
    check(f"Bearer {key}", key)
    for other in ("Bearer test-key", f"Bearer {key}x", f"Bearer {key[:-1]}", "Bearer é"):
        with pytest.raises(WrongKey, match=r"^Incorrect API key provided\."):
            check(other, key)


@pytest.mark.parametrize("key", [None, "", " ", "\n\t", 0, 7, True, [], ["test-key"], {"value": "test-key"}])
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer None", "Bearer null", "Bearer 0", "Bearer 7", "Bearer True", "Bearer []"],
)
def test_a_group_without_a_key_lets_nobody_in(key, authorization):
    for as_basic in (False, True):
        with pytest.raises(WrongKey, match="no API key and lets nobody in. Set one in its settings"):
            check(authorization, key, basic=as_basic)


def test_a_group_whose_key_was_never_stored_lets_nobody_in():
    with pytest.raises(WrongKey):
        check_key(Request.from_values(headers={"Authorization": "Bearer None"}), {})


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer  ", "test-key", "Token test-key", "Bearertest-key", "Basic test-key"]
)
def test_a_request_without_a_key_is_told_how_to_send_it(authorization):
    with pytest.raises(
        WrongKey, match=r"^The request carries no API key\. Send .* `Authorization: Bearer KEY` or `x-api-key: KEY`\."
    ):
        check(authorization, "test-key")


@pytest.mark.parametrize("given", ["SECRET", "test-ke", "test-key2", "Test-Key", "test-key test-key", "None"])
def test_a_wrong_key_is_refused_without_showing_either(given):
    with pytest.raises(WrongKey, match=r"^Incorrect API key provided\.") as refused:
        check(f"Bearer {given}", "test-key")

    assert given not in str(refused.value)
    assert "test-key" not in str(refused.value)
    assert refused.value.status == 401


@pytest.mark.parametrize("user", [b"", b"anyone", "ü".encode(), b"\xff"])
def test_a_browser_may_send_the_key_as_a_password(user):
    check(basic(user, b"test-key"), "test-key", basic=True)
    check(basic(user, "clé:🔑".encode()), "clé:🔑", basic=True)
    check("Bearer test-key", "test-key", basic=True)


@pytest.mark.parametrize(
    "authorization",
    [
        basic(b"test-key", b""),
        basic(b"", b"\xff\xfe"),
        "Basic",
        "Basic test-key",
        "Basic é",
        "Basic " + base64.b64encode(b"test-key").decode(),
        "Basic dGVzdC1rZXk",
    ],
)
def test_what_is_no_password_is_refused(authorization):
    with pytest.raises(WrongKey):
        check(authorization, "test-key", basic=True)


def test_only_a_route_for_browsers_takes_a_password():
    with pytest.raises(WrongKey) as refused:
        check(basic(b"", b"test-key"), "test-key")
    assert refused.value.challenge.startswith("Bearer ")

    with pytest.raises(WrongKey) as refused:
        check(None, "test-key", basic=True)
    assert refused.value.challenge.startswith("Basic ")
