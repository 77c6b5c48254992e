"""Changed copies of the training rows, drawn anew for every batch: `fit(..., augment=...)`.

An augmentation is a function (X, y, rng) -> (X, y) of one batch: X (n, d), y classes (n,) or rows
of class probabilities (n, K). It leaves its arguments as they are.
"""

import itertools

import numpy as np

from .activations import softmax
from .checks import check_whole
from .metrics import predict
from .module import Module
from .preprocess import PCA


class Views:
    """Each row becomes that of a random view of its picture: mirrored or not, moved or not.

    For features that are principal components of pictures of this `shape` (height, width,
    channels). To put a picture together, change it and take its components again is one linear map:
    X' = X M + s, with M (k, k), s (k,). What the components do not hold is lost on the way.
    shift: pixels that it moves at most, to each side and up or down; its edge is repeated.
    ValueError: the shape does not fit the components; shift is no smaller than the picture.
    """

    def __init__(self, pca: PCA, shape=(32, 32, 3), *, mirror: bool = True, shift: int = 0):
        size, k = int(np.prod(shape)), pca.components.shape[1]
        if size != k:
            raise ValueError(f"Views: shape {shape} has {size} numbers, a component {k}")
        check_whole(shift, "Views: shift", 0, min(shape[:2]) - 1)
        moves = sorted(itertools.product(range(-shift, shift + 1), repeat=2), key=np.linalg.norm)
        self.changes = [(m, *move) for move in moves for m in sorted({False, mirror})]
        components = pca.components.astype(np.float64)

        def linear(change):
            def changed(rows):
                return _changed(rows.reshape(-1, *shape), *change).reshape(len(rows), -1)

            M, s = changed(components) @ components.T, changed(pca.mean[None]) - pca.mean
            return M.astype(np.float32), (s @ components.T)[0].astype(np.float32)

        self.maps = [linear(change) for change in self.changes]

    def __len__(self):
        return len(self.maps)

    def transform(self, X: np.ndarray, i: int) -> np.ndarray:
        """All rows in view i, which is `changes[i]`: (mirrored, down, right). View 0 is the row."""
        M, s = self.maps[i]
        return X @ M + s if i else X

    def __call__(self, X, y, rng):
        """One batch, each row in a view of its own."""
        X, which = X.copy(), rng.integers(len(self), size=len(X))
        for i in range(1, len(self)):
            X[which == i] = self.transform(X[which == i], i)
        return X, y

    def predict(self, net: Module, X: np.ndarray) -> np.ndarray:
        """Probabilities (n, K): the mean over all views of each row."""
        views = (self.transform(X, i) for i in range(len(self)))
        return sum(softmax(predict(net, view))[0] for view in views) / len(self)


def _changed(pictures, mirrored, down, right):
    """Pictures (n, H, W, C), mirrored, then moved."""
    rows, columns = (np.arange(n) for n in pictures.shape[1:3])
    columns = columns[::-1] if mirrored else columns
    rows = np.clip(rows - down, 0, len(rows) - 1)
    columns = columns[np.clip(np.arange(len(columns)) - right, 0, len(columns) - 1)]
    return pictures[:, rows][:, :, columns]
