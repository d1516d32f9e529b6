"""The life of the process: exit codes, the client's death, stdout, what is imported when."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conduit.errors import ConfigError
from conduit.lsp.stdio import parse_address
from lsp.raw import SERVE, RawServer, frame, home_env, notification, request

# Installs an import hook that holds every heavy import until the pipe given as the first argument is written to.
HELD_IMPORTS = """
import os, sys
HEAVY = {"pydantic", "pydantic_core", "openai", "anthropic", "httpx", "tiktoken", "aiosqlite", "sqlite3", "pathspec",
         "conduit.app", "conduit.compose", "conduit.messages", "conduit.sessions", "conduit.tools", "conduit.agent"}
class Hold:
    held = True
    def find_spec(self, name, path=None, target=None):
        if self.held and (name in HEAVY or name.split(".")[0] in HEAVY):
            sys.stderr.write(f"held {name}\\n")
            sys.stderr.flush()
            with open(sys.argv[1]) as pipe:
                pipe.read()
            self.held = False
        return None
sys.meta_path.insert(0, Hold())
from conduit.__main__ import main
sys.exit(main(["serve"]))
"""

# Prints in every way a library can, as soon as the server owns stdout.
NOISY = """
import ctypes, os, subprocess, sys, threading, time
def noise():
    while sys.stdout is not sys.stderr:
        time.sleep(0.001)
    for number in range(50):
        print("from print", number)
        sys.__stdout__.write("from the first stdout\\n")
        sys.__stdout__.flush()
        os.write(1, b"from a descriptor\\n")
        ctypes.CDLL(None).printf(b"from C\\n")
        ctypes.CDLL(None).fflush(None)
    subprocess.run(["echo", "from a child"])
    subprocess.run(["cat"])
    print("the noise is over", flush=True)
threading.Thread(target=noise).start()
from conduit.__main__ import main
sys.exit(main(["serve"]))
"""


@pytest.fixture
def start(tmp_path: Path):
    servers: list[RawServer] = []

    def start_one(command: list[str] | None = None, **env: str) -> RawServer:
        servers.append(RawServer(command, home=tmp_path, env=env))
        return servers[-1]

    yield start_one
    for server in servers:
        server.close()


def test_exit_after_shutdown_ends_with_0(start) -> None:
    server = start()
    server.initialize()
    server.send(request(1, "shutdown"))
    assert server.answer(1) == {"jsonrpc": "2.0", "id": 1, "result": None}
    server.send(notification("exit"))
    assert server.end() == 0


def test_exit_without_shutdown_ends_with_1(start) -> None:
    server = start()
    server.initialize()
    server.send(notification("exit"))
    assert server.end() == 1


def test_exit_before_initialize_ends_with_1(start) -> None:
    server = start()
    server.send(notification("exit"))
    assert server.end() == 1


def test_the_end_of_the_input_ends_with_1_or_after_shutdown_with_0(start) -> None:
    vanished, polite = start(), start()
    for server in (vanished, polite):
        server.initialize()
    vanished.process.stdin.close()
    assert vanished.end() == 1
    assert "the client closed the connection" in vanished.stderr
    polite.send(request(1, "shutdown"))
    polite.answer(1)
    polite.process.stdin.close()
    assert polite.end() == 0


def test_sigterm_ends_cleanly(start) -> None:
    server = start()
    server.initialize()
    server.process.send_signal(signal.SIGTERM)
    assert server.end() == 0


def test_requests_before_initialize_and_after_shutdown_are_refused(start) -> None:
    server = start()
    server.send(request(1, "conduit/models/list"))
    assert server.answer(1)["error"]["code"] == -32002
    server.initialize()
    server.send(request(2, "initialize", {"capabilities": {}}))
    assert server.answer(2)["error"]["code"] == -32600
    server.send(request(3, "shutdown"))
    server.answer(3)
    server.send(request(4, "conduit/models/list"))
    assert server.answer(4)["error"]["code"] == -32600


def test_the_end_of_the_clients_process_ends_the_server_within_a_second(start) -> None:
    client = subprocess.Popen(["sleep", "60"])
    server = start()
    server.initialize(processId=client.pid)
    client.kill()
    client.wait()
    died = time.monotonic()
    # Our end of the pipe stays open: only the process id gives it away.
    assert server.end() == 1
    assert time.monotonic() - died < 1
    assert str(client.pid) in server.stderr


def test_a_client_that_is_dead_already_ends_the_server(start) -> None:
    client = subprocess.Popen(["true"])
    client.wait()
    server = start()
    server.initialize(processId=client.pid)
    assert server.end() == 1


def test_nothing_but_lsp_reaches_stdout_and_nobody_else_reads_stdin(start) -> None:
    server = start([sys.executable, "-c", NOISY])
    assert "result" in server.initialize()
    for id_ in range(50):
        server.send(request(id_, "no/such"))
    # RawServer fails on any line that is no header.
    assert [server.answer(id_)["id"] for id_ in range(50)] == list(range(50))
    assert server.wait_for_log("the noise is over")
    server.send(request("last", "shutdown"), notification("exit"))
    server.answer("last")
    assert server.end() == 0
    sources = ("from print", "from the first stdout", "from a descriptor", "from C", "from a child")
    assert [source for source in sources if source not in server.stderr] == []


def test_initialize_is_answered_before_anything_heavy_is_imported(start, tmp_path: Path) -> None:
    pipe = tmp_path / "go"
    os.mkfifo(pipe)
    server = start([sys.executable, "-c", HELD_IMPORTS, str(pipe)])
    assert "result" in server.initialize()
    # Documents are taken in and other requests are answered while the imports hang.
    item = {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": "a"}
    server.send(notification("textDocument/didOpen", {"textDocument": item}), request(1, "no/such"))
    assert server.answer(1)["error"]["code"] == -32601
    # A request that needs the App waits for it, and can be cancelled meanwhile.
    server.send(request(2, "conduit/models/list"), request(3, "conduit/models/list"))
    server.send(notification("$/cancelRequest", {"id": 2}))
    assert server.answer(2)["error"]["code"] == -32800
    pipe.write_text("go")
    assert "result" in server.answer(3, 20)
    assert "held " in server.stderr


def test_a_request_that_was_cancelled_in_the_queue_never_runs(start, tmp_path: Path) -> None:
    server = start()
    server.initialize()
    server.send(request(0, "conduit/models/list"))
    server.answer(0, 20)
    new = {"title": "must not exist"}
    server.send(
        request(1, "conduit/session/new", new),
        notification("$/cancelRequest", {"id": 1}),
        request(2, "conduit/session/new", {"title": "exists"}),
    )
    assert server.answer(1)["error"]["code"] == -32800
    assert "result" in server.answer(2)
    server.send(request(3, "conduit/session/list", {}))
    assert [line["title"] for line in server.answer(3)["result"]["sessions"]] == ["exists"]


def test_wrong_parameters_are_answered_with_the_name_of_the_field(start) -> None:
    server = start()
    server.initialize()
    cases = {
        "conduit/session/prompt": ({"sessionId": "x"}, "prompt: field required"),
        "conduit/session/load": ({"sessionId": 5}, "sessionId"),
        "conduit/session/new": ({"mode": "yolo"}, "mode"),
        "conduit/session/list": ({"limit": 0, "unknown": True}, "limit"),
        "conduit/session/setMode": ([], "params"),
        "workspace/executeCommand": ({"arguments": []}, "command"),
    }
    for method, (params, expected) in cases.items():
        server.send(request(method, method, params))
        error = server.answer(method, 20)["error"]
        assert error["code"] == -32602
        assert expected in error["message"], error


def test_unknown_fields_are_ignored(start) -> None:
    server = start()
    server.initialize()
    server.send(request(1, "conduit/session/new", {"title": "t", "fromTheFuture": {"a": 1}}))
    assert server.answer(1, 20)["result"]["session"]["title"] == "t"


def test_an_app_that_cannot_be_opened_is_one_clear_message_and_an_error_for_each_request(start) -> None:
    server = start(CONDUIT_MODE="yolo")
    server.initialize()
    server.send(request(1, "conduit/models/list"), request(2, "conduit/session/new", {}))
    first, second = server.answer(1, 20), server.answer(2)
    assert first["error"]["message"] == second["error"]["message"]
    assert "CONDUIT_MODE" in first["error"]["message"]
    server.send(request(3, "shutdown"), notification("exit"))
    server.answer(3)
    assert server.end() == 0


@pytest.mark.parametrize(
    "address", ["0.0.0.0:0", "192.168.1.5:9000", "[::]:9000", "example.com:80", "7070", ":1", "x", "127.0.0.1:99999"]
)
def test_an_address_of_another_machine_or_of_all_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="--tcp"):
        parse_address(address)


def test_addresses_of_this_machine_are_understood() -> None:
    addresses = ["127.0.0.1:7070", "localhost:0", "[::1]:65535"]
    assert [parse_address(each) for each in addresses] == [("127.0.0.1", 7070), ("localhost", 0), ("::1", 65535)]


def test_a_refused_address_ends_with_2(tmp_path: Path) -> None:
    run = subprocess.run(
        [*SERVE, "--tcp", "0.0.0.0:0"], capture_output=True, env={**os.environ, **home_env(tmp_path)}, timeout=20
    )
    assert run.returncode == 2
    assert b"--tcp" in run.stderr
    assert run.stdout == b""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_tcp_serves_one_client_of_this_machine(tmp_path: Path, host: str) -> None:
    process = subprocess.Popen(
        [*SERVE, "--tcp", f"{host}:0"],
        stderr=subprocess.PIPE,
        env={**os.environ, **home_env(tmp_path)},
        text=True,
    )
    line = process.stderr.readline()
    port = int(line.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(frame(request(1, "initialize", {"capabilities": {}})))
        assert client.recv(100).startswith(b"Content-Length: ")
        client.sendall(frame(request(2, "shutdown")) + frame(notification("exit")))
        while client.recv(65536):
            pass
    assert process.wait(10) == 0
    process.stderr.close()


def test_a_killed_client_leaves_no_process_behind(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen({SERVE!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        f"p.stdin.write({frame(request(1, 'initialize', {'capabilities': {}}))!r})\n"
        f"p.stdin.write({frame(request(2, 'conduit/models/list'))!r}); p.stdin.flush()\n"
        "seen = b''\n"
        "while b'defaultModelId' not in seen: seen += p.stdout.read1()\n"
        "print(p.pid, flush=True); time.sleep(60)\n"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env={**os.environ, **home_env(tmp_path)}
    )
    # Readable when the process has ended, also while nobody has reaped it.
    server = os.pidfd_open(int(client.stdout.readline()))
    client.kill()
    client.wait()
    client.stdout.close()
    killed = time.monotonic()
    assert select.select([server], [], [], 5)[0] == [server]
    os.close(server)
    assert time.monotonic() - killed < 1
