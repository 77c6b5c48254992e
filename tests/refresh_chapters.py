"""Run chapters afresh: chapters/NN_name.py, which one edits, into the .ipynb with its outputs.

    python -m tests.refresh_chapters                      # every chapter
    python -m tests.refresh_chapters 00 03                # those whose name starts so
    python -m tests.refresh_chapters --from-notebook 00   # edited in Jupyter: write the .py first

Running a chapter twice gives the same file: cell ids come from the cells' text; timings, kernel
patch versions, random widget ids and saved widget state are left out. nbval does not compare
widget views, and without them an unopened notebook shows the slider's picture, not "model not
found".
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def chapter_texts(names=()) -> list[Path]:
    """The .py files of the chapters whose file name starts with one of `names` (all, if none)."""
    texts = sorted(CHAPTERS.glob("[0-9][0-9]_*.py"))
    if not names:
        return texts
    names = [Path(name).stem for name in names]
    missing = [n for n in names if not any(text.stem.startswith(n) for text in texts)]
    if missing:
        raise SystemExit(f"no chapter starts with {missing}; there are {[t.stem for t in texts]}")
    return [text for text in texts if text.stem.startswith(tuple(names))]


def stable_ids(notebook) -> None:
    """Give each cell an id made from its text, so that a fresh build changes no line."""
    seen = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def join_streams(outputs) -> list:
    """Neighbouring pieces of one stream as one output: how they were cut is chance."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def surroundings() -> dict[str, str]:
    """The environment variables under which tests and chapters run (one BLAS thread)."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["tool"]["pytest_env"]


def formatted(notebook):
    """The notebook with its code cells in ruff's format."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "chapter.ipynb", "-"]
    text = nbformat.writes(notebook, version=4)
    run = subprocess.run(
        command, input=text, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True
    )
    return nbformat.reads(run.stdout, as_version=4)


def execute(notebook, folder, timeout=120):
    """Run every cell in a fresh kernel of this very Python, in `folder`; the notebook, filled."""
    os.environ.update(surroundings())
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    client.create_kernel_manager()
    client.km.kernel_spec_manager = NbvalKernelspecManager()
    client.km.kernel_name = CURRENT_ENV_KERNEL_NAME
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = join_streams(cell.outputs)
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET_VIEW, None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = dict(KERNELSPEC)
    notebook.metadata["language_info"] = dict(LANGUAGE)
    return notebook


def write(path: Path, text: str) -> None:
    """Write a whole file or nothing."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def refresh(text_path: Path, timeout=120) -> Path:
    """Run one chapter's .py and write its notebook, then the .py in jupytext's own spelling."""
    notebook = jupytext.read(text_path)
    if "kernelspec" not in notebook.metadata:
        notebook.metadata["kernelspec"] = dict(KERNELSPEC)
    settings = jupytext.config.load_jupytext_config(str(text_path))
    notebook.metadata["language_info"] = dict(LANGUAGE)
    notebook = execute(formatted(notebook), text_path.parent, timeout)
    stable_ids(notebook)
    nbformat.validate(notebook)
    notebook_path = text_path.with_suffix(".ipynb")
    paired = paired_text(notebook, settings)
    write(notebook_path, nbformat.writes(notebook, version=4) + "\n")
    if text_path.read_text(encoding="utf-8") != paired:
        write(text_path, paired)
    os.utime(text_path)  # newer than the notebook: jupytext then never calls it outdated
    return notebook_path


def paired_text(notebook, settings=None) -> str:
    """The .py that belongs to a notebook, as jupytext writes it with pyproject.toml's filters."""
    settings = settings or jupytext.config.load_jupytext_config(str(CHAPTERS))
    return jupytext.writes(notebook, "py:percent", config=settings)


def main() -> None:
    """The command line: see this file's opening lines."""
    options = argparse.ArgumentParser(description="Run chapters and write their notebooks.")
    options.add_argument("names", nargs="*", help="00, 03_linear, ... (none: every chapter)")
    options.add_argument("--from-notebook", action="store_true", help="take the .ipynb's cells")
    options.add_argument("--timeout", type=int, default=120, help="seconds for one cell")
    chosen = options.parse_args()
    for text_path in chapter_texts(chosen.names):
        if chosen.from_notebook:
            notebook = nbformat.read(text_path.with_suffix(".ipynb"), as_version=4)
            write(text_path, paired_text(notebook))
        start = time.perf_counter()
        path = refresh(text_path, chosen.timeout)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
