"""Measures of a ranked list for one question: where do the relevant passages stand?

A retrieved passage counts for the given passage that it overlaps most (`Placement.passage_at`), so a list is one of
given ids, None where none is touched, and an id may come more than once; it scores only the first time. Ranks start at
1. Averaging over questions is left to `uncertainty`. Definitions: Manning, Raghavan, Schütze, *Introduction to
Information Retrieval*, chapter 8 (https://nlp.stanford.edu/IR-book/); names as in ir_measures (https://ir-measur.es).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log2

Ranked = Sequence[str | None]


def recall_at(ranked: Ranked, relevant: Collection[str], k: int) -> float:
    """Recall@k: the share of the relevant passages that stand among the first ``k`` retrieved ones.

    ``|relevant ∩ ranked[:k]| / |relevant|``. With one relevant passage, as in SQuAD, it is 0 or 1 for a question and
    the same as Success@k ("any hit"). Worked example: ranked b, a, a, c with relevant {a} has recall 0 at 1 and 1 at 2;
    with relevant {a, c} it has 0.5 at 3 and 1 at 4.

    :param ranked: what was retrieved, best first.
    :param relevant: the right ids, at least one.
    :param k: cut-off, at least 1.
    :returns: from 0 to 1.
    """
    return len(set(relevant).intersection(ranked[:k])) / len(set(relevant))


def reciprocal_rank(ranked: Ranked, relevant: Collection[str], k: int = 10) -> float:
    """Reciprocal rank: one over the rank of the first relevant passage, 0 when none is among the first ``k``.

    ``RR = 1 / rank``; its mean over questions is MRR (Voorhees 1999, TREC-8 question answering track report,
    https://trec.nist.gov/pubs/trec8/papers/qa_report.pdf). Worked example: ranked b, a, c with relevant {a, c} has 1/2.

    :param ranked: what was retrieved, best first.
    :param relevant: the right ids, at least one.
    :param k: cut-off, at least 1.
    :returns: from 0 to 1.
    """
    return next((1 / rank for rank, passage in enumerate(ranked[:k], start=1) if passage in relevant), 0.0)


def ndcg_at(ranked: Ranked, relevant: Collection[str], k: int) -> float:
    """nDCG@k with binary relevance: a hit at rank r is worth ``1 / log2(r + 1)``, divided by the best list's worth.

    ``DCG = Σ 1/log2(r + 1)`` over the ranks r ≤ k that first show a relevant passage; the ideal list has all relevant
    passages in front (Järvelin, Kekäläinen 2002, https://doi.org/10.1145/582415.582418). Worked example: ranked b, a, c
    with relevant {a, c} has DCG 1/log2(3) + 1/log2(4) = 1.1309, ideal 1 + 1/log2(3) = 1.6309, nDCG@3 = 0.6934.

    :param ranked: what was retrieved, best first.
    :param relevant: the right ids, at least one.
    :param k: cut-off, at least 1.
    :returns: from 0 to 1.
    """
    firsts = {passage: rank for rank, passage in reversed(list(enumerate(ranked[:k], start=1))) if passage in relevant}
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(k, len(set(relevant))) + 1))
    return sum(1 / log2(rank + 1) for rank in sorted(firsts.values())) / ideal
