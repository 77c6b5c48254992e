"""Answers to chapter 06: gradients by hand, report B's formulas, checks, and what it costs."""

import numpy as np

from mlpcore import Parameter, cross_entropy, ops, tanh
from mlpcore.gradcheck import gradient_errors, numerical_gradient


def two(loss=None, dW2=None, db2=None, dW1=None, db1=None, n=None, slope=None, sign=1):
    """Two layers and a loss, with some of the formulas replaced."""

    def network(X, T, W1, b1, W2, b2):
        Y1 = X @ W1 + b1
        A = np.tanh(Y1)
        Y2 = A @ W2 + b2
        E = np.exp(Y2 - Y2.max(axis=1, keepdims=True))
        P = E / E.sum(axis=1, keepdims=True)
        dY2 = sign * (P - T) / (n or len(X))
        dA = dY2 @ W2.T
        dY1 = dA * (slope(A, Y1) if slope else 1 - A**2)
        return (
            loss(P, T) if loss else -(T * np.log(P)).sum() / len(X),
            dW1(X, dY1) if dW1 else X.T @ dY1,
            db1(dA, dY1) if db1 else dY1.sum(axis=0),
            dW2(A, Y1, dY2) if dW2 else A.T @ dY2,
            db2(dY2) if db2 else dY2.sum(axis=0),
        )

    return network


def two_by_tape(X, T, W1, b1, W2, b2):
    leaves = [Parameter(p) for p in (W1, b1, W2, b2)]
    hidden = tanh(ops.linear(X, *leaves[:2]))
    loss = cross_entropy(ops.linear(hidden, *leaves[2:]), T)
    loss.backward()
    return loss.item(), *(p.grad for p in leaves)


def no_activation(X, T, W1, b1, W2, b2):
    loss, _ = cross_entropy((X @ W1 + b1) @ W2 + b2, T)
    return loss, *two()(X, T, W1, b1, W2, b2)[1:]


def columns_softmax(X, T, W1, b1, W2, b2):
    Y2 = np.tanh(X @ W1 + b1) @ W2 + b2
    P = np.exp(Y2) / np.exp(Y2).sum(axis=0, keepdims=True)
    return -(T * np.log(P)).sum() / len(X), *two()(X, T, W1, b1, W2, b2)[1:]


def only_log(X, T, W1, b1, W2, b2):
    loss, dW1, db1, _, db2 = two()(X, T, W1, b1, W2, b2)
    A = np.tanh(X @ W1 + b1)
    E = np.exp(A @ W2 + b2)
    P = E / E.sum(axis=1, keepdims=True)
    return loss, dW1, db1, A.T @ (-T / P / len(T)), db2


def in_other_order(*case):
    loss, dW1, db1, dW2, db2 = two()(*case)
    return loss, dW2, db2, dW1, db1


def report(dW=None, db=None, dX=None, slope=None):
    """Report B's layer in rows, with some of the formulas replaced."""

    def layer(X, W, b, dA):
        Y = X @ W + b
        dY = dA * (slope(X, W, Y) if slope else 1 - np.tanh(Y) ** 2)
        return (
            dW(X, dA, dY) if dW else X.T @ dY,
            db(dA, dY) if db else dY.sum(axis=0),
            dX(X, W, dA, dY) if dX else dY @ W.T,
        )

    return layer


def loop_report(X, W, b, dA):
    dW, db, dX = np.zeros_like(W), np.zeros_like(b), np.zeros_like(X)
    for k in range(len(X)):
        for j in range(len(b)):
            y = sum(X[k, i] * W[i, j] for i in range(len(W))) + b[j]
            dy = dA[k, j] / np.cosh(y) ** 2
            dW[:, j] += X[k] * dy
            db[j] += dy
            dX[k] += dy * W[:, j]
    return dW, db, dX


def twice(dX=None, dW=None):
    """tanh(X W) W, with some of the formulas replaced."""

    def back(X, W, dY):
        A = np.tanh(X @ W)
        dA = dY @ W.T
        dY1 = dA * (1 - A * A)
        return (
            dX(A, W, dY, dA, dY1) if dX else dY1 @ W.T,
            dW(X, A, dY, dA, dY1) if dW else X.T @ dY1 + A.T @ dY,
        )

    return back


def twice_by_backs(X, W, dY):
    Y1, back1 = ops.linear(X, W)
    A, back_tanh = tanh(Y1)
    _, back2 = ops.linear(A, W)
    dA, dW = back2(dY)
    dX, first = back1(back_tanh(dA))
    dW = dW + first
    return dX, dW


def check(dY=None, h=1e-6, tolerance=1e-4, compare=None, only=None):
    """A gradient check, one number at a time, with a weak spot or none."""

    def trusts(op, x, rng):
        y, back = op(x)
        upstream = rng.normal(size=y.shape) if dY is None else dY(y)
        claimed, measured = back(upstream), np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[i] += h
            down[i] -= h
            measured[i] = ((op(up)[0] - op(down)[0]) * upstream).sum() / (2 * h)
        if only:
            claimed, measured = claimed[only], measured[only]
        if compare:
            return compare(claimed, measured)
        return np.max(np.abs(claimed - measured)) < tolerance * np.max(np.abs(measured))

    return trusts


def check_by_library(op, x, rng):
    return gradient_errors(op, x, rng=rng)[0] < 1e-4


def check_by_elements(op, x, rng):
    y, back = op(x)
    dY = rng.standard_normal(y.shape)
    measured = numerical_gradient(lambda v: op(v)[0], x, dY)
    return bool(np.allclose(back(dY), measured, rtol=1e-4, atol=1e-5))


def loop_cost(sizes, n):
    forward = backward = 0
    for layer in range(len(sizes) - 1):
        product = n * sizes[layer] * sizes[layer + 1]
        forward += product
        backward += product if layer == 0 else 2 * product
    return forward, backward


def weights(sizes):
    return sum(a * b for a, b in zip(sizes, sizes[1:], strict=False))


def cost(forward=None, backward=None):
    """The cost, with one of the two replaced."""

    def count(sizes, n):
        right = loop_cost(sizes, n)
        return (
            forward(sizes, n) if forward else right[0],
            backward(sizes, n) if backward else right[1],
        )

    return count


RIGHT = {
    "two_layers": [two(), two_by_tape],
    "untangled": [report(), loop_report],
    "used_twice": [twice(), twice_by_backs],
    "gradient_check": [check(), check_by_library, check_by_elements],
    "count_cost": [
        loop_cost,
        lambda sizes, n: (n * weights(sizes), n * (2 * weights(sizes) - sizes[0] * sizes[1])),
    ],
}

WRONG = [
    *[
        ("two_layers", name, answer)
        for name, answer in [
            ("summed over the batch", two(loss=lambda P, T: -(T * np.log(P)).sum())),
            ("divided by the classes as well", two(loss=lambda P, T: -(T * np.log(P)).mean())),
            ("the sign is turned", two(loss=lambda P, T: (T * np.log(P)).sum() / len(P))),
            ("the activation is left out", no_activation),
            ("softmax over the wrong axis", columns_softmax),
            ("divided by the classes as well", two(dW2=lambda A, Y1, dY2: A.T @ (dY2 / 3))),
            ("the way back through softmax left out", only_log),
            ("dW1 in its place", in_other_order),
            ("the square outside", two(slope=lambda A, Y1: (1 - A) ** 2)),
            ("Y1 for A in the slope", two(slope=lambda A, Y1: 1 - Y1**2)),
            ("ReLU's slope", two(slope=lambda A, Y1: Y1 > 0)),
            ("a mean over the batch", two(db1=lambda dA, dY1: dY1.mean(axis=0))),
            ("not divided by the batch size", two(n=1)),
            ("the sign is turned", two(sign=-1)),
            ("Y1 in place of A", two(dW2=lambda A, Y1, dY2: Y1.T @ dY2)),
            ("transposed", two(dW2=lambda A, Y1, dY2: (A.T @ dY2).T)),
            ("not summed over the batch", two(db2=lambda dY2: dY2)),
            ("a mean over the batch", two(db2=lambda dY2: dY2.mean(axis=0))),
            ("the slope of tanh is forgotten", two(slope=lambda A, Y1: 1)),
            ("the slope taken at A, not at Y1", two(slope=lambda A, Y1: 1 - np.tanh(A) ** 2)),
            ("the slope without its square", two(slope=lambda A, Y1: 1 - A)),
            ("sigmoid's slope", two(slope=lambda A, Y1: A * (1 - A))),
            ("tanh in place of its slope", two(slope=lambda A, Y1: np.tanh(Y1))),
            ("transposed", two(dW1=lambda X, dY1: dY1.T @ X)),
            ("divided by the batch size twice", two(dW1=lambda X, dY1: X.T @ dY1 / len(X))),
            ("not summed over the batch", two(db1=lambda dA, dY1: dY1)),
            ("dA in place of dY1", two(db1=lambda dA, dY1: dA.sum(axis=0))),
        ]
    ],
    *[
        ("untangled", name, answer)
        for name, answer in [
            ("dA taken for dY", report(slope=lambda X, W, Y: 1)),
            (
                "the slope taken at A, not at Y",
                report(slope=lambda X, W, Y: 1 - np.tanh(np.tanh(Y)) ** 2),
            ),
            ("Y for A in the slope", report(slope=lambda X, W, Y: 1 - Y**2)),
            ("dX in its place", lambda *case: report()(*case)[::-1]),
            (
                "a slope at X on top",
                report(dX=lambda X, W, dA, dY: dY @ W.T * (1 - X * X)),
            ),
            ("the bias left out of Y", report(slope=lambda X, W, Y: 1 - np.tanh(X @ W) ** 2)),
            ("as columns", report(dW=lambda X, dA, dY: (X.T @ dY).T)),
            ("off by the batch size", report(dW=lambda X, dA, dY: X.T @ dY / len(dY))),
            ("dA taken for dY", report(db=lambda dA, dY: dA.sum(axis=0))),
            ("summed over everything", report(db=lambda dA, dY: np.sum(dY))),
            ("summed over the outputs", report(db=lambda dA, dY: dY.sum(axis=1))),
            ("not summed", report(db=lambda dA, dY: dY)),
            ("a mean over the batch", report(db=lambda dA, dY: dY.mean(axis=0))),
            ("dA taken for dY", report(dX=lambda X, W, dA, dY: dA @ W.T)),
            ("as columns", report(dX=lambda X, W, dA, dY: (dY @ W.T).T)),
            (
                "the slope of the layer below",
                report(dX=lambda X, W, dA, dY: (1 - X * X) * (dA @ W.T)),
            ),
            ("in the place of dW", report(dX=lambda X, W, dA, dY: X.T @ dY)),
        ]
    ],
    *[
        ("used_twice", name, answer)
        for name, answer in [
            ("the slope of tanh is forgotten", twice(dX=lambda A, W, dY, dA, dY1: dY @ W.T @ W.T)),
            ("one product with W short", twice(dX=lambda A, W, dY, dA, dY1: dY1)),
            (
                "W not transposed",
                twice(dX=lambda A, W, dY, dA, dY1: ((dY @ W) * (1 - A**2)) @ W),
            ),
            (
                "the slope taken at A",
                twice(dX=lambda A, W, dY, dA, dY1: (dA * (1 - np.tanh(A) ** 2)) @ W.T),
            ),
            ("only the second use", twice(dW=lambda X, A, dY, dA, dY1: A.T @ dY)),
            ("only the first use", twice(dW=lambda X, A, dY, dA, dY1: X.T @ dY1)),
            (
                "the mean of both uses",
                twice(dW=lambda X, A, dY, dA, dY1: 0.5 * (X.T @ dY1 + A.T @ dY)),
            ),
            ("X for A in the second use", twice(dW=lambda X, A, dY, dA, dY1: X.T @ (dY1 + dY))),
            ("dA in place of dY1", twice(dW=lambda X, A, dY, dA, dY1: X.T @ dA + A.T @ dY)),
            (
                "a second way down added",
                twice(dX=lambda A, W, dY, dA, dY1: (dY1 + dY) @ W.T),
            ),
            ("dW in its place", lambda *case: twice()(*case)[::-1]),
            ("the second use counted twice", twice(dW=lambda X, A, dY, dA, dY1: 2 * (A.T @ dY))),
            ("dY for both uses", twice(dW=lambda X, A, dY, dA, dY1: (X + A).T @ dY)),
            (
                "inputs and gradients crossed",
                twice(dW=lambda X, A, dY, dA, dY1: A.T @ dY1 + X.T @ dY),
            ),
            ("the first use counted twice", twice(dW=lambda X, A, dY, dA, dY1: 2 * (X.T @ dY1))),
        ]
    ],
    *[
        ("gradient_check", name, answer)
        for name, answer in [
            ("the step is too large", check(h=1e-2)),
            ("the step is too small", check(h=1e-11)),
            ("every right one is refused", check(tolerance=1e-14)),
            ("an upstream gradient of ones", check(dY=np.ones_like)),
            ("the tolerance is too loose", check(tolerance=0.02)),
            (
                "the sign is not looked at",
                check(compare=lambda c, m: np.allclose(np.abs(c), np.abs(m), rtol=1e-4, atol=1e-5)),
            ),
            (
                "one wrong number passes",
                check(compare=lambda c, m: np.mean(np.abs(c - m)) < 1e-4 * np.abs(m).max()),
            ),
            (
                "only the sum is compared",
                check(compare=lambda c, m: abs(c.sum() - m.sum()) < 1e-6 * np.abs(m).sum()),
            ),
            ("every wrong one passes", check(compare=lambda c, m: c.shape == m.shape)),
        ]
    ],
    *[
        ("count_cost", name, answer)
        for name, answer in [
            ("the batch is forgotten", cost(forward=lambda s, n: weights(s))),
            ("biases counted", cost(forward=lambda s, n: n * (weights(s) + sum(s[1:])))),
            ("additions counted as well", cost(forward=lambda s, n: 2 * n * weights(s))),
            (
                "all sizes multiplied with each other",
                cost(forward=lambda s, n: n * np.prod(np.array(s, dtype=float))),
            ),
            ("the data's gradient counted", cost(backward=lambda s, n: 2 * n * weights(s))),
            ("only dW", cost(backward=lambda s, n: n * weights(s))),
            ("only dX", cost(backward=lambda s, n: n * weights(s[1:]))),
            (
                "the last layer left out",
                cost(backward=lambda s, n: n * (2 * weights(s) - s[-1] * s[-2])),
            ),
            (
                "no dW in the first layer",
                cost(backward=lambda s, n: 2 * n * weights(s[1:])),
            ),
            (
                "the batch forgotten in dW",
                cost(backward=lambda s, n: weights(s) + n * weights(s[1:])),
            ),
            (
                "the batch forgotten in what is saved",
                cost(backward=lambda s, n: 2 * n * weights(s) - s[0] * s[1]),
            ),
            (
                "the forward pass counted again",
                cost(backward=lambda s, n: 3 * n * weights(s) - n * s[0] * s[1]),
            ),
            (
                "the batch is forgotten",
                cost(backward=lambda s, n: 2 * weights(s) - s[0] * s[1]),
            ),
        ]
    ],
]
