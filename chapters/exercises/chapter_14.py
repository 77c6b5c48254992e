"""Exercises of chapter 14: a residual block, its paths, its growth."""

from math import comb

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: a block, forward and backward -------------------------------------------------------------


def _run_block(answer, X, W, dY):
    Y, back = answer(X, W)
    dX, dW = back(dY)
    return {"Y": Y, "dX": dX, "dW": dW}


def _right(X, W):
    Z = X @ W

    def back(dY):
        dZ = dY * (Z > 0)
        return dY + dZ @ W.T, X.T @ dZ

    return X + np.maximum(Z, 0), back


residual_block = Exercise(
    cases=lambda rng: {name: rng.normal(size=(4, 4)) for name in ("X", "W", "dY")},
    run=_run_block,
    right=_right,
    mistakes={
        "Y": [
            Mistake(
                "no skip",
                "That is a plain layer. Add X.",
                lambda X, W, dY: np.maximum(X @ W, 0),
            ),
            Mistake(
                "ReLU after the sum",
                "Here the branch alone goes through ReLU: X + relu(X W).",
                lambda X, W, dY: np.maximum(X + X @ W, 0),
            ),
            Mistake(
                "no ReLU",
                "The branch is relu(X W).",
                lambda X, W, dY: X + X @ W,
            ),
            Mistake(
                "W transposed",
                "Rows are examples: X @ W.",
                lambda X, W, dY: X + np.maximum(X @ W.T, 0),
            ),
        ],
        "dX": [
            Mistake(
                "skip not sent back",
                "X is used twice: dY itself comes back past the branch.",
                lambda X, W, dY: (dY * (X @ W > 0)) @ W.T,
            ),
            Mistake(
                "branch not sent back",
                "That is the skip's part. The branch sends (dY where X W > 0) @ W.T as well.",
                lambda X, W, dY: dY,
            ),
            Mistake(
                "ReLU's slope forgotten",
                "Where X W <= 0 nothing comes back through the branch.",
                lambda X, W, dY: dY + dY @ W.T,
            ),
            Mistake(
                "ReLU's slope on the skip too",
                "The skip goes past ReLU: dY reaches X untouched.",
                lambda X, W, dY: dY * (X @ W > 0) + (dY * (X @ W > 0)) @ W.T,
            ),
            Mistake(
                "slope taken at the sum",
                "The mask is where X W > 0, not where Y > 0.",
                lambda X, W, dY: dY + (dY * (X + np.maximum(X @ W, 0) > 0)) @ W.T,
            ),
            Mistake(
                "W not transposed on the way back",
                "Y = X W sends dY W^T back.",
                lambda X, W, dY: dY + (dY * (X @ W > 0)) @ W,
            ),
        ],
        "dW": [
            Mistake(
                "ReLU's slope forgotten in dW",
                "Weights of a unit that is off do not move the loss: mask dY first.",
                lambda X, W, dY: X.T @ dY,
            ),
            Mistake(
                "transposed",
                "W is (in, out): X^T dZ.",
                lambda X, W, dY: (dY * (X @ W > 0)).T @ X,
            ),
            Mistake(
                "the skip counted in dW",
                "The skip has no weights: only the branch's dZ belongs here.",
                lambda X, W, dY: X.T @ (dY + dY * (X @ W > 0)),
            ),
        ],
    },
    praise="dY past the branch, and the branch's own part: two uses, two parts.",
    hints=(
        "Write Z = X W, then Y = X + relu(Z). Which arrays does X move directly?",
        "dZ = dY * (Z > 0); dW = X.T @ dZ; dX = dY + dZ @ W.T.",
        "Z = X @ W; back = lambda dY: (dY + (dY * (Z > 0)) @ W.T, X.T @ (dY * (Z > 0)))",
    ),
)

# --- 2: paths -------------------------------------------------------------------------------------


def _whole(function):
    """function(L, k) of whole numbers, given arrays of them."""
    return lambda L, k: np.array(
        [function(int(a), int(b)) for a, b in zip(L, k, strict=True)], float
    )


def _number(value):
    if value is None or value is ...:
        raise NotImplementedError
    return value


paths_through = Exercise(
    cases=lambda rng: {
        "L": np.array([5.0, 9.0, 12.0]) + rng.integers(3),
        "k": np.array([2.0, 4.0, 3.0]),
    },
    run=lambda answer, L, k: {
        "paths": np.array([_number(answer(int(a), int(b))) for a, b in zip(L, k, strict=True)])
    },
    right=comb,
    mistakes={
        "paths": [
            Mistake("all paths", "2^L counts every length.", _whole(lambda L, k: 2**L)),
            Mistake(
                "2^k",
                "Which k blocks? Choose them among the L.",
                _whole(lambda L, k: 2**k),
            ),
            Mistake(
                "order counted",
                "A path meets its blocks in the one order they stand in: divide by k!.",
                _whole(lambda L, k: int(np.prod(np.arange(L - k + 1, L + 1)))),
            ),
            Mistake("L times k", "Count the ways to choose k of L.", _whole(lambda L, k: L * k)),
            Mistake("L^k", "A block is met once at most.", _whole(lambda L, k: L**k)),
            Mistake(
                "one of the two ends wrong",
                "Choose among all L blocks, not L - 1.",
                _whole(lambda L, k: comb(L - 1, k)),
            ),
        ]
    },
    praise="L choose k: through or past, block by block.",
    hints=(
        "At each block a path goes through or past. In how many ways can it go through k times?",
        "L choose k: L! / (k! (L - k)!)",
        "import math; return math.comb(L, k)",
    ),
)

# --- 3: growth ------------------------------------------------------------------------------------

growth_of = Exercise(
    cases=lambda rng: {"L": np.array(rng.integers(5, 20), float), "c": rng.uniform(0.2, 0.7)},
    run=lambda answer, L, c: {"factor": answer(int(L), float(c))},
    right=lambda L, c: (1 + c**2) ** L,
    mistakes={
        "factor": [
            Mistake(
                "c not squared",
                "The mean square of c times F is c² times that of F.",
                lambda L, c: (1 + c) ** L,
            ),
            Mistake(
                "added up, not multiplied",
                "Each block multiplies what the last gave: a power.",
                lambda L, c: 1 + L * c**2,
            ),
            Mistake(
                "2 to the L",
                "That is for c = 1.",
                lambda L, c: 2.0**L,
            ),
            Mistake(
                "size, not mean square",
                "That is the factor of the rms: its square is asked for.",
                lambda L, c: (1 + c**2) ** (L / 2),
            ),
            Mistake(
                "sizes added",
                "Branch and skip are uncorrelated: their mean squares add, not their sizes.",
                lambda L, c: (1 + c) ** (2 * L),
            ),
            Mistake(
                "the skip forgotten",
                "That is a plain network. With the skip each factor is 1 + c².",
                lambda L, c: c ** (2 * L),
            ),
        ]
    },
    praise="1 + c² a block; with c = 1/√L it stays below e.",
    hints=(
        "Mean squares of uncorrelated numbers add. What is that of c F(X), if F keeps it?",
        "One block: 1 + c². L blocks: that, L times over.",
        "return (1 + c**2) ** L",
    ),
)

# --- 4: paths kept apart --------------------------------------------------------------------------


def _apart(dY, M, transposed=False, forwards=False):
    G = np.zeros((len(M) + 1, len(dY)))
    G[0] = dY
    for branch in M if forwards else M[::-1]:
        G[1:] += G[:-1] @ (branch.T if transposed else branch)
    return G


def _overwritten(dY, M):
    """G[k - 1] is sent through after it has taken in this block's part."""
    G = _apart(dY, M[:0])
    G = np.concatenate([G, np.zeros((len(M), len(dY)))])
    for branch in M[::-1]:
        for k in range(1, len(M) + 1):
            G[k] += G[k - 1] @ branch
    return G


def _every_branch_on_its_own(dY, M):
    """Through the first k branches from above, no others: one path of each length."""
    G = [dY]
    for branch in M[::-1]:
        G.append(G[-1] @ branch)
    return np.array(G)


by_length = Exercise(
    cases=lambda rng: {"dY": rng.normal(size=3), "M": rng.normal(size=(4, 3, 3))},
    run=lambda answer, dY, M: {"lengths": answer(dY, M)},
    right=_apart,
    mistakes={
        "lengths": [
            Mistake(
                "first block first",
                "The gradient comes from above: it meets the last block first.",
                lambda dY, M: _apart(dY, M, forwards=True),
            ),
            Mistake(
                "M transposed",
                "g @ M[l], as it stands.",
                lambda dY, M: _apart(dY, M, transposed=True),
            ),
            Mistake(
                "one path of each length",
                "A path of length k may leave out any L - k branches: at each block keep G[k], and "
                "add what G[k - 1] becomes.",
                _every_branch_on_its_own,
            ),
            Mistake(
                "lengths added up",
                "Entry k holds the paths of length k alone, not those up to k.",
                lambda dY, M: _apart(dY, M).cumsum(axis=0),
            ),
            Mistake(
                "overwritten on the way",
                "G[k - 1] took in this block's part before it was sent through the same block: go "
                "from the longest to the shortest, or update all at once.",
                _overwritten,
            ),
            Mistake(
                "longest first",
                "Entry 0 is the path past all branches: dY itself.",
                lambda dY, M: _apart(dY, M)[::-1],
            ),
        ]
    },
    praise="Its sum over k is dX, with no path followed twice.",
    hints=(
        "Keep an array G, (L + 1, d), with G[0] = dY at first. What does one block do to it?",
        "Every part goes past the branch unchanged, and through it becomes one longer.",
        "for branch in M[::-1]: G[1:] += G[:-1] @ branch",
    ),
)
