"""Exercises of chapter 23: dead units, the colour of a place, the rate that a step uses."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: the share of dead units -------------------------------------------------------------------


def _activations(rng):
    """ReLU outputs of 12 rows and 8 units, of which 2 or 3 are dead; a row of zeros among them."""
    A = np.maximum(rng.normal(size=(12, 8)), 0)
    A[:, rng.permutation(8)[: rng.integers(2, 4)]] = 0
    A[rng.integers(12)] = 0
    return {"A": A}


dead_share = Exercise(
    cases=_activations,
    run=lambda answer, A: {"share": answer(A)},
    right=lambda A: (A == 0).all(axis=0).mean(),
    mistakes={
        "share": [
            Mistake(
                "zeros counted, not units",
                "A zero now and then is what ReLU does. Dead is a unit that is 0 for every row.",
                lambda A: (A == 0).mean(),
            ),
            Mistake(
                "rows instead of units",
                "all(axis=1) asks whether an example has only zeros. Units are columns.",
                lambda A: (A == 0).all(axis=1).mean(),
            ),
            Mistake(
                "a single zero is enough",
                "any() finds units that are 0 somewhere: nearly all. Dead needs all().",
                lambda A: (A == 0).any(axis=0).mean(),
            ),
            Mistake(
                "a count, not a share",
                "Divide by the number of units.",
                lambda A: (A == 0).all(axis=0).sum(),
            ),
            Mistake(
                "the living counted",
                "That is the share of units that are alive.",
                lambda A: (A != 0).any(axis=0).mean(),
            ),
            Mistake(
                "one answer for each unit",
                "These are the dead units one by one; take the mean over them.",
                lambda A: (A == 0).all(axis=0).astype(float),
            ),
        ]
    },
    praise="Zero in every row: no gradient, and no way back.",
    hints=(
        "Which axis of A counts the examples? A unit is dead if all of them are 0.",
        "(A == 0).all(axis=0) says for each unit whether it is dead.",
        "return (A == 0).all(axis=0).mean()",
    ),
)

# --- 2: the colour of a place ---------------------------------------------------------------------


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


colour = Exercise(
    cases=lambda rng: {"z": rng.normal(size=(6, 2)) * 2},
    run=lambda answer, z: {"probability": answer(z)},
    right=lambda z: _sigmoid(z[:, 1] - z[:, 0]),
    mistakes={
        "probability": [
            Mistake(
                "class 0's probability",
                "The first column is class 0's score.",
                lambda z: _sigmoid(z[:, 0] - z[:, 1]),
            ),
            Mistake(
                "the other score ignored",
                "Softmax compares the two scores: only their difference counts.",
                lambda z: _sigmoid(z[:, 1]),
            ),
            Mistake(
                "the decision instead of the probability",
                "argmax says which class; the colour says how sure.",
                lambda z: (z[:, 1] > z[:, 0]).astype(float),
            ),
            Mistake(
                "scores instead of probabilities",
                "Scores have any size; softmax makes probabilities of them.",
                lambda z: z[:, 1],
            ),
            Mistake(
                "softmax over the batch",
                "Each row is one example: sum over its two classes, not over the rows.",
                lambda z: np.exp(z[:, 1]) / np.exp(z[:, 1]).sum(),
            ),
            Mistake(
                "both probabilities",
                "One number for each place: the second column.",
                lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
            ),
        ]
    },
    praise="For two classes softmax is a sigmoid of the difference of the scores.",
    hints=(
        "Softmax of two scores: e^z1 / (e^z0 + e^z1). Divide above and below by e^z1.",
        "1 / (1 + exp(z0 - z1))",
        "return 1 / (1 + np.exp(z[:, 0] - z[:, 1]))",
    ),
)

# --- 3: the rate that a step uses -----------------------------------------------------------------


def _rates(choose):
    """The rates of `steps`, each by `choose(step, start, changes in order)`."""
    return lambda steps, start, changes: np.array(
        [choose(step, float(start), changes[np.argsort(changes[:, 0])]) for step in steps]
    )


def _in_force(step, start, changes):
    return [start, *changes[changes[:, 0] <= step, 1]][-1]


def _case(rng):
    """Three changes, neither forwards nor backwards in order; steps at, beside and between them."""
    after = rng.choice([[12.0, 5.0, 30.0], [5.0, 30.0, 12.0], [30.0, 5.0, 12.0]])
    steps = np.array([0.0, 4.0, 5.0, 6.0, 11.0, 12.0, 20.0, 30.0, 40.0])
    changes = np.stack([after, rng.uniform(0.01, 1, 3)], axis=1)
    return {"steps": steps, "start": rng.uniform(1, 2), "changes": changes}


rate_of = Exercise(
    cases=_case,
    run=lambda answer, steps, start, changes: {
        "rates": np.array([_number(answer(int(step), float(start), changes)) for step in steps])
    },
    right=lambda step, start, changes: _in_force(step, start, changes[np.argsort(changes[:, 0])]),
    mistakes={
        "rates": [
            Mistake(
                "one step late",
                "After 5 steps, numbers 0 to 4 are done: the change acts on number 5 itself.",
                _rates(lambda s, start, c: [start, *c[c[:, 0] < s, 1]][-1]),
            ),
            Mistake(
                "one step early",
                "Step number 4 is the fifth: the change comes after it.",
                _rates(lambda s, start, c: [start, *c[c[:, 0] <= s + 1, 1]][-1]),
            ),
            Mistake(
                "always the start",
                "From the first change on, its rate holds.",
                _rates(lambda s, start, c: start),
            ),
            Mistake(
                "back to the start",
                "A change holds until the next, not for its own step alone.",
                _rates(lambda s, start, c: [start, *c[c[:, 0] == s, 1]][-1]),
            ),
            Mistake(
                "the first change for ever",
                "Of the changes so far the latest counts.",
                _rates(lambda s, start, c: [*c[c[:, 0] <= s, 1], start][0]),
            ),
            Mistake(
                "the order of the rows",
                "The rows come in any order: sort them by their first number.",
                lambda steps, start, changes: np.array(
                    [_in_force(step, float(start), changes) for step in steps]
                ),
            ),
        ]
    },
    praise="That is how the playground's program replays what you steered.",
    hints=(
        "Which changes are in force at step number s? Those after s steps or fewer.",
        "Sort the rows by their first number, keep those with changes[:, 0] <= step; the last one "
        "counts, or `start` if there is none.",
        "done = sorted(row for row in changes.tolist() if row[0] <= step); "
        "return done[-1][1] if done else start",
    ),
)


def _number(value):
    """The answer's number; None and ... go through, to be told as not attempted."""
    if value is None or value is ...:
        raise NotImplementedError
    return value
