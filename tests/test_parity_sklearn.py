"""Metrics against scikit-learn's, with classes missing from the truth, the predictions or both."""

import numpy as np
import pytest

from mlpcore import metrics

oracle = pytest.importorskip("sklearn.metrics", reason="scikit-learn, the oracle, is not installed")


def random_labels(seed):
    """(truth, predictions): each misses some of ten classes."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    truth, guess = (rng.choice(10, size=rng.integers(1, 8), replace=False) for _ in range(2))
    y, z = rng.choice(truth, n), rng.choice(guess, n)
    right = rng.random(n) < 0.5
    return y, np.where(right, y, z)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_scores(average, seed):
    y, z = random_labels(seed)
    for ours, theirs in (
        (metrics.precision, oracle.precision_score),
        (metrics.recall, oracle.recall_score),
        (metrics.f1, oracle.f1_score),
    ):
        expected = theirs(y, z, average=average, zero_division=0)
        assert ours(z, y, average) == pytest.approx(expected, abs=1e-12), ours.__name__


@pytest.mark.parametrize("seed", range(30))
def test_scores_of_each_class_and_counts(seed):
    y, z = random_labels(seed)
    seen = np.union1d(
        y, z
    )  # scikit-learn lists these; ours has a place for every class up to the last
    for ours, theirs in (
        (metrics.precision, oracle.precision_score),
        (metrics.recall, oracle.recall_score),
        (metrics.f1, oracle.f1_score),
    ):
        each = ours(z, y, None)
        assert len(each) == seen.max() + 1
        expected = theirs(y, z, average=None, zero_division=0)
        np.testing.assert_allclose(each[seen], expected, atol=1e-12)
    expected = oracle.confusion_matrix(y, z, labels=range(12))
    np.testing.assert_array_equal(metrics.confusion_matrix(z, y, num_classes=12), expected)
    assert metrics.accuracy(z, y) == pytest.approx(oracle.accuracy_score(y, z), abs=1e-12)
