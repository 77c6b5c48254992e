"""Saving and loading: one .npz file without pickle, so that a file from elsewhere can run no code.

A part is anything with `state_dict()` and `load_state_dict()`, or a `numpy.random.Generator`.

    save("net.npz", net=net, scaler=scaler)
    load("net.npz", net=net, scaler=scaler)      # into objects built the same way
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

FORMAT = 1


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz by name, never a pickle: a file from elsewhere must not run code."""
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        return dict(file)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what takes `path`'s place at the end; if anything fails, nothing changes."""
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as scratch:
        yield Path(scratch) / path.name
        os.replace(Path(scratch) / path.name, path)


def save(path: str | os.PathLike, **parts) -> Path:
    """Write `parts` to `path` (.npz), whole or not at all. TypeError: a part has no state.

    ValueError: no parts, or another ending. FileNotFoundError: no such folder.
    """
    path = check_path(path)
    if not parts:
        raise ValueError("save: nothing to save; give parts by name, e.g. net=net")
    arrays, plain = {}, {"format": FORMAT}
    for part, thing in parts.items():
        for name, value in _state(part, thing).items():
            kind = arrays if isinstance(value, np.ndarray) else plain
            kind[f"{part}/{name}"] = value
    arrays["plain"] = np.array(json.dumps(plain, default=_plain))
    with replacing(path) as new, new.open("wb") as file:
        np.savez(file, **arrays)
    return path


def check_path(path: str | os.PathLike) -> Path:
    """`path`, if it is one to save to. ValueError: another ending. FileNotFoundError: no folder."""
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"save: {path.name!r}; expected a name that ends in .npz")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {path.parent}; make it first")
    return path


def load(path: str | os.PathLike, **parts) -> None:
    """Read `path` into `parts`, which were built the same way as those saved. All or none changes.

    FileNotFoundError. ValueError: no checkpoint, or a part is not in it (more may be) or unlike it.
    """
    stored = _read(Path(path))
    missing = sorted(parts.keys() - stored.keys())
    if missing:
        raise ValueError(f"load: {path} has no {missing}; it holds {sorted(stored)}")
    undo = []
    try:
        for part, thing in parts.items():
            undo.append(_undo(thing))
            _restore(thing, stored[part])
    except Exception as error:
        for put_back in undo:
            put_back()
        raise ValueError(f"load: {path} does not fit; nothing was changed. {error}") from error


def _read(path: Path) -> dict[str, dict]:
    """The states in a file, by part."""
    if not path.exists():
        raise FileNotFoundError(f"load: no file {path}")
    try:
        values = read_npz(path)
        values |= json.loads(str(values.pop("plain")))
    except Exception as error:  # whatever a damaged file makes the readers stumble over
        raise ValueError(f"load: {path} is no checkpoint, or it is damaged ({error})") from error
    if values.pop("format", None) != FORMAT:
        raise ValueError(f"load: {path} is of another format; this version reads format {FORMAT}")
    stored: dict[str, dict] = {}
    for name, value in values.items():
        part, _, key = name.partition("/")
        stored.setdefault(part, {})[key] = value
    return stored


def _state(part, thing) -> dict:
    if isinstance(thing, np.random.Generator):
        return {"state": thing.bit_generator.state}
    if not hasattr(thing, "state_dict"):
        raise TypeError(f"save: {part} is a {type(thing).__name__}, which has no state_dict()")
    return thing.state_dict()


def _plain(value):
    """NumPy's numbers and arrays (a generator's state holds some) as JSON can say them."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"save: cannot store a {type(value).__name__}")


def _undo(thing) -> Callable[[], None]:
    """A function that puts `thing` back to what it is now."""
    try:
        state = _state("", thing)
    except ValueError:  # nothing to save yet: a scaler that was never fitted
        kept = dict(vars(thing))
        return lambda: (vars(thing).clear(), vars(thing).update(kept))
    return lambda: _restore(thing, state)


def _restore(thing, state: dict) -> None:
    if isinstance(thing, np.random.Generator):
        thing.bit_generator.state = state["state"]
    else:
        thing.load_state_dict(state)
