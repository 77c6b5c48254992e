"""Answers to chapter 20: undoing a broadcast, adding up over paths, an operation of one's own."""

import numpy as np


def plain_unbroadcast(dy, shape):
    while dy.ndim > len(shape):
        dy = dy.sum(axis=0)
    for i, size in enumerate(shape):
        if size == 1:
            dy = dy.sum(axis=i, keepdims=True)
    return dy


def by_tensordot(dy, shape):
    padded = (1,) * (dy.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, size in enumerate(padded) if size != dy.shape[i])
    return dy.sum(axis=axes).reshape(shape)


def looped_paths(uses):
    n = len(uses)
    gradient = [0.0] * (n - 1) + [1.0]
    for j in reversed(range(n)):
        for i in range(j):
            gradient[i] += uses[i, j] * gradient[j]
    return np.array(gradient)


def solved(uses):
    """g = uses g + e_last."""
    return np.linalg.solve(np.eye(len(uses)) - uses, np.eye(len(uses))[-1])


def ascending(uses):
    gradient = np.eye(len(uses))[-1]
    for i in range(len(uses) - 1):
        gradient[i] = (uses[i] * gradient).sum()
    return gradient


def replaced(uses):
    gradient = np.eye(len(uses))[-1]
    for j in range(len(uses) - 1, -1, -1):
        for i in np.flatnonzero(uses[:, j]):
            gradient[i] = uses[i, j] * gradient[j]
    return gradient


def no_loss(uses):
    return solved(uses) * (np.arange(len(uses)) < len(uses) - 1)


def shares(x):
    return np.exp(x - x.max(axis=1, keepdims=True)) / np.exp(x - x.max(axis=1, keepdims=True)).sum(
        axis=1, keepdims=True
    )


def plain_lse(x):
    m = x.max(axis=1)
    y = m + np.log(np.exp(x - m[:, None]).sum(axis=1))
    return y, lambda dy: dy[:, None] * np.exp(x - y[:, None])


def numpy_lse(x):
    return np.logaddexp.reduce(x, axis=1), lambda dy: (shares(x).T * dy).T


def overflows(x):
    with np.errstate(over="ignore"):
        return np.log(sum(np.exp(column) for column in x.T))


def underflows(x):
    with np.errstate(divide="ignore"):
        return np.log(np.exp(x - np.max(x)).sum(axis=1)) + np.max(x)


def lse(y=None, dx=None):
    def answer(x):
        right, back = plain_lse(x)
        return (y(x) if y else right), (lambda dy: dx(x, dy)) if dx else back

    return answer


RIGHT = {
    "unbroadcast": [plain_unbroadcast, by_tensordot],
    "paths": [looped_paths, solved],
    "log_sum_exp": [plain_lse, numpy_lse],
}

WRONG = [
    *[
        ("unbroadcast", name, make)
        for name, make in [
            ("a mean", lambda dy, shape: dy.mean(axis=(0, 2)).reshape(shape)),
            ("stretched axes left as they are", lambda dy, shape: sum(dy)),
            ("new axes left as they are", lambda dy, shape: dy.sum(axis=2, keepdims=True)),
            ("axis of size 1 lost", lambda dy, shape: dy.sum(axis=0).sum(axis=-1)),
            ("one copy only", lambda dy, shape: dy[0, :, 0].reshape(shape)),
            ("everything summed", lambda dy, shape: np.ones(shape) * np.sum(dy)),
        ]
    ],
    *[
        ("paths", name, make)
        for name, make in [
            ("direct uses only", ascending),
            ("overwritten", replaced),
            (
                "counted from the first",
                lambda uses: np.linalg.solve(np.eye(len(uses)) - uses.T, np.eye(len(uses))[0]),
            ),
            ("used twice counted once", lambda uses: solved(np.minimum(uses, 1))),
            ("dL/dL is not 0", no_loss),
            ("uses counted, not followed", lambda uses: uses @ np.ones(len(uses))),
            ("the last column alone", lambda uses: uses.T[-1]),
        ]
    ],
    *[
        ("log_sum_exp", name, lse(y=make))
        for name, make in [
            ("overflow", overflows),
            ("one largest for all rows", underflows),
            (
                "the largest not added again",
                lambda x: np.log(np.exp(x - x.max(axis=1)[:, None]).sum(axis=1)),
            ),
            ("columns for rows", lambda x: np.logaddexp.reduce(x, axis=0)),
            ("the largest alone", lambda x: np.max(x, axis=1)),
            ("axis kept", lambda x: np.logaddexp.reduce(x, axis=1, keepdims=True)),
        ]
    ],
    *[
        ("log_sum_exp", name, lse(dx=make))
        for name, make in [
            ("dy forgotten", lambda x, dy: shares(x)),
            ("dy along the columns", lambda x, dy: shares(x) * dy[None, :]),
            (
                "not divided by the sum",
                lambda x, dy: dy[:, None] * np.exp(x - x.max(1, keepdims=True)),
            ),
            (
                "gradient of the maximum",
                lambda x, dy: dy[:, None] * np.eye(x.shape[1])[x.argmax(axis=1)],
            ),
            (
                "softmax's own Jacobian",
                lambda x, dy: dy[:, None] * (shares(x) - shares(x) ** 2),
            ),
        ]
    ],
]
