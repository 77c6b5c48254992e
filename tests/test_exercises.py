"""The exercises' checkers: right answers are accepted, each known mistake is called by its name.

Every answer in tests/answers/ is written as a reader might write it. A mistake that a checker can
name and that no answer there makes fails the suite, and so does a wrong answer that is accepted.
"""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from mlpcore.exercises import Exercise
from tests.answers.chapter_03 import rows

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
sys.path.insert(0, str(CHAPTERS))
MODULES = sorted(p.stem for p in (CHAPTERS / "exercises").glob("chapter_*.py"))
EXERCISES = {
    (module, name): value
    for module in MODULES
    for name, value in vars(importlib.import_module(f"exercises.{module}")).items()
    if isinstance(value, Exercise)
}
ANSWERS = {name: importlib.import_module(f"tests.answers.{name}") for name in MODULES}
RIGHT = {(name, key): good for name in MODULES for key, good in ANSWERS[name].RIGHT.items()}
WRONG = [(name, *triple) for name in MODULES for triple in ANSWERS[name].WRONG]


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
