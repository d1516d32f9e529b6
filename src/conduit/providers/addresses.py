"""Where an endpoint is: its base URL, and whether it is on this machine. For the wires."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from conduit.catalog.model import Vendor
from conduit.errors import ConfigError


def base_url_of(vendor: Vendor, given: str | None) -> str:
    """Return the URL that was given, or else the row's; raises ConfigError when there is neither."""
    url = given or vendor.base_url
    if url is None:
        raise ConfigError(f"The vendor {vendor.name!r} needs a base URL: set vendors.{vendor.name}.base_url.")
    return url


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
