"""The example workflows in Dify's engine, on the offline models, with the plugin in a child process."""

from pathlib import Path

import miniaudio
import pytest

from tests.examples.conftest import EXAMPLES, Examples, given
from tests.workspace.workflows import dsl_files
from tests.workspace.workflows.dsl_files import answer_of, events_of, finished, of_node
from workspace.engines.conversation import sentences
from workspace.workflows.app import DslApp
from workspace.workflows.dsl import read_workflow

QUESTION = "How much does an adult pay for a library card?"


def test_every_example_can_run_here(examples: Examples) -> None:
    assert examples.problems == {}
    assert set(examples.apps) == {path.stem for path in (EXAMPLES / "workflows").iterdir()}
    assert len(examples.apps) == 6


def test_a_document_becomes_a_summary_that_is_spoken(examples: Examples) -> None:
    document = given("annual-report.txt")
    outputs = examples.run("spoken-summary", document=document)

    said = sentences(outputs["summary"])
    assert len(said) == 3
    assert all(sentence in " ".join(document.split()) for sentence in said)
    assert "reading room" in outputs["summary"]
    [audio] = outputs["audio"]
    assert (audio["filename"], audio["mime_type"], audio["type"]) == ("speech.mp3", "audio/mpeg", "audio")
    served = examples.files.find(audio["related_id"])
    assert served is not None
    characters_a_second = len(outputs["summary"]) / miniaudio.decode(served.path.read_bytes()).duration
    assert 10 < characters_a_second < 25  # as fast as people speak, so nothing is missing


def test_a_document_that_is_too_long_for_the_model_is_shortened_first(examples: Examples) -> None:
    asked = ", ".join(f"readers on floor {floor} asked for longer opening hours" for floor in range(1, 11))
    chapters = [f"In year {year} of the library, {asked}, and they were heard." for year in range(1, 26)]
    events = events_of(examples.apps["spoken-summary"], {"document": "\n".join(chapters)})

    shortened = of_node(events, "shorten")["outputs"]
    assert shortened["unchanged"] is False
    assert len(shortened["summary"]) < len("\n".join(chapters)) / 4
    assert finished(events)["outputs"]["summary"] in " ".join(shortened["summary"].split())
    assert "library" in finished(events)["outputs"]["summary"]


def test_a_question_is_answered_from_the_passage_that_fits_it_best(examples: Examples) -> None:
    passages = given("passages.txt")
    events = events_of(examples.apps["answer-from-passages"], {"question": QUESTION, "passages": passages})

    nearest = of_node(events, "rerank")["inputs"]["documents"]
    assert len(passages.splitlines()) == 12
    assert sum(line in nearest for line in passages.splitlines()) == 5
    outputs = finished(events)["outputs"]
    assert outputs["answer"] == "[1] A library card is free for children and pupils; adults pay twelve euros a year."
    assert outputs["passages"].startswith(outputs["answer"])
    assert sorted(examples.asked) == ["rerank", "text_embedding", "text_embedding"]


def test_passages_are_told_apart_however_their_lines_end(examples: Examples) -> None:
    fee = "A library card is free for children and pupils; adults pay twelve euros a year."
    dogs = "Dogs have to wait outside; there are hooks and a bowl of water beside the entrance."
    passages = f"{dogs}\r\n\n  {fee} \r{dogs}\n"

    assert examples.run("answer-from-passages", question=QUESTION, passages=passages)["answer"] == f"[1] {fee}"


def test_a_question_that_no_passage_answers_is_not_answered(examples: Examples) -> None:
    events = events_of(
        examples.apps["answer-from-passages"],
        {"question": "Who won the chess championship?", "passages": given("passages.txt")},
    )

    assert finished(events)["outputs"] == {"answer": "None of the passages answers this."}
    assert "llm" not in [event["data"]["node_type"] for event in events if event["event"] == "node_started"]


def test_what_a_knowledge_base_finds_is_reranked_as_it_is(examples: Examples) -> None:
    events = events_of(examples.apps["answer-from-knowledge"], {"question": "What does it cost to print in colour?"})

    found = of_node(events, "knowledge")["outputs"]["result"]
    assert len(found) == 10
    assert set(found[0]) == {"metadata", "title", "files", "content", "summary"}
    reranked = of_node(events, "rerank")["outputs"]["documents"]
    assert [found[one["index"]]["content"] for one in reranked] == [one["text"] for one in reranked]
    colour = "Printing costs ten cents a page in black and white and thirty cents in colour."
    assert finished(events)["outputs"]["answer"] == f"[1] {colour}"
    assert examples.asked == ["rerank"]


def test_what_a_knowledge_base_cannot_answer_is_not_answered(examples: Examples) -> None:
    outputs = examples.run("answer-from-knowledge", question="Who won the chess championship?")

    assert outputs == {"answer": "None of the passages answers this."}


@pytest.mark.parametrize(
    ("said", "answer", "through"),
    [
        (
            "Does printing in colour cost more?",
            "Printing costs ten cents a page in black and white and thirty cents in colour.",
            "reply",
        ),
        ("Where is my damn book, you bastards?", "I cannot answer that. Please put it in other words.", "refuse"),
    ],
)
def test_what_is_flagged_never_reaches_the_model(examples: Examples, said: str, answer: str, through: str) -> None:
    events = events_of(examples.apps["moderated-chat"], query=said)

    started = {event["data"]["node_id"] for event in events if event["event"] == "node_started"}
    assert started & {"reply", "refuse"} == {through}
    assert answer_of(events) == answer
    assert of_node(events, "moderate")["outputs"]["flagged"] is (through == "refuse")


@pytest.mark.parametrize(
    ("mail", "mail_class", "fields", "task"),
    [
        (
            "mail.txt",
            "Complaint about a parcel that is damaged, late or lost",
            {"name": "Ada Lovelace", "email": "ada.lovelace@example.com", "order_number": "B-20417", "amount": 64.5},
            "To the parcel desk: check order B-20417 of Ada Lovelace with the carrier, and answer to "
            "ada.lovelace@example.com today.",
        ),
        (
            "invoice-mail.txt",
            "Question about an invoice, a payment or a bank account",
            {
                "name": "Charles Babbage",
                "email": "charles.babbage@example.com",
                "order_number": "C-11802",
                "amount": 230,
            },
            "To accounting: Charles Babbage asks about 230 euros, order C-11802. Answer to "
            "charles.babbage@example.com.",
        ),
    ],
)
def test_a_mail_goes_with_its_fields_to_the_desk_of_its_class(
    examples: Examples, mail: str, mail_class: str, fields: dict[str, object], task: str
) -> None:
    outputs = examples.run("mail-routing", mail=given(mail))

    assert outputs == {"mail_class": mail_class, "fields": fields, "task": task}
    assert sorted(examples.asked) == ["node_parameter_extractor", "node_question_classifier"]


def test_a_mail_of_no_special_class_goes_to_the_front_desk(examples: Examples) -> None:
    outputs = examples.run("mail-routing", mail="I have a suggestion and much praise for all of you. Thank you!")

    assert outputs["mail_class"] == "Praise, a suggestion or a general question"
    assert outputs["task"] == "To the front desk: answer to the sender within the week."


def test_an_app_is_asked_once_and_its_answer_is_read_from_storage_from_then_on(
    examples: Examples, tmp_path: Path
) -> None:
    answer = "The reading room opens from ten to four on Sundays and from nine to seven on all other days."
    key = "answers/when-is-the-reading-room-open-on-sundays"
    first = examples.run("ask-once", question="When is the reading room open on Sundays?")

    assert first == {"answer": answer, "stored_before": False, "key": key}
    assert examples.asked == ["storage", "app", "moderation", "storage"]

    examples.invocations.clear()
    again = examples.run("ask-once", question=" when is the reading room open, on SUNDAYS")
    assert again == {"answer": answer, "stored_before": True, "key": key}
    assert set(examples.asked) == {"storage"}

    other = examples.run("ask-once", question="When is the reading room open on Sundays++?")
    assert (other["stored_before"], other["key"]) == (False, f"{key}++")
    assert examples.run("ask-once", question="?!")["key"] == "answers/?!"

    read = dsl_files.tool("storage", provider="switchboard/switchboard/switchboard", action="get", key=key)
    nodes = [dsl_files.start(), read, dsl_files.end(value=["storage", "value"])]
    reader = DslApp(read_workflow(dsl_files.write(tmp_path, dsl_files.app(nodes))), examples.host)
    assert finished(events_of(reader))["outputs"] == {"value": answer}
