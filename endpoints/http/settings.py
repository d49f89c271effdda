"""The settings of an endpoint group: which models and apps its key reaches, and under which names.

Dify hands over what was saved, and fills in no defaults: its form alone does, when a group is made in it. So a setting
that was never touched is absent, null or "". `models` and `apps` are lists written as text, since a form has no field
for several models:

    models    gpt-4o = langgenius/openai/openai/gpt-4o, tts-1 = tts:langgenius/openai/openai/tts-1
    apps      support = 2f6a...-..., 90c1...-...

`rerank_model` is written like one of `models`, since Dify's form cannot save a rerank model chosen in a selector.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dify_plugin.entities.model import ModelType

from endpoints.http.errors import NotFound, UnreadableSetting
from endpoints.http.typed_lists import entries
from switchboard.errors import InvalidInput
from switchboard.selectors import MAX_NAME, as_dict, named_model

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
_TYPES = {model_type.value: model_type for model_type in _MODEL_SETTINGS}
_PROVIDER = re.compile(r"[\w.-]+(?:/[\w.-]+){0,2}", re.ASCII)
_NO_MODEL = re.compile(
    r"\s\S*/|[|&?=\"<>{}\[\]\x00-\x1f\u00b7\u066a-\u066c\u2018-\u201f\u2022-\u2027\u2190-\u21ff\u2223\u2236\u3000-\u303f"
    r"\u30fb\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff65]"
)
"""What is in no model's name, but in what was meant for several: another provider, signs, quotation marks, arrows, dots
and bars of other keyboards, full-width letters and signs."""
_APP_SETTINGS = ("chat_app", "workflow_app", "completion_app")


class Model(NamedTuple):
    """A model that the key reaches. `selector` is what a model-selector stores."""

    name: str
    """What /v1/models calls it: its alias, or else its name, or its full id where that name is taken."""
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
    setting: str = ""
    """The setting of one kind of app that it was chosen in, "" for one of several."""

    @property
    def app_id(self) -> str:
        return str(self.selector["app_id"])


class GroupSettings:
    """Reads the settings as they are needed; one that cannot be read is an UnreadableSetting once it is."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    @property
    def reaches_workspace(self) -> bool:
        """Whether the key also reaches what is not configured: any model by its full id, any app by its id."""
        return self._settings.get("reach") == "workspace"

    def models(self) -> list[Model]:
        """Every model that is configured: of each type the selector's first, then the listed ones."""
        return [model for model_type in _MODEL_SETTINGS for model in self._models_of(model_type)]

    def apps(self) -> list[App]:
        """Every app that is configured, those of the selectors first."""
        selected = (self._selected_app(setting) for setting in _APP_SETTINGS)
        return [*(app for app in selected if app), *self._listed_apps()]

    def model(self, model_type: ModelType, name: str | None) -> Model:
        """The model a request names: by alias, name or full id; the first configured one where it names none.

        Raises NotFound for one that the key does not reach, InvalidInput where none is configured or its type differs.
        """
        if not name:
            if default := next(self._models_of(model_type), None):
                return default
            raise InvalidInput(
                f"No model is named, and none is set as `{_MODEL_SETTINGS[model_type]}` in this endpoint's settings in "
                "Dify. Name one in `model`, or set a default there.",
                field="model",
            )
        if found := self._named(model_type, name):
            return found
        if other := _find(self.models(), name):
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
        if self.reaches_workspace and _is_app_id(name):
            return App(name, {"app_id": name})
        raise NotFound(
            f"The app `{name[:MAX_NAME]}` does not exist, or this key does not reach it. The settings of this endpoint "
            "in Dify say which apps it reaches.",
            field="model",
        )

    def chat_partner(self, name: str | None) -> Model | App:
        """The language model or the app that a chat names: an app as `app/` and its alias or id, or by its alias alone.

        Raises as `model` and `app` do.
        """
        if name and name.startswith(APP_PREFIX):
            return self.app(name)
        if not name:
            return self.model(ModelType.LLM, None)
        if model := self._named(ModelType.LLM, name):
            return model
        app = next((app for app in self.apps() if name == app.name), None)
        return app or self.model(ModelType.LLM, name)

    def find(self, name: str) -> Model | App | None:
        """The configured model or app, of whatever type, that requests know by this name."""
        if name.startswith(APP_PREFIX):
            app_name = name.removeprefix(APP_PREFIX)
            return next((app for app in self.apps() if app_name in (app.name, app.app_id)), None)
        return _find(self.models(), name)

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

    def _named(self, model_type: ModelType, name: str) -> Model | None:
        """The configured model of this type that requests know by this name.

        Every request asks for one, and there may be many: of those that are listed, the ones that hold the name are
        read first.
        """
        return _find(self._models_of(model_type, name), name) or _find(self._models_of(model_type), name)

    def _models_of(self, model_type: ModelType, holding: str = "") -> Iterator[Model]:
        """The models of this type, each under a name of its own; the first is the default.

        Of those that are listed, only the ones whose entry holds this text as it is.
        """
        names = set()
        for model in self._named_models_of(model_type, holding):
            unique = model._replace(name=model.full_id) if model.name in names else model
            names.add(unique.name)
            yield unique

    def _named_models_of(self, model_type: ModelType, holding: str) -> Iterator[Model]:
        setting = _MODEL_SETTINGS[model_type]
        if setting == "rerank_model":
            yield from self._listed_models(setting, ModelType.RERANK, holding)
        elif selector := self._selector(setting):
            provider, model = selector.get("provider"), selector.get("model")
            if isinstance(provider, str) and provider and isinstance(model, str) and model:
                # of the type of the setting: what is stored may be left over from another model
                yield Model(model, model_type, {**selector, "model_type": model_type.value})
        listed = self._listed_models("models", ModelType.LLM, holding)
        yield from (model for model in listed if model.model_type is model_type)

    def _listed_models(self, setting: str, default_type: ModelType, holding: str) -> Iterator[Model]:
        form = "[ALIAS =] [TYPE:]PROVIDER/MODEL"
        for place, alias, entry in self._entries(setting, form, holding):
            before, colon, after = entry.partition(":")
            typed = colon and "/" not in before  # not the colon in ollama/llama3:8b
            model_type = _TYPES.get(before.strip().lower()) if typed else default_type
            selector = _selector(after if typed else entry, model_type) if model_type else None
            if model_type is None or selector is None:
                raise _unreadable(setting, place, form)
            yield Model(alias or selector["model"], model_type, selector)

    def _selected_app(self, setting: str) -> App | None:
        selector = self._selector(setting)
        app_id = selector.get("app_id") if selector else None
        return App(app_id, selector, setting) if selector and isinstance(app_id, str) and app_id else None

    def _listed_apps(self) -> Iterator[App]:
        form = "[ALIAS =] ID"
        for place, alias, app_id in self._entries("apps", form):
            if not _is_app_id(app_id):
                raise _unreadable("apps", place, form)
            yield App(alias or app_id, {"app_id": app_id})

    def _entries(self, setting: str, form: str, holding: str = "") -> Iterator[tuple[int, str, str]]:
        """Place, alias ("" for none) and value of each `[alias =] value` in a setting of several.

        Only of those that hold a text, and up to the first that cannot be read.
        """
        for place, alias, value in entries(self._settings.get(setting)):
            if holding not in (value if not alias else f"{alias} = {value}"):
                continue
            if alias == "" or not value:
                raise _unreadable(setting, place, form)
            yield place, alias or "", value

    def _selector(self, setting: str) -> dict[str, Any] | None:
        try:
            return as_dict(self._settings.get(setting), setting)
        except InvalidInput:
            raise UnreadableSetting(
                f"The setting `{setting}` of this endpoint cannot be read. Choose it again in the endpoint's settings "
                "in Dify."
            ) from None


def _find(models: Iterable[Model], name: str) -> Model | None:
    """By the name it is listed under, or else by what an alias or a full id stands for."""
    found = None
    for model in models:
        if name == model.name:
            return model
        if found is None and name in (model.selector["model"], model.full_id):
            found = model
    return found


def _selector(full_id: str, model_type: ModelType) -> dict[str, Any] | None:
    """What a model-selector would store for `provider/model`, None if that is none."""
    try:
        provider, model = named_model(full_id)
    except InvalidInput:
        return None
    if not _PROVIDER.fullmatch(provider) or _NO_MODEL.search(model):
        return None
    return {"provider": provider, "model": model, "model_type": model_type.value}


def _is_app_id(text: str) -> bool:
    return bool(re.fullmatch(rf"[\w.-]{{1,{MAX_NAME}}}", text, re.ASCII))


def _unreadable(setting: str, place: int, form: str) -> UnreadableSetting:
    """Without what it holds: whoever has the key may not know the settings."""
    return UnreadableSetting(
        f"The setting `{setting}` of this endpoint cannot be read: its entry {place} has to be {form}. Mend it in the "
        "endpoint's settings in Dify."
    )
