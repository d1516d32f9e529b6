"""What holds for every test: no network but loopback, and nothing of the person who runs them leaks in.

`CONDUIT_LIVE_TESTS=1` takes both away, for the tests marked `live`, which are left out otherwise.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from conduit.config.folders import find_folders

LIVE = os.environ.get("CONDUIT_LIVE_TESTS") == "1"
KEYS = ("_API_KEY", "_AUTH_TOKEN", "_BASE_URL", "_ACCESS_TOKEN")
# Nothing listens on port 9 (discard): a child that asks a proxy fails at once instead of leaving the machine.
CLOSED_PROXY = "http://127.0.0.1:9"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def refuse_other_hosts(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: let no socket of this process leave the machine."""
    if event in {"socket.connect", "socket.sendto"} and isinstance(arguments[0], socket.socket):
        family, address = arguments[0].family, arguments[1]
        if family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple) and not _is_local(address[0]):
            raise PermissionError(f"a test tried to reach {address[0]}: only loopback is allowed")
    elif event == "socket.getaddrinfo" and arguments[0] is not None and not _is_local(arguments[0]):
        raise PermissionError(f"a test tried to look up {arguments[0]!r}: only loopback is allowed")


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def isolated(home: Path, data: Path) -> dict[str, str]:
    """Return the variables of a machine on which Conduit was never started.

    Only the weights that the set-up left in the data folder are the person's own.
    """
    by_xdg = data.name == "conduit"
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        **({"XDG_DATA_HOME": str(data.parent)} if by_xdg else {"CONDUIT_DATA_DIR": str(data)}),
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "no_proxy": "localhost,127.0.0.1,::1",
        **{name: CLOSED_PROXY for proxy in PROXIES for name in (proxy, proxy.lower())},
    }


def stray(name: str) -> bool:
    """Say whether a variable of the person could change what a test sees."""
    return name.endswith(KEYS) or name.startswith(("XDG_", "CONDUIT_"))


HOMES = pytest.StashKey[Path]()
DATA = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Clean the environment before anything of ours is imported: fixtures of any scope start from it."""
    if LIVE:
        return
    data = find_folders().data
    for name in [name for name in os.environ if stray(name)]:
        del os.environ[name]
    homes = tempfile.TemporaryDirectory(prefix="conduit-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(homes.cleanup)
    config.stash[HOMES] = Path(homes.name)
    config.stash[DATA] = data
    os.environ.update(isolated(Path(homes.name), data))
    sys.addaudithook(refuse_other_hosts)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests against real vendors out, unless they were asked for."""
    if not LIVE:
        items[:] = [item for item in items if item.get_closest_marker("live") is None]


@pytest.fixture(autouse=True)
def a_machine_of_its_own(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test a home and folders of its own; what it sets is undone after it."""
    if LIVE:
        return
    home = Path(tempfile.mkdtemp(dir=pytestconfig.stash[HOMES]))
    for name, value in isolated(home, pytestconfig.stash[DATA]).items():
        monkeypatch.setenv(name, value)
