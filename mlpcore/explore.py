"""Sliders: change a number, and see at once what follows from it.

A draw function takes the controls' values by name and returns what to show: a matplotlib Figure, an
HTML string (a table, a sentence), or both as a pair (figure, html). An `Explorer` calls it at every
move. Build the figure once, outside, and move its artists inside: that is what makes it quick.

    fig, ax = subplots()
    ax.plot(w, w**2, **LINES[0])
    (path,) = ax.plot([], [], **LINES[1], marker="o")

    def descend(rate, steps):
        visited = 3 * (1 - 2 * rate) ** np.arange(steps + 1)
        path.set_data(visited, visited**2)
        return fig

    Explorer(
        descend,
        alt="A parabola and the points gradient descent visits on it; above rate 1 they run away.",
        rate=log_slider("learning rate", 0.01, 2, value=0.1),
        steps=slider("steps", 1, 20, value=5),
    )

Where a move takes longer than a tenth of a second (a network is trained anew), say `live=False`:
the drawing then waits until the slider is let go. While a live drawing is under way the page keeps
only the newest position, so a slow one lags but never queues.

The picture is set into a widget instead of being printed, so nbval sees only the fixed text, and a
reader who has run nothing sees the picture as it was stored. Without a browser:
`explorer.controls["rate"].value = 1.5` changes `explorer.png`; `explorer.error` is what went wrong.
"""

import base64
import html
from collections.abc import Callable, Sequence
from math import log10

import ipywidgets as widgets
from matplotlib.figure import Figure

from . import plots

LIVE_DPI = 120  # a little coarser than a still picture, for the sake of speed
_WIDE = {"description_width": "11em"}
_ROW = {"width": "min(34em, 98%)"}


def slider(label: str, low, high, *, value=None, step=None, form: str = "") -> widgets.Widget:
    """Even steps from `low` to `high`: whole numbers if both are, else a hundred steps.

    value: where it starts (default `low`); form: how the number is written, as in format strings.
    """
    whole = all(isinstance(number, int) for number in (low, high, step or 1))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(
        value=low if value is None else value,
        min=low,
        max=high,
        step=step or (1 if whole else (high - low) / 100),
        readout_format=form or ("d" if whole else ".3g"),
        description=label,
        style=_WIDE,
        layout=_ROW,
    )


def log_slider(label: str, low: float, high: float, *, value: float) -> widgets.FloatLogSlider:
    """Equal ratios from `low` to `high`, ten to each factor of ten: learning rates, penalties."""
    return widgets.FloatLogSlider(
        value=value,
        min=log10(low),
        max=log10(high),
        step=0.1,
        readout_format=".2g",
        description=label,
        style=_WIDE,
        layout=_ROW,
    )


def switch(label: str, value: bool = False) -> widgets.Checkbox:
    """On or off."""
    return widgets.Checkbox(value, description=label, indent=False, layout={"width": "auto"})


def choice(label: str, options: Sequence, *, value=None) -> widgets.Dropdown:
    """One of several: names, or pairs (name shown, value given to the draw function)."""
    first = options[0][1] if isinstance(options[0], tuple) else options[0]
    return widgets.Dropdown(
        options=options,
        value=first if value is None else value,
        description=label,
        style=_WIDE,
        layout=_ROW,
    )


class View:
    """What is shown: a picture, some HTML, or both, in one widget that changes in place.

    It knows nothing of controls: a training loop may call `show` several times a second.
    """

    def __init__(self, alt: str):
        self.alt = plots.described(alt)
        # The widget library gives an image no alternative text (and a tooltip breaks it), so that
        # the words stand below it, as under a still figure.
        self.image = widgets.Image(format="png", layout={"max_width": "100%"})
        self.caption = widgets.HTML(f"<i>{html.escape(self.alt)}</i>")
        self.text = widgets.HTML()
        self.message = widgets.HTML()
        self.widget = widgets.VBox([self.image, self.caption, self.text, self.message])

    def show(self, shown: Figure | str | tuple[Figure, str]) -> None:
        """Draw a figure, set the HTML, or both. TypeError for anything else."""
        match shown:
            case Figure() as fig:
                text = None
            case str() as text:
                fig = None
            case (Figure() as fig, str() as text):
                pass
            case _:
                raise TypeError(
                    "a draw function returns a matplotlib Figure, an HTML string or a pair "
                    f"(figure, html); got {type(shown).__name__}"
                )
        if fig is not None:
            width = round(fig.get_figwidth() * plots.PIXELS_PER_INCH)
            self.image.width = str(width)
            self.image.value = plots.png(fig, LIVE_DPI)
            fig.set_layout_engine("none")  # margins stay as first laid out: a third of the time
        if text is not None:
            self.text.value = text
        for part in (self.image, self.caption):
            part.layout.display = None if self.png else "none"
        self.complain(None)

    def complain(self, error: Exception | None) -> None:
        """Say in words, under the picture, that a draw failed (None: say nothing)."""
        self.message.value = ""
        if error is not None:
            words = html.escape(f"{type(error).__name__}: {error}")
            self.message.value = f'<p role="alert"><b>This setting cannot be drawn.</b> {words}</p>'

    @property
    def png(self) -> bytes:
        """The picture now shown."""
        return bytes(self.image.value)


class Explorer:
    """A draw function joined to its controls; displayed as the last line of a cell.

    draw: called with the controls' values by name. alt: a sentence saying what is shown (40
    characters or more). live=False: redraw only when a slider is let go. controls: widgets, by the
    names of draw's parameters. The first draw happens here, and an error in it is raised; later
    ones are shown under the picture and kept in `error`.
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
        data = {"text/plain": repr(self)}
        metadata = {}
        if self.png:
            data["image/png"] = base64.b64encode(self.png).decode()
            metadata["image/png"] = {"alt": self.view.alt, "width": int(self.view.image.width)}
        elif self.html:
            data["text/html"] = self.html
        view = self.widget._repr_mimebundle_()
        view = view[0] if isinstance(view, tuple) else view
        data.update({kind: value for kind, value in view.items() if kind != "text/plain"})
        return data, metadata
