"""The command line as it starts: help, versions, usage errors, and how little is imported."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from conduit import __version__
from conduit.cli.commands import COMMANDS, build_parser, subcommands

ROOT = Path(__file__).parents[2]


def conduit(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conduit", *arguments] if code is None else [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)


def leaves() -> dict[str, argparse.ArgumentParser]:
    """Every command that runs, by its words."""
    found = {}
    for name, parser in subcommands(build_parser([command.name for command in COMMANDS])).items():
        inner = subcommands(parser)
        found |= {f"{name} {word}": own for word, own in inner.items()} if inner else {name: parser}
    return found


def rows(parser: argparse.ArgumentParser) -> list[str]:
    """One row of the page for each argument."""
    lines = []
    for action in parser._actions:
        if action.option_strings[:1] == ["-h"] or action.option_strings == ["--log-level"]:
            continue
        if action.option_strings == ["--log-file"]:
            continue
        value = action.metavar or ("|".join(action.choices) if action.choices else "")
        name = action.option_strings[0] if action.option_strings else action.dest
        shown = f"{name} {value}".replace("|", "\\|") if action.option_strings and value else (action.metavar or name)
        if isinstance(action, argparse.BooleanOptionalAction):
            shown = "`, `".join(action.option_strings)
        lines.append(f"| `{shown}` | {action.help} |")
    return lines


def test_the_version_is_printed():
    done = conduit("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"conduit {__version__}\n", "")


def test_help_has_one_line_for_each_command():
    done = conduit("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert any(line.split() == [command.name, *command.summary.split()] for line in done.stdout.splitlines())


@pytest.mark.parametrize("words", [name for name in leaves() if name != "serve"])
def test_the_help_of_a_command_explains_every_argument(words):
    done = conduit(*words.split(), "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for action in leaves()[words]._actions:
        assert action.help
        for option in action.option_strings:
            assert option in done.stdout
    assert "--log-level" in done.stdout


def test_the_help_of_serve_is_the_same_on_its_short_way():
    assert "--tcp" in conduit("serve", "--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("bogus",),
        ("ask",),
        ("ask", "--mode", "write", "q"),
        ("ask", "--session", "a", "--continue", "q"),
        ("sessions",),
        ("sessions", "show"),
        ("sessions", "list", "--limit", "0"),
        ("serve", "--bogus"),
        ("log", "extra"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_so_on_stderr(arguments):
    done = conduit(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "conduit" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_and_help_import_nothing_heavy():
    code = (
        "import sys; sys.argv = ['conduit', {0!r}, '--help']\n"
        "from conduit.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('|', *[name for name in sys.modules if name.startswith('conduit') or name in"
        " ('pydantic', 'rich', 'asyncio', 'httpx', 'pygls')])"
    )
    loaded = conduit(code=code.format("serve")).stdout.split("|")[-1].split()
    assert sorted(loaded) == ["conduit", "conduit.__main__", "conduit.lsp", "conduit.lsp.arguments"]
    loaded = conduit(code=code.format("--version")).stdout.split("|")[-1].split()
    assert "pydantic" not in loaded
    assert "rich" not in loaded


def test_logging_of_the_server_starts_without_pydantic():
    code = (
        "import sys; sys.argv = ['conduit', 'serve', '--tcp', 'example.org:1']\n"
        "from conduit import __main__\n"
        "assert __main__._start_logging({'log_level': 'info'})\n"
        "print('pydantic' in sys.modules)"
    )
    assert conduit(code=code).stdout == "False\n"


def test_a_log_file_that_cannot_be_opened_is_told_before_the_server_starts():
    done = conduit("serve", "--log-file", "/dev/null/below")
    assert done.returncode == 2
    assert done.stderr.startswith("conduit: logging: ")


@pytest.mark.parametrize("words", leaves())
def test_the_page_has_every_command_with_its_arguments(words):
    page = (ROOT / "docs/cli.md").read_text()
    heading = f"## conduit {words}\n"
    assert heading in page
    section = page.split(heading)[1].split("\n## ")[0]
    found = [line for line in section.splitlines() if line.startswith("| `")]
    assert found == rows(leaves()[words]), "put these rows under the heading:\n" + "\n".join(rows(leaves()[words]))


def test_the_page_has_no_other_command():
    page = (ROOT / "docs/cli.md").read_text()
    assert {line[3:] for line in page.splitlines() if line.startswith("## conduit ")} == {
        f"conduit {words}" for words in leaves()
    }
