"""Answers to chapter 21: a greedy step, what halving costs, the expected best of n."""

import itertools

import numpy as np


def plain_step(values, at, axis):
    line = [values[(*at[:axis], i, *at[axis + 1 :])] for i in range(values.shape[axis])]
    return (*at[:axis], int(np.argmax(line)), *at[axis + 1 :])


def by_moveaxis(values, at, axis):
    others = tuple(k for i, k in enumerate(at) if i != axis)
    new = list(at)
    new[axis] = np.moveaxis(values, axis, -1)[others].argmax()
    return np.array(new)


def on_average(values, at, axis):
    means = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1).mean(axis=1)
    return (*at[:axis], means.argmax(), *at[axis + 1 :])


def plain_cost(n, first, eta):
    spent = before = 0
    while n > 1:
        spent += n * (first - before)
        before, first, n = first, first * eta, max(1, n // eta)
    return spent


def network_by_network(n, first, eta):
    """For each network the epochs it got."""
    alive, trained = [n], [first]
    while alive[-1] // eta > 1:
        alive.append(alive[-1] // eta)
        trained.append(trained[-1] * eta)
    left = [*alive[1:], 0]
    return sum((a - b) * e for a, b, e in zip(alive, left, trained, strict=True))


def rounds(n, eta):
    sizes = [n]
    while sizes[-1] // eta > 1:
        sizes.append(sizes[-1] // eta)
    return sizes


def thrown_out(n, first, eta):
    spent = before = 0
    while n > 1:
        spent += n * (first - before)
        before, first, n = first, first * eta, n - max(1, n // eta)
    return spent


def plain_best(values, n):
    m = len(values)
    share = (np.arange(m + 1) / m) ** n
    return (share[1:] - share[:-1]) @ np.sort(values)


def enumerated(values, n):
    return np.mean([max(draw) for draw in itertools.product(values, repeat=n)])


def shares(n):
    return (np.arange(9) / 8) ** n


RIGHT = {
    "greedy_step": [plain_step, by_moveaxis],
    "halving_cost": [plain_cost, network_by_network],
    "expected_best": [plain_best, enumerated],
}

WRONG = [
    *[
        ("greedy_step", name, make)
        for name, make in [
            ("the worst", lambda values, at, axis: plain_step(-values, at, axis)),
            (
                "best of all",
                lambda values, at, axis: np.unravel_index(np.argmax(values), values.shape),
            ),
            ("best on average", on_average),
            ("nothing moved", lambda values, at, axis: at),
        ]
    ],
    *[
        ("halving_cost", name, make)
        for name, make in [
            (
                "started anew in each round",
                lambda n, e, k: sum(a * e * k**i for i, a in enumerate(rounds(n, k))),
            ),
            (
                "the last trained further",
                lambda n, e, k: (
                    plain_cost(n, e, k)
                    + e * k ** len(rounds(n, k))
                    - e * k ** (len(rounds(n, k)) - 1)
                ),
            ),
            ("always the same epochs", lambda n, e, k: e * sum(rounds(n, k))),
            ("one in eta thrown out", thrown_out),
            ("all to the end", lambda n, e, k: n * e * k ** (len(rounds(n, k)) - 1)),
        ]
    ],
    *[
        ("expected_best", name, make)
        for name, make in [
            ("the best of all", lambda values, n: np.max(values)),
            ("the mean", lambda values, n: sum(values) / len(values)),
            ("values not sorted", lambda values, n: np.diff(shares(n)) @ values),
            ("the worst of n", lambda values, n: -plain_best(-values, n)),
            ("cumulated, not differences", lambda values, n: shares(n)[1:] @ np.sort(values)),
            ("power forgotten", lambda values, n: shares(1)[1:] @ np.sort(values)),
        ]
    ],
]
