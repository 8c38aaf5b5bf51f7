"""Rules of greffier.settings and of the example file written from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from greffier.settings import Settings, SettingsError, as_environment, load
from greffier.settings_example import FILE, ROOT, example


def read(environ: dict[str, str]) -> Settings:
    return load(environ, env_file=None)


def mistakes(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(environ)
    return str(caught.value).splitlines()


def test_nothing_set_means_the_defaults() -> None:
    assert read({}) == Settings()


def test_a_value_is_read_from_section_and_name() -> None:
    assert read({"GREFFIER_ASR__MAX_BATCH": "4"}).asr.max_batch == 4


def test_a_list_is_separated_by_commas() -> None:
    settings = read({"GREFFIER_CAPTIONS__LANGUAGES": "fr, en ,de"})
    assert settings.captions.languages == ("fr", "en", "de")


def test_an_unknown_name_is_an_error_that_lists_the_settings_of_its_section() -> None:
    (line,) = mistakes({"GREFFIER_MAIL__HOTS": "mail.example.org"})
    assert line.startswith("GREFFIER_MAIL__HOTS is not a setting;")
    assert "GREFFIER_MAIL__HOST" in line


def test_an_unknown_section_is_an_error_that_lists_the_sections() -> None:
    (line,) = mistakes({"GREFFIER_MIAL__HOST": "mail.example.org"})
    assert line.startswith("GREFFIER_MIAL__HOST is not a setting;")
    assert "MAIL" in line


def test_a_value_out_of_range_is_an_error_that_names_the_setting() -> None:
    (line,) = mistakes({"GREFFIER_ROOMS__PORT": "70000"})
    assert line.startswith("GREFFIER_ROOMS__PORT: ")


def test_a_collector_that_is_no_address_is_refused() -> None:
    """Or its traces would be looked for in vain."""
    (line,) = mistakes({"GREFFIER_TRACES__ENDPOINT": "127.0.0.1:4318"})
    assert line.startswith("GREFFIER_TRACES__ENDPOINT: ")


def test_each_mistake_has_its_line() -> None:
    assert len(mistakes({"GREFFIER_ROOMS__PORT": "x", "GREFFIER_NOPE": "1"})) == 2


def test_other_programs_names_are_none_of_ours() -> None:
    assert read({"PATH": "/bin", "LIVEKIT_SERVER": "/opt/livekit-server"}) == Settings()


def test_livekits_own_names_are_understood() -> None:
    livekit = read(
        {
            "LIVEKIT_URL": "wss://livekit.example.org",
            "LIVEKIT_API_KEY": "key",
            "LIVEKIT_API_SECRET": "secret",
        }
    ).livekit
    assert livekit.url == "wss://livekit.example.org"
    assert livekit.api_key == "key"
    assert livekit.api_secret.get_secret_value() == "secret"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("GREFFIER_AGENT__NAME=file\nGREFFIER_AGENT__LEASE_SEC=9\n")
    agent = load({"GREFFIER_AGENT__NAME": "environment"}, env_file=file).agent
    assert (agent.name, agent.lease_sec) == ("environment", 9.0)


def test_a_mistake_in_the_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("GREFFIER_AGENT__NAMES=x\n")
    with pytest.raises(SettingsError, match="GREFFIER_AGENT__NAMES is not a setting"):
        load({}, env_file=file)


def test_a_child_reads_what_its_parent_had() -> None:
    settings = read(
        {
            "LIVEKIT_API_SECRET": "secret",
            "GREFFIER_CAPTIONS__LANGUAGES": "en",
            "GREFFIER_ROOMS__OPEN_ROOMS": "false",
            "GREFFIER_LLM__URL": "http://127.0.0.1:8000/v1",
            "GREFFIER_MAIL__SENDER": "Le greffe <greffe@example.org>",
        }
    )
    assert read(as_environment(settings)) == settings


def test_a_secret_is_not_in_the_text_of_the_settings() -> None:
    assert "hush" not in repr(read({"LIVEKIT_API_SECRET": "hush"}))


def test_the_example_file_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == example(), "run `make env-example`"


def test_the_example_file_says_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uncommented, it changes nothing but the two whose defaults are not text."""
    lines = [line.removeprefix("# ") for line in example().splitlines() if "__" in line]
    file = tmp_path / ".env"
    file.write_text("\n".join(line for line in lines if not line.startswith("GREFFIER_LLM__URL")))
    monkeypatch.chdir(ROOT)
    assert example().count("GREFFIER_ASR__MODEL=assets/demo-model\n") == 1
    settings = load({"GREFFIER_ASR__MODEL": str(Settings().asr.model)}, env_file=file)
    assert settings == Settings()


def test_opentelemetrys_own_names_of_the_collector_are_understood() -> None:
    """The base address gets the path of the standard; ours wins over both."""
    base, full = "http://c:4318", "http://c:4318/own"
    read = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"{base}/"}
    assert load(read, None).traces.endpoint == f"{base}/v1/traces"
    read["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = full
    assert load(read, None).traces.endpoint == full
    read["GREFFIER_TRACES__ENDPOINT"] = "http://ours"
    assert load(read, None).traces.endpoint == "http://ours"
