"""The tape: right order, right sums, nothing shared that should not be, and errors that say why."""

import copy
import gc

import numpy as np
import pytest

from mlpcore import Parameter, Tensor, cross_entropy, no_grad, ops, optim, relu, tanh
from mlpcore.gradcheck import numerical_gradient
from mlpcore.nn import BatchNorm1d, Dropout, Flatten, LayerNorm, Linear, Module, ReLU, Sequential


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def leaf(rng, *shape):
    return Tensor(rng.normal(size=shape), requires_grad=True)


def check(f, *leaves):
    """Gradients of the scalar Tensor `f(*leaves)` against central differences."""
    f(*leaves).backward()
    for i, x in enumerate(leaves):

        def at(a, i=i):
            return f(*[Tensor(a) if j == i else Tensor(t.data) for j, t in enumerate(leaves)]).data

        np.testing.assert_allclose(x.grad, numerical_gradient(at, x.data), rtol=1e-6, atol=1e-7)


# --- graphs of every form -------------------------------------------------------------------------


def test_diamond(rng):
    check(lambda x: (tanh(x) * ops.exp(x)).sum(), leaf(rng, 3, 2))


def test_nested_diamonds_in_the_order_of_making(rng):
    """A branch that is short on one side and long on the other: a depth-first order is wrong."""

    def f(x):
        a = tanh(x)
        b = a * a
        c = ops.exp(b) + a
        d = c * b + x
        return (d * a / (1 + c * c)).sum()

    check(f, leaf(rng, 4, 3))


def test_a_tensor_used_many_times(rng):
    x = leaf(rng, 5)
    y = x
    for _ in range(9):
        y = y + x
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 10)
    check(lambda x: (x * x * x - x / (x * x + 1)).sum(), leaf(rng, 4))


def test_two_outputs_one_unused(rng):
    x = leaf(rng, 3)
    used, unused = tanh(x), ops.exp(x)
    used.sum().backward()
    np.testing.assert_allclose(x.grad, 1 - np.tanh(x.data) ** 2)
    unused.sum().backward()  # a graph of its own, not used up by the other


def test_operators_and_methods_are_their_operations(rng):
    a, b, M = (
        leaf(rng, 3, 4),
        Tensor(rng.uniform(1, 2, (3, 4)), requires_grad=True),
        leaf(rng, 4, 2),
    )
    weights = rng.normal(size=(3, 2))

    def f(a, b, M):
        y = (2 - a) * b / (1 + b**2) - (a - 3) / b + 2 * a / 3 - (-b) + 1 / b
        y = y + a[:, [1, 1, 0, 2]] + a.T.reshape(3, 4) + b.mean(axis=0)
        y = y + a.sum(axis=1, keepdims=True) + b.mean()
        return ((y @ M) * weights).sum()

    check(f, a, b, M)


def test_array_on_the_left_keeps_the_tape(rng):
    """array + Tensor must not become an array of Tensors, nor lose the gradient."""
    A, x = rng.normal(size=(3, 3)), leaf(rng, 3, 3)
    weights = rng.normal(size=(3, 3))
    check(lambda x: ((A + x) * weights).sum(), x)
    x.grad = None
    check(lambda x: ((A @ x + (A - x) * A * (A / (x * x + 2))) * weights).sum(), x)


def test_gradient_with_respect_to_the_input(rng):
    net = Sequential(Linear(4, 5, rng=rng), LayerNorm(5), ReLU(), Linear(5, 3, rng=rng)).double()
    y = np.array([0, 2, 1])
    check(lambda x: cross_entropy(net(x), y), leaf(rng, 3, 4))


def test_a_layer_wants_no_gradient_for_data_and_gives_one_for_a_tensor_that_does(rng):
    net, X = Linear(3, 2, rng=rng, dtype=np.float64), rng.normal(size=(4, 3))
    x, plain = Tensor(X, requires_grad=True), Tensor(X)
    net(x).sum().backward()
    np.testing.assert_allclose(x.grad, np.ones((4, 2)) @ net.W.data.T)
    net(plain).sum().backward()
    assert plain.grad is None


@pytest.mark.parametrize("length", [10_000])
def test_a_deep_chain_needs_no_recursion(length):
    x = Tensor(np.array([2.0]), requires_grad=True)
    y = x
    for _ in range(length):
        y = y + 1.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0])
    del y
    gc.collect()  # nor does forgetting it


def test_gradient_of_no_scalar_is_weighed_as_asked(rng):
    x = leaf(rng, 3, 2)
    weights = rng.normal(size=(3, 2))
    tanh(x).backward(weights)
    np.testing.assert_allclose(x.grad, weights * (1 - np.tanh(x.data) ** 2))


# --- gradients add up, in memory of their own -----------------------------------------------------


def test_two_losses_accumulate_until_zero_grad(rng):
    net = Linear(3, 2, rng=rng, dtype=np.float64)
    X = rng.normal(size=(5, 3))
    single = []
    for factor in (1.0, 2.0):
        net.zero_grad()
        (net(X) * factor).sum().backward()
        single.append((net.W.grad.copy(), net.b.grad.copy()))
    net.zero_grad()
    net(X).sum().backward()
    (net(X) * 2.0).sum().backward()
    for p, one, two in zip(net.parameters(), *single, strict=True):
        np.testing.assert_allclose(p.grad, one + two)
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net(X).sum().backward()
    for p, one in zip(net.parameters(), single[0], strict=True):
        np.testing.assert_allclose(p.grad, one)


@pytest.mark.parametrize("packed", [False, True], ids=["before an optimizer", "in its vector"])
def test_accumulation_is_the_same_in_an_optimizers_memory(packed, rng):
    net = Linear(3, 2, rng=rng, dtype=np.float64)
    opt = optim.SGD(net.parameters(), lr=0.0) if packed else net
    X = rng.normal(size=(5, 3))
    for _ in range(3):
        net(X).sum().backward()
    np.testing.assert_allclose(net.W.grad, 3 * X.T @ np.ones((5, 2)))
    np.testing.assert_allclose(net.b.grad, 15)
    opt.zero_grad()
    net(X).sum().backward()
    np.testing.assert_allclose(net.b.grad, 5)


def test_one_layer_twice_in_a_graph_gets_both_gradients(rng):
    """The first is written straight into the layer's memory, the second must not be."""
    net = Linear(3, 3, rng=rng, dtype=np.float64)
    X, weights = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    (tanh(net(tanh(net(X)))) * weights).sum().backward()

    def loss(W):
        h = np.tanh(X @ W + net.b.data)
        return (np.tanh(h @ W + net.b.data) * weights).sum()

    measured = numerical_gradient(loss, net.W.data)
    np.testing.assert_allclose(net.W.grad, measured, rtol=1e-6, atol=1e-8)


def test_a_layers_gradient_is_written_without_a_copy(rng, monkeypatch):
    net = Linear(3, 2, rng=rng)
    copied = []
    monkeypatch.setattr(np, "copyto", lambda to, source: copied.append(to.shape))
    net(rng.normal(size=(5, 3))).sum().backward()
    assert net.W.grad is net.W.buffer
    assert copied == [(2,)]  # the bias alone


def test_gradients_share_no_memory(rng):
    """`add` hands one and the same dy to both sides: summing in place would corrupt the other."""
    a, b = leaf(rng, 3), leaf(rng, 3)
    earlier = a * 10.0  # reached after y on the way back
    y = a + b
    (y * 2.0 + earlier).sum().backward()
    np.testing.assert_array_equal(a.grad, 12.0)
    np.testing.assert_array_equal(b.grad, 2.0)
    assert not np.shares_memory(a.grad, b.grad)
    (a * 1.0).sum().backward()
    np.testing.assert_array_equal(a.grad, 13.0)
    np.testing.assert_array_equal(b.grad, 2.0)


def test_two_leaves_of_one_sum_do_not_share_their_gradient(rng):
    a, b, weights = leaf(rng, 3), leaf(rng, 3), rng.normal(size=3)
    ((a + b) * weights).sum().backward()  # one and the same dy arrives at both
    assert not np.shares_memory(a.grad, b.grad)
    (a * 10.0).sum().backward()
    np.testing.assert_allclose(a.grad, weights + 10)
    np.testing.assert_array_equal(b.grad, weights)


def test_the_gradient_given_to_backward_is_not_taken_over(rng):
    x = leaf(rng, 3)
    given = np.ones(3)
    (x + 0.0).backward(given)
    (x * 5.0).sum().backward()
    np.testing.assert_array_equal(given, 1.0)
    np.testing.assert_array_equal(x.grad, 6.0)


@pytest.mark.parametrize(
    "through",
    [Dropout(0.5).eval(), Dropout(0.0), Flatten()],
    ids=["dropout eval", "p = 0", "flatten"],
)
def test_operations_that_hand_their_input_through_corrupt_nothing(through, rng):
    """Their output is the input's own memory, or a view of it."""
    X = rng.normal(size=(4, 3))
    kept = X.copy()
    net = Linear(3, 3, rng=rng, dtype=np.float64)
    x = Tensor(X, requires_grad=True)
    y = through(x)
    z = through(net(y))
    ((y + z) * y).sum().backward()
    np.testing.assert_array_equal(X, kept)
    W, b = net.W.data, net.b.data
    np.testing.assert_allclose(x.grad, 2 * X + X @ W + b + X @ W.T)
    np.testing.assert_allclose(net.W.grad, X.T @ X)


def test_plus_equals_makes_a_new_tensor(rng):
    """y += x must not write into y's array, which another operation may have kept."""
    X, x = rng.normal(size=(3,)), leaf(rng, 3)
    y = Tensor(X, requires_grad=True)
    first = y
    squared = y * y
    y += x
    y *= 2.0
    y -= 1.0
    (squared + y).sum().backward()
    np.testing.assert_array_equal(first.data, X)
    np.testing.assert_allclose(first.grad, 2 * X + 2)
    np.testing.assert_allclose(x.grad, 2.0)


def test_an_array_does_not_swallow_a_tensor(rng):
    A = rng.normal(size=3)
    with pytest.raises(TypeError):
        A += leaf(rng, 3)


def test_a_deep_copy_is_another_leaf(rng):
    a = Parameter(rng.normal(size=3))
    b = copy.deepcopy(a)
    (a * 3.0 + b * 5.0).sum().backward()
    np.testing.assert_array_equal(a.grad, 3.0)
    np.testing.assert_array_equal(b.grad, 5.0)


# --- what cannot be done, and says so -------------------------------------------------------------


def test_second_backward(rng):
    loss = tanh(leaf(rng, 3)).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match=r"used up by an earlier backward.*forward pass again"):
        loss.backward()


def test_second_backward_through_a_shared_part_changes_nothing(rng):
    x = leaf(rng, 3)
    trunk = tanh(x)
    one, two = (trunk * 2.0).sum(), (trunk * 3.0).sum()
    one.backward()
    before = x.grad.copy()
    with pytest.raises(RuntimeError, match="used up"):
        two.backward()
    np.testing.assert_array_equal(x.grad, before)


@pytest.mark.parametrize("change", ["step", "load_state_dict", "double", "step of a part"])
def test_stale_graph(change, rng):
    net = Sequential(Linear(3, 4, rng=rng), ReLU(), Linear(4, 2, rng=rng))
    opt = optim.SGD(net[0].parameters() if change == "step of a part" else net.parameters())
    X, y = rng.normal(size=(5, 3)), np.array([0, 1, 0, 1, 1])
    first, stale = cross_entropy(net(X), y), cross_entropy(net(X), y)
    first.backward()
    if change.startswith("step"):
        opt.step()
    elif change == "load_state_dict":
        net.load_state_dict(net.state_dict())
    else:
        net.double()
    before = [None if p.grad is None else p.grad.copy() for p in net.parameters()]
    with pytest.raises(RuntimeError, match=r"changed since the forward pass.*stale"):
        stale.backward()
    for p, old in zip(net.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.grad, old)


def test_backward_of_no_scalar(rng):
    with pytest.raises(ValueError, match=r"shape \(3, 2\); start from a scalar loss"):
        tanh(leaf(rng, 3, 2)).backward()
    with pytest.raises(ValueError, match=r"gradient \(2,\); expected \(3,\)"):
        tanh(leaf(rng, 3)).backward(np.ones(2))


def test_nothing_recorded(rng):
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        Tensor(np.ones(3)).sum().backward()
    x = leaf(rng, 3)
    with no_grad():
        y = tanh(x).sum()
    assert not y.requires_grad
    with pytest.raises(RuntimeError, match=r"no_grad\(\)"):
        y.backward()


def test_no_grad_ends_also_on_an_error_and_nests(rng):
    x = leaf(rng, 3)
    with pytest.raises(KeyError), no_grad(), no_grad():
        raise KeyError
    with no_grad():
        with no_grad():
            pass
        assert not tanh(x).requires_grad
    assert tanh(x).requires_grad


@pytest.mark.parametrize(
    "function", [np.exp, np.sum, np.mean, np.maximum.reduce, np.asarray, np.dot]
)
def test_numpy_functions_refuse_a_tensor(function, rng):
    args = (np.ones(3),) if function is np.dot else ()
    with pytest.raises(TypeError):
        function(leaf(rng, 3), *args)


def test_gradients_need_floats():
    with pytest.raises(TypeError, match="data are int64; gradients need floats"):
        Tensor(np.array([1, 2], np.int64), requires_grad=True)
    with pytest.raises(TypeError, match="gradients need floats"):
        Parameter(np.array([1, 2]))


def test_an_operation_without_a_gradient_for_an_argument_says_which(rng):
    labels = leaf(rng, 2, 3)
    logits = leaf(rng, 2, 3)
    soft = ops.exp(labels) / ops.exp(labels).sum(axis=1, keepdims=True)
    with pytest.raises(RuntimeError, match="cross_entropy gives no gradient for its argument 2"):
        cross_entropy(logits, soft).backward()


# --- dtypes ---------------------------------------------------------------------------------------


def test_a_float32_network_stays_float32_on_float64_data(rng):
    class Own(Module):
        def __init__(self):
            self.a, self.norm = Linear(3, 4, rng=rng), BatchNorm1d(4)
            self.b = Linear(4, 2, rng=rng)

        def forward(self, x):
            h = relu(self.norm(self.a(x)))
            h = h * np.full(4, 0.5) + np.float64(0.25) + rng.normal(size=4)  # float64, all
            return self.b(h) / 3

    net = Own()
    out = net(rng.normal(size=(5, 3)))
    loss = cross_entropy(out, np.array([0, 1, 0, 1, 1]))
    loss.backward()
    assert out.dtype == loss.dtype == np.float32
    assert all(p.grad.dtype == np.float32 for p in net.parameters())
    assert net.norm.running_var.dtype == np.float32


def test_trained_tensors_of_two_dtypes_do_not_mix(rng):
    a, b = leaf(rng, 3), Parameter(rng.normal(size=3).astype(np.float32))
    with pytest.raises(TypeError, match=r"multiply: Tensors of float64 and of float32.*double"):
        a * b


def test_integers_do_not_turn_floats_into_integers():
    y = Tensor(np.array([1, 2])) + np.array([0.5, 0.25])
    np.testing.assert_array_equal(y.data, [1.5, 2.25])
    np.testing.assert_array_equal((Tensor(np.array([1, 2])) * np.float64(0.5)).data, [0.5, 1.0])


def test_numpy_scalars_do_not_widen_float32():
    x = Tensor(np.ones(3, np.float32), requires_grad=True)
    for y in (x * np.float64(2), x**2, x ** np.float64(2), x / np.float64(3), np.float64(1) - x):
        assert y.dtype == np.float32
