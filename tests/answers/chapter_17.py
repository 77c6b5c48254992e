"""Answers to chapter 17: a prediction interval, the efficient networks, how fast decay acts."""

import numpy as np
from scipy import stats

ppf = stats.t.ppf


def plain_new(values):
    n = len(values)
    return ppf(0.975, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n)


def by_variances(values):
    n = values.size
    var = ((values - values.mean()) ** 2).sum() / (n - 1)
    return ppf(0.975, n - 1) * (var + var / n) ** 0.5


def looped(accuracy, seconds):
    points = list(zip(accuracy, seconds, strict=True))
    return np.array(
        [not any(b >= a and u <= s and (b > a or u < s) for b, u in points) for a, s in points]
    )


def tabled(accuracy, seconds):
    a, s = accuracy[:, None], seconds[:, None]
    no_worse = (accuracy >= a) & (seconds <= s)
    better = (accuracy > a) | (seconds < s)
    return 1 - (no_worse & better).any(axis=1)


def rates(heavy_ball=None, average=None, decoupled=None):
    """The right rates with one replaced."""

    def answer(lr, mu, lam):
        right = [lr * lam / (1 - mu), lr * lam, lr * lam]
        for i, wrong in enumerate((heavy_ball, average, decoupled)):
            if wrong is not None:
                right[i] = wrong(lr, mu, lam)
        return tuple(right)

    return answer


def settled(lr, mu, lam):
    found = []
    for c in (1, 1 - mu):
        v = 0.0
        for _ in range(2000):
            v = mu * v + c * lam
        found.append(lr * v)
    return *found, lr * lam


RIGHT = {
    "new_run": [plain_new, by_variances],
    "efficient": [looped, tabled],
    "shrink_rate": [rates(), settled],
}

WRONG = [
    *[
        ("new_run", name, make)
        for name, make in [
            ("interval of the mean", lambda x: ppf(0.975, 4) * stats.sem(x)),
            ("the mean taken as known", lambda x: ppf(0.975, len(x) - 1) * np.std(x, ddof=1)),
            ("1.96 for Student's factor", lambda x: 1.96 * x.std(ddof=1) * (1 + 1 / 5) ** 0.5),
            ("a factor for n", lambda x: ppf(0.975, len(x)) * x.std(ddof=1) * 1.2**0.5),
            ("one side only", lambda x: ppf(0.95, 4) * x.std(ddof=1) * np.sqrt(1.2)),
            ("divided by n", lambda x: ppf(0.975, 4) * x.std() * np.sqrt(1.2)),
            ("root forgotten", lambda x: ppf(0.975, 4) * x.std(ddof=1) * (1 + 1 / len(x))),
            ("variance for deviation", lambda x: ppf(0.975, 4) * x.var(ddof=1) * 1.2**0.5),
        ]
    ],
    *[
        ("efficient", name, make)
        for name, make in [
            (
                "beaten only if worse in both",
                lambda a, s: ~((a > a[:, None]) & (s < s[:, None])).any(axis=1),
            ),
            (
                "beaten by itself",
                lambda a, s: ~((a >= a[:, None]) & (s <= s[:, None])).any(axis=1),
            ),
            ("slower counted as better", lambda a, s: looped(a, -s)),
            ("the others", lambda a, s: 1 - tabled(a, s)),
            ("accuracy per second", lambda a, s: a / s == np.max(a / s)),
        ]
    ],
    *[
        ("shrink_rate", name, rates(heavy_ball=make))
        for name, make in [
            ("momentum forgotten", lambda lr, mu, lam: lr * lam),
            ("multiplied by 1 - mu", lambda lr, mu, lam: (1 - mu) * lr * lam),
            ("divided by mu", lambda lr, mu, lam: lr * lam / mu),
            ("learning rate forgotten", lambda lr, mu, lam: lam / (1 - mu)),
        ]
    ],
    ("shrink_rate", "c forgotten", rates(average=lambda lr, mu, lam: lr * lam / (1 - mu))),
    ("shrink_rate", "not added up", rates(average=lambda lr, mu, lam: (1 - mu) * lr * lam)),
    (
        "shrink_rate",
        "through the velocity",
        rates(decoupled=lambda lr, mu, lam: lr * lam / (1 - mu)),
    ),
    ("shrink_rate", "lambda alone", rates(decoupled=lambda lr, mu, lam: lam)),
]
