"""What the playground shows: a control for each setting of `play.DEFAULTS`, and the pictures."""

import ipywidgets as widgets
import numpy as np

from . import plots, svg
from .explore import choice, log_slider, slider, switch
from .init import INITIALISERS
from .metrics import confusion_matrix, predict
from .models import ACTIVATIONS, NORMS
from .nn import Linear
from .play import OPTIMIZERS, SCHEDULES, TOYS, Run, dead_shares

MOST_LAYERS = 4
SEEN = 2000  # rows that the pictures are made from: those of large data would take too long


def make_controls(settings: dict, own: bool) -> tuple[dict, list, list]:
    """(controls by name, groups to be shown one below the other, rows of the hidden layers)."""
    s = settings
    data = [*TOYS, "shapes10", "cifar10", *(["own"] if own else [])]
    widths = [*s["widths"], *[8] * MOST_LAYERS][:MOST_LAYERS]
    acts = [*s["activations"], *["relu"] * MOST_LAYERS][:MOST_LAYERS]
    controls = {
        "data": choice("data", data, value=s["data"]),
        "examples": slider("examples", 50, max(2000, s["examples"]), value=s["examples"], step=50),
        "noise": slider("noise", 0.0, 0.5, value=s["noise"], step=0.05),
        "layers": slider("hidden layers", 0, MOST_LAYERS, value=len(s["widths"])),
    }
    for i in range(MOST_LAYERS):
        controls[f"width {i + 1}"] = slider(f"width {i + 1}", 1, 256, value=widths[i])
        controls[f"activation {i + 1}"] = _or_none(f"activation {i + 1}", ACTIVATIONS, acts[i])
    controls |= {
        "init": choice("initialisation", list(INITIALISERS), value=s["init"]),
        "norm": _or_none("normalisation", NORMS, s["norm"]),
        "residual": switch("skip layers as wide as their input", s["residual"]),
        "dropout": slider("dropout", 0.0, 0.8, value=s["dropout"], step=0.05),
        "optimizer": choice("optimizer", list(OPTIMIZERS), value=s["optimizer"]),
        "lr": log_slider("learning rate", 1e-4, 10, value=s["lr"]),
        "momentum": slider("momentum", 0.0, 0.999, value=s["momentum"], step=0.001),
        "weight_decay": _steps("weight decay", [0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.1], s),
        "schedule": choice("schedule", list(SCHEDULES), value=s["schedule"]),
        "epochs": slider("epochs", 1, max(2000, s["epochs"]), value=s["epochs"]),
        "batch_size": _steps("batch size", [1, 2, 4, 8, 16, 32, 64, 128, 256], s),
        "label_smoothing": slider("label smoothing", 0.0, 0.5, value=s["label_smoothing"]),
        "seed": slider("seed", 0, 99, value=s["seed"]),
    }
    for control in controls.values():
        control.layout.width = "340px"
        control.style.description_width = "9.5em"
    each = list(controls.values())  # data 3, layers 1, two for each layer, then the rest
    first = 4 + 2 * MOST_LAYERS
    rows = [widgets.VBox(each[i : i + 2]) for i in range(4, first, 2)]
    groups = [
        _group("Data", each[:3]),
        _group("Network", [each[3], *rows, *each[first : first + 4]]),
        _group("Training", each[first + 4 :]),
    ]
    return controls, groups, rows


def _steps(label, options, settings):
    """A slider over a few values; one that is not among them is added."""
    value = settings[label.replace(" ", "_")]
    options = sorted({*options, value})
    return widgets.SelectionSlider(options=options, value=value, description=label)


def _or_none(label, options, value):
    """A choice; "none" stands for None, which a dropdown would show as an empty line."""
    return choice(label, [*options, "none"], value=value or "none")


def _group(title, inside):
    return widgets.VBox([widgets.HTML(f"<b>{title}</b>"), *inside])


class Pictures:
    """Loss, accuracy, decisions and layers of a run, in `views`: HTML widgets by name."""

    def __init__(self):
        self.views = {name: widgets.HTML() for name in ("curves", "score", "picture", "layers")}

    def start(self, run: Run) -> None:
        """Draw `run` from now on, with empty curves."""
        self.run, self.points = run, {}
        self.draw()

    def _look(self):
        """Measure, and add a point to each curve."""
        X, y = (part[:SEEN] for part in self.run.test_set)
        step = len(self.run.losses)
        found = self.run.scores(SEEN)
        recent = self.run.losses[-20:]
        new = {
            ("loss", "batches"): float(np.mean(recent)) if recent else None,
            ("loss", "test"): found["loss"],
            ("score", "training"): self.run.scores(SEEN, "train")["accuracy"],
            ("score", "test"): found["accuracy"],
        }
        for key, value in new.items():
            points = self.points.setdefault(key, [])
            if value is not None and np.isfinite(value):
                points.append((step, value))
            if len(points) > 300:  # every other one is enough
                del points[1:-1:2]
        self._predicted = predict(self.run.net, X), y

    def draw(self) -> None:
        """All pictures of the run as it is now."""
        self._look()
        step = len(self.run.losses)
        for view, part, title, top in (
            ("curves", "loss", "Loss", None),
            ("score", "score", "Accuracy", 1.0),
        ):
            lines = {name: points for (kind, name), points in self.points.items() if kind == part}
            self.views[view].value = svg.chart(title, lines, step, top)
        self.views["picture"].value = self._picture()
        self.views["layers"].value = svg.histograms(self._layers())

    def _picture(self):
        X, y = (part[:SEEN] for part in self.run.train_set)
        outputs, classes = self._predicted
        if X.shape[1] == 2 and outputs.shape[1] == 2:
            box = _box(X)
            return svg.plane(self._plane(box), X[:250], y[:250], box)
        K = outputs.shape[1]
        return svg.matrix(confusion_matrix(outputs, classes, K), self.run.class_names)

    def _plane(self, box, size=48):
        xs, ys = np.linspace(*box[:2], size), np.linspace(*box[3:1:-1], size)
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float32)
        z = predict(self.run.net, grid, len(grid)).astype(np.float64)
        return (1 / (1 + np.exp(np.clip(z[:, 0] - z[:, 1], -50, 50)))).reshape(size, size)

    def _layers(self):
        dead = dead_shares(self.run.net, self.run.test_set[0][:500])
        linear = [m for _, m in self.run.net.modules() if isinstance(m, Linear)]
        rows = []
        for i, layer in enumerate(linear):
            gradient = None if layer.W.grad is None else layer.W.grad.ravel()
            share = dead[i] if i < len(dead) else None
            rows.append((f"layer {i + 1}", layer.W.data.ravel(), gradient, share))
        return rows

    def still(self) -> bytes:
        """A picture for who has run nothing."""
        fig, ax = plots.subplots(width=5, height=4)
        X, y = self.run.train_set
        if X.shape[1] == 2:
            ax.imshow(
                self._plane(_box(X)), extent=_box(X), cmap="PuOr_r", vmin=0, vmax=1, alpha=0.6
            )
            for k, marker in zip((0, 1), "os", strict=True):
                ax.plot(*X[y == k].T, marker, color=svg.COLOURS[k], ms=3)
        else:
            outputs, classes = self._predicted
            ax.imshow(confusion_matrix(outputs, classes, outputs.shape[1]), cmap="Blues")
        ax.set_title("run the cell to play")
        ax.grid(False)
        return plots.png(fig)


def _box(X):
    """left, right, bottom, top of a square around the points."""
    middle, half = (X.max(axis=0) + X.min(axis=0)) / 2, 0.55 * np.ptp(X, axis=0).max()
    return (*(middle[0] + half * np.array([-1, 1])), *(middle[1] + half * np.array([-1, 1])))
