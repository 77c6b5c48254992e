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
# them, why some checks that pass prove nothing, and what one layer sees in a picture.
#
# **You need** chapter 00, matrix products, and the chain rule for one variable.
# **Time**: 60 minutes. **Runs in** under 30 seconds.

# %%
import numpy as np
from matplotlib.patches import Rectangle

from mlpcore import SGD, Linear, Sequential, ops, training_steps
from mlpcore.data import load, moons
from mlpcore.explore import Explorer, choice, slider
from mlpcore.gradcheck import gradient_errors, numerical_gradient
from mlpcore.plots import LINES, MARKERS, VERMILLION, subplots
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
# A batch is $n$ examples. They are stacked as **rows**, everywhere in this workbook
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
#
# Elsewhere you will meet other layouts. Report B's one neuron, its (3), is
#
# $$
# y_j = \sum_i w_{ji}\,x_i + b_j
# $$
#
# The output's index comes first: its $W$ is (out, in), ours transposed. (Then an activation
# follows, $a_j = f(y_j)$, its (4): chapter 04.) Report A's neuron (2.4.1) is $w^T X + b$: $X$
# stands on the right, so an example is a *column*. PyTorch keeps $W$ as (out, in) and examples as
# rows, and computes $X W^T + b$. All are the same layer:

# %%
B = W.T  # report B's w_ji
print("ours:     ", x @ W + b)
print("report B: ", [float(sum(B[j, i] * x[0, i] for i in range(2)) + b[j]) for j in range(3)])
print("report A: ", [float(W[:, j].T @ x.T[:, 0] + b[j]) for j in range(3)])
print("PyTorch:  ", x @ B.T + b)

# %% [markdown]
# ## Look at what it can do to points
#
# Two inputs, two outputs: a linear layer moves the plane. The two half-moons below are two classes.
#
# **Predict first**: is there any setting of the sliders at which a straight line separates the
# moons?

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
# ## Feel a gradient
#
# The smallest layer: one input, one output, $y = wx + b$, a line. Twelve examples say where it
# should pass, at $t$. The loss is the mean squared distance:
#
# $$
# L = \frac1n \sum_k (y_k - t_k)^2, \qquad
# dy_k = \frac{\partial L}{\partial y_k} = \frac2n (y_k - t_k)
# $$
#
# $dy$ always means the gradient of the loss *with respect to* $y$. At $x_k$ the line has the height
# $w x_k + b$. Raise $b$, and it rises by as much; raise $w$, and it rises $x_k$ times as much. All
# examples together:
#
# $$
# dw = \sum_k x_k\,dy_k, \qquad db = \sum_k dy_k
# $$
#
# **Predict first**:
#
# 1. Set $b$ so that the line lies far too high. Which sign has $db$?
# 2. Which examples pull most at the slope $w$: those near $x = 0$ or those far out?
# 3. Where is the arrow, which points against the gradient, shortest?
#
# The larger a dot, the larger its share in $dw$, whichever its sign.

# %%
rng = np.random.default_rng(2)
x_line = np.linspace(-1, 3, 12)
t_line = 0.8 * x_line + 0.5 + rng.normal(0, 0.4, 12)


# %%
def line_loss(w, b):
    """The loss of the line, dw, and db."""
    away = w * x_line + b - t_line
    dy = 2 * away / len(away)
    return np.mean(away**2), np.sum(x_line * dy), np.sum(dy)


# %%
fig_line, (plane, map_) = subplots(1, 2, width=8.4, height=3.9)

# %%
misses = plane.vlines(x_line, t_line, t_line, color="#999999", lw=1.5)
marks = plane.scatter(x_line, t_line, color=LINES[0]["color"], zorder=3)
(drawn_line,) = plane.plot([], [], **LINES[1])
_ = plane.set(xlim=(-1.3, 3.3), ylim=(-5, 8), xlabel="x", ylabel="y (line) and t (dots)")

# %%
grid_w, grid_b = np.meshgrid(np.linspace(-1, 2.6, 120), np.linspace(-2, 3, 120))
heights = ((grid_w[..., None] * x_line + grid_b[..., None] - t_line) ** 2).mean(axis=-1)
map_.contour(grid_w, grid_b, heights, levels=[0.2, 0.5, 1, 2, 4, 8, 16], colors="#999999")
(here,) = map_.plot([], [], ls="", marker="o", color=LINES[1]["color"], clip_on=False)
arrow = map_.quiver([0], [0], [1], [1], angles="xy", scale_units="xy", scale=1, width=0.012)
_ = map_.set(xlim=(-1, 2.6), ylim=(-2, 3), xlabel="w", ylabel="b")
_ = map_.set_title("lines of equal loss; arrow: -0.1 (dw, db)", fontsize=11)


# %%
def fit_line(w, b):
    loss, dw, db = line_loss(w, b)
    drawn_line.set_data([-2, 4], [b - 2 * w, b + 4 * w])
    misses.set_segments([[(x, t), (x, w * x + b)] for x, t in zip(x_line, t_line, strict=True)])
    marks.set_sizes(10 + 20 * np.abs(x_line * (w * x_line + b - t_line)))
    here.set_data([w], [b])
    arrow.set_offsets([[w, b]])
    arrow.set_UVC([-0.1 * dw], [-0.1 * db])
    plane.set_title(f"loss {loss:.2f}, dw = {dw:.2f}, db = {db:.2f}", fontsize=11)
    return fig_line


# %%
Explorer(
    fit_line,
    alt="Left: twelve dots, a line, and how far it misses each. Right: lines of equal loss over "
    "w and b, the line's place among them, and an arrow against its gradient.",
    w=slider("w", -1.0, 2.6, value=-0.5, step=0.1),
    b=slider("b", -2.0, 3.0, value=2.5, step=0.1),
)

# %% [markdown]
# 1. Positive: raising $b$ further raises the loss. Training goes *against* the gradient.
# 2. Those far out: $x_k$ is a factor of their share. At $x = 0$ an example has no say on $w$.
# 3. At the bottom, where both are 0: the line of least squares.

# %%
best = np.polyfit(x_line, t_line, 1)  # least squares, by other means
print("dw and db are 0 there:", np.allclose(line_loss(*best)[1:], 0))

# %% [markdown]
# ## Derive the backward pass
#
# Now many inputs and outputs, and any loss. From above we are given $dY$: the gradient of $L$
# with respect to $Y$, same shape as $Y$. We want $dW$ and $db$ for the step, and $dX$ to hand on to
# the layer below.
#
# **One weight.** $W_{ij}$ takes part in $Y_{kj}$ of *every* example $k$, with factor $X_{ki}$,
# and in no other column of $Y$. The chain rule adds up all its ways to the loss:
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
# A test you can do without a computer: **each gradient has the shape of what it belongs to.**

# %% [markdown]
# ## Find the slip by shapes alone
#
# Report B prints the backward pass like this. Its $Z$ and $Y$ are both our $Y$, and $A = f(Y)$:
#
# $$
# \begin{aligned}
# \partial L/\partial W &= \partial L/\partial Z \; X^T & (5) \\
# \partial L/\partial b &= \textstyle\sum \partial L/\partial Z & (6) \\
# \partial L/\partial X &= \partial L/\partial A \; \partial A/\partial Y \; W^T & (7)
# \end{aligned}
# $$
#
# Take $\partial L/\partial Z$, and the first two factors of (7), as $dY$. In *rows*, shapes are
# ours. In *columns* all are turned: $X$ is (in, $n$), $dY$ (out, $n$), $W$ (out, in) as in (3).
#
# **Predict first**, on paper, with $n = 5$, in = 4, out = 3: which products run, and give the shape
# they should? At which sizes would you notice nothing?

# %%
ROWS = {"X": "n in", "W": "in out", "Y": "n out", "dX": "n in", "dW": "in out", "dY": "n out"}
COLUMNS = {name: " ".join(reversed(shape.split())) for name, shape in ROWS.items()}
MIXED = ROWS | {"W": "out in", "dW": "out in"}  # rows, and W as in (3)

# %%
PRODUCTS = {
    "Y = X W": ("X", "W", "Y", ROWS),
    "dW = X.T dY": ("X.T", "dY", "dW", ROWS),
    "dX = dY W.T": ("dY", "W.T", "dX", ROWS),
    "(5) dW = dY X.T, rows": ("dY", "X.T", "dW", ROWS),
    "(5) dW = dY X.T, columns": ("dY", "X.T", "dW", COLUMNS),
    "(7) dX = dY W.T, rows, (3)'s W": ("dY", "W.T", "dX", MIXED),
    "(7) dX = dY W.T, columns": ("dY", "W.T", "dX", COLUMNS),
}


# %%
def shapes_of(product, **sizes):
    """Of the two factors and of what is wanted: name and (rows, columns)."""
    *names, layout = PRODUCTS[product]
    found = []
    for name in names:
        shape = tuple(sizes[size] for size in layout[name.removesuffix(".T")].split())
        found.append((name, shape[::-1] if name.endswith(".T") else shape))
    return found


# %%
def verdict(product, **sizes):
    (_, a), (_, b), (name, wanted) = shapes_of(product, **sizes)
    if a[1] != b[0]:
        return f"does not run: inner sizes {a[1]} and {b[0]}"
    if (a[0], b[1]) != wanted:
        return f"runs, gives {(a[0], b[1])}, but {name} is {wanted}"
    return f"fits; {a[0] * a[1] * b[1]:,} multiply-adds"


# %%
fig_boxes, ax_boxes = subplots(width=7.6, height=3.2)
ax_boxes.set(xlim=(0, 32), ylim=(-7, 5), aspect="equal")
ax_boxes.axis("off")
looks = [{"fc": "#D6E6F2"}] * 2 + [{"fc": "#F2E2D6"}]
looks += [{"fc": VERMILLION, "alpha": 0.6}] * 3  # a row, the column it meets, their product

# %%
boxes = [ax_boxes.add_patch(Rectangle((0, 0), 1, 1, ec="black", **look)) for look in looks]
names = [ax_boxes.text(0, 0, "", ha="center", va="top", fontsize=11) for _ in range(3)]
signs = [ax_boxes.text(0, 0, sign, ha="center", va="center", fontsize=14) for sign in "·="]


# %%
def place_boxes(shapes):
    """The three boxes, their names and signs, side by side in the middle."""
    left = 16 - sum(across for _, (_, across) in shapes) / 2 - 3
    for i, (name, (down, across)) in enumerate(shapes):
        boxes[i].set_bounds(left, -down / 2, across, down)
        names[i].set_text(f"{name}\n{(down, across)}")
        names[i].set_position((left + across / 2, -down / 2 - 0.3))
        marked = [(across, 1), (1, down), (1, 1)][i]
        boxes[3 + i].set_bounds(left, down / 2 - marked[1], *marked)
        if i < 2:
            signs[i].set_position((left + across + 1.5, 0))
        left += across + 3


def draw_boxes(product, n, n_in, n_out):
    sizes = {"n": n, "in": n_in, "out": n_out}
    found = verdict(product, **sizes)
    place_boxes(shapes_of(product, **sizes))
    boxes[2].set_linestyle("-" if found.startswith("fits") else ":")
    boxes[5].set_visible(found.startswith("fits"))
    ax_boxes.set_title(found)
    return fig_boxes


# %%
Explorer(
    draw_boxes,
    alt="Two matrices and their product as boxes, tall as they have rows, wide as columns. Marked: "
    "a row, the column it meets, and the number they give. Above: whether the shapes fit.",
    product=choice("product", list(PRODUCTS)),
    n=slider("n (examples)", 1, 8, value=5),
    n_in=slider("in", 1, 8, value=4),
    n_out=slider("out", 1, 8, value=3),
)

# %%
for product in PRODUCTS:
    print(f"{product:31} {verdict(product, n=5, **{'in': 4, 'out': 3})}")
alike = {"n": 4, "in": 4, "out": 4}
print("all sizes 4: all fit:", all(verdict(p, **alike).startswith("fits") for p in PRODUCTS))

# %% [markdown]
# | | examples are | $W$ is |
# |---|---|---|
# | report A, $w^T X + b$ | columns | one column for a neuron, (in, 1) |
# | report B (3) | one at a time | (out, in) |
# | (5) | columns | (out, in) |
# | (6) | either; the sum must run over examples | |
# | (7) | rows | (in, out) |
#
# So (3) and (5) go together, and (7) contradicts both. Each is right in its own layout; in one
# program they are not, and with equal sizes no error tells you. (What $Z$ is, and why
# $\partial A/\partial Y$ is no matrix: [chapter 06](06_send_gradients_back.ipynb).)
#
# The three products of our layer cost the same, $n \cdot \text{in} \cdot \text{out}$ multiply-adds
# each: one forward, two back.

# %% [markdown]
# ## Build it
#
# This is the library's own code, the one that trains every network here (but for its checks of the
# shapes). It returns $Y$, and a function `back` that turns $dY$ into the three gradients.
#
# Read `fast.matmul(A, B)` as `A @ B` and `fast.row_sum(A)` as `A.sum(axis=0)`: the same numbers
# in less time (chapter 22). Two arguments are there for speed alone: `input_gradient=False` saves
# the first layer a product it has no use for, as the data are not trained; `memory` says where
# $dW$ may be written, which saves a copy.

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
# As loss take $L = \sum_{kj} dY_{kj} Y_{kj}$ with **random** numbers $dY$: its gradient with
# respect to $Y$ is exactly $dY$. In float64, because rounding errors are divided by $h$ too.

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
# Six ways to get the backward pass wrong; one is report B's (5) among examples in rows.

# %%
FAULTS = {
    "no fault": (None, None),
    "dX = dY W (no transpose)": ("dX", lambda X, W, dY: dY @ W),
    "dW = dY X^T, as in (5)": ("dW", lambda X, W, dY: dY @ X.T),
    "dW divided by n": ("dW", lambda X, W, dY: X.T @ dY / len(X)),
    "dW forgets dY": ("dW", lambda X, W, dY: X.T @ np.ones_like(dY)),
    "db is a mean": ("db", lambda X, W, dY: dY.mean(axis=0)),
    "db summed over outputs": ("db", lambda X, W, dY: dY.sum(axis=1)),
}

# %% [markdown]
# And five checks that people use. Two only compare shapes: once with $n$ = in = out = 4, once
# with 5, 4 and 3. The other three compare the claimed gradients with measured ones, all sizes 4:
# with all ones as $dY$, which is what the loss `Y.sum()` gives; with $W = 0$; with random numbers
# throughout.
#
# **Predict first**: which check sees nothing at all? Which sees everything?


# %%
def claims(fault, X, W, dY):
    """The three gradients, one of them with the fault."""
    found = {"dX": dY @ W.T, "dW": X.T @ dY, "db": dY.sum(axis=0)}
    name, wrong = FAULTS[fault]
    return found if wrong is None else found | {name: wrong(X, W, dY)}


# %%
def by_shape(fault, X, W, b, dY):
    """Whether a look at the shapes catches the fault; a product that does not run is caught too."""
    try:
        found = claims(fault, X, W, dY)
    except ValueError:
        return True
    return [v.shape for v in found.values()] != [X.shape, W.shape, b.shape]


# %%
def by_value(fault, X, W, b, dY):
    """Whether finite differences catch it."""
    found = claims(fault, X, W, dY)
    functions = (lambda x: x @ W + b, lambda w: X @ w + b, lambda c: X @ W + c)
    measured = [numerical_gradient(f, a, dY) for f, a in zip(functions, (X, W, b), strict=True)]
    return not all(map(lambda a, b: np.allclose(a, b, atol=1e-6), found.values(), measured))


# %%
def random_layer(n, n_in, n_out):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in ((n, n_in), (n_in, n_out), n_out, (n, n_out))]


X4, W4, b4, dY4 = random_layer(4, 4, 4)

# %%
CHECKS = {
    "shapes 444": lambda fault: by_shape(fault, X4, W4, b4, dY4),
    "shapes 543": lambda fault: by_shape(fault, *random_layer(5, 4, 3)),
    "Y.sum()": lambda fault: by_value(fault, X4, W4, b4, np.ones((4, 4))),
    "W = 0": lambda fault: by_value(fault, X4, 0 * W4, b4, dY4),
    "random": lambda fault: by_value(fault, X4, W4, b4, dY4),
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
    alt="A table of five checks and whether each catches the chosen fault in the backward pass.",
    fault=choice("fault", list(FAULTS)),
)

# %% [markdown]
# All of them at once:

# %%
for line in (0, 2):  # the names in two lines
    print(" " * 24 + "".join(f"{name.partition(' ')[line]:>8}" for name in CHECKS))
for fault in FAULTS:
    found = ["caught" if check(fault) else "-" for check in CHECKS.values()]
    print(f"{fault:24}" + "".join(f"{word:>8}" for word in found))

# %% [markdown]
# - **Shapes** of 4 by 4 catch nothing. Three different sizes catch what is transposed or summed
#   along the wrong axis. A wrong *value* in a right shape they cannot see.
# - **`Y.sum()`** as loss makes $dY$ all ones. A layer that forgets $dY$ then looks right, and so
#   does a sum over the wrong axis: a 4 by 4 square of ones has equal sums both ways.
# - **$W = 0$** makes every $dX$ zero, right or wrong.
# - **Random** $dY$, inputs and parameters catch all six. Check your own layers so, with three
#   different sizes.

# %% [markdown]
# ## Play: what one linear layer learns
#
# Train a single layer on the data: 128 numbers in, one score for each class out; the largest score
# is the answer. (The loss is chapter 05's. A linear layer with it is called *softmax regression*.)
# All weights start at 0, so that you see nothing but what was learnt.

# %%
X_fit, y_fit = data.X_train[:45000], data.y_train[:45000]
X_held, y_held = data.X_train[45000:], data.y_train[45000:]


def watch(seed):
    """W and b before training, then after every 50 steps of three epochs."""
    rng = np.random.default_rng(seed)
    net = Sequential(Linear(128, 10, rng=rng, init=lambda shape, rng: np.zeros(shape)))
    optimizer = SGD(net.parameters(), lr=0.01, momentum=0.9)
    settings = {"optimizer": optimizer, "epochs": 3, "batch_size": 128}
    kept = [(net[0].W.data.copy(), net[0].b.data.copy())]
    for step in training_steps(net, X_fit, y_fit, rng=rng, **settings):
        if step.number % 50 == 49:
            kept.append((net[0].W.data.copy(), net[0].b.data.copy()))
    return kept


watched = [watch(seed) for seed in range(5)]

# %% [markdown]
# A column of $W$ can be seen as a picture. The 128 numbers of an example are $x = (p - m)\,C^T$:
# pixels $p$ minus their mean $m$, along the components $C$ (chapter 01). So the score of class
# $j$ is
#
# $$
# x\,W_j + b_j = (p - m)\;\underset{\text{a picture}}{C^T W_j} + b_j
# $$
#
# pixel times pixel, added up: high where the example resembles the picture.

# %%
C, W = data.pca.components, watched[0][-1][0]
pixels = data.images_train[:100].reshape(100, -1) / 255
same = np.allclose((pixels - data.pca.mean) @ (C.T @ W), data.X_train[:100] @ W, atol=1e-3)
print("scores from pixels are scores from the 128 numbers:", same)

# %% [markdown]
# **Predict first**: what will the ten pictures look like? Will you recognise a ring, a cross?

# %%
side = data.images_train.shape[1]
down, right = np.mgrid[:side, :side] - (side - 1) / 2
middle = np.exp(-8 * (down**2 + right**2) / side**2)  # 1 in the middle, fading outwards
spots = [np.outer(m.ravel(), c).ravel() for m in (middle, 1 - middle) for c in np.eye(3)]
Q, _ = np.linalg.qr(C @ np.transpose(spots))  # (128, 6): the six directions, made orthogonal


# %%
def part_of(W, part):
    """All of W, its share in the six directions, or what is left."""
    six = Q @ (Q.T @ W)
    return {"all of W": W, "six colours": six, "the rest": W - six}[part]


# %%
def held_accuracy(W, b):
    return np.mean((X_held @ W + b).argmax(axis=1) == y_held)


# %%
fig2, ax2 = subplots(width=7.6, height=4.0)
ax2.axis("off")
canvas = np.ones((2 * side + 10, 5 * side + 8, 3))
corners = [(5 + (side + 5) * (k // 5), (side + 2) * (k % 5)) for k in range(10)]
for (top, left), name in zip(corners, data.class_names, strict=True):
    ax2.text(left + side / 2, top - 1.2, name, ha="center", fontsize=10)
mosaic = ax2.imshow(canvas)
largest = np.abs(C.T @ W).max()


# %%
def template(part, step):
    W, b = watched[0][step // 50]
    W = part_of(W, part)
    pictures = 0.5 + 0.5 * (C.T @ W).T.reshape(10, side, side, 3) / largest
    for (top, left), picture in zip(corners, pictures, strict=True):
        canvas[top : top + side, left : left + side] = picture.clip(0, 1)
    mosaic.set_data(canvas)
    ax2.set_title(f"step {step}: accuracy {held_accuracy(W, b):.3f} on rows held back")
    return fig2


# %%
Explorer(
    template,
    alt="The ten columns of W as pictures, one for each class; grey is zero, a colour is what the "
    "score rises with.",
    part=choice("part", ["all of W", "six colours", "the rest"]),
    step=slider("step", 0, 50 * len(watched[0]) - 50, value=50 * len(watched[0]) - 50, step=50),
)

# %% [markdown]
# A spot of one colour, another colour around it. A shape may be light on dark or dark on light, so
# brightness cancels out, and each class's usual colours remain. The *ring* has something of a hole,
# the *crescent* leans to one side; no cross, no star.
#
# Does that little shape help? *Six colours* keeps of $W$ only what six numbers of a picture tell:
# red, green and blue in the middle and around it. *The rest* is what that leaves.
#
# **Predict first**, then set *part*: how much of the accuracy above guessing (0.1) does each keep?

# %%
final = [run[-1] for run in watched]
above = {
    part: np.array([held_accuracy(part_of(W, part), b) - 0.1 for W, b in final])
    for part in ("all of W", "six colours", "the rest")
}
low, high = above["six colours"] / above["all of W"], above["the rest"] / above["all of W"]
print("six colours keep more than 9/10, in all five seeds:", np.all(low > 0.9))
print("the rest alone has less than 2/10, in all five:    ", np.all(high < 0.2))

# %% [markdown]
# Colours are nearly all this layer uses. Seeing shapes takes hidden layers.

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
# The checker names what is wrong; ask for help with `linear_layer.hint()` in a new cell.

# %%
from exercises.chapter_03 import column_layer, count_layers, descent_step, linear_layer


# %%
def my_linear(X, W, b):
    Y = ...

    def back(dY):
        dX, dW, db = ..., ..., ...
        return dX, dW, db

    return Y, back


linear_layer.check(my_linear)

# %% [markdown]
# **Exercise 2.** The same layer with examples as **columns**, the layout of report B's (3) and (5):
# $Y = WX + b$ with $X$ (in, n), $W$ (out, in), $b$ (out, 1). What becomes of (7)?
# Hints: `column_layer.hint()`.


# %%
def my_column_linear(X, W, b):
    Y = ...

    def back(dY):
        dX, dW, db = ..., ..., ...
        return dX, dW, db

    return Y, back


column_layer.check(my_column_linear)

# %% [markdown]
# **Exercise 3.** One step of training, examples as rows. The loss is the mean of $(Y - T)^2$ over
# all $n \cdot \text{out}$ numbers, $Y = XW + b$. Return the loss *before* the step, and the new
# $W$ and $b$ (new arrays) after one step of learning rate `lr` against the gradient. Hints:
# `descent_step.hint()`.


# %%
def my_step(X, W, b, T, lr):
    loss, new_W, new_b = ..., ..., ...
    return loss, new_W, new_b


descent_step.check(my_step)

# %% [markdown]
# **Exercise 4** (find the slip). Report A, 2.2: "The best model is designed with 3 hidden layer,
# with 64, 32, 10 neuron", and "for last layer, the activation function is Softmax". There are 128
# features and 10 classes. What is wrong? Then write it for any such list: `widths` as the report
# prints them, for `n_in` features. Return the number of hidden layers, and of all weights and
# biases.
# Hints: `count_layers.hint()`.


# %%
def my_layers(n_in, widths):
    hidden, parameters = ..., ...
    return hidden, parameters


count_layers.check(my_layers)

# %% [markdown]
# **Exercise 5** (no checker). The layer above started at $W = 0$ and learnt. Could two layers in a
# row, both starting at 0? Write down $dX$ of the second, then $dW$ of the first.
#
# <details><summary>Answer</summary>
#
# The second layer gives $dX = dY\,W^T = 0$, so the first layer's $dW$ is 0; and its output is 0, so
# the second layer's $dW = X^T dY$ is 0 as well. Only the last bias ever moves.
# [Chapter 07](07_start_well.ipynb) goes on.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Forward: $Y = XW + b$, rows are examples. It can turn, stretch, mirror, shear and shift; it
#   cannot bend.
# - Backward: $dX = dY\,W^T$, $dW = X^T dY$, $db$ = sum of $dY$ over the batch. Each has the shape
#   of what it belongs to.
# - Formulas from two layouts do not mix, and equal sizes hide it.
# - Check with random $dY$ and random parameters, in float64, with three different sizes. Ones and
#   zeros hide faults.
# - One layer on pictures sees where which colour is, and little else.
#
# Back: [02 Prepare the data](02_prepare_the_data.ipynb)
# Next: [04 Choose an activation](04_choose_an_activation.ipynb)
