"""Recorded runs, one JSON line each, in data/records/: where a chapter's numbers come from.

A record holds what made the run (experiment, data, configuration, seed), what came out (metrics)
and where (seconds, machine, versions).
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "data" / "records"


def read(name: str, **match) -> list[dict]:
    """The records of data/records/<name>.jsonl whose fields equal `match`.

    FileNotFoundError: no such file, with the names there are. ValueError: a damaged line.
    """
    path = FOLDER / f"{name}.jsonl"
    if not path.exists():
        there = sorted(p.stem for p in FOLDER.glob("*.jsonl"))
        raise FileNotFoundError(f"records: no {path.name} in {FOLDER}; there are {there}")
    records = []
    for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise ValueError(f"records: line {number} of {path} is no JSON ({error})") from error
    return [r for r in records if all(r.get(key) == value for key, value in match.items())]


def write(name: str, records: Iterable[dict]) -> Path:
    """Put `records` in place of data/records/<name>.jsonl, whole or not at all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.jsonl"
    temporary = path.with_suffix(f".{os.getpid()}.part")
    temporary.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf8")
    os.replace(temporary, path)
    return path


def surroundings() -> dict:
    """Machine and versions, for a record."""
    return {
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }


def interval(values: Iterable[float], confidence: float = 0.95) -> tuple[float, float]:
    """(mean, half width) of Student's interval for the mean of `values`, two at least."""
    from scipy.stats import t

    values = np.asarray(list(values), dtype=np.float64)
    n = values.size
    if n < 2:
        raise ValueError(f"interval: {n} value(s); an interval needs two runs at least")
    half = t.ppf((1 + confidence) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(values.mean()), float(half)
