"""The documents of the corpus: written by a program from a seed, in the manner of several languages. Imports nothing of ours."""

from __future__ import annotations

import random

NOUNS = [
    "order",
    "user",
    "invoice",
    "parcel",
    "account",
    "ticket",
    "report",
    "session",
    "track",
    "sample",
    "region",
    "vector",
    "planet",
    "garden",
    "bridge",
]
VERBS = [
    "load",
    "store",
    "update",
    "remove",
    "count",
    "render",
    "parse",
    "check",
    "merge",
    "split",
    "send",
    "fetch",
    "build",
    "close",
    "watch",
]
THINGS = [
    "total",
    "limit",
    "offset",
    "name",
    "kind",
    "state",
    "price",
    "weight",
    "index",
    "label",
    "depth",
    "score",
    "batch",
    "level",
    "margin",
]


class Dice:
    """Random choices that are the same on every version of Python: only `random()` is promised to stay."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed).random

    def below(self, count: int) -> int:
        return int(self._random() * count)

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def chance(self, share: float) -> bool:
        return self._random() < share


def document(language: str, seed: int, lines: int) -> str:
    """Return a document of about so many lines."""
    dice = Dice(f"{language} {seed}")
    out = HEADS[language](dice)
    number = 0
    while len(out) < lines:
        number += 1
        out += PARTS[language](dice, number)
    return "\n".join(out) + "\n"


def _python_body(dice: Dice, indent: str) -> list[str]:
    out = []
    for _ in range(dice.between(4, 11)):
        one, two, number = dice.pick(THINGS), dice.pick(THINGS), dice.below(1000)
        out += dice.pick(
            [
                [f"{one} = self.{two} + {number}"],
                [f"{one} = {dice.pick(VERBS)}_{two}({one}, {number})"],
                [f"# keep the {one} below {number}"],
                [f"if {one} > {number}:", f"    {two} = {one} - {number}"],
                [f"for {one} in range({number}):", f"    {two}.append({one})", f"    self.{one} += 1"],
                [f'self.log("{one} {two} {number}")'],
                [""],
            ]
        )
    return [indent + line if line else "" for line in out]


def _python(dice: Dice, number: int) -> list[str]:
    noun = dice.pick(NOUNS)
    out = [f"class {noun.title()}{number}:", f'    """Holds one {noun}."""', ""]
    for _ in range(dice.between(1, 3)):
        verb = dice.pick(VERBS)
        out += [f"    def {verb}_{dice.pick(THINGS)}_{dice.below(100)}(self, {dice.pick(THINGS)}: int) -> int:"]
        out += [*_python_body(dice, " " * 8), f"        return self.{dice.pick(THINGS)}", ""]
    return [*out, ""]


def _script(dice: Dice, number: int) -> list[str]:
    noun, verb, thing = dice.pick(NOUNS), dice.pick(VERBS), dice.pick(THINGS)
    out = [f"export function {verb}{noun.title()}{number}({thing}, options = {{}}) {{"]
    for _ in range(dice.between(4, 9)):
        one, count = dice.pick(THINGS), dice.below(1000)
        out += dice.pick(
            [
                [f"  const {one}{count} = {thing}.{one} ?? {count};"],
                [f"  // the {one} is at most {count}"],
                [f"  if (options.{one} > {count}) {{", f"    return {one}Of({thing}, {count});", "  }"],
                [f'  emit("{one}", {{ value: {thing}, step: {count} }});'],
                [""],
            ]
        )
    return [*out, f"  return {thing};", "}", ""]


def _go(dice: Dice, number: int) -> list[str]:
    noun, verb, thing = dice.pick(NOUNS), dice.pick(VERBS), dice.pick(THINGS)
    out = [
        f"// {verb.title()}{noun.title()}{number} does one step.",
        f"func {verb.title()}{noun.title()}{number}({thing} int) error {{",
    ]
    for _ in range(dice.between(3, 8)):
        one, count = dice.pick(THINGS), dice.below(1000)
        out += dice.pick(
            [
                [f"\t{one} := {verb}({thing}, {count})"],
                [f"\tif {thing} > {count} {{", f'\t\treturn fmt.Errorf("{one}: %d", {thing})', "\t}"],
                [f"\tfor i := 0; i < {count}; i++ {{", f"\t\t{thing} += i", "\t}"],
                [f'\tlog.Printf("{one} {count}")'],
            ]
        )
    return [*out, "\treturn nil", "}", ""]


def _yaml(dice: Dice, number: int) -> list[str]:
    noun = dice.pick(NOUNS)
    out = [f"  {noun}-{number}:", f"    image: registry/{noun}:{dice.below(30)}.{dice.below(10)}"]
    out += [f"    {thing}: {dice.below(5000)}" for thing in THINGS if dice.chance(0.4)]
    out += ["    steps:"]
    for _ in range(dice.between(1, 4)):
        out += [f"      - run: {dice.pick(VERBS)} --{dice.pick(THINGS)} {dice.below(900)}"]
    return out


def _prose(dice: Dice, number: int) -> list[str]:
    noun = dice.pick(NOUNS)
    out = [f"## The {noun} — part {number}", ""]
    for _ in range(dice.between(2, 5)):
        one, two, count = dice.pick(THINGS), dice.pick(VERBS), dice.below(1000)
        out += dice.pick(
            [
                [f"We don’t {two} the {one} of “{noun} {count}” before it’s closed…"],
                [f"* the {one} – at most {count} – is “{two}ed” once"],
                [f"It isn’t the {noun}’s {one}: see section {count}."],
                [f"Plain words about {two} and {one} and {count}."],
            ]
        )
    return [*out, ""]


HEADS = {
    "python": lambda _: ['"""A module."""', "", "import os", "import sys", "", ""],
    "script": lambda _: ['import { emit } from "./bus.js";', ""],
    "go": lambda _: ["package main", "", 'import "fmt"', ""],
    "yaml": lambda _: ["version: 3", "services:"],
    "prose": lambda _: ["# A guide", "", "Read this first — it’s short.", ""],
}
PARTS = {"python": _python, "script": _script, "go": _go, "yaml": _yaml, "prose": _prose}
