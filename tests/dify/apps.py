"""The apps that are asked in a real Dify and in the local workspace: DSL files, made anew for each run of the tests."""

from typing import Any

import yaml

from tests.workspace.workflows import dsl_files
from tests.workspace.workflows.dsl_files import app, code, end, node, start, tool, variable

PREFIX = "Switchboard check"
"""What the name of everything begins with that the tests make in a workspace, and that they remove."""
MODEL_PREFIX = "switchboard-check/"
"""The same of the models."""
PROVIDER = "langgenius/openai_api_compatible/openai_api_compatible"
PROVIDER_PLUGIN = "langgenius/openai_api_compatible"
RECORDER = "switchboard/recorder/recorder"


def model(name: str) -> dict[str, Any]:
    return {"provider": PROVIDER, "name": MODEL_PREFIX + name, "mode": "chat", "completion_params": {}}


def llm(name: str, *, prompt: str = "{{#start.text#}}") -> dict[str, Any]:
    return dsl_files.llm(prompt=prompt, model=model(name), vision={"enabled": False})


def one_node(tool_name: str, *, provider: str, settings: dict[str, Any] | None = None, **parameters: Any) -> str:
    """A workflow that calls one tool and puts out what it put out, as the editor saves it."""
    called = tool(tool_name, provider=provider, node_id="tool", settings=settings, **parameters)
    return dsl(
        tool_name, [start(variable("text", "paragraph", max_length=100_000)), called, end(text=["tool", "text"])]
    )


def dsl(name: str, nodes: list[dict[str, Any]], *, mode: str = "workflow", **workflow: Any) -> str:
    made = app(nodes, mode=mode, **workflow)
    made["app"] |= {"name": f"{PREFIX} {name}", "icon": "🔌", "icon_type": "emoji", "icon_background": "#FFEAD5"}
    return yaml.safe_dump({**made, "version": "0.7.0"}, allow_unicode=True)


def chat(
    name: str, model_name: str, *, mode: str = "chat", tools: tuple[dict[str, Any], ...] = (), **config: Any
) -> str:
    """A chatbot, an agent (`agent-chat`) or a completion app: without a graph."""
    agent = {"enabled": True, "strategy": "function_call", "max_iteration": 5, "tools": list(tools)}
    text = {"pre_prompt": "{{query}}"} if mode == "completion" else {"pre_prompt": ""}
    query = {"paragraph": {"label": "Query", "variable": "query", "required": True, "max_length": 48, "default": ""}}
    made = {
        "version": "0.7.0",
        "kind": "app",
        "app": {
            "name": f"{PREFIX} {name}",
            "mode": mode,
            "icon": "🔌",
            "icon_type": "emoji",
            "icon_background": "#FFEAD5",
            "description": "",
        },
        "dependencies": [],
        "model_config": {
            "model": model(model_name),
            "prompt_type": "simple",
            **text,
            "user_input_form": [query] if mode == "completion" else [],
            "opening_statement": "",
            "suggested_questions": [],
            "agent_mode": agent if mode == "agent-chat" else {"enabled": False, "tools": []},
            "dataset_configs": {"retrieval_model": "single"},
            "file_upload": {"image": {"enabled": False}},
            **config,
        },
    }
    return yaml.safe_dump(made, allow_unicode=True)


def agent_tool(tool_name: str, *, provider: str = RECORDER, **parameters: Any) -> dict[str, Any]:
    """A tool of a legacy agent, with what is set by hand."""
    return {
        "enabled": True,
        "provider_id": provider,
        "provider_name": provider,
        "provider_type": "builtin",
        "tool_name": tool_name,
        "tool_label": tool_name,
        "tool_parameters": parameters,
    }


def answer(text: str) -> dict[str, Any]:
    return node("answer", "answer", answer=text)


TEXT = start(variable("text", "paragraph", required=True, max_length=1000))
CHATFLOW_START = start()
KEYWORDS = {
    "sensitive_word_avoidance": {
        "enabled": True,
        "type": "keywords",
        "config": {
            "keywords": "echo",
            "inputs_config": {"enabled": False},
            "outputs_config": {"enabled": True, "preset_response": "I may not say this."},
        },
    }
}
APPROVAL = node(
    "approval",
    "human-input",
    form_content="May {{#start.text#}} be done?",
    inputs=[],
    user_actions=[{"id": "yes", "title": "Yes", "button_style": "primary"}],
    delivery_methods=[{"id": "9d8f6f0c-3b50-4c4e-9d3c-0d4b6d0b7a10", "type": "webapp", "enabled": True}],
    timeout=3,
    timeout_unit="day",
)
PUT_OUT_A_FILE = tool(
    "put_out",
    provider=RECORDER,
    node_id="tool",
    messages='[["blob", ["aGVsbG8=", {"mime_type": "text/plain", "filename": "hello.txt"}]]]',
)

APPS: dict[str, str] = {
    "chatbot": chat("chatbot", "echo"),
    "chatbot that fails": chat("chatbot that fails", "boom"),
    "chatbot at its limit": chat("chatbot at its limit", "limited"),
    "chatbot that is moderated": chat("chatbot that is moderated", "echo", **KEYWORDS),
    "agent": chat("agent", "calls-a-tool", mode="agent-chat", tools=(agent_tool("put_out"), agent_tool("receive"))),
    "agent that fails": chat("agent that fails", "boom", mode="agent-chat"),
    "completion": chat("completion", "echo", mode="completion"),
    "chatflow": dsl(
        "chatflow",
        [CHATFLOW_START, llm("echo", prompt="{{#sys.query#}}"), answer("{{#llm.text#}}")],
        mode="advanced-chat",
    ),
    "chatflow that fails": dsl(
        "chatflow that fails",
        [CHATFLOW_START, llm("boom", prompt="{{#sys.query#}}"), answer("{{#llm.text#}}")],
        mode="advanced-chat",
    ),
    "workflow": dsl("workflow", [TEXT, llm("echo"), end(answer=["llm", "text"])]),
    "workflow whose model fails": dsl("workflow whose model fails", [TEXT, llm("boom"), end(answer=["llm", "text"])]),
    "workflow whose code fails": dsl(
        "workflow whose code fails",
        [
            TEXT,
            code("code", "def main():\n    raise ValueError('boom on purpose')\n", r="string"),
            end(r=["code", "r"]),
        ],
    ),
    "workflow that waits": dsl("workflow that waits", [TEXT, APPROVAL, end(answer=["start", "text"])]),
    "workflow with a file": dsl("workflow with a file", [TEXT, PUT_OUT_A_FILE, end(files=["tool", "files"])]),
    "unpublished": dsl("unpublished", [TEXT, end(answer=["start", "text"])]),
}
"""By the name that the cases have for an app; what is asked is the published one, but for the last."""
UNPUBLISHED = ("unpublished",)
