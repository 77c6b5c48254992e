"""Gradient checks: whether `back` is the derivative of what the operation computes.

In float64, with a random upstream gradient dy and a random direction d, the two sides of

    sum(dy * (op(x + h d) - op(x - h d))) / 2h   =   sum(back(dy) * d)

agree to about 1e-9 when `back` is right. A random dy matters: with dy = 1 (what `.sum()` gives) an
error that cancels over the batch goes unseen, and parameters at zero hide products with them.
"""

import copy
from collections.abc import Callable

import numpy as np

from .losses import cross_entropy


def numerical_gradient(f: Callable, x: np.ndarray, dy=None, h: float = 1e-6) -> np.ndarray:
    """d sum(dy * f(x)) / dx, one element of `x` at a time; f: array -> array. x is float64.

    Central differences: two evaluations of f for each element, so for small arrays. dy defaults to
    ones, in f(x)'s shape. [eq:finite-difference] chapter 06.
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        above = np.array(f(x))
        x[i] = kept - h
        below = np.array(f(x))
        x[i] = kept
        gradient[i] = np.sum((above - below) * (1 if dy is None else dy)) / (2 * h)
    return gradient


def gradient_errors(
    op: Callable, *arrays, rng: np.random.Generator, directions: int = 5, h: float = 1e-6
) -> list[float]:
    """The largest relative error of `back`, one number for each array in `arrays`.

    op: float64 arrays -> (y, back), the same each time it is called (draw masks from a generator
    made inside). About 1e-9 is right; a wrong term gives 1e-3 to 1. [eq:gradcheck] chapter 06.
    ValueError: `back` gives fewer gradients than there are arrays, or another shape.
    """
    arrays = [np.array(a, dtype=np.float64) for a in arrays]
    y, back = op(*arrays)
    dy = rng.normal(size=np.shape(y))
    given = back(dy)
    given = given if isinstance(given, tuple) else (given,)
    if len(given) < len(arrays):
        raise ValueError(f"gradcheck: back gives {len(given)} gradients for {len(arrays)} arrays")
    errors = []
    for place, (x, dx) in enumerate(zip(arrays, given, strict=False)):
        if np.shape(dx) != x.shape:
            found = f"gradient {place + 1} has shape {np.shape(dx)}"
            raise ValueError(f"gradcheck: {found}; expected {x.shape}")
        worst = 0.0
        for _ in range(directions):
            d = rng.normal(size=x.shape)
            above, below = (
                op(*arrays[:place], x + step, *arrays[place + 1 :])[0] for step in (h * d, -h * d)
            )
            measured, claimed = np.sum(dy * (above - below)) / (2 * h), np.sum(dx * d)
            worst = max(worst, abs(measured - claimed) / max(abs(measured), abs(claimed), 1e-3))
        errors.append(float(worst))
    return errors


def check_network(net, X, y, loss=cross_entropy, *, rng, directions=5, h=1e-6) -> float:
    """The largest relative error of a whole network's gradients, through the tape.

    Works on a float64 copy with every parameter drawn anew (zeros hide errors), in evaluation mode
    of dropout only: batch norm keeps its mode. X (n, d), y labels or targets.
    """
    net = copy.deepcopy(net).double()
    for _, module in net.modules():
        if hasattr(module, "rng"):
            module.training = False
    parameters, X = net.parameters(), np.asarray(X, np.float64)

    def op(*values):
        for p, value in zip(parameters, values, strict=True):
            p.data[...] = value
        result = loss(net(X), y)

        def back(dy):
            net.zero_grad()
            result.backward()
            return tuple(dy * p.grad for p in parameters)

        return result.item(), back

    values = [p.data + rng.normal(size=p.shape) * 0.3 for p in parameters]
    return max(gradient_errors(op, *values, rng=rng, directions=directions, h=h))
