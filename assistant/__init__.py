"""A conversational assistant over a folder of documents that only quotes.

>>> from assistant import build_index, open_assistant
>>> build_index("sources", "index")  # doctest: +SKIP
>>> open_assistant("sources", "index").ask("What is an ally?").quotes[0].text  # doctest: +SKIP
"""

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
    "Answer", "Assistant", "AssistantError", "Citation", "Document", "IndexStatus", "Passage", "Progress", "Quote", "Settings",
    "SourceStatus", "Span", "Turn", "build_index", "open_assistant",
]  # fmt: skip
