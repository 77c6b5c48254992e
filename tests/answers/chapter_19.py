"""Answers to chapter 19: convolution, backpropagation through time, attention."""

import numpy as np

from mlpcore.sequences import conv1d


def looped_conv(X, W, b):
    (n, _, L), (_, k, D) = X.shape, W.shape
    Y = np.empty((n, D, L - k + 1))
    for i in range(n):
        for d in range(D):
            for t in range(L - k + 1):
                Y[i, d, t] = b[d] + (W[:, :, d] * X[i, :, t : t + k]).sum()
    return Y


def plain_time(H, W_h, dH):
    dZ, later, T = np.empty(H.shape), 0.0, H.shape[1]
    for t in reversed(range(T)):
        dZ[:, t] = (dH[:, t] + later) * (1 - H[:, t] ** 2)
        later = dZ[:, t] @ W_h.T
    return dZ, sum(H[:, t - 1].T @ dZ[:, t] for t in range(1, T))


def recursive_time(H, W_h, dH):
    slopes, T = 1 - H * H, H.shape[1]

    def dz(t):
        after = dz(t + 1) @ W_h.T if t + 1 < T else 0
        return slopes[:, t] * (dH[:, t] + after)

    dZ = np.stack([dz(t) for t in range(T)], axis=1)
    flat = dZ[:, 1:].reshape(-1, len(W_h))
    return dZ, H[:, :-1].reshape(-1, len(W_h)).T @ flat


def time_like(make):
    """make(later, dH_t, H_t) -> dz_t, and what it hands back is dz_t W_h^T."""

    def answer(H, W_h, dH):
        dZ, later = np.empty(H.shape), 0.0
        for t in reversed(range(H.shape[1])):
            dZ[:, t] = make(later, dH[:, t], H[:, t])
            later = dZ[:, t] @ W_h.T
        return dZ, plain_time(H, W_h, dH)[1]

    return answer


def untransposed(H, W_h, dH):
    return plain_time(H, W_h.T, dH)[0], plain_time(H, W_h, dH)[1]


def one_step(H, W_h, dH):
    own = dH * (1 - H**2)
    dZ = own.copy()
    dZ[:, :-1] += own[:, 1:] @ W_h.T * (1 - H[:, :-1] ** 2)
    return dZ, plain_time(H, W_h, dH)[1]


def time_dw(make):
    return lambda H, W_h, dH: (plain_time(H, W_h, dH)[0], make(H, *plain_time(H, W_h, dH)))


def softmax(S, axis=-1):
    return np.exp(S) / np.exp(S).sum(axis, keepdims=True)


def looped_attend(Q, K, V):
    rows = []
    for q in Q:
        scores = np.array([q @ k for k in K]) / len(q) ** 0.5
        weights = softmax(scores)
        rows.append(sum(w * v for w, v in zip(weights, V, strict=True)))
    return np.array(rows)


RIGHT = {
    "convolve": [looped_conv, lambda X, W, b: conv1d(X, W, b)[0]],
    "through_time": [plain_time, recursive_time],
    "attend": [lambda Q, K, V: softmax(Q @ K.T / np.sqrt(K.shape[1])) @ V, looped_attend],
}

WRONG = [
    *[
        ("convolve", name, make)
        for name, make in [
            ("kernel flipped", lambda X, W, b: looped_conv(X, W[:, ::-1], b)),
            ("bias forgotten", lambda X, W, b: conv1d(X, W, np.zeros(len(b)))[0]),
            ("bias once per channel", lambda X, W, b: conv1d(X, W, b * X.shape[1])[0]),
            ("first channel only", lambda X, W, b: conv1d(X[:, :1], W[:1], b)[0]),
            ("one place too few", lambda X, W, b: conv1d(X[:, :, :-1], W, b)[0]),
            ("channels of W mixed up", lambda X, W, b: conv1d(X, W.T, b)[0]),
            ("axes in the wrong order", lambda X, W, b: conv1d(X, W, b)[0].transpose(0, 2, 1)),
        ]
    ],
    *[
        ("through_time", name, make)
        for name, make in [
            ("nothing from later steps", time_like(lambda later, d, h: d * (1 - h**2))),
            ("one step back only", one_step),
            ("tanh' forgotten", time_like(lambda later, d, h: d + later)),
            ("tanh' before the sum", time_like(lambda later, d, h: d * (1 - h**2) + later)),
            ("W_h not transposed", untransposed),
            (
                "tanh of the state",
                time_like(lambda later, d, h: (d + later) / np.cosh(h) ** 2),
            ),
            (
                "the same step's state",
                time_dw(lambda H, dZ, dW: np.tensordot(H, dZ, ((0, 1),) * 2)),
            ),
            ("last step only", time_dw(lambda H, dZ, dW: H[:, -2].T @ dZ[:, -1])),
            ("dW_h transposed", time_dw(lambda H, dZ, dW: dW.T)),
            ("a mean over the batch", time_dw(lambda H, dZ, dW: dW / H.shape[0])),
        ]
    ],
    *[
        ("attend", name, make)
        for name, make in [
            ("no scaling", lambda Q, K, V: softmax(Q @ K.T) @ V),
            ("divided by d", lambda Q, K, V: softmax(Q @ K.T / len(K[0])) @ V),
            (
                "root of the number of keys",
                lambda Q, K, V: softmax(Q @ K.T / np.sqrt(len(K))) @ V,
            ),
            ("softmax over the queries", lambda Q, K, V: softmax(Q @ K.T / 3, 0) @ V),
            ("no softmax", lambda Q, K, V: (Q @ K.T / 3) @ V),
            ("keys and queries swapped", lambda Q, K, V: softmax(K @ Q.T / 3) @ V),
            ("keys and values swapped", lambda Q, K, V: softmax(Q @ V.T / 3) @ K),
            ("weights transposed", lambda Q, K, V: softmax(Q @ K.T / 3).T @ V),
            ("weights, not values", lambda Q, K, V: softmax(Q @ K.T / 3)),
        ]
    ],
]
