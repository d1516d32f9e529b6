"""`conduit ask`: one question to the agent, headless. The answer goes to stdout, everything else to stderr."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from contextlib import suppress

from conduit.agent.permission import AllowAll, Approver
from conduit.app import App, PromptOptions, TurnResult
from conduit.catalog.capabilities import refuse_unreadable
from conduit.cli.answer import AnswerPrinter, show_status
from conduit.cli.approval import RefusingApprover, TerminalApprover, terminal_device
from conduit.cli.attachments import add_attachments, read_attachments
from conduit.cli.errors import complain, sentence_of
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.form import add_form_arguments, ask_in_form, clash
from conduit.cli.opening import find_session, opened
from conduit.cli.output import Output
from conduit.cli.parameters import add_parameters, read_parameters
from conduit.cli.piped import read_piped
from conduit.errors import ConduitError, UserError
from conduit.messages.content import Block, Text, sanitize_text
from conduit.messages.message import TurnStop
from conduit.sessions.events import SessionInfo

DONE, FAILED, USAGE, INTERRUPTED, TERMINATED, PIPE_CLOSED = 0, 1, 2, 130, 143, 141
_CLOSE_S = 2.0  # how long the end waits for a reader of stdout after an interruption

ENDINGS: dict[TurnStop, str] = {
    "end_turn": "",
    "cancelled": "Interrupted; what arrived is kept in the conversation.",
    "max_tokens": "The answer was cut off at its token limit. Raise max_tokens, or ask for the rest with --continue.",
    "max_turn_requests": "The limit of tool rounds was reached. Raise max_tool_rounds, or go on with --continue.",
    "budget": "The turn's budget is used up. Go on with --continue.",
    "loop": "The model repeated itself without getting further, so it was stopped.",
    "refusal": "The model refused to answer.",
    "error": "The turn failed.",
}
"""What is said on stderr about each end of a turn that gives no sentence of its own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `conduit ask`."""
    parser.usage = 'conduit ask "question" [options]'
    parser.epilog = (
        "What is piped in is put behind the question: git diff | conduit ask 'what does this change?'. "
        "With --mode auto, a change is shown and asked for on the terminal; where there is none it is refused unless "
        "--yes is given."
    )
    parser.add_argument("question", nargs="*", help="the question; several words are joined")
    parser.add_argument("--cwd", metavar="DIR", help="work in DIR instead of the current folder")
    parser.add_argument(
        "--mode",
        choices=["ask", "review", "auto"],
        help="ask only reads (the default); review proposes changes; auto may change files",
    )
    parser.add_argument("--model", metavar="MODEL", help="a model, as vendor/name or an alias")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--session", metavar="ID", help="go on with this conversation (the beginning of its id is enough)"
    )
    which.add_argument("--continue", dest="newest", action="store_true", help="go on with the newest conversation")
    parser.add_argument(
        "--yes", action="store_true", help="allow every change without asking, but of files that run later"
    )
    parser.add_argument("--no-tools", action="store_true", help="answer without reading anything")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object per line: every event, then a result"
    )
    add_attachments(parser)
    add_form_arguments(parser)
    add_parameters(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask, and return the exit code."""
    question = " ".join(arguments.question).strip()
    output = Output()
    try:
        piped = read_piped(output.note, optional=bool(question))
        content = sanitize_text("\n\n".join(part for part in (question, piped) if part.strip()))
        if not content:
            output.close()
            complain('A question is missing: conduit ask "question", or pipe one in.')
            return USAGE
        if arguments.schema is not None:
            if problem := clash(arguments):
                complain(problem)
                return USAGE
            return ask_in_form(arguments, content, output)
        # What stands behind a picture is read with it in mind, so the question comes last.
        blocks = [*read_attachments(arguments.attach), Text(text=content)]
        asking = _Asking(arguments, output)
        try:
            return asking.finish(asyncio.run(asking.ask(blocks)))
        except (KeyboardInterrupt, asyncio.CancelledError):
            asking.result(None, "Interrupted.")
            return asking.exit_code or INTERRUPTED
        except ConduitError as error:
            asking.result(None, sentence_of(error), stop="error")
            output.close(_CLOSE_S)
            raise
    finally:
        output.close(_CLOSE_S)


class _Asking:
    """One run: the turn, and the signals that end it."""

    def __init__(self, arguments: argparse.Namespace, output: Output) -> None:
        self.exit_code = DONE
        self._ended = False
        self._arguments = arguments
        self._settings = read_parameters(arguments)
        self._output = output
        self._app: App | None = None
        self._session: SessionInfo | None = None

    async def ask(self, content: list[Block]) -> TurnResult:
        """Run the turn and return how it ended."""
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()

        def stop_reading() -> None:
            with suppress(RuntimeError):  # the loop is closed already
                loop.call_soon_threadsafe(self._stop, PIPE_CLOSED, task)

        self._output.on_broken = stop_reading
        for number, code in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)):
            with suppress(NotImplementedError):  # Windows: KeyboardInterrupt cancels the task instead
                loop.add_signal_handler(number, self._stop, code, task)
        root = workspace_root(folder := working_folder(self._arguments.cwd))
        async with opened(root, self._arguments, self._approver()) as app:
            session = await self._open_session(app, str(folder), content)
            printer = AnswerPrinter(self._output, session.id, as_json=self._arguments.json)
            app.subscribe(printer.on_update)
            app.subscribe_status(lambda status: show_status(self._output, status))
            self._app, self._session = app, session
            options = PromptOptions(tools=not self._arguments.no_tools, settings=self._settings)
            result = await app.prompt(session.id, content, options)
            self._app = None
        return result

    def _stop(self, code: int, task: asyncio.Task[TurnResult] | None) -> None:
        """Cancel the turn, which records itself; the second time, or before it runs, cancel everything."""
        first = self.exit_code == DONE
        self.exit_code = code
        if first and self._app is not None and self._session is not None:
            cancelling = asyncio.ensure_future(self._app.cancel(self._session.id))
            cancelling.add_done_callback(lambda done: None if done.result() or task is None else task.cancel())
        elif task is not None:
            task.cancel()

    def _approver(self) -> Approver:
        device = terminal_device()
        person = TerminalApprover(self._output, device) if device else RefusingApprover(self._output)
        return AllowAll(protected=person) if self._arguments.yes else person

    async def _open_session(self, app: App, folder: str, content: list[Block]) -> SessionInfo:
        given = self._arguments
        if given.newest:
            newest = await app.sessions(limit=1)
            if not newest:
                raise UserError("There is no conversation to go on with in this workspace.")
            session = await app.load_session(newest[0].id)
        elif given.session is not None:
            session = await app.load_session((await find_session(app, given.session)).id)
        else:
            refuse_unreadable(app.model(app.default_model()), content)  # before there is an empty conversation
            return await app.new_session(cwd=folder)
        if given.model:
            session = await app.set_model(session.id, given.model)
        if given.mode:
            session = await app.set_mode(session.id, given.mode)
        return session

    def finish(self, result: TurnResult) -> int:
        """Wait until the answer is read, say how it ended, and return the exit code."""
        sentence = result.error or ENDINGS[result.stop_reason]
        self.result(result, sentence or None)
        self._output.flush(_CLOSE_S if self.exit_code else None)
        if self._output.error is not None and not isinstance(self._output.error, BrokenPipeError):
            complain(f"The answer could not be written: {self._output.error.strerror}.")
            return FAILED
        if self.exit_code == PIPE_CLOSED:
            return PIPE_CLOSED
        if sentence:
            complain(" ".join(sentence.split()))
        if result.stop_reason == "cancelled":
            return self.exit_code or INTERRUPTED
        return DONE if result.stop_reason == "end_turn" else FAILED

    def result(self, result: TurnResult | None, error: str | None, stop: TurnStop = "cancelled") -> None:
        """End the answer; with `--json`, print the object that is always the last one."""
        if self._ended:
            return
        self._ended = True
        if not self._arguments.json:
            self._output.end_line()
            return
        last = {
            "type": "result",
            "session_id": self._session.id if self._session else None,
            "turn_id": result.turn_id if result else None,
            "stop_reason": result.stop_reason if result else stop,
            "text": result.text if result else "",
            "usage": result.usage.model_dump() if result else None,
            "error": error,
            "error_kind": result.error_kind if result else None,
        }
        self._output.data(json.dumps(last, ensure_ascii=False) + "\n")
