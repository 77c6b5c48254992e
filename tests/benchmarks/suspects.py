"""Bugs that might explain figures of report B that nothing else explains: trained, and recorded.

    python -m tests.benchmarks.suspects        # about 45 minutes; goes on where it was stopped

Each is planted in the report's best network, on CIFAR-10's features, in the report's own protocol.
Records go to data/records/suspects.jsonl; chapter 17 reads them.
"""

import numpy as np

from mlpcore import models, nn
from mlpcore.autograd import Parameter
from mlpcore.experiments import missing, sweep
from mlpcore.init import xavier_normal
from mlpcore.module import Module, Sequential, as_tensor
from mlpcore.nn import Linear
from mlpcore.operation import operation
from mlpcore.sequences import RNN, Unflatten, rnn
from mlpcore.tables import Row, Table, merged, tables

ROWS = {  # name: what it changes, and how many seeds
    "layer norm, statistics held constant": ({"norm": "layer, constant"}, 5),
    "RNN along the batch": ({"features": "rnn, along the batch"}, 2),
    "... of standard normal weights": ({"features": "rnn, batch, normal"}, 2),
    "... which are not trained": ({"features": "rnn, batch, normal, fixed"}, 5),
    "RNN of two steps, the same weights, not trained": ({"features": "rnn, normal, fixed"}, 2),
}


@operation
def constant_layer_norm(X, gamma, beta, *, eps=1e-5):
    """Layer norm whose backward pass forgets that mean and deviation depend on X."""
    scale = 1 / np.sqrt(X.var(axis=1, keepdims=True) + eps)
    X_hat = (X - X.mean(axis=1, keepdims=True)) * scale
    return gamma * X_hat + beta, lambda dY: (
        scale * dY * gamma,
        (dY * X_hat).sum(axis=0),
        dY.sum(axis=0),
    )


class ConstantLayerNorm(nn.LayerNorm):
    def forward(self, x):
        return constant_layer_norm(as_tensor(x, self.gamma.dtype), self.gamma, self.beta)


class AlongTheBatch(Module):
    """A recurrent layer with an output layer that takes a batch for one sequence: X (n, 128).

    Its 49,408 parameters and a linear layer of 33,024 are as many as the two steps of 64 features
    have that `models.EXTRACTORS` reads into the report's count.
    """

    def __init__(self, rng, draw, trained=True):
        self.W_x, self.W_h, self.W_y = (
            Parameter(draw((128, 128), rng).astype(np.float32)) for _ in range(3)
        )
        self.b_h, self.b_y = (Parameter(np.zeros(128, np.float32)) for _ in range(2))
        self.trained = trained

    def forward(self, x):
        x = as_tensor(x, self.W_x.dtype)
        none = np.zeros_like(self.b_h.data)
        H = rnn(x.reshape(1, *x.shape), self.W_x, self.W_h, self.b_h, none).reshape(x.shape)
        Y = H @ self.W_y + self.b_y
        return Y if self.trained else as_tensor(Y.data)


class FixedRNN(RNN):
    """A recurrent layer of standard normal weights that no gradient reaches."""

    def forward(self, x):
        return as_tensor(super().forward(x).data)


def along_the_batch(*options):
    return lambda rng: Sequential(AlongTheBatch(rng, *options), Linear(128, 256, rng=rng))


def standard_normal(shape, rng):
    return rng.normal(size=shape)


def main():
    models.NORMS["layer, constant"] = ConstantLayerNorm
    models.EXTRACTORS |= {
        "rnn, along the batch": along_the_batch(xavier_normal),
        "rnn, batch, normal": along_the_batch(standard_normal),
        "rnn, batch, normal, fixed": along_the_batch(standard_normal, False),
        "rnn, normal, fixed": lambda rng: Sequential(
            Unflatten(2, 64), FixedRNN(64, 256, rng=rng, init=standard_normal)
        ),
    }
    base = tables()["B11"].rows[0].configuration
    for name, (options, seeds) in ROWS.items():
        row = Row(name, merged(base, {"network_options": options}), {})
        table = Table("S", "Suspects", "bug", (row,), "suspects", ("report",))
        for _ in sweep(missing([table], seeds, "cifar10"), jobs=1):
            pass


if __name__ == "__main__":
    main()
