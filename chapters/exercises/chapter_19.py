"""Exercises of chapter 19: convolution, backpropagation through time, attention."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: convolution -------------------------------------------------------------------------------


def _signals(rng):
    return {
        "X": rng.normal(size=(2, 3, 7)),
        "W": rng.normal(size=(3, 3, 3)),
        "b": rng.normal(size=3),
    }


def _conv(X, W, b):
    k = W.shape[1]
    T = X.shape[2] - k + 1
    patches = np.stack([X[:, :, j : j + T] for j in range(k)], axis=2)  # (n, C, k, T)
    return np.einsum("nckt,ckd->ndt", patches, W) + b[:, None]


convolve = Exercise(
    cases=_signals,
    run=lambda answer, X, W, b: {"Y": answer(X, W, b)},
    right=_conv,
    mistakes={
        "Y": _named(
            (
                "kernel flipped",
                "That is mathematics' convolution. Here weight j meets X at place t + j.",
                lambda X, W, b: _conv(X, W[:, ::-1], b),
            ),
            (
                "bias forgotten",
                "Add b[i] to all places of output channel i.",
                lambda X, W, b: _conv(X, W, 0 * b),
            ),
            (
                "bias once per channel",
                "The bias is added once to each output, not for each of the C input channels.",
                lambda X, W, b: _conv(X, W, 3 * b),
            ),
            (
                "first channel only",
                "Sum over all input channels c.",
                lambda X, W, b: _conv(X[:, :1], W[:1], b),
            ),
            (
                "one place too few",
                "T = L - k + 1 places: the kernel's last place is L - k.",
                lambda X, W, b: _conv(X, W, b)[:, :, :-1],
            ),
            (
                "channels of W mixed up",
                "W is (C, k, D): its first axis belongs to the input, its last to the output.",
                lambda X, W, b: _conv(X, W.transpose(2, 1, 0), b),
            ),
            (
                "axes in the wrong order",
                "Y is (n, D, T): channels before places, as in X.",
                lambda X, W, b: _conv(X, W, b).swapaxes(1, 2),
            ),
        )
    },
    praise="One kernel, everywhere.",
    hints=(
        "For each example, output channel and place: a sum over input channels and kernel.",
        "Y[n, i, t] = b[i] + (W[:, :, i] * X[n, :, t : t + k]).sum()",
        "T = L - k + 1; fill Y of shape (n, D, T) with that, in three loops.",
    ),
)

# --- 2: through time ------------------------------------------------------------------------------


def _states(rng):
    return {
        "H": rng.uniform(-0.9, 0.9, size=(3, 3, 3)),
        "W_h": rng.normal(size=(3, 3)),
        "dH": rng.normal(size=(3, 3, 3)),
    }


def _dz(H, W_h, dH, slope=lambda H, t: 1 - H[:, t] ** 2, back=lambda dz, W: dz @ W.T):
    dZ, later = np.empty(H.shape), 0.0
    for t in reversed(range(H.shape[1])):
        dZ[:, t] = (dH[:, t] + later) * slope(H, t)
        later = back(dZ[:, t], W_h)
    return dZ


def _slope_outside(H, W_h, dH):
    dZ, later = np.empty(H.shape), 0.0
    for t in reversed(range(H.shape[1])):
        dZ[:, t] = dH[:, t] * (1 - H[:, t] ** 2) + later
        later = dZ[:, t] @ W_h.T
    return dZ


def _dw(H, dZ):
    return np.einsum("nti,ntj->ij", H[:, :-1], dZ[:, 1:])


through_time = Exercise(
    cases=_states,
    run=lambda answer, H, W_h, dH: dict(zip(("dZ", "dW_h"), answer(H, W_h, dH), strict=True)),
    right=lambda H, W_h, dH: ((dZ := _dz(H, W_h, dH)), _dw(H, dZ)),
    mistakes={
        "dZ": _named(
            (
                "nothing from later steps",
                "h_t also went into step t + 1: add dz_(t+1) W_h^T before tanh'.",
                lambda H, W_h, dH: dH * (1 - H**2),
            ),
            (
                "one step back only",
                "Each dz_t must hold all that comes after: use dz_(t+1), not dH_(t+1) alone.",
                lambda H, W_h, dH: (
                    (dH + np.concatenate([(dH * (1 - H**2))[:, 1:] @ W_h.T, 0 * dH[:, :1]], axis=1))
                    * (1 - H**2)
                ),
            ),
            (
                "tanh' forgotten",
                "z goes through tanh: multiply by 1 - h_t^2.",
                lambda H, W_h, dH: _dz(H, W_h, dH, slope=lambda H, t: 1),
            ),
            (
                "tanh' before the sum",
                "What comes from step t + 1 goes through this step's tanh as well: add first.",
                _slope_outside,
            ),
            (
                "W_h not transposed",
                "Forward h W_h, backward dz W_h^T.",
                lambda H, W_h, dH: _dz(H, W_h, dH, back=lambda dz, W: dz @ W),
            ),
            (
                "tanh of the state",
                "H is tanh(z) already: the slope is 1 - H^2.",
                lambda H, W_h, dH: _dz(H, W_h, dH, slope=lambda H, t: 1 - np.tanh(H[:, t]) ** 2),
            ),
        ),
        "dW_h": _named(
            (
                "the same step's state",
                "Step t was given h_(t-1): pair dz_t with the state before.",
                lambda H, W_h, dH: np.einsum("nti,ntj->ij", H, _dz(H, W_h, dH)),
            ),
            (
                "last step only",
                "W_h is used in every step: sum over t.",
                lambda H, W_h, dH: H[:, -2].T @ _dz(H, W_h, dH)[:, -1],
            ),
            (
                "dW_h transposed",
                "W_h is multiplied from the right: h^T dz, states first.",
                lambda H, W_h, dH: _dw(H, _dz(H, W_h, dH)).T,
            ),
            (
                "a mean over the batch",
                "Sum over examples and steps; the loss has taken its mean already.",
                lambda H, W_h, dH: _dw(H, _dz(H, W_h, dH)) / len(H),
            ),
        ),
    },
    praise="A deep network whose layers share their weights.",
    hints=(
        "Begin at the last step, and carry along what reaches h_t from step t + 1.",
        "dZ[:, t] = (dH[:, t] + later) * (1 - H[:, t]**2); later = dZ[:, t] @ W_h.T",
        "dW_h = sum(H[:, t - 1].T @ dZ[:, t] for t in range(1, T))",
    ),
)

# --- 3: attention ---------------------------------------------------------------------------------


def _softmax(S, axis=-1):
    e = np.exp(S - S.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


attend = Exercise(
    # as many queries as keys: a wrong axis must not stop the code; d differs: its root must show
    cases=lambda rng: {n: rng.normal(0, 1.5, size=(4, 9)) for n in "QKV"},
    run=lambda answer, Q, K, V: {"Y": answer(Q, K, V)},
    right=lambda Q, K, V: _softmax(Q @ K.T / 3) @ V,
    mistakes={
        "Y": _named(
            (
                "no scaling",
                "Divide the scores by the root of d.",
                lambda Q, K, V: _softmax(Q @ K.T) @ V,
            ),
            (
                "divided by d",
                "By its root: the scores' deviation is sqrt(d).",
                lambda Q, K, V: _softmax(Q @ K.T / 9) @ V,
            ),
            (
                "root of the number of keys",
                "d is the length of a query, Q.shape[1].",
                lambda Q, K, V: _softmax(Q @ K.T / 2) @ V,
            ),
            (
                "softmax over the queries",
                "Each query shares itself out over the keys: rows add up to 1.",
                lambda Q, K, V: _softmax(Q @ K.T / 3, axis=0) @ V,
            ),
            (
                "no softmax",
                "The weights of a mixture are positive and add up to 1.",
                lambda Q, K, V: Q @ K.T / 3 @ V,
            ),
            (
                "keys and queries swapped",
                "Rows are queries: Q K^T, not K Q^T.",
                lambda Q, K, V: _softmax(K @ Q.T / 3) @ V,
            ),
            (
                "keys and values swapped",
                "Scores compare Q with K; what is mixed is V.",
                lambda Q, K, V: _softmax(Q @ V.T / 3) @ K,
            ),
            (
                "weights transposed",
                "Y[t] is the mixture by row t of the weights: P V.",
                lambda Q, K, V: _softmax(Q @ K.T / 3).T @ V,
            ),
            (
                "weights, not values",
                "These are the weights. Mix the values with them.",
                lambda Q, K, V: _softmax(Q @ K.T / 3),
            ),
        )
    },
    praise="Each step has asked all others.",
    hints=(
        "Scores, weights, mixture: three lines.",
        "scores = Q @ K.T / np.sqrt(Q.shape[1]); softmax along the last axis.",
        "e = np.exp(scores - scores.max(axis=1, keepdims=True)); "
        "return e / e.sum(axis=1, keepdims=True) @ V",
    ),
)
