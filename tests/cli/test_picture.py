"""A picture is shown in the terminal's own words, or not at all."""

from __future__ import annotations

import base64
import re

import pytest

from conduit.cli.picture import MOST_BYTES, escapes, protocol_of
from conduit.providers.media import Picture
from fakes.media_server import JPEG, png


@pytest.mark.parametrize(
    ("environ", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "3"}, "kitty"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "dumb", "TERM_PROGRAM": "iTerm.app"}, None),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-1/default,1,0"}, None),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "LC_TERMINAL": "iTerm2"}, None),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, None),
        ({}, None),
    ],
)
def test_the_environment_tells_what_a_terminal_can(environ: dict[str, str], protocol: str | None):
    assert protocol_of(environ) == protocol


@pytest.mark.parametrize("size", [1, 3000, 3072, 3073, 20_000])
def test_kitty_gets_a_picture_in_pieces_of_its_length_and_no_answer_is_asked_for(size: int):
    picture = Picture("image/png", bytes(range(256)) * (size // 256) + bytes(size % 256))
    written = b"".join(escapes(picture, "kitty", columns=200))
    pieces = re.findall(rb"\x1b_G([^;]*);([A-Za-z0-9+/=]*)\x1b\\", written)
    assert b"".join(b"\x1b_G%s;%s\x1b\\" % piece for piece in pieces) + b"\n" == written
    assert base64.b64decode(b"".join(data for _, data in pieces)) == picture.data
    controls = [dict(pair.split(b"=") for pair in control.split(b",")) for control, _ in pieces]
    assert controls[0] | {b"m": b"?"} == {b"a": b"T", b"f": b"100", b"q": b"2", b"c": b"60", b"m": b"?"}
    assert [control[b"m"] for control in controls] == [b"1"] * (len(pieces) - 1) + [b"0"]
    assert all(len(data) <= 4096 and control[b"q"] == b"2" for control, (_, data) in zip(controls, pieces, strict=True))


def test_iterm_gets_any_picture_whole():
    written = b"".join(escapes(Picture("image/jpeg", JPEG), "iterm", columns=40))
    found = re.fullmatch(rb"\x1b\]1337;File=inline=1;size=(\d+);width=40;preserveAspectRatio=1:(.*)\a\n", written)
    assert found
    assert (int(found[1]), base64.b64decode(found[2])) == (len(JPEG), JPEG)


def test_what_a_terminal_cannot_take_is_not_sent():
    assert list(escapes(Picture("image/webp", b"RIFF"), "kitty", columns=80)) == []
    assert list(escapes(Picture("image/png", png() + bytes(MOST_BYTES)), "iterm", columns=80)) == []
