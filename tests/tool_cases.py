"""One good call of each tool, what Dify answers, and for each parameter another value that must make a difference."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.replies import PNG, embedding, file_at, llm_chunk, reranked


class ToolCase(NamedTuple):
    invoke_type: str
    parameters: dict[str, Any]
    events: list[dict[str, Any]]
    changes: dict[str, Any]


type Serve = Callable[..., str]


def model(model_type: str, name: str = "some-model", **more: Any) -> dict[str, Any]:
    return {"provider": "langgenius/openai/openai", "model": name, "model_type": model_type, **more}


def llm(serve: Serve) -> ToolCase:
    return ToolCase(
        "llm",
        {"model": model("llm"), "prompt": "Hello"},
        [llm_chunk("<think>Hm.</think>Good "), llm_chunk("day."), llm_chunk("", finish_reason="stop", total_tokens=5)],
        {
            "model": model("llm", completion_params={"temperature": 0}),
            "prompt": "Good night",
            "system_prompt": "Be brief.",
            "images": [file_at(serve(PNG), "dot.png", type="image")],
            "stop": "END",
        },
    )


def summary(serve: Serve) -> ToolCase:
    return ToolCase(
        "system_summary",
        {"text": "All happy families are alike. " * 50},
        [{"summary": "Families."}],
        {"text": "Every unhappy family is unhappy in its own way. " * 50, "instruction": "One word."},
    )


def text_embedding(serve: Serve) -> ToolCase:
    return ToolCase(
        "text_embedding",
        {"model": model("text-embedding"), "texts": "one\ntwo"},
        [embedding([[0.5, 1.0], [1.0, 0.5]])],
        {"model": model("text-embedding", "other"), "texts": "one\nthree", "input_type": "query"},
    )


def rerank(serve: Serve) -> ToolCase:
    return ToolCase(
        "rerank",
        {"model": model("rerank"), "query": "Where?", "documents": "Oslo\nLisbon"},
        [reranked((0, 0.2), (1, 0.9))],
        {
            "model": model("rerank", "other"),
            "query": "When?",
            "documents": "Oslo\nPorto",
            "top_n": 1,
            "score_threshold": 0.5,
        },
    )


def moderation(serve: Serve) -> ToolCase:
    return ToolCase(
        "moderation",
        {"model": model("moderation"), "text": "Nice."},
        [{"result": False}],
        {"model": model("moderation", "other"), "text": "Nasty."},
    )


TOOL_CASES: dict[str, Callable[[Serve], ToolCase]] = {
    case.__name__: case for case in (llm, summary, text_embedding, rerank, moderation)
}
