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
# # 08 Step downhill
#
# **You will learn** what a step of gradient descent gains, how to measure the largest learning rate
# that works, how noisy the gradient of a few rows is, and what batch size has to do with learning
# rate.
#
# **You need** chapters 03 and 05, eigenvalues of a symmetric matrix, and the variance of a mean.
# **Time**: 75 minutes. **Runs in** under 30 seconds.

# %%
import time
from functools import partial

import numpy as np

from mlpcore import SGD, Parameter, cross_entropy, evaluate, models, records, softmax
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, log_slider, slider, switch
from mlpcore.gradcheck import check_network, numerical_gradient
from mlpcore.play import Run
from mlpcore.playground import Playground
from mlpcore.plots import LINES, MARKERS, show, subplots
from mlpcore.preprocess import batches, one_hot
from mlpcore.source import show_source
from mlpcore.train import training_steps

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %%
scale = np.sqrt(np.mean(np.square(data.X_train, dtype=np.float64)))  # one number for all features
X, y = data.X_train[:4000] / np.float32(scale), data.y_train[:4000]
held_out = data.X_train[-2000:] / np.float32(scale), data.y_train[-2000:]

# %% [markdown]
# ## Roll down a bowl
#
# A loss of two parameters, $L(w) = \tfrac12 (w_1^2 + 10\,w_2^2)$: a bowl, flat along $w_1$, steep
# along $w_2$. Gradient descent starts at $(-4, 1.5)$ and steps against the gradient; the **learning
# rate** says how far. The library's own optimizer takes the steps.


# %%
def descend(curvatures, rate, steps):
    """Where SGD goes on the bowl, and the loss at each place."""
    w = Parameter(np.array([-4.0, 1.5]))
    optimizer = SGD([w], lr=rate)
    path, losses = [], []
    for _ in range(steps + 1):
        loss = (w * w * np.array(curvatures)).sum() * 0.5
        path.append(w.data.copy())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return np.array(path), np.array(losses)


# %%
fig, (left, right) = subplots(1, 2, width=8.2, height=3.4, width_ratios=(3, 2))
side = np.linspace(-1, 1, 101)
heights = 0.5 * (25 * side**2 + 10 * 4 * side[:, None] ** 2)
_ = left.contour(5 * side, 2 * side, heights, levels=np.geomspace(0.1, 30, 9), colors="#BBBBBB")

# %%
(path_line,) = left.plot([], [], **LINES[0], marker="o", ms=4)
left.plot([0], [0], "k+", ms=12)
(loss_line,) = right.plot([], [], **LINES[0], marker="o", ms=3)
left.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(-5, 5), ylim=(-2, 2))
right.set(xlabel="step", ylabel="loss", yscale="log", ylim=(1e-7, 1e4), xlim=(0, 30))
_ = right.set_yticks([1e-6, 1e-3, 1, 1e3], ["0.000001", "0.001", "1", "1000"])
right.minorticks_off()

# %% [markdown]
# **Predict first**: at which rate does the path begin to zigzag? From which does it run away? Does
# the largest rate that does not run away arrive soonest?


# %%
def roll(rate):
    path, losses = descend((1, 10), rate, 30)
    path_line.set_data(*path.T)
    loss_line.set_data(range(31), losses)
    left.set_title(f"learning rate {rate:.3f}: loss {losses[-1]:.2g} after 30 steps")
    return fig


# %%
Explorer(
    roll,
    alt="Left: an oval bowl from above and the path of 30 steps on it. Right: the loss at each "
    "step on a logarithmic axis.",
    rate=slider("learning rate", 0.005, 0.22, value=0.05, step=0.005),
)

# %% [markdown]
# It zigzags above 0.1 and runs away above 0.2; at 0.18 it arrives soonest. All three can be
# predicted.

# %% [markdown]
# ## Derive the step
#
# Write all parameters in one row $w$, and $g$ for the gradient of the loss there. A short move
# $\delta$ changes the loss by about
#
# $$
# L(w + \delta) - L(w) \approx g \cdot \delta = \|g\|\,\|\delta\| \cos\alpha
# $$
#
# with $\alpha$ the angle between the two. Of all moves of one length, the best has
# $\cos\alpha = -1$: straight against $g$. With a learning rate $\eta$ (`eq:sgd` in the library):
#
# $$
# \boxed{\;w \leftarrow w - \eta\,g\;}
# $$
#
# Report B's (33) says which rows the gradient is of: $n$ of them, from row $i$ on.
#
# $$
# \theta = \theta - \eta\,\nabla_\theta L\big(\theta;\,X^{(i:i+n)},\,y^{(i:i+n)}\big) \qquad (33)
# $$
#
# | rows | name |
# |---|---|
# | all $N$ | full-batch gradient descent |
# | one | stochastic gradient descent (SGD) |
# | $n$, in between | mini-batch; called SGD as well |
#
# It leaves two things open: whether $L$ is the *sum* or the *mean* over the $n$ rows, and in what
# order rows come. Here: the mean, and a new random order in each pass over the rows (each
# **epoch**). Both matter, as you will see.
#
# `axpy(-self.rate, g, w)` is `w -= rate * g`, in place, for all parameters at once. Momentum is for
# chapter 09, decay for chapter 11.

# %%
show_source(SGD.update)

# %% [markdown]
# **Check it**: first the gradient of a network, then the step, then that no other direction is
# better.

# %%
rng = np.random.default_rng(0)
net = models.mlp((128, 16, 10), rng=rng, activation="tanh").double()
optimizer = SGD(net.parameters(), lr=1e-3)
error = check_network(net, X[:50], y[:50], rng=rng)
print("gradient against finite differences:", "below 1e-6" if error < 1e-6 else "too large")

# %%
before = optimizer.w.copy()
loss = cross_entropy(net(X[:50]), y[:50])
loss.backward()
optimizer.step()
print("step is -rate x gradient:", np.allclose(optimizer.w - before, -1e-3 * optimizer.g))

# %%
length, after = np.linalg.norm(optimizer.w - before), cross_entropy(net(X[:50]), y[:50]).item()
better = 0
for _ in range(200):
    other = rng.normal(size=before.size)
    optimizer.w[...] = before + other * length / np.linalg.norm(other)
    better += cross_entropy(net(X[:50]), y[:50]).item() < after
print("of 200 random steps of the same length, better ones:", better)

# %% [markdown]
# ## Derive the largest rate
#
# Any bowl is $L(w) = \tfrac12 w^T H w$ with a symmetric $H$ (its second derivatives, the
# **Hessian**), and $g = Hw$. Write $w$ in $H$'s eigenvectors, $w = \sum_i c_i u_i$ with
# $H u_i = \lambda_i u_i$. A step is
#
# $$
# w - \eta H w = \sum_i (1 - \eta\lambda_i)\,c_i u_i
# $$
#
# Each direction goes its own way: every step multiplies $c_i$ by the factor $1 - \eta\lambda_i$.
#
# - Factor above 0 ($\eta < 1/\lambda_i$): straight in.
# - Between 0 and $-1$: it jumps across, but gets nearer. This is the zigzag.
# - Below $-1$: each jump ends further out.
#
# So $|1 - \eta\lambda_i| < 1$ is needed in *all* directions. The steepest one decides:
#
# $$
# \boxed{\;\eta < \frac{2}{\lambda_\text{max}}\;}
# $$
#
# And the flattest one makes you wait. The slowest factor is smallest when both ends are equal,
# $1 - \eta\lambda_\text{min} = \eta\lambda_\text{max} - 1$:
#
# $$
# \eta = \frac{2}{\lambda_\text{min} + \lambda_\text{max}}, \qquad
# \text{factor } \frac{\kappa - 1}{\kappa + 1}, \qquad
# \kappa = \frac{\lambda_\text{max}}{\lambda_\text{min}}
# $$
#
# For the bowl above: $2/10 = 0.2$ and $2/11 = 0.18$.

# %% [markdown]
# **Check it** on five random bowls in five dimensions: 1% below and 1% above the limit.


# %%
def goes_down(H, rate, steps=500):
    """Whether 500 steps of SGD on the bowl H, from a random place, end lower than they began."""
    w = Parameter(np.random.default_rng(0).normal(size=(1, len(H))))
    optimizer, losses = SGD([w], lr=rate), []
    for _ in range(steps):
        loss = ((w @ H) * w).sum() * 0.5
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses[-1] < losses[0]


# %%
limits = []
for _ in range(5):
    A = rng.normal(size=(5, 5))
    H = A @ A.T  # symmetric, no negative eigenvalue
    largest = 2 / np.linalg.eigvalsh(H)[-1]
    limits.append((goes_down(H, 0.99 * largest), goes_down(H, 1.01 * largest)))
below, above = np.sum(limits, axis=0)
print(f"goes down: {below} of 5 below the limit, {above} of 5 above it")

# %% [markdown]
# Now your own bowl. Left, $|1 - \eta\lambda|$ for both directions. Right, marks are the library's
# steps, lines the formula.
#
# **Predict first**: the steep direction becomes five times as steep. What must the rate do? What
# does that cost along the flat one?

# %%
fig2, (left2, right2) = subplots(1, 2, width=8.2, height=3.5)
etas, names = np.linspace(0.001, 1, 400), ("flat, λ = 1", "steep")
factors = [left2.plot(etas, etas, **LINES[i], label=names[i])[0] for i in (0, 1)]
lines2 = [right2.plot([], [], **LINES[i])[0] for i in (0, 1)]
shape = [{"ls": "", "marker": MARKERS[i], "ms": 5, "color": LINES[i]["color"]} for i in (0, 1)]
here = [left2.plot([], [], **shape[i])[0] for i in (0, 1)]
marks = [right2.plot([], [], **shape[i], label=names[i])[0] for i in (0, 1)]

# %%
left2.axhline(1, color="black", lw=1)
left2.set(xlabel="learning rate η", ylabel="|1 - ηλ|", xscale="log", xlim=(0.01, 1), ylim=(0, 2))
right2.set(xlabel="step", ylabel="distance", yscale="log", ylim=(1e-4, 1e2), xlim=(0, 40))
left2.set_xticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
left2.set_yticks([0, 0.5, 1, 1.5, 2])
right2.set_yticks([1e-4, 1e-2, 1, 100], ["0.0001", "0.01", "1", "100"])
left2.minorticks_off()
right2.minorticks_off()
_ = right2.legend(fontsize=9, loc="lower left")


# %%
def two_directions(rate, steep):
    path, _ = descend((1, steep), rate, 40)
    for i, curvature in enumerate((1, steep)):
        factor = abs(1 - rate * curvature)
        factors[i].set_data(etas, np.abs(1 - etas * curvature))
        here[i].set_data([rate], [min(factor, 1.97)])
        lines2[i].set_data(range(41), np.abs(path[0, i]) * factor ** np.arange(41))
        marks[i].set_data(range(0, 41, 2), np.abs(path[::2, i]))
    slowest = max(abs(1 - rate), abs(1 - rate * steep))
    left2.set_title(f"η = {rate:.3f}, steep λ = {steep}", fontsize=11)
    right2.set_title(f"a step multiplies by {slowest:.2f} at worst", fontsize=11)
    return fig2


# %%
Explorer(
    two_directions,
    alt="Left: the factor of a step against the learning rate, for a flat and a steep direction. "
    "Right: the distance from the minimum along both by step, where marks lie on predicted lines.",
    rate=log_slider("learning rate", 0.01, 1, value=0.05),
    steep=slider("steep λ", 1, 50, value=10),
)

# %% [markdown]
# The rate must fall to a fifth, and then the flat direction needs about five times as many steps.
# What is hard is not steepness but the ratio $\kappa$. Momentum (chapter 09), scaled features
# (chapter 02) and batch norm (chapter 12) all work on it.

# %% [markdown]
# ## Derive what a step gains
#
# Losses of networks are no bowls. Say only that nowhere, in no direction, the loss curves upwards
# by more than $\lambda$. Walk along $\delta$: $\varphi(t) = L(w + t\delta)$ has
# $\varphi'(0) = g \cdot \delta$ and $\varphi''(t) \le \lambda \|\delta\|^2$. Integrate twice:
#
# $$
# L(w + \delta) = \varphi(1) \le L(w) + g \cdot \delta + \tfrac12 \lambda \|\delta\|^2
# $$
#
# With $\delta = -\eta g$ this is the **descent lemma**:
#
# $$
# \boxed{\;L(w - \eta g) \le L(w) - \eta\big(1 - \tfrac12 \eta\lambda\big) \|g\|^2\;}
# $$
#
# The loss must fall for every $\eta < 2/\lambda$: the same limit. The most is promised at
# $\eta = 1/\lambda$.
#
# **A $\lambda$ for softmax regression** (one linear layer and cross-entropy). Let a move $\Delta$
# of $W$ change the logits of one row $x$ by $s = x\Delta$. Its loss along the way is
# $\varphi(t) = \log \sum_j e^{z_j + t s_j} - (z_c + t s_c)$. Differentiate twice, with
# $p = \text{softmax}(z + ts)$ (chapter 05):
#
# $$
# \varphi'' = \sum_j p_j s_j^2 - \Big(\sum_j p_j s_j\Big)^2
# $$
#
# This is the variance of $s$ under $p$. A variance is at most a quarter of the squared range, and
# $(a - b)^2 \le 2(a^2 + b^2)$, so $\varphi'' \le \tfrac12 \|s\|^2$. The mean over all rows is
#
# $$
# \frac{1}{2N} \|X\Delta\|^2 \le
# \underbrace{\tfrac12\,\lambda_\text{max}\!\left(X^T X / N\right)}_{\lambda} \|\Delta\|^2
# $$

# %% [markdown]
# **Check it**: the variance against finite differences, then the lemma at random places and rates.
# 500 rows; a column of ones stands in for the bias.

# %%
ones = np.hstack([X[:500].astype(np.float64), np.ones((500, 1))])
labels = y[:500]
bound = 0.5 * np.linalg.eigvalsh(ones.T @ ones / 500)[-1]


# %%
def regression(W):
    """Loss of softmax regression over the 500 rows, and its gradient."""
    loss, back = cross_entropy(ones @ W, labels)
    return loss, ones.T @ back(1.0)


# %%
z, s = rng.normal(size=(1, 10)), rng.normal(size=(1, 10))
p, h = softmax(z)[0], 1e-4
variance = np.sum(p * s**2) - np.sum(p * s) ** 2
losses = [cross_entropy(z + t * s, labels[:1])[0] for t in (-h, 0, h)]
print("second derivative is the variance:", np.isclose(np.diff(losses, 2)[0] / h**2, variance))

# %%
broken = 0
for _ in range(200):
    W, rate = rng.normal(size=(129, 10)), rng.uniform(0, 3 / bound)
    loss, g = regression(W)
    promise = loss - rate * (1 - rate * bound / 2) * np.sum(g**2)
    broken += regression(W - rate * g)[0] > promise
print("descent lemma broken at", broken, "of 200 random places and rates")

# %% [markdown]
# Now look along one step: the loss after it, against $\eta$.
#
# **Predict first**: the dashed promise rises again from $1/\lambda$ on. Does the loss itself?

# %%
visited = [np.zeros((129, 10))]
for _ in range(100):
    visited.append(visited[-1] - regression(visited[-1])[1] / bound)
reach = np.linspace(0, 40 / bound, 41)

# %%
fig3, ax3 = subplots(width=6.8, height=3.6)
(truth,) = ax3.plot(reach, reach, **LINES[0], label="loss")
(promised,) = ax3.plot(reach, reach, **LINES[1], label="at most (descent lemma)")
(slope,) = ax3.plot(reach, reach, **LINES[2], label="slope alone")
for k in (1, 2):
    ax3.axvline(k / bound, color="black", lw=1, ls=":")
ax3.set(xlabel="learning rate η of this step", ylabel="loss (nats)", xlim=(0, 40 / bound))
_ = ax3.legend(fontsize=9, loc="lower left")


# %%
def along_the_step(step):
    W = visited[step]
    loss, g = regression(W)
    size, found = np.sum(g**2), np.array([regression(W - eta * g)[0] for eta in reach])
    truth.set_ydata(found)
    promised.set_ydata(loss - reach * (1 - reach * bound / 2) * size)
    slope.set_ydata(loss - reach * size)
    lowest = loss - found.min()
    ax3.set_ylim(loss - 2 * lowest, loss + lowest)
    best = found.argmin()
    words = "still falls at η = 40/λ" if best == 40 else f"is least near η = {best}/λ"
    ax3.set_title(f"after step {step}: the loss {words}")
    return fig3


# %%
Explorer(
    along_the_step,
    alt="Loss along one gradient step against the learning rate, with the descent lemma's bound "
    "and the tangent; dotted lines stand at 1/λ and 2/λ.",
    step=slider("after step", 0, 100),
)

# %% [markdown]
# No: it falls far beyond $1/\lambda$ and even $2/\lambda$. The lemma is made for the worst
# direction and the worst $p$: safe, not sharp. For a sharp limit measure the curvature *here*.

# %% [markdown]
# ## Measure the curvature
#
# The Hessian of report B's baseline has 17,802 rows and as many columns. We need one of its
# eigenvalues, and can have it without the matrix.
#
# **A product with $H$** is a difference of two gradients. By Taylor,
# $g(w \pm hv) = g(w) \pm hHv + \dots$, so
#
# $$
# Hv \approx \frac{g(w + hv) - g(w - hv)}{2h}
# $$
#
# **Power iteration**: multiply $v$ by $H$, scale it to length 1, again and again. Each round
# multiplies its part along $u_i$ by $\lambda_i$; the largest (in size) wins. Then
# $\lambda_\text{max} = v \cdot Hv$.


# %%
def gradient_at(w, net, optimizer, X, y):
    """The gradient of the mean loss at the parameters w, one flat vector as w is."""
    kept = optimizer.w.copy()
    optimizer.w[...] = w
    optimizer.zero_grad()
    cross_entropy(net(X), y).backward()
    optimizer.w[...] = kept
    return optimizer.g.copy()


# %%
def sharpness(gradient, w, v, rounds, h=1e-4):
    """The largest eigenvalue of the Hessian at w, by power iteration from v; and its direction."""
    for _ in range(rounds):
        v = v / np.linalg.norm(v)
        Hv = (gradient(w + h * v) - gradient(w - h * v)) / (2 * h)
        largest, v = v @ Hv, Hv
    return largest, v


# %% [markdown]
# **Check it** where the answer is known. On a bowl it is $H$'s eigenvalue. In softmax regression
# at $W = 0$ every $p_j$ is $1/K$, and the variance of $s$ is $\tfrac1K \|s\|^2$ if $s$ has mean 0:
# $\lambda_\text{max} = \tfrac1K \lambda_\text{max}(X^T X/N)$, a fifth of the bound for $K = 10$.

# %%
found, _ = sharpness(lambda w: H @ w, np.zeros(5), rng.normal(size=5), rounds=200)
print("bowl:               ", np.isclose(found, np.linalg.eigvalsh(H)[-1]))


# %%
def flat(w):
    """Softmax regression's gradient, for a flat w."""
    return regression(w.reshape(129, 10))[1].ravel()


at_zero, _ = sharpness(flat, np.zeros(1290), rng.normal(size=1290), rounds=100)
print("softmax regression: ", np.isclose(at_zero, bound / 5, rtol=1e-3))

# %% [markdown]
# Now predict. Softmax regression starts at 0 and takes 60 steps with *all* 500 rows; the limit
# should be $2/\lambda_\text{max}$.
#
# **Predict first**: beyond the limit, does the loss run away as in the bowl?


# %%
def full_batch(rate, steps=60):
    """The losses of gradient descent with all rows, from W = 0."""
    W, losses = np.zeros((129, 10)), []
    for _ in range(steps):
        loss, g = regression(W)
        losses.append(loss)
        W = W - rate * g
    return losses


# %%
rates = np.geomspace(0.02, 2, 25)
ends = [np.mean(full_batch(rate)[-10:]) for rate in rates]

# %%
fig4, (left4, right4) = subplots(1, 2, width=8.2, height=3.5)
(loss4,) = left4.plot(range(60), range(60), **LINES[0])
left4.axhline(np.log(10), color="black", lw=1, ls=":")
_ = right4.plot(rates, ends, **LINES[0])

# %%
(dot4,) = right4.plot([], [], ls="", marker="o", ms=8, color=LINES[1]["color"])
right4.axvline(2 / at_zero, color="black", lw=1.5, label="predicted: 2/λ at W = 0")
left4.set(xlabel="step", ylabel="loss (nats)", ylim=(1, 6))
right4.set(xlabel="learning rate", ylabel="loss, mean of the last 10", xscale="log", ylim=(1, 6))
_ = right4.legend(fontsize=9, loc="upper left")


# %%
def try_rate(rate):
    losses = full_batch(rate)
    loss4.set_ydata(np.minimum(losses, 5.96))
    dot4.set_data([rate], [min(np.mean(losses[-10:]), 5.96)])
    rises = np.sum(np.diff(losses) > 0)
    left4.set_title(f"rate {rate:.2g}: the loss rises {rises} times", fontsize=11)
    return fig4


# %%
Explorer(
    try_rate,
    alt="Left: loss of softmax regression in 60 full-batch steps. Right: its end against the "
    "learning rate, the predicted limit as a vertical line, a dot at the rate chosen.",
    rate=log_slider("learning rate", 0.02, 2, value=0.1),
)

# %%
for share in (0.9, 1.1):
    losses = full_batch(share * 2 / at_zero)
    print(f"{share} of the predicted limit: loss rises in some step: {np.any(np.diff(losses) > 0)}")

# %% [markdown]
# The limit is right to within a tenth. Beyond it this loss does not run away: where logits are
# large, $p$ is near 0 or 1, the variance small, the loss nearly straight. The steps bounce between
# walls, the higher the larger the rate.

# %% [markdown]
# ## Watch a network walk to the edge
#
# In a network $\lambda_\text{max}$, its **sharpness**, changes as it learns. A small one,
# 32-16-16-10 with tanh, 300 rows, the first 32 features; 600 full-batch steps at five rates. Every
# 20 steps the sharpness is measured, midway between two places: zigzagging steps land on the walls
# of a valley, its floor is between.

# %%
tiny = X[:300, :32].astype(np.float64)


# %%
def walk(rate, seed, rows=300):
    """Losses of 600 full-batch steps; every 20 steps the sharpness, midway in the step."""
    rng, some = np.random.default_rng(seed), {"X": tiny[:rows], "y": y[:rows]}
    net = models.mlp((32, 16, 16, 10), rng=rng, activation="tanh").double()
    optimizer, losses, sharp = SGD(net.parameters(), lr=rate), [], []
    gradient = partial(gradient_at, net=net, optimizer=optimizer, **some)
    v = rng.normal(size=optimizer.w.size)
    for step in range(600):
        before = optimizer.w.copy()
        optimizer.zero_grad()
        loss = cross_entropy(net(some["X"]), some["y"])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % 20 == 0:
            midway = (before + optimizer.w) / 2
            largest, v = sharpness(gradient, midway, v, rounds=6 if step else 30)
            sharp.append(largest)
    return losses, np.array(sharp)


# %%
WALKS = (0.05, 0.1, 0.2, 0.4, 0.8)
walks = {rate: walk(rate, seed=0) for rate in WALKS}
print(f"sharpness at the start: about {walks[0.05][1][0]:.0f}")

# %% [markdown]
# **Predict first**: sharpness 2 means a limit of 1, so all five rates are safe. Does it stay
# there? What happens to the loss if it does not?

# %%
fig5, (left5, right5) = subplots(1, 2, width=8.2, height=3.5)
(loss5,) = left5.plot(range(600), range(600), **LINES[0], lw=1)
(sharp5,) = right5.plot(range(0, 600, 20), range(30), **LINES[0], marker="o", ms=3)
(edge5,) = right5.plot([0, 600], [1, 1], color="black", lw=1.5, label="2/η")

# %%
left5.set(xlabel="step", ylabel="loss (nats)", yscale="log", ylim=(0.02, 4))
left5.set_yticks([0.1, 1], ["0.1", "1"])
right5.set(xlabel="step", ylabel="sharpness", ylim=(0, 20))
right5.yaxis.get_major_locator().set_params(integer=True)
_ = right5.legend(fontsize=9, loc="upper left")


# %%
def at_the_edge(rate):
    losses, sharp = walks[rate]
    loss5.set_ydata(losses)
    sharp5.set_ydata(sharp)
    edge5.set_ydata([2 / rate] * 2)
    rises = np.sum(np.diff(losses) > 0)
    right5.set_title(f"limit of the sharpness: 2/η = {2 / rate:.3g}", fontsize=11)
    right5.set_ylim(0, 1.3 * sharp.max())
    left5.set_title(f"η = {rate}: the loss rises {rises} times", fontsize=11)
    return fig5


# %%
Explorer(
    at_the_edge,
    alt="Left: the loss of a small network in 600 full-batch steps. Right: the sharpness measured "
    "on the way, and a line at two over the learning rate where it is in view.",
    rate=choice("learning rate", WALKS),
)

# %%
again = [walk(0.2, seed) for seed in range(5)]
late = [np.mean(sharp[-10:]) / (2 / 0.2) for _, sharp in again]
falls = [np.mean(losses[-100:]) < np.mean(losses[-200:-100]) for losses, _ in again]
print("η = 0.2, five networks; in how many")
print("  is the sharpness at least half as high again:", sum(s[-1] > 1.5 * s[0] for _, s in again))
print("  does it end within 30% of 2/η:", sum(abs(ratio - 1) < 0.3 for ratio in late))
print("  does the loss still fall in the last 100 steps:", sum(falls))

# %% [markdown]
# It does not stay. As the loss falls the sharpness grows, up to about $2/\eta$, and there it
# hovers: the **edge of stability** (Cohen et al. 2021). A bowl would throw the steps out. A network
# is sharper in some places than in others, and jumps carry it to flatter ones. The loss goes up and
# down, and still falls.
#
# Not every run gets there. With 100 rows the loss is nearly 0 before, where $p$ is near 0 or 1 and
# nothing curves any more:

# %%
short = [walk(0.2, seed, rows=100)[1] for seed in range(5)]
ends = [np.mean(np.abs(sharp[-10:])) / (2 / 0.2) for sharp in short]
print("100 rows: sharpness ends below 0.7 of 2/η in", sum(end < 0.7 for end in ends), "of 5")

# %% [markdown]
# ## Steer it yourself
#
# The same network, alive, with 240 of the 300 rows for training. The learning rate acts on the next
# step. (Watch the unbroken curves. The dashed test loss rises: so few rows are learnt by heart,
# [chapter 11](11_hold_back.ipynb).)
#
# **Predict first**: press **Play**, and **Pause** near step 400: the sharpness is then near
# $2/0.2 = 10$. Drag the rate to 0.6, and **Play**. Will the loss run away, jump and come back, or
# just fall faster? And what does the sharpness do, which has no picture here?
#
# Then **Reset**, and from step 400 on try a *lower* rate. Last: 8 rows in a batch, at 0.2. (All
# controls: [chapter 23](23_play.ipynb).)

# %%
WALKER = {"own": (tiny, y[:300]), "data": "own", "widths": [16, 16], "activations": ["tanh"] * 2}
WALKER |= {"lr": 0.2, "momentum": 0.0, "batch_size": 240, "epochs": 2000}
Playground(**WALKER)

# %% [markdown]
# The same steering without a hand, and with the sharpness measured as before:


# %%
def steered(later, seed):
    """800 steps at rate 0.2, from step 400 on at another: losses; every 20 steps the sharpness."""
    run, rng, sharp = Run(**WALKER, seed=seed), np.random.default_rng(seed), []
    twin = models.mlp((32, 16, 16, 10), rng=rng, activation="tanh").double()
    optimizer, some = SGD(twin.parameters(), lr=0), dict(zip("Xy", run.train_set, strict=True))
    gradient = partial(gradient_at, net=twin, optimizer=optimizer, **some)
    v = rng.normal(size=optimizer.w.size)
    while len(run.losses) < 800:
        if len(run.losses) == 400:
            run.steer("lr", later)
        before = run.optimizer.w.astype(np.float64)
        run.train(1)
        midway = (before + run.optimizer.w) / 2
        largest, v = sharpness(gradient, midway, v, rounds=6 if sharp else 30)
        sharp.append(largest)
        run.train(19)
    return np.array(run.losses), np.array(sharp)


LATER = (0.05, 0.1, 0.2, 0.4, 0.6)
turns = {later: steered(later, seed=0) for later in LATER}

# %%
figS, (leftS, rightS) = subplots(1, 2, width=8.2, height=3.5)
(lossS,) = leftS.plot(range(800), range(800), **LINES[0], lw=1)
(sharpS,) = rightS.plot(range(0, 800, 20), range(40), **LINES[0], marker="o", ms=3)
(edgeS,) = rightS.plot([0, 400, 400, 800], [10] * 4, color="black", lw=1.5, label="2/η")

# %%
leftS.set(xlabel="step", ylabel="loss (nats)", yscale="log", ylim=(0.03, 4))
leftS.set_yticks([0.1, 1], ["0.1", "1"])
leftS.minorticks_off()
rightS.set(xlabel="step", ylabel="sharpness", ylim=(0, 20))
for ax in (leftS, rightS):
    ax.axvline(400, color="black", lw=1, ls=":")
rightS.yaxis.get_major_locator().set_params(integer=True)
_ = rightS.legend(fontsize=9, loc="upper left")


# %%
def turn(later):
    losses, sharp = turns[later]
    lossS.set_ydata(losses)
    sharpS.set_ydata(sharp)
    edgeS.set_ydata([10, 10, 2 / later, 2 / later])
    leftS.set_title(f"0.2, then {later}: highest after it {losses[400:].max():.2f}", fontsize=11)
    rightS.set_title(f"2/η: 10, then {2 / later:.3g}", fontsize=11)
    return figS


# %%
Explorer(
    turn,
    alt="Left: the loss of a small network in 800 full-batch steps, whose rate is changed at step "
    "400. Right: its sharpness, and two over the rate as a line with a step where it is in view.",
    later=choice("rate from step 400 on", LATER, value=0.2),
)

# %%
thrown = [steered(0.6, seed) for seed in range(5)]
print("from 0.2 to 0.6, five networks; in how many")
print(
    "  is the loss soon three times as high:", sum(L[400:430].max() > 3 * L[399] for L, _ in thrown)
)
print("  does it end lower than it was before:", sum(L[-100:].mean() < L[399] for L, _ in thrown))
ends = [(np.mean(s[15:20]), np.mean(s[-5:])) for _, s in thrown]
print("  was the sharpness too high for 0.6:", sum(start > 2 / 0.6 for start, _ in ends))
print("  and is it below 1.2 times 2/0.6 at the end:", sum(end < 1.2 * 2 / 0.6 for _, end in ends))

# %% [markdown]
# - **Up**: the place is too sharp for the new rate. The steps throw the network out, and the loss
#   jumps, until it comes to a place that is flat enough. There it goes on falling.
# - **Down**: the loss falls without a jolt, and more slowly. The edge has moved out of the way.
# - **8 rows in a batch**: the loss jitters from the first step on, long before any edge. That is
#   another matter, the next one.
#
# So the rate says not only how fast you go but also *where*: hardly to places sharper than
# $2/\eta$. And a rate that was safe at the start need not stay so.

# %% [markdown]
# ## Derive the noise of a batch
#
# Let $g_k$ be the gradient of the loss of row $k$ alone, and $\bar g$ the mean over all $N$ rows.
# The gradient of a mean is the mean of gradients, so a batch $S$ of $n$ rows gives
#
# $$
# g_S = \frac1n \sum_{k \in S} g_k, \qquad
# \sigma^2 = \frac1N \sum_{k=1}^N \|g_k - \bar g\|^2
# $$
#
# How far is $g_S$ from $\bar g$? Write $d_k = g_k - \bar g$; they sum to 0.
#
# **Drawn with replacement** the $n$ draws are independent, and variances add:
#
# $$
# E\|g_S - \bar g\|^2 = \frac{\sigma^2}{n}
# $$
#
# **Drawn without**, as in an epoch, a row is in $S$ with probability $n/N$, and a pair of rows
# with probability $\frac{n(n-1)}{N(N-1)}$. So
#
# $$
# E\Big\|\sum_{k \in S} d_k\Big\|^2 = \frac{n}{N} \sum_k \|d_k\|^2
# + \frac{n(n-1)}{N(N-1)} \sum_{k \ne l} d_k \cdot d_l
# $$
#
# The first sum is $N\sigma^2$. All pairs, $k = l$ included, sum to $\|\sum_k d_k\|^2 = 0$, so the
# second sum is $-N\sigma^2$. Together, and divided by $n^2$:
#
# $$
# \boxed{\;E\|g_S - \bar g\|^2 = \frac{\sigma^2}{n} \cdot \frac{N - n}{N - 1}\;}
# $$
#
# The second factor is the *finite population factor*. (With the variance over $N - 1$,
# $\sigma^2_{N-1} = \sigma^2 N/(N-1)$, the same is
# $\frac{\sigma^2_{N-1}}{n} \left(1 - \frac{n}{N}\right)$.) The **noise** is the root: it falls as
# $1/\sqrt n$.
#
# **Direction.** On average $g_S \cdot \bar g = \|\bar g\|^2$, and $\|g_S\|^2$ is $\|\bar g\|^2$
# plus the noise squared. So
#
# $$
# \cos(g_S, \bar g) \approx \frac{1}{\sqrt{1 + \text{noise}^2 / \|\bar g\|^2}}
# $$
#
# Noise and gradient are equal, and the angle is 45 degrees, at about $n^* = \sigma^2/\|\bar g\|^2$
# rows (McCandlish et al. 2018 call it the *noise scale*).

# %% [markdown]
# **Measure it.** The gradients of 1,000 single rows of a network 32-16-10, before training and
# after 2 and 30 epochs.

# %%
few, few_y, N = X[:1000, :32].astype(np.float64), y[:1000], 1000


# %%
def row_gradients(net):
    """The gradient of each row's own loss: (N, parameters)."""
    optimizer = SGD(net.parameters(), lr=0)
    G = np.empty((N, optimizer.w.size))
    for k in range(N):
        optimizer.zero_grad()
        cross_entropy(net(few[k : k + 1]), few_y[k : k + 1]).backward()
        G[k] = optimizer.g
    return G


# %%
net = models.mlp((32, 16, 10), rng=np.random.default_rng(0)).double()
gradients = {"before training": row_gradients(net)}
for epochs in (2, 30):
    net = models.mlp((32, 16, 10), rng=np.random.default_rng(0)).double()
    settings = {"epochs": epochs, "batch_size": 20, "rng": np.random.default_rng(1)}
    for _ in training_steps(net, few, few_y, optimizer=SGD(net.parameters(), lr=0.05), **settings):
        pass
    gradients[f"after {epochs} epochs"] = row_gradients(net)

# %%
rows = np.array([3, 141, 59, 26])
optimizer = SGD(net.parameters(), lr=0)
g_S = gradient_at(optimizer.w, net, optimizer, few[rows], few_y[rows])
mean = gradients["after 30 epochs"][rows].mean(axis=0)
print("a batch's gradient is the mean of its rows':", np.allclose(g_S, mean))


# %%
def draws(n, replacement, rng):
    """200 batches of n rows, as weights (200, N): how often each row is in each, over n."""
    if replacement:
        return rng.multinomial(n, np.full(N, 1 / N), size=200) / n
    places = rng.random((200, N)).argsort(axis=1)
    return (places < n) / n


# %%
def noise(variance, n, replacement):
    """The predicted distance of a batch's gradient from the mean over all rows, from σ²."""
    return np.sqrt(variance / n * (1 if replacement else (N - n) / (N - 1)))


# %%
variances = {when: G.var(axis=0).sum() for when, G in gradients.items()}  # σ²
SIZES, measured = (1, 3, 10, 32, 100, 316, 1000), {}
for when, G in gradients.items():
    for replacement in (False, True):
        batch = [draws(n, replacement, np.random.default_rng(n)) @ G for n in SIZES]
        apart = [np.sum((g - G.mean(axis=0)) ** 2, axis=1) for g in batch]
        measured[when, replacement] = np.sqrt([np.mean(squares) for squares in apart])

# %%
print("measured within 10% of predicted, n = 1 to 316:")
for (when, replacement), found in measured.items():
    predicted = [noise(variances[when], n, replacement) for n in SIZES]
    near = np.allclose(found[:-1], predicted[:-1], rtol=0.1)
    print(f"  {when:16} {'with' if replacement else 'without'} replacement: {near}")

# %% [markdown]
# Left, 200 batches' gradients: along $\bar g$ (the arrow) and along the direction of most noise, on
# one scale. Right, the noise.
#
# **Predict first**:
#
# 1. For half the noise, how many times as many rows?
# 2. How much noise is left at $n = N$, with and without replacement?
# 3. When is a single row a better guide: before training or after?

# %%
fig6, (left6, right6) = subplots(1, 2, width=8.2, height=3.7)
(cloud,) = left6.plot([], [], ls="", marker="o", ms=3, alpha=0.5, color=LINES[0]["color"])
left6.plot([0, 1], [0, 0], color="black", lw=2, marker=">", ms=8, markevery=[1])
names = ("without replacement", "with replacement")

# %%
theory = [right6.plot([], [], **LINES[i], label=names[i])[0] for i in (0, 1)]
dots6 = [right6.plot([], [], **shape[i])[0] for i in (0, 1)]
mark6 = right6.axvline(1, color="black", lw=1)
left6.set(
    xlabel="along the full gradient (its length is 1)", ylabel="along the most noisy direction"
)
left6.tick_params(labelleft=False)
right6.set(xlabel="rows n in a batch", ylabel="noise", xscale="log", yscale="log")
right6.minorticks_off()
_ = right6.legend(fontsize=9, loc="lower left")


# %%
def plane_of(G):
    """Two directions as columns: the full gradient's, and the most noisy one at right angles."""
    mean = G.mean(axis=0)
    u, v = mean / np.linalg.norm(mean), np.ones(mean.size)
    apart = G - mean - np.outer((G - mean) @ u, u)
    for _ in range(100):  # power iteration, on the covariance
        v = apart.T @ (apart @ v)
        v /= np.linalg.norm(v)
    return np.stack([u, v], axis=1) / np.linalg.norm(mean)


# %%
planes = {when: plane_of(G) for when, G in gradients.items()}


# %%
def cosines(when, n, replacement):
    """Of 200 batches' gradients with the full one, on average and predicted; the gradients."""
    full = gradients[when].mean(axis=0)
    batch = draws(n, replacement, np.random.default_rng(0)) @ gradients[when]
    found = batch @ full / np.linalg.norm(batch, axis=1) / np.linalg.norm(full)
    ratio = noise(variances[when], n, replacement) / np.linalg.norm(full)
    return np.mean(found), 1 / np.sqrt(1 + ratio**2), batch


for n in (32, 100, 316):
    near = [abs(np.subtract(*cosines(when, n, False)[:2])) < 0.05 for when in gradients]
    print(f"{n:4} rows: cosine within 0.05 of predicted:", all(near))


# %%
def scatter(when, n, replacement):
    n, variance = round(n), variances[when]
    found, predicted, batch = cosines(when, n, replacement)
    cloud.set_data(*(batch @ planes[when]).T)
    left6.set_title(f"n = {n}: cosine {found:.2f}, predicted {predicted:.2f}", fontsize=11)
    length = np.linalg.norm(gradients[when].mean(axis=0))
    reach = max(2 * noise(variance, n, True) / length, 1.5)
    left6.set(xlim=(-reach, reach), ylim=(-reach, reach))
    sizes = np.geomspace(1, 999, 60)
    for i, with_it in enumerate((False, True)):
        theory[i].set_data(sizes, noise(variance, sizes, with_it))
        seen = measured[when, with_it]
        dots6[i].set_data(SIZES, np.where(seen > 1e-9, seen, np.nan))
    mark6.set_xdata([n, n])
    bottom, top = noise(variance, 998, False) / 2, noise(variance, 1, True) * 2
    right6.set(xlim=(0.8, 1250), ylim=(bottom, top))
    right6.set_title(f"noise = gradient at n* = {variance / length**2:.0f}", fontsize=11)
    return fig6


# %%
Explorer(
    scatter,
    alt="Left: 200 gradients of batches as dots in a plane, the full gradient an arrow. Right: "
    "their noise against the batch size on logarithmic axes, marks measured, lines predicted.",
    when=choice("when", list(gradients)),
    n=log_slider("rows n in a batch", 1, 1000, value=10),
    replacement=switch("with replacement"),
)

# %% [markdown]
# 1. Four times as many.
# 2. None without replacement: there is only one batch of all rows. With it, $\sigma/\sqrt N$.
# 3. Before. Early on all rows want about the same. Later the mean gradient is small, the rows pull
#    in different directions, and $n^*$ is several times as large.

# %% [markdown]
# ## Let noise play on a bowl
#
# Fifty points $a_k$ in the plane, and the loss of row $k$ is $\tfrac12 \|w - a_k\|^2$. The mean
# loss is a round bowl with $\lambda = 1$ and its minimum at the points' mean; a batch's gradient
# is $w$ minus *its* points' mean.
#
# **Derive the floor.** One coordinate of $w$ is $e$ away from the minimum. The gradient there is
# $\lambda e$ plus noise $\xi$, with mean 0 and variance $s^2/n$ (with replacement). A step makes
#
# $$
# e \leftarrow e - \eta\,(\lambda e + \xi) = (1 - \eta\lambda)\,e - \eta\,\xi
# $$
#
# $e$ and $\xi$ are independent. In the long run the variance $V$ of $e$ no longer changes:
#
# $$
# V = (1 - \eta\lambda)^2\,V + \eta^2\,\frac{s^2}{n}
# $$
#
# $$
# \boxed{\;V = \frac{\eta}{\lambda\,(2 - \eta\lambda)} \cdot \frac{s^2}{n} \approx
# \frac{s^2}{2\lambda} \cdot \frac{\eta}{n}\;}
# $$
#
# At a constant rate SGD never arrives; it dances on a floor proportional to $\eta$. That is why
# rates are lowered towards the end (chapter 10). And for small $\eta$ only the *ratio* $\eta/n$
# counts: twice the rows allow twice the rate, and an epoch gets equally far in half as many steps.
# This is the **linear scaling rule** (Goyal et al. 2017).

# %%
points = np.random.default_rng(5).normal(size=(50, 2)) * [1.5, 0.8]
centre = points.mean(axis=0)


# %%
def order_of(kind, n, rng):
    """Batches of n rows for ever, drawn in one of three ways."""
    while True:
        if kind == "with replacement":
            yield rng.integers(0, 50, n)
        elif kind == "shuffled each epoch":
            yield from batches(50, n, rng)
        else:
            yield from np.split(np.arange(50), range(n, 50, n))


# %%
def dance(rate, n, kind, steps, seed=0):
    """The path of SGD among the points."""
    w, path = Parameter(np.array([-4.0, 3.0])), []
    optimizer, source = SGD([w], lr=rate), order_of(kind, n, np.random.default_rng(seed))
    for _ in range(steps):
        path.append(w.data.copy())
        away = w - points[next(source)].mean(axis=0)
        optimizer.zero_grad()
        ((away * away).sum() * 0.5).backward()
        optimizer.step()
    return np.array(path)


# %%
long = {kind: dance(0.3, 5, kind, 4000) for kind in ("with replacement", "shuffled each epoch")}
floors = {kind: np.mean((path[100:] - centre) ** 2) for kind, path in long.items()}
predicted = 0.3 / (2 - 0.3) * np.mean((points - centre) ** 2) / 5
print("floor within 15%:", abs(floors["with replacement"] / predicted - 1) < 0.15)
print("lower if shuffled:", floors["shuffled each epoch"] < floors["with replacement"])

# %% [markdown]
# **Predict first**: which is better in the end, rate 0.1 with one row or rate 0.4 with four? Which
# is nearer after 20 steps?

# %%
fig7, (left7, right7) = subplots(1, 2, width=8.2, height=3.7)
left7.plot(*points.T, ls="", marker="s", ms=4, color="#999999")
(path7,) = left7.plot([], [], color=LINES[0]["color"], lw=1, marker="o", ms=2.5)
left7.plot(*centre, "k+", ms=14, mew=2)
(far7,) = right7.plot(range(150), range(150), color=LINES[0]["color"], lw=1, label="this path")
(floor7,) = right7.plot([0, 150], [1, 1], color="black", lw=1.5, ls=":", label="predicted floor")

# %%
left7.set(xlim=(-5, 5), ylim=(-4, 4), xlabel="$w_1$", ylabel="$w_2$")
right7.set(xlabel="step", ylabel="squared distance from +", yscale="log", ylim=(1e-6, 1e2))
left7.set_yticks([-4, -2, 0, 2, 4])
right7.set_xticks([0, 50, 100, 150])
right7.set_yticks([1e-6, 1e-4, 1e-2, 1, 100], ["0.000001", "0.0001", "0.01", "1", "100"])
right7.minorticks_off()
_ = right7.legend(fontsize=9, loc="lower left")


# %%
def play(rate, n, order, seed):
    path = dance(rate, n, order, 150, seed)
    path7.set_data(*path.T)
    far7.set_ydata(np.sum((path - centre) ** 2, axis=1))
    floor = rate / (2 - rate) * np.sum((points - centre) ** 2) / 50 / n
    floor7.set_ydata([floor, floor])
    left7.set_title(f"rate {rate:.2g}, rows in a batch: {n}", fontsize=11)
    right7.set_title(f"rate / rows = {rate / n:.2g}", fontsize=11)
    return fig7


# %%
Explorer(
    play,
    alt="Left: points in the plane, their mean a cross, and the path of SGD. Right: the squared "
    "distance from the cross by step, and the floor predicted for draws with replacement.",
    rate=log_slider("learning rate", 0.01, 1, value=0.1),
    n=slider("rows in a batch", 1, 50),
    order=choice(
        "order",
        ["with replacement", "shuffled each epoch", "always the same"],
    ),
    seed=slider("another draw", 0, 9),
)

# %% [markdown]
# Nearly the same in the end, as $\eta/n$ is. The second is nearer after 20 steps: its rate is four
# times as high. (It has seen four times as many points, too.) *Shuffled*, the path is mostly below
# the floor: in each epoch the errors of the draws cancel. *Always the same* becomes a loop. All 50
# rows, each once, have no noise.
#
# A falling rate ends the dance. With $\eta = 1/t$ in step $t$, one row each, it is even exact:

# %%
w = Parameter(np.array([-4.0, 3.0]))
optimizer = SGD([w], lr=1)
for t, point in enumerate(points, 1):
    away = w - point
    optimizer.zero_grad()
    ((away * away).sum() * 0.5).backward()
    optimizer.lr = 1 / t
    optimizer.step()
print("after one epoch w is the mean of all points:", np.allclose(w.data, centre))

# %% [markdown]
# ## Re-test two claims: batch size
#
# Report B (3.2.2, its table 4) trains six batch sizes, once each, until early stopping: 32 rows
# stop at epoch 17 with test accuracy 0.536, 256 rows at epoch 86 with 0.533. It concludes that batch
# size "does not significantly influence accuracy" and "smaller batch sizes facilitate faster
# convergence". Report A (3.2, its table 2) agrees on accuracy, but has the *larger* batch faster:
# 0.517 with 64 rows at epoch 54, 0.507 with 256 at epoch 18.
#
# Faster per epoch, per step, per second? A network 128-32-10 on 4,000 rows, five seeds. **Same
# rate**: 0.01 for all, 1,500 steps each. **Rate as rows**: 0.01 for 16 rows, 0.04 for 64 and so on,
# six epochs each.


# %%
def course(n, rate, steps, seed):
    """Epochs, steps, seconds, training loss, validation accuracy at some moments of a run."""
    rng = np.random.default_rng(seed)
    net = models.mlp((128, 32, 10), rng=rng)
    settings = {"optimizer": SGD(net.parameters(), lr=rate), "batch_size": n, "rng": rng}
    moments, found, seconds = {*np.geomspace(1, steps, 9).astype(int), 6 * len(X) // n}, [], 0.0
    run = training_steps(net, X, y, epochs=steps * n // len(X) + 1, **settings)
    start = time.perf_counter()
    for done, _ in enumerate(run, 1):
        if done in moments:
            seconds += time.perf_counter() - start
            loss, accuracy = evaluate(net, X, y)["loss"], evaluate(net, *held_out)["accuracy"]
            found.append((done * n / len(X), done, seconds, loss, accuracy))
            start = time.perf_counter()
        if done == steps:
            break
    return np.array(found)


# %%
same = {n: [course(n, 0.01, 1500, seed) for seed in range(5)] for n in (16, 64, 256)}
scaled = {16: same[16]}
for n in (64, 256, 1024):
    steps = 6 * len(X) // n
    scaled[n] = [course(n, 0.01 * n / 16, steps, seed) for seed in range(5)]

# %% [markdown]
# **Predict first**: at the same rate, which batch size is ahead per epoch? Per step? And with the
# rate as rows?

# %%
fig8, ax8 = subplots(width=7, height=4)
AXES, curves8 = ("epochs", "steps", "seconds"), []
for i, name in enumerate(("16", "64", "256", "1024 (rate as rows)")):
    curves8.append(ax8.plot([], [], **LINES[i], marker=MARKERS[i], ms=5, label=name)[0])

# %%
ax8.set(ylabel="training loss (nats)", xscale="log", ylim=(1.5, 3))
_ = ax8.legend(title="rows in a batch", fontsize=9, loc="lower left")


# %%
def compare(axis, rule):
    runs, column = (same if rule == "same rate" else scaled), AXES.index(axis)
    for i, curve in enumerate(curves8):
        runs_of_n = runs.get(16 * 4**i, [np.full((1, 5), np.nan)])
        curve.set_data(*np.mean(runs_of_n, axis=0)[:, [column, 3]].T)
    ends = [run[[0, -1], column] for several in runs.values() for run in several]
    ax8.set(xlabel=axis, xlim=(np.min(ends) / 1.2, np.max(ends) * 1.2))
    ax8.set_title(f"{rule}, against {axis}: mean of five seeds")
    return fig8


# %%
Explorer(
    compare,
    alt="Training loss of up to four batch sizes, mean of five seeds, against epochs, steps or "
    "seconds on a logarithmic axis, for one rate or for a rate proportional to the batch size.",
    axis=choice("against", AXES),
    rule=choice("rule", ["same rate", "rate as rows"]),
)


# %%
def after(runs, n, epochs):
    """Training loss and validation accuracy after so many epochs: (2, seeds)."""
    return np.array([[np.interp(epochs, r[:, 0], r[:, c]) for r in runs[n]] for c in (3, 4)])


def gap(runs, n, epochs=6):
    """The same, less what 16 rows reach in six epochs: (2, seeds)."""
    return after(runs, n, epochs) - after(runs, 16, 6)


# %%
fig9, panels9 = subplots(1, 2, width=8.2, height=3.4)
for c, (ax9, name) in enumerate(zip(panels9, ("loss", "validation accuracy"), strict=True)):
    for i, (runs, rule) in enumerate(((same, "same rate"), (scaled, "rate as rows"))):
        sizes = np.array([n for n in runs if n > 16])
        mean, half = np.array([records.interval(gap(runs, n)[c]) for n in sizes]).T
        where, look = sizes * (1 + 0.1 * i), {"marker": MARKERS[i], "capsize": 3, "label": rule}
        ax9.errorbar(where, mean, half, **LINES[i], **look)
    ax9.axhline(0, color="black", lw=1)
    ax9.set(title=name, xlabel="rows in a batch", ylabel="less that of 16 rows", xscale="log")
    ax9.set_xticks([64, 256, 1024], ["64", "256", "1024"])
    ax9.minorticks_off()

# %%
panels9[0].legend(fontsize=9)
show(
    fig9,
    "After six epochs, mean and 95% interval of five seeds: at the same rate larger batches are "
    "far behind; with the rate in proportion 64 and 256 rows are level with 16, 1024 a bit worse.",
)


# %%
def verdict(values):
    """Whether the mean over seeds is above 0 for sure."""
    mean, half = records.interval(values)
    return "holds" if mean > half else "does not hold" if mean < -half else "within noise"


# %%
print("at the same rate the smaller batch leads after six epochs:")
for n in (64, 256):
    print(f"  16 rows against {n}: {verdict(gap(same, n)[0])}")

# %%
print("batch size moves validation accuracy by less than 0.02:")
tests = {
    "same rate, six epochs": [gap(same, n)[1] for n in (64, 256)],
    "same rate, 1,500 steps": [gap(same, n, 1500 * n / len(X))[1] for n in (64, 256)],
    "rate as rows, six epochs": [gap(scaled, n)[1] for n in (64, 256)],
}
for name, gaps in tests.items():
    small = all(abs(mean) + half < 0.02 for mean, half in map(records.interval, gaps))
    print(f"  {name:25} {'holds' if small else 'does not hold'}")

# %% [markdown]
# While rates are small, **rate times steps** decides. Small batches take more steps in an epoch:
# at the *same* rate they are ahead per epoch, as report B says. Given equally many steps the large
# ones catch up, so accuracies agree, as both reports say. (Report A's larger batch, faster in
# epochs, does not show here.)
#
# With the rate in proportion the curves lie on one another, and the larger batch is faster per
# second: a step with 256 rows takes less than sixteen times as long as one with 16 (chapter 22).
# But 1,024 rows fall behind. Their rate, 0.64, is beyond this network's limit. From a larger first
# rate on, 0.04 for 16 rows, 256 rows meet it too, and the rule fails sooner:

# %%
net = models.mlp((128, 32, 10), rng=np.random.default_rng(0)).double()
optimizer = SGD(net.parameters(), lr=0)
rows = {"X": X[:1000].astype(np.float64), "y": y[:1000]}
gradient = partial(gradient_at, net=net, optimizer=optimizer, **rows)
v = np.random.default_rng(1).normal(size=optimizer.w.size)
first, _ = sharpness(gradient, optimizer.w.copy(), v, rounds=25)
for n, rate in ((64, 0.04), (1024, 0.64)):
    print(f"{n:4} rows, rate {rate}: below 2/λ at the start: {rate < 2 / first}")

# %%
fast = {n: [course(n, 0.04 * n / 16, 24000 // n, seed) for seed in range(5)] for n in (16, 256)}
print("rate as rows from 0.04 on, 16 rows lead 256:", verdict(gap(fast, 256)[0]))

# %% [markdown]
# ## Re-test two claims: learning rate
#
# Report B (3.2.1, its table 3) tries 0.001, 0.005, 0.01 and 0.05 for up to 200 epochs; 0.05 is
# best, and stops at epoch 45. Report A (3.5, its table 5) finds 0.0001 worse than 0.001 and says:
# "This is probably due to sticking in the local optimal."
#
# For small rates the path hardly depends on the rate, only the pace does: the loss is a function of
# rate times steps. A run that looks stuck may merely be early on that curve.
#
# Batches of 200 and momentum 0.9 as in report B, 12 epochs, five seeds. (Report A had probably
# moved on to Adam there: [chapter 10](10_adapt_the_step.ipynb) asks the same question of it.)

# %%
RATES = (0.0001, 0.001, 0.01, 0.05, 0.2)


def pace(rate, seed):
    """Training loss after each of 12 epochs, the best validation accuracy, and the network."""
    rng = np.random.default_rng(seed)
    net = models.mlp((128, 32, 10), rng=rng, activation="gelu")
    optimizer = SGD(net.parameters(), lr=rate, momentum=0.9)
    settings = {"optimizer": optimizer, "epochs": 12, "batch_size": 200, "rng": rng}
    losses, best = [evaluate(net, X, y)["loss"]], 0
    for step in training_steps(net, X, y, **settings):
        if step.number % 20 == 19:
            losses.append(evaluate(net, X, y)["loss"])
            best = max(best, evaluate(net, *held_out)["accuracy"])
    return losses, best, net


# %%
paces = {rate: [pace(rate, seed) for seed in range(5)] for rate in RATES}

# %% [markdown]
# **Predict first**: against epochs the five rates give five curves. Against rate times steps?

# %%
fig10, ax10 = subplots(width=7, height=4)
curves10 = [
    ax10.plot([], [], **LINES[i], marker=MARKERS[i], ms=5, label=f"{rate:g}")[0]
    for i, rate in enumerate(RATES)
]
ax10.set(ylabel="training loss (nats)", ylim=(1.2, 3.4), xscale="log")
ax10.minorticks_off()
_ = ax10.legend(title="learning rate", fontsize=9, loc="upper center", ncols=5)


# %%
def unfold(against):
    epochs = np.arange(13)
    for curve, (rate, runs) in zip(curves10, paces.items(), strict=True):
        where = epochs if against == "epochs" else rate * 20 * epochs
        curve.set_data(where[1:], np.mean([losses for losses, *_ in runs], axis=0)[1:])
    ax10.set(xlabel=against, xlim=(0.9, 14) if against == "epochs" else (1e-3, 100))
    ax10.set_title("mean of five seeds")
    return fig10


# %%
Explorer(
    unfold,
    alt="Training loss for five learning rates, mean of five seeds, one mark for each epoch, "
    "against epochs or against the rate times the steps taken, on a logarithmic axis.",
    against=choice("against", ["epochs", "rate x steps"]),
)

# %% [markdown]
# The three small rates join to one curve. (Each begins a little above it: momentum needs some
# steps to get going, chapter 09.) 0.05 nearly follows; 0.2 is not small and goes its own way.
#
# Is the run at 0.0001 stuck? At a local minimum the loss would no longer fall, and a larger rate
# would not help. Each of the five runs gets one more epoch, at 0.05:

# %%
falls = faster = learnt = 0
for seed, (losses, _, net) in enumerate(paces[0.0001]):
    optimizer = SGD(net.parameters(), lr=0.05, momentum=0.9)
    settings = {"epochs": 1, "batch_size": 200, "rng": np.random.default_rng(seed)}
    for _ in training_steps(net, X, y, optimizer=optimizer, **settings):
        pass
    end = evaluate(net, X, y)["loss"]
    falls += bool(np.all(np.diff(losses) < 0))
    faster += losses[-1] - end > losses[0] - losses[-1]
    learnt += end < np.log(10)

# %%
print(f"the loss falls in every epoch: {falls} of 5")
print(f"one epoch at 0.05 gains more than those 12 together: {faster} of 5")
print(f"and ends below guessing: {learnt} of 5")

# %% [markdown]
# Not stuck, slow. Report B's "best performance" at 0.05 is about pace, too: its run at 0.001 was
# cut off at epoch 200. Is 0.05 best *here*, in 12 epochs, and not just the largest rate tried?

# %%
best = {rate: np.array([found for _, found, _ in runs]) for rate, runs in paces.items()}
for rate in (0.001, 0.01, 0.2):
    print(f"best validation accuracy, 0.05 above {rate}: {verdict(best[0.05] - best[rate])}")

# %% [markdown]
# ## Shuffle
#
# (33) takes rows $i$ to $i + n$ as they lie in the file. What if the file is sorted?
#
# **Predict first**: and if rows are drawn with replacement, how many does an epoch of $N$ draws
# miss?
#
# One draw misses a row with probability $1 - 1/N$, all $N$ with $(1 - 1/N)^N \to 1/e$: more than a
# third.

# %%
drawn = np.random.default_rng(0).integers(0, len(X), len(X))
print(f"missed: {1 - len(np.unique(drawn)) / len(X):.2f}, predicted {1 / np.e:.2f}")

# %%
ORDERS = {
    "shuffled each epoch": lambda rng, fixed: rng.permutation(len(X)),
    "shuffled once": lambda rng, fixed: fixed,
    "with replacement": lambda rng, fixed: rng.integers(0, len(X), len(X)),
    "sorted by class": lambda rng, fixed: np.argsort(y, kind="stable"),
}


# %%
def ordered(kind, seed, n=32):
    """Training loss after each of 5 epochs."""
    rng, losses = np.random.default_rng(seed), []
    net = models.mlp((128, 32, 10), rng=rng)
    optimizer, fixed = SGD(net.parameters(), lr=0.05), rng.permutation(len(X))
    for _ in range(5):
        order = ORDERS[kind](rng, fixed)
        for i in range(0, len(X), n):
            rows = order[i : i + n]
            optimizer.zero_grad()
            cross_entropy(net(X[rows]), y[rows]).backward()
            optimizer.step()
        losses.append(evaluate(net, X, y)["loss"])
    return losses


by_order = {kind: np.array([ordered(kind, seed) for seed in range(5)]) for kind in ORDERS}

# %%
fig11, ax11 = subplots(width=7, height=3.6)
for i, (kind, losses) in enumerate(by_order.items()):
    mean, half = np.array([records.interval(column) for column in losses.T]).T
    where = np.arange(1, 6) + 0.05 * i
    ax11.errorbar(where, mean, half, **LINES[i], marker=MARKERS[i], capsize=3, label=kind)
ax11.axhline(np.log(10), color="black", lw=1, ls=":", label="guessing")
ax11.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(1.4, 5.2))
ax11.legend(fontsize=9, loc="upper right", ncols=2)
show(
    fig11,
    "Training loss by epoch, mean and 95% interval of five seeds: three random orders are close "
    "together and fall; sorted by class is worse than guessing.",
)

# %%
for kind in list(ORDERS)[1:]:
    later = by_order[kind][:, -1] - by_order["shuffled each epoch"][:, -1]
    print(f"{kind} is worse than shuffled each epoch: {verdict(later)}")

# %% [markdown]
# Sorted, each batch is of one class: its gradient says "always this one", and the network forgets
# the others. Among the random orders differences are small; with replacement is a little behind.
# Shuffling costs nothing.

# %% [markdown]
# ## Break it
#
# A training loop in plain NumPy: softmax regression, batches of $n$, a rate that loses a tenth
# after each epoch. Nine faults can be switched on.

# %%
UP, SUM, KEPT, LATE = "step uphill", "sum for mean", "zero_grad forgotten", "step before backward"
SHORT, APART, EVERY = "short batch over n", "X and y shuffled apart", "i += 1 for i += n"
TWICE, LAST = "rate falls each step", "last rows never used"
FAULTS = ("no fault", UP, SUM, KEPT, LATE, SHORT, APART, EVERY, TWICE, LAST)


# %%
def loop(fault, X, T, n, rate, epochs):
    """W and what each step used: (rows of X, rows of T, rate, W before, W after)."""
    rng, W, used = np.random.default_rng(0), np.zeros((X.shape[1], T.shape[1])), []
    G, fixed = np.zeros_like(W), np.arange(len(X))
    for epoch in range(epochs):
        order = fixed if fault == LAST else rng.permutation(len(X))
        labels = rng.permutation(len(X)) if fault == APART else order
        stop = len(X) - len(X) % n if fault == LAST else len(X)
        for i in range(0, stop, 1 if fault == EVERY else n):
            k, m = order[i : i + n], labels[i : i + n]
            new = X[k].T @ (softmax(X[k] @ W)[0] - T[m])
            new /= 1 if fault == SUM else n if fault == SHORT else len(k)
            G, old = G + new if fault == KEPT else new, G
            eta = rate * 0.9 ** (len(used) if fault == TWICE else epoch)
            after = W - eta * (old if fault == LATE else G) * (-1 if fault == UP else 1)
            used.append((k, m, eta, W, after))
            W = after
    return W, used


# %% [markdown]
# And six checks:
#
# - **falls**: the loss over all rows is lower after three epochs.
# - **learns**: 20 rows are learnt almost by heart.
# - **step 1**: the first step is $-\eta$ times the gradient of its batch, by finite differences.
# - **steps**: so is every step of two epochs, with 10 rows and $n = 4$.
# - **rows**: in each epoch every row is used once, with its own label.
# - **rates**: two epochs have two rates.
#
# **Predict first**: how many of the nine does *falls* overlook? Which faults does a test of one
# step miss?

# %%
rng = np.random.default_rng(3)
easy, T = ones[:400, :20], one_hot(labels[:400], 10, np.float64)
ten, ten_T = rng.normal(size=(10, 3)), np.eye(3)[rng.integers(0, 3, 10)]


# %%
def is_step(k, m, eta, W, after):
    """Whether W moved by -eta times the gradient of the mean loss of the rows used."""
    measured = numerical_gradient(lambda V: np.array(cross_entropy(ten[k] @ V, ten_T[m])[0]), W)
    return np.allclose(after - W, -eta * measured, atol=1e-7)


def each_row_once(used):
    per_epoch = [np.concatenate([u[c] for u in used[i : i + 3]]) for i in (0, 3) for c in (0, 1)]
    once = [np.array_equal(np.sort(rows), np.arange(10)) for rows in per_epoch]
    return len(used) == 6 and all(once) and all(np.array_equal(u[0], u[1]) for u in used)


# %%
def learns(fault):
    W, _ = loop(fault, ones[:20], T[:20], n=8, rate=0.5, epochs=20)
    return cross_entropy(ones[:20] @ W, T[:20])[0] < 0.1


CHECKS = {
    "falls": lambda f: cross_entropy(easy @ loop(f, easy, T, 32, 0.01, 3)[0], T)[0] < np.log(10),
    "learns": learns,
    "step 1": lambda f: is_step(*loop(f, ten, ten_T, 4, 0.1, 1)[1][0]),
    "steps": lambda f: all(is_step(*used) for used in loop(f, ten, ten_T, 4, 0.1, 2)[1]),
    "rows": lambda f: each_row_once(loop(f, ten, ten_T, 4, 0.1, 2)[1]),
    "rates": lambda f: len({u[2] for u in loop(f, ten, ten_T, 4, 0.1, 2)[1]}) == 2,
}
judged = {fault: {name: check(fault) for name, check in CHECKS.items()} for fault in FAULTS}

# %%
fig12, ax12 = subplots(width=6.6, height=3.2)
fault_curves = {}
for fault in FAULTS:
    places = [used[3] for used in loop(fault, easy, T, 32, 0.01, 3)[1]]
    fault_curves[fault] = [cross_entropy(easy @ W, T)[0] for W in places]

# %%
ax12.plot(np.linspace(0, 3, 39), fault_curves["no fault"], **LINES[1], label="no fault")
(fault_line,) = ax12.plot([], [], **LINES[0], label="this fault")
ax12.axhline(np.log(10), color="black", lw=1, ls=":", label="guessing")
ax12.set(xlabel="epoch", ylabel="loss over all rows", xlim=(0, 3), ylim=(1.5, 3.5))
_ = ax12.legend(fontsize=9, loc="upper left", ncols=3)


# %%
def judge(fault):
    losses = fault_curves[fault]
    fault_line.set_data(np.linspace(0, 3, len(losses)), np.minimum(losses, 3))
    ax12.set_title(f"{fault}: {len(losses)} steps")
    heads = "".join(f"<th>{name}</th>" for name in judged[fault])
    cells = "".join(
        f"<td><b>{'passes' if ok else 'caught'}</b></td>" for ok in judged[fault].values()
    )
    return fig12, f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


# %%
Explorer(
    judge,
    alt="The loss over all rows in three epochs, with the fault chosen and without; below, which "
    "of six checks catch it.",
    fault=choice("fault", list(FAULTS), value=SUM),
)

# %%
print(" " * 22 + "".join(f"{name:>7}" for name in CHECKS))
for fault, found in judged.items():
    print(f"{fault:22}" + "".join(f"{'-' if ok else 'caught':>7}" for ok in found.values()))

# %% [markdown]
# - **falls** overlooks seven of nine. A sum over 32 rows is a rate 32 times as large: the loss jumps
#   about, and still ends lower. So it does with a forgotten `zero_grad`, which adds up all gradients
#   so far: nearly momentum (chapter 09).
# - **step 1** cannot see what carries over from step to step, nor a short last batch.
# - **steps** cannot see which rows came. Count them, and compare labels.
# - The falling rate is seen only by the check that looks at it.
#
# One of these faults the library refuses, and one that goes with it:

# %%
net = models.mlp((128, 10), rng=np.random.default_rng(0))
optimizer = SGD(net.parameters(), lr=0.01)
loss = cross_entropy(net(X[:8]), y[:8])
try:
    optimizer.step()
except RuntimeError as error:
    print(error)

# %%
loss.backward()
loss = cross_entropy(net(X[:8]), y[:8])
optimizer.step()
try:
    loss.backward()
except RuntimeError as error:
    print(str(error).split(" (")[0])

# %% [markdown]
# ## Practise
#
# **Exercise 1.** One step of gradient descent for the loss $\frac1n \sum_k (x_k w - y_k)^2$, with
# `X` (n, d), `y` (n,), `w` (d,). Return the new `w`. Hints: `one_step.hint()`.

# %%
from exercises.chapter_08 import batch_noise, floor, largest_rate, mini_batches, one_step


# %%
def my_step(w, X, y, rate):
    return ...


one_step.check(my_step)

# %% [markdown]
# **Exercise 2.** Cut one epoch into batches. `order` says which rows come, and in which order;
# return a list of pairs, rows of `X` and the labels that belong to them, `n` at a time. The last
# batch may be shorter. Hints: `mini_batches.hint()`.


# %%
def my_batches(X, y, order, n):
    pairs = ...
    return pairs


mini_batches.check(my_batches)

# %% [markdown]
# **Exercise 3.** The limit of the rate on the bowl $\tfrac12 w^T H w$. `H` is symmetric with
# positive eigenvalues. Hints: `largest_rate.hint()`.


# %%
def my_limit(H):
    return ...


largest_rate.check(my_limit)

# %% [markdown]
# **Exercise 4.** `G` (N, d) holds the gradients of $N$ single rows. Predict the noise, the root of
# $E\|g_S - \bar g\|^2$, for $n$ rows drawn *without* replacement. Hints: `batch_noise.hint()`.


# %%
def my_noise(G, n):
    return ...


batch_noise.check(my_noise)

# %% [markdown]
# **Exercise 5.** Row $k$ has the loss $\tfrac12 \lambda (w - a_k)^2$ with one parameter $w$. The
# $a_k$ have variance $s^2$. SGD takes $n$ rows at a time, with replacement. At what variance of $w$
# does it settle? (Mind what $\lambda$ does to the noise.) `s` is given, not $s^2$. Hints:
# `floor.hint()`.


# %%
def my_floor(rate, curvature, s, n):
    return ...


floor.check(my_floor)

# %% [markdown]
# **Exercise 6** (no checker). Report B's table 3: after 200 epochs at rate 0.001, training accuracy
# 0.457; after 45 epochs at 0.05, 0.595. By rate times steps, after how many epochs at 0.05 is a
# network where 200 epochs at 0.001 lead? How many epochs at 0.001 would 45 at 0.05 take? What does
# the table compare?
#
# <details><summary>Answer</summary>
#
# $200 \cdot 0.001 / 0.05 = 4$ epochs. The other way, $45 \cdot 0.05 / 0.001 = 2250$. The table
# compares a network near the start of its way with one near the end. It shows which rate is
# fastest, not which leads to the better place.
#
# </details>

# %% [markdown]
# **Exercise 7** (no checker). On a bowl with $\lambda_\text{max} = 10$ SGD runs at rate 0.02 with
# 32 rows. You want 256 rows. Which rate does the linear scaling rule give? What happens?
#
# <details><summary>Answer</summary>
#
# $0.02 \cdot 256/32 = 0.16$. It is below the limit $2/10$, so it works, though it zigzags. But
# the rule assumed a small $\eta\lambda$: the exact floor is $\eta/(2 - \eta\lambda)$, with
# $2 - 1.6$ instead of $2 - 0.2$, four and a half times as high. At 512 rows the rule gives 0.32,
# and it runs away.
#
# </details>

# %% [markdown]
# ## Summary
#
# - The step $w \leftarrow w - \eta g$ is the best short move. It must lower the loss if
#   $\eta < 2/\lambda_\text{max}$.
# - $\lambda_\text{max}$ can be measured: differences of gradients and power iteration. In a network
#   it grows up to $2/\eta$.
# - A batch of $n$ rows has noise $\sigma/\sqrt n$, times the finite population factor.
# - At a constant rate SGD ends on a floor proportional to $\eta/n$. So rate goes with batch size,
#   up to the limit.
# - Small rates are slow, not stuck: plot the loss against rate times steps.
# - Average, do not sum; shuffle; zero the gradients; check *every* step and *which* rows.
#
# Back: [07 Start well](07_start_well.ipynb)
# Next: [09 Gather momentum](09_gather_momentum.ipynb)
