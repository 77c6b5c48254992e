"""Exercises of chapter 20: undoing a broadcast, adding up over paths, an operation of one's own."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: unbroadcast -------------------------------------------------------------------------------


def _broadcast(rng):
    return {"dy": rng.normal(size=(2, 3, 4)), "shape": np.array([3, 1])}


def _unbroadcast(dy, shape, sum=np.sum):
    shape = tuple(int(size) for size in shape)
    dy = sum(dy, axis=tuple(range(dy.ndim - len(shape))))
    stretched = tuple(i for i, size in enumerate(shape) if size == 1 and dy.shape[i] > 1)
    return sum(dy, axis=stretched, keepdims=True) if stretched else dy


unbroadcast = Exercise(
    cases=_broadcast,
    run=lambda answer, dy, shape: {"dx": answer(dy, tuple(int(size) for size in shape))},
    right=_unbroadcast,
    mistakes={
        "dx": _named(
            (
                "a mean",
                "Every copy moves the loss: their gradients add up.",
                lambda dy, shape: _unbroadcast(dy, shape, np.mean),
            ),
            (
                "stretched axes left as they are",
                "An axis of size 1 was used for all places: sum over it, with keepdims=True.",
                lambda dy, shape: dy.sum(axis=0),
            ),
            (
                "new axes left as they are",
                "Axes that shape does not have were added on the left: sum over them.",
                lambda dy, shape: dy.sum(axis=-1, keepdims=True),
            ),
            (
                "axis of size 1 lost",
                "Keep it: the result must have exactly the shape asked for.",
                lambda dy, shape: dy.sum(axis=(0, 2)),
            ),
            (
                "one copy only",
                "Each copy was used. Sum, do not pick.",
                lambda dy, shape: dy[0][:, :1],
            ),
            (
                "everything summed",
                "Only over the axes that were added or stretched.",
                lambda dy, shape: np.full((3, 1), dy.sum()),
            ),
        )
    },
    praise="What was copied forwards is summed backwards.",
    hints=(
        "Which axes of dy are not in shape? Which have size 1 there and more here?",
        "First dy.sum over the len(dy.shape) - len(shape) axes on the left.",
        "for i, size in enumerate(shape): if size == 1: dy = dy.sum(axis=i, keepdims=True)",
    ),
)

# --- 2: paths -------------------------------------------------------------------------------------


def _graph(rng):
    """Seven values; each goes into the next, and into some later ones, once or twice."""
    while True:
        uses = np.triu(rng.integers(0, 3, size=(7, 7)), k=1).astype(float)
        uses[np.arange(6), np.arange(1, 7)] = np.maximum(uses[np.arange(6), np.arange(1, 7)], 1)
        answers = [f(uses) for f in (_paths, *_OTHERS)]
        shapes = [a.shape for a in answers]
        if len(set(shapes)) == 1 and all(
            not np.allclose(a, b) for i, a in enumerate(answers) for b in answers[:i]
        ):
            return {"uses": uses}


def _paths(uses):
    gradient = np.zeros(len(uses))
    gradient[-1] = 1
    for i in reversed(range(len(uses) - 1)):
        gradient[i] = uses[i] @ gradient
    return gradient


def _direct(uses):
    gradient = uses[:, -1].copy()
    gradient[-1] = 1
    return gradient


def _overwritten(uses):
    gradient = np.zeros(len(uses))
    gradient[-1] = 1
    for j in reversed(range(len(uses))):
        for i in range(j):
            if uses[i, j]:
                gradient[i] = uses[i, j] * gradient[j]
    return gradient


def _from_the_first(uses):
    count = np.zeros(len(uses))
    count[0] = 1
    for j in range(1, len(uses)):
        count[j] = uses[:, j] @ count
    return count


def _once(uses):
    return _paths((uses > 0).astype(float))


def _last_is_zero(uses):
    gradient = _paths(uses)
    gradient[-1] = 0
    return gradient


def _counted(uses):
    return uses.sum(axis=1)


def _column(uses):
    return uses[:, -1]


_OTHERS = (_direct, _overwritten, _from_the_first, _once, _last_is_zero, _counted, _column)

paths = Exercise(
    cases=_graph,
    run=lambda answer, uses: {"gradient": answer(uses)},
    right=_paths,
    mistakes={
        "gradient": _named(
            (
                "direct uses only",
                "A value also acts through what was made from it. Go from the end to the "
                "beginning, so that all later gradients are there.",
                _direct,
            ),
            (
                "overwritten",
                "Used in several places, a value gets something from each: add, do not replace.",
                _overwritten,
            ),
            (
                "counted from the first",
                "That is how often value 0 goes into each. Asked is how often each goes into the "
                "last.",
                _from_the_first,
            ),
            (
                "used twice counted once",
                "y = x + x has the gradient 2: multiply by uses[i, j].",
                _once,
            ),
            ("dL/dL is not 0", "Moving the loss by 1 moves the loss by 1.", _last_is_zero),
            (
                "uses counted, not followed",
                "Multiply each use by the gradient of the value it goes into.",
                _counted,
            ),
            (
                "the last column alone",
                "Those are the direct uses. A value also acts through what was made from it, and "
                "dL/dL is 1.",
                _column,
            ),
        )
    },
    praise="A gradient is a sum over all paths.",
    hints=(
        "The last value's gradient is 1. Whose can you say next?",
        "gradient[i] = sum over j of uses[i, j] * gradient[j], from the end to the beginning.",
        "for i in reversed(range(n - 1)): gradient[i] = uses[i] @ gradient",
    ),
)

# --- 3: an operation ------------------------------------------------------------------------------


def _rows(rng):
    x = rng.normal(0, 2, size=(3, 3))
    x[1] += 1000  # exp would overflow
    return {"x": x, "dy": rng.normal(size=3)}


def _run_op(answer, x, dy):
    y, back = answer(x)
    return {"y": y, "dx": back(dy)}


def _lse(x):
    top = x.max(axis=1, keepdims=True)
    e = np.exp(x - top)
    total = e.sum(axis=1, keepdims=True)
    return (top + np.log(total))[:, 0], lambda dy: dy[:, None] * e / total


def _p(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _overflowing(x, dy):
    with np.errstate(over="ignore"):
        return np.log(np.exp(x).sum(axis=1))


def _one_largest(x, dy):
    with np.errstate(divide="ignore"):
        return x.max() + np.log(np.exp(x - x.max()).sum(axis=1))


log_sum_exp = Exercise(
    cases=_rows,
    run=_run_op,
    right=_lse,
    mistakes={
        "y": _named(
            (
                "overflow",
                "exp of a large number is infinite: take the row's largest out first.",
                _overflowing,
            ),
            (
                "one largest for all rows",
                "Next to the largest row the others' exp is 0, and its logarithm -infinity. Take "
                "out each row's own.",
                _one_largest,
            ),
            (
                "the largest not added again",
                "You took the largest out of the exponent; add it to the logarithm.",
                lambda x, dy: np.log(np.exp(x - x.max(axis=1, keepdims=True)).sum(axis=1)),
            ),
            (
                "columns for rows",
                "One number for each row: axis=1.",
                lambda x, dy: x.max(axis=0) + np.log(np.exp(x - x.max(axis=0)).sum(axis=0)),
            ),
            (
                "the largest alone",
                "That is what it is a smooth form of; the logarithm of the sum is missing.",
                lambda x, dy: x.max(axis=1),
            ),
            (
                "axis kept",
                "y is (n,): leave keepdims out at the end.",
                lambda x, dy: _lse(x)[0][:, None],
            ),
        ),
        "dx": _named(
            (
                "dy forgotten",
                "Each row's gradient is multiplied by what arrived for it.",
                lambda x, dy: _p(x),
            ),
            (
                "dy along the columns",
                "dy is per row: dy[:, None].",
                lambda x, dy: _p(x) * dy,
            ),
            (
                "not divided by the sum",
                "d ln(s) = ds / s.",
                lambda x, dy: dy[:, None] * np.exp(x - x.max(axis=1, keepdims=True)),
            ),
            (
                "gradient of the maximum",
                "Every x_j counts, by its share of the sum.",
                lambda x, dy: dy[:, None] * (x == x.max(axis=1, keepdims=True)),
            ),
            (
                "softmax's own Jacobian",
                "Softmax is the derivative already; it is not to be derived again.",
                lambda x, dy: dy[:, None] * _p(x) * (1 - _p(x)),
            ),
        ),
    },
    praise="Its derivative is softmax.",
    hints=(
        "What is the derivative of ln(s)? And of s = sum e^x with respect to one x?",
        "dx is dy[:, None] times softmax of the row. For y, take the largest out first.",
        "m = x.max(axis=1, keepdims=True); e = np.exp(x - m); s = e.sum(axis=1, keepdims=True); "
        "y = (m + np.log(s))[:, 0]; dx = dy[:, None] * e / s",
    ),
)
