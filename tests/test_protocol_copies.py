"""What the plugins know of the protocol is what the server says of it."""

from __future__ import annotations

import importlib.util
import sys
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
