"""The guard before ZIP formats: counted bytes, entries, DTDs, protection."""

import io
import struct
import zipfile

import pytest

from assistant.errors import UnreadableFile
from assistant.loaders import zipped
from assistant.loaders.zipped import media_type_of, opened


def archive(members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


def test_members_can_be_read():
    assert opened(archive({"a.xml": "<a/>"}), "book").read("a.xml") == b"<a/>"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"words", archive({"a": b"words"})[:-30]])
def test_what_is_no_archive_is_refused(data):
    with pytest.raises(UnreadableFile, match="^The book is damaged or is none at all"):
        opened(data, "book")


def test_a_flipped_byte_is_refused():
    data = bytearray(archive({"a": b"words" * 9}, zipfile.ZIP_STORED))
    data[40] ^= 1
    with pytest.raises(UnreadableFile, match="^The book is damaged"):
        opened(bytes(data), "book")


def test_too_many_entries_are_refused_before_they_are_read():
    data = archive({"a": b""}) + b"PK\x01\x02" * (zipped.MAX_ENTRIES + 1)
    with pytest.raises(UnreadableFile, match="^The book holds more than 10,000 entries"):
        opened(data, "book")
    assert media_type_of(data) is None


def test_a_bomb_is_stopped_by_its_ratio():
    with pytest.raises(UnreadableFile, match="more than 200 times its size"):
        opened(archive({"a": bytes(20_000_000)}), "book")


def test_bombs_are_stopped_by_their_size(monkeypatch):
    monkeypatch.setattr(zipped, "MAX_UNPACKED_BYTES", 2_000_000)
    with pytest.raises(UnreadableFile, match="unpacks to more than 2 MB, the limit"):
        opened(archive({"a": bytes(1_500_000), "b": bytes(1_500_000)}), "book")


def test_a_lying_directory_is_refused():
    data = bytearray(archive({"a": bytes(5_000)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, 10)
    with pytest.raises(UnreadableFile, match="^The book is damaged"):
        opened(bytes(data), "book")


def test_encrypted_members_are_named_as_such():
    data = bytearray(archive({"a": b"words"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    with pytest.raises(UnreadableFile, match="^The book is encrypted; save a copy without a password.$"):
        opened(bytes(data), "book")


def test_methods_that_documents_do_not_have_are_refused():
    with pytest.raises(UnreadableFile, match="^The book is damaged"):
        opened(archive({"a": b"words"}, zipfile.ZIP_LZMA), "book")


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("name", ["word/document.xml", "_rels/.rels", "word/document.bin"])
@pytest.mark.parametrize("before", ["", "<!-- " + "x" * 3_000_000 + " -->"])
def test_a_dtd_is_refused_wherever_it_hides(codec, name, before):
    xml = f'<?xml version="1.0"?>{before}<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    data = archive({name: xml.encode(codec)}, zipfile.ZIP_STORED)
    with pytest.raises(UnreadableFile, match="declares XML entities"):
        opened(data, "book")
    assert opened(data, "book", refuse_dtds=False).namelist() == [name]


def test_pages_and_pictures_inside_may_have_a_doctype():
    opened(archive({"a.html": "<!DOCTYPE html>", "b.svg": "<?xml?><!DOCTYPE svg>", "c.png": "x<!DOCTYPE"}), "book")


@pytest.mark.parametrize(
    ("members", "media_type"),
    [
        ({"a": ""}, None),
        ({"mimetype": "application/epub+zip"}, "application/epub+zip"),
        ({"META-INF/container.xml": "<container/>"}, "application/epub+zip"),
        ({"[Content_Types].xml": "<Types/>"}, None),
        (
            {"[Content_Types].xml": "<Override ContentType='image/png'/><Override ContentType='a/b.main+xml'/>"},
            "a/b.main+xml",
        ),
    ],
)
def test_an_archive_says_what_it_holds(members, media_type):
    assert media_type_of(archive(members)) == media_type
