"""`conduit redo`: make again what `conduit undo` (or an editor) took back."""

from __future__ import annotations

import argparse

from conduit.cli import undo

run = undo.run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments, which are those of `conduit undo`."""
    undo.add_arguments(parser, "redo")
