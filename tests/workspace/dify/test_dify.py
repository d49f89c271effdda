import io

import pytest
from dify_plugin.entities.model.message import UserPromptMessage
from dify_plugin.entities.model.moderation import ModerationModelConfig
from dify_plugin.entities.model.rerank import MultiModalRerankModelConfig, RerankModelConfig
from dify_plugin.entities.model.speech2text import Speech2TextModelConfig
from dify_plugin.entities.model.text_embedding import (
    MultiModalContent,
    MultiModalEmbeddingModelConfig,
    TextEmbeddingModelConfig,
)
from dify_plugin.entities.model.tts import TTSModelConfig

from tests.workspace.dify.app_calls import session_of
from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from tests.workspace.dify.model_calls import LLM, NAME, error_of, llm_payload
from workspace.engines import ModelFailed
from workspace.local import local_dify
from workspace.plugin.file_server import FileServer
from workspace.wire import DifyError

INVOCATIONS = {
    "llm": lambda session: list(session.model.llm.invoke(LLM, [UserPromptMessage(content="Hi")])),
    "text-embedding": lambda session: session.model.text_embedding.invoke(TextEmbeddingModelConfig(**NAME), ["a"]),
    "rerank": lambda session: session.model.rerank.invoke(
        RerankModelConfig(**NAME, score_threshold=0.0, top_n=1), ["a"], "q"
    ),
    "tts": lambda session: list(session.model.tts.invoke(TTSModelConfig(**NAME, voice="v"), "Hi")),
    "speech2text": lambda session: session.model.speech2text.invoke(Speech2TextModelConfig(**NAME), io.BytesIO(b"ID3")),
    "moderation": lambda session: session.model.moderation.invoke(ModerationModelConfig(**NAME), "Hi"),
}
STREAMING = ("llm", "tts")
OVERLOADED = str(ModelFailed("overloaded"))


# --- errors


@pytest.mark.parametrize(("noun", "invoke"), INVOCATIONS.items())
def test_an_engine_that_fails_is_told_in_the_daemons_words(noun, invoke):
    text = error_of(lambda: invoke(session_of(FakeModels(fails="overloaded"))))

    verb = "read" if noun in STREAMING else "invoke"
    assert text == f"{verb} {noun} model failed: request failed: {OVERLOADED}"


def test_a_summary_whose_model_fails_says_so():
    session = session_of(FakeModels(fails="overloaded"), context_tokens=100)

    text = error_of(lambda: session.model.summary.invoke("y" * 2000, ""))
    assert text == f"invoke summary failed: request failed: {OVERLOADED}"


def test_what_came_before_an_error_reaches_the_plugin():
    heard = []
    with pytest.raises(Exception, match="^read tts model failed: request failed: PluginInvokeError: .*overloaded"):
        heard.extend(
            session_of(FakeModels(fails="overloaded")).model.tts.invoke(TTSModelConfig(**NAME, voice="v"), "x")
        )

    pieces = local_dify(EVERYTHING, FakeModels(fails="overloaded")).handle("llm", llm_payload())
    assert next(pieces)["delta"]["message"]["content"] == "Good "


@pytest.mark.parametrize(("noun", "invoke"), INVOCATIONS.items())
def test_a_model_that_is_not_known_has_no_credentials(noun, invoke):
    text = error_of(lambda: invoke(session_of(FakeModels(), known_models={"other"})))

    if noun in STREAMING:
        assert text == (
            f"invoke {noun} model failed: request failed with status code: 400 and respond with: "
            '{"code": "invalid_param", "message": "Model m credentials is not initialized.", "status": 400}\n'
        )
    else:
        assert text == f"invoke {noun} model failed: request failed: Model m credentials is not initialized."


def test_a_provider_of_which_no_model_is_known_does_not_exist():
    invoke = INVOCATIONS["rerank"]

    text = error_of(lambda: invoke(session_of(FakeModels(), known_models={"q/m"})))

    assert text == "invoke rerank model failed: request failed: Provider p does not exist."


@pytest.mark.parametrize("known", [["m"], {"m": {}}, ["p/m"]])
@pytest.mark.parametrize("invoke", INVOCATIONS.values(), ids=INVOCATIONS)
def test_a_known_model_answers_with_or_without_its_provider(known, invoke):
    invoke(session_of(FakeModels(), known_models=known))


def test_the_permission_is_checked_before_the_fields():
    with pytest.raises(DifyError, match="^permission denied, you need to enable tts access in plugin manifest$"):
        list(local_dify({"author": "a", "name": "b"}, FakeModels()).handle("tts", {}))


def test_the_fields_are_checked_before_the_model_is_asked():
    dify = local_dify(EVERYTHING, FakeModels(), known_models=[])

    with pytest.raises(DifyError, match="'InvokeTTSRequest.InvokeTTSSchema.Voice'"):
        list(dify.handle("tts", {**NAME, "content_text": "x", "voice": ""}))


def test_multimodal_models_fail_as_they_do_in_dify(session):
    content = MultiModalContent(content="a", content_type="text")
    embedding = MultiModalEmbeddingModelConfig(**NAME, tenant_id="t")

    assert (
        error_of(lambda: session.model.text_embedding.invoke_multimodal(embedding, [content]))
        == "invoke multimodal embedding model failed: data is nil"
    )
    assert (
        error_of(
            lambda: session.model.rerank.invoke_multimodal(MultiModalRerankModelConfig(**NAME), content, [content])
        )
        == "invoke multimodal rerank model failed: data is nil"
    )


# --- uploads


def test_an_upload_is_kept(models, tmp_path):
    with FileServer(uploads=tmp_path) as files:
        uploaded = session_of(models, files=files).file.upload("a.png", b"x", "image/png")

    assert (uploaded.name, uploaded.size) == ("a.png", 1)
    assert (tmp_path / f"{uploaded.id}.png").read_bytes() == b"x"


def test_without_a_server_there_is_nowhere_to_upload_to(session):
    text = error_of(lambda: session.file.upload("a.png", b"x", "image/png"))

    assert text == "upload file failed: request failed: the local workspace takes no files unless it serves HTTP"
