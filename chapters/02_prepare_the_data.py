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
# # 02 Prepare the data
#
# **You will learn** what scaling, one-hot labels, shuffling and splitting do to what a network
# can learn, how each goes wrong in silence, and which check hears it.
#
# **You need** chapters 00 and 01, matrix products, and what a derivative is. **Time**: 90 minutes;
# a good place to break off is before *Encode labels*. **Runs in** under 30 seconds.

# %%
import numpy as np
from scipy import stats

from mlpcore import (
    SGD,
    MinMaxScaler,
    StandardScaler,
    batches,
    cross_entropy,
    models,
    one_hot,
    predict,
    preprocess,
    records,
    stratified_split,
)
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, log_slider, slider
from mlpcore.gradcheck import gradient_errors
from mlpcore.metrics import evaluate
from mlpcore.plots import BLUE, LINES, MARKERS, VERMILLION, show, subplots
from mlpcore.source import show_source
from mlpcore.train import TrainingDiverged, training_steps

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# We learn from the first 45,000 training rows and hold out the last 5,000. (The rows are in random
# order.) The test set stays closed.

# %%
X, y = data.X_train[:45_000].astype(np.float64), data.y_train[:45_000]
V, v = data.X_train[45_000:].astype(np.float64), data.y_train[45_000:]

# %% [markdown]
# ## Scale one column
#
# A column of eight numbers: 2, 4, 4, 4, 5, 5, 7, 9. **Min-max scaling** moves the smallest to 0 and
# the largest to 1 (`eq:min-max` in the library; report B's (1)):
#
# $$
# z = \frac{x - \min x}{\max x - \min x}
# $$
#
# **Standardising** subtracts the mean $\mu$ and divides by the standard deviation $\sigma$
# (`eq:standardise`; report B's (2), report A's formula in 2.1.2):
#
# $$
# z = \frac{x - \mu}{\sigma}, \qquad
# \mu = \frac1n \sum_k x_k, \qquad
# \sigma^2 = \frac1n \sum_k (x_k - \mu)^2
# $$
#
# **Predict first**, on paper: what becomes of the 9, both ways?

# %%
column = np.array([2.0, 4, 4, 4, 5, 5, 7, 9])
print("min-max:     ", ((column - column.min()) / np.ptp(column)).round(2))
print("standardised:", ((column - column.mean()) / column.std()).round(2))

# %% [markdown]
# Both have the form $z = (x - a)/s$. What it does to any column:
#
# $$
# \begin{aligned}
# \bar z &= \frac1n \sum_k \frac{x_k - a}{s} = \frac{\mu - a}{s} \\
# z_k - \bar z &= \frac{x_k - \mu}{s},
# \quad\text{so the deviation is}\quad \frac{\sigma}{s}
# \end{aligned}
# $$
#
# With $a = \mu$, $s = \sigma$ the mean is 0 and the deviation 1. With min-max they are whatever the
# column makes them. The **shape** stays: a lopsided column is as lopsided as before. Standardised does
# not mean normal.

# %%
rng = np.random.default_rng(0)
x, a, s = rng.exponential(size=1000), rng.normal(), rng.uniform(1, 5)
z = (x - a) / s
print("mean:     ", np.isclose(z.mean(), (x.mean() - a) / s))
print("deviation:", np.isclose(z.std(), x.std() / s))
print("as skewed:", np.isclose(stats.skew(z), stats.skew(x)))

# %% [markdown]
# Min and mean *of what*? Report B's $X_{min}$ and report A's "mean of $x$" do not say. Of each
# **column**, and all columns get one scale. Of the **whole table**, and the columns keep their ratios.
# We shall try both.

# %% [markdown]
# ## Predict what one wrong number does
#
# A hundred people, their heights and weights. One weight, the square's, is typed in: the slider.
# *Whitened* means: turned to the principal components (chapter 01), then each divided by its deviation.
#
# **Predict first**: someone types 700 kg. How much of the way from 0 to 1 is left for the other 99
# under min-max? And which of the four pictures change their *correlation*?

# %%
rng = np.random.default_rng(4)
tall, heavy = rng.normal(size=(2, 100))
tall[0] = 0


def people(weight, together):
    """Heights (cm) and weights (kg) of 100 people; the first one's weight is as typed."""
    both = together * tall + np.sqrt(1 - together**2) * heavy
    P = np.stack([172 + 8 * tall, 75 + 11 * both], axis=1)
    P[0, 1] = weight
    return P


# %%
def whiten(P):
    centred = P - P.mean(axis=0)
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(P))
    return centred @ vectors[:, ::-1] / np.sqrt(variances[::-1])


WAYS = {
    "raw": lambda P: P,
    "min-max": lambda P: MinMaxScaler().fit_transform(P),
    "standardised": lambda P: StandardScaler().fit_transform(P),
    "whitened": whiten,
}

# %%
fig, panels = subplots(2, 2, width=7, height=5.4)
panels = dict(zip(WAYS, panels.flat, strict=True))
crowd = {n: ax.plot([], [], ls="", marker="o", ms=4, color=BLUE)[0] for n, ax in panels.items()}
wrong = {
    n: ax.plot([], [], ls="", marker="s", ms=8, color=VERMILLION)[0] for n, ax in panels.items()
}
panels["raw"].set(xlim=(140, 205), ylim=(0, 740), xlabel="height (cm)", ylabel="weight (kg)")
panels["min-max"].set(xlim=(-0.05, 1.05), ylim=(-0.05, 1.05), xlabel="height", ylabel="weight")
panels["standardised"].set(xlim=(-4, 4), ylim=(-4, 11), xlabel="height", ylabel="weight")
for ax in panels.values():
    ax.locator_params(nbins=3)
_ = panels["whitened"].set(
    xlim=(-11, 11), ylim=(-11, 11), xlabel="component 1", ylabel="component 2"
)


# %%
def outlier(weight, together):
    for name, way in WAYS.items():
        Z = way(people(weight, together))
        crowd[name].set_data(*Z[1:].T)
        wrong[name].set_data(*Z[:1].T)
        panels[name].set_title(f"{name}: correlation {abs(np.corrcoef(Z.T)[0, 1]):.2f}")
    return fig


# %%
Explorer(
    outlier,
    alt="Heights and weights of 100 people in four panels: raw, min-max, standardised, whitened. A "
    "square marks the person whose weight the slider sets; titles give the correlation.",
    weight=slider("typed weight (kg)", 70, 700, value=90, step=10),
    together=slider("go together", 0.0, 0.95, value=0.8, step=0.05),
)

# %% [markdown]
# Standardising suffers too, but less: its scale is a mean over all rows, not two rows' distance. Look
# for such rows *before* scaling.

# %%
Z = MinMaxScaler().fit_transform(people(700, 0.8))[1:, 1]
print(f"700 kg: the other 99 share {np.ptp(Z):.0%} of the way from 0 to 1")

# %% [markdown]
# ## Test a claim: less interdependence
#
# Report B, 2.1.2: standardisation "diminishes feature interdependence". But three panels had one and
# the same correlation. They must. For two columns $x$ and $x'$ with $z = (x - a)/s$ and
# $z' = (x' - a')/s'$:
#
# $$
# \begin{aligned}
# \text{cov}(z, z')
# &= \frac1n \sum_k \frac{x_k - \mu}{s} \cdot \frac{x'_k - \mu'}{s'}
# = \frac{\text{cov}(x, x')}{s\,s'} \\
# \rho(z, z')
# &= \frac{\text{cov}(x, x') / (s s')}{(\sigma/s)\,(\sigma'/s')}
# = \frac{\text{cov}(x, x')}{\sigma\,\sigma'} = \rho(x, x')
# \end{aligned}
# $$
#
# Scaling one column at a time leaves every correlation alone. The claim does not hold.
#
# **Whitening** does remove them. With the orthonormal eigenvectors of the covariance $C$ as rows of
# $U$ (chapter 01's $V$) and its eigenvalues $\lambda_i$, put
#
# $$
# \underset{(n,\,d)}{Z} = (X - \mu)\,U^T D,
# \qquad D = \text{diag}\!\left(\tfrac{1}{\sqrt{\lambda_1}}, \dots, \tfrac{1}{\sqrt{\lambda_d}}\right)
# $$
#
# $$
# \frac{Z^T Z}{n} = D\,U\,C\,U^T D = D\,\text{diag}(\lambda_1, \dots, \lambda_d)\,D = I
# $$

# %%
P = people(90, 0.8)
for name, way in WAYS.items():
    same = np.allclose(np.corrcoef(way(P).T), np.corrcoef(P.T))
    print(f"{name:12} same correlations as raw: {same}")
print("whitened: Z'Z / n is I:", np.allclose(whiten(P).T @ whiten(P) / len(P), np.eye(2)))

# %% [markdown]
# Our 128 features *are* principal components: turned already, and uncorrelated. Only the division is
# missing. So here **standardising is whitening**, in one step:

# %%
Z = StandardScaler().fit_transform(data.X_train.astype(np.float64))
print("Z'Z / n is I:", np.allclose(Z.T @ Z / len(Z), np.eye(128), atol=1e-4))

# %% [markdown]
# That will have a price.

# %% [markdown]
# ## Build it
#
# The library's scalers. `_set` stores `shift` and `scale`, and refuses a constant column, for which
# $s = 0$.

# %%
show_source(MinMaxScaler.fit, StandardScaler.fit, preprocess._Scaler.transform)

# %% [markdown]
# `fit` sees the training rows only. `transform` then treats all rows alike: new rows too get the
# *training* mean and deviation.
#
# **Predict first**: of the four lines below, which say True?

# %%
scaler = StandardScaler().fit(X)
Z, new = scaler.transform(X), scaler.transform(V)
print("training columns have mean 0:", np.allclose(Z.mean(axis=0), 0, atol=1e-9))
print("held-out columns have mean 0:", np.allclose(new.mean(axis=0), 0, atol=1e-9))
print("held-out rows stay in [0, 1] under min-max:", end=" ")
print((np.abs(MinMaxScaler().fit(X).transform(V) - 0.5) <= 0.5).all())
print("undone:", np.allclose(scaler.inverse_transform(new), V))

# %% [markdown]
# The two False are right. A held-out mean of exactly 0 would show that someone looked at the held-out
# rows.
#
# Nor need a computed mean be *exactly* 0; NumPy prints something like `-1.6e-17`. Report A's
# $-1.59374025$ lost such an ending ([chapter 01](01_see_the_data.ipynb), exercise 5).

# %% [markdown]
# ## Derive how fast it can learn
#
# Take the plainest learner: scores $XW$, targets $T$ (n, K), a squared loss. The bias is a column of
# ones in $X$.
#
# $$
# L = \frac{1}{2n} \sum_{k,j} (XW - T)_{kj}^2, \qquad
# \underset{(d,\,K)}{dW} = \frac{X^T (XW - T)}{n}
# $$
#
# ($W_{ij}$ moves score $j$ of row $k$ by $X_{ki}$; sum over the rows.) At the best weights $W^*$ the
# gradient is 0: $X^T T = X^T X W^*$. Put that in, and write $E = W - W^*$ for what is still wrong:
#
# $$
# dW = H E, \qquad \underset{(d,\,d)}{H} = \frac{X^T X}{n}
# $$
#
# One step $W \leftarrow W - \eta\,dW$ makes $E$ into $(I - \eta H)\,E$. $H$ is symmetric, so it has
# orthonormal eigenvectors $u_i$ with $H u_i = \lambda_i u_i$. Along $u_i$ every step multiplies the
# error by
#
# $$
# 1 - \eta \lambda_i
# $$
#
# - **Stable** if $|1 - \eta \lambda_i| < 1$ for all $i$: $\;\eta < 2/\lambda_\text{max}$. The steepest
#   direction sets the rate.
# - **Slow** in the flattest: at $\eta = 1/\lambda_\text{max}$ its error shrinks by $1 - 1/\kappa$ a
#   step, with the **condition number** $\kappa = \lambda_\text{max}/\lambda_\text{min}$. To shrink to a
#   third takes about $\kappa$ steps.


# %%
def squared_loss(W, X, T):
    """L, and back: the gradient with respect to W."""
    R = X @ W - T
    return np.sum(R**2) / (2 * len(X)), lambda dL: (dL * X.T @ R / len(X),)


# %%
A, T, W = rng.normal(size=(20, 4)), rng.normal(size=(20, 3)), rng.normal(size=(4, 3))
error = gradient_errors(lambda W: squared_loss(W, A, T), W, rng=rng)[0]
print("finite differences: relative error", "below 1e-7" if error < 1e-7 else "too large")

# %%
H, best = A.T @ A / 20, np.linalg.lstsq(A, T)[0]
values, vectors = np.linalg.eigh(H)
step = W - 0.1 * squared_loss(W, A, T)[1](1.0)[0]
before, after = vectors.T @ (W - best), vectors.T @ (step - best)
print("each direction x (1 - rate λ):", np.allclose(after, (1 - 0.1 * values)[:, None] * before))

# %% [markdown]
# ## Compare five preparations
#
# Each is a pair $(a, s)$, learnt from training rows.

# %%
PREPARE = {
    "raw": lambda X: (0.0, 1.0),
    "one scale for all": lambda X: (X.mean(), X.std()),
    "min-max to 0..1": lambda X: (X.min(axis=0), np.ptp(X, axis=0)),
    "min-max to -1..1": lambda X: ((X.max(axis=0) + X.min(axis=0)) / 2, np.ptp(X, axis=0) / 2),
    "standardised": lambda X: (X.mean(axis=0), X.std(axis=0)),
}


# %%
def with_bias(X):
    return np.hstack([X, np.ones((len(X), 1))])


def curvature(name):
    """H of the prepared training rows, and X^T T / n with one-hot targets."""
    a, s = PREPARE[name](X)
    A = with_bias((X - a) / s)
    return A.T @ A / len(A), A.T @ one_hot(y, 10) / len(A)


curved = {name: curvature(name) for name in PREPARE}
spectrum = {name: np.linalg.eigh(H) for name, (H, _) in curved.items()}

# %% [markdown]
# **Predict first**: which one allows the largest rate? Which needs the most steps?


# %%
def short(number):
    """Two digits that count."""
    return f"{float(f'{number:.1e}'):,.6g}"


print("                    largest stable rate   condition number")
for name, (values, _) in spectrum.items():
    rate, kappa = 2 / values[-1], values[-1] / values[0]
    print(f"{name:19} {short(rate):>19} {short(kappa):>18}")

# %% [markdown]
# - **Raw**: $H$ is all but diagonal, so $\kappa = (\sigma_1/\sigma_{128})^2$: not what "no
#   significant scale variation" (B 2.1) leads one to expect.
# - **One scale** for the whole table changes the rate, not $\kappa$: all these $\lambda$ change alike.
# - **Standardised** is all but perfect: all directions equally steep. (PCA was fitted on all 50,000
#   rows. On our 45,000 its features are not *quite* uncorrelated.)
# - **Min-max** gives one range to all, and still no "uniform contribution of all features" (B 2.1.1):
#   columns of one range need not have one deviation.
# - **Min-max to 0..1** is by far the worst. The offset does it. With mean row $m$ and covariance $C$
#   (divided by $n$):
#
# $$
# H = \frac{X^T X}{n} = C + m^T m
# $$
#
# All means near $\tfrac12$ make $|m|^2$ about $128/4$, plus 1 for the bias: one direction, "all
# weights together", is far steeper than all others. **Centre your columns.**

# %%
a, s = PREPARE["min-max to 0..1"](X)
m = with_bias((X - a) / s).mean(axis=0)
*_, second, largest = spectrum["min-max to 0..1"][0]
print(f"|m|² = {m @ m:.0f}; the largest eigenvalue {largest:.0f}, the second {second:.2f}")

# %% [markdown]
# ## Watch the plainest learner
#
# Now no training is needed. Put $W = W^* + E$ into $L$. The term linear in $E$ vanishes, as the
# gradient at $W^*$ is 0:
#
# $$
# L - L_\text{best} = \frac{1}{2n} \sum_{k,j} (XE)_{kj}^2
# = \tfrac12 \sum_i \lambda_i\,|u_i^T E|^2
# $$
#
# From $W = 0$ we start with $E = -W^*$, and each step multiplies $u_i^T E$ by $1 - \eta\lambda_i$:
#
# $$
# L_t - L_\text{best}
# = \tfrac12 \sum_i \lambda_i\,(1 - \eta\lambda_i)^{2t}\,|u_i^T W^*|^2
# $$

# %%
(values, vectors), W = np.linalg.eigh(H), 0 * best
for _ in range(7):
    W = W - 0.1 * squared_loss(W, A, T)[1](1.0)[0]
shares = values * ((vectors.T @ best) ** 2).sum(axis=1)
formula = ((1 - 0.1 * values) ** 14 @ shares) / 2
measured = squared_loss(W, A, T)[0] - squared_loss(best, A, T)[0]
print("after 7 steps as predicted:", np.isclose(measured, formula))

# %% [markdown]
# **Predict first**: with each at half of its own largest rate, how many steps does *standardised* need?
# Which is second? What happens at 1.05 of the largest rate?


# %%
def pieces(name):
    """λ_i, and each direction's share of the loss that can be lost."""
    values, vectors = spectrum[name]
    best = np.linalg.solve(*curved[name])
    shares = values * ((vectors.T @ best) ** 2).sum(axis=1)
    return values, shares / shares.sum()


PIECES = {name: pieces(name) for name in PREPARE}
steps = np.unique(np.geomspace(1, 10_000, 120).astype(int))

# %%
fig2, ax2 = subplots(width=7, height=3.8)
left = {
    name: ax2.plot(steps, np.ones(len(steps)), **line, lw=2, label=name)[0]
    for line, name in zip(LINES, PREPARE, strict=False)
}
ax2.set(xscale="log", yscale="log", xlim=(1, 10_000), ylim=(1e-6, 30), xlabel="steps")
ax2.set_ylabel("share of the loss\nstill to be lost")
ax2.set_xticks([1, 10, 100, 1000, 10_000], ["1", "10", "100", "1,000", "10,000"])
ax2.set_yticks([1e-6, 1e-4, 1e-2, 1], ["10⁻⁶", "10⁻⁴", "0.01", "1"])
ax2.minorticks_off()
_ = ax2.legend(fontsize=9, loc="lower left")


# %%
def still_to_lose(share):
    for name, (values, shares) in PIECES.items():
        factors = np.abs(1 - share * 2 / values[-1] * values)
        logs = np.log(np.maximum(factors, 1e-300)) * 2
        powers = np.exp(np.minimum(np.outer(steps, logs), 50))
        left[name].set_ydata(np.clip(powers @ shares, 1e-7, 1e3))
    ax2.set_title(f"rate: {share:.2f} of the largest stable one")
    return fig2


# %%
Explorer(
    still_to_lose,
    alt="The share of the loss that is still to be lost against the number of steps, both on "
    "logarithmic axes, a line for each of the five preparations.",
    share=slider("rate / largest stable", 0.05, 1.05, value=0.1, step=0.05),
)

# %%
counts = np.arange(1, 10_000)
for name, (values, shares) in PIECES.items():
    remains = (1 - values / values[-1]) ** (2 * counts[:, None]) @ shares
    print(f"{name:19} steps to lose 99%: {short(counts[remains < 0.01][0]):>6}")

# %% [markdown]
# At one half, $\eta\lambda = \lambda/\lambda_\text{max}$. Standardised, that is nearly 1 in every
# direction: *one* step does nearly all. Beyond the largest stable rate all five climb, sooner or later. "Standardization accelerates gradient descent"
# (B 2.1.2) holds for the *training* loss of a linear layer. And for a network?

# %% [markdown]
# ## Watch a network's first steps
#
# A network 128-64-10, 2,560 rows, 320 steps; five preparations, five rates, five seeds.


# %%
def train(name, rate, seed, rows=2560, steps=320, norm=None):
    """Losses of all steps, then accuracy on the training and on the held-out rows."""
    a, s = PREPARE[name](X[:rows])
    A, B = ((Q - a).astype(np.float32) / np.float32(s) for Q in (X[:rows], V[:2500]))
    rng, losses = np.random.default_rng(seed), []
    net = models.mlp((128, 64, 10), rng=rng, norm=norm)
    settings = {"optimizer": SGD(net.parameters(), lr=rate), "epochs": steps, "batch_size": 64}
    try:
        for step in training_steps(net, A, y[:rows], rng=rng, **settings):
            losses.append(step.loss)
            if len(losses) == steps:
                break
    except TrainingDiverged:
        return losses + [np.inf] * (steps - len(losses)), 0.1, 0.1
    found = [evaluate(net, Q, q)["accuracy"] for Q, q in ((A, y[:rows]), (B, v[:2500]))]
    return losses, *found


# %%
RATES = [10**power for power in (-2, -1.5, -1, -0.5, 0)]
runs = {(n, r): [train(n, r, seed) for seed in range(5)] for n in PREPARE for r in RATES}

# %% [markdown]
# **Predict first**: at the small rate 0.01, which preparation has the lowest loss after 320 steps? At
# the best rate of each, which knows most about *held-out* rows?

# %%
fig3, (race, score) = subplots(1, 2, width=8.2, height=4.2)
racing = [race.plot([], [], **line)[0] for line, _ in zip(LINES, PREPARE, strict=False)]
for i, name in enumerate(PREPARE):
    found = [records.interval(run[2] for run in runs[name, rate]) for rate in RATES]
    mean, half = np.array(found).T
    nudge = 1.04 ** (i - 2)
    style = {**LINES[i], "marker": MARKERS[i], "ms": 5, "capsize": 2}
    score.errorbar(np.array(RATES) * nudge, mean, half, **style, label=name)
race.set(xlabel="step", ylabel="loss (nats), mean of 20 steps", xlim=(0, 320), ylim=(0.9, 2.7))
score.set(xscale="log", xlabel="learning rate", ylabel="held-out accuracy (95%)", ylim=(0.05, 0.45))
score.set_xticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
score.minorticks_off()
now = score.axvline(0.1, color="black", lw=1)
_ = fig3.legend(*score.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)


# %%
def first_steps(power):
    rate = RATES[round(2 * power) + 4]
    for line, name in zip(racing, PREPARE, strict=True):
        mean = np.minimum(np.mean([run[0] for run in runs[name, rate]], axis=0), 2.65)
        line.set_data(np.arange(10, 311), np.convolve(mean, np.ones(20) / 20, mode="valid"))
    now.set_xdata([rate, rate])
    race.set_title(f"learning rate {rate:.2g}")
    return fig3


# %%
Explorer(
    first_steps,
    alt="Left: training loss in the first 320 steps at the chosen rate, a line for each of five. "
    "Right: held-out accuracy after them against the rate, intervals over five seeds.",
    power=slider("log10 of the rate", -2.0, 0.0, value=-1.0, step=0.5),
)


# %%
def lead(first, second, rate):
    """Interval of the difference in held-out accuracy, seed by seed."""
    pairs = zip(runs[first, rate], runs[second, rate], strict=True)
    return records.interval(a[2] - b[2] for a, b in pairs)


def verdict(mean, half):
    return "holds" if mean > half else "does not hold" if mean < -half else "within noise"


for other, rates in (("min-max to 0..1", RATES[:4]), ("standardised", RATES[:2])):
    for rate in rates:
        print(f"rate {rate:5.2g}: raw beats {other}: {verdict(*lead('raw', other, rate))}")


# %%
def last_loss(name, rate):
    return np.mean([run[0][-20:] for run in runs[name, rate]])


def at_its_best(name):
    """Held-out accuracy of five seeds, at the rate with the highest mean."""
    return max(([run[2] for run in runs[name, rate]] for rate in RATES), key=np.mean)


for rate in (RATES[0], RATES[2]):
    best_name = min(PREPARE, key=lambda name: last_loss(name, rate))
    print(f"rate {rate:4.2g}: lowest training loss at the end: {best_name}")
gap = np.subtract(at_its_best("raw"), at_its_best("standardised"))
print("each at its best rate: raw beats standardised:", verdict(*records.interval(gap)))

# %% [markdown]
# The offset of min-max slows a network as it slows a linear layer. What was lost can be had back: a
# *batch norm* after the first layer (chapter 12) centres and scales its outputs.

# %%
normed = [train("min-max to 0..1", 0.1, seed, norm="batch")[2] for seed in range(5)]
gains = [a - run[2] for a, run in zip(normed, runs["min-max to 0..1", RATES[2]], strict=True)]
print("batch norm helps min-max to 0..1:", verdict(*records.interval(gains)))

# %% [markdown]
# (Report B says that it scaled to 0..1, in 2.1 and 2.1.1, and that it standardised, in 2.1.2. It does
# not say which of the two its tables are from.)
#
# Held out, raw, one scale and min-max to -1..1 are close, each at its best rate. *Standardised*, perfect
# for the linear layer's training loss, is slow at small rates. At 0.1 its training loss does fall
# fastest in the end. Its held-out accuracy does not follow. Why?

# %% [markdown]
# ## Look at what standardising makes loud
#
# Divide feature $i$ by a power of its deviation, $\sigma_i^p$. At $p = 0$ nothing changes; at $p = 1$
# it is standardised. As the features are components, we can turn the divided features back into
# pictures: *this is what the network is shown*.
#
# The dashed line is a floor, the mean deviation of the components that PCA dropped (chapter 01): fine
# detail and noise. In the features we kept it is there as well, and is divided along.
#
# **Predict first**: what will you see at $p = 1$?

# %%
deviation, components = data.X_train.std(axis=0, dtype=np.float64), data.pca.components
kept, share = data.pca.explained_variance, data.pca.explained_variance_ratio
floor = np.sqrt((kept.sum() / share.sum() - kept.sum()) / (components.shape[1] - len(kept)))
side, chosen = data.images_train.shape[1], [9, 12, 27, 5]

# %%
fig4, axes = subplots(2, 4, width=8, height=3.6, width_ratios=(1, 1, 1, 2.2))
tiles = [ax.imshow(np.zeros((side, side, 3))) for ax in axes[:, :3].flat]
for ax in axes.flat:
    ax.axis("off")
for ax, name in zip(axes[:, 0], ("raw", "divided"), strict=True):
    ax.set_title(name)
loud = fig4.add_subplot(axes[0, 3].get_gridspec()[:, 3])
(whole,) = loud.plot(np.arange(1, 129), deviation, **LINES[0], lw=2, label="features")
(hiss,) = loud.plot(np.arange(1, 129), deviation, **LINES[1], lw=2, label="floor")
loud.set(yscale="log", ylim=(0.03, 10), xlabel="component", ylabel="deviation")
loud.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
_ = loud.legend(fontsize=9, loc="upper right")


# %%
def divide(p):
    whole.set_ydata(deviation ** (1 - p))
    hiss.set_ydata(floor / deviation**p)
    for tile, i, power in zip(tiles, chosen[:3] * 2, (0, 0, 0, p, p, p), strict=True):
        picture = (data.X_train[i] / deviation**power) @ components
        tile.set_data(np.clip(0.5 + 0.2 * picture / picture.std(), 0, 1).reshape(side, side, 3))
    portion = (hiss.get_ydata() ** 2).sum() / (whole.get_ydata() ** 2).sum()
    loud.set_title(f"floor: {portion:.0%} of the squares", fontsize=11)
    return fig4


# %%
Explorer(
    divide,
    alt="Three pictures above and, below, the same after dividing their features by a power of the "
    "deviation. Right: the deviation of every component, and the floor's.",
    p=slider("power p", 0.0, 1.0, value=0.0, step=0.05),
)

# %%
ratio = (floor / deviation) ** 2
print(f"the floor's share of component 1:   {ratio[0]:.2%} of its variance")
print(f"the floor's share of component 128: {ratio[-1]:.0%}")

# %% [markdown]
# At $p = 1$ grain covers the picture. PCA has *sorted* features by size, and in pictures what is large
# is mostly signal. Standardising throws the order away: a network must find out, from few rows, which
# of 128 equally loud features to trust. (Wadia et al. 2021 show that whitening can reduce or prevent
# generalisation.)

# %% [markdown]
# ## Re-test a claim: raw equals standardised
#
# Report A (3.3, its table 3) trained once with each: 0.5115 standardised, 0.5188 raw, "no significant
# difference". If whitening makes features with little signal loud, it should hurt most with *few* rows.
# Rate 0.1, 500 steps, batches of 64, five seeds.

# %%
SIZES = [250, 500, 1000, 2000]
tries = {
    (name, n): [train(name, 0.1, seed, rows=n, steps=500) for seed in range(5)]
    for name in ("raw", "standardised")
    for n in SIZES
}

# %%
fig5, (seen, unseen) = subplots(1, 2, width=8, height=3.4)
for ax, part, title in ((seen, 1, "training rows"), (unseen, 2, "held-out rows")):
    for i, name in enumerate(("raw", "standardised")):
        found = [records.interval(run[part] for run in tries[name, n]) for n in SIZES]
        mean, half = np.array(found).T
        style = {**LINES[4 * i], "marker": MARKERS[i], "capsize": 3}
        ax.errorbar(np.array(SIZES) * 1.03**i, mean, half, **style, label=name)
    ax.set(xscale="log", xlabel="training rows", ylabel="accuracy (95%)", title=title)
    ax.set_xticks(SIZES, SIZES)
    ax.minorticks_off()
seen.set_ylim(0.2, 1.05)
unseen.set_ylim(0.1, 0.4)
seen.legend(fontsize=10, loc="lower left")
show(
    fig5,
    "Accuracy after 500 steps against the number of training rows, mean and 95% of five seeds: on "
    "training rows standardised is ahead, on held-out rows raw is, most with few rows.",
)

# %%
for n in SIZES:
    pairs = zip(tries["raw", n], tries["standardised", n], strict=True)
    gap = records.interval(a[2] - b[2] for a, b in pairs)
    print(f"{n:5} rows: raw beats standardised:", verdict(*gap))

# %% [markdown]
# Standardised, the network learns its training rows nearly by heart, and less about others.
#
# Report A's network has batch norm, dropout and two narrow layers, which hinder learning by heart. Here
# it is, 3,000 rows, two rates, held-out accuracy after each epoch:


# %%
def as_report_a(name, rate, seed, rows=3000, epochs=12):
    a, s = PREPARE[name](X[:rows])
    A, B = ((Q - a).astype(np.float32) / np.float32(s) for Q in (X[:rows], V[:2500]))
    rng, accuracy = np.random.default_rng(seed), []
    net = models.mlp((128, 64, 32, 10), rng=rng, norm="batch", dropout=0.25)
    settings = {"optimizer": SGD(net.parameters(), lr=rate), "epochs": epochs, "batch_size": 128}
    for step in training_steps(net, A, y[:rows], rng=rng, **settings):
        if (step.number + 1) % -(-rows // 128) == 0:
            accuracy.append(evaluate(net, B, v[:2500])["accuracy"])
            net.train()
    return np.array(accuracy)


# %%
def leads_of_raw(rate):
    """Raw's lead over standardised, (5 seeds, 12 epochs)."""
    both = ([as_report_a(name, rate, s) for s in range(5)] for name in ("raw", "standardised"))
    return np.subtract(*both)


leads = {rate: leads_of_raw(rate) for rate in (0.03, 0.3)}

# %%
fig6, ax6 = subplots(width=7, height=3.4)
for i, (rate, lead_of_raw) in enumerate(leads.items()):
    mean, half = np.array([records.interval(column) for column in lead_of_raw.T]).T
    style = {**LINES[i], "marker": MARKERS[i], "capsize": 3}
    ax6.errorbar(np.arange(1, 13) + 0.1 * i, mean, half, **style, label=f"learning rate {rate}")
ax6.axhline(0, color="black", lw=1)
ax6.set(xlabel="epoch", ylabel="held-out accuracy:\nraw less standardised (95%)")
ax6.legend(fontsize=10)
show(
    fig6,
    "Raw's lead over standardised by epoch in report A's network, mean and 95% of five seeds: "
    "large and lasting at the small rate; at the large one it soon shrinks to little.",
)

# %%
late, early = records.interval(leads[0.03][:, -1]), records.interval(leads[0.3][:, 0])
print("rate 0.03, epoch 12: raw beats standardised:", verdict(*late))
print("rate 0.3, epoch 1:   raw beats standardised:", verdict(*early))

# %% [markdown]
# "No difference" is what *one* network, at *one* rate, stopped at *one* moment may show. Two runs could
# not tell. (Chapter 16 runs the reports' tables whole, with seeds.)
#
# **What to do**: standardise features of different units (cm, kg, euro). If they share a unit and their
# size means something, as here: centre them, divide all by *one* number, and try standardising as one
# more candidate.

# %% [markdown]
# ## Encode labels
#
# The labels are 0 to 9, but a heart (8) is not twice a star (4). Report A, 2.1.3, writes each as a row
# of zeros with a single one (`eq:one-hot` in the library):
#
# $$
# \text{OnehotEncode}([0, 1, 2]) = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
# $$
#
# $$
# \underset{(n,\,K)}{T}: \qquad t_{kj} = 1 \text{ if row } k \text{ is of class } j, \text{ else } 0
# $$

# %%
show_source(one_hot)

# %%
T = one_hot(np.array([2, 0, 1, 2]), 3)
gaps = np.linalg.norm(np.eye(10)[:, None] - np.eye(10), axis=2)[np.triu_indices(10, 1)]
print(T)
print("any two classes are √2 apart:", np.allclose(gaps, np.sqrt(2)))

# %% [markdown]
# "An equal distance" (B 2.1.3): that claim holds. What goes wrong with plain numbers? Ask for the best
# answer $a$ to rows that look alike, but have targets $t_1, \dots, t_n$:
#
# $$
# \frac{d}{da}\,\frac{1}{2n} \sum_k (a - t_k)^2 = a - \frac1n \sum_k t_k = 0
# \quad\Rightarrow\quad a = \bar t
# $$
#
# Under squared loss the best answer is the **mean of the targets**. If half of these rows are squares
# (2) and half hearts (8), the best number is 5, a cross: the one thing it surely is not. The best
# one-hot answer is $\tfrac12$ in place 2 and $\tfrac12$ in place 8: **the classes' probabilities**.
#
# For a linear learner the two are tied. With the numbers in a column $g$ = (0, 1, ..., 9), the integer
# labels are $T g$, and
#
# $$
# w = (X^T X)^{-1} X^T (T g) = W g, \qquad X w = (X W)\,g
# $$
#
# The number it predicts is the mean class number $\sum_j p_j g_j$ under the one-hot learner's scores
# $p$.


# %%
def least_squares(A, T, penalty=0.0):
    """The best W, with a bias; penalty times |W|^2 / 2 keeps it small (chapter 14)."""
    A = with_bias(A)
    return np.linalg.solve(A.T @ A / len(A) + penalty * np.eye(A.shape[1]), A.T @ T / len(A))


scores = with_bias(V) @ least_squares(X, one_hot(y, 10, np.float64))
number = with_bias(V) @ least_squares(X, y.astype(np.float64))
print("(X W) g is X w:", np.allclose(scores @ np.arange(10), number))

# %% [markdown]
# So a *new numbering* of the classes needs no new training: only another $g$. The predicted number is
# rounded to the nearest class.
#
# **Predict first**: which classes will be named most often? What changes with another numbering: for
# numbers, for one-hot?

# %%
fig7, ax7 = subplots(width=8, height=3.6)
place = np.arange(10)
by_number = ax7.bar(place - 0.2, np.zeros(10), 0.4, color=BLUE, label="numbers, rounded")
by_hot = ax7.bar(place + 0.2, np.zeros(10), 0.4, color="#E69F00", hatch="//", label="one-hot")
ax7.axhline(500, color="black", ls=":", lw=1.5, label="true number, about")
ax7.set(ylim=(0, 3000), ylabel="times named, of 5,000", xticks=place)
ax7.legend(fontsize=9, ncols=3, loc="upper center")
ORDERS = [np.arange(10), *(np.random.default_rng(seed).permutation(10) for seed in range(12))]


# %%
def renumber(order):
    g = ORDERS[order]  # class j gets the number g[j]
    rounded = np.clip(np.rint(scores @ g), 0, 9).astype(int)
    picked = g[scores.argmax(axis=1)]
    for bars, named in ((by_number, rounded), (by_hot, picked)):
        for bar, height in zip(bars, np.bincount(named, minlength=10), strict=True):
            bar.set_height(height)
    names = [f"{i}\n{data.class_names[c]}" for i, c in enumerate(np.argsort(g))]
    ax7.set_xticklabels(names, fontsize=8.5)
    one, two = (rounded == g[v]).mean(), (picked == g[v]).mean()
    ax7.set_title(f"accuracy: numbers {one:.2f}, one-hot {two:.2f} (guessing 0.10)")
    return fig7


# %%
Explorer(
    renumber,
    alt="How often each class is named, by a learner of class numbers and by a learner of one-hot "
    "rows, for the numbering chosen; the title gives both accuracies.",
    order=slider("numbering", 0, 12),
)

# %%
worse = [(np.clip(np.rint(scores @ g), 0, 9) == g[v]).mean() < 0.2 for g in ORDERS]
print("numbers below 0.20:", sum(worse), "of", len(ORDERS), "numberings")
print("one-hot above 0.35:", (scores.argmax(axis=1) == v).mean() > 0.35)

# %% [markdown]
# Whatever stands in the *middle* of the list is named most: doubt averages to the middle. One-hot does
# not care. (Cross-entropy, chapter 05, takes labels as integers, but only to pick the place of the one.)

# %% [markdown]
# ## Shuffle rows and labels together
#
# Files often come sorted by class. Report B, 2.1, is "shuffling the labels to eliminate any inherent
# order". A network learns 10,000 rows once, in batches of 50:
#
# - **sorted**: all discs, then all rings, and so on;
# - **shuffled together**: rows and labels by one permutation;
# - **labels shuffled**: taken literally, the labels alone.
#
# **Predict first**: after the last step of *sorted*, what does the network call 1,000 held-out
# pictures? And what does *labels shuffled* learn?

# %%
rows = np.arange(10_000)
by_class = np.argsort(y[rows], kind="stable")
LESSONS = {
    "sorted": lambda rng: (by_class, y),
    "shuffled together": lambda rng: (rng.permutation(rows), y),
    "labels shuffled": lambda rng: (rows, rng.permutation(y[rows])),
}


# %%
def teach(lesson, seed):
    """Classes named for 1,000 held-out pictures after every fourth step; the classes taught."""
    rng = np.random.default_rng(seed)
    order, labels = LESSONS[lesson](rng)
    net, named, taught = models.mlp((128, 64, 10), rng=rng), [], []
    optimizer = SGD(net.parameters(), lr=0.1)
    for start in range(0, len(order), 50):
        batch = order[start : start + 50]
        loss = cross_entropy(net(X[batch].astype(np.float32)), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if start % 200 == 150:
            named.append(predict(net, V[:1000]).argmax(axis=1))
            taught.append(np.bincount(labels[batch], minlength=10) / 50)
    return np.array(named), np.array(taught)


# %%
lessons = {lesson: [teach(lesson, seed) for seed in range(5)] for lesson in LESSONS}

# %%
fig8, (says, knows) = subplots(1, 2, width=8.2, height=3.6)
told = says.bar(place - 0.2, np.zeros(10), 0.4, color="#999999", label="in the last batch")
said = says.bar(place + 0.2, np.zeros(10), 0.4, color=BLUE, hatch="//", label="named")
says.set_xticks(place, data.class_names, rotation=45, ha="right", rotation_mode="anchor")
says.set(ylabel="share", ylim=(0, 1.25))
says.legend(fontsize=9, ncols=2, loc="upper center")
(growth,) = knows.plot([], [], **LINES[0], lw=2)
(at,) = knows.plot([], [], "o", ms=8, color=VERMILLION)
knows.axhline(0.1, color="black", ls=":", lw=1.5)
_ = knows.set(xlabel="step", ylabel="held-out accuracy", xlim=(0, 204), ylim=(0, 0.4))


# %%
def lesson_at(lesson, step):
    named, taught = lessons[lesson][0]
    i = step // 4 - 1
    for bars, shares in ((told, taught[i]), (said, np.bincount(named[i], minlength=10) / 1000)):
        for bar, height in zip(bars, shares, strict=True):
            bar.set_height(height)
    accuracy = (named == v[:1000]).mean(axis=1)
    growth.set_data(np.arange(4, 4 * i + 5, 4), accuracy[: i + 1])
    at.set_data([step], [accuracy[i]])
    says.set_title(f"step {step}")
    knows.set_title(f"accuracy {accuracy[i]:.2f}")
    return fig8


# %%
Explorer(
    lesson_at,
    alt="Left: the classes in the last batch, and the classes the network names for 1,000 held-out "
    "pictures. Right: its accuracy up to the step chosen; dotted: guessing.",
    lesson=choice("order", list(LESSONS), value="sorted"),
    step=slider("step", 4, 200, value=100, step=4),
)

# %%
final = {n: [(named[-1] == v[:1000]).mean() for named, _ in five] for n, five in lessons.items()}
for name in ("sorted", "labels shuffled"):
    gap = [a - b for a, b in zip(final["shuffled together"], final[name], strict=True)]
    print(f"shuffled together beats {name}:", verdict(*records.interval(gap)))
last = [np.bincount(named[-1]).argmax() for named, _ in lessons["sorted"]]
print("sorted: the class named most:", {data.class_names[c] for c in last})

# %% [markdown]
# - **Sorted**, each batch asks for one class only, and the last word wins.
# - **Labels shuffled**: every picture has some other picture's label. There is nothing to learn, and
#   the accuracy stays at guessing. Order was removed, and everything else too.
#
# The library's `batches` shuffles anew in every epoch and hands out row *numbers*; one index serves
# both, `X[rows], y[rows]`.

# %%
show_source(batches, checks=False)

# %% [markdown]
# ## Split a small set
#
# Fifty rows, five of each of ten classes; hold out ten. **Predict first**: drawn at random, how many of
# the ten classes are missing among the ten held-out rows?
#
# Of $n$ rows, $c$ are of one class. Draw $m$ without putting back. The first drawn row misses the class
# with probability $\frac{n - c}{n}$, the next with $\frac{n - c - 1}{n - 1}$, and so on:
#
# $$
# P(\text{none}) = \prod_{i=0}^{m-1} \frac{n - c - i}{n - i} = \binom{n-c}{m} \Big/ \binom{n}{m}
# $$
#
# This is the first entry of the *hypergeometric* distribution. The mean number of missing classes is
# $K$ times that.

# %%
labels, rng = np.repeat(np.arange(10), 5), np.random.default_rng(0)
none = np.prod([(45 - i) / (50 - i) for i in range(10)])
print("SciPy's first entry:", np.isclose(none, stats.hypergeom(50, 5, 10).pmf(0)))
missing = [10 - len(set(labels[rng.permutation(50)[:10]])) for _ in range(2000)]
print(f"classes missing: predicted {10 * none:.1f}, in 2,000 splits {np.mean(missing):.1f}")

# %% [markdown]
# A **stratified** split draws class by class, the same share of each.

# %%
show_source(stratified_split, checks=False)

# %%
held = [np.bincount(labels[stratified_split(labels, 0.2, rng)[1]]) for _ in range(100)]
print("held out of each class, stratified:", np.unique(held))

# %% [markdown]
# A rare class among 200 rows: bars count 2,000 random splits, dots are the formula, the line is the
# stratified split.
#
# **Predict first**: 10 rows of 200 are of the class, and 40 are held out. How often are there fewer
# than two?

# %%
ranks = np.random.default_rng(0).random((2000, 200)).argsort(axis=1).argsort(axis=1)
fig9, ax9 = subplots(width=7, height=3.4)
counted = ax9.bar(np.arange(41), np.zeros(41), color="#9CC3E0", label="2,000 random splits")
(formula,) = ax9.plot([], [], ls="", marker="o", color="black", ms=5, label="formula")
fair = ax9.axvline(2, **LINES[1], lw=2, label="stratified")
ax9.set(xlabel="held-out rows of the class", ylabel="share of splits")
_ = ax9.legend(fontsize=9, loc="upper right")


# %%
def split_at(c, m):
    found = (ranks[:, :c] < m).sum(axis=1)
    for bar, height in zip(counted, np.bincount(found, minlength=41) / 2000, strict=False):
        bar.set_height(height)
    possible = np.arange(min(c, m, 40) + 1)
    expected = stats.hypergeom(200, c, m).pmf(possible)
    formula.set_data(possible, expected)
    fair.set_xdata([round(c * m / 200)] * 2)
    ax9.set(xlim=(-0.7, min(c, m, 40) + 0.7), ylim=(0, 1.35 * expected.max()))
    ax9.set_title(f"none in {expected[0]:.1%}, fewer than two in {expected[:2].sum():.1%}")
    return fig9


# %%
Explorer(
    split_at,
    alt="How many held-out rows are of the rare class: bars from 2,000 random splits, the dots "
    "of the formula on them, and a line at the stratified split's number.",
    c=slider("rows of the class", 1, 40, value=10),
    m=slider("rows held out", 10, 100, value=40, step=5),
)

# %% [markdown]
# With 5,000 rows a class the two hardly differ. With ten they do.

# %% [markdown]
# ## Measure three leaks
#
# A **leak** is anything a held-out row tells the training. Three kinds; guess their size first.
#
# 1. The scaler is fitted on all rows, held-out ones included.
# 2. The most telling features are chosen with all rows, then the rows are split.
# 3. Some rows stand in the file twice, and a copy falls on each side.
#
# **Predict first**: which is worst? Does any raise the accuracy by less than 0.01?
#
# **The first.** 200 rows to learn from, 200 held out, nearest mean (chapter 01), 40 draws:


# %%
def nearest_mean(A, labels, B):
    """For each row of B the class whose mean in A is nearest."""
    means = np.array([A[labels == c].mean(axis=0) for c in range(labels.max() + 1)])
    return ((means**2).sum(axis=1) - 2 * B @ means.T).argmin(axis=1)


def scaler_leak(seed):
    """Held-out accuracy with the scaler fitted on all rows, less that with training rows only."""
    rows = np.random.default_rng(seed).permutation(len(X))[:400]
    one, two, scores = rows[:200], rows[200:], []
    for fitted_on in (rows, one):
        scaler = StandardScaler().fit(X[fitted_on])
        named = nearest_mean(scaler.transform(X[one]), y[one], scaler.transform(X[two]))
        scores.append((named == y[two]).mean())
    return scores[0] - scores[1]


# %%
mean, half = records.interval(scaler_leak(seed) for seed in range(40))
print("the gain is less than 0.01, by its interval:", -0.01 < mean - half < mean + half < 0.01)

# %% [markdown]
# Too small to see here. But it costs nothing to do it right, and then nobody has to measure it.

# %% [markdown]
# ## See noise become knowledge
#
# **The second leak.** Eighty rows, half of them "ill", half "well", and $d$ features. *Everything is
# noise*: random features, labels by lot. The true accuracy of anything is 0.5. We choose the ten features in
# which the two classes' means differ most, then classify by nearest mean: 40 rows to learn, 40 held out.
#
# Each dot is a feature. Across: the difference of the means in the learning half. Up: in the held-out
# half. Rings: the ten chosen.
#
# **Predict first**: 3,000 features, chosen with all rows. Accuracy on the held-out half?

# %%
NOISE = np.random.default_rng(0).standard_normal((20, 80, 3000), dtype=np.float32)
ill = np.arange(80) % 2  # as good as drawn by lot: the rows are random anyway
HALVES = [np.arange(40), np.arange(40, 80)]


def difference(A, half):
    return A[half][ill[half] == 1].mean(axis=0) - A[half][ill[half] == 0].mean(axis=0)


# %%
def choose(A, chosen_with, k=10):
    """Differences in both halves, the k features with the largest, the held-out accuracy."""
    one, two = (difference(A, half) for half in HALVES)
    basis = (one + two) / 2 if chosen_with == "all rows" else one
    best = np.argsort(-np.abs(basis))[:k]
    named = nearest_mean(A[HALVES[0]][:, best], ill[HALVES[0]], A[HALVES[1]][:, best])
    return one, two, best, (named == ill[HALVES[1]]).mean()


# %%
fig10, ax10 = subplots(width=6.2, height=5)
(cloud,) = ax10.plot([], [], ls="", marker=".", ms=4, color="#999999")
(picked,) = ax10.plot([], [], ls="", marker="o", ms=10, mfc="none", mec=VERMILLION, mew=2)
ax10.axhline(0, color="black", lw=1)
ax10.axvline(0, color="black", lw=1)
ax10.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal")
_ = ax10.set(xlabel="difference in the learning half", ylabel="difference in the held-out half")


# %%
def noise_study(d, chosen_with, lot):
    one, two, best, accuracy = choose(NOISE[lot][:, : round(d)], chosen_with)
    cloud.set_data(one, two)
    picked.set_data(one[best], two[best])
    ax10.set_title(f"{round(d):,} features of noise: held-out accuracy {accuracy:.2f}")
    return fig10


# %%
Explorer(
    noise_study,
    alt="Each feature of noise as a dot, placed by the difference of class means in either half; "
    "the chosen ones are ringed, and the title gives the held-out accuracy.",
    d=log_slider("features d", 10, 3000, value=100),
    chosen_with=choice("chosen with", ["all rows", "the learning half"]),
    lot=slider("another draw", 0, 19),
)

# %% [markdown]
# Chosen with all rows, the rings lie in two *corners*: the features whose halves happen to agree. What
# was learnt in one half is then true in the other, because it was chosen to be. Chosen with the
# learning half alone, the rings lie left and right, and up and down they are anywhere.
#
# **How large must a chosen difference be?** The mean of $n/2$ standard normal numbers has variance
# $2/n$, the difference of two such means $\tau^2 = 4/n$. Of $d$ features, $2d\,(1 - \Phi(t/\tau))$ are
# expected beyond $\pm t$. Set that to $k$:
#
# $$
# t = \tau\,\Phi^{-1}\!\left(1 - \frac{k}{2d}\right)
# $$
#
# The more features, the larger the best of the noise.

# %%
for d in (100, 3000):
    predicted = np.sqrt(4 / 80) * stats.norm.isf(10 / (2 * d))
    tenth = [np.sort(np.abs(difference(A[:, :d], np.arange(80))))[-10] for A in NOISE]
    print(f"{d:5} features: measured within 5%:", abs(np.mean(tenth) / predicted - 1) < 0.05)

# %%
COUNTS = [10, 30, 100, 300, 1000, 3000]
curves = {
    how: [[choose(A[:, :d], how)[3] for A in NOISE] for d in COUNTS]
    for how in ("all rows", "the learning half")
}

# %%
fig11, ax11 = subplots(width=7, height=3.4)
for i, (how, found) in enumerate(curves.items()):
    mean, half = np.array([records.interval(scores) for scores in found]).T
    style = {**LINES[i], "marker": MARKERS[i], "capsize": 3}
    ax11.errorbar(np.array(COUNTS) * 1.04**i, mean, half, **style, label=f"chosen with {how}")
ax11.axhline(0.5, color="black", ls=":", lw=1.5)
ax11.set(
    xscale="log", xlabel="features of noise", ylabel="held-out accuracy (95%)", ylim=(0.4, 1.02)
)
ax11.legend(fontsize=10, loc="upper left")
show(
    fig11,
    "Held-out accuracy on pure noise against the number of features, 20 draws: chosen with all "
    "rows it climbs far above one half; chosen with the learning half it stays there.",
)

# %%
print("3,000 features, chosen with all rows: above 0.8:", np.mean(curves["all rows"][-1]) > 0.8)
mean, half = records.interval(curves["the learning half"][-1])
print("chosen with the learning half: one half lies in the interval:", abs(mean - 0.5) < half)

# %% [markdown]
# A discovery, made of nothing, on held-out rows. (Ambroise & McLachlan 2002 found it in published
# studies of genes.) **Everything that looks at labels belongs inside the training half.**

# %% [markdown]
# ## Count the copies
#
# **The third leak.** Say a share $s$ of the held-out rows has a copy in the training rows. The
# *nearest neighbour* classifier gives a row the label of the nearest training row. A copy is at
# distance 0, so these rows are right for sure; the others as often as before, $a$:
#
# $$
# \text{accuracy} = s + (1 - s)\,a
# $$


# %%
def nearest_neighbour(A, labels, B):
    A, B = A.astype(np.float32), B.astype(np.float32)
    return labels[((A**2).sum(axis=1) - 2 * B @ A.T).argmin(axis=1)]


honest = nearest_neighbour(X[:4000], y[:4000], V[:1000]) == v[:1000]
for copies in (100, 300, 1000):
    A, labels = np.vstack([X[:4000], V[:copies]]), np.append(y[:4000], v[:copies])
    found = (nearest_neighbour(A, labels, V[:1000]) == v[:1000]).mean()
    share = copies / 1000
    near = abs(found - (share + (1 - share) * honest.mean())) < 0.02
    print(f"share {share:.1f}: measured within 0.02 of the formula: {near}")

# %% [markdown]
# So copies count by their share. The choice of features was worse: it made knowledge out of nothing. The
# scaler's leak could not be seen.
#
# Networks learn rows by heart too, if less exactly. Look for copies before you split:

# %%
once = set(map(bytes, data.X_train))
print("training rows that stand there twice:", len(data.X_train) - len(once))
print("test rows that are training rows too:", sum(bytes(row) in once for row in data.X_test))

# %% [markdown]
# (This looks at test rows, not at their labels.) *Nearly* equal rows are harder to find: of CIFAR-10's
# test pictures about one in thirty has a near copy among the training pictures (Barz & Denzler 2020).

# %% [markdown]
# ## Break it
#
# 1,200 rows, prepared in nine ways. One is right. *Chosen on all rows*: of 2,080 products of two
# features the 40 with the most different class means, found before the split.

# %%
FAULTS = [
    "no fault",
    "held-out: own scaler",
    "scaler sees all rows",
    "rows, not columns",
    "labels shuffled",
    "sorted, end held out",
    "copied, then split",
    "one-hot label in X",
    "chosen on all rows",
]
left_of, right_of = np.triu_indices(64)


def best_products(X, y, k=40):
    """Of all products of two of the first 64 features, the k whose class means differ most."""
    Q = StandardScaler().fit_transform(X[:, left_of] * X[:, right_of])
    means = one_hot(y, 10, np.float64).T @ Q
    return Q[:, np.argsort(-(means**2).sum(axis=0))[:k]]


# %%
def prepare(fault, X, y):
    """Raw rows, prepared rows and labels, each as a pair (training, held out)."""
    rng, number = np.random.default_rng(0), FAULTS.index(fault)
    if number == 4:
        y = rng.permutation(y)
    if number == 6:
        X, y = np.tile(X, (2, 1)), np.tile(y, 2)
    if number == 7:
        X = np.hstack([X, one_hot(y, 10)])
    if number == 8:
        X = best_products(X, y)
    train, held = stratified_split(y, 0.25, rng)
    if number == 5:
        train, held = np.split(np.argsort(y, kind="stable"), [len(y) * 3 // 4])
    scaler = StandardScaler().fit(X if number == 2 else X[train])
    A, B = scaler.transform(X[train]), scaler.transform(X[held])
    if number == 1:
        B = StandardScaler().fit_transform(X[held])
    if number == 3:
        A, B = (StandardScaler().fit_transform(X[rows].T).T for rows in (train, held))
    return (X[train], X[held]), (A, B), (y[train], y[held])


# %% [markdown]
# Six checks:
#
# - **scale**: training columns have mean 0 and deviation 1, to six digits.
# - **map**: held-out rows went through the training rows' map: recompute $a$ and $s$ from raw and
#   prepared training rows, apply them.
# - **shares**: each class has the same share on both sides, within 0.02.
# - **copies**: no row stands on both sides.
# - **learns**: the held-out accuracy (least squares on one-hot labels) is above 0.17.
# - **chance**: the labels are shuffled *before everything else*, three times. The accuracy must fall
#   below 0.17: guessing, and room for luck.


# %%
def accuracy_of(prepared, labels):
    W = least_squares(prepared[0], one_hot(labels[0], 10, np.float64), penalty=0.01)
    return ((with_bias(prepared[1]) @ W).argmax(axis=1) == labels[1]).mean()


def same_map(raw, prepared):
    s = raw[0].std(axis=0) / prepared[0].std(axis=0)
    a = raw[0].mean(axis=0) - s * prepared[0].mean(axis=0)
    return all(np.allclose((r - a) / s, p) for r, p in zip(raw, prepared, strict=True))


# %%
def examine(fault, X, y):
    raw, (A, B), labels = prepare(fault, X, y)
    shares = [np.bincount(side, minlength=10) / len(side) for side in labels]
    lots = [np.random.default_rng(seed).permutation(y) for seed in range(3)]
    real = accuracy_of((A, B), labels)
    drawn = np.mean([accuracy_of(*prepare(fault, X, lot)[1:]) for lot in lots])
    off = max(np.abs(A.mean(axis=0)).max(), np.abs(A.std(axis=0) - 1).max())
    found = {
        "scale": off < 1e-6,
        "map": same_map(raw, (A, B)),
        "shares": np.abs(shares[0] - shares[1]).max() < 0.02,
        "copies": not set(map(bytes, A)) & set(map(bytes, B)),
        "learns": real > 0.17,
        "chance": drawn < 0.17,
    }
    return real, drawn, found


examined = {fault: examine(fault, X[:1200], y[:1200]) for fault in FAULTS}

# %% [markdown]
# **Predict first**: which faults lower the accuracy? Which *raise* it? Which leave it as it is?

# %%
fig12, ax12 = subplots(width=6.6, height=1.9)
bars = ax12.barh(["labels as they are", "labels shuffled first"], [0, 0], color=[BLUE, "#999999"])
ax12.axvline(0.1, color="black", ls=":", lw=1.5)
ax12.invert_yaxis()
_ = ax12.set(xlim=(0, 1.02), xlabel="held-out accuracy (dotted: guessing)")


# %%
def judge(fault):
    real, drawn, found = examined[fault]
    for bar, width in zip(bars, (real, drawn), strict=True):
        bar.set_width(width)
    ax12.set_title(fault)
    rows = "".join(
        f"<tr><td>{check}</td><td><b>{'passes' if ok else 'caught'}</b></td></tr>"
        for check, ok in found.items()
    )
    return fig12, f"<table><tr><th>check</th><th>{fault}</th></tr>{rows}</table>"


# %%
Explorer(
    judge,
    alt="Two bars: the held-out accuracy with the fault chosen, and the same with the labels "
    "shuffled before everything; below, which of six checks catch the fault.",
    fault=choice("fault", FAULTS),
)

# %%
print(" " * 21 + "".join(f"{name:>7}" for name in examined["no fault"][2]))
for fault, (_, _, found) in examined.items():
    print(f"{fault:21}" + "".join(f"{'-' if ok else 'caught':>7}" for ok in found.values()))

# %% [markdown]
# - **The accuracy** notices only the two that *lower* it. A leak makes it better, and nobody complains.
# - **Chance** finds what carries labels across: copies, the label left in, chosen features. It
#   needs no knowledge of the code. Run your whole pipeline on shuffled labels once: above guessing means
#   a leak.
# - **The scaler's leak** is invisible to all but the exact look at the scale.

# %% [markdown]
# ## Practise
#
# **Exercise 1.** Standardise both, by the training rows' statistics. Hints: `scale_both.hint()`.

# %%
from exercises.chapter_02 import encode, hold_out, scale_both, shuffle_both, stable_rate


def my_scaled(X_train, X_test):
    Z_train = ...
    Z_test = ...
    return Z_train, Z_test


scale_both.check(my_scaled)

# %% [markdown]
# **Exercise 2.** One-hot rows (n, K), float, from integer `labels` (n,) and the number of classes `K`.
# Hints: `encode.hint()`.


# %%
def my_one_hot(labels, K):
    return ...


encode.check(my_one_hot)

# %% [markdown]
# **Exercise 3.** Put rows and labels into the order `order`: its first entry says which row comes first.
# Hints: `shuffle_both.hint()`.


# %%
def my_shuffle(X, y, order):
    return ..., ...


shuffle_both.check(my_shuffle)

# %% [markdown]
# **Exercise 4.** For the squared loss above (no bias added): the largest stable rate, and the condition
# number, of `X` (n, d). Hints: `stable_rate.hint()`.


# %%
def my_rate(X):
    rate, kappa = ..., ...
    return rate, kappa


stable_rate.check(my_rate)

# %% [markdown]
# **Exercise 5.** A stratified split. Each row has a random key. Hold out, of each class, the `m` rows
# with the smallest keys; return a mask (n,) that is True for held-out rows. Hints: `hold_out.hint()`.


# %%
def my_held_out(labels, keys, m):
    return ...


hold_out.check(my_held_out)

# %% [markdown]
# **Exercise 6** (find the slips). Four lines are wrong. Which, and what does each do?
#
# 1. `best = np.argsort(-class_share(X, y))[:20]`
# 2. `X = X[:, best]`
# 3. `y = rng.permutation(y)`
# 4. `train, held = stratified_split(y, 0.2, rng)`
# 5. `A = StandardScaler().fit_transform(X[train])`
# 6. `B = StandardScaler().fit_transform(X[held])`
# 7. `T = one_hot(y[train], len(set(y[held])))`
#
# <details><summary>Answer</summary>
#
# - 1 chooses features with all rows (`class_share`: chapter 01's share between classes): the leak that makes knowledge of noise.
# - 3 shuffles the labels alone, and nothing is left to learn. (This is report B's sentence as code.)
# - 6 fits a second scaler: the held-out rows get another map than the training rows.
# - 7 counts classes in the held-out part: a class missing there makes a column too few. The number of
#   classes is known beforehand.
#
# </details>
#
# **Exercise 7.** $n - 1$ numbers are equal, one is different. Show that standardising sends the odd one
# to $\sqrt{n-1}$ (or minus that), *however* far off it was. How far up can the 700 kg be in the third
# panel of the first figure?
#
# <details><summary>Answer</summary>
#
# Shift and scale do not matter, so take $n - 1$ zeros and a one. Then
#
# $$
# \mu = \frac1n, \qquad
# \sigma^2 = \frac1n - \frac1{n^2} = \frac{n-1}{n^2},
# $$
#
# $$
# z = \frac{1 - 1/n}{\sqrt{n-1}/n} = \frac{n-1}{\sqrt{n-1}} = \sqrt{n-1}.
# $$
#
# For $n = 100$ it is $\sqrt{99} \approx 9.95$. The other weights are not quite equal, so it stays below.
#
# </details>

# %% [markdown]
# ## Summary
#
# - Min-max and standardising are $z = (x - a)/s$, column by column, with $a$ and $s$ from the training
#   rows. No correlation changes, no shape.
# - The largest eigenvalue of $X^T X/n$ limits the rate, the smallest decides how long it takes. Columns
#   that are not centred make one giant eigenvalue.
# - On principal components standardising is whitening: the training loss falls fast, and what was quiet
#   is made loud.
# - One-hot targets make answers into probabilities; class numbers make doubt into the middle class.
# - Shuffle rows and labels by one permutation. Split small sets class by class.
# - A leak raises the accuracy. Shuffle the labels before everything: what still scores, leaks.
#
# Back: [01 See the data](01_see_the_data.ipynb)
# Next: [03 Build a linear layer](03_build_a_linear_layer.ipynb)
