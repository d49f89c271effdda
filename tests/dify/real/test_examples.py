"""The example workflows, with nothing replaced but models and the ids of apps."""

from typing import Any

import pytest
import yaml

from tests.dify import apps
from tests.dify.real.place import Place
from tests.served import ROOT
from tests.workspace.workflows.dsl_files import answer_of, finished, of_node

EXAMPLES = ROOT / "examples"
HERE = {"rerank": "reranking"}
"""Models of the examples that have another name in Dify, by their type."""


def given(name: str) -> str:
    return (EXAMPLES / "inputs" / name).read_text(encoding="utf-8")


def imported(dify: Place, name: str) -> str:
    """The id of the app. Dify has nothing against the file."""
    found = yaml.safe_load((EXAMPLES / f"workflows/{name}.yml").read_text(encoding="utf-8"))
    found["app"]["name"] = f"{apps.PREFIX} {name}"
    return dify.app_id(name, dsl=yaml.safe_dump(replaced(dify, found), allow_unicode=True))


def replaced(dify: Place, value: Any) -> Any:
    match value:
        case {"model_type": "moderation", "provider": "local"}:
            return dify.moderation_model()
        case {"model": name, "model_type": kind, "provider": "local"}:
            return {**value, "provider": apps.PROVIDER, "model": apps.MODEL_PREFIX + HERE.get(kind, name)}
        case {"name": name, "provider": "local"}:
            return {**value, "provider": apps.PROVIDER, "name": apps.MODEL_PREFIX + name}
        case {"type": "knowledge-retrieval", **node}:
            return {**node, "type": value["type"], "dataset_ids": [dify.knowledge]}
        case {"app_id": app_id}:
            return {**value, "app_id": imported(dify, app_id)}
        case dict():
            return {key: replaced(dify, each) for key, each in value.items()}
        case list():
            return [replaced(dify, each) for each in value]
    return value


def outputs(dify: Place, name: str, **inputs: str) -> dict[str, Any]:
    end = finished(list(dify.console.run_draft(imported(dify, name), inputs)))
    assert end["status"] == "succeeded", f"{name}: {end['error']}"
    found: dict[str, Any] = end["outputs"]
    return found


def test_a_document_becomes_a_summary_that_is_spoken(dify: Place) -> None:
    found = outputs(dify, "spoken-summary", document=given("annual-report.txt"))

    assert "reading room" in found["summary"]
    assert [(each["mime_type"], each["size"] > 10_000) for each in found["audio"]] == [("audio/mpeg", True)]


def test_a_question_is_answered_from_the_passage_that_fits_it_best(dify: Place) -> None:
    question = "How much does an adult pay for a library card?"
    found = outputs(dify, "answer-from-passages", question=question, passages=given("passages.txt"))

    assert found["answer"] == "[1] A library card is free for children and pupils; adults pay twelve euros a year."


def test_a_mail_goes_with_its_fields_to_the_desk_of_its_class(dify: Place) -> None:
    found = outputs(dify, "mail-routing", mail=given("mail.txt"))

    assert found["fields"]["order_number"] == "B-20417", str(found)
    assert found["task"].startswith("To the parcel desk: check order B-20417 of Ada Lovelace"), str(found)


@pytest.mark.parametrize(
    ("said", "through"), [("Does printing in colour cost more?", "reply"), ("I will kill you all.", "refuse")]
)
def test_what_is_flagged_never_reaches_the_model(dify: Place, said: str, through: str) -> None:
    events = list(dify.console.run_draft(imported(dify, "moderated-chat"), {}, query=said))

    assert of_node(events, "moderate")["outputs"]["flagged"] is (through == "refuse")
    started = {event["data"]["node_id"] for event in events if event["event"] == "node_started"}
    assert started & {"reply", "refuse"} == {through}
    assert answer_of(events)


def test_an_app_is_asked_once_and_its_answer_is_read_from_storage_from_then_on(dify: Place) -> None:
    question = "When is the reading room open on Sundays?"
    first = outputs(dify, "ask-once", question=question)
    try:
        again = outputs(dify, "ask-once", question=question)
    finally:
        deleted = dify.run_tool("storage", {"action": "delete", "key": first["key"]})

    assert "Sundays" in first["answer"]
    assert (first["stored_before"], again["stored_before"]) == (False, True)
    assert again["answer"] == first["answer"]
    assert deleted["outputs"]["found"] is True


def test_what_a_knowledge_base_finds_is_reranked_and_answered_from(dify: Place) -> None:
    found = outputs(dify, "answer-from-knowledge", question="What does it cost to print in colour?")

    colour = "Printing costs ten cents a page in black and white and thirty cents in colour."
    assert found["answer"] == f"[1] {colour}"


def test_dify_has_nothing_against_the_files(dify: Place) -> None:
    for path in sorted((EXAMPLES / "workflows").iterdir()):
        dsl = yaml.safe_load(path.read_text(encoding="utf-8"))
        dsl["app"]["name"] = f"{apps.PREFIX} {path.stem}"
        answer = dify.console.imported(yaml.safe_dump(dsl, allow_unicode=True))
        assert answer["status"] == "completed", f"{path.name}: {answer}"
