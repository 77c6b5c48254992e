"""The tape: a `Tensor` remembers which operation made it, so `loss.backward()` can go back.

No calculus lives here. `record` runs an operation (operation.py) and keeps its `back`; `backward`
calls those `back`s from the last to the first and adds up what reaches each tensor.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from . import ops
from .operation import Recordable

_clock = itertools.count()  # a tensor made later has a larger number: the backward order
_recording = True
_used_up = object()  # stands in for the `back` of a graph that has been walked


@contextmanager
def no_grad() -> Iterator[None]:
    """Within this block nothing is recorded: faster, and nothing can be differentiated."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


class Tensor(Recordable):
    """An array that remembers how it was made.

    data: the array. requires_grad: whether gradients are wanted for it. grad: None, or after
    `backward()` the gradient of the loss, in the shape of data (leaves only: tensors that no
    operation made). TypeError: requires_grad with data that are not floats.
    """

    __array_ufunc__ = None  # array + Tensor asks the Tensor, and np.exp(Tensor) is an error
    requires_grad = False
    grad = None
    version = 0  # counts the changes of data since it was made
    _back = _made_by = None
    _parents = ()  # (place among the arguments, Tensor that wants gradients, its version then)

    def __init__(self, data, requires_grad: bool = False):
        self.data = data if isinstance(data, np.ndarray) else np.asarray(data)
        self._number = next(_clock)
        if requires_grad:
            if self.data.dtype.kind != "f":
                raise TypeError(f"Tensor: data are {self.data.dtype}; gradients need floats")
            self.requires_grad = True

    @staticmethod
    def record(function, args, kwargs):
        """Run the operation `function` on the data of `args`; a Tensor that remembers its back.

        Float arrays among `args` take the dtype of the Tensors that want gradients. TypeError:
        these are of two dtypes.
        """
        arrays, parents, dtype = [], [], None
        for place, value in enumerate(args):
            array = value
            if isinstance(value, Tensor):
                array = value.data
                dtype = dtype or array.dtype
                if value.requires_grad:
                    parents.append((place, value, value.version))
            arrays.append(array)
        dtype = parents[0][1].data.dtype if parents else dtype
        for place, value in enumerate(arrays):
            if value is not None and getattr(value, "dtype", dtype) is not dtype:
                _check_one_dtype(function, dtype, parents)
                arrays[place] = _in_dtype(value, dtype)
        y, back = function(*arrays, **kwargs)
        out = Tensor(y)
        if parents and _recording:
            out.requires_grad = True
            out._back, out._parents, out._made_by = back, parents, function
        return out

    def backward(self, gradient=None) -> None:
        """Put the gradient of this tensor into `.grad` of every leaf it was made from.

        Gradients add up until `zero_grad()`. `gradient` (this tensor's shape) weighs the elements
        of a tensor that is no scalar. The graph is used up: RuntimeError on a second call, on a
        parameter changed since the forward pass, or where nothing was recorded.
        """
        if gradient is None and self.data.size != 1:
            how = "start from a scalar loss, or give a gradient of that shape"
            raise ValueError(f"backward: this tensor has shape {self.shape}; {how}")
        gradient = np.ones(self.shape) if gradient is None else gradient
        gradient = np.array(gradient, self.dtype)  # a copy
        if gradient.shape != self.shape:
            raise ValueError(f"backward: gradient {gradient.shape}; expected {self.shape}")
        if not self.requires_grad:
            raise RuntimeError(
                "backward: nothing was recorded; no parameter takes part, or it ran under no_grad()"
            )
        order = self._history()
        gradients = {self: gradient}
        if self._back is None:
            self.accumulate(gradient)
        for tensor in order:
            dy = gradients.pop(tensor, None)
            if dy is None:  # made, but the loss does not depend on it
                continue
            received = tensor._back(dy)
            if not isinstance(received, tuple):
                received = (received,)
            for place, parent, _ in tensor._parents:
                d = received[place] if place < len(received) else None
                if d is None:
                    name = tensor._made_by.__name__
                    given = f"{name} gives no gradient for its argument {place + 1}"
                    raise RuntimeError(f"backward: {given}")
                if parent._back is None:
                    parent.accumulate(d)
                elif parent in gradients:
                    gradients[parent] = gradients[parent] + d  # a fresh array
                else:
                    gradients[parent] = d
            tensor._back = _used_up

    def _history(self) -> list[Tensor]:
        """All this was made from but the leaves, latest first; checked to be whole and current."""
        waiting = [self] if self._back else []
        found = set(waiting)
        for tensor in waiting:  # which grows meanwhile
            if tensor._back is _used_up:
                raise RuntimeError(
                    "backward: this graph was used up by an earlier backward(); run the forward "
                    "pass again, or add the losses and call backward() once"
                )
            for _, parent, version in tensor._parents:
                if parent.version != version:
                    raise RuntimeError(
                        "backward: a parameter has changed since the forward pass (an optimizer "
                        "step?); the graph is stale: run the forward pass again"
                    )
                if parent._back and parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return sorted(waiting, key=operator.attrgetter("_number"), reverse=True)

    def accumulate(self, gradient: np.ndarray) -> None:
        """Add `gradient` to `.grad`, in memory that is this tensor's own."""
        self.grad = np.array(gradient) if self.grad is None else self.grad + gradient

    # --- what an array has --------------------------------------------------------------------

    shape = property(lambda self: self.data.shape)
    dtype = property(lambda self: self.data.dtype)
    ndim = property(lambda self: self.data.ndim)
    T = property(lambda self: ops.transpose(self))

    def __len__(self):
        return len(self.data)

    def __repr__(self):
        return f"Tensor(shape={self.shape}, dtype={self.dtype}, requires_grad={self.requires_grad})"

    def __array__(self, *args, **kwargs):
        raise TypeError("NumPy would lose the tape of a Tensor; use .data for its array")

    def item(self) -> float:
        """The number in a tensor of one element."""
        return self.data.item()

    def __neg__(self):
        return ops.multiply(self, -1)

    def __pow__(self, exponent):
        return ops.power(self, exponent=exponent)

    def __getitem__(self, key):
        return ops.index(self, key=key)

    def sum(self, axis=None, keepdims=False):
        """`ops.sum`."""
        return ops.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        """`ops.mean`."""
        return ops.mean(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape):
        """`ops.reshape`: x.reshape(2, 3) or x.reshape((2, 3))."""
        return ops.reshape(self, shape=shape[0] if isinstance(shape[0], tuple) else shape)


def _operator(name, op):
    """Tensor + b is ops.add(Tensor, b), and so on; the r-form stands for array + Tensor."""
    setattr(Tensor, f"__{name}__", lambda self, other: getattr(ops, op)(self, other))
    setattr(Tensor, f"__r{name}__", lambda self, other: getattr(ops, op)(other, self))


_operator("add", "add")
_operator("sub", "subtract")
_operator("mul", "multiply")
_operator("truediv", "divide")
_operator("matmul", "matmul")


class Parameter(Tensor):
    """A tensor that an optimizer changes. Its gradient is kept in `buffer`, one memory for good.

    An optimizer makes `data` and `buffer` views into its two flat vectors (optim.py).
    """

    def __init__(self, data):
        super().__init__(np.array(data), requires_grad=True)
        self.buffer = np.zeros_like(self.data)

    def accumulate(self, gradient: np.ndarray) -> None:
        """Add `gradient` to `.grad` in place; the first since zero_grad() overwrites."""
        if self.grad is None:
            if gradient is not self.buffer:
                np.copyto(self.buffer, gradient)
            self.grad = self.buffer
        else:
            self.grad += gradient

    def memory(self) -> np.ndarray | None:
        """Where an operation may write this gradient to, to save a copy; None if it is taken."""
        return self.buffer if self.grad is None else None


def _check_one_dtype(function, dtype, parents):
    for _, tensor, _ in parents:
        if tensor.dtype != dtype:
            raise TypeError(
                f"{function.__name__}: Tensors of {dtype} and of {tensor.dtype}; make them one "
                "(net.double() turns a network to float64)"
            )


def _in_dtype(value, dtype):
    """Floats in this dtype, unless it is one of integers; all else as it is."""
    floats = isinstance(value, np.ndarray | np.floating) and value.dtype.kind == dtype.kind == "f"
    return np.asarray(value, dtype) if floats else value
