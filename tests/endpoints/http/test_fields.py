from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from endpoints.dify.wire import requests
from endpoints.http.fields import field_error
from endpoints.openai.wire import chat_request, embeddings, moderations, rerank

WRONG = [{}] * 1000


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


class ImagePart(BaseModel):
    type: Literal["image_url"]
    image_url: dict[str, str]


class UserMessage(BaseModel):
    role: Literal["user"]
    content: str | list[Annotated[TextPart | ImagePart, Field(discriminator="type")]]


class AssistantMessage(BaseModel):
    role: Literal["assistant"]
    content: str | None = None


class ChatForm(BaseModel):
    model: str = ""
    messages: list[Annotated[UserMessage | AssistantMessage, Field(discriminator="role")]] = Field([], max_length=2)
    prompts: list[str] = Field([], min_length=1)
    temperature: float = Field(1, ge=0, le=2)
    top_p: float = Field(1, gt=0, lt=1)
    n: int = 1
    stop: str | list[str] = ""
    stream: bool = False
    format: Literal["json", "text"] = "json"
    user: str = Field("", min_length=1, max_length=64)
    bias: dict[str, float] = {}
    part: TextPart | ImagePart | None = None
    nothing: None = None

    @field_validator("model")
    @classmethod
    def _known(cls, model: str) -> str:
        if model == "bad":
            raise ValueError("it has to be a good one.")
        return model

    @model_validator(mode="after")
    def _one_stream(self) -> "ChatForm":
        if self.stream and self.n > 1:
            raise ValueError("`n` and `stream` exclude each other")
        return self


def refused(body: dict[str, Any]):
    with pytest.raises(ValidationError) as error:
        ChatForm.model_validate(body)
    return field_error(error.value, body)


def message(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", **fields}]}


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"model": 5}, "model", "has to be text."),
        ({"model": "bad"}, "model", "is wrong: it has to be a good one."),
        ({"messages": None}, "messages", "has to be a list."),
        ({"messages": [{"role": "assistant"}] * 3}, "messages", "has to be a list of 2 or fewer."),
        ({"messages": ["hi"]}, "messages[0]", "has to be an object."),
        ({"messages": [{}]}, "messages[0]", "has to be an object with a 'role'."),
        (message(role="me"), "messages[0]", "has to be an object whose 'role' is one of 'user', 'assistant'."),
        (message(), "messages[0].content", "is missing."),
        (message(content=5), "messages[0].content", "has to be text or a list."),
        (message(content=["hi"]), "messages[0].content[0]", "has to be an object."),
        (message(content=[{"type": "text"}]), "messages[0].content[0].text", "is missing."),
        (message(content=[{"type": "text", "text": 5}]), "messages[0].content[0].text", "has to be text."),
        ({"prompts": []}, "prompts", "has to be a list of 1 or more."),
        ({"prompts": ["hi", 5]}, "prompts[1]", "has to be text."),
        ({"temperature": "hot"}, "temperature", "has to be a number."),
        ({"temperature": []}, "temperature", "has to be a number."),
        ({"temperature": 2.5}, "temperature", "has to be at most 2.0."),
        ({"temperature": -1}, "temperature", "has to be at least 0.0."),
        ({"top_p": 0}, "top_p", "has to be more than 0.0."),
        ({"top_p": 1}, "top_p", "has to be less than 1.0."),
        ({"n": 1.5}, "n", "has to be a whole number."),
        ({"n": "two"}, "n", "has to be a whole number."),
        ({"n": None}, "n", "has to be a whole number."),
        ({"stop": 5}, "stop", "has to be text or a list."),
        ({"stop": ["a", 5]}, "stop[1]", "has to be text."),
        ({"stream": "maybe"}, "stream", "has to be true or false."),
        ({"stream": []}, "stream", "has to be true or false."),
        ({"format": "xml"}, "format", "has to be 'json' or 'text'."),
        ({"user": ""}, "user", "has to be text of 1 or more characters."),
        ({"user": "u" * 65}, "user", "has to be text of 64 or fewer characters."),
        ({"bias": []}, "bias", "has to be an object."),
        ({"bias": {"50256": "x"}}, "bias.50256", "has to be a number."),
        ({"part": {"type": "sound"}}, "part.type", "has to be 'text' or 'image_url'."),
        ({"nothing": 0}, "nothing", "has to be null."),
    ],
)
def test_the_field_is_named_and_what_it_has_to_be(body, field, sentence):
    error = refused(body)

    assert str(error) == f"The field `{field}` {sentence}"
    assert error.field == field
    assert error.status == 400


def test_what_is_wrong_with_the_whole_body_names_no_field():
    error = refused({"stream": True, "n": 2})

    assert str(error) == "The body is wrong: `n` and `stream` exclude each other."
    assert error.field == ""


@pytest.mark.parametrize("name", ["model", "temperature", "n", "stream", "format", "messages", "stop", "part", "bias"])
def test_what_the_field_held_is_never_repeated(name):
    for value in ({"secret": "SECRET"}, ["SECRET", {"type": "SECRET"}, {"role": "SECRET"}], {"type": "SECRET"}):
        assert "SECRET" not in str(refused({name: value}))


def test_a_key_of_the_caller_is_shown_only_so_far():
    assert len(refused({"bias": {"k" * 10_000: "x"}}).field) == 200


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (chat_request.ChatRequest, {"messages": WRONG}),
        (chat_request.ChatRequest, {"messages": [{"role": "user", "content": WRONG}]}),
        (chat_request.ChatRequest, {"messages": [{"role": "system", "content": WRONG}]}),
        (chat_request.ChatRequest, {"messages": [{"role": "assistant", "content": WRONG, "tool_calls": WRONG}]}),
        (chat_request.ChatRequest, {"messages": [], "stop": WRONG, "tools": WRONG, "modalities": WRONG}),
        (embeddings.EmbeddingsRequest, {"input": WRONG}),
        (moderations.ModerationsRequest, {"input": WRONG}),
        (rerank.RerankRequest, {"query": "?", "documents": [0, *WRONG], "rank_fields": WRONG}),
        (requests.ChatRequest, {"query": "?", "files": WRONG, "inputs": {"a": WRONG}}),
    ],
)
def test_of_a_long_list_only_the_first_error_is_looked_for(form, body):
    """A body can hold five million entries, and an error of each would take gigabytes."""
    with pytest.raises(ValidationError) as error:
        form.model_validate(body)

    assert error.value.error_count() <= 8
