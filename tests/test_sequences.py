"""Convolution, recurrence and attention as modules, and report B's networks made of them."""

import numpy as np
import pytest

from mlpcore import SGD, cross_entropy, fit, models
from mlpcore.autograd import Tensor
from mlpcore.gradcheck import check_network
from mlpcore.metrics import count_parameters
from mlpcore.nn import Flatten, Linear, Sequential
from mlpcore.sequences import RNN, Conv1d, SelfAttention, Unflatten, attention, conv1d, rnn


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_report_bs_parameter_counts_to_the_last_one(rng):
    counts = {f: count_parameters(models.report_b_best(rng, features=f)) for f in models.EXTRACTORS}
    assert (counts["linear"], counts["cnn"], counts["rnn"]) == (168_202, 135_184, 217_610)
    assert count_parameters(models.report_b_attention(rng)) == 7_754


@pytest.mark.parametrize("features", models.EXTRACTORS)
def test_report_bs_networks_learn(features, rng):
    """The first loss is near log 10; five passes over 200 rows of noise bring it far below."""
    X, y = rng.normal(size=(200, 128)).astype(np.float32), rng.integers(0, 10, 200)
    net = models.report_b_best(rng, features=features, dropout=0)
    settings = {"optimizer": SGD(net.parameters(), lr=0.05, momentum=0.9), "batch_size": 20}
    history = fit(net, X, y, epochs=5, rng=rng, progress=False, **settings)
    assert history["loss"][-1] < 0.6 * history["loss"][0]


def test_networks_of_sequences_pass_the_gradient_check(rng):
    X, y = rng.normal(size=(5, 12)), rng.integers(0, 3, 5)
    heads = [
        (Unflatten(2, 6), Conv1d(2, 4, 3, padding="same", rng=rng), Flatten(), 24),
        (Unflatten(3, 4), RNN(4, 7, rng=rng), Flatten(), 7),
        (Unflatten(3, 4), RNN(4, 7, rng=rng, last=False), Flatten(), 21),
        (Unflatten(3, 4), SelfAttention(4, rng=rng), Flatten(), 12),
    ]
    for *head, width in heads:
        net = Sequential(*head, Linear(width, 3, rng=rng))
        assert check_network(net, X, y, rng=rng) < 1e-6
    assert check_network(models.AcrossTheBatch(12, rng=rng), X, y % 3, rng=rng) < 1e-6


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_padding_same_keeps_the_length_with_the_odd_zero_at_the_end(kernel, rng):
    layer = Conv1d(1, 1, kernel, padding="same", rng=rng).double()
    assert layer(np.ones((2, 1, 9))).shape == (2, 1, 9)
    assert layer.padding[1] - layer.padding[0] == (kernel + 1) % 2
    layer.W.data[...] = 0
    layer.W.data[0, layer.padding[0]] = 1  # the identity kernel
    X = rng.normal(size=(2, 1, 9))
    np.testing.assert_array_equal(layer(X).data, X)


def test_a_convolution_is_a_linear_layer_that_shares_weights(rng):
    X, W, b = rng.normal(size=(4, 2, 8)), rng.normal(size=(2, 3, 5)), rng.normal(size=5)
    Y, _ = conv1d(X, W, b)
    for t in range(6):
        np.testing.assert_allclose(Y[:, :, t], np.tensordot(X[:, :, t : t + 3], W, 2) + b)


def test_an_rnn_of_one_step_is_a_tanh_layer_and_later_input_does_not_reach_back(rng):
    X = rng.normal(size=(4, 3, 5))
    weights = (rng.normal(size=(5, 6)), rng.normal(size=(6, 6)), rng.normal(size=6), np.zeros(6))
    H, _ = rnn(X, *weights)
    np.testing.assert_allclose(H[:, 0], np.tanh(X[:, 0] @ weights[0] + weights[2]))
    X[:, 2] += 1
    later, _ = rnn(X, *weights)
    np.testing.assert_array_equal(later[:, :2], H[:, :2])
    assert not np.allclose(later[:, 2], H[:, 2])


def test_attention_mixes_values_and_does_not_care_for_the_order_of_keys(rng):
    Q, K, V = (rng.normal(size=(2, 4, 3)) for _ in range(3))
    Y, _ = attention(Q, K, V)
    order = rng.permutation(4)
    np.testing.assert_allclose(attention(Q, K[:, order], V[:, order])[0], Y)
    same, _ = attention(Q, K, np.ones_like(V))
    np.testing.assert_allclose(same, 1)
    np.testing.assert_allclose(attention(Q, 0 * K, V)[0], np.repeat(V.mean(1, keepdims=True), 4, 1))


def test_attention_across_the_batch_lets_one_example_change_anothers_answer(rng):
    layer = models.AcrossTheBatch(6, rng=rng).double()
    X = rng.normal(size=(5, 6))
    before = layer(Tensor(X)).data
    X[4] += 1
    assert np.abs(layer(Tensor(X)).data[:4] - before[:4]).max() > 1e-3


def test_last_picks_the_last_state(rng):
    one, every = (RNN(3, 4, rng=np.random.default_rng(1), last=last) for last in (True, False))
    X = rng.normal(size=(2, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(one(X).data, every(X).data[:, -1])


def test_single_precision_stays(rng):
    X = rng.normal(size=(4, 12)).astype(np.float32)
    for layer in (Conv1d(2, 3, 2, rng=rng), RNN(6, 5, rng=rng), SelfAttention(6, rng=rng)):
        net = Sequential(Unflatten(2, 6), layer, Flatten())
        y = net(X)
        assert y.dtype == np.float32
        cross_entropy(y, np.zeros(4, int)).backward()
        assert all(p.grad.dtype == np.float32 for p in net.parameters())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda r: Conv1d(1, 2, 0, rng=r), "kernel_size is 0; expected at least 1"),
        (lambda r: Conv1d(1, 2, 3, stride=0, rng=r), "stride is 0"),
        (lambda r: Conv1d(1, 2, 3, padding="valid", rng=r), "expected one of"),
        (lambda r: Conv1d(1, 2, 3, 2, "same", rng=r), "wants stride 1; got 2"),
        (lambda r: Conv1d(1, 2, 3, rng=r)(np.ones((4, 9))), r"\(4, 9\); expected \(n, 1, length\)"),
        (lambda r: Conv1d(1, 2, 3, rng=r)(np.ones((4, 1, 2))), "kernel of 3 is longer than the 2"),
        (lambda r: RNN(3, 4, rng=r)(np.ones((4, 3))), r"expected \(n, steps, 3\)"),
        (lambda r: attention(np.ones((2, 3, 4)), np.ones((2, 5, 3)), np.ones((2, 5, 4))), "Q .* K"),
        (lambda r: Unflatten(3, 4)(np.ones((2, 13))), r"\(2, 13\); cannot become"),
        (lambda r: models.report_b_best(r, features="lstm"), "features is 'lstm'"),
    ],
)
def test_what_does_not_fit_is_named(make, message, rng):
    with pytest.raises((ValueError, TypeError), match=message):
        make(rng)
