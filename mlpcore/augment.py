"""Changed copies of the training rows, drawn anew for every batch: `fit(..., augment=...)`.

An augmentation is a function (X, y, rng) -> (X, y) of one batch: X (n, d), y classes (n,) or rows
of class probabilities (n, K). It leaves its arguments as they are.
"""

from collections.abc import Callable

import numpy as np

from .checks import check_share
from .preprocess import PCA, one_hot


class Mirror:
    """Each row becomes, with probability `share`, that of its picture seen in a mirror.

    For features that are principal components of pictures of this `shape` (height, width,
    channels). To put a picture together, mirror it and take its components again is one linear map:
    X' = X M + s, with M (k, k), s (k,). What the components do not hold is lost on the way.
    ValueError: the shape does not fit the components.
    """

    def __init__(self, pca: PCA, shape: tuple[int, int, int] = (32, 32, 3), share: float = 0.5):
        check_share(share, "Mirror: share")
        components, size = pca.components, int(np.prod(shape))
        if size != components.shape[1]:
            given = f"shape {shape} has {size} numbers, a component {components.shape[1]}"
            raise ValueError(f"Mirror: {given}")

        def mirrored(rows):
            return rows.reshape(-1, *shape)[:, :, ::-1].reshape(len(rows), -1)

        self.share = share
        self.M = (mirrored(components) @ components.T).astype(np.float32)
        shift = mirrored(pca.mean[None]) - pca.mean
        self.s = (shift @ components.T)[0].astype(np.float32)

    def transform(self, X: np.ndarray) -> np.ndarray:
        """All rows mirrored: for predictions, say, that are averaged over both."""
        return X @ self.M + self.s

    def __call__(self, X, y, rng):
        """One batch, some of its rows mirrored."""
        chosen = rng.random(len(X)) < self.share
        X = X.copy()
        X[chosen] = self.transform(X[chosen])
        return X, y


class Mixup:
    """Each row mixed with another of its batch, and their labels likewise.

    X' = l X + (1 - l) X[order], with one l from Beta(alpha, alpha) for the batch. Zhang et al.
    (2018). The labels become rows of probabilities (n, num_classes). ValueError: alpha <= 0.
    """

    def __init__(self, alpha: float = 0.2, num_classes: int = 10):
        if not alpha > 0:
            raise ValueError(f"Mixup: alpha is {alpha}; expected more than 0")
        self.alpha, self.num_classes = alpha, num_classes

    def __call__(self, X, y, rng):
        """One batch, mixed."""
        share, order = X.dtype.type(rng.beta(self.alpha, self.alpha)), rng.permutation(len(X))
        y = one_hot(y, self.num_classes, X.dtype) if y.ndim == 1 else y
        return share * X + (1 - share) * X[order], share * y + (1 - share) * y[order]


def compose(*parts: Callable) -> Callable:
    """One augmentation after another."""

    def augment(X, y, rng):
        for part in parts:
            X, y = part(X, y, rng)
        return X, y

    return augment
