"""The playground without a browser: steered runs, their programs, its controls and pictures."""

import asyncio
import gc
import re
import xml.etree.ElementTree as ElementTree

import ipywidgets as widgets
import numpy as np
import pytest

from mlpcore import fast, svg
from mlpcore.models import ACTIVATIONS, mlp
from mlpcore.play import DEFAULTS, OPTIMIZERS, SCHEDULES, TOYS, Run, dead_shares, steer
from mlpcore.playground import Playground, SideBySide


def random_settings(rng):
    """Any of what a reader may choose."""
    layers = int(rng.integers(0, 4))
    return {
        "data": str(rng.choice(TOYS)),
        "examples": int(rng.integers(50, 200)),
        "widths": [int(w) for w in rng.choice([4, 6, 8], layers)],
        "activations": [rng.choice([*ACTIVATIONS, None]) for _ in range(layers)],
        "norm": rng.choice(np.array([None, "batch", "layer"], object)),
        "residual": bool(rng.integers(2)),
        "dropout": float(rng.choice([0.0, 0.2])),
        "optimizer": str(rng.choice(list(OPTIMIZERS))),
        "schedule": str(rng.choice(SCHEDULES)),
        "lr": float(rng.choice([0.001, 0.01])),
        "weight_decay": float(rng.choice([0.0, 0.001])),
        "label_smoothing": float(rng.choice([0.0, 0.1])),
        "batch_size": int(rng.choice([8, 16, 32])),
        "epochs": 5,
        "seed": int(rng.integers(100)),
    }


@pytest.mark.parametrize("seed", range(10))
def test_the_program_of_a_run_gives_the_same_losses_and_weights(seed):
    """Ten random settings; halfway the reader moves a slider, in nine of them."""
    run = Run(**random_settings(np.random.default_rng(seed)))
    run.train(7)
    if seed:
        name = ["lr", "momentum", "weight_decay", "dropout"][seed % 4]
        run.steer(name, 0.05)
    run.train(6)
    program = run.program()
    assert ("steer" in program) == bool(seed)
    there = {}
    exec(program, there)
    assert there["losses"] == run.losses
    for ours, theirs in zip(run.net.parameters(), there["net"].parameters(), strict=True):
        np.testing.assert_array_equal(ours.data, theirs.data)


def test_a_slider_moved_in_training_acts_on_the_next_step():
    still, steered = Run(seed=3), Run(seed=3)
    for run in (still, steered):
        run.train(5)
    before = steered.optimizer.w.copy()
    steered.steer("lr", 0.0)
    steered.train(1)
    np.testing.assert_array_equal(steered.optimizer.w, before)
    still.train(1)
    assert steered.losses == still.losses  # the loss is that of before the step
    assert not np.array_equal(still.optimizer.w, before)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_live_setting_reaches_its_place(optimizer):
    run = Run(optimizer=optimizer, dropout=0.0)
    for name, value in (("lr", 0.5), ("weight_decay", 0.25), ("momentum", 0.125), ("dropout", 0.3)):
        steer(run.net, run.optimizer, name, value)
    state = run.optimizer.state_dict()
    assert (state["lr"], state["weight_decay"]) == (0.5, 0.25)
    assert 0.125 in (state.get("momentum"), state.get("alpha"), *state.get("betas", ()))
    assert [m.p for _, m in run.net.modules() if hasattr(m, "p")] == [0.3, 0.3]
    with pytest.raises(ValueError, match="name is 'epochs'; expected one of"):
        steer(run.net, run.optimizer, "epochs", 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"norm": "batch", "batch_size": 1}, "one row has no spread to normalise by"),
        ({"widths": [8]}, "2 activations for 1 hidden layers"),
        ({"widths": [8, 0]}, "width is 0; expected at least 1"),
        ({"data": "sun"}, "data is 'sun'"),
        ({"data": "own"}, "data is 'own'"),
        ({"optimizer": "LBFGS"}, "optimizer is 'LBFGS'"),
        ({"learning_rate": 1}, "setting is 'learning_rate'"),
        ({"lr": 0.0}, "lr is 0.0, its control can only say 0.0001"),
        ({"widths": [8, 500]}, r"widths is \[8, 500\], its control"),
    ],
)
def test_what_cannot_be_is_said_and_how_to_mend_it(settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Playground(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": "print('run')"}, "lr is \"print\\('run'\\)\"; expected a number"),
        ({"lr": float("nan")}, "lr is nan; expected a finite number"),
        ({"noise": -1.0}, "noise is -1.0; expected a finite number"),
        ({"seed": -1}, "seed is -1; expected at least 0"),
        ({"batch_size": 2.5}, "batch_size is 2.5; expected a whole number"),
        ({"residual": "print()"}, r"residual is 'print\(\)'; expected one of"),
        ({"norm": "group"}, "norm is 'group'"),
        ({"activations": ["relu", "swish"]}, "activation is 'swish'"),
    ],
)
def test_settings_are_checked_before_they_are_written_into_the_program(settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Run(**settings)


GOOD_X, GOOD_Y = np.ones((10, 3)), np.arange(10) % 2


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ((GOOD_X, GOOD_Y, 1), "own has 3 parts"),
        ((GOOD_X[:, 0], GOOD_Y), r"X has shape \(10,\)"),
        ((GOOD_X, GOOD_Y[:4]), "X has 10 rows and y shape"),
        ((GOOD_X * np.nan, GOOD_Y), "30 NaN or infinite"),
        ((GOOD_X, GOOD_Y.astype(str)), "expected integers 0, 1, 2"),
        ((GOOD_X, GOOD_Y.astype(float)), "expected integers 0, 1, 2"),
        ((GOOD_X, np.eye(2)[GOOD_Y]), r"y has shape \(10, 2\)"),
        ((GOOD_X[:4], GOOD_Y[:4]), "own has 4 rows"),
    ],
)
def test_what_own_arrays_must_be_is_said(own, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Run(own, data="own", batch_size=2)


def test_lists_will_do_for_own_arrays():
    run = Run((GOOD_X.tolist(), GOOD_Y.tolist()), data="own", batch_size=2)
    assert run.train(3) == 3


def test_dead_units_are_counted_by_layer():
    net = mlp((2, 4, 3, 4, 2), rng=np.random.default_rng(0), activation=["relu", "tanh", "relu"])
    net[0].b.data[:2] = -1e6
    net[4].b.data[:] = -1e6
    X = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    shares = dead_shares(net, X)
    assert shares == [pytest.approx(0.5, abs=0.26), None, 1.0]
    assert shares[0] >= 0.5
    assert net.training


def test_a_readers_own_arrays_train():
    rng = np.random.default_rng(0)
    y = np.arange(100) % 3
    X = (np.eye(3)[y] @ rng.normal(size=(3, 5)) * 3 + rng.normal(size=(100, 5))).astype(np.float32)
    playground = Playground(own=(X, y), data="own", epochs=20)
    playground.tick()
    assert playground.pictures.points["score", "test"][-1][1] > 0.8
    assert "own arrays" in playground.run.program()
    assert "confusion matrix" in playground.pictures.views["picture"].value
    playground.close()


# ---------------------------------------------------------------- the panel


@pytest.fixture
def playground():
    made = Playground(widths=[6], activations=["relu"], epochs=1000)
    yield made
    made.close()


def shown(playground):
    return [view.value for view in playground.pictures.views.values()]


def test_ticks_move_every_picture_and_reset_brings_the_first_back(playground):
    first = shown(playground)
    playground.tick()
    assert all(now != then for now, then in zip(shown(playground), first, strict=True))
    points = playground.pictures.points["loss", "test"]
    assert points[-1][1] < points[0][1]
    playground.reset()
    assert shown(playground) == first
    assert playground.run.losses == []


def test_step_takes_one_step(playground):
    playground.buttons["Step"].click()
    assert len(playground.run.losses) == 1


def test_live_controls_steer_and_others_start_anew(playground):
    playground.step()
    playground.controls["lr"].value = 0.01
    playground.controls["dropout"].value = 0.5
    assert playground.run.changes == {1: {"lr": 0.01, "dropout": 0.5}}
    assert playground.run.optimizer.lr == 0.01
    playground.controls["batch_size"].value = 64
    assert playground.run.losses == []
    assert playground.run.settings["lr"] == 0.01  # what was steered stays set


def test_every_control_is_a_setting_and_settings_restore_a_playground(playground):
    for name, control in playground.controls.items():
        if isinstance(control, widgets.Checkbox):
            control.value = True
        elif name == "layers":
            control.value = 3
        elif name == "data":
            control.value = "xor"
        elif hasattr(control, "options"):
            control.value = [value for _, value in control._options_full][-1]
        elif name not in ("lr", "epochs", "examples"):
            control.value = control.max
    assert playground.message.value == ""
    settings = playground.settings
    assert settings.keys() == DEFAULTS.keys()
    assert len(settings["widths"]) == len(settings["activations"]) == 3
    twin = Playground(**settings)
    twin.step()
    playground.step()
    assert twin.settings == settings
    assert twin.run.losses == playground.run.losses
    twin.close()


def test_impossible_and_diverging_settings_are_said_in_words_and_mended(playground):
    playground.controls["norm"].value = "batch"
    playground.controls["batch_size"].value = 1
    assert "one row has no spread" in playground.message.value
    playground.controls["batch_size"].value = 32
    assert playground.message.value == ""
    playground.controls["norm"].value = "none"
    playground.controls["activation 1"].value = "none"
    playground.controls["lr"].value = 10
    for _ in range(40):
        playground.tick()
        if playground.message.value:
            break
    assert "training diverged" in playground.message.value
    assert "try a tenth of it" in playground.message.value
    playground.controls["lr"].value = 0.01
    playground.reset()
    playground.tick()
    assert playground.message.value == ""
    assert playground.run.losses


def test_the_last_epoch_ends_it():
    playground = Playground(epochs=1)
    playground.tick()
    assert "The last epoch has ended" in playground.message.value
    assert len(playground.run.losses) == 13
    playground.close()


def test_playing_leaves_the_loop_free_and_pause_holds_still(playground):
    async def scene():
        playground.pace.value = 10**9
        playground.play()
        others = 0
        while len(playground.run.losses) < 2000:
            await asyncio.sleep(0)  # what another cell would do
            others += 1
        playground.pause()
        held = len(playground.run.losses)
        await asyncio.sleep(0.3)
        assert len(playground.run.losses) == held
        return others

    assert asyncio.run(scene()) > 2


def test_twenty_rounds_leave_no_widget_no_task_and_blas_as_it_was():
    def alive():
        gc.collect()
        return len(widgets.widget._instances)

    async def rounds():
        Playground().close()
        before = alive()
        for _ in range(20):
            playground = Playground()
            playground.play()
            await asyncio.sleep(0)
            playground.close()
        await asyncio.sleep(0)
        assert alive() == before
        assert len(asyncio.all_tasks()) == 1
        assert fast._limits == []

    asyncio.run(rounds())


def test_a_cell_that_runs_again_closes_what_it_made(monkeypatch):
    class Shell:
        execution_count = 1

        def get_parent(self):
            return {"metadata": {"cellId": "a"}}

    shell = Shell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    one, two = Playground(), Playground()
    row = SideBySide(one, two)
    assert row.widget.children == (one.widget, two.widget)
    assert one.widget.layout.flex == two.widget.layout.flex == "1 1 0"  # else each takes a row
    assert one.widget.comm is not None
    assert two.widget.comm is not None
    shell.execution_count = 2
    three = Playground()
    assert one.widget.comm is None
    assert two.widget.comm is None
    assert three.widget.comm is not None
    three.close()


def test_it_shows_a_picture_and_words_to_who_runs_nothing(playground):
    data, metadata = playground._repr_mimebundle_()
    assert data["text/plain"] == repr(playground)
    assert len(data["image/png"]) > 1000
    assert len(metadata["image/png"]["alt"]) >= 40
    data, metadata = SideBySide(playground)._repr_mimebundle_()
    assert data["text/plain"].startswith("1 playgrounds side by side. A playground")
    assert len(data["image/png"]) > 1000
    assert len(metadata["image/png"]["alt"]) >= 40


# ---------------------------------------------------------------- pictures


def parsed(text):
    return ElementTree.fromstring(text)


def test_pictures_are_whole_svg_and_say_their_values():
    rng = np.random.default_rng(0)
    chart = svg.chart("Loss", {"a": [(0, 1.0), (10, 0.5)], "b": [], "c": [(0, 2.0)]}, 10)
    assert "a 0.5" in parsed(chart).findtext("polyline/title")
    assert len(re.findall("stroke-dasharray", chart)) == 4
    plane = svg.plane(
        rng.random((20, 20)), rng.normal(size=(9, 2)), np.arange(9) % 2, (-2, 2, -2, 2)
    )
    assert len(parsed(plane).findall("rect/title")) == 121
    counts = np.array([[3, 1], [0, 4]])
    titles = [t.text for t in parsed(svg.matrix(counts, ["cat", "dog"])).findall("rect/title")]
    assert titles[1] == "cat taken for dog: 1 (25%)"
    rows = [
        ("layer 1", rng.normal(size=30), None, 0.25),
        ("layer 2", np.zeros(3), np.ones(3), None),
    ]
    assert "layer 1: 25% dead" in svg.histograms(rows)
    parsed(svg.histograms(rows))


def test_the_plane_has_its_colours_the_right_way_up():
    """Probability 1 in the top right corner only: there, and only there, the image is orange."""
    import base64
    import io

    from PIL import Image

    probability = np.zeros((10, 10))
    probability[:5, 5:] = 1
    text = svg.plane(probability, np.zeros((0, 2)), np.zeros(0), (-1, 1, -1, 1))
    code = re.search(r"base64,([^\"]+)", text)[1]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(code))))
    redder = pixels[..., 0] > pixels[..., 2]
    assert (redder == (probability == 1)).all()
