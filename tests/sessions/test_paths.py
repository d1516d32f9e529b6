from __future__ import annotations

from pathlib import Path

from conduit.sessions.paths import database_path


def test_a_workspace_has_one_database_whatever_path_leads_to_it(tmp_path: Path) -> None:
    root = tmp_path / "my project!"
    root.mkdir()
    link = tmp_path / "link"
    link.symlink_to(root)
    state = tmp_path / "state"
    path = database_path(state, root)
    assert path == database_path(state, link) == database_path(state, root / ".." / "my project!")
    assert path.parent.parent == state / "workspaces"
    assert path.parent.name.startswith("my-project-")
    assert not state.exists()


def test_folders_of_the_same_name_have_their_own_databases(tmp_path: Path) -> None:
    assert database_path(tmp_path, Path("/a/app")) != database_path(tmp_path, Path("/b/app"))
    assert database_path(tmp_path, Path("/")).parent.name.startswith("root-")
