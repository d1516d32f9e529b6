"""Some answers of a long-lived process are compared with their estimates; the journal gets everything."""

from __future__ import annotations

from pathlib import Path

from conduit.compose.calibrating import EVERY, FIRST, CalibratingRecorder
from conduit.context.calibration import Calibration
from conduit.messages.content import Image
from conduit.messages.message import Usage, assistant_message, user_message
from conduit.messages.request import ModelRequest
from conduit.sessions.events import AssistantReplied

PICTURE = Image(media_type="image/png", data="iVBORw==")


class Kept:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def record(self, kind: str, session_id: str, turn_id: str | None, body: object) -> None:
        self.kinds.append(kind)


async def play(folder: Path, times: int, model: str = "openai/m", *content: Image, counted: int = 60) -> Calibration:
    """Record `times` requests with their answers, and return what was learned."""
    calibration, kept = Calibration(folder / "estimates.json"), Kept()
    recorder = CalibratingRecorder(kept, calibration, counts=lambda name: not name.startswith("scripted/"))
    for number in range(times):
        turn = f"turn_{number}"
        request = ModelRequest(model=model, messages=(user_message("hello " * 46, *content),))
        reply = AssistantReplied(
            turn_id=turn,
            message_id=turn,
            parent_id=None,
            message=assistant_message("hi"),
            model=model,
            usage=Usage(input_tokens=counted),
        )
        recorder.record("request", "s", turn, request)
        recorder.record("answer", "s", turn, reply)
    await recorder.settle()
    assert kept.kinds == ["request", "answer"] * times
    return calibration


async def test_the_fifth_answer_is_compared_and_then_every_twentieth(tmp_path: Path):
    learned = (await play(tmp_path, FIRST + EVERY)).error("m")
    assert learned.answers == 2
    assert 1.0 < learned.factor < 1.4


async def test_a_short_command_compares_nothing(tmp_path: Path):
    assert (await play(tmp_path, FIRST - 1)).errors() == {}


async def test_scripts_pictures_and_vendors_that_count_nothing_teach_nothing(tmp_path: Path):
    assert (await play(tmp_path, FIRST, "scripted/demo")).errors() == {}
    assert (await play(tmp_path, FIRST, "openai/m", PICTURE)).errors() == {}
    assert (await play(tmp_path, FIRST, counted=0)).errors() == {}
