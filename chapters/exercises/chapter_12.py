"""Exercises of chapter 12: batch norm forward and backward, running statistics, folding."""

from contextlib import suppress

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: forward in training -----------------------------------------------------------------------


def _batch(rng):
    return {
        "X": rng.normal(3, 2, size=(5, 5)),  # square: a wrong axis must not stop the code
        "gamma": rng.normal(size=5),
        "beta": rng.normal(size=5),
        "eps": np.array(0.5),  # so large that its place can be seen
    }


def _normalised(X, eps, axis=0, ddof=0):
    var = X.var(axis=axis, ddof=ddof, keepdims=True)
    return (X - X.mean(axis=axis, keepdims=True)) / np.sqrt(var + eps)


def _forward(X, gamma, beta, eps):
    return gamma * _normalised(X, eps) + beta


norm_forward = Exercise(
    cases=_batch,
    run=lambda answer, X, gamma, beta, eps: {"Y": answer(X, gamma, beta, float(eps))},
    right=_forward,
    mistakes={
        "Y": _named(
            (
                "n - 1 in the variance",
                "Training divides by n, as (35) does; n - 1 is for the running variance.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps, ddof=1) + beta,
            ),
            (
                "eps outside the root",
                "It is added to the variance, and then the root is taken.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=0)) / (X.std(axis=0) + eps) + beta
                ),
            ),
            (
                "eps forgotten",
                "Without it a constant column divides 0 by 0.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, 0) + beta,
            ),
            (
                "root forgotten",
                "Divide by the deviation, the root of the variance.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=0)) / (X.var(axis=0) + eps) + beta
                ),
            ),
            (
                "rows for columns",
                "Each column by itself, over the batch: axis=0. Over a row it is layer norm.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps, axis=1) + beta,
            ),
            (
                "one mean for all columns",
                "Each column has its own mean and variance: axis=0.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps, axis=None) + beta,
            ),
            (
                "gamma and beta exchanged",
                "gamma multiplies, beta is added.",
                lambda X, gamma, beta, eps: beta * _normalised(X, eps) + gamma,
            ),
            (
                "beta forgotten",
                "(37) adds it at the end.",
                lambda X, gamma, beta, eps: gamma * _normalised(X, eps),
            ),
            (
                "gamma forgotten",
                "(37) multiplies with it.",
                lambda X, gamma, beta, eps: _normalised(X, eps) + beta,
            ),
            (
                "not centred",
                "Subtract the mean before you divide.",
                lambda X, gamma, beta, eps: gamma * X / np.sqrt(X.var(axis=0) + eps) + beta,
            ),
            (
                "beta multiplied too",
                "Y = gamma * X_hat + beta: gamma does not multiply beta.",
                lambda X, gamma, beta, eps: gamma * (_normalised(X, eps) + beta),
            ),
            (
                "deviation for variance under the root",
                "eps is added to the variance, X.var(axis=0), and then the root is taken.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=0)) / np.sqrt(X.std(axis=0) + eps) + beta
                ),
            ),
            (
                "multiplied by the deviation",
                "Divide by it: (36).",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=0)) * np.sqrt(X.var(axis=0) + eps) + beta
                ),
            ),
            (
                "squares measured from 0",
                "The variance is the mean of (X - mean)**2, not of X**2.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=0)) / np.sqrt((X**2).mean(axis=0) + eps) + beta
                ),
            ),
            (
                "squares summed, not averaged",
                "(35) has 1/n: the variance is a mean.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=0)) / np.sqrt(len(X) * X.var(axis=0) + eps) + beta
                ),
            ),
            (
                "the sum in place of the mean",
                "(34) has 1/n.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.sum(axis=0)) / np.sqrt(X.var(axis=0) + eps) + beta
                ),
            ),
            (
                "brackets missing around X - mean",
                "The difference is divided, not the mean alone: (X - mean) / root.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=0) / np.sqrt(X.var(axis=0) + eps)) + beta
                ),
            ),
            (
                "axis 1 for axis 0",
                "axis=0 gives one number for each column, the feature.",
                lambda X, gamma, beta, eps: (
                    gamma * (X - X.mean(axis=1)) / np.sqrt(X.var(axis=1) + eps) + beta
                ),
            ),
            (
                "(37) missing",
                "That is X_hat: multiply by gamma and add beta.",
                lambda X, gamma, beta, eps: _normalised(X, eps),
            ),
        )
    },
    praise="Report B's (34) to (37), with 1/n where it belongs.",
    hints=(
        "Two numbers for each column, its mean and variance over the batch: which axis is that?",
        "X.mean(axis=0) and X.var(axis=0); then (36), then (37).",
        "return gamma * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps) + beta",
    ),
)

# --- 2: backward, short form ----------------------------------------------------------------------


def _from_above(rng):
    X, eps = rng.normal(3, 2, size=(5, 5)), 1e-5
    return {
        "dY": rng.normal(size=(5, 5)),
        "X_hat": _normalised(X, eps),
        "gamma": rng.normal(size=5),
        "s": 1 / np.sqrt(X.var(axis=0) + eps),
    }


def _input_gradient(dY, X_hat, gamma, s):
    return gamma * s * (dY - dY.mean(axis=0) - X_hat * (dY * X_hat).mean(axis=0))


def _backward(dY, X_hat, gamma, s):
    return _input_gradient(dY, X_hat, gamma, s), (dY * X_hat).sum(axis=0), dY.sum(axis=0)


def _three_rows(dY, X_hat):
    return dY[:3].copy(), _normalised(X_hat[:3], 0)


def _run_backward(answer, dY, X_hat, gamma, s):
    dX, dgamma, dbeta = answer(dY, X_hat, gamma, s)
    few = np.zeros((3, 5))
    with suppress(ValueError):  # arrays that do not fit: the square case says what is wrong
        few = answer(*_three_rows(dY, X_hat), gamma, s)[0]  # here n is not d
    return {"dbeta": dbeta, "dgamma": dgamma, "dX": dX, "dX of 3 rows": few}


def _by_columns(dY, X_hat, gamma, s):
    """dX of the first 3 rows with the number of columns for n."""
    dY, X_hat = _three_rows(dY, X_hat)
    return gamma * s * (dY - dY.sum(axis=0) / 5 - X_hat * (dY * X_hat).sum(axis=0) / 5)


norm_backward = Exercise(
    cases=_from_above,
    run=_run_backward,
    right=_backward,
    mistakes={
        "dbeta": _named(
            (
                "dbeta is a mean",
                "Sum over the batch: beta was added in every row.",
                lambda dY, X_hat, gamma, s: dY.mean(axis=0),
            ),
            (
                "dbeta not summed",
                "beta has shape (d,), so dbeta has too: sum over the rows.",
                lambda dY, X_hat, gamma, s: dY,
            ),
            (
                "dbeta summed over the wrong axis",
                "axis=0 runs over the rows, the examples.",
                lambda dY, X_hat, gamma, s: dY.sum(axis=1),
            ),
            (
                "gamma in dbeta",
                "beta is added after gamma has multiplied.",
                lambda dY, X_hat, gamma, s: gamma * dY.sum(axis=0),
            ),
            (
                "dbeta is dgamma",
                "beta's factor is 1, gamma's is X_hat. Return dX, dgamma, dbeta, in this order.",
                lambda dY, X_hat, gamma, s: (dY * X_hat).sum(axis=0),
            ),
        ),
        "dgamma": _named(
            (
                "X_hat forgotten",
                "gamma was multiplied by X_hat, so that is its factor.",
                lambda dY, X_hat, gamma, s: dY.sum(axis=0),
            ),
            (
                "dgamma is a mean",
                "Sum over the batch; the mean comes in only for dX.",
                lambda dY, X_hat, gamma, s: (dY * X_hat).mean(axis=0),
            ),
            (
                "dgamma not summed",
                "gamma has shape (d,), so dgamma has too: sum over the rows.",
                lambda dY, X_hat, gamma, s: dY * X_hat,
            ),
            (
                "scaled twice",
                "X_hat has been divided by the deviation already: no s here.",
                lambda dY, X_hat, gamma, s: s * (dY * X_hat).sum(axis=0),
            ),
            (
                "gamma in dgamma",
                "gamma's factor is X_hat alone. (dX_hat is dY gamma.)",
                lambda dY, X_hat, gamma, s: gamma * (dY * X_hat).sum(axis=0),
            ),
            (
                "dgamma summed over the wrong axis",
                "axis=0 runs over the rows, the examples.",
                lambda dY, X_hat, gamma, s: (dY * X_hat).sum(axis=1),
            ),
            (
                "a matrix product",
                "Element by element: dY * X_hat, then the sum over the rows.",
                lambda dY, X_hat, gamma, s: X_hat.T @ dY,
            ),
            (
                "a matrix product, transposed",
                "Element by element: dY * X_hat, then the sum over the rows.",
                lambda dY, X_hat, gamma, s: dY.T @ X_hat,
            ),
        ),
        "dX": _named(
            (
                "the mean held constant",
                "Each X_k moves the mean: subtract dbeta / n.",
                lambda dY, X_hat, gamma, s: gamma * s * (dY - X_hat * (dY * X_hat).mean(axis=0)),
            ),
            (
                "the variance held constant",
                "Each X_k moves the variance: subtract X_hat dgamma / n.",
                lambda dY, X_hat, gamma, s: gamma * s * (dY - dY.mean(axis=0)),
            ),
            (
                "both statistics held constant",
                "That is the backward pass of evaluation. In training X moves both.",
                lambda dY, X_hat, gamma, s: gamma * s * dY,
            ),
            (
                "not divided by n",
                "dbeta and dgamma are sums; the bracket takes dbeta / n and dgamma / n.",
                lambda dY, X_hat, gamma, s: (
                    gamma * s * (dY - dY.sum(axis=0) - X_hat * (dY * X_hat).sum(axis=0))
                ),
            ),
            (
                "gamma forgotten in dX",
                "dX_hat is dY gamma.",
                lambda dY, X_hat, gamma, s: _input_gradient(dY, X_hat, 1, s),
            ),
            (
                "s forgotten",
                "X was divided by the deviation, so its gradient is too: times s.",
                lambda dY, X_hat, gamma, s: _input_gradient(dY, X_hat, gamma, 1),
            ),
            (
                "X_hat forgotten in front of the last mean",
                "The second correction is X_hat times a number for each column.",
                lambda dY, X_hat, gamma, s: (
                    gamma * s * (dY - dY.mean(axis=0) - (dY * X_hat).mean(axis=0))
                ),
            ),
            (
                "plus for minus",
                "Both corrections are taken away from dY.",
                lambda dY, X_hat, gamma, s: (
                    gamma * s * (dY + dY.mean(axis=0) + X_hat * (dY * X_hat).mean(axis=0))
                ),
            ),
            (
                "plus before the last term",
                "Both corrections are taken away from dY.",
                lambda dY, X_hat, gamma, s: (
                    gamma * s * (dY - dY.mean(axis=0) + X_hat * (dY * X_hat).mean(axis=0))
                ),
            ),
            (
                "dgamma not divided by n",
                "dgamma is a sum too: X_hat * dgamma / n.",
                lambda dY, X_hat, gamma, s: (
                    gamma * s * (dY - dY.mean(axis=0) - X_hat * (dY * X_hat).sum(axis=0))
                ),
            ),
            (
                "dbeta not divided by n",
                "dbeta is a sum too: dbeta / n.",
                lambda dY, X_hat, gamma, s: (
                    gamma * s * (dY - dY.sum(axis=0) - X_hat * (dY * X_hat).mean(axis=0))
                ),
            ),
            (
                "dbeta and dgamma exchanged in dX",
                "dbeta / n stands alone; dgamma / n goes with X_hat.",
                lambda dY, X_hat, gamma, s: (
                    gamma * s * (dY - (dY * X_hat).mean(axis=0) - X_hat * dY.mean(axis=0))
                ),
            ),
            (
                "divided by s",
                "s is 1 over the deviation already: multiply.",
                lambda dY, X_hat, gamma, s: _input_gradient(dY, X_hat, gamma, 1 / s),
            ),
            (
                "gamma s before dY only",
                "gamma s multiplies the whole bracket.",
                lambda dY, X_hat, gamma, s: (
                    gamma * s * dY - dY.mean(axis=0) - X_hat * (dY * X_hat).mean(axis=0)
                ),
            ),
        ),
        "dX of 3 rows": _named(
            (
                "divided by the number of columns",
                "n is the number of rows, len(dY).",
                _by_columns,
            ),
        ),
    },
    praise="Three lines, and no derivative left unevaluated.",
    hints=(
        "dbeta and dgamma are sums over the rows. dX is dY without two parts of it, times a number "
        "for each column.",
        "What is taken away: the mean of dY, dbeta / n, and the part along X_hat, "
        "X_hat * dgamma / n.",
        "dX = gamma * s * (dY - dbeta / n - X_hat * dgamma / n), with n = len(dY).",
    ),
)

# --- 3: the running statistics --------------------------------------------------------------------


def _step(rng):
    return {
        "r_mean": rng.normal(size=3),
        "r_var": rng.uniform(1, 2, size=3),
        "X": rng.normal(3, 2, size=(4, 3)),
        "momentum": np.array(0.2),
    }


def _run_update(answer, r_mean, r_var, X, momentum):
    mean, var = answer(r_mean, r_var, X, float(momentum))
    return {"mean": mean, "var": var}


def _towards(r, b, share):
    return r + share * (b - r)


running_update = Exercise(
    cases=_step,
    run=_run_update,
    right=lambda r_mean, r_var, X, momentum: (
        _towards(r_mean, X.mean(axis=0), momentum),
        _towards(r_var, X.var(axis=0, ddof=1), momentum),
    ),
    mistakes={
        "mean": _named(
            (
                "momentum from the other end",
                "Here, as in PyTorch, momentum is the share of the *new* value.",
                lambda r_mean, r_var, X, momentum: _towards(r_mean, X.mean(axis=0), 1 - momentum),
            ),
            (
                "only the last batch",
                "Keep (1 - momentum) of what is there.",
                lambda r_mean, r_var, X, momentum: X.mean(axis=0),
            ),
            (
                "the old value does not fade",
                "Before you add momentum times the new, multiply the old by (1 - momentum).",
                lambda r_mean, r_var, X, momentum: r_mean + momentum * X.mean(axis=0),
            ),
            (
                "summed, not averaged",
                "The batch's mean, not its sum.",
                lambda r_mean, r_var, X, momentum: _towards(r_mean, X.sum(axis=0), momentum),
            ),
            (
                "one number for all columns",
                "Each column has its own mean: axis=0.",
                lambda r_mean, r_var, X, momentum: _towards(r_mean, X.mean(), momentum),
            ),
            (
                "the batch's mean added in full",
                "Its share is momentum, the old value's is (1 - momentum).",
                lambda r_mean, r_var, X, momentum: (1 - momentum) * r_mean + X.mean(axis=0),
            ),
            (
                "moves away from the batch",
                "r + momentum * (b - r): towards b.",
                lambda r_mean, r_var, X, momentum: _towards(r_mean, X.mean(axis=0), -momentum),
            ),
            (
                "mean unchanged",
                "It moves too.",
                lambda r_mean, r_var, X, momentum: r_mean,
            ),
            (
                "the variance in the mean's place",
                "Return the mean first, then the variance.",
                lambda r_mean, r_var, X, momentum: _towards(r_var, X.var(axis=0, ddof=1), momentum),
            ),
        ),
        "var": _named(
            (
                "biased variance kept",
                "The batch's variance comes out too small: n - 1 below, ddof=1.",
                lambda r_mean, r_var, X, momentum: _towards(r_var, X.var(axis=0), momentum),
            ),
            (
                "the mean in place of the variance",
                "Report A's slip: the variance is averaged with variances.",
                lambda r_mean, r_var, X, momentum: _towards(r_var, X.mean(axis=0), momentum),
            ),
            (
                "deviation in place of the variance",
                "No root: what is kept is the variance.",
                lambda r_mean, r_var, X, momentum: _towards(r_var, X.std(axis=0, ddof=1), momentum),
            ),
            (
                "measured from the running mean",
                "The batch's variance is taken around the batch's own mean.",
                lambda r_mean, r_var, X, momentum: _towards(
                    r_var, ((X - r_mean) ** 2).sum(axis=0) / (len(X) - 1), momentum
                ),
            ),
            (
                "the running variance does not fade",
                "Multiply the old value by (1 - momentum) first.",
                lambda r_mean, r_var, X, momentum: r_var + momentum * X.var(axis=0, ddof=1),
            ),
            (
                "momentum from the other end, in the variance",
                "momentum is the share of the *new* value, here too.",
                lambda r_mean, r_var, X, momentum: _towards(
                    r_var, X.var(axis=0, ddof=1), 1 - momentum
                ),
            ),
            (
                "only the last batch's variance",
                "Keep (1 - momentum) of what is there.",
                lambda r_mean, r_var, X, momentum: X.var(axis=0, ddof=1),
            ),
            (
                "one variance for all columns",
                "Each column has its own: axis=0.",
                lambda r_mean, r_var, X, momentum: _towards(r_var, X.var(ddof=1), momentum),
            ),
            (
                "biased deviation in place of the variance",
                "No root; and n - 1 below, ddof=1.",
                lambda r_mean, r_var, X, momentum: _towards(r_var, X.std(axis=0), momentum),
            ),
            (
                "old value made unbiased too",
                "n / (n - 1) is for the batch's variance only; the old one has had it.",
                lambda r_mean, r_var, X, momentum: (
                    _towards(r_var, X.var(axis=0), momentum) * len(X) / (len(X) - 1)
                ),
            ),
            (
                "biased, and measured from the running mean",
                "X.var(axis=0, ddof=1): around the batch's own mean, n - 1 below.",
                lambda r_mean, r_var, X, momentum: _towards(
                    r_var, ((X - r_mean) ** 2).mean(axis=0), momentum
                ),
            ),
        ),
    },
    praise="A fifth of the new, four fifths of the old, and the variance unbiased.",
    hints=(
        "r moves towards the batch's value by the share `momentum`. Which variance is kept?",
        "(1 - momentum) * old + momentum * new, with X.mean(axis=0) and X.var(axis=0, ddof=1).",
        "return r_mean + momentum * (X.mean(axis=0) - r_mean), "
        "r_var + momentum * (X.var(axis=0, ddof=1) - r_var)",
    ),
)

# --- 4: batch norm folded into the linear layer before it -----------------------------------------


def _trained(rng):
    return {
        "W": rng.normal(size=(4, 4)),  # square: a scale on the wrong axis must not stop the code
        "b": rng.normal(size=4),
        "gamma": rng.uniform(0.5, 2, size=4),
        "beta": rng.normal(size=4),
        "mean": rng.normal(size=4),
        "var": rng.uniform(0.5, 4, size=4),
        "eps": np.array(0.5),
    }


def _scale(gamma, var, eps, **_):
    return gamma / np.sqrt(var + eps)


def _folded(make):
    """make(g, W, b, ...) with g the factor of each column; the case's arrays by name."""
    return lambda **case: make(_scale(**case), **case)


def _fold(W, b, gamma, beta, mean, var, eps):
    g = _scale(gamma, var, eps)
    return W * g, (b - mean) * g + beta


def _run_fold(answer, **case):
    names = ("W", "b", "gamma", "beta", "mean", "var")
    W_new, b_new = answer(*(case[name] for name in names), float(case["eps"]))
    return {"W_new": W_new, "b_new": b_new}


fold = Exercise(
    cases=_trained,
    run=_run_fold,
    right=_fold,
    mistakes={
        "W_new": _named(
            (
                "rows scaled, not columns",
                "A unit is a column of W: W * g multiplies columns.",
                _folded(lambda g, W, **_: W * g[:, None]),
            ),
            (
                "eps left out",
                "Evaluation divides by sqrt(var + eps); so must you.",
                lambda W, gamma, var, **_: W * gamma / np.sqrt(var),
            ),
            (
                "variance without root",
                "Divide by the deviation, sqrt(var + eps).",
                lambda W, gamma, var, eps, **_: W * gamma / (var + eps),
            ),
            (
                "gamma left out of W",
                "Both multiply the column: gamma, and 1 over the deviation.",
                lambda W, var, eps, **_: W / np.sqrt(var + eps),
            ),
            (
                "divided, not multiplied",
                "Y = g (X W + b - mean) + beta: g multiplies.",
                _folded(lambda g, W, **_: W / g),
            ),
            ("W unchanged", "The columns of W are stretched by g.", lambda W, **_: W),
            (
                "only gamma in W",
                "Evaluation also divides by the running deviation, sqrt(var + eps).",
                lambda W, gamma, **_: W * gamma,
            ),
            (
                "eps outside the root",
                "It is added to the variance: sqrt(var + eps).",
                lambda W, gamma, var, eps, **_: W * gamma / (np.sqrt(var) + eps),
            ),
            (
                "mean subtracted from W",
                "It is the mean of XW + b. It goes into the new bias, W is only stretched.",
                _folded(lambda g, W, mean, **_: (W - mean) * g),
            ),
            (
                "beta added to W",
                "Then X would multiply it. It goes into the new bias.",
                _folded(lambda g, W, beta, **_: W * g + beta),
            ),
            (
                "multiplied by the deviation",
                "g = gamma / sqrt(var + eps).",
                lambda W, gamma, var, eps, **_: W * gamma * np.sqrt(var + eps),
            ),
        ),
        "b_new": _named(
            (
                "mean not subtracted",
                "(b - mean) * g + beta.",
                _folded(lambda g, b, beta, **_: b * g + beta),
            ),
            (
                "old bias lost",
                "It is idle in training, but in evaluation the running mean contains it.",
                _folded(lambda g, beta, mean, **_: beta - mean * g),
            ),
            (
                "old bias not scaled",
                "b stands inside the bracket that g multiplies.",
                _folded(lambda g, b, beta, mean, **_: b - mean * g + beta),
            ),
            (
                "beta scaled too",
                "beta is added after the multiplication.",
                _folded(lambda g, b, beta, mean, **_: (b - mean + beta) * g),
            ),
            (
                "beta left out",
                "It is added at the end.",
                _folded(lambda g, b, mean, **_: (b - mean) * g),
            ),
            (
                "mean not scaled",
                "The mean stands inside the bracket that g multiplies.",
                _folded(lambda g, b, beta, mean, **_: b * g - mean + beta),
            ),
            (
                "mean added",
                "It is subtracted.",
                _folded(lambda g, b, beta, mean, **_: (b + mean) * g + beta),
            ),
            (
                "nothing scaled",
                "g multiplies b - mean as it multiplies X W.",
                lambda b, beta, mean, **_: b - mean + beta,
            ),
            ("b unchanged", "(b - mean) * g + beta.", lambda b, **_: b),
            (
                "beta alone",
                "(X W + b - mean) g + beta: b and mean leave something too.",
                lambda beta, **_: beta,
            ),
            (
                "only gamma in b",
                "The bias is divided by sqrt(var + eps) as well.",
                lambda b, gamma, beta, mean, **_: (b - mean) * gamma + beta,
            ),
            (
                "gamma left out of b",
                "g = gamma / sqrt(var + eps) multiplies b - mean.",
                lambda b, beta, mean, var, eps, **_: (b - mean) / np.sqrt(var + eps) + beta,
            ),
            (
                "the mean sent through W",
                "It is the mean of XW + b, behind W already.",
                _folded(lambda g, W, b, beta, mean, **_: (b - mean @ W) * g + beta),
            ),
        ),
    },
    praise="One linear layer does the work of two: in evaluation batch norm costs nothing.",
    hints=(
        "In evaluation batch norm multiplies each column by a fixed number and adds another. What "
        "does a linear layer followed by that amount to?",
        "With g = gamma / sqrt(var + eps): Y = (X W + b - mean) g + beta. Sort by X.",
        "return W * g, (b - mean) * g + beta",
    ),
)
