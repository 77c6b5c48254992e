"""Experiments: declared, run, recorded, resumed after a kill, run again to the same numbers."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from mlpcore import experiments, records
from mlpcore.data import Dataset, pixels_to_features
from mlpcore.experiments import again, missing, run, sweep
from mlpcore.metrics import count_parameters
from mlpcore.tables import DEFAULTS, NETWORKS, Row, Table, configured, key, merged, tables

TABLES = tables()
DECAYED = ("B7d", "B8d", "B9d", "B10d")  # as printed, but for ten times the weight decay
# A sweep of eight quick runs, in a process of its own: it can be killed.
SCRIPT = """
import pathlib, sys
from mlpcore import experiments, records
from tests.test_experiments import quick_tables, small_data
records.FOLDER = pathlib.Path(sys.argv[1])
experiments.load = small_data
if __name__ == "__main__":
    plan = experiments.missing(quick_tables(), 4, "shapes10")
    for record in experiments.sweep(plan, jobs=1, progress=False):
        print("one", flush=True)
"""


def small_data(name="shapes10"):
    """600 training and 200 test rows of noise with a weak signal, in 128 features."""
    rng = np.random.default_rng(0)
    y = np.arange(800) % 10
    X = (rng.normal(size=(800, 128)) + rng.normal(size=(10, 128))[y]).astype(np.float32)
    return Dataset(name, X[:600], y[:600], X[600:], y[600:], tuple("abcdefghij"))


def quick_tables():
    """One table of one row, three epochs."""
    row = Row("quick", DEFAULTS | QUICK, {})
    return [Table("B0", "Quick", "nothing", (row,), "report_b")]


QUICK = {"network_options": {"hidden": [16]}, "optimizer_options": {"lr": 0.1}, "epochs": 3}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Records go to a folder of the test's own, and data sets are small."""
    monkeypatch.setattr(records, "FOLDER", tmp_path / "records")
    monkeypatch.setattr(experiments, "load", small_data)
    return tmp_path / "records"


def quick(**changes):
    return DEFAULTS | QUICK | {"data": "shapes10"} | changes


# ---------------------------------------------------------------- what is declared


def test_every_table_of_both_reports_is_declared():
    assert [i for i in TABLES if i[0] == "A"] == [f"A{i}" for i in range(1, 11)]
    assert [i for i in TABLES if i[0] == "B"] == [*(f"B{i}" for i in range(3, 14)), "B15", *DECAYED]


def test_a_table_like_another_has_its_rows_and_changes_of_its_own():
    for name in DECAYED:
        first, second = TABLES[name.removesuffix("d")], TABLES[name]
        assert [row.reported for row in first.rows] == [row.reported for row in second.rows]
        for one, other in zip(first.rows, second.rows, strict=True):
            ten_times = one.configuration["optimizer_options"] | {"weight_decay": 0.001}
            assert other.configuration == one.configuration | {"optimizer_options": ten_times}


def test_a_setting_left_out_is_the_default_to_records_as_well():
    """Records written before a setting was there stay what they are."""
    shorter = {name: value for name, value in DEFAULTS.items() if name != "label_smoothing"}
    first, second = run(quick(), 1), run({n: v for n, v in quick().items() if n in shorter}, 1)
    assert first["loss"] == second["loss"]
    assert again(second) == []
    assert key(shorter, 1) == key(DEFAULTS, 1)
    assert key(shorter | {"label_smoothing": 0.1}, 1) != key(DEFAULTS, 1)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_rows_differ_and_have_the_parameters_that_the_report_prints(table):
    configurations = [json.dumps(row.configuration, sort_keys=True) for row in table.rows]
    assert len(set(configurations)) == len(configurations)
    for row in table.rows:
        c = row.configuration
        net = NETWORKS[c["network"]](np.random.default_rng(0), **c["network_options"])
        if "parameters" in row.reported:
            assert count_parameters(net) == row.reported["parameters"], row.name


def test_a_setting_that_nothing_reads_is_refused():
    with pytest.raises(ValueError, match=r"sets \['learning_rate'\]; it may set"):
        merged(DEFAULTS, {"learning_rate": 1})
    with pytest.raises(ValueError, match="protocol is 'fair'; expected one of"):
        configured(DEFAULTS, "shapes10", "fair")


def test_another_networks_options_start_afresh_and_others_add_up():
    base = DEFAULTS | {"network_options": {"hidden": [8]}, "optimizer_options": {"lr": 0.1}}
    options = {"network_options": {"norm": "batch"}, "optimizer_options": {"momentum": 0.9}}
    found = merged(base, options)
    assert found["network_options"] == {"hidden": [8], "norm": "batch"}
    assert found["optimizer_options"] == {"lr": 0.1, "momentum": 0.9}
    found = merged(base, options | {"network": "report_b_best"})
    assert found["network_options"] == {"norm": "batch"}


# ---------------------------------------------------------------- one run


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_recorded_run_of_each_table_gives_the_same_metrics_again(table):
    row = table.rows[-1]
    quick = {"epochs": 2, "views": {}}  # small_data holds no pictures
    record = run(configured(row.configuration, "shapes10", "honest") | quick, seed=3)
    assert record["ended"] == "finished"
    assert again(json.loads(json.dumps(record))) == []
    assert again(record | {"seed": 4}) != []


def test_honest_runs_read_the_test_rows_only_at_the_end():
    """Other test labels change the test's scores, and nothing that came before."""
    data = small_data()
    spoilt = Dataset(
        "spoilt", data.X_train, data.y_train, data.X_test, data.y_test[::-1], data.class_names
    )
    first, second = (run(quick(), 0, d) for d in (data, spoilt))
    assert first.pop("test") != second.pop("test")
    for name in ("loss", "val_accuracy", "best_epoch", "train", "validation", "epochs"):
        assert first[name] == second[name]
    first, second = (run(quick(protocol="report"), 0, d) for d in (data, spoilt))
    assert first["val_accuracy"] != second["val_accuracy"]
    assert first["val_accuracy"][first["best_epoch"]] == pytest.approx(first["test"]["accuracy"])


def test_scaling_is_learnt_from_the_training_rows_alone():
    data = small_data()
    X, _, _ = experiments._parts(
        data, quick(scaling="standardised", protocol="honest"), np.random.default_rng(0)
    )
    np.testing.assert_allclose(X["train"].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(X["train"].std(axis=0), 1, atol=1e-4)
    assert len(X["train"]) == 540
    assert np.abs(X["test"].mean(axis=0)).max() > 1e-3


def test_views_are_for_training_and_averaged_at_the_end_if_so_said(pictures):
    """Accuracy of averaged answers differs from that of plain ones; training is the same."""
    plain = run(quick(views={"shift": 1}), 0, pictures)
    averaged = run(quick(views={"shift": 1}, average_views=True), 0, pictures)
    without = run(quick(), 0, pictures)
    assert plain["loss"] == averaged["loss"] != without["loss"]
    assert plain["test"]["accuracy"] == averaged["test"]["accuracy_of_one_view"]
    assert plain["test"]["accuracy"] != averaged["test"]["accuracy"]
    with pytest.raises(ValueError, match="views: they need the raw features and the PCA"):
        run(quick(views={"shift": 1}, scaling="standardised"), 0, pictures)
    with pytest.raises(ValueError, match="views: they need the raw features and the PCA"):
        run(quick(views={"shift": 1}), 0)


def test_attention_across_a_batch_answers_by_its_company():
    few, many = (
        run(quick(network="report_b_attention", network_options={}, predict_batch=n), 0)
        for n in (8, 200)
    )
    assert few["loss"] == many["loss"]
    assert few["train"]["accuracy"] < many["train"]["accuracy"]


@pytest.fixture
def pictures():
    """Noise with a weak signal again, as pictures of 8 x 8 and their 128 components."""
    rng = np.random.default_rng(0)
    y = np.arange(800) % 10
    signal = rng.normal(size=(10, 8, 8, 3))[y]
    images = np.clip(128 + 40 * rng.normal(size=(800, 8, 8, 3)) + 12 * signal, 0, 255)
    images = images.astype(np.uint8)
    X_train, X_test, pca = pixels_to_features(images[:600], images[600:])
    parts = X_train, y[:600], X_test, y[600:], tuple("abcdefghij")
    return Dataset("small", *parts, images[:600], images[600:], pca)


def test_a_run_that_diverges_is_recorded_as_such():
    record = run(quick(optimizer_options={"lr": 1e9}), 0)
    assert record["ended"] == "diverged"
    assert "test" not in record
    json.dumps(record, allow_nan=False)


# ---------------------------------------------------------------- sweeps


def recorded():
    return {
        (r["configuration"]["protocol"], r["seed"]): r["test"]["accuracy"]
        for r in records.read("report_b")
    }


def test_a_sweep_records_each_run_once_and_does_not_repeat_them():
    plan = missing(quick_tables(), 2, "shapes10")
    assert len(plan) == 4
    assert len(list(sweep(plan, jobs=1, progress=False))) == 4
    assert len(records.read("report_b")) == len(recorded()) == 4
    assert missing(quick_tables(), 2, "shapes10") == []
    assert [seed for _, _, seed in missing(quick_tables(), 3, "shapes10")] == [2, 2]
    (results,) = quick_tables()[0].results("shapes10", "honest")
    assert [r["seed"] for r in results] == [0, 1]


def test_one_configuration_in_two_tables_is_run_once():
    assert len(missing(quick_tables() * 2, 1, "shapes10")) == 2


def test_kill_9_in_mid_sweep_then_resume_gives_the_records_of_an_undisturbed_sweep(here, root):
    script = here.parent / "sweep.py"
    script.write_text(SCRIPT, encoding="utf8")
    command = [sys.executable, script, here]
    environment = os.environ | {"PYTHONPATH": str(root)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    for _ in range(3):
        assert process.stdout.readline() == b"one\n"
    process.kill() if os.name == "nt" else process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    killed = recorded()
    assert 3 <= len(killed) < 8
    with (here / "report_b.jsonl").open("a") as file:  # and as if a line had been half written
        file.write('{"configuration": {"data": "sha')
    subprocess.run(command, env=environment, check=True, capture_output=True)
    resumed = recorded()
    assert len(records.read("report_b")) == len(resumed) == 8
    assert {key: resumed[key] for key in killed} == killed
    (here / "report_b.jsonl").unlink()
    list(sweep(missing(quick_tables(), 4, "shapes10"), jobs=1, progress=False))
    assert recorded() == resumed


def test_the_same_sweep_on_a_cluster():
    """A scheduler and two workers of Dask's, on this machine's loopback."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    import joblib

    plan = missing(quick_tables(), 2, "shapes10")
    # the small data set goes along by value: a worker is a fresh process
    plan = [(file, c | {"epochs": 1}, seed) for file, c, seed in plan]
    alone = {(c["protocol"], seed): run(c, seed)["test"] for _, c, seed in plan}
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        client.run(_use_small_data)
        with joblib.parallel_config(backend="dask"):
            found = list(sweep(plan, jobs=2, progress=False))
    assert len(found) == len(records.read("report_b")) == 4
    for record in found:
        assert record["test"] == alone[record["configuration"]["protocol"], record["seed"]]


def _use_small_data():
    experiments.load = small_data


# ---------------------------------------------------------------- the command line


def test_the_command_runs_what_is_missing_and_compares_again(capsys, monkeypatch):
    monkeypatch.setattr(experiments, "tables", lambda: {"B0": quick_tables()[0]})
    arguments = ["B0", "--seeds", "2", "--jobs", "1", "--data", "shapes10"]
    experiments.main(arguments)
    assert len(records.read("report_b")) == 4
    experiments.main(["--seeds", "2", "--data", "shapes10"])
    assert "4 of 4 runs recorded" in capsys.readouterr().out
    experiments.main(["B0", "--data", "shapes10", "--again", "2"])
    assert capsys.readouterr().out.count("the same") == 2
    with pytest.raises(SystemExit):
        experiments.main(["C1"])
    assert "no table ['C1']; there are ['B0'], and all" in capsys.readouterr().err
