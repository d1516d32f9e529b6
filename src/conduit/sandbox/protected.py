"""Files that run later, or that steer who may do what: never written without a question, in any mode.

Pure, by name; the caller asks about the real name too, so that no link leads around this. A name counts as the file
that any system would open for it: capitals, ignorable characters, other Unicode forms, trailing dots and NTFS short
names make no difference (as in git's own checks of `.git`, path.c `is_ntfs_dotgit`, utf8.c `is_hfs_dotgit`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_VERSION_CONTROL = (".git", ".hg", ".svn", ".jj")
_OWN = (".conduit", "conduit.toml", ".conduit.toml")
_SHORT_GIT = re.compile(r"git~\d+")


def _by_name(rows: Mapping[str, str]) -> dict[str, str]:
    """Return the reason by name, of rows of names by reason."""
    return {name: reason for reason, names in rows.items() for name in names.split()}


_FOLDERS: dict[str, str] = {
    ".vscode": "editor settings, which can run programs when the folder is opened",
    ".vscode-insiders": "editor settings, which can run programs when the folder is opened",
    ".devcontainer": "the container that the editor builds and runs",
    ".idea": "editor settings, which can run programs",
    ".fleet": "editor settings, which can run programs",
    ".zed": "editor settings, which can run programs",
    ".helix": "editor settings, which can run programs",
    ".nvim": "editor settings, which run when the folder is opened",
    ".vim": "editor settings, which run when the folder is opened",
    ".settings": "editor settings, which can run programs",
    ".vs": "editor settings, which can run programs",
    ".theia": "editor settings, which can run programs",
    ".nova": "editor settings, which can run programs",
    ".idx": "editor settings, which can run programs",
    ".sourcekit-lsp": "editor settings, which can run programs",
    ".nlsp-settings": "editor settings, which can run programs",
    ".bsp": "what an editor starts when the folder is opened",
    ".cursor": "settings and rules of an agent",
    ".claude": "settings and rules of an agent",
    ".gemini": "settings and rules of an agent",
    ".codex": "settings and rules of an agent",
    ".windsurf": "settings and rules of an agent",
    ".continue": "settings and rules of an agent",
    ".clinerules": "rules of an agent",
    ".roo": "settings and rules of an agent",
    **_by_name(
        {
            "settings and rules of an agent": (
                ".agents .agent .aiassistant .amazonq .amp .antigravity .augment .cline .codebuddy .codeium .copilot "
                ".crush .factory .goose .iflow .junie .kilocode .kiro .lingma .openhands .opencode .qoder .qwen "
                ".rovodev .ruler .tabnine .trae .vibe .void .warp .zencoder"
            )
        }
    ),
    ".husky": "hooks, which run at every commit",
    ".githooks": "hooks, which run at every commit",
    "githooks": "hooks, which run at every commit",
    ".lefthook": "hooks, which run at every commit",
    ".circleci": "a CI definition, which runs with the project's secrets",
    ".buildkite": "a CI definition, which runs with the project's secrets",
    ".woodpecker": "a CI definition, which runs with the project's secrets",
    ".teamcity": "a CI definition, which runs with the project's secrets",
    ".semaphore": "a CI definition, which runs with the project's secrets",
    ".tekton": "a CI definition, which runs with the project's secrets",
    ".azure-pipelines": "a CI definition, which runs with the project's secrets",
    ".builds": "a CI definition, which runs with the project's secrets",
    ".direnv": "what the shell loads in this folder",
    ".mise": "what the shell loads in this folder",
    ".mvn": "settings of a build tool, which can run programs",
    ".cargo": "settings of a build tool, which can run programs",
    ".bundle": "settings of a build tool, which can run programs",
    ".yarn": "settings of a package manager, which can run programs",
}
"""What lies in a folder of this name, at any depth."""

_PATHS: dict[tuple[str, ...], str] = {
    (".github", "workflows"): "a CI definition, which runs with the project's secrets",
    (".github", "actions"): "a CI definition, which runs with the project's secrets",
    (".github", "hooks"): "hooks, which run programs",
    (".github", "dependabot.yml"): "a CI definition, which runs with the project's secrets",
    (".github", "copilot-instructions.md"): "rules that an agent obeys",
    (".github", "instructions"): "rules that an agent obeys",
    (".github", "prompts"): "rules that an agent obeys",
    (".github", "agents"): "rules that an agent obeys",
    (".github", "chatmodes"): "rules that an agent obeys",
    (".github", "skills"): "rules that an agent obeys",
    (".github", "copilot"): "settings and rules of an agent",
    (".gitea", "workflows"): "a CI definition, which runs with the project's secrets",
    (".forgejo", "workflows"): "a CI definition, which runs with the project's secrets",
    (".gitlab", "ci"): "a CI definition, which runs with the project's secrets",
    ("node_modules", ".bin"): "a program that is found first by scripts",
    (".config", "git"): "settings of git, which can run programs",
    (".config", "mise"): "what the shell loads in this folder",
}
"""What lies at or beneath these parts in a row, at any depth."""

_NAMES = _by_name(
    {
        "settings of git, which can run programs": ".gitmodules .gitattributes .gitconfig .lfsconfig",
        "a CI definition, which runs with the project's secrets": (
            ".gitlab-ci.yml .gitlab-ci.yaml .travis.yml azure-pipelines.yml azure-pipelines.yaml "
            "bitbucket-pipelines.yml jenkinsfile .drone.yml .woodpecker.yml appveyor.yml "
            ".appveyor.yml cloudbuild.yaml cloudbuild.yml buildspec.yml .cirrus.yml .cirrus.star .woodpecker.yaml "
            ".drone.star .drone.jsonnet .build.yml bitrise.yml codemagic.yaml codefresh.yml"
        ),
        "editor settings, which run when the folder is opened": (
            ".exrc .nvimrc .vimrc .gvimrc .nvim.lua _vimrc .dir-locals.el .dir-locals-2.el .lvimrc .kateproject "
            "coc-settings.json .vimspector.json .ycm_extra_conf.py _exrc _gvimrc .local.vimrc .lazy.lua .neoconf.json "
            "rust-analyzer.toml .rust-analyzer.toml buildserver.json"
        ),
        "the container that the editor builds and runs": (
            ".devcontainer.json .gitpod.yml .gitpod.dockerfile devfile.yaml .devfile.yaml .replit replit.nix"
        ),
        "what the shell loads in this folder": (
            ".envrc .tool-versions mise.toml .mise.toml .autoenv .autoenv.zsh .env.fish "
            "mise.local.toml .mise.local.toml"
        ),
        "what a shell runs when it starts": (
            ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv "
            ".zprofile .zlogin .zlogout .inputrc .cshrc .tcshrc .kshrc .login .logout"
        ),
        "settings of a tool, which can run programs or send data elsewhere": (
            ".npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs pnpmfile.js .pypirc pip.conf pip.ini "
            "uv.toml .gemrc .bazelrc .curlrc .wgetrc .ripgreprc .condarc bunfig.toml .editrc "
            ".gdbinit .lldbinit .psqlrc .my.cnf .netrc .pnpmfile.mjs .pnp.cjs .pnp.loader.mjs yarn.config.cjs "
            "nuget.config taplo.toml .taplo.toml tombi.toml .graphqlrc .graphqlrc.json .graphqlrc.yml .graphqlrc.yaml "
            ".graphqlrc.toml"
        ),
        "hooks, which run at every commit": (
            ".pre-commit-config.yaml .pre-commit-config.yml lefthook.yml lefthook.yaml "
            ".lefthook.yml .lefthook.yaml lefthook.toml .lefthook.toml lefthook.json .lefthook.json lefthook-local.yml "
            ".huskyrc .huskyrc.json .huskyrc.js .lintstagedrc .lintstagedrc.json .lintstagedrc.js .lintstagedrc.mjs "
            "lint-staged.config.js lint-staged.config.mjs .simple-git-hooks.json .simple-git-hooks.js .overcommit.yml "
            "prek.toml hk.pkl"
        ),
        "settings or rules of an agent": (
            ".mcp.json mcp.json .cursorrules .windsurfrules .clinerules .roorules .roomodes .kilocodemodes .voidrules "
            ".goosehints .augment-guidelines .aider.conf.yml .aider.model.settings.yml opencode.json opencode.jsonc "
            "crush.json .crush.json mcp_config.json mcp_settings.json "
            "cline_mcp_settings.json claude_desktop_config.json"
        ),
        "rules that an agent obeys in every later conversation": (
            "agents.md agents.override.md claude.md claude.local.md gemini.md conduit.md .rules agent.md crush.md "
            "qwen.md iflow.md warp.md codebuddy.md airules.md skill.md copilot-instructions.md"
        ),
        "code that Python runs whenever it starts": "sitecustomize.py usercustomize.py",
        "code that an interpreter or a debugger runs when it starts in this folder": (
            ".pdbrc .irbrc .pryrc .rprofile .renviron .ghci .iex.exs .ocamlinit .octaverc .luacheckrc"
        ),
    }
)
"""Files of this name, at any depth."""

_ENDINGS: dict[str, str] = {
    ".code-workspace": "editor settings, which can run programs when the folder is opened",
    ".sublime-project": "editor settings, which can run programs",
    ".pth": "code that Python runs whenever it starts",
    ".mdc": "rules that an agent obeys",
    ".instructions.md": "rules that an agent obeys",
    ".prompt.md": "rules that an agent obeys",
    ".chatmode.md": "rules that an agent obeys",
    ".agent.md": "rules that an agent obeys",
    ".gitlab-ci.yml": "a CI definition, which runs with the project's secrets",
    ".jenkinsfile": "a CI definition, which runs with the project's secrets",
}

_RUNS = _by_name(
    {
        "runs with the next build": (
            "makefile gnumakefile justfile .justfile rakefile taskfile.yml taskfile.yaml configure configure.ac "
            "makefile.am meson.build build.zig build.sbt build.xml build.bazel module.bazel workspace.bazel "
            "package.swift directory.build.props directory.build.targets gulpfile.js gruntfile.js turbo.json "
            "webpack.config.js rollup.config.js vite.config.js vite.config.ts babel.config.js next.config.js "
            "flake.nix shell.nix default.nix"
        ),
        "runs when packages are installed or built": (
            "package.json composer.json gemfile cargo.toml build.rs build.gradle build.gradle.kts settings.gradle "
            "settings.gradle.kts gradlew gradlew.bat gradle-wrapper.properties mvnw pom.xml cmakelists.txt deno.json "
            "deno.jsonc pnpm-workspace.yaml mix.exs podfile rust-toolchain.toml rust-toolchain"
        ),
        "runs when the project is installed or built": (
            "setup.py setup.cfg pyproject.toml noxfile.py tox.ini fabfile.py"
        ),
        "runs with the tests": (
            "conftest.py pytest.ini jest.config.js jest.config.ts vitest.config.ts karma.conf.js playwright.config.ts "
            ".mocharc.js .mocharc.json .rspec"
        ),
        "runs when an editor or a commit checks the code": (
            "eslint.config.js eslint.config.mjs eslint.config.ts .eslintrc .eslintrc.js .eslintrc.cjs .eslintrc.json "
            "prettier.config.js .prettierrc.js stylelint.config.js .pylintrc pylintrc .flake8 mypy.ini .rubocop.yml"
        ),
        "runs when the container is built or started": (
            "dockerfile containerfile docker-compose.yml docker-compose.yaml docker-compose.override.yml compose.yml "
            "compose.yaml vagrantfile procfile tiltfile skaffold.yaml"
        ),
    }
)
_RUNS_ENDINGS = {
    **dict.fromkeys((".mk", ".just", ".csproj", ".fsproj", ".vbproj", ".vcxproj"), "runs with the next build"),
    ".gemspec": "runs when packages are installed or built",
    ".dockerfile": "runs when the container is built or started",
}


def protected_reason(relative: str) -> str | None:
    """Return what makes the file of a name protected, or None; a sentence can go on with it after "it is".

    Args:
        relative: a path beneath a root, with `/`; another root's folder name before it makes no difference.
    """
    parts = [_opened_as(part) for part in _parts(relative)]
    if (forbidden := forbidden_reason(relative)) is not None:
        return forbidden
    for part in parts[:-1]:
        if part in _FOLDERS:
            return _FOLDERS[part]
    for row, reason in _PATHS.items():
        if any(tuple(parts[at : at + len(row)]) == row for at in range(len(parts))):
            return reason
    last = parts[-1] if parts else ""
    ending = next((reason for ending, reason in _ENDINGS.items() if last.endswith(ending)), None)
    return _FOLDERS.get(last) or _NAMES.get(last) or ending


def forbidden_reason(relative: str) -> str | None:
    """Return why a file is never written at all, whatever the person answered, or None; as `protected_reason`."""
    for part in (_opened_as(part) for part in _parts(relative)):
        if part in _VERSION_CONTROL or _SHORT_GIT.fullmatch(part):
            return "a part of version control"
        if part in _OWN:
            return "Conduit's own configuration, which decides what it asks about"
    return None


def runs_code_reason(relative: str) -> str | None:
    """Return when a file that is not protected runs, for the person who reviews a change of it; None when it is plain.

    Such files change every day in ordinary work, so that a question at each of them would be answered unread.
    """
    parts = _parts(relative)
    last = _opened_as(parts[-1]) if parts else ""
    if last.startswith(("dockerfile.", "containerfile.")):
        last = last.partition(".")[0]
    return _RUNS.get(last) or next((why for ending, why in _RUNS_ENDINGS.items() if last.endswith(ending)), None)


def is_editor_setting(relative: str) -> bool:
    """Say whether a file is protected because an editor takes its settings from it."""
    return (protected_reason(relative) or "").startswith("editor settings")


def remark_on(relative: str) -> str:
    """Return what a reviewer should know of a file, as a clause that goes on after its name; empty when it is plain."""
    reason = protected_reason(relative)
    return f"is {reason}" if reason else runs_code_reason(relative) or ""


def _parts(relative: str) -> list[str]:
    return [part for part in relative.replace("\\", "/").split("/") if part not in ("", ".")]


def _opened_as(part: str) -> str:
    """Return the one spelling of all that a system takes for the same name."""
    # Format characters (Cf, among them what HFS+ ignores) and variation selectors (Mn) cannot be seen.
    seen = "".join(char for char in part if unicodedata.category(char) != "Cf" and not 0xFE00 <= ord(char) <= 0xFE0F)
    # A Turkish capital or dotless i is an i for a system that folds case by that language.
    folded = unicodedata.normalize("NFKC", seen).replace("\u0130", "i").replace("\u0131", "i").casefold()
    folded = unicodedata.normalize("NFKC", folded).replace("i\u0307", "i")
    stream = folded.partition(":")[0]  # an NTFS stream, as in `.git::$INDEX_ALLOCATION`
    return stream.rstrip(". ") or folded
