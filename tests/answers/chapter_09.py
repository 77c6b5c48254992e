"""Answers to chapter 09: momentum's forms, report B's (8) and (10), memory, limits."""

import math

import numpy as np

# --- one step in three forms


def spelt_out(form, w, v, g, rate, mu):
    if form == "ema":
        v = v + (1 - mu) * (g - v)
        return w - rate * v, v
    v = g + v * mu
    ahead = mu * v + g if form == "nesterov" else v
    return w - ahead * rate, v


def short(form, w, v, g, rate, mu):
    v = mu * v + {"ema": 1 - mu}.get(form, 1) * g
    return w - rate * {"nesterov": g + mu * v}.get(form, v), v


def in_form(form, new_v=None, new_w=None):
    """Right in all forms but this one."""

    def answer(given, w, v, g, rate, mu):
        right_w, right_v = short(given, w, v, g, rate, mu)
        if given != form:
            return right_w, right_v
        if new_v is not None:
            return right_w, new_v(v, g, rate, mu)
        return new_w(w, v, right_v, g, rate, mu), right_v

    return answer


# --- (8) and (10)


def plus_in_ten(W, v, dW, eta, mu, lam):
    v = mu * v - eta * (dW + lam * W)
    return W + v, v


def plus_in_eight(W, v, dW, eta, mu, lam):
    v = mu * v + eta * dW + eta * lam * W
    return W - v, v


def version(new_v, sign=1.0):
    def answer(W, v, dW, eta, mu, lam):
        v = new_v(W, v, dW, eta, mu, lam)
        return W + sign * v, v

    return answer


def outside(W, v, dW, eta, mu, lam):
    v = mu * v + dW + lam * W
    return W - eta * v, v


def rate_twice(W, v, dW, eta, mu, lam):
    v = mu * v + eta * (dW + lam * W)
    return W - eta * v, v


def late(W, v, dW, eta, mu, lam):
    return W + v, mu * v - eta * (dW + lam * W)


def decoupled(W, v, dW, eta, mu, lam):
    v = mu * v - eta * dW
    return (1 - eta * lam) * W + v, v


# --- the best setting


def by_condition(low, high):
    root = math.sqrt(high / low)
    return 4 / (math.sqrt(low) + math.sqrt(high)) ** 2, ((root - 1) / (root + 1)) ** 2


def by_border(low, high):
    rate = (2 / (low**0.5 + high**0.5)) ** 2
    return rate, (1 - (rate * low) ** 0.5) ** 2


def counted(rate, mu):
    return rate * (1 / (1 - mu)), math.log(0.5, mu)


RIGHT = {
    "three_forms": [short, spelt_out],
    "repaired": [plus_in_ten, plus_in_eight],
    "memory": [lambda rate, mu: (rate / (1 - mu), np.log(2) / -np.log(mu)), counted],
    "largest_rate": [
        lambda curvatures, mu: 2 * (1 + mu) / ((1 - mu) * curvatures.max()),
        lambda curvatures, mu: min(2 * (1 + mu) / c for c in curvatures) / (1 - mu),
    ],
    "tuned": [by_condition, by_border],
}

WRONG = [
    *[
        ("three_forms", name, in_form("heavy_ball", new_v=new_v))
        for name, new_v in [
            ("the average's share in the sum", lambda v, g, rate, mu: mu * v + g - mu * g),
            ("nothing is forgotten", lambda v, g, rate, mu: v + g),
            ("mu on the new gradient too", lambda v, g, rate, mu: mu * v + mu * g),
            ("the rate inside v", lambda v, g, rate, mu: mu * v + rate * g),
            ("the gradient's sign turned", lambda v, g, rate, mu: mu * v - g),
            ("no memory", lambda v, g, rate, mu: 1 * g),
            ("v as the move itself", lambda v, g, rate, mu: mu * v - g * rate),
            ("the wrong share of the old", lambda v, g, rate, mu: v - mu * v + g),
        ]
    ],
    *[
        ("three_forms", name, in_form("heavy_ball", new_w=new_w))
        for name, new_w in [
            ("uphill", lambda w, v, new, g, rate, mu: w + rate * new),
            ("the old velocity", lambda w, v, new, g, rate, mu: w - rate * v),
            ("without the rate", lambda w, v, new, g, rate, mu: w - new),
            ("the gradient twice", lambda w, v, new, g, rate, mu: w - rate * new - rate * g),
            ("a plain step", lambda w, v, new, g, rate, mu: w - rate * g),
        ]
    ],
    ("three_forms", "w in its place", lambda *case: short(*case)[::-1]),
    (
        "three_forms",
        "the old average kept whole",
        in_form("ema", lambda v, g, rate, mu: v + g - mu * g),
    ),
    (
        "three_forms",
        "1 - mu twice",
        in_form("ema", new_w=lambda w, v, new, g, rate, mu: w - (rate - rate * mu) * new),
    ),
    (
        "three_forms",
        "the average before this step",
        in_form("ema", new_w=lambda w, v, new, g, rate, mu: w - rate * v),
    ),
    (
        "three_forms",
        "Nesterov's v as the move",
        in_form("nesterov", lambda v, g, rate, mu: mu * v - rate * g),
    ),
    ("three_forms", "a sum, no average", in_form("ema", lambda v, g, rate, mu: mu * v + g)),
    (
        "three_forms",
        "the two shares swapped",
        in_form("ema", lambda v, g, rate, mu: v + mu * (g - v)),
    ),
    (
        "three_forms",
        "divided by 1 - mu again",
        in_form("ema", new_w=lambda w, v, new, g, rate, mu: w - rate * new / (1 - mu)),
    ),
    (
        "three_forms",
        "Nesterov's v as an average",
        in_form("nesterov", lambda v, g, rate, mu: mu * v + (1 - mu) * g),
    ),
    *[
        ("three_forms", name, in_form("nesterov", new_w=new_w))
        for name, new_w in [
            ("the heavy ball's step", lambda w, v, new, g, rate, mu: w - rate * (g + mu * v)),
            ("mu at the wrong place", lambda w, v, new, g, rate, mu: w - rate * (new + mu * g)),
            ("mu left out", lambda w, v, new, g, rate, mu: w - rate * (new + g)),
        ]
    ],
    *[
        ("repaired", name, answer)
        for name, answer in [
            (
                "it still climbs",
                version(lambda W, v, dW, eta, mu, lam: mu * v - eta * (dW + lam * W), sign=-1),
            ),
            (
                "decay pushes away from 0",
                version(lambda W, v, dW, eta, mu, lam: mu * v - eta * dW + eta * lam * W),
            ),
            ("decay forgotten", version(lambda W, v, dW, eta, mu, lam: mu * v - eta * dW)),
            (
                "decay without the rate",
                version(lambda W, v, dW, eta, mu, lam: mu * v - eta * dW - lam * W),
            ),
            (
                "the rate forgotten",
                version(lambda W, v, dW, eta, mu, lam: mu * v - (dW + lam * W)),
            ),
            ("the rate twice", rate_twice),
            (
                "mu on the new part too",
                version(lambda W, v, dW, eta, mu, lam: mu * (v - eta * (dW + lam * W))),
            ),
            ("the old velocity", late),
            ("decay beside v", decoupled),
            ("the rate outside v", outside),
            (
                "the old velocity's sign turned as well",
                version(lambda W, v, dW, eta, mu, lam: -mu * v - eta * (dW + lam * W)),
            ),
            (
                "no memory",
                version(lambda W, v, dW, eta, mu, lam: eta * (dW + lam * W), sign=-1),
            ),
            (
                "nothing is forgotten",
                version(lambda W, v, dW, eta, mu, lam: v - eta * (dW + lam * W)),
            ),
            (
                "an average",
                version(lambda W, v, dW, eta, mu, lam: mu * v - (1 - mu) * eta * (dW + lam * W)),
            ),
        ]
    ],
    *[
        ("memory", name, lambda rate, mu, wrong=wrong: (wrong(rate, mu), counted(rate, mu)[1]))
        for name, wrong in [
            ("multiplied by 1 - mu", lambda rate, mu: rate - rate * mu),
            ("the alternating sum", lambda rate, mu: rate / (1 + mu)),
            ("EMA's", lambda rate, mu: rate),
            ("the rate forgotten", lambda rate, mu: 1 / (1 - mu)),
            ("the sum of squares", lambda rate, mu: rate / (1 - mu * mu)),
            ("the newest gradient left out", lambda rate, mu: rate / (1 - mu) - rate),
            ("half life in its place", lambda rate, mu: math.log(0.5, mu)),
        ]
    ],
    *[
        ("memory", name, lambda rate, mu, wrong=wrong: (rate / (1 - mu), wrong(mu)))
        for name, wrong in [
            ("the sum of the weights", lambda mu: 1 / (1 - mu)),
            ("upside down", lambda mu: math.log(mu) / math.log(0.5)),
            ("negative", lambda mu: math.log(2) / math.log(mu)),
            ("the time to 1/e", lambda mu: 1 / math.log(1 / mu)),
            ("the approximation", lambda mu: 0.7 / (1 - mu)),
            ("1 - mu for its logarithm", lambda mu: math.log(2) / (1 - mu)),
            ("rounded up", lambda mu: math.ceil(math.log(0.5, mu))),
            ("rounded down", lambda mu: int(math.log(0.5, mu))),
        ]
    ],
    *[
        ("largest_rate", name, answer)
        for name, answer in [
            ("the heavy ball's limit", lambda c, mu: 2 * (1 + mu) / max(c)),
            ("1 - mu on the wrong side", lambda c, mu: 2 * (1 - mu**2) / c.max()),
            ("the flattest direction", lambda c, mu: 2 * (1 + mu) / (1 - mu) / c.min()),
            ("the mean curvature", lambda c, mu: 2 * (1 + mu) / (1 - mu) / c.mean()),
            ("a limit for each direction", lambda c, mu: 2 * (1 + mu) / ((1 - mu) * c)),
            ("momentum forgotten", lambda c, mu: 2 / c.max()),
            ("the effective step's limit", lambda c, mu: 2 / c.max() / (1 - mu)),
            ("Nesterov's limit", lambda c, mu: 2 * (1 + mu) / (1 + 2 * mu) / c.max()),
            ("half of it", lambda c, mu: (1 + mu) / (1 - mu) / c.max()),
            ("multiplied by the curvature", lambda c, mu: 2 * (1 + mu) * c.max() / (1 - mu)),
        ]
    ],
    *[
        ("tuned", name, lambda low, high, wrong=wrong: (wrong(low, high), by_border(low, high)[1]))
        for name, wrong in [
            ("plain descent's rate", lambda low, high: 2 / (low + high)),
            ("the square forgotten", lambda low, high: 2 / (low**0.5 + high**0.5)),
            ("the roots forgotten", lambda low, high: 4 / (low + high) ** 2),
            ("the square of a sum taken apart", lambda low, high: 4 / (low + high)),
            ("the steepest direction alone", lambda low, high: 1 / high),
            ("the limit", lambda low, high: 4 / high),
            ("ηΛ in its place", lambda low, high: 4 / (1 + (low / high) ** 0.5) ** 2),
            ("the 2 not squared", lambda low, high: 2 / (low**0.5 + high**0.5) ** 2),
            ("the momentum in its place", lambda low, high: by_border(low, high)[1]),
        ]
    ],
    *[
        ("tuned", name, lambda low, high, wrong=wrong: (by_border(low, high)[0], wrong(low, high)))
        for name, wrong in [
            ("the factor, not the momentum", lambda low, high: by_border(low, high)[1] ** 0.5),
            ("κ for its root", lambda low, high: ((high / low - 1) / (high / low + 1)) ** 2),
            ("plain descent's factor", lambda low, high: (high - low) / (high + low)),
            ("the other border", lambda low, high: 1 - by_border(low, high)[0] * low),
            ("the habit", lambda low, high: 0.9),
        ]
    ],
]
