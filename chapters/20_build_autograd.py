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
# # 20 Build autograd
#
# **You will learn** to build, in three short functions and a class, what makes `loss.backward()` work,
# and why order and adding up matter.
#
# **You need** [chapter 06](06_send_gradients_back.ipynb). **Time**: 60 minutes. **Runs in** under
# 30 seconds.

# %%
import sys
from textwrap import fill

import numpy as np

from mlpcore import SGD, Linear, Module, Tanh, Tensor, cross_entropy, models, ops
from mlpcore.data import load, moons
from mlpcore.explore import Explorer, choice, slider
from mlpcore.gradcheck import gradient_errors, numerical_gradient
from mlpcore.operation import operation
from mlpcore.plots import LINES, show, subplots
from mlpcore.records import interval
from mlpcore.source import show_source

# %%
data = load("shapes10")
print(data.describe())

# %% [markdown]
# ## Three operations, by hand
#
# Every operation of this workbook gives two things: a value, and a function `back` that turns the
# gradient of its output into those of its inputs. A small loss of three operations:
#
# $$
# Z = X W, \qquad A = \tanh(Z), \qquad L = \textstyle\sum A
# $$
#
# **Predict first**: in which order are the three `back`s called, and what is the first of them given?

# %%
rng = np.random.default_rng(20)
X, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
Z, matmul_back = ops.matmul(X, W)
A, tanh_back = Tanh.operation(Z)
L, sum_back = ops.sum(A)

# %%
dA = sum_back(np.array(1.0))  # dL/dL is 1
dZ = tanh_back(dA)
dX, dW = matmul_back(dZ)
by_differences = numerical_gradient(lambda w: np.tanh(X @ w).sum(), W)
print("dW right:", np.allclose(dW, by_differences, atol=1e-6))

# %% [markdown]
# The latest first; `sum_back` is given $dL/dL = 1$, each other what the one before it returned. We had
# to remember three `back`s and their order. A computer can do that while it calculates. This is a
# *tape*.
#
# ## A value that remembers
#
# A `Value` holds an array; how it was made, that is its *parents* (the values it was made from) and
# the `back`; and room for a gradient. A value that nothing made is a *leaf*: an input, a parameter.


# %%
class Value:
    def __init__(self, data, parents=(), back=None, name="leaf"):
        self.data, self.parents, self.back, self.name = np.asarray(data), parents, back, name
        self.grad = None


def record(op, *parents):
    """Run an operation on the parents' arrays, and remember how to go back."""
    y, back = op(*(p.data for p in parents))
    return Value(y, parents, back, op.__name__)


# %%
x, w = Value(X), Value(W)
loss = record(ops.sum, record(Tanh.operation, record(ops.matmul, x, w)))
node, chain = loss, []
while node.parents:
    chain.append(node.name)
    node = node.parents[0]
print("made by, latest first:", chain)

# %% [markdown]
# ## In which order?
#
# A chain is easy: from parent to parent. But values branch and meet. Take
#
# $$
# a = 2 x, \qquad b = a^2, \qquad L = a + b
# $$
#
# $a$ goes into $b$ *and* into $L$. Its gradient is complete only when both have answered: $b$ must be
# gone through before $a$. The rule: **no value before all that were made from it**. Such an order is
# called *topological*. Depth first, and each value is put down after its parents; then backwards:


# %%
def ordered(last):
    """All values that `last` was made from, and itself, each before its parents."""
    done, found = set(), []

    def visit(value):
        if id(value) not in done:
            done.add(id(value))
            for parent in value.parents:
                visit(parent)
            found.append(value)

    visit(last)
    return found[::-1]


# %% [markdown]
# ## Add up what arrives
#
# Where a value was used twice, it gets a gradient from each use, and the two **add up**: moving $a$
# moves the loss by both ways.


# %%
def backward(last):
    order = ordered(last)
    for value in order:
        value.grad = np.zeros(value.data.shape)
    last.grad = np.ones(last.data.shape)
    for value in order:
        if value.back is None:
            continue
        received = value.back(value.grad)
        received = received if isinstance(received, tuple) else (received,)
        for parent, gradient in zip(value.parents, received, strict=True):
            parent.grad = parent.grad + gradient  # not =


# %%
def branching(number):
    x, two = Value(np.array(number)), Value(np.array(2.0))
    a = record(ops.multiply, two, x)
    return x, a, record(ops.add, a, record(ops.multiply, a, a))


x, a, last = branching(3.0)
backward(last)
print("dL/da:", a.grad, " by calculus, 1 + 2a:    ", 1 + 2 * a.data)
print("dL/dx:", x.grad, " by calculus, 2 (1 + 2a):", 2 * (1 + 2 * a.data))

# %% [markdown]
# $a$ got three gradients: 1 from the sum, and $a$ twice from the product $a \cdot a$. That is all. The
# rest of the chapter looks at it, trains with it, finds it in the library, and breaks it.
#
# ## Walk the graph
#
# A small network's loss as a graph: $X$, two layers with biases, tanh, a sum. Each box is a value,
# with its operation and shape. The slider walks backwards: what has been gone through is filled, and
# below stands $|\text{grad}|$, the length of the gradient it holds.
#
# **Predict first**: which box is the last to be filled? When do the two biases get theirs?

# %%
shapes = {"X": (4, 3), "W1": (3, 5), "b1": (5,), "W2": (5, 2), "b2": (2,)}
leaf = {name: Value(rng.normal(size=shape), name=name) for name, shape in shapes.items()}
z1 = record(ops.add, record(ops.matmul, leaf["X"], leaf["W1"]), leaf["b1"])
h = record(Tanh.operation, z1)
z2 = record(ops.add, record(ops.matmul, h, leaf["W2"]), leaf["b2"])
total = record(ops.sum, z2)
backward(total)
walk = ordered(total)


# %%
def depth(value):
    return 1 + max((depth(parent) for parent in value.parents), default=-1)


# %%
def layout(values):
    """x by depth, y so that those of one depth stand apart; leaves beside what uses them."""
    places, used = {}, {}
    for value in values:
        for i, parent in enumerate(value.parents):
            used.setdefault(id(parent), (value, i))
    for value in values:
        user, i = used.get(id(value), (value, 0))
        x = depth(value) if value.parents else depth(user) - 1
        places[id(value)] = (x, -0.9 * i if not value.parents else 0.0)
    return places


# %%
fig, ax = subplots(width=7.6, height=2.7)
ax.axis("off")
places = layout(walk)
texts = {}


# %%
for value in walk:
    at = places[id(value)]
    for parent in value.parents:
        look = {"arrowstyle": "->", "color": "#888888", "shrinkA": 22, "shrinkB": 24}
        ax.annotate("", at, places[id(parent)], arrowprops=look)
    box = {"boxstyle": "round,pad=0.3", "fc": "white", "ec": "black"}
    texts[id(value)] = ax.text(*at, "", ha="center", va="center", fontsize=9, bbox=box)
_ = ax.set(xlim=(-0.5, 6.5), ylim=(-1.25, 0.35))


# %%
def walked(step):
    for number, value in enumerate(walk):
        text, shape = texts[id(value)], "×".join(map(str, value.data.shape)) or "scalar"
        arrived = number <= step
        size = f"\n|grad| {np.linalg.norm(value.grad):.1f}" if arrived else "\nno grad yet"
        text.set_text(f"{value.name}\n{shape}{size}")
        now = number == step
        text.get_bbox_patch().set(
            facecolor="#FFE0B0" if now else "#D5E8F5" if arrived else "white",
            linewidth=2.5 if now else 1,
        )
    ax.set_title(f"step {step}: {walk[step].name}")
    return fig


# %%
Explorer(
    walked,
    alt="The graph of a two-layer network as boxes and arrows, from the leaves on the left to the "
    "loss on the right; the boxes gone through so far are filled and show their gradient's length, "
    "the others say that they have none yet.",
    step=slider("step back", 0, len(walk) - 1, value=4),
)

# %%
print("from the loss back:", ", ".join(value.name for value in walk))

# %% [markdown]
# $X$ comes last. A bias is complete once its sum has been gone through: `b2` right at the beginning,
# `b1` near the end. Nobody needs the gradient of $X$; the library leaves out what no parameter asks
# for.
#
# ## What each operation sends back
#
# Sums, products, shapes: the small operations of the library, each with one line of derivative. $dy$
# is what arrives. A bias $(d,)$ added to $(n, d)$ was *broadcast*, used in all $n$ rows; so its
# gradient is summed over them. $u(\cdot)$ stands for this sum, back to the shape of the input.
#
# | tag | value | sends back |
# |---|---|---|
# | `eq:add` | $a + b$ | $u(dy)$, $u(dy)$ |
# | `eq:subtract` | $a - b$ | $u(dy)$, $u(-dy)$ |
# | `eq:multiply` | $a \odot b$ | $u(dy \odot b)$, $u(dy \odot a)$ |
# | `eq:divide` | $a / b$ | $u(dy / b)$, $u(-dy \odot y / b)$ |
# | `eq:power` | $a^k$ | $dy \odot k\,a^{k-1}$ |
# | `eq:matmul` | $A B$ | $dY B^T$, $A^T dY$ |
# | `eq:exp` | $e^x$ | $dy \odot y$ |
# | `eq:log` | $\ln x$ | $dy / x$ |
#
# And those that only move numbers about. Backwards each number goes where it came from:
#
# | tag | value | sends back |
# |---|---|---|
# | `eq:sum` | sum over an axis | $dy$ to every number summed |
# | `eq:mean` | mean of $m$ numbers | $dy / m$ to each |
# | `eq:reshape` | another shape | $dy$ in the old shape |
# | `eq:transpose` | axes reordered | $dy$ with the order undone |
# | `eq:index` | $x[\text{key}]$ | zeros, with $dy$ *added* at key |
# | `eq:concatenate` | arrays joined | $dy$ cut at the seams |
#
# **Predict first**: for `eq:index`, what goes wrong with `dx[key] = dy` when key is `[0, 0, 2]`?

# %%
dy, key = np.array([1.0, 10.0, 100.0]), [0, 0, 2]
set_there, added_there = np.zeros(3), np.zeros(3)
set_there[key] = dy
np.add.at(added_there, key, dy)
print("dx[key] = dy:", set_there, "   np.add.at(dx, key, dy):", added_there)

# %% [markdown]
# $x_0$ was taken twice, and of its two gradients `=` keeps the last. (`dx[key] += dy` does the same.)
#
# All fourteen against finite differences, random upstream gradients and broadcast shapes:

# %%
CASES = {
    "add": (ops.add, (4, 3), 3),
    "subtract": (ops.subtract, (1, 3), (4, 1)),
    "multiply": (ops.multiply, (4, 3), 3),
    "divide": (ops.divide, (4, 3), (4, 1)),
    "power": (lambda a: ops.power(a, exponent=3.0), (4, 3)),
    "matmul": (ops.matmul, (2, 4, 3), (3, 5)),
    "exp": (ops.exp, (4, 3)),
    "log": (lambda x: ops.log(x), (4, 3)),
}


# %%
MOVERS = {
    "sum": (lambda x: ops.sum(x, axis=0), (4, 3)),
    "mean": (lambda x: ops.mean(x, axis=(0, 2)), (4, 3, 2)),
    "reshape": (lambda x: ops.reshape(x, shape=(6, 2)), (4, 3)),
    "transpose": (lambda x: ops.transpose(x, axes=(2, 0, 1)), (4, 3, 2)),
    "index": (lambda x: ops.index(x, key=[0, 0, 2]), (4, 3)),
    "concatenate": (lambda a, b: ops.concatenate(a, b, axis=1), (4, 3), (4, 2)),
}


# %%
def right(op, *shapes):
    arrays = [rng.uniform(0.5, 2, size=shape) for shape in shapes]  # positive: log, divide
    return max(gradient_errors(op, *arrays, rng=rng)) < 1e-6


wrong = [name for name, case in (CASES | MOVERS).items() if not right(*case)]
print(len(CASES | MOVERS), "operations checked; wrong:", wrong)

# %% [markdown]
# ## Train with it
#
# Two moons, a network of your own, and nothing but `Value`, `record` and `backward`. The loss: mean
# squared difference to labels of ±1. From five starts:

# %%
points, side = moons(200, 0.15, np.random.default_rng(0))
target = Value(2.0 * side[:, None] - 1)


# %%
class Net:
    """2-16-1 with tanh, in Values."""

    def __init__(self, rng):
        sizes = ((2, 16), (16,), (16, 1), (1,))
        self.parameters = [Value(rng.normal(0, 0.7, size)) for size in sizes]

    def loss(self, x):
        W1, b1, W2, b2 = self.parameters
        h = record(Tanh.operation, record(ops.add, record(ops.matmul, x, W1), b1))
        out = record(ops.add, record(ops.matmul, h, W2), b2)
        off = record(ops.subtract, out, target)
        return record(ops.mean, record(ops.multiply, off, off)), out


# %%
def train(net, steps=600):
    """The loss at each step, and the share of points on the right side at the end."""
    losses = []
    for _ in range(steps):
        loss, out = net.loss(Value(points.astype(float)))
        backward(loss)
        for p in net.parameters:
            p.data = p.data - 0.05 * p.grad
        losses.append(float(loss.data))
    return losses, np.mean((out.data[:, 0] > 0) == (side == 1))


# %%
nets = [Net(np.random.default_rng(seed)) for seed in range(5)]
curves, shares = zip(*map(train, nets), strict=True)
mean, half = interval(shares)
print(f"on the right side: {mean:.3f} ± {half:.3f}, five starts")

# %%
fig2, ax2 = subplots(width=6.6, height=2.9)
for losses in curves:
    ax2.plot(range(1, 601), losses, color=LINES[0]["color"], lw=1.2)
_ = ax2.set(xlabel="step", ylabel="mean squared error", xscale="log", yscale="log")

# %%
show(
    fig2,
    "The losses of a small network trained by our own tape from five starts, both axes "
    "logarithmic: the first are between about 1 and 10, after 600 steps all lie below 0.2.",
)

# %% [markdown]
# ## Find it in the library
#
# Our `ordered` calls itself once for each value on the way, and Python allows only so many calls
# within calls:

# %%
deep = Value(1.0)
for _ in range(sys.getrecursionlimit()):
    deep = record(ops.add, deep, Value(1.0))
try:
    ordered(deep)
except RecursionError:
    print("too deep for it: a chain of", sys.getrecursionlimit(), "additions")

# %% [markdown]
# `mlpcore.Tensor` is this `Value`, with the operators (`a + b` for `ops.add`), checks, and an order that
# needs no recursion: each tensor has a *number*, counted up as tensors are made. What was made later
# is gone through earlier. That is a topological order, for nothing is made before its parents.
#
# Three more things in it. A tensor's `place` is which of the operation's inputs it was, so that inputs
# that want no gradient can be left out. Only leaves keep a gradient (`accumulate`). And a `back` is
# *used up*, so that its arrays can be freed and a second walk is noticed.

# %%
show_source(Tensor.backward, checks=False)

# %%
show_source(Tensor._history, checks=False)

# %% [markdown]
# The same network by `Tensor`: the same gradients.

# %%
net = nets[0]
tensors = [Tensor(p.data, requires_grad=True) for p in net.parameters]
W1, b1, W2, b2 = tensors
off = Tanh()(Tensor(points.astype(float)) @ W1 + b1) @ W2 + b2 - target.data
(off * off).mean().backward()
loss, _ = net.loss(Value(points.astype(float)))
backward(loss)
same = [np.allclose(t.grad, p.grad) for t, p in zip(tensors, net.parameters, strict=True)]
print("W1, b1, W2, b2 agree:", same)

# %% [markdown]
# How long is the tape of a training step? Count the tensors that `backward()` goes through, for
# report B's baseline and for its best network:

# %%
batch, labels = data.X_train[:32], data.y_train[:32]
for name, big in (("baseline", models.baseline(rng)), ("best", models.report_b_best(rng))):
    step = cross_entropy(big(batch), labels)
    length, size = len(step._history()), sum(p.data.size for p in big.parameters())
    print(f"{name:9} {length:2} operations on the tape, {size:,} parameters")

# %% [markdown]
# A few entries, whatever the width: the work is in the products. In micrograd (Karpathy 2020) every
# *number* is a node. One row through the baseline would make, of its products and sums alone:

# %%
print(f"{2 * (128 * 128 + 128 * 10):,} nodes")

# %% [markdown]
#
# ## A module of your own
#
# A module holds parameters and says how to use them; the tape does the rest. A layer that scales each
# feature and learns by how much:


# %%
class Scale(Module):
    def __init__(self, size):
        self.factor = Tensor(np.ones(size, np.float32), requires_grad=True)

    def forward(self, x):
        return x * self.factor


print("parameters found:", [name for name, _ in Scale(3).named_parameters()])

# %% [markdown]
# No name: a `Tensor` is any value on the tape. What an optimizer may change must be a `Parameter`.

# %%
from mlpcore import Parameter, Sequential


class Scale(Module):
    def __init__(self, size):
        self.factor = Parameter(np.ones(size, np.float32))

    def forward(self, x):
        return x * self.factor


# %%
scaled = Sequential(Linear(128, 16, rng=rng), Tanh(), Scale(16), Linear(16, 10, rng=rng))
optimizer = SGD(scaled.parameters(), lr=0.2, momentum=0.9)
found = []
for _ in range(60):
    step = cross_entropy(scaled(data.X_train[:500]), data.y_train[:500])
    optimizer.zero_grad()
    step.backward()
    optimizer.step()
    found.append(step.item())
print("found:", "2.factor" in dict(scaled.named_parameters()), " loss falls:", found[-1] < found[0])

# %% [markdown]
# ## An operation of your own
#
# Softplus, $y = \ln(1 + e^x)$, a smooth ReLU. Its derivative is the sigmoid,
# $e^x / (1 + e^x) = e^{x - y}$; as $y > x$, this cannot overflow. `@operation` puts it on the tape; give
# value and `back`, and check it as all others are checked.


# %%
@operation
def softplus(x):
    y = np.logaddexp(0, x)  # ln(e^0 + e^x), without overflow
    return y, lambda dy: dy * np.exp(x - y)


print("gradient right:", max(gradient_errors(softplus, rng.normal(size=(4, 3)), rng=rng)) < 1e-6)
t = Tensor(rng.normal(size=(4, 3)), requires_grad=True)
softplus(t).sum().backward()
print("on the tape:   ", np.allclose(t.grad, 1 / (1 + np.exp(-t.data))))

# %% [markdown]
# ## Break it
#
# Five faults in the tape; three losses to try it on:
#
# - *chain*: every value is used once, shapes fit without broadcasting
# - *bias*: a bias is broadcast over the rows
# - *twice*: a value is used twice, by a short way and by a long one
#
# **Predict first** which fault shows where.


# %%
def nearest_first(last):
    """The loss, its parents, their parents: each where it is met first."""
    found = [last]
    for value in found:  # which grows
        found += [p for p in dict.fromkeys(value.parents) if p not in found]
    return found


# %%
def faulty(fault):
    def run(last):
        order = ordered(last)
        if fault == "nearest first":
            order = nearest_first(last)
        for value in ordered(last):
            value.grad = np.zeros(value.data.shape)
        last.grad = np.ones(last.data.shape)
        for value in order:
            if value.back is None:
                continue
            received = value.back(value.grad)
            received = received if isinstance(received, tuple) else (received,)
            for parent, g in zip(value.parents, received, strict=True):
                pass_on(fault, parent, g)

    return run


# %%
def pass_on(fault, parent, g):
    if fault == "overwrite":
        parent.grad = g
    elif fault == "mean over the batch":
        parent.grad = parent.grad + g / (len(g) if np.ndim(g) > 1 else 1)
    elif fault == "sign":
        parent.grad = parent.grad - g
    else:
        parent.grad = parent.grad + g


# %%
def not_summed(a, b):
    """a + b, but a broadcast b gets the gradient of its last row only."""
    return a + b, lambda dy: (dy, dy if dy.shape == b.shape else dy[-1])


# %%
def losses_to_try(add):
    W, b = Value(rng.normal(size=(3, 3))), Value(rng.normal(size=3))
    x = Value(rng.normal(size=(4, 3)))
    chain = record(ops.sum, record(Tanh.operation, record(ops.matmul, x, W)))
    bias = record(ops.sum, record(Tanh.operation, record(add, record(ops.matmul, x, W), b)))
    h = record(Tanh.operation, record(ops.matmul, x, W))
    long_way = record(Tanh.operation, record(Tanh.operation, h))
    twice = record(ops.sum, record(add, h, long_way))
    return {"chain": (chain, W), "bias": (bias, b), "twice": (twice, W)}


# %%
def measured(last, leaf):
    """dL/dleaf by central differences: the graph is run again with the leaf moved."""

    def again(value, moved):
        if value is leaf:
            return moved
        if value.back is None:
            return value.data
        made = {"sum": ops.sum, "add": ops.add, "matmul": ops.matmul, "tanh": Tanh.operation}
        op = made.get(value.name, ops.add)
        return op(*(again(parent, moved) for parent in value.parents))[0]

    return numerical_gradient(lambda moved: np.asarray(again(last, moved)), leaf.data)


# %%
FAULTS = [
    "none",
    "nearest first",
    "overwrite",
    "broadcast not summed",
    "mean over the batch",
    "sign",
]


# %%
def trial(fault):
    rows = {}
    for name, (last, leaf) in losses_to_try(
        not_summed if fault == "broadcast not summed" else ops.add
    ).items():
        faulty(fault)(last)
        rows[name] = bool(np.allclose(leaf.grad, measured(last, leaf), atol=1e-5))
    return rows


verdicts = {fault: trial(fault) for fault in FAULTS}


# %%
def as_table(fault):
    lines = [
        f"<tr><td>{name}<td><b>{'right' if ok else 'WRONG'}</b>"
        for name, ok in verdicts[fault].items()
    ]
    return f"<table>{''.join(lines)}</table>"


# %%
Explorer(
    as_table,
    alt="A table of three losses and, for the chosen fault of the tape, whether the gradient comes "
    "out right.",
    fault=choice("fault", FAULTS),
)

# %%
for fault, rows in verdicts.items():
    print(f"{fault:22} wrong for: {', '.join(n for n, ok in rows.items() if not ok) or 'none'}")

# %% [markdown]
# A chain forgives the wrong order (*nearest first*: the loss, its parents, their parents) and
# overwriting. So does a plain MLP. Where a value is used twice, as in a [residual
# block](14_skip_a_layer.ipynb), overwriting shows; the wrong order only if one of the two ways is
# longer. *Sign* turns the gradient around once per step back: in *twice* both ways have an even number
# of steps, and it is right again. So: more than one test.
#
# Two faults are not in the tape but in its use. The library says so:

# %%
p = Parameter(np.ones(3))
loss = (p * p).sum()
loss.backward()
try:
    loss.backward()
except RuntimeError as error:
    print(fill(str(error), 66))

# %%
loss = (p * p).sum()
SGD([p], lr=0.1).step()  # moves p before its graph is gone through
try:
    loss.backward()
except RuntimeError as error:
    print(fill(str(error), 66))

# %% [markdown]
# ## Practise

# %%
from exercises.chapter_20 import log_sum_exp, paths, unbroadcast

# %% [markdown]
# **Exercise 1.** $u(dy)$: `dy` has the shape of the output; return it summed to `shape`, that of an
# input that was broadcast. Axes are lined up from the right; missing ones were added on the left,
# and those of size 1 were stretched. Hints: `unbroadcast.hint()`.


# %%
def my_unbroadcast(dy, shape):
    return ...


unbroadcast.check(my_unbroadcast)

# %% [markdown]
# **Exercise 2.** A graph of additions only, values 0 to $n - 1$ in the order they were made. `uses`
# $(n, n)$: value $i$ goes `uses[i, j]` times into value $j$. Return $(n,)$: the gradient of the last
# value with respect to each. Hints: `paths.hint()`.


# %%
def my_paths(uses):
    return ...


paths.check(my_paths)

# %% [markdown]
# **Exercise 3.** An operation: $y_k = \ln \sum_j e^{x_{kj}}$ for each row of `x` $(n, d)$. Return $y$
# $(n,)$ and `back`. Large $x$ must not overflow. Hints: `log_sum_exp.hint()`.


# %%
def my_log_sum_exp(x):
    y = ...

    def back(dy):
        return ...

    return y, back


log_sum_exp.check(my_log_sum_exp)

# %% [markdown]
# **Exercise 4** (no checker). `x.grad` after *two* calls of `backward()` of two losses, without
# `zero_grad()` in between: what is it, and when is that what you want?
#
# <details><summary>Answer</summary>
#
# The sum of both gradients. It is what you want when a batch is too large for memory: several parts,
# one step. (If each loss is the mean over its part, divide each by the number of equal parts.)
#
# </details>

# %% [markdown]
# ## Summary
#
# - A tape is: each value knows its parents and its `back`.
# - Backwards in topological order: no value before all that were made from it.
# - What arrives at a value adds up; what was broadcast is summed back.
# - The order in which values were made, reversed, will do.
# - A chain hides faults of order and adding up. Test on a value that is used twice.
#
# Back: [19 Extract features](19_extract_features.ipynb)
# Next: [21 Search architectures](21_search_architectures.ipynb)
