"""Answers to chapter 05: softmax, the loss, smoothed targets."""

import numpy as np
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax


def p_of(Z, axis=1):
    return scipy_softmax(Z, axis=axis)


def by_jacobian(Z):
    """Softmax whose back multiplies with the whole Jacobian of each row."""
    P = p_of(Z)

    def back(dP):
        return np.stack([(np.diag(p) - np.outer(p, p)) @ d for p, d in zip(P, dP, strict=True)])

    return P, back


def rows(P=p_of, dZ=lambda P, dP: P * (dP - (dP * P).sum(axis=1, keepdims=True))):
    """Softmax with one of its formulas replaced."""
    return lambda Z: (P(Z), lambda dP: dZ(p_of(Z), dP))


def overflowing(Z):
    with np.errstate(over="ignore", invalid="ignore"):
        E = np.exp(Z)
        return E / E.sum(axis=1, keepdims=True)


def loss_of(Z, T):
    return -np.mean(np.sum(T * log_softmax(Z, axis=1), axis=1))


def fused(loss=loss_of, dZ=lambda Z, T: (p_of(Z) - T) / len(Z)):
    return lambda Z, T: (loss(Z, T), dZ(Z, T))


RIGHT = {
    "softmax_rows": [rows(), by_jacobian],
    "fused_loss": [
        fused(),
        lambda Z, T: (-np.log(p_of(Z)[T == 1]).mean(), p_of(Z) / len(Z) - T / len(Z)),
    ],
    "smooth_targets": [
        lambda T, eps: T * (1 - eps) + eps / 5,
        lambda T, eps: T - eps * (T - np.full(T.shape, 1 / T.shape[1])),
    ],
}

WRONG = [
    *[
        ("softmax_rows", name, rows(**change))
        for name, change in {
            "it overflows": {"P": overflowing},
            "softmax down the columns": {"P": lambda Z: p_of(Z, 0)},
            "the whole batch sums to 1": {"P": lambda Z: p_of(Z, None)},
            "not divided by the sum": {"P": lambda Z: np.exp(Z.T - Z.max(axis=1)).T},
            "only the diagonal of the Jacobian": {"dZ": lambda P, dP: P * (1 - P) * dP},
            "forgot the sum": {"dZ": lambda P, dP: P * dP},
            "forgot to multiply with P": {
                "dZ": lambda P, dP: dP - (P * dP).sum(axis=1, keepdims=True)
            },
            "the sum lacks P": {"dZ": lambda P, dP: P * (dP - dP.sum(axis=1)[:, None])},
        }.items()
    ],
    *[
        ("fused_loss", name, fused(**change))
        for name, change in [
            ("summed over the batch", {"loss": lambda Z, T: -(T * log_softmax(Z, axis=1)).sum()}),
            (
                "divided by the classes as well",
                {"loss": lambda Z, T: -(T * log_softmax(Z, axis=1)).mean()},
            ),
            ("the sign is turned", {"loss": lambda Z, T: -loss_of(Z, T)}),
            ("bits instead of nats", {"loss": lambda Z, T: -np.log2(p_of(Z)[T == 1]).mean()}),
            ("softmax forgotten", {"loss": lambda Z, T: -Z[T == 1].mean()}),
            ("not divided by the batch size", {"dZ": lambda Z, T: p_of(Z) - T}),
            ("the sign is turned", {"dZ": lambda Z, T: (T - p_of(Z)) / len(T)}),
            ("logits instead of probabilities", {"dZ": lambda Z, T: (Z - T) / len(T)}),
            ("the gradient with respect to P", {"dZ": lambda Z, T: -T / p_of(Z) / len(T)}),
        ]
    ],
    *[
        ("smooth_targets", name, answer)
        for name, answer in {
            "divided by the batch size": lambda T, eps: T * (1 - eps) + eps / 6,
            "the true class keeps everything": lambda T, eps: T + eps / 5,
            "nothing given to the others": lambda T, eps: T - eps * T,
            "each class gets all of eps": lambda T, eps: np.where(T == 1, 1.0, eps),
            "spread over the wrong classes only": lambda T, eps: np.where(T == 1, 1 - eps, eps / 4),
        }.items()
    ],
]
