"""The real server, as one that speaks a newer protocol would present itself: a pipe between it and the editor."""

from __future__ import annotations

import re
import subprocess
import sys
import threading

server = subprocess.Popen([sys.executable, "-m", "conduit", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
assert server.stdin is not None
assert server.stdout is not None


def forward() -> None:
    assert server.stdin is not None
    while data := sys.stdin.buffer.read1():
        server.stdin.write(data)
        server.stdin.flush()
    server.stdin.close()


threading.Thread(target=forward, daemon=True).start()
while data := server.stdout.read1():  # type: ignore[attr-defined]
    sys.stdout.buffer.write(re.sub(rb'("protocol": ?)1', rb"\g<1>2", data))
    sys.stdout.buffer.flush()
sys.exit(server.wait())
