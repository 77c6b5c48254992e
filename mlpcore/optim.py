"""Optimizers: each moves one flat vector of all parameters against one flat vector of gradients.

`w` holds every parameter of the network one after another, `g` every gradient; the layers' W and b
are views into them, so that an update is a few lines on vectors. Names and arguments follow
`torch.optim`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .autograd import Parameter
from .checks import check_choice, check_number, check_share
from .fast import aligned_zeros, axpy, scale


class Optimizer:
    """Base: packs the parameters, then `step()` calls the subclass's `update(w, g)`.

    lr: the learning rate; a slider may change it at any time. lr_factor: what a schedule
    multiplies it with. weight_decay: lambda of L2 decay, g + lambda w, unless a subclass says
    otherwise. decay_biases: False leaves vectors (biases, gamma, beta) undecayed, as report B (9),
    chapter 11.
    slots: names of the vectors that are its memory, zeros to start with. settings: names of the
    numbers a step depends on, kept in checkpoints beside the slots.
    ValueError: no parameters, one given twice, settings out of range.
    """

    slots: tuple[str, ...] = ()
    settings: tuple[str, ...] = ("lr", "lr_factor", "weight_decay", "steps")

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float,
        *,
        weight_decay: float = 0.0,
        decay_biases: bool = True,
    ):
        self.params = list(params)
        self._check(lr, weight_decay)
        self.lr, self.lr_factor, self.weight_decay = lr, 1.0, weight_decay
        self.steps = 0
        size, dtype = sum(p.data.size for p in self.params), self.params[0].dtype
        for name in ("w", "g", *self.slots):
            setattr(self, name, aligned_zeros(size, dtype))
        self._homes = list(zip(self.params, *map(self._views, (self.w, self.g)), strict=True))
        # None: decay acts on all; else 1 where it acts, 0 on the vectors that are spared
        self._decayed = None if decay_biases else np.zeros_like(self.w)
        if not decay_biases:
            for view in self._views(self._decayed):
                view[...] = view.ndim > 1
        for home in self._homes:
            self._gather(*home)

    def _check(self, lr, weight_decay):
        name = type(self).__name__
        if not self.params:
            raise ValueError(f"{name}: no parameters; give net.parameters()")
        for p in self.params:
            if not isinstance(p, Parameter):
                kind = type(p).__name__
                raise TypeError(f"{name}: {kind} is no Parameter; give net.parameters()")
        if len({id(p) for p in self.params}) < len(self.params):
            raise ValueError(f"{name}: a parameter is given twice")
        for setting, value in (("lr", lr), ("weight_decay", weight_decay)):
            check_number(value, f"{name}: {setting}")

    def _views(self, vector):
        parts = np.split(vector, np.cumsum([p.data.size for p in self.params])[:-1])
        return [part.reshape(p.shape) for part, p in zip(parts, self.params, strict=True)]

    def _gather(self, p, w, g):
        """Make a parameter's data and gradient its views into w and g, taking the values along."""
        if p.data is not w:
            if p.data.dtype != w.dtype:
                given = f"{p.data.dtype} now, this optimizer was made for {w.dtype}"
                raise RuntimeError(f"step: parameters are {given}; make it after net.double()")
            w[...] = p.data
            p.data = w
        if p.grad is None:
            g[...] = 0
        elif p.grad is not g:
            g[...] = p.grad
            p.grad = g
        p.buffer = g

    def step(self) -> None:
        """Move the parameters once. RuntimeError: no gradient has come since zero_grad()."""
        if all(p.grad is None for p in self.params):
            raise RuntimeError("step: no gradients; call loss.backward() before step()")
        for p, w, g in self._homes:
            if p.data is not w or p.grad is not g:
                self._gather(p, w, g)
            p.version += 1
        self.steps += 1
        self.update(self.w, self.g)

    def zero_grad(self) -> None:
        """Forget the gradients: the next backward() starts anew."""
        for p in self.params:
            p.grad = None

    def update(self, w: np.ndarray, g: np.ndarray) -> None:
        """Change `w` in place, given its gradient `g` (both flat)."""
        raise NotImplementedError(f"{type(self).__name__} defines no update(self, w, g)")

    @property
    def rate(self) -> float:
        """The learning rate of the next step: lr times the schedule's factor."""
        return self.lr * self.lr_factor

    def decayed(self, w, g):
        """g + lambda w, with L2 decay. [eq:l2-decay] chapter 11, report B (25)-(27)."""
        if self.weight_decay:
            g = g.copy()
            self.add_decay(1, w, g)
        return g

    def add_decay(self, share, w, g):
        """g += share lambda w, in place."""
        if self.weight_decay and self._decayed is None:
            axpy(share * self.weight_decay, w, g)
        elif self.weight_decay:
            g += share * self.weight_decay * self._decayed * w

    def state_dict(self) -> dict:
        """Copies of all that the next step depends on besides parameters and gradients."""
        kept = {name: getattr(self, name) for name in self.settings}
        vectors = {name: getattr(self, name).copy() for name in self.slots}
        return {"kind": type(self).__name__, **kept, **vectors}

    def load_state_dict(self, state: dict) -> None:
        """Copy `state` into this optimizer. ValueError, nothing changed: another kind or size."""
        if state.get("kind") != type(self).__name__:
            given, expected = state.get("kind"), type(self).__name__
            raise ValueError(f"load_state_dict: the state is of {given}, this is {expected}")
        missing = [n for n in (*self.settings, *self.slots) if n not in state]
        if missing:
            raise ValueError(f"load_state_dict: the state has no {missing}")
        for name in self.slots:
            if (shape := np.shape(state[name])) != self.w.shape:
                wanted = f"{self.w.shape}, one number for each parameter"
                raise ValueError(f"load_state_dict: {name} has shape {shape}; expected {wanted}")
        for name in self.slots:
            getattr(self, name)[...] = state[name]
        for name in self.settings:
            setattr(self, name, state[name])


def _flush(v, steps):
    """Now and then zero what is tiny: where gradients stop, momentum decays into denormal numbers.

    With those a processor is up to a hundred times slower.
    """
    if steps % 256 == 0:
        v[np.abs(v) < 1e-30] = 0


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum in one of three forms (mu = momentum).

    "heavy_ball": v = mu v + g,            w -= lr v   Polyak (1964); torch.optim.SGD
    "ema":        v = mu v + (1 - mu) g,   w -= lr v   an average: steps are (1 - mu) times as long
    "nesterov":   v = mu v + g,            w -= lr (g + mu v)   Sutskever et al. (2013); PyTorch

    [eq:sgd] chapter 08, report B (33); [eq:heavy-ball] chapter 09, report B (28)-(29), (8)-(11),
    where lr stands inside v: the same while lr is constant; [eq:momentum-ema] chapter 09;
    [eq:nesterov] chapter 09. ValueError: momentum outside [0, 1), unknown form.
    """

    slots = ("velocity",)
    settings = (*Optimizer.settings, "momentum", "form")
    forms = ("heavy_ball", "ema", "nesterov")

    def __init__(self, params, lr=0.01, momentum=0.0, form="heavy_ball", **options):
        super().__init__(params, lr, **options)
        check_share(momentum, "SGD: momentum")
        check_choice(form, "SGD: form", self.forms)
        self.momentum, self.form = momentum, form

    def update(self, w, g):
        """One step."""
        v, mu = self.velocity, self.momentum
        if not mu or self.form == "nesterov":
            g = self.decayed(w, g)
        if mu:
            share = 1 - mu if self.form == "ema" else 1
            scale(mu, v)
            axpy(share, g, v)
            if self.form == "nesterov":
                g = g + mu * v
            else:
                self.add_decay(share, w, v)  # straight into v: no copy of g
                g = v
            _flush(v, self.steps)
        axpy(-self.rate, g, w)


class RMSprop(Optimizer):
    """s = alpha s + (1 - alpha) g^2,  w -= lr g / (sqrt(s) + eps). Tieleman & Hinton (2012).

    L2 decay. [eq:rmsprop] chapter 10.
    """

    slots = ("square",)
    settings = (*Optimizer.settings, "alpha", "eps")

    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8, **options):
        super().__init__(params, lr, **options)
        check_share(alpha, "RMSprop: alpha")
        self.alpha, self.eps = alpha, eps

    def update(self, w, g):
        """One step."""
        g = self.decayed(w, g)
        s = self.square
        scale(self.alpha, s)
        axpy(1 - self.alpha, g * g, s)
        _flush(s, self.steps)
        axpy(-self.rate, g / (np.sqrt(s) + self.eps), w)


class Adam(Optimizer):
    """m = b1 m + (1-b1) g,  v = b2 v + (1-b2) g^2,  w -= lr m_hat / (sqrt(v_hat) + eps).

    m_hat = m / (1 - b1^t) and v_hat = v / (1 - b2^t) take out the zeros that m and v start from.
    Kingma & Ba (2015), algorithm 1, with L2 decay. [eq:adam] chapter 10, report A 2.4.6, which
    leaves out the correction and eps. `bias_correction=False` is the report's form.
    """

    slots = ("m", "v")
    settings = (*Optimizer.settings, "betas", "eps", "bias_correction")

    def __init__(
        self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, bias_correction=True, **options
    ):
        super().__init__(params, lr, **options)
        for beta in betas:
            check_share(beta, f"{type(self).__name__}: beta")
        self.betas, self.eps, self.bias_correction = tuple(betas), eps, bias_correction

    def update(self, w, g):
        """One step."""
        g = self.decayed(w, g)
        (b1, b2), m, v = self.betas, self.m, self.v
        scale(b1, m)
        axpy(1 - b1, g, m)
        scale(b2, v)
        axpy(1 - b2, g * g, v)
        _flush(m, self.steps)
        _flush(v, self.steps)
        c1, c2 = (1 - b1**self.steps, 1 - b2**self.steps) if self.bias_correction else (1, 1)
        d = np.sqrt(v)
        d *= c2**-0.5
        d += self.eps
        np.divide(m, d, out=d)
        axpy(-self.rate / c1, d, w)


class AdamW(Adam):
    """Adam with decoupled decay: first w -= lr lambda w, then Adam on the bare gradient.

    Loshchilov & Hutter (2019), algorithm 2. [eq:adamw] chapter 10.
    """

    def __init__(self, params, lr=0.001, weight_decay=0.01, **options):
        super().__init__(params, lr, weight_decay=weight_decay, **options)

    def decayed(self, w, g):
        """Shrink w; the gradient stays as it is."""
        shrink = self.rate * self.weight_decay
        w *= 1 - shrink if self._decayed is None else 1 - shrink * self._decayed
        return g
