"""The base of all modules, and the two that put modules together.

A module of your own sets parameters and modules as attributes and defines `forward`:

    class Twice(Module):
        def __init__(self, rng):
            self.layer = Linear(8, 8, rng=rng)

        def forward(self, x):
            return x + relu(self.layer(self.layer(x)))
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .autograd import Parameter, Tensor


class Module:
    """Base of all modules: call it on a batch, rows are examples."""

    training = True
    buffers: tuple[str, ...] = ()  # attributes that are saved but not trained

    def forward(self, x):
        """The module's output for the batch `x`; a subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(self, x)")

    def __call__(self, *inputs):
        return self.forward(*inputs)

    def children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the modules held directly, in attributes, lists or tuples."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value
            elif isinstance(value, list | tuple) and not name.startswith("_"):
                yield from (
                    (f"{name}.{i}", m) for i, m in enumerate(value) if isinstance(m, Module)
                )

    def modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """(dotted name, module) of this one, "" by name, and all within, each once."""
        seen, waiting = set(), [(prefix, self)]
        while waiting:
            name, module = waiting.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            dot = f"{name}." if name else ""
            waiting += reversed([(dot + part, child) for part, child in module.children()])

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, parameter), each once, in the order they were set."""
        seen = set()
        for name, module in self.modules():
            for part, value in vars(module).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{name}.{part}" if name else part), value

    def parameters(self) -> list[Parameter]:
        """All parameters, for an optimizer."""
        return [p for _, p in self.named_parameters()]

    def train(self, mode: bool = True) -> Module:
        """Training mode (dropout drops, batch norm uses the batch) for all within; returns self."""
        for _, module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Evaluation mode for all within; returns self."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for p in self.parameters():
            p.grad = None

    def double(self) -> Module:
        """Turn parameters and buffers to float64 (for gradient checks); returns self."""
        for _, module in self.modules():
            for name in module.buffers:
                setattr(module, name, getattr(module, name).astype(np.float64))
        for p in self.parameters():
            p.data, p.buffer, p.grad = p.data.astype(np.float64), np.zeros(p.shape), None
            p.version += 1
        return self

    def _arrays(self) -> dict[str, np.ndarray]:
        """The live arrays behind `state_dict`, by name."""
        arrays = {name: p.data for name, p in self.named_parameters()}
        for name, module in self.modules():
            for part in module.buffers:
                arrays[f"{name}.{part}" if name else part] = getattr(module, part)
        return arrays

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers by dotted name."""
        return {name: array.copy() for name, array in self._arrays().items()}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """Copy `state` into this module. ValueError, nothing changed: names or shapes differ."""
        arrays = self._arrays()
        if arrays.keys() != state.keys():
            missing, unknown = sorted(arrays.keys() - state), sorted(state.keys() - arrays)
            given = f"missing {missing}, unknown {unknown}"
            raise ValueError(f"load_state_dict: another network's state; {given}")
        for name, array in arrays.items():
            if (shape := np.shape(state[name])) != array.shape:
                given = f"{name} has shape {shape}; this network's is {array.shape}"
                raise ValueError(f"load_state_dict: {given}")
        for name, array in arrays.items():
            array[...] = state[name]
        for p in self.parameters():
            p.version += 1

    def __repr__(self):
        inside = "".join(f"\n  ({n}) " + repr(m).replace("\n", "\n  ") for n, m in self.children())
        return f"{type(self).__name__}({self.describe()}{inside + chr(10) if inside else ''})"

    def describe(self) -> str:
        """What stands in the brackets of its repr."""
        return ""


def dtype_of(module: Module) -> np.dtype:
    """What a module computes in: its parameters' dtype, float32 if it has none."""
    return next((p.dtype for p in module.parameters()), np.dtype(np.float32))


def as_tensor(x, dtype=None) -> Tensor:
    """`x` itself if it is a Tensor of floats, else one made of it: modules give Tensors.

    Without a dtype floats keep theirs and integers become float32. TypeError: not real numbers.
    """
    if isinstance(x, Tensor) and x.data.dtype.kind == "f":
        return x
    x = x.data if isinstance(x, Tensor) else np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise TypeError(f"a batch is {x.dtype}; expected an array of real numbers, a row each")
    if dtype is None:
        dtype = x.dtype if x.dtype.kind == "f" else np.float32
    return Tensor(x.astype(dtype, copy=False))


class Sequential(Module):
    """Modules one after another; net[i] is the i-th."""

    def __init__(self, *modules: Module):
        for i, module in enumerate(modules):
            if not isinstance(module, Module):
                given = f"argument {i} is {module!r}"
                raise TypeError(f"Sequential: {given}; expected a Module, e.g. ReLU()")
            setattr(self, str(i), module)
        self._in_order = modules

    def __len__(self):
        return len(self._in_order)

    def __iter__(self):
        return iter(self._in_order)

    def __getitem__(self, i):
        return self._in_order[i]

    def forward(self, x):
        for module in self._in_order:
            x = module(x)
        return x


class Residual(Module):
    """x + module(x). He et al. (2016), eq. 1. [eq:residual] chapter 14.

    ValueError: the module changes the shape.
    """

    def __init__(self, module: Module):
        self.module = module

    def forward(self, x):
        x = as_tensor(x)
        y = self.module(x)
        if y.shape != x.shape:
            raise ValueError(f"Residual: module turns {x.shape} into {y.shape}; expected no change")
        return x + y
