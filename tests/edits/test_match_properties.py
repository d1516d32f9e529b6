"""Whatever is quoted, and however badly: an edit lands where it was quoted from, or nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.edits.match import replace
from conduit.edits.passages import Passage
from conduit.edits.patch import FilePatch, apply
from conduit.errors import EditAmbiguous, EditNotFound
from conduit.workspace.document import Document

WORDS = st.sampled_from(["load", "store", "x", "total", "return x", "if a:", "}", "", "# note", "é“q”", "a  b"])
LINES = st.lists(
    st.builds(lambda indent, word, end: (indent + word if word else "", end),
              st.sampled_from(["", "  ", "    ", "\t"]), WORDS, st.sampled_from(["\n", "\n", "\r\n"])),
    min_size=1, max_size=25,
)  # fmt: skip


def blurred(lines: list[str], data: st.DataObject) -> list[str]:
    """Quote lines as a careless model does."""
    how = data.draw(st.sampled_from(["exact", "strip", "dedent", "indent", "ascii", "stale", "drop"]))
    if how == "strip":
        return [line.rstrip() + data.draw(st.sampled_from(["", " "])) for line in lines]
    if how == "dedent":
        return [line.removeprefix("  ") for line in lines]
    if how == "indent":
        return [f"    {line}" if line else line for line in lines]
    if how == "ascii":
        return [line.replace("“", '"').replace("”", '"') for line in lines]
    at = data.draw(st.integers(0, len(lines) - 1))
    if how == "stale":
        return [line + " stale" if index == at else line for index, line in enumerate(lines)]
    if how == "drop" and len(lines) > 1:
        return [line for index, line in enumerate(lines) if index != at or index == len(lines) - 1]
    return lines


@settings(max_examples=600, deadline=None)
@given(LINES, st.data())
def test_an_edit_lands_where_it_was_quoted_from_or_nowhere(lines: list[tuple[str, str]], data: st.DataObject) -> None:
    # Every line is made unique where the quote is taken, so that there is one right place.
    first = data.draw(st.integers(0, len(lines) - 1))
    last = data.draw(st.integers(first, min(first + 14, len(lines) - 1)))
    mine = [(f"{line} mark{index}" if line.strip() else line, end) for index, (line, end) in enumerate(lines)]
    texts = [line for line, _ in lines[:first]] + [line for line, _ in mine[first : last + 1]]
    texts += [line for line, _ in lines[last + 1 :]]
    text = "".join(line + end for line, (_, end) in zip(texts, lines, strict=True))
    quoted = blurred(texts[first : last + 1], data)
    old = "".join(f"{line}\n" for line in quoted)
    try:
        replaced = replace(text, old, old + "NEW LINE\n")
    except (EditNotFound, EditAmbiguous):
        return
    head = "".join(line + end for line, (_, end) in zip(texts[: last + 1], lines, strict=False))
    tail = text[len(head) :]
    assert replaced.text.startswith(head)
    assert replaced.text.endswith(tail)
    added = replaced.text[len(head) : len(replaced.text) - len(tail)]
    assert added.strip() == "NEW LINE"
    assert added.endswith(("\n", "\r\n"))


@settings(max_examples=300, deadline=None)
@given(LINES, st.lists(st.tuples(WORDS, st.integers(0, 24)), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_the_edits_of_a_patch_lead_to_its_text_and_touch_no_other_line(
    lines: list[tuple[str, str]], wanted: list[tuple[str, int]], ordered: bool, final: bool
) -> None:
    text = "".join(line + end for line, end in lines)
    text = text if final else text.rstrip("\r\n")
    passages = tuple(
        Passage(f"{lines[row % len(lines)][0]}\n", f"{word} NEW\n", line=row % len(lines)) for word, row in wanted
    )
    try:
        (file,) = apply([FilePatch("a", "update", passages, ordered=ordered)], {"a": text})
    except (EditNotFound, EditAmbiguous):
        return
    document = Document("file:///a", None, "", 1, text)
    for edit in reversed(file.edits):
        document.replace(2, edit.new_text, edit.range)
    assert document.text == file.after
    kept = [
        line
        for line in Document("file:///a", None, "", 1, file.after or "").text.splitlines(keepends=True)
        if "NEW" not in line
    ]
    was = text.splitlines(keepends=True)
    assert all(line in was or line.rstrip("\r\n") in {each.rstrip("\r\n") for each in was[-1:]} for line in kept)


def test_a_line_hint_decides_only_when_it_is_much_closer_to_one_place() -> None:
    text = "x = 1\n" + "\n" * 20 + "x = 1\n"
    assert replace(text, "x = 1\n", "y\n", hint_line=20).first_line == 22
    assert replace(text, "x = 1\n", "y\n", hint_line=0).first_line == 1
    with pytest.raises(EditAmbiguous) as refused:
        replace(text, "x = 1\n", "y\n", hint_line=10)
    assert refused.value.lines == (1, 22)
