"""Exercises of chapter 10: RMSprop, Adam, AdamW, a schedule, report A's hidden one."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: one step of RMSprop -----------------------------------------------------------------------


def _rmsprop_case(rng):
    return {
        "w": rng.normal(size=5),
        "g": rng.normal(size=5),
        "s": rng.uniform(0.2, 2, size=5),
        "lr": rng.uniform(0.05, 0.2),
        "alpha": rng.uniform(0.6, 0.9),
        "eps": rng.uniform(0.05, 0.3),
    }


def _run_rmsprop(answer, w, g, s, lr, alpha, eps):
    new_w, new_s = answer(w, g, s, float(lr), float(alpha), float(eps))
    return {"s": new_s, "w": new_w}


def _rmsprop(w, g, s, lr, alpha, eps):
    s = alpha * s + (1 - alpha) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


def _moved(step):
    """A wrong w from the right new s: step(g, new s, old s, lr, eps) is what is subtracted."""

    def value(w, g, s, lr, alpha, eps):
        return w - step(g, alpha * s + (1 - alpha) * g**2, s, lr, eps)

    return value


rmsprop_step = Exercise(
    cases=_rmsprop_case,
    run=_run_rmsprop,
    right=_rmsprop,
    mistakes={
        "s": [
            Mistake(
                "g not squared",
                "s averages the squares of the gradients.",
                lambda w, g, s, lr, alpha, eps: alpha * s + (1 - alpha) * g,
            ),
            Mistake(
                "shares swapped",
                "alpha, near 1, belongs to the old s: the memory is long.",
                lambda w, g, s, lr, alpha, eps: (1 - alpha) * s + alpha * g**2,
            ),
            Mistake(
                "the gradient's share forgotten",
                "An average: its two shares, alpha and 1 - alpha, have sum 1.",
                lambda w, g, s, lr, alpha, eps: alpha * s + g**2,
            ),
            Mistake(
                "a sum that never forgets",
                "That is AdaGrad. RMSprop multiplies the old s by alpha first.",
                lambda w, g, s, lr, alpha, eps: s + g**2,
            ),
            Mistake(
                "one average for all weights",
                "Each weight has an s of its own: no mean over the vector.",
                lambda w, g, s, lr, alpha, eps: alpha * s + (1 - alpha) * np.mean(g**2),
            ),
            Mistake(
                "the old average lost",
                "s = alpha s + (1 - alpha) g**2: the first term is missing.",
                lambda w, g, s, lr, alpha, eps: (1 - alpha) * g**2,
            ),
            Mistake(
                "the size, not its square",
                "s averages g**2; the root comes later.",
                lambda w, g, s, lr, alpha, eps: alpha * s + (1 - alpha) * np.abs(g),
            ),
            Mistake(
                "the root kept in s",
                "s stays a mean square; take the root only where you divide.",
                lambda w, g, s, lr, alpha, eps: np.sqrt(alpha * s + (1 - alpha) * g**2),
            ),
            Mistake(
                "the share squared too",
                "Only g is squared: (1 - alpha) * g**2.",
                lambda w, g, s, lr, alpha, eps: alpha * s + ((1 - alpha) * g) ** 2,
            ),
            Mistake(
                "w in the place of s",
                "Return the new w first, then s.",
                lambda w, g, s, lr, alpha, eps: _rmsprop(w, g, s, lr, alpha, eps)[0],
            ),
            Mistake(
                "the old s returned",
                "Return s after this step.",
                lambda w, g, s, lr, alpha, eps: s + 0 * g,
            ),
        ],
        "w": [
            Mistake(
                "divided by s, not by its root",
                "s is a mean square; the size of a gradient is its root.",
                _moved(lambda g, s, old, lr, eps: lr * g / (s + eps)),
            ),
            Mistake(
                "the old s used",
                "First the average, with this gradient in it, then the step.",
                _moved(lambda g, s, old, lr, eps: lr * g / (np.sqrt(old) + eps)),
            ),
            Mistake(
                "eps inside the root",
                "eps is added to the root.",
                _moved(lambda g, s, old, lr, eps: lr * g / np.sqrt(s + eps)),
            ),
            Mistake(
                "eps forgotten",
                "Without it a weight whose gradients are all 0 gives 0/0.",
                _moved(lambda g, s, old, lr, eps: lr * g / np.sqrt(s)),
            ),
            Mistake(
                "climbs",
                "Against the gradient: subtract.",
                _moved(lambda g, s, old, lr, eps: -lr * g / (np.sqrt(s) + eps)),
            ),
            Mistake(
                "learning rate forgotten",
                "The step is lr times the quotient.",
                _moved(lambda g, s, old, lr, eps: g / (np.sqrt(s) + eps)),
            ),
            Mistake(
                "not divided",
                "That is plain SGD: divide by the root of s.",
                _moved(lambda g, s, old, lr, eps: lr * g),
            ),
            Mistake(
                "eps behind the fraction",
                "Put brackets around the divisor: (np.sqrt(s) + eps).",
                _moved(lambda g, s, old, lr, eps: lr * g / np.sqrt(s) + eps),
            ),
            Mistake(
                "divided by this gradient's own size",
                "Divide by the root of the average s, not of g**2.",
                _moved(lambda g, s, old, lr, eps: lr * g / (np.abs(g) + eps)),
            ),
            Mistake(
                "the step returned",
                "Subtract it from w.",
                lambda w, g, s, lr, alpha, eps: w - _rmsprop(w, g, s, lr, alpha, eps)[0],
            ),
            Mistake(
                "the step returned, with its sign",
                "Add it to w.",
                lambda w, g, s, lr, alpha, eps: _rmsprop(w, g, s, lr, alpha, eps)[0] - w,
            ),
            Mistake(
                "multiplied instead of divided",
                "Large gradients are to be made smaller.",
                _moved(lambda g, s, old, lr, eps: lr * g * (np.sqrt(s) + eps)),
            ),
        ],
    },
    praise="Each weight's step is now its gradient in units of that gradient's own size.",
    hints=(
        "First the moving average of the squared gradient, then the step with its root.",
        "new_s = alpha * s + (1 - alpha) * g**2. The step divides by np.sqrt(new_s) + eps.",
        "new_w = w - lr * g / (np.sqrt(new_s) + eps); return new_w, new_s",
    ),
)

# --- 2: one step of Adam, taken four times --------------------------------------------------------


def _adam_case(rng):
    return {
        "w": rng.normal(size=5),
        "G": rng.normal(size=(4, 5)),
        "lr": rng.uniform(0.05, 0.2),
        "beta1": rng.uniform(0.6, 0.8),
        "beta2": rng.uniform(0.85, 0.95),
        "eps": rng.uniform(0.05, 0.2),
    }


def _run_adam(answer, w, G, lr, beta1, beta2, eps):
    m, v = np.zeros(5), np.zeros(5)
    for t, g in enumerate(G, start=1):
        w, m, v = answer(w, g, m, v, t, float(lr), float(beta1), float(beta2), float(eps))
    return {"m": m, "v": v, "w": w}


def _first(m, g, v, b1, b2, t):
    return b1 * m + (1 - b1) * g


def _second(m, g, v, b1, b2, t):
    return b2 * v + (1 - b2) * g**2


def _move(g, m, v, b1, b2, t, eps):
    return m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)


def _adam(first=_first, second=_second, move=_move):
    """A step of Adam with one part replaced, for mistakes."""

    def step(w, g, m, v, t, lr, beta1, beta2, eps):
        m = first(m, g, v, beta1, beta2, t)
        v = second(m, g, v, beta1, beta2, t)
        return w - lr * move(g, m, v, beta1, beta2, t, eps), m, v

    return step


def _after(output, **parts):
    """Case -> the output of four steps with a part replaced."""
    if output != "w":  # then w does not matter, and a wrong v may have no root
        parts["move"] = lambda *given: 0.0
    return lambda **case: _run_adam(_adam(**parts), **case)[output]


adam_step = Exercise(
    cases=_adam_case,
    run=_run_adam,
    right=_adam(),
    mistakes={
        "m": [
            Mistake(
                "shares swapped",
                "beta1 belongs to the old m, 1 - beta1 to the gradient.",
                _after("m", first=lambda m, g, v, b1, b2, t: (1 - b1) * m + b1 * g),
            ),
            Mistake(
                "the gradient's share forgotten",
                "An average: the gradient is multiplied by 1 - beta1.",
                _after("m", first=lambda m, g, v, b1, b2, t: b1 * m + g),
            ),
            Mistake(
                "betas swapped",
                "beta1 is for the gradients, beta2 for their squares.",
                _after("m", first=lambda m, g, v, b1, b2, t: b2 * m + (1 - b2) * g),
            ),
            Mistake(
                "the corrected m returned",
                "The next step goes on from m itself: correct a copy.",
                _after(
                    "m",
                    first=lambda m, g, v, b1, b2, t: (b1 * m + (1 - b1) * g) / (1 - b1**t),
                ),
            ),
            Mistake(
                "the old average lost",
                "m = beta1 m + (1 - beta1) g: the first term is missing.",
                _after("m", first=lambda m, g, v, b1, b2, t: (1 - b1) * g),
            ),
        ],
        "v": [
            Mistake(
                "g not squared",
                "v averages squares.",
                _after("v", second=lambda m, g, v, b1, b2, t: b2 * v + (1 - b2) * g),
            ),
            Mistake(
                "shares of v swapped",
                "beta2 belongs to the old v, 1 - beta2 to the squared gradient.",
                _after("v", second=lambda m, g, v, b1, b2, t: (1 - b2) * v + b2 * g**2),
            ),
            Mistake(
                "the square's share forgotten",
                "An average: the squared gradient is multiplied by 1 - beta2.",
                _after("v", second=lambda m, g, v, b1, b2, t: b2 * v + g**2),
            ),
            Mistake(
                "m squared, not g",
                "The mean of the squares, not the square of the mean.",
                _after("v", second=lambda m, g, v, b1, b2, t: b2 * v + (1 - b2) * m**2),
            ),
            Mistake(
                "the old squares lost",
                "v = beta2 v + (1 - beta2) g**2: the first term is missing.",
                _after("v", second=lambda m, g, v, b1, b2, t: (1 - b2) * g**2),
            ),
            Mistake(
                "beta1 in v",
                "beta2 is for the squares.",
                _after("v", second=lambda m, g, v, b1, b2, t: b1 * v + (1 - b1) * g**2),
            ),
            Mistake(
                "the size, not its square",
                "v averages g**2; the root comes later.",
                _after("v", second=lambda m, g, v, b1, b2, t: b2 * v + (1 - b2) * np.abs(g)),
            ),
            Mistake(
                "one v for all weights",
                "Each weight has a v of its own: no mean over the vector.",
                _after("v", second=lambda m, g, v, b1, b2, t: b2 * v + (1 - b2) * np.mean(g**2)),
            ),
            Mistake(
                "a sum that never forgets",
                "That is AdaGrad: multiply the old v by beta2 first.",
                _after("v", second=lambda m, g, v, b1, b2, t: v + g**2),
            ),
            Mistake(
                "the corrected v returned",
                "The next step goes on from v itself: correct a copy.",
                _after(
                    "v",
                    second=lambda m, g, v, b1, b2, t: (b2 * v + (1 - b2) * g**2) / (1 - b2**t),
                ),
            ),
        ],
        "w": [
            Mistake(
                "no correction, as report A's 2.4.6",
                "m and v start from 0: divide by 1 - beta1**t and 1 - beta2**t.",
                _after("w", move=lambda g, m, v, b1, b2, t, eps: m / (np.sqrt(v) + eps)),
            ),
            Mistake(
                "neither correction nor eps: report A's 2.4.6 as printed",
                "Divide m and v by 1 - beta**t, and add eps to the root.",
                _after("w", move=lambda g, m, v, b1, b2, t, eps: m / np.sqrt(v)),
            ),
            Mistake(
                "v not corrected",
                "v starts from 0 as well.",
                _after(
                    "w", move=lambda g, m, v, b1, b2, t, eps: m / (1 - b1**t) / (np.sqrt(v) + eps)
                ),
            ),
            Mistake(
                "m not corrected",
                "m starts from 0 as well.",
                _after(
                    "w", move=lambda g, m, v, b1, b2, t, eps: m / (np.sqrt(v / (1 - b2**t)) + eps)
                ),
            ),
            Mistake(
                "steps not counted",
                "The correction fades: beta to the power t.",
                _after("w", move=lambda g, m, v, b1, b2, t, eps: _move(g, m, v, b1, b2, 1, eps)),
            ),
            Mistake(
                "steps counted from 2",
                "t is 1 in the first step already.",
                _after(
                    "w", move=lambda g, m, v, b1, b2, t, eps: _move(g, m, v, b1, b2, t + 1, eps)
                ),
            ),
            Mistake(
                "steps counted from 0",
                "t is 1 in the first step already: beta**t, not beta**(t - 1).",
                _after(
                    "w",
                    move=lambda g, m, v, b1, b2, t, eps: _move(g, m, v, b1, b2, max(t - 1, 1), eps),
                ),
            ),
            Mistake(
                "corrections exchanged",
                "m has 1 - beta1**t, v has 1 - beta2**t.",
                _after("w", move=lambda g, m, v, b1, b2, t, eps: _move(g, m, v, b2, b1, t, eps)),
            ),
            Mistake(
                "multiplied by the corrections",
                "m and v are too small: divide.",
                _after(
                    "w",
                    move=lambda g, m, v, b1, b2, t, eps: (
                        m * (1 - b1**t) / (np.sqrt(v * (1 - b2**t)) + eps)
                    ),
                ),
            ),
            Mistake(
                "the averages of the step before",
                "First the new averages, then the step with them.",
                _after(
                    "w",
                    move=lambda g, m, v, b1, b2, t, eps: _move(
                        g, (m - (1 - b1) * g) / b1, (v - (1 - b2) * g**2) / b2, b1, b2, t, eps
                    ),
                ),
            ),
            Mistake(
                "eps corrected too",
                "Correct v, take the root, then add eps.",
                _after(
                    "w",
                    move=lambda g, m, v, b1, b2, t, eps: (
                        m / (1 - b1**t) / ((np.sqrt(v) + eps) / np.sqrt(1 - b2**t))
                    ),
                ),
            ),
            Mistake(
                "learning rate forgotten",
                "The step is lr times the quotient.",
                lambda lr, **case: _run_adam(_adam(), lr=1.0, **case)["w"],
            ),
            Mistake(
                "correction of v outside the root",
                "Correct v first, then take the root.",
                _after(
                    "w",
                    move=lambda g, m, v, b1, b2, t, eps: (
                        m / (1 - b1**t) / (np.sqrt(v) / (1 - b2**t) + eps)
                    ),
                ),
            ),
            Mistake(
                "eps inside the root",
                "eps is added to the root.",
                _after(
                    "w",
                    move=lambda g, m, v, b1, b2, t, eps: (
                        m / (1 - b1**t) / np.sqrt(v / (1 - b2**t) + eps)
                    ),
                ),
            ),
            Mistake(
                "eps forgotten",
                "Without it a weight whose gradients are all 0 gives 0/0.",
                _after("w", move=lambda g, m, v, b1, b2, t, eps: _move(g, m, v, b1, b2, t, 0.0)),
            ),
            Mistake(
                "root forgotten",
                "v is a mean square; the size of a gradient is its root.",
                _after(
                    "w",
                    move=lambda g, m, v, b1, b2, t, eps: m / (1 - b1**t) / (v / (1 - b2**t) + eps),
                ),
            ),
            Mistake(
                "g for m",
                "The step takes the average m, not the last gradient: that would be RMSprop.",
                _after(
                    "w", move=lambda g, m, v, b1, b2, t, eps: g / (np.sqrt(v / (1 - b2**t)) + eps)
                ),
            ),
            Mistake(
                "climbs",
                "Against the gradient: subtract.",
                _after("w", move=lambda *given: -_move(*given)),
            ),
        ],
    },
    praise="Kingma & Ba's algorithm 1.",
    hints=(
        "Two averages, their two corrections, and a step. Return the averages uncorrected.",
        "new_m = beta1 * m + (1 - beta1) * g; new_v likewise with g**2. "
        "m_hat = new_m / (1 - beta1**t).",
        "new_w = w - lr * m_hat / (np.sqrt(v_hat) + eps); return new_w, new_m, new_v",
    ),
)

# --- 3: one step of AdamW, taken four times -------------------------------------------------------


def _adamw_case(rng):
    return _adam_case(rng) | {"lam": rng.uniform(0.3, 0.9)}


def _run_adamw(answer, lam, **case):
    def step(*given):
        return answer(*given, float(lam))

    return {"w": _run_adam(step, **case)["w"]}


def _adamw(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adam()(w - lr * lam * w, g, m, v, t, lr, beta1, beta2, eps)


def _decays(step):
    """Case -> w of four steps of `step`, which has _adamw's arguments."""
    return lambda **case: _run_adamw(step, **case)["w"]


def _l2(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adam()(w, g + lam * w, m, v, t, lr, beta1, beta2, eps)


def _rateless(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adam()((1 - lam) * w, g, m, v, t, lr, beta1, beta2, eps)


def _late(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    w, m, v = _adam()(w, g, m, v, t, lr, beta1, beta2, eps)
    return (1 - lr * lam) * w, m, v


def _grows(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adam()((1 + lr * lam) * w, g, m, v, t, lr, beta1, beta2, eps)


def _undecayed(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adam()(w, g, m, v, t, lr, beta1, beta2, eps)


def _divided(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    moved, m, v = _adam()(w, g, m, v, t, lr, beta1, beta2, eps)
    return moved - lr * lam * w / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


def _only_decay(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return (1 - lr * lam) * w, *_adam()(w, g, m, v, t, lr, beta1, beta2, eps)[1:]


def _late_and_rateless(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    w, m, v = _adam()(w, g, m, v, t, lr, beta1, beta2, eps)
    return (1 - lam) * w, m, v


def _both(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adamw(w, g + lam * w, m, v, t, lr, beta1, beta2, eps, lam)


def _twice(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adam()((1 - 2 * lr * lam) * w, g, m, v, t, lr, beta1, beta2, eps)


def _lost(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adam()(lr * lam * w, g, m, v, t, lr, beta1, beta2, eps)


def _signs(w, g, m, v, t, lr, beta1, beta2, eps, lam):
    return _adam()(w - lr * lam * np.sign(w), g, m, v, t, lr, beta1, beta2, eps)


adamw_step = Exercise(
    cases=_adamw_case,
    run=_run_adamw,
    right=_adamw,
    mistakes={
        "w": [
            Mistake(
                "L2: decay in the gradient, as report A's 2.4.6",
                "Then it is averaged and divided too. Shrink w itself, leave g alone.",
                _decays(_l2),
            ),
            Mistake(
                "decay not times the rate",
                "w shrinks by lr * lam, so that a schedule lowers both together.",
                _decays(_rateless),
            ),
            Mistake(
                "decay after the step",
                "Shrink the old w; otherwise the step is shrunk as well.",
                _decays(_late),
            ),
            Mistake(
                "w grows",
                "1 minus lr * lam.",
                _decays(_grows),
            ),
            Mistake(
                "no decay",
                "That is Adam: lam is not used.",
                _decays(_undecayed),
            ),
            Mistake(
                "decay divided by the root of v",
                "Only the gradient's average is divided; that is the point of AdamW.",
                _decays(_divided),
            ),
            Mistake(
                "decay after the step, and not times the rate",
                "Shrink the old w, by lr * lam.",
                _decays(_late_and_rateless),
            ),
            Mistake(
                "L2 as well",
                "Leave the gradient alone: the decay acts on w only.",
                _decays(_both),
            ),
            Mistake(
                "decay twice",
                "Once in each step.",
                _decays(_twice),
            ),
            Mistake(
                "w kept only by lr * lam",
                "It loses that share: (1 - lr * lam) * w is left.",
                _decays(_lost),
            ),
            Mistake(
                "every weight by the same amount",
                "The same *share*: lr * lam * w, not its sign.",
                _decays(_signs),
            ),
            Mistake(
                "decay without the step",
                "w shrinks and then takes Adam's step too.",
                _decays(_only_decay),
            ),
        ]
    },
    praise="Every weight shrinks by the same share, whatever its gradients.",
    hints=(
        "The gradient stays as it is. What happens to w before Adam's step?",
        "Give Adam's step the weights (1 - lr * lam) * w.",
        "return my_adam((1 - lr * lam) * w, g, m, v, t, lr, beta1, beta2, eps)",
    ),
)

# --- 4: warm-up, then a cosine --------------------------------------------------------------------


def _plan_case(rng):
    warm = rng.integers(4, 9)
    return {"total": np.array(warm + rng.integers(12, 30)), "warm": np.array(warm)}


def _run_plan(answer, total, warm):
    total, warm = int(total), int(warm)
    return {"factor": np.array([answer(step, total, warm) for step in range(total)])}


def _plan(rising=lambda t, R: (t + 1) / R, falling=None, late=0):
    falling = falling or (lambda t, T, R: (1 + np.cos(np.pi * (t - R) / (T - R))) / 2)

    def factor(step, total, warm):
        return rising(step, warm) if step < warm + late else falling(step, total, warm)

    return factor


def _plans(**parts):
    return lambda total, warm: _run_plan(_plan(**parts), total, warm)["factor"]


warm_cosine = Exercise(
    cases=_plan_case,
    run=_run_plan,
    right=_plan(),
    mistakes={
        "factor": [
            Mistake(
                "the first step is wasted",
                "At step 0 the factor is 1/warm, not 0.",
                _plans(rising=lambda t, R: t / R),
            ),
            Mistake(
                "the cosine has begun during the warm-up",
                "Count its steps, and its length, from the end of the warm-up.",
                _plans(falling=lambda t, T, R: (1 + np.cos(np.pi * t / T)) / 2),
            ),
            Mistake(
                "the cosine is too long",
                "It has total - warm steps.",
                _plans(falling=lambda t, T, R: (1 + np.cos(np.pi * (t - R) / T)) / 2),
            ),
            Mistake(
                "the cosine counts from step 0",
                "At step warm it must be 1: count from there.",
                _plans(falling=lambda t, T, R: (1 + np.cos(np.pi * t / (T - R))) / 2),
            ),
            Mistake(
                "half forgotten",
                "1 + cos runs from 2 to 0.",
                _plans(falling=lambda t, T, R: 1 + np.cos(np.pi * (t - R) / (T - R))),
            ),
            Mistake(
                "goes below 0",
                "A bare cosine runs from 1 to -1: a negative rate climbs. Add 1 and halve.",
                _plans(falling=lambda t, T, R: np.cos(np.pi * (t - R) / (T - R))),
            ),
            Mistake(
                "down and up again",
                "Half a period: pi, not 2 pi.",
                _plans(falling=lambda t, T, R: (1 + np.cos(2 * np.pi * (t - R) / (T - R))) / 2),
            ),
            Mistake(
                "a quarter of a cosine",
                "Half a period, made positive: (1 + cos) / 2.",
                _plans(falling=lambda t, T, R: np.cos(np.pi / 2 * (t - R) / (T - R))),
            ),
            Mistake(
                "a straight line down",
                "Half a cosine: (1 + cos) / 2.",
                _plans(falling=lambda t, T, R: 1 - (t - R) / (T - R)),
            ),
            Mistake(
                "the cosine is one step ahead",
                "At step warm it is 1: its share is 0 there.",
                _plans(falling=lambda t, T, R: (1 + np.cos(np.pi * (t + 1 - R) / (T - R))) / 2),
            ),
            Mistake(
                "pi forgotten",
                "cos runs from 1 to -1 between 0 and pi.",
                _plans(falling=lambda t, T, R: (1 + np.cos((t - R) / (T - R))) / 2),
            ),
            Mistake(
                "rises at the end",
                "Plus: (1 + cos) / 2 falls from 1 to 0.",
                _plans(falling=lambda t, T, R: (1 - np.cos(np.pi * (t - R) / (T - R))) / 2),
            ),
            Mistake(
                "sine for cosine",
                "The cosine is 1 at its start.",
                _plans(falling=lambda t, T, R: (1 + np.sin(np.pi * (t - R) / (T - R))) / 2),
            ),
            Mistake(
                "the line from 0 to 1",
                "1/warm at step 0: (step + 1) / warm.",
                _plans(rising=lambda t, R: t / (R - 1)),
            ),
            Mistake(
                "the line does not reach 1",
                "1 at step warm - 1: (step + 1) / warm.",
                _plans(rising=lambda t, R: (t + 1) / (R + 1)),
            ),
            Mistake(
                "whole numbers only",
                "/ divides; // cuts off what is behind the point.",
                _plans(rising=lambda t, R: (t + 1) // R),
            ),
            Mistake(
                "no warm-up",
                "In the first warm steps a line rises to 1.",
                lambda total, warm: (1 + np.cos(np.pi * np.arange(total) / total)) / 2,
            ),
            Mistake(
                "line times cosine",
                "First the line alone, then the cosine alone.",
                lambda total, warm: (
                    np.minimum(1, (np.arange(total) + 1) / warm)
                    * (1 + np.cos(np.pi * np.arange(total) / total))
                    / 2
                ),
            ),
            Mistake(
                "reaches 0 one step early",
                "Zero would come at step total, which is never taken.",
                _plans(falling=lambda t, T, R: (1 + np.cos(np.pi * (t - R) / (T - 1 - R))) / 2),
            ),
            Mistake(
                "the line goes one step too far",
                "Step warm - 1 has the factor 1 already; step warm is the cosine's first.",
                _plans(late=1),
            ),
        ]
    },
    praise="A careful start, a long middle, a quiet end.",
    hints=(
        "Two cases. In the second, how many steps has the cosine, and which of them is this?",
        "Line: (step + 1) / warm. Cosine: share = (step - warm) / (total - warm).",
        "return (step + 1) / warm if step < warm else (1 + np.cos(np.pi * share)) / 2",
    ),
)

# --- 5: report A's hidden schedule ----------------------------------------------------------------


def _betas(rng):
    return {
        "beta1": rng.uniform(0.5, 0.9),
        "beta2": rng.uniform(0.92, 0.99),
        "t": np.array(rng.integers(2, 8)),
    }


hidden_factor = Exercise(
    cases=_betas,
    run=lambda answer, beta1, beta2, t: {"factor": answer(float(beta1), float(beta2), int(t))},
    right=lambda beta1, beta2, t: (1 - beta1**t) / np.sqrt(1 - beta2**t),
    mistakes={
        "factor": [
            Mistake(
                "root forgotten",
                "V stands under a root in the step.",
                lambda beta1, beta2, t: (1 - beta1**t) / (1 - beta2**t),
            ),
            Mistake(
                "upside down",
                "This would undo it: the report's m is (1 - beta1**t) times the true mean.",
                lambda beta1, beta2, t: np.sqrt(1 - beta2**t) / (1 - beta1**t),
            ),
            Mistake(
                "the first step only",
                "For step t the betas are raised to the power t.",
                lambda beta1, beta2, t: (1 - beta1) / np.sqrt(1 - beta2),
            ),
            Mistake(
                "betas swapped",
                "beta1 belongs to m, above; beta2 to V, below.",
                lambda beta1, beta2, t: (1 - beta2**t) / np.sqrt(1 - beta1**t),
            ),
            Mistake(
                "root over both",
                "Only V is under the root.",
                lambda beta1, beta2, t: np.sqrt((1 - beta1**t) / (1 - beta2**t)),
            ),
            Mistake(
                "V taken as right",
                "V starts from 0 too, and is too small by 1 - beta2**t.",
                lambda beta1, beta2, t: 1 - beta1**t,
            ),
            Mistake(
                "m taken as right",
                "m starts from 0 too, and is too small by 1 - beta1**t.",
                lambda beta1, beta2, t: 1 / np.sqrt(1 - beta2**t),
            ),
            Mistake(
                "steps counted from 2",
                "Step 1 has beta to the power 1.",
                lambda beta1, beta2, t: (1 - beta1 ** (t + 1)) / np.sqrt(1 - beta2 ** (t + 1)),
            ),
            Mistake(
                "steps counted from 0",
                "Step 1 has beta to the power 1.",
                lambda beta1, beta2, t: (1 - beta1 ** (t - 1)) / np.sqrt(1 - beta2 ** (t - 1)),
            ),
            Mistake(
                "multiplied by the root",
                "The step is m over the root of V.",
                lambda beta1, beta2, t: (1 - beta1**t) * np.sqrt(1 - beta2**t),
            ),
            Mistake(
                "power of the bracket",
                "beta to the power t, taken from 1: 1 - beta**t.",
                lambda beta1, beta2, t: (1 - beta1) ** t / np.sqrt((1 - beta2) ** t),
            ),
            Mistake(
                "root over m",
                "V is under the root, m is not.",
                lambda beta1, beta2, t: np.sqrt(1 - beta1**t) / (1 - beta2**t),
            ),
            Mistake(
                "upside down, root forgotten",
                "m is above, V below and under a root.",
                lambda beta1, beta2, t: (1 - beta2**t) / (1 - beta1**t),
            ),
            Mistake(
                "all steps so far",
                "Step t alone: no sum.",
                lambda beta1, beta2, t: np.sum(
                    (1 - beta1 ** np.arange(1, t + 1)) / np.sqrt(1 - beta2 ** np.arange(1, t + 1))
                ),
            ),
            Mistake(
                "Adam with both corrections",
                "That takes one learning rate each step. The report leaves them out.",
                lambda beta1, beta2, t: 1.0 + 0 * beta1,
            ),
            Mistake(
                "beta**t for 1 - beta**t",
                "beta**t is what is missing; 1 - beta**t is there.",
                lambda beta1, beta2, t: beta1**t / np.sqrt(beta2**t),
            ),
        ]
    },
    praise="With 0.9 and 0.999 it starts above 3 and is above 1 for thousands of steps.",
    hints=(
        "With a constant gradient g, what is m after t steps? And V?",
        "m = (1 - beta1**t) g and V = (1 - beta2**t) g². The step is m / √V.",
        "return (1 - beta1**t) / np.sqrt(1 - beta2**t)",
    ),
)
