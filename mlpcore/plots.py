"""Figures in the workbook's one style.

Colours are Okabe and Ito's, which colour-blind readers tell apart, and each line has its own dash.
The ground is opaque white, readable in a dark theme too. Without pyplot: nothing is to be closed.

    fig, ax = subplots()
    ax.plot(x, y, **LINES[0], label="train")
    show(fig, "The loss falls for ten epochs, then stays level near 1.2.")

The text given to `show` is the finding, in a sentence: it stands beneath the figure, is its
alternative text, and is what nbval compares.
"""

import base64
import io
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

# Okabe and Ito, "Color Universal Design" (2008), in an order that keeps neighbours far apart.
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, ORANGE, BLACK = "#56B4E9", "#E69F00", "#000000"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, SKY, ORANGE, BLACK)
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 2)))
LINES = tuple({"color": c, "linestyle": d} for c, d in zip(COLOURS, _DASHES, strict=True))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")

PIXELS_PER_INCH = 100  # on the page; twice-dense screens get DPI / PIXELS_PER_INCH as many
DPI = 150
STYLE = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS) + matplotlib.cycler(linestyle=_DASHES),
    "image.interpolation": "nearest",
}


class Picture:
    """A figure as a notebook shows it: a PNG, and under it the sentence that says what it shows."""

    def __init__(self, fig: Figure, alt: str):
        self.fig, self.alt = fig, described(alt)
        self.png = png(fig)

    def _repr_mimebundle_(self, include=None, exclude=None):
        width = round(self.fig.get_figwidth() * PIXELS_PER_INCH)
        picture = {"image/png": base64.b64encode(self.png).decode(), "text/plain": repr(self)}
        return picture, {"image/png": {"alt": self.alt, "width": width}}

    def _ipython_display_(self):
        from IPython.display import Markdown, display

        picture, metadata = self._repr_mimebundle_()
        display(picture, metadata=metadata, raw=True)
        display(Markdown(f"*{self.alt}*"))

    def __repr__(self):
        return f"Figure: {self.alt}"


def described(alt: str) -> str:
    """`alt` with its white space tidied. ValueError: too short to say anything."""
    alt = " ".join(alt.split())
    if len(alt) < 40:
        wanted = "a sentence that says what it shows (40 characters or more)"
        raise ValueError(f"a figure needs {wanted}; got {alt!r}, which has {len(alt)}")
    return alt


def subplots(
    rows: int = 1, columns: int = 1, *, width: float = 6.4, height: float = 3.6, **options
) -> tuple[Figure, np.ndarray]:
    """A figure and its axes in the house style: `fig, ax = subplots()`.

    width, height: inches, a hundred page pixels each. `options` go to `Figure.subplots`. One panel
    gives the Axes itself, several an array of them.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(width, height), layout="constrained")
        fig.get_layout_engine().set(w_pad=0.07, h_pad=0.07)
        return fig, fig.subplots(rows, columns, **options)


def png(fig: Figure, dpi: int = DPI) -> bytes:
    """The figure drawn as PNG. Light compression: it is the drawing that should take the time."""
    fig.set_dpi(dpi)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()  # `savefig` would first draw once for nothing
    stream = io.BytesIO()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    pixels.save(stream, format="png", compress_level=1)
    return stream.getvalue()


def show(fig: Figure, alt: str) -> Picture:
    """The figure, to be displayed; `alt`: what it shows, in 40 characters or more."""
    return Picture(fig, alt)


def curves(history, alt: str, *, title: str = "") -> Picture:
    """Loss and accuracy per epoch, train solid with dots, validation dashed with squares.

    history: what `fit` returns, or a dict of lists: loss, accuracy, val_loss, val_accuracy.
    """
    fig, panels = subplots(1, 2, width=8.4, height=3.4)
    for ax, name, unit in zip(panels, ("loss", "accuracy"), (" (nats)", ""), strict=True):
        for i, (who, key) in enumerate((("train", name), ("validation", f"val_{name}"))):
            if key in history:
                values = history[key]
                dots = {"marker": MARKERS[i], "ms": 5, "markevery": max(1, len(values) // 10)}
                ax.plot(np.arange(1, len(values) + 1), values, **LINES[i], **dots, label=who)
        ax.set(xlabel="epoch", ylabel=name + unit)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend(frameon=False, loc="upper right" if name == "loss" else "lower right")
    panels[1].set_ylim(0, min(1, 1.25 * panels[1].get_ylim()[1]))
    fig.suptitle(title or None)
    return show(fig, alt)


def confusion_matrix(matrix: np.ndarray, class_names: Sequence[str], alt: str) -> Picture:
    """How often each class was taken for each other: counts as numbers, shading per row.

    matrix: (C, C) counts, true classes down, predicted across. A cell's shade is its share of its
    row, so that rare classes can be read as well as common ones; the diagonal is framed.
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape != (len(class_names),) * 2:
        given = f"{len(class_names)} class names, got shape {matrix.shape}"
        raise ValueError(f"expected a square matrix for {given}")
    classes = len(class_names)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    fig, ax = subplots(width=max(4.5, 0.58 * classes + 1.6), height=max(3.8, 0.46 * classes + 1.4))
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(matrix):
        style = {"weight": "normal", "color": "white" if share[row, column] > 0.65 else "black"}
        if row == column:
            style["weight"] = "bold"
            ax.add_patch(Rectangle((row - 0.5, row - 0.5), 1, 1, fill=False, ec=BLACK, lw=1.2))
        ax.text(column, row, f"{count:d}", ha="center", va="center", fontsize=9.5, **style)
    ax.set_xticks(range(classes), class_names, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(classes), class_names)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.grid(False)
    ax.tick_params(length=0)
    return show(fig, alt)


def image_grid(
    images: np.ndarray,
    alt: str,
    labels: Sequence[int] | None = None,
    class_names: Sequence[str] | None = None,
    *,
    titles: Sequence[str] | None = None,
    columns: int = 10,
) -> Picture:
    """Pictures side by side, each with its class name (or its title) above it.

    images: (n, S, S, 3) or (n, S, S); uint8 0 to 255, or floats 0 to 1 (clipped).
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        images = np.clip(images, 0, 1)
    if titles is None and labels is not None:
        titles = [class_names[i] if class_names else str(i) for i in labels]
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    fig, panels = subplots(rows, columns, width=min(8.6, 1.15 * columns), height=1.08 * rows)
    panels = np.atleast_1d(panels).ravel()
    for ax, image in zip(panels, images, strict=False):
        ax.imshow(image, cmap="gray", vmin=0, vmax=1 if images.dtype != np.uint8 else 255)
    for ax, name in zip(panels, titles or [], strict=False):
        ax.set_title(name, fontsize=10, loc="center", pad=3)
    for ax in panels:
        ax.axis("off")
    return show(fig, alt)
