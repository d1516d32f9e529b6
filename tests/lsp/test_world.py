"""What the client tells about folders and files reaches the workspace, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.lsp.world import World
from conduit.sandbox.confine import Door
from conduit.workspace.editor import HeadlessEditor
from conduit.workspace.events import FileEvent
from conduit.workspace.workspace import Workspace


def uri(path: Path | str) -> str:
    return Path(path).as_uri()


def folders(*paths: Path) -> list[types.WorkspaceFolder]:
    return [types.WorkspaceFolder(uri(path), path.name) for path in paths]


class Heard:
    """A workspace with one root and what its events said."""

    def __init__(self, root: Path, door: Door) -> None:
        self.workspace = Workspace([root], HeadlessEditor(), door)
        self.shown: list[str] = []
        self.world = World([root], self.shown.append)
        self.events: list[FileEvent] = []
        self._arrived = asyncio.Event()
        self.workspace.events.subscribe(self._take, lambda: ())

    def _take(self, batch: Sequence[FileEvent]) -> None:
        self.events += batch
        self._arrived.set()

    def tell(self, method: str, params: object) -> None:
        self.world.handlers()[method](params)

    async def batch(self) -> list[FileEvent]:
        async with asyncio.timeout(20):
            await self._arrived.wait()
        return self.events


@pytest.fixture
async def heard(tmp_path: Path) -> AsyncIterator[Heard]:
    root = tmp_path / "one"
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    with Door([root]) as door:
        heard = Heard(root, door)
        heard.world.opened(heard.workspace, [root])
        yield heard
        heard.workspace.events.close()


def change_of_folders(
    added: Sequence[Path] = (), removed: Sequence[Path] = ()
) -> types.DidChangeWorkspaceFoldersParams:
    event = types.WorkspaceFoldersChangeEvent(added=folders(*added), removed=folders(*removed))
    return types.DidChangeWorkspaceFoldersParams(event)


async def test_folders_come_and_go_and_what_cannot_be_opened_is_said(heard: Heard, tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    method = types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS
    heard.tell(method, change_of_folders([two, two]))
    assert heard.workspace.roots == (one, two)
    heard.tell(method, change_of_folders([three], [one]))
    assert heard.workspace.roots == (two, three)
    heard.tell(method, change_of_folders([tmp_path / "absent"]))
    assert heard.workspace.roots == (two, three)
    assert "absent cannot be opened" in heard.shown[0]


async def test_folders_that_come_before_the_app_is_open_are_not_lost(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    world = World([one])
    world.handlers()[types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS](change_of_folders([two]))
    with Door([one]) as door:
        workspace = Workspace([one], HeadlessEditor(), door)
        world.opened(workspace, [one])
        assert workspace.roots == (one, two)


async def test_files_that_the_client_watches_or_changed_itself_are_told(heard: Heard) -> None:
    changes = [
        types.FileEvent(uri("/p/a"), types.FileChangeType.Changed),
        types.FileEvent(uri("/p/b"), types.FileChangeType.Deleted),
        types.FileEvent("untitled:Untitled-1", types.FileChangeType.Changed),
    ]
    heard.tell(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, types.DidChangeWatchedFilesParams(changes))
    heard.tell(types.WORKSPACE_DID_CREATE_FILES, types.CreateFilesParams([types.FileCreate(uri("/p/c"))]))
    heard.tell(types.WORKSPACE_DID_DELETE_FILES, types.DeleteFilesParams([types.FileDelete(uri("/p/d"))]))
    moved = [
        types.FileRename(uri("/p/old"), uri("/p/new")),
        types.FileRename(uri("/p/away"), "vscode-vfs://github/x"),
        types.FileRename("untitled:Untitled-1", uri("/p/saved")),
    ]
    heard.tell(types.WORKSPACE_DID_RENAME_FILES, types.RenameFilesParams(moved))
    assert set(await heard.batch()) == {
        FileEvent(Path("/p/a"), "changed"),
        FileEvent(Path("/p/b"), "deleted"),
        FileEvent(Path("/p/c"), "created"),
        FileEvent(Path("/p/d"), "deleted"),
        FileEvent(Path("/p/old"), "moved", Path("/p/new")),
        FileEvent(Path("/p/away"), "deleted"),
        FileEvent(Path("/p/saved"), "created"),
    }


async def test_it_registers_after_initialized_and_only_then_relies_on_the_client(heard: Heard) -> None:
    asked: list[Any] = []

    async def ask(method: str, params: object) -> None:
        asked.append((method, params))

    registering = asyncio.create_task(heard.world.register(ask))
    await asyncio.sleep(0)
    assert asked == []
    heard.tell(types.INITIALIZED, types.InitializedParams())
    await registering
    ((method, params),) = asked
    assert method == "client/registerCapability"
    assert params.registrations[0].method == "workspace/didChangeWatchedFiles"
    assert heard.workspace.events.told


async def test_a_client_that_refuses_is_not_relied_on(heard: Heard) -> None:
    async def ask(method: str, params: object) -> None:
        raise JsonRpcException("no", -32601)

    heard.tell(types.INITIALIZED, types.InitializedParams())
    await heard.world.register(ask)
    assert not heard.workspace.events.told
