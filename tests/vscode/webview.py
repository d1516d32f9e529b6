"""Tests of the chat page by itself, without an editor: `poe webview [name ...]`. It needs Node and Chromium."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def main() -> int:
    sys.path.insert(0, str(ROOT / "editors"))
    import toolchain

    toolchain.npm_packages(toolchain.VSCODE)
    toolchain.npm_packages(HERE)
    environment = toolchain.environment() | {"E2E_CHROMIUM": str(toolchain.chromium())}
    chosen = [f"--test-name-pattern={name}" for name in sys.argv[1:]]
    files = sorted(str(path) for path in (HERE / "page").glob("*.test.mjs"))
    command = ["node", "--test", "--test-reporter=spec", *chosen, *files]
    return subprocess.run(command, cwd=HERE, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
