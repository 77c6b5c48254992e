"""Metrics by hand; scikit-learn's opinion is in test_parity_sklearn.py."""

import numpy as np
import pytest

from mlpcore import metrics, models, predict
from mlpcore.nn import Linear, Sequential

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 2, 1])


def test_confusion_matrix_has_true_classes_in_rows():  # a transposed one swaps precision and recall
    expected = [[2, 1, 0], [0, 1, 1], [0, 1, 0]]
    np.testing.assert_array_equal(metrics.confusion_matrix(PREDICTED, LABELS), expected)
    wide = metrics.confusion_matrix(PREDICTED, LABELS, num_classes=5)
    assert wide.shape == (5, 5)
    assert wide.sum() == 6


def test_scores_by_hand():
    np.testing.assert_allclose(metrics.precision(PREDICTED, LABELS, None), [1, 1 / 3, 0])
    np.testing.assert_allclose(metrics.recall(PREDICTED, LABELS, None), [2 / 3, 1 / 2, 0])
    np.testing.assert_allclose(metrics.f1(PREDICTED, LABELS, None), [0.8, 0.4, 0])
    assert metrics.precision(PREDICTED, LABELS) == pytest.approx(4 / 9)
    assert metrics.recall(PREDICTED, LABELS, "weighted") == pytest.approx(0.5)
    assert metrics.f1(PREDICTED, LABELS, "macro") == pytest.approx(0.4)
    assert metrics.accuracy(PREDICTED, LABELS) == 0.5


def test_accuracy_is_the_trace_over_the_sum_and_micro_equals_it():  # report B 3.1.2
    counts = metrics.confusion_matrix(PREDICTED, LABELS)
    expected = np.trace(counts) / counts.sum()
    assert metrics.accuracy(PREDICTED, LABELS) == expected
    for score in (metrics.precision, metrics.recall, metrics.f1):
        assert score(PREDICTED, LABELS, "micro") == pytest.approx(expected)


def test_scores_may_stand_for_classes():
    scores = np.eye(4)[PREDICTED]
    assert metrics.accuracy(scores, LABELS) == metrics.accuracy(PREDICTED, LABELS)
    assert metrics.confusion_matrix(scores, LABELS).shape == (4, 4)  # a column for each score
    assert metrics.f1(scores, LABELS) == metrics.f1(PREDICTED, LABELS)


def test_a_class_that_nobody_saw_has_no_say():
    perfect = np.array([0, 3])
    assert metrics.precision(perfect, perfect) == 1.0
    assert metrics.recall(perfect, perfect, "weighted") == 1.0


def test_no_overflow_in_small_integer_types():
    many = np.full(300, 200, np.uint8)
    assert metrics.confusion_matrix(many, many)[200, 200] == 300
    assert metrics.f1(many, many) == 1.0


def test_count_parameters_and_inference_time():
    net = models.baseline(np.random.default_rng(0))
    assert metrics.count_parameters(net) == 128 * 128 + 128 + 128 * 10 + 10
    shared = Linear(3, 3, rng=np.random.default_rng(0))
    assert metrics.count_parameters(Sequential(shared, shared)) == 12
    X = np.zeros((4, 128))
    seconds = metrics.inference_time(net, X, repeats=3)
    assert 0 < seconds < 60
    assert predict(net, X).shape == (4, 10)
