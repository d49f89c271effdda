"""The texts of a request: one, or a list of them, none of them empty."""

from typing import Annotated

from pydantic import AfterValidator

from endpoints.http.fields import FilledListOf


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("it is empty")
    return text


type Text = Annotated[str, AfterValidator(_not_empty)]
type Texts = FilledListOf[Text]
