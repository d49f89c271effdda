"""The tool provider. It asks for no credentials: models and apps are the workspace's own."""

from dify_plugin import ToolProvider


class SwitchboardProvider(ToolProvider):
    def _validate_credentials(self, credentials: dict[str, object]) -> None:
        """Nothing to check: the provider declares no credentials."""
