"""The buffers here are the buffers there, in every encoding; a change is taken in before what came after it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from conduit.lsp.documents import OpenDocuments
from conduit.workspace.positions import PositionEncoding

TEXT = st.text(alphabet="ab \n\r\té😀👍🏽e\u0301ß漢", max_size=30)
UNIT = {
    PositionEncoding.UTF8: ("utf-8", 1),
    PositionEncoding.UTF16: ("utf-16-le", 2),
    PositionEncoding.UTF32: ("utf-32-le", 4),
}


def units(text: str, encoding: PositionEncoding) -> int:
    name, width = UNIT[encoding]
    return len(text.encode(name)) // width


def line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", text))]


def wire_position(text: str, offset: int, encoding: PositionEncoding) -> types.Position:
    """Say where an offset is, by the specification and with no code of ours; never inside a CRLF."""
    starts = line_starts(text)
    line = max(number for number, start in enumerate(starts) if start <= offset)
    return types.Position(line, units(text[starts[line] : offset], encoding))


def apart(text: str, offset: int) -> int:
    """Return an offset that is not between the CR and the LF of one line end."""
    return offset + 1 if text[offset - 1 : offset + 1] == "\r\n" and offset else offset


def opened(
    text: str, encoding: PositionEncoding = PositionEncoding.UTF16, uri: str = "file:///p/a.py"
) -> OpenDocuments:
    documents = OpenDocuments(encoding)
    documents.open(types.TextDocumentItem(uri, "python", 1, text))
    return documents


def change(documents: OpenDocuments, version: int, *changes: object, uri: str = "file:///p/a.py") -> None:
    documents.change(types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), changes))


@given(TEXT, st.sampled_from(PositionEncoding), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), TEXT), max_size=8))
@settings(max_examples=400, deadline=None)
def test_typing_anywhere_gives_the_text_that_the_client_has(
    text: str, encoding: PositionEncoding, edits: list[tuple[float, float, str]]
) -> None:
    documents = opened(text, encoding)
    for number, (one, two, new) in enumerate(edits):
        start, end = sorted(apart(text, round(part * len(text))) for part in (one, two))
        range_ = types.Range(wire_position(text, start, encoding), wire_position(text, end, encoding))
        text = text[:start] + new + text[end:]
        change(documents, number + 2, types.TextDocumentContentChangePartial(range_, new))
    document = documents.by_uri("file:///p/a.py")
    assert document is not None
    assert document.text == text
    assert document.version == len(edits) + 1


def test_the_changes_of_one_notification_build_on_each_other() -> None:
    documents = opened("ab")
    at = [types.Range(types.Position(0, column), types.Position(0, column)) for column in (1, 2)]
    change(
        documents,
        7,
        types.TextDocumentContentChangePartial(at[0], "X"),
        types.TextDocumentContentChangePartial(at[1], "Y"),
    )
    assert documents.document(Path("/p/a.py")).text == "aXYb"
    change(documents, 8, types.TextDocumentContentChangeWholeDocument("all new"))
    assert documents.document(Path("/p/a.py")).text == "all new"
    assert documents.document(Path("/p/a.py")).version == 8


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///p/with%20space.py", "/p/with space.py"),
        ("file:///p/%C3%A9.py", "/p/é.py"),
        ("file:///p/é.py", "/p/é.py"),
        ("file:///p/100%25.py", "/p/100%.py"),
        ("file:///p/a%23b%3Fc.py", "/p/a#b?c.py"),
        ("file:///p/a#b.py", "/p/a#b.py"),
        ("file://localhost/p/a.py", "/p/a.py"),
        ("FILE:///p/a.py", "/p/a.py"),
        ("file:///p/q/../a.py", "/p/a.py"),
    ],
)
def test_a_document_is_found_by_its_path(uri: str, path: str) -> None:
    documents = opened("x", uri=uri)
    assert documents.document(Path(path)) is documents.by_uri(uri)
    assert len(documents.documents()) == 1


@pytest.mark.parametrize(
    "uri",
    ["untitled:Untitled-1", "git:/p/a.py?HEAD", "file://server/p/a.py", "file:relative", "%%%", "", "file:///a%00"],
)
def test_what_is_no_file_here_has_no_path(uri: str) -> None:
    documents = opened("x", uri=uri)
    assert documents.by_uri(uri).path is None
    assert documents.documents() == []


def test_a_document_is_found_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    documents = opened("unsaved", uri=(tmp_path / "link" / "a.py").as_uri())
    assert documents.document(tmp_path / "real" / "a.py").text == "unsaved"
    assert documents.document(tmp_path / "link" / "a.py").text == "unsaved"


def test_a_file_that_is_open_under_two_names_stays_open_when_one_is_closed(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("")
    (tmp_path / "link.py").symlink_to("real.py")
    link, real = ((tmp_path / name).as_uri() for name in ("link.py", "real.py"))
    documents = opened("through the link", uri=link)
    documents.open(types.TextDocumentItem(real, "python", 1, "itself"))
    assert documents.document(tmp_path / "real.py").text == "itself"
    documents.close(real)
    assert documents.document(tmp_path / "real.py").text == "through the link"
    documents.close(link)
    assert documents.document(tmp_path / "real.py") is None


def test_a_closed_document_is_forgotten() -> None:
    documents = opened("x")
    documents.close("file:///p/a.py")
    assert documents.document(Path("/p/a.py")) is None
    assert documents.by_uri("file:///p/a.py") is None


async def test_waiting_for_a_change_ends_with_it_or_with_its_time() -> None:
    documents = opened("x")
    waiting = asyncio.create_task(documents.wait_until(lambda: documents.by_uri("file:///p/a.py").version == 2, 5))
    await asyncio.sleep(0)
    change(documents, 2, types.TextDocumentContentChangeWholeDocument("y"))
    assert await waiting
    assert not await documents.wait_until(lambda: False, 0.01)
