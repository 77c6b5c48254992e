"""Metrics by hand; scikit-learn's opinion is in test_parity_sklearn.py."""

import threading

import numpy as np
import pytest

from mlpcore import fast, metrics, models, no_grad, predict
from mlpcore.nn import GELU, Linear, Sequential

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


class Watched(GELU):
    """Remembers which threads it ran on, in this module's own `forward`."""

    def forward(self, x):
        self.seen = getattr(self, "seen", set()) | {threading.current_thread()}
        return super().forward(x)


@pytest.mark.parametrize("threads", [1, 2])
def test_prediction_on_several_threads_gives_the_same_numbers(threads, monkeypatch):
    seen, normal_cdf = set(), fast.normal_cdf

    def watched(x):
        seen.add(threading.current_thread())
        return normal_cdf(x)

    monkeypatch.setattr(fast, "normal_cdf", watched)
    rng = np.random.default_rng(0)
    net, X = models.report_b_best(rng), rng.normal(size=(2001, 128)).astype(np.float32)
    net.train()
    with no_grad():
        net(X)  # running statistics that are not those it started from
    net.eval()
    plain = np.concatenate([net(X[i : i + 500]).data for i in range(0, len(X), 500)])
    seen.clear()
    monkeypatch.setattr(metrics, "blas_threads", lambda: threads)
    np.testing.assert_array_equal(predict(net, X), plain)
    few = predict(net, X[:30])
    np.testing.assert_allclose(few, plain[:30], rtol=1e-4, atol=1e-5)
    assert (seen != {threading.main_thread()}) == (threads == 2)


def test_a_module_of_your_own_predicts_on_the_thread_that_asks(monkeypatch):
    monkeypatch.setattr(metrics, "blas_threads", lambda: 2)
    rng = np.random.default_rng(0)
    net = Sequential(Linear(128, 512, rng=rng), Watched(), Linear(512, 10, rng=rng))
    predict(net, rng.normal(size=(2001, 128)))
    assert net[1].seen == {threading.current_thread()}
    changed = models.report_b_best(rng)
    forward, seen = changed[0].forward, set()

    def watched(x):
        seen.add(threading.current_thread())
        return forward(x)

    changed[0].forward = watched
    predict(changed, rng.normal(size=(2001, 128)))
    assert seen == {threading.current_thread()}


def test_an_error_in_a_batch_reaches_the_caller_and_the_mode_is_put_back(monkeypatch):
    monkeypatch.setattr(metrics, "blas_threads", lambda: 2)
    net = models.report_b_best(np.random.default_rng(0))
    with pytest.raises(ValueError, match="linear"):
        predict(net, np.ones((2001, 127)))
    assert all(module.training for _, module in net.modules())
