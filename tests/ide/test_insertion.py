"""What of an answer is put in at the cursor."""

from __future__ import annotations

import pytest

from conduit.ide.completion import Spot, is_worth_it
from conduit.ide.insertion import insertion

LOOP = "def total(items):\n    result = 0\n    for item in items:\n        "


@pytest.mark.parametrize(
    ("answer", "before", "after", "expected"),
    [
        ("a + b", "    return ", "\n", "a + b"),
        ("    return a + b", "    return ", "\n", "a + b"),
        ("return a + b", "    return ", "\n", "a + b"),
        ("```python\na + b\n```", "    return ", "\n", "a + b"),
        ("Here it is:\n```\na + b", "    return ", "\n", "a + b"),
        ("def add(a, b):\n    return a + b", "def add(a, b):\n    return ", "", "a + b"),
        ("a + b<|cursor|>", "return ", "", "a + b"),
        ("result += item\n    return result", LOOP, "\n", "result += item\n    return result"),
        ("        result += item", LOOP, "\n", "result += item"),
        ("\n\n        result += item\n\n\n", LOOP, "\n", "result += item"),
        ("    for item in items:\n        result += item", LOOP, "\n", "result += item"),
        ("items)", "print(", ")\n", "items"),
        ("len(items)", "print(", ")\n", "len(items)"),
        ("len(items))", "print(", ")\n", "len(items)"),
        ("items, key=len)\nprint(1)", "sorted(", ")\n", "items, key=len"),
        ("name: str, size: int) -> None:", "def f(", ") -> None:\n    pass\n", "name: str, size: int"),
        ("a();\n}", "function f() {\n  ", "\n}\n", "a();"),
        ("if (a) {\n    b();\n  }", "function f() {\n  ", "\n}\n", "if (a) {\n    b();\n  }"),
        ("x = 1\n\ndef other():\n    pass", "def f():\n    ", "\n\ndef other():\n    return 1\n", "x = 1"),
        ("a\nb", "x\r\n", "\r\ny\r\n", "a\r\nb"),
        ("   \n ", "x = ", "\n", ""),
        ("", "x = ", "\n", ""),
        (")", "print(1", ")\n", ""),
        ("\n".join(f"line{n}" for n in range(40)), "x\n", "", "\n".join(f"line{n}" for n in range(16))),
    ],
)
def test_only_what_is_missing_is_put_in(answer: str, before: str, after: str, expected: str) -> None:
    assert insertion(answer, before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "worth"),
    [
        ("x = ", "\n", True),
        ("", "\nx = 1\n", True),
        ("pri", "nt(1)\n", False),
        ("", "", False),
        ("\n  \n", "\n", False),
        ("# a note\n// another\n", "/* and\n * more */\n", False),
        ("# a note\nimport os\n", "", True),
    ],
)
def test_nobody_is_asked_inside_of_a_word_or_where_there_is_no_code(before: str, after: str, worth: bool) -> None:
    assert is_worth_it(Spot("f.py", "python", before, after, invoked=False)) is worth
