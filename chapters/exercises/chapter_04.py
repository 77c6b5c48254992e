"""Exercises of chapter 04: three activations, a collapsed network, dead units."""

import numpy as np
from scipy.special import erf

from mlpcore import activations
from mlpcore.exercises import Exercise, Mistake


def _points(rng):
    return {"x": 1.5 * rng.normal(size=(4, 5)), "dy": rng.normal(size=(4, 5))}


# --- 1: the sigmoid, safe for large numbers -------------------------------------------------------


def _finite(compute):
    """1.0 if `compute` overflows nowhere and gives no infinity or nan, else 0.0."""
    try:
        with np.errstate(over="raise", invalid="raise"):
            return float(np.isfinite(compute()).all())
    except FloatingPointError:
        return 0.0


def _run_sigmoid(answer, x, dy):
    far, one = np.array([[-1000.0, 1000.0]]), np.ones((1, 2))
    safe = _finite(lambda: answer(far)[0])
    with np.errstate(over="ignore", invalid="ignore"):
        _, far_back = answer(far)
    y, back = answer(x)
    outputs = {"safe at x = ±1000": safe, "y": y}
    return outputs | {"back, at x = ±1000": _finite(lambda: far_back(one)), "dx": back(dy)}


def _sigma(x):
    return 1 / (1 + np.exp(-x))


stable_sigmoid = Exercise(
    cases=_points,
    run=_run_sigmoid,
    right=activations.sigmoid,
    mistakes={
        "safe at x = ±1000": [
            Mistake(
                "it overflows",
                "Take exp of -|x| only, also where np.where throws the result away.",
                lambda x, dy: 0.0,
            ),
        ],
        "y": [
            Mistake("the sign of x is turned", "σ rises with x.", lambda x, dy: _sigma(-x)),
            Mistake(
                "negative x treated like positive",
                "1/(1 + e) with e = exp(-|x|) is right for x >= 0; for x < 0 it is e/(1 + e).",
                lambda x, dy: _sigma(np.abs(x)),
            ),
            Mistake(
                "positive x treated like negative",
                "e/(1 + e) with e = exp(-|x|) is right for x < 0; for x >= 0 it is 1/(1 + e).",
                lambda x, dy: _sigma(-np.abs(x)),
            ),
            Mistake("tanh", "σ lies between 0 and 1.", lambda x, dy: np.tanh(x)),
            Mistake(
                "tanh of x, not of x/2",
                "σ(x) = (1 + tanh(x/2))/2.",
                lambda x, dy: (1 + np.tanh(x)) / 2,
            ),
        ],
        "back, at x = ±1000": [
            Mistake(
                "the slope overflows",
                "Make it of y, which is at hand: no exp is needed.",
                lambda x, dy: 0.0,
            ),
        ],
        "dx": [
            Mistake(
                "the input for the output",
                "The slope is y(1 - y), with y = σ(x).",
                lambda x, dy: dy * x * (1 - x),
            ),
            Mistake(
                "plus for minus", "It is 1 - y.", lambda x, dy: dy * _sigma(x) * (1 + _sigma(x))
            ),
            Mistake(
                "forgot dy",
                "back(dy) must pass on what comes from above.",
                lambda x, dy: _sigma(x) * _sigma(-x),
            ),
            Mistake("1 - y forgotten", "The slope is y(1 - y).", lambda x, dy: dy * _sigma(x)),
            Mistake(
                "y forgotten",
                "The slope is y(1 - y). (In the long form: (1 + e^-x) is squared.)",
                lambda x, dy: dy * _sigma(-x),
            ),
            Mistake(
                "dy taken for y",
                "y is what the forward pass returned: dy y(1 - y).",
                lambda x, dy: dy * (1 - dy),
            ),
            Mistake(
                "tanh's slope",
                "1 - y² belongs to tanh.",
                lambda x, dy: dy * (1 - _sigma(x) ** 2),
            ),
            Mistake(
                "the sign is turned", "σ rises.", lambda x, dy: dy * _sigma(x) * (_sigma(x) - 1)
            ),
        ],
    },
    praise="One exponential, never of a positive number, and a slope made of y alone.",
    hints=(
        "Which exponential can never be larger than 1, whatever x is?",
        "e = np.exp(-np.abs(x)). Then y is 1/(1 + e) where x >= 0, and e/(1 + e) elsewhere.",
        "y = np.where(x >= 0, 1, e) / (1 + e), and back returns dy * y * (1 - y).",
    ),
)

# --- 2: leaky ReLU with a slope for each unit -----------------------------------------------------


def _run_leaky(answer, x, dy, a):
    y, back = answer(x, a)
    return {"y": y, "dx": back(dy)}


leaky = Exercise(
    cases=lambda rng: _points(rng) | {"a": rng.permutation([0.1, 0.3, 0.6, 1.5, 2.0])},
    run=_run_leaky,
    right=lambda x, a: activations.leaky_relu(x, negative_slope=a),
    mistakes={
        "y": [
            Mistake(
                "the larger of x and a x",
                "That is the same only where a is below 1. Ask for the sign of x.",
                lambda x, dy, a: np.maximum(x, a * x),
            ),
            Mistake(
                "a fixed slope of 0.01",
                "The slopes are given: a.",
                lambda x, dy, a: np.where(x > 0, x, 0.01 * x),
            ),
            Mistake(
                "a x added on both sides",
                "Where x > 0, y is x alone.",
                lambda x, dy, a: np.maximum(x, 0) + a * x,
            ),
            Mistake("ReLU", "Negative x are multiplied by a.", lambda x, dy, a: np.maximum(x, 0)),
            Mistake(
                "sides swapped",
                "Positive x pass as they are.",
                lambda x, dy, a: np.where(x > 0, a * x, x),
            ),
            Mistake(
                "a taken for the value",
                "Where x <= 0 the value is a times x.",
                lambda x, dy, a: np.where(x > 0, x, a),
            ),
            Mistake(
                "the sign is turned",
                "a x is negative where x is.",
                lambda x, dy, a: np.where(x > 0, x, -a * x),
            ),
        ],
        "dx": [
            Mistake(
                "sides swapped",
                "The slope is 1 where x > 0, a elsewhere.",
                lambda x, dy, a: dy * np.where(x > 0, a, 1),
            ),
            Mistake(
                "ReLU's slope",
                "Where x <= 0 the slope is a.",
                lambda x, dy, a: dy * (x > 0),
            ),
            Mistake(
                "forgot dy",
                "back(dy) must pass on what comes from above.",
                lambda x, dy, a: np.where(x > 0, 1, a),
            ),
            Mistake(
                "dy forgotten on the left",
                "Where x <= 0 it is a times dy.",
                lambda x, dy, a: np.where(x > 0, dy, a),
            ),
            Mistake(
                "a on both sides",
                "Where x > 0 the slope is 1.",
                lambda x, dy, a: dy * a,
            ),
            Mistake(
                "a x for its slope",
                "The slope of a x is a.",
                lambda x, dy, a: dy * np.where(x > 0, 1, a * x),
            ),
            Mistake(
                "the sign of dy decides",
                "Which side counts is decided by x, in the forward pass.",
                lambda x, dy, a: dy * np.where(dy > 0, 1, a),
            ),
            Mistake(
                "the value for the slope",
                "y itself is no slope: 1 or a.",
                lambda x, dy, a: dy * np.where(x > 0, x, a * x),
            ),
        ],
    },
    praise="Report B's (18) and (19), for any a.",
    hints=(
        "Two sides, two slopes. One array of slopes serves both directions.",
        "slope = np.where(x > 0, 1, a).",
        "y = slope * x, and back returns slope * dy.",
    ),
)

# --- 3: GELU --------------------------------------------------------------------------------------


def _Phi(x):
    return 0.5 * (1 + erf(x / np.sqrt(2)))


def _phi(x):
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def _run(answer, x, dy):
    y, back = answer(x)
    return {"y": y, "dx": back(dy)}


exact_gelu = Exercise(
    cases=_points,
    run=_run,
    right=activations.gelu,
    mistakes={
        "y": [
            Mistake("x forgotten", "This is Φ; GELU is x times it.", lambda x, dy: _Phi(x)),
            Mistake(
                "the root of 2 forgotten",
                "It is erf(x/√2).",
                lambda x, dy: x * 0.5 * (1 + erf(x)),
            ),
            Mistake(
                "the root of 2 outside erf",
                "x is divided by √2 before erf is taken: erf(x/√2).",
                lambda x, dy: x * 0.5 * (1 + erf(x) / np.sqrt(2)),
            ),
            Mistake(
                "x times σ(1.702 x)",
                "A rougher form; the exact one with erf is asked for.",
                lambda x, dy: x / (1 + np.exp(-1.702 * x)),
            ),
            Mistake(
                "the half forgotten",
                "Φ runs from 0 to 1, and 1 + erf to 2.",
                lambda x, dy: x * (1 + erf(x / np.sqrt(2))),
            ),
            Mistake(
                "the density for Φ",
                "Report B writes φ and means Φ, the distribution function.",
                lambda x, dy: x * _phi(x),
            ),
            Mistake(
                "the tanh form",
                "Close, but the exact form with erf is asked for.",
                lambda x, dy: activations.gelu(x, approximate="tanh")[0],
            ),
        ],
        "dx": [
            Mistake(
                "only Φ",
                "x stands in both factors of x Φ(x): the product rule has two terms.",
                lambda x, dy: dy * _Phi(x),
            ),
            Mistake(
                "Φ forgotten",
                "The product rule has two terms, and the first is Φ.",
                lambda x, dy: dy * x * _phi(x),
            ),
            Mistake(
                "the slope of Φ alone",
                "x Φ(x) is a product: Φ + x φ.",
                lambda x, dy: dy * _phi(x),
            ),
            Mistake(
                "Φ and density exchanged",
                "Each term has the slope of one factor: 1 times Φ, and x times φ.",
                lambda x, dy: dy * (_phi(x) + x * _Phi(x)),
            ),
            Mistake(
                "x before the density forgotten",
                "The second term is x times the density.",
                lambda x, dy: dy * (_Phi(x) + _phi(x)),
            ),
            Mistake(
                "√(2π) forgotten",
                "The density has a factor 1/√(2π).",
                lambda x, dy: dy * (_Phi(x) + x * np.exp(-(x**2) / 2)),
            ),
            Mistake(
                "2π without its root",
                "The density's factor is 1/√(2π).",
                lambda x, dy: dy * (_Phi(x) + x * np.exp(-(x**2) / 2) / (2 * np.pi)),
            ),
            Mistake(
                "the minus in the exponent forgotten",
                "The exponent is -x²/2: the density falls on both sides.",
                lambda x, dy: dy * (_Phi(x) + x * np.exp(x**2 / 2) / np.sqrt(2 * np.pi)),
            ),
            Mistake(
                "dy with the first term only",
                "dy multiplies the whole slope: dy * (Φ + x φ), in brackets.",
                lambda x, dy: dy * _Phi(x) + x * _phi(x),
            ),
            Mistake(
                "dy with the second term only",
                "dy multiplies the whole slope: dy * (Φ + x φ), in brackets.",
                lambda x, dy: _Phi(x) + x * _phi(x) * dy,
            ),
            Mistake(
                "the tanh form's slope",
                "y is the exact form; its slope is Φ + x φ.",
                lambda x, dy: activations.gelu(x, approximate="tanh")[1](dy),
            ),
            Mistake(
                "the density without its half",
                "The exponent is -x²/2.",
                lambda x, dy: dy * (_Phi(x) + x * np.exp(-(x**2)) / np.sqrt(2 * np.pi)),
            ),
            Mistake(
                "forgot dy",
                "back(dy) must pass on what comes from above.",
                lambda x, dy: _Phi(x) + x * _phi(x),
            ),
        ],
    },
    praise="Report B's (20) and (23), with Φ for its φ.",
    hints=(
        "GELU is a product, x times Φ(x). Which rule gives the slope of a product?",
        "Φ = (1 + erf(x/√2))/2. Its slope is the density φ = exp(-x²/2)/√(2π).",
        "from scipy.special import erf. y = x * Phi, and back returns dy * (Phi + x * phi).",
    ),
)

# --- 4: two linear layers are one -----------------------------------------------------------------


def _two_layers(rng):
    shapes = {"W1": (4, 4), "b1": 4, "W2": (4, 4), "b2": 4}  # square: no shape gives a mistake away
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


collapse = Exercise(
    cases=_two_layers,
    run=lambda answer, **case: dict(zip(("W", "b"), answer(*case.values()), strict=True)),
    right=lambda W1, b1, W2, b2: (W1 @ W2, b1 @ W2 + b2),
    mistakes={
        "W": [
            Mistake(
                "the other order",
                "Rows are examples: X meets W1 first, from the right.",
                lambda W1, b1, W2, b2: W2 @ W1,
            ),
            Mistake(
                "element by element",
                "A matrix product: W1 @ W2.",
                lambda W1, b1, W2, b2: W1 * W2,
            ),
            Mistake("added", "The layers follow one another.", lambda W1, b1, W2, b2: W1 + W2),
            Mistake("transposed", "Y = X W.", lambda W1, b1, W2, b2: (W1 @ W2).T),
        ],
        "b": [
            Mistake(
                "b1 not sent through W2",
                "What the first layer adds, the second multiplies.",
                lambda W1, b1, W2, b2: b1 + b2,
            ),
            Mistake("b2 forgotten", "The second layer adds b2.", lambda W1, b1, W2, b2: b1 @ W2),
            Mistake("b1 forgotten", "b1 goes through W2.", lambda W1, b1, W2, b2: b2),
            Mistake(
                "b1 through the wrong matrix",
                "b1 is added after W1 and before W2.",
                lambda W1, b1, W2, b2: b1 @ W1 + b2,
            ),
            Mistake(
                "b1 through both matrices",
                "b1 is added after W1: only W2 acts on it.",
                lambda W1, b1, W2, b2: b1 @ W1 @ W2 + b2,
            ),
            Mistake(
                "b1 on the wrong side",
                "b1 is a row, like an example: b1 @ W2.",
                lambda W1, b1, W2, b2: W2 @ b1 + b2,
            ),
            Mistake(
                "b2 sent through W2 as well",
                "b2 is added at the very end.",
                lambda W1, b1, W2, b2: (b1 + b2) @ W2,
            ),
        ],
    },
    praise="As many layers as you like are one, as long as nothing bends between them.",
    hints=(
        "Put Y1 = X W1 + b1 into Y2 = Y1 W2 + b2 and multiply out.",
        "Y2 = X W1 W2 + b1 W2 + b2. What stands with X, what without?",
        "return W1 @ W2, b1 @ W2 + b2",
    ),
)

# --- 5: how many units are dead -------------------------------------------------------------------

UNITS = 12


def _activations(rng):
    A = np.maximum(rng.normal(size=(7, UNITS)), 0)
    A[:, 0] = rng.uniform(1, 2, 7)  # a unit that is on for all examples but one
    dead = 1 + rng.permutation(UNITS - 1)[: rng.integers(2, 5)]
    A[:, dead] = 0
    A[rng.integers(7)] = 0  # an example for which every unit is off
    return {"A": A}


def _dead(A):
    return np.all(A == 0, axis=0).sum()


count_dead = Exercise(
    cases=_activations,
    run=lambda answer, A: {"number": answer(A)},
    right=_dead,
    mistakes={
        "number": [
            Mistake(
                "rows counted",
                "A unit is a column: axis=0 runs down it.",
                lambda A: np.all(A == 0, axis=1).sum(),
            ),
            Mistake(
                "units that are ever off",
                "Dead means off for every example: np.all, not np.any.",
                lambda A: np.any(A == 0, axis=0).sum(),
            ),
            Mistake(
                "zeros counted",
                "Zeros are no harm; a column of nothing else is.",
                lambda A: (A == 0).sum(),
            ),
            Mistake(
                "none found",
                "Off means exactly 0, never below; and np.all needs axis=0, to ask each column.",
                lambda A: 0,
            ),
            Mistake(
                "a mask, not a number",
                "Right so far. How many are True?",
                lambda A: np.all(A == 0, axis=0),
            ),
            Mistake("a share", "The number of units is asked for.", lambda A: _dead(A) / UNITS),
            Mistake(
                "the living counted", "Count the others.", lambda A: np.any(A > 0, axis=0).sum()
            ),
        ]
    },
    praise="Look at this number whenever a ReLU network stops learning.",
    hints=(
        "What does the column of a dead unit look like?",
        "A == 0 is an array of truths. np.all(..., axis=0) asks each column.",
        "return np.all(A == 0, axis=0).sum()",
    ),
)
