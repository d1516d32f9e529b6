"""`conduit/mention/list` as an editor asks, and what a mention becomes in a prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient
from conduit.lsp.wire_client import ClientError
from lsp.conftest import StartEditor


async def names(editor: EditorClient, query: str = "", **more: object) -> list[str]:
    found = await editor.request("conduit/mention/list", {"query": query, **more})
    return [each["name"] for each in found["mentions"]]


@pytest.fixture
def tree(project: Path) -> Path:
    for name in ("src/shop/cart.py", "src/shop/prices.py", "docs/carts.md", "build/out.py", ".env", "src/secret.pem"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x = 1\n")
    (project / ".gitignore").write_text("build/\n")
    return project


async def test_open_documents_come_first_then_the_best_names_and_nothing_ignored_or_private(
    start_editor: StartEditor, tree: Path
) -> None:
    editor = await start_editor()
    assert await names(editor) == [
        *("src/", "docs/", "app.py", ".gitignore", "src/shop/", "docs/carts.md"),
        *("src/shop/cart.py", "src/shop/prices.py"),
    ]
    assert await names(editor, "cart") == ["docs/carts.md", "src/shop/cart.py"]
    assert await names(editor, "cart.py") == ["src/shop/cart.py"]
    assert await names(editor, "SHOP") == ["src/shop/", "src/shop/cart.py", "src/shop/prices.py"]
    assert await names(editor, "prc") == ["src/shop/prices.py"]
    assert await names(editor, "env") == []
    assert await names(editor, "", limit=2) == ["src/", "docs/"]
    found = (await editor.request("conduit/mention/list", {"query": "shop/"}))["mentions"][0]
    assert found == {"kind": "folder", "name": "src/shop/", "uri": (tree / "src/shop").as_uri()}
    await editor.open(tree / "src/shop/prices.py", "unsaved\n")
    assert (await names(editor))[0] == "src/shop/prices.py"


async def test_wrong_parameters_are_answered_with_the_name_of_the_field(start_editor: StartEditor) -> None:
    editor = await start_editor()
    with pytest.raises(ClientError, match="limit: input should be greater than or equal to 1"):
        await names(editor, "", limit=0)
    with pytest.raises(ClientError, match="query: input should be a valid string"):
        await names(editor, query=7)  # type: ignore[arg-type]


async def test_a_mention_is_shown_as_a_link_and_read_by_the_model(start_editor: StartEditor, tree: Path) -> None:
    editor = await start_editor()
    session = (await editor.request("conduit/session/new", {}))["sessionId"]
    links = [{"type": "resource_link", "uri": (tree / name).as_uri()} for name in ("app.py", "src/shop")]
    content = [{"type": "text", "text": "say what these are"}, *links]
    await editor.request("conduit/session/prompt", {"sessionId": session, "prompt": content})
    shown: list[dict[str, Any]] = [
        each["update"]["content"]
        for each in editor.seen.updates
        if each["update"]["sessionUpdate"] == "user_message_chunk"
    ]
    assert shown == [
        {"type": "text", "text": "say what these are"},
        {"type": "resource_link", "uri": (tree / "app.py").as_uri(), "name": "app.py"},
        {"type": "resource_link", "uri": (tree / "src/shop").as_uri(), "name": "src/shop/"},
    ]
    read = (await editor.command("conduit.session.open", session))["messages"][0]["text"]
    assert "value = 1" in read
    assert "src/shop/cart.py\nsrc/shop/prices.py" in read
