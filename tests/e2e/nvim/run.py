"""Runs the tests in Neovim 0.11 and 0.12, and those of a client without a plugin: `poe e2e-nvim [ARGUMENTS]`.

Neovim 0.12 is installed if it is not there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from install import install, installed

TESTS = Path(__file__).parents[2]

if __name__ == "__main__":
    os.environ["E2E_NVIM_12"] = str(installed() or install())
    files = sorted(str(file) for file in TESTS.glob("e2e/test_neovim*.py"))
    files.append(str(TESTS / "e2e" / "test_chat_document.py"))  # the same for whoever has no plugin
    pytest = [sys.executable, "-m", "pytest", "--timeout", "300", *files, *sys.argv[1:]]
    os.execv(sys.executable, [sys.executable, str(TESTS / "offline.py"), *pytest])
