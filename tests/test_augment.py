"""Augmentation: mirrored and mixed rows are what they say, and training sees them."""

import numpy as np
import pytest

from mlpcore import SGD, fit, models, training_steps
from mlpcore.augment import Mirror, Mixup, compose
from mlpcore.preprocess import PCA


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def pictures(rng):
    return rng.integers(0, 256, (200, 4, 6, 3))


def rows(pictures):
    return pictures.reshape(len(pictures), -1)


def test_a_mirrored_row_is_the_row_of_the_mirrored_picture(pictures):
    """With all components nothing is lost: exact but for float32."""
    pca = PCA(72, scale=1 / 255).fit(rows(pictures))
    mirror = Mirror(pca, (4, 6, 3))
    X = pca.transform(rows(pictures)).astype(np.float32)
    expected = pca.transform(rows(pictures[:, :, ::-1]))
    np.testing.assert_allclose(mirror.transform(X), expected, atol=1e-5)
    np.testing.assert_allclose(mirror.transform(mirror.transform(X)), X, atol=1e-5)


def test_with_few_components_it_is_the_mirror_of_what_they_hold(pictures):
    pca = PCA(10, scale=1 / 255).fit(rows(pictures))
    X = pca.transform(rows(pictures))
    held = pca.inverse_transform(X).reshape(pictures.shape) * 255
    expected = pca.transform(rows(held[:, :, ::-1]))
    np.testing.assert_allclose(Mirror(pca, (4, 6, 3)).transform(X), expected, atol=1e-5)


def test_about_half_the_rows_are_mirrored_and_labels_stay(pictures, rng):
    mirror = Mirror(PCA(10).fit(rows(pictures)), (4, 6, 3))
    X, y = rng.normal(size=(1000, 10)).astype(np.float32), rng.integers(0, 3, 1000)
    kept = X.copy()
    new, labels = mirror(X, y, rng)
    np.testing.assert_array_equal(X, kept)
    assert labels is y
    changed = (new != X).any(axis=1)
    assert 400 < changed.sum() < 600
    np.testing.assert_allclose(new[changed], mirror.transform(X)[changed], atol=1e-5)
    assert new.dtype == np.float32


def test_mixup_mixes_rows_and_labels_alike(rng):
    """Rows that are their own labels must come out equal to them."""
    y = rng.integers(0, 4, 50)
    X = np.eye(4, dtype=np.float32)[y]
    new, soft = Mixup(1.0, 4)(X, y, rng)
    np.testing.assert_array_equal(new, soft)
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-6)
    assert ((soft > 0).sum(axis=1) == 2).any()
    shares = [Mixup(0.2, 4)(X, y, rng)[1].max() for _ in range(200)]
    assert np.mean(np.array(shares) > 0.9) > 0.5  # Beta(0.2, 0.2) is mostly near 0 or 1


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
    assert losses(X, compose(twice, twice)) == losses(4 * X, None)


def test_fit_trains_on_soft_labels_and_counts_the_true_ones(rng):
    y = rng.integers(0, 3, 300)
    X = (np.eye(3)[y] * 4 + rng.normal(size=(300, 3))).astype(np.float32)
    net = models.mlp((3, 16, 3), rng=rng)
    plan = {"optimizer": SGD(net.parameters(), lr=0.1, momentum=0.9), "epochs": 10}
    mixed = Mixup(0.2, 3)
    history = fit(net, X, y, rng=rng, batch_size=30, augment=mixed, progress=False, **plan)
    assert history["accuracy"][-1] > 0.6
    assert (net(X).data.argmax(axis=1) == y).mean() > 0.95


def test_what_does_not_fit_is_named(pictures):
    pca = PCA(10).fit(rows(pictures))
    with pytest.raises(ValueError, match=r"shape \(32, 32, 3\) has 3072 numbers, a component 72"):
        Mirror(pca)
    with pytest.raises(ValueError, match=r"share is 1\.5"):
        Mirror(pca, (4, 6, 3), share=1.5)
    with pytest.raises(ValueError, match="alpha is 0"):
        Mixup(0)
