"""The steps of the demo: each one does something over LSP, and counts only if it was really seen to happen."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conduit.cli.demo_screen import Screen
from conduit.edits.edit import FileChange
from conduit.lsp.client import EditorClient, EditorOptions
from conduit.lsp.wire_client import ClientError

HEADINGS = {
    "stream": "1. A streamed answer about an open, unsaved file",
    "tool": "2. A turn in which the model calls a tool that reads",
    "action": "3. A code action whose edit lands in the unsaved buffer",
    "resume": "4. Another server process finds the conversation and continues it",
    "usage": "5. What it cost",
}
TRIES = 3
STEP_TIMEOUT_S = 120.0
_SOURCES = (".py", ".ts", ".js", ".go", ".rs", ".java", ".c", ".rb", ".lua", ".sh", ".md")
_MAX_SOURCE_BYTES = 12_000
# Randomness off, so that two runs say the same; a person's own model may not take these, and then ignores them.
SETTINGS = {"temperature": 0, "seed": 7}


@dataclass
class Demo:
    """One run on the project at `root`, with its conversations in `state`."""

    root: Path
    state: Path
    screen: Screen
    failed: list[str] = field(default_factory=list)
    session_id: str = ""
    model: str = ""
    _chunks: int = 0

    async def play(self) -> int:
        """Play all steps and return the exit code."""
        began = time.monotonic()
        self.screen.heading(f"Conduit demo in {self.root.name}/ — a real server, a real client, over stdio")
        file = find_source(self.root)
        if file is None:
            self.screen.result("setup", ok=False, detail="there is no source file of at most 12 kB in that folder")
            return 1
        async with await self._start() as editor:
            uri = await self._open_unsaved(editor, file)
            await self._step("stream", lambda: self._stream_an_answer(editor, uri, file))
            await self._step("tool", lambda: self._call_a_tool(editor, file), tries=TRIES)
            await self._step("action", lambda: self._run_an_action(editor, uri, file), tries=TRIES)
            await editor.shutdown()
        async with await self._start() as editor:
            await self._step("resume", lambda: self._continue(editor))
            await self._step("usage", lambda: self._show_usage(editor))
            await editor.shutdown()
        seconds = time.monotonic() - began
        if self.failed:
            self.screen.result("demo", ok=False, detail=f"these steps did not happen: {', '.join(self.failed)}")
            return 1
        self.screen.result("demo", ok=True, detail=f"all steps happened, in {seconds:.0f} s", seconds=round(seconds, 1))
        return 0

    async def _start(self) -> EditorClient:
        env = {**os.environ, "CONDUIT_STATE_DIR": str(self.state)}
        command = [sys.executable, "-m", "conduit", "serve"]
        editor = await EditorClient.start(
            command, self.root, options=EditorOptions(settings=SETTINGS), permit=_allow, env=env
        )
        editor.listen(self._show)
        return editor

    def _show(self, method: str, params: Any) -> None:
        """Show what the server tells, while it tells it."""
        if method == "conduit/status" and params["state"] == "downloading" and params.get("totalBytes"):
            self.screen.download(params.get("downloadedBytes") or 0, params["totalBytes"])
        if method != "conduit/session/update" or params["update"].get("replace"):
            return
        update = params["update"]
        if update["sessionUpdate"] == "agent_message_chunk":
            self._chunks += 1
            self.screen.stream(update["content"].get("text", ""))
        elif update["sessionUpdate"] == "tool_call" and update.get("status") == "in_progress":
            self.screen.line(f"the model calls a tool: {update.get('title')}")
        elif update["sessionUpdate"] == "notice":
            self.screen.line(update["text"])

    async def _step(self, name: str, act: Callable[[], Awaitable[str]], *, tries: int = 1) -> None:
        """Run a step, again if what the model chose made it fail; `act` returns what happened or raises StepError."""
        self.screen.heading(HEADINGS[name])
        reason = ""
        for number in range(1, tries + 1):
            try:
                detail = await act()
            except (StepError, ClientError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
                if number < tries:
                    self.screen.line(f"not yet: {reason} (try {number} of {tries})")
                continue
            attempts = f" (at try {number} of {tries})" if number > 1 else ""
            self.screen.result(name, ok=True, detail=detail + attempts, tries=number)
            return
        self.failed.append(name)
        self.screen.result(name, ok=False, detail=reason, tries=tries)

    async def _open_unsaved(self, editor: EditorClient, file: Path) -> str:
        """Open a file and type a line that is never saved."""
        mark = {".py": "#", ".rb": "#", ".sh": "#", ".lua": "--", ".md": "-"}.get(file.suffix, "//")
        saved = await asyncio.to_thread(file.read_text, "utf-8")
        uri = await editor.open(file, language_id=_language(file))
        await editor.type(uri, f"{saved.rstrip()}\n\n{mark} Closed on Sundays: this line is typed, not saved.\n")
        return uri

    async def _stream_an_answer(self, editor: EditorClient, uri: str, file: Path) -> str:
        opened = await editor.request("conduit/session/new", {"cwd": str(self.root), "mode": "ask"})
        self.session_id, self.model = opened["sessionId"], opened["models"]["currentModelId"]
        self.screen.line(f"model: {self.model}; {file.name} is open and has a line that is not saved")
        question = f"In two sentences: what is {file.name} for?"
        self.screen.person(question)
        self._chunks = 0
        prompt = [{"type": "text", "text": question}, {"type": "resource_link", "uri": uri, "name": file.name}]
        await self._prompt(editor, self.session_id, prompt, tools=False)
        if self._chunks < 2:
            raise StepError(f"the answer came in {self._chunks} piece(s), so nothing was streamed")
        return f"the answer was streamed in {self._chunks} pieces"

    async def _call_a_tool(self, editor: EditorClient, file: Path) -> str:
        other = next((each.name for each in sources(self.root) if each != file), file.name)
        question = f"Read the file {other} and tell me in one sentence what is in it."
        self.screen.person(question)
        before = len(editor.seen.updates)
        opened = await editor.request("conduit/session/new", {"cwd": str(self.root), "mode": "ask"})
        await self._prompt(editor, opened["sessionId"], [{"type": "text", "text": question}])
        finished = [
            params["update"]["toolCallId"]
            for params in editor.seen.updates[before:]
            if params["update"]["sessionUpdate"] == "tool_call_update" and params["update"].get("status") == "completed"
        ]
        if not finished:
            raise StepError("the model answered without calling a tool that worked")
        return f"{_count(len(set(finished)), 'tool call')} ran, and the results went back to the model"

    async def _run_an_action(self, editor: EditorClient, uri: str, file: Path) -> str:
        document = editor.document(uri)
        line = _line_to_document(document.text)
        position = {"line": line, "character": 0}
        params = {
            "textDocument": {"uri": uri},
            "range": {"start": position, "end": {"line": line + 1, "character": 0}},
            "context": {"diagnostics": []},
        }
        menu = {each["title"]: each for each in await editor.request("textDocument/codeAction", params)}
        action = menu["Write documentation"]
        self.screen.person(f"Write documentation for: {document.line(line).strip()}")
        before, edits = document.text, len(editor.seen.edits)
        command = action["command"]
        result = await editor.command(command["command"], *command["arguments"])
        after = editor.document(uri).text
        if not result.get("applied") or len(editor.seen.edits) == edits or after == before:
            raise StepError(result.get("error") or "no edit arrived")
        self.screen.diff(FileChange(file, file.name, before, after).diff())
        if await asyncio.to_thread(file.read_text, "utf-8") == after:
            raise StepError("the file on disk was written, although it is open in the editor")
        return "the edit arrived as workspace/applyEdit and is in the unsaved buffer"

    async def _continue(self, editor: EditorClient) -> str:
        listed = (await editor.request("conduit/session/list", {}))["sessions"]
        found = next((each for each in listed if each["sessionId"] == self.session_id), None)
        if found is None:
            raise StepError("the conversation is not in the list")
        self.screen.line(f"found among {len(listed)}: “{found['title']}”, {found['messageCount']} messages")
        messages = (await editor.command("conduit.session.open", self.session_id))["messages"]
        question = "Thank you. Say goodbye in one short sentence."
        self.screen.person(question)
        self._chunks = 0
        await self._prompt(editor, self.session_id, [{"type": "text", "text": question}], tools=False)
        if not self._chunks:
            raise StepError("the conversation was found, but the model did not answer")
        return f"continued after {len(messages)} earlier messages"

    async def _show_usage(self, editor: EditorClient) -> str:
        rows = (await editor.command("conduit.usage"))["rows"]
        if not rows:
            raise StepError("no usage was recorded")
        for row in rows:
            self.screen.line(
                f"{row['model']}: {row['completions']} completions, {row['input_tokens']:,} tokens in, "
                f"{row['output_tokens']:,} out"
            )
        return f"{sum(row['input_tokens'] + row['output_tokens'] for row in rows):,} tokens"

    async def _prompt(
        self, editor: EditorClient, session_id: str, prompt: list[dict[str, str]], **more: object
    ) -> None:
        params = {"sessionId": session_id, "prompt": prompt, **more}
        result = await editor.request("conduit/session/prompt", params, STEP_TIMEOUT_S)
        if result.get("error"):
            raise StepError(result["error"])


class StepError(Exception):
    """A step did not happen; the text says what is missing."""


async def _allow(params: dict[str, Any]) -> str:
    return "allow_once"


def sources(root: Path) -> list[Path]:
    """Return the source files that fit a small model, the ones in the root folder first."""
    found = [
        path
        for path in root.rglob("*")
        if path.suffix in _SOURCES
        and path.is_file()
        and not path.is_symlink()
        and 0 < path.stat().st_size < _MAX_SOURCE_BYTES
    ]
    return sorted(
        found, key=lambda path: (_SOURCES.index(path.suffix), len(path.parts), -path.stat().st_size, path.name)
    )


def find_source(root: Path) -> Path | None:
    """Return the file that the demo opens: the first one with something to document, else the first one."""
    candidates = sources(root)
    return next(
        (path for path in candidates if "def " in path.read_text("utf-8", "replace")), next(iter(candidates), None)
    )


def _line_to_document(text: str) -> int:
    """Return the zero-based line of the first function without a docstring, else of the first function, else 0."""
    lines = text.splitlines()
    heads = [
        number
        for number, line in enumerate(lines)
        if line.lstrip().startswith(("def ", "async def ", "func ", "function ", "fn "))
    ]
    bare = [number for number in heads if number + 1 < len(lines) and '"""' not in lines[number + 1]]
    return next(iter(bare or heads), 0)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _language(file: Path) -> str:
    names = {".py": "python", ".ts": "typescript", ".js": "javascript", ".rs": "rust", ".md": "markdown", ".rb": "ruby"}
    return names.get(file.suffix, file.suffix.lstrip("."))
