"""The layers' operations, then the arithmetic a reader's own `forward` is made of.

Rows are examples: X is (n, in), W is (in, out). dY stands for the gradient of the loss with
respect to Y, and has Y's shape. Read operation.py first.
"""

import math
from collections.abc import Callable

import numpy as np

from . import fast
from .checks import check_generator, check_share
from .operation import operation

# --- layers ---------------------------------------------------------------------------------------


@operation
def linear(
    X: np.ndarray,
    W: np.ndarray,
    b: np.ndarray | None = None,
    *,
    input_gradient: bool = True,
    memory: Callable[[], np.ndarray | None] = lambda: None,
):
    """Y = X W + b; X (n, in), W (in, out), b (out,), Y (n, out).

    [eq:linear-forward] chapter 03, report B (3), report A 2.4.1; [eq:linear-backward] chapter 03,
    report B (5)-(7). `input_gradient=False` skips dX, which the first layer has no use for;
    `memory()` says where to write dW, or None. ValueError if the shapes do not fit.
    """
    if X.ndim != 2 or X.shape[1] != W.shape[0]:
        raise ValueError(
            f"linear: X has shape {X.shape}, W {W.shape}; expected X (n, {W.shape[0]}), "
            "rows are examples"
        )
    if b is not None and b.shape != W.shape[1:]:
        raise ValueError(f"linear: b has shape {b.shape}; expected {W.shape[1:]}, W is {W.shape}")
    Y = fast.matmul(X, W)
    if b is not None:
        Y += b

    def back(dY):
        dX = fast.matmul(dY, W.T) if input_gradient else None
        dW = fast.matmul(X.T, dY, out=memory())
        db = fast.row_sum(dY)
        return (dX, dW) if b is None else (dX, dW, db)

    return Y, back


@operation
def dropout(X: np.ndarray, *, p: float, rng: np.random.Generator | None = None, training=True):
    """Each element is 0 with probability p, else X / (1 - p): the mean stays (inverted dropout).

    Any shape; in evaluation, or with p = 0, X itself. p is rounded to a multiple of 1/256.
    Srivastava et al. (2014), section 10.
    [eq:dropout] chapter 11, report B (30)-(31), report A 2.4.3; [eq:dropout-backward] chapter 11.
    ValueError: p outside [0, 1). TypeError: training without a `numpy.random.Generator`.
    """
    check_share(p, "dropout: p")
    if not training or p == 0:
        return X, lambda dY: dY
    if X.dtype.kind != "f":
        raise TypeError(f"dropout: X is {X.dtype}; expected floats")
    check_generator(rng, "training draws a mask: Dropout(p, rng=...), or call net.eval() first")
    dropped = round(256 * p)  # of 256: a byte decides, which makes p a multiple of 1/256
    kept = fast.random_bytes(X.size, rng).reshape(X.shape) >= dropped
    mask = kept.astype(X.dtype)
    mask *= 256 / (256 - dropped)

    def back(dY):
        return dY * mask

    return X * mask, back


@operation
def batch_norm(
    X: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    *,
    running_mean: np.ndarray | None = None,
    running_var: np.ndarray | None = None,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
):
    """Each column normalised over the batch, then scaled and shifted; X, Y (n, d); others (d,).

    Training uses the batch's own mean and variance and moves the running ones towards them, in
    place: r += momentum (batch - r), with the unbiased variance (as PyTorch). Evaluation uses the
    running ones. Ioffe & Szegedy (2015), algorithm 1.
    [eq:batch-norm] chapter 12, report B (34)-(37), report A 2.4.2; [eq:batch-norm-backward]
    chapter 12, report B (38)-(43). ValueError: wrong shapes, or a training batch of one row, whose
    variance is 0.
    """
    n = len(X)
    if X.ndim != 2 or X.shape[1:] != gamma.shape:
        raise ValueError(f"batch_norm: X has shape {X.shape}; expected (n, {gamma.size})")
    if training:
        if n < 2:
            raise ValueError(
                f"batch_norm: a training batch of {n} row has no variance; use batches of 2 or "
                "more (drop_last=True leaves out a short last one), or call net.eval()"
            )
        mean = fast.row_mean(X)
        centred = X - mean
        var = fast.row_mean(centred * centred)
        if running_mean is not None and running_var is not None:
            running_mean += momentum * (mean - running_mean)
            running_var += momentum * (var * (n / (n - 1)) - running_var)
    else:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: evaluation needs running_mean and running_var")
        centred = X - running_mean
        var = running_var
    scale = 1 / np.sqrt(var + float(eps))
    gain = gamma * scale
    Y = centred * gain  # X_hat = centred scale is not made: one pass over memory less
    Y += beta

    def back(dY):
        dbeta = fast.row_sum(dY)
        dgamma = fast.row_sum(dY * centred) * scale
        if not training:
            return dY * gain, dgamma, dbeta
        # dX = gamma scale (dY - dbeta/n - X_hat dgamma/n), without temporaries
        dX = centred * (scale * dgamma / -n)
        dX += dY
        dX -= dbeta / n
        dX *= gain
        return dX, dgamma, dbeta

    return Y, back


@operation
def layer_norm(X: np.ndarray, gamma: np.ndarray, beta: np.ndarray, *, eps: float = 1e-5):
    """Each row normalised over its own features, then scaled and shifted; X, Y (..., d).

    Ba, Kiros & Hinton (2016), eq. 3. [eq:layer-norm] chapter 13, report B (44)-(45);
    [eq:layer-norm-backward] chapter 13. ValueError if the last axis is not d.
    """
    if X.ndim < 2 or X.shape[-1:] != gamma.shape:
        raise ValueError(f"layer_norm: X has shape {X.shape}; expected (..., {gamma.size})")
    scale = 1 / np.sqrt(X.var(axis=-1, keepdims=True) + float(eps))
    X_hat = (X - X.mean(axis=-1, keepdims=True)) * scale
    Y = gamma * X_hat + beta
    batch_axes = tuple(range(X.ndim - 1))

    def back(dY):
        dbeta = dY.sum(axis=batch_axes)
        dgamma = (dY * X_hat).sum(axis=batch_axes)
        g = dY * gamma
        g_mean = g.mean(axis=-1, keepdims=True)
        gx_mean = (g * X_hat).mean(axis=-1, keepdims=True)
        dX = scale * (g - g_mean - X_hat * gx_mean)
        return dX, dgamma, dbeta

    return Y, back


@operation
def flatten(X: np.ndarray):
    """(n, a, b, ...) to (n, a*b*...): one row for each example. [eq:flatten] chapter 19."""
    return X.reshape(len(X), math.prod(X.shape[1:])), lambda dY: dY.reshape(X.shape)


# --- arithmetic -----------------------------------------------------------------------------------


def _unbroadcast(d, like):
    """Sum `d` over the axes along which `like` was repeated to reach `d`'s shape."""
    d = np.asarray(d)
    shape = np.shape(like)
    if d.shape == shape:
        return d
    d = d.sum(axis=tuple(range(d.ndim - len(shape))))
    repeated = tuple(i for i, size in enumerate(shape) if size == 1 and d.shape[i] != 1)
    return d.sum(axis=repeated, keepdims=True) if repeated else d


@operation
def add(a, b):
    """a + b, with broadcasting. [eq:add] chapter 20."""
    return a + b, lambda dy: (_unbroadcast(dy, a), _unbroadcast(dy, b))


@operation
def subtract(a, b):
    """a - b, with broadcasting. [eq:subtract] chapter 20."""
    return a - b, lambda dy: (_unbroadcast(dy, a), _unbroadcast(-dy, b))


@operation
def multiply(a, b):
    """a * b element by element, with broadcasting. [eq:multiply] chapter 20."""
    return a * b, lambda dy: (_unbroadcast(dy * b, a), _unbroadcast(dy * a, b))


@operation
def divide(a, b):
    """a / b element by element, with broadcasting. [eq:divide] chapter 20."""
    y = a / b
    return y, lambda dy: (_unbroadcast(dy / b, a), _unbroadcast(-dy * y / b, b))


@operation
def power(a, *, exponent: float):
    """a ** exponent for a fixed number `exponent`. [eq:power] chapter 20."""
    exponent = float(exponent)  # a NumPy scalar would decide the dtype

    def back(dy):
        return dy * exponent * a ** (exponent - 1) if exponent else np.zeros_like(dy)

    return a**exponent, back


@operation
def matmul(A, B):
    """A @ B for A (..., n, k) and B (..., k, m), leading axes broadcast. [eq:matmul] chapter 20."""
    if np.ndim(A) < 2 or np.ndim(B) < 2:
        raise ValueError(f"matmul: shapes {np.shape(A)} and {np.shape(B)}; expected 2 axes or more")
    return A @ B, lambda dY: (
        _unbroadcast(dY @ np.swapaxes(B, -1, -2), A),
        _unbroadcast(np.swapaxes(A, -1, -2) @ dY, B),
    )


@operation
def exp(x):
    """e ** x. [eq:exp] chapter 20."""
    y = np.exp(x)
    return y, lambda dy: dy * y


@operation
def log(x):
    """Natural logarithm; x > 0. [eq:log] chapter 20."""
    return np.log(x), lambda dy: dy / x


@operation
def sum(x, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False):
    """Sum over `axis` (all axes by default). [eq:sum] chapter 20."""

    def back(dy):
        if axis is not None and not keepdims:
            dy = np.expand_dims(dy, axis)
        return np.broadcast_to(dy, x.shape)

    return x.sum(axis=axis, keepdims=keepdims), back


@operation
def mean(x, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False):
    """Mean over `axis` (all axes by default). [eq:mean] chapter 20."""
    y, sum_back = sum(x, axis=axis, keepdims=keepdims)
    count = x.size / max(np.size(y), 1)
    return y / count, lambda dy: sum_back(dy / count)


@operation
def reshape(x, *, shape: tuple[int, ...]):
    """The same numbers in another shape. [eq:reshape] chapter 20."""
    return x.reshape(shape), lambda dy: dy.reshape(x.shape)


@operation
def transpose(x, *, axes: tuple[int, ...] | None = None):
    """Axes in another order (reversed by default). [eq:transpose] chapter 20."""
    undo = None if axes is None else tuple(np.argsort(axes))
    return x.transpose(axes), lambda dy: dy.transpose(undo)


@operation
def index(x, *, key):
    """x[key]; an element picked twice gets both gradients. [eq:index] chapter 20."""

    def back(dy):
        dx = np.zeros_like(x)
        parts = key if isinstance(key, tuple) else (key,)
        if all(isinstance(part, int | slice) for part in parts):  # nothing is picked twice
            dx[key] = dy
        else:
            np.add.at(dx, key, dy)
        return dx

    return x[key], back


@operation
def concatenate(*xs, axis: int = 0):
    """Arrays joined along `axis`; give them one by one. [eq:concatenate] chapter 20."""
    if any(isinstance(x, (list, tuple)) for x in xs):
        raise TypeError("concatenate: give the arrays one by one, concatenate(a, b), not in a list")
    ends = np.cumsum([x.shape[axis] for x in xs])[:-1]
    return np.concatenate(xs, axis=axis), lambda dy: tuple(np.split(dy, ends, axis=axis))
