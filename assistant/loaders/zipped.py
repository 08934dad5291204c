"""The guard before every format that is a ZIP archive: office documents and EPUB.

An archive is inflated once, in memory and counted, before any library sees it: what its directory claims about sizes is
never trusted, nothing is unpacked to disk, and no archive inside it is opened. The limits are those of OWASP's advice on
ZIP bombs (https://owasp.org/www-community/attacks/Zip_Bomb) set far above real documents. XML with a DTD is refused,
since office formats forbid it (ECMA-376 part 2, 8.1.4) and entities are the only way XML grows or reads other files.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from assistant.errors import UnreadableFile

MAX_ENTRIES = 10_000
MAX_UNPACKED_BYTES = 150_000_000
MAX_RATIO = 200
"""Unpacked to packed bytes; counts only above `RATIO_COUNTS_FROM_BYTES`, since small empty documents pack well, too."""
RATIO_COUNTS_FROM_BYTES = 10_000_000

SIGNATURE = b"PK\x03\x04"

_DIRECTORY_ENTRY = b"PK\x01\x02"
_CHUNK_BYTES = 1 << 20
_LONGEST_DECLARATION_BYTES = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_XML_NAME = re.compile(r"\.(?:xml|rels|vml)$", re.IGNORECASE)
_CONTENT_TYPE = re.compile(rb"ContentType\s*=\s*[\"']([^\"'<>]{1,200})[\"']")
_MAIN_TYPE = re.compile(r"(?:\.main(?:\+xml)?|\.binary\.macroEnabled\.main)$")
_DTDS = [sign.encode(codec) for sign in ("<!DOCTYPE", "<!ENTITY") for codec in ("utf-8", "utf-16-le", "utf-16-be")]
_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # byte order marks, blanks, the NULs of UTF-16
_OVERLAP_BYTES = 32
_DTD = re.compile(b"|".join(map(re.escape, _DTDS)))


def media_type_of(data: bytes) -> str | None:
    """Tell what an archive says that it holds.

    :param data: the whole file.
    :returns: the content type of an office document's main part, or a ``mimetype`` member's words (EPUB,
        OpenDocument); None for other archives, damaged ones, and files that are none.
    """
    if not data.startswith(SIGNATURE) or data.count(_DIRECTORY_ENTRY) > MAX_ENTRIES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _office_type(archive) or _declared_type(archive)
    except Exception:  # zipfile raises many types on damaged archives; `opened` says what is wrong
        return None


def opened(data: bytes, noun: str, refuse_dtds: bool = True) -> zipfile.ZipFile:
    """Open an archive after inflating every member once within the limits.

    :param data: the whole file.
    :param noun: what the file should be, for messages: "Word document".
    :param refuse_dtds: refuse XML members with a DTD; EPUB's readers switch them off instead.
    :returns: the open archive, of which every member can be read.
    :raises UnreadableFile: when it is damaged, protected, or exceeds a limit.
    """
    if data.count(_DIRECTORY_ENTRY) > MAX_ENTRIES:
        raise UnreadableFile(f"The {noun} holds more than {MAX_ENTRIES:,} entries, the limit for one file.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        _inflate(archive, len(data), noun, refuse_dtds)
    except UnreadableFile:
        raise
    except Exception:  # BadZipFile, zlib.error, struct.error, NotImplementedError, UnicodeDecodeError, EOFError …
        raise UnreadableFile(damaged(noun)) from None
    return archive


def damaged(noun: str) -> str:
    """Say that a file cannot be read."""
    return f"The {noun} is damaged or is none at all; open it in its own program and save a new copy."


def _office_type(archive: zipfile.ZipFile) -> str | None:
    """Find the content type of an office document's main part."""
    if "[Content_Types].xml" not in archive.NameToInfo:
        return None
    found = [name.decode("latin-1").strip() for name in _CONTENT_TYPE.findall(_head(archive, "[Content_Types].xml"))]
    return next((name for name in found if _MAIN_TYPE.search(name)), None)


def _declared_type(archive: zipfile.ZipFile) -> str | None:
    """Read the member ``mimetype``; an archive with EPUB's container file is one without it, too."""
    if "mimetype" in archive.NameToInfo:
        return _head(archive, "mimetype")[:100].decode("latin-1").strip()
    return "application/epub+zip" if "META-INF/container.xml" in archive.NameToInfo else None


def _head(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(_LONGEST_DECLARATION_BYTES)


def _inflate(archive: zipfile.ZipFile, packed: int, noun: str, refuse_dtds: bool) -> None:
    """Inflate every member, counting; zipfile itself stops at a member's stated size and checks its CRC.

    :param archive: the open archive.
    :param packed: the file's size in bytes.
    :param noun: what the file should be.
    :param refuse_dtds: look for DTDs on the way.
    :raises UnreadableFile: when a limit is exceeded, a member is protected, or XML has a DTD.
    """
    unpacked = 0
    for info in archive.infolist():
        _require_plain(info, noun)
        before = b""
        is_xml = bool(_XML_NAME.search(info.filename))
        for chunk in _chunks(archive, info):
            unpacked += len(chunk)
            _require_size(unpacked, packed, noun)
            is_xml = is_xml or (not before and chunk[:16].lstrip(_BEFORE_XML).startswith(b"<"))
            if refuse_dtds and is_xml and not info.filename.lower().endswith((".svg", ".html", ".htm")):
                _require_no_dtd(before + chunk, noun)
            before = chunk[-_OVERLAP_BYTES:]


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as member:
        while chunk := member.read(_CHUNK_BYTES):
            yield chunk


def _require_plain(info: zipfile.ZipInfo, noun: str) -> None:
    if info.flag_bits & 0x1:
        raise UnreadableFile(f"The {noun} is encrypted; save a copy without a password.")
    if info.compress_type not in _METHODS:
        raise UnreadableFile(damaged(noun))


def _require_size(unpacked: int, packed: int, noun: str) -> None:
    if unpacked > MAX_UNPACKED_BYTES:
        limit = MAX_UNPACKED_BYTES // 1_000_000
        raise UnreadableFile(f"The {noun} unpacks to more than {limit} MB, the limit for one file.")
    if unpacked > RATIO_COUNTS_FROM_BYTES and unpacked > MAX_RATIO * packed:
        raise UnreadableFile(f"The {noun} unpacks to more than {MAX_RATIO} times its size, as only ZIP bombs do.")


def _require_no_dtd(piece: bytes, noun: str) -> None:
    if _DTD.search(piece):
        raise UnreadableFile(
            f"The {noun} declares XML entities (a DTD), which such files never do; save a copy with another program."
        )
