"""Opens the core for one command: the same App as an editor gets, with no editor."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from conduit.agent.permission import Approver, DenyAll
from conduit.app import App
from conduit.cli.output import printable
from conduit.config.secrets import secret_values
from conduit.config.settings import Settings, load_settings
from conduit.edits.edit import FileChange, Operation
from conduit.errors import ConfigError, EditRefused, SessionNotFound, UserError
from conduit.logs import start_logging
from conduit.sessions.events import SessionInfo
from conduit.workspace.editor import HeadlessEditor

_log = logging.getLogger(__name__)
_PAGE = 200
_SETTINGS = ("model", "mode", "log_level", "log_file")


class NoEditor:
    """The applier where no document is open."""

    @property
    def operations(self) -> frozenset[Operation]:
        """Nothing."""
        return frozenset()

    async def apply(self, changes: Sequence[FileChange], label: str) -> None:
        """Refuse; a command has no open documents, so nothing asks for this."""
        raise EditRefused("No editor is attached.")

    def tell(self, sentence: str) -> None:
        """Log it, which a command shows."""
        _log.warning("%s", sentence)


@asynccontextmanager
async def opened(root: Path, arguments: argparse.Namespace, approver: Approver | None = None) -> AsyncIterator[App]:
    """Open the App of the workspace `root` and close it again; raises what `open_app` raises."""
    given = {key: getattr(arguments, key, None) for key in _SETTINGS}
    from conduit.compose import open_app  # every wire, tool and store: too much for a `--help`

    settings = load_settings(arguments=given)
    with logging_as_set(settings):
        for warning in settings.warnings:
            _log.warning("%s", warning)
        app = await open_app([root], {}, HeadlessEditor(), NoEditor(), approver or DenyAll(), arguments=given)
        for notice in app.notices:
            if notice not in (*settings.warnings, app.setup.models.problem()):  # said by what needs the model
                _log.warning("%s", notice)
        try:
            yield app
        finally:
            await app.aclose()


@asynccontextmanager
async def opened_to_choose(root: Path, arguments: argparse.Namespace) -> AsyncIterator[tuple[App, bool]]:
    """Open the App for what helps a person to choose a model, as `opened` does; say whether a known one is configured.

    An unknown one is said on stderr, and is no obstacle.
    """
    async with opened(root, arguments) as app:
        if problem := app.setup.models.problem():
            print(f"conduit: {printable(problem)}", file=sys.stderr)
        yield app, not problem


@contextmanager
def logging_as_set(settings: Settings) -> Iterator[None]:
    """Log where and as much as the settings say, redacted; raises ConfigError when the file cannot be opened."""
    try:
        logs = start_logging(settings.log_level, path=settings.log_file, secrets=secret_values())
    except OSError as error:
        where = settings.sources.get("log_file", "")
        raise ConfigError(
            f"The log file {settings.log_file} (from {where}) cannot be opened: {error.strerror}."
        ) from error
    if settings.log_file is None and settings.log_level != "debug":
        for handler in logging.getLogger().handlers:
            handler.addFilter(_for_people)
    try:
        yield
    finally:
        logs.close()


def _for_people(record: logging.LogRecord) -> bool:
    """Leave tracebacks out of what a person reads on stderr, and a failed turn, whose sentence they get anyway."""
    record.exc_info = record.stack_info = None
    return record.name != "conduit.agent.turn"


async def find_session(app: App, wanted: str) -> SessionInfo:
    """Return the session whose id is `wanted` or begins with it.

    Raises:
        SessionNotFound: there is none in this workspace.
        UserError: several begin with it.
    """
    found: list[SessionInfo] = []
    cursor = None
    while page := await app.sessions(cursor=cursor, limit=_PAGE):
        found += [info for info in page if info.id.startswith(wanted)]
        cursor = page[-1].id
    exact = [info for info in found if info.id == wanted]
    if len(exact or found) > 1:
        shown = ", ".join(info.id for info in found[:4])
        raise UserError(f"{len(found)} conversations begin with {wanted!r} ({shown}…). Write more of the id.")
    if not found or not wanted:
        raise SessionNotFound(wanted)
    return (exact or found)[0]
