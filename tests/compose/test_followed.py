"""The person's own rows are in force as soon as their file is saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.catalog.catalog import Catalog
from conduit.compose.followed import FollowedCatalog
from conduit.compose.library import read_tiers
from conduit.errors import UnknownModel

ROW = """
[aliases]
mine = "custom/{name}"

[[models]]
vendor = "custom"
name = "{name}"
context_tokens = {size}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "models.toml"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def catalog(own: Path, told: list[str]) -> FollowedCatalog:
    packaged, lists = Catalog.packaged(), own.with_name("lists.json")
    return FollowedCatalog(lambda: read_tiers(packaged, lists, own), (lists, own), told.append)


def test_a_file_that_comes_changes_and_goes_is_in_force_at_once(catalog: FollowedCatalog, own: Path):
    addressed = catalog.with_endpoints({"custom": {"base_url": "http://127.0.0.1:1/v1"}})
    with pytest.raises(UnknownModel):
        catalog.resolve("mine")
    for name, size in (("first", 1000), ("second", 2000), ("second", 30_000)):
        own.write_text(ROW.format(name=name, size=size))
        for each in (catalog, addressed):
            assert (each.resolve("mine").name, each.resolve("mine").context_tokens) == (name, size)
            assert f"custom/{name}" in {model.id for model in each.models}
            assert each.aliases["mine"] == f"custom/{name}"
        assert addressed.vendor("custom").base_url == "http://127.0.0.1:1/v1"
    own.unlink()
    with pytest.raises(UnknownModel):
        addressed.resolve("mine")


def test_a_change_that_is_wrong_is_told_once_and_leaves_the_rows_as_they_were(
    catalog: FollowedCatalog, own: Path, told: list[str]
):
    own.write_text(ROW.format(name="first", size=1000))
    assert catalog.resolve("mine").context_tokens == 1000
    own.write_text("[[models]\n")
    assert catalog.resolve("mine").context_tokens == 1000
    assert catalog.describe("custom", "first").context_tokens == 1000
    assert len(told) == 1
    assert "models.toml is no TOML" in told[0]
    own.write_text(ROW.format(name="first", size=3000))
    assert catalog.resolve("mine").context_tokens == 3000
    assert len(told) == 1


def test_rows_that_did_not_change_are_not_read_again(own: Path):
    reads: list[int] = []

    def read() -> Catalog:
        reads.append(1)
        return Catalog.packaged()

    catalog = FollowedCatalog(read, (own,), lambda problem: None)
    for _ in range(5):
        catalog.resolve("sonnet")
    assert len(reads) == 1


def test_every_question_about_a_model_is_answered_from_the_rows_of_now(catalog: FollowedCatalog) -> None:
    assert catalog.edit_format(catalog.resolve("openai/gpt-6-sol")) == "v4a"
    answering = {name for name, it in vars(Catalog).items() if callable(it) or isinstance(it, property)}
    own = {name for name in answering if not name.startswith("_")} - set(vars(FollowedCatalog))
    assert own <= {"packaged"}, "what is inherited would look into an empty catalogue"
