"""Whether the server is set up so that a plugin can be used: what its administrator wants to know."""

import httpx

from tests.dify.real.place import Place


def test_the_address_that_dify_shows_for_endpoints_leads_to_the_plugin(dify: Place) -> None:
    try:
        answer = httpx.get(f"{dify.url}/v1/models", timeout=30)
    except httpx.HTTPError as error:
        said = type(error).__name__
    else:
        said = "" if answer.status_code == 401 else f"HTTP {answer.status_code} {answer.text[:100]}"

    assert not said, f"{dify.url} does not lead to the plugin ({said}): set ENDPOINT_URL_TEMPLATE, or start the daemon"


def test_a_file_of_a_user_reaches_the_plugin_and_its_link_leads_to_dify(dify: Place) -> None:
    node = dify.run_tool("upload_file", {"file": b"Hello"})
    error = str(node.get("error") or "")
    assert not error, f"set INTERNAL_FILES_URL to an address that the plugin daemon reaches: {error[-300:]}"
    url = node["outputs"]["url"]
    try:
        content = httpx.get(url, timeout=30).content
    except (httpx.HTTPError, httpx.InvalidURL) as failed:
        content = type(failed).__name__.encode()

    assert content == b"Hello", (
        f"{url.partition('?')[0]} is not the file ({content[:100]!r}): set FILES_URL to Dify's API"
    )
