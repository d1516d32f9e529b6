"""A folder whose files are named like what Python imports, or runs by itself, gets nothing to run in us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from e2e.harness import Bench, chat, new_session

COMMAND = [str(Path(sys.executable).with_name("conduit")), "serve"]
NAMES = ("json", "asyncio", "logging", "pydantic", "lsprotocol", "tiktoken", "aiosqlite", "conduit", "sitecustomize")


@pytest.fixture
def poisoned(bench: Bench) -> Path:
    """Return the file that every module of the folder writes when it is imported."""
    ran = bench.home / "ran"
    poison = f"open({str(ran)!r}, 'a').write(__name__ + chr(10))\n"
    for name in NAMES:
        (bench.root / f"{name}.py").write_text(poison)
    (bench.root / "x.pth").write_text(f"import sys; exec({poison!r})\n")
    return ran


def test_the_poison_works(bench: Bench, poisoned: Path) -> None:
    subprocess.run([sys.executable, "-c", "import tiktoken"], cwd=bench.root, check=True)
    assert "tiktoken" in poisoned.read_text()


async def test_the_server_imports_nothing_of_the_folder(bench: Bench, poisoned: Path) -> None:
    bench.script({"reply": [{"text": "Hello."}]})
    async with await bench.start(command=COMMAND) as editor:
        session = await new_session(editor, bench.root)
        assert (await chat(editor, session, "Hi."))["stopReason"] == "end_turn"
        await editor.request("conduit/models/list", {})
    assert not poisoned.exists()


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_the_embedded_model_imports_nothing_of_the_folder(bench: Bench, poisoned: Path) -> None:
    async with await bench.start(command=COMMAND, CONDUIT_MODEL="embedded/smollm2-135m") as editor:
        session = await new_session(editor, bench.root)
        await chat(editor, session, "Say hello.")
    assert not poisoned.exists()
