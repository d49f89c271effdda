"""The console's page in a real browser: endpoints and the log of reverse invocations."""

import json
import os
import re
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from docs.pictures.browser import missing
from tests.workspace.console.console_page import ConsolePage

if missing():
    pytest.skip(missing(), allow_module_level=True)


def body(page: ConsolePage) -> str:
    return page.text("main .result .body")


def test_an_endpoint_is_tried_with_the_request_that_its_curl_line_sends(page: ConsolePage):
    page.open("endpoint/POST /v1/embeddings")

    assert page.one("main .curl pre").text.startswith(f"curl -N {page.url}e/hook/v1/embeddings -H ")
    assert page.run() == "done"
    assert page.one("main .status").text.startswith("200 OK first byte after ")
    assert [one["index"] for one in json.loads(body(page))["data"]] == [0, 1]


def test_a_request_can_be_edited_and_a_refusal_is_shown(page: ConsolePage):
    page.open("endpoint/POST /v1/moderations")
    _path, headers, content = page.find("main .request input, main .request textarea")
    headers.clear()
    headers.send_keys("no header")
    page.start()
    assert page.one("main .request [role=alert]").text == "“no header” is not a header: write Name: value."
    headers.clear()
    headers.send_keys("Authorization: Bearer wrong")
    content.clear()
    content.send_keys("[")
    page.start()
    assert page.one("main .request [role=alert]").text.startswith("This is not JSON: ")

    content.clear()
    content.send_keys('{"input": "Good morning."}')
    assert page.run() == "failed"
    assert page.one("main .status code").text.startswith("401")
    assert json.loads(body(page))["error"]["code"] == "invalid_api_key"


def test_a_part_of_a_path_that_stands_for_a_value_is_asked_for(page: ConsolePage):
    page.open("endpoint/GET /v1/models/<path:id>")
    path = page.one("main .request input")
    path.clear()
    path.send_keys("/v1/models/<path:id>")
    page.start()

    assert page.one("main .request [role=alert]").text == "Put a value in place of <path:id>."
    assert page.state is None


def test_what_an_endpoint_streams_is_shown_as_it_comes(every_field: ConsolePage, tmp_path: Path):
    os.mkfifo(tmp_path / "go")
    every_field.open("endpoint/POST /stream")
    every_field.find("main .request textarea")[1].send_keys(json.dumps({"until": str(tmp_path / "go")}))
    every_field.start()

    every_field.until(lambda: body(every_field) == "data: before\n\n")
    assert every_field.state == "running"
    (tmp_path / "go").write_text("")
    assert every_field.ended() == "done"
    assert body(every_field) == "data: before\n\ndata: after\n\n"


def test_what_a_reply_loses_on_its_way_is_told_beside_it(every_field: ConsolePage):
    every_field.open("endpoint/POST /stream")
    every_field.find("main .request textarea")[1].send_keys(json.dumps({"until": os.devnull}))

    assert every_field.run() == "done"
    assert body(every_field) == "data: before\n\n"
    every_field.until(lambda: "1 message lost" in every_field.one("main .result").text)
    told = "As it would be in Dify: 1 message lost: the reply ended right after its first chunk"
    assert told in every_field.one("main .result").text


def test_server_sent_events_stand_as_they_came(page: ConsolePage):
    page.open("endpoint/POST /v1/chat/completions")

    assert page.run() == "done"
    events = [line.removeprefix("data: ") for line in body(page).split("\n\n") if line]
    assert events[-1] == "[DONE]"
    pieces = [json.loads(event)["choices"][0]["delta"].get("content", "") for event in events[:-1]]
    assert "".join(pieces) == "Lisbon lies on the river Tagus."


def test_audio_of_an_endpoint_plays_and_can_be_transcribed_by_another(page: ConsolePage, tmp_path: Path):
    page.open("endpoint/POST /v1/audio/speech")
    assert page.run() == "done"
    page.until(lambda: (page.one("main .result audio").get_property("duration") or 0) > 0.5)

    page.open("endpoint/POST /v1/audio/transcriptions")
    page.start()
    assert page.one("main .request [role=alert]").text == "Choose a file for file."
    (tmp_path / "speech.txt").write_text("no sound")
    page.one("main .request input[type=file]").send_keys(str(tmp_path / "speech.txt"))
    assert page.run() == "failed"
    assert page.one("main .status code").text.startswith("400")


def test_the_log_shows_what_the_plugin_asked_and_how_long_it_took(page: ConsolePage):
    page.open("tool/rerank")
    page.fill("query", "Where do ships wait?")
    page.fill("documents", "Bread rises.\nShips wait.")
    assert page.run() == "done"

    page.one("aside input").click()  # this call only
    page.until(lambda: [line[2][:4] for line in page.invocations()] == ["done"])
    [[kind, caller, state, _time]] = page.invocations()
    assert (kind, caller) == ("rerank", "tool rerank")
    assert re.fullmatch(r"done · 1 reply · (\d+ ms|\d\.\d+ s)", state)
    page.open_invocation()
    asked, *replies = [one.get_property("textContent") for one in page.find(".inside > div pre, .inside .replies code")]
    assert json.loads(str(asked))["query"] == "Where do ships wait?"
    assert json.loads(str(replies[0]))["docs"][0]["text"] == "Ships wait."


def test_the_log_can_be_narrowed_to_this_call_and_cleared(page: ConsolePage):
    page.open("tool/moderation")
    page.fill("text", "Good morning.")
    page.run()
    page.open("endpoint/POST /v1/moderations")
    page.run()
    page.until(lambda: len(page.invocations()) > 1)
    [filtered] = page.find("aside input")
    filtered.click()

    page.until(lambda: {line[1] for line in page.invocations()} == {"POST /v1/moderations"})
    page.browser.execute_script("location.hash = '#tool/moderation'")
    page.until(lambda: page.invocations() == [])
    assert page.one("aside .none").text == "Nothing from this call so far."
    filtered.click()
    page.one("aside button").click()
    assert page.invocations() == []
    assert page.one("aside .none").text.startswith("What the plugin asks of Dify appears here")


def test_a_failed_invocation_says_why(page: ConsolePage):
    page.open("tool/chat_app")
    page.fill("app_id", "nobody")
    page.fill("query", "Hello")
    assert page.run() == "failed"

    page.one("aside input").click()  # this call only
    page.until(lambda: page.find(".invocations > [data-state=failed]"))
    page.open_invocation("[data-state=failed]")
    assert "app not found" in page.one(".inside .problem").text.lower()
    assert page.find(".invocations [data-state=failed]")[0].find_element(By.CSS_SELECTOR, ".dot.bad")
