"""Keys are found when needed and never shown."""

from __future__ import annotations

import pytest

from conduit.config.secrets import find_key, secret_values
from conduit.errors import ConfigError

ENVIRON = {
    "LAB_KEY": "sk-lab-0123456789\n",
    "BLANK": "  ",
    "BROKEN": "sk-lab 0123456789",
    "GITHUB_TOKEN": "ghp_abcdefgh",
    "DB_PASSWORD": "short",
    "TOKENIZERS_PARALLELISM": "falsefalse",
    "HOME": "/home/someone",
}


def test_a_key_is_found_and_masked():
    key = find_key(("NONE", "BLANK", "LAB_KEY", "BROKEN"), ENVIRON)
    assert key is not None
    assert (key.variable, key.value.get_secret_value()) == ("LAB_KEY", "sk-lab-0123456789")
    assert "0123456789" not in f"{key} {key!r}"


def test_an_unset_or_blank_key_is_missing():
    assert find_key((), ENVIRON) is None
    assert find_key(("NONE", "BLANK"), ENVIRON) is None


def test_a_damaged_key_is_named_but_not_shown():
    with pytest.raises(ConfigError, match="BROKEN") as caught:
        find_key(("BROKEN",), ENVIRON)
    assert "0123456789" not in str(caught.value)


def test_what_must_be_redacted_is_listed_longest_first():
    assert secret_values(["LAB_KEY", "NONE"], ENVIRON) == ("sk-lab-0123456789", "ghp_abcdefgh")
