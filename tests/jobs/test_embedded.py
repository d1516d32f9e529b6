"""An answer of a given form by the embedded model, with the real weights."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel

from conduit.catalog.catalog import Catalog
from conduit.config.folders import find_folders
from conduit.jobs.structured import ask_structured
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.providers.base import Provider
from conduit.providers.local import EmbeddedOptions, EmbeddedProvider
from conduit.providers.openai_chat import OpenAIChatProvider
from conduit.providers.prompted_tools import PromptedToolsProvider
from conduit.providers.weights import Weights


class Place(BaseModel):
    kind: Literal["file", "folder"]


class Finding(BaseModel):
    severity: Literal["low", "high"]
    certain: bool
    place: Place


def make_wire(base_url: str, key: str) -> Provider:
    catalog = Catalog.packaged()
    return OpenAIChatProvider(catalog.vendor("embedded"), catalog=catalog, base_url=base_url, api_key=key)


@pytest.mark.embedded
async def test_the_embedded_model_is_held_to_the_form_and_answers_in_it():
    weights = Weights(find_folders().data / "weights")
    await weights.ensure()
    options = EmbeddedOptions(context_tokens=2048)
    provider = PromptedToolsProvider(
        EmbeddedProvider(weights, make_wire=make_wire, options=options, on_status=lambda status: None)
    )
    settings = ModelSettings(temperature=0.0, seed=1, max_tokens=200)
    said = user_message("The server crashes on every start. How severe is that?")
    try:
        request = ModelRequest(model="smollm2-135m", messages=(said,), settings=settings)
        got = await ask_structured(provider, request, Finding)
    finally:
        await provider.aclose()
    assert isinstance(got.value, Finding)
    assert got.tries == 1  # the grammar allows nothing else
    assert got.usage.output_tokens > 0
