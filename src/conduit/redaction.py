"""Find secrets in text of any origin and mask them.

Two sources: values that are known exactly (the loaded keys), and the shapes that keys, tokens and passwords have in the
wild. It masks too much rather than too little, and cannot promise to find what looks like ordinary text. Every pattern
runs in linear time on any input; none is compiled before it is needed. Imports the standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

MASK = "[redacted]"

MIN_EXACT_CHARACTERS = 6
"""A shorter value is not masked by itself: it would blank ordinary words."""


class _Rule(NamedTuple):
    """A pattern, tried only when one of `needles` is in the text (in its lower case, if `fold`).

    The secret is the group named `secret`, or everything that matched.
    """

    needles: tuple[str, ...]
    pattern: str
    fold: bool = False


_LEFT = r"(?<![A-Za-z0-9])"  # keeps `task-…` from being read as `sk-…`, and each run from being tried more than once

# Shapes that vendors document or that are visible in their consoles, looked up 2026-11.
_RULES: tuple[_Rule, ...] = (
    _Rule(("sk-", "sk_", "rk_"), _LEFT + r"(?:sk-|[sr]k_(?:live|test)_)[A-Za-z0-9_-]{16,}"),
    _Rule(("AIza",), _LEFT + r"AIza[A-Za-z0-9_-]{30,}"),
    _Rule(("gh", "glpat-"), _LEFT + r"(?:gh[pousr]_|github_pat_|glpat-)[A-Za-z0-9_-]{20,}"),
    _Rule(("AKIA", "ASIA"), _LEFT + r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _Rule(("xox",), _LEFT + r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    _Rule(
        ("hf_", "gsk_", "xai-", "pplx-", "npm_", "pypi-"),
        _LEFT + r"(?:hf_|gsk_|xai-|pplx-|npm_|pypi-)[A-Za-z0-9_-]{20,}",
    ),
    _Rule(("eyJ",), r"(?<![A-Za-z0-9_.-])eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"),
    _Rule(("bearer",), r"(?<![a-z])bearer[ \t]{1,8}(?P<secret>[A-Za-z0-9._~+/=-]{8,})", fold=True),
    # Headers as HTTP libraries log them: (b'x-api-key', b'value').
    _Rule(
        ("authorization", "api-key"),
        r"(?:authorization|api-key)[\"'],[ \t]{0,4}b?[\"'](?P<secret>[^\"']{4,})",
        fold=True,
    ),
    _Rule(
        ("authorization",),
        r"authorization[\"'\\:= \t]{1,12}(?:(?:basic|token|digest)[ \t]{1,8})?(?P<secret>[A-Za-z0-9._~+/=-]{8,})",
        fold=True,
    ),
    _Rule(("://",), r"://[^\s/:@\"']{0,256}:(?P<secret>[^\s/@\"']{1,256})@"),
    _Rule(
        ("key=", "token=", "secret=", "password=", "sig=", "signature="),
        r"[?&](?:api[_-]?key|key|[a-z]{0,16}_?token|[a-z]{0,16}_?secret|password|sig|signature)="
        r"(?P<secret>[^&\s\"'\\<>]{6,})",
        fold=True,
    ),
    # NAME_KEY=value, as in an environment or a .env file; `$NAME` and `<your key>` are no secrets.
    _Rule(
        ("KEY=", "TOKEN=", "SECRET=", "PASSWORD=", "PASSWD=", "CREDENTIALS="),
        r"(?:(?<![A-Za-z0-9])KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS)="
        r"\\?[\"']?(?P<secret>(?![$<{])[^\s\"'\\]{4,})",
    ),
    # "api_key": "value" and api_key = 'value', also inside a JSON string.
    _Rule(
        ("key", "secret", "token", "passw", "passphrase"),
        r"(?:api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|account[_-]?key|secret|token|passw(?:or)?d|"
        r"passphrase)(?:[_-]?id)?\\{0,4}[\"']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,4}[\"']"
        r"(?P<secret>(?![$<{])[^\"'\\\n]{6,})",
        fold=True,
    ),
    # api_key: value without quotes; a digit is asked for, so that code (`password = get_password()`) stays readable.
    _Rule(
        ("key", "secret", "token", "passw"),
        r"(?:api[_-]?key|access[_-]?key|secret[_-]?key|auth[_-]?token|access[_-]?token|secret|passw(?:or)?d)"
        r"[ \t]{0,8}[:=][ \t]{0,8}(?=[A-Za-z_+/=~-]{0,128}[0-9])(?P<secret>[A-Za-z0-9_+/=~-]{8,})(?![(\[.])",
        fold=True,
    ),
)

_PEM_MARK = "PRIVATE KEY-----"
_PEM_LINE_CHARACTERS = 40

_FIELD = (
    r"(?:^|.*[_-])(?:(?:x[_-])?(?:goog[_-])?api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|secret|"
    r"(?:auth|access|refresh|id|bearer)[_-]?token|token|passw(?:or)?d|passphrase|authorization|cookie|set-cookie)"
)
"""Names of fields whose whole value is a secret, matched from the start, in any case."""


class Redactor:
    """Masks the known shapes, and the exact values that it was given; more can be given later.

    Safe to use from several threads.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: tuple[str, ...] = ()
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Mask these values from now on, also where JSON or a URL has escaped them."""
        known = set(self._secrets)
        for secret in secrets:
            if len(secret) >= MIN_EXACT_CHARACTERS:
                known |= {secret, secret.replace("\\", "\\\\").replace('"', '\\"'), _percent_encoded(secret)}
        self._secrets = tuple(sorted(known, key=lambda secret: (-len(secret), secret)))

    def redact(self, text: str) -> str:
        """Return `text` with every secret replaced by `[redacted]`; doing it twice changes nothing more."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        folded = text.lower()
        for rule in _RULES:
            haystack = folded if rule.fold else text
            if any(needle in haystack for needle in rule.needles):
                text = _compiled(rule.pattern, rule.fold).sub(_mask, text)
        return _mask_private_keys(text) if _PEM_MARK in text else text

    def redact_value(self, value: object) -> object:
        """Return a JSON value with every secret masked: in its strings, and whole fields named like a secret."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return {str(key): self._field(str(key), item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_value(item) for item in value]
        return value

    def _field(self, name: str, value: object) -> object:
        if isinstance(value, str) and value and _compiled(_FIELD, True).fullmatch(name):
            return MASK
        return self.redact_value(value)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with every secret replaced by `[redacted]`; see `Redactor` to do it often."""
    return Redactor(secrets).redact(text)


@lru_cache(maxsize=64)
def _compiled(pattern: str, fold: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII if fold else re.ASCII)


def _mask(match: re.Match[str]) -> str:
    if "secret" not in match.re.groupindex:
        return MASK
    whole, start = match.group(), match.start()
    return whole[: match.start("secret") - start] + MASK + whole[match.end("secret") - start :]


def _mask_private_keys(text: str) -> str:
    """Mask PEM blocks; one that was cut off is masked to the end of the text. Each mark is looked at once."""
    done: list[str] = []
    position = copied = 0
    inside = False
    while (mark := text.find(_PEM_MARK, position)) >= 0:
        position = mark + len(_PEM_MARK)
        line = text[max(copied, mark - _PEM_LINE_CHARACTERS) : mark]
        begin = line.rfind("-----BEGIN ")
        if not inside and begin >= 0:
            done += (text[copied : mark - len(line) + begin], MASK)
            inside, copied = True, position
        elif inside and "-----END " in line:
            inside, copied = False, position
    return "".join(done) if inside else "".join((*done, text[copied:]))


def _percent_encoded(text: str) -> str:
    """Return `text` as a URL carries it; `urllib.parse` would be a heavy import for this."""
    return "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte in b"-._~" else f"%{byte:02X}"
        for byte in text.encode("utf-8", "surrogatepass")
    )
