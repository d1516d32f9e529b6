from __future__ import annotations

import pytest

from conduit.providers.addresses import is_on_this_machine


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/v1", "http://localhost:11434/v1", "http://[::1]:1/", "http://127.9.9.9"]
)
def test_a_loopback_address_is_this_machine(url: str):
    assert is_on_this_machine(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/v1",
        "https://127.0.0.1/v1",
        "http://localhost.example.com",
        "http://[bad",
        "nonsense",
        "http://",
    ],
)
def test_another_address_is_not(url: str):
    assert not is_on_this_machine(url)
