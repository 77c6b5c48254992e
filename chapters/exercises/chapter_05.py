"""Exercises of chapter 05: softmax, the loss, smoothed targets."""

import numpy as np

from mlpcore import softmax
from mlpcore.exercises import Exercise, Mistake

# --- 1: softmax along the rows --------------------------------------------------------------------


# rows far from each other, and one whose own logits are far apart
_FAR = np.array([[0, 0, 1500], [1000, 1000, 1000], [-1000, -1000, -1000], [3000, 3000, 3000]])


def _scores(rng):
    return {"Z": rng.normal(size=(4, 3)), "dP": rng.normal(size=(4, 3))}


def _run(answer, Z, dP):
    P, back = answer(Z)
    with np.errstate(all="ignore"):  # the verdict says what NumPy's warning would
        large, _ = answer(Z + _FAR)
    numbers = ~np.isnan(large).any(axis=-1) if np.ndim(large) else ~np.isnan(large)
    return {"P of large logits": numbers, "P": P, "dZ": back(dP)}


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


def _only(*rows):
    """Which of the four rows of large logits come out as numbers."""
    return lambda Z, dP: np.isin(np.arange(4), rows)


def _softmax(Z, axis=-1):
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def _exp(Z):
    return np.exp(Z - Z.max(axis=1, keepdims=True))


def _total(A):
    return A.sum(axis=1, keepdims=True)


def _on_probabilities(f):
    return lambda Z, dP: f(_softmax(Z), dP)


softmax_rows = Exercise(
    cases=_scores,
    run=_run,
    right=softmax,
    mistakes={
        "P of large logits": _named(
            (
                "it overflows",
                "exp(1000) is infinite, 0/0 no number. Subtract each row's largest logit first.",
                _only(),
            ),
            (
                "the largest of the whole batch",
                "A row far below it has exponentials of 0 only. Each row needs its own largest.",
                _only(3),
            ),
            (
                "not the largest subtracted",
                "Less the row's mean or smallest, the largest logit can still be over 1000.",
                _only(1, 2, 3),
            ),
        ),
        "P": _named(
            (
                "softmax down the columns",
                "Rows are examples: each row must sum to 1, so axis=1.",
                lambda Z, dP: _softmax(Z, axis=0),
            ),
            (
                "the sum runs down the columns",
                "The largest comes from the row, but the sum does not: axis=1 in both.",
                lambda Z, dP: _exp(Z) / _exp(Z).sum(axis=0),
            ),
            (
                "the whole batch sums to 1",
                "Sum each row by itself: axis=1, keepdims=True.",
                lambda Z, dP: _softmax(Z, axis=None),
            ),
            (
                "one sum for all rows",
                "Sum each row by itself: axis=1, keepdims=True.",
                lambda Z, dP: _exp(Z) / _exp(Z).sum(),
            ),
            (
                "not divided by the sum",
                "The exponentials are positive, but do not sum to 1 yet.",
                lambda Z, dP: _exp(Z),
            ),
            (
                "logarithms of probabilities",
                "Return the probabilities themselves.",
                lambda Z, dP: np.log(_softmax(Z)),
            ),
        ),
        "dZ": _named(
            (
                "only the diagonal of the Jacobian",
                "A logit moves all probabilities of its row, not its own alone.",
                _on_probabilities(lambda P, dP: dP * P * (1 - P)),
            ),
            (
                "dP is not used",
                "P (1 - P) is the Jacobian's diagonal; what comes back is made of dP as well.",
                _on_probabilities(lambda P, dP: P * (1 - P)),
            ),
            (
                "forgot the sum",
                "Subtract sum_j dP_j P_j of the row before multiplying with P.",
                _on_probabilities(lambda P, dP: dP * P),
            ),
            (
                "forgot to multiply with P",
                "The bracket is right; P stands before it.",
                _on_probabilities(lambda P, dP: dP - _total(dP * P)),
            ),
            (
                "only dP is multiplied with P",
                "P stands before the whole bracket: the sum is multiplied with it too.",
                _on_probabilities(lambda P, dP: dP * P - _total(dP * P)),
            ),
            (
                "the sum lacks P",
                "It is sum_j dP_j P_j, each gradient with its probability.",
                _on_probabilities(lambda P, dP: P * (dP - _total(dP))),
            ),
            (
                "summed down the columns",
                "The sum is over the classes of one row: axis=1, keepdims=True.",
                _on_probabilities(lambda P, dP: P * (dP - (dP * P).sum(axis=0))),
            ),
            (
                "one sum for the whole batch",
                "Each row has a sum of its own: axis=1, keepdims=True.",
                _on_probabilities(lambda P, dP: P * (dP - (dP * P).sum())),
            ),
            (
                "a mean for the sum",
                "The chain rule adds up what each probability does: .sum, not .mean.",
                _on_probabilities(lambda P, dP: P * (dP - _total(dP * P) / 3)),
            ),
            (
                "plus for minus",
                "The other probabilities fall: the sum is subtracted.",
                _on_probabilities(lambda P, dP: P * (dP + _total(dP * P))),
            ),
        ),
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


def _loss_and_gradient(answer, Z, T):
    loss, dZ = answer(Z, T)
    return {"loss": loss, "dZ": dZ}


fused_loss = Exercise(
    cases=_batch,
    run=_loss_and_gradient,
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
                "turned and not averaged",
                "Logarithms of probabilities are negative; and divide by n.",
                lambda Z, T: -_loss(Z, T) * len(Z),
            ),
            (
                "all classes counted",
                "T must pick the true class's logarithm: multiply with T before you sum.",
                lambda Z, T: -np.log(_softmax(Z)).sum() / len(Z),
            ),
            (
                "all classes averaged",
                "T must pick the true class's logarithm; then sum, and divide by n.",
                lambda Z, T: -np.log(_softmax(Z)).mean(),
            ),
            (
                "the logarithm forgotten",
                "T picks the probabilities here; it must pick their logarithms.",
                lambda Z, T: -(T * _softmax(Z)).sum() / len(Z),
            ),
            (
                "softmax twice",
                "Z are logits: one softmax makes them probabilities.",
                lambda Z, T: _loss(_softmax(Z), T),
            ),
            (
                "softmax down the columns",
                "Rows are examples: axis=1.",
                lambda Z, T: -(T * np.log(_softmax(Z, axis=0))).sum() / len(Z),
            ),
            (
                "each class against the rest",
                "(1 - t) log(1 - p) is for a sigmoid for each class; softmax needs t log p alone.",
                lambda Z, T: _loss(Z, T) - ((1 - T) * np.log(1 - _softmax(Z))).sum() / len(Z),
            ),
            (
                "squared error",
                "Cross-entropy is minus the mean logarithm of the true class's probability.",
                lambda Z, T: ((_softmax(Z) - T) ** 2).mean(),
            ),
            (
                "one loss for each row",
                "Add up the rows' losses and divide by n: one number.",
                lambda Z, T: -(T * np.log(_softmax(Z))).sum(axis=1),
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
            (
                "divided by the classes as well",
                "The loss is a mean over n examples: divide by n, not by n K.",
                lambda Z, T: (_softmax(Z) - T) / Z.size,
            ),
            (
                "divided by the classes, not the examples",
                "len(Z) is n, Z.shape[1] is K: divide by n.",
                lambda Z, T: (_softmax(Z) - T) / Z.shape[1],
            ),
            ("the sign is turned", "Predicted minus true.",
             lambda Z, T: (T - _softmax(Z)) / len(Z)),
            (
                "turned and not divided",
                "Predicted minus true; and the loss is a mean over n examples.",
                lambda Z, T: T - _softmax(Z),
            ),
            (
                "the true class alone",
                "All logits of a row move p_c. Those of wrong classes have the gradient p / n.",
                lambda Z, T: T * (_softmax(Z) - 1) / len(Z),
            ),
            (
                "softmax's gradient twice",
                "(P - T) / n is dZ already; softmax's back has no more to do.",
                lambda Z, T: softmax(Z)[1]((_softmax(Z) - T) / len(Z)),
            ),
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
                "divided by n K",
                "The share of each *row* is spread over its K classes.",
                lambda T, eps: (1 - eps) * T + eps / T.size,
            ),
            (
                "no share back to the true class",
                "It gives up eps, and gets eps / K as every class does: rows must sum to 1.",
                lambda T, eps: np.where(T == 1, 1 - eps, eps / T.shape[1]),
            ),
            (
                "eps taken from every class",
                "Only what is there can be taken: (1 - eps) times T, not T - eps.",
                lambda T, eps: T - eps + eps / T.shape[1],
            ),
            (
                "the shares exchanged",
                "eps is the small share, spread over all; 1 - eps stays where T is.",
                lambda T, eps: eps * T + (1 - eps) / T.shape[1],
            ),
            (
                "the added share taken down as well",
                "1 - eps multiplies T alone; the share eps / K is added whole.",
                lambda T, eps: (1 - eps) * (T + eps / T.shape[1]),
            ),
            (
                "added first, then scaled to 1",
                "Rows sum to 1, but the share given away is less than eps.",
                lambda T, eps: (T + eps / T.shape[1]) / (1 + eps),
            ),
            (
                "spread to all as if to the others",
                "eps / (K - 1) is for the wrong classes only; with K classes served it is eps / K.",
                lambda T, eps: (1 - eps) * T + eps / (T.shape[1] - 1),
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
