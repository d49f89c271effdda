import os
import subprocess
import sys

import miniaudio
import pytest

from workspace.engines import Models, numeric
from workspace.engines.environment import models_from_environment
from workspace.engines.offline import OfflineModels
from workspace.engines.openai_server import OpenAIModels

pytestmark = pytest.mark.usefixtures("child_process")

MODEL_TYPES = ("llm", "text-embedding", "rerank", "tts", "speech2text", "moderation")


def test_every_model_type_answers(models: Models):
    (question,) = models.embed("m", ["hello"], input_type="query").vectors
    answer = models.generate("m", [{"role": "user", "content": "Hello"}], tools=[], stop=[], parameters={})
    audio = b"".join(models.speak("m", "one two three", voice="alloy"))

    assert len(question) == 384
    assert "".join(piece.text for piece in answer).startswith("This is the offline stand-in")
    assert models.moderate("m", "hello") is False
    assert miniaudio.mp3_get_info(audio).nchannels == 1
    assert isinstance(models.transcribe("m", audio), str)


def test_the_document_that_answers_scores_highest_and_scores_are_from_0_to_1(models):
    documents = ["Our office opens at nine.", "Cats sleep all day.", "When does the office open?", ""]
    scores = models.rerank("m", "When does the office open?", documents)

    assert scores.index(max(scores)) == 2
    assert scores[2] == pytest.approx(1, abs=1e-5)
    assert scores[0] > scores[1]
    assert all(0 <= score <= 1 for score in scores)


def test_no_documents_have_no_scores(models):
    assert models.rerank("m", "query", []) == []


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_each_engine_says_what_it_is(models, model_type):
    assert models.describe(model_type)


def test_without_the_weights_the_stand_in_answers_and_says_so(monkeypatch):
    from workspace.engines import minilm

    monkeypatch.setattr(minilm, "minilm", lambda: None)
    models = OfflineModels()

    assert "stand-in" in models.describe("text-embedding")
    assert "stand-in" in models.describe("rerank")
    assert len(models.embed("m", ["hello"], input_type="query").vectors) == 1


def test_nothing_heavy_is_imported_before_a_model_is_asked():
    program = (
        "import sys, os; from workspace.engines.environment import models_from_environment; models_from_environment();"
        "os.environ['OPENAI_BASE_URL'] = 'http://127.0.0.1:1/v1'; models_from_environment();"
        "print(*{'numpy', 'openai', 'tokenizers', 'pocketsphinx', 'dify_plugin'}.intersection(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def test_the_environment_chooses_between_a_server_and_this_machine(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    offline = models_from_environment()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://name:test-password@127.0.0.1:9/v1")
    online = models_from_environment()

    assert isinstance(offline, OfflineModels)
    assert isinstance(online, OpenAIModels)
    assert online.describe("tts") == "tts models of http://127.0.0.1:9/v1"


def test_numpy_leaves_the_environment_as_it_was():
    assert numeric.np
    assert "OPENBLAS_NUM_THREADS" not in os.environ
