"""The README's commands, options, settings and numbers are those of the program."""

import json
import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from assistant.interfaces.cli import cli
from assistant.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_setting_stands_in_the_readme_with_its_default():
    for item in fields(Settings):
        option, variable = f"`--{item.name.replace('_', '-')}`", f"`ASSISTANT_{item.name.upper()}`"
        row = next(line for line in README.splitlines() if line.startswith(f"| {option} "))
        assert variable in row
        assert str(item.default) in row


def test_every_command_stands_in_the_readme():
    for name in cli.commands:
        assert f"`assistant {name}" in README, name


@pytest.mark.parametrize("line", re.findall(r"`assistant (\w+[^`]*)`", README))
def test_every_option_in_the_readme_exists(line):
    name, *words = line.split()
    known = {option for parameter in cli.commands[name].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_link_of_the_readme_leads_somewhere():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_readme_states_the_measured_numbers():
    measures = json.loads((ROOT / "tests/benchmarks/results/squad11.json").read_text("utf-8"))["measures"]
    values = {(row["group"], row["name"]): row["value"] for row in measures}
    for name in ("recall@1", "recall@5", "first_quote_holds_answer"):
        assert f"{100 * values['questions.jsonl', name]:.0f} %" in README


def test_the_default_strictness_is_the_fitted_one():
    weights = json.loads((ROOT / "assistant/readers/weights.json").read_text("ascii"))
    assert Settings().strictness == pytest.approx(weights["cross_validated"]["threshold"], abs=0.005)


def test_every_command_has_help():
    for command in cli.commands.values():
        assert command.help
        assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))
