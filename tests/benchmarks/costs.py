"""What else training costs: inference, memory, rows, and many trainings at once.

    python -m tests.benchmarks.costs [--what inference memory rows parallel] [--rounds 5]
                                     [--plot rows.png] [--record]

inference: report B's best on 50,000 rows, ours (`predict`) against PyTorch, by turns.
memory: the most that an epoch adds to a process, over data + parameters + one batch's activations.
rows: one epoch of 5,000 to 500,000 rows, which should cost time in proportion.
parallel: eight trainings in two processes against one after another.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import joblib
import numpy as np
from threadpoolctl import threadpool_limits

import mlpcore
from mlpcore import nn, plots, records
from tests.benchmarks.peers import PEERS, Ours
from tests.benchmarks.train import NETWORKS, rows, timed_epoch, versions

# ------------------------------------------------------------------------------------ inference


def inference(rounds, n):
    """Ours on one BLAS thread and as it comes, against PyTorch on one and two; the better batch."""
    task, (X, y) = NETWORKS["M3"], rows(n)
    ours = Ours(task, X, y)
    ours.fresh()

    def predict(threads):
        if threads is None:
            return mlpcore.predict(ours.net, X)
        with threadpool_limits(threads, user_api="blas"):
            return mlpcore.predict(ours.net, X)

    ways = {
        ("ours", "one thread"): lambda: predict(1),
        ("ours", "as it comes"): lambda: predict(None),
    }
    expected = predict(None)
    if reason := PEERS["torch"].unfit(task):
        print(f"    skipped PyTorch: {reason}")
    else:
        import torch

        peer = PEERS["torch"](task, X, y, 1)
        peer.net.eval()

        def torch_predict(threads, batch):
            torch.set_num_threads(threads)
            with torch.inference_mode():
                return torch.cat([peer.net(part) for part in peer.Xt.split(batch)]).numpy()

        np.testing.assert_allclose(torch_predict(1, 1000), expected, rtol=1e-3, atol=1e-3)
        for threads in (1, 2):
            for batch in (1000, n):
                ways["torch", f"{threads} thread(s), batch {batch}"] = (
                    lambda threads=threads, batch=batch: torch_predict(threads, batch)
                )
    times = by_turns(ways, rounds)
    medians = {key: float(np.median(seconds)) for key, seconds in times.items()}
    lines = [
        {"way": " ".join(key), "seconds": times[key], "median": medians[key]} for key in medians
    ]
    print(f"inference, {n:,} rows of report B's best (the report: 1.49 s)")
    for key, seconds in sorted(medians.items(), key=lambda item: item[1]):
        print(f"    {seconds:.3f} s ({span(times[key])})  {' '.join(key)}")
    for mine, threads, goal in (("one thread", 1, 1.0), ("as it comes", 2, 1.8)):
        theirs = [
            s for (who, how), s in medians.items() if who == "torch" and how[0] == f"{threads}"
        ]
        if theirs:
            ratio = medians["ours", mine] / min(theirs)
            lines.append({"way": f"ratio to {threads}", "ratio": ratio, "goal": goal})
            verdict(f"ours {mine} / PyTorch on {threads}", ratio, goal)
    return lines


def by_turns(ways, rounds):
    """{name: seconds of each round}, the ways taken by turns, after one round uncounted."""
    times = {key: [] for key in ways}
    for i in range(rounds + 1):
        for key, run in ways.items():
            time.sleep(0.05)
            start = time.perf_counter()
            run()
            if i:
                times[key].append(round(time.perf_counter() - start, 5))
    return times


def span(seconds):
    return f"{min(seconds):.3f}-{max(seconds):.3f}"


def verdict(what, ratio, goal):
    print(f"    {what}: {ratio:.2f}, goal <= {goal}: {'met' if ratio <= goal else 'NOT MET'}")


# ------------------------------------------------------------------------------------ memory


def resident(field):
    """Kilobytes of this process's memory: VmRSS now, VmHWM at most. None where /proc is not."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return None
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(field))


def memory_child(key, n):
    """In a process of its own: bytes that data and an epoch add, as the system and NumPy count.

    A tiny network is trained first, so that modules and BLAS are there and are not counted. The
    system's count (resident pages, at their highest) sees everything, BLAS's buffers and what the
    allocator keeps too; tracemalloc sees every array exactly and nothing else, and slows training,
    so that it takes an epoch of its own. The data stay as they are; fit is free to copy them.
    """
    tiny = mlpcore.models.mlp((4, 4, 2), rng=np.random.default_rng(0))
    labels, settings = np.arange(8) % 2, {"epochs": 1, "batch_size": 4, "progress": False}
    train(tiny, np.ones((8, 4), np.float32), labels, mlpcore.SGD, {"lr": 0.01}, settings)
    task = NETWORKS[key]
    kind, settings = getattr(mlpcore, task.optimizer), settings | {"batch_size": task.batch}

    def run():
        rng = np.random.default_rng(0)
        X, y = rng.standard_normal((n, 128), dtype=np.float32), rng.integers(0, 10, n)
        train(task.build(rng), X, y, kind, task.settings, settings)
        return X.nbytes + y.nbytes

    before = resident("VmRSS")
    data = run()
    system = None if before is None else (resident("VmHWM") - before) * 1024
    tracemalloc.start()
    run()
    arrays = tracemalloc.get_traced_memory()[1]
    return {"data": data, "system": system, "arrays": arrays, **sizes(task)}


def train(net, X, y, kind, settings, options):
    optimizer = kind(net.parameters(), **settings)
    mlpcore.fit(net, X, y, optimizer=optimizer, rng=np.random.default_rng(0), **options)


def sizes(task):
    """Bytes of the parameters, and of one batch's activations: its rows and each layer's output."""
    net, total = task.build(np.random.default_rng(0)), []
    x = np.zeros((task.batch, 128), np.float32)

    def watch(module):
        forward = module.forward

        def counted(x):
            y = forward(x)
            total.append(y.data.nbytes)
            return y

        module.forward = counted

    for _, module in net.modules():
        if not isinstance(module, nn.Sequential):  # its last layer's output, counted already
            watch(module)
    net(x)
    parameters = sum(p.data.nbytes for p in net.parameters())
    return {"parameters": parameters, "activations": x.nbytes + sum(total)}


def memory(rounds, n):
    """Peak over budget, for each network, each in a fresh process."""
    print(f"memory of an epoch of {n:,} rows, MB: data + parameters + one batch's activations")
    lines = []
    for key in ("M1", "M2", "M3", "M4"):
        command = [sys.executable, "-m", "tests.benchmarks.costs", "--child", key, "--rows", str(n)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        budget = found["data"] + found["parameters"] + found["activations"]
        mb = {name: None if v is None else v / 1e6 for name, v in found.items()}
        parts = f"{mb['data']:.1f} + {mb['parameters']:.2f} + {mb['activations']:.2f}"
        arrays = f"{mb['arrays']:.1f}, ratio {found['arrays'] / budget:.3f}"
        print(f"    {key}: {parts}; arrays at most {arrays}")
        ratio = (found["system"] or found["arrays"]) / budget
        verdict(f"{key}, added to the process {mb['system'] or 0:.1f} MB", ratio, 1.3)
        lines.append({"network": key, **found, "ratio": ratio, "goal": 1.3})
    return lines


# ------------------------------------------------------------------------------------ rows


def linear_in_rows(rounds, n, plot):
    """Seconds of an epoch against rows, and the exponent: 1 is proportional."""
    counts = [n // 10, n // 3, n, 3 * n, 10 * n]
    X, y = rows(max(counts))
    print("one epoch against rows (seconds; microseconds a row)")
    lines, fig_ax = [], plots.subplots(width=6.4, height=4)
    for style, marker, key in zip(plots.LINES, plots.MARKERS, ("M1", "M2", "M3"), strict=False):
        runs = {c: Ours(NETWORKS[key], X[:c], y[:c]) for c in counts}
        timed_epoch(runs[counts[0]], 0)
        times = {c: [] for c in counts}
        for i in range(rounds):
            for c in counts:
                times[c].append(round(timed_epoch(runs[c], i), 5))
        medians = [float(np.median(times[c])) for c in counts]
        exponent = float(np.polyfit(np.log(counts), np.log(medians), 1)[0])
        each = "  ".join(
            f"{c:,}: {s:.3f} s, {1e6 * s / c:.2f} us" for c, s in zip(counts, medians, strict=True)
        )
        print(f"    {key} (rows^{exponent:.3f})  {each}")
        fig_ax[1].plot(counts, medians, **style, marker=marker, label=f"{key}, rows^{exponent:.2f}")
        lines.append({"network": key, "rows": counts, "seconds": [times[c] for c in counts],
                      "median": medians, "exponent": exponent})  # fmt: skip
    if plot:
        fig, ax = fig_ax
        ax.set(xscale="log", yscale="log", xlabel="rows", ylabel="seconds an epoch")
        ax.legend(frameon=False)
        powers = ", ".join(f"{x['network']} {x['exponent']:.2f}" for x in lines)
        alt = f"Time of an epoch grows in proportion to the rows; exponents: {powers}."
        plot.write_bytes(plots.show(fig, alt).png)
    return lines


# ------------------------------------------------------------------------------------ parallel


def one_training(key, X, y, seed, epochs):
    """A training of a sweep; its last loss, so that both ways can be seen to do the same."""
    task, rng = NETWORKS[key], np.random.default_rng(seed)
    net = task.build(rng)
    optimizer = getattr(mlpcore, task.optimizer)(net.parameters(), **task.settings)
    return mlpcore.fit(
        net, X, y, optimizer=optimizer, epochs=epochs, batch_size=task.batch, rng=rng,
        progress=False,
    )["loss"][-1]  # fmt: skip


def parallel(rounds, n):
    """Eight trainings in two processes over one after another; the processes are there already."""
    X, y = rows(n)
    lines = []
    print(f"eight trainings of {n:,} rows: two processes against one after another")
    with (
        joblib.parallel_config(backend="loky", inner_max_num_threads=1),
        joblib.Parallel(2) as pool,
    ):
        start = time.perf_counter()
        pool(joblib.delayed(one_training)("M1", X[:400], y[:400], s, 1) for s in range(4))
        startup = time.perf_counter() - start
        for key, epochs in (("M1", 5), ("M2", 5), ("M3", 1)):
            jobs = [(key, X, y, seed, epochs) for seed in range(8)]
            found = {}
            ways = {
                "sequential": lambda jobs=jobs, found=found: found.update(
                    one=[one_training(*job) for job in jobs]
                ),
                "parallel": lambda jobs=jobs, found=found: found.update(
                    two=pool(joblib.delayed(one_training)(*job) for job in jobs)
                ),
            }
            times = by_turns(ways, rounds)
            if found["one"] != found["two"]:
                raise AssertionError(f"{key}: the trainings in processes gave other losses")
            one, two = (float(np.median(times[name])) for name in ("sequential", "parallel"))
            spans = {name: span(seconds) for name, seconds in times.items()}
            print(f"    {key}, {epochs} epoch(s): {one:.2f} s ({spans['sequential']}) one after "
                  f"another, {two:.2f} s ({spans['parallel']}) in two processes")  # fmt: skip
            verdict(key, two / one, 0.6)
            lines.append({"network": key, "epochs": epochs, "seconds": times, "ratio": two / one,
                          "goal": 0.6, "startup": startup})  # fmt: skip
    print(
        f"    not counted: starting the processes, {startup:.1f} s; losses are the same both ways"
    )
    return lines


def main():
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    every = ("inference", "memory", "rows", "parallel")
    parser.add_argument("--what", nargs="+", default=every, choices=every)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--rows", type=int, default=50_000, help=argparse.SUPPRESS)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(memory_child(asked.child, asked.rows)))
        return
    n, rounds, found = asked.rows, asked.rounds, []
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    around = records.surroundings()
    around["versions"] |= versions()
    for name in asked.what:
        run = {
            "inference": lambda: inference(rounds, n),
            "memory": lambda: memory(rounds, n),
            "rows": lambda: linear_in_rows(rounds, n, asked.plot),
            "parallel": lambda: parallel(rounds, n),
        }[name]
        found += [{"experiment": name, **line, "load": load, **around} for line in run()]
    if asked.record:
        try:
            kept = [r for r in records.read("costs") if r["experiment"] not in asked.what]
        except FileNotFoundError:
            kept = []
        print(records.write("costs", kept + found))


if __name__ == "__main__":
    main()
