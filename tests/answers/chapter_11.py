"""Answers to chapter 11: decay, dropout, shrinkage by decay and by stopping, patience."""

import numpy as np


def two_lines(w, g, lr, alpha):
    whole = g + alpha * w
    return w - lr * whole


def dropout_by_where(X, noise, p):
    dropped = noise < p
    Y = np.where(dropped, 0, X / (1 - p))

    def back(dY):
        return np.where(dropped, 0, dY) / (1 - p)

    return Y, back


def dropout_by_mask(X, noise, p):
    mask = (noise >= p) / (1 - p)
    return X * mask, lambda dY: dY * mask


def solved(s, w, alpha):
    return [np.linalg.solve([[a + alpha]], [a * b])[0] for a, b in zip(s, w, strict=True)]


def walked(s, w, lr, t):
    here = np.zeros_like(w)
    for _ in range(t):
        here = here - lr * s * (here - w)
    return here


def masked(mask, scale, back=None):
    """An answer made of mask(noise, p) and scale(p); back(dY, mask, scale) if it is another."""

    def answer(X, noise, p):
        D, c = mask(noise, p), scale(p)
        return X * D * c, lambda dY: dY * D * c if back is None else back(dY, D, c)

    return answer


def counted(losses, patience):
    """Early stopping with a count of epochs without improvement."""
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        waited += 1
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        if waited == patience:
            return best, epoch
    return best, len(losses) - 1


def sliced(losses, patience):
    """Early stopping without a loop variable for the best: the minimum of what has been seen."""
    for last in range(len(losses)):
        best = int(np.argmin(losses[: last + 1]))  # the first of equal ones
        if last - best >= patience:
            break
    return best, last


def last_of_equals(losses, patience):
    for last in range(len(losses)):
        best = last - int(np.argmin(losses[: last + 1][::-1]))
        if last - best >= patience:
            break
    return best, last


def first_rise(losses, patience):
    for epoch in range(1, len(losses)):
        if losses[epoch] > losses[epoch - 1]:
            return epoch - 1, epoch
    return len(losses) - 1, len(losses) - 1


def changed(best=None, last=None):
    """The right answer with one of its parts made of (losses, best, last)."""

    def answer(losses, patience):
        b, e = counted(losses, patience)
        return best(losses, b, e) if best else b, last(losses, b, e) if last else e

    return answer


def kept(noise, p):
    return noise > p


def raised(p):
    return 1 / (1 - p)


RIGHT = {
    "decay_step": [two_lines, lambda w, g, lr, alpha: (1 - lr * alpha) * w - lr * g],
    "dropout": [dropout_by_mask, dropout_by_where],
    "shrunk": [lambda s, w, alpha: w / (1 + alpha / s), solved],
    "stopped_after": [walked, lambda s, w, lr, t: w - w * (1 - lr * s) ** t],
    "stop_epoch": [counted, sliced],
}

WRONG = [
    ("decay_step", "no decay", lambda w, g, lr, alpha: w - lr * g),
    ("decay_step", "decay without the learning rate", lambda w, g, lr, a: w - lr * g - a * w),
    (
        "decay_step",
        "the gradient without the learning rate",
        lambda w, g, lr, alpha: w - lr * alpha * w - g,
    ),
    ("decay_step", "weights that grow", lambda w, g, lr, alpha: w - lr * (g - alpha * w)),
    ("decay_step", "a 2 too many", lambda w, g, lr, alpha: w - lr * (g + 2 * alpha * w)),
    ("decay_step", "half the decay", lambda w, g, lr, alpha: w - lr * (g + alpha / 2 * w)),
    ("decay_step", "uphill", lambda w, g, lr, alpha: w + lr * g - lr * alpha * w),
    ("decay_step", "shrunk after the step", lambda w, g, lr, a: (w - lr * g) * (1 - lr * a)),
    ("decay_step", "L1 instead of L2", lambda w, g, lr, a: w - lr * g - lr * a * np.sign(w)),
    ("dropout", "not rescaled", masked(kept, lambda p: 1)),
    ("dropout", "divided by p", masked(kept, lambda p: 1 / p)),
    ("dropout", "multiplied instead of divided", masked(kept, lambda p: 1 - p)),
    ("dropout", "kept where it should drop", masked(lambda noise, p: noise < p, raised)),
    ("dropout", "p and 1 - p swapped", masked(lambda noise, p: noise > 1 - p, raised)),
    ("dropout", "nothing dropped", lambda X, noise, p: (X, lambda dY: dY)),
    ("dropout", "one mask for all rows", masked(lambda noise, p: noise[0] >= p, raised)),
    ("dropout", "back without the mask", masked(kept, raised, lambda dY, D, c: dY * c)),
    ("dropout", "back without the scale", masked(kept, raised, lambda dY, D, c: dY * D)),
    ("dropout", "dY handed through", masked(kept, raised, lambda dY, D, c: dY)),
    ("dropout", "the other units' gradient", masked(kept, raised, lambda dY, D, c: dY * ~D * c)),
    ("shrunk", "the share that is lost", lambda s, w, alpha: w * (1 - s / (s + alpha))),
    ("shrunk", "the same for every direction", lambda s, w, alpha: w / (1 + alpha)),
    ("shrunk", "the weights without decay", lambda s, w, alpha: w.copy()),
    ("shrunk", "not divided by the variance", lambda s, w, alpha: w / (s + alpha)),
    ("shrunk", "decay subtracted", lambda s, w, alpha: w - alpha),
    ("shrunk", "a sign slip", lambda s, w, alpha: s * w / (s - alpha)),
    ("stopped_after", "the distance left", lambda s, w, lr, t: w * (1 - lr * s) ** t),
    ("stopped_after", "one step only", lambda s, w, lr, t: lr * s * w),
    ("stopped_after", "steps added up", lambda s, w, lr, t: t * lr * s * w),
    ("stopped_after", "one step too many", lambda s, w, lr, t: walked(s, w, lr, t + 1)),
    ("stopped_after", "one step too few", lambda s, w, lr, t: walked(s, w, lr, t - 1)),
    (
        "stopped_after",
        "steps taken for continuous time",
        lambda s, w, lr, t: w - w * np.exp(-t * lr * s),
    ),
    ("stopped_after", "the variance forgotten", lambda s, w, lr, t: walked(1, w, lr, t)),
    ("stop_epoch", "an equal loss taken for better", last_of_equals),
    ("stop_epoch", "the least of all losses", changed(best=lambda x, b, e: np.argmin(x))),
    ("stop_epoch", "the last epoch, not the best", changed(best=lambda x, b, e: e)),
    ("stop_epoch", "the largest loss", changed(best=lambda x, b, e: np.argmax(x))),
    ("stop_epoch", "counted from 1", changed(best=lambda x, b, e: b + 1)),
    ("stop_epoch", "the loss, not the epoch", changed(best=lambda x, b, e: x[b])),
    ("stop_epoch", "stopped at the first rise", first_rise),
    ("stop_epoch", "one too many", lambda x, patience: counted(x, patience + 1)),
    ("stop_epoch", "one too few", lambda x, patience: counted(x, patience - 1)),
    ("stop_epoch", "all epochs trained", changed(last=lambda x, b, e: len(x) - 1)),
]
