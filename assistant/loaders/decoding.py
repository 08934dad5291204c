"""Bytes to text: which encoding, and which characters may be stored.

The order is: byte order mark, declared charset, UTF-8, then detection. It follows the WHATWG encoding standard
(https://encoding.spec.whatwg.org/) where labels lie: *latin-1* and *ascii* mean cp1252. Nothing is Unicode-normalised,
since quotes must keep the source's own characters.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from assistant.errors import UnreadableFile

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# WHATWG labels whose meaning differs from Python's name for them; the value is the Python codec.
_LABELS = {
    **dict.fromkeys(("ascii", "us-ascii", "latin1", "latin-1", "iso-8859-1", "iso8859-1", "l1", "cp819"), "cp1252"),
    **dict.fromkeys(("ansi_x3.4-1968", "iso_8859-1", "x-cp1252", "windows-1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "iso8859-9", "latin5", "l5"), "cp1254"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j"), "cp932"),
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "x-gbk", "chinese"), "gb18030"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "korean", "windows-949"), "cp949"),
    **dict.fromkeys(("tis-620", "iso-8859-11", "windows-874", "dos-874"), "cp874"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("macintosh", "mac", "x-mac-roman"), "mac_roman"),
    # A declaration that could be read as ASCII does not stand in UTF-16.
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be", "unicode", "utf8", "utf-8", "unicode-1-1-utf-8"), "utf-8"),
}
_OTHER_CHARSETS = re.compile(
    r"(windows-|cp)125\d|iso-?8859-\d{1,2}(-[ie])?|koi8-[ru]|euc-jp|iso-2022-jp|ibm866|cp866|x-mac-cyrillic|gb18030"
)

# What charset-normalizer may call a western text in 8 bits; it takes French for Baltic (cp1257), for instance.
_WESTERN = {"cp1252", "cp1254", "cp1257", "latin_1", "iso8859_15", "iso8859_9", "cp850", "cp437", "cp858", "mac_roman"}
_WESTERN |= {"iso8859_10", "iso8859_13", "iso8859_14", "iso8859_16", "iso8859_3", "iso8859_4", "hp_roman8"}
_WESTERN |= {"mac_latin2", "mac_iceland", "mac_turkish", "cp775", "cp852", "cp861", "cp863", "cp865", "cp860"}
_CENTRAL = {"cp1250", "iso8859_2"}
# The pages people really have; without this list rare cousins win by accident.
_CANDIDATES = ["cp1252", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"]
_CANDIDATES += ["cp874", "mac_roman", "cp932", "euc_jp", "gb18030", "big5", "cp949"]
# What Polish, Romanian (signs inside words), Hungarian and Czech (letters no western language has together) look like
# when read as cp1252. A cp1250 answer without any of this is a western text, too.
_SIGNS_IN_WORDS = re.compile(r"[a-z][³¹¿ºþŸœ¶¼]+[a-z]|[¹³¿Ÿ][a-z]{2}")
_NEVER_TOGETHER = ("õû", "øì", "øè", "øù")

_SAMPLE_BYTES = 64_000
_UNKNOWN = "�"

_LINE_ENDS = re.compile(r"\r\n?|\x85|\x0b")
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]+")  # after line ends and form feeds were turned into newlines
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's characters, normalised, and what the reader of the file should know about them."""

    text: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Find the encoding and return clean text.

    :param data: the whole file.
    :param declared: the charset label the file gives itself, if it does.
    :returns: text as `clean` leaves it, with a warning where bytes could not be read.
    :raises UnreadableFile: when the bytes are no text in any encoding.
    """
    decoded = _decode_marked(data) or _decode_declared(data, declared) or _decode_utf8(data) or _decode_detected(data)
    text = clean(decoded.text)
    if _gibberish(text):
        raise UnreadableFile("The file is binary data, not text; only documents are read.")
    return Decoded(text, decoded.warnings)


def clean(text: str) -> str:
    """Leave only characters that may be stored: line feeds as newlines, no controls but these and tab, no surrogates.

    :param text: any string.
    :returns: the same words; a form feed becomes a blank line, a lone surrogate U+FFFD, a leading mark is dropped.
    """
    text = _LINE_ENDS.sub("\n", text.removeprefix("\ufeff")).replace("\x0c", "\n\n")
    return _SURROGATES.sub(_UNKNOWN, _UNWANTED.sub("", text))


def codec_of(label: str | None) -> str | None:
    """Translate a charset label to the Python codec a browser would use, or None when it names no text encoding."""
    label = (label or "").strip().strip("\"'").lower()
    if label in _LABELS:
        return _LABELS[label]
    if not _OTHER_CHARSETS.fullmatch(label):
        return None
    try:
        return codecs.lookup(label.replace("windows-", "cp").removesuffix("-i").removesuffix("-e")).name
    except LookupError:
        return None


def utf16_without_mark(data: bytes) -> str | None:
    """Tell UTF-16 or UTF-32 text without a mark by where its NUL bytes stand; None for anything else."""
    sample = data[:4096]
    quads = len(sample) // 4
    if quads < 2:
        return None
    nuls = [sample[offset : quads * 4 : 4].count(0) / quads for offset in range(4)]
    for codec, empty in (("utf-32-le", (2, 3)), ("utf-32-be", (0, 1)), ("utf-16-le", (1, 3)), ("utf-16-be", (0, 2))):
        if all((nuls[i] > 0.6) if i in empty else (nuls[i] < 0.1 or codec.startswith("utf-32")) for i in range(4)):
            if not codec.startswith("utf-32") or nuls[0 if codec.endswith("le") else 3] < 0.1:
                return codec
    return None


def _decode_marked(data: bytes) -> Decoded | None:
    """Decode by byte order mark, or by the NUL pattern of UTF-16."""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _with_losses(data[len(mark) :], codec)
    codec_found = utf16_without_mark(data)
    return _with_losses(data, codec_found) if codec_found else None


def _decode_declared(data: bytes, declared: str | None) -> Decoded | None:
    """Decode as declared, unless the bytes contradict it."""
    codec = codec_of(declared)
    if codec is None or codec == "utf-8":
        return None
    text = _strictly(data, codec)
    if codec in ("cp1252", "cp1254") and not data.isascii() and (better := _strictly(data, "utf-8")) is not None:
        # No western text is valid UTF-8 by accident: the declaration outlived a conversion.
        return Decoded(better, (f"declares the charset {declared} but is UTF-8; read as UTF-8",))
    if text is None and _strictly(data, "utf-8") is None:
        return _with_losses(data, codec)
    return None if text is None else Decoded(text)


def _decode_utf8(data: bytes) -> Decoded | None:
    """Decode UTF-8; also with a few bad bytes, and with surrogates written as characters (CESU-8)."""
    if b"\x1b$" in data and data.isascii() and (text := _strictly(data, "iso2022_jp")) is not None:
        return Decoded(text)
    if (text := _strictly(data, "utf-8")) is not None:
        return Decoded(text)
    if b"\xed" in data and (text := _strictly(data, "utf-8", "surrogatepass")) is not None:
        data = text.encode("utf-16-le", "surrogatepass")
        return _with_losses(data, "utf-16-le")
    text = data.decode("utf-8", "replace")
    bad = text.count(_UNKNOWN)
    good = sum(map(len, re.findall(r"[^\x00-\x7f]+", text))) - bad
    return Decoded(text, (_loss_warning(bad),)) if good > bad else None


def _decode_detected(data: bytes) -> Decoded:
    """Decode by what charset-normalizer makes of the lines that are not ASCII."""
    codec = _detected(data)
    return _with_losses(data, codec)


def _detected(data: bytes) -> str:
    from charset_normalizer import from_bytes

    sample = _telling_lines(data)
    if not re.search(r"[^\W\d_a-zA-Z]", sample.decode("cp1252", "replace")):
        return "cp1252"  # only quotation marks, dashes and the like: no letter tells another page
    found = from_bytes(sample, cp_isolation=_CANDIDATES).best() or from_bytes(sample).best()
    codec = found.encoding if found else "cp1252"
    if codec in _CENTRAL and not _is_central(sample.decode("cp1252", "replace")):
        return "cp1252"
    return "cp1252" if codec in _WESTERN or codec in ("ascii", "utf_8") else codec


def _is_central(read_as_western: str) -> bool:
    """Tell whether text is Central European by how odd it looks when read as cp1252."""
    if _SIGNS_IN_WORDS.search(read_as_western):
        return True
    return any(all(letter in read_as_western for letter in letters) for letters in _NEVER_TOGETHER)


def _telling_lines(data: bytes) -> bytes:
    """Collect lines with bytes above 127, up to a sample's size; no encoding has a newline inside a sign."""
    lines, size = [], 0
    for match in re.finditer(rb"[^\n]*[\x80-\xff][^\n]*\n?", data):
        lines.append(match.group()[: _SAMPLE_BYTES * 4])
        size += len(lines[-1])
        if size > _SAMPLE_BYTES:
            break
    return b"".join(lines) or data[:_SAMPLE_BYTES]


def _strictly(data: bytes, codec: str, errors: str = "strict") -> str | None:
    try:
        return data.decode(codec, errors)
    except (UnicodeError, LookupError):
        return None


def _with_losses(data: bytes, codec: str) -> Decoded:
    """Decode, with U+FFFD and a warning for what does not fit."""
    text = _strictly(data, codec)
    if text is not None:
        return Decoded(text)
    if codec == "cp1252":  # its five holes are control characters to browsers, and dropped like those
        text = data.translate(None, b"\x81\x8d\x8f\x90\x9d").decode(codec)
        return Decoded(text)
    text = data.decode(codec, "replace")
    return Decoded(text, (_loss_warning(text.count(_UNKNOWN)),))


def _loss_warning(count: int) -> str:
    subject = (
        "1 place could not be decoded and shows" if count == 1 else f"{count} places could not be decoded and show"
    )
    return f"{subject} as {_UNKNOWN}"


def _gibberish(text: str) -> bool:
    """Tell whether more than a tenth of the visible characters are ones that no text has."""
    sample = text[:20_000]
    odd = sum(character == _UNKNOWN or unicodedata.category(character) in ("Cn", "Co") for character in sample)
    return odd > 0.1 * len(sample)
