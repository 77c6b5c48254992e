"""The fast forms of a few plain expressions. Chapter 22 measures each; tests hold them equal.

plain              here              why it is faster
A @ B              matmul(A, B)      blocks so small that BLAS need not copy them first
A.sum(axis=0)      row_sum(A)        a product with ones: half the time of a reduction
A.mean(axis=0)     row_mean(A)       the same
Phi(x) by erf      normal_cdf(x)     a polynomial inside tanh, right to float32's rounding
rng.random(n)      random_bytes(n)   an eighth of the random numbers
y += a * x         axpy(a, x, y)     one pass over memory, no temporary
np.zeros(n)        aligned_zeros(n)  starts where a cache line does: products read it faster
"""

import functools
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

SMALL = 10**6  # OpenBLAS multiplies up to m*n*k = 100^3 without packing its inputs first,
SMALL_RESULT = 1024  # and where B is transposed only if the result has at most so many numbers
NARROW = 16  # blocks of fewer columns do not pay


def matmul(A: np.ndarray, B: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """A @ B for A (m, k), B (k, n): B's columns in blocks where that makes the products small.

    out: memory for the result (m, n), C-contiguous and in the result's dtype.
    """
    m, k = A.shape
    n = B.shape[1]
    size = m * n * k
    if B.flags.f_contiguous:  # W.T
        least, blocks = SMALL // 2, max(1, m * n // SMALL_RESULT)
    else:
        least, blocks = SMALL, 1 << (size // SMALL).bit_length()
    if not least < size <= 8 * SMALL or n % blocks or n < NARROW * blocks:
        return np.matmul(A, B, out=out)
    Y = np.empty((m, n), np.result_type(A, B)) if out is None else out
    columns = B.reshape(k, blocks, n // blocks).swapaxes(0, 1)  # views: (blocks, k, n / blocks)
    np.matmul(A, columns, out=Y.reshape(m, blocks, n // blocks).swapaxes(0, 1))
    return Y


def row_sum(A: np.ndarray) -> np.ndarray:
    """A.sum(axis=0) for A (n, d)."""
    return _row(len(A), 1.0, A.dtype) @ A


def row_mean(A: np.ndarray) -> np.ndarray:
    """A.mean(axis=0) for A (n, d)."""
    return _row(len(A), 1 / len(A), A.dtype) @ A


@functools.lru_cache(maxsize=64)
def _row(n, value, dtype):
    row = np.full(n, value, dtype)
    row.flags.writeable = False
    return row


# atanh(erf(x / sqrt 2)) = x (c0 + c1 x^2 + ...): fitted for x in (0, 6.2), weighted so that the
# largest error of Phi is least. It is 3e-8; half a unit in float32's last place is 6e-8.
_ERF = (
    *(1.75618039e-09, -1.32263654e-07, 3.96474798e-06, -5.53062110e-05),
    *(-3.25949393e-05, 3.63330845e-02, 7.97884941e-01),
)
# a float32 array of one number is multiplied with in two thirds of the time of a Python float
_FIRST, *_BETWEEN, _LAST, _ONE, _HALF = (np.array(c, np.float32) for c in (*_ERF, 1, 0.5))


def normal_cdf(x: np.ndarray) -> np.ndarray:
    """Phi(x), the standard normal distribution function; exact in float64, to 1e-7 in float32."""
    if x.dtype != np.float32:
        from scipy.special import ndtr

        return ndtr(x)
    square = x * x
    p = square * _FIRST
    for c in _BETWEEN:
        p += c
        p *= square
    p += _LAST
    p *= x
    p = np.tanh(p, out=p if p.ndim else None)  # in place, unless it is a single number
    p += _ONE
    p *= _HALF
    return p


def normal_pdf(x: np.ndarray) -> np.ndarray:
    """phi(x) = exp(-x^2 / 2) / sqrt(2 pi), the derivative of Phi."""
    y = x * x
    y *= -0.5
    y = np.exp(y, out=y if y.ndim else None)
    y *= 1 / math.sqrt(2 * math.pi)
    return y


def random_bytes(n: int, rng: np.random.Generator) -> np.ndarray:
    """n random bytes, uint8 (n,)."""
    words, source = -(-n // 8), rng.bit_generator
    if isinstance(source, np.random.MT19937):  # its words are of 32 bits
        return rng.integers(0, 2**64 - 1, words, np.uint64, endpoint=True).view(np.uint8)[:n]
    return source.random_raw(words).view(np.uint8)[:n]


def aligned_zeros(n: int, dtype) -> np.ndarray:
    """np.zeros(n, dtype), its first byte at a multiple of 64."""
    size = n * np.dtype(dtype).itemsize
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype)


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


@functools.cache  # to look for the libraries takes a millisecond
def _threads():
    import scipy.linalg.blas  # noqa: F401  it brings a BLAS of its own beside NumPy's
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def blas_threads() -> int:
    """How many threads BLAS may use now: what fits the machine, or what a caller limits it to."""
    found = _threads().lib_controllers
    return min((lib.num_threads for lib in found if lib.user_api == "blas"), default=1)


_lock, _limits = threading.Lock(), []  # one entry for each block that runs; the first is the limit


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """BLAS on one thread meanwhile; of several such blocks the last to end puts back what was."""
    with _lock:
        _limits.append(_limits[0] if _limits else _threads().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            limit = _limits.pop()
            if not _limits:
                limit.restore_original_limits()
