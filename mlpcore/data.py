"""Data sets by name, two-dimensional toys, and a reader's own files.

`load("shapes10")` draws ten kinds of shape; `load("cifar10")` reads the course's own files or
builds the same features from CIFAR-10's pictures: bytes / 255, then exact PCA fitted on the
training pictures, 128 features. `python -m mlpcore.data NAME` does so and prints what came out.
"""

import csv
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlpcore import cifar10, shapes10
from mlpcore.checkpoint import read_npz, replacing
from mlpcore.checks import check_labels, check_matrix, check_whole
from mlpcore.preprocess import PCA, stratified_split

FORMAT = 1  # of the cached files: raise it when the pipeline below changes


def folder() -> Path:
    """Where data lives: $MLPCORE_DATA, else data/ of the checkout, else the user's cache folder."""
    if os.environ.get("MLPCORE_DATA"):
        return Path(os.environ["MLPCORE_DATA"]).expanduser()
    root = Path(__file__).resolve().parents[1]
    if (root / "pyproject.toml").is_file() and (root / "data").is_dir():
        return root / "data"
    import pooch

    return Path(pooch.os_cache("mlpcore"))


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training and a test set; checked when made, so that a fault shows here and not in a loss.

    X_train (n, d), X_test (m, d): float. y_train (n,), y_test (m,): classes as int64. images: bytes
    (n, S, S, 3) or None. pca: what turned pixels into features. note: where the data came from.
    ValueError (shape, NaN, label out of range) and TypeError (dtype) name the field.
    """

    name: str
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    images_train: np.ndarray | None = None
    images_test: np.ndarray | None = None
    pca: PCA | None = None
    note: str = ""

    def __post_init__(self) -> None:
        features = None
        for part in ("train", "test"):
            X = check_matrix(getattr(self, f"X_{part}"), features=features, what=f"X_{part}")
            if X.dtype.kind != "f":
                raise TypeError(f"X_{part} has dtype {X.dtype}; expected float32 or float64")
            features = X.shape[1]
            y = check_labels(getattr(self, f"y_{part}"), len(self.class_names), what=f"y_{part}")
            images = getattr(self, f"images_{part}")
            if len(y) != len(X):
                raise ValueError(f"X_{part} has {len(X)} rows but y_{part} has {len(y)} labels")
            if images is not None and (images.dtype, images.shape[::3]) != (np.uint8, (len(X), 3)):
                given, wanted = f"{images.dtype} {images.shape}", f"uint8 ({len(X)}, S, S, 3)"
                raise ValueError(f"images_{part} is {given}; expected {wanted}, one for each row")
            object.__setattr__(self, f"X_{part}", X)
            object.__setattr__(self, f"y_{part}", y)

    def describe(self) -> str:
        """One line for the top of a chapter."""
        return (
            f"{self.name}: {len(self.X_train):,} training and {len(self.X_test):,} test examples "
            f"of {self.X_train.shape[1]} features in {len(self.class_names)} classes; {self.note}"
        )


def load(name: str = "shapes10") -> Dataset:
    """The data set "shapes10" or "cifar10", built on the first call and read from a cache later.

    For "cifar10", the course's four files are used as they are when `folder()` holds them.
    ValueError: unknown name, incomplete course files, damaged cache. OSError: no download.
    """
    if name not in ("shapes10", "cifar10"):
        raise ValueError(f"no data set is named {name!r}; expected 'shapes10' or 'cifar10'")
    source = cifar10 if name == "cifar10" else shapes10
    place = folder() / f"{name}-{FORMAT}.{source.VERSION}"  # a new generator: no old cache
    if source is cifar10 and (course := cifar10.course_files(folder())):
        about = {"class_names": cifar10.CLASS_NAMES, "note": "the course's own files"}
        if place.exists() and cifar10.labels_match(course["y_train"], course["y_test"]):
            course |= _images(place)  # the same examples in the same order
        return Dataset(name, **course, **about)
    if not place.exists():
        _build(place, cifar10.fetch if source is cifar10 else shapes10.draw_shapes)
    try:
        fields = _images(place)
        for key in ("X_train", "X_test", "y_train", "y_test"):
            fields[key] = np.load(place / f"{key}.npy")
        pca = PCA()
        pca.load_state_dict(read_npz(place / "pca.npz"))
        return Dataset(name, **fields, class_names=source.CLASS_NAMES, pca=pca, note=source.NOTE)
    except Exception as error:
        hint = "delete that folder and load again, to build it anew"
        raise ValueError(f"the data stored in {place} is damaged ({error}): {hint}") from error


def pixels_to_features(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray, PCA]:
    """Pictures (n, S, S, 3) of bytes -> float32 features of both; PCA fitted on train alone."""
    train, test = (images.reshape(len(images), -1) for images in (train, test))
    pca = PCA(128, scale=1 / 255).fit(train)
    return *(pca.transform(rows).astype(np.float32) for rows in (train, test)), pca


def _build(place: Path, draw: Callable) -> None:
    """The cache, one folder of .npy files: whole, or not there."""
    images_train, y_train, images_test, y_test = draw()
    X_train, X_test, pca = pixels_to_features(images_train, images_test)
    fields = {"X_train": X_train, "y_train": y_train, "images_train": images_train}
    fields |= {"X_test": X_test, "y_test": y_test, "images_test": images_test}
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(place) as scratch:
            scratch.mkdir()
            for key, array in fields.items():
                np.save(scratch / f"{key}.npy", array)
            np.savez(scratch / "pca.npz", **pca.state_dict())
    except OSError:
        if not place.exists():
            raise  # otherwise another process finished first, and its build is as good


def _images(place: Path) -> dict[str, np.ndarray]:
    """The pictures, up to 180 MB: mapped, so that they are read only when looked at."""
    return {k: np.load(place / f"{k}.npy", "r") for k in ("images_train", "images_test")}


# ---- toys: two features, for pictures of decision boundaries -----------------------------------
Toy = tuple[np.ndarray, np.ndarray]  # X (n, 2) float32, y (n,) int64


def _classes(n: int, classes: int, rng: np.random.Generator) -> np.ndarray:
    """n labels, as many of each class as n allows, in random order."""
    check_whole(n, "n", classes)
    return rng.permutation(np.arange(n) % classes)


def _toy(z: np.ndarray, y: np.ndarray, noise: float, rng: np.random.Generator) -> Toy:
    """Points z of the complex plane, with noise."""
    X = np.stack([z.real, z.imag], axis=1)
    return (X + rng.normal(0.0, noise, X.shape)).astype(np.float32), y.astype(np.int64)


def moons(n: int, noise: float, rng: np.random.Generator) -> Toy:
    """Two interleaved half circles of radius 1; `noise` is a standard deviation, here and below."""
    y, upper = _classes(n, 2, rng), np.exp(1j * rng.uniform(0.0, np.pi, n))
    return _toy(np.where(y == 0, upper, 1.0 + 0.5j - upper), y, noise, rng)


def circles(n: int, noise: float, rng: np.random.Generator) -> Toy:
    """A circle of radius 1 (class 0) around one of radius 1/2 (class 1)."""
    y, angle = _classes(n, 2, rng), rng.uniform(0.0, 2.0 * np.pi, n)
    return _toy(np.where(y == 0, 1.0, 0.5) * np.exp(1j * angle), y, noise, rng)


def spirals(n: int, noise: float, rng: np.random.Generator, arms: int = 2) -> Toy:
    """`arms` spirals of nearly one and a half turns around the origin, one class each."""
    check_whole(arms, "arms", 2)
    y, radius = _classes(n, arms, rng), rng.uniform(0.1, 1.0, n)
    angle = 3.0 * np.pi * radius + 2.0 * np.pi * y / arms
    return _toy(radius * np.exp(1j * angle), y, noise, rng)


def xor(n: int, noise: float, rng: np.random.Generator) -> Toy:
    """Four squares: class 0 where both coordinates have one sign, class 1 where they differ."""
    y, sign, size = _classes(n, 2, rng), rng.choice([-1, 1], n), rng.uniform(0.1, 1.0, (2, n))
    return _toy(sign * (size[0] + 1j * np.where(y == 0, size[1], -size[1])), y, noise, rng)


# ---- a reader's own files ------------------------------------------------------------------------
def from_file(
    path: str | Path,
    *,
    label: str | None = None,
    test_fraction: float = 0.2,
    rng: np.random.Generator | None = None,
) -> Dataset:
    """A data set from a reader's .npz or .csv; labels may be any integers or names.

    .npz: arrays X (n, d) and y (n,), or X_train, y_train, X_test, y_test. .csv: numbers, and the
    label in the last column or in the one the header names `label`. Where the file has no test
    part, `test_fraction` of every class is held out with `rng`. ValueError names what is wrong.
    """
    path = Path(path)
    if path.suffix.lower() not in (".npz", ".csv"):
        raise ValueError(f"{path.name} is neither .npz nor .csv")
    file = read_npz(path) if path.suffix.lower() == ".npz" else _read_csv(path, label)
    keys = ("X", "y") if "X" in file else ("X_train", "y_train", "X_test", "y_test")
    if not file.keys() >= set(keys):
        wanted = "X and y, or X_train, y_train, X_test and y_test"
        raise ValueError(f"{path.name} holds {sorted(file)}; expected {wanted}")
    parts = [(file[X], file[y]) for X, y in zip(keys[::2], keys[1::2], strict=True)]
    for X, y in parts:
        if y.dtype.kind not in "biuU" or y.size != len(check_matrix(X)):
            wanted = f"{len(X)} integers or names, one for each row of X"
            raise ValueError(f"{path.name}: y is {y.dtype} {y.shape}; expected {wanted}")
    X = np.concatenate([X for X, _ in parts]).astype(np.float32)
    names, y = np.unique(np.concatenate([y.ravel() for _, y in parts]), return_inverse=True)
    if len(parts) == 2:
        train, test = np.split(np.arange(len(X)), [len(parts[0][0])])
    elif rng is None:
        raise ValueError(f"{path.name} has no test part: give rng=np.random.default_rng(0)")
    else:
        train, test = stratified_split(y, test_fraction, rng)
    data = X[train], y[train], X[test], y[test], tuple(map(str, names))
    return Dataset(path.stem, *data, note=f"read from {path.name}")


def _read_csv(path: Path, label: str | None) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    header = lines[0][1] if lines else []
    if label is not None and label not in header:
        raise ValueError(f"{path.name} has no column {label!r}; its first line is {header}")
    column = len(header) - 1 if label is None else header.index(label)
    try:
        np.array(header[:-1], np.float64)
        named = label is not None
    except ValueError:  # the first line names the columns
        named = True
    lines = lines[named:]
    X, y = np.empty((len(lines), max(len(header) - 1, 0))), []
    for features, (line, row) in zip(X, lines, strict=True):
        try:
            if len(row) != len(header):
                raise ValueError(f"{len(row)} columns, not {len(header)}")
            y.append(row[column])
            if not y[-1]:
                raise ValueError("the label is missing")
            features[:] = np.array(row[:column] + row[column + 1 :], np.float64)
        except ValueError as error:
            raise ValueError(f"{path.name}, line {line}: {error}") from None
    whole = all(name.lstrip("-").isdecimal() for name in y)
    return {"X": X, "y": np.array(y, int if whole else str)}


def main(arguments: list[str]) -> None:
    """Builds a data set, or reads it if it is there, and prints what came out."""
    try:
        data = load(*arguments[:1])
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    lines = [data.describe(), f"in {folder()}"]
    lines += [f"standard deviation of X_train as a whole: {data.X_train.std(dtype=np.float64):.6f}"]
    if data.pca is not None:
        lines += [f"variance kept: {data.pca.explained_variance_ratio.sum():.5f}"]
    if data.name == "cifar10":
        verdict = "equal" if cifar10.labels_match(data.y_train, data.y_test) else "DIFFER FROM"
        lines += [f"labels {verdict} those of the course's files (SHA-256)"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
