"""Exercises of chapter 01: PCA, variance kept, skewness and kurtosis, classes that look alike."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: PCA ---------------------------------------------------------------------------------------
# An eigenvector's sign is free, so components are compared by their squares, which shows whether
# they are the right ones, and then by the products of their entries, which shows the signs within.


def _pictures(rng):
    """Columns of very different spread, mixed, so that no two eigenvalues are close."""
    n, d = 9, 6
    turn = 1e-9 * rng.normal(size=(d, d))  # nearly two blocks: eig, which does not sort, then gives
    for block in (slice(0, 3), slice(3, 6)):  # one after the other; no entry is 0, it has a sign
        turn[block, block] = rng.normal(size=(3, 3))
    turn = np.linalg.qr(turn)[0][:, [0, 3, 1, 4, 2, 5]]  # the largest by turns from either block
    scores, _ = np.linalg.qr(_centred(rng.normal(size=(n, d))))
    spread = np.array([8.0, 5.0, 3.0, 2.0, 1.2, 0.7]) * rng.uniform(0.95, 1.05, size=d)
    R = scores * spread @ turn.T + rng.normal(size=d) + 3
    return {"R": R, "k": np.array(3)}


def _run_pca(answer, R, k):
    mean, components, variance = answer(R, int(k))
    V = np.asarray(components, dtype=np.float64)
    pairs = V[:, :, None] * V[:, None, :] if V.ndim == 2 else V
    return {"mean": mean, "components": V**2, "signs": pairs, "variance": variance}


def _svd(A):
    return np.linalg.svd(A, full_matrices=False)


def _pca(R, k):
    mean = R.mean(axis=0)
    _, s, Vt = _svd(R - mean)
    return mean, Vt[:k], s[:k] ** 2 / (len(R) - 1)


def _centred(R):
    return R - R.mean(axis=0)


def _values(R, k):
    return _svd(_centred(R))[1][:k]


pca_yourself = Exercise(
    cases=_pictures,
    run=_run_pca,
    right=_pca,
    mistakes={
        "mean": [
            Mistake(
                "a mean for each row",
                "axis=0 runs over the rows, the pictures: one mean for each pixel.",
                lambda R, k: R.mean(axis=1),
            ),
            Mistake(
                "one mean for everything",
                "Each pixel, each column, has its own mean: axis=0.",
                lambda R, k: R.mean(),
            ),
            Mistake(
                "kept an axis",
                "Return the mean with shape (d,).",
                lambda R, k: R.mean(axis=0, keepdims=True),
            ),
            Mistake(
                "a sum, not a mean",
                "Divide by the number of rows.",
                lambda R, k: R.sum(axis=0),
            ),
            Mistake(
                "the mean of the centred rows",
                "Centred rows have mean 0. Return the mean that you subtracted.",
                lambda R, k: 0 * R[0],
            ),
        ],
        "components": [
            Mistake(
                "not centred",
                "Subtract the mean from every row before anything else.",
                lambda R, k: _svd(R)[2][:k] ** 2,
            ),
            Mistake(
                "the smallest eigenvectors",
                "eigh returns eigenvalues in rising order: the largest stand last.",
                lambda R, k: _svd(_centred(R))[2][::-1][:k] ** 2,
            ),
            Mistake(
                "the right ones in rising order",
                "The component with the largest variance comes first.",
                lambda R, k: _svd(_centred(R))[2][:k][::-1] ** 2,
            ),
            Mistake(
                "unsorted, as eig gives them",
                "np.linalg.eig does not sort: use eigh, or bring its results in order by argsort.",
                lambda R, k: np.linalg.eig(np.cov(R.T))[1].T[:k] ** 2,
            ),
            Mistake(
                "the scores, not the components",
                "Rc @ V^T are the features, one row a picture. Return V, one row a direction.",
                lambda R, k: (_centred(R) @ _svd(_centred(R))[2][:k].T) ** 2,
            ),
            Mistake(
                "components as columns",
                "Return them as rows: (k, d).",
                lambda R, k: _svd(_centred(R))[2][:k].T ** 2,
            ),
            Mistake(
                "rows and columns mixed up",
                "eigh returns one eigenvector a column, svd one a row of its third result. "
                "Take the first k of those.",
                lambda R, k: _svd(_centred(R))[2].T[:k] ** 2,
            ),
            Mistake(
                "rows and columns mixed up, in rising order",
                "eigh returns one eigenvector a column, the largest last: transpose, then reverse.",
                lambda R, k: _svd(_centred(R))[2][::-1].T[:k] ** 2,
            ),
            Mistake(
                "directions between pictures",
                "The covariance you want is between pixels, (d, d): Rc.T @ Rc. With svd it is the "
                "third result, not the first.",
                lambda R, k: _svd(_centred(R))[0][:, :k].T ** 2,
            ),
            Mistake(
                "np.cov of the rows",
                "np.cov takes variables as rows: np.cov(R.T) or rowvar=False.",
                lambda R, k: np.linalg.eigh(np.cov(R))[1][:, ::-1].T[:k] ** 2,
            ),
            Mistake(
                "each picture centred",
                "Subtract each column's mean (axis=0), not each row's.",
                lambda R, k: _svd(R - R.mean(axis=1, keepdims=True))[2][:k] ** 2,
            ),
            Mistake(
                "scaled to deviation 1 first",
                "Only centre. Dividing by the deviation gives the components of the correlations.",
                lambda R, k: _svd(_centred(R) / R.std(axis=0))[2][:k] ** 2,
            ),
            Mistake(
                "not of length 1",
                "The rows of V^T as they are: do not multiply them by the singular values.",
                lambda R, k: _svd(_centred(R))[2][:k] ** 2 * _values(R, k)[:, None] ** 2,
            ),
            Mistake(
                "all of them",
                "Keep the first k.",
                lambda R, k: _svd(_centred(R))[2] ** 2,
            ),
        ],
        "signs": [
            Mistake(
                "lost the signs",
                "A whole component may change its sign, single entries may not: no abs.",
                lambda R, k: np.abs(
                    _svd(_centred(R))[2][:k, :, None] * _svd(_centred(R))[2][:k, None, :]
                ),
            ),
        ],
        "variance": [
            Mistake(
                "divided by n",
                "Divide by n - 1 here.",
                lambda R, k: _values(R, k) ** 2 / len(R),
            ),
            Mistake(
                "forgot to divide",
                "The covariance is Rc.T @ Rc divided by n - 1, with Rc the centred rows.",
                lambda R, k: _values(R, k) ** 2,
            ),
            Mistake(
                "the singular values",
                "lambda = s^2 / (n - 1).",
                lambda R, k: _values(R, k),
            ),
            Mistake(
                "forgot the square",
                "lambda = s^2 / (n - 1).",
                lambda R, k: _values(R, k) / (len(R) - 1),
            ),
            Mistake(
                "squared twice",
                "The svd of the covariance gives the variances as they are: the square and n - 1 "
                "belong to the svd of the centred pictures.",
                lambda R, k: _values(R, k) ** 4 / (len(R) - 1) ** 3,
            ),
            Mistake(
                "the standard deviation",
                "The variance is its square.",
                lambda R, k: _values(R, k) / np.sqrt(len(R) - 1),
            ),
            Mistake(
                "divided by the number of features",
                "Divide by n - 1, one less than the number of rows.",
                lambda R, k: _values(R, k) ** 2 / (R.shape[1] - 1),
            ),
            Mistake(
                "shares of the variance",
                "Return the variances themselves.",
                lambda R, k: _values(R, k) ** 2 / (_values(R, None) ** 2).sum(),
            ),
            Mistake(
                "in rising order",
                "The largest variance comes first, as its component does.",
                lambda R, k: _values(R, k)[::-1] ** 2 / (len(R) - 1),
            ),
            Mistake(
                "the smallest eigenvalues",
                "eigh returns them in rising order: turn them round as you did the vectors.",
                lambda R, k: _values(R, None)[::-1][:k] ** 2 / (len(R) - 1),
            ),
        ],
    },
    praise="Mean, directions and variances are right; signs are yours to choose.",
    hints=(
        "Three steps: centre, covariance (d, d), eigenvectors. Or two: centre, svd.",
        "values, vectors = np.linalg.eigh(C) come in rising order, and vectors has one eigenvector "
        "in each column. np.linalg.svd(R - mean, full_matrices=False) gives U, s, Vt, in falling "
        "order, with one component in each row of Vt.",
        "mean = R.mean(axis=0); U, s, Vt = np.linalg.svd(R - mean, full_matrices=False); return "
        "mean, Vt[:k], s[:k] ** 2 / (len(R) - 1).",
    ),
)

# --- 2: how many components? ----------------------------------------------------------------------


def _spectrum(rng):
    """Falling eigenvalues, and a share that lies between what two numbers of them keep."""
    eigenvalues = np.sort(rng.uniform(0.5, 4.0, size=10))[::-1] ** 2
    kept = np.cumsum(eigenvalues) / eigenvalues.sum()
    number = rng.integers(2, 5)
    share = kept[number - 2] + rng.uniform(0.3, 0.7) * (kept[number - 1] - kept[number - 2])
    return {"eigenvalues": eigenvalues, "share": np.array(share)}


def _run_number(answer, eigenvalues, share):
    kept, number = answer(eigenvalues, float(share))
    return {"kept": kept, "number": number}


def _kept(eigenvalues, share):
    return np.cumsum(eigenvalues) / np.sum(eigenvalues)


def _enough(eigenvalues, share):
    return int(np.sum(_kept(eigenvalues, share) < share)) + 1


how_many = Exercise(
    cases=_spectrum,
    run=_run_number,
    right=lambda eigenvalues, share: (_kept(eigenvalues, share), _enough(eigenvalues, share)),
    mistakes={
        "kept": [
            Mistake(
                "the share of each",
                "Add up: what the first 1, 2, 3, ... keep together. np.cumsum.",
                lambda eigenvalues, share: eigenvalues / eigenvalues.sum(),
            ),
            Mistake(
                "not divided by the total",
                "A share is a part of the whole: the last one is 1.",
                lambda eigenvalues, share: np.cumsum(eigenvalues),
            ),
            Mistake(
                "in per cent",
                "A share lies between 0 and 1: no factor of 100.",
                lambda eigenvalues, share: 100 * _kept(eigenvalues, share),
            ),
            Mistake(
                "deviations, not variances",
                "An eigenvalue is a variance already: no root.",
                lambda eigenvalues, share: _kept(np.sqrt(eigenvalues), share),
            ),
            Mistake(
                "squared variances",
                "An eigenvalue is a variance already: only singular values are to be squared.",
                lambda eigenvalues, share: _kept(eigenvalues**2, share),
            ),
            Mistake(
                "from the smallest",
                "Begin with the largest eigenvalue, the first.",
                lambda eigenvalues, share: _kept(eigenvalues[::-1], share),
            ),
            Mistake(
                "the share lost",
                "That is one minus the share kept.",
                lambda eigenvalues, share: 1 - _kept(eigenvalues, share),
            ),
            Mistake(
                "parts of the largest",
                "Divide by the sum of all eigenvalues.",
                lambda eigenvalues, share: eigenvalues / eigenvalues[0],
            ),
            Mistake(
                "began with nothing",
                "The first entry belongs to one component: leave out the leading 0.",
                lambda eigenvalues, share: np.append(0, _kept(eigenvalues, share)),
            ),
        ],
        "number": [
            Mistake(
                "one too few",
                "Positions are counted from 0, components from 1. And it must reach the share.",
                lambda eigenvalues, share: _enough(eigenvalues, share) - 1,
            ),
            Mistake(
                "one too many",
                "One fewer reaches the share already.",
                lambda eigenvalues, share: _enough(eigenvalues, share) + 1,
            ),
            Mistake(
                "counted those above",
                "Count the entries that are still below the share, and take one more.",
                lambda eigenvalues, share: np.sum(_kept(eigenvalues, share) >= share),
            ),
        ],
    },
    praise="Off by one is the usual slip here, and you avoided it.",
    hints=(
        "np.cumsum adds up as it goes.",
        "How many entries of `kept` are still below the share? It takes one more than those.",
        "kept = np.cumsum(eigenvalues) / eigenvalues.sum(); number = (kept < share).sum() + 1.",
    ),
)

# --- 3: skewness and excess kurtosis --------------------------------------------------------------


def _columns(rng):
    return {"X": rng.gamma(2.0, size=(8, 5)) * rng.uniform(0.5, 3, size=5) + 1}


def _standard(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def _sample(X):
    return (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)


shape_of = Exercise(
    cases=_columns,
    run=lambda answer, X: dict(zip(("skewness", "kurtosis"), answer(X), strict=True)),
    right=lambda X: ((_standard(X) ** 3).mean(axis=0), (_standard(X) ** 4).mean(axis=0) - 3),
    mistakes={
        "skewness": [
            Mistake(
                "not centred",
                "Subtract the mean first.",
                lambda X: ((X / X.std(axis=0)) ** 3).mean(axis=0),
            ),
            Mistake(
                "not divided by the deviation",
                "z has deviation 1: divide by sigma before you raise to a power.",
                lambda X: ((X - X.mean(axis=0)) ** 3).mean(axis=0),
            ),
            Mistake(
                "divided by the variance",
                "z = (x - mean) / sigma, with the standard deviation, not its square.",
                lambda X: (((X - X.mean(axis=0)) / X.var(axis=0)) ** 3).mean(axis=0),
            ),
            Mistake(
                "divided by the variance, once",
                "The third moment is divided by sigma to the power 3: X.std(axis=0) ** 3.",
                lambda X: (_centred(X) ** 3).mean(axis=0) / X.var(axis=0),
            ),
            Mistake(
                "the two in the wrong order",
                "Return skewness first, then kurtosis.",
                lambda X: (_standard(X) ** 4).mean(axis=0) - 3,
            ),
            Mistake(
                "subtracted 3",
                "That belongs to the kurtosis: a normal's skewness is 0 as it is.",
                lambda X: (_standard(X) ** 3).mean(axis=0) - 3,
            ),
            Mistake(
                "a sum, not a mean",
                "Divide by the number of rows.",
                lambda X: (_standard(X) ** 3).sum(axis=0),
            ),
            Mistake(
                "took absolute values",
                "The sign is the point: values far above the mean count up, far below count down.",
                lambda X: (np.abs(_standard(X)) ** 3).mean(axis=0),
            ),
            Mistake(
                "over the whole table",
                "One number for each column: axis=0.",
                lambda X: (((X - X.mean()) / X.std()) ** 3).mean(),
            ),
            Mistake(
                "n - 1 in the deviation",
                "Divide by n in sigma too (NumPy's default).",
                lambda X: (_sample(X) ** 3).mean(axis=0),
            ),
        ],
        "kurtosis": [
            Mistake(
                "forgot to subtract 3",
                "3 is what a normal has; the excess over it is asked for.",
                lambda X: (_standard(X) ** 4).mean(axis=0),
            ),
            Mistake(
                "subtracted 3 before the mean of powers",
                "First z to the power 4, then the mean, then minus 3.",
                lambda X: ((_standard(X) - 3) ** 4).mean(axis=0),
            ),
            Mistake(
                "added 3",
                "A normal has 3; the excess is what is more than that: minus 3.",
                lambda X: (_standard(X) ** 4).mean(axis=0) + 3,
            ),
            Mistake(
                "a sum, not a mean",
                "Divide by the number of rows, then subtract 3.",
                lambda X: (_standard(X) ** 4).sum(axis=0) - 3,
            ),
            Mistake(
                "not centred",
                "Subtract the mean first.",
                lambda X: ((X / X.std(axis=0)) ** 4).mean(axis=0) - 3,
            ),
            Mistake(
                "divided by the variance, once",
                "The fourth moment is divided by sigma to the power 4, the variance squared.",
                lambda X: (_centred(X) ** 4).mean(axis=0) / X.var(axis=0) - 3,
            ),
            Mistake(
                "the third power",
                "Kurtosis takes the fourth power.",
                lambda X: (_standard(X) ** 3).mean(axis=0) - 3,
            ),
            Mistake(
                "the second power",
                "The mean of z^2 is always 1. Kurtosis takes the fourth power.",
                lambda X: (_standard(X) ** 2).mean(axis=0) - 3,
            ),
            Mistake(
                "n - 1 in the deviation",
                "Divide by n in sigma too (NumPy's default).",
                lambda X: (_sample(X) ** 4).mean(axis=0) - 3,
            ),
            Mistake(
                "not divided by the deviation",
                "z has deviation 1: divide by sigma before you raise to a power.",
                lambda X: ((X - X.mean(axis=0)) ** 4).mean(axis=0) - 3,
            ),
        ],
    },
    praise="The same numbers as scipy.stats.skew and scipy.stats.kurtosis.",
    hints=(
        "First bring each column to mean 0 and deviation 1.",
        "z = (X - X.mean(axis=0)) / X.std(axis=0). Then means of powers, column by column.",
        "skewness = (z**3).mean(axis=0); kurtosis = (z**4).mean(axis=0) - 3.",
    ),
)

# --- 4: the pair of classes that are most alike ---------------------------------------------------


def _labelled(rng):
    """Four classes of unequal size, their rows shuffled; never is class 0 in the nearest pair."""
    y = rng.permutation(np.repeat(np.arange(4), (2, 3, 4, 5)))
    centres = np.array([[9.0, 0, 0], [0, 9, 0], [0, 0, 9], [0, 0, 9]])
    centres[2:] += rng.uniform(1.5, 2.5) * np.array([[0.5, 0.5, 0], [-0.5, -0.5, 0]])
    order = np.append(0, 1 + rng.permutation(3))
    X = centres[order][y] + rng.uniform(-0.5, 0.5, size=(len(y), 3))
    return {"X": X, "y": y}


def _run_pair(answer, X, y):
    means, distances, pair = answer(X, y.astype(int))
    return {"means": means, "distances": distances, "pair": np.sort(np.ravel(pair))}


def _means(X, y):
    return np.array([X[y == c].mean(axis=0) for c in range(4)])


def _distances(X, y):
    return np.linalg.norm(_means(X, y)[:, None] - _means(X, y), axis=2)


def _pair(values):
    return np.sort(np.unravel_index(np.argmin(values), values.shape))


def _nearest(X, y):
    return _pair(_distances(X, y) + np.diag(np.full(4, np.inf)))


most_alike = Exercise(
    cases=_labelled,
    run=_run_pair,
    right=lambda X, y: (_means(X, y), _distances(X, y), _nearest(X, y)),
    mistakes={
        "means": [
            Mistake(
                "sums, not means",
                "Divide by the number of rows of the class.",
                lambda X, y: np.array([X[y == c].sum(axis=0) for c in range(4)]),
            ),
            Mistake(
                "divided by all rows",
                "Divide by the number of rows of the class, not of X.",
                lambda X, y: np.array([X[y == c].sum(axis=0) / len(X) for c in range(4)]),
            ),
            Mistake(
                "medians",
                "The mean is asked for.",
                lambda X, y: np.array([np.median(X[y == c], axis=0) for c in range(4)]),
            ),
            Mistake(
                "one number for each class",
                "Each class has a mean row, one number for each feature: axis=0.",
                lambda X, y: np.array([X[y == c].mean() for c in range(4)]),
            ),
            Mistake(
                "classes as columns",
                "One row for each class: (K, d).",
                lambda X, y: _means(X, y).T,
            ),
            Mistake(
                "less the overall mean",
                "Return the class means as they are. (The distances stay the same either way.)",
                lambda X, y: _means(X, y) - X.mean(axis=0),
            ),
            Mistake(
                "the means of the other rows",
                "y == c, not y != c.",
                lambda X, y: np.array([X[y != c].mean(axis=0) for c in range(4)]),
            ),
        ],
        "distances": [
            Mistake(
                "squared",
                "Take the root of the summed squares.",
                lambda X, y: _distances(X, y) ** 2,
            ),
            Mistake(
                "summed absolute differences",
                "Square, add up, take the root.",
                lambda X, y: np.abs(_means(X, y)[:, None] - _means(X, y)).sum(axis=2),
            ),
            Mistake(
                "a mean of squares",
                "Add the squares of the d differences up: no mean.",
                lambda X, y: _distances(X, y) / np.sqrt(X.shape[1]),
            ),
            Mistake(
                "one half left empty",
                "Fill both halves: from a to b is as far as from b to a.",
                lambda X, y: np.triu(_distances(X, y)),
            ),
            Mistake(
                "inf left on the diagonal",
                "A class is at distance 0 from itself: put inf into a copy, to find the pair.",
                lambda X, y: _distances(X, y) + np.diag([np.inf] * 4),
            ),
            Mistake(
                "differences, not distances",
                "One number for each pair: square the differences, add over the features, root.",
                lambda X, y: _means(X, y)[:, None] - _means(X, y),
            ),
            Mistake(
                "summed over the classes",
                "Add over the features: the last axis of means[:, None] - means.",
                lambda X, y: np.linalg.norm(_means(X, y)[:, None] - _means(X, y), axis=1),
            ),
        ],
        "pair": [
            Mistake(
                "a class with itself",
                "The diagonal is 0. Leave it out, for instance by adding np.inf to it.",
                lambda X, y: np.array([0, 0]),
            ),
            Mistake(
                "the furthest pair",
                "Most alike: the smallest distance.",
                lambda X, y: np.sort(np.unravel_index(np.argmax(_distances(X, y)), (4, 4))),
            ),
            Mistake(
                "counted from 1",
                "Classes are counted from 0, as in y.",
                lambda X, y: _nearest(X, y) + 1,
            ),
            Mistake(
                "the distance, not the pair",
                "Return the two classes' numbers.",
                lambda X, y: np.array([(_distances(X, y) + np.diag([np.inf] * 4)).min()]),
            ),
            Mistake(
                "a position in the flat array",
                "argmin counts through the whole table: np.unravel_index turns that into a pair.",
                lambda X, y: np.array([np.argmin(_distances(X, y) + np.diag([np.inf] * 4))]),
            ),
        ],
    },
    praise="Try it on data.X_train and data.y_train.",
    hints=(
        "X[y == c] are the rows of class c.",
        "means[:, None] - means has shape (K, K, d): every difference of two means.",
        "distances = np.linalg.norm(means[:, None] - means, axis=2); then "
        "np.unravel_index((distances + np.diag(np.full(K, np.inf))).argmin(), (K, K)).",
    ),
)
