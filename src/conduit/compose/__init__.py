"""Puts the program together: settings in, App out. The only room that names concrete providers, tools and stores."""

from conduit.compose.assemble import open_app
from conduit.config.folders import find_folders
from conduit.config.sources import holds_setting

__all__ = ["find_folders", "holds_setting", "open_app"]
