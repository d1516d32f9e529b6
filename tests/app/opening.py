"""Apps of one project and one state, whose vendors are servers of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from conduit.agent.permission import DenyAll
from conduit.app import App
from conduit.compose import open_app
from conduit.workspace.editor import HeadlessEditor
from fakes.editor import FakeEditor

Opening = Callable[..., AbstractAsyncContextManager[App]]


def opening_in(folder: Path) -> Opening:
    """Return what opens an App whose vendors have the given addresses, and only the given keys."""
    root = folder / "project"
    root.mkdir()
    (folder / "config").mkdir()

    @asynccontextmanager
    async def opened(*, keys: Iterable[str] = (), **urls: str) -> AsyncIterator[App]:
        rows = (f'[vendors.{vendor}]\nbase_url = "{url}"\n' for vendor, url in urls.items())
        (folder / "config/config.toml").write_text("".join(rows))
        environ = {
            "HOME": str(folder),
            "CONDUIT_STATE_DIR": str(folder / "state"),
            "CONDUIT_CONFIG_DIR": str(folder / "config"),
            "CONDUIT_DATA_DIR": str(folder / "data"),
            "CONDUIT_MODEL": "scripted/demo",
            "CONDUIT_SCRIPT": str(folder / "script.json"),
            **dict.fromkeys(keys, "test-key"),
        }
        app = await open_app([root], {}, HeadlessEditor(), FakeEditor(), DenyAll(), environ=environ)
        try:
            yield app
        finally:
            await app.aclose()

    return opened
