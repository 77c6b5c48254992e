"""How long a slider's move takes: from the new value to the new picture, in the kernel.

    python -m tests.benchmarks.sliders [00 03 ...]

Every chapter is run, then each control of its interactive figures is moved to up to ten values, one
at a time. The browser's share (some 40 ms from key to repaint) comes on top.
"""

import argparse
import json

import nbformat
import numpy as np

from tests.explorers import explorers, far_values
from tests.refresh_chapters import CHAPTERS, ROOT, execute

AIM = 100  # milliseconds


def some_values(control) -> list:
    """Up to ten settings: evenly between both ends of a slider, or the options."""
    ends = far_values(control)
    if not hasattr(control, "min"):
        return ends[:10]
    low, high = (control.min, control.max)
    points = np.linspace(low, high, 10)
    if hasattr(control, "base"):
        return list(control.base**points)
    return sorted({int(v) for v in points}) if isinstance(low, int) else list(points)


def moves() -> dict:
    """Milliseconds of each move, by what the interactive figure shows (runs in a chapter)."""
    import time

    times = {}
    for explorer in explorers():
        found = times.setdefault(explorer.view.alt, [])
        for control in explorer.controls.values():
            start = control.value
            for value in some_values(control):
                if value != control.value:
                    before = time.perf_counter()
                    control.value = value
                    found.append(1000 * (time.perf_counter() - before))
            control.value = start
    return times


def measure(path) -> dict:
    """`moves` of one chapter."""
    notebook = nbformat.read(path, as_version=4)
    ask = (
        f"import sys, json; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.benchmarks.sliders import moves\nprint(json.dumps(moves()))"
    )
    notebook.cells.append(nbformat.v4.new_code_cell(ask))
    return json.loads(execute(notebook, path.parent).cells[-1].outputs[0].text)


def main():
    """Measure the chapters asked for, and print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="numbers; all if left out")
    asked = parser.parse_args().chapters
    print("median  95th percentile (ms), moves, figure")
    for path in sorted(CHAPTERS.glob("[0-9][0-9]_*.ipynb")):
        if asked and path.stem[:2] not in asked:
            continue
        every = measure(path)
        for alt, times in every.items():
            median, late = np.percentile(times, [50, 95])
            slow = "" if median < AIM else "  SLOW"
            print(f"{median:6.0f} {late:6.0f} {len(times):5}  {path.stem[:2]} {alt[:60]}{slow}")
        together = np.concatenate(list(every.values()))
        print(f"{np.median(together):6.0f} {np.percentile(together, 95):6.0f} {len(together):5}  "
              f"{path.stem[:2]} all\n")  # fmt: skip


if __name__ == "__main__":
    main()
