"""What a training run leaves behind besides weights, and when it should stop."""

import copy
import math
from dataclasses import asdict, dataclass, field

import numpy as np

from .checks import check_choice


@dataclass
class History:
    """What happened in each epoch: history["loss"], history["val_accuracy"], ... are lists.

    loss, accuracy: running means over the epoch's steps, in training mode while the weights change;
    val_loss, val_accuracy: measured after it. rate: the last one; seconds: how long it took.
    best_epoch counts from 0. ended: "finished", "early", "interrupted" or "diverged".
    """

    columns: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int | None = None
    ended: str = "running"

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.columns:
            raise KeyError(f"history has no {name!r}; it has {sorted(self.columns)}")
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def append(self, **values: float) -> None:
        """Add to the columns: once for each epoch, and again for what is measured after it."""
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)

    def last(self) -> str:
        """The last epoch in a line."""
        shown = ("loss", "accuracy", "val_loss", "val_accuracy")
        return ", ".join(f"{n} {self.columns[n][-1]:.3f}" for n in shown if n in self.columns)

    def state_dict(self) -> dict:
        """All of it, for a checkpoint."""
        return asdict(self)

    def load_state_dict(self, state: dict) -> None:
        """Put `state` in place of what is here."""
        self.__init__(**copy.deepcopy(state))


class TrainingDiverged(RuntimeError):
    """The loss is no longer a number; says the likely cause. `history`: the epochs before."""

    history: History | None = None


def diagnosis(value: float, where: str, optimizer) -> str:
    """Why the loss is probably no number: first the weights, then the step that made them."""
    finite = np.isfinite(optimizer.w)
    largest = np.abs(optimizer.w[finite]).max(initial=0)
    cause = (
        "it was so before the first step: look at the initial weights and the data's scale"
        if where == "step 0"
        else f"the learning rate is {optimizer.rate:g}; try a tenth of it"
    )
    return (
        f"training diverged: the loss is {value} ({where}); {np.sum(~finite)} of {finite.size} "
        f"weights are not finite, the largest other is {largest:.3g}. Likely cause: {cause}"
    )


@dataclass
class EarlyStopping:
    """Stop when `monitor` has not improved by more than `min_delta` for `patience` epochs.

    monitor: "val_loss" (lower is better) or "val_accuracy". ValueError: anything else.
    """

    patience: int = 10
    monitor: str = "val_loss"
    min_delta: float = 0.0

    def __post_init__(self):
        if self.patience < 1 or self.min_delta < 0:
            given = f"patience {self.patience}, min_delta {self.min_delta}"
            raise ValueError(f"EarlyStopping: {given}; expected patience >= 1 and min_delta >= 0")
        check_choice(self.monitor, "EarlyStopping: monitor", ("val_loss", "val_accuracy"))


@dataclass
class Best:
    """The best epoch so far, and the network's state after it."""

    score: float = -math.inf
    epoch: int | None = None
    weights: dict = field(default_factory=dict)

    def offer(self, score: float, epoch: int, net, min_delta: float = 0.0) -> None:
        """Keep this epoch if its score (higher is better) beats the best by more than min_delta."""
        if score > self.score + min_delta:
            self.score, self.epoch, self.weights = score, epoch, net.state_dict()

    def state_dict(self) -> dict:
        """All of it, for a checkpoint."""
        return {"": [self.score, self.epoch], **self.weights}

    def load_state_dict(self, state: dict) -> None:
        """Put `state` in place of what is here."""
        self.weights = {name: array for name, array in state.items() if name}
        self.score, self.epoch = state[""]
