"""The networks of the two reports, and the general one they are cases of."""

from collections.abc import Sequence

from numpy.random import Generator

from . import nn
from .checks import check_choice
from .nn import Dropout, Linear, Module, Residual, Sequential

ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
NORMS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


def mlp(
    sizes: Sequence[int],
    *,
    rng: Generator,
    activation: str | None = "relu",
    norm: str | None = None,
    dropout: float = 0.0,
    init="kaiming_normal",
) -> Sequential:
    """Linear layers of these sizes, e.g. (128, 256, 10), and between them what is asked for.

    activation: a key of ACTIVATIONS or None (a linear network). norm: "batch", "layer" or None.
    dropout: the share dropped. ValueError: unknown names, fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"mlp: sizes are {tuple(sizes)}; expected inputs, ..., outputs")
    layers: list[Module] = []
    for i, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        layers.append(Linear(n_in, n_out, rng=rng, init=init))
        if i < len(sizes) - 2:
            layers += _after(n_out, activation, norm, dropout, rng)
    return Sequential(*layers)


def _after(width, activation, norm, dropout, rng) -> list[Module]:
    """What comes after a linear layer: norm, activation and dropout, as far as asked for."""
    check_choice(norm, "mlp: norm", [*NORMS, None])
    check_choice(activation, "mlp: activation", [*ACTIVATIONS, None])
    layers = [NORMS[norm](width)] if norm else []
    layers += [ACTIVATIONS[activation]()] if activation else []
    return layers + ([Dropout(dropout, rng)] if dropout else [])


def baseline(rng: Generator) -> Sequential:
    """Report B's baseline (its table 1): 128-128-10 with GELU, 17,802 parameters."""
    return mlp((128, 128, 10), rng=rng, activation="gelu")


def report_a_best(rng: Generator) -> Sequential:
    """Report A's best (its 2.2): 64-32-10, batch norm, ReLU, dropout 0.25, Xavier normal."""
    return mlp((128, 64, 32, 10), rng=rng, norm="batch", dropout=0.25, init="xavier_normal")


def report_b_best(rng: Generator, *, activation="gelu", norm="batch", dropout=0.2) -> Sequential:
    """Report B's best (its table 14), 168,202 parameters.

    Its residual block is read as two linear layers of 256, with activation and dropout between
    them: this gives the report's parameter count, and its accuracy.
    """
    after = (256, activation, norm, dropout, rng)
    return Sequential(
        Linear(128, 256, rng=rng),
        *_after(*after),
        Residual(mlp((256, 256, 256), rng=rng, activation=activation, dropout=dropout)),
        *_after(*after),
        Linear(256, 10, rng=rng),
    )
