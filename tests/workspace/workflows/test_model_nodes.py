"""LLM, classifier and extractor nodes ask the workspace's models."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.dify.fake_models import FakeModels
from tests.workspace.workflows.conftest import MakeApp
from tests.workspace.workflows.dsl_files import (
    MODEL,
    answer_of,
    edge,
    end,
    events_of,
    finished,
    llm,
    node,
    of_node,
    start,
    variable,
)
from workspace.engines import ModelFailed, ToolCall
from workspace.engines.offline import OfflineModels
from workspace.plugin.file_server import FileServer

TEXT = variable("text", "paragraph")
ANSWER = node("answer", "answer", answer="{{#llm.text#}}", variables=[])

MAIL = """Hello, my order 4711 arrived "broken", {and} more:
the lamp is in pieces. Write to ana@example.com."""


def classifier(**data: Any) -> dict[str, Any]:
    classes = [{"id": "c1", "name": "Complaint about a product"}, {"id": "c2", "name": "Question about opening hours"}]
    return node(
        "sort",
        "question-classifier",
        **{"model": MODEL, "query_variable_selector": ["start", "text"], "classes": classes, "instruction": "", **data},
    )


def extractor(reasoning_mode: str = "function_call", **data: Any) -> dict[str, Any]:
    parameters = [
        {"name": "order_number", "type": "number", "description": "number of the order", "required": True},
        {"name": "email", "type": "string", "description": "e-mail address", "required": False},
    ]
    given = {"model": MODEL, "query": ["start", "text"], "parameters": parameters, "reasoning_mode": reasoning_mode}
    return node("fields", "parameter-extractor", **{**given, **data})


def test_an_llm_node_asks_the_model_and_streams_its_answer(make: MakeApp, models: FakeModels) -> None:
    asking = llm(prompt="Say hello to {{#start.text#}}.", model={**MODEL, "completion_params": {"temperature": 0.3}})
    events = events_of(make(start(TEXT), asking, end(said=["llm", "text"])), {"text": "Ada"})

    [asked] = models.asked
    assert asked["model"] == "gpt-4o"
    assert asked["messages"] == [{"role": "user", "content": "Say hello to Ada."}]
    assert asked["parameters"] == {"temperature": 0.3}
    assert finished(events)["outputs"] == {"said": "Good day."}
    assert finished(events)["total_tokens"] == 9
    done = of_node(events, "llm")
    assert done["execution_metadata"]["total_tokens"] == 9
    assert done["process_data"]["prompts"] == [{"role": "user", "text": "Say hello to Ada."}]
    assert done["outputs"]["finish_reason"] == "stop"


def test_a_model_of_the_workspaces_own_provider_is_its_default_model(make: MakeApp, models: FakeModels) -> None:
    own = llm(model={**MODEL, "provider": "local", "name": "extractive"})
    events_of(make(start(TEXT), own, end()), {"text": "Hi"})

    assert models.asked[0]["model"] == "default"


def test_stop_words_in_the_parameters_go_where_they_belong(make: MakeApp, models: FakeModels) -> None:
    stopping = llm(model={**MODEL, "completion_params": {"stop": ["END"], "top_p": 1}})
    events_of(make(start(TEXT), stopping, end()), {"text": "Hi"})

    assert (models.asked[0]["stop"], models.asked[0]["parameters"]) == (["END"], {"top_p": 1})


def test_a_jinja_prompt_is_rendered(make: MakeApp, models: FakeModels) -> None:
    jinja = llm(
        prompt_template=[
            {
                "role": "system",
                "text": "",
                "edition_type": "jinja2",
                "jinja2_text": "{% if t %}Be {{ t|upper }}{% endif %}",
            }
        ],
        prompt_config={"jinja2_variables": [{"variable": "t", "value_selector": ["start", "text"]}]},
    )
    events_of(make(start(TEXT), jinja, end()), {"text": "brief"})

    assert models.asked[0]["messages"] == [{"role": "system", "content": "Be BRIEF"}]


def test_a_model_that_fails_fails_the_node(make: MakeApp) -> None:
    tried = make(start(TEXT), llm(), end(said=["llm", "text"]), models=FakeModels(fails="overloaded"))
    events = events_of(tried, {"text": "Hi"})

    assert (of_node(events, "llm")["status"], of_node(events, "llm")["error"]) == (
        "failed",
        str(ModelFailed("overloaded")),
    )
    assert (finished(events)["status"], finished(events)["error"]) == ("failed", str(ModelFailed("overloaded")))
    assert [event["data"]["text"] for event in events if event["event"] == "text_chunk"] == ["Good ", "day."]


def test_reasoning_is_kept_apart_where_the_node_says_so(make: MakeApp) -> None:
    thinking = FakeModels(words=("<think>Hm.", "</think>", "Yes."))
    for reasoning_format, text in (("separated", "Yes."), ("tagged", "<think>Hm.</think>Yes.")):
        tried = make(start(TEXT), llm(reasoning_format=reasoning_format), end(a=["llm", "text"]), models=thinking)
        events = events_of(tried, {"text": "Hi"})
        assert finished(events)["outputs"] == {"a": text}
        thoughts = [event["data"]["reasoning"] for event in events if event["event"] == "reasoning_chunk"]
        assert "".join(thoughts) == ("Hm." if reasoning_format == "separated" else "")


def test_a_picture_reaches_a_model_with_its_content(
    make: MakeApp, models: FakeModels, files: FileServer, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG")
    picture = {"type": "image", "transfer_method": "local_file", "upload_file_id": files.lend(tmp_path / "cat.png").id}
    seeing = llm(
        prompt="What is it?",
        vision={"enabled": True, "configs": {"variable_selector": ["start", "cat"], "detail": "high"}},
    )
    field = variable("cat", "file", allowed_file_types=["image"])
    events_of(make(start(field), seeing, end()), {"cat": picture})

    [image, text] = models.asked[0]["messages"][0]["content"] or models.asked[0]["messages"]
    assert (image["type"], image["mime_type"], image["format"]) == ("image", "image/png", "png")
    assert image["base64_data"] == base64.b64encode(b"\x89PNG").decode()
    assert text["data"] == "What is it?"


# --- memory


REMEMBERING = llm(
    prompt_template=[{"role": "system", "text": "Be kind."}],
    memory={"query_prompt_template": "{{#sys.query#}}", "window": {"enabled": False, "size": 10}},
)


def contents(asked: dict[str, Any]) -> list[str]:
    return [message["content"] for message in asked["messages"]]


def test_an_llm_node_with_memory_gets_what_was_said_before(make: MakeApp, models: FakeModels) -> None:
    tried = make(start(), REMEMBERING, ANSWER, mode="advanced-chat")
    first = events_of(tried, query="One?")
    events_of(tried, query="Two?", conversation_id=first[0]["conversation_id"])

    assert [contents(asked) for asked in models.asked] == [
        ["Be kind.", "One?"],
        ["Be kind.", "One?", "Good day.", "Two?"],
    ]


def test_a_window_limits_how_much_is_remembered(make: MakeApp, models: FakeModels) -> None:
    short = {"query_prompt_template": "{{#sys.query#}}", "window": {"enabled": True, "size": 1}}
    tried = make(start(), llm(prompt_template=[], memory=short), ANSWER, mode="advanced-chat")
    conversation_id = ""
    for query in ("One?", "Two?", "Three?"):
        conversation_id = events_of(tried, query=query, conversation_id=conversation_id)[0]["conversation_id"]

    assert contents(models.asked[-1]) == ["Two?", "Good day.", "Three?"]


def test_without_memory_nothing_of_the_conversation_is_in_the_prompt(make: MakeApp, models: FakeModels) -> None:
    tried = make(start(), llm(prompt="{{#sys.query#}}"), ANSWER, mode="advanced-chat")
    first = events_of(tried, query="One?")
    events_of(tried, query="Two?", conversation_id=first[0]["conversation_id"])

    assert contents(models.asked[-1]) == ["Two?"]


def test_the_oldest_is_forgotten_where_all_would_be_too_much(make: MakeApp) -> None:
    long = FakeModels(words=("word " * 200_000,))
    tried = make(start(), REMEMBERING, ANSWER, mode="advanced-chat", models=long)
    conversation_id = ""
    for query in ("One?", "Two?"):
        conversation_id = events_of(tried, query=query, conversation_id=conversation_id)[0]["conversation_id"]

    assert "One?" not in contents(long.asked[-1])


# --- structured output


def test_structured_output_is_an_output_of_the_node(make: MakeApp) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    structured = llm(structured_output_enabled=True, structured_output={"schema": schema})
    for words, expected in ((('{"n":', " 3}"), {"n": 3}), (("no JSON",), None), (('{"n": "three"}',), None)):
        asked = FakeModels(words=words)
        events = events_of(
            make(start(TEXT), structured, end(found=["llm", "structured_output"]), models=asked), {"text": "3"}
        )
        assert json.loads(asked.asked[0]["parameters"]["json_schema"])["schema"] == schema
        assert finished(events)["outputs"] == ({"found": expected} if expected else {})
        assert (finished(events)["status"] == "succeeded") == (expected is not None)


# --- classifier and extractor


def test_a_classifier_takes_the_branch_of_the_class_that_the_model_names(make: MakeApp) -> None:
    named = '```json\n{"keywords": [], "category_id": "c2", "category_name": "Question"}\n```'
    tried = make(
        start(TEXT),
        classifier(),
        node("other", "end", outputs=[]),
        end(name=["sort", "class_name"], id=["sort", "class_id"]),
        edges=[edge("start", "sort"), edge("sort", "other", "c1"), edge("sort", "end", "c2")],
        models=FakeModels(words=(named,)),
    )
    events = events_of(tried, {"text": "When?"})

    assert finished(events)["outputs"] == {"name": "Question about opening hours", "id": "c2"}
    assert not [event for event in events if event["event"] == "text_chunk" and "category" in event["data"]["text"]]


def test_an_extractor_takes_the_call_that_the_model_makes(make: MakeApp) -> None:
    arguments = json.dumps({"order_number": 4711, "email": "ana@example.com"})
    calling = FakeModels(calls=(ToolCall("1", "extract_parameters", arguments),))
    events = events_of(
        make(start(TEXT), extractor(), end(n=["fields", "order_number"]), models=calling), {"text": MAIL}
    )

    assert [tool["name"] for tool in calling.asked[0]["tools"]] == ["extract_parameters"]
    assert finished(events)["outputs"] == {"n": 4711}


@pytest.mark.parametrize(
    ("mail", "class_name"),
    [(MAIL, "Complaint about a product"), ("When do you open on Sunday?", "Question about opening hours")],
)
@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_the_offline_model_classifies(make: MakeApp, mail: str, class_name: str, mode: str) -> None:
    sorting = classifier(model={**MODEL, "mode": mode})
    nodes = [start(TEXT), sorting, end(name=["sort", "class_name"])]
    edges = [edge("start", "sort"), edge("sort", "end", "c1"), edge("sort", "end", "c2")]

    assert finished(events_of(make(*nodes, edges=edges, models=OfflineModels()), {"text": mail}))["outputs"] == {
        "name": class_name
    }


@pytest.mark.parametrize(
    ("reasoning_mode", "mode"), [("function_call", "chat"), ("prompt", "chat"), ("prompt", "completion")]
)
def test_the_offline_model_extracts(make: MakeApp, reasoning_mode: str, mode: str) -> None:
    fields = extractor(reasoning_mode, model={**MODEL, "mode": mode})
    outputs = {name: ["fields", name] for name in ("order_number", "email", "__is_success")}
    events = events_of(make(start(TEXT), fields, end(**outputs), models=OfflineModels()), {"text": MAIL})

    assert finished(events)["outputs"] == {"order_number": 4711, "email": "ana@example.com", "__is_success": 1}


def test_the_offline_model_has_a_value_for_what_it_does_not_find(make: MakeApp) -> None:
    outputs = {name: ["fields", name] for name in ("order_number", "email", "__is_success")}
    tried = make(start(TEXT), extractor(), end(**outputs), models=OfflineModels())

    assert finished(events_of(tried, {"text": "Nothing of use."}))["outputs"] == {
        "order_number": 0,
        "email": "",
        "__is_success": 1,
    }


def test_the_offline_model_answers_a_chatflow_from_what_it_is_given(make: MakeApp) -> None:
    asking = llm(prompt="The library opens at nine. Bread rises.\n\n{{#sys.query#}}")
    tried = make(start(), asking, ANSWER, mode="advanced-chat", models=OfflineModels())

    assert answer_of(events_of(tried, query="When does the library open?")) == "The library opens at nine."
