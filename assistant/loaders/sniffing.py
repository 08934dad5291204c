"""What a file is by its first bytes, so that nothing binary is ever stored as text.

A name proves nothing. This module only names what cannot be text; which loader reads a file is the registry's matter.
"""

from __future__ import annotations

import re

from assistant.loaders.decoding import utf16_without_mark

_TABLE = (
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or protected office document"),
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
_WORDY = (b"RIFF", b"ID3", b"BZh", b"OggS", b"fLaC", b"wOFF", b"wOF2", b"Rar!\x1a", b"MZ\x90\x00")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# Not BEL, BS and ESC: logs of a terminal hold them, and ISO-2022-JP is made of ESC.
_CONTROLS = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")


def binary_kind(data: bytes) -> str | None:
    """Name what a file is when it cannot be text.

    :param data: the whole file; only the beginning and a sample of the rest are looked at.
    :returns: "an image", "a ZIP archive…", "binary data"; None for what may be text.
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
