"""The stubbed session is what plugin authors copy, so it is tested as they would use it."""

from itertools import repeat

import pytest
from dify_plugin import Tool

from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError


class EchoTool(Tool):
    def _invoke(self, tool_parameters):
        yield self.create_text_message("a")
        yield self.create_text_message("b")
        yield self.create_json_message({"parameters": tool_parameters})
        yield self.create_variable_message("number", 1)
        yield self.create_variable_message("number", 2)
        yield self.create_stream_variable_message("words", "one ")
        yield self.create_stream_variable_message("words", "two")
        yield self.create_blob_message(b"\x00\xff", meta={"mime_type": "audio/wav", "filename": "a.wav"})
        yield self.create_image_message("http://127.0.0.1/a.png")


class LoggingTool(Tool):
    def _invoke(self, tool_parameters):
        log = self.create_log_message("looking", {"where": "here"})
        yield log
        yield self.finish_log_message(log)
        yield self.create_retriever_resource_message([], context="")
        yield self.create_text_message("done")


class StorageTool(Tool):
    def _invoke(self, tool_parameters):
        self.session.storage.set("key", b"value")
        yield self.create_text_message(self.session.storage.get("key").decode())


class MisspeltTool(Tool):
    def _invoke(self, tool_parameters):
        yield self.session.model.reranker.invoke()


def test_messages_are_gathered_as_a_tool_node_does():
    outputs = StubbedDify(replies()).run(EchoTool, {"a": 1})

    assert outputs.text == "ab"
    assert outputs.json == [{"parameters": {"a": 1}}]
    assert outputs.variables == {"number": 2, "words": "one two"}
    assert outputs.files[0].blob == b"\x00\xff"
    assert (outputs.files[0].mime_type, outputs.files[0].filename) == ("audio/wav", "a.wav")
    assert outputs.image_urls == ["http://127.0.0.1/a.png"]


def test_log_and_retriever_messages_put_nothing_out():
    outputs = StubbedDify(replies()).run(LoggingTool, {})

    assert outputs.text == "done"
    assert outputs.logs == ["looking", "looking"]


def test_a_handler_sees_each_invocation_as_it_is_on_the_wire():
    kept = {}

    def handler(invoke_type, payload):
        assert invoke_type == "storage"
        if payload["opt"] == "set":
            kept[payload["key"]] = payload["value"]
            yield {"data": "ok"}
        else:
            yield {"data": kept[payload["key"]]}

    dify = StubbedDify(handler)

    assert dify.run(StorageTool, {}).text == "value"
    assert [payload["opt"] for _, payload in dify.requests] == ["set", "get"]
    assert kept == {"key": b"value".hex()}


def test_a_misspelt_call_fails_as_it_fails_in_dify():
    with pytest.raises(AttributeError, match="reranker"):
        StubbedDify(replies()).run(MisspeltTool, {})


def test_dify_errors_arrive_as_the_sdk_raises_them():
    with pytest.raises(Exception, match="^permission denied$") as caught:
        StubbedDify(replies(DifyError("permission denied"))).run(StorageTool, {})

    assert type(caught.value) is Exception


def test_a_failing_assertion_in_the_handler_fails_the_test():
    def handler(invoke_type, payload):
        assert invoke_type == "llm"
        yield {}

    with pytest.raises(AssertionError):
        StubbedDify(handler).run(StorageTool, {})


def test_silence_takes_no_time():
    dify = StubbedDify(lambda invoke_type, payload: repeat(None))

    with pytest.raises(Exception, match="without response after 250 seconds"):
        dify.run(StorageTool, {})


def test_two_answers_can_be_read_side_by_side():
    def handler(invoke_type, payload):
        yield {"result": payload["content_text"].encode().hex()}
        yield {"result": b"!".hex()}

    dify = StubbedDify(handler)
    from switchboard.selectors import tts_config

    config = tts_config({"provider": "p", "model": "m"}, voice="v")
    pairs = zip(dify.session.model.tts.invoke(config, "a"), dify.session.model.tts.invoke(config, "b"), strict=True)

    assert list(pairs) == [(b"a", b"b"), (b"!", b"!")]


class LongLineTool(Tool):
    def _invoke(self, tool_parameters):
        if tool_parameters["sent"]:
            self.session.storage.set("key", bytes(3_000_000))
        yield self.create_variable_message("value", "x" * 6_000_000)


@pytest.mark.parametrize("sent", [True, False])
def test_a_line_for_which_the_daemon_kills_a_plugin_fails_the_test(sent):
    with pytest.raises(AssertionError, match="Dify's daemon kills a plugin that prints more"):
        StubbedDify(replies({"data": "ok"})).run(LongLineTool, {"sent": sent})


def test_a_large_file_is_no_long_line():
    class FileTool(Tool):
        def _invoke(self, tool_parameters):
            yield self.create_blob_message(bytes(6_000_000), meta={"mime_type": "image/png"})

    assert len(StubbedDify(replies()).run(FileTool, {}).files[0].blob) == 6_000_000
