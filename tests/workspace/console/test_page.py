"""The console's page in a real browser: tools, their forms, what comes out."""

import io
import json
import os
import re
import wave
from pathlib import Path

import httpx
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from docs.pictures.browser import missing
from tests.workspace.console.console_page import ConsolePage

if missing():
    pytest.skip(missing(), allow_module_level=True)

TAGUS = "Lisbon lies on the river Tagus. Bread rises because of yeast. On which river does Lisbon lie?"

DROP = """
const files = new DataTransfer();
files.items.add(new File(["a"], arguments[1], { type: "text/plain" }));
arguments[0].dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
"""


def test_a_tool_runs_and_shows_the_variables_a_workflow_would_get(page: ConsolePage):
    page.open("tool/llm")
    page.fill("prompt", TAGUS)

    assert page.run() == "done"
    assert page.text("main .streamed") == "Lisbon lies on the river Tagus."
    assert page.type_of("usage") == "object"
    assert page.value("usage")["total_tokens"] > 0
    assert page.variable("finish_reason").text.endswith("stop")
    assert "the text above" in page.variable("answer").text
    assert page.type_of("text") == "string"
    assert page.one("main .status").text.startswith("Done in ")


def test_audio_arrives_and_plays(page: ConsolePage):
    page.open("tool/tts")
    page.fill("text", "Please open the front door.")

    assert page.run() == "done"
    audio = page.one("main .result audio")
    page.until(lambda: (audio.get_property("duration") or 0) > 0.5)
    assert page.variable("files").text.split("\n") == ["files", "array[file]", "speech.mp3"]
    page.browser.execute_script("arguments[0].play()", audio)
    page.until(lambda: audio.get_property("currentTime") > 0)


def test_text_is_shown_as_it_comes(every_field: ConsolePage, tmp_path: Path):
    os.mkfifo(tmp_path / "go")
    every_field.open("tool/wait")
    every_field.fill("token", "test-key")
    every_field.fill("until", str(tmp_path / "go"))
    every_field.start()

    every_field.until(lambda: every_field.text("main .streamed") == "before ")
    assert every_field.state == "running"
    (tmp_path / "go").write_text("")
    assert every_field.ended() == "done"
    assert every_field.text("main .streamed") == "before after"


def test_one_can_stop_waiting_for_a_call(every_field: ConsolePage, tmp_path: Path):
    os.mkfifo(tmp_path / "go")
    every_field.open("tool/wait")
    every_field.fill("token", "test-key")
    every_field.fill("until", str(tmp_path / "go"))
    every_field.start()
    every_field.until(lambda: every_field.text("main .streamed") == "before ")

    [stop] = [button for button in every_field.find("main .actions button") if button.text == "Stop waiting"]
    stop.click()
    assert every_field.ended() == "stopped"
    assert every_field.focused == every_field.one("main button.primary")
    (tmp_path / "go").write_text("")  # the plugin goes on


def test_a_file_is_uploaded_and_reaches_the_tool(page: ConsolePage, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("Ships wait outside the harbour.")
    page.open("tool/upload_file")
    page.input("file").send_keys(str(tmp_path / "notes.txt"))
    page.until(lambda: page.find("main .files button"))

    assert "notes.txt" in page.one("main .files").text
    assert page.run() == "done"
    assert page.value("file_input")["type"] == "document"


def test_a_recording_becomes_a_wav_file_that_the_recogniser_reads(page: ConsolePage):
    page.open("tool/speech2text")
    button = page.one("main button.record")
    button.click()
    page.until(lambda: "(1 s)" in button.text)
    button.click()
    sound = page.until(lambda: page.find("main .files audio"))[0]

    content = httpx.get(str(sound.get_property("src"))).content
    with wave.open(io.BytesIO(content)) as recorded:
        assert (recorded.getframerate(), recorded.getnchannels(), recorded.getsampwidth()) == (16000, 1, 2)
        assert recorded.getnframes() > 8000
        assert any(recorded.readframes(recorded.getnframes()))
    assert page.run() == "done"
    assert "transcript" in page.variable("transcript").text


def test_an_error_is_told_as_a_workflow_tells_it(page: ConsolePage):
    page.open("tool/storage")
    page.fill("key", "n" * 252)

    assert page.run() == "failed"
    alert = page.one('main .result [role="alert"]').text
    assert "InvalidInput" in alert
    assert "error type: InvalidInput, error details: `key` takes at most 251 bytes, and this one has 252." in alert


def test_an_error_that_the_plugin_did_not_mean_is_told_with_its_place(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.fill("line", "fail")

    assert every_field.run() == "failed"
    alert = every_field.one('main .result [role="alert"]').text
    assert "KeyError" in alert
    assert re.search(r"^In the plugin: main\.py:\d+: ", alert, re.MULTILINE)


def test_what_is_missing_or_wrong_is_said_at_its_field(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.fill("object", "[1]")
    every_field.fill("amount", "11")
    every_field.start()

    fields = [every_field.field(name) for name in ("line", "amount", "object", "array")]
    problems = [field.find_element(By.CSS_SELECTOR, ".problem") for field in fields]
    assert [problem.text for problem in problems] == [
        "This is required.",
        "It must be at most 10.",
        'This takes a JSON object, such as {"key": "value"}.',
        "",
    ]
    assert every_field.state is None
    assert every_field.focused == every_field.input("line")
    assert every_field.focused.get_attribute("aria-invalid") == "true"
    assert problems[0].get_attribute("id") in str(every_field.focused.get_attribute("aria-describedby")).split()


def test_a_credential_that_the_server_has_is_not_asked_for_and_keeps_its_value(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("line", "Hello")
    every_field.start()

    assert every_field.field("token").text.endswith("This is required.")
    assert every_field.input("region").get_property("value") == ""
    every_field.fill("token", "test-key")
    assert every_field.run() == "done"
    assert every_field.value("got")["credentials"] == {"token": "test-key", "region": "from the command line"}


def test_the_credentials_of_a_provider_are_typed_once(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.browser.execute_script("location.hash = '#tool/wait'")
    every_field.until(lambda: every_field.heading == "Wait")

    assert every_field.input("token").get_property("value") == "test-key"


def test_a_number_is_written_with_a_point_or_a_comma(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.fill("line", "Hello")
    for typed, taken in [("1,5", 1.5), ("1.125", 1.125), (" +4 ", 4)]:
        every_field.fill("amount", typed)
        assert every_field.run() == "done"
        assert every_field.value("got")["amount"] == taken


def test_a_number_that_would_be_two_numbers_is_none(every_field: ConsolePage):
    every_field.open("tool/echo")
    for typed in ("1,234", "1.234,5", "two", "0x1", "1 000"):
        every_field.fill("amount", typed)
        every_field.start()
        assert every_field.field("amount").text.endswith("This is not a number: write it like 1234.5."), typed


def test_a_dropped_file_is_uploaded(every_field: ConsolePage):
    every_field.open("tool/echo")
    zone = every_field.field("one_file").find_element(By.CSS_SELECTOR, ".drop")
    every_field.browser.execute_script(DROP, zone, "dropped.txt")

    every_field.until(lambda: every_field.find("main .files button"))
    assert "dropped.txt" in every_field.one("main .files li").text
    every_field.one("main .files button").click()
    assert every_field.find("main .files li") == []


def test_every_type_of_parameter_reaches_the_tool(every_field: ConsolePage, tmp_path: Path):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    every_field.open("tool/echo")
    for name, value in {
        "token": "test-key",
        "line": "A line",
        "secret": "hidden",
        "object": '{"a": [1]}',
        "array": "[1, 2]",
        "anything": "free",
    }.items():
        every_field.fill(name, value)
    every_field.choose("colour", "blue")
    boxes = every_field.field("colours").find_elements(By.CSS_SELECTOR, "input")
    boxes[0].click()
    boxes[2].click()
    every_field.input("one_file").send_keys(str(tmp_path / "a.txt"))
    every_field.input("many_files").send_keys(f"{tmp_path / 'a.txt'}\n{tmp_path / 'b.txt'}")
    every_field.choose("model", "llm local/extractive")
    every_field.choose("app", "chatbot")
    every_field.until(lambda: len(every_field.find("main .files button")) == 3)

    assert every_field.run() == "done"
    every_field.variable("got").find_element(By.CSS_SELECTOR, "summary").click()
    got = every_field.value("got")
    files = [got.pop("one_file"), *got.pop("many_files")]
    assert [file["filename"] for file in files] == ["a.txt", "a.txt", "b.txt"]
    assert got == {
        "line": "A line",
        "secret": "hidden",
        "amount": 3,
        "exact": True,
        "colour": "blue",
        "colours": ["red", "green"],
        "object": {"a": [1]},
        "array": [1, 2],
        "anything": "free",
        "model": {
            "provider": "local",
            "model": "extractive",
            "model_type": "llm",
            "mode": "chat",
            "completion_params": {},
        },
        "app": {"app_id": "chatbot", "inputs": {}, "files": []},
        "credentials": {"token": "test-key", "region": "from the command line"},
    }
    assert "no value this time" in every_field.variable("never").text
    assert "Not in output_schema" in every_field.variable("extra").text
    assert every_field.rows(every_field.variable("json")) == [["of"], ["json"]]
    every_field.one("main .result .folded summary").click()
    assert every_field.text("main .result .folded pre") == "a line of its own\n"


def test_a_model_is_picked_beforehand_though_none_is_required_and_can_be_left_out(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.fill("line", "Hello")
    assert every_field.run() == "done"
    assert every_field.value("got")["model"]["model"] == "extractive"

    every_field.choose("model", "")
    assert every_field.run() == "done"
    assert "model" not in every_field.value("got")


def test_a_model_can_be_named_and_an_app_given_its_inputs(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.fill("line", "Hello")
    every_field.choose("model", "…")
    every_field.press("openai/gpt-test")
    every_field.choose("app", "chatbot")
    every_field.field("name").find_element(By.CSS_SELECTOR, "textarea").send_keys("Ada")

    assert every_field.run() == "done"
    got = every_field.value("got")
    assert (got["model"]["provider"], got["model"]["model"]) == ("openai", "gpt-test")
    assert got["app"]["inputs"] == {"name": "Ada"}


def test_ranked_documents_are_a_table(page: ConsolePage):
    page.open("tool/rerank")
    page.fill("query", "Where do ships wait?")
    page.fill("documents", "Bread rises.\nShips wait outside the harbour.")

    assert page.run() == "done"
    head, best, other = page.rows(page.variable("documents"))
    assert head == ["index", "text", "score"]
    assert (best[:2], other[:2]) == (["1", "Ships wait outside the harbour."], ["0", "Bread rises."])
    assert float(best[2]) > float(other[2])
    assert page.type_of("documents") == "array[object]"


def test_vectors_are_a_table_of_their_dimensions(page: ConsolePage):
    page.open("tool/text_embedding")
    page.fill("texts", "The harbour freezes.\nShips wait.")

    assert page.run() == "done"
    head, first, second = page.rows(page.variable("embeddings"))
    assert head == ["#", "Dimensions", "First numbers"]
    assert (first[:2], second[:2]) == (["0", "384"], ["1", "384"])
    assert len(first[2].split()) == 9


def test_objects_with_very_many_names_are_no_table(every_field: ConsolePage):
    wide = [{f"name{number}": number for number in range(100)}]
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.fill("line", "Hello")
    every_field.fill("array", json.dumps(wide))

    assert every_field.run() == "done"
    assert every_field.rows(every_field.variable("extra")) == []
    assert every_field.value("extra") == wide


def test_a_long_text_scrolls_by_itself_from_its_beginning(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.fill("line", "a line\n" * 500)

    assert every_field.run() == "done"
    shown = every_field.one("main .streamed")
    assert shown.size["height"] < 800 < int(str(shown.get_property("scrollHeight")))
    assert (shown.get_property("scrollTop"), shown.get_property("tabIndex")) == (0, 0)


def test_markup_is_shown_as_text(every_field: ConsolePage):
    every_field.open("tool/echo")
    every_field.fill("token", "test-key")
    every_field.fill("line", "<img src=x onerror=\"document.title='taken'\"> & <b>bold</b>")

    assert every_field.run() == "done"
    assert every_field.text("main .streamed") == "<img src=x onerror=\"document.title='taken'\"> & <b>bold</b>"
    assert not every_field.find("main .result img, main .result b")
    assert every_field.one("header .brand-name").text == "<b>Every</b> field"
    assert every_field.browser.title == "Echo · <b>Every</b> field"


def test_the_call_can_be_copied_as_a_command(page: ConsolePage):
    page.browser.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    page.open("tool/rerank")
    page.fill("query", "It's a question")
    page.fill("documents", "@one")
    page.fill("top_n", "1")
    [copy] = [button for button in page.find("main .actions button") if button.text == "Copy as command"]
    copy.click()
    page.until(lambda: copy.text == "Copied")

    command = page.browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    start, _, arguments = command.partition(" rerank ")
    assert start.startswith("python -m workspace call /")
    assert arguments == r"""model=local/minilm query='It'\''s a question' documents:='"@one"' top_n:=1"""


def test_what_an_agent_reads_is_there_to_open(page: ConsolePage):
    page.open("tool/llm")
    [reads] = [one for one in page.find("main summary") if one.text == "What an agent reads"]
    reads.click()

    assert "Asks another language model a question and returns its answer." in page.text("main .folded p")
    assert "Set by whoever adds the tool, not by the agent: model, model_id, stop" in page.text("main .folded .note")


def test_a_tool_runs_by_the_keyboard_alone(page: ConsolePage):
    page.open("tool/llm")
    page.press(Keys.TAB)
    assert page.focused.text == "Skip to content"
    page.press(Keys.ENTER)
    while page.focused.get_attribute("id") != page.input("prompt").get_attribute("id"):
        page.press(Keys.TAB)
    page.press(TAGUS)
    page.press_with_control(Keys.ENTER)

    assert page.ended() == "done"
    assert page.focused == page.input("prompt")
    assert page.text("main .streamed") == "Lisbon lies on the river Tagus."
