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
# # 05 Score predictions
#
# **You will learn** how scores become probabilities, how a probability is scored by a loss, why the
# gradient of both together is so short, and what goes wrong with other losses.
#
# **You need** chapters 03 and 04, logarithms and partial derivatives. **Time**: 50 minutes.
# **Runs in** under 30 seconds.

# %%
import math

import numpy as np

from mlpcore import SGD, cross_entropy, fit, models, mse, one_hot, predict, records, softmax
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.gradcheck import gradient_errors, numerical_gradient
from mlpcore.plots import LINES, MARKERS, show, subplots
from mlpcore.source import show_source
from mlpcore.train import TrainingDiverged

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# ## Turn scores into probabilities
#
# The last layer gives one score for each class: the **logits** $z_1, \dots, z_K$. Any numbers,
# positive or negative. We want probabilities: positive, with sum 1. The exponential makes a number
# positive; division by the sum does the rest (`eq:softmax` in the library):
#
# $$
# p_j = \frac{e^{z_j}}{\sum_{i=1}^{K} e^{z_i}}
# $$
#
# Report B's (24) is this with one letter, $j$, for two things: the class, and the index of the
# sum. Report A's 2.4.5 has two letters.
#
# A **temperature** $\tau$ divides the logits first: $z/\tau$.
#
# **Predict first**: add 1 to all three logits. What happens to the bars? What does a high
# temperature make of them, what a low one?

# %%
fig, ax = subplots(width=6, height=3.4)
bars = ax.bar(range(3), np.zeros(3), color=LINES[0]["color"])
words = [ax.text(i, 0, "", ha="center", va="bottom", fontsize=11) for i in range(3)]
_ = ax.set(ylim=(0, 1.1), ylabel="probability p", xticks=range(3))
_ = ax.set_xticklabels(["class 1", "class 2", "class 3"])


# %%
def probabilities(z1, z2, z3, temperature):
    p, _ = softmax(np.array([[z1, z2, z3]]) / temperature)
    for bar, word, value in zip(bars, words, p[0], strict=True):
        bar.set_height(value)
        word.set_text(f"{value:.3f}")
        word.set_y(value)
    ax.set_title(f"sum {p.sum():.3f}")
    return fig


# %%
Explorer(
    probabilities,
    alt="Three bars, the probabilities that softmax makes of three logits; above each stands its "
    "number, and the sum over all.",
    z1=slider("z1", -5.0, 5.0, value=2.0, step=0.1),
    z2=slider("z2", -5.0, 5.0, value=1.0, step=0.1),
    z3=slider("z3", -5.0, 5.0, value=0.0, step=0.1),
    temperature=log_slider("temperature", 0.1, 10, value=1.0),
)

# %% [markdown]
# Adding 1 to all changes nothing: only differences count. A high temperature levels the bars, a
# low one gives all to the largest. Report B says softmax "amplifies the differences". Two
# probabilities have the ratio $e^{(z_i - z_j)/\tau}$: how much it amplifies, the temperature decides.
#
# **Two classes.** Divide above and below by $e^{z_1}$: $p_1 = 1/(1 + e^{-(z_1 - z_2)})$, the
# sigmoid of the difference (chapter 04).

# %%
z = np.array([[1.3, -0.4]])
print("softmax, first of two:", softmax(z)[0][0, 0].round(6))
print("sigmoid of difference:", np.round(1 / (1 + np.exp(-(z[0, 0] - z[0, 1]))), 6))

# %% [markdown]
# ## Keep it from overflowing
#
# $e^z$ grows fast. The largest $z$ whose exponential float32 and float64 can hold:

# %%
for dtype in (np.float32, np.float64):
    print(f"{dtype.__name__}: {np.log(np.finfo(dtype).max):.1f}")
try:
    math.exp(1000)
except OverflowError as error:
    print("math.exp(1000):", error)

# %% [markdown]
# NumPy gives infinity there, and infinity over infinity is no number. But only differences count,
# so we may subtract the largest logit of each row first. Then every exponent is at most 0:
#
# $$
# \frac{e^{z_j - m}}{\sum_i e^{z_i - m}}
# = \frac{e^{-m} e^{z_j}}{e^{-m} \sum_i e^{z_i}} = p_j, \qquad m = \max_i z_i
# $$

# %%
large = np.array([[1000.0, 1001.0, 1002.0]])
print("shifted:", softmax(large)[0].round(4))
print("same as:", softmax(large - 1000)[0].round(4))

# %% [markdown]
# ## Derive softmax's gradient
#
# Raise one logit $z_i$. Its own probability rises; all others fall, as the sum grows. Write
# $S = e^{z_1} + \dots + e^{z_K}$, so $\partial S / \partial z_i = e^{z_i}$.
#
# **Its own** ($j = i$), by the quotient rule:
#
# $$
# \frac{\partial p_i}{\partial z_i} = \frac{e^{z_i} S - e^{z_i} e^{z_i}}{S^2} = p_i - p_i^2
# $$
#
# **Another** ($j \ne i$), where the numerator is constant:
#
# $$
# \frac{\partial p_j}{\partial z_i} = -\frac{e^{z_j} e^{z_i}}{S^2} = -p_j\,p_i
# $$
#
# Both in one, with $\delta_{ij} = 1$ if $i = j$, else 0. This is the **Jacobian**, $K$ by $K$ for
# each example:
#
# $$
# \frac{\partial p_j}{\partial z_i} = p_j\,(\delta_{ij} - p_i)
# $$
#
# The loss sends back $dp_j$, its gradient with respect to $p_j$. The chain rule sums over all
# probabilities that $z_i$ moves (`eq:softmax-backward`):
#
# $$
# dz_i = \sum_j dp_j\,p_j\,(\delta_{ij} - p_i) = p_i \Big(dp_i - \sum_j dp_j\,p_j\Big)
# $$
#
# No $K$ by $K$ array is needed: one sum for each row.

# %%
show_source(softmax)

# %%
rng = np.random.default_rng(5)
Z, dP = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
P, back = softmax(Z)
measured = numerical_gradient(lambda z: softmax(z)[0], Z, dP)
print("agrees with finite differences:", np.allclose(back(dP), measured, rtol=1e-6, atol=1e-9))
print("rows of dZ sum to 0:", np.allclose(back(dP).sum(axis=1), 0))

# %% [markdown]
# The second line is the shift again: moving all logits of a row together changes nothing.
#
# ## Score a probability
#
# The true class is $c$. The network gave it probability $p_c$. How bad is that?
#
# **Likelihood.** For $n$ independent examples, $k = 1, \dots, n$, the probability of all true
# labels is the product $\prod_k p_{k,c_k}$. The best network makes it largest. A logarithm turns the
# product into a sum, a minus sign turns best into least, and dividing by $n$ makes it a mean:
#
# $$
# L = -\frac1n \sum_{k=1}^{n} \log p_{k,c_k}
# $$
#
# **With one-hot targets** $t$ (chapter 02) $\log p_c$ is $\sum_j t_j \log p_j$: all other terms
# are 0. This is **cross-entropy** (`eq:cross-entropy`), report B's (32) for one example and report
# A's 2.4.7 for $n$:
#
# $$
# L = -\frac1n \sum_{k=1}^{n} \sum_{j=1}^{K} t_{kj} \log p_{kj}
# $$
#
# **Coding length.** Base 2 instead of $e$: $-\log_2 p$ is the length in bits of the best code word
# for something of probability $p$. If the world follows $t$ and your code was made for $p$, the
# mean length is the cross-entropy. It is least for $p = t$, where it is the **entropy** of $t$;
# what you pay above that is the *Kullback-Leibler divergence*.
#
# **Predict first**: the weather is sunny with probability 0.7. You believe 0.99. Is that worse than
# believing 0.5? What if you are certain?

# %%
belief = np.linspace(0.001, 0.999, 400)
fig2, ax2 = subplots(width=6.5, height=3.4)
(curve,) = ax2.plot(belief, belief, **LINES[0], label="mean length with this belief")
(least,) = ax2.plot([0, 1], [0, 0], **LINES[1], label="entropy: the least possible")
(here,) = ax2.plot([], [], ls="", marker=MARKERS[0], ms=9, color=LINES[0]["color"])
_ = ax2.set(xlabel="believed probability of sun", ylabel="bits a day", xlim=(0, 1), ylim=(0, 5))
_ = ax2.legend(loc="upper center", fontsize=10)


# %%
def bits(t, p):
    """Cross-entropy of the believed p under the true t, in bits; 0 log 0 is 0."""
    sun, rain = (share * -np.log2(b) if share else 0 * b for share, b in ((t, p), (1 - t, 1 - p)))
    return sun + rain


def code(true, believed):
    curve.set_ydata(bits(true, belief))
    entropy = bits(true, true)
    least.set_ydata([entropy, entropy])
    here.set_data([believed], [bits(true, believed)])
    ax2.set_title(f"{bits(true, believed):.2f} bits, {bits(true, believed) - entropy:.2f} too many")
    return fig2


# %%
Explorer(
    code,
    alt="The mean code length in bits against the believed probability of sun, the least length "
    "possible as a dashed line, and a mark at the belief chosen.",
    true=slider("true probability", 0.0, 1.0, value=0.7, step=0.05),
    believed=slider("believed", 0.01, 0.99, value=0.99, step=0.01),
)

# %% [markdown]
# Far too sure is worse than knowing nothing, and certainty in what then does not happen costs
# infinitely much. Report B says that cross-entropy "imposes a higher penalty for correct but
# uncertain predictions": higher than for correct and certain ones, yes. The highest by far is for
# the wrong and certain.
#
# ## Derive the fused gradient
#
# The loss of one example is $-\sum_j t_j \log p_j$, so $dp_j = -t_j / p_j$. Put it into softmax's
# gradient:
#
# $$
# \begin{aligned}
# dz_i &= p_i \Big(-\frac{t_i}{p_i} + \sum_j \frac{t_j}{p_j}\,p_j\Big) \\
# &= -t_i + p_i \sum_j t_j = p_i - t_i
# \end{aligned}
# $$
#
# since the targets sum to 1. With the mean over $n$ examples (`eq:cross-entropy-backward`):
#
# $$
# \underset{(n,\,K)}{dZ} = \frac{P - T}{n}
# $$
#
# What is predicted minus what is true. No division by a tiny $p$ is left, and
# $\log p_j = z_j - \log \sum_i e^{z_i}$ needs no $p$ either: that is why the library's
# `cross_entropy` takes logits. It works on columns of classes, which is faster (chapter 22);
# `dloss` is 1 where the loss is the end of the chain.

# %%
show_source(cross_entropy)

# %%
labels = np.array([0, 2, 1, 1])
T = np.eye(3)[labels]
loss, back = cross_entropy(Z, labels)
print("loss is -mean log p:  ", np.isclose(loss, -np.log(P[np.arange(4), labels]).mean()))
print("dZ is (P - T) / n:    ", np.allclose(back(1.0), (P - T) / 4))
error = gradient_errors(lambda z: cross_entropy(z, labels), Z, rng=rng)[0]
print("finite differences:    relative error", "below 1e-7" if error < 1e-7 else "too large")

# %% [markdown]
# ## Check the first loss
#
# A network that knows nothing should give each class $1/K$, and the loss is $\log K$. If the first
# loss is far above, the network is sure of things it cannot know (chapter 07); if it is below,
# something leaks.

# %%
first = []
for seed in range(5):
    net = models.baseline(np.random.default_rng(seed))
    net[-1].W.data *= 0.01  # a last layer near 0: all logits near 0
    first.append(cross_entropy(net(data.X_train[:1000]), data.y_train[:1000]).item())
print(f"log 10 = {np.log(10):.2f}, first loss {np.mean(first):.2f}")

# %% [markdown]
# ## See why squares are worse
#
# One could also take the mean squared error of the probabilities (`eq:mse`),
# $L = \frac{1}{nK} \sum (p - t)^2$, with $dP = \frac{2}{nK}(P - T)$ (`eq:mse-backward`). Then
# softmax's factor $p_i$ stays in $dz_i$.
#
# Check both together, from the logits on:

# %%
show_source(mse, checks=False)

# %%
P, softmax_back = softmax(Z)
loss, loss_back = mse(P, T)
dZ = softmax_back(loss_back(1.0)[0])
measured = numerical_gradient(lambda z: np.array(mse(softmax(z)[0], T)[0]), Z, np.array(1.0))
print("agrees with finite differences:", np.allclose(dZ, measured, rtol=1e-6, atol=1e-9))

# %% [markdown]
# **Predict first**: the network is sure of the wrong class, $p_c \approx 0$. Which loss moves the
# logit of the right class more? Drag the right logit down and see.

# %%
axis = np.linspace(-10, 10, 200)
two = np.stack([axis, np.zeros_like(axis)], axis=1)
target = np.tile([1.0, 0.0], (200, 1))
P2, softmax_back = softmax(two)
pulls = {"cross-entropy": P2 - target, "squared error": softmax_back(2 * (P2 - target) / 2)}

# %%
fig3, ax3 = subplots(width=6.5, height=3.4)
points = []
for i, (name, pull) in enumerate(pulls.items()):
    ax3.plot(axis, -pull[:, 0], **LINES[i], label=name)
    points += ax3.plot([], [], ls="", marker=MARKERS[i], ms=9, color=LINES[i]["color"])
_ = ax3.set(xlabel="logit of the right class, less that of the wrong one", ylabel="pull upwards")
_ = ax3.legend()


# %%
def pull_at(logit):
    for point, pull in zip(points, pulls.values(), strict=True):
        point.set_data([logit], [np.interp(logit, axis, -pull[:, 0])])
    p = 1 / (1 + math.exp(-logit))
    ax3.set_title(f"probability of the right class: {p:.4f}")
    return fig3


# %%
Explorer(
    pull_at,
    alt="How strongly each of two losses pulls the right class's logit up, against that logit, and "
    "a mark on each curve at the logit chosen.",
    logit=slider("right logit", -10.0, 10.0, value=-4.0, step=0.5),
)

# %% [markdown]
# Where the network is most wrong, squared error hardly pulls at all: the example is lost. For two
# classes, with $p$ that of the right one, the pulls are
#
# $$
# \text{cross-entropy: } 1 - p, \qquad \text{squared error: } 2\,p\,(1 - p)^2
# $$
#
# Their ratio $1/(2p(1 - p))$ is at least 2: cross-entropy pulls harder everywhere. So report B's
# "sustains a more significant gradient later in the training process" holds beside squares. Report
# A's "for a better model, the learning speed will decrease" holds too: with either loss the pull
# goes to 0 as $p$ goes to 1.
#
# ## Smooth the labels
#
# With one-hot targets the loss is least at $p_c = 1$: at infinite logits. **Label smoothing** gives
# a share $\epsilon$ of the target to all classes alike (Szegedy et al. 2016):
#
# $$
# t'_j = (1 - \epsilon)\,t_j + \frac{\epsilon}{K}
# $$
#
# The least loss is now at $p = t'$, a finite distance between logits:
# $\log t'_c - \log t'_j = \log\left(\frac{K(1 - \epsilon)}{\epsilon} + 1\right)$.

# %%
eps, K = 0.1, 10
smooth = (1 - eps) * np.eye(K)[:1] + eps / K
loss, back = cross_entropy(np.log(smooth), np.array([0]), label_smoothing=eps)
print("gradient is 0 at p = t':", np.allclose(back(1.0), 0))
print("loss there is the entropy of t':", np.isclose(loss, -(smooth * np.log(smooth)).sum()))
print(f"best gap between logits: {np.log(K * (1 - eps) / eps + 1):.2f}")

# %% [markdown]
# ## Race the three losses
#
# Report B says that cross-entropy brings "faster learning, notably when the model's output markedly
# deviates from the actual labels". A network 128-64-10, three epochs on 3,000 rows, plain SGD. Two
# starts: the usual one, and one whose last $W$ is ten times as large, so that it is sure of wrong
# answers. Six learning rates, as each loss has a scale of its own. Five seeds.

# %%
X, y = data.X_train[:3000], data.y_train[:3000]
held_out = data.X_train[-3000:], data.y_train[-3000:]
LOSSES = {
    "cross-entropy": cross_entropy,
    "squared error": lambda z, labels: mse(softmax(z), one_hot(labels, 10)),
    "smoothed cross-entropy": lambda z, labels: cross_entropy(z, labels, label_smoothing=0.1),
}


# %%
def network(scale, rng):
    net = models.mlp((128, 64, 10), rng=rng)
    net[-1].W.data *= scale
    return net


def train(net, name, rate, rng):
    settings = {"optimizer": SGD(net.parameters(), lr=rate), "loss": LOSSES[name], "rng": rng}
    settings |= {"epochs": 3, "batch_size": 64, "validation": held_out, "progress": False}
    return fit(net, X, y, **settings)


def race(name, rate, scale, seed):
    """Validation accuracy at the end; a run that diverges counts as a guess."""
    rng = np.random.default_rng(seed)
    try:
        return train(network(scale, rng), name, rate, rng)["val_accuracy"][-1]
    except TrainingDiverged:
        return 0.1


# %% [markdown]
# **Predict first**: which loss is ahead at learning rate 0.3? Does it stay ahead if each may choose
# its rate? From which start does that matter more?

# %%
RATES, SCALES = (0.1, 0.3, 1, 3, 10, 30), {"usual start": 1, "sure and wrong": 10}
ends = {
    (start, name): {r: [race(name, r, scale, seed) for seed in range(5)] for r in RATES}
    for start, scale in SCALES.items()
    for name in LOSSES
}

# %%
fig4, panels = subplots(1, 2, width=8.2, height=3.6, sharey=True)
for panel, start in zip(panels, SCALES, strict=True):
    for i, name in enumerate(LOSSES):
        means, halves = zip(*map(records.interval, ends[start, name].values()), strict=True)
        marks = {"marker": MARKERS[i], "capsize": 3, "label": name}
        panel.errorbar(RATES, means, halves, **LINES[i], **marks)
    panel.set(xscale="log", xlabel="learning rate", title=start)
panels[0].set(ylabel="validation accuracy", ylim=(0.05, 0.48))
panels[0].legend(fontsize=9, loc="upper left")
show(
    fig4,
    "Accuracy after three epochs against the learning rate, mean and 95% interval of five seeds: "
    "squared error has its peak at far larger rates; from the sure and wrong start it is lower.",
)


# %%
def at_best(start, name):
    """The five accuracies at the rate whose mean is highest."""
    return max(ends[start, name].values(), key=np.mean)


plain, squared, smoothed = LOSSES
at_03 = [ends["usual start", name][0.3] for name in (plain, squared)]
print("plain above squared, usual start, both at 0.3:", records.verdict(*at_03))
for start in SCALES:
    found = records.verdict(at_best(start, plain), at_best(start, squared))
    print(f"plain above squared, {start}, each at its best: {found}")
found = records.verdict(at_best("usual start", smoothed), at_best("usual start", plain))
print("smoothed above plain, usual start, each at its best:", found)

# %% [markdown]
# At one rate squared error looks hopeless. Most of that is scale: its gradient carries $2/K$ and a
# factor $p_i$, and a larger rate makes up for both. From the usual start little of the gap is then
# left, from the other one more. Where is it lost? Call a training row *surely wrong* if its class
# has a probability below 0.001. How many of the first surely wrong rows are so after training?


# %%
def surely_wrong(net):
    p, _ = softmax(predict(net, X))
    return p[np.arange(len(X)), y] < 0.001


for name, rate in (("cross-entropy", 0.3), ("squared error", 1)):
    stuck = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        net = network(10, rng)
        before = surely_wrong(net)
        train(net, name, rate, rng)
        stuck += surely_wrong(net)[before].mean() > 0.5
    print(f"{name}: more than half are still surely wrong in {stuck} of 5 runs")

# %% [markdown]
# No rate moves an example that hardly pulls. So the report's claim holds, here, and its "notably"
# too. (Each best rate is picked from the runs it is judged by, for all losses alike.) Smoothing is
# no help to accuracy in three epochs; what it is for is in [chapter 11](11_hold_back.ipynb).

# %% [markdown]
# ## Break it
#
# Seven versions of softmax and its loss, one of them right, and four checks: the loss is $\log K$ where
# all logits are 0; the rows of the gradient sum to 0; the loss falls after a step; the slopes agree
# with finite differences.
#
# **Predict first**: which check finds the loss that takes softmax twice?


# %%
def standard(Z, T, axis=1, times=1, over=None, shift=0.0):
    """Loss and gradient; the defaults are right."""
    P = Z
    for _ in range(times):
        E = np.exp(P - P.max(axis=axis, keepdims=True))
        P = E / E.sum(axis=axis, keepdims=True)
    n = over or len(Z)
    return -(T * np.log(P + shift)).sum() / n, (P - T) / len(Z)


FAULTS = {
    "no fault": standard,
    "softmax down the columns": lambda Z, T: standard(Z, T, axis=0),
    "softmax twice": lambda Z, T: standard(Z, T, times=2),
    "gradient not divided by n": lambda Z, T: (standard(Z, T)[0], len(Z) * standard(Z, T)[1]),
    "loss summed, not averaged": lambda Z, T: standard(Z, T, over=1),
    "gradient t - p": lambda Z, T: (standard(Z, T)[0], -standard(Z, T)[1]),
    "0.01 inside the logarithm": lambda Z, T: standard(Z, T, shift=0.01),
}

# %%
rng = np.random.default_rng(1)
scores, targets = rng.normal(size=(6, 4)), np.eye(4)[[0, 1, 2, 3, 1, 2]]


def slope_is_right(f):
    measured = numerical_gradient(lambda z: np.array(f(z, targets)[0]), scores, np.array(1.0))
    return np.allclose(f(scores, targets)[1], measured, atol=1e-6)


CHECKS = {
    "log K": lambda f: abs(f(0 * scores, targets)[0] - np.log(4)) < 1e-3,
    "row sums": lambda f: np.allclose(f(scores, targets)[1].sum(axis=1), 0),
    "falls": lambda f: f(scores - f(scores, targets)[1], targets)[0] < f(scores, targets)[0],
    "slopes": slope_is_right,
}


# %%
def verdicts(fault):
    rows = "".join(
        f"<tr><td>{name}</td><td><b>{'passes' if check(FAULTS[fault]) else 'caught'}</b></td></tr>"
        for name, check in CHECKS.items()
    )
    return f"<table><tr><th>check</th><th>{fault}</th></tr>{rows}</table>"


Explorer(
    verdicts,
    alt="A table of four checks and whether each catches the chosen fault in softmax or its loss.",
    fault=choice("fault", list(FAULTS)),
)

# %%
print(f"{'':26}" + "".join(f"{name:>10}" for name in CHECKS))
for fault, f in FAULTS.items():
    print(f"{fault:26}" + "".join(f"{'passes' if c(f) else 'caught':>10}" for c in CHECKS.values()))

# %% [markdown]
# Softmax taken twice starts at $\log K$, its gradients' rows sum to 0 and its loss falls. Only the
# comparison with finite differences sees every fault here. This one is common: a `Softmax` at the end
# of a network whose loss does its own. `fit` refuses it.
#
# ## Practise
#
# **Exercise 1.** Write softmax along the rows, with `back`, safe for logits of 1000 in one row and
# -1000 in another. Hints: `softmax_rows.hint()`.

# %%
from exercises.chapter_05 import fused_loss, smooth_targets, softmax_rows


# %%
def my_softmax(Z):
    P = ...

    def back(dP):
        dZ = ...
        return dZ

    return P, back


softmax_rows.check(my_softmax)

# %% [markdown]
# **Exercise 2.** The loss from logits `Z` (n, K) and one-hot targets `T` (n, K), and its gradient
# `dZ`. Hints: `fused_loss.hint()`.


# %%
def my_cross_entropy(Z, T):
    loss, dZ = ..., ...
    return loss, dZ


fused_loss.check(my_cross_entropy)

# %% [markdown]
# **Exercise 3.** Smoothed targets (n, K) from one-hot ones and `eps`. Hints: `smooth_targets.hint()`.


# %%
def my_targets(T, eps):
    return ...


smooth_targets.check(my_targets)

# %% [markdown]
# **Exercise 4** (no checker). A network of two classes gives the logits $(a, b)$. Show that the
# gradient with respect to $a$ is minus that with respect to $b$.
#
# <details><summary>Answer</summary>
#
# $p_1 + p_2 = 1$ and $t_1 + t_2 = 1$, so $(p_1 - t_1) + (p_2 - t_2) = 0$. It is the shift again: only
# $a - b$ counts.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Softmax makes logits into probabilities; only differences of logits count, so subtract the
#   largest first.
# - Cross-entropy is minus the mean log probability of the true class: likelihood, and coding length.
# - Together their gradient is $(P - T)/n$. Squared error loses what is most wrong.
# - Compare losses each at its own learning rate: they have scales of their own.
# - The first loss should be near $\log K$, and a loss that falls proves little.
#
# Back: [04 Choose an activation](04_choose_an_activation.ipynb)
# Next: [06 Send gradients back](06_send_gradients_back.ipynb)
