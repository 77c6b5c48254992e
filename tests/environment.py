"""The surroundings in which chapters and tests run: one BLAS thread, so that results do not
depend on the number of cores, and no display."""

import contextlib
import os

SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


@contextlib.contextmanager
def one_thread():
    """Set SETTINGS for the processes started inside, then put back what stood there."""
    before = {name: os.environ.get(name) for name in SETTINGS}
    os.environ.update(SETTINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
