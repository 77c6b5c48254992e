"""Each fast form (mlpcore/fast.py) is its plain form, to the rounding of its numbers."""

import math

import numpy as np
import pytest
from scipy.special import erfc
from threadpoolctl import threadpool_info, threadpool_limits

from mlpcore import SGD, fast, training_steps
from mlpcore.models import baseline

FLOATS = (np.float32, np.float64)
LAYOUTS = {
    "rows": lambda a: a,
    "columns": np.asfortranarray,
    "strided": lambda a: np.repeat(np.repeat(a, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
}


def sample(*shape, dtype=np.float32):
    return np.random.default_rng(math.prod(shape)).normal(size=shape).astype(dtype)


def near(got, plain, terms=1):
    """Equal to `terms` roundings of the numbers added up, and of the same dtype and shape."""
    assert got.dtype == plain.dtype
    assert got.shape == plain.shape
    atol = 2 * np.finfo(got.dtype).eps * math.sqrt(terms) * max(1, np.abs(plain).max(initial=0))
    np.testing.assert_allclose(got, plain, rtol=0, atol=atol)


# m * n * k on both sides of each limit of the blocked form; columns no number of blocks divides
PRODUCTS = (
    *((1, 1, 1), (0, 4, 4), (4, 0, 4), (4, 4, 0), (7, 13, 5)),
    *((32, 128, 256), (32, 256, 256), (31, 257, 251), (32, 256, 252), (32, 256, 250)),
    *((256, 32, 256), (128, 32, 256), (63, 128, 136), (64, 128, 256)),
    *((32, 512, 128), (32, 256, 257), (33, 256, 256), (1, 1024, 1024), (64, 256, 256)),
    *((8, 1024, 64), (32, 128, 144), (200, 128, 128), (128, 200, 256), (1024, 32, 32)),
)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("a", LAYOUTS)
@pytest.mark.parametrize("b", LAYOUTS)
def test_matmul_is_the_matrix_product(a, b, dtype):
    for m, k, n in PRODUCTS:
        A, B = sample(m, k, dtype=dtype), sample(k, n, dtype=dtype)
        near(fast.matmul(LAYOUTS[a](A), LAYOUTS[b](B)), A @ B, terms=max(k, 1))


def test_matmul_of_two_dtypes_takes_the_wider_one():
    A, B = sample(32, 256), sample(256, 256, dtype=np.float64)
    near(fast.matmul(A, B), A @ B, terms=256)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_sums_and_means_of_columns(layout, dtype):
    for n, d in ((1, 1), (1, 7), (33, 5), (200, 128), (5, 0)):
        A = LAYOUTS[layout](sample(n, d, dtype=dtype))
        near(fast.row_sum(A), A.sum(axis=0), terms=n)
        near(fast.row_mean(A), A.mean(axis=0), terms=n)
    none = np.zeros((0, 3), dtype)
    np.testing.assert_array_equal(fast.row_sum(none), none.sum(axis=0))


# dense where float32 has most to lose, and far out; the ends where Phi is 0 or 1
WHERE = np.concatenate([np.linspace(-9, 9, 40001), [-1e3, -40, -0.0, 0.0, 1e-30, 40, 1e3]])


def normal(x):
    return fast.normal_cdf(x), fast.normal_pdf(x)


def phi_and_density(x):
    x = x.astype(np.float64)
    return erfc(-x / math.sqrt(2)) / 2, np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def test_normal_in_float32_is_right_to_its_rounding():
    x = WHERE.astype(np.float32)
    Phi, phi = normal(x)
    assert Phi.dtype == phi.dtype == np.float32
    plain_Phi, plain_phi = phi_and_density(x)
    np.testing.assert_allclose(Phi, plain_Phi, rtol=0, atol=1.2e-7)
    np.testing.assert_allclose(phi, plain_phi, rtol=0, atol=1.2e-7)
    # what GELU's other form would be off by: this bound could tell it
    assert np.abs(plain_Phi - (1 + np.tanh(0.79788 * (x + 0.044715 * x**3))) / 2).max() > 1e-4


def test_normal_in_float64_is_exact():
    for got, plain in zip(normal(WHERE), phi_and_density(WHERE), strict=True):
        assert got.dtype == np.float64
        np.testing.assert_allclose(got, plain, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("dtype", FLOATS)
def test_normal_takes_any_layout_and_leaves_its_input(dtype):
    x = sample(33, 5, dtype=dtype)
    plain = normal(x)
    for change in LAYOUTS.values():
        given = change(x)
        before = given.copy()
        for got, expected in zip(normal(given), plain, strict=True):
            near(got, expected)
        np.testing.assert_array_equal(given, before)
    assert normal(np.zeros((0, 3), dtype))[0].shape == (0, 3)
    assert normal(np.array(0, dtype))[0] == 0.5


@pytest.mark.parametrize("source", ["PCG64", "PCG64DXSM", "Philox", "SFC64", "MT19937"])
def test_random_bytes_are_the_generators_own(source):
    """Every byte counts: half a 64-bit word of zeros would show, and so would an unused rng."""
    rng, plain = (np.random.Generator(getattr(np.random, source)(5)) for _ in range(2))
    for n in (0, 1, 7, 8, 9, 8192):
        drawn = fast.random_bytes(n, rng)
        assert drawn.dtype == np.uint8
        assert drawn.shape == (n,)
        words = plain.integers(0, 2**64 - 1, -(-n // 8), dtype=np.uint64, endpoint=True)
        np.testing.assert_array_equal(drawn, words.view(np.uint8)[:n])
    counts = np.bincount(fast.random_bytes(256 * 1000, rng), minlength=256)
    assert abs(counts - 1000).max() < 6 * math.sqrt(1000)


@pytest.mark.parametrize("dtype", FLOATS)
def test_axpy_and_scale_are_in_place(dtype):
    for n in (1, 7, 100_003):
        x, y = sample(n, dtype=dtype), sample(n, 1, dtype=dtype).ravel()
        plain = y + dtype(0.3) * x
        before = x.copy()
        fast.axpy(0.3, x, y)
        near(y, plain)
        np.testing.assert_array_equal(x, before)
        plain = y * dtype(0.9)
        fast.scale(0.9, y)
        near(y, plain)


@pytest.mark.parametrize("dtype", FLOATS)
def test_aligned_zeros_are_zeros_at_a_cache_line(dtype):
    for n in (0, 1, 7, 16, 168_202):
        zeros = fast.aligned_zeros(n, dtype)
        assert zeros.dtype == dtype
        assert zeros.shape == (n,)
        assert zeros.flags.writeable
        assert not zeros.any()
        assert n == 0 or zeros.ctypes.data % 64 == 0


def blas_threads():
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


def test_blocks_of_one_blas_thread_may_overlap_and_leave_the_threads_as_found():
    with threadpool_limits(2, user_api="blas"):
        first, second = fast.one_blas_thread(), fast.one_blas_thread()
        assert blas_threads() == {fast.blas_threads()} == {2}
        first.__enter__()
        second.__enter__()
        assert blas_threads() == {fast.blas_threads()} == {1}
        first.__exit__(None, None, None)  # the outer one ends first, as with two generators
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == {2}
        with pytest.raises(KeyError), fast.one_blas_thread():
            raise KeyError
        assert blas_threads() == {2}


def test_training_steps_have_one_blas_thread_until_they_are_closed():
    rng = np.random.default_rng(0)
    net = baseline(rng)
    X, y = sample(40, 128), rng.integers(0, 10, 40)
    with threadpool_limits(2, user_api="blas"):
        steps = training_steps(
            net, X, y, optimizer=SGD(net.parameters()), epochs=1, batch_size=20, rng=rng
        )
        next(steps)
        assert blas_threads() == {1}
        steps.close()
        assert blas_threads() == {2}
