"""Answers to chapter 23: dead units, the colour of a place, the rate that a step uses."""

import math

import numpy as np


def dead_by_loop(A):
    return sum(all(x == 0 for x in column) for column in A.T) / A.shape[1]


def colour_by_row(z):
    return [math.exp(b) / (math.exp(a) + math.exp(b)) for a, b in z]


def rate_by_sorting(step, start, changes):
    rate = start
    for after, new in sorted(changes.tolist()):
        if after <= step:
            rate = new
    return rate


def rate_by_maximum(step, start, changes):
    there = changes[changes[:, 0] <= step]
    return there[there[:, 0].argmax(), 1] if len(there) else start


def in_order(compare):
    """An answer that lets the latest change count for which compare(after, step) holds."""

    def answer(step, start, changes):
        rate = start
        for after, new in sorted(changes.tolist()):
            rate = new if compare(after, step) else rate
        return rate

    return answer


def first_for_ever(step, start, changes):
    for after, new in sorted(changes.tolist()):
        if after <= step:
            return new
    return start


def unsorted(step, start, changes):
    rate = start
    for after, new in changes:
        if after <= step:
            rate = new
    return rate


RIGHT = {
    "dead_share": [lambda A: np.mean(A.max(axis=0) == 0), dead_by_loop],
    "colour": [lambda z: 1 / (1 + np.exp(z[:, 0] - z[:, 1])), colour_by_row],
    "rate_of": [rate_by_sorting, rate_by_maximum],
}

WRONG = [
    ("dead_share", "zeros counted, not units", lambda A: np.count_nonzero(A == 0) / A.size),
    ("dead_share", "rows instead of units", lambda A: np.mean(A.sum(axis=1) == 0)),
    ("dead_share", "a single zero is enough", lambda A: np.mean(A.min(axis=0) == 0)),
    ("dead_share", "a count, not a share", lambda A: sum(A.max(axis=0) == 0)),
    ("dead_share", "the living counted", lambda A: np.mean(A.max(axis=0) > 0)),
    ("dead_share", "one answer for each unit", lambda A: A.max(axis=0) == 0),
    ("colour", "class 0's probability", lambda z: 1 / (1 + np.exp(z[:, 1] - z[:, 0]))),
    ("colour", "the other score ignored", lambda z: 1 / (1 + np.exp(-z[:, 1]))),
    ("colour", "the decision instead of the probability", lambda z: z.argmax(axis=1)),
    ("colour", "scores instead of probabilities", lambda z: z[:, 1]),
    ("colour", "softmax over the batch", lambda z: (np.exp(z) / np.exp(z).sum(axis=0))[:, 1]),
    ("colour", "both probabilities", lambda z: np.exp(z) / np.exp(z).sum(axis=1)[:, None]),
    ("rate_of", "one step late", in_order(lambda after, step: after < step)),
    ("rate_of", "one step early", in_order(lambda after, step: after - 1 <= step)),
    ("rate_of", "always the start", lambda step, start, changes: start),
    ("rate_of", "back to the start", in_order(lambda after, step: after == step)),
    ("rate_of", "the first change for ever", first_for_ever),
    ("rate_of", "the order of the rows", unsorted),
]
