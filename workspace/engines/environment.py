"""Which models answer, as the environment says."""

import os

from workspace.engines import Models


def models_from_environment() -> Models:
    """The server at `OPENAI_BASE_URL` (with `OPENAI_API_KEY` if it wants one), else the engines on this machine."""
    from workspace.engines.offline import OfflineModels
    from workspace.engines.openai_server import OpenAIModels

    if base_url := os.environ.get("OPENAI_BASE_URL"):
        return OpenAIModels(base_url, os.environ.get("OPENAI_API_KEY") or "no-key")
    return OfflineModels()
