"""Answers to chapter 03: the linear layer, rows and columns; a step of training; layers counted."""

import numpy as np


def rows(Y=None, dX=None, dW=None, db=None):
    """A linear layer, rows are examples, with some of its formulas replaced."""

    def layer(X, W, b):
        def back(dY):
            return (
                dX(X, W, dY) if dX else dY @ W.T,
                dW(X, W, dY) if dW else X.T @ dY,
                db(dY) if db else dY.sum(axis=0),
            )

        return Y(X, W, b) if Y else X @ W + b, back

    return layer


def columns(Y=None, dX=None, dW=None, db=None):
    """The same with examples as columns."""

    def layer(X, W, b):
        def back(dY):
            return (
                dX(X, W, dY) if dX else W.T @ dY,
                dW(X, W, dY) if dW else dY @ X.T,
                db(dY) if db else dY.sum(axis=1, keepdims=True),
            )

        return Y(X, W, b) if Y else W @ X + b, back

    return layer


def loop_linear(X, W, b):
    """The right layer without a single matrix product."""
    n, out = len(X), W.shape[1]
    Y = [[sum(X[k] * W[:, j]) + b[j] for j in range(out)] for k in range(n)]

    def back(dY):
        dX = [[sum(dY[k] * W[i]) for i in range(len(W))] for k in range(n)]
        dW = [[sum(X[:, i] * dY[:, j]) for j in range(out)] for i in range(len(W))]
        return np.array(dX), np.array(dW), sum(dY)

    return np.array(Y), back


def turned_columns(X, W, b):
    """The column layer, by way of the row layer."""
    Y, back = rows()(X.T, W.T, b[:, 0])

    def turned(dY):
        dX, dW, db = back(dY.T)
        return dX.T, dW.T, db[:, None]

    return Y.T, turned


def gradients(X, W, b, T):
    dY = 2 * (X @ W + b - T) / T.size
    return X.T @ dY, dY.sum(axis=0)


def mean_square(X, W, b, T):
    return np.mean((X @ W + b - T) ** 2)


def step(loss=None, W=None, b=None):
    """One step of descent, with one of its results replaced: functions of (X, W, b, T, lr)."""

    def stepped(*case):
        X, old_W, old_b, T, lr = case
        dW, db = gradients(X, old_W, old_b, T)
        return (
            loss(*case) if loss else mean_square(X, old_W, old_b, T),
            W(*case) if W else old_W - lr * dW,
            b(*case) if b else old_b - lr * db,
        )

    return stepped


def loop_step(X, W, b, T, lr):
    """The step with loops over examples and outputs."""
    loss, dW, db = 0.0, np.zeros(W.shape), np.zeros(b.shape)
    for x, t in zip(X, T, strict=True):
        for j in range(len(b)):
            away = x @ W[:, j] + b[j] - t[j]
            loss += away**2 / T.size
            dW[:, j] += 2 * away * x / T.size
            db[j] += 2 * away / T.size
    return loss, W - lr * dW, b - lr * db


def later_loss(X, W, b, T, lr):
    """The loss once the step is taken."""
    dW, db = gradients(X, W, b, T)
    return mean_square(X, W - lr * dW, b - lr * db, T)


def later_b(X, W, b, T, lr):
    """b after a step whose gradient belongs to the new W."""
    W = W - lr * gradients(X, W, b, T)[0]
    return b - lr * gradients(X, W, b, T)[1]


def parameters(sizes):
    return sum(a * b + b for a, b in zip(sizes, sizes[1:], strict=False))


def layers(hidden=None, count=None):
    """Hidden layers and parameters, with one of the two replaced."""

    def counted(n_in, widths):
        return (
            hidden(n_in, widths) if hidden else len(widths) - 1,
            count(n_in, widths) if count else parameters([n_in, *widths]),
        )

    return counted


def one_by_one(n_in, widths):
    """The counts, walking from layer to layer."""
    total, inputs = 0, n_in
    for width in widths:
        total += np.zeros((inputs, width)).size + width
        inputs = width
    return len(widths[:-1]), total


RIGHT = {
    "linear_layer": [rows(), loop_linear],
    "column_layer": [columns(), turned_columns],
    "descent_step": [step(), loop_step],
    "count_layers": [layers(), one_by_one],
}

WRONG = [
    *[
        ("linear_layer", name, rows(**change))
        for name, change in [
            ("forgot the bias", {"Y": lambda X, W, b: X @ W}),
            ("subtracted the bias", {"Y": lambda X, W, b: X @ W - b}),
            ("transposed", {"Y": lambda X, W, b: (X @ W + b).T}),
            ("off by the batch size", {"dX": lambda X, W, dY: dY @ W.T / len(X)}),
            ("transposed", {"dX": lambda X, W, dY: W @ dY.T}),
            ("gradients in another order", {"dX": lambda X, W, dY: X.T @ dY}),
            ("the sign is turned", {"dX": lambda X, W, dY: -dY @ W.T}),
            ("forgot dY", {"dX": lambda X, W, dY: np.ones(dY.shape) @ W.T}),
            ("transposed", {"dW": lambda X, W, dY: dY.T @ X}),
            ("off by the batch size", {"dW": lambda X, W, dY: X.T @ dY / len(X)}),
            ("the sign is turned", {"dW": lambda X, W, dY: -X.T @ dY}),
            ("forgot dY", {"dW": lambda X, W, dY: X.T @ np.ones(dY.shape)}),
            ("forgot to sum over the batch", {"db": lambda dY: dY}),
            ("off by the batch size", {"db": lambda dY: dY.mean(axis=0)}),
            ("summed over the wrong axis", {"db": lambda dY: dY.sum(axis=1)}),
            ("summed over everything", {"db": np.sum}),
            ("kept an axis", {"db": lambda dY: dY.sum(axis=0, keepdims=True)}),
        ]
    ],
    *[
        ("column_layer", name, columns(**change))
        for name, change in [
            ("forgot the bias", {"Y": lambda X, W, b: W @ X}),
            ("turned to rows", {"Y": lambda X, W, b: X.T @ W.T + b.T}),
            ("turned to rows", {"dX": lambda X, W, dY: dY.T @ W}),
            ("gradients in another order", {"dX": lambda X, W, dY: dY @ X.T}),
            ("the sign is turned", {"dX": lambda X, W, dY: -W.T @ dY}),
            ("off by the batch size", {"dX": lambda X, W, dY: W.T @ dY / X.shape[1]}),
            ("off by the number of features", {"dX": lambda X, W, dY: W.T @ dY / len(X)}),
            ("transposed", {"dW": lambda X, W, dY: X @ dY.T}),
            ("off by the batch size", {"dW": lambda X, W, dY: dY @ X.T / X.shape[1]}),
            ("off by the number of features", {"dW": lambda X, W, dY: dY @ X.T / len(X)}),
            ("forgot to sum over the batch", {"db": lambda dY: dY}),
            ("summed over the wrong axis", {"db": lambda dY: dY.sum(axis=0)}),
            ("lost an axis", {"db": lambda dY: dY.sum(axis=1)}),
            ("off by the batch size", {"db": lambda dY: dY.mean(axis=1, keepdims=True)}),
        ]
    ],
    *[
        ("descent_step", name, step(**change))
        for name, change in [
            ("a sum, not a mean", {"loss": lambda X, W, b, T, lr: ((X @ W + b - T) ** 2).sum()}),
            (
                "divided by n only",
                {"loss": lambda X, W, b, T, lr: ((X @ W + b - T) ** 2).sum(axis=1).mean()},
            ),
            ("not squared", {"loss": lambda X, W, b, T, lr: (X @ W + b - T).mean()}),
            ("a half too many", {"loss": lambda X, W, b, T, lr: mean_square(X, W, b, T) / 2}),
            ("the loss after the step", {"loss": later_loss}),
            ("forgot the bias", {"loss": lambda X, W, b, T, lr: mean_square(X, W, 0, T)}),
            ("climbed", {"W": lambda X, W, b, T, lr: W + lr * gradients(X, W, b, T)[0]}),
            (
                "forgot the 2",
                {"W": lambda X, W, b, T, lr: W - lr * X.T @ (X @ W + b - T) / T.size},
            ),
            (
                "divided by n only",
                {"W": lambda X, W, b, T, lr: W - lr * X.T @ (2 * (X @ W + b - T)) / len(T)},
            ),
            (
                "the gradient of another loss",
                {"W": lambda X, W, b, T, lr: W - lr * X.T @ (X @ W + b - T) / len(X)},
            ),
            (
                "forgot to divide",
                {"W": lambda X, W, b, T, lr: W - lr * 2 * X.T @ (X @ W + b - T)},
            ),
            (
                "off by the batch size",
                {"W": lambda X, W, b, T, lr: W - lr * gradients(X, W, b, T)[0] / len(X)},
            ),
            (
                "the gradient, not the new W",
                {"W": lambda X, W, b, T, lr: gradients(X, W, b, T)[0]},
            ),
            (
                "forgot the learning rate",
                {"W": lambda X, W, b, T, lr: W - gradients(X, W, b, T)[0]},
            ),
            ("climbed", {"b": lambda X, W, b, T, lr: b + lr * gradients(X, W, b, T)[1]}),
            (
                "forgot to sum over the batch",
                {"b": lambda X, W, b, T, lr: b - lr * 2 * (X @ W + b - T) / T.size},
            ),
            (
                "off by the batch size",
                {"b": lambda X, W, b, T, lr: b - lr * gradients(X, W, b, T)[1] / len(X)},
            ),
            (
                "summed over everything",
                {"b": lambda X, W, b, T, lr: b - lr * gradients(X, W, b, T)[1].sum()},
            ),
            ("left b alone", {"b": lambda X, W, b, T, lr: b}),
            ("used the new W", {"b": later_b}),
        ]
    ],
    *[
        ("count_layers", name, layers(**change))
        for name, change in {
            "counted the output layer": {"hidden": lambda n_in, widths: len(widths)},
            "counted the input and the output": {
                "hidden": lambda n_in, widths: len([n_in, *widths])
            },
            "left out too many": {"hidden": lambda n_in, widths: len(widths[1:-1])},
            "the report's network only": {"hidden": lambda n_in, widths: 2},
            "counted units, not layers": {"hidden": lambda n_in, widths: sum(widths[:-1])},
            "an output layer too many": {
                "count": lambda n_in, widths: parameters([n_in, *widths, widths[-1]])
            },
            "forgot the first W": {"count": lambda n_in, widths: parameters(widths)},
            "forgot the biases": {
                "count": lambda n_in, widths: np.dot([n_in, *widths[:-1]], widths)
            },
            "one bias for each layer": {
                "count": lambda n_in, widths: np.dot([n_in, *widths[:-1]], widths) + len(widths)
            },
            "one bias for each input": {
                "count": lambda n_in, widths: np.dot(
                    [n_in, *widths[:-1]], [width + 1 for width in widths]
                )
            },
            "left out the output layer": {
                "count": lambda n_in, widths: parameters([n_in, *widths[:-1]])
            },
            "every W from the features": {
                "count": lambda n_in, widths: sum(n_in * width + width for width in widths)
            },
        }.items()
    ],
]
