"""Files that run later are known by every spelling that a system would open for them, and ordinary files are not."""

from __future__ import annotations

import pytest

from conduit.sandbox.protected import forbidden_reason, protected_reason, runs_code_reason


@pytest.mark.parametrize(
    "name",
    [
        *(".vscode/settings.json", ".vscode/tasks.json", "a/b/.vscode/launch.json", "team.code-workspace"),
        *(".idea/runConfigurations/x.xml", ".zed/settings.json", ".helix/config.toml", ".nvim.lua", ".exrc", "x/.exrc"),
        *(".github/workflows/ci.yml", ".gitlab-ci.yml", "Jenkinsfile", ".circleci/config.yml"),
        *(".github/hooks/x.json", ".husky/pre-commit", ".githooks/pre-push", ".pre-commit-config.yaml"),
        *(".envrc", ".tool-versions", ".bashrc", "sub/.zshrc", ".npmrc", "pip.conf", ".cargo/config.toml"),
        *("AGENTS.md", "CLAUDE.md", "docs/agents.md", ".cursor/mcp.json", ".mcp.json", ".claude/settings.json"),
        *(".gitmodules", ".gitattributes", "node_modules/.bin/git", "sitecustomize.py", "x.pth", ".ripgreprc"),
        *("opencode.json", ".kiro/steering/a.md", ".junie/guidelines.md", ".agent/rules/a.md", ".roomodes", "QWEN.md"),
        *(".github/agents/a.md", "docs/style.instructions.md", ".amazonq/mcp.json", ".trae/mcp.json", ".opencode/x.ts"),
        *(".devcontainer.json", ".gitpod.yml", ".vs/tasks.vs.json", ".bsp/x.json", "rust-analyzer.toml", ".lazy.lua"),
        *("taplo.toml", ".graphqlrc.yml", ".lfsconfig", ".pdbrc", ".Rprofile", "build.gitlab-ci.yml", ".lefthook.yaml"),
        "/".join(["deep"] * 10) + "/.vscode/settings.json",
    ],
)
def test_a_file_that_runs_later_is_protected(name: str) -> None:
    assert protected_reason(name)


@pytest.mark.parametrize(
    "name",
    [
        *(".VSCode/Settings.json", ".vscode./settings.json", ".vscode /tasks.json", "./.vscode//x", ".vscode\\x"),
        *(".vs\u200dcode/settings.json", "\ufeff.vscode/x", "\uff0evscode/x", ".VSCODE/x", ".claude\u200b/x"),
        *(".\u0131dea/x", ".\u0130dea/x", "AGENTS.MD", "AgEnTs.md ", ".envrc:stream", ".ENVRC::$DATA"),
    ],
)
def test_another_spelling_of_the_same_file_is_protected_too(name: str) -> None:
    assert protected_reason(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            ".git/config",
            ".git/hooks/pre-commit",
            "sub/module/.GIT/config",
            ".git",
            "GIT~1/config",
            ".g\u200cit/config",
        ),
        *(".git./config", ".git::$INDEX_ALLOCATION/config", ".hg/hgrc", ".conduit/config.toml", "conduit.toml"),
    ],
)
def test_version_control_and_our_own_settings_are_never_written(name: str) -> None:
    assert forbidden_reason(name)
    assert protected_reason(name) == forbidden_reason(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "src/app.py",
            "README.md",
            "vscode/settings.json",
            "idea/x",
            ".gitignore",
            ".editorconfig",
            "docs/git/hooks.md",
        ),
        *(
            "agents.py",
            "tests/conftest.py",
            "Makefile",
            "package.json",
            ".github/ISSUE_TEMPLATE/bug.md",
            ".github/x.md",
        ),
        *("git", "src/workflows/ci.py", "hooks/use_state.ts", "profile", "", "."),
    ],
)
def test_an_ordinary_file_is_not(name: str) -> None:
    assert protected_reason(name) is None
    assert forbidden_reason(name) is None


def test_what_runs_in_ordinary_work_is_said_in_the_review_and_not_asked() -> None:
    assert runs_code_reason("sub/Makefile") == "runs with the next build"
    assert runs_code_reason("tests/conftest.py") == "runs with the tests"
    assert runs_code_reason("eslint.config.mjs") == "runs when an editor or a commit checks the code"
    assert runs_code_reason("Dockerfile.dev") == "runs when the container is built or started"
    assert runs_code_reason("src/App.csproj") == "runs with the next build"
    assert runs_code_reason("src/app.py") is None
    assert runs_code_reason("") is None
