"""The exercises' checkers: right answers are accepted, each known mistake is called by its name.

Every answer below is written as a reader might write it. A mistake that a checker can name and that
no answer here makes fails the suite, and so does a wrong answer that is accepted.
"""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from mlpcore.exercises import Exercise

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
sys.path.insert(0, str(CHAPTERS))
MODULES = sorted(p.stem for p in (CHAPTERS / "exercises").glob("chapter_*.py"))
EXERCISES = {
    (module, name): value
    for module in MODULES
    for name, value in vars(importlib.import_module(f"exercises.{module}")).items()
    if isinstance(value, Exercise)
}


def rows(Y=None, dX=None, dW=None, db=None):
    """A linear layer, rows are examples, with some of its formulas replaced."""

    def layer(X, W, b):
        def back(dY):
            return (
                dX(X, W, dY) if dX else dY @ W.T,
                dW(X, W, dY) if dW else X.T @ dY,
                db(dY) if db else dY.sum(axis=0),
            )

        return Y(X, W, b) if Y else X @ W + b, back

    return layer


def columns(Y=None, dX=None, dW=None, db=None):
    """The same with examples as columns."""

    def layer(X, W, b):
        def back(dY):
            return (
                dX(X, W, dY) if dX else W.T @ dY,
                dW(X, W, dY) if dW else dY @ X.T,
                db(dY) if db else dY.sum(axis=1, keepdims=True),
            )

        return Y(X, W, b) if Y else W @ X + b, back

    return layer


def reading(accuracy=None, recall=None):
    """Accuracy and recalls of a confusion matrix, with one of the formulas replaced."""

    def read(matrix):
        return (
            accuracy(matrix) if accuracy else np.trace(matrix) / matrix.sum(),
            recall(matrix) if recall else np.diag(matrix) / matrix.sum(axis=1),
        )

    return read


def recalls(m):
    return np.diag(m) / m.sum(axis=1)


def loop_linear(X, W, b):
    """The right layer without a single matrix product."""
    n, out = len(X), W.shape[1]
    Y = [[sum(X[k] * W[:, j]) + b[j] for j in range(out)] for k in range(n)]

    def back(dY):
        dX = [[sum(dY[k] * W[i]) for i in range(len(W))] for k in range(n)]
        dW = [[sum(X[:, i] * dY[:, j]) for j in range(out)] for i in range(len(W))]
        return np.array(dX), np.array(dW), sum(dY)

    return np.array(Y), back


def pairs(sizes):
    return list(zip(sizes[:-1], sizes[1:], strict=True))


RIGHT = {
    ("chapter_00", "count_parameters"): [
        lambda sizes: sum((a + 1) * b for a, b in pairs(sizes)),
        lambda sizes: np.dot(sizes[:-1], sizes[1:]) + sum(sizes) - sizes[0],
    ],
    ("chapter_00", "read_confusion"): [
        reading(),
        lambda m: (m.diagonal().sum() / m.sum(), recalls(m)),
    ],
    ("chapter_22", "count_flops"): [lambda n, a, b: 6 * n * a * b],
    ("chapter_22", "blocked_product"): [
        lambda A, B, blocks: A @ B,
        lambda A, B, blocks: np.hstack([A @ part for part in np.split(B, blocks, axis=1)]),
    ],
    ("chapter_03", "linear_layer"): [rows(), loop_linear],
    ("chapter_03", "column_layer"): [columns()],
}

# (exercise, the name the checker must give, the wrong answer)
WRONG = [
    *[
        ("chapter_22", "count_flops", name, answer)
        for name, answer in {
            "only the forward pass": lambda n, a, b: 2 * n * a * b,
            "a multiplication and an addition counted as one": lambda n, a, b: 3 * n * a * b,
            "only the backward pass": lambda n, a, b: 4 * n * a * b,
            "one example instead of the batch": lambda n, a, b: 6 * a * b,
        }.items()
    ],
    *[
        ("chapter_22", "blocked_product", name, lambda A, B, k, f=f: f(A, np.split(B, k, axis=1)))
        for name, f in {
            "blocks below each other": lambda A, parts: np.vstack([A @ p for p in parts]),
            "blocks in the wrong order": lambda A, parts: np.hstack([A @ p for p in parts[::-1]]),
            "only the first block": lambda A, parts: A @ parts[0],
            "the blocks added up": lambda A, parts: sum(A @ p for p in parts),
        }.items()
    ],
    *[
        ("chapter_00", "count_parameters", name, answer)
        for name, answer in {
            "forgot the biases": lambda sizes: sum(a * b for a, b in pairs(sizes)),
            "one bias for each input": lambda sizes: sum(a * (b + 1) for a, b in pairs(sizes)),
            "forgot the weights": lambda sizes: sum(sizes[1:]),
            "gave the input biases": lambda s: sum(a * b for a, b in pairs(s)) + sum(s),
            "one bias for each layer": lambda sizes: sum(a * b + 1 for a, b in pairs(sizes)),
            "only the last layer": lambda sizes: [(a + 1) * b for a, b in pairs(sizes)][-1],
            "only the first layer": lambda sizes: (sizes[0] + 1) * sizes[1],
            "left out the last layer": lambda s: sum((a + 1) * b for a, b in pairs(s[:-1])),
        }.items()
    ],
    *[
        ("chapter_00", "read_confusion", name, reading(**change))
        for name, change in {
            "a mean of the recalls": {"accuracy": lambda m: recalls(m).mean()},
            "a count, not a share": {"accuracy": np.trace},
            "divided by the number of classes": {"accuracy": lambda m: np.trace(m) / len(m)},
            "in percent": {"accuracy": lambda m: 100 * np.trace(m) / m.sum()},
            "the share that is wrong": {"accuracy": lambda m: 1 - np.trace(m) / m.sum()},
            "summed over columns: that is precision": {
                "recall": lambda m: np.diag(m) / m.sum(axis=0)
            },
            "divided by all examples": {"recall": lambda m: np.diag(m) / m.sum()},
            "one number for all classes": {"recall": lambda m: recalls(m).mean()},
        }.items()
    ],
    *[
        (
            "chapter_00",
            "read_confusion",
            "the largest of each row, not the diagonal",
            reading(**change),
        )
        for change in (
            {"accuracy": lambda m: m.max(axis=1).sum() / m.sum()},
            {"recall": lambda m: m.max(axis=1) / m.sum(axis=1)},
        )
    ],
    *[
        ("chapter_03", "linear_layer", name, rows(**change))
        for name, change in [
            ("forgot the bias", {"Y": lambda X, W, b: X @ W}),
            ("subtracted the bias", {"Y": lambda X, W, b: X @ W - b}),
            ("transposed", {"Y": lambda X, W, b: (X @ W + b).T}),
            ("off by the batch size", {"dX": lambda X, W, dY: dY @ W.T / len(X)}),
            ("transposed", {"dX": lambda X, W, dY: W @ dY.T}),
            ("gradients in another order", {"dX": lambda X, W, dY: X.T @ dY}),
            ("the sign is turned", {"dX": lambda X, W, dY: -dY @ W.T}),
            ("forgot dY", {"dX": lambda X, W, dY: np.ones(dY.shape) @ W.T}),
            ("transposed", {"dW": lambda X, W, dY: dY.T @ X}),
            ("off by the batch size", {"dW": lambda X, W, dY: X.T @ dY / len(X)}),
            ("the sign is turned", {"dW": lambda X, W, dY: -X.T @ dY}),
            ("forgot dY", {"dW": lambda X, W, dY: X.T @ np.ones(dY.shape)}),
            ("forgot to sum over the batch", {"db": lambda dY: dY}),
            ("off by the batch size", {"db": lambda dY: dY.mean(axis=0)}),
            ("summed over the wrong axis", {"db": lambda dY: dY.sum(axis=1)}),
            ("summed over everything", {"db": np.sum}),
            ("kept an axis", {"db": lambda dY: dY.sum(axis=0, keepdims=True)}),
        ]
    ],
    *[
        ("chapter_03", "column_layer", name, columns(**change))
        for name, change in [
            ("forgot the bias", {"Y": lambda X, W, b: W @ X}),
            ("turned to rows", {"Y": lambda X, W, b: X.T @ W.T + b.T}),
            ("turned to rows", {"dX": lambda X, W, dY: dY.T @ W}),
            ("gradients in another order", {"dX": lambda X, W, dY: dY @ X.T}),
            ("the sign is turned", {"dX": lambda X, W, dY: -W.T @ dY}),
            ("off by the batch size", {"dX": lambda X, W, dY: W.T @ dY / X.shape[1]}),
            ("off by the number of features", {"dX": lambda X, W, dY: W.T @ dY / len(X)}),
            ("transposed", {"dW": lambda X, W, dY: X @ dY.T}),
            ("off by the batch size", {"dW": lambda X, W, dY: dY @ X.T / X.shape[1]}),
            ("off by the number of features", {"dW": lambda X, W, dY: dY @ X.T / len(X)}),
            ("forgot to sum over the batch", {"db": lambda dY: dY}),
            ("summed over the wrong axis", {"db": lambda dY: dY.sum(axis=0)}),
            ("lost an axis", {"db": lambda dY: dY.sum(axis=1)}),
            ("off by the batch size", {"db": lambda dY: dY.mean(axis=1, keepdims=True)}),
        ]
    ],
]


def test_every_exercise_has_answers_here():
    assert set(RIGHT) == set(EXERCISES)


@pytest.mark.parametrize("key", RIGHT, ids="-".join)
def test_right_answers_are_accepted(key):
    for answer in RIGHT[key]:
        verdict = EXERCISES[key].check(answer)
        assert verdict.status == "right", verdict
        assert verdict


@pytest.mark.parametrize(
    ("module", "exercise", "name", "answer"),
    WRONG,
    ids=[f"{m}-{e}-{n.replace(' ', '_')}-{i}" for i, (m, e, n, _) in enumerate(WRONG)],
)
def test_wrong_answers_are_named(module, exercise, name, answer):
    verdict = EXERCISES[module, exercise].check(answer)
    assert (verdict.status, verdict.mistake) == ("wrong", name), verdict
    assert name in str(verdict)


@pytest.mark.parametrize("key", EXERCISES, ids="-".join)
def test_every_mistake_is_made_by_an_answer(key):
    known = [m.name for mistakes in EXERCISES[key].mistakes.values() for m in mistakes]
    made = [name for module, exercise, name, _ in WRONG if (module, exercise) == key]
    assert sorted(known) == sorted(made)
    assert len(set(known)) >= 3


@pytest.mark.parametrize("key", EXERCISES, ids="-".join)
def test_a_stub_is_not_attempted_and_hints_end_with_the_plainest(key):
    exercise = EXERCISES[key]

    def nothing(*arrays):
        return None

    def raises(*arrays):
        raise NotImplementedError

    for stub in (nothing, raises, lambda *arrays: ...):
        verdict = exercise.check(stub)
        assert verdict.status == "not attempted"
        assert not verdict
        assert repr(verdict) == "Not attempted yet."
    hints = [str(exercise.hint()) for _ in range(len(exercise.hints) + 1)]
    assert len(exercise.hints) >= 2
    assert hints[-1] == hints[-2]


LINEAR = ("chapter_03", "linear_layer")


def test_half_an_answer_is_not_finished():
    verdict = EXERCISES[LINEAR].check(lambda X, W, b: (X @ W + b, lambda dY: None))
    assert verdict.status == "not attempted"
    assert "Not finished" in str(verdict)


def test_an_answer_that_changes_its_arguments_is_told_so():
    def adds_in_place(X, W, b):
        X *= 2
        return X @ W / 2 + b, lambda dY: (dY @ W.T, X.T @ dY / 2, dY.sum(axis=0))

    assert "changes its argument X in place" in str(EXERCISES[LINEAR].check(adds_in_place))


def test_errors_wrong_shapes_and_nameless_mistakes_are_described():
    check = EXERCISES[LINEAR].check
    assert "X (5, 4)" in str(check(lambda X, W, b: 1 / 0))
    shape = str(check(rows(dW=lambda X, W, dY: np.zeros((2, 2)))))
    assert "dW has shape (2, 2); expected (4, 3)" in shape
    assert "no name for" in str(check(rows(dW=lambda X, W, dY: X.T @ dY + 1)))
    assert "expected an array of numbers" in str(check(rows(Y=lambda X, W, b: "Y")))


@pytest.mark.parametrize("key", EXERCISES, ids="-".join)
def test_any_other_answer_is_wrong_and_the_checker_says_so(key):
    """Numbers, lists, arrays, words and functions in the wrong place: a verdict, never a crash."""
    for thing in (17802, 0.5, [1, 2, 3], np.zeros((2, 2)), "words", (1, 2), (1, len), {}, np.nan):
        verdict = EXERCISES[key].check(lambda *arrays, thing=thing: thing)
        assert verdict.status == "wrong", thing
        assert len(str(verdict)) > 20


def test_an_error_shows_the_line_and_what_was_given():
    verdict = str(EXERCISES[LINEAR].check(lambda X, W, b: (W @ X + b, len)))
    assert "shapes that do not fit" in verdict
    assert "W @ X + b" in verdict
    assert "X (5, 4)" in verdict
    one = str(EXERCISES["chapter_00", "count_parameters"].check(lambda sizes: sizes["a"]))
    assert "sizes = [" in one


def test_a_missing_part_is_counted():
    verdict = EXERCISES[LINEAR].check(rows(db=lambda dY: ...))
    assert "number 3 is missing" in str(verdict)


def test_a_lucky_case_is_not_enough():
    """An answer right in one round in three (a mask that happens to fit) must not pass."""
    calls = []

    def sometimes(X, W, b):
        calls.append(0)
        return rows(db=None if len(calls) < 3 else lambda dY: dY.sum(axis=0) * 1.001)(X, W, b)

    assert EXERCISES[LINEAR].check(sometimes).status == "wrong"


def test_nan_is_wrong():
    assert EXERCISES[LINEAR].check(rows(Y=lambda X, W, b: X @ W + np.nan)).status == "wrong"


def test_mistakes_do_not_look_alike():
    """Two names for one wrong value would make the diagnosis a matter of order."""
    for key, exercise in EXERCISES.items():
        case = exercise.cases(np.random.default_rng(0))
        right = exercise.run(exercise.right, **case)
        for output, mistakes in exercise.mistakes.items():
            values = [(m.name, np.asarray(m.value(**case))) for m in mistakes]
            values.append(("right", np.asarray(right[output])))
            for i, (name, value) in enumerate(values):
                for other, second in values[:i]:
                    same = value.shape == second.shape and np.allclose(value, second)
                    assert not same, (key, output, name, other)
