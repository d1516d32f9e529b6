"""Assembles one App from the settings, the wires, the tools and the store."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from conduit.agent.budget import TurnLimits
from conduit.agent.permission import Approver
from conduit.app import App, Check, Parts, Setup, Status
from conduit.app.parts import CompletionRules
from conduit.catalog.catalog import Catalog
from conduit.compose.calibrating import CalibratingRecorder
from conduit.compose.endpoints import Endpoints, addressed
from conduit.compose.followed import FollowedCatalog
from conduit.compose.keys import CatalogKeys
from conduit.compose.library import LISTS_FILE, OWN_FILE, read_tiers
from conduit.compose.retention import expire_texts
from conduit.compose.tools import all_tools
from conduit.compose.wires import Wires
from conduit.config.folders import Folders, ensure_private, find_folders
from conduit.config.secrets import secret_values
from conduit.config.settings import Settings, load_settings
from conduit.config.vault import Keys, ring_problem
from conduit.context.calibration import CALIBRATION_FILE, Calibration
from conduit.edits.apply import ApplyAtOnce
from conduit.edits.edit import Applier, Saver
from conduit.edits.overwritten import OnOverwritten
from conduit.edits.saving import AbilitySaver
from conduit.errors import ConfigError, ToolError, UnknownModel
from conduit.logs import adjust_logging, hide_in_logs
from conduit.messages.request import ModelSettings
from conduit.redaction import Redactor
from conduit.sandbox.confine import Door
from conduit.sessions.blobs import BlobStore
from conduit.sessions.events import Mode
from conduit.sessions.journal import Journal
from conduit.sessions.ledger import SqliteLedger
from conduit.sessions.paths import blobs_path, database_path, journal_path
from conduit.sessions.store import SqliteStore, open_store
from conduit.workspace.editor import Editor, HeadlessEditor
from conduit.workspace.language import LanguageAbilities, NoLanguage
from conduit.workspace.workspace import Workspace

if TYPE_CHECKING:
    from conduit.providers.weights import Weights

_log = logging.getLogger(__name__)


async def open_app(
    roots: Sequence[Path],
    client_settings: Mapping[str, object],
    editor: Editor,
    applier: Applier,
    approver: Approver,
    *,
    arguments: Mapping[str, object] | None = None,
    environ: Mapping[str, str] = os.environ,
    language: Callable[[Workspace], LanguageAbilities] | None = None,
) -> App:
    """Open the App of one workspace.

    Args:
        roots: absolute folders that the person opened; with none, an empty folder stands in and files cannot be read.
        client_settings: what the editor sent.
        editor: the open documents.
        applier: changes open documents.
        approver: asks the person.
        arguments: settings from a command line.
        environ: the environment.
        language: makes what the editor's own language servers can be asked, where there is such an editor.

    Raises:
        ConfigError, PathNotFound: a setting is bad, or a root cannot be opened.
        StoreError: the database cannot be opened.
    """
    folders = find_folders(environ)
    headless = isinstance(editor, HeadlessEditor)
    room = _Room(folders, environ, arguments or {}, mode="ask" if headless else "review")
    setup = await room.open(client_settings)
    usable, lost = _usable(roots)
    workspace = Workspace(usable, editor, Door(usable))
    abilities = language(workspace) if language is not None else NoLanguage()
    database = _database(folders, usable)
    store, blobs = await _open_stores(room, database)
    parts = Parts(
        workspace=workspace,
        store=store,
        tools=lambda edit_format: all_tools(abilities.offers, edit_format),
        edits=partial(_at_once, applier, AbilitySaver(abilities)),
        approver=approver,
        recorder=room.recorder,
        configure=room.configure,
        doctor=lambda current: room.check(current, database, workspace.door),
        keys=CatalogKeys(room.keys, lambda: room.endpoints.catalog),
        renew=room.renew,
        collect=room.collect,
        prompts=folders.config / "prompts",
        close=lambda: _close(room, workspace),
        ledger=SqliteLedger(folders.state / "ledger.db"),
        language=abilities,
        batches=folders.state / "batches",
        blobs=blobs,
        headless=headless,
        notices=tuple(filter(None, [*lost, store.notice, *room.settings.warnings])),
    )
    app = App(parts, setup)
    room.report = app.report
    return app


def _at_once(applier: Applier, saver: Saver, files: Workspace, lost: OnOverwritten) -> ApplyAtOnce:
    return ApplyAtOnce(files, files.door, applier, saver, on_overwritten=lost)


def _database(folders: Folders, roots: Sequence[Path]) -> Path:
    # Without a folder, conversations are kept in a place of their own.
    return database_path(folders.state, roots[0] if roots else folders.state / "no-folder")


async def _open_stores(room: _Room, database: Path) -> tuple[SqliteStore, BlobStore]:
    store, blobs = await open_store(database), BlobStore(blobs_path(database))
    room.cleaning = asyncio.create_task(expire_texts(store, blobs, room.settings.checkpoints.keep_days))
    return store, blobs


async def _close(room: _Room, workspace: Workspace) -> None:
    workspace.events.close()
    await room.aclose()


def _usable(roots: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Return the roots that can be opened, and a sentence about each other one."""
    lost = [root for root in roots if not os.access(root, os.R_OK | os.X_OK) or not root.is_dir()]
    notices = [f"The folder {root} cannot be opened, so Conduit works without it." for root in lost]
    return [root for root in roots if root not in lost], notices


@dataclass
class _Room:
    """What outlives a change of the settings: folders, environment, the journal, and how to reach the faces."""

    folders: Folders
    environ: Mapping[str, str]
    arguments: Mapping[str, object]
    mode: Mode
    report: Callable[[Status], None] = lambda status: None
    cleaning: asyncio.Task[int] | None = None

    def __post_init__(self) -> None:
        self.catalog = Catalog.packaged()
        names = [name for vendor in self.catalog.vendors for name in vendor.key_variables]
        self.redactor = redactor = Redactor(secret_values(names, self.environ))
        self.journal = Journal(journal_path(self.folders.state), redactor)

        def hide(key: str) -> None:
            redactor.add(key)
            hide_in_logs(key)

        self.keys = Keys(self.environ, self.folders.state, hide)
        wires = {vendor.name: vendor.wire for vendor in self.catalog.vendors}
        self.calibration = Calibration(self.folders.state / CALIBRATION_FILE)
        self.recorder = CalibratingRecorder(
            self.journal,
            self.calibration,
            counts=lambda model: wires.get(model.partition("/")[0]) != "scripted",
        )
        self.settings = Settings()
        self._current: Setup | None = None

    async def open(self, client: Mapping[str, object]) -> Setup:
        """Return what the settings decide, with the keys of the keyring; raises as `setup`."""
        settings = self.load(client)
        await self.keys.load()
        setup = self.setup(settings)
        ensure_private(self.folders.state)
        return setup

    def load(self, client: Mapping[str, object]) -> Settings:
        """Read the settings and log as they say; raises ConfigError."""
        settings = load_settings(client=client, arguments=self.arguments, environ=self.environ)
        try:
            adjust_logging(settings.log_level, settings.log_file)
        except OSError as error:
            raise ConfigError(f"The log file {settings.log_file} cannot be opened: {error.strerror}.") from error
        return settings

    def configure(self, client: Mapping[str, object]) -> Setup:
        """Take changed settings of the editor in, and log what of them is ignored; raises as `load` and `setup`."""
        settings = self.load(client)
        for warning in settings.warnings:
            if warning not in self.settings.warnings:  # said before
                _log.warning("%s", warning)
        return self.setup(settings)

    def setup(self, settings: Settings) -> Setup:
        """Return what the settings decide, the same for the same.

        Raises:
            ConfigError: a setting is bad.
            UnknownModel: nobody knows the model that they change to. One that was there when the App opened is said
                and is no obstacle, since conversations, proposals and other models do not need it.
        """
        if self._current is not None and settings == self.settings:
            return self._current
        catalog = self._catalog(settings)
        wires = Wires(
            settings,
            catalog,
            self.folders.data,
            lambda status: self.report(status),
            caches=self.folders.state / "vendor-caches",
            factor=lambda model: self.calibration.error(model).factor,
        )
        endpoints = Endpoints(
            settings,
            catalog,
            wires.make,
            notify=lambda note: self.report(Status("waiting", endpoints.default(), message=note)),
            told=self.folders.state / "introduced-embedded",
            keys=self.keys,
            environ=self.environ,
        )
        if self._current is not None and settings.model != self.settings.model and (problem := endpoints.problem()):
            raise UnknownModel(problem)
        self.settings = settings
        self._current = Setup(
            models=endpoints,
            mode=settings.mode or self.mode,
            settings=ModelSettings(
                temperature=settings.temperature,
                seed=settings.seed,
                max_tokens=settings.max_tokens,
                keep_alive_s=settings.keep_alive_s,
            ),
            limits=TurnLimits(tool_rounds=settings.max_tool_rounds, tool_output_bytes=settings.max_tool_output_bytes),
            diagnostics_wait_s=settings.diagnostics_wait_s,
            apply_actions=settings.code_actions.apply,
            completions=CompletionRules(
                settings.completions.enabled, settings.completions.model, settings.completions.debounce_ms / 1000
            ),
        )
        return self._current

    def renew(self) -> Setup:
        """Return what the settings decide once more, after a key changed: every endpoint is made anew."""
        self._current = None
        return self.setup(self.settings)

    @property
    def endpoints(self) -> Endpoints:
        """The endpoints of the settings in force."""
        assert self._current is not None
        assert isinstance(self._current.models, Endpoints)
        return self._current.models

    def _catalog(self, settings: Settings) -> Catalog:
        """Return the rows of all tiers, which follow their files; raises as `setup`."""
        packaged = addressed(self.catalog, settings, self.environ)
        lists, own = self.folders.state / LISTS_FILE, self.folders.config / OWN_FILE

        def tell(problem: str) -> None:
            _log.warning("%s", problem)
            self.report(Status("error", settings.model or "", message=problem))

        return FollowedCatalog(lambda: read_tiers(packaged, lists, own), (lists, own), tell)

    async def collect(self, checks: Sequence[Check]) -> Path:
        """Write what a person hands on when something went wrong; raises UserError."""
        from conduit.compose.bundle import collect

        return await asyncio.to_thread(collect, self.settings, self.folders.state, checks, self.redactor)

    async def check(self, setup: Setup, database: Path, door: Door) -> list[Check]:
        """Return the doctor's lines."""
        return await asyncio.to_thread(self.examine, setup, database, door, await ring_problem())

    def examine(self, setup: Setup, database: Path, door: Door, ring: str) -> list[Check]:
        """Return the doctor's lines; blocks on the disk."""
        from conduit.compose.doctor import examine
        from conduit.workspace import search

        assert isinstance(setup.models, Endpoints)
        try:
            ripgrep = search.program()
        except ToolError:
            ripgrep = None
        return examine(
            settings=self.settings,
            folders=self.folders,
            endpoints=setup.models,
            database=database,
            ripgrep=ripgrep,
            door=door,
            weights=_weights_check(Wires(self.settings, self.catalog, self.folders.data, self.report).weights()),
            ring=ring,
        )

    async def aclose(self) -> None:
        """Write what waits."""
        if self.cleaning is not None:
            await self.cleaning
        await self.recorder.settle()
        await asyncio.to_thread(self.journal.close)


def _weights_check(weights: Weights) -> Check:
    state = weights.state()
    if state.present:
        return Check("embedded model", "ok", f"{state.path} ({state.size_bytes:,} bytes)")
    if weights.own:
        return Check("embedded model", "missing", f"there is no such file: {state.path} (set by embedded.weights)")
    return Check("embedded model", "missing", f"{state.path} is fetched (93 MB) when the embedded model is first used")
