"""A file is there whole or not at all, and takes nobody's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.cli.saving import Target, keep, target_of, writing
from conduit.errors import UserError


def save(target: Target, data: bytes = b"new", suffix: str = "png") -> Path:
    with writing(target) as part:
        part.write(data)
        return keep(part, target, suffix)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A cat on a mat!", "image-a-cat-on-a-mat"),
        ("../../etc/passwd", "image-etc-passwd"),
        ("-rf \x1b[2J con", "image-rf-2j-con"),
        ("кот", "image"),
        ("", "image"),
        ("x" * 500, "image-" + "x" * 40),
    ],
)
def test_a_name_made_of_words_is_harmless(text: str, name: str):
    assert target_of(None, force=False, kind="image", text=text).path == Path(name)


@pytest.mark.parametrize("output", ["", " ", "a/", ".", "..", "-", "a\0b"])
def test_what_is_no_name_is_refused(output: str):
    with pytest.raises(UserError, match="no name of a file"):
        target_of(output, force=False, kind="image", text="x")


def test_the_next_free_name_is_taken(tmp_path: Path):
    names = [save(Target(tmp_path / "image-a.b")).name for _ in range(3)]
    assert names == ["image-a.b.png", "image-a.b-2.png", "image-a.b-3.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_name_that_the_person_chose_keeps_its_suffix_and_gets_one_where_it_has_none(tmp_path: Path):
    assert save(Target(tmp_path / "cat.jpg", named=True)).name == "cat.jpg"
    assert save(Target(tmp_path / "cat", named=True)).name == "cat.png"


def test_a_file_that_is_there_is_refused_before_and_kept_when_it_comes_in_between(tmp_path: Path):
    target = Target(tmp_path / "cat.png", named=True)
    target.check(2)
    (tmp_path / "cat.png").write_bytes(b"old")
    with pytest.raises(UserError, match="is there already"):
        target.check()
    assert save(target).name == "cat-2.png"
    assert (tmp_path / "cat.png").read_bytes() == b"old"
    with pytest.raises(UserError, match=r"cat-2\.png' is there already"):
        Target(tmp_path / "cat.png", named=True).numbered(2).check()


def test_with_force_the_file_is_replaced_as_a_whole(tmp_path: Path):
    (tmp_path / "cat.png").write_bytes(b"old")
    target = Target(tmp_path / "cat.png", named=True, force=True)
    target.check()
    assert save(target).read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["cat.png"]


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path):
    (tmp_path / "cat.png").symlink_to(tmp_path / "elsewhere")
    assert save(Target(tmp_path / "cat.png", named=True)).name == "cat-2.png"
    assert not (tmp_path / "elsewhere").exists()


def break_off(target: Target) -> None:
    with writing(target) as part:
        part.write(b"half")
        assert [path.suffix for path in target.path.parent.iterdir()] == [".part"]
        raise KeyboardInterrupt


def test_what_is_broken_off_leaves_nothing(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        break_off(Target(tmp_path / "cat.png"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_or_a_folder_in_its_place_is_told(tmp_path: Path):
    with pytest.raises(UserError, match="There is no folder"):
        Target(tmp_path / "no" / "cat.png", named=True).check()
    (tmp_path / "cat.png").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        Target(tmp_path / "cat.png", named=True, force=True).check()
