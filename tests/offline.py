"""Run a command with no network but loopback: `python tests/offline.py pytest tests`.

On Linux the command gets a network namespace of its own, in which only loopback is up; every process that
it starts inherits it. Where the system does not allow that, the command runs all the same and says so: then
only the guard in `conftest.py` stands, which sees the sockets of the test process.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # <linux/sched.h>
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40  # <linux/sockios.h>, <linux/if.h>


def enter_loopback_only() -> str | None:
    """Move this process where only loopback exists; return why that failed, or None."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are a Linux feature"
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            return os.strerror(ctypes.get_errno())
        # The same ids inside as outside: files keep their owner, and the command gets no new rights.
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    with socket.socket() as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP | IFF_RUNNING))
    return None


def main() -> None:
    """Replace this process by the command, offline."""
    reason = enter_loopback_only()
    wall = "only loopback exists" if reason is None else f"guarded in the test process only ({reason})"
    print(f"offline: {wall}", flush=True)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
