"""A playground: choose data, a network and how it learns; play, pause, steer, look.

    Playground()                              # as the last line of a cell
    Playground(data="spirals", widths=[16, 16], activations=["tanh", "tanh"], lr=0.03)
    Playground(own=(X, y), data="own")        # your own arrays
    SideBySide(Playground(), Playground(norm="batch"))

It trains between the kernel's other work, a tenth of a second at a time: other cells answer
meanwhile. Rate, momentum, decay and dropout act on the next step; any other change starts anew.
`tick()` does by hand what playing does on its own, so that a test needs no browser.
"""

import asyncio
import base64
import html
import time
import weakref

import ipywidgets as widgets

from .explore import choice
from .history import TrainingDiverged
from .panel import Pictures, make_controls
from .play import DEFAULTS, LIVE, Run

BUDGET = 0.09  # seconds between two pictures
PACES = [("1 step a picture", 1), ("10 steps a picture", 10), ("as fast as it can", 10**9)]
ALT = "A playground: a network trains, its loss, decisions and weights are drawn as it goes."
_of_cell: dict[str, tuple[int, list]] = {}  # what each cell made, and in which execution


class Playground:
    """The controls and pictures of one `play.Run`; `run` is that run, `settings` its dictionary."""

    def __init__(self, own: tuple | None = None, **settings):
        self.own, self._task, self.run = own, None, None
        Run(own, **settings).close()  # what cannot be is said here, before anything is shown
        _close_what_this_cell_made_before(self)
        self.controls, groups, self._layer_rows = make_controls(
            DEFAULTS | settings, own is not None
        )
        for name, wanted in settings.items():
            if self.settings[name] != (_plain(wanted) if isinstance(wanted, float) else wanted):
                _take_away(widgets.VBox(groups))
                given = f"{name} is {wanted!r}, its control can only say {self.settings[name]!r}"
                raise ValueError(f"playground: {given}; play.Run takes any value")
        self.buttons = {}
        for name, act in (
            ("Play", self.play),
            ("Pause", self.pause),
            ("Step", self.step),
            ("Reset", self.reset),
            ("As Python", self.write_program),
        ):
            self.buttons[name] = button = widgets.Button(description=name, layout={"width": "auto"})
            button.on_click(lambda _, act=act: act())
        self.pace = choice("pace", PACES, value=10)
        self.pace.layout.width, self.pace.style.description_width = "16em", "3em"
        self.pictures = Pictures()
        self.message = widgets.HTML()
        self.code = widgets.Textarea(rows=18, layout={"width": "98%", "display": "none"})
        self.code.description = "program"
        for name, control in self.controls.items():
            control.observe(lambda change, name=name: self._moved(name, change), names="value")
        self.widget = self._arranged(groups)
        self._moved("layers")

    # --- what a reader does -------------------------------------------------------------------

    @property
    def settings(self) -> dict:
        """What the controls say: Playground(**settings) is this one again."""
        c = {name: _value(control) for name, control in self.controls.items()}
        layers = range(c.pop("layers"))
        c["widths"] = [c[f"width {i + 1}"] for i in layers]
        c["activations"] = [c[f"activation {i + 1}"] for i in layers]
        return {name: c[name] for name in DEFAULTS}

    def reset(self) -> None:
        """Start anew with the present settings, from the first weights."""
        playing = self.playing
        self.pause()
        try:
            run = Run(self.own, **self.settings)
        except Exception as error:  # said in words; the run before stays
            self._say(error)
            return
        if self.run is not None:
            self.run.close()
        self.run = run
        self._say(None)
        self.pictures.start(run)
        if playing:
            self.play()

    def play(self) -> None:
        """Train until `pause()`. RuntimeError: no event loop; outside a notebook, call `tick()`."""
        if not self.playing:
            self._task = asyncio.get_running_loop().create_task(self._go())

    def pause(self) -> None:
        """Hold still."""
        if self._task is not None:
            self._task.cancel()
        self._task = None

    @property
    def playing(self) -> bool:
        """Whether it trains on its own."""
        return self._task is not None

    def step(self) -> None:
        """One step, then a picture."""
        self.pause()
        self._train(most=1)

    def tick(self) -> None:
        """Train for a tenth of a second, then a picture."""
        self._train(most=10**9)

    def write_program(self) -> None:
        """Show the run so far as a program that gives the same weights and losses."""
        self.code.value = self.run.program()
        self.code.layout.display = None

    def close(self) -> None:
        """Stop, and take every widget away."""
        self.pause()
        self.run.close()
        _take_away(self.widget)

    # --- how it runs --------------------------------------------------------------------------

    async def _go(self):
        while self._task is not None:
            end = time.perf_counter() + BUDGET
            self._train(most=self.pace.value)
            # the kernel's turn: sliders, other cells
            await asyncio.sleep(max(0.005, end - time.perf_counter()))

    def _train(self, most):
        end, last = time.perf_counter() + BUDGET, len(self.run.losses) + most
        try:
            while self.run.train(1) and time.perf_counter() < end and len(self.run.losses) < last:
                pass
            if self.run.ended:
                self.pause()
                self._say("The last epoch has ended. Reset starts anew; more epochs are a slider.")
        except (TrainingDiverged, ValueError) as error:
            self.pause()
            self._say(error)
        self.pictures.draw()

    def _arranged(self, groups):
        """Pictures to the left of the controls, or above them where the window is narrow."""
        wide = {"flex_flow": "row wrap"}
        half = {"flex": "1 1 290px", "max_width": "345px", "padding": "4px"}
        v = self.pictures.views
        columns = (v["picture"], v["layers"]), (v["curves"], v["score"])
        views = [widgets.VBox(column, layout=half) for column in columns]
        controls = widgets.VBox(groups, layout={"width": "360px"})
        pictures = widgets.VBox(
            [
                widgets.HBox([*self.buttons.values(), self.pace], layout=wide),
                self.message,
                widgets.HBox(views, layout=wide),
            ],
            layout={"flex": "1 1 350px"},
        )
        return widgets.VBox([widgets.HBox([pictures, controls], layout=wide), self.code])

    def _moved(self, name, change=None):
        if change and _plain(change["old"]) == _plain(change["new"]):
            return  # a browser has put the slider on its nearest step: 0.9000000000000001
        if name == "layers":
            for i, row in enumerate(self._layer_rows):
                row.layout.display = None if i < self.controls["layers"].value else "none"
        if name in LIVE and self.run is not None:
            self.run.steer(name, _value(self.controls[name]))
        else:
            self.reset()

    def _say(self, what) -> None:
        words = html.escape(str(what or ""))
        self.message.value = f'<p role="alert"><b>{words}</b></p>' if words else ""

    def __repr__(self):
        return f"Playground: {ALT}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = self.widget._repr_mimebundle_() | {"text/plain": repr(self)}
        data["image/png"] = base64.b64encode(self.pictures.still()).decode()
        return data, {"image/png": {"alt": ALT}}


class SideBySide:
    """Several playgrounds in one row (below each other where there is no room)."""

    def __init__(self, *playgrounds: Playground):
        self.playgrounds = playgrounds
        for p in playgrounds:
            p.widget.layout.flex, p.widget.layout.min_width = "1 1 0", "26em"
        row = [p.widget for p in playgrounds]
        self.widget = widgets.HBox(row, layout={"flex_flow": "row wrap"})

    def __repr__(self):
        return f"{len(self.playgrounds)} playgrounds side by side. {ALT}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, about = self.playgrounds[0]._repr_mimebundle_()  # its picture, for who runs nothing
        return data | self.widget._repr_mimebundle_() | {"text/plain": repr(self)}, about


def _take_away(widget):
    """Close a widget, all within it, and the layouts and styles that are widgets too."""
    waiting = [widget]
    while waiting:
        widget = waiting.pop()
        parts = (getattr(widget, name, None) for name in ("layout", "style"))
        waiting += [*getattr(widget, "children", ()), *(part for part in parts if part)]
        widget.close()


def _value(control):
    return None if control.value == "none" else _plain(control.value)


def _plain(value):
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _close_what_this_cell_made_before(new):
    """A cell that runs again closes what it made before: nothing trains on unseen."""
    try:
        from IPython import get_ipython

        shell = get_ipython()
        cell, count = shell.get_parent()["metadata"]["cellId"], shell.execution_count
    except (AttributeError, KeyError, ImportError):
        return  # not in a notebook
    before, made = _of_cell.get(cell, (count, []))
    if before != count:
        for reference in made:
            if (old := reference()) is not None:
                old.close()
        made = []
    _of_cell[cell] = (count, [*made, weakref.ref(new)])
