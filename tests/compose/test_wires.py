"""From rows to wires, and from a wire to the person."""

from __future__ import annotations

from pathlib import Path

from conduit.catalog.catalog import Catalog
from conduit.compose.wires import Wires
from conduit.config.settings import Settings
from conduit.context.calibration import CALIBRATION_FILE, Calibration
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest
from conduit.providers.dashscope import DashScopeProvider
from conduit.providers.ollama import OllamaProvider
from fakes.faulty_server import running
from fakes.ollama_server import Model, OllamaServer
from fakes.wires import collect


async def test_ollama_is_asked_for_a_context_by_the_tokens_as_they_were_counted_before(tmp_path: Path):
    catalog, calibration = Catalog.packaged(), Calibration(tmp_path / CALIBRATION_FILE)
    wires = Wires(
        Settings(), catalog, tmp_path, lambda status: None, factor=lambda model: calibration.error(model).factor
    )
    request = ModelRequest(model="qwen3", messages=(user_message("word " * 7_000),))
    server = OllamaServer(models={"qwen3": Model(context=65_536)})
    async with running(server):
        provider = wires.make(catalog.vendor("ollama"), server.url, None)
        assert isinstance(provider, OllamaProvider)
        await collect(provider, request)
        calibration.record("qwen3", estimated=1000, counted=2000)
        _, _, error = await collect(provider, request)
        await provider.aclose()
    assert error is None
    asked = [each.body["options"]["num_ctx"] for each in server.received if each.target == "/api/chat"]
    assert asked == [16_384, 32_768]


def test_qwens_row_gets_its_own_wire(tmp_path: Path):
    catalog = Catalog.packaged()
    wires = Wires(Settings(), catalog, tmp_path, lambda status: None)
    assert isinstance(wires.make(catalog.vendor("qwen"), "https://example.org/api/v1", "key"), DashScopeProvider)
