"""Chapter 00 in a real browser: it runs from top to bottom, and the slider changes the picture."""

import importlib.util

import pytest

from tests.browser import find_browser, open_chapter
from tests.refresh_chapters import CHAPTERS

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
