"""`session.model.llm`: ask a language model, with pictures if it sees them."""

import base64
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.model.llm import LLMUsage
from dify_plugin.entities.model.message import (
    ImagePromptMessageContent,
    PromptMessage,
    PromptMessageContentUnionTypes,
    SystemPromptMessage,
    TextPromptMessageContent,
    UserPromptMessage,
)
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import NoAnswer, reverse_invocation
from switchboard.files import download_image
from switchboard.parameters import files, optional_text, required_text, text_list
from switchboard.reasoning import ReasoningSplitter
from switchboard.selectors import llm_config
from switchboard.wire_limits import check_request_fits, check_result_fits


class LLMTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        model_config = llm_config(tool_parameters.get("model"))
        prompt = required_text(tool_parameters, "prompt")
        system_prompt = optional_text(tool_parameters, "system_prompt")
        stop = text_list(tool_parameters, "stop")
        images = [self._image_part(file) for file in files(tool_parameters, "images")]
        check_request_fits("The prompt", prompt, system_prompt)
        check_request_fits(
            "The prompt with its images", prompt, system_prompt, *(image.base64_data for image in images)
        )

        messages: list[PromptMessage] = [UserPromptMessage(content=_with_images(prompt, images))]
        if system_prompt.strip():
            messages.insert(0, SystemPromptMessage(content=system_prompt))

        splitter = ReasoningSplitter()
        answer: list[str] = []
        reasoning: list[str] = []
        pictures = 0
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
                content = delta.message.content
                if isinstance(content, list):  # a model that draws answers in parts
                    for part in content:
                        if isinstance(part, ImagePromptMessageContent):
                            pictures += 1
                            yield self._picture(part, pictures)
                if text := content if isinstance(content, str) else delta.message.get_text_content():
                    piece = splitter.feed(text)
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

        variables = {
            "answer": "".join(answer),
            "reasoning": "".join(reasoning).strip(),
            "usage": usage.model_dump(mode="json") if usage else {},
            "finish_reason": finish_reason,
            "model_name": model_name,
        }
        for name, value in variables.items():
            check_result_fits(name, value)
        for name, value in variables.items():
            yield self.create_variable_message(name, value)

    @staticmethod
    def _image_part(file: Any) -> ImagePromptMessageContent:
        image = download_image(file, "images")
        return ImagePromptMessageContent(
            format=image.mime_type.removeprefix("image/"),
            mime_type=image.mime_type,
            base64_data=base64.b64encode(image.content).decode(),
            filename=image.filename,
        )

    def _picture(self, part: ImagePromptMessageContent, number: int) -> ToolInvokeMessage:
        if not part.base64_data:
            return self.create_image_message(part.url)
        filename = part.filename or f"picture-{number}.{part.format}"
        return self.create_blob_message(
            base64.b64decode(part.base64_data), meta={"mime_type": part.mime_type, "filename": filename}
        )


def _with_images(prompt: str, images: list[ImagePromptMessageContent]) -> str | list[PromptMessageContentUnionTypes]:
    return [TextPromptMessageContent(data=prompt), *images] if images else prompt
