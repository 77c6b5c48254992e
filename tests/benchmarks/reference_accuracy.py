"""How hard the data are: test accuracy of three networks, last epoch, on shapes10 and CIFAR-10.

    python -m tests.benchmarks.reference_accuracy [--data shapes10 cifar10] [--seeds 5]

Writes data/records/reference_accuracy.jsonl, a line a run, and prints means with 95% intervals.
The test set chooses nothing here: networks, epochs and settings are fixed beforehand.
"""

import argparse
import time

import joblib
import numpy as np

from mlpcore import SGD, evaluate, fit, models, records, schedules
from mlpcore.data import load

NETWORKS = {
    "softmax regression": {
        "build": lambda rng: models.mlp((128, 10), rng=rng),
        "epochs": 20,
        "optimizer": {"lr": 0.01, "momentum": 0.9},
        "schedule": "cosine",
    },
    "128-128-10": {
        "build": lambda rng: models.mlp((128, 128, 10), rng=rng, activation="relu"),
        "epochs": 30,
        "optimizer": {"lr": 0.01, "momentum": 0.9},
        "schedule": "constant",
    },
    "report B's best": {
        "build": models.report_b_best,
        "epochs": 50,
        "optimizer": {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4},
        "schedule": "cosine",
    },
    **{
        f"{depth} hidden layers of 256": {
            "build": lambda rng, depth=depth: models.mlp(
                (128, *[256] * depth, 10), rng=rng, activation="gelu"
            ),
            "epochs": 30,
            "optimizer": {"lr": 0.05, "momentum": 0.9},
            "schedule": "constant",
        }
        for depth in (1, 2, 3, 4)
    },
}
SHARED = {"batch_size": 128, "features": "raw"}


def run(data_name: str, network: str, seed: int) -> dict:
    """Train one network with one seed; its record."""
    data, settings = load(data_name), NETWORKS[network]
    rng = np.random.default_rng(seed)
    net = settings["build"](rng)
    start = time.perf_counter()
    history = fit(
        net,
        data.X_train,
        data.y_train,
        optimizer=SGD(net.parameters(), **settings["optimizer"]),
        schedule=getattr(schedules, settings["schedule"])(),
        epochs=settings["epochs"],
        batch_size=SHARED["batch_size"],
        rng=rng,
        progress=False,
    )
    seconds = time.perf_counter() - start
    return {
        "experiment": "reference_accuracy",
        "data": data_name,
        "network": network,
        "configuration": {k: v for k, v in settings.items() if k != "build"} | SHARED,
        "seed": seed,
        "parameters": sum(p.data.size for p in net.parameters()),
        "loss": history["loss"],
        "train": evaluate(net, data.X_train, data.y_train),
        "test": evaluate(net, data.X_test, data.y_test),
        "seconds": round(seconds, 2),
        **records.surroundings(),
    }


def main():
    """Run what is asked for, keep the other records, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["shapes10", "cifar10"])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    for name in asked.data:
        load(name)  # built once, before the workers ask for it
    jobs = [(d, n, s) for d in asked.data for n in asked.networks for s in range(asked.seeds)]
    try:
        kept = records.read("reference_accuracy")
    except FileNotFoundError:
        kept = []
    new = joblib.Parallel(asked.jobs, verbose=5)(joblib.delayed(run)(*job) for job in jobs)
    kept = [r for r in kept if (r["data"], r["network"], r["seed"]) not in set(jobs)]
    order = list(NETWORKS)
    every = sorted(kept + new, key=lambda r: (r["data"], order.index(r["network"]), r["seed"]))
    print(records.write("reference_accuracy", every))
    for data_name in asked.data:
        for network in asked.networks:
            runs = [r for r in every if (r["data"], r["network"]) == (data_name, network)]
            mean, half = records.interval(r["test"]["accuracy"] for r in runs)
            train = np.mean([r["train"]["accuracy"] for r in runs])
            seconds = np.median([r["seconds"] for r in runs])
            print(
                f"{data_name:9} {network:26} test {mean:.4f} +- {half:.4f} ({len(runs)} seeds)  "
                f"train {train:.3f}  {runs[0]['parameters']:>7,} parameters  {seconds:.0f} s"
            )


if __name__ == "__main__":
    main()
