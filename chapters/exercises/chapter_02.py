"""Exercises of chapter 02: scaling, one-hot rows, shuffling, the largest rate, a split."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: standardise by the training rows ----------------------------------------------------------


def _rows(rng):
    """Columns of unlike means and deviations; held-out rows that lie a little elsewhere."""
    scale, shift = rng.uniform(0.5, 5, size=3), rng.normal(size=3) * 3
    train = rng.normal(size=(8, 3)) * scale + shift
    return {"X_train": train, "X_test": rng.normal(size=(5, 3)) * scale * 1.3 + shift + 1}


def _standard(X, like, ddof=0):
    return (X - like.mean(axis=0)) / like.std(axis=0, ddof=ddof)


scale_both = Exercise(
    cases=_rows,
    run=lambda answer, X_train, X_test: dict(
        zip(("Z_train", "Z_test"), answer(X_train, X_test), strict=True)
    ),
    right=lambda X_train, X_test: (_standard(X_train, X_train), _standard(X_test, X_train)),
    mistakes={
        "Z_train": [
            Mistake(
                "one mean and deviation for the whole table",
                "Each column has its own: axis=0.",
                lambda X_train, X_test: (X_train - X_train.mean()) / X_train.std(),
            ),
            Mistake(
                "one deviation for the whole table",
                "Each column has its own: std too needs axis=0.",
                lambda X_train, X_test: (X_train - X_train.mean(axis=0)) / X_train.std(),
            ),
            Mistake(
                "one mean for the whole table",
                "Each column has its own: mean too needs axis=0.",
                lambda X_train, X_test: (X_train - X_train.mean()) / X_train.std(axis=0),
            ),
            Mistake(
                "divided by the range",
                "Standardising divides by the standard deviation.",
                lambda X_train, X_test: (X_train - X_train.mean(axis=0)) / np.ptp(X_train, axis=0),
            ),
            Mistake(
                "rows scaled, not columns",
                "A feature is a column. axis=0 runs down the rows.",
                lambda X_train, X_test: _standard(X_train.T, X_train.T).T,
            ),
            Mistake(
                "fitted on all rows",
                "The statistics may not see X_test: that is a leak.",
                lambda X_train, X_test: _standard(X_train, np.vstack([X_train, X_test])),
            ),
            Mistake(
                "divided by the variance",
                "Divide by the standard deviation, its root.",
                lambda X_train, X_test: (X_train - X_train.mean(axis=0)) / X_train.var(axis=0),
            ),
            Mistake(
                "n - 1 for n",
                "The workbook's deviation divides by n: np.std without ddof.",
                lambda X_train, X_test: _standard(X_train, X_train, ddof=1),
            ),
            Mistake(
                "mean not subtracted",
                "First subtract each column's mean.",
                lambda X_train, X_test: X_train / X_train.std(axis=0),
            ),
            Mistake(
                "only centred",
                "Divide by the deviation as well.",
                lambda X_train, X_test: X_train - X_train.mean(axis=0),
            ),
            Mistake(
                "min-max",
                "That is report B's (1). Standardising is its (2).",
                lambda X_train, X_test: (X_train - X_train.min(axis=0)) / np.ptp(X_train, axis=0),
            ),
            Mistake(
                "a bracket forgotten",
                "X - mean / std divides only the mean: (X - mean) / std.",
                lambda X_train, X_test: X_train - X_train.mean(axis=0) / X_train.std(axis=0),
            ),
        ],
        "Z_test": [
            Mistake(
                "scaled by its own statistics",
                "Held-out rows go through the training rows' map.",
                lambda X_train, X_test: _standard(X_test, X_test),
            ),
            Mistake(
                "its own mean",
                "The deviation is the training rows'; the mean must be too.",
                lambda X_train, X_test: (X_test - X_test.mean(axis=0)) / X_train.std(axis=0),
            ),
            Mistake(
                "its own deviation",
                "The mean is the training rows'; the deviation must be too.",
                lambda X_train, X_test: (X_test - X_train.mean(axis=0)) / X_test.std(axis=0),
            ),
            Mistake(
                "the statistics of all rows",
                "X_train was scaled by its own: use the same mean and deviation here.",
                lambda X_train, X_test: _standard(X_test, np.vstack([X_train, X_test])),
            ),
            Mistake(
                "left as it is",
                "A network trained on scaled rows needs scaled rows.",
                lambda X_train, X_test: X_test,
            ),
        ],
    },
    praise="One map, learnt from the training rows, for all rows.",
    hints=(
        "Which rows may you look at to find mean and deviation? Which axis runs down a column?",
        "mean, std = X_train.mean(axis=0), X_train.std(axis=0); use these for both.",
        "return (X_train - mean) / std, (X_test - mean) / std",
    ),
)

# --- 2: one-hot rows ------------------------------------------------------------------------------


def _some_labels(rng):
    """Seven labels of six classes; classes 0 and 5 do not occur."""
    return {"labels": rng.permutation([1, 2, 3, 4, 2, 3, 1]), "K": np.array(6)}


def _hot(labels, K):
    return np.eye(int(K))[labels]


encode = Exercise(
    cases=_some_labels,
    run=lambda answer, labels, K: {"T": answer(labels, int(K))},
    right=_hot,
    mistakes={
        "T": [
            Mistake(
                "only the classes that occur",
                "Class 0 may be absent from these rows and still has its column: K columns.",
                lambda labels, K: _hot(labels - 1, 4),
            ),
            Mistake(
                "as many columns as the largest label asks for",
                "The last classes may be absent from these rows: K columns, always.",
                lambda labels, K: _hot(labels, labels.max() + 1),
            ),
            Mistake(
                "transposed",
                "Rows are examples: (n, K).",
                lambda labels, K: _hot(labels, K).T,
            ),
            Mistake(
                "classes counted from 1",
                "Class 0 belongs in column 0.",
                lambda labels, K: _hot(labels - 1, K),
            ),
            Mistake(
                "the label instead of a one",
                "Put 1 at the class's place, whatever its number.",
                lambda labels, K: _hot(labels, K) * labels[:, None],
            ),
            Mistake(
                "zeros and ones swapped",
                "The class's own place has the one, all others 0.",
                lambda labels, K: 1 - _hot(labels, K),
            ),
            Mistake(
                "a one in every column up to the class",
                "Equal to the class's number, not at most.",
                lambda labels, K: (np.arange(int(K)) <= labels[:, None]) * 1.0,
            ),
            Mistake(
                "labels taken for row numbers",
                "T[labels] = 1 fills whole rows. Each row needs a one in one column.",
                lambda labels, K: np.tile(
                    np.isin(np.arange(len(labels)), labels)[:, None], (1, int(K))
                ),
            ),
            Mistake(
                "every row has all the ones",
                "T[:, labels] = 1 writes to every row. Each label needs its own row number.",
                lambda labels, K: np.tile(_hot(labels, K).max(axis=0), (len(labels), 1)),
            ),
        ]
    },
    praise="Every row sums to 1.",
    hints=(
        "The row of class j is row j of a well-known K by K matrix.",
        "Or start from zeros and set one entry in each row: rows np.arange(n), columns labels.",
        "return np.eye(K)[labels]",
    ),
)

# --- 3: rows and labels by one permutation --------------------------------------------------------


def _table(rng):
    """Ten rows, and an order that is one long cycle: it moves every row, its inverse differs."""
    ring, order = rng.permutation(10), np.empty(10, int)
    order[ring] = np.roll(ring, 1)
    return {"X": rng.normal(size=(10, 3)), "y": rng.normal(size=10), "order": order}


shuffle_both = Exercise(
    cases=_table,
    run=lambda answer, X, y, order: dict(zip(("rows", "labels"), answer(X, y, order), strict=True)),
    right=lambda X, y, order: (X[order], y[order]),
    mistakes={
        "rows": [
            Mistake(
                "labels shuffled alone",
                "Now each row has another row's label: X needs the order too.",
                lambda X, y, order: X,
            ),
            Mistake(
                "put back instead",
                "order[0] is the row that comes first: X[order]. You undo that order.",
                lambda X, y, order: X[np.argsort(order)],
            ),
            Mistake(
                "shuffled twice",
                "Apply the order once.",
                lambda X, y, order: X[order][order],
            ),
            Mistake(
                "each column sorted by itself",
                "Rows must stay whole.",
                lambda X, y, order: np.sort(X, axis=0),
            ),
        ],
        "labels": [
            Mistake(
                "rows shuffled alone",
                "Now each row has another row's label: y needs the order too.",
                lambda X, y, order: y,
            ),
            Mistake(
                "labels in the opposite order",
                "Rows went by order, labels by its inverse: use the same index for both.",
                lambda X, y, order: y[np.argsort(order)],
            ),
            Mistake(
                "labels shuffled twice",
                "Apply the order once.",
                lambda X, y, order: y[order][order],
            ),
        ],
    },
    praise="One index for both: every row keeps its label.",
    hints=(
        "Indexing with an array of row numbers picks these rows, in that order.",
        "The same index must serve X and y.",
        "return X[order], y[order]",
    ),
)

# --- 4: the largest stable rate -------------------------------------------------------------------


def _columns(rng):
    return {"X": rng.normal(size=(9, 4)) * [3, 2, 1, 0.5] + rng.uniform(1, 2, size=4)}


def _eigenvalues(X, over=None):
    return np.linalg.eigvalsh(X.T @ X / (over or len(X)))


def _kappa(values):
    return values[-1] / values[0]


stable_rate = Exercise(
    cases=_columns,
    run=lambda answer, X: dict(zip(("largest rate", "condition number"), answer(X), strict=True)),
    right=lambda X: (2 / _eigenvalues(X)[-1], _kappa(_eigenvalues(X))),
    mistakes={
        "largest rate": [
            Mistake(
                "n forgotten",
                "The loss is a mean over the rows: H = X.T @ X / n.",
                lambda X: 2 / _eigenvalues(X, over=1)[-1],
            ),
            Mistake(
                "half of it",
                "|1 - rate λ| < 1 holds up to rate λ = 2, not 1.",
                lambda X: 1 / _eigenvalues(X)[-1],
            ),
            Mistake(
                "the half of the loss kept",
                "The gradient of a square cancels the ½: H = X.T @ X / n, not 2n.",
                lambda X: 4 / _eigenvalues(X)[-1],
            ),
            Mistake(
                "Frobenius norm",
                "np.linalg.norm(H) is the root of the sum of squares: take the largest eigenvalue.",
                lambda X: 2 / np.linalg.norm(X.T @ X / len(X)),
            ),
            Mistake(
                "the sum of all eigenvalues",
                "Stability is asked direction by direction: only the largest counts.",
                lambda X: 2 / _eigenvalues(X).sum(),
            ),
            Mistake(
                "a column of ones added",
                "No bias here: H is made of X as it is.",
                lambda X: 2 / _eigenvalues(np.hstack([X, np.ones((len(X), 1))]))[-1],
            ),
            Mistake(
                "the two swapped",
                "First the rate, then the condition number.",
                lambda X: _kappa(_eigenvalues(X)),
            ),
            Mistake(
                "the smallest eigenvalue",
                "It must be stable in every direction: the largest eigenvalue decides.",
                lambda X: 2 / _eigenvalues(X)[0],
            ),
            Mistake(
                "centred first",
                "H is X.T @ X / n with X as it is, not the covariance.",
                lambda X: 2 / _eigenvalues(X - X.mean(axis=0))[-1],
            ),
            Mistake(
                "np.cov",
                "It centres, and divides by n - 1. H is X.T @ X / n with X as it is.",
                lambda X: 2 / _eigenvalues(X - X.mean(axis=0), over=len(X) - 1)[-1],
            ),
            Mistake(
                "singular values of X for eigenvalues of H",
                "λ = s² / n, with the singular values s of X.",
                lambda X: 2 / np.sqrt(_eigenvalues(X, over=1)[-1]),
            ),
            Mistake(
                "singular values over n",
                "Square them: λ = s² / n.",
                lambda X: 2 * len(X) / np.sqrt(_eigenvalues(X, over=1)[-1]),
            ),
            Mistake(
                "the largest entry of the diagonal",
                "Directions need not be columns: take the eigenvalues of H.",
                lambda X: 2 / np.diag(X.T @ X / len(X)).max(),
            ),
        ],
        "condition number": [
            Mistake(
                "upside down",
                "Largest over smallest: it is never below 1.",
                lambda X: 1 / _kappa(_eigenvalues(X)),
            ),
            Mistake(
                "that of X, not of H",
                "The singular values of X are the roots of H's eigenvalues, but for n: square it.",
                lambda X: np.sqrt(_kappa(_eigenvalues(X))),
            ),
            Mistake(
                "squared once too often",
                "np.linalg.cond(H) is κ already.",
                lambda X: _kappa(_eigenvalues(X)) ** 2,
            ),
            Mistake(
                "centred for the second part",
                "Both parts are about the same H.",
                lambda X: _kappa(_eigenvalues(X - X.mean(axis=0))),
            ),
        ],
    },
    praise="The steepest direction sets the rate, the flattest the number of steps.",
    hints=(
        "Which matrix multiplies the error in the gradient? Its eigenvalues say all.",
        "H = X.T @ X / len(X); np.linalg.eigvalsh(H) gives them in rising order.",
        "return 2 / values[-1], values[-1] / values[0]",
    ),
)

# --- 5: a stratified split ------------------------------------------------------------------------


def _keyed(rng):
    """Three classes of unlike sizes; class 0 has the smallest keys, its first row the largest."""
    labels = rng.permutation([0] * 6 + [1] * 5 + [2] * 9)
    keys = rng.random(20) + (labels > 0)
    for c in range(3):  # within a class: the largest key first, then from the smallest up
        members = np.flatnonzero(labels == c)
        keys[members] = np.sort(keys[members])[np.roll(np.arange(len(members)), 1)]
    return {"labels": labels, "keys": keys, "m": np.array(2)}


def _smallest(keys, m, among):
    held = np.zeros(len(keys), bool)
    members = np.flatnonzero(among)
    held[members[np.argsort(keys[members], kind="stable")[: int(m)]]] = True
    return held


def _by_class(labels, keys, m):
    return np.any([_smallest(keys, m, labels == c) for c in np.unique(labels)], axis=0)


hold_out = Exercise(
    cases=_keyed,
    run=lambda answer, labels, keys, m: {"held out": answer(labels, keys, int(m))},
    right=_by_class,
    mistakes={
        "held out": [
            Mistake(
                "not class by class",
                "This takes as many rows in all, from whatever class: choose within each class.",
                lambda labels, keys, m: _smallest(keys, 3 * m, labels >= 0),
            ),
            Mistake(
                "m rows in all",
                "m rows of *each* class.",
                lambda labels, keys, m: _smallest(keys, m, labels >= 0),
            ),
            Mistake(
                "the training rows instead",
                "True for held-out rows: turn the mask round.",
                lambda labels, keys, m: ~_by_class(labels, keys, m),
            ),
            Mistake(
                "the largest keys",
                "argsort puts the smallest first.",
                lambda labels, keys, m: _by_class(labels, -keys, m),
            ),
            Mistake(
                "keys not used",
                "These are the first m rows of each class: in a sorted file no random choice.",
                lambda labels, keys, m: _by_class(labels, np.arange(len(keys)), m),
            ),
            Mistake(
                "m - 1 of each class",
                "Strictly below the m-th smallest key leaves that one out.",
                lambda labels, keys, m: _by_class(labels, keys, m - 1),
            ),
            Mistake(
                "m + 1 of each class",
                "With <=, the limit is the m-th smallest key: position m - 1.",
                lambda labels, keys, m: _by_class(labels, keys, m + 1),
            ),
            Mistake(
                "only the last class",
                "Make the mask once, before the loop, and add to it.",
                lambda labels, keys, m: _smallest(keys, m, labels == labels.max()),
            ),
            Mistake(
                "the last class forgotten",
                "range(labels.max()) stops before it: one more, or np.unique(labels).",
                lambda labels, keys, m: (
                    _by_class(labels, keys, m) & ~_smallest(keys, m, labels == labels.max())
                ),
            ),
            Mistake(
                "nothing held out",
                "held[labels == c][...] = True writes into a copy: index held once.",
                lambda labels, keys, m: np.zeros(len(keys), bool),
            ),
            Mistake(
                "places within the class taken for row numbers",
                "argsort counts within the class; translate with np.flatnonzero(labels == c).",
                lambda labels, keys, m: np.isin(
                    np.arange(len(keys)),
                    [np.argsort(keys[labels == c])[: int(m)] for c in range(3)],
                ),
            ),
            Mistake(
                "row numbers, not a mask",
                "These are the right rows. Return True and False for every row: (n,).",
                lambda labels, keys, m: np.concatenate(
                    [np.flatnonzero(_smallest(keys, m, labels == c)) for c in range(3)]
                ),
            ),
            Mistake(
                "row numbers, sorted, not a mask",
                "These are the right rows. Return True and False for every row: (n,).",
                lambda labels, keys, m: np.flatnonzero(_by_class(labels, keys, m)),
            ),
        ]
    },
    praise="m of each class, drawn by lot.",
    hints=(
        "Go through the classes. Which rows belong to one? Which of those have the smallest keys?",
        "rows = np.flatnonzero(labels == c); np.argsort(keys[rows])[:m] counts within these rows.",
        "held = np.zeros(n, bool), then held[rows[np.argsort(keys[rows])[:m]]] = True for every c",
    ),
)
