"""What the playground's pictures cost: redraws a second, and the speed left for training.

    python -m tests.benchmarks.playground [--rounds 5]

Steps a second with all pictures drawn (ticks) beside the same run without them, in turns. The
browser's own drawing comes on top of it, in another process.
"""

import argparse
import time

import numpy as np

from mlpcore.playground import Playground

WIDE = {"widths": [128], "activations": ["gelu"], "batch_size": 128}
CASES = {  # settings, and the redraws a second that are asked for
    "moons": ({"epochs": 100_000}, 8),
    "shapes10": (WIDE | {"data": "shapes10", "epochs": 1000}, 4),
}
AIM = 0.7  # of the speed without the view


def speeds(playground, seconds: float) -> tuple[float, float, float]:
    """(redraws a second, steps a second with the view, steps a second without)."""
    run = playground.run
    start, before, ticks = time.perf_counter(), len(run.losses), 0
    while time.perf_counter() - start < seconds:
        playground.tick()
        ticks += 1
    took = time.perf_counter() - start
    seen = (len(run.losses) - before) / took
    start, before = time.perf_counter(), len(run.losses)
    while time.perf_counter() - start < seconds:
        run.train(1)
    return ticks / took, seen, (len(run.losses) - before) / (time.perf_counter() - start)


def main():
    """Measure both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("data       redraws/s (aim)   steps/s   without the view   share (aim)")
    for name, (settings, aim) in CASES.items():
        playground = Playground(**settings)
        found = np.array([speeds(playground, 2.0) for _ in range(rounds)])
        redraws, seen, unseen = np.median(found, axis=0)
        share = np.median(found[:, 1] / found[:, 2])
        met = redraws >= aim and share >= AIM
        print(
            f"{name:10} {redraws:9.1f} ({aim}) {seen:13,.0f} {unseen:18,.0f} {share:10.2f} ({AIM})"
            f"  {'met' if met else 'NOT met'}"
        )
        playground.close()


if __name__ == "__main__":
    main()
