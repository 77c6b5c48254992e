"""Answers to chapter 00: counting parameters, reading a confusion matrix."""

import numpy as np


def pairs(sizes):
    return list(zip(sizes[:-1], sizes[1:], strict=True))


def recalls(m):
    return np.diag(m) / m.sum(axis=1)


def reading(accuracy=None, recall=None):
    """Accuracy and recalls of a confusion matrix, with one of the formulas replaced."""

    def read(matrix):
        return (
            accuracy(matrix) if accuracy else np.trace(matrix) / matrix.sum(),
            recall(matrix) if recall else recalls(matrix),
        )

    return read


RIGHT = {
    "count_parameters": [
        lambda sizes: sum((a + 1) * b for a, b in pairs(sizes)),
        lambda sizes: np.dot(sizes[:-1], sizes[1:]) + sum(sizes) - sizes[0],
    ],
    "read_confusion": [
        reading(),
        lambda m: (m.diagonal().sum() / m.sum(), recalls(m)),
    ],
}

WRONG = [
    *[
        ("count_parameters", name, answer)
        for name, answer in {
            "forgot the biases": lambda sizes: sum(a * b for a, b in pairs(sizes)),
            "one bias for each input": lambda sizes: sum(a * (b + 1) for a, b in pairs(sizes)),
            "forgot the weights": lambda sizes: sum(sizes[1:]),
            "gave the input biases": lambda s: sum(a * b for a, b in pairs(s)) + sum(s),
            "one bias for each layer": lambda sizes: sum(a * b + 1 for a, b in pairs(sizes)),
            "only the last layer": lambda sizes: [(a + 1) * b for a, b in pairs(sizes)][-1],
            "only the first layer": lambda sizes: (sizes[0] + 1) * sizes[1],
            "left out the last layer": lambda s: sum((a + 1) * b for a, b in pairs(s[:-1])),
        }.items()
    ],
    *[
        ("read_confusion", name, reading(**change))
        for name, change in {
            "a mean of the recalls": {"accuracy": lambda m: recalls(m).mean()},
            "a count, not a share": {"accuracy": np.trace},
            "divided by the number of classes": {"accuracy": lambda m: np.trace(m) / len(m)},
            "in percent": {"accuracy": lambda m: 100 * np.trace(m) / m.sum()},
            "the share that is wrong": {"accuracy": lambda m: 1 - np.trace(m) / m.sum()},
            "summed over columns: that is precision": {
                "recall": lambda m: np.diag(m) / m.sum(axis=0)
            },
            "divided by all examples": {"recall": lambda m: np.diag(m) / m.sum()},
            "one number for all classes": {"recall": lambda m: recalls(m).mean()},
        }.items()
    ],
    *[
        ("read_confusion", "the largest of each row, not the diagonal", reading(**change))
        for change in (
            {"accuracy": lambda m: m.max(axis=1).sum() / m.sum()},
            {"recall": lambda m: m.max(axis=1) / m.sum(axis=1)},
        )
    ],
]
