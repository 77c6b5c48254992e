"""Initialisers: random arrays of shape (fan_in, fan_out), scaled so that signals keep their size.

Drawn in float64 from an explicit generator. `gain` makes up for what the activation loses.
"""

import math

from numpy.random import Generator

from .checks import check_choice, check_generator

Shape = tuple[int, int]
GAINS = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "gelu": math.sqrt(2),
    "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
}


def xavier_normal(shape: Shape, rng: Generator, gain: float = 1.0):
    """N(0, s^2), s = gain sqrt(2 / (fan_in + fan_out)). Glorot & Bengio (2010), eq. 12."""
    fan_in, fan_out = _fans(shape, rng)
    return rng.normal(0, gain * math.sqrt(2 / (fan_in + fan_out)), shape)


def xavier_uniform(shape: Shape, rng: Generator, gain: float = 1.0):
    """U(-a, a), a = gain sqrt(6 / (fan_in + fan_out)). Glorot & Bengio (2010), eq. 16."""
    fan_in, fan_out = _fans(shape, rng)
    a = gain * math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, shape)


def kaiming_normal(shape: Shape, rng: Generator, gain: float = GAINS["relu"], mode="fan_in"):
    """N(0, s^2), s = gain / sqrt(fan). He et al. (2015), eq. 10 (mode "fan_in") and 14 ("fan_out").

    [eq:kaiming] chapter 07, report B (46), which leaves open whether it gives s or s^2: it is s.
    """
    fan = _fan(shape, rng, mode)
    return rng.normal(0, gain / math.sqrt(fan), shape)


def kaiming_uniform(shape: Shape, rng: Generator, gain: float = GAINS["relu"], mode="fan_in"):
    """U(-a, a), a = gain sqrt(3 / fan): the variance of `kaiming_normal`."""
    a = gain * math.sqrt(3 / _fan(shape, rng, mode))
    return rng.uniform(-a, a, shape)


_ALL = (xavier_normal, xavier_uniform, kaiming_normal, kaiming_uniform)
INITIALISERS = {function.__name__: function for function in _ALL}


def initialiser(name):
    """The initialiser of that name (a function is handed through). ValueError: unknown name."""
    if callable(name):
        return name
    check_choice(name, "init", INITIALISERS)
    return INITIALISERS[name]


def _fans(shape, rng):
    check_generator(rng)
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"init: shape is {shape}; expected (fan_in, fan_out), both at least 1")
    return shape


def _fan(shape, rng, mode):
    check_choice(mode, "init: mode", ("fan_in", "fan_out"))
    return _fans(shape, rng)[mode == "fan_out"]
