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
# # 04 Choose an activation
#
# **You will learn** why layers need something bent between them, the slopes of sigmoid, tanh, ReLU,
# leaky ReLU and GELU, what becomes of gradients where a slope is small or zero, and whether one
# of the five is best.
#
# **You need** chapter 03, and the chain, product and quotient rules. **Time**: 60 minutes.
# **Runs in** under 30 seconds.

# %%
import functools
import math

import numpy as np
from scipy.special import erf, ndtr
from scipy.stats import norm

from mlpcore import SGD, Adam, Linear, activations, cross_entropy, models, ops, records
from mlpcore.data import circles, load, moons
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.gradcheck import gradient_errors, numerical_gradient
from mlpcore.metrics import count_parameters
from mlpcore.playground import Playground
from mlpcore.plots import LINES, MARKERS, show, subplots
from mlpcore.source import show_source
from mlpcore.train import TrainingDiverged, training_steps

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# ## Predict what layers do without an activation
#
# Report B's table 10 starts from a "base model" without activation: three linear layers in a row,
# 128-256-256-10, with 101,386 parameters.
#
# **Predict first**: how many numbers would be enough to compute the same?

# %%
rng = np.random.default_rng(4)
base = models.mlp((128, 256, 256, 10), rng=rng, activation=None)
print(f"three layers: {count_parameters(base):,} numbers")

# %% [markdown]
# Two layers, the second fed by the first:
#
# $$
# \begin{aligned}
# Y &= (X W_1 + b_1)\,W_2 + b_2 \\
# &= X\,(W_1 W_2) + (b_1 W_2 + b_2)
# \end{aligned}
# $$
#
# That is **one** linear layer, with $W = W_1 W_2$ and $b = b_1 W_2 + b_2$. A third layer joins it
# in the same way. With whole numbers, which floats multiply without rounding, not one digit
# differs:

# %%
X, W1, W2 = (rng.integers(-9, 10, shape).astype(float) for shape in ((5, 4), (4, 6), (6, 3)))
b1, b2 = (rng.integers(-9, 10, n).astype(float) for n in (6, 3))
two = ops.linear(ops.linear(X, W1, b1)[0], W2, b2)[0]
print("equal to the last digit:", np.array_equal(two, X @ (W1 @ W2) + (b1 @ W2 + b2)))

# %%
W, b = np.eye(128), np.zeros(128)
for layer in base:
    W, b = W @ layer.W.data, b @ layer.W.data + layer.b.data
rows = data.X_test[:1000]
print(f"one layer:    {W.size + b.size:,} numbers, W is {W.shape}")
print("same outputs:", np.allclose(base(rows).data, rows @ W + b, atol=1e-3))

# %% [markdown]
# So the report's base model is chapter 03's single layer, written in a hundred thousand numbers. Its
# accuracy, 0.400, says what one layer can do.
#
# The way out: between the layers, a function that is *not* linear. Report B's (4) is
# $a_j = f(y_j)$, the same $f$ for every number $y_j$ of a layer; for a batch $A = f(Y)$, element by
# element. Report A (2.4.4): so "more complex decision boundaries can be formed". How complex?

# %% [markdown]
# ## Draw with k units
#
# Two numbers in, one hidden layer of $k$ units, two classes out. Every move of a slider trains such a
# network for 250 steps. Dashed: for each unit the line on which its $y_j$ is 0.
#
# **Predict first**:
#
# 1. What can the network draw without an activation, as $k$ grows?
# 2. How many ReLU units does it take to enclose the inner circle?
# 3. What does the border look like with ReLU, what with tanh?

# %%
draw = np.random.default_rng(0)
TOYS = {"circles": circles(200, 0.08, draw), "moons": moons(200, 0.1, draw)}
NAMES = {"none": None, "ReLU": "relu", "tanh": "tanh", "GELU": "gelu"}


@functools.cache
def drawn(toy, activation, k, seed):
    """A network 2-k-2 after 250 steps on the whole toy."""
    net = models.mlp((2, k, 2), rng=np.random.default_rng(seed), activation=NAMES[activation])
    plan = {"epochs": 250, "batch_size": 200, "rng": np.random.default_rng(0)}
    for _ in training_steps(net, *TOYS[toy], optimizer=Adam(net.parameters(), lr=0.1), **plan):
        pass
    return net


def right(net, toy):
    points, kind = TOYS[toy]
    return np.mean(net(points).data.argmax(axis=1) == kind)


# %%
side = np.linspace(-1.7, 2.3, 80)
grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2).astype(np.float32)
fig, ax = subplots(width=5.4, height=4.6)
ground = ax.imshow(np.zeros((80, 80)), cmap="RdBu", vmin=-0.5, vmax=1.5, origin="lower")
ground.set_extent((-1.7, 2.3, -1.7, 2.3))
kinks = [ax.plot([], [], color="black", lw=1, ls="--")[0] for _ in range(12)]
dots = [ax.plot([], [], ls="", marker=MARKERS[c], mec="white", ms=6)[0] for c in (0, 1)]
dots[0].set_color("#8B1A1A")
dots[1].set_color("#08306B")
ax.set(xlim=(-1.7, 2.3), ylim=(-1.7, 2.3), xlabel="feature 1", ylabel="feature 2")
ax.grid(False)


# %%
def border(toy, activation, k, seed):
    net = drawn(toy, activation, k, seed)
    scores = net(grid).data
    ground.set_data((scores[:, 1] > scores[:, 0]).reshape(80, 80))
    for c, artist in enumerate(dots):
        artist.set_data(*TOYS[toy][0][TOYS[toy][1] == c].T)
    for j, line in enumerate(kinks):
        line.set_data([], [])
        if j < k and activation != "none":
            w, b = net[0].W.data[:, j], net[0].b.data[j]
            foot, along = -b * w / (w @ w), np.array([-w[1], w[0]]) / np.linalg.norm(w)
            line.set_data(*np.stack([foot - 9 * along, foot + 9 * along]).T)
    ax.set_title(f"k = {k}, {activation}: {right(net, toy):.0%} right")
    return fig


# %%
Explorer(
    border,
    alt="The plane in two colours, what a network of k hidden units takes for each class, with the "
    "points of both classes and a dashed line where each unit's input is zero.",
    toy=choice("points", list(TOYS)),
    activation=choice("activation", list(NAMES), value="ReLU"),
    k=slider("hidden units k", 1, 12),
    seed=slider("another start", 0, 9),
)

# %% [markdown]
# 1. One straight line, with 1 unit or 12.
# 2. Three, if the start is lucky. Ten starts each:

# %%
print("every point right, of ten starts")
for k in (1, 2, 3, 8):
    found = [right(drawn("circles", "ReLU", k, seed), "circles") == 1 for seed in range(10)]
    print(f"{k} ReLU units:", "all" if all(found) else "some" if any(found) else "none")

# %% [markdown]
# 3. With ReLU it has straight pieces. Between the dashed lines each unit is either off (0) or passes
#    its $y_j$ on: there the network is linear, and the border can bend only *at* a dashed line. With
#    tanh it bends smoothly.
#
# Spare units make training easier: with three, some starts fail.
#
# <details><summary>Why two ReLU units cannot do it</summary>
#
# The difference of the two scores is $c + v_1\,\text{relu}(y_1) + v_2\,\text{relu}(y_2)$. Say it is
# negative inside the circle and positive far away in every direction. If the two dashed lines
# cross, there is a wedge where both units are off, which reaches to infinity: so $c > 0$. Far out
# where only unit 1 is on, the difference is $c + v_1 y_1$ with $y_1$ as large as you like: so
# $v_1 \ge 0$. Likewise $v_2 \ge 0$. Then it is nowhere negative. (Parallel lines: it depends on one
# direction only, and the border is one or more straight lines.)
#
# </details>

# %% [markdown]
# ## Meet the five
#
# From here on $x$ goes into an activation and $y = f(x)$ comes out, as in the library's code.
# Training needs the slope $f'(x)$. It can be *measured*: the chord through the curve at $x - h$ and
# $x + h$ has the slope
#
# $$
# \frac{f(x + h) - f(x - h)}{2h}
# $$
#
# **Predict first**:
#
# 1. How large does the sigmoid's slope get, at most?
# 2. Which of the five has a slope above 1? Which one below 0?
# 3. For ReLU at $x = 0$: what does the chord say as $h$ shrinks?
#
# (Leaky ReLU has $a = 0.1$ here, so that you can see it.)

# %%
F = {
    "sigmoid": activations.sigmoid,
    "tanh": activations.tanh,
    "ReLU": activations.relu,
    "leaky ReLU": functools.partial(activations.leaky_relu, negative_slope=0.1),
    "GELU": activations.gelu,
}
axis = np.linspace(-5, 5, 501)


def value(f, x):
    return f(np.array(x, dtype=float))[0]


def slope(f, x):
    x = np.array(x, dtype=float)
    return f(x)[1](np.ones_like(x))


# %%
fig2, (left2, right2) = subplots(1, 2, width=8.2, height=3.6)
(curve,) = left2.plot(axis, axis, **LINES[0])
(chord,) = left2.plot([], [], **LINES[1], marker=MARKERS[1], ms=5, label="chord")
(touch,) = left2.plot([], [], **LINES[2], label="tangent")
(steep,) = right2.plot(axis, axis, **LINES[0], label="slope f'(x)")
(claimed,) = right2.plot([], [], ls="", marker=MARKERS[0], ms=9, color=LINES[0]["color"])
(seen,) = right2.plot([], [], ls="", marker=MARKERS[1], ms=5, color=LINES[1]["color"])
seen.set_label("slope of the chord")
left2.set(xlabel="x", ylabel="y = f(x)", yticks=range(-1, 6))
right2.set(xlabel="x", ylabel="slope", ylim=(-0.3, 1.6), yticks=(0, 0.25, 0.5, 0.75, 1))
for panel in (left2, right2):
    panel.legend(fontsize=9, loc="upper left")


# %%
def tangent(activation, x, h):
    f, x = F[activation], round(x, 1)
    left2.set_ylim(-1.5, 1.6 if activation in ("sigmoid", "tanh") else 5.3)
    ends = np.array([x - h, x + h])
    curve.set_ydata(value(f, axis))
    chord.set_data(ends, value(f, ends))
    steep.set_ydata(slope(f, axis))
    near = np.array([x - 1.5, x + 1.5])
    touch.set_data(near, value(f, x) + slope(f, x) * (near - x))
    measured = np.diff(value(f, ends))[0] / (2 * h)
    claimed.set_data([x], [slope(f, x)])
    seen.set_data([x], [measured])
    left2.set_title(f"{activation} at x = {x:.1f}")
    right2.set_title(f"slope {slope(f, x):.3f}, chord {measured:.3f}")
    return fig2


# %%
Explorer(
    tangent,
    alt="Left: the curve of an activation with a chord and a tangent. Right: its slope at every x, "
    "and at the chosen x the slope by formula (circle) and that of the chord (square).",
    activation=choice("activation", list(F), value="ReLU"),
    x=slider("x", -3.0, 3.0, value=1.0, step=0.1),
    h=log_slider("h", 0.01, 2, value=1.0),
)

# %% [markdown]
# 1. 1/4, at $x = 0$.
# 2. Only GELU, both times.
# 3. Always 1/2, however small $h$ is: half of the chord lies on each side of the kink. ReLU has no
#    slope at 0, only 0 on its left and 1 on its right.

# %% [markdown]
# ## Derive how gradients pass
#
# Let $X$ be what goes into the activation and $Y = f(X)$. The number $x_{kj}$ moves one single
# output, $y_{kj}$. So the chain rule's sum has one term,
#
# $$
# \frac{\partial L}{\partial x_{kj}} = \frac{\partial L}{\partial y_{kj}}\, f'(x_{kj}),
# \qquad\text{or}\qquad
# \underset{(n,\,d)}{dX} = \underset{(n,\,d)}{dY} \odot \underset{(n,\,d)}{f'(X)}
# $$
#
# What is left is $f'$, five times. The check under each has a random $dY$, and random points that
# keep away from the kink at 0:


# %%
def check(f):
    x = rng.choice([-1, 1], (6, 5)) * rng.uniform(0.1, 4, (6, 5))
    error = gradient_errors(f, x, rng=rng)[0]
    print("agrees with finite differences to 7 digits:", error < 1e-7)


# %% [markdown]
# ## Derive the sigmoid's slope
#
# Report B's (12), `eq:sigmoid` in the library:
#
# $$
# \sigma(x) = \frac{1}{1 + e^{-x}} = (1 + e^{-x})^{-1}
# $$
#
# The chain rule, once for the power and once for $e^{-x}$:
#
# $$
# \sigma'(x) = -(1 + e^{-x})^{-2} \cdot (-e^{-x}) = \frac{e^{-x}}{(1 + e^{-x})^2}
# $$
#
# Split it into two factors. One is $\sigma$, the other $1 - \sigma$:
#
# $$
# \frac{1}{1 + e^{-x}} \cdot \frac{e^{-x}}{1 + e^{-x}},
# \qquad
# 1 - \sigma(x) = \frac{1 + e^{-x} - 1}{1 + e^{-x}} = \frac{e^{-x}}{1 + e^{-x}}
# $$
#
# So with $y = \sigma(x)$ (`eq:sigmoid-backward`)
#
# $$
# \sigma'(x) = y\,(1 - y)
# $$
#
# Report B's (13) has both forms, and both are right. The short one needs the output alone, and shows
# that the slope is at most 1/4, at $y = 1/2$. The long one has a trap: for $x = -1000$ NumPy makes
# infinity of $e^{1000}$, with a warning.

# %%
e = math.inf  # what np.exp(1000.0) gives
print("(12) at x = -1000:        ", 1 / (1 + e))
print("(13), the long form:      ", e / (1 + e) ** 2)
print("the library, y and slope: ", value(activations.sigmoid, -1000), end=" ")
print(slope(activations.sigmoid, -1000))

# %% [markdown]
# For $x < 0$ multiply (12) above and below by $e^x$:
#
# $$
# \sigma(x) = \frac{e^{x}}{1 + e^{x}}
# $$
#
# Choose the form by the sign of $x$, and the exponent is $-|x|$ in both: nothing can overflow.

# %%
show_source(activations.sigmoid)

# %%
check(activations.sigmoid)

# %% [markdown]
# ## Derive tanh's slope
#
# Report B's (14), `eq:tanh`. Write $s = e^x - e^{-x}$ and $c = e^x + e^{-x}$. Then $s' = c$ and
# $c' = s$, and
#
# $$
# \begin{aligned}
# \tanh(x) &= \frac{s}{c} \\
# \tanh'(x) &= \frac{s' c - s\,c'}{c^2} = \frac{c^2 - s^2}{c^2} = 1 - \tanh^2(x)
# \end{aligned}
# $$
#
# That is (15), `eq:tanh-backward`: $1 - y^2$, again made of the output alone.

# %%
show_source(activations.tanh)

# %%
check(activations.tanh)
same = np.allclose(np.tanh(axis), 2 * value(activations.sigmoid, 2 * axis) - 1)
print("tanh(x) = 2 σ(2x) - 1:", same)

# %% [markdown]
# So tanh is the sigmoid, stretched: its slope at 0 is 1, not 1/4, and its outputs lie around 0. (A
# unit whose inputs are all positive, as after a sigmoid, is pushed by each example with all weights
# up or all down: $dW_{ij} = x_i\,dY_j$. That will matter below.)
#
# Report B has tanh "amplifying the effect of features as the training progresses".
# **Predict first**: can it amplify anything?

# %%
for x in (0.1, 1.0, 3.0):
    print(f"x = {x}: |tanh x| / |x| = {abs(np.tanh(x)) / x:.2f}")

# %% [markdown]
# No. A slope of at most 1 means $|\tanh x| \le |x|$: small numbers pass, large ones are
# squeezed. What may grow in training is $W$.

# %% [markdown]
# ## Derive ReLU's and leaky ReLU's slopes
#
# Report B's (16), report A's 2.4.4 (`eq:relu`), and report B's (17), `eq:relu-backward`:
#
# $$
# y = \max(0, x), \qquad
# f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}
# $$
#
# Where $x > 0$, $y = x$; where $x < 0$, $y$ is constant. At 0 there is no slope, as you saw; (17)
# *chooses* 0. Any number from 0 to 1 would do: it is called a subgradient.
#
# Leaky ReLU, (18) and (19), `eq:leaky-relu` and `eq:leaky-relu-backward`, keeps a small slope $a$
# on the left:
#
# $$
# y = \begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases} \qquad
# f'(x) = \begin{cases} 1 & x > 0 \\ a & x \le 0 \end{cases}
# $$

# %%
show_source(activations.relu, activations.leaky_relu)

# %%
check(activations.relu)
check(activations.leaky_relu)

# %% [markdown]
# Finite differences do not know about the choice at 0. **Predict first**: of 10,000 standard
# normal numbers, how many are "wrong" with $h = 0.001$?

# %%
x, h = rng.normal(size=10_000), 1e-3
measured = (value(activations.relu, x + h) - value(activations.relu, x - h)) / (2 * h)
wrong = np.abs(measured - slope(activations.relu, x)) > 1e-6
print("wrong:", wrong.sum(), "  closer to 0 than h:", np.sum(np.abs(x) < h))
print(f"expected: 10,000 × 2h × density at 0 = {10_000 * 2 * h * norm.pdf(0):.1f}")

# %% [markdown]
# A few false alarms, all at the kink. With $h = 10^{-6}$ they are a thousand times rarer.
#
# Report B says that leaky ReLU's "inconsistency in function intervals", its two slopes, means it
# "cannot uniformly predict relationships" on both sides. But the two slopes are the point: with equal
# ones, $a = 1$, it is $y = x$, and the layers collapse.

# %% [markdown]
# ## Derive GELU's slope
#
# ReLU multiplies $x$ by 0 or 1. Take instead a *probability*: let $Z$ be a standard normal number,
# and keep $x$ if $Z \le x$. With $\Phi(x) = P(Z \le x)$, what is left is **on average**
#
# $$
# \begin{aligned}
# \text{GELU}(x) &= x\,\Phi(x) \\
# \Phi(x) &= \int_{-\infty}^{x} \varphi(u)\,du, \qquad
# \varphi(u) = \frac{1}{\sqrt{2\pi}}\,e^{-u^2/2}
# \end{aligned}
# $$
#
# (`eq:gelu`). To compute $\Phi$, cut the integral at 0, where it is one half, and set
# $u = \sqrt2\,t$, $du = \sqrt2\,dt$:
#
# $$
# \Phi(x) = \frac12 + \frac{1}{\sqrt\pi} \int_0^{x/\sqrt2} e^{-t^2}\,dt
# = \frac12\left[1 + \text{erf}\!\left(\frac{x}{\sqrt2}\right)\right]
# $$
#
# These are report B's (20) to (22). It prints them so (one letter is a slip and one a bad choice:
# exercise 6):
#
# $$
# \begin{aligned}
# GELU(x) &= x \cdot \phi(x) = x \cdot \tfrac12
# \left[1 + erf\left(\tfrac{x}{\sqrt2}\right)\right] & (20) \\
# erf(x) &= \frac{2}{\sqrt{\pi}} \int_0^x e^{-x^2} dx & (21) \\
# \phi(x) &= \tfrac12 \left[1 + erf\left(\tfrac{x}{\sqrt2}\right)\right] & (22)
# \end{aligned}
# $$
#
# **The slope.** $x$ stands in both factors of $x\,\Phi(x)$. By the product rule, with
# $\Phi' = \varphi$ (the slope of an integral is what is integrated):
#
# $$
# \text{GELU}'(x) = \Phi(x) + x\,\varphi(x)
# $$
#
# (`eq:gelu-backward`). Report B prints it written out:
#
# $$
# GELU'(x) = \frac12 \left[1 + erf\left(\frac{x}{\sqrt2}\right)\right]
# + x \cdot \frac{1}{\sqrt{2\pi}}\,e^{-\frac{x^2}{2}} \qquad (23)
# $$

# %%
show_source(activations.gelu)

# %%
check(activations.gelu)
x = axis[axis != 0]
printed = 0.5 * (1 + erf(x / 2**0.5)) + x / (2 * np.pi) ** 0.5 * np.exp(-(x**2) / 2)
print("(23) as printed is the library's slope:", np.allclose(printed, slope(activations.gelu, x)))

# %% [markdown]
# Where is the slope largest? $\varphi'(x) = -x\,\varphi(x)$, so its own slope is
# $\varphi(x)\,(2 - x^2)$: zero at $x = \pm\sqrt2$.

# %%
for x in (2**0.5, -(2**0.5)):
    print(f"slope at x = {x:5.2f}: {slope(activations.gelu, x):5.2f}")

# %% [markdown]
# Report B says GELU "modulates the inputs by zero or one but with a masking mechanism that is
# randomly determined". **Predict first**: does GELU of the same $x$ give the same $y$ twice?

# %%
x, Z = np.array([-1.0, -0.3, 0.5, 2.0]), rng.normal(size=(1_000_000, 1))
masked = np.mean(x * (x >= Z), axis=0)
print(
    "mean of a million masks is GELU:", np.allclose(masked, value(activations.gelu, x), atol=0.01)
)
print("GELU gives the same twice:      ", np.array_equal(*(activations.gelu(x)[0] for _ in "12")))

# %% [markdown]
# It does. The mask is the *idea*, GELU is its mean. Dropout (chapter 11) is what draws masks.

# %% [markdown]
# ## Find GELU's other form
#
# There is a second form, with tanh (Hendrycks & Gimpel 2016; `eq:gelu-tanh`):
#
# $$
# \Phi(x) \approx \tfrac12 \left[1 + \tanh\!\left(\sqrt{2/\pi}\,(x + k\,x^3)\right)\right],
# \qquad k = 0.044715
# $$
#
# Where do the numbers come from? We want $\text{erf}(x/\sqrt2) \approx \tanh(u)$, so
# $u = \text{artanh}(\text{erf}(x/\sqrt2))$. Their series are, with $c = \sqrt{2/\pi}$,
#
# $$
# \text{erf}\!\left(\tfrac{x}{\sqrt2}\right) = c\left(x - \tfrac{x^3}{6} + \dots\right), \qquad
# \text{artanh}(e) = e + \tfrac{e^3}{3} + \dots
# $$
#
# One into the other, up to $x^3$:
#
# $$
# u = c\left(x - \tfrac{x^3}{6}\right) + \tfrac{c^3 x^3}{3} + \dots
# = c\left(x + \left(\tfrac{c^2}{3} - \tfrac16\right) x^3 + \dots\right)
# $$

# %%
print(f"c² / 3 - 1/6 = {2 / np.pi / 3 - 1 / 6:.5f}")

# %% [markdown]
# Close to 0.044715, but not the same. The series is best near 0.
#
# **Predict first**: which $k$ makes the largest error least: the series' one, the published one, or
# neither?

# %%
wide = np.linspace(-6, 6, 1201)
exact = wide * ndtr(wide)


def tanh_error(k):
    u = np.sqrt(2 / np.pi) * (wide + k * wide**3)
    return np.abs(wide * 0.5 * (1 + np.tanh(u)) - exact)


single = activations.gelu(wide.astype(np.float32))[0]
rounding = np.abs(single - wide.astype(np.float32) * ndtr(wide.astype(np.float32), dtype=float))

# %%
fig3, ax3 = subplots(width=7, height=3.8)
(error_line,) = ax3.plot(wide, tanh_error(0.044715), **LINES[0], label="the tanh form")
ax3.plot(
    wide, np.maximum(rounding, 1e-12), **LINES[1], lw=1, label="the library's erf form, float32"
)
top = ax3.axhline(1e-3, color="black", lw=1, ls=":", label="largest error of the tanh form")
ax3.set(xlabel="x", ylabel="|error|", yscale="log", ylim=(1e-10, 1e-1))
ax3.legend(fontsize=9, loc="upper center", ncols=2)
ax3.minorticks_off()


# %%
def coefficient(k):
    error = tanh_error(k)
    error_line.set_ydata(np.maximum(error, 1e-12))
    top.set_ydata([error.max()] * 2)
    ax3.set_title(
        f"k = {k:.4f}: largest error {error.max():.2e}, at x = {wide[error.argmax()]:.2f}"
    )
    return fig3


# %%
Explorer(
    coefficient,
    alt="Errors on a logarithmic axis against x: lobes of the tanh form, near 1e-4, and far below "
    "them the rounding errors of the float32 form; a dotted line at the largest.",
    k=slider("k", 0.04, 0.05, value=0.0455, step=0.0001, form=".4f"),
)

# %%
tries = np.arange(400, 501) / 10_000
best = min(tries, key=lambda k: tanh_error(k).max())
for name, k in (("series", 2 / np.pi / 3 - 1 / 6), ("published", 0.044715), ("best", best)):
    print(f"{name:9} k = {k:.4f}: largest error {tanh_error(k).max():.1e}")
print("the float32 form stays below 1e-6:", rounding.max() < 1e-6)

# %% [markdown]
# Neither. The series is good near 0 and knows nothing of $\pm2.5$. The published number is better, and
# still not best for the *largest* error. With more terms only rounding is left: so the library
# computes its exact form in float32 (`fast.normal_cdf`).
#
# The tanh form has a slope of its own. To mix one form with the other's slope is a fault you will
# meet below.

# %%
check(functools.partial(activations.gelu, approximate="tanh"))

# %% [markdown]
# ## Multiply slopes through layers
#
# On its way back a gradient meets one slope in each layer. Follow a single path, with all weights 1.
# Say the number $x$ that goes into each activation is normal, with some mean and deviation (grey,
# left), independent in each layer. Then a gradient's typical size (rms) after $L$ layers is
# $\sqrt{E[f'(x)^2]}^{\,L}$.
#
# **Predict first**: at mean 0,
#
# 1. which activations keep gradients if $x$ is small? Which if it is large?
# 2. How does ReLU's line change with the deviation?
# 3. What happens to ReLU's line if you move the mean to $-3$?

# %%
normal = norm.ppf((np.arange(1000) + 0.5) / 1000)
depth = np.arange(1, 21)
fig4, (left4, right4) = subplots(1, 2, width=8.2, height=3.9)
bell = left4.plot(axis, axis, color="#999999", lw=4, alpha=0.6, label="where x lies")[0]
for style, (name, f) in zip(LINES, F.items(), strict=False):
    left4.plot(axis, slope(f, axis), **style, label=name)
paths = [right4.plot(depth, 0.5**depth, **style)[0] for style in LINES[: len(F)]]
left4.set(xlabel="x", ylabel="slope", ylim=(-0.2, 1.9), yticks=(0, 0.25, 0.5, 0.75, 1))
left4.legend(fontsize=8.5, ncols=2, loc="upper left")
right4.set(xlabel="layers", ylabel="size of the product", yscale="log", ylim=(1e-14, 1e2))
right4.set_yticks([1e-12, 1e-8, 1e-4, 1])
right4.minorticks_off()


# %%
def factor(f, mean, deviation):
    """By how much one layer's slope multiplies a gradient's rms."""
    return np.sqrt(np.mean(slope(f, mean + deviation * normal) ** 2))


def through(mean, deviation):
    density = norm.pdf(axis, mean, deviation)
    bell.set_ydata(density / density.max())
    for path, f in zip(paths, F.values(), strict=True):
        path.set_ydata(np.maximum(factor(f, mean, deviation), 1e-9) ** depth)
    right4.set_title(f"x: mean {mean:.1f}, deviation {deviation:.2g}")
    return fig4


# %%
Explorer(
    through,
    alt="Left: the slopes of the five activations and where x lies. Right: the size of a product "
    "of slopes against the number of layers, on a logarithmic axis, one line for each.",
    mean=slider("mean of x", -3.0, 3.0, value=0.0, step=0.5),
    deviation=log_slider("deviation of x", 0.1, 10, value=1.0),
)

# %%
print("size after 10 layers   x: 0.1       1      10")
for name, f in F.items():
    print(f"{name:20}" + "".join(f"{factor(f, 0, s) ** 10:8.0e}" for s in (0.1, 1, 10)))

# %% [markdown]
# 1. **tanh** keeps them if $x$ is small, and loses them if it is large: it *saturates*. The
#    **sigmoid** loses them always, a factor of 4 a layer at best. **GELU** does with small $x$ as a
#    linear layer of slope 1/2 would.
# 2. **ReLU**'s does not change at all, which is its strength. But it is not level: half of its slopes
#    are 0, and it loses a factor of $\sqrt2$ a layer, for which the weights must make up (chapter
#    07). Report B says slopes "consistently" 0 or 1 give "a robust gradient flow". The 1 does; the 0
#    gives none.
# 3. It falls steeply: nearly all slopes are 0. Only **leaky ReLU** has a floor: no layer takes
#    away more than a factor of $a$.

# %% [markdown]
# ## Watch units die
#
# A ReLU unit whose $x$ is below 0 for *every* example has slope 0 for every example. Its column of
# $dW$ is 0, and it stays where it is: it is **dead**. (Off for *some* examples is normal: that is
# how it draws.) One step that is too large can do it.
#
# Networks 128-64-64-10, 100 steps, momentum 0.9, seven learning rates, five seeds. After every ten
# steps: for which share of 500 examples is the $x$ of each hidden unit above 0?

# %%
scale = np.float32(data.X_train.std())
X, y = data.X_train[:6400] / scale, data.y_train[:6400]


def share_on(net, rows=X):
    """For each hidden unit the share of the first 500 rows for which its x is above 0."""
    A, shares = rows[:500].astype(np.float64), []
    for module in net[:-1]:
        if isinstance(module, Linear):
            x = A @ module.W.data + module.b.data
            shares.append(np.mean(x > 0, axis=0))
        else:
            A = module.operation(x, **module.settings)[0]
    return np.concatenate(shares)


# %%
LIVE = {"ReLU": "relu", "leaky ReLU": "leaky_relu", "GELU": "gelu"}
RATES = (0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5)


def live(name, rate, seed, rows=X):
    """(shares after every ten steps, losses, network); a last loss of infinity: it ran away."""
    rng = np.random.default_rng(seed)
    net = models.mlp((128, 64, 64, 10), rng=rng, activation=LIVE[name])
    optimizer = SGD(net.parameters(), lr=rate, momentum=0.9)
    shares, losses = [share_on(net, rows)], []
    plan = {"optimizer": optimizer, "epochs": 1, "batch_size": 64, "rng": rng}
    try:
        for step in training_steps(net, rows, y, **plan):
            losses.append(step.loss if step.loss < 1e6 else np.inf)
            if losses[-1] == np.inf:
                break
            if step.number % 10 == 9:
                shares.append(share_on(net, rows))
    except TrainingDiverged:
        losses.append(np.inf)
    return shares, losses, net


# %%
lives = {(n, r, s): live(n, r, s) for n in LIVE for r in RATES for s in range(5)}

# %% [markdown]
# **Predict first**:
#
# 1. Do all units die together, or one by one? In which layer first?
# 2. Can a dead unit come back?
# 3. Leaky ReLU's units cannot die. Does that save the training, at rates where ReLU's is lost?

# %%
fig5, (left5, right5) = subplots(1, 2, width=8.2, height=3.6)
(some,) = left5.plot([], [], ls="", marker="o", ms=4, color=LINES[0]["color"], label="on for some")
(never,) = left5.plot([], [], ls="", marker="X", ms=6, color=LINES[1]["color"], label="off for all")
left5.axvline(64.5, color="black", lw=1)
left5.set(xlabel="unit (layer 1 | layer 2)", ylabel="share of examples", xlim=(0, 129))
left5.set(ylim=(-0.06, 1.25), yticks=(0, 0.5, 1))
left5.legend(fontsize=9, loc="upper center", ncols=2)
(fall,) = right5.plot([], [], **LINES[0])
now = right5.axvline(0, color="black", lw=1)
right5.axhline(np.log(10), color="black", lw=1.5, ls=":")
right5.text(99, np.log(10) + 0.04, "ln 10: guessing", ha="right", va="bottom", fontsize=10)
_ = right5.set(xlabel="step", ylabel="loss, mean of 5 steps", xlim=(0, 100), ylim=(1.5, 4))


# %%
def watch(name, rate, step, seed):
    shares, losses, _ = lives[name, rate, seed]
    on = shares[min(step // 10, len(shares) - 1)]
    unit = np.arange(1, 129)
    some.set_data(unit[on > 0], on[on > 0])
    never.set_data(unit[on == 0], on[on == 0])
    padded = np.minimum(np.pad(losses, (2, 2), mode="edge"), 3.97)
    fall.set_data(range(len(losses)), np.convolve(padded, np.ones(5) / 5, mode="valid"))
    now.set_xdata([step, step])
    left5.set_title(f"step {step}: {np.sum(on == 0)} of 128 off for all", fontsize=11)
    end = f"ran away at step {len(losses)}" if losses[-1] == np.inf else ""
    right5.set_title(f"{name}, rate {rate:g}  {end}", fontsize=11)
    return fig5


# %%
Explorer(
    watch,
    alt="Left: for each of 128 hidden units the share of examples for which it is on, with a cross "
    "where there is none. Right: the loss and a line at the step shown.",
    name=choice("activation", list(LIVE)),
    rate=choice("learning rate", RATES),
    step=slider("step", 0, 100, value=100, step=10),
    seed=slider("seed", 0, 4),
)

# %% [markdown]
# The same for all seeds:

# %%
fig6, (left6, right6) = subplots(1, 2, width=8.2, height=3.6)
for i, name in enumerate(LIVE):
    for panel, measure in (
        (left6, lambda shares, losses: np.mean(shares[-1] == 0) + 0 * losses[-1]),
        (right6, lambda shares, losses: min(np.mean(losses[-20:]), 3.0)),
    ):
        found = [[measure(*lives[name, rate, s][:2]) for s in range(5)] for rate in RATES]
        mean, half = np.array([records.interval(five) for five in found]).T
        style = {"marker": MARKERS[i], "ms": 5, "capsize": 3, "label": name}
        panel.errorbar(np.array(RATES) * 1.05 ** (i - 1), mean, half, **LINES[i], **style)
right6.axhline(np.log(10), color="black", lw=1.5, ls=":")
left6.axhline(0.5, color="black", lw=1, ls=":")
left6.text(0.01, 0.52, "all of layer 2", va="bottom", fontsize=10)
left6.set(ylabel="share of units off for all", ylim=(-0.03, 1))
right6.set(ylabel="loss of the last 20 steps", ylim=(1.7, 3.05), yticks=(2, 2.5, 3))
right6.set_yticklabels(["2", "2.5", "ran\naway"])
for panel in (left6, right6):
    panel.set(xlabel="learning rate", xscale="log")
left6.legend(fontsize=9, loc="upper left")
show(
    fig6,
    "Mean and 95% interval of five seeds against the learning rate. Left: from 0.1 on, more and "
    "more units are off for all examples. Right: ReLU and GELU come to rest at guessing; leaky "
    "ReLU goes on learning a while longer, then runs away.",
)


# %%
def verdict(differences):
    """What a 95% interval over seeds says about the claim that the mean is above 0."""
    mean, half = records.interval(differences)
    return "holds" if mean > half else "does not hold" if mean < -half else "within noise"


def final(name, rate):
    return np.array([min(np.mean(lives[name, rate, s][1][-20:]), 3.0) for s in range(5)])


claim = verdict(final("ReLU", 0.25) - final("leaky ReLU", 0.25))
print(f"rate 0.25: leaky ReLU ends with a lower loss than ReLU: {claim}")
for name in ("ReLU", "leaky ReLU"):
    away = sum(lives[name, 0.5, s][1][-1] == np.inf for s in range(5))
    print(f"rate 0.5:  {name:10} runs away in {away} of 5 runs")

# %%
lived = [np.array(lives["ReLU", rate, s][0]) for rate in RATES for s in range(5)]
returned = [np.any((shares[:-1] == 0) & (shares[1:] > 0)) for shares in lived]
print("in some runs ReLU units that were off for all came back:", any(returned))
print("in some runs a unit of layer 1 was off for all at the end:", end=" ")
print(any(np.any(shares[-1, :64] == 0) for shares in lived))

# %% [markdown]
# 1. They go one by one, and in layer 2. Once *all* of layer 2 is dead no gradient reaches layer 1,
#    whose units stay as they are. Nothing but the last bias still learns: the loss is that of
#    guessing.
# 2. Some do, as long as others live: in layer 2 the inputs still move, and momentum carries on for
#    a while (chapter 09). Or they were on for an example outside our 500.
# 3. In a window: at 0.25 it still learns, with almost as many units off. Above that it runs away
#    where ReLU falls silent: death had acted as a fuse. And GELU, whose slope is nearly 0 far out on
#    the left, dies like ReLU.
#
# Why layer 2? Its inputs come from ReLU and are never negative. A step that pushes a unit's weights
# down lowers its $x$ for *all* examples. The features that layer 1 sees have mean 0: what lowers $x$
# for some raises it for others.
#
# **Predict first**: if this is the reason, what happens if we add 1 to every feature? That makes them
# larger too, by a factor of $\sqrt2$, so we also try the factor alone.

# %%
print("runs in which of layer 1   no unit is dead   a quarter or more")
for name, rows in (
    ("features", X),
    ("features × √2", X * np.sqrt(np.float32(2))),
    ("features + 1", X + np.float32(1)),
):
    dead = [np.mean(live("ReLU", 0.1, s, rows)[0][-1][:64] == 0) for s in range(5)]
    many = sum(share >= 0.25 for share in dead)
    print(f"{name:14}{dead.count(0):20} of 5 {many:13} of 5")

# %% [markdown]
# It is their mean, not their size. So centring the features (chapter 02) also keeps units alive.
#
# Report B says leaky ReLU "rectifies the dying neuron issue". In the gradients it does:

# %%
for name in ("ReLU", "leaky ReLU"):
    net = lives[name, 0.2, 0][2]
    cross_entropy(net(X[:500]), y[:500]).backward()
    off = share_on(net)[64:] == 0
    moved = np.any(net[2].W.grad[:, off], axis=0)
    print(f"{name:10} units off for all in layer 2: {'some' if off.any() else 'none'};", end=" ")
    print(f"with a gradient: {'all' if moved.all() else moved.sum()}")

# %% [markdown]
# ## Re-test a claim: GELU is best
#
# Report B's table 12 compares five activations in its best network, one run each: GELU 0.581, ReLU
# and leaky ReLU 0.571, tanh 0.566, sigmoid 0.547. All at one learning rate.
#
# Here a small version: 128-64-10, 6,400 examples, 6 epochs of plain SGD, accuracy on 20,000 other
# examples. Five seeds; in each, all start from the same weights and see the same batches. And *two*
# learning rates. Beside them no activation at all (the report's table 10: 0.400 without, 0.559 with
# GELU).
#
# **Predict first**: which of the four steps in GELU > ReLU = leaky ReLU > tanh > sigmoid will hold at
# both rates?

# %%
others = data.X_train[-20_000:] / scale, data.y_train[-20_000:]
ARMS = (None, *models.ACTIVATIONS)


def accuracy(activation, rate, seed):
    net = models.mlp((128, 64, 10), rng=np.random.default_rng(seed), activation=activation)
    plan = {"epochs": 6, "batch_size": 64, "rng": np.random.default_rng(100 + seed)}
    for _ in training_steps(net, X, y, optimizer=SGD(net.parameters(), lr=rate), **plan):
        pass
    return np.mean(net(others[0]).data.argmax(axis=1) == others[1])


# %%
TWO = (0.05, 0.2)
score = {(a, r): np.array([accuracy(a, r, s) for s in range(5)]) for a in ARMS for r in TWO}

# %%
order = ("gelu", "relu", "leaky_relu", "tanh", "sigmoid", None)
fig7, ax7 = subplots(width=7, height=3.8)
for i, rate in enumerate(TWO):
    mean, half = np.array([records.interval(score[a, rate]) for a in order]).T
    style = {"color": LINES[i]["color"], "marker": MARKERS[i], "ls": "", "capsize": 4}
    ax7.errorbar(np.arange(6) + 0.2 * i, mean, half, **style, label=f"learning rate {rate}")
    for j, a in enumerate(order):
        five = score[a, rate]
        ax7.plot(np.full(5, j + 0.2 * i + 0.08), five, ".", ms=4, color=LINES[i]["color"])
ax7.set_xticks(np.arange(6) + 0.1, ["GELU", "ReLU", "leaky\nReLU", "tanh", "sigmoid", "none"])
ax7.set(ylabel="accuracy on other examples")
ax7.legend(fontsize=9, loc="lower left")
show(
    fig7,
    "Accuracy of six networks at two learning rates, with the mean and 95% interval of five seeds "
    "(small dots): GELU leads at both rates; sigmoid is last at the small one, level with tanh at "
    "the large one.",
)

# %%
STEPS = {"GELU > ReLU": ("gelu", "relu"), "ReLU > tanh": ("relu", "tanh")}
STEPS |= {"tanh > sigmoid": ("tanh", "sigmoid"), "GELU > none": ("gelu", None)}
print(f"{'claim':16}" + "".join(f"rate {rate:<12}" for rate in TWO))
for name, (a, b) in STEPS.items():
    print(f"{name:16}" + "".join(f"{verdict(score[a, r] - score[b, r]):17}" for r in TWO))
gaps = [records.interval(score["relu", r] - score["leaky_relu", r]) for r in TWO]
close = all(abs(mean) + half < 0.01 for mean, half in gaps)
print("ReLU and leaky ReLU differ by less than 0.01:", close)

# %% [markdown]
# GELU's lead over ReLU is small, and no accident of one run. The rest *depends on the learning rate*.
# A sigmoid passes a quarter of the gradient at best; at four times the rate it has caught up. At the
# small rate even GELU and no activation are within noise: too little training to tell. A table with
# one rate for all also measures which activation that rate suits.
#
# This is one hidden layer. Through more of them the sigmoid's quarter multiplies (above; chapter
# 07).

# %% [markdown]
# ## Break it
#
# Twelve derivatives, two of them right. In each of the others one thing is wrong.


# %%
def faulty(f, wrong=None):
    """f with the gradient wrong(x, y, dy) in place of its own."""

    def op(x):
        y, back = f(x)
        return y, (lambda dy: wrong(x, y, dy)) if wrong else back

    return op


# %%
sig, tanh, relu, gelu = (F[name] for name in ("sigmoid", "tanh", "ReLU", "GELU"))
mixed = functools.partial(activations.gelu, approximate="tanh")
FAULTS = {
    "ReLU, right": faulty(relu),
    "ReLU: dy forgotten": faulty(relu, lambda x, y, dy: 1.0 * (x > 0)),
    "ReLU: sign of dy": faulty(relu, lambda x, y, dy: dy * (dy > 0)),
    "leaky: swapped": faulty(F["leaky ReLU"], lambda x, y, dy: dy * np.where(x > 0, 0.1, 1)),
    "sigmoid: y(1 + y)": faulty(sig, lambda x, y, dy: dy * y * (1 + y)),
    "sigmoid: x(1 - x)": faulty(sig, lambda x, y, dy: dy * x * (1 - x)),
    "tanh: 1 - x²": faulty(tanh, lambda x, y, dy: dy * (1 - x**2)),
    "tanh: 1 - y": faulty(tanh, lambda x, y, dy: dy * (1 - y)),
    "GELU, right": faulty(gelu),
    "GELU: Φ alone": faulty(gelu, lambda x, y, dy: dy * ndtr(x)),
    "GELU: φ for Φ": faulty(gelu, lambda x, y, dy: dy * (1 + x) * norm.pdf(x)),
    "GELU: tanh's slope": faulty(gelu, lambda x, y, dy: mixed(x)[1](dy)),
}

# %% [markdown]
# Six checks. All but the last compare with finite differences:
#
# - **at 0**: at $x = 0$ only;
# - **at ±10**: at $x = -10$ and $x = 10$ only;
# - **dy = 1**: at random $x$, with all of $dY$ equal to 1, as `.sum()` gives;
# - **to 5%**: random $x$ and $dY$, but an error below 0.05 passes;
# - **strict**: random $x$ and $dY$, seven digits;
# - **trains**: a network 2-8-2 with this activation learns the moons: after 300 steps its loss is
#   below two thirds of $\ln 2$, the loss of guessing.


# %%
def off_by(op, x, dy):
    """The largest difference between claimed and measured gradient."""
    return np.abs(op(x)[1](dy) - numerical_gradient(lambda x: op(x)[0], x, dy)).max()


def trains(op):
    rng, (P, kind) = np.random.default_rng(0), TOYS["moons"]
    theta = [rng.normal(size=shape) for shape in ((2, 8), 8, (8, 2), 2)]
    losses = []
    while len(losses) < 300 and np.abs(theta[0]).max() < 1e4:
        Y, hidden_back = ops.linear(P.astype(float), *theta[:2])
        A, back = op(Y)
        loss, loss_back = cross_entropy(A @ theta[2] + theta[3], kind)
        losses.append(loss)
        dZ = loss_back(1.0)
        dY = back(dZ @ theta[2].T)
        gradients = (*hidden_back(dY)[1:], A.T @ dZ, dZ.sum(axis=0))
        theta = [w - 0.5 * dw for w, dw in zip(theta, gradients, strict=True)]
    return len(losses) == 300 and losses[-1] < np.log(2) * 2 / 3


# %%
rng = np.random.default_rng(1)
some_x = rng.choice([-1, 1], 40) * rng.uniform(0.1, 4, 40)
some_dy, one = rng.normal(size=40), np.ones(40)
zero, far = np.zeros(2), np.array([-10.0, 10.0])
CHECKS = {
    "at 0": lambda op: off_by(op, zero, some_dy[:2]) < 1e-6,
    "at ±10": lambda op: off_by(op, far, some_dy[:2]) < 1e-6,
    "dy = 1": lambda op: off_by(op, some_x, one) < 1e-6,
    "to 5%": lambda op: off_by(op, some_x, some_dy) < 0.05,
    "strict": lambda op: off_by(op, some_x, some_dy) < 1e-6,
    "trains": trains,
}
judged = {name: {c: check(op) for c, check in CHECKS.items()} for name, op in FAULTS.items()}

# %% [markdown]
# **Predict first**: which check accuses a derivative that is right? Which one judges all twelve
# correctly? And with how many of the ten faults does the network learn all the same?

# %%
fig8, ax8 = subplots(width=6.4, height=3.2)
(truth,) = ax8.plot(axis, axis, **LINES[0], label="true")
(told,) = ax8.plot(axis, axis, **LINES[1], label="claimed")
ax8.set(xlabel="x", ylabel="dx for dy = -1", ylim=(-2.2, 1.2))
_ = ax8.legend(fontsize=9, loc="lower left")


# %%
def judge(fault):
    minus = -np.ones_like(axis)
    name = {"s": "sigmoid", "t": "tanh", "R": "ReLU", "l": "leaky ReLU", "G": "GELU"}[fault[0]]
    truth.set_ydata(-slope(F[name], axis))
    told.set_ydata(FAULTS[fault](axis)[1](minus))
    ax8.set_title(fault)
    heads = "".join(f"<th>{check}</th>" for check in CHECKS)
    marks = "".join(f"<td><b>{'-' if ok else 'caught'}</b></td>" for ok in judged[fault].values())
    return fig8, f"<table><tr>{heads}</tr><tr>{marks}</tr></table>"


# %%
Explorer(
    judge,
    alt="The true gradient against x for dy = -1, and the one that the chosen derivative claims; "
    "below, a table of which checks catch it.",
    fault=choice("derivative", list(FAULTS), value="sigmoid: x(1 - x)"),
)

# %%
print(f"{'':19}" + "".join(f"{name:>7}" for name in CHECKS))
for fault, found in judged.items():
    print(f"{fault:19}" + "".join(f"{'-' if ok else 'caught':>7}" for ok in found.values()))

# %% [markdown]
# - **At 0** accuses the right ReLU, because of the kink, and passes four faults that happen to be
#   right there.
# - **At ±10** GELU's second term is gone, so nothing in it can be wrong. "Sign of dy" passes by luck:
#   at 10 this $dY$ is positive.
# - **dy = 1** cannot see that $dY$ was forgotten.
# - **To 5%** lets the other form's slope through.
# - **Strict**, at random points with random $dY$, is right twelve times.
# - **Trains** finds four of ten. A network learns with a wrong slope, as long as it points roughly
#   downhill: a falling loss proves little.

# %% [markdown]
# ## Steer it yourself
#
# One network, live: **Play** trains it, and each layer's activation is a control. **Predict
# first**: with sigmoid in both layers, how soon will the border bend? Then change one layer to
# ReLU; then both, at a learning rate of 1: watch the share of dead units.
# All controls: [chapter 23](23_play.ipynb).

# %%
Playground(data="circles", activations=["sigmoid", "sigmoid"])

# %% [markdown]
# <details><summary>What to see</summary>
#
# Two layers of sigmoid stay flat for hundreds of steps; a single ReLU shortens that much, and two
# bend the border within a few pictures. A rate of 1 may kill many ReLU units, a run of bad luck
# all of them: Reset with another seed.
#
# </details>

# %% [markdown]
# ## Practise
#
# **Exercise 1.** The sigmoid with `back`, safe for $x = \pm1000$: no warning, no infinity. Hints:
# `stable_sigmoid.hint()`.

# %%
from exercises.chapter_04 import collapse, count_dead, exact_gelu, leaky, stable_sigmoid


# %%
def my_sigmoid(x):
    y = ...

    def back(dy):
        return ...

    return y, back


stable_sigmoid.check(my_sigmoid)

# %% [markdown]
# **Exercise 2.** Leaky ReLU, with a slope of its own for each unit: `x` is (n, units), `a` (units,),
# and may also be above 1. Hints: `leaky.hint()`.


# %%
def my_leaky(x, a):
    y = ...

    def back(dy):
        return ...

    return y, back


leaky.check(my_leaky)

# %% [markdown]
# **Exercise 3.** GELU in its exact form, with `back`; `erf` is at hand. Hints: `exact_gelu.hint()`.


# %%
def my_gelu(x):
    y = ...

    def back(dy):
        return ...

    return y, back


exact_gelu.check(my_gelu)

# %% [markdown]
# **Exercise 4.** Two linear layers without activation: return the `W` and `b` of the one that does
# the same. Hints: `collapse.hint()`.


# %%
def my_collapse(W1, b1, W2, b2):
    W, b = ..., ...
    return W, b


collapse.check(my_collapse)

# %% [markdown]
# **Exercise 5.** `A` (n, units) are the outputs of a ReLU layer. How many units are dead? Hints:
# `count_dead.hint()`.


# %%
def my_count(A):
    return ...


count_dead.check(my_count)

# %% [markdown]
# **Exercise 6** (no checker). Find the slips in report B's 2.3. Look at (20) to (22) as printed
# above: which letter has two meanings, and which is commonly used for something else? And one more:
# "From Formula 11, we can derive the derivative of the sigmoid function, which is shown in Formula
# 13." What is wrong with that sentence?
#
# <details><summary>Answer</summary>
#
# In (21) $x$ is the bound *and* the variable of integration: it should be
# $\frac{2}{\sqrt\pi}\int_0^x e^{-t^2}dt$. In (20) and (22) $\phi$ commonly means the density
# ($\varphi$ above); what is meant is the distribution function $\Phi$. Take $\phi$ for the density
# and GELU would be near 0 for large $x$. And the sigmoid is formula 12; (11) is the update of $b$.
#
# </details>

# %% [markdown]
# **Exercise 7** (no checker). Show that leaky ReLU is $\text{relu}(x) - a\,\text{relu}(-x)$. What
# follows for what $k$ leaky units can draw?
#
# <details><summary>Answer</summary>
#
# For $x > 0$ the second term is 0 and $x$ is left; for $x \le 0$ the first is 0 and
# $-a\,(-x) = a x$ is left. So $2k$ ReLU units draw whatever $k$ leaky units do. Nothing new can be
# drawn; only the gradients differ.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Linear layers in a row are one linear layer. An activation between them bends: $k$ ReLU units
#   draw with $k$ lines.
# - $dX = dY \odot f'(X)$. Slopes: $y(1 - y)$, $1 - y^2$, 0 or 1, $a$ or 1, $\Phi(x) + x\varphi(x)$.
# - Sigmoid and tanh saturate for large $x$; ReLU's slope does not depend on size, but half of its
#   slopes are 0. A unit that is off for every example is dead; that happens most to units whose
#   inputs are all positive.
# - GELU beat ReLU here by a little. The rest of the order depends on the learning rate.
# - Check a derivative at random points with random $dY$, away from kinks. That a network trains
#   proves little.
#
# Back: [03 Build a linear layer](03_build_a_linear_layer.ipynb)
# Next: [05 Score predictions](05_score_predictions.ipynb), and
# [07 Start well](07_start_well.ipynb) on the size of what goes into an activation
