import pytest

from workspace.engines.generation import Extractive
from workspace.engines.minilm import minilm
from workspace.engines.schema_filling import Filler


@pytest.fixture
def filler():
    return Filler(Extractive(minilm()).likeness)


def fields(*required, **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


def test_each_value_has_the_type_its_schema_says(filler):
    text = (
        "Ada Lovelace is 36 years old, lives in London and has 3 children. Write to ada@example.com. She loves her "
        "wonderful life. Her hobbies are mathematics, riding and music. She is not married."
    )
    schema = fields(
        "name",
        name={"type": "string"},
        age={"type": "integer"},
        email={"type": "string", "format": "email"},
        city={"type": "string"},
        children={"type": "integer"},
        married={"type": "boolean"},
        hobbies={"type": "array", "items": {"type": "string"}},
    )

    assert filler.fill(schema, text) == {
        "name": "Ada Lovelace",
        "age": 36,
        "email": "ada@example.com",
        "city": "London",
        "children": 3,
        "married": False,
        "hobbies": ["mathematics", "riding", "music"],
    }


def test_numbers_are_told_apart_by_the_words_around_them_and_dates_are_none(filler):
    text = "Please order two lamps of the type Tolomeo at 199.50 euro each until 2026-03-01."
    schema = fields(
        quantity={"type": "integer"},
        price={"type": "number", "description": "price of one in euro"},
        due={"type": "string", "format": "date"},
    )

    assert filler.fill(schema, text) == {"quantity": 2, "price": 199.5, "due": "2026-03-01"}


def test_what_the_text_states_outright_is_taken(filler):
    schema = fields(project={"type": "string"}, ownerName={"type": "string"})

    assert filler.fill(schema, "Project: Blue Whale\nOwner name is Grace Hopper.") == {
        "project": "Blue Whale",
        "ownerName": "Grace Hopper",
    }


def test_a_limit_of_the_schema_is_kept(filler):
    schema = fields(stars={"type": "integer", "minimum": 1, "maximum": 5})

    assert filler.fill(schema, "I waited 40 minutes and give 4 stars.") == {"stars": 4}


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("My invoice is wrong", "billing"),
        ("The app crashes when I open it", "technical problem"),
        ("about billing", "billing"),
    ],
)
def test_a_required_choice_is_the_one_mentioned_or_else_the_nearest(filler, text, chosen):
    schema = fields("topic", topic={"enum": ["billing", "technical problem", "praise"]})

    assert filler.fill(schema, text) == {"topic": chosen}


def test_an_optional_choice_nobody_mentions_is_left_out(filler):
    assert filler.fill(fields(unit={"enum": ["celsius", "kelvin"]}), "How warm is it?") == {}


def test_what_is_required_and_not_there_is_the_zero_of_its_type(filler):
    schema = fields(
        "email",
        "count",
        "tags",
        "inner",
        email={"type": "string", "format": "email"},
        count={"type": "integer", "minimum": 1},
        tags={"type": "array", "items": {"enum": ["red", "blue"]}},
        inner=fields("url", url={"type": "string", "format": "uri"}),
    )

    assert filler.fill(schema, "nothing here") == {"email": "", "count": 1, "tags": [], "inner": {"url": ""}}


def test_lists_of_numbers_choices_and_objects_are_filled(filler):
    schema = fields(
        sizes={"type": "array", "items": {"type": "integer"}},
        colours={"type": "array", "items": {"enum": ["red", "green", "blue"]}},
        contacts={"type": "array", "items": fields("email", email={"type": "string", "format": "email"})},
    )

    assert filler.fill(schema, "Sizes 3 and 5 in red or blue. Ask a@example.com. Or ask b@example.com.") == {
        "sizes": [3, 5],
        "colours": ["red", "blue"],
        "contacts": [{"email": "a@example.com"}, {"email": "b@example.com"}],
    }


def test_references_unions_and_constants_are_followed(filler):
    schema = {
        **fields(
            "who",
            "kind",
            who={"anyOf": [{"$ref": "#/$defs/Person"}, {"type": "null"}]},
            kind={"const": "person"},
            none={"type": "null"},
        ),
        "$defs": {"Person": fields("age", age={"type": ["integer", "null"]})},
    }

    assert filler.fill(schema, "He is 7 years old.") == {"who": {"age": 7}, "kind": "person", "none": None}


def test_a_schema_that_contains_itself_ends(filler):
    schema = {"$ref": "#/$defs/Node", "$defs": {"Node": fields("next", next={"$ref": "#/$defs/Node"})}}

    assert "next" in filler.fill(schema, "text")


@pytest.mark.parametrize("text", ["what is the weather in paris?", "Weather for Paris, please", 'city: "Paris"'])
def test_arguments_are_found_in_a_question(filler, text):
    arguments = filler.arguments(fields("city", city={"type": "string"}), text)

    assert arguments["city"].lower() == "paris"


def test_a_text_argument_is_what_follows_the_colon_or_is_quoted(filler):
    schema = fields("text", text={"type": "string"})

    assert filler.arguments(schema, "How many words are in: to be or not to be") == {"text": "to be or not to be"}
    assert filler.arguments(schema, 'Count the words of "one two three".') == {"text": "one two three"}


def test_without_a_required_argument_there_are_none(filler):
    assert filler.arguments(fields("email", email={"type": "string", "format": "email"}), "write to Ada") is None


def test_a_tool_without_parameters_has_no_arguments(filler):
    assert filler.arguments({}, "now") == {}
