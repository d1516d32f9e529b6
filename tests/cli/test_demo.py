"""`conduit demo`: every step really happens, and a step that does not makes it fail."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

STEPS = ["stream", "tool", "action", "resume", "usage", "demo"]
READ = {
    "when": {"user": "Read the file", "round": 0},
    "reply": [{"call": "read_file", "arguments": {"path": "prices.py"}}],
}
DOCUMENT = {
    "when": {"user": "Document the code", "round": 0},
    "reply": [{"call": "write_documentation", "arguments": {"text": "Return what an order costs."}}],
}
# The pause keeps the writer from merging the pieces.
SAY = {"reply": [{"text": "Here is "}, {"pause_s": 0.1}, {"text": "what I found."}]}


def demo(home: Path, rules: Sequence[Mapping[str, object]] | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(home), "NO_COLOR": "1"}
    if rules is not None:
        script = home / "script.json"
        script.write_text(json.dumps({"rules": list(rules)}))
        env |= {"CONDUIT_MODEL": "scripted/demo", "CONDUIT_SCRIPT": str(script)}
    command = [sys.executable, "-m", "conduit", "demo", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=110, cwd=home, check=False)


def steps(run: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_every_step_happens_and_the_transcript_shows_it(tmp_path: Path) -> None:
    run = demo(tmp_path, [READ, DOCUMENT, SAY])
    assert run.returncode == 0, run.stdout + run.stderr
    for part in (
        "1. A streamed answer",
        "Read prices.py",
        '+    """Return what an order costs."""',
        "all steps happened",
    ):
        assert part in run.stdout


def test_the_json_form_has_one_object_per_step(tmp_path: Path) -> None:
    run = demo(tmp_path, [READ, DOCUMENT, SAY], "--json")
    assert [(each["step"], each["ok"]) for each in steps(run)] == [(name, True) for name in STEPS]


def test_a_model_that_calls_no_tool_fails_the_demo_after_three_tries(tmp_path: Path) -> None:
    run = demo(tmp_path, [DOCUMENT, SAY], "--json")
    assert run.returncode == 1
    found = {each["step"]: each for each in steps(run)}
    assert (found["tool"]["ok"], found["tool"]["tries"]) == (False, 3)
    assert (found["action"]["ok"], found["demo"]["ok"]) == (True, False)


def test_a_model_that_never_answers_fails_every_step_that_needs_it(tmp_path: Path) -> None:
    run = demo(tmp_path, [{"reply": [{"fail": {"kind": "auth", "message": "The key is wrong."}}]}], "--json")
    assert run.returncode == 1
    assert "The key is wrong." in str(steps(run)[0]["detail"])
    assert not any(each["ok"] for each in steps(run) if each["step"] != "usage")


def test_a_workspace_is_shown_on_a_copy_and_never_touched(tmp_path: Path) -> None:
    project = tmp_path / "mine"
    project.mkdir()
    (project / "prices.py").write_text("def cost():\n    return 1\n")
    (project / ".env").write_text("SECRET=1\n")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in project.iterdir()}
    run = demo(tmp_path, [READ, DOCUMENT, SAY], "--workspace", str(project))
    assert run.returncode == 0, run.stdout + run.stderr
    assert '+    """Return what an order costs."""' in run.stdout
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in project.iterdir()} == before


def test_a_folder_without_sources_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = demo(tmp_path, [SAY], "--workspace", str(tmp_path / "empty"))
    assert run.returncode == 1
    assert "no source file" in run.stdout


def skeleton(transcript: str) -> list[str]:
    """Return the lines that do not depend on what the model says, without their numbers."""
    kept = [line.rstrip() for line in transcript.splitlines() if re.match(r"\d\.|  (ok|FAILED|>) |  model:", line)]
    return [re.sub(r"\d+", "N", re.sub(r" \(at try .*\)", "", line)) for line in kept]


@pytest.mark.embedded
def test_the_embedded_model_plays_the_whole_demo_as_the_readme_shows_it(tmp_path: Path) -> None:
    run = demo(tmp_path, None)
    assert run.returncode == 0, run.stdout + run.stderr
    readme = (Path(__file__).parent.parent.parent / "README.md").read_text()
    shown = readme.split("<!-- transcript -->")[1].split("<!-- /transcript -->")[0]
    assert skeleton(run.stdout) == skeleton(shown)
    assert len(skeleton(shown)) >= 15
