"""Optimizers by their formulas, their flat vectors, and schedules; parity is in test_parity.py."""

import copy
import math

import numpy as np
import pytest

from mlpcore import cross_entropy, optim, schedules
from mlpcore.autograd import Parameter
from mlpcore.nn import LayerNorm, Linear, Sequential, Tanh

LR, DECAY, MU = 0.1, 0.2, 0.9


def descend(make, gradients, start):
    """Weights after each step on the given gradients, for one parameter vector."""
    p = Parameter(np.array(start, dtype=np.float64))
    opt = make([p])
    path = []
    for g in gradients:
        opt.zero_grad()
        p.grad = np.array(g, dtype=np.float64)
        opt.step()
        path.append(p.data.copy())
    return np.array(path)


@pytest.fixture
def gradients():
    return np.random.default_rng(0).normal(size=(8, 3))


START = [1.0, -2.0, 0.5]


def by_hand(update, gradients, slots):
    w, memory, path = np.array(START), [np.zeros(3) for _ in range(slots)], []
    for t, g in enumerate(gradients, start=1):
        w, memory = update(w, g, memory, t)
        path.append(w)
    return np.array(path)


def heavy_ball(w, g, memory, t):
    v = MU * memory[0] + g + DECAY * w
    return w - LR * v, [v]


def report_b(w, g, memory, t):
    """Report B (28)-(29): the learning rate inside the velocity, and a plus sign outside."""
    v = MU * memory[0] - LR * (g + DECAY * w)
    return w + v, [v]


def average(w, g, memory, t):
    v = MU * memory[0] + (1 - MU) * (g + DECAY * w)
    return w - LR * v, [v]


def nesterov(w, g, memory, t):
    g = g + DECAY * w
    v = MU * memory[0] + g
    return w - LR * (g + MU * v), [v]


def rmsprop(w, g, memory, t):
    g = g + DECAY * w
    s = 0.9 * memory[0] + 0.1 * g**2
    return w - LR * g / (np.sqrt(s) + 1e-3), [s]


def adam_moments(g, memory):
    return 0.8 * memory[0] + 0.2 * g, 0.95 * memory[1] + 0.05 * g**2


def adam(w, g, memory, t):
    m, v = adam_moments(g + DECAY * w, memory)
    return w - LR * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-3), [m, v]


def report_a(w, g, memory, t):
    """Report A 2.4.6: no correction for the zeros that m and v start from."""
    m, v = adam_moments(g + DECAY * w, memory)
    return w - LR * m / (np.sqrt(v) + 1e-3), [m, v]


def adamw(w, g, memory, t):
    m, v = adam_moments(g, memory)
    w = w - LR * DECAY * w
    return w - LR * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-3), [m, v]


ADAM = {"lr": LR, "weight_decay": DECAY, "betas": (0.8, 0.95), "eps": 1e-3}
SGD = {"lr": LR, "weight_decay": DECAY, "momentum": MU}
FORMS = {
    "plain": (lambda p: optim.SGD(p, lr=LR), lambda w, g, m, t: (w - LR * g, m)),
    "heavy ball": (lambda p: optim.SGD(p, **SGD), heavy_ball),
    "report B": (lambda p: optim.SGD(p, **SGD), report_b),
    "ema": (lambda p: optim.SGD(p, form="ema", **SGD), average),
    "nesterov": (lambda p: optim.SGD(p, form="nesterov", **SGD), nesterov),
    "rmsprop": (
        lambda p: optim.RMSprop(p, lr=LR, weight_decay=DECAY, alpha=0.9, eps=1e-3),
        rmsprop,
    ),
    "adam": (lambda p: optim.Adam(p, **ADAM), adam),
    "report A": (lambda p: optim.Adam(p, bias_correction=False, **ADAM), report_a),
    "adamw": (lambda p: optim.AdamW(p, **ADAM), adamw),
}


@pytest.mark.parametrize("name", FORMS)
def test_formula(name, gradients):
    make, update = FORMS[name]
    expected = by_hand(update, gradients, 2)
    np.testing.assert_allclose(descend(make, gradients, START), expected, rtol=1e-12)


def test_the_three_momentum_forms_differ(gradients):
    paths = [
        descend(lambda p, f=f: optim.SGD(p, lr=LR, momentum=MU, form=f), gradients, START)[-1]
        for f in optim.SGD.forms
    ]
    for i, a in enumerate(paths):
        for b in paths[:i]:
            assert np.abs(a - b).max() > 0.01


def test_a_step_goes_down():  # report B (8), (10) has one minus sign too many and climbs
    for make, _ in FORMS.values():
        p = Parameter(np.array([3.0, -2.0]))
        opt = make([p])
        for _ in range(5):
            opt.zero_grad()
            (p * p).sum().backward()
            opt.step()
        assert (p.data**2).sum() < 13


def network():
    rng = np.random.default_rng(1)
    net = Sequential(Linear(4, 5, rng=rng), LayerNorm(5), Tanh(), Linear(5, 3, rng=rng))
    return net, rng.normal(size=(8, 4)), rng.integers(0, 3, 8)


@pytest.mark.parametrize("kind", [optim.SGD, optim.RMSprop, optim.Adam, optim.AdamW])
def test_decay_spares_vectors_where_asked(kind):
    """With no gradient only decay moves anything: matrices shrink, biases, gamma, beta do not."""
    for spared in (False, True):
        net, _, _ = network()
        for p in net.parameters():
            p.data += 0.5
        before = [p.data.copy() for p in net.parameters()]
        opt = kind(net.parameters(), lr=0.1, weight_decay=0.5, decay_biases=not spared)
        for p in net.parameters():
            p.grad = np.zeros_like(p.data)
        opt.step()
        for p, old in zip(net.parameters(), before, strict=True):
            moved = not np.array_equal(p.data, old)
            assert moved == (p.ndim > 1 or not spared)


def test_parameters_and_gradients_are_views_of_two_vectors():
    net, X, y = network()
    before = [p.data.copy() for p in net.parameters()]
    opt = optim.SGD(net.parameters())
    assert opt.w.shape == opt.g.shape == (sum(p.data.size for p in net.parameters()),)
    cross_entropy(net(X), y).backward()
    for p, old in zip(net.parameters(), before, strict=True):
        assert np.shares_memory(p.data, opt.w)
        assert np.shares_memory(p.grad, opt.g)
        np.testing.assert_array_equal(p.data, old)
    np.testing.assert_array_equal(np.concatenate([p.grad.ravel() for p in net.parameters()]), opt.g)


def test_a_gradient_set_by_hand_and_weights_replaced_are_taken_up():
    net, X, y = network()
    opt = optim.SGD(net.parameters(), lr=1.0)
    cross_entropy(net(X), y).backward()
    for p in net.parameters():
        p.grad = np.ones_like(p.data)  # what clipping does
    net[0].W.data = np.full((4, 5), 2.0, np.float32)
    opt.step()
    np.testing.assert_array_equal(net[0].W.data, 1.0)
    assert np.shares_memory(net[0].W.data, opt.w)


def test_a_parameter_without_gradient_is_not_moved_by_an_old_one():
    net, X, y = network()
    opt = optim.SGD(net.parameters(), lr=0.1)
    cross_entropy(net(X), y).backward()
    opt.step()
    opt.zero_grad()
    last = net[3].W.data.copy()
    net[0](X).sum().backward()  # the last layer takes no part
    opt.step()
    np.testing.assert_array_equal(net[3].W.data, last)


def test_two_optimizers_on_one_network():
    net, X, y = network()
    one, two = optim.SGD(net.parameters(), lr=0.1), optim.SGD(net.parameters(), lr=0.1)
    twin, _, _ = network()
    only = optim.SGD(twin.parameters(), lr=0.1)
    for opt in (one, two, one):
        for n, o in ((net, opt), (twin, only)):
            o.zero_grad()
            cross_entropy(n(X), y).backward()
            o.step()
    for p, q in zip(net.parameters(), twin.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


@pytest.mark.parametrize("kind", [optim.SGD, optim.RMSprop, optim.Adam, optim.AdamW])
def test_state_carries_on_exactly(kind):
    settings = {"momentum": 0.9, "form": "nesterov"} if kind is optim.SGD else {"eps": 1e-3}
    net, X, y = network()
    opt = kind(net.parameters(), lr=0.03, weight_decay=0.1, **settings)

    def step(n, o):
        o.zero_grad()
        cross_entropy(n(X), y).backward()
        o.step()

    for _ in range(3):
        step(net, opt)
    twin = copy.deepcopy(net)
    other = kind(twin.parameters(), lr=1.0)  # every setting comes from the state
    other.load_state_dict(opt.state_dict())
    for _ in range(3):
        step(net, opt)
        step(twin, other)
    for p, q in zip(net.parameters(), twin.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_state_is_a_copy_and_a_state_that_does_not_fit_changes_nothing():
    net, _, _ = network()
    opt = optim.SGD(net.parameters(), lr=0.3, momentum=0.9)
    state = opt.state_dict()
    state["velocity"] += 1
    assert not opt.velocity.any()
    for bad in (
        {**state, "kind": "Adam"},
        {**state, "velocity": np.ones(3)},
        {k: v for k, v in state.items() if k != "momentum"},
        {k: v for k, v in state.items() if k != "velocity"},
    ):
        with pytest.raises(ValueError, match="load_state_dict"):
            opt.load_state_dict({**bad, "lr": 7.0})
        assert opt.lr == 0.3
        assert not opt.velocity.any()


def test_tiny_momentum_is_zeroed_before_it_is_denormal():
    p = Parameter(np.zeros(2, np.float32))
    opt = optim.SGD([p], momentum=0.5)
    for _ in range(256):
        p.grad = np.array([0, 1], np.float32)
        opt.velocity[0] = 1e-35
        opt.step()
    assert opt.velocity[0] == 0
    assert opt.velocity[1] == pytest.approx(2, rel=1e-5)


# --- schedules ------------------------------------------------------------------------------------


def values(schedule, total=100):
    return np.array([schedule(step, total) for step in range(total)])


def test_schedules_by_formula():
    np.testing.assert_array_equal(values(schedules.constant()), 1)
    v = values(schedules.step_decay((0.5, 0.75), 0.1))
    np.testing.assert_allclose(v, [1.0] * 50 + [0.1] * 25 + [0.01] * 25)
    t = np.arange(100)
    cosine = 0.2 + 0.8 * (1 + np.cos(math.pi * t / 100)) / 2
    np.testing.assert_allclose(values(schedules.cosine(0.2)), cosine)
    v = values(schedules.warm_up(0.1, then=schedules.cosine()))
    np.testing.assert_allclose(v[:10], np.arange(1, 11) / 10)
    np.testing.assert_allclose(v[10:], (1 + np.cos(math.pi * np.arange(90) / 90)) / 2)
    v = values(schedules.one_cycle(0.3))
    assert v[0] == pytest.approx(1 / 25)
    assert v[29] == v.max() == pytest.approx(1)
    assert v[-1] == pytest.approx(1 / 25e4)
    assert (np.diff(v[:30]) > 0).all()
    assert (np.diff(v[29:]) < 0).all()


@pytest.mark.parametrize("total", [1, 2, 3, 7])
def test_schedules_of_very_short_runs(total):
    for schedule in (
        schedules.constant(),
        schedules.step_decay(),
        schedules.cosine(),
        schedules.warm_up(0.05),
        schedules.warm_up(0.95, then=schedules.cosine()),
        schedules.one_cycle(),
        schedules.one_cycle(0.99),
    ):
        v = values(schedule, total)
        assert np.isfinite(v).all()
        assert v.min() >= 0
        assert v.max() <= 1
