"""The settings of an endpoint group: which models and apps its key reaches, and under which names.

Dify hands over what was saved in the group's form, and nothing of the form's defaults: a setting that was never touched
is absent, null or "". `models` and `apps` are lists written as text, since a form has no field for several models:

    models    gpt-4o = langgenius/openai/openai/gpt-4o, tts-1 = tts:langgenius/openai/openai/tts-1
    apps      support = 2f6a...-..., 90c1...-...
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dify_plugin.entities.model import ModelType

from switchboard.errors import InvalidInput
from switchboard.http.errors import NotFound
from switchboard.selectors import MAX_NAME, as_dict

APP_PREFIX = "app/"
"""What the name of an app begins with where it stands for a model."""

_MODEL_SETTINGS = {
    ModelType.LLM: "chat_model",
    ModelType.TEXT_EMBEDDING: "embedding_model",
    ModelType.TTS: "speech_model",
    ModelType.SPEECH2TEXT: "transcription_model",
    ModelType.MODERATION: "moderation_model",
    ModelType.RERANK: "rerank_model",
}
_APP_SETTINGS = ("chat_app", "workflow_app", "completion_app")


class Model(NamedTuple):
    """A model that the key reaches. `selector` is what a model-selector stores."""

    name: str
    """What /v1/models calls it: its alias, or else its name."""
    model_type: ModelType
    selector: dict[str, Any]

    @property
    def full_id(self) -> str:
        return f"{self.selector['provider']}/{self.selector['model']}"


class App(NamedTuple):
    """An app that the key reaches. `selector` is what an app-selector stores."""

    name: str
    """Its alias, or else its id."""
    selector: dict[str, Any]

    @property
    def app_id(self) -> str:
        return str(self.selector["app_id"])


class GroupSettings:
    """Reads the settings as they are needed; a setting that cannot be read is InvalidInput once it is asked for."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    @property
    def reaches_workspace(self) -> bool:
        """Whether the key also reaches what is not configured: any model by its full id, any app by its id."""
        return self._settings.get("reach") == "workspace"

    def models(self) -> list[Model]:
        """Every model that is configured, those of the selectors first."""
        return [*self._selected_models(), *self._listed_models()]

    def apps(self) -> list[App]:
        """Every app that is configured, those of the selectors first."""
        selected = (self._selected_app(setting) for setting in _APP_SETTINGS)
        return [*(app for app in selected if app), *self._listed_apps()]

    def model(self, model_type: ModelType, name: str | None) -> Model:
        """The model a request names: by alias, name or full id; the first configured one where it names none.

        Raises NotFound for one that the key does not reach, InvalidInput where none is configured or its type differs.
        """
        models = self.models()
        of_type = [model for model in models if model.model_type is model_type]
        if not name:
            if not of_type:
                raise InvalidInput(
                    f"No model is named, and none is set as `{_MODEL_SETTINGS[model_type]}` in this endpoint's "
                    "settings in Dify. Name one in `model`, or set a default there.",
                    field="model",
                )
            return of_type[0]
        if found := _find(of_type, name):
            return found
        if other := _find(models, name):
            raise InvalidInput(
                f"The model `{other.name}` is of type {other.model_type.value}, and this route takes models of type "
                f"{model_type.value}.",
                field="model",
            )
        if self.reaches_workspace and (selector := _selector(name, model_type)):
            return Model(name, model_type, selector)
        raise NotFound(
            f"The model `{name[:MAX_NAME]}` does not exist, or this key does not reach it. GET /v1/models lists those "
            "it reaches; the settings of this endpoint in Dify add others.",
            field="model",
        )

    def app(self, name: str) -> App:
        """The app a request names, by alias or id. Raises NotFound for one that the key does not reach."""
        name = name.removeprefix(APP_PREFIX)
        for app in self.apps():
            if name in (app.name, app.app_id):
                return app
        if self.reaches_workspace and 0 < len(name) <= MAX_NAME and "/" not in name:
            return App(name, {"app_id": name})
        raise NotFound(
            f"The app `{name[:MAX_NAME]}` does not exist, or this key does not reach it. The settings of this endpoint "
            "in Dify say which apps it reaches.",
            field="model",
        )

    def default_app(self, *settings: str) -> App:
        """The app chosen in the first of these settings that has one. Raises InvalidInput where none has."""
        for setting in settings:
            if app := self._selected_app(setting):
                return app
        names = " or ".join(f"`{setting}`" for setting in settings)
        raise InvalidInput(
            f"No app is chosen. Set {names} in this endpoint's settings in Dify, or put the app's id in front of the "
            "path."
        )

    def _selected_models(self) -> Iterator[Model]:
        for model_type, setting in _MODEL_SETTINGS.items():
            selector = self._rerank_model() if model_type is ModelType.RERANK else self._selector(setting)
            if selector and selector.get("provider") and selector.get("model"):
                # of the type of the setting: what is stored may be left over from another model
                yield Model(str(selector["model"]), model_type, {**selector, "model_type": model_type.value})

    def _rerank_model(self) -> dict[str, Any] | None:
        """Text, since Dify's form cannot save a rerank model that is chosen in a selector."""
        name = self._text("rerank_model").strip()
        if not name:
            return None
        selector = _selector(name, ModelType.RERANK)
        if selector is None:
            raise _unreadable("rerank_model", name, "PROVIDER/MODEL")
        return selector

    def _listed_models(self) -> Iterator[Model]:
        for alias, entry in self._entries("models"):
            before, colon, after = entry.partition(":")
            known = next((model_type for model_type in _MODEL_SETTINGS if model_type.value == before.strip()), None)
            model_type, full_id = (known, after.strip()) if colon and known else (ModelType.LLM, entry)
            selector = _selector(full_id, model_type)
            if selector is None:
                raise _unreadable("models", entry, "[ALIAS =] [TYPE:]PROVIDER/MODEL, separated by commas")
            yield Model(alias or selector["model"], model_type, selector)

    def _selected_app(self, setting: str) -> App | None:
        selector = self._selector(setting)
        app_id = selector.get("app_id") if selector else None
        return App(app_id, selector) if selector and isinstance(app_id, str) and app_id else None

    def _listed_apps(self) -> Iterator[App]:
        for alias, app_id in self._entries("apps"):
            yield App(alias or app_id, {"app_id": app_id})

    def _entries(self, setting: str) -> Iterator[tuple[str, str]]:
        """`[alias =] value` for each part of a comma-separated setting."""
        for part in self._text(setting).replace("\n", ",").split(","):
            alias, equals, value = part.partition("=")
            alias, value = (alias.strip(), value.strip()) if equals else ("", alias.strip())
            if equals and not (alias and value):
                raise _unreadable(setting, part.strip(), "[ALIAS =] VALUE, separated by commas")
            if value:
                yield alias, value

    def _selector(self, setting: str) -> dict[str, Any] | None:
        return as_dict(self._settings.get(setting), setting)

    def _text(self, setting: str) -> str:
        value = self._settings.get(setting)
        return value if isinstance(value, str) else ""


def _find(models: list[Model], name: str) -> Model | None:
    return next((model for model in models if name in (model.name, model.selector["model"], model.full_id)), None)


def _selector(full_id: str, model_type: ModelType) -> dict[str, Any] | None:
    """What a model-selector would store for `provider/model`, None if that is none.

    A provider is three segments (`langgenius/openai/openai`) or, in its old short form, one; a model's name may hold
    slashes too, so up to three segments in all are a short provider and its model.
    """
    segments = full_id.split("/")
    length = 3 if len(segments) > 3 else 1
    provider, model = "/".join(segments[:length]), "/".join(segments[length:])
    if not all(segments) or not model or max(len(provider), len(model)) > MAX_NAME:
        return None
    return {"provider": provider, "model": model, "model_type": model_type.value}


def _unreadable(setting: str, found: str, form: str) -> InvalidInput:
    return InvalidInput(
        f"The setting `{setting}` of this endpoint holds `{found[:MAX_NAME]}`, which cannot be read. It is written as "
        f"{form}.",
        status=500,
    )
