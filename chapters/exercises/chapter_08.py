"""Exercises of chapter 08: a step, batches, the largest rate, the noise of a batch, the floor."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: one step for the mean squared error -------------------------------------------------------


def _regression(rng):
    return {
        "w": rng.normal(size=3),
        "X": rng.normal(size=(6, 3)),
        "y": rng.normal(size=6),
        "rate": rng.uniform(0.05, 0.3),
    }


def _gradient(w, X, y):
    return 2 * X.T @ (X @ w - y) / len(X)


one_step = Exercise(
    cases=_regression,
    run=lambda answer, w, X, y, rate: {"w": answer(w, X, y, float(rate))},
    right=lambda w, X, y, rate: w - rate * _gradient(w, X, y),
    mistakes={
        "w": [
            Mistake(
                "a step uphill",
                "The gradient points to where the loss rises: go against it.",
                lambda w, X, y, rate: w + rate * _gradient(w, X, y),
            ),
            Mistake(
                "the sum for the mean",
                "The loss is a mean: divide by the number of rows.",
                lambda w, X, y, rate: w - rate * len(X) * _gradient(w, X, y),
            ),
            Mistake(
                "the 2 forgotten",
                "The derivative of a square has a 2 in front.",
                lambda w, X, y, rate: w - rate * _gradient(w, X, y) / 2,
            ),
            Mistake(
                "divided by the number of features",
                "The mean is over rows, len(X); len(w) counts features.",
                lambda w, X, y, rate: w - rate * _gradient(w, X, y) * len(X) / len(w),
            ),
            Mistake(
                "the sum for the mean, and the 2 forgotten",
                "The derivative of a square has a 2 in front; the mean divides by the rows.",
                lambda w, X, y, rate: w - rate * len(X) * _gradient(w, X, y) / 2,
            ),
            Mistake(
                "the rows forgotten",
                "Each row's error is multiplied by that row, before the mean: X.T @ errors.",
                lambda w, X, y, rate: w - rate * 2 * np.mean(X @ w - y),
            ),
            Mistake(
                "the loss for its gradient",
                "Differentiate the loss: one number for each entry of w.",
                lambda w, X, y, rate: w - rate * np.mean((X @ w - y) ** 2),
            ),
            Mistake(
                "divided by all numbers of X",
                "The mean is over rows, len(X); X.size is rows times features.",
                lambda w, X, y, rate: w - rate * _gradient(w, X, y) / len(w),
            ),
            Mistake(
                "the rate forgotten",
                "The gradient is multiplied by the rate.",
                lambda w, X, y, rate: w - _gradient(w, X, y),
            ),
            Mistake(
                "the gradient, not the new w",
                "Return where the step leads: w minus rate times this.",
                lambda w, X, y, rate: _gradient(w, X, y),
            ),
            Mistake(
                "the step alone",
                "Return where the step leads: add w.",
                lambda w, X, y, rate: -rate * _gradient(w, X, y),
            ),
            Mistake(
                "the targets forgotten",
                "The error of row k is x_k w minus y_k.",
                lambda w, X, y, rate: w - rate * _gradient(w, X, 0 * y),
            ),
        ]
    },
    praise="Against the gradient of the mean, a rate's length.",
    hints=(
        "What is the derivative of (x_k w - y_k)² with respect to w? Take the mean over the rows.",
        "The gradient is the mean over k of 2 (x_k w - y_k) x_k. As a product: X.T @ (X @ w - y).",
        "return w - rate * 2 * X.T @ (X @ w - y) / len(X)",
    ),
)

# --- 2: an epoch in batches -----------------------------------------------------------------------


def _rows(rng):
    order = rng.permutation(10)
    while np.any(order == np.arange(10)) or np.any(order[order] == np.arange(10)):
        order = rng.permutation(10)  # no row keeps its place: then no mistake looks right by chance
    return {
        "X": rng.normal(size=(10, 2)),
        "y": rng.permutation(10),
        "order": order,
        "n": np.array(4),
    }


def _is_pair(batch):
    """Whether this is some rows, and labels."""
    return isinstance(batch, tuple | list) and [np.ndim(part) for part in batch] == [2, 1]


def _epoch(answer, X, y, order, n):
    pairs = list(answer(X, y, order, int(n)))
    if not all(map(_is_pair, pairs)):
        return {"batches": 0}  # the rest cannot be looked at
    ranks = order[:8].argsort()
    even = list(answer(X[:8], y[:8], ranks, int(n)))
    return {
        "batches": 1,
        "number of batches": len(pairs),
        "number of batches for 8 rows": len(even),
        "sizes": [len(labels) for _, labels in pairs],
        "X": np.concatenate([rows for rows, _ in pairs]),
        "y": np.concatenate([labels for _, labels in pairs]),
    }


def _cut(X, y, order, n):
    starts = range(0, len(order), n)
    return [(X[order[i : i + n]], y[order[i : i + n]]) for i in starts]


mini_batches = Exercise(
    cases=_rows,
    run=_epoch,
    right=_cut,
    mistakes={
        "batches": [
            Mistake(
                "not a list of pairs",
                "Each batch is a pair: first its rows of X, a matrix, then their labels.",
                lambda X, y, order, n: 0,
            ),
        ],
        "number of batches": [
            Mistake(
                "the short last batch left out",
                "Its rows are training rows as well: start a batch at every i below len(order).",
                lambda X, y, order, n: len(X) // n,
            ),
            Mistake(
                "a batch at every row",
                "The next batch starts n rows further: range(0, len(order), n).",
                lambda X, y, order, n: len(X),
            ),
            Mistake(
                "n batches, not batches of n rows",
                "n is the number of rows in one batch.",
                lambda X, y, order, n: n,
            ),
            Mistake(
                "the first batch only",
                "Go on until every row of order has come.",
                lambda X, y, order, n: 1,
            ),
        ],
        "number of batches for 8 rows": [
            Mistake(
                "an empty batch at the end",
                "When n divides the number of rows, stop before the end.",
                lambda X, y, order, n: 3,
            ),
        ],
        "sizes": [
            Mistake(
                "n + 1 rows in a batch",
                "In Python i:i+n ends before i + n: it is n rows already.",
                lambda X, y, order, n: [5, 5, 2],
            ),
            Mistake(
                "n - 1 rows in a batch",
                "In Python i:i+n ends before i + n: it is n rows already, no more is taken off.",
                lambda X, y, order, n: [3, 3, 2],
            ),
            Mistake(
                "a slice that ends at n",
                "The batch that starts at i ends at i + n.",
                lambda X, y, order, n: [4, 0, 0],
            ),
            Mistake(
                "the last batch filled up",
                "No row comes twice in an epoch: the last batch is just shorter.",
                lambda X, y, order, n: [4, 4, 4],
            ),
            Mistake(
                "rows shared out evenly",
                "Every batch but the last has n rows (np.array_split evens them out).",
                lambda X, y, order, n: [4, 3, 3],
            ),
        ],
        "X": [
            Mistake(
                "the order ignored",
                "Take the rows that order names: X[order[i:i+n]].",
                lambda X, y, order, n: X,
            ),
            Mistake(
                "shuffled twice",
                "X[order] is in the right order already: then take rows i to i + n of that.",
                lambda X, y, order, n: X[order][order],
            ),
            Mistake(
                "the order inverted",
                "order says which row comes, not where each row goes: X[order], no argsort.",
                lambda X, y, order, n: X[np.argsort(order)],
            ),
            Mistake(
                "the order turned around",
                "The first batch has the rows that order names first.",
                lambda X, y, order, n: X[order[::-1]],
            ),
        ],
        "y": [
            Mistake(
                "labels in the file's order",
                "X is shuffled and y is not: use the same rows for both.",
                lambda X, y, order, n: y,
            ),
            Mistake(
                "labels shuffled twice",
                "y[order] is in the right order already: then take labels i to i + n of that.",
                lambda X, y, order, n: y[order][order],
            ),
            Mistake(
                "row numbers for labels",
                "The labels are y at these rows.",
                lambda X, y, order, n: order,
            ),
        ],
    },
    praise="Every row once, with its own label, and the last batch as it comes.",
    hints=(
        "At which places of order does a batch start? Which rows does it take, of X and of y?",
        "for i in range(0, len(order), n): the rows are order[i : i + n]. A slice that reaches "
        "beyond the end is just shorter.",
        "pairs = [(X[order[i : i + n]], y[order[i : i + n]]) for i in range(0, len(order), n)]",
    ),
)

# --- 3: the largest rate --------------------------------------------------------------------------


def _bowl(rng):
    b = rng.normal(size=(2, 2))
    H = 1e-9 * np.ones((4, 4))  # nearly two blocks: eig, which does not sort, begins with the first
    H[:2, :2] += 0.6 * np.eye(2) + 0.4 * np.outer(b[0], b[0]) / (b[0] @ b[0])
    H[2:, 2:] += 0.1 * np.eye(2) + 3 * np.outer(b[1], b[1]) / (b[1] @ b[1])
    H *= rng.uniform(0.5, 3)
    return {"H": H}


def _eigenvalues(f):
    return lambda H: f(np.linalg.eigvalsh(H))


largest_rate = Exercise(
    cases=_bowl,
    run=lambda answer, H: {"limit": answer(H)},
    right=_eigenvalues(lambda values: 2 / values[-1]),
    mistakes={
        "limit": [
            Mistake(
                "where the zigzag begins",
                "At 1/λ the factor is 0; it may go down to -1.",
                _eigenvalues(lambda values: 1 / values[-1]),
            ),
            Mistake(
                "the flattest direction",
                "All directions must shrink: the steepest one decides.",
                _eigenvalues(lambda values: 2 / values[0]),
            ),
            Mistake(
                "the fastest rate, not the largest",
                "This rate has the best slowest factor; larger ones still go down.",
                _eigenvalues(lambda values: 2 / (values[0] + values[-1])),
            ),
            Mistake(
                "the first that eig gives",
                "np.linalg.eig does not sort: take the largest, or eigvalsh, which sorts.",
                lambda H: 2 / np.linalg.eig(H)[0][0],
            ),
            Mistake(
                "a limit for each direction",
                "There is one rate for all directions: the smallest of these limits.",
                _eigenvalues(lambda values: 2 / values),
            ),
            Mistake(
                "the norm of H",
                "np.linalg.norm(H) mixes all eigenvalues: the root of the sum of their squares.",
                lambda H: 2 / np.linalg.norm(H),
            ),
            Mistake(
                "upside down",
                "The steeper the bowl, the smaller the rate.",
                _eigenvalues(lambda values: values[-1] / 2),
            ),
            Mistake(
                "the eigenvalue itself",
                "The limit is 2 over the largest eigenvalue.",
                _eigenvalues(lambda values: values[-1]),
            ),
            Mistake(
                "the sum of the eigenvalues",
                "The directions do not add up; only the steepest counts.",
                _eigenvalues(lambda values: 2 / values.sum()),
            ),
            Mistake(
                "the largest entry of H",
                "The steepest direction is an eigenvector, seldom an axis: take eigenvalues.",
                lambda H: 2 / H.max(),
            ),
            Mistake(
                "eigenvalues of H squared",
                "Those are λ²; take those of H.",
                _eigenvalues(lambda values: 2 / values[-1] ** 2),
            ),
        ]
    },
    praise="The steepest direction decides.",
    hints=(
        "By which factor does a step multiply the part of w along an eigenvector? How small may "
        "that factor be?",
        "The factor is 1 - rate λ, and must stay above -1 for every λ, so for the largest.",
        "return 2 / np.linalg.eigvalsh(H)[-1]  (eigvalsh sorts from small to large)",
    ),
)

# --- 4: the noise of a batch ----------------------------------------------------------------------


def _gradients(rng):
    return {"G": rng.normal(size=(9, 3)) + rng.normal(size=3), "n": np.array(4)}


def _variance(G):
    return np.mean(np.sum((G - G.mean(axis=0)) ** 2, axis=1))


def _left(G, n):
    """The finite population factor."""
    return (len(G) - n) / (len(G) - 1)


batch_noise = Exercise(
    cases=_gradients,
    run=lambda answer, G, n: {"noise": answer(G, int(n))},
    right=lambda G, n: np.sqrt(_variance(G) / n * _left(G, n)),
    mistakes={
        "noise": [
            Mistake(
                "drawn with replacement",
                "Without replacement there is the finite population factor, (N - n)/(N - 1).",
                lambda G, n: np.sqrt(_variance(G) / n),
            ),
            Mistake(
                "the variance, not its root",
                "The noise is a distance: take the root.",
                lambda G, n: _variance(G) / n * _left(G, n),
            ),
            Mistake(
                "two kinds of variance mixed",
                "1 - n/N goes with the variance over N - 1; with that over N it is (N-n)/(N-1).",
                lambda G, n: np.sqrt(_variance(G) / n * (1 - n / len(G))),
            ),
            Mistake(
                "(N - n)/(N - 1) with the variance over N - 1",
                "That factor goes with the variance over N; with ddof=1 it is 1 - n/N.",
                lambda G, n: np.sqrt(_variance(G) * len(G) / (len(G) - 1) / n * _left(G, n)),
            ),
            Mistake(
                "the mean gradient not taken off",
                "Noise is the distance from the mean gradient, not from 0.",
                lambda G, n: np.sqrt(np.mean(np.sum(G**2, axis=1)) / n * _left(G, n)),
            ),
            Mistake(
                "the mean over parameters, not the sum",
                "A squared length is the sum over all parameters.",
                lambda G, n: np.sqrt(np.mean(G.var(axis=0)) / n * _left(G, n)),
            ),
            Mistake(
                "one number for each parameter",
                "Sum the variances over the parameters: a length is one number.",
                lambda G, n: np.sqrt(G.var(axis=0) / n * _left(G, n)),
            ),
            Mistake(
                "the factor not under the root",
                "(N - n)/(N - 1) belongs to the squared noise: take the root of it, too.",
                lambda G, n: np.sqrt(_variance(G) / n) * _left(G, n),
            ),
            Mistake(
                "with replacement, and the variance over N - 1",
                "Without replacement, with ddof=1, there is the factor 1 - n/N.",
                lambda G, n: np.sqrt(G.var(axis=0, ddof=1).sum() / n),
            ),
            Mistake(
                "one mean for all numbers",
                "Each parameter has its own mean over the rows: axis=0.",
                lambda G, n: np.sqrt(G.var() * G.shape[1] / n * _left(G, n)),
            ),
            Mistake(
                "deviations added, not variances",
                "Add the variances of the parameters, then take the root.",
                lambda G, n: G.std(axis=0).sum() * np.sqrt(_left(G, n) / n),
            ),
            Mistake(
                "σ² summed over the rows",
                "σ² is a mean over the N rows.",
                lambda G, n: np.sqrt(len(G) * _variance(G) / n * _left(G, n)),
            ),
            Mistake(
                "divided by n, not by its root",
                "The variance falls as 1/n, the noise as 1/√n.",
                lambda G, n: np.sqrt(_variance(G) * _left(G, n)) / n,
            ),
            Mistake(
                "the batch size forgotten",
                "This is the noise of a single row, times the factor: n rows average out.",
                lambda G, n: np.sqrt(_variance(G) * _left(G, n)),
            ),
        ]
    },
    praise="One over the root of n, and nothing left at n = N.",
    hints=(
        "How large is σ², the mean squared distance of a row's gradient from the mean of all?",
        "σ² = G.var(axis=0).sum(). The noise squared is σ²/n times (N - n)/(N - 1).",
        "N = len(G), then return np.sqrt(G.var(axis=0).sum() / n * (N - n) / (N - 1))",
    ),
)

# --- 5: the floor of SGD --------------------------------------------------------------------------


def _settings(rng):
    return {
        "rate": rng.uniform(0.1, 0.4),
        "curvature": rng.uniform(1.5, 3),
        "s": rng.uniform(1.2, 2),
        "n": np.array(rng.integers(3, 9)),
    }


def _settled(rate, curvature, s, n):
    return rate * curvature / (2 - rate * curvature) * s**2 / n


floor = Exercise(
    cases=_settings,
    run=lambda answer, rate, curvature, s, n: {
        "V": answer(float(rate), float(curvature), float(s), int(n))
    },
    right=_settled,
    mistakes={
        "V": [
            Mistake(
                "s taken for the gradient's noise",
                "The gradient is λ (w - a): its noise is λ times that of the a.",
                lambda rate, curvature, s, n: _settled(rate, curvature, s, n) / curvature**2,
            ),
            Mistake(
                "λ once, not squared",
                "The gradient's noise has the *variance* λ² s²/n.",
                lambda rate, curvature, s, n: _settled(rate, curvature, s, n) / curvature,
            ),
            Mistake(
                "for small rates only",
                "Keep the 2 - ηλ in the denominator.",
                lambda rate, curvature, s, n: rate * curvature * s**2 / (2 * n),
            ),
            Mistake(
                "the text's formula for small rates, as it stands",
                "There s is the gradient's noise, here the gradient's is λ s. And keep the 2 - ηλ.",
                lambda rate, curvature, s, n: rate * s**2 / (2 * curvature * n),
            ),
            Mistake(
                "divided by √n",
                "The variance of the mean of n rows falls as 1/n.",
                lambda rate, curvature, s, n: _settled(rate, curvature, s, n) * np.sqrt(n),
            ),
            Mistake(
                "s not squared",
                "s is a standard deviation, V a variance.",
                lambda rate, curvature, s, n: _settled(rate, curvature, s, n) / s,
            ),
            Mistake(
                "the root taken",
                "V is a variance: no root.",
                lambda rate, curvature, s, n: np.sqrt(_settled(rate, curvature, s, n)),
            ),
            Mistake(
                "the batch forgotten",
                "The mean of n rows has variance s²/n.",
                lambda rate, curvature, s, n: _settled(rate, curvature, s, n) * n,
            ),
            Mistake(
                "the noise of one step only",
                "Earlier steps' noise is still there, shrunk: solve V = (1 - ηλ)² V + this.",
                lambda rate, curvature, s, n: (rate * curvature * s) ** 2 / n,
            ),
            Mistake(
                "the factor not squared",
                "A number times c has c² times the variance: V = (1 - ηλ)² V + ...",
                lambda rate, curvature, s, n: rate * curvature * s**2 / n,
            ),
        ]
    },
    praise="At ηλ = 1 it is s²/n: then w jumps to the mean of the last batch.",
    hints=(
        "Write w - mean after a step in terms of w - mean before it and the batch's noise.",
        "The batch's gradient is λ (w - mean of its a): noise of variance λ² s²/n. Solve "
        "V = (1 - ηλ)² V + η² λ² s²/n.",
        "return rate * curvature / (2 - rate * curvature) * s**2 / n",
    ),
)
