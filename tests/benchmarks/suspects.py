"""Bugs that might explain figures of report B that nothing else explains: trained, and recorded.

    python -m tests.benchmarks.suspects        # about half an hour; goes on where it was stopped

Each is planted in the report's best network, on CIFAR-10's features, in the report's own protocol.
Records go to data/records/suspects.jsonl; chapter 17 reads them.
"""

import numpy as np

from mlpcore import models, nn
from mlpcore.experiments import missing, sweep
from mlpcore.module import Module, Sequential, as_tensor
from mlpcore.operation import operation
from mlpcore.sequences import RNN, Unflatten
from mlpcore.tables import Row, Table, merged, tables

ROWS = {  # name: what it changes, and how many seeds
    "layer norm, statistics held constant": ({"norm": "layer, constant"}, 5),
    "RNN, last half of the features only": ({"features": "rnn, last half"}, 2),
    "RNN, tanh's derivative forgotten": ({"features": "rnn, no tanh"}, 2),
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


@operation
def linear_backward_tanh(X):
    """Tanh whose backward pass hands the gradient on as it is."""
    return np.tanh(X), lambda dY: dY


class ConstantLayerNorm(nn.LayerNorm):
    def forward(self, x):
        return constant_layer_norm(as_tensor(x, self.gamma.dtype), self.gamma, self.beta)


class LastHalf(Module):
    """A recurrent layer that is given the last 64 features only, as one step."""

    def __init__(self, rng):
        self.rnn = Sequential(Unflatten(1, 64), RNN(64, 256, rng=rng))

    def forward(self, x):
        return self.rnn(as_tensor(x)[:, 64:])


class NoTanhDerivative(RNN):
    """Two steps, by the tape, with a tanh whose derivative is taken for 1."""

    def forward(self, x):
        x = as_tensor(x, self.W_x.dtype)
        h = 0.0
        for t in range(x.shape[1]):
            z = x[:, t] @ self.W_x + self.b_x + self.b_h
            h = linear_backward_tanh(z + h @ self.W_h if t else z)
        return h


def main():
    models.NORMS["layer, constant"] = ConstantLayerNorm
    models.EXTRACTORS["rnn, last half"] = LastHalf
    models.EXTRACTORS["rnn, no tanh"] = lambda rng: Sequential(
        Unflatten(2, 64), NoTanhDerivative(64, 256, rng=rng)
    )
    base = tables()["B11"].rows[0].configuration
    for name, (options, seeds) in ROWS.items():
        row = Row(name, merged(base, {"network_options": options}), {})
        table = Table("S", "Suspects", "bug", (row,), "suspects", ("report",))
        for _ in sweep(missing([table], seeds, "cifar10"), jobs=1):
            pass


if __name__ == "__main__":
    main()
