"""The loaders' registry: the only place that names them, and the choice among them by content and name.

First a loader that recognises the bytes; then nothing binary goes on; then the loader for the suffix; then plain text.
"""

from __future__ import annotations

import hashlib

from assistant.datamodel import Document
from assistant.errors import UnreadableFile
from assistant.loaders.base import Loader
from assistant.loaders.html import HtmlLoader
from assistant.loaders.markdown import MarkdownLoader
from assistant.loaders.pdf import PdfLoader
from assistant.loaders.plain_text import PlainTextLoader
from assistant.loaders.sniffing import binary_kind

__all__ = ["LOADERS", "Loader", "choose_loader", "load_document"]

_FALLBACK = PlainTextLoader()
LOADERS: tuple[Loader, ...] = (PdfLoader(), HtmlLoader(), MarkdownLoader(), _FALLBACK)


def load_document(source: str, data: bytes) -> Document:
    """Read one source.

    :param source: its path below the sources folder, ``/`` between names.
    :param data: the whole file.
    :returns: the document with its SHA-256 and content; equal bytes and name give an equal document.
    :raises UnreadableFile: when it cannot become a document; the message is one clean sentence.
    """
    content = choose_loader(source, data).load(data, source)
    return Document(source, hashlib.sha256(data).hexdigest(), content)


def choose_loader(name: str, data: bytes) -> Loader:
    """Choose who reads a file: by its bytes where they say what it is, otherwise by its suffix.

    :param name: the file's name; only its suffix counts, in any case.
    :param data: the whole file.
    :returns: the loader.
    :raises UnreadableFile: when the file is empty or nothing that can be read as text.
    """
    if not data:
        raise UnreadableFile("The file is empty (0 bytes), so it holds no text.")
    for loader in LOADERS:
        if loader.claims(data):
            return loader
    if kind := binary_kind(data):
        raise UnreadableFile(f"The file is {kind}, not text, Markdown, HTML or PDF; save it as one of these.")
    suffix = "." + name.rsplit(".", 1)[-1].strip().lower()
    return next((loader for loader in LOADERS if suffix in loader.suffixes), _FALLBACK)
