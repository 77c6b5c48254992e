"""The same training in other libraries and in two plain forms: what ours is timed against.

Each peer is made from our network, with its very weights, and gets its rows in the same shuffled
order (scikit-learn shuffles for itself), so that its loss after the epoch can be held against ours.
"""

import contextlib
import importlib.util
import os

import numpy as np
from threadpoolctl import threadpool_limits

import mlpcore
from mlpcore import nn

THREADS = tuple(sorted({n for n in (1, 2, os.cpu_count()) if n <= os.cpu_count()}))


def description(module):
    """Our network as nested tuples: what the peers rebuild."""
    match module:
        case nn.Sequential():
            return [layer for child in module for layer in description(child)]
        case nn.Residual():
            return [("residual", description(module.module))]
        case nn.Linear():
            return [("linear", module.W.data.copy(), module.b.data.copy())]
        case nn.BatchNorm1d():
            return [("batch_norm", module.gamma.shape[0], module.eps, module.momentum)]
        case nn.Dropout():
            return [("dropout", module.p)]
        case nn.GELU(settings={"approximate": "none"}):
            return [("gelu",)]
        case nn.ReLU():
            return [("relu",)]
    raise ValueError(f"no peer knows {module!r}")


def linear_layers(layers):
    """(W, b) of every linear layer, in order."""
    for kind, *rest in layers:
        if kind == "linear":
            yield rest
        elif kind == "residual":
            yield from linear_layers(rest[0])


def log_softmax(z):
    z = np.asarray(z, np.float64)
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


class Peer:
    """One way to train a network for one epoch.

    task: an entry of train.NETWORKS; X, y: the rows. `fresh()` sets the starting weights, untimed;
    `epoch(rng)` is what is timed, rng shuffles; `limit()` sets the number of threads.
    """

    label, needs, settings, trains = "", (), (None,), True
    parameters = None

    def __init__(self, task, X, y, threads=None):
        self.task, self.X, self.y, self.threads = task, X, y, threads
        self.layers = description(task.build(np.random.default_rng(0)))
        self.prepare()

    @classmethod
    def unfit(cls, task):
        """Why this peer cannot train the network, or None."""
        absent = [name for name in cls.needs if importlib.util.find_spec(name) is None]
        return f"{', '.join(absent)} not installed" if absent else None

    def prepare(self):
        """What is done once for a network: compiling, converting the data."""

    def limit(self):
        if self.threads is None:
            return contextlib.nullcontext()
        return threadpool_limits(self.threads, user_api="blas")

    def order(self, rng):
        """Index arrays, one a batch, as our `fit` draws them."""
        return mlpcore.preprocess.batches(len(self.X), self.task.batch, rng)


class Ours(Peer):
    label = "mlpcore"

    def fresh(self):
        self.net = self.task.build(np.random.default_rng(0))
        optimizer = getattr(mlpcore, self.task.optimizer)
        self.optimizer = optimizer(self.net.parameters(), **self.task.settings)
        self.parameters = sum(p.data.size for p in self.net.parameters())

    def epoch(self, rng):
        mlpcore.fit(
            self.net,
            self.X,
            self.y,
            optimizer=self.optimizer,
            epochs=1,
            batch_size=self.task.batch,
            rng=rng,
            progress=False,
        )

    def log_probabilities(self, X):
        return log_softmax(mlpcore.predict(self.net, X))


# --- PyTorch --------------------------------------------------------------------------------------


def torch_network(layers):
    """torch.nn modules with our weights (torch keeps W transposed)."""
    import torch
    from torch import nn as tnn

    class Residual(tnn.Module):
        def __init__(self, inside):
            super().__init__()
            self.inside = inside

        def forward(self, x):
            return x + self.inside(x)

    def one(kind, *rest):
        if kind == "linear":
            W, b = rest
            layer = tnn.Linear(*W.shape)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(W.T.copy()))
                layer.bias.copy_(torch.from_numpy(b))
            return layer
        if kind == "batch_norm":
            d, eps, momentum = rest
            return tnn.BatchNorm1d(d, eps=eps, momentum=momentum)
        if kind == "residual":
            return Residual(torch_network(rest[0]))
        return {"dropout": tnn.Dropout, "gelu": tnn.GELU, "relu": tnn.ReLU}[kind](*rest)

    return tnn.Sequential(*(one(*layer) for layer in layers))


class Torch(Peer):
    """The plain loop: the optimizer as torch chooses it on a CPU, a loop over the tensors."""

    label, needs, settings = "PyTorch eager", ("torch",), THREADS
    options = {}  # noqa: RUF012

    def prepare(self):
        import torch

        self.torch = torch
        with self.limit():
            self.net = torch_network(self.layers)
            self.start = {k: v.clone() for k, v in self.net.state_dict().items()}
            self.Xt, self.yt = torch.from_numpy(self.X), torch.from_numpy(self.y)
            self.loss = self.forward_and_loss()
        self.parameters = sum(p.numel() for p in self.net.parameters())

    def forward_and_loss(self):
        net, cross_entropy = self.net, self.torch.nn.functional.cross_entropy
        return lambda X, y: cross_entropy(net(X), y)

    @contextlib.contextmanager
    def limit(self):
        before = self.torch.get_num_threads()
        self.torch.set_num_threads(self.threads)
        try:
            yield
        finally:
            self.torch.set_num_threads(before)

    def fresh(self):
        self.torch.manual_seed(0)
        self.net.load_state_dict(self.start)
        kind = getattr(self.torch.optim, self.task.optimizer)
        self.optimizer = kind(self.net.parameters(), **self.task.settings, **self.options)

    def epoch(self, rng):
        X, y, loss, optimizer = self.Xt, self.yt, self.loss, self.optimizer
        self.net.train()
        order = self.torch.from_numpy(rng.permutation(len(X)))
        for rows in order.split(self.task.batch):
            optimizer.zero_grad(set_to_none=True)
            # X[rows] takes two to four times as long to gather
            loss(X.index_select(0, rows), y.index_select(0, rows)).backward()
            optimizer.step()

    def log_probabilities(self, X):
        self.net.eval()
        with self.torch.inference_mode():
            return log_softmax(self.net(self.torch.from_numpy(X)).numpy())


class TorchForeach(Torch):
    label, options = "PyTorch, foreach", {"foreach": True}


class TorchFused(Torch):
    label, options = "PyTorch, fused", {"fused": True}


class TorchCompile(TorchFused):
    """Network and loss compiled as one, and the fused optimizer; compiling is not timed."""

    label = "torch.compile, fused"

    def forward_and_loss(self):
        torch = self.torch
        # the short last batch and each number of threads are compiled for themselves; at the limit
        # torch would quietly go back to eager mode
        torch._dynamo.config.recompile_limit = 64
        torch._dynamo.config.fail_on_recompile_limit_hit = True
        torch._dynamo.reset() if self.threads == THREADS[0] else None
        return torch.compile(super().forward_and_loss(), dynamic=False)


# --- JAX ------------------------------------------------------------------------------------------


def jax_network(layers):
    """(parameters, running statistics, apply) in JAX, walking the description once."""
    import jax
    import jax.numpy as jnp

    parameters, running = [], []

    def keep(where, *arrays):
        where.append(tuple(jnp.asarray(a) for a in arrays))
        return len(where) - 1

    def one(kind, *rest):
        if kind == "linear":
            i = keep(parameters, *rest)
            return lambda x, c: x @ c["p"][i][0] + c["p"][i][1]
        if kind == "batch_norm":
            d, eps, momentum = rest
            i = keep(parameters, np.ones(d, np.float32), np.zeros(d, np.float32))
            j = keep(running, np.zeros(d, np.float32), np.ones(d, np.float32))
            return lambda x, c: batch_norm(x, c, i, j, eps, momentum)
        if kind == "residual":
            inside = sequence(rest[0])
            return lambda x, c: x + inside(x, c)
        if kind == "dropout":
            return lambda x, c: dropout(x, c, rest[0])
        if kind == "gelu":
            return lambda x, c: jax.nn.gelu(x, approximate=False)
        return lambda x, c: jax.nn.relu(x)

    def batch_norm(x, c, i, j, eps, momentum):
        (gamma, beta), (mean, var) = c["p"][i], c["running"][j]
        if c["training"]:
            n, (old_mean, old_var) = len(x), (mean, var)
            mean, var = x.mean(axis=0), x.var(axis=0)
            c["running"][j] = (
                old_mean + momentum * (mean - old_mean),
                old_var + momentum * (var * (n / (n - 1)) - old_var),
            )
        return gamma * (x - mean) * jax.lax.rsqrt(var + eps) + beta

    def dropout(x, c, p):
        if not c["training"]:
            return x
        c["key"], key = jax.random.split(c["key"])
        return jnp.where(jax.random.bernoulli(key, 1 - p, x.shape), x / (1 - p), 0)

    def sequence(layers):
        parts = [one(*layer) for layer in layers]

        def run(x, c):
            for part in parts:
                x = part(x, c)
            return x

        return run

    body = sequence(layers)

    def apply(parameters, running, x, key=None):
        c = {"p": parameters, "running": list(running), "key": key, "training": key is not None}
        return body(x, c), c["running"]

    return parameters, running, apply


def jax_optimizer(name, settings):
    """(start, update): the optimizers the networks use, by hand."""
    import jax
    import jax.numpy as jnp

    tree, decay, lr = jax.tree_util.tree_map, settings.get("weight_decay", 0), settings["lr"]

    def zeros(p):
        return tree(jnp.zeros_like, p)

    def sgd(p, g, state):
        v = tree(lambda v, g, p: settings["momentum"] * v + g + decay * p, state[0], g, p)
        return tree(lambda p, v: p - lr * v, p, v), (v,)

    def adam(p, g, state):
        (m, v, t), (b1, b2), eps = state, (0.9, 0.999), 1e-8
        g, t = tree(lambda g, p: g + decay * p, g, p), t + 1
        m = tree(lambda m, g: b1 * m + (1 - b1) * g, m, g)
        v = tree(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
        c1, c2 = 1 - b1**t, 1 - b2**t
        moved = tree(lambda p, m, v: p - lr * (m / c1) / (jnp.sqrt(v / c2) + eps), p, m, v)
        return moved, (m, v, t)

    if name == "SGD":
        return lambda p: (zeros(p),), sgd
    return lambda p: (zeros(p), zeros(p), jnp.float32(0)), adam


class Jax(Peer):
    """The whole epoch one compiled scan (and one step for the short last batch), donated memory."""

    label, needs = "JAX jit, one scan", ("jax",)

    def prepare(self):
        import jax
        import jax.numpy as jnp

        self.jax, batch, n = jax, self.task.batch, len(self.X)
        parameters, running, self.apply = jax_network(self.layers)
        start, update = jax_optimizer(self.task.optimizer, self.task.settings)
        full = n - n % batch
        self.start = lambda: jax.tree_util.tree_map(
            jnp.array, (parameters, start(parameters), running, jax.random.key(0))
        )

        def loss(p, running, X, y, key):
            logits, running = self.apply(p, running, X, key)
            logs = jax.nn.log_softmax(logits)
            return -jnp.take_along_axis(logs, y[:, None], axis=1).mean(), running

        def step(state, rows, X, y):
            p, memory, running, key = state
            key, this = jax.random.split(key)
            g, running = jax.grad(loss, has_aux=True)(p, running, X[rows], y[rows], this)
            p, memory = update(p, g, memory)
            return p, memory, running, key

        def epoch(state, order, X, y):
            batches = order[:full].reshape(-1, batch)
            state, _ = jax.lax.scan(lambda s, rows: (step(s, rows, X, y), None), state, batches)
            return step(state, order[full:], X, y) if full < n else state

        self.Xj, self.yj = jnp.asarray(self.X), jnp.asarray(self.y.astype(np.int32))
        self.compiled = jax.jit(epoch, donate_argnums=0)
        self.parameters = sum(a.size for pair in parameters for a in pair)

    def fresh(self):
        self.state = self.jax.block_until_ready(self.start())

    def epoch(self, rng):
        order = rng.permutation(len(self.X)).astype(np.int32)
        self.state = self.jax.block_until_ready(self.compiled(self.state, order, self.Xj, self.yj))

    def log_probabilities(self, X):
        parameters, _, running, _ = self.state
        return log_softmax(self.apply(parameters, running, X)[0])


# --- scikit-learn ---------------------------------------------------------------------------------


class Sklearn(Peer):
    label, needs, settings = "scikit-learn MLPClassifier", ("sklearn",), THREADS

    @classmethod
    def unfit(cls, task):
        plain = {kind for kind, *_ in description(task.build(np.random.default_rng(0)))}
        if strange := plain - {"linear", "relu"}:
            return f"MLPClassifier has no {', '.join(sorted(strange))}"
        return super().unfit(task)

    def fresh(self):
        from sklearn.neural_network import MLPClassifier

        weights = list(linear_layers(self.layers))
        self.net = MLPClassifier(
            [W.shape[1] for W, _ in weights[:-1]],
            solver="sgd",
            alpha=0,
            batch_size=self.task.batch,
            learning_rate_init=self.task.settings["lr"],
            momentum=self.task.settings["momentum"],
            nesterovs_momentum=False,
            random_state=0,
        )
        few = slice(0, self.task.batch)  # a first call makes the arrays, which then get our weights
        self.net.partial_fit(self.X[few], self.y[few], classes=np.arange(10))
        for (W, b), ours, bias in zip(weights, self.net.coefs_, self.net.intercepts_, strict=True):
            ours[...], bias[...] = W, b
        for velocity in self.net._optimizer.velocities:
            velocity[...] = 0
        self.parameters = sum(a.size for a in (*self.net.coefs_, *self.net.intercepts_))

    def epoch(self, rng):
        self.net.partial_fit(self.X, self.y)

    def log_probabilities(self, X):
        return np.log(np.maximum(self.net.predict_proba(X).astype(np.float64), 1e-300))


# --- plain NumPy ----------------------------------------------------------------------------------


def textbook_layer(kind, *rest):
    """One layer as a first course writes it: forward(x, training), backward(dy), its parameters."""
    if kind == "linear":
        return TextbookLinear(*(a.astype(np.float64) for a in rest))
    if kind == "residual":
        return TextbookResidual(rest[0])
    table = {"batch_norm": TextbookBatchNorm, "dropout": TextbookDropout}
    return (table | {"gelu": TextbookGELU, "relu": TextbookReLU})[kind](*rest)


class TextbookLayer:
    p, g = (), ()


class TextbookLinear(TextbookLayer):
    def __init__(self, W, b):
        self.p = [W, b]

    def forward(self, x, training):
        self.x = x
        return x @ self.p[0] + self.p[1]

    def backward(self, dy):
        self.g = [self.x.T @ dy, dy.sum(axis=0)]
        return dy @ self.p[0].T


class TextbookReLU(TextbookLayer):
    def forward(self, x, training):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dy):
        return dy * (self.x > 0)


class TextbookGELU(TextbookLayer):
    def forward(self, x, training):
        from scipy.special import erf

        self.x, self.Phi = x, 0.5 * (1 + erf(x / np.sqrt(2)))
        return x * self.Phi

    def backward(self, dy):
        return dy * (self.Phi + self.x * np.exp(-(self.x**2) / 2) / np.sqrt(2 * np.pi))


class TextbookDropout(TextbookLayer):
    def __init__(self, p):
        self.rate, self.rng = p, np.random.default_rng(1)

    def forward(self, x, training):
        self.mask = (self.rng.random(x.shape) >= self.rate) / (1 - self.rate) if training else 1
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask


class TextbookBatchNorm(TextbookLayer):
    def __init__(self, d, eps, momentum):
        self.p, self.running = [np.ones(d), np.zeros(d)], [np.zeros(d), np.ones(d)]
        self.eps, self.momentum = eps, momentum

    def forward(self, x, training):
        n, (mean, var) = len(x), self.running
        if training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            for r, new in zip(self.running, (mean, var * n / (n - 1)), strict=True):
                r[...] = r + self.momentum * (new - r)
        self.scale = 1 / np.sqrt(var + self.eps)
        self.x_hat = (x - mean) * self.scale
        return self.p[0] * self.x_hat + self.p[1]

    def backward(self, dy):
        self.g = [np.sum(dy * self.x_hat, axis=0), np.sum(dy, axis=0)]
        inside = dy - dy.mean(axis=0) - self.x_hat * np.mean(dy * self.x_hat, axis=0)
        return self.p[0] * self.scale * inside


class TextbookSequence(TextbookLayer):
    def __init__(self, layers):
        self.layers = [textbook_layer(*layer) for layer in layers]
        self.p = [p for layer in self.layers for p in layer.p]

    def forward(self, x, training):
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, dy):
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        self.g = [g for layer in self.layers for g in layer.g]
        return dy


class TextbookResidual(TextbookSequence):
    def forward(self, x, training):
        return x + super().forward(x, training)

    def backward(self, dy):
        return dy + super().backward(dy)


class Textbook(Peer):
    """Float64, an array at a time, one-hot labels, a product for the gradient nobody needs."""

    label, settings = "textbook NumPy, float64", THREADS

    def prepare(self):
        self.X64, self.targets = self.X.astype(np.float64), np.eye(10)[self.y]

    def fresh(self):
        self.net = TextbookSequence(self.layers)
        self.memory = [(np.zeros_like(p), np.zeros_like(p)) for p in self.net.p]
        self.parameters, self.steps = sum(p.size for p in self.net.p), 0

    def epoch(self, rng):
        for rows in self.order(rng):
            z = self.net.forward(self.X64[rows], True)
            e = np.exp(z - z.max(axis=1, keepdims=True))
            probabilities = e / e.sum(axis=1, keepdims=True)
            self.net.backward((probabilities - self.targets[rows]) / len(rows))
            self.step(**self.task.settings)

    def step(self, lr, momentum=0.0, weight_decay=0.0):
        self.steps += 1
        for p, g, (m, v) in zip(self.net.p, self.net.g, self.memory, strict=True):
            d = g + weight_decay * p
            if self.task.optimizer == "SGD":
                m[...] = momentum * m + d
                np.subtract(p, lr * m, out=p)
            else:
                m[...] = 0.9 * m + 0.1 * d
                v[...] = 0.999 * v + 0.001 * d**2
                m_hat, v_hat = m / (1 - 0.9**self.steps), v / (1 - 0.999**self.steps)
                np.subtract(p, lr * m_hat / (np.sqrt(v_hat) + 1e-8), out=p)

    def log_probabilities(self, X):
        return log_softmax(self.net.forward(X.astype(np.float64), False))


class Floor(Peer):
    """The epoch's matrix products alone, float32, plain np.matmul into arrays that are there."""

    label, settings, trains = "matrix products alone", THREADS, False

    def prepare(self):
        rng, sizes = np.random.default_rng(0), {self.task.batch, len(self.X) % self.task.batch}
        self.work, self.flops = {}, 0
        for n in sizes - {0}:
            self.work[n] = []
            for i, (W, _) in enumerate(linear_layers(self.layers)):
                x, dy = (rng.standard_normal((n, k), dtype=np.float32) for k in W.shape)
                into = np.empty_like(dy), np.empty_like(W), np.empty_like(x)
                products = [(x, W, into[0]), (x.T, dy, into[1]), (dy, W.T, into[2])]
                self.work[n] += products[: 2 if i == 0 else 3]  # the data want no gradient
        for n, count in self.counts():
            work = sum(2 * A.shape[0] * A.shape[1] * B.shape[1] for A, B, _ in self.work[n])
            self.flops += count * work

    def counts(self):
        whole, rest = divmod(len(self.X), self.task.batch)
        return [(n, c) for n, c in ((self.task.batch, whole), (rest, 1)) if n and c]

    def fresh(self):
        pass

    def epoch(self, rng):
        for n, count in self.counts():
            work = self.work[n]
            for _ in range(count):
                for A, B, out in work:
                    np.matmul(A, B, out=out)


PEERS = {
    "ours": Ours,
    "torch": Torch,
    "torch_foreach": TorchForeach,
    "torch_fused": TorchFused,
    "torch_compile": TorchCompile,
    "jax": Jax,
    "sklearn": Sklearn,
    "textbook": Textbook,
    "floor": Floor,
}
