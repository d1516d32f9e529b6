"""The place of an edit is the one that was meant, or none."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conduit.edits.match import replace
from conduit.errors import EditAmbiguous, EditNotFound

FUNCTION = "class A:\n    def f(self):\n        if self.x:\n            return 1\n        return 2\n"


@pytest.mark.parametrize(
    ("text", "old", "new", "expected", "strategy"),
    [
        ("a b c", "b", "B", "a B c", "exact"),
        ("a\nb\nc\n", "b\n", "", "a\nc\n", "exact"),
        ("a\r\nb\r\nc\r\n", "b\nc", "B\nC\nD", "a\r\nB\r\nC\r\nD\r\n", "exact"),
        ("a\rb\rc\r", "a\nb", "x\ny", "x\ry\rc\r", "exact"),
        ("a\nb\n", "a\r\nb", "x\r\ny", "x\ny\n", "exact"),
        ("a\r\nb\nc\n", "a\nb\nc\n", "a\nB\nc\n", "a\r\nB\nc\n", "exact"),
        ("a\r\nb\r\n", "b", "b\nc", "a\r\nb\r\nc\r\n", "exact"),
        ("a\t\nb  \nc\n", "a\nb\nc\n", "a\nb\nX\n", "a\t\nb  \nX\n", "trailing white space"),
        ("a\nb\n", "a  \nb ", "x\ny", "x\ny\n", "trailing white space"),
        ("a\nb", "a\nb\n", "a\nc\n", "a\nc", "exact"),
        ("x = '\r' \ny\n", "x = '\r'\ny\n", "x = '\r'\nz\nq\n", "x = '\r' \nz\nq\n", "trailing white space"),
        ("x = '\r'\ny\n", "x = '\r'", "x = 1\ny = 2", "x = 1\ny = 2\ny\n", "exact"),
        ("x = '\r'\ny\n", "y", "y\nz", "x = '\r'\ny\nz\n", "exact"),
    ],
)
def test_the_place_is_found_and_all_other_bytes_stay(
    text: str, old: str, new: str, expected: str, strategy: str
) -> None:
    replaced = replace(text, old, new)
    assert (replaced.text, replaced.strategy) == (expected, strategy)


def test_a_block_with_too_little_indentation_is_found_and_its_replacement_shifted() -> None:
    replaced = replace(FUNCTION, "if self.x:\n    return 1\n", "if self.y:\n    return 3\n\nelse:\n    pass\n")
    assert replaced.text == (
        "class A:\n    def f(self):\n        if self.y:\n            return 3\n\n        else:\n            pass\n"
        "        return 2\n"
    )
    assert (replaced.first_line, replaced.last_line, replaced.strategy) == (3, 4, "indentation")


def test_a_block_with_too_much_indentation_is_found_and_its_replacement_shifted_back() -> None:
    replaced = replace("if x:\n  y\n", "    if x:\n      y\n", "    if x:\n      z\n")
    assert replaced.text == "if x:\n  z\n"


def test_a_replacement_that_cannot_be_shifted_is_refused() -> None:
    with pytest.raises(EditNotFound):
        replace("if x:\n  y\n", "    if x:\n      y\n", "if x:\n  z\n")


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("if x:\n        y\n", "if x:\n    y\n"),  # not shifted by the same amount
        ("Name\n", "name"),  # never blind to capitals
        ("a  b\n", "a b"),  # never blind to white space inside
        ("a\nB\nc\n", "a\nb\nc\n"),  # the first and the last line are not enough
        ("", "a"),
    ],
)
def test_what_is_only_alike_is_not_the_place(text: str, old: str) -> None:
    with pytest.raises(EditNotFound):
        replace(text, old, "new")


@pytest.mark.parametrize(
    ("text", "old", "lines"),
    [
        ("x\ny\nx\n", "x", "1, 3"),
        ("aaa", "aa", "1, 1"),
        ("a \nb\na  \nb\n", "a\nb\n", "1, 3"),
        ("  a\n  b\n    a\n    b\n", "a\nb\n", "1, 3"),
        ("a\r\nx\r\na\r\nx\r\n", "a\nx\n", "1, 3"),
        ("a\nx\na\r\nx", "a\n", "1, 3"),  # a model sees no difference between these line ends
        ("x\n" * 50, "x\n", "19, 20, …"),
    ],
)
def test_two_places_are_refused_with_all_their_lines(text: str, old: str, lines: str) -> None:
    with pytest.raises(EditAmbiguous, match=lines):
        replace(text, old, "new")


def test_a_stricter_match_decides_over_a_looser_one() -> None:
    assert replace("  a\n  b\na\nb\n", "a\nb\n", "c\n").first_line == 3
    assert replace("a\t\na\n", "a\n", "b\n").text == "a\t\nb\n"


def test_a_failure_shows_the_nearest_lines_with_their_numbers() -> None:
    text = "\n".join(f"line {number}" for number in range(100)) + "\n"
    with pytest.raises(EditNotFound, match="lines 41 to 43:\n41\tline 40\n42\tline 41\n43\tline 42"):
        replace(text, "line 40\nline 4I\nline 42\n", "x")
    with pytest.raises(EditNotFound, match="7\tline 6"):
        replace(text[:60], "lime 6", "x")
    with pytest.raises(EditNotFound, match="Nothing in the file is like it"):
        replace(text, "@@@@@@@@@@@@@@", "x")


def test_quoted_line_numbers_are_pointed_out() -> None:
    with pytest.raises(EditNotFound, match="leave those out"):
        replace("a\nb\n", "1\ta\n2\tb\n", "x")


@given(
    st.lists(st.sampled_from(["a", "b", "c", " x", "\ty", ""]), min_size=1, max_size=12),
    st.lists(st.sampled_from(["\n", "\r\n", "\n"]), min_size=12, max_size=12),
    st.data(),
)
def test_bytes_outside_the_place_never_change(lines: list[str], ends: list[str], data: st.DataObject) -> None:
    text = "".join(line + end for line, end in zip(lines, ends, strict=False))
    first = data.draw(st.integers(0, len(lines) - 1))
    last = data.draw(st.integers(first, len(lines) - 1))
    head = "".join(line + end for line, end in zip(lines[:first], ends, strict=False))
    tail = "".join(line + end for line, end in zip(lines[last + 1 :], ends[last + 1 :], strict=False))
    old = "".join(f"{line}\n" for line in lines[first : last + 1])
    assume(old.strip())
    try:
        replaced = replace(text, old, "NEW\nLINES\n")
    except EditAmbiguous:
        return
    assert replaced.text.startswith(head)
    assert replaced.text.endswith(tail)
    middle = replaced.text[len(head) : len(replaced.text) - len(tail)]
    assert middle.replace("\r\n", "\n") == "NEW\nLINES\n"
    assert (replaced.first_line, replaced.last_line) == (first + 1, last + 1)


def test_a_large_file_is_searched_quickly() -> None:
    text = "".join(f"    value_{number} = compute({number})  \n" for number in range(30_000))
    started = time.thread_time()
    replace(text, "    value_20000 = compute(20000)", "x")
    exact = time.thread_time() - started
    started = time.thread_time()
    replace(text, "value_20000 = compute(20000)\nvalue_20001 = compute(20001)\n", "x\n")
    loose = time.thread_time() - started
    started = time.thread_time()
    with pytest.raises(EditNotFound):
        replace(text, "value_20000 = compute(20000)\nvalue_7 = compute(20001)\n", "x\n")
    missed = time.thread_time() - started
    assert exact < 0.1
    assert loose < 0.5
    assert missed < 1.0


def test_a_long_place_whose_lines_are_alike_is_replaced_at_once() -> None:
    old = "    x = 1\n\n    }\n" * 700
    started = time.thread_time()
    replaced = replace(old.replace("    ", "  ") + "end\n", old, old.replace("x", "y"))
    assert time.thread_time() - started < 2.0
    assert replaced.text == old.replace("    ", "  ").replace("x", "y") + "end\n"


def test_a_text_that_stands_everywhere_is_refused_at_once() -> None:
    text = "    }\n\n" * 30_000
    started = time.thread_time()
    for old in ("}", "\n", "  }\n", "      }\n", "}  \n\n"):
        with pytest.raises(EditAmbiguous):
            replace(text, old, "x")
    assert time.thread_time() - started < 5.0


@pytest.mark.parametrize(
    "line",
    [
        "    # ... existing code ...",
        "// ... rest of the function unchanged ...",
        "/* ... */",
        "<!-- ... existing content ... -->",
        "... (rest of the code) ...",
        "# … remaining methods …",
        "# rest of the code remains unchanged",
        "// existing code here",
        "# (rest of the file stays the same)",
    ],
)
def test_a_line_for_code_that_was_left_out_is_never_written(line: str) -> None:
    with pytest.raises(EditNotFound, match="left out"):
        replace("a = 1\nb = 2\nc = 3\n", "a = 1\nb = 2\n", f"a = 1\n{line}\n")
    # It is a line like any other where the file has it.
    text = f"a = 1\n{line}\nc = 3\n"
    assert replace(text, f"{line}\nc = 3\n", f"{line}\nc = 4\n").text == text.replace("3", "4")


@pytest.mark.parametrize(
    "line",
    [
        "...",
        "    ...",
        "raise NotImplementedError  # ...",
        "# the rest of us",
        "# existing code is read first",
        "# other code",
    ],
)
def test_a_line_that_only_sounds_like_it_is_written(line: str) -> None:
    assert replace("a = 1\nb = 2\n", "a = 1\n", f"a = 1\n{line}\n").text == f"a = 1\n{line}\nb = 2\n"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("b = 2\n", "x = 2", "a = 1\nx = 2\nc = 3\n"),
        ("b = 2\n", "x = 2\ny = 2", "a = 1\nx = 2\ny = 2\nc = 3\n"),
        ("\nb = 2\n", "", "a = 1\nc = 3\n"),
        ("\nb = 2\n", "\nx = 2", "a = 1\nx = 2\nc = 3\n"),
        ("b = 2\n", "b = 2", "a = 1\nb = 2c = 3\n"),  # nothing but the line end was to go
        ("b = 2\n", "b = 2 + ", "a = 1\nb = 2 + c = 3\n"),  # a space is where the next line is to begin
        ("b = 2\n", "", "a = 1\nc = 3\n"),
        ("= 1\nb = 2\n", "= 12 + ", "a = 12 + c = 3\n"),  # quoted from within a line: as it stands there
        ("c = 3\n", "c = 4", "a = 1\nb = 2\nc = 4"),  # nothing follows that it could run into
    ],
)
def test_a_line_end_that_was_forgotten_makes_no_line_of_two(old: str, new: str, text: str) -> None:
    assert replace("a = 1\nb = 2\nc = 3\n", old, new).text == text
    assert replace("a = 1\r\nb = 2\r\nc = 3\r\n", old, new).text == text.replace("\n", "\r\n")


def test_a_blank_line_that_goes_takes_no_other_line_end_along() -> None:
    assert replace("b = 2\n\nc = 3\n", "b = 2\n\n", "b = 2").text == "b = 2\nc = 3\n"


def test_lines_are_not_put_in_behind_a_blank_line_that_is_not_there() -> None:
    text = "one = 1\ntwo = 2\nthree = 3\n\nfour = 4\n"
    quoted = "one = 1\ntwo = 2\n\n"  # who quoted it forgot the line with three
    with pytest.raises(EditNotFound):
        replace(text, quoted, f"{quoted}new = 5\n")
    with pytest.raises(EditNotFound):
        replace(text, "\ntwo = 2\nthree = 3\n\n\n", "new = 5\n\ntwo = 2\nthree = 3\n\n\n")
    assert replace(text, quoted, quoted.replace("2", "22")).text == text.replace("two = 2", "two = 22")
    assert replace("one = 1\ntwo = 2\n", quoted, f"{quoted}new = 5\n").text == "one = 1\ntwo = 2\nnew = 5\n"


def test_lines_are_put_in_beside_a_line_to_which_words_were_added() -> None:
    body = "    one = 1\n    two = 2\n    three = 3\n    return one + two\n"
    text = f"x = 1\ndef f(self, a):\n{body}y = 2\n"
    quoted = f"def f(self):\n{body}"
    assert replace(text, quoted, f"@cache\n{quoted}").text == text.replace("def f", "@cache\ndef f")
