from dify_plugin import ToolProvider


class Locked(ToolProvider):
    def _validate_credentials(self, credentials):
        pass
