import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.datamodel import Span
from assistant.errors import AssistantError, UsageError
from assistant.evaluation.corpus import PlacedPassage, Placement, find_words, lay_out, place, write_sources
from assistant.evaluation.questions import GivenPassage


def titled(*titles):
    return [GivenPassage(f"{at}", title, f"Text {at}.") for at, title in enumerate(titles)]


def test_passages_of_one_title_become_one_file_wherever_they_stand(tmp_path):
    layout = lay_out(titled("A", "B", "A"))
    write_sources(layout, tmp_path)
    assert (tmp_path / "A.txt").read_bytes() == b"Text 0.\n\nText 2.\n"
    assert (tmp_path / "B.txt").read_bytes() == b"Text 1.\n"


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["AC/DC", "AC:DC", "ac_dc"], ["AC_DC.txt", "AC_DC (2).txt", "ac_dc (3).txt"]),
        (["../../etc", ".hidden", "CON\x00\n"], ["etc.txt", "hidden.txt", "CON.txt"]),
        (["???", "-rf"], ["untitled.txt", "rf.txt"]),
        (["Père Noël", "हिन्दी"], ["Père Noël.txt", "हिन्दी.txt"]),
        (["é" * 300], ["é" * 60 + ".txt"]),
    ],
    ids=["collide", "escape", "nothing left", "scripts", "long"],
)
def test_file_names_are_safe_and_unique(titles, names):
    assert list(lay_out(titled(*titles))) == names


@given(st.lists(st.text(min_size=1), unique=True, max_size=20))
def test_any_titles_give_as_many_plain_names(titles):
    names = list(lay_out(titled(*titles)))
    assert len({name.casefold() for name in names}) == len(titles)
    assert all(name[0] not in ".-~ " and len(name.encode()) < 160 for name in names)
    assert not set("".join(names)) & set('/\\:*?"<>|\0')


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match="holds 'mine.txt', which is no part"):
        write_sources(lay_out(titled("A")), tmp_path)


def test_an_unchanged_file_is_not_touched(tmp_path):
    layout = lay_out(titled("A"))
    write_sources(layout, tmp_path)
    before = (tmp_path / "A.txt").stat().st_mtime_ns
    write_sources(layout, tmp_path)
    assert (tmp_path / "A.txt").stat().st_mtime_ns == before


def test_passages_are_found_in_the_stored_text():
    layout = {"a.txt": (GivenPassage("0", "A", "One  two."), GivenPassage("1", "A", "Three."))}
    as_written = place(layout, {"a.txt": "One  two.\n\nThree.\n"})
    assert [passage.span for passage in as_written] == [Span(0, 9), Span(11, 17)]
    blanks_changed = place(layout, {"a.txt": "\ufeffOne\u00a0two.\r\n \r\n Three."})
    assert [passage.span for passage in blanks_changed] == [Span(1, 9), Span(15, 21)]


def test_a_stored_text_with_other_words_stops_everything():
    layout = {"a.txt": (GivenPassage("0", "A", "One."), GivenPassage("1", "A", "Two."))}
    with pytest.raises(AssistantError, match=r"'a.txt' does not hold passage '1'"):
        place(layout, {"a.txt": "Two.\n\nOne."})


WORDS = st.text(alphabet="ab \n.é\u00a0", min_size=1).filter(str.strip)


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_every_span_holds_its_passage(texts):
    layout = lay_out([GivenPassage(str(at), "A", text) for at, text in enumerate(texts)])
    stored = "\n\n".join(texts)
    for passage, text in zip(place(layout, {"A.txt": stored}), texts, strict=True):
        assert passage.span.of(stored) == text.strip()


PLACED = Placement(
    [
        PlacedPassage("first", "a.txt", Span(0, 10)),
        PlacedPassage("second", "a.txt", Span(12, 20)),
        PlacedPassage("other", "b.txt", Span(0, 50)),
    ]
)


@pytest.mark.parametrize(
    ("source", "span", "passage"),
    [
        ("a.txt", Span(2, 5), "first"),
        ("a.txt", Span(8, 15), "second"),
        ("a.txt", Span(9, 13), "first"),
        ("a.txt", Span(10, 12), None),
        ("a.txt", Span(12, 12), None),
        ("a.txt", Span(30, 40), None),
        ("b.txt", Span(8, 15), "other"),
        ("c.txt", Span(0, 5), None),
    ],
    ids=["inside", "more of the second", "tie", "between", "empty", "behind", "other source", "unknown source"],
)
def test_a_span_counts_for_the_passage_that_it_overlaps_most(source, span, passage):
    assert PLACED.passage_at(source, span) == passage


SPANS = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: Span(*sorted(pair)))


@given(st.sets(st.integers(0, 60), min_size=2), SPANS)
def test_the_search_agrees_with_looking_at_every_passage(cuts, span):
    edges = sorted(cuts)
    placed = [PlacedPassage(str(a), "a.txt", Span(a, b)) for a, b in zip(edges, edges[1:], strict=False)]
    best = max(placed, key=lambda passage: passage.span.overlap(span))
    assert Placement(placed).passage_at("a.txt", span) == (best.id if best.span.overlap(span) else None)


def test_words_are_found_whatever_stands_for_their_blanks():
    text = "One two. One\ntwo ."
    assert find_words("One two.", text) == Span(0, 8)
    assert find_words("One two.", text, Span(8, len(text))) == Span(9, 18)
    assert find_words("three", text) is None and find_words(" ", text) is None


def test_a_passage_knows_its_place():
    placed = PlacedPassage("a#0", "a.txt", Span(0, 4))
    assert Placement([placed]).place_of("a#0") == placed
