"""The connection's two descriptors: stdio kept for LSP alone, or one TCP client on this machine.

Whatever a library prints, in Python or in C, goes to stderr; a child process cannot read the client's messages.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass

from conduit.errors import ConfigError

_LOOPBACK = {"127.0.0.1": socket.AF_INET, "localhost": socket.AF_INET, "::1": socket.AF_INET6}


@dataclass(frozen=True, slots=True)
class Connection:
    """Descriptors to read and to write; `socket` keeps a TCP connection alive."""

    read: int
    write: int
    socket: socket.socket | None = None


def claim_stdio() -> Connection:
    """Take stdin and stdout for LSP: descriptor 0 becomes empty, descriptor 1 and `sys.stdout` become stderr."""
    read, write = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(read, os.O_BINARY)
        msvcrt.setmode(write, os.O_BINARY)
    empty = os.open(os.devnull, os.O_RDWR)
    os.dup2(empty, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # started without a stderr
        os.dup2(empty, 1)
    os.close(empty)
    sys.stdout = sys.stderr
    return Connection(read, write)


def parse_address(text: str) -> tuple[str, int]:
    """Return (host, port) of `HOST:PORT`, where HOST is this machine (`127.0.0.1`, `[::1]`, `localhost`).

    Raises:
        ConfigError: another address, or no address.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"--tcp takes HOST:PORT, for example 127.0.0.1:7070, not {text!r}.")
    if host not in _LOOPBACK:
        raise ConfigError(
            f"--tcp listens on this machine only (127.0.0.1, [::1] or localhost), not on {host!r}: "
            "whoever can connect can read and change your files."
        )
    return host, int(port)


def accept_one(host: str, port: int) -> Connection:
    """Listen, say on stderr where, and return the first client that connects; nobody else is let in.

    Raises:
        ConfigError: the port is taken, or the address does not exist here.
    """
    family = _LOOPBACK[host]
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise ConfigError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
        listener.listen(1)
        sys.stderr.write(f"conduit: listening on {host}:{listener.getsockname()[1]}\n")
        sys.stderr.flush()
        client, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(client.fileno(), client.fileno(), client)
