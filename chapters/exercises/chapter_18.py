"""Exercises of chapter 18: the map of a view, averaged answers, a paired gain."""

import numpy as np
from scipy.stats import t

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: the linear map ----------------------------------------------------------------------------


def _pictures(rng):
    C = np.linalg.qr(rng.normal(size=(9, 9)))[0][:4]
    order = rng.permutation(9)
    while (order[order] == np.arange(9)).all():  # its own inverse: M would be symmetric
        order = rng.permutation(9)
    return {"C": C, "mu": rng.normal(size=9), "order": order}


def _map(C, mu, order):
    return C[:, order] @ C.T, (mu[order] - mu) @ C.T


linear_map = Exercise(
    cases=_pictures,
    run=lambda answer, C, mu, order: dict(zip("Ms", answer(C, mu, order.astype(int)), strict=True)),
    right=_map,
    mistakes={
        "M": _named(
            (
                "M transposed",
                "First x C, then its pixels in the new order, then C^T. M is not symmetric.",
                lambda C, mu, order: (C[:, order.astype(int)] @ C.T).T,
            ),
            (
                "nothing changed",
                "C @ C.T is the identity: somewhere in between the pixels must change places.",
                lambda C, mu, order: C @ C.T,
            ),
        ),
        "s": _named(
            (
                "s is zero",
                "The mean picture changes too: it was added before, and is taken away after.",
                lambda C, mu, order: np.zeros(4),
            ),
            (
                "mean not subtracted",
                "Features are (picture - mu) C^T: the mean as it is must be taken away.",
                lambda C, mu, order: mu[order.astype(int)] @ C.T,
            ),
            (
                "s with the wrong sign",
                "The changed mean is added, the mean as it is subtracted.",
                lambda C, mu, order: (mu - mu[order.astype(int)]) @ C.T,
            ),
            (
                "the way back in s",
                "mu[order] is the changed mean; np.argsort(order) would undo the change.",
                lambda C, mu, order: (mu[np.argsort(order)] - mu) @ C.T,
            ),
            (
                "s left in pixels",
                "It must be added to features: multiply by C^T.",
                lambda C, mu, order: mu[order.astype(int)] - mu,
            ),
        ),
    },
    praise="One product, and the picture has changed without having been there.",
    hints=(
        "Follow one row: features to picture, change, picture to features. What multiplies x?",
        "The picture is x C + mu. Its pixels in the new order: x C[:, order] + mu[order].",
        "M = C[:, order] @ C.T and s = (mu[order] - mu) @ C.T",
    ),
)

# --- 2: averaged answers --------------------------------------------------------------------------


def _softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


averaged = Exercise(
    cases=lambda rng: {"outputs": rng.normal(0, 3, size=(4, 4, 4))},
    run=lambda answer, outputs: {"p": answer(outputs)},
    right=lambda outputs: _softmax(outputs).mean(axis=0),
    mistakes={
        "p": _named(
            (
                "logits averaged",
                "Softmax first, then the mean: that is a mean of probabilities.",
                lambda outputs: _softmax(outputs.mean(axis=0)),
            ),
            (
                "no softmax",
                "These are mean logits. Make them probabilities, view by view, first.",
                lambda outputs: outputs.mean(axis=0),
            ),
            (
                "all equal",
                "Softmax is along the classes, the last axis, and the mean along the views, the "
                "first. One axis taken for both leaves nothing.",
                lambda outputs: np.full((4, 4), 0.25),
            ),
            (
                "softmax over the rows",
                "Each row is answered for itself: the classes are the last axis.",
                lambda outputs: _softmax(outputs, axis=1).mean(axis=0),
            ),
            (
                "mean over the rows",
                "The views are axis 0; the rows must stay.",
                lambda outputs: _softmax(outputs).mean(axis=1),
            ),
            (
                "sum, not mean",
                "Each row must add up to 1: divide by the number of views.",
                lambda outputs: _softmax(outputs).sum(axis=0),
            ),
            (
                "the largest, not the mean",
                "One sure view should not outvote all others: mean.",
                lambda outputs: _softmax(outputs).max(axis=0),
            ),
        )
    },
    praise="Every view has one vote, and says how sure it is.",
    hints=(
        "First each view's probabilities, then one answer of all.",
        "Softmax along the last axis, the mean along the first.",
        "e = np.exp(outputs - outputs.max(axis=-1, keepdims=True)); "
        "return (e / e.sum(axis=-1, keepdims=True)).mean(axis=0)",
    ),
)

# --- 3: a paired gain -----------------------------------------------------------------------------


def _half(gains, n=6, factor=None, ddof=1):
    return (t.ppf(0.975, n - 1) if factor is None else factor) * gains.std(ddof=ddof) / n**0.5


def _unpaired(before, after):
    spread = before.var(ddof=1) / 6 + after.var(ddof=1) / 6
    parts = [(v.var(ddof=1) / 6) ** 2 / 5 for v in (before, after)]
    return t.ppf(0.975, spread**2 / sum(parts)) * spread**0.5


paired_gain = Exercise(
    cases=lambda rng: {
        "before": (b := rng.normal(0.6, 0.02, 6)),
        "after": b + rng.normal(0.01, 0.005, 6),
    },
    run=lambda answer, before, after: dict(
        zip(("mean", "half"), answer(before, after), strict=True)
    ),
    right=lambda before, after: ((after - before).mean(), _half(after - before)),
    mistakes={
        "mean": _named(
            (
                "before minus after",
                "A gain is positive when the second is larger: after - before.",
                lambda before, after: (before - after).mean(),
            ),
            (
                "a ratio",
                "The gain is a difference of accuracies.",
                lambda before, after: (after / before).mean() - 1,
            ),
            (
                "the sum of the gains",
                "Divide by the number of seeds.",
                lambda before, after: (after - before).sum(),
            ),
        ),
        "half": _named(
            (
                "unpaired",
                "That is Welch's for separate runs. The same networks: take the spread of the "
                "differences.",
                _unpaired,
            ),
            (
                "1.96 for Student's factor",
                "With six seeds the factor is t.ppf(0.975, 5), and larger.",
                lambda before, after: _half(after - before, factor=1.96),
            ),
            (
                "a factor for n",
                "n differences have n - 1 degrees of freedom: t.ppf(0.975, n - 1).",
                lambda before, after: _half(after - before, factor=t.ppf(0.975, 6)),
            ),
            (
                "one side only",
                "Two tails of 2.5% each: t.ppf(0.975, n - 1).",
                lambda before, after: _half(after - before, factor=t.ppf(0.95, 5)),
            ),
            (
                "divided by n",
                "The deviation of a sample divides by n - 1: std(ddof=1).",
                lambda before, after: _half(after - before, ddof=0),
            ),
            (
                "root of n forgotten",
                "That is the spread of single gains. A mean's is smaller by the root of n.",
                lambda before, after: _half(after - before) * 6**0.5,
            ),
            (
                "the whole width",
                "Half the interval is asked: factor times std / sqrt(n).",
                lambda before, after: 2 * _half(after - before),
            ),
        ),
    },
    praise="What the seeds share has gone out of the interval.",
    hints=(
        "One number for each seed. Which?",
        "gains = after - before; then the interval of a mean, as in chapter 15.",
        "half = t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / len(gains) ** 0.5",
    ),
)
