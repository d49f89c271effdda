"""What answers a plugin's reverse invocations: the daemon's checks, then models, apps and storage in Dify's place."""

from workspace.dify.api import DifyApi
from workspace.dify.dify import Dify

__all__ = ["Dify", "DifyApi"]
