"""Which workspace a command works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.cli.folder import working_folder, workspace_root
from conduit.errors import UserError
from conduit.sessions.paths import database_path


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A home folder of its own."""
    folder = (tmp_path / "home").resolve()
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("CONDUIT_STATE_DIR", str(tmp_path / "state"))
    return folder


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_the_git_root_around_a_folder_is_the_workspace(home):
    inner = make(home / "project/src/deep")
    make(home / "project/.git")
    assert workspace_root(inner) == home / "project"


def test_a_worktree_with_a_git_file_counts_too(home):
    inner = make(home / "tree/src")
    (home / "tree/.git").write_text("gitdir: elsewhere\n")
    assert workspace_root(inner) == home / "tree"


def test_without_git_the_folder_itself_is_the_workspace(home):
    inner = make(home / "notes/today")
    assert workspace_root(inner) == inner


def test_a_folder_that_an_editor_opened_is_nearer_than_the_git_root(home, tmp_path):
    inner = make(home / "project/package/src")
    make(home / "project/.git")
    database = database_path(tmp_path / "state", home / "project/package")
    database.parent.mkdir(parents=True)
    database.touch()
    assert workspace_root(inner) == home / "project/package"


def test_a_home_folder_in_git_does_not_open_everything(home):
    make(home / ".git")
    inner = make(home / "notes")
    assert workspace_root(inner) == inner
    assert workspace_root(home) == home


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        working_folder(str(tmp_path / "gone"))
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="not a folder"):
        working_folder(str(tmp_path / "file"))
