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
# # 01 See the data
#
# **You will learn** how a picture becomes 128 numbers and what is lost on the way, and how to test
# what a report says about its data: do the numbers share a scale, are they normal, which classes
# look alike?
#
# **You need** chapter 00, matrix products, and what an eigenvector is ($Cv = \lambda v$).
# **Time**: 75 minutes. **Runs in** under 30 seconds.

# %%
import numpy as np
from scipy import stats

from mlpcore import stratified_split
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, slider
from mlpcore.metrics import confusion_matrix
from mlpcore.plots import BLUE, LINES, MARKERS, ORANGE, VERMILLION, image_grid, show, subplots
from mlpcore.plots import confusion_matrix as draw_confusion
from mlpcore.preprocess import PCA
from mlpcore.source import show_source

# %%
data = load("shapes10")  # or "cifar10", once it is built
print(data.describe())

# %% [markdown]
# The reports say this about their data, and we test it:
#
# | claim | where |
# |---|---|
# | 5,000 rows of each class | A 2.1.1, B 1.3 |
# | no missing values | B 1.3 |
# | standard deviation $1.1688637$, "very close to 1"; mean $-1.59374025$, "close to 0" | A 2.1.1 |
# | "no significant scale variation" between features | B 2.1 |
# | "all features conform to a normal distribution" | B 2.1 |
#
# Their data are CIFAR-10's; `shapes10` stands in and goes through the same steps. For the verdicts on
# the reports' own data put `load("cifar10")` above.

# %% [markdown]
# ## Count the classes

# %%
fig, ax = subplots(width=7, height=2.8)
place = np.arange(10)
ax.bar(place - 0.2, np.bincount(data.y_train), 0.4, color=BLUE, label="training")
ax.bar(place + 0.2, np.bincount(data.y_test), 0.4, color=ORANGE, hatch="//", label="test")
ax.set_xticks(place, data.class_names, rotation=30)
ax.set(ylabel="rows", ylim=(0, 6900))
ax.legend(ncols=2, loc="upper right")
show(fig, "Rows by class: ten equal bars for training, ten equal, lower ones for the test set.")

# %%
print("training rows of each class:", np.unique(np.bincount(data.y_train)))
print("missing values:", np.isnan(data.X_train).sum() + np.isnan(data.X_test).sum())

# %% [markdown]
# Both claims hold (this is report B's Figure 1). With equal classes, always saying "disc" scores 0.10.
# Were nine rows in ten discs, it would score 0.90 and have learnt nothing. Keep that number in mind:
# **0.10 is the score of knowing nothing** here.
#
# The test set is not touched again in this chapter.

# %% [markdown]
# ## Write a picture as a row of numbers
#
# A picture is $S \times S$ pixels, each with a red, a green and a blue value from 0 to 255. We read it
# like a page: the pixels of the top line from left to right, three numbers each, then the next line.
# Divided by 255, that is one row. With pixel line $r$ and column $c$, counted from 0, and colour 0, 1
# or 2,
#
# $$
# \text{position} = 3\,(S\,r + c) + \text{colour}.
# $$

# %%
picture = data.images_train[5]
row = picture.reshape(-1) / 255
print(picture.shape, "becomes", row.shape)

# %% [markdown]
# **Predict first**: you stand on the red of some pixel. How many positions further along the row is
# the red of the pixel *below* it? Then find out with the slider.

# %%
fig1, (page, strip) = subplots(1, 2, width=8, height=3.2, width_ratios=(1, 1.7))
page.imshow(picture)
page.axis("off")
(spot,) = page.plot([], [], "s", ms=12, mfc="none", mec="black", mew=3)
(spot_in,) = page.plot([], [], "s", ms=12, mfc="none", mec="white", mew=1)
strip.plot(row, color="#999999", lw=0.8)
(here,) = strip.plot([], [], "o", ms=10, color=VERMILLION)
_ = strip.set(xlabel="position in the row", ylabel="value / 255", ylim=(0, 1.05))


# %%
def locate(position):
    r, c, colour = np.unravel_index(position, picture.shape)
    spot.set_data([c], [r])
    spot_in.set_data([c], [r])
    here.set_data([position], [row[position]])
    name = ("red", "green", "blue")[colour]
    strip.set_title(f"position {position}: line {r}, column {c}, {name}: {picture[r, c, colour]}")
    return fig1


# %%
Explorer(
    locate,
    alt="A picture with one pixel framed, and all its numbers in a row with one of them marked.",
    position=slider("position", 0, row.size - 1, value=342),
)

# %% [markdown]
# One line has $S$ pixels of three numbers: $3S$ positions. The wave in the grey curve is that, line
# after line.
#
# A network of linear layers does not know which numbers were neighbours. Had we put all pictures'
# numbers into another order, the same for all, it would learn just as well.

# %% [markdown]
# ## Predict which direction matters
#
# Two of these numbers: the red of a pixel in the middle, and the red of the pixel to its right. Each
# picture is a point.

# %%
middle = data.images_train.shape[1] // 2
pair = data.images_train[:2000, middle, middle : middle + 2, 0] / 255
pair = pair - pair.mean(axis=0)

# %% [markdown]
# Neighbours mostly agree: one number nearly does for both. Which one? Lay a line with direction
# $v$, of length 1, through the mean. A point $x$ (minus the mean) becomes one number, its place
# along the line: $t = x \cdot v$, the **score**. What is lost is its distance to the line.
#
# **Predict first**: at which angle does the line keep most? What does *kept + lost* do as it turns?

# %%
angles = np.deg2rad(np.arange(-90, 91))
along = pair @ np.stack([np.cos(angles), np.sin(angles)])
kept_at = (along**2).sum(axis=0) / (len(pair) - 1)
lost_at = (pair**2).sum() / (len(pair) - 1) - kept_at

# %%
fig2, (plane, budget) = subplots(1, 2, width=8, height=3.6)
plane.plot(*pair[:300].T, ls="", marker=".", ms=4, color="#888888")
(line,) = plane.plot([], [], **LINES[0], lw=2)
(feet,) = plane.plot([], [], **LINES[1], lw=1)
plane.set(xlabel="pixel (minus its mean)", ylabel="pixel to its right", aspect="equal")
plane.set(xlim=(-0.65, 0.65), ylim=(-0.65, 0.65))
marks = [
    budget.plot([], [], **LINES[i], marker=MARKERS[i], label=("kept", "lost")[i]) for i in (0, 1)
]
budget.set(xlabel="angle (degrees)", ylabel="mean square", xlim=(-90, 90), ylim=(0, 0.2))
_ = budget.legend(ncols=2, loc="upper left")


# %%
def turn(angle):
    v = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    line.set_data(*np.outer(v, [-0.9, 0.9]))
    points = pair[:40]
    foot = (points @ v)[:, None] * v
    gaps = np.stack([points, foot, np.full_like(foot, np.nan)], axis=1).reshape(-1, 2)
    feet.set_data(*gaps.T)
    seen = slice(0, angle + 91)
    for (mark,), values in zip(marks, (kept_at, lost_at), strict=True):
        mark.set_data(np.rad2deg(angles[seen]), values[seen])
        mark.set_markevery([angle + 90])
    kept, lost = kept_at[angle + 90], lost_at[angle + 90]
    budget.set_title(f"{kept:.3f} kept + {lost:.3f} lost = {kept + lost:.3f}")
    return fig2


# %%
Explorer(
    turn,
    alt="Left: points, a line that the slider turns, and the distances of some points to it. "
    "Right: what the line keeps and loses at each angle so far.",
    angle=slider("angle (degrees)", -90, 90, value=-30),
)

# %%
most, least = np.rad2deg(angles[[kept_at.argmax(), kept_at.argmin()]])
print(f"keeps most at {most:.0f} degrees, least at {least:.0f}")

# %% [markdown]
# At 45 degrees the score is the two values' sum, up to a factor, and what is lost is their
# difference. *Kept + lost* never changes. The next section says why.

# %% [markdown]
# ## Derive the first component
#
# Let $R$ hold the raw pixels, one picture a row, and $m$ its mean row, the mean picture. Subtract $m$
# from each row $j$:
#
# $$
# \underset{(n,\,d)}{\tilde R} = \underset{(n,\,d)}{R} - \underset{(d)}{m},
# \qquad m = \frac1n \sum_j R_j
# $$
#
# Now each column of $\tilde R$ has mean 0, and so have the scores $\tilde R v$ of any direction $v$.
# Their variance is
#
# $$
# \begin{aligned}
# \frac{1}{n-1} \sum_j (\tilde R_j \cdot v)^2
# &= \frac{1}{n-1} (\tilde R v)^T (\tilde R v) \\
# &= v^T C v,
# \qquad \underset{(d,\,d)}{C} = \frac{\tilde R^T \tilde R}{n-1}.
# \end{aligned}
# $$
#
# $C$ is the **covariance** of the pixels.
#
# **Why kept + lost is constant.** A row $x$ of $\tilde R$, its foot on the line and the mean make a
# right triangle. By Pythagoras $|x|^2 = t^2 + (\text{distance})^2$. The line cannot change $|x|^2$. So
# keeping the most variance *is* losing the least.
#
# **Which $v$ is best?** $C$ is symmetric, so it has $d$ orthonormal eigenvectors $v_1, \dots, v_d$ with
# $C v_i = \lambda_i v_i$. Number them so that $\lambda_1 \ge \lambda_2 \ge \dots$ Any direction is a
# mixture $v = \sum_i a_i v_i$ with $\sum_i a_i^2 = 1$, and
#
# $$
# v^T C v = \sum_i a_i^2 \lambda_i \;\le\; \lambda_1 \sum_i a_i^2 = \lambda_1 .
# $$
#
# A weighted mean of the $\lambda_i$ cannot exceed the largest. It reaches it at $v = v_1$: the **first
# principal component**. The variance it keeps is its eigenvalue.

# %% [markdown]
# Measure it, on 3,000 pictures in float64. If $v_1$ is the best, then nudging it a little, in any
# direction, must keep less.

# %%
R = data.images_train[:3000].reshape(3000, -1) / 255
m = R.mean(axis=0)
Rc = R - m
C = Rc.T @ Rc / (len(R) - 1)
eigenvalues, vectors = np.linalg.eigh(C)  # in rising order, one vector a column
eigenvalues, V = eigenvalues[::-1], vectors[:, ::-1].T  # largest first, one vector a row

# %%
nudged = V[0] + 0.01 * np.random.default_rng(0).normal(size=(1000, len(C)))
nudged /= np.linalg.norm(nudged, axis=1, keepdims=True)
kept = (Rc @ nudged.T).var(axis=0, ddof=1)
print("variance of the scores is v C v:", np.allclose(kept, ((nudged @ C) * nudged).sum(axis=1)))
print("along v_1 it is lambda_1:", np.isclose((Rc @ V[0]).var(ddof=1), eigenvalues[0]))
print("nudged directions that keep more:", (kept > eigenvalues[0]).sum(), "of 1000")

# %% [markdown]
# ## Derive the rest
#
# The second component is the best direction at right angles to the first: a mixture without $v_1$,
# so by the same argument $v_2$, which keeps $\lambda_2$. And so on. Stack the first $k$ as rows of $V$:
#
# $$
# \underset{(n,\,k)}{X} = \underset{(n,\,d)}{\tilde R}\;\underset{(d,\,k)}{V^T},
# \qquad
# \underset{(n,\,d)}{\hat R} = \underset{(n,\,k)}{X}\;\underset{(k,\,d)}{V} + \underset{(d)}{m}.
# $$
#
# $X$ are the **features**, the $X$ of every later chapter. $\hat R$ are the pictures rebuilt from them.
# Three things follow.
#
# - **Orthonormal**: $V V^T = I$.
# - **Uncorrelated**: the covariance of the features is
#   $V C V^T = \operatorname{diag}(\lambda_1, \dots, \lambda_k)$.
# - **The loss is known**: Pythagoras again, for all dropped directions at once:
#
# $$
# \frac{1}{n-1} \sum_j |R_j - \hat R_j|^2 = \lambda_{k+1} + \dots + \lambda_d
# $$
#
# Hence the **share of variance kept**:
#
# $$
# \frac{\lambda_1 + \dots + \lambda_k}{\lambda_1 + \dots + \lambda_d}
# $$

# %%
X8 = Rc @ V[:8].T
covariance = X8.T @ X8 / (len(X8) - 1)
print("orthonormal: ", np.allclose(V @ V.T, np.eye(len(V))))
print("uncorrelated:", np.allclose(covariance, np.diag(eigenvalues[:8])))
for k in (1, 8, 64):
    rebuilt = Rc @ V[:k].T @ V[:k] + m
    lost = ((R - rebuilt) ** 2).sum() / (len(R) - 1)
    print(f"k = {k:2}: lost equals dropped:", np.isclose(lost, eigenvalues[k:].sum()))

# %% [markdown]
# ## Get it from the singular values
#
# There is a second road. Every matrix has a singular value decomposition $\tilde R = U S V^T$, with
# orthonormal columns in $U$ and in $V$, and $S$ diagonal. (This $V$ has the components as columns;
# NumPy returns its transpose, where they are rows.) Put it into $C$; $U^T U = I$ drops out:
#
# $$
# \begin{aligned}
# C = \frac{\tilde R^T \tilde R}{n-1}
# &= \frac{V S\,U^T U\,S V^T}{n-1} \\
# &= V\,\frac{S^2}{n-1}\,V^T
# \end{aligned}
# $$
#
# So the right singular vectors *are* the components, and $\lambda_i = s_i^2 / (n-1)$. $C$ is never
# formed. But the whole of $\tilde R$ must be in memory, where $C$ takes only $d \times d$ numbers.

# %%
U, s, Vt = np.linalg.svd(Rc, full_matrices=False)
cosines = (V[:128] * Vt[:128]).sum(axis=1)
print("same eigenvalues:", np.allclose(s**2 / (len(R) - 1), eigenvalues[: len(s)]))
print("same 128 components, up to their sign:", np.allclose(np.abs(cosines), 1))

# %% [markdown]
# *Up to their sign*: if $v$ is an eigenvector of length 1, so is $-v$. Two correct programs may give
# opposite features. That is why the library fixes the sign.

# %% [markdown]
# ## Build it
#
# The library's class. `_slices` hands out some rows at a time, so that 50,000 pictures need not be in
# memory in float64. `scale` is 1/255. The last lines before the attributes make the largest entry of
# each component positive.

# %%
show_source(PCA.fit, PCA.transform, PCA.inverse_transform, checks=False)

# %% [markdown]
# Ask it the same question, then see that the features we were given are this and nothing else. They
# come from a PCA fitted on all 50,000 training pictures, stored as float32. Test pictures are put
# through the *same* components: fitting on them as well would be a leak.

# %%
pca = PCA(128).fit(R)
cosines = (pca.components * V[:128]).sum(axis=1)
print("the library finds our components:", np.allclose(np.abs(cosines), 1))
again = data.pca.transform(data.images_train[:500].reshape(500, -1))
print("X_train is the pictures' scores: ", np.allclose(again, data.X_train[:500], atol=1e-4))

# %% [markdown]
# ## Break it
#
# Seven ways to get PCA wrong; all of them run, and all give 16 features. `directions` returns the
# eigenvectors of $A^T A$, largest first, as rows.


# %%
def directions(A):
    return np.linalg.eigh(A.T @ A)[1][:, ::-1].T


# %%
def faults(R, y):
    m, rng = R.mean(axis=0), np.random.default_rng(0)
    own = R[y == 0] - R[y == 0].mean(axis=0)
    right = directions(R - m)
    pixel_mean = R.mean(axis=1, keepdims=True)
    return {
        "no fault": (m, right[:16]),
        "not centred": (0 * m, directions(R)[:16]),
        "pictures centred, not pixels": (0 * m, directions(R - pixel_mean)[:16]),
        "fitted on one class": (R[y == 0].mean(axis=0), directions(own)[:16]),
        "rows and columns mixed up": (m, right.T[:16]),
        "the smallest eigenvectors": (m, right[-16:]),
        "random directions": (m, np.linalg.qr(rng.normal(size=right.shape))[0][:16]),
        "divided by the deviation": (m, right[:16] / np.sqrt(eigenvalues[:16, None])),
    }


# %% [markdown]
# And four checks, one for each thing derived above.
#
# **Predict first**: which check catches the fewest? Which catches all? And which faults will you
# *see* in the rebuilt pictures?


# %%
def checks(mean, V):
    X = (R - mean) @ V.T
    lost = ((R - X @ V - mean) ** 2).sum() / (len(R) - 1)
    correlation = np.corrcoef(X.T) - np.eye(len(V))
    return {
        "V V^T = I": np.allclose(V @ V.T, np.eye(len(V))),
        "features have mean 0": np.allclose(X.mean(axis=0), 0),
        "features uncorrelated": np.abs(correlation).max() < 1e-6,
        "lost = dropped": np.isclose(lost, eigenvalues[len(V) :].sum()),
    }


# %%
FAULTS = faults(R, data.y_train[: len(R)])
PASSED = {fault: checks(*fitted) for fault, fitted in FAULTS.items()}
chosen, side = [9, 12, 27, 5, 77, 1], picture.shape[0]
fig3, axes = subplots(2, 6, width=6.6, height=2.5)
for ax, i in zip(axes[0], chosen, strict=True):
    ax.imshow(data.images_train[i])
remade = [ax.imshow(np.zeros((side, side, 3))) for ax in axes[1]]
for ax in axes.flat:
    ax.axis("off")


# %%
def rebuild_wrong(fault):
    mean, V = FAULTS[fault]
    rebuilt = (R[chosen] - mean) @ V.T @ V + mean
    for artist, values in zip(remade, rebuilt, strict=True):
        artist.set_data(np.clip(values.reshape(side, side, 3), 0, 1))
    rows = ""
    for check, passed in PASSED[fault].items():
        rows += f"<tr><td>{check}</td><td><b>{'passes' if passed else 'caught'}</b></td></tr>"
    return fig3, f"<table><tr><th>check</th><th>{fault}</th></tr>{rows}</table>"


# %%
Explorer(
    rebuild_wrong,
    alt="Six pictures above; below, the same six rebuilt from 16 features with the chosen fault.",
    fault=choice("fault", list(FAULTS), value="not centred"),
)

# %% [markdown]
# All of them at once:

# %%
print(" " * 29, "V V^T   mean 0  uncorr. lost")
for fault, passed in PASSED.items():
    words = ["passes" if good else "caught" for good in passed.values()]
    print(f"{fault:29}", *(f"{word:7}" for word in words))

# %% [markdown]
# - **$V V^T = I$** holds for any set of perpendicular directions, good or bad. It catches only the
#   division, which gave the rows another length.
# - **Mean 0** says something of the centring, nothing of the directions.
# - **Uncorrelated** is true of *any* eigenvectors: the smallest pass.
# - **Lost = dropped** compares with the least that can be lost. It catches all seven.
# - **Your eyes** would have let the uncentred one pass. Its pictures look right: 16 directions have room
#   for the mean picture, and one of them is spent on it.

# %% [markdown]
# ## Look at what PCA keeps
#
# A component is a row of as many numbers as a picture has, so it *is* a picture. Here are the first
# ten, with the share of variance each keeps; grey is 0. **Predict first**: what do pictures differ in
# most of all?

# %%
V128, share = data.pca.components, data.pca.explained_variance_ratio
scaled = V128[:10] / np.abs(V128[:10]).max(axis=1, keepdims=True)
image_grid(
    0.5 + 0.5 * scaled.reshape(10, side, side, 3),
    "The first ten components as pictures: broad patches of brightness and colour, the first "
    "nearly even all over, later ones with more and smaller patches.",
    titles=[f"{i + 1}: {share[i]:.0%}" for i in range(10)],
    columns=5,
)

# %% [markdown]
# How bright it is; then, twice, which colour; then whether the light falls from the side or from above.
# Fine detail comes late, as few pictures share it.
#
# The slider adds one component after another: $\hat R = X V + m$ with the first $k$ columns of $X$ and
# the first $k$ rows of $V$.
#
# **Predict first**: what do you see at $k = 0$? Which comes back first, the colour or the shape? How
# many components do *you* need to name the shapes?

# %%
fig4, axes = subplots(2, 7, width=8, height=2.7, width_ratios=(1,) * 6 + (2.4,))
for ax, i in zip(axes[0], chosen, strict=False):
    ax.imshow(data.images_train[i])
rebuilt_at = [ax.imshow(np.zeros((side, side, 3))) for ax in axes[1, :6]]
for ax in [*axes[:, :6].flat, axes[0, 6]]:
    ax.axis("off")
curve = fig4.add_subplot(axes[0, 6].get_gridspec()[:, 6])
axes[1, 6].remove()
curve.plot(np.arange(129), np.append(0, share.cumsum()), **LINES[0])
(dot,) = curve.plot([], [], "o", color=VERMILLION, ms=9)
_ = curve.set(xlabel="components k", ylabel="variance kept", ylim=(0, 1), xlim=(0, 129))


# %%
def keep(k):
    rebuilt = data.X_train[chosen, :k] @ V128[:k] + data.pca.mean
    for artist, values in zip(rebuilt_at, rebuilt, strict=True):
        artist.set_data(np.clip(values.reshape(side, side, 3), 0, 1))
    dot.set_data([k], [share[:k].sum()])
    curve.set_title(f"{share[:k].sum():.0%} kept")
    return fig4


# %%
Explorer(
    keep,
    alt="Six pictures above; below, the same rebuilt from their first k features. Beside them the "
    "share of variance kept, which rises with k, steeply at first.",
    k=slider("components k", 0, 128, value=3),
)

# %% [markdown]
# At 0 all are the mean picture. Colour comes back at once, shapes only with dozens. **Variance is not
# meaning**: PCA keeps what varies most, and knows nothing of the labels.

# %% [markdown]
# ## Test the scale
#
# B 2.1: "no significant scale variation". The features' standard deviations are $\sqrt{\lambda_i}$.
# **Predict first**: the largest divided by the smallest is about 1? 2? 10? More?
#
# Chance alone makes the deviations of 128 equal columns differ a little; to see how little, we draw
# some.

# %%
X = data.X_train.astype(np.float64)
std = X.std(axis=0)
equal = np.random.default_rng(0).normal(size=X.shape)

# %%
fig, ax = subplots(width=7, height=3.2)
number = np.arange(1, 129)
ax.plot(number, std, **LINES[0], lw=2, label="features")
ax.plot(number, equal.std(axis=0) * X.std(), **LINES[1], label="equal columns, drawn by chance")
ax.set(yscale="log", xlabel="component", ylabel="standard deviation\n(log scale)")
ax.set_yticks([0.1, 0.2, 0.5, 1, 2, 5, 10], ["0.1", "0.2", "0.5", "1", "2", "5", "10"])
ax.minorticks_off()
ax.legend()
show(fig, "Standard deviation by component, log scale: falls steadily from the first to the last.")

# %%
print(f"largest / smallest deviation: {std.max() / std.min():.0f}")
chance = equal.std(axis=0)
print(f"of equal columns:             {chance.max() / chance.min():.2f}")

# %% [markdown]
# The claim does not hold, and no run was needed to know: PCA *sorts* by variance.
#
# Report A gives a single deviation for all numbers together, 1.1688637, "very close to 1". Such a
# number is the root of the mean variance, $\sqrt{\frac{1}{128}\sum_i \lambda_i}$. It says how much is
# kept in all. It cannot say whether one column is far wider than another.

# %%
overall = np.sqrt(data.pca.explained_variance.mean())
print("the overall deviation is that root:", np.isclose(X.std(), overall, rtol=1e-4))
print("every column's mean is below 1e-6: ", (np.abs(X.mean(axis=0)) < 1e-6).all())

# %% [markdown]
# Whether the scales *should* be made equal is another question (chapter 02). Dividing the last
# component by its small deviation makes its noise as loud as the colour of the picture.

# %% [markdown]
# ## Test whether the features are normal
#
# Bring a feature $x$ to mean 0 and deviation 1: $z = (x - \bar x) / \sigma$. Two numbers say how its
# shape differs from a normal one's:
#
# $$
# \begin{aligned}
# \text{skewness} &= \frac1n \sum_j z_j^3 && \text{0 if symmetric} \\
# \text{excess kurtosis} &= \frac1n \sum_j z_j^4 - 3 && \text{0 if normal}
# \end{aligned}
# $$
#
# Fourth powers belong to the far-off values: above 0 means more of them than a normal has (heavy
# tails), below 0 means fewer (flat).

# %%
z = (X - X.mean(axis=0)) / std
skewness, kurtosis = (z**3).mean(axis=0), (z**4).mean(axis=0) - 3
print("SciPy agrees on skewness:", np.allclose(skewness, stats.skew(X)))
print("SciPy agrees on kurtosis:", np.allclose(kurtosis, stats.kurtosis(X)))

# %% [markdown]
# And a picture: a **QQ plot**. Sort the values; against each, put the value that a normal of the same
# size has at that place. If the feature is normal, the points lie on the diagonal.
#
# **Predict first**: do all components look normal in the histogram? And in the QQ plot? Try 1, 2, 5
# and 20, then with only 100 rows.

# %%
fig5, (density, quantiles) = subplots(1, 2, width=8, height=3.6)
grid, bins = np.linspace(-4, 4, 81), np.linspace(-5, 5, 41)
steps = density.stairs(np.zeros(40), bins, fill=True, color="#9CC3E0", label="feature")
density.plot(grid, stats.norm.pdf(grid), **LINES[1], lw=2, label="normal")
density.set(xlabel="z", ylabel="density", ylim=(0, 0.6))
density.legend(loc="upper left", fontsize=9)
quantiles.plot([-4, 4], [-4, 4], **LINES[1])
(qq,) = quantiles.plot([], [], "o", ms=4, color=BLUE)
_ = quantiles.set(xlabel="z of a normal", ylabel="z of the feature", xlim=(-4.2, 4.2), ylim=(-7, 7))


# %%
def compare_with_normal(component, rows):
    values = X[:rows, component - 1]
    values = (values - values.mean()) / values.std()
    steps.set_data(np.histogram(values, bins, density=True)[0])
    inside = grid[np.abs(grid) < stats.norm.isf(0.5 / rows)]
    qq.set_data(inside, np.quantile(values, stats.norm.cdf(inside)))
    far, expected = (np.abs(values) > 3).mean(), 2 * stats.norm.sf(3)
    density.set_title(f"beyond 3: {far:.2%} (normal {expected:.2%})", fontsize=11)
    p = stats.normaltest(values).pvalue
    p = f"= {p:.1g}" if p > 1e-99 else "< 1e-99"
    quantiles.set_title(f"excess kurtosis {(values**4).mean() - 3:.2f}, p {p}", fontsize=11)
    return fig5


# %%
Explorer(
    compare_with_normal,
    alt="Left: the chosen feature's histogram and a normal curve. Right: its QQ plot, points "
    "against a dashed diagonal. Titles give the share beyond 3 deviations, kurtosis and p.",
    component=slider("component", 1, 128, value=5),
    rows=choice("rows used", [("the first 100", 100), ("the first 1,000", 1000), ("all", len(X))]),
)

# %% [markdown]
# With 100 rows most pass for normal. With all, components 2 and 3 are too flat, and most others have
# both too sharp a peak and too heavy tails: the ends of the QQ plot bend away, up on the right and
# down on the left.

# %% [markdown]
# ## Read a p-value
#
# `p` in the title is from a test. It answers: *if the feature were exactly normal, how often would a
# sample of this size look at least this odd?* The test (D'Agostino and Pearson) measures skewness and
# excess kurtosis in units of what chance gives a normal sample. For large $n$ these units are
#
# $$
# \sqrt{6/n} \quad\text{and}\quad \sqrt{24/n}.
# $$

# %%
samples = np.random.default_rng(0).normal(size=(500, 4000))
print(f"skewness: measured / formula {stats.skew(samples).std() / np.sqrt(6 / 500):.1f}")
print(f"kurtosis: measured / formula {stats.kurtosis(samples).std() / np.sqrt(24 / 500):.1f}")
print(f"at n = 50,000 the units are {np.sqrt(6 / 50_000):.2f} and {np.sqrt(24 / 50_000):.2f}")

# %% [markdown]
# A kurtosis of 0.1, which no eye sees, is then several units. To know what a rejection is worth, we
# test three sets of 128 columns, at $p < 0.05$:
#
# - our features;
# - numbers drawn from an exact normal;
# - sums of 12 uniform numbers, minus 6: mean 0, deviation 1, excess kurtosis $-0.1$. Programs once used
#   them *as* normal numbers.
#
# **Predict first**: of each set, how many columns will be called "not normal" with 50 rows, and with
# 50,000?

# %%
rng = np.random.default_rng(1)
nearly = sum(rng.random(size=X.shape, dtype=np.float32) for _ in range(12)) - 6.0
SETS = {"our features": X, "exactly normal": equal, "sums of 12 uniforms": nearly}
sizes = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000]
rejected = {
    name: [(stats.normaltest(A[:n]).pvalue < 0.05).sum() for n in sizes] for name, A in SETS.items()
}

# %%
fig, ax = subplots(width=7, height=3.4)
for i, (name, counts) in enumerate(rejected.items()):
    ax.plot(sizes, counts, **LINES[i], marker=MARKERS[i], label=name)
ax.axhline(0.05 * 128, color="black", lw=1, ls=":", label="5% of 128")
ax.set(xscale="log", xlabel="rows used", ylabel='columns called "not normal"', ylim=(-4, 134))
ax.legend(fontsize=10)
show(
    fig,
    "Columns called not normal against rows used: our features climb first, the sums of uniforms "
    "later, both to nearly all; exactly normal columns stay near 5 per cent at every size.",
)

# %% [markdown]
# - **Exactly normal** columns are rejected at any size about 5 times in 100: that is what $p < 0.05$
#   means. With 128 tests, expect 6 false alarms. Bonferroni's remedy: ask for $p < 0.05/128$.
# - **Large $n$ rejects everything** that is not *exactly* normal, the harmless sums too. And small $n$
#   lets much pass. "The test did not reject" mostly tells you how many rows there were.
#
# So do not ask *whether* it differs, but *by how much*: the **effect size**. Here, the kurtosis itself.

# %%
fig, ax = subplots(width=7.4, height=3.4)
ax.axhspan(-0.5, 0.5, color="#DDDDDD", label="within 0.5")
ax.plot(number, kurtosis, ls="", marker="o", ms=4, color=BLUE, label="excess kurtosis")
ax.plot(number, skewness, ls="", marker="x", ms=4, color=VERMILLION, label="skewness")
ax.axhline(-0.1, **LINES[2], lw=1, label="sum of 12 uniforms")
ax.set(xlabel="component", ylabel="0 if normal", ylim=(-1.3, 4.4))
ax.legend(ncols=2, fontsize=9, loc="upper center")
show(
    fig,
    "Skewness and excess kurtosis of the 128 features: skewness is near 0; kurtosis lies below the "
    "band for the first few features and above it for nearly all the others.",
)

# %% [markdown]
# Where to draw the line is a choice; say it before you look. We call a feature *near normal* if both
# numbers lie within 0.5.

# %%
p = stats.normaltest(X).pvalue
near = (np.abs(skewness) < 0.5) & (np.abs(kurtosis) < 0.5)
print("rejected at p < 0.05/128:", (p < 0.05 / 128).sum(), "of 128")
print("near normal:             ", near.sum(), "of 128")
print("symmetric within 0.5:    ", (np.abs(skewness) < 0.5).sum(), "of 128")

# %% [markdown]
# The claim fails by the test and by the size of the effect. What is left of it: the features are
# symmetric.
#
# ## Give the verdicts
#
# Each claim against its measurement. "No scale variation" is read kindly: the widest feature at most
# twice as wide as the narrowest.

# %%
VERDICTS = {
    "A, B: 5,000 of each class": (np.bincount(data.y_train) == 5000).all(),
    "B: no missing values": not np.isnan(X).any(),
    "A: the mean is -1.59": abs(X.mean() + 1.59) < 0.01,
    "B: no significant scale variation": std.max() / std.min() < 2,
    "B: all features normal, by the test": (p > 0.05 / 128).all(),
    "B: all features normal, by the effect": near.all(),
}

# %%
for claim, holds in VERDICTS.items():
    print(f"{claim:38}", "holds" if holds else "does not hold")

# %% [markdown]
# Does a network mind? No. Nothing in its training assumes normal inputs. What it does feel is scale,
# and far-off values. A claim can be wrong and harmless; you know which only after testing.

# %% [markdown]
# ## Look for correlations
#
# Over all rows the features are uncorrelated, by construction. **Predict first**: and within one
# class? Compare each with as many rows chosen at random.

# %%
y = data.y_train
groups = {"all classes together": X, **{n: X[y == c] for c, n in enumerate(data.class_names)}}
groups["5,000 random rows"] = X[np.random.default_rng(2).permutation(len(X))[:5000]]
correlations = {name: np.corrcoef(rows.T) - np.eye(128) for name, rows in groups.items()}

# %%
fig6, panels = subplots(1, 2, width=8, height=3.7, sharey=True)
by_chance = correlations["5,000 random rows"]
look = {"cmap": "RdBu_r", "vmin": -0.3, "vmax": 0.3, "interpolation": "nearest"}
drawn = [ax.imshow(by_chance, extent=(0.5, 128.5, 128.5, 0.5), **look) for ax in panels]
(largest,) = panels[1].plot([], [], "o", ms=14, mfc="none", mec="black", mew=1.5)
panels[0].set_title(f"random rows: largest {np.abs(by_chance).max():.2f}", fontsize=11)
panels[0].set_ylabel("component")
fig6.colorbar(drawn[1], ax=panels, label="correlation, less the diagonal", extend="both")
for ax in panels:
    ax.set_xlabel("component")
    ax.grid(False)


# %%
def correlate(rows):
    matrix = correlations[rows]
    i, j = np.unravel_index(np.abs(matrix).argmax(), matrix.shape)
    drawn[1].set_data(matrix)
    largest.set_data([j + 1], [i + 1])
    largest.set_visible(abs(matrix[i, j]) > 1e-3)
    panels[1].set_title(f"{rows}: largest {abs(matrix[i, j]):.2f}", fontsize=11)
    return fig6


# %%
Explorer(
    correlate,
    alt="Correlations between the 128 features as grids of colours, red above 0 and blue below: "
    "left in 5,000 random rows, right in the chosen ones, the largest circled.",
    rows=choice("rows", [name for name in groups if name != "5,000 random rows"]),
)

# %% [markdown]
# Classes have patterns of their own, far above what 5,000 random rows show; stripes and rings most of
# all. *Uncorrelated* is a statement about all rows together.
#
# How can it vanish over all? Let $\mu_c$ be the mean row of class $c$'s features and $C_c$ their
# covariance, here divided by the number of rows. There are $K$ classes of equal size, and the overall
# mean is 0. Write a row of class $c$ as $x = \mu_c + (x - \mu_c)$. In the mean of $x^T x$ (a $d$ by $d$
# matrix) over the class the mixed terms vanish, since $x - \mu_c$ has mean 0 there:
#
# $$
# \underbrace{C_X}_{\substack{\text{all rows:}\\ \text{diagonal}}}
# = \underbrace{\frac1K \sum_c C_c}_{\text{within classes}}
# + \underbrace{\frac1K \sum_c \mu_c^T \mu_c}_{\text{between classes}}
# $$
#
# Off the diagonal the right side must add up to 0: what one class has, other classes, or the
# means, take back.

# %%
classes = [X[y == c] for c in range(10)]
means = np.array([rows.mean(axis=0) for rows in classes])
within = np.mean([np.cov(rows.T, bias=True) for rows in classes], axis=0)
between = means.T @ means / 10
print("within + between = all:", np.allclose(within + between, np.cov(X.T, bias=True)))

# %% [markdown]
# ## See which classes look alike
#
# **Predict first**: what does the mean of 5,000 pictures of stars look like?

# %%
mean_pictures = (means @ V128).reshape(10, side, side, 3)
image_grid(
    0.5 + 0.5 * mean_pictures / np.abs(mean_pictures).max(),
    "The mean picture of each class less the mean of all, contrast raised: a blurred patch of "
    "colour on another colour; neighbours in the list have similar colours.",
    titles=data.class_names,
    columns=5,
)

# %% [markdown]
# Shapes that are now light on dark, now dark on light, here and there, average out. The usual colours
# remain (the contrast is raised a lot). How far apart are the means? Compare with the **spread**: how
# far pictures are from their own class's mean (root of the mean square).

# %%
distance = np.linalg.norm(means[:, None] - means, axis=2)
spread = np.sqrt(np.trace(within))

# %%
a, b = np.unravel_index((distance + 99 * np.eye(10)).argmin(), (10, 10))
print("the most alike:", data.class_names[a], "and", data.class_names[b])
print(f"spread / distance of these two: {spread / distance[a, b]:.0f}")
print(f"spread / largest distance:      {spread / distance.max():.1f}")

# %%
fig, ax = subplots(width=6.4, height=4.6)
picture_of = ax.imshow(distance, cmap="Blues_r", vmin=0, vmax=spread)
for (i, j), value in np.ndenumerate(distance):
    ink = "white" if value < 0.5 * spread else "black"
    ax.text(j, i, f"{value:.1f}" if i != j else "", ha="center", va="center", fontsize=9, color=ink)
ax.set_xticks(range(10), data.class_names, rotation=40, ha="right", rotation_mode="anchor")
ax.set_yticks(range(10), data.class_names)
ax.grid(False)
fig.colorbar(picture_of, label="distance between class means\n(top of scale: the spread)")
show(fig, "Distances between class means, all well below the spread; smallest beside the diagonal.")

# %% [markdown]
# Even the classes furthest apart are closer to each other than a picture is to its own class's mean. In
# 128 dimensions the classes are ten fat clouds with nearly one centre.

# %% [markdown]
# ## Find the components that tell classes apart
#
# On the diagonal, the equation above splits each feature's variance: $\lambda_i$ = within + between. The
# share *between* is what the classes' means can explain.
#
# **Predict first**: the first component keeps by far the most variance. Is it the best to tell classes
# apart?

# %%
explained = np.diag(between) / np.diag(within + between)
best = np.argsort(-explained)[:4]

# %%
fig, ax = subplots(width=7.4, height=3)
ax.vlines(number, 0, explained, color=BLUE, lw=2)
ax.plot(number, explained, ls="", marker="o", ms=4, color=BLUE)
for i in best:
    aside = (-12, 2) if i == best[0] else (5, 2)
    ax.annotate(f"{i + 1}", (i + 1, explained[i]), xytext=aside, textcoords="offset points")
ax.set(xlabel="component", ylabel="share of variance\nbetween classes", ylim=(0, None))
show(
    fig,
    "Share of each component's variance that lies between classes: large for a few, numbered in "
    "the figure, next to nothing for the first and for nearly all others.",
)

# %% [markdown]
# The widest feature is of no use: brightness says nothing about the shape. What are the best four?

# %%
scaled = V128[best] / np.abs(V128[best]).max(axis=1, keepdims=True)
image_grid(
    0.5 + 0.5 * scaled.reshape(4, side, side, 3),
    "The four components with the largest shares as pictures: all of them are colours.",
    titles=[f"component {i + 1}" for i in best],
)

# %% [markdown]
# Two say which colour the whole picture has, two how the middle differs from the border: background
# and shape.
#
# Now look at two components at a time. Each dot is a picture in its own mean colour, two classes are
# ringed, and letters stand at the class means. The title says how many of the pictures of the two
# classes lie nearer to the right mean.
#
# **Predict first**: which two components tell disc from cross best? Then try stripes and cross, discs
# and rings. What is the wheel at components 2 and 3?

# %%
kept_rows, held = stratified_split(y, 0.1, np.random.default_rng(0))
shown = held[:1200]
flat = data.images_train[shown].reshape(1200, -1, 3)
colours = flat.mean(axis=1) / 255

# %%
fig7, ax7 = subplots(width=6.4, height=4.8)
ax7.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5))
cloud = ax7.scatter(np.zeros(1200), np.zeros(1200), c=colours, s=16)
rings = [
    ax7.plot([], [], ls="", marker=MARKERS[i], ms=8, mfc="none", mec=LINES[i]["color"], mew=1.3)[0]
    for i in (0, 1)
]
box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "black", "alpha": 0.85}
names = [
    ax7.text(0, 0, n[:3], ha="center", va="center", fontsize=9, bbox=box) for n in data.class_names
]


# %%
def two_components(first, second, A, B):
    pair_of = [first - 1, second - 1]
    cloud.set_offsets(z[shown][:, pair_of])
    for artist, c in zip(rings, (A, B), strict=True):
        artist.set_data(*z[shown[y[shown] == c]][:, pair_of].T)
    centres = means[:, pair_of] / std[pair_of]
    for artist, centre in zip(names, centres, strict=True):
        artist.set_position(centre)
    rows = held[(y[held] == A) | (y[held] == B)]
    squares = ((z[rows][:, None, pair_of] - centres[[A, B]]) ** 2).sum(axis=2)
    right = (np.array([A, B])[squares.argmin(axis=1)] == y[rows]).mean()
    ax7.set(xlabel=f"component {first} (deviations)", ylabel=f"component {second} (deviations)")
    who = f"{data.class_names[A]} or {data.class_names[B]}"
    ax7.set_title(f"{who}: {right:.0%} nearer to the right mean")
    return fig7


# %%
options = [(name, c) for c, name in enumerate(data.class_names)]
Explorer(
    two_components,
    alt="1,200 pictures as dots in their mean colour, placed by two of their features; circles and "
    "squares ring the chosen classes; the first letters of each class stand at its mean.",
    first=slider("across: component", 1, 128, value=1),
    second=slider("up: component", 1, 128, value=4),
    A=choice("class A (circles)", options, value=0),
    B=choice("class B (squares)", options, value=5),
)

# %% [markdown]
# Components 2 and 3 together are the colour wheel, and the classes' means stand around it in the order
# of the list. Disc and cross, on opposite sides, differ in colour. Cross and stripes, or disc and ring,
# stand side by side; 11 and 12 say a little more about those. A wheel has a flat middle, not a peak:
# hence the negative kurtosis.

# %% [markdown]
# ## Classify by the nearest mean
#
# The plainest classifier: say the class whose mean is nearest. It has no layers and takes no steps.
# Means and deviations come from nine tenths of the training rows, the score from the tenth. Distance
# can be plain, or *scaled*: each feature first divided by its deviation.
#
# **Predict first**: guessing scores 0.10; softmax regression's score stands in chapter 00's table. And
# the nearest mean's? If scaling helps, why: because the loud component 1 says nothing, or because two
# telling components, 11 and 12, are too quiet to be heard? Both suspects are tested too: leave 1 out;
# make 11 and 12 as wide as 2.


# %%
def nearest_mean(labels, weights):
    centres = np.array([X[kept_rows][labels == c].mean(axis=0) for c in range(10)])
    return (((X[held, None] - centres) * weights) ** 2).sum(axis=2).argmin(axis=1)


# %%
scale = X[kept_rows].std(axis=0)
without_first, widened = np.ones(128), np.ones(128)
without_first[0] = 0
widened[best[2:]] = scale[best[0]] / scale[best[2:]]
shuffled = np.random.default_rng(0).permutation(y[kept_rows])

# %%
widest, *_, third, fourth = best + 1
guesses = {
    "plain distance": nearest_mean(y[kept_rows], 1.0),
    "without component 1": nearest_mean(y[kept_rows], without_first),
    f"{third} and {fourth} as wide as {widest}": nearest_mean(y[kept_rows], widened),
    "scaled distance": nearest_mean(y[kept_rows], 1 / scale),
    "scaled, labels shuffled": nearest_mean(shuffled, 1 / scale),
}
accuracy = {name: (guess == y[held]).mean() for name, guess in guesses.items()}

# %%
fig, ax = subplots(width=7, height=2.6)
lengths = ax.barh(list(accuracy), list(accuracy.values()), color=[BLUE] * 4 + ["#999999"])
ax.bar_label(lengths, fmt="{:.2f}", padding=9)
ax.axvline(0.1, color="black", ls=":", lw=1.5)
ax.invert_yaxis()
ax.set(xlabel="accuracy on held-out rows (dotted: guessing)", xlim=(0, 0.5))
show(
    fig,
    "Accuracy of the nearest mean: well above guessing with plain distance, hardly better without "
    "component 1, much better with two components widened, best scaled; guessing if shuffled.",
)

# %% [markdown]
# - Component 1 was not to blame: all classes have nearly the same mean there, so it adds nearly the
#   same to all ten distances. Scaling helps because it lets the quiet, telling components speak.
# - Ten means come close to softmax regression. Beating that takes more than means: hidden layers.
# - **The last bar is a trap.** B 2.1 lists "shuffling the labels to eliminate any inherent order". Done
#   to the labels alone it destroys the data: each picture gets some other picture's label. Surely meant
#   is to shuffle *rows and labels together*, by one permutation: `order = rng.permutation(n)`, then
#   `X[order], y[order]`.
#
# The shuffled run is also a good alarm. A pipeline that scores above guessing on shuffled labels has a
# leak.
#
# **Predict first**: which classes will the scaled one mix up?

# %%
counts = confusion_matrix(guesses["scaled distance"], y[held])
draw_confusion(
    counts,
    data.class_names,
    "Confusion matrix of the nearest mean: right answers on the diagonal; the commonest mistakes "
    "are beside it, between classes next to each other in the list, or between first and last.",
)

# %% [markdown]
# Neighbours in the list (arrow and disc close the wheel): the ones whose means are close. All 45 pairs:

# %%
apart = np.linalg.norm((means[:, None] - means) / scale, axis=2)
upper = np.triu_indices(10, 1)
fig, ax = subplots(width=6.4, height=3.2)
ax.plot(apart[upper], (counts + counts.T)[upper], ls="", marker="o", color=BLUE)
ax.set(xlabel="distance between the two means (scaled)", ylabel="times mixed up")
show(fig, "Pairs of classes: the closer the two means, the more often they are mixed up.")

# %% [markdown]
# ## Walk among neighbours
#
# To a network, pictures are points, and near points get similar answers. What *is* near? The slider
# walks through held-out pictures and finds the five nearest training pictures.
#
# **Predict first**: will they share the shape, the colour or the brightness?

# %%
walk = held[:40]
METRICS = {
    "all features": np.ones(128),
    "all but component 1": np.where(number > 1, 1.0, 0.0),
    "each divided by its deviation": 1 / std,
}


# %%
def five_nearest(weights, rows):
    A, Q = (X[kept_rows] * weights).astype(np.float32), (X[rows] * weights).astype(np.float32)
    squares = (A**2).sum(axis=1) - 2 * Q @ A.T  # + |q|^2, the same for all of a row
    first = np.argpartition(squares, 5, axis=1)[:, :5]
    order = np.take_along_axis(squares, first, axis=1).argsort(axis=1)
    return kept_rows[np.take_along_axis(first, order, axis=1)]


# %%
nearest = {name: five_nearest(weights, walk) for name, weights in METRICS.items()}
fig8, frames = subplots(1, 6, width=8, height=1.9)
tiles = [ax.imshow(np.zeros((side, side, 3), np.uint8)) for ax in frames]
for ax in frames:
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, linewidth=3)


# %%
def neighbours(picture, distance):
    found = [walk[picture - 1], *nearest[distance][picture - 1]]
    for ax, tile, i in zip(frames, tiles, found, strict=True):
        same = y[i] == y[found[0]]
        tile.set_data(data.images_train[i])
        name = data.class_names[y[i]]
        ax.set_title(name if i == found[0] else f"{name} {'=' if same else '≠'}", loc="center")
        ax.spines[:].set_edgecolor("black" if i == found[0] else BLUE if same else VERMILLION)
    return fig8


# %%
Explorer(
    neighbours,
    alt="A picture, and the five training pictures nearest to it; an equals sign and a blue frame "
    "mark those of its class, a struck one and a red frame the others.",
    picture=slider("picture", 1, len(walk), value=2),
    distance=choice("distance by", list(METRICS)),
)

# %% [markdown]
# Brightness and colour first, as they have the largest variance; the shape if you are lucky. Leave out
# component 1 and the neighbours differ in brightness, but agree a little more often in class. How
# often, over 500 pictures:

# %%
agree = {n: (y[five_nearest(w, held[:500])] == y[held[:500], None]) for n, w in METRICS.items()}

# %%
fig, ax = subplots(width=7, height=2)
for place, values in enumerate(agree.values()):
    each = values.mean(axis=1)
    error = 1.96 * each.std(ddof=1) / np.sqrt(len(each))
    ax.errorbar(each.mean(), place, xerr=error, marker=MARKERS[place], color=BLUE, capsize=4, ms=8)
ax.axvline(0.1, color="black", ls=":", lw=1.5)
ax.set_yticks(range(3), list(agree))
ax.set(
    xlabel="share of the five in the same class (95%; dotted: guessing)",
    xlim=(0, 0.4),
    ylim=(2.5, -0.5),
)
show(
    fig,
    "Share of the five nearest that are of the same class: well above guessing with each "
    "distance, highest when component 1 is left out.",
)

# %% [markdown]
# Dividing by the deviation helped the means, and does not help here. A picture's distances to ten means
# all hold the same noise, its own. Each neighbour brings noise of its own, and a hundred quiet components
# have been made as loud as the colours.
#
# Learning, in the chapters to come, means finding a better notion of *near* than these.

# %% [markdown]
# ## Practise
#
# **Exercise 1.** PCA, yourself. From `R` (n, d) and `k` return the mean (d,), the first `k` components
# as rows (k, d), and their variances (k,), divided by $n - 1$. By `eigh` or by `svd`; signs are free.
# Hints: `pca_yourself.hint()`.

# %%
from exercises.chapter_01 import how_many, most_alike, pca_yourself, shape_of


def my_pca(R, k):
    mean = ...
    components = ...
    variance = ...
    return mean, components, variance


pca_yourself.check(my_pca)

# %% [markdown]
# **Exercise 2.** From *all* eigenvalues, largest first, compute the share of variance that the first
# 1, 2, 3, ... components keep, and the smallest number of components that keep at least `share`.
# Hints: `how_many.hint()`.


# %%
def my_number(eigenvalues, share):
    kept = ...
    number = ...
    return kept, number


how_many.check(my_number)

# %% [markdown]
# **Exercise 3.** Skewness and excess kurtosis of each column of `X` (n, d), without SciPy.
# Hints: `shape_of.hint()`.


# %%
def my_shape(X):
    skewness = ...
    kurtosis = ...
    return skewness, kurtosis


shape_of.check(my_shape)

# %% [markdown]
# **Exercise 4.** From `X` (n, d) and labels `y` (n,) of 0, ..., K - 1: the class means (K, d), all
# distances between them (K, K), and the pair of classes that are most alike (smallest distance).
# Hints: `most_alike.hint()`.


# %%
def my_pair(X, y):
    means = ...
    distances = ...
    pair = ...
    return means, distances, pair


most_alike.check(my_pair)

# %% [markdown]
# **Exercise 5** (find the slip). Report A: "a standard derivation of 1.1688637 and mean −1.59374025.
# [...] mean is close to 0". What is wrong, and how do you know without their data?
#
# <details><summary>Answer</summary>
#
# −1.59 is not close to 0: it is more than a deviation away. And it cannot be: features from PCA are
# centred, each column's mean is 0 but for rounding. In float64 rounding leaves something like
# $-1.59374025 \cdot 10^{-17}$. NumPy prints that as `-1.59374025e-17`, and the end was cut off.
#
# The deviation, on the other hand, fits CIFAR-10: with `load("cifar10")`, print `X.std()` and compare.
# They are close, not equal: a faster, slightly inexact PCA would explain that.
#
# </details>
#
# **Exercise 6.** Most features have heavy tails. Suppose a feature is $x = s z$: $z$ is normal, and
# $s > 0$, independent of $z$, is the contrast, which differs from picture to picture. Show that the
# excess kurtosis of $x$ cannot be negative. (Use: the mean of $z^2$ is 1, of $z^4$ is 3.)
#
# <details><summary>Answer</summary>
#
# Write $E$ for the mean. $E x^2 = E s^2$ and $E x^4 = 3\,E s^4$, so
#
# $$
# \frac{E x^4}{(E x^2)^2} - 3 = 3\,\frac{E s^4 - (E s^2)^2}{(E s^2)^2}
# = 3\,\frac{\operatorname{var}(s^2)}{(E s^2)^2} \ge 0 ,
# $$
#
# and 0 only if all contrasts are equal. Pictures of unequal contrast give heavy tails.
#
# </details>

# %% [markdown]
# ## Summary
#
# - PCA centres, then takes the eigenvectors of the covariance with the largest eigenvalues. It loses
#   exactly the variance it drops, and keeps what varies most, not what matters most.
# - The features are uncorrelated and centred. They do not share a scale, and few are normal.
# - With many rows every test rejects. Report how large the effect is.
# - Classes overlap: their means are closer to each other than pictures are to their own mean. Colour
#   tells some apart; shape has to be learnt.
# - Shuffle rows and labels together, never labels alone.
#
# Back: [00 Start here](00_start_here.ipynb) Next: [02 Prepare the data](02_prepare_the_data.ipynb)
