"""Exercises of chapter 15: scores from a confusion matrix, calibration, an interval."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _counts(rng):
    """A confusion matrix of four classes of unequal size, none of them empty."""
    C = rng.integers(1, 9, (4, 4)) + np.diag(rng.integers(5, 30, 4))
    return {"C": (C * np.array([[1], [2], [3], [5]])).astype(float)}


def _parts(C):
    """TP, FP, FN, TN by class."""
    TP = np.diag(C)
    FP, FN = C.sum(axis=0) - TP, C.sum(axis=1) - TP
    return TP, FP, FN, C.sum() - TP - FP - FN


def _f1(C):
    TP, FP, FN, _ = _parts(C)
    return 2 * TP / (2 * TP + FP + FN)


# --- 1: accuracy ----------------------------------------------------------------------------------

accuracy_of = Exercise(
    cases=_counts,
    run=lambda answer, C: {"accuracy": answer(C)},
    right=lambda C: np.trace(C) / C.sum(),
    mistakes={
        "accuracy": [
            Mistake(
                "report B's (47), averaged over the classes",
                "True negatives of the other classes make it flattering. Count what is right.",
                lambda C: np.mean((_parts(C)[0] + _parts(C)[3]) / C.sum()),
            ),
            Mistake(
                "(47) for class 0",
                "That asks about one class only.",
                lambda C: (_parts(C)[0][0] + _parts(C)[3][0]) / C.sum(),
            ),
            Mistake(
                "mean recall",
                "A mean over classes counts small ones like large ones; accuracy counts rows.",
                lambda C: np.mean(np.diag(C) / C.sum(axis=1)),
            ),
            Mistake(
                "mean precision",
                "Columns are what was called. Accuracy is what is right over all.",
                lambda C: np.mean(np.diag(C) / C.sum(axis=0)),
            ),
            Mistake(
                "not divided",
                "That is how many are right; divide by how many there are.",
                lambda C: np.trace(C),
            ),
            Mistake(
                "the error rate",
                "That is the share that is wrong.",
                lambda C: 1 - np.trace(C) / C.sum(),
            ),
        ]
    },
    praise="Trace over sum: the right ones over all.",
    hints=(
        "Where in C do the rows stand whose class was called right?",
        "On the diagonal. np.trace adds it up.",
        "return np.trace(C) / C.sum()",
    ),
)

# --- 2: macro F1 ----------------------------------------------------------------------------------


def _f1_of(P, R):
    return 2 * P * R / (P + R)


def _precision_recall(C):
    return np.diag(C) / C.sum(axis=0), np.diag(C) / C.sum(axis=1)


macro_f1 = Exercise(
    cases=_counts,
    run=lambda answer, C: {"F1": answer(C)},
    right=lambda C: _f1(C).mean(),
    mistakes={
        "F1": [
            Mistake(
                "micro instead of macro",
                "Counts added up first give micro-F1, which is accuracy. Macro: a mean of F1s.",
                lambda C: np.trace(C) / C.sum(),
            ),
            Mistake(
                "F1 of the means",
                "First each class's F1, then the mean; not the F1 of mean precision and recall.",
                lambda C: _f1_of(*(v.mean() for v in _precision_recall(C))),
            ),
            Mistake(
                "weighted instead of macro",
                "Macro counts every class the same, whatever its size.",
                lambda C: np.average(_f1(C), weights=C.sum(axis=1)),
            ),
            Mistake(
                "one number for each class",
                "Take the mean over the classes.",
                _f1,
            ),
            Mistake(
                "the 2 forgotten",
                "F1 = 2 P R / (P + R): of a perfect class it must be 1.",
                lambda C: _f1(C).mean() / 2,
            ),
            Mistake(
                "arithmetic mean of precision and recall",
                "F1 is the harmonic mean: it is low if either is low.",
                lambda C: np.mean(sum(_precision_recall(C)) / 2),
            ),
            Mistake(
                "recall alone",
                "Row sums only: what was called wrongly (columns) counts too.",
                lambda C: _precision_recall(C)[1].mean(),
            ),
            Mistake(
                "precision alone",
                "Column sums only: what was missed (rows) counts too.",
                lambda C: _precision_recall(C)[0].mean(),
            ),
        ]
    },
    praise="One F1 a class, then the mean: small classes count as much as large ones.",
    hints=(
        "TP is the diagonal. Which sums give FP and FN of each class?",
        "Column sums are TP + FP, row sums TP + FN; F1 = 2 TP / (2 TP + FP + FN).",
        "TP = np.diag(C); return (2 * TP / (C.sum(axis=0) + C.sum(axis=1))).mean()",
    ),
)

# --- 3: calibration -------------------------------------------------------------------------------


def _binned(gap, weight=lambda n, total: n / total):
    """(confidence, right) -> the sum over the bins of weight times gap(confidences, rights)."""

    def value(confidence, right):
        place = np.minimum((5 * confidence).astype(int), 4)
        bins = [(confidence[place == b], right[place == b]) for b in np.unique(place)]
        return sum(weight(len(p), len(right)) * gap(p, r) for p, r in bins)

    return value


def _gap(p, r):
    return abs(r.mean() - p.mean())


def _answers(rng):
    """Right often in each bin's lower half, seldom in its upper: gaps of both signs."""
    confidence = rng.uniform(0.21, 0.99, 80)
    often = np.where(confidence * 5 % 1 < 0.5, 0.9, 0.2)
    return {"confidence": confidence, "right": (rng.random(80) < often).astype(float)}


calibration_error = Exercise(
    cases=_answers,
    run=lambda answer, confidence, right: {"error": answer(confidence, right)},
    right=_binned(_gap),
    mistakes={
        "error": [
            Mistake(
                "no bins",
                "Over all rows too sure and not sure enough cancel: take the gap bin by bin.",
                lambda confidence, right: abs(right.mean() - confidence.mean()),
            ),
            Mistake(
                "bins not weighted by their size",
                "A bin with three rows must not count like one with thirty: weigh with n_b / n.",
                lambda confidence, right: (
                    _binned(_gap, lambda n, total: 1)(confidence, right)
                    / len(np.unique((5 * confidence).astype(int)))
                ),
            ),
            Mistake(
                "gaps with their sign",
                "Too sure in one bin must not pay for too little in another: take |gap|.",
                lambda confidence, right: (
                    -_binned(lambda p, r: p.mean() - r.mean())(confidence, right)
                ),
            ),
            Mistake(
                "gaps row by row",
                "A row is right or wrong: |right - confidence| is large for a perfect network too.",
                lambda confidence, right: np.abs(right - confidence).mean(),
            ),
            Mistake(
                "gaps squared",
                "The mean of the gaps themselves.",
                _binned(lambda p, r: _gap(p, r) ** 2),
            ),
            Mistake(
                "gaps to the middle of the bin",
                "Compare with the mean confidence of the bin's rows, not with its middle.",
                _binned(lambda p, r: abs(r.mean() - (np.floor(5 * p[0]) + 0.5) / 5)),
            ),
            Mistake(
                "ten bins",
                "Five bins of width 0.2.",
                lambda confidence, right: _ten(confidence, right),
            ),
        ]
    },
    praise="Confidence against truth, bin by bin, each by its size.",
    hints=(
        "np.floor(5 * confidence) says each row's bin. What are the two means within a bin?",
        "Loop over the bins: rows = bin == b; add rows.mean() * abs(right[rows].mean() - "
        "confidence[rows].mean()).",
        "bins = np.floor(5 * confidence); return sum((bins == b).mean() * abs(right[bins == b]"
        ".mean() - confidence[bins == b].mean()) for b in np.unique(bins))",
    ),
)


def _ten(confidence, right):
    place = (10 * confidence).astype(int)
    found = (place == b for b in np.unique(place))
    return sum(rows.mean() * _gap(confidence[rows], right[rows]) for rows in found)


# --- 4: an interval -------------------------------------------------------------------------------

half_width = Exercise(
    cases=lambda rng: {"values": rng.normal(0.5, 0.02, 5), "t": rng.uniform(2.5, 3)},
    run=lambda answer, values, t: {"half": answer(values, float(t))},
    right=lambda values, t: t * values.std(ddof=1) / np.sqrt(len(values)),
    mistakes={
        "half": [
            Mistake(
                "the spread of single runs",
                "The mean of m runs spreads less than one run: divide by √m.",
                lambda values, t: t * values.std(ddof=1),
            ),
            Mistake(
                "divided by m",
                "Variances add: the deviation of a mean falls with √m, not m.",
                lambda values, t: t * values.std(ddof=1) / len(values),
            ),
            Mistake(
                "n for n - 1",
                "The mean is estimated from the same runs: np.std(values, ddof=1).",
                lambda values, t: t * values.std() / np.sqrt(len(values)),
            ),
            Mistake(
                "without t",
                "That is the standard error. Few runs need more of it: times t.",
                lambda values, t: values.std(ddof=1) / np.sqrt(len(values)),
            ),
            Mistake(
                "the whole width",
                "Half of it: the interval is the mean plus or minus this.",
                lambda values, t: 2 * t * values.std(ddof=1) / np.sqrt(len(values)),
            ),
            Mistake(
                "1.96 for t",
                "1.96 is for a known spread. With few runs s is uncertain too: use t.",
                lambda values, t: 1.96 * values.std(ddof=1) / np.sqrt(len(values)),
            ),
            Mistake(
                "variance for deviation",
                "s is the root of the variance.",
                lambda values, t: t * values.var(ddof=1) / np.sqrt(len(values)),
            ),
        ]
    },
    praise="t s / √m, with n - 1 under s.",
    hints=(
        "Start with the standard deviation between runs. How does that of a mean of m differ?",
        "s = values.std(ddof=1); the mean's is s / √m; times t.",
        "return t * values.std(ddof=1) / np.sqrt(len(values))",
    ),
)
