"""Answers to chapter 02: scaling, one-hot rows, shuffling, the largest rate, a split."""

import numpy as np


def loop_scale(X_train, X_test):
    Z_train, Z_test = X_train.copy(), X_test.copy()
    for i in range(X_train.shape[1]):
        mu = sum(X_train[:, i]) / len(X_train)
        sigma = (sum((X_train[:, i] - mu) ** 2) / len(X_train)) ** 0.5
        Z_train[:, i] = (X_train[:, i] - mu) / sigma
        Z_test[:, i] = (X_test[:, i] - mu) / sigma
    return Z_train, Z_test


def both(mean, std):
    """Scale with statistics made by two functions of X_train."""

    def answer(X_train, X_test):
        m, s = mean(X_train), std(X_train)
        return (X_train - m) / s, (X_test - m) / s

    return answer


def column_mean(X):
    return X.mean(axis=0)


def column_std(X):
    return X.std(axis=0)


def right_train(test):
    """Training rows right; `test`: (X_test, mean, std) -> what is made of the test rows."""

    def answer(X_train, X_test):
        m, s = X_train.mean(axis=0), X_train.std(axis=0)
        return (X_train - m) / s, test(X_test, m, s)

    return answer


def on_all_rows(X_train, X_test):
    X = np.concatenate([X_train, X_test])
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    return Z[: len(X_train)], Z[len(X_train) :]


def all_for_test(X_train, X_test):
    return both(column_mean, column_std)(X_train, X_test)[0], on_all_rows(X_train, X_test)[1]


def rows_scaled(X_train, X_test):
    return tuple(
        (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
        for X in (X_train, X_test)
    )


def no_bracket(X_train, X_test):
    m, s = X_train.mean(axis=0), X_train.std(axis=0)
    return X_train - m / s, X_test - m / s


def loop_encode(labels, K):
    T = np.zeros((len(labels), K))
    for k, label in enumerate(labels):
        T[k, label] = 1
    return T


def all_rows(labels, K):
    T = np.zeros((len(labels), K))
    T[:, labels] = 1
    return T


def labels_for_rows(labels, K):
    T = np.zeros((len(labels), K))
    T[labels] = 1
    return T


def seen_only(labels, K):
    classes, place = np.unique(labels, return_inverse=True)
    return np.eye(len(classes))[place]


def loop_shuffle(X, y, order):
    return np.array([X[i] for i in order]), np.take(y, order)


def put_back(X, y, order):
    rows, labels = np.empty_like(X), np.empty_like(y)
    rows[order], labels[order] = X, y
    return rows, labels


def labels_put_back(X, y, order):
    return X[order], put_back(X, y, order)[1]


def by_svd(X):
    s = np.linalg.svd(X, compute_uv=False)
    return 2 * len(X) / s[0] ** 2, (s[0] / s[-1]) ** 2


def by_cond(X):
    H = X.T @ X / X.shape[0]
    return 2 / np.linalg.norm(H, 2), np.linalg.cond(H)


def rate_then(kappa):
    """The right rate, and a condition number of H, or of X."""
    return lambda X: (by_cond(X)[0], kappa(X))


def loop_hold(labels, keys, m):
    held = np.zeros(len(labels), bool)
    for c in set(labels.tolist()):
        rows = np.flatnonzero(labels == c)
        held[rows[np.argsort(keys[rows])[:m]]] = True
    return held


def threshold_hold(labels, keys, m):
    limit = {c: np.sort(keys[labels == c])[m - 1] for c in np.unique(labels)}
    return np.array([key <= limit[c] for c, key in zip(labels, keys, strict=True)])


def strict_threshold(labels, keys, m):
    limit = {c: np.sort(keys[labels == c])[m - 1] for c in np.unique(labels)}
    return np.array([key < limit[c] for c, key in zip(labels, keys, strict=True)])


def loose_threshold(labels, keys, m):
    limit = {c: np.sort(keys[labels == c])[m] for c in np.unique(labels)}
    return np.array([key <= limit[c] for c, key in zip(labels, keys, strict=True)])


def last_class(labels, keys, m):
    for c in np.unique(labels):
        held = np.zeros(len(labels), bool)
        rows = np.flatnonzero(labels == c)
        held[rows[np.argsort(keys[rows])[:m]]] = True
    return held


def without_the_last(labels, keys, m):
    held = np.zeros(len(labels), bool)
    for c in range(max(labels)):
        rows = np.where(labels == c)[0]
        held[rows[np.argsort(keys[rows])[:m]]] = True
    return held


def into_a_copy(labels, keys, m):
    held = np.zeros(len(labels), bool)
    for c in np.unique(labels):
        held[labels == c][np.argsort(keys[labels == c])[:m]] = True
    return held


def overall(count):
    def answer(labels, keys, m):
        return keys <= np.sort(keys)[count(m, labels) - 1]

    return answer


def first_rows(labels, keys, m):
    held = np.zeros(len(labels), bool)
    for c in np.unique(labels):
        held[np.flatnonzero(labels == c)[:m]] = True
    return held


def class_rows(labels, keys, m):
    found = []
    for c in np.unique(labels):
        rows = np.flatnonzero(labels == c)
        found += sorted(rows[np.argsort(keys[rows])[:m]])
    return np.array(found)


def places_for_rows(labels, keys, m):
    held = np.zeros(len(labels), bool)
    for c in np.unique(labels):
        held[np.argsort(keys[labels == c])[:m]] = True
    return held


RIGHT = {
    "scale_both": [both(column_mean, column_std), loop_scale],
    "encode": [lambda labels, K: np.eye(K)[labels], loop_encode],
    "shuffle_both": [lambda X, y, order: (X[order], y[order]), loop_shuffle],
    "stable_rate": [by_svd, by_cond],
    "hold_out": [loop_hold, threshold_hold],
}

WRONG = [
    *[
        ("scale_both", name, answer)
        for name, answer in [
            ("one mean and deviation for the whole table", both(np.mean, np.std)),
            ("one deviation for the whole table", both(column_mean, np.std)),
            ("one mean for the whole table", both(np.mean, column_std)),
            ("divided by the range", both(column_mean, lambda X: X.max(axis=0) - X.min(axis=0))),
            ("rows scaled, not columns", rows_scaled),
            ("fitted on all rows", on_all_rows),
            ("divided by the variance", both(column_mean, lambda X: X.var(axis=0))),
            ("n - 1 for n", both(column_mean, lambda X: X.std(axis=0, ddof=1))),
            ("mean not subtracted", both(lambda X: 0, column_std)),
            ("only centred", both(column_mean, lambda X: 1)),
            (
                "min-max",
                both(lambda X: X.min(axis=0), lambda X: X.max(axis=0) - X.min(axis=0)),
            ),
            ("a bracket forgotten", no_bracket),
            (
                "scaled by its own statistics",
                right_train(lambda X, m, s: (X - X.mean(axis=0)) / X.std(axis=0)),
            ),
            ("its own mean", right_train(lambda X, m, s: (X - X.mean(axis=0)) / s)),
            ("its own deviation", right_train(lambda X, m, s: (X - m) / X.std(axis=0))),
            ("the statistics of all rows", all_for_test),
            ("left as it is", right_train(lambda X, m, s: X)),
        ]
    ],
    *[
        ("encode", name, answer)
        for name, answer in [
            ("only the classes that occur", seen_only),
            (
                "as many columns as the largest label asks for",
                lambda labels, K: np.eye(max(labels) + 1)[labels],
            ),
            ("transposed", lambda labels, K: np.eye(K)[:, labels]),
            ("classes counted from 1", lambda labels, K: np.eye(K)[labels - 1]),
            ("the label instead of a one", lambda labels, K: np.diag(np.arange(K))[labels]),
            (
                "zeros and ones swapped",
                lambda labels, K: (labels[:, None] != np.arange(K)).astype(float),
            ),
            (
                "a one in every column up to the class",
                lambda labels, K: (labels[:, None] >= np.arange(K)).astype(float),
            ),
            ("labels taken for row numbers", labels_for_rows),
            ("every row has all the ones", all_rows),
        ]
    ],
    *[
        ("shuffle_both", name, answer)
        for name, answer in [
            ("labels shuffled alone", lambda X, y, order: (X, y[order])),
            ("put back instead", put_back),
            ("shuffled twice", lambda X, y, order: (X[order[order]], y[order[order]])),
            ("each column sorted by itself", lambda X, y, order: (np.sort(X, axis=0), y[order])),
            ("rows shuffled alone", lambda X, y, order: (X[order], y)),
            ("labels in the opposite order", labels_put_back),
            ("labels shuffled twice", lambda X, y, order: (X[order], y[order][order])),
        ]
    ],
    *[
        ("stable_rate", name, answer)
        for name, answer in [
            ("n forgotten", lambda X: (2 / np.linalg.norm(X, 2) ** 2, by_svd(X)[1])),
            ("half of it", lambda X: (by_svd(X)[0] / 2, by_svd(X)[1])),
            ("the half of the loss kept", lambda X: (2 * by_svd(X)[0], by_svd(X)[1])),
            (
                "Frobenius norm",
                lambda X: (2 / np.linalg.norm(np.dot(X.T, X) / len(X)), by_svd(X)[1]),
            ),
            (
                "the sum of all eigenvalues",
                lambda X: (2 / np.trace(X.T @ X / len(X)), by_svd(X)[1]),
            ),
            (
                "a column of ones added",
                lambda X: by_svd(np.column_stack([X, np.ones(len(X))])),
            ),
            ("the two swapped", lambda X: by_cond(X)[::-1]),
            (
                "the smallest eigenvalue",
                lambda X: (2 / np.linalg.eigvalsh(X.T @ X / len(X)).min(), by_svd(X)[1]),
            ),
            (
                "centred first",
                lambda X: (2 / np.linalg.eigvalsh(np.cov(X.T, bias=True))[-1], by_svd(X)[1]),
            ),
            ("np.cov", lambda X: (2 / np.linalg.eigvalsh(np.cov(X.T))[-1], by_svd(X)[1])),
            (
                "singular values of X for eigenvalues of H",
                lambda X: (2 / np.linalg.norm(X, 2), by_svd(X)[1]),
            ),
            (
                "singular values over n",
                lambda X: (2 / (np.linalg.norm(X, 2) / len(X)), by_svd(X)[1]),
            ),
            (
                "the largest entry of the diagonal",
                lambda X: (2 / np.max(np.mean(X**2, axis=0)), by_svd(X)[1]),
            ),
            ("upside down", rate_then(lambda X: 1 / np.linalg.cond(X) ** 2)),
            ("that of X, not of H", rate_then(np.linalg.cond)),
            ("squared once too often", rate_then(lambda X: np.linalg.cond(X.T @ X) ** 2)),
            (
                "centred for the second part",
                rate_then(lambda X: np.linalg.cond(np.cov(X.T))),
            ),
        ]
    ],
    *[
        ("hold_out", name, answer)
        for name, answer in [
            ("not class by class", overall(lambda m, labels: m * len(set(labels.tolist())))),
            ("m rows in all", overall(lambda m, labels: m)),
            ("the training rows instead", lambda *given: np.logical_not(loop_hold(*given))),
            ("the largest keys", lambda labels, keys, m: loop_hold(labels, 1 - keys, m)),
            ("keys not used", first_rows),
            ("m - 1 of each class", strict_threshold),
            ("m + 1 of each class", loose_threshold),
            ("only the last class", last_class),
            ("the last class forgotten", without_the_last),
            ("nothing held out", into_a_copy),
            ("places within the class taken for row numbers", places_for_rows),
            ("row numbers, not a mask", class_rows),
            ("row numbers, sorted, not a mask", lambda *given: np.nonzero(loop_hold(*given))[0]),
        ]
    ],
]
