"""What a prompt may hold is checked before anything is stored."""

from __future__ import annotations

import pytest

from conduit.lsp.failures import RpcError
from conduit.lsp.protocol.prompt import PromptParams
from conduit.lsp.validation import validated


def prompt(kind: str, data: str) -> PromptParams:
    content = [{"type": "text", "text": "look"}, {"type": kind, "mimeType": f"{kind}/x", "data": data}]
    return validated(PromptParams, {"sessionId": "s", "prompt": content})


@pytest.mark.parametrize("kind", ["image", "audio"])
@pytest.mark.parametrize("data", ["", "no base64!", "aGVsbG8", "aGVs\nbG8=", "aGVsbG8=aGVs", "_-8=", "é"])
def test_what_is_no_base64_is_refused_by_its_field(kind: str, data: str) -> None:
    with pytest.raises(RpcError, match=rf"^prompt\.1\.{kind}\.data: base64 without line breaks is required \(.+\)$"):
        prompt(kind, data)


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_base64_is_taken_as_it_is(kind: str) -> None:
    assert prompt(kind, "aGVsbG8=").prompt[1].data == "aGVsbG8="
