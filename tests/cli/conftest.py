"""The real command line in a home of its own, with the scripted provider."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Done = subprocess.CompletedProcess[str]


class CommandLine:
    """Runs `conduit` in `folder` with nothing of this machine's settings, no terminal and an empty stdin."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home
        self.environ = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "CONDUIT_MODEL": "scripted/demo",
            "CONDUIT_SCRIPT": str(home / "script.json"),
            **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        }

    def script(self, *rules: object) -> None:
        """Write what the model does."""
        Path(self.environ["CONDUIT_SCRIPT"]).write_text(json.dumps({"rules": list(rules)}))

    def use(self, vendor: str, url: str) -> None:
        """Let the command line find a vendor at an address, with a key."""
        config = self.home / ".config/conduit/config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f'[vendors.{vendor}]\nbase_url = "{url}"\n')
        self.environ[{"google": "GEMINI", "custom": "CONDUIT"}.get(vendor, vendor.upper()) + "_API_KEY"] = "test-key"

    def start(self, *arguments: str, **given: object) -> subprocess.Popen[bytes]:
        """Start a command; the caller ends it."""
        pipe = subprocess.PIPE
        options = {"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, "start_new_session": True, **given}
        environ = {**self.environ, **options.pop("environ", {})}
        return subprocess.Popen([sys.executable, "-m", "conduit", *arguments], cwd=self.folder, env=environ, **options)

    def run(self, *arguments: str, piped: str | None = None, **given: object) -> Done:
        """Run a command to its end; it must never show a traceback."""
        options = {"stdin": subprocess.PIPE, **given} if piped is not None else given
        process = self.start(*arguments, **options)
        out, err = process.communicate(piped.encode() if piped is not None else None, timeout=60)
        done = subprocess.CompletedProcess(
            process.args, process.returncode, (out or b"").decode(), (err or b"").decode()
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def made(self) -> list[str]:
        """Return the names of the files in the folder that were not there at the beginning."""
        return sorted(path.name for path in self.folder.iterdir() if path.name not in (".git", "src"))


@pytest.fixture
def line(tmp_path) -> CommandLine:
    """A command line in a git project with one file."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / "src/a.py").write_text("answer = 41\n")
    home = tmp_path / "home"
    home.mkdir()
    return CommandLine(folder, home)


@pytest.fixture
def read_until() -> Callable[[int, str], str]:
    """Return a bounded wait for text on a descriptor."""
    return _read_until


def _read_until(descriptor: int, wanted: str, bound_s: float = 30) -> str:
    """Return what is read from a descriptor up to `wanted`."""
    seen, end = b"", time.monotonic() + bound_s
    while wanted.encode() not in seen:
        assert select.select([descriptor], [], [], max(0, end - time.monotonic()))[0], seen.decode()
        chunk = os.read(descriptor, 4096)
        assert chunk, f"ended before {wanted!r}: {seen.decode()}"
        seen += chunk
    return seen.decode()
