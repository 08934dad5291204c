"""The fits on small examples whose answer is known beforehand."""

from dataclasses import replace

import numpy as np
import pytest

from assistant.readers.candidates import SENTENCE_SIGNALS
from assistant.readers.confidence import FURTHER_SIGNALS, PASSAGE_SIGNALS
from assistant.training.fit import (
    NAMES,
    OWN_SHARE_OF_FURTHER,
    Chosen,
    Example,
    _calibration,
    _first_quote,
    _Judged,
    _listwise_weights,
    _logistic_weights,
    _shared,
    _sloping,
    fit,
    further,
    heeding_size,
    unfitted,
)


def test_a_list_s_weight_makes_the_shares_those_seen():
    # The first of two is right in 3 of 4 lists: its log-odds are log 3, but for a little ridge.
    lists = [(np.array([[1.0], [0.0]]), np.array([first, not first])) for first in (True, True, True, False)]
    assert _listwise_weights(lists)[0] == pytest.approx(np.log(3), rel=0.02)


def test_logistic_weights_give_back_the_odds():
    # Signal 1: 3 of 4 are true; signal 0: 1 of 4.
    signals = np.array([[1.0]] * 4 + [[0.0]] * 4)
    label = np.array([True, True, True, False, True, False, False, False])
    weight, bias = _logistic_weights(signals, label)
    assert bias == pytest.approx(-np.log(3), rel=0.02) and weight == pytest.approx(2 * np.log(3), rel=0.02)


def test_labels_weigh_their_shares_together_and_each_by_its_count():
    label, counts = np.array([True, False, False, True]), np.array([1.0, 1.0, 1.0, 0.25])
    assert _shared(label, counts, 0.5).tolist() == [0.4, 0.25, 0.25, 0.1]
    assert _shared(label, counts, 0.7) == pytest.approx([0.56, 0.15, 0.15, 0.14])


@pytest.mark.parametrize("label", [True, False])
def test_one_label_alone_weighs_all(label):
    assert _shared(np.full(3, label), np.array([1.0, 1.0, 2.0]), 0.7).tolist() == [0.25, 0.25, 0.5]


def example(kind, article, better):
    """The right sentence and passage are told by one signal each; foreign questions by low similarity."""
    signals, passages = np.zeros((3, len(SENTENCE_SIGNALS))), np.zeros((2, len(PASSAGE_SIGNALS)))
    signals[:, SENTENCE_SIGNALS.index("similarity")] = 0.1 if kind == "foreign" else 0.8
    signals[better, SENTENCE_SIGNALS.index("evidence")] = 3.0 if kind == "answered" else -3.0
    passages[1, PASSAGE_SIGNALS.index("answers")] = 2.0
    right = np.arange(3) == better
    answered = kind == "answered"
    quoted = lambda weights: [int(np.argmax(signals @ weights.sentence))]  # noqa: E731
    return Example(signals, right & answered, passages, np.array([False, answered]), article, False, kind, 100, quoted)


EXAMPLES = [
    example(kind, f"article {at}", at % 3) for at in range(30) for kind in ("answered", "look_alike", "foreign")
]


def test_what_can_be_told_apart_is_told_apart_on_articles_not_seen():
    found = fit(EXAMPLES, unfitted().further)
    assert (found.first_quote, found.first_passage) == (1.0, 1.0)
    assert found.auroc > 0.99 and found.look_alike_auroc > 0.99 and found.answered == 1.0


def test_the_calibration_makes_confidence_come_true_on_the_stated_mix():
    # What is said of unseen articles tells right from wrong wholly, so nothing is left between.
    found = fit(EXAMPLES, unfitted().further)
    assert found.calibration_error < 0.05 and found.threshold < 0.05


def test_our_own_questions_have_no_say_in_how_sure_is_sure():
    # Ours answer nothing although they look as if they did: half as many as the others, which would halve the odds.
    wrong = [replace(each, own=True, right=each.right & False) for each in EXAMPLES if each.kind == "answered"][::2]
    judged = [_Judged(each, 1.0, each.kind == "answered", True) for each in EXAMPLES]
    assert _calibration(judged) == pytest.approx(
        _calibration([*judged, *(_Judged(e, 1.0, False, True) for e in wrong)])
    )


def test_further_sentences_are_told_by_their_signals():
    signals = np.zeros((4, len(FURTHER_SIGNALS)))
    signals[:2, FURTHER_SIGNALS.index("evidence")] = 1.0
    weights = further([Chosen(signals, np.array([True, True, False, False]), own=False)])
    said = signals @ weights[:-1] + weights[-1]
    assert (said[:2] > 0).all() and (said[2:] < 0).all()


def test_a_question_has_the_same_say_however_many_sentences_it_has():
    # No signal tells anything, so that the odds are those of the weighted shares: of CLAPNQ's, one question of one sentence that
    # belongs and one of three that do not share .5; ours, none of whose sentences belongs, weighs the other half.
    def asked(belongs, own):
        return Chosen(np.zeros((len(belongs), len(FURTHER_SIGNALS))), np.array(belongs), own)

    weights = further([asked([True], False), asked([False] * 3, False), asked([False] * 9, True)])
    assert OWN_SHARE_OF_FURTHER == 0.5
    assert weights[-1] == pytest.approx(np.log(0.25 / 0.75), abs=1e-3)


def test_what_is_known_of_a_row_is_not_fitted_again():
    # No signal tells anything, and of rows with odds of three to one already one in two is labelled: the bias takes them back.
    weights = _logistic_weights(np.zeros((2, 1)), np.array([True, False]), known=np.log([3.0, 3.0]))
    assert weights == pytest.approx([0.0, -np.log(3)], abs=1e-3)


def test_every_model_has_a_weight_for_each_of_its_names():
    assert {name: len(getattr(unfitted(), name)) for name in NAMES} == {n: len(names) for n, names in NAMES.items()}


def test_fewer_passages_make_the_reader_bolder_only_as_far_as_foreign_questions_allow():
    held = replace(unfitted(), calibration=np.array([1.0, 0.0]))
    at_most = replace(held, subject=_sloping(held.subject, 1.0))
    few, many = (replace(EXAMPLES[2], size=size) for size in (20, 1500))
    # Nothing is known: even odds for the subject and for the sentence, so 1/4; at slope 1 more, for 20 passages:
    subject = 1 / (1 + np.exp(-np.log(1500 / 20)))
    odds = lambda weights, each: weights.probability(_first_quote(each, weights)[0])  # noqa: E731
    assert odds(held, few) == pytest.approx(0.25) and odds(at_most, many) == pytest.approx(0.25)
    assert odds(at_most, few) == pytest.approx(subject / 2)
    assert heeding_size(held, [few], 0.9).subject.tolist() == pytest.approx(at_most.subject.tolist())
    assert heeding_size(held, [few], 0.26).subject.tolist() == held.subject.tolist()
