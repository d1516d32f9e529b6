"""Tells an endpoint on this machine, which no proxy of the environment can reach. For the wires."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_on_this_machine(url: str) -> bool:
    """Say whether `url` is a plain HTTP address of this machine: `localhost` or a loopback address.

    Such an endpoint (the embedded model's, Ollama's) is connected to directly, as Go's client and browsers do:
    a proxy on another machine would look for it on that machine.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
