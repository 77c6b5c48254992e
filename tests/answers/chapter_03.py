"""Answers to chapter 03: the linear layer, rows and columns."""

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


RIGHT = {"linear_layer": [rows(), loop_linear], "column_layer": [columns()]}

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
]
