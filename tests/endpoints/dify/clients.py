"""The classes of `dify-client`, pointed at the plugin's endpoints."""

from dify_client import DifyClient

from tests.endpoints.api import KEY, Api


def client_of[C: DifyClient](api: Api, kind: type[C], *, path: str = "", key: str = KEY) -> C:
    client = kind(key)
    client.base_url = api.url + path
    return client
