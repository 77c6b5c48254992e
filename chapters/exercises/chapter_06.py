"""Exercises of chapter 06: gradients by hand, report B's formulas, checks, and what it costs."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: two layers and a loss ---------------------------------------------------------------------


def _network(rng):
    return {
        "X": rng.normal(size=(6, 5)),
        "T": np.eye(3)[rng.permutation([0, 1, 2, 0, 1, 2])],
        "W1": rng.normal(size=(5, 4)),
        "b1": rng.normal(size=4),
        "W2": rng.normal(size=(4, 3)),
        "b2": rng.normal(size=3),
    }


def _run_two(answer, **case):
    loss, dW1, db1, dW2, db2 = answer(*case.values())
    return {"loss": loss, "dW2": dW2, "db2": db2, "dW1": dW1, "db1": db1}


def _forward(X, T, W1, b1, W2, b2):
    Y1 = X @ W1 + b1
    A = np.tanh(Y1)
    E = np.exp(A @ W2 + b2)
    P = E / E.sum(axis=1, keepdims=True)
    return Y1, A, P, (P - T) / len(X)


def _two_layers(X, T, W1, b1, W2, b2):
    _, A, P, dY2 = _forward(X, T, W1, b1, W2, b2)
    dY1 = dY2 @ W2.T * (1 - A**2)
    loss = -(T * np.log(P)).sum() / len(X)
    return loss, X.T @ dY1, dY1.sum(axis=0), A.T @ dY2, dY2.sum(axis=0)


def _no_activation(X, T, W1, b1, W2, b2):
    E = np.exp((X @ W1 + b1) @ W2 + b2)
    return -(T * np.log(E / E.sum(axis=1, keepdims=True))).sum() / len(X)


def _columns_softmax(X, T, W1, b1, W2, b2):
    E = np.exp(np.tanh(X @ W1 + b1) @ W2 + b2)
    return -(T * np.log(E / E.sum(axis=0))).sum() / len(X)


def _only_log(X, T, W1, b1, W2, b2):
    _, A, P, _ = _forward(X, T, W1, b1, W2, b2)
    return A.T @ (-T / P) / len(X)


def _second(f):
    """A wrong gradient of the second layer, made of A, Y1 and dY2."""

    def value(**case):
        Y1, A, _, dY2 = _forward(**case)
        return f(A, Y1, dY2)

    return value


def _first(f):
    """A wrong gradient of the first layer, made of X, A and dA."""

    def value(X, T, W1, b1, W2, b2):
        _, A, _, dY2 = _forward(X, T, W1, b1, W2, b2)
        return f(X, A, dY2 @ W2.T)

    return value


two_layers = Exercise(
    cases=_network,
    run=_run_two,
    right=_two_layers,
    mistakes={
        "loss": _named(
            (
                "summed over the batch",
                "It is a mean: divide by n.",
                lambda X, **rest: _two_layers(X, **rest)[0] * len(X),
            ),
            (
                "divided by the classes as well",
                "Divide by n alone; .mean() of an (n, K) array divides by n K.",
                lambda T, **rest: _two_layers(T=T, **rest)[0] / T.shape[1],
            ),
            (
                "the sign is turned",
                "Logarithms of probabilities are negative.",
                lambda **case: -_two_layers(**case)[0],
            ),
            (
                "the activation is left out",
                "The second layer works on A = tanh(Y1).",
                _no_activation,
            ),
            (
                "softmax over the wrong axis",
                "Each row of P sums to 1: sum with axis=1, keepdims=True.",
                _columns_softmax,
            ),
        ),
        "dW2": _named(
            (
                "not divided by the batch size",
                "The loss is a mean over n examples: dY2 = (P - T) / n.",
                _second(lambda A, Y1, dY2: A.T @ dY2 * len(A)),
            ),
            (
                "the sign is turned",
                "Predicted minus true, P - T.",
                _second(lambda A, Y1, dY2: -A.T @ dY2),
            ),
            (
                "Y1 in place of A",
                "What the second layer multiplies with W2 is A, after the activation.",
                _second(lambda A, Y1, dY2: Y1.T @ dY2),
            ),
            ("transposed", "dW2 has the shape of W2.", _second(lambda A, Y1, dY2: dY2.T @ A)),
            (
                "divided by the classes as well",
                "dY2 = (P - T) / n: the mean is over n examples, not over n K numbers.",
                _second(lambda A, Y1, dY2: A.T @ dY2 / dY2.shape[1]),
            ),
            (
                "the way back through softmax left out",
                "-T / P is the gradient at P; at Y2 it is P - T.",
                _only_log,
            ),
            (
                "dW1 in its place",
                "Return loss, dW1, db1, dW2, db2 in this order.",
                lambda **case: _two_layers(**case)[1],
            ),
        ),
        "db2": _named(
            (
                "not summed over the batch",
                "b2 is used by every row: add up their gradients.",
                _second(lambda A, Y1, dY2: dY2),
            ),
            (
                "a mean over the batch",
                "dY2 has been divided by n already: sum.",
                _second(lambda A, Y1, dY2: dY2.mean(axis=0)),
            ),
        ),
        "dW1": _named(
            (
                "the slope of tanh is forgotten",
                "dY1 = dA ⊙ (1 - A ⊙ A) stands between the layers.",
                _first(lambda X, A, dA: X.T @ dA),
            ),
            (
                "the slope taken at A, not at Y1",
                "tanh'(Y1) is 1 - tanh(Y1)², and tanh(Y1) is A: no second tanh.",
                _first(lambda X, A, dA: X.T @ (dA * (1 - np.tanh(A) ** 2))),
            ),
            (
                "the slope without its square",
                "tanh' is 1 - A², not 1 - A.",
                _first(lambda X, A, dA: X.T @ (dA * (1 - A))),
            ),
            (
                "the square outside",
                "tanh' is 1 - A², not (1 - A)².",
                _first(lambda X, A, dA: X.T @ (dA * (1 - A) ** 2)),
            ),
            (
                "Y1 for A in the slope",
                "tanh'(Y1) is 1 - tanh(Y1)², that is 1 - A².",
                _first(lambda X, A, dA: X.T @ (dA * (1 - np.arctanh(A) ** 2))),
            ),
            (
                "ReLU's slope",
                "The activation is tanh: its slope is 1 - A².",
                _first(lambda X, A, dA: X.T @ (dA * (A > 0))),
            ),
            (
                "sigmoid's slope",
                "A (1 - A) belongs to sigmoid; tanh has 1 - A².",
                _first(lambda X, A, dA: X.T @ (dA * A * (1 - A))),
            ),
            (
                "tanh in place of its slope",
                "The way back multiplies by the slope 1 - A², not by A.",
                _first(lambda X, A, dA: X.T @ (dA * A)),
            ),
            (
                "transposed",
                "dW1 has the shape of W1.",
                _first(lambda X, A, dA: (dA * (1 - A**2)).T @ X),
            ),
            (
                "divided by the batch size twice",
                "dY2 holds the 1/n already; it comes down with it.",
                _first(lambda X, A, dA: X.T @ (dA * (1 - A**2)) / len(X)),
            ),
        ),
        "db1": _named(
            (
                "not summed over the batch",
                "b1 is used by every row: add up their gradients.",
                _first(lambda X, A, dA: dA * (1 - A**2)),
            ),
            (
                "a mean over the batch",
                "The 1/n is in dY2 already and comes down with it: sum.",
                _first(lambda X, A, dA: (dA * (1 - A**2)).mean(axis=0)),
            ),
            (
                "dA in place of dY1",
                "b1 is added before the activation.",
                _first(lambda X, A, dA: dA.sum(axis=0)),
            ),
        ),
    },
    praise="Loss and four gradients: a network trains with no more than this.",
    hints=(
        "Go forward line by line and keep A and P. Then go back: dY2, dW2, db2, dA, dY1, dW1, db1.",
        "dY2 = (P - T) / n; dA = dY2 @ W2.T; dY1 = dA times tanh's slope, made from A.",
        "dY1 = dA * (1 - A * A), dW1 = X.T @ dY1, db1 = dY1.sum(axis=0); dW2 = A.T @ dY2 and "
        "db2 = dY2.sum(axis=0).",
    ),
)

# --- 2: report B's (5) to (7) in one layout -------------------------------------------------------


def _layer(rng):
    return {
        "X": rng.normal(size=(5, 4)),
        "W": rng.normal(size=(4, 3)),
        "b": rng.normal(size=3),
        "dA": rng.normal(size=(5, 3)),
    }


def _untangled(X, W, b, dA):
    dY = dA * (1 - np.tanh(X @ W + b) ** 2)
    return X.T @ dY, dY.sum(axis=0), dY @ W.T


def _with_slope(f):
    return lambda X, W, b, dA: f(X, W, dA, dA * (1 - np.tanh(X @ W + b) ** 2))


untangled = Exercise(
    cases=_layer,
    run=lambda answer, **case: dict(zip(("dW", "db", "dX"), answer(*case.values()), strict=True)),
    right=_untangled,
    mistakes={
        "dW": _named(
            (
                "dA taken for dY",
                "In (5) Z is the sum before the activation: make dY = dA ⊙ f'(Y) first.",
                lambda X, W, b, dA: X.T @ dA,
            ),
            (
                "the slope taken at A, not at Y",
                "1 - tanh(Y)² is 1 - A²: no second tanh.",
                lambda X, W, b, dA: X.T @ (dA * (1 - np.tanh(np.tanh(X @ W + b)) ** 2)),
            ),
            (
                "Y for A in the slope",
                "tanh'(Y) is 1 - tanh(Y)², not 1 - Y².",
                lambda X, W, b, dA: X.T @ (dA * (1 - (X @ W + b) ** 2)),
            ),
            (
                "the bias left out of Y",
                "The slope is taken at Y = X W + b.",
                lambda X, W, b, dA: X.T @ (dA * (1 - np.tanh(X @ W) ** 2)),
            ),
            (
                "as columns",
                "This is (out, in), as in (3) and (5). Rows are examples here: dW is (in, out).",
                _with_slope(lambda X, W, dA, dY: dY.T @ X),
            ),
            (
                "off by the batch size",
                "Sum over the batch: the loss has divided by n already.",
                _with_slope(lambda X, W, dA, dY: X.T @ dY / len(X)),
            ),
            (
                "dX in its place",
                "Return dW, db, dX in this order.",
                _with_slope(lambda X, W, dA, dY: dY @ W.T),
            ),
        ),
        "db": _named(
            (
                "dA taken for dY",
                "b is added before the activation.",
                lambda X, W, b, dA: dA.sum(axis=0),
            ),
            (
                "summed over everything",
                "(6) does not say over what: over the examples, axis=0.",
                _with_slope(lambda X, W, dA, dY: dY.sum()),
            ),
            (
                "summed over the outputs",
                "axis=1 is right where examples are columns. Here they are rows.",
                _with_slope(lambda X, W, dA, dY: dY.sum(axis=1)),
            ),
            (
                "not summed",
                "Every example uses b: add up over the rows.",
                _with_slope(lambda X, W, dA, dY: dY),
            ),
            (
                "a mean over the batch",
                "A sum, as (6) says.",
                _with_slope(lambda X, W, dA, dY: dY.mean(axis=0)),
            ),
        ),
        "dX": _named(
            (
                "dA taken for dY",
                "In (7) ∂A/∂Y stands between: the slope, element by element.",
                lambda X, W, b, dA: dA @ W.T,
            ),
            (
                "as columns",
                "W dY^T is (in, n). Rows are examples: dX has the shape of X.",
                _with_slope(lambda X, W, dA, dY: W @ dY.T),
            ),
            (
                "the slope of the layer below",
                "f'(Y) belongs to this layer's Y, before W^T; not to X.",
                lambda X, W, b, dA: dA @ W.T * (1 - X**2),
            ),
            (
                "a slope at X on top",
                "dX is asked for at X itself: no activation lies below W^T.",
                _with_slope(lambda X, W, dA, dY: dY @ W.T * (1 - X**2)),
            ),
            (
                "in the place of dW",
                "Return dW, db, dX in this order.",
                _with_slope(lambda X, W, dA, dY: X.T @ dY),
            ),
        ),
    },
    praise="One layout and one name for each gradient: (5), (6) and (7) can live together.",
    hints=(
        "First turn dA into dY. Then write down the shapes of X, W and dY.",
        "dY = dA * (1 - A**2) with A = np.tanh(X @ W + b). dW is (in, out): X.T with dY.",
        "return X.T @ dY, dY.sum(axis=0), dY @ W.T",
    ),
)

# --- 3: one weight used twice ---------------------------------------------------------------------


def _shared(rng):
    return {
        "X": rng.normal(size=(5, 4)),
        "W": rng.normal(size=(4, 4)),
        "dY": rng.normal(size=(5, 4)),
    }


def _ways(f):
    """A wrong gradient made of X, A, W, dY, dA and dY1."""

    def value(X, W, dY):
        A = np.tanh(X @ W)
        dA = dY @ W.T
        return f(X, A, W, dY, dA, dA * (1 - A**2))

    return value


def _used_twice(X, W, dY):
    A = np.tanh(X @ W)
    dY1 = dY @ W.T * (1 - A**2)
    return dY1 @ W.T, X.T @ dY1 + A.T @ dY


used_twice = Exercise(
    cases=_shared,
    run=lambda answer, **case: dict(zip(("dX", "dW"), answer(*case.values()), strict=True)),
    right=_used_twice,
    mistakes={
        "dX": _named(
            (
                "the slope of tanh is forgotten",
                "Between the two uses of W stands the activation.",
                _ways(lambda X, A, W, dY, dA, dY1: dA @ W.T),
            ),
            (
                "one product with W short",
                "The way back goes through W twice, as the way there does.",
                _ways(lambda X, A, W, dY, dA, dY1: dY1),
            ),
            (
                "W not transposed",
                "Each way back through W is a product with its transpose; square W hides it.",
                _ways(lambda X, A, W, dY, dA, dY1: dY @ W * (1 - A**2) @ W),
            ),
            (
                "the slope taken at A",
                "1 - tanh(Y1)² is 1 - A²: no second tanh.",
                _ways(lambda X, A, W, dY, dA, dY1: dA * (1 - np.tanh(A) ** 2) @ W.T),
            ),
            (
                "a second way down added",
                "It is W that is used twice. X is used once, by the first product.",
                _ways(lambda X, A, W, dY, dA, dY1: dY1 @ W.T + dY @ W.T),
            ),
            (
                "dW in its place",
                "Return dX, dW in this order.",
                _ways(lambda X, A, W, dY, dA, dY1: X.T @ dY1 + A.T @ dY),
            ),
        ),
        "dW": _named(
            (
                "only the second use",
                "W is also used in the first layer: add that gradient.",
                _ways(lambda X, A, W, dY, dA, dY1: A.T @ dY),
            ),
            (
                "only the first use",
                "Did the second result overwrite the first? They add up.",
                _ways(lambda X, A, W, dY, dA, dY1: X.T @ dY1),
            ),
            (
                "the mean of both uses",
                "Gradients of two uses add up; nothing is divided by 2.",
                _ways(lambda X, A, W, dY, dA, dY1: (X.T @ dY1 + A.T @ dY) / 2),
            ),
            (
                "X for A in the second use",
                "What meets W the second time is A = tanh(X W).",
                _ways(lambda X, A, W, dY, dA, dY1: X.T @ dY1 + X.T @ dY),
            ),
            (
                "dA in place of dY1",
                "The first use is followed by tanh: multiply by its slope.",
                _ways(lambda X, A, W, dY, dA, dY1: X.T @ dA + A.T @ dY),
            ),
            (
                "the first use counted twice",
                "Each use has its own input and its own gradient.",
                _ways(lambda X, A, W, dY, dA, dY1: 2 * X.T @ dY1),
            ),
            (
                "the second use counted twice",
                "Each use has its own input and its own gradient.",
                _ways(lambda X, A, W, dY, dA, dY1: 2 * A.T @ dY),
            ),
            (
                "dY for both uses",
                "dY is the gradient behind the second use; bring it down to the first: dY1.",
                _ways(lambda X, A, W, dY, dA, dY1: X.T @ dY + A.T @ dY),
            ),
            (
                "inputs and gradients crossed",
                "X goes with dY1, A with dY: the input of a use and the gradient behind it.",
                _ways(lambda X, A, W, dY, dA, dY1: A.T @ dY1 + X.T @ dY),
            ),
        ),
    },
    praise="Two uses, two gradients, one sum: recurrent networks train so.",
    hints=(
        "Call the two W by two names, W_first and W_second. What are their gradients?",
        "W_second meets A and dY; W_first meets X and dY1. dW is their sum.",
        "dY1 = (dY @ W.T) * (1 - A**2); return dY1 @ W.T, X.T @ dY1 + A.T @ dY",
    ),
)

# --- 4: a gradient check --------------------------------------------------------------------------


def _far_from_zero(W):
    return lambda x: (1000 + x @ W, lambda dY: dY @ W.T)


def _wiggly(x):
    return np.sin(50 * x) + 60 * x, lambda dY: dY * (50 * np.cos(50 * x) + 60)


def _spoiled(W, spoil):
    """A linear layer whose back is changed by `spoil(dX, dY, W)`."""

    def op(x):
        return x @ W, lambda dY: spoil(dY @ W.T, dY, W)

    return op


def _one_off(dX, dY, W):
    dX = dX.copy()
    dX[-1, -1] += 1e-3 * np.abs(dX).max()
    return dX


_RIGHT_BACKS = {"curved": lambda W: _wiggly, "large": _far_from_zero}
_WRONG_BACKS = {
    "forgets dY": lambda dX, dY, W: np.ones_like(dY) @ W.T,
    "1% too large": lambda dX, dY, W: 1.01 * dX,
    "sign turned": lambda dX, dY, W: -dX,
    "one number off": _one_off,
    "rows swapped": lambda dX, dY, W: dX[::-1],
}


def _try(answer, x, W, seed):
    def verdict(op):
        return float(bool(answer(op, x, np.random.default_rng(int(seed)))))

    return {
        "right ones accepted": [verdict(make(W)) for make in _RIGHT_BACKS.values()],
        "wrong ones accepted": [verdict(_spoiled(W, spoil)) for spoil in _WRONG_BACKS.values()],
    }


def _right_check(op, x, rng, h=1e-6):
    y, back = op(x)
    dY = rng.normal(size=y.shape)
    claimed, measured = back(dY), np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        measured[i] = np.sum(dY * (op(x + step)[0] - op(x - step)[0])) / (2 * h)
    return np.abs(measured - claimed).max() < 1e-4 * np.abs(measured).max()


def _pattern(*numbers):
    return lambda **case: np.array(numbers, dtype=float)


gradient_check = Exercise(
    cases=lambda rng: {
        "x": rng.normal(size=(5, 4)),
        "W": rng.normal(size=(4, 3)),
        "seed": np.array(rng.integers(10**6)),
    },
    run=_try,
    right=_right_check,
    mistakes={
        "right ones accepted": _named(
            (
                "the step is too large",
                "A right back of a curved function fails: take h near 1e-6, and both sides of x.",
                _pattern(0, 1),
            ),
            (
                "the step is too small",
                "A right back fails where y is large: rounding is divided by h. Take 1e-6.",
                _pattern(1, 0),
            ),
            (
                "every right one is refused",
                "Print measured and claimed for a right back: one dY for both? h near 1e-6, and "
                "divided by 2h? A tolerance of 1e-4 times the largest?",
                _pattern(0, 0),
            ),
        ),
        "wrong ones accepted": _named(
            (
                "an upstream gradient of ones",
                "A back that forgets dY passes: draw dY from rng.normal.",
                _pattern(1, 0, 0, 0, 1),
            ),
            (
                "the tolerance is too loose",
                "A gradient 1% too large passes: allow 1e-4 times the largest number.",
                _pattern(0, 1, 0, 1, 0),
            ),
            (
                "the sign is not looked at",
                "A gradient of the wrong sign passes: compare before you take absolute values.",
                _pattern(0, 0, 1, 0, 0),
            ),
            (
                "one wrong number passes",
                "Go over all of x; the largest absolute difference decides, no mean; allow 1e-4.",
                _pattern(0, 0, 0, 1, 0),
            ),
            (
                "only the sum is compared",
                "Gradients in the wrong rows have the right sum: compare number by number.",
                _pattern(0, 0, 0, 0, 1),
            ),
            (
                "every wrong one passes",
                "Does your check compare with anything measured, and return True or False? Shapes "
                "alone tell nothing here, and an error other than 0 counts as True.",
                _pattern(1, 1, 1, 1, 1),
            ),
        ),
    },
    praise="Random upstream, both sides of x, all numbers, relative to their size.",
    hints=(
        "Which loss has the gradient dY at y? Measure the slope of that loss in each number of x.",
        "dY = rng.normal(size=y.shape); numerical_gradient(lambda v: op(v)[0], x, dY) measures.",
        "y, back = op(x); then compare back(dY) with the measured one: the largest difference "
        "below 1e-4 times the largest number.",
    ),
)

# --- 5: what a pass costs -------------------------------------------------------------------------


def _sizes(rng):
    return {
        "sizes": rng.choice(np.arange(3.0, 40), size=rng.integers(4, 7), replace=False),
        "n": np.array(rng.integers(41, 60)),
    }


def _products(sizes):
    return sizes[:-1] * sizes[1:]


def _run_cost(answer, sizes, n):
    forward, backward = answer([int(size) for size in sizes], int(n))
    return {"forward": forward, "backward": backward}


count_cost = Exercise(
    cases=_sizes,
    run=_run_cost,
    right=lambda sizes, n: (
        n * _products(np.array(sizes)).sum(),
        2 * n * _products(np.array(sizes)).sum() - n * sizes[0] * sizes[1],
    ),
    mistakes={
        "forward": _named(
            (
                "the batch is forgotten",
                "Every example meets every weight: times n.",
                lambda sizes, n: _products(sizes).sum(),
            ),
            (
                "biases counted",
                "A bias is added, not multiplied.",
                lambda sizes, n: n * (_products(sizes).sum() + sizes[1:].sum()),
            ),
            (
                "additions counted as well",
                "Multiplications only.",
                lambda sizes, n: 2 * n * _products(sizes).sum(),
            ),
            (
                "all sizes multiplied with each other",
                "Layers come one after the other: add up, one product a b for each.",
                lambda sizes, n: n * np.prod(sizes),
            ),
        ),
        "backward": _named(
            (
                "the data's gradient counted",
                "Nobody wants dX of the first layer: leave out one product.",
                lambda sizes, n: 2 * n * _products(sizes).sum(),
            ),
            (
                "only dW",
                "All layers but the first also send dX down.",
                lambda sizes, n: n * _products(sizes).sum(),
            ),
            (
                "only dX",
                "Each layer also has a dW to make.",
                lambda sizes, n: n * _products(sizes)[1:].sum(),
            ),
            (
                "the last layer left out",
                "It is the first layer that saves a product, not the last.",
                lambda sizes, n: 2 * n * _products(sizes).sum() - n * sizes[-2] * sizes[-1],
            ),
            (
                "no dW in the first layer",
                "The first layer is trained too: it saves only its dX.",
                lambda sizes, n: 2 * n * _products(sizes)[1:].sum(),
            ),
            (
                "the batch is forgotten",
                "dW and dX are sums over, or rows for, all n examples.",
                lambda sizes, n: 2 * _products(sizes).sum() - sizes[0] * sizes[1],
            ),
            (
                "the batch forgotten in dW",
                "dW has no n in its shape, but X^T dY sums over n examples: n a b.",
                lambda sizes, n: _products(sizes).sum() + n * _products(sizes)[1:].sum(),
            ),
            (
                "the batch forgotten in what is saved",
                "The product saved is dY W^T of n rows: n a b.",
                lambda sizes, n: 2 * n * _products(sizes).sum() - sizes[0] * sizes[1],
            ),
            (
                "the forward pass counted again",
                "Asked for is the way back alone: dW and dX.",
                lambda sizes, n: 3 * n * _products(sizes).sum() - n * sizes[0] * sizes[1],
            ),
        ),
    },
    praise="Less than two forward passes, however many parameters there are.",
    hints=(
        "One layer: X is (n, a), W (a, b). What do X W, X^T dY and dY W^T take?",
        "Each takes n a b. Forward has one of them in each layer, backward two; the first has one.",
        "forward = n * sum(a * b ...); backward = 2 * forward - n * sizes[0] * sizes[1]",
    ),
)
