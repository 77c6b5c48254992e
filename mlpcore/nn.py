"""Layers as modules: each holds its parameters and calls its operation. Names follow `torch.nn`."""

import numpy as np

from . import activations, ops
from .autograd import Parameter
from .checks import check_share
from .init import initialiser
from .module import Module, Residual, Sequential, as_tensor


class Linear(Module):
    """Y = X W + b: X (n, in_features), W (in_features, out_features), b (out_features,).

    init: a name of init.INITIALISERS or a function (shape, rng) -> array, for W; b starts at 0.
    ValueError: X does not fit. TypeError: X is not numbers.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        rng: np.random.Generator,
        init="kaiming_normal",
        bias: bool = True,
        dtype=np.float32,
    ):
        W = np.asarray(initialiser(init)((in_features, out_features), rng))
        if W.shape != (in_features, out_features):
            raise ValueError(f"Linear: init gave {W.shape}; expected {(in_features, out_features)}")
        self.W = Parameter(W.astype(dtype))
        self.b = Parameter(np.zeros(out_features, dtype)) if bias else None

    def forward(self, x):
        x = as_tensor(x, self.W.dtype)
        # the data want no gradient: skipping theirs saves one of the first layer's three products
        return ops.linear(x, self.W, self.b, input_gradient=x.requires_grad, memory=self.W.memory)

    def describe(self):
        """in -> out."""
        return f"{self.W.shape[0]}, {self.W.shape[1]}{'' if self.b is not None else ', bias=False'}"


class _Activation(Module):
    """An operation without parameters; keyword settings are handed through."""

    def __init__(self, **settings):
        self.settings = settings

    def forward(self, x):
        return self.operation(as_tensor(x), **self.settings)

    def describe(self):
        """Its settings."""
        return ", ".join(f"{k}={v!r}" for k, v in self.settings.items())


class Sigmoid(_Activation):
    """`activations.sigmoid`."""

    operation = staticmethod(activations.sigmoid)


class Tanh(_Activation):
    """`activations.tanh`."""

    operation = staticmethod(activations.tanh)


class ReLU(_Activation):
    """`activations.relu`."""

    operation = staticmethod(activations.relu)


class LeakyReLU(_Activation):
    """`activations.leaky_relu`."""

    operation = staticmethod(activations.leaky_relu)

    def __init__(self, negative_slope: float = 0.01):
        super().__init__(negative_slope=negative_slope)


class GELU(_Activation):
    """`activations.gelu`; approximate is "none" (erf) or "tanh"."""

    operation = staticmethod(activations.gelu)

    def __init__(self, approximate: str = "none"):
        super().__init__(approximate=approximate)


class Softmax(_Activation):
    """`activations.softmax`. Not before `cross_entropy`, which takes logits and does its own."""

    operation = staticmethod(activations.softmax)


class Flatten(_Activation):
    """`ops.flatten`: (n, ...) to (n, d)."""

    operation = staticmethod(ops.flatten)


class Dropout(Module):
    """`ops.dropout` in training, nothing in evaluation. ValueError: p outside [0, 1).

    rng: the generator of the masks. It may be left out for a network that only evaluates.
    """

    def __init__(self, p: float = 0.5, rng: np.random.Generator | None = None):
        check_share(p, "Dropout: p")
        self.p, self.rng = p, rng

    def forward(self, x):
        return ops.dropout(as_tensor(x), p=self.p, rng=self.rng, training=self.training)

    def describe(self):
        """Its rate."""
        return f"p={self.p}"


class BatchNorm1d(Module):
    """`ops.batch_norm` with gamma = 1, beta = 0 to start with and running statistics."""

    buffers = ("running_mean", "running_var")

    def __init__(self, num_features: int, eps=1e-5, momentum=0.1, dtype=np.float32):
        self.gamma = Parameter(np.ones(num_features, dtype))
        self.beta = Parameter(np.zeros(num_features, dtype))
        self.running_mean = np.zeros(num_features, dtype)
        self.running_var = np.ones(num_features, dtype)
        self.eps, self.momentum = eps, momentum

    def forward(self, x):
        return ops.batch_norm(
            as_tensor(x, self.gamma.dtype),
            self.gamma,
            self.beta,
            running_mean=self.running_mean,
            running_var=self.running_var,
            training=self.training,
            momentum=self.momentum,
            eps=self.eps,
        )

    def describe(self):
        """How many features."""
        return f"{self.gamma.shape[0]}"


class LayerNorm(Module):
    """`ops.layer_norm` with gamma = 1, beta = 0 to start with."""

    def __init__(self, normalized_shape: int, eps=1e-5, dtype=np.float32):
        self.gamma = Parameter(np.ones(normalized_shape, dtype))
        self.beta = Parameter(np.zeros(normalized_shape, dtype))
        self.eps = eps

    def forward(self, x):
        return ops.layer_norm(as_tensor(x, self.gamma.dtype), self.gamma, self.beta, eps=self.eps)

    def describe(self):
        """How many features."""
        return f"{self.gamma.shape[0]}"
