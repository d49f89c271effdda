"""A folder of texts in the place of a knowledge base."""

from pathlib import Path
from typing import Any

import pytest

from tests.workspace.dify.fake_models import FakeModels
from tests.workspace.workflows.dsl_files import (
    app,
    end,
    events_of,
    finished,
    node,
    of_node,
    start,
    template,
    variable,
    write,
)
from workspace.dify.apps.app import App
from workspace.dify.apps.conversations import Conversations
from workspace.engines.passages import Passages
from workspace.workflows.apps import app_of, read_app_file
from workspace.workflows.host import Host


def retrieval(**config: Any) -> dict[str, Any]:
    selector = config.pop("selector", ["start", "question"])
    more = {"dataset_ids": ["1"], "retrieval_mode": "multiple", "query_variable_selector": selector}
    return node("find", "knowledge-retrieval", multiple_retrieval_config={"top_k": 1, **config}, **more)


@pytest.fixture
def tried(tmp_path: Path) -> Any:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "rules.txt").write_text("Dogs have to wait outside.\nA card is free for pupils.\n")

    def tried(*nodes: dict[str, Any]) -> App:
        host = Host(FakeModels(), knowledge=Passages(tmp_path / "library"))
        return app_of(read_app_file(write(tmp_path, app(list(nodes)))), host, conversations=Conversations(None))

    return tried


def test_what_is_found_comes_out_as_dify_puts_it_out(tried: Any) -> None:
    texts = template(
        "texts", "{% for one in found %}{{ one.title }}: {{ one.content }}{% endfor %}", found=["find", "result"]
    )
    made = tried(
        start(variable("question")), retrieval(), texts, end(found=["find", "result"], texts=["texts", "output"])
    )
    outputs = finished(events_of(made, {"question": "Is a card free?"}))["outputs"]

    assert outputs["texts"] == "rules.txt: A card is free for pupils."
    [found] = outputs["found"]
    assert {key: found[key] for key in ("title", "content", "files", "summary")} == {
        "title": "rules.txt",
        "content": "A card is free for pupils.",
        "files": None,
        "summary": None,
    }
    assert found["metadata"]["_source"] == "knowledge"
    assert (found["metadata"]["dataset_name"], found["metadata"]["position"]) == ("library", 1)
    assert 0 < found["metadata"]["score"] <= 1


def test_a_threshold_may_leave_nothing(tried: Any) -> None:
    made = tried(start(variable("question")), retrieval(score_threshold=0.99), end(found=["find", "result"]))

    assert finished(events_of(made, {"question": "Is a card free?"}))["outputs"] == {"found": []}


@pytest.mark.parametrize("selector", [["start", "number"], ["no", "where"], None])
def test_a_query_that_is_no_text_fails_the_node_in_difys_words(tried: Any, selector: Any) -> None:
    events = events_of(tried(start(variable("number", "number")), retrieval(selector=selector), end()), {"number": 3})

    assert of_node(events, "find")["error"] == "Query variable is not string type."
