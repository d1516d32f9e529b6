"""The tests' own walls: no network but loopback, and nothing of the person's machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

OFFLINE = Path(__file__).parent / "offline.py"
REACH = """
import socket, sys
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError as error:
    print(type(error).__name__, error)
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
    print("loopback works")
"""


def test_a_socket_of_the_test_process_cannot_leave_the_machine():
    with pytest.raises(PermissionError, match="only loopback"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(PermissionError, match="only loopback"):
        socket.getaddrinfo("example.org", 443)


def test_loopback_stays_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_child_of_the_offline_runner_reaches_loopback_and_nothing_else():
    command = [sys.executable, OFFLINE, sys.executable, "-c", REACH]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    wall, refusal, loopback = done.stdout.splitlines()
    assert wall.startswith("offline: ")
    assert "unreachable" in refusal or "timed out" in refusal
    assert loopback == "loopback works"


def test_a_test_sees_neither_the_home_nor_the_keys_of_the_person(tmp_path: Path):
    assert "conduit-tests-" in os.environ["HOME"]
    assert "conduit-tests-" in os.environ["XDG_CONFIG_HOME"]
    assert not [name for name in os.environ if name.endswith("_API_KEY") or name == "CONDUIT_MODEL"]
