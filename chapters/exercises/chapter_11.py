"""Exercises of chapter 11: decay, dropout, shrinkage by decay and by stopping, patience."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _two(result, what):
    """`result` if it is a pair. TypeError, in words for the reader, if not."""
    if not (isinstance(result, tuple | list) and len(result) == 2):
        raise TypeError(f"return two things, {what}")
    return result


# --- 1: a step with decay -------------------------------------------------------------------------

decay_step = Exercise(
    cases=lambda rng: {
        "w": rng.normal(size=5),
        "g": rng.normal(size=5),
        "lr": rng.uniform(0.1, 0.3),
        "alpha": rng.uniform(0.4, 0.7),
    },
    run=lambda answer, w, g, lr, alpha: {"w": answer(w, g, float(lr), float(alpha))},
    right=lambda w, g, lr, alpha: (1 - lr * alpha) * w - lr * g,
    mistakes={
        "w": [
            Mistake(
                "no decay",
                "That is plain gradient descent. The gradient of (α/2)‖w‖² is missing.",
                lambda w, g, lr, alpha: w - lr * g,
            ),
            Mistake(
                "decay without the learning rate",
                "α w is part of the gradient: it is multiplied by the learning rate too.",
                lambda w, g, lr, alpha: (1 - alpha) * w - lr * g,
            ),
            Mistake(
                "the gradient without the learning rate",
                "The whole gradient is multiplied by lr: g as well as α w.",
                lambda w, g, lr, alpha: (1 - lr * alpha) * w - g,
            ),
            Mistake(
                "weights that grow",
                "The step goes against the gradient of the penalty: minus lr α w.",
                lambda w, g, lr, alpha: (1 + lr * alpha) * w - lr * g,
            ),
            Mistake(
                "a 2 too many",
                "The penalty is (α/2)‖w‖²: its half takes the 2 of the derivative.",
                lambda w, g, lr, alpha: (1 - 2 * lr * alpha) * w - lr * g,
            ),
            Mistake(
                "half the decay",
                "The derivative of (α/2) w² is α w: the 2 of the square and the half cancel.",
                lambda w, g, lr, alpha: (1 - lr * alpha / 2) * w - lr * g,
            ),
            Mistake(
                "uphill",
                "A step goes against the gradient: minus lr g.",
                lambda w, g, lr, alpha: (1 - lr * alpha) * w + lr * g,
            ),
            Mistake(
                "shrunk after the step",
                "Here the gradient shrinks as well: (27) shrinks the old weights only.",
                lambda w, g, lr, alpha: (1 - lr * alpha) * (w - lr * g),
            ),
            Mistake(
                "L1 instead of L2",
                "sign(w) is the derivative of |w|; that of w²/2 is w itself.",
                lambda w, g, lr, alpha: w - lr * (g + alpha * np.sign(w)),
            ),
        ]
    },
    praise="Shrink, then step: report B's (27).",
    hints=(
        "What is the gradient of the whole loss, bare loss plus (α/2)‖w‖²?",
        "The whole gradient is g + alpha * w; step against it.",
        "return w - lr * (g + alpha * w)",
    ),
)

# --- 2: inverted dropout --------------------------------------------------------------------------


def _run_dropout(answer, X, noise, p, dY):
    Y, back = _two(answer(X, noise, float(p)), "Y and the function back")
    return {"Y": Y, "dX": back(dY)}


def _dropout(mask, scale, back_mask=None, back_scale=None):
    """(X, noise, p) -> (Y, back), made of functions of (noise, p)."""

    def answer(X, noise, p):
        D = mask(noise, p)
        E = D if back_mask is None else back_mask(noise, p)
        c = scale(p) if back_scale is None else back_scale(p)
        return X * D * scale(p), lambda dY: dY * E * c

    return answer


def _kept(noise, p):
    return noise >= p


def _output(answer, which):
    def value(X, noise, p, dY):
        return _run_dropout(answer, X, noise, p, dY)[which]

    return value


def _inverse(p):
    return 1 / (1 - p)


dropout = Exercise(
    cases=lambda rng: {
        "X": rng.normal(size=(6, 5)),
        "noise": rng.uniform(size=(6, 5)),
        "p": rng.uniform(0.2, 0.4),
        "dY": rng.normal(size=(6, 5)),
    },
    run=_run_dropout,
    right=_dropout(_kept, _inverse),
    mistakes={
        "Y": [
            Mistake(
                "not rescaled",
                "The mean must stay: divide by the share that is kept, 1 - p.",
                _output(_dropout(_kept, lambda p: 1.0), "Y"),
            ),
            Mistake(
                "divided by p",
                "p is the share dropped. What is left must make up for it: divide by 1 - p.",
                _output(_dropout(_kept, lambda p: 1 / p), "Y"),
            ),
            Mistake(
                "multiplied instead of divided",
                "Times 1 - p is for evaluation in classic dropout. In training the rest is raised.",
                _output(_dropout(_kept, lambda p: 1 - p), "Y"),
            ),
            Mistake(
                "kept where it should drop",
                "A number below p drops its unit; noise >= p keeps it.",
                _output(_dropout(lambda noise, p: noise < p, _inverse), "Y"),
            ),
            Mistake(
                "p and 1 - p swapped",
                "This drops with probability 1 - p. p is the share that is dropped.",
                _output(_dropout(lambda noise, p: noise >= 1 - p, _inverse), "Y"),
            ),
            Mistake(
                "nothing dropped",
                "Multiply by the mask (noise >= p).",
                _output(_dropout(lambda noise, p: np.ones_like(noise), lambda p: 1.0), "Y"),
            ),
            Mistake(
                "one mask for all rows",
                "Each example has its own mask: use all of `noise`.",
                _output(_dropout(lambda noise, p: noise[:1] >= p, _inverse), "Y"),
            ),
        ],
        "dX": [
            Mistake(
                "back without the mask",
                "A dropped unit did not move Y: its gradient is 0.",
                _output(
                    _dropout(_kept, _inverse, back_mask=lambda noise, p: np.ones_like(noise)), "dX"
                ),
            ),
            Mistake(
                "back without the scale",
                "Y = X D / (1 - p): the factor 1 / (1 - p) is in the derivative too.",
                _output(_dropout(_kept, _inverse, back_scale=lambda p: 1.0), "dX"),
            ),
            Mistake(
                "dY handed through",
                "The derivative of Y = X D / (1 - p) is D / (1 - p), element by element.",
                _output(
                    _dropout(
                        *(_kept, _inverse),
                        back_mask=lambda noise, p: np.ones_like(noise),
                        back_scale=lambda p: 1.0,
                    ),
                    "dX",
                ),
            ),
            Mistake(
                "the other units' gradient",
                "The mask going back is the one of the forward pass, not its opposite.",
                _output(_dropout(_kept, _inverse, back_mask=lambda noise, p: noise < p), "dX"),
            ),
        ],
    },
    praise="The same mask both ways, and 1/(1 - p) in both.",
    hints=(
        "Make the mask once: True where a unit stays. Which factor keeps the mean of Y equal to X?",
        "mask = (noise >= p) / (1 - p); Y is X times it. What is the derivative of that?",
        "mask = (noise >= p) / (1 - p); return X * mask, lambda dY: dY * mask",
    ),
)

# --- 3: what decay keeps --------------------------------------------------------------------------

shrunk = Exercise(
    cases=lambda rng: {
        "s": rng.uniform(0.1, 3, 6),
        "w": rng.normal(size=6),
        "alpha": rng.uniform(0.3, 0.9),
    },
    run=lambda answer, s, w, alpha: {"w": answer(s, w, float(alpha))},
    right=lambda s, w, alpha: s / (s + alpha) * w,
    mistakes={
        "w": [
            Mistake(
                "the share that is lost",
                "α / (s + α) is what decay takes. Much variance must keep its weight.",
                lambda s, w, alpha: alpha / (s + alpha) * w,
            ),
            Mistake(
                "the same for every direction",
                "Where the data say much (large s), decay changes little: s belongs in the share.",
                lambda s, w, alpha: w / (1 + alpha),
            ),
            Mistake(
                "the weights without decay",
                "Nothing has shrunk. Solve s (w' - w) + α w' = 0 for w'.",
                lambda s, w, alpha: w,
            ),
            Mistake(
                "not divided by the variance",
                "Solve s (w' - w) + α w' = 0: the s of s w stays on top.",
                lambda s, w, alpha: w / (s + alpha),
            ),
            Mistake(
                "decay subtracted",
                "The weight is not lowered by α, it is multiplied by a share.",
                lambda s, w, alpha: w - alpha,
            ),
            Mistake(
                "a sign slip",
                "s (w' - w) + α w' = 0 gives (s + α) w' = s w: a plus.",
                lambda s, w, alpha: s / (s - alpha) * w,
            ),
        ]
    },
    praise="Much variance keeps its weight, little loses it.",
    hints=(
        "Set the derivative of the loss along one direction to 0: s (w' - w) + alpha w' = 0.",
        "(s + alpha) w' = s w",
        "return s / (s + alpha) * w",
    ),
)

# --- 4: what t steps reach ------------------------------------------------------------------------

stopped_after = Exercise(
    cases=lambda rng: {
        "s": rng.uniform(0.2, 2, 6),
        "w": rng.normal(size=6),
        "lr": rng.uniform(0.1, 0.4),
        "t": np.array(rng.integers(3, 8), float),
    },
    run=lambda answer, s, w, lr, t: {"w": answer(s, w, float(lr), int(t))},
    right=lambda s, w, lr, t: (1 - (1 - lr * s) ** t) * w,
    mistakes={
        "w": [
            Mistake(
                "the distance left",
                "(1 - lr s)^t is what is still missing. What has been reached is 1 minus that.",
                lambda s, w, lr, t: (1 - lr * s) ** t * w,
            ),
            Mistake(
                "one step only",
                "The distance shrinks by 1 - lr s in each of t steps: take the power.",
                lambda s, w, lr, t: lr * s * w,
            ),
            Mistake(
                "steps added up",
                "Each step is taken from where the last ended, and gets smaller.",
                lambda s, w, lr, t: lr * s * t * w,
            ),
            Mistake(
                "one step too many",
                "After t steps the factor has been applied t times.",
                lambda s, w, lr, t: (1 - (1 - lr * s) ** (t + 1)) * w,
            ),
            Mistake(
                "one step too few",
                "After t steps the factor has been applied t times.",
                lambda s, w, lr, t: (1 - (1 - lr * s) ** (t - 1)) * w,
            ),
            Mistake(
                "steps taken for continuous time",
                "e^(-lr s t) is for tiny steps. Each of t real steps multiplies by 1 - lr s.",
                lambda s, w, lr, t: (1 - np.exp(-lr * s * t)) * w,
            ),
            Mistake(
                "the variance forgotten",
                "The slope along a direction is s times the distance: s sets the speed.",
                lambda s, w, lr, t: (1 - (1 - lr) ** t) * w,
            ),
        ]
    },
    praise="Steep directions arrive first; to stop is to hold the flat ones back.",
    hints=(
        "With d = w_t - w, one step gives d ← d - lr s d. What is d after t steps, from -w?",
        "d = -(1 - lr s)^t w, and w_t = w + d.",
        "return (1 - (1 - lr * s) ** t) * w",
    ),
)

# --- 5: early stopping ----------------------------------------------------------------------------


def _losses(rng):
    """Losses on which every mistake shows: a blip, the best, an equal loss, a late low."""
    fall = 3 - 0.2 * np.arange(rng.integers(4, 9)) - 0.1 * rng.uniform(size=1)
    fall[2] += 0.5  # a blip of one epoch
    best = fall.min() - 0.5
    patience = int(rng.integers(5, 8))
    wait = best + 0.1 + 0.3 * rng.uniform(size=patience)
    wait[1:3] = best + 0.2, best + 0.1  # falls, but not below the best
    wait[3] = best
    after = best + 0.5 + rng.uniform(size=patience + 6)
    after[-3:-1] = best - 1, 9.0
    return {"losses": np.concatenate([fall, [best], wait, after]), "patience": np.array(patience)}


def _stopping(
    beats=lambda loss, best: loss < best, patient=lambda waited, patience: waited >= patience
):
    """(losses, patience) -> (best, last)."""

    def answer(losses, patience):
        best, epoch = 0, 0
        for epoch, loss in enumerate(losses):
            if beats(loss, losses[best]):
                best = epoch
            if patient(epoch - best, patience):
                break
        return best, epoch

    return answer


def _at_the_first_rise(losses, patience):
    return int(np.flatnonzero(np.diff(losses) > 0)[0])


def _part(answer, which):
    return lambda losses, patience: answer(losses, int(patience))[which]


def _run_stop(answer, losses, patience):
    best, last = _two(answer(losses, int(patience)), "the best epoch and the last")
    return {"best": best, "last": last}


_right_stop = _stopping()

stop_epoch = Exercise(
    cases=_losses,
    run=_run_stop,
    right=_right_stop,
    mistakes={
        "best": [
            Mistake(
                "an equal loss taken for better",
                "The best must be beaten: < and not <=.",
                _part(_stopping(beats=lambda loss, best: loss <= best), 0),
            ),
            Mistake(
                "the least of all losses",
                "Training has stopped before that epoch: patience is counted from the best so far, "
                "whatever the losses in between do.",
                lambda losses, patience: int(np.argmin(losses)),
            ),
            Mistake(
                "the last epoch, not the best",
                "Return the best epoch first: the weights kept are its, not those of the last.",
                _part(_right_stop, 1),
            ),
            Mistake(
                "the largest loss",
                "A loss is better the smaller it is.",
                lambda losses, patience: int(np.argmax(losses)),
            ),
            Mistake(
                "counted from 1",
                "The first epoch is 0.",
                lambda losses, patience: _right_stop(losses, int(patience))[0] + 1,
            ),
            Mistake(
                "the loss, not the epoch",
                "Return where the least loss is, not the loss.",
                lambda losses, patience: losses[_right_stop(losses, int(patience))[0]],
            ),
            Mistake(
                "stopped at the first rise",
                "One rise is no end: wait for `patience` epochs that do not beat the best.",
                _at_the_first_rise,
            ),
        ],
        "last": [
            Mistake(
                "one too many",
                "Stop as soon as epoch - best reaches patience (>=, not >), and count from 0.",
                _part(_stopping(patient=lambda waited, patience: waited > patience), 1),
            ),
            Mistake(
                "one too few",
                "The best epoch itself is not one of the `patience` epochs that follow it.",
                _part(_stopping(patient=lambda waited, patience: waited >= patience - 1), 1),
            ),
            Mistake(
                "all epochs trained",
                "Break out of the loop when patience is used up.",
                lambda losses, patience: len(losses) - 1,
            ),
        ],
    },
    praise="Patience is counted from the best epoch, and the best epoch's weights are kept.",
    hints=(
        "Walk through the losses and remember the epoch of the best so far. How long ago was it?",
        "Two ifs in one loop: a loss below losses[best] makes this epoch the best; "
        "epoch - best >= patience breaks.",
        "best = 0; for epoch, loss in enumerate(losses): if loss < losses[best]: best = epoch; "
        "if epoch - best >= patience: break; then return best, epoch",
    ),
)
