"""Where the local workspace differs from the Dify that it follows: found by comparing, and listed where it is meant."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.dify.recordings import Recording

ABSENT = "<absent>"


class Found(NamedTuple):
    """`where` is a path within the line of a case: "error", "replies[1].data.outputs"."""

    case: str
    where: str
    dify: Any
    here: Any

    def __str__(self) -> str:
        dify, here = (json.dumps(value, ensure_ascii=False) for value in (self.dify, self.here))
        return f"{self.case}: {self.where}: Dify {dify[:300]}, here {here[:300]}"


class Meant(NamedTuple):
    """One difference on purpose. `cases`, `where` and `here` are patterns, the last of the JSON of the value."""

    reason: str
    cases: str
    where: str
    here: str = ".*"

    def covers(self, found: Found) -> bool:
        texts = ((self.cases, found.case), (self.where, found.where), (self.here, json.dumps(found.here)))
        return all(re.fullmatch(pattern, text, re.DOTALL) for pattern, text in texts)


def differences(recorded: Recording, here: Recording) -> Iterator[Found]:
    for case in sorted(recorded.keys() | here.keys()):
        for where, one, other in _between(recorded.get(case, ABSENT), here.get(case, ABSENT)):
            yield Found(case, where.removeprefix("."), one, other)


def _between(dify: Any, here: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    match dify, here:
        case dict(), dict():
            for key in sorted(dify.keys() | here.keys()):
                yield from _between(dify.get(key, ABSENT), here.get(key, ABSENT), f"{where}.{key}")
        case list(), list() if len(dify) == len(here):
            for at, (one, other) in enumerate(zip(dify, here, strict=True)):
                yield from _between(one, other, f"{where}[{at}]")
        case _ if dify != here or isinstance(dify, bool) != isinstance(here, bool):
            yield where, dify, here


MEANT: dict[str, tuple[Meant, ...]] = {
    "invocations": (
        Meant(
            "This provider plugin cuts a model's thoughts off. Others hand them on between tags, as is done here, so "
            "that a plugin meets them before it is in Dify.",
            cases="llm that thinks",
            where=r"replies\[0\]\.delta\.message\.content",
            here=r'"<think>.*</think>\\n\\nHello\."',
        ),
        Meant(
            "The provider plugin asks its server for each text alone. Here all go at once, and a vector says which.",
            cases="embedding",
            where=r"replies\[0\]\.embeddings\[1\]\[\d\]",
            here="0|1",
        ),
        Meant(
            "The provider plugin tells of a failure in another way for each type of model, and loses what the server "
            "said of an embedding or a reranking. Here all are told as those of language models are.",
            cases="(embedding|rerank|speech) that fails",
            where="error",
            here=r'".* failed: request failed: PluginInvokeError: .*status code 500: .*The model fails on purpose\..*"',
        ),
        Meant(
            "A chatbot out of a DSL file runs without its moderation, which is said before it answers. The workspace's "
            "app `moderated` stands for one that has it.",
            cases="chatbot that is moderated",
            where="replies",
        ),
        Meant(
            "Nobody is here to fill in a form, so that a DSL file with a human-input node is refused. The workspace's "
            "app `approval` stands for a workflow that waits.",
            cases="workflow that waits",
            where="replies|error",
        ),
        Meant(
            "There is no draft here that could be unpublished: an app is a file.",
            cases="workflow that is not published|what an unpublished app takes",
            where="replies|error",
        ),
        Meant(
            "There is no console here that would have the plugin's icon.",
            cases="workflow with a file",
            where=r"replies\[3\]\.data\.extras\.icon",
            here=f'"{ABSENT}"',
        ),
        Meant(
            "Dify signs the reference by which it finds a file again; here it is the file's id, which needs no secret.",
            cases="workflow with a file",
            where=r"replies\[\d\]\.data\.((inputs|outputs)\.)?files\[0\]\.reference",
            here='"id"',
        ),
    ),
    "messages": (
        Meant(
            "Dify signs the reference by which it finds a file again; here it is the file's id, which needs no secret.",
            cases="a file|a picture",
            where=r"outputs\.files\[0\]\.reference",
            here='"id"',
        ),
    ),
    "parameters": (
        Meant(
            "A text that is no number is told so, with the parameter's name; Dify says that the error is unknown.",
            cases="number from .*",
            where="error",
            here='"receive: number: .*"',
        ),
        Meant(
            "A text that is no boolean is told so. Dify takes any for true, which nobody finds.",
            cases="boolean from .*",
            where="received|error",
            here='null|"receive: boolean: .*"',
        ),
        Meant(
            "A text that is no object is told so. Dify makes an empty object of it, so that what was given is lost.",
            cases="object from .*",
            where="received|error",
            here='null|"receive: object: .*"',
        ),
    ),
}
"""By the name of the recording."""
