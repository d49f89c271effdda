"""Dify's API, as far as the plugin daemon asks it: models, apps, nodes, tools, summaries, uploads.

    api = DifyApi(models, folder=Path("data"), workflows=..., run_node=...)
    for reply in api.answer("rerank", {"provider": "p", "model": "m", "query": "q", "docs": ["a"], ...}):
        ...

It stands behind `Dify`, which is the daemon's half, and behind a real plugin daemon (`workspace.serve.inner_api`).
`workspace.local` puts it together.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from workspace.dify import api_requests, model_replies
from workspace.dify.api_requests import (
    BaseRequestInvokeModel,
    RequestInvokeApp,
    RequestInvokeParameterExtractorNode,
    RequestInvokeQuestionClassifierNode,
)
from workspace.dify.apps import blocking
from workspace.dify.apps.app import CHAT_MODES, App
from workspace.dify.apps.catalog import built_in
from workspace.dify.apps.plugin_toolbox import toolbox_of
from workspace.dify.refusals import STREAMED, Refused, internal_error
from workspace.dify.summary import summarise
from workspace.dify.tools import PluginTools, Tools
from workspace.engines import Models
from workspace.plugin.file_server import FileServer
from workspace.plugin.selectors import DEFAULT_MODELS
from workspace.wire import DifyError, Payload

Node = RequestInvokeParameterExtractorNode | RequestInvokeQuestionClassifierNode
RunNode = Callable[[Node], Payload]
"""Runs one node outside of any workflow, as `workspace.workflows.free_node.run_node` does."""


class DifyApi:
    """A `wire.Handler` in `answer`, for payloads as the daemon has decoded them.

    `folder` keeps conversations (None: in memory). `known_models` limits which models there are ("gpt-4o", or with its
    provider "langgenius/openai/openai/gpt-4o"); None takes any name. `fail_like_dify` breaks what Dify's API breaks
    today: speech2text, completion apps, and apps that are given a file which a plugin has uploaded. `workflows` are the
    workspace's own apps that run as graphs, `run_node` runs a single node; both are handed in, since what runs them
    stands on this package. `apps` is added to the workspace's own. `tools` are those of the plugin under work, which it
    can call and one of the workspace's agents has, with the models of `agent_models` (by type of model) where they need
    one. `files` takes uploads and what tools put out. `default_model` is what apps and summaries ask, "" for none;
    `context_tokens` is its context, which decides from where on a text is really summarised.
    """

    def __init__(
        self,
        models: Models,
        *,
        folder: Path | None = None,
        known_models: Collection[str] | None = None,
        fail_like_dify: bool = False,
        workflows: Mapping[str, App] = MappingProxyType({}),
        run_node: RunNode | None = None,
        apps: dict[str, App] | None = None,
        tools: PluginTools | None = None,
        files: FileServer | None = None,
        default_model: str = "",
        agent_models: Mapping[str, str] = DEFAULT_MODELS,
        context_tokens: int = 4096,
    ) -> None:
        self.apps: dict[str, App] = {}
        self._tools = Tools(tools, self.apps, files)
        conversations = folder / "conversations" if folder else None
        toolbox = toolbox_of(tools.tools, self._tools.messages, agent_models) if tools else None
        self.apps.update(
            built_in(models, conversations, model=default_model, workflows=workflows, plugin_toolbox=toolbox)
        )
        self.apps.update(apps or {})
        self._models = models
        self._known_models = known_models
        self._fail_like_dify = fail_like_dify
        self._run_node = run_node
        self._files = files
        self._default_model = default_model
        self._context_tokens = context_tokens

    def answer(self, invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        """Yields the replies to one invocation: many where Dify streams (`refusals.STREAMED`), else one.

        Raises `Refused` before the first reply where Dify answers with an HTTP error, and `DifyError` where its answer
        holds an error text.
        """
        if invoke_type not in api_requests.REQUESTS:  # multimodal models, for which Dify has no route
            raise Refused("The requested URL was not found on the server.", status=404, code="not_found")
        request = api_requests.read(invoke_type, payload)
        match request:
            case BaseRequestInvokeModel(provider=provider, model=model):
                self._check_model(invoke_type, provider, model)
            case RequestInvokeParameterExtractorNode(model=model) | RequestInvokeQuestionClassifierNode(model=model):
                self._check_model(invoke_type, model.provider, model.name)
        match request:
            case api_requests.RequestInvokeLLMWithStructuredOutput():
                yield from model_replies.llm_structured_output(self._models, request)
            case api_requests.RequestInvokeLLM():
                yield from model_replies.llm(self._models, request)
            case api_requests.RequestInvokeTextEmbedding():
                yield model_replies.text_embedding(self._models, request)
            case api_requests.RequestInvokeRerank():
                yield model_replies.rerank(self._models, request)
            case api_requests.RequestInvokeTTS():
                yield from model_replies.tts(self._models, request)
            case api_requests.RequestInvokeSpeech2Text():
                yield model_replies.speech2text(self._models, request, fail_like_dify=self._fail_like_dify)
            case api_requests.RequestInvokeModeration():
                yield model_replies.moderation(self._models, request)
            case api_requests.RequestInvokeSummary(text=text, instruction=instruction):
                yield {"summary": self._summary(text, instruction)}
            case RequestInvokeParameterExtractorNode() | RequestInvokeQuestionClassifierNode():
                if self._run_node is None:
                    raise DifyError("nothing runs nodes here")
                yield self._run_node(request)
            case api_requests.RequestInvokeTool():
                yield from self._tools.invoke(request)
            case RequestInvokeApp():
                yield from self._run(request)
            case api_requests.RequestFetchAppInfo(app_id=app_id):
                yield self._app(app_id).parameters()
            case api_requests.RequestRequestUploadFile(filename=filename, mimetype=mimetype):
                if self._files is None:
                    raise DifyError("the local workspace takes no files unless it serves HTTP")
                yield {"url": self._files.upload_url(filename, mimetype)}
            case api_requests.RequestInvokeEncrypt(opt=opt, data=settings):
                # on one's own machine there is nobody to hide them from, so they are kept as they are
                yield {} if opt == "clear" else settings

    def _check_model(self, invoke_type: str, provider: str, model: str) -> None:
        known = self._known_models
        if known is None or model in known or f"{provider}/{model}" in known:
            return
        problem = f"Model {model} credentials is not initialized."
        if invoke_type.startswith("node_"):
            problem = f"Model {model} not exist."
        if known and all("/" in name and not name.startswith(f"{provider}/") for name in known):
            problem = f"Provider {provider} does not exist."
        raise Refused(problem) if invoke_type in STREAMED else DifyError(problem)

    def _summary(self, text: str, instruction: str) -> str:
        return summarise(
            self._models, text, instruction, model=self._default_model, context_tokens=self._context_tokens
        )

    def _app(self, app_id: str) -> App:
        if app_id not in self.apps:
            raise Refused("app not found")
        return self.apps[app_id]

    def _run(self, request: RequestInvokeApp) -> Iterator[Payload | None]:
        app = self._app(request.app_id)
        if app.mode in CHAT_MODES and not request.query:
            raise Refused("missing query")
        if self._fail_like_dify:
            if app.mode == "completion":
                raise internal_error()
            for file in _tool_files(request.inputs):
                raise Refused(f"ToolFile {file} not found")
        events = app.run(request.model_dump())
        if request.response_mode == "streaming":
            yield from events
        else:
            yield from blocking.reply(app.mode, events)


def _tool_files(inputs: Mapping[str, Any]) -> list[str]:
    """The ids of files that plugins have uploaded, among an app's inputs."""
    values = [item for value in inputs.values() for item in (value if isinstance(value, list) else [value])]
    files = [value for value in values if isinstance(value, dict) and value.get("transfer_method") == "tool_file"]
    return [str(file.get("tool_file_id")) for file in files]
