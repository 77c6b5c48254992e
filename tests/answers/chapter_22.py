"""Answers to chapter 22: counting operations, a product in blocks."""

import numpy as np

RIGHT = {
    "count_flops": [lambda n, a, b: 6 * n * a * b],
    "blocked_product": [
        lambda A, B, blocks: A @ B,
        lambda A, B, blocks: np.hstack([A @ part for part in np.split(B, blocks, axis=1)]),
    ],
}

WRONG = [
    *[
        ("count_flops", name, answer)
        for name, answer in {
            "only the forward pass": lambda n, a, b: 2 * n * a * b,
            "a multiplication and an addition counted as one": lambda n, a, b: 3 * n * a * b,
            "only the backward pass": lambda n, a, b: 4 * n * a * b,
            "one example instead of the batch": lambda n, a, b: 6 * a * b,
        }.items()
    ],
    *[
        ("blocked_product", name, lambda A, B, k, f=f: f(A, np.split(B, k, axis=1)))
        for name, f in {
            "blocks below each other": lambda A, parts: np.vstack([A @ p for p in parts]),
            "blocks in the wrong order": lambda A, parts: np.hstack([A @ p for p in parts[::-1]]),
            "only the first block": lambda A, parts: A @ parts[0],
            "the blocks added up": lambda A, parts: sum(A @ p for p in parts),
        }.items()
    ],
]
