"""What a person is asked about changes whatever was agreed before, what a review says of them, and what is refused.

Pure. The names are judged by `sandbox/protected.py`; here it is what a change puts into a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from conduit.edits.edit import FileChange, diff_of
from conduit.errors import PermissionDenied
from conduit.sandbox.fetched import fetched_addresses
from conduit.sandbox.protected import is_editor_setting, protected_reason, runs_code_reason
from conduit.workspace.document import split_lines
from conduit.workspace.names import shown

_MANY, _LONG = 5, 300

# What Vim takes for options, and Emacs for an expression (Vim's options.txt, *modeline*; Emacs' *File Variables*).
_MODELINE = re.compile(r"(?:^|\s)(?:vi|[Vv]im[<=>]?\d*+|ex):\s*\S|-\*-.*\beval\s*:|^\W*\s*eval\s*:\s*\(")
_MODELINES_BEGIN, _MODELINES_END, _MODELINE_CHARACTERS = 5, 40, 500


def cautions(changes: Sequence[FileChange]) -> str:
    """Return sentences about what is never written without a question; empty when there is nothing of it."""
    names = dict.fromkeys(name for change in changes for name in (change.name, change.new_name))
    return " ".join(filter(None, (protected_among(names), network_requests(changes))))


def protected_among(names: Iterable[str]) -> str:
    """Return a sentence about the names that are protected; empty when none is."""
    found = {name: reason for name in names if (reason := protected_reason(name)) is not None}
    return " ".join(f"{shown(name)} is {reason}." for name, reason in found.items())


def network_requests(changes: Iterable[FileChange]) -> str:
    """Return a sentence about each address that a change adds and an editor will ask for; empty without any."""
    said: list[str] = []
    for change in changes:
        if change.after is None or (change.before == change.after and change.moved_to is None):
            continue
        known = fetched_addresses(change.name, change.before)
        new = fetched_addresses(change.new_name, change.after) - known
        # An editor gives a file its text first and then its name: for a moment the text has the old one.
        passing = fetched_addresses(change.name, change.after) - known - new
        for name, addresses in ((change.new_name, new), (change.name, passing)):
            said += [
                f"{shown(name)} names {_told(each)}, which causes a network request when an editor opens the file."
                for each in sorted(addresses)
            ]
    if len(said) > _MANY:
        return " ".join([*said[:_MANY], f"{len(said) - _MANY} more addresses do so too."])
    return " ".join(said)


def _told(address: str) -> str:
    """Return an address for a sentence; of a long one both ends, for its host may be at either."""
    text = shown(address.encode("utf-8", "backslashreplace").decode())
    return text if len(text) <= _LONG else f"{text[: _LONG // 2]}…{text[-_LONG // 2 :]}"


def diff_with_remarks(changes: Iterable[FileChange]) -> str:
    """Return a unified diff; lines before it say which of the files run in ordinary work, not asked about."""
    kept = list(changes)
    return "".join([*dict.fromkeys(line for change in kept for line in _remarks(change)), diff_of(kept)])


def _remarks(change: FileChange) -> list[str]:
    said = [
        f"# {shown(name)} {reason}.\n"
        for name in (change.name, change.new_name)
        if protected_reason(name) is None and (reason := runs_code_reason(name))
    ]
    if _modelines(change.after) - _modelines(change.before):
        said.append(f"# {shown(change.new_name)} gets a modeline, which an editor obeys when it opens the file.\n")
    return said


def _modelines(text: str | None) -> set[str]:
    lines = split_lines(text or "")
    ends = [*lines[:_MODELINES_BEGIN], *lines[-_MODELINES_END:]]
    return {line for line in ends if _MODELINE.search(line[:_MODELINE_CHARACTERS])}


def refuse_own_settings(changes: Iterable[FileChange]) -> None:
    """Do nothing, unless settings of ours among an editor's would change: they decide what the person is asked about.

    Raises:
        PermissionDenied: one of `changes` adds, changes or removes some, or is of a file where that cannot be told.
    """
    for change in changes:
        if not (is_editor_setting(change.name) or is_editor_setting(change.new_name)):
            continue
        from conduit.edits.own_settings import touches_our_settings

        if touches_our_settings(change):
            raise PermissionDenied(
                f"{change.new_name!r} has, or would have, settings of Conduit, which decide what the person is asked "
                "about; they are not edited. Change other lines only, and tell the person what to change there."
            )
