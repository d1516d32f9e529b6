"""Puts Neovim 0.12 into a cache and prints where it is: `python tests/e2e/nvim/install.py`.

PyPI has wheels of Neovim 0.11 alone, so this one is Debian's: its packages are fetched with a private configuration of
apt, which touches nothing of the system and needs no rights, and unpacked into a folder with the libraries that they
name. `CONDUIT_NVIM_12` names another Neovim 0.12 to use instead.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SERIES = "0.12"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR = os.environ.get("CONDUIT_DEBIAN_MIRROR", "http://deb.debian.org/debian")

# Debian's own loader and C library, which are newer than an older system's; children of Neovim get the system's.
LAUNCHER = """#!/bin/sh
root="$(dirname "$(readlink -f "$0")")/root"
export VIMRUNTIME="$root/usr/share/nvim/runtime"
exec "$root/{loader}" --argv0 nvim --library-path "$root/{libraries}" "$root/usr/bin/nvim" "$@"
"""


def cache() -> Path:
    """Return the folder where editors are kept, each under its version."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "conduit-editors"


def installed() -> Path | None:
    """Return the newest Neovim of the series that is there."""
    if own := os.environ.get("CONDUIT_NVIM_12"):
        return Path(own)
    found = sorted(cache().glob(f"nvim-{SERIES}.*-{platform.machine()}/nvim"))
    return found[-1] if found else None


def version(nvim: Path) -> str:
    """Return the version that a Neovim says it has, such as `0.12.4`."""
    said = subprocess.run([nvim, "--version"], capture_output=True, text=True, check=True).stdout
    return said.split()[1].removeprefix("v")


def fetch(folder: Path) -> Path:
    """Fetch Neovim and the libraries that it needs as packages; return the folder where they are."""
    if not KEYRING.exists():
        sys.exit(f"{KEYRING} is missing: install the package debian-archive-keyring")
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {MIRROR} sid main\n")
    (folder / "apt.conf").write_text(
        f'Dir::State "{folder}/state"; Dir::State::status "{folder}/status"; Dir::Cache "{folder}/cache";\n'
        f'Dir::Etc::sourcelist "{folder}/sources.list"; Dir::Etc::sourceparts "/dev/null";\n'
        'Dir::Etc::preferencesparts "/dev/null"; Acquire::Languages "none"; Debug::NoLocking "1";\n'
        + ('APT::Sandbox::User "root";\n' if os.getuid() == 0 else "")
    )
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    for words in (["update"], ["install", "-y", "--no-install-recommends", "--download-only", "neovim"]):
        try:
            subprocess.run(["apt-get", "-qq", *words], env=environment, check=True, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"Neovim {SERIES} could not be fetched from {MIRROR} ({error}); CONDUIT_NVIM_12 may name one.")
    return folder / "cache" / "archives"


def install() -> Path:
    """Install Neovim and return its launcher."""
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as name:
        place = Path(name)
        root = place / "nvim" / "root"
        root.mkdir(parents=True)
        for package in sorted(fetch(place / "apt").glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, root], check=True)
        (loader,) = root.glob("usr/lib*/ld-linux*")
        libraries = next(root.glob("usr/lib/*/libc.so.6")).parent
        (root / "usr/share/nvim/runtime/parser").symlink_to("../../../lib/nvim/parser")
        launcher = place / "nvim" / "nvim"
        launcher.write_text(
            LAUNCHER.format(loader=loader.relative_to(root), libraries=libraries.relative_to(root)), "utf-8"
        )
        launcher.chmod(0o755)
        found = version(launcher)
        if not found.startswith(f"{SERIES}."):
            sys.exit(f"Debian has Neovim {found} now; name a Neovim {SERIES} in CONDUIT_NVIM_12")
        target = cache() / f"nvim-{found}-{platform.machine()}"
        shutil.rmtree(target, ignore_errors=True)
        (place / "nvim").rename(target)
    return target / "nvim"


if __name__ == "__main__":
    nvim = installed() or install()
    print(f"Neovim {version(nvim)}: {nvim}")
