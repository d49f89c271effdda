"""From what Dify's model-selectors and app-selectors hold, or a text beside them, to what the SDK's calls take.

A model-selector stores `{provider, model, model_type}`, for language models also `mode` and `completion_params`, for
speech `language` and `voice` once the user has touched them. Switching models can leave keys of the old one behind, and
old workflows hold older shapes, so keys that a model type does not use are dropped and missing ones get their default.
"""

from typing import Any, NamedTuple

from dify_plugin.entities.model import BaseModelConfig, ModelType
from dify_plugin.entities.model.llm import LLMModelConfig
from dify_plugin.entities.model.moderation import ModerationModelConfig
from dify_plugin.entities.model.rerank import RerankModelConfig
from dify_plugin.entities.model.speech2text import Speech2TextModelConfig
from dify_plugin.entities.model.text_embedding import TextEmbeddingModelConfig
from dify_plugin.entities.model.tts import TTSModelConfig
from dify_plugin.entities.workflow_node import ModelConfig

from switchboard import json_texts
from switchboard.errors import InvalidInput

_IDENTITY = [key for key in BaseModelConfig.model_fields if key != "model_type"]
MAX_NAME = 255
"""Characters in the name of a model or provider and in the id of an app; Dify's own database takes no more."""

_KIND_OF_MODEL = {
    ModelType.LLM: "a language model",
    ModelType.TEXT_EMBEDDING: "an embedding model",
    ModelType.RERANK: "a rerank model",
    ModelType.TTS: "a text-to-speech model",
    ModelType.SPEECH2TEXT: "a speech-to-text model",
    ModelType.MODERATION: "a moderation model",
}


def named_model(text: str) -> tuple[str, str]:
    """Provider and model of one that is written as `provider/model`, both as Dify names them.

    A provider is three segments (`langgenius/openai/openai`) or, in its short form, one; a model's name may hold
    slashes too, so up to three segments in all are a short provider and its model.
    """
    segments = [segment.strip() for segment in text.split("/")]
    length = 3 if len(segments) > 3 else 1
    provider, model = "/".join(segments[:length]), "/".join(segments[length:])
    if not all(segments) or not model:
        raise InvalidInput(
            "A model is written as `provider/model`, with the provider as Dify names it: "
            "`langgenius/openai/openai/gpt-4o`, or in short `openai/gpt-4o`."
        )
    if max(len(provider), len(model)) > MAX_NAME:
        raise InvalidInput(f"No model or provider has a name of more than {MAX_NAME} characters.")
    return provider, model


def llm_config(selector: Any, model_id: str = "") -> LLMModelConfig:
    """A language model; `mode` defaults to "chat", which is what Dify's providers use for all current models."""
    chosen = _chosen_model(selector, model_id, ModelType.LLM)
    parameters = chosen.get("completion_params") or {}
    if not isinstance(parameters, dict):
        raise InvalidInput("The parameters of the model chosen in `model` are not an object. Choose the model again.")
    return LLMModelConfig(**_identity(chosen), mode=str(chosen.get("mode") or "chat"), completion_params={**parameters})


def node_model_config(selector: Any, model_id: str = "") -> ModelConfig:
    """A language model for a node, which calls it by `name` and needs an object of parameters, if an empty one."""
    config = llm_config(selector, model_id)
    return ModelConfig(
        provider=config.provider,
        name=config.model,
        mode=config.mode,
        completion_params=config.completion_params,
    )


def take_stop_sequences(config: LLMModelConfig) -> list[str]:
    """The stop sequences set in the model's own settings, taken out of its parameters.

    The editor stores them among the parameters, and Dify hands only those to the provider that the provider declares;
    a call has a place of its own for them.
    """
    stop = config.completion_params.pop("stop", None)
    found = stop if isinstance(stop, list) else [stop]
    return [item for item in found if isinstance(item, str) and item]


def text_embedding_config(selector: Any, model_id: str = "") -> TextEmbeddingModelConfig:
    """An embedding model."""
    return TextEmbeddingModelConfig(**_identity(_chosen_model(selector, model_id, ModelType.TEXT_EMBEDDING)))


def rerank_config(selector: Any, model_id: str = "", *, top_n: int, score_threshold: float) -> RerankModelConfig:
    """A rerank model. Both numbers are the caller's: the selector never carries them, and Dify turns none into 0."""
    chosen = _chosen_model(selector, model_id, ModelType.RERANK)
    return RerankModelConfig(**_identity(chosen), top_n=top_n, score_threshold=score_threshold)


def tts_config(selector: Any, model_id: str = "", *, voice: str = "") -> TTSModelConfig:
    """A text-to-speech model with `voice`, or else the voice set in the selector."""
    chosen = _chosen_model(selector, model_id, ModelType.TTS)
    voice = voice.strip() or str(chosen.get("voice") or "").strip()
    if not voice:
        raise InvalidInput(
            "No voice is set. Fill in `voice`, or open the settings of the model chosen in `model` and choose a "
            "language and a voice there."
        )
    return TTSModelConfig(**_identity(chosen), voice=voice)


def speech2text_config(selector: Any, model_id: str = "") -> Speech2TextModelConfig:
    """A speech-to-text model."""
    return Speech2TextModelConfig(**_identity(_chosen_model(selector, model_id, ModelType.SPEECH2TEXT)))


def moderation_config(selector: Any, model_id: str = "") -> ModerationModelConfig:
    """A moderation model."""
    return ModerationModelConfig(**_identity(_chosen_model(selector, model_id, ModelType.MODERATION)))


def app_id(selector: Any, typed_id: str = "") -> str:
    """The id of the app to call: the one typed in, which can come from a variable, or else the selector's."""
    chosen_id: Any = typed_id
    if not typed_id.strip():
        chosen = as_dict(selector, "app")
        chosen_id = chosen.get("app_id") if chosen else None
    if not isinstance(chosen_id, str) or not chosen_id.strip():
        raise InvalidInput("No app is chosen. Choose one in `app`, or give its id in `app_id`.")
    if len(chosen_id.strip()) > MAX_NAME:
        raise InvalidInput(f"`app_id` has {len(chosen_id.strip()):,} characters, so it is no id of an app.")
    return chosen_id.strip()


class ChosenApp(NamedTuple):
    app_id: str
    inputs: dict[str, Any]


def chosen_app(selector: Any, *, typed_id: str = "", typed_inputs: dict[str, Any] | None = None) -> ChosenApp:
    """The app to call and its inputs: those filled in at the selector, if it is the same app, then the typed ones.

    Refuses files attached at the selector: Dify's plugin daemon drops them, so the app would run without them.
    """
    called = app_id(selector, typed_id)
    try:
        chosen = as_dict(selector, "app") or {}
    except InvalidInput:  # does not matter where an id is typed in
        chosen = {}
    if str(chosen.get("app_id")).strip() != called:
        chosen = {}
    stored = chosen.get("inputs") or {}
    if not isinstance(stored, dict):
        raise InvalidInput("The inputs of the app chosen in `app` are not an object. Choose the app again.")
    files = chosen.get("files")
    if isinstance(files, list) and any(files):
        raise InvalidInput(
            "A file is attached to the app in `app`, and Dify passes no attached files on to an app that a plugin "
            "calls. Remove it, and give the app an input of type file instead."
        )
    return ChosenApp(called, {**stored, **(typed_inputs or {})})


def _chosen_model(selector: Any, model_id: str, model_type: ModelType) -> dict[str, Any]:
    """What the selector stores, or else what it would for the model that is typed in."""
    kind = _KIND_OF_MODEL[model_type]
    if model_id.strip():
        return _typed_model(selector, model_id)
    chosen = as_dict(selector, "model")
    if not chosen:
        raise InvalidInput(f"No model is chosen. Choose {kind} in `model`, or give its `provider/model` in `model_id`.")
    for key in ("provider", "model"):
        if not isinstance(chosen.get(key), str) or not chosen[key].strip():
            raise InvalidInput(f"The model chosen in `model` has no {key}. Choose {kind} again.")
        if len(chosen[key]) > MAX_NAME:
            raise InvalidInput(f"The {key} of the model chosen in `model` is no name. Choose {kind} again.")
    found = chosen.get("model_type") or model_type.value
    if found != model_type.value:
        other = next((name for known, name in _KIND_OF_MODEL.items() if known.value == found), "another kind of model")
        raise InvalidInput(f"`model` needs {kind}, but {chosen['model']} is {other}. Choose another one.")
    return chosen


def _typed_model(selector: Any, model_id: str) -> dict[str, Any]:
    """The model that is typed in, with what is set in the selector if it is the same model."""
    try:
        provider, model = named_model(model_id)
    except InvalidInput as error:
        raise InvalidInput(f"`model_id` names no model. {error}") from None
    try:
        chosen = as_dict(selector, "model") or {}
    except InvalidInput:  # does not matter where a model is typed in
        chosen = {}
    typed = {"provider": provider, "model": model}
    return chosen if typed.items() <= chosen.items() else typed


def as_dict(selector: Any, name: str) -> dict[str, Any] | None:
    """A selector's value, also wrapped as a workflow stores it or as the JSON text that a template makes of it."""
    if isinstance(selector, str) and selector.strip().startswith("{"):
        try:
            selector = json_texts.read(name, selector)
        except InvalidInput:
            raise InvalidInput(
                f"`{name}` holds text that is not valid JSON. Choose the {name} in its selector."
            ) from None
    if isinstance(selector, dict) and isinstance(selector.get("value"), dict):
        selector = selector["value"]
    if selector is None or selector in ("", {}):
        return None
    if not isinstance(selector, dict):
        raise InvalidInput(f"`{name}` has to be chosen in its selector; text or other values cannot stand for it.")
    return selector


def _identity(chosen: dict[str, Any]) -> dict[str, Any]:
    return {key: chosen[key] for key in _IDENTITY}
