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
# # 19 Extract features
#
# **You will learn** how convolution, recurrence and attention read a row as a *sequence*: each
# forwards and backwards, what it is good for, and what becomes of it where there is no sequence.
#
# **You need** [chapter 03](03_build_a_linear_layer.ipynb) and [chapter
# 06](06_send_gradients_back.ipynb). **Time**: 75 minutes. **Runs in** under 30 seconds.

# %%
import numpy as np

from mlpcore import AdamW, Linear, Module, ReLU, Sequential, StandardScaler, fit, models, records
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, slider
from mlpcore.gradcheck import gradient_errors
from mlpcore.metrics import count_parameters, evaluate
from mlpcore.plots import COLOURS, LINES, show, subplots
from mlpcore.sequences import RNN, Conv1d, SelfAttention, Unflatten, attention, conv1d, rnn
from mlpcore.source import show_source

# %%
data = load("shapes10")
print(data.describe())

# %% [markdown]
# ## Slide a pattern along
#
# A signal of 60 numbers with a bump somewhere. A **kernel** of 9 weights is laid over each place in
# turn; the sum of the products is the output there.
#
# **Predict first**: which kernel gives its largest output at the middle of the bump? At its left
# edge? What does moving the bump do to the output?

# %%
KERNELS = {
    "bump": np.hanning(11)[1:-1],
    "edge": np.repeat([-1.0, 0.0, 1.0], [4, 1, 4]) / 4,
    "mean": np.ones(9) / 9,
}
noise60 = np.random.default_rng(0).normal(0, 0.1, 60)
fig, (above, below) = subplots(2, 1, width=7.4, height=4, sharex=True)


# %%
(signal_line,) = above.plot([], [], **LINES[0], label="signal")
(kernel_line,) = above.plot([], [], color=COLOURS[1], lw=3, label="kernel, where it lies now")
(out_line,) = below.plot([], [], **LINES[2], label="output")
(here,) = below.plot([], [], "o", color=COLOURS[1], ms=8)
above.set(ylim=(-1.2, 2.2), xlim=(0, 59), ylabel="signal")
_ = below.set(ylim=(-2, 5), xlabel="place", ylabel="output")
_ = above.legend(loc="upper right", fontsize=9, ncols=2)


# %%
def slide(kernel, bump, place):
    signal = noise60.copy()
    signal[bump - 4 : bump + 5] += np.hanning(11)[1:-1]
    w = KERNELS[kernel]
    y = conv1d(signal[None, None], w[None, :, None], np.zeros(1), padding=(4, 4))[0][0, 0]
    signal_line.set_data(range(60), signal)
    kernel_line.set_data(np.arange(place - 4, place + 5), w)
    out_line.set_data(range(60), y)
    here.set_data([place], [y[place]])
    below.set_title(f"output at {place}: {y[place]:.2f}; largest at {y.argmax()}")
    return fig


# %%
Explorer(
    slide,
    alt="Above, a signal with a bump and the kernel over one place of it; below, the "
    "output at every place, with the present one marked.",
    kernel=choice("kernel", list(KERNELS)),
    bump=slider("bump at", 6, 53, value=20),
    place=slider("kernel at", 4, 55, value=30),
)

# %% [markdown]
# The output answers "how much does it look like my kernel here?". Move the bump, and the output
# moves along: nothing has to be learnt anew. That is the point of a convolution.
#
# ## Write it down
#
# $X$ is $(n, C, L)$: $C$ channels of length $L$. $W$ is $(C, k, D)$: for each of $D$ output channels
# a kernel of $k$ weights per input channel. With stride $s$ and $X$ padded with zeros:
#
# $$
# Y_{n,i,t} = b_i + \sum_{c}\sum_{j=0}^{k-1} W_{c,j,i}\; X_{n,c,\,st+j}
# \tag{eq:conv1d}
# $$
#
# $Y$ is $(n, D, T)$, $T = \lfloor (L + \text{padding} - k)/s \rfloor + 1$. (Mathematics flips the
# kernel and calls this *cross-correlation*. The field does not, and calls it convolution.)
#
# It is a linear layer whose matrix is full of zeros and of *shared* weights. For $L = 6$, $k = 3$:

# %%
w3 = np.array([2.0, 1.0, -1.0])
banded = conv1d(np.eye(6)[:, None], w3[None, :, None], np.zeros(1))[0][:, 0]
print(banded.astype(int))
print("rows are inputs, columns outputs; weights:", np.unique(banded[banded != 0]).size)

# %% [markdown]
# How to compute it quickly: lay the $k$ shifted copies of $X$ side by side (*im2col*), and it is one
# matrix product. The library's:

# %%
show_source(conv1d, checks=False)

# %% [markdown]
# ## Backwards
#
# Each weight met the input at all places of all examples; each input was met by up to $k$ weights.
# Sum over the meetings:
#
# $$
# \begin{aligned}
# dW_{c,j,i} &= \sum_n \sum_t dY_{n,i,t}\; X_{n,c,\,st+j} \\
# dX_{n,c,p} &= \sum_i \sum_{j,t:\; st+j=p} W_{c,j,i}\; dY_{n,i,t} \\
# db_i &= \sum_n \sum_t dY_{n,i,t}
# \end{aligned}
# \tag{eq:conv1d-backward}
# $$
#
# In the code `dpatches` holds every product once, and the loop over $j$ adds each to the place it
# came from.
#
# **Flatten** (`eq:flatten`) hands the result to a linear layer: $(n, D, T)$ becomes $(n, D\,T)$ and,
# backwards, the gradient takes its old shape again. No number changes.
#
# Check, with stride 2 and lopsided padding, against finite differences:

# %%
rng = np.random.default_rng(19)
arrays = [rng.normal(size=s) for s in ((3, 2, 9), (2, 3, 4), 4)]
errors = gradient_errors(lambda *a: conv1d(*a, stride=2, padding=(0, 2)), *arrays, rng=rng)
print("dX, dW, db right:", [bool(e < 1e-6) for e in errors])

# %% [markdown]
# ## Anywhere in the signal
#
# A toy where order matters. Signals of 64 numbers, noise, and somewhere a pattern of 8: rising (class
# 0) or falling (class 1). 300 to learn from.
#
# - **linear**: 64 inputs, 2 outputs
# - **MLP**: 64-64-2, ReLU
# - **CNN**: 4 kernels of 8 weights, ReLU, and of each the largest output; then a linear layer. 46
#   weights.
#
# **Predict first**: what does the linear layer reach? Which wins?


# %%
def patterns(n, rng):
    X, y = rng.normal(0, 0.3, (n, 64)), rng.integers(0, 2, n)
    ramp = np.linspace(-1.5, 1.5, 8)
    for row, label, at in zip(X, y, rng.integers(0, 57, n), strict=True):
        row[at : at + 8] += ramp if label == 0 else -ramp
    return X.astype(np.float32), y


# %%
class Largest(Module):
    """Of each channel the largest output: (n, D, T) to (n, D). The gradient goes to that place."""

    def forward(self, x):
        n, D, _ = x.shape
        where = x.data.argmax(axis=2)
        return x[np.arange(n)[:, None], np.arange(D)[None, :], where]


# %%
def readers(rng):
    kernels = [Unflatten(1, 64), Conv1d(1, 4, 8, rng=rng), ReLU(), Largest()]
    return {
        "linear": models.mlp((64, 2), rng=rng),
        "MLP": models.mlp((64, 64, 2), rng=rng),
        "CNN": Sequential(*kernels, Linear(4, 2, rng=rng)),
    }


toy, toy_y = patterns(300, np.random.default_rng(1))
other, other_y = patterns(2000, np.random.default_rng(2))


# %%
def learnt(name, seed):
    rng = np.random.default_rng(seed)
    net = readers(rng)[name]
    plan = {"optimizer": AdamW(net.parameters(), lr=0.01), "epochs": 30, "batch_size": 30}
    fit(net, toy, toy_y, rng=rng, progress=False, **plan)
    return evaluate(net, other, other_y)["accuracy"]


found = {name: [learnt(name, seed) for seed in range(5)] for name in ("linear", "MLP", "CNN")}

# %%
sizes = {name: count_parameters(net) for name, net in readers(rng).items()}
fig2, ax2 = subplots(width=6.6, height=3)
for i, values in enumerate(found.values()):
    ax2.plot(values, [i] * 5, "o", ms=7, mfc="none", color=COLOURS[i])
ax2.set_yticks(range(3), [f"{name}, {sizes[name]:,} weights" for name in found])
_ = ax2.set(xlim=(0.4, 1.02), ylim=(-0.5, 2.5), xlabel="accuracy on new signals")

# %%
show(
    fig2,
    "Accuracy of five seeds on signals with a pattern at an unknown place: the "
    "convolution, with the "
    "fewest weights, makes hardly a mistake; the linear layer and the MLP stay far below.",
)

# %%
print("CNN beats MLP:", records.verdict(found["CNN"], found["MLP"]))
print("CNN beats the linear layer:", records.verdict(found["CNN"], found["linear"]))

# %% [markdown]
# The MLP must learn the pattern at each of 57 places by itself, from five examples each. The kernel
# sees 300 examples of one pattern.
#
# ## Read step by step
#
# A **recurrent** layer reads $x_1, \dots, x_T$ and keeps a state $h$ (with $h_0 = 0$):
#
# $$
# h_t = \tanh(x_t W_x + b_x + h_{t-1} W_h + b_h)
# \tag{eq:rnn}
# $$
#
# $X$ is $(n, T, d)$, $W_x$ $(d, h)$, $W_h$ $(h, h)$. Two biases where one would do: PyTorch has two,
# and so has report B's count.
#
# Unrolled it is a network of $T$ layers that share their weights. So backpropagation is as ever,
# from the last layer to the first. $dh_t$ comes from two sides, from above and from step $t+1$. With
# $z_t$ what tanh is given:
#
# $$
# \begin{aligned}
# dz_t &= \big(dH_t + dz_{t+1} W_h^T\big) \odot (1 - h_t^2) \\
# dW_h &= \sum_t h_{t-1}^T\, dz_t, \qquad dW_x = \sum_t x_t^T\, dz_t \\
# dx_t &= dz_t\, W_x^T, \qquad db_x = db_h = \sum_t \sum_n dz_t
# \end{aligned}
# \tag{eq:rnn-backward}
# $$
#
# Shared weights get the *sum* of what each step says.

# %%
show_source(rnn, checks=False)

# %%
arrays = [rng.normal(size=s) for s in ((3, 4, 2), (2, 5), (5, 5), 5, 5)]
errors = gradient_errors(rnn, *arrays, rng=rng)
print("dX, dW_x, dW_h, db_x, db_h right:", [bool(e < 1e-6) for e in errors])

# %% [markdown]
# ## How far back does it remember?
#
# From step $T$ to step 1 the gradient is multiplied $T - 1$ times by $W_h^T$ and by $1 - h^2 \le 1$.
# The picture: the length of $dz_t$ for a gradient that enters at the last of 40 steps. $W_h$ is an
# orthogonal matrix times a *gain*, so that all its singular values are equal to it. *Input*: the
# size of $x$.
#
# **Predict first**: with which gain does the gradient keep its length, if tanh is not saturated? And
# what do large inputs do?

# %%
walk_rng = np.random.default_rng(4)
turn = np.linalg.qr(walk_rng.normal(size=(16, 16)))[0]
steps_in, pull = walk_rng.normal(size=(1, 40, 16)), walk_rng.normal(size=16)
fig3, ax3 = subplots(width=7, height=3.3)
(lengths,) = ax3.plot([], [], **LINES[0], marker="o", ms=4)
ax3.axhline(1, color="black", lw=1, ls=":")
_ = ax3.set(yscale="log", ylim=(1e-12, 1e6), xlim=(40, 0), xlabel="steps before the last")
_ = ax3.set(ylabel="length of the gradient")


# %%
def remember(gain, size):
    H, _ = rnn(size * steps_in, np.eye(16), gain * turn, np.zeros(16), np.zeros(16))
    back, found = pull / np.linalg.norm(pull), []
    for t in reversed(range(40)):
        found.append(np.linalg.norm(back))
        back = (back * (1 - H[0, t] ** 2)) @ (gain * turn).T
    lengths.set_data(range(40), found)
    ax3.set_title(f"gain {gain:.2f}, input {size:.2f}: first step gets {found[-1]:.1e} of the last")
    return fig3


# %%
Explorer(
    remember,
    alt="Length of the gradient against the number of steps back, on a logarithmic axis: "
    "a straight line whose slope depends on the gain, and on how far tanh is saturated.",
    gain=slider("gain of W_h", 0.5, 1.6, value=0.9, step=0.05),
    size=slider("size of x", 0.0, 2.0, value=0.1, step=0.05),
)

# %% [markdown]
# Below 1 it dies geometrically, above 1 it grows, until the states saturate and kill it. Gates
# (LSTM, GRU) were invented for this; attention, below, goes round it.
#
# **Look at the states.** A toy where the *first* of 12 numbers decides: near 1 (class 1) or near -1
# (class 0); the others are noise. Five networks with 8 states each, trained on 1,000 such rows.
#
# **Predict first**: what do the states do after the first step? What happens to the answer if the
# row has 13 steps, one more than in training?


# %%
def first_decides(n, rng, steps=12):
    X, y = rng.normal(0, 0.5, (n, steps)), rng.integers(0, 2, n)
    X[:, 0] = 2 * y - 1 + rng.normal(0, 0.2, n)
    return X.astype(np.float32), y


# %%
def taught(make, rows, seed, n):
    """A network trained on n rows of a toy, and its accuracy on 1,000 others."""
    rng = np.random.default_rng(seed)
    (A, label), (B, answer), net = rows(n, rng), rows(1000, rng), make(rng)
    plan = {"optimizer": AdamW(net.parameters(), lr=0.01), "epochs": 20, "batch_size": 50}
    fit(net, A, label, rng=rng, progress=False, **plan)
    return net.eval(), evaluate(net, B, answer)["accuracy"]


# %%
def with_states(rng):
    return Sequential(Unflatten(12, 1), RNN(1, 8, rng=rng), Linear(8, 2, rng=rng))


# %%
keepers = [taught(with_states, first_decides, seed, 1000) for seed in range(5)]
print("above 0.95 in all five seeds:", all(accuracy > 0.95 for _, accuracy in keepers))

# %%
fig6, (input_ax, state_ax) = subplots(2, 1, width=7.4, height=4, sharex=True)
(stems,) = input_ax.plot([], [], "o", color=COLOURS[0], ms=5)
input_ax.axhline(0, color="black", lw=1)
_ = input_ax.set(ylim=(-2, 2), ylabel="input")

# %%
noise40 = np.random.default_rng(6).normal(size=40)
states = state_ax.imshow(np.zeros((8, 40)), cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
state_ax.set(xlabel="step", ylabel="state", yticks=range(8), yticklabels=range(1, 9))
state_ax.grid(False)
_ = fig6.colorbar(states, ax=[input_ax, state_ax], label="h, from -1 to 1")


# %%
def remembered(network, first, steps):
    row = 0.5 * noise40[:steps]
    row[0] = first
    (_, reader, answer), H = keepers[network - 1][0], np.full((8, 40), np.nan)
    W_x, W_h, b_x, b_h = (p.data for p in reader.parameters())
    H[:, :steps] = rnn(row[None, :, None], W_x, W_h, b_x, b_h)[0][0].T
    scores = answer(H[:, steps - 1][None].astype(np.float32)).data[0]
    stems.set_data(range(steps), row)
    states.set_data(H)
    input_ax.set_title(f"after {steps} steps it answers class {scores.argmax()}")
    return fig6


# %%
Explorer(
    remembered,
    alt="Above, a row of numbers of which the first decides; below, the eight states of a trained "
    "recurrent layer after each step as colours, which hold on to its sign or alternate.",
    network=slider("network", 1, 5, value=2),
    first=slider("first number", -1.5, 1.5, value=1.0, step=0.1),
    steps=slider("steps", 2, 40, value=12),
)


# %%
def right_after(steps):
    """The lowest accuracy of the five networks on rows of so many steps."""
    rows, label = first_decides(1000, np.random.default_rng(1), steps)
    scores = [answer(reader(rows[..., None])).data for (_, reader, answer), _ in keepers]
    return min(np.mean(z.argmax(axis=1) == label) for z in scores)


# %%
print("the worst of the five, after 12 steps, above 0.95:", right_after(12) > 0.95)
print("the worst of the five, after 13 steps, below 0.6: ", right_after(13) < 0.6)

# %% [markdown]
# The sign of the first number goes from state to state: that is the memory. Some networks *hold* it,
# and it lasts past the steps of training. Some *alternate*: their states change sign at every step,
# and the answer is right after 12 steps and wrong after 13. No row in training told the two apart.
#
# ## Look at everything at once
#
# **Attention** (Vaswani et al. 2017): each step asks a question, its *query* $q$; each step offers a
# *key* $k$ and a *value* $v$. All three are linear layers of the step. The answer is a mixture of
# all values, the more of each, the better its key fits:
#
# $$
# Y = P\,V, \qquad P = \operatorname{softmax}\!\Big(\frac{Q K^T}{\sqrt d}\Big)
# \tag{eq:attention}
# $$
#
# $Q$ is $(n, T, d)$, $K$ $(n, S, d)$, $V$ $(n, S, v)$; $P$ is $(n, T, S)$ and each of its rows adds
# up to 1. Nothing is said of order: a step knows *what* the others are, not where.
#
# The slider: five keys in the plane, one query that turns. **Predict first**: which value does the
# answer come from when the query is long? When it is short?

# %%
angles = np.deg2rad([0, 60, 130, 200, 290])
keys = np.stack([np.cos(angles), np.sin(angles)], axis=1)
fig4, (plane, bars_ax) = subplots(1, 2, width=8.2, height=3.4)
for i, key in enumerate(keys):
    plane.annotate("", key, (0, 0), arrowprops={"arrowstyle": "->", "color": COLOURS[0]})
    plane.text(*(1.15 * key), f"key {i + 1}", ha="center", va="center", fontsize=9)
(query_line,) = plane.plot([], [], color=COLOURS[1], lw=3, label="query (direction)")
plane.set(xlim=(-1.6, 1.6), ylim=(-1.4, 1.7), aspect="equal", xticks=[], yticks=[])
_ = plane.legend(loc="upper right", fontsize=9)
bars4 = bars_ax.bar(range(1, 6), np.zeros(5), color=COLOURS[0], alpha=0.5, edgecolor="black")
_ = bars_ax.set(ylim=(0, 1), xlabel="value", ylabel="weight in the answer")


# %%
def ask(angle, length):
    q = length * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    weights = attention(q[None, None], keys[None], np.eye(5)[None])[0][0, 0]
    query_line.set_data([0, q[0] / length], [0, q[1] / length])
    for bar, weight in zip(bars4, weights, strict=True):
        bar.set_height(weight)
    bars_ax.set_title(f"length {length:.1f}: largest weight {weights.max():.2f}")
    return fig4


# %%
Explorer(
    ask,
    alt="Left, five keys as arrows and a query that turns; right, the weight of each value in the "
    "answer, largest for the key that points where the query does.",
    angle=slider("angle of the query", 0, 355, value=30, step=5),
    length=slider("length of the query", 0.5, 20.0, value=4.0, step=0.5),
)

# %% [markdown]
# **Why $\sqrt d$?** A sum of $d$ products of independent numbers of variance 1 has variance $d$. For
# large $d$ all queries would be long ones, as with the slider: softmax takes one value and ignores the rest, and
# its gradient is nearly 0 (chapter [05](05_score_predictions.ipynb)). Divided by $\sqrt d$ their
# variance is 1 for every $d$:

# %%
for d in (4, 64, 1024):
    Q, K = rng.normal(size=(2, 1, 200, d))
    scores = (Q @ K.swapaxes(1, 2))[0]
    largest = [np.exp(s - s.max(axis=1, keepdims=True)) for s in (scores, scores / d**0.5)]
    tops = [np.mean(e.max(axis=1) / e.sum(axis=1)) for e in largest]
    print(f"d = {d:4}: one value takes over half: {tops[0] > 0.5!s:5}  scaled: {tops[1] > 0.5}")

# %% [markdown]
# **Backwards.** $Y = P V$ is a matrix product; then softmax row by row (chapter 05), then two more
# products:
#
# $$
# \begin{aligned}
# dV &= P^T dY, \qquad dP = dY\, V^T \\
# dS_{t,:} &= \tfrac{1}{\sqrt d}\; P_{t,:} \odot \big(dP_{t,:} - \textstyle\sum_s dP_{t,s} P_{t,s}\big) \\
# dQ &= dS\, K, \qquad dK = dS^T Q
# \end{aligned}
# \tag{eq:attention-backward}
# $$

# %%
show_source(attention, checks=False)

# %%
arrays = [rng.normal(size=s) for s in ((2, 3, 4), (2, 5, 4), (2, 5, 6))]
errors = gradient_errors(attention, *arrays, rng=rng)
print("dQ, dK, dV right:", [bool(e < 1e-6) for e in errors])

# %% [markdown]
# **Look at the map.** A toy where *any* step may decide. Eight steps of two numbers: a value, and a
# mark that is 1 at one step and 0 elsewhere. The class is the sign of the marked value. One
# self-attention layer, the mean over its steps, a linear layer.
#
# **Predict first**: row $t$ of the map says where step $t$ looks. Where will the rows look? What
# happens without a mark (step 0)? With two? Do all five networks do it the same way?


# %%
def marked_decides(n, rng):
    X, at = np.zeros((n, 8, 2)), rng.integers(0, 8, n)
    X[..., 0] = rng.normal(size=(n, 8))
    X[np.arange(n), at, 1] = 1
    return X.reshape(n, 16).astype(np.float32), (X[np.arange(n), at, 0] > 0).astype(int)


# %%
class Mean(Module):
    """(n, T, d) to (n, d)."""

    def forward(self, x):
        return x.mean(axis=1)


# %%
def with_attention(rng):
    return Sequential(Unflatten(8, 2), SelfAttention(2, rng=rng), Mean(), Linear(2, 2, rng=rng))


# %%
lookers = [taught(with_attention, marked_decides, seed, 2000) for seed in range(5)]
print("above 0.9 in all five seeds:", all(accuracy > 0.9 for _, accuracy in lookers))

# %%
values8 = np.random.default_rng(8).normal(size=8)
fig7, (values_ax, map_ax) = subplots(1, 2, width=8.2, height=3.6)
bars7 = values_ax.bar(range(1, 9), values8, color=COLOURS[0], alpha=0.5, edgecolor="black")
_ = values_ax.set(xlabel="step", ylabel="value (hatched: marked)", ylim=(-2.5, 2.5))

# %%
where = map_ax.imshow(np.zeros((8, 8)), cmap="Blues", vmin=0, vmax=1, extent=(0.5, 8.5, 8.5, 0.5))
map_ax.set(xlabel="looks at step", ylabel="step", xticks=range(1, 9), yticks=range(1, 9))
map_ax.grid(False)
_ = fig7.colorbar(where, ax=map_ax, label="weight")


# %%
def map_of(net, rows):
    """Which step looks at which: rows (n, 8, 2), maps (n, 8, 8)."""
    Q, K, _ = (part.data for part in net[1].project(rows))
    return attention(Q, K, np.tile(np.eye(8, dtype=np.float32), (len(rows), 1, 1)))[0]


# %%
def looks(network, first, second):
    marks, looker = np.isin(np.arange(1, 9), (first, second)), lookers[network - 1][0]
    row = np.stack([values8, marks], axis=1).astype(np.float32)[None]
    where.set_data(map_of(looker, row)[0])
    for bar, marked in zip(bars7, marks, strict=True):
        bar.set_hatch("//" if marked else "")
    answer = looker(row.reshape(1, 16)).data.argmax()
    values_ax.set_title(f"it answers: {'positive' if answer else 'negative'}")
    return fig7


# %%
Explorer(
    looks,
    alt="Left, eight values, the marked ones hatched; right, the map of which step looks at which, "
    "with dark columns at the marked steps in some networks.",
    network=slider("network", 1, 5, value=3),
    first=slider("mark at step", 0, 8, value=3),
    second=slider("second mark", 0, 8, value=0),
)

# %% [markdown]
# In a network like the third all rows look at the mark, wherever it stands: nothing had to be passed
# from step to step. Without a mark the weights spread; two marks share them. But try the others:

# %%
some, _ = marked_decides(1000, np.random.default_rng(2))
some = some.reshape(1000, 8, 2)

# %%
on_mark = [
    np.mean(map_of(net, some)[some[..., 1].astype(bool)[:, None].repeat(8, 1)])
    for net, _ in lookers
]

# %%
print("over 0.9 of the weight on the mark, in some networks:", max(on_mark) > 0.9)
print("in all of them:", min(on_mark) > 0.9)

# %% [markdown]
# All answer well, some with much of the weight elsewhere. A map says where weight went, not why the
# answer is what it is (Jain & Wallace 2019).
#
# ## What did report B build?
#
# Its table 13 puts a CNN, an RNN and self-attention in the place of the first linear layer. No
# architecture is given, only parameter counts. All four can be had:

# %%
counts = {
    "linear layer": models.report_b_best(rng),
    "CNN": models.report_b_best(rng, features="cnn"),
    "RNN": models.report_b_best(rng, features="rnn"),
    "self-attention": models.report_b_attention(rng),
}
for name, net in counts.items():
    print(f"{name:15} {count_parameters(net):8,}")

# %% [markdown]
# The CNN: one channel to two, kernels of *two* weights, four weights and two biases in all. The RNN:
# two steps of 64 features, a state of 256. Self-attention: 128 to 32, then attention *among the
# examples of a batch*. Other readings have the same counts; [chapter 17](17_rerun_report_b.ipynb)
# follows them up. In such a network an example's answer depends on
# its company:

# %%
odd = models.report_b_attention(np.random.default_rng(0)).eval()
alone = odd(data.X_test[:1]).data[0]
in_company = odd(data.X_test[:32]).data[0]
print("the same example, the same answer:", np.allclose(alone, in_company, atol=1e-3))

# %% [markdown]
# ## Is there an order at all?
#
# Our 128 features are principal components. Neighbours are uncorrelated by construction. To slide a
# kernel along them is to look for a pattern in a list of unrelated numbers. Test: shuffle the
# *features*, once, the same way for all rows. Where order means nothing, nothing is lost.
#
# The extractor as report B's: 64 units instead of 256, 4,000 rows, five seeds, features in order and
# shuffled.
#
# **Predict first**: for which of the three does shuffling matter?

# %%
X = StandardScaler().fit(data.X_train).transform(data.X_train)
few, few_y, held, held_y = X[:4000], data.y_train[:4000], X[-3000:], data.y_train[-3000:]
mixed = np.random.default_rng(7).permutation(128)


# %%
def extractor(name, rng):
    if name == "linear layer":
        return Linear(128, 64, rng=rng)
    if name == "CNN":
        return Sequential(
            Unflatten(1, 128), Conv1d(1, 4, 8, stride=8, rng=rng), models.nn.Flatten()
        )
    return Sequential(Unflatten(8, 16), RNN(16, 64, rng=rng))


# %%
def reached(name, shuffled, seed):
    rng = np.random.default_rng(seed)
    net = Sequential(extractor(name, rng), ReLU(), Linear(64, 10, rng=rng))
    order = mixed if shuffled else np.arange(128)
    plan = {"optimizer": AdamW(net.parameters(), lr=0.003), "epochs": 4, "batch_size": 50}
    fit(net, few[:, order], few_y, rng=rng, progress=False, **plan)
    return evaluate(net, held[:, order], held_y)["accuracy"]


# %%
EXTRACTORS = ("linear layer", "CNN", "RNN")
ordered = {
    (name, shuffled): [reached(name, shuffled, seed) for seed in range(5)]
    for name in EXTRACTORS
    for shuffled in (False, True)
}

# %%
fig5, ax5 = subplots(width=7, height=3.2)
for i, shuffled in enumerate((False, True)):
    label = "shuffled" if shuffled else "in order"
    for j, name in enumerate(EXTRACTORS):
        values = ordered[name, shuffled]
        place = j + 0.12 * (2 * i - 1)
        ax5.plot(values, [place] * 5, "os"[i], ms=6, mfc="none", color=COLOURS[i], label=label)
        label = None
ax5.set_yticks(range(3), EXTRACTORS)
ax5.set(xlabel="accuracy", ylim=(-0.6, 2.6))
_ = ax5.legend(fontsize=9)

# %%
show(
    fig5,
    "Accuracy with features in order and shuffled, five seeds each: the linear layer "
    "does not care, and is above the convolution and the recurrent layer either way.",
)

# %%
for name in EXTRACTORS:
    verdict = records.verdict(ordered[name, False], ordered[name, True])
    print(f"{name:13} in order beats shuffled: {verdict}")
for name in ("CNN", "RNN"):
    verdict = records.verdict(ordered["linear layer", False], ordered[name, False])
    print(f"linear layer beats {name}: {verdict}")

# %% [markdown]
# The components are sorted by variance, which is a kind of order. But no pattern repeats along it.
# Convolution on the *pixels* is another story: there a shape may stand anywhere, as in the toy
# above.
#
# ## Break it
#
# One fault at a time, three checks: finite differences; *moved along* (move the signal, the output
# moves along); *rows add to 1*. **Predict first** which check finds which.


# %%
def wrong_conv(fault):
    def op(X, W, b):
        Y, back = conv1d(X, W[:, ::-1] if fault == "kernel flipped" else W, b, padding=(1, 1))

        def bad(dY):
            dX, dW, db = back(dY)
            if fault == "flipped in backward only":
                dW = dW[:, ::-1]
            if fault == "bias not summed":
                db = dY.sum(axis=0)[:, 0]
            if fault == "kernel flipped":
                dW = dW[:, ::-1]
            return dX, dW, db

        return Y, bad

    return op


# %%
def wrong_rnn(fault):
    def op(X, W_x, W_h, b_x, b_h):
        H, back = rnn(X, W_x, W_h, b_x, b_h)

        def bad(dH):
            if fault == "last step's gradient only":
                return back(dH * (np.arange(dH.shape[1]) == dH.shape[1] - 1)[:, None])
            scaled = dH * (1 - H**2) if fault == "tanh' twice" else dH
            return back(scaled)

        return H, bad

    return op


# %%
def wrong_attention(fault):
    def op(Q, K, V):
        if fault == "softmax over the queries":
            S = Q @ K.swapaxes(1, 2) / Q.shape[2] ** 0.5
            P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
            return P @ V, attention(Q, K, V)[1]
        if fault == "no scaling":
            return attention(Q * Q.shape[2] ** 0.5, K, V)[0], attention(Q, K, V)[1]
        return attention(Q, K, V)

    return op


# %%
FAULTS = {
    "none": wrong_conv(None),
    "kernel flipped": wrong_conv("kernel flipped"),
    "flipped in backward only": wrong_conv("flipped in backward only"),
    "bias not summed": wrong_conv("bias not summed"),
    "last step's gradient only": wrong_rnn("last step's gradient only"),
    "tanh' twice": wrong_rnn("tanh' twice"),
    "softmax over the queries": wrong_attention("softmax over the queries"),
    "no scaling": wrong_attention("no scaling"),
}


# %%
SHAPES = {
    "conv": ((3, 2, 9), (2, 3, 4), 4),
    "rnn": ((3, 4, 2), (2, 5), (5, 5), 5, 5),
    "attention": ((2, 3, 4), (2, 5, 4), (2, 5, 6)),
}


# %%
KINDS = dict(zip(FAULTS, ["conv"] * 4 + ["rnn"] * 2 + ["attention"] * 2, strict=True))


def lab(name):
    op, found = FAULTS[name], {}
    lab_rng = np.random.default_rng(3)
    arrays = [lab_rng.normal(size=s) for s in SHAPES[KINDS[name]]]
    found["finite differences"] = max(gradient_errors(op, *arrays, rng=lab_rng)) < 1e-6
    if KINDS[name] == "conv":
        moved = np.roll(arrays[0], 1, axis=2)
        one, two = op(*arrays)[0], op(moved, *arrays[1:])[0]
        found["moved along"] = np.allclose(one[:, :, 1:-2], two[:, :, 2:-1])
    if KINDS[name] == "attention":
        ones = np.ones((2, 5, 6))
        found["rows add to 1"] = np.allclose(op(*arrays[:2], ones)[0], 1)
    return found


# %%
verdicts = {name: lab(name) for name in FAULTS}


def as_table(fault):
    lines = [
        f"<tr><td>{check}<td><b>{'passes' if ok else 'FAILS'}</b>"
        for check, ok in verdicts[fault].items()
    ]
    return f"<table>{''.join(lines)}</table>"


# %%
Explorer(
    as_table,
    alt="A table of the checks that apply to the chosen faulty operation, and whether each passes "
    "or fails.",
    fault=choice("fault", list(FAULTS)),
)

# %%
for name, checks in verdicts.items():
    caught = [check for check, ok in checks.items() if not ok]
    print(f"{name:24} found by: {', '.join(caught) or 'none of them'}")

# %% [markdown]
# A kernel flipped in forward *and* backward passes everything: it is a true convolution, and learns
# the mirror image of the same kernel. Only an example worked by hand, or another library, would tell.
#
# ## Practise

# %%
from exercises.chapter_19 import attend, convolve, through_time

# %% [markdown]
# **Exercise 1.** Convolution with loops: `X` $(n, C, L)$, `W` $(C, k, D)$, `b` $(D,)$; no padding,
# stride 1. Hints: `convolve.hint()`.


# %%
def my_convolve(X, W, b):
    return ...


convolve.check(my_convolve)

# %% [markdown]
# **Exercise 2.** Backpropagation through time: from the states `H` $(n, T, h)$, `W_h` $(h, h)$ and
# `dH` $(n, T, h)$ return $dW_h$ and `dZ` $(n, T, h)$. Hints: `through_time.hint()`.


# %%
def my_through_time(H, W_h, dH):
    dZ = ...
    dW_h = ...
    return dZ, dW_h


through_time.check(my_through_time)

# %% [markdown]
# **Exercise 3.** Attention of one sequence: `Q` $(T, d)$, `K` $(S, d)$, `V` $(S, v)$. Return $Y$.
# Hints: `attend.hint()`.


# %%
def my_attend(Q, K, V):
    return ...


attend.check(my_attend)

# %% [markdown]
# **Exercise 4** (no checker). How many weights has a `Conv1d` from 3 to 16 channels with kernels of
# 5, and what does stride 2 change in that number?
#
# <details><summary>Answer</summary>
#
# $3 \cdot 5 \cdot 16 + 16 = 256$. Nothing: stride changes how often they are used.
#
# </details>
#
# **Exercise 5** (no checker). Shuffle the *steps* of a sequence. What happens to the output of
# self-attention? Of an RNN's last state?
#
# <details><summary>Answer</summary>
#
# Attention: its rows are shuffled the same way and otherwise the same; each step still finds the
# same keys and values. That is why positions are added to the inputs where order counts. The RNN
# gives another state: it reads in order.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Convolution is a linear layer that shares a few weights over all places: good where a pattern may
#   stand anywhere.
# - Shared weights get the sum of the gradients of all their uses, over places or over time.
# - A recurrent layer is a deep network; its gradient is a product of $T$ matrices, and dies or grows.
# - Attention mixes all steps by how well query and key fit; $1/\sqrt d$ keeps softmax awake.
# - Where there is no order, a linear layer does at least as well.
#
# Back: [18 Find the best](18_find_the_best.ipynb)
# Next: [20 Build autograd](20_build_autograd.ipynb)
