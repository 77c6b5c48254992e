"""Exercises of chapter 03: the linear layer."""

import numpy as np

from mlpcore import ops
from mlpcore.exercises import Exercise, Mistake

# --- 1: the layer, rows are examples --------------------------------------------------------------


def _rows(rng):
    return {
        "X": rng.normal(size=(5, 4)),
        "W": rng.normal(size=(4, 3)),
        "b": rng.normal(size=3),
        "dY": rng.normal(size=(5, 3)),
    }


def _run(answer, X, W, b, dY):
    Y, back = answer(X, W, b)
    dX, dW, db = back(dY)
    return {"Y": Y, "dX": dX, "dW": dW, "db": db}


linear_layer = Exercise(
    cases=_rows,
    run=_run,
    right=ops.linear,
    mistakes={
        "Y": [
            Mistake("forgot the bias", "Every row of X W gets b added.", lambda X, W, b, dY: X @ W),
            Mistake("subtracted the bias", "It is X W + b.", lambda X, W, b, dY: X @ W - b),
            Mistake(
                "transposed",
                "Rows are examples: Y has one row for each row of X.",
                lambda X, W, b, dY: (X @ W + b).T,
            ),
        ],
        "dX": [
            Mistake(
                "off by the batch size",
                "The loss has divided by n already, inside dY.",
                lambda X, W, b, dY: dY @ W.T / len(X),
            ),
            Mistake("transposed", "dX has the shape of X.", lambda X, W, b, dY: W @ dY.T),
            Mistake(
                "gradients in another order",
                "Return dX, dW, db: the order of the arguments.",
                lambda X, W, b, dY: X.T @ dY,
            ),
            Mistake("the sign is turned", "No minus here.", lambda X, W, b, dY: -(dY @ W.T)),
            Mistake(
                "forgot dY",
                "back(dY) must pass on what comes from above.",
                lambda X, W, b, dY: np.ones_like(dY) @ W.T,
            ),
        ],
        "dW": [
            Mistake("transposed", "dW has the shape of W.", lambda X, W, b, dY: dY.T @ X),
            Mistake(
                "off by the batch size",
                "Sum over the batch: the loss has divided by n already, inside dY.",
                lambda X, W, b, dY: X.T @ dY / len(X),
            ),
            Mistake("the sign is turned", "No minus here.", lambda X, W, b, dY: -(X.T @ dY)),
            Mistake(
                "forgot dY",
                "back(dY) must pass on what comes from above.",
                lambda X, W, b, dY: X.T @ np.ones_like(dY),
            ),
        ],
        "db": [
            Mistake(
                "forgot to sum over the batch",
                "b was added to every row, so every row's gradient reaches it.",
                lambda X, W, b, dY: dY,
            ),
            Mistake(
                "off by the batch size",
                "Sum, not mean: the loss has divided by n already, inside dY.",
                lambda X, W, b, dY: dY.mean(axis=0),
            ),
            Mistake(
                "summed over the wrong axis",
                "axis=0 runs over the rows, the examples.",
                lambda X, W, b, dY: dY.sum(axis=1),
            ),
            Mistake(
                "summed over everything",
                "One number for each output: axis=0.",
                lambda X, W, b, dY: dY.sum(),
            ),
            Mistake(
                "kept an axis",
                "b has shape (out,), so db has too.",
                lambda X, W, b, dY: dY.sum(axis=0, keepdims=True),
            ),
        ],
    },
    praise="Each gradient has the shape of what it belongs to, and the library's values.",
    hints=(
        "Write the shapes down: X (n, in), W (in, out), dY (n, out). What shape must dW have?",
        "One product of X and dY gives (in, out), one of dY and W gives (n, in). And b was copied "
        "to every row: what does the gradient of a copy do?",
        "dX = dY @ W.T, dW = X.T @ dY, db = dY.sum(axis=0).",
    ),
)

# --- 2: the same layer with examples as columns, the layout of report B (5) -----------------------


def _columns(rng):
    return {
        "X": rng.normal(size=(4, 5)),
        "W": rng.normal(size=(3, 4)),
        "b": rng.normal(size=(3, 1)),
        "dY": rng.normal(size=(3, 5)),
    }


def _linear_columns(X, W, b):
    Y = W @ X + b
    return Y, lambda dY: (W.T @ dY, dY @ X.T, dY.sum(axis=1, keepdims=True))


column_layer = Exercise(
    cases=_columns,
    run=_run,
    right=_linear_columns,
    mistakes={
        "Y": [
            Mistake(
                "forgot the bias", "Every column of W X gets b added.", lambda X, W, b, dY: W @ X
            ),
            Mistake(
                "turned to rows",
                "Columns are examples here: Y is (out, n).",
                lambda X, W, b, dY: (W @ X + b).T,
            ),
        ],
        "dX": [
            Mistake(
                "turned to rows", "dX has the shape of X, (in, n).", lambda X, W, b, dY: dY.T @ W
            ),
            Mistake(
                "gradients in another order",
                "Return dX, dW, db: the order of the arguments.",
                lambda X, W, b, dY: dY @ X.T,
            ),
            Mistake("the sign is turned", "No minus here.", lambda X, W, b, dY: -(W.T @ dY)),
            Mistake(
                "off by the batch size",
                "The loss has divided by n already; n is X.shape[1] here.",
                lambda X, W, b, dY: W.T @ dY / X.shape[1],
            ),
            Mistake(
                "off by the number of features",
                "len(X) is in here, not n; and no division is wanted at all.",
                lambda X, W, b, dY: W.T @ dY / len(X),
            ),
        ],
        "dW": [
            Mistake(
                "transposed", "dW has the shape of W, (out, in).", lambda X, W, b, dY: X @ dY.T
            ),
            Mistake(
                "off by the batch size",
                "Sum over the batch: no division by n.",
                lambda X, W, b, dY: dY @ X.T / X.shape[1],
            ),
            Mistake(
                "off by the number of features",
                "len(X) is in here, not n; and no division is wanted at all.",
                lambda X, W, b, dY: dY @ X.T / len(X),
            ),
        ],
        "db": [
            Mistake(
                "forgot to sum over the batch",
                "b was added to every column, so every column's gradient reaches it.",
                lambda X, W, b, dY: dY,
            ),
            Mistake(
                "summed over the wrong axis",
                "The examples lie along axis 1 here.",
                lambda X, W, b, dY: dY.sum(axis=0),
            ),
            Mistake(
                "lost an axis",
                "b is (out, 1) here: keepdims=True keeps that shape.",
                lambda X, W, b, dY: dY.sum(axis=1),
            ),
            Mistake(
                "off by the batch size",
                "Sum, not mean.",
                lambda X, W, b, dY: dY.mean(axis=1, keepdims=True),
            ),
        ],
    },
    praise="Report B's (5) is this layout: dL/dZ X^T. Its (7) is the other one.",
    hints=(
        "Transpose the row formulas: Y = X W + b becomes Y^T = W^T X^T + b^T.",
        "dW must be (out, in): which product of dY (out, n) and X (in, n) is?",
        "dX = W.T @ dY, dW = dY @ X.T, db = dY.sum(axis=1, keepdims=True).",
    ),
)
