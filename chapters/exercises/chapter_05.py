"""Exercises of chapter 05: softmax, the loss, smoothed targets."""

import numpy as np

from mlpcore import softmax
from mlpcore.exercises import Exercise, Mistake

# --- 1: softmax along the rows --------------------------------------------------------------------


def _scores(rng):
    return {"Z": rng.normal(size=(4, 3)) + 1000, "dP": rng.normal(size=(4, 3))}


def _run(answer, Z, dP):
    P, back = answer(Z)
    return {"P of large logits": float(np.isfinite(P).all()), "P": P, "dZ": back(dP)}


def _softmax(Z, axis=-1):
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def _on_probabilities(f):
    return lambda Z, dP: f(_softmax(Z), dP)


softmax_rows = Exercise(
    cases=_scores,
    run=_run,
    right=softmax,
    mistakes={
        "P of large logits": [
            Mistake(
                "it overflows",
                "exp(1000) is infinite. Subtract the largest logit of each row first.",
                lambda Z, dP: 0.0,
            ),
        ],
        "P": [
            Mistake(
                "softmax down the columns",
                "Rows are examples: each row must sum to 1, so axis=1.",
                lambda Z, dP: _softmax(Z, axis=0),
            ),
            Mistake(
                "the whole batch sums to 1",
                "Sum each row by itself: axis=1, keepdims=True.",
                lambda Z, dP: _softmax(Z, axis=None),
            ),
            Mistake(
                "not divided by the sum",
                "The exponentials are positive, but do not sum to 1 yet.",
                lambda Z, dP: np.exp(Z - Z.max(axis=1, keepdims=True)),
            ),
        ],
        "dZ": [
            Mistake(
                "only the diagonal of the Jacobian",
                "A logit moves all probabilities of its row, not its own alone.",
                _on_probabilities(lambda P, dP: dP * P * (1 - P)),
            ),
            Mistake(
                "forgot the sum",
                "Subtract sum_j dP_j P_j of the row before multiplying with P.",
                _on_probabilities(lambda P, dP: dP * P),
            ),
            Mistake(
                "forgot to multiply with P",
                "The bracket is right; P stands before it.",
                _on_probabilities(lambda P, dP: dP - (dP * P).sum(axis=1, keepdims=True)),
            ),
            Mistake(
                "the sum lacks P",
                "It is sum_j dP_j P_j, each gradient with its probability.",
                _on_probabilities(lambda P, dP: P * (dP - dP.sum(axis=1, keepdims=True))),
            ),
        ],
    },
    praise="Rows sum to 1, rows of the gradient to 0, and nothing overflows.",
    hints=(
        "What can you subtract from a row of logits without changing its probabilities?",
        "P = E / E.sum(axis=1, keepdims=True) with E = np.exp(Z - the largest of each row).",
        "dZ = P * (dP - (dP * P).sum(axis=1, keepdims=True)).",
    ),
)

# --- 2: loss and gradient from logits -------------------------------------------------------------


def _batch(rng):
    return {"Z": rng.normal(size=(5, 4)), "T": np.eye(4)[rng.permutation([0, 1, 2, 3, 1])]}


def _loss(Z, T):
    return -(T * np.log(_softmax(Z))).sum() / len(Z)


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


fused_loss = Exercise(
    cases=_batch,
    run=lambda answer, Z, T: dict(zip(("loss", "dZ"), answer(Z, T), strict=True)),
    right=lambda Z, T: (_loss(Z, T), (_softmax(Z) - T) / len(Z)),
    mistakes={
        "loss": _named(
            (
                "summed over the batch",
                "It is a mean: divide by n.",
                lambda Z, T: _loss(Z, T) * len(Z),
            ),
            (
                "divided by the classes as well",
                "Divide by n, not by n K: .mean() of the (n, K) array does both.",
                lambda Z, T: _loss(Z, T) / Z.shape[1],
            ),
            ("the sign is turned", "Logarithms of probabilities are negative.",
             lambda Z, T: -_loss(Z, T)),
            (
                "bits instead of nats",
                "The natural logarithm: np.log.",
                lambda Z, T: _loss(Z, T) / np.log(2),
            ),
            (
                "softmax forgotten",
                "T picks the logits here; it must pick log probabilities.",
                lambda Z, T: -(T * Z).sum() / len(Z),
            ),
        ),
        "dZ": _named(
            (
                "not divided by the batch size",
                "The loss is a mean over n examples.",
                lambda Z, T: _softmax(Z) - T,
            ),
            ("the sign is turned", "Predicted minus true.",
             lambda Z, T: (T - _softmax(Z)) / len(Z)),
            (
                "logits instead of probabilities",
                "It is softmax(Z) - T.",
                lambda Z, T: (Z - T) / len(Z),
            ),
            (
                "the gradient with respect to P",
                "-T / P is dP; softmax's back turns it into dZ.",
                lambda Z, T: -T / _softmax(Z) / len(Z),
            ),
        ),
    },
    praise="Predicted minus true, over n.",
    hints=(
        "Make P first. The loss looks at one probability of each row: T picks it.",
        "loss = -(T * np.log(P)).sum() / n. The gradient needs no logarithm and no division by P.",
        "dZ = (P - T) / len(Z).",
    ),
)  # fmt: skip

# --- 3: label smoothing ---------------------------------------------------------------------------

smooth_targets = Exercise(
    cases=lambda rng: {
        "T": np.eye(5)[rng.permutation([0, 1, 2, 3, 4, 1])],
        "eps": np.array(rng.uniform(0.05, 0.3)),
    },
    run=lambda answer, T, eps: {"targets": answer(T, eps)},
    right=lambda T, eps: (1 - eps) * T + eps / T.shape[1],
    mistakes={
        "targets": _named(
            (
                "divided by the batch size",
                "The share is spread over the K classes: T.shape[1].",
                lambda T, eps: (1 - eps) * T + eps / len(T),
            ),
            (
                "the true class keeps everything",
                "What the others get must be taken from it: rows sum to 1.",
                lambda T, eps: T + eps / T.shape[1],
            ),
            (
                "nothing given to the others",
                "Rows must sum to 1: add eps / K to every class.",
                lambda T, eps: (1 - eps) * T,
            ),
            (
                "each class gets all of eps",
                "The share eps is split among K classes.",
                lambda T, eps: (1 - eps) * T + eps,
            ),
            (
                "spread over the wrong classes only",
                "Another convention: here the true class gets its eps / K too.",
                lambda T, eps: (1 - eps) * T + eps * (1 - T) / (T.shape[1] - 1),
            ),
        )
    },
    praise="Rows still sum to 1.",
    hints=(
        "Every row must still sum to 1.",
        "Take the share eps from the true class, and give eps / K to each of the K classes.",
        "(1 - eps) * T + eps / T.shape[1].",
    ),
)
