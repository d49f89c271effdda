"""What is asked, of a real Dify and of the local workspace alike: reverse invocations, messages, and parameters.

`{"app": "chatbot"}` in place of an app's id stands for the app of that name in `apps`.
"""

import json
from typing import Any, NamedTuple

from tests.dify.apps import MODEL_PREFIX, PROVIDER

UNKNOWN_ID = "c0ffee00-0000-4000-8000-00000000dead"


class Call(NamedTuple):
    """One reverse invocation."""

    name: str
    type: str
    payload: dict[str, Any]


def named(model: str, model_type: str, **rest: Any) -> dict[str, Any]:
    return {"provider": PROVIDER, "model": MODEL_PREFIX + model, "model_type": model_type, **rest}


def llm(model: str, **rest: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": "Say hello."}]
    asked = {
        "mode": "chat",
        "completion_params": {},
        "prompt_messages": said,
        "tools": None,
        "stop": None,
        "stream": True,
    }
    return {**named(model, "llm"), **asked, **rest}


def node_model(model: str) -> dict[str, Any]:
    return {"provider": PROVIDER, "name": MODEL_PREFIX + model, "mode": "chat", "completion_params": {}}


def chat(app: str, query: str = "Say hello.", **rest: Any) -> dict[str, Any]:
    asked = {"app_id": {"app": app}, "inputs": {}, "query": query, "response_mode": "streaming"}
    return {**asked, "conversation_id": None, "user": None, **rest}


def workflow(app: str, inputs: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    given = {"text": "Say hello."} if inputs is None else inputs
    return {"app_id": {"app": app}, "inputs": given, "response_mode": "streaming", "user": None, **rest}


CITY = [
    {"name": "city", "type": "string", "description": "The city", "required": True, "options": None},
    {"name": "amount", "type": "number", "description": "The amount", "required": False, "options": None},
]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "weather", "description": "The weather", "parameters": {"type": "object", "properties": {}}}
CLASSES = [{"id": "1", "name": "Politics"}, {"id": "2", "name": "Sport"}]
AGENT_GETS = [["text", "Done."], ["json", {"a": 1}], ["variable", ["value", "v"]]]
"""What the agent's tool answers with."""

MODELS = [
    Call("llm", "llm", llm("echo")),
    Call(
        "llm with a tool",
        "llm",
        llm("calls-a-tool", prompt_messages=[{"role": "user", "content": "weather"}], tools=[WEATHER]),
    ),
    Call("llm that thinks", "llm", llm("says-thoughts")),
    Call("llm that fails", "llm", llm("boom")),
    Call("llm at its limit", "llm", llm("limited")),
    Call("llm with too long a context", "llm", llm("context")),
    Call("llm without authorisation", "llm", llm("unauthorised")),
    Call("llm that is unknown", "llm", llm("nosuch")),
    Call("llm of an unknown provider", "llm", {**llm("echo"), "provider": "nobody/nothing/nothing"}),
    Call(
        "structured output",
        "llm_structured_output",
        {**llm("says-city"), "structured_output_schema": SCHEMA},
    ),
    Call(
        "structured output that is none",
        "llm_structured_output",
        {**llm("says-nonsense"), "structured_output_schema": SCHEMA},
    ),
    Call(
        "structured output of an unknown model",
        "llm_structured_output",
        {**llm("nosuch"), "structured_output_schema": SCHEMA},
    ),
    Call("embedding", "text_embedding", named("embed", "text-embedding", texts=["a", "b"], input_type="document")),
    Call("embedding that fails", "text_embedding", named("boom", "text-embedding", texts=["a"], input_type="document")),
    Call(
        "embedding that is unknown",
        "text_embedding",
        named("nosuch", "text-embedding", texts=["a"], input_type="document"),
    ),
    Call("rerank", "rerank", named("rerank", "rerank", docs=["a", "b"], query="q", top_n=2, score_threshold=0.0)),
    Call("rerank that fails", "rerank", named("boom", "rerank", docs=["a"], query="q", top_n=1, score_threshold=0.0)),
    Call(
        "rerank that is unknown",
        "rerank",
        named("nosuch", "rerank", docs=["a"], query="q", top_n=1, score_threshold=0.0),
    ),
    Call("speech", "tts", named("speak", "tts", voice="alloy", content_text="Hello.")),
    Call("speech that fails", "tts", named("boom", "tts", voice="alloy", content_text="Hello.")),
    Call("recognition", "speech2text", named("hear", "speech2text", file=b"RIFF".hex())),
    Call("summary of a short text", "system_summary", {"text": "Short. " * 200, "instruction": ""}),
    Call(
        "extractor",
        "node_parameter_extractor",
        {"parameters": CITY, "model": node_model("says-city"), "query": "Lisbon, 64.5", "instruction": ""},
    ),
    Call(
        "extractor whose model fails",
        "node_parameter_extractor",
        {"parameters": CITY, "model": node_model("boom"), "query": "Lisbon", "instruction": ""},
    ),
    Call(
        "extractor of an unknown model",
        "node_parameter_extractor",
        {"parameters": CITY, "model": node_model("nosuch"), "query": "Lisbon", "instruction": ""},
    ),
    Call(
        "classifier",
        "node_question_classifier",
        {"classes": CLASSES, "model": node_model("says-class"), "query": "A ball", "instruction": ""},
    ),
    Call(
        "classifier whose model fails",
        "node_question_classifier",
        {"classes": CLASSES, "model": node_model("boom"), "query": "A ball", "instruction": ""},
    ),
]

APPS = [
    Call("chatbot", "app", chat("chatbot")),
    Call("chatbot that blocks", "app", chat("chatbot", response_mode="blocking")),
    Call("chatbot that fails", "app", chat("chatbot that fails")),
    Call("chatbot that fails and blocks", "app", chat("chatbot that fails", response_mode="blocking")),
    Call("chatbot at its limit", "app", chat("chatbot at its limit")),
    Call("chatbot that is moderated", "app", chat("chatbot that is moderated")),
    Call("chatbot without a query", "app", chat("chatbot", "")),
    Call("chatbot with an unknown conversation", "app", chat("chatbot", conversation_id=UNKNOWN_ID)),
    Call("agent", "app", chat("agent", f"put_out {json.dumps({'messages': json.dumps(AGENT_GETS)})}")),
    Call("agent without a tool", "app", chat("agent", "nosuch {}")),
    Call("agent whose tool fails", "app", chat("agent", 'put_out {"messages": "[[\\"failure\\", \\"on purpose\\"]]"}')),
    Call("agent that blocks", "app", chat("agent", response_mode="blocking")),
    Call("agent that fails", "app", chat("agent that fails")),
    Call("completion", "app", workflow("completion", {"query": "Say hello."})),
    Call("chatflow", "app", chat("chatflow")),
    Call("chatflow that blocks", "app", chat("chatflow", response_mode="blocking")),
    Call("chatflow that fails", "app", chat("chatflow that fails")),
    Call("chatflow that fails and blocks", "app", chat("chatflow that fails", response_mode="blocking")),
    Call("chatflow with an unknown conversation", "app", chat("chatflow", conversation_id=UNKNOWN_ID)),
    Call("workflow", "app", workflow("workflow")),
    Call("workflow that blocks", "app", workflow("workflow", response_mode="blocking")),
    Call("workflow with an input that is missing", "app", workflow("workflow", {})),
    Call("workflow whose model fails", "app", workflow("workflow whose model fails")),
    Call("workflow whose code fails", "app", workflow("workflow whose code fails")),
    Call("workflow that waits", "app", workflow("workflow that waits")),
    Call("workflow with a file", "app", workflow("workflow with a file")),
    Call("workflow that is not published", "app", workflow("unpublished")),
    Call("workflow asked as a chat app", "app", chat("workflow")),
    Call("chatbot asked as a workflow", "app", workflow("chatbot")),
    Call("app that is unknown", "app", {**workflow("workflow"), "app_id": UNKNOWN_ID}),
    Call("what an app takes", "fetch_app", {"app_id": {"app": "workflow"}}),
    Call("what an unpublished app takes", "fetch_app", {"app_id": {"app": "unpublished"}}),
    Call("what an unknown app takes", "fetch_app", {"app_id": UNKNOWN_ID}),
]


def _tool(provider: str, tool: str, provider_type: str = "builtin", **parameters: Any) -> dict[str, Any]:
    return {
        "tool_type": provider_type,
        "provider": provider,
        "tool": tool,
        "tool_parameters": parameters,
        "credential_id": None,
    }


RECORDER = "switchboard/recorder/recorder"
TOOLS = [
    Call(
        "tool of a plugin",
        "tool",
        _tool(RECORDER, "put_out", messages='[["text", "Done."], ["json", {"a": 1}], ["variable", ["value", "v"]]]'),
    ),
    Call("tool that fails", "tool", _tool(RECORDER, "put_out", messages='[["failure", "on purpose"]]')),
    Call("tool that is unknown", "tool", _tool(RECORDER, "nosuch")),
    Call("tool of an unknown plugin", "tool", _tool("nobody/nothing/nothing", "nosuch")),
    Call("tool of an unknown API", "tool", _tool("nosuch", "nosuch", "api")),
    Call("tool of an unknown workflow", "tool", _tool("nosuch", "nosuch", "workflow")),
    Call("tool of an unknown MCP server", "tool", _tool("nosuch", "nosuch", "mcp")),
]
STORAGE = [
    Call("a missing key is there", "storage", {"opt": "exist", "key": "missing"}),
    Call("a missing key is read", "storage", {"opt": "get", "key": "missing"}),
    Call("a missing key is deleted", "storage", {"opt": "del", "key": "missing"}),
    Call("a key is set", "storage", {"opt": "set", "key": "key", "value": b"value".hex()}),
    Call("a key is there", "storage", {"opt": "exist", "key": "key"}),
    Call("a key is read", "storage", {"opt": "get", "key": "key"}),
    Call("a key is deleted", "storage", {"opt": "del", "key": "key"}),
    Call("an upload is asked for", "upload_file", {"filename": "a.txt", "mimetype": "text/plain"}),
]

CALLS = {call.name: call for call in [*MODELS, *APPS, *TOOLS, *STORAGE]}

MESSAGES: dict[str, list[Any]] = {
    "text": [["text", "one "], ["text", "two"]],
    "json": [["json", {"a": 1}], ["json", [1, 2]], ["json", {}]],
    "link": [["text", "See "], ["link", "https://example.com/a"]],
    "variables": [["variable", ["value", {"a": [1, None]}]], ["variable", ["value", 3]]],
    "a streamed variable": [["streamed variable", ["value", "one "]], ["streamed variable", ["value", "two"]]],
    "a file": [["text", "Here."], ["blob", ["aGVsbG8=", {"mime_type": "text/plain", "filename": "hello.txt"}]]],
    "a picture": [["blob", ["iVBORw0KGgo=", {"mime_type": "image/png", "filename": "dot.png"}]]],
    "logs": [["log", "A step"], ["text", "Done."]],
    "nothing": [],
    "a failure after text": [["text", "Begun. "], ["failure", "on purpose"]],
}
"""What a tool answers with, by the name of the case: `[kind, argument]` as the recorder's `put_out` reads them."""

VARIABLES = (
    "import json\n\ndef main():\n    return "
    + repr(
        {
            "text": "one\ntwo",
            "number": 1.5,
            "truth": True,
            "record": {"a": 1, "b": None},
            "texts": ["one", "it's"],
            "records": [{"content": "one", "score": None}],
            "numbers": [1, 2],
            "nothing": "",
        }
    )
    + "\n"
)
"""What a code node of the workflow puts out, for parameters that are variables."""
VARIABLE_TYPES = {
    "text": "string",
    "number": "number",
    "truth": "boolean",
    "record": "object",
    "texts": "array[string]",
    "records": "array[object]",
    "numbers": "array[number]",
    "nothing": "string",
}

_PARAMETERS = ("string", "number", "boolean", "array", "object", "any")
RECEIVED: dict[str, dict[str, dict[str, Any]]] = {
    **{
        f"{parameter} from the variable {variable}": {parameter: {"type": "variable", "value": ["code", variable]}}
        for parameter in _PARAMETERS
        for variable in VARIABLE_TYPES
    },
    **{
        f"{parameter} from a template with {variable}": {
            parameter: {"type": "mixed", "value": f"{{{{#code.{variable}#}}}}"}
        }
        for parameter in _PARAMETERS
        for variable in VARIABLE_TYPES
    },
    **{
        f"{parameter} from {json.dumps(constant)}": {parameter: {"type": "constant", "value": constant}}
        for parameter in _PARAMETERS
        for constant in ("one\ntwo", '["one", "two"]', '{"a": 1}', ["one", "two"], {"a": 1}, 2, True, None, "")
    },
}
"""How a parameter is given in a tool node, by the name of the case."""
