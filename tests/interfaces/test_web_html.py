"""Records as HTML: everything from outside is shown as text, on one line, and buttons carry what they open."""

import html as standard_html
import re
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.datamodel import Answer, Content, Document, IndexStatus, Part, Quote, Signals, Span
from assistant.interfaces.web import html
from assistant.interfaces.web.showing import shown_answer
from assistant.settings import Settings

TEXT = "Allies\n\nAn ally is bound by treaty. A partner is not, as <b>all</b> know. The end."
ATTACKS = [
    "<script>window.xssRan7731=1</script>",
    "<img src=x onerror=window.xssRan7731=1>.txt",
    '"><svg onload=window.xssRan7731=1>',
    "'; window.xssRan7731=1; '",
    "</blockquote>\n\n<iframe srcdoc=x>",
    "**bold** $x$ [a](javascript:window.xssRan7731=1)",
]


def document(text=TEXT, source="reports/a.pdf", title="On allies"):
    return Document(
        source, "ab" * 32, Content(text, "application/pdf", title, (Part("page", 4, "iv", Span(0, len(text))),))
    )


def quote(words, of=None, **more):
    of = of or document()
    start = of.text.index(words)
    return Quote(of, Span(start, start + len(words)), 0.9, **more)


class FakeAssistant:
    """Knows the state of the index, and which words are shared."""

    settings = Settings()

    def __init__(self, matched=()):
        self.matched = matched

    def status(self):
        return IndexStatus("gen-1", "", "m", 1, ())

    def matched_words(self, question, text):
        return [Span(text.index(word), text.index(word) + len(word)) for word in self.matched if word in text]


def answer(*quotes, closest=(), resolved=None, question="What is an ally?", matched=(), **more):
    replied = Answer(question, resolved or question, bool(quotes), 0.9, quotes, closest, "gen-1")
    return {**shown_answer(replied, FakeAssistant(matched)), **more}


def text_of(markup):
    return standard_html.unescape(re.sub(r"<[^>]*>", "", markup))


def shown_words(markup):
    return [text_of(words) for words in re.findall(r'<blockquote class="qa-words"[^>]*>(.*?)</blockquote>', markup)]


# The loaders keep other control signs out of the stored text.
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t\r")))
def test_any_text_survives_as_text_on_one_line(text):
    escaped = html.literal(text)
    assert not set(escaped) & set("<>\"'\n\r\t")
    assert standard_html.unescape(escaped) == text


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_markup_of_a_document_its_name_or_its_title_survives(attack):
    attacked = document(f"Before. {attack} After.", source=attack, title=attack)
    shown = html.answer_html(answer(quote(f"{attack} After.", attacked), resolved=attack))
    assert "<script" not in shown and "<img" not in shown and "<svg" not in shown and "<iframe" not in shown
    assert "\n" not in shown
    assert shown_words(shown) == [f"{attack} After."]


def test_a_quote_shows_exactly_its_words_with_the_key_emphasised():
    key = quote("treaty").span
    shown = html.answer_html(answer(quote("An ally is bound by treaty.", key=key)))
    assert shown_words(shown) == ["An ally is bound by treaty."]
    assert "<strong>treaty</strong>" in shown


def test_a_key_outside_of_the_quote_is_not_emphasised():
    shown = html.answer_html(answer(quote("An ally is bound by treaty.", key=quote("The end").span)))
    assert "<strong>" not in shown


def test_the_citation_names_its_place_and_carries_stored_offsets():
    cited = quote("An ally is bound by treaty.")
    shown = html.answer_html(answer(cited))
    assert "On allies" in shown and "reports/a.pdf, page iv (4 of the file)" in shown
    value = standard_html.unescape(re.search(r'class="qa-cite" value="([^"]*)"', shown)[1])
    wanted = {
        "source": ["reports/a.pdf"],
        "sha256": ["ab" * 32],
        "start": [str(cited.span.start)],
        "end": [str(cited.span.end)],
    }
    assert parse_qs(value) == wanted


def test_a_follow_up_says_how_it_was_understood():
    assert "Understood as" not in html.answer_html(answer(quote("The end.")))
    assert "What is a partner of the US?" in html.answer_html(
        answer(quote("The end."), resolved="What is a partner of the US?")
    )


def test_an_abstention_says_so_and_labels_what_comes_closest():
    shown = html.answer_html(answer(closest=(quote("The end."),), coverage="3 of 9 pages were not searchable"))
    assert "Your sources don’t say." in shown
    assert "The closest passages – not an answer" in shown
    assert "3 of 9 pages were not searchable." in shown
    assert "qa-best" not in shown and "qa-confidence" not in shown


def test_without_a_key_the_words_of_the_question_are_emphasised():
    shown = html.answer_html(answer(quote("An ally is bound by treaty."), matched=["ally", "treaty"]))
    assert shown_words(shown) == ["An ally is bound by treaty."]
    assert "<em>ally</em>" in shown and "<em>treaty</em>" in shown


def test_why_a_passage_was_found_is_a_line():
    found = quote("An ally is bound by treaty.", signals=Signals(0.71, 0.93, 0.8, 1, 2))
    shown = text_of(html.answer_html(answer(found, matched=["ally"])))
    expected = (
        "Words matched: ally. Rank 1 by meaning (similarity 0.71, best sentence 0.80) and 2 by words (93% of the best). "
        "Reader’s score 0.90."
    )
    assert expected in shown


def test_quotes_of_different_documents_stand_in_columns_of_their_own():
    other = document("A partner is not bound.", source="b.md", title="On partners")
    shown = html.answer_html(answer(quote("An ally is bound by treaty."), quote("A partner is not bound.", other)))
    columns = shown.split('<div class="qa-column">')[1:]
    assert ["On allies" in columns[0], "On partners" in columns[1]] == [True, True]
    assert shown_words(shown) == ["An ally is bound by treaty.", "A partner is not bound."], "none is blended"
    assert "qa-column" not in html.answer_html(answer(quote("An ally is bound by treaty."), quote("The end.")))


def test_a_quote_from_a_table_keeps_its_rows():
    shown = answer(quote("An ally is bound by treaty."))
    assert "qa-rows" not in html.answer_html(shown)
    shown["quotes"][0]["row"] = 2
    assert '<blockquote class="qa-words qa-rows"' in html.answer_html(shown)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Rain\t1 May\nSnow\t2 May", True),
        ("Two things:\n\n- water\n- heat", True),
        ("A long sentence that\na page broke.", False),
        ("- An item alone.", False),
    ],
)
def test_lines_are_kept_where_they_were_meant(words, kept):
    shown = html.answer_html(answer(quote(words, document(text=words))))
    assert ("qa-rows" in shown) == kept
    assert text_of(shown).count("\t") == shown.count("qa-cell") == words.count("\t")


def test_a_title_that_is_only_the_name_of_the_file_is_not_repeated():
    found = quote("The end.", document(source="reports/tern_survey.pdf", title="tern survey"))
    assert text_of(html.answer_html(answer(found))).count("tern") == 1
    assert "On allies" in html.answer_html(answer(quote("The end.")))


def test_a_kept_answer_can_be_judged_and_shows_the_judgement():
    shown = html.answer_html(answer(quote("The end.")), "12/34", "down")
    assert re.findall(r'class="qa-thumb qa-(\w+)( qa-on)?" value="([^"]+)"', shown) == [
        ("up", "", "12/34/up"),
        ("down", " qa-on", "12/34/down"),
    ]
    assert "qa-thumb" not in html.answer_html(answer(quote("The end.")))


def test_talk_is_a_sentence_and_no_abstention():
    shown = html.answer_html(answer(reply="You are welcome."), "1/2")
    assert "You are welcome." in shown and "Your sources don’t say" not in shown and "qa-thumb" not in shown


def test_readings_and_limits_are_offered_as_text():
    reading = {
        "label": "<b>Mercury</b>, the planet",
        "source": "a&b.txt",
        "section": None,
        "question": "What is Mercury?",
    }
    shown = html.answer_html(answer(quote("The end."), readings=[reading], sources=["re<ports/*"]))
    value = standard_html.unescape(re.search(r'class="qa-reading" value="([^"]*)"', shown)[1])
    assert parse_qs(value) == {"question": ["What is Mercury?"], "source": ["a&b.txt"]}
    assert "&lt;b&gt;Mercury&lt;/b&gt;" in shown and "re&lt;ports/*" in shown


def test_a_question_completed_from_the_talk_can_be_mended_or_asked_bare():
    shown = html.answer_html(answer(quote("The end."), question="And partners?", resolved="And partners? (allies)"))
    assert re.search(r'class="qa-edit" value="And partners\? \(allies\)"', shown)
    assert re.search(r'class="qa-bare" value="And partners\?"', shown)
