"""The corpus of edits: every case with one right place is applied there, and nothing else is."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from functools import cache
from pathlib import Path

from corpus import generate
from corpus.cases import HERE, load_cases, load_documents, text_of
from corpus.hand import hand_cases
from corpus.run import Outcome, figures, run


@cache
def outcomes() -> tuple[Outcome, ...]:
    docs = load_documents()
    return tuple(run(case, text_of(case, docs)) for case in load_cases())


def test_nothing_is_applied_in_a_wrong_place_or_where_it_must_be_refused() -> None:
    wrong = [each for each in outcomes() if each.what in {"wrong place", "wrongly applied"}]
    assert [(each.what, each.case.id, each.said) for each in wrong] == []


def test_almost_everything_with_one_right_place_is_applied() -> None:
    counts = figures(outcomes())
    assert counts["applied"] >= 0.99, [each.case.id for each in outcomes() if each.what == "not applied"]
    assert counts["refused"] == 1


def test_the_corpus_is_large_enough_and_covers_every_format() -> None:
    cases = [each.case for each in outcomes()]
    assert len(cases) >= 1000
    assert len({case.id for case in cases}) == len(cases)
    origins = Counter(case.origin for case in cases)
    assert origins["history"] + origins["hand"] >= 200
    forms = Counter((case.format, case.expect) for case in cases)
    assert all(
        forms[form, expect] >= 100 for form in ("edit", "blocks", "v4a", "unified") for expect in ("applied", "refused")
    )
    lines = {name: text.count("\n") for name, text in load_documents().items()}
    assert sum(lines[case.doc] >= 3000 for case in cases) >= 200


def test_what_generates_the_corpus_knows_nothing_of_the_matcher() -> None:
    for name in ("generate", "cases", "documents", "hand", "history"):
        nodes = ast.walk(ast.parse((HERE / f"{name}.py").read_text("utf-8")))
        imported = {
            module.split(".")[0]
            for node in nodes
            for module in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert imported <= {*sys.stdlib_module_names, "corpus"}, name


def test_the_stored_cases_are_those_that_the_generator_writes(tmp_path: Path) -> None:
    stored = {case.id: case for case in load_cases()}
    made = [*generate.generated(large=False), *hand_cases()[0]]
    assert len(made) > 2000
    assert [case.id for case in made if stored.get(case.id) != case] == []
