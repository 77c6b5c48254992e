"""Gradient checks: whether `back` is the derivative of what the operation computes.

In float64, with a random upstream gradient dy and a random direction d, the two sides of

    sum(dy * (op(x + h d) - op(x - h d))) / 2h   =   sum(back(dy) * d)

agree to about 1e-9 when `back` is right. A random dy matters: with dy = 1 (what `.sum()` gives) an
error that cancels over the batch goes unseen, and parameters at zero hide products with them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from . import activations, losses, ops
from .operation import REGISTRY


def numerical_gradient(f: Callable, x: np.ndarray, dy=None, h: float = 1e-6) -> np.ndarray:
    """d sum(dy * f(x)) / dx, one element of `x` at a time; f: array -> array. x is float64.

    Central differences: two evaluations of f for each element, so for small arrays. dy defaults to
    ones, in f(x)'s shape. [eq:finite-difference] chapter 06.
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        above = np.array(f(x))
        x[i] = kept - h
        below = np.array(f(x))
        x[i] = kept
        gradient[i] = np.sum((above - below) * (1 if dy is None else dy)) / (2 * h)
    return gradient


def gradient_errors(
    op: Callable, *arrays, rng: np.random.Generator, directions: int = 5, h: float = 1e-6
) -> list[float]:
    """The largest relative error of `back`, one number for each array in `arrays`.

    op: float64 arrays -> (y, back), the same each time it is called (draw masks from a generator
    made inside). About 1e-9 is right; a wrong term gives 1e-3 to 1. [eq:gradcheck] chapter 06.
    ValueError: `back` gives fewer gradients than there are arrays, or another shape.
    """
    arrays = [np.array(a, dtype=np.float64) for a in arrays]
    y, back = op(*arrays)
    dy = rng.normal(size=np.shape(y))
    given = back(dy)
    given = given if isinstance(given, tuple) else (given,)
    if len(given) < len(arrays):
        raise ValueError(f"gradcheck: back gives {len(given)} gradients for {len(arrays)} arrays")
    errors = []
    for place, (x, dx) in enumerate(zip(arrays, given, strict=False)):
        if np.shape(dx) != x.shape:
            raise ValueError(
                f"gradcheck: gradient {place + 1} has shape {np.shape(dx)}; expected {x.shape}"
            )
        worst = 0.0
        for _ in range(directions):
            d = rng.normal(size=x.shape)
            above, below = (
                op(*arrays[:place], x + step, *arrays[place + 1 :])[0] for step in (h * d, -h * d)
            )
            measured = np.sum(dy * (above - below)) / (2 * h)
            claimed = np.sum(dx * d)
            worst = max(worst, abs(measured - claimed) / max(abs(measured), abs(claimed), 1e-3))
        errors.append(float(worst))
    return errors


def check_network(net, X, y, loss=losses.cross_entropy, *, rng, directions=5, h=1e-6) -> float:
    """The largest relative error of a whole network's gradients, through the tape.

    Works on a float64 copy with every parameter drawn anew (zeros hide errors), in evaluation mode
    of dropout only: batch norm keeps its mode. X (n, d), y labels or targets.
    """
    net = copy.deepcopy(net).double()
    for _, module in net.modules():
        if hasattr(module, "rng"):
            module.training = False
    parameters = net.parameters()
    for p in parameters:
        p.data += rng.normal(size=p.shape) * 0.3
    X = np.asarray(X, np.float64)
    net.zero_grad()
    loss(net(X), y).backward()
    worst = 0.0
    for _ in range(directions):
        moves = [rng.normal(size=p.shape) for p in parameters]
        values = []
        for sign in (1, -2):  # to +h, then from there to -h
            for p, d in zip(parameters, moves, strict=True):
                p.data += sign * h * d
            values.append(loss(net(X), y).item())
        for p, d in zip(parameters, moves, strict=True):
            p.data += h * d
        measured = (values[0] - values[1]) / (2 * h)
        claimed = sum(np.sum(p.grad * d) for p, d in zip(parameters, moves, strict=True))
        worst = max(worst, abs(measured - claimed) / max(abs(measured), abs(claimed), 1e-3))
    return float(worst)


def _evaluated(rng):
    """Batch norm in evaluation, on running statistics of its own."""
    kept = {"running_mean": rng.normal(size=4), "running_var": rng.uniform(0.5, 2, 4)}
    return lambda X, gamma, beta: ops.batch_norm(X, gamma, beta, training=False, **kept)


def _labelled(labels, **options):
    return lambda logits: losses.cross_entropy(logits, labels, **options)


def _dropped(x):
    return ops.dropout(x, p=0.4, rng=np.random.default_rng(1))


# One entry or more for each operation: what to call it with. A function of a generator that gives
# (function of arrays, arrays). check_all() fails for an operation that is not here.
SAMPLES: dict[str, list[Callable]] = {
    "linear": [
        lambda r: (ops.linear, r.normal(size=(6, 4)), r.normal(size=(4, 3)), r.normal(size=3)),
        lambda r: (ops.linear, r.normal(size=(6, 4)), r.normal(size=(4, 3))),
    ],
    "dropout": [lambda r: (_dropped, r.normal(size=(6, 4)))],
    "batch_norm": [
        lambda r: (ops.batch_norm, r.normal(size=(6, 4)) * 3, r.normal(size=4), r.normal(size=4)),
        lambda r: (_evaluated(r), r.normal(size=(6, 4)), r.normal(size=4), r.normal(size=4)),
    ],
    "layer_norm": [
        lambda r: (ops.layer_norm, r.normal(size=(6, 4)) * 3, r.normal(size=4), r.normal(size=4))
    ],
    "flatten": [lambda r: (ops.flatten, r.normal(size=(3, 2, 4)))],
    "sigmoid": [lambda r: (activations.sigmoid, r.normal(size=(6, 4)) * 3)],
    "tanh": [lambda r: (activations.tanh, r.normal(size=(6, 4)))],
    "relu": [lambda r: (activations.relu, r.normal(size=(6, 4)))],
    "leaky_relu": [
        lambda r: (lambda x: activations.leaky_relu(x, negative_slope=0.2), r.normal(size=(6, 4)))
    ],
    "gelu": [
        lambda r: (activations.gelu, r.normal(size=(6, 4)) * 2),
        lambda r: (lambda x: activations.gelu(x, approximate="tanh"), r.normal(size=(6, 4)) * 2),
    ],
    "softmax": [lambda r: (activations.softmax, r.normal(size=(6, 4)) * 2)],
    "cross_entropy": [
        lambda r: (_labelled(r.integers(0, 5, 6)), r.normal(size=(6, 5)) * 2),
        lambda r: (_labelled(r.integers(0, 5, 6), label_smoothing=0.1), r.normal(size=(6, 5))),
        lambda r: (_labelled(r.dirichlet(np.ones(5), 6)), r.normal(size=(6, 5))),
    ],
    "mse": [lambda r: (losses.mse, r.normal(size=(6, 4)), r.normal(size=(6, 4)))],
    **{
        name: [
            lambda r, op=op: (op, r.normal(size=(5, 4)), r.uniform(1, 2, (5, 4))),
            lambda r, op=op: (op, r.normal(size=(3, 1, 4)), r.uniform(1, 2, (5, 1))),
        ]
        for name, op in (
            ("add", ops.add),
            ("subtract", ops.subtract),
            ("multiply", ops.multiply),
            ("divide", ops.divide),
        )
    },
    "power": [lambda r: (lambda x: ops.power(x, exponent=3), r.normal(size=(5, 4)))],
    "matmul": [
        lambda r: (ops.matmul, r.normal(size=(5, 4)), r.normal(size=(4, 3))),
        lambda r: (ops.matmul, r.normal(size=(2, 5, 4)), r.normal(size=(4, 3))),
    ],
    "exp": [lambda r: (ops.exp, r.normal(size=(5, 4)))],
    "log": [lambda r: (ops.log, r.uniform(0.5, 2, (5, 4)))],
    "sum": [
        lambda r: (ops.sum, r.normal(size=(5, 4))),
        lambda r: (lambda x: ops.sum(x, axis=(0, 2)), r.normal(size=(5, 4, 3))),
        lambda r: (lambda x: ops.sum(x, axis=-1, keepdims=True), r.normal(size=(5, 4))),
    ],
    "mean": [
        lambda r: (ops.mean, r.normal(size=(5, 4))),
        lambda r: (lambda x: ops.mean(x, axis=1), r.normal(size=(5, 4))),
    ],
    "reshape": [lambda r: (lambda x: ops.reshape(x, shape=(2, -1)), r.normal(size=(4, 5)))],
    "transpose": [
        lambda r: (ops.transpose, r.normal(size=(4, 5))),
        lambda r: (lambda x: ops.transpose(x, axes=(2, 0, 1)), r.normal(size=(4, 5, 3))),
    ],
    "index": [
        lambda r: (lambda x: ops.index(x, key=np.array([0, 2, 2])), r.normal(size=(4, 5))),
        lambda r: (lambda x: ops.index(x, key=(slice(None), 1)), r.normal(size=(4, 5))),
    ],
    "concatenate": [
        lambda r: (
            lambda a, b: ops.concatenate(a, b, axis=1),
            r.normal(size=(4, 2)),
            r.normal(size=(4, 3)),
        )
    ],
}


def check_all(rng: np.random.Generator, tolerance: float = 1e-6) -> dict[str, float]:
    """Check every operation there is; the largest error of each by name.

    AssertionError: an operation is wrong, or has no entry in SAMPLES.
    """
    missing = sorted(REGISTRY.keys() - SAMPLES.keys())
    assert not missing, f"operations without a gradient check: {missing}; add them to SAMPLES"
    errors = {}
    for name in REGISTRY:
        for sample in SAMPLES[name]:
            function, *arrays = sample(rng)
            found = gradient_errors(function, *arrays, rng=rng)
            errors[name] = max(errors.get(name, 0.0), *found)
    wrong = {name: error for name, error in errors.items() if not error < tolerance}
    assert not wrong, f"wrong gradients: {wrong}"
    return errors
