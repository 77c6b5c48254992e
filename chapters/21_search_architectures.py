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
# # 21 Search architectures
#
# **You will learn** four ways to search for a good network, what each costs in runs, and when the
# winner is not as good as it looks.
#
# **You need** [chapter 15](15_train_and_judge.ipynb). **Time**: 60 minutes. **Runs in** under
# 30 seconds.

# %%
import itertools

import numpy as np
import optuna

from mlpcore import AdamW, fit, models, records
from mlpcore.data import load
from mlpcore.explore import Explorer, choice, slider
from mlpcore.plots import COLOURS, LINES, show, subplots

optuna.logging.set_verbosity(optuna.logging.WARNING)

# %%
data = load("shapes10")
print(data.describe())

# %% [markdown]
# ## 162 networks
#
# Five settings, with two or three values each. All 162 networks have been trained, on CIFAR-10's
# features: GELU, AdamW, batches of 128, 15 epochs of one cycle, in which the rate rises and falls
# (`tests/benchmarks/architectures.py`). So a search can be *replayed*: where it wants a run, it gets
# the record. We can repeat each search a thousand times, and we know what it missed.


# %%
def settings(record):
    """The five settings of a record."""
    net = record["configuration"]["network_options"]
    found = {"layers": len(net["hidden"]), "width": net["hidden"][0], "dropout": net["dropout"]}
    return found | {"norm": net["norm"], "rate": record["configuration"]["optimizer_options"]["lr"]}


# %%
all_runs = records.read("architectures")
values = {name: {settings(r)[name] for r in all_runs} for name in settings(all_runs[0])}
SPACE = {name: sorted(found, key=lambda v: (v is not None, v)) for name, found in values.items()}
for name, found in SPACE.items():
    print(f"{name:8} {found}")


# %%
def place(record):
    """Where a record stands in the space: an index into each setting's values."""
    return tuple(SPACE[name].index(value) for name, value in settings(record).items())


# %%
SHAPE = tuple(map(len, SPACE.values()))
curves = np.zeros((*SHAPE, 15))  # validation accuracy by epoch, seed 0
validation = np.zeros(SHAPE)  # at the best epoch


# %%
for r in all_runs:
    if r["seed"] == 0:
        curves[place(r)], validation[place(r)] = r["val_accuracy"], r["validation"]["accuracy"]

# %%
print("networks:", validation.size, " all recorded:", bool((validation > 0).all()))


def described(at):
    return ", ".join(f"{n} {v[i]}" for (n, v), i in zip(SPACE.items(), at, strict=True))


# %% [markdown]
# **Predict first**: which of the five settings matters most? Look at one after the other. Does
# dropout help?

# %%
fig, ax = subplots(width=7, height=3.5)
jitter = np.random.default_rng(0).uniform(-0.15, 0.15, validation.size)
(cloud,) = ax.plot([], [], "o", ms=4, mfc="none", color=COLOURS[0], label="a network")
(middle,) = ax.plot([], [], "_", ms=40, mew=3, color=COLOURS[1])
ax.plot([], [], "_", ms=12, mew=3, color=COLOURS[1], label="mean")
ax.set(xlim=(-0.5, 2.5), ylim=(0.24, 0.6), ylabel="validation accuracy")
_ = ax.legend(fontsize=9, loc="lower right")


# %%
def by_setting(name):
    axis = list(SPACE).index(name)
    where = np.indices(SHAPE)[axis].ravel()
    cloud.set_data(where + jitter, validation.ravel())
    others = tuple(i for i in range(5) if i != axis)
    means = validation.mean(axis=others)
    middle.set_data(range(len(means)), means)
    ax.set_xticks(range(len(means)), [str(v) for v in SPACE[name]])
    ax.set_xlabel(name)
    return fig


# %%
Explorer(
    by_setting,
    alt="Validation accuracy of all 162 networks, by the values of one setting, with the mean of "
    "each value.",
    name=choice("setting", list(SPACE), value="rate"),
)

# %%
for axis, (name, kinds) in enumerate(SPACE.items()):
    means = np.moveaxis(validation, axis, 0).reshape(len(kinds), -1).mean(axis=1)
    print(f"{name:8}", ", ".join(f"{v}: {m:.3f}" for v, m in zip(kinds, means, strict=True)))

# %% [markdown]
# The learning rate matters most, then the width. Dropout harms on average. Remember that: it is about
# to be wrong.

# %% [markdown]
# ## Greedy: one setting after another
#
# So both reports search: vary one setting, keep its best value, go on to the next. With $k$ settings
# of $v_1, \dots, v_k$ values it costs $1 + \sum (v_i - 1)$ runs, here ten of 162: cheap. It takes for
# granted that the best value of one setting does not depend on the others.
#
# **Predict first**: in how many of its runs, each with a start and an order of the settings, does it
# find the best network?


# %%
def greedy(start, order, values=validation):
    """Where it ends, and what it has seen on the way, in order."""
    at, seen = list(start), [tuple(start)]
    for axis in order:
        line = [(*at[:axis], i, *at[axis + 1 :]) for i in range(SHAPE[axis])]
        seen += [p for p in line if p not in seen]
        at = list(max(line, key=lambda p: values[p]))
    return tuple(at), seen


# %%
best = np.unravel_index(validation.argmax(), SHAPE)
orders = list(itertools.permutations(range(5)))
starts = list(np.ndindex(SHAPE))
ends = {(s, o): greedy(s, orders[o])[0] for s in starts for o in range(0, 120, 7)}
hits = [end == best for end in ends.values()]
print("best network:", described(best))
print(f"greedy finds it in {np.mean(hits):.0%} of its runs")
print("runs it costs:", {len(greedy(s, orders[0])[1]) for s in starts})

# %%
reached = np.array([validation[end] for end in ends.values()])
print("different end points:", len(set(ends.values())))
print(f"lost against the best, median: {np.median(validation.max() - reached):.4f}")

# %% [markdown]
# The best network uses dropout after all. Whether greedy finds it depends on where it starts, and in
# which order it goes. Is it stuck, at a network that no
# *single* change improves? How many such networks are there?


# %%
def neighbours(at):
    for axis, size in enumerate(SHAPE):
        for i in range(size):
            if i != at[axis]:
                yield (*at[:axis], i, *at[axis + 1 :])


stuck = [at for at in starts if all(validation[n] < validation[at] for n in neighbours(at))]
print("networks without a better neighbour:", len(stuck), " the best among them:", best in stuck)


# %%
def round_and_round(start, order):
    """Greedy, again and again until nothing changes: the end, and what it has seen, in order."""
    at, seen = tuple(start), [tuple(start)]
    while True:
        end, found = greedy(at, order)
        seen += [p for p in found if p not in seen]
        if end == at:
            return at, seen
        at = end


# %%
rounds = [round_and_round(s, orders[o]) for s in starts for o in range(0, 120, 7)]
print(f"until nothing changes: finds it in {np.mean([end == best for end, _ in rounds]):.0%}")
costs = [len(seen) for _, seen in rounds]
print(f"runs: {np.median(costs):.0f} (median), {max(costs)} at most")

# %% [markdown]
# It was not stuck. It stopped too early: each setting was chosen *beside* values that changed later.
# Nobody goes back to the learning rate after the width has grown. Going round until nothing changes
# is still cheap. (In a space with many such peaks it would end on any of them.)

# %% [markdown]
# ## Random search
#
# Draw settings at random; keep the best. No order, no start, and it can stop at any time. How many
# draws does it take to meet one of the best 5%? Each misses with probability 0.95:
#
# $$
# 1 - 0.95^n \ge 0.95 \quad\Longleftrightarrow\quad n \ge \frac{\ln 0.05}{\ln 0.95}
# $$
#
# **Predict first**: is that 20, 60, or 200?

# %%
needed = int(np.ceil(np.log(0.05) / np.log(0.95)))
drawn = np.random.default_rng(5).random((20_000, needed))
print("draws:", needed)
print(f"drawn 20,000 times, they met the best 5% in {np.mean(drawn.min(axis=1) < 0.05):.0%}")

# %% [markdown]
# The size of the space does not matter, nor how many settings there are. But "the best 5%" may be no
# better than the median, if the settings do not matter.
#
# ## TPE: learn where to look
#
# The *tree-structured Parzen estimator* (Bergstra et al. 2011; `optuna`'s default) splits the runs so
# far into good and bad, and draws settings that are common among the good and rare among the bad:
# it maximises $p(\text{setting} \mid \text{good}) / p(\text{setting} \mid \text{bad})$. The first ten
# runs are random.


# %%
def tpe(seed, budget=40):
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)

    def run(trial):
        at = tuple(
            trial.suggest_categorical(name, range(size))
            for name, size in zip(SPACE, SHAPE, strict=True)
        )
        return validation[at]

    study.optimize(run, n_trials=budget)
    return [t.value for t in study.trials]


# %% [markdown]
# ## Successive halving: stop early
#
# Most runs are hopeless after two epochs. Start many, and after $e$ epochs go on only with the better
# third, to three times as many epochs (Jamieson & Talwalkar 2016). 27 networks for one epoch, 9 for
# three, 3 for nine, 1 for 15. The cost in epochs:
#
# $$
# 27 \cdot 1 + 9 \cdot 2 + 3 \cdot 6 + 1 \cdot 6 = 69
# $$
#
# That is less than five whole runs. **Predict first**: what can go wrong? How often does the best of
# the 27 survive?


# %%
def halving(rng, n=27, eta=3):
    """(epochs used, where it ends, where it began)."""
    began = picks = [starts[i] for i in rng.choice(len(starts), n, replace=False)]
    epochs, spent, trained = 1, 0, 0
    while True:
        spent += len(picks) * (epochs - trained)
        trained = epochs
        picks = sorted(picks, key=lambda p: -curves[p][trained - 1])
        if len(picks) == 1:
            break
        picks = picks[: max(1, len(picks) // eta)]
        epochs = min(15, epochs * eta)
    spent += 15 - trained
    return spent, picks[0], began


# %%
rng = np.random.default_rng(21)
trials = [halving(rng) for _ in range(1000)]
lost = [max(validation[p] for p in began) - validation[end] for _, end, began in trials]
print("epochs it costs:", {spent for spent, *_ in trials})
print(f"ends with the best of its 27 in {np.mean(np.equal(lost, 0)):.0%}", end=", ")
print(f"with one within 0.01 of it in {np.mean(np.array(lost) <= 0.01):.0%}")

# %% [markdown]
# What goes wrong: a network that learns slowly at first is thrown out. How well does an early epoch
# rank the networks? (One caution. These are the first epochs of runs *planned* for 15, their rate
# still rising. A run planned for one epoch would rank them otherwise.)

# %%
from scipy.stats import spearmanr

last = curves[..., -1].ravel()
ranks = [spearmanr(curves[..., e].ravel(), last).statistic for e in range(15)]
fig2, ax2 = subplots(width=6.6, height=3)
ax2.plot(range(1, 16), ranks, **LINES[0], marker="o")
_ = ax2.set(
    xlabel="epoch", ylabel="rank correlation with the last", ylim=(0, 1.03), xlim=(0.5, 15.5)
)

# %%
show(
    fig2,
    "Rank correlation between the accuracy after an epoch and after the last, by epoch: it rises "
    "steeply over the first three epochs, then slowly.",
)

# %% [markdown]
# ## One budget
#
# The median of many repetitions: the best validation accuracy so far, against the cost in whole runs
# (15 epochs). Random, greedy and greedy that goes round until nothing changes: 1,000 times; TPE 12
# times; halving 300 times, repeated until the budget is spent.
#
# **Predict first**: which is best after 5 runs? After 10? After 40?


# %%
def best_so_far(found, budget=40):
    """Of many searches, the best value after each run; the last stays."""
    out = np.empty((len(found), budget))
    for line, values in zip(out, found, strict=True):
        top = np.maximum.accumulate(values)[:budget]
        line[: len(top)], line[len(top) :] = top, top[-1]
    return out


# %%
def many(search):
    """1,000 searches from random starts in random orders."""
    chosen = zip(rng.integers(162, size=1000), rng.integers(120, size=1000), strict=True)
    seen = [search(starts[s], orders[o])[1] for s, o in chosen]
    return best_so_far([[validation[p] for p in places] for places in seen])


# %%
flat = validation.ravel()
random = best_so_far([rng.permutation(flat)[:40] for _ in range(1000)])
one_by_one, going_round = many(greedy), many(round_and_round)
parzen = best_so_far([tpe(seed) for seed in range(12)])


# %%
def halving_until(budget=40):
    """The best so far after each whole run's worth of epochs; NaN before the first is done."""
    line, spent, top = np.full(budget, np.nan), 0, 0.0
    while True:
        epochs, end, _ = halving(rng)
        first = int(np.ceil((spent + epochs) / 15))
        if first > budget:
            return line
        spent, top = spent + epochs, max(top, validation[end])
        line[first - 1 :] = top


halved = np.array([halving_until() for _ in range(300)])

# %%
SEARCHES = {"random": random, "greedy": one_by_one, "TPE": parzen, "halving": halved}
SEARCHES["going round"] = going_round
fig3, ax3 = subplots(width=8, height=4)
cost = np.arange(1, 41)
for i, (name, lines) in enumerate(SEARCHES.items()):
    ax3.plot(cost, np.median(lines, axis=0), **LINES[i], label=name)
(low_line,) = ax3.plot([], [], color="#888888", lw=1)


# %%
(high_line,) = ax3.plot([], [], color="#888888", lw=1, label="10% and 90% of one")
ax3.axhline(flat.max(), color="black", lw=1, ls=":")
ax3.set(
    xlabel="cost in whole runs", ylabel="best validation accuracy", ylim=(0.48, flat.max() + 0.01)
)
_ = ax3.legend(fontsize=9, loc="lower right")


# %%
def compare(search, budget):
    low, high = np.percentile(SEARCHES[search][:, :budget], (10, 90), axis=0)
    low_line.set_data(cost[:budget], low)
    high_line.set_data(cost[:budget], high)
    after = ", ".join(f"{n} {np.median(v[:, budget - 1]):.3f}" for n, v in SEARCHES.items())
    ax3.set_title(f"after {budget} runs: {after}", fontsize=9)
    return fig3


# %%
Explorer(
    compare,
    alt="The best validation accuracy so far against the cost in runs, the median of many "
    "repetitions of five searches, with the spread of the chosen one; the dotted line is the best.",
    search=choice("spread of", list(SEARCHES)),
    budget=slider("budget", 5, 40, value=10),
)

# %%
print("accuracy in %: median (10th to 90th percentile)")
print("after         5 runs       10 runs      40 runs")
for name, found in SEARCHES.items():
    if name == "TPE":
        continue
    print(f"{name:11}", end="")
    for budget in (5, 10, 40):
        low, half_way, high = 100 * np.percentile(found[:, budget - 1], (10, 50, 90))
        print(f"  {half_way:.1f} ({low:.0f}-{high:.0f})", end="")
    print()

# %% [markdown]
# (TPE is not in the printed list: its draws are the library's, and versions differ.) At five runs
# halving leads: it has looked at 27 networks. One greedy pass is on a par with it at ten, and then
# stands still. Going round ends at the top, in *this* space, which has one peak only. Random search
# needs no thought, takes any space, and goes on improving.
#
# ## The winner's luck
#
# The best of 162 has won by its *validation* accuracy. How much of that was luck? The twelve best
# were trained four more times, with other seeds and other validation rows. **Predict first**: will
# they fall back?

# %%
by_place = {}
for r in all_runs:
    by_place.setdefault(place(r), []).append(r)
again = {at: runs for at, runs in by_place.items() if len(runs) == 5}


# %%
first = np.array([validation[at] for at in again])
later = np.array(
    [np.mean([r["validation"]["accuracy"] for r in runs if r["seed"]]) for runs in again.values()]
)
print(len(again), "networks, trained five times")

# %%
fig4, ax4 = subplots(width=6.4, height=3.4)
order = np.argsort(-first)
ax4.plot(first[order], "o", color=COLOURS[0], ms=7, label="the run that made it a winner")
ax4.plot(later[order], "D", color=COLOURS[1], ms=6, mfc="none", label="mean of four others")
ax4.set(xlabel="rank in the search", ylabel="validation accuracy", xticks=range(len(again)))
ax4.set_xticklabels(range(1, len(again) + 1))
_ = ax4.legend(fontsize=9)

# %%
show(
    fig4,
    "Validation accuracy of the twelve best networks of the search in rank order, and the mean of "
    "four later runs of each: the two lie close together.",
)

# %%
mean, half = records.interval(first - later)
print(f"optimism of the {len(again)}: {mean:.4f} ± {half:.4f}")
top = later[first.argmax()]
winner = [r["validation"]["accuracy"] for r in again[best] if r["seed"]]
print(f"the winner: {first.max():.3f} when it won, later {min(winner):.3f} to {max(winner):.3f}")
print("is it the best of them by the other runs:", bool(top == later.max()))

# %% [markdown]
# As a group, hardly. (The twelve shared their validation rows when they won. If these rows are easy,
# they are easy for all twelve, and this interval knows nothing of it.) Of the winner alone four runs
# cannot tell: they spread too widely. There are 5,000 validation rows, and the networks are far
# apart. With fewer rows, or with networks that are nearly equal, luck is another matter (*Break it*
# below). One never knows before: so the chosen network is trained again, and its *test* rows are
# read, once. That is what may be reported:

# %%
mean, half = records.interval(r["test"]["accuracy"] for r in again[best])
print(f"the chosen network, test rows: {mean:.3f} ± {half:.3f}")

# %% [markdown]
# What does a setting really do? Each network with it against the same without, and the 95% interval
# over such pairs:


# %%
def effect(name, differences):
    mean, half = records.interval(differences.ravel())
    print(f"{name:25} {mean:+.3f} ± {half:.3f}")


normed = validation[..., 1, :] - validation[..., 0, :]
drop = validation[:, :, 1] - validation[:, :, 0]
effect("batch norm", normed)
for i, rate in enumerate(SPACE["rate"]):
    effect(f"  at rate {rate}", normed[..., i])
effect("dropout 0.2", drop)
for i, width in enumerate(SPACE["width"]):
    effect(f"  at width {width}", drop[:, i])

# %% [markdown]
# Effects depend on one another: batch norm's on the rate, dropout's on the width, where it harms small
# networks and at 128 is within noise. That is why greedy search depends on its order.
#
# ## Search live
#
# `optuna` on Shapes-10: each trial trains a network on 3,000 rows for up to 6 epochs, reports its
# validation accuracy after each, and is *pruned* if it is below the median of the trials before it.
# Change the space, and run the cell again.

# %%
few, few_y = data.X_train[:3000], data.y_train[:3000]
held, held_y = data.X_train[-2000:], data.y_train[-2000:]


# %%
def objective(trial):
    width = trial.suggest_int("width", 16, 128, log=True)
    layers = trial.suggest_int("layers", 1, 3)
    rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    rng = np.random.default_rng(0)
    net = models.mlp((128, *[width] * layers, 10), rng=rng)
    optimizer = AdamW(net.parameters(), lr=rate)
    for epoch in range(6):
        plan = {"optimizer": optimizer, "epochs": 1, "batch_size": 100, "rng": rng}
        history = fit(net, few, few_y, validation=(held, held_y), progress=False, **plan)
        trial.report(history["val_accuracy"][-1], epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return history["val_accuracy"][-1]


# %%
study = optuna.create_study(
    direction="maximize",
    sampler=optuna.samplers.TPESampler(seed=0),
    pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
)
study.optimize(objective, n_trials=16)
print("trials:", len(study.trials), " best above 0.2:", study.best_value > 0.2)

# %%
fig5, ax5 = subplots(width=7, height=3.2)
for t in study.trials:
    whole = t.state == optuna.trial.TrialState.COMPLETE
    ax5.plot(
        [e + 1 for e in t.intermediate_values],
        list(t.intermediate_values.values()),
        color=COLOURS[0] if whole else "#888888",
        linestyle="-" if whole else ":",
        marker="o" if whole else "x",
        ms=4,
    )
ax5.plot([], [], color=COLOURS[0], marker="o", ms=4, label="trained to the end")
ax5.plot([], [], color="#888888", ls=":", marker="x", ms=4, label="pruned")
ax5.legend(fontsize=9)
_ = ax5.set(xlabel="epoch", ylabel="validation accuracy", xlim=(0.8, 6.2))

# %%
show(
    fig5,
    "Validation accuracy by epoch of sixteen live trials: those that were trained to the end as "
    "unbroken lines, those that were pruned dotted, ending in a cross.",
)

# %% [markdown]
# ## Break it: how to be lucky
#
# Search the 162 on few validation rows, and the noise grows. Below: true accuracies are the recorded
# ones; a search sees each with the error of $n$ validation rows, $\sqrt{p(1-p)/n}$, and picks the
# best. What it *believes* it found, and what it has. (The errors are drawn independently. Networks
# judged on the *same* rows err partly alike, so the real luck is somewhat smaller.)
#
# **Predict first**: with 500 rows, how far apart are the two? Is it worse for a search of 10 networks
# or of 162?

# %%
draws = np.random.default_rng(3).normal(size=(2000, 162))
picks = np.random.default_rng(4).permuted(np.tile(np.arange(162), (2000, 1)), axis=1)
fig6, ax6 = subplots(width=6.8, height=3.2)
bars6 = ax6.barh(["believed", "true"], [0, 0], color=COLOURS[:2], alpha=0.5, edgecolor="black")
values6 = [ax6.text(0, i, "", va="center") for i in range(2)]
ax6.set(xlim=(0.45, 0.7), xlabel="accuracy of the chosen network, mean of 2,000 searches")
ax6.axvline(flat.max(), color="black", ls=":", lw=1)
ax6.invert_yaxis()


# %%
def lucky(rows, networks):
    """Believed and true accuracy of the winner, mean over the searches."""
    chosen = picks[:, :networks]
    p = flat[chosen]
    seen = p + draws[:, :networks] * np.sqrt(p * (1 - p) / rows)
    winner = seen.argmax(axis=1)[:, None]
    return [np.take_along_axis(a, winner, axis=1).mean() for a in (seen, p)]


# %%
def draw_lucky(rows, networks):
    for bar, text, value in zip(bars6, values6, lucky(rows, networks), strict=True):
        bar.set_width(value)
        text.set_text(f" {value:.3f}")
        text.set_x(value)
    ax6.set_title(f"{networks} networks, {rows:,} validation rows")
    return fig6


# %%
Explorer(
    draw_lucky,
    alt="Two bars: the accuracy that a search believes its winner to have, and the winner's true "
    "one; the dotted line is the best network there is.",
    rows=choice("validation rows", [(f"{n:,}", n) for n in (100, 500, 5000, 50000)], value=500),
    networks=slider("networks", 2, 162, value=40),
)

# %%
for rows in (100, 500, 5000):
    gaps = [np.subtract(*lucky(rows, n)) for n in (10, 162)]
    print(
        f"{rows:5,} rows: believed minus true {gaps[0]:.3f} for 10, {gaps[1]:.3f} for 162 networks"
    )

# %% [markdown]
# ## Practise

# %%
from exercises.chapter_21 import expected_best, greedy_step, halving_cost

# %% [markdown]
# **Exercise 1.** One step of greedy search: `values` is a table of accuracies with one axis for each
# setting, `at` the indices of the present network, `axis` the setting to vary. Return the indices of
# the best network on that line. Hints: `greedy_step.hint()`.


# %%
def my_greedy_step(values, at, axis):
    return ...


greedy_step.check(my_greedy_step)

# %% [markdown]
# **Exercise 2.** What successive halving costs in epochs: `n` networks, first trained for `first`
# epochs; each round keeps one in `eta` (rounded down, at least one) and goes on to `eta` times the
# epochs, until one is left; that one is not trained further. A run that goes on is not started anew.
# Hints: `halving_cost.hint()`.


# %%
def my_halving_cost(n, first, eta):
    return ...


halving_cost.check(my_halving_cost)

# %% [markdown]
# **Exercise 3.** The expected best of $n$ draws *with* replacement from `values` $(m,)$. (The best is
# at most the $i$-th smallest with probability $(i/m)^n$.) Hints: `expected_best.hint()`.


# %%
def my_expected_best(values, n):
    return ...


expected_best.check(my_expected_best)

# %% [markdown]
# ## Summary
#
# - One greedy pass is cheap and stops early: each setting was chosen beside values that changed later.
# - Random search meets the best 5% within 59 draws, whatever the space.
# - Halving spends epochs on what looks good early, and pays if early ranks are late ranks.
# - Compare searches under one budget, over many repetitions.
# - A winner is the luckier, the fewer the validation rows and the more alike the networks: train it
#   again before you believe it.
#
# Back: [20 Build autograd](20_build_autograd.ipynb)
# Next: [22 Make it fast](22_make_it_fast.ipynb)
