"""The loaders' registry: the only place that names them, and the choice among them by content and name.

First a loader that recognises the bytes; then nothing binary goes on (but archives that their name explains); then the
loader for the suffix; then plain text.
"""

from __future__ import annotations

import hashlib

from assistant.datamodel import Document
from assistant.errors import UnreadableFile
from assistant.loaders.base import Loader
from assistant.loaders.delimited import DelimitedLoader
from assistant.loaders.docx import DocxLoader
from assistant.loaders.email_message import EmailLoader
from assistant.loaders.epub import EpubLoader
from assistant.loaders.html import HtmlLoader
from assistant.loaders.json_text import JsonLoader
from assistant.loaders.markdown import MarkdownLoader
from assistant.loaders.pdf import PdfLoader
from assistant.loaders.plain_text import PlainTextLoader
from assistant.loaders.pptx import PptxLoader
from assistant.loaders.sniffing import refusal
from assistant.loaders.xlsx import XlsxLoader
from assistant.loaders.zipped import SIGNATURE

__all__ = ["LOADERS", "Loader", "choose_loader", "load_document"]

_FALLBACK = PlainTextLoader()
_ZIPPED: tuple[Loader, ...] = (DocxLoader(), PptxLoader(), XlsxLoader(), EpubLoader())
_TEXTS: tuple[Loader, ...] = (MarkdownLoader(), DelimitedLoader(), JsonLoader(), EmailLoader(), _FALLBACK)
LOADERS: tuple[Loader, ...] = (PdfLoader(), *_ZIPPED, HtmlLoader(), *_TEXTS)


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
    suffix = "." + name.rsplit(".", 1)[-1].strip().lower()
    named = next((loader for loader in LOADERS if suffix in loader.suffixes), _FALLBACK)
    if named in _ZIPPED and data.startswith(SIGNATURE):
        return named  # damaged or beyond a limit: it says itself what is wrong
    if reason := refusal(data):
        raise UnreadableFile(reason)
    return named
