"""From rows to wires, and from a wire to the person."""

from __future__ import annotations

from pathlib import Path

from conduit.app import Status
from conduit.catalog.catalog import Catalog
from conduit.compose.wires import Wires
from conduit.config.settings import Settings
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest
from conduit.providers.dashscope import DashScopeProvider
from conduit.providers.ollama import OllamaProvider
from fakes.faulty_server import running
from fakes.ollama_server import Model, OllamaServer
from fakes.wires import collect


async def test_the_person_is_told_when_a_model_did_not_read_the_front(tmp_path: Path):
    shown: list[Status] = []
    catalog = Catalog.packaged()
    wires = Wires(Settings(), catalog, tmp_path, shown.append)
    request = ModelRequest(model="qwen3", messages=(user_message("word " * 9_000),))
    server = OllamaServer(models={"qwen3": Model(context=8192)}, old=True)
    async with running(server):
        provider = wires.make(catalog.vendor("ollama"), server.url, None)
        assert isinstance(provider, OllamaProvider)
        _, _, error = await collect(provider, request)
        await provider.aclose()
    assert error is None
    assert [status.message.partition(":")[0] for status in shown] == ["qwen3 read only 4,096 tokens of about 9,005"]


def test_qwens_row_gets_its_own_wire(tmp_path: Path):
    catalog = Catalog.packaged()
    wires = Wires(Settings(), catalog, tmp_path, lambda status: None)
    assert isinstance(wires.make(catalog.vendor("qwen"), "https://example.org/api/v1", "key"), DashScopeProvider)
