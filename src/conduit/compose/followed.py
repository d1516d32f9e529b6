"""A catalogue that follows its files: an edit of the person's own rows is in force without a restart.

Before each look it compares the files' sizes and times with those it knows, which costs microseconds. For `assemble`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import EditFormat, ModelInfo, Vendor
from conduit.errors import UserError

Stamp = tuple[tuple[int, int] | None, ...]


class FollowedCatalog(Catalog):
    """Rows that are read again when one of their files changed; bad ones are told of, and the old rows stay."""

    follows = True

    def __init__(self, read: Callable[[], Catalog], files: Sequence[Path], on_problem: Callable[[str], None]) -> None:
        """Read the rows.

        Args:
            read: returns the rows as the files have them now; blocks on the disk.
            files: what is looked at; they may be missing.
            on_problem: is told, as a sentence, why a change was not taken in.

        Raises:
            UserError: what `read` raises.
        """
        self._read = read
        self._files = tuple(files)
        self._on_problem = on_problem
        self._stamp = self._look()
        self._now = read()
        super().__init__((), (), {})

    @property
    def vendors(self) -> tuple[Vendor, ...]:
        """All vendors; see `Catalog.vendors`."""
        return self._current().vendors

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """All listed models; see `Catalog.models`."""
        return self._current().models

    @property
    def aliases(self) -> Mapping[str, str]:
        """Short names; see `Catalog.aliases`."""
        return self._current().aliases

    def vendor(self, name: str) -> Vendor:
        """Return one vendor; see `Catalog.vendor`."""
        return self._current().vendor(name)

    def resolve(self, name: str) -> ModelInfo:
        """Return the model that a person means; see `Catalog.resolve`."""
        return self._current().resolve(name)

    def describe(self, vendor: str, model: str) -> ModelInfo:
        """Return the row of a vendor's model, or its vendor's defaults; see `Catalog.describe`."""
        return self._current().describe(vendor, model)

    def edit_format(self, model: ModelInfo) -> EditFormat:
        """Return the form in which a model changes files best; see `Catalog.edit_format`."""
        return self._current().edit_format(model)

    def with_endpoints(self, changes: Mapping[str, Mapping[str, str | None]]) -> Catalog:
        """Return a copy with other addresses that follows the same files; see `Catalog.with_endpoints`."""
        if not changes:
            return self
        return FollowedCatalog(lambda: self._current().with_endpoints(changes), self._files, self._on_problem)

    def with_models(self, models: Sequence[ModelInfo], aliases: Mapping[str, str] | None = None) -> Catalog:
        """Return a copy with more rows that follows no file; see `Catalog.with_models`."""
        return self._current().with_models(models, aliases)

    def _current(self) -> Catalog:
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp  # first, so that a bad file is told of once
            try:
                self._now = self._read()
            except UserError as error:
                self._on_problem(f"{error} The models stay as they were.")
        return self._now

    def _look(self) -> Stamp:
        return tuple(_stamp(path) for path in self._files)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
