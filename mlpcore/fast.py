"""The fast forms of a few plain expressions. Chapter 22 measures each; tests hold them equal.

plain              here              why it is faster
A @ B              matmul(A, B)      blocks so small that BLAS need not copy them first
A.sum(axis=0)      row_sum(A)        a product with ones: half the time of a reduction
Phi(x) by erf      normal_cdf(x)     a polynomial inside tanh, right to float32's rounding
rng.random(n)      random_bytes(n)   an eighth of the random numbers
y += a * x         axpy(a, x, y)     one pass over memory, no temporary
"""

from __future__ import annotations

import functools
import math

import numpy as np

SMALL = 10**6  # OpenBLAS multiplies up to m*n*k = 100^3 without packing its inputs first
LARGEST = 2**21  # beyond, packing pays


def matmul(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """A @ B for A (m, k), B (k, n): B's columns in blocks where that makes the products small.

    Only for batches below 64 rows (m or k), as training with small batches makes them.
    """
    m, k = A.shape
    n = B.shape[1]
    if not SMALL < m * n * k <= LARGEST or min(m, k) >= 64:
        return A @ B
    blocks = 8 if B.flags.f_contiguous else 4  # a transposed B is packed until it is smaller
    if n % blocks:
        return A @ B
    Y = np.empty((m, n), np.result_type(A, B))
    columns = B.reshape(k, blocks, n // blocks).swapaxes(0, 1)  # views: (blocks, k, n / blocks)
    np.matmul(A, columns, out=Y.reshape(m, blocks, n // blocks).swapaxes(0, 1))
    return Y


def row_sum(A: np.ndarray) -> np.ndarray:
    """A.sum(axis=0) for A (n, d)."""
    return _ones(len(A), A.dtype) @ A


@functools.lru_cache(maxsize=64)
def _ones(n, dtype):
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


# atanh(erf(x / sqrt 2)) = x (c0 + c1 x^2 + ...): fitted for x in (0, 6.2), weighted so that the
# largest error of Phi is least. It is 3e-8; half a unit in float32's last place is 6e-8.
_TANH_COEFFICIENTS = (
    1.75618039e-09,
    -1.32263654e-07,
    3.96474798e-06,
    -5.53062110e-05,
    -3.25949393e-05,
    3.63330845e-02,
    7.97884941e-01,
)


def normal_cdf(x: np.ndarray) -> np.ndarray:
    """Phi(x), the standard normal distribution function; exact in float64, to 1e-7 in float32."""
    if x.dtype != np.float32:
        from scipy.special import ndtr

        return ndtr(x)
    square = x * x
    p = square * _TANH_COEFFICIENTS[0]
    for c in _TANH_COEFFICIENTS[1:-1]:
        p += c
        p *= square
    p += _TANH_COEFFICIENTS[-1]
    p *= x
    np.tanh(p, out=p)
    p += 1
    p *= 0.5
    return p


def normal_pdf(x: np.ndarray) -> np.ndarray:
    """phi(x) = exp(-x^2 / 2) / sqrt(2 pi), the derivative of Phi."""
    y = x * x
    y *= -0.5
    np.exp(y, out=y)
    y *= 1 / math.sqrt(2 * math.pi)
    return y


def random_bytes(n: int, rng: np.random.Generator) -> np.ndarray:
    """n random bytes, uint8 (n,)."""
    words = rng.integers(0, 2**64 - 1, -(-n // 8), dtype=np.uint64, endpoint=True)
    return words.view(np.uint8)[:n]


def axpy(a: float, x: np.ndarray, y: np.ndarray) -> None:
    """y += a x for contiguous vectors, in place."""
    _blas(y.dtype)[0](x, y, a=a)


def scale(a: float, y: np.ndarray) -> None:
    """y *= a for a contiguous vector, in place."""
    _blas(y.dtype)[1](a, y)


@functools.cache
def _blas(dtype):
    from scipy.linalg import blas

    return (blas.saxpy, blas.sscal) if dtype == np.float32 else (blas.daxpy, blas.dscal)
