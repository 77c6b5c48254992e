"""Small pictures as SVG text: a browser draws them, so that they can change ten times a second.

Lines and letters take the page's own colour (light or dark); what is under the mouse says its
value. Each function returns the text of one <svg> element.
"""

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from .plots import BLUE, GREEN, ORANGE, VERMILLION

COLOURS = (BLUE, ORANGE, GREEN, VERMILLION)
_DASHES = ("none", "5 3", "2 2", "8 2 2 2")
_TEXT = 'font-size="11" fill="currentColor"'


def _svg(width: int, height: int, label: str, inside: Sequence[str]) -> str:
    view = f'viewBox="0 0 {width} {height}" style="max-width:{width}px;width:100%"'
    return f'<svg role="img" aria-label="{label}" {view}>' + "".join(inside) + "</svg>"


def _number(value: float) -> str:
    return f"{value:.3g}"


def chart(title: str, series: dict[str, Sequence], last: float, top: float | None = None) -> str:
    """Lines over the steps; series: name -> [(step, value), ...]. top: the axis's end, if fixed.

    last: the step at the right edge. Each line has its own dash and its last value beside its name.
    """
    width, height, x0, y0, w, h = 330, 190, 36, 24, 284, 120
    drawn = {name: points for name, points in series.items() if len(points)}
    values = [value for points in drawn.values() for _, value in points]
    high = top or max([*values, 1e-9]) * 1.05
    parts = [f'<text x="{x0}" y="13" {_TEXT} font-weight="bold">{title}</text>']
    for share in (0, 0.5, 1):
        y = y0 + h * (1 - share)
        parts.append(f'<path d="M{x0} {y}h{w}" stroke="currentColor" opacity="0.25"/>')
        number = _number(high * share)
        parts.append(f'<text x="{x0 - 4}" y="{y + 4}" text-anchor="end" {_TEXT}>{number}</text>')
    for place, (name, points) in enumerate(drawn.items()):
        steps, heights = np.array(points).T
        xs = x0 + w * steps / max(last, 1)
        ys = y0 + h * (1 - np.clip(heights / high, 0, 1))
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
        line = f'stroke="{COLOURS[place]}" stroke-dasharray="{_DASHES[place]}" stroke-width="2"'
        said = f"{name} {_number(heights[-1])}"
        parts.append(
            f'<polyline points="{path}" fill="none" {line}><title>{said}</title></polyline>'
        )
        x = x0 + place * 145
        parts.append(f'<path d="M{x} {y0 + h + 32}h22" {line}/>')
        parts.append(f'<text x="{x + 27}" y="{y0 + h + 36}" {_TEXT}>{said}</text>')
    parts.append(f'<text x="{x0 + w}" y="{y0 + h + 15}" text-anchor="end" {_TEXT}>')
    parts.append(f"step {int(last):,}</text>")
    return _svg(width, height, f"{title} over {int(last)} steps", parts)


def plane(
    probability: np.ndarray, X: np.ndarray, y: np.ndarray, box: tuple[float, float, float, float]
) -> str:
    """A decision boundary: probability of class 1 on a square grid (rows from the top), and points.

    box: left, right, bottom, top. Class 0 is blue and round, class 1 orange and square; white is
    undecided. Under the mouse: the probability there.
    """
    size, g = 330, len(probability)
    blue, orange = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in COLOURS[:2])
    p = probability[..., None]
    white = 1 - np.abs(2 * p - 1)
    colours = np.where(p < 0.5, blue, orange) * (1 - white) * 0.6 + 255 * (
        white + (1 - white) * 0.4
    )
    file = io.BytesIO()
    Image.fromarray(colours.astype(np.uint8)).save(file, "png", compress_level=1)
    code = base64.b64encode(file.getvalue()).decode()
    parts = [f'<image width="{size}" height="{size}" href="data:image/png;base64,{code}"/>']
    left, right, bottom, top = box
    xs = size * (X[:, 0] - left) / (right - left)
    ys = size * (top - X[:, 1]) / (top - bottom)
    shapes = ("m-3,0a3,3 0 1,0 6,0a3,3 0 1,0 -6,0", "m-3,-3h6v6h-6z")
    for k, shape in enumerate(shapes):
        points = zip(xs[y == k], ys[y == k], strict=True)
        path = "".join(f"M{a:.0f},{b:.0f}{shape}" for a, b in points)
        parts.append(f'<path d="{path}" fill="{COLOURS[k]}" stroke="white" stroke-width="0.8"/>')
    cells = 11
    for i in range(cells * cells):
        row, column = divmod(i, cells)
        at = probability[int((row + 0.5) * g / cells), int((column + 0.5) * g / cells)]
        where = f'x="{column * size / cells:.0f}" y="{row * size / cells:.0f}"'
        parts.append(f'<rect {where} width="30" height="30" fill-opacity="0">')
        parts.append(f"<title>P(square) = {at:.2f}</title></rect>")
    return _svg(size, size, "decision boundary", parts)


def matrix(counts: np.ndarray, names: Sequence[str]) -> str:
    """A confusion matrix (rows: true): darker is more; under the mouse, which cell it is."""
    K, size = len(counts), 330
    cell = (size - 30) / K
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    parts = [f'<text x="30" y="12" {_TEXT}>predicted →</text>']
    parts.append(f'<text transform="translate(12,150) rotate(-90)" {_TEXT}>true →</text>')
    for i in range(K):
        for j in range(K):
            x, y = 24 + j * cell, 18 + i * cell
            said = f"{names[i]} taken for {names[j]}: {counts[i, j]} ({share[i, j]:.0%})"
            fill = f'fill="{BLUE}" fill-opacity="{share[i, j]:.2f}"'
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell:.1f}" height="{cell:.1f}" {fill} '
                f'stroke="currentColor" stroke-opacity="{0.8 if i == j else 0.15}">'
                f"<title>{said}</title></rect>"
            )
            if share[i, j] >= 0.095 or i == j:
                place = f'x="{x + cell / 2:.1f}" y="{y + cell / 2 + 4:.1f}" text-anchor="middle"'
                ink = "white" if share[i, j] > 0.55 else "currentColor"
                parts.append(
                    f'<text {place} font-size="10" fill="{ink}" pointer-events="none">'
                    f"{100 * share[i, j]:.0f}</text>"
                )
    return _svg(size, size, "confusion matrix in percent of each true class", parts)


def histograms(rows: Sequence[tuple[str, np.ndarray, np.ndarray | None, float | None]]) -> str:
    """For each layer: its weights, their gradients, the share of dead units; one line a layer."""
    width, line = 330, 52
    parts = [f'<text x="0" y="11" {_TEXT} font-weight="bold">weights</text>']
    parts.append(f'<text x="170" y="11" {_TEXT} font-weight="bold">gradients</text>')
    for i, (name, weights, gradients, dead) in enumerate(rows):
        top = 18 + i * line
        for x, values, colour in ((0, weights, COLOURS[0]), (170, gradients, COLOURS[1])):
            if values is None or not np.isfinite(values).all():
                continue
            end = float(np.abs(values).max()) or 1.0
            counts, _ = np.histogram(values, bins=31, range=(-end, end))
            heights = 26 * counts / max(counts.max(), 1)
            bars = "".join(
                f"M{x + 5 * k},{top + 28}v{-h:.1f}h4v{h:.1f}z"
                for k, h in enumerate(heights)
                if h > 0
            )
            spread = f"from {_number(float(values.min()))} to {_number(float(values.max()))}"
            parts.append(f'<path d="{bars}" fill="{colour}"><title>{name}: {spread}</title></path>')
            place = f'x="{x + 155}" y="{top + 40}" text-anchor="end"'
            parts.append(f"<text {place} {_TEXT}>±{_number(end)}</text>")
        said = name if dead is None else f"{name}: {dead:.0%} dead"
        parts.append(f'<text x="0" y="{top + 40}" {_TEXT}>{said}</text>')
    return _svg(width, 22 + line * len(rows), "weights and gradients by layer", parts)
