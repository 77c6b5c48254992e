"""Figures: described, and saying with their artists what the numbers say. And source on show."""

import io

import numpy as np
import pytest
from PIL import Image

from mlpcore import plots
from mlpcore.source import show_source

ALT = "A sentence of more than forty characters on what is to be seen here."
HISTORY = {
    "loss": [2.0, 1.5, 1.2],
    "accuracy": [0.2, 0.4, 0.5],
    "val_loss": [2.1, 1.6, 1.4],
    "val_accuracy": [0.2, 0.35, 0.45],
}


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(float)


def luminance(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def test_a_picture_carries_its_words_everywhere():
    fig, _ = plots.subplots()
    picture = plots.show(fig, f"  {ALT[:20]}\n   {ALT[20:]}")
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == f"Figure: {picture.alt}"
    assert metadata["image/png"] == {"alt": picture.alt, "width": 640}
    assert "\n" not in picture.alt


@pytest.mark.parametrize("alt", ["", "a plot", " " * 60])
def test_a_figure_without_a_sentence_is_refused(alt):
    fig, _ = plots.subplots()
    with pytest.raises(ValueError, match="40 characters or more"):
        plots.show(fig, alt)


def test_displaying_gives_the_picture_and_then_its_words(monkeypatch):
    from IPython import display

    shown = []
    monkeypatch.setattr(display, "display", lambda thing, **how: shown.append((thing, how)))
    fig, _ = plots.subplots()
    plots.show(fig, ALT)._ipython_display_()
    (data, how), (words, _) = shown
    assert data["image/png"]
    assert how["metadata"]["image/png"]["alt"] == ALT
    assert words.data == f"*{ALT}*"


def test_the_ground_is_opaque_white():
    fig, _ = plots.subplots()
    image = Image.open(io.BytesIO(plots.png(fig)))
    assert image.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


def test_nothing_is_left_for_pyplot_to_show():
    import matplotlib.pyplot as plt

    plots.curves(HISTORY, ALT)
    assert plt.get_fignums() == []


def test_lines_differ_in_dash_as_well_as_in_colour():
    assert len({str(line["linestyle"]) for line in plots.LINES}) == len(plots.LINES) >= 6
    assert len({line["color"] for line in plots.LINES}) == len(plots.LINES)
    assert len(set(plots.MARKERS)) == len(plots.MARKERS) >= 10


def test_neighbouring_line_colours_stand_out_from_white():
    contrasts = [1.05 / (luminance(line["color"]) + 0.05) for line in plots.LINES[:4]]
    assert min(contrasts) > 2.5


def test_curves_draw_the_history_against_epochs_from_one():
    loss, accuracy = plots.curves(HISTORY, ALT).fig.axes
    train, validation = loss.get_lines()
    assert train.get_xdata().tolist() == [1, 2, 3]
    assert list(train.get_ydata()) == HISTORY["loss"]
    assert list(validation.get_ydata()) == HISTORY["val_loss"]
    assert train.get_linestyle() != validation.get_linestyle()
    assert train.get_marker() != validation.get_marker()
    assert [list(line.get_ydata()) for line in accuracy.get_lines()] == [
        HISTORY["accuracy"],
        HISTORY["val_accuracy"],
    ]
    assert loss.get_legend() is not None


def test_curves_without_validation_draw_one_line_each():
    only = {key: HISTORY[key] for key in ("loss", "accuracy")}
    assert [len(ax.get_lines()) for ax in plots.curves(only, ALT).fig.axes] == [1, 1]


def test_confusion_matrix_writes_the_counts_and_shades_by_row():
    counts = np.array([[90, 10, 0], [5, 5, 0], [0, 0, 0]])
    (ax,) = plots.confusion_matrix(counts, ["cat", "dog", "ox"], ALT).fig.axes
    assert [text.get_text() for text in ax.texts] == [str(n) for n in counts.ravel()]
    shades = ax.get_images()[0].get_array()
    np.testing.assert_allclose(shades, [[0.9, 0.1, 0], [0.5, 0.5, 0], [0, 0, 0]])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["cat", "dog", "ox"]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("true class", "predicted class")


def test_confusion_matrix_of_another_size_than_the_names_is_refused():
    with pytest.raises(ValueError, match=r"2 class names, got shape \(3, 3\)"):
        plots.confusion_matrix(np.eye(3, dtype=int), ["cat", "dog"], ALT)


def test_image_grid_shows_each_picture_as_it_is_under_its_name():
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    picture = plots.image_grid(images, ALT, [0, 1, 1, 0, 1], ["disc", "ring"], columns=3)
    shown = [ax for ax in picture.fig.axes if ax.get_images()]
    assert [ax.get_title() for ax in shown] == ["disc", "ring", "ring", "disc", "ring"]
    for ax, image in zip(shown, images, strict=True):
        np.testing.assert_array_equal(ax.get_images()[0].get_array(), image)


def test_image_grid_of_floats_is_clipped_and_one_picture_is_enough():
    picture = plots.image_grid(np.full((1, 4, 4), 1.5), ALT, titles=["bright"])
    (ax,) = picture.fig.axes
    assert ax.get_images()[0].get_array().max() == 1.0


def test_no_figure_is_blank():
    for picture in (
        plots.curves(HISTORY, ALT),
        plots.confusion_matrix(np.eye(3, dtype=int), ["a", "b", "c"], ALT),
    ):
        assert pixels(picture).std() > 10


# ---------------------------------------------------------------- source


def decorate(function):
    return function


@decorate
def example(x, limit=3):
    """Words.

    More words.
    """

    if x > limit:
        raise ValueError("too large")

    def back(dy):
        """How it comes back."""
        return dy  # a comment

    return x, back


class Documented:
    """Words."""

    @property
    def one(self):
        return 1


def test_source_is_shown_without_docstrings_and_decorators():
    shown = show_source(example)
    assert shown.code == (
        "def example(x, limit=3):\n"
        "    if x > limit:\n"
        '        raise ValueError("too large")\n'
        "\n"
        "    def back(dy):\n"
        "        return dy  # a comment\n"
        "\n"
        "    return x, back"
    )
    assert shown._repr_markdown_() == f"```python\n{shown.code}\n```"


def test_source_without_its_checks():
    assert show_source(example, checks=False).code.startswith(
        "def example(x, limit=3):\n\n    def back(dy):"
    )


def test_source_whole():
    code = show_source(example, docstring=True).code
    assert code.startswith("@decorate\ndef example")
    assert '"""How it comes back."""' in code


def test_source_of_several_and_decorators_inside_a_class_stay():
    code = show_source(decorate, Documented).code
    assert code == (
        "def decorate(function):\n    return function\n\n\n"
        "class Documented:\n    @property\n    def one(self):\n        return 1"
    )


def test_source_of_a_library_operation_runs():
    from mlpcore import ops

    names = dict(vars(ops))
    exec(show_source(ops.linear).code, names)
    X, W, b = (np.ones(s) for s in ((2, 3), (3, 4), (4,)))
    assert names["linear"] is not ops.linear
    np.testing.assert_array_equal(names["linear"](X, W, b)[0], X @ W + b)


@pytest.mark.parametrize("thing", [3, len, "words"])
def test_source_of_something_without_any_is_refused(thing):
    with pytest.raises(TypeError, match="show_source takes a function"):
        show_source(thing)
