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
# # 10 Adapt the step
#
# **You will learn** how RMSprop and Adam give each weight a step of its own, what Adam's two
# corrections are for, why L2 decay is not AdamW, what a learning-rate schedule gains, and how to
# compare optimizers fairly.
#
# **You need** chapters [08](08_step_downhill.ipynb) and [09](09_gather_momentum.ipynb) (gradient
# descent, momentum), and the chain rule. **Time**: 75 minutes. **Runs in** under 30 seconds.

# %%
import numpy as np
from scipy.interpolate import RectBivariateSpline

from mlpcore import StandardScaler, cross_entropy, models, schedules
from mlpcore.autograd import Parameter, no_grad
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.metrics import evaluate
from mlpcore.optim import SGD, Adam, AdamW, Optimizer, RMSprop
from mlpcore.playground import Playground
from mlpcore.plots import LINES, MARKERS, show, subplots
from mlpcore.records import interval
from mlpcore.source import show_source
from mlpcore.train import TrainingDiverged, training_steps

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# The features are divided by *one* number, so that their overall size is 1. They keep their
# unequal sizes.


# %%
def rms(A, axis=None):
    """The size of numbers: the root of their mean square."""
    return np.sqrt(np.mean(np.square(A, dtype=np.float64), axis=axis))


# %%
unit = np.float32(rms(data.X_train))
X, y = data.X_train / unit, data.y_train
X_test, y_test = data.X_test / unit, data.y_test

# %% [markdown]
# ## Predict which weights get large gradients
#
# A layer's gradient is $dW = X^T dY$: row $i$ of $dW$ is made of feature $i$. The features are
# principal components, the largest first (chapter 01).

# %%
sizes = rms(X, axis=0)
print(f"feature 1 is {sizes[0] / sizes[-1]:.0f} times as large as feature 128")

# %% [markdown]
# **Predict first**: by how much do the gradients of their weights differ? By less than that
# factor, by the same, by more?

# %%
net = models.mlp((128, 64, 10), rng=np.random.default_rng(0))
cross_entropy(net(X[:2000]), y[:2000]).backward()
gradients = rms(net[0].W.grad, axis=1)

# %%
fig, ax = subplots(width=6.6, height=3.4)
for i, (name, values) in enumerate(
    {"feature": sizes, "gradient of its weights": gradients}.items()
):
    ax.plot(range(1, 129), values / values[0], **LINES[i], label=name)
ax.set(xlabel="feature", ylabel="size (rms), the first is 1", yscale="log")
ax.legend()
show(
    fig,
    "Size of each feature and of its weights' gradients, on a logarithmic axis: both fall, the "
    "gradients to less than a hundredth.",
)

# %% [markdown]
# By more. A row of $X^T dY$ grows with the feature, and also with how well the feature goes along
# with $dY$: the large ones say more about the class. So one learning rate has to serve
# weights whose gradients differ more than a hundredfold. What suits the first row is far too
# little for the last.
#
# For a linear model with squared error the curvature is the matrix $X^T X/n$, and plain descent
# is as slow as its **condition number** is large: largest curvature over smallest.

# %%
Z = StandardScaler().fit(data.X_train).transform(data.X_train)
for name, features in (("as they are", X), ("each divided by its size", Z)):
    covariance = features.T.astype(np.float64) @ features / len(features)
    print(f"features {name:26} condition number {np.linalg.cond(covariance):7,.0f}")

# %% [markdown]
# Dividing each feature by its own size cures it here. But nobody standardises the hidden layers
# by hand. Could the optimizer do it?

# %% [markdown]
# ## Divide by the gradient's size
#
# **RMSprop** (Tieleman & Hinton 2012; `eq:rmsprop`) keeps a moving average $s$ of each weight's
# squared gradient, and divides the step by its root. All operations are element by element, all
# shapes those of the weights:
#
# $$
# \begin{aligned}
# s_t &= \alpha\,s_{t-1} + (1 - \alpha)\,g_t \odot g_t, \qquad s_0 = 0 \\
# w_t &= w_{t-1} - \eta\,\frac{g_t}{\sqrt{s_t} + \epsilon}
# \end{aligned}
# $$
#
# $\eta$ is the learning rate `lr`, $\alpha$ near 1, $\epsilon$ tiny. A weight with gradients
# around 100 and one with gradients around 0.01 now take steps of the same size, about $\eta$.
#
# In the library's code `scale(a, y)` is $y \leftarrow a\,y$ and `axpy(a, x, y)` is
# $y \leftarrow y + a\,x$, both in place.

# %%
show_source(RMSprop.update)

# %% [markdown]
# This helper steps any optimizer of the library and keeps its path. All live figures use it.


# %%
def walk(kind, start, gradient, steps, **options):
    """The weights before the first and after each step; gradient: (w, step from 0) -> g."""
    p = Parameter(np.array(start, dtype=np.float64))
    optimizer, path = kind([p], **options), [p.data.copy()]
    for t in range(steps):
        p.grad = np.array(gradient(p.data, t), dtype=np.float64)
        optimizer.step()
        path.append(p.data.copy())
    return np.array(path)


# %%
rng = np.random.default_rng(1)
G = rng.normal(size=(20, 5))  # twenty random gradients of five weights
w, s = np.zeros(5), np.zeros(5)

# %%
for g in G:
    s = 0.9 * s + 0.1 * g**2
    w = w - 0.01 * g / (np.sqrt(s) + 1e-3)
path = walk(RMSprop, np.zeros(5), lambda w, t: G[t], 20, lr=0.01, alpha=0.9, eps=1e-3)
print("20 steps by the formula and by the library agree:", np.allclose(w, path[-1]))

# %% [markdown]
# ## Derive what the division does
#
# Freeze $s$ for a moment and write $D$ for the diagonal matrix with $\sqrt{s_i} + \epsilon$ on
# it. The step is $w \leftarrow w - \eta\,D^{-1} g$. Measure the weights in other units,
# $u = D^{1/2} w$. By the chain rule the gradient with respect to $u$ is $D^{-1/2} g$, and
#
# $$
# u \leftarrow D^{1/2}\,(w - \eta\,D^{-1} g) = u - \eta\,D^{-1/2} g
# $$
#
# This is plain gradient descent in $u$, where the curvature $H$ becomes $D^{-1/2} H D^{-1/2}$. Such
# a $D$ is called a **preconditioner**. If $H$ is diagonal and $D$ is like it, what is left has
# condition number 1: a round bowl.
#
# **Predict first**: a valley with condition number 100 is turned by 45 degrees. Which condition
# number is left with $D = \text{diag}(H)$?

# %%
for degrees in (0, 45):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, -s], [s, c]])
    H = turn @ np.diag([0.1, 10.0]) @ turn.T
    root = np.diag(np.diag(H) ** -0.5)
    left = np.linalg.cond(root @ H @ root)
    print(f"turned by {degrees:2} degrees: before {np.linalg.cond(H):.0f}, after {left:.0f}")

# %% [markdown]
# All of it. The turned valley's long and short directions are mixtures of weights, and one number
# per weight cannot tell them apart.
#
# RMSprop's $D$ holds sizes of gradients, not curvatures. What does it leave of our features'
# valley? (Standardising is $D = $ size squared: the weight and its gradient both change units.)

# %%
H_X = X.T.astype(np.float64) @ X / len(X)
for name, d in {"plain": sizes**0, "RMSprop's": gradients, "standardised": sizes**2}.items():
    print(f"{name:12} condition number {np.linalg.cond(H_X / np.sqrt(np.outer(d, d))):6,.0f}")

# %% [markdown]
# Most of the way. Now check the change of units, step by step, on the turned valley:

# %%
D = np.diag([3.0, 0.5])
w, u, half = np.array([1.0, 2.0]), np.sqrt(D) @ [1.0, 2.0], np.linalg.inv(np.sqrt(D))
for _ in range(10):
    w = w - 0.1 * np.linalg.inv(D) @ (H @ w)
    u = u - 0.1 * (half @ H @ half) @ u
print("descent in u is the preconditioned descent in w:", np.allclose(w, half @ u))

# %% [markdown]
# ## Average without a bias
#
# **Adam** (Kingma & Ba 2015; `eq:adam`) takes RMSprop's average of squares, and momentum as an
# average too:
#
# $$
# \begin{aligned}
# m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\,g_t \\
# v_t &= \beta_2 v_{t-1} + (1 - \beta_2)\,g_t \odot g_t
# \end{aligned}
# $$
#
# Both start at 0, and that pulls them towards 0 at first. By how much? Put the formula for
# $m_{t-1}$ into that for $m_t$, then $m_{t-2}$, down to $m_0 = 0$:
#
# $$
# \begin{aligned}
# m_t &= (1 - \beta)\,g_t + \beta\,m_{t-1} \\
# &= (1 - \beta)\,(g_t + \beta\,g_{t-1}) + \beta^2 m_{t-2} \\
# &= (1 - \beta) \sum_{i=1}^{t} \beta^{\,t-i} g_i
# \end{aligned}
# $$
#
# If every $g_i$ has the same expectation $E[g]$, it comes out of the sum. What remains is
# geometric:
#
# $$
# E[m_t] = E[g]\,(1 - \beta) \sum_{k=0}^{t-1} \beta^{\,k} = E[g]\,(1 - \beta^t)
# $$
#
# So divide by $1 - \beta^t$. The same holds for $v_t$, with $g \odot g$ for $g$:
#
# $$
# \hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad
# \hat v_t = \frac{v_t}{1 - \beta_2^t}, \qquad
# w_t = w_{t-1} - \eta\,\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}
# $$
#
# The weights $(1 - \beta)\,\beta^{t-i} / (1 - \beta^t)$ have sum 1: $\hat m_t$ is a true weighted
# mean of the gradients so far.
#
# **Predict first**: the gradient is 1 plus noise, $\beta = 0.99$. How many steps until $m$
# without the correction is near 1? And is $\hat m_1$, the very first, a good estimate?

# %%
def average(g, beta):
    """The moving average of g after each step, from 0."""
    m, found = 0.0, []
    for value in g:
        m = beta * m + (1 - beta) * value
        found.append(m)
    return np.array(found)


# %%
steps = np.arange(1, 201)
draws = np.random.default_rng(2).normal(size=(10, 200))


# %%
fig2, ax2 = subplots(width=7, height=3.6)
(dots,) = ax2.plot([], [], ls="", marker="o", ms=3, color="#999999", label="gradients g")
(plain,) = ax2.plot([], [], **LINES[1], label="m: from 0")
(mended,) = ax2.plot([], [], **LINES[0], label="m / (1 - β^t)")
(expected,) = ax2.plot([], [], color="black", lw=1, ls=":", label="E[m] = 1 - β^t")
ax2.set(xlabel="step t", xlim=(0, 200), ylim=(-1, 3))
_ = ax2.legend(fontsize=9, loc="upper right", ncols=2)


# %%
def averages(beta, noise, seed):
    g = 1 + noise * draws[seed]
    m, share = average(g, beta), 1 - beta**steps
    for line, values in ((dots, g), (plain, m), (mended, m / share), (expected, share)):
        line.set_data(steps, values)
    ax2.set_title(f"m after 10 steps: {m[9]:.2f}, corrected {m[9] / share[9]:.2f}")
    return fig2


# %%
Explorer(
    averages,
    alt="Noisy gradients with mean 1 as dots, their moving average from 0, the same average "
    "corrected, and the expectation derived above, against the step.",
    beta=slider("β", 0.5, 0.999, value=0.99, step=0.001),
    noise=slider("noise (deviation)", 0.0, 2.0, value=0.5, step=0.1),
    seed=slider("another draw", 0, 9),
)

# %% [markdown]
# Without correction it takes a few times $1/(1 - \beta)$ steps. The correction takes out the
# bias, not the noise: $\hat m_1 = g_1$, a single gradient.
#
# **Check** all three claims with random gradients. The last one is the mean over 20,000 runs of
# seven steps.

# %%
p = Parameter(np.zeros(5))
optimizer = Adam([p], lr=0.01, betas=(0.9, 0.99))
for g in G:
    p.grad = g
    optimizer.step()

# %%
weights = 0.9 ** np.arange(19, -1, -1)
print("unrolled sum:", np.allclose(optimizer.m, 0.1 * weights @ G))
print("weighted mean:", np.allclose(optimizer.m / (1 - 0.9**20), np.average(G, 0, weights)))
last = [average(g, 0.9)[-1] for g in rng.normal(1, 1, size=(20_000, 7))]
print("E[m] within 1%:", abs(np.mean(last) / (1 - 0.9**7) - 1) < 0.01)

# %%
show_source(Adam.update)

# %% [markdown]
# `c1` and `c2` are the corrections, `d` is $\sqrt{\hat v} + \epsilon$, and $\hat m$'s `c1` is
# divided out in the last line. `decayed` has its own section below.

# %% [markdown]
# ## Read report A's Adam
#
# Report A, 2.4.6, has these moments, and then
#
# $$
# W_t = W_{t-1} - \frac{lr \cdot m_t}{\sqrt{V_t}}
# $$
#
# Two things are missing: the corrections, and $\epsilon$.
#
# **Predict first**: $m$ and $V$ both start too small. Are the report's first steps then too small
# or too large?
#
# **Derive it.** With $m_t = (1 - \beta_1^t)\,\hat m_t$ and $V_t = (1 - \beta_2^t)\,\hat v_t$ the
# report's step is Adam's, times
#
# $$
# c_t = \frac{1 - \beta_1^t}{\sqrt{1 - \beta_2^t}}
# $$

# %%
fig3, ax3 = subplots(width=6.8, height=3.6)
times = np.unique(np.geomspace(1, 10_000, 120).astype(int))
(factor,) = ax3.plot([], [], **LINES[0], label="derived: c")
(seen,) = ax3.plot([], [], ls="", marker="o", color=LINES[1]["color"], label="the library's steps")
ax3.axhline(1, color="black", lw=1, ls=":")
ax3.set(xlabel="step t", ylabel="step / learning rate", xscale="log", xlim=(0.9, 11_000))
ax3.minorticks_off()
_ = ax3.legend(fontsize=9, loc="upper right")


# %%
def hidden_schedule(beta1, beta2):
    c = (1 - beta1**times) / np.sqrt(1 - beta2**times)
    options = {"lr": 1.0, "betas": (beta1, beta2), "eps": 0, "bias_correction": False}
    moved = -np.diff(walk(Adam, [0.0], lambda w, t: [1.0], 200, **options)[:, 0])
    where = np.array([1, 2, 5, 10, 20, 50, 100, 200])
    factor.set_data(times, c)
    seen.set_data(where, moved[where - 1])
    ax3.set_ylim(0, 1.1 * max(c.max(), 1.2))
    ax3.set_title(f"first {c[0]:.2f}; largest {c.max():.2f}, at step {times[c.argmax()]}")
    return fig3


# %%
Explorer(
    hidden_schedule,
    alt="Size of Adam's step without bias correction, in learning rates, against the step, for a "
    "constant gradient: the derived curve, and marks for the library's own steps on it.",
    beta1=slider("β₁", 0.0, 0.99, value=0.9, step=0.01),
    beta2=slider("β₂", 0.9, 0.999, value=0.999, step=0.001, form=".3f"),
)

# %% [markdown]
# Too large: $V$ is under a root and has the longer memory, so it stays too small for much longer
# than $m$. With the usual $\beta$ the report's Adam is Adam with a **hidden schedule**: some
# hundred steps at several times the rate asked for. RMSprop has it too: its first step is
# $1/\sqrt{1 - \alpha}$ learning rates.
#
# The library can play that schedule to the corrected Adam. It is the same training. (These two
# helpers make all networks and all runs from here on.)


# %%
def train(net, optimizer, seed, features=X, rows=4000, epochs=1, batch_size=100, **settings):
    """The losses of the training steps, on the first rows."""
    settings |= {"epochs": epochs, "batch_size": batch_size, "optimizer": optimizer}
    rng = np.random.default_rng(100 + seed)
    run = training_steps(net, features[:rows], y[:rows], rng=rng, **settings)
    return np.array([step.loss for step in run])


# %%
def small(seed, width=64):
    return models.mlp((128, width, 10), rng=np.random.default_rng(seed))


def fifty(rate, seed=0, schedule=None, rows=3200, batch_size=64, **options):
    """The first fifty losses under Adam."""
    net = small(seed)
    optimizer = Adam(net.parameters(), lr=rate, **options)
    return train(net, optimizer, seed, rows=rows, batch_size=batch_size, schedule=schedule)


# %%
def report_a(step, total_steps):
    return (1 - 0.9 ** (step + 1)) / np.sqrt(1 - 0.999 ** (step + 1))


scheduled = fifty(0.001, schedule=report_a, eps=1e-12)
uncorrected = fifty(0.001, bias_correction=False, eps=1e-12)
print("the same losses:", np.allclose(scheduled, uncorrected, rtol=1e-3))

# %% [markdown]
# Does that harm? Fifty steps, six learning rates, five seeds, with and without correction.
#
# **Predict first**: at which rates is the report's form worse? Is it better at any?

# %%
EARLY_RATES = (0.001, 0.003, 0.006, 0.01, 0.03, 0.06)
early = {
    (rate, correct): np.array([fifty(rate, seed, bias_correction=correct) for seed in range(5)])
    for rate in EARLY_RATES
    for correct in (True, False)
}

# %%
fig4, ax4 = subplots(width=6.8, height=3.6)
bundles = {}
for i, (correct, name) in enumerate({True: "corrected", False: "report A's form"}.items()):
    bundles[correct] = [ax4.plot([], [], **LINES[i], lw=1)[0] for _ in range(5)]
    bundles[correct][0].set_label(f"{name}, five seeds")
ax4.axhline(np.log(10), color="black", lw=1, ls=":", label="ln 10: guessing")
ax4.set(xlabel="step", ylabel="loss (nats), mean of 5 steps", xlim=(0, 50), ylim=(1.6, 4))
_ = ax4.legend(fontsize=9, loc="upper right")


# %%
def first_fifty(rate):
    for correct, lines in bundles.items():
        for line, losses in zip(lines, early[rate, correct], strict=True):
            smooth = np.convolve(np.minimum(losses, 9), np.ones(5) / 5, mode="valid")
            line.set_data(range(2, 48), smooth)
    top = max(losses.max() for losses in (early[rate, True], early[rate, False]))
    ax4.set(ylim=(1.6, 4 if top < 5 else 9), title=f"learning rate {rate}")
    return fig4


# %%
Explorer(
    first_fifty,
    alt="Loss in the first fifty steps with Adam and with report A's form of it, five seeds each, "
    "at the learning rate chosen; a dotted line is the loss of guessing.",
    rate=choice("learning rate", EARLY_RATES, value=0.03),
)

# %% [markdown]
# Worse where the rate is large, *better* where it is small: there the larger steps were missing.
# So the fair question gives each form its own best rate. Here and below a claim gets one of three
# verdicts, from the 95% interval of its differences over five seeds:


# %%
def verdict(differences):
    """On the claim that they are positive."""
    mean, half = interval(differences)
    return "holds" if mean > half else "does not hold" if mean < -half else "within noise"


# %%
def last_ten(rate, correct):
    return early[rate, correct][:, -10:].mean(axis=1)


# %%
best = {c: min(EARLY_RATES, key=lambda r: last_ten(r, c).mean()) for c in (True, False)}
print("report A's best rate is the smaller one:", best[False] < best[True])
for name, rates in (("at 0.03", {True: 0.03, False: 0.03}), ("each at its best", best)):
    gain = last_ten(rates[False], False) - last_ten(rates[True], True)
    print(f"the correction saves 0.05 nats, {name:17}: {verdict(gain - 0.05)}")

# %% [markdown]
# Given a rate of its own, the report's form loses less than 0.05 nats in these fifty steps. What the
# correction gives is a learning rate that means what it says from the first step on.
#
# **No $\epsilon$.** With ReLU some weights get a gradient of exactly 0: those of a unit that is
# off. Then $0/\sqrt{0}$ is no number. One step with a batch of one example:

# %%
try:
    fifty(0.001, eps=0, rows=50, batch_size=1)
except TrainingDiverged as error:
    print(str(error).split(", the largest")[0].replace("; ", ";\n"))

# %% [markdown]
# No learning rate mends that.

# %% [markdown]
# ## Bound the step
#
# How far can Adam move a weight in one step? Leave out $\epsilon$; then it is $\eta$ times
# $\hat m/\sqrt{\hat v}$.
#
# **The first step.** $\hat m_1 = g_1$ and $\hat v_1 = g_1^2$, so it is $\eta\,g_1/|g_1|$:
# exactly $\eta$, for every weight, whatever its gradient.
#
# **A constant gradient.** $\hat m = g$, $\hat v = g^2$: $\eta$ in each step.
#
# **Nothing but noise**, independent, with mean 0 and variance $\sigma^2$. Variances add, so in the
# long run
#
# $$
# \text{Var}(m) = \sigma^2 (1 - \beta_1)^2 \sum_{k=0}^{\infty} \beta_1^{2k}
# = \sigma^2\,\frac{(1 - \beta_1)^2}{1 - \beta_1^2} = \sigma^2\,\frac{1 - \beta_1}{1 + \beta_1}
# $$
#
# and $v \approx \sigma^2$. Where the sign of the gradient keeps changing, Adam takes small steps.
#
# **The worst case.** Write $a_k = (1 - \beta_1)\,\beta_1^k$ and $b_k = (1 - \beta_2)\,\beta_2^k$
# for the weights of the gradient $k$ steps ago. By Cauchy and Schwarz
#
# $$
# |m| = \Big|\sum_k \frac{a_k}{\sqrt{b_k}} \cdot \sqrt{b_k}\,g_k\Big|
# \le \sqrt{\sum_k \frac{a_k^2}{b_k}}\;\sqrt{\sum_k b_k\,g_k^2}
# $$
#
# The last root is $\sqrt v$. The other is again geometric, if $\beta_1^2 < \beta_2$:
#
# $$
# \frac{|m|}{\sqrt{v}} \le \frac{1 - \beta_1}{\sqrt{(1 - \beta_2)\,(1 - \beta_1^2/\beta_2)}}
# $$
#
# Equality needs $\sqrt{b_k}\,g_k$ proportional to $a_k/\sqrt{b_k}$: gradients that *grow* by
# the factor $\beta_2/\beta_1$ in each step.
#
# Kingma & Ba (2.1) name as worst a single gradient after many zeros, with
# $(1 - \beta_1)/\sqrt{1 - \beta_2}$. **Predict first**: is theirs a bound?


# %%
def step_sizes(gradients):
    """|steps| of the library's Adam, in learning rates."""
    options = {"lr": 1.0, "eps": 0.0}
    path = walk(
        Adam, np.zeros_like(gradients[0]), lambda w, t: gradients[t], len(gradients), **options
    )
    return np.abs(np.diff(path, axis=0))


# %%
noise = rng.normal(size=(2000, 1000))
late = np.concatenate([np.full((4000, 1), 1e-9), np.ones((1, 1))])
growing = 1e-12 * (0.999 / 0.9) ** np.arange(3500)[:, None]

# %%
b1, b2 = 0.9, 0.999
rows = {
    "first step": (step_sizes(G)[0].max(), 1),
    "noise": (rms(step_sizes(noise)[-1]), np.sqrt((1 - b1) / (1 + b1))),
    "one after zeros": (step_sizes(late)[-1, 0], (1 - b1) / np.sqrt(1 - b2)),
    "growing": (step_sizes(growing)[-1, 0], (1 - b1) / np.sqrt((1 - b2) * (1 - b1**2 / b2))),
}
for name, (measured, derived) in rows.items():
    print(
        f"{name:16} derived {derived:.2f}, measured within 5%: {abs(measured / derived - 1) < 0.05}"
    )

# %% [markdown]
# Theirs is not a bound: growing gradients go beyond it. But they cannot grow for long. Steady
# gradients give steps of $\eta$, noisy ones smaller steps: with Adam the learning rate **is** the size
# of a step, in the weights' own units. In $T$ steps a weight goes about $\eta\,T$ at most.

# %% [markdown]
# ## Multiply the loss
#
# Multiply the loss by $c$, so all gradients too. $\hat m$ becomes $c$ times as large and
# $\sqrt{\hat v}$ as well. The step
#
# $$
# \eta\,\frac{c\,\hat m}{c\,\sqrt{\hat v} + \epsilon} = \eta\,\frac{\hat m}{\sqrt{\hat v} + \epsilon/c}
# $$
#
# stays as it is, but for $\epsilon$, which counts as $\epsilon/c$. So $\epsilon$ has a second
# role: it is the gradient size below which Adam stops dividing. If $\epsilon$ is far larger
# than $\sqrt{\hat v}$, the step is $(\eta/\epsilon)\,\hat m$, plain momentum.
#
# **Predict first**: the loss is multiplied by 1000. What do SGD and Adam do? And at which $c$
# does Adam with $\epsilon = 10^{-8}$ fall asleep?


# %%
def scaled_run(make, c):
    """Weights before and after 40 steps on c times the loss, and the losses divided by c."""
    net = small(0, width=16).double()
    optimizer = make(net.parameters())
    before = optimizer.w.copy()
    try:
        losses = train(net, optimizer, 0, loss=lambda out, t: c * cross_entropy(out, t)) / c
    except TrainingDiverged:
        losses = np.array([np.inf])
    return before, optimizer.w, losses


# %%
SGD_01, ADAM_01 = lambda p: SGD(p, lr=0.1), lambda p: Adam(p, lr=0.01)
before, once, _ = scaled_run(ADAM_01, 1)
_, thousand, _ = scaled_run(ADAM_01, 1000)
off = np.linalg.norm(thousand - once) / np.linalg.norm(once - before)
print("Adam, loss x 1000: the same weights, within 1% of the way:", off < 0.01)

# %%
for c in (1, 1000):
    last = scaled_run(SGD_01, c)[-1][-1]
    print(f"SGD, loss x {c:4}: ends better than guessing: {last < np.log(10)}")

# %%
fig5, ax5 = subplots(width=6.8, height=3.6)
(line_sgd,) = ax5.plot([], [], **LINES[1], label="SGD, learning rate 0.1")
(line_adam,) = ax5.plot([], [], **LINES[0], label="Adam, learning rate 0.01")
ax5.axhline(np.log(10), color="black", lw=1, ls=":", label="ln 10: guessing")
ax5.set(xlabel="step", ylabel="loss / c (nats), mean of 5 steps", xlim=(0, 40), ylim=(1.5, 4))
_ = ax5.legend(fontsize=9, loc="upper right")


# %%
def multiplied(c, eps):
    for line, make in ((line_sgd, SGD_01), (line_adam, lambda p: Adam(p, lr=0.01, eps=eps))):
        losses = np.minimum(scaled_run(make, c)[-1], 5)
        padded = np.pad(losses, (2, 2), mode="edge")
        line.set_data(range(len(losses)), np.convolve(padded, np.ones(5) / 5, mode="valid"))
    ax5.set_title(f"loss times {c:.2g}: ε counts as {eps / c:.2g}")
    return fig5


# %%
Explorer(
    multiplied,
    alt="Loss over forty steps of SGD and of Adam, both trained on the loss times a factor; what "
    "is above the picture has left it.",
    c=log_slider("loss times", 1e-12, 1e4, value=1.0),
    eps=log_slider("Adam's ε", 1e-16, 1, value=1e-8),
)

# %% [markdown]
# SGD's steps grow with the loss and carry it off. Adam goes on as before, over many powers of ten.
# It falls asleep where $\epsilon/c$ is far above its gradients: then it is momentum, at a rate far too
# small. A large $\epsilon$ does the same at $c = 1$.

# %% [markdown]
# ## Race on surfaces
#
# Six surfaces with two weights each, and four optimizers from the same start: 100 steps, a mark
# at every tenth. The sixth is a slice through the loss of a small *network*: the plane through its
# first weights, the weights SGD ends with, and those Adam ends with. Change the network in the
# cells below, and race on yours.


# %%
def valley(a, b):
    return (0.1 * a**2 + 10 * b**2) / 2, 0.1 * a, 10 * b


def turned_valley(a, b):
    c = 2**-0.5
    loss, du, dv = valley(c * (a + b), c * (b - a))
    return loss, c * (du - dv), c * (du + dv)


# %%
def saddle(a, b):
    return a**2 / 2 - b**2 / 4 + b**4 / 8 + 1 / 8, a, b**3 / 2 - b / 2


def banana(a, b):
    bend = b - a**2
    return (1 - a) ** 2 / 4 + 2.5 * bend**2, (a - 1) / 2 - 10 * a * bend, 5 * bend


def hole(a, b):
    depth = np.exp(-2 * (a**2 + b**2))
    return 1 - depth, 4 * a * depth, 4 * b * depth


# %%
def trained(make):
    """A small network after 200 steps, its optimizer, and its weights before and after."""
    net = small(0, width=16)
    optimizer = make(net.parameters())
    first = optimizer.w.astype(np.float64)
    train(net, optimizer, 0, rows=1000, epochs=10, batch_size=50)
    return net, optimizer, first, optimizer.w.astype(np.float64)


# %%
net, optimizer, first, end_sgd = trained(lambda p: SGD(p, lr=0.03, momentum=0.9))
_, _, _, end_adam = trained(lambda p: Adam(p, lr=0.01))

# %%
plane, _ = np.linalg.qr(np.stack([end_sgd - first, end_adam - first], axis=1))
corners = np.array([[0, 0], (end_sgd - first) @ plane, (end_adam - first) @ plane])
middle = (corners.max(axis=0) + corners.min(axis=0)) / 2
reach = 0.75 * np.ptp(corners, axis=0).max() / 2  # way in the weights for 1 in the picture
places = (corners - middle) / reach


# %%
def network_loss(a, b):
    """The loss at one point of the slice, on the 1,000 rows."""
    optimizer.w[...] = first + plane @ (middle + reach * np.array([a, b]))
    with no_grad():
        return cross_entropy(net(X[:1000]), y[:1000]).item()


# %%
ticks = np.linspace(-2, 2, 25)
measured = np.array([[network_loss(a, b) for b in ticks] for a in ticks])
spline = RectBivariateSpline(ticks, ticks, measured - measured.min())


# %%
def network_slice(a, b):
    a, b = np.clip(a, -2, 2), np.clip(b, -2, 2)
    return spline.ev(a, b), spline.ev(a, b, dx=1), spline.ev(a, b, dy=1)


# %% [markdown]
# A spline between 625 measured losses stands in for the network: it is quick and has slopes.
# Check it where it was not measured:

# %%
found = [
    abs(network_slice(*p)[0] + measured.min() - network_loss(*p))
    for p in rng.uniform(-1, 1, (20, 2))
]
print("spline within 0.02 nats of the network:", max(found) < 0.02)
for f in (valley, turned_valley, saddle, banana, hole):
    a, h = rng.normal(size=2), 1e-6
    slopes = [(f(*(a + h * e))[0] - f(*(a - h * e))[0]) / (2 * h) for e in np.eye(2)]
    print(f"{f.__name__:13} slopes agree with finite differences:", np.allclose(slopes, f(*a)[1:]))

# %%
SURFACES = {
    "valley along the axes": (valley, (-1.8, 1.0)),
    "the same, turned by 45°": (turned_valley, (-1.9, -0.6)),
    "saddle": (saddle, (-1.5, 0.001)),
    "banana": (banana, (-1.5, 1.6)),
    "flat land with a hole": (hole, (-1.5, 1.2)),
    "slice through the network": (network_slice, tuple(places[0])),
}
RACERS = {
    "SGD": SGD,
    "SGD, momentum 0.9": lambda p, lr: SGD(p, lr=lr, momentum=0.9),
    "RMSprop": RMSprop,
    "Adam": Adam,
}

# %% [markdown]
# **Predict first**:
#
# 1. On which valley does Adam do better, the straight or the turned one?
# 2. The saddle's start is a hair beside its ridge. Who leaves it first?
# 3. Who finds the hole in the flat land?

# %%
fig6, (map6, loss6) = subplots(1, 2, width=8.2, height=4.2)
across, up = np.meshgrid(np.linspace(-2.2, 2.2, 71), np.linspace(-2.2, 2.2, 71))
contours = {}
for name, (f, _) in SURFACES.items():
    height = np.log10(np.maximum(f(across, up)[0], 1e-3))  # levels of equal ratio
    contours[name] = map6.contour(across, up, height, levels=10, colors="#BBBBBB", linewidths=0.8)
    contours[name].set(visible=False, linestyles="-")
map6.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), xlabel="first weight", ylabel="second weight")
_ = map6.set(xticks=range(-2, 3), yticks=range(-2, 3))

# %%
trails, falls = [], []
for i, name in enumerate(RACERS):
    look = LINES[i] | {"marker": MARKERS[i], "ms": 5, "markevery": 10, "lw": 1.3}
    trails += map6.plot([], [], **look)
    falls += loss6.plot([], [], **look, label=name)
(goal,) = map6.plot([], [], ls="", marker="*", ms=13, color="black")
loss6.set(xlabel="step", ylabel="loss above the least", yscale="log", xlim=(0, 100))
loss6.set(ylim=(1e-6, 30), yticks=[1e-6, 1e-4, 1e-2, 1])
loss6.minorticks_off()
_ = fig6.legend(loc="outside lower center", ncols=4, fontsize=9)

# %%
GOALS = {"saddle": ([0, 0], [-1, 1]), "banana": ([1], [1])}
lowest = np.unravel_index(measured.argmin(), measured.shape)
GOALS["slice through the network"] = ([ticks[lowest[0]]], [ticks[lowest[1]]])


# %%
def race(surface, **rates):
    f, start = SURFACES[surface]

    def gradient(w, t):
        return f(*w)[1:] if np.abs(w).max() < 9 else (0, 0)  # who is so far off gets no more

    for name, c in contours.items():
        c.set_visible(name == surface)
    goal.set_data(*GOALS.get(surface, ([0], [0])))
    for i, (make, rate) in enumerate(zip(RACERS.values(), rates.values(), strict=True)):
        path = walk(make, start, gradient, 100, lr=rate)
        trails[i].set_data(*path.T)
        falls[i].set_data(range(101), np.maximum(f(*path.T)[0], 1.2e-6))
    map6.set_title(surface)
    return fig6


# %%
Explorer(
    race,
    alt="Left: contour lines of the surface chosen, stars at its lowest points, and the paths of "
    "four optimizers from one start. Right: their losses against the step.",
    surface=choice("surface", list(SURFACES)),
    sgd=log_slider("SGD", 1e-3, 3, value=0.1),
    momentum=log_slider("momentum", 1e-3, 3, value=0.03),
    rmsprop=log_slider("RMSprop", 1e-3, 3, value=0.03),
    adam=log_slider("Adam", 1e-3, 3, value=0.1),
)

# %% [markdown]
# 1. The straight one: there both weights take equal steps, down the valley's length. Turned, the
#    gradients are large in *both* weights, and dividing gains nothing, as derived: at these rates
#    SGD with momentum is far ahead.
# 2. The adaptive ones. Beside the ridge the gradient is tiny, but divided by its own size it
#    gives a full step. Here report A's "preventing ... stationarity at the saddle point" is right.
# 3. The same. For SGD flat land is nearly a standstill. (At four times the rate it arrives too.)
#
# Now raise a rate until the path goes wild. SGD flies off the picture. Adam cannot: it trembles
# around the goal, a step of about $\eta$ each time. And on the slice through the network, with a
# good rate for each, nobody is far ahead.

# %% [markdown]
# ## Decay the weights, not the gradient
#
# L2 decay adds $\tfrac{\lambda}{2}\,w^2$ to the loss, so $\lambda w$ to the gradient (chapter 11).
# Under SGD that shrinks every weight by the same share:
#
# $$
# w - \eta\,(g + \lambda w) = (1 - \eta\lambda)\,w - \eta\,g
# $$
#
# Report A does the same under Adam: $g_t = g_t + W_{t-1} \cdot decayRate$, *then* the moments. So
# the decay goes through the division as well. Let the gradient be noise of size $\sigma$. Noise
# and decay are independent, so $\hat v \approx \sigma^2 + \lambda^2 w^2$, and what the decay adds
# to a step is
#
# $$
# \eta\,\frac{\lambda\,w}{\sqrt{\sigma^2 + \lambda^2 w^2}}
# $$
#
# - Where $\sigma \gg \lambda|w|$ it is $\eta\,(\lambda/\sigma)\,w$. **A weight with large gradients
#   decays less**, in inverse proportion.
# - Where $\sigma \ll \lambda|w|$ it is $\eta\,\text{sign}(w)$: the weight walks to 0 at full speed,
#   whatever $\lambda$ is.
#
# **AdamW** (Loshchilov & Hutter 2019; `eq:adamw`) leaves the gradient alone and shrinks the
# weights directly:
#
# $$
# w_t = (1 - \eta\lambda)\,w_{t-1} - \eta\,\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}
# $$

# %%
show_source(Optimizer.decayed, AdamW.decayed)


# %%
def end(kind, **options):
    """Five weights after 20 steps on the gradients G, from 1."""
    return walk(kind, np.ones(5), lambda w, t: G[t], 20, lr=0.01, **options)[-1]


shrunk = np.ones(5)
for g in G:
    shrunk = (1 - 0.01 * 0.1) * shrunk - 0.01 * g

# %%
l2, decoupled = end(Adam, weight_decay=0.1), end(AdamW, weight_decay=0.1)
print("SGD:  L2 is the same as shrinking:", np.allclose(end(SGD, weight_decay=0.1), shrunk))
print("Adam: L2 is the same as AdamW:    ", np.allclose(l2, decoupled))
print("without decay Adam is AdamW:      ", np.allclose(end(Adam), end(AdamW, weight_decay=0)))

# %% [markdown]
# Measure it: weights that start at $w$, their gradients pure noise of size $\sigma$ (each draw
# with both signs, so that the random walk cancels in the mean). How fast does their mean shrink?
#
# **Predict first**: which way does each line slope? Where do the two cross?

# %%
sigmas = np.geomspace(0.001, 10, 9)
pure = np.random.default_rng(3).normal(size=(150, 9, 10))
pure = np.concatenate([pure, -pure], axis=2) * sigmas[:, None]


# %%
def shrinkage(kind, decay, w):
    """-log(mean weight at the end / at the start) / (lr x steps), for each sigma."""
    options = {"lr": 0.002, "weight_decay": decay}
    path = walk(kind, np.full((9, 20), w), lambda w, t: pure[t], 150, **options)
    return -np.log(path[-1].mean(axis=1) / w) / 0.3


# %%
fig7, ax7 = subplots(width=6.8, height=3.8)
curves, marks, fine = [], [], np.geomspace(0.001, 10, 100)
for i, name in enumerate(("L2 in Adam", "AdamW")):
    curves += ax7.plot([], [], **LINES[i], label=f"{name}: derived")
    marks += ax7.plot([], [], ls="", marker=MARKERS[i], color=LINES[i]["color"], label="measured")
ax7.set(xlabel="size σ of the gradients", ylabel="shrinkage per learning rate")
ax7.set(xscale="log", yscale="log", xlim=(7e-4, 14), ylim=(1e-5, 2e2))
ax7.set_yticks([1e-4, 1e-2, 1, 1e2])
ax7.minorticks_off()
_ = ax7.legend(fontsize=9, ncols=2, loc="upper right")


# %%
def decays(decay, w):
    derived = (decay / np.sqrt(fine**2 + (decay * w) ** 2), np.full(100, decay))
    for i, kind in enumerate((Adam, AdamW)):
        curves[i].set_data(fine, derived[i])
        marks[i].set_data(sigmas, np.maximum(shrinkage(kind, decay, w), 1.5e-5))
    ax7.set_title(f"λ = {decay:.2g}, weights of size {w:.2g}")
    return fig7


# %%
Explorer(
    decays,
    alt="How fast weights shrink against the size of their gradients, both axes logarithmic: "
    "lines as derived for L2 and AdamW, marks as measured with the library's optimizers.",
    decay=log_slider("decay λ", 0.001, 1, value=0.1),
    w=log_slider("weights w", 0.5, 10, value=1.0),
)

# %% [markdown]
# L2's line is level at $1/w$ on the left and falls with slope $-1$ on the right. AdamW's is level
# throughout. They cross where $\sigma^2 + \lambda^2 w^2 = 1$, for small $\lambda w$ near $\sigma = 1$:
# had all gradients size 1, the two would be alike. Those of a network are far smaller, so that the
# same $\lambda$ means far more under L2, and uneven besides.
#
# **In a network.** We train 128-64-10 with Adam: no decay, L2 with $\lambda = 0.02$ (report A's
# value), AdamW with $\lambda = 1$. **Predict first**: compared with no decay, which features'
# weights does L2 shrink most?


# %%
def accuracy(net, features=X):
    """On the last 5,000 training rows, which no run here trains on."""
    return evaluate(net, features[-5000:], y[-5000:])["accuracy"]


def decayed_run(kind, decay, seed):
    """The size of the weights from each feature, and validation accuracy."""
    net = small(seed)
    train(net, kind(net.parameters(), lr=0.003, weight_decay=decay), seed, epochs=6)
    return rms(net[0].W.data, axis=1), accuracy(net)


# %%
BARE = (Adam, 0.0)
L2 = [(Adam, decay) for decay in (0.003, 0.01, 0.02)]
DECOUPLED = [(AdamW, decay) for decay in (0.3, 1.0, 2.0)]
decayed = {arm: [decayed_run(*arm, seed) for seed in range(5)] for arm in (BARE, *L2, *DECOUPLED)}


# %%
def share_kept(arm, seed):
    """Size of each feature's weights, without decay it is 1."""
    return decayed[arm][seed][0] / decayed[BARE][seed][0]


SHOWN = {"L2, λ = 0.02": L2[2], "AdamW, λ = 1": DECOUPLED[1]}

# %%
fig8, ax8 = subplots(width=6.8, height=3.6)
for i, (name, arm) in enumerate(SHOWN.items()):
    for seed in range(5):
        label = None if seed else name
        ax8.plot(range(1, 129), share_kept(arm, seed), **LINES[i], lw=1, label=label)
ax8.set(xlabel="feature (the first are the largest)", ylabel="size, no decay is 1", ylim=(0, 1.2))
ax8.legend(title="five seeds each", fontsize=9)
show(
    fig8,
    "Size of each feature's weights relative to training without decay: under L2 only the first "
    "features keep theirs, under AdamW nearly all shrink alike.",
)


# %%
for name, arm in SHOWN.items():
    kept = [share_kept(arm, seed) for seed in range(5)]
    uneven = sum(k[:4].mean() > 2 * k[-64:].mean() for k in kept)
    print(f"{name:12}: first rows keep twice as much as the last: {uneven} of 5")

# %% [markdown]
# Is that bad? Uneven need not be worse. Each at its own best $\lambda$ of three:


# %%
def accuracies(arm):
    return np.array([found for _, found in decayed[arm]])


best = {
    name: max(arms, key=lambda arm: accuracies(arm).mean())
    for name, arms in {"L2": L2, "AdamW": DECOUPLED}.items()
}
gain = accuracies(best["AdamW"]) - accuracies(best["L2"])
print("AdamW beats L2, each at its best:", verdict(gain))

# %% [markdown]
# What AdamW gains for certain is that $\lambda$ means the same for every weight, and does not
# change its meaning with the loss's scale.

# %% [markdown]
# ## Lower the rate in time
#
# Mini-batch gradients are noisy, and a constant rate never lets the weights settle. **Derive how
# far off they stay**: one weight, curvature $h$, plain SGD, gradient $h\,w + \xi$ with noise $\xi$
# of variance $\sigma^2$. Then
#
# $$
# w_t = (1 - \eta h)\,w_{t-1} - \eta\,\xi_t
# $$
#
# In the long run the variance $V$ of $w$ no longer changes:
#
# $$
# V = (1 - \eta h)^2\,V + \eta^2 \sigma^2
# \quad\Rightarrow\quad V = \frac{\eta\,\sigma^2}{h\,(2 - \eta h)} \approx \frac{\eta\,\sigma^2}{2h}
# $$
#
# The mean loss above the least is $\tfrac{h}{2} V \approx \tfrac14 \eta\,\sigma^2$: a **noise
# floor**, proportional to the rate. A small rate has a low floor but takes long to get there. So:
# first large, then small.

# %%
xi = np.random.default_rng(4).normal(size=(400, 3000))
for rate in (0.2, 0.02):
    path = walk(SGD, np.zeros(3000), lambda w, t: 2 * w + xi[t], 400, lr=rate)
    near = abs(np.var(path[-1]) / (rate / (2 * (2 - 2 * rate))) - 1) < 0.1
    print(f"rate {rate:4}: variance as derived, within 10%: {near}")

# %% [markdown]
# The library's schedules (`eq:schedules`) are functions of the step $t = 0, \dots, T - 1$ that
# give a factor for the rate:
#
# $$
# \begin{aligned}
# \text{step:} &\quad \gamma^{\,k}, \quad k \text{ the number of drops passed} \\
# \text{cosine:} &\quad f + \tfrac12\,(1 - f)\,\big(1 + \cos(\pi\,t/T)\big) \\
# \text{warm-up:} &\quad (t + 1)/R \text{ for } t < R, \text{ then another schedule} \\
# \text{one-cycle:} &\quad \text{half a cosine up to } 1, \text{ half a cosine down to almost } 0
# \end{aligned}
# $$
#
# $f$ is the last factor, $R$ the number of warm-up steps. (Loshchilov & Hutter 2017; Smith &
# Topin 2018.)

# %%
show_source(schedules.step_decay, schedules.cosine, schedules.warm_up, checks=False)

# %%
show_source(schedules.one_cycle, schedules._cosine_between, checks=False)

# %% [markdown]
# Five schedules, three peak rates, five seeds: 75 runs of 200 steps with Adam.

# %%
SCHEDULES = {
    "constant": schedules.constant(),
    "step": schedules.step_decay(),
    "cosine": schedules.cosine(),
    "warm-up, then cosine": schedules.warm_up(0.1, schedules.cosine()),
    "one-cycle": schedules.one_cycle(),
}
PEAKS = (0.003, 0.01, 0.03)


# %%
def scheduled_run(schedule, peak, seed):
    """The 200 losses, and validation accuracy at the end."""
    net = small(seed)
    optimizer = Adam(net.parameters(), lr=peak)
    return train(net, optimizer, seed, epochs=5, schedule=SCHEDULES[schedule]), accuracy(net)


planned = {
    (s, p): [scheduled_run(s, p, seed) for seed in range(5)] for s in SCHEDULES for p in PEAKS
}

# %% [markdown]
# **Predict first**: at which peak rate does a schedule gain most over a constant rate? Is there one
# at which it loses?

# %%
fig9, (shape9, loss9) = subplots(1, 2, width=8.2, height=3.6)
(outline,) = shape9.plot([], [], **LINES[0])
shape9.set(xlabel="step", ylabel="learning rate", xlim=(0, 200))
groups = []
for i, name in ((1, "constant"), (0, "this schedule")):
    groups.append([loss9.plot([], [], **LINES[i], lw=1)[0] for _ in range(5)])
    groups[-1][0].set_label(name)
loss9.set(xlabel="step", ylabel="loss (nats), mean of 40 steps", xlim=(0, 200), ylim=(0.8, 2.2))
_ = loss9.legend(fontsize=9, title="five seeds each")


# %%
def reached(schedule, peak):
    return np.array([found for _, found in planned[schedule, peak]])


def plan(schedule, peak):
    outline.set_data(range(200), [peak * SCHEDULES[schedule](t, 200) for t in range(200)])
    shape9.set_ylim(0, 1.1 * peak)
    for lines, name in zip(groups, ("constant", schedule), strict=True):
        for line, (losses, _) in zip(lines, planned[name, peak], strict=True):
            line.set_data(range(20, 181), np.convolve(losses, np.ones(40) / 40, mode="valid"))
    mean, half = interval(reached(schedule, peak))
    shape9.set_title(schedule, fontsize=11)
    loss9.set_title(f"validation accuracy {mean:.3f} ± {half:.3f}", fontsize=11)
    return fig9


# %%
Explorer(
    plan,
    alt="Left: the learning rate against the step. Right: training loss of five seeds under this "
    "schedule and under a constant rate with the same peak.",
    schedule=choice("schedule", list(SCHEDULES), value="cosine"),
    peak=choice("peak rate", PEAKS, value=0.03),
)


# %%
for peak in (PEAKS[0], PEAKS[-1]):
    gain = reached("cosine", peak) - reached("constant", peak)
    print(f"cosine beats constant, peak {peak:5}:      {verdict(gain)}")

# %%
peaks = {s: max(PEAKS, key=lambda p, s=s: reached(s, p).mean()) for s in SCHEDULES}
gain = reached("cosine", peaks["cosine"]) - reached("constant", peaks["constant"])
print(f"cosine beats constant, each at its best: {verdict(gain)}")

# %% [markdown]
# A schedule gains most where the rate is too large to end with. Where the peak is too small it
# loses: it only takes steps away. So a schedule wants a larger peak than a constant rate: compare
# each at its best.
#
# **Warm-up** is for the start: Adam's $\hat v$ rests on few gradients then, so the first steps
# are the least trustworthy ones, and all of size $\eta$.

# %% [markdown]
# ## Re-test a claim: Adam beats SGD
#
# Report A (3.4, its table 4) compares Adam and SGD: accuracy 0.5231 against 0.5114, one run each,
# one learning rate for both (0.001, by its list of settings). But a rate of 0.001 means a step of 0.001 under
# Adam, and 0.001 *times the gradient* under SGD. That is not the same setting.
#
# The fair comparison gives each its own best rate, chosen on validation rows; the test rows then
# score that rate. Report A's network (128-64-32-10, batch norm, dropout 0.25), 3,200 rows, 5
# epochs, five seeds. We give SGD momentum 0.9, and train on both kinds of features.
#
# **Predict first**: who is ahead at 0.001? With each at its best? And with standardised features,
# where the division is already done?

# %%
INPUTS = {
    "raw": (X, X_test),
    "standardised": (Z, StandardScaler().fit(data.X_train).transform(data.X_test)),
}
RATES = (0.001, 0.01, 0.03, 0.1, 0.3)


# %%
def scores(features, name, rate, seed):
    """Validation and test accuracy."""
    rng, (F, F_test) = np.random.default_rng(seed), INPUTS[features]
    net = models.mlp((128, 64, 32, 10), rng=rng, norm="batch", dropout=0.25)
    optimizer = RACERS[name](net.parameters(), lr=rate)
    train(net, optimizer, seed, features=F, rows=3200, epochs=5, batch_size=128)
    return accuracy(net, F), evaluate(net, F_test, y_test)["accuracy"]


# %%
ARMS = ("SGD, momentum 0.9", "Adam")
grid = {
    (features, name): np.array([[scores(features, name, r, s) for s in range(5)] for r in RATES])
    for features in INPUTS
    for name in ARMS
}

# %%
fig10, panels = subplots(1, 2, width=8.2, height=3.6, sharey=True)
for panel, features in zip(panels, INPUTS, strict=True):
    for i, name in ((1, ARMS[0]), (0, ARMS[1])):
        found = np.array([interval(runs) for runs in grid[features, name][:, :, 0]])
        look = LINES[i] | {"marker": MARKERS[i], "capsize": 3}
        panel.errorbar(RATES, found[:, 0], found[:, 1], **look, label=name)
    panel.set(xlabel="learning rate", xscale="log", title=f"{features} features")
panels[0].set(ylabel="validation accuracy", ylim=(0, 0.45))
panels[0].legend(fontsize=9, loc="lower center")
show(
    fig10,
    "Validation accuracy against the learning rate, mean and 95% interval of five seeds: the two "
    "optimizers peak at rates ten times apart, and their peaks are further apart on raw features.",
)

# %%
def lead(features, rate=None):
    """Adam's test accuracy minus SGD's, five seeds; each at its best rate unless one is given."""
    at = {}
    for name in ARMS:
        validation = grid[features, name][:, :, 0].mean(axis=1)
        at[name] = validation.argmax() if rate is None else RATES.index(rate)
    sgd, adam = (grid[features, name][at[name], :, 1] for name in ARMS)
    return adam - sgd


# %%
for features in INPUTS:
    for words, rate in (("both at 0.001", 0.001), ("each at its best", None)):
        found = verdict(lead(features, rate) - 0.025)
        print(f"{features:12} Adam leads by 0.025, {words:16}: {found}")
less = verdict(lead("raw") - lead("standardised"))
print(f"Adam's lead is smaller on standardised features: {less}")

# %% [markdown]
# At 0.001 SGD has hardly begun. At their best Adam is still ahead on raw features, for the reason
# the chapter began with: features of very unequal size. Standardise them, and most of that lead is
# gone: the scaler has done by hand much of what Adam does by itself.
#
# This is a small experiment: 5 epochs. Whether anything is left after the report's 40 is for the
# chapter that runs its tables in full.

# %% [markdown]
# ## Re-test a claim: stuck in a local optimum
#
# Report A (3.5, its table 5) finds that Adam with rate 0.01 "performs pretty bad", 0.001 is best,
# and 0.0001 is "probably ... sticking in the local optimal".
#
# Stuck, or just slow? If Adam's rate is the size of a step, then 0.0001 needs ten times the steps
# of 0.001 for the same way, and the loss should be the same at the same *rate times steps*.
#
# **Predict first**: three rates, drawn against rate times steps. Do the curves coincide?


# %%
def long_run(rate, epochs, seed):
    net = small(seed)
    return train(net, Adam(net.parameters(), lr=rate), seed, epochs=epochs)


EPOCHS = {0.01: 1, 0.001: 4, 0.0001: 40}
slow = {rate: [long_run(rate, n, seed) for seed in range(5)] for rate, n in EPOCHS.items()}

# %%
fig11, ax11 = subplots(width=6.8, height=3.6)
for i, (rate, runs) in enumerate(slow.items()):
    width = round(0.01 / rate)  # a window of 0.01 in rate x steps
    for seed, losses in enumerate(runs):
        smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
        where = rate * (np.arange(len(smooth)) + width / 2)
        ax11.plot(where, smooth, **LINES[i], lw=1, label=None if seed else f"rate {rate:g}")
ax11.set(xlabel="learning rate x steps", ylabel="loss (nats)", xlim=(0, 0.16), ylim=(1.6, 3.6))
ax11.legend(title="five seeds each", fontsize=9)
show(
    fig11,
    "Training loss against learning rate times steps: the curves of 0.001 and 0.0001 lie on each "
    "other, and 0.0001 falls to the end; 0.01 is noisier and a little higher.",
)

# %%
near = falling = 0
for fast, crawling in zip(slow[0.001], slow[0.0001], strict=True):
    near += abs(fast[-40:].mean() - crawling[-400:].mean()) < 0.05
    falling += np.all(np.diff(np.mean(np.split(crawling, 4), axis=1)) < 0)

# %%
print(f"0.001 and 0.0001 end within 0.05 nats: {near} of 5 seeds")
print(f"0.0001 falls from each quarter to the next: {falling} of 5 seeds")
print(f"report A's rate x epochs: {153 * 0.0001:.4f} at 0.0001, {91 * 0.001:.4f} at 0.001")
slower, faster = grid["raw", "Adam"][:2, :, 0]
print("0.01 is worse than 0.001 after 5 epochs:", verdict(slower - faster))

# %% [markdown]
# Slow, not stuck: the two descend the same slope, one at a tenth of the pace. In rate times
# epochs the report's run at 0.0001 went a sixth of the way of its run at 0.001.
#
# And "0.01 performs pretty bad"? Not in the short runs of the section before: there it is ahead. In
# long ones its higher noise floor counts. Which rate is best depends on how long you train, and
# on the schedule.

# %% [markdown]
# ## Watch Adam fail
#
# Reddi, Kale & Kumar (2018) found a line on which Adam walks the wrong way. One weight $x$
# between $-1$ and 1. In every $P$-th step the gradient is $2P$, in all others $-1$. The mean
# gradient, $(2P - (P - 1))/P$, is above 1: the best place is $x = -1$.
#
# Take $\beta_1 = 0$, and $\beta_2$ so small that $\hat v$ forgets the large gradient within $P$
# steps. Then the large gradient is divided by itself: one step of about $\eta$ down. Each small
# one is soon divided by its own size as well: a step of about $\eta$ *up*, $P - 1$ times.
#
# Their remedy, **AMSGrad**, divides by the largest $v$ so far:


# %%
class AMSGrad(Adam):
    """Adam that divides by the root of the largest v so far."""

    slots = (*Adam.slots, "largest")

    def update(self, w, g):
        (b1, b2), t = self.betas, self.steps
        self.m[...] = b1 * self.m + (1 - b1) * g
        self.v[...] = b2 * self.v + (1 - b2) * g * g
        self.largest[...] = np.maximum(self.largest, self.v)
        w -= self.rate * self.m / (1 - b1**t) / (np.sqrt(self.largest) + self.eps)


# %% [markdown]
# **Predict first**: with $P = 3$, from which $\beta_2$ on does Adam go the right way? And with
# $P = 30$?

# %%
fig12, ax12 = subplots(width=6.8, height=3.6)
walks = [
    ax12.plot([], [], **LINES[i], lw=1.5, label=name)[0]
    for i, name in enumerate(("Adam", "AMSGrad"))
]
ax12.axhline(-1, color="black", lw=1, ls=":", label="the best place")
ax12.set(xlabel="step", ylabel="x", xlim=(0, 600), ylim=(-1.15, 1.6))
_ = ax12.legend(fontsize=9, loc="upper right", ncols=3)


# %%
def reddi(period, beta1, beta2):
    def gradient(x, t):
        np.clip(x, -1, 1, out=x)  # back between -1 and 1 after each step
        return [2 * period if t % period == 0 else -1.0]

    for line, kind in zip(walks, (Adam, AMSGrad), strict=True):
        path = walk(kind, [0.0], gradient, 600, lr=0.02, betas=(beta1, beta2))
        line.set_data(range(601), np.clip(path[:, 0], -1, 1))
    memory = 1 / (1 - beta2)
    ax12.set_title(f"large every {period} steps; v remembers about {memory:,.0f}")
    return fig12


# %%
Explorer(
    reddi,
    alt="The weight x against the step for Adam and AMSGrad, on gradients of which every P-th is "
    "large and positive and all others are -1; a dotted line at the best place.",
    period=slider("P", 3, 30),
    beta1=choice("β₁", (0.0, 0.5, 0.9)),
    beta2=choice("β₂", (0.1, 0.5, 0.9, 0.99, 0.999)),
)

# %% [markdown]
# With $\beta_1 = 0$ what counts is whether $v$'s memory, about $1/(1 - \beta_2)$ steps, outlasts the
# time between two large gradients. Momentum helps, the more the longer its memory: it keeps some of
# the large gradient for the steps in which $v$ has forgotten it. The usual 0.999 remembers a thousand
# steps. That is a reason not to lower $\beta_2$ when some examples or classes are rare.

# %% [markdown]
# ## Break it
#
# Here is AdamW in four replaceable parts, and eleven faults, each of which replaces one.


# %%
class Planted(AdamW):
    """AdamW in parts; 0/0 gives NaN."""

    def update(self, w, g):
        g, (b1, b2), t = self.decayed(w, g), self.betas, self.steps
        self.m[...] = b1 * self.m + (1 - b1) * g
        self.v[...] = b2 * self.v + (1 - b2) * self.square(g)
        m, v = self.correct(self.m, b1, t), self.correct(self.v, b2, t)
        d = self.root(v)
        w -= self.rate * np.divide(m, d, out=np.full_like(m, np.nan), where=d != 0)

    def square(self, g):
        return g * g

    def correct(self, m, beta, t):
        return m / (1 - beta**t)

    def root(self, v):
        return np.sqrt(v) + self.eps


# %%
def shrink_by_decay(self, w, g):
    w *= 1 - self.weight_decay
    return g


# %%
FAULTS = {
    "no fault": {},
    "no correction (report A)": {"correct": lambda self, m, beta, t: m},
    "no eps (report A)": {"root": lambda self, v: np.sqrt(v)},
    "L2 decay (report A)": {"decayed": Optimizer.decayed},
    "decay not times lr": {"decayed": shrink_by_decay},
    "eps inside the root": {"root": lambda self, v: np.sqrt(v + self.eps)},
    "root forgotten": {"root": lambda self, v: v + self.eps},
    "v of |g|, not of g²": {"square": lambda self, g: np.abs(g)},
    "one v for all weights": {"square": lambda self, g: np.full_like(g, np.mean(g * g))},
    "steps not counted": {"correct": lambda self, m, beta, t: m / (1 - beta)},
    "betas swapped": {"betas": property(lambda self: (0.999, 0.9), lambda self, given: None)},
    "climbs": {"root": lambda self, v: -np.sqrt(v) - self.eps},
}
KINDS = {name: type("Planted", (Planted,), parts) for name, parts in FAULTS.items()}

# %% [markdown]
# Six checks:
#
# - **first**: gradients from $10^{-6}$ to $10^6$; the first step is `lr` for each, within 1%.
# - **scale**: 20 random gradients, and the same times 1000, give the same path.
# - **zero**: a weight whose gradient is 0 stays where it is.
# - **bowl**: after 50 steps on a bowl the loss is lower.
# - **decay**: without gradients a weight shrinks by the factor $1 - \eta\lambda$.
# - **AdamW**: 20 random gradients lead where the library's AdamW leads.
#
# Only **decay** and **AdamW** run with decay.

# %%
spread = np.geomspace(1e-6, 1e6, 7)
none, some = {"lr": 0.01, "weight_decay": 0.0}, {"lr": 0.01, "weight_decay": 0.1}


# %%
def replay(kind, gradients, options, start=1.0):
    return walk(kind, np.full(gradients.shape[1], start), lambda w, t: gradients[t], 20, **options)


CHECKS = {
    "first": lambda k: np.allclose(
        1 - walk(k, np.ones(7), lambda w, t: spread, 1, **none)[1], 0.01, 0.01
    ),
    "scale": lambda k: np.allclose(replay(k, G, none), replay(k, 1000 * G, none), atol=1e-4),
    "zero": lambda k: np.all(replay(k, 0 * G, none) == 1),
    "bowl": lambda k: rms(walk(k, np.ones(5), lambda w, t: w, 50, **none)[-1]) < 1,
    "decay": lambda k: np.allclose(walk(k, [1.0], lambda w, t: [0.0], 1, **some)[1], 1 - 0.001),
    "AdamW": lambda k: np.allclose(replay(k, G, some), replay(AdamW, G, some), atol=1e-6),
}
judged = {
    name: {c: bool(check(kind)) for c, check in CHECKS.items()} for name, kind in KINDS.items()
}

# %% [markdown]
# The picture: three weights with the same random gradients but for their size: a hundredth, one
# and a hundred times the slider's. Lines are the library's (they lie on each other until the
# gradients are tiny), marks the planted version's.
#
# **Predict first**: which faults does a falling loss overlook? Which two does even the comparison
# with the library miss?

# %%
fig13, ax13 = subplots(width=6.8, height=3.6)
right_lines, planted_marks = [], []
for i, words in enumerate(("1/100", "1", "100")):
    right_lines += ax13.plot([], [], **LINES[i], label=f"gradients x {words}")
    planted_marks += ax13.plot([], [], ls="", marker=MARKERS[i], ms=5, color=LINES[i]["color"])
ax13.axhline(0, color="black", lw=1)
ax13.set(xlabel="step", ylabel="way gone / learning rate", xlim=(0, 31), ylim=(-30, 15))
_ = ax13.legend(fontsize=9, loc="lower left")

# %%
drift = np.random.default_rng(5).normal(0.5, 1, size=(30, 1))


def judge(fault, size):
    gradients, paths = drift * size * np.array([0.01, 1, 100]), {}
    for name, kind in (("right", AdamW), ("planted", KINDS[fault])):
        paths[name] = walk(kind, np.ones(3), lambda w, t: gradients[t], 30, **some)
    for i in range(3):
        right_lines[i].set_data(range(31), (paths["right"][:, i] - 1) / 0.01)
        planted_marks[i].set_data(
            range(31), np.clip((paths["planted"][:, i] - 1) / 0.01, -29.5, 14.5)
        )
    ax13.set_title(fault)
    cells = "".join(
        f"<td><b>{'passes' if ok else 'caught'}</b></td>" for ok in judged[fault].values()
    )
    heads = "".join(f"<th>{name}</th>" for name in CHECKS)
    return fig13, f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


# %%
Explorer(
    judge,
    alt="Way gone by three weights with small, middling and large gradients: lines for the "
    "library's AdamW, marks for the version with the chosen fault; below, which checks catch it.",
    fault=choice("fault", list(FAULTS), value="one v for all weights"),
    size=log_slider("size of gradients", 1e-8, 1, value=1.0),
)

# %%
print(" " * 24 + "".join(f"{name:>7}" for name in CHECKS))
for fault, found in judged.items():
    print(f"{fault:24}" + "".join(f"{'-' if ok else 'caught':>7}" for ok in found.values()))

# %% [markdown]
# - **A falling loss** sees only the climber. Everything else "works".
# - **Steps not counted** and **betas swapped** pass every check of principle: the first step is
#   right, and both are blind to scale. Only steps beyond the first, compared with something known
#   to be right, show them.
# - **$\epsilon$** is missed by the comparison, where all gradients are near 1. It takes tiny
#   gradients, and zero.

# %% [markdown]
# ## Steer it yourself
#
# The same network, once with Adam, once with SGD. **Predict first**: which is ahead
# after 300 steps at these rates? Find a rate at which the other wins.
# All controls: [chapter 23](23_play.ipynb).

# %%
Playground(optimizer="Adam", lr=0.01)

# %%
Playground(lr=0.01)

# %% [markdown]
# <details><summary>What to see</summary>
#
# At these rates Adam, on nearly every seed. At a rate of 0.1 SGD is as good: ten times as large a
# rate is what Adam's division had given.
#
# </details>

# %% [markdown]
# ## Practise
#
# **Exercise 1.** One step of RMSprop. `w`, `g`, `s` are vectors. Return the new `w` and `s`; leave
# the arguments as they are. Hints: `rmsprop_step.hint()`.

# %%
from exercises.chapter_10 import adam_step, adamw_step, hidden_factor, rmsprop_step, warm_cosine


def my_rmsprop(w, g, s, lr, alpha, eps):
    new_w, new_s = ..., ...
    return new_w, new_s


rmsprop_step.check(my_rmsprop)

# %% [markdown]
# **Exercise 2.** One step of Adam; `t` is 1 in the first. The checker takes four steps and hands
# your `m` and `v` back to you. Hints: `adam_step.hint()`.


# %%
def my_adam(w, g, m, v, t, lr, beta1, beta2, eps):
    new_w, new_m, new_v = ..., ..., ...
    return new_w, new_m, new_v


adam_step.check(my_adam)

# %% [markdown]
# **Exercise 3.** One step of AdamW, with decay `lam`. You may call `my_adam`. Hints:
# `adamw_step.hint()`.


# %%
def my_adamw(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    new_w, new_m, new_v = ..., ..., ...
    return new_w, new_m, new_v


adamw_step.check(my_adamw)

# %% [markdown]
# **Exercise 4.** The factor of a schedule at `step` (0 to `total` - 1): in the first `warm` steps a
# line, 1/`warm` at step 0 and 1 at step `warm` - 1; then half a cosine from 1, which would reach 0 at step
# `total`. Hints: `warm_cosine.hint()`.


# %%
def my_schedule(step, total, warm):
    return ...


warm_cosine.check(my_schedule)

# %% [markdown]
# **Exercise 5.** The gradient is constant. How many learning rates long is step `t` of report A's
# Adam (2.4.6)? Hints: `hidden_factor.hint()`.


# %%
def my_factor(beta1, beta2, t):
    return ...


hidden_factor.check(my_factor)

# %% [markdown]
# **Exercise 6** (no checker). Find the slips. Report A's Adam (2.4.6) in its four formulas:
#
# $$
# \begin{aligned}
# g_t &= g_t + W_{t-1} \cdot decayRate \\
# m_t &= \beta_1 \cdot m_{t-1} + (1 - \beta_1) \cdot g_t \\
# V_t &= \beta_2 \cdot V_{t-1} + (1 - \beta_2) \cdot g_t^2 \\
# W_t &= W_{t-1} - \frac{lr \cdot m_t}{\sqrt{V_t}}
# \end{aligned}
# $$
#
# Which three things differ from AdamW, and how would you notice each?
#
# <details><summary>Answer</summary>
#
# The decay goes into the gradient (L2): look at the sizes of the weights, feature by feature. $m$ and
# $V$ are not corrected: the first step is not $lr$. There is no $\epsilon$: a weight that never gets
# a gradient becomes NaN. (With decay it does get one, $W \cdot decayRate$, unless it is 0 itself, as
# a bias is at the start.) The table above says which checks see them.
#
# </details>

# %% [markdown]
# **Exercise 7** (no checker). A colleague reports that Adam with $\epsilon = 1$ and rate 0.1 trains
# well, and that $\epsilon$ "does not matter". What is this optimizer really, and which rate has
# it?
#
# <details><summary>Answer</summary>
#
# The gradients of such networks are far below 1, so $\sqrt{\hat v} + 1 \approx 1$: nothing is
# divided. It is SGD with momentum in its averaging form, rate 0.1. Multiply the loss by a large
# number and it becomes Adam again.
#
# </details>

# %% [markdown]
# ## Summary
#
# - RMSprop and Adam divide each weight's step by the size of its gradients: a diagonal
#   preconditioner. It levels valleys along the axes, not turned ones.
# - An average that starts at 0 expects $1 - \beta^t$ of the truth; divide by it. Without that,
#   the first hundreds of steps are several times too large. Without $\epsilon$, 0/0.
# - Adam's rate is the size of its steps: they do not change with the loss's scale. SGD's and
#   Adam's rates cannot be compared: give each its best.
# - L2 under Adam decays weights with large gradients less. AdamW shrinks all by the same share.
# - A constant rate ends on a noise floor. Start large, end small.
# - A small rate is slow before it is stuck: draw the loss against rate times steps.
#
# Back: [09 Gather momentum](09_gather_momentum.ipynb)
#
# Next: [11 Hold back](11_hold_back.ipynb)
