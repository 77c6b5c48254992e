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
# **You will learn** to run the whole loop, to score ten classes, and to say how much of a score is
# luck: of the seed, of the test rows, and of having looked too often.
#
# **You need** chapters [05](05_score_predictions.ipynb) and [08](08_step_downhill.ipynb).
# **Time**: 70 minutes. **Runs in** under 30 seconds.

# %%
import copy
import tempfile
from pathlib import Path

import numpy as np
from scipy import stats

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
    training_steps,
)
from mlpcore import data as datasets
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.plots import LINES, show, subplots
from mlpcore.source import show_source

# %%
data = datasets.load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# Three parts, three jobs. **Training** rows move the weights. **Validation** rows choose: when to
# stop, which setting. **Test** rows are read once, at the end, and choose nothing. Few rows here,
# so that runs are short and luck is large.

# %%
size = np.float32(data.X_train.std())
X, y = data.X_train[:3000] / size, data.y_train[:3000]
X_val, y_val = data.X_train[3000:4000] / size, data.y_train[3000:4000]
X_test, y_test = data.X_test[:1000] / size, data.y_test[:1000]

# %% [markdown]
# ## Build the loop
#
# All of training, in the order in which it happens:


# %%
def build(seed):
    """A network 128-64-10, its optimizer and its generator."""
    rng = np.random.default_rng(seed)
    net = models.mlp((128, 64, 10), rng=rng)
    return net, SGD(net.parameters(), lr=0.03, momentum=0.9), rng


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
# hands over after every step. `fit` watches it: history, validation, early stopping, checkpoints.
# **Check it**: the same seed gives the same weights, to the last bit.

# %%
twin, twins_optimizer, rng = build(0)
plan = {"epochs": 2, "batch_size": 50, "rng": rng, "optimizer": twins_optimizer}
*_, step = training_steps(twin, X, y, **plan)
print("the loop by hand gives the same weights:", np.array_equal(optimizer.w, twins_optimizer.w))
print(f"the last step was number {step.number}, of epoch {step.epoch} (from 0)")

# %% [markdown]
# ## Derive what peeking gains
#
# Both reports measure the *test* accuracy after every epoch, stop by it, and print the best. Say
# all $k$ epochs were equally good, with true accuracy $a$. Each measured accuracy is off by luck.
# On $n$ test rows, each right with probability $a$, the luck has the deviation
#
# $$
# \sigma = \sqrt{a\,(1 - a) / n}
# $$
#
# and the best of $k$ lies above $a$: for independent normal luck by about
#
# $$
# E[\max] \approx \sigma\,\sqrt{2 \ln k}
# $$
#
# an upper bound that is good for large $k$: $E[\max]$ is below it, as
# $e^{t E[\max]} \le E[e^{t \max}] \le k\,e^{t^2 \sigma^2 / 2}$ for every $t$; take
# $t = \sqrt{2 \ln k}/\sigma$.
#
# **Predict first**: 50 epochs that are equally good, accuracy 0.5, 1,000 test rows. How much too
# good is the best? And with 10,000 rows?

# %%
luck = np.random.default_rng(0).normal(size=(2000, 200))
best_of = np.maximum.accumulate(luck, axis=1)  # best of the first k, 2,000 times over
tries = np.arange(1, 201)
fig, ax = subplots(width=7, height=3.6)
(mean_line,) = ax.plot(tries, tries, **LINES[0], label="best of k, mean of 2,000 draws")
(bound_line,) = ax.plot(tries, tries, **LINES[1], label="σ √(2 ln k)")
ax.set(xlabel="tries k", ylabel="best minus true accuracy", ylim=(0, 0.06))
_ = ax.legend(loc="upper left", fontsize=9)


# %%
def optimism(rows, accuracy):
    sigma = np.sqrt(accuracy * (1 - accuracy) / rows)
    mean_line.set_ydata(sigma * best_of.mean(axis=0))
    bound_line.set_ydata(sigma * np.sqrt(2 * np.log(tries)))
    ax.set_title(f"σ = {sigma:.4f}; best of 50: +{sigma * best_of[:, 49].mean():.4f}", fontsize=11)
    return fig


# %%
Explorer(
    optimism,
    alt="How far the best of k equally good candidates lies above the truth, against k: a curve "
    "that rises steeply at first and ever more slowly, below its bound.",
    rows=log_slider("test rows n", 100, 1e5, value=1000),
    accuracy=slider("true accuracy", 0.1, 0.95, value=0.5),
)

# %% [markdown]
# **Real runs.** Epochs are not independent: neighbours are nearly the same network. So the gain of
# a real peek is smaller than the formula's. Five seeds, 40 epochs each; the test rows are looked
# at after each epoch, which an honest run would not do.


# %%
def watched(seed):
    """Validation and test accuracy after each of 40 epochs."""
    net, optimizer, rng = build(seed)
    found = []
    for _ in range(40):
        for _step in training_steps(
            net, X, y, optimizer=optimizer, epochs=1, batch_size=50, rng=rng
        ):
            pass
        scores = [evaluate(net, *pair)["accuracy"] for pair in ((X_val, y_val), (X_test, y_test))]
        found.append(scores)
    return np.array(found).T


runs = [watched(seed) for seed in range(5)]

# %%
peeked = [test.max() for _, test in runs]
honest = [test[validation.argmax()] for validation, test in runs]
fig2, ax = subplots(width=6.5, height=3.4)
ax.plot(range(1, 41), runs[0][0], **LINES[0], label="validation")
ax.plot(range(1, 41), runs[0][1], **LINES[1], label="test")
ax.plot(runs[0][0].argmax() + 1, honest[0], "s", color="black", ms=8, label="honest")
ax.plot(runs[0][1].argmax() + 1, peeked[0], "*", color="black", ms=12, label="peeked")
ax.set(xlabel="epoch", ylabel="accuracy")
ax.legend(fontsize=9, loc="lower right")
show(
    fig2,
    "Validation and test accuracy of one run: the star is the best test epoch, the square the test "
    "accuracy at the epoch that validation chose, which lies lower.",
)

# %%
print("peeking reports more than honesty:", records.verdict(peeked, honest))
print("never less, in any run:", all(p >= h for p, h in zip(peeked, honest, strict=True)))

# %% [markdown]
# The second line could not be otherwise: a maximum is never below one of its terms. That is what
# makes it worthless as an estimate. The cure costs a tenth of the training rows: let validation
# choose, and read the test rows once. `fit` does the choosing:

# %%
net, optimizer, rng = build(1)
history = fit(
    net,
    X,
    y,
    optimizer=optimizer,
    epochs=40,
    batch_size=50,
    rng=rng,
    validation=(X_val, y_val),
    early_stopping=EarlyStopping(patience=10, monitor="val_accuracy"),
    progress=False,
)
print(f"ended: {history.ended}; it has waited {len(history) - 1 - history.best_epoch} epochs")

# %% [markdown]
# The network now has the weights of its best validated epoch. Patience is a bet: too little stops
# at the first bad epoch, too much costs time and no more.

# %% [markdown]
# ## Derive the scores
#
# Count who was taken for what: $C_{kj}$ is the number of rows of true class $k$ that were called
# $j$ (`eq:confusion`). Everything else follows from $C$.
#
# For *one* class $k$ against the rest: $TP_k = C_{kk}$, $FN_k$ the rest of row $k$, $FP_k$ the
# rest of column $k$, $TN_k$ all else. Report B (47) to (50):
#
# $$
# \begin{aligned}
# \text{accuracy} &= \frac{TP + TN}{TP + FP + TN + FN} & (47) \\
# \text{recall} &= \frac{TP}{TP + FN} & (48) \\
# \text{precision} &= \frac{TP}{TP + FP} & (49) \\
# F_1 &= 2\,\frac{\text{precision} \times \text{recall}}{\text{precision} + \text{recall}} & (50)
# \end{aligned}
# $$
#
# **Find the slip.** (47) is for *two* classes. Predict: a network that calls everything class 0,
# on ten balanced classes: what does (47) give for class 0? For any other class?

# %%
always = np.zeros(1000, int)
C = metrics.confusion_matrix(always, y_test, 10)
for k in (0, 1):
    TP, FN, FP = C[k, k], C[k].sum() - C[k, k], C[:, k].sum() - C[k, k]
    TN = C.sum() - TP - FN - FP
    print(
        f"class {k}: (47) gives {(TP + TN) / C.sum():.1f}; really right: {TP / C.sum():.1f} of all"
    )

# %% [markdown]
# 0.9 for a class it has never once found: the true negatives of nine other classes are easy.
# For $K$ classes accuracy is the trace over the sum:
#
# $$
# \text{accuracy} = \frac{\sum_k C_{kk}}{\sum_{kj} C_{kj}} \tag{eq:accuracy}
# $$
#
# And the other three are one number a class, to be put together in a way that must be *said*:
# **macro** (mean over classes), **weighted** (by class size), **micro** (add up all counts first).
#
# $$
# P_k = \frac{C_{kk}}{\sum_i C_{ik}} \tag{eq:precision}
# $$
#
# $$
# R_k = \frac{C_{kk}}{\sum_j C_{kj}} \tag{eq:recall}
# $$
#
# $$
# F_{1,k} = \frac{2\,TP_k}{2\,TP_k + FP_k + FN_k} \tag{eq:f1}
# $$
#
# (50) with $P = TP/(TP + FP)$ and $R = TP/(TP + FN)$ put in, and both sides times $TP$. It needs no
# case for $P + R = 0$.
#
# **Micro-F1 is accuracy.** Each wrong row is one $FP$ (of the class called) and one $FN$ (of the
# true one), so $\sum FP = \sum FN$ = wrong, and $2\,right / (2\,right + 2\,wrong)$ is accuracy.

# %%
show_source(metrics.confusion_matrix, metrics.f1, metrics._score, checks=False)

# %%
predicted = predict(net, X_test).argmax(axis=1)
C = metrics.confusion_matrix(predicted, y_test, 10)
R, P = np.diag(C) / C.sum(axis=1), np.diag(C) / C.sum(axis=0)
print("F1 by (50), class by class, is the library's:", end=" ")
print(np.allclose(2 * P * R / (P + R), metrics.f1(predicted, y_test, average=None)))
micro = metrics.f1(predicted, y_test, average="micro")
print("micro-F1 is accuracy:", np.isclose(micro, metrics.accuracy(predicted, y_test)))

# %% [markdown]
# ## Look behind the counts
#
# A count hides pictures. **Predict first**: choose a pair of shapes that you would mix up; how
# many of the 1,000 did the network?

# %%
fig3, axes = subplots(2, 8, width=8, height=2.5)
panes = [ax.imshow(np.zeros((32, 32, 3), np.uint8)) for ax in axes.flat]
for ax in axes.flat:
    ax.axis("off")
names = list(enumerate(data.class_names))
options = [(name, k) for k, name in names]


# %%
def behind(true, called):
    rows = np.flatnonzero((y_test == true) & (predicted == called))
    for i, pane in enumerate(panes):
        there = i < len(rows)
        blank = np.full((32, 32, 3), 255, np.uint8)
        pane.set_data(data.images_test[rows[i]] if there else blank)
    share = len(rows) / np.sum(y_test == true)
    fig3.suptitle(
        f"{data.class_names[true]} called {data.class_names[called]}: {len(rows)} ({share:.0%})"
    )
    return fig3


# %%
Explorer(
    behind,
    alt="Up to sixteen test pictures of the chosen true class that were called the chosen class, "
    "and how many there are in all.",
    true=choice("true class", options, value=0),
    called=choice("called", options, value=1),
)

# %% [markdown]
# ## Ask whether it knows how sure it is
#
# The network says $P = 0.8$. Is it right in 8 of 10 such cases? Sort the rows into bins by their
# largest $P$. In each bin compare the mean of $P$ (*confidence*) with the share that is right. The
# **expected calibration error** is the mean gap, weighted by the bins' sizes (Guo et al. 2017):
#
# $$
# \text{ECE} = \sum_b \frac{n_b}{n}\,\bigl|\,\text{right}_b - \text{confidence}_b\,\bigr|
# $$
#
# A network trained until it is certain is mended by one number, the *temperature*: divide all
# logits by $T$ (chapter 05). The decisions stay; only the confidence changes. $T$ is chosen on
# validation rows.
#
# **Predict first**: trained 40 epochs on 3,000 rows, is it too sure or not sure enough?

# %%
sure, optimizer, rng = build(2)
plan = {"epochs": 40, "batch_size": 50, "rng": rng, "progress": False}
_ = fit(sure, X, y, optimizer=optimizer, **plan)
z_val, z_test = (predict(sure, rows).astype(np.float64) for rows in (X_val, X_test))


# %%
def reliability(z, labels, T, bins=10):
    """ECE, and for each bin: confidence, share right, number of rows."""
    p = softmax(z / T)[0]
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, weights=v, minlength=bins) for v in (confidence, right)]
    mean_p, share = (s / np.maximum(n, 1) for s in sums)
    return np.sum(n / n.sum() * np.abs(share - mean_p)), mean_p, share, n


# %%
fig4, ax = subplots(width=5.4, height=4.2)
ax.plot([0, 1], [0, 1], color="black", lw=1, ls=":", label="perfect")
(dots,) = ax.plot([], [], **LINES[0] | {"marker": "o"}, label="test rows, by bin")
ax.set(xlabel="confidence: mean of the largest P", ylabel="share that is right")
_ = ax.legend(loc="upper left")


# %%
def at_temperature(T):
    error, mean_p, share, n = reliability(z_test, y_test, T)
    seen = n > 5
    dots.set_data(mean_p[seen], share[seen])
    ax.set_title(f"T = {T:.2f}: calibration error {error:.3f}", fontsize=11)
    return fig4


# %%
Explorer(
    at_temperature,
    alt="Share of right answers against confidence, by bins; on the dotted diagonal a network "
    "knows how sure it is, below it it is too sure.",
    T=log_slider("temperature T", 0.1, 10, value=1.0),
)

# %%
temperatures = np.logspace(-0.5, 1, 61)
losses = [cross_entropy(z_val / T, y_val)[0] for T in temperatures]
T = temperatures[np.argmin(losses)]
before, after = (reliability(z_test, y_test, t)[0] for t in (1.0, T))
print("too sure (the best T is above 1):", T > 1)
print("calibration error on test rows at least halved:", after < before / 2)
print("decisions unchanged:", np.array_equal((z_test / T).argmax(1), z_test.argmax(1)))

# %% [markdown]
# ## Say how much is luck
#
# Two kinds. **Of the test rows**: on $n$ rows, $\pm 1.96\,\sqrt{a(1-a)/n}$ for *this* network.
# **Of the seed**: first weights, batches, masks; Student's interval over $m$ seeds,
#
# $$
# \bar a \pm t_{m-1}\, \frac{s}{\sqrt m}
# $$
#
# where $s$ is the spread between seeds and $t_{m-1}$ is 12.7 for $m = 2$, 2.8 for $m = 5$. A
# report's single run has neither.
#
# **Predict first**: seeds spread by 0.005 (a usual value here). Two methods differ by 0.01. How many
# seeds each, until the interval of the difference no longer holds 0?

# %%
counts = np.arange(2, 41)
fig5, ax = subplots(width=6.5, height=3.5)
(widths,) = ax.plot(counts, counts, **LINES[0], label="half width of the difference's interval")
level = ax.axhline(0.01, **LINES[1] | {"marker": None}, label="the difference")
ax.set(xlabel="seeds of each method", ylabel="accuracy", yscale="log", ylim=(5e-4, 0.5))
_ = ax.legend(fontsize=9)


# %%
def seeds_needed(spread, gap):
    half = stats.t.ppf(0.975, 2 * counts - 2) * spread * np.sqrt(2 / counts)
    widths.set_ydata(half)
    level.set_ydata([gap, gap])
    enough = counts[half < gap]
    said = f"{enough[0]} seeds each" if len(enough) else "more than 40 seeds"
    ax5.set_title(f"on average enough: {said}", fontsize=11)
    return fig5


ax5 = ax

# %%
Explorer(
    seeds_needed,
    alt="Half width of the interval of a difference against the number of seeds: it falls steeply "
    "at first, then as one over the root; a dashed line marks the difference to be seen.",
    spread=slider("spread of seeds", 0.001, 0.02, value=0.005, step=0.001),
    gap=slider("true difference", 0.002, 0.03, value=0.01, step=0.001),
)

# %% [markdown]
# Report A calls 0.5239 against 0.5236 "slightly better", from one run each.
#
# **On the same rows, compare pairs.** Two networks agree on most rows; only where one is right and
# the other wrong do they differ. If they are equally good, each such row is a coin toss (McNemar
# 1947): of $b + c$ tosses, $b$ heads.

# %%
other = predict(sure, X_test).argmax(axis=1)
b = np.sum((predicted == y_test) & (other != y_test))
c = np.sum((predicted != y_test) & (other == y_test))
chance = stats.binomtest(int(b), int(b + c)).pvalue
fig6, ax = subplots(width=6, height=2.6)
ax.barh(["only the first", "only the second"], [b, c], color=[LINES[0]["color"], "#BBBBBB"])
ax.set(xlabel="test rows on which just one is right")
ax.set_title(f"chance of such a split if equally good: {chance:.2f}", fontsize=10)
show(
    fig6,
    "How many test rows only the first network gets right and only the second, and above it the "
    "chance of a split at least so uneven between equally good networks.",
)

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
_ = fit(through, X, y, optimizer=optimizer, epochs=6, batch_size=50, rng=rng, progress=False)

# %%
for epochs in (3, 6):  # the second time everything is built anew, as after a crash
    net, optimizer, rng = build(3)
    plan = {"optimizer": optimizer, "batch_size": 50, "rng": rng, "progress": False}
    _ = fit(net, X, y, epochs=epochs, checkpoint=file, resume=True, **plan)
pairs = zip(through.parameters(), net.parameters(), strict=True)
print("equal to the last bit:", all(np.array_equal(a.data, b.data) for a, b in pairs))

# %%
saved = save(Path(folder.name) / "net.npz", net=net)
empty, _, _ = build(9)
load(saved, net=empty)
print("loaded gives the same outputs:", np.array_equal(predict(net, X_val), predict(empty, X_val)))
folder.cleanup()

# %% [markdown]
# ## Break it
#
# Six faulty evaluations of one network, and what each does to the accuracy. **Predict first**:
# which look *better* than the truth, which worse, which nearly the same?

# %%
masked = models.mlp((128, 64, 10), rng=np.random.default_rng(4), dropout=0.5)
optimizer = SGD(masked.parameters(), lr=0.03, momentum=0.9)
plan = {"epochs": 30, "batch_size": 50, "rng": np.random.default_rng(5), "progress": False}
_ = fit(masked, X, y, optimizer=optimizer, **plan)
truth = evaluate(masked, X_test, y_test)["accuracy"]


# %%
def with_masks():
    net = copy.deepcopy(masked).train()
    return np.mean(net(X_test).data.argmax(axis=1) == y_test)


def with_test_in_training():
    net, optimizer, rng = build(4)
    rows, labels = np.concatenate([X, X_test]), np.concatenate([y, y_test])
    fit(net, rows, labels, optimizer=optimizer, epochs=30, batch_size=50, rng=rng, progress=False)
    return evaluate(net, X_test, y_test)["accuracy"]


# %%
z = predict(masked, X_test)
FAULTY = {
    "masks left on": with_masks(),
    "training rows": evaluate(masked, X, y)["accuracy"],
    "test rows in training": with_test_in_training(),
    "argmin for argmax": np.mean(z.argmin(axis=1) == y_test),
    "labels one row off": np.mean(z.argmax(axis=1) == np.roll(y_test, 1)),
    "(47), mean over classes": 1 - 2 * (1 - truth) / 10,
}

# %%
for name, value in FAULTY.items():
    seen = "far too good" if value > truth + 0.05 else "too bad" if value < truth else "close"
    print(f"{name:24} {seen}")

# %% [markdown]
# Too bad is noticed: somebody looks for the fault. Too good is published. Check the ones that
# flatter: evaluate on labels that were shuffled (chance?), on rows that were never seen, and
# count by hand.

# %% [markdown]
# ## Practise
#
# Fill in, run, and let the checker answer. `hint()` gives a hint each time it is called.

# %%
from exercises import chapter_15 as exercises

# %% [markdown]
# **Exercise 1.** Accuracy from a confusion matrix `C` (K, K), rows true classes.


# %%
def accuracy_of(C):
    raise NotImplementedError


exercises.accuracy_of.check(accuracy_of)

# %% [markdown]
# **Exercise 2.** Macro-averaged F1 from `C`. No class is empty here.


# %%
def macro_f1(C):
    raise NotImplementedError


exercises.macro_f1.check(macro_f1)

# %% [markdown]
# **Exercise 3.** Expected calibration error. `confidence` (n,) is the largest probability of each
# row, `right` (n,) is 1 where the answer was right, else 0. Use five bins of equal width on
# [0, 1]: a confidence $p$ falls into bin $\lfloor 5p \rfloor$.


# %%
def calibration_error(confidence, right):
    raise NotImplementedError


exercises.calibration_error.check(calibration_error)

# %% [markdown]
# **Exercise 4.** The half width of Student's interval over runs: `values` (m,) are accuracies of $m$
# seeds, `t` is the table's number $t_{m-1}$.


# %%
def half_width(values, t):
    raise NotImplementedError


exercises.half_width.check(half_width)

# %%
# exercises.half_width.hint()

# %% [markdown]
# **Exercise 5** (find the slip). "This model reached the optimum at the 87th epoch, with an
# accuracy of 0.584 for the test set" (report B, 3.5). Which of the three parts has done which job
# here, and what should be printed instead?
#
# <details><summary>Answer</summary>
#
# The test set chose the epoch, so it was used for validation, and 0.584 is the best of 87 looks.
# Let held-out training rows choose the epoch, and print the test accuracy there, with its spread
# over seeds.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Training rows move, validation rows choose, test rows are read once.
# - The best of $k$ looks is too good by up to $\sigma\sqrt{2 \ln k}$.
# - For many classes accuracy is trace over sum; say macro, weighted or micro.
# - Confidence can be wrong while decisions are right; a temperature mends it.
# - One run has no interval. A difference needs seeds, or pairs.
# - A seed and a checkpoint give a run back, to the last bit.
#
# Back: [14 Skip a layer](14_skip_a_layer.ipynb)
# Next: [22 Make it fast](22_make_it_fast.ipynb), [23 Play](23_play.ipynb)
