"""Answers to chapter 12: batch norm forward and backward, running statistics, folding."""

import numpy as np


def loop_forward(X, gamma, beta, eps):
    n, d = X.shape
    Y = np.empty((n, d))
    for j in range(d):
        mu = sum(X[:, j]) / n
        v = sum((x - mu) ** 2 for x in X[:, j]) / n
        Y[:, j] = [gamma[j] * (x - mu) / (v + eps) ** 0.5 + beta[j] for x in X[:, j]]
    return Y


def plain_forward(X, gamma, beta, eps):
    return gamma * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps) + beta


def long_backward(dY, X_hat, gamma, s):
    n, dX_hat = len(dY), dY * gamma
    centred = X_hat / s
    dv = -0.5 * s**3 * (dX_hat * centred).sum(axis=0)
    dmu = -s * dX_hat.sum(axis=0) - dv * 2 * centred.mean(axis=0)
    dX = dX_hat * s + dv * 2 * centred / n + dmu / n
    return dX, np.sum(dY * X_hat, axis=0), np.sum(dY, axis=0)


def short_backward(dY, X_hat, gamma, s):
    n, dbeta, dgamma = len(dY), dY.sum(axis=0), (dY * X_hat).sum(axis=0)
    return gamma * s * (dY - dbeta / n - X_hat * dgamma / n), dgamma, dbeta


def backward(dX=None, dgamma=None, dbeta=None):
    """The right backward pass with one part replaced."""

    def answer(dY, X_hat, gamma, s):
        parts = list(short_backward(dY, X_hat, gamma, s))
        for i, wrong in enumerate((dX, dgamma, dbeta)):
            if wrong is not None:
                parts[i] = wrong(dY, X_hat, gamma, s)
        return tuple(parts)

    return answer


def plain_update(r_mean, r_var, X, momentum):
    new = X.mean(axis=0), X.var(axis=0, ddof=1)
    return tuple(r + momentum * (b - r) for r, b in zip((r_mean, r_var), new, strict=True))


def weighted_update(r_mean, r_var, X, momentum):
    n = len(X)
    var = X.var(axis=0) * n / (n - 1)
    return (1 - momentum) * r_mean + momentum * X.mean(axis=0), (
        1 - momentum
    ) * r_var + momentum * var


def update(mean=None, var=None):
    """The right update with one part replaced; a part gets (old, X, momentum)."""

    def answer(r_mean, r_var, X, momentum):
        right = plain_update(r_mean, r_var, X, momentum)
        return (
            right[0] if mean is None else mean(r_mean, X, momentum),
            right[1] if var is None else var(r_var, X, momentum),
        )

    return answer


def from_running_mean(r_mean, r_var, X, momentum):
    new = np.square(X - r_mean).sum(axis=0) / (len(X) - 1)
    return plain_update(r_mean, r_var, X, momentum)[0], (1 - momentum) * r_var + momentum * new


def plain_fold(W, b, gamma, beta, mean, var, eps):
    g = gamma / np.sqrt(var + eps)
    return W * g, (b - mean) * g + beta


def matrix_fold(W, b, gamma, beta, mean, var, eps):
    G = np.diag(gamma * (var + eps) ** -0.5)
    return W @ G, b @ G + (beta - mean @ G)


def folded(W_new=None, b_new=None):
    """The right folding with one part replaced; a part gets (g, W, b, beta, mean)."""

    def answer(W, b, gamma, beta, mean, var, eps):
        g, right = gamma / np.sqrt(var + eps), plain_fold(W, b, gamma, beta, mean, var, eps)
        return (
            right[0] if W_new is None else W_new(g, W, b, beta, mean),
            right[1] if b_new is None else b_new(g, W, b, beta, mean),
        )

    return answer


def without_eps(W, b, gamma, beta, mean, var, eps):
    return plain_fold(W, b, gamma, beta, mean, var, 0)


def without_root(W, b, gamma, beta, mean, var, eps):
    g = gamma / (var + eps)
    return W * g, (b - mean) * g + beta


def without_gamma(W, b, gamma, beta, mean, var, eps):
    return plain_fold(W, b, np.ones_like(gamma), beta, mean, var, eps)


RIGHT = {
    "norm_forward": [plain_forward, loop_forward],
    "norm_backward": [short_backward, long_backward],
    "running_update": [plain_update, weighted_update],
    "fold": [plain_fold, matrix_fold],
}


def c(X):
    return X - X.mean(axis=0)


WRONG = [
    *[
        ("norm_forward", name, answer)
        for name, answer in [
            (
                "n - 1 in the variance",
                lambda X, g, b, e: g * c(X) / (np.cov(X.T).diagonal() + e) ** 0.5 + b,
            ),
            ("eps outside the root", lambda X, g, b, e: g * c(X) / (np.sqrt(X.var(0)) + e) + b),
            ("eps forgotten", lambda X, g, b, e: g * c(X) / X.std(0) + b),
            ("root forgotten", lambda X, g, b, e: c(X) / (X.var(0) + e) * g + b),
            ("rows for columns", lambda X, g, b, e: g * (c(X.T) / (X.T.var(0) + e) ** 0.5).T + b),
            (
                "one mean for all columns",
                lambda X, g, b, e: g * (X - X.mean()) / np.sqrt(X.var() + e) + b,
            ),
            ("gamma and beta exchanged", lambda X, g, b, e: plain_forward(X, b, g, e)),
            ("beta forgotten", lambda X, g, b, e: plain_forward(X, g, 0 * b, e)),
            ("gamma forgotten", lambda X, g, b, e: plain_forward(X, np.ones(len(g)), b, e)),
            ("not centred", lambda X, g, b, e: g * X / np.sqrt(X.var(0) + e) + b),
            ("beta multiplied too", lambda X, g, b, e: plain_forward(X, g, g * b, e)),
            (
                "deviation for variance under the root",
                lambda X, g, b, e: g * c(X) / (X.std(0) + e) ** 0.5 + b,
            ),
            (
                "multiplied by the deviation",
                lambda X, g, b, e: c(X) * (X.var(0) + e) ** 0.5 * g + b,
            ),
            (
                "squares measured from 0",
                lambda X, g, b, e: g * c(X) / np.sqrt((X * X).sum(0) / len(X) + e) + b,
            ),
            (
                "squares summed, not averaged",
                lambda X, g, b, e: g * c(X) / np.sqrt((c(X) ** 2).sum(0) + e) + b,
            ),
            (
                "the sum in place of the mean",
                lambda X, g, b, e: g * (X - sum(X)) / np.sqrt(X.var(0) + e) + b,
            ),
            (
                "brackets missing around X - mean",
                lambda X, g, b, e: g * (X - X.mean(0) / np.sqrt(X.var(0) + e)) + b,
            ),
            (
                "axis 1 for axis 0",
                lambda X, g, b, e: g * (X - X.mean(-1)) / (X.var(-1) + e) ** 0.5 + b,
            ),
            ("(37) missing", lambda X, g, b, e: c(X) / (X.var(0) + e) ** 0.5),
        ]
    ],
    *[
        ("norm_backward", name, backward(**{part: wrong}))
        for part, name, wrong in [
            ("dbeta", "dbeta is a mean", lambda dY, h, g, s: dY.mean(0)),
            ("dbeta", "dbeta not summed", lambda dY, h, g, s: dY),
            ("dbeta", "dbeta summed over the wrong axis", lambda dY, h, g, s: dY.sum(-1)),
            ("dbeta", "gamma in dbeta", lambda dY, h, g, s: (g * dY).sum(0)),
            ("dgamma", "X_hat forgotten", lambda dY, h, g, s: dY.sum(0)),
            ("dgamma", "dgamma is a mean", lambda dY, h, g, s: (dY * h).mean(0)),
            ("dgamma", "dgamma not summed", lambda dY, h, g, s: dY * h),
            ("dgamma", "scaled twice", lambda dY, h, g, s: (dY * h * s).sum(0)),
            ("dbeta", "dbeta is dgamma", lambda dY, h, g, s: (dY * h).sum(0)),
            ("dgamma", "gamma in dgamma", lambda dY, h, g, s: (dY * g * h).sum(0)),
            ("dgamma", "dgamma summed over the wrong axis", lambda dY, h, g, s: (h * dY).sum(1)),
            ("dgamma", "a matrix product", lambda dY, h, g, s: h.T @ dY),
            ("dgamma", "a matrix product, transposed", lambda dY, h, g, s: dY.T @ h),
            (
                "dX",
                "plus before the last term",
                lambda dY, h, g, s: g * s * (c(dY) + h * (dY * h).mean(0)),
            ),
            (
                "dX",
                "dgamma not divided by n",
                lambda dY, h, g, s: g * s * (c(dY) - h * (dY * h).sum(0)),
            ),
            (
                "dX",
                "dbeta not divided by n",
                lambda dY, h, g, s: g * s * (dY - dY.sum(0) - h * (dY * h).mean(0)),
            ),
            (
                "dX",
                "dbeta and dgamma exchanged in dX",
                lambda dY, h, g, s: g * s * (dY - (dY * h).mean(0) - h * dY.mean(0)),
            ),
            ("dX", "divided by s", lambda dY, h, g, s: g / s * (c(dY) - h * (dY * h).mean(0))),
            (
                "dX",
                "gamma s before dY only",
                lambda dY, h, g, s: g * s * dY - dY.mean(0) - h * (dY * h).mean(0),
            ),
            (
                "dX",
                "divided by the number of columns",
                lambda dY, h, g, s: g * s * (dY - (dY.sum(0) + h * (dY * h).sum(0)) / dY.shape[1]),
            ),
            (
                "dX",
                "the mean held constant",
                lambda dY, h, g, s: g * s * (dY - h * (dY * h).mean(0)),
            ),
            ("dX", "the variance held constant", lambda dY, h, g, s: g * s * c(dY)),
            ("dX", "both statistics held constant", lambda dY, h, g, s: dY * g * s),
            (
                "dX",
                "not divided by n",
                lambda dY, h, g, s: g * s * (dY - dY.sum(0) - h * (dY * h).sum(0)),
            ),
            ("dX", "gamma forgotten in dX", lambda dY, h, g, s: s * (c(dY) - h * (dY * h).mean(0))),
            ("dX", "s forgotten", lambda dY, h, g, s: g * (c(dY) - h * (dY * h).mean(0))),
            (
                "dX",
                "X_hat forgotten in front of the last mean",
                lambda dY, h, g, s: g * s * (c(dY) - (dY * h).mean(0)),
            ),
            (
                "dX",
                "plus for minus",
                lambda dY, h, g, s: g * s * (dY + dY.mean(0) + h * (dY * h).mean(0)),
            ),
        ]
    ],
    *[
        ("running_update", name, answer)
        for name, answer in [
            (
                "momentum from the other end",
                update(mean=lambda r, X, m: m * r + (1 - m) * X.mean(0)),
            ),
            ("only the last batch", update(mean=lambda r, X, m: X.mean(0))),
            ("the old value does not fade", update(mean=lambda r, X, m: r + m * X.mean(0))),
            ("summed, not averaged", update(mean=lambda r, X, m: (1 - m) * r + m * X.sum(0))),
            ("one number for all columns", update(mean=lambda r, X, m: (1 - m) * r + m * X.mean())),
            (
                "the batch's mean added in full",
                update(mean=lambda r, X, m: (1 - m) * r + X.mean(0)),
            ),
            ("moves away from the batch", update(mean=lambda r, X, m: r - m * (X.mean(0) - r))),
            ("mean unchanged", update(mean=lambda r, X, m: r.copy())),
            ("the variance in the mean's place", lambda *given: plain_update(*given)[::-1]),
            (
                "momentum from the other end, in the variance",
                update(var=lambda r, X, m: m * r + (1 - m) * X.var(0, ddof=1)),
            ),
            ("only the last batch's variance", update(var=lambda r, X, m: X.var(0, ddof=1))),
            (
                "one variance for all columns",
                update(var=lambda r, X, m: (1 - m) * r + m * X.var(ddof=1)),
            ),
            (
                "biased deviation in place of the variance",
                update(var=lambda r, X, m: (1 - m) * r + m * X.var(0) ** 0.5),
            ),
            (
                "old value made unbiased too",
                update(var=lambda r, X, m: ((1 - m) * r + m * X.var(0)) * 4 / 3),
            ),
            (
                "biased, and measured from the running mean",
                lambda r_mean, r_var, X, m: (
                    (1 - m) * r_mean + m * X.mean(0),
                    (1 - m) * r_var + m * np.mean((X - r_mean) ** 2, 0),
                ),
            ),
            ("biased variance kept", update(var=lambda r, X, m: (1 - m) * r + m * X.var(0))),
            (
                "the mean in place of the variance",
                update(var=lambda r, X, m: (1 - m) * r + m * X.mean(0)),
            ),
            (
                "deviation in place of the variance",
                update(var=lambda r, X, m: (1 - m) * r + m * X.std(0, ddof=1)),
            ),
            ("measured from the running mean", from_running_mean),
            (
                "the running variance does not fade",
                update(var=lambda r, X, m: r + m * X.var(0, ddof=1)),
            ),
        ]
    ],
    *[
        ("fold", name, answer)
        for name, answer in [
            ("rows scaled, not columns", folded(W_new=lambda g, W, b, beta, mean: np.diag(g) @ W)),
            ("eps left out", without_eps),
            ("variance without root", without_root),
            ("gamma left out of W", without_gamma),
            ("divided, not multiplied", folded(W_new=lambda g, W, b, beta, mean: W / g)),
            ("W unchanged", folded(W_new=lambda g, W, b, beta, mean: W)),
            ("mean not subtracted", folded(b_new=lambda g, W, b, beta, mean: b * g + beta)),
            ("old bias lost", folded(b_new=lambda g, W, b, beta, mean: beta - mean * g)),
            ("old bias not scaled", folded(b_new=lambda g, W, b, beta, mean: b + beta - g * mean)),
            ("beta scaled too", folded(b_new=lambda g, W, b, beta, mean: g * (b + beta - mean))),
            ("beta left out", folded(b_new=lambda g, W, b, beta, mean: g * (b - mean))),
            ("mean not scaled", folded(b_new=lambda g, W, b, beta, mean: g * b - mean + beta)),
            ("only gamma in W", lambda W, b, g, beta, *_: (W * g, b)),
            (
                "eps outside the root",
                lambda W, b, g, beta, m, v, e: (W * (g / (v**0.5 + e)), b),
            ),
            ("mean subtracted from W", folded(W_new=lambda g, W, b, beta, mean: (W - mean) * g)),
            ("beta added to W", folded(W_new=lambda g, W, b, beta, mean: W * g + beta)),
            (
                "multiplied by the deviation",
                lambda W, b, g, beta, m, v, e: (W * g * (v + e) ** 0.5, b),
            ),
            ("nothing scaled", folded(b_new=lambda g, W, b, beta, mean: b - mean + beta)),
            ("b unchanged", folded(b_new=lambda g, W, b, beta, mean: b)),
            ("beta alone", folded(b_new=lambda g, W, b, beta, mean: beta)),
            (
                "only gamma in b",
                lambda W, b, g, beta, m, v, e: (W * g / (v + e) ** 0.5, (b - m) * g + beta),
            ),
            (
                "gamma left out of b",
                lambda W, b, g, beta, m, v, e: (
                    W * g / (v + e) ** 0.5,
                    (b - m) / (v + e) ** 0.5 + beta,
                ),
            ),
            (
                "the mean sent through W",
                folded(b_new=lambda g, W, b, beta, mean: (b - mean @ W) * g + beta),
            ),
            ("mean added", folded(b_new=lambda g, W, b, beta, mean: g * (b + mean) + beta)),
        ]
    ],
]
