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
# # 15 Train and judge
#
# **You will learn** to run the whole loop and read its curves, to score ten classes, and to say how
# much of a score is luck: of the seed, of the test rows, and of having looked too often.
#
# **You need** chapters [05](05_score_predictions.ipynb), [08](08_step_downhill.ipynb) and
# [11](11_hold_back.ipynb), and what a variance is. **Time**: 75 minutes. **Runs in** under 30
# seconds.

# %%
import tempfile
from pathlib import Path

import numpy as np
from scipy import optimize, stats

from mlpcore import (
    SGD,
    EarlyStopping,
    cross_entropy,
    evaluate,
    fit,
    load,
    metrics,
    models,
    predict,
    records,
    save,
    softmax,
    train,
    training_steps,
)

# %%
from mlpcore import data as datasets
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.plots import LINES, MARKERS, show, subplots
from mlpcore.source import show_source

# %%
data = datasets.load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# Three parts, three jobs. **Training** rows move the weights. **Validation** rows choose: when to
# stop, which setting. **Test** rows are read once, at the end, and choose nothing. Few training
# rows here, so that runs are short.

# %%
size = np.float32(data.X_train.std())
X, y = data.X_train[:3000] / size, data.y_train[:3000]
X_val, y_val = data.X_train[3000:4000] / size, data.y_train[3000:4000]
X_test, y_test = data.X_test / size, data.y_test

# %% [markdown]
# ## Build the loop
#
# All of training, in the order in which it happens:


# %%
def build(seed, hidden=64):
    """A network 128-hidden-10, its optimizer and its generator."""
    rng = np.random.default_rng(seed)
    net = models.mlp((128, hidden, 10), rng=rng)
    return net, SGD(net.parameters(), lr=0.02, momentum=0.9), rng


# %%
net, optimizer, rng = build(0)
net.train()
for _epoch in range(2):
    order = rng.permutation(len(X))
    for start in range(0, len(X), 50):
        rows = order[start : start + 50]
        loss = cross_entropy(net(X[rows]), y[rows])  # forward
        optimizer.zero_grad()  # forget the last batch's gradients
        loss.backward()  # backward
        optimizer.step()  # step

# %% [markdown]
# `training_steps` is this loop, with checks, a schedule, and a stop where the loss is no number. It
# hands over after every step. **Check it**: the same seed gives the same weights, to the last bit.

# %%
twin, twins_optimizer, rng = build(0)
plan = {"epochs": 2, "batch_size": 50, "rng": rng, "optimizer": twins_optimizer}
*_, step = training_steps(twin, X, y, **plan)
print("the loop by hand gives the same weights:", np.array_equal(optimizer.w, twins_optimizer.w))
print(f"the last step was number {step.number}, of epoch {step.epoch} (both count from 0)")

# %% [markdown]
# `fit` goes through these steps and watches: history, validation, early stopping, checkpoints. One
# epoch of it:

# %%
show_source(train._one_epoch)

# %% [markdown]
# The loss of each batch counts with its number of rows, as the last batch may be short. And it is
# taken *while* the weights change. **Predict first**: after one epoch, `fit` reports an accuracy on
# training rows and one on validation rows. Which is higher?

# %%
above, after = 0, 0
for seed in range(5):
    net, optimizer, rng = build(seed)
    plan = {"epochs": 1, "batch_size": 50, "rng": rng, "progress": False}
    history = fit(net, X, y, optimizer=optimizer, validation=(X_val, y_val), **plan)
    above += history["val_accuracy"][0] > history["accuracy"][0]
    after += evaluate(net, X, y)["accuracy"] > history["val_accuracy"][0]
print(f"validation above what fit calls training accuracy: {above} of 5 runs")
print(f"the same training rows after the epoch above both: {after} of 5 runs")

# %% [markdown]
# No miracle: the running mean still holds the first steps, when the network knew nothing; validation
# is measured at the end. Dropout, on in training only, widens the gap. To compare fairly, measure the
# training rows after the epoch too. Report B's tables do not say which kind of training accuracy
# stands beside the test accuracy.

# %% [markdown]
# ## Read the curves
#
# Nine runs: 2, 16 or 128 hidden units, trained on 300, 1,000 or 3,000 rows, 30 epochs each.
#
# **Predict first**: where are both losses high? Where is the gap widest? And where the validation
# loss climbs, does validation accuracy fall?


# %%
def nine(hidden, rows):
    net, optimizer, rng = build(0, hidden)
    plan = {"epochs": 30, "batch_size": 50, "rng": rng, "progress": False}
    plan |= {"optimizer": optimizer, "validation": (X_val, y_val)}
    return fit(net, X[:rows], y[:rows], **plan)


WIDTHS, ROWS = (2, 16, 128), (300, 1000, 3000)
histories = {(hidden, rows): nine(hidden, rows) for hidden in WIDTHS for rows in ROWS}

# %%
fig1, panels = subplots(1, 2, width=8, height=3.3)
paths = []
for ax, name in zip(panels, ("loss", "accuracy"), strict=True):
    for i, who in enumerate(("training", "validation")):
        paths += ax.plot(range(1, 31), np.zeros(30), **LINES[i], label=who)
    ax.set(xlabel="epoch", ylabel=name)

# %%
panels[0].set_ylim(0, 3)
panels[1].set_ylim(0, 1.02)
_ = panels[0].legend(fontsize=9, loc="lower left")


# %%
def curves_of(hidden, rows):
    history = histories[hidden, rows]
    for path, name in zip(paths, ("loss", "val_loss", "accuracy", "val_accuracy"), strict=True):
        path.set_ydata(history[name])
    gap = history["val_loss"][-1] - history["loss"][-1]
    best = int(np.argmin(history["val_loss"]))
    panels[0].set_title(f"gap at the end: {gap:.2f}", fontsize=11)
    panels[1].set_title(f"least validation loss: epoch {best + 1}", fontsize=11)
    return fig1


# %%
Explorer(
    curves_of,
    alt="Loss and accuracy by epoch, training solid and validation dashed, for the network's width "
    "and the number of training rows chosen.",
    hidden=choice("hidden units", WIDTHS, value=16),
    rows=choice("training rows", ROWS, value=1000),
)

# %% [markdown]
# | what you see | what it is | what may help |
# |---|---|---|
# | both losses high, near each other | **underfitting** | more units, epochs, rate |
# | training falls, validation rises | **overfitting** | more rows, chapter 11, stop |
# | validation loss rises, accuracy stays | ever surer of the same mistakes | see calibration below |
# | validation above training | running mean, dropout | measure after the epoch |
# | nothing falls | rate, start, gradient | chapters [06](06_send_gradients_back.ipynb) to 08 |
#
# Two units cannot do it: more rows only bring the two losses together, high up. 128 units learn 300
# rows by heart.

# %%
history = histories[128, 3000]
middle, late = slice(3, 8), slice(25, 30)
rise = np.mean(history["val_loss"][late]) - np.mean(history["val_loss"][middle])
fall = np.mean(history["val_accuracy"][middle]) - np.mean(history["val_accuracy"][late])
print("128 units, 3,000 rows; epochs 26-30 against 4-8, validation:")
print("loss up by more than 0.2:        ", rise > 0.2)
print("accuracy down by less than 0.05: ", fall < 0.05)

# %% [markdown]
# ## Derive what the best of k gains
#
# Both reports measure the *test* accuracy after every epoch, stop by it, and print the best. Say all
# $k$ epochs were equally good, with true accuracy $a$. Each measured accuracy is off by luck, with
# mean 0 and deviation $\sigma$; nearly normal, as it is a mean of many rows.
#
# **The best of two.** The larger of two numbers is
# $\max(u, v) = \tfrac12 (u + v) + \tfrac12 |u - v|$. The first part has mean 0. The difference
# $u - v$ of independent numbers has variance $2\sigma^2$, and a normal number with deviation $s$ has
# $E|\cdot| = 2 \int_0^\infty x\,\frac{e^{-x^2/2s^2}}{s\sqrt{2\pi}}\,dx = s\sqrt{2/\pi}$. So
#
# $$
# E[\max(u, v)] = \tfrac12 \cdot \sqrt2\,\sigma \cdot \sqrt{2/\pi}
# = \frac{\sigma}{\sqrt\pi} \approx 0.56\,\sigma
# $$
#
# **The best of $k$** is below $x$ if all $k$ are: probability $\Phi(x/\sigma)^k$, with $\Phi$ the
# standard normal's distribution function. Set that equal to a uniform number $U$ and solve for $x$:
# the best of $k$ is distributed like $\sigma\,\Phi^{-1}(U^{1/k})$, and
#
# $$
# E[\max] = \sigma\,c_k, \qquad c_k = \int_0^1 \Phi^{-1}\!\left(u^{1/k}\right) du
# $$
#
# **How fast it grows.** For every $t > 0$, $e^{t \max}$ is one of the $k$ numbers $e^{t u_i}$, so it
# is at most their sum, and each has mean $e^{t^2\sigma^2/2}$ (complete the square in the integral).
# As $e^{tx}$ is convex (Jensen's inequality),
#
# $$
# e^{t E[\max]} \le E[e^{t \max}] \le k\,e^{t^2 \sigma^2 / 2},
# \qquad E[\max] \le \frac{\ln k}{t} + \frac{t \sigma^2}{2}
# $$
#
# least at $t = \sqrt{2 \ln k}/\sigma$: so $c_k \le \sqrt{2 \ln k}$. It grows without end, but
# slowly.
#
# **If the tries are alike**, a part of their luck is the same: $u_i = \sqrt{\rho}\,\sigma\,w +
# \sqrt{1 - \rho}\,\sigma\,w_i$ with one $w$ for all, correlation $\rho$. The common part lifts all
# and gains nothing: $E[\max] = \sqrt{1 - \rho}\;\sigma\,c_k$.
#
# **How large $\sigma$ is.** A row is right (1) or wrong (0), with mean $a$. As $1^2 = 1$ and
# $0^2 = 0$, its mean square is $a$ too, and its variance $a - a^2$. A mean of $n$ independent rows
# has the $n$-th part:
#
# $$
# \boxed{\;\sigma = \sqrt{a\,(1 - a)/n}\;}
# $$

# %%
middle = (np.arange(2000) + 0.5) / 2000  # evenly spread numbers between 0 and 1


def c(k):
    """Mean of the largest of k standard normal numbers."""
    return stats.norm.ppf(middle ** (1 / k)).mean()


# %%
rng = np.random.default_rng(1)
print(f"c_2 = {c(2):.2f}, 1/√π = {1 / np.sqrt(np.pi):.2f}")
alike = rng.normal(size=(20_000, 1)), rng.normal(size=(20_000, 10))
for rho in (0, 0.9):
    best = (np.sqrt(rho) * alike[0] + np.sqrt(1 - rho) * alike[1]).max(axis=1).mean()
    near = abs(best / (np.sqrt(1 - rho) * c(10)) - 1) < 0.05
    print(f"best of 10, ρ = {rho}: √(1-ρ) c_k within 5%: {near}")

# %% [markdown]
# **Check it** with tosses instead of normal numbers: $k$ networks that are right on each of 1,000
# rows with probability 0.5; the best of them, 4,000 times over.

# %%
sigma = np.sqrt(0.5 * 0.5 / 1000)
for k in (2, 10, 50):
    best = rng.binomial(1000, 0.5, size=(4000, k)).max(axis=1) / 1000
    near = abs((best.mean() - 0.5) / (sigma * c(k)) - 1) < 0.05
    print(f"best of {k:2}: σ c_k = {sigma * c(k):.3f}; counted within 5%: {near}")

# %% [markdown]
# **Predict first**: 50 networks, all right with probability 0.5, 1,000 test rows. How much too good
# does the best look? How much with the reports' 10,000 rows? And if they are nearly the same
# network, $\rho = 0.9$?

# %%
luck = np.random.default_rng(0).normal(size=(10, 101))  # ten draws; the last number is shared
tries = np.arange(1, 101)
gains = np.array([c(k) for k in tries])

# %%
fig2, (left2, right2) = subplots(1, 2, width=8, height=3.4)
(dots,) = left2.plot([], [], ls="", marker="o", ms=4, color=LINES[0]["color"], label="measured")
(star,) = left2.plot([], [], ls="", marker="*", ms=14, color="black", label="the best")
left2.axhline(0.5, **LINES[1], label="the truth")
left2.set(xlabel="network", ylabel="accuracy", xlim=(0, 101), ylim=(0.33, 0.7))
_ = left2.legend(fontsize=9, loc="upper right", ncols=3, columnspacing=1)

# %%
(gain_line,) = right2.plot(tries, tries, **LINES[0], label="expected: √(1-ρ) σ c_k")
(bound_line,) = right2.plot(tries, tries, **LINES[2], label="at most: √(1-ρ) σ √(2 ln k)")
(gain_dot,) = right2.plot([], [], "o", ms=9, color="black")
right2.set(xlabel="tries k", ylabel="best minus truth")
_ = right2.legend(fontsize=9, loc="lower right")


# %%
def best_of(k, rows, alike, turn):
    sigma, own = 0.5 / np.sqrt(rows), np.sqrt(1 - alike)
    measured = 0.5 + sigma * (own * luck[turn, :k] + np.sqrt(alike) * luck[turn, 100])
    best = measured.argmax()
    dots.set_data(tries[:k], measured)
    star.set_data([best + 1], [measured[best]])
    left2.set_title(f"this time {measured[best] - 0.5:+.4f}", fontsize=11)
    expected = own * sigma * gains
    gain_line.set_ydata(expected)
    bound_line.set_ydata(own * sigma * np.sqrt(2 * np.log(tries)))
    gain_dot.set_data([k], [expected[k - 1]])
    right2.set_title(f"on average {expected[k - 1]:+.4f}", fontsize=11)
    right2.set_ylim(0, 1.3 * expected[-1])
    return fig2


# %%
Explorer(
    best_of,
    alt="Left: measured accuracies of equally good networks, scattered about the truth, with a "
    "star on the best. Right: how far the best lies above the truth on average, against the tries.",
    k=slider("tries k", 1, 100, value=10),
    rows=log_slider("test rows n", 100, 1e5, value=1000),
    alike=slider("correlation ρ", 0.0, 0.95, value=0.0, step=0.05),
    turn=slider("another draw", 0, 9),
)

# %%
print("the best of 50 looks too good by")
for n, rho in ((1000, 0), (10_000, 0), (10_000, 0.9)):
    gain = np.sqrt((1 - rho) * 0.25 / n) * c(50)
    print(f"{gain:.3f}  with {n:6,} rows and ρ = {rho}")

# %% [markdown]
# ## Peek in real runs
#
# Real epochs differ in truth, and neighbours are nearly the same network. So count. Twelve seeds, 30
# epochs. After each epoch we note which of the 10,000 test rows are right. (An honest run must not:
# here they are the subject of study.)


# %%
def watched(seed, hidden=64):
    """Logits of the validation and of the test rows after each of 30 epochs."""
    net, optimizer, rng = build(seed, hidden)
    plan = {"optimizer": optimizer, "epochs": 30, "batch_size": 50, "rng": rng}
    found = []
    for step in training_steps(net, X, y, **plan):
        if (step.number + 1) % 60 == 0:  # 3,000 rows are 60 batches
            found.append((predict(net, X_val), predict(net, X_test)))
    return [np.array(z) for z in zip(*found, strict=True)]


# %%
val_logits, right = [], []
for seed in range(12):
    z_val, z_test = watched(seed)
    val_logits.append(z_val)
    right.append(z_test.argmax(axis=2) == y_test)  # (30, 10000)
    if seed == 0:
        first = z_val, z_test
right = np.array(right)
val_accuracy = np.array([(z.argmax(axis=2) == y_val).mean(axis=1) for z in val_logits])

# %% [markdown]
# The test rows fall into ten blocks of 1,000. Play the reports' game with one block: take the best
# of the 30 epochs on it. The other 9,000 rows then tell, nearly, the truth about that network.
#
# **Predict first**: where does the star lie, above the dotted line of the 9,000 rows or on it?

# %%
total = right.mean(axis=2)  # (seed, epoch)
blocks = right.reshape(12, 30, 10, 1000).mean(axis=3)  # (seed, epoch, block)
others = (10 * total[:, :, None] - blocks) / 9

# %%
fig3, ax3 = subplots(width=7, height=3.6)
epochs = np.arange(1, 31)
names = ("validation, 1,000 rows", "the block peeked at, 1,000 rows", "the other 9,000 test rows")
trio = [
    ax3.plot(epochs, epochs, **LINES[i] | {"linestyle": s}, label=name)[0]
    for i, (s, name) in enumerate(zip(("-", "--", ":"), names, strict=True))
]
_ = trio[2].set(lw=2.5)

# %%
(peek_star,) = ax3.plot([], [], ls="", marker="*", ms=14, color="black", label="peeked")
(honest_dot,) = ax3.plot([], [], ls="", marker="s", ms=8, color="black", label="honest")
ax3.set(xlabel="epoch", ylabel="accuracy", ylim=(0.24, 0.44))
_ = ax3.legend(fontsize=9, loc="lower right", ncols=2)


# %%
def peek(seed, block):
    shown = val_accuracy[seed], blocks[seed, :, block], others[seed, :, block]
    for path, values in zip(trio, shown, strict=True):
        path.set_ydata(values)
    chosen, valid = shown[1].argmax(), shown[0].argmax()
    peek_star.set_data([chosen + 1], [shown[1][chosen]])
    honest_dot.set_data([valid + 1], [shown[2][valid]])
    truth = shown[2][chosen]
    said = f"peeked at epoch {chosen + 1}: {shown[1][chosen]:.3f}; that network on 9,000 rows"
    ax3.set_title(f"{said}: {truth:.3f}", fontsize=11)
    return fig3


# %%
Explorer(
    peek,
    alt="Accuracy by epoch on validation rows, on the block peeked at and on the other test rows; "
    "a star on the block's best epoch, a square where validation would have stopped.",
    seed=slider("seed", 0, 11),
    block=slider("block of test rows", 0, 9),
)

# %%
chosen = blocks.argmax(axis=1)  # (seed, block)
reported = blocks.max(axis=1).mean(axis=1)
truth = np.take_along_axis(others, chosen[:, None], axis=1)[:, 0].mean(axis=1)
independent = np.sqrt(total.mean() * (1 - total.mean()) / 1000) * c(30)
print("the number that peeking reports is above the truth:", records.verdict(reported, truth))
print("by more than 0.01:", np.mean(reported - truth) > 0.01)
print("by less than 30 independent tries would be:", np.mean(reported - truth) < independent)

# %% [markdown]
# As a *chooser* a block of test rows is no worse than 1,000 validation rows: training saw neither.
# It is the number that is false: the same rows chose and reported. Whoever tries more epochs and more
# settings is flattered more. On 10,000 rows the gain is smaller, but so are the differences on which
# the reports decide: 0.005 and 0.007 in report B's table 10. Chapter 16 runs their tables both ways.
#
# ## Let validation choose
#
# The cure costs a tenth of the training rows. `fit` keeps the weights of the best validated epoch,
# and stops once `patience` epochs in a row have not beaten it
# ([chapter 11](11_hold_back.ipynb)).

# %%
net, optimizer, rng = build(1)
plan = {"optimizer": optimizer, "epochs": 40, "batch_size": 50, "rng": rng, "progress": False}
early = EarlyStopping(patience=5, monitor="val_loss")
history = fit(net, X, y, validation=(X_val, y_val), early_stopping=early, **plan)
waited = len(history) - 1 - history.best_epoch
print(f"ended: {history.ended}; waited {waited} epochs for a better one")

# %% [markdown]
# **Predict first**: which should be watched, validation loss or validation accuracy? Which of them
# stops sooner, at the same patience?


# %%
def stop(scores, patience):
    """(best, last) epoch, from 0, if higher is better."""
    best = 0
    for epoch, score in enumerate(scores):
        if score > scores[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best, epoch


# %%
val_loss = np.array([[cross_entropy(z, y_val)[0] for z in logits] for logits in val_logits])
watch = {"accuracy": val_accuracy, "loss": -val_loss}
patiences = np.arange(1, 21)
ended = {
    name: np.array([[stop(s, p) for s in scores] for p in patiences])  # (patience, seed, 2)
    for name, scores in watch.items()
}

# %%
fig4, (left4, right4) = subplots(1, 2, width=8, height=3.3)
for i, (name, found) in enumerate(ended.items()):
    look = LINES[i] | {"marker": MARKERS[i], "ms": 4, "label": f"validation {name}"}
    left4.plot(patiences, found[:, :, 1].mean(axis=1) + 1, **look)
    kept = [[total[seed, best] for seed, (best, _) in enumerate(row)] for row in found]
    means, halves = np.array([records.interval(row) for row in kept]).T
    right4.errorbar(patiences + 0.3 * i, means, halves, **look, capsize=2)

# %%
left4.set(xlabel="patience", ylabel="epochs trained")
right4.set(xlabel="patience", ylabel="test accuracy of what is kept")
left4.legend(fontsize=9)
show(
    fig4,
    "Left: epochs trained grow with patience, faster if accuracy is watched. Right: test accuracy "
    "of the kept weights, mean and 95% interval of twelve seeds: it gains from the first few "
    "epochs of patience and hardly after them; the two curves overlap.",
)

# %% [markdown]
# The loss turns early and clearly; accuracy wobbles along a plateau, and each new wobble to the top
# resets the clock. In test accuracy the two are alike here; in certainty they are not, as
# calibration will show. Patience is a bet: too little stops at the first bad epoch, too much costs
# time and no more.

# %% [markdown]
# ## Count who was taken for whom
#
# $C_{kj}$ is the number of rows of true class $k$ that were called $j$ (`eq:confusion`): true classes
# down, called ones across. Behind each count stand pictures.
#
# **Predict first**: which two shapes would you mix up? Does the network mix them both ways alike?
# And its surest mistakes: would you make them?

# %%
z = first[1][-1].astype(np.float64)  # logits of the first run's last epoch
called, P = z.argmax(axis=1), softmax(z)[0]
C = metrics.confusion_matrix(called, y_test)
names = data.class_names

# %%
fig5, (left5, right5) = subplots(1, 2, width=8.4, height=4.2, width_ratios=(1.25, 1))
left5.imshow(C / C.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=0.8)
for (k, j), count in np.ndenumerate(C):
    left5.text(j, k, count, ha="center", va="center", fontsize=8)

# %%
left5.set_xticks(range(10), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=9)
left5.set_yticks(range(10), names, fontsize=9)
left5.set(xlabel="called", ylabel="true class")
(frame,) = left5.plot([], [], color=LINES[1]["color"], lw=2.5)
wall = right5.imshow(np.zeros((3 * 18, 4 * 18, 3), np.uint8))
right5.spines[:].set_visible(False)
for ax in (left5, right5):
    ax.grid(False)
_ = right5.set(xticks=[], yticks=[])


# %%
def behind(true, said):
    rows = np.flatnonzero((y_test == true) & (called == said))
    rows = rows[np.argsort(-P[rows, said], kind="stable")][:12]
    page = np.full((3 * 18, 4 * 18, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        top, side = 18 * (i // 4) + 1, 18 * (i % 4) + 1
        page[top : top + 16, side : side + 16] = data.images_test[row]
    wall.set_data(page)
    edge = 0.5 * np.array([[-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]])
    frame.set_data(said + edge[0], true + edge[1])
    sure = f"\nthe surest; P = {P[rows[0], said]:.2f} for the first" if len(rows) else ""
    right5.set_title(f"{names[true]}, called {names[said]}: {C[true, said]}{sure}", fontsize=10)
    return fig5


# %%
Explorer(
    behind,
    alt="Left: how often each true class was called each class, as numbers and shades, with a "
    "frame on the cell chosen. Right: up to twelve test pictures of that cell, the surest first.",
    true=choice("true class", [(name, k) for k, name in enumerate(names)], value=0),
    said=choice("called", [(name, k) for k, name in enumerate(names)], value=1),
)

# %% [markdown]
# A row of the matrix says where a class gets lost, a column what a word of the network is worth. The
# matrix need not be symmetric: a class called too often has a full column.
#
# ## Feel precision and recall
#
# One class against the rest: say yes where its $P$ is at least a threshold. Four counts: $TP$ (yes,
# and it is), $FP$ (yes, it is not), $FN$ (no, but it is), $TN$ (no, it is not). Report B's (47) to
# (50):
#
# $$
# \begin{aligned}
# \text{accuracy} &= \frac{TP + TN}{TP + FP + TN + FN} & (47) \\[6pt]
# \text{recall} &= \frac{TP}{TP + FN} & (48) \\[6pt]
# \text{precision} &= \frac{TP}{TP + FP} & (49) \\[6pt]
# F_1 &= 2\,\frac{\text{precision} \times \text{recall}}{\text{precision} + \text{recall}} & (50)
# \end{aligned}
# $$
#
# **Predict first**: raise the threshold. Must recall fall? Must precision rise? At which threshold
# is (47) best, and what does it reach if the answer is always no?

# %%
fig6, (left6, right6) = subplots(1, 2, width=8, height=3.3)
cuts = np.linspace(0, 1.01, 102)
quartet = [
    left6.plot(cuts, cuts, **LINES[i], label=name)[0]
    for i, name in enumerate(("recall (48)", "precision (49)", "F1 (50)", "accuracy (47)"))
]
cut_line = left6.axvline(0, color="black", lw=1)

# %%
left6.set(xlabel="threshold", ylim=(-0.02, 1.05))
fig6.legend(fontsize=9, loc="outside lower center", ncols=4)
(pr_line,) = right6.plot([], [], **LINES[0])
(pr_dot,) = right6.plot([], [], "o", ms=9, color="black")
_ = right6.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.05))


# %%
def one_class(k):
    """TP, FP, FN, TN and the four scores at every threshold."""
    yes, there = P[:, k] >= cuts[:, None], y_test == k
    TP, FP = (yes & there).sum(axis=1), (yes & ~there).sum(axis=1)
    FN, TN = there.sum() - TP, (~there).sum() - FP
    recall = TP / (TP + FN)
    precision = TP / np.maximum(TP + FP, 1)  # 0 if nothing is called
    f1 = 2 * TP / (2 * TP + FP + FN)
    return (TP, FP, FN, TN), (recall, precision, f1, (TP + TN) / len(P))


against_rest = [one_class(k) for k in range(10)]


# %%
def threshold(k, cut):
    (TP, FP, FN, TN), scores = against_rest[k]
    i = round(cut * 100)
    for path, values in zip(quartet, scores, strict=True):
        path.set_ydata(values)
    cut_line.set_xdata([cut, cut])
    pr_line.set_data(scores[0], scores[1])
    pr_dot.set_data([scores[0][i]], [scores[1][i]])
    left6.set_title(f"accuracy (47): {scores[3][i]:.3f}", fontsize=11)
    right6.set_title(f"recall {scores[0][i]:.2f}, precision {scores[1][i]:.2f}", fontsize=11)
    head = "<tr><th></th><th>called yes</th><th>called no</th></tr>"
    first_row = f"<tr><td>is it</td><td>TP {TP[i]:,}</td><td>FN {FN[i]:,}</td></tr>"
    second_row = f"<tr><td>is not</td><td>FP {FP[i]:,}</td><td>TN {TN[i]:,}</td></tr>"
    return fig6, f"<table>{head}{first_row}{second_row}</table>"


# %%
Explorer(
    threshold,
    alt="Left: recall, precision, F1 and the accuracy of report B's (47) against the threshold, "
    "for the class chosen. Right: precision against recall, with a dot at the threshold.",
    k=choice("class", [(name, k) for k, name in enumerate(names)], value=4),
    cut=slider("threshold", 0.0, 1.01, value=0.5, step=0.01, form=".2f"),
)

# %%
best = max(scores[3].max() for _, scores in against_rest)
print("(47), best class and threshold, above 'always no' by less than 0.02:", best - 0.9 < 0.02)

# %% [markdown]
# Recall can only fall: nothing new is called. Precision mostly rises, but dips whenever a right one
# drops out; where nothing is called it is 0/0, drawn as 0. $F_1$ is low if either is low. And (47)
# is 0.9 at the far right, where nothing is ever called: almost as good as it gets.
#
# ## Score ten classes
#
# **Find the slip.** Report B gives (47) for a problem of ten classes. It is the accuracy of one
# yes-or-no question. **Predict first**: of all rows a share $a$ is right. Average (47) over the $K$
# classes: what comes out?
#
# A right row is right in all $K$ questions. A wrong one is an $FN$ for its true class, an $FP$ for
# the class called, and a $TN$, right, for the other $K - 2$. So
#
# $$
# \text{mean of (47)} = a + (1 - a)\,\frac{K - 2}{K} = 1 - \frac{2\,(1 - a)}{K}
# $$
#
# never below 0.8 for ten classes. What is meant is the trace over the sum:
#
# $$
# \text{accuracy} = \frac{\sum_k C_{kk}}{\sum_{kj} C_{kj}} \tag{eq:accuracy}
# $$


# %%
def mean_47(C):
    TP, n = np.diag(C), C.sum()
    FP, FN = C.sum(axis=0) - TP, C.sum(axis=1) - TP
    return np.mean((n - FP - FN) / n)


# %%
accuracy = np.trace(C) / C.sum()
print("trace over sum is the library's:", np.isclose(accuracy, metrics.accuracy(called, y_test)))
print("mean of (47) as derived:", np.isclose(mean_47(C), 1 - 2 * (1 - accuracy) / 10))
always = metrics.confusion_matrix(np.zeros(10_000, int), y_test, 10)
print(
    f"always 'disc': accuracy {np.trace(always) / 10_000:.1f}, mean of (47) {mean_47(always):.2f}"
)

# %% [markdown]
# The other three are one number *for each class*:
#
# $$
# \text{precision}_k = \frac{TP_k}{TP_k + FP_k} = \frac{C_{kk}}{\sum_i C_{ik}} \tag{eq:precision}
# $$
#
# $$
# \text{recall}_k = \frac{TP_k}{TP_k + FN_k} = \frac{C_{kk}}{\sum_j C_{kj}} \tag{eq:recall}
# $$
#
# $$
# F_{1,k} = \frac{2\,TP_k}{2\,TP_k + FP_k + FN_k} \tag{eq:f1}
# $$
#
# The last is (50): divide its top and bottom by the product, so that it is 2 over
# $1/\text{precision} + 1/\text{recall} = (TP + FP)/TP + (TP + FN)/TP$. Written so, it needs no case
# for two zeros.
#
# To make one number of $K$, say how: **macro** (the mean: each class counts the same), **weighted**
# (by class size: each row counts the same), **micro** (add up all counts first).

# %%
show_source(metrics.confusion_matrix, metrics._score, metrics.f1, checks=False)

# %% [markdown]
# **Predict first**: of the nine pairs (macro, weighted, micro) x (precision, recall, F1), which are
# always equal to accuracy? On classes of equal size, one more. Which?

# %%
size_of = np.where(np.arange(10) < 3, 1000, 200)  # three large classes, seven small
uneven = np.concatenate([np.flatnonzero(y_test == k)[: size_of[k]] for k in range(10)])
for name, rows in (("uneven classes", uneven), ("equal classes", np.arange(10_000))):
    said, true = called[rows], y_test[rows]
    for average in ("macro", "weighted", "micro"):
        found = [
            np.isclose(score(said, true, average), metrics.accuracy(said, true))
            for score in (metrics.precision, metrics.recall, metrics.f1)
        ]
        print(f"{name:15} {average:9}" + "".join(f"{'accuracy' if f else '-':>10}" for f in found))

# %% [markdown]
# The columns are precision, recall, F1.
#
# - **Micro**: each wrong row is one $FP$ and one $FN$, so $\sum FP = \sum FN$ = wrong. Then
#   $\sum TP / (\sum TP + \sum FP)$ is right over all, for all three. *Micro-F1 is accuracy under
#   another name.*
# - **Weighted recall**: $\sum_k \frac{n_k}{n} \cdot \frac{C_{kk}}{n_k}$; the class sizes cancel.
# - **Macro recall** is that too if all $n_k$ are equal.
#
# Report B's tables have a column "F1" and do not say which. Where it differs from accuracy by more
# than rounding (table 9: 0.561 and 0.55) it is not micro.
#
# ## Ask whether it knows how sure it is
#
# The network says $P = 0.8$. Is it right in 8 of 10 such cases? Sort the rows into bins by their
# largest $P$. In each bin compare the mean of $P$ (**confidence**) with the share that is right. The
# **expected calibration error** is the mean gap, weighted by the bins' sizes $n_b$ (Guo et al. 2017):
#
# $$
# \text{ECE} = \sum_b \frac{n_b}{n}\,\bigl|\,\text{right}_b - \text{confidence}_b\,\bigr|
# $$
#
# **By hand first**: ten answers, six at 0.9 of which three are right, four at 0.5 of which three
# are right. What is the ECE? What would it be without bins?


# %%
def reliability(p, labels, bins=10):
    """ECE, and for each bin: confidence, share right, number of rows."""
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, weights=v, minlength=bins) for v in (confidence, hit)]
    mean_p, share = (s / np.maximum(n, 1) for s in sums)
    return np.sum(n / n.sum() * np.abs(share - mean_p)), mean_p, share, n


# %%
sure = np.repeat([0.9, 0.5], [6, 4])
hits = np.array([1, 1, 1, 0, 0, 0, 1, 1, 1, 0])
ten = np.stack([sure, 1 - sure], axis=1)  # two classes; class 0 is called
print(f"ECE {reliability(ten, 1 - hits)[0]:.2f} = 0.6 x 0.4 + 0.4 x 0.25")
print(f"without bins {abs(sure.mean() - hits.mean()):.2f}: too sure and too unsure cancel")

# %% [markdown]
# ### Derive the temperature
#
# The cure is one number: divide all logits by a **temperature** $T$
# ([chapter 05](05_score_predictions.ipynb)). Their order stays, so no decision changes. Write
# $\beta = 1/T$. The loss of a row with true class $c$, and its slope:
#
# $$
# L = \log \sum_j e^{\beta z_j} - \beta z_c,
# \qquad \frac{dL}{d\beta} = \sum_j p_j z_j - z_c
# $$
#
# The logit that the network *expects* minus that of the truth. As
# $dp_i/d\beta = p_i\,(z_i - \sum_j p_j z_j)$, the second slope is
# $\sum_i p_i z_i^2 - (\sum_i p_i z_i)^2$: the variance of $z$ under $p$, never negative. So the loss is
# a bowl in $\beta$, with its bottom where the first slope, averaged over rows, is 0. A root finder gets
# there. The rows are *validation* rows: $T$ is chosen, so training and test rows are out.


# %%
def slope(beta, z, labels):
    p = softmax(beta * z)[0]
    return np.mean((p * z).sum(axis=1) - z[np.arange(len(z)), labels])


def best_temperature(z, labels):
    return 1 / optimize.brentq(slope, 0.01, 10, args=(z, labels))


# %%
z_val = first[0][-1].astype(np.float64)
h = 1e-6
up, down = (cross_entropy((0.7 + d) * z_val, y_val)[0] for d in (h, -h))
error = abs((up - down) / (2 * h) / slope(0.7, z_val, y_val) - 1)
print("finite differences: relative error", "below 1e-6" if error < 1e-6 else "too large")

# %% [markdown]
# **Predict first**: after 2 epochs, is the network too sure or not sure enough? After 30? Which $T$
# mends it?

# %%
fig7, (top7, low7) = subplots(2, 1, width=5.6, height=4.6, height_ratios=(3, 1), sharex=True)
top7.plot([0, 1], [0, 1], color="black", lw=1, ls=":", label="perfect")
(curve7,) = top7.plot([], [], **LINES[0] | {"marker": "o"}, label="10,000 test rows, by bin")
top7.set(ylabel="share that is right", ylim=(0, 1.02))
top7.legend(loc="upper left", fontsize=9)
bars7 = low7.bar(np.arange(10) / 10 + 0.05, np.ones(10), 0.09, color=LINES[4]["color"])
_ = low7.set(xlabel="confidence: the largest P", ylabel="share of rows", ylim=(0, 1))


# %%
def at_temperature(epoch, T):
    p = softmax(first[1][epoch - 1] / np.float32(T))[0]
    error, mean_p, share, n = reliability(p, y_test)
    seen = n > 20
    curve7.set_data(mean_p[seen], share[seen])
    for bar, height in zip(bars7, n / n.sum(), strict=True):
        bar.set_height(height)
    top7.set_title(f"epoch {epoch}, T = {T:.2f}: calibration error {error:.3f}", fontsize=11)
    return fig7


# %%
Explorer(
    at_temperature,
    alt="Share of right answers against confidence, by bins; on the dotted diagonal a network "
    "knows how sure it is, below it it is too sure. Under it, the share of rows in each bin.",
    epoch=slider("epoch", 1, 30, value=30),
    T=log_slider("temperature T", 0.25, 4, value=1.0),
)

# %%
T = best_temperature(z_val, y_val)
errors = [reliability(softmax(z / t)[0], y_test)[0] for t in (1, T)]
losses = [cross_entropy(z / t, y_test)[0] for t in (1, T)]
by_epoch = [reliability(softmax(first[1][e - 1])[0], y_test)[0] for e in (2, 10, 30)]
print("calibration error grows from epoch 2 to 10 to 30:", by_epoch == sorted(by_epoch))
print("too sure after 30 epochs (T above 1.3):", T > 1.3)
print("calibration error on test rows less than a third:", errors[1] < errors[0] / 3)
print("test loss lower too:", losses[1] < losses[0])
print("decisions unchanged:", np.array_equal((z / T).argmax(axis=1), called))

# %% [markdown]
# Was that the rising validation loss: not worse decisions, but ever more certainty in the wrong ones?
# And which of the two watched numbers keeps a surer network?

# %%
falls = []
for logits, losses in zip(val_logits, val_loss, strict=True):
    mended = cross_entropy(logits[-1] / best_temperature(logits[-1], y_val), y_val)[0]
    falls.append((losses[-1] - mended) / (losses[-1] - losses.min()))
print(f"more than half of the rise mended by T: {sum(f > 0.5 for f in falls)} of 12 runs")

# %%
T_at = {
    name: [best_temperature(q[s.argmax()], y_val) for q, s in zip(val_logits, scores, strict=True)]
    for name, scores in watch.items()
}
print("accuracy keeps a surer network than loss:", records.verdict(*T_at.values()))

# %% [markdown]
# Temperature undoes most of it: the loss rose by certainty, not by worse decisions. And to watch
# accuracy is to keep surer weights.
#
# ## Say what kind of luck
#
# Two kinds, with two widths. **Of the rows**: other test rows would give another number. On $n$ rows
# $\pm 1.96\,\sqrt{a(1-a)/n}$, for *this* network; 1.96 deviations hold 95% of a normal
# distribution. **Of the seed**: first weights and batches; other runs would give another network.
#
# **Check the first** by drawing 1,000 of the 10,000 rows, with repetition, 2,000 times:

# %%
rng = np.random.default_rng(2)
last = right[:, -1]  # (seed, row): right after 30 epochs
drawn = last[0][rng.integers(10_000, size=(2000, 1000))].mean(axis=1)
predicted = np.sqrt(last[0].mean() * (1 - last[0].mean()) / 1000)
print("deviation of accuracy within 5% of √(a(1-a)/n):", abs(drawn.std() / predicted - 1) < 0.05)
print(f"n = 1,000: ± {1.96 * np.sqrt(0.25 / 1000):.3f}; n = 10,000: ± {1.96 * 0.005:.3f} (a = 0.5)")

# %% [markdown]
# **Predict first**: on all 10,000 rows, which is wider, the luck of the rows for one run, or the
# spread of twelve seeds?

# %%
fig8, ax8 = subplots(width=7, height=3.3)
runs = last.mean(axis=1)
half = 1.96 * np.sqrt(runs * (1 - runs) / 10_000)
marks = LINES[0] | {"linestyle": ""}
_ = ax8.errorbar(
    range(12), runs, half, **marks, marker="o", capsize=3, label="a run ± luck of the rows"
)

# %%
mean, width = records.interval(runs)
ax8.axhspan(mean - width, mean + width, color="#DDDDDD", label="mean of seeds, 95%")
spread = 1.96 * runs.std(ddof=1)
ax8.axhline(mean - spread, **LINES[1], label="mean ± 1.96 spreads of seeds")
_ = ax8.axhline(mean + spread, **LINES[1])

# %%
ax8.set(xlabel="seed", ylabel="test accuracy", ylim=(mean - 0.03, mean + 0.045))
ax8.set_xticks(range(12))
ax8.legend(fontsize=9, loc="upper center", ncols=2)
show(
    fig8,
    "Test accuracy of twelve seeds, each with the interval of its 10,000 rows; the two kinds of "
    "luck are of the same order, and the interval of the mean of seeds is narrower than either.",
)

# %% [markdown]
# They are of one order here, and they answer different questions.
#
# | question | luck in it | interval |
# |---|---|---|
# | how good is *this network* on other rows? | rows | binomial, from one run |
# | how good is *this method*, on these rows? | seeds | Student's, from several runs |
# | which of two *networks* is better? | rows where they differ | pairs, below |
# | which of two *methods* is better? | seeds of both | Welch's, `records.difference` |
#
# A report's single run allows the first question and the third.
#
# ## Count the seeds
#
# The spread $s$ between seeds must be estimated from the same few runs. Student's interval makes up
# for that with a factor $t_{m-1}$ (12.7 for $m = 2$, 2.8 for $m = 5$) where 1.96 stood:
#
# $$
# \bar a \pm t_{m-1}\, \frac{s}{\sqrt m},
# \qquad s^2 = \frac{1}{m - 1} \sum_i (a_i - \bar a)^2
# $$
#
# **Check it** on 20,000 made-up experiments of three seeds each. How often does the interval hold
# the truth?

# %%
values = np.random.default_rng(3).normal(0.5, 0.005, size=(20_000, 3))
error = np.abs(values.mean(axis=1) - 0.5) / (values.std(axis=1, ddof=1) / np.sqrt(3))
held = {name: np.mean(error < f) for name, f in (("t", stats.t.ppf(0.975, 2)), ("1.96", 1.96))}
print("with t: within 0.01 of 95%:", abs(held["t"] - 0.95) < 0.01)
print("with 1.96: less than 85%:  ", held["1.96"] < 0.85)

# %% [markdown]
# **How many seeds?** Two methods of $m$ seeds each, true gap $g$, spread $\sigma$. The difference of
# the means has variance $2\sigma^2/m$. It is *seen* if its interval lies above 0. With many seeds the
# interval reaches 1.96 deviations down. In 4 of 5 experiments the difference comes out above $g$ minus
# 0.84 deviations, as $\Phi(0.84) = 0.8$. So it is seen in 4 of 5 if
#
# $$
# g = (1.96 + 0.84)\,\sigma \sqrt{2/m},
# \qquad m \approx 16\,(\sigma/g)^2
# $$
#
# and, as $t$ is above 1.96, a few more. (The code below has $t$, and averages over what $s$ may come
# out as.)
#
# **Predict first**: spread 0.005, gap 0.01. Is one run of each enough? Five? And for a gap of 0.003?

# %%
counts = np.arange(2, 41)
df = 2 * counts - 2

# %%
even = (np.arange(200) + 0.5) / 200
ratios = np.sqrt(stats.chi2.ppf(even[:, None], df) / df)  # estimated spread over the true one
factors = stats.t.ppf(0.975, df)


def power(spread, gap):
    """How often m seeds of each method see the gap, for every m in counts."""
    deviations = gap / (spread * np.sqrt(2 / counts))
    return stats.norm.cdf(deviations - factors * ratios).mean(axis=0)


# %%
fig9, (left9, right9) = subplots(1, 2, width=8, height=3.4)
(widths9,) = left9.plot(counts, counts, **LINES[0], label="half width, usually")
level9 = left9.axhline(0.01, **LINES[1], label="true gap")
left9.set(xlabel="seeds of each", ylabel="accuracy", yscale="log", ylim=(5e-4, 0.3))
_ = left9.legend(fontsize=9)

# %%
(power9,) = right9.plot(counts, counts, **LINES[0], marker="o", ms=3)
right9.axhline(0.8, color="black", lw=1, ls=":")
right9.set(xlabel="seeds of each", ylabel="how often the gap is seen", ylim=(0, 1.03))
need9 = right9.axvline(2, **LINES[1])


# %%
def seeds_needed(spread, gap):
    seen = power(spread, gap)
    widths9.set_ydata(factors * spread * np.sqrt(2 / counts))
    level9.set_ydata([gap, gap])
    power9.set_ydata(seen)
    enough = counts[seen >= 0.8]
    need9.set_xdata([enough[0] if len(enough) else 41] * 2)
    said = f"{enough[0]} seeds of each" if len(enough) else "more than 40 of each"
    right9.set_title(f"4 of 5 times: {said}", fontsize=11)
    left9.set_title(f"rule: 16 (σ/g)² = {16 * (spread / gap) ** 2:.1f}", fontsize=11)
    return fig9


# %%
Explorer(
    seeds_needed,
    alt="Left: half width of the interval of a difference against the number of seeds, on a "
    "logarithmic axis, with the true gap. Right: how often the gap is seen, with a mark at 4 of 5.",
    spread=slider("spread of seeds σ", 0.001, 0.02, value=0.02, step=0.001),
    gap=slider("true gap g", 0.002, 0.03, value=0.03, step=0.001),
)

# %%
print("seeds of each to see a gap of 0.01 in 4 of 5 experiments")
for spread in (0.002, 0.005, 0.01):
    enough = counts[power(spread, 0.01) >= 0.8][0]
    print(f"spread {spread}: rule {16 * (spread / 0.01) ** 2:4.1f}, really {enough:2}")
print(f"report A's gap of 0.0003, spread 0.005: rule {16 * (0.005 / 0.0003) ** 2:,.0f}")

# %% [markdown]
# **Check it** by experiment, from the twelve seeds' own spread: two groups of made-up seeds with a
# gap of two spreads, five each.

# %%
rng, spread = np.random.default_rng(4), runs.std(ddof=1)
groups = rng.normal(0, spread, size=(4000, 2, 5)) + np.array([2 * spread, 0])[:, None]
seen = np.mean(stats.ttest_ind(groups[:, 0], groups[:, 1], axis=1).pvalue < 0.05)
print("seen as often as predicted, within 0.03:", abs(seen - power(1, 2)[counts == 5][0]) < 0.03)

# %% [markdown]
# One run of each has no interval at all. Report A calls 0.5239 against 0.5236 "slightly better".
#
# ## Compare on the same rows
#
# Two networks agree on most rows. Where both are right, or both wrong, the rows' luck lifts or sinks
# both. Only rows where *one* is right count: $b$ where only the first is, $c$ where only the second
# is. Let $d_i$ be 1, $-1$ or 0 for row $i$. The difference of the accuracies is its mean, and with
# the variance as mean square minus squared mean:
#
# $$
# \bar d = \frac{b - c}{n},
# \qquad \text{half width} = 1.96 \sqrt{\frac{1}{n}\left(\frac{b + c}{n} - \bar d^{\,2}\right)}
# $$
#
# If the rows were taken for different ones, $2a(1-a)$ would stand in place of $(b + c)/n$. (McNemar
# 1947 asks the same as a coin: if both are equally good, $b$ of $b + c$ tosses are heads.)
#
# **Predict first**: epochs 29 and 30 of one run, epoch 30 of two seeds, epoch 3 against epoch 30. For
# which pair does pairing gain most?


# %%
def paired(u, v):
    """Difference of accuracies, its half width by pairs, and as if rows were different ones."""
    d = u.astype(float) - v
    apart = u.var() + v.var()
    return d.mean(), 1.96 * np.sqrt(d.var() / len(d)), 1.96 * np.sqrt(apart / len(d))


# %%
fig10, (left10, right10) = subplots(1, 2, width=8, height=3.2, width_ratios=(1.2, 1))
kinds = ("both right", "only the first (b)", "only the second (c)", "both wrong")
bars10 = left10.barh(kinds, [1] * 4, color=[LINES[i]["color"] for i in (4, 0, 1, 4)])
left10.set(xlabel="test rows", xlim=(0, 7000))
left10.invert_yaxis()

# %%
right10.axvline(0, color="black", lw=1, ls=":")
reach = [right10.plot([], [], color=LINES[i]["color"], lw=3)[0] for i in (0, 1)]
points10 = [right10.plot([], [], marker=MARKERS[i], color=LINES[i]["color"])[0] for i in (0, 1)]
right10.set_yticks((0, 1), ("pairs", "as if\nother rows"))
right10.set(xlabel="first minus second", ylim=(1.6, -0.6), xlim=(-0.08, 0.08))
_ = right10.set_xticks((-0.05, 0, 0.05))


# %%
def pair(other, epoch, other_epoch):
    u, v = right[0, epoch - 1], right[other, other_epoch - 1]
    b, c_ = np.sum(u & ~v), np.sum(~u & v)
    for bar, count in zip(bars10, (np.sum(u & v), b, c_, np.sum(~u & ~v)), strict=True):
        bar.set_width(count)
    mean, *halves = paired(u, v)
    for i, half in enumerate(halves):
        reach[i].set_data([mean - half, mean + half], [i, i])
        points10[i].set_data([mean], [i])
    left10.set_title(f"b = {b}, c = {c_}", fontsize=11)
    right10.set_title(f"{mean:+.4f} ± {halves[0]:.4f} by pairs", fontsize=11)
    return fig10


# %%
Explorer(
    pair,
    alt="Left: how many test rows both networks, only one, or neither gets right. Right: the "
    "difference of their accuracies with two intervals, by pairs and as if rows were different.",
    other=slider("second network: seed", 0, 11, value=1),
    epoch=slider("first: epoch of seed 0", 1, 30, value=30),
    other_epoch=slider("second: epoch", 1, 30, value=29),
)

# %% [markdown]
# **Check it** with a paired bootstrap: draw rows with repetition, *the same for both*, and look how
# the difference spreads.

# %%
u, v = right[0, 29], right[1, 29]
drawn = rng.integers(10_000, size=(1000, 10_000), dtype=np.int16)
d = (u.astype(np.int8) - v.astype(np.int8))[drawn].mean(axis=1)
mean, by_pairs, as_if_other = paired(u, v)
print("bootstrap spread within 10% of the formula:", abs(1.96 * d.std() / by_pairs - 1) < 0.1)
print("narrower than without pairs, two seeds:      ", by_pairs < 0.95 * as_if_other)
narrower = paired(right[0, 29], right[0, 28])[1]
print("narrower still for neighbouring epochs:      ", narrower < by_pairs)

# %% [markdown]
# The more alike the networks, the more pairing gains. But it tells *these two networks* apart, not
# the methods: the same method with another seed may be as far away. For methods, seeds.

# %% [markdown]
# ## Save, load, go on
#
# A run that is cut short should lose nothing. `fit(checkpoint=..., resume=True)` writes weights,
# optimizer, history and generators after each epoch. **Predict first**: a run interrupted after
# epoch 3 and resumed to epoch 6, against one that ran through: equal to how many digits?

# %%
folder = tempfile.TemporaryDirectory()
file = Path(folder.name) / "run.npz"
through, optimizer, rng = build(3)
plan = {"batch_size": 50, "progress": False}
_ = fit(through, X, y, optimizer=optimizer, rng=rng, epochs=6, **plan)


def same(net):
    pairs = zip(through.parameters(), net.parameters(), strict=True)
    return all(np.array_equal(a.data, b.data) for a, b in pairs)


# %%
for epochs in (3, 6):  # the second time everything is built anew, as after a crash
    net, optimizer, rng = build(3)
    restart = {"optimizer": optimizer, "rng": rng, "checkpoint": file, "resume": True}
    _ = fit(net, X, y, epochs=epochs, **restart, **plan)
print("equal to the last bit:", same(net))

# %% [markdown]
# What must be in the file? The weights alone give a network to *use*. To go on *training* as if
# nothing had happened, there is more that the next step depends on.
#
# **Predict first**: three parts are saved after epoch 3. Which may be left out?

# %%
net, optimizer, rng = build(3)
_ = fit(net, X, y, optimizer=optimizer, rng=rng, epochs=3, **plan)
state = save(Path(folder.name) / "state.npz", net=net, optimizer=optimizer, rng=rng)


def went_on(*kept):
    """Built anew, the parts named loaded, trained for three more epochs: equal to `through`?"""
    parts = dict(zip(("net", "optimizer", "rng"), build(3), strict=True))
    load(state, **{name: parts[name] for name in kept})
    fit(parts["net"], X, y, optimizer=parts["optimizer"], rng=parts["rng"], epochs=3, **plan)
    return same(parts["net"])


# %%
for kept in (("net",), ("net", "rng"), ("net", "optimizer"), ("net", "optimizer", "rng")):
    print(f"{', '.join(kept):22} equal to the unbroken run: {went_on(*kept)}")
folder.cleanup()

# %% [markdown]
# None: momentum remembers old gradients, and the generator has already dealt three epochs of batches.
# Dropout has generators of its own; `fit` keeps them too.
#
# ## Break it
#
# Nine evaluations of a network, the first one right. **Predict first**: which faulty ones look
# *better* than the truth? Those get published.

# %%
masked = models.mlp((128, 64, 10), rng=np.random.default_rng(4), dropout=0.5)
twenty = plan | {"epochs": 20, "rng": np.random.default_rng(5)}
_ = fit(masked, X, y, optimizer=SGD(masked.parameters(), lr=0.02, momentum=0.9), **twenty)
new, new_labels = X_test[:1000], y_test[:1000]

# %%
leaked, optimizer, _ = build(4)
both = np.concatenate([X, new]), np.concatenate([y, new_labels])
_ = fit(leaked, *both, optimizer=optimizer, **twenty)


# %%
def answers(net, X):
    return predict(net, X).argmax(axis=1)


def with_masks(net, X, y):
    return np.mean(net.train()(X).data.argmax(axis=1) == y)


def batch_means(net, X, y):
    """The mean of the accuracies of batches of 300."""
    hits = answers(net, X) == y
    return np.mean([hits[i : i + 300].mean() for i in range(0, len(X), 300)])


# %%
SCORES = {
    "no fault": lambda net, X, y: np.mean(answers(net, X) == y),
    "masks left on": with_masks,
    "argmin for argmax": lambda net, X, y: np.mean(predict(net, X).argmin(axis=1) == y),
    "labels one row off": lambda net, X, y: np.mean(answers(net, X) == np.roll(y, 1)),
    "(47), mean over classes": lambda net, X, y: mean_47(
        metrics.confusion_matrix(answers(net, X), y, 10)
    ),
    "macro recall": lambda net, X, y: metrics.recall(answers(net, X), y),
    "mean of batch means": batch_means,
}

# %%
FAULTS = {name: (masked, score, new, new_labels) for name, score in SCORES.items()}
FAULTS["training rows"] = masked, SCORES["no fault"], X[:1000], y[:1000]
FAULTS["test rows in training"] = leaked, SCORES["no fault"], new, new_labels

# %% [markdown]
# Six checks:
#
# - **own**: labels made of the network's own answers must give 1.
# - **lot**: labels dealt by lot must give a tenth.
# - **again**: three calls, one number.
# - **order**: the order of the rows must not matter.
# - **hand**: on uneven classes, equal to a count in a plain loop.
# - **fresh**: near what the same score says of 5,000 rows that nobody has touched, within four
#   deviations of luck.
#
# **Predict first**: which two of the six would be enough?

# %%
rng = np.random.default_rng(6)
deals = [rng.permutation(1000) for _ in range(3)]
some = X_test[uneven[::11]], y_test[uneven[::11]]  # 400 rows
untouched = X_test[5000:], y_test[5000:]


# %%
def by_hand(net, X, y):
    count = 0
    for scores, label in zip(predict(net, X), y, strict=True):
        count += int(np.argmax(scores)) == label
    return count / len(X)


def close_to(u, v):
    return abs(u - v) < 4 * np.sqrt(v * (1 - v) / 1000)


# %%
def checks(net, score, X, y):
    given = score(net, X, y)
    lot = score(net, new, new_labels[deals[0]])
    shuffled = [score(net, new[deal], new_labels[deal]) for deal in deals]
    return {
        "own": bool(np.isclose(score(net, new, answers(net, new)), 1)),
        "lot": abs(lot - 0.1) < 0.04,
        "again": len({score(net, new, new_labels) for _ in range(3)}) == 1,
        "order": np.allclose(shuffled, score(net, new, new_labels), atol=1e-9),
        "hand": bool(np.isclose(score(net, *some), by_hand(net, *some))),
        "fresh": close_to(given, score(net, *untouched)),
    }


# %%
judged = {name: checks(*fault) for name, fault in FAULTS.items()}
reported = {name: score(net, X, y) for name, (net, score, X, y) in FAULTS.items()}
honest = {name: by_hand(net, *untouched) for name, (net, *_) in FAULTS.items()}

# %%
fig11, ax11 = subplots(width=6.4, height=1.9)
bars11 = ax11.barh(("reported", "the truth"), (0, 0), color=[LINES[0]["color"], "#BBBBBB"])
ax11.invert_yaxis()
_ = ax11.set(xlabel="accuracy", xlim=(0, 1))


# %%
def judge(fault):
    for bar, value in zip(bars11, (reported[fault], honest[fault]), strict=True):
        bar.set_width(value)
    ax11.set_title(f"{fault}: {reported[fault]:.3f}, in truth {honest[fault]:.3f}", fontsize=11)
    found = judged[fault]
    heads = "".join(f"<th>{name}</th>" for name in found)
    cells = "".join(f"<td><b>{'passes' if ok else 'caught'}</b></td>" for ok in found.values())
    return fig11, f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


# %%
Explorer(
    judge,
    alt="Two bars: the accuracy that the chosen evaluation reports, and what counting on untouched "
    "rows finds. Below, which of six checks catch it.",
    fault=choice("evaluation", list(FAULTS), value="masks left on"),
)

# %%
print(" " * 23 + "".join(f"{name:>7}" for name in judged["no fault"]))
for name, found in judged.items():
    print(f"{name:23}" + "".join(f"{'-' if ok else 'caught':>7}" for ok in found.values()))

# %%
off = {name: reported[name] - honest[name] for name in FAULTS}
print("better:", ", ".join(name for name in off if off[name] > 0.08))
print("worse: ", ", ".join(name for name in off if off[name] < -0.08))
print("close: ", ", ".join(name for name in off if abs(off[name]) <= 0.08))

# %% [markdown]
# Worse is noticed: somebody looks for the fault. Better is published, and close is never found
# without a check.
#
# - **hand** sees every fault in the *code*, if classes are uneven and a batch is short.
# - **fresh** alone sees the faults in the *rows*. No check of the code can: the code is right.
# - **lot** sees (47): a tenth is what a guess must give. **own** and (47) agree that perfect is
#   perfect.
#
# ## Practise
#
# `exercises.honest_score.hint()` gives a hint each time it is called; so do the others.

# %%
from exercises import chapter_15 as exercises

# %% [markdown]
# **Exercise 1.** Two arrays of accuracies, one number an epoch: on `validation` rows and on `test`
# rows. Return the number that an honest report prints.


# %%
def my_honest_score(validation, test):
    raise NotImplementedError


exercises.honest_score.check(my_honest_score)

# %% [markdown]
# **Exercise 2.** Accuracy from a confusion matrix `C` (K, K), true classes down.


# %%
def my_accuracy(C):
    raise NotImplementedError


exercises.accuracy_of.check(my_accuracy)

# %% [markdown]
# **Exercise 3.** Macro-averaged F1 from `C`. No class is empty here.


# %%
def my_macro_f1(C):
    raise NotImplementedError


exercises.macro_f1.check(my_macro_f1)

# %% [markdown]
# **Exercise 4.** Expected calibration error. `confidence` (n,) is the largest probability of each
# row, `right` (n,) is 1 where the answer was right, else 0. Five bins of equal width on [0, 1]: a
# confidence $p$ falls into bin $\lfloor 5p \rfloor$.


# %%
def my_calibration_error(confidence, right):
    raise NotImplementedError


exercises.calibration_error.check(my_calibration_error)

# %% [markdown]
# **Exercise 5.** Half the width of Student's interval for the mean: `values` (m,) are the accuracies
# of $m$ seeds, `t` is $t_{m-1}$.


# %%
def my_half_width(values, t):
    raise NotImplementedError


exercises.half_width.check(my_half_width)

# %% [markdown]
# **Exercise 6.** Two networks on the same $n$ rows: `first` and `second` (n,) are 1 where that
# network is right, else 0. Half the width of the 95% interval for the difference of their
# accuracies, by pairs.


# %%
def my_paired_half_width(first, second):
    raise NotImplementedError


exercises.paired_half_width.check(my_paired_half_width)

# %% [markdown]
# **Exercise 7** (find the slip). "Eventually this model reached the optimum at the 87th epoch (with
# an accuracy of 0.584 for the test set)" (report B, 3.5). Which rows did which job? What should be
# printed instead?
#
# <details><summary>Answer</summary>
#
# The test rows chose the epoch, so they did the job of validation rows, and 0.584 is the best of 87
# looks. Let rows held out of *training* choose the epoch, read the test rows once, there, and print
# that with the spread over seeds.
#
# </details>
#
# **Exercise 8** (no checker). Report B's table 10 adds layers one by one, one run each, 10,000 test
# rows: 0.559, with batch norm 0.564, with dropout 0.578, with a residual block 0.585. It concludes
# that each addition is valuable. Take the rows for different ones: which of the three gains is above
# its half width? What would pairs need, and what would neither interval cover?
#
# <details><summary>Answer</summary>
#
# $1.96\sqrt{2 \cdot 0.57 \cdot 0.43/10000} \approx 0.014$. The second gain is at the edge of it,
# the first and third are well inside. Pairs need $b$ and $c$, which rows each network got right; the
# report does not give them. Neither covers another seed, nor that each number is a best epoch on
# these very rows.
#
# </details>
#
# ## Summary
#
# - Training rows move, validation rows choose, test rows are read once.
# - The best of $k$ equal tries lies $\sigma c_k$ too high, less if they are alike: rows that
#   both choose and report, report luck.
# - For many classes accuracy is trace over sum. Say macro, weighted or micro; micro is accuracy.
# - Confidence can be wrong while decisions are right. A temperature, fitted on validation rows, mends
#   it.
# - Luck of the rows: $\sqrt{a(1-a)/n}$. Luck of the seeds: Student, about $16(\sigma/g)^2$ seeds of
#   each. Two networks on the same rows: pairs.
# - To go on after a crash keep weights, optimizer and generators.
# - Check an evaluation by hand on uneven classes, and on fresh rows.
#
# Back: [14 Skip a layer](14_skip_a_layer.ipynb)
# Next: [16 Re-run report A](16_rerun_report_a.ipynb)
