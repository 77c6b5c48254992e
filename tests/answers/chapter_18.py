"""Answers to chapter 18: the map of a view, averaged answers, a paired gain."""

import numpy as np
from scipy import stats


def short_map(C, mu, order):
    return C[:, order] @ C.T, C @ (mu[order] - mu)


def matrix_map(C, mu, order):
    P = np.eye(len(mu))[:, order]  # picture @ P is picture[order]
    return C @ P @ C.T, (mu @ P - mu) @ C.T


def linear(M=None, s=None):
    """The right map with one part replaced."""

    def answer(C, mu, order):
        right = short_map(C, mu, order)
        return (M(C, mu, order) if M else right[0]), (s(C, mu, order) if s else right[1])

    return answer


def softmax(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis, keepdims=True)


def looped(outputs):
    total = 0
    for view in outputs:
        total = total + softmax(view)
    return total / len(outputs)


def plain_gain(before, after):
    gains = after - before
    half = stats.t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
    return gains.mean(), half


def scipy_gain(before, after):
    interval = stats.ttest_rel(after, before).confidence_interval(0.95)
    return np.mean(after - before), (interval.high - interval.low) / 2


def gain(mean=None, half=None):
    def answer(before, after):
        right = plain_gain(before, after)
        return (mean(before, after) if mean else right[0]), (
            half(before, after) if half else right[1]
        )

    return answer


def with_factor(factor, ddof=1):
    return lambda b, a: factor * (a - b).std(ddof=ddof) / len(a) ** 0.5


def welch(b, a):
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    return (interval.high - interval.low) / 2


RIGHT = {
    "linear_map": [short_map, matrix_map],
    "averaged": [lambda outputs: softmax(outputs).mean(0), looped],
    "paired_gain": [plain_gain, scipy_gain],
}

WRONG = [
    *[
        ("linear_map", name, linear(M=make))
        for name, make in [
            ("M transposed", lambda C, mu, order: C @ C[:, order].T),
            ("nothing changed", lambda C, mu, order: np.eye(len(C))),
        ]
    ],
    *[
        ("linear_map", name, linear(s=make))
        for name, make in [
            ("s is zero", lambda C, mu, order: 0 * C[:, 0]),
            ("mean not subtracted", lambda C, mu, order: C @ mu[order]),
            ("s with the wrong sign", lambda C, mu, order: C @ (mu - mu[order])),
            ("the way back in s", lambda C, mu, order: C @ (mu[np.argsort(order)] - mu)),
            ("s left in pixels", lambda C, mu, order: mu[order] - mu),
        ]
    ],
    *[
        ("averaged", name, make)
        for name, make in [
            ("logits averaged", lambda z: softmax(z.mean(0))),
            ("no softmax", lambda z: z.mean(0)),
            ("all equal", lambda z: softmax(z, 0).mean(0)),
            ("softmax over the rows", lambda z: softmax(z, 1).mean(0)),
            ("mean over the rows", lambda z: softmax(z).mean(1)),
            ("sum, not mean", lambda z: softmax(z).sum(0)),
            ("the largest, not the mean", lambda z: softmax(z).max(0)),
        ]
    ],
    *[
        ("paired_gain", name, gain(mean=make))
        for name, make in [
            ("before minus after", lambda b, a: b.mean() - a.mean()),
            ("a ratio", lambda b, a: np.mean((a - b) / b)),
            ("the sum of the gains", lambda b, a: np.sum(a - b)),
        ]
    ],
    *[
        ("paired_gain", name, gain(half=make))
        for name, make in [
            ("unpaired", welch),
            ("1.96 for Student's factor", with_factor(1.96)),
            ("a factor for n", with_factor(stats.t.ppf(0.975, 6))),
            ("one side only", with_factor(stats.t.ppf(0.95, 5))),
            ("divided by n", with_factor(stats.t.ppf(0.975, 5), ddof=0)),
            ("root of n forgotten", lambda b, a: stats.t.ppf(0.975, 5) * (a - b).std(ddof=1)),
            ("the whole width", lambda b, a: 2 * plain_gain(b, a)[1]),
        ]
    ],
]
