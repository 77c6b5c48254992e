"""Training: the loop, one step at a time, and `fit`, which watches it.

for step in training_steps(net, X, y, optimizer=opt, epochs=5, batch_size=128, rng=rng):
    ...                                  # after every step: look, draw, change opt.lr, break
"""

import itertools
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import checkpoint as checkpoints
from .checks import check_examples, check_generator, check_whole
from .fast import one_blas_thread
from .history import Best, EarlyStopping, History, TrainingDiverged, diagnosis
from .losses import cross_entropy
from .metrics import evaluate
from .module import Module, dtype_of
from .optim import Optimizer
from .preprocess import batches
from .schedules import Schedule


class Step(NamedTuple):
    """One step of training: where it stands, and the loss of its batch before the step."""

    epoch: int
    number: int
    loss: float
    rate: float
    rows: int
    correct: int | None  # None where labels are not integer classes


def training_steps(
    net: Module,
    X: np.ndarray,
    y: np.ndarray,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    loss: Callable = cross_entropy,
    schedule: Schedule | None = None,
    augment: Callable | None = None,
    drop_last: bool = False,
    first_epoch: int = 0,
) -> Iterator[Step]:
    """Train `net`, handing over after every step.

    X (n, d), y (n,) classes or (n, k) targets; both are shuffled anew in each epoch. What is set on
    the optimizer between two steps (lr, momentum, ...) acts on the next. augment: (X, y, rng) of a
    batch -> the X, y to train on (augment.py). drop_last leaves out a short last batch.
    TrainingDiverged: the loss is NaN or infinite; the step that would follow from
    it is not taken. One BLAS thread meanwhile. ValueError, TypeError: arguments that do not fit.
    """
    plan = (optimizer, epochs, batch_size, rng, drop_last, augment)
    X, y, per_epoch = _checked(net, X, y, *plan[:5])
    with closing(_steps(net, X, y, per_epoch, plan, loss, schedule, first_epoch)) as steps:
        while True:
            with _no_warnings():  # what the reader does between two steps may warn
                step = next(steps, None)
            if step is None:
                return
            yield step


def _no_warnings():
    """NumPy's overflow warnings would come before, and say less than, the diagnosis."""
    return np.errstate(over="ignore", invalid="ignore")


def _steps(net, X, y, per_epoch, plan, loss, schedule, first_epoch):
    """The loop itself, once all it works on is checked."""
    optimizer, epochs, batch_size, rng, drop_last, augment = plan
    net.train()
    classes = y.dtype.kind == "i"
    with one_blas_thread():
        for epoch in range(first_epoch, epochs):
            for i, rows in enumerate(batches(len(X), batch_size, rng, drop_last)):
                number = epoch * per_epoch + i
                optimizer.lr_factor = schedule(number, epochs * per_epoch) if schedule else 1.0
                batch, labels = X.take(rows, 0, mode="clip"), y[rows]  # X[rows], in half the time
                targets = labels
                if augment is not None:
                    batch, targets = augment(batch, labels, rng)
                output = net(batch)
                if i == 0 and epoch == first_epoch and loss is cross_entropy:
                    _check_logits(output.data, y)
                batch_loss = loss(output, targets)
                value = batch_loss.item()
                if not math.isfinite(value):
                    raise TrainingDiverged(diagnosis(value, f"step {number}", optimizer))
                correct = None
                if classes:
                    correct = np.count_nonzero(output.data.argmax(axis=1) == labels)
                optimizer.zero_grad()
                batch_loss.backward()
                optimizer.step()
                yield Step(epoch, number, value, optimizer.rate, len(rows), correct)


def fit(
    net: Module,
    X: np.ndarray,
    y: np.ndarray,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    loss: Callable = cross_entropy,
    schedule: Schedule | None = None,
    augment: Callable | None = None,
    early_stopping: EarlyStopping | None = None,
    drop_last: bool = False,
    checkpoint: str | os.PathLike | None = None,
    resume: bool = False,
    progress: bool = True,
) -> History:
    """Train for `epochs` passes over the rows of X; returns what happened, epoch by epoch.

    validation: (X, y) measured after each epoch. With `early_stopping`, or when the run is
    interrupted (Ctrl-C, the Stop button) or diverges, the weights of the best validated epoch are
    put back; otherwise the last ones stay. checkpoint: a .npz written after each epoch; with
    `resume` a run goes on from it, to an unbroken run's weights. The rest: `training_steps`.
    """
    plan = (optimizer, epochs, batch_size, rng, drop_last, augment)
    X, y, per_epoch = _checked(net, X, y, *plan[:5])
    validation = _checked_validation(net, validation, y, early_stopping)
    if resume and checkpoint is None:
        raise ValueError("fit: resume needs checkpoint=<the file to go on from>")
    if checkpoint is not None:
        checkpoints.check_path(checkpoint)
    history, best = History(), Best()
    kept = {"net": net, "optimizer": optimizer, "history": history, "best": best}
    kept |= {f"rng{i}": generator for i, generator in enumerate(_generators(net, rng))}
    if resume and Path(checkpoint).exists():
        checkpoints.load(checkpoint, **kept)
    steps = _steps(net, X, y, per_epoch, plan, loss, schedule, first_epoch=len(history))
    from tqdm.auto import tqdm

    bar = tqdm(total=epochs * per_epoch, disable=not progress, unit="step")
    with bar, _deferred_interrupt() as stop, closing(steps), _no_warnings():
        bar.update(len(history) * per_epoch)
        try:
            while len(history) < epochs and not _out_of_patience(early_stopping, history, best):
                _one_epoch(itertools.islice(steps, per_epoch), history, bar, stop)
                if not np.isfinite(optimizer.w).all():
                    value = history["loss"][-1]
                    raise TrainingDiverged(diagnosis(value, "after the last step", optimizer))
                if validation is not None:
                    _validate(net, optimizer, validation, loss, history, best, early_stopping)
                bar.set_postfix_str(history.last())
                if checkpoint is not None:
                    checkpoints.save(checkpoint, **kept)
            history.ended = "finished" if len(history) == epochs else "early"
        except KeyboardInterrupt:
            history.ended = "interrupted"
        except TrainingDiverged as error:
            history.ended, error.history = "diverged", history
            raise
        finally:
            if best.weights and (early_stopping is not None or history.ended != "finished"):
                net.load_state_dict(best.weights)
    return history


def _one_epoch(steps, history, bar, stop):
    """Take the steps of one epoch and add its running means to the history."""
    start, rows, total, correct, step = time.perf_counter(), 0, 0.0, 0, None
    for step in steps:
        rows += step.rows
        total += step.loss * step.rows
        correct += step.correct or 0
        bar.update()
        if stop:
            raise KeyboardInterrupt
    line = {"loss": total / rows, "rate": step.rate, "seconds": time.perf_counter() - start}
    if step.correct is not None:
        line["accuracy"] = correct / rows
    history.append(**line)


def _validate(net, optimizer, validation, loss, history, best, early_stopping):
    """Measure the validation set, add it to the history's last line, and keep the best weights."""
    found = evaluate(net, *validation, loss)
    history.append(**{f"val_{name}": value for name, value in found.items()})
    if not math.isfinite(found["loss"]):
        raise TrainingDiverged(diagnosis(found["loss"], "validation", optimizer))
    early = early_stopping or EarlyStopping()
    score = history[early.monitor][-1]
    epoch = len(history) - 1
    best.offer(-score if early.monitor == "val_loss" else score, epoch, net, early.min_delta)
    history.best_epoch = best.epoch


def _out_of_patience(early_stopping, history, best):
    if early_stopping is None or best.epoch is None:
        return False
    return len(history) - 1 - best.epoch >= early_stopping.patience


def _check_logits(output, y):
    """What the first batch can tell: labels the network has no output for; softmax done twice."""
    if y.dtype.kind == "i" and y.max() >= output.shape[1]:
        given = f"labels run to {y.max()}, the network has {output.shape[1]} outputs"
        raise ValueError(f"{given}; expected labels 0 to {output.shape[1] - 1}")
    if output.min() >= 0 and np.allclose(output.sum(axis=1), 1, atol=1e-3):
        raise ValueError(
            "the network's outputs are probabilities already; cross_entropy takes logits and does "
            "its own softmax: leave out the Softmax at the end"
        )


def _checked(net, X, y, optimizer, epochs, batch_size, rng, drop_last):
    """X, y and the steps in an epoch, once all the loop works on is found to be what it should."""
    X, y = check_examples(X, y, dtype_of(net))
    check_generator(rng)
    check_whole(epochs, "epochs")
    check_whole(batch_size, "batch_size", 1, len(X))
    if {id(p) for p in optimizer.params}.isdisjoint(id(p) for p in net.parameters()):
        raise ValueError("the optimizer has another network's parameters; give it net.parameters()")
    return X, y, len(X) // batch_size if drop_last else math.ceil(len(X) / batch_size)


def _checked_validation(net, validation, y, early_stopping):
    """The validation pair, checked like the training rows; None if there is none."""
    if early_stopping is not None:
        if validation is None:
            raise ValueError("fit: early_stopping needs validation=(X_val, y_val)")
        if early_stopping.monitor == "val_accuracy" and y.dtype.kind != "i":
            raise ValueError('fit: "val_accuracy" needs integer labels; monitor "val_loss" instead')
    if validation is None:
        return None
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError("fit: validation is no pair; expected (X_val, y_val)")
    return check_examples(*validation, dtype_of(net))


def _generators(net, rng):
    """Every generator the run draws from, each once: what a resumed run must put back."""
    found = {id(rng): rng}
    for _, module in net.modules():
        for value in vars(module).values():
            if isinstance(value, np.random.Generator):
                found.setdefault(id(value), value)
    return list(found.values())


@contextmanager
def _deferred_interrupt():
    """Ctrl-C fills the list and is acted on after the step; a second Ctrl-C acts at once."""
    asked: list[bool] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def remember(signum, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
