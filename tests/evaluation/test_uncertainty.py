import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.uncertainty import bootstrap, difference, mean, proportion


def test_wilson_worked_example():
    estimate = proportion([1] * 8 + [0] * 2)
    assert (estimate.value, estimate.count) == (0.8, 10)
    assert (estimate.low, estimate.high) == (pytest.approx(0.490, abs=5e-4), pytest.approx(0.943, abs=5e-4))


def test_mean_worked_example():
    estimate = mean([0, 0.5, 1])
    assert (estimate.value, estimate.low, estimate.high, estimate.count) == (0.5, 0.0, 1.0, 3)
    assert mean([0.2, 0.4]).low == pytest.approx(0.3 - 1.959964 * 0.1)
    assert mean([0.5]).low is None


@given(st.lists(st.booleans(), min_size=1))
def test_the_interval_holds_the_share_and_stays_a_share(hits):
    estimate = proportion(hits)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_the_bootstrap_repeats_itself_and_agrees_with_the_formula():
    values = np.array([0.0] * 100 + [1.0] * 100)
    drawn = bootstrap(lambda sample: float(sample.mean()), values)
    assert drawn == bootstrap(lambda sample: float(sample.mean()), values)
    formula = mean(values)
    assert drawn.low == pytest.approx(formula.low, abs=0.02) and drawn.high == pytest.approx(formula.high, abs=0.02)


def test_a_paired_bootstrap_keeps_the_pairs_together():
    values = np.arange(20.0)
    drawn = bootstrap(lambda a, b: float((a - b).max()), values, values, paired=True)
    assert (drawn.low, drawn.high, drawn.count) == (0.0, 0.0, 20)
    assert bootstrap(lambda a, b: float((a - b).max()), values, values).high > 0


def test_difference_worked_example():
    changed = difference([1, 1, 0, 1], [0, 1, 0, 0])
    assert (changed.value, changed.count) == (0.5, 4)
    assert changed.high - 0.5 == 0.5 - changed.low == pytest.approx(0.566, abs=5e-4)
    assert difference([0], [1]).value == -1 and difference([0], [1]).low is None
