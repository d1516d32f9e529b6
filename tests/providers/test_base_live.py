"""The real vendors, asked as little as possible: `CONDUIT_LIVE_TESTS=1` and a key."""

from __future__ import annotations

import os

import pytest

from conduit.catalog.catalog import Catalog
from conduit.config.secrets import find_key
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest, ModelSettings
from fakes.wires import READ_FILE, call_and_result, collect, provider_of

CATALOG = Catalog.packaged()
MODELS = [
    model
    for model in CATALOG.models
    if any(os.environ.get(variable) for variable in CATALOG.vendor(model.vendor).key_variables)
]


@pytest.mark.live
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
class TestModel:
    """Each catalogued model whose vendor's key is there."""

    async def ask(self, model, *messages, **options):
        vendor = CATALOG.vendor(model.vendor)
        found = find_key(vendor.key_variables)
        assert found is not None, f"set {' or '.join(vendor.key_variables)}"
        key = found.value.get_secret_value()
        async with provider_of(vendor.name, vendor.base_url, api_key=key) as provider:
            request = ModelRequest(model=model.name, messages=messages, **options)
            _, folded, error = await collect(provider, request)
        assert error is None
        return folded

    async def test_it_answers_and_counts(self, model):
        folded = await self.ask(model, user_message("Say only: yes"), settings=ModelSettings(max_tokens=2000))
        assert folded.message().text
        assert folded.usage.input_tokens > 0

    async def test_it_calls_a_tool(self, model):
        folded = await self.ask(model, user_message("Read the file a.py with the tool."), tools=(READ_FILE,))
        assert [call.name for call in folded.message().tool_calls] == ["read_file"]
        assert folded.stop_reason == "tool_use"

    async def test_it_takes_a_conversation_that_was_repaired(self, model):
        call, _ = call_and_result()
        folded = await self.ask(model, user_message("go"), call, user_message("Never mind. Say hi."))
        assert folded.message().text

    async def test_it_answers_in_a_schema(self, model):
        schema = {
            "type": "object",
            "properties": {"n": {"type": "integer"}},
            "required": ["n"],
            "additionalProperties": False,
        }
        folded = await self.ask(model, user_message("What is 2+3?"), response_schema=schema)
        assert folded.message().text.replace(" ", "") == '{"n":5}'

    async def test_it_thinks_when_asked(self, model):
        settings = ModelSettings(thinking="low")
        folded = await self.ask(model, user_message("What is 17*23?"), settings=settings)
        assert "391" in folded.message().text
