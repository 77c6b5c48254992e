"""What can be wrong with what a reader hands in, said in words: what it is, what it should be."""

from __future__ import annotations

import numpy as np


def check_matrix(X, *, features: int | None = None, what: str = "X") -> np.ndarray:
    """`X` as a finite, non-empty (n, d) array of numbers, or an error that says why not."""
    X = np.asarray(X)
    if X.dtype.kind not in "fiu":
        raise TypeError(f"{what} has dtype {X.dtype}; expected numbers (float or integer)")
    if X.ndim != 2:
        raise ValueError(
            f"{what} has shape {X.shape}; expected (examples, features): reshape images with "
            f"X.reshape(len(X), -1), a single example with X[None, :]"
        )
    if X.size == 0:
        raise ValueError(f"{what} is empty (shape {X.shape}); expected at least one row and column")
    if features is not None and X.shape[1] != features:
        raise ValueError(
            f"{what} has {X.shape[1]} features (columns); this was fitted on {features}"
        )
    # A NaN is both min and max: two reductions, and no mask of all of X unless something is wrong.
    if X.dtype.kind == "f" and not (np.isfinite(X.min()) and np.isfinite(X.max())):
        bad = np.argwhere(~np.isfinite(X))
        row, column = bad[0]
        raise ValueError(
            f"{what} holds {len(bad)} NaN or infinite value(s), the first ({X[row, column]}) at "
            f"row {row}, column {column}: remove or fill these before going on"
        )
    return X


def check_labels(labels, num_classes: int | None = None, *, what: str = "labels") -> np.ndarray:
    """`labels` as a non-empty (n,) int64 array of 0..num_classes-1; (n, 1) is flattened."""
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"{what} has shape {labels.shape}; expected (examples,), at least one")
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"{what} has dtype {labels.dtype}; expected integers 0, 1, 2, ... (names or floats: "
            f"np.unique({what}, return_inverse=True)[1] numbers them)"
        )
    low, high = labels.min(), labels.max()
    if low < 0 or (num_classes is not None and high >= num_classes):
        limit = "0 or above" if num_classes is None else f"0 to {num_classes - 1}"
        raise ValueError(f"{what} runs from {low} to {high}; expected {limit}")
    return labels.astype(np.int64)


def check_examples(X, y, dtype) -> tuple[np.ndarray, np.ndarray]:
    """X (n, ...) in `dtype`; y as int64 classes (n,) or float targets (n, k) in `dtype`."""
    X, y = np.asarray(X), np.asarray(y)
    check_matrix(X.reshape(len(X), -1) if X.ndim > 2 and len(X) else X)
    if y.ndim == 0 or len(X) != len(y):
        raise ValueError(
            f"X has {len(X)} rows and y has shape {y.shape}; expected one y for each row"
        )
    if y.dtype.kind == "f":
        if y.ndim == 1:
            raise ValueError(
                f"y has shape {y.shape} of floats; expected one row of targets for each row of X: "
                "y[:, None] (classes want integers: y.astype(int))"
            )
        check_matrix(y, what="y")
        return X.astype(dtype, copy=False), y.astype(dtype, copy=False)
    return X.astype(dtype, copy=False), check_labels(y, what="y")


def check_generator(rng, why: str = "") -> None:
    """TypeError unless `rng` is a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        why = f"; {why}" if why else ""
        raise TypeError(f"rng is {rng!r}; expected e.g. numpy.random.default_rng(0){why}")


def check_share(value, name: str) -> None:
    """ValueError unless 0 <= value < 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value}; expected 0 <= {name.split()[-1]} < 1")
