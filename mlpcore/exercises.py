"""Exercises that answer back: not attempted yet, right, or the name of the mistake.

An `Exercise` runs the reader's own function or class on random cases beside the right one, and
compares a wrong output with what each known mistake would have given (chapters/exercises/).
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Mistake:
    """A way to get one output wrong; `value`: the case's arrays -> the wrong output."""

    name: str
    advice: str
    value: Callable


@dataclass(frozen=True)
class Verdict:
    """What a check found: "not attempted", "right" (true) or "wrong", perhaps a known mistake."""

    status: str
    message: str
    mistake: str | None = None

    def __bool__(self) -> bool:
        return self.status == "right"

    def __repr__(self) -> str:
        return self.message


class _Wrong(Exception):
    """What is wrong with an answer, in words, and the name of the mistake if it is a known one."""


class _Text(str):
    def __repr__(self):
        return str(self)


@dataclass
class Exercise:
    """One exercise.

    cases: generator -> dict of named float64 arrays, drawn anew for each of `rounds` rounds.
    run: (answer, **case) -> dict of named outputs, forward before backward, for the reader's answer
    and the `right` one alike. mistakes: by output. praise: one line. hints: from vague to plain.
    """

    cases: Callable[[np.random.Generator], dict[str, np.ndarray]]
    run: Callable[..., dict]
    right: Callable
    mistakes: dict[str, list[Mistake]]
    praise: str
    hints: tuple[str, ...]
    rounds: int = 3
    _given: int = field(default=0, repr=False)

    def hint(self) -> str:
        """The next hint; the last one again when there are no more."""
        self._given = min(self._given + 1, len(self.hints))
        return _Text(f"Hint {self._given} of {len(self.hints)}: {self.hints[self._given - 1]}")

    def check(self, answer: Callable) -> Verdict:
        """Try `answer` on fresh cases and say what is the matter."""
        rng = np.random.default_rng()
        rounds = [self.cases(rng) for _ in range(self.rounds)]
        try:
            found = [self._outputs(answer, case) for case in rounds]
            self._compare(found, [self._outputs(self.right, case) for case in rounds], rounds)
        except NotImplementedError as stub:
            return Verdict("not attempted", str(stub) or "Not attempted yet.")
        except _Wrong as wrong:
            message, *mistake = wrong.args
            return Verdict("wrong", f"Not yet. {message}", *mistake)
        return Verdict("right", f"Right. {self.praise}")

    def _outputs(self, answer, case):
        """The answer's outputs for one case; its arguments must be left as they were."""
        arguments = {name: np.array(value) for name, value in case.items()}
        try:
            outputs = self.run(_attempted(answer), **arguments)
            outputs = {name: _array(value, name) for name, value in outputs.items()}
        except (NotImplementedError, _Wrong):
            raise
        except Exception as error:
            raise _Wrong(_told(error, case)) from error
        for name, value in case.items():
            if not np.array_equal(arguments[name], value):
                why = "whoever passed it still needs it. Make a new array."
                raise _Wrong(f"Your code changes its argument {name} in place; {why}")
        return outputs

    def _compare(self, found, expected, rounds):
        """Say what is wrong with the first output that is not as expected, in every round."""
        for output in expected[0]:
            given, wanted = [f[output] for f in found], [e[output] for e in expected]
            if _all_close(given, wanted):
                continue
            for mistake in self.mistakes.get(output, ()):
                if _all_close(given, [mistake.value(**case) for case in rounds]):
                    raise _Wrong(f"{output}: {mistake.name}. {mistake.advice}", mistake.name)
            shape, right = given[0].shape, wanted[0].shape
            if shape != right:
                raise _Wrong(f"{output} has shape {shape}; expected {right}.")
            off = ~(np.abs(given[0] - wanted[0]) < 1e-6)
            some = f"{off.sum()} of {off.size} numbers are wrong" if shape else "wrong"
            raise _Wrong(f"{output}: {some}, in a way this checker has no name for.")


def _told(error, case):
    """An error in the reader's code: what, at which line, with which arrays."""
    line = traceback.extract_tb(error.__traceback__)[-1].line
    what = f"{type(error).__name__}: {error}"
    if "mismatch in its core dimension" in what:  # NumPy's words for A @ B that does not fit
        what = "a matrix product of shapes that do not fit: inner sizes must be equal"
    given = ", ".join(
        f"{name} {np.shape(v)}" if np.ndim(v) > 1 or np.size(v) > 8 else f"{name} = {v}"
        for name, v in case.items()
    )
    return f"Your code stopped with {what}. The line: `{line}`. It was given {given}."


def _attempted(function, message=""):
    """`function` so wrapped that it, or a function it returns, says when it gives nothing."""

    def watched(*args, **kwargs):
        result = function(*args, **kwargs)
        parts = result if isinstance(result, tuple) else (result,)
        missing = [i for i, part in enumerate(parts, 1) if part is None or part is Ellipsis]
        if missing and len(missing) == sum(not callable(part) for part in parts):
            raise NotImplementedError(message)
        if missing:
            raise _Wrong(f"Of the {len(parts)} things returned, number {missing[0]} is missing.")
        inner = "Not finished: the function you return gives nothing yet."
        parts = tuple(_attempted(p, inner) if callable(p) else p for p in parts)
        return parts if isinstance(result, tuple) else parts[0]

    return watched


def _array(value, name):
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise _Wrong(f"{name} is a {type(value).__name__}; expected an array of numbers.")
    return array.astype(np.float64)


def _all_close(given, wanted):
    return all(
        np.shape(g) == np.shape(w) and np.allclose(g, w, rtol=1e-7, atol=1e-9)
        for g, w in zip(given, wanted, strict=True)
    )
