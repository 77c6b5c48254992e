"""What experiments there are: the tables of data/tables/*.toml, as rows of configurations.

A table of a report is declared as rows: what each sets, and what the report printed.
"""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from . import models, records
from .preprocess import MinMaxScaler, StandardScaler

FOLDER = Path(__file__).resolve().parents[1] / "data" / "tables"
PROTOCOLS = ("report", "honest")
SCALERS = {"raw": None, "standardised": StandardScaler, "min-max": MinMaxScaler}
NETWORKS = {
    "mlp": lambda rng, hidden, **options: models.mlp((128, *hidden, 10), rng=rng, **options),
    "report_b_best": models.report_b_best,
    "report_b_attention": models.report_b_attention,
}
# What a configuration may hold. Names ending in "_options" are keyword arguments.
DEFAULTS = {
    "data": "cifar10",
    "protocol": "honest",
    "scaling": "raw",
    "network": "mlp",
    "network_options": {},
    "optimizer": "SGD",
    "optimizer_options": {},
    "schedule": "constant",
    "schedule_options": {},
    "batch_size": 128,
    "epochs": 200,
    "patience": 10,  # epochs without a better one; 0: no early stopping
    "monitor": "val_accuracy",
    "label_smoothing": 0.0,
    "views": {},  # arguments of augment.Views: training rows are seen in them
    "average_views": False,  # and predictions averaged over them
    "predict_batch": 500,  # rows judged at a time: attention across a batch answers by its company
}


@dataclass(frozen=True)
class Row:
    """A row of a table: its name, what is run for it, and what the report printed."""

    name: str
    configuration: dict
    reported: dict


@dataclass(frozen=True)
class Table:
    """A table of a report. varies: the heading of the rows' names; file: where records go."""

    id: str
    title: str
    varies: str
    rows: tuple[Row, ...]
    file: str
    protocols: tuple[str, ...] = PROTOCOLS

    def results(self, data: str = "cifar10", protocol: str = "honest") -> list[list[dict]]:
        """The records of each row, by seed; an empty list for a row without any."""
        kept = {}
        for record in records.read(self.file):
            kept.setdefault(key(record["configuration"]), []).append(record)
        wanted = [configured(row.configuration, data, protocol) for row in self.rows]
        return [sorted(kept.get(key(c), []), key=lambda r: r["seed"]) for c in wanted]


def tables() -> dict[str, Table]:
    """Every declared table by its id: "A1" is report A's table 1. ValueError: a faulty one.

    A table `like` another has its rows, with changes and protocols of its own.
    """
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        declared = _with_none(tomllib.loads(path.read_text(encoding="utf8")))
        by_id = {table["id"]: table for table in declared["table"]}
        for table in declared["table"]:
            first = by_id[table.get("like", table["id"])]
            sets = [part.get("set", {}) for part in (first, table)]
            base = merged(DEFAULTS, declared["base"], *sets)
            rows = tuple(
                Row(row["name"], merged(base, row.get("set", {})), row.get("reported", {}))
                for row in first["rows"]
            )
            protocols = table.get("protocols", declared.get("protocols", PROTOCOLS))
            head = (table["id"], table["title"], first["varies"])
            found[table["id"]] = Table(*head, rows, path.stem, tuple(protocols))
    return found


def _with_none(value):
    """TOML has no None: the declarations write "none"."""
    if isinstance(value, dict):
        return {name: _with_none(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_none(part) for part in value]
    return None if value == "none" else value


def merged(base: dict, *changes: dict) -> dict:
    """`base` with the changes on top.

    Of options only what is named changes, unless the change names another network, optimizer or
    schedule as well: then its options start afresh.
    """
    result = dict(base)
    for change in changes:
        if unknown := sorted(change.keys() - DEFAULTS):
            raise ValueError(f"a configuration sets {unknown}; it may set {sorted(DEFAULTS)}")
        for name, value in change.items():
            owner = name.removesuffix("_options")
            added = owner != name and owner not in change
            result[name] = result[name] | value if added else value
    return result


def configured(configuration: dict, data: str, protocol: str) -> dict:
    """The configuration for another data set or protocol. ValueError: unknown names."""
    changed = merged(configuration, {"data": data, "protocol": protocol})
    for name, known in (("protocol", PROTOCOLS), ("scaling", SCALERS), ("network", NETWORKS)):
        if changed[name] not in known:
            raise ValueError(f"{name} is {changed[name]!r}; expected one of {sorted(known)}")
    return changed


def key(configuration: dict, seed: int | None = None) -> str:
    """Equal for equal runs, whatever the order of the names; a setting left out is the default."""
    text = json.dumps([DEFAULTS | configuration, seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
