"""Capabilities are asked for by name, unknown is not no, and what a model cannot take is refused with its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import conduit
from conduit.catalog import prices
from conduit.catalog.capabilities import NAMES, Facts, answers, check_name, details, refuse_unreadable
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities, Vendor
from conduit.errors import UserError
from conduit.messages.content import Audio, Block, Document, Image, Text
from conduit.messages.message import MediaUsage, Usage

CATALOG = Catalog.packaged()
PICTURE = Image(media_type="image/png", data="iVBORw==")
RECORDING = Audio(media_type="audio/wav", data="UklGRg==")
PDF = Document(media_type="application/pdf", data="JVBERg==", name="a.pdf")
SRC = Path(conduit.__file__).parent


def reads(field: str) -> bool:
    """Whether any code but the definition reads a field."""
    pattern = re.compile(rf"\.{field}\b")
    return any(pattern.search(file.read_text("utf-8")) for file in SRC.rglob("*.py") if file.name != "model.py")


@pytest.mark.parametrize("field", [*Capabilities.model_fields, *Vendor.model_fields])
def test_every_field_of_a_row_is_read_by_some_code(field: str):
    assert reads(field)


def test_every_model_answers_to_every_name_and_unknown_is_none():
    for model in (*CATALOG.models, CATALOG.resolve("custom/unheard-of")):
        said = answers(model, CATALOG.vendor(model.vendor), Facts())
        assert tuple(said) == NAMES
    unknown = {name for name, answer in said.items() if answer is None}
    assert unknown >= {"vision", "reasoning", "web_search", "embeddings", "cost_tracking", "context_window", "local"}


def test_every_row_tells_a_source_with_an_address_or_a_program_and_its_date():
    rows = [*CATALOG.models, *CATALOG.vendors, *(model.price for model in CATALOG.models if model.price)]
    for row in rows:
        assert re.search(r"https://\S+\.\S+|SDK \d|xllamacpp \d|person's own|Conduit's own", row.source), row
        assert row.date.year >= 2026


def test_another_word_is_answered_with_the_names_there_are():
    assert check_name(" Tool-Calling ") == "tool_calling"
    with pytest.raises(UserError, match=r"no capability 'sight'.*vision"):
        check_name("sight")


def test_details_say_in_words_what_a_yes_leaves_open():
    assert details(CATALOG.resolve("haiku").capabilities)["thinking levels"] == "low, medium, high, max"
    assert details(Capabilities()) == {}


@pytest.mark.parametrize(
    ("block", "capability"),
    [(PICTURE, "vision"), (RECORDING, "audio"), (PDF, "documents")],
    ids=["picture", "sound", "pdf"],
)
def test_what_a_model_cannot_take_is_refused_and_the_unknown_is_tried(block: Block, capability: str):
    lacking = CATALOG.resolve("deepseek/deepseek-v4-pro")
    with pytest.raises(UserError) as caught:
        refuse_unreadable(lacking, [Text(text="look"), block])
    assert "DeepSeek V4 Pro (deepseek/deepseek-v4-pro)" in str(caught.value)
    assert f"'{capability}'" in str(caught.value)
    refuse_unreadable(CATALOG.resolve("custom/unheard-of"), [block])


@pytest.mark.parametrize(
    ("name", "block", "capability"),
    [
        ("ollama/qwen3", PDF, "documents"),
        ("ollama/qwen3", RECORDING, "audio"),
        ("qwen/qwen3.8-max", PDF, "documents"),
        ("gpt-6-luna", RECORDING, "audio"),
        ("anthropic/claude-of-tomorrow", RECORDING, "audio"),
    ],
)
def test_what_a_format_has_no_place_for_is_refused_whatever_the_model_could_take(
    name: str, block: Block, capability: str
):
    with pytest.raises(UserError, match=f"'{capability}'"):
        refuse_unreadable(CATALOG.resolve(name), [block])
    own = Capabilities(documents=True, audio=True)
    model = CATALOG.resolve(name).model_copy(update={"capabilities": own})
    with pytest.raises(UserError, match=f"'{capability}'"):
        refuse_unreadable(CATALOG.with_models([model]).resolve(name), [block])


def test_a_text_file_is_no_document_that_a_model_must_be_able_to_read():
    refuse_unreadable(CATALOG.resolve("deepseek"), [Document(media_type="text/csv", data="YQ==")])


def cost(name: str, usage: Usage) -> float | None:
    model = CATALOG.resolve(name)
    return prices.cost_usd(model, CATALOG.vendor(model.vendor), usage)


def test_a_completion_is_priced_with_its_cache_and_an_unknown_price_is_none():
    usage = Usage(input_tokens=1_000_000, output_tokens=100_000, cache_read_tokens=400_000, cache_write_tokens=100_000)
    assert cost("sonnet", usage) == pytest.approx(0.5 * 2 + 0.4 * 0.1 + 0.1 * 2.5 + 0.1 * 10)
    assert cost("qwen3.8-max", usage) == pytest.approx(1.0 * 2 + 0.1 * 6)
    assert cost("embedded", usage) == cost("vllm/any", usage) == 0.0
    assert cost("qwen3.7-max", usage) is cost("custom/any", usage) is cost("anthropic/unheard-of", usage) is None


def test_pictures_and_sound_are_priced_by_their_own_kind_and_what_nobody_measured_is_unknown():
    picture = MediaUsage(
        input_tokens=1_000_000, image_input_tokens=400_000, output_tokens=100_000, image_output_tokens=100_000
    )
    assert cost("openai/gpt-image-2.6-flare", picture) == pytest.approx(0.6 * 5 + 0.4 * 8 + 0.1 * 30)
    assert cost("openai/gpt-image-2", picture) == cost("openai/gpt-image-2.6-flare", picture)
    assert cost("openai/gpt-transcribe", MediaUsage(audio_seconds=600)) == pytest.approx(0.045)
    assert cost("openai/gpt-transcribe", MediaUsage()) is cost("openai/gpt-transcribe", Usage()) is None


def test_the_price_of_a_model_tells_where_it_comes_from():
    for model in CATALOG.models:
        found = prices.rates(model, CATALOG.vendor(model.vendor))
        assert found is None or found.source
    sonnet = prices.rates(CATALOG.resolve("sonnet"), CATALOG.vendor("anthropic"))
    assert sonnet is not None
    assert (sonnet.input, sonnet.output) == (2.0, 10.0)
    assert sonnet.source.startswith("https://www.anthropic.com/pricing")
