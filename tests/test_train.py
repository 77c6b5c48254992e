"""Training: the best weights come back, a resumed run is the unbroken one bit for bit, an
interrupted or diverging one loses nothing."""

import math
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from mlpcore import (
    SGD,
    Adam,
    AdamW,
    EarlyStopping,
    RMSprop,
    TrainingDiverged,
    cross_entropy,
    evaluate,
    fit,
    mse,
    one_hot,
    predict,
    schedules,
    training_steps,
)
from mlpcore.models import mlp
from mlpcore.nn import BatchNorm1d, Dropout, Linear, Sequential


def data(n=60, seed=0):
    """Three noisy classes of five features: a network soon overfits them."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return (rng.normal(size=(n, 5)) + 0.7 * np.eye(3, 5)[y]).astype(np.float32), y


X, Y = data()
VALIDATION = data(40, seed=1)


def run(epochs=3, *, seed=0, net=None, optimizer=None, **settings):
    """(net, optimizer, history) of a short training run."""
    net = net or mlp((5, 16, 3), rng=np.random.default_rng(seed))
    opt = (optimizer or (lambda p: SGD(p, lr=0.05, momentum=0.9)))(net.parameters())
    settings = {
        "batch_size": 8,
        "rng": np.random.default_rng(seed + 1),
        "progress": False,
    } | settings
    return net, opt, fit(net, X, Y, optimizer=opt, epochs=epochs, **settings)


def assert_same_state(a, b):
    a, b = a.state_dict(), b.state_dict()
    assert a.keys() == b.keys()
    for name, value in a.items():
        np.testing.assert_array_equal(value, b[name], err_msg=name)


def once(action, at_call):
    """Cross-entropy that runs `action` in the given training step (validation does not count)."""
    calls = []

    def loss(z, y):
        if z.requires_grad:
            calls.append(1)
            if len(calls) == at_call:
                action()
        return cross_entropy(z, y)

    return loss


# --- the loop -------------------------------------------------------------------------------------


def test_a_network_learns():
    net, _, history = run(20)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert evaluate(net, X, Y)["accuracy"] > 0.85


def test_steps_are_the_textbook_loop():
    """fit, the generator of steps, and the five lines a chapter writes: the same bits."""
    nets = [mlp((5, 16, 3), rng=np.random.default_rng(0)) for _ in range(3)]
    opts = [SGD(net.parameters(), lr=0.05, momentum=0.9) for net in nets]
    rngs = [np.random.default_rng(1) for _ in range(3)]
    history = fit(
        nets[0], X, Y, optimizer=opts[0], epochs=2, batch_size=8, rng=rngs[0], progress=False
    )
    steps = list(
        training_steps(nets[1], X, Y, optimizer=opts[1], epochs=2, batch_size=8, rng=rngs[1])
    )
    totals = []
    for _ in range(2):
        order, total = rngs[2].permutation(len(X)), 0.0
        for start in range(0, len(X), 8):
            rows = order[start : start + 8]
            loss = cross_entropy(nets[2](X[rows]), Y[rows])
            opts[2].zero_grad()
            loss.backward()
            opts[2].step()
            total += loss.item() * len(rows)
        totals.append(total / len(X))
    assert_same_state(nets[0], nets[1])
    assert_same_state(nets[0], nets[2])
    np.testing.assert_allclose(history["loss"], totals, rtol=1e-12)
    assert [s.number for s in steps] == list(range(16))
    assert [s.epoch for s in steps] == [0] * 8 + [1] * 8
    assert [s.rows for s in steps] == ([8] * 7 + [4]) * 2
    right = [sum(s.correct for s in steps if s.epoch == epoch) / len(X) for epoch in (0, 1)]
    assert history["accuracy"] == right


def test_every_row_once_in_each_epoch_in_a_new_order():
    seen = []

    def loss(z, y):
        seen.append(y)
        return mse(z, y)

    T = np.arange(60, dtype=np.float32)[:, None]
    net = Linear(5, 1, rng=np.random.default_rng(0))
    fit(
        net, X, T, optimizer=SGD(net.parameters(), lr=0), epochs=2, batch_size=7, loss=loss,
        rng=np.random.default_rng(0), progress=False,
    )  # fmt: skip
    first, second = np.concatenate(seen[:9]).ravel(), np.concatenate(seen[9:]).ravel()
    for epoch in (first, second):
        np.testing.assert_array_equal(np.sort(epoch), T.ravel())
    assert (first != second).mean() > 0.8
    assert (first != T.ravel()).mean() > 0.8


def test_drop_last_leaves_out_the_short_batch():
    net = mlp((5, 4, 3), rng=np.random.default_rng(0), norm="batch")
    steps = training_steps(
        net, X[:57], Y[:57], optimizer=SGD(net.parameters()), epochs=2, batch_size=8,
        rng=np.random.default_rng(0), drop_last=True,
    )  # fmt: skip
    assert [s.rows for s in steps] == [8] * 14  # the 57th row alone would be a batch-norm error


def test_the_learning_rate_set_between_steps_acts_on_the_next():
    net = Linear(5, 3, rng=np.random.default_rng(0))
    opt = SGD(net.parameters(), lr=0.1)
    before = net.W.data.copy()
    rates = []
    for step in training_steps(
        net, X, Y, optimizer=opt, epochs=1, batch_size=20, rng=np.random.default_rng(0)
    ):
        rates.append(step.rate)
        moved = not np.array_equal(net.W.data, before)
        assert moved == (step.rate > 0)
        opt.lr = 0.0 if step.number == 0 else 0.3
        before = net.W.data.copy()
    assert rates == [0.1, 0.0, 0.3]


def test_stopping_after_a_step_leaves_the_rest_undone():
    net = Linear(5, 3, rng=np.random.default_rng(0))
    opt = SGD(net.parameters())
    for _ in training_steps(
        net, X, Y, optimizer=opt, epochs=5, batch_size=20, rng=np.random.default_rng(0)
    ):
        break
    assert opt.steps == 1


def test_a_schedule_reaches_every_step_and_does_not_stay_behind():
    seen = []

    def schedule(step, total):
        seen.append((step, total))
        return 1 / (step + 1)

    net, opt, history = run(2, schedule=schedule)
    assert seen == [(i, 16) for i in range(16)]
    assert history["rate"] == [0.05 / 8, 0.05 / 16]
    again = fit(
        net,
        X,
        Y,
        optimizer=opt,
        epochs=1,
        batch_size=8,
        rng=np.random.default_rng(0),
        progress=False,
    )
    assert again["rate"] == [0.05]


def test_same_seed_same_bits_other_seed_not():
    make = lambda seed: mlp(  # noqa: E731
        (5, 16, 3), rng=np.random.default_rng(seed), norm="batch", dropout=0.3
    )
    one, two, three = (run(net=make(s), seed=s)[0] for s in (4, 4, 5))
    assert_same_state(one, two)
    assert not np.array_equal(one[0].W.data, three[0].W.data)


def test_history_columns():
    _, _, history = run(3, validation=VALIDATION)
    names = {"loss", "accuracy", "val_loss", "val_accuracy", "rate", "seconds"}
    assert set(history.columns) == names
    assert all(len(history[name]) == 3 for name in names)
    assert (len(history), history.ended) == (3, "finished")
    assert history.best_epoch == int(np.argmin(history["val_loss"]))
    assert "val_loss" in history
    assert "val_f1" not in history
    with pytest.raises(KeyError, match=r"no 'val_f1'; it has \['accuracy', 'loss'"):
        history["val_f1"]
    _, _, plain = run(1)
    assert set(plain.columns) == {"loss", "accuracy", "rate", "seconds"}
    assert plain.best_epoch is None


def test_evaluation_and_prediction_are_in_evaluation_mode_and_put_the_mode_back():
    rng = np.random.default_rng(0)
    net = mlp((5, 16, 3), rng=rng, norm="batch", dropout=0.5)
    net[2].training = False  # a mode set by hand stays
    state = net.state_dict()
    out = predict(net, X, batch_size=7)
    np.testing.assert_allclose(out, predict(net, X), rtol=1e-5)
    found = evaluate(net, X, Y)
    assert found["loss"] == pytest.approx(float(cross_entropy(out, Y)[0]), rel=1e-6)
    assert found["accuracy"] == (out.argmax(axis=1) == Y).mean()
    assert [m.training for m in net] == [True, True, False, True, True]
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, state[name])


def test_predict_puts_the_mode_back_after_an_error():
    net = mlp((5, 16, 3), rng=np.random.default_rng(0), dropout=0.5)
    with pytest.raises(ValueError, match="linear"):
        predict(net, np.ones((4, 6)))
    assert all(m.training for m in net)


def test_one_hot_and_smooth_labels_and_own_losses():
    _, _, hard = run(2)
    net = mlp((5, 16, 3), rng=np.random.default_rng(0))
    settings = {"epochs": 2, "batch_size": 8, "progress": False}
    soft = fit(
        net, X, one_hot(Y, 3), optimizer=SGD(net.parameters(), lr=0.05, momentum=0.9),
        rng=np.random.default_rng(1), **settings,
    )  # fmt: skip
    np.testing.assert_allclose(soft["loss"], hard["loss"], rtol=1e-6)

    def own(prediction, target):
        return ((prediction - target) ** 2).mean()

    T = one_hot(Y, 3)
    losses = []
    for loss in (mse, own):
        net = mlp((5, 16, 3), rng=np.random.default_rng(0))
        history = fit(
            net, X, T, optimizer=SGD(net.parameters()), rng=np.random.default_rng(1), loss=loss,
            validation=(X, T), **settings,
        )  # fmt: skip
        assert set(history.columns) == {"loss", "val_loss", "rate", "seconds"}
        losses.append(history["val_loss"])
    np.testing.assert_allclose(*losses, rtol=1e-6)


# --- early stopping -------------------------------------------------------------------------------


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_early_stopping_restores_the_best_weights(monitor):
    stopping = EarlyStopping(patience=4, monitor=monitor)
    net, _, history = run(
        200, optimizer=lambda p: SGD(p, lr=0.2, momentum=0.9), validation=VALIDATION,
        early_stopping=stopping,
    )  # fmt: skip
    values = history[monitor]
    best = int(np.argmin(values) if monitor == "val_loss" else np.argmax(values))
    assert history.ended == "early"
    assert len(history) == best + 1 + 4
    assert history.best_epoch == best
    assert history["val_loss"][-1] != history["val_loss"][best]  # so the next lines can fail
    found = evaluate(net, *VALIDATION)
    assert found["loss"] == history["val_loss"][best]
    assert found["accuracy"] == history["val_accuracy"][best]


def test_early_stopping_restores_the_best_also_when_the_epochs_run_out():
    net, _, history = run(
        8, optimizer=lambda p: SGD(p, lr=0.3, momentum=0.9), validation=VALIDATION,
        early_stopping=EarlyStopping(patience=50),
    )  # fmt: skip
    assert history.ended == "finished"
    assert history.best_epoch < 7
    assert evaluate(net, *VALIDATION)["loss"] == min(history["val_loss"])


def test_without_early_stopping_the_last_weights_stay():
    net, _, history = run(
        8, optimizer=lambda p: SGD(p, lr=0.3, momentum=0.9), validation=VALIDATION
    )
    assert history.best_epoch < 7
    assert evaluate(net, *VALIDATION)["loss"] == history["val_loss"][-1]


def test_min_delta_ignores_small_progress():
    _, _, history = run(
        30, optimizer=lambda p: SGD(p, lr=1e-5), validation=VALIDATION,
        early_stopping=EarlyStopping(patience=3, min_delta=0.5),
    )  # fmt: skip
    assert len(history) == 4
    assert history.best_epoch == 0
    assert history["val_loss"][-1] < history["val_loss"][0]  # progress there was


def test_batch_norm_statistics_are_part_of_the_best_weights():
    net, _, history = run(
        60, net=mlp((5, 16, 3), rng=np.random.default_rng(0), norm="batch"), validation=VALIDATION,
        optimizer=lambda p: SGD(p, lr=0.2, momentum=0.9), early_stopping=EarlyStopping(patience=3),
    )  # fmt: skip
    assert history.best_epoch < len(history) - 1
    assert evaluate(net, *VALIDATION)["loss"] == min(history["val_loss"])


# --- divergence -----------------------------------------------------------------------------------


def test_divergence_names_the_learning_rate():
    with pytest.raises(
        TrainingDiverged, match=r"diverged.*learning rate is 1e\+12; try a tenth"
    ) as e:
        run(5, optimizer=lambda p: SGD(p, lr=1e12))
    assert e.value.history.ended == "diverged"
    assert len(e.value.history) == 0


def test_divergence_in_the_very_last_step_is_seen():
    with pytest.raises(TrainingDiverged, match=r"learning rate is 1e\+39"):
        run(1, optimizer=lambda p: SGD(p, lr=1e39), batch_size=60)


def test_a_validation_loss_that_is_no_number_is_a_divergence():
    rows, labels = VALIDATION
    with pytest.raises(TrainingDiverged, match=r"validation.*learning rate is 0\.05") as e:
        run(2, validation=(np.full_like(rows, 3e38), labels))
    history = e.value.history
    assert history.ended == "diverged"
    assert len(history["val_loss"]) == len(history["loss"]) == 1  # the epoch's line is whole


def test_weights_that_are_no_numbers_before_the_first_step_are_not_blamed_on_the_rate():
    net = mlp((5, 16, 3), rng=np.random.default_rng(0))
    net[0].W.data[0, 0] = np.nan
    with pytest.raises(TrainingDiverged, match=r"before the first step.*initial weights"):
        run(1, net=net)


def test_divergence_puts_back_the_best_epoch():
    good, _, _ = run(1, validation=VALIDATION)
    net = mlp((5, 16, 3), rng=np.random.default_rng(0))
    opt = SGD(net.parameters(), lr=0.05, momentum=0.9)
    with pytest.raises(TrainingDiverged) as e:
        fit(
            net, X, Y, optimizer=opt, epochs=4, batch_size=8, rng=np.random.default_rng(1),
            validation=VALIDATION, loss=once(lambda: setattr(opt, "lr", 1e30), 11), progress=False,
        )  # fmt: skip
    assert_same_state(net, good)
    assert len(e.value.history) == 1
    assert e.value.history.best_epoch == 0
    assert e.value.history.ended == "diverged"


def test_the_step_that_would_follow_from_a_loss_of_nan_is_not_taken():
    net = Linear(5, 3, rng=np.random.default_rng(0))
    opt = SGD(net.parameters(), lr=0.1)
    before = []

    def spoilt(z, y):
        if opt.steps == 2:
            before.append(net.state_dict())
            return cross_entropy(z * np.nan, y)
        return cross_entropy(z, y)

    with pytest.raises(TrainingDiverged, match=r"loss is nan \(step 2\)"):
        fit(net, X, Y, optimizer=opt, epochs=1, batch_size=8, rng=np.random.default_rng(0),
            loss=spoilt, progress=False)  # fmt: skip
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[0][name])


# --- Ctrl-C ---------------------------------------------------------------------------------------


def interrupt():
    signal.raise_signal(signal.SIGINT)


def test_interrupt_keeps_the_best_weights_and_the_history():
    handler = signal.getsignal(signal.SIGINT)
    good, _, _ = run(2, validation=VALIDATION)
    net, opt, history = run(50, validation=VALIDATION, loss=once(interrupt, 20))
    assert history.ended == "interrupted"
    assert len(history) == 2
    assert opt.steps == 20  # the step under way was finished
    assert history.best_epoch == int(np.argmin(history["val_loss"]))
    assert history.best_epoch == 1
    assert_same_state(net, good)
    assert signal.getsignal(signal.SIGINT) is handler


def test_interrupt_without_validation_keeps_the_weights_it_has():
    net, _, history = run(50, loss=once(interrupt, 11))
    twin = mlp((5, 16, 3), rng=np.random.default_rng(0))
    twin_opt = SGD(twin.parameters(), lr=0.05, momentum=0.9)
    for _ in training_steps(
        twin, X, Y, optimizer=twin_opt, epochs=2, batch_size=8, rng=np.random.default_rng(1)
    ):
        if twin_opt.steps == 11:
            break
    assert_same_state(net, twin)
    assert (len(history), history.ended) == (1, "interrupted")


def test_a_second_interrupt_acts_at_once():
    def twice():
        interrupt()
        interrupt()

    _, opt, history = run(50, loss=once(twice, 5))
    assert history.ended == "interrupted"
    assert opt.steps == 4


def test_an_error_in_a_step_puts_the_handler_back():
    handler = signal.getsignal(signal.SIGINT)

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(2, loss=once(fail, 3))
    assert signal.getsignal(signal.SIGINT) is handler


def test_fit_works_in_another_thread():  # only the main thread may handle signals
    found = []
    thread = threading.Thread(target=lambda: found.append(run(2)))
    thread.start()
    thread.join()
    assert_same_state(found[0][0], run(2)[0])


SCRIPT = """
import sys
import numpy as np
from mlpcore import SGD, cross_entropy, evaluate, fit
from mlpcore.models import mlp

rng = np.random.default_rng(0)
X, y = rng.normal(size=(200, 5)), rng.integers(0, 3, 200)
net = mlp((5, 64, 3), rng=rng)
steps = []

def loss(z, labels):
    if z.requires_grad:
        steps.append(1)
        if len(steps) == 50:
            print("running", flush=True)
    return cross_entropy(z, labels)

history = fit(
    net, X, y, optimizer=SGD(net.parameters(), lr=0.1), epochs=10**6, batch_size=20, rng=rng,
    validation=(X, y), loss=loss, progress=False,
)
best = min(history["val_loss"])
print(history.ended, len(history) > 0, evaluate(net, X, y)["loss"] == best, flush=True)
"""


@pytest.mark.skipif(
    os.name == "nt", reason="Windows sends Ctrl-C to a whole console, not a process"
)
def test_a_real_ctrl_c_from_outside():
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "running\n"
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert out == "interrupted True True\n"
    assert process.returncode == 0


# --- going on from a checkpoint -------------------------------------------------------------------

OPTIMIZERS = {
    "momentum": lambda p: SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda p: SGD(p, lr=0.05, momentum=0.9, form="nesterov"),
    "rmsprop": lambda p: RMSprop(p, lr=0.01),
    "adam": lambda p: Adam(p, lr=0.01, weight_decay=1e-3),
    "adamw": lambda p: AdamW(p, lr=0.01),
}


def everything(seed, optimizer, shared, path=None, **settings):
    """All that has a state, built from `seed`, and fit to three epochs' worth of a schedule."""
    rng = np.random.default_rng(seed)
    drops = [rng, rng] if shared else [np.random.default_rng([seed, i]) for i in (1, 2)]
    net = Sequential(
        Linear(5, 16, rng=rng), BatchNorm1d(16), Dropout(0.3, drops[0]), Linear(16, 8, rng=rng),
        Dropout(0.2, drops[1]), Linear(8, 3, rng=rng),
    )  # fmt: skip
    opt = OPTIMIZERS[optimizer](net.parameters())
    go = lambda **more: fit(  # noqa: E731
        net, X, Y, optimizer=opt, epochs=3, batch_size=8, rng=rng, schedule=schedules.one_cycle(),
        validation=VALIDATION, progress=False, checkpoint=path, **settings, **more,
    )  # fmt: skip
    return net, opt, rng, drops, go


class Crash(Exception):
    pass


def crash():
    raise Crash


@pytest.mark.parametrize("done", [1, 2])
@pytest.mark.parametrize("how", ["crash", "interrupt"])
@pytest.mark.parametrize("shared", [True, False], ids=["one generator", "three generators"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_resumed_run_ends_with_the_very_bits_of_an_unbroken_one(
    optimizer, shared, how, done, tmp_path
):
    """Broken off in mid-epoch, gone on with in objects that were built from another seed."""
    net, opt, rng, drops, go = everything(0, optimizer, shared)
    whole = go()

    path = tmp_path / "run.npz"
    *_, go = everything(0, optimizer, shared, path)
    if how == "crash":
        with pytest.raises(Crash):
            go(loss=once(crash, 8 * done + 4))
    else:
        assert go(loss=once(interrupt, 8 * done + 4)).ended == "interrupted"

    net2, opt2, rng2, drops2, go = everything(9, optimizer, shared, path)
    assert not np.array_equal(net2[0].W.data, net[0].W.data)
    resumed = go(resume=True)
    assert_same_state(net, net2)
    assert_same_state(opt, opt2)
    for ours, theirs in zip([rng, *drops], [rng2, *drops2], strict=True):
        assert ours.bit_generator.state == theirs.bit_generator.state
    for name in set(whole.columns) - {"seconds"}:
        assert whole[name] == resumed[name]
    assert (resumed.ended, resumed.best_epoch) == ("finished", whole.best_epoch)


def test_a_run_resumed_in_the_same_objects_after_an_interrupt(tmp_path):
    """The best weights were put back in memory; the file holds the last epoch's."""
    net, *_, go = everything(0, "adam", False)
    go()
    net2, *_, go = everything(0, "adam", False, tmp_path / "run.npz")
    go(loss=once(interrupt, 20))
    go(resume=True)
    assert_same_state(net, net2)


def test_a_run_of_one_epoch_goes_on_to_three(tmp_path):
    path, nets = tmp_path / "run.npz", []
    for plan in ([3], [1, 2, 3]):
        rng = np.random.default_rng(0)
        net = mlp((5, 16, 3), rng=rng, dropout=0.3)
        for epochs in plan:
            opt = SGD(net.parameters(), lr=0.05, momentum=0.9)
            history = fit(
                net, X, Y, optimizer=opt, epochs=epochs, batch_size=8, rng=rng, checkpoint=path,
                resume=epochs in (2, 3) and len(plan) > 1, progress=False,
            )  # fmt: skip
        assert len(history) == 3
        nets.append(net)
    assert_same_state(*nets)


@pytest.mark.parametrize("patience", [2, 50])
def test_early_stopping_goes_on_counting_where_it_was(patience, tmp_path):
    """The best weights are in the file: they may be of an epoch before the break."""
    results = []
    for seed, at in ((0, None), (0, 8 * 6 + 2)):
        path = tmp_path / f"{at}.npz"
        for resume in [False] if at is None else [False, True]:
            rng = np.random.default_rng(seed + 5 * resume)
            net = mlp((5, 32, 3), rng=rng)
            opt = SGD(net.parameters(), lr=0.3, momentum=0.9)
            broken = at is not None and not resume
            history = fit(
                net, X, Y, optimizer=opt, epochs=12, batch_size=8, rng=rng, checkpoint=path,
                validation=VALIDATION, early_stopping=EarlyStopping(patience=patience),
                resume=resume, loss=once(interrupt, at if broken else math.inf), progress=False,
            )  # fmt: skip
        results.append((net, history))
    (net, whole), (net2, resumed) = results
    assert whole.best_epoch < len(whole) - 1
    assert_same_state(net, net2)
    assert whole["val_loss"] == resumed["val_loss"]
    assert whole.ended == resumed.ended


def test_resuming_a_finished_run_changes_nothing(tmp_path):
    net, _, _, _, go = everything(0, "momentum", False, tmp_path / "run.npz")
    go()
    net2, opt2, _, _, go = everything(1, "momentum", False, tmp_path / "run.npz")
    history = go(resume=True)
    assert_same_state(net, net2)
    assert opt2.steps == 24
    assert (len(history), history.ended) == (3, "finished")


def test_resuming_into_another_network_is_refused_and_changes_nothing(tmp_path):
    run(1, checkpoint=tmp_path / "run.npz")
    other = mlp((5, 8, 3), rng=np.random.default_rng(0))
    before = other.state_dict()
    with pytest.raises(ValueError, match=r"does not fit; nothing was changed.*0\.W has shape"):
        run(2, net=other, checkpoint=tmp_path / "run.npz", resume=True)
    for name, array in other.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_resume_without_a_file_starts_from_the_beginning(tmp_path):
    one, _, history = run(2, checkpoint=tmp_path / "new.npz", resume=True)
    assert len(history) == 2
    assert_same_state(one, run(2)[0])
    assert [p.name for p in tmp_path.iterdir()] == ["new.npz"]
