"""Answers to chapter 04: three activations, a collapsed network, dead units."""

import math

import numpy as np
from scipy.special import erf, expit, ndtr


def pair(y, dx):
    """An activation of formulas for its value and for its gradient."""

    def answer(x, *a):
        return y(x, *a), lambda dy: dx(x, dy, *a)

    return answer


# --- the sigmoid


def sigmoid(y=expit, dx=lambda x, dy: dy * expit(x) * (1 - expit(x))):
    return pair(y, dx)


def masked_sigmoid(x):
    y, positive = np.empty_like(x), x >= 0
    y[positive] = 1 / (1 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    y[~positive] = e / (1 + e)
    return y, lambda dy: dy * (y - y**2)


def overflow_in_back(x):
    return expit(x), lambda dy: dy * np.exp(-x) / (1 + np.exp(-x)) ** 2


def e_over_one_plus_e(x):
    return np.exp(x) / (1 + np.exp(x))


# --- leaky ReLU


def leaky(
    y=lambda x, a: np.where(x > 0, x, a * x), dx=lambda x, dy, a: np.where(x > 0, dy, a * dy)
):
    return pair(y, dx)


def loop_leaky(x, a):
    slopes = np.ones(x.shape)
    for k, j in np.ndindex(x.shape):
        if x[k, j] <= 0:
            slopes[k, j] = a[j]
    y = x * slopes

    def back(dy):
        return slopes * dy

    return y, back


# --- GELU


def density(x):
    return math.sqrt(1 / (2 * math.pi)) * np.exp(-0.5 * x * x)


def gelu(y=lambda x: x * ndtr(x), dx=lambda x, dy: dy * (ndtr(x) + x * density(x))):
    return pair(y, dx)


def report_gelu(x):
    """Report B's (20) and (23) as printed."""
    Phi = 0.5 * (1 + erf(x / 2**0.5))
    return x * Phi, lambda dy: dy * Phi + dy * x * np.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5


def tanh_form(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def tanh_form_slope(x, dy):
    c = (2 / math.pi) ** 0.5
    t = np.tanh(c * (x + 0.044715 * x**3))
    return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 0.134145 * x**2))


# --- one layer of two


def one_layer(W=lambda W1, W2: W1 @ W2, b=lambda W1, b1, W2, b2: b1 @ W2 + b2):
    return lambda W1, b1, W2, b2: (W(W1, W2), b(W1, b1, W2, b2))


def by_probing(W1, b1, W2, b2):
    """Send 0 and the unit vectors through both layers."""
    both = (np.vstack([np.zeros(4), np.eye(4)]) @ W1 + b1) @ W2 + b2
    return both[1:] - both[0], both[0]


# --- dead units


def loop_dead(A):
    return sum(1 for column in A.T if not column.any())


RIGHT = {
    "stable_sigmoid": [sigmoid(), masked_sigmoid],
    "leaky": [leaky(), loop_leaky],
    "exact_gelu": [gelu(), report_gelu],
    "collapse": [one_layer(), by_probing],
    "count_dead": [lambda A: (A.max(axis=0) == 0).sum(), loop_dead],
}

WRONG = [
    ("stable_sigmoid", "the slope overflows", overflow_in_back),
    *[
        ("stable_sigmoid", name, sigmoid(**change))
        for name, change in {
            "it overflows": {"y": e_over_one_plus_e},
            "the sign of x is turned": {"y": lambda x: 1 - expit(x)},
            "negative x treated like positive": {"y": lambda x: 1 / (1 + np.exp(-np.abs(x)))},
            "positive x treated like negative": {"y": lambda x: expit(-np.abs(x))},
            "tanh": {"y": np.tanh},
            "tanh of x, not of x/2": {"y": lambda x: 0.5 + 0.5 * np.tanh(x)},
            "the input for the output": {"dx": lambda x, dy: x * (1 - x) * dy},
            "plus for minus": {"dx": lambda x, dy: dy * (expit(x) + expit(x) ** 2)},
            "forgot dy": {"dx": lambda x, dy: expit(x) * (1 - expit(x))},
            "1 - y forgotten": {"dx": lambda x, dy: expit(x) * dy},
            "y forgotten": {"dx": lambda x, dy: dy * (1 - expit(x))},
            "dy taken for y": {"dx": lambda x, dy: dy - dy**2},
            "tanh's slope": {"dx": lambda x, dy: dy * (1 - expit(x) * expit(x))},
            "the sign is turned": {"dx": lambda x, dy: -dy * expit(x) * expit(-x)},
        }.items()
    ],
    *[
        ("leaky", name, leaky(**change))
        for name, change in [
            ("the larger of x and a x", {"y": lambda x, a: np.maximum(x, a * x)}),
            ("a fixed slope of 0.01", {"y": lambda x, a: np.maximum(x, x / 100)}),
            ("a x added on both sides", {"y": lambda x, a: x * (x > 0) + a * x}),
            ("ReLU", {"y": lambda x, a: x * (x > 0)}),
            ("sides swapped", {"y": lambda x, a: np.where(x < 0, x, a * x)}),
            ("a taken for the value", {"y": lambda x, a: np.where(x > 0, x, a)}),
            ("the sign is turned", {"y": lambda x, a: np.where(x > 0, x, a * np.abs(x))}),
            ("sides swapped", {"dx": lambda x, dy, a: np.where(x < 0, dy, a * dy)}),
            ("ReLU's slope", {"dx": lambda x, dy, a: np.where(x > 0, dy, 0)}),
            ("forgot dy", {"dx": lambda x, dy, a: np.where(x > 0, 1.0, a)}),
            ("dy forgotten on the left", {"dx": lambda x, dy, a: np.where(x > 0, dy, a)}),
            ("a on both sides", {"dx": lambda x, dy, a: a * dy}),
            ("a x for its slope", {"dx": lambda x, dy, a: np.where(x > 0, dy, dy * a * x)}),
            ("the sign of dy decides", {"dx": lambda x, dy, a: np.where(dy > 0, dy, a * dy)}),
            ("the value for the slope", {"dx": lambda x, dy, a: leaky()(x, a)[0] * dy}),
        ]
    ],
    *[
        ("exact_gelu", name, gelu(**change))
        for name, change in {
            "x forgotten": {"y": ndtr},
            "the root of 2 forgotten": {"y": lambda x: x * (1 + erf(x)) / 2},
            "the root of 2 outside erf": {"y": lambda x: x / 2 + x * erf(x) / 8**0.5},
            "x times σ(1.702 x)": {"y": lambda x: x * expit(1.702 * x)},
            "the half forgotten": {"y": lambda x: 2 * x * ndtr(x)},
            "the density for Φ": {"y": lambda x: x * density(x)},
            "the tanh form": {"y": tanh_form},
            "only Φ": {"dx": lambda x, dy: ndtr(x) * dy},
            "Φ forgotten": {"dx": lambda x, dy: x * density(x) * dy},
            "the slope of Φ alone": {"dx": lambda x, dy: density(x) * dy},
            "Φ and density exchanged": {"dx": lambda x, dy: dy * (x * ndtr(x) + density(x))},
            "x before the density forgotten": {"dx": lambda x, dy: dy * (ndtr(x) + density(x))},
            "√(2π) forgotten": {"dx": lambda x, dy: dy * (ndtr(x) + x * np.exp(-x * x / 2))},
            "2π without its root": {
                "dx": lambda x, dy: dy * (ndtr(x) + x * density(x) / (2 * math.pi) ** 0.5)
            },
            "the minus in the exponent forgotten": {
                "dx": lambda x, dy: dy * (ndtr(x) + x * density(x) * np.exp(x * x))
            },
            "dy with the first term only": {"dx": lambda x, dy: dy * ndtr(x) + x * density(x)},
            "dy with the second term only": {"dx": lambda x, dy: ndtr(x) + dy * x * density(x)},
            "the tanh form's slope": {"dx": tanh_form_slope},
            "the density without its half": {
                "dx": lambda x, dy: dy * (ndtr(x) + x * density(x * 2**0.5))
            },
            "forgot dy": {"dx": lambda x, dy: ndtr(x) + x * density(x)},
        }.items()
    ],
    *[
        ("collapse", name, one_layer(**change))
        for name, change in {
            "the other order": {"W": lambda W1, W2: W2 @ W1},
            "element by element": {"W": np.multiply},
            "added": {"W": np.add},
            "transposed": {"W": lambda W1, W2: W2.T @ W1.T},
            "b1 not sent through W2": {"b": lambda W1, b1, W2, b2: b1 + b2},
            "b2 forgotten": {"b": lambda W1, b1, W2, b2: b1 @ W2},
            "b1 forgotten": {"b": lambda W1, b1, W2, b2: b2},
            "b1 through the wrong matrix": {"b": lambda W1, b1, W2, b2: b1 @ W1 + b2},
            "b1 through both matrices": {"b": lambda W1, b1, W2, b2: b1 @ (W1 @ W2) + b2},
            "b1 on the wrong side": {"b": lambda W1, b1, W2, b2: W2 @ b1 + b2},
            "b2 sent through W2 as well": {"b": lambda W1, b1, W2, b2: b1 @ W2 + b2 @ W2},
        }.items()
    ],
    ("count_dead", "rows counted", lambda A: (A.sum(axis=1) == 0).sum()),
    ("count_dead", "units that are ever off", lambda A: (A.min(axis=0) == 0).sum()),
    ("count_dead", "zeros counted", lambda A: A.size - np.count_nonzero(A)),
    ("count_dead", "none found", lambda A: np.all(A < 0, axis=0).sum()),
    ("count_dead", "a mask, not a number", lambda A: ~A.any(axis=0)),
    ("count_dead", "a share", lambda A: np.mean(A.max(axis=0) == 0)),
    ("count_dead", "the living counted", lambda A: (A.max(axis=0) > 0).sum()),
]
