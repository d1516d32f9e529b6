"""What the client tells about the world around its documents: folders opened and closed, files changed and moved.

Taken in at once, in the order of arrival, like the changes of documents. (LSP 3.18, *Workspace Features*:
`workspaceFolders`, `didChangeWatchedFiles`, `didCreateFiles`, `didRenameFiles`, `didDeleteFiles`.)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.lsp.convert import path_from_uri
from conduit.workspace.events import FileEvent

if TYPE_CHECKING:
    from conduit.workspace.workspace import Workspace

_log = logging.getLogger(__name__)

_KINDS = {
    types.FileChangeType.Created: "created",
    types.FileChangeType.Changed: "changed",
    types.FileChangeType.Deleted: "deleted",
}
_EVERY_FILE = types.FileOperationRegistrationOptions(
    filters=[types.FileOperationFilter(pattern=types.FileOperationPattern(glob="**/*"), scheme="file")]
)


def advertise(capabilities: types.ServerCapabilities) -> None:
    """Say in the answer to `initialize` what is wanted of the world."""
    workspace = capabilities.workspace or types.WorkspaceOptions()
    workspace.workspace_folders = types.WorkspaceFoldersServerCapabilities(supported=True, change_notifications=True)
    workspace.file_operations = types.FileOperationOptions(
        did_create=_EVERY_FILE, did_rename=_EVERY_FILE, did_delete=_EVERY_FILE
    )
    capabilities.workspace = workspace


class World:
    """The folders that the client has open, and the way of its news to the workspace once that is there."""

    def __init__(self, roots: Sequence[Path] = (), show: Callable[[str], None] = lambda text: None) -> None:
        """`show` tells the person about a folder that cannot be opened."""
        self.roots = tuple(roots)
        self._show = show
        self._workspace: Workspace | None = None
        self._initialized = asyncio.Event()

    def handlers(self) -> dict[str, Callable[[Any], None]]:
        """Return what takes each notification in."""
        return {
            types.INITIALIZED: lambda _: self._initialized.set(),
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self._change_folders,
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES: self._changed,
            types.WORKSPACE_DID_CREATE_FILES: self._created,
            types.WORKSPACE_DID_RENAME_FILES: self._renamed,
            types.WORKSPACE_DID_DELETE_FILES: self._deleted,
        }

    def opened(self, workspace: Workspace, roots: Sequence[Path]) -> None:
        """Pass everything on from now on; `roots` are those that `workspace` was opened with."""
        self._workspace = workspace
        if self.roots != tuple(roots):
            self._set_roots()

    async def register(self, ask: Callable[[str, object], Awaitable[object]]) -> None:
        """Have the client, which can do that, tell about files that change on the disk."""
        await self._initialized.wait()  # before that, nothing may be registered
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
        wish = types.Registration("conduit-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        try:
            await ask(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([wish]))
        except (JsonRpcException, ConnectionError) as error:
            _log.info("the client does not tell about files: %s", error)
        else:
            if self._workspace is not None:
                self._workspace.events.told = True

    def _change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = {path_from_uri(folder.uri) for folder in params.event.removed}
        added = [path_from_uri(folder.uri) for folder in params.event.added]
        kept = [root for root in self.roots if root not in removed]
        self.roots = tuple(dict.fromkeys([*kept, *(path for path in added if path is not None)]))
        self._set_roots()

    def _set_roots(self) -> None:
        if self._workspace is not None:
            for problem in self._workspace.set_roots(self.roots):
                self._show(problem)

    def _changed(self, params: types.DidChangeWatchedFilesParams) -> None:
        self._report((change.uri, _KINDS.get(change.type, "changed"), "") for change in params.changes)

    def _created(self, params: types.CreateFilesParams) -> None:
        self._report((file.uri, "created", "") for file in params.files)

    def _renamed(self, params: types.RenameFilesParams) -> None:
        self._report((file.old_uri, "moved", file.new_uri) for file in params.files)

    def _deleted(self, params: types.DeleteFilesParams) -> None:
        self._report((file.uri, "deleted", "") for file in params.files)

    def _report(self, told: Iterable[tuple[str, str, str]]) -> None:
        if self._workspace is not None:
            events = (_event(*each) for each in told)
            self._workspace.events.report([event for event in events if event is not None])


def _event(uri: str, kind: str, new_uri: str) -> FileEvent | None:
    """Return the event of files; a file that is moved to where no file is (another scheme) is gone."""
    path, new = path_from_uri(uri), path_from_uri(new_uri)
    if kind == "moved":
        if path is None:
            return None if new is None else FileEvent(new, "created")
        return FileEvent(path, "moved", new) if new is not None else FileEvent(path, "deleted")
    if path is None:
        return None
    return FileEvent(path, "created" if kind == "created" else "deleted" if kind == "deleted" else "changed")
