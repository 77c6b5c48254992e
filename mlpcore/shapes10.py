"""Shapes-10: small pictures of ten shapes, drawn here, that stand in for CIFAR-10 when offline.

A picture is painted from back to front: a shaded background, a few small shapes of any kind as
clutter, the one large shape that the label names, and noise over all. As in photographs, the shape
moves, turns, changes size and colour, and other things stand beside it. Colour only hints at the
class, and that hint is nearly all that a linear classifier can use. No label is wrong.

A shape is an implicit function: a formula in x and y that is negative inside, zero on the outline
and grows outside about as a distance does (see Inigo Quilez, "2D distance functions").
"""

import numpy as np

from .checks import check_whole


def _box(x, y, half_width, half_height):
    return np.maximum(np.abs(x) - half_width, np.abs(y) - half_height)


def _star(x, y):
    """Five points: folded into a tenth of a turn, the outline is one straight edge."""
    fifth = 2 * np.pi / 5
    angle, r = np.arctan2(x, y), np.hypot(x, y)
    angle = np.abs(angle - fifth * np.round(angle / fifth))
    return 0.53 * (r * np.cos(angle) - 1.05) + 0.85 * r * np.sin(angle)


# Each formula is in the shape's own coordinates: x to the right, y up, the shape within -1..1.
SHAPES = {
    "disc": lambda x, y: np.hypot(x, y) - 0.85,
    "ring": lambda x, y: np.abs(np.hypot(x, y) - 0.7) - 0.2,
    "square": lambda x, y: _box(x, y, 0.78, 0.78),
    "triangle": lambda x, y: np.maximum(-0.78 - y, 0.87 * np.abs(x) + 0.5 * y - 0.48),
    "star": _star,
    "cross": lambda x, y: np.minimum(_box(x, y, 0.28, 0.95), _box(x, y, 0.95, 0.28)),
    "stripes": lambda x, y: np.maximum(_box(x, y, 0.9, 0.85), 0.17 - np.abs(np.abs(y) - 0.42)),
    "crescent": lambda x, y: np.maximum(np.hypot(x, y) - 0.95, 0.8 - np.hypot(x - 0.5, y - 0.1)),
    "heart": lambda x, y: np.minimum(
        np.hypot(np.abs(x) - 0.42, y - 0.32) - 0.5,
        np.maximum(0.74 * np.abs(x) - 0.67 * y - 0.6, y - 0.3),
    ),
    "arrow": lambda x, y: np.minimum(
        _box(x + 0.45, y, 0.5, 0.22), np.maximum(0.64 * x + 0.77 * np.abs(y) - 0.6, -x - 0.05)
    ),
}
CLASS_NAMES: tuple[str, ...] = tuple(SHAPES)

# How far a picture strays from its class's plain one at difficulty 1: lengths in half-widths of the
# picture, angles in radians, lightness from 0 to 1. Tuned so that networks on PCA(128) of these
# pictures score about what they score on CIFAR-10's.
SPREAD = {
    "hue": 0.88,  # of the background, around the class's own
    "shape_hue": 1.08,
    "lightness": 0.2,
    "slope": 0.15,  # of the background's lightness, from the middle to an edge
    "centre": 0.33,
    "turn": 0.65,
    "stretch": 0.16,  # of the logarithm by which width grows and height shrinks
    "radius": 0.2,  # either way from 0.6
    "contrast": 0.4,  # below 0.5, the lightness between shape and background
    "clutter": 4,  # small shapes in the background
    "noise": 0.065,
}
VERSION = 1  # of the pictures: raise it with any change to them, so that caches are drawn anew
NOTE = "made of pictures the library draws"
CHUNK = 200  # pictures drawn together: few, so that memory stays low; a multiple of the 10 classes


def _axes(size):
    """Pixel centres, x as (1, 1, S) and y as (1, S, 1): the picture is -1..1, with y up."""
    x = ((np.arange(size, dtype=np.float32) + 0.5) * 2 / size - 1)[None, None, :]
    return x, -x.transpose(0, 2, 1)


def _rgb(lightness, chroma, hue):
    """Colours (n, 1, 1, 3) from three (n, 1, 1): red, green and blue a third of a turn apart."""
    thirds = np.arange(3, dtype=np.float32) * (2 * np.pi / 3)
    return lightness[..., None] + chroma[..., None] * np.cos(hue[..., None] + thirds)


def _paint(canvas, kinds, colour, right, up, radius, turn, stretch):
    """Paint on each picture one shape: `kinds` (n,), `colour` (n, 1, 1, 3), else (n, 1, 1)."""
    size = canvas.shape[1]
    x, y = _axes(size)
    x, y, cos, sin = x - right, y - up, np.cos(turn) / radius, np.sin(turn) / radius
    x, y = (cos * x + sin * y) / stretch, (cos * y - sin * x) * stretch
    outside = np.empty_like(x)
    for kind, implicit in enumerate(SHAPES.values()):
        rows = kinds == kind
        outside[rows] = implicit(x[rows], y[rows])
    # A pixel that the outline crosses is covered in part: this is what keeps edges smooth.
    cover = np.clip(0.5 - outside * (radius * size / 2), 0, 1)[..., None]
    canvas += cover * (colour - canvas)


def _draw_chunk(labels, rng, size, difficulty):
    """Pictures (n, S, S, 3) uint8 of the classes in `labels` (n,)."""
    n = len(labels)
    spread = {name: difficulty * value for name, value in SPREAD.items()}

    def normal(scale):
        return scale * rng.standard_normal((n, 1, 1), dtype=np.float32)

    def uniform(low, high):
        return low + (high - low) * rng.random((n, 1, 1), dtype=np.float32)

    turns = (labels[:, None, None] / len(SHAPES)).astype(np.float32) * (2 * np.pi)
    lightness = 0.5 + normal(spread["lightness"])
    x, y = _axes(size)
    shade = lightness + normal(spread["slope"]) * x + normal(spread["slope"]) * y
    canvas = _rgb(shade, uniform(0.1, 0.3), turns + normal(spread["hue"]))

    for _ in range(round(spread["clutter"])):
        kinds, right, up = rng.integers(len(SHAPES), size=n), uniform(-1.1, 1.1), uniform(-1.1, 1.1)
        radius, turn = uniform(0.12, 0.35), uniform(0, 2 * np.pi)
        colour = _rgb(lightness + normal(0.3), uniform(0.1, 0.3), uniform(0, 2 * np.pi))
        _paint(canvas, kinds, colour, right, up, radius, turn, stretch=1)

    contrast = np.sign(uniform(-1, 1)) * uniform(max(0.5 - spread["contrast"], 0), 0.5)
    hue = 3 * turns + 2 + normal(spread["shape_hue"])  # not in the background's order
    right, up = normal(spread["centre"]), normal(spread["centre"])
    radius = uniform(0.6 - spread["radius"], 0.6 + spread["radius"])
    turn, stretch = normal(spread["turn"]), np.exp(normal(spread["stretch"]))
    colour = _rgb(lightness + contrast, uniform(0.1, 0.3), hue)
    _paint(canvas, labels, colour, right, up, radius, turn, stretch)
    # Noise comes last: only its count depends on the size, so that a seed means the same scenes.
    canvas += spread["noise"] * rng.standard_normal(canvas.shape, dtype=np.float32)
    return (np.clip(canvas, 0, 1) * 255 + 0.5).astype(np.uint8)


def draw_shapes(
    n_train: int = 50_000,
    n_test: int = 10_000,
    *,
    seed: int = 0,
    size: int = 16,
    difficulty: float = 1.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw the ten shapes: (train_images, train_labels, test_images, test_labels).

    Images are (n, size, size, 3) uint8, RGB, top row first; labels are (n,) int64, indices into
    CLASS_NAMES, every class equally often, shuffled. The same arguments give the same arrays on one
    machine; another `size` (8 to 64) shows the same scenes in finer or coarser pixels. `difficulty`
    (0 to 2) scales SPREAD: 0 draws plain shapes, 1 makes networks score about as on CIFAR-10.
    TypeError: no whole number. ValueError: out of range, or a count that is no multiple of 10.
    """
    for name, n in (("n_train", n_train), ("n_test", n_test)):
        check_whole(n, name)
        if n % len(SHAPES):
            raise ValueError(f"{name} is {n}; expected a multiple of {len(SHAPES)}")
    check_whole(size, "size", 8, 64)
    check_whole(seed, "seed", 0)
    if not 0 <= difficulty <= 2:
        raise ValueError(f"difficulty is {difficulty}; expected 0 (plain) to 2 (1 is the usual)")
    size, difficulty = int(size), float(difficulty)  # NumPy's own would turn all into float64
    drawn, in_turn = [], np.arange(CHUNK) % len(SHAPES)
    for n, rng in zip((n_train, n_test), np.random.default_rng(seed).spawn(2), strict=True):
        images, labels = np.empty((n, size, size, 3), np.uint8), np.empty(n, np.int64)
        places = rng.permutation(n)
        # Each chunk has its own generator and is drawn whole: more pictures leave the first alone.
        for i, child in enumerate(rng.spawn(-(-n // CHUNK))):
            place = places[i * CHUNK : (i + 1) * CHUNK]
            images[place] = _draw_chunk(in_turn, child, size, difficulty)[: len(place)]
            labels[place] = in_turn[: len(place)]
        drawn += [images, labels]
    return tuple(drawn)
