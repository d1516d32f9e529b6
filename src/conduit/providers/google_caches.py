"""Explicit Gemini caches: the part of the request that stays the same is stored at the vendor, and paid by the hour.

A cache holds the system text and the tools of one model. Before each request one of four things is done: use it;
renew it (older than 90 % of its life); delete it and build another (the content changed); or send everything inline
(too small, refused, turned off). What was made is written down before it is made, in a file that this process locks,
so that the next start finds and deletes what a killed process left. Implicit caches are the vendor's own affair and
not touched here. Used by the wire `google` alone. Format: https://ai.google.dev/api/caching, read 2026-11-21.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.providers.google_endpoint import GoogleEndpoint

_log = logging.getLogger(__name__)

_RENEW_AT = 0.9
_CHARS_PER_TOKEN = 4
_GOODBYE_S = 5.0
_PREFIX = "conduit-"
_PARTS = ("system_instruction", "tools")
_GONE = frozenset({ProviderErrorKind.NOT_FOUND, ProviderErrorKind.PERMISSION, ProviderErrorKind.INVALID_INPUT})


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """How caches are used.

    Attributes:
        records: a folder of ours for the record files.
        ttl_s: the life of a cache in seconds; 0 makes none.
        min_tokens: what is estimated smaller stays inline. The vendor's own minimum is 1,024 to 4,096 tokens, by model
            (https://ai.google.dev/gemini-api/docs/caching, 2026-11-21).
        now: the clock, in seconds since 1970.
    """

    records: Path
    ttl_s: float = 3600.0
    min_tokens: int = 4096
    now: Callable[[], float] = time.time


@dataclass(slots=True)
class KeptCache:
    """A cache at the vendor; times are in seconds since 1970. `name` is empty while it is being made."""

    label: str
    model: str
    url: str
    digest: str
    made_at: float
    expires_at: float
    name: str = ""
    tokens: int = 0
    hits: int = 0


class GoogleCaches:
    """The caches of one endpoint, at most one for each model."""

    def __init__(self, endpoint: GoogleEndpoint, options: CacheOptions) -> None:
        self.last_invalidated: float | None = None
        self._endpoint = endpoint
        self._options = options
        self._kept: dict[str, KeptCache] = {}
        self._left: list[KeptCache] = []  # perhaps at the vendor, and not to be used
        self._making: set[asyncio.Task[KeptCache | None]] = set()
        self._refused: set[tuple[str, str]] = set()
        self._lock = asyncio.Lock()
        self._record: _Record | None = None
        self._cleaning: asyncio.Task[None] | None = None

    def kept(self) -> tuple[KeptCache, ...]:
        """Return the caches that exist now, as far as is known."""
        return tuple(self._kept.values())

    def start_cleaning(self) -> None:
        """Begin to delete what killed processes left, once and in the background; needs a loaded endpoint."""
        if self._cleaning is None:
            self._cleaning = asyncio.create_task(self._clean())

    async def cleaned(self) -> None:
        """Wait until the leftovers of killed processes are dealt with."""
        if self._cleaning is not None:
            await asyncio.shield(self._cleaning)

    async def use(self, call: dict[str, Any]) -> dict[str, Any]:
        """Return the call with its constant part replaced by a cache, or as it is; never raises ProviderError."""
        config: dict[str, Any] = call["config"]
        stored = {part: config[part] for part in _PARTS if part in config}
        text = json.dumps(stored, sort_keys=True)
        # A forced or forbidden tool cannot be asked for beside a cache.
        if self._options.ttl_s <= 0 or "tool_config" in config:
            return call
        if len(text) < self._options.min_tokens * _CHARS_PER_TOKEN:
            return call
        async with self._lock:
            try:
                kept = await self._current(call["model"], stored, hashlib.sha256(text.encode()).hexdigest())
            except ProviderError as error:
                _log.info("The request goes out without a cache: %s", error)
                return call
        if kept is None:
            return call
        kept.hits += 1
        rest = {name: value for name, value in config.items() if name not in _PARTS}
        return {**call, "config": {**rest, "cached_content": kept.name}}

    def forget(self, model: str) -> None:
        """Drop what is known of a model's cache, because the vendor does not know it any more."""
        kept = self._kept.pop(model, None)
        if kept is not None:
            self._write()

    async def invalidate(self) -> int:
        """Delete every cache; return how many there were. One that cannot be deleted now expires by itself."""
        await asyncio.gather(*self._making, return_exceptions=True)
        async with self._lock:
            dropped, self._kept = list(self._kept.values()), {}
            self._left += dropped
            for cache in tuple(self._left):
                if await self._clean_one(cache):
                    self._left.remove(cache)
            self._write()
        self.last_invalidated = self._options.now()
        return len(dropped)

    async def aclose(self) -> None:
        """Delete every cache, within seconds; what cannot be deleted stays in the record for the next start."""
        if self._cleaning is not None:
            self._cleaning.cancel()
            await asyncio.gather(self._cleaning, return_exceptions=True)
        if self._record is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await self.invalidate()
        self._record.close(empty=not self._left and not self._kept)
        self._record = None

    async def _current(self, model: str, stored: Mapping[str, Any], digest: str) -> KeptCache | None:
        kept = self._kept.get(model)
        now = self._options.now()
        if kept is not None and not kept.name:
            return None  # one is being made for a turn that was cancelled
        if kept is not None and (kept.digest != digest or now >= kept.expires_at):
            del self._kept[model]
            if not await self._clean_one(kept):
                self._left.append(kept)
            self._write()
            kept = None
        if kept is None:
            if (model, digest) in self._refused:
                return None
            # Shielded: one that is made while its turn is cancelled would never be deleted.
            making = asyncio.create_task(self._make(model, stored, digest))
            self._making.add(making)
            making.add_done_callback(self._making.discard)
            return await asyncio.shield(making)
        if now >= kept.made_at + _RENEW_AT * (kept.expires_at - kept.made_at):
            await self._renew(kept)
        return kept

    async def _make(self, model: str, stored: Mapping[str, Any], digest: str) -> KeptCache | None:
        now = self._options.now()
        label = f"{_PREFIX}{uuid.uuid4().hex}"
        kept = KeptCache(label, model, self._endpoint.url, digest, now, now + self._options.ttl_s)
        self._kept[model] = kept
        self._write()  # before it exists, so that no moment is left in which nobody knows of it
        config: Any = {**stored, "ttl": f"{self._options.ttl_s:g}s", "display_name": label}
        try:
            async with self._endpoint.errors(model):
                made = await self._endpoint.client.aio.caches.create(model=model, config=config)
        except ProviderError as error:
            del self._kept[model]
            if error.kind in _GONE:
                self._refused.add((model, digest))  # too small, or a model without caches
            else:
                self._left.append(kept)  # the answer was lost: it may be there
            self._write()
            raise
        kept.name = made.name or ""
        kept.tokens = (made.usage_metadata.total_token_count if made.usage_metadata else None) or 0
        self._write()
        return kept

    async def _renew(self, kept: KeptCache) -> None:
        now = self._options.now()
        try:
            async with self._endpoint.errors(kept.model):
                await self._endpoint.client.aio.caches.update(
                    name=kept.name, config={"ttl": f"{self._options.ttl_s:g}s"}
                )
        except ProviderError as error:
            if error.kind in _GONE:
                self.forget(kept.model)
                raise
            _log.info("A cache could not be renewed, and serves until it ends: %s", error)
            return
        kept.made_at, kept.expires_at = now, now + self._options.ttl_s
        self._write()

    async def _delete(self, kept: KeptCache) -> bool:
        """Delete a cache; return whether it is certain that it is gone."""
        try:
            async with self._endpoint.errors(kept.model):
                await self._endpoint.client.aio.caches.delete(name=kept.name)
        except ProviderError as error:
            if error.kind in _GONE:
                return True  # the vendor says `not found (or permission denied)`
            _log.warning("A cache at %s could not be deleted; it ends by itself: %s", kept.url, error)
            return False
        return True

    def _write(self) -> None:
        if self._record is None:
            self._record = _Record(self._options.records)
        self._record.write([*self._kept.values(), *self._left])

    async def _clean(self) -> None:
        for left in await asyncio.to_thread(_leftovers, self._options.records, self._endpoint.url):
            try:
                remaining = [kept for kept in left.caches if not await self._clean_one(kept)]
                left.finish(remaining)
            finally:
                left.close()

    async def _clean_one(self, kept: KeptCache) -> bool:
        """Delete a cache, found by its label when its name is not known; return whether nothing is left to do."""
        if self._options.now() >= kept.expires_at:
            return True
        if kept.name:
            return await self._delete(kept)
        try:
            async with self._endpoint.errors(kept.model):
                async for found in await self._endpoint.client.aio.caches.list():
                    if found.display_name == kept.label and found.name:
                        kept.name = found.name
        except ProviderError as error:
            _log.info("The caches could not be listed: %s", error)
            return False
        return await self._delete(kept) if kept.name else True


class _Record:
    """A file that says which caches this process has, locked for as long as the process lives."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"gemini-caches-{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
        self._file = self._open()

    def _open(self) -> IO[str]:
        # Between `open` and `flock` a cleaner may take the empty file for a leftover, and remove it.
        while True:
            file = self._path.open("w+", encoding="utf-8")
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink > 0:
                return file
            file.close()

    def write(self, kept: list[KeptCache]) -> None:
        """Replace the content and bring it to the disk."""
        _rewrite(self._file, kept)

    def close(self, *, empty: bool) -> None:
        """Give the lock back, and remove the file when nothing is left to do."""
        if empty:
            self._path.unlink(missing_ok=True)
        self._file.close()


class _Leftover:
    """The record of a process that is no more, locked by us while it is worked off."""

    def __init__(self, path: Path, file: IO[str], caches: list[KeptCache], others: list[KeptCache]) -> None:
        self.caches = caches
        self._path = path
        self._file = file
        self._others = others

    def finish(self, remaining: list[KeptCache]) -> None:
        """Keep what is still to be done, or remove the file."""
        left = [*remaining, *self._others]
        if left:
            _rewrite(self._file, left)
        else:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the lock back."""
        self._file.close()


def _rewrite(file: IO[str], kept: list[KeptCache]) -> None:
    file.seek(0)
    file.truncate()
    json.dump([asdict(cache) for cache in kept], file)
    file.flush()
    os.fsync(file.fileno())


def _leftovers(folder: Path, url: str) -> list[_Leftover]:
    """Return the records that no living process holds; those of other endpoints' caches are kept for them."""
    found: list[_Leftover] = []
    for path in sorted(folder.glob("gemini-caches-*.json")):
        try:
            file = path.open("r+", encoding="utf-8")
        except OSError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            caches = [KeptCache(**row) for row in json.load(file)]
        except (OSError, ValueError, TypeError) as error:
            if not isinstance(error, OSError):
                path.unlink(missing_ok=True)  # cut while it was written: nothing can be read from it
            file.close()
            continue
        mine = [cache for cache in caches if cache.url == url]
        found.append(_Leftover(path, file, mine, [cache for cache in caches if cache.url != url]))
    return found
