"""`conduit models fetch`, without an index that answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def fetch(home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a machine of its own, with an index that nobody serves."""
    environ = {"HOME": str(home), "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", **variables}
    command = [sys.executable, "-m", "conduit", "models", "fetch"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)


def test_weights_of_the_persons_own_are_used_as_they_are(tmp_path: Path):
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    settings = tmp_path / ".config" / "conduit" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'[embedded]\nweights = "{own}"\n')
    done = fetch(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{own}\n", "")


def test_an_index_that_does_not_answer_ends_the_command_with_a_sentence(tmp_path: Path):
    done = fetch(tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Fetching the embedded model's weights (once) ...\n")
    assert done.stderr.splitlines()[-1].startswith("conduit: ")
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path):
    (tmp_path / "data").write_text("a file")
    done = fetch(tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))
    assert done.returncode == 1
    assert done.stderr.startswith("conduit: ")
    assert len(done.stderr.splitlines()) == 1
