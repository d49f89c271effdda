from dify_plugin import Tool
from dify_plugin.entities.model.llm import LLMModelConfig
from dify_plugin.entities.model.message import UserPromptMessage


class Ask(Tool):
    def _invoke(self, tool_parameters):
        chunks = self.session.model.llm.invoke(
            model_config=LLMModelConfig(**tool_parameters["model"]),
            prompt_messages=[UserPromptMessage(content=tool_parameters["prompt"])],
            stream=True,
        )
        for chunk in chunks:
            yield self.create_text_message(chunk.delta.message.content)
