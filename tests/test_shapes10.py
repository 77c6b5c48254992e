"""The stand-in pictures: drawn alike for a seed, balanced, and truly ten distinguishable kinds."""

import numpy as np
import pytest

from mlpcore.shapes10 import CHUNK, CLASS_NAMES, SHAPES, SPREAD, VERSION, _paint, draw_shapes


def nearest_mean_accuracy(X, y, X_test, y_test):
    """Accuracy of the simplest classifier: the class whose mean picture is nearest."""
    means = np.stack([X[y == k].mean(axis=0) for k in range(10)])
    distance = ((X_test[:, None] - means) ** 2).sum(axis=2)
    return np.mean(distance.argmin(axis=1) == y_test)


def as_a_set(images, labels):
    return {(int(k), picture.tobytes()) for k, picture in zip(labels, images, strict=True)}


@pytest.mark.parametrize("size", [8, 16, 32])
def test_shapes_dtypes_and_balance(size):
    images, labels, test_images, test_labels = draw_shapes(450, 30, size=size)
    assert images.shape == (450, size, size, 3)
    assert test_images.shape == (30, size, size, 3)
    assert images.dtype == test_images.dtype == np.uint8
    assert labels.dtype == test_labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [45] * 10
    assert np.bincount(test_labels).tolist() == [3] * 10


def test_ten_distinct_names():
    assert len(set(CLASS_NAMES)) == len(SHAPES) == 10


def test_a_seed_gives_the_same_arrays_and_another_seed_others():
    first, again, other = (draw_shapes(200, 20, seed=s) for s in (7, 7, 8))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_no_picture_is_drawn_twice_or_shared_by_train_and_test():
    # Chunks that shared a generator would repeat one another; so would the two splits.
    images, labels, test_images, test_labels = draw_shapes(3 * CHUNK, 2 * CHUNK)
    train, test = as_a_set(images, labels), as_a_set(test_images, test_labels)
    assert len(train) == 3 * CHUNK
    assert len(test) == 2 * CHUNK
    assert not train & test


def test_a_short_draw_is_part_of_a_long_one():
    # Holds only if a part-filled chunk draws the same numbers as a whole one.
    few, few_labels, test, test_labels = draw_shapes(CHUNK + 50, 30, seed=3)
    many, many_labels, same_test, same_test_labels = draw_shapes(3 * CHUNK, 30, seed=3)
    assert as_a_set(few, few_labels) < as_a_set(many, many_labels)
    assert np.array_equal(test, same_test)
    assert np.array_equal(test_labels, same_test_labels)


def test_shuffled():
    _, labels, _, _ = draw_shapes(1000, 10)
    neighbours_in_turn = np.mean((labels[1:] - labels[:-1]) % 10 == 1)
    assert neighbours_in_turn < 0.2  # 1 if the classes came in turn, 0.1 by chance
    assert np.mean(labels[1:] == labels[:-1]) < 0.2  # about 1 if they came class by class


def test_another_size_shows_the_same_scenes():
    coarse, labels, _, _ = draw_shapes(100, 10, size=16, difficulty=0.5)
    fine, fine_labels, _, _ = draw_shapes(100, 10, size=32, difficulty=0.5)
    assert np.array_equal(labels, fine_labels)
    halved = fine.reshape(100, 16, 2, 16, 2, 3).mean(axis=(2, 4))
    difference = np.abs(halved - coarse).mean(axis=(1, 2, 3))
    stranger = np.abs(halved - np.roll(coarse, 1, axis=0)).mean(axis=(1, 2, 3))
    assert difference.max() < 15 < np.median(stranger)  # in grey levels of 255


def test_numpy_integers_and_floats_draw_the_same_pictures():
    plain = draw_shapes(CHUNK, 10, seed=1, size=16, difficulty=0.5)
    numpys = draw_shapes(
        np.int64(CHUNK),
        np.int64(10),
        seed=np.int64(1),
        size=np.int64(16),
        difficulty=np.float64(0.5),
    )
    assert all(np.array_equal(a, b) for a, b in zip(plain, numpys, strict=True))


def outline(pictures):
    """(n, S, S) bool, where plain pictures (difficulty 0) are unlike their corner pixel."""
    return np.abs(pictures - pictures[:, :1, :1].astype(float)).mean(axis=3) > 40


def test_plain_outlines_tell_the_kinds_apart():
    # Colour is taken away: at difficulty 0 the shape is the pixels unlike the corner pixel.
    images, labels, test_images, test_labels = draw_shapes(200, 100, difficulty=0)

    X, X_test = (outline(i).reshape(len(i), -1).astype(float) for i in (images, test_images))
    masks = np.stack([X[labels == k][0] for k in range(10)])
    overlap = (masks @ masks.T) / np.sqrt(np.outer(masks.sum(1), masks.sum(1)))
    assert overlap[~np.eye(10, dtype=bool)].max() < 0.97
    assert nearest_mean_accuracy(X, labels, X_test, test_labels) == 1.0


def test_plain_shapes_stand_upright():
    images, labels, _, _ = draw_shapes(10, 10, difficulty=0)
    masks = outline(images)[labels.argsort()]
    triangle, crescent, heart = (
        masks[CLASS_NAMES.index(n)] for n in ("triangle", "crescent", "heart")
    )
    assert triangle[8:].sum() > 1.5 * triangle[:8].sum()  # rows run from the top
    assert heart[:8].sum() > 1.2 * heart[8:].sum()
    assert crescent[:, :8].sum() > 2 * crescent[:, 8:].sum()  # open to the right


def painted(name, size, turn=0.0, stretch=1.0):
    """One white shape of radius 0.7 on black: (S, S) cover of each pixel."""
    canvas, one = np.zeros((1, size, size, 3)), np.ones((1, 1, 1))
    kinds = np.array([CLASS_NAMES.index(name)])
    _paint(canvas, kinds, one[None], 0 * one, 0 * one, 0.7 * one, turn * one, stretch * one)
    return canvas[0, :, :, 0]


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_a_turn_is_a_turn(name):
    # anticlockwise, about the shape's middle, without shear
    upright = painted(name, 32)
    assert np.allclose(painted(name, 32, turn=np.pi / 2), np.rot90(upright), atol=1e-5)
    tilted = painted(name, 64, turn=0.6)
    assert np.isclose(tilted.mean(), painted(name, 64).mean(), rtol=0.02)


@pytest.mark.parametrize("size", [16, 256])
def test_a_disc_has_its_area_and_an_edge_one_pixel_soft(size):
    cover = painted("disc", size)
    radius = 0.85 * 0.7 * size / 2  # in pixels
    assert np.isclose(cover.sum(), np.pi * radius**2, rtol=0.01)
    if size == 256:  # on a coarser grid too few pixels lie on the outline to average over
        # Across an edge that fades over one pixel, cover (1 - cover) integrates to 1/6.
        assert np.isclose((cover * (1 - cover)).sum(), 2 * np.pi * radius / 6, rtol=0.1)


def test_pixels_use_the_whole_range():
    images = draw_shapes(100, 10, difficulty=2)[0]
    assert images.min() == 0
    assert images.max() == 255


def test_each_formula_is_negative_inside_its_shape_and_positive_outside():
    for implicit, inside, outside in [
        (SHAPES["disc"], (0, 0), (0.7, 0.7)),
        (SHAPES["ring"], (0.7, 0), (0, 0)),
        (SHAPES["square"], (0.7, 0.7), (0.9, 0)),
        (SHAPES["triangle"], (0.5, -0.6), (0.5, 0.6)),
        (SHAPES["star"], (0, 0.9), (0, -0.7)),
        (SHAPES["cross"], (0, 0.9), (0.6, 0.6)),
        (SHAPES["stripes"], (0.5, 0), (0.5, 0.42)),
        (SHAPES["crescent"], (-0.7, 0), (0.5, 0)),
        (SHAPES["heart"], (0.42, 0.7), (0, 0.8)),
        (SHAPES["arrow"], (0.8, 0), (-0.8, 0.5)),
    ]:
        assert implicit(*np.array(inside, float)) < 0 < implicit(*np.array(outside, float))


def test_a_linear_rule_finds_something_but_far_from_all():
    images, labels, test_images, test_labels = draw_shapes(2000, 1000)
    X, X_test = (i.reshape(len(i), -1) / 255 for i in (images, test_images))
    accuracy = nearest_mean_accuracy(X, labels, X_test, test_labels)
    assert 0.2 < accuracy < 0.45  # chance is 0.1


def test_difficulty_makes_the_pictures_harder():
    accuracies = []
    for difficulty in (0.3, 1, 2):
        images, labels, test_images, test_labels = draw_shapes(1000, 500, difficulty=difficulty)
        X, X_test = (i.reshape(len(i), -1) / 255 for i in (images, test_images))
        accuracies.append(nearest_mean_accuracy(X, labels, X_test, test_labels))
    assert accuracies[0] > accuracies[1] + 0.1 > accuracies[2] + 0.15


def test_noise_is_as_large_as_stated(monkeypatch):
    for name in SPREAD:
        monkeypatch.setitem(SPREAD, name, 0.05 if name == "noise" else 0)
    images = draw_shapes(100, 10)[0]
    edge = images[:, 0, :] / 255  # the top row is plain background
    assert np.isclose((edge - edge.mean(axis=1, keepdims=True)).std(), 0.05, rtol=0.1)


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"n_train": 15}, ValueError, "n_train is 15; expected a multiple of 10"),
        ({"n_test": 0}, ValueError, "n_test is 0; expected at least 1"),
        ({"n_train": -10}, ValueError, "n_train is -10; expected at least 1"),
        ({"n_train": 1e3}, TypeError, "n_train is 1000.0; expected a whole number"),
        ({"seed": None}, TypeError, "seed is None; expected a whole number"),
        ({"seed": -1}, ValueError, "seed is -1; expected at least 0"),
        ({"size": 4}, ValueError, "size is 4; expected 8 to 64"),
        ({"size": 128}, ValueError, "size is 128; expected 8 to 64"),
        ({"size": 16.0}, TypeError, "size is 16.0; expected a whole number"),
        ({"difficulty": -0.1}, ValueError, "difficulty is -0.1; expected 0 "),
        ({"difficulty": float("nan")}, ValueError, "difficulty is nan; expected 0 "),
    ],
)
def test_bad_arguments_are_named(wrong, error, says):
    with pytest.raises(error, match=says):
        draw_shapes(**{"n_train": 10, "n_test": 10, **wrong})


def test_other_pictures_need_another_version():
    """A cache is read back by VERSION: pictures that change under the same one would go unseen."""
    images = draw_shapes(200, 10)[0]
    assert (VERSION, round(float(images.mean()), 1)) == (1, 128.0), "raise VERSION, then this mean"
