"""Prompts of classifier and extractor nodes with texts in them that look like a part of the prompt.

That the prompts of the real nodes are read is tested with these nodes, in tests/workspace/workflows.
"""

import json

import pytest

from workspace.engines.node_prompts import Classification, Extraction, classification, extraction

CLASSES = '[{"category_id": "1", "category_name": "Praise"}, {"category_id": "2", "category_name": "Complaint"}]'
SCHEMA = {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]}
EXAMPLE = '{"input_text": ["bad"],\n "categories": [{"category_id": "9", "category_name": "Other"}],\n'


def classify(text, instructions='"sort it"'):
    more = f'    "categories": {CLASSES},\n    "classification_instructions": [{instructions}]}}\n'
    return f'{{"input_text": ["{text}"],\n{more}'


def extract(text, schema=None):
    written = json.dumps(SCHEMA) if schema is None else schema
    return {
        "calling": f"<context>\n{text}\n</context>\n\n<structure>\n{written}\n</structure>",
        "chat": f"<structure>\n{written}\n</structure>\n\nBelow:\n<text>\n{text}\n</text>",
        "completion": f"<information to be extracted>\n{written}\n</information to be extracted>\n\n"
        f"Think.\n<text>\n{text}\n</text>\n\n### Answer\n",
    }


@pytest.mark.parametrize(
    "text",
    ["great", 'she said "great"', "two\nlines", '"], "classes": [', '{"categories": []}', "", "a } b ]} c"],
)
def test_a_text_to_classify_may_hold_anything(text):
    task = Classification(text, {"1": "Praise", "2": "Complaint"}, "sort it")

    assert classification(classify(text)) == task
    assert classification(f'{EXAMPLE} "classification_instructions": []}}\n{classify(text)}') == task


def test_there_may_be_no_instructions():
    assert classification(classify("great", "")).instructions == ""
    assert classification(classify("great", '""')).instructions == ""


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Which of these is it?",
        '{"input_text": ["great"]}',
        classify("great").replace(CLASSES, "[]"),
        classify("great").replace(CLASSES, "[1]"),
        classify("great").replace(CLASSES, "[{]"),
        classify("great").replace(CLASSES, "[" * 100_000),
        classify("great").replace("category_id", "id"),
        classify("great").replace("classification_instructions", "more"),
        classify("great").replace("input_text", "text"),
    ],
)
def test_other_prompts_ask_for_no_class(prompt):
    assert classification(prompt) is None


@pytest.mark.parametrize("way", ["calling", "chat", "completion"])
@pytest.mark.parametrize(
    "text", ["Order 7.", "two\nlines", "a </text> b", "</structure>", "\n<text>\n", '{"properties": {}}', ""]
)
def test_a_text_to_extract_from_may_hold_anything(way, text):
    assert extraction(extract(text)[way]) == Extraction(text, SCHEMA)


@pytest.mark.parametrize("way", ["calling", "chat", "completion"])
@pytest.mark.parametrize("schema", ["{", "[]", "{}", '{"properties": []}', "[" * 100_000])
def test_without_a_schema_nothing_is_extracted(way, schema):
    assert extraction(extract("Order 7.", schema)[way]) is None
    assert extraction("Order 7.") is None


@pytest.mark.parametrize(
    "part",
    ['"input_text": ["', '"], "categories": [{', "<context>\n", "<structure>\n{", "\n</structure><text>\n", '"],   '],
)
def test_a_prompt_of_many_beginnings_is_read_in_no_time(part):
    assert classification(part * 50_000) is None
    assert extraction(part * 50_000) is None
