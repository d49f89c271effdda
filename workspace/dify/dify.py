"""What stands in Dify's place for a plugin that runs in the local workspace.

    dify = Dify(manifest, models, folder=Path("data"))
    for reply in dify.handle("rerank", {"provider": "p", "model": "m", "query": "q", "docs": ["a"], ...}):
        ...

Each invocation is checked in the order of the real thing: the plugin daemon's permission check, its decoding and field
validation, then what Dify's API refuses; the texts are theirs. What answers is `Models` for the model types and
`workspace.apps` for apps.
"""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from workspace.dify import model_replies, permissions
from workspace.dify.apps import blocking
from workspace.dify.apps.app import CHAT_MODES, App
from workspace.dify.apps.catalog import built_in
from workspace.dify.fields import decode
from workspace.dify.refusals import Refused, failing_as, invalid_payload, streamed
from workspace.dify.storage import Storage
from workspace.dify.summary import summarise
from workspace.engines import Models
from workspace.wire import DifyError, Payload

_NOT_HERE = {
    "llm_structured_output": "structured output",
    "tool": "tools of other plugins",
    "node_parameter_extractor": "the parameter extractor node",
    "node_question_classifier": "the question classifier node",
}


class Dify:
    """A `wire.Handler` in `handle`.

    `folder` keeps storage and conversations (None: no storage, conversations in memory). `known_models` limits which
    models there are ("gpt-4o", or with its provider "langgenius/openai/openai/gpt-4o"); None takes any name.
    `fail_like_dify` breaks the two interfaces that Dify's API breaks today, speech2text and completion apps.
    `apps` is added to the workspace's own. `upload_url` makes the signed URL to which a plugin posts a file, from the
    file's name and MIME type. `default_model` is what apps and summaries ask, "" for none; `context_tokens` is its
    context, which decides from where on a text is really summarised.
    """

    def __init__(
        self,
        manifest: dict[str, Any],
        models: Models,
        *,
        folder: Path | None = None,
        known_models: Collection[str] | None = None,
        fail_like_dify: bool = False,
        apps: dict[str, App] | None = None,
        upload_url: Callable[[str, str], str] | None = None,
        default_model: str = "",
        context_tokens: int = 4096,
    ) -> None:
        self.apps: dict[str, App] = {
            **built_in(models, folder / "conversations" if folder else None, model=default_model),
            **(apps or {}),
        }
        self._manifest = manifest
        self._models = models
        self._known_models = known_models
        self._fail_like_dify = fail_like_dify
        self._upload_url = upload_url
        self._default_model = default_model
        self._context_tokens = context_tokens
        self._storage = Storage(manifest, folder / "storage" if folder else None)

    def handle(self, invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        """Yields Dify's replies to one reverse invocation; raises `DifyError` with the text that the plugin sees."""
        permissions.check(self._manifest, invoke_type)
        request = decode(invoke_type, payload)
        match invoke_type:
            case "llm":
                yield from streamed("llm model", self._known(request, model_replies.llm))
            case "tts":
                yield from streamed("tts model", self._known(request, model_replies.tts))
            case "app":
                yield from streamed("app", self._app(request))
            case _:
                yield self._reply(invoke_type, request)

    def _reply(self, invoke_type: str, request: Payload) -> Payload:
        match invoke_type:
            case "text_embedding":
                with failing_as("text-embedding model"):
                    self._check_model(request)
                    return model_replies.text_embedding(self._models, request)
            case "rerank":
                with failing_as("rerank model"):
                    self._check_model(request)
                    return model_replies.rerank(self._models, request)
            case "speech2text":
                with failing_as("speech2text model"):
                    self._check_model(request)
                    return model_replies.speech2text(self._models, request, fail_like_dify=self._fail_like_dify)
            case "moderation":
                with failing_as("moderation model"):
                    self._check_model(request)
                    return model_replies.moderation(self._models, request)
            case "multimodal_embedding" | "multimodal_rerank":
                raise DifyError(f"invoke {invoke_type.replace('_', ' ')} model failed: data is nil")
            case "system_summary":
                with failing_as("summary"):
                    return {"summary": self._summary(request)}
            case "fetch_app":
                if request["app_id"] not in self.apps:
                    raise DifyError("fetch app failed: data is nil")
                return self.apps[request["app_id"]].parameters()
            case "storage":
                return self._storage.answer(request)
            case "upload_file":
                if self._upload_url is None:
                    raise DifyError("upload file failed: the local workspace takes no files unless it serves HTTP")
                return {"url": self._upload_url(request["filename"], request["mimetype"])}
        raise DifyError(f"the local workspace does not answer {_NOT_HERE[invoke_type]} ({invoke_type}) yet")

    def _known(self, request: Payload, reply: Callable[[Models, Payload], Iterator[Payload]]) -> Iterator[Payload]:
        try:
            self._check_model(request)
        except DifyError as error:
            raise Refused(str(error)) from error
        yield from reply(self._models, request)

    def _check_model(self, request: Payload) -> None:
        name, provider = request["model"], request["provider"]
        known = self._known_models
        if known is not None and name not in known and f"{provider}/{name}" not in known:
            raise DifyError(f"Model {name} not exist.")

    def _summary(self, request: Payload) -> str:
        return summarise(
            self._models,
            request["text"],
            request["instruction"],
            model=self._default_model,
            context_tokens=self._context_tokens,
        )

    def _app(self, request: Payload) -> Iterator[Payload]:
        if request["inputs"] is None:
            raise invalid_payload("RequestInvokeApp", "inputs", "Input should be a valid dictionary", "dict_type", None)
        mode = request["response_mode"]
        if mode not in ("blocking", "streaming"):
            problem = "Input should be 'blocking' or 'streaming'"
            raise invalid_payload("RequestInvokeApp", "response_mode", problem, "literal_error", mode)
        app = self.apps.get(request["app_id"])
        if app is None:
            raise Refused("app not found")
        if app.mode in CHAT_MODES and not request["query"]:
            raise Refused("missing query")
        if app.mode == "completion" and self._fail_like_dify:
            raise DifyError("'query'")
        events = app.run(request)
        if mode == "streaming":
            yield from events
        else:
            yield blocking.reply(app.mode, events)
