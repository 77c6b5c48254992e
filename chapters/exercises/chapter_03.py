"""Exercises of chapter 03: the linear layer in two layouts, a step of training, layers counted."""

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
    praise="Report B's (5) is right in this layout; its (7) would be W^T dY here.",
    hints=(
        "Transpose the row formulas: Y = X W + b becomes Y^T = W^T X^T + b^T.",
        "dW must be (out, in): which product of dY (out, n) and X (in, n) is?",
        "dX = W.T @ dY, dW = dY @ X.T, db = dY.sum(axis=1, keepdims=True).",
    ),
)

# --- 3: one step of training, mean squared error --------------------------------------------------


def _targets(rng):
    return {
        "X": rng.normal(size=(6, 4)),
        "W": rng.normal(size=(4, 3)),
        "b": rng.normal(size=3),
        "T": rng.normal(size=(6, 3)),
        "lr": np.array(rng.uniform(0.1, 0.5)),
    }


def _run_step(answer, X, W, b, T, lr):
    loss, new_W, new_b = answer(X, W, b, T, float(lr))
    return {"loss": loss, "new W": new_W, "new b": new_b}


def _dY(X, W, b, T):
    return 2 * (X @ W + b - T) / T.size


def _step(X, W, b, T, lr):
    dY = _dY(X, W, b, T)
    return np.mean((X @ W + b - T) ** 2), W - lr * X.T @ dY, b - lr * dY.sum(axis=0)


def _gradients(X, W, b, T):
    dY = _dY(X, W, b, T)
    return X.T @ dY, dY.sum(axis=0)


descent_step = Exercise(
    cases=_targets,
    run=_run_step,
    right=_step,
    mistakes={
        "loss": [
            Mistake(
                "a sum, not a mean",
                "Divide by the number of elements of T.",
                lambda X, W, b, T, lr: np.sum((X @ W + b - T) ** 2),
            ),
            Mistake(
                "divided by n only",
                "The mean runs over all n times out numbers.",
                lambda X, W, b, T, lr: np.sum((X @ W + b - T) ** 2) / len(T),
            ),
            Mistake(
                "not squared",
                "Square the differences before the mean.",
                lambda X, W, b, T, lr: np.mean(X @ W + b - T),
            ),
            Mistake(
                "a half too many",
                "This loss has no factor 1/2.",
                lambda X, W, b, T, lr: np.mean((X @ W + b - T) ** 2) / 2,
            ),
            Mistake(
                "the loss after the step",
                "Compute the loss with the W and b you were given.",
                lambda X, W, b, T, lr: _step(X, *_step(X, W, b, T, lr)[1:], T, lr)[0],
            ),
            Mistake(
                "forgot the bias",
                "Y is X W + b.",
                lambda X, W, b, T, lr: np.mean((X @ W - T) ** 2),
            ),
        ],
        "new W": [
            Mistake(
                "climbed",
                "The gradient points uphill: subtract it.",
                lambda X, W, b, T, lr: W + lr * _gradients(X, W, b, T)[0],
            ),
            Mistake(
                "forgot the 2",
                "The derivative of a square brings a factor 2 into dY.",
                lambda X, W, b, T, lr: W - lr * _gradients(X, W, b, T)[0] / 2,
            ),
            Mistake(
                "divided by n only",
                "The loss is a mean over n times out numbers, so dY is divided by both.",
                lambda X, W, b, T, lr: W - lr * _gradients(X, W, b, T)[0] * T.shape[1],
            ),
            Mistake(
                "the gradient of another loss",
                "(Y - T) / n belongs to half the sum of squares per example. Here the loss is a "
                "mean over all numbers: dY is 2 (Y - T) / T.size.",
                lambda X, W, b, T, lr: W - lr * _gradients(X, W, b, T)[0] * T.shape[1] / 2,
            ),
            Mistake(
                "forgot to divide",
                "The loss is a mean: dY is 2 (Y - T) over the number of elements.",
                lambda X, W, b, T, lr: W - lr * _gradients(X, W, b, T)[0] * T.size,
            ),
            Mistake(
                "off by the batch size",
                "dY has the mean inside already; dW is a plain sum over the batch.",
                lambda X, W, b, T, lr: W - lr * _gradients(X, W, b, T)[0] / len(X),
            ),
            Mistake(
                "the gradient, not the new W",
                "Return W - lr * dW.",
                lambda X, W, b, T, lr: _gradients(X, W, b, T)[0],
            ),
            Mistake(
                "forgot the learning rate",
                "Multiply the gradient by lr.",
                lambda X, W, b, T, lr: W - _gradients(X, W, b, T)[0],
            ),
        ],
        "new b": [
            Mistake(
                "climbed",
                "The gradient points uphill: subtract it.",
                lambda X, W, b, T, lr: b + lr * _gradients(X, W, b, T)[1],
            ),
            Mistake(
                "forgot to sum over the batch",
                "db has the shape of b: sum dY over the rows.",
                lambda X, W, b, T, lr: b - lr * _dY(X, W, b, T),
            ),
            Mistake(
                "off by the batch size",
                "dY has the mean inside already; db is a sum, not a mean.",
                lambda X, W, b, T, lr: b - lr * _dY(X, W, b, T).mean(axis=0),
            ),
            Mistake(
                "summed over everything",
                "One number for each output: axis=0.",
                lambda X, W, b, T, lr: b - lr * _dY(X, W, b, T).sum(),
            ),
            Mistake(
                "left b alone",
                "b learns as well as W.",
                lambda X, W, b, T, lr: b,
            ),
            Mistake(
                "used the new W",
                "Both gradients belong to the old W and b: compute both, then step.",
                lambda X, W, b, T, lr: b - lr * _gradients(X, _step(X, W, b, T, lr)[1], b, T)[1],
            ),
        ],
    },
    praise="Repeat it, and you have trained a layer.",
    hints=(
        "Three parts: forward, the gradient of the loss with respect to Y, then dW and db from it.",
        "The loss is a sum of (Y - T)^2 over T.size. What is its derivative by one number of Y?",
        "dY = 2 * (Y - T) / T.size; new W = W - lr * X.T @ dY; new b = b - lr * dY.sum(axis=0).",
    ),
)

# --- 4: report A 2.2, "3 hidden layer, with 64, 32, 10 neuron" -----------------------------------


def _widths(rng):
    sizes = rng.choice(np.arange(2.0, 60), size=rng.integers(6, 9), replace=False)
    return {"n_in": sizes[0], "widths": sizes[1:]}


def _parameters(sizes):
    return sum((a + 1) * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))


def _run_layers(answer, n_in, widths):
    hidden, parameters = answer(int(n_in), [int(width) for width in widths])
    return {"hidden": hidden, "parameters": parameters}


def _layers(n_in, widths):
    return len(widths) - 1, _parameters([n_in, *widths])


count_layers = Exercise(
    cases=_widths,
    run=_run_layers,
    right=_layers,
    mistakes={
        "hidden": [
            Mistake(
                "counted the output layer",
                "The report's slip: the last width is the number of classes, and its values are "
                "the network's answer, not hidden.",
                lambda n_in, widths: len(widths),
            ),
            Mistake(
                "counted the input and the output",
                "The features are data, and the last layer is the output.",
                lambda n_in, widths: len(widths) + 1,
            ),
            Mistake(
                "left out too many",
                "widths does not hold the input; only its last entry is not hidden.",
                lambda n_in, widths: len(widths) - 2,
            ),
            Mistake(
                "the report's network only",
                "That is 64, 32, 10. Write it for a list of any length.",
                lambda n_in, widths: 2.0,
            ),
            Mistake(
                "counted units, not layers",
                "How many layers are hidden, not how many units.",
                lambda n_in, widths: np.sum(widths[:-1]),
            ),
        ],
        "parameters": [
            Mistake(
                "an output layer too many",
                "Read literally the report has a further layer after the last width. That width is "
                "the output.",
                lambda n_in, widths: _parameters([n_in, *widths, widths[-1]]),
            ),
            Mistake(
                "forgot the first W",
                "The first W goes from the n_in features to the first width.",
                lambda n_in, widths: _parameters(widths),
            ),
            Mistake(
                "forgot the biases",
                "Each layer has one bias for each of its outputs.",
                lambda n_in, widths: _parameters([n_in, *widths]) - np.sum(widths),
            ),
            Mistake(
                "one bias for each layer",
                "b has shape (out,): a layer has as many biases as outputs.",
                lambda n_in, widths: _parameters([n_in, *widths]) - np.sum(widths) + len(widths),
            ),
            Mistake(
                "one bias for each input",
                "b is added to the outputs: count those.",
                lambda n_in, widths: (
                    _parameters([n_in, *widths]) - np.sum(widths) + n_in + np.sum(widths[:-1])
                ),
            ),
            Mistake(
                "left out the output layer",
                "The output layer has weights and biases too.",
                lambda n_in, widths: _parameters([n_in, *widths[:-1]]),
            ),
            Mistake(
                "every W from the features",
                "A layer's inputs are the outputs of the one before, not the features again.",
                lambda n_in, widths: (n_in + 1) * np.sum(widths),
            ),
        ],
    },
    praise="Report A's best model has two hidden layers, 64 and 32; the 10 are its scores.",
    hints=(
        "Which of the report's layers gives the probabilities of the ten classes?",
        "W's of shapes (128, 64), (64, 32), (32, 10), each with a b. What lies between two W's is "
        "hidden.",
        "hidden = len(widths) - 1; parameters = the sum of (a + 1) * b over neighbours a, b in "
        "[n_in, *widths].",
    ),
)
