"""Answers to chapter 14: a residual block, its paths, its growth."""

import itertools
import math

import numpy as np


def with_where(X, W):
    H = np.where(X @ W > 0, X @ W, 0)

    def back(dY):
        dZ = np.where(H > 0, dY, 0)
        return dZ @ W.T + dY, X.T @ dZ

    return X + H, back


def by_rows(X, W):
    Y = np.array([x + np.maximum(x @ W, 0) for x in X])

    def back(dY):
        on = (X @ W > 0) * dY
        return dY + np.einsum("nj,ij->ni", on, W), np.einsum("ni,nj->ij", X, on)

    return Y, back


def but(Y=None, dX=None, dW=None):
    """A right block but for the parts given: Y(X, W), dX(X, W, dY), dW(X, W, dY)."""

    def answer(X, W):
        right, right_back = with_where(X, W)

        def back(dY):
            a, b = right_back(dY)
            return a if dX is None else dX(X, W, dY), b if dW is None else dW(X, W, dY)

        return right if Y is None else Y(X, W), back

    return answer


def relu(A):
    return np.maximum(A, 0)


def on(X, W):
    return (X @ W > 0).astype(float)


def pascal(L, k):
    row = [1]
    for _ in range(L):
        row = [a + b for a, b in zip([0, *row], [*row, 0], strict=True)]
    return row[k]


def blockwise(L, c):
    size = 1.0
    for _ in range(L):
        size += c * c * size
    return size


def every_path(dY, M):
    found = np.zeros((len(M) + 1, len(dY)))
    for chosen in itertools.product((0, 1), repeat=len(M)):
        g = dY
        for i in reversed(range(len(M))):
            g = g @ M[i] if chosen[i] else g
        found[sum(chosen)] += g
    return found


def block_by_block(dY, M, order=-1, through=lambda g, branch: g @ branch):
    G = [dY]
    for branch in M[::order]:
        longer = [through(g, branch) for g in G]
        G = [a + b for a, b in zip([*G, 0 * dY], [0 * dY, *longer], strict=True)]
    return np.array(G)


def in_place(dY, M):
    """Overwrites G[k - 1] before it is sent through."""
    G = np.zeros((len(M) + 1, len(dY)))
    G[0] = dY
    for branch in M[::-1]:
        for k in range(1, len(M) + 1):
            G[k] = G[k] + G[k - 1] @ branch
    return G


RIGHT = {
    "by_length": [every_path, block_by_block],
    "residual_block": [with_where, by_rows],
    "paths_through": [pascal, math.comb],
    "growth_of": [blockwise, lambda L, c: math.exp(L * math.log(1 + c * c))],
}

WRONG = [
    ("residual_block", "no skip", but(Y=lambda X, W: relu(X @ W))),
    ("residual_block", "ReLU after the sum", but(Y=lambda X, W: relu(X @ W + X))),
    ("residual_block", "no ReLU", but(Y=lambda X, W: X @ W + X)),
    ("residual_block", "W transposed", but(Y=lambda X, W: X + relu((W @ X.T).T))),
    ("residual_block", "skip not sent back", but(dX=lambda X, W, d: (d * on(X, W)) @ W.T)),
    ("residual_block", "branch not sent back", but(dX=lambda X, W, d: d.copy())),
    ("residual_block", "ReLU's slope forgotten", but(dX=lambda X, W, d: d @ W.T + d)),
    (
        "residual_block",
        "ReLU's slope on the skip too",
        but(dX=lambda X, W, d: (d * on(X, W)) @ (np.eye(4) + W.T)),
    ),
    (
        "residual_block",
        "slope taken at the sum",
        but(dX=lambda X, W, d: d + np.where(X + relu(X @ W) > 0, d, 0) @ W.T),
    ),
    (
        "residual_block",
        "W not transposed on the way back",
        but(dX=lambda X, W, d: d + (d * on(X, W)) @ W),
    ),
    ("residual_block", "ReLU's slope forgotten in dW", but(dW=lambda X, W, d: X.T @ d)),
    ("residual_block", "transposed", but(dW=lambda X, W, d: (d * on(X, W)).T @ X)),
    (
        "residual_block",
        "the skip counted in dW",
        but(dW=lambda X, W, d: X.T @ (d * (1 + on(X, W)))),
    ),
    ("paths_through", "all paths", lambda L, k: 2**L),
    ("paths_through", "2^k", lambda L, k: 2**k),
    ("paths_through", "order counted", math.perm),
    ("paths_through", "L times k", lambda L, k: L * k),
    ("paths_through", "L^k", lambda L, k: L**k),
    ("paths_through", "one of the two ends wrong", lambda L, k: math.comb(L - 1, k)),
    ("growth_of", "c not squared", lambda L, c: (1 + c) ** L),
    ("growth_of", "added up, not multiplied", lambda L, c: 1 + L * c * c),
    ("growth_of", "2 to the L", lambda L, c: 2**L),
    ("growth_of", "size, not mean square", lambda L, c: math.sqrt((1 + c * c) ** L)),
    ("growth_of", "sizes added", lambda L, c: ((1 + c) ** L) ** 2),
    ("growth_of", "the skip forgotten", lambda L, c: (c * c) ** L),
    ("by_length", "first block first", lambda dY, M: block_by_block(dY, M, 1)),
    (
        "by_length",
        "M transposed",
        lambda dY, M: block_by_block(dY, M, through=lambda g, branch: branch @ g),
    ),
    (
        "by_length",
        "one path of each length",
        lambda dY, M: np.array(list(itertools.accumulate(M[::-1], np.matmul, initial=dY))),
    ),
    ("by_length", "lengths added up", lambda dY, M: np.cumsum(every_path(dY, M), 0)),
    ("by_length", "longest first", lambda dY, M: every_path(dY, M)[::-1]),
    ("by_length", "overwritten on the way", in_place),
]
