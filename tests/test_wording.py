"""Numbers and words as messages write them."""

from assistant.wording import count_of, enumerated, runs_of


def test_numbers_with_their_noun():
    assert [count_of(n, "page") for n in (0, 1, 1200)] == ["0 pages", "1 page", "1,200 pages"]


def test_runs():
    assert runs_of([3, 4, 5, 9]) == ["3–5", "9"]
    assert runs_of([]) == []


def test_words_in_a_sentence():
    assert [enumerated(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
