"""Exercises of chapter 17: a prediction interval, the efficient networks, how fast decay acts."""

import numpy as np
from scipy.stats import t

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: one new run -------------------------------------------------------------------------------


def _new(values, factor=None, ddof=1, extra=1.0, power=0.5):
    n = len(values)
    factor = t.ppf(0.975, n - 1) if factor is None else factor
    return factor * values.std(ddof=ddof) * (extra + 1 / n) ** power


new_run = Exercise(
    cases=lambda rng: {"values": rng.normal(0.55, 0.01, size=5)},
    run=lambda answer, values: {"half": answer(values)},
    right=_new,
    mistakes={
        "half": _named(
            (
                "interval of the mean",
                "That says where the mean lies. A new run has luck of its own: 1 + 1/n, not 1/n.",
                lambda values: _new(values, extra=0.0),
            ),
            (
                "the mean taken as known",
                "It comes from n runs and is uncertain as well: 1 + 1/n under the root.",
                lambda values: t.ppf(0.975, 4) * values.std(ddof=1),
            ),
            (
                "1.96 for Student's factor",
                "With five runs it is t.ppf(0.975, 4), much larger.",
                lambda values: _new(values, factor=1.96),
            ),
            (
                "a factor for n",
                "n - 1 degrees of freedom.",
                lambda values: _new(values, factor=t.ppf(0.975, 5)),
            ),
            (
                "one side only",
                "Two tails of 2.5% each: t.ppf(0.975, n - 1).",
                lambda values: _new(values, factor=t.ppf(0.95, 4)),
            ),
            (
                "divided by n",
                "The deviation of a sample: std(ddof=1).",
                lambda values: _new(values, ddof=0),
            ),
            (
                "root forgotten",
                "Variances add: s^2 (1 + 1/n). Take the root.",
                lambda values: _new(values, power=1.0),
            ),
            (
                "variance for deviation",
                "t s sqrt(1 + 1/n), with s the deviation.",
                lambda values: t.ppf(0.975, 4) * values.var(ddof=1) * np.sqrt(1.2),
            ),
        )
    },
    praise="Wide, as one run deserves.",
    hints=(
        "Two sources of luck: the new run's, and that of the mean it is compared with.",
        "The variances s^2 and s^2 / n add up.",
        "return t.ppf(0.975, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n)",
    ),
)

# --- 2: efficient networks ------------------------------------------------------------------------


def _networks(rng):
    """Eight networks on a coarse grid: some equal in one respect, two in both."""
    while True:
        accuracy = rng.integers(50, 55, size=8) / 100
        seconds = rng.integers(1, 6, size=8) * 10.0
        accuracy[1], seconds[1] = accuracy[0], seconds[0]
        case = {"accuracy": accuracy, "seconds": seconds}
        answers = [f(**case).tolist() for f in (_efficient, *_INEFFICIENT)]
        if all(answers.count(a) == 1 for a in answers) and _efficient(**case)[0]:
            return case


def _beaten(accuracy, seconds, better):
    pairs = zip(accuracy, seconds, strict=True)
    return np.array([better(accuracy - a, s - seconds).any() for a, s in pairs])


def _efficient(accuracy, seconds):
    return ~_beaten(accuracy, seconds, lambda da, ds: (da >= 0) & (ds >= 0) & ((da > 0) | (ds > 0)))


def _beaten_in_both(accuracy, seconds):
    return ~_beaten(accuracy, seconds, lambda da, ds: (da > 0) & (ds > 0))


def _beaten_by_an_equal(accuracy, seconds):
    beaten = _beaten(accuracy, seconds, lambda da, ds: (da >= 0) & (ds >= 0))
    return ~beaten  # each is at least as good as itself


def _slowest_first(accuracy, seconds):
    return _efficient(accuracy, -seconds)


def _the_beaten(accuracy, seconds):
    return ~_efficient(accuracy, seconds)


def _ratio(accuracy, seconds):
    ratio = accuracy / seconds
    return ratio == ratio.max()


_INEFFICIENT = (_beaten_in_both, _slowest_first, _the_beaten, _ratio)

efficient = Exercise(
    cases=_networks,
    run=lambda answer, accuracy, seconds: {"who": answer(accuracy, seconds)},
    right=_efficient,
    mistakes={
        "who": _named(
            (
                "beaten only if worse in both",
                "As accurate and quicker is enough to beat it, and as quick and more accurate.",
                _beaten_in_both,
            ),
            (
                "beaten by itself",
                "Each network is as good as itself: one of the two must be strictly better.",
                _beaten_by_an_equal,
            ),
            (
                "slower counted as better",
                "Fewer seconds are better, more accuracy is.",
                _slowest_first,
            ),
            ("the others", "You mark those that are beaten. Turn it around.", _the_beaten),
            (
                "accuracy per second",
                "That picks one point. Efficient are all that no other beats.",
                _ratio,
            ),
        )
    },
    praise="All others could be replaced without loss.",
    hints=(
        "For each network: is there another that beats it? Two loops will do.",
        "Another beats it if it is >= in accuracy, <= in seconds, and > or < in one of them.",
        "return np.array([not any(b >= a and u <= s and (b > a or u < s) for b, u in "
        "zip(accuracy, seconds)) for a, s in zip(accuracy, seconds)])",
    ),
)

# --- 3: how fast decay acts -----------------------------------------------------------------------


def _rates(lr, mu, lam):
    return lr * lam / (1 - mu), lr * lam, lr * lam


shrink_rate = Exercise(
    cases=lambda rng: {
        "lr": rng.uniform(0.01, 0.1),
        "mu": rng.uniform(0.6, 0.95),
        "lam": rng.uniform(1e-3, 1e-2),
    },
    run=lambda answer, **case: dict(
        zip(
            ("heavy_ball", "average", "decoupled"),
            answer(*(float(value) for value in case.values())),
            strict=True,
        )
    ),
    right=_rates,
    mistakes={
        "heavy_ball": _named(
            (
                "momentum forgotten",
                "The velocity adds up: it settles where v = mu v + lambda w.",
                lambda lr, mu, lam: lr * lam,
            ),
            (
                "multiplied by 1 - mu",
                "Solve v = mu v + lambda w for v: (1 - mu) v = lambda w.",
                lambda lr, mu, lam: lr * lam * (1 - mu),
            ),
            (
                "divided by mu",
                "Solve v = mu v + lambda w for v: what stands on the left is (1 - mu) v.",
                lambda lr, mu, lam: lr * lam / mu,
            ),
            (
                "learning rate forgotten",
                "w moves by lr times v.",
                lambda lr, mu, lam: lam / (1 - mu),
            ),
        ),
        "average": _named(
            (
                "c forgotten",
                "Here lambda w enters with 1 - mu, which cancels the sum's 1 / (1 - mu).",
                lambda lr, mu, lam: lr * lam / (1 - mu),
            ),
            (
                "not added up",
                "lambda w enters with 1 - mu in every step; the velocity adds these up.",
                lambda lr, mu, lam: lr * lam * (1 - mu),
            ),
        ),
        "decoupled": _named(
            (
                "through the velocity",
                "Decoupled decay shrinks w itself; momentum never sees it.",
                lambda lr, mu, lam: lr * lam / (1 - mu),
            ),
            (
                "lambda alone",
                "AdamW's decay is multiplied by the learning rate too.",
                lambda lr, mu, lam: lam,
            ),
        ),
    },
    praise="Same lambda, and at momentum 0.9 ten times the decay.",
    hints=(
        "A settled velocity does not change: put the same v on both sides.",
        "(1 - mu) v = c lambda w.",
        "return lr * lam / (1 - mu), lr * lam, lr * lam",
    ),
)
