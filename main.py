"""Where Dify's plugin daemon starts the plugin: `python -m main`."""

import gc

from dify_plugin import DifyPluginEnv, Plugin

plugin = Plugin(DifyPluginEnv())

if __name__ == "__main__":
    gc.freeze()  # what has been loaded stays: to look through it again would hold up every request for 60 ms
    plugin.run()
