"""What a file is by its first bytes, so that nothing binary is ever stored as text.

A name proves nothing. This module only names what cannot be text; which loader reads a file is the registry's matter.
"""

from __future__ import annotations

import re

from assistant.loaders.decoding import utf16_without_mark
from assistant.loaders.zipped import media_type_of

_OLE = "an old or protected office document"
_ZIP = "a ZIP archive"
_TABLE = (
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\x89PNG\r\n\x1a\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF87a", "an image"),
    (b"GIF89a", "an image"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"\x00\x00\x01\x00", "an image"),
    (b"RIFF", "a sound, film or image"),
    (b"OggS", "a sound or film"),
    (b"ID3", "a sound"),
    (b"fLaC", "a sound"),
    (b"\x1aE\xdf\xa3", "a film"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ\x00", "a compressed archive"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed archive"),
    (b"Rar!\x1a", "a compressed archive"),
    (b"\x28\xb5\x2f\xfd", "a compressed archive"),
    (b"SQLite format 3\x00", "a database"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)
# What old office files hold by the names of their streams, which are written in UTF-16; the first that fits counts.
_STREAMS = (
    ("EncryptedPackage", "an office document protected by a password", "save a copy without a password"),
    ("EncryptionInfo", "an office document protected by a password", "save a copy without a password"),
    ("__properties_version1.0", "an Outlook message (.msg)", "save it as .eml"),
    ("WordDocument", "a Word document in the old format (.doc)", "save it as .docx"),
    ("PowerPoint Document", "a PowerPoint presentation in the old format (.ppt)", "save it as .pptx"),
    ("Workbook", "an Excel workbook in the old format (.xls)", "save it as .xlsx"),
)
_PACKAGES = {
    "application/vnd.oasis.opendocument.text": ("an OpenDocument text", "save it as .docx"),
    "application/vnd.oasis.opendocument.spreadsheet": ("an OpenDocument spreadsheet", "save it as .xlsx"),
    "application/vnd.oasis.opendocument.presentation": ("an OpenDocument presentation", "save it as .pptx"),
    "application/vnd.ms-excel.sheet.binary.macroEnabled.main": ("a binary Excel workbook (.xlsb)", "save it as .xlsx"),
}
_ADVICE = {
    _ZIP: "unpack it and add the documents in it",
    _OLE: "save it as .docx, .pptx or .xlsx, without a password",
    "an empty ZIP archive": "nothing can be read from it",
    "a compressed archive": "unpack it and add the documents in it",
    "an RTF document": "save it as .docx",
    "a PostScript document": "save it as PDF",
}
_OTHER_ADVICE = "save it as PDF, .docx, HTML or text if it holds any"
_WORDY = (b"RIFF", b"ID3", b"BZh", b"OggS", b"fLaC", b"wOFF", b"wOF2", b"Rar!\x1a", b"MZ\x90\x00")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# Not BEL, BS and ESC: logs of a terminal hold them, and ISO-2022-JP is made of ESC.
_CONTROLS = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")


def refusal(data: bytes) -> str | None:
    """Say why a file cannot be read and what to do, when it cannot be text.

    :param data: the whole file.
    :returns: one clean sentence; None for what may be text.
    """
    kind = binary_kind(data)
    if kind is None:
        return None
    advice = _ADVICE.get(kind, _OTHER_ADVICE)
    if kind == _ZIP:
        kind, advice = _PACKAGES.get(media_type_of(data) or "", (kind, advice))
    elif kind == _OLE:
        kind, advice = _old_office(data) or (kind, advice)
    return f"The file is {kind} and cannot be read; {advice}."


def _old_office(data: bytes) -> tuple[str, str] | None:
    """Tell by the names of its streams what an old office file is, and what to do."""
    held = ((kind, advice) for name, kind, advice in _STREAMS if name.encode("utf-16-le") in data)
    return next(held, None)


def binary_kind(data: bytes) -> str | None:
    """Name what a file is when it cannot be text.

    :param data: the whole file; only the beginning and a sample of the rest are looked at.
    :returns: "an image", "a ZIP archive", "binary data"; None for what may be text.
    """
    sample = data[:8192] + data[8192 :: max(1, len(data) // 8192)][:8192]
    unlikely = len(_CONTROLS.findall(sample)) > 0.02 * len(sample)
    for magic, kind in _TABLE:
        # Signatures made of letters alone could begin a text, so they need more evidence.
        if data.startswith(magic) and (unlikely or magic not in _WORDY):
            return kind
    if data[4:8] == b"ftyp" and unlikely:
        return "a film or image"
    if unlikely and not data.startswith(_MARKS) and utf16_without_mark(data) is None:
        return "binary data"
    return None
