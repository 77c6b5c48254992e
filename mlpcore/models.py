"""The networks of the two reports, and the general one they are cases of."""

from collections.abc import Sequence

from numpy.random import Generator

from . import nn
from .checks import check_choice
from .nn import Dropout, Flatten, Linear, Module, Residual, Sequential
from .sequences import RNN, Conv1d, SelfAttention, Unflatten

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
    activation: str | Sequence[str | None] | None = "relu",
    norm: str | None = None,
    dropout: float | None = None,
    init="kaiming_normal",
    residual: bool = False,
) -> Sequential:
    """Linear layers of these sizes, e.g. (128, 256, 10), and between them what is asked for.

    activation: a key of ACTIVATIONS or None (a linear network), or one for each hidden layer. norm:
    "batch", "layer" or None. dropout: the share dropped, None for no such layers. residual: hidden
    layers as wide as their input are skipped by a sum. ValueError: unknown names, fewer than two
    sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"mlp: sizes are {tuple(sizes)}; expected inputs, ..., outputs")
    hidden = len(sizes) - 2
    each = (
        [activation] * hidden if activation is None or isinstance(activation, str) else activation
    )
    if len(each) != hidden:
        raise ValueError(f"mlp: {len(each)} activations; expected one, or {hidden}, one a layer")
    layers: list[Module] = []
    for n_in, n_out, name in zip(sizes[:-1], sizes[1:], [*each, ...], strict=True):
        layer = [Linear(n_in, n_out, rng=rng, init=init)]
        if name is not ...:  # the output layer: scores, as they are
            layer += _after(n_out, name, norm, dropout, rng)
            layer = [Residual(Sequential(*layer))] if residual and n_in == n_out else layer
        layers += layer
    return Sequential(*layers)


def _after(width, activation, norm, dropout, rng) -> list[Module]:
    """What comes after a linear layer: norm, activation and dropout, as far as asked for."""
    check_choice(norm, "mlp: norm", [*NORMS, None])
    check_choice(activation, "mlp: activation", [*ACTIVATIONS, None])
    layers = [NORMS[norm](width)] if norm else []
    layers += [ACTIVATIONS[activation]()] if activation else []
    return layers + ([] if dropout is None else [Dropout(dropout, rng)])


def baseline(rng: Generator) -> Sequential:
    """Report B's baseline (its table 1): 128-128-10 with GELU, 17,802 parameters."""
    return mlp((128, 128, 10), rng=rng, activation="gelu")


def report_a_best(rng: Generator) -> Sequential:
    """Report A's best (its 2.2): 64-32-10, batch norm, ReLU, dropout 0.25, Xavier normal."""
    return mlp((128, 64, 32, 10), rng=rng, norm="batch", dropout=0.25, init="xavier_normal")


def report_b_best(
    rng: Generator, *, activation="gelu", norm="batch", dropout=0.2, features="linear"
) -> Sequential:
    """Report B's best (its table 14), 168,202 parameters.

    Its residual block is read as two linear layers of 256, with activation and dropout between
    them: this gives the report's parameter count, and its accuracy. features: a key of EXTRACTORS,
    what makes 256 features of the 128 (its table 13).
    """
    check_choice(features, "report_b_best: features", EXTRACTORS)
    after = (256, activation, norm, dropout, rng)
    return Sequential(
        EXTRACTORS[features](rng),
        *_after(*after),
        Residual(mlp((256, 256, 256), rng=rng, activation=activation, dropout=dropout)),
        *_after(*after),
        Linear(256, 10, rng=rng),
    )


EXTRACTORS = {
    "linear": lambda rng: Linear(128, 256, rng=rng),
    # 1 to 2 channels with a kernel of 2 has the report's six weights: 135,184 parameters in all
    "cnn": lambda rng: Sequential(
        Unflatten(1, 128), Conv1d(1, 2, 2, padding="same", rng=rng), Flatten()
    ),
    # two steps of 64 features, two biases: the report's 217,610
    "rnn": lambda rng: Sequential(Unflatten(2, 64), RNN(64, 256, rng=rng)),
    # eight steps of 16 features: one that works
    "attention": lambda rng: Sequential(
        Unflatten(8, 16), Residual(SelfAttention(16, rng=rng)), Flatten(), Linear(128, 256, rng=rng)
    ),
}


class AcrossTheBatch(Module):
    """Attention that takes the examples of a batch for the steps of one sequence: X (n, d).

    Each example is answered with a mixture of the others, and 50,000 rows at once need a matrix of
    50,000 x 50,000. Read so, report B's self-attention has its 7,754 parameters and its hunger for
    memory; it does better than the report's 0.195 (records of its table 13).
    """

    def __init__(self, embed_dim: int, *, rng: Generator):
        self.attention = SelfAttention(embed_dim, rng=rng)

    def forward(self, x):
        return self.attention(x.reshape(1, *x.shape)).reshape(x.shape)


def report_b_attention(rng: Generator, *, dropout=0.2) -> Sequential:
    """Report B's self-attention as its parameter count allows: 7,754 (see AcrossTheBatch)."""
    after = (32, "gelu", "batch", dropout, rng)
    return Sequential(
        Linear(128, 32, rng=rng),
        *_after(*after),
        AcrossTheBatch(32, rng=rng),
        *_after(*after),
        Linear(32, 10, rng=rng),
    )
