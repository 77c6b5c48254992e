"""Layers that read a row as a sequence: convolution, recurrence and attention, one operation each.

X is (n, steps, features), as PyTorch has it with `batch_first=True`; only the convolution wants its
channels first, (n, channels, length), also as PyTorch. Chapter 19 derives all three.
"""

import math

import numpy as np

from .activations import softmax
from .autograd import Parameter
from .checks import check_choice, check_whole
from .init import initialiser
from .module import Module, as_tensor
from .nn import Linear
from .operation import operation


@operation
def conv1d(X: np.ndarray, W: np.ndarray, b: np.ndarray, *, stride: int = 1, padding=(0, 0)):
    """Y[:, i, t] = b_i + sum over c, j of W[c, j, i] X[:, c, stride t + j], X padded with zeros.

    X (n, C, L), W (C, k, D), b (D,), Y (n, D, T), T = (L + sum(padding) - k) // stride + 1. It is a
    cross-correlation, as everywhere in the field. [eq:conv1d] chapter 19; [eq:conv1d-backward]
    chapter 19. ValueError: shapes that do not fit, or a kernel longer than the padded input.
    """
    if X.ndim != 3 or X.shape[1] != W.shape[0]:
        raise ValueError(f"conv1d: X has shape {X.shape}; expected (n, {W.shape[0]}, length)")
    n, C, L = X.shape
    k, D = W.shape[1:]
    before, after = padding
    T = (before + L + after - k) // stride + 1
    if T < 1:
        raise ValueError(f"conv1d: a kernel of {k} is longer than the {before + L + after} inputs")
    padded = np.zeros((n, C, before + L + after), X.dtype)
    padded[:, :, before : before + L] = X
    where = [slice(j, j + stride * (T - 1) + 1, stride) for j in range(k)]  # offset j, for every t
    # im2col: (n, C k, T), row (c, j) holds what weight W[c, j] meets at each place t
    patches = np.stack([padded[:, :, places] for places in where], axis=2).reshape(n, C * k, T)
    kernel = W.reshape(C * k, D)
    Y = kernel.T @ patches
    Y += b[:, None]

    def back(dY):
        dW = (patches @ dY.swapaxes(1, 2)).sum(axis=0).reshape(W.shape)
        dpatches = (kernel @ dY).reshape(n, C, k, T)
        dX = np.zeros_like(padded)
        for j, places in enumerate(where):
            dX[:, :, places] += dpatches[:, :, j]
        return dX[:, :, before : before + L], dW, dY.sum(axis=(0, 2))

    return Y, back


@operation
def rnn(X: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, b_x: np.ndarray, b_h: np.ndarray):
    """h_t = tanh(x_t W_x + b_x + h_{t-1} W_h + b_h), h_0 = 0: all states, (n, T, h).

    X (n, T, d), W_x (d, h), W_h (h, h), b_x, b_h (h,): two biases, as PyTorch's RNN has, though
    one would do. Elman (1990). [eq:rnn] chapter 19; [eq:rnn-backward] chapter 19 (through time).
    ValueError if the shapes do not fit.
    """
    if X.ndim != 3 or X.shape[2] != W_x.shape[0]:
        raise ValueError(f"rnn: X has shape {X.shape}; expected (n, steps, {W_x.shape[0]})")
    n, T, d = X.shape
    h = W_h.shape[0]
    H = (X.reshape(n * T, d) @ W_x + (b_x + b_h)).reshape(n, T, h)
    for t in range(T):
        if t:
            H[:, t] += H[:, t - 1] @ W_h
        H[:, t] = np.tanh(H[:, t])

    def back(dH):
        dZ = np.empty_like(H)  # with respect to what tanh was given
        later = 0.0  # what reaches h_t from step t + 1
        for t in reversed(range(T)):
            dZ[:, t] = (dH[:, t] + later) * (1 - H[:, t] * H[:, t])
            later = dZ[:, t] @ W_h.T
        flat = dZ.reshape(n * T, h)
        dX = (flat @ W_x.T).reshape(X.shape)
        dW_x = X.reshape(n * T, d).T @ flat
        dW_h = H[:, :-1].reshape(n * (T - 1), h).T @ dZ[:, 1:].reshape(n * (T - 1), h)
        db = flat.sum(axis=0)
        return dX, dW_x, dW_h, db, db.copy()

    return H, back


@operation
def attention(Q: np.ndarray, K: np.ndarray, V: np.ndarray):
    """Y = softmax(Q K^T / sqrt(d)) V: each step's mixture of all steps' values.

    Q (n, T, d), K (n, S, d), V (n, S, v), Y (n, T, v). Vaswani et al. (2017), eq. 1.
    [eq:attention] chapter 19; [eq:attention-backward] chapter 19. ValueError: shapes do not fit.
    """
    if not Q.ndim == K.ndim == V.ndim == 3 or K.shape != (*V.shape[:2], Q.shape[2]):
        given = f"Q {Q.shape}, K {K.shape}, V {V.shape}"
        raise ValueError(f"attention: {given}; expected (n, T, d), (n, S, d), (n, S, v)")
    scale = 1 / math.sqrt(Q.shape[2])
    P, softmax_back = softmax(Q @ K.swapaxes(1, 2) * scale)  # (n, T, S), each row sums to 1

    def back(dY):
        dV = P.swapaxes(1, 2) @ dY
        dS = softmax_back(dY @ V.swapaxes(1, 2)) * scale
        return dS @ K, dS.swapaxes(1, 2) @ Q, dV

    return P @ V, back


# --- modules --------------------------------------------------------------------------------------


class Unflatten(Module):
    """(n, d) to (n, *shape): a row cut into steps, or given a channel. Undoes `Flatten`."""

    def __init__(self, *shape: int):
        self.shape = shape

    def forward(self, x):
        x = as_tensor(x)
        if x.shape[1:] != (math.prod(self.shape),):
            raise ValueError(f"Unflatten: X has shape {x.shape}; cannot become (n, *{self.shape})")
        return x.reshape(len(x), *self.shape)

    def describe(self):
        """What a row becomes."""
        return ", ".join(map(str, self.shape))


class Conv1d(Module):
    """`conv1d`: X (n, in_channels, L) to (n, out_channels, T). W (in_channels, kernel_size, out).

    padding: zeros on both sides, or "same" for T = L (at stride 1; of an odd number of zeros the
    extra one stands at the end, as in PyTorch). init: as in `Linear`, over in_channels kernel_size
    inputs. ValueError: sizes below 1, "same" with a stride.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int | str = 0,
        *,
        rng: np.random.Generator,
        init="kaiming_normal",
        dtype=np.float32,
    ):
        for name, value in (("kernel_size", kernel_size), ("stride", stride)):
            check_whole(value, f"Conv1d: {name}")
        if isinstance(padding, str):
            check_choice(padding, "Conv1d: padding", ("same",))
            if stride != 1:
                raise ValueError(f'Conv1d: padding "same" wants stride 1; got {stride}')
            padding = ((kernel_size - 1) // 2, kernel_size // 2)
        else:
            check_whole(padding, "Conv1d: padding", 0)
            padding = (padding, padding)
        W = initialiser(init)((in_channels * kernel_size, out_channels), rng)
        self.W = Parameter(W.reshape(in_channels, kernel_size, out_channels).astype(dtype))
        self.b = Parameter(np.zeros(out_channels, dtype))
        self.stride, self.padding = stride, padding

    def forward(self, x):
        x = as_tensor(x, self.W.dtype)
        return conv1d(x, self.W, self.b, stride=self.stride, padding=self.padding)

    def describe(self):
        """Channels and kernel."""
        C, k, D = self.W.shape
        return f"{C}, {D}, kernel_size={k}, stride={self.stride}, padding={self.padding}"


class RNN(Module):
    """`rnn`: X (n, T, input_size) to the last state (n, hidden_size), or with last=False all."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator,
        last: bool = True,
        init="xavier_normal",
        dtype=np.float32,
    ):
        draw = initialiser(init)
        self.W_x = Parameter(draw((input_size, hidden_size), rng).astype(dtype))
        self.W_h = Parameter(draw((hidden_size, hidden_size), rng).astype(dtype))
        self.b_x = Parameter(np.zeros(hidden_size, dtype))
        self.b_h = Parameter(np.zeros(hidden_size, dtype))
        self.last = last

    def forward(self, x):
        H = rnn(as_tensor(x, self.W_x.dtype), self.W_x, self.W_h, self.b_x, self.b_h)
        return H[:, -1] if self.last else H

    def describe(self):
        """In, hidden."""
        return f"{self.W_x.shape[0]}, {self.W_x.shape[1]}{'' if self.last else ', last=False'}"


class SelfAttention(Module):
    """`attention` of a sequence to itself, one head: X (n, T, embed_dim) to the same shape.

    Queries, keys and values are three linear layers of X's steps.
    """

    def __init__(self, embed_dim: int, *, rng: np.random.Generator, init="xavier_normal"):
        self.query = Linear(embed_dim, embed_dim, rng=rng, init=init)
        self.key = Linear(embed_dim, embed_dim, rng=rng, init=init)
        self.value = Linear(embed_dim, embed_dim, rng=rng, init=init)

    def project(self, x):
        """(Q, K, V), each (n, T, embed_dim)."""
        x = as_tensor(x, self.query.W.dtype)
        n, T, d = x.shape
        steps = x.reshape(n * T, d)
        return tuple(part(steps).reshape(n, T, d) for part in (self.query, self.key, self.value))

    def forward(self, x):
        return attention(*self.project(x))
