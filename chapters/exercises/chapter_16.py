"""Exercises of chapter 16: Welch's interval, Holm's correction, the lottery of single runs."""

import numpy as np
from scipy.stats import norm, t

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: Welch -------------------------------------------------------------------------------------


def _two_samples(rng):
    return {"a": rng.normal(0.52, 0.02, size=7), "b": rng.normal(0.5, 0.004, size=4)}


def _freedom(a, b, ddof=1):
    u, v = a.var(ddof=ddof) / len(a), b.var(ddof=ddof) / len(b)
    return (u + v) ** 2 / (u**2 / (len(a) - 1) + v**2 / (len(b) - 1)), u, v


def _welch(a, b, factor=None, ddof=1):
    nu, u, v = _freedom(a, b, ddof)
    return (t.ppf(0.975, nu) if factor is None else factor) * np.sqrt(u + v)


def _pooled(a, b):
    n, m = len(a), len(b)
    var = ((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2)
    return t.ppf(0.975, n + m - 2) * np.sqrt(var * (1 / n + 1 / m))


welch = Exercise(
    cases=_two_samples,
    run=lambda answer, a, b: {"half": answer(a, b)},
    right=_welch,
    mistakes={
        "half": _named(
            (
                "1.96 for Student's factor",
                "With a handful of runs the factor is larger: t.ppf(0.975, nu).",
                lambda a, b: _welch(a, b, factor=1.96),
            ),
            (
                "the normal factor for Student's",
                "With a handful of runs the factor is larger: t.ppf(0.975, nu).",
                lambda a, b: _welch(a, b, factor=norm.ppf(0.975)),
            ),
            (
                "one side only",
                "Two tails of 2.5% each: t.ppf(0.975, nu).",
                lambda a, b: _welch(a, b, factor=t.ppf(0.95, _freedom(a, b)[0])),
            ),
            (
                "divided by n",
                "A sample's variance divides by n - 1: var(ddof=1).",
                lambda a, b: _welch(a, b, ddof=0),
            ),
            (
                "n + m - 2 degrees of freedom",
                "That is for equal variances; Welch's nu is the long formula.",
                lambda a, b: _welch(a, b, factor=t.ppf(0.975, len(a) + len(b) - 2)),
            ),
            (
                "one variance for both",
                "The two rows need not spread alike: each has its own variance.",
                _pooled,
            ),
            (
                "half widths added",
                "Variances add, not widths: take the root of the sum.",
                lambda a, b: sum(
                    t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / len(x) ** 0.5 for x in (a, b)
                ),
            ),
            (
                "n forgotten",
                "That is the spread of single runs; a mean's variance is s^2 / n.",
                lambda a, b: (
                    t.ppf(0.975, _freedom(a, b)[0]) * np.sqrt(a.var(ddof=1) + b.var(ddof=1))
                ),
            ),
            (
                "root forgotten",
                "The standard error is the root of the summed variances.",
                lambda a, b: t.ppf(0.975, _freedom(a, b)[0]) * sum(_freedom(a, b)[1:]),
            ),
            (
                "the whole width",
                "Half the interval is asked.",
                lambda a, b: 2 * _welch(a, b),
            ),
        )
    },
    praise="Each row brings its own spread.",
    hints=(
        "First the variance of each mean. Then that of their difference.",
        "u = a.var(ddof=1) / len(a), v likewise; the standard error is sqrt(u + v).",
        "nu = (u + v)**2 / (u**2 / (len(a) - 1) + v**2 / (len(b) - 1)); "
        "return t.ppf(0.975, nu) * np.sqrt(u + v)",
    ),
)

# --- 2: Holm --------------------------------------------------------------------------------------


def _p_values(rng):
    p = np.array([0.001, 0.0011, 0.012, 0.0123, 0.03, 0.6, 0.8])  # in places 2 p < 1 q; 2 p > 1
    return {"p": rng.permutation(p * rng.uniform(0.95, 1.0))}


def _by_rank(p, factors, after):
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = after(p[order] * factors)
    return adjusted


_DOWN = np.arange(7, 0, -1)


def _holm(p):
    return _by_rank(p, _DOWN, lambda q: np.minimum(np.maximum.accumulate(q), 1))


holm = Exercise(
    cases=_p_values,
    run=lambda answer, p: {"adjusted": answer(p)},
    right=_holm,
    mistakes={
        "adjusted": _named(
            (
                "Bonferroni",
                "All times m. Holm multiplies only the smallest by m, the next by m - 1.",
                lambda p: np.minimum(len(p) * p, 1),
            ),
            (
                "not monotone",
                "An adjusted value must not be below that of a smaller p: np.maximum.accumulate.",
                lambda p: _by_rank(p, _DOWN, lambda q: np.minimum(q, 1)),
            ),
            (
                "above 1",
                "A probability: cut at 1.",
                lambda p: _by_rank(p, _DOWN, np.maximum.accumulate),
            ),
            (
                "order not restored",
                "You give them sorted; put each back where its p came from.",
                lambda p: np.sort(_holm(p)),
            ),
            (
                "argsort for the way back",
                "order = p.argsort() says whose turn it is. Write back with out[order] = adjusted; "
                "adjusted[order] shuffles once more.",
                lambda p: np.sort(_holm(p))[np.argsort(p)],
            ),
            (
                "factors the wrong way round",
                "The smallest p is multiplied by m, the largest by 1.",
                lambda p: _by_rank(
                    p, _DOWN[::-1], lambda q: np.minimum(np.maximum.accumulate(q), 1)
                ),
            ),
            (
                "lowered, not raised",
                "Go from the smallest up and raise what is below its predecessor.",
                lambda p: _by_rank(
                    p, _DOWN, lambda q: np.minimum(np.minimum.accumulate(q[::-1])[::-1], 1)
                ),
            ),
            (
                "Benjamini and Hochberg",
                "m / rank bounds the share of false findings; Holm's factors are m, m - 1, ..., 1.",
                lambda p: _by_rank(
                    p,
                    7 / np.arange(1, 8),
                    lambda q: np.minimum(np.minimum.accumulate(q[::-1])[::-1], 1),
                ),
            ),
            (
                "multiplied without sorting",
                "The factor belongs to the rank of p, not to its place.",
                lambda p: np.minimum(np.maximum.accumulate(p * _DOWN), 1),
            ),
        )
    },
    praise="Strict with the first, milder with each that follows.",
    hints=(
        "np.argsort gives the order; work on the sorted values, then put them back.",
        "sorted p * np.arange(m, 0, -1), then np.maximum.accumulate, then at most 1.",
        "order = np.argsort(p); out = np.empty_like(p); out[order] = np.minimum(1, "
        "np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))); return out",
    ),
)

# --- 3: the lottery -------------------------------------------------------------------------------


def _runs(rng):
    # in thousandths, so that some are equal
    return {"a": rng.integers(507, 516, 5) / 1000, "b": rng.integers(505, 514, 7) / 1000}


def _cases_with_ties(rng):
    while True:
        case = _runs(rng)
        a, b = case["a"], case["b"]
        if (a[:, None] == b).any() and (a == b[:5]).sum() in (1, 2):
            return case


crowned = Exercise(
    cases=_cases_with_ties,
    run=lambda answer, a, b: {"share": answer(a, b)},
    right=lambda a, b: ((a[:, None] > b) + 0.5 * (a[:, None] == b)).mean(),
    mistakes={
        "share": _named(
            (
                "ties lost",
                "Equal accuracies count a half for each.",
                lambda a, b: (a[:, None] > b).mean(),
            ),
            (
                "ties won",
                "Equal accuracies count a half for each.",
                lambda a, b: (a[:, None] >= b).mean(),
            ),
            (
                "b's wins",
                "Asked is how often a's run is the better one.",
                lambda a, b: ((a[:, None] < b) + 0.5 * (a[:, None] == b)).mean(),
            ),
            (
                "runs compared in pairs",
                "Any run of a may meet any run of b: n times m draws, a[:, None] against b.",
                lambda a, b: ((a > b[:5]) + 0.5 * (a == b[:5])).mean(),
            ),
            (
                "compared with b's mean",
                "A single run of b is drawn, not its mean.",
                lambda a, b: (a > b.mean()).mean(),
            ),
            (
                "counted, not a share",
                "Divide by the number of draws, n times m.",
                lambda a, b: ((a[:, None] > b) + 0.5 * (a[:, None] == b)).sum(),
            ),
        )
    },
    praise="That is how much a single run per row can say.",
    hints=(
        "Draw any run of a and any run of b: how many draws are there?",
        "a[:, None] > b is a table (n, m) of all draws.",
        "return ((a[:, None] > b) + 0.5 * (a[:, None] == b)).mean()",
    ),
)
