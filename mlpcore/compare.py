"""A report's table beside our runs of it. Chapters 16 and 17."""

from collections.abc import Iterator

import numpy as np

from . import records
from .checks import check_choice
from .tables import PROTOCOLS, Row, Table

COLUMNS = {
    "accuracy": {
        "test": ("test", lambda r: r["test"]["accuracy"]),
        "train": ("train", lambda r: r["train"]["accuracy"]),
        "test_f1": ("test F1", lambda r: r["test"]["f1"]),
        "train_f1": ("train F1", lambda r: r["train"]["f1"]),
    },
    "cost": {
        "epochs": ("epochs", lambda r: r["epochs"]),
        "seconds": ("seconds", lambda r: r["seconds"]),
        "inference": ("inference", lambda r: r["inference_seconds"]),
        "parameters": ("parameters", lambda r: r["parameters"]),
    },
}


def _test(runs):
    return records.interval(r["test"]["accuracy"] for r in runs)


def fits(row: Row, runs: list[dict]) -> bool | None:
    """Is the printed test accuracy at most 0.015 beyond our interval? None: nothing printed."""
    if "test" not in row.reported:
        return None
    mean, half = _test(runs)
    return abs(row.reported["test"] - mean) - half <= 0.015


def lines(table: Table) -> Iterator[str]:
    """A heading, then for each row: printed, ours as there, ours honest, = or ! (fits)."""
    title = f"{table.id} {table.title}"
    yield f"{title:28} report as there    honest"
    both = [table.results(protocol=p) for p in PROTOCOLS]
    for row, *found in zip(table.rows, *both, strict=True):
        cells = ["{:.3f}±{:.3f}".format(*_test(runs)) if runs else "" for runs in found]
        told = f"{row.reported['test']:.3f}" if "test" in row.reported else ""
        mark = {None: "", True: "=", False: "!"}[fits(row, found[0])]
        yield f"  {row.name:26} {told:6} {cells[0]:11} {cells[1]:11} {mark}".rstrip()


def html(table: Table, numbers: str = "accuracy") -> str:
    """The table as HTML, three lines a row: printed, ours as there, ours honest.

    numbers: "accuracy" (and F1), or "cost" (epochs, seconds, seconds of inference, parameters).
    Ours are means and half the width of a 95% interval.
    """
    check_choice(numbers, "html: numbers", COLUMNS)
    columns = COLUMNS[numbers]
    rows = [f"<tr><th>{table.varies}" + "".join(f"<th>{name}" for name, _ in columns.values())]
    both = [table.results(protocol=p) for p in PROTOCOLS]
    for row, *found in zip(table.rows, *both, strict=True):
        word = {None: "", True: ": fits", False: ": apart"}[fits(row, found[0])]
        rows += [f"<tr><td colspan={len(columns) + 1} align=left><b>{row.name}</b>{word}"]
        if row.reported:
            rows += ["<tr><td>printed" + "".join(f"<td>{row.reported.get(k, '')}" for k in columns)]
        for name, runs in zip(("ours", "honest"), found, strict=True):
            if runs:
                mine = [_cell([what(r) for r in runs]) for _, what in columns.values()]
                rows += [f"<tr><td>{name}" + "".join(f"<td>{text}" for text in mine)]
    return f"<b>{table.id} {table.title}</b><table>{''.join(rows)}</table>"


def _cell(values):
    if np.ptp(values) == 0:
        return f"{values[0]:,}"
    mean, half = records.interval(values)
    digits = 3 if mean < 1 else 1 if mean < 100 else 0
    return f"{mean:.{digits}f}±{half:.{digits}f}"
