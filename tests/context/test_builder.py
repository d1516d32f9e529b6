"""The words around a conversation: stable ones first, what changes with every keystroke at the end."""

from __future__ import annotations

from conduit.context.builder import EditorContext, build_prompt, build_system, fence, render_context, render_file
from conduit.messages.content import Text
from conduit.workspace.positions import Position, Range


def test_the_system_text_is_the_same_every_time_and_names_the_project() -> None:
    first = build_system(["shop"], "ask", tools=True)
    assert first == build_system(["shop"], "ask", tools=True)
    assert "Project: shop" in first
    assert "cannot change anything" in first
    assert "change its files" in build_system(["shop"], "auto", tools=True)
    assert "no tools" in build_system([], "auto", tools=False)


def test_the_tail_is_a_block_of_its_own_that_only_the_model_sees() -> None:
    context = EditorContext(
        active="a.py", language="python", selection="x = 1", selection_range=Range(Position(1, 0), Position(2, 0))
    )
    message = build_prompt([Text(text="Why?")], context)
    assert message.content[0] == Text(text="Why?", audience="all")
    tail = message.content[1]
    assert isinstance(tail, Text)
    assert tail.audience == "model"
    assert "Selected text (lines 2 to 3):\n```python\nx = 1\n```" in tail.text
    assert build_prompt([Text(text="Why?")], EditorContext()).content == (Text(text="Why?"),)
    assert render_context(EditorContext(active="a.py", open_files=("a.py", "b.py"))).count("a.py") == 1


def test_a_fence_is_longer_than_any_inside() -> None:
    assert fence("a\n```\nb\n````\n").startswith("`````\n")


def test_a_large_file_is_cut_and_says_so() -> None:
    shown = render_file("a.txt", "ä" * 100, origin="buffer", limit_bytes=51)
    assert shown.startswith("File a.txt (with unsaved changes):")
    assert "ä" * 25 + "\n[cut: 149 bytes left out]" in shown
