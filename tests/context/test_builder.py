"""The words around a conversation: stable ones first, what changes with every keystroke at the end."""

from __future__ import annotations

from conduit.context.builder import EditorContext, build_layers, build_prompt, fence, render_context, render_file
from conduit.messages.content import Text
from conduit.messages.request import STABLE_LONGEST_FIRST, ContextLayer, ModelRequest
from conduit.workspace.positions import Position, Range


def test_the_system_text_is_the_same_every_time_and_names_the_project() -> None:
    first = text_of(build_layers(["shop"], "ask", tools=True))
    assert first == text_of(build_layers(["shop"], "ask", tools=True))
    assert "Project: shop" in first
    assert "cannot change anything" in first
    assert "change its files" in text_of(build_layers(["shop"], "auto", tools=True))
    assert "no tools" in text_of(build_layers([], "auto", tools=False))


def test_no_layer_stands_before_a_more_stable_one_and_each_moves_only_what_is_behind_it() -> None:
    layers = build_layers(["shop"], "ask", tools=True, instructions="Be brief.")
    assert [layer.name for layer in layers] == ["role", "mode", "project", "instructions"]
    ranks = [STABLE_LONGEST_FIRST.index(layer.stable) for layer in layers]
    assert ranks == sorted(ranks)
    changed = {
        1: build_layers(["shop"], "auto", tools=True, instructions="Be brief."),
        2: build_layers(["shop", "web"], "ask", tools=True, instructions="Be brief."),
        3: build_layers(["shop"], "ask", tools=True),
    }
    for place, others in changed.items():
        assert others[:place] == layers[:place]
        assert others[place : place + 1] != layers[place : place + 1]


def text_of(layers: tuple[ContextLayer, ...]) -> str:
    return ModelRequest(model="m", layers=layers, messages=()).system


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


def test_what_the_editor_did_not_tell_is_told_as_what_it_is() -> None:
    told = render_context(EditorContext(active="a.py", language="python", selection="x", certain=False))
    assert "Active file" not in told
    assert "Opened, changed or asked about last: a.py (python)" in told
    assert "was selected there when its code actions were last asked for:\n```python\nx\n```" in told


def test_a_fence_is_longer_than_any_inside() -> None:
    assert fence("a\n```\nb\n````\n").startswith("`````\n")


def test_a_large_file_is_cut_and_says_so() -> None:
    shown = render_file("a.txt", "ä" * 100, origin="buffer", limit_bytes=51)
    assert shown.startswith("File a.txt (with unsaved changes):")
    assert "ä" * 25 + "\n[cut: 149 bytes left out]" in shown
