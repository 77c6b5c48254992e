"""Exercises of chapter 15: an honest score, a confusion matrix, calibration, intervals."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _counts(rng):
    """Of four classes of unequal size, none empty; class 3 is mostly called 1."""
    C = rng.integers(1, 9, (4, 4)) + np.diag(rng.integers(5, 30, 4))
    C[3, 1] += C[3, 3]
    return {"C": (C * np.array([[1], [2], [3], [5]])).astype(float)}


def _parts(C):
    """TP, FP, FN, TN by class."""
    TP = np.diag(C)
    FP, FN = C.sum(axis=0) - TP, C.sum(axis=1) - TP
    return TP, FP, FN, C.sum() - TP - FP - FN


def _f1(C):
    TP, FP, FN, _ = _parts(C)
    return 2 * TP / (2 * TP + FP + FN)


# --- 1: the number of an honest report ------------------------------------------------------------


def _epochs(rng):
    """Accuracies of 12 epochs; best and worst of validation, best of test and last are apart."""
    validation, test = rng.uniform(0.3, 0.6, (2, 12))
    best = rng.integers(2, 10)
    others = [i for i in range(11) if abs(i - best) > 1]
    worst, peak = rng.choice(others, 2, replace=False)
    validation[best], validation[worst], test[peak] = 0.7, 0.2, 0.8
    return {"validation": validation, "test": test}


honest_score = Exercise(
    cases=_epochs,
    run=lambda answer, validation, test: {"score": answer(validation, test)},
    right=lambda validation, test: test[validation.argmax()],
    mistakes={
        "score": [
            Mistake(
                "the best test accuracy",
                "That is the reports' peek: the test rows chose their own best epoch.",
                lambda validation, test: test.max(),
            ),
            Mistake(
                "the best validation accuracy",
                "The validation rows chose this epoch, so their number there is partly luck.",
                lambda validation, test: validation.max(),
            ),
            Mistake(
                "validation where test is best",
                "The other way round: validation chooses the epoch, test gives the number.",
                lambda validation, test: validation[test.argmax()],
            ),
            Mistake(
                "the last epoch",
                "Honest, but the validation rows were held out to choose a better one.",
                lambda validation, test: test[-1],
            ),
            Mistake(
                "the epoch, not its score",
                "argmax says where. Look up the test accuracy there.",
                lambda validation, test: validation.argmax(),
            ),
            Mistake(
                "one epoch too late",
                "argmax counts from 0, as the index does: nothing is to be added.",
                lambda validation, test: test[validation.argmax() + 1],
            ),
            Mistake(
                "one epoch too early",
                "argmax counts from 0, as the index does: nothing is to be taken off.",
                lambda validation, test: test[validation.argmax() - 1],
            ),
            Mistake(
                "the worst epoch",
                "argmin is for losses; of accuracies the largest is best.",
                lambda validation, test: test[validation.argmin()],
            ),
            Mistake(
                "the mean over epochs",
                "One network is reported: that of the epoch which validation chose.",
                lambda validation, test: test.mean(),
            ),
        ]
    },
    praise="Validation chose, test was read once.",
    hints=(
        "Two jobs: one array chooses an epoch, the other gives the number. Which does which?",
        "validation.argmax() is the epoch.",
        "return test[validation.argmax()]",
    ),
)

# --- 2: accuracy ----------------------------------------------------------------------------------

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
                "the largest of each row",
                "A class may be called something else more often than by its name: take C[k, k].",
                lambda C: C.max(axis=1).sum() / C.sum(),
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

# --- 3: macro F1 ----------------------------------------------------------------------------------


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

# --- 4: calibration -------------------------------------------------------------------------------


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


# --- 5: an interval -------------------------------------------------------------------------------

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
                "√(m - 1) under both",
                "m - 1 belongs under s; the mean of m runs is then divided by √m.",
                lambda values, t: t * values.std(ddof=1) / np.sqrt(len(values) - 1),
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

# --- 6: an interval by pairs ----------------------------------------------------------------------


def _pair(rng):
    """Two networks on 80 rows that are often right on the same ones."""
    first = (rng.random(80) < 0.6).astype(float)
    second = np.where(rng.random(80) < 0.6, first, rng.random(80) < 0.35)
    first[:6], second[:6] = (1, 1, 1, 0, 0, 1), (0, 0, 0, 1, 0, 1)
    return {"first": first, "second": second.astype(float)}


def _half(variance, n_root=1.0):
    """(first, second) -> 1.96 times the root of a variance of one row, over the rows."""
    return lambda first, second: 1.96 * np.sqrt(variance(first, second) / len(first) ** n_root)


paired_half_width = Exercise(
    cases=_pair,
    run=lambda answer, first, second: {"half": answer(first, second)},
    right=_half(lambda u, v: np.var(u - v)),
    mistakes={
        "half": [
            Mistake(
                "rows taken for different ones",
                "Adding variances forgets that both saw the same rows: start from first - second.",
                _half(lambda u, v: u.var() + v.var()),
            ),
            Mistake(
                "one network's interval",
                "Its luck is not the difference's: start from first - second, row by row.",
                _half(lambda u, v: u.var()),
            ),
            Mistake(
                "the other network's interval",
                "Its luck is not the difference's: start from first - second, row by row.",
                _half(lambda u, v: v.var()),
            ),
            Mistake(
                "the squared mean not taken off",
                "(b + c)/n is the mean square; the variance is that less the squared mean.",
                _half(lambda u, v: np.mean((u - v) ** 2)),
            ),
            Mistake(
                "not divided by n",
                "That is the spread of one row; a mean of n rows spreads less: divide by √n.",
                _half(lambda u, v: np.var(u - v), 0.0),
            ),
            Mistake(
                "divided by n, not by its root",
                "Variances are divided by n, deviations by √n.",
                _half(lambda u, v: np.var(u - v), 2.0),
            ),
            Mistake(
                "without 1.96",
                "That is one deviation; 95% lie within 1.96 of them.",
                lambda first, second: (first - second).std() / np.sqrt(len(first)),
            ),
            Mistake(
                "the whole width",
                "Half of it: the interval is the difference plus or minus this.",
                lambda first, second: 2 * 1.96 * (first - second).std() / np.sqrt(len(first)),
            ),
            Mistake(
                "variance for deviation",
                "Take the root of the variance before 1.96.",
                lambda first, second: 1.96 * (first - second).var() / len(first),
            ),
            Mistake(
                "n - 1 for n",
                "Harmless with many rows, but the formula above divides by n: np.var as it is.",
                _half(lambda u, v: np.var(u - v, ddof=1)),
            ),
            Mistake(
                "the rows that differ counted without order",
                "|first - second| forgets which was right: the mean to take off is (b - c)/n.",
                _half(lambda u, v: np.var(np.abs(u - v))),
            ),
        ]
    },
    praise="The rows on which both agree have dropped out.",
    hints=(
        "Make one number of each row first. What is it where both networks agree?",
        "d = first - second; the half width is 1.96 times its deviation over √n.",
        "return 1.96 * (first - second).std() / np.sqrt(len(first))",
    ),
)
