import pytest

from tests.workspace.dify.app_calls import session_of
from tests.workspace.dify.fake_models import FakeModels


@pytest.fixture
def models():
    return FakeModels()


@pytest.fixture
def session(models):
    return session_of(models)
