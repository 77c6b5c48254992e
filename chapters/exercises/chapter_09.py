"""Exercises of chapter 09: momentum's forms, its memory, its limits."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake


def _named(*mistakes):
    return [Mistake(*mistake) for mistake in mistakes]


# --- 1: one step in three forms -------------------------------------------------------------------

FORMS = ("heavy_ball", "ema", "nesterov")


def _state(rng):
    w, v, g = rng.normal(size=(3, 4))
    return {"w": w, "v": v, "g": g, "rate": rng.uniform(0.1, 0.3), "mu": rng.uniform(0.6, 0.9)}


def _all_forms(answer, w, v, g, rate, mu):
    outputs = {}
    for form in FORMS:
        new_w, new_v = answer(form, w, v, g, float(rate), float(mu))
        outputs |= {f"{form}: v": new_v, f"{form}: w": new_w}
    return outputs


def _step(form, w, v, g, rate, mu):
    v = mu * v + (1 - mu if form == "ema" else 1) * g
    return w - rate * (g + mu * v if form == "nesterov" else v), v


def _on_v(f):
    """A wrong new v, made of the old v, g, the rate and mu."""
    return lambda w, v, g, rate, mu: f(v, g, rate, mu)


def _on_w(form, f):
    """A wrong new w, made of w, the old and the (right) new v, g, the rate and mu."""
    return lambda w, v, g, rate, mu: f(w, v, _step(form, w, v, g, rate, mu)[1], g, rate, mu)


three_forms = Exercise(
    cases=_state,
    run=_all_forms,
    right=_step,
    mistakes={
        "heavy_ball: v": _named(
            (
                "the average's share in the sum",
                "(1 - mu) belongs to the EMA; the heavy ball adds the whole gradient.",
                _on_v(lambda v, g, rate, mu: mu * v + (1 - mu) * g),
            ),
            (
                "nothing is forgotten",
                "The old velocity must shrink: mu * v.",
                _on_v(lambda v, g, rate, mu: v + g),
            ),
            (
                "mu on the new gradient too",
                "Only the old velocity is multiplied by mu.",
                _on_v(lambda v, g, rate, mu: mu * (v + g)),
            ),
            (
                "the rate inside v",
                "That is (28); in this form v holds gradients, and the rate comes in with w.",
                _on_v(lambda v, g, rate, mu: mu * v + rate * g),
            ),
            (
                "the gradient's sign turned",
                "Here v adds gradients; the minus stands in the line of w.",
                _on_v(lambda v, g, rate, mu: mu * v - g),
            ),
            (
                "v as the move itself",
                "That is (8) mended. In this form v adds gradients; rate and minus come with w.",
                _on_v(lambda v, g, rate, mu: mu * v - rate * g),
            ),
            (
                "the wrong share of the old",
                "Of the old velocity mu is kept, not 1 - mu.",
                _on_v(lambda v, g, rate, mu: (1 - mu) * v + g),
            ),
            (
                "w in its place",
                "Return the new w first, then the new v.",
                lambda w, v, g, rate, mu: _step("heavy_ball", w, v, g, rate, mu)[0],
            ),
            (
                "no memory",
                "v is the gradient alone: mu times the old v is missing.",
                _on_v(lambda v, g, rate, mu: g),
            ),
        ),
        "heavy_ball: w": _named(
            (
                "uphill",
                "w moves against the velocity: a minus.",
                _on_w("heavy_ball", lambda w, v, new, g, rate, mu: w + rate * new),
            ),
            (
                "the old velocity",
                "First make the new v, then move w with it.",
                _on_w("heavy_ball", lambda w, v, new, g, rate, mu: w - rate * v),
            ),
            (
                "without the rate",
                "The step is the rate times v.",
                _on_w("heavy_ball", lambda w, v, new, g, rate, mu: w - new),
            ),
            (
                "the gradient twice",
                "The new v holds the gradient already.",
                _on_w("heavy_ball", lambda w, v, new, g, rate, mu: w - rate * (g + new)),
            ),
            (
                "a plain step",
                "w moves by the velocity, not by the gradient.",
                _on_w("heavy_ball", lambda w, v, new, g, rate, mu: w - rate * g),
            ),
        ),
        "ema: v": _named(
            (
                "a sum, no average",
                "The weights of an average sum to 1: the gradient's is (1 - mu).",
                _on_v(lambda v, g, rate, mu: mu * v + g),
            ),
            (
                "the two shares swapped",
                "mu is what is kept of the old, (1 - mu) what comes of the new.",
                _on_v(lambda v, g, rate, mu: (1 - mu) * v + mu * g),
            ),
            (
                "the old average kept whole",
                "Of the old average mu is kept: mu v + (1 - mu) g.",
                _on_v(lambda v, g, rate, mu: v + (1 - mu) * g),
            ),
        ),
        "ema: w": _named(
            (
                "divided by 1 - mu again",
                "In this form the step is the rate times the average.",
                _on_w("ema", lambda w, v, new, g, rate, mu: w - rate / (1 - mu) * new),
            ),
            (
                "1 - mu twice",
                "It is in the new v already; the step is the rate times v.",
                _on_w("ema", lambda w, v, new, g, rate, mu: w - rate * (1 - mu) * new),
            ),
            (
                "the average before this step",
                "First make the new v, then move w with it.",
                _on_w("ema", lambda w, v, new, g, rate, mu: w - rate * v),
            ),
        ),
        "nesterov: v": _named(
            (
                "Nesterov's v as an average",
                "Its v is the heavy ball's sum: mu v + g.",
                _on_v(lambda v, g, rate, mu: mu * v + (1 - mu) * g),
            ),
            (
                "Nesterov's v as the move",
                "That is the form before the change of variable. Here v is u: mu v + g.",
                _on_v(lambda v, g, rate, mu: mu * v - rate * g),
            ),
        ),
        "nesterov: w": _named(
            (
                "the heavy ball's step",
                "Nesterov goes on by mu times the new v: g + mu v. With the old v, that is the "
                "heavy ball again.",
                _on_w("nesterov", lambda w, v, new, g, rate, mu: w - rate * new),
            ),
            (
                "mu at the wrong place",
                "The gradient comes whole, the velocity is multiplied by mu.",
                _on_w("nesterov", lambda w, v, new, g, rate, mu: w - rate * (mu * g + new)),
            ),
            (
                "mu left out",
                "g + mu v, not g + v.",
                _on_w("nesterov", lambda w, v, new, g, rate, mu: w - rate * (g + new)),
            ),
        ),
    },
    praise="All three. They share the memory and differ in how far they trust it.",
    hints=(
        "Make the new v first, then move w with it. What is the weight of g in each form?",
        "v: mu v + g, but (1 - mu) g for EMA. w: minus rate times v, but g + mu v for Nesterov.",
        "v = mu * v + (1 - mu if form == 'ema' else 1) * g; then return "
        "w - rate * (g + mu * v if form == 'nesterov' else v), v",
    ),
)

# --- 2: report B's (8) and (10), mended -----------------------------------------------------------


def _three_steps(rng):
    W = rng.uniform(1, 2, size=(3, 2))
    return {
        "W": W,
        "dWs": rng.normal(size=(3, 3, 2)),
        "etas": np.array([0.2, 0.1, 0.05]),
        "mu": np.array(rng.uniform(0.6, 0.9)),
        "lam": np.array(rng.uniform(0.1, 0.3)),
    }


def _walk(answer, W, dWs, etas, mu, lam):
    v, after = np.zeros_like(W), []
    for dW, eta in zip(dWs, etas, strict=True):
        W, v = answer(W, v, dW, float(eta), float(mu), float(lam))
        after.append(W)
    return {"W after one step": after[0], "W after three steps": after[-1]}


def _mended(W, v, dW, eta, mu, lam):
    v = mu * v - eta * (dW + lam * W)
    return W + v, v


def _after(steps, answer):
    """The wrong W after so many steps."""
    key = {1: "W after one step", 3: "W after three steps"}[steps]
    return lambda **case: _walk(answer, **case)[key]


repaired = Exercise(
    cases=_three_steps,
    run=_walk,
    right=_mended,
    mistakes={
        "W after one step": _named(
            (
                "it still climbs",
                "Two signs that undo each other: after one step W must be W - eta (dW + lam W). "
                "Turn one of the two, not both.",
                _after(
                    1, lambda W, v, dW, eta, mu, lam: (W + eta * (dW + lam * W), v)
                ),
            ),
            (
                "decay pushes away from 0",
                "dW and lam W stand in one bracket: both with the same sign.",
                _after(1, lambda W, v, dW, eta, mu, lam: (W - eta * (dW - lam * W), v)),
            ),
            (
                "decay forgotten",
                "(8) adds lam W to the gradient.",
                _after(1, lambda W, v, dW, eta, mu, lam: (W - eta * dW, v)),
            ),
            (
                "decay without the rate",
                "eta multiplies the whole bracket, lam W too.",
                _after(1, lambda W, v, dW, eta, mu, lam: (W - eta * dW - lam * W, v)),
            ),
            (
                "the rate forgotten",
                "eta multiplies the bracket in (8).",
                _after(1, lambda W, v, dW, eta, mu, lam: (W - dW - lam * W, v)),
            ),
            (
                "an average",
                "(8) has no (1 - mu).",
                _after(1, lambda W, v, dW, eta, mu, lam: (W - (1 - mu) * eta * (dW + lam * W), v)),
            ),
            (
                "mu on the new part too",
                "Only the old velocity is multiplied by mu.",
                _after(1, lambda W, v, dW, eta, mu, lam: (W - mu * eta * (dW + lam * W), v)),
            ),
            (
                "the old velocity",
                "First make the new v, then move W with it.",
                _after(1, lambda W, v, dW, eta, mu, lam: (W, v)),
            ),
            (
                "the rate twice",
                "eta is inside v already; W moves by v itself.",
                _after(1, lambda W, v, dW, eta, mu, lam: (W - eta**2 * (dW + lam * W), v)),
            ),
        ),
        "W after three steps": _named(
            (
                "the rate outside v",
                "Right while eta is constant. (8) has it inside: an old gradient keeps its rate.",
                _after(
                    3,
                    lambda W, v, dW, eta, mu, lam: (
                        W - eta * (mu * v + dW + lam * W),
                        mu * v + dW + lam * W,
                    ),
                ),
            ),
            (
                "the old velocity's sign turned as well",
                "mu v keeps its plus: the ball rolls on, not back.",
                _after(
                    3,
                    lambda W, v, dW, eta, mu, lam: (
                        W - mu * v - eta * (dW + lam * W),
                        -mu * v - eta * (dW + lam * W),
                    ),
                ),
            ),
            (
                "no memory",
                "mu v is missing: the first step is right, the later ones are plain descent.",
                _after(
                    3, lambda W, v, dW, eta, mu, lam: (W - eta * (dW + lam * W), v)
                ),
            ),
            (
                "decay beside v",
                "lam W stands in (8)'s bracket: it goes into v with the gradient.",
                _after(
                    3,
                    lambda W, v, dW, eta, mu, lam: (
                        W + mu * v - eta * (dW + lam * W),
                        mu * v - eta * dW,
                    ),
                ),
            ),
            (
                "nothing is forgotten",
                "The old velocity is multiplied by mu.",
                _after(
                    3,
                    lambda W, v, dW, eta, mu, lam: (
                        W + v - eta * (dW + lam * W),
                        v - eta * (dW + lam * W),
                    ),
                ),
            ),
        ),
    },
    praise="Downhill. Which of the two signs you turned is a matter of taste.",
    hints=(
        "Start from v = 0: where must W be after one step? How many minus signs make that?",
        "Keep (8) and write W + v, or keep (10) and write + eta in (8).",
        "v = mu * v - eta * (dW + lam * W); return W + v, v",
    ),
)  # fmt: skip

# --- 3: effective step and half life --------------------------------------------------------------

memory = Exercise(
    cases=lambda rng: {"rate": rng.uniform(0.01, 0.2), "mu": rng.uniform(0.7, 0.97)},
    run=lambda answer, rate, mu: dict(
        zip(("effective step", "half life"), answer(float(rate), float(mu)), strict=True)
    ),
    right=lambda rate, mu: (rate / (1 - mu), np.log(2) / -np.log(mu)),
    mistakes={
        "effective step": _named(
            (
                "multiplied by 1 - mu",
                "Momentum makes the steps longer: 1 + mu + mu² + ... is 1 / (1 - mu).",
                lambda rate, mu: rate * (1 - mu),
            ),
            (
                "the alternating sum",
                "1 - mu + mu² - ... is for gradients that change sign; here they agree.",
                lambda rate, mu: rate / (1 + mu),
            ),
            (
                "EMA's",
                "In the EMA form the step stays rate; the heavy ball does not divide by the sum.",
                lambda rate, mu: rate,
            ),
            (
                "the rate forgotten",
                "The sum of the weights is right; each step is the rate times it.",
                lambda rate, mu: 1 / (1 - mu),
            ),
            (
                "the sum of squares",
                "Squares are for the variance of noise; a constant gradient adds up plainly.",
                lambda rate, mu: rate / (1 - mu**2),
            ),
            (
                "the newest gradient left out",
                "The sum begins with 1, the newest gradient's weight: 1 + mu + mu² + ...",
                lambda rate, mu: rate * mu / (1 - mu),
            ),
            (
                "half life in its place",
                "Return the effective step first, then the half life.",
                lambda rate, mu: np.log(2) / -np.log(mu),
            ),
        ),
        "half life": _named(
            (
                "the sum of the weights",
                "1 / (1 - mu) is the length of the memory, about 1.4 half lives: solve mu^n = 1/2.",
                lambda rate, mu: 1 / (1 - mu),
            ),
            (
                "upside down",
                "mu^n = 1/2 gives n ln mu = ln (1/2): divide by ln mu.",
                lambda rate, mu: -np.log(mu) / np.log(2),
            ),
            (
                "negative",
                "Both logarithms are negative: ln (1/2) / ln mu is positive.",
                lambda rate, mu: np.log(2) / np.log(mu),
            ),
            (
                "the time to 1/e",
                "That is where 37% is left; a half needs ln 2 on top.",
                lambda rate, mu: -1 / np.log(mu),
            ),
            (
                "the approximation",
                "0.7 / (1 - mu) is near it for mu near 1; the exact one has a logarithm.",
                lambda rate, mu: 0.7 / (1 - mu),
            ),
            (
                "1 - mu for its logarithm",
                "ln 2 / (1 - mu) is near it for mu near 1; the exact one has -ln mu below.",
                lambda rate, mu: np.log(2) / (1 - mu),
            ),
            (
                "rounded up",
                "Leave the fraction: the exact n with mu^n = 1/2.",
                lambda rate, mu: np.ceil(np.log(2) / -np.log(mu)),
            ),
            (
                "rounded down",
                "Leave the fraction: the exact n with mu^n = 1/2.",
                lambda rate, mu: np.floor(np.log(2) / -np.log(mu)),
            ),
        ),
    },
    praise="So 0.999 at rate 0.05 means steps of 50, remembered for 700 steps.",
    hints=(
        "Unroll v for a constant gradient. Then: what is left of one gradient after n steps?",
        "A geometric series; and mu^n = 1/2, solved for n.",
        "return rate / (1 - mu), np.log(0.5) / np.log(mu)",
    ),
)

# --- 4: the largest stable rate of the EMA form ---------------------------------------------------


def _limit(factor, pick=np.max):
    return lambda curvatures, mu: factor(mu) / pick(curvatures)


largest_rate = Exercise(
    cases=lambda rng: {
        "curvatures": rng.permutation([0.1, 0.7, 2.0]) * rng.uniform(1, 5),
        "mu": np.array(rng.uniform(0.5, 0.9)),
    },
    run=lambda answer, curvatures, mu: {"rate": answer(curvatures, float(mu))},
    right=_limit(lambda mu: 2 * (1 + mu) / (1 - mu)),
    mistakes={
        "rate": _named(
            (
                "the heavy ball's limit",
                "EMA at rate r is the heavy ball at r (1 - mu): what does that make of the limit?",
                _limit(lambda mu: 2 * (1 + mu)),
            ),
            (
                "1 - mu on the wrong side",
                "EMA's steps are shorter, so its rate may be larger: divide by 1 - mu.",
                _limit(lambda mu: 2 * (1 + mu) * (1 - mu)),
            ),
            (
                "the flattest direction",
                "The steepest direction diverges first: take the largest curvature.",
                _limit(lambda mu: 2 * (1 + mu) / (1 - mu), np.min),
            ),
            (
                "the mean curvature",
                "One direction that diverges is enough: take the largest curvature.",
                _limit(lambda mu: 2 * (1 + mu) / (1 - mu), np.mean),
            ),
            (
                "a limit for each direction",
                "All share one rate: return one number, the smallest of these.",
                lambda curvatures, mu: 2 * (1 + mu) / (1 - mu) / curvatures,
            ),
            (
                "momentum forgotten",
                "2 / curvature is plain descent's limit.",
                _limit(lambda mu: 2),
            ),
            (
                "the effective step's limit",
                "The effective step alone does not decide: momentum also damps. Use 2 (1 + mu).",
                _limit(lambda mu: 2 / (1 - mu)),
            ),
            (
                "Nesterov's limit",
                "The form asked for is the EMA.",
                _limit(lambda mu: 2 * (1 + mu) / (1 + 2 * mu)),
            ),
            (
                "half of it",
                "z = -1 gives 2 (1 + mu): do not lose the 2.",
                _limit(lambda mu: (1 + mu) / (1 - mu)),
            ),
            (
                "multiplied by the curvature",
                "Steeper means a smaller rate: divide by it.",
                lambda curvatures, mu: 2 * (1 + mu) / (1 - mu) * curvatures.max(),
            ),
        )
    },
    praise="Far above plain descent's 2 / curvature, and no help: the effective step is the rate.",
    hints=(
        "Which direction diverges first? And at which rate is the EMA the same as a heavy ball?",
        "EMA at rate r is the heavy ball at r (1 - mu), whose limit is 2 (1 + mu) / curvature.",
        "return 2 * (1 + mu) / ((1 - mu) * curvatures.max())",
    ),
)

# --- 5: the best rate and momentum for a valley ---------------------------------------------------


def _best(low, high):
    a, b = np.sqrt(low), np.sqrt(high)
    return (2 / (a + b)) ** 2, ((b - a) / (b + a)) ** 2


tuned = Exercise(
    cases=lambda rng: {"low": rng.uniform(0.2, 1), "high": rng.uniform(5, 50)},
    run=lambda answer, low, high: dict(
        zip(("rate", "momentum"), answer(float(low), float(high)), strict=True)
    ),
    right=_best,
    mistakes={
        "rate": _named(
            (
                "plain descent's rate",
                "2 / (low + high) is best without momentum.",
                lambda low, high: 2 / (low + high),
            ),
            (
                "the square forgotten",
                "2 / (√low + √high) is the root of the rate.",
                lambda low, high: 2 / (np.sqrt(low) + np.sqrt(high)),
            ),
            (
                "the roots forgotten",
                "The square roots of the curvatures are added, then squared.",
                lambda low, high: (2 / (low + high)) ** 2,
            ),
            (
                "the square of a sum taken apart",
                "(√low + √high)² is not low + high.",
                lambda low, high: 4 / (low + high),
            ),
            (
                "the steepest direction alone",
                "1 / high suits one direction; the best rate looks at both ends.",
                lambda low, high: 1 / high,
            ),
            (
                "the limit",
                "4 / high is where the limit is as mu goes to 1.",
                lambda low, high: 4 / high,
            ),
            (
                "ηΛ in its place",
                "That is the star's place in the map: divide it by high.",
                lambda low, high: _best(low, high)[0] * high,
            ),
            (
                "the 2 not squared",
                "The whole fraction is squared, so 4 stands above.",
                lambda low, high: _best(low, high)[0] / 2,
            ),
            (
                "the momentum in its place",
                "Return the rate first, then the momentum.",
                lambda low, high: _best(low, high)[1],
            ),
        ),
        "momentum": _named(
            (
                "the factor, not the momentum",
                "(√κ - 1) / (√κ + 1) is √mu, the factor per step: square it.",
                lambda low, high: np.sqrt(_best(low, high)[1]),
            ),
            (
                "κ for its root",
                "√κ stands in the formula.",
                lambda low, high: ((high - low) / (high + low)) ** 2,
            ),
            (
                "plain descent's factor",
                "(κ - 1) / (κ + 1) is what plain descent shrinks by.",
                lambda low, high: (high - low) / (high + low),
            ),
            (
                "the other border",
                "1 - √(rate · low) is √mu: square it after the subtraction, not before.",
                lambda low, high: 1 - _best(low, high)[0] * low,
            ),
            (
                "the habit",
                "0.9 is a habit; here the curvatures are known.",
                lambda low, high: 0.9 + 0 * low,
            ),
        ),
    },
    praise="Both ends of the valley now shrink by √mu a step.",
    hints=(
        "At the best setting both ends lie on the border between creeping and swinging.",
        "√(rate · low) = 1 - √mu and √(rate · high) = 1 + √mu: add them, and divide them.",
        "a, b = np.sqrt(low), np.sqrt(high); return (2 / (a + b)) ** 2, ((b - a) / (b + a)) ** 2",
    ),
)
