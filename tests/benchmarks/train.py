"""How fast one epoch is: ours against PyTorch, JAX, scikit-learn, a textbook, and the floor.

    python -m tests.benchmarks.train [--networks M1 M2 ...] [--rounds 5] [--peers torch jax ...]
                                     [--plot speed.png] [--record]

An epoch of 50,000 x 128 float32: shuffling, forward, backward, step. All alternatives take turns
(A B C, A B C, ...), since a machine's speed drifts over minutes: only ratios within one run count.
A first round, not counted, compiles, and checks that each peer trains the same network: as many
parameters, the same outputs before the epoch, and nearly the same loss after it.

Ours is the public `fit(..., epochs=1, progress=False)`, which also keeps the running loss and
accuracy and looks for NaN; no peer is asked to. Where a peer has threads to choose, each number is
an alternative of its own, and its best median is what a goal is held against.
"""

import argparse
import dataclasses
import gc
import importlib.metadata
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlpcore import models, plots, records
from tests.benchmarks.peers import PEERS


@dataclasses.dataclass(frozen=True)
class Network:
    """What is trained, how, and the goals: peer -> largest ratio of our median to theirs."""

    title: str
    build: Callable
    batch: int
    optimizer: str
    settings: dict
    goals: dict
    peers: tuple = tuple(PEERS)

    def __str__(self):
        numbers = ", ".join(f"{k} {v:g}" for k, v in self.settings.items())
        return f"{self.title}, batch {self.batch}, {self.optimizer} ({numbers})"


def plain(*hidden, activation):
    return lambda rng: models.mlp((128, *hidden, 10), rng=rng, activation=activation)


SLOW = {"lr": 0.01, "momentum": 0.9}
RELU = ("ours", "torch", "sklearn", "textbook", "floor")  # scikit-learn's turn: it has no GELU
AHEAD = 1.0
NETWORKS = {
    "M1": Network(
        "128-128-10 GELU", models.baseline, 200, "SGD", SLOW,
        {"torch": 0.42, "jax": 0.75, "floor": 2.2, "textbook": 0.33},
    ),
    "M2": Network(
        "report A's best: 64-32-10, batch norm, dropout", models.report_a_best, 128, "Adam",
        {"lr": 0.001, "weight_decay": 0.02},
        {"torch": 0.22, "jax": AHEAD, "floor": 3.5, "textbook": 0.33},
    ),
    "M3": Network(
        "report B's best: residual block, batch norm, dropout", models.report_b_best, 32, "SGD",
        {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4},
        {"torch": 0.40, "jax": AHEAD, "floor": 1.5, "textbook": 0.33},
    ),
    "M4": Network(
        "128-256x4-10 GELU", plain(*[256] * 4, activation="gelu"), 32, "SGD", SLOW,
        {"torch": 0.55, "jax": AHEAD, "floor": 1.4, "textbook": 0.33},
    ),
    "M1-ReLU": Network(
        "128-128-10 ReLU", plain(128, activation="relu"), 200, "SGD", SLOW,
        {"sklearn": 0.40}, RELU,
    ),
    "M4-ReLU": Network(
        "128-256x4-10 ReLU", plain(*[256] * 4, activation="relu"), 32, "SGD", SLOW,
        {"sklearn": 0.45}, RELU,
    ),
}  # fmt: skip


def rows(n, seed=0):
    """X (n, 128) float32 and classes that can be learned in part, so that a loss tells something.

    Speed does not depend on the values: only whether two libraries train alike does.
    """
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 128), dtype=np.float32)
    teacher = rng.standard_normal((128, 10), dtype=np.float32)
    noise = rng.standard_normal((n, 10), dtype=np.float32)
    return X, (X @ teacher + 6 * noise).argmax(axis=1)


# ------------------------------------------------------------------------------------ measuring


def alternatives(task, wanted, X, y):
    """(peers to time, {name: why not}): one peer for each number of threads it may be given."""
    ready, skipped = [], {}
    for name in wanted:
        if reason := PEERS[name].unfit(task):
            skipped[name] = reason
            continue
        try:
            for threads in PEERS[name].settings:
                peer = PEERS[name](task, X, y, threads)
                peer.name = name
                ready.append(peer)
        except Exception as error:
            skipped[name] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return ready, skipped


def timed_epoch(peer, seed):
    """Seconds of one epoch from the starting weights."""
    with peer.limit():
        peer.fresh()
        gc.collect()
        time.sleep(0.05)  # threads of the one before that still spin go to sleep
        start = time.perf_counter()
        peer.epoch(np.random.default_rng(seed))
        return time.perf_counter() - start


def check_and_warm(peer, reference, X, y):
    """One epoch uncounted; what tells whether the peer trains the network that ours is."""
    if not peer.trains:
        timed_epoch(peer, 0)
        return {"parameters": None, "before": None, "loss": None}
    some = X[: min(2000, len(X))]
    with peer.limit():
        peer.fresh()
        before = peer.log_probabilities(some)
    timed_epoch(peer, 0)
    with peer.limit():
        after = peer.log_probabilities(X)
    found = {"parameters": peer.parameters, "logs": before}
    found["loss"] = float(-after[np.arange(len(y)), y].mean())
    found["before"] = float(np.abs(before - (reference or found)["logs"]).max())
    wrong = []
    if reference and found["parameters"] != reference["parameters"]:
        wrong.append(f"{found['parameters']} parameters, ours has {reference['parameters']}")
    if found["before"] > 1e-3:
        wrong.append(f"its first outputs differ from ours by {found['before']:.2g}")
    if wrong:
        raise ValueError(f"{peer.label} trains another network: {'; '.join(wrong)}")
    return found


def measure(key, wanted, rounds, n):
    """Records of one network, one for each alternative, ours first; and what was skipped."""
    task, (X, y) = NETWORKS[key], rows(n)
    load = [os.getloadavg()[0]] if hasattr(os, "getloadavg") else [None]
    ready, skipped = alternatives(task, wanted, X, y)
    checks, running = {}, []
    for peer in ready:
        try:
            reference = checks.get(("ours", None))
            checks[peer.name, peer.threads] = check_and_warm(peer, reference, X, y)
            running.append(peer)
        except Exception as error:
            reason = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
            skipped[f"{peer.name} ({peer.threads} threads)"] = reason
    times = {(p.name, p.threads): [] for p in running}
    for i in range(rounds):
        for peer in running:
            times[peer.name, peer.threads].append(timed_epoch(peer, 1 + i))
    if load[0] is not None:
        load.append(os.getloadavg()[0])
    ours = times["ours", None]
    lines = []
    for peer in running:
        seconds, check = times[peer.name, peer.threads], checks[peer.name, peer.threads]
        each = [a / b for a, b in zip(ours, seconds, strict=True)]
        lines.append(
            {
                "experiment": "speed",
                "network": key,
                "title": str(task),
                "alternative": peer.name,
                "label": peer.label,
                "threads": peer.threads,
                "rows": n,
                "batch": task.batch,
                "parameters": check["parameters"],
                "loss": check["loss"],
                "outputs_differ": check["before"],
                "seconds": [round(s, 5) for s in seconds],
                "median": float(np.median(seconds)),
                "ratio": float(np.median(ours) / np.median(seconds)),
                "ratios": [round(r, 4) for r in each],
                "flops": getattr(peer, "flops", None),
                "load": load,
            }
        )
    for name in {line["alternative"] for line in lines}:
        group = [line for line in lines if line["alternative"] == name]
        fastest = min(group, key=lambda line: line["median"])
        for line in group:
            line["best"] = line is fastest
            goal = task.goals.get(name) if line["best"] else None
            line["goal"] = goal
            reached = goal and (line["ratio"] < goal if goal == AHEAD else line["ratio"] <= goal)
            line["met"] = reached
    return lines, skipped


# ------------------------------------------------------------------------------------ showing


def table(lines, skipped):
    """Ratios first; one line for each alternative."""
    print(f"\n{lines[0]['network']}: {lines[0]['title']}")
    print(f"    {lines[0]['rows']:,} rows, {lines[0]['parameters']:,} parameters")
    print("    ours/theirs (per round)   median s (per round)      loss   goal")
    ours = lines[0]
    for line in sorted(lines, key=lambda line: line["median"]):
        low, high = min(line["ratios"]), max(line["ratios"])
        spread = f"{min(line['seconds']):.3f}-{max(line['seconds']):.3f}"
        loss = "" if line["loss"] is None else f"{line['loss']:.4f}"
        if line["loss"] is not None and abs(line["loss"] - ours["loss"]) > 0.03 * ours["loss"]:
            loss += " DIFFERS"
        goal = ""
        if line["goal"] is not None:
            goal = "ahead" if line["goal"] == AHEAD else f"<= {line['goal']:.2f}"
            goal += ": met" if line["met"] else ": NOT MET"
        count = line["threads"]
        threads = f" ({count} thread{'s' if count > 1 else ''})" if count else ""
        ratio = "  1  " if line is ours else f"{line['ratio']:5.2f} ({low:.2f}-{high:.2f})"
        print(
            f"    {ratio:22}  {line['median']:7.3f} ({spread:>13})  {loss:>8}  {goal:18} "
            f"{line['label']}{threads}"
        )
    for name, reason in skipped.items():
        print(f"    skipped {name}: {reason}")


def bars(lines):
    """Time over the floor, a panel for each network; each alternative at its best threads."""
    lines = [line for line in lines if line["best"]]
    keys = [k for k in NETWORKS if any(line["network"] == k for line in lines)]
    columns = min(2, len(keys))
    shape = -(-len(keys) // columns), columns
    fig, panels = plots.subplots(*shape, width=5.6 * columns, height=2.9 * shape[0])
    panels = np.atleast_1d(panels).ravel()
    for ax, key in zip(panels, keys, strict=False):
        one = sorted((x for x in lines if x["network"] == key), key=lambda x: -x["median"])
        floor = next((x["median"] for x in one if x["alternative"] == "floor"), None)
        unit = floor or min(x["median"] for x in one)
        one = [x for x in one if x["alternative"] != "floor"]  # the left edge stands for it
        for i, line in enumerate(one):
            ours, height = line["alternative"] == "ours", line["median"] / unit
            style = {"color": plots.BLUE} if ours else {"color": plots.SKY, "hatch": "//"}
            ax.barh(i, height - 1, left=1, edgecolor="white", **style)
            ax.text(height * 1.06, i, f"{line['median']:.3g} s", va="center", fontsize=9.5)
        longest = max(x["median"] for x in one) / unit
        ax.set_xscale("log")
        ax.set_xlim(1, longest**1.25 + 0.4)
        ticks = [t for t in (1, 2, 3, 5, 10, 20, 50, 100) if t <= longest * 1.2]
        ax.set_xticks(ticks, [f"{t}x" for t in ticks])
        ax.minorticks_off()
        ax.set_yticks(range(len(one)), [x["label"] for x in one], fontsize=9.5)
        ax.get_yticklabels()[[x["alternative"] for x in one].index("ours")].set_weight("bold")
        title = f"{key}: {NETWORKS[key].title.split(':')[0]}"
        ax.set_title(f"{title}; 1x is {unit:.3g} s", fontsize=11)
        ax.grid(False, axis="y")
    for ax in panels[len(keys) :]:
        ax.axis("off")
    fig.supxlabel(
        "time of an epoch over that of its matrix products alone (1x, one logarithmic scale each)"
        if any(x["alternative"] == "floor" for x in lines)
        else "time of an epoch over that of the fastest (logarithmic)",
        fontsize=11,
    )
    told = []
    for key in keys:
        ours, torch = (
            next((x for x in lines if (x["network"], x["alternative"]) == (key, name)), None)
            for name in ("ours", "torch")
        )
        if ours and torch:
            told.append(f"{key} {torch['ratio']:.2f}")
    return plots.show(fig, f"Our time for an epoch over PyTorch's, eager: {', '.join(told)}.")


def versions():
    found = {}
    for package in ("scipy", "torch", "jax", "scikit-learn"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


def record(lines):
    """Put the new networks' lines in place of their old ones, keep the others."""
    around = records.surroundings()
    around["versions"] |= versions()
    try:
        kept = records.read("speed")
    except FileNotFoundError:
        kept = []
    new = {line["network"] for line in lines}
    every = [line for line in kept if line["network"] not in new] + [x | around for x in lines]
    every.sort(key=lambda line: list(NETWORKS).index(line["network"]))
    return records.write("speed", every)


def main():
    """Measure what is asked for, print, draw, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--rows", type=int, default=50_000, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.record and asked.rows != 50_000:
        parser.error("--record is for the full 50,000 rows")
    every = []
    for key in asked.networks:
        # a network lists the peers it is for; asked for by name, all are tried
        named = asked.peers if asked.peers != list(PEERS) else NETWORKS[key].peers
        wanted = ["ours", *(name for name in PEERS if name in named and name != "ours")]
        lines, skipped = measure(key, wanted, asked.rounds, asked.rows)
        table(lines, skipped)
        every += lines
    goals = [line["met"] for line in every if line["met"] is not None]
    print(f"\n{sum(goals)} of {len(goals)} goals met; load average {every[0]['load'][0]} before, "
          f"{every[-1]['load'][-1]} after (one busy core counts 1)")  # fmt: skip
    picture = bars(every)
    print(picture.alt)
    if asked.plot:
        asked.plot.write_bytes(picture.png)
    if asked.record:
        print(record(every))


if __name__ == "__main__":
    main()
