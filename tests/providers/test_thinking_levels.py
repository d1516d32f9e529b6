from __future__ import annotations

from typing import Any

import pytest

from conduit.providers.thinking_levels import nearest_level


@pytest.mark.parametrize(
    ("wanted", "known", "used"),
    [
        ("medium", None, "medium"),
        ("max", ("off", "low", "high"), "high"),
        ("medium", ("low", "high"), "low"),
        ("low", ("high", "max"), "high"),
        ("low", ("off",), "low"),
        ("low", (), "low"),
    ],
)
def test_a_level_that_a_model_lacks_becomes_the_next_lower_one_or_its_lowest(wanted: Any, known: Any, used: str):
    assert nearest_level(wanted, known) == used
