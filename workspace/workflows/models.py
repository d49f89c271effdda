"""The models of the workspace, as the LLM, classifier and extractor nodes of a workflow ask them."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Literal, overload

from graphon.model_runtime.entities.common_entities import I18nObject
from graphon.model_runtime.entities.llm_entities import (
    LLMResult,
    LLMResultChunk,
    LLMResultChunkWithStructuredOutput,
    LLMResultWithStructuredOutput,
    LLMUsage,
)
from graphon.model_runtime.entities.message_entities import (
    AssistantPromptMessage,
    PromptMessage,
    PromptMessageTool,
    UserPromptMessage,
)
from graphon.model_runtime.entities.model_entities import (
    AIModelEntity,
    FetchFrom,
    ModelFeature,
    ModelPropertyKey,
    ModelType,
)

from workspace.dify import model_replies
from workspace.dify.api_requests import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from workspace.dify.summary import CHARACTERS_PER_TOKEN
from workspace.engines import Models
from workspace.wire import DifyError
from workspace.workflows.stop import Stop

CONTEXT_TOKENS = 128_000
OWN_PROVIDER = "local"
"""The provider whose models are the workspace's own: what is asked is its default model."""

_TOOL_CALLS = (ModelFeature.TOOL_CALL, ModelFeature.MULTI_TOOL_CALL, ModelFeature.STREAM_TOOL_CALL)
"""What the engine does not ask of models in completion mode."""


class NodeModel:
    """The `LLMProtocol` of the engine, for one node. It claims every feature: what answers says what it cannot do."""

    def __init__(
        self,
        models: Models,
        config: Mapping[str, Any],
        *,
        default_model: str,
        stop: Stop,
    ) -> None:
        self.provider = str(config.get("provider"))
        self.model_name = str(config.get("name"))
        self.parameters: Mapping[str, Any] = dict(config.get("completion_params") or {})
        self.stop: Sequence[str] | None = self.parameters.get("stop")
        self._mode = str(config.get("mode"))
        self._lacking = {ModelFeature.POLLING, *(_TOOL_CALLS if self._mode == "completion" else ())}
        self._models = models
        self._asked = default_model if self.provider == OWN_PROVIDER else self.model_name
        self._stop = stop

    def get_model_schema(self) -> AIModelEntity:
        return AIModelEntity(
            model=self.model_name,
            label=I18nObject(en_us=self.model_name),
            model_type=ModelType.LLM,
            features=[feature for feature in ModelFeature if feature not in self._lacking],
            fetch_from=FetchFrom.PREDEFINED_MODEL,
            model_properties={ModelPropertyKey.MODE: self._mode, ModelPropertyKey.CONTEXT_SIZE: CONTEXT_TOKENS},
        )

    def get_llm_num_tokens(self, prompt_messages: Sequence[PromptMessage]) -> int:
        return sum(len(message.get_text_content()) for message in prompt_messages) // CHARACTERS_PER_TOKEN

    @overload
    def invoke_llm(
        self,
        *,
        prompt_messages: Sequence[PromptMessage],
        model_parameters: Mapping[str, Any],
        tools: Sequence[PromptMessageTool] | None,
        stop: Sequence[str] | None,
        stream: Literal[False],
    ) -> LLMResult: ...
    @overload
    def invoke_llm(
        self,
        *,
        prompt_messages: Sequence[PromptMessage],
        model_parameters: Mapping[str, Any],
        tools: Sequence[PromptMessageTool] | None,
        stop: Sequence[str] | None,
        stream: Literal[True],
    ) -> Generator[LLMResultChunk]: ...
    def invoke_llm(
        self,
        *,
        prompt_messages: Sequence[PromptMessage],
        model_parameters: Mapping[str, Any],
        tools: Sequence[PromptMessageTool] | None,
        stop: Sequence[str] | None,
        stream: bool,
    ) -> LLMResult | Generator[LLMResultChunk]:
        request = RequestInvokeLLM.model_validate(self._request(prompt_messages, model_parameters, tools, stop))
        chunks = self._chunks(request)
        return chunks if stream else LLMResult(**self._whole(chunks))

    @overload
    def invoke_llm_with_structured_output(
        self,
        *,
        prompt_messages: Sequence[PromptMessage],
        json_schema: Mapping[str, Any],
        model_parameters: Mapping[str, Any],
        stop: Sequence[str] | None,
        stream: Literal[False],
    ) -> LLMResultWithStructuredOutput: ...
    @overload
    def invoke_llm_with_structured_output(
        self,
        *,
        prompt_messages: Sequence[PromptMessage],
        json_schema: Mapping[str, Any],
        model_parameters: Mapping[str, Any],
        stop: Sequence[str] | None,
        stream: Literal[True],
    ) -> Generator[LLMResultChunkWithStructuredOutput]: ...
    def invoke_llm_with_structured_output(
        self,
        *,
        prompt_messages: Sequence[PromptMessage],
        json_schema: Mapping[str, Any],
        model_parameters: Mapping[str, Any],
        stop: Sequence[str] | None,
        stream: bool,
    ) -> LLMResultWithStructuredOutput | Generator[LLMResultChunkWithStructuredOutput]:
        payload = self._request(prompt_messages, model_parameters, None, stop)
        request = RequestInvokeLLMWithStructuredOutput(**payload, structured_output_schema=dict(json_schema))
        chunks = self._structured_chunks(request)
        if stream:
            return chunks
        received = list(chunks)
        return LLMResultWithStructuredOutput(**self._whole(received), structured_output=received[-1].structured_output)

    def is_structured_output_parse_error(self, error: Exception) -> bool:
        return isinstance(error, DifyError) and str(error).startswith("Failed to parse structured output")

    def _request(
        self,
        messages: Sequence[PromptMessage],
        parameters: Mapping[str, Any],
        tools: Sequence[PromptMessageTool] | None,
        stop: Sequence[str] | None,
    ) -> dict[str, Any]:
        return {
            "provider": self.provider,
            "model": self._asked,
            "mode": "chat",
            "completion_params": {name: value for name, value in parameters.items() if name != "stop"},
            "prompt_messages": [message.model_dump(mode="json") for message in messages],
            "tools": [tool.model_dump(mode="json") for tool in tools or ()],
            "stop": list(stop or ()),
        }

    def _chunks(self, request: RequestInvokeLLM) -> Generator[LLMResultChunk]:
        for chunk in model_replies.llm(self._models, request):
            self._go_on()
            yield LLMResultChunk.model_validate(chunk)

    def _structured_chunks(
        self, request: RequestInvokeLLMWithStructuredOutput
    ) -> Generator[LLMResultChunkWithStructuredOutput]:
        for chunk in model_replies.llm_structured_output(self._models, request):
            self._go_on()
            yield LLMResultChunkWithStructuredOutput.model_validate(chunk)

    def _go_on(self) -> None:
        if self._stop.requested:
            raise DifyError(self._stop.reason)

    def _whole(self, chunks: "Generator[LLMResultChunk] | Sequence[LLMResultChunk]") -> dict[str, Any]:
        """What the chunks are together; pieces of a tool call are told apart by their ids."""
        text, usage, calls = "", LLMUsage.empty_usage(), list[AssistantPromptMessage.ToolCall]()
        for chunk in chunks:
            message = chunk.delta.message
            text += message.get_text_content()
            usage = chunk.delta.usage or usage
            for piece in message.tool_calls:
                if calls and piece.id in ("", calls[-1].id):
                    calls[-1].function.arguments += piece.function.arguments
                else:
                    calls.append(piece)
        message = AssistantPromptMessage(content=text, tool_calls=calls)
        return {"model": self.model_name, "message": message, "usage": usage}


class ConversationMemory:
    """What was said in a conversation so far, as the engine puts it into prompts."""

    def __init__(
        self, turns: Sequence[tuple[str, str]], count_tokens: Callable[[Sequence[PromptMessage]], int]
    ) -> None:
        self._turns = turns
        self._count_tokens = count_tokens

    def get_history_prompt_messages(
        self, max_token_limit: int = 2000, message_limit: int | None = None
    ) -> Sequence[PromptMessage]:
        """The last turns, at most `message_limit` of them, the oldest left out while there are too many tokens."""
        last = self._turns[-message_limit:] if message_limit else self._turns
        messages: list[PromptMessage] = []
        for asked, answered in last:
            messages += [UserPromptMessage(content=asked), AssistantPromptMessage(content=answered)]
        while len(messages) > 1 and self._count_tokens(messages) > max_token_limit:
            messages.pop(0)
        return messages


class Messages:
    """How prompts are shown in a node's process data, as Dify shows those of chat models."""

    def serialize(self, *, model_mode: object, prompt_messages: Sequence[PromptMessage]) -> list[dict[str, str]]:
        return [{"role": message.role, "text": message.get_text_content()} for message in prompt_messages]
