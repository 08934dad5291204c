"""Every setting comes from the same table: default, environment, given; and a wrong value is one sentence."""

import dataclasses
from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.settings import Settings

NAMES = [item.name for item in dataclasses.fields(Settings)]
SAMPLES = {
    "sources": ("docs", Path("docs")), "index": ("/tmp/i", Path("/tmp/i")), "model": ("hashing", "hashing"),
    "strictness": ("0.7", 0.7), "precision": ("reference", "reference"),
    "read_seconds": ("5", 5), "read_memory_mb": ("512", 512), "max_characters": ("5000", 5000),
    "threads": ("3", 3), "max_file_mb": ("7", 7), "max_question_chars": ("99", 99),
}  # fmt: skip


def test_the_defaults_are_those_of_the_contract():
    settings = Settings.from_environment({})
    assert (settings.sources, settings.index, settings.model) == (Path("sources"), Path("index"), "all-MiniLM-L6-v2")
    assert 0 < settings.strictness < 1


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_comes_from_the_environment_too(name):
    text, value = SAMPLES[name]
    assert getattr(Settings.from_environment({f"ASSISTANT_{name.upper()}": text}), name) == value
    assert value != getattr(Settings(), name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_given_wins_over_the_environment(name):
    text, value = SAMPLES[name]
    environment = {f"ASSISTANT_{name.upper()}": str(getattr(Settings(), name))}
    assert getattr(Settings.from_environment(environment, **{name: text}), name) == value
    assert getattr(Settings.from_environment(environment, **{name: None}), name) == getattr(Settings(), name)


def test_the_process_environment_is_used_and_empty_variables_are_not(monkeypatch):
    monkeypatch.setenv("ASSISTANT_THREADS", "3")
    monkeypatch.setenv("ASSISTANT_MODEL", "")
    settings = Settings.from_environment()
    assert settings.threads == 3 and settings.model == Settings().model


@pytest.mark.parametrize("item", dataclasses.fields(Settings), ids=NAMES)
def test_every_setting_explains_itself(item):
    assert item.metadata["help"].rstrip().endswith(".")


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("strictness", "high", "strictness must be a number, not 'high'"),
        ("strictness", "1.01", "strictness must lie between 0 and 1, not 1.01"),
        ("strictness", -0.1, "strictness must lie between 0 and 1, not -0.1"),
        ("strictness", "nan", "strictness must lie between 0 and 1, not nan"),
        ("strictness", "inf", "strictness must lie between 0 and 1, not inf"),
        ("threads", 0, "threads must lie between 1 and 64, not 0"),
        ("threads", "65", "threads must lie between 1 and 64, not 65"),
        ("threads", "1.5", "threads must be a number, not '1.5'"),
        ("max_file_mb", "0", "max_file_mb must lie between 1 and 4096, not 0"),
        ("max_question_chars", "9", "max_question_chars must lie between 10 and 100000, not 9"),
        ("sources", 5, "sources must be (a )?text, not 5"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name, value, message):
    with pytest.raises(UsageError, match=message):
        Settings(**{name: value})


@pytest.mark.parametrize(
    "name, value", [("strictness", 0), ("strictness", 1), ("threads", 64), ("max_question_chars", 100_000)]
)
def test_the_bounds_themselves_are_allowed(name, value):
    assert getattr(Settings(**{name: value}), name) == value


def test_an_unknown_setting_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="There is no setting 'colour'; the settings are index, .*threads"):
        Settings.from_environment({}, colour="red")


def test_a_setting_with_choices_takes_no_other():
    with pytest.raises(UsageError, match="The setting precision must be one of fast, reference, not 'quick'"):
        Settings(precision="quick")


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'threads'"):
        Settings().threads = 2
