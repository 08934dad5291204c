"""A conversational assistant over a folder of documents that only quotes.

>>> from assistant import build_index, open_assistant
>>> build_index("sources", "index")  # doctest: +SKIP
>>> open_assistant("sources", "index").ask("What is an ally?").quotes[0].text  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.answering import Assistant
    from assistant.assembly import build_index, open_assistant
    from assistant.datamodel import (
        Answer,
        Citation,
        Document,
        IndexStatus,
        Passage,
        Progress,
        Quote,
        SourceStatus,
        Span,
        Turn,
    )
    from assistant.errors import AssistantError
    from assistant.settings import Settings

__all__ = [
    "Answer", "Assistant", "AssistantError", "Citation", "Document", "IndexStatus", "Passage", "Progress", "Quote",
    "Settings", "SourceStatus", "Span", "Turn", "build_index", "open_assistant",
]  # fmt: skip

_HOMES = {"Assistant": "answering", "AssistantError": "errors", "Settings": "settings"}
_HOMES |= dict.fromkeys(("build_index", "open_assistant"), "assembly")


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: most commands, and the processes that read files, need few of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'datamodel')}"), name)
