"""Operations and their gradient check: each right, each registered, each wrong one found."""

import math
import subprocess
import sys

import numpy as np
import pytest

from mlpcore import activations, losses, models, nn, ops
from mlpcore.gradcheck import check_network, gradient_errors, numerical_gradient
from mlpcore.operation import REGISTRY, operation
from tests.samples import SAMPLES, check_all


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def samples():
    """(name, place) of every sample of every operation."""
    return [(name, i) for name in SAMPLES for i in range(len(SAMPLES[name]))]


# --- every operation by registry ------------------------------------------------------------------


def test_every_derivative_is_right(rng):
    errors = check_all(rng)
    assert errors.keys() == REGISTRY.keys()
    assert max(errors.values()) < 1e-6


def test_all_that_the_reports_use_is_registered():
    expected = {"linear", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax", "dropout"}
    expected |= {"batch_norm", "layer_norm", "flatten", "cross_entropy", "mse"}
    expected |= {"add", "subtract", "multiply", "divide", "matmul", "power", "exp", "log", "sum"}
    expected |= {"mean", "reshape", "transpose", "index", "concatenate"}
    assert expected <= REGISTRY.keys()


def test_a_new_operation_without_a_sample_fails(rng):
    try:

        @operation
        def cube(x):
            return x**3, lambda dy: dy * 3 * x * x

        with pytest.raises(AssertionError, match=r"without a gradient check: \['cube'\]"):
            check_all(rng)
    finally:
        REGISTRY.pop("cube", None)
    check_all(rng)


def spoilt(function, spoil, place):
    """`function` with gradient number `place` put through `spoil`."""

    def call(*arrays):
        y, back = function(*arrays)

        def wrong(dy):
            given = back(dy)
            given = list(given) if isinstance(given, tuple) else [given]
            given[place] = spoil(np.array(given[place]))
            return tuple(given)

        return y, wrong

    return call


def scaled(d):
    return 1.01 * d


def one_element(d):
    d[tuple(size // 2 for size in d.shape)] += 0.05 * np.abs(d).max() + 0.01
    return d


def negative(d):
    return -d


@pytest.mark.parametrize("spoil", [scaled, one_element, negative])
@pytest.mark.parametrize(("name", "sample"), samples())
def test_a_planted_wrong_derivative_is_found(name, sample, spoil, rng):
    """In every gradient of every sample: an error too small or too local to see would pass here."""
    function, *arrays = SAMPLES[name][sample](rng)
    assert max(gradient_errors(function, *arrays, rng=rng)) < 1e-6
    for place in range(len(arrays)):
        wrong = spoilt(function, spoil, place)
        errors = gradient_errors(wrong, *arrays, rng=rng)
        assert errors[place] > 1e-4, f"{spoil.__name__} gradient {place} went unseen"
        assert all(e < 1e-6 for i, e in enumerate(errors) if i != place)


def test_check_all_names_the_wrong_operation(rng, monkeypatch):
    good = SAMPLES["tanh"][0]
    bad = lambda r: (spoilt(good(r)[0], scaled, 0), *good(r)[1:])  # noqa: E731
    monkeypatch.setitem(SAMPLES, "tanh", [bad])
    with pytest.raises(AssertionError, match=r"wrong gradients.*tanh"):
        check_all(rng)


def test_a_gradient_that_is_left_out_or_misshapen_is_named(rng):
    X, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
    with pytest.raises(ValueError, match="1 gradients for 2 arrays"):
        gradient_errors(lambda X, W: (X @ W, lambda dY: dY @ W.T), X, W, rng=rng)
    with pytest.raises(ValueError, match=r"gradient 2 has shape \(2, 3\); expected \(3, 2\)"):
        gradient_errors(lambda X, W: (X @ W, lambda dY: (dY @ W.T, dY.T @ X)), X, W, rng=rng)


@pytest.mark.parametrize(("name", "sample"), samples())
def test_inputs_and_upstream_gradient_are_left_alone(name, sample, rng):
    """Nothing is changed in place, and `back` is a function: twice the same, linear in dy."""
    function, *arrays = SAMPLES[name][sample](rng)
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    y, back = function(*arrays)
    dy = np.asarray(rng.normal(size=np.shape(y)))
    dy.flags.writeable = False
    tuples = [d if isinstance(d, tuple) else (d,) for d in (back(dy), back(dy), back(2 * dy))]
    for a, old, once, again, double in zip(arrays, before, *tuples, strict=True):
        np.testing.assert_array_equal(a, old)
        np.testing.assert_array_equal(once, again)
        np.testing.assert_allclose(double, 2 * np.asarray(once), rtol=1e-12, atol=1e-300)
        assert np.shape(once) == a.shape


@pytest.mark.parametrize(("name", "sample"), samples())
def test_float32_stays_float32(name, sample, rng):
    """A float64 constant in a formula would double the memory and halve the speed of training."""
    function, *arrays = SAMPLES[name][sample](rng)
    if function.__name__ == "<lambda>" and name == "batch_norm":
        running = {"running_mean": np.zeros(4, np.float32), "running_var": np.ones(4, np.float32)}
        function = lambda *a: ops.batch_norm(*a, training=False, **running)  # noqa: E731
    y, back = function(*[a.astype(np.float32) for a in arrays])
    assert np.asarray(y).dtype == np.float32
    given = back(np.ones_like(y))
    for d in given if isinstance(given, tuple) else (given,):
        assert d.dtype == np.float32


# --- values, where no other library is needed to know them ----------------------------------------


def test_values_known_by_heart():
    x = np.array([1.0, -1.0])
    np.testing.assert_allclose(activations.sigmoid(x)[0], [0.7310585786300049, 0.2689414213699951])
    np.testing.assert_allclose(activations.gelu(x)[0], [0.8413447460685429, -0.15865525393145707])
    by_tanh = activations.gelu(x, approximate="tanh")[0]
    np.testing.assert_allclose(by_tanh, [0.8411919906082768, -0.15880800939172324])
    np.testing.assert_array_equal(activations.leaky_relu(x, negative_slope=0.2)[0], [1.0, -0.2])
    np.testing.assert_allclose(
        activations.softmax(np.log([[1.0, 2, 5]]))[0], [[0.125, 0.25, 0.625]]
    )
    loss, back = losses.cross_entropy(np.log([[1.0, 2, 5], [1, 1, 2]]), np.array([2, 0]))
    np.testing.assert_allclose(loss, -(math.log(0.625) + math.log(0.25)) / 2)
    np.testing.assert_allclose(
        back(1.0), np.array([[0.125, 0.25, -0.375], [-0.75, 0.25, 0.5]]) / 2, atol=1e-15
    )
    assert losses.mse(np.array([[1.0, 2]]), np.array([[0.0, 4]]))[0] == 2.5


def test_label_smoothing_mixes_in_the_uniform_distribution():
    z, y = np.log([[1.0, 2, 5]]), np.array([2])
    target = 0.9 * np.array([0, 0, 1]) + 0.1 / 3
    expected = -(target * np.log([0.125, 0.25, 0.625])).sum()
    assert losses.cross_entropy(z, y, label_smoothing=0.1)[0] == pytest.approx(expected, rel=1e-12)


def test_no_derivative_at_a_kink():
    x = np.zeros(3)
    assert not activations.relu(x)[1](np.ones(3)).any()
    np.testing.assert_array_equal(activations.leaky_relu(x, negative_slope=0.3)[1](np.ones(3)), 0.3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_inputs_neither_overflow_nor_warn(dtype):  # warnings are errors here
    x = np.array([[-1e4, 0, 1e4], [-88.8, 88.8, 745]], dtype)
    for op in (activations.sigmoid, activations.tanh, activations.softmax, activations.relu):
        y, back = op(x)
        assert np.isfinite(y).all(), op.__name__
        assert np.isfinite(back(np.ones_like(x))).all(), op.__name__
    np.testing.assert_array_equal(activations.sigmoid(x)[0][0], [0, 0.5, 1])
    loss, back = losses.cross_entropy(x, np.array([0, 1]))
    assert np.isfinite(loss)
    assert np.isfinite(back(np.ones_like(loss))).all()
    assert loss == pytest.approx((2e4 + (745 - 88.8)) / 2, rel=1e-6)


def test_batch_norm_by_its_definition(rng):
    X, gamma, beta = rng.normal(2, 3, (8, 3)), rng.normal(size=3), rng.normal(size=3)
    mean, var = np.zeros(3), np.ones(3)
    for _ in range(2):
        Y, _ = ops.batch_norm(
            X, gamma, beta, running_mean=mean, running_var=var, momentum=0.25, eps=0.1
        )
    np.testing.assert_allclose(Y, gamma * (X - X.mean(0)) / np.sqrt(X.var(0) + 0.1) + beta)
    np.testing.assert_allclose(mean, (1 - 0.75**2) * X.mean(0))
    np.testing.assert_allclose(var, 0.75**2 + (1 - 0.75**2) * X.var(0, ddof=1))
    Z, _ = ops.batch_norm(
        X, gamma, beta, running_mean=mean, running_var=var, training=False, eps=0.1
    )
    np.testing.assert_allclose(Z, gamma * (X - mean) / np.sqrt(var + 0.1) + beta)


def test_constant_features_are_no_division_by_zero():
    X = np.ones((5, 3))
    for op in (ops.batch_norm, ops.layer_norm):
        Y, back = op(X, np.ones(3), np.full(3, 0.5))
        np.testing.assert_array_equal(Y, 0.5)
        assert all(np.isfinite(d).all() for d in back(np.ones((5, 3))))


# --- dropout --------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_drops_the_share_asked_for(p, rng):
    n = 200_000
    X = np.ones((n // 100, 100))
    Y, back = ops.dropout(X, p=p, rng=rng)
    p = round(256 * p) / 256  # a byte decides
    np.testing.assert_allclose(np.unique(Y), [0, 1 / (1 - p)])
    sigma = math.sqrt(p * (1 - p) / n)
    assert abs((Y == 0).mean() - p) < 4 * sigma
    assert abs(Y.mean() - 1) < 4 * sigma / (1 - p)
    np.testing.assert_array_equal(back(X), Y)  # the same mask on the way back
    columns = (Y == 0).mean(axis=0)  # each element draws for itself
    assert columns.std() == pytest.approx(math.sqrt(p * (1 - p) / len(X)), rel=0.35)


def test_dropout_draws_anew_each_time_and_follows_its_generator(rng):
    X = np.ones((20, 30))
    first, second = (ops.dropout(X, p=0.5, rng=rng)[0] for _ in range(2))
    assert 200 < (first != second).sum() < 400
    again = ops.dropout(X, p=0.5, rng=np.random.default_rng(0))[0]
    np.testing.assert_array_equal(first, again)


def test_dropout_does_nothing_in_evaluation(rng):
    X = rng.normal(size=(4, 5))
    for settings in ({"p": 0.5, "training": False}, {"p": 0.0}):
        Y, back = ops.dropout(X, **settings)
        np.testing.assert_array_equal(Y, X)
        np.testing.assert_array_equal(back(X), X)


# --- the checks themselves ------------------------------------------------------------------------


def test_numerical_gradient_element_by_element(rng):
    x, dy = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    y, back = activations.tanh(x)
    np.testing.assert_allclose(numerical_gradient(np.tanh, x, dy), back(dy), atol=1e-9)
    np.testing.assert_allclose(numerical_gradient(np.sum, x), 1, atol=1e-9)
    np.testing.assert_array_equal(y, np.tanh(x))  # x itself is as it was


@pytest.mark.parametrize("make", [models.baseline, models.report_a_best, models.report_b_best])
def test_whole_networks_pass_the_check(make, rng):
    net = make(rng)
    before = net.state_dict()
    X, y = rng.normal(size=(12, 128)), rng.integers(0, 10, 12)
    assert check_network(net, X, y, rng=rng) < 1e-5
    for name, array in net.state_dict().items():  # it worked on a copy
        np.testing.assert_array_equal(array, before[name])
        assert array.dtype == np.float32


@pytest.mark.parametrize("fault", ["gelu", "linear", "batch_norm", "add"])
def test_check_network_sees_a_planted_fault(fault, rng, monkeypatch):
    """One operation of the network is spoilt; its own check is not run, only the network's."""
    owner = activations if fault == "gelu" else ops
    good = REGISTRY[fault]
    target = (nn.GELU, "operation") if fault == "gelu" else (owner, fault)

    def bad(*args, **settings):
        y, back = good(*args, **settings)

        def wrong(dy):
            given = back(dy)
            if not isinstance(given, tuple):
                return 1.1 * given
            return (*given[:-1], 1.1 * given[-1])

        return y, wrong

    bad.__name__ = fault
    net = models.report_b_best(rng)
    X, y = rng.normal(size=(12, 128)), rng.integers(0, 10, 12)
    call = operation(bad)
    REGISTRY[fault] = good  # registering replaced it
    monkeypatch.setattr(*target, staticmethod(call) if fault == "gelu" else call)
    assert check_network(net, X, y, rng=rng) > 1e-3


def test_importing_mlpcore_imports_numpy_and_nothing_heavy():
    code = (
        "import sys, mlpcore; "
        "print(*sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    )
    heavy = [
        "scipy",
        "matplotlib",
        "ipywidgets",
        "tqdm",
        "pooch",
        "joblib",
        "threadpoolctl",
        "IPython",
    ]
    found = subprocess.run(
        [sys.executable, "-c", code, "numpy", *heavy], capture_output=True, text=True, check=True
    ).stdout.split()
    assert found == ["numpy"]
