"""Passages and sentences: small texts cut by hand, then laws that hold for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.datamodel import Content, Heading, Part, Span
from assistant.loaders import load_document
from assistant.splitting import (
    MAX_PASSAGE_TOKENS,
    MAX_SENTENCE_CHARS,
    MIN_PASSAGE_TOKENS,
    estimated_tokens,
    sentences,
    split,
)


def content(text, **known):
    return Content(text, "text/plain", "A title", **known)


def cut(text, **known):
    """The sentences' words, one list a passage."""
    return [[span.of(text) for span in passage.sentences] for passage in split(content(text, **known))]


def words(text, of):
    start = text.index(of)
    return Span(start, start + len(of))


def paragraph(sentence_count, tokens):
    """Sentences of exactly so many estimated tokens, the full stop among them."""
    return " ".join("He" + " saw" * (tokens - 2) + "." for _ in range(sentence_count))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Dr. Smith met Mr. Jones. They spoke.", ["Dr. Smith met Mr. Jones.", "They spoke."]),
        ("J. R. R. Tolkien wrote it. I read it.", ["J. R. R. Tolkien wrote it.", "I read it."]),
        ("The U.S. Army stayed. It left later.", ["The U.S. Army stayed.", "It left later."]),
        ("It cost 3.5 million, i.e. Half of it. He paid.", ["It cost 3.5 million, i.e. Half of it.", "He paid."]),
        ("See Fig. 4 and No. 7 there. Then go on.", ["See Fig. 4 and No. 7 there.", "Then go on."]),
        ("Spc. Allen and Lt. Brown left. All saw it.", ["Spc. Allen and Lt. Brown left.", "All saw it."]),
        ('He said, "We stay. We win." Then he left.', ['He said, "We stay. We win."', "Then he left."]),
        ("“Why?” she asked. “Because.”", ["“Why?” she asked.", "“Because.”"]),
        ("Really?! Yes! No…", ["Really?!", "Yes!", "No…"]),
        ("Only a fragment without an end", ["Only a fragment without an end"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, expected):
    assert cut(text) == [expected]


def test_list_items_are_parted_and_keep_their_markers():
    text = "Steps:\n1. Open the lid. Wait a minute.\n2. Close it.\n- One more thing.\n(a) Last thing."
    assert cut(text) == [
        ["Steps:", "1. Open the lid.", "Wait a minute.", "2. Close it.", "- One more thing.", "(a) Last thing."]
    ]


def test_wrapped_lines_are_one_sentence_and_short_lines_are_several():
    wrapped = (
        "This is a wrapped line of prose that goes on\nover the end of its line and stops. Then\nmore text follows."
    )
    assert cut(wrapped) == [
        [
            "This is a wrapped line of prose that goes on\nover the end of its line and stops.",
            "Then\nmore text follows.",
        ]
    ]
    assert cut("Roses are red\nViolets are blue\nSugar is sweet") == [
        ["Roses are red", "Violets are blue", "Sugar is sweet"]
    ]


def test_rows_of_a_table_are_sentences_of_their_own():
    assert cut("Name | Age\nBob | 3\nAnn | 4") == [["Name | Age", "Bob | 3", "Ann | 4"]]
    assert cut("How old is he? | Three. He said so.\nWho?\tAnn. Or Bob.\t3") == [
        ["How old is he? | Three. He said so.", "Who?\tAnn. Or Bob.\t3"]
    ]


def test_a_tab_in_a_sentence_makes_no_row():
    assert cut("\tBees eat. They\tfly.") == [["Bees eat.", "They\tfly."]]
    assert cut("1.\tBees eat. They fly.") == [["1.\tBees eat.", "They fly."]]


def test_a_heading_stays_with_what_follows_and_names_the_section():
    text = "Guide\n\nFirst\n\nIt begins.\n\nSecond\n\nIt ends."
    headings = tuple(Heading(level, words(text, of)) for level, of in ((1, "Guide"), (2, "First"), (2, "Second")))
    assert cut(text, headings=headings) == [["Guide", "First", "It begins."], ["Second", "It ends."]]
    sections = [passage.section.of(text) for passage in split(content(text, headings=headings))]
    assert sections == ["First", "Second"]


def test_text_before_the_first_heading_has_no_section():
    text = "It begins.\n\nFirst\n\nIt goes on."
    passages = split(content(text, headings=(Heading(1, words(text, "First")),)))
    assert [passage.section for passage in passages] == [None, words(text, "First")]


def test_asides_get_passages_of_their_own():
    text = "The article begins.\n\nAccept all cookies\n\nThe article ends."
    passages = split(content(text, asides=(words(text, "Accept all cookies"),)))
    assert [(passage.span.of(text), passage.aside) for passage in passages] == [
        ("The article begins.", False),
        ("Accept all cookies", True),
        ("The article ends.", False),
    ]


@pytest.mark.parametrize("lead", ["", "The ministers of nine countries had met for three days in the spring of that "])
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\n \n\n"])
def test_a_sentence_goes_on_over_a_page_break(lead, gap):
    first, second = f"{lead}year in the capital of the", "new member state."
    text = f"{first}{gap}{second} Then they left."
    start = text.index(second)
    parts = (Part("page", 1, "1", Span(0, start)), Part("page", 2, "2", Span(start, len(text))))
    assert cut(text, parts=parts) == [[f"{first}{gap}{second}", "Then they left."]]


def test_a_page_break_after_a_full_stop_ends_the_paragraph():
    text = f"{paragraph(1, 60)}\n\n{paragraph(1, 60)}"
    parts = (Part("page", 1, "1", Span(0, 20)), Part("page", 2, "2", Span(len(text) // 2, len(text))))
    assert len(cut(text, parts=parts)) == 2


def test_a_blank_line_within_a_page_ends_the_sentence():
    assert cut("The capital of the\n\nnew member state.") == [["The capital of the", "new member state."]]


def test_short_paragraphs_share_a_passage_until_it_is_large_enough():
    short = [paragraph(1, 12) for _ in range(4)]
    text = "\n\n".join(short)  # 12 + 12 is below the 30 tokens that are enough, 12 + 12 + 12 is not
    assert [len(passage) for passage in cut(text)] == [3, 1]


def test_a_ruled_line_below_a_heading_fills_no_passage():
    rule = "-" * (MIN_PASSAGE_TOKENS + 5)
    heading = Heading(1, Span(0, 13))
    assert cut(f"Harbour rules\n{rule}\n\nShips wait.", headings=(heading,)) == [["Harbour rules", rule, "Ships wait."]]


@pytest.mark.parametrize("listed", ["- water\n- heat", "Adult | 4\nChild | 2"])
def test_words_that_lead_in_a_list_or_a_table_share_a_passage_with_it(listed):
    text = f"{paragraph(3, 12)} Two things:\n\n{listed}\n\n{paragraph(3, 12)}"
    assert [len(passage) for passage in cut(text)] == [6, 3]


@pytest.mark.parametrize("words, lengths", [("He wrote:", [1 + 3]), (f"{paragraph(3, 12)} He wrote:", [4, 3])])
def test_words_that_lead_in_no_list_share_a_passage_with_it_only_by_themselves(words, lengths):
    assert [len(passage) for passage in cut(f"{words}\n\n{paragraph(3, 12)}")] == lengths


def test_a_long_paragraph_is_dealt_into_even_pieces():
    assert [len(passage) for passage in cut(paragraph(6, 40))] == [3, 3]  # 240 tokens do not fit into 220
    assert [len(passage) for passage in cut(paragraph(4, 40))] == [4]  # 160 do


def test_what_no_sentence_end_divides_is_cut_at_a_blank_or_else_at_the_limit():
    row = "word " * 300
    pieces = sentences(row, Span(0, len(row)))
    assert [(piece.start, piece.end) for piece in pieces] == [(0, 699), (700, 1399), (1400, 1499)]
    assert [len(piece) for passage in cut("x" * 1500) for piece in passage] == [700, 700, 100]


def test_a_text_of_blanks_has_no_passages():
    assert split(content("")) == [] and split(content(" \n\t\n ")) == []


@pytest.mark.parametrize(
    "text, tokens", [("", 0), ("a treaty", 2), ("alliances", 2), ("end.", 2), ("3.5", 3), ("_ _", 2), ("snake_case", 3)]
)
def test_tokens_are_estimated_by_six_letters_and_by_signs(text, tokens):
    assert estimated_tokens(text) == tokens


# What makes trouble: marks of lists, abbreviations, initials, quotes, wide and narrow blanks, scripts without blanks.
PIECES = st.sampled_from(
    ["word", " ", " ", "\n", "\n\n", "\n \n\n", ". ", "? ", "Dr. ", "i.e. ", "J. ", "1. ", "- ", "(a) ", '"', "“", "(",
     "\t", " | ", "3.5", "\u00a0", "\u2028", "条約。", "é", "_", "x" * 90, "Word " * 40, "The end. " * 30, "\x85"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=300))


def assert_rebuilt(text, spans, begin, end):
    """The spans come in order, begin and end with a letter or sign, and leave out nothing but blanks."""
    at = begin
    for span in spans:
        assert at <= span.start < span.end <= end
        assert not text[at : span.start].strip()
        assert span.of(text).strip() == span.of(text)
        at = span.end
    assert not text[at:end].strip()


def assert_lawful(cut_content):
    text, passages = cut_content.text, split(cut_content)
    headings = {heading.span for heading in cut_content.headings}
    assert_rebuilt(text, [passage.span for passage in passages], 0, len(text))
    for passage in passages:
        first, last = passage.sentences[0], passage.sentences[-1]
        assert (first.start, last.end) == (passage.span.start, passage.span.end)
        assert_rebuilt(text, passage.sentences, passage.span.start, passage.span.end)
        body = [span for span in passage.sentences if span not in headings]
        assert all(span.end - span.start <= MAX_SENTENCE_CHARS for span in body)
        assert len(body) <= 1 or sum(estimated_tokens(span.of(text)) for span in body) <= MAX_PASSAGE_TOKENS


@given(TEXTS)
def test_any_text_is_cut_lawfully(text):
    assert_lawful(content(text))


@st.composite
def marked_anyhow(draw):
    """A text with headings, asides and parts at any place, as the worst loader might mark them."""
    text = draw(TEXTS)
    ranges = [
        [Span(*pair) for pair in zip(cuts[::2], cuts[1::2], strict=False) if pair[0] < pair[1]]
        for cuts in (sorted(draw(st.lists(st.integers(0, len(text)), max_size=6))) for _ in range(3))
    ]
    parts = tuple(Part("page", number, "", span) for number, span in enumerate(ranges[2], 1))
    return content(text, headings=tuple(Heading(1, s) for s in ranges[0]), asides=tuple(ranges[1]), parts=parts)


@given(marked_anyhow())
def test_any_marks_leave_the_laws_in_force(marked):
    assert_lawful(marked)


@st.composite
def marked_well(draw):
    """A text of blocks, some of them headings or asides, with a page break now and then, as loaders make them."""
    kinds = draw(st.lists(st.sampled_from(["heading", "aside", "text", "text", "page"]), min_size=1, max_size=12))
    text, headings, asides, starts = "", [], [], [0]
    for number, kind in enumerate(kinds):
        block = f"Block {number}" if kind in ("heading", "aside") else paragraph(draw(st.integers(1, 4)), 25)
        text += "\n\n" if text else ""
        span = Span(len(text), len(text) + len(block))
        headings += [Heading(1, span)] if kind == "heading" else []
        asides += [span] if kind == "aside" else []
        starts += [span.start] if kind == "page" and span.start else []
        text += block
    parts = [
        Part("page", n, str(n), Span(a, b))
        for n, (a, b) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), 1)
    ]
    return content(text, headings=tuple(headings), asides=tuple(asides), parts=tuple(parts))


@given(marked_well())
def test_passages_know_their_section_and_never_mix_article_and_asides(marked):
    assert_lawful(marked)
    for passage in split(marked):
        above = [heading.span for heading in marked.headings if heading.span.start < passage.span.end]
        assert passage.section == (above[-1] if above else None)
        assert {span in marked.asides for span in passage.sentences} == {passage.aside}
        first = [span in {heading.span for heading in marked.headings} for span in passage.sentences]
        assert first == sorted(first, reverse=True), "a heading comes before everything else of its passage"


def test_real_documents_are_cut_lawfully(shared):
    seeds = sorted(path for path in (shared / "seeds").rglob("*") if path.is_file())
    for path in seeds:
        document = load_document(path.name, path.read_bytes())
        assert_lawful(document.content)
        assert len(split(document.content)) > 1
