# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-all
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 12 Normalise the batch
#
# **You will learn** how batch normalisation works, its backward pass in the long and in the short
# form, what it makes idle, why training and evaluation differ, and which claims about it hold.
#
# **You need** chapters 03, 05 and 07, and what a variance is. **Time**: 90 minutes. **Runs in**
# under 30 seconds.

# %%
from itertools import islice

import numpy as np

from mlpcore import (
    SGD,
    BatchNorm1d,
    Linear,
    Module,
    ReLU,
    Sequential,
    StandardScaler,
    cross_entropy,
    fit,
    models,
    no_grad,
    ops,
    records,
)

# %%
from mlpcore.data import load, moons
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.gradcheck import gradient_errors, numerical_gradient
from mlpcore.playground import Playground
from mlpcore.plots import LINES, MARKERS, show, subplots
from mlpcore.source import show_source
from mlpcore.train import TrainingDiverged, training_steps

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# The features are standardised (chapter 02), as in report A. We train on 6,400 rows and judge on
# 1,000 others.

# %%
Z = StandardScaler().fit(data.X_train).transform(data.X_train)
X, y = Z[:6400], data.y_train[:6400]
held, held_y = Z[-1000:], data.y_train[-1000:]

# %% [markdown]
# ## Look at two features of a batch
#
# Standardising gives the *first* layer inputs of mean 0 and deviation 1. The inputs of the second
# are the outputs of the first, and those change with every step. **Batch normalisation**
# standardises them in every step, each column (unit) by the mean and deviation of the batch at
# hand. Then it multiplies by $\gamma$ and adds $\beta$, two trained numbers for each column.
#
# Left, a batch with two features; right, what comes out. The sliders act on feature 1.
#
# **Predict first**: which sliders change the right picture? Report B (2.9) says the result is a
# "standard normal distribution": with $\gamma = 1$, $\beta = 0$, do the moons become a round cloud?

# %%
points, kind = moons(120, 0.08, np.random.default_rng(0))
fig, (left, right) = subplots(1, 2, width=8, height=3.4)
clouds = [
    ax.plot([], [], ls="", marker=MARKERS[c], ms=5, color=LINES[c]["color"])[0]
    for ax in (left, right)
    for c in (0, 1)
]

# %%
for ax in (left, right):
    ax.set(xlim=(-7, 7), ylim=(-5, 5), xlabel="feature 1", ylabel="feature 2", aspect="equal")


# %%
def normalise_moons(stretch, shift, gamma, beta):
    batch = points * [stretch, 1] + [shift, 0]
    out, _ = ops.batch_norm(batch, np.array([gamma, 1]), np.array([beta, 0]))
    for cloud, (rows, c) in zip(
        clouds, [(A, c) for A in (batch, out) for c in (0, 1)], strict=True
    ):
        cloud.set_data(*rows[kind == c].T)
    for ax, name, rows in ((left, "X", batch), (right, "Y", out)):
        ax.set_title(f"{name}: mean {rows[:, 0].mean():z.2f}, deviation {rows[:, 0].std():.2f}")
    return fig


# %%
Explorer(
    normalise_moons,
    alt="Two half-moons of points, before batch normalisation on the left and after it on the "
    "right; the titles give mean and deviation of feature 1.",
    stretch=slider("stretch X by", 0.0, 2.0, value=1.5, step=0.1),
    shift=slider("shift X by", -3.0, 3.0, value=2.0, step=0.1),
    gamma=slider("γ", -2.0, 2.0, value=1.0, step=0.1),
    beta=slider("β", -3.0, 3.0, value=0.0, step=0.1),
)

# %% [markdown]
# Only $\gamma$ and $\beta$ do: they *are* the deviation and the mean of what comes out. Shift and
# stretch are taken away again, unless the column is stretched to 0: a constant column becomes
# $\beta$. And moons stay moons. Mean and deviation are standard, the shape is not.
#
# For a batch $X$ of $n$ rows and $d$ columns, column by column (`eq:batch-norm` in the library;
# report B (34)-(37)):
#
# $$
# \begin{aligned}
# \mu &= \tfrac1n \textstyle\sum_k X_k & (34) \\
# v &= \tfrac1n \textstyle\sum_k (X_k - \mu)^2 & (35) \\
# \hat X_k &= (X_k - \mu) / \sqrt{v + \epsilon} & (36) \\
# Y_k &= \gamma \odot \hat X_k + \beta & (37)
# \end{aligned}
# $$
#
# $X$, $\hat X$, $Y$ are $(n, d)$; $\mu$, $v$, $\gamma$, $\beta$ are $(d,)$. The small $\epsilon$
# keeps a constant column from dividing 0 by 0.
#
# **Find the slip.** Report B writes $m$ for our $n$ and prints
# $\mu_B = \frac1n \sum_{i=1}^m x_i$ as (34).
#
# <details><summary>Answer</summary>
#
# $1/n$ before a sum of $m$ terms. Report B defines no $n$. If it is the size of the whole training
# set, $\mu_B$ is nearly 0 and nothing is centred. It must be $1/m$. You meet it again under "Break
# it".
#
# </details>

# %% [markdown]
# ## Move one example and see all move
#
# A batch of $n$ numbers above, their outputs below ($\gamma = 1$, $\beta = 0$). You move one of them,
# the square. Hollow circles are the outputs when it stands at 0.
#
# **Predict first**: do the outputs of the others move? In a larger batch, more or less? And what
# happens with $n = 2$?

# %%
others = np.random.default_rng(4).normal(size=31)
fig2, ax2 = subplots(width=7.5, height=3)
_ = ax2.set(xlim=(-6.2, 6.2), ylim=(-0.4, 1.4), yticks=(0, 1), yticklabels=("Y", "X"))

# %%
(threads,) = ax2.plot([], [], "-", color="#AAAAAA", lw=1)
(before,) = ax2.plot([], [], ls="", marker="o", ms=10, mfc="none", color=LINES[0]["color"])
(rest,) = ax2.plot([], [], ls="", marker="o", ms=6, color=LINES[0]["color"])
(moved,) = ax2.plot([], [], ls="", marker="s", ms=9, color=LINES[1]["color"])


# %%
def column_of(x, n):
    """The column and its outputs, (n,) each."""
    column = np.append(others[: n - 1], x)
    return column, ops.batch_norm(column[:, None], np.ones(1), np.zeros(1))[0][:, 0]


# %%
def move_one(x, n):
    column, out = column_of(x, n)
    start = column_of(0.0, n)[1]
    threads.set_data(np.ravel([column, out, 0 * out + np.nan], "F"), np.tile([1, 0, np.nan], n))
    before.set_data(start, 0 * start)
    rest.set_data(np.append(column[:-1], out[:-1]), np.repeat([1, 0], n - 1))
    moved.set_data([column[-1], out[-1]], [1, 0])
    ax2.set_title(f"the others have moved by {np.abs(out - start)[:-1].mean():.2f} on average")
    return fig2


# %%
Explorer(
    move_one,
    alt="Two lines of dots joined by threads: the numbers of a batch above, their normalised "
    "values below; one of them, a square, can be moved.",
    x=slider("x of the square", -6.0, 6.0, value=4.0, step=0.1),
    n=slider("batch size n", 2, 32, value=6),
)

# %% [markdown]
# All move. A far example shifts the mean and widens the deviation for everybody; among many it
# does less. For $n = 2$ the outputs are $-1$ and $1$ wherever the square stands: more on that below.
#
# So a loss that depends on the outputs depends on each input in three ways: directly, through
# $\mu$, and through $v$. The gradient must follow all three.

# %% [markdown]
# ## Derive the backward pass, step by step
#
# One column; $k$ and $j$ count rows. From above comes $dY_k$. Go backwards from (37) to (34). What
# was used in all rows gets a sum over all rows.
#
# Report B's (41) and (42) stop at $\partial \hat x_i/\partial \sigma_B^2$,
# $\partial \hat x_i/\partial \mu_B$ and $\partial \sigma_B^2/\partial \mu_B$. **Work these out on
# paper** before you read on.
#
# **$\gamma$ and $\beta$** in (37) are used in every row, with factors $\hat X_k$ and 1; $\hat X_k$
# in one row, with factor $\gamma$:
#
# $$
# \begin{aligned}
# d\gamma &= \textstyle\sum_k dY_k \hat X_k & (38) \\
# d\beta &= \textstyle\sum_k dY_k & (39) \\
# d\hat X_k &= dY_k\,\gamma & (40)
# \end{aligned}
# $$
#
# **$v$** in (36): $\hat X_k = (X_k - \mu)\,(v + \epsilon)^{-1/2}$, so
# $\partial \hat X_k / \partial v = -\frac12 (X_k - \mu)\,(v + \epsilon)^{-3/2}$:
#
# $$
# dv = -\tfrac12\,(v + \epsilon)^{-3/2} \textstyle\sum_k d\hat X_k\,(X_k - \mu) \qquad (41)
# $$
#
# **$\mu$** is used twice: in (36), with factor $-(v + \epsilon)^{-1/2}$, and in (35), with factor
# $-\frac2n \sum_k (X_k - \mu)$:
#
# $$
# \begin{aligned}
# d\mu = &-(v + \epsilon)^{-1/2} \textstyle\sum_k d\hat X_k \\
# &- dv\,\tfrac2n \textstyle\sum_k (X_k - \mu) \qquad (42)
# \end{aligned}
# $$
#
# **$X_k$** is used three times: in (36), in (35) with factor $\frac2n (X_k - \mu)$, and in (34)
# with factor $\frac1n$:
#
# $$
# dX_k = \frac{d\hat X_k}{\sqrt{v + \epsilon}} + dv\,\frac{2 (X_k - \mu)}{n} + \frac{d\mu}{n}
# \qquad (43)
# $$
#
# **Find the slip.** Report B's (43) begins with
# $\dfrac{\partial L}{\partial \hat x_i^2} \dfrac{1}{\sqrt{\sigma_B^2 + \varepsilon}}$.
#
# <details><summary>Answer</summary>
#
# It must be $\partial L / \partial \hat x_i$, without the square: (36) makes $\hat x_i$ from $x_i$,
# not $\hat x_i^2$. Read literally, $\partial L/\partial(\hat x^2)$ is
# $\partial L/\partial \hat x$ divided by $2 \hat x$.
#
# </details>
#
# In code, line by line, on random numbers in float64:

# %%
rng = np.random.default_rng(12)
n, d, eps = 6, 3, 1e-5
A, dY = rng.normal(2, 3, (n, d)), rng.normal(size=(n, d))
gamma, beta = rng.normal(size=d), rng.normal(size=d)

# %%
mu = A.mean(axis=0)  # (34)
v = ((A - mu) ** 2).mean(axis=0)  # (35)
A_hat = (A - mu) / np.sqrt(v + eps)  # (36)
Y = gamma * A_hat + beta  # (37)

# %%
dgamma = (dY * A_hat).sum(axis=0)  # (38)
dbeta = dY.sum(axis=0)  # (39)
dA_hat = dY * gamma  # (40)
dv = -0.5 * (v + eps) ** -1.5 * (dA_hat * (A - mu)).sum(axis=0)  # (41)
dmu = -(dA_hat.sum(axis=0)) / np.sqrt(v + eps) - dv * 2 * (A - mu).mean(axis=0)  # (42)
dA = dA_hat / np.sqrt(v + eps) + dv * 2 * (A - mu) / n + dmu / n  # (43)

# %% [markdown]
# **Check each line.** For $dv$ we move $v$ alone and hold $\mu$; for $d\mu$ we move $\mu$, and $v$
# follows by (35).


# %%
def from_mu_v(mu, v):
    return gamma * (A - mu) / np.sqrt(v + eps) + beta


def from_mu(mu):
    return from_mu_v(mu, ((A - mu) ** 2).mean(axis=0))


# %%
forward = {
    "dgamma": (dgamma, lambda g: g * A_hat + beta, gamma),
    "dbeta": (dbeta, lambda b: gamma * A_hat + b, beta),
    "dA_hat": (dA_hat, lambda a: gamma * a + beta, A_hat),
    "dv": (dv, lambda v: from_mu_v(mu, v), v),
    "dmu": (dmu, from_mu, mu),
    "dA": (dA, lambda a: ops.batch_norm(a, gamma, beta)[0], A),
}

# %%
for name, (claimed, f, at) in forward.items():
    measured = numerical_gradient(f, at, dY)
    print(f"{name:7} agrees: {np.allclose(claimed, measured, rtol=1e-6, atol=1e-8)}")

# %% [markdown]
# ## Shorten it to three lines
#
# Write $s = 1/\sqrt{v + \epsilon}$, so $\hat X_k = (X_k - \mu)\,s$. Three simplifications:
#
# 1. In (42) the second sum is 0: deviations from a mean sum to 0. So
#    $d\mu = -s \sum_j d\hat X_j$.
# 2. In (41), $(v + \epsilon)^{-3/2} (X_k - \mu) = s^2 \hat X_k$. So
#    $dv = -\frac12 s^2 \sum_j d\hat X_j \hat X_j$.
# 3. Put both into (43), with $X_k - \mu = \hat X_k / s$:
#
# $$
# dX_k = s \Big( d\hat X_k - \tfrac1n \textstyle\sum_j d\hat X_j
# - \hat X_k\,\tfrac1n \sum_j d\hat X_j \hat X_j \Big)
# $$
#
# With $d\hat X = \gamma\,dY$ the sums are $\gamma\,d\beta$ and $\gamma\,d\gamma$
# (`eq:batch-norm-backward`):
#
# $$
# \boxed{
# \begin{aligned}
# d\beta &= \textstyle\sum_k dY_k \\
# d\gamma &= \textstyle\sum_k dY_k \odot \hat X_k \\
# dX &= \gamma \odot s \odot \Big( dY - \frac{d\beta}{n} - \hat X \odot \frac{d\gamma}{n} \Big)
# \end{aligned}}
# $$
#
# The bracket takes away from $dY$ its mean, and the part that runs along $\hat X$. This is what the
# library does, at the end of its code. (`fast.row_mean(A)` is `A.mean(axis=0)`, chapter 22.)

# %%
show_source(ops.batch_norm, checks=False)

# %%
Y_library, back = ops.batch_norm(A, gamma, beta, eps=eps)
print("same Y:                  ", np.allclose(Y, Y_library))
for name, long, short in zip(("dX", "dγ", "dβ"), (dA, dgamma, dbeta), back(dY), strict=True):
    print(f"{name}, long and short agree:", np.allclose(long, short))
errors = gradient_errors(ops.batch_norm, A, gamma, beta, rng=rng)
print("finite differences:       relative errors", "below 1e-7" if max(errors) < 1e-7 else "large")

# %% [markdown]
# ## See what it makes idle
#
# Sum the boxed $dX$ over the rows: $\sum_k \hat X_k = 0$, so
# $\sum_k dX_k = \gamma s\,(d\beta - d\beta - 0) = 0$. Sum $dX \odot \hat X$: since
# $\frac1n \sum_k \hat X_k^2 = 1$ (nearly, with $\epsilon$), $\gamma s\,(d\gamma - 0 - d\gamma) = 0$.
# Two directions get no gradient: **shifting** a column and **stretching** it, the two sliders that
# did nothing.
#
# **A trap.** With `Y.sum()` as loss $dY$ is all ones. **Predict first**: what is $dX$ then?

# %%
dX, _, _ = back(dY)
print("columns of dX sum to 0:        ", np.allclose(dX.sum(axis=0), 0))
print("dX is orthogonal to X_hat:     ", np.allclose((dX * A_hat).sum(axis=0), 0, atol=1e-4))
print("dX of Y.sum() is 0 everywhere: ", np.allclose(back(np.ones_like(Y))[0], 0))

# %% [markdown]
# The output's sum is $n\beta$, whatever $X$ is. A check with `.sum()` compares 0 with 0.
#
# **The bias before it is idle.** In $XW + b$ the bias shifts a column, and (34) takes it away:
# $db = \sum_k dX_k = 0$. It stays at 0 for ever; $\beta$ does its work.
#
# **The size of $W$ is idle too.** Let $w$ be a column of $W$, the weights of one unit, and multiply
# it by $a > 0$. That stretches the unit's numbers by $a$, so the loss stays (but for $\epsilon$):
# $L(aw) = L(w)$. Differentiate both sides
#
# - with respect to $a$, at $a = 1$: $w \cdot \nabla L(w) = 0$. The gradient is **orthogonal** to the
#   weights;
# - with respect to $w$: $a\,\nabla L(aw) = \nabla L(w)$. The gradient **shrinks as $1/a$**.

# %%
W, b = rng.normal(size=(128, 8)), np.zeros(8)
upstream, rows = rng.normal(size=(100, 8)), X[:100].astype(np.float64)


def linear_then_norm(W):
    U, linear_back = ops.linear(rows, W, b)
    out, norm_back = ops.batch_norm(U, np.ones(8), np.zeros(8), eps=1e-12)
    return out, linear_back(norm_back(upstream)[0])


# %%
(out, (_, dW, db)), (out5, (_, dW5, _)) = linear_then_norm(W), linear_then_norm(5 * W)
print("db is 0:                      ", np.allclose(db, 0))
print("5 W has the same output:      ", np.allclose(out, out5))
print("W and dW are orthogonal:      ", np.allclose((W * dW).sum(axis=0), 0))
print("5 W has a fifth of the slope: ", np.allclose(dW5, dW / 5))

# %% [markdown]
# So large weights cannot push a sigmoid to its flat ends, as report B (2.9) says. Beyond $\pm 4$:

# %%
big = rows @ (10 * W)
for name, units in (("without", big), ("with", ops.batch_norm(big, np.ones(8), np.zeros(8))[0])):
    print(f"{name:7} batch norm: {np.mean(np.abs(units) > 4):4.0%} of the numbers")

# %% [markdown]
# **What follows for training.** By Pythagoras, a step at a right angle makes the weights longer:
# $\|w - \eta\,dw\|^2 = \|w\|^2 + \eta^2 \|dw\|^2$. Longer weights have smaller gradients. So a step
# that was too long is followed by shorter ones: batch norm slows itself down. (Chapter 07 showed
# the other side: a small $W$ acts as a large learning rate.)


# %%
def train(net, lr, seed, steps=60, momentum=0.9, watch=lambda net: None):
    """The loss of each step, batches of 64; infinite from the step on at which it diverged."""
    optimizer, losses = SGD(net.parameters(), lr=lr, momentum=momentum), []
    rng = np.random.default_rng(seed)
    settings = {"optimizer": optimizer, "epochs": 2, "batch_size": 64, "rng": rng}
    try:
        for step in islice(training_steps(net, X, y, **settings), steps):
            losses.append(step.loss)
            watch(net)
    except TrainingDiverged:
        losses += [np.inf] * (steps - len(losses))
    return np.array(losses)


# %%
def net_with(norm, seed, sizes=(128, 64, 32, 10), **options):
    return models.mlp(sizes, rng=np.random.default_rng(seed), norm=norm, **options)


# %%
def note_lengths(net):
    lengths.append(np.linalg.norm(net[0].W.data, axis=0))


net, lengths = net_with("batch", 0).double(), []
_ = train(net, 0.3, 0, momentum=0, watch=note_lengths)
print("all 64 units' weights grew in every step:", bool(np.all(np.diff(lengths, axis=0) > 0)))
print("bias before batch norm moved by less than 1e-9:", np.abs(net[0].b.data).max() < 1e-9)

# %% [markdown]
# ## Put it before the activation or after
#
# Both reports normalise between the linear layer and the activation, as Ioffe & Szegedy (2015) do.
# After ReLU it leaves the bias something to do: ReLU stands between.
#
# **Predict first**: all 64 biases are at $-15$, so that every unit is dead, 0 for every row
# (chapter 07). Which order revives them?

# %%
W = rng.normal(0, np.sqrt(2 / 128), (128, 64))
U = X[:500] @ W - 15.0


def norm_of(U):
    return ops.batch_norm(U, np.ones(64), np.zeros(64))[0]


# %%
orders = {
    "linear, ReLU": np.maximum(U, 0),
    "linear, batch norm, ReLU": np.maximum(norm_of(U), 0),
    "linear, ReLU, batch norm": norm_of(np.maximum(U, 0)),
}
for order, out in orders.items():
    print(f"{order:25}: {np.sum(np.ptp(out, axis=0) == 0):2} of 64 units dead")

# %% [markdown]
# Before ReLU, batch norm puts the zero in the middle of each unit's numbers: with $\beta = 0$ none
# is dead at the start. After ReLU it comes too late: a constant column stays constant.

# %% [markdown]
# ## Ask how small a batch may be
#
# **One row.** $X_1 = \mu$, so $\hat X = 0$: the output is $\beta$, whatever the picture. Nothing can
# be learnt, so the library refuses. 129 rows in batches of 128 leave such a batch over:

# %%
net = net_with("batch", 0)
settings = {"optimizer": SGD(net.parameters(), lr=0.01), "epochs": 1, "batch_size": 128}
try:
    fit(net, X[:129], y[:129], rng=rng, progress=False, **settings)
except ValueError as error:
    print(str(error).replace("; ", ";\n").replace(" (", "\n("))

# %% [markdown]
# **Two rows.** With $\delta = \frac12 (X_1 - X_2)$ the mean is $X_1 - \delta$ and both deviations have
# the square $v = \delta^2$:
#
# $$
# \hat X_1 = \frac{\delta}{\sqrt{\delta^2 + \epsilon}} = \pm 1, \qquad \hat X_2 = -\hat X_1
# $$
#
# unless $\delta^2$ is as small as $\epsilon$. Only *which is larger* comes through. A sign has no
# slope, so the layers below get no gradient:

# %%
pair, back = ops.batch_norm(A[:2], np.ones(3), np.zeros(3))
print("outputs are 1 or -1:    ", np.allclose(np.abs(pair), 1, atol=1e-3))
print("dX below 1e-3 of dY:    ", np.abs(back(dY[:2])[0]).max() < 1e-3 * np.abs(dY[:2]).max())

# %% [markdown]
# **More rows.** One unit, and one picture whose output we watch in 1,000 batches: its neighbours are
# drawn at random. Histogram: the 1,000 outputs. Dashed: with mean and deviation of all 6,400 rows.
#
# **Predict first**: at which batch size is the output known to about $\pm 0.1$? Is it harder for a
# picture in the middle or for one far out?

# %%
unit = X.astype(np.float64) @ rng.normal(0, 128**-0.5, 128)
order = np.argsort(unit)
edges = np.linspace(-4, 4, 81)

# %%
fig3, ax3 = subplots(width=7, height=3.4)
stairs = ax3.stairs(np.zeros(80), edges, fill=True, color=LINES[0]["color"])
truth = ax3.axvline(0, **LINES[1] | {"linestyle": "--"})
_ = ax3.set(xlim=(-4, 4), xlabel="output of one and the same picture", ylabel="share of batches")


# %%
def in_many_batches(n, place):
    row = order[place]
    picked = np.random.default_rng(0).integers(len(unit), size=(1000, n))
    picked[:, 0] = row
    batch = unit[picked]
    outputs = (unit[row] - batch.mean(axis=1)) / np.sqrt(batch.var(axis=1) + 1e-5)
    shares = np.histogram(outputs, edges)[0] / 1000
    stairs.set_data(shares)
    z = (unit[row] - unit.mean()) / unit.std()
    truth.set_xdata([z, z])
    ax3.set_ylim(0, 1.1 * shares.max())
    predicted = np.sqrt((1 + z**2 / 2) / n)
    ax3.set_title(f"n = {n}: deviation {outputs.std():.3f}, predicted {predicted:.3f}")
    return fig3


# %%
Explorer(
    in_many_batches,
    alt="A histogram of one picture's output in 1,000 batches with other neighbours each, and a "
    "dashed line at its output under the statistics of all rows.",
    n=choice("batch size n", (2, 3, 4, 8, 16, 32, 64, 128, 256), value=16),
    place=choice("picture", [("in the middle", 3300), ("far out", 6250)]),
)

# %% [markdown]
# About 100 rows for the picture in the middle, more for the one far out. The prediction: the mean of
# $n$ rows is off by $\sigma/\sqrt n$, their deviation by about $\sigma/\sqrt{2n}$ (for normal
# numbers and large $n$). An output $z$ is off by the first, and by $z$ times the second: together
# $\sqrt{(1 + z^2/2)/n}$. Training with batch norm always has this noise.

# %% [markdown]
# ## Keep running statistics
#
# In evaluation there may be one picture and no batch, and its output should not depend on its
# neighbours. So during training each layer keeps a **running** mean and variance $r$, and moves
# them towards the batch's $b$ by a share $\rho$, the `momentum`:
#
# $$
# r \leftarrow r + \rho\,(b - r) = (1 - \rho)\,r + \rho\,b
# $$
#
# After $t$ steps, put into itself,
#
# $$
# r_t = (1 - \rho)^t\,r_0 + \rho \sum_{k=1}^{t} (1 - \rho)^{t - k}\,b_k
# $$
#
# The start $r_0$ (mean 0, variance 1) still counts with weight $(1 - \rho)^t$. (Keras calls
# $1 - \rho$ momentum. Its 0.99 is 0.01 here and in PyTorch.)
#
# The variance that is kept is *unbiased*, with $n - 1$ below: (35) measures from the batch's own
# mean, which lies closest to the batch, and comes out too small by $(n-1)/n$ on average. For $n = 4$:

# %%
fours = rng.normal(0, 1, (100_000, 4))
print(f"mean of (35) over 100,000 batches of 4: {fours.var(axis=1).mean():.2f}")
print(f"with n - 1:                             {fours.var(axis=1, ddof=1).mean():.2f}")

# %% [markdown]
# **Find the slips.** Report A (2.4.2) prints, with `momentum` for our $\rho$,
#
# $$
# \begin{aligned}
# \mu_t &= \mu_{t-1} (1 - \text{momentum}) + \text{momentum} \cdot \mu \\
# \sigma_t &= \sigma_{t-1} (1 - \text{momentum}) + \text{momentum} \cdot \mu \\
# \text{Normalized}_t &= (\text{input}_t - \mu_t) / \sigma_t
# \end{aligned}
# $$
#
# and this is how its layer works "during the training process". There are three.
#
# <details><summary>Answer</summary>
#
# 1. $\sigma_t$ is averaged with $\mu$; it must be the batch's $\sigma$.
# 2. Training normalises by the *batch's* statistics; the moving ones are for evaluation.
# 3. No $\epsilon$: a constant column divides 0 by 0.
#
# </details>
#
# Now record a run: 100 steps of a network 128-64-32-10. With $\rho = 1$ the running statistics are
# those of the last batch. Training does not use them, so we may average them *afterwards*, with any
# $\rho$.

# %%
net, kept, weights = net_with("batch", 0), [], []
norms = (net[1], net[4])
for norm in norms:
    norm.momentum = 1.0


# %%
def note(net):
    kept.append([s.copy() for norm in norms for s in (norm.running_mean, norm.running_var)])
    weights.append(net.state_dict())


_ = train(net, 0.1, 0, steps=100, watch=note)


# %%
def averaged(momentum):
    """The four running statistics after each step."""
    r, path = [np.full_like(b, start) for b, start in zip(kept[0], (0, 1, 0, 1), strict=True)], []
    for batch in kept:
        r = [old + momentum * (new - old) for old, new in zip(r, batch, strict=True)]
        path.append(r)
    return path


# %%
def accuracy(t, running):
    """On the held-out rows after t steps; running None: with their own statistics."""
    net.load_state_dict(weights[t - 1])
    net.train(running is None)
    if running is not None:
        for i, norm in enumerate(norms):
            norm.running_mean, norm.running_var = running[2 * i : 2 * i + 2]
    with no_grad():
        return np.mean(net(held).data.argmax(axis=1) == held_y)


# %%
marks = np.arange(20, 101, 20)
own = [accuracy(t, None) for t in marks]

# %% [markdown]
# Left, the batch means of one unit (dots) and their running mean. Right, the accuracy in evaluation
# along the run, and, for comparison, with the held-out rows' *own* mean and variance.
#
# **Predict first**: what is wrong at $\rho = 1$? At $\rho = 0.001$? Which $\rho$ is best after 100
# steps?

# %%
fig4, (left4, right4) = subplots(1, 2, width=8.2, height=3.4)
(seen,) = left4.plot([], [], ls="", marker="o", ms=3, color="#888888", label="batch")
(chase,) = left4.plot([], [], **LINES[1], label="running")

# %%
left4.set(xlabel="step", ylabel="mean of the unit", xlim=(0, 100))
right4.plot(marks, own, **LINES[0], marker="o", ms=5, label="own statistics")
(evaluated,) = right4.plot([], [], **LINES[1], marker="s", ms=5, label="running statistics")
right4.set(xlabel="step", ylabel="accuracy", xlim=(0, 105), ylim=(0, 0.5))
for ax in (left4, right4):
    ax.legend(fontsize=9, loc="upper left")


# %%
def run_after(momentum, unit):
    path = averaged(momentum)
    means = np.array([batch[0][unit] for batch in kept])
    seen.set_data(range(1, 101), means)
    chase.set_data(range(1, 101), [r[0][unit] for r in path])
    left4.set_ylim(means.min() - 0.1, means.max() + 0.4)
    evaluated.set_data(marks, [accuracy(t, path[t - 1]) for t in marks])
    left4.set_title(f"the start still weighs {(1 - momentum) ** 100:.2g}", fontsize=11)
    return fig4


# %%
Explorer(
    run_after,
    alt="Left: a unit's batch means, and a running mean that follows them. Right: accuracy in "
    "evaluation against the step, and the accuracy with the held-out rows' own statistics.",
    momentum=log_slider("momentum ρ", 0.001, 1, value=0.1),
    unit=slider("unit", 0, 63),
)

# %% [markdown]
# - $\rho = 1$ keeps the last batch only: the noise of 64 rows.
# - $\rho = 0.001$: after 100 steps the start, mean 0 and variance 1, still counts for most. The
#   network is trained, and evaluation gets it wrong. **Too few steps for the running averages** looks
#   like a network that has not learnt.
# - In between both errors are small. The averages must outlive the noise of one batch and still follow
#   weights that move.

# %% [markdown]
# How many steps until the start weighs less than 1%?

# %%
for momentum in (0.5, 0.1, 0.01, 0.001):
    steps = int(np.ceil(np.log(0.01) / np.log(1 - momentum)))
    print(f"ρ = {momentum:5}: {steps:5,} steps")

# %% [markdown]
# ## Forget eval()
#
# `net.eval()` says: use the running statistics. Forget it, and each batch is normalised by itself, in
# evaluation too. Here the trained network judges 1,000 held-out rows in batches of 50. *Shuffled*: in
# random order. *Sorted*: by class, as files in folders are; a batch then holds one class or two.
#
# **Predict first**: how does the order change the accuracy, with and without `eval()`?

# %%
_ = accuracy(100, averaged(0.1)[-1])  # the trained network, with its running statistics
norms[0].momentum = norms[1].momentum = 0.1
trained = net.state_dict()
shuffled, by_class = rng.permutation(1000), np.argsort(held_y, kind="stable")


# %%
def classes(training, order, size=50):
    """The predicted class of each held-out row."""
    net.load_state_dict(trained)
    net.train(training)
    found = np.empty(1000, int)
    with no_grad():
        for rows in np.split(order, 1000 // size):
            found[rows] = net(held[rows]).data.argmax(axis=1)
    return found


# %%
ways = {
    "eval(), shuffled": (False, shuffled),
    "eval(), sorted": (False, by_class),
    "forgotten, shuffled": (True, shuffled),
    "forgotten, sorted": (True, by_class),
}
found = {way: classes(*how) for way, how in ways.items()}
moved_too = any(not np.array_equal(net.state_dict()[name], trained[name]) for name in trained)

# %%
fig5, ax5 = subplots(width=6.6, height=2.9)
ax5.barh(list(found), [np.mean(f == held_y) for f in found.values()], color=LINES[0]["color"])
ax5.axvline(0.1, color="black", lw=1, ls=":")
ax5.set(xlabel="accuracy on 1,000 held-out rows (dotted: guessing)")
ax5.invert_yaxis()

# %%
show(
    fig5,
    "Accuracy of one network, judged in four ways: with eval() the order makes no difference, "
    "without it sorted batches cost more than half.",
)

# %%
same = found["eval(), shuffled"] == found["eval(), sorted"]
print("eval(): rows whose class depends on the order:", np.sum(~same))
same = found["forgotten, shuffled"] == found["forgotten, sorted"]
print("forgotten: more than a third of them do:      ", np.mean(~same) > 1 / 3)
print("forgotten: it changes the network it judges:  ", moved_too)

# %% [markdown]
# In a batch of one class, (34) subtracts what the class has in common: just what should tell it from
# others. And a forward pass in training mode *moves* the running statistics: afterwards the network
# is another one, also for those who remember `eval()`.

# %% [markdown]
# ## Train report A's formula
#
# Report A's three lines as a layer: the moving averages in training too. They enter as constants,
# with no gradient of their own (the report prints no backward pass). `slip` averages $\sigma$ with
# $\mu$, as printed.


# %%
class ReportA(Module):
    def __init__(self, d, slip):
        plain = BatchNorm1d(d)
        self.gamma, self.beta, self.slip = plain.gamma, plain.beta, slip
        self.mu, self.sigma = plain.running_mean, plain.running_var

    def forward(self, x):
        mu, sigma = x.data.mean(axis=0), x.data.std(axis=0)
        self.mu = 0.9 * self.mu + 0.1 * mu
        self.sigma = 0.9 * self.sigma + 0.1 * (mu if self.slip else sigma)
        return (x - self.mu) / self.sigma * self.gamma + self.beta


# %%
NORMS = {
    "no batch norm": lambda d: [],
    "batch norm": lambda d: [BatchNorm1d(d)],
    "A, as printed": lambda d: [ReportA(d, slip=True)],
    "A, with σ mended": lambda d: [ReportA(d, slip=False)],
}


# %%
def built(extra, seed, sizes=(128, 64, 32, 10)):
    """An MLP with the modules extra(d) between each linear layer and its ReLU."""
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [Linear(n_in, n_out, rng=rng), *extra(n_out), ReLU()]
    layers = layers[: len(layers) - 1 - len(extra(1))]  # the last layer gives logits
    return Sequential(*layers)


# %%
rates = (0.01, 0.1, 3.0)
runs = {
    (k, lr): [train(built(NORMS[k], s), lr, s) for s in range(5)] for k in NORMS for lr in rates
}

# %% [markdown]
# **Predict first**: which of the two A layers trains at a rate of 0.01? At 3?

# %%
fig6, ax6 = subplots(width=7, height=3.6)
curves = {
    k: [ax6.plot([], [], **LINES[i], lw=1.2)[0] for _ in range(5)]
    for i, k in enumerate(("batch norm", "this one"))
}
for name, lines in curves.items():
    lines[0].set_label(f"{name}, five seeds")

# %%
ax6.axhline(np.log(10), color="black", lw=1.5, ls=":", label="ln 10: guessing")
ax6.set(xlabel="step", ylabel="loss (nats), mean of 5 steps", xlim=(0, 60), ylim=(1.5, 4))
_ = ax6.legend(fontsize=9, loc="lower left")


# %%
def smooth(losses, top=3.97):
    """Means of 5 steps; what is beyond the figure runs along its top."""
    padded = np.minimum(np.pad(losses, 2, mode="edge"), top)
    return np.convolve(padded, np.ones(5) / 5, mode="valid")


# %%
def report_a(layer, rate):
    for lines, key in zip(curves.values(), ("batch norm", layer), strict=True):
        for line, losses in zip(lines, runs[key, rate], strict=True):
            line.set_data(range(60), smooth(losses))
    worst = max(np.max(losses) for losses in runs[layer, rate])
    ax6.set_title(f"{layer}, learning rate {rate}: highest loss {worst:.2g}")
    return fig6


# %%
Explorer(
    report_a,
    alt="The loss in 60 steps, five seeds each of batch norm and of the layer chosen; a dotted "
    "line is the loss of guessing; what is higher runs along the top.",
    layer=choice("layer", [k for k in NORMS if k != "batch norm"], value="A, as printed"),
    rate=choice("learning rate", rates, value=0.01),
)

# %%
for rate in rates:
    for layer in ("A, as printed", "A, with σ mended", "batch norm"):
        lost = sum(not np.max(losses) < 10 for losses in runs[layer, rate])
        print(f"learning rate {rate:4}, {layer:17}: loss above 10 in {lost} of 5 runs")

# %% [markdown]
# As printed it trains at none of the three rates. A mean may be near 0 or negative: the layer divides
# by almost nothing, and turns signs.
#
# With $\sigma$ mended it trains well at small rates, though it is not what (34)-(37) say: the averages
# lag only a few steps behind. At large rates it fails. The likely reason: the weights outrun the
# averages, and a gradient that takes the statistics for constants does not know that stretching is
# idle.

# %% [markdown]
# ## Look along the gradient
#
# Why does batch norm help? Santurkar et al. (2018) look at the loss surface: take the gradient $g$ at
# some step of training, try $w - \eta g$ for many step sizes $\eta$, and watch the loss of the same
# batch.
#
# **Predict first**: 128-64-64-64-64-10, with and without batch norm. For which one does the loss
# stay down over more step sizes?

# %%
DEEP = (128, 64, 64, 64, 64, 10)
walk = np.logspace(-3, 1, 17)
batch, labels = X[:128], y[:128]


# %%
def along_gradient(net):
    """The loss before a step along the gradient, and after one with each rate in `walk`."""
    net.zero_grad()
    loss = cross_entropy(net(batch), labels)
    loss.backward()
    start, losses = [(p, p.data.copy(), p.grad.copy()) for p in net.parameters()], [loss.item()]
    for eta in (*walk, 0):  # the 0 puts the weights back
        for p, w, g in start:
            p.data[...] = w - eta * g
        with no_grad():
            losses.append(cross_entropy(net(batch), labels).item())
    return np.array(losses[:-1])


# %%
def surface(norm, seed):
    """Losses along the gradient after steps 1, 7, ..., 43, (8, 1 + 17)."""
    net, found = net_with(norm, seed, DEEP).double(), []
    train(net, 0.1, seed, 48, watch=lambda net: found.append(net.state_dict()))
    walked = []
    for state in found[::6]:
        net.load_state_dict(state)
        walked.append(along_gradient(net))
    return np.array(walked)


# %%
surfaces = {norm: [surface(norm, seed) for seed in range(5)] for norm in (None, "batch")}

# %%
fig7, ax7 = subplots(width=7, height=3.6)
paths = [
    ax7.plot(walk, walk, **LINES[i], marker=MARKERS[i], ms=4, label=name)[0]
    for i, name in enumerate(("without", "batch norm"))
]
ax7.set(xscale="log", xlabel="step size η along the gradient", ylabel="loss (nats)", ylim=(1, 4))
ax7.set_xticks(walk[::4], [f"{eta:.3g}" for eta in walk[::4]])
ax7.minorticks_off()
_ = ax7.legend(loc="upper left", fontsize=9)


# %%
def walked(step, seed):
    for path, norm in zip(paths, surfaces, strict=True):
        path.set_ydata(np.minimum(surfaces[norm][seed][(step - 1) // 6, 1:], 3.97))
    ax7.set_title(f"after step {step}, seed {seed}")
    return fig7


# %%
Explorer(
    walked,
    alt="The loss against the size of a step along the gradient, with and without batch norm; "
    "what is above 4 runs along the top.",
    step=slider("after step", 1, 43, step=6),
    seed=slider("seed", 0, 4),
)


# %%
def reach(walked):
    """Mean over the steps of log10 of the largest step size at which the loss is still lower."""
    lower = walked[:, 1:] < walked[:, :1]
    return np.mean([np.log10(walk[row].max(initial=walk[0])) for row in lower])


def fall(walked):
    """Mean over the steps of how much the best step size lowers the loss."""
    return np.mean(walked[:, 0] - walked.min(axis=1))


# %%
def verdict(mean, half):
    return "within noise" if abs(mean) < half else "holds" if mean > 0 else "the contrary holds"


for claim, measure in (("further", reach), ("deeper", fall)):
    gain = [measure(b) - measure(a) for a, b in zip(*surfaces.values(), strict=True)]
    print(f"with batch norm the gradient leads {claim}: {verdict(*records.interval(gain))}")

# %% [markdown]
# The loss stays down further and falls deeper. The second says more: how far a step size $\eta$ leads
# depends on how long the gradient is, how deep the loss falls along it does not.

# %% [markdown]
# ## Turn up the learning rate
#
# If the loss stays down over longer steps, larger learning rates should train. 60 steps with each of
# seven rates, five seeds, two and four hidden layers of 64 units.
#
# **Predict first**: at small rates, is batch norm ahead? At which end does its range reach further?

# %%
RATES = 10 ** np.arange(-2.5, 1, 0.5)
SIZES = {2: (128, 64, 64, 10), 4: DEEP}

# %%
sweep = {
    (norm, depth): np.array(
        [[train(net_with(norm, s, SIZES[depth]), lr, s) for s in range(5)] for lr in RATES]
    )
    for norm in (None, "batch")
    for depth in SIZES
}

# %%
fig8, (left8, right8) = subplots(1, 2, width=8.4, height=3.6)
traces, ends = [], []
for i, name in enumerate(("without", "batch norm")):
    traces += [left8.plot([], [], **LINES[i], lw=1.2)[0] for _ in range(5)]
    ends += right8.plot(
        [], [], ls="", marker=MARKERS[i], ms=5, mfc="none", color=LINES[i]["color"], label=name
    )
    traces[-1].set_label(name)

# %%
here = right8.axvline(1, color="black", lw=1, ls=":")
left8.set(xlabel="step", ylabel="loss, mean of 5 steps", xlim=(0, 60), ylim=(1.5, 4))
right8.set(xscale="log", xlabel="learning rate", xlim=(2e-3, 5))
right8.set(ylabel="loss, last 10 steps", ylim=(1.5, 4))
right8.set_xticks((0.01, 0.1, 1), ("0.01", "0.1", "1"))
right8.minorticks_off()
for ax in (left8, right8):
    ax.legend(fontsize=9, loc="lower left")


# %%
def swept(rate, depth):
    both = [sweep[norm, depth] for norm in (None, "batch")]
    lines = [losses for runs in both for losses in runs[rate]]
    for trace, losses in zip(traces, lines, strict=True):
        trace.set_data(range(60), smooth(losses))
    for end, runs, aside in zip(ends, both, (0.93, 1.07), strict=True):
        final = np.minimum(runs[:, :, -10:].mean(axis=2), 3.95)
        end.set_data(np.repeat(RATES * aside, 5), final.ravel())
    here.set_xdata([RATES[rate]] * 2)
    left8.set_title(f"{depth} hidden layers, rate {RATES[rate]:.2g}", fontsize=11)
    return fig8


# %%
Explorer(
    swept,
    alt="Left: loss curves of five seeds with and five without batch norm at the rate chosen. "
    "Right: the last loss of every run against the rate; runs that diverged lie along the top.",
    rate=slider("which rate", 0, 6, value=2),
    depth=choice("hidden layers", list(SIZES), value=4),
)

# %%
for depth in SIZES:
    for i in (0, 3, 4):
        without, normed = (sweep[n, depth][i, :, -10:].mean(axis=1) for n in (None, "batch"))
        words = verdict(*records.interval(without - normed))
        print(f"{depth} hidden layers, rate {RATES[i]:.3f}: batch norm lower: {words}")

# %% [markdown]
# At the smallest rate batch norm is not ahead; at large ones it is, and its range ends later. "Batch
# norm trains better" should always say: at which rate.

# %% [markdown]
# ## Re-test a claim: it mitigates covariate shift
#
# Report B (2.9) gives the usual reason, Ioffe & Szegedy's: as a layer trains, the inputs of the next
# one shift, and batch norm "mitigates covariate shift". Two questions:
#
# 1. Does it? *Shift*: by how much the mean of a unit of the last hidden layer moves in a step (on
#    200 fixed rows), in units of the deviation, root mean square over the units.
# 2. Is that *why* it trains better? Santurkar et al.'s test: put the shift back. After each batch norm
#    a `Jolt` multiplies each unit by a random factor and adds a random number, new in every step.
#
# **Predict first**: with jolts, does it train like batch norm, or like the network without?


# %%
class Jolt(Module):
    def __init__(self, d):
        self.d, self.rng = d, np.random.default_rng(d)

    def forward(self, x):
        factor, number = self.rng.normal(0, 0.25, (2, self.d)).astype(np.float32)
        return x * np.exp(factor) + number


ARMS = {
    "without": lambda d: [],
    "batch norm": lambda d: [BatchNorm1d(d)],
    "batch norm, jolted": lambda d: [BatchNorm1d(d), Jolt(d)],
}


# %%
def shifting(arm, seed):
    """The losses of 60 steps, and the shift in each."""
    net, seen = built(ARMS[arm], seed, DEEP), []

    def look(net):
        hidden = Sequential(*net[:-1])
        with no_grad():
            H = hidden(X[-200:]).data
        seen.append((H.mean(axis=0), np.mean(H.var(axis=0))))

    losses = train(net, 0.1, seed, watch=look)
    means, variances = (np.array(part) for part in zip(*seen, strict=True))
    moves = np.mean(np.diff(means, axis=0) ** 2, axis=1) / variances[:-1]
    return losses, np.sqrt(moves)


shifts = {arm: [shifting(arm, seed) for seed in range(5)] for arm in ARMS}

# %%
fig9, (left9, right9) = subplots(1, 2, width=8.4, height=3.6)
for i, (arm, both) in enumerate(shifts.items()):
    for seed, (losses, moves) in enumerate(both):
        label = arm if seed == 0 else None
        left9.plot(range(1, 60), moves, **LINES[i], lw=1.2, label=label)
        right9.plot(range(60), smooth(losses), **LINES[i], lw=1.2)

# %%
left9.set(xlabel="step", ylabel="shift of the last hidden layer", yscale="log", ylim=(None, 20))
right9.set(xlabel="step", ylabel="loss (nats), mean of 5 steps")
left9.legend(fontsize=9, loc="upper right")
show(
    fig9,
    "Shift of the last hidden layer, and loss, over 60 steps, five seeds each: jolts make the "
    "shift many times as large as batch norm's, and cost a part of its gain.",
)

# %%
def last(arm):
    return np.array([losses[-10:].mean() for losses, _ in shifts[arm]])


def shift(arm):
    return np.array([np.log(moves.mean()) for _, moves in shifts[arm]])


# %%
pairs = {
    "batch norm shifts less than without": shift("without") - shift("batch norm"),
    "jolted shifts more than without": shift("batch norm, jolted") - shift("without"),
    "jolted trains better than without": last("without") - last("batch norm, jolted"),
    "jolted trains worse than batch norm": last("batch norm, jolted") - last("batch norm"),
}
for claim, differences in pairs.items():
    print(f"{claim:36}: {verdict(*records.interval(differences))}")

# %% [markdown]
# It does mitigate it, by far. But with the shift put back, larger than without batch norm, part of the
# advantage is lost and part stays. Less shift cannot be all of the reason.

# %% [markdown]
# ## Re-test two tables of report A
#
# Its table 7: accuracy 0.5241 with batch norm, 0.5248 without: "not significantly affecting". Its
# table 9, with batch norm: 0.5259 with dropout (chapter 11), 0.5084 without; its table 8, without
# batch norm: 0.5224 with and 0.5247 without dropout. So dropout helps only with batch norm? One run
# each, at one learning rate.
#
# Here: its 128-64-32-10, 1,500 rows, 10 epochs, five seeds, three rates; accuracy on 4,000 other rows at
# the best epoch, which is how the report chose.
#
# **Predict first**: does the rate matter for these claims?


# %%
def best_accuracy(norm, dropout, rate, seed):
    net = net_with(norm, seed, dropout=dropout)
    optimizer = SGD(net.parameters(), lr=rate, momentum=0.9)
    settings = {"optimizer": optimizer, "epochs": 10, "batch_size": 100, "progress": False}
    rng = np.random.default_rng(100 + seed)
    history = fit(
        net, X[:1500], y[:1500], rng=rng, validation=(Z[-4000:], data.y_train[-4000:]), **settings
    )
    return max(history["val_accuracy"])


# %%
tried = (0.03, 0.1, 0.3)
best = {
    (norm, p): np.array([[best_accuracy(norm, p, lr, s) for s in range(5)] for lr in tried])
    for norm in (None, "batch")
    for p in (0, 0.25)
}

# %%
effects = {
    "batch norm, no dropout": best["batch", 0] - best[None, 0],
    "batch norm, with dropout": best["batch", 0.25] - best[None, 0.25],
    "dropout, no batch norm": best[None, 0.25] - best[None, 0],
    "dropout, with batch norm": best["batch", 0.25] - best["batch", 0],
}

# %%
fig10, panels = subplots(1, 2, width=8.4, height=3.6, sharey=True)
for i, (name, differences) in enumerate(effects.items()):
    mean, half = np.transpose([records.interval(row) for row in differences])
    ax, places = panels[i // 2], np.array(tried) * (0.95, 1.05)[i % 2]
    ax.errorbar(places, mean, half, **LINES[i % 2], marker=MARKERS[i % 2], capsize=3, label=name)
for ax in panels:
    ax.axhline(0, color="black", lw=1)
    ax.set(xscale="log", xlabel="learning rate", xticks=tried, xticklabels=tried)
    ax.minorticks_off()
    ax.legend(fontsize=9, loc="upper left")
_ = panels[0].set_ylabel("accuracy gained")

# %%
show(
    fig10,
    "What batch norm (left) and dropout (right) add to the accuracy, mean and 95% interval of five "
    "seeds: both depend on the learning rate and on each other.",
)

# %%
print(f"at rate {tried[1]}, a gain by")
for name, differences in effects.items():
    print(f"{name:24}: {verdict(*records.interval(differences[1]))}")

# %% [markdown]
# The effects depend on the rate and on each other. Without dropout, at the smaller rates, batch norm
# adds nothing that five seeds could show; at the largest it adds most. And here dropout gains *with*
# batch norm, as tables 8 and 9 suggest. Chapter 16 runs the tables at full length.

# %% [markdown]
# ## Break it
#
# Fourteen versions of batch norm, the first one right. All are written with $g = d\hat X$, $h = \hat X$
# and $s$; an option replaces one piece.


# %%
def short(g, h, s, gamma, axis=0):
    g_mean, gh_mean = (a.mean(axis=axis, keepdims=True) for a in (g, g * h))
    return s * (g - g_mean - h * gh_mean)


# %%
def layer(U, gamma, beta, *, mu=None, v=None, dX=short, dgamma=None, axis=0, **_):
    mu = U.mean(axis=axis, keepdims=True) if mu is None else mu(U)
    v = ((U - mu) ** 2).mean(axis=axis, keepdims=True) if v is None else v(U)
    s = 1 / np.sqrt(v + 1e-5)
    h = (U - mu) * s

    def back(dY):
        dg = (dY * h).sum(axis=0) if dgamma is None else dgamma(dY, U)
        return dX(dY * gamma, h, s, gamma), dg, dY.sum(axis=0)

    return gamma * h + beta, back


# %%
FAULTS = {
    "no fault": {},
    "no mean term": {"dX": lambda g, h, s, c: s * (g - h * (g * h).mean(axis=0))},
    "no variance term": {"dX": lambda g, h, s, c: s * (g - g.mean(axis=0))},
    "neither term": {"dX": lambda g, h, s, c: s * g},
    "sums for means": {"dX": lambda g, h, s, c: s * (g - g.sum(axis=0) - h * (g * h).sum(axis=0))},
    "γ forgotten in dX": {"dX": lambda g, h, s, c: short(g / c, h, s, c)},
    "(43) as printed": {"dX": lambda g, h, s, c: short(g, h, s, c) - s * g + s * g / (2 * h)},
    "X for X_hat in dγ": {"dgamma": lambda dY, U: (dY * U).sum(axis=0)},
    "root forgotten": {"v": lambda U: U.var(axis=0) ** 2},
    "n - 1 in Y only": {"v": lambda U: U.var(axis=0, ddof=1)},
    "(34), n all rows": {"mu": lambda U: U.sum(axis=0) / len(X)},
    "rows for columns": {"axis": 1, "dX": lambda *a: short(*a, axis=1)},
    "fixed statistics": {
        "mu": lambda U: np.full(U.shape[1], 0.2),
        "v": lambda U: np.full(U.shape[1], 1.0),
        "dX": lambda g, h, s, c: s * g,
    },
    "A: σ from μ": {"kept": lambda mu, var: (mu, mu)},
}

# %% [markdown]
# Seven checks:
#
# - **sum**: finite differences of `Y.sum()`, that is, $dY = 1$;
# - **γ = 1**: finite differences with random $dY$, but $\gamma$ as it is at the start;
# - **random**: finite differences with random $dY$ and $\gamma$;
# - **Y**: its columns have mean $\beta$ and deviation $|\gamma|$;
# - **trains**: the loss of 128-32-10 on 200 rows falls by a quarter in 60 steps;
# - **eval**: after 200 batches, evaluation gives what it should;
# - **ours**: $Y$ and the gradients are the library's.

# %%
rng = np.random.default_rng(7)
U, dY = rng.normal(1, 2, (8, 5)), rng.normal(size=(8, 5))
gamma, beta = rng.normal(size=5), rng.normal(size=5)
UPSTREAM = {"sum": (np.ones((8, 5)), gamma), "γ = 1": (dY, np.ones(5)), "random": (dY, gamma)}


# %%
def slopes(options, check):
    """(claimed, measured) of dX, and of dγ."""
    dY, gamma = UPSTREAM[check]
    dX, dgamma, _ = layer(U, gamma, beta, **options)[1](dY)
    dX_measured = numerical_gradient(lambda u: layer(u, gamma, beta, **options)[0], U, dY)
    dgamma_measured = numerical_gradient(lambda c: layer(U, c, beta, **options)[0], gamma, dY)
    return (dX, dX_measured), (dgamma, dgamma_measured)


# %%
def columns(options):
    Y, _ = layer(U, gamma, beta, **options)
    right = np.allclose(Y.mean(axis=0), beta, atol=1e-3)
    return right and np.allclose(Y.std(axis=0), np.abs(gamma), atol=1e-3)


# %%
def like_library(options):
    (Y, back), (Y_, back_) = layer(U, gamma, beta, **options), ops.batch_norm(U, gamma, beta)
    return np.allclose(Y, Y_) and all(map(np.allclose, back(dY), back_(dY)))


# %%
def running(options):
    keep = options.get("kept", lambda mu, var: (mu, var))
    r, rng = np.array([np.zeros(5), np.ones(5)]), np.random.default_rng(0)
    for _ in range(200):
        batch = rng.normal(1, 3, (64, 5))
        r += 0.1 * (np.array(keep(batch.mean(axis=0), batch.var(axis=0, ddof=1))) - r)
    return np.allclose((batch - r[0]) / np.sqrt(r[1]), (batch - 1) / 3, atol=0.8)


# %%
def falls(options, rate=0.1):
    rng, rows, labels = np.random.default_rng(0), X[:200].astype(np.float64), y[:200]
    W, V, losses = rng.normal(0, 128**-0.5, (128, 32)), rng.normal(0, 0.2, (32, 10)), []
    for _ in range(60):
        A, norm_back = layer(rows @ W, np.ones(32), np.zeros(32), **options)
        loss, loss_back = cross_entropy(np.maximum(A, 0) @ V, labels)
        losses.append(loss)
        dA = (loss_back(1.0) @ V.T) * (A > 0)
        V -= rate * np.maximum(A, 0).T @ loss_back(1.0)
        W -= rate * rows.T @ norm_back(dA)[0]
    return losses[-1] < losses[0] * 3 / 4


# %%
def passes(options):
    checks = {
        c: all(np.allclose(*pair, atol=1e-6) for pair in slopes(options, c)) for c in UPSTREAM
    }
    others = {"Y": columns, "trains": falls, "eval": running, "ours": like_library}
    return checks | {name: check(options) for name, check in others.items()}


outcome = {fault: passes(options) for fault, options in FAULTS.items()}

# %% [markdown]
# The figure shows each number of $dX$: claimed against measured. On the diagonal all is well.
#
# **Predict first**: which faults does `Y.sum()` overlook? Which does *every* comparison with finite
# differences overlook? Does any stop the loss from falling?

# %%
fig11, ax11 = subplots(width=4.6, height=3.8)
(diagonal,) = ax11.plot([], [], color="black", lw=1)
(dots,) = ax11.plot([], [], ls="", marker="o", ms=5, color=LINES[0]["color"])
_ = ax11.set(xlabel="dX measured", ylabel="dX claimed")


# %%
def inspect(fault, check):
    claimed, measured = slopes(FAULTS[fault], check)[0]
    dots.set_data(measured.ravel(), claimed.ravel())
    reach = max(0.1, 1.1 * np.abs([claimed, measured]).max())
    diagonal.set_data([-reach, reach], [-reach, reach])
    ax11.set(xlim=(-reach, reach), ylim=(-reach, reach), title=fault)
    heads = "".join(f"<th>&nbsp;{name}&nbsp;</th>" for name in outcome[fault])
    words = ["passes" if ok else "<b>caught</b>" for ok in outcome[fault].values()]
    cells = "".join(f"<td>{word}</td>" for word in words)
    return fig11, f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


# %%
Explorer(
    inspect,
    alt="Every number of dX, as the chosen version claims it against what finite differences "
    "measure, and the diagonal; below, which of seven checks catch the fault.",
    fault=choice("fault", list(FAULTS), value="no variance term"),
    check=choice("dY and γ as in", list(UPSTREAM), value="random"),
)

# %%
print(" " * 17 + "".join(f"{name:>7}" for name in outcome["no fault"]))
for fault, passed in outcome.items():
    print(f"{fault:17}" + "".join(f"{'-' if ok else 'caught':>7}" for ok in passed.values()))

# %% [markdown]
# - **`Y.sum()`** overlooks whatever is multiplied by $\sum_k \hat X_k = 0$ or scales a gradient that is
#   0 anyway.
# - **γ = 1**, as every batch norm starts, hides that $\gamma$ is missing.
# - **Finite differences** only compare the backward pass with *its own* forward pass. Layer norm, fixed
#   statistics and a wrong running variance are consistent, and not batch norm. Check what $Y$ should
#   *be* as well: columns with mean $\beta$ and deviation $|\gamma|$; evaluation like training.
# - **The loss** falls with nearly all of them. A network learns around a wrong gradient.
# - **Ours** sees all faults in $Y$ and in the gradients. But somebody has to check the library, by
#   the others.

# %% [markdown]
# ## Steer it yourself
#
# Four layers at a high rate, with batch norm. **Predict first**: take it away (normalisation:
# none). Then put it back and lower the batch size to 2, and to 1.
# All controls: [chapter 23](23_play.ipynb).

# %%
Playground(widths=[8] * 4, activations=["relu"] * 4, norm="batch", lr=0.5)

# %% [markdown]
# <details><summary>What to see</summary>
#
# Without it, nothing is learnt at this rate. Batches of 2 leave it as lost: a mean of two rows is
# noise. With 1 the panel says that it cannot be.
#
# </details>

# %% [markdown]
# ## Practise
#
# **Exercise 1.** Batch norm in training: $Y$ from `X` (n, d), `gamma`, `beta` (d,) and `eps`. Hints:
# `norm_forward.hint()`.

# %%
from exercises.chapter_12 import fold, norm_backward, norm_forward, running_update


def my_norm(X, gamma, beta, eps):
    return ...


norm_forward.check(my_norm)

# %% [markdown]
# **Exercise 2.** Its backward pass in the short form, without looking. `s` (d,) is
# $1/\sqrt{v + \epsilon}$. Hints: `norm_backward.hint()`.


# %%
def my_back(dY, X_hat, gamma, s):
    dX, dgamma, dbeta = ..., ..., ...
    return dX, dgamma, dbeta


norm_backward.check(my_back)

# %% [markdown]
# **Exercise 3.** The running mean and variance (d,) after one more batch `X` (n, d). Hints:
# `running_update.hint()`.


# %%
def my_update(r_mean, r_var, X, momentum):
    return ...


running_update.check(my_update)

# %% [markdown]
# **Exercise 4.** Report B (3.3.2) finds that batch norm "slows down inference significantly". It need
# not. In evaluation it multiplies and adds fixed numbers, as a linear layer does: **fold** it into the
# layer before it. Return $W'$ (in, out) and $b'$ (out,) such that $XW' + b'$ is batch norm, in
# evaluation, of $XW + b$. Hints: `fold.hint()`.


# %%
def my_fold(W, b, gamma, beta, mean, var, eps):
    return ...


fold.check(my_fold)

# %% [markdown]
# **Exercise 5** (no checker). How large can a $\hat X_k$ be in a batch of $n$, at most? (Think of one
# row far away from all others, which are equal; $\epsilon = 0$.) Then look at the histogram for
# $n = 3$ again.
#
# <details><summary>Answer</summary>
#
# One row at 1, $n - 1$ at 0: $\mu = 1/n$ and $v = \frac1n - \frac1{n^2} = (n-1)/n^2$. So
# $\hat X = (1 - \frac1n) \cdot n/\sqrt{n-1} = \sqrt{n-1}$: 1 for $n = 2$, $\sqrt2$ for $n = 3$,
# however far away the row is. No row gets further: the other $n - 1$ deviations sum to
# $-(X_1 - \mu)$, so their squares sum to at least $(X_1 - \mu)^2/(n - 1)$. With its own square,
# $n v \ge (X_1 - \mu)^2\,\frac{n}{n - 1}$, so $\hat X_1^2 \le n - 1$.
#
# </details>
#
# **Exercise 6** (no checker). Weight decay shrinks $W$ before batch norm. The function the network
# computes does not notice. What does decay do, then?
#
# <details><summary>Answer</summary>
#
# The gradient is as $1/a$, so relative to $W$ a step is as $1/a^2$ times the rate. Decay keeps $W$
# from growing, and so the *effective learning rate* $\eta/\|W\|^2$ from falling.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Batch norm standardises each column over the batch; $\gamma$ and $\beta$ set its deviation and mean.
#   The shape of the distribution stays.
# - Each input moves the mean and the variance. So
#   $dX = \gamma s\,(dY - d\beta/n - \hat X\,d\gamma/n)$: a gradient without the directions *shift* and
#   *stretch*.
# - Therefore the bias before it is idle, and the size of $W$ acts as a learning rate.
# - Training uses the batch, evaluation the running statistics. Forget `eval()`, and a picture's class
#   depends on its neighbours.
# - What it buys is larger learning rates. "Covariate shift" goes down, but that is not all of the
#   reason.
# - Check gradients with random $dY$ and random $\gamma$, never with `.sum()`. And check what $Y$ is.
#
# Back: [10 Adapt the step](10_adapt_the_step.ipynb); [07 Start well](07_start_well.ipynb)
#
# Next: [13 Normalise the row](13_normalise_the_row.ipynb)
