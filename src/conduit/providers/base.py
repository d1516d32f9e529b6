"""The Provider protocol: what the agent needs of a model's endpoint, and nothing else.

A provider is made for one endpoint (base URL and key) and serves any of its models. It holds one HTTP client, opened
lazily; importing a wire imports no SDK. Only `compose` names concrete providers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from conduit.messages.message import Usage
from conduit.messages.request import ModelRequest
from conduit.messages.stream import Accumulator, StreamEvent


class Provider(Protocol):
    """Streams completions from one endpoint."""

    @property
    def name(self) -> str:
        """The vendor's row name, for messages and the ledger."""
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Yield the events of one completion, ending with `Stop`.

        Closing the iterator early closes the connection.

        Raises:
            ProviderError: anything that the endpoint or the network did; also a stream that ends without its closing
                event. What was yielded before stays valid.
        """
        ...

    async def load(self) -> None:
        """Import what is heavy (the SDK), off the event loop; called by the warm-up and before the first stream."""
        ...

    async def aclose(self) -> None:
        """Close connections and end child processes."""
        ...


@runtime_checkable
class FetchesFirst(Protocol):
    """An endpoint whose first use may have to fetch something large."""

    def at_hand(self) -> bool:
        """Say, without network, whether all that is needed is there."""
        ...


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that an endpoint says it serves.

    Attributes:
        name: as the endpoint calls it.
        size_bytes: what it takes on the server's disk, where the server says so.
        context_tokens: how much it can read.
        abilities: the endpoint's own words, such as `tools` or `thinking`; None when it did not say.
        detail: for people, such as the number of parameters.
    """

    name: str
    size_bytes: int | None = None
    context_tokens: int | None = None
    abilities: frozenset[str] | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far the fetching of a model is; the bytes are those of the part that is being fetched."""

    status: str
    done_bytes: int | None = None
    total_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors of texts, in the order of the texts and all of one length, and what they cost."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage


@runtime_checkable
class Embeds(Protocol):
    """An endpoint that turns texts into vectors whose nearness is nearness of meaning."""

    async def embed(self, model: str, texts: Sequence[str], *, dimensions: int | None = None) -> Embeddings:
        """Return one vector for each text, from one request.

        Args:
            model: the vendor's name of the model.
            texts: at least one, none of them empty, not more than the vendor takes at once.
            dimensions: how many numbers a vector shall have; None leaves it to the model.

        Raises:
            ProviderError: anything that the endpoint or the network did; also vectors that do not fit the texts.
        """
        ...


@runtime_checkable
class CountsTokens(Protocol):
    """An endpoint that counts the tokens of a request as its models would."""

    async def count_tokens(self, request: ModelRequest) -> int:
        """Return the tokens of the request's input; raises ProviderError."""
        ...


@runtime_checkable
class ListsModels(Protocol):
    """An endpoint that lists its models; what a list does not tell is None."""

    async def list_models(self) -> list[ServedModel]:
        """Return the models, in the endpoint's order; raises ProviderError."""
        ...


@runtime_checkable
class ShowsModels(Protocol):
    """An endpoint that tells what one of its models can do."""

    async def show_model(self, model: str) -> ServedModel:
        """Return what is known of a model; raises ProviderError, with NOT_FOUND when it is not there."""
        ...


@runtime_checkable
class KeepsModels(Protocol):
    """A server that keeps models on its own machine."""

    def pull(self, model: str) -> AsyncIterator[PullProgress]:
        """Fetch a model and tell how far it is; ends when it is there; raises ProviderError."""
        ...

    async def unload(self, model: str) -> None:
        """Take a model out of memory; raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True)
class KeptPrompt:
    """The constant part of requests as a vendor stores it for us; times are seconds since 1970, `model` its own name.

    `hits` are the requests that used it.
    """

    model: str
    tokens: int
    hits: int
    made_at: float
    expires_at: float


@runtime_checkable
class KeepsPrompts(Protocol):
    """An endpoint where caches are made, paid for and deleted by us."""

    def kept_prompts(self) -> tuple[KeptPrompt, ...]:
        """Return the caches that exist, as far as is known."""
        ...

    def keeps_prompts(self) -> bool:
        """Say whether caches are made and used, where a request does not ask for none."""
        ...

    async def drop_prompts(self) -> int:
        """Delete every cache; return how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One request of a batch; `key` is unique in it: at most 64 letters, digits, `-` and `_`."""

    key: str
    request: ModelRequest


@dataclass(frozen=True, slots=True)
class BatchFault:
    """Why an item has no answer: a `ProviderErrorKind`, or `expired`, `cancelled` or `missing`; and a sentence."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class BatchedAnswer:
    """What became of one item; of a result that cannot be read the key may be empty."""

    key: str
    answer: Accumulator | BatchFault


@dataclass(frozen=True, slots=True)
class VendorBatch:
    """A batch as its vendor sees it.

    Attributes:
        id: the vendor's own.
        phase: results exist when it has ended, never before.
        word: what the vendor calls that.
        done: items that are through, failed ones included; None when the vendor does not tell.
        failed: those of them that failed; None when the vendor does not tell.
        without: what is said of an item that has no result.
    """

    id: str
    phase: Literal["running", "cancelling", "ended"]
    word: str
    done: int | None = None
    failed: int | None = None
    without: BatchFault = BatchFault("missing", "The vendor gave no result for this item.")


@dataclass(frozen=True, slots=True)
class BatchSearch:
    """Whether a batch reached its vendor: it was found, or it is certain that it is not there, or neither."""

    found: VendorBatch | None
    certain: bool = True


class BatchRunner(Protocol):
    """The batches of one model at a vendor; every method raises ProviderError."""

    async def submit(self, label: str, items: Sequence[BatchItem]) -> VendorBatch:
        """Hand a batch in.

        Args:
            label: ours alone, and the beginning of every key, so that `search` finds the batch again.
            items: all for the same model.
        """
        ...

    async def search(self, label: str, since: float, count: int, known: Collection[str] = frozenset()) -> BatchSearch:
        """Look for a batch whose id never reached us.

        Args:
            label: with what it was handed in.
            since: when, in Unix seconds.
            count: how many items it has.
            known: the vendor's ids of batches that are others.
        """
        ...

    async def state(self, batch_id: str) -> VendorBatch:
        """Return how far a batch is."""
        ...

    def results(self, batch_id: str) -> AsyncIterator[BatchedAnswer]:
        """Yield what became of the items of a batch that has ended, in any order."""
        ...

    async def cancel(self, batch_id: str) -> None:
        """Have the vendor stop a batch; it ends some time later, and keeps the answers that were there."""
        ...


@runtime_checkable
class RunsBatches(Protocol):
    """An endpoint that answers many requests at its leisure, for less money."""

    def batches(self, model: str) -> BatchRunner:
        """Return who runs the batches of a model, by the vendor's name of it; asks nobody."""
        ...
