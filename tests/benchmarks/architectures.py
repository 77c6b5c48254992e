"""A space of networks, each trained once, and the best again: what chapter 21 searches through.

    python -m tests.benchmarks.architectures     # a quarter of an hour; goes on where it stopped

Records go to data/records/architectures.jsonl: with the validation accuracy of every epoch, so that
a search may be replayed that stops runs early. CIFAR-10's features, honest protocol.
"""

import itertools

import numpy as np

from mlpcore.experiments import missing, sweep
from mlpcore.tables import DEFAULTS, Row, Table, merged

SPACE = {
    "layers": (1, 2, 3),
    "width": (32, 64, 128),
    "dropout": (0.0, 0.2, 0.4),
    "norm": (None, "batch"),
    "rate": (0.0003, 0.003, 0.03),
}
BASE = {"optimizer": "AdamW", "schedule": "one_cycle", "epochs": 15, "patience": 0}


def row(layers, width, dropout, norm, rate):
    network = {"hidden": [width] * layers, "activation": "gelu", "norm": norm, "dropout": dropout}
    changes = BASE | {"network_options": network, "optimizer_options": {"lr": rate}}
    return Row(f"{layers} x {width}, {dropout}, {norm}, {rate}", merged(DEFAULTS, changes), {})


def table(rows):
    return Table("S", "Architectures", "network", tuple(rows), "architectures", ("honest",))


def main(best=12, seeds=5):
    rows = [row(*setting) for setting in itertools.product(*SPACE.values())]
    for _ in sweep(missing([table(rows)], 1, "cifar10"), jobs=1):
        pass
    found = [runs[0]["validation"]["accuracy"] for runs in table(rows).results()]
    chosen = table([rows[i] for i in np.argsort(found)[::-1][:best]])
    for _ in sweep(missing([chosen], seeds, "cifar10"), jobs=1):
        pass


if __name__ == "__main__":
    main()
