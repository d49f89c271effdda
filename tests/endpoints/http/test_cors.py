import pytest
from werkzeug import Request, Response

from endpoints.http.cors import allow_origin, preflight

PAGE = "https://chat.example.com"


def allowed(setting, origin=PAGE):
    response = Response()
    allow_origin(request(origin), {"allowed_origins": setting}, response)
    return response.headers.get("Access-Control-Allow-Origin")


def request(origin=PAGE, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request.from_values(method="OPTIONS", headers={"Origin": origin, **named} if origin else named)


@pytest.mark.parametrize(
    "setting",
    [
        PAGE,
        f" {PAGE}/ ",
        "HTTPS://Chat.Example.com",
        f"http://localhost:3000, {PAGE}",
        f"http://localhost:3000\n{PAGE}/\n",
        f"http://localhost:3000 {PAGE}",
    ],
)
def test_an_origin_is_recognised_however_it_was_typed(setting):
    assert allowed(setting) == PAGE


@pytest.mark.parametrize("setting", [None, "", " ", ",", "/", 7, [PAGE], "https://chat.example.com.evil.example"])
def test_an_origin_that_is_not_in_the_settings_is_not_allowed(setting):
    assert allowed(setting) is None


@pytest.mark.parametrize(
    "origin",
    ["http://chat.example.com", f"{PAGE}:8443", f"{PAGE}.evil.example", "https://example.com", "null", "", None, "*"],
)
def test_only_the_exact_origin_is_allowed(origin):
    assert allowed(PAGE, origin) is None


def test_a_page_without_an_origin_is_allowed_where_the_settings_say_so():
    assert allowed(f"{PAGE}, null", "null") == "null"


@pytest.mark.parametrize("origin", [PAGE, "null", "http://localhost:3000"])
def test_a_star_allows_all(origin):
    assert allowed(f"{PAGE}, *", origin) == "*"


def test_what_depends_on_the_origin_says_so_to_caches():
    for setting, origin, vary in ((PAGE, PAGE, "Origin"), (PAGE, None, "Origin"), ("*", PAGE, None), ("", PAGE, None)):
        response = Response()
        allow_origin(request(origin), {"allowed_origins": setting}, response)
        assert response.headers.get("Vary") == vary


def test_a_preflight_allows_what_the_page_wants_to_send():
    wanted = "authorization,content-type, x-stainless-lang"

    answer = preflight(request(Access_Control_Request_Headers=wanted), {"allowed_origins": PAGE})

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Headers"] == wanted
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize("wanted", ["", "a b", "a,,b", "ключ", "a;b", "<script>", "a" * 20 + ":"])
def test_only_names_of_headers_are_repeated(wanted):
    answer = preflight(request(Access_Control_Request_Headers=wanted), {"allowed_origins": "*"})

    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"


def test_a_preflight_of_another_page_allows_nothing():
    answer = preflight(request("https://evil.example"), {"allowed_origins": PAGE})

    assert answer.status_code == 204
    assert not [name for name in answer.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118
