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
# # 07 Start well
#
# **You will learn** why the size of the first random weights decides whether a deep network can
# train, how Xavier's and Kaiming's sizes follow from two rules of probability, and which check
# sees a bad start.
#
# **You need** chapters 03 to 06, and what a variance is. **Time**: 60 minutes. **Runs in** under
# 30 seconds.

# %%
import numpy as np
from scipy.stats import norm

from mlpcore import SGD, StandardScaler, activations, cross_entropy, fit, init, models, ops, records
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.metrics import count_parameters
from mlpcore.playground import Playground
from mlpcore.plots import LINES, MARKERS, show, subplots
from mlpcore.source import show_source
from mlpcore.train import TrainingDiverged, training_steps

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# We measure the **size** of an array by its root mean square, *rms*: square all its numbers, take
# the mean, take the root. For numbers with mean 0 it is their standard deviation. The features
# are divided by one number, so that their size is 1.


# %%
def rms(A):
    return np.sqrt(np.mean(np.square(A, dtype=np.float64)))


X, y = data.X_train[:6400] / np.float32(rms(data.X_train)), data.y_train[:6400]
print(f"size of X: {rms(X):.1f}")

# %% [markdown]
# ## Predict what equal weights learn
#
# Which numbers should stand in $W$ before the first step? Zero favours nothing. In chapter 03 one
# layer learnt from zeros. Here are four starts for a network 128-16-16-10 with ReLU, which then
# trains for 100 steps.

# %%
EQUAL = {
    "all 0": lambda shape, rng: np.zeros(shape),
    "all 0.1": lambda shape, rng: np.full(shape, 0.1),
    "0.1 and a little noise": lambda shape, rng: rng.normal(0.1, 0.01, shape),
    "random": init.kaiming_normal,
}


# %%
def watch(start):
    """The first layer's weights before each of 100 steps, and the losses."""
    rng = np.random.default_rng(0)
    net = models.mlp((128, 16, 16, 10), rng=rng, init=EQUAL[start]).double()
    weights, losses = [net[0].W.data.copy()], []
    settings = {"optimizer": SGD(net.parameters(), lr=0.2), "epochs": 1, "batch_size": 64}
    for step in training_steps(net, X, y, rng=rng, **settings):
        weights.append(net[0].W.data.copy())
        losses.append(step.loss)
    return net, weights, losses


watched = {start: watch(start) for start in EQUAL}

# %% [markdown]
# A hidden unit is a column of the first $W$. Two units are alike if their columns are.
#
# **Predict first**: of the 16 hidden units, how many are different after 100 steps, from each
# start?


# %%
def different(W):
    """How many columns of W are unlike all columns before them."""
    apart = np.abs(W[:, :, None] - W[:, None, :]).max(axis=0) > 1e-6
    return sum(np.all(apart[j, :j]) for j in range(W.shape[1]))


# %%
fig, (left, right) = subplots(1, 2, width=8, height=3.6)
picture = left.imshow(np.zeros((24, 16)), cmap="RdBu", vmin=-0.4, vmax=0.4, aspect="auto")
left.set(xlabel="hidden unit", ylabel="feature (the first 24)")
left.grid(False)
for line, (start, (_, _, losses)) in zip(LINES, watched.items(), strict=False):
    right.plot(np.convolve(losses, np.ones(10) / 10, mode="valid"), **line, label=start)
mark = right.axvline(0, color="black", lw=1)
right.set(xlabel="step", ylabel="loss (nats), mean of 10 steps", ylim=(1.7, 2.8))
_ = right.legend(fontsize=9, loc="upper right")


# %%
def weights_at(start, step):
    W = watched[start][1][step]
    picture.set_data(W[:24])
    mark.set_xdata([step, step])
    left.set_title(f"step {step}, different units: {different(W)}", fontsize=11)
    return fig


# %%
Explorer(
    weights_at,
    alt="Left: weights from 24 features to 16 hidden units as colours, one column for each unit. "
    "Right: the loss of all four starts, and a line at the step shown.",
    start=choice("start", list(EQUAL), value="random"),
    step=slider("step", 0, 100),
)

# %%
print("start                   different units   numbers that moved")
for start, (net, weights, _) in watched.items():
    before = models.mlp((128, 16, 16, 10), rng=np.random.default_rng(0), init=EQUAL[start])
    pairs = zip(net.parameters(), before.double().parameters(), strict=True)
    moved = sum(np.count_nonzero(p.data != q.data) for p, q in pairs)
    print(f"{start:23} {different(weights[-1]):15} {moved:20}")

# %% [markdown]
# **All 0**: only the last bias moves. The hidden activations $A$ are 0, so $dW = A^T dY$ is 0;
# the weights are 0, so $dA = dY\,W^T$ is 0 below.
#
# **All 0.1**: it learns, but as a network with *one* unit in each hidden layer. That can be
# proved. Say the columns of one $W$ are equal, its biases too, and the rows of the next, $W'$.
# Then
#
# - all columns of $A = f(XW + b)$ are equal: the units say the same;
# - all columns of $dA = dY'\,W'^T$ are equal: the units are told the same;
# - so are those of $dY = dA \cdot f'(Y)$ and $dW = X^T dY$, and all rows of $dW' = A^T dY'$.
#
# After the step the units are as alike as before it, and so on for ever, whatever the learning
# rate.
#
# **Noise** breaks the tie: even a little makes 16 units of them, though after 100 steps they
# still do nearly the same, as the loss shows.
#
# So the weights must be random. (Biases may start at 0: the weights tell the units apart.) How
# *large* should they be?

# %% [markdown]
# ## Follow a signal through fifty layers
#
# Send 100 examples through 50 layers of 128 units, $A = \text{relu}(XW)$ and so on. Every weight
# is drawn from a normal distribution with mean 0 and standard deviation $\sigma$. The slider sets
# $\sigma$; the line is the size of $A$ after each layer.
#
# **Predict first**: the numbers can only grow or shrink. At which $\sigma$ do they do neither?
# And how far from there may $\sigma$ be, for layer 50 to be within a factor of 1000?

# %%
noise = np.random.default_rng(0).normal(size=(50, 128, 128))
few = X[:100].astype(np.float64)


# %%
def signal(sigma):
    A, sizes = few, [rms(few)]
    for Z in noise:
        A = np.maximum(A @ (sigma * Z), 0)
        sizes.append(rms(A))
    return sizes


# %%
fig2, ax = subplots(width=7, height=3.8)
(trace,) = ax.plot(range(51), np.ones(51), **LINES[0], marker="o", ms=3)
for low, high, word in ((3.4e38, 1e60, "infinite"), (1e-70, 1.4e-45, "zero")):
    ax.axhspan(low, high, color="#DDDDDD")
    ax.text(1, np.sqrt(low * high), f"in float32: {word}", va="center")
ax.set(xlabel="layer", ylabel="size (rms) of A", yscale="log", ylim=(1e-70, 1e60))
_ = ax.set_yticks([1e-60, 1e-40, 1e-20, 1, 1e20, 1e40, 1e60])


# %%
def follow(sigma):
    sizes = signal(sigma)
    trace.set_ydata(sizes)
    ax.set_title(f"σ = {sigma:.3g}: size {sizes[-1]:.2g} after 50 layers")
    return fig2


# %%
Explorer(
    follow,
    alt="The size of the activations against the layer on a logarithmic axis: a straight line "
    "whose slope the weights' standard deviation sets; grey where float32 ends.",
    sigma=log_slider("σ", 0.01, 1, value=0.05),
)

# %% [markdown]
# There is one such $\sigma$, a little above 0.1. On the logarithmic axis the line is nearly
# straight: each layer multiplies by about the same factor, proportional to $\sigma$. Fifty
# factors leave $\sigma$ little room:

# %%
print(f"a factor of 1000 over 50 layers is a factor of {1000 ** (1 / 50):.2f} a layer")

# %% [markdown]
# Networks train in float32. There the lines leave the range of numbers:


# %%
def normal(sigma):
    """An initialiser: every weight from N(0, sigma^2)."""
    return lambda shape, rng: rng.normal(0, sigma, shape)


def deep(sigma):
    return models.mlp((128,) * 51 + (10,), rng=np.random.default_rng(0), init=normal(sigma))


# %%
small = deep(0.01)
logits = small(X[:100])
cross_entropy(logits, y[:100]).backward()

# %%
learning = sum(np.count_nonzero(p.grad) for p in small.parameters())
print("σ = 0.01: logits that are not exactly 0:", np.count_nonzero(logits.data))
print(f"          gradients that are not: {learning}, of {count_parameters(small):,}")

# %%
large = deep(1.0)
settings = {"optimizer": SGD(large.parameters(), lr=1e-9), "epochs": 1, "batch_size": 100}
try:
    next(training_steps(large, X, y, rng=np.random.default_rng(0), **settings))
except TrainingDiverged as error:
    print("σ = 1:   ", str(error).split("; ")[0])

# %% [markdown]
# Too small: the pictures never reach the last layer, and only its 10 biases learn. Too large:
# there is no loss to learn from. No learning rate mends either.

# %% [markdown]
# ## Derive the size of a weighted sum
#
# Two rules, for random numbers $u$, $v$ that are **independent**:
#
# $$
# \begin{aligned}
# \text{Var}(u) &= E[u^2] - E[u]^2 \\
# \text{Var}(u + v) &= \text{Var}(u) + \text{Var}(v)
# \end{aligned}
# $$
#
# and $E[uv] = E[u]\,E[v]$, also for squares, as $u^2$ and $v^2$ are independent too.
#
# **One product.** Let $w$ be a weight with mean 0 and variance $\sigma^2$, so
# $E[w^2] = \sigma^2$, and $x$ an input, independent of it:
#
# $$
# \begin{aligned}
# \text{Var}(xw) &= E[x^2 w^2] - E[xw]^2 \\
# &= E[x^2]\,E[w^2] - E[x]^2\,E[w]^2 \\
# &= \sigma^2\,E[x^2] \qquad \text{since } E[w] = 0
# \end{aligned}
# $$
#
# If $x$ has mean 0 as well, this is $\text{Var}(x)\,\text{Var}(w)$. If not, it is the **mean
# square** $E[x^2]$ that counts, not the variance. That will matter for ReLU, whose outputs are
# never negative.
#
# **The sum.** $Y_{kj} = \sum_i X_{ki} W_{ij}$ has $n_\text{in}$ such products, with independent
# weights. Their variances add, and $Y_{kj}$ has mean 0, so its variance is its mean square:
#
# $$
# \boxed{\;E[Y^2] = n_\text{in}\,\sigma^2\,E[X^2]\;}
# $$
#
# Only the weights need be random here: for *given* $X$ it holds with the mean of its squares.
#
# **No activation** (or tanh near 0, where $\tanh y \approx y$): the size stays if
# $n_\text{in}\,\sigma^2 = 1$.

# %% [markdown]
# **Check it.** First the product, with an $x$ of mean 2 and variance 1, so $E[x^2] = 5$. The
# wrong rule stands beside the right one.

# %%
rng = np.random.default_rng(1)
x, w = rng.normal(2, 1, 1_000_000), rng.normal(0, 0.3, 1_000_000)
print(f"Var(xw) / (Var(w) E[x²])  = {np.var(x * w) / (0.3**2 * np.mean(x**2)):.1f}")
print(f"Var(xw) / (Var(w) Var(x)) = {np.var(x * w) / (0.3**2 * np.var(x)):.1f}")

# %% [markdown]
# Then the sum, on the real features, 2,000 random units:

# %%
W = rng.normal(0, 0.2, (128, 2000))
ratio = rms(few @ W) ** 2 / rms(few) ** 2
print(f"n σ² = {128 * 0.2**2:.2f}; measured within 2%: {abs(ratio / (128 * 0.2**2) - 1) < 0.02}")

# %% [markdown]
# ## Derive what ReLU leaves
#
# **Predict first**: ReLU sets half the numbers to 0. Does it halve the variance, the mean square,
# both?
#
# A normal weight is as likely $w$ as $-w$, so $Y$ is as likely $y$ as $-y$: its squares come in
# equal shares from both sides of 0. ReLU keeps the right side and drops the left:
#
# $$
# E[\text{relu}(Y)^2] = \tfrac{1}{2}\,E[Y^2]
# $$
#
# With the boxed formula, and $A = \text{relu}(Y)$, one layer multiplies the mean square by
#
# $$
# \frac{E[A^2]}{E[X^2]} = \tfrac{1}{2}\,n_\text{in}\,\sigma^2
# $$
#
# It is 1 if $\sigma^2 = 2/n_\text{in}$: **Kaiming's** size (He et al. 2015, their equation 10;
# `eq:kaiming` in the library). Over $L$ layers of $n$ units the size is multiplied by
#
# $$
# \left(\sigma \sqrt{n/2}\right)^L
# $$
#
# the straight line of the slider. For $n = 128$ it is level at $\sigma = \sqrt{2/128} = 0.125$.

# %%
Y = rng.normal(0, 1, 1_000_000)
A = np.maximum(Y, 0)
print(f"mean square: ReLU keeps {np.mean(A**2) / np.mean(Y**2):.2f}")
print(f"variance:    ReLU keeps {np.var(A) / np.var(Y):.2f}")

# %% [markdown]
# The variance is cut to $\tfrac12 - \tfrac1{2\pi}$, about a third, as ReLU's output has a mean. A
# size made from that ($\sigma^2 \approx 3/n$) would explode: the next weights have mean 0, so
# they pass the mean on as size too. Ten layers, right and wrong:

# %%
for name, variance in (("2/n", 2 / 128), ("from the variance", 1 / (0.341 * 128))):
    predicted = np.sqrt(variance * 64) ** 10
    measured = signal(np.sqrt(variance))[10]
    near = abs(np.log(measured / predicted)) < np.log(1.5)
    print(f"{name:18} predicted x {predicted:4.1f}, measured within x 1.5: {near}")

# %% [markdown]
# ## Derive the way back
#
# Gradients run through the same weights the other way (chapter 03):
# $dX_{ki} = \sum_j dY_{kj} W_{ij}$. Now there are $n_\text{out}$ products in the sum. If $dY$
# were independent of $W$, the boxed formula would give
#
# $$
# E[dX^2] = n_\text{out}\,\sigma^2\,E[dY^2]
# $$
#
# and $dY = dA \cdot \text{relu}'(Y)$ is 0 for half the numbers: again a half. (In truth $dY$
# depends a little on $W$, through the forward pass. The sliders will show how little.)
#
# | | signal keeps its size if | gradient keeps its size if |
# |---|---|---|
# | no activation, tanh near 0 | $\sigma^2 = 1/n_\text{in}$ | $\sigma^2 = 1/n_\text{out}$ |
# | ReLU | $\sigma^2 = 2/n_\text{in}$ | $\sigma^2 = 2/n_\text{out}$ (He et al., 14) |
#
# Both at once is possible only if $n_\text{in} = n_\text{out}$.
#
# **Xavier** takes the mean of $n_\text{in}$ and $n_\text{out}$ (Glorot & Bengio 2010, their
# equation 12):
#
# $$
# \sigma^2 = \frac{1}{\tfrac12 (n_\text{in} + n_\text{out})} = \frac{2}{n_\text{in} + n_\text{out}}
# $$
#
# Its 2 comes from that mean, not from a ReLU. Kaiming's 2 does.
#
# **Kaiming** takes $2/n_\text{in}$ in every layer. Then the gradient's mean square is multiplied
# by $n_\text{out}/n_\text{in}$ in each layer, but these factors cancel along a network: 512/128
# times 128/512. What remains is last width over first, however many layers there are.

# %% [markdown]
# **Check it** on one layer without activation, 100 inputs and 200 outputs. The factors by which
# the mean square changes:

# %%
n_in, n_out = 100, 200
sizes = {"1/n_in": 1 / n_in, "1/n_out": 1 / n_out, "Xavier": 2 / (n_in + n_out)}
x, dy = rng.normal(size=(500, n_in)), rng.normal(size=(500, n_out))
print("variance    signal   gradient")
for name, variance in sizes.items():
    W = rng.normal(0, np.sqrt(variance), (n_in, n_out))
    Y, back = ops.linear(x, W)
    forth, return_ = rms(Y) ** 2 / rms(x) ** 2, rms(back(dy)[0]) ** 2 / rms(dy) ** 2
    print(f"{name:9} {forth:8.1f} {return_:10.1f}")

# %% [markdown]
# ## Build it
#
# A uniform distribution will do as well as a normal one: only the variance entered. On $[-a, a]$
# the density is $1/(2a)$, so
#
# $$
# \sigma^2 = \int_{-a}^{a} \frac{w^2}{2a}\,dw = \frac{a^2}{3},
# \qquad a = \sqrt{3}\,\sigma
# $$
#
# | | $\sigma$ of the normal | bound $a$ of the uniform |
# |---|---|---|
# | Xavier | $\sqrt{2/(n_\text{in}+n_\text{out})}$ | $\sqrt{6/(n_\text{in}+n_\text{out})}$ |
# | Kaiming | $\sqrt{2/n_\text{in}}$ | $\sqrt{6/n_\text{in}}$ |
#
# (Xavier's bound is Glorot & Bengio's equation 16.)
#
# The library writes all four with a `gain` that multiplies $\sigma$; for Kaiming it is ReLU's
# $\sqrt2$ unless you say otherwise. Its $W$ is (in, out), so `fan_in` is the first number of the
# shape. (PyTorch's is (out, in), and there it is the second.)

# %%
show_source(init.xavier_normal, init.xavier_uniform, init.kaiming_normal, init.kaiming_uniform)

# %%
shape, expected = (256, 512), {"xavier": np.sqrt(2 / 768), "kaiming": np.sqrt(2 / 256)}
for name, initialiser in init.INITIALISERS.items():
    wanted = expected[name.split("_")[0]]
    near = abs(initialiser(shape, rng).std() / wanted - 1) < 0.01
    print(f"{name:16} σ = {wanted:.4f}, measured within 1%: {near}")

# %% [markdown]
# ## Read report B's (46) both ways
#
# Report B, 2.11, prints Kaiming's rule as
#
# $$
# w \sim \mathcal{N}\!\left(0, \sqrt{2/n}\right) \qquad (46)
# $$
#
# In textbooks the second argument of $\mathcal N$ is the *variance*. In NumPy's `rng.normal` and
# PyTorch's `normal_` it is the *standard deviation*. The report does not say, nor which $n$. Only
# one reading keeps the size:

# %%
n = 128
for reading, sigma in (("standard deviation", (2 / n) ** 0.5), ("variance", (2 / n) ** 0.25)):
    factor = sigma * np.sqrt(n / 2)
    print(f"√(2/n) as {reading:18}: x {factor:.2f} a layer, x {factor**10:,.0f} in 10 layers")

# %% [markdown]
# ## Predict any activation
#
# For other activations the half becomes another number, and it may depend on the size that comes
# in. Take layers of one width $n$, write $\sigma = g/\sqrt{n}$ with a **gain** $g$, and $q$ for the
# mean square of $A$ in one layer. $Y$ is a sum of many small terms, so it is nearly normal, with variance $g^2 q$. With $z$
# standard normal, the next layer has
#
# $$
# q_\text{next} = E\left[f(g\sqrt{q}\,z)^2\right]
# $$
#
# and, on the way back, each layer multiplies the gradient's mean square by
#
# $$
# g^2\,E\left[f'(g\sqrt{q}\,z)^2\right]
# $$
#
# For ReLU both are $g^2$ times one half, as above. For the rest, average over 1,000 evenly spread
# values of $z$:

# %%
z = norm.ppf((np.arange(1000) + 0.5) / 1000)


def theory(f, gain, depth):
    """Sizes of A and of dA for layers 1 to depth, as predicted; dA of the last layer is 1."""
    q, factors = [rms(few) ** 2], []
    for _ in range(depth):
        a, back = f(gain * np.sqrt(q[-1]) * z)
        q.append(np.mean(a**2))
        factors.append(gain**2 * np.mean(back(np.ones_like(z)) ** 2))
    gradient = np.cumprod([1, *factors[:0:-1]])[::-1]
    return np.sqrt(q[1:]), np.sqrt(gradient)


# %%
F = {
    "relu": activations.relu,
    "leaky_relu": activations.leaky_relu,
    "gelu": activations.gelu,
    "tanh": activations.tanh,
    "sigmoid": activations.sigmoid,
    "linear": lambda y: (y, lambda dy: dy),
}


def layers(f, gain, depth, width, seed):
    """A and dA of layers 1 to depth, measured; a random gradient comes in at the top."""
    rng, A, As, steps = np.random.default_rng(seed), few[:64].astype(np.float32), [], []
    for _ in range(depth):
        W = rng.standard_normal((A.shape[1], width), np.float32) * gain / A.shape[1] ** 0.5
        A, back = f(A @ W)
        As.append(A)
        steps.append((W, back))
    dAs = [rng.standard_normal(A.shape, np.float32)]
    for W, back in steps[:0:-1]:
        dAs.append(back(dAs[-1]) @ W.T)
    return As, dAs[::-1]


# %% [markdown]
# ## Look at histograms by depth
#
# Now all of it in one picture. Left, the activations of each layer as a histogram on edge: the
# darker, the more numbers have that value; beyond $\pm 3$ they are counted at the rim. Middle,
# the gradients $dA$, in units of the last layer's. Right, the sizes of both, measured (marks) and
# predicted (lines).
#
# **Predict first**:
#
# 1. With tanh, what do the activations look like at gain 3?
# 2. Sigmoid is between 0 and 1, so activations cannot explode. What do its *gradients* do?
# 3. At which gain is the right panel level for ReLU? For linear? Is there one for GELU?

# %%
fig3, (left3, middle3, right3) = subplots(1, 3, width=8.2, height=3.2)
box = {"extent": (0.5, 20.5, -3.05, 3.05), "aspect": "auto", "cmap": "Blues", "vmin": 0, "vmax": 1}
strips = [panel.imshow(np.zeros((61, 20)), **box) for panel in (left3, middle3)]
for panel, name in ((left3, "activations A"), (middle3, "gradients dA (relative)")):
    panel.set(xlabel="layer", title=name, yticks=(-3, -1, 0, 1, 3))
    panel.grid(False)
middle3.tick_params(labelleft=False)

# %%
marks = [
    right3.plot([], [], ls="", marker=MARKERS[i], color=LINES[i]["color"], ms=4)[0] for i in (0, 1)
]
curves = [right3.plot([], [], **LINES[i])[0] for i in (0, 1)]
right3.set(xlabel="layer", yscale="log", title="size (rms): ● A, ■ dA", ylim=(1e-10, 1e10))
right3.minorticks_off()


# %%
def strip(arrays, unit=1.0):
    """Histograms of 61 bins from -3 to 3 as columns, each scaled to a largest shade of 1."""
    columns = [np.floor(np.clip(a / (unit * 0.1), -30, 30) + 30.5).astype(int) for a in arrays]
    counts = np.array([np.bincount(column.ravel(), minlength=61) for column in columns]).T
    return (counts / counts.max(axis=0)) ** 0.4


# %%
def depths(activation, gain, depth, width, seed):
    As, dAs = layers(F[activation], gain, depth, width, seed)
    where = np.arange(1, depth + 1)
    for picture, counts in zip(strips, (strip(As), strip(dAs, rms(dAs[-1]))), strict=True):
        picture.set(data=counts[::-1], extent=(0.5, depth + 0.5, -3.05, 3.05))
    lines = theory(F[activation], gain, depth)
    for i, arrays in enumerate((As, dAs)):
        marks[i].set_data(where, [rms(a) for a in arrays])
        curves[i].set_data(where, lines[i])
    ends = np.concatenate([curve.get_ydata() for curve in curves])
    reach = 10 ** max(1.5, np.abs(np.log10(ends)).max() + 0.5)
    for panel in (left3, middle3, right3):
        panel.set_xlim(0.5, depth + 0.5)
    right3.set_ylim(1 / reach, reach)
    return fig3


# %%
Explorer(
    depths,
    alt="Three panels against the layer: histograms of activations, histograms of gradients, and "
    "the sizes of both on a logarithmic axis, where the marks lie along the predicted lines.",
    activation=choice("activation", list(F), value="tanh"),
    gain=slider("gain g", 0.5, 3.0, value=1.0, step=0.05),
    depth=slider("depth (layers)", 2, 30, value=20),
    width=slider("width (units)", 8, 128, value=128, step=8),
    seed=slider("another draw of W", 0, 9),
)

# %% [markdown]
# 1. Most stand at $-1$ or $1$: *saturated*, where tanh is flat (chapter 04). Their size looks
#    well. But a gain of 3 multiplies gradients by more than the flat ends take: they explode on
#    the way back.
# 2. They vanish. The slope of the sigmoid is at most 1/4 (chapter 04), so at gain 1 a gradient
#    shrinks to a quarter or less in each layer. The activations alone would not have told you.
# 3. ReLU near $\sqrt2 = 1.41$, linear at 1. GELU has none that lasts: large $y$ pass as by ReLU,
#    small ones are halved. At gain 1.5 one size would stay, a little below 1, but as a pencil
#    stands on its tip: a smaller one shrinks ever faster, a larger one grows. And tanh, just above gain 1, holds its size by
#    itself: what is too large is squashed.
#
# Make the layers narrow and change the draw: the marks wander off the line, as an average over
# few units is far from its expectation. The deeper, the further.

# %% [markdown]
# ## Watch the first 100 steps
#
# Does it matter for training? Seven starts, networks of 1, 4 and 16 hidden layers of 64 ReLU
# units, five seeds each: 105 runs of 100 steps (SGD, learning rate 0.01, momentum 0.9).


# %%
def by_fans(sigma):
    """An initialiser: N(0, sigma(n_in, n_out)^2)."""
    return lambda shape, rng: rng.normal(0, sigma(*shape), shape)


STARTS = {
    "zeros": lambda shape, rng: np.zeros(shape),
    "too small: σ = 0.01": normal(0.01),
    "too large: σ = 0.3": normal(0.3),
    "PyTorch's W: U(-1/√n, 1/√n)": lambda shape, rng: rng.uniform(-1, 1, shape) / shape[0] ** 0.5,
    "Xavier normal": init.xavier_normal,
    "Kaiming normal": init.kaiming_normal,
    "(46) as a variance": by_fans(lambda n, m: (2 / n) ** 0.25),
}


# %%
def hundred_steps(start, depth, seed):
    rng = np.random.default_rng(seed)
    net = models.mlp((128, *[64] * depth, 10), rng=rng, init=STARTS[start])
    optimizer, losses = SGD(net.parameters(), lr=0.01, momentum=0.9), []
    settings = {"optimizer": optimizer, "epochs": 1, "batch_size": 64, "rng": rng}
    try:
        for step in training_steps(net, X, y, **settings):
            losses.append(step.loss)
    except TrainingDiverged:
        losses.append(np.inf)
    return losses, net


# %%
DEPTHS = (1, 4, 16)
runs = {(s, d): [hundred_steps(s, d, seed) for seed in range(5)] for s in STARTS for d in DEPTHS}

# %% [markdown]
# A guess that gives each class a tenth has the loss $\ln 10$, the dotted line (chapter 05).
#
# **Predict first**: with one hidden layer, which starts learn? With 16? Which begin above the
# dotted line, and why?

# %%
fig4, ax4 = subplots(width=7, height=3.8)
kept = [ax4.plot([], [], **LINES[1], lw=1)[0] for _ in range(5)]
seeds = [ax4.plot([], [], **LINES[0], lw=1)[0] for _ in range(5)]
kept[0].set_label("Kaiming normal, five seeds")
seeds[0].set_label("this start, five seeds")
ax4.axhline(np.log(10), color="black", lw=1.5, ls=":", label="ln 10: guessing")
ax4.set(xlabel="step", ylabel="loss (nats), mean of 5 steps", xlim=(0, 100), ylim=(1.7, 4))
_ = ax4.legend(fontsize=9, loc="upper right")


# %%
def first_steps(start, depth):
    for lines, name in ((kept, "Kaiming normal"), (seeds, start)):
        for line, (losses, _) in zip(lines, runs[name, depth], strict=True):
            padded = np.minimum(np.pad(losses, (2, 2), mode="edge"), 3.98)  # beyond: along the top
            line.set_data(range(len(losses)), np.convolve(padded, np.ones(5) / 5, mode="valid"))
    lost = sum(np.isinf(losses[-1]) for losses, _ in runs[start, depth])
    highest = max(loss for losses, _ in runs[start, depth] for loss in losses if loss < np.inf)
    beyond = f"; highest loss {highest:.2g}" if highest > 4 else ""
    ax4.set_title(f"{start}, {depth} hidden: {lost} of 5 diverged{beyond}")
    return fig4


# %%
Explorer(
    first_steps,
    alt="Loss in the first 100 steps, five seeds of the start chosen and five of Kaiming's; a "
    "dotted line is the loss of guessing; what is higher runs along the top.",
    start=choice("start", list(STARTS), value="Xavier normal"),
    depth=choice("hidden layers", DEPTHS),
)

# %% [markdown]
# With one hidden layer all but zeros learn, the small ones late, the large ones from far outside
# the figure. With 16 only Kaiming gets going. In each ReLU layer Xavier's signal loses half of
# its mean square, that of PyTorch's default for `Linear` (variance $1/(3n)$) five sixths: all
# pictures look the same to the last layer, and the loss lies on the dotted line.
#
# Kaiming begins *above* guessing: nothing halves the logits after the last layer, so they have
# mean square 2, and a network with random logits is sure of wrong answers. A last layer ten times
# smaller begins where it should:

# %%
for shrink in (1, 0.1):
    nets = [models.mlp((128, 64, 64, 10), rng=np.random.default_rng(seed)) for seed in range(5)]
    for net in nets:
        net[4].W.data *= shrink
    near = [abs(cross_entropy(net(X), y).item() - np.log(10)) < 0.05 for net in nets]
    print(f"last W x {shrink}: first loss within 0.05 of ln 10 in {sum(near)} of 5 networks")

# %% [markdown]
# ## Re-test a claim: Xavier beats Kaiming
#
# Report A (3.6, its table 6) compares four starts, one run each, in a network 128-64-32-10 with
# ReLU, batch norm and dropout: accuracy 0.5239 with Xavier normal, 0.5208 with Kaiming normal. It
# concludes that Xavier is better, and its best model (2.2) uses it. By the theory above it should
# be worse, with ReLU.
#
# **Predict first**: is that difference luck?
#
# Batch norm (chapter 12) comes between. It divides each column of $Y$ by that column's own
# standard deviation, so $W$ and $cW$ give the *same* output: the size of $W$ cannot matter for
# the signal. But for the gradient it does. Moving $cW$ by $\Delta$ is moving $W$ by $\Delta/c$,
# so the gradient is $1/c$ times as large:

# %%
W, c, dY = rng.normal(size=(128, 64)), 3.0, rng.normal(size=(100, 64))


def normalised(W):
    Y, linear_back = ops.linear(few, W)
    out, back = ops.batch_norm(Y, np.ones(64), np.zeros(64), eps=1e-12)
    return out, linear_back(back(dY)[0])[1]


(once, dW), (thrice, dW_thrice) = normalised(W), normalised(c * W)
print("same output:", np.allclose(once, thrice))
print("a third of the gradient:", np.allclose(dW_thrice, dW / c))

# %% [markdown]
# The weight is $c$ times as large and its step $1/c$ times: relative to the weight, a step is
# $1/c^2$ times as large. Before batch norm a smaller start **is a larger learning rate**.
#
# How much larger here? In both hidden layers $n_\text{out}$ is half of $n_\text{in}$. Kaiming's
# variance over Xavier's is $(n_\text{in} + n_\text{out})/n_\text{in} = 1.5$. So we predict:
# Xavier leads early on, and Kaiming with 1.5 times the learning rate does the same.

# %%
Z = StandardScaler().fit(data.X_train).transform(data.X_train)  # as the report does
held_out = Z[-5000:], data.y_train[-5000:]


def report_a(start, rate, seed):
    """Validation accuracy after each of 6 epochs on 10,000 rows."""
    rng = np.random.default_rng(seed)
    net = models.mlp((128, 64, 32, 10), rng=rng, norm="batch", dropout=0.25, init=start)
    optimizer = SGD(net.parameters(), lr=rate, momentum=0.9)
    settings = {"optimizer": optimizer, "epochs": 6, "batch_size": 128, "progress": False}
    rows = Z[:10_000], data.y_train[:10_000]
    rng = np.random.default_rng(100 + seed)
    return fit(net, *rows, rng=rng, validation=held_out, **settings)["val_accuracy"]


# %%
arms = {
    "Xavier": ("xavier_normal", 0.01),
    "Kaiming, learning rate x 1.5": ("kaiming_normal", 0.015),
    "Kaiming": ("kaiming_normal", 0.01),
}
accuracy = {name: np.array([report_a(*arm, s) for s in range(5)]) for name, arm in arms.items()}

# %%
fig5, ax5 = subplots(width=7, height=3.6)
for i, name in enumerate(list(arms)[:2]):
    lead = accuracy[name] - accuracy["Kaiming"]
    mean, half = np.array([records.interval(column) for column in lead.T]).T
    places = np.arange(1, 7) + 0.12 * i
    ax5.errorbar(places, mean, half, **LINES[i], marker=MARKERS[i], capsize=3, label=name)
ax5.axhline(0, color="black", lw=1)
ax5.set(xlabel="epoch", ylabel="validation accuracy\nminus Kaiming's", ylim=(-0.01, None))
ax5.legend(fontsize=9, loc=(0.5, 0.22))
show(
    fig5,
    "Lead over Kaiming by epoch, mean and 95% interval of five seeds: Xavier's lead is real, and "
    "Kaiming at 1.5 times the learning rate has nearly the same lead.",
)

# %%
last = {name: column[:, -1] for name, column in accuracy.items()}
for name in list(arms)[:2]:
    print(f"{name} above Kaiming, last epoch: {records.verdict(last[name], last['Kaiming'])}")
found = records.verdict(last["Xavier"], last["Kaiming, learning rate x 1.5"])
print(f"Xavier above Kaiming at 1.5 times the learning rate: {found}")

# %% [markdown]
# Not luck, then, in this short training. But not a better *start* either: Kaiming's start with
# another learning rate does as well, as far as five seeds can tell. (The figure compares seed by
# seed; the verdicts, more carefully, do not.)
#
# This is a small experiment: 6 epochs, a fifth of the rows, and a learning rate of 0.01 where the
# report sets out from 0.001. Whether anything is left of the lead after its 34 and 61 epochs is
# for [chapter 16](16_rerun_report_a.ipynb), which runs the whole table with seeds.

# %% [markdown]
# ## Break it
#
# Nine starts for ReLU networks, the first one right. In each of the others one thing is wrong.


# %%
def twins(shape, rng):
    """Four equal blocks; twins add up, so their variance is 1/n where others have 2/n."""
    n, m = shape
    return np.tile(rng.normal(0, n**-0.5, (n // 2, m // 2)), (2, 2))


FAULTS = {
    "no fault": by_fans(lambda n, m: (2 / n) ** 0.5),
    "n_out for n_in": by_fans(lambda n, m: (2 / m) ** 0.5),
    "root forgotten": by_fans(lambda n, m: 2 / n),
    "(46) as a variance": by_fans(lambda n, m: (2 / n) ** 0.25),
    "ReLU's 2 forgotten": by_fans(lambda n, m: (1 / n) ** 0.5),
    "uniform without the 3": lambda s, rng: rng.uniform(-1, 1, s) * (2 / s[0]) ** 0.5,
    "units in equal pairs": twins,
    "all weights 0": lambda s, rng: np.zeros(s),
    "biases start at -5": by_fans(lambda n, m: (2 / n) ** 0.5),
}

# %% [markdown]
# And six checks, all before the first step, with a batch of 200:
#
# - **square**: five layers, all 256 wide. The size of $A$ changes by less than a quarter per
#   layer.
# - **uneven**: the same, with widths 512, 128, 512, 128, 512.
# - **ends**: uneven widths, but only the last layer against the first, within a factor of 2.
# - **units**: no two columns of $W$ are equal.
# - **dead**: less than a fifth of the units are 0 for *every* row. Such a unit gets no gradient
#   from any of them.
# - **loss**: the first loss is below $2 \ln 10$.


# %%
def start_up(fault, widths):
    """Size of A in each hidden layer, the weights, the share of dead units, the first loss."""
    rng, A = np.random.default_rng(0), X[:200].astype(np.float64)
    b = -5.0 if fault.startswith("biases") else 0.0
    sizes, weights, dead = [], [], []
    for n, m in zip((128, *widths[:-1]), widths, strict=True):
        weights.append(FAULTS[fault]((n, m), rng))
        A = np.maximum(A @ weights[-1] + b, 0)
        sizes.append(rms(A))
        dead += list(np.all(A == 0, axis=0))
    logits = A @ FAULTS[fault]((widths[-1], 10), rng)
    return np.array(sizes), weights, np.mean(dead), cross_entropy(logits, y[:200])[0]


# %%
SQUARE, UNEVEN = (256,) * 5, (512, 128, 512, 128, 512)


def level(sizes, factor):
    """Whether no size is more than `factor` times the one before, nor less than 1/factor."""
    return sizes.min() > 0 and np.abs(np.diff(np.log(sizes))).max() < np.log(factor)


def passes(fault):
    """The sizes in both networks, and whether each check passes."""
    square = start_up(fault, SQUARE)[0]
    uneven, weights, dead, loss = start_up(fault, UNEVEN)
    return (square, uneven), {
        "square": level(square, 1.25),
        "uneven": level(uneven, 1.25),
        "ends": level(uneven[[0, -1]], 2),
        "units": np.unique(weights[0], axis=1).shape == weights[0].shape,
        "dead": dead < 0.2,
        "loss": loss < 2 * np.log(10),
    }


judged = {fault: passes(fault) for fault in FAULTS}


# %% [markdown]
# **Predict first**: which faults does the loss overlook? Which fault does only one check see?

# %%
fig6, ax6 = subplots(width=6.4, height=3.2)
names = ("all 256 wide", "uneven widths")
paths = [
    ax6.plot(range(1, 6), np.ones(5), **LINES[i], marker=MARKERS[i], label=name)[0]
    for i, name in enumerate(names)
]
ax6.axhline(1, color="black", lw=1, ls=":")
ax6.set(xlabel="layer", ylabel="size (rms) of A", yscale="log", ylim=(1e-3, 1e3))
ax6.set_xticks(range(1, 6))
_ = ax6.legend(loc="upper left", fontsize=9)


# %%
def judge(fault):
    sizes, found = judged[fault]
    reach = 1000 if np.min(sizes) < 0.1 or np.max(sizes) > 10 else 10
    for path, values in zip(paths, sizes, strict=True):
        path.set_ydata(np.clip(values, 1.2 / reach, None))  # what is less: along the bottom
    ax6.set(title=fault, ylim=(1 / reach, reach))
    cells = "".join(f"<td><b>{'passes' if ok else 'caught'}</b></td>" for ok in found.values())
    heads = "".join(f"<th>{name}</th>" for name in found)
    return fig6, f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


# %%
Explorer(
    judge,
    alt="The size of the activations in five layers for the fault chosen, in a square network and "
    "in one of uneven widths; below, which checks catch it.",
    fault=choice("fault", list(FAULTS), value="n_out for n_in"),
)

# %%
print(" " * 21 + "".join(f"{name:>7}" for name in judged["no fault"][1]))
for fault, (_, found) in judged.items():
    print(f"{fault:21}" + "".join(f"{'-' if ok else 'caught':>7}" for ok in found.values()))

# %% [markdown]
# - **The loss** sees only what explodes. A network in which nothing arrives guesses, and $\ln 10$
#   looks healthy.
# - **`n_out` for `n_in`** passes in a square network, and from end to end: the factors cancel.
#   The sizes layer by layer show it, if widths are *uneven*. (The loss notices only because the
#   last layer goes from 512 to 10.)
# - **Equal pairs** keep every size right. Only looking at the units finds them, and by the proof
#   above they stay pairs for ever.
# - **Biases** at $-5$ kill the units, and the sizes with them.

# %% [markdown]
# How far may a bias go? One layer of 500 units, 2,000 examples. If $Y$ is normal with mean $b$
# and variance $2$, a share $\Phi(-b/\sqrt2)$ of all its numbers is negative. A unit is dead if
# *all* its 2,000 are. **Predict first**: does a bias of $-2$ kill units?

# %%
many = X[:2000].astype(np.float64)
Y = many @ init.kaiming_normal((128, 500), rng)
biases = np.linspace(-12, 4, 33)
off = [np.mean(Y + b <= 0) for b in biases]
dead = [np.mean(np.all(Y + b <= 0, axis=0)) for b in biases]

# %%
fig7, ax7 = subplots(width=6.4, height=3.4)
ax7.plot(biases, off, ls="", marker="o", ms=5, color=LINES[0]["color"], label="numbers that are 0")
ax7.plot(biases, norm.cdf(-biases / 2**0.5), color="black", lw=1, label="predicted: Φ(-b/√2)")
ax7.plot(biases, dead, **LINES[1], marker="s", ms=5, label="units that are dead")
ax7.set(xlabel="bias b of every unit", ylabel="share")
ax7.legend(fontsize=9)
show(
    fig7,
    "Share of zeros and of dead units against the bias: at -2 most numbers are zero but no unit is "
    "dead; further down, more and more units are dead, in the end all.",
)

# %% [markdown]
# Zeros are no harm: each unit answers to *some* examples. Dead units are. And a bias need not
# start there: a first step that is too large can push it. That became of "(46) as a variance"
# with four hidden layers, which fell back to the dotted line and stayed there:


# %%
def dead_share(net):
    """The share of units in the last hidden layer that are 0 for 2,000 examples."""
    A = X[:2000]
    for module in net[:-1]:
        A = module(A)
    return np.mean(np.all(A.data == 0, axis=0))


for start in ("Kaiming normal", "(46) as a variance"):
    lost = sum(dead_share(net) > 0.5 for _, net in runs[start, 4])
    print(f"{start:18}: last hidden layer mostly dead in {lost} of 5 runs")

# %% [markdown]
# ## Steer it yourself
#
# Four hidden layers, live. **Predict first**: whose gradients are longer, the first layer's or
# the last's? Look at the histograms before **Play**. Then change the initialisation, and the
# activations to tanh: each change starts anew.
# All controls: [chapter 23](23_play.ipynb).

# %%
Playground(widths=[8] * 4, activations=["relu"] * 4, init="xavier_normal")

# %% [markdown]
# <details><summary>What to see</summary>
#
# With Xavier's weights and ReLU all gradients are small: each layer halves the signal. Kaiming's
# give several times as much. With tanh Xavier's are large enough.
#
# </details>

# %% [markdown]
# ## Practise
#
# **Exercise 1.** Make Kaiming's weights. `noise` holds standard normal numbers, (in, out). Return
# $W$ for a layer before ReLU. Hints: `kaiming.hint()`.

# %%
from exercises.chapter_07 import deep_size, kaiming, leaky_gain, xavier


def my_kaiming(noise):
    return ...


kaiming.check(my_kaiming)

# %% [markdown]
# **Exercise 2.** Make Xavier's, uniform. `noise` holds uniform numbers between $-1$ and 1, (in,
# out). Hints: `xavier.hint()`.


# %%
def my_xavier(noise):
    return ...


xavier.check(my_xavier)

# %% [markdown]
# **Exercise 3.** Inputs of size 1 go through $L$ layers of $n$ ReLU units; the weights have
# standard deviation `sigma`. Predict the size (rms) of the last activations. Hints:
# `deep_size.hint()`.


# %%
def my_deep_size(sigma, n, L):
    return ...


deep_size.check(my_deep_size)

# %% [markdown]
# **Exercise 4.** Leaky ReLU passes $y$ if $y > 0$ and $a\,y$ otherwise. Which gain $g$ (in
# $\sigma = g/\sqrt{n_\text{in}}$) keeps the size? Try your number for $a = 0.01$ in the slider of
# histograms: that is the library's $a$.
# Hints: `leaky_gain.hint()`.


# %%
def my_leaky_gain(a):
    return ...


leaky_gain.check(my_leaky_gain)

# %% [markdown]
# **Exercise 5** (no checker). Without batch norm, by which factor does the size of the signal
# change through the two hidden layers of report A's 128-64-32-10, with Xavier and ReLU? Is that a
# problem? And in 20 hidden layers of 64?
#
# <details><summary>Answer</summary>
#
# A layer multiplies the mean square by
# $\tfrac12 n_\text{in} \cdot 2/(n_\text{in} + n_\text{out})$
# $= n_\text{in}/(n_\text{in} + n_\text{out})$, here 2/3 in both layers. Twice: 4/9, so the size
# by 2/3. No problem. In 20 layers of 64 it is $(1/2)^{20}$ and the size shrinks to $2^{-10}$, a
# thousandth: the picture you saw for Xavier with 16.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Equal units stay equal for ever. Random weights break the tie; biases may start at 0.
# - A layer multiplies the mean square by $n_\text{in}\,\sigma^2$, ReLU by one half.
#   $\sigma^2 = 2/n_\text{in}$ keeps the signal (Kaiming); $2/(n_\text{in} + n_\text{out})$ is the
#   compromise between signal and gradient without ReLU (Xavier).
# - A small error per layer is a large one in fifty: too small and nothing arrives, too large and
#   nothing is finite.
# - Look at the sizes of $A$ and $dA$ layer by layer, with uneven widths. The first loss sees too
#   little.
# - Before batch norm the size of $W$ acts as a learning rate.
#
# Back: [06 Send gradients back](06_send_gradients_back.ipynb)
# Next: [08 Step downhill](08_step_downhill.ipynb)
