"""Encodings: the order of evidence, and which characters may be stored."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UnreadableFile
from assistant.loaders.decoding import clean, codec_of, decode

FRENCH = "Le château près de la forêt était fermé à cause de la grêle; on répétait déjà que l’été serait là. "
GERMAN = "Die Prüfung der Straße ergab größere Mängel, und die Behörde ließ sie für längere Zeit schließen. "


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_unicode_is_read_with_and_without_a_mark(codec):
    assert decode("Prüfung – 12 €\nand more words".encode(codec)).text == "Prüfung – 12 €\nand more words"


@pytest.mark.parametrize(
    ("words", "codec"),
    [
        (FRENCH, "cp1252"),
        (GERMAN, "cp1252"),
        ("“smart” – quotes… €", "cp1252"),
        ("Zażółć gęślą jaźń. Książka leżała na stole, a źródło było żółte. ", "cp1250"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy. Město leží u řeky a má starý hrad. ", "cp1250"),
        ("Съешь ещё этих мягких французских булок, да выпей чаю. ", "cp1251"),
        ("Съешь ещё этих мягких французских булок, да выпей чаю. ", "koi8_r"),
        ("Η γρήγορη καφετιά αλεπού πηδά πάνω από το τεμπέλικο σκυλί. ", "cp1253"),
        ("会議の議事録です。倉庫の点検を行います。新しい計画について説明しました。", "cp932"),
        ("会議の議事録です。倉庫の点検を行います。", "iso2022_jp"),
        ("会议纪要：仓库检查将于下周进行，请各部门做好准备。", "gb18030"),
    ],
    ids=lambda value: value if value.isascii() else None,
)
def test_undeclared_encodings_are_detected(words, codec):
    assert decode(words.encode(codec)).text == words


def test_a_stray_byte_in_utf8_is_replaced_and_reported():
    decoded = decode("Zürich \xff Müller".encode().replace(b"\xc3\xbf", b"\xff"))
    assert decoded.text == "Zürich \ufffd Müller"
    assert decoded.warnings == ("1 place could not be decoded and shows as \ufffd",)


def test_a_declared_charset_comes_before_detection():
    assert decode("Straße “x”".encode("cp1252"), "iso-8859-1").text == "Straße “x”"
    assert decode("倉庫の点検".encode("cp932"), "Shift_JIS").text == "倉庫の点検"


def test_a_declaration_that_outlived_a_conversion_is_not_believed():
    decoded = decode("château".encode(), "latin-1")
    assert decoded.text == "château"
    assert decoded.warnings == ("declares the charset latin-1 but is UTF-8; read as UTF-8",)


def test_surrogates_written_as_utf8_become_characters_or_marks():
    assert decode("x 📚 y é".encode("utf-16", "surrogatepass").decode("utf-16").encode()).text == "x 📚 y é"
    assert decode(b"pair \xed\xa0\xbd\xed\xb3\x9a lone \xed\xa0\x80.").text == "pair 📚 lone \ufffd."


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("latin1", "cp1252"),
        (" US-ASCII ", "cp1252"),
        ("gb2312", "gb18030"),
        ("windows-1251", "cp1251"),
        ("utf-16", "utf-8"),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label, codec):
    assert codec_of(label) == codec


@pytest.mark.parametrize("label", [None, "", "rot13", "unicode_escape", "utf-7", "nonsense", "idna"])
def test_labels_that_are_no_charset_are_ignored(label):
    assert codec_of(label) is None


def test_line_ends_and_controls():
    assert clean("\ufeffa\r\nb\rc\x85d\x0be") == "a\nb\nc\nd\ne"
    assert clean("page\x0cnext\ttab\x00\x1b[31m\x9d") == "page\n\nnext\ttab[31m"
    assert clean("lone \ud800 and \udfff") == "lone \ufffd and \ufffd"


def test_nothing_is_unicode_normalised():
    assert decode("re\u0301sume\u0301 ﬁ".encode()).text == "re\u0301sume\u0301 ﬁ"


def test_noise_is_no_text():
    with pytest.raises(UnreadableFile, match="binary data, not text"):
        decode(b"\xff\xfe" + bytes(range(128, 256)) * 40)


@given(st.text())
def test_utf8_survives_but_for_what_may_not_be_stored(words):
    data = words.encode("utf-8", "replace")
    unassigned = sum(unicodedata.category(c) in ("Cn", "Co") or c == "\ufffd" for c in words)
    if not unassigned and "\x00" not in words and not words.startswith("\ufeff") and "\x1b" not in words:
        assert decode(data).text == clean(data.decode())


@given(st.binary())
def test_any_bytes_give_clean_text_or_one_sentence(data):
    try:
        text = decode(data).text
    except UnreadableFile as error:
        assert "\n" not in str(error)
    else:
        assert all(c in "\t\n" or unicodedata.category(c) not in ("Cc", "Cs") for c in text)
