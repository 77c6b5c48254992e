"""Preparing data: scaling, principal components, one-hot labels, splits and mini-batches.

Rows are examples. A transformer is fitted on the training rows alone: what is learnt from test
rows, even a mean, is a leak.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from .checks import check_labels, check_matrix, check_whole

_SLICE_BYTES = 128 * 2**20


def _slices(X: np.ndarray) -> list[np.ndarray]:
    """Some rows of X at a time, so few that in float64 they take _SLICE_BYTES at most."""
    return np.array_split(X, -(-8 * X.size // _SLICE_BYTES))


def _float_type(X: np.ndarray) -> type:
    """What a transform returns: float32 stays float32, everything else becomes float64."""
    return np.float32 if X.dtype in (np.float32, np.float16) else np.float64


class _Transformer:
    """Common ground: fit first, statistics in float64, plain arrays in and out of a checkpoint."""

    _state: tuple[str, ...] = ()  # names of the fitted arrays

    def fit_transform(self, X: np.ndarray) -> np.ndarray:
        """`fit(X)` and then `transform(X)`: for the training rows."""
        return self.fit(X).transform(X)

    def state_dict(self) -> dict[str, np.ndarray]:
        """The fitted arrays by name (copies), to be stored beside a model's weights."""
        self._check_fitted()
        return {name: np.array(getattr(self, name)) for name in self._state}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """Takes what `state_dict` gave. ValueError: a name is missing or unknown."""
        if set(state) != set(self._state):
            kind, expected = type(self).__name__, sorted(self._state)
            raise ValueError(f"{kind} state holds {sorted(state)}; expected {expected}")
        for name in self._state:
            setattr(self, name, np.array(state[name], dtype=np.float64))

    def _check_fitted(self) -> None:
        if not hasattr(self, self._state[0]):
            raise ValueError(f"{type(self).__name__} has not been fitted: call fit(X_train) first")

    def _check(self, X, like: str, what: str = "X") -> np.ndarray:
        """X with as many columns as the fitted array named `like` has entries."""
        self._check_fitted()
        return check_matrix(X, features=getattr(self, like).size, what=what)


class _Scaler(_Transformer):
    """(X - shift) / scale, column by column."""

    _state = ("shift", "scale")

    def _set(self, X: np.ndarray, shift: np.ndarray, scale: np.ndarray) -> _Scaler:
        # Constant means min == max: the computed deviation of a constant is often 1e-17, not 0.
        columns = np.flatnonzero(X.min(axis=0) == X.max(axis=0))
        if columns.size:
            given = f"{columns.size} of {X.shape[1]} features are constant"
            how = "drop them: X = X[:, X_train.min(axis=0) < X_train.max(axis=0)]"
            raise ValueError(f"{given} (columns {columns[:10].tolist()}); {how}")
        self.shift, self.scale = shift, scale
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """X (n, d) -> (n, d); float32 stays float32, all else gives float64."""
        X = self._check(X, "shift")
        return ((X - self.shift) / self.scale).astype(_float_type(X))

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Undoes `transform`: Z (n, d) -> X (n, d)."""
        Z = self._check(Z, "shift", what="Z")
        return (Z * self.scale + self.shift).astype(_float_type(Z))


class MinMaxScaler(_Scaler):
    """Scales each training feature to [0, 1]: z = (x - min) / (max - min).

    [eq:min-max] chapter 02. Report B (1). Rows not seen in `fit` may fall outside [0, 1].
    """

    def fit(self, X: np.ndarray) -> MinMaxScaler:
        """Learns min and max of each column of X. ValueError: a constant feature."""
        X = check_matrix(X)
        low, high = X.min(axis=0).astype(np.float64), X.max(axis=0).astype(np.float64)
        return self._set(X, shift=low, scale=high - low)


class StandardScaler(_Scaler):
    """Scales each training feature to mean 0 and standard deviation 1: z = (x - mu) / sigma.

    [eq:standardise] chapter 02. Report B (2), Report A 2.1.2. sigma divides by n, not n - 1.
    """

    def fit(self, X: np.ndarray) -> StandardScaler:
        """Learns mean and deviation of each column of X. ValueError: a constant feature."""
        X = check_matrix(X)
        mu, sigma = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
        return self._set(X, shift=mu, scale=sigma)


class PCA(_Transformer):
    """Exact principal component analysis: the eigenvectors of the covariance, largest first.

    `mean` (d,), `components` (k, d) with orthonormal rows, `explained_variance` (k,) (divided by
    n - 1), `explained_variance_ratio` (k,). The input is multiplied by `scale` first: 1/255 turns
    bytes into [0, 1], in float64, some rows at a time. An eigenvector's sign is arbitrary: here the
    entry of largest magnitude in a component is positive, on every machine. Pearson 1901.
    """

    _state = ("mean", "components", "explained_variance", "explained_variance_ratio", "scale")

    def __init__(self, n_components: int = 128, *, scale: float = 1.0) -> None:
        check_whole(n_components, "n_components")
        self.n_components, self.scale = n_components, np.float64(scale)

    def fit(self, X: np.ndarray) -> PCA:
        """Learns the components of X (n, d). ValueError: more than min(n - 1, d) asked for."""
        X = check_matrix(X)
        n, d = X.shape
        k, most = self.n_components, min(n - 1, d)
        if k > most:
            given = f"{n} examples of {d} features"
            raise ValueError(f"n_components is {k}, but {given} have at most {most} components")
        mean = X.mean(axis=0, dtype=np.float64)
        scatter = np.zeros((d, d))
        for rows in _slices(X):
            centred = rows - mean  # centred first: no cancellation between large sums of squares
            scatter += centred.T @ centred
        variance, vectors = np.linalg.eigh(scatter * (self.scale**2 / (n - 1)))
        variance = np.maximum(variance[::-1], 0.0)  # a zero eigenvalue may come out as -1e-18
        if variance[0] == 0.0:
            raise ValueError("all rows of X are equal: there is no variance to find components in")
        components = vectors[:, ::-1].T[:k]
        largest = np.abs(components).argmax(axis=1)
        sign = np.sign(components[np.arange(k), largest])
        self.mean = mean * self.scale
        self.components = np.ascontiguousarray(components * sign[:, None])
        self.explained_variance = variance[:k].copy()
        self.explained_variance_ratio = self.explained_variance / variance.sum()
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """X (n, d) -> scores (n, k); float32 stays float32, all else (bytes too) gives float64."""
        X = self._check(X, "mean")
        scores = [(rows * self.scale - self.mean) @ self.components.T for rows in _slices(X)]
        return np.concatenate(scores, dtype=_float_type(X), casting="same_kind")

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """Scores (n, k) -> rows (n, d), in units of `scale`: all that k components keep of X."""
        Z = self._check(Z, "explained_variance", what="Z")
        return (Z @ self.components + self.mean).astype(_float_type(Z))


def one_hot(labels: np.ndarray, num_classes: int, dtype: np.dtype = np.float32) -> np.ndarray:
    """Labels (n,) of 0..num_classes-1 -> (n, num_classes), a single 1 in each row.

    [eq:one-hot] chapter 02. Report A 2.1.3. TypeError unless integers, ValueError out of range.
    """
    labels = check_labels(labels, num_classes)
    encoded = np.zeros((len(labels), num_classes), dtype)
    encoded[np.arange(len(labels)), labels] = 1
    return encoded


def stratified_split(
    labels: np.ndarray, fraction: float, rng: Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Splits rows at random, class by class: (train_idx, held_out_idx), both sorted.

    `fraction` in (0, 1) of each class is held out, rounded to the nearest count. ValueError when
    a class is too small to have a row on both sides.
    """
    labels = check_labels(labels)
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"fraction is {fraction}; expected strictly between 0 and 1")
    held_out = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = round(fraction * len(members))
        if not 0 < count < len(members):
            given = f"class {label} has {len(members)} example(s)"
            raise ValueError(f"{given}: holding out {fraction:g} of them leaves one side empty")
        held_out.append(rng.permutation(members)[:count])
    held_out = np.sort(np.concatenate(held_out))
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def batches(n: int, batch_size: int, rng: Generator, drop_last=False) -> Iterator[np.ndarray]:
    """One epoch: every index of range(n) once, in a fresh random order, `batch_size` at a time.

    The last batch is smaller when batch_size does not divide n, or left out with `drop_last`.
    Raises at the call, not at the first step: TypeError, or ValueError unless 1 <= batch_size <= n.
    """
    check_whole(n, "n, the number of examples,")
    check_whole(batch_size, "batch_size", 1, n)
    order = rng.permutation(n)
    stop = n - n % batch_size if drop_last else n
    return (order[start : start + batch_size] for start in range(0, stop, batch_size))
