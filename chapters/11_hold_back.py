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
# # 11 Hold back
#
# **You will learn** what weight decay, dropout, early stopping and label smoothing do to a network
# that learns its few examples by heart: derived, measured with seeds, and broken.
#
# **You need** chapters [05](05_score_predictions.ipynb) and [08](08_step_downhill.ipynb).
# **Time**: 60 minutes. **Runs in** under 30 seconds.

# %%
import numpy as np

from mlpcore import SGD, Parameter, cross_entropy, fit, models, ops, records
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, log_slider
from mlpcore.gradcheck import gradient_errors, numerical_gradient
from mlpcore.plots import LINES, show, subplots
from mlpcore.source import show_source

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# Only 1,000 of the training rows are used here, so that a network can learn them by heart. The
# features are divided by one number, to have size 1. The 2,000 rows that judge are test rows, but
# nothing is chosen by them.

# %%
size = np.float32(data.X_train.std())
X, y = data.X_train[:1000] / size, data.y_train[:1000]
X_new, y_new = data.X_test[:2000] / size, data.y_test[:2000]

# %% [markdown]
# ## Predict what by heart looks like
#
# A network 128-128-10 with ReLU has 17,802 parameters for 1,000 examples. It trains for 60 passes,
# with nothing that holds it back; then with each of four means.


# %%
def train(seed, decay=0.0, dropout=None, smoothing=0.0, norm=None, epochs=60):
    """One run on the 1,000 rows: the network, and what happened in each epoch."""
    rng = np.random.default_rng(seed)
    net = models.mlp((128, 128, 10), rng=rng, dropout=dropout, norm=norm)
    history = fit(
        net,
        X,
        y,
        optimizer=SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=decay),
        epochs=epochs,
        batch_size=50,
        rng=rng,
        loss=lambda z, t: cross_entropy(z, t, label_smoothing=smoothing),
        validation=(X_new, y_new),
        progress=False,
    )
    return net, history


# %%
MEANS = {
    "nothing": {},
    "decay 0.003": {"decay": 0.003},
    "decay 0.03": {"decay": 0.03},
    "dropout 0.3": {"dropout": 0.3},
    "dropout 0.7": {"dropout": 0.7},
    "smoothing 0.3": {"smoothing": 0.3},
}
runs = {name: [train(seed, **options) for seed in range(5)] for name, options in MEANS.items()}

# %% [markdown]
# **Predict first**, for *nothing*: the accuracy on the 1,000 rows rises to nearly 1. What does the
# accuracy on new rows do meanwhile? And the *loss* on new rows?

# %%
fig, (left, right) = subplots(1, 2, width=8, height=3.6)
curves = {}
for ax, name in ((left, "loss"), (right, "accuracy")):
    for part, label, line in (("", "training", LINES[0]), ("val_", "new rows", LINES[1])):
        (curves[part + name],) = ax.plot(range(1, 61), np.zeros(60), **line, label=label)
        curves[part + name + " seeds"] = ax.plot(range(1, 61), np.zeros((60, 5)), lw=0.5, alpha=0.5)
        for thin in curves[part + name + " seeds"]:
            thin.set_color(line["color"])
left.set(xlabel="epoch", ylabel="loss (nats)", ylim=(0, 6))
right.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1))
_ = right.legend(loc="upper left", fontsize=9)


# %%
def curves_of(means):
    for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
        seeds = np.array([history[name] for _, history in runs[means]])
        curves[name].set_ydata(seeds.mean(axis=0))
        for thin, values in zip(curves[name + " seeds"], seeds, strict=True):
            thin.set_ydata(values)
    left.set_title(means, fontsize=11)
    return fig


# %%
Explorer(
    curves_of,
    alt="Loss and accuracy over 60 epochs on the training rows and on new rows, the mean of five "
    "seeds thick and each seed thin, for a chosen means of holding back.",
    means=choice("hold back by", list(MEANS)),
)


# %%
def last(name, means, best=None):
    """A column's last value (or its best) in each of five runs."""
    pick = best or (lambda values: values[-1])
    return [pick(history[name]) for _, history in runs[means]]


print("nothing: the loss on new rows is at its least before the last epoch:", end=" ")
print(records.verdict(last("val_loss", "nothing"), last("val_loss", "nothing", min)))
for name in list(MEANS)[1:]:
    lower = records.verdict(last("val_loss", "nothing"), last("val_loss", name))
    print(f"{name:14} its last loss on new rows is lower: {lower}")

# %%
fig1, ax = subplots(width=6.5, height=2.9)
for row, name in enumerate(list(MEANS)[1:]):
    pair = last("val_accuracy", name), last("val_accuracy", "nothing")
    mean, half = records.difference(*pair)
    ax.errorbar(mean, row, xerr=half, fmt="o", color="black", capsize=4)
ax.axvline(0, **LINES[1] | {"marker": None})
ax.set_yticks(range(len(MEANS) - 1), list(MEANS)[1:])
ax.set(xlabel="accuracy on new rows, last epoch, minus that of nothing", ylim=(4.5, -0.5))
show(
    fig1,
    "Difference in accuracy to holding nothing back, with its 95% interval over five seeds: where "
    "the bar crosses the dashed line at 0, the seeds do not tell.",
)

# %% [markdown]
# Without restraint the loss on new rows falls for a few epochs and then climbs for good, while
# their accuracy hardly moves: the network grows *surer*, also where it is wrong, and the loss
# charges for that ([chapter 05](05_score_predictions.ipynb)). All means lower the last loss. What
# they do to the accuracy is far smaller, and not always good: see the intervals.
#
# Smoothing's training loss cannot reach 0: its target is never certain.

# %% [markdown]
# ## Derive weight decay
#
# Report B (25) adds to the loss a price for large parameters $\theta$:
#
# $$
# \hat L_R(\theta) = \hat L(\theta) + \frac{\alpha}{2}\,\|\theta\|_2^2,
# \qquad \|\theta\|_2^2 = \sum_i \theta_i^2
# $$
#
# The gradient of a sum is the sum of gradients, and $\partial (\alpha/2)\,\theta_i^2 / \partial
# \theta_i = \alpha\,\theta_i$. So (26) reads
#
# $$
# \nabla \hat L_R(\theta) = \nabla \hat L(\theta) + \alpha\,\theta \tag{eq:l2-decay}
# $$
#
# A step of plain gradient descent with it is (27): first shrink, then step.
#
# $$
# \begin{aligned}
# \theta &\leftarrow \theta - \eta\,(\nabla \hat L(\theta) + \alpha\,\theta) \\
# &= (1 - \eta\alpha)\,\theta - \eta\,\nabla \hat L(\theta)
# \end{aligned}
# $$
#
# **Find the slip.** The report prints (26) as $\nabla L(\hat\theta + \alpha\theta)$. Which term
# has moved, and where would the gradient be taken? (Below, a check tells the two apart.)

# %%
show_source(SGD.decayed, SGD.add_decay)

# %% [markdown]
# **Check it**: (26) against finite differences of (25), for the cross-entropy of a small linear
# network; then the library's step against (27).

# %%
rng = np.random.default_rng(0)
W, alpha = rng.normal(size=(5, 3)), 0.3
X_small, y_small = rng.normal(size=(8, 5)), rng.integers(0, 3, 8)


def gradient(W):
    z, back = ops.linear(X_small, W)
    return back(cross_entropy(z, y_small)[1](1.0))[1]


# %%
def priced(W):
    return np.array(cross_entropy(X_small @ W, y_small)[0] + alpha / 2 * np.sum(W**2))


measured = numerical_gradient(priced, W)
print("∇L + αθ:      ", np.allclose(measured, gradient(W) + alpha * W, atol=1e-7))
print("∇L(θ + αθ):   ", np.allclose(measured, gradient(W + alpha * W), atol=1e-7))

# %%
p, eta = Parameter(W), 0.1
optimizer = SGD([p], lr=eta, weight_decay=alpha)
p.accumulate(gradient(W))
optimizer.step()
print("the library's step is (27):", np.allclose(p.data, (1 - eta * alpha) * W - eta * gradient(W)))

# %% [markdown]
# Two small print lines. Report B's (8) and (9) decay $W$ but not $b$: `decay_biases=False`. And
# with Adam "add $\alpha\theta$ to the gradient" and "shrink $\theta$" are no longer the same:
# [chapter 10](10_adapt_the_step.ipynb).

# %% [markdown]
# ## See what shrinks
#
# Why should small weights generalise? Take the case that can be solved: least squares,
# $\tfrac{1}{2n}\|XW - T\|^2 + \tfrac{\alpha}{2}\|W\|^2$. Turn the axes so that the features are
# uncorrelated (ours are, nearly: [chapter 01](01_see_the_data.ipynb)); let $s_i$ be the variance
# along axis $i$. Then each row of $W$ can be solved alone. With $w_i$ the solution for
# $\alpha = 0$:
#
# $$
# s_i\,(w - w_i) + \alpha\,w = 0
# \quad\Longrightarrow\quad
# w = \frac{s_i}{s_i + \alpha}\; w_i
# $$
#
# Directions with much variance ($s_i \gg \alpha$) keep their weights. Those with little lose
# them. **Early stopping** does nearly the same: gradient descent from 0 approaches $w_i$ by a
# factor $1 - \eta s_i$ a step, so that after $t$ steps it has come to
#
# $$
# w = \bigl(1 - (1 - \eta s_i)^t\bigr)\, w_i
# $$
#
# **Predict first**: at which $\alpha$ do the two curves below agree best, for $t$ steps at rate
# $\eta$? (For small $\eta s_i t$ the second is about $\eta s_i t$, the first about $s_i/\alpha$.)

# %%
X64 = X.astype(np.float64) - X.mean(axis=0)
T64 = np.eye(10)[y] - np.eye(10)[y].mean(axis=0)
s, V = np.linalg.eigh(X64.T @ X64 / len(X64))
s, V = s[::-1], V[:, ::-1]
w_full = (V.T @ X64.T @ T64 / len(X64)) / s[:, None]
eta = 1 / s[0]


# %%
def error_on_new(kept):
    """Accuracy of least squares on new rows, with each direction's weights times `kept`."""
    W = V @ (kept[:, None] * w_full)
    z = (X_new - X.mean(axis=0)) @ W + np.eye(10)[y].mean(axis=0)
    return np.mean(z.argmax(axis=1) == y_new)


# %%
fig2, ax2 = subplots(width=7, height=3.6)
(ridge,) = ax2.plot(s, s, **LINES[0], label="decay: s / (s + α)")
(stopped,) = ax2.plot(s, s, **LINES[1], label="stopped after t steps")
ax2.set(xscale="log", xlabel="variance s along a direction", ylabel="share of the weight kept")
ax2.set(ylim=(-0.03, 1.03))
_ = ax2.legend(loc="upper left", fontsize=9)


# %%
def kept_by(alpha, steps):
    keep, reach = s / (s + alpha), 1 - (1 - eta * s) ** round(steps)
    ridge.set_ydata(keep)
    stopped.set_ydata(reach)
    first, second = error_on_new(keep), error_on_new(reach)
    ax2.set_title(f"accuracy on new rows: decay {first:.3f}, stopped {second:.3f}", fontsize=11)
    return fig2


# %%
Explorer(
    kept_by,
    alt="The share of each direction's weight that decay keeps and that a number of steps of "
    "gradient descent reaches, against the direction's variance: two rising curves of like shape.",
    alpha=log_slider("decay α", 1e-4, 100, value=0.3),
    steps=log_slider("steps t", 1, 1e4, value=100),
)

# %%
t = 100
alphas = np.logspace(-4, 2, 241)
gaps = [np.abs(s / (s + a) - (1 - (1 - eta * s) ** t)).max() for a in alphas]
factor = alphas[np.argmin(gaps)] * eta * t
print(f"best α within a factor of two of 1/(ηt): {0.5 < factor < 2}")
print(f"largest difference in what is kept then below 0.2: {min(gaps) < 0.2}")

# %% [markdown]
# Stopping after $t$ steps is about a decay of $1/(\eta t)$: to train longer is to hold back less.
# That is why both show in the first figure as one shape.
#
# The network's own weights tell the same story. Below, the singular values of the first $W$ (how
# much it stretches its 128 directions, largest first), without and with decay:

# %%
fig3, ax = subplots(width=7, height=3.4)
for line, name in zip(LINES, ("nothing", "decay 0.003", "decay 0.03"), strict=False):
    values = [np.linalg.svd(net[0].W.data, compute_uv=False) for net, _ in runs[name]]
    ax.plot(range(1, 129), np.mean(values, axis=0), **line, label=name)
ax.set(xlabel="singular value, by size", ylabel="its value (mean of five seeds)", ylim=(0, None))
ax.legend()
show(
    fig3,
    "Singular values of the first layer's weights after training: decay lowers them all, the small "
    "ones towards 0; with much decay only a few directions are left.",
)

# %% [markdown]
# ## Derive dropout
#
# In training each unit is silenced with probability $p$. Report B (30)-(31) writes it with an
# indicator $\delta_j$: 1 keeps unit $j$, 0 silences it,
#
# $$
# S_i^h = \sum_{l<h} \sum_j w_{ij}^{hl}\, \delta_j^l\, S_j^l, \qquad S_j^0 = I_j
# $$
#
# For one layer of rows this is $Y = X \odot D$, with a fresh $D$ of zeros and ones. On average,
# since $E[D] = 1 - p$,
#
# $$
# E[X \odot D] = (1 - p)\,X
# $$
#
# so a layer that learns from dropped units sees sums that are too small by $1 - p$. In evaluation
# nothing is dropped, and the sums would be too large. Two ways to mend it, equal on average:
#
# - **classic** (the report's, Srivastava et al. 2014): in evaluation multiply by $1 - p$;
# - **inverted** (ours, and everybody's): in training divide by $1 - p$, in evaluation do nothing.
#
# $$
# Y = \frac{X \odot D}{1 - p}, \qquad E[Y] = X \tag{eq:dropout}
# $$
#
# The mask is a constant to the loss, so backward is the same product with the *same* mask:
#
# $$
# dX = \frac{dY \odot D}{1 - p} \tag{eq:dropout-backward}
# $$

# %%
show_source(ops.dropout, checks=False)

# %% [markdown]
# **Check it**: the derivative with the mask held still; then both means over many masks.


# %%
def same_mask(A):
    return ops.dropout(A, p=0.5, rng=np.random.default_rng(3))


rng = np.random.default_rng(1)
error = gradient_errors(same_mask, rng.normal(size=(6, 4)), rng=rng)[0]
print("the derivative is right, with the mask held still:", error < 1e-6)

# %%
ones = np.ones((400, 400))
inverted = ops.dropout(ones, p=0.25, rng=rng)[0]
classic = rng.random(ones.shape) >= 0.25
print(f"mean of inverted, training:      {inverted.mean():.2f}")
print(f"mean of classic, training:       {classic.mean():.2f}, times 1 in evaluation: 0.75")
print(f"values of inverted:              {', '.join(f'{v:.3f}' for v in np.unique(inverted))}")

# %% [markdown]
# Means are equal; the noise is real. $Y$ has variance $X^2\,p/(1-p)$: at $p = 0.5$ as much as the
# signal squared. The network has to learn to work with that.

# %% [markdown]
# ## See the ensemble
#
# Each mask leaves another, smaller network. Training trains them all, a step each. To predict one
# could average many masks' probabilities; switching dropout off is meant to come close to that in
# one pass.
#
# **Predict first**: is one masked network better or worse than the whole? And the average of 50?

# %%
net, _ = runs["dropout 0.7"][0]
net.train()  # masks on
logits = np.stack([net(X_new).data for _ in range(50)])
net.eval()
whole = net(X_new).data.argmax(axis=1)
each = np.exp(logits - logits.max(axis=2, keepdims=True))
each /= each.sum(axis=2, keepdims=True)
averaged = [np.mean(each[: k + 1].mean(axis=0).argmax(axis=1) == y_new) for k in range(50)]

# %%
fig4, ax = subplots(width=6.5, height=3.3)
ax.plot(range(1, 51), averaged, **LINES[0], label="average of k masks")
ax.axhline(np.mean(whole == y_new), **LINES[1] | {"marker": None}, label="dropout switched off")
ax.set(xlabel="masks k", ylabel="accuracy on new rows")
ax.legend()
show(
    fig4,
    "Accuracy on new rows of the averaged predictions of k masked networks: a single one is worst; "
    "the average rises to about what the network gives with dropout switched off.",
)

# %%
singles = [np.mean(z.argmax(axis=1) == y_new) for z in logits]
whole_accuracy = np.mean(whole == y_new)
print("every single mask is worse than the whole:", max(singles) < whole_accuracy)
print("50 averaged are within 0.03 of it:        ", abs(averaged[-1] - whole_accuracy) < 0.03)

# %% [markdown]
# ## Does dropout save work?
#
# Report A (3.8): dropout "reduces the workload of both forward/backward propagation". **Predict
# first**: which of a layer's operations gets cheaper when half of its inputs are 0?
#
# None, in a product of full matrices: $0 \cdot w$ is a multiplication like any other. And the mask
# must be drawn and applied, twice. What shrank in the report's table was the number of epochs
# until it stopped. Measured here, one pass over the 1,000 rows:

# %%
def seconds(dropout):
    """Seconds of each of 12 epochs; the first, which warms up, is left out."""
    return train(0, dropout=dropout, epochs=12)[1]["seconds"][1:]


plain, dropped = (1000 * np.array(seconds(p)) for p in (None, 0.5))
fig5, ax = subplots(width=5, height=3.2)
ax.boxplot([plain, dropped], tick_labels=["without", "dropout 0.5"], showfliers=False)
ax.set(ylabel="milliseconds an epoch", ylim=(0, None))
show(fig5, "Milliseconds for a pass over 1,000 rows: with dropout an epoch takes longer, not less.")

# %% [markdown]
# ## Derive where smoothing stops
#
# With label smoothing $\varepsilon$ the target gives the true class $1 - \varepsilon +
# \varepsilon/K$ and each other $\varepsilon/K$. The loss is least where $P$ equals the target
# (its gradient is $P - T$). There the true logit leads by
#
# $$
# \log \frac{1 - \varepsilon + \varepsilon/K}{\varepsilon/K}
# $$
#
# and not by ever more. Without smoothing the lead that the loss asks for is infinite.

# %%
epsilon, K = 0.1, 10
lead = np.log((1 - epsilon + epsilon / K) / (epsilon / K))
z = np.zeros((1, K))
for _ in range(3000):
    z -= cross_entropy(z, np.array([0]), label_smoothing=epsilon)[1](1.0)
print(f"lead derived: {lead:.3f}; by gradient descent: {z[0, 0] - z[0, 1]:.3f}")


# %%
def mean_lead(means):
    """How far the largest logit leads the mean of the others on new rows, in each run."""
    found = []
    for net, _ in runs[means]:
        z = np.sort(net.eval()(X_new).data, axis=1)
        found.append(np.mean(z[:, -1] - z[:, :-1].mean(axis=1)))
    return found


print("smoothed networks are less sure:", end=" ")
print(records.verdict(mean_lead("nothing"), mean_lead("smoothing 0.3")))

# %% [markdown]
# ## Settle two claims
#
# Report A, tables 8 and 9, from one run each: dropout helps *only with* batch norm (0.5084 to
# 0.5259 with it, 0.5247 to 0.5224 without). Report B, table 5: the dropout rate "minimally impacts
# accuracy". Here, five seeds on 1,000 rows, last epoch. **Predict first.**

# %%
normed = {
    p: [train(seed, norm="batch", dropout=p)[1]["val_accuracy"][-1] for seed in range(5)]
    for p in (None, 0.5)
}
bare = {
    p: [train(seed, dropout=p)[1]["val_accuracy"][-1] for seed in range(5)] for p in (None, 0.5)
}
print("dropout 0.5 helps without batch norm:", records.verdict(bare[0.5], bare[None]))
print("dropout 0.5 helps with batch norm:   ", records.verdict(normed[0.5], normed[None]))

# %% [markdown]
# Where examples are few, dropout helps with and without. "Only with batch norm" rested on a
# difference of 0.002 between two runs of different length. With 50,000 rows there is less to hold
# back, and B's "minimal" may be right there: that is for runs on the reports' own data.

# %% [markdown]
# ## Break it
#
# Seven faulty dropouts and five checks. **Predict first**: which check sees a mask that is drawn
# anew for the backward pass? Which sees $p$ and $1 - p$ swapped?


# %%
def dropout_with(fault, A, p, rng, training=True):
    """Inverted dropout, or with one fault: (Y, back)."""
    if not training and fault != "on in evaluation":
        return A, lambda dY: dY
    shape = (1, A.shape[1]) if fault == "one mask for all rows" else A.shape
    share = 1 - p if fault == "p and 1 - p swapped" else p
    D = rng.random(shape) >= share
    scale = 1 if fault == "not rescaled" else 1 / p if fault == "divided by p" else 1 / (1 - p)
    again = rng.random(A.shape) >= p if fault == "new mask going back" else D
    back_scale = 1 if fault == "back not rescaled" else scale
    return A * D * scale, lambda dY: dY * again * back_scale


FAULTS = ["none", "not rescaled", "divided by p", "p and 1 - p swapped", "one mask for all rows"]
FAULTS += ["new mask going back", "back not rescaled", "on in evaluation"]


# %%
def checks_of(fault):
    """Which checks the fault passes, by name."""
    rng, ones, p = np.random.default_rng(0), np.ones((300, 100)), 0.25
    Y, _ = dropout_with(fault, ones, p, rng)
    still, _ = dropout_with(fault, ones, p, rng, training=False)

    def held(A):
        return dropout_with(fault, A, p, np.random.default_rng(2))

    error = gradient_errors(held, rng.normal(size=(5, 4)), rng=rng)[0]
    return {
        "mean 1": abs(Y.mean() - 1) < 0.05,
        "share of 0": abs((Y == 0).mean() - p) < 0.05,
        "rows differ": (Y[0] != Y[1]).any(),
        "derivative": error < 1e-6,
        "evaluation": bool((still == ones).all()),
    }


judged = {fault: checks_of(fault) for fault in FAULTS}


# %%
def table(fault):
    heads = "".join(f"<th>{name}</th>" for name in judged[fault])
    cells = "".join(
        f"<td>{'passes' if ok else '<b>FAILS</b>'}</td>" for ok in judged[fault].values()
    )
    return f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


Explorer(
    table,
    alt="Five checks of a dropout layer, and for the chosen fault whether each passes or fails.",
    fault=choice("fault", FAULTS, value="none"),
)

# %%
for fault, found in judged.items():
    caught = [name for name, ok in found.items() if not ok]
    print(f"{fault:22} {', '.join(caught) or 'passes all'}")

# %% [markdown]
# The mean alone misses more than half of them. A derivative check needs the mask held still (a generator
# made inside), or it would complain of a right layer too.

# %% [markdown]
# ## Practise
#
# Fill in, run, and let the checker answer. `hint()` gives a hint each time it is called.

# %%
from exercises import chapter_11 as exercises

# %% [markdown]
# **Exercise 1.** One step of gradient descent with L2 decay $\alpha$, report B's (27), from the
# gradient `g` of the bare loss.


# %%
def decay_step(w, g, lr, alpha):
    raise NotImplementedError


exercises.decay_step.check(decay_step)

# %% [markdown]
# **Exercise 2.** Inverted dropout. `noise` holds uniform numbers in [0, 1), of the shape of `X`; a
# unit is dropped where its number is below `p`. Return `Y` and a function `back(dY)` that returns
# `dX`.


# %%
def dropout(X, noise, p):
    raise NotImplementedError


exercises.dropout.check(dropout)

# %% [markdown]
# **Exercise 3.** Least squares with decay. `s` (d,) are the variances along the directions, `w`
# (d,) the weights without decay. Return the weights with decay `alpha`.


# %%
def shrunk(s, w, alpha):
    raise NotImplementedError


exercises.shrunk.check(shrunk)

# %% [markdown]
# **Exercise 4.** Gradient descent from 0 on the same problem: the weights after `t` steps at rate
# `lr`.


# %%
def stopped_after(s, w, lr, t):
    raise NotImplementedError


exercises.stopped_after.check(stopped_after)

# %%
# exercises.stopped_after.hint()

# %% [markdown]
# **Exercise 5** (find the slip). "With test-time rescaling, weights are adjusted *by the same
# predefined probability*" (report B, 2.6). A unit is *dropped* with probability 0.2. By what must
# its weights be multiplied in evaluation?
#
# <details><summary>Answer</summary>
#
# By 0.8, the probability that it is *kept*. "The same probability" would be 0.2: a quarter of what
# is right. The text leaves open whether its $p$ drops or keeps; papers differ too: Srivastava et
# al.'s $p$ keeps, PyTorch's and ours drops.
#
# </details>

# %% [markdown]
# ## Summary
#
# - A loss on new rows that climbs is certainty gone wrong; the accuracy may not show it.
# - Decay shrinks what the data say little about; stopping after $t$ steps is a decay of about
#   $1/(\eta t)$.
# - Dropout multiplies by a random mask and divides by $1 - p$; backward by the same mask; evaluation
#   leaves all as it is. It saves no work.
# - Smoothing ends the race of the logits at a known lead.
# - Which of them helps depends on how many examples there are: measure, with seeds.
#
# Back: [10 Adapt the step](10_adapt_the_step.ipynb)
# Next: [12 Normalise the batch](12_normalise_the_batch.ipynb)
