"""Answers to chapter 08: a step, batches, the largest rate, the noise of a batch, the floor."""

import math

import numpy as np


def loop_step(w, X, y, rate):
    g = np.zeros_like(w)
    for row, target in zip(X, y, strict=True):
        g += 2 * (row @ w - target) * row / len(y)
    return w - rate * g


def step(scale=1.0, sign=-1, target=1.0):
    """w, X, y, rate -> the new w, with something changed."""
    return lambda w, X, y, rate: (
        w + sign * rate * scale * 2 * X.T @ (X @ w - target * y) / X.shape[0]
    )


def yielded(X, y, order, n):
    X, y = X[order], y[order]
    while len(y):
        yield X[:n], y[:n]
        X, y = X[n:], y[n:]


def listed(starts=lambda N, n: range(0, N, n), extra=0, rows_of=None, labels_of=None):
    """X, y, order, n -> batches, with something changed."""

    def cut(X, y, order, n):
        rows = order if rows_of is None else rows_of(order)
        labels = rows if labels_of is None else labels_of(order)
        ends = [(i, i + n + extra) for i in starts(len(order), n)]
        return [(X[rows[a:b]], y[labels[a:b]]) for a, b in ends]

    return cut


def filled(X, y, order, n):
    rows = np.resize(order, -(-len(order) // n) * n)
    return list(zip(X[rows].reshape(-1, n, 2), y[rows].reshape(-1, n), strict=True))


def evened(X, y, order, n):
    parts = np.array_split(order, -(-len(order) // n))
    return [(X[part], y[part]) for part in parts]


def powers(H):
    v = np.ones(len(H))
    for _ in range(20_000):
        v = H @ v
        v /= np.linalg.norm(v)
    return 2 / (v @ H @ v)


def all_batches(G, n):
    """Every batch there is, one by one."""
    from itertools import combinations

    batches = [G[list(rows)].mean(axis=0) for rows in combinations(range(len(G)), n)]
    return np.sqrt(np.mean([np.sum((g - G.mean(axis=0)) ** 2) for g in batches]))


def left(G, n):
    return (len(G) - n) / (len(G) - 1)


def simulated_floor(rate, curvature, s, n):
    V = 0.0
    for _ in range(2000):
        V = (1 - rate * curvature) ** 2 * V + (rate * curvature * s) ** 2 / n
    return V


RIGHT = {
    "one_step": [step(), loop_step],
    "mini_batches": [listed(), yielded],
    "largest_rate": [lambda H: 2 / np.linalg.eigvalsh(H)[-1], powers],
    "batch_noise": [
        lambda G, n: np.sqrt(G.var(axis=0, ddof=1).sum() / n * (1 - n / len(G))),
        all_batches,
    ],
    "floor": [
        lambda rate, c, s, n: rate * c * s**2 / (n * (2 - rate * c)),
        simulated_floor,
    ],
}

WRONG = [
    *[
        ("one_step", name, answer)
        for name, answer in [
            ("a step uphill", step(sign=1)),
            ("the sum for the mean", lambda w, X, y, rate: w - rate * 2 * X.T @ (X @ w - y)),
            ("the 2 forgotten", lambda w, X, y, rate: w - rate * X.T @ (X @ w - y) / len(y)),
            (
                "divided by the number of features",
                lambda w, X, y, rate: w - rate * 2 * X.T @ (X @ w - y) / len(w),
            ),
            ("the rate forgotten", lambda w, X, y, rate: w - 2 * X.T @ (X @ w - y) / len(y)),
            ("the gradient, not the new w", lambda w, X, y, rate: 2 * X.T @ (X @ w - y) / len(y)),
            ("the step alone", lambda w, X, y, rate: -rate * 2 * X.T @ (X @ w - y) / len(y)),
            ("the targets forgotten", step(target=0.0)),
            (
                "the sum for the mean, and the 2 forgotten",
                lambda w, X, y, rate: w - rate * X.T @ (X @ w - y),
            ),
            ("the rows forgotten", lambda w, X, y, rate: w - 2 * rate * (X @ w - y).mean()),
            (
                "the loss for its gradient",
                lambda w, X, y, rate: w - rate * ((X @ w - y) ** 2).mean(),
            ),
            (
                "divided by all numbers of X",
                lambda w, X, y, rate: w - rate * 2 * X.T @ (X @ w - y) / X.size,
            ),
        ]
    ],
    *[
        ("mini_batches", name, answer)
        for name, answer in [
            ("the short last batch left out", listed(lambda N, n: range(0, N - n + 1, n))),
            ("a batch at every row", listed(lambda N, n: range(N))),
            (
                "n batches, not batches of n rows",
                lambda X, y, order, n: [(X[p], y[p]) for p in np.array_split(order, n)],
            ),
            ("the first batch only", lambda X, y, order, n: [(X[order[:n]], y[order[:n]])]),
            ("an empty batch at the end", listed(lambda N, n: range(0, N + 1, n))),
            ("n + 1 rows in a batch", listed(extra=1)),
            ("n - 1 rows in a batch", listed(extra=-1)),
            (
                "a slice that ends at n",
                lambda X, y, order, n: [
                    (X[order][i:n], y[order][i:n]) for i in range(0, len(order), n)
                ],
            ),
            ("not a list of pairs", lambda X, y, order, n: [X[order], y[order]]),
            ("the order inverted", listed(rows_of=np.argsort)),
            (
                "labels shuffled twice",
                listed(labels_of=lambda order: order[order]),
            ),
            ("the last batch filled up", filled),
            ("rows shared out evenly", evened),
            ("the order ignored", listed(rows_of=np.sort)),
            ("shuffled twice", listed(rows_of=lambda order: order[order])),
            ("the order turned around", listed(rows_of=lambda order: order[::-1])),
            ("labels in the file's order", listed(labels_of=np.sort)),
            (
                "row numbers for labels",
                lambda X, y, order, n: [
                    (X[order[i : i + n]], order[i : i + n]) for i in range(0, len(order), n)
                ],
            ),
        ]
    ],
    *[
        ("largest_rate", name, answer)
        for name, answer in [
            ("where the zigzag begins", lambda H: 1 / np.linalg.eigvalsh(H).max()),
            ("the flattest direction", lambda H: 2 / np.linalg.eigvalsh(H)[0]),
            (
                "the fastest rate, not the largest",
                lambda H: 2 / np.linalg.eigvalsh(H)[[0, -1]].sum(),
            ),
            ("the first that eig gives", lambda H: 2 / np.linalg.eig(H).eigenvalues[0]),
            ("a limit for each direction", lambda H: 2 / np.linalg.eigh(H)[0]),
            ("the norm of H", lambda H: 2 / np.sqrt((H**2).sum())),
            ("upside down", lambda H: np.linalg.eigvalsh(H)[-1] / 2),
            ("the eigenvalue itself", lambda H: np.linalg.norm(H, 2)),
            ("the sum of the eigenvalues", lambda H: 2 / np.trace(H)),
            ("the largest entry of H", lambda H: 2 / np.diag(H).max()),
            ("eigenvalues of H squared", lambda H: 2 / np.linalg.eigvalsh(H @ H)[-1]),
        ]
    ],
    *[
        ("batch_noise", name, answer)
        for name, answer in [
            ("drawn with replacement", lambda G, n: np.sqrt(G.var(axis=0).sum() / n)),
            ("the variance, not its root", lambda G, n: G.var(axis=0).sum() / n * left(G, n)),
            (
                "two kinds of variance mixed",
                lambda G, n: np.sqrt(G.var(axis=0).sum() / n * (1 - n / len(G))),
            ),
            (
                "(N - n)/(N - 1) with the variance over N - 1",
                lambda G, n: np.sqrt(G.var(axis=0, ddof=1).sum() / n * left(G, n)),
            ),
            (
                "the mean gradient not taken off",
                lambda G, n: np.sqrt((G**2).sum() / len(G) / n * left(G, n)),
            ),
            (
                "the mean over parameters, not the sum",
                lambda G, n: np.sqrt(G.var(axis=0).mean() / n * left(G, n)),
            ),
            (
                "one number for each parameter",
                lambda G, n: G.std(axis=0) * math.sqrt(left(G, n) / n),
            ),
            (
                "divided by n, not by its root",
                lambda G, n: np.sqrt(G.var(axis=0).sum() * left(G, n)) / n,
            ),
            (
                "the factor not under the root",
                lambda G, n: np.sqrt(G.var(axis=0).sum() / n) * left(G, n),
            ),
            (
                "with replacement, and the variance over N - 1",
                lambda G, n: np.sqrt(np.cov(G.T).trace() / n),
            ),
            (
                "one mean for all numbers",
                lambda G, n: np.sqrt(((G - G.mean()) ** 2).sum() / len(G) / n * left(G, n)),
            ),
            (
                "deviations added, not variances",
                lambda G, n: sum(G.std(axis=0)) / math.sqrt(n) * math.sqrt(left(G, n)),
            ),
            (
                "σ² summed over the rows",
                lambda G, n: np.sqrt(((G - G.mean(axis=0)) ** 2).sum() / n * left(G, n)),
            ),
            (
                "the batch size forgotten",
                lambda G, n: np.sqrt(G.var(axis=0).sum() * left(G, n)),
            ),
        ]
    ],
    *[
        ("floor", name, answer)
        for name, answer in [
            (
                "s taken for the gradient's noise",
                lambda rate, c, s, n: rate / (c * (2 - rate * c)) * s**2 / n,
            ),
            ("λ once, not squared", lambda rate, c, s, n: rate / (2 - rate * c) * s**2 / n),
            ("for small rates only", lambda rate, c, s, n: rate * c / 2 * s**2 / n),
            (
                "the text's formula for small rates, as it stands",
                lambda rate, c, s, n: s**2 / (2 * c) * rate / n,
            ),
            ("divided by √n", lambda rate, c, s, n: rate * c * s**2 / (2 - rate * c) / n**0.5),
            ("s not squared", lambda rate, c, s, n: rate * c / (2 - rate * c) * s / n),
            (
                "the root taken",
                lambda rate, c, s, n: math.sqrt(rate * c / (2 - rate * c) / n) * s,
            ),
            ("the batch forgotten", lambda rate, c, s, n: rate * c / (2 - rate * c) * s**2),
            ("the noise of one step only", lambda rate, c, s, n: (rate * c) ** 2 * s**2 / n),
            (
                "the factor not squared",
                lambda rate, c, s, n: (rate * c * s) ** 2 / n / (1 - (1 - rate * c)),
            ),
        ]
    ],
]
