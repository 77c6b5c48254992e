"""Answers to chapter 10: RMSprop, Adam, AdamW, a schedule, report A's hidden one."""

import math

import numpy as np

# --- RMSprop --------------------------------------------------------------------------------------


def rmsprop(square=None, step=None):
    """A reader's RMSprop: the new s, then what is subtracted from w."""
    square = square or (lambda s, g, alpha: alpha * s + (1 - alpha) * g * g)
    step = step or (lambda g, s, old, lr, eps: lr * g / (np.sqrt(s) + eps))

    def answer(w, g, s, lr, alpha, eps):
        new = square(s, g, alpha)
        return w - step(g, new, s, lr, eps), new

    return answer


def loop_rmsprop(w, g, s, lr, alpha, eps):
    new_w, new_s = w.copy(), s.copy()
    for i in range(len(w)):
        new_s[i] += (1 - alpha) * (g[i] ** 2 - s[i])
        new_w[i] -= lr / (math.sqrt(new_s[i]) + eps) * g[i]
    return new_w, new_s


# --- Adam -----------------------------------------------------------------------------------------


def adam(m=None, v=None, step=None):
    """A reader's Adam with one line of their own."""

    def answer(w, g, old_m, old_v, t, lr, beta1, beta2, eps):
        new_m = m(old_m, g, beta1, beta2, t) if m else beta1 * old_m + (1 - beta1) * g
        new_v = v(old_v, g, new_m, beta2, t) if v else beta2 * old_v + (1 - beta2) * g**2
        c1, c2 = 1 - beta1**t, 1 - beta2**t
        if step:
            return w - lr * step(g, new_m, new_v, c1, c2, eps), new_m, new_v
        return w - lr * (new_m / c1) / (np.sqrt(new_v / c2) + eps), new_m, new_v

    return answer


def efficient_adam(w, g, m, v, t, lr, beta1, beta2, eps):
    """Kingma & Ba, end of section 2: the corrections moved into rate and eps."""
    m, v = m + (1 - beta1) * (g - m), v + (1 - beta2) * (g * g - v)
    root = math.sqrt(1 - beta2**t)
    return w - lr * root / (1 - beta1**t) * m / (np.sqrt(v) + eps * root), m, v


def counted(first):
    """Adam whose corrections count the steps otherwise."""

    def answer(w, g, m, v, t, lr, beta1, beta2, eps):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        k = first(t)
        m_hat, v_hat = m / (1 - beta1**k), v / (1 - beta2**k)
        return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v

    return answer


def stale(w, g, m, v, t, lr, beta1, beta2, eps):
    """Steps with the averages it was given, then averages."""
    moved = w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return moved, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2


# --- AdamW ----------------------------------------------------------------------------------------


def adamw(before=None, gradient=None, after=None):
    """A reader's AdamW: what becomes of w before Adam's step, of g, and of w after it."""

    def answer(w, g, m, v, t, lr, beta1, beta2, eps, lam):
        start = before(w, lr, lam) if before else w
        slope = gradient(w, g, lam) if gradient else g
        moved, m, v = adam()(start, slope, m, v, t, lr, beta1, beta2, eps)
        if after:
            moved = after(w, moved, v / (1 - beta2**t), lr, lam, eps)
        return moved, m, v

    return answer


# --- schedule -------------------------------------------------------------------------------------


def plan(share, rise=None, shape=None, last=-1):
    """A reader's schedule; share(step, total, warm) of the cosine."""
    rise = rise or (lambda step, warm: (step + 1) / warm)
    shape = shape or (lambda share: 0.5 * (1 + math.cos(math.pi * share)))

    def answer(step, total, warm):
        return rise(step, warm) if step <= warm + last else shape(share(step, total, warm))

    return answer


def since(step, total, warm):
    return (step - warm) / (total - warm)


def squared_plan(step, total, warm):
    if step < warm:
        return (1 + step) / warm
    return math.cos(math.pi * (step - warm) / (2 * (total - warm))) ** 2


RIGHT = {
    "rmsprop_step": [rmsprop(), loop_rmsprop],
    "adam_step": [adam(), efficient_adam],
    "adamw_step": [
        adamw(before=lambda w, lr, lam: (1 - lr * lam) * w),
        adamw(after=lambda w, moved, v, lr, lam, eps: moved - lr * lam * w),
    ],
    "warm_cosine": [plan(since), squared_plan],
    "hidden_factor": [
        lambda beta1, beta2, t: (1 - beta1**t) / math.sqrt(1 - beta2**t),
        lambda beta1, beta2, t: (
            sum((1 - beta1) * beta1**k for k in range(t))
            / sum((1 - beta2) * beta2**k for k in range(t)) ** 0.5
        ),
    ],
}

WRONG = [
    *[
        ("rmsprop_step", name, answer)
        for name, answer in [
            (
                "g not squared",
                rmsprop(
                    lambda s, g, alpha: alpha * s + (1 - alpha) * g,
                    step=lambda g, s, old, lr, eps: lr * g,
                ),
            ),
            ("shares swapped", rmsprop(lambda s, g, alpha: alpha * g**2 + (1 - alpha) * s)),
            ("the gradient's share forgotten", rmsprop(lambda s, g, alpha: alpha * s + g * g)),
            ("a sum that never forgets", rmsprop(lambda s, g, alpha: s + g**2)),
            (
                "one average for all weights",
                rmsprop(lambda s, g, alpha: alpha * s + (1 - alpha) * (g @ g) / len(g)),
            ),
            ("the old average lost", rmsprop(lambda s, g, alpha: (1 - alpha) * g * g)),
            (
                "the size, not its square",
                rmsprop(lambda s, g, alpha: alpha * s + (1 - alpha) * abs(g)),
            ),
            (
                "the root kept in s",
                rmsprop(lambda s, g, alpha: (alpha * s + (1 - alpha) * g * g) ** 0.5),
            ),
            (
                "the share squared too",
                rmsprop(lambda s, g, alpha: alpha * s + np.square((1 - alpha) * g)),
            ),
            ("w in the place of s", lambda *given: rmsprop()(*given)[::-1]),
            (
                "learning rate forgotten",
                rmsprop(step=lambda g, s, old, lr, eps: g / (s**0.5 + eps)),
            ),
            ("not divided", rmsprop(step=lambda g, s, old, lr, eps: lr * g)),
            (
                "eps behind the fraction",
                rmsprop(step=lambda g, s, old, lr, eps: lr * g / np.sqrt(s) + eps),
            ),
            (
                "divided by this gradient's own size",
                rmsprop(step=lambda g, s, old, lr, eps: lr * g / ((g * g) ** 0.5 + eps)),
            ),
            (
                "the step returned",
                lambda w, *given: (-rmsprop()(0 * w, *given)[0], rmsprop()(w, *given)[1]),
            ),
            ("the step returned, with its sign", lambda w, *given: rmsprop()(0 * w, *given)),
            ("the old s returned", rmsprop(lambda s, g, alpha: s.copy())),
            (
                "divided by s, not by its root",
                rmsprop(step=lambda g, s, old, lr, eps: lr * g / (s + eps)),
            ),
            (
                "the old s used",
                rmsprop(step=lambda g, s, old, lr, eps: lr * g / (old**0.5 + eps)),
            ),
            (
                "eps inside the root",
                rmsprop(step=lambda g, s, old, lr, eps: lr * g / (s + eps) ** 0.5),
            ),
            ("eps forgotten", rmsprop(step=lambda g, s, old, lr, eps: lr * g / s**0.5)),
            ("climbs", rmsprop(step=lambda g, s, old, lr, eps: -lr * g / (np.sqrt(s) + eps))),
            (
                "multiplied instead of divided",
                rmsprop(step=lambda g, s, old, lr, eps: lr * (s**0.5 + eps) * g),
            ),
        ]
    ],
    *[
        ("adam_step", name, answer)
        for name, answer in [
            ("shares swapped", adam(m=lambda m, g, b1, b2, t: b1 * g + (1 - b1) * m)),
            ("the gradient's share forgotten", adam(m=lambda m, g, b1, b2, t: b1 * m + g)),
            ("betas swapped", adam(m=lambda m, g, b1, b2, t: b2 * m + (1 - b2) * g)),
            (
                "the corrected m returned",
                adam(m=lambda m, g, b1, b2, t: (b1 * m + (1 - b1) * g) / (1 - b1**t)),
            ),
            ("the old average lost", adam(m=lambda m, g, b1, b2, t: g - b1 * g)),
            (
                "g not squared",
                adam(
                    v=lambda v, g, m, b2, t: b2 * v + (1 - b2) * g,
                    step=lambda g, m, v, c1, c2, eps: m,
                ),
            ),
            ("shares of v swapped", adam(v=lambda v, g, m, b2, t: (1 - b2) * v + b2 * g * g)),
            ("the square's share forgotten", adam(v=lambda v, g, m, b2, t: b2 * v + g * g)),
            ("m squared, not g", adam(v=lambda v, g, m, b2, t: b2 * v + (1 - b2) * m * m)),
            ("the old squares lost", adam(v=lambda v, g, m, b2, t: (1 - b2) * g * g)),
            (
                "beta1 in v",
                lambda w, g, m, v, t, lr, b1, b2, e: (
                    w,
                    b1 * m + (1 - b1) * g,
                    b1 * v + (1 - b1) * g * g,
                ),
            ),
            ("the size, not its square", adam(v=lambda v, g, m, b2, t: b2 * v + (1 - b2) * abs(g))),
            (
                "one v for all weights",
                adam(v=lambda v, g, m, b2, t: b2 * v + (1 - b2) * (g @ g) / len(g)),
            ),
            ("a sum that never forgets", adam(v=lambda v, g, m, b2, t: v + g * g)),
            ("steps counted from 0", counted(lambda t: max(1, t - 1))),
            (
                "corrections exchanged",
                adam(step=lambda g, m, v, c1, c2, eps: m / c2 / (np.sqrt(v / c1) + eps)),
            ),
            (
                "multiplied by the corrections",
                adam(step=lambda g, m, v, c1, c2, eps: m * c1 / ((v * c2) ** 0.5 + eps)),
            ),
            ("the averages of the step before", stale),
            (
                "eps corrected too",
                adam(step=lambda g, m, v, c1, c2, eps: m / c1 * c2**0.5 / (v**0.5 + eps)),
            ),
            (
                "learning rate forgotten",
                lambda w, g, m, v, t, lr, *rest: adam()(w, g, m, v, t, 1.0, *rest),
            ),
            (
                "the corrected v returned",
                adam(v=lambda v, g, m, b2, t: (b2 * v + (1 - b2) * g**2) / (1 - b2**t)),
            ),
            (
                "no correction, as report A's 2.4.6",
                adam(step=lambda g, m, v, c1, c2, eps: m / (v**0.5 + eps)),
            ),
            (
                "neither correction nor eps: report A's 2.4.6 as printed",
                adam(step=lambda g, m, v, c1, c2, eps: m / np.sqrt(v)),
            ),
            (
                "v not corrected",
                adam(step=lambda g, m, v, c1, c2, eps: m / c1 / (v**0.5 + eps)),
            ),
            (
                "m not corrected",
                adam(step=lambda g, m, v, c1, c2, eps: m / ((v / c2) ** 0.5 + eps)),
            ),
            ("steps not counted", counted(lambda t: 1)),
            ("steps counted from 2", counted(lambda t: t + 1)),
            (
                "correction of v outside the root",
                adam(step=lambda g, m, v, c1, c2, eps: m / c1 / (v**0.5 / c2 + eps)),
            ),
            (
                "eps inside the root",
                adam(step=lambda g, m, v, c1, c2, eps: m / c1 / (v / c2 + eps) ** 0.5),
            ),
            ("eps forgotten", adam(step=lambda g, m, v, c1, c2, eps: m / c1 / (v / c2) ** 0.5)),
            ("root forgotten", adam(step=lambda g, m, v, c1, c2, eps: m / c1 / (v / c2 + eps))),
            ("g for m", adam(step=lambda g, m, v, c1, c2, eps: g / ((v / c2) ** 0.5 + eps))),
            (
                "climbs",
                adam(step=lambda g, m, v, c1, c2, eps: -m / c1 / ((v / c2) ** 0.5 + eps)),
            ),
        ]
    ],
    *[
        ("adamw_step", name, answer)
        for name, answer in [
            (
                "L2: decay in the gradient, as report A's 2.4.6",
                adamw(gradient=lambda w, g, lam: g + lam * w),
            ),
            ("decay not times the rate", adamw(before=lambda w, lr, lam: w - lam * w)),
            (
                "decay after the step",
                adamw(after=lambda w, moved, v, lr, lam, eps: moved - lr * lam * moved),
            ),
            ("w grows", adamw(before=lambda w, lr, lam: w + lr * lam * w)),
            (
                "decay after the step, and not times the rate",
                adamw(after=lambda w, moved, v, lr, lam, eps: moved - lam * moved),
            ),
            (
                "L2 as well",
                adamw(
                    before=lambda w, lr, lam: w - lr * lam * w,
                    gradient=lambda w, g, lam: g + lam * w,
                ),
            ),
            (
                "decay twice",
                adamw(
                    before=lambda w, lr, lam: w - lr * lam * w,
                    after=lambda w, moved, v, lr, lam, eps: moved - lr * lam * w,
                ),
            ),
            ("w kept only by lr * lam", adamw(before=lambda w, lr, lam: lam * lr * w)),
            (
                "every weight by the same amount",
                adamw(before=lambda w, lr, lam: w - lr * lam * w / abs(w)),
            ),
            ("no decay", adamw()),
            (
                "decay divided by the root of v",
                adamw(
                    after=lambda w, moved, v, lr, lam, eps: moved - lr * lam * w / (v**0.5 + eps)
                ),
            ),
            (
                "decay without the step",
                adamw(after=lambda w, moved, v, lr, lam, eps: w * (1 - lr * lam)),
            ),
        ]
    ],
    *[
        ("warm_cosine", name, answer)
        for name, answer in [
            ("the first step is wasted", plan(since, rise=lambda step, warm: step / warm)),
            (
                "the cosine has begun during the warm-up",
                plan(lambda step, total, warm: step / total),
            ),
            ("the cosine is too long", plan(lambda step, total, warm: (step - warm) / total)),
            (
                "the cosine counts from step 0",
                plan(lambda step, total, warm: step / (total - warm)),
            ),
            ("half forgotten", plan(since, shape=lambda s: 1 + math.cos(math.pi * s))),
            ("goes below 0", plan(since, shape=lambda s: math.cos(math.pi * s))),
            ("down and up again", plan(lambda *given: 2 * since(*given))),
            ("a quarter of a cosine", plan(since, shape=lambda s: math.cos(math.pi * s / 2))),
            (
                "reaches 0 one step early",
                plan(lambda step, total, warm: (step - warm) / (total - warm - 1)),
            ),
            ("a straight line down", plan(since, shape=lambda s: 1 - s)),
            (
                "the cosine is one step ahead",
                plan(lambda step, total, warm: (step + 1 - warm) / (total - warm)),
            ),
            ("pi forgotten", plan(since, shape=lambda s: (1 + math.cos(s)) / 2)),
            ("rises at the end", plan(since, shape=lambda s: 0.5 - math.cos(math.pi * s) / 2)),
            ("sine for cosine", plan(since, shape=lambda s: (1 + math.sin(math.pi * s)) / 2)),
            ("the line from 0 to 1", plan(since, rise=lambda step, warm: step / (warm - 1))),
            (
                "the line does not reach 1",
                plan(since, rise=lambda step, warm: (step + 1) / (warm + 1)),
            ),
            ("whole numbers only", plan(since, rise=lambda step, warm: (step + 1) // warm)),
            ("no warm-up", plan(lambda step, total, warm: step / total, last=-1000)),
            (
                "line times cosine",
                lambda step, total, warm: (
                    min(1, (step + 1) / warm) * (0.5 + math.cos(math.pi * step / total) / 2)
                ),
            ),
            ("the line goes one step too far", plan(since, last=0)),
        ]
    ],
    *[
        ("hidden_factor", name, answer)
        for name, answer in [
            ("root forgotten", lambda beta1, beta2, t: (1 - beta1**t) / (1 - beta2**t)),
            ("upside down", lambda beta1, beta2, t: (1 - beta2**t) ** 0.5 / (1 - beta1**t)),
            ("the first step only", lambda beta1, beta2, t: (1 - beta1) / (1 - beta2) ** 0.5),
            ("betas swapped", lambda beta1, beta2, t: (1 - beta2**t) / (1 - beta1**t) ** 0.5),
            (
                "root over both",
                lambda beta1, beta2, t: (1 - beta1**t) ** 0.5 / (1 - beta2**t) ** 0.5,
            ),
            ("V taken as right", lambda beta1, beta2, t: 1 - beta1**t),
            ("m taken as right", lambda beta1, beta2, t: (1 - beta2**t) ** -0.5),
            ("steps counted from 2", lambda b1, b2, t: (1 - b1 * b1**t) / (1 - b2 * b2**t) ** 0.5),
            ("steps counted from 0", lambda b1, b2, t: (1 - b1**t / b1) / (1 - b2**t / b2) ** 0.5),
            ("multiplied by the root", lambda b1, b2, t: (1 - b1**t) * (1 - b2**t) ** 0.5),
            ("power of the bracket", lambda b1, b2, t: (1 - b1) ** t / (1 - b2) ** (t / 2)),
            ("root over m", lambda b1, b2, t: (1 - b1**t) ** 0.5 / (1 - b2**t)),
            ("upside down, root forgotten", lambda b1, b2, t: (1 - b2**t) / (1 - b1**t)),
            (
                "all steps so far",
                lambda b1, b2, t: sum((1 - b1**k) / (1 - b2**k) ** 0.5 for k in range(1, t + 1)),
            ),
            ("Adam with both corrections", lambda beta1, beta2, t: 1),
            ("beta**t for 1 - beta**t", lambda beta1, beta2, t: beta1**t / beta2 ** (t / 2)),
        ]
    ],
]
