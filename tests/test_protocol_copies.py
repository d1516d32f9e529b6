"""What the plugins know of the protocol is what the server says of it."""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from conduit.lsp import table
from conduit.workspace.language import Ability

EDITORS = Path(__file__).parent.parent / "editors"


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", EDITORS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


COPIES: dict[Path, str] = load_generator().copies()


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.name)
def test_the_copy_of_the_protocol_is_the_servers(path: Path):
    assert path.read_text("utf-8") == COPIES[path], "run: poe protocol"


def test_every_ability_of_an_editor_has_its_payloads():
    abilities = {method for method in table.ASKED if method.startswith("conduit/editor/")}
    assert abilities == {f"conduit/editor/{ability.value}" for ability in Ability}


def contributed(point: str) -> list[dict[str, str]]:
    fragments = [json.loads(path.read_text("utf-8")) for path in (EDITORS / "vscode" / "contributes").glob("*.json")]
    return [entry for fragment in fragments for entry in fragment.get(point, [])]


def test_no_command_of_the_extension_has_the_name_of_a_servers():
    names = {entry["command"] for entry in contributed("commands")}
    assert names & set(table.COMMANDS) == set()
    assert [name for name in names if name.count(".") != 1] == []


def test_no_key_of_the_extension_is_pressed_for_two_commands_at_the_same_place():
    pressed = [(entry["key"], entry.get("when", "")) for entry in contributed("keybindings")]
    assert len(pressed) == len(set(pressed))


def test_the_extension_has_the_version_of_the_server_that_it_installs():
    manifest = json.loads((EDITORS / "vscode" / "package.json").read_text("utf-8"))
    project = tomllib.loads((EDITORS.parent / "pyproject.toml").read_text("utf-8"))
    assert manifest["version"] == project["project"]["version"]


def test_the_locked_packages_name_no_address():
    locks = [EDITORS / "vscode" / "package-lock.json", EDITORS.parent / "tests" / "vscode" / "package-lock.json"]
    packages = [each for lock in locks for each in json.loads(lock.read_text("utf-8"))["packages"].values()]
    assert [each["resolved"] for each in packages if "resolved" in each] == []
