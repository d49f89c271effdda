"""The engines, which are loaded once."""

from collections.abc import Iterator

import pytest

from tests.openai_stand_in import Server
from workspace.engines.offline import OfflineModels
from workspace.engines.openai_server import OpenAIModels


@pytest.fixture(scope="session")
def openai_models(listening: Server) -> Iterator[OpenAIModels]:
    models = OpenAIModels(listening.url, "test-key")
    yield models
    models.close()


@pytest.fixture(scope="session")
def models() -> OfflineModels:
    return OfflineModels()
