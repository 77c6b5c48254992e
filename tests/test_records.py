"""Recorded runs: read back as written, refused when damaged; intervals over seeds."""

import json

import numpy as np
import pytest
from scipy import stats

from mlpcore import records


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "FOLDER", tmp_path / "records")
    return tmp_path / "records"


RUNS = [{"network": n, "seed": s, "test": {"accuracy": 0.1 * s}} for n in "ab" for s in range(3)]


def test_what_is_written_is_read_and_chosen_by_field(folder):
    records.write("tries", RUNS)
    assert records.read("tries") == RUNS
    assert [r["seed"] for r in records.read("tries", network="b")] == [0, 1, 2]
    assert records.read("tries", network="c") == []
    assert [p.name for p in folder.iterdir()] == ["tries.jsonl"]


def test_a_failing_write_leaves_the_old_records(folder):
    records.write("tries", RUNS)
    with pytest.raises(TypeError):
        records.write("tries", [*RUNS, {"seed": object()}])
    assert records.read("tries") == RUNS
    assert [p.name for p in folder.iterdir()] == ["tries.jsonl"]


def test_a_missing_file_is_named_and_so_are_those_there(folder):
    records.write("tries", RUNS)
    with pytest.raises(FileNotFoundError, match=r"no other\.jsonl.*there are \['tries'\]"):
        records.read("other")


def test_a_damaged_line_is_named(folder):
    path = records.write("tries", RUNS)
    path.write_text(path.read_text().replace('"seed": 2', '"seed": ', 1))
    with pytest.raises(ValueError, match=r"tries\.jsonl is damaged .*line 3 column"):
        records.read("tries")


def test_surroundings_can_be_recorded():
    assert json.loads(json.dumps(records.surroundings()))["versions"]["numpy"] == np.__version__


def test_the_interval_is_students():
    """Three values: 4.303 (t for 2 degrees of freedom, 95%) standard errors either way."""
    mean, half = records.interval([1.0, 2.0, 4.0])
    assert mean == pytest.approx(7 / 3)
    assert half == pytest.approx(4.302653 * np.std([1, 2, 4], ddof=1) / np.sqrt(3), rel=1e-6)
    with pytest.raises(ValueError, match="two runs at least"):
        records.interval([1.0])


def test_ninety_five_of_a_hundred_intervals_hold_the_mean():
    rng = np.random.default_rng(0)
    found = (records.interval(rng.normal(3, 2, 5)) for _ in range(2000))
    share = np.mean([abs(mean - 3) < half for mean, half in found])
    assert 0.935 < share < 0.965


def test_appended_records_come_after_the_others_and_half_a_line_is_dropped(folder):
    for run in RUNS:
        records.append("tries", run)
    assert records.read("tries") == RUNS
    path = folder / "tries.jsonl"
    path.write_text(path.read_text() + '{"network": "c", "se')
    assert records.read("tries") == RUNS
    records.append("tries", {"seed": 9})
    assert records.read("tries") == [*RUNS, {"seed": 9}]
    with pytest.raises(TypeError):
        records.append("tries", {"seed": object()})
    assert len(records.read("tries")) == 7
    assert records.read("none", missing_ok=True) == []


def test_a_difference_is_welchs():
    """Against the textbook formula, for unequal spreads and counts."""
    a, b = np.array([0.50, 0.53, 0.51, 0.55]), np.array([0.48, 0.49, 0.47, 0.48, 0.46])
    va, vb = a.var(ddof=1) / 4, b.var(ddof=1) / 5
    freedom = (va + vb) ** 2 / (va**2 / 3 + vb**2 / 4)
    mean, half = records.difference(a, b)
    assert mean == pytest.approx(a.mean() - b.mean())
    assert half == pytest.approx(stats.t.ppf(0.975, freedom) * np.sqrt(va + vb))
    assert records.verdict(a, b) == "holds"
    assert records.verdict(b, a) == "does not hold"
    assert records.verdict(a, a[::-1] + 0.001) == "within noise"
    assert records.verdict(b, a, margin=mean + 1.01 * half) == "holds"  # no difference: so close
    assert records.verdict(b, a, margin=mean + 0.99 * half) == "does not hold"
    assert records.verdict(a, a[::-1] + 0.001, margin=1e-4) == "within noise"
    assert records.difference([0.5, 0.5], [0.4, 0.4]) == (pytest.approx(0.1), 0.0)
    with pytest.raises(ValueError, match="1 and 2 values"):
        records.difference([1.0], [1.0, 2.0])
