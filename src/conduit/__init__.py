"""Conduit: an agent server for any editor.

Importing this package does no work and reads no file; everything starts in `conduit.__main__`.
"""

__version__ = "0.1.0"
