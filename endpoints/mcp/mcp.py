"""`POST /mcp`: offers the apps, models and chosen tools of the workspace as tools of the Model Context Protocol.

Streamable HTTP, stateless: a client sends one message at a time and gets JSON, or while a long call runs, events. What
the key reaches is what the endpoint's settings name.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dify_plugin import Endpoint
from dify_plugin.entities.model import EmbeddingInputType, ModelType
from dify_plugin.entities.model.message import PromptMessage, SystemPromptMessage, UserPromptMessage
from werkzeug import Request, Response

from endpoints.http.chosen_tools import ChosenTool, chosen_tools
from endpoints.http.cors import check_origin
from endpoints.http.route import presentable, route
from endpoints.http.settings import App, GroupSettings, Model
from endpoints.mcp.wire.arguments import checked
from endpoints.mcp.wire.errors import mcp_error
from endpoints.mcp.wire.outcomes import (
    Outcome,
    Step,
    ToolMessages,
    answer_outcome,
    app_outcome,
    app_progress,
    value_outcome,
)
from endpoints.mcp.wire.tools import (
    Entry,
    Target,
    app_call,
    app_entry,
    chosen_entry,
    chosen_schema,
    model_entry,
    model_schema,
    takes_long,
    target_of,
    targets,
)
from switchboard.apps.events import AppEvents
from switchboard.chat.models import Chat, ask
from switchboard.errors import InvalidInput, InvocationError, NoAnswer, SwitchboardError
from switchboard.media.audio import join
from switchboard.ranking import NO_THRESHOLD, ranked
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import (
    llm_config,
    moderation_config,
    rerank_config,
    take_stop_sequences,
    text_embedding_config,
    tts_config,
)
from switchboard.vectors import check_vectors
from switchboard.wire_limits import check_request_fits

MAX_SPEECH = 10 * 1024 * 1024
"""Bytes of audio in one result."""


class MCPEndpoint(Endpoint):
    @route(mcp_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        from endpoints.mcp.wire import protocol  # takes long to import, and is for this route alone

        check_origin(r, settings)
        message = protocol.read_message(r)
        if message is None:
            return Response(status=202)
        try:
            match message.method:
                case "initialize":
                    return protocol.reply(message, protocol.initialized(message))
                case "server/discover":
                    return protocol.reply(message, protocol.discovered())
                case "ping":  # of the first era, and asked for in the second all the same
                    return protocol.reply(message, protocol.EMPTY)
                case "tools/list":
                    return protocol.reply(message, protocol.tools_listed(self._entries(settings)))
                case method if nothing := protocol.nothing_listed(method):
                    return protocol.reply(message, nothing)
                case "tools/call":
                    pass
                case _:
                    raise protocol.not_served(message)
            call = protocol.tool_call(message)
            group = GroupSettings(settings)
            found = targets(group, chosen_tools(settings))
            steps = self._steps(group, found, call.name, call.arguments)
            if call.progress_token is None or not takes_long(found.get(call.name)) or not _takes_events(r):
                return protocol.outcome_reply(message, steps)
            return protocol.streamed_reply(message, call.progress_token, steps)
        except SwitchboardError as error:
            return mcp_error(error, message.id)

    def _entries(self, settings: Mapping[str, Any]) -> Iterator[Entry]:
        group = GroupSettings(settings)
        for name, target in targets(group, chosen_tools(settings)).items():
            match target:
                case App():
                    yield app_entry(name, target, self._parameters(target))
                case ChosenTool():
                    yield chosen_entry(name, target)
                case _:
                    yield model_entry(name, target, model_schema(target, group))

    def _parameters(self, app: App) -> Mapping[str, Any] | None:
        """What Dify tells of an app, None for one that fails: the others are listed all the same."""
        try:
            with reverse_invocation("app parameters"):
                return dict(self.session.app.fetch_app(app.app_id))
        except InvocationError:
            return None

    def _steps(
        self, group: GroupSettings, found: Mapping[str, Target], name: str, arguments: dict[str, Any]
    ) -> Iterator[Step]:
        """What goes wrong is an outcome too: the model that has called the tool is to read it."""
        try:
            match target_of(name, found):
                case App() as app:
                    yield from self._run_app(app, arguments)
                case ChosenTool() as tool:
                    yield from self._run_tool(tool, checked(arguments, chosen_schema(tool)))
                case ModelType() as model_type:
                    given = checked(arguments, model_schema(model_type, group))
                    yield from self._ask_model(group.model(model_type, given.get("model")), given)
        except Exception as error:  # noqa: BLE001 - see above
            yield Outcome(str(presentable(error)), is_error=True)

    def _run_app(self, app: App, arguments: dict[str, Any]) -> Iterator[Step]:
        chosen, query, conversation_id = app_call(app, arguments)
        check_request_fits("The call", query, json.dumps(chosen.inputs))
        events = AppEvents()
        with reverse_invocation("app tool"):
            for event in self.session.app.chat.invoke(  # whatever kind of app it is
                app_id=chosen.app_id,
                query=query,
                inputs=chosen.inputs,
                response_mode="streaming",  # agents know no other
                conversation_id=conversation_id or None,
            ):
                events.feed(event)
                if progress := app_progress(event):
                    yield progress
            yield app_outcome(events.result())

    def _run_tool(self, tool: ChosenTool, arguments: dict[str, Any]) -> Iterator[Step]:
        parameters = {**arguments, **tool.fixed_parameters}
        check_request_fits("The call", json.dumps(parameters))
        messages = ToolMessages()
        with reverse_invocation("tool"):
            for message in self.session.tool.invoke(
                tool.provider_type, tool.provider, tool.name, parameters, tool.credential_id
            ):
                if progress := messages.feed(message):
                    yield progress
            yield messages.outcome(tool.name)

    def _ask_model(self, model: Model, given: dict[str, Any]) -> Iterator[Step]:
        match model.model_type:
            case ModelType.LLM:
                yield self._answer(model, given)
            case ModelType.TEXT_EMBEDDING:
                yield self._embed(model, given)
            case ModelType.RERANK:
                yield self._rerank(model, given)
            case ModelType.MODERATION:
                yield self._moderate(model, given)
            case ModelType.TTS:
                yield self._speak(model, given)

    def _answer(self, model: Model, given: dict[str, Any]) -> Outcome:
        instruction = given.get("instruction")
        messages: list[PromptMessage] = [SystemPromptMessage(content=instruction)] if instruction else []
        config = llm_config(model.selector)
        stop = take_stop_sequences(config)
        chat = Chat(config, [*messages, UserPromptMessage(content=given["prompt"])], stop=stop)
        return answer_outcome(ask(self.session, chat), model=model.name)

    def _embed(self, model: Model, given: dict[str, Any]) -> Outcome:
        texts = given["texts"]
        check_request_fits("The list of texts", *texts)
        with reverse_invocation("text embedding"):
            result = self.session.model.text_embedding.invoke(
                model_config=text_embedding_config(model.selector),
                texts=texts,
                input_type=EmbeddingInputType(given.get("input_type", "document")),
            )
            check_vectors(result.embeddings, texts=len(texts), model=model.name)
        return value_outcome(
            {
                "embeddings": result.embeddings,
                "dimensions": len(result.embeddings[0]),
                "model": model.name,
                "total_tokens": result.usage.total_tokens,
            }
        )

    def _rerank(self, model: Model, given: dict[str, Any]) -> Outcome:
        documents = given["documents"]
        check_request_fits("The query with its documents", given["query"], *documents)
        wanted = min(int(given.get("top_n", len(documents))), len(documents))
        config = rerank_config(model.selector, top_n=wanted, score_threshold=NO_THRESHOLD)
        with reverse_invocation("rerank"):
            result = self.session.model.rerank.invoke(model_config=config, docs=documents, query=given["query"])
            if not result.docs:
                raise NoAnswer(f"{model.name} returned no documents.")
            best = ranked(result.docs, given=len(documents), model=model.name)[:wanted]
        told = [{"index": each.index, "score": each.score, "text": documents[each.index]} for each in best]
        return value_outcome({"documents": told, "model": model.name})

    def _moderate(self, model: Model, given: dict[str, Any]) -> Outcome:
        check_request_fits("The text", given["text"])
        with reverse_invocation("moderation"):
            flagged = self.session.model.moderation.invoke(
                model_config=moderation_config(model.selector), text=given["text"]
            )
        return value_outcome({"flagged": flagged, "model": model.name})

    def _speak(self, model: Model, given: dict[str, Any]) -> Outcome:
        config = tts_config(model.selector, voice=given.get("voice", ""))
        check_request_fits("The text", given["text"], config.voice)
        pieces: list[bytes] = []
        with reverse_invocation("tts"):
            for piece in self.session.model.tts.invoke(model_config=config, content_text=given["text"]):
                pieces.append(piece)
                if sum(map(len, pieces)) > MAX_SPEECH:
                    raise InvalidInput(
                        f"The speech has more than {MAX_SPEECH // 1024**2} MiB. Send less text at a time."
                    )
            return Outcome("", audio=join(pieces))


def _takes_events(request: Request) -> bool:
    return request.accept_mimetypes.quality("text/event-stream") > 0
