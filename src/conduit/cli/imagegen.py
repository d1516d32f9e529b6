"""`conduit imagegen`: pictures from words, always saved, and shown where the terminal can."""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import sys
from pathlib import Path

from conduit.app.media import MOST_PICTURES, MadePictures
from conduit.cli.answer import show_status
from conduit.cli.attachments import MOST_BYTES, PICTURES, read_given
from conduit.cli.errors import complain
from conduit.cli.folder import working_folder, workspace_root
from conduit.cli.interruption import Interrupted, run_until_signal
from conduit.cli.opening import opened
from conduit.cli.output import Output
from conduit.cli.picture import escapes, protocol_of
from conduit.cli.piped import read_piped
from conduit.cli.saving import Target, keep, target_of, writing
from conduit.errors import UserError
from conduit.messages.content import Image
from conduit.messages.media import SUFFIXES
from conduit.providers.media import ImageRequest, Picture

_FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
_CLOSE_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("prompt", metavar="PROMPT", nargs="*", help="what to show; several words are joined")
    parser.add_argument(
        # Not the setting of the same name: that one is the model of conversations.
        *("--model", "-m"),
        dest="image_model",
        metavar="M",
        help="a model that makes pictures, as vendor/name; else the first whose key is there",
    )
    parser.add_argument("--size", metavar="SIZE", help="1536x1024, a ratio such as 16:9, or 2K; what the vendor takes")
    parser.add_argument("--quality", metavar="Q", help="the vendor's word, such as low or high")
    parser.add_argument("--format", choices=["png", "jpeg", "webp"], help="of the file, where it can be chosen")
    parser.add_argument("--n", metavar="N", type=int, default=1, help="how many pictures (default: 1)")
    parser.add_argument(
        "--input", metavar="FILE", action="append", default=[], help="a picture to work from; may be repeated"
    )
    parser.add_argument("--output", "-o", metavar="FILE", help="where to save; else a free name in this folder")
    parser.add_argument("--force", action="store_true", help="replace the file of --output")
    parser.add_argument("--no-show", action="store_true", help="do not show the picture on the terminal")
    parser.add_argument("--json", action="store_true", help="print one JSON object with the files and what they cost")


def run(arguments: argparse.Namespace) -> int:
    """Make the pictures, and print the name of each file.

    Raises:
        UserError: the request makes no sense, a file cannot be read or written, or the model makes no pictures.
        UnknownModel, MissingKey, ProviderError: as for any model.
    """
    output = Output()
    try:
        request, target = _request(arguments, output)
        made = run_until_signal(lambda: _make(arguments, request, output))
        if isinstance(made, Interrupted):
            output.close(_CLOSE_S)
            complain("Interrupted; nothing was saved.")
            return made.exit_code
        paths = _save(made, target)
        _tell(arguments, made, paths, output)
    finally:
        output.close(_CLOSE_S)
    return 0


def _request(arguments: argparse.Namespace, output: Output) -> tuple[ImageRequest, Target]:
    said = " ".join(arguments.prompt)
    prompt = said if said.strip() else read_piped(output.note, optional=False)
    target = target_of(arguments.output, force=arguments.force, kind="image", text=prompt)
    if arguments.force and arguments.output is None:
        raise UserError("--force needs --output: without it no file is ever replaced.")
    target.check(min(arguments.n, MOST_PICTURES))
    wanted = arguments.format or (_FORMATS.get(target.path.suffix.lower()) if target.named else None)
    request = ImageRequest(
        model=arguments.image_model or "",
        prompt=prompt,
        count=arguments.n,
        size=arguments.size,
        quality=arguments.quality,
        format=wanted if arguments.format or wanted != "png" else None,  # what all give when they are not asked
        sources=tuple(_source(path) for path in arguments.input),
    )
    return request, target


def _source(path: str) -> Image:
    given = read_given(path, most_bytes=MOST_BYTES)
    if given.media_type not in PICTURES:
        raise UserError(f"{path!r} is {given.media_type or 'no picture'}. Pictures can be PNG, JPEG, WebP or GIF.")
    return Image(media_type=given.media_type or "", data=base64.b64encode(given.data).decode("ascii"))


async def _make(arguments: argparse.Namespace, request: ImageRequest, output: Output) -> MadePictures:
    async with opened(workspace_root(working_folder(None)), arguments) as app:
        app.subscribe_status(lambda status: show_status(output, status))
        media = app.media()
        output.progress(f"{media.model('image_output', request.model)} draws ...")
        return await media.pictures(request)


def _save(made: MadePictures, target: Target) -> list[Path]:
    paths = []
    for number, picture in enumerate(made.pictures, 1):
        place = target.numbered(number) if target.named else target
        with writing(place) as part:
            part.write(picture.data)
            paths.append(keep(part, place, SUFFIXES[picture.media_type]))
    return paths


def _tell(arguments: argparse.Namespace, made: MadePictures, paths: list[Path], output: Output) -> None:
    tokens = made.usage.input_tokens + made.usage.output_tokens
    if arguments.json:
        files = [
            {"path": str(path), "media_type": each.media_type, "bytes": len(each.data)}
            for path, each in zip(paths, made.pictures, strict=True)
        ]
        usage = made.usage.model_dump()
        result = {"type": "result", "model": made.model, "files": files, "usage": usage, "cost_usd": made.cost_usd}
        output.data(json.dumps(result, ensure_ascii=False) + "\n")
        return
    for path, picture in zip(paths, made.pictures, strict=True):
        if not arguments.no_show:
            output.flush()
            _show(picture)
        output.data(f"{path}\n")
        if _FORMATS.get(path.suffix.lower(), "") not in ("", picture.media_type.removeprefix("image/")):
            output.note(f"{path.name} holds {picture.media_type}, whatever its name says")
    if len(paths) < arguments.n:
        output.note(f"{len(paths)} of {arguments.n} pictures came")
    price = "" if made.cost_usd is None else f", ${made.cost_usd:.4f}"
    output.note(f"{made.model}: {len(paths)} picture{'s' * (len(paths) > 1)}, {tokens} tokens{price}")


def _show(picture: Picture) -> None:
    """Show a picture where the terminal can; this is what no escaping may touch."""
    protocol = protocol_of(os.environ) if sys.stdout.isatty() else None
    if protocol is None:
        return
    for piece in escapes(picture, protocol, columns=shutil.get_terminal_size().columns - 2):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
