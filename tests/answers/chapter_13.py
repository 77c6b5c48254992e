"""Answers to chapter 13: layer norm forward and backward, RMSNorm."""

import numpy as np


def plain_forward(X, gamma, beta, eps):
    mean, var = X.mean(axis=1, keepdims=True), X.var(axis=1, keepdims=True)
    return gamma * (X - mean) / np.sqrt(var + eps) + beta


def loop_forward(X, gamma, beta, eps):
    Y = np.empty(X.shape)
    for k, row in enumerate(X):
        mu = sum(row) / len(row)
        sigma = (sum((x - mu) ** 2 for x in row) / len(row) + eps) ** 0.5
        Y[k] = [c * (x - mu) / sigma + b for x, c, b in zip(row, gamma, beta, strict=True)]
    return Y


def m(A):
    return A.mean(axis=-1)[:, None]


def v(A):
    return A.var(axis=-1)[:, None]


def short_backward(dY, X_hat, gamma, s):
    g = gamma * dY
    return s * (g - m(g) - X_hat * m(g * X_hat)), np.sum(dY * X_hat, 0), np.sum(dY, 0)


def long_backward(dY, X_hat, gamma, s):
    sigma, d = 1 / s, X_hat.shape[1]
    centred, g = X_hat * sigma, dY * gamma
    dsigma = -(g * centred).sum(axis=1, keepdims=True) / sigma**2
    dmu = -g.sum(axis=1, keepdims=True) / sigma
    dX = g / sigma + dsigma * centred / (d * sigma) + dmu / d
    return dX, np.einsum("ij,ij->j", dY, X_hat), np.ones(len(dY)) @ dY


def backward(dX=None, dgamma=None, dbeta=None):
    """The right backward pass with one part replaced."""

    def answer(dY, X_hat, gamma, s):
        parts = list(short_backward(dY, X_hat, gamma, s))
        for i, wrong in enumerate((dX, dgamma, dbeta)):
            if wrong is not None:
                parts[i] = wrong(dY, X_hat, gamma, s)
        return tuple(parts)

    return answer


def plain_rms(X, gamma, eps):
    r = np.sqrt((X**2).mean(axis=1, keepdims=True) + eps)

    def back(dY):
        g, h = dY * gamma, X / r
        return (g - h * m(g * h)) / r, (dY * h).sum(axis=0)

    return gamma * X / r, back


def loop_rms(X, gamma, eps):
    d = X.shape[1]
    r = [(row @ row / d + eps) ** 0.5 for row in X]

    def back(dY):
        dX, dgamma = np.empty(X.shape), np.zeros(d)
        for k, row in enumerate(X):
            J = np.eye(d) / r[k] - np.outer(row, row) / (d * r[k] ** 3)
            dX[k] = J @ (dY[k] * gamma)
            dgamma += dY[k] * row / r[k]
        return dX, dgamma

    return np.array([gamma * row / size for row, size in zip(X, r, strict=True)]), back


def rms(Y=None, dX=None, dgamma=None):
    """The right RMSNorm with one part replaced; gradients get (dY, X, h, gamma, r)."""

    def answer(X, gamma, eps):
        right, right_back = plain_rms(X, gamma, eps)
        r = np.sqrt(m(X * X) + eps)

        def back(dY):
            parts = list(right_back(dY))
            for i, wrong in enumerate((dX, dgamma)):
                if wrong is not None:
                    parts[i] = wrong(dY, X, X / r, gamma, r)
            return tuple(parts)

        return right if Y is None else Y(X, gamma, eps), back

    return answer


RIGHT = {
    "row_forward": [plain_forward, loop_forward],
    "row_backward": [short_backward, long_backward],
    "rms_norm": [plain_rms, loop_rms],
}

WRONG = [
    *[
        ("row_forward", name, answer)
        for name, answer in [
            (
                "columns for rows",
                lambda X, g, b, e: g * (X - X.mean(0)) / np.sqrt(X.var(0) + e) + b,
            ),
            (
                "keepdims forgotten",
                lambda X, g, b, e: g * (X - X.mean(1)) / np.sqrt(X.var(1) + e) + b,
            ),
            (
                "gamma and beta per row",
                lambda X, g, b, e: (g * ((X - m(X)) / np.sqrt(v(X) + e)).T + b).T,
            ),
            (
                "one mean for the whole batch",
                lambda X, g, b, e: g * (X - X.mean()) / np.sqrt(X.var() + e) + b,
            ),
            (
                "d - 1 in the variance",
                lambda X, g, b, e: g * (X - m(X)) / np.sqrt(np.cov(X).diagonal()[:, None] + e) + b,
            ),
            (
                "keepdims forgotten in the mean",
                lambda X, g, b, e: g * (X - X.mean(1)) / np.sqrt(v(X) + e) + b,
            ),
            (
                "keepdims forgotten in the variance",
                lambda X, g, b, e: g * (X - m(X)) / np.sqrt(X.var(1) + e) + b,
            ),
            ("mean of the columns", lambda X, g, b, e: g * (X - X.mean(0)) / np.sqrt(v(X) + e) + b),
            (
                "variance of the columns",
                lambda X, g, b, e: g * (X - m(X)) / np.sqrt(X.var(0) + e) + b,
            ),
            (
                "root drawn twice",
                lambda X, g, b, e: g * (X - m(X)) / np.sqrt(np.sqrt(v(X)) + e) + b,
            ),
            (
                "mean square for variance",
                lambda X, g, b, e: g * (X - m(X)) / np.sqrt(m(X**2) + e) + b,
            ),
            (
                "sum for mean in the variance",
                lambda X, g, b, e: (
                    g * (X - m(X)) / np.sqrt(((X - m(X)) ** 2).sum(1)[:, None] + e) + b
                ),
            ),
            ("only the mean divided", lambda X, g, b, e: g * X - m(X) / np.sqrt(v(X) + e) + b),
            ("gamma forgotten", lambda X, g, b, e: plain_forward(X, 1, b, e)),
            ("gamma and beta forgotten", lambda X, g, b, e: plain_forward(X, 1, 0, e)),
            ("eps outside the root", lambda X, g, b, e: g * (X - m(X)) / (v(X) ** 0.5 + e) + b),
            ("eps forgotten", lambda X, g, b, e: g * (X - m(X)) / v(X) ** 0.5 + b),
            ("root forgotten", lambda X, g, b, e: (X - m(X)) / (v(X) + e) * g + b),
            ("not centred", lambda X, g, b, e: g * X / (v(X) + e) ** 0.5 + b),
            ("beta forgotten", lambda X, g, b, e: plain_forward(X, g, 0 * b, e)),
            ("beta multiplied too", lambda X, g, b, e: plain_forward(X, g, g * b, e)),
        ]
    ],
    *[
        ("row_backward", name, backward(**{part: wrong}))
        for part, name, wrong in [
            ("dbeta", "dbeta summed over the features", lambda dY, h, c, s: dY.sum(-1)),
            ("dbeta", "dbeta is a mean", lambda dY, h, c, s: dY.mean(0)),
            ("dbeta", "gamma in dbeta", lambda dY, h, c, s: (c * dY).sum(0)),
            ("dbeta", "dgamma for dbeta", lambda dY, h, c, s: np.einsum("ij,ij->j", h, dY)),
            ("dgamma", "dgamma summed over the features", lambda dY, h, c, s: (dY * h).sum(-1)),
            ("dgamma", "X_hat forgotten", lambda dY, h, c, s: dY.sum(0)),
            ("dgamma", "gamma in dgamma", lambda dY, h, c, s: (c * dY * h).sum(0)),
            ("dgamma", "dgamma is a mean", lambda dY, h, c, s: (dY * h).mean(0)),
            (
                "dX",
                "gamma outside the means",
                lambda dY, h, c, s: c * s * (dY - m(dY) - h * m(dY * h)),
            ),
            (
                "dX",
                "means over the batch",
                lambda dY, h, c, s: c * s * (dY - dY.mean(0) - h * (dY * h).mean(0)),
            ),
            ("dX", "both statistics held constant", lambda dY, h, c, s: dY * c * s),
            ("dX", "the mean held constant", lambda dY, h, c, s: s * (c * dY - h * m(c * dY * h))),
            ("dX", "the deviation held constant", lambda dY, h, c, s: s * (c * dY - m(c * dY))),
            ("dX", "gamma forgotten in dX", lambda dY, h, c, s: s * (dY - m(dY) - h * m(dY * h))),
            (
                "dX",
                "corrections added",
                lambda dY, h, c, s: s * (c * dY + m(c * dY) + h * m(h * dY * c)),
            ),
            (
                "dX",
                "divided by s",
                lambda dY, h, c, s: (c * dY - m(c * dY) - h * m(c * dY * h)) / s,
            ),
            (
                "dX",
                "the mean of g added",
                lambda dY, h, c, s: s * (c * dY + m(c * dY) - h * m(h * dY * c)),
            ),
            (
                "dX",
                "X_hat once in the last term",
                lambda dY, h, c, s: s * (c * dY - m(c * dY) - m(h * dY * c)),
            ),
            (
                "dX",
                "s on the first term only",
                lambda dY, h, c, s: s * c * dY - m(c * dY) - h * m(h * dY * c),
            ),
            (
                "dX",
                "keepdims forgotten",
                lambda dY, h, c, s: s * (c * dY - (c * dY).mean(1) - h * (h * dY * c).mean(1)),
            ),
            ("dX", "s forgotten", lambda dY, h, c, s: c * dY - m(c * dY) - h * m(c * dY * h)),
            (
                "dX",
                "sums for means",
                lambda dY, h, c, s: (
                    s
                    * (
                        c * dY
                        - (c * dY).sum(1, keepdims=True)
                        - h * (c * dY * h).sum(1, keepdims=True)
                    )
                ),
            ),
        ]
    ],
    *[
        ("rms_norm", name, rms(**{part: wrong}))
        for part, name, wrong in [
            ("Y", "centred too", lambda X, c, e: plain_forward(X, c, 0 * c, e)),
            ("Y", "divided by the deviation", lambda X, c, e: c * X / np.sqrt(v(X) + e)),
            (
                "Y",
                "sum of squares, not mean",
                lambda X, c, e: c * X / np.sqrt((X * X).sum(1, keepdims=True) + e),
            ),
            ("Y", "eps outside the root", lambda X, c, e: c * X / (m(X * X) ** 0.5 + e)),
            ("Y", "eps forgotten", lambda X, c, e: c * X / m(X * X) ** 0.5),
            ("Y", "gamma forgotten", lambda X, c, e: X / np.sqrt(m(X * X) + e)),
            ("Y", "gamma per row", lambda X, c, e: (c * (X / np.sqrt(m(X * X) + e)).T).T),
            ("Y", "multiplied by r", lambda X, c, e: c * X * np.sqrt(m(X * X) + e)),
            ("Y", "keepdims forgotten", lambda X, c, e: c * X / np.sqrt((X * X).mean(1) + e)),
            ("Y", "one r for the whole batch", lambda X, c, e: c * X / ((X**2).mean() + e) ** 0.5),
            ("Y", "root forgotten", lambda X, c, e: c * X / (m(X * X) + e)),
            ("Y", "columns for rows", lambda X, c, e: c * X / ((X**2).mean(0) + e) ** 0.5),
            ("dgamma", "X for X_hat", lambda dY, X, h, c, r: (dY * X).sum(0)),
            ("dgamma", "gamma in dgamma", lambda dY, X, h, c, r: (c * dY * h).sum(0)),
            ("dgamma", "X_hat forgotten", lambda dY, X, h, c, r: dY.sum(0)),
            ("dgamma", "dgamma is a mean", lambda dY, X, h, c, r: (dY * h).mean(0)),
            ("dgamma", "dgamma summed over the features", lambda dY, X, h, c, r: (dY * h).sum(-1)),
            (
                "dX",
                "a mean subtracted",
                lambda dY, X, h, c, r: (c * dY - m(c * dY) - h * m(c * dY * h)) / r,
            ),
            ("dX", "gamma forgotten in dX", lambda dY, X, h, c, r: (dY - h * m(dY * h)) / r),
            ("dX", "correction added", lambda dY, X, h, c, r: (c * dY + h * m(c * dY * h)) / r),
            ("dX", "r held constant", lambda dY, X, h, c, r: c * dY / r),
            ("dX", "gamma outside the mean", lambda dY, X, h, c, r: c * (dY - h * m(dY * h)) / r),
            ("dX", "X for X_hat in dX", lambda dY, X, h, c, r: (c * dY - X * m(c * dY * X)) / r),
            (
                "dX",
                "1/r on the first term only",
                lambda dY, X, h, c, r: c * dY / r - h * m(c * dY * h),
            ),
            (
                "dX",
                "sum for mean",
                lambda dY, X, h, c, r: (c * dY - h * (c * dY * h).sum(1)[:, None]) / r,
            ),
            (
                "dX",
                "X_hat once in the correction",
                lambda dY, X, h, c, r: (c * dY - m(c * dY * h)) / r,
            ),
            (
                "dX",
                "keepdims forgotten",
                lambda dY, X, h, c, r: (c * dY - h * (c * dY * h).mean(1)) / r,
            ),
            (
                "dX",
                "mean over the batch",
                lambda dY, X, h, c, r: (c * dY - h * (c * dY * h).mean(0)) / r,
            ),
            ("dX", "1/r forgotten", lambda dY, X, h, c, r: c * dY - h * m(c * dY * h)),
        ]
    ],
]
