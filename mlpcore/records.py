"""Recorded runs, one JSON line each, in data/records/: where a chapter's numbers come from.

A record: what made the run (data, configuration, seed), what came out, and on which machine.
"""

import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .checkpoint import replacing

FOLDER = Path(__file__).resolve().parents[1] / "data" / "records"


def read(name: str, *, missing_ok: bool = False, **match) -> list[dict]:
    """The records of data/records/<name>.jsonl whose fields equal `match`.

    A last line without its end is left out: a writer was killed in the middle of it.
    FileNotFoundError: no such file, with the names there are, unless missing_ok. ValueError: a
    damaged line.
    """
    path = FOLDER / f"{name}.jsonl"
    if missing_ok and not path.exists():
        return []
    if not path.exists():
        there = sorted(p.stem for p in FOLDER.glob("*.jsonl"))
        raise FileNotFoundError(f"records: no {path.name} in {FOLDER}; there are {there}")
    lines = path.read_text(encoding="utf8").split("\n")[:-1]
    try:
        records = json.loads("[" + ",\n".join(lines) + "]")
    except ValueError as error:  # names the line
        raise ValueError(f"records: {path} is damaged ({error})") from error
    return [r for r in records if all(r.get(key) == value for key, value in match.items())]


def write(name: str, records: Iterable[dict]) -> Path:
    """Put `records` in place of data/records/<name>.jsonl, whole or not at all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.jsonl"
    with replacing(path) as new:
        new.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf8")
    return path


def append(name: str, record: dict) -> None:
    """Add one record to data/records/<name>.jsonl, on disk when this returns."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    line = json.dumps(record) + "\n"  # first: what is no JSON must not leave half a line
    with (FOLDER / f"{name}.jsonl").open("a+b") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1  # what follows is the line a killed writer began
        file.truncate(whole)
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def surroundings() -> dict:
    """Machine and versions, for a record."""
    return {
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }


def interval(values: Iterable[float], confidence: float = 0.95) -> tuple[float, float]:
    """(mean, half width) of Student's interval for the mean of `values`, two at least."""
    from scipy.stats import sem, t

    values = np.array(list(values), dtype=np.float64)
    n = values.size
    if n < 2:
        raise ValueError(f"interval: {n} value(s); an interval needs two runs at least")
    return float(values.mean()), float(t.ppf((1 + confidence) / 2, n - 1) * sem(values))


def difference(first: Iterable[float], second: Iterable[float]) -> tuple[float, float]:
    """(mean, half width) of Welch's 95% interval for mean(first) - mean(second)."""
    from scipy.stats import ttest_ind

    first, second = list(first), list(second)
    if min(len(first), len(second)) < 2:
        given = f"{len(first)} and {len(second)} values"
        raise ValueError(f"difference: {given}; an interval needs two runs of each at least")
    mean = float(np.mean(first) - np.mean(second))
    if np.ptp(first) == np.ptp(second) == 0:
        return mean, 0.0
    low, high = ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    return mean, float(high - low) / 2


def verdict(first: Iterable[float], second: Iterable[float], margin: float | None = None) -> str:
    """Of the claim that `first` is larger on average: by Welch's 95% interval of the difference.

    "holds": the interval lies above 0; "does not hold": below; "within noise": it contains 0. With
    a margin, of the claim that there is no difference: "holds": the interval lies within the
    margin of 0; "does not hold": it reaches beyond and is clear of 0; else "within noise".
    """
    mean, half = difference(first, second)
    if margin is None:
        return "holds" if mean > half else "does not hold" if mean < -half else "within noise"
    within = abs(mean) + half <= margin
    return "holds" if within else "does not hold" if abs(mean) > half else "within noise"
