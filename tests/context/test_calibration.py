"""Estimates of tokens are set right by what vendors counted, within reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.context.calibration import Calibration
from conduit.context.tokens import TokenCounter
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest


def test_errors_are_summed_by_model_and_kept(tmp_path: Path):
    path = tmp_path / "estimates.json"
    Calibration(path).record("m", estimated=100, counted=150)
    Calibration(path).record("m", estimated=300, counted=330)
    error = Calibration(path).error("m")
    assert (error.answers, error.factor) == (2, 1.2)
    assert Calibration(path).error("other").factor == 1.0
    assert [file.name for file in tmp_path.iterdir()] == ["estimates.json"]


@pytest.mark.parametrize(("estimated", "counted", "factor"), [(1, 1000, 2.0), (1000, 1, 0.5), (0, 5, 1.0), (5, 0, 1.0)])
def test_what_cannot_be_true_changes_little(tmp_path: Path, estimated: int, counted: int, factor: float):
    calibration = Calibration(tmp_path / "estimates.json")
    calibration.record("m", estimated=estimated, counted=counted)
    assert calibration.error("m").factor == factor


def test_a_file_that_is_broken_counts_as_empty(tmp_path: Path):
    path = tmp_path / "estimates.json"
    path.write_text("{")
    assert Calibration(path).errors() == {}


def test_only_estimates_are_set_right():
    plain, doubled = TokenCounter(), TokenCounter(lambda model: 2.0)
    assert doubled.count("hello world", "claude").tokens == 2 * plain.count("hello world", "claude").tokens
    assert doubled.count("hello world", "gpt-4") == plain.count("hello world", "gpt-4")
    request = ModelRequest(model="m", messages=(user_message("hello world"),))
    assert doubled.count_request(request).tokens == 2 * plain.count_request(request).tokens
