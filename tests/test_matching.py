"""Which words a question and a text share, by the stems that the index searches for."""

import pytest

from assistant.matching import matched_words


def stems(text):
    return [word.lower().rstrip("s") for word in text.split()]


@pytest.mark.parametrize(("question", "text", "words"), [
    ("Where do bees live?", "A bee lives in a hive.", ["bee", "lives"]),
    ("What is the of?", "What is the of?", []),
    ("bridge", "Bridges; bridge-builders", ["Bridges", "bridge"]),
    ("", "anything", []),
])  # fmt: skip
def test_words_are_shared_when_their_stems_are(question, text, words):
    assert [span.of(text) for span in matched_words(question, text, stems)] == words
