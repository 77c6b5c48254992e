"""A training run that is steered while it goes, and that can be had as a Python program.

    run = Run(data="moons", widths=[8, 8], lr=0.1)
    run.train(100)                  # a hundred steps
    run.steer("lr", 0.01)           # from the next step on
    print(run.program())            # the same run, step for step, as a cell of Python

The program is not a description of the run: it is what the run executes.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from . import init, models, optim
from .autograd import no_grad
from .checks import (
    check_choice,
    check_examples,
    check_labels,
    check_matrix,
    check_number,
    check_whole,
)
from .metrics import evaluate
from .nn import Dropout, Linear, Module, ReLU, Residual, Sequential

TOYS = ("moons", "circles", "spirals", "xor")
OPTIMIZERS = {
    "SGD": "SGD({p}, lr={lr}, momentum={momentum}, {decay})",
    "Nesterov": "SGD({p}, lr={lr}, momentum={momentum}, form='nesterov', {decay})",
    "SGD, averaged": "SGD({p}, lr={lr}, momentum={momentum}, form='ema', {decay})",
    "RMSprop": "RMSprop({p}, lr={lr}, alpha={momentum}, {decay})",
    "Adam": "Adam({p}, lr={lr}, betas=({momentum}, 0.999), {decay})",
    "AdamW": "AdamW({p}, lr={lr}, betas=({momentum}, 0.999), {decay})",
}
SCHEDULES = ("constant", "step_decay", "cosine", "warm_up", "one_cycle")
LIVE = ("lr", "momentum", "weight_decay", "dropout")  # take effect on the next step
DEFAULTS = {
    "data": "moons",
    "examples": 400,
    "noise": 0.2,
    "widths": [8, 8],
    "activations": ["relu", "relu"],
    "init": "kaiming_normal",
    "norm": None,
    "residual": False,
    "dropout": 0.0,
    "optimizer": "SGD",
    "lr": 0.1,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "schedule": "constant",
    "epochs": 1000,
    "batch_size": 32,
    "label_smoothing": 0.0,
    "seed": 0,
}
_PROGRAM = """\
import numpy as np

from mlpcore import {optimizer_class}, cross_entropy, models, schedules, training_steps
{imports}
rng = np.random.default_rng({seed})
{data_lines}
net = models.mlp(
    {sizes}, rng=rng, activation={activations}, norm={norm!r},
    dropout={dropout}, init={init!r}, residual={residual},
)
optimizer = {optimizer_call}
steps = training_steps(
    net, X_train, y_train, optimizer=optimizer, epochs={epochs}, batch_size={batch_size},
    rng=rng, schedule=schedules.{schedule}(),
    loss=lambda z, y: cross_entropy(z, y, label_smoothing={label_smoothing}),
)
"""
_LOOP = """
changes = {changes}  # after so many steps: what was steered
losses = []
while len(losses) < {steps}:
    for name, value in changes.get(len(losses), {{}}).items():
        steer(net, optimizer, name, value)
    losses.append(next(steps).loss)
"""


def steer(net: Module, optimizer: optim.Optimizer, name: str, value: float) -> None:
    """Set the learning rate, the momentum, the weight decay or the dropout of a run under way."""
    check_choice(name, "steer: name", LIVE)
    if name == "dropout":
        for _, module in net.modules():
            if isinstance(module, Dropout):
                module.p = value
    elif name == "momentum" and hasattr(optimizer, "betas"):
        optimizer.betas = (value, optimizer.betas[1])
    elif name == "momentum" and hasattr(optimizer, "alpha"):
        optimizer.alpha = value
    else:
        setattr(optimizer, name, value)


class Run:
    """One run: its settings (see DEFAULTS), network, optimizer, data, and the losses so far.

    data: "moons", "circles", "spirals", "xor", "shapes10", "cifar10", or "own": then own=(X, y),
    of which every fifth row is for testing. ValueError, TypeError: settings that do not go together
    or do not exist.
    """

    def __init__(self, own: tuple | None = None, **settings):
        for name in settings:
            check_choice(name, "playground: setting", DEFAULTS)
        self.settings, self.own = DEFAULTS | settings, own and _checked(own)
        self._check()
        self.changes: dict[int, dict] = {}
        self.losses: list[float] = []
        there = dict(zip("Xy", self.own or (), strict=False))
        exec(compile(self._setup(), "<playground>", "exec"), there)
        self.net, self.optimizer = there["net"], there["optimizer"]
        self.train_set = there["X_train"], there["y_train"]
        self.test_set = there["X_test"], there["y_test"]
        names = there["data"].class_names if "data" in there else ()
        self.class_names = names or tuple(map(str, range(there["net"][-1].W.shape[1])))
        self._steps: Iterator = there["steps"]
        self.ended = False  # whether the last epoch has been trained

    def _check(self):
        """Every setting: they are written into the program, which is run."""
        s = self.settings
        known = [*TOYS, "shapes10", "cifar10", *(["own"] if self.own else [])]
        check_choice(s["data"], "playground: data", known)
        for name, options in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("init", init.INITIALISERS),
            ("norm", [None, *models.NORMS]),
            ("residual", (False, True)),
        ):
            check_choice(s[name], f"playground: {name}", options)
        for name, default in DEFAULTS.items():
            if isinstance(default, float):
                check_number(s[name], f"playground: {name}")
            elif isinstance(default, int):
                check_whole(s[name], f"playground: {name}", int(name not in ("seed", "residual")))
        for width in s["widths"]:
            check_whole(width, "playground: width")
        if len(s["activations"]) != len(s["widths"]):
            given = f"{len(s['activations'])} activations for {len(s['widths'])} hidden layers"
            raise ValueError(f"playground: {given}; expected one for each")
        for name in s["activations"]:
            check_choice(name, "playground: activation", [None, *models.ACTIVATIONS])
        if s["norm"] == "batch" and s["batch_size"] == 1:
            raise ValueError(
                "batch norm with a batch size of 1: one row has no spread to normalise by; take "
                "batches of 2 or more, layer norm, or none"
            )

    def _setup(self) -> str:
        s = self.settings
        if s["data"] in TOYS:
            n = s["examples"]
            imports = f"from mlpcore.data import {s['data']}\n"
            lines = f"X, y = {s['data']}({2 * n}, {s['noise']}, rng)\n"
            lines += f"X_train, y_train, X_test, y_test = X[:{n}], y[:{n}], X[{n}:], y[{n}:]"
            ends = 2, 2
        elif s["data"] == "own":
            imports = ""
            lines = "test = np.arange(len(X)) % 5 == 4  # X, y: your own arrays\n"
            lines += "X_train, y_train, X_test, y_test = X[~test], y[~test], X[test], y[test]"
            ends = np.shape(self.own[0])[1], int(np.max(self.own[1])) + 1
        else:
            imports = "from mlpcore.data import load\n"
            lines = f'data = load("{s["data"]}")\nX_train, y_train = data.X_train, data.y_train\n'
            lines += "X_test, y_test = data.X_test, data.y_test"
            ends = 128, 10
        call = OPTIMIZERS[s["optimizer"]]
        decay = f"weight_decay={s['weight_decay']}"
        return _PROGRAM.format(
            **s,
            imports=imports,
            data_lines=lines,
            sizes=(ends[0], *s["widths"], ends[1]),
            optimizer_class=call.split("(")[0],
            optimizer_call=call.format(p="net.parameters()", decay=decay, **s),
        )

    def program(self) -> str:
        """The run so far as a program: it ends with the same weights and the same `losses`."""
        loop = _LOOP.format(changes=self.changes, steps=len(self.losses)).splitlines(True)
        if not self.changes:  # nothing was steered: the plain loop
            loop = [line for line in loop if "chang" not in line and "steer(" not in line]
            return self._setup() + "".join(loop)
        setup = self._setup().replace("\nrng = ", "from mlpcore.play import steer\n\nrng = ", 1)
        return setup + "".join(loop)

    def train(self, count: int) -> int:
        """Take up to `count` steps; how many were taken before the last epoch ended.

        TrainingDiverged: the loss is no number any more.
        """
        before = len(self.losses)
        for step in itertools.islice(self._steps, count):
            self.losses.append(step.loss)
        taken = len(self.losses) - before
        self.ended = self.ended or taken < count
        return taken

    def steer(self, name: str, value: float) -> None:
        """Change one of LIVE, from the next step on."""
        steer(self.net, self.optimizer, name, value)
        self.changes.setdefault(len(self.losses), {})[name] = value

    def scores(self, rows: int | None = None, part: str = "test") -> dict[str, float]:
        """{"loss", "accuracy"} on "test" or "train" rows (the first `rows`); nothing changes."""
        X, y = self.test_set if part == "test" else self.train_set
        return evaluate(self.net, X[:rows], y[:rows])

    def close(self) -> None:
        """End the run: what training has borrowed (one BLAS thread) is given back."""
        self._steps.close()


def _checked(own):
    """A reader's own arrays, as they are used."""
    if len(own) != 2:
        raise ValueError(f"playground: own has {len(own)} parts; expected two, (X, y)")
    X, y = check_examples(check_matrix(own[0]), check_labels(own[1], what="y"), np.float32)
    if len(X) < 5:
        raise ValueError(f"playground: own has {len(X)} rows; every fifth tests, so 5 are needed")
    return X, y


def dead_shares(net: Module, X: np.ndarray) -> list[float | None]:
    """For each hidden layer, the share of its ReLU units that are 0 on all rows of X.

    None for a layer without ReLU. The mode of the network is left as it was.
    """
    shares: list[float | None] = []

    def through(module, x):
        if isinstance(module, Sequential):
            for part in module:
                x = through(part, x)
            return x
        if isinstance(module, Residual):
            return x + through(module.module, x)
        y = module(x)
        if isinstance(module, Linear):
            shares.append(None)
        elif isinstance(module, ReLU) and shares:
            shares[-1] = float((y.data == 0).all(axis=0).mean())
        return y

    training = net.training
    net.eval()
    try:
        with no_grad():
            through(net, X)
    finally:
        net.train(training)
    return shares[:-1]
