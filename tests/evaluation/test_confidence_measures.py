import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.confidence_measures import (
    RiskPoint,
    answered_at,
    auroc,
    expected_calibration_error,
    reliability,
    risk_coverage,
    roc,
    share_answered,
    threshold_at,
)

CONFIDENCES = st.lists(st.sampled_from([0, 0.1, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=30).map(np.array)
JUDGED = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=40)


def test_auroc_worked_example():
    assert auroc(np.array([0.9, 0.6, 0.4]), np.array([0.6, 0.3])).value == 0.75


def test_delongs_standard_error_by_hand():
    # Positives beat 1, .75… of the negatives: V10 = 1, .75, .5 (variance 1/16); V01 = .5, 1 (variance 1/8).
    estimate = auroc(np.array([0.9, 0.6, 0.4]), np.array([0.6, 0.3]))
    assert estimate.low == pytest.approx(0.75 - 1.959964 * (1 / 16 / 3 + 1 / 8 / 2) ** 0.5)
    assert (estimate.high, estimate.count) == (1.0, 5)
    assert auroc(np.array([0.9]), np.array([0.6, 0.3])).low is None


@given(CONFIDENCES, CONFIDENCES)
def test_auroc_equals_counting_the_pairs(positive, negative):
    won = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    assert auroc(positive, negative).value == pytest.approx(won / (positive.size * negative.size))


@given(CONFIDENCES, CONFIDENCES)
def test_auroc_is_symmetric_and_blind_to_scale(positive, negative):
    value = auroc(positive, negative).value
    assert 0 <= value <= 1
    assert auroc(negative, positive).value == pytest.approx(1 - value)
    assert auroc(positive**3 / 2, negative**3 / 2).value == pytest.approx(value)


def test_threshold_worked_example():
    negative = np.array([0.9, 0.5, 0.3, 0.1])
    strictness = threshold_at(negative, 0.25)
    assert 0.5 < strictness < 0.5001
    assert answered_at(np.array([0.8, 0.6, 0.5, 0.2]), negative, 0.25) == 0.5


@given(CONFIDENCES, st.sampled_from([0.0, 0.05, 0.25, 0.5]))
def test_the_threshold_keeps_its_bound_and_is_the_lowest_that_does(negative, allowed):
    strictness = threshold_at(negative, allowed)
    assert (negative >= strictness).mean() <= allowed + 1e-9
    below = np.nextafter(strictness, -1)
    assert (negative >= below).mean() > allowed


def test_calibration_worked_example():
    confidence, right = np.array([0.95, 0.85, 0.85, 0.15]), np.array([1.0, 0.0, 1.0, 0.0])
    assert expected_calibration_error(confidence, right) == pytest.approx(0.225)


def test_calibration_at_the_edges_of_the_bins():
    assert expected_calibration_error(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == 0
    # .3 opens a bin: with .39 (right) it shares one, so (.31 + 0 …) cancels within the bin: |1 - .69| / 2.
    assert expected_calibration_error(np.array([0.3, 0.39]), np.array([0.0, 1.0])) == pytest.approx(0.155)


@given(JUDGED)
def test_calibration_error_lies_between_the_overall_gap_and_1(judged):
    confidence, right = np.array(judged).T
    error = expected_calibration_error(confidence, right)
    assert abs(confidence.mean() - right.mean()) - 1e-9 <= error <= 1 + 1e-9


def test_risk_coverage_worked_example():
    points = risk_coverage(np.array([0.8, 0.9, 0.8]), np.array([0.0, 1.0, 1.0]))
    assert points == [RiskPoint(0.9, pytest.approx(1 / 3), 0.0), RiskPoint(0.8, 1.0, pytest.approx(1 / 3))]


@given(JUDGED)
def test_the_curve_rises_to_everything(judged):
    confidence, right = np.array(judged).T
    points = risk_coverage(confidence, right)
    assert [point.coverage for point in points] == sorted({point.coverage for point in points})
    assert [point.confidence for point in points] == sorted({*confidence.tolist()}, reverse=True)
    assert points[-1].coverage == 1 and points[-1].risk == pytest.approx(1 - right.mean())


def test_roc_worked_example_has_the_area_of_auroc():
    points = roc(np.array([0.9, 0.6, 0.4]), np.array([0.6, 0.3]))
    shares = [(point.negatives, point.positives) for point in points]
    assert shares == [(0, 0), (0, pytest.approx(1 / 3)), (0.5, pytest.approx(2 / 3)), (0.5, 1), (1, 1)]
    across, up = zip(*shares, strict=True)
    assert np.trapezoid(up, across) == pytest.approx(0.75)
    assert [point.strictness for point in points[1:]] == [0.9, 0.6, 0.4, 0.3] and points[0].strictness > 0.9


def test_reliability_worked_example():
    bins = reliability(np.array([0.95, 0.85, 0.85, 0.15]), np.array([1.0, 0, 1, 0]))
    assert bins == [(0.15, 0.0, 1), (pytest.approx(0.85), 0.5, 2), (0.95, 1.0, 1)]


def test_share_answered_worked_example():
    assert share_answered(np.array([0.9, 0.5, 0.1]), 0.5) == pytest.approx(2 / 3)


@given(JUDGED)
def test_the_bins_of_the_diagram_give_the_calibration_error(judged):
    confidence, right = np.array(judged).T
    gaps = sum(at.answers * abs(at.right - at.confidence) for at in reliability(confidence, right))
    assert gaps / len(judged) == pytest.approx(expected_calibration_error(confidence, right))
