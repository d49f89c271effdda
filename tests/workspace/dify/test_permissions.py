import copy

import pytest
from dify_plugin.core.entities.invocation import InvokeType

from tests.workspace.dify.fake_models import EVERYTHING
from workspace.dify.permissions import NEEDED, check
from workspace.wire import DifyError

NOUNS = {
    "llm": "llm",
    "llm_structured_output": "llm",
    "system_summary": "llm",
    "text_embedding": "text-embedding",
    "multimodal_embedding": "text-embedding",
    "rerank": "rerank",
    "multimodal_rerank": "rerank",
    "tts": "tts",
    "speech2text": "speech2text",
    "moderation": "moderation",
    "tool": "tool",
    "node_parameter_extractor": "node",
    "node_question_classifier": "node",
    "app": "app",
    "fetch_app": "app",
    "storage": "storage",
}


@pytest.mark.parametrize("invoke_type", NEEDED)
def test_a_manifest_that_permits_everything_is_refused_nothing(invoke_type):
    check(EVERYTHING, invoke_type)


@pytest.mark.parametrize(("invoke_type", "noun"), NOUNS.items())
@pytest.mark.parametrize("manifest", [{}, {"resource": None}, {"resource": {"permission": None}}])
def test_without_a_permission_block_the_refusal_names_what_is_missing(invoke_type, noun, manifest):
    with pytest.raises(DifyError) as refusal:
        check(manifest, invoke_type)

    assert str(refusal.value) == f"permission denied, you need to enable {noun} access in plugin manifest"


@pytest.mark.parametrize("flag", ["llm", "text_embedding", "rerank", "tts", "speech2text", "moderation"])
@pytest.mark.parametrize("off", ["enabled", "flag"])
def test_a_model_needs_both_the_switch_for_models_and_the_flag_of_its_type(flag, off):
    manifest = copy.deepcopy(EVERYTHING)
    manifest["resource"]["permission"]["model"]["enabled" if off == "enabled" else flag] = False

    with pytest.raises(DifyError, match="permission denied"):
        check(manifest, flag)


def test_uploading_needs_no_permission():
    check({}, "upload_file")


def test_every_type_the_sdk_can_send_is_known():
    assert {invoke_type.value for invoke_type in InvokeType} == set(NEEDED)


def test_an_unknown_type_is_unsupported():
    with pytest.raises(DifyError, match="^unsupported invoke type: telepathy$"):
        check(EVERYTHING, "telepathy")
