"""Runs the steps in real VS Code: `poe e2e-vscode [--slow] [word ...]`.

What is missing is installed; a missing editor fails. With `--slow` those that install the server from a package index,
with the real uv, pipx and pip, and those with a real keyring; CI leaves them out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from conduit.config.folders import find_folders

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def wheels(folder: Path) -> str:
    """Build the package of this checkout, and the same as an older version; return the folder where both are."""
    target = folder / "wheels"
    for version in ("", "0.0.9"):
        source = folder / f"source{version}"
        source.mkdir()
        for name in ("src", "README.md", "LICENSE"):
            (source / name).symlink_to(ROOT / name)
        text = (ROOT / "pyproject.toml").read_text("utf-8")
        if version:
            text = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', text, count=1)
        (source / "pyproject.toml").write_text(text, "utf-8")
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*pip, "--wheel-dir", target, source], check=True)
    return str(target)


def main() -> int:
    sys.path.insert(0, str(ROOT / "editors"))
    import toolchain

    vsix = toolchain.package()
    server, browser = toolchain.code_server(), toolchain.chromium()
    toolchain.npm_packages(HERE)
    with tempfile.TemporaryDirectory(prefix="conduit-extensions-") as extensions:
        environment = toolchain.environment()
        install = [server, "--install-extension", vsix, "--extensions-dir", extensions, "--user-data-dir", extensions]
        subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)
        environment |= {
            "E2E_CODE_SERVER": str(server),
            "E2E_CHROMIUM": str(browser),
            "E2E_EXTENSIONS": extensions,
            "E2E_BIN": str(Path(sys.prefix) / "bin"),
            "E2E_DATA": os.environ.get("CONDUIT_DATA_DIR") or str(find_folders(os.environ).data),
        }
        if "--slow" in sys.argv:
            toolchain.secret_service()
            environment |= {"E2E_RUNNERS": str(toolchain.runners()), "E2E_WHEELS": wheels(Path(extensions))}
        done = subprocess.run(["node", "run.mjs", *sys.argv[1:]], cwd=HERE, env=environment, check=False).returncode
    if len(sys.argv) == 1:  # without a word: all of it, the chat page by itself too
        done |= subprocess.run([sys.executable, HERE / "webview.py"], check=False).returncode
    return done


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
