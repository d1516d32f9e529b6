"""Which model is used, what is missing for another, and what the person is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import ModelInfo, Vendor
from conduit.compose.endpoints import EMBEDDED, Endpoints
from conduit.config.settings import load_settings
from conduit.config.vault import Keys
from conduit.errors import ConfigError, MissingKey, UnknownModel
from conduit.providers.base import Provider
from conduit.providers.scripted import ScriptedProvider


class Made:
    """Makes a scripted provider for every vendor, and remembers for which."""

    def __init__(self) -> None:
        self.vendors: list[tuple[str, str | None, str | None]] = []
        self.wires: list[str] = []

    def __call__(self, vendor: Vendor, base_url: str | None, key: str | None, *_: object) -> Provider:
        self.vendors.append((vendor.name, base_url, key))
        self.wires.append(vendor.wire)
        return ScriptedProvider(None, name=vendor.name)


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def endpoints(tmp_path: Path, made: Made):
    def make(settings: dict[str, object] | None = None, **environ: str) -> Endpoints:
        environ = {"HOME": str(tmp_path), **environ}
        loaded = load_settings(arguments=settings or {}, environ=environ)
        keys = Keys(environ, tmp_path, lambda key: None)
        told = tmp_path / "told"
        return Endpoints(
            loaded, Catalog.packaged(), made, notify=lambda note: None, told=told, keys=keys, environ=environ
        )

    return make


def test_with_nothing_configured_the_embedded_model_is_used_and_the_person_is_told_once(endpoints) -> None:
    found = endpoints()
    assert found.default() == EMBEDDED
    model = found.resolve(EMBEDDED)
    assert "embedded" in found.introduction(model)
    assert found.introduction(model) == ""
    assert endpoints().introduction(model) == ""


def test_a_key_that_is_there_chooses_its_vendor(endpoints) -> None:
    assert endpoints(ANTHROPIC_API_KEY="sk-ant-of-a-test").default().startswith("anthropic/")
    assert endpoints(OPENAI_API_KEY="sk-of-a-test").default().startswith("openai/")


def test_what_is_configured_wins_and_is_never_introduced(endpoints) -> None:
    found = endpoints({"model": "embedded"}, ANTHROPIC_API_KEY="sk-ant-of-a-test")
    assert found.default() == EMBEDDED
    assert found.introduction(found.resolve(EMBEDDED)) == ""


def test_each_thing_that_is_missing_is_one_clear_error(endpoints) -> None:
    found = endpoints()
    with pytest.raises(MissingKey, match="ANTHROPIC_API_KEY"):
        found.provider(found.resolve("sonnet"))
    with pytest.raises(ConfigError, match="CONDUIT_BASE_URL"):
        found.provider(found.resolve("custom/anything"))
    with pytest.raises(UnknownModel, match="sonnet"):
        found.resolve("sonet")


def test_an_endpoint_is_made_once_with_the_persons_address_and_key(endpoints, made: Made) -> None:
    found = endpoints(CONDUIT_BASE_URL="http://127.0.0.1:1/v1", CONDUIT_API_KEY="key-of-a-test")
    first, second = found.resolve("custom/a"), found.resolve("custom/b")
    assert found.provider(first) is found.provider(second)
    assert made.vendors == [("custom", "http://127.0.0.1:1/v1", "key-of-a-test")]


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"GOOGLE_API_KEY": "of-the-cloud"}, "of-the-cloud"),
        ({"GEMINI_API_KEY": "of-gemini", "GOOGLE_API_KEY": "of-the-cloud"}, "of-gemini"),
        ({"GEMINI_API_KEY": " ", "GOOGLE_API_KEY": "of-the-cloud"}, "of-the-cloud"),
    ],
)
def test_a_key_is_found_under_each_of_its_vendors_names(endpoints, made: Made, environ, key: str) -> None:
    found = endpoints(**environ)
    assert found.default().startswith("google/")
    found.provider(found.resolve("google/gemini-3.8-flash"))
    assert made.vendors[0][2] == key
    with pytest.raises(MissingKey, match="GEMINI_API_KEY or GOOGLE_API_KEY"):
        endpoints().provider(found.resolve("google/gemini-3.8-flash"))


def test_a_variable_of_the_settings_takes_the_place_of_the_vendors_names(endpoints, made: Made) -> None:
    settings = {"vendors.google.key_variable": "LAB_KEY"}
    found = endpoints(settings, GOOGLE_API_KEY="of-the-cloud", LAB_KEY="of-the-lab")
    found.provider(found.resolve("google/gemini-3.8-flash"))
    assert made.vendors[0][2] == "of-the-lab"
    assert endpoints(settings, GOOGLE_API_KEY="of-the-cloud").default() == EMBEDDED


def test_a_picker_says_of_every_model_what_it_lacks(endpoints) -> None:
    choices = {choice.id: choice for choice in endpoints(OPENAI_API_KEY="sk-of-a-test").choices()}
    assert choices[EMBEDDED].ready
    assert {choice.note for choice in choices.values() if choice.vendor == "anthropic"} == {"set ANTHROPIC_API_KEY"}
    assert all(choice.ready for choice in choices.values() if choice.vendor == "openai")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":8080", "http://localhost:8080"),
        ("box.example:5000", "http://box.example:5000"),
        ("https://box.example/path/", "https://box.example/path"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("[::1]:5", "http://[::1]:5"),
        ("box:port", "box:port"),  # what is no address is said when it is used
    ],
)
def test_the_host_is_read_where_ollama_reads_it(endpoints, made: Made, host: str, url: str) -> None:
    found = endpoints(OLLAMA_HOST=host)
    found.provider(found.resolve("ollama/qwen3"))
    assert made.vendors == [("ollama", url, None)]


def test_the_settings_address_counts_more_than_the_environments(endpoints, made: Made) -> None:
    settings = {"vendors.ollama.base_url": "http://box:1"}
    found = endpoints(settings, OLLAMA_HOST="1.2.3.4")
    found.provider(found.resolve("ollama/qwen3"))
    assert made.vendors == [("ollama", "http://box:1", None)]


def test_an_unknown_model_or_vendor_of_the_settings_names_the_place(endpoints, tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"^The variable CONDUIT_MODEL: There is no model 'nope'\."):
        chosen(endpoints(CONDUIT_MODEL="nope"))
    with pytest.raises(UnknownModel, match=r"^--model: There is no model 'nope'\."):
        chosen(endpoints({"model": "nope"}))
    config = tmp_path / ".config/conduit/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("mode = 'ask'\nmodel = 'nope'\n")
    with pytest.raises(UnknownModel, match=rf"^{config}, line 2: There is no model 'nope'\."):
        chosen(endpoints())
    config.write_text("mode = 'ask'\n\n[vendors.foo]\nbase_url = 'http://127.0.0.1:1/v1'\n")
    with pytest.raises(ConfigError, match=rf"^{config}, line 3: There is no vendor 'foo'\. Known vendors: anthropic,"):
        endpoints()


def test_a_vendor_has_one_endpoint_for_each_wire_that_its_models_need(endpoints, made: Made) -> None:
    found = endpoints(OPENAI_API_KEY="sk-of-a-test")
    opened = [found.provider(found.resolve(f"openai/{name}")) for name in ("gpt-6-sol", "gpt-6-astra", "gpt-of-old")]
    assert opened[0] is opened[1]
    assert opened[1] is not opened[2]
    assert made.wires == ["openai_responses", "openai_chat"]


def chosen(found: Endpoints) -> ModelInfo:
    return found.resolve(found.default())


def test_an_unknown_configured_model_hides_no_other_and_is_a_problem_that_is_told(endpoints) -> None:
    found = endpoints({"model": "sonet"})
    assert found.default() == "sonet"
    assert found.problem().startswith("--model: There is no model 'sonet'. Did you mean sonnet")
    assert EMBEDDED in {choice.id for choice in found.choices()}
    with pytest.raises(UnknownModel, match=r"^There is no model 'opsu'"):
        found.resolve("opsu")
    assert endpoints({"model": "sonnet"}).problem() == ""
