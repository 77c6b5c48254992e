"""Sliders: change a number, and see at once what follows from it.

A draw function takes the controls' values by name and returns what to show: a matplotlib Figure, an
HTML string (a table, a sentence), or both as a pair (figure, html). An `Explorer` calls it at every
move. Build the figure once, outside, and move its artists inside: that is what makes it quick.

    fig, ax = subplots()
    ax.plot(w, w**2, **LINES[0])
    (path,) = ax.plot([], [], **LINES[1], marker="o")

    def descend(rate):
        visited = 3 * (1 - 2 * rate) ** np.arange(9)
        path.set_data(visited, visited**2)
        return fig

    alt = "A parabola and the points gradient descent visits on it; above rate 1 they run away."
    Explorer(descend, alt=alt, rate=log_slider("learning rate", 0.01, 2, value=0.1))

Where a move takes longer than a tenth of a second (a network is trained anew), say `live=False`.
The picture stands in a widget: nbval compares only the fixed text, and a reader who has run nothing
sees the picture as stored. Without a browser, `explorer.controls["rate"].value = 1.5` changes
`explorer.png`; `explorer.error` is what went wrong.
"""

import base64
import html
from collections.abc import Callable, Sequence
from math import log10

import ipywidgets as widgets
from matplotlib.figure import Figure

from . import plots

LIVE_DPI = 120  # a little coarser than a still picture, for the sake of speed
# cells of a draw function's table stand close together otherwise
_TABLES = "<style>.widget-html td, .widget-html th {padding: 1px 8px}</style>"
_ROW = {"style": {"description_width": "11em"}, "layout": {"width": "min(34em, 98%)"}}


def slider(label: str, low, high, *, value=None, step=None, form: str = "") -> widgets.Widget:
    """Even steps from `low` to `high`: whole numbers if both are, else a hundred steps.

    value: where it starts (default `low`); form: how the number is written, as in format strings.
    """
    whole = all(isinstance(number, int) for number in (low, high, step or 1))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    ends = {"min": low, "max": high, "step": step or (1 if whole else (high - low) / 100)}
    start, form = low if value is None else value, form or ("d" if whole else ".3g")
    return kind(value=start, readout_format=form, description=label, **ends, **_ROW)


def log_slider(label: str, low: float, high: float, *, value: float) -> widgets.FloatLogSlider:
    """Equal ratios from `low` to `high`, ten to each factor of ten: learning rates, penalties."""
    ends = {"min": log10(low), "max": log10(high), "step": 0.1}
    shown = {"readout_format": ".2g", "description": label}
    return widgets.FloatLogSlider(value=value, **ends, **shown, **_ROW)


def switch(label: str, value: bool = False) -> widgets.Checkbox:
    """On or off."""
    return widgets.Checkbox(value, description=label, indent=False, layout={"width": "auto"})


def choice(label: str, options: Sequence, *, value=None) -> widgets.Dropdown:
    """One of several: names, or pairs (name shown, value given to the draw function)."""
    start = {} if value is None else {"value": value}  # the first, if none is given
    return widgets.Dropdown(options=options, description=label, **start, **_ROW)


class View:
    """A picture, some HTML, or both, in a widget that changes in place: a training loop may too."""

    def __init__(self, alt: str):
        self.alt = plots.described(alt)
        # A widget's image has no alternative text: the words stand below, as under a still figure.
        self.image = widgets.Image(format="png", layout={"max_width": "100%"})
        self.caption = widgets.HTML(f"{_TABLES}<i>{html.escape(self.alt)}</i>")
        self.text = widgets.HTML()
        self.message = widgets.HTML()
        self.widget = widgets.VBox([self.image, self.caption, self.text, self.message])

    def show(self, shown: Figure | str | tuple[Figure, str]) -> None:
        """Draw a figure, set the HTML, or both. TypeError for anything else."""
        fig, text = shown if isinstance(shown, tuple) and len(shown) == 2 else (shown, None)
        if isinstance(fig, str) and text is None:
            fig, text = None, fig
        if not (isinstance(fig, Figure | None) and isinstance(text, str | None)) or fig is text:
            wanted = "a matplotlib Figure, an HTML string or a pair (figure, html)"
            raise TypeError(f"a draw function returns {wanted}; got {type(shown).__name__}")
        if fig is not None:
            self.image.width = str(round(fig.get_figwidth() * plots.PIXELS_PER_INCH))
            self.image.value = plots.png(fig, LIVE_DPI)
            fig.set_layout_engine("none")  # margins stay as first laid out: a third of the time
        if text is not None:
            self.text.value = text
        for part in (self.image, self.caption):
            part.layout.display = None if self.png else "none"
        self.complain(None)

    def complain(self, error: Exception | None) -> None:
        """Say in words, under the picture, that a draw failed (None: say nothing)."""
        words = html.escape(f"{type(error).__name__}: {error}")
        alert = f'<p role="alert"><b>This setting cannot be drawn.</b> {words}</p>'
        self.message.value = alert if error else ""

    @property
    def png(self) -> bytes:
        """The picture now shown."""
        return bytes(self.image.value)


class Explorer:
    """A draw function joined to its controls; displayed as the last line of a cell.

    draw: called with the controls' values by name. alt: what is shown, in 40 characters or more.
    live=False: redraw only when a slider is let go. controls: widgets, by draw's parameters. An
    error in the first draw is raised here; later ones are said under the picture, and in `error`.
    """

    def __init__(self, draw: Callable, *, alt: str, live: bool = True, **controls: widgets.Widget):
        self.draw, self.controls, self.view = draw, controls, View(alt)
        self.error: Exception | None = None
        self.view.show(draw(**self.values))
        for control in controls.values():
            if not live and hasattr(control, "continuous_update"):
                control.continuous_update = False
            control.observe(self._moved, names="value")
        self.widget = widgets.VBox([*controls.values(), self.view.widget])

    @property
    def values(self) -> dict:
        """The controls' values by name: what the draw function is given."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def png(self) -> bytes:
        """The picture now shown."""
        return self.view.png

    @property
    def html(self) -> str:
        """The text now shown."""
        return self.view.text.value

    def _moved(self, change) -> None:
        try:
            self.error = None
            self.view.show(self.draw(**self.values))
        except Exception as error:  # shown to the reader in words; nothing is hidden
            self.error = error
            self.view.complain(error)

    def __repr__(self):
        names = ", ".join(control.description for control in self.controls.values())
        return f"Interactive figure: {self.view.alt} Controls: {names}."

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = self.widget._repr_mimebundle_() | {"text/plain": repr(self)}
        if not self.png:
            return data | {"text/html": self.html}, {}
        about = {"alt": self.view.alt, "width": int(self.view.image.width)}
        return data | {"image/png": base64.b64encode(self.png).decode()}, {"image/png": about}
