"""Settings: precedence, where a value came from, and what is said about a bad one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from conduit.catalog.catalog import Catalog
from conduit.config.keys import known_keys
from conduit.config.settings import Settings, load_settings
from conduit.errors import ConfigError

ROOT = Path(__file__).parents[2]

GOOD: dict[str, tuple[object, object]] = {
    # key: two good values, both unlike the default
    "model": ("openai/gpt-5.4", "sonnet"),
    "fallback_models": ("gpt", "sonnet,openai/gpt-5.4"),
    "mode": ("auto", "review"),
    "max_tool_rounds": (3, 44),
    "max_tool_output_bytes": (20_000, 30_000),
    "diagnostics_wait_s": (0.0, 4.5),
    "temperature": (0.5, 1.25),
    "seed": (7, 8),
    "max_tokens": (100, 200),
    "cache_ttl_s": (0.0, 600.0),
    "keep_alive_s": (-1.0, 600.0),
    "script": ("/tmp/one.json", "/tmp/two.json"),
    "log_level": ("debug", "error"),
    "log_file": ("/tmp/one.log", "/tmp/two.log"),
    "embedded.idle_s": (10.0, 20.0),
    "embedded.threads": (1, 2),
    "embedded.context_tokens": (1024, 2048),
    "embedded.weights": ("/tmp/one.gguf", "/tmp/two.gguf"),
    "code_actions.apply": ("review", "direct"),
    "completions.enabled": ("on", "off"),
    "completions.model": ("ollama/coder", "gpt"),
    "completions.debounce_ms": (0, 300),
    "checkpoints.keep_days": (30, 365),
    "vendors.custom.base_url": ("http://127.0.0.1:8080/v1", "https://models.example.org/v1"),
    "vendors.custom.key_variable": ("LAB_KEY", "OTHER_KEY"),
}
BAD: dict[str, object] = {
    "model": "two words",
    "fallback_models": "two words",
    "mode": "write",
    "max_tool_rounds": 0,
    "max_tool_output_bytes": 12.5,
    "diagnostics_wait_s": 61,
    "temperature": 3,
    "seed": -1,
    "max_tokens": "many",
    "cache_ttl_s": -1,
    "keep_alive_s": -2,
    "script": "",
    "log_level": "loud",
    "log_file": "a\nb",
    "embedded.idle_s": 0,
    "embedded.threads": True,
    "embedded.context_tokens": 3,
    "embedded.weights": "",
    "code_actions.apply": "later",
    "completions.enabled": "always",
    "completions.model": "two words",
    "completions.debounce_ms": -1,
    "checkpoints.keep_days": 0,
    "vendors.custom.base_url": "127.0.0.1:8080",
    "vendors.custom.key_variable": "sk-live-0123456789",
}
VARIABLES = {key.name.replace("*", "custom"): key.variable for key in known_keys().values() if key.variable is not None}
USER_ONLY = {key.name.replace("*", "custom") for key in known_keys().values() if key.user_only}


def write_toml(folder: Path, key: str, value: object) -> Path:
    """A file with the key on line 3."""
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    if isinstance(value, str):
        shown = '"' + value.replace("\n", "\\n") + '"'
    path = folder / "config.toml"
    path.write_text(f"# {key}\n\n{key} = {shown}\n")
    return path


def nested(key: str, value: object, *, camel: bool = False) -> dict[str, object]:
    parts = key.split(".")
    if camel:
        parts = [re.sub(r"_(\w)", lambda match: match[1].upper(), part) for part in parts]
    for part in reversed(parts):
        value = {part: value}
    assert isinstance(value, dict)
    return value


def value_of(settings: Settings, key: str) -> object:
    value: object = settings
    for part in key.split("."):
        value = value[part] if isinstance(value, Mapping) else getattr(value, part)
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value) if isinstance(value, Path) else value


def load(tmp_path: Path, **given: object) -> Settings:
    environ = {"HOME": str(tmp_path), **given.pop("environ", {})}
    return load_settings(environ=environ, **given)


def refusal(tmp_path: Path, **given: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **given)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    return message


def test_the_cases_cover_every_key():
    names = {name.replace("*", "custom") for name in known_keys()}
    assert set(GOOD) == names
    assert set(BAD) == names


def test_without_any_source_everything_has_its_default(tmp_path):
    settings = load(tmp_path)
    assert settings == Settings(config_file=tmp_path / ".config/conduit/config.toml")
    assert (settings.model, settings.mode, settings.max_tool_rounds) == (None, None, 10)
    assert (settings.max_tool_output_bytes, settings.embedded.idle_s) == (500_000, 300)


@pytest.mark.parametrize("key", GOOD)
def test_a_key_is_read_from_the_file(tmp_path, key):
    path = write_toml(tmp_path, key, GOOD[key][0])
    settings = load(tmp_path, config_file=path)
    assert value_of(settings, key) == GOOD[key][0]
    assert settings.sources == {key: str(path)}


@pytest.mark.parametrize("key", VARIABLES)
def test_the_environment_wins_over_the_file(tmp_path, key):
    path = write_toml(tmp_path, key, GOOD[key][0])
    settings = load(tmp_path, config_file=path, environ={VARIABLES[key]: str(GOOD[key][1])})
    assert value_of(settings, key) == GOOD[key][1]
    assert settings.sources == {key: VARIABLES[key]}


@pytest.mark.parametrize("key", sorted(set(GOOD) - USER_ONLY))
@pytest.mark.parametrize("camel", [False, True])
def test_the_editor_wins_over_the_environment(tmp_path, key, camel):
    client = nested(key, GOOD[key][1], camel=camel)
    settings = load(tmp_path, client=client, environ={VARIABLES[key]: str(GOOD[key][0])})
    assert value_of(settings, key) == GOOD[key][1]
    assert settings.sources == {key: "the editor's settings"}
    assert settings.warnings == ()


@pytest.mark.parametrize("key", GOOD)
def test_an_argument_wins_over_everything(tmp_path, key):
    client = {} if key in USER_ONLY else nested(key, GOOD[key][0])
    path = write_toml(tmp_path, key, GOOD[key][0])
    settings = load(tmp_path, config_file=path, client=client, arguments={"mode": None, key: str(GOOD[key][1])})
    assert value_of(settings, key) == GOOD[key][1]
    assert settings.sources == {key: "--" + key.replace("_", "-").replace(".", "-")}


@pytest.mark.parametrize("key", sorted(USER_ONLY))
def test_an_editor_may_not_choose_where_keys_go_or_what_is_written(tmp_path, key):
    settings = load(tmp_path, client=nested(key, GOOD[key][0]))
    assert key not in settings.sources
    assert len(settings.warnings) == 1
    assert key in settings.warnings[0]


@pytest.mark.parametrize("key", BAD)
def test_a_bad_value_in_the_file_names_file_line_and_key(tmp_path, key):
    path = write_toml(tmp_path, key, BAD[key])
    message = refusal(tmp_path, config_file=path)
    assert message.startswith(f"{path}, line 3: {key} must be ")


@pytest.mark.parametrize("key", sorted(set(VARIABLES) - {"script", "embedded.weights"}))
def test_a_bad_value_in_a_variable_names_the_variable(tmp_path, key):
    message = refusal(tmp_path, environ={VARIABLES[key]: str(BAD[key])})
    assert message.startswith(f"The variable {VARIABLES[key]} must be ")


@pytest.mark.parametrize("key", sorted(set(BAD) - USER_ONLY))
def test_a_bad_value_of_the_editor_names_its_key_as_the_editor_spells_it(tmp_path, key):
    spelled = ".".join(nested_names(nested(key, 0, camel=True)))
    message = refusal(tmp_path, client=nested(key, BAD[key], camel=True))
    assert message.startswith(f"The editor's setting {spelled!r} must be ")


@pytest.mark.parametrize("key", BAD)
def test_a_bad_argument_names_the_argument(tmp_path, key):
    message = refusal(tmp_path, arguments={key: BAD[key]})
    assert message.startswith("--" + key.replace("_", "-").replace(".", "-") + " must be ")


def nested_names(tables: object) -> list[str]:
    names = []
    while isinstance(tables, dict):
        name, tables = next(iter(tables.items()))
        names.append(name)
    return names


def test_the_sentence_about_a_bad_value_says_what_a_good_one_is(tmp_path):
    def about(key: str, value: object) -> str:
        return refusal(tmp_path, arguments={key: value})

    assert about("mode", "x") == "--mode must be 'ask', 'review' or 'auto', not \"x\"."
    assert about("max_tool_rounds", "ten") == '--max-tool-rounds must be a whole number from 1 to 1,000, not "ten".'
    assert about("temperature", "nan") == '--temperature must be a number from 0 to 2, not "nan".'
    assert about("log_level", "x" * 99) == (
        "--log-level must be 'debug', 'info', 'warning' or 'error', not \"" + "x" * 56 + "...."
    )


def test_a_key_pasted_where_its_variable_belongs_is_not_repeated(tmp_path):
    path = write_toml(tmp_path, "vendors.custom.key_variable", "sk-live-0123456789")
    assert "0123456789" not in refusal(tmp_path, config_file=path)
    path = write_toml(tmp_path, "vendors.custom.base_url", "https://me:hunter2hunter2@example.org/v1")
    assert "hunter2" not in refusal(tmp_path, config_file=path)


def test_kinds_are_not_mixed_up_where_the_source_has_kinds(tmp_path):
    assert "whole number" in refusal(tmp_path, client={"max_tool_rounds": "10"})
    assert "whole number" in refusal(tmp_path, config_file=write_toml(tmp_path, "seed", True))
    assert "must be text" not in refusal(tmp_path, client={"model": {"name": "x"}})


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("mode = 'ask'\nseed = \n", 2, "not TOML"),
        ("[embedded\nidle_s = 1\n", 1, "not TOML"),
        ("seed = 1\n\nseed = 2\n", 3, "not TOML"),
        ('model = """never\nclosed\n', 2, "not TOML"),
        ("mode = 'ask'\nmdoel = 'x'\n", 2, "Did you mean 'model'?"),
        ("[embeded]\nidle_s = 3\n", 1, "Did you mean 'embedded'?"),
        ("[embedded]\n# one\nidle = 3\n", 3, "Did you mean 'embedded.idle_s'?"),
        ("[vendors.deepseek]\n\nbase-url = 'x'\n", 3, "Did you mean 'vendors.deepseek.base_url'?"),
        ("[vendors.'a b']\nkey_variable = 'X'\n", 2, "vendor's name"),
        ("seed = 1\nembedded = 3\n", 2, "must be a table"),
        ("seed = 1\nvendors.custom = 3\n", 2, "must be a table"),
        ("model = 'm'\n[settings]\nmode = 'auto'\n", 2, "no setting 'settings'"),
        ('model = """\\\nseed="a"\\\n"""\n# seed\nseed = "a"\n', 5, "seed must be"),
        ("embedded = {threads = 2, idle_s = 'x'}\n", 1, "embedded.idle_s must be"),
        ("mode = 'ask'\nmodel = [\n 'a',\n]\n", 2, "model must be"),
        ("\n\nseed = 1979-05-27\n", 3, "seed must be"),
    ],
)
def test_the_line_is_the_one_of_the_fault(tmp_path, text, line, part):
    path = tmp_path / "config.toml"
    path.write_text(text)
    message = refusal(tmp_path, config_file=path)
    assert message.startswith(f"{path}, line {line}: ")
    assert part in message


def test_windows_line_ends_and_a_byte_order_mark_are_fine(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbfmode = 'auto'\r\nseed = 4\r\n")
    settings = load(tmp_path, config_file=path)
    assert (settings.mode, settings.seed) == ("auto", 4)


def test_a_file_that_is_no_text_too_large_missing_or_a_folder_is_named(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"seed = 1\nmodel = '\xff'\n")
    assert refusal(tmp_path, config_file=path) == f"{path}, line 2: this is not UTF-8 text."
    path.write_bytes(b"#" * 300_000)
    assert "larger than" in refusal(tmp_path, config_file=path)
    path.unlink()
    assert refusal(tmp_path, config_file=path) == f"There is no settings file {path}."
    path.mkdir()
    assert str(path) in refusal(tmp_path, config_file=path)


def test_a_bad_value_is_told_even_when_a_later_source_overrides_it(tmp_path):
    path = write_toml(tmp_path, "mode", "write")
    assert "line 3" in refusal(tmp_path, config_file=path, arguments={"mode": "ask"})


def test_an_empty_variable_is_unset_and_a_near_miss_is_warned_of(tmp_path):
    settings = load(
        tmp_path,
        environ={"CONDUIT_MODE": "", "CONDUIT_MAX_TOOL_ROUND": "x", "CONDUIT_API_KEY": "k", "CONDUIT_OTHER": "1"},
    )
    assert settings.mode is None
    assert settings.warnings == (
        "The variable CONDUIT_MAX_TOOL_ROUND is ignored. Did you mean CONDUIT_MAX_TOOL_ROUNDS?",
    )


def test_what_is_unknown_in_the_editors_settings_is_ignored_with_a_warning(tmp_path):
    settings = load(tmp_path, client={"theme": "dark", "mdoel": "x", "embedded": 4, "maxTokens": None, "seed": 5})
    assert settings.seed == 5
    assert settings.max_tokens is None
    assert len(settings.warnings) == 3
    assert "Did you mean 'model'?" in settings.warnings[1]


def test_the_editor_may_wrap_its_settings_in_the_servers_name(tmp_path):
    assert load(tmp_path, client={"conduit": {"mode": "auto"}}).mode == "auto"


def test_a_relative_path_belongs_to_the_place_that_names_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "settings"
    folder.mkdir()
    path = write_toml(folder, "script", "play.json")
    assert load(tmp_path, config_file=path).script == folder / "play.json"
    assert load(tmp_path, environ={"CONDUIT_SCRIPT": "play.json"}).script == tmp_path / "play.json"
    assert load(tmp_path, arguments={"log_file": "a.log"}).log_file == tmp_path / "a.log"


def test_several_vendors_keep_their_own_values(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[vendors.a]\nbase_url = 'http://a/v1'\n[vendors.b-2]\nkey_variable = 'B'\n")
    settings = load(tmp_path, config_file=path)
    assert {name: row.model_dump() for name, row in settings.vendors.items()} == {
        "a": {"base_url": "http://a/v1", "key_variable": None},
        "b-2": {"base_url": None, "key_variable": "B"},
    }


def test_a_setting_knows_the_place_that_it_is_from(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(
        "mode = 'auto'\n\nmodel = 'm'\n[vendors.lab]\nkey_variable = 'A'\n[vendors.lab-2]\nkey_variable = 'B'\n"
    )
    settings = load(tmp_path, config_file=path)
    assert settings.place("model") == f"{path}, line 3"
    assert settings.place("vendors.lab") == f"{path}, line 4"
    assert settings.place("vendors.lab-2") == f"{path}, line 6"
    assert settings.place("seed") == ""
    assert load(tmp_path, environ={"CONDUIT_MODEL": "m"}).place("model") == "The variable CONDUIT_MODEL"
    assert load(tmp_path, client={"model": "m"}).place("model") == "The editor's settings"
    assert load(tmp_path, arguments={"model": "m"}).place("model") == "--model"


def test_settings_cannot_be_changed(tmp_path):
    settings = load(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.mode = "auto"


def settings_table() -> list[str]:
    """The table of the page, as the model has it."""
    lines = ["| key | variable | value | default | meaning |", "|---|---|---|---|---|"]
    for key in known_keys().values():
        default = key.field.get_default(call_default_factory=False)
        lines.append(
            f"| `{key.name.replace('*', 'NAME')}` | {f'`{key.variable}`' if key.variable else ''} | {key.expects()} "
            f"| {'' if default is None else f'`{default}`'} | {key.field.description}{' ¹' if key.user_only else ''} |"
        )
    return lines


@pytest.mark.parametrize("given", [["gpt", "flash"], "gpt, flash", "gpt,flash,"])
def test_a_list_of_models_is_a_list_or_a_text_with_commas(tmp_path, given):
    assert load(tmp_path, client={"fallbackModels": given}).fallback_models == ("gpt", "flash")
    write_toml(tmp_path, "fallback_models", given)
    assert load(tmp_path, config_file=tmp_path / "config.toml").fallback_models == ("gpt", "flash")


def test_the_page_has_exactly_the_keys_of_the_model():
    page = (ROOT / "docs/settings.md").read_text()
    rows = [line for line in page.partition("\n## ")[0].splitlines() if line.startswith("|")]
    assert rows == settings_table(), "put these rows into docs/settings.md:\n" + "\n".join(settings_table())


def test_the_page_names_every_vendor():
    page = (ROOT / "docs/settings.md").read_text()
    names = {vendor.name for vendor in Catalog.packaged().vendors}
    listed = re.search(r"The names are (.+?)\.\n\n", page, re.DOTALL)
    assert set(re.findall(r"`(.+?)`", listed[1])) == names, f"put these into docs/settings.md: {sorted(names)}"
