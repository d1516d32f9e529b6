"""What an endpoint tells fills gaps, what the person writes wins, and a bad file is told with its place."""

from __future__ import annotations

import datetime as dt

import pytest

from conduit.catalog.catalog import Catalog
from conduit.catalog.tiers import Discovered, DiscoveredList, read_lists, with_discovered, with_own, write_lists
from conduit.errors import ConfigError, UnknownModel

TODAY = dt.date(2026, 11, 21)
CATALOG = Catalog.packaged()


def served(vendor: str, *models: Discovered, base_url: str | None = None) -> dict[str, DiscoveredList]:
    url = base_url or CATALOG.vendor(vendor).base_url
    return {vendor: DiscoveredList(base_url=url, at=TODAY, models=models)}


def own(text: str) -> Catalog:
    return with_own(CATALOG, text, "models.toml", TODAY)


def test_a_listed_model_gets_a_row_with_what_was_told_and_when():
    told = Discovered(name="tiny:1b", context_tokens=4096, abilities=("completion", "vision"), detail="1 B")
    row = with_discovered(CATALOG, served("vllm", told)).resolve("tiny:1b")
    assert (row.id, row.tier, row.context_tokens, row.date) == ("vllm/tiny:1b", "discovered", 4096, TODAY)
    assert (row.capabilities.tools, row.capabilities.vision, row.capabilities.thinking) == ("none", True, "none")
    assert row.capabilities.sampling == "always"


def test_a_list_that_names_no_abilities_leaves_the_vendors_defaults():
    row = with_discovered(CATALOG, served("vllm", Discovered(name="m"))).resolve("vllm/m")
    assert row.capabilities == CATALOG.vendor("vllm").model_defaults


def test_a_list_fills_the_gaps_of_a_packaged_row_and_changes_nothing_else():
    told = Discovered(name="qwen3.7-max", context_tokens=5, abilities=("tools", "vision", "thinking"))
    before = CATALOG.resolve("qwen/qwen3.7-max")
    row = with_discovered(CATALOG, served("qwen", told)).resolve("qwen/qwen3.7-max")
    assert (row.context_tokens, row.capabilities.vision) == (before.context_tokens, False)
    assert row.capabilities.thinking == "effort"
    assert (row.tier, row.source) == (before.tier, before.source)


def test_the_list_of_another_address_does_not_count():
    lists = served("vllm", Discovered(name="m"), base_url="http://elsewhere/v1")
    assert with_discovered(CATALOG, lists).resolve("vllm/m").tier == "default"


def test_lists_survive_a_file_and_a_broken_file_counts_as_empty():
    lists = served("vllm", Discovered(name="m", abilities=("tools",)))
    assert read_lists(write_lists(lists)) == lists
    assert read_lists('{"vllm": 3}') == read_lists("") == {}


def test_the_persons_row_changes_what_it_names_and_keeps_the_rest():
    catalog = own(
        """
        aliases = { Mine = "anthropic/claude-sonnet-5-5", new = "custom/new" }
        [[models]]
        vendor = "anthropic"
        name = "claude-sonnet-5-5"
        context_tokens = 5
        capabilities = { vision = false }
        price = { input = 1.0, output = 2.0, source = "my contract", date = 2026-01-01 }
        [[models]]
        vendor = "custom"
        name = "new"
        """
    )
    row = catalog.resolve("mine")
    assert (row.tier, row.source, row.context_tokens, row.capabilities.vision) == ("own", "models.toml", 5, False)
    assert (row.capabilities.tools, row.price and row.price.input) == ("native", 1.0)
    assert catalog.resolve("new").listed
    assert [model.id for model in catalog.models][:2] == [model.id for model in CATALOG.models][:2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[models]", "models.toml is no TOML"),
        ("model = 1", "model: Extra inputs"),
        ('[[models]]\nname = "x"', "model 1 needs a 'vendor'"),
        ('[[models]]\nvendor = "nobody"\nname = "x"', "the vendor 'nobody'"),
        ('[[models]]\nvendor = "custom"\nname = "x"\ncontext = 3', "custom/x: context: Extra inputs"),
        ('[[models]]\nvendor = "custom"\nname = "x"\ncapabilities = {visoin = true}', "capabilities.visoin"),
        ('aliases = { x = "sonnet" }', "'vendor/model', not 'sonnet'"),
    ],
)
def test_a_mistake_in_the_persons_file_is_told_with_its_place(text: str, said: str):
    with pytest.raises(ConfigError) as caught:
        own(text)
    assert said in str(caught.value)


def test_an_alias_that_leads_nowhere_is_told():
    with pytest.raises(UnknownModel):
        own('aliases = { x = "nobody/model" }')
