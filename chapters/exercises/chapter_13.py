"""Exercises of chapter 13: layer norm forward and backward, RMSNorm."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


def _mean(A):
    return A.mean(axis=1, keepdims=True)


# --- 1: forward -----------------------------------------------------------------------------------


def _batch(rng):
    return {
        "X": rng.normal(3, 2, size=(5, 5)),  # square: a wrong axis must not stop the code
        "gamma": rng.normal(size=5),
        "beta": rng.normal(size=5),
        "eps": np.array(0.5),  # so large that its place can be seen
    }


def _normalised(X, eps, axis=1, ddof=0, keepdims=True):
    var = X.var(axis=axis, ddof=ddof, keepdims=keepdims)
    return (X - X.mean(axis=axis, keepdims=keepdims)) / np.sqrt(var + eps)


def _forward(X, gamma, beta, eps):
    return gamma * _normalised(X, eps) + beta


row_forward = Exercise(
    cases=_batch,
    run=lambda answer, X, gamma, beta, eps: {"Y": answer(X, gamma, beta, float(eps))},
    right=_forward,
    mistakes={
        "Y": _named(
            (
                "columns for rows",
                "That is batch norm. Each row by its own features: axis=1.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps, axis=0) + beta,
            ),
            (
                "keepdims forgotten",
                "A mean of shape (n,) is lined up with the columns; keep it (n, 1): keepdims=True.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps, keepdims=False) + beta,
            ),
            (
                "keepdims forgotten in the mean",
                "The variance is (n, 1), the mean (n,): that lines up with the columns.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=1)) / np.sqrt(X.var(axis=1, keepdims=True) + eps)
                    + beta
                ),
            ),
            (
                "keepdims forgotten in the variance",
                "The mean is (n, 1), the variance (n,): that lines up with the columns.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - _mean(X)) / np.sqrt(X.var(axis=1) + eps) + beta
                ),
            ),
            (
                "mean of the columns",
                "The variance is the row's. So must the mean be: axis=1, keepdims=True.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=1, keepdims=True) + eps)
                    + beta
                ),
            ),
            (
                "variance of the columns",
                "The mean is the row's. So must the variance be: axis=1, keepdims=True.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - _mean(X)) / np.sqrt(X.var(axis=0) + eps) + beta
                ),
            ),
            (
                "gamma and beta per row",
                "They belong to features and line up with the columns as they are, (d,).",
                lambda X, gamma, beta, eps: gamma[:, None] * _normalised(X, eps) + beta[:, None],
            ),
            (
                "one mean for the whole batch",
                "Each row has its own mean and deviation: axis=1.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps, axis=None) + beta,
            ),
            (
                "d - 1 in the variance",
                "Report B's (45) divides by the number of features, not by one less.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps, ddof=1) + beta,
            ),
            (
                "eps outside the root",
                "It is added to the variance, and then the root is taken.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - _mean(X)) / (X.std(axis=1, keepdims=True) + eps) + beta
                ),
            ),
            (
                "eps forgotten",
                "As in (45). Without it a row of equal numbers divides 0 by 0.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, 0) + beta,
            ),
            (
                "root forgotten",
                "Divide by the deviation, the root of the variance.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - _mean(X)) / (X.var(axis=1, keepdims=True) + eps) + beta
                ),
            ),
            (
                "root drawn twice",
                "A deviation is a root already. The root of the variance plus eps, once.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - _mean(X)) / np.sqrt(X.std(axis=1, keepdims=True) + eps) + beta
                ),
            ),
            (
                "mean square for variance",
                "The variance is the mean square of the *deviations* X - mean, as in (45).",
                lambda X, gamma, beta, eps: (
                    gamma * (X - _mean(X)) / np.sqrt(_mean(X * X) + eps) + beta
                ),
            ),
            (
                "sum for mean in the variance",
                "Divide the sum of squares by d, the number of features.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - _mean(X)) / np.sqrt(5 * _mean((X - _mean(X)) ** 2) + eps) + beta
                ),
            ),
            (
                "only the mean divided",
                "Brackets: first X - mean, then the whole difference divided by the deviation.",
                lambda X, gamma, beta, eps: (
                    gamma * X - _mean(X) / np.sqrt(X.var(axis=1, keepdims=True) + eps) + beta
                ),
            ),
            (
                "not centred",
                "Subtract the row's mean before you divide; without it this is near RMSNorm.",
                lambda X, gamma, beta, eps: (
                    gamma * X / np.sqrt(X.var(axis=1, keepdims=True) + eps) + beta
                ),
            ),
            (
                "gamma and beta forgotten",
                "That is X_hat. Y = gamma * X_hat + beta.",
                lambda X, gamma, beta, eps: _normalised(X, eps),
            ),
            (
                "gamma forgotten",
                "It multiplies the normalised numbers before beta is added.",
                lambda X, gamma, beta, eps: _normalised(X, eps) + beta,
            ),
            (
                "beta forgotten",
                "It is added at the end.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps),
            ),
            (
                "beta multiplied too",
                "Y = gamma * X_hat + beta: gamma does not multiply beta.",
                lambda X, gamma, beta, eps: gamma * (_normalised(X, eps) + beta),
            ),
        )
    },
    praise="Statistics by the row, gamma and beta by the column.",
    hints=(
        "Two numbers for each row. Which axis do they come from, and which shape must they keep?",
        "X.mean(axis=1, keepdims=True) and X.var(axis=1, keepdims=True) are (n, 1).",
        "return gamma * (X - X.mean(axis=1, keepdims=True)) / "
        "np.sqrt(X.var(axis=1, keepdims=True) + eps) + beta",
    ),
)

# --- 2: backward ----------------------------------------------------------------------------------


def _from_above(rng):
    X, eps = rng.normal(3, 2, size=(5, 5)), 1e-5
    return {
        "dY": rng.normal(size=(5, 5)),
        "X_hat": _normalised(X, eps),
        "gamma": rng.normal(size=5),
        "s": 1 / np.sqrt(X.var(axis=1, keepdims=True) + eps),
    }


def _bracket(g, X_hat):
    return g - _mean(g) - X_hat * _mean(g * X_hat)


def _backward(dY, X_hat, gamma, s):
    return s * _bracket(dY * gamma, X_hat), (dY * X_hat).sum(axis=0), dY.sum(axis=0)


def _run_backward(answer, dY, X_hat, gamma, s):
    dX, dgamma, dbeta = answer(dY, X_hat, gamma, s)
    return {"dbeta": dbeta, "dgamma": dgamma, "dX": dX}


def _over_the_batch(dY, X_hat, gamma, s):
    g = dY * gamma
    return s * (g - g.mean(axis=0) - X_hat * (g * X_hat).mean(axis=0))


row_backward = Exercise(
    cases=_from_above,
    run=_run_backward,
    right=_backward,
    mistakes={
        "dbeta": _named(
            (
                "dbeta summed over the features",
                "beta is per feature and was added in every row: axis=0, as in batch norm.",
                lambda dY, X_hat, gamma, s: dY.sum(axis=1),
            ),
            (
                "dbeta is a mean",
                "Sum over the rows: beta was added in each of them.",
                lambda dY, X_hat, gamma, s: dY.mean(axis=0),
            ),
            (
                "gamma in dbeta",
                "beta is added after gamma has multiplied.",
                lambda dY, X_hat, gamma, s: gamma * dY.sum(axis=0),
            ),
            (
                "dgamma for dbeta",
                "The order is dX, dgamma, dbeta; beta was only added, so dY is all it sees.",
                lambda dY, X_hat, gamma, s: (dY * X_hat).sum(axis=0),
            ),
        ),
        "dgamma": _named(
            (
                "dgamma summed over the features",
                "gamma is per feature: axis=0. Only the statistics have turned.",
                lambda dY, X_hat, gamma, s: (dY * X_hat).sum(axis=1),
            ),
            (
                "X_hat forgotten",
                "gamma was multiplied by X_hat, so that is its factor.",
                lambda dY, X_hat, gamma, s: dY.sum(axis=0),
            ),
            (
                "gamma in dgamma",
                "gamma's own factor is X_hat: dY X_hat, without gamma.",
                lambda dY, X_hat, gamma, s: (gamma * dY * X_hat).sum(axis=0),
            ),
            (
                "dgamma is a mean",
                "Sum over the rows.",
                lambda dY, X_hat, gamma, s: (dY * X_hat).mean(axis=0),
            ),
        ),
        "dX": _named(
            (
                "gamma outside the means",
                "That is right for batch norm only. Here each feature has its own gamma: first "
                "g = dY * gamma, then the means of g.",
                lambda dY, X_hat, gamma, s: gamma * s * _bracket(dY, X_hat),
            ),
            (
                "means over the batch",
                "The statistics were the row's, so are the means: axis=1, keepdims=True.",
                _over_the_batch,
            ),
            (
                "keepdims forgotten",
                "A mean of shape (n,) is lined up with the columns; keep it (n, 1): keepdims=True.",
                lambda dY, X_hat, gamma, s: (
                    s
                    * (
                        dY * gamma
                        - (dY * gamma).mean(axis=1)
                        - X_hat * (dY * gamma * X_hat).mean(axis=1)
                    )
                ),
            ),
            (
                "both statistics held constant",
                "Each number of a row moves the row's mean and deviation: two terms are missing.",
                lambda dY, X_hat, gamma, s: s * dY * gamma,
            ),
            (
                "the mean held constant",
                "Each number moves the row's mean: subtract the mean of g.",
                lambda dY, X_hat, gamma, s: s * (dY * gamma - X_hat * _mean(dY * gamma * X_hat)),
            ),
            (
                "the deviation held constant",
                "Each number moves the row's deviation: subtract X_hat times the mean of g X_hat.",
                lambda dY, X_hat, gamma, s: s * (dY * gamma - _mean(dY * gamma)),
            ),
            (
                "gamma forgotten in dX",
                "The gradient of X_hat is dY gamma.",
                lambda dY, X_hat, gamma, s: s * _bracket(dY, X_hat),
            ),
            (
                "corrections added",
                "Both means are taken away, not added.",
                lambda dY, X_hat, gamma, s: (
                    s * (dY * gamma + _mean(dY * gamma) + X_hat * _mean(dY * gamma * X_hat))
                ),
            ),
            (
                "the mean of g added",
                "It is taken away, like the other correction.",
                lambda dY, X_hat, gamma, s: (
                    s * (dY * gamma + _mean(dY * gamma) - X_hat * _mean(dY * gamma * X_hat))
                ),
            ),
            (
                "X_hat once in the last term",
                "It stands there twice: X_hat times the mean of g X_hat.",
                lambda dY, X_hat, gamma, s: (
                    s * (dY * gamma - _mean(dY * gamma) - _mean(dY * gamma * X_hat))
                ),
            ),
            (
                "s on the first term only",
                "Brackets: s multiplies all three terms.",
                lambda dY, X_hat, gamma, s: (
                    s * dY * gamma - _mean(dY * gamma) - X_hat * _mean(dY * gamma * X_hat)
                ),
            ),
            (
                "divided by s",
                "s is 1 / sigma already: multiply by it.",
                lambda dY, X_hat, gamma, s: _bracket(dY * gamma, X_hat) / s,
            ),
            (
                "s forgotten",
                "X was divided by the deviation, so its gradient is too: times s.",
                lambda dY, X_hat, gamma, s: _bracket(dY * gamma, X_hat),
            ),
            (
                "sums for means",
                "Both corrections are means over the d features.",
                lambda dY, X_hat, gamma, s: (
                    s * (dY * gamma - 5 * _mean(dY * gamma) - 5 * X_hat * _mean(dY * gamma * X_hat))
                ),
            ),
        ),
    },
    praise="Means over the row, sums over the batch, and gamma where it belongs.",
    hints=(
        "dgamma and dbeta are as in batch norm. For dX, begin with the gradient of X_hat.",
        "g = dY * gamma. Take away its mean over the row, and X_hat times the row's mean of "
        "g * X_hat.",
        "dX = s * (g - g.mean(axis=1, keepdims=True) - X_hat * (g * X_hat).mean(axis=1, "
        "keepdims=True))",
    ),
)

# --- 3: RMSNorm -----------------------------------------------------------------------------------


def _rms_case(rng):
    return {
        "X": rng.normal(1, 2, size=(5, 5)),
        "gamma": rng.normal(size=5),
        "eps": np.array(0.5),
        "dY": rng.normal(size=(5, 5)),
    }


def _run_rms(answer, X, gamma, eps, dY):
    Y, back = answer(X, gamma, float(eps))
    dX, dgamma = back(dY)
    return {"Y": Y, "dgamma": dgamma, "dX": dX}


def _scale(X, eps, **_):
    return 1 / np.sqrt(_mean(X * X) + eps)


def _rms(X, gamma, eps):
    s = _scale(X, eps)
    X_hat = X * s

    def back(dY):
        g = dY * gamma
        return s * (g - X_hat * _mean(g * X_hat)), (dY * X_hat).sum(axis=0)

    return gamma * X_hat, back


def _parts(make):
    """make(g, X_hat, s, ...), with g the gradient of X_hat; the case's arrays by name."""

    def value(X, gamma, eps, dY):
        s = _scale(X, eps)
        return make(dY * gamma, X * s, s, gamma=gamma, dY=dY, X=X)

    return value


rms_norm = Exercise(
    cases=_rms_case,
    run=_run_rms,
    right=_rms,
    mistakes={
        "Y": _named(
            (
                "centred too",
                "That is layer norm without beta. RMSNorm subtracts no mean.",
                lambda X, gamma, eps, **_: gamma * _normalised(X, eps),
            ),
            (
                "divided by the deviation",
                "r is the root of the mean *square*; the variance has the mean taken away.",
                lambda X, gamma, eps, **_: gamma * X / np.sqrt(X.var(axis=1, keepdims=True) + eps),
            ),
            (
                "sum of squares, not mean",
                "Divide the sum of squares by d, or the numbers shrink as rows get wider.",
                lambda X, gamma, eps, **_: gamma * X / np.sqrt(5 * _mean(X * X) + eps),
            ),
            (
                "eps outside the root",
                "eps is added to the mean square, inside the root.",
                lambda X, gamma, eps, **_: gamma * X / (np.sqrt(_mean(X * X)) + eps),
            ),
            (
                "eps forgotten",
                "A row of zeros divides by 0. Add eps to the mean square.",
                lambda X, gamma, **_: gamma * X / np.sqrt(_mean(X * X)),
            ),
            (
                "root forgotten",
                "Divide by r, the root.",
                lambda X, gamma, eps, **_: gamma * X / (_mean(X * X) + eps),
            ),
            (
                "gamma forgotten",
                "Y = gamma X / r.",
                lambda X, gamma, eps, **_: X * _scale(X, eps),
            ),
            (
                "gamma per row",
                "It belongs to features and lines up with the columns as it is, (d,).",
                lambda X, gamma, eps, **_: gamma[:, None] * X * _scale(X, eps),
            ),
            (
                "multiplied by r",
                "Divide by r: a long row shall become shorter.",
                lambda X, gamma, eps, **_: gamma * X / _scale(X, eps),
            ),
            (
                "keepdims forgotten",
                "r of shape (n,) is lined up with the columns; keep it (n, 1): keepdims=True.",
                lambda X, gamma, eps, **_: gamma * X / np.sqrt((X * X).mean(axis=1) + eps),
            ),
            (
                "one r for the whole batch",
                "Each row has its own: axis=1, keepdims=True.",
                lambda X, gamma, eps, **_: gamma * X / np.sqrt((X * X).mean() + eps),
            ),
            (
                "columns for rows",
                "The mean square of a row: axis=1, keepdims=True.",
                lambda X, gamma, eps, **_: gamma * X / np.sqrt((X * X).mean(axis=0) + eps),
            ),
        ),
        "dgamma": _named(
            (
                "X for X_hat",
                "gamma was multiplied by X / r.",
                _parts(lambda g, h, s, dY, X, **_: (dY * X).sum(axis=0)),
            ),
            (
                "gamma in dgamma",
                "gamma's own factor is X / r: dY X / r, without gamma.",
                _parts(lambda g, h, s, **_: (g * h).sum(axis=0)),
            ),
            (
                "X_hat forgotten",
                "gamma was multiplied by X / r, so that is its factor.",
                _parts(lambda g, h, s, dY, **_: dY.sum(axis=0)),
            ),
            (
                "dgamma is a mean",
                "Sum over the rows.",
                _parts(lambda g, h, s, dY, **_: (dY * h).mean(axis=0)),
            ),
            (
                "dgamma summed over the features",
                "gamma is per feature: sum over the rows.",
                _parts(lambda g, h, s, dY, **_: (dY * h).sum(axis=1)),
            ),
        ),
        "dX": _named(
            (
                "a mean subtracted",
                "That term came from mu, and there is no mu here.",
                _parts(lambda g, h, s, **_: s * _bracket(g, h)),
            ),
            (
                "r held constant",
                "Each number of a row moves r: one more term.",
                _parts(lambda g, h, s, **_: s * g),
            ),
            (
                "gamma forgotten in dX",
                "What reaches X_hat is g = dY * gamma.",
                _parts(lambda g, h, s, dY, **_: s * (dY - h * _mean(dY * h))),
            ),
            (
                "correction added",
                "A larger X_i makes r larger and so the row smaller: that part is taken away.",
                _parts(lambda g, h, s, **_: s * (g + h * _mean(g * h))),
            ),
            (
                "gamma outside the mean",
                "Each feature has its own gamma: first g = dY * gamma, then the mean.",
                _parts(lambda g, h, s, gamma, dY, **_: gamma * s * (dY - h * _mean(dY * h))),
            ),
            (
                "X for X_hat in dX",
                "After 1/r is taken out, what stands in the bracket is X / r, twice.",
                _parts(lambda g, h, s, X, **_: s * (g - X * _mean(g * X))),
            ),
            (
                "1/r on the first term only",
                "The whole bracket is divided by r.",
                _parts(lambda g, h, s, **_: s * g - h * _mean(g * h)),
            ),
            (
                "sum for mean",
                "dr / dX_i = X_i / (d r): the correction is a mean over the d features.",
                _parts(lambda g, h, s, **_: s * (g - 5 * h * _mean(g * h))),
            ),
            (
                "X_hat once in the correction",
                "It stands there twice: X_hat times the mean of g X_hat.",
                _parts(lambda g, h, s, **_: s * (g - _mean(g * h))),
            ),
            (
                "keepdims forgotten",
                "A mean of shape (n,) is lined up with the columns; keep it (n, 1): keepdims=True.",
                _parts(lambda g, h, s, **_: s * (g - h * (g * h).mean(axis=1))),
            ),
            (
                "mean over the batch",
                "r was the row's, so is the mean: axis=1, keepdims=True.",
                _parts(lambda g, h, s, **_: s * (g - h * (g * h).mean(axis=0))),
            ),
            (
                "1/r forgotten",
                "The whole bracket is divided by r.",
                _parts(lambda g, h, s, **_: g - h * _mean(g * h)),
            ),
        ),
    },
    praise="One direction is idle, the row's scale; layer norm had two.",
    hints=(
        "X_j stands in its own X_hat, and in r. Which term of layer norm came from mu?",
        "dr = -(1/r) sum_j g_j X_hat_j, and r moves with X_i by X_i / (d r).",
        "With s = 1/r, X_hat = X * s and g = dY * gamma: dX = s * (g - X_hat * (g * "
        "X_hat).mean(axis=1, keepdims=True)), dgamma = (dY * X_hat).sum(axis=0).",
    ),
)
