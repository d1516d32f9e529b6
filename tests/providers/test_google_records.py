"""The record of a process's caches, against a cleaner that looks for what killed processes left."""

from __future__ import annotations

import threading
from pathlib import Path

from conduit.providers.google_caches import KeptCache, _leftovers, _Record


def test_a_record_is_never_taken_for_one_that_a_killed_process_left(tmp_path: Path):
    done = threading.Event()
    taken: list[KeptCache] = []

    def clean() -> None:
        while not done.is_set():
            for left in _leftovers(tmp_path, "https://one"):
                taken.extend(left.caches)
                left.close()

    cleaner = threading.Thread(target=clean)
    cleaner.start()
    try:
        for turn in range(300):
            record = _Record(tmp_path)
            record.write([KeptCache(f"c{turn}", "m", "https://one", "d", 0.0, 1.0)])
            assert len(list(tmp_path.iterdir())) == 1
            record.write([])
            record.close(empty=True)
    finally:
        done.set()
        cleaner.join()
    assert taken == []
