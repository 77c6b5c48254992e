"""Losses: one number for a batch, and its gradient. A lower loss is a better prediction."""

import numpy as np

from .checks import check_share
from .operation import operation


@operation
def cross_entropy(logits: np.ndarray, labels: np.ndarray, *, label_smoothing: float = 0.0):
    """Mean over the batch of -sum_k t_k log p_k, where p = softmax(logits).

    logits (n, K): scores before softmax. labels: integer classes (n,), or one row of class
    probabilities each (n, K), one-hot for instance. With smoothing e the target is
    (1 - e) t + e/K (Szegedy et al. 2016, section 7). Returns a scalar.
    [eq:cross-entropy] chapter 05, report B (32), report A 2.4.7;
    [eq:cross-entropy-backward] chapter 05: softmax and loss together give (p - t)/n.
    ValueError: shapes that do not match, labels outside 0..K-1, rows that do not sum to 1.
    TypeError: labels that are neither integers nor floats.
    """
    t = _targets(logits, labels, label_smoothing)  # (K, n), as all below:
    z = np.ascontiguousarray(logits.T)  # NumPy reduces over the first axis four times faster
    n = len(logits)
    z -= z.max(axis=0)
    e = np.exp(z)
    total = e.sum(axis=0)
    z -= np.log(total)
    loss = -np.vdot(t, z) / n

    def back(dloss):
        d = e / total
        d -= t
        d *= dloss / n
        return d.T

    return loss, back


def _targets(logits, labels, smoothing):
    """Labels in either form as columns of class probabilities (K, n), in the logits' dtype."""
    labels = np.asarray(labels)
    if logits.ndim != 2 or len(logits) == 0:
        raise ValueError(f"cross_entropy: logits have shape {logits.shape}; expected (n, K), n > 0")
    n, K = logits.shape
    check_share(smoothing, "cross_entropy: label_smoothing")
    if labels.dtype.kind in "iu":
        if labels.shape != (n,):
            raise ValueError(
                f"cross_entropy: integer labels have shape {labels.shape}; expected ({n},), one "
                f"for each row of logits {logits.shape} (labels of shape (n, 1) want .ravel())"
            )
        t = np.arange(K)[:, None] == labels
        if np.count_nonzero(t) < n:
            given = f"labels run from {labels.min()} to {labels.max()}"
            raise ValueError(f"cross_entropy: {given}; {K} logits a row allow 0 to {K - 1}")
        t = t.astype(logits.dtype)
    elif labels.dtype.kind == "f":
        if labels.shape != (n, K):
            raise ValueError(
                f"cross_entropy: float labels have shape {labels.shape}; expected {(n, K)}, one "
                "row of class probabilities for each row of logits (classes want integers)"
            )
        if (labels < 0).any() or not np.allclose(labels.sum(axis=1), 1, atol=1e-4):
            raise ValueError("cross_entropy: each row of float labels must be >= 0 and sum to 1")
        t = labels.T.astype(logits.dtype)
    else:
        raise TypeError(f"cross_entropy: labels are {labels.dtype}; expected integers or floats")
    return t * (1 - smoothing) + smoothing / K if smoothing else t


@operation
def mse(prediction: np.ndarray, target: np.ndarray):
    """Mean of (prediction - target)^2 over all elements; both of one shape. Returns a scalar.

    [eq:mse] chapter 05; [eq:mse-backward] chapter 05. ValueError if the shapes differ: (n,) minus
    (n, 1) would broadcast to (n, n) without a word.
    """
    prediction, target = np.asarray(prediction), np.asarray(target)
    if prediction.shape != target.shape or prediction.size == 0:
        given = f"prediction {prediction.shape} and target {target.shape}"
        raise ValueError(f"mse: {given}; expected the same shape, not empty")
    difference = prediction - target
    loss = (difference * difference).mean()

    def back(dloss):
        d = dloss * 2 * difference / difference.size
        return d, -d

    return loss, back
