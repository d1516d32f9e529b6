"""Ignore rules as git reads them, and names that are shown safely."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from conduit.workspace.ignore import Ignore, is_always_ignored, is_private
from conduit.workspace.names import shown


def ignore(files: dict[str, str]) -> Ignore:
    return Ignore(files.get)


def test_a_deeper_file_wins_and_an_ignored_folder_hides_all_beneath_it() -> None:
    rules = ignore({".gitignore": "*.log\nout/\n", "a/.gitignore": "!keep.log\n", "out/.gitignore": "!back.txt\n"})
    assert rules.hides("x.log")
    assert not rules.hides("a/keep.log")
    assert rules.hides("a/other.log")
    assert rules.hides("out/back.txt")
    assert not rules.hides("src/output.py")


def test_a_bad_pattern_does_not_switch_off_the_others() -> None:
    assert ignore({".gitignore": "*.log\n!\n"}).hides("x.log")


@pytest.mark.parametrize("name", [".git/config", "a/.GIT/hooks/x", ".hg/x"])
def test_version_control_is_always_hidden(name: str) -> None:
    assert is_always_ignored(name)
    assert ignore({".gitignore": "!.git/\n"}).hides(name)


def test_a_project_can_show_what_is_hidden_by_default_but_not_what_is_private() -> None:
    rules = ignore({".gitignore": "!node_modules/\n!.env\n"})
    assert not rules.hides("node_modules/m.js")
    assert rules.hides(".env")


@pytest.mark.parametrize(
    "name", [".env", "a/b/.Env.Production", "ID_RSA", "cert.PEM", "x/.aws/credentials", "prod.env"]
)
def test_secrets_are_known_by_name_whatever_the_case(name: str) -> None:
    assert is_private(name)


def test_the_rules_agree_with_git(tmp_path: Path) -> None:
    git = shutil.which("git")
    assert git, "git is one of the few things that a machine must have"
    rules = {
        ".gitignore": "*.log\n/build\n!important.log\ndoc/**/tmp\n# comment\n\\#hash\nfoo bar\n[ab].txt\n",
        "sub/.gitignore": "!x.log\n/only-here\ndeep/*.c\n",
    }
    names = [
        *(
            "x.log",
            "important.log",
            "build",
            "sub/build",
            "doc/tmp",
            "doc/a/b/tmp",
            "#hash",
            "foo bar",
            "a.txt",
            "c.txt",
        ),
        *("sub/x.log", "sub/only-here", "only-here", "sub/deep/m.c", "sub/deep/er/m.c", "sub/y.log", "sub/b.txt"),
    ]
    subprocess.run([git, "init", "-q", str(tmp_path)], check=True)
    for name, text in rules.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    asked = subprocess.run(
        [git, "-C", str(tmp_path), "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(names),
        capture_output=True,
        text=True,
        check=False,
    )
    ours = ignore(rules)
    assert {name for name in names if ours.hides(name)} == set(filter(None, asked.stdout.split("\0")))


def test_a_name_is_shown_without_control_characters() -> None:
    assert shown("a\nb\x1b[0m\u202e.py") == "a\\nb\\x1b[0m\\u202e.py"
    assert shown("caf\udce9") == "caf\\xe9"
    assert shown("é 漢.py") == "é 漢.py"
