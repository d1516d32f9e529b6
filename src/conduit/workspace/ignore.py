"""Which files stay out of sight: what the project ignores, and what is private to the person.

Ignored files are left out of lists and searches, and can still be read by name. Private files (keys, tokens,
`.env`) are left out too, and are never given to a model. The rules are gitignore's, by pathspec; a deeper file wins
over a higher one, and `.ignore` over `.gitignore`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from conduit.errors import PermissionDenied
from conduit.workspace.glob import compile_patterns, is_costly

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

ALWAYS_IGNORED = (".git", ".hg", ".svn", ".jj")
BUILT_IN = (
    *("node_modules/", ".venv/", "venv/", "__pycache__/", ".tox/", ".nox/", ".mypy_cache/", ".ruff_cache/"),
    *(".pytest_cache/", ".hypothesis/", ".gradle/", ".idea/", ".terraform/", ".next/", ".cache/", "*.pyc", ".DS_Store"),
)
PRIVATE = (
    *(".env", ".env.*", "*.env", ".envrc", "!.env.example", "!.env.sample", "!.env.template", "!.env.dist"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.asc"),
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", ".ssh/", ".gnupg/"),
    *(".npmrc", ".yarnrc.yml", ".netrc", "_netrc", ".pypirc", ".pgpass", ".my.cnf", ".git-credentials", ".htpasswd"),
    *(".aws/credentials", "**/.aws/credentials", "**/.kube/config", "kubeconfig", "**/.docker/config.json"),
    *(".vault-token", "service-account*.json", "credentials.json", "secrets.toml", "secrets.y*ml", "secrets.json"),
)

_FILES = (".ignore", ".gitignore")  # the first of a folder wins
_READABLE = 100_000  # characters of an ignore file that are looked at

ReadRules = Callable[[str], str | None]
"""Returns the text of an ignore file by its path beneath the root, or None when there is none."""


@cache
def _private() -> GitIgnoreSpec:
    return compile_patterns(PRIVATE)


@cache
def _built_in() -> GitIgnoreSpec:
    return compile_patterns(BUILT_IN)


def is_private(relative: str) -> bool:
    """Whether a path is one that holds secrets by its name; capitals make no difference."""
    return _private().match_file(relative.casefold())


def refuse_private(relative: str, name: str) -> None:
    """Do nothing for a path that a model may see.

    Raises:
        PermissionDenied: it is private.
    """
    if is_private(relative):
        raise PermissionDenied(
            f"{name!r} is a private file (it may hold keys or passwords), so it is not shown to you. Go on without its "
            "content, or ask the person for the part that you need."
        )


def is_always_ignored(relative: str) -> bool:
    """Whether a path lies in a version control folder."""
    return any(part.casefold() in ALWAYS_IGNORED for part in relative.split("/"))


class Ignore:
    """The rules of one root, read once as they are met; make a new one for each listing."""

    def __init__(self, read_rules: ReadRules) -> None:
        self._read_rules = read_rules
        self._specs: dict[str, tuple[GitIgnoreSpec, ...]] = {}
        self._folders: dict[str, bool] = {"": False}

    def hides(self, relative: str, folder: bool = False) -> bool:
        """Whether a path is ignored or private; so is all beneath an ignored folder."""
        if is_always_ignored(relative) or is_private(relative):
            return True
        parent, _, _ = relative.rpartition("/")
        if self._hides_folder(parent):
            return True
        return self._matches(relative, folder)

    def _hides_folder(self, relative: str) -> bool:
        known = self._folders.get(relative)
        if known is None:
            known = self.hides(relative, folder=True)
            self._folders[relative] = known
        return known

    def _matches(self, relative: str, folder: bool) -> bool:
        suffix = "/" if folder else ""
        parent = relative
        while parent:
            parent, _, _ = parent.rpartition("/")
            inner = relative[len(parent) + 1 if parent else 0 :] + suffix
            for spec in self._rules(parent):
                include = spec.check_file(inner).include
                if include is not None:
                    return include
        return bool(_built_in().check_file(relative + suffix).include)

    def _rules(self, folder: str) -> tuple[GitIgnoreSpec, ...]:
        specs = self._specs.get(folder)
        if specs is None:
            texts = [self._read_rules(f"{folder}/{name}".lstrip("/")) for name in _FILES]
            specs = tuple(_spec(text[:_READABLE]) for text in texts if text)
            self._specs[folder] = specs
        return specs


def _spec(text: str) -> GitIgnoreSpec:
    lines = [line for line in text.splitlines() if not is_costly(line)]
    try:
        return compile_patterns(lines)
    except ValueError:  # one bad pattern must not switch off the others
        return compile_patterns(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    try:
        compile_patterns([line])
    except ValueError:
        return False
    return True
