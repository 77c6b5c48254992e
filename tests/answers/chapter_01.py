"""Answers to chapter 01: PCA, variance kept, skewness and kurtosis, classes that look alike."""

import numpy as np

# --- PCA: one right way by svd, with steps to replace, and others written otherwise ---------------


def by_svd(mean=None, components=None, variance=None, centre=None):
    """PCA with some of its steps replaced; `centre`: what the svd is taken of."""

    def pca(R, k):
        m = R.mean(axis=0)
        U, s, Vt = np.linalg.svd(centre(R) if centre else R - m, full_matrices=False)
        return (
            mean(R) if mean else m,
            components(U, s, Vt, k) if components else Vt[:k],
            variance(s, k, *R.shape) if variance else s[:k] ** 2 / (len(R) - 1),
        )

    return pca


def by_eigh(R, k):
    mean = np.mean(R, axis=0)
    values, vectors = np.linalg.eigh(np.cov(R, rowvar=False))
    return mean, vectors[:, ::-1][:, :k].T, values[::-1][:k]


def by_eigh_with_other_signs(R, k):
    mean, components, variance = by_eigh(R, k)
    return list(mean), -components * np.sign(components[:, :1]), variance


def by_powers(R, k):
    """No library routine: multiply by C until nothing changes, then take that direction out."""
    mean = R.mean(axis=0)
    C = (R - mean).T @ (R - mean) / (len(R) - 1)
    components, variance = [], []
    for _ in range(k):
        v = np.ones(len(C))
        for _ in range(2000):
            v = C @ v
            v /= np.sqrt(v @ v)
        components.append(v)
        variance.append(v @ C @ v)
        C = C - variance[-1] * np.outer(v, v)
    return mean, components, variance


def eigh_without(reverse=True, transpose=True):
    """PCA by eigh that forgets to reverse the order or to transpose the vectors."""

    def pca(R, k):
        values, vectors = np.linalg.eigh(np.cov(R.T))
        vectors = vectors[:, ::-1] if reverse else vectors
        vectors = vectors.T if transpose else vectors
        return R.mean(axis=0), vectors[:k], values[::-1][:k]

    return pca


def cov_of_rows(R, k):
    values, vectors = np.linalg.eigh(np.cov(R))
    return R.mean(axis=0), vectors[:, ::-1].T[:k], values[::-1][:k]


def last_k_of_eigh(R, k):
    values, vectors = np.linalg.eigh(np.cov(R.T))
    return R.mean(axis=0), vectors.T[-k:], values[-k:]


def values_as_eigh_gives_them(R, k):
    values, vectors = np.linalg.eigh(np.cov(R.T))
    return R.mean(axis=0), vectors[:, ::-1].T[:k], values[:k]


def eig_unsorted(R, k):
    values, vectors = np.linalg.eig(np.cov(R, rowvar=False))
    return R.mean(axis=0), vectors[:, :k].T, values[:k]


def scores(R, k):
    mean, components, variance = by_eigh(R, k)
    return mean, (R - mean) @ components.T, variance


def svd_of_the_covariance(R, k):
    D = R - R.mean(axis=0)
    _, s, Vt = np.linalg.svd(D.T @ D / (len(R) - 1))
    return R.mean(axis=0), Vt[:k], s[:k] ** 2 / (len(R) - 1)


PCA_WRONG = [
    ("unsorted, as eig gives them", eig_unsorted),
    ("the scores, not the components", scores),
    ("squared twice", svd_of_the_covariance),
    ("a mean for each row", by_svd(mean=lambda R: R.mean(axis=1))),
    ("one mean for everything", by_svd(mean=np.mean)),
    ("kept an axis", by_svd(mean=lambda R: R.mean(axis=0, keepdims=True))),
    ("a sum, not a mean", by_svd(mean=lambda R: sum(R))),
    ("the mean of the centred rows", by_svd(mean=lambda R: (R - R.mean(axis=0)).mean(axis=0))),
    ("not centred", by_svd(centre=lambda R: R)),
    ("the smallest eigenvectors", eigh_without(reverse=False)),
    ("the right ones in rising order", last_k_of_eigh),
    ("components as columns", by_svd(components=lambda U, s, Vt, k: Vt.T[:, :k])),
    ("rows and columns mixed up", eigh_without(transpose=False)),
    ("rows and columns mixed up, in rising order", eigh_without(reverse=False, transpose=False)),
    ("directions between pictures", by_svd(components=lambda U, s, Vt, k: U[:, :k].T)),
    ("np.cov of the rows", cov_of_rows),
    ("each picture centred", by_svd(centre=lambda R: (R.T - R.mean(axis=1)).T)),
    (
        "scaled to deviation 1 first",
        by_svd(centre=lambda R: (R - R.mean(axis=0)) / R.std(axis=0, ddof=1)),
    ),
    ("not of length 1", by_svd(components=lambda U, s, Vt, k: np.diag(s[:k]) @ Vt[:k])),
    ("all of them", by_svd(components=lambda U, s, Vt, k: Vt)),
    ("lost the signs", by_svd(components=lambda U, s, Vt, k: abs(Vt[:k]))),
    ("divided by n", by_svd(variance=lambda s, k, n, d: s[:k] ** 2 / n)),
    ("forgot to divide", by_svd(variance=lambda s, k, n, d: s[:k] ** 2)),
    ("the singular values", by_svd(variance=lambda s, k, n, d: s[:k])),
    ("forgot the square", by_svd(variance=lambda s, k, n, d: s[:k] / (n - 1))),
    ("the standard deviation", by_svd(variance=lambda s, k, n, d: s[:k] / (n - 1) ** 0.5)),
    (
        "divided by the number of features",
        by_svd(variance=lambda s, k, n, d: s[:k] ** 2 / (d - 1)),
    ),
    ("shares of the variance", by_svd(variance=lambda s, k, n, d: s[:k] ** 2 / sum(s**2))),
    ("in rising order", by_svd(variance=lambda s, k, n, d: np.sort(s[:k] ** 2 / (n - 1)))),
    ("the smallest eigenvalues", values_as_eigh_gives_them),
]

# --- how many components --------------------------------------------------------------------------


def number_of(kept=None, number=None):
    """The right answer with `kept` or `number` replaced."""

    def answer(eigenvalues, share):
        right = np.cumsum(eigenvalues) / np.sum(eigenvalues)
        count = number(right, share) if number else np.searchsorted(right, share) + 1
        return (kept(eigenvalues, right) if kept else right), count

    return answer


def number_by_loop(eigenvalues, share):
    kept, so_far, number = [], 0.0, None
    for i, value in enumerate(eigenvalues, 1):
        so_far += value / sum(eigenvalues)
        kept.append(so_far)
        if number is None and so_far >= share:
            number = i
    return kept, number


NUMBER_WRONG = [
    ("in per cent", number_of(kept=lambda v, kept: np.cumsum(100 * v / sum(v)))),
    ("the share of each", number_of(kept=lambda v, kept: v / sum(v))),
    ("not divided by the total", number_of(kept=lambda v, kept: np.cumsum(v))),
    ("deviations, not variances", number_of(kept=lambda v, kept: np.cumsum(v**0.5) / sum(v**0.5))),
    ("squared variances", number_of(kept=lambda v, kept: np.cumsum(v**2) / sum(v**2))),
    ("from the smallest", number_of(kept=lambda v, kept: np.cumsum(np.sort(v)) / sum(v))),
    ("the share lost", number_of(kept=lambda v, kept: 1 - kept)),
    ("parts of the largest", number_of(kept=lambda v, kept: v / max(v))),
    ("began with nothing", number_of(kept=lambda v, kept: [0, *kept])),
    ("one too few", number_of(number=lambda kept, share: np.argmax(kept >= share))),
    ("one too many", number_of(number=lambda kept, share: np.argmax(kept >= share) + 2)),
    ("counted those above", number_of(number=lambda kept, share: (kept > share).sum())),
]

# --- skewness and kurtosis ------------------------------------------------------------------------


def shape_with(skewness=None, kurtosis=None):
    """The right answer with one of its two numbers replaced."""

    def answer(X):
        z = (X - X.mean(axis=0)) / X.std(axis=0)
        return (
            skewness(X, z) if skewness else (z**3).mean(axis=0),
            kurtosis(X, z) if kurtosis else (z**4).mean(axis=0) - 3,
        )

    return answer


def shape_by_moments(X):
    """From moments about the mean, column by column."""
    skewness, kurtosis = [], []
    for x in X.T:
        c = x - sum(x) / len(x)
        m2, m3, m4 = (sum(c**p) / len(c) for p in (2, 3, 4))
        skewness.append(m3 / m2**1.5)
        kurtosis.append(m4 / m2**2 - 3)
    return np.array(skewness), np.array(kurtosis)


def swapped(X):
    return shape_by_moments(X)[::-1]


SHAPE_WRONG = [
    ("the two in the wrong order", swapped),
    ("subtracted 3", shape_with(skewness=lambda X, z: (z**3).mean(axis=0) - 3)),
    (
        "divided by the variance, once",
        shape_with(skewness=lambda X, z: ((X - X.mean(axis=0)) ** 3).mean(axis=0) / X.var(axis=0)),
    ),
    ("added 3", shape_with(kurtosis=lambda X, z: (z**4).mean(axis=0) + 3)),
    ("a sum, not a mean", shape_with(kurtosis=lambda X, z: sum(z**4) - 3)),
    (
        "not centred",
        shape_with(kurtosis=lambda X, z: (X**4).mean(axis=0) / X.var(axis=0) ** 2 - 3),
    ),
    (
        "divided by the variance, once",
        shape_with(kurtosis=lambda X, z: (z**4).mean(axis=0) * X.var(axis=0) - 3),
    ),
    ("not centred", shape_with(lambda X, z: ((X / X.std(axis=0)) ** 3).mean(axis=0))),
    (
        "not divided by the deviation",
        shape_with(lambda X, z: ((X - X.mean(axis=0)) ** 3).mean(axis=0)),
    ),
    ("divided by the variance", shape_with(lambda X, z: ((z / X.std(axis=0)) ** 3).mean(axis=0))),
    ("a sum, not a mean", shape_with(lambda X, z: sum(z**3))),
    ("took absolute values", shape_with(lambda X, z: (abs(z) ** 3).mean(axis=0))),
    ("over the whole table", shape_with(lambda X, z: (((X - X.mean()) / X.std()) ** 3).mean())),
    (
        "n - 1 in the deviation",
        shape_with(lambda X, z: (((X - X.mean(0)) / X.std(0, ddof=1)) ** 3).mean(0)),
    ),
    ("forgot to subtract 3", shape_with(kurtosis=lambda X, z: (z**4).mean(axis=0))),
    (
        "subtracted 3 before the mean of powers",
        shape_with(kurtosis=lambda X, z: ((z - 3) ** 4).mean(axis=0)),
    ),
    ("the third power", shape_with(kurtosis=lambda X, z: (z**3).mean(axis=0) - 3)),
    ("the second power", shape_with(kurtosis=lambda X, z: (z**2).mean(axis=0) - 3)),
    (
        "n - 1 in the deviation",
        shape_with(kurtosis=lambda X, z: (((X - X.mean(0)) / X.std(0, ddof=1)) ** 4).mean(0) - 3),
    ),
    (
        "not divided by the deviation",
        shape_with(kurtosis=lambda X, z: ((X - X.mean(axis=0)) ** 4).mean(axis=0) - 3),
    ),
]

# --- the most alike -------------------------------------------------------------------------------


def alike(means=None, distances=None, pair=None):
    """The right answer with one of its three parts replaced."""

    def answer(X, y):
        K = y.max() + 1
        m = np.stack([X[y == c].mean(axis=0) for c in range(K)])
        D = np.sqrt(((m[:, None, :] - m[None, :, :]) ** 2).sum(axis=-1))
        off = np.where(np.eye(K) > 0, np.inf, D)
        return (
            means(X, y, m) if means else m,
            distances(m, D) if distances else D,
            pair(D, off) if pair else np.unravel_index(off.argmin(), D.shape),
        )

    return answer


def alike_by_loop(X, y):
    K = len(set(y))
    means = [sum(X[y == c]) / sum(y == c) for c in range(K)]
    D = [[float(sum((a - b) ** 2) ** 0.5) for b in means] for a in means]
    pairs = [(D[a][b], (b, a)) for a in range(K) for b in range(a + 1, K)]
    return means, D, min(pairs)[1]


def of_each(function):
    """Means replaced by `function` of the rows of each class."""
    return alike(means=lambda X, y, m: np.array([function(X[y == c], X) for c in range(len(m))]))


ALIKE_WRONG = [
    ("sums, not means", of_each(lambda rows, X: sum(rows))),
    ("divided by all rows", of_each(lambda rows, X: sum(rows) / len(X))),
    ("medians", of_each(lambda rows, X: np.median(rows, axis=0))),
    ("one number for each class", of_each(lambda rows, X: rows.mean())),
    ("classes as columns", alike(means=lambda X, y, m: m.T)),
    ("less the overall mean", alike(means=lambda X, y, m: m - X.mean(axis=0))),
    (
        "the means of the other rows",
        alike(means=lambda X, y, m: np.array([X[y != c].mean(axis=0) for c in range(len(m))])),
    ),
    ("squared", alike(distances=lambda m, D: D * D)),
    (
        "summed absolute differences",
        alike(distances=lambda m, D: abs(m[:, None] - m).sum(axis=2)),
    ),
    (
        "a mean of squares",
        alike(distances=lambda m, D: np.sqrt(((m[:, None] - m) ** 2).mean(axis=2))),
    ),
    ("differences, not distances", alike(distances=lambda m, D: m[:, None] - m)),
    (
        "summed over the classes",
        alike(distances=lambda m, D: np.sqrt(((m[:, None] - m) ** 2).sum(axis=1))),
    ),
    (
        "one half left empty",
        alike(
            distances=lambda m, D: np.where(np.arange(len(D)) > np.arange(len(D))[:, None], D, 0)
        ),
    ),
    (
        "inf left on the diagonal",
        alike(distances=lambda m, D: np.where(np.eye(len(D)) > 0, np.inf, D)),
    ),
    (
        "counted from 1",
        alike(pair=lambda D, off: [i + 1 for i in np.unravel_index(off.argmin(), D.shape)]),
    ),
    ("the distance, not the pair", alike(pair=lambda D, off: off.min())),
    ("a class with itself", alike(pair=lambda D, off: np.unravel_index(D.argmin(), D.shape))),
    ("the furthest pair", alike(pair=lambda D, off: np.unravel_index(D.argmax(), D.shape))),
    ("a position in the flat array", alike(pair=lambda D, off: off.argmin())),
]

RIGHT = {
    "pca_yourself": [by_svd(), by_eigh, by_eigh_with_other_signs, by_powers],
    "how_many": [number_of(), number_by_loop],
    "shape_of": [shape_with(), shape_by_moments],
    "most_alike": [alike(), alike_by_loop],
}

WRONG = [
    *[("pca_yourself", *pair) for pair in PCA_WRONG],
    *[("how_many", *pair) for pair in NUMBER_WRONG],
    *[("shape_of", *pair) for pair in SHAPE_WRONG],
    *[("most_alike", *pair) for pair in ALIKE_WRONG],
]
