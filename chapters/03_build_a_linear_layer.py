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
# activation, $a_j = f(y_j)$ (its formula 4, chapter 04). Report A writes $w^T X + b$ (2.4.1).
# A batch is $n$ examples. We stack them as **rows**, everywhere in this workbook:
#
# $$
# \underset{(n,\,\text{out})}{Y} = \underset{(n,\,\text{in})}{X}\;
# \underset{(\text{in},\,\text{out})}{W} + \underset{(\text{out})}{b},
# \qquad
# Y_{kj} = \sum_i X_{ki} W_{ij} + b_j .
# \tag{eq:linear-forward}
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
    alt="A grid and two half-moons of points after Y = X W + b: turned, stretched, sheared and "
    "shifted, but straight lines stay straight and the moons stay hooked.",
    angle=slider("rotation (degrees)", -180, 180, value=30, step=5),
    stretch=slider("stretch", -2.0, 2.0, value=1.5),
    shear=slider("shear", -2.0, 2.0, value=0.5),
    shift=slider("bias", -2.0, 2.0, value=0.0),
)

# %% [markdown]
# There is none. Straight lines stay straight, parallel lines stay parallel. Set *stretch* to 0:
# the plane collapses onto a line, and what was lost no later layer can bring back.
# Bending takes an activation (chapter 04).

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
# \quad\Longrightarrow\quad
# \underset{(\text{in},\,\text{out})}{dW} = \underset{(\text{in},\,n)}{X^T}\;
# \underset{(n,\,\text{out})}{dY}.
# $$
#
# **One bias.** $b_j$ is added to column $j$ of every row, with factor 1:
# $db_j = \sum_k dY_{kj}$.
#
# **One input.** $X_{ki}$ takes part in every output $j$ of its own row, with factor $W_{ij}$:
# $dX_{ki} = \sum_j dY_{kj} W_{ij}$.
#
# Together:
#
# $$
# dX = dY\,W^T, \qquad dW = X^T dY, \qquad db = \sum_{k} dY_{k} .
# \tag{eq:linear-backward}
# $$
#
# These are report B's formulas (5), (6) and (7). A slip hides there: its (5) reads $dZ\,X^T$, which
# is right when examples are *columns*, its (7) reads $dA\,\cdots W^T$, which is right when they are
# *rows*. Each works alone. In one program they do not.
#
# A test you can do without a computer: **each gradient has the shape of what it belongs to.**

# %% [markdown]
# ## Build it
#
# This is the library's own code, the one that trains every network here. It returns $Y$, and a
# function `back` that turns $dY$ into the three gradients. `input_gradient=False` saves the first
# layer a product it has no use for: the data are not trained.

# %%
show_source(ops.linear)

# %% [markdown]
# ## Check it
#
# Never trust a derivative; measure it. Nudge one number by $\pm h$, see how the loss moves, compare.
# As loss take $L = \sum dY \odot Y$ with **random** $dY$: its gradient with respect to $Y$ is
# exactly $dY$. All in float64.

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
# `gradient_errors` does this for every argument along random directions, which is cheaper than
# nudging numbers one by one.

# %%
errors = gradient_errors(ops.linear, X, W, b, rng=rng)
for name, error in zip(("dX", "dW", "db"), errors, strict=True):
    print(f"{name}: relative error below 1e-7: {error < 1e-7}")

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
# **Predict first**: which fault slips through the most checks?


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
    "loss = Y.sum()": lambda fault: caught(fault, Xs, Ws, bs, ones),
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
    fault=choice("fault", list(FAULTS), value="dW forgets dY"),
)

# %% [markdown]
# All of them at once:

# %%
print(f"{'':26}" + "".join(f"{name:>16}" for name in CHECKS))
for fault in FAULTS:
    found = ["caught" if check(fault) else "passes" for check in CHECKS.values()]
    print(f"{fault:26}" + "".join(f"{word:>16}" for word in found))

# %% [markdown]
# - Shapes catch nothing here: everything is 4 by 4.
# - `Y.sum()` as loss makes $dY$ all ones, so a layer that ignores $dY$ looks right. That is the most
#   popular gradient check in published tutorials.
# - With $W = 0$ every $dX$ is zero, right or wrong.
# - Random $dY$ and random parameters catch all six. This is the only check the library uses.

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
shown = [ax.imshow(np.zeros((side, side, 3))) for ax in axes.flat]
for ax, name in zip(axes.flat, data.class_names, strict=True):
    ax.set_title(name, loc="center", fontsize=11)
    ax.axis("off")


# %%
def template(step):
    for artist, picture in zip(shown, patterns[step], strict=True):
        artist.set_data(0.5 + 0.5 * picture / np.abs(patterns[-1]).max())
    return fig2


# %%
Explorer(
    template,
    alt="The ten columns of W as pictures: grey before training, then a blurred pattern for each "
    "class that shows where its bright and dark parts usually lie.",
    step=slider("steps / 50", 0, len(patterns) - 1, value=len(patterns) - 1),
)

# %% [markdown]
# One pattern for each class is all a linear layer has. A shape that may lie anywhere, bright on dark
# or dark on bright, needs more than one: the reason for hidden layers.

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
# **Exercise 3** (no checker). `Linear` starts with $b = 0$. Could $W$ start at 0 too? Look at
# `eq:linear-backward` for two layers in a row: what would the first layer's $dW$ be? Chapter 07
# answers.

# %% [markdown]
# ## Summary
#
# - Forward: $Y = XW + b$, rows are examples. It can turn, stretch, shear and shift; it cannot bend.
# - Backward: $dX = dY\,W^T$, $dW = X^T dY$, $db$ = sum of $dY$ over the batch. Each has the shape of
#   what it belongs to.
# - Check with random $dY$ and random parameters, in float64. Ones and zeros hide faults.
#
# Back: [00 Start here](00_start_here.ipynb)
