"""A picture on the terminal, where the terminal has words for it.

Protocols: https://sw.kovidgoyal.net/kitty/graphics-protocol/ and https://iterm2.com/documentation-images.html, read
2026-11-22. Which one is told by the environment: asking the terminal would have to wait for its answer. Not for sixel.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Literal

from conduit.providers.media import Picture

Protocol = Literal["kitty", "iterm"]

MOST_BYTES = 16 * 1024 * 1024
"""A larger picture is not shown: it would take the terminal seconds to read."""

_COLUMNS = 60
_CHUNK = 4096  # the longest piece that kitty takes
_ITERM_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "mintty"})
_KITTY_PROGRAMS = frozenset({"ghostty", "kitty"})


def protocol_of(environ: Mapping[str, str]) -> Protocol | None:
    """Return how a terminal shows pictures, as far as its environment tells; None inside of a multiplexer."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("TMUX") or term.startswith(("screen", "tmux", "dumb")):
        return None
    if program in _ITERM_PROGRAMS or environ.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    if environ.get("KITTY_WINDOW_ID") or term in ("xterm-kitty", "xterm-ghostty") or program in _KITTY_PROGRAMS:
        return "kitty"
    return None


def escapes(picture: Picture, protocol: Protocol, *, columns: int) -> Iterator[bytes]:
    """Yield what shows a picture at most `columns` cells wide; nothing for one that the protocol cannot carry."""
    if len(picture.data) > MOST_BYTES:
        return
    width = max(1, min(columns, _COLUMNS))
    encoded = base64.b64encode(picture.data)
    if protocol == "iterm":
        yield f"\x1b]1337;File=inline=1;size={len(picture.data)};width={width};preserveAspectRatio=1:".encode()
        yield encoded
        yield b"\a\n"
        return
    if picture.media_type != "image/png":  # the only packed format that kitty reads
        return
    for at in range(0, len(encoded), _CHUNK):
        # `q=2`: the terminal shall not answer, since nobody reads that.
        begin = f"a=T,f=100,q=2,c={width}," if at == 0 else "q=2,"
        more = int(at + _CHUNK < len(encoded))
        yield f"\x1b_G{begin}m={more};".encode() + encoded[at : at + _CHUNK] + b"\x1b\\"
    yield b"\n"
