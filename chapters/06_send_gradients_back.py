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
# # 06 Send gradients back
#
# **You will learn** how the chain rule turns layers into a loop that runs backwards, why that
# direction is cheap, how to measure a derivative, and which check finds which fault.
#
# **You need** chapters 03 to 05, and the chain rule for one variable. **Time**: 75 minutes.
# **Runs in** under 30 seconds.

# %%
import functools
import math
from itertools import pairwise

import numpy as np
from matplotlib.patches import Rectangle

from mlpcore import Parameter, cross_entropy, models, one_hot, ops, records, relu, softmax, tanh
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.gradcheck import gradient_errors, numerical_gradient
from mlpcore.metrics import count_parameters
from mlpcore.plots import LINES, MARKERS, show, subplots
from mlpcore.source import show_source

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# ## Follow one number by hand
#
# One input $x = 2$, two weights $w = 3$ and $v = -1$, a target $t = 1$:
#
# $$
# y = w x, \qquad a = \max(0, y), \qquad z = v a, \qquad L = \tfrac12 (z - t)^2
# $$
#
# **Predict first**, on paper: $w$ becomes 3.01. Does $L$ rise or fall, and by about how much?
#
# Write $dz$ for $\partial L / \partial z$, and so on. Begin at the end, where nothing is unknown:
#
# - $dz = z - t$
# - $z = v a$, so $dv = dz \cdot a$ and $da = dz \cdot v$
# - $a = y$ where $y > 0$, so $dy = da$ there, else 0
# - $y = w x$, so $dw = dy \cdot x$
#
# Each line uses the line before it, and numbers of the forward pass.

# %%
x, w, v, t = 2.0, 3.0, -1.0, 1.0
y = w * x
a = max(0.0, y)
z = v * a
L = (z - t) ** 2 / 2
print(f"forward:  y = {y:g}, a = {a:g}, z = {z:g}, L = {L:g}")

# %%
dz = z - t
dv, da = dz * a, dz * v
dy = da if y > 0 else 0.0
dw = dy * x
print(f"backward: dz = {dz:g}, dv = {dv:g}, da = {da:g}, dy = {dy:g}, dw = {dw:g}")

# %%
nudged = (v * max(0.0, 3.01 * x) - t) ** 2 / 2
print(f"predicted change: 0.01 dw = {0.01 * dw:.2f}")
print(f"real change:              {nudged - L:.4f}")

# %% [markdown]
# ## Derive a whole network
#
# Now with matrices: two layers and a loss. Rows are examples.
#
# $$
# \begin{aligned}
# \underset{(n,\,h)}{Y_1} &= X W_1 + b_1 & \text{(linear, chapter 03)} \\
# \underset{(n,\,h)}{A} &= f(Y_1) & \text{(activation, chapter 04)} \\
# \underset{(n,\,K)}{Y_2} &= A W_2 + b_2 & \text{(linear)} \\
# L &= -\tfrac1n \textstyle\sum_k \log p_{k,c_k} & \text{(loss, chapter 05)}
# \end{aligned}
# $$
#
# The chain rule says: a number moves the loss through **all** that it moves directly. Four uses
# of it, from the end:
#
# **1. Loss.** $Y_2$ moves the loss by softmax and logarithm; chapter 05 has worked it out, with
# $P$ the softmax of $Y_2$ and $T$ (n, K) the one-hot targets:
#
# $$
# dY_2 = \frac{P - T}{n}
# $$
#
# **2. Second layer.** $A_{ki}$ moves all $Y_{2,kj}$ of its row, with factors $W_{2,ij}$;
# $W_{2,ij}$ moves $Y_{2,kj}$ in every row $k$, with factors $A_{ki}$ (chapter 03):
#
# $$
# \begin{aligned}
# dA &= dY_2\,W_2^T \\
# dW_2 &= A^T dY_2 \\
# db_2 &= \textstyle\sum_k dY_{2,k}
# \end{aligned}
# $$
#
# **3. Activation.** $Y_{1,kj}$ moves one number only, its own $A_{kj} = f(Y_{1,kj})$. So no sum,
# and the product $\odot$ is element by element:
#
# $$
# dY_1 = dA \odot f'(Y_1), \qquad \text{for tanh: } f'(Y_1) = 1 - A \odot A
# $$
#
# **4. First layer.** As in 2, one layer down:
#
# $$
# dW_1 = X^T dY_1, \qquad db_1 = \textstyle\sum_k dY_{1,k}
# $$
#
# No step looks past its neighbours. That is **backpropagation** (Rumelhart, Hinton & Williams
# 1986): the chain rule, from the loss to the input, each result used again by the next step.

# %% [markdown]
# ## Build it by hand
#
# The same lines in NumPy, forward and backward:


# %%
def by_hand(X, labels, W1, b1, W2, b2):
    n = len(X)
    Y1 = X @ W1 + b1
    A = np.tanh(Y1)
    Y2 = A @ W2 + b2
    P = softmax(Y2)[0]
    loss = -np.log(P[np.arange(n), labels]).mean()

    dY2 = (P - one_hot(labels, 10)) / n
    dW2 = A.T @ dY2
    db2 = dY2.sum(axis=0)
    dA = dY2 @ W2.T
    dY1 = dA * (1 - A * A)
    dW1 = X.T @ dY1
    db1 = dY1.sum(axis=0)
    return loss, (dW1, db1, dW2, db2)


# %% [markdown]
# Real rows, random parameters, float64. The gradients are *saved*: they will judge all that
# follows.

# %%
rng = np.random.default_rng(6)
X, labels = data.X_train[:32].astype(np.float64), data.y_train[:32]
parameters = [
    rng.normal(0, 128**-0.5, (128, 16)),
    rng.normal(0, 0.1, 16),
    rng.normal(0, 0.5, (16, 10)),
    rng.normal(0, 0.1, 10),
]
NAMES = ("W1", "b1", "W2", "b2")
saved_loss, saved = by_hand(X, labels, *parameters)

# %% [markdown]
# **Check it.** Measure each of these numbers by a nudge (chapter 03). The loss is a single
# number; its upstream gradient is 1.


# %%
def with_changed(place, value):
    """The loss with one parameter replaced by `value`."""
    values = [*parameters[:place], value, *parameters[place + 1 :]]
    return np.array(by_hand(X, labels, *values)[0])

# %%
for place, name in enumerate(NAMES):
    measured = numerical_gradient(lambda v, place=place: with_changed(place, v), parameters[place])
    right = np.allclose(saved[place], measured, rtol=1e-5, atol=1e-8)
    print(f"d{name}, {measured.size:5} numbers, as measured: {right}")

# %% [markdown]
# ## Walk the chain
#
# The same network, small: 5 examples, 4 inputs, 6 hidden units, 3 classes. Above, the values;
# below each, its gradient, of the same shape. Blue is positive, red negative; each array has its
# own scale.
#
# **Predict first**:
#
# 1. You are at the loss. Which arrays of the forward pass will no backward step read, so that
#    they could have been thrown away?
# 2. With ReLU instead of tanh, where is $dY_1$ exactly 0?

# %%
rng = np.random.default_rng(1)
x, kinds = rng.normal(size=(5, 4)), np.array([0, 2, 1, 1, 0])
w1, w2 = rng.normal(size=(4, 6)), rng.normal(size=(6, 3))


# %%
def arrays_of(f):
    """Every value and gradient of one forward and one backward pass, by name."""
    Y1, back1 = ops.linear(x, w1, np.zeros(6))
    A, back_f = f(Y1)
    Y2, back2 = ops.linear(A, w2, np.zeros(3))
    P = softmax(Y2)[0]
    loss, back_loss = cross_entropy(Y2, kinds)
    dY2 = back_loss(1.0)
    dA, dW2, db2 = back2(dY2)
    dY1 = back_f(dA)
    dX, dW1, db1 = back1(dY1)
    values = {"X": x, "Y₁": Y1, "A": A, "Y₂": Y2, "P": P, "L": loss}
    gradients = {"dX": dX, "dY₁": dY1, "dA": dA, "dY₂": dY2, "dL": 1.0}
    hung = {"dW₁": dW1, "db₁": db1, "dW₂": dW2, "db₂": db2}
    return {name: np.atleast_2d(v) for name, v in (values | gradients | hung).items()}


# %%
# where each array stands: left, top, in squares
PLACES = {"X": (0, 0), "Y₁": (13, 0), "A": (24, 0), "Y₂": (37, 0), "P": (44, 0), "L": (51, 2)}
PLACES |= {"dX": (0, 9), "dY₁": (13, 9), "dA": (24, 9), "dY₂": (37, 9), "dL": (51, 11)}
PLACES |= {"dW₁": (5.5, 9), "db₁": (5.5, 15), "dW₂": (32, 9), "db₂": (32, 16.5)}
BOXES = {"X W₁ + b₁": 8.5, "f": 21.5, "A W₂ + b₂": 33.5, "soft-\nmax": 42, "loss": 49}
BACKS = {"← back": (8.5, 21.5, 33.5), "← back, both at once": (45.5,)}

# %%
# what each step says, makes and reads
STEPS = [
    ("the batch X comes in", "X", ""),
    ("Y₁ = X W₁ + b₁", "Y₁", "X"),
    ("A = f(Y₁)", "A", "Y₁"),
    ("Y₂ = A W₂ + b₂", "Y₂", "A"),
    ("P = softmax(Y₂)", "P", "Y₂"),
    ("L = mean of -log p of the true class", "L", "P"),
    ("dL = 1", "dL", ""),
    ("dY₂ = dL (P - T) / n", "dY₂", "P dL"),
    ("dW₂ = Aᵀ dY₂ and db₂ = sum over rows of dY₂", "dW₂ db₂", "A dY₂"),
    ("dA = dY₂ W₂ᵀ", "dA", "dY₂"),
]


# %%
LAST = {
    "tanh": [("dY₁ = dA ⊙ (1 - A ⊙ A)", "dY₁", "dA A")],
    "relu": [("dY₁ = dA where A > 0, else 0", "dY₁", "dA A")],
}
for steps in LAST.values():
    steps.append(("dW₁ = Xᵀ dY₁ and db₁ = sum over rows of dY₁", "dW₁ db₁", "X dY₁"))
    steps.append(("dX = dY₁ W₁ᵀ, which nobody asks for", "dX", "dY₁"))

# %%
results = {"tanh": arrays_of(tanh), "relu": arrays_of(relu)}
fig, ax = subplots(width=7.4, height=3.2)
ax.axis("off")
images, frames, labels_of = {}, {}, {}

# %%
for name, array in results["tanh"].items():
    (left, top), (rows, columns) = PLACES[name], array.shape
    extent = (left, left + columns, top + rows, top)
    images[name] = ax.imshow(array, extent=extent, cmap="RdBu", vmin=-1, vmax=1)
    frames[name] = ax.add_patch(Rectangle((left, top), columns, rows, fill=False))
    shape = "" if name in ("db₁", "db₂", "L", "dL") else f" {rows}×{columns}"
    labels_of[name] = ax.text(left, top - 0.3, name + shape, fontsize=9)

# %%
for word, middle in BOXES.items():
    ax.text(middle, 2.5, word, ha="center", va="center", fontsize=9)
    ax.text(middle, 0.8, "→", ha="center", va="center", fontsize=12)
for word, middles in BACKS.items():
    for middle in middles:
        ax.text(middle, 6.6, word, ha="center", va="center", fontsize=9)
_ = ax.set(xlim=(-0.7, 52.7), ylim=(18.6, -1.8), aspect="equal")


# %%
def walk(step, activation):
    steps = STEPS + LAST[activation]
    words, makes, reads = steps[step]
    seen = {name for _, made, _ in steps[: step + 1] for name in made.split()}
    for name, array in results[activation].items():
        images[name].set_data(array / np.abs(array).max())
        images[name].set_visible(name in seen)
        labels_of[name].set_alpha(1 if name in seen else 0.35)
        made, read = name in makes.split(), name in reads.split()
        colour = LINES[1]["color"] if made else "black" if read else "#AAAAAA"
        frames[name].set(edgecolor=colour, lw=3 if made else 2 if read else 0.8)
        frames[name].set_linestyle("--" if read else "-")
    ax.set_title(f"step {step}: {words}", fontsize=11)
    return fig


# %%
Explorer(
    walk,
    alt="The arrays of a small network in a row as coloured squares, below them their gradients; "
    "a thick frame marks what this step makes, dashed ones what it reads.",
    step=slider("step", 0, 12, value=5),
    activation=choice("activation", ["tanh", "relu"]),
)

# %% [markdown]
# 1. $Y_2$: the loss needs $P$. And $Y_1$: tanh's slope can be made from $A$ alone, and so can
#    ReLU's, as $A > 0$ where $Y_1 > 0$. (GELU's cannot: it keeps $Y_1$.) All else is kept until
#    the way back has used it. That is where the memory goes in training.
# 2. Where $A$ is 0. Such a unit did not move the loss, so its incoming weights learn nothing from
#    that example.
#
# Rows never mix, neither on the way there nor back. Only $dW$ and $db$ sum over them.

# %% [markdown]
# ## Write it shorter, and check again
#
# The same network four more times, each shorter or more general than the one before. After each
# change the same saved gradients judge.


# %%
def judge(name, loss, gradients):
    same = all(np.allclose(g, s) for g, s in zip(gradients, saved, strict=True))
    print(f"{name:14} loss as saved: {np.isclose(loss, saved_loss)}, gradients as saved: {same}")


judge("by hand", *by_hand(X, labels, *parameters))

# %% [markdown]
# **Each operation brings its own way back.** `y, back = op(x)`: what `back` needs, it remembers.

# %%
show_source(tanh)


# %%
def by_backs(X, labels, W1, b1, W2, b2):
    Y1, back_1 = ops.linear(X, W1, b1)
    A, back_tanh = tanh(Y1)
    Y2, back_2 = ops.linear(A, W2, b2)
    loss, back_loss = cross_entropy(Y2, labels)

    dA, dW2, db2 = back_2(back_loss(1.0))
    _, dW1, db1 = back_1(back_tanh(dA))
    return loss, (dW1, db1, dW2, db2)


judge("by backs", *by_backs(X, labels, *parameters))


# %% [markdown]
# **The order is always the reverse.** So keep the `back`s in a list and walk it from its end. Now
# any number of layers will do.


# %%
def by_list(X, labels, *parameters):
    A, backs, gradients = X, [], []
    for W, b in zip(parameters[::2], parameters[1::2], strict=True):
        if backs:
            A, back = tanh(A)
            backs.append(lambda d, back=back: (back(d),))  # one gradient: a tuple of one
        A, back = ops.linear(A, W, b)
        backs.append(back)
    loss, back_loss = cross_entropy(A, labels)
    d = back_loss(1.0)
    for back in reversed(backs):
        d, *own = back(d)  # what goes on down, and what stays here: dW, db
        gradients = own + gradients
    return loss, gradients


# %%
judge("by a list", *by_list(X, labels, *parameters))


# %% [markdown]
# **Let the list write itself.** A `Parameter` is an array that remembers which operation used it:
# the *tape*. `backward()` walks it from its end, calls the same `back`s, and puts each gradient
# into `.grad`. No new calculus.


# %%
def by_tape(X, labels, *parameters):
    W1, b1, W2, b2 = leaves = [Parameter(p) for p in parameters]
    A = tanh(ops.linear(X, W1, b1))
    loss = cross_entropy(ops.linear(A, W2, b2), labels)
    loss.backward()
    return loss.item(), [leaf.grad for leaf in leaves]


judge("by the tape", *by_tape(X, labels, *parameters))

# %%
net = models.mlp((128, 16, 10), rng=rng, activation="tanh").double()
for p, value in zip(net.parameters(), parameters, strict=True):
    p.data[...] = value
loss = cross_entropy(net(X), labels)
loss.backward()
judge("as a network", loss.item(), [p.grad for p in net.parameters()])

# %% [markdown]
# ## Untangle report B's (5) to (7)
#
# Report B writes a neuron as $y_j = \sum_i w_{ji} x_i + b_j$, its (3), and $a_j = f(y_j)$, its
# (4). Then it prints
#
# $$
# \begin{aligned}
# \frac{\partial L}{\partial W} &= \frac{\partial L}{\partial Y} \frac{\partial Y}{\partial W}
# = \frac{\partial L}{\partial Z} X^T & (5) \\
# \frac{\partial L}{\partial b} &= \sum \frac{\partial L}{\partial Z} & (6) \\
# \frac{\partial L}{\partial X}
# &= \frac{\partial L}{\partial A} \frac{\partial A}{\partial Y} \frac{\partial Y}{\partial X}
# = \frac{\partial L}{\partial A} \frac{\partial A}{\partial Y} W^T & (7)
# \end{aligned}
# $$
#
# **Find the slips first.** Three questions:
#
# 1. What is $Z$?
# 2. Are examples rows or columns in (5)? In (7)? And which shape has $W$ in (3)?
# 3. Is $\frac{\partial L}{\partial A} \frac{\partial A}{\partial Y}$ a matrix product?
#
# The next cell tries both layouts: in rows $X$ is (n, in) and $W$ is (in, out), in columns both
# are turned. First with three different sizes, then with three equal ones.


# %%
def try_report(n, n_in, n_out):
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(n, n_in)), rng.normal(size=(n_in, n_out))
    dA, Y = rng.normal(size=(n, n_out)), X @ W
    dY = dA * (1 - np.tanh(Y) ** 2)
    printed = {
        "(5) dY X^T": (lambda X, W, dA, dY: dY @ X.T, X.T @ dY),
        "(7) dY W^T": (lambda X, W, dA, dY: dY @ W.T, dY @ W.T),
    }
    for name, (formula, right) in printed.items():
        for layout, turn in (("rows", lambda M: M), ("columns", np.transpose)):
            try:
                found = formula(*(turn(M) for M in (X, W, dA, dY)))
                verdict = "right" if np.allclose(found, turn(right)) else "runs, and is WRONG"
            except ValueError:
                verdict = "does not run"
            print(f"n, in, out = {n}, {n_in}, {n_out}:  {name} in {layout:8} {verdict}")


# %%
try_report(5, 4, 3)
try_report(4, 4, 4)

# %% [markdown]
# 1. $Z$ is never defined. (5) and (6) are right only if it means $Y$, the sum *before* the
#    activation, and $\partial L / \partial Z$ is our $dY$. Read as the gradient at $A$, both miss
#    $f'$.
# 2. (5) is right with examples as columns, (7) with examples as rows. And (3), with $w_{ji}$, has
#    $W$ as (out, in): then (7) does not fit even in rows. In one program they contradict each
#    other, and where all sizes are equal nothing complains.
# 3. No. $A_{kj}$ depends on $Y_{kj}$ alone, so it is element by element: $dY = dA \odot f'(Y)$.
#    And (6) does not say over what it sums: the examples.
#
# All in one layout:
#
# $$
# dY = dA \odot f'(Y), \quad dW = X^T dY, \quad db = \textstyle\sum_k dY_k, \quad dX = dY\,W^T
# $$
#
# Exercise 2 asks you for this as code.

# %% [markdown]
# ## Count what it costs
#
# Nearly all the work is in matrix products. $(n, a)$ times $(a, b)$ takes $n\,a\,b$
# multiplications.
#
# **Predict first**: how many forward passes is a backward pass worth?


# %%
counted = []


def product(A, B):
    """A @ B, and a note of how many multiplications that takes."""
    counted.append(A.shape[0] * A.shape[1] * B.shape[1])
    return A @ B


# %%
def count_passes(sizes, n):
    """Multiplications of the products in a forward and in a backward pass."""
    Ws, As = [np.zeros(pair) for pair in pairwise(sizes)], [np.zeros((n, sizes[0]))]
    counted.clear()
    for W in Ws:
        As.append(product(As[-1], W))
    forward, d = sum(counted), As[-1]
    for i in reversed(range(len(Ws))):
        product(As[i].T, d)  # dW
        d = product(d, Ws[i].T) if i else None  # the data want no gradient
    return forward, sum(counted) - forward


# %%
print("network            forward     backward   ratio")
for sizes in ((128, 128, 10), (128, 256, 256, 10), (128, *[256] * 20, 10)):
    forward, backward = count_passes(sizes, 128)
    name = "-".join(map(str, sizes)) if len(sizes) < 5 else "128-256 (20 x)-10"
    print(f"{name:17} {forward:11,} {backward:12,} {backward / forward:7.2f}")

# %% [markdown]
# Two products back for each one forth, $dW$ and $dX$; only the first layer saves its $dX$. So **a
# backward pass costs at most two forward passes**, whatever the number of parameters. Compare:

# %%
baseline = models.baseline(np.random.default_rng(0))
number = count_parameters(baseline)
print(f"report B's baseline: {number:,} parameters")
print(f"one gradient by central differences: {2 * number:,} forward passes")
print(f"one gradient by sending changes forward: {number:,} passes")
print("one gradient by sending gradients back: 1 pass forth, 1 back")

# %% [markdown]
# *Sending changes forward* (forward mode): nudge one parameter, follow its change through all
# layers by the chain rule. Exact, but one pass for each parameter. Why is the other direction so
# much cheaper?

# %% [markdown]
# ## See why backwards
#
# Take one example, and let the $s_0$ inputs be the numbers whose slopes we want. Layer $i$ turns
# $s_{i-1}$ numbers into $s_i$; its **Jacobian** $J_i$ is the $(s_i, s_{i-1})$ matrix of all its
# slopes. The chain rule multiplies them:
#
# $$
# J = J_D\,J_{D-1} \cdots J_2\,J_1
# $$
#
# Brackets may stand anywhere; the result is the same, the work is not.
#
# - **From the left** (the loss): $((J_D J_{D-1}) J_{D-2}) \cdots$ A matrix of $K = s_D$ rows
#   meets one Jacobian after the other: $K \sum_{i<D} s_i s_{i-1}$ multiplications.
# - **From the right** (the input): $J_D(\cdots (J_2 J_1))$ A matrix of $s_0$ columns:
#   $s_0 \sum_{i>1} s_i s_{i-1}$.
#
# A loss is one number: $K = 1$. From the left it is then always a *row* that meets a matrix,
# never a matrix that meets a matrix.
#
# **Check it** on three tanh layers and one row $g$ in place of the loss's slopes. A layer's
# Jacobian is $W^T$ with row $j$ multiplied by $f'(y_j)$.

# %%
rng = np.random.default_rng(2)
sizes = (8, 20, 20, 12)
point, jacobians, backs = rng.normal(size=(1, 8)), [], []
for a, b in pairwise(sizes):
    W = rng.normal(0, a**-0.5, (a, b))
    Y, linear_back = ops.linear(point, W)
    point, tanh_back = tanh(Y)
    jacobians.append((1 - point.T**2) * W.T)
    backs.append(lambda d, lb=linear_back, tb=tanh_back: lb(tb(d))[0])


# %%
def chain(factors, from_left):
    """The product of all factors and the multiplications it took."""
    counted.clear()
    factors = list(factors)
    while len(factors) > 1:
        pair = slice(0, 2) if from_left else slice(-2, None)
        factors[pair] = [product(*factors[pair])]
    return factors[0], sum(counted)


# %%
g = rng.normal(size=(1, 12))
factors = [g, *jacobians[::-1]]
left, cost_left = chain(factors, from_left=True)
right, cost_right = chain(factors, from_left=False)
print(f"multiplications from the loss {cost_left:,}, from the input {cost_right:,}")

# %%
d = g
for back in reversed(backs):
    d = back(d)
print("both orders give the same:", np.allclose(left, right))
print("and so do the backs:", np.allclose(left, d))

# %% [markdown]
# The `back`s are the cheap order, and they never build a Jacobian: they multiply by its two
# parts, the slope and $W^T$.
#
# **Predict first**: a network with 128 inputs, 10 layers of 128, one loss. By which factor is the
# way from the loss cheaper? What changes with the depth? When is the way from the *input* the
# cheaper one?

# %%
fig2, ax2 = subplots(width=7, height=3.8)
ways = ("from the loss (backwards)", "from the input (forwards)")
lines = [ax2.plot([], [], **LINES[i], label=way)[0] for i, way in enumerate(ways)]
dots = [
    ax2.plot([], [], ls="", marker=MARKERS[i], ms=9, color=LINES[i]["color"])[0] for i in (0, 1)
]
ax2.set(xlabel="layers", ylabel="multiplications", yscale="log", xlim=(1.5, 30.5), ylim=(1, 1e11))
ax2.minorticks_off()
_ = ax2.legend(loc="lower right", fontsize=10)


# %%
def both_ways(inputs, width, depth, outputs):
    """Multiplications from the left and from the right."""
    areas = [a * b for a, b in pairwise((inputs, *[width] * (depth - 1), outputs))]
    return outputs * sum(areas[:-1]), inputs * sum(areas[1:])


# %%
def cost(inputs, width, depth, outputs):
    depths = range(2, 31)
    counts = np.array([both_ways(inputs, width, D, outputs) for D in depths]).T
    here = both_ways(inputs, width, depth, outputs)
    for i in (0, 1):
        lines[i].set_data(depths, counts[i])
        dots[i].set_data([depth], [here[i]])
    ratio = here[1] / here[0]
    ax2.set_title(f"backwards {here[0]:,}, forwards {here[1]:,}: 1 to {ratio:.3g}", fontsize=11)
    return fig2


# %%
Explorer(
    cost,
    alt="Multiplications against the number of layers on a logarithmic axis, one line for each "
    "direction; marks stand at the depth chosen.",
    inputs=slider("inputs", 1, 512, value=64),
    width=slider("width", 1, 512, value=64),
    depth=slider("layers", 2, 30, value=3),
    outputs=slider("outputs (a loss: 1)", 1, 512, value=64),
)

# %% [markdown]
# With many layers the factor is near *inputs over outputs*; the width hardly matters. (Two layers
# are one product: no choice.) A loss is one output and parameters are many inputs, so backwards
# wins. With few inputs and many outputs, forwards wins: how does a whole picture change with one
# knob?

# %% [markdown]
# ## Measure a derivative, and see it fail
#
# Finite differences are slow, but they know nothing of your code: they are the judge. How far can
# they be trusted? By Taylor's theorem
#
# $$
# f(w \pm h) = f(w) \pm h f' + \tfrac{h^2}{2} f'' \pm \tfrac{h^3}{6} f''' + \dots
# $$
#
# so that the **forward** and the **central** difference (`eq:finite-difference` in the library)
# are
#
# $$
# \begin{aligned}
# \frac{f(w + h) - f(w)}{h} &= f' + \tfrac{h}{2} f'' + \dots \\
# \frac{f(w + h) - f(w - h)}{2h} &= f' + \tfrac{h^2}{6} f''' + \dots
# \end{aligned}
# $$
#
# The rest is the **truncation** error: a smaller $h$ makes it smaller. But numbers are rounded:
# each $f$ is off by about $\epsilon |f|$, where $\epsilon$ is $2.2 \cdot 10^{-16}$ in float64 and
# $1.2 \cdot 10^{-7}$ in float32. Divided by $h$, this **rounding** error grows as $h$ shrinks. In
# all, for the central difference, about
#
# $$
# E(h) = \tfrac{h^2}{6} |f'''| + \frac{\epsilon |f|}{h}
# $$
#
# It is least where $E'(h) = 0$:
#
# $$
# \tfrac{h}{3} |f'''| = \frac{\epsilon |f|}{h^2}, \qquad
# h = \left(\frac{3 \epsilon |f|}{|f'''|}\right)^{1/3}
# $$
#
# Where $f$ and its derivatives are of size 1, that is near $\epsilon^{1/3}$, with an error near
# $\epsilon^{2/3}$. For the forward difference both are near $\epsilon^{1/2}$.
#
# The library's measure is the central one, once for each number of $x$, weighted by an upstream
# gradient $dY$:

# %%
show_source(numerical_gradient)

# %% [markdown]
# **Predict first**: which $h$ is best in float64, $10^{-2}$, $10^{-5}$ or $10^{-14}$? And in
# float32? What does a nudge of $10^{-9}$ do to a float32 weight?
#
# We measure the slopes of the loss for 20 weights of $W_1$, and compare with the saved gradient.

# %%
DTYPES = {"float64": np.float64, "float32": np.float32}
PLACES_20 = [(i, j) for i in range(10) for j in range(2)]
WEIGHT = sorted(PLACES_20, key=lambda p: abs(saved[0][p]))[10]  # of middling slope
own = {name: [a.astype(t) for a in (X, *parameters)] for name, t in DTYPES.items()}


# %%
def loss_at(dtype, place, step):
    """The loss with W1[place] moved by `step`, all computed in `dtype`."""
    X, W1, b1, W2, b2 = own[dtype]
    W1 = W1.copy()
    W1[place] += DTYPES[dtype](step)
    A, _ = tanh(ops.linear(X, W1, b1)[0])
    return float(cross_entropy(ops.linear(A, W2, b2)[0], labels)[0])


# %%
def slope(dtype, kind, place, h):
    """The measured slope: forward or central difference."""
    behind = -h if kind == "central" else 0.0
    return (loss_at(dtype, place, h) - loss_at(dtype, place, behind)) / (h - behind)


# %%
steps = 10.0 ** np.arange(-14, 0.01, 0.5)
errors = {}
for dtype in DTYPES:
    for kind in ("forward", "central"):
        off = [[slope(dtype, kind, p, h) / saved[0][p] - 1 for p in PLACES_20] for h in steps]
        errors[dtype, kind] = np.median(np.abs(off), axis=1)

# %%
fig3, (near3, all3) = subplots(1, 2, width=7.6, height=3.4)
(truth,) = near3.plot([-2, 2], [-2, 2], color="black", lw=1, label="the true slope")
(secant,) = near3.plot([], [], **LINES[1], lw=2, label="the measured slope")
(losses_drawn,) = near3.plot([], [], ls="", marker="o", ms=4, color=LINES[0]["color"], label="loss")
near3.set(xlabel="step / h", ylabel="change of the loss / (h × slope)", xlim=(-2.1, 2.1))
near3.set(ylim=(-4, 4), xticks=range(-2, 3), yticks=range(-4, 5, 2))
_ = near3.legend(loc="upper left", fontsize=9)

# %%
for line, ((dtype, kind), values) in zip(LINES, errors.items(), strict=False):
    all3.plot(steps, np.maximum(values, 1e-12), **line, label=f"{dtype}, {kind}")
(mark3,) = all3.plot([], [], ls="", marker="o", ms=9, color="black")
rule3 = all3.axvline(1, color="black", lw=1, ls=":")
all3.set(xscale="log", yscale="log", xlabel="h", ylabel="relative error (median of 20)")
all3.set(ylim=(1e-11, 1e5), xticks=[1e-14, 1e-10, 1e-6, 1e-2], yticks=[1e-10, 1e-5, 1, 1e5])
all3.minorticks_off()
all3.set_title("dotted: the rule for this choice", fontsize=10)
_ = all3.legend(loc="upper right", fontsize=8)


# %%
def measure(h, dtype, kind):
    places = np.linspace(-2, 2, 41)
    true, start = saved[0][WEIGHT], loss_at(dtype, WEIGHT, 0.0)
    moved = np.array([loss_at(dtype, WEIGHT, s * h) for s in places]) - start
    losses_drawn.set_data(places, np.clip(moved / (h * true), -3.95, 3.95))
    found = slope(dtype, kind, WEIGHT, h)
    first = (loss_at(dtype, WEIGHT, -h) - start) / (h * true) if kind == "central" else 0.0
    begin = -1 if kind == "central" else 0
    through = first + found / true * (np.array([-2, 2]) - begin)
    secant.set_data([-2, 2], through)
    near3.set_title(f"measured slope / true slope = {found / true:.7g}", fontsize=10)
    mark3.set_data([h], [max(np.interp(np.log(h), np.log(steps), errors[dtype, kind]), 1e-12)])
    rule3.set_xdata([np.finfo(dtype).eps ** (1 / 3 if kind == "central" else 1 / 2)] * 2)
    return fig3


# %%
Explorer(
    measure,
    alt="Left: the loss around one weight, the true slope and the measured one, in units of the "
    "step. Right: error against step on logarithmic axes, four curves, and a mark at this step.",
    h=log_slider("step h", 1e-14, 1, value=0.5),
    dtype=choice("precision", list(DTYPES)),
    kind=choice("difference", ["forward", "central"]),
)

# %%
print("precision  difference  best h within a factor of 10 of the rule")
for (dtype, kind), values in errors.items():
    rule = np.finfo(dtype).eps ** (1 / 3 if kind == "central" else 1 / 2)
    near = 0.1 < steps[values.argmin()] / rule < 10
    print(f"{dtype:10} {kind:11} {near}")

# %% [markdown]
# On the right of each valley truncation rules, with slope 1 for the forward and 2 for the central
# difference; on the left rounding, with slope $-1$. With tiny $h$ the loss is a staircase, and
# the slope of a stair is 0 or huge. In float32 a nudge of $10^{-9}$ is lost altogether: $w + h$
# *is* $w$.
#
# So: **central differences in float64, $h$ near $10^{-5}$ or $10^{-6}$**. In float32 nothing
# better than a few digits is to be had, and a small fault can hide.
#
# Two more ways to fail. **At a kink** there is no slope to find:

# %%
h = 1e-6
for y in (3.0, 0.3 * h):
    measured = (relu(np.array(y + h))[0] - relu(np.array(y - h))[0]) / (2 * h)
    print(f"ReLU at {y:g}: measured {measured:.2f}, back says {relu(np.array(y))[1](1.0):.2f}")

# %% [markdown]
# The second is no fault of `back`: the nudge stepped over 0. And **a function that rolls dice**
# (dropout) is another function at each call: draw the mask from a generator made inside.

# %% [markdown]
# ## Check all numbers at once
#
# One number at a time is too slow for a network. Move all of $X$ along one random direction $D$,
# of $X$'s shape. By the chain rule the loss $\sum dY \odot f(X)$ then changes by
# $\sum dX \odot D$ per step, so that (`eq:gradcheck`)
#
# $$
# \frac{\sum dY \odot \big(f(X + h D) - f(X - h D)\big)}{2h} \approx \sum dX \odot D
# $$
#
# Two evaluations, however many numbers $X$ has. A wrong $dX$ passes only if its error is at a
# right angle to $D$, or nearly; for a random $D$ that is bad luck. So the library tries five
# directions, with a random $dY$, and gives the worst error:

# %%
show_source(gradient_errors, checks=False)


# %%
def whole_network(*values):
    loss, gradients = by_list(X, labels, *values)
    return loss, lambda dloss: tuple(dloss * g for g in gradients)


rng = np.random.default_rng(0)
sizes = (128, 64, 64, 64, 10)
deep = [p for a, b in pairwise(sizes) for p in (rng.normal(0, a**-0.5, (a, b)), rng.normal(size=b))]
wrong = gradient_errors(whole_network, *deep, rng=rng)
print(f"{sum(p.size for p in deep):,} parameters; all errors below 1e-6: {max(wrong) < 1e-6}")

# %% [markdown]
# A loss is one number, so the upstream gradient is one random number here. For an operation that
# gives an array it is a random array, never ones. Why not, you will see when we break it.

# %% [markdown]
# ## Add where a value is used twice
#
# In $L = g(a, b)$ let both be the same value, $a = x$ and $b = x$. The chain rule sums over both:
#
# $$
# \frac{dL}{dx} = \frac{\partial L}{\partial a} + \frac{\partial L}{\partial b}
# $$
#
# Three places where this happens:
#
# - **A skip** (chapter 14): $Y = X + f(X)$. Then $dX = dY + \text{back}_f(dY)$.
# - **A shared weight**: the same $W$ in two layers, or at every step of a recurrent network. Its
#   $dW$ is the sum over the uses.
# - **A batch**: $b$ is used by every row, hence $db = \sum_k dY_k$. A sum over uses, again.
#
# **Predict first**: $y = x \cdot x$ at $x = 3$, $dy = 1$. `multiply` gives one gradient for each
# of its two arguments. What are they, and what is $dx$?

# %%
x3 = np.array(3.0)
print("for the two arguments:", *(f"{d:g}" for d in ops.multiply(x3, x3)[1](1.0)))
leaf = Parameter(x3)
(leaf * leaf).backward()
print(f"added by the tape: {leaf.grad:g}")

# %% [markdown]
# **Check it** on a skip, and on one $W$ in two layers:

# %%
rng = np.random.default_rng(4)
X4, W4, dY4 = rng.normal(size=(5, 4)), rng.normal(size=(4, 4)), rng.normal(size=(5, 4))


# %%
def skip(X):
    F, back = tanh(X)
    return X + F, lambda dY: dY + back(dY)


# %%
def shared(W):
    Y1, back1 = ops.linear(X4, W)
    A, back_tanh = tanh(Y1)
    Y2, back2 = ops.linear(A, W)

    def back(dY):
        dA, dW_second = back2(dY)
        _, dW_first = back1(back_tanh(dA))
        return dW_first + dW_second

    return Y2, back


# %%
for name, op, value in (("skip", skip, X4), ("shared W", shared, W4)):
    measured = numerical_gradient(lambda v, op=op: op(v)[0], value, dY4)
    print(f"{name:9} as measured: {np.allclose(op(value)[1](dY4), measured, rtol=1e-6, atol=1e-8)}")

# %% [markdown]
# Storing with `=` where `+=` is due keeps only the last use. On the other hand `.grad` adds up
# until it is emptied: without `zero_grad()` old batches stay in it.

# %%
net.zero_grad()
for times in (1, 2):
    cross_entropy(net(X), labels).backward()
    print(f"after {times} backward: {np.median(net[0].W.grad / saved[0]):.1f} times the gradient")

# %% [markdown]
# ## Break it
#
# Twelve faults in one network, and seven checks. The network has a mask (dropout) and a skip, so
# that $D$ is used twice:
#
# $$
# \begin{aligned}
# A &= \tanh(X W_1 + b_1) \\
# D &= A \odot M \\
# B &= \tanh(D W_2 + b_2) \\
# P &= \text{softmax}\big((D + B)\,W_3 + b_3\big)
# \end{aligned}
# $$


# %%
def draw_mask(shape, seed, scale=1.25):
    """Each number is 0 with probability 0.2, else `scale`."""
    return np.where(np.random.default_rng(seed).random(shape) < 0.2, 0.0, scale)


# %%
def own_softmax(Z, shifted):
    if not shifted:
        E = np.array([[math.exp(z) for z in row] for row in Z], dtype=Z.dtype)
        return E / E.sum(axis=1, keepdims=True)
    return softmax(Z)[0]


# %%
def picked(fault, name, wrong, right):
    return wrong if fault == name else right


def masks(X, width, pick, seed):
    """The mask of this pass, and another."""
    scale = pick("mask not scaled", 1.0, 1.25)
    M, M2 = (draw_mask((len(X), width), s, scale) for s in (seed, seed + 1))
    return M.astype(pick("mask in float64", np.float64, X.dtype)), M2.astype(X.dtype)


# %%
def network(X, p, fault, seed=0):
    """P (n, K), and back(dP): the gradients of W1, b1, W2, b2, W3, b3."""
    pick = functools.partial(picked, fault)
    W1, b1, W2, b2, W3, b3 = p
    M, M2 = masks(X, W1.shape[1], pick, seed)
    A = np.tanh(X @ W1 + b1)
    D = A * M
    B = np.tanh(D @ W2 + b2)
    H = D + B
    P = own_softmax(H @ W3 + b3, shifted=fault != "softmax not shifted")

    def back(dP):
        dZ = P * (dP - (dP * P).sum(axis=1, keepdims=True))
        dH = dZ @ W3.T
        dY2 = dH * (1 - B * B)
        dD = dY2 @ pick("W2 not transposed", W2, W2.T) + pick("skip overwritten", 0, dH)
        dA = dD * pick("new mask going back", M2, M)
        dY1 = dA * (1 - pick("slope at A, not at Y", np.tanh(A), A) ** 2)
        dY1 *= pick("sign of dY1 turned", -1, 1)
        db1 = dY1 if fault == "db1 not summed" else dY1.sum(axis=0)
        dW2 = pick("dW2 from H, not D", H, D).T @ dY2
        return X.T @ dY1, db1, dW2, dY2.sum(axis=0), H.T @ dZ, dZ.sum(axis=0)

    return P, back


# %%
def loss_of(P, T, fault):
    """The mean of -log p, and back(dloss): the gradient with respect to P."""
    n = len(P)

    def back(dloss):
        dP = -T / P if fault == "loss: dloss forgotten" else -dloss * T / P
        return dP if fault == "loss: 1/n missing" else dP / n

    return -(T * np.log(P)).sum() / n, back


# %%
FAULTS = [
    *("no fault", "loss: 1/n missing", "loss: dloss forgotten", "db1 not summed"),
    *("W2 not transposed", "slope at A, not at Y", "dW2 from H, not D", "skip overwritten"),
    *("sign of dY1 turned", "new mask going back", "mask not scaled", "mask in float64"),
    "softmax not shifted",
]

# %% [markdown]
# The checks:
#
# - **form**: in float32 each gradient has its parameter's shape and dtype.
# - **sum**: finite differences of `P.sum()` and of the loss; all upstream gradients are 1.
# - **zeros**: finite differences with random upstream gradients, all parameters 0.
# - **random**: the same with random parameters.
# - **falls**: 20 steps on one batch, with five different starts. The loss falls in all.
# - **tape**: the gradient of the loss agrees with the tape's.
# - **large**: with $W_3$ a thousand times as large nothing breaks down.

# %%
rng = np.random.default_rng(5)
SHAPES = ((4, 6), (6,), (6, 6), (6,), (6, 3), (3,))
x5, t5 = rng.normal(size=(5, 4)), np.eye(3)[[0, 2, 1, 1, 0]]
start5 = [rng.normal(size=shape) for shape in SHAPES]


# %%
def measured_errors(fault, p, dP):
    """For each parameter the largest error of its gradient, over the largest number in it."""
    worst, claimed = [], network(x5, p, fault)[1](dP)
    for i, value in enumerate(p):

        def moved(v, i=i):
            return network(x5, [*p[:i], v, *p[i + 1 :]], fault)[0]

        measured = numerical_gradient(moved, value, dP)
        largest = max(np.abs(measured).max(), np.abs(claimed[i]).max(), 1e-3)
        worst.append(np.abs(measured - claimed[i]).max() / largest)
    return np.array(worst)


# %%
def agrees(fault, p, dP, dloss):
    """Whether network and loss both agree with finite differences."""
    P = network(x5, p, fault)[0]
    measured = numerical_gradient(lambda v: np.array(loss_of(v, t5, fault)[0]), P, dloss)
    loss_agrees = np.allclose(loss_of(P, t5, fault)[1](dloss), measured, rtol=1e-5, atol=1e-8)
    return bool(loss_agrees and measured_errors(fault, p, dP).max() < 1e-5)


# %%
def has_form(fault):
    p = [value.astype(np.float32) for value in start5]
    P, back = network(x5.astype(np.float32), p, fault)
    gradients = back(loss_of(P, t5.astype(np.float32), fault)[1](np.float32(1)))
    return [(g.shape, g.dtype) for g in gradients] == [(v.shape, v.dtype) for v in p]


# %%
def falls(fault):
    drops = []
    for seed in range(5):
        rng, losses = np.random.default_rng(seed), []
        p = [0.5 * rng.normal(size=shape) for shape in SHAPES]
        for _ in range(20):
            P, back = network(x5, p, fault)
            loss, loss_back = loss_of(P, t5, fault)
            losses.append(loss)
            p = [v - 0.1 * g for v, g in zip(p, back(loss_back(1.0)), strict=True)]
        drops.append(losses[-1] < losses[0])
    return all(drops)


# %%
def agrees_with_tape(fault):
    W1, b1, W2, b2, W3, b3 = leaves = [Parameter(value) for value in start5]
    D = tanh(ops.linear(x5, W1, b1)) * draw_mask((5, 6), seed=0)
    H = D + tanh(ops.linear(D, W2, b2))
    cross_entropy(ops.linear(H, W3, b3), t5).backward()
    P, back = network(x5, start5, fault)
    gradients = back(loss_of(P, t5, fault)[1](1.0))
    return all(np.allclose(g, leaf.grad) for g, leaf in zip(gradients, leaves, strict=True))


# %%
def stays_finite(fault):
    *rest, W3, b3 = start5
    try:
        return bool(np.isfinite(network(x5, [*rest, 1000 * W3, b3], fault)[0]).all())
    except OverflowError:
        return False


# %%
dP5, ones5, zeros5 = rng.normal(size=(5, 3)), np.ones((5, 3)), [0 * v for v in start5]
CHECKS = {
    "form": has_form,
    "sum": lambda fault: agrees(fault, start5, ones5, 1.0),
    "zeros": lambda fault: agrees(fault, zeros5, dP5, 0.7),
    "random": lambda fault: agrees(fault, start5, dP5, 0.7),
    "falls": falls,
    "tape": agrees_with_tape,
    "large": stays_finite,
}
passed = {fault: {name: check(fault) for name, check in CHECKS.items()} for fault in FAULTS}

# %% [markdown]
# **Predict first**, before you touch the menu:
#
# 1. Which faults does *sum* see?
# 2. Does the loss fall in spite of the fault?
# 3. Which faults does *random* let pass, and what kind are they?
#
# The figure shows the errors of the six gradients, in the order in which they are made: the way
# back runs from left to right. Choose what goes in: which of the gradients are wrong, and what
# does that tell you about the place of the fault?

# %%
SETTINGS = {
    "random dP": (start5, dP5),
    "dP = 1, as by .sum()": (start5, ones5),
    "random dP, parameters 0": (zeros5, dP5),
}
ORDER, PARTS = (5, 4, 3, 2, 1, 0), ("db₃", "dW₃", "db₂", "dW₂", "db₁", "dW₁")
shown = {(f, s): measured_errors(f, *given) for f in FAULTS for s, given in SETTINGS.items()}

# %%
fig5, ax5 = subplots(width=7, height=3.3)
ax5.axhspan(1e-5, 30, color="#F3D9CC")
ax5.text(5.4, 12, "wrong", ha="right", va="center")
ax5.text(5.4, 2e-6, "right, but for rounding", ha="right", va="center")
good5, bad5 = (
    ax5.plot([], [], ls="", marker=MARKERS[i], ms=9, color=LINES[i]["color"])[0] for i in (0, 1)
)
ax5.set(yscale="log", ylim=(1e-11, 30), xlim=(-0.5, 5.5), ylabel="relative error")
ax5.minorticks_off()
_ = ax5.set_xticks(range(6), PARTS)


# %%
def broken(fault, given):
    errors = np.maximum(shown[fault, given][list(ORDER)], 2e-11)
    for artist, chosen in ((good5, errors < 1e-5), (bad5, errors >= 1e-5)):
        artist.set_data(np.arange(6)[chosen], errors[chosen])
    ax5.set_title(f"{fault}: {np.count_nonzero(errors >= 1e-5)} of 6 wrong")
    heads = "".join(f"<th style='padding: 0 .6em'>{name}</th>" for name in CHECKS)
    words = ("passes" if ok else "<b>caught</b>" for ok in passed[fault].values())
    cells = "".join(f"<td style='padding: 0 .6em'>{word}</td>" for word in words)
    return fig5, f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


# %%
Explorer(
    broken,
    alt="The relative error of six gradients on a logarithmic axis, in the order in which they are "
    "made; circles below the shaded band agree with finite differences, squares in it do not.",
    fault=choice("fault", FAULTS),
    given=choice("what goes in", list(SETTINGS)),
)

# %%
print(f"{'x: caught':21}  " + "  ".join(CHECKS))
for fault, found in passed.items():
    marks = (f"{'-' if ok else 'x':>{len(name)}}" for name, ok in found.items())
    print(f"{fault:21}  " + "  ".join(marks))

# %% [markdown]
# - **sum**: the rows of $P$ sum to 1 whatever the parameters are. So `P.sum()` is constant, all
#   its gradients are 0, and 0 times a wrong formula is still 0. Only *1/n missing* is seen, as
#   the loss is no constant. (Behind batch norm and layer norm sums are constant too.) And where
#   the upstream gradient is 1, who forgets it is not found out.
# - **zeros**: with all parameters 0, $A$, $D$, $B$ and $H$ are 0, and $dH = dZ\,W_3^T$ is 0: only
#   $db_3$ is left. Faults in products with 0 stay unseen.
# - **form** sees what has a wrong shape or dtype, and of wrong numbers nothing. `db1 not summed`
#   slips through *sum* and *zeros* because NumPy repeats rows silently; each example then gets a
#   bias of its own.
# - **falls** catches none: a wrong gradient can still point downhill. More on that below.
# - **random** catches every wrong way back. What it lets pass is not in the way back: *mask not
#   scaled* has the right gradient of a wrong function, float64 has right numbers in the wrong
#   form, and the softmax is right until it overflows.
# - **tape** is as good and cheaper, if a second implementation is at hand. It alone knows which
#   function was *meant*. But it uses a loss whose upstream gradient is 1, and so misses *dloss
#   forgotten*.
#
# And the place: a fault on the way back spoils all that is made after it; one in a single $dW$ or
# $db$ spoils that one alone. **Look at the first wrong one**: the fault sits there, or between it
# and the last right one.

# %% [markdown]
# ## Ask the accuracy
#
# Suppose nobody checks. **Predict first**: we train with each of the six wrong gradients from *W2
# not transposed* to *new mask going back*. In how many will the validation accuracy tell you
# that something is wrong?

# %%
scale = np.float32(data.X_train[:4000].std())
train_X, train_T = data.X_train[:4000] / scale, one_hot(data.y_train[:4000], 10)
held_X, held_y = data.X_train[-4000:] / scale, data.y_train[-4000:]
WRONG = FAULTS[4:10]


# %%
def accuracy_of(p):
    W1, b1, W2, b2, W3, b3 = p
    D = np.tanh(held_X @ W1 + b1)  # in evaluation there is no mask
    scores = (D + np.tanh(D @ W2 + b2)) @ W3 + b3
    return np.mean(scores.argmax(axis=1) == held_y)


# %%
def train(fault, seed, epochs=4, rate=0.1):
    """Validation accuracy after a short training with this fault: 128-32-32-10, batches of 50."""
    rng, step = np.random.default_rng(seed), 0
    shapes = ((128, 32), (32,), (32, 32), (32,), (32, 10), (10,))
    p = [rng.normal(0, s[0] ** -0.5, s) if len(s) == 2 else np.zeros(s) for s in shapes]
    p = [value.astype(np.float32) for value in p]
    for _ in range(epochs):
        for rows in rng.permutation(4000).reshape(-1, 50):
            P, back = network(train_X[rows], p, fault, seed=step)
            dP = loss_of(P, train_T[rows], fault)[1](1.0)
            p = [v - rate * g for v, g in zip(p, back(dP), strict=True)]
            step += 1
    return accuracy_of(p)

# %%
trained = {f: np.array([train(f, s) for s in range(5)]) for f in ["no fault", *WRONG]}

# %%
fig6, ax6 = subplots(width=7, height=3.2)
leads = {f: records.interval(trained[f] - trained["no fault"]) for f in WRONG}

# %%
for row, (mean, half) in enumerate(leads.values()):
    ax6.errorbar(mean, row, xerr=half, color=LINES[0]["color"], marker="o", capsize=4)
ax6.axvline(0, color="black", lw=1)
ax6.set_yticks(range(len(WRONG)), WRONG)
ax6.set(xlabel="validation accuracy, minus that without a fault", ylim=(len(WRONG) - 0.5, -0.5))
show(
    fig6,
    "Change of accuracy by each of six wrong gradients, mean and 95% interval of five seeds: one "
    "lies far below zero, all others close to it.",
)

# %%
print("claim: the fault costs more than 0.05 of accuracy")
for fault, (mean, half) in leads.items():
    low, high = mean - half, mean + half
    verdict = "holds" if high < -0.05 else "does not hold" if low > -0.05 else "within noise"
    print(f"{fault:25} {verdict}")

# %% [markdown]
# Where the claim does not hold, a wrong program trains nearly as well as the right one, on this
# small task, and would be believed. Check first, then train.

# %% [markdown]
# ## Practise
#
# **Exercise 1.** The whole pass by hand: loss and four gradients of
#
# $$
# Y_1 = X W_1 + b_1, \qquad A = \tanh(Y_1), \qquad Y_2 = A W_2 + b_2
# $$
#
# with softmax and mean cross-entropy for one-hot targets $T$ (n, K). Hints: `two_layers.hint()`.

# %%
from exercises.chapter_06 import count_cost, gradient_check, two_layers, untangled, used_twice


def my_two_layers(X, T, W1, b1, W2, b2):
    loss, dW1, db1, dW2, db2 = ..., ..., ..., ..., ...
    return loss, dW1, db1, dW2, db2


two_layers.check(my_two_layers)

# %% [markdown]
# **Exercise 2.** Report B's (5) to (7), untangled. Rows are examples; the layer is $Y = XW + b$
# with $A = \tanh(Y)$. You are given $dA$ (n, out), the gradient at $A$. Hints:
# `untangled.hint()`.


# %%
def my_untangled(X, W, b, dA):
    dW, db, dX = ..., ..., ...
    return dW, db, dX


untangled.check(my_untangled)

# %% [markdown]
# **Exercise 3.** One $W$ (d, d) used twice: $Y = \tanh(XW)\,W$. Hints: `used_twice.hint()`.


# %%
def my_used_twice(X, W, dY):
    dX, dW = ..., ...
    return dX, dW


used_twice.check(my_used_twice)

# %% [markdown]
# **Exercise 4.** Write a check that deserves trust. `op(x)` gives `y, back`; `x` is (5, 4),
# float64; `rng` is a generator. Return True if `back` is right: no number is off by more than
# $10^{-4}$ times the largest. Yours will be tried on two right and five wrong `back`s. Hints:
# `gradient_check.hint()`.


# %%
def my_check(op, x, rng):
    return ...


gradient_check.check(my_check)

# %% [markdown]
# **Exercise 5.** Linear layers of these sizes, e.g. `[128, 256, 10]`, and a batch of `n`. How
# many multiplications do the products of a forward pass take, how many those of a backward pass?
# The data want no gradient. Hints: `count_cost.hint()`.


# %%
def my_cost(sizes, n):
    forward, backward = ..., ...
    return forward, backward


count_cost.check(my_cost)

# %% [markdown]
# **Exercise 6** (no checker). To the loss is added $\tfrac{\alpha}{2} \sum W_1 \odot W_1$ (weight
# decay, chapter 11). Which gradients change, and how?
#
# <details><summary>Answer</summary>
#
# $W_1$ is now used twice: in the first layer, and in the penalty. Its gradients add up:
# $dW_1 = X^T dY_1 + \alpha W_1$. No other gradient changes, as the penalty depends on nothing
# else.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Go from the loss to the input. Each step needs the gradient just made and values of its own
#   forward pass, nothing else.
# - $dY_1 = dA \odot f'(Y_1)$ is element by element; where a value is used twice, its gradients
#   add up.
# - A backward pass costs about two forward passes, for any number of parameters: a row meets
#   matrices.
# - Measure with central differences in float64, $h$ near $10^{-6}$, random parameters and random
#   upstream gradients. Sums, ones and zeros hide faults. So do a falling loss and a good
#   accuracy.
# - The first wrong gradient on the way back shows the place.
#
# Back: [05 Score predictions](05_score_predictions.ipynb)
# Next: [07 Start well](07_start_well.ipynb)
