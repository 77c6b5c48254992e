"""Sliders without a browser or a kernel: controls move, and the view follows."""

import io

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from mlpcore.explore import Explorer, View, choice, log_slider, slider, switch
from mlpcore.plots import LINES, subplots

ALT = "A parabola and the points that gradient descent visits on it."


@pytest.fixture
def parabola():
    fig, ax = subplots()
    ax.set(xlim=(-3, 3), ylim=(0, 10))
    (path,) = ax.plot([], [], **LINES[0], marker="o")

    def draw(rate, steps, broken=False):
        if broken:
            raise ValueError("the step <went> astray")
        visited = 3 * (1 - 2 * rate) ** np.arange(steps + 1)
        path.set_data(visited, visited**2)
        return fig

    return draw


@pytest.fixture
def explorer(parabola):
    return Explorer(
        parabola,
        alt=ALT,
        rate=log_slider("learning rate", 0.01, 1, value=0.1),
        steps=slider("steps", 1, 20, value=5),
        broken=switch("break it"),
    )


def test_moving_a_control_draws_the_picture_anew(explorer):
    first = explorer.png
    explorer.controls["rate"].value = 0.3
    second = explorer.png
    explorer.controls["steps"].value = 1
    assert len({first, second, explorer.png}) == 3


def test_moving_back_gives_the_same_picture(explorer):
    first = explorer.png
    explorer.controls["rate"].value = 0.3
    explorer.controls["rate"].value = 0.1
    assert explorer.png == first


def test_the_draw_function_gets_the_values_by_name():
    got = []

    def draw(lr, name):
        got.append((lr, name))
        return f"{lr} {name}"

    explorer = Explorer(
        draw, alt=ALT, lr=slider("rate", 0.0, 1.0), name=choice("name", ["SGD", "Adam"])
    )
    explorer.controls["name"].value = "Adam"
    assert got == [(0.0, "SGD"), (0.0, "Adam")]
    assert explorer.html == "0.0 Adam"


def test_the_picture_is_a_png_of_the_figures_shape(explorer):
    width, height = Image.open(io.BytesIO(explorer.png)).size
    assert width / height == pytest.approx(6.4 / 3.6, rel=0.01)
    assert explorer.view.image.width == "640"


def test_an_error_in_a_move_is_said_in_words_and_the_next_move_clears_it(explorer, capsys):
    picture = explorer.png
    explorer.controls["broken"].value = True
    assert isinstance(explorer.error, ValueError)
    assert "the step &lt;went&gt; astray" in explorer.view.message.value
    assert explorer.png == picture
    explorer.controls["broken"].value = False
    assert explorer.error is None
    assert explorer.view.message.value == ""
    assert capsys.readouterr() == ("", "")


def test_an_error_in_the_first_draw_is_raised(parabola):
    with pytest.raises(ValueError, match="astray"):
        Explorer(
            parabola,
            alt=ALT,
            rate=slider("rate", 0.0, 1.0),
            steps=slider("steps", 1, 2),
            broken=switch("break it", True),
        )


def test_what_a_notebook_stores_is_the_picture_and_a_text_that_does_not_move(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert set(data) == {
        "text/plain",
        "image/png",
        "application/vnd.jupyter.widget-view+json",
    }
    assert metadata["image/png"]["alt"] == ALT
    assert data["text/plain"] == (
        f"Interactive figure: {ALT} Controls: learning rate, steps, break it."
    )
    explorer.controls["rate"].value = 0.5
    moved, _ = explorer._repr_mimebundle_()
    assert moved["text/plain"] == data["text/plain"]
    assert moved["image/png"] != data["image/png"]


def test_words_alone_are_stored_as_html_and_show_no_empty_picture():
    explorer = Explorer(lambda on: f"<b>{on}</b>", alt=ALT, on=switch("mask"))
    data, _ = explorer._repr_mimebundle_()
    assert data["text/html"] == "<b>False</b>"
    assert "image/png" not in data
    assert explorer.view.image.layout.display == "none"


def test_a_figure_and_words_together(parabola):
    def draw(rate):
        return parabola(rate, 3), f"<p>rate {rate:.1f}</p>"

    explorer = Explorer(draw, alt=ALT, rate=slider("rate", 0.1, 0.9))
    picture = explorer.png
    explorer.controls["rate"].value = 0.9
    assert explorer.html == "<p>rate 0.9</p>"
    assert explorer.png != picture


def test_live_or_only_when_let_go(parabola):
    def sliders(live):
        explorer = Explorer(
            parabola,
            alt=ALT,
            live=live,
            rate=log_slider("rate", 0.01, 1, value=0.1),
            steps=slider("steps", 1, 9),
        )
        return [control.continuous_update for control in explorer.controls.values()]

    assert sliders(True) == [True, True]
    assert sliders(False) == [False, False]


@pytest.mark.parametrize("shown", [None, 3, ("a", "b"), ("a",)])
def test_a_draw_function_that_returns_something_else_is_told_so(shown):
    with pytest.raises(TypeError, match="returns a matplotlib Figure"):
        Explorer(lambda: shown, alt=ALT)


def test_a_view_without_any_words_is_refused():
    with pytest.raises(ValueError, match="a sentence that says what it shows"):
        View("a parabola")


def test_a_view_can_be_driven_without_controls(parabola):
    view = View(ALT)
    pictures = set()
    for steps in (1, 2, 3):
        view.show(parabola(0.1, steps))
        pictures.add(view.png)
    assert len(pictures) == 3


def test_controls_say_in_words_what_they_are_and_stay_within_their_ends():
    whole, broken = slider("hidden units", 1, 64), slider("rate", 0, 1.0)
    assert isinstance(whole, widgets.IntSlider)
    assert whole.step == 1
    assert isinstance(broken, widgets.FloatSlider)
    assert broken.step == pytest.approx(0.01)
    log = log_slider("learning rate", 1e-3, 10, value=0.1)
    assert (log.base**log.min, log.base**log.max) == pytest.approx((1e-3, 10))
    assert log.value == pytest.approx(0.1)
    assert choice("rule", [("plain", 1), ("momentum", 2)]).value == 1
    assert switch("drop the mask").value is False
    labels = [c.description for c in (whole, broken, log)]
    assert labels == ["hidden units", "rate", "learning rate"]
