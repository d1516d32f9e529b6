"""`poe bench NAME`: runs one measurement and prints its verdict; the exit code is 0 when it holds."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> int:
    """Run the measurement that the first argument names."""
    names = sorted(file.stem for file in FOLDER.glob("*.py") if file.stem not in ("run", "__init__"))
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print(f"usage: poe bench {{{','.join(names)}}}", file=sys.stderr)
        return 2
    sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]
    return int(importlib.import_module(sys.argv[1]).main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
