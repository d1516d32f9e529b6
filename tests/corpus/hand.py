"""Cases made by hand: small, each with a trap. Imports nothing of ours."""

from __future__ import annotations

from corpus.cases import PATH, Case, digest

V4A = f"*** Begin Patch\n*** Update File: {PATH}\n%s*** End Patch\n"
DIFF = f"--- a/{PATH}\n+++ b/{PATH}\n%s"
BLOCK = f"{PATH}\n<<<<<<< SEARCH\n%s=======\n%s>>>>>>> REPLACE\n"

TWICE = "def f():\n    return 1\n\n\ndef g():\n    return 1\n"
NUMBERS = "limit = 15\nrate = 1.5\nname = x_total\n"
CALLS = "open(a)\nread(a)\nclose(a)\n\nopen(b)\nread(b)\nclose(b)\n"
CONFIG = "[alpha]\nhost = one\nport = 1\nmode = on\nuser = me\n\n[beta]\nhost = two\nport = 1\nmode = on\nuser = me\n"
BRACES = "void f()\n{\n    a();\n    b();\n}\n\nvoid g()\n{\n    a();\n    b();\n}\n"
TABS = "if a:\n\tif b:\n\t\tc()\n\td()\n"
STUBS = "class P:\n    def a(self):\n        ...\n\n    def b(self):\n        ...\n"
MARKS = "Title\n=======\n\ntext\n<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n"
RETURNS = "x = 'a\rb'\ny = 1\nz = 2\n"
BLANKS = "a\n\n\nb\n\n\nc\n"
SPACES = "a = 1  \nb = 2\t\nc = 3\n"
QUOTES = "say(“it’s”)\nprint('plain')\nend — of it\n"
ACCENTS = "cafe\u0301 = 1\nthe\u0301 = 2\n"
JSON = '{\n  "a": 1,\n  "b": 2,\n  "c": 1\n}\n'
STEPS = [f"step{number} = run({number})\n" for number in range(12)]
MOVED = "begin()\nstop()\ncheck()\nstop_now()\n" + "".join(STEPS)
TEXTS = {
    "moved": MOVED,
    "twice": TWICE, "numbers": NUMBERS, "calls": CALLS, "config": CONFIG, "braces": BRACES, "tabs": TABS, "stubs": STUBS, "marks": MARKS,
    "returns": RETURNS, "blanks": BLANKS, "spaces": SPACES, "quotes": QUOTES, "accents": ACCENTS, "json": JSON, "empty": "\n",
}  # fmt: skip

# document, format, patch, and the text afterwards or None when it must be refused
ROWS: list[tuple[str, str, object, str | None]] = [
    ("twice", "edit", ["    return 1\n", "    return 2\n"], None),
    ("twice", "edit", ["return 1", "return 2"], None),
    ("twice", "edit", ["    return 1\n", "    return 2\n", 5], TWICE[:-9] + "return 2\n"),
    ("twice", "edit", ["    return 1\n", "    return 2\n", 1], TWICE.replace("1", "2", 1)),
    ("twice", "edit", ["    return 1\n", "    return 2\n", 3], None),
    ("twice", "edit", ["def g():\n    return 1\n", "def g():\n    return 2\n"], TWICE[:-9] + "return 2\n"),
    ("twice", "edit", ["def h():\n    return 1\n", "def h():\n    return 2\n"], None),
    ("twice", "edit", ["DEF G():\n", "x\n"], None),
    ("twice", "edit", ["def g( ):\n", "x\n"], None),
    ("twice", "edit", ["", "x\n"], None),
    ("twice", "edit", ["\n\n", "\n"], None),
    ("twice", "v4a", V4A % "@@ def g():\n-    return 1\n+    return 2\n", TWICE[:-9] + "return 2\n"),
    ("twice", "v4a", V4A % "@@ def f():\n-    return 1\n+    return 2\n", TWICE.replace("1", "2", 1)),
    ("twice", "v4a", V4A % "@@\n-    return 1\n+    return 2\n", None),
    ("twice", "v4a", V4A % "@@ def h():\n-    return 1\n+    return 2\n", None),
    ("twice", "v4a", V4A % "@@\n-    return 1\n+    return 2\n*** End of File\n", TWICE[:-9] + "return 2\n"),
    ("twice", "v4a", V4A % "@@\n-def f():\n+def h():\n*** End of File\n", None),
    ("twice", "v4a", V4A % "@@ def f():\n+    x = 1\n", None),
    ("twice", "v4a", V4A % "@@\n+def h(): pass\n*** End of File\n", TWICE + "def h(): pass\n"),
    ("twice", "v4a", V4A % "@@\n def f():\n     return 1\n+\n+\n+x = 1\n \n \n def g():\n", TWICE.replace("1\n\n", "1\n\n\nx = 1\n\n", 1)),
    ("twice", "v4a", V4A % "@@\n-    return 1\n+    return 2\n@@\n-    return 1\n+    return 3\n", TWICE.replace("1", "2", 1).replace("1", "3", 1)),
    ("twice", "v4a", V4A % "@@\n-def g():\n+def k():\n@@\n-def f():\n+def h():\n", TWICE.replace("g", "k", 1).replace("def f", "def h")),
    ("twice", "v4a", (V4A % "@@\n-def g():\n+def h():\n").replace("*** End Patch\n", ""), None),
    ("twice", "unified", DIFF % "@@ -6 +6 @@\n-    return 1\n+    return 2\n", TWICE[:-9] + "return 2\n"),
    ("twice", "unified", DIFF % "@@ -2 +2 @@\n-    return 1\n+    return 2\n", TWICE.replace("1", "2", 1)),
    ("twice", "unified", DIFF % "@@ -4 +4 @@\n-    return 1\n+    return 2\n", None),
    ("twice", "unified", DIFF % "@@ -2,0 +3 @@\n+    x = 1\n", None),
    ("twice", "blocks", BLOCK % ("    return 1\n", "    return 2\n"), None),
    ("twice", "blocks", BLOCK % ("", "    return 2\n"), None),
    ("twice", "blocks", BLOCK % ("def f():\n    return 1\n", "def f():\n    return 2\n") + BLOCK % ("    return 1\n", "    return 3\n"), TWICE.replace("1", "2", 1).replace("1", "3", 1)),
    ("twice", "blocks", BLOCK % ("def f():\n", "def g():\n    return 1\n\n\ndef f():\n") + BLOCK % ("def g():\n", "def k():\n"), "def g():\n    return 1\n\n\n" + TWICE.replace("def g", "def k")),
    ("twice", "whole", "def f():\n    return 1\n", "def f():\n    return 1\n"),
    ("twice", "whole", "def f():\n    # ... existing code ...\n", None),
    ("numbers", "edit", ["limit = 1", "limit = 2"], None),
    ("numbers", "edit", ["rate = 1", "rate = 2"], None),
    ("numbers", "edit", ["name = x", "name = y"], None),
    ("numbers", "edit", ["limit = 15", "limit = 16"], NUMBERS.replace("15", "16")),
    ("numbers", "edit", ["limit = 1\n", "limit = 2\n"], None),
    ("numbers", "edit", ["Limit = 15", "x"], None),
    ("numbers", "edit", ["1\tlimit = 15\n2\trate = 1.5\n", "x"], None),
    ("calls", "edit", ["read(a)\nclose(a)\n", "close(a)\n"], CALLS.replace("read(a)\n", "")),
    ("calls", "edit", ["open(c)\nread(c)\nclose(c)\n", "x\n"], None),
    ("calls", "edit", ["open(a)\nwrite(a)\nclose(a)\n", "x\n"], None),
    ("calls", "unified", DIFF % "@@ -1,3 +1,4 @@\n open(a)\n+check(a)\n read(a)\n close(a)\n", CALLS.replace("open(a)\n", "open(a)\ncheck(a)\n")),
    ("config", "edit", ["port = 1\nmode = on\n", "port = 2\nmode = on\n"], None),
    ("config", "v4a", V4A % "@@ [beta]\n-port = 1\n+port = 2\n", CONFIG[::-1].replace("1", "2", 1)[::-1]),
    ("config", "v4a", V4A % "@@ [alpha]\n-port = 1\n+port = 2\n", CONFIG.replace("1", "2", 1)),
    ("config", "edit", ["[gamma]\nhost = two\nport = 1\nmode = on\nuser = me\n", "x\n"], None),
    ("config", "edit", ["[gamma]\nhost = two\nport = 1\nmode = on\nuser = me\n", "[gamma]\nhost = two\nport = 2\nmode = on\nuser = me\n"], None),
    ("braces", "edit", ["    a();\n    b();\n", "    b();\n"], None),
    ("braces", "v4a", V4A % "@@ void g()\n-    a();\n     b();\n", BRACES[::-1].replace("    a();\n"[::-1], "", 1)[::-1]),
    ("braces", "v4a", V4A % "@@ void f()\n-    a();\n     b();\n", BRACES.replace("    a();\n", "", 1)),
    ("braces", "v4a", V4A % "@@ void h()\n-    a();\n     b();\n", None),
    ("tabs", "edit", ["if b:\n    c()\n", "if b:\n    c()\n    e()\n"], TABS.replace("c()\n", "c()\n\t\te()\n")),
    ("tabs", "edit", ["    if b:\n        c()\n    d()\n", "    if b:\n        c()\n        e()\n    d()\n"], TABS.replace("c()\n", "c()\n\t\te()\n")),
    ("tabs", "edit", ["    if b:\n        c()\n    d()\n", "    if b:\n      c(1)\n    d()\n"], None),
    ("tabs", "edit", ["  if b:\n    c()\n  d()\n", "  if b:\n    e()\n  d()\n"], TABS.replace("c()", "e()")),
    ("tabs", "edit", ["if b:\nc()\n", "x\n"], None),
    ("tabs", "edit", ["\t\tif b:\n\t\t\tc()\n", "if b:\n\t\t\tc(1)\n"], None),
    ("stubs", "edit", ["    def b(self):\n        ...\n", "    def b(self):\n        return 1\n"], STUBS[:-4] + "return 1\n"),
    ("stubs", "edit", ["    def a(self):\n        ...\n", "    def a(self):\n        ...\n\n    def c(self):\n        ...\n"], STUBS.replace("...\n", "...\n\n    def c(self):\n        ...\n", 1)),
    ("stubs", "edit", ["class P:\n    ...\n", "class P:\n    x = 1\n"], None),
    ("stubs", "edit", ["class P:\n    # ...\n    def b(self):\n        ...\n", "class Q:\n    # ...\n    def b(self):\n        ...\n"], STUBS.replace("P", "Q")),
    ("stubs", "edit", ["class P:\n    # ...\n        ...\n", "class Q:\n    # ...\n        ...\n"], None),
    ("stubs", "edit", ["class P:\n    # ... existing code ...\n", "class Q:\n    # ... existing code ...\n"], STUBS.replace("P", "Q")),
    ("stubs", "edit", ["class P:\n", "class Q:\n    # ... existing code ...\n"], None),
    ("stubs", "edit", ["class P:\n    # ... existing code ...\n        ...\n", "class P:\n    x = 1\n"], None),
    ("marks", "edit", ["<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n", "ours\n"], "Title\n=======\n\ntext\nours\n"),
    ("marks", "edit", ["=======\n", "-------\n"], None),
    ("marks", "blocks", BLOCK % ("Title\n=======\n", "Other\n=======\n"), None),
    ("marks", "blocks", BLOCK % ("text\n", "words\n"), MARKS.replace("text", "words")),
    ("marks", "v4a", V4A % "@@\n-Title\n+Other\n =======\n", MARKS.replace("Title", "Other")),
    ("returns", "edit", ["x = 'a\rb'\ny = 1\n", "x = 'a\rb'\ny = 2\n"], RETURNS.replace("y = 1", "y = 2")),
    ("returns", "edit", ["y = 1\nz = 2\n", "y = 1\nw = 0\nz = 2\n"], RETURNS.replace("z = 2", "w = 0\nz = 2")),
    ("blanks", "edit", ["\n", "\n\n"], None),
    ("blanks", "edit", ["a\n\n\n", "a\n\n"], "a\n\nb\n\n\nc\n"),
    ("blanks", "edit", ["a\n\nb\n", "a\nb\n"], None),
    ("blanks", "v4a", V4A % "@@\n b\n \n-\n c\n", "a\n\n\nb\n\nc\n"),
    ("blanks", "unified", DIFF % "@@ -4,4 +4,3 @@\n b\n\n-\n c\n", "a\n\n\nb\n\nc\n"),
    ("spaces", "edit", ["a = 1\nb = 2\nc = 3\n", "a = 1\nb = 2\nc = 4\n"], SPACES.replace("3", "4")),
    ("spaces", "edit", ["a = 1\nb = 2\nc = 3", "a = 1\nb = 5\nc = 3"], "a = 1  \nb = 5\nc = 3\n"),
    ("spaces", "edit", ["a = 1 \nb = 2 \n", "b = 2 \n"], "b = 2\t\nc = 3\n"),
    ("spaces", "edit", ["a =1\nb = 2\n", "x\n"], None),
    ("spaces", "edit", ["a=1\n", "x\n"], None),
    ("quotes", "edit", ['say("it\'s")\n', 'say("it\'s", 1)\n'], QUOTES.replace("”)", "”, 1)")),
    ("quotes", "edit", ["print(‘plain’)\n", "print(‘other’)\n"], QUOTES.replace("plain", "other")),
    ("quotes", "edit", ["end - of it\n", "end - of all\n"], QUOTES.replace("of it", "of all")),
    ("quotes", "edit", ['say("it\'s not")\n', "x\n"], None),
    ("quotes", "edit", ["say(“it’s”)\n", "say('it')\n"], QUOTES.replace("“it’s”", "'it'")),
    ("accents", "edit", ["caf\u00e9 = 1\nth\u00e9 = 2\n", "caf\u00e9 = 1\nth\u00e9 = 3\n"], "cafe\u0301 = 1\nth\u00e9 = 3\n"),
    ("accents", "edit", ["cafe = 1\n", "x\n"], None),
    ("json", "edit", ['"a": 1', '"a": 2'], JSON.replace("1", "2", 1)),
    ("json", "edit", ['  "b": 2,\n  "c": 1\n', '  "b": 2,\n  "c": 3\n'], JSON[::-1].replace("1", "3", 1)[::-1]),
    ("json", "edit", [": 1", ": 2"], None),
    ("json", "edit", ['  "a": 1,\n  "c": 1\n', "x\n"], None),
    # The line that is to change is another one by now; the same words stand further up.
    ("moved", "edit", ["stop()\n" + "".join(STEPS), "leave()\n" + "".join(STEPS)], None),
    ("moved", "unified", DIFF % ("@@ -4,13 +4,13 @@\n-stop()\n+leave()\n" + "".join(f" {step}" for step in STEPS)), None),
    ("moved", "edit", ["stop()\ncheck()\n", "leave()\ncheck()\n"], MOVED.replace("stop()", "leave()", 1)),
    ("empty", "edit", ["x\n", "y\n"], None),
    ("empty", "v4a", V4A % "@@\n-x\n+y\n", None),
    ("empty", "whole", "x = 1\n", "x = 1\n"),
]  # fmt: skip


def hand_cases() -> tuple[list[Case], dict[str, str]]:
    """Return the cases and the documents that they need."""
    cases = []
    for number, (doc, form, patch, after) in enumerate(ROWS):
        case = Case(
            f"hand-{number}", "by hand", "hand", f"hand/{doc}", form, patch, "refused" if after is None else "applied"
        )
        if after is not None:
            before = TEXTS[doc]
            head = next(
                (index for index, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
                min(len(before), len(after)),
            )
            case.after, case.line = digest(after), before[:head].replace("\r", "\n").count("\n") + 1
        cases.append(case)
    return cases, {f"hand/{name}": text for name, text in TEXTS.items()}
