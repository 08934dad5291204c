"""HTML: visible words only, main content, structure."""

import pytest

from assistant.errors import UnreadableFile
from assistant.loaders.html import WHOLE_PAGE, HtmlLoader, visible_text

SENTENCE = "The council measured the rain with three gauges that stand near the river. "
BOTH = f"{SENTENCE.strip()}\n\n{SENTENCE.strip()}"
ARTICLE = f"""<!DOCTYPE html><html><head><title>The Flood - Example Times</title></head><body>
<header><nav><a href="/">Home</a> <a href="/n">News</a></nav></header>
<main><h1>The <em>Flood</em></h1><p class="by">By Ada Miller</p><p>March 3, 2024</p>
<p>{SENTENCE * 3}</p><h2>Causes</h2><p>{SENTENCE * 4}</p>
<table><tr><th>Year</th><th>Rain</th></tr><tr><td>1990</td><td><p>33</p><p>mm</p></td></tr></table>
<ul><li>One <b>gauge</b></li><li>Two<ol start="3"><li>inner</li></ol></li></ul></main>
<footer>Imprint and more</footer></body></html>"""


def load(markup, name="a.html"):
    return HtmlLoader().load(markup if isinstance(markup, bytes) else markup.encode(), name)


def headings(content):
    return [(heading.level, heading.span.of(content.text)) for heading in content.headings]


def test_an_article_is_reduced_to_its_main_content():
    content = load(ARTICLE)
    assert content.text == (
        f"The Flood\n\nBy Ada Miller\n\nMarch 3, 2024\n\n{(SENTENCE * 3).strip()}\n\nCauses\n\n{(SENTENCE * 4).strip()}"
        "\n\nYear | Rain\n1990 | 33 mm\n\n- One gauge\n- Two\n  3. inner"
    )
    assert headings(content) == [(1, "The Flood"), (2, "Causes")]
    assert (content.title, content.warnings) == ("The Flood", ())


def test_a_page_of_links_is_kept_whole_with_its_navigation_aside():
    links = " ".join(f"<a href='#{i}'>Chapter number {i}</a>" for i in range(300))
    content = load(f"<html><body><nav>{links}</nav><main><p>{SENTENCE * 3}</p></main></body></html>")
    assert content.warnings == (WHOLE_PAGE,)
    assert SENTENCE.strip() in content.text and "Chapter number 7" in content.text
    assert all("Chapter" in span.of(content.text) for span in content.asides) and content.asides


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>secret()</script>",
        "<style>secret{}</style>",
        "<noscript>secret</noscript>",
        "<template>secret</template>",
        "<!-- secret -->",
        "<p hidden>secret</p>",
        "<p style='color:red; DISPLAY : none'>secret</p>",
        "<del>secret</del>",
        "<iframe srcdoc='secret'>secret</iframe>",
        "<svg><title>secret</title></svg>",
        "<img alt='' src='data:secret'>",
    ],
)
def test_what_a_browser_does_not_show_is_not_stored(hidden):
    assert load(f"<html><body><p>{SENTENCE}</p>{hidden}<p>{SENTENCE}</p></body></html>").text == BOTH


def test_hidden_elements_keep_what_follows_them():
    assert visible_text("<p>a<script>x</script>b <b hidden>c</b>d</p>") == "ab d"


@pytest.mark.parametrize("element", ["main", "article", "section", "header"])
def test_a_body_tag_may_be_left_out(element):
    page = f"<!doctype html><title>T</title><{element}><p>The first part says one.</p></{element}><p>The second says two.</p>"
    content = load(page)
    assert content.text == "The first part says one.\n\nThe second says two." and content.title == "T"


def test_blanks_and_breaks():
    assert visible_text("<p> a\n  b<br>c <span>d</span>e </p><pre>x  y\n  z</pre>") == "a b\nc de\nx  y\n  z"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('<meta charset="iso-8859-1"><p>château fermé'.encode("latin-1"), "château fermé"),
        (
            "<meta http-equiv='Content-Type' content='text/html; charset=Shift_JIS'><p>倉庫の点検".encode("cp932"),
            "倉庫の点検",
        ),
        ("<?xml version='1.0' encoding='windows-1251'?><html><body><p>Город стоит".encode("cp1251"), "Город стоит"),
        (
            b"<p>Fish &amp; chips &lt;b&gt; &eacute;t&#233; &nonsense; &#xD800; &#0;",
            "Fish & chips <b> été &nonsense;",
        ),
    ],
    ids=["meta", "http-equiv", "xml", "entities"],
)
def test_declared_charsets_and_entities(data, words):
    assert words in load(data).text


def test_external_entities_stay_unresolved():
    page = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>Words &x; end</p></body></html>'
    assert "root:" not in load(page).text


def test_layout_tables_are_no_rows():
    assert visible_text("<table><tr><td><h1>A</h1><p>b</p></td><td><p>c</p></td></tr></table>") == "A\nb\nc"


def test_deep_formatting_loses_no_words():
    assert "deep words" in load("<html><body><p>Before</p>" + "<b><i>" * 20_000 + "deep words</body></html>").text


def test_deep_blocks_are_refused_in_one_sentence():
    with pytest.raises(UnreadableFile, match="nested too deeply"):
        load("<html><body>" + "<div>" * 20_000 + "deep words")


@pytest.mark.parametrize("markup", ["<html><body><script>x()</script></body></html>", "<!-- nothing -->", "<p>…</p>"])
def test_nothing_visible_is_refused(markup):
    with pytest.raises(UnreadableFile, match="holds no text"):
        load(markup)
