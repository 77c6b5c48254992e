"""Exercises of chapter 12: batch norm forward and backward, running statistics, folding."""

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


def _run_backward(answer, dY, X_hat, gamma, s):
    dX, dgamma, dbeta = answer(dY, X_hat, gamma, s)
    return {"dbeta": dbeta, "dgamma": dgamma, "dX": dX}


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
    return dict(zip(("mean", "var"), answer(r_mean, r_var, X, float(momentum)), strict=True))


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
    folded = answer(*(case[name] for name in names), float(case["eps"]))
    return dict(zip(("W_new", "b_new"), folded, strict=True))


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
