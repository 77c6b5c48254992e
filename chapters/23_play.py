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
# # 23 Play
#
# **You will learn** to steer a network while it trains, and to see in its pictures what the
# chapters before have derived.
#
# **You need** a running notebook (the pictures below are still until you run their cells), and
# chapters [04](04_choose_an_activation.ipynb) and [07](07_start_well.ipynb).
# **Time**: 40 minutes. **Runs in** under 30 seconds.

# %%
import numpy as np

from mlpcore import TrainingDiverged, records
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, slider
from mlpcore.play import Run, dead_shares
from mlpcore.playground import Playground, SideBySide
from mlpcore.plots import show, subplots

# %%
data = load("shapes10")
print(data.describe())

# %% [markdown]
# ## Press Play
#
# A network of two hidden layers is to tell two half moons apart. **Play** trains it, **Pause**
# holds it, **Step** takes one step, **Reset** goes back to the first weights.
#
# - **Loss** and **Accuracy**: on training rows (unbroken) and on test rows (dashed).
# - **The square**: what the network says at each place; white is undecided. Round points are class
#   0, square ones class 1.
# - **Weights and gradients** of each layer, as histograms, and the share of units that are *dead*:
#   0 for every row.
#
# Hold the mouse still over a picture: it says its value there.
#
# Learning rate, momentum, weight decay and dropout act on the next step, in mid-training. All
# other controls start anew.
#
# **Predict first**: will the border bend at once, or first be straight?

# %%
Playground()

# %% [markdown]
# <details><summary>What to see</summary>
#
# First straight: most units are still on or off for all points together. Corners come as the units'
# own borders move in among the points.
#
# </details>

# %% [markdown]
# ## A line stays a line
#
# **Predict first**: two hidden layers of 8 units, but activation *none*. What border will it find,
# and how good is it? Then give *one* of the layers an activation.

# %%
Playground(activations=[None, None])

# %% [markdown]
# <details><summary>What to see</summary>
#
# Layers without an activation are one linear layer (chapter 04): the border is straight for ever,
# whatever the width. One activation is enough to bend it. Measured, five seeds each:
#
# </details>


# %%
def accuracies(steps, **settings):
    """Test accuracy of five seeds after so many steps."""
    found = []
    for seed in range(5):
        run = Run(seed=seed, **settings)
        run.train(steps)
        found.append(run.scores()["accuracy"])
    return found


straight = accuracies(500, activations=[None, None])
bent = accuracies(500, activations=["relu", None])
print("bent beats straight on the moons:", records.verdict(bent, straight))

# %% [markdown]
# ## The smallest network for two spirals
#
# **Predict first**: how many hidden units does it take to follow two spirals of nearly one and a
# half turns? Start below, with 4. Go up until the border follows them. Then: is one layer of 16
# better, or two of 8?

# %%
SPIRALS = {"data": "spirals", "examples": 300, "noise": 0.0}
Playground(**SPIRALS, widths=[4], activations=["tanh"])

# %%
fig, ax = subplots(width=6, height=3.4)
widths = {"4": [4], "8": [8], "16": [16], "8 and 8": [8, 8]}
for place, hidden in enumerate(widths.values()):
    settings = SPIRALS | {"widths": hidden, "activations": ["tanh"] * len(hidden)}
    found = accuracies(2000, **settings, epochs=3000)
    ax.plot([place] * 5, found, "o", mfc="none", color="black")
ax.set_xticks(range(len(widths)), widths)
ax.set(xlabel="hidden units", ylabel="test accuracy", ylim=(0.45, 1.03))
show(fig, "Test accuracy of five seeds after 2,000 steps, for four sizes: a ring for each seed.")

# %% [markdown]
# With 4 units no seed follows both arms. With 8 or 16 in one layer it depends on the seed: a
# start that is stuck stays stuck. Two layers of 8 have more weights than one of 16, and a bend of
# bends to make spirals of.

# %% [markdown]
# ## Kill a layer
#
# **Predict first**: two ReLU layers of 16 units, learning rate 1. Press Play and watch the dead
# shares. Then lower the rate to 0.01 in mid-training: will the dead come back?

# %%
Playground(widths=[16, 16], lr=1.0, seed=1)

# %% [markdown]
# <details><summary>What to see</summary>
#
# Some early, huge step throws biases and weights so far that units are 0 for every row. Their
# gradient is 0 as well: no learning rate brings them back (chapter 04). **Reset** does.
#
# </details>


# %%
def dead(rate):
    """The larger dead share of the two layers after 300 steps, for five seeds."""
    found = []
    for seed in range(5):
        run = Run(widths=[16, 16], lr=rate, seed=seed)
        run.train(300)
        found.append(max(dead_shares(run.net, run.test_set[0])[:2]))
    return found


print("rate 1 kills more units than rate 0.1:", records.verdict(dead(1.0), dead(0.1)))

# %% [markdown]
# ## Steer
#
# **Predict first**: batches of 8 rows at rate 0.2 on noisy moons: the loss jumps about. You move
# the slider to 0.01 in mid-training. Does the loss fall at once, slowly, or not?

# %%
NOISY = {"noise": 0.3, "widths": [16, 16], "activations": ["tanh", "tanh"], "batch_size": 8}
Playground(**NOISY, lr=0.2)

# %%
loud, calmed = [], []
for seed in range(5):
    run = Run(**NOISY, lr=0.2, seed=seed)
    run.train(600)
    loud.append(np.mean(run.losses[-200:]))
    run.steer("lr", 0.01)
    run.train(300)
    calmed.append(np.mean(run.losses[-200:]))
print("the loss is lower within 300 steps:", records.verdict(loud, calmed))

# %% [markdown]
# It falls almost at once: the network was near a good place and could not stand still
# ([chapter 08](08_step_downhill.ipynb)). Schedules do this on purpose
# ([chapter 10](10_adapt_the_step.ipynb)).
#
# Try also, in mid-training: dropout from 0 to 0.5 and back; momentum from 0.9 to 0.99; weight
# decay at 0.1.

# %% [markdown]
# ## Two at once
#
# The same data, seed and rate, side by side: four layers of 8, without and with batch norm. **Predict
# first**: both learn at rate 0.2. Which stands a ten times higher rate? Play, then move both sliders.

# %%
DEEP = {"widths": [8] * 4, "activations": ["relu"] * 4, "momentum": 0.0}
SideBySide(Playground(**DEEP, lr=0.2), Playground(**DEEP, lr=0.2, norm="batch"))

# %%
normed, plain = (accuracies(300, **DEEP, lr=2.0, norm=norm) for norm in ("batch", None))
print("at rate 2 batch norm is ahead:", records.verdict(normed, plain))

# %% [markdown]
# ## 128 numbers
#
# There is no plane to draw now. The square is a confusion matrix: a row for each true shape, in
# percent. Hold the mouse over a cell for its names. (The first 2,000 rows of each set are looked
# at.)

# %%
Playground(data="shapes10", widths=[128], activations=["gelu"], batch_size=128, lr=0.05, epochs=30)

# %% [markdown]
# Your own arrays go the same way: `Playground(own=(X, y), data="own")`, with `X` of shape
# $(n, d)$ and integer classes `y`. Every fifth row is kept for testing.

# %% [markdown]
# ## Take the run with you
#
# **As Python** writes the run as a program: the same seed, data and steps, and what you steered,
# where you did. It is not a description: the playground itself runs that text. So both give the
# same losses, to the last bit:

# %%
run = Run(data="xor", seed=5, lr=0.05)
run.train(50)
run.steer("momentum", 0.5)
run.train(50)
program = run.program()
print("\n".join(program.splitlines()[-7:]))

# %%
there = {}
exec(program, there)
print("the program's losses are the run's:", there["losses"] == run.losses)

# %% [markdown]
# `playground.settings` is a dictionary; `Playground(**settings)` is that playground again.

# %% [markdown]
# ## Three rates, one start
#
# The same first weights, batches and steps at three rates, recorded. **Predict first**: at which
# rate is the border good first, and is it so still at the end?

# %%
MOMENTS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500]
xs = np.linspace(-1.8, 2.8, 60)
grid = np.stack(np.meshgrid(xs, xs[::-1] - 0.25), axis=-1).reshape(-1, 2).astype(np.float32)


# %%
def film(rate):
    """At each moment: P(class 1) on the grid, and the test accuracy."""
    run, shots = Run(lr=rate, seed=3), []
    for moment in MOMENTS:
        run.train(moment - len(run.losses))
        z = run.net(grid).data
        shots.append((1 / (1 + np.exp(np.clip(z[:, 0] - z[:, 1], -50, 50))), run.scores()))
    return run, shots


films = {rate: film(rate) for rate in (0.003, 0.1, 1.0)}

# %%
run = films[0.1][0]
fig2, ax = subplots(width=5, height=4.6)
picture = ax.imshow(np.zeros((60, 60)), extent=(-1.8, 2.8, -2.05, 2.55), cmap="PuOr_r")
picture.set_clim(-0.5, 1.5)
ax.grid(False)
for k, marker in enumerate("os"):
    points = run.train_set[0][run.train_set[1] == k]
    ax.plot(*points.T, marker, color="black", mfc="none", ms=3)
_ = ax.set(xlabel="first feature", ylabel="second feature")


# %%
def moment(rate, which):
    probability, scores = films[rate][1][which]
    picture.set_data(probability.reshape(60, 60))
    ax.set_title(f"step {MOMENTS[which]}: accuracy {scores['accuracy']:.2f}")
    return fig2


# %%
Explorer(
    moment,
    alt="The plane coloured by what the network says, with the points of both moons, at a chosen "
    "moment of a run at one of three rates.",
    rate=choice("learning rate", list(films), value=0.1),
    which=slider("moment", 0, len(MOMENTS) - 1, value=6),
)

# %% [markdown]
# ## Break it
#
# **Predict first**, for each: does the panel refuse it, does training stop, or does it run and
# learn nothing?
#
# 1. batch norm, batches of 1 row
# 2. batches of 256 rows, 50 examples
# 3. a linear network, learning rate 10
# 4. learning rate 0
# 5. dropout 0.8 in a network of width 1


# %%
def told(steps=300, **settings):
    """What the panel would say, or what came of it."""
    try:
        run = Run(**settings)
        before = run.scores()["accuracy"]
        run.train(steps)
    except (ValueError, TrainingDiverged) as error:
        return f"{type(error).__name__}: {str(error).split(':')[0]}"
    better = run.scores()["accuracy"] > before + 0.1
    return "runs, and learns" if better else "runs, and learns nothing"


# %%
print("1.", told(norm="batch", batch_size=1))
print("2.", told(examples=50, batch_size=256))
print("3.", told(activations=[None, None], lr=10.0))
print("4.", told(lr=0.0))
print("5.", told(widths=[1], activations=["relu"], dropout=0.8))

# %% [markdown]
# In the playground the same words stand above the pictures, and the controls stay alive: mend the
# setting, and it goes on.

# %% [markdown]
# ## Practise
#
# Fill in, run, and let the checker answer. `hint()` gives a hint each time it is called.

# %%
from exercises import chapter_23 as exercises

# %% [markdown]
# **Exercise 1.** `A` (n, d) holds a layer's ReLU outputs: rows are examples, columns units. Return
# the share of units that are dead on these rows.


# %%
def dead_share(A):
    raise NotImplementedError


exercises.dead_share.check(dead_share)

# %% [markdown]
# **Exercise 2.** The square's colour is the probability of class 1. `z` (n, 2) are the network's
# two scores. Return the probabilities (n,).


# %%
def colour(z):
    raise NotImplementedError


exercises.colour.check(colour)

# %% [markdown]
# **Exercise 3.** A run starts at rate `start`. `changes` (k, 2) says what the slider did: each row
# is (after so many steps, the new rate), in any order. Return the rate that the step number `step`
# uses; steps count from 0, and a change "after 5 steps" acts on step number 5.


# %%
def rate_of(step, start, changes):
    raise NotImplementedError


exercises.rate_of.check(rate_of)

# %%
# exercises.rate_of.hint()

# %% [markdown]
# ## Summary
#
# - Borders bend where units switch: no activation, no bend; few units, few bends.
# - Dead units stay dead; a lower rate does not wake them.
# - A noisy loss is often a rate that is too high for the end of training.
# - A run is its settings, its seed and what you steered: the program says all three.
#
# How fast it can go: [chapter 22](22_make_it_fast.ipynb). From the start:
# [chapter 00](00_start_here.ipynb).
