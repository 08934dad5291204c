"""Which questions an epoch asks, counted by hand."""

from collections import Counter

import pytest

from assistant.evaluation.questions import GivenPassage
from assistant.training.command import DOCUMENTS_OF_OURS, _some, _sources
from assistant.training.groups import Group

GROUPS = [Group(f"{name} {at}", name, "Who?", "Town", None, [], []) for name in ("squad", "written") for at in range(4)]


@pytest.mark.parametrize(
    "others, times, public, own",
    [(None, 1, 4, 4), (None, 3, 4, 12), (2, 1, 2, 4), (9, 0, 4, 0)],
)
def test_an_epoch_asks_ours_so_many_times_beside_so_many_others(others, times, public, own):
    chosen = _some(GROUPS, others, times, newest=None, seed=0)
    assert Counter(group.set for group in chosen) == Counter(squad=public, written=own)
    assert set(Counter(group.id for group in chosen if group.set == "squad").values()) <= {1}


@pytest.mark.parametrize("newest, own", [(0, []), (1, ["written 3"]), (9, [f"written {at}" for at in range(4)])])
def test_the_newest_of_ours_are_the_last(newest, own):
    assert [group.id for group in _some(GROUPS, 0, 1, newest, seed=0)] == own


def test_so_many_of_our_documents_are_sources_together_a_document_s_passages_always():
    titles = [*range(DOCUMENTS_OF_OURS + 1), 0]
    ours = [GivenPassage(f"own {at}", f"Title {title}", "Words.") for at, title in enumerate(titles)]
    squad = [GivenPassage("Oxygen#0", "Oxygen", "Words."), GivenPassage("Kenya#0", "Kenya", "Words.")]
    first, last = [*ours[:DOCUMENTS_OF_OURS], ours[-1]], [ours[DOCUMENTS_OF_OURS]]
    assert _sources([*squad, *ours]) == {"squad": squad, "written0": first, "written1": last}
