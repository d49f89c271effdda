import pytest
from werkzeug import Request, Response

from endpoints.http.cors import allow_origin, check_origins, preflight
from endpoints.http.errors import UnreadableSetting

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
        f"http://localhost:3000，{PAGE}",
        f"http://localhost:3000、{PAGE}；",
        "https：／／chat.example.com",
        f"{PAGE}/some/page?q=1",
        f"chat.example.com, {PAGE}",
        f"{PAGE}:443",
        f"\ufeff{PAGE}\u200b",
        f"http://localhost:3000　{PAGE}",
    ],
)
def test_an_origin_is_recognised_however_it_was_typed(setting):
    assert allowed(setting) == PAGE


@pytest.mark.parametrize(
    ("setting", "origin"),
    [
        ("https://例え.example.com", "https://xn--r8jz45g.example.com"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
        ("http://localhost:80", "http://localhost"),
        ("tauri://localhost", "tauri://localhost"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ],
)
def test_an_origin_is_the_one_that_a_browser_sends(setting, origin):
    assert allowed(setting, origin) == origin


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


@pytest.mark.parametrize(
    ("setting", "entry"),
    [
        ("chat.example.com", 1),
        ("http://localhost:3000, chat.example.com", 2),
        ("http://localhost:3000，https//chat.example.com", 2),
        ("null and void", 2),
        ("https://", 1),
        ("https://*.example.com", 1),
        ("https://other.example.com。", 1),
        ("“https://other.example.com”", 1),
        ("https://other.example.com:port", 1),
        ("http://localhost:3000、[https://other.example.com]", 2),
    ],
)
def test_an_origin_that_can_be_none_is_told_by_its_place_to_a_page_that_is_not_allowed(setting, entry):
    settings = {"allowed_origins": setting}

    with pytest.raises(
        UnreadableSetting, match=rf"`allowed_origins` .* its entry {entry} has to be like https://"
    ) as told:
        check_origins(request(), settings)
    assert "example.com" not in str(told.value).replace("https://chat.example.com", "")
    check_origins(request(None), settings)
    check_origins(request(), {"allowed_origins": f"{setting}, {PAGE}"})
    check_origins(request(), {"allowed_origins": f"{setting}, *"})


@pytest.mark.parametrize("setting", [None, "", "/", 7, "https://other.example.com", "*", "＊"])
def test_origins_that_can_be_read_are_no_error(setting):
    check_origins(request(), {"allowed_origins": setting})


def test_a_preflight_of_another_page_allows_nothing():
    answer = preflight(request("https://evil.example"), {"allowed_origins": PAGE})

    assert answer.status_code == 204
    assert not [name for name in answer.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118
