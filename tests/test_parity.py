"""Parity with PyTorch in float64: every operation, network, optimizer, schedule and initialiser.

Shapes are drawn at random, the upstream gradient too: a gradient that is wrong only off the ones
that `.sum()` sends back is found. Tolerance 1e-10 throughout; nothing here is a sample statistic
but the initialisers' moments.
"""

import copy
import math

import numpy as np
import pytest

from mlpcore import activations, init, losses, models, nn, ops, optim, schedules, sequences
from mlpcore.operation import REGISTRY

torch = pytest.importorskip("torch", reason="PyTorch, the oracle of these tests, is not installed")
F = torch.nn.functional
SEEDS = range(3)


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def tensor(a):
    return torch.tensor(np.asarray(a), dtype=torch.float64, requires_grad=True)


def same(ours, theirs, what=""):
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10, err_msg=what)


def compare(op, twin, arrays, rng):
    """Forward and all gradients of `op` on `arrays`, against `twin` differentiated by PyTorch."""
    y, back = op(*arrays)
    dy = np.asarray(rng.normal(size=np.shape(y)))
    inputs = [tensor(a) for a in arrays]
    expected = twin(*inputs)
    same(y, expected, "forward")
    expected.backward(torch.tensor(dy))
    given = back(dy)
    given = given if isinstance(given, tuple) else (given,)
    assert len(given) == len(arrays)
    for i, (d, x) in enumerate(zip(given, inputs, strict=True)):
        assert np.shape(d) == tuple(x.shape)
        same(d, x.grad, f"gradient {i}")


# Each case: function of (rng, n, d, k) -> (operation, PyTorch's twin, arrays).
CASES = {
    "linear": [
        lambda r, n, d, k: (
            ops.linear,
            lambda X, W, b: F.linear(X, W.T, b),
            (r.normal(size=(n, d)), r.normal(size=(d, k)), r.normal(size=k)),
        ),
        lambda r, n, d, k: (
            ops.linear,
            lambda X, W: F.linear(X, W.T),
            (r.normal(size=(n, d)), r.normal(size=(d, k))),
        ),
        lambda r, n, d, k: (  # square: a transposed dW has the right shape
            ops.linear,
            lambda X, W, b: F.linear(X, W.T, b),
            (r.normal(size=(d, d)), r.normal(size=(d, d)), r.normal(size=d)),
        ),
    ],
    "sigmoid": [
        lambda r, n, d, k: (activations.sigmoid, torch.sigmoid, (3 * r.normal(size=(n, d)),))
    ],
    "tanh": [lambda r, n, d, k: (activations.tanh, torch.tanh, (r.normal(size=(n, d, k)),))],
    "relu": [lambda r, n, d, k: (activations.relu, torch.relu, (r.normal(size=(n, d)),))],
    "leaky_relu": [
        lambda r, n, d, k, slope=slope: (
            lambda x: activations.leaky_relu(x, negative_slope=slope),
            lambda x: F.leaky_relu(x, slope),
            (r.normal(size=(n, d)),),
        )
        for slope in (0.01, 0.2, 0.0, 1.5)
    ],
    "gelu": [
        lambda r, n, d, k, form=form: (
            lambda x: activations.gelu(x, approximate=form),
            lambda x: F.gelu(x, approximate=form),
            (3 * r.normal(size=(n, d)),),
        )
        for form in ("none", "tanh")
    ],
    "softmax": [
        lambda r, n, d, k: (
            activations.softmax,
            lambda z: z.softmax(-1),
            (5 * r.normal(size=(n, k)),),
        ),
        lambda r, n, d, k: (
            activations.softmax,
            lambda z: z.softmax(-1),
            (r.normal(size=(n, d, k)),),
        ),
    ],
    "batch_norm": [
        lambda r, n, d, k: (
            lambda X, g, b: ops.batch_norm(X, g, b, eps=1e-3),
            lambda X, g, b: F.batch_norm(X, None, None, g, b, training=True, eps=1e-3),
            (3 * r.normal(size=(n, d)) + 1, r.normal(size=d), r.normal(size=d)),
        ),
        lambda r, n, d, k: _batch_norm_evaluating(r, n, d),
    ],
    "layer_norm": [
        lambda r, n, d, k: (
            lambda X, g, b: ops.layer_norm(X, g, b, eps=1e-3),
            lambda X, g, b: F.layer_norm(X, (d,), g, b, eps=1e-3),
            (3 * r.normal(size=(n, d)) + 1, r.normal(size=d), r.normal(size=d)),
        ),
        lambda r, n, d, k: (
            ops.layer_norm,
            lambda X, g, b: F.layer_norm(X, (d,), g, b),
            (r.normal(size=(n, k, d)), r.normal(size=d), r.normal(size=d)),
        ),
    ],
    "dropout": [lambda r, n, d, k, p=p: _dropout(r, n, d, p) for p in (0.0, 0.1, 0.5, 0.9)],
    "conv1d": [
        lambda r, n, d, k, stride=stride, pad=pad: (
            lambda X, W, b: sequences.conv1d(X, W, b, stride=stride, padding=pad),
            lambda X, W, b: F.conv1d(F.pad(X, pad), W.permute(2, 0, 1), b, stride=stride),
            (r.normal(size=(n, d, 9)), r.normal(size=(d, 3, k)), r.normal(size=k)),
        )
        for stride in (1, 2, 3)
        for pad in ((0, 0), (1, 1), (0, 1), (4, 2))
    ],
    "rnn": [lambda r, n, d, k, T=T: _rnn(r, n, T, d, k) for T in (1, 2, 5)],
    "attention": [
        lambda r, n, d, k: (
            sequences.attention,
            F.scaled_dot_product_attention,
            (r.normal(size=(n, 5, d)), r.normal(size=(n, k, d)), r.normal(size=(n, k, 3))),
        )
    ],
    "flatten": [
        lambda r, n, d, k: (ops.flatten, lambda x: x.flatten(1), (r.normal(size=(n, d, k)),))
    ],
    "cross_entropy": [
        lambda r, n, d, k, e=e, kind=kind: _cross_entropy(r, n, k, e, kind)
        for e in (0.0, 0.1, 0.7)
        for kind in ("integers", "one-hot", "probabilities")
    ],
    "mse": [
        lambda r, n, d, k: (losses.mse, F.mse_loss, (r.normal(size=(n, d)), r.normal(size=(n, d))))
    ],
    **{
        name: [
            lambda r, n, d, k, op=op, twin=twin, shapes=shapes: (
                op,
                twin,
                [r.uniform(0.5, 2, [{"n": n, "d": d, "1": 1}[c] for c in s]) for s in shapes],
            )
            for shapes in (
                ("nd", "nd"),
                ("nd", "d"),
                ("n1", "d"),
                ("n1d", "1n1"),
                ("", "nd"),
                ("1", ""),
            )
        ]
        for name, op, twin in (
            ("add", ops.add, torch.add),
            ("subtract", ops.subtract, torch.subtract),
            ("multiply", ops.multiply, torch.multiply),
            ("divide", ops.divide, torch.divide),
        )
    },
    "power": [
        lambda r, n, d, k, e=e: (
            lambda x: ops.power(x, exponent=e),
            lambda x: x**e,
            (r.uniform(0.5, 2, (n, d)),),
        )
        for e in (2, 3, -1, 0.5, 1, 0)
    ],
    "matmul": [
        lambda r, n, d, k: (
            ops.matmul,
            torch.matmul,
            (r.normal(size=(n, d)), r.normal(size=(d, k))),
        ),
        lambda r, n, d, k: (
            ops.matmul,
            torch.matmul,
            (r.normal(size=(4, 1, n, d)), r.normal(size=(3, d, k))),
        ),
        lambda r, n, d, k: (
            ops.matmul,
            torch.matmul,
            (r.normal(size=(d, d)), r.normal(size=(d, d))),
        ),
    ],
    "exp": [lambda r, n, d, k: (ops.exp, torch.exp, (r.normal(size=(n, d)),))],
    "log": [lambda r, n, d, k: (ops.log, torch.log, (r.uniform(0.1, 3, (n, d)),))],
    **{
        name: [
            lambda r, n, d, k, op=op, twin=twin, axis=axis, keep=keep: (
                lambda x: op(x, axis=axis, keepdims=keep),
                lambda x: twin(x, dim=(0, 1, 2) if axis is None else axis, keepdim=keep),
                (r.normal(size=(n, d, k)),),
            )
            for axis in (None, 0, -1, (0, 2), (-1, 0))
            for keep in (False, True)
        ]
        for name, op, twin in (("sum", ops.sum, torch.sum), ("mean", ops.mean, torch.mean))
    },
    "reshape": [
        lambda r, n, d, k: (
            lambda x: ops.reshape(x, shape=(d, -1)),
            lambda x: x.reshape(d, -1),
            (r.normal(size=(n, d, k)),),
        )
    ],
    "transpose": [
        lambda r, n, d, k: (ops.transpose, lambda x: x.T, (r.normal(size=(n, d)),)),
        lambda r, n, d, k: (
            lambda x: ops.transpose(x, axes=(2, 0, 1)),
            lambda x: x.permute(2, 0, 1),
            (r.normal(size=(n, d, k)),),
        ),
    ],
    "index": [
        lambda r, n, d, k, key=key: (
            lambda x: ops.index(x, key=key),
            lambda x: x[key],
            (r.normal(size=(n, d)),),
        )
        for key in (
            0,
            (slice(None), 1),
            slice(1, None),
            np.array([0, 1, 1, 1]),
            (np.array([0, 0]), 1),
        )
    ],
    "concatenate": [
        lambda r, n, d, k, axis=axis: (
            lambda *xs: ops.concatenate(*xs, axis=axis),
            lambda *xs: torch.cat(xs, axis),
            [r.normal(size=(n, d)) for _ in range(3)],
        )
        for axis in (0, 1, -1)
    ],
}


def _batch_norm_evaluating(r, n, d):
    mean, var = r.normal(size=d), r.uniform(0.5, 2, d)
    return (
        lambda X, g, b: ops.batch_norm(X, g, b, running_mean=mean, running_var=var, training=False),
        lambda X, g, b: F.batch_norm(X, torch.tensor(mean), torch.tensor(var), g, b),
        (r.normal(size=(n, d)), r.normal(size=d), r.normal(size=d)),
    )


def _rnn(r, n, T, d, h):
    def twin(X, W_x, W_h, b_x, b_h):
        weights = dict(zip(NAMES_OF_RNN, (W_x.T, W_h.T, b_x, b_h), strict=True))
        layer = torch.nn.RNN(d, h, batch_first=True, dtype=torch.float64)
        return torch.func.functional_call(layer, weights, (X,))[0]

    shapes = ((n, T, d), (d, h), (h, h), (h,), (h,))
    return sequences.rnn, twin, [r.normal(size=shape) for shape in shapes]


NAMES_OF_RNN = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def _dropout(r, n, d, p):
    def op(x):
        return ops.dropout(x, p=p, rng=np.random.default_rng(7))

    kept = op(np.ones((n, d)))[0] > 0  # which elements this generator lets through
    share = round(256 * p) / 256  # a byte decides
    return op, lambda x: x * torch.tensor(kept) / (1 - share), (r.normal(size=(n, d)),)


def _cross_entropy(r, n, k, smoothing, kind):
    labels = r.integers(0, k, n)
    if kind == "one-hot":
        labels = np.eye(k)[labels]
    elif kind == "probabilities":
        labels = r.dirichlet(np.ones(k), n)
    return (
        lambda z: losses.cross_entropy(z, labels, label_smoothing=smoothing),
        lambda z: F.cross_entropy(z, torch.tensor(labels), label_smoothing=smoothing),
        (3 * r.normal(size=(n, k)),),
    )


def test_every_operation_has_a_case():
    assert not REGISTRY.keys() - CASES.keys(), "add a PyTorch twin to CASES"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", sorted(CASES))
def test_operation(name, seed):
    rng = np.random.default_rng(seed)
    for case in CASES[name]:
        n, d, k = rng.integers(2, 9, 3)
        compare(*case(rng, int(n), int(d), int(k)), rng)


@pytest.mark.parametrize("momentum", [0.1, 0.37])
def test_batch_norm_running_statistics_after_several_steps(momentum):
    rng = np.random.default_rng(0)
    ours = nn.BatchNorm1d(4, momentum=momentum, eps=1e-4, dtype=np.float64)
    theirs = torch.nn.BatchNorm1d(4, momentum=momentum, eps=1e-4, dtype=torch.float64)
    for n in (2, 7, 30, 3):
        X = rng.normal(3, 2, (n, 4))
        same(ours(X).data, theirs(torch.tensor(X)))
        same(ours.running_mean, theirs.running_mean)
        same(ours.running_var, theirs.running_var)
    X = rng.normal(size=(5, 4))
    same(ours.eval()(X).data, theirs.eval()(torch.tensor(X)))
    theirs_mean = theirs.running_mean.clone()
    same(ours.running_mean, theirs_mean)  # evaluation moves nothing


# --- whole networks -------------------------------------------------------------------------------


class TorchResidual(torch.nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return x + self.module(x)


def twin_of(module):
    """The same network in PyTorch, with the same weights."""
    if isinstance(module, nn.Sequential):
        return torch.nn.Sequential(*[twin_of(m) for m in module])
    if isinstance(module, nn.Residual):
        return TorchResidual(twin_of(module.module))
    if isinstance(module, nn.Linear):
        d, k = module.W.shape
        layer = torch.nn.Linear(d, k, bias=module.b is not None, dtype=torch.float64)
        values = {"weight": module.W.data.T} | ({} if module.b is None else {"bias": module.b.data})
    elif isinstance(module, (nn.BatchNorm1d, nn.LayerNorm)):
        kind = getattr(torch.nn, type(module).__name__)
        layer = kind(module.gamma.shape[0], eps=module.eps, dtype=torch.float64)
        values = {"weight": module.gamma.data, "bias": module.beta.data}
    elif isinstance(module, nn.Dropout):
        return torch.nn.Dropout(module.p)
    else:
        return getattr(torch.nn, type(module).__name__)(**module.settings)
    with torch.no_grad():
        for name, value in values.items():
            getattr(layer, name).copy_(torch.tensor(value))
    return layer


def gradients(twin):
    """PyTorch's gradients in our order and layout."""
    return [p.grad.numpy().T if p.ndim == 2 else p.grad.numpy() for p in twin.parameters()]


def randomised(net, rng):
    net.double()
    for p in net.parameters():
        p.data += 0.2 * rng.normal(size=p.shape)
    return net


NETWORKS = {
    "baseline": models.baseline,
    "batch norm": lambda r: models.mlp((128, 20, 15, 10), rng=r, activation="tanh", norm="batch"),
    "layer norm": lambda r: models.mlp(
        (128, 20, 15, 10), rng=r, activation="sigmoid", norm="layer"
    ),
    "leaky": lambda r: models.mlp((128, 20, 10), rng=r, activation="leaky_relu"),
    "linear": lambda r: models.mlp((128, 20, 10), rng=r, activation=None),
    "report A's best": models.report_a_best,
    "report B's best": models.report_b_best,
    "report B's best, layer norm": lambda r: models.report_b_best(r, norm="layer"),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_network(name, training):
    rng = np.random.default_rng(1)
    net = randomised(NETWORKS[name](rng), rng)
    for _, module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # masks of two generators never agree
    twin = twin_of(net)
    net.train(training), twin.train(training)
    X, y = rng.normal(size=(16, 128)), rng.integers(0, 10, 16)
    logits = net(X)
    expected = twin(torch.tensor(X))
    same(logits.data, expected)
    losses.cross_entropy(logits, y, label_smoothing=0.05).backward()
    F.cross_entropy(expected, torch.tensor(y), label_smoothing=0.05).backward()
    found = gradients(twin)
    assert len(found) == len(net.parameters())
    for (part, p), d in zip(net.named_parameters(), found, strict=True):
        same(p.grad, d, part)


class Own(nn.Module):
    """A layer used twice, a skip connection, and the product of two branches."""

    def __init__(self, rng):
        self.inside = nn.Linear(6, 6, rng=rng, dtype=np.float64)
        self.gate = nn.Linear(6, 6, rng=rng, dtype=np.float64)
        self.out = nn.Linear(6, 3, rng=rng, dtype=np.float64, bias=False)

    def forward(self, x):
        h = activations.tanh(self.inside(x))
        h = h + activations.gelu(self.inside(h))
        return self.out(
            h * activations.sigmoid(self.gate(x)) / (1 + h**2) - x.mean(axis=1, keepdims=True)
        )


def test_own_module_with_shared_layer_skip_and_product():
    from mlpcore import Tensor

    rng = np.random.default_rng(2)
    net = Own(rng)
    inside, gate, out = (twin_of(m) for m in (net.inside, net.gate, net.out))
    X, y = rng.normal(size=(7, 6)), rng.integers(0, 3, 7)
    x, t = Tensor(X, requires_grad=True), tensor(X)
    losses.cross_entropy(net(x), y).backward()
    h = inside(t).tanh()
    h = h + F.gelu(inside(h))
    z = out(h * gate(t).sigmoid() / (1 + h**2) - t.mean(1, keepdim=True))
    F.cross_entropy(z, torch.tensor(y)).backward()
    found = gradients(torch.nn.ModuleList([inside, gate, out]))
    for p, d in zip(net.parameters(), found, strict=True):
        same(p.grad, d)
    same(x.grad, t.grad, "gradient of the input")


# --- optimizers -----------------------------------------------------------------------------------


def small_network():
    rng = np.random.default_rng(3)
    net = nn.Sequential(
        nn.Linear(5, 4, rng=rng), nn.Tanh(), nn.LayerNorm(4), nn.Linear(4, 3, rng=rng)
    )
    return randomised(net, rng), rng


def ema(params, **settings):
    """PyTorch's dampening is the EMA form once its first velocity, too, starts from zero."""
    opt = torch.optim.SGD(params, momentum=0.9, dampening=0.9, **settings)
    for p in (p for group in opt.param_groups for p in group["params"]):
        opt.state[p]["momentum_buffer"] = torch.zeros_like(p)
    return opt


OPTIMIZERS = {
    "sgd": (optim.SGD, torch.optim.SGD),
    "heavy ball": (
        lambda p, **s: optim.SGD(p, momentum=0.9, **s),
        lambda p, **s: torch.optim.SGD(p, momentum=0.9, **s),
    ),
    "nesterov": (
        lambda p, **s: optim.SGD(p, momentum=0.8, form="nesterov", **s),
        lambda p, **s: torch.optim.SGD(p, momentum=0.8, nesterov=True, **s),
    ),
    "ema": (lambda p, **s: optim.SGD(p, momentum=0.9, form="ema", **s), ema),
    "rmsprop": (
        lambda p, **s: optim.RMSprop(p, alpha=0.9, eps=1e-4, **s),
        lambda p, **s: torch.optim.RMSprop(p, alpha=0.9, eps=1e-4, **s),
    ),
    "adam": (
        lambda p, **s: optim.Adam(p, betas=(0.8, 0.95), eps=1e-3, **s),
        lambda p, **s: torch.optim.Adam(p, betas=(0.8, 0.95), eps=1e-3, **s),
    ),
    "adamw": (
        lambda p, **s: optim.AdamW(p, betas=(0.8, 0.95), eps=1e-3, **s),
        lambda p, **s: torch.optim.AdamW(p, betas=(0.8, 0.95), eps=1e-3, **s),
    ),
}


@pytest.mark.parametrize("spared", [False, True], ids=["decay all", "decay matrices"])
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_over_20_steps(name, decay, spared):
    ours, theirs = OPTIMIZERS[name]
    net, rng = small_network()
    twin = twin_of(net)
    opt = ours(net.parameters(), lr=0.05, weight_decay=decay, decay_biases=not spared)
    groups = list(twin.parameters())
    if spared:
        groups = [
            {"params": [p for p in groups if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in groups if p.ndim == 1], "weight_decay": 0.0},
        ]
    other = theirs(groups, lr=0.05, weight_decay=decay)
    for step in range(20):
        X, y = rng.normal(size=(12, 5)), rng.integers(0, 3, 12)
        opt.lr_factor = factor = 0.5 + 0.5 * math.cos(step / 8)  # as a schedule sets it
        for group in other.param_groups:
            group["lr"] = 0.05 * factor
        opt.zero_grad(), other.zero_grad()
        losses.cross_entropy(net(X), y).backward()
        F.cross_entropy(twin(torch.tensor(X)), torch.tensor(y)).backward()
        opt.step(), other.step()
        for p, q in zip(net.parameters(), twin.parameters(), strict=True):
            same(p.data, q.T if q.ndim == 2 else q, f"step {step}")


def test_defaults_are_pytorchs():
    net, _ = small_network()
    twin = list(twin_of(net).parameters())
    adam, theirs = optim.Adam(net.parameters()), torch.optim.Adam(twin).defaults
    assert (adam.lr, adam.betas, adam.eps) == (theirs["lr"], theirs["betas"], theirs["eps"])
    adamw, theirs = optim.AdamW(net.parameters()), torch.optim.AdamW(twin).defaults
    assert (adamw.lr, adamw.weight_decay) == (theirs["lr"], theirs["weight_decay"])
    rms, theirs = optim.RMSprop(net.parameters()), torch.optim.RMSprop(twin).defaults
    assert (rms.lr, rms.alpha, rms.eps) == (theirs["lr"], theirs["alpha"], theirs["eps"])
    norm, theirs = nn.BatchNorm1d(3), torch.nn.BatchNorm1d(3)
    assert (norm.eps, norm.momentum) == (theirs.eps, theirs.momentum)
    assert nn.LayerNorm(3).eps == torch.nn.LayerNorm(3).eps
    assert nn.LeakyReLU().settings["negative_slope"] == torch.nn.LeakyReLU().negative_slope
    assert nn.Dropout().p == torch.nn.Dropout().p


# --- schedules ------------------------------------------------------------------------------------

STEPS = 40
S = torch.optim.lr_scheduler
SCHEDULES = {
    "cosine": (schedules.cosine(0.1), lambda o: S.CosineAnnealingLR(o, STEPS, eta_min=0.1)),
    "cosine to 0": (schedules.cosine(), lambda o: S.CosineAnnealingLR(o, STEPS)),
    "step": (schedules.step_decay((0.25, 0.5, 0.75), 0.5), lambda o: S.StepLR(o, STEPS // 4, 0.5)),
    "steps": (schedules.step_decay((0.3, 0.8)), lambda o: S.MultiStepLR(o, [12, 32], 0.1)),
    "one cycle": (
        schedules.one_cycle(0.3, 25.0, 1e4),
        lambda o: S.OneCycleLR(o, 1.0, total_steps=STEPS, cycle_momentum=False),
    ),
    "one cycle, other settings": (
        schedules.one_cycle(0.5, 10.0, 100.0),
        lambda o: S.OneCycleLR(
            o, 1.0, total_steps=STEPS, pct_start=0.5, div_factor=10, final_div_factor=100,
            cycle_momentum=False,
        ),
    ),
    "warm-up": (schedules.warm_up(0.25), lambda o: S.LinearLR(o, 1 / 10, 1.0, total_iters=9)),
    "warm-up, cosine": (
        schedules.warm_up(0.25, then=schedules.cosine()),
        lambda o: S.SequentialLR(
            o, [S.LinearLR(o, 1 / 10, 1.0, total_iters=9), S.CosineAnnealingLR(o, 30)], [10]
        ),
    ),
    "constant": (schedules.constant(), lambda o: S.ConstantLR(o, 1.0)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:The epoch parameter")  # SequentialLR's own call of step(0)
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(name):
    ours, theirs = SCHEDULES[name]
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = theirs(opt)
    for step in range(STEPS):
        same(ours(step, STEPS), opt.param_groups[0]["lr"], f"step {step}")
        opt.step(), scheduler.step()


# --- initialisers ---------------------------------------------------------------------------------

I = torch.nn.init  # noqa: E741
FAN_IN, FAN_OUT = 300, 200
INITS = {
    "xavier_normal": (
        lambda s, r: init.xavier_normal(s, r, 1.3),
        lambda w: I.xavier_normal_(w, 1.3),
    ),
    "xavier_uniform": (
        lambda s, r: init.xavier_uniform(s, r, 1.3),
        lambda w: I.xavier_uniform_(w, 1.3),
    ),
    "kaiming_normal": (init.kaiming_normal, lambda w: I.kaiming_normal_(w, nonlinearity="relu")),
    "kaiming_uniform": (init.kaiming_uniform, lambda w: I.kaiming_uniform_(w, nonlinearity="relu")),
    "kaiming_normal, fan_out": (
        lambda s, r: init.kaiming_normal(s, r, init.GAINS["tanh"], mode="fan_out"),
        lambda w: I.kaiming_normal_(w, mode="fan_out", nonlinearity="tanh"),
    ),
    "kaiming_uniform, fan_out": (
        lambda s, r: init.kaiming_uniform(s, r, init.GAINS["leaky_relu"], mode="fan_out"),
        lambda w: I.kaiming_uniform_(w, a=0.01, mode="fan_out"),
    ),
}


@pytest.mark.parametrize("name", INITS)
def test_initialiser_has_pytorchs_moments(name):
    ours, theirs = INITS[name]
    W = ours((FAN_IN, FAN_OUT), np.random.default_rng(0))
    torch.manual_seed(0)
    V = theirs(torch.empty(FAN_OUT, FAN_IN, dtype=torch.float64)).numpy()
    assert W.shape == (FAN_IN, FAN_OUT)
    assert abs(W.mean()) < 4 * V.std() / math.sqrt(W.size)
    np.testing.assert_allclose(W.std(), V.std(), rtol=0.012)  # 60,000 draws each: 0.3% deviation
    kurtosis = [np.mean(A**4) / np.mean(A**2) ** 2 for A in (W, V)]  # 3 normal, 1.8 uniform
    np.testing.assert_allclose(*kurtosis, rtol=0.05)
    if "uniform" in name:
        np.testing.assert_allclose(np.abs(W).max(), np.abs(V).max(), rtol=1e-3)


def test_gains():
    for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu"):
        assert init.GAINS[name] == pytest.approx(I.calculate_gain(name), rel=1e-12)


def test_a_deep_copy_matches_its_original():  # the copy's parameters are its own
    net, rng = small_network()
    other = copy.deepcopy(net)
    twins = twin_of(net), twin_of(other)
    X = rng.normal(size=(6, 5))
    losses.mse(net(X) * 2.0, other(X)).backward()
    F.mse_loss(twins[0](torch.tensor(X)) * 2, twins[1](torch.tensor(X))).backward()
    for ours, theirs in zip((net, other), twins, strict=True):
        for p, d in zip(ours.parameters(), gradients(theirs), strict=True):
            assert p.grad is not None, "a parameter of one of the copies got no gradient"
            same(p.grad, d)
