"""Exercises of chapter 00: counting parameters, reading a confusion matrix."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: how many numbers does training change? ----------------------------------------------------


def _sizes(rng):
    return {"sizes": rng.choice(np.arange(2.0, 40), size=rng.integers(4, 7), replace=False)}


def _count(sizes):
    return sum((a + 1) * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))


count_parameters = Exercise(
    cases=_sizes,
    run=lambda answer, sizes: {"count": answer([int(size) for size in sizes])},
    right=_count,
    mistakes={
        "count": [
            Mistake(
                "forgot the biases",
                "Each layer also has one bias for each of its outputs.",
                lambda sizes: np.sum(sizes[:-1] * sizes[1:]),
            ),
            Mistake(
                "one bias for each input",
                "A bias is added to an output: count the layer's outputs.",
                lambda sizes: np.sum((sizes[1:] + 1) * sizes[:-1]),
            ),
            Mistake(
                "forgot the weights",
                "Every input is joined to every output by a weight.",
                lambda sizes: np.sum(sizes[1:]),
            ),
            Mistake(
                "gave the input biases",
                "The input is data; it has no biases. Layers begin at the second size.",
                lambda sizes: np.sum(sizes[:-1] * sizes[1:]) + np.sum(sizes),
            ),
            Mistake(
                "one bias for each layer",
                "A layer has as many biases as outputs.",
                lambda sizes: np.sum(sizes[:-1] * sizes[1:] + 1),
            ),
            Mistake(
                "only the last layer",
                "Add up over the layers: does your loop start anew each time?",
                lambda sizes: (sizes[-2] + 1) * sizes[-1],
            ),
            Mistake(
                "only the first layer",
                "Add up over the layers: does your loop return too early?",
                lambda sizes: (sizes[0] + 1) * sizes[1],
            ),
            Mistake(
                "left out the last layer",
                "sizes has one layer for each pair of neighbours, the last pair too.",
                lambda sizes: _count(sizes[:-1]),
            ),
        ]
    },
    praise="That is how the reports' parameter counts tell which networks they trained.",
    hints=(
        "Take one layer first, 3 inputs and 2 outputs: how many arrows, how many biases?",
        "A layer of a inputs and b outputs has a*b weights and b biases. Go over neighbours.",
        "sum((a + 1) * b for a, b in zip(sizes[:-1], sizes[1:]))",
    ),
)

# --- 2: accuracy and recall from a confusion matrix -----------------------------------------------


def _matrix(rng):
    matrix = rng.integers(1, 60, size=(4, 4)) + np.diag(rng.integers(40, 160, size=4))
    matrix[0, 1] += 200  # a class taken for another more often than not
    return {"matrix": matrix.astype(np.float64)}


def _read(matrix):
    return np.trace(matrix) / matrix.sum(), np.diag(matrix) / matrix.sum(axis=1)


def _run_read(answer, matrix):
    accuracy, recall = answer(matrix)
    return {"accuracy": accuracy, "recall": recall}


read_confusion = Exercise(
    cases=_matrix,
    run=_run_read,
    right=_read,
    mistakes={
        "accuracy": [
            Mistake(
                "a mean of the recalls",
                "Classes differ in size here: count all right answers, divide by all answers.",
                lambda matrix: np.mean(np.diag(matrix) / matrix.sum(axis=1)),
            ),
            Mistake(
                "a count, not a share",
                "Divide by the number of examples.",
                lambda matrix: np.trace(matrix),
            ),
            Mistake(
                "divided by the number of classes",
                "Divide by the number of examples, the sum of the whole matrix.",
                lambda matrix: np.trace(matrix) / len(matrix),
            ),
            Mistake(
                "the largest of each row, not the diagonal",
                "A class may be taken for another more often than for itself.",
                lambda matrix: matrix.max(axis=1).sum() / matrix.sum(),
            ),
            Mistake(
                "in percent",
                "Give a share between 0 and 1.",
                lambda matrix: 100 * np.trace(matrix) / matrix.sum(),
            ),
            Mistake(
                "the share that is wrong",
                "The diagonal holds the right answers.",
                lambda matrix: 1 - np.trace(matrix) / matrix.sum(),
            ),
        ],
        "recall": [
            Mistake(
                "summed over columns: that is precision",
                "Recall asks of the true class, and true classes are rows.",
                lambda matrix: np.diag(matrix) / matrix.sum(axis=0),
            ),
            Mistake(
                "the largest of each row, not the diagonal",
                "A class may be taken for another more often than for itself.",
                lambda matrix: matrix.max(axis=1) / matrix.sum(axis=1),
            ),
            Mistake(
                "divided by all examples",
                "Divide each class by its own row.",
                lambda matrix: np.diag(matrix) / matrix.sum(),
            ),
            Mistake(
                "one number for all classes",
                "Give one recall for each class, four of them here.",
                lambda matrix: np.mean(np.diag(matrix) / matrix.sum(axis=1)),
            ),
        ],
    },
    praise="Accuracy is one number; the recalls tell which classes paid for it.",
    hints=(
        "Rows are true classes, columns predicted ones. Where do the right answers stand?",
        "np.trace adds the diagonal, np.diag takes it out, matrix.sum(axis=1) adds each row.",
        "np.trace(matrix) / matrix.sum(), np.diag(matrix) / matrix.sum(axis=1)",
    ),
)
