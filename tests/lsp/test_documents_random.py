"""A hundred thousand random changes, against a plain string with Python's own codecs (a small part of them in CI).

The model is written without a line of ours: a string, `str.encode`, and `bytes.decode` for what a column means.
"""

from __future__ import annotations

import os
import random
import re

import pytest
from lsprotocol import types

from conduit.lsp.documents import OpenDocuments
from conduit.workspace.positions import Position, PositionEncoding, Range

CHANGES = 100_000 if os.environ.get("SOAK") == "1" else 2_000
LONGEST = 600
URI = "file:///p/a.py"
CODECS = {
    PositionEncoding.UTF8: ("utf-8", 1),
    PositionEncoding.UTF16: ("utf-16-le", 2),
    PositionEncoding.UTF32: ("utf-32-le", 4),
}
# One to four bytes of UTF-8, combining marks, joined and coloured emoji, every line end and what only looks like one.
PIECES = [
    *(
        "a",
        "b",
        " ",
        "\t",
        "é",
        "ß",
        "漢",
        "字",
        "😀",
        "\U0001d4b3",
        "e\u0301",
        "o\u0308\u0323",
        "👩\u200d👧",
        "👍🏽",
        "🇩🇪",
        "\ufeff",
    ),
    *("\n", "\n", "\r\n", "\r\n", "\r", "\r", "\u2028", "\x0b", "\x85", "\x0c", "\x1c"),
]


class Model:
    """A text as the specification describes it, found by counting from the beginning each time."""

    def __init__(self, text: str, encoding: PositionEncoding) -> None:
        self.text = text
        self.codec, self.width = CODECS[encoding]

    def offset(self, line: int, units: int) -> int:
        ends = [*(found.span() for found in re.finditer(r"\r\n|\n|\r", self.text)), (len(self.text),) * 2]
        if line >= len(ends):
            return len(self.text)
        start = ends[line - 1][1] if line else 0
        whole = self.text[start : ends[line][0]].encode(self.codec)
        # Half a character at the end is left away: a column inside a character means its start.
        return start + len(whole[: units * self.width].decode(self.codec, "ignore"))

    def change(self, start: types.Position, end: types.Position, new: str) -> None:
        first, last = sorted(self.offset(place.line, place.character) for place in (start, end))
        self.text = self.text[:first] + new + self.text[last:]


def random_text(chosen: random.Random, most: int) -> str:
    return "".join(chosen.choices(PIECES, k=chosen.randrange(most)))


def random_place(chosen: random.Random, text: str) -> types.Position:
    lines = len(re.findall(r"\r\n|\n|\r", text))
    # Now and then beyond the last line, or far beyond the end of a line.
    return types.Position(chosen.randrange(lines + 3), chosen.choice([0, 1, 2, 3, 5, 8, 13, chosen.randrange(60), 999]))


@pytest.mark.parametrize("encoding", list(PositionEncoding))
def test_a_document_is_what_the_reference_says_after_every_change(encoding: PositionEncoding) -> None:
    chosen = random.Random(f"documents {encoding.value}")
    documents = OpenDocuments(encoding)
    model = Model("", encoding)
    documents.open(types.TextDocumentItem(URI, "python", 0, ""))
    document = documents.by_uri(URI)
    astral = returns = made = 0
    for version in range(1, CHANGES + 1):
        changes: list[types.TextDocumentContentChangeEvent] = []
        for _ in range(chosen.choice([1, 1, 1, 2, 3])):
            new = random_text(chosen, 6)
            if len(model.text) > LONGEST or chosen.random() < 0.002:
                model.text = new
                changes.append(types.TextDocumentContentChangeWholeDocument(new))
                continue
            start, end = random_place(chosen, model.text), random_place(chosen, model.text)
            if chosen.random() < 0.7:  # a key, or a few: most changes touch one place
                end = types.Position(start.line, start.character + chosen.randrange(3))
            model.change(start, end, new)
            changes.append(types.TextDocumentContentChangePartial(types.Range(start, end), new))
        documents.change(
            types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, URI), changes)
        )
        made += len(changes)
        assert document.text == model.text, (version, changes)
        assert document.version == version
        place = random_place(chosen, model.text)
        position = document.position_from_units(place.line, place.character, encoding)
        before = document.text_in(Range(Position(0, 0), position))
        assert before == model.text[: model.offset(place.line, place.character)]
        astral += any(ord(char) > 0xFFFF for char in model.text)
        returns += bool(re.search(r"\r(?!\n)", model.text))
    lines = re.split(r"\r\n|\n|\r", model.text)
    assert [document.line(number) for number in range(document.line_count)] == lines
    print(f"documents in {encoding.value}: {made:,} changes, {astral:,} states with astral characters, 0 differences")
    assert made >= CHANGES
    assert min(astral, returns) > CHANGES // 3, "the changes were too tame to prove anything"
