"""When a question has several readings: near-equal passages of different documents or sections, by hand."""

import pytest

from assistant.choices import MOST_CHOICES, NEAR, choices_of
from assistant.datamodel import Choice, Content, Document, Heading, Passage, ScoredPassage, Signals, Span


def passage(source, dense, section="Start"):
    """A passage of a document whose text is its section's heading and a sentence."""
    text = f"{section}\n\nIt starts in May."
    heading = Span(0, len(section))
    document = Document(source, "", Content(text, "", f"Title of {source}", headings=(Heading(1, heading),)))
    span = Span(len(section) + 2, len(text))
    return ScoredPassage(document, Passage(span, (span,), heading), dense, Signals(dense, 0.0, 0.0), (0.0,))


def test_near_equal_passages_of_two_documents_are_two_readings_named_by_their_titles():
    found = choices_of("When does it start?", [passage("a.txt", 0.8), passage("b.txt", 0.8 - NEAR / 2)])
    assert found == (Choice("Title of a.txt", "a.txt", "Start"), Choice("Title of b.txt", "b.txt", "Start"))


def test_near_equal_passages_of_one_document_are_named_by_their_sections():
    found = choices_of("When does it start?", [passage("a.txt", 0.8, "School"), passage("a.txt", 0.79, "Sale")])
    assert [choice.label for choice in found] == ["School", "Sale"]


@pytest.mark.parametrize(
    ("question", "passages"),
    [
        ("When does it start?", []),
        ("When does it start?", [passage("a.txt", 0.8)]),
        ("When does it start?", [passage("a.txt", 0.8), passage("b.txt", 0.8 - 2 * NEAR)]),
        ("When does it start?", [passage("a.txt", 0.8), passage("a.txt", 0.8)]),
        ("When does it start?", [passage(f"{at}.txt", 0.8) for at in range(MOST_CHOICES + 1)]),
        ("When does the northern summer school start?", [passage("a.txt", 0.8), passage("b.txt", 0.8)]),
    ],
    ids=["nothing found", "one passage", "one clearly ahead", "one section", "too many", "a question that says much"],
)
def test_a_clear_question_has_no_readings(question, passages):
    assert choices_of(question, passages) == ()
