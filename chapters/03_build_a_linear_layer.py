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
# # 03 Build a linear layer
#
# **You will learn** what a linear layer computes, how gradients flow back through it, how to check
# them, and why some checks that pass prove nothing.
#
# **You need** chapter 00, matrix products, and the chain rule for one variable.
# **Time**: 45 minutes. **Runs in** under 30 seconds.

# %%
import numpy as np

from mlpcore import SGD, Linear, Sequential, ops, training_steps
from mlpcore.data import load, moons
from mlpcore.explore import Explorer, choice, slider
from mlpcore.gradcheck import gradient_errors, numerical_gradient
from mlpcore.plots import LINES, MARKERS, subplots
from mlpcore.source import show_source

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# ## Predict one row by hand
#
# One example with two numbers goes in, three numbers come out:
#
# $$
# x = \begin{pmatrix} 1 & 2 \end{pmatrix}, \quad
# W = \begin{pmatrix} 1 & 0 & -1 \\ 2 & 1 & 0 \end{pmatrix}, \quad
# b = \begin{pmatrix} 0 & 0 & 5 \end{pmatrix}.
# $$
#
# Each output is a weighted sum of the inputs, plus a bias. Before you run the next cell, work out
# the three outputs of $xW + b$ on paper.

# %%
x = np.array([[1.0, 2.0]])
W = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]])
b = np.array([0.0, 0.0, 5.0])
print(x @ W + b)

# %% [markdown]
# ## Derive the forward pass
#
# Report B writes one neuron as $y_j = \sum_i w_{ji} x_i + b_j$ (its formula 3), and feeds it to an
# activation, $a_j = f(y_j)$ (its formula 4, chapter 04). Report A's $w^T X + b$ (2.4.1) is the same.
# A batch is $n$ examples. We stack them as **rows**, everywhere in this workbook
# (`eq:linear-forward` in the library):
#
# $$
# \underset{(n,\,\text{out})}{Y} = \underset{(n,\,\text{in})}{X}\;
# \underset{(\text{in},\,\text{out})}{W} + \underset{(\text{out})}{b}
# $$
#
# $$
# Y_{kj} = \sum_i X_{ki} W_{ij} + b_j
# $$
#
# $k$ counts examples, $i$ inputs, $j$ outputs. The same $b$ is added to every row.

# %% [markdown]
# ## Look at what it can do to points
#
# Two inputs, two outputs: a linear layer moves the plane. The two half-moons below are two classes.
#
# **Predict first**: is there any setting of the sliders at which a straight line separates the moons?

# %%
points, kind = moons(200, 0.08, np.random.default_rng(0))
lines = [np.linspace([c, -2], [c, 2], 2) for c in range(-2, 3)]
lines += [line[:, ::-1] for line in lines]

# %%
fig, ax = subplots(width=5.2, height=4.6)
drawn = [ax.plot([], [], "-", color="#BBBBBB", lw=1)[0] for _ in lines]
dots = [ax.plot([], [], ls="", marker=MARKERS[c], color=LINES[c]["color"])[0] for c in (0, 1)]
_ = ax.set(xlim=(-5, 5), ylim=(-4, 4), xlabel="output 1", ylabel="output 2", aspect="equal")


# %%
def move(angle, stretch, shear, shift):
    turn = np.deg2rad(angle)
    R = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    W, b = np.array([[stretch, 0.0], [shear, 1.0]]) @ R, np.array([shift, 0.0])
    for artist, line in zip(drawn, lines, strict=True):
        artist.set_data(*(line @ W + b).T)
    for c, artist in enumerate(dots):
        artist.set_data(*(points[kind == c] @ W + b).T)
    ax.set_title(f"W = [[{W[0, 0]:.2f}, {W[0, 1]:.2f}], [{W[1, 0]:.2f}, {W[1, 1]:.2f}]]")
    return fig


# %%
Explorer(
    move,
    alt="A grid of straight lines and two half-moons of points, after Y = X W + b has moved "
    "them; circles are one class, squares the other.",
    angle=slider("rotation (degrees)", -180, 180, value=30, step=5),
    stretch=slider("stretch", -2.0, 2.0, value=1.5, step=0.1),
    shear=slider("shear", -2.0, 2.0, value=0.5, step=0.1),
    shift=slider("bias", -2.0, 2.0, value=0.0, step=0.1),
)

# %% [markdown]
# There is none. Straight lines stay straight. So a line that separated the moons *after* the move
# would come from a line that separates them *before*, and you can see that there is no such line.
# Set *stretch* to 0: the plane collapses onto a line, and what was lost no later layer can bring
# back. Below 0 it mirrors. Bending takes an activation (chapter 04).

# %% [markdown]
# ## Derive the backward pass
#
# Training needs to know how the loss $L$ changes with each number. Coming from above we are given
# $dY$: the gradient of $L$ with respect to $Y$, same shape as $Y$. We want $dX$, $dW$ and $db$.
#
# **One weight.** $W_{ij}$ takes part in $Y_{kj}$ of *every* example $k$, with factor $X_{ki}$. The
# chain rule adds up all its ways to the loss:
#
# $$
# \frac{\partial L}{\partial W_{ij}}
# = \sum_k \frac{\partial L}{\partial Y_{kj}} \frac{\partial Y_{kj}}{\partial W_{ij}}
# = \sum_k X_{ki}\, dY_{kj}
# $$
#
# As matrices:
#
# $$
# \underset{(\text{in},\,\text{out})}{dW} = \underset{(\text{in},\,n)}{X^T}\;
# \underset{(n,\,\text{out})}{dY}
# $$
#
# **One bias.** $b_j$ is added to column $j$ of every row, with factor 1:
# $db_j = \sum_k dY_{kj}$.
#
# **One input.** $X_{ki}$ takes part in every output $j$ of its own row, with factor $W_{ij}$:
# $dX_{ki} = \sum_j dY_{kj} W_{ij}$.
#
# Together (`eq:linear-backward` in the library):
#
# $$
# \begin{aligned}
# dX &= dY\,W^T \\
# dW &= X^T dY \\
# db &= \textstyle\sum_k dY_k
# \end{aligned}
# $$
#
# Report B has them as (5) to (7), and a slip hides there. With its $Z$ and $Y$ for our $Y$, and
# $A = f(Y)$, it prints
#
# $$
# \begin{aligned}
# \partial L/\partial W &= \partial L/\partial Z \; X^T & (5) \\
# \partial L/\partial X &= \partial L/\partial A \; \partial A/\partial Y \; W^T & (7)
# \end{aligned}
# $$
#
# (5) is right when examples are *columns*, (7) when they are *rows*. Each works alone. In one program
# they do not.
#
# A test you can do without a computer: **each gradient has the shape of what it belongs to.**

# %% [markdown]
# ## Build it
#
# This is the library's own code, the one that trains every network here (but for its checks of the
# shapes). It returns $Y$, and a function `back` that turns $dY$ into the three gradients.
#
# Read `fast.matmul(A, B)` as `A @ B` and `fast.row_sum(A)` as `A.sum(axis=0)`: the same numbers in less
# time (chapter 22). Two arguments are there for speed alone: `input_gradient=False` saves the first
# layer a product it has no use for, as the data are not trained; `memory` says where $dW$ may be
# written, which saves a copy.

# %%
show_source(ops.linear, checks=False)

# %% [markdown]
# ## Check it
#
# Never trust a derivative; measure it. Nudge one number $w$ by $\pm h$ and see how the loss moves:
#
# $$
# \frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2h}, \qquad h = 10^{-6}
# $$
#
# As loss take $L = \sum_{kj} dY_{kj} Y_{kj}$ with **random** numbers $dY$: its gradient with respect
# to $Y$ is exactly $dY$. In float64, because rounding errors are divided by $h$ too.

# %%
show_source(numerical_gradient)

# %%
rng = np.random.default_rng(3)
X, W, b = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
dY = rng.normal(size=(5, 3))
Y, back = ops.linear(X, W, b)
dX, dW, db = back(dY)

# %%
measured = numerical_gradient(lambda w: X @ w + b, W, dY)
print("dW from back, first row: ", dW[0].round(6))
print("dW measured, first row:  ", measured[0].round(6))
print("all agree to 7 digits:   ", np.allclose(dW, measured, rtol=1e-7))

# %% [markdown]
# `gradient_errors` is cheaper: it moves *all* numbers of an argument at once, along a random
# direction $d$, and compares the change of the loss with $\sum dW \cdot d$. The whole library is
# checked so.

# %%
errors = gradient_errors(ops.linear, X, W, b, rng=rng)
for name, error in zip(("dX", "dW", "db"), errors, strict=True):
    print(f"{name}: relative error {'below 1e-7' if error < 1e-7 else 'too large'}")

# %% [markdown]
# ## Break it
#
# Six ways to get the backward pass wrong. The layer is square ($n$ = in = out = 4), the worst case
# for shape tests.

# %%
FAULTS = {
    "no fault": (None, None),
    "dX = dY W (no transpose)": ("dX", lambda X, W, dY: dY @ W),
    "dW = X dY (no transpose)": ("dW", lambda X, W, dY: X @ dY),
    "dW divided by n": ("dW", lambda X, W, dY: X.T @ dY / len(X)),
    "dW forgets dY": ("dW", lambda X, W, dY: X.T @ np.ones_like(dY)),
    "db is a mean": ("db", lambda X, W, dY: dY.mean(axis=0)),
    "db summed over outputs": ("db", lambda X, W, dY: dY.sum(axis=1)),
}

# %% [markdown]
# And four checks that people use. Each compares claimed gradients with measured ones, except the
# first, which looks at shapes only.
#
# **Predict first**: which check catches the fewest faults, and which one do all get caught by?


# %%
def caught(fault, X, W, b, dY, shapes_only=False):
    claimed = {"dX": dY @ W.T, "dW": X.T @ dY, "db": dY.sum(axis=0)}
    name, wrong = FAULTS[fault]
    if wrong is not None:
        claimed[name] = wrong(X, W, dY)
    if shapes_only:
        return [v.shape for v in claimed.values()] != [X.shape, W.shape, b.shape]
    measured = {
        "dX": numerical_gradient(lambda x: x @ W + b, X, dY),
        "dW": numerical_gradient(lambda w: X @ w + b, W, dY),
        "db": numerical_gradient(lambda c: X @ W + c, b, dY),
    }
    return not all(np.allclose(claimed[k], measured[k], atol=1e-6) for k in claimed)


# %%
rng = np.random.default_rng(0)
Xs, Ws, dYs = rng.normal(size=(3, 4, 4))
bs, ones = rng.normal(size=4), np.ones((4, 4))
CHECKS = {
    "shapes": lambda fault: caught(fault, Xs, Ws, bs, dYs, shapes_only=True),
    "Y.sum()": lambda fault: caught(fault, Xs, Ws, bs, ones),
    "W = 0": lambda fault: caught(fault, Xs, 0 * Ws, bs, dYs),
    "random dY": lambda fault: caught(fault, Xs, Ws, bs, dYs),
}


# %%
def report(fault):
    rows = ""
    for name, check in CHECKS.items():
        rows += f"<tr><td>{name}</td><td><b>{'caught' if check(fault) else 'passes'}</b></td></tr>"
    return f"<table><tr><th>check</th><th>{fault}</th></tr>{rows}</table>"


# %%
Explorer(
    report,
    alt="A table of four checks and whether each catches the chosen fault in the backward pass.",
    fault=choice("fault", list(FAULTS)),
)

# %% [markdown]
# All of them at once:

# %%
print(f"{'':25}" + "".join(f"{name:>10}" for name in CHECKS))
for fault in FAULTS:
    found = ["caught" if check(fault) else "passes" for check in CHECKS.values()]
    print(f"{fault:25}" + "".join(f"{word:>10}" for word in found))

# %% [markdown]
# - **Shapes** catch nothing: everything is 4 by 4. With $n$ = 5, in = 4, out = 3 the missing transposes
#   would not even run and the sum over outputs would have a wrong shape; the other three still pass.
# - **`Y.sum()`** as loss makes $dY$ all ones. A layer that forgets $dY$ then looks right, and so does a
#   sum over the wrong axis: a 4 by 4 square of ones has equal sums both ways.
# - **$W = 0$** makes every $dX$ zero, right or wrong.
# - **Random $dY$**, random parameters: all six are caught. Check your own layers so.

# %% [markdown]
# ## Play: what one linear layer learns
#
# Train a single linear layer on the data: 128 numbers in, one score for each class out (softmax
# regression, chapter 05). Each column of $W$ is then a pattern: the score is high where the picture
# resembles it. The principal components turn a column back into a picture. All weights start at 0,
# so that you see nothing but what was learnt.

# %%
rng = np.random.default_rng(0)
net = Sequential(Linear(128, 10, rng=rng, init=lambda shape, rng: np.zeros(shape)))
learned = [net[0].W.data.copy()]

# %%
optimizer = SGD(net.parameters(), lr=0.01)
settings = {"optimizer": optimizer, "epochs": 3, "batch_size": 128, "rng": rng}
for step in training_steps(net, data.X_train, data.y_train, **settings):
    if step.number % 50 == 49:
        learned.append(net[0].W.data.copy())

# %%
side = data.images_train.shape[1]
patterns = [(W.T @ data.pca.components).reshape(10, side, side, 3) for W in learned]
fig2, axes = subplots(2, 5, width=8, height=3.8)
shown = [panel.imshow(np.zeros((side, side, 3))) for panel in axes.flat]
for panel, name in zip(axes.flat, data.class_names, strict=True):
    panel.set_title(name, loc="center", fontsize=11)
    panel.axis("off")


# %%
def template(step):
    for artist, picture in zip(shown, patterns[step], strict=True):
        artist.set_data(0.5 + 0.5 * picture / np.abs(patterns[-1]).max())
    return fig2


# %%
Explorer(
    template,
    alt="The ten columns of W as pictures: grey before training, then for each class a blurred "
    "spot of one colour in the middle and another around it.",
    step=slider("steps / 50", 0, len(patterns) - 1, value=len(patterns) - 1),
)

# %% [markdown]
# No shapes! A shape may be light on dark or dark on light, so brightness cancels out. What is left for
# one pattern is each class's usual colours, and that hint is nearly all this layer uses. Seeing shapes
# takes hidden layers.

# %% [markdown]
# ## Use it as a module
#
# `Linear` holds `W` and `b` and calls the operation; names follow PyTorch. A `Tensor` remembers the
# operation that made it, so `backward()` can call its `back`. Same numbers, no new calculus.

# %%
layer = Linear(4, 3, rng=np.random.default_rng(0), dtype=np.float64)
Y = layer(X)
Y.backward(dY)
print("W.grad is X.T @ dY:", np.allclose(layer.W.grad, X.T @ dY))
print("b.grad is dY summed over rows:", np.allclose(layer.b.grad, dY.sum(axis=0)))

# %% [markdown]
# ## Practise
#
# **Exercise 1.** Write the layer yourself, without looking up. Return `Y` and a function `back`.
# The checker names what is wrong; ask for help with `linear_layer.hint()`.

# %%
from exercises.chapter_03 import column_layer, linear_layer


# %%
def my_linear(X, W, b):
    Y = ...

    def back(dY):
        dX, dW, db = ..., ..., ...
        return dX, dW, db

    return Y, back


linear_layer.check(my_linear)

# %% [markdown]
# **Exercise 2.** The same layer with examples as **columns**, the layout of report B's formula (5):
# $Y = WX + b$ with $X$ (in, n), $W$ (out, in), $b$ (out, 1). Hints: `column_layer.hint()`.


# %%
def my_column_linear(X, W, b):
    Y = ...

    def back(dY):
        dX, dW, db = ..., ..., ...
        return dX, dW, db

    return Y, back


column_layer.check(my_column_linear)

# %% [markdown]
# **Exercise 3** (no checker). The layer above started at $W = 0$ and learnt. Could two layers in a
# row, both starting at 0? Write down $dX$ of the second, then $dW$ of the first.
#
# <details><summary>Answer</summary>
#
# The second layer gives $dX = dY\,W^T = 0$, so the first layer's $dW$ is 0; and its output is 0, so
# the second layer's $dW = X^T dY$ is 0 as well. Only the last bias ever moves. Chapter 07 goes on.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Forward: $Y = XW + b$, rows are examples. It can turn, stretch, mirror, shear and shift; it cannot
#   bend.
# - Backward: $dX = dY\,W^T$, $dW = X^T dY$, $db$ = sum of $dY$ over the batch. Each has the shape of
#   what it belongs to.
# - Check with random $dY$ and random parameters, in float64. Ones and zeros hide faults.
#
# Back: [01 See the data](01_see_the_data.ipynb) Next: [05 Score predictions](05_score_predictions.ipynb)
