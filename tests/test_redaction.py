from __future__ import annotations

import subprocess
import sys
import time

import pytest

from conduit.redaction import MASK, Redactor, redact

# Made up for these tests; split, so that no scanner takes this file for a leak.
LETTERS = "abcdefghijklmnopqrstuvwxyz" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEowIBAAKC\nAQEA==\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-" + LETTERS[:40],
        "sk-ant-" + "api03-" + LETTERS,
        "sk-proj-" + "a_b-" + LETTERS,
        "sk_live_" + LETTERS[:24],
        "AIza" + "Sy" + LETTERS[:33],
        "ghp_" + LETTERS[:36],
        "github_pat_" + LETTERS,
        "glpat-" + LETTERS[:20],
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "xoxb-" + "1234567890-abc",
        "hf_" + LETTERS[:30],
        "pypi-" + LETTERS,
        "eyJ" + LETTERS[:20] + "." + LETTERS[:30] + "." + LETTERS[:10],
    ],
)
@pytest.mark.parametrize("place", ["{}", "the key {} is old", 'x="{}"', "[{}]", "https://host/{}/x", "a\n{}\nb"])
def test_a_key_of_a_known_shape_is_masked_wherever_it_stands(secret: str, place: str) -> None:
    assert redact(place.format(secret)) == place.format(MASK)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abc.def-123456", f"Authorization: Bearer {MASK}"),
        ("(b'Authorization', b'Basic dXNlcjpwYXNz')", f"(b'Authorization', b'{MASK}')"),
        ("[('x-api-key', 'some value')]", f"[('x-api-key', '{MASK}')]"),
        ('"Authorization": "token 0123456789ab"', f'"Authorization": "token {MASK}"'),
        ("x-api-key: 0123456789abcdef", f"x-api-key: {MASK}"),
        ("postgres://ann:hunter2@db.example/app", f"postgres://ann:{MASK}@db.example/app"),
        ("http://proxy:p%40ss@10.0.0.1:3128", f"http://proxy:{MASK}@10.0.0.1:3128"),
        ("GET /v1/models?key=abcdef123456&x=1", f"GET /v1/models?key={MASK}&x=1"),
        ("OPENAI_API_KEY=abcdefgh", f"OPENAI_API_KEY={MASK}"),
        ("export DB_PASSWORD='hunter2 and more'", f"export DB_PASSWORD='{MASK}'"),
        ("PGPASSWORD=hunter2", f"PGPASSWORD={MASK}"),
        ('{"api_key": "whatever it is", "model": "m"}', f'{{"api_key": "{MASK}", "model": "m"}}'),
        (r"{\"apiKey\": \"whatever\"}", rf"{{\"apiKey\": \"{MASK}\"}}"),
        ("client_secret = 'some words'", f"client_secret = '{MASK}'"),
        ("password: hunter2hunter2", f"password: {MASK}"),
        (f"before {PEM} after", f"before {MASK} after"),
        (f"{PEM[:60]}\n{PEM}\nafter", f"{MASK}\nafter"),
        (f"cut off: {PEM[:70]}", f"cut off: {MASK}"),
    ],
)
def test_a_secret_is_known_by_what_stands_around_it(text: str, masked: str) -> None:
    done = redact(text)
    assert done == masked
    assert redact(done) == done


@pytest.mark.parametrize(
    "text",
    [
        "a task-oriented-programming-language and a risk-assessment",
        "max_tokens=500000, input_tokens: 1234567890",
        "def key(item): return item.key  # key = value",
        "password = get_password()",
        "token: str = settings.token",
        "API_KEY=$OPENAI_API_KEY and API_KEY=<your key>",
        "https://example.org/path?page=2#key",
        "git@github.com:owner/repo.git and https://host:8080/a@b",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "the bearer of bad news",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_values_that_are_known_are_masked_also_when_escaped() -> None:
    redactor = Redactor(['my "own" k\\ey/1', "short", ""])
    assert redactor.redact('a my "own" k\\ey/1 b') == f"a {MASK} b"
    assert redactor.redact(r"{\"k\": \"my \"own\" k\\ey/1\"}").count("own") <= 1
    assert redactor.redact(r'"my \"own\" k\\ey/1"') == f'"{MASK}"'
    assert redactor.redact("?q=my%20%22own%22%20k%5Cey%2F1") == f"?q={MASK}"
    assert redactor.redact("short") == "short"
    redactor.add("later-value")
    assert redactor.redact("a later-value") == f"a {MASK}"


def test_a_longer_known_value_wins_over_one_inside_it() -> None:
    assert redact("abcdef-abcdef-123", ["abcdef", "abcdef-abcdef-123"]) == MASK


def test_a_json_value_is_masked_inside_and_by_the_names_of_its_fields() -> None:
    value = {
        "api_key": "x",
        "X-Api-Key": "y",
        "access_token": "z",
        "password": None,
        "max_tokens": 5,
        "token_count": "7",
        "list": ["Bearer abcdefgh123", {"Authorization": "q"}, 1.5, True],
    }
    assert Redactor().redact_value(value) == {
        "api_key": MASK,
        "X-Api-Key": MASK,
        "access_token": MASK,
        "password": None,
        "max_tokens": 5,
        "token_count": "7",
        "list": [f"Bearer {MASK}", {"Authorization": MASK}, 1.5, True],
    }


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "key",
        "KEY=",
        "eyJaaaaaaaaaaaa.",
        'secret="',
        "token:",
        "://",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "bearer ",
        "?key=",
        "?aaaaaaaaaaaaaaaa token=",
        "password" + " " * 500,
        "password=" + "a" * 127,
        "authorization=",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    begin = time.perf_counter()
    redact(text)
    assert time.perf_counter() - begin < 2, "a quadratic pattern would take minutes"


def test_importing_it_compiles_nothing() -> None:
    code = (
        "import logging, pathlib, re, string, sys, textwrap, traceback\n"
        "count = []; real = re.compile; re.compile = lambda *a, **k: count.append(a) or real(*a, **k)\n"
        "import conduit.redaction, conduit.logs\n"
        "assert not count, count\n"
        "heavy = {'pydantic', 'httpx', 'socket', 'sqlite3', 'asyncio', 'json'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
