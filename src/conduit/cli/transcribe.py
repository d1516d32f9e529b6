"""`conduit transcribe`: what a recording says, on stdout, with the times of its parts where a model gives them."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from conduit.app.media import MadeTranscript
from conduit.cli.answer import show_status
from conduit.cli.attachments import Given, read_given
from conduit.cli.errors import complain
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.interruption import Interrupted, run_until_signal
from conduit.cli.opening import opened
from conduit.cli.output import Output
from conduit.errors import UserError
from conduit.providers.media import Segment, TranscriptRequest

MOST_BYTES = 500_000_000
"""What is read at all; a vendor's own limit is lower, and told before anything is sent."""

_CLOSE_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", metavar="FILE", help="a recording, or a film with sound")
    parser.add_argument(
        *("--model", "-m"),
        dest="transcription_model",
        metavar="M",
        help="a model that writes down recordings, as vendor/name; else the first whose key is there",
    )
    parser.add_argument("--language", metavar="CODE", help="the language that is spoken, such as de")
    parser.add_argument("--times", action="store_true", help="print each part with its times, one on a line")
    parser.add_argument("--json", action="store_true", help="print one JSON object: the text, its parts, what it cost")


def run(arguments: argparse.Namespace) -> int:
    """Write a recording down.

    Raises:
        UserError: it is no recording or too large, or the model does not do it.
        UnknownModel, MissingKey, ProviderError: as for any model.
    """
    given = read_given(arguments.file, most_bytes=MOST_BYTES)
    kind = given.media_type or ""
    if not kind.startswith(("audio/", "video/")):
        raise UserError(
            f"{arguments.file!r} is {kind or 'no recording'}. It can be MP3, WAV, FLAC, Ogg, MPEG-4 or WebM."
        )
    output = Output()
    try:
        made = run_until_signal(lambda: _transcribe(arguments, given, output))
        if isinstance(made, Interrupted):
            output.close(_CLOSE_S)
            complain("Interrupted.")
            return made.exit_code
        _tell(arguments, made, output)
        output.flush()
    finally:
        output.close(_CLOSE_S)
    if output.error is not None and not isinstance(output.error, BrokenPipeError):
        raise UserError(f"The transcript could not be written: {output.error.strerror}.")
    return 141 if output.error is not None else 0


async def _transcribe(arguments: argparse.Namespace, given: Given, output: Output) -> MadeTranscript:
    async with opened(workspace_root(working_folder(None)), arguments) as app:
        app.subscribe_status(lambda status: show_status(output, status))
        media = app.media()
        request = TranscriptRequest(
            model=arguments.transcription_model or "",
            data=given.data,
            media_type=given.media_type or "",
            language=arguments.language,
            timed=True if arguments.times else None,
        )
        output.progress(f"{media.model('transcription', request.model)} listens ...")
        return await media.transcript(request)


def _tell(arguments: argparse.Namespace, made: MadeTranscript, output: Output) -> None:
    said = made.transcript
    if arguments.json:
        result = {
            "type": "result",
            "model": made.model,
            "text": said.text,
            "language": said.language,
            "duration_s": said.duration_s,
            "segments": [asdict(segment) for segment in said.segments],
            "usage": made.usage.model_dump(),
            "cost_usd": made.cost_usd,
        }
        output.data(json.dumps(result, ensure_ascii=False) + "\n")
        return
    if arguments.times and said.segments:
        output.data("".join(f"{_line(segment)}\n" for segment in said.segments))
    elif said.text:
        output.data(f"{said.text}\n")
    if arguments.times and not said.segments:
        output.note(f"{made.model} gave no times")
    length = "" if said.duration_s is None else f", {said.duration_s:.1f} s"
    price = "" if made.cost_usd is None else f", ${made.cost_usd:.4f}"
    output.note(f"{made.model}: {len(said.text.split())} words{length}{price}")


def _line(segment: Segment) -> str:
    who = f"{segment.speaker}: " if segment.speaker else ""
    return f"[{_clock(segment.start_s)} --> {_clock(segment.end_s)}] {who}{' '.join(segment.text.split())}"


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
