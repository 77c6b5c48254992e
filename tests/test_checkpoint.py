"""Checkpoints: all comes back, a bad file changes nothing, a failing save destroys nothing."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from mlpcore import SGD, Adam, AdamW, MinMaxScaler, RMSprop, StandardScaler, cross_entropy
from mlpcore import checkpoint as checkpoints
from mlpcore.checkpoint import load, save
from mlpcore.history import Best, History
from mlpcore.models import mlp
from mlpcore.preprocess import PCA

SCALERS = {"min-max": MinMaxScaler, "standard": StandardScaler, "pca": lambda: PCA(3)}


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 5)), rng.integers(0, 3, 20)


def trained(seed, kind=Adam):
    """A network and its optimizer after three steps."""
    rng = np.random.default_rng(seed)
    net = mlp((5, 6, 3), rng=rng, norm="batch")
    opt = kind(net.parameters(), lr=0.1 * (seed + 1))
    X, y = data()
    for _ in range(3):
        opt.zero_grad()
        cross_entropy(net(X), y).backward()
        opt.step()
    return net, opt


def as_json(value):
    return json.dumps(value, default=lambda array: array.tolist())


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name, value in a.items():
        if isinstance(value, np.ndarray):
            assert value.dtype == b[name].dtype
            np.testing.assert_array_equal(value, b[name], err_msg=name)
        else:
            assert as_json(value) == as_json(b[name]), name


# --- round trips ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SGD, RMSprop, Adam, AdamW])
@pytest.mark.parametrize("double", [False, True])
def test_network_and_optimizer(kind, double, tmp_path):
    net, opt = trained(0, kind)
    if double:
        net.double()
        opt = kind(net.parameters(), lr=0.3)
    path = save(tmp_path / "a.npz", net=net, opt=opt)
    other, its = trained(1, kind)
    if double:
        other.double()
        its = kind(other.parameters())
    load(path, net=other, opt=its)
    assert_same(net.state_dict(), other.state_dict())
    assert_same(opt.state_dict(), its.state_dict())
    assert np.shares_memory(other[0].W.data, its.w)  # loaded in place, still packed


@pytest.mark.parametrize("name", SCALERS)
@pytest.mark.parametrize("fitted", [False, True], ids=["into a new one", "into a fitted one"])
def test_preprocessing(name, fitted, tmp_path):
    X, _ = data()
    scaler, other = SCALERS[name]().fit(X), SCALERS[name]()
    if fitted:
        other.fit(X * 3 + 1)
    load(save(tmp_path / "a.npz", scaler=scaler), scaler=other)
    np.testing.assert_array_equal(other.transform(X), scaler.transform(X))
    np.testing.assert_array_equal(
        other.inverse_transform(other.transform(X)), scaler.inverse_transform(scaler.transform(X))
    )


@pytest.mark.parametrize("bits", ["PCG64", "MT19937", "Philox", "SFC64"])
def test_generator_continues(bits, tmp_path):
    rng = np.random.Generator(getattr(np.random, bits)(1))
    rng.random(3, dtype=np.float32)  # half of a 64-bit draw is kept back
    path = save(tmp_path / "a.npz", rng=rng)
    expected = rng.random(5, dtype=np.float32), rng.permutation(9)
    other = np.random.Generator(getattr(np.random, bits)(2))
    load(path, rng=other)
    np.testing.assert_array_equal(other.random(5, dtype=np.float32), expected[0])
    np.testing.assert_array_equal(other.permutation(9), expected[1])


def test_history_and_best(tmp_path):
    history = History({"loss": [0.1, 1 / 3], "val_loss": [2.0, float("inf")]}, 1, "interrupted")
    best, empty, net = Best(), Best(), trained(0)[0]
    best.offer(-0.25, 7, net)
    path = save(tmp_path / "a.npz", history=history, best=best, empty=empty)
    others = History(), Best(), Best(1.0, 3, {})
    load(path, history=others[0], best=others[1], empty=others[2])
    assert others[0] == history
    assert (others[1].score, others[1].epoch) == (-0.25, 7)
    assert_same(others[1].weights, net.state_dict())
    assert (others[2].score, others[2].epoch, others[2].weights) == (-np.inf, None, {})


def test_a_part_alone_can_be_read_from_a_file_of_many(tmp_path):
    net, opt = trained(0)
    path = save(str(tmp_path / "a.npz"), net=net, opt=opt, rng=np.random.default_rng(0))
    other, _ = trained(1)
    load(str(path), net=other)
    assert_same(net.state_dict(), other.state_dict())


def test_numpys_own_reader_opens_it_without_pickle(tmp_path):
    net, opt = trained(0)
    with np.load(save(tmp_path / "a.npz", net=net, opt=opt), allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "fiuU" for name in file.files)
        np.testing.assert_array_equal(file["net/0.W"], net[0].W.data)


def test_numpy_numbers_among_the_settings(tmp_path):
    net, _ = trained(0)
    opt = SGD(net.parameters(), lr=np.float32(0.5), momentum=np.float64(0.9))
    path = save(tmp_path / "a.npz", opt=opt)
    other = SGD(net.parameters())
    load(path, opt=other)
    assert (other.lr, other.momentum) == (0.5, 0.9)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_file_can_be_read_by_others(tmp_path):
    assert save(tmp_path / "a.npz", net=trained(0)[0]).stat().st_mode & 0o044 == 0o044


# --- files that are not what they should be -------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    """(path, its bytes, objects to load into, their states)."""
    net, opt = trained(0)
    path = save(tmp_path / "a.npz", net=net, opt=opt, rng=np.random.default_rng(0))
    other, its = trained(1)
    parts = {"net": other, "opt": its, "rng": np.random.default_rng(1)}
    return path, path.read_bytes(), parts


def state_of(parts):
    return {
        name: part.bit_generator.state if name == "rng" else part.state_dict()
        for name, part in parts.items()
    }


def assert_refused(path, parts, message):
    before = state_of(parts)
    with pytest.raises(ValueError, match=message):
        load(path, **parts)
    after = state_of(parts)
    for name in parts:
        assert_same(before[name], after[name])


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99, 0.9999])
def test_truncated(share, saved):
    path, content, parts = saved
    path.write_bytes(content[: int(share * len(content))])
    assert_refused(path, parts, r"a\.npz is no checkpoint, or it is damaged")


def test_one_byte_altered_anywhere(saved):
    """Refused, or (a date, padding) without effect: no other exception, no other numbers."""
    path, content, parts = saved
    load(path, **parts)
    right = state_of(parts)
    rng = np.random.default_rng(0)
    directory = content.index(b"PK\x01\x02")  # the zip's table of contents, where most can go wrong
    places = [*rng.integers(0, len(content), 150), *rng.integers(directory, len(content), 150)]
    refused = 0
    for place in map(int, places):
        bad = bytearray(content)
        bad[place] ^= int(rng.integers(1, 256))
        path.write_bytes(bad)
        try:
            load(path, **parts)
        except ValueError:
            refused += 1
        now = state_of(parts)
        for name in parts:
            assert_same(right[name], now[name])
    assert refused > 100


def test_pickled_content_is_not_run(saved, tmp_path):
    path, _, parts = saved
    sign = tmp_path / "the pickle has run"

    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(sign),))

    np.savez(path, **{"net/0.W": np.array([Trap()], object)}, plain=np.array('{"format": 1}'))
    assert_refused(path, parts, "no checkpoint, or it is damaged")
    assert not sign.exists()


def write_npy(path):
    with path.open("wb") as file:
        np.save(file, np.ones(3))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_text("not a zip file"),
        write_npy,
        lambda path: np.savez(path, a=np.ones(3)),
        lambda path: np.savez(path, plain=np.array("{")),
        lambda path: np.savez(path, plain=np.array("[1]")),
        lambda path: np.savez(path, plain=np.array('{"format": 99}')),
    ],
    ids=["text", "npy", "another npz", "bad JSON", "JSON list", "another format"],
)
def test_other_files(write, saved):
    path, _, parts = saved
    write(path)
    assert_refused(path, parts, r"a\.npz is (no checkpoint|of another format)")


def test_a_folder_and_no_file(saved, tmp_path):
    _, _, parts = saved
    (tmp_path / "folder.npz").mkdir()
    assert_refused(tmp_path / "folder.npz", parts, "no checkpoint")
    with pytest.raises(FileNotFoundError, match=r"no file .*missing\.npz"):
        load(tmp_path / "missing.npz", **parts)


def test_a_part_that_is_missing(saved):
    path, _, parts = saved
    assert_refused(
        path, parts | {"best": Best()}, r"has no \['best'\]; it holds \['net', 'opt', 'rng'\]"
    )


def test_another_network_or_optimizer_changes_none_of_the_parts(saved):
    path, _, parts = saved
    wide = mlp((5, 7, 3), rng=np.random.default_rng(0), norm="batch")
    plain = mlp((5, 6, 3), rng=np.random.default_rng(0))
    sgd = SGD(parts["net"].parameters())
    other_bits = np.random.Generator(np.random.MT19937(0))
    for wrong, message in (
        (
            {"net": wide},
            r"nothing was changed.*0\.W has shape \(5, 6\); this network's is \(5, 7\)",
        ),
        ({"net": plain}, r"unknown \['1\.beta'"),
        ({"opt": sgd}, "the state is of Adam, this is SGD"),
        ({"opt": Adam(wide.parameters())}, "one number for each parameter"),
        ({"rng": other_bits}, "does not fit"),
    ):
        rest = {name: part for name, part in parts.items() if name not in wrong}
        # the wrong one last: by then all others were loaded
        assert_refused(path, {**rest, **wrong}, message)
        assert_refused(path, {**wrong, **rest}, message)


def test_a_new_scaler_stays_unfitted_where_another_part_does_not_fit(tmp_path):
    X, _ = data()
    path = save(tmp_path / "a.npz", scaler=StandardScaler().fit(X), net=trained(0)[0])
    scaler = StandardScaler()
    with pytest.raises(ValueError, match="nothing was changed"):
        load(path, scaler=scaler, net=mlp((5, 3), rng=np.random.default_rng(0)))
    with pytest.raises(ValueError, match="not been fitted"):
        scaler.transform(X)


# --- saves that fail ------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failing_save_leaves_the_old_file_and_nothing_else(error, tmp_path, monkeypatch):
    net, opt = trained(0)
    path = save(tmp_path / "a.npz", net=net)
    before = path.read_bytes()

    def half(file, **arrays):
        file.write(b"half of it")
        raise error

    monkeypatch.setattr(checkpoints.np, "savez", half)
    with pytest.raises(type(error)):
        save(path, net=net, opt=opt)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_what_cannot_be_saved_is_said_before_anything_is_written(tmp_path):
    net, _ = trained(0)

    class Strange:
        def state_dict(self):
            return {"what": {1, 2}}

    for parts, kind, message in (
        (
            {"net": net, "data": np.ones(3)},
            TypeError,
            r"data is a ndarray, which has no state_dict",
        ),
        ({"net": net, "strange": Strange()}, TypeError, "cannot store a set"),
        ({"scaler": StandardScaler()}, ValueError, "not been fitted"),
        ({}, ValueError, "nothing to save; give parts by name"),
    ):
        with pytest.raises(kind, match=message):
            save(tmp_path / "a.npz", **parts)
    with pytest.raises(ValueError, match=r"'a\.pt'; expected a name that ends in \.npz"):
        save(tmp_path / "a.pt", net=net)
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        save(tmp_path / "nowhere" / "a.npz", net=net)
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
import numpy as np
from mlpcore import checkpoint
from mlpcore.models import baseline

def half(file, **arrays):
    file.write(b"half of it")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

checkpoint.np.savez = half
checkpoint.save(sys.argv[1], net=baseline(np.random.default_rng(0)))
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_process_killed_in_mid_save_leaves_the_old_file(tmp_path):
    net, _ = trained(0)
    path = save(tmp_path / "a.npz", net=net)
    before = path.read_bytes()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    load(path, net=net)
