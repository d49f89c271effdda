"""Text generation without a language model: it extracts, and says so.

It answers with sentences that are already in the conversation, those nearest in meaning to the question; sums up by the
most central sentences; fills a JSON schema from the text; calls a tool whose description fits, or that a system message
says to call; answers a workflow's classifier and extractor nodes. Where nothing fits it says what it is. The same
conversation always gets the same answer.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from workspace.engines import Embedded, Generated, TokenCount, ToolCall, node_prompts
from workspace.engines.completion_params import token_limit, wanted_schema, wants_json
from workspace.engines.conversation import Conversation, Message, read, sentences, text_of
from workspace.engines.schema_filling import Filler

ABOUT = (
    "This is the offline stand-in for a language model: it writes nothing of its own. It answers with sentences of the "
    "conversation, sums up a text, fills a JSON schema and calls tools."
)
FITS = 0.3
"""Cosine from which on a sentence counts as an answer; below it MiniLM's likeness is mostly chance."""
TOOL_FITS = 0.25
AS_GOOD = 0.06
"""How much less a second sentence may fit and still be part of the answer."""
MOST_READ = 150
"""Sentences compared at most; of more, those that share words with the question, or every n-th for a summary."""
SUMMARY_SENTENCES = 3

_ANY_OBJECT = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
_WHO = re.compile(
    r"\b(who|what) (exactly )?are you\b|\b(what|which) (language )?model\b|\bwhat can you do\b|introduce yourself", re.I
)
_NOTHING = "Nothing in this conversation answers"
_OWN = frozenset(sentences(ABOUT))
_VARIABLE = re.compile(r"variable_name='\w+' variable_value=.*? stream=(?:True|False)", re.DOTALL)
"""How Dify tells an agent's model of a tool's variables, behind what the tool says in words."""
_WORD = re.compile(r"\w{3,}")


class Embedder(Protocol):
    """What compares texts: `minilm.MiniLM` or `lexical.Lexical`."""

    description: str

    def embed(self, texts: Sequence[str]) -> Embedded: ...

    def pieces(self, text: str) -> list[str]: ...


class Extractive:
    """Its tokens are the pieces of its embedder: word pieces, or words and marks."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def generate(
        self,
        messages: list[Message],
        *,
        tools: list[dict[str, Any]],
        stop: list[str],
        parameters: dict[str, Any],
    ) -> Iterator[Generated]:
        """The answer token by token, the last piece with the finish reason: `stop`, `length` or `tool_calls`.

        Of the parameters it honours `max_tokens` (or `max_completion_tokens`), `response_format` and `json_schema`.
        """
        conversation = read(messages)
        prompt = sum(len(self._embedder.pieces(text_of(message))) for message in messages)
        schema = wanted_schema(parameters) or (_ANY_OBJECT if wants_json(parameters) else None)
        if call := self._call(conversation, tools, len(messages)):
            completion = len(self._embedder.pieces(call.name + call.arguments))
            yield Generated(tool_calls=[call], finish_reason="tool_calls", tokens=TokenCount(prompt, completion))
            return
        answer = self._task(conversation.last_user_text) or (
            self._filled(conversation, schema) if schema is not None else self._answer(conversation)
        )
        ends = [at for mark in stop if mark and (at := answer.find(mark)) >= 0]
        pieces = self._embedder.pieces(answer[: min(ends)] if ends else answer)
        limit = token_limit(parameters)
        kept = pieces if limit is None else pieces[:limit]
        for piece in kept:
            yield Generated(piece)
        reason = "stop" if len(kept) == len(pieces) else "length"
        yield Generated(finish_reason=reason, tokens=TokenCount(prompt, len(kept)))

    def summarise(self, text: str, instruction: str = "") -> str:
        """The most central sentences of a text in their order, drawn towards the instruction if there is one."""
        return self._summary(sentences(text), instruction)

    def _answer(self, conversation: Conversation) -> str:
        unseen = "There is a picture or file here that this engine cannot see. " if conversation.unseen else ""
        if conversation.results:
            return unseen + self._from_results(conversation)
        if _WHO.search(conversation.question):
            return unseen + ABOUT
        if conversation.wants_summary and conversation.material:
            return unseen + self._summary(conversation.material, conversation.question)
        said_by_others = [part for part in conversation.material if part not in _OWN and not part.startswith(_NOTHING)]
        if best := self._nearest(conversation.question, said_by_others):
            return unseen + " ".join(best)
        asked = " ".join(conversation.last_user_text.split())
        return f"{unseen}{ABOUT} {_NOTHING}" + (f': "{asked[:100]}"' if asked else ".")

    def _from_results(self, conversation: Conversation) -> str:
        told = [
            sentence for result in conversation.results for sentence in sentences(_VARIABLE.sub("", result) or result)
        ]
        if len(told) <= SUMMARY_SENTENCES:
            return " ".join(told) or "The tool was called and said nothing."
        return " ".join(self._nearest(conversation.question, told) or told[:SUMMARY_SENTENCES])

    def _nearest(self, question: str, candidates: list[str]) -> list[str]:
        """The sentences that answer, best first, at most two; none if none fits."""
        if not question or not candidates:
            return []
        asked = set(_WORD.findall(question.lower()))
        if len(candidates) > MOST_READ:
            shared = [len(asked.intersection(_WORD.findall(candidate.lower()))) for candidate in candidates]
            order = sorted(range(len(candidates)), key=lambda at: -shared[at])[:MOST_READ]
            candidates = [candidates[at] for at in sorted(order)]
        scores = self.likeness(question, candidates)
        order = sorted(range(len(candidates)), key=lambda at: -scores[at])[:2]
        best = scores[order[0]]
        return [candidates[at] for at in order if scores[at] >= max(FITS, best - AS_GOOD)]

    def _summary(self, material: list[str], instruction: str) -> str:
        if len(material) > MOST_READ:
            material = material[:: -(-len(material) // MOST_READ)]
        if len(material) <= SUMMARY_SENTENCES:
            return " ".join(material[:1] if len(material) > 1 else material)
        vectors = self._embedder.embed(material).vectors
        centre = [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]
        wanted = self.likeness(instruction, material) if instruction else [0.0] * len(material)
        # The earlier of two equally central sentences says more: texts begin with what they are about.
        scores = [
            _dot(vector, centre) + 0.2 * wanted[at] - 0.05 * at / len(material) for at, vector in enumerate(vectors)
        ]
        chosen: list[int] = []
        for at in sorted(range(len(material)), key=lambda at: -scores[at]):
            if all(_dot(vectors[at], vectors[other]) < 0.8 for other in chosen):
                chosen.append(at)
            if len(chosen) == min(SUMMARY_SENTENCES, max(1, len(material) // 3)):
                break
        return " ".join(material[at] for at in sorted(chosen))

    def likeness(self, text: str, others: list[str]) -> list[float]:
        """Cosine of a text with each of the others."""
        if not others:
            return []
        first, *rest = self._embedder.embed([text, *others]).vectors
        return [_dot(first, other) for other in rest]

    def _filled(self, conversation: Conversation, schema: dict[str, Any]) -> str:
        return json.dumps(self._value(conversation, schema), ensure_ascii=False)

    def _value(self, conversation: Conversation, schema: dict[str, Any]) -> Any:
        text = "\n".join([*conversation.results, *conversation.material, conversation.last_user_text])
        return Filler(self.likeness).fill(schema, conversation.last_user_text, context=text)

    def _task(self, prompt: str) -> str:
        """The answer to a classifier or extractor node of a workflow, "" where none asks."""
        if extraction := node_prompts.extraction(prompt):
            return json.dumps(self._extracted(extraction), ensure_ascii=False)
        if task := node_prompts.classification(prompt):
            scores = self.likeness(f"{task.instructions} {task.text}".strip(), list(task.categories.values()))
            category_id, name = list(task.categories.items())[scores.index(max(scores))]
            answer = {"keywords": [], "category_id": category_id, "category_name": name}
            return f"```json\n{json.dumps(answer, ensure_ascii=False)}\n```"
        return ""

    def _extracted(self, task: node_prompts.Extraction) -> dict[str, Any]:
        """A value for every parameter: the node takes an answer that lacks one for none at all."""
        schema = {**task.schema, "required": list(task.schema["properties"])}
        filled: dict[str, Any] = Filler(self.likeness).fill(schema, task.text)
        return filled

    def _call(self, conversation: Conversation, tools: list[dict[str, Any]], turn: int) -> ToolCall | None:
        """A call of the tool that fits best, if one does and its required arguments are in the text.

        A tool that has to be called need not fit, and what is not in the text is empty in its arguments.
        """
        text = conversation.last_user_text
        if tools and (extraction := node_prompts.extraction(text)):
            return _tool_call(turn, tools[0], self._extracted(extraction))
        due = [tool for tool in tools if tool["name"] not in conversation.called and _is_due(tool, conversation.told)]
        tools = due or ([] if conversation.results else tools)
        if not text.strip():
            return None
        described = [f"{tool['name'].replace('_', ' ')}: {tool.get('description') or ''}" for tool in tools]
        scores = self.likeness(text, described)
        for at in sorted(range(len(tools)), key=lambda at: -scores[at]):
            parameters = tools[at].get("parameters") or {"type": "object"}
            if due:
                arguments = self._value(conversation, parameters)
            elif scores[at] >= TOOL_FITS:
                arguments = Filler(self.likeness).arguments(parameters, text)
            else:
                return None
            if arguments is not None:
                return _tool_call(turn, tools[at], arguments)
        return None


def _tool_call(turn: int, tool: dict[str, Any], arguments: dict[str, Any]) -> ToolCall:
    written, name = json.dumps(arguments, ensure_ascii=False), str(tool["name"])
    digest = hashlib.sha256(f"{turn} {name} {written}".encode()).hexdigest()
    return ToolCall(f"call_{digest[:24]}", name, written)


def _is_due(tool: dict[str, Any], told: str) -> bool:
    return bool(re.search(rf"\bcall\b[^.!?\n]*\b{re.escape(tool['name'])}\b", told, re.IGNORECASE))


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
