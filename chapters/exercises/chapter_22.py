"""Exercises of chapter 22: counting operations, a product in blocks."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: floating-point operations of one training step of a linear layer --------------------------


def _sizes(rng):
    n, inputs, outputs = rng.choice(np.arange(3.0, 90), size=3, replace=False)
    return {"n": np.array(n), "inputs": np.array(inputs), "outputs": np.array(outputs)}


def _count(n, inputs, outputs):
    return 3 * 2 * n * inputs * outputs


count_flops = Exercise(
    cases=_sizes,
    run=lambda answer, n, inputs, outputs: {"count": answer(int(n), int(inputs), int(outputs))},
    right=_count,
    mistakes={
        "count": [
            Mistake(
                "only the forward pass",
                "Backward makes two more products, dX and dW.",
                lambda n, inputs, outputs: 2 * n * inputs * outputs,
            ),
            Mistake(
                "a multiplication and an addition counted as one",
                "Each term of a sum is multiplied and then added: two operations.",
                lambda n, inputs, outputs: 3 * n * inputs * outputs,
            ),
            Mistake(
                "only the backward pass",
                "Forward makes a product too: X W.",
                lambda n, inputs, outputs: 4 * n * inputs * outputs,
            ),
            Mistake(
                "one example instead of the batch",
                "Every example of the batch goes through the weights.",
                lambda n, inputs, outputs: 6 * inputs * outputs,
            ),
        ]
    },
    praise="Six for each weight and example: the floor no implementation gets below.",
    hints=(
        "How many multiplications and additions has one entry of Y = X W? How many entries?",
        "Y, dX and dW are three products of the same n * inputs * outputs terms.",
        "3 * 2 * n * inputs * outputs",
    ),
)

# --- 2: a product in blocks of columns ------------------------------------------------------------


def _matrices(rng):
    return {"A": rng.normal(size=(3, 5)), "B": rng.normal(size=(5, 8)), "blocks": np.array(4.0)}


def _blocked(A, B, blocks):
    return np.concatenate([A @ part for part in np.split(B, blocks, axis=1)], axis=1)


def _swapped(A, B, blocks):
    parts = [A @ part for part in np.split(B, int(blocks), axis=1)]
    return np.concatenate(parts[::-1], axis=1)


blocked_product = Exercise(
    cases=_matrices,
    run=lambda answer, A, B, blocks: {"Y": answer(A, B, int(blocks))},
    right=_blocked,
    mistakes={
        "Y": [
            Mistake(
                "blocks below each other",
                "Blocks of columns stand side by side: axis=1.",
                lambda A, B, blocks: np.concatenate(
                    [A @ part for part in np.split(B, int(blocks), axis=1)], axis=0
                ),
            ),
            Mistake("blocks in the wrong order", "Keep the order of B's columns.", _swapped),
            Mistake(
                "only the first block",
                "Does your loop return too early?",
                lambda A, B, blocks: A @ B[:, : B.shape[1] // int(blocks)],
            ),
            Mistake(
                "the blocks added up",
                "Each block gives columns of its own; nothing is added.",
                lambda A, B, blocks: sum(A @ p for p in np.split(B, int(blocks), axis=1)),
            ),
        ]
    },
    praise="The same numbers, in pieces that fit where the processor wants them.",
    hints=(
        "Which columns of Y depend on the first two columns of B?",
        "np.split(B, blocks, axis=1) cuts B; np.concatenate(..., axis=1) puts columns together.",
        "np.concatenate([A @ part for part in np.split(B, blocks, axis=1)], axis=1)",
    ),
)
