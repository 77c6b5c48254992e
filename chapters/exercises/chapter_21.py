"""Exercises of chapter 21: a greedy step, what halving costs, the expected best of n."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: a greedy step -----------------------------------------------------------------------------


def _line(values, at, axis):
    at = [int(i) for i in at]
    axis = int(axis)
    return values[tuple(slice(None) if i == axis else k for i, k in enumerate(at))]


def _moved(at, axis, to):
    new = np.array(at, dtype=float)
    new[int(axis)] = to
    return new


def _step(values, at, axis):
    return _moved(at, axis, _line(values, at, axis).argmax())


def _table(rng):
    while True:
        case = {
            "values": rng.normal(size=(4, 4, 4)),
            "at": rng.integers(0, 4, size=3),
            "axis": rng.integers(0, 3),
        }
        others = [f(**case).tolist() for f in (_step, _worst, _anywhere, _by_means, _stays)]
        if all(others.count(o) == 1 for o in others) and case["axis"] > 0:
            return case


def _worst(values, at, axis):
    return _moved(at, axis, _line(values, at, axis).argmin())


def _anywhere(values, at, axis):
    return np.array(np.unravel_index(values.argmax(), values.shape), dtype=float)


def _by_means(values, at, axis):
    means = values.mean(axis=tuple(i for i in range(3) if i != int(axis)))
    return _moved(at, axis, means.argmax())


def _stays(values, at, axis):
    return np.array(at, dtype=float)


def _run_step(answer, values, at, axis):
    return {"at": answer(values, tuple(int(i) for i in at), int(axis))}


greedy_step = Exercise(
    cases=_table,
    run=_run_step,
    right=_step,
    mistakes={
        "at": _named(
            ("the worst", "Accuracies: the largest is the best.", _worst),
            (
                "best of all",
                "Only the setting `axis` varies; all others stay where they are.",
                _anywhere,
            ),
            (
                "best on average",
                "Greedy looks at one line only, the others held at their present values.",
                _by_means,
            ),
            ("nothing moved", "Put the new index into its place, and return all.", _stays),
        )
    },
    praise="One line, and its best.",
    hints=(
        "Which networks differ from `at` in `axis` only?",
        "line = [values[at[:axis] + (i,) + at[axis + 1:]] for i in range(values.shape[axis])]",
        "return at[:axis] + (int(np.argmax(line)),) + at[axis + 1:]",
    ),
)

# --- 2: halving -----------------------------------------------------------------------------------


def _halving(n, first, eta):
    n, epochs, spent, trained = int(n), int(first), 0, 0
    while True:
        spent += n * (epochs - trained)
        trained = epochs
        n = max(1, n // int(eta))
        if n == 1:
            return spent
        epochs *= int(eta)


def _anew(n, first, eta):
    n, epochs, spent = int(n), int(first), 0
    while n > 1:
        spent += n * epochs
        n, epochs = max(1, n // int(eta)), epochs * int(eta)
    return spent


def _last_too(n, first, eta):
    n, epochs, spent, trained = int(n), int(first), 0, 0
    while True:
        spent += n * (epochs - trained)
        if n == 1:
            return spent
        trained, epochs, n = epochs, epochs * int(eta), max(1, n // int(eta))


def _same_epochs(n, first, eta):
    n, spent = int(n), 0
    while n > 1:
        spent += n * int(first)
        n = max(1, n // int(eta))
    return spent


def _keeps_rest(n, first, eta):
    n, epochs, spent, trained = int(n), int(first), 0, 0
    while n > 1:
        spent += n * (epochs - trained)
        trained, epochs = epochs, epochs * int(eta)
        n = n - max(1, n // int(eta))
    return spent


halving_cost = Exercise(
    cases=lambda rng: {
        "n": rng.integers(30, 54),  # three rounds
        "first": rng.integers(1, 4),
        "eta": np.array(3),
    },
    run=lambda answer, n, first, eta: {"epochs": answer(int(n), int(first), int(eta))},
    right=_halving,
    mistakes={
        "epochs": _named(
            (
                "started anew in each round",
                "A run that goes on has some epochs behind it: only the difference is paid.",
                _anew,
            ),
            (
                "the last trained further",
                "Once one is left, the search is over.",
                _last_too,
            ),
            (
                "always the same epochs",
                "Each round goes on to eta times the epochs.",
                _same_epochs,
            ),
            (
                "one in eta thrown out",
                "One in eta is kept: n // eta.",
                _keeps_rest,
            ),
            (
                "all to the end",
                "That is the cost without halving.",
                lambda n, first, eta: int(n) * int(first) * 9,
            ),
        )
    },
    praise="Every round costs about the same.",
    hints=(
        "Each round costs n times (its epochs - the epochs before).",
        "A loop: pay, then n = max(1, n // eta), stop at 1, else epochs = epochs * eta.",
        "spent = before = 0; while n > 1: spent += n * (first - before); before, first = first, "
        "first * eta; n = max(1, n // eta)",
    ),
)

# --- 3: the expected best -------------------------------------------------------------------------


def _best(values, n):
    values, m = np.sort(values), len(values)
    share = (np.arange(m + 1) / m) ** int(n)
    return np.diff(share) @ values


expected_best = Exercise(
    cases=lambda rng: {"values": rng.normal(0.5, 0.05, size=8), "n": rng.integers(3, 6)},
    run=lambda answer, values, n: {"best": answer(values, int(n))},
    right=_best,
    mistakes={
        "best": _named(
            (
                "the best of all",
                "n draws need not meet it.",
                lambda values, n: values.max(),
            ),
            (
                "the mean",
                "That is the expected value of one draw.",
                lambda values, n: values.mean(),
            ),
            (
                "values not sorted",
                "The i-th smallest: sort first.",
                lambda values, n: np.diff((np.arange(9) / 8) ** int(n)) @ values,
            ),
            (
                "the worst of n",
                "Turned around: the largest must get the largest share.",
                lambda values, n: np.diff((np.arange(9) / 8) ** int(n)) @ np.sort(values)[::-1],
            ),
            (
                "cumulated, not differences",
                "(i/m)^n is the probability of at most the i-th; of exactly the i-th it is a "
                "difference.",
                lambda values, n: (np.arange(1, 9) / 8) ** int(n) @ np.sort(values),
            ),
            (
                "power forgotten",
                "All n draws must be at most the i-th: (i/m)^n, then the differences.",
                lambda values, n: (np.arange(1, 9) / 8) @ np.sort(values),
            ),
        )
    },
    praise="No simulation needed.",
    hints=(
        "With which probability is the best exactly the i-th smallest?",
        "(i/m)^n - ((i-1)/m)^n",
        "share = (np.arange(m + 1) / m) ** n; return np.diff(share) @ np.sort(values)",
    ),
)
