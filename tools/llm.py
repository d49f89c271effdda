"""`session.model.llm`: ask a language model, with pictures if it sees them.

To mind: stream, and join the fragments of tool calls yourself: without streaming only the last one arrives.
"""

import base64
import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.model.llm import LLMUsage
from dify_plugin.entities.model.message import (
    ImagePromptMessageContent,
    MultiModalPromptMessageContent,
    PromptMessage,
    PromptMessageContentUnionTypes,
    SystemPromptMessage,
    TextPromptMessageContent,
    UserPromptMessage,
)
from dify_plugin.entities.tool import ToolInvokeMessage
from dify_plugin.file.file import File

from switchboard.chat.reasoning import ReasoningSplitter, Split, parted_at_the_end
from switchboard.errors import NoAnswer
from switchboard.media.answer_parts import part_message
from switchboard.media.files import download_image
from switchboard.parameters import files, optional_text, required_text, stop_sequences
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import llm_config, take_stop_sequences
from switchboard.wire_limits import check_request_fits, check_result_fits, check_result_size, check_results_fit


class LLMTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        model_config = llm_config(tool_parameters.get("model"), optional_text(tool_parameters, "model_id"))
        prompt = required_text(tool_parameters, "prompt")
        system_prompt = optional_text(tool_parameters, "system_prompt")
        stop = [*stop_sequences(tool_parameters, "stop"), *take_stop_sequences(model_config)]
        texts = [prompt, system_prompt, *stop, json.dumps(model_config.completion_params)]
        check_request_fits("The prompt", *texts)
        images: list[PromptMessageContentUnionTypes] = []
        for file in files(tool_parameters, "images"):
            images.append(image := _image_part(file))
            texts.append(image.base64_data)
            check_request_fits("The prompt with its images", *texts)

        messages: list[PromptMessage] = [
            UserPromptMessage(content=[TextPromptMessageContent(data=prompt), *images] if images else prompt)
        ]
        if system_prompt.strip():
            messages.insert(0, SystemPromptMessage(content=system_prompt))

        splitter = ReasoningSplitter()
        answer: list[str] = []
        reasoning: list[str] = []
        length = pictures = 0
        usage: LLMUsage | None = None
        finish_reason = ""
        model_name = model_config.model
        with reverse_invocation("llm"):
            for chunk in self.session.model.llm.invoke(
                model_config=model_config, prompt_messages=messages, stop=stop or None, stream=True
            ):
                delta = chunk.delta
                model_name = chunk.model or model_name
                usage = delta.usage or usage
                finish_reason = delta.finish_reason or finish_reason
                for part in _parts(delta.message.content):
                    if isinstance(part, MultiModalPromptMessageContent):  # from a model that draws or speaks
                        pictures += 1
                        yield part_message(self, part, number=pictures)
                        continue
                    length += len(part)
                    check_result_size("answer", length)
                    piece = splitter.feed(part)
                    if piece.reasoning:
                        reasoning.append(piece.reasoning)
                    if piece.answer:
                        check_result_fits("answer", piece.answer)
                        answer.append(piece.answer)
                        yield self.create_text_message(piece.answer)
            rest = splitter.flush()
            reasoning.append(rest.reasoning)
            if rest.answer:
                answer.append(rest.answer)
                yield self.create_text_message(rest.answer)
            if not pictures and not "".join(answer + reasoning).strip():
                raise NoAnswer(f"{model_name} returned nothing (finish reason: {finish_reason or 'none given'}).")

        whole = Split("".join(answer), "".join(reasoning))
        if not whole.reasoning:
            whole = parted_at_the_end(whole.answer)
        variables = {
            "answer": whole.answer,
            "reasoning": whole.reasoning.strip(),
            "usage": usage.model_dump(mode="json") if usage else {},
            "finish_reason": finish_reason,
            "model_name": model_name,
        }
        check_results_fit(**variables)
        for name, value in variables.items():
            yield self.create_variable_message(name, value)


def _image_part(file: File) -> ImagePromptMessageContent:
    image = download_image(file, "images")
    return ImagePromptMessageContent(
        format=image.mime_type.removeprefix("image/"),
        mime_type=image.mime_type,
        base64_data=base64.b64encode(image.content).decode(),
        filename=image.filename,
    )


def _parts(
    content: str | list[PromptMessageContentUnionTypes] | None,
) -> Generator[str | MultiModalPromptMessageContent, None, None]:
    """What a chunk holds, in order: its text, or the parts of a model that answers in parts."""
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        yield part.data if isinstance(part, TextPromptMessageContent) else part
