"""EPUB: reading order, chapters by the table of contents, and pages as the HTML renderer gives them."""

import pytest
from test_zipped import archive

from assistant.errors import UnreadableFile
from assistant.loaders import load_document
from assistant.loaders.epub import EpubLoader

CONTAINER = '<container><rootfiles><rootfile full-path="EPUB/book.opf"/></rootfiles></container>'


def page(body, head="<title/>"):
    return (
        f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head>{head}</head><body>{body}</body></html>'
    )


def book(pages, toc=None, ncx=None, spine=None, missing=(), **members):
    """A book made by hand: pages by their name, contents as label and link (or nested lists below a label)."""
    others = {"nav.xhtml": navigation(toc)} if toc else {}
    others |= {"toc.ncx": ncx} if ncx else {}
    kinds = {
        "nav.xhtml": "properties='nav' media-type='application/xhtml+xml'",
        "toc.ncx": "media-type='application/x-dtbncx+xml'",
    }
    page_kind = "media-type='application/xhtml+xml'"
    items = "".join(
        f"<item id='{name}' href='{name}' {kinds.get(name, page_kind)}/>" for name in [*pages, *others, *missing]
    )
    order = "".join(f"<itemref idref='{name}'/>" for name in spine or [*pages, *missing])
    package = (
        "<package xmlns='http://www.idpf.org/2007/opf' xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata>"
        f"<dc:title>The Book</dc:title></metadata><manifest>{items}</manifest><spine toc='toc.ncx'>{order}</spine></package>"
    )
    held = {f"EPUB/{name}": text for name, text in {**pages, **others}.items()}
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "EPUB/book.opf": package,
            **held,
            **members,
        }
    )


def navigation(entries):
    def listed(entries):
        return (
            "<ol>"
            + "".join(
                f"<li><a href='{to}'>{label}</a>{listed(deep) if deep else ''}</li>" for label, to, *deep in entries
            )
            + "</ol>"
        )

    return page(f"<nav xmlns:epub='http://www.idpf.org/2007/ops' epub:type='toc'>{listed(entries)}</nav>")


def load(data, name="a.epub"):
    return EpubLoader().load(data, name)


def parts(content):
    return [(part.kind, part.number, part.label, part.span.of(content.text)) for part in content.parts]


PAGES = {"two.xhtml": page("<h1>First</h1><p>Start.</p>"), "one.xhtml": page("<p>No heading.</p>")}


def test_without_contents_each_page_of_the_reading_order_is_a_chapter():
    content = load(book(PAGES))
    assert content.text == "First\n\nStart.\n\nNo heading."
    assert parts(content) == [("chapter", 1, "First", "First\n\nStart.\n\n"), ("chapter", 2, "2", "No heading.")]
    assert [heading.span.of(content.text) for heading in content.headings] == ["First"]
    assert (content.title, content.warnings) == ("The Book", ())


def test_the_spine_decides_the_order_and_what_is_read():
    assert load(book({**PAGES, "extra.xhtml": page("<p>Extra</p>")}, spine=["one.xhtml", "two.xhtml"])).text == (
        "No heading.\n\nFirst\n\nStart."
    )


def test_the_contents_name_the_chapters_and_pages_without_entry_go_on():
    pages = {
        "cover.xhtml": page("<p>Cover words.</p>"),
        "c1.xhtml": page("<p>Start.</p>"),
        "c1b.xhtml": page("<p>It goes on.</p>"),
        "c2.xhtml": page("<h2>Other heading</h2><p>End.</p>"),
        "c3.xhtml": page("<h1>Unlisted</h1>"),
    }
    content = load(book(pages, toc=[("Chapter One", "c1.xhtml"), ("Chapter Two", "c2.xhtml")]))
    assert parts(content) == [
        ("chapter", 1, "The Book", "Cover words.\n\n"),
        ("chapter", 2, "Chapter One", "Start.\n\nIt goes on.\n\n"),
        ("chapter", 3, "Chapter Two", "Other heading\n\nEnd.\n\n"),
        ("chapter", 4, "Unlisted", "Unlisted"),
    ]


def test_chapters_begin_within_a_page_where_the_contents_lead():
    body = (
        "<p>Tail of one.</p><a id='two'/><h2>Two</h2><p>Words.</p><section id='three'><p>Three words.</p></section>"
        "<ul><li>a</li><li id='four'>b</li></ul>"
    )
    entries = [("One", "a.xhtml"), ("Two", "b.xhtml#two"), ("Three", "b.xhtml#three"), ("Gone", "c.xhtml#missing")]
    content = load(
        book({"a.xhtml": page("<p>One.</p>"), "b.xhtml": page(body), "c.xhtml": page("<p>C.</p>")}, toc=entries)
    )
    assert parts(content) == [
        ("chapter", 1, "One", "One.\n\nTail of one.\n\n"),
        ("chapter", 2, "Two", "Two\n\nWords.\n\n"),
        ("chapter", 3, "Three", "Three words.\n\n- a\n- b\n\n"),
        ("chapter", 4, "Gone", "C."),
    ]


def test_contents_in_levels_name_the_chapter_and_leave_sections_out():
    pages = {"a.xhtml": page("<p>A.</p><p id='s'>S.</p>"), "b.xhtml": page("<p>B.</p>")}
    chapters = [("Chapter 1", "a.xhtml", ("Section", "a.xhtml#s")), ("Chapter 2", "b.xhtml")]
    content = load(book(pages, toc=[("Part I", "a.xhtml", *chapters)]))
    assert [part[2] for part in parts(content)] == ["Chapter 1", "Chapter 2"]


def test_contents_of_the_older_standard():
    ncx = (
        "<!DOCTYPE ncx PUBLIC '-//NISO//DTD ncx 2005-1//EN' 'http://www.daisy.org/z3986/2005/ncx-2005-1.dtd'>"
        "<ncx xmlns='http://www.daisy.org/z3986/2005/ncx/'><navMap><navPoint><navLabel><text>Start here</text></navLabel>"
        "<content src='two%2Exhtml'/></navPoint></navMap></ncx>"
    )
    assert [part[2] for part in parts(load(book(PAGES, ncx=ncx)))] == ["Start here"]


def test_self_closed_elements_and_entities():
    body = "<script src='x'/><p><a id='p1'/>caf&eacute;&nbsp;&amp; &lt;b&gt;</p><div/><p>More<br/>words</p>"
    doctype = "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.1//EN' 'http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd'>"
    for text in (page(body), doctype + page(body).partition("?>")[2], page(body.replace("</p>", "", 1))):
        assert load(book({"a.xhtml": text})).text == "café\xa0& <b>\n\nMore\nwords"


def test_entities_of_its_own_are_not_resolved():
    text = (
        '<!DOCTYPE html [<!ENTITY a "haha"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + page("<p>W &a; &x; words</p>").partition("?>")[2]
    )
    content = load(book({"a.xhtml": text}))
    assert "haha" not in content.text and "root:" not in content.text and "words" in content.text


def test_links_out_of_the_book_lead_nowhere():
    package = "<package><manifest><item id='a' href='../../../etc/passwd'/></manifest><spine><itemref idref='a'/></spine></package>"
    with pytest.raises(UnreadableFile, match="holds no text"):
        load(book(PAGES, **{"EPUB/book.opf": package}))


def test_missing_pages_are_named():
    assert load(book(PAGES, missing=["gone.xhtml"])).warnings == ("pages that could not be read: EPUB/gone.xhtml",)


def encryption(path):
    return {"META-INF/encryption.xml": f"<encryption><CipherReference URI='{path}'/></encryption>"}


def test_copy_protection_is_named_but_hidden_fonts_do_no_harm():
    with pytest.raises(UnreadableFile, match="^The EPUB is copy-protected"):
        load(book(PAGES, **encryption("EPUB/two.xhtml")))
    assert load(book(PAGES, **encryption("EPUB/font.otf"))).text.startswith("First")


def test_content_decides_over_the_name():
    assert load_document("a.txt", book(PAGES)).content.media_type == EpubLoader.media_type


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (book(PAGES)[:-100], "^The EPUB is damaged"),
        (b"only words", "^The EPUB is damaged or is none at all"),
        (archive({"mimetype": "application/epub+zip"}), "^The EPUB is damaged"),
        (book({"a.xhtml": page("<img src='x'/>")}), "holds no text"),
        (book({"a.xhtml": page("<p>x</p>" * 4_000_000)}), "200 times its size"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(data, reason):
    with pytest.raises(UnreadableFile, match=reason):
        load_document("a.epub", data)
