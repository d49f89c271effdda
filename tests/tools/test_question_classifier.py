import pytest

from switchboard.errors import InvalidInput, NoAnswer, ProviderFailed
from tools.question_classifier import QuestionClassifierTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "gpt-4o", "model_type": "llm"}


def node(**outputs):
    return {"process_data": {}, "inputs": {}, "outputs": outputs}


def classify(dify, classes="Praise\nComplaint", **more):
    given = {"model": MODEL, "query": "The lamp is broken.", "classes": classes}
    return dify.run(QuestionClassifierTool, {**given, **more})


def test_the_whole_request_and_every_output():
    dify = StubbedDify(replies(node(class_name="Complaint", class_label="CLASS 2")))

    outputs = classify(dify, instruction="Irony counts.")

    assert dify.requests == [
        (
            "node_question_classifier",
            {
                "query": "The lamp is broken.",
                "instruction": "Irony counts.",
                "classes": [{"id": "1", "name": "Praise"}, {"id": "2", "name": "Complaint"}],
                "model": {
                    "provider": MODEL["provider"],
                    "name": "gpt-4o",
                    "mode": "chat",
                    "completion_params": {},
                },
            },
        )
    ]
    assert outputs.variables == {"class_name": "Complaint", "class_id": "2"}
    assert outputs.texts == ["Complaint"]


@pytest.mark.parametrize(
    ("classes", "sent"),
    [
        ('["Praise", "Complaint"]', [("1", "Praise"), ("2", "Complaint")]),
        ('[{"id": "p", "name": "Praise"}, {"name": "Complaint"}]', [("p", "Praise"), ("2", "Complaint")]),
        ('[{"id": 7, "name": "Praise"}, "Complaint"]', [("7", "Praise"), ("2", "Complaint")]),
        ("\n Praise \r\n\r\nComplaint\n", [("1", "Praise"), ("2", "Complaint")]),
    ],
)
def test_classes_are_lines_texts_or_objects(classes, sent):
    dify = StubbedDify(replies(node(class_name="Praise")))

    outputs = classify(dify, classes)

    assert [(each["id"], each["name"]) for each in dify.requests[0][1]["classes"]] == sent
    assert outputs.variables["class_id"] == sent[0][0]


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        ("", "at least two classes"),
        ("Praise", "at least two classes"),
        ("Praise\nPraise", "holds `Praise` more than once"),
        ('[{"id": "a", "name": "Praise"}, {"id": "a", "name": "Complaint"}]', "holds `a` more than once"),
        ('[{"id": "a"}, {"name": "Complaint"}]', "item 1 has to be a text or an object"),
        ("[", "not valid JSON"),
        ("[1, 2]", "item 1 is a number"),
    ],
)
def test_bad_classes_are_refused_before_dify_is_asked(classes, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        classify(dify, classes)

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([node(class_name=None)], NoAnswer),
        ([node()], NoAnswer),
        ([DifyError("invoke question classifier failed: request failed: overloaded")], ProviderFailed),
    ],
)
def test_failures_are_told_apart(events, error):
    with pytest.raises(error):
        classify(StubbedDify(replies(*events)))
