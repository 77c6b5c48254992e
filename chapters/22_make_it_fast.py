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
# # 22 Make it fast
#
# **You will learn** where the time of a training step goes, which tricks cut it, and how far it is
# from what your machine could do at best.
#
# **You need** chapters 00 and 03. **Time**: 30 minutes. **Runs in** under 30 seconds.
#
# Times differ from machine to machine and from minute to minute. So they are in figures, measured
# while you run the cells; only ratios within one figure mean something.

# %%
import cProfile
import pstats
import timeit

import numpy as np
from scipy.special import erf
from threadpoolctl import threadpool_limits

from mlpcore import (
    GELU,
    SGD,
    Linear,
    Sequential,
    cross_entropy,
    fast,
    fit,
    models,
    predict,
    records,
)
from mlpcore.data import load
from mlpcore.explore import Explorer, slider
from mlpcore.plots import BLUE, LINES, MARKERS, VERMILLION, show, subplots
from mlpcore.source import show_source

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %%
rng = np.random.default_rng(0)
one_thread = threadpool_limits(1, user_api="blas")


def microseconds(function, number=20):
    return min(timeit.repeat(function, number=number, repeat=5)) / number * 1e6


# %% [markdown]
# ## Count before you measure
#
# One training step of a linear layer makes three products: $XW$, $dY\,W^T$ and $X^T dY$. Each has
# $n \cdot \text{in} \cdot \text{out}$ terms, each term a multiplication and an addition.
#
# **Predict first**: a step of report B's best network with 32 rows takes how many million operations?

# %%
sizes = [(128, 256), (256, 256), (256, 256), (256, 10)]
flops = sum(3 * 2 * 32 * a * b for a, b in sizes)
flops -= 2 * 32 * 128 * 256  # the first layer's dX: nobody needs the gradient of the data
print(f"{flops / 1e6:.0f} million operations a step")

# %% [markdown]
# A processor core does some 50 to 100 thousand million of them a second, when it multiplies large
# matrices. These matrices are small. Everything *around* the products counts: activations, sums,
# random numbers, copies, and Python itself.

# %% [markdown]
# ## Plain and fast, side by side
#
# The library writes six plain expressions in a faster way. Here they are for a batch of 32 rows and
# 256 units. On the left what you would write first, on the right what the library runs.

# %%
X = rng.normal(size=(32, 256)).astype(np.float32)
W = rng.normal(size=(256, 256)).astype(np.float32)
w, g = (rng.normal(size=168_202).astype(np.float32) for _ in range(2))
many = data.X_train
rows = rng.permutation(len(many))[:32]

# %%
PLAIN = {
    "product": lambda: X @ W.T,
    "column sums": lambda: X.mean(axis=0),
    "Phi of GELU": lambda: 0.5 * (1 + erf(X * np.float32(0.5**0.5))),
    "dropout's dice": lambda: rng.random(X.shape) >= 0.25,
    "vector update": lambda: w + np.float32(1e-9) * g,
    "gather rows": lambda: many[rows],
}
FAST = {
    "product": lambda: fast.matmul(X, W.T),
    "column sums": lambda: fast.row_sum(X) / 32,
    "Phi of GELU": lambda: fast.normal_cdf(X),
    "dropout's dice": lambda: fast.random_bytes(X.size, rng).reshape(X.shape) >= 64,
    "vector update": lambda: fast.axpy(1e-9, g, w),
    "gather rows": lambda: many.take(rows, 0, mode="clip"),
}

# %% [markdown]
# Fast is worth nothing if it is wrong. The same numbers, to float32 rounding?

# %%
for name in ("product", "column sums", "Phi of GELU", "gather rows"):
    plain, quick = PLAIN[name](), FAST[name]()
    off = np.abs(plain - quick).max() / np.abs(plain).max()
    print(f"{name:14} largest difference below 1e-6: {off < 1e-6}")

# %%
names = list(PLAIN)
times = np.array([[microseconds(table[name]) for name in names] for table in (PLAIN, FAST)])

# %%
fig, ax = subplots(width=8, height=4)
places = np.arange(len(names))
ax.barh(places - 0.2, times[0], 0.36, color=VERMILLION, hatch="//", label="plain")
ax.barh(places + 0.2, times[1], 0.36, color=BLUE, label="fast")
for place, (plain, quick) in enumerate(times.T):
    ax.text(max(plain, quick), place, f"  {plain / quick:.1f} times", va="center")
ax.set_yticks(places, names)
ax.set(xlabel="microseconds (log scale)", xscale="log", xlim=(None, 4 * times.max()))
ax.invert_yaxis()
ax.legend(loc="lower right")
show(
    fig,
    "Time of six plain expressions, hatched, and of their fast forms: how many times faster each "
    "is on this machine stands beside the bars.",
)

# %% [markdown]
# Why each is faster:
#
# - **product**: BLAS copies both matrices into a better order first. For small ones the copy costs as
#   much as the product; blocks of columns are small enough that it does without.
# - **column sums**: a product with a row of ones is the best-tuned loop on the machine.
# - **Phi**: `erf` is computed element by element. A polynomial inside `tanh` is a few vector passes.
# - **dropout's dice**: a byte is dice enough; a float takes eight times as many random bits.
# - **vector update**: one pass over memory instead of two, and no new array.
# - **gather rows**: `mode="clip"` spares a check of every index.

# %%
show_source(fast.matmul, fast.normal_cdf)

# %% [markdown]
# ## See where a step's time goes
#
# The profiler counts the time inside each function while report B's best network trains.

# %%
net = models.report_b_best(rng)
settings = {"epochs": 1, "batch_size": 32, "rng": rng, "progress": False}
optimizer = SGD(net.parameters(), lr=0.05, momentum=0.9)
_ = fit(net, data.X_train[:3200], data.y_train[:3200], optimizer=optimizer, **settings)

# %%
with cProfile.Profile() as profile:
    fit(net, data.X_train[:9600], data.y_train[:9600], optimizer=optimizer, **settings)
inside = {}
for (_, _, function), row in pstats.Stats(profile).stats.items():
    inside[function] = inside.get(function, 0) + row[2]  # seconds in the function itself
total = sum(inside.values())
largest = sorted(inside, key=inside.get, reverse=True)[:10]

# %%
fig, ax = subplots(width=8, height=3.8)
ax.barh(largest, [100 * inside[name] / total for name in largest], color=BLUE)
ax.set(xlabel="share of the time, per cent")
ax.invert_yaxis()
show(
    fig,
    "The ten functions in which training spends most of its time: the matrix products lead, and "
    "the rest is spread over many small things.",
)

# %% [markdown]
# ## Find the roof
#
# A loop can be held up by two things: arithmetic, or bringing numbers from memory. Operations for each
# byte moved (the *intensity*) decide which. Williams, Waterman & Patterson (2009) draw both limits as
# a roof; here is your machine's, measured now.

# %%
big = rng.normal(size=(1024, 1024)).astype(np.float32)
long = np.zeros(2**24, np.float32)
peak = 2 * 1024**3 / microseconds(lambda: big @ big, 2) / 1e3  # thousand million a second
stream = 2 * 4 * long.size / microseconds(lambda: np.add(long, 1, out=long), 2) / 1e3

# %%
v = np.zeros_like(w)
POINTS = {  # name: (operations, bytes moved at least, what to run)
    "product 32x256x256": (2 * 32 * 256**2, 4 * (2 * X.size + W.size), FAST["product"]),
    "Phi, 32x256": (16 * X.size, 4 * 2 * X.size, FAST["Phi of GELU"]),
    "momentum, 168,202": (2 * w.size, 4 * 3 * w.size, lambda: fast.axpy(1e-9, g, v)),
    "column sums, 32x256": (X.size, 4 * X.size, FAST["column sums"]),
}
found = {k: (n / size, n / microseconds(run) / 1e3) for k, (n, size, run) in POINTS.items()}

# %%
fig, ax = subplots(width=8, height=4.2)
intensity = np.geomspace(0.05, 300, 200)
roof = np.minimum(peak, stream * intensity)
ax.plot(intensity, roof, **LINES[-1], lw=2, label="roof: memory, then arithmetic")
for marker, (name, (x, y)) in zip(MARKERS, found.items(), strict=False):
    ax.plot(x, y, marker, ms=9, color=BLUE, label=name)
ax.set(xscale="log", yscale="log", xlabel="operations for each byte moved")
ax.set_ylabel("thousand million operations a second")
ax.legend(loc="lower right")
show(
    fig,
    "Roofline of this machine: a slope where memory limits, a flat top where arithmetic does, and "
    "four of the library's operations below or, when their data are in the cache, above the slope.",
)

# %% [markdown]
# Points above the slope are no mistake: their few kilobytes stay in the cache, which is faster than
# the main memory that the slope measures.

# %% [markdown]
# ## Play: where does the time go?
#
# The slider measures one training step of a 128-width-10 network, and the matrix products in it alone.
#
# **Predict first**: at width 16 and batch 8, is it the products? At width 512 and batch 256?

# %%
fig, ax = subplots(width=7, height=2.6)
bars = ax.barh(["products alone", "whole step"], [1, 1], color=[BLUE, VERMILLION])
_ = ax.set(xlabel="microseconds (log scale)", xscale="log", xlim=(1, 3e4))


# %%
def step_and_products(batch, width):
    net = Sequential(Linear(128, width, rng=rng), GELU(), Linear(width, 10, rng=rng))
    opt = SGD(net.parameters(), lr=0.01, momentum=0.9)
    x, y = data.X_train[:batch], data.y_train[:batch]
    shapes = (batch, width), (128, width), (width, 10), (batch, 10)
    h, V, U, d = (np.ones(shape, np.float32) for shape in shapes)

    def step():
        cross_entropy(net(x), y).backward()
        opt.step()
        opt.zero_grad()

    return microseconds(lambda: (x @ V, h @ U, d @ U.T, x.T @ h, h.T @ d), 5), microseconds(step, 5)


# %%
def split(batch, width):
    times = step_and_products(batch, width)
    for bar, time in zip(bars, times, strict=True):
        bar.set_width(time)
    ax.set_title(f"products: {100 * times[0] / times[1]:.0f} per cent of a step")
    return fig


Explorer(
    split,
    alt="Two bars: the time of the matrix products of one training step, and of the whole step, "
    "for the batch size and width chosen.",
    live=False,
    batch=slider("batch size", 8, 512, value=32, step=8),
    width=slider("width", 16, 512, value=256, step=16),
)

# %% [markdown]
# Small networks spend their time around the products. That is why large frameworks, built for large
# networks, are slow on them, and where a small library can win.

# %% [markdown]
# ## Break it: two ways to be slow
#
# Two lines that look harmless. **Predict first**: which is worse?

# %%
wide = X.astype(np.float64)
SLOW = {
    "x**3, not x*x*x": (lambda: X * X * X, lambda: X**3),
    "a stray float64 array": (lambda: X * X + X, lambda: X * wide + X),
}
worse = {name: microseconds(bad) / microseconds(good) for name, (good, bad) in SLOW.items()}

# %%
fig, ax = subplots(width=7, height=2.2)
ax.barh(list(worse), list(worse.values()), color=VERMILLION, hatch="//")
ax.axvline(1, color="black", lw=1)
ax.set(xlabel="times as long (log scale)", xscale="log")
ax.invert_yaxis()
show(
    fig,
    "How many times longer two slips take than the right form: a power instead of products, and "
    "one array of float64 among float32.",
)

# %% [markdown]
# A power is a general function of two numbers: logarithm, product, exponential. One array of float64
# turns every result after it into float64: twice the memory, half the numbers in a vector register.

# %% [markdown]
# ## Use both cores
#
# A step of training needs the one before it. The batches of a prediction know nothing of each other:
# `predict` hands those of a large network to as many threads as BLAS may use. NumPy lets go of
# Python's lock inside an operation, so that two threads compute at the same time.
#
# **Predict first**: what could keep two threads from being twice as fast?

# %%
def predicted(threads):
    with threadpool_limits(threads, user_api="blas"):
        return predict(net, data.X_train[:20_000])


print(f"the same numbers on two threads: {np.array_equal(predicted(1), predicted(2))}")

# %%
fig, ax = subplots(width=7, height=2.2)
spent = [microseconds(lambda n=n: predicted(n), 1) / 1e3 for n in (1, 2)]
ax.barh(["one thread", "two threads"], spent, color=[VERMILLION, BLUE])
ax.set(xlabel="milliseconds for 20,000 rows", xlim=(0, None))
ax.invert_yaxis()
show(
    fig,
    "Time that report B's best network takes to predict on one thread and on two: half where two "
    "cores are free, no less where there is one core or others use it.",
)

# %% [markdown]
# Other programs want the cores too, and one memory feeds both. A network of small layers spends its
# time in Python, which one thread runs at a time: `predict` keeps to one. So it does with a layer of
# your own, which may keep things on itself while it runs: two threads would mix them up.

# %% [markdown]
# ## Compare with others
#
# One epoch of 50,000 rows, all alternatives taking turns in one run; recorded with
# `python -m tests.benchmarks.train --record`. A ratio below 1 means that this library is faster.
#
# M1 is the baseline in batches of 200, M2 report A's best network, M3 report B's best in batches of 32,
# M4 four hidden layers of 256. *torch* runs operation by operation, *jax* compiles the whole epoch,
# *textbook* is plain NumPy in float64, *floor* the matrix products alone.

# %%
others = ("torch", "jax", "sklearn", "textbook", "floor")
ratios = {}
for run in records.read("speed", best=True):  # each at its best number of threads
    ratios.setdefault(run["network"], {})[run["alternative"]] = run["ratio"]
print(f"{'ratio to':9}" + "".join(f"{name:>10}" for name in others))
for network, ratio in ratios.items():
    shown = [f"{ratio[name]:10.2f}" if name in ratio else f"{'-':>10}" for name in others]
    print(f"{network:9}" + "".join(shown))

# %% [markdown]
# ## Practise
#
# **Exercise 1.** Count the floating-point operations of one training step (forward, and both
# gradients) of a linear layer.

# %%
from exercises.chapter_22 import blocked_product, count_flops


def my_flops(n, inputs, outputs):
    return ...


count_flops.check(my_flops)

# %% [markdown]
# **Exercise 2.** Write $AB$ as products with `blocks` equal blocks of $B$'s columns.
# Hints: `blocked_product.hint()`.


# %%
def my_product(A, B, blocks):
    return ...


blocked_product.check(my_product)

# %% [markdown]
# ## Summary
#
# - Small networks are held up by what stands around the products.
# - Measure side by side, in one run; report ratios. Prove that fast and plain agree.
# - float32 throughout, one BLAS thread for small products, few calls on small arrays.
# - Threads where the work falls into parts that need nothing of each other.
#
# Back: [21 Search architectures](21_search_architectures.ipynb)
