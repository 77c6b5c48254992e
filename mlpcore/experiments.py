"""Experiments: declared in data/tables/, run from the command line, recorded in data/records/.

    python -m mlpcore.experiments                     # what there is, and how much is recorded
    python -m mlpcore.experiments B3 B4 --seeds 5     # run what is missing of two tables
    python -m mlpcore.experiments all --jobs 2        # all; stop it at any time, it goes on later
    python -m mlpcore.experiments B3 --again 3        # three recorded runs anew: the same metrics?

A run is a function of its configuration and seed alone; its record is one line of JSON.
"""

import argparse
import functools
import sys
import time
from collections.abc import Iterable, Iterator

import numpy as np

from . import optim, records, schedules
from .augment import Views
from .data import Dataset, load
from .history import EarlyStopping, TrainingDiverged
from .losses import cross_entropy
from .metrics import count_parameters, f1, inference_time, predict
from .preprocess import stratified_split
from .tables import DEFAULTS, NETWORKS, PROTOCOLS, SCALERS, Table, configured, key, tables
from .train import fit

# --- one run --------------------------------------------------------------------------------------


def run(configuration: dict, seed: int, data: Dataset | None = None) -> dict:
    """Train once; the record: metrics at the chosen epoch, curves, times, machine, versions.

    Protocol "report": trained on all training rows, the test set says when to stop and which epoch
    was best, as both reports did. "honest": a tenth of the training rows, of each class, says so;
    the test rows are read once, at the end. A run that diverges is recorded, without metrics.
    """
    c, rng = DEFAULTS | configuration, np.random.default_rng(seed)
    data = data or load(c["data"])
    X, y, chooser = _parts(data, c, rng)
    views = _views(data, c)
    one_view = functools.partial(predict, batch_size=c["predict_batch"])
    answer = views.predict if views and c["average_views"] else one_view
    net = NETWORKS[c["network"]](rng, **c["network_options"])
    optimizer = getattr(optim, c["optimizer"])(net.parameters(), **c["optimizer_options"])
    record = {"configuration": configuration, "seed": seed, "parameters": count_parameters(net)}
    start = time.perf_counter()
    try:
        history = fit(
            net,
            X["train"],
            y["train"],
            optimizer=optimizer,
            schedule=getattr(schedules, c["schedule"])(**c["schedule_options"]),
            loss=_smoothed(c["label_smoothing"]),
            epochs=c["epochs"],
            batch_size=c["batch_size"],
            rng=rng,
            augment=views,
            validation=(X[chooser], y[chooser]),
            early_stopping=EarlyStopping(c["patience"] or c["epochs"], c["monitor"]),
            progress=False,
        )
    except TrainingDiverged as error:
        history = error.history
    record["seconds"] = round(time.perf_counter() - start, 2)
    record |= {"ended": history.ended, "epochs": len(history), "best_epoch": history.best_epoch}
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        record[name] = [float(f"{value:.4g}") for value in history.columns.get(name, ())]
    if history.ended != "diverged":
        for part in {"train", "test", chooser}:
            predicted = answer(net, X[part]).argmax(axis=1)
            record[part] = {"accuracy": float((predicted == y[part]).mean())}
            record[part]["f1"] = round(f1(predicted, y[part]), 6)
            if c["average_views"]:
                one = one_view(net, X[part]).argmax(axis=1)
                record[part]["accuracy_of_one_view"] = float((one == y[part]).mean())
        seconds = inference_time(net, X["train"], 1 if c["average_views"] else 3, answer)
        record["inference_seconds"] = round(seconds, 4)
    return record | records.surroundings()


def _parts(data, c, rng):
    """Scaled features and labels by part, and the part that chooses the epoch."""
    X = {"train": data.X_train, "test": data.X_test}
    y = {"train": data.y_train, "test": data.y_test}
    chooser = "test"
    if c["protocol"] == "honest":
        chooser = "validation"
        kept, held_out = stratified_split(data.y_train, 0.1, rng)
        X |= {"train": data.X_train[kept], "validation": data.X_train[held_out]}
        y |= {"train": data.y_train[kept], "validation": data.y_train[held_out]}
    if scaler := SCALERS[c["scaling"]]:
        scaler = scaler().fit(X["train"])
        X = {part: scaler.transform(rows) for part, rows in X.items()}
    return X, y, chooser


def _smoothed(share):
    return lambda z, t: cross_entropy(z, t, label_smoothing=share) if share else cross_entropy(z, t)


def _views(data, c):
    if not c["views"]:
        return None
    if data.pca is None or c["scaling"] != "raw":
        raise ValueError("views: they need the raw features and the PCA that made them")
    return Views(data.pca, data.images_train.shape[1:], **c["views"])


# --- a sweep --------------------------------------------------------------------------------------


def missing(wanted: Iterable[Table], seeds: int, data: str, protocols=PROTOCOLS) -> list[tuple]:
    """(file, configuration, seed) of the runs without a record, each once; first seeds first.

    Of the protocols only those that the table is for.
    """
    wanted, done, plan = list(wanted), {}, {}
    for table in wanted:
        if table.file not in done:
            there = records.read(table.file, missing_ok=True)
            done[table.file] = {key(r["configuration"], r["seed"]) for r in there}
    for seed in range(seeds):
        for table in wanted:
            for row in table.rows:
                for protocol in sorted({*protocols} & {*table.protocols}, reverse=True):
                    c = configured(row.configuration, data, protocol)
                    if (this := key(c, seed)) not in done[table.file]:
                        plan.setdefault((table.file, this), (table.file, c, seed))
    return list(plan.values())


def sweep(plan: list[tuple], jobs: int = 2, progress: bool = True) -> Iterator[dict]:
    """Run what `missing` names, `jobs` at a time; each record is written as soon as it is there.

    Within `joblib.parallel_config(backend="dask")` the runs go to the cluster of the current
    `dask.distributed.Client`. Killed at any moment, a sweep loses the runs under way, no record.
    """
    import joblib
    from tqdm.auto import tqdm

    for name in {c["data"] for _, c, _ in plan}:
        load(name)  # built once, before the workers ask for it
    workers = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
    found = workers(joblib.delayed(_run_for)(*job) for job in plan)
    for file, record in tqdm(found, total=len(plan), disable=not progress, unit="run"):
        records.append(file, record)
        yield record


def _run_for(file, configuration, seed):
    return file, run(configuration, seed)


def again(record: dict) -> list[str]:
    """Run a record's configuration and seed anew; the names of the metrics that differ."""
    new = run(record["configuration"], record["seed"])
    timed = {"seconds", "inference_seconds", "machine", "versions"}
    return sorted(name for name in record.keys() - timed if record[name] != new.get(name))


def main(arguments: list[str] | None = None) -> None:
    """The command line: see the top of this file."""
    parser = argparse.ArgumentParser(prog="python -m mlpcore.experiments")
    parser.add_argument("tables", nargs="*", help='ids, "A1" for report A\'s table 1; or "all"')
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--data", default="cifar10", choices=("cifar10", "shapes10"))
    parser.add_argument("--protocols", nargs="+", default=PROTOCOLS, choices=PROTOCOLS)
    parser.add_argument("--again", type=int, metavar="N", help="run N recorded runs anew, compare")
    asked, known = parser.parse_args(arguments), tables()
    if unknown := sorted(set(asked.tables) - {*known, "all"}):
        parser.error(f"no table {unknown}; there are {sorted(known)}, and all")
    chosen = [known[i] for i in (known if "all" in asked.tables else asked.tables)]
    say = sys.stdout.write
    if asked.again:
        found = [t.results(asked.data, p) for t in chosen for p in asked.protocols]
        there = [record for rows in found for row in rows for record in row]
        for record in there[:: max(1, len(there) // asked.again)][: asked.again]:
            differ = again(record)
            say(f"{key(record['configuration'])[:8]} seed {record['seed']}: ")
            say(f"differs in {differ}\n" if differ else "the same\n")
    elif chosen:
        plan = missing(chosen, asked.seeds, asked.data, asked.protocols)
        for _ in sweep(plan, asked.jobs):
            pass
    else:
        for table in known.values():
            left = len(missing([table], asked.seeds, asked.data, asked.protocols))
            runs = asked.seeds * len(table.rows) * len({*asked.protocols} & {*table.protocols})
            say(f"{table.id:4} {table.title:40} {runs - left:4} of {runs} runs recorded\n")


if __name__ == "__main__":
    main()
