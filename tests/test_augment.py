"""Augmentation: views are what they say, and training sees what an augmentation gives."""

import numpy as np
import pytest

from mlpcore import SGD, fit, models, training_steps
from mlpcore.augment import Views
from mlpcore.preprocess import PCA, one_hot


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def pictures(rng):
    return rng.integers(0, 256, (200, 4, 6, 3))


def rows(pictures):
    return pictures.reshape(len(pictures), -1)


def test_a_view_of_a_row_is_the_row_of_the_changed_picture(pictures):
    """With all components nothing is lost: exact but for float32."""
    pca = PCA(72, scale=1 / 255).fit(rows(pictures))
    views = Views(pca, (4, 6, 3), shift=1)
    X = pca.transform(rows(pictures)).astype(np.float32)
    assert len(views) == len(set(views.changes)) == 18
    assert views.changes[0] == (False, 0, 0)
    assert Views(pca, (4, 6, 3), mirror=False, shift=1).changes == views.changes[::2]
    for i, (mirrored, down, right) in enumerate(views.changes):
        changed = pictures[:, :, ::-1] if mirrored else pictures
        edged = np.pad(changed, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        moved = edged[:, 1 - down : 5 - down, 1 - right : 7 - right]
        np.testing.assert_allclose(
            views.transform(X, i), pca.transform(rows(moved)), atol=1e-5, err_msg=f"{i}"
        )


def test_with_few_components_it_is_the_view_of_what_they_hold(pictures):
    pca = PCA(10, scale=1 / 255).fit(rows(pictures))
    X = pca.transform(rows(pictures))
    held = pca.inverse_transform(X).reshape(pictures.shape) * 255
    expected = pca.transform(rows(held[:, :, ::-1]))
    np.testing.assert_allclose(Views(pca, (4, 6, 3)).transform(X, 1), expected, atol=1e-5)


def test_every_view_is_as_likely_and_labels_stay(pictures, rng):
    views = Views(PCA(10).fit(rows(pictures)), (4, 6, 3), shift=1)
    X, y = rng.normal(size=(3600, 10)).astype(np.float32), rng.integers(0, 3, 3600)
    kept = X.copy()
    new, labels = views(X, y, rng)
    np.testing.assert_array_equal(X, kept)
    assert labels is y
    assert new.dtype == np.float32
    seen = np.array([views.transform(X, i) for i in range(18)])
    found = np.abs(seen - new).max(axis=2)
    assert (found.min(axis=0) < 1e-4).all()  # each row is one of its views,
    counts = np.bincount(found.argmin(axis=0), minlength=18)
    assert 140 < counts.min() <= counts.max() < 260  # and each view is drawn about 200 times


def test_predictions_are_averaged_over_all_views(pictures, rng):
    """A network that answers by the first feature's sign answers with the views' shares."""
    pca = PCA(10, scale=1 / 255).fit(rows(pictures))
    views = Views(pca, (4, 6, 3), shift=1)
    X = pca.transform(rows(pictures)).astype(np.float32)
    net = models.mlp((10, 2), rng=rng)
    net[0].W.data[:], net[0].b.data[:] = 0, 0
    net[0].W.data[0] = -1e7, 1e7
    share = np.mean([views.transform(X, i)[:, 0] > 0 for i in range(18)], axis=0)
    np.testing.assert_allclose(views.predict(net, X)[:, 1], share, atol=1e-3)


def test_training_sees_the_augmented_rows_in_order(rng):
    seen = []

    def twice(X, y, rng):
        seen.append(len(X))
        return 2 * X, y

    X, y = rng.normal(size=(20, 5)).astype(np.float32), rng.integers(0, 3, 20)

    def losses(X, augment):
        net = models.mlp((5, 4, 3), rng=np.random.default_rng(1))
        plan = {"optimizer": SGD(net.parameters(), lr=0.1), "epochs": 2, "batch_size": 8}
        rng = np.random.default_rng(2)
        return [s.loss for s in training_steps(net, X, y, rng=rng, augment=augment, **plan)]

    assert losses(X, twice) == losses(2 * X, None)
    assert seen == [8, 8, 4] * 2


def test_fit_trains_on_soft_labels_and_counts_the_true_ones(rng):
    y = rng.integers(0, 3, 300)
    X = (np.eye(3)[y] * 4 + rng.normal(size=(300, 3))).astype(np.float32)
    net = models.mlp((3, 16, 3), rng=rng)
    plan = {"optimizer": SGD(net.parameters(), lr=0.1, momentum=0.9), "epochs": 10}

    def soft(X, y, rng):
        return X, 0.9 * one_hot(y, 3) + np.float32(0.1 / 3)

    history = fit(net, X, y, rng=rng, batch_size=30, augment=soft, progress=False, **plan)
    assert history["accuracy"][-1] > 0.6
    assert (net(X).data.argmax(axis=1) == y).mean() > 0.95


def test_what_does_not_fit_is_named(pictures):
    pca = PCA(10).fit(rows(pictures))
    with pytest.raises(ValueError, match=r"shape \(32, 32, 3\) has 3072 numbers, a component 72"):
        Views(pca)
    with pytest.raises(ValueError, match="shift is 4; expected 0 to 3"):
        Views(pca, (4, 6, 3), shift=4)
