"""The error ladder: an error says who acts next.

```
ConduitError
├─ UserError       the person can fix it; shown as written
│    ConfigError · MissingKey · UnknownModel · SessionNotFound · SessionBusy
├─ ToolError       the model can fix it; becomes a tool result
│    UnknownTool · InvalidArguments · PathNotFound · NotText · EditNotFound · EditAmbiguous
│    StaleDocument · EditRefused · PartlyApplied · EditorFailed · PermissionDenied · OutsideWorkspace
├─ ProviderError   retry, wait, change the model, or stop: see its `kind`
│    InvalidAnswer
├─ LimitReached    the turn ends with a stop reason and a valid transcript
└─ StoreError      us
     SchemaTooNew · StoreCorrupt · CheckpointLost
```

`asyncio.CancelledError` is never wrapped. Anything else that escapes is a bug: the one broad handler of a face
logs it with its traceback and ends the turn cleanly. Anyone may import this module; it imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Literal


class ConduitError(Exception):
    """Root of everything that Conduit raises on purpose; `str(error)` is a sentence for people."""


class UserError(ConduitError):
    """The person can fix it; the message is shown as written and says what to do."""


class ConfigError(UserError):
    """A setting has a bad value. The message names the place: a file and line, a variable, or the client."""


class MissingKey(UserError):
    """The chosen vendor needs a key and none was found; the message names the variable to set."""


class UnknownModel(UserError):
    """No catalogue row and no vendor default answers to this model name."""


class SessionNotFound(UserError):
    """No session of this workspace has that id."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"There is no session {session_id!r} in this workspace. 'conduit sessions list' shows them.")
        self.session_id = session_id


class SessionBusy(UserError):
    """A turn is running in this session already, here or in another Conduit process."""


class ToolError(ConduitError):
    """The model can fix it; the message is given to the model as the result of its call."""


class UnknownTool(ToolError):
    """The model called a tool that does not exist or is not offered in this mode."""


class InvalidArguments(ToolError):
    """The arguments of a tool call do not fit its schema."""


class PathNotFound(ToolError):
    """The path names nothing in the workspace."""


class NotText(ToolError):
    """The file is binary, too large, or no regular file."""


class EditNotFound(ToolError):
    """The text to replace is not in the document; the message shows the nearest place.

    Attributes:
        nearest: the first and the last line of that place, one-based, or None when nothing is like it.
    """

    def __init__(self, message: str, *, nearest: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.nearest = nearest


class EditAmbiguous(ToolError):
    """The text to replace occurs more than once; the message lists the lines.

    Attributes:
        lines: the first line of each place, one-based.
    """

    def __init__(self, message: str, *, lines: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.lines = lines


class StaleDocument(ToolError):
    """The document moved on since the edit was made for it."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(
            f"{path} changed meanwhile (the edit was made for {expected}, it is now {found}). Read it again, then edit."
        )
        self.path = path
        self.expected = expected
        self.found = found


class EditRefused(ToolError):
    """The editor answered that it did not apply the edit; nothing was changed."""


class PartlyApplied(EditRefused):
    """A change failed midway, and what was done before could not all be put back; the message says where.

    Attributes:
        left: the names of the files that are not as before; every other one is.
    """

    def __init__(self, message: str, left: Sequence[str]) -> None:
        super().__init__(message)
        self.left = tuple(left)


class EditorFailed(ToolError):
    """The editor, or its language server, did not answer a question about the code, or not in the agreed form."""


class PermissionDenied(ToolError):
    """The person, or the mode, does not allow this call."""


class OutsideWorkspace(ToolError):
    """The path leads out of the workspace roots; nothing outside them is read or written."""


class ProviderErrorKind(StrEnum):
    """What went wrong at a vendor, each with exactly one meaning; UNKNOWN is never used for a known failure."""

    NETWORK = "network"  # no answer, or a stream that broke or ended without its closing event
    AUTH = "auth"  # the key is wrong or revoked
    QUOTA = "quota"  # the plan's allowance is used up
    RATE_LIMIT = "rate_limit"  # too fast; wait and try again
    BALANCE = "balance"  # no money left
    PERMISSION = "permission"  # the key may not use this model
    NOT_FOUND = "not_found"  # the endpoint does not know this model or path
    INVALID_INPUT = "invalid_input"  # the request is malformed or the content is not accepted
    CONTEXT_OVERFLOW = "context_overflow"  # the conversation is longer than the model can read
    OVERLOADED = "overloaded"  # the vendor has no capacity just now
    REFUSED = "refused"  # the vendor's policy refused the content
    NOT_READY = "not_ready"  # the endpoint is starting, or its weights are not there yet
    CONFIG = "config"  # base URL, proxy or certificate settings are wrong
    INTERNAL = "internal"  # the vendor failed on its side
    INVALID_ANSWER = "invalid_answer"  # the model answered, but never in the form that was asked for
    UNKNOWN = "unknown"


RETRYABLE = frozenset(
    {
        ProviderErrorKind.NETWORK,
        ProviderErrorKind.RATE_LIMIT,
        ProviderErrorKind.OVERLOADED,
        ProviderErrorKind.NOT_READY,
        ProviderErrorKind.INTERNAL,
    }
)


class ProviderError(ConduitError):
    """A model's endpoint failed; `kind` says how, and so whether a retry can help.

    Attributes:
        kind: what failed.
        provider: the vendor's row name, for example `anthropic`.
        model: the model that was asked, as the vendor calls it, or None.
        status: the HTTP status, or None when there was no answer.
        request_id: the vendor's id of the request, for its support, or None.
        retry_after_s: seconds that the vendor asks to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ProviderErrorKind,
        provider: str,
        model: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.provider = provider
        self.model = model
        self.status = status
        self.request_id = request_id
        self.retry_after_s = retry_after_s

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind in RETRYABLE


class InvalidAnswer(ProviderError):
    """The model did not give an answer of the wanted form, also after it was told what is wrong.

    Attributes:
        problem: what is wrong with the last answer, one thing in a line.
    """

    def __init__(self, message: str, *, provider: str, model: str, problem: str) -> None:
        super().__init__(message, kind=ProviderErrorKind.INVALID_ANSWER, provider=provider, model=model)
        self.problem = problem


Limit = Literal["rounds", "tool_output", "tokens", "money", "time", "loop"]


class LimitReached(ConduitError):
    """A budget of the turn is used up; the transcript stays valid."""

    def __init__(self, limit: Limit, message: str) -> None:
        super().__init__(message)
        self.limit = limit


class StoreError(ConduitError):
    """Our own storage failed; nothing that was acknowledged is lost."""


class SchemaTooNew(StoreError):
    """The database was written by a newer Conduit; this one leaves it alone."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} has schema {found}, this Conduit knows {known}. Update Conduit; the database was not touched."
        )


class StoreCorrupt(StoreError):
    """The database is damaged; it was set aside, never overwritten."""


class CheckpointLost(StoreError):
    """A saved text of a change is damaged or gone, so the change cannot be taken back; nothing was changed."""
