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
# # 14 Skip a layer
#
# **You will learn** why twenty layers train worse than five, how one plus sign mends that, where
# the gradient then flows, and how such a network must start.
#
# **You need** chapters [06](06_send_gradients_back.ipynb) and [07](07_start_well.ipynb).
# **Time**: 60 minutes. **Runs in** under 30 seconds.

# %%
import math

import numpy as np

from mlpcore import SGD, Linear, ReLU, Residual, Sequential, cross_entropy, fit, models, records
from mlpcore.autograd import Parameter
from mlpcore.data import load
from mlpcore.experiments import tables
from mlpcore.explore import Explorer, choice, slider
from mlpcore.gradcheck import check_network, gradient_errors
from mlpcore.nn import LayerNorm
from mlpcore.playground import Playground
from mlpcore.plots import COLOURS, LINES, show, subplots
from mlpcore.source import show_source

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %%
size = np.float32(data.X_train.std())
X, y = data.X_train[:2000] / size, data.y_train[:2000]
X_new, y_new = data.X_test[:2000] / size, data.y_test[:2000]

# %% [markdown]
# ## Predict what depth does
#
# Networks 128-32-...-32-10 with ReLU, Kaiming weights as in chapter 07, trained for 10 passes over
# 2,000 rows. *Plain* ones, and others in which each hidden layer is skipped by a sum: its input is
# added to its output.


# %%
def build(depth, skip, rng, activation="relu"):
    """`depth` hidden layers of 32; with skips, every branch starts 1/√depth times as large."""
    sizes = (128, *[32] * depth, 10)
    net = models.mlp(sizes, rng=rng, activation=activation, residual=skip)
    for module in net:
        if isinstance(module, Residual):
            module.module[0].W.data *= np.float32(1 / np.sqrt(depth))
    return net


# %%
def train(seed, depth, skip, epochs=10):
    """The training loss of each epoch."""
    rng = np.random.default_rng(seed)
    net = build(depth, skip, rng)
    optimizer = SGD(net.parameters(), lr=0.01, momentum=0.9)
    plan = {"optimizer": optimizer, "epochs": epochs, "batch_size": 50, "rng": rng}
    return fit(net, X, y, progress=False, **plan)["loss"]


DEPTHS = [1, 2, 5, 10, 20, 30]
runs = {(d, skip): [train(s, d, skip) for s in range(5)] for d in DEPTHS for skip in (False, True)}

# %% [markdown]
# **Predict first**: a deeper network can do all that a shallow one can (its last layers need only
# hand through). Does the *training* loss of plain networks fall with depth?

# %%
fig, ax = subplots(width=6.5, height=3.6)
lines = {}
for skip, style, label in ((False, LINES[0], "plain"), (True, LINES[1], "with skips")):
    (lines[skip],) = ax.plot(range(1, 11), np.zeros(10), **style, label=label)
ax.axhline(math.log(10), color="black", lw=1, ls=":", label="guessing")
ax.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(0.9, 2.6))
_ = ax.legend(loc="lower left", fontsize=9)


# %%
def at_depth(place):
    for skip in (False, True):
        lines[skip].set_ydata(np.mean(runs[DEPTHS[place], skip], axis=0))
    ax.set_title(f"{DEPTHS[place]} hidden layers", fontsize=11)
    return fig


# %%
Explorer(
    at_depth,
    alt="Training loss over ten epochs of a plain network and of one with skips, mean of five "
    "seeds, at a chosen depth; a dotted line is the loss of guessing.",
    place=slider("which depth", 0, len(DEPTHS) - 1, value=1),
)

# %%
last = {key: [losses[-1] for losses in found] for key, found in runs.items()}
print("plain: 20 layers end higher than 5:     ", records.verdict(last[20, False], last[5, False]))
print("20 layers: plain ends higher than skips:", records.verdict(last[20, False], last[20, True]))

# %% [markdown]
# It is not overfitting: the loss on the *training* rows is worse. The deeper plain network contains
# the shallower one and does not find it (He et al. 2016).

# %% [markdown]
# ## Derive the skip
#
# Let $F$ be some layers that keep the shape $(n, d)$. A **residual block** adds their input:
#
# $$
# Y = X + F(X) \tag{eq:residual}
# $$
#
# $X$ is used twice, so its gradient has two parts
# ([chapter 06](06_send_gradients_back.ipynb)): one past $F$, one through it.
#
# $$
# dX = dY + \text{back}_F(dY)
# $$
#
# The first term is $dY$ itself, whatever $F$ does. For one row, with $J_l$ the matrix of
# derivatives of $F_l$, $L$ blocks give (rows, so the factors stand to the right)
#
# $$
# \begin{aligned}
# \text{plain:} \quad dX &= dY\, J_L^T\, J_{L-1}^T \cdots J_1^T \\
# \text{skips:} \quad dX &= dY\,(I + J_L^T)(I + J_{L-1}^T) \cdots (I + J_1^T)
# \end{aligned}
# $$
#
# A product of many matrices that shrink is nearly 0; of many that are near $I$, it need not be.

# %%
show_source(Residual)

# %% [markdown]
# **Check it**: by hand on arrays, with a random upstream gradient; then a network through the tape.

# %%
rng = np.random.default_rng(0)
W = rng.normal(size=(4, 4))


def block(A, W):
    """X + tanh(X W): (Y, back)."""
    H = np.tanh(A @ W)

    def back(dY):
        dZ = dY * (1 - H * H)
        return dY + dZ @ W.T, A.T @ dZ

    return A + H, back


# %%
errors = gradient_errors(block, rng.normal(size=(6, 4)), W, rng=rng)
print("by hand:     right", max(errors) < 1e-6)
deep = build(10, True, np.random.default_rng(1), activation="tanh")
error = check_network(deep, X[:5].astype(np.float64), y[:5], rng=rng)
print("by the tape: right", error < 1e-6)

# %% [markdown]
# The sum needs equal shapes. What the library says otherwise:

# %%
try:
    Residual(Linear(32, 16, rng=rng))(np.ones((3, 32), np.float32))
except ValueError as error:
    print(error)

# %% [markdown]
# A block that changes the width from $d$ to $m$ needs a linear layer on the skip, the **projection**
# $W_s$ $(d, m)$:
#
# $$
# Y = X W_s + F(X), \qquad dX = dY\,W_s^T + \text{back}_F(dY), \qquad dW_s = X^T dY
# $$
#
# It has a price: $dm$ parameters more, and $dY$ no longer comes back untouched. So use it only where
# the width changes.


# %%
def projected(A, W, W_s):
    """X W_s + tanh(X W): (Y, back)."""
    H = np.tanh(A @ W)

    def back(dY):
        dZ = dY * (1 - H * H)
        return dY @ W_s.T + dZ @ W.T, A.T @ dZ, A.T @ dY

    return A @ W_s + H, back


# %%
arrays = [rng.normal(size=shape) for shape in ((6, 4), (4, 3), (4, 3))]
print("with a projection: right", max(gradient_errors(projected, *arrays, rng=rng)) < 1e-6)

# %% [markdown]
# ## Follow the gradient down
#
# 30 layers before the first step. The size of $dW$, layer by layer. **Predict first**: with sigmoid,
# whose slope is at most 1/4, how many layers does a plain gradient survive? And with skips?


# %%
def sizes_of(activation, skip, scale):
    """rms of dW of each hidden layer, from the input up."""
    net = build(30, skip, np.random.default_rng(3), activation)
    linear = [m for _, m in net.modules() if isinstance(m, Linear)][1:-1]
    for layer in linear:
        layer.W.data *= np.float32(scale)
    cross_entropy(net(X[:200]), y[:200]).backward()
    return [np.sqrt(np.mean(np.square(m.W.grad, dtype=np.float64))) + 1e-30 for m in linear]


# %%
fig2, ax2 = subplots(width=6.8, height=3.6)
flow = {}
for skip, style, label in ((False, LINES[0], "plain"), (True, LINES[1], "with skips")):
    (flow[skip],) = ax2.plot(range(2, 31), np.ones(29), **style, label=label)
ax2.set(xlabel="hidden layer (1 is next to the input)", ylabel="size (rms) of dW")
ax2.set(yscale="log", ylim=(1e-20, 1e6))
_ = ax2.legend(fontsize=9, loc="upper left")


# %%
def gradient_sizes(activation, scale):
    for skip in (False, True):
        flow[skip].set_ydata(sizes_of(activation, skip, scale))
    return fig2


# %%
Explorer(
    gradient_sizes,
    alt="The size of each hidden layer's weight gradient against the layer on a logarithmic axis, "
    "for thirty layers, plain and with skips.",
    activation=choice("activation", ["relu", "tanh", "sigmoid"], value="relu"),
    scale=slider("weights times", 0.5, 1.5, value=1.0, step=0.1),
)

# %%
for activation in ("relu", "sigmoid"):
    plain, skips = (sizes_of(activation, skip, 1.0) for skip in (False, True))
    lost = [math.log10(s[-1] / s[0]) for s in (plain, skips)]
    print(f"{activation:8} lost a factor of 1000: plain {lost[0] > 3}, with skips {lost[1] > 3}")

# %% [markdown]
# With skips the curve is nearly level whatever the activation. Report B's sentence, that skips
# "reduce the gradient vanishing or gradient explosion", is half of it: weights times 1.5 show that
# a sum of growing branches explodes too.
#
# But with ReLU the plain gradient keeps its size as well: Kaiming's weights see to that. And yet
# 20 plain layers trained worse. Size is not all.

# %% [markdown]
# ## Ask how far a gradient holds
#
# A gradient is a promise about the neighbourhood. Take one step along it, as long as 0.3% of the
# weights, and measure the gradient again. If it still points the same way, their *cosine* is 1; if
# it points anywhere, 0. **Predict first**: at 20 layers, plain and with skips?


# %%
def holds(depth, skip, seed, step=0.003):
    """Cosine of the gradients before and after a step of this share of the weights' length."""
    net = build(depth, skip, np.random.default_rng(seed))
    optimizer, found = SGD(net.parameters(), lr=0.0), []
    for _ in range(2):
        optimizer.zero_grad()
        cross_entropy(net(X[:200]), y[:200]).backward()
        found.append(np.concatenate([p.grad.ravel() for p in net.parameters()]))
        optimizer.lr = step * np.linalg.norm(optimizer.w) / np.linalg.norm(found[0])
        optimizer.step()
    return found[0] @ found[1] / np.linalg.norm(found[0]) / np.linalg.norm(found[1])


# %%
cosines = {
    (d, skip): [holds(d, skip, seed) for seed in range(5)]
    for d in (2, 5, 10, 20)
    for skip in (False, True)
}
fig5, ax5 = subplots(width=6, height=3.2)
for skip, marker, style in ((False, "o", LINES[0]), (True, "s", LINES[1])):
    for place, depth in enumerate((2, 5, 10, 20)):
        x = [place + 0.15 * skip] * 5
        name = ("with skips" if skip else "plain") if place == 0 else None
        ax5.plot(x, cosines[depth, skip], marker, color=style["color"], mfc="none", label=name)
ax5.set_xticks(range(4), ["2", "5", "10", "20"])
ax5.set(xlabel="hidden layers", ylabel="cosine before and after", ylim=(-0.3, 1.05))
ax5.legend(loc="lower left")
show(
    fig5,
    "Cosine between the gradients before and after a small step, five seeds each: at 2 layers near "
    "1 for both; at 20 layers it falls for plain networks far more than with skips.",
)

# %%
better = records.verdict(cosines[20, True], cosines[20, False])
print("20 layers: with skips the gradient holds further:", better)

# %% [markdown]
# The plain network's gradient is large enough and soon wrong. That is why a small step does not
# get far (Balduzzi et al. 2017 call such gradients shattered).

# %% [markdown]
# ## Count the paths
#
# Multiply out two blocks: $(I + J_2)(I + J_1) = I + J_1 + J_2 + J_2 J_1$. Four terms: through both,
# through one or the other, past both. $L$ blocks have $2^L$ paths, and $\binom{L}{k}$ of them go
# through $k$ blocks (Veit et al. 2016). If each branch multiplies the gradient by about $c$, paths
# of length $k$ carry
#
# $$
# \binom{L}{k}\, c^k, \qquad \text{together } (1 + c)^L
# $$
#
# **Predict first**: 20 blocks, $c = 0.2$. Is most of the gradient carried by long paths, of 20, by
# middling ones, of 10, or by short ones?

# %%
fig3, ax3 = subplots(width=6.8, height=3.4)
there = ax3.bar(range(41), np.zeros(41), color="#CCCCCC", label="share of the paths")
carried = ax3.bar(range(41), np.zeros(41), width=0.4, color=LINES[1]["color"], label="of gradient")
ax3.set(xlabel="blocks that a path goes through", ylabel="share", ylim=(0, 0.6))
_ = ax3.legend(fontsize=9)


# %%
def paths(L, c):
    counts = np.array([math.comb(L, k) for k in range(41)], float)
    weight = counts * c ** np.arange(41)
    for bars, values in ((there, counts / 2**L), (carried, weight / weight.sum())):
        for bar, value in zip(bars, values, strict=True):
            bar.set_height(value)
    mean = (weight * np.arange(41)).sum() / weight.sum()
    ax3.set_title(f"{2**L:,} paths; the gradient's mean length is {mean:.1f}", fontsize=11)
    return fig3


# %%
Explorer(
    paths,
    alt="Bars of how many paths go through k blocks, and narrow bars of how much of the gradient "
    "they carry, for a chosen number of blocks and factor of a branch.",
    L=slider("blocks L", 1, 40, value=20),
    c=slider("factor c of a branch", 0.05, 1.0, value=0.2, step=0.05),
)

# %% [markdown]
# Short ones: the mean length is $L\,c/(1 + c)$.
#
# **Measure it.** One $c$ for all branches was an assumption, and not needed. Send $dY$ back block by
# block, and keep apart what has gone through $k$ branches, $G_k$. At each block, what goes through
# the branch becomes one longer:
#
# $$
# G_k \leftarrow G_k + \text{back}_F(G_{k-1})
# $$


# %%
def by_length(net, upstream):
    """(L + 1, n, d): the gradient before the first block, by the branches it went through."""
    first, relu, *blocks, last = net
    A, passed = relu(first(X[:200])).data, []
    for block in blocks:
        Z = A @ block.module[0].W.data + block.module[0].b.data
        passed.append((Z > 0, block.module[0].W.data))
        A = A + np.maximum(Z, 0)
    G = (upstream(A @ last.W.data + last.b.data) @ last.W.data.T)[None]
    for on, W in reversed(passed):
        longer = (G * on) @ W.T
        G = np.concatenate([G, np.zeros_like(G[:1])])
        G[1:] += longer
    return G


# %%
def of_loss(scores):
    """The gradient of the mean cross-entropy with respect to the scores (chapter 05)."""
    P = np.exp(scores - scores.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    P[np.arange(200), y[:200]] -= 1
    return P / 200


# %%
def trained(seed, skip):
    """A network of 20 hidden layers before and after 10 epochs."""
    nets = [build(20, skip, np.random.default_rng(seed)) for _ in range(2)]
    plan = {"epochs": 10, "batch_size": 50, "rng": np.random.default_rng(seed), "progress": False}
    fit(nets[1], X, y, optimizer=SGD(nets[1].parameters(), lr=0.01, momentum=0.9), **plan)
    return nets


pairs = {skip: [trained(seed, skip) for seed in range(5)] for skip in (False, True)}

# %% [markdown]
# All lengths together are the gradient that the tape finds:

# %%
first, relu, *tail = pairs[True][0][0]
start = Parameter(relu(first(X[:200])).data)
cross_entropy(Sequential(*tail)(start), y[:200]).backward()
G = by_length(pairs[True][0][0], of_loss)
print("the sum is the tape's gradient:", np.allclose(G.sum(axis=0), start.grad, atol=1e-6))

# %% [markdown]
# **Predict first**: does training make the paths that matter longer or shorter?


# %%
def shares(net):
    size = np.sqrt(np.mean(by_length(net, of_loss).astype(float) ** 2, axis=(1, 2)))
    return size / size.sum()


found6 = np.array([[shares(net) for net in pair] for pair in pairs[True]])  # (5, 2, 20)
fig6, ax6 = subplots(width=6.4, height=3)
for i, when in enumerate(("before training", "after")):
    mean, half = np.transpose([records.interval(v) for v in found6[:, i].T])
    ax6.bar(np.arange(20) + 0.4 * i, mean, 0.4, yerr=half, color=COLOURS[i], label=when, capsize=2)
    ax6.patches[-20].set_hatch("//" * i)
ax6.set(xlabel="branches gone through, of 19", ylabel="share of the gradient", xlim=(-0.5, 10))
_ = ax6.legend()

# %%
show(
    fig6,
    "Share of the gradient that has gone through k of 19 branches, before and after training, mean "
    "and 95% interval of five seeds: nearly all through fewer than six, later through fewer still.",
)

# %%
lengths = found6 @ np.arange(20)
print("mean length below 3 in all five, before and after:", np.all(lengths < 3))
print("shorter after training:", records.verdict(lengths[:, 0], lengths[:, 1]))

# %% [markdown]
# A deep residual network is, to the gradient, a crowd of shallow ones. Then one block less should
# hardly be missed. **Predict first**: take one hidden layer out of a trained network and train no
# further. How much does the loss rise, with skips and plain?


# %%
def loss_of(layers):
    return float(cross_entropy(Sequential(*layers)(X), y).data)


def missed(net, skip):
    """By how much the loss rises if one hidden layer is left out: the mean over which."""
    layers, width = list(net), 1 if skip else 2  # a block, or a linear layer and its ReLU
    places = range(2, len(layers) - 1, width)
    return np.mean([loss_of(layers[:i] + layers[i + width :]) for i in places]) - loss_of(layers)


# %%
rises = {skip: np.array([missed(net, skip) for _, net in pairs[skip]]) for skip in pairs}
print("with skips the loss rises by less than 0.05:", np.all(rises[True] < 0.05))
print("plain, by more than 0.15:                   ", np.all(rises[False] > 0.15))
print("plain rises more:", records.verdict(rises[False], rises[True]))

# %% [markdown]
# In a plain network each layer speaks to the next and to no other (Veit et al. 2016).

# %% [markdown]
# ## Derive the start
#
# With Kaiming's weights a branch's output is as large as its input (chapter 07), and nearly
# uncorrelated with it. Variances add:
#
# $$
# E[Y^2] \approx E[X^2] + E[F(X)^2] = 2\,E[X^2]
# $$
#
# so $L$ blocks multiply the mean square by $2^L$. (For ReLU branches a little more: their outputs
# are never negative, and add up.) If the branch is made smaller by $1/\sqrt L$, its mean square is
# $1/L$ of its input's, and
#
# $$
# \left(1 + \tfrac{1}{L}\right)^L < e
# $$
#
# for every depth. That is what `build` does above. If the branch starts at **zero**, the network
# starts as the identity, at any depth; its last layer learns first, as $dW = A^T dY$ is not 0.
#
# **Check it**, with branches $F(X) = \text{relu}(X W_1)\,W_2$, whose outputs have mean 0:


# %%
def growth(L, scale):
    """Mean square after L blocks, over that before: 40 draws."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        A = rng.normal(size=(50, 64))
        start = np.mean(A**2)
        for _ in range(L):
            W1, W2 = rng.normal(0, math.sqrt(2 / 64), (64, 64)), rng.normal(0, 1 / 8, (64, 64))
            A = A + scale * np.maximum(A @ W1, 0) @ W2
        found.append(np.mean(A**2) / start)
    return np.array(found)


# %%
for L in (5, 10, 20):
    a_block = 2 ** np.mean(np.log2(growth(L, 1.0)) / L)
    scaled = growth(L, 1 / math.sqrt(L)).mean() / (1 + 1 / L) ** L
    print(f"L = {L:2}: a block multiplies by {a_block:.1f};", end=" ")
    print(f"scaled, as derived to 10%: {abs(scaled - 1) < 0.1}")

# %% [markdown]
# ## Place the norm
#
# A norm tames the growth as well. Where does it stand? Transformers began with the first form (Vaswani
# et al. 2017) and now use the second:
#
# $$
# \text{post: } Y = \text{norm}(X + F(X)), \qquad \text{pre: } Y = X + F(\text{norm}(X))
# $$
#
# Post puts the norm on the skip: $dY$ is changed in every block. Pre leaves the skip alone, and one
# norm at the end catches the sum. **Predict first**: ten blocks Linear-ReLU-Linear, no small start.
# Which form trains better? At which of the two rates?


# %%
def with_norm(form, rng, blocks=10, d=32):
    layers = [Linear(128, d, rng=rng)]
    for _ in range(blocks):
        branch = [Linear(d, d, rng=rng), ReLU(), Linear(d, d, rng=rng)]
        if form == "pre":
            layers += [Residual(Sequential(LayerNorm(d), *branch))]
        else:
            layers += [Residual(Sequential(*branch)), LayerNorm(d)]
    return Sequential(*layers, *[LayerNorm(d)] * (form == "pre"), Linear(d, 10, rng=rng))


# %%
def reached(form, rate, seed):
    rng = np.random.default_rng(seed)
    net = with_norm(form, rng)
    plan = {"epochs": 5, "batch_size": 50, "rng": rng, "progress": False}
    return fit(net, X, y, optimizer=SGD(net.parameters(), lr=rate, momentum=0.9), **plan)["loss"][
        -1
    ]


# %%
ends = {
    (form, rate): [reached(form, rate, seed) for seed in range(5)]
    for form in ("post", "pre")
    for rate in (0.01, 0.05)
}
fig7, ax7 = subplots(width=6, height=2.6)
for i, (form, marker) in enumerate((("post", "o"), ("pre", "s"))):
    for place, rate in enumerate((0.01, 0.05)):
        x, name = [place + 0.1 * i] * 5, form if place == 0 else None
        ax7.plot(ends[form, rate], x, marker, color=COLOURS[i], mfc="none", label=name)
ax7.set_yticks([0, 1], ["rate 0.01", "rate 0.05"])
ax7.set(ylim=(1.4, -0.4), xlabel="training loss after 5 epochs (nats)")
_ = ax7.legend()

# %%
show(
    fig7,
    "Training loss after five epochs of the post and the pre form at two rates, a mark for each of "
    "five seeds: pre lies lower at both, and post spreads widely at the larger rate.",
)

# %%
for rate in (0.01, 0.05):
    post_higher = records.verdict(ends["post", rate], ends["pre", rate])
    print(f"rate {rate}: post ends higher: {post_higher}")

# %% [markdown]
# Pre, at both, and it hardly minds which. Post's usual cure is to raise the rate slowly, the *warm-up*
# of [chapter 10](10_adapt_the_step.ipynb) (Xiong et al. 2020).

# %% [markdown]
# ## Settle it: the skip, or the parameters?
#
# Report B (3.3.4, table 10): adding a residual block took the test accuracy from 0.578 to 0.585,
# one run each, and the parameters from 102,410 to 168,202. Was it the plus sign, or two more
# layers? The fair comparison keeps the layers and takes away the sum. Here: two hidden layers, then
# eight, with and without skips, five seeds, accuracy on new rows. **Predict first.**


# %%
def accuracy(seed, depth, skip):
    rng = np.random.default_rng(100 + seed)
    net = build(depth, skip, rng)
    plan = {"epochs": 8, "batch_size": 50, "rng": rng, "progress": False}
    fit(net, X, y, optimizer=SGD(net.parameters(), lr=0.01, momentum=0.9), **plan)
    return np.mean(net.eval()(X_new).data.argmax(axis=1) == y_new)


found = {
    (d, skip): [accuracy(seed, d, skip) for seed in range(5)] for d in (2, 8) for skip in (0, 1)
}

# %%
fig4, ax4 = subplots(width=6, height=2.4)
for row, depth in enumerate((2, 8)):
    mean, half = records.difference(found[depth, 1], found[depth, 0])
    ax4.errorbar(mean, row, xerr=half, fmt="o", color="black", capsize=4)
ax4.axvline(0, **LINES[1] | {"marker": None})
ax4.set_yticks([0, 1], ["2 hidden layers", "8 hidden layers"])
ax4.set(ylim=(1.5, -0.5), xlabel="accuracy with skips minus without, same parameters")
show(
    fig4,
    "Difference that the skips alone make to the accuracy on new rows, with 95% intervals over "
    "five seeds: clearly more at 8 hidden layers than at 2.",
)

# %%
print("8 layers, skips help:", records.verdict(found[8, 1], found[8, 0]))

# %% [markdown]
# At depth the plus sign matters. In a network as shallow as report B's there is little to mend:
# 0.007 between two single runs is less than seeds differ by, and its larger network has 65,792
# parameters more. On the report's own features, five recorded runs each, test rows read once
# ([chapter 17](17_rerun_report_b.ipynb)):

# %%
ablation = tables()["B10"]
recorded = dict(zip([row.name for row in ablation.rows], ablation.results(), strict=True))
with_block, without = (
    [run["test"]["accuracy"] for run in recorded[name]]
    for name in ("+ residual block", "+ dropout")
)
mean, half = records.difference(with_block, without)
print(f"with the block minus without: {mean:+.4f} ± {half:.4f}:", end=" ")
print(records.verdict(with_block, without))

# %% [markdown]
# ## Break it
#
# Eight ways to get a block wrong, and four checks. **Predict first**: which faults are caught by
# finite differences only?


# %%
def faulty(fault):
    """A block X + tanh(X W) with one fault, as an operation of (X, W)."""

    def op(A, W):
        H = np.tanh(A @ W)
        if fault == "branch sees the sum":  # X was overwritten in place
            H = np.tanh((A + H) @ W)
        Y = {"added twice": 2 * A + H, "subtracted": A - H, "no skip": H}.get(fault, A + H)

        def back(dY):
            dZ = dY * (1 - H * H)
            dA = {"skip not sent back": dZ @ W.T, "dY doubled": 2 * dY + dZ @ W.T}
            dW = A.T @ (dZ + dY if fault == "skip counted in dW" else dZ)
            if fault == "dY overwritten":
                dY += dZ @ W.T
                return dY, dW
            return dA.get(fault, dY + dZ @ W.T), dW

        return Y, back

    return op


FAULTS = ["none", "skip not sent back", "dY doubled", "skip counted in dW", "dY overwritten"]
FAULTS += ["added twice", "subtracted", "no skip", "branch sees the sum"]


# %%
def checks_of(fault):
    rng = np.random.default_rng(0)
    A, W = rng.normal(size=(6, 4)), rng.normal(size=(4, 4))
    Y, back = faulty(fault)(A, W)
    zero, _ = faulty(fault)(A, np.zeros((4, 4)))
    return {
        "shape": Y.shape == A.shape == back(Y.copy())[0].shape,
        "W = 0": np.allclose(zero, A),
        "Y": np.allclose(Y, A + np.tanh(A @ W)),
        "derivative": max(gradient_errors(faulty(fault), A, W, rng=rng)) < 1e-6,
    }


judged = {fault: checks_of(fault) for fault in FAULTS}


# %%
def table(fault):
    heads = "".join(f"<th>{name}</th>" for name in judged[fault])
    words = ["passes" if ok else "<b>FAILS</b>" for ok in judged[fault].values()]
    return f"<table><tr>{heads}</tr><tr>{''.join(f'<td>{w}</td>' for w in words)}</tr></table>"


Explorer(
    table,
    alt="Four checks of a residual block, and for the chosen fault whether each passes or fails.",
    fault=choice("fault", FAULTS, value="none"),
)

# %%
for fault, seen in judged.items():
    caught = [name for name, ok in seen.items() if not ok]
    print(f"{fault:20} {', '.join(caught) or 'passes all'}")

# %% [markdown]
# A skip that is not sent back still trains, slowly: only the derivative shows it. And *dY overwritten*
# returns the right numbers. But `dY += ...` writes into an array of the layer above; whoever reads it
# next, here the check itself, finds it changed.

# %% [markdown]
# ## Steer it yourself
#
# Four hidden layers of tanh: first with skips, then without. **Predict first**: which one's
# first layer gets the longer gradients?
# All controls: [chapter 23](23_play.ipynb).

# %%
Playground(widths=[8] * 4, activations=["tanh"] * 4, residual=True)

# %%
Playground(widths=[8] * 4, activations=["tanh"] * 4)

# %% [markdown]
# <details><summary>What to see</summary>
#
# The one with skips, from the first step.
#
# </details>

# %% [markdown]
# ## Practise
#
# Fill in, run, and let the checker answer. `hint()` gives a hint each time it is called.

# %%
from exercises import chapter_14 as exercises

# %% [markdown]
# **Exercise 1.** A block with a ReLU branch, $Y = X + \text{relu}(X W)$; `X` (n, d), `W` (d, d).
# Return `Y` and `back(dY)`, which returns `(dX, dW)`.


# %%
def residual_block(X, W):
    raise NotImplementedError


exercises.residual_block.check(residual_block)

# %% [markdown]
# **Exercise 2.** `L` blocks. Return how many paths go through exactly `k` of them.


# %%
def paths_through(L, k):
    raise NotImplementedError


exercises.paths_through.check(paths_through)

# %% [markdown]
# **Exercise 3.** Each branch is multiplied by `c` (alone it would keep the mean square). By what
# factor do `L` blocks multiply the mean square?


# %%
def growth_of(L, c):
    raise NotImplementedError


exercises.growth_of.check(growth_of)

# %%
# exercises.growth_of.hint()

# %% [markdown]
# **Exercise 4.** For one row: `dY` $(d,)$, and branch $l$ sends a gradient `g` back as `g @ M[l]`,
# `M` $(L, d, d)$, first block first. Return $(L + 1, d)$: the part of $dX$ that has gone through
# $0, 1, \ldots, L$ branches. Hints: `exercises.by_length.hint()`.


# %%
def lengths_apart(dY, M):
    raise NotImplementedError


exercises.by_length.check(lengths_apart)

# %% [markdown]
# **Exercise 5** (no checker). Let a network of 30 hidden layers start as the identity between its first and its
# last layer: set what must be set to 0 below, and find the loss before the first step. Which layers
# have a gradient?
#
# <details><summary>Answer</summary>
#
# `layer.module[0].W.data[...] = 0` for every block with branch Linear-ReLU. With ReLU on top, all
# its gradients are 0 as well, for ReLU's derivative at 0 is taken as 0: such a branch never learns.
# The branch's *last* operation must be the linear layer: Linear-ReLU-Linear, the second at 0.
#
# </details>

# %%
net = Sequential(*[Residual(Sequential(Linear(32, 32, rng=rng), ReLU())) for _ in range(30)])

# %% [markdown]
# ## Summary
#
# - Deep plain networks fail on their training rows: their gradients are products of many factors,
#   too small or too soon wrong.
# - $Y = X + F(X)$ sends $dY$ back untouched, plus what goes through $F$.
# - To the gradient the network is a crowd of mostly short paths; one block less is hardly missed.
# - Sums grow: start the branches small, by $1/\sqrt L$, or at 0, or put a norm before each branch.
# - Compare a skip with the same layers without it, not with fewer layers.
#
# Back: [13 Normalise the row](13_normalise_the_row.ipynb)
# Next: [15 Train and judge](15_train_and_judge.ipynb)
