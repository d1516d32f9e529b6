"""Shows a running turn: the answer on stdout as it arrives, what the tools do on stderr. For `ask`."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from conduit.agent.dispatch import MAYBE_RAN
from conduit.app import Status
from conduit.cli.output import Output
from conduit.messages.content import Sources
from conduit.sessions.events import (
    AssistantReplied,
    Notice,
    PermissionAnswered,
    SessionUpdate,
    TextChunk,
    ToolFinished,
    ToolStarted,
)

_LONGEST_SUBJECT = 100


class AnswerPrinter:
    """Takes the updates of one session; with `as_json` each is one line of JSON on stdout and nothing else is shown."""

    def __init__(self, output: Output, session_id: str, *, as_json: bool) -> None:
        self._output = output
        self._session_id = session_id
        self._as_json = as_json
        self._streamed: dict[str, str] = {}
        self._message_id: str | None = None

    def on_update(self, update: SessionUpdate) -> None:
        """Show one update; updates of other sessions are left out."""
        if update.session_id != self._session_id:
            return
        if self._as_json:
            self._output.data(update.model_dump_json() + "\n")
            return
        match update.event:
            case TextChunk(message_id=message_id, text=text):
                self._write(message_id, text)
            case AssistantReplied() as replied:
                self._complete(replied)
            case ToolStarted() as started:
                self._output.note(f"{started.name} {subject_of(started.arguments)}".rstrip())
            case ToolFinished() as finished:
                self._finish_tool(finished)
            case PermissionAnswered(answer="reject_once" | "reject_always", effect=effect):
                self._output.note(f"not allowed: {effect}")
            case Notice(text=text):
                self._output.note(text)
            case _:
                pass

    def _write(self, message_id: str, text: str) -> None:
        if message_id != self._message_id:
            if self._message_id is not None:
                self._output.end_line()
            self._message_id = message_id
        self._streamed[message_id] = self._streamed.get(message_id, "") + text
        self._output.data(text)

    def _complete(self, replied: AssistantReplied) -> None:
        """Write what a wire that does not stream, or a retried stream, has not shown yet."""
        shown = self._streamed.get(replied.message_id, "")
        whole = replied.message.text
        if whole.startswith(shown):
            self._write(replied.message_id, whole[len(shown) :])
        else:
            self._output.end_line()
            self._write(replied.message_id, whole)
        self._output.end_line()
        for block in replied.message.content:
            for number, page in enumerate(block.sources if isinstance(block, Sources) else (), 1):
                self._output.note(f"[{number}] {' '.join(filter(None, [page.title, page.url]))}")

    def _finish_tool(self, finished: ToolFinished) -> None:
        if finished.interrupted:  # the sentence about the end of the turn says why
            if finished.result.text.endswith(MAYBE_RAN):
                self._output.note(f"{finished.name}: {MAYBE_RAN}")
        elif finished.result.is_error:
            first = finished.result.text.strip().split("\n")[0]
            self._output.note(f"{finished.name}: {shorten(first)}")
        elif finished.diff:
            added, removed = count_changes(finished.diff)
            self._output.note(f"{finished.name} changed {', '.join(finished.paths)} (+{added} -{removed})")


def show_status(output: Output, status: Status) -> None:
    """Show how far a download is, or what the model waits for."""
    if status.state == "downloading" and status.total_bytes:
        done, total = (status.downloaded_bytes or 0) / 1e6, status.total_bytes / 1e6
        output.progress(f"{status.message or 'downloading'} {done:.0f} of {total:.0f} MB")
    elif status.state == "waiting" and status.message:
        output.note(status.message)


def subject_of(arguments: Mapping[str, JsonValue]) -> str:
    """Return what a call is about: its first argument that is text, in one short line."""
    first = next((value for value in arguments.values() if isinstance(value, str) and value.strip()), "")
    return shorten(first)


def shorten(text: str) -> str:
    """Return `text` in one line of at most 100 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SUBJECT else line[: _LONGEST_SUBJECT - 1] + "…"


def count_changes(diff: str) -> tuple[int, int]:
    """Return the added and the removed lines of a unified diff."""
    body = [line for line in diff.splitlines() if not line.startswith(("+++", "---"))]
    return sum(line.startswith("+") for line in body), sum(line.startswith("-") for line in body)
