"""Chapters in a real browser: 00 runs and its slider moves the picture; 23 is played."""

import ast
import importlib.util
import time

import nbformat
import pytest

from tests.browser import find_browser, open_chapter
from tests.refresh_chapters import CHAPTERS, KERNELSPEC

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None,
        reason="needs playwright: pip install -e '.[test]'",
    ),
    pytest.mark.skipif(
        find_browser() is None, reason="needs Chromium or Chrome, for example apt install chromium"
    ),
]


def test_chapter_00_runs_and_its_learning_rate_slider_changes_the_picture(tmp_path):
    with open_chapter(CHAPTERS / "00_start_here.ipynb") as chapter:
        chapter.run_all()
        assert all(cell["execution_count"] for cell in chapter.cells())
        assert chapter.errors() == []

        slider = chapter.slider("learning rate")
        before, start = slider.pixels(), slider.value()
        slider.press("ArrowRight", times=3)
        assert slider.value() > start
        assert slider.pixels_after(before) != before
        assert chapter.errors() == []

        chapter.screenshot(tmp_path / "chapter_00.png")
        assert (tmp_path / "chapter_00.png").stat().st_size > 10_000


def test_the_playground_is_played_steered_held_and_reset(tmp_path):
    """Moons: the border bends, a slider acts in mid-training, other cells answer meanwhile."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNELSPEC})
    code = "from mlpcore.playground import Playground\np = Playground(seed=1, lr=0.01)\np"
    notebook.cells = [nbformat.v4.new_code_cell(code)]
    nbformat.write(notebook, tmp_path / "play.ipynb")
    with open_chapter(tmp_path / "play.ipynb", width=1200) as chapter:
        complaints = []
        chapter.page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        chapter.page.on("pageerror", lambda error: complaints.append(str(error)))
        chapter.run_all()
        border = chapter.page.get_by_role("img", name="decision boundary")
        border.wait_for()
        first = border.inner_html()

        def click(name):
            chapter.page.get_by_role("button", name=name, exact=True).click()

        def steps():
            return int(chapter.evaluate("len(p.run.losses)"))

        click("Play")
        before, end = steps(), time.monotonic() + 30
        while steps() < before + 30 and time.monotonic() < end:
            chapter.page.wait_for_timeout(100)  # it trains while this cell's kernel answers
        assert steps() >= before + 30
        assert border.inner_html() != first
        chapter.slider("learning rate").press("ArrowRight", times=3)
        chapter.page.wait_for_timeout(500)
        click("Pause")
        chapter.page.wait_for_timeout(500)
        held, shown = steps(), border.inner_html()
        changes = ast.literal_eval(chapter.evaluate("p.run.changes"))
        assert 0 < min(changes) <= held
        assert changes[max(changes)]["lr"] == pytest.approx(0.02, rel=0.01)  # three tenths of ten
        assert chapter.evaluate("p.run.optimizer.lr == p.settings['lr']") == "True"
        chapter.page.wait_for_timeout(700)
        assert (steps(), border.inner_html()) == (held, shown)
        click("Reset")
        chapter.page.wait_for_timeout(700)
        assert steps() == 0
        assert border.inner_html() == first
        assert chapter.errors() == complaints == []
