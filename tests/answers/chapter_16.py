"""Answers to chapter 16: Welch's interval, Holm's correction, the lottery of single runs."""

import numpy as np
from scipy import stats

ppf = stats.t.ppf


def parts(a, b):
    u, v = np.var(a, ddof=1) / a.size, np.var(b, ddof=1) / b.size
    return u, v, (u + v) ** 2 / (u**2 / (a.size - 1) + v**2 / (b.size - 1))


def plain_welch(a, b):
    u, v, nu = parts(a, b)
    return ppf(0.975, nu) * (u + v) ** 0.5


def scipy_welch(a, b):
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    return (interval.high - interval.low) / 2


def population(a, b):
    u, v = a.var() / len(a), b.var() / len(b)
    nu = (u + v) ** 2 / (u**2 / (len(a) - 1) + v**2 / (len(b) - 1))
    return ppf(0.975, nu) * np.sqrt(u + v)


def student(a, b):
    interval = stats.ttest_ind(a, b, equal_var=True).confidence_interval(0.95)
    return (interval.high - interval.low) / 2


def alone(x):
    return ppf(0.975, len(x) - 1) * stats.sem(x)


def plain_holm(p):
    order, m = np.argsort(p), len(p)
    out = np.empty(m)
    out[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(m, 0, -1)))
    return out


def looped_holm(p):
    m, out, highest = len(p), [0.0] * len(p), 0.0
    for rank, i in enumerate(sorted(range(m), key=lambda i: p[i])):
        highest = max(highest, min(1.0, (m - rank) * p[i]))
        out[i] = highest
    return np.array(out)


def ranked(p, make):
    """make(sorted p, m) put back in p's order."""
    order = np.argsort(p)
    out = np.empty(len(p))
    out[order] = make(p[order], len(p))
    return out


def up(q):
    return np.minimum(np.maximum.accumulate(q), 1)


def down(q):
    return np.minimum(np.minimum.accumulate(q[::-1])[::-1], 1)


def looped_crowned(a, b):
    score = 0
    for x in a:
        for y in b:
            score += 1 if x > y else 0.5 if x == y else 0
    return score / (len(a) * len(b))


RIGHT = {
    "welch": [plain_welch, scipy_welch],
    "holm": [plain_holm, looped_holm],
    "crowned": [
        lambda a, b: (np.sign(np.subtract.outer(a, b)).mean() + 1) / 2,
        looped_crowned,
    ],
}

WRONG = [
    *[
        ("welch", name, make)
        for name, make in [
            (
                "the normal factor for Student's",
                lambda a, b: stats.norm.ppf(0.975) * np.sqrt(sum(parts(a, b)[:2])),
            ),
            ("1.96 for Student's factor", lambda a, b: 1.96 * np.sqrt(sum(parts(a, b)[:2]))),
            (
                "one side only",
                lambda a, b: ppf(0.95, parts(a, b)[2]) * np.sqrt(sum(parts(a, b)[:2])),
            ),
            ("divided by n", population),
            (
                "n + m - 2 degrees of freedom",
                lambda a, b: ppf(0.975, len(a) + len(b) - 2) * np.sqrt(sum(parts(a, b)[:2])),
            ),
            ("one variance for both", student),
            ("half widths added", lambda a, b: alone(a) + alone(b)),
            (
                "n forgotten",
                lambda a, b: ppf(0.975, parts(a, b)[2]) * np.hypot(a.std(ddof=1), b.std(ddof=1)),
            ),
            ("root forgotten", lambda a, b: ppf(0.975, parts(a, b)[2]) * sum(parts(a, b)[:2])),
            ("the whole width", lambda a, b: 2 * plain_welch(a, b)),
        ]
    ],
    *[
        ("holm", name, make)
        for name, make in [
            ("Bonferroni", lambda p: np.clip(p * p.size, 0, 1)),
            (
                "not monotone",
                lambda p: ranked(p, lambda q, m: np.minimum(1, q * np.arange(m, 0, -1))),
            ),
            (
                "above 1",
                lambda p: ranked(p, lambda q, m: np.maximum.accumulate(q * np.arange(m, 0, -1))),
            ),
            ("order not restored", lambda p: up(np.sort(p) * np.arange(len(p), 0, -1))),
            (
                "argsort for the way back",
                lambda p: up(np.sort(p) * np.arange(len(p), 0, -1))[p.argsort()],
            ),
            (
                "factors the wrong way round",
                lambda p: ranked(p, lambda q, m: up(q * np.arange(1, m + 1))),
            ),
            (
                "lowered, not raised",
                lambda p: ranked(p, lambda q, m: down(q * np.arange(m, 0, -1))),
            ),
            (
                "Benjamini and Hochberg",
                lambda p: stats.false_discovery_control(p, method="bh"),
            ),
            ("multiplied without sorting", lambda p: up(p * np.arange(len(p), 0, -1))),
        ]
    ],
    *[
        ("crowned", name, make)
        for name, make in [
            ("ties lost", lambda a, b: np.greater.outer(a, b).mean()),
            ("ties won", lambda a, b: np.greater_equal.outer(a, b).mean()),
            ("b's wins", lambda a, b: looped_crowned(b, a)),
            (
                "runs compared in pairs",
                lambda a, b: np.mean(
                    [1 if x > y else 0.5 if x == y else 0 for x, y in zip(a, b, strict=False)]
                ),
            ),
            ("compared with b's mean", lambda a, b: np.mean(a > np.mean(b))),
            (
                "counted, not a share",
                lambda a, b: looped_crowned(a, b) * len(a) * len(b),
            ),
        ]
    ],
]
