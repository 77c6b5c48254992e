"""Answers to chapter 15: scores from a confusion matrix, calibration, an interval."""

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


RIGHT = {
    "accuracy_of": [lambda C: np.diag(C).sum() / C.sum(), by_loop],
    "macro_f1": [harmonic, lambda C: (2 * np.diag(C) / (C.sum(0) + C.sum(1))).mean()],
    "calibration_error": [with_bins(5), by_histogram],
    "half_width": [
        lambda values, t: t * standard_error(values),
        lambda values, t: t * np.sqrt(values.var(ddof=1) / values.size),
    ],
}

WRONG = [
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
    ("half_width", "without t", lambda v, t: standard_error(v)),
    ("half_width", "the whole width", lambda v, t: 2 * t * standard_error(v)),
    ("half_width", "1.96 for t", lambda v, t: 1.96 * standard_error(v)),
    ("half_width", "variance for deviation", lambda v, t: t * np.var(v, ddof=1) / len(v) ** 0.5),
]
