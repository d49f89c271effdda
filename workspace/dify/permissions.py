"""Which reverse invocations a plugin's manifest allows, with the daemon's own refusals.

Source: dify-plugin-daemon, `checkPermission`. A model permission needs `model.enabled` and the flag of its type.
"""

from typing import Any, NamedTuple

from workspace.wire import DifyError


class Permission(NamedTuple):
    noun: str
    """As the refusal calls it."""
    block: str
    """The key under `resource.permission`."""
    flag: str | None = None
    """A key that must be true beside `enabled`."""


_LLM = Permission("llm", "model", "llm")
_EMBEDDING = Permission("text-embedding", "model", "text_embedding")
_RERANK = Permission("rerank", "model", "rerank")
_NODE = Permission("node", "node")
_APP = Permission("app", "app")

NEEDED: dict[str, Permission | None] = {
    "tool": Permission("tool", "tool"),
    "llm": _LLM,
    "llm_structured_output": _LLM,
    "system_summary": _LLM,
    "text_embedding": _EMBEDDING,
    "multimodal_embedding": _EMBEDDING,
    "rerank": _RERANK,
    "multimodal_rerank": _RERANK,
    "tts": Permission("tts", "model", "tts"),
    "speech2text": Permission("speech2text", "model", "speech2text"),
    "moderation": Permission("moderation", "model", "moderation"),
    "node_parameter_extractor": _NODE,
    "node_question_classifier": _NODE,
    "app": _APP,
    "fetch_app": _APP,
    "storage": Permission("storage", "storage"),
    "upload_file": None,
}
"""The permission each invocation type needs; uploading needs none."""


def check(manifest: dict[str, Any], invoke_type: str) -> None:
    """Raises `DifyError` if the type is unknown or the manifest (manifest.yaml, as a dict) does not allow it."""
    if invoke_type not in NEEDED:
        raise DifyError(f"unsupported invoke type: {invoke_type}")
    needed = NEEDED[invoke_type]
    if needed is None:
        return
    permissions = (manifest.get("resource") or {}).get("permission") or {}
    block = permissions.get(needed.block) or {}
    if not block.get("enabled") or (needed.flag and not block.get(needed.flag)):
        raise DifyError(f"permission denied, you need to enable {needed.noun} access in plugin manifest")
