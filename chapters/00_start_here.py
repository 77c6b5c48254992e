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
# # 00 Start here
#
# In ten minutes you will see the data, train two networks, read where they fail, and turn the one
# knob that matters most. All of it runs on NumPy code you can read in an afternoon.
#
# Two student reports, A (2022) and B (2024), once did this for a course. The workbook rebuilds what
# they describe and runs their experiments again.
#
# **You will learn** what goes into a network and what comes out, and how this workbook works.
# **You need** a little Python. **Time**: 10 minutes.
#
# Run a cell with Shift+Enter. From the menu, *Run > Run All Cells* runs everything.

# %%
import numpy as np

from mlpcore import SGD, evaluate, fit, models, predict, records, schedules, stratified_split
from mlpcore.data import load
from mlpcore.explore import Explorer, log_slider
from mlpcore.metrics import confusion_matrix, count_parameters
from mlpcore.plots import LINES, curves, image_grid, subplots
from mlpcore.plots import confusion_matrix as draw_confusion
from mlpcore.train import TrainingDiverged, training_steps

# %%
data = load("shapes10")  # or "cifar10", once it is built: see the README
print(data.describe())

# %% [markdown]
# ## See what goes in
#
# Ten kinds of shape, drawn by the library: small, noisy, half hidden on purpose. One row of pictures
# with names, one without. **Predict first**: how many of the second row can you name?

# %%
two = np.array([np.flatnonzero(data.y_train == c)[:2] for c in range(10)])  # of each class
named, unnamed = two[:, 0], np.random.default_rng(4).permutation(two[:, 1])
image_grid(
    data.images_train[np.concatenate([named, unnamed])],
    "Two rows of ten small noisy pictures. The first row is named; in the second, the same ten "
    "kinds of shape stand in another order, and some are hard to tell.",
    titles=[*(data.class_names[c] for c in data.y_train[named]), *"??????????"],
)

# %%
print("second row:", ", ".join(data.class_names[c] for c in data.y_train[unnamed]))

# %% [markdown]
# A network does not see pictures. Each one is turned into 128 numbers by principal component
# analysis (chapter 01), which keeps what varies most. What do 128 numbers still hold of a picture?

# %%
rows = named[:5]
rebuilt = data.pca.inverse_transform(data.X_train[rows])
originals = data.images_train[rows] / 255
image_grid(
    np.concatenate([originals, rebuilt.reshape(originals.shape)]),
    "Five pictures above, and below the same five rebuilt from their 128 numbers: noise and sharp "
    "corners are gone; colours and rough outlines are still there.",
    titles=["original"] * 5 + ["rebuilt"] * 5,
    columns=5,
)

# %%
print("one example is", data.X_train.shape[1], "numbers; its label is one of 0 to 9")
kept = data.pca.explained_variance_ratio.sum()
print(f"they hold {kept:.2f} of all the differences (variance) between the pictures' pixels")

# %% [markdown]
# ## Set a tenth aside
#
# We hold back a tenth of the training rows for **validation**: whatever we choose while working, we
# choose by them. The test set is read once, at the end. Both reports chose by the test set, and so
# fooled themselves a little (chapter 15).

# %%
kept, held_out = stratified_split(data.y_train, 0.1, np.random.default_rng(0))
X, y = data.X_train[kept], data.y_train[kept]
validation = data.X_train[held_out], data.y_train[held_out]
print(len(X), "rows to train on,", len(held_out), "to validate")

# %% [markdown]
# ## Train the baseline
#
# Report B's baseline: 128 numbers in, 128 hidden units with the activation GELU, 10 scores out, one
# for each class. The largest score is the answer.

# %%
rng = np.random.default_rng(0)
baseline = models.baseline(rng)
print(baseline)
print(f"{count_parameters(baseline):,} parameters")

# %% [markdown]
# How wrong is the network? The **loss** is $-\ln$ of the share of belief it gives to the true class:
# 0 is perfect, $\ln 10 = 2.30$ is "all ten equally likely" (chapter 05; the unit is called *nat*).
#
# `fit` goes through the data eight times (eight *epochs*), 128 rows at a time. After each batch the
# optimizer moves every parameter a little, so that the loss falls.
#
# **Predict first**: guessing gives an accuracy of 0.10. What will eight epochs give?

# %%
optimizer = SGD(baseline.parameters(), lr=0.01, momentum=0.9)
settings = {"epochs": 8, "batch_size": 128, "validation": validation}
history = fit(baseline, X, y, optimizer=optimizer, rng=rng, **settings)

# %%
curves(
    history,
    "Baseline: training loss falls and training accuracy rises in every epoch, fast at first; "
    "validation follows, then begins to fall behind.",
)

# %%
score = evaluate(baseline, *validation)["accuracy"]
print("validation accuracy above 0.40:", score > 0.40)

# %% [markdown]
# ## Train report B's best network
#
# Three layers of 256 units, two of them in a block that is skipped as well as passed (*residual*,
# chapter 14), batch norm (chapter 12), dropout (chapter 11), and a learning rate that falls along a
# cosine (chapter 10).

# %%
rng = np.random.default_rng(0)
best = models.report_b_best(rng)
print(best[4])  # the block
print(f"{count_parameters(best):,} parameters")

# %%
optimizer = SGD(best.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
best_history = fit(
    best, X, y, optimizer=optimizer, rng=rng, schedule=schedules.cosine(), **settings
)

# %%
curves(
    best_history,
    "Report B's best network: validation accuracy begins above training accuracy and ends above "
    "the baseline's.",
)

# %%
print("better than the baseline:", evaluate(best, *validation)["accuracy"] > score)

# %% [markdown]
# Validation *above* training? Two reasons: dropout is on only in training, and the training curve is
# the mean over an epoch in which the weights were still getting better.
#
# And is "better" luck? One run cannot say. The workbook therefore records runs with several seeds, here
# five of each network on all 50,000 rows, for 20, 30 and 50 epochs. It quotes their mean and a 95%
# interval for it. *Softmax regression* is a network without hidden units (chapter 05), 128-128-10 the
# baseline with another activation.

# %%
print("test accuracy, last epoch   shapes10           CIFAR-10")
for network in ("softmax regression", "128-128-10", "report B's best"):
    line = f"{network:20}"
    for source in ("shapes10", "cifar10"):
        runs = records.read("reference_accuracy", data=source, network=network)
        mean, half = records.interval(run["test"]["accuracy"] for run in runs)
        line += f"    {mean:.3f} +- {half:.3f}"
    print(line)

# %% [markdown]
# `shapes10` stands in for CIFAR-10, the reports' own data: it is drawn in seconds, needs no download,
# and is about as hard. Nothing in these runs was chosen by their test accuracy.

# %% [markdown]
# ## Read where it fails
#
# Now *our* network's test set, once. Rows are true classes, columns what the network said.
#
# **Predict first**: which shapes will it mix up? Then find the largest numbers off the diagonal.

# %%
guess = predict(best, data.X_test).argmax(axis=1)
draw_confusion(
    confusion_matrix(guess, data.y_test),
    data.class_names,
    "Confusion matrix of the test set: right answers on the framed diagonal, each mistake in the "
    "row of what it is and the column of what it was taken for.",
)

# %% [markdown]
# *Neighbours in the list* are mixed up, even those that look nothing alike, such as a cross and
# stripes. In these pictures the colour of the background hints at the class, as blue hints at
# aeroplanes in photographs, and neighbours have similar colours. The network has learnt the hint
# along with the shapes ([chapter 03](03_build_a_linear_layer.ipynb) lets you see it).

# %%
wrong = np.flatnonzero(guess != data.y_test)[:10]
image_grid(
    data.images_test[wrong],
    "Ten test pictures the network got wrong, each with what it said and what it is.",
    titles=[f"{data.class_names[guess[i]]}?\n{data.class_names[data.y_test[i]]}" for i in wrong],
)

# %% [markdown]
# ## Turn the knob
#
# The **learning rate** is how far each step goes. The slider trains a small network (32 hidden units,
# 16,000 rows, three epochs, no momentum) anew each time you let it go: about a second.
#
# **Predict first**: what does the curve look like at 0.0001? At 0.1? At 3?

# %%
fig, ax = subplots(width=7, height=3.8)
(before,) = ax.plot([], [], **LINES[1], alpha=0.5, label="the setting before")
(now,) = ax.plot([], [], **LINES[0], label="this setting")
ax.axhline(np.log(10), color="black", lw=1, ls=":", label="guessing")
ax.set(xlabel="step", ylabel="loss (nats), mean of 10 steps", xlim=(0, 375), ylim=(1, 4))
_ = ax.legend(loc="upper right")


# %%
def losses(lr):
    rng = np.random.default_rng(0)
    net = models.mlp((128, 32, 10), rng=rng)
    settings = {"epochs": 3, "batch_size": 128, "rng": rng, "optimizer": SGD(net.parameters(), lr)}
    found = []
    try:
        for step in training_steps(net, X[:16000], y[:16000], **settings):
            found.append(step.loss)
    except TrainingDiverged:
        return found, f"learning rate {lr:.2g}: diverged after {len(found)} steps"
    accuracy = evaluate(net, *validation)["accuracy"]
    return found, f"learning rate {lr:.2g}: validation accuracy {accuracy:.2f}"


# %%
def train(lr):
    values, title = losses(lr)
    means = np.convolve(values, np.ones(10) / 10, mode="valid") if len(values) > 9 else values
    before.set_data(now.get_data())
    now.set_data(np.arange(len(means)), np.minimum(means, 3.98))  # beyond: along the top
    beyond = f", highest loss {max(values):.3g}" if max(values) > 4 else ""
    ax.set_title(title + beyond)
    return fig


# %%
Explorer(
    train,
    alt="Loss against step for the learning rate chosen and for the one before, and a dotted line "
    "for guessing; what is higher than the figure runs along its top.",
    live=False,
    lr=log_slider("learning rate", 1e-4, 10, value=0.01),
)

# %% [markdown]
# At 0.0001 the loss hardly falls; it even starts above guessing, since a network with random weights
# is sure of wrong answers. Between 0.1 and 1 it falls fast. At 3 the first steps overshoot: the loss
# leaps out of the figure and may never come back. If it stops being a number, the run *diverged* and says so.
#
# ## How the workbook works
#
# Every chapter takes one idea and goes the same way:
#
# | | |
# |---|---|
# | **predict** | say what will happen before you run it; being wrong is how it sticks |
# | **derive** | the mathematics, with the shape of every array |
# | **build** | the code that trains every network here, shown from the library itself |
# | **check** | each derivative measured against finite differences |
# | **look, play** | figures, and sliders that answer at once |
# | **break** | put in one wrong term; see which check notices |
# | **practise** | exercises that name your mistake |
#
# The cells are yours: change a number and run again. The list of chapters stands in the
# [README](../README.md); others that the text names are still to come.
#
# What is printed holds on every machine. Another processor rounds the last bit another way, and after
# thousands of steps the third digit of an accuracy differs: such numbers are in figures and in records.

# %% [markdown]
# ## Practise
#
# Replace the dots. The checker says "Right", or names what is wrong. For help, run
# `count_parameters_check.hint()` in a new cell, more than once if you need to.
#
# **Exercise 1.** A network of sizes `[128, 128, 10]` has how many parameters (weights and biases)?
# Write it for any list of sizes.

# %%
from exercises.chapter_00 import count_parameters as count_parameters_check  # a name in use above
from exercises.chapter_00 import read_confusion


def my_count(sizes):
    return ...


count_parameters_check.check(my_count)

# %% [markdown]
# **Exercise 2.** From a confusion matrix (rows are true classes), compute the accuracy and the recall
# of each class: of the examples that are class $k$, the share found. Hints: `read_confusion.hint()`.


# %%
def my_reading(matrix):
    accuracy = ...
    recall = ...
    return accuracy, recall


read_confusion.check(my_reading)

# %% [markdown]
# ## Summary
#
# - Pictures become 128 numbers, a network turns them into 10 scores, the largest is its answer.
# - A network uses whatever helps, colour before shape. One run proves little.
# - The learning rate decides whether training crawls, runs or explodes.
#
# Next: [01 See the data](01_see_the_data.ipynb), what the 128 numbers are.
# All chapters: [README](../README.md#chapters)
