"""Preprocessing: each test names the fault it would catch."""

import numpy as np
import pytest

from mlpcore.preprocess import (
    PCA,
    MinMaxScaler,
    StandardScaler,
    _slices,
    batches,
    one_hot,
    stratified_split,
)

SCALERS = [MinMaxScaler, StandardScaler]
TRANSFORMERS = [MinMaxScaler, StandardScaler, lambda: PCA(2)]


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    return rng.normal(size=(200, 5)) * [1, 10, 0.1, 3, 1] + [0, 5, -3, 100, 1]


def test_min_max_maps_the_training_columns_onto_0_and_1(X):
    Z = MinMaxScaler().fit_transform(X)
    np.testing.assert_allclose(Z.min(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(Z.max(axis=0), 1, atol=1e-15)
    np.testing.assert_allclose(Z[:, 1], (X[:, 1] - X[:, 1].min()) / np.ptp(X[:, 1]))


def test_standard_scaler_gives_mean_0_and_deviation_1(X):  # catches n - 1 and a missing mean
    Z = StandardScaler().fit_transform(X)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Z.std(axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("make", SCALERS)
def test_statistics_come_from_the_rows_given_to_fit_only(make, X):  # catches a refit in transform
    scaler = make().fit(X[:100])
    before = scaler.state_dict()
    shifted = scaler.transform(X[100:] + 1000)
    assert shifted.min() > 1
    assert all(np.array_equal(before[k], v) for k, v in scaler.state_dict().items())


@pytest.mark.parametrize("make", SCALERS)
def test_scalers_undo_themselves(make, X):
    scaler = make().fit(X)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(X)), X, rtol=1e-12)


@pytest.mark.parametrize("make", TRANSFORMERS)
def test_float32_stays_and_other_types_become_float64(make, X):
    assert make().fit_transform(X.astype(np.float32)).dtype == np.float32
    assert make().fit_transform(X).dtype == np.float64
    assert make().fit_transform((X * 10).astype(np.int64)).dtype == np.float64


def test_statistics_of_float32_are_summed_in_float64():  # float32 sums lose the small deviation
    X = (10_000 + np.random.default_rng(0).normal(size=(100_000, 1))).astype(np.float32)
    scaler = StandardScaler().fit(X)
    np.testing.assert_allclose(scaler.shift, X.astype(np.float64).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(scaler.scale, X.astype(np.float64).std(axis=0), rtol=1e-9)


@pytest.mark.parametrize("make", SCALERS)
@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])  # 0.1 has a computed deviation of about 1e-17
def test_a_constant_feature_is_named(make, X, value):
    X[:, [1, 3]] = value
    with pytest.raises(
        ValueError, match=r"2 of 5 features are constant \(columns \[1, 3\]\).*drop"
    ):
        make().fit(X)


@pytest.mark.parametrize("make", TRANSFORMERS)
def test_transform_refuses_to_run_before_fit(make, X):
    for call in (make().transform, make().inverse_transform, lambda _: make().state_dict()):
        with pytest.raises(ValueError, match=r"not been fitted: call fit\(X_train\)"):
            call(X)


@pytest.mark.parametrize("make", TRANSFORMERS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_named_with_their_place(make, X, value):
    fitted = make().fit(X)
    X[7, 3] = X[9, 0] = value
    for call in (make().fit, fitted.transform):
        with pytest.raises(ValueError, match=r"2 NaN or infinite.*row 7, column 3"):
            call(X)


@pytest.mark.parametrize("make", TRANSFORMERS)
def test_wrong_inputs_are_named(make, X):
    fitted = make().fit(X)
    with pytest.raises(ValueError, match=r"4 features .*expected 5"):
        fitted.transform(X[:, :4])
    with pytest.raises(ValueError, match=r"shape \(5,\); expected \(examples, features\)"):
        fitted.transform(X[0])
    with pytest.raises(ValueError, match=r"empty \(shape \(0, 5\)\)"):
        make().fit(X[:0])
    with pytest.raises(TypeError, match=r"dtype .*expected numbers"):
        make().fit(np.array([["a", "b"], ["c", "d"]]))


@pytest.mark.parametrize("make", TRANSFORMERS)
def test_state_survives_an_npz_without_pickle(make, X, tmp_path):
    fitted = make().fit(X)
    np.savez(tmp_path / "state.npz", **fitted.state_dict())
    copy = make()
    with np.load(tmp_path / "state.npz", allow_pickle=False) as stored:
        copy.load_state_dict(dict(stored))
    np.testing.assert_array_equal(copy.transform(X), fitted.transform(X))
    fitted.state_dict()[make()._state[0]][...] = 99  # a copy: writing to it changes nothing
    np.testing.assert_array_equal(copy.transform(X), fitted.transform(X))
    with pytest.raises(ValueError, match=r"state holds.*expected"):
        make().load_state_dict({"shift": np.zeros(5)})


def test_pca_is_the_singular_value_decomposition_of_the_centred_data(X):
    pca = PCA(3).fit(X)
    _, s, Vt = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(pca.components * Vt[:3], axis=1)), 1, rtol=1e-10)
    np.testing.assert_allclose(pca.explained_variance, s[:3] ** 2 / 199, rtol=1e-10)
    np.testing.assert_allclose(pca.explained_variance_ratio, (s**2 / (s**2).sum())[:3], rtol=1e-10)
    np.testing.assert_allclose(pca.transform(X).var(axis=0, ddof=1), pca.explained_variance)


def test_pca_signs_do_not_depend_on_the_eigen_solver(X):  # catches a missing sign convention
    pca = PCA(5).fit(X)
    assert (pca.components[np.arange(5), np.abs(pca.components).argmax(axis=1)] > 0).all()
    np.testing.assert_allclose(pca.components, PCA(5).fit(X[::-1]).components, atol=1e-10)


def test_pca_of_all_components_loses_nothing_and_of_fewer_only_what_it_says(X):
    np.testing.assert_allclose(PCA(5).fit(X).inverse_transform(PCA(5).fit_transform(X)), X)
    pca = PCA(2).fit(X)
    lost = np.sum((X - pca.inverse_transform(pca.transform(X))) ** 2) / 199
    total = X.var(axis=0, ddof=1).sum()
    np.testing.assert_allclose(lost / total, 1 - pca.explained_variance_ratio.sum(), rtol=1e-10)


def test_pca_in_slices_of_bytes_equals_pca_of_scaled_floats(monkeypatch):
    X = np.random.default_rng(0).integers(0, 256, (100, 12), dtype=np.uint8)
    whole = PCA(4).fit(X / 255)
    monkeypatch.setattr("mlpcore.preprocess._SLICE_BYTES", 8 * 12 * 7)
    assert {len(rows) for rows in _slices(X)} == {6, 7}  # 7 rows fill a slice
    sliced = PCA(4, scale=1 / 255).fit(X)
    np.testing.assert_allclose(sliced.components, whole.components, atol=1e-10)
    np.testing.assert_allclose(sliced.transform(X), whole.transform(X / 255), atol=1e-12)
    np.testing.assert_allclose(sliced.explained_variance, whole.explained_variance)


def test_pca_refuses_impossible_requests(X):
    with pytest.raises(ValueError, match="n_components is 6, but 200 examples of 5 features"):
        PCA(6).fit(X)
    with pytest.raises(ValueError, match="at most 2 components"):
        PCA(3).fit(X[:3])
    with pytest.raises(ValueError, match="n_components is 0"):
        PCA(0)
    with pytest.raises(TypeError, match=r"n_components is 2.5"):
        PCA(2.5)
    with pytest.raises(ValueError, match="all rows of X are equal"):
        PCA(1).fit(np.ones((5, 3)))


def test_one_hot_is_report_a_example():
    np.testing.assert_array_equal(one_hot(np.array([0, 1, 2]), 3), np.eye(3))
    np.testing.assert_array_equal(one_hot(np.array([[2], [0]], np.uint8), 3), np.eye(3)[[2, 0]])
    assert one_hot([1], 2).dtype == np.float32
    assert one_hot([1], 2, np.float64).dtype == np.float64


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        ([0, 3], ValueError, "labels runs from 0 to 3; expected 0 to 2"),
        (
            [-1, 0],
            ValueError,
            "labels runs from -1 to 0; expected 0 to 2",
        ),  # -1 would index the last
        ([0.0, 1.0], TypeError, "dtype float64; expected integers"),
        (["cat"], TypeError, "expected integers"),
        ([True, False], TypeError, "dtype bool"),
        ([], ValueError, r"shape \(0,\)"),
        ([[0, 1]], ValueError, r"shape \(1, 2\); expected \(examples,\)"),
    ],
)
def test_one_hot_names_bad_labels(labels, error, words):
    with pytest.raises(error, match=words):
        one_hot(np.array(labels), 3)


def test_stratified_split_keeps_every_class_in_proportion():
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    kept, held = stratified_split(labels, 0.2, np.random.default_rng(0))
    np.testing.assert_array_equal(np.bincount(labels[held]), [20, 10, 2])
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, held])), np.arange(160))
    again = stratified_split(labels, 0.2, np.random.default_rng(0))[1]
    other = stratified_split(labels, 0.2, np.random.default_rng(1))[1]
    np.testing.assert_array_equal(held, again)
    assert not np.array_equal(held, other)  # a split that ignores rng takes the same rows


def test_stratified_split_names_bad_input():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"class 1 has 1 example\(s\)"):
        stratified_split(np.array([0] * 10 + [1]), 0.2, rng)
    for fraction in (0, 1, -0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"fraction is .* strictly between 0 and 1"):
            stratified_split(np.zeros(10, int), fraction, rng)
    with pytest.raises(TypeError, match="expected integers"):
        stratified_split(np.zeros(10), 0.2, rng)


def test_batches_visit_every_row_once_in_a_new_order_each_epoch():
    rng = np.random.default_rng(0)
    first, second = list(batches(10, 4, rng)), list(batches(10, 4, rng))
    assert [len(b) for b in first] == [4, 4, 2]
    np.testing.assert_array_equal(np.sort(np.concatenate(first)), np.arange(10))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    assert not np.array_equal(np.concatenate(first), np.arange(10))
    assert [len(b) for b in batches(10, 4, rng, drop_last=True)] == [4, 4]
    assert [len(b) for b in batches(10, 10, rng, drop_last=True)] == [10]


@pytest.mark.parametrize(
    ("n", "size", "words"),
    [
        (10, 11, "batch_size is 11; expected 1 to 10"),
        (10, 0, "is 0"),
        (0, 1, "is 0; expected at least 1"),
    ],
)
def test_batches_refuse_at_the_call(n, size, words):  # not at the first next(), far from the cause
    with pytest.raises(ValueError, match=words):
        batches(n, size, np.random.default_rng(0))
