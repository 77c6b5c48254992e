"""Modules: what they hold, how they are named, in which mode they work, and the models."""

import copy

import numpy as np
import pytest

from mlpcore import init, models, no_grad
from mlpcore.autograd import Parameter, Tensor
from mlpcore.metrics import count_parameters
from mlpcore.nn import (
    GELU,
    BatchNorm1d,
    Dropout,
    Flatten,
    LayerNorm,
    LeakyReLU,
    Linear,
    Module,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


class Own(Module):
    def __init__(self, rng):
        self.scale = Parameter(np.ones(3, np.float32))
        self.shared = Linear(3, 3, rng=rng)
        self.blocks = [Linear(3, 3, rng=rng, bias=False), Dropout(0.5, rng), self.shared]
        self.tail = Sequential(BatchNorm1d(3), Residual(Linear(3, 3, rng=rng)))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.tail(self.shared(x) * self.scale)


NAMES = [
    "scale", "shared.W", "shared.b", "blocks.0.W", "tail.0.gamma", "tail.0.beta",
    "tail.1.module.W", "tail.1.module.b",
]  # fmt: skip


def test_parameters_by_dotted_name_each_once_in_order(rng):
    net = Own(rng)
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert len(net.parameters()) == len({id(p) for p in net.parameters()}) == 8
    assert list(net.state_dict()) == [*NAMES, "tail.0.running_mean", "tail.0.running_var"]


def test_modules_each_once_also_where_one_is_used_twice(rng):
    norm = BatchNorm1d(3)
    net = Sequential(norm, Residual(norm), Linear(3, 2, rng=rng))
    assert [name for name, _ in net.modules()] == ["", "0", "1", "2"]
    expected = ["0.gamma", "0.beta", "2.W", "2.b", "0.running_mean", "0.running_var"]
    assert list(net.state_dict()) == expected


def test_train_and_eval_reach_every_module_and_return_the_network(rng):
    net = Own(rng)
    assert net.eval() is net
    assert not any(module.training for _, module in net.modules())
    assert net.train() is net
    assert all(module.training for _, module in net.modules())
    assert net.blocks[1].training


def test_evaluation_is_deterministic_and_moves_no_statistics(rng):
    net, X = Own(rng), rng.normal(size=(6, 3))
    assert not np.array_equal(net(X).data, net(X).data)  # dropout and batch norm at work
    net.eval()
    before = net.state_dict()
    np.testing.assert_array_equal(net(X).data, net(X).data)
    np.testing.assert_allclose(net(X[:1]).data, net(X).data[:1], rtol=1e-5)  # rows do not mix
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_state_dict_is_a_copy_and_loads_into_another_network(rng):
    one, two = Own(rng), Own(rng)
    one(rng.normal(size=(6, 3)))  # running statistics that are not the initial ones
    state = one.state_dict()
    one.scale.data += 1
    one.tail[0].running_mean += 1
    np.testing.assert_array_equal(state["scale"], 1)
    two.load_state_dict(state)
    for name, array in two.state_dict().items():
        np.testing.assert_array_equal(array, state[name])
    two.scale.data += 5
    np.testing.assert_array_equal(state["scale"], 1)  # loading copies too


def test_a_state_that_does_not_fit_changes_nothing(rng):
    net = Own(rng)
    before, state = net.state_dict(), Own(rng).state_dict()
    wrong = {
        r"missing \['scale'\]": {k: v for k, v in state.items() if k != "scale"},
        r"unknown \['more'\]": {**state, "more": np.ones(2)},
        r"tail.1.module.W has shape \(2, 3\); this network's is \(3, 3\)": {
            **state,
            "tail.1.module.W": np.ones((2, 3)),
        },
    }
    for message, bad in wrong.items():
        with pytest.raises(ValueError, match=message):
            net.load_state_dict(bad)
        for name, array in net.state_dict().items():
            np.testing.assert_array_equal(array, before[name])


def test_double_turns_parameters_buffers_and_gradients(rng):
    net = Own(rng)
    assert net.double() is net
    assert {a.dtype for a in net.state_dict().values()} == {np.dtype(np.float64)}
    net(rng.normal(size=(6, 3))).sum().backward()
    assert {p.grad.dtype for p in net.parameters()} == {np.dtype(np.float64)}


def test_a_deep_copy_is_independent(rng):
    net, X = Own(rng).eval(), rng.normal(size=(6, 3))
    twin, before = copy.deepcopy(net), net(X).data.copy()
    for p in twin.parameters():
        p.data += 1
    np.testing.assert_array_equal(net(X).data, before)


def test_sequential_is_a_sequence_in_order(rng):
    layers = [Linear(3, 4, rng=rng), ReLU(), Linear(4, 2, rng=rng)]
    net = Sequential(*layers)
    assert len(net) == 3
    assert list(net) == layers
    assert net[-1] is layers[2]
    X = rng.normal(size=(5, 3))
    np.testing.assert_array_equal(net(X).data, layers[2](layers[1](layers[0](X))).data)
    assert len(Sequential(*[ReLU() for _ in range(12)])) == 12  # "10" stands after "9"


def test_residual_adds_its_input(rng):
    inside, X = Linear(3, 3, rng=rng), rng.normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_array_equal(Residual(inside)(X).data, X + inside(X).data)
    with pytest.raises(ValueError, match=r"turns \(5, 3\) into \(5, 2\); expected no change"):
        Residual(Linear(3, 2, rng=rng))(X)


def test_activations_have_pytorchs_names_and_settings():
    x = np.array([[-2.0, 0.5]])
    np.testing.assert_allclose(LeakyReLU(0.3)(x).data, [[-0.6, 0.5]])
    np.testing.assert_allclose(Sigmoid()(x).data, 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(Tanh()(x).data, np.tanh(x))
    np.testing.assert_allclose(Softmax()(x).data.sum(axis=1), 1)
    assert np.abs(GELU("tanh")(x).data - GELU()(x).data).max() > 1e-5
    np.testing.assert_allclose(Flatten()(np.ones((2, 3, 4))).shape, (2, 12))
    assert "negative_slope=0.3" in repr(LeakyReLU(0.3))


def test_repr_shows_the_tree(rng):
    shown = repr(Sequential(Linear(3, 4, rng=rng), Residual(Linear(4, 4, rng=rng, bias=False))))
    for part in (
        "Sequential(",
        "(0) Linear(3, 4)",
        "(1) Residual(",
        "(module) Linear(4, 4, bias=False)",
    ):
        assert part in shown


@pytest.mark.parametrize("kind", [int, np.uint8, np.float64, bool, list])
@pytest.mark.parametrize(
    "first", ["Linear", "BatchNorm1d", "LayerNorm", "Flatten", "ReLU", "Residual", "Dropout"]
)
def test_any_first_layer_takes_any_real_numbers_and_computes_in_float32(first, kind, rng):
    X = rng.integers(0, 2, (6, 4))
    X = X.tolist() if kind is list else X.astype(kind)
    layer = {
        "Linear": lambda: Linear(4, 4, rng=rng),
        "BatchNorm1d": lambda: BatchNorm1d(4),
        "LayerNorm": lambda: LayerNorm(4),
        "Flatten": Flatten,
        "ReLU": ReLU,
        "Residual": lambda: Residual(Linear(4, 4, rng=rng)),
        "Dropout": lambda: Dropout(0.5, rng),
    }[first]()
    net = Sequential(layer, Linear(4, 3, rng=rng), ReLU(), Linear(3, 2, rng=rng))
    out = net(X)
    assert out.dtype == np.float32
    out.sum().backward()
    assert all(p.grad is not None and p.grad.dtype == np.float32 for p in net.parameters())


def test_same_seed_same_network(rng):
    a, b, c = (models.report_b_best(np.random.default_rng(s)).state_dict() for s in (1, 1, 2))
    assert all(np.array_equal(a[name], b[name]) for name in a)
    assert not np.array_equal(a["0.W"], c["0.W"])


# --- initialisers, where no other library is needed -----------------------------------------------


@pytest.mark.parametrize(
    ("name", "settings", "deviation"),
    [
        ("xavier_normal", {}, np.sqrt(2 / 500)),
        ("xavier_uniform", {}, np.sqrt(2 / 500)),
        ("xavier_normal", {"gain": 2.0}, 2 * np.sqrt(2 / 500)),
        ("kaiming_normal", {}, np.sqrt(2 / 400)),
        ("kaiming_uniform", {}, np.sqrt(2 / 400)),
        ("kaiming_normal", {"mode": "fan_out"}, np.sqrt(2 / 100)),
        ("kaiming_uniform", {"mode": "fan_out", "gain": 1.0}, np.sqrt(1 / 100)),
    ],
)
def test_initialisers_deviation(name, settings, deviation, rng):
    """Report B (46) leaves open whether sqrt(2/n) is the deviation or the variance."""
    W = init.INITIALISERS[name]((400, 100), rng, **settings)
    assert W.shape == (400, 100)
    assert W.std() == pytest.approx(deviation, rel=0.02)
    assert abs(W.mean()) < 4 * deviation / 200
    if "uniform" in name:
        assert np.abs(W).max() == pytest.approx(np.sqrt(3) * deviation, rel=1e-3)
        assert np.abs(W).max() <= np.sqrt(3) * deviation
    else:
        assert np.abs(W).max() > 3 * deviation


def test_linear_uses_the_initialiser_it_is_given_and_starts_its_bias_at_0(rng):
    for choice in ("xavier_uniform", init.xavier_uniform):
        layer = Linear(50, 40, rng=np.random.default_rng(3), init=choice)
        expected = init.xavier_uniform((50, 40), np.random.default_rng(3)).astype(np.float32)
        np.testing.assert_array_equal(layer.W.data, expected)
        np.testing.assert_array_equal(layer.b.data, 0)
    default = Linear(50, 40, rng=np.random.default_rng(3)).W.data
    he = init.kaiming_normal((50, 40), np.random.default_rng(3)).astype(np.float32)
    np.testing.assert_array_equal(default, he)


# --- models ---------------------------------------------------------------------------------------


def test_parameter_counts_are_the_reports(rng):
    assert count_parameters(models.baseline(rng)) == 17_802
    assert count_parameters(models.mlp((128, 256, 256, 10), rng=rng)) == 101_386
    assert count_parameters(models.mlp((128, 256, 256, 10), rng=rng, norm="batch")) == 102_410
    assert count_parameters(models.report_b_best(rng)) == 168_202
    expected = 128 * 64 + 64 + 128 + 64 * 32 + 32 + 64 + 32 * 10 + 10
    assert count_parameters(models.report_a_best(rng)) == expected


def kinds(net):
    return [type(module).__name__ for module in net]


def test_mlp_puts_norm_activation_and_dropout_between_layers_and_nothing_last(rng):
    net = models.mlp((8, 6, 4), rng=rng, norm="layer", activation="tanh", dropout=0.3)
    assert kinds(net) == ["Linear", "LayerNorm", "Tanh", "Dropout", "Linear"]
    assert kinds(models.mlp((8, 4), rng=rng)) == ["Linear"]
    assert kinds(models.mlp((8, 6, 4), rng=rng, activation=None)) == ["Linear", "Linear"]
    a = models.report_a_best(rng)
    assert kinds(a) == ["Linear", "BatchNorm1d", "ReLU", "Dropout"] * 2 + ["Linear"]
    assert a[3].p == 0.25
    b = models.report_b_best(rng)
    assert kinds(b) == (
        [
            "Linear",
            "BatchNorm1d",
            "GELU",
            "Dropout",
            "Residual",
            "BatchNorm1d",
            "GELU",
            "Dropout",
            "Linear",
        ]
    )
    assert kinds(b[4].module) == ["Linear", "GELU", "Dropout", "Linear"]


def test_no_grad_gives_the_same_numbers_and_records_nothing(rng):
    net, X = models.baseline(rng), rng.normal(size=(5, 128))
    with no_grad():
        quiet = net(X)
    assert not quiet.requires_grad
    np.testing.assert_array_equal(quiet.data, net(Tensor(X.astype(np.float32))).data)


def test_an_activation_for_each_layer_and_skips_where_widths_agree(rng):
    net = models.mlp((3, 8, 8, 2), rng=rng, activation=["tanh", None], residual=True, dropout=0.1)
    assert [type(m) for m in net] == [Linear, Tanh, Dropout, Residual, Linear]
    assert [type(m) for m in net[3].module] == [Linear, Dropout]
    with pytest.raises(ValueError, match="1 activations; expected one, or 2"):
        models.mlp((3, 8, 8, 2), rng=rng, activation=["tanh"])
    plain, skipped = (
        models.mlp((3, 8, 2), rng=np.random.default_rng(0), residual=r) for r in (False, True)
    )
    assert repr(plain) == repr(skipped)
