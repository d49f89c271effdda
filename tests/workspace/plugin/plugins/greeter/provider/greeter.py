from dify_plugin import ToolProvider


class Greeter(ToolProvider):
    def _validate_credentials(self, credentials):
        pass
