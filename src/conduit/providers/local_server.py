"""The embedded model's child process: llama.cpp's own HTTP server, and a watch on the parent.

Run as `python -P -m conduit.providers.local_server`. It reads one line of JSON from stdin (`model`, `context_tokens`,
`threads`, `api_key`, `parent`), so that the key is in no argument list, writes one line of JSON to stdout (`address`,
or `error`) and then waits: when stdin ends, the parent is gone and this process ends too, whatever llama.cpp is doing.
All that llama.cpp prints goes to stderr. It is never imported by the language server, and it imports nothing of ours.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any, NoReturn


def main() -> NoReturn:
    """Serve until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C on a terminal reaches the whole group; the parent decides
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    line = sys.stdin.buffer.readline()
    if not line:
        os._exit(0)
    order = json.loads(line)
    _end_with_parent(int(order["parent"]))
    try:
        server = _serve(order)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        answer.write(json.dumps({"error": f"{type(error).__name__}: {error}"[:500]}) + "\n")
        answer.flush()
        os._exit(1)
    answer.write(json.dumps({"address": server.listening_address}) + "\n")
    answer.flush()
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)  # a running generation would hold up an orderly end, and there is nothing to save


def _serve(order: dict[str, Any]) -> Any:
    """Load the model and start the server on a free loopback port; one completion at a time, others wait."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = order["model"]
    params.n_ctx = order["context_tokens"]
    params.n_parallel = 1
    params.cpuparams.n_threads = order["threads"]
    params.cpuparams_batch.n_threads = order["threads"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [order["api_key"]]
    params.use_jinja = True
    params.ui = False
    params.endpoint_slots = False
    params.cache_ram_mib = 256
    params.verbosity = 2
    return xllamacpp.Server(params)


def _end_with_parent(parent: int) -> None:
    """Have Linux kill this process when the parent dies; elsewhere the end of stdin alone tells."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1  # prctl(2)
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)


if __name__ == "__main__":
    main()
