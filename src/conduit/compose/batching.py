"""The batches of a vendor, each request tried again where that helps, and a batch never handed in twice."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from functools import partial

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.providers.base import BatchedAnswer, BatchItem, BatchRunner, BatchSearch, VendorBatch
from conduit.providers.retry import RetryingProvider

LOST = frozenset({ProviderErrorKind.NETWORK, ProviderErrorKind.INTERNAL, ProviderErrorKind.UNKNOWN})
"""Failures after which it is not known whether the vendor did what it was asked for."""


class RetryingRunner:
    """Runs batches with one endpoint; see `BatchRunner`."""

    def __init__(self, inner: BatchRunner, retrying: RetryingProvider, model: str) -> None:
        """Take who runs them, who tries again, and the vendor's name of the model."""
        self._inner = inner
        self._retrying = retrying
        self._model = model

    async def submit(self, label: str, items: Sequence[BatchItem]) -> VendorBatch:
        """Hand a batch in; after a failure that leaves open whether it got there, it is looked for first."""
        since = time.time()
        lost: ProviderError | None = None

        async def ask() -> VendorBatch:
            nonlocal lost
            if lost is not None:
                search = await self._inner.search(label, since, len(items))
                if search.found is not None:
                    return search.found
                if not search.certain:
                    raise ProviderError(
                        f"It is not known whether {lost.provider} took the batch: {lost}",
                        kind=ProviderErrorKind.UNKNOWN,
                        provider=lost.provider,
                        model=self._model,
                    )
            try:
                return await self._inner.submit(label, items)
            except ProviderError as error:
                lost = error if error.kind in LOST else None
                raise

        return await self._retrying.again(self._model, ask)

    async def search(self, label: str, since: float, count: int, known: Collection[str] = frozenset()) -> BatchSearch:
        """Look for a batch."""
        return await self._retrying.again(self._model, partial(self._inner.search, label, since, count, known))

    async def state(self, batch_id: str) -> VendorBatch:
        """Return how far a batch is."""
        return await self._retrying.again(self._model, partial(self._inner.state, batch_id))

    async def results(self, batch_id: str) -> AsyncIterator[BatchedAnswer]:
        """Yield the results when they have all arrived."""

        async def gather() -> list[BatchedAnswer]:
            return [each async for each in self._inner.results(batch_id)]

        for each in await self._retrying.again(self._model, gather):
            yield each

    async def cancel(self, batch_id: str) -> None:
        """Have a batch stopped."""
        await self._retrying.again(self._model, partial(self._inner.cancel, batch_id))
