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


def read(name: str, **match) -> list[dict]:
    """The records of data/records/<name>.jsonl whose fields equal `match`.

    FileNotFoundError: no such file, with the names there are. ValueError: a damaged line.
    """
    path = FOLDER / f"{name}.jsonl"
    if not path.exists():
        there = sorted(p.stem for p in FOLDER.glob("*.jsonl"))
        raise FileNotFoundError(f"records: no {path.name} in {FOLDER}; there are {there}")
    lines = path.read_text(encoding="utf8").splitlines()
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
