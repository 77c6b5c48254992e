"""Activation functions, each with its derivative on the next lines.

All act element by element on arrays of any shape, a_j = f(y_j) (report B (4), chapter 04), except
`softmax`: along the last axis.
"""

import math

import numpy as np

from . import fast
from .checks import check_choice
from .operation import operation


@operation
def sigmoid(x: np.ndarray):
    """sigma(x) = 1 / (1 + exp(-x)), any shape.

    [eq:sigmoid] chapter 04, report B (12); [eq:sigmoid-backward] chapter 04, report B (13).
    exp is taken of -|x| only, so nothing overflows.
    """
    e = np.exp(-np.abs(x))
    y = np.where(x >= 0, 1, e) / (1 + e)

    def back(dy):
        return dy * y * (1 - y)

    return y, back


@operation
def tanh(x: np.ndarray):
    """tanh(x), any shape.

    [eq:tanh] chapter 04, report B (14); [eq:tanh-backward] chapter 04, report B (15).
    """
    y = np.tanh(x)

    def back(dy):
        return dy * (1 - y * y)

    return y, back


@operation
def relu(x: np.ndarray):
    """max(0, x), any shape; the derivative at 0 is taken as 0.

    [eq:relu] chapter 04, report B (16), report A 2.4.4; [eq:relu-backward] chapter 04, report B
    (17).
    """
    y = np.maximum(x, 0)

    def back(dy):
        return dy * (x > 0)

    return y, back


@operation
def leaky_relu(x: np.ndarray, *, negative_slope: float = 0.01):
    """x where x > 0, else negative_slope * x; any shape.

    [eq:leaky-relu] chapter 04, report B (18); [eq:leaky-relu-backward] chapter 04, report B (19).
    """
    slope = np.where(x > 0, 1, negative_slope).astype(x.dtype)
    y = x * slope

    def back(dy):
        return dy * slope

    return y, back


@operation
def gelu(x: np.ndarray, *, approximate: str = "none"):
    """x Phi(x), where Phi is the standard normal distribution function; any shape.

    `approximate="none"` uses erf, `"tanh"` the formula of Hendrycks & Gimpel (2016), section 2.
    [eq:gelu] chapter 04, report B (20)-(22); [eq:gelu-backward] chapter 04, report B (23);
    [eq:gelu-tanh] chapter 04. ValueError for another form.
    """
    check_choice(approximate, "gelu: approximate", ("none", "tanh"))
    if approximate == "none":
        Phi = fast.normal_cdf(x)
    else:
        c = math.sqrt(2 / math.pi)
        t = np.tanh(c * (x + 0.044715 * x * x * x))
        Phi = 0.5 * (1 + t)
    y = x * Phi

    def back(dy):
        if approximate == "none":
            phi = fast.normal_pdf(x)
        else:
            phi = 0.5 * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)
        phi *= x  # dx = dy (Phi + x phi), all in one array
        phi += Phi
        phi *= dy
        return phi

    return y, back


@operation
def softmax(z: np.ndarray):
    """p_j = exp(z_j) / sum_k exp(z_k) along the last axis; z (..., K), p (..., K).

    The largest z of each row is subtracted first: p is the same and exp cannot overflow.
    [eq:softmax] chapter 05, report B (24), report A 2.4.5; [eq:softmax-backward] chapter 05.
    """
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)

    def back(dp):
        return p * (dp - (dp * p).sum(axis=-1, keepdims=True))

    return p, back
