"""Every chapter: paired, run from top to bottom, readable, described, and guarded by nbval.

nbval itself runs the chapters (pyproject.toml); here stands what nbval does not look at, and the
proof that nbval would notice a changed digit.
"""

import copy
import json
import re
import shutil
import statistics
import subprocess
import sys

import nbformat
import pytest
from nbval.plugin import IPyNbFile, coalesce_streams

from tests.refresh_chapters import CHAPTERS, KERNELSPEC, ROOT, WIDGET_VIEW, execute, paired_text

NOTEBOOKS = sorted(CHAPTERS.glob("[0-9][0-9]_*.ipynb"))
# Chapters with cells that print timings, and how many: nbval compares nothing there.
TIMED: dict[str, int] = {}
TAGS = {"nbval-ignore-output", "raises-exception"}
TIMING = re.compile(r"\d\s*(s|ms|us|µs|seconds?|minutes?)\b|times? (as fast|faster|slower)")
SILENCING = re.compile(
    r"simplefilter|filterwarnings|catch_warnings|errstate|seterr|-W ?ignore|NBVAL_"
)

each_chapter = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def printed(output) -> str:
    """What a reader sees of an output as text (a picture's description is no printing)."""
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    shown_otherwise = {"image/png", "text/html", "text/markdown", "text/latex"} & set(data)
    return "" if shown_otherwise else data.get("text/plain", "")


def lines(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


def digits_changed(text: str):
    """The text with one digit altered, for every digit in turn."""
    for match in re.finditer(r"\d", text):
        other = str((int(match.group()) + 5) % 10)
        yield text[: match.start()] + other + text[match.end() :]


def outputs_changed(outputs):
    """The outputs with one digit altered somewhere in their text, for every digit in turn."""
    for number, output in enumerate(outputs):
        texts = output if output.output_type == "stream" else output.get("data", {})
        for key in ("text", *(key for key in texts if key.startswith("text/"))):
            for changed in digits_changed(texts.get(key, "")):
                altered = copy.deepcopy(outputs)
                target = altered[number]
                (target if output.output_type == "stream" else target["data"])[key] = changed
                yield altered


def unnoticed(items) -> tuple[int, list[str]]:
    """How many single digits were altered, and in which cells nbval would not have seen one."""
    tried, missed = 0, []
    for item in items:
        if "nbval-ignore-output" in tags(item.cell):
            continue
        stored = coalesce_streams(copy.deepcopy(item.cell.outputs))
        assert item.compare_outputs(stored, stored), "equal outputs compare as different"
        for altered in outputs_changed(stored):
            tried += 1
            if item.compare_outputs(stored, altered):
                missed.append(item.cell.source)
    return tried, missed


def nbval_items(path, session):
    return list(IPyNbFile.from_parent(session, path=path).collect())


# ---------------------------------------------------------------- every chapter


def test_there_are_chapters_and_each_has_both_its_files():
    assert NOTEBOOKS
    texts = {path.stem for path in CHAPTERS.glob("[0-9][0-9]_*.py")}
    assert texts == {path.stem for path in NOTEBOOKS}


@each_chapter
def test_notebook_and_text_hold_the_same_cells(path):
    text = path.with_suffix(".py").read_text(encoding="utf-8")
    assert paired_text(read(path)) == text, "run: python -m tests.refresh_chapters " + path.stem


@each_chapter
def test_editing_one_cell_of_the_text_breaks_the_pair(path):
    notebook, text = read(path), path.with_suffix(".py").read_text(encoding="utf-8")
    for number in range(len(notebook.cells)):
        edited = copy.deepcopy(notebook)
        edited.cells[number].source += "x"
        assert paired_text(edited) != text


@each_chapter
def test_cells_were_run_once_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(read(path))]
    assert counts == list(range(1, len(counts) + 1))


@each_chapter
def test_no_errors_warnings_or_widget_state_are_stored(path):
    notebook = read(path)
    assert "widgets" not in notebook.metadata
    for cell in code_cells(notebook):
        assert set(tags(cell)) <= TAGS
        assert not SILENCING.search(cell.source), cell.source
        for output in cell.outputs:
            if output.output_type == "error":
                assert "raises-exception" in tags(cell), cell.source
            assert output.get("name") != "stderr", f"{cell.source}\n{output.text}"
            assert WIDGET_VIEW not in output.get("data", {}), "widget ids are random: refresh"


@each_chapter
def test_cells_are_small_and_print_little(path):
    cells = code_cells(read(path))
    sizes = [lines(cell.source) for cell in cells]
    assert statistics.median(sizes) <= 6, sizes
    assert max(len(cell.source.splitlines()) for cell in cells) <= 25
    for cell in cells:
        assert sum(lines(printed(output)) for output in cell.outputs) <= 15, cell.source


@each_chapter
def test_no_cell_ends_in_a_value_that_nobody_reads(path):
    """As `ax.set(...)` does: [(-2.0, 2.0), Text(0, 0.5, 'input')]."""
    for cell in code_cells(read(path)):
        for output in cell.outputs:
            if output.output_type == "execute_result" and set(output.data) == {"text/plain"}:
                assert not re.match(r"[\[(<{]|\w+\(", output.data["text/plain"]), cell.source


@each_chapter
def test_pictures_are_described(path):
    notebook = read(path)
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                assert len(alt) >= 40, cell.source
                assert alt in output.data["text/plain"], cell.source
    for alt in re.findall(r"!\[(.*?)\]\(", markdown(notebook), flags=re.DOTALL):
        assert len(alt) >= 40, alt


@each_chapter
def test_links_between_chapters_lead_somewhere(path):
    links = re.findall(r"\]\(([^)\s]+\.ipynb)\)", markdown(read(path)))
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []


@each_chapter
def test_a_chapter_opens_as_all_do_and_names_its_data(path):
    notebook = read(path)
    assert notebook.cells[0].source.startswith(f"# {path.stem[:2]} ")
    for words in ("You will learn", "You need", "minutes"):
        assert words in notebook.cells[0].source
    first = "\n".join(printed(o) for cell in code_cells(notebook)[:4] for o in cell.outputs)
    assert re.search(r"^\w+: [\d,]+ training and [\d,]+ test examples of", first, re.MULTILINE)


@each_chapter
def test_a_chapter_has_a_slider_and_from_03_on_exercises_and_a_break_it_lab(path):
    notebook = read(path)
    plain = [
        output.get("data", {}).get("text/plain", "")
        for cell in code_cells(notebook)
        for output in cell.outputs
    ]
    assert any(text.startswith("Interactive figure: ") for text in plain)
    before = ""
    for cell in notebook.cells:
        before += cell.source.lower() if cell.cell_type == "markdown" else ""
        if "Explorer(" in cell.source:
            break
    assert "predict" in before, "a slider comes after a prediction"
    if path.stem[:2] >= "03":
        words = markdown(notebook)
        assert len(set(re.findall(r"Exercise (\d+)", words))) >= 2
        assert re.search(r"^##+ .*\bBreak", words, re.MULTILINE)


@each_chapter
def test_only_timings_go_uncompared(path):
    ignored = [cell for cell in code_cells(read(path)) if "nbval-ignore-output" in tags(cell)]
    assert len(ignored) == TIMED.get(path.stem, 0)
    for cell in ignored:
        for output in cell.outputs:
            for line in printed(output).splitlines():
                assert TIMING.search(line) or not line.strip(), line


@each_chapter
def test_nbval_would_notice_every_single_digit(path, request):
    tried, missed = unnoticed(nbval_items(path, request.session))
    assert tried > 0
    assert not missed


@each_chapter
def test_every_control_can_be_moved_and_changes_what_is_shown(path):
    notebook = read(path)
    ask = (
        f"import sys, json; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.explorers import report\nprint(json.dumps(report()))"
    )
    notebook.cells.append(nbformat.v4.new_code_cell(ask))
    faults = json.loads(execute(notebook, path.parent).cells[-1].outputs[0].text)
    assert len(faults) >= 1
    assert not any(faults.values()), faults


# ---------------------------------------------------------------- the checks themselves

FIGURE = """\
from mlpcore.plots import show, subplots
fig, ax = subplots()
show(fig, "An empty pair of axes, on which 10 times nothing has been drawn.")"""
SLIDER = """\
from mlpcore.explore import Explorer, slider
Explorer(
    lambda step: ax.set_title(step) and fig,
    alt="An empty pair of axes, and 1 number above it that the slider sets.",
    step=slider("step", 1, 3),
)"""
TABLE = "from IPython.display import HTML\nHTML('<b>7</b>')"
SMALL = ["print('loss', 0.123)", "40 + 2", TABLE, FIGURE, SLIDER]


@pytest.fixture(scope="module")
def small_chapter(tmp_path_factory):
    """A chapter of five cells, run: one output of each kind."""
    folder = tmp_path_factory.mktemp("chapters")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in SMALL],
        metadata={"kernelspec": KERNELSPEC},
    )
    path = folder / "99_small.ipynb"
    nbformat.write(execute(notebook, folder), path)
    return path


def run_nbval(path):
    """Run pytest --nbval on one notebook; by cell, whether it passed."""
    report = path.with_suffix(".xml")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-n", "0"]
    command += ["-q", f"--junit-xml={report}", f"--rootdir={path.parent}", path]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=path.parent, check=False)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    cases = re.findall(r"<testcase .*?(?:/>|</testcase>)", report.read_text(), flags=re.DOTALL)
    return [("<failure" not in case and "<error" not in case) for case in cases]


def test_nbval_passes_a_chapter_as_run(small_chapter):
    assert run_nbval(small_chapter) == [True] * len(SMALL)


def test_nbval_fails_each_cell_whose_stored_digit_was_altered(small_chapter, tmp_path):
    """A real run of nbval, with one digit altered in the outputs of every cell."""
    notebook = read(small_chapter)
    for cell in notebook.cells:
        cell.outputs = next(outputs_changed(cell.outputs))
    altered = tmp_path / small_chapter.name
    nbformat.write(notebook, altered)
    assert run_nbval(altered) == [False] * len(SMALL)


@each_chapter
@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_nbval_fails_an_altered_copy_of_a_real_chapter(path, which, tmp_path):
    if path.stem[:2] not in ("00", "03"):
        pytest.skip("two chapters are proof enough; every digit of the others is compared above")
    folder = tmp_path / "chapters"
    shutil.copytree(CHAPTERS, folder, ignore=shutil.ignore_patterns("*.ipynb"))
    notebook, expected = read(path), []
    for cell in code_cells(notebook):
        changes = list(outputs_changed(cell.outputs)) if tags(cell) == [] else []
        expected.append(not changes)
        cell.outputs = changes[which] if changes else cell.outputs
    nbformat.write(notebook, folder / path.name)
    assert expected.count(False) >= 3
    assert run_nbval(folder / path.name) == expected
