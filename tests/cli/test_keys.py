"""`conduit keys`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent


@pytest.fixture
def ring(line, tmp_path):
    line.environ |= {
        "PYTHON_KEYRING_BACKEND": "fakes.file_ring.FileRing",
        "FILE_RING": str(tmp_path / "ring.json"),
        "PYTHONPATH": str(TESTS),
    }
    return line


def state(line, vendor="openai"):
    found = json.loads(line.run("keys", "list", "--json").stdout)
    return found["keyring"], next(each for each in found["vendors"] if each["vendor"] == vendor)["source"]


def test_a_key_is_kept_listed_and_removed_and_never_printed(ring):
    assert state(ring) == (True, "none")
    done = ring.run("keys", "set", "openai", piped="key-of-a-test-only\n")
    assert (done.returncode, done.stdout) == (0, "The key for OpenAI is in the keyring.\n")
    assert state(ring) == (True, "keyring")
    shown = ring.run("keys", "list").stdout
    assert "openai" in shown
    assert "key-of-a-test-only" not in shown
    assert "key found in the keyring" in ring.run("doctor").stdout
    done = ring.run("keys", "set", "openai", piped="another-key-of-a-test\n", environ={"OPENAI_API_KEY": "x" * 20})
    assert "OPENAI_API_KEY holds one too" in done.stderr
    assert ring.run("keys", "remove", "openai").returncode == 0
    assert state(ring) == (True, "none")


def test_without_a_keyring_it_says_so_and_what_to_do(line):
    line.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    done = line.run("keys", "set", "openai", piped="key-of-a-test-only\n")
    assert done.returncode == 1
    assert "no keyring" in done.stderr
    assert "variable" in done.stderr
    assert state(line) == (False, "none")


def test_no_key_and_no_such_vendor_are_errors(ring):
    assert "No key was given" in ring.run("keys", "set", "openai", piped="\n").stderr
    done = ring.run("keys", "set", "opnai", piped="key-of-a-test-only\n")
    assert done.returncode == 1
    assert "opnai" in done.stderr
