"""What can be wrong with what a reader hands in, said in words: what it is, what it should be."""

import numbers

import numpy as np


def check_matrix(X, *, features: int | None = None, what: str = "X") -> np.ndarray:
    """`X` as a finite, non-empty (n, d) array of numbers, or an error that says why not."""
    X = np.asarray(X)
    if X.dtype.kind not in "fiu":
        raise TypeError(f"{what} has dtype {X.dtype}; expected numbers (float or integer)")
    if X.ndim != 2:
        how = "reshape images with X.reshape(len(X), -1), a single example with X[None, :]"
        raise ValueError(f"{what} has shape {X.shape}; expected (examples, features): {how}")
    if X.size == 0:
        raise ValueError(f"{what} is empty (shape {X.shape}); expected at least one row and column")
    if features not in (None, X.shape[1]):
        raise ValueError(f"{what} has {X.shape[1]} features (columns); expected {features}")
    # NaN or infinite squares make an infinite sum, or NaN: one pass, and no mask of all of X.
    suspect = X.dtype.kind == "f" and not np.isfinite(np.vdot(X, X))
    if suspect and len(bad := np.argwhere(~np.isfinite(X))):
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
        how = f"number other labels with np.unique({what}, return_inverse=True)[1]"
        raise TypeError(f"{what} has dtype {labels.dtype}; expected integers 0, 1, 2, ...: {how}")
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
        raise ValueError(f"X has {len(X)} rows and y shape {y.shape}; expected one for each row")
    if y.dtype.kind != "f":
        return X.astype(dtype, copy=False), check_labels(y, what="y")
    if y.ndim == 1:
        how = "y[:, None], or y.astype(int) for classes"
        raise ValueError(
            f"y has shape {y.shape} of floats; expected one row of targets each: {how}"
        )
    return X.astype(dtype, copy=False), check_matrix(y, what="y").astype(dtype, copy=False)


def check_generator(rng, why: str = "") -> None:
    """TypeError unless `rng` is a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        why = f"; {why}" if why else ""
        raise TypeError(f"rng is {rng!r}; expected e.g. numpy.random.default_rng(0){why}")


def check_share(value, name: str) -> None:
    """ValueError unless 0 <= value < 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value}; expected 0 <= {name.split()[-1]} < 1")


def check_whole(value, name: str, low: int = 1, high: int | None = None) -> None:
    """TypeError unless `value` is a whole number; ValueError unless low <= value (<= high)."""
    if not isinstance(value, int | np.integer):
        raise TypeError(f"{name} is {value!r}; expected a whole number")
    if value < low or (high is not None and value > high):
        limit = f"at least {low}" if high is None else f"{low} to {high}"
        raise ValueError(f"{name} is {value}; expected {limit}")


def check_number(value, name: str) -> None:
    """TypeError unless `value` is a real number; ValueError unless it is finite, 0 or above."""
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {value!r}; expected a number, e.g. 0.01")
    if not 0 <= value < np.inf:
        raise ValueError(f"{name} is {value}; expected a finite number >= 0")


def check_choice(value, name: str, options) -> None:
    """ValueError unless `value` is one of `options`."""
    if value not in options:
        raise ValueError(f"{name} is {value!r}; expected one of {list(options)}")
