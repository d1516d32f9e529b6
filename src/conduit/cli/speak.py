"""`conduit speak`: a text into a recording, written as it arrives and there only when it is whole."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from conduit.app.media import MadeSpeech
from conduit.cli.answer import show_status
from conduit.cli.errors import complain
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.interruption import Interrupted, run_until_signal
from conduit.cli.opening import opened
from conduit.cli.output import Output
from conduit.cli.piped import read_piped
from conduit.cli.saving import Target, keep, target_of, writing
from conduit.errors import UserError
from conduit.messages.media import SUFFIXES
from conduit.providers.media import SpeechRequest

_FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
_SUFFIXES = {".ogg": "opus"} | {f".{name}": name for name in _FORMATS}
_CLOSE_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("text", metavar="TEXT", nargs="*", help="what to say; - or nothing: what is piped in")
    parser.add_argument(
        *("--model", "-m"),
        dest="speech_model",
        metavar="M",
        help="a model that speaks, as vendor/name; else the first whose key is there",
    )
    parser.add_argument("--voice", metavar="V", help="one of the vendor's voices")
    parser.add_argument("--format", choices=_FORMATS, help="of the file; else what the name of --output says")
    parser.add_argument("--output", "-o", metavar="FILE", help="where to save; else a free name in this folder")
    parser.add_argument("--force", action="store_true", help="replace the file of --output")
    parser.add_argument("--json", action="store_true", help="print one JSON object with the file and what it cost")


def run(arguments: argparse.Namespace) -> int:
    """Speak, and print the name of the file.

    Raises:
        UserError: the request makes no sense, the file cannot be written, or the model does not speak.
        UnknownModel, MissingKey, ProviderError: as for any model; of a recording that was cut nothing is kept.
    """
    output = Output()
    try:
        said = " ".join(arguments.text).strip()
        text = said if said not in ("", "-") else read_piped(output.note, optional=False)
        target = target_of(arguments.output, force=arguments.force, kind="speech", text=text)
        if arguments.force and arguments.output is None:
            raise UserError("--force needs --output: without it no file is ever replaced.")
        target.check()
        named = _SUFFIXES.get(target.path.suffix.lower()) if target.named else None
        request = SpeechRequest(arguments.speech_model or "", text, arguments.voice, arguments.format or named)
        made = run_until_signal(lambda: _speak(arguments, request, target, output))
        if isinstance(made, Interrupted):
            output.close(_CLOSE_S)
            complain("Interrupted.")
            return made.exit_code
        _tell(arguments, *made, output)
    finally:
        output.close(_CLOSE_S)
    return 0


async def _speak(
    arguments: argparse.Namespace, request: SpeechRequest, target: Target, output: Output
) -> tuple[MadeSpeech, Path]:
    async with opened(workspace_root(working_folder(None)), arguments) as app:
        app.subscribe_status(lambda status: show_status(output, status))
        name = app.media().model("audio_output", request.model)
        output.progress(f"{name} speaks ...")
        with writing(target) as part:
            async for piece in app.media().speech(request):
                if isinstance(piece, MadeSpeech):
                    return piece, keep(part, target, SUFFIXES[piece.media_type])
                part.write(piece)
                output.progress(f"{name} speaks: {part.written:,} bytes")
        raise AssertionError("a recording ends with what it is")


def _tell(arguments: argparse.Namespace, made: MadeSpeech, path: Path, output: Output) -> None:
    size = path.stat().st_size
    if arguments.json:
        files = [{"path": str(path), "media_type": made.media_type, "bytes": size}]
        usage = made.usage.model_dump()
        result = {"type": "result", "model": made.model, "files": files, "usage": usage, "cost_usd": made.cost_usd}
        output.data(json.dumps(result, ensure_ascii=False) + "\n")
        return
    output.data(f"{path}\n")
    price = "" if made.cost_usd is None else f", ${made.cost_usd:.4f}"
    output.note(f"{made.model}: {made.media_type}, {size:,} bytes{price}")
