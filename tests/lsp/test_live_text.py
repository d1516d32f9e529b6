"""A text that grows in a document while a person types: nothing of either is lost, doubled or put in another order."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from lsprotocol import types

from conduit.errors import EditRefused
from conduit.lsp.documents import OpenDocuments, TextChange
from conduit.lsp.facts import ClientFacts
from conduit.lsp.live_text import CURSORS, LiveText, moved, trimmed
from conduit.workspace.document import Document

URI = "file:///p/chat.md"
START = "## You\n\nHELLO\n"


async def turns(count: int) -> None:
    """Let others run so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


@dataclass
class Habits:
    """How an editor sends its changes: all text at once, gathered for a while, and whether it looks at versions."""

    whole: bool = False
    gathers: bool = False
    checks: bool = True
    answers_first: bool = False
    refuses: float = 0.0


@dataclass
class Editor:
    """An editor in memory that keeps, of each character, whose it is: `p` the person's, `s` the server's."""

    habits: Habits
    seed: int
    text: str = START
    owners: str = "p" * len(START)
    version: int = 1
    refused: int = 0
    facts: ClientFacts = field(default_factory=lambda: ClientFacts(apply_edit=True, document_changes=True))
    documents: OpenDocuments = field(default_factory=OpenDocuments)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._told = self.text
        self._only_person = self.text
        self.documents.open(types.TextDocumentItem(URI, "markdown", 1, self.text))

    @property
    def document(self) -> Document:
        found = self.documents.by_uri(URI)
        assert found is not None
        return found

    @property
    def of_person(self) -> str:
        return "".join(char for char, owner in zip(self.text, self.owners, strict=True) if owner == "p")

    @property
    def of_server(self) -> str:
        return "".join(char for char, owner in zip(self.text, self.owners, strict=True) if owner == "s")

    def type(self, place: int, text: str, removed: int = 0) -> None:
        """Type as a person does, who removes only what is their own."""
        removed = len(self.owners[place : place + removed]) - len(self.owners[place : place + removed].lstrip("p"))
        before = self.owners[:place].count("p")
        self._only_person = self._only_person[:before] + text + self._only_person[before + removed :]
        self._change(place, removed, text, "p")

    def assert_nothing_is_lost(self) -> None:
        assert self.of_person == self._only_person

    def _change(self, place: int, removed: int, text: str, owner: str) -> None:
        in_step = self._told == self.text
        self.text = self.text[:place] + text + self.text[place + removed :]
        self.owners = self.owners[:place] + owner * len(text) + self.owners[place + removed :]
        self.version += 1
        if not self.habits.gathers:
            self.tell(TextChange("", "", place, place + removed, text) if in_step else None)

    def tell(self, change: TextChange | None = None) -> None:
        """Send what changed since the last time."""
        if self._told == self.text:
            name = types.VersionedTextDocumentIdentifier(self.version, URI)
            self.documents.change(types.DidChangeTextDocumentParams(name, []))
            return
        event: Any = types.TextDocumentContentChangeWholeDocument(text=self.text)
        if not self.habits.whole:
            known = Document("", None, "", 0, self._told)
            change = change or trimmed(TextChange(self._told, self.text, 0, len(self._told), self.text))
            ends = [known.position_at(change.start), known.position_at(change.end)]
            range_ = types.Range(*(types.Position(end.line, end.column) for end in ends))
            event = types.TextDocumentContentChangePartial(range=range_, text=change.text)
        self._told = self.text
        name = types.VersionedTextDocumentIdentifier(self.version, URI)
        self.documents.change(types.DidChangeTextDocumentParams(name, [event]))

    async def ask(self, method: str, params: object) -> object:
        """Apply an edit, some moments later, and answer."""
        assert method == types.WORKSPACE_APPLY_EDIT
        assert isinstance(params, types.ApplyWorkspaceEditParams)
        (part,) = params.edit.document_changes or ()
        assert isinstance(part, types.TextDocumentEdit)
        (edit,) = part.edits
        assert isinstance(edit, types.TextEdit)
        await self._moments()
        stale = self.habits.checks and part.text_document.version != self.version
        if stale or self.random.random() < self.habits.refuses:
            self.refused += 1
            await self._moments()
            return {"applied": False}
        here = Document("", None, "", 0, self.text)
        start, end = (
            here.offset(here.position_from_units(at.line, at.character, self.documents.encoding))
            for at in (edit.range.start, edit.range.end)
        )
        assert self.text[start:end] in ("", *CURSORS), "the server takes nothing away but its own sign"
        assert set(self.owners[start:end]) <= {"s"}
        gathers, self.habits.gathers = self.habits.gathers, self.habits.gathers or self.habits.answers_first
        self._change(start, end - start, edit.new_text, "s")
        self.habits.gathers = gathers
        if self.habits.answers_first:
            asyncio.get_running_loop().call_soon(self.tell)
            return {"applied": True}
        await self._moments()
        return {"applied": True}

    async def _moments(self) -> None:
        await turns(self.random.randrange(4))


HABITS = {
    "incremental": Habits(),
    "whole text": Habits(whole=True),
    "gathered": Habits(gathers=True),
    "gathered, whole": Habits(gathers=True, whole=True),
    "answers first": Habits(answers_first=True),
    "refuses often": Habits(refuses=0.3),
    "looks at no version": Habits(checks=False),
}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("habits", HABITS)
async def test_typing_and_streaming_lose_double_and_reorder_nothing(habits: str, seed: int) -> None:
    editor = Editor(Habits(**vars(HABITS[habits])), seed)
    dice = random.Random(seed * 1000 + 7)
    live = LiveText(editor, editor.document, len(START), pause_s=0)
    reply = "".join(f"w{n} " + ("\n\n" if n % 7 == 0 else "") for n in range(60))
    cursor, done = len(editor.text), 0

    async def gather() -> None:
        while True:  # as an editor does that sends its changes now and then
            await turns(25)
            editor.tell()

    gathering = asyncio.create_task(gather())
    while done < len(reply):
        step = dice.randrange(1, 9)
        live.add(reply[done : done + step])
        done += step
        await turns(dice.randrange(4))
        if dice.random() < 0.6:
            if dice.random() < 0.3:
                cursor = dice.randrange(len(editor.text) + 1)
            cursor = min(cursor, len(editor.text))
            word = dice.choice(["A", "BC", "\n", "D E", ""])
            editor.type(cursor, word, removed=dice.choice([0, 0, 0, 2]))
            cursor += len(word)
        if dice.random() < 0.2:
            await turns(40)
    await live.close()
    gathering.cancel()
    editor.tell()
    assert editor.document.text == editor.text
    editor.assert_nothing_is_lost()
    if editor.habits.checks:
        assert editor.of_server == reply
    else:  # such an editor puts a piece where its place was some keys ago
        assert sorted(editor.of_server) == sorted(reply)


async def test_a_text_goes_on_behind_its_own_words_wherever_the_person_types() -> None:
    editor = Editor(Habits(), 1)
    live = LiveText(editor, editor.document, len(START), pause_s=0)
    live.add("one ")
    await editor.documents.wait_until(lambda: "one " in editor.text, 10)
    editor.type(len(editor.text), "NEXT")
    editor.type(0, "# TITLE\n")
    live.add("two")
    await live.close()
    assert editor.text == f"# TITLE\n{START}one twoNEXT"


async def test_a_document_that_is_closed_or_refused_for_good_ends_it_with_what_was_there() -> None:
    editor = Editor(Habits(refuses=1.0), 1)
    live = LiveText(editor, editor.document, len(START), pause_s=0)
    live.add("one")
    with pytest.raises(EditRefused, match="does not take"):
        await live.close()
    assert (editor.text, editor.refused) == (START, 8)
    editor = Editor(Habits(), 1)
    live = LiveText(editor, editor.document, len(START), pause_s=0)
    live.add("one")
    await editor.documents.wait_until(lambda: "one" in editor.text, 10)
    editor.documents.close(URI)
    live.add("two")
    with pytest.raises(EditRefused, match="closed"):
        await live.close()


@pytest.mark.parametrize(
    ("before", "after", "place", "expected"),
    [
        ("abc", "Xabc", 1, 2),
        ("abc", "abXc", 1, 1),
        ("abc", "aXbc", 1, 1),
        ("abc", "bc", 1, 0),
        ("one two three", "four", 7, 4),
    ],
)
def test_a_place_moves_with_what_is_typed(before: str, after: str, place: int, expected: int) -> None:
    change = trimmed(TextChange(before, after, 0, len(before), after))
    assert moved(place, change) == expected
