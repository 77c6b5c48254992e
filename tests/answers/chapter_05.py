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


def less(shift):
    """Softmax that subtracts something from the logits first."""

    def P(Z):
        E = np.exp(Z - shift(Z))
        return E / E.sum(axis=1, keepdims=True)

    return P


def exps(Z):
    return np.exp(Z.T - Z.max(axis=1)).T


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
            "it overflows": {"P": less(lambda Z: 0)},
            "the largest of the whole batch": {"P": less(np.max)},
            "not the largest subtracted": {"P": less(lambda Z: Z.mean(axis=1, keepdims=True))},
            "softmax down the columns": {"P": lambda Z: p_of(Z, 0)},
            "the whole batch sums to 1": {"P": lambda Z: p_of(Z, None)},
            "the sum runs down the columns": {"P": lambda Z: exps(Z) / sum(exps(Z))},
            "one sum for all rows": {"P": lambda Z: exps(Z) / np.sum(exps(Z))},
            "not divided by the sum": {"P": exps},
            "logarithms of probabilities": {"P": lambda Z: log_softmax(Z, axis=1)},
            "only the diagonal of the Jacobian": {"dZ": lambda P, dP: P * (1 - P) * dP},
            "dP is not used": {"dZ": lambda P, dP: P - P**2},
            "only dP is multiplied with P": {
                "dZ": lambda P, dP: P * dP - np.sum(P * dP, axis=1, keepdims=True)
            },
            "summed down the columns": {"dZ": lambda P, dP: P * (dP - sum(P * dP))},
            "one sum for the whole batch": {"dZ": lambda P, dP: P * dP - P * np.vdot(P, dP)},
            "a mean for the sum": {
                "dZ": lambda P, dP: P * (dP - np.mean(P * dP, axis=1, keepdims=True))
            },
            "plus for minus": {"dZ": lambda P, dP: P * (dP + np.sum(P * dP, axis=1)[:, None])},
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
            (
                "turned and not averaged",
                {"loss": lambda Z, T: log_softmax(Z, axis=1)[T == 1].sum()},
            ),
            ("all classes counted", {"loss": lambda Z, T: -log_softmax(Z, 1).sum() / len(Z)}),
            ("all classes averaged", {"loss": lambda Z, T: -log_softmax(Z, 1).mean()}),
            ("the logarithm forgotten", {"loss": lambda Z, T: -p_of(Z)[T == 1].mean()}),
            ("softmax twice", {"loss": lambda Z, T: -np.log(p_of(p_of(Z)))[T == 1].mean()}),
            ("softmax down the columns", {"loss": lambda Z, T: -log_softmax(Z, 0)[T == 1].mean()}),
            (
                "each class against the rest",
                {
                    "loss": lambda Z, T: (
                        -np.log(np.where(T == 1, p_of(Z), 1 - p_of(Z))).sum(axis=1).mean()
                    )
                },
            ),
            ("squared error", {"loss": lambda Z, T: np.square(T - p_of(Z)).mean()}),
            ("one loss for each row", {"loss": lambda Z, T: -np.log(p_of(Z)[T == 1])}),
            ("divided by the classes as well", {"dZ": lambda Z, T: (p_of(Z) - T) / 20}),
            ("divided by the classes, not the examples", {"dZ": lambda Z, T: (p_of(Z) - T) / 4}),
            ("turned and not divided", {"dZ": lambda Z, T: T - p_of(Z)}),
            (
                "the true class alone",
                {"dZ": lambda Z, T: -T / p_of(Z) / len(Z) * p_of(Z) * (1 - p_of(Z))},
            ),
            ("softmax's gradient twice", {"dZ": lambda Z, T: by_jacobian(Z)[1]((p_of(Z) - T) / 5)}),
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
            "divided by n K": lambda T, eps: (1 - eps) * T + eps / 30,
            "no share back to the true class": lambda T, eps: np.where(T > 0, 1 - eps, eps / 5),
            "eps taken from every class": lambda T, eps: T - eps * (1 - 1 / 5),
            "the shares exchanged": lambda T, eps: T * eps + (1 - eps) / 5,
            "the added share taken down as well": lambda T, eps: (T + eps / 5) * (1 - eps),
            "added first, then scaled to 1": lambda T, eps: (T + eps / 5) / (1 + eps),
            "spread to all as if to the others": lambda T, eps: T * (1 - eps) + eps / 4,
            "spread over the wrong classes only": lambda T, eps: np.where(T == 1, 1 - eps, eps / 4),
        }.items()
    ],
]
