"""A local Dify workspace: runs any plugin folder on one machine, with no server, account or network.

It stands where Dify's plugin daemon and Dify's API stand. It knows the wire between them and a plugin, and nothing
of the plugin it runs. For development: it is not part of the plugin's package.
"""
