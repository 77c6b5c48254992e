"""What to call each operation with to check its gradients: the suite walks every operation."""

from collections.abc import Callable

import numpy as np

from mlpcore import activations, losses, ops, sequences
from mlpcore.gradcheck import gradient_errors
from mlpcore.operation import REGISTRY


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
    "conv1d": [
        lambda r: (
            lambda X, W, b: sequences.conv1d(X, W, b, stride=2, padding=(1, 2)),
            *(r.normal(size=(3, 2, 7)), r.normal(size=(2, 3, 4)), r.normal(size=4)),
        ),
        lambda r: (
            sequences.conv1d,
            *(r.normal(size=(3, 1, 6)), r.normal(size=(1, 2, 2)), r.normal(size=2)),
        ),
    ],
    "rnn": [
        lambda r, T=T: (
            sequences.rnn,
            *(r.normal(size=(3, T, 4)), r.normal(size=(4, 5)), r.normal(size=(5, 5))),
            *(r.normal(size=5), r.normal(size=5)),
        )
        for T in (2, 4)
    ],
    "attention": [
        lambda r: (
            sequences.attention,
            *(r.normal(size=(2, 3, 4)), r.normal(size=(2, 5, 4)), r.normal(size=(2, 5, 6))),
        )
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
