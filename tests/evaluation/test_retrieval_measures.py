import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.retrieval_measures import ndcg_at, recall_at, reciprocal_rank

RANKED = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12)
RELEVANT = st.sets(st.sampled_from("abcd"), min_size=1)


def test_recall_worked_example():
    assert [recall_at("baac", {"a"}, k) for k in (1, 2)] == [0, 1]
    assert [recall_at("baac", {"a", "c"}, k) for k in (3, 4)] == [0.5, 1]


def test_reciprocal_rank_worked_example():
    assert reciprocal_rank("bac", {"a", "c"}) == 0.5
    assert reciprocal_rank("bac", {"a"}, k=1) == 0
    assert reciprocal_rank([None, None, "a"], {"a"}) == pytest.approx(1 / 3)


def test_ndcg_worked_example():
    assert ndcg_at("bac", {"a", "c"}, 3) == pytest.approx(0.6934, abs=5e-5)
    assert ndcg_at("aab", {"a"}, 3) == 1


@given(RANKED, RELEVANT)
def test_recall_and_reciprocal_rank_never_fall_with_k(ranked, relevant):
    for measure in (recall_at, reciprocal_rank):
        values = [measure(ranked, relevant, k) for k in range(1, 15)]
        assert values == sorted(values)


@given(RANKED, RELEVANT, st.integers(1, 15))
def test_all_lie_between_0_and_1_and_agree_on_finding_nothing(ranked, relevant, k):
    values = [measure(ranked, relevant, k) for measure in (recall_at, reciprocal_rank, ndcg_at)]
    assert all(0 <= value <= 1 + 1e-12 for value in values)
    assert len({value == 0 for value in values}) == 1


@given(RANKED, st.sampled_from("abcd"), st.integers(1, 15))
def test_with_one_relevant_passage_recall_is_any_hit(ranked, relevant, k):
    assert recall_at(ranked, {relevant}, k) == float(relevant in ranked[:k])


@given(RELEVANT, st.integers(1, 5))
def test_a_list_with_all_relevant_passages_in_front_is_perfect(relevant, k):
    assert ndcg_at([*sorted(relevant), None], relevant, k) == pytest.approx(1)
