"""Payloads of `conduit/hunk/*`: proposed changes, and what the person decides about them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conduit.lsp.protocol.payload import Payload

HunkKind = Literal["edit", "create", "delete", "move"]


class HunkParams(Payload):
    """Which hunks are meant: those that fit everything that is given.

    Without a session they may be in any of this workspace.
    """

    session_id: str | None = None
    hunk_ids: list[str] = Field(default_factory=list, max_length=10_000)
    turn_id: str | None = None
    uri: str | None = None


class RegenerateParams(Payload):
    """Let the model propose one hunk anew; `instruction` says what is wanted instead."""

    hunk_id: str
    session_id: str | None = None
    instruction: str = Field(default="", max_length=20_000)


class HunkLine(Payload):
    """One hunk: lines `line` up to `end_line` (zero-based, not included) of the document become `new_text`.

    `old_text` is what stands there now. Of a conflict, `was_text` is what the model meant to replace before the person
    changed it. `moved_to` is the URI that the file would have. `note` is what the reviewer should know of
    the file, as a clause that goes on after its name, such as "runs with the tests"; mostly empty.
    """

    hunk_id: str
    session_id: str
    turn_id: str
    uri: str
    name: str
    kind: HunkKind
    line: int
    end_line: int
    old_text: str
    new_text: str
    conflict: bool = False
    was_text: str | None = None
    moved_to: str | None = None
    note: str = ""


class HunkList(Payload):
    """Hunks, file by file in order."""

    hunks: list[HunkLine]


class HunksDecided(Payload):
    """What a decision came to; `left` are conflicts, which are only decided by name."""

    hunk_ids: list[str]
    left: list[str] = Field(default_factory=list)
    change_ids: list[str] = Field(default_factory=list)


class ProposedParams(Payload):
    """`conduit/hunk/text`: which file; without a session, that of the first one that proposes something for it."""

    uri: str
    session_id: str | None = None


class HunkPlace(Payload):
    """Where a hunk is in the text that its file would have: lines `line` up to `end_line`, not included."""

    hunk_id: str
    line: int
    end_line: int


class ProposedText(Payload):
    """A file with all that one session proposes for it, conflicts too.

    `before` is the text that it is made from (none when there is no file yet) and `version` that of the open document;
    `after` is left out when the file would be gone.
    """

    uri: str
    session_id: str
    version: int | None = None
    before: str | None = None
    after: str | None = None
    places: list[HunkPlace]
