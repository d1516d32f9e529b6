"""Where the folders are, and that they are private."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from conduit.config.folders import Folders, ensure_private, find_folders
from conduit.errors import ConfigError


def test_without_variables_the_folders_are_under_home():
    assert find_folders({"HOME": "/home/ann"}) == Folders(
        config=Path("/home/ann/.config/conduit"),
        state=Path("/home/ann/.local/state/conduit"),
        data=Path("/home/ann/.local/share/conduit"),
    )


def test_xdg_variables_win_over_home_and_our_own_over_both():
    environ = {
        "HOME": "/home/ann",
        "XDG_CONFIG_HOME": "/x/config",
        "XDG_STATE_HOME": "/x/state",
        "XDG_DATA_HOME": "/x/data",
    }
    assert find_folders(environ) == Folders(
        Path("/x/config/conduit"), Path("/x/state/conduit"), Path("/x/data/conduit")
    )
    ours = {"CONDUIT_CONFIG_DIR": "/c", "CONDUIT_STATE_DIR": "/s", "CONDUIT_DATA_DIR": "/d"}
    assert find_folders(environ | ours) == Folders(Path("/c"), Path("/s"), Path("/d"))


def test_a_relative_xdg_variable_is_ignored_and_a_relative_one_of_ours_refused():
    assert find_folders({"HOME": "/h", "XDG_STATE_HOME": "state"}).state == Path("/h/.local/state/conduit")
    with pytest.raises(ConfigError, match="CONDUIT_STATE_DIR"):
        find_folders({"HOME": "/h", "CONDUIT_STATE_DIR": "state"})


def test_a_created_folder_and_its_missing_parents_are_private(tmp_path):
    old = os.umask(0)
    try:
        made = ensure_private(tmp_path / "a/b")
    finally:
        os.umask(old)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (made, made.parent)] == [0o700, 0o700]


def test_an_existing_folder_keeps_its_mode_and_a_file_in_its_place_is_told(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o750)
    assert stat.S_IMODE(ensure_private(folder).stat().st_mode) == 0o750
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="a file is in its place"):
        ensure_private(tmp_path / "file")
    with pytest.raises(ConfigError, match="cannot be created"):
        ensure_private(tmp_path / "file" / "below")
