"""The catalogue finds what a person means, and says what is near when it does not."""

from __future__ import annotations

import pytest

from conduit.catalog.catalog import Catalog
from conduit.errors import UnknownModel


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.packaged()


@pytest.mark.parametrize("name", ["sonnet", "Sonnet", " anthropic/claude-sonnet-5-5 ", "claude-sonnet-5-5"])
def test_a_model_answers_to_its_alias_its_id_and_its_bare_name(catalog: Catalog, name: str):
    assert catalog.resolve(name).id == "anthropic/claude-sonnet-5-5"


def test_every_alias_leads_to_a_row(catalog: Catalog):
    ids = {model.id for model in catalog.models} | {"scripted/demo"}
    assert set(catalog.aliases.values()) <= ids


def test_every_row_belongs_to_a_vendor_and_tells_its_source(catalog: Catalog):
    vendors = {vendor.name for vendor in catalog.vendors}
    assert {model.vendor for model in catalog.models} <= vendors
    assert all(row.source and row.date.year >= 2026 for row in (*catalog.models, *catalog.vendors))


def test_an_unknown_model_of_a_known_vendor_works_with_the_vendors_defaults(catalog: Catalog):
    model = catalog.resolve("ollama/library/qwen3:8b")
    assert (model.vendor, model.name, model.id) == ("ollama", "library/qwen3:8b", "ollama/library/qwen3:8b")
    no_place = {"documents": False, "audio": False}
    assert model.capabilities == catalog.vendor("ollama").model_defaults.model_copy(update=no_place)
    assert (model.context_tokens, model.max_output_tokens, model.capabilities.vision) == (None, None, None)


def test_what_nobody_told_us_is_unknown_and_not_false(catalog: Catalog):
    assert catalog.resolve("custom/anything").capabilities.vision is None


@pytest.mark.parametrize("name", ["sonet", "nobody/claude-sonnet-5-5", "embedded/other", "openai/", ""])
def test_a_name_that_nothing_answers_to_is_told_with_the_nearest_ones(catalog: Catalog, name: str):
    with pytest.raises(UnknownModel) as caught:
        catalog.resolve(name)
    assert repr(name) in str(caught.value)
    near = str(caught.value).split("Did you mean ")[1].split("?")[0].split(", ")
    assert len(near) == 3


def test_the_nearest_name_to_a_slip_is_the_meant_one(catalog: Catalog):
    with pytest.raises(UnknownModel, match="Did you mean sonnet,"):
        catalog.resolve("sonet")


def test_settings_change_a_copy_of_the_endpoint_and_never_the_catalogue(catalog: Catalog):
    changed = catalog.with_endpoints({"custom": {"base_url": "http://127.0.0.1:1/v1"}})
    assert changed.vendor("custom").base_url == "http://127.0.0.1:1/v1"
    assert catalog.vendor("custom").base_url is None
    with pytest.raises(UnknownModel, match="no vendor 'nobody'"):
        catalog.with_endpoints({"nobody": {"base_url": "x"}})


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("anthropic/claude-sonnet-5-5", "search_replace"),
        ("openai/gpt-6-sol", "v4a"),
        ("openai/a-model-without-a-row", "v4a"),
        ("groq/openai/gpt-oss-120b", "v4a"),
        ("groq/llama-3.3-70b-versatile", "search_replace"),
        ("embedded/smollm2-135m", "whole"),
    ],
)
def test_a_model_has_its_own_edit_format_or_its_vendors(name: str, form: str) -> None:
    catalog = Catalog.packaged()
    assert catalog.edit_format(catalog.resolve(name)) == form
