"""Answers to chapter 15: an honest score, a confusion matrix, calibration, intervals."""

import math
import statistics

import numpy as np


def by_loop(C):
    right = sum(C[k, k] for k in range(len(C)))
    return right / sum(sum(row) for row in C)


def harmonic(C):
    found = []
    for k in range(len(C)):
        P, R = C[k, k] / C[:, k].sum(), C[k, k] / C[k].sum()
        found.append(2 * P * R / (P + R))
    return np.mean(found)


def by_class(C):
    P, R = np.diag(C) / C.sum(axis=0), np.diag(C) / C.sum(axis=1)
    return P, R, 2 * P * R / (P + R)


def with_bins(count, gap=lambda r, p: abs(r - p)):
    def answer(confidence, right):
        bins, total = np.floor(count * confidence), 0.0
        for b in np.unique(bins):
            rows = bins == b
            total += rows.mean() * gap(right[rows].mean(), confidence[rows].mean())
        return total

    return answer


def by_histogram(confidence, right):
    edges = np.linspace(0, 1, 6)
    n = np.histogram(confidence, edges)[0]
    p = np.histogram(confidence, edges, weights=confidence)[0]
    r = np.histogram(confidence, edges, weights=right)[0]
    return np.abs(r - p).sum() / n.sum()


def unweighted(confidence, right):
    bins = np.floor(5 * confidence)
    gaps = [abs(right[bins == b].mean() - confidence[bins == b].mean()) for b in np.unique(bins)]
    return np.mean(gaps)


def to_the_middle(confidence, right):
    bins = np.floor(5 * confidence)
    return sum(
        (bins == b).mean() * abs(right[bins == b].mean() - (b + 0.5) / 5) for b in np.unique(bins)
    )


def standard_error(values):
    return statistics.stdev(values) / math.sqrt(len(values))


def by_list(validation, test):
    """With lists, the first best epoch."""
    epochs = range(len(validation))
    return test[max(epochs, key=lambda epoch: validation[epoch])]


def counted(first, second):
    """b and c, as the chapter writes it: (b + c)/n and (b - c)/n."""
    n = len(first)
    b = sum(1 for u, v in zip(first, second, strict=True) if u > v)
    c = sum(1 for u, v in zip(first, second, strict=True) if v > u)
    return (b + c) / n, (b - c) / n


def by_counts(first, second):
    square, mean = counted(first, second)
    return 1.96 * math.sqrt((square - mean**2) / len(first))


RIGHT = {
    "honest_score": [lambda validation, test: test[np.argmax(validation)], by_list],
    "accuracy_of": [lambda C: np.diag(C).sum() / C.sum(), by_loop],
    "macro_f1": [harmonic, lambda C: (2 * np.diag(C) / (C.sum(0) + C.sum(1))).mean()],
    "calibration_error": [with_bins(5), by_histogram],
    "half_width": [
        lambda values, t: t * standard_error(values),
        lambda values, t: t * np.sqrt(values.var(ddof=1) / values.size),
    ],
    "paired_half_width": [lambda u, v: 1.96 * np.std(u - v) / np.sqrt(len(u)), by_counts],
}

WRONG = [
    ("honest_score", "the best test accuracy", lambda validation, test: max(test)),
    ("honest_score", "the best validation accuracy", lambda validation, test: max(validation)),
    ("honest_score", "validation where test is best", lambda v, t: v[np.argmax(t)]),
    ("honest_score", "the last epoch", lambda v, t: t[len(t) - 1]),
    ("honest_score", "the epoch, not its score", lambda v, t: list(v).index(max(v))),
    ("honest_score", "one epoch too late", lambda v, t: t[int(np.argmax(v)) + 1]),
    ("honest_score", "one epoch too early", lambda v, t: t[int(np.argmax(v)) - 1]),
    ("honest_score", "the worst epoch", lambda v, t: t[np.argmin(v)]),
    ("honest_score", "the mean over epochs", lambda v, t: sum(t) / len(t)),
    (
        "accuracy_of",
        "report B's (47), averaged over the classes",
        lambda C: 1 - 2 * (C.sum() - np.trace(C)) / C.sum() / len(C),
    ),
    (
        "accuracy_of",
        "(47) for class 0",
        lambda C: (C[0, 0] + C[1:, 1:].sum()) / C.sum(),
    ),
    ("accuracy_of", "mean recall", lambda C: by_class(C)[1].mean()),
    ("accuracy_of", "mean precision", lambda C: by_class(C)[0].mean()),
    ("accuracy_of", "not divided", lambda C: np.diag(C).sum()),
    ("accuracy_of", "the largest of each row", lambda C: np.sum(np.max(C, 1)) / np.sum(C)),
    ("accuracy_of", "the error rate", lambda C: (C.sum() - np.trace(C)) / C.sum()),
    ("macro_f1", "micro instead of macro", by_loop),
    (
        "macro_f1",
        "F1 of the means",
        lambda C: 2 / (1 / by_class(C)[0].mean() + 1 / by_class(C)[1].mean()),
    ),
    ("macro_f1", "weighted instead of macro", lambda C: by_class(C)[2] @ C.sum(1) / C.sum()),
    ("macro_f1", "one number for each class", lambda C: by_class(C)[2]),
    ("macro_f1", "the 2 forgotten", lambda C: by_class(C)[2].mean() / 2),
    (
        "macro_f1",
        "arithmetic mean of precision and recall",
        lambda C: np.mean([by_class(C)[0], by_class(C)[1]]),
    ),
    ("macro_f1", "recall alone", lambda C: by_class(C)[1].mean()),
    ("macro_f1", "precision alone", lambda C: by_class(C)[0].mean()),
    ("calibration_error", "no bins", with_bins(1)),
    ("calibration_error", "bins not weighted by their size", unweighted),
    ("calibration_error", "gaps with their sign", with_bins(5, lambda r, p: r - p)),
    ("calibration_error", "gaps row by row", lambda p, r: np.mean(np.abs(p - r))),
    ("calibration_error", "gaps squared", with_bins(5, lambda r, p: (r - p) ** 2)),
    ("calibration_error", "gaps to the middle of the bin", to_the_middle),
    ("calibration_error", "ten bins", with_bins(10)),
    ("half_width", "the spread of single runs", lambda v, t: t * statistics.stdev(v)),
    ("half_width", "divided by m", lambda v, t: t * statistics.stdev(v) / len(v)),
    ("half_width", "n for n - 1", lambda v, t: t * np.std(v) / math.sqrt(len(v))),
    (
        "half_width",
        "√(m - 1) under both",
        lambda v, t: t * statistics.stdev(v) / math.sqrt(len(v) - 1),
    ),
    ("half_width", "without t", lambda v, t: standard_error(v)),
    ("half_width", "the whole width", lambda v, t: 2 * t * standard_error(v)),
    ("half_width", "1.96 for t", lambda v, t: 1.96 * standard_error(v)),
    ("half_width", "variance for deviation", lambda v, t: t * np.var(v, ddof=1) / len(v) ** 0.5),
    (
        "paired_half_width",
        "rows taken for different ones",
        lambda u, v: (
            1.96 * np.sqrt((u.mean() * (1 - u.mean()) + v.mean() * (1 - v.mean())) / len(u))
        ),
    ),
    (
        "paired_half_width",
        "one network's interval",
        lambda u, v: 1.96 * np.sqrt(u.mean() * (1 - u.mean()) / len(u)),
    ),
    (
        "paired_half_width",
        "the other network's interval",
        lambda u, v: 1.96 * np.sqrt(v.mean() * (1 - v.mean()) / len(v)),
    ),
    (
        "paired_half_width",
        "the squared mean not taken off",
        lambda u, v: 1.96 * math.sqrt(counted(u, v)[0] / len(u)),
    ),
    ("paired_half_width", "not divided by n", lambda u, v: 1.96 * (u - v).std()),
    (
        "paired_half_width",
        "divided by n, not by its root",
        lambda u, v: 1.96 * (u - v).std() / len(u),
    ),
    ("paired_half_width", "without 1.96", lambda u, v: (u - v).std() / len(u) ** 0.5),
    ("paired_half_width", "the whole width", lambda u, v: 2 * by_counts(u, v)),
    ("paired_half_width", "variance for deviation", lambda u, v: 1.96 * (u - v).var() / len(u)),
    (
        "paired_half_width",
        "n - 1 for n",
        lambda u, v: 1.96 * np.std(u - v, ddof=1) / np.sqrt(len(u)),
    ),
    (
        "paired_half_width",
        "the rows that differ counted without order",
        lambda u, v: 1.96 * (u != v).std() / np.sqrt(len(u)),
    ),
]
