"""Mail: headers, choice of bodies, attachments, messages inside messages."""

from email.message import EmailMessage

import pytest

from assistant.errors import UnreadableFile
from assistant.loaders.email_message import EmailLoader

HEAD = "From: Ada <ada@example.org>\nTo: bob@example.org\nDate: Mon, 02 Mar 2026 10:00:00 +0000"


def message(subject="Plan", body="Hello Bob.\n\nIt rains.\n", **headers):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ada <ada@example.org>", "bob@example.org", subject
    made["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    if body is not None:
        made.set_content(body)
    return made


def load(made, name="a.eml"):
    return EmailLoader().load(made if isinstance(made, bytes) else bytes(made), name)


def parts(content):
    return [(part.kind, part.number, part.label, part.span.of(content.text)) for part in content.parts]


def test_a_plain_message():
    content = load(message("Prüfung"))
    text = f"{HEAD}\nSubject: Prüfung\n\nHello Bob.\n\nIt rains."
    assert content.text == text
    assert parts(content) == [("message", 1, "Prüfung", text)]
    assert (content.title, content.warnings) == ("Prüfung", ())


def test_plain_text_is_preferred_and_html_rendered_where_it_is_alone():
    made = message()
    made.add_alternative("<p>Other <b>words</b></p>", subtype="html")
    assert load(made).text.endswith("Subject: Plan\n\nHello Bob.\n\nIt rains.")
    made = message(body=None)
    made.set_content("<h1>Head</h1><p>Some <b>words</b><script>x()</script></p><ul><li>a<li>b</ul>", subtype="html")
    content = load(made)
    assert content.text.endswith("Subject: Plan\n\nHead\n\nSome words\n\n- a\n- b")
    assert [heading.span.of(content.text) for heading in content.headings] == ["Head"]


def test_an_empty_plain_text_gives_way_to_the_html_with_its_pictures():
    made = message(body=" \n")
    made.add_alternative("<p>Other words</p>", subtype="html")
    made.get_payload()[1].add_related(b"\x89PNG", "image", "png", filename="logo.png")
    content = load(made)
    assert content.text.endswith("Subject: Plan\n\nOther words")
    assert content.warnings == ("attachments that were not read: logo.png",)


def test_attachments_are_read_when_they_are_text_and_named_otherwise():
    made = message()
    made.add_attachment("Notes, line by line.", filename="notes.txt")
    made.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="report\t.pdf")
    made.add_attachment(b"x", maintype="application", subtype="octet-stream")
    content = load(made)
    assert content.text.endswith("It rains.\n\nAttachment: notes.txt\n\nNotes, line by line.")
    assert content.warnings == ("attachments that were not read: report .pdf, one of type application/octet-stream",)


def test_attached_messages_are_further_parts_in_order():
    inner = message("Inner", "Deep words.")
    inner.add_attachment(message("Innermost", "Deepest words."))
    made = message("Outer")
    made.add_attachment(inner)
    made.add_attachment(message("Second", "More."))
    content = load(made)
    assert [part[:3] for part in parts(content)] == [
        ("message", 1, "Outer"),
        ("message", 2, "Inner"),
        ("message", 3, "Innermost"),
        ("message", 4, "Second"),
    ]
    assert "Deepest words." in content.parts[2].span.of(content.text)
    assert "".join(part[3] for part in parts(content)) == content.text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"Subject: =?utf-8?Q?caf=C3=A9?=\nContent-Type: text/plain; charset=latin-1\n\nch\xe2teau", "Subject: café\n\nchâteau"),
        (b"Subject: x\nContent-Type: text/plain; charset=nonsense\n\nch\xc3\xa2teau", "Subject: x\n\nchâteau"),
        (b"Subject: x\nContent-Transfer-Encoding: quoted-printable\n\na=\nb =41", "Subject: x\n\nab A"),
        (b"Subject: x\nContent-Transfer-Encoding: base64\n\nd29yZHM", "Subject: x\n\nwords"),
        (b"From: <<<@@\nSubject: x\n\nwords", "From: <<<@@\nSubject: x\n\nwords"),
        (b"Subject: =?nonsense?Q?=C3?= x\n\nwords", "Subject: =?nonsense?Q?=C3?= x\n\nwords"),
        ("Subject: Grüße\n\nwords".encode(), "Subject: Grüße\n\nwords"),
        (b"Date: 2 Mar 26\nSubject: x\n\nwords", "Date: 2 Mar 26\nSubject: x\n\nwords"),
        (b"Only words, no header at all.", "Only words, no header at all."),
        (b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nno end of it", "Subject: x\n\nno end of it"),
        (b"Subject: a\n folded\n line\n\nwords\x00", "Subject: a folded line\n\nwords"),
    ],
)  # fmt: skip
def test_malformed_and_encoded_messages(raw, words):
    assert load(raw).text == words


def test_very_long_headers_are_not_parsed():
    content = load(b"Subject: x\nTo: " + b"a@b.c, " * 100_000 + b"\n\nwords")
    assert content.text.endswith("Subject: x\n\nwords") and len(content.text) < 3_000


def test_the_name_is_the_title_where_there_is_no_subject():
    content = load(b"From: a@b.c\n\nwords", "x/my_mail.eml")
    assert (content.title, content.parts[0].label) == ("my mail", "1")


def test_deeply_nested_messages_end():
    raw = b"Content-Type: message/rfc822\n\n" * 5_000 + b"Subject: x\n\nwords"
    try:
        assert len(load(raw).parts) <= 1_000
    except UnreadableFile as error:
        assert "nested too deeply" in str(error)


@pytest.mark.parametrize("raw", [b"\n\n", b"Content-Type: image/png\n\nabc"])
def test_a_message_without_words_is_refused(raw):
    with pytest.raises(UnreadableFile, match="holds no text"):
        load(raw)
