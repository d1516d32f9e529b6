"""Documents and positions against a naive model, which keeps one string and counts from its beginning."""

from __future__ import annotations

import itertools
import re
import sys
from dataclasses import dataclass
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.workspace.document import Document, split_lines
from conduit.workspace.positions import (
    Position,
    PositionEncoding,
    Range,
    column_from_units,
    units_from_column,
)

# Letters, a two-byte and a three-byte one, an astral one, a combining accent, a joined family, and every line end.
PIECES = ["a", "b", " ", "é", "漢", "😀", "e\u0301", "👩\u200d👧", "\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
ENCODINGS = st.sampled_from(list(PositionEncoding))
CODECS = {PositionEncoding.UTF8: "utf-8", PositionEncoding.UTF16: "utf-16-le", PositionEncoding.UTF32: "utf-32-le"}
WIDTHS = {PositionEncoding.UTF8: 1, PositionEncoding.UTF16: 2, PositionEncoding.UTF32: 4}


def naive_units(text: str, encoding: PositionEncoding) -> int:
    return len(text.encode(CODECS[encoding], "surrogatepass")) // WIDTHS[encoding]


def naive_offset(text: str, line: int, units: int, encoding: PositionEncoding) -> int:
    """Return the offset of a wire position by counting characters, one by one."""
    ends = [*(found.span() for found in re.finditer(r"\r\n|\n|\r", text)), (len(text), len(text))]
    if line >= len(ends):
        return len(text)
    start = ends[line - 1][1] if line else 0
    offset = start
    while offset < ends[line][0] and naive_units(text[start : offset + 1], encoding) <= units:
        offset += 1
    return offset


@dataclass(frozen=True)
class Change:
    start: tuple[int, int]
    end: tuple[int, int]
    text: str


POINTS = st.tuples(st.integers(0, 8), st.integers(0, 14))
CHANGES = st.lists(st.builds(Change, POINTS, POINTS, TEXTS), min_size=1, max_size=10)


@settings(max_examples=500, deadline=None)
@given(TEXTS, CHANGES, ENCODINGS)
def test_a_document_follows_any_changes_as_a_plain_string_does(
    text: str, changes: list[Change], encoding: PositionEncoding
) -> None:
    document = Document("file:///x", None, "text", 1, text)
    for version, change in enumerate(changes, 2):
        start, end = sorted(naive_offset(text, *point, encoding) for point in (change.start, change.end))
        text = text[:start] + change.text + text[end:]
        points = [document.position_from_units(*point, encoding) for point in (change.start, change.end)]
        document.replace(version, change.text, Range(*points))
        assert document.text == text
        assert document.version == version
        lines = re.split(r"\r\n|\n|\r", text)
        assert [document.line(number) for number in range(document.line_count)] == lines
        assert document.line(document.line_count) == ""


@settings(max_examples=400, deadline=None)
@given(TEXTS, POINTS, POINTS, ENCODINGS)
def test_the_text_of_a_range_is_what_a_plain_string_has_there(
    text: str, first: tuple[int, int], second: tuple[int, int], encoding: PositionEncoding
) -> None:
    document = Document("file:///x", None, "text", 1, text)
    start, end = sorted(naive_offset(text, *point, encoding) for point in (first, second))
    points = [document.position_from_units(*point, encoding) for point in (first, second)]
    assert document.text_in(Range(*points)) == text[start:end]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "\ud83d"]), max_size=12).map("".join), st.integers(-3, 40), ENCODINGS)
def test_columns_convert_as_counting_one_by_one_does(text: str, units: int, encoding: PositionEncoding) -> None:
    line = re.sub(r"[\r\n]", "", text)
    expected = 0
    while expected < len(line) and naive_units(line[: expected + 1], encoding) <= units:
        expected += 1
    assert column_from_units(line, units, encoding) == expected
    assert units_from_column(line, expected, encoding) == naive_units(line[:expected], encoding)


@given(TEXTS, ENCODINGS)
def test_every_column_survives_the_way_out_and_in(line: str, encoding: PositionEncoding) -> None:
    for column in range(len(line) + 1):
        assert column_from_units(line, units_from_column(line, column, encoding), encoding) == column


@given(TEXTS)
def test_lines_together_are_the_text(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(re.fullmatch(r"[^\r\n]*(\r\n|\n|\r)", line) for line in lines[:-1])


def test_a_column_inside_an_astral_character_is_its_start() -> None:
    assert column_from_units("😀x", 1, PositionEncoding.UTF16) == 0
    assert column_from_units("😀x", 3, PositionEncoding.UTF8) == 0
    assert column_from_units("😀x", 2, PositionEncoding.UTF16) == 1


@pytest.mark.parametrize(("text", "line_count"), [("", 1), ("a", 1), ("a\n", 2), ("a\r\nb\rc", 3), ("\r\r\n", 3)])
def test_the_last_line_counts_even_when_it_is_empty(text: str, line_count: int) -> None:
    assert Document("file:///x", None, "text", 1, text).line_count == line_count


def test_a_carriage_return_and_a_line_feed_that_meet_become_one_line_end() -> None:
    document = Document("file:///x", None, "text", 1, "a\rb\nc")
    document.replace(2, "", Range(Position(1, 0), Position(1, 1)))
    assert (document.text, document.line_count) == ("a\r\nc", 2)


def test_a_range_beyond_the_text_means_its_end() -> None:
    document = Document("file:///x", None, "text", 1, "a\n")
    document.replace(2, "b", Range(Position(9, 9), Position(9, 9)))
    assert document.text == "a\nb"


def test_a_change_without_a_range_replaces_all() -> None:
    document = Document("file:///x", None, "text", 1, "a\nb")
    document.replace(7, "c\r\n")
    assert (document.text, document.version, document.line_count) == ("c\r\n", 7, 2)


def read_and_type(document: Document, moment: int) -> None:
    """Read the text, and type after so many steps of the interpreter, as the loop may while a thread reads."""
    steps = itertools.count()
    before = sys.gettrace()

    def trace(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code is not Document.text.fget.__code__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and next(steps) == moment:
            sys.settrace(before)
            document.replace(9, "typed", Range(Position(0, 0), Position(0, 3)))
        return trace

    sys.settrace(trace)
    try:
        assert document.text
    finally:
        sys.settrace(before)


def test_typing_in_the_middle_of_a_read_by_another_thread_is_never_forgotten() -> None:
    typed = 0
    for moment in range(60):
        document = Document("file:///x", None, "text", 1, "a\nb\n")
        document.replace(2, "one", Range(Position(0, 0), Position(0, 1)))
        read_and_type(document, moment)
        typed += document.version == 9
        assert document.text == ("typed\nb\n" if document.version == 9 else "one\nb\n")
    assert 10 < typed < 60
