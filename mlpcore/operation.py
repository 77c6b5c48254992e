"""What an operation is: a pure function that hands back its own derivative.

    y, back = relu(x)      # forward: the value, and a function
    dx = back(dy)          # backward: gradient of the loss with respect to y in, to x out

`back` is the vector-Jacobian product. Differentiable arguments come first and by position; `back`
returns one gradient for each of them (a tuple where there are several, None where it was told not
to compute one). Everything else is a keyword.

Called on arrays an operation returns `(y, back)`. Called on `Tensor`s (autograd.py) it returns a
`Tensor` that remembers `back`. That is all the tape adds: every derivative is written once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

REGISTRY: dict[str, Callable] = {}


class Recordable:
    """Base of `autograd.Tensor`: a value whose operations are recorded."""

    __slots__ = ()

    @staticmethod
    def record(function: Callable, args: tuple, kwargs: dict) -> Recordable:
        """Run `function` on the values behind `args` and remember its `back`."""
        raise NotImplementedError


def operation(function: Callable) -> Callable:
    """List `function` in `REGISTRY` (gradcheck walks it) and let the tape record its calls."""
    REGISTRY[function.__name__] = function

    @functools.wraps(function)
    def call(*args, **kwargs):
        for name, value in kwargs.items():
            if isinstance(value, Recordable):
                raise TypeError(f"{function.__name__}: give the Tensor {name!r} by position")
        for value in args:
            if isinstance(value, Recordable):
                return value.record(function, args, kwargs)
        return function(*args, **kwargs)

    return call
