"""Exercises of chapter 07: initial weights and the sizes they give."""

import numpy as np

from mlpcore.exercises import Exercise, Mistake

# --- 1: Kaiming's weights from standard normal numbers --------------------------------------------


def _scaled(deviation):
    """noise -> noise times a standard deviation, or bound, made of fan in and fan out."""
    return lambda noise: noise * deviation(*noise.shape)


def _shape(rng):
    """Sizes (in, out) drawn anew, so that two different formulas do not agree by chance."""
    return int(rng.integers(20, 40)), int(rng.integers(41, 61))


kaiming = Exercise(
    cases=lambda rng: {"noise": rng.normal(size=_shape(rng))},
    run=lambda answer, noise: {"W": answer(noise)},
    right=_scaled(lambda n, m: np.sqrt(2 / n)),
    mistakes={
        "W": [
            Mistake(
                "n_out for n_in",
                "Each output is a sum over the inputs: count those, noise.shape[0].",
                _scaled(lambda n, m: np.sqrt(2 / m)),
            ),
            Mistake(
                "root forgotten",
                "2/n is the variance. Noise is multiplied by the standard deviation.",
                _scaled(lambda n, m: 2 / n),
            ),
            Mistake(
                "a standard deviation taken for a variance",
                "This has variance √(2/n), the other reading of report B's (46): a root too many.",
                _scaled(lambda n, m: (2 / n) ** 0.25),
            ),
            Mistake(
                "ReLU's 2 forgotten",
                "ReLU halves the mean square; the weights must make up for it.",
                _scaled(lambda n, m: np.sqrt(1 / n)),
            ),
            Mistake(
                "Xavier's size",
                "Kaiming looks at the inputs alone.",
                _scaled(lambda n, m: np.sqrt(2 / (n + m))),
            ),
            Mistake(
                "all weights counted",
                "noise.size is in times out. One output is a sum over the inputs only.",
                _scaled(lambda n, m: np.sqrt(2 / (n * m))),
            ),
            Mistake(
                "the root of 2 only",
                "The root is of the whole fraction 2/n_in.",
                _scaled(lambda n, m: np.sqrt(2) / n),
            ),
            Mistake(
                "the root of n only",
                "The root is of the whole fraction 2/n_in.",
                _scaled(lambda n, m: 2 / np.sqrt(n)),
            ),
            Mistake(
                "half where twice is needed",
                "ReLU halves the mean square; the variance makes up for it by a factor of 2.",
                _scaled(lambda n, m: np.sqrt(1 / (2 * n))),
            ),
            Mistake(
                "the uniform bound",
                "√(6/n_in) is the bound of a uniform number; this noise is normal.",
                _scaled(lambda n, m: np.sqrt(6 / n)),
            ),
            Mistake(
                "divided instead of multiplied",
                "More inputs need smaller weights.",
                _scaled(lambda n, m: np.sqrt(n / 2)),
            ),
            Mistake(
                "the noise itself",
                "Standard normal weights are far too large: give them a size.",
                _scaled(lambda n, m: 1.0),
            ),
            Mistake(
                "transposed",
                "W is (in, out), as the noise is.",
                lambda noise: noise.T * np.sqrt(2 / len(noise)),
            ),
        ]
    },
    praise="Variance 2/n_in: ReLU's half and the number of inputs, both made up for.",
    hints=(
        "Which variance keeps the mean square through one layer and ReLU? What is then the "
        "standard deviation, and which number of the shape is n_in?",
        "Multiplying standard normal numbers by s gives them standard deviation s; s² = 2/n_in.",
        "return noise * np.sqrt(2 / noise.shape[0])",
    ),
)

# --- 2: Xavier's weights from uniform numbers -----------------------------------------------------

xavier = Exercise(
    cases=lambda rng: {"noise": rng.uniform(-1, 1, size=_shape(rng))},
    run=lambda answer, noise: {"W": answer(noise)},
    right=_scaled(lambda n, m: np.sqrt(6 / (n + m))),
    mistakes={
        "W": [
            Mistake(
                "uniform without the 3",
                "That is the standard deviation. A uniform number's is its bound over √3.",
                _scaled(lambda n, m: np.sqrt(2 / (n + m))),
            ),
            Mistake(
                "root forgotten",
                "a²/3 is the variance, so a = √(3 variance).",
                _scaled(lambda n, m: 6 / (n + m)),
            ),
            Mistake(
                "the variance as bound",
                "2/(n_in + n_out) is the variance: find the bound a with a²/3 equal to it.",
                _scaled(lambda n, m: 2 / (n + m)),
            ),
            Mistake(
                "Kaiming's bound",
                "Xavier looks at both, inputs and outputs.",
                _scaled(lambda n, m: np.sqrt(6 / n)),
            ),
            Mistake(
                "Kaiming's standard deviation",
                "Xavier looks at n_out as well, and a bound is √3 standard deviations.",
                _scaled(lambda n, m: np.sqrt(2 / n)),
            ),
            Mistake(
                "n_in alone",
                "This variance is 1/n_in: the signal's side. Xavier looks at n_out as well.",
                _scaled(lambda n, m: np.sqrt(3 / n)),
            ),
            Mistake(
                "the root of 6 only",
                "The root is of the whole fraction.",
                _scaled(lambda n, m: np.sqrt(6) / (n + m)),
            ),
            Mistake(
                "divided by √3",
                "The bound is larger than the standard deviation: multiply by √3.",
                _scaled(lambda n, m: np.sqrt(2 / (n + m) / 3)),
            ),
            Mistake(
                "multiplied by 3, not by √3",
                "The *variance* is a²/3, so the bound is √3 standard deviations.",
                _scaled(lambda n, m: 3 * np.sqrt(2 / (n + m))),
            ),
            Mistake(
                "a 2 too many",
                "2/(n_in + n_out) holds the mean's 2 already; ReLU's 2 is Kaiming's.",
                _scaled(lambda n, m: np.sqrt(12 / (n + m))),
            ),
            Mistake(
                "the noise itself",
                "Numbers up to 1 are too large: give them the bound.",
                _scaled(lambda n, m: 1.0),
            ),
            Mistake(
                "the 2 forgotten",
                "The mean of the two numbers is (n_in + n_out)/2: the variance has a 2 on top.",
                _scaled(lambda n, m: np.sqrt(3 / (n + m))),
            ),
            Mistake(
                "in times out",
                "The mean of the two numbers, not their product.",
                _scaled(lambda n, m: np.sqrt(6 / (n * m))),
            ),
            Mistake(
                "a range of 1 assumed",
                "Numbers between 0 and 1 have variance 1/12; between -1 and 1 it is 1/3.",
                _scaled(lambda n, m: np.sqrt(24 / (n + m))),
            ),
        ]
    },
    praise="Glorot & Bengio's equation 16.",
    hints=(
        "Which variance does Xavier ask for? And which has a uniform number between -a and a?",
        "a²/3 = 2/(n_in + n_out).",
        "n_in, n_out = noise.shape, then return noise * np.sqrt(6 / (n_in + n_out))",
    ),
)

# --- 3: the size after L layers -------------------------------------------------------------------


def _network(rng):
    return {
        "sigma": rng.uniform(0.2, 0.6),
        "n": np.array(rng.integers(16, 65)),
        "L": np.array(rng.integers(3, 7)),
    }


deep_size = Exercise(
    cases=_network,
    run=lambda answer, sigma, n, L: {"size": answer(float(sigma), int(n), int(L))},
    right=lambda sigma, n, L: (sigma * np.sqrt(n / 2)) ** L,
    mistakes={
        "size": [
            Mistake(
                "ReLU's half forgotten",
                "ReLU halves the mean square in every layer.",
                lambda sigma, n, L: (sigma * np.sqrt(n)) ** L,
            ),
            Mistake(
                "the mean square, not the size",
                "The size is its root.",
                lambda sigma, n, L: (sigma**2 * n / 2) ** L,
            ),
            Mistake(
                "the size halved, not the mean square",
                "Half the mean square is the size over √2.",
                lambda sigma, n, L: (sigma * np.sqrt(n) / 2) ** L,
            ),
            Mistake(
                "root of n forgotten",
                "The *variances* of n products add up: the size grows with √n.",
                lambda sigma, n, L: (sigma * n / 2) ** L,
            ),
            Mistake(
                "mean square, and the half forgotten",
                "ReLU halves the mean square in every layer; and the size is its root.",
                lambda sigma, n, L: (sigma**2 * n) ** L,
            ),
            Mistake(
                "root of n and the half forgotten",
                "*Variances* add up, so the size grows with √n; and ReLU halves the mean square.",
                lambda sigma, n, L: (sigma * n) ** L,
            ),
            Mistake(
                "n upside down",
                "Kaiming's sigma is √(2/n); what a layer does is sigma over that.",
                lambda sigma, n, L: (sigma * np.sqrt(2 / n)) ** L,
            ),
            Mistake(
                "n and the half forgotten",
                "n products are added up in each sum, and ReLU halves the mean square.",
                lambda sigma, n, L: sigma**L,
            ),
            Mistake(
                "the half taken once",
                "There is a ReLU in every layer: L halves of the mean square.",
                lambda sigma, n, L: (sigma * np.sqrt(n)) ** L / np.sqrt(2),
            ),
            Mistake(
                "the size halved once",
                "There is a ReLU in every layer, and it halves the mean square.",
                lambda sigma, n, L: (sigma * np.sqrt(n)) ** L / 2,
            ),
            Mistake(
                "upside down",
                "Larger weights make a larger signal: this shrinks with sigma.",
                lambda sigma, n, L: (sigma * np.sqrt(n / 2)) ** -L,
            ),
            Mistake(
                "doubled instead of halved",
                "ReLU halves the mean square. Kaiming's 2 makes up for it; sigma is given.",
                lambda sigma, n, L: (sigma * np.sqrt(2 * n)) ** L,
            ),
            Mistake(
                "a layer too many",
                "L layers have L products with weights.",
                lambda sigma, n, L: (sigma * np.sqrt(n / 2)) ** (L + 1),
            ),
            Mistake(
                "one layer only",
                "Every layer multiplies by the same factor: L times.",
                lambda sigma, n, L: sigma * np.sqrt(n / 2),
            ),
            Mistake(
                "layers added up",
                "The factors of the layers multiply.",
                lambda sigma, n, L: L * sigma * np.sqrt(n / 2),
            ),
            Mistake(
                "a layer too few",
                "L layers have L products with weights.",
                lambda sigma, n, L: (sigma * np.sqrt(n / 2)) ** (L - 1),
            ),
        ]
    },
    praise="A power of the depth: that is why a little too large soon is far too large.",
    hints=(
        "By which factor does one layer change the mean square? By which, then, the size?",
        "One layer: the mean square times n sigma²/2. L layers: its L-th power. Then the root.",
        "return (sigma * np.sqrt(n / 2)) ** L",
    ),
)

# --- 4: the gain of leaky ReLU --------------------------------------------------------------------

leaky_gain = Exercise(
    cases=lambda rng: {"a": rng.uniform(0.1, 0.6)},
    run=lambda answer, a: {"gain": answer(float(a))},
    right=lambda a: np.sqrt(2 / (1 + a**2)),
    mistakes={
        "gain": [
            Mistake(
                "the slope not squared",
                "The mean square counts: (a y)² is a² y².",
                lambda a: np.sqrt(2 / (1 + a)),
            ),
            Mistake(
                "root forgotten",
                "This is g², the factor of the variance.",
                lambda a: 2 / (1 + a**2),
            ),
            Mistake(
                "ReLU's gain",
                "That would be right for a = 0; the left side now passes something too.",
                lambda a: np.sqrt(2) + 0 * a,
            ),
            Mistake(
                "upside down",
                "This is what the activation leaves of the size; the gain makes up for it.",
                lambda a: np.sqrt((1 + a**2) / 2),
            ),
            Mistake(
                "the half forgotten",
                "Each side has half of the mean square: (1 + a²)/2 is left.",
                lambda a: np.sqrt(1 / (1 + a**2)),
            ),
            Mistake(
                "root and square forgotten",
                "The mean square counts: (a y)² is a² y². And this is g², not g.",
                lambda a: 2 / (1 + a),
            ),
            Mistake(
                "half and root forgotten",
                "Each side has half of the mean square; and this is a variance's factor, not g.",
                lambda a: 1 / (1 + a**2),
            ),
            Mistake(
                "upside down, without the root",
                "This is what is left of the mean square. g² makes up for it.",
                lambda a: (1 + a**2) / 2,
            ),
            Mistake(
                "the sum squared",
                "The two sides are different numbers: square each, then add.",
                lambda a: np.sqrt(2) / (1 + a),
            ),
            Mistake(
                "the gain of the linear layer",
                "That would be right for a = 1, where nothing is lost.",
                lambda a: 1.0 + 0 * a,
            ),
            Mistake(
                "the left side whole",
                "Half of the mean square is on the left as well: a²/2.",
                lambda a: 1 / np.sqrt(0.5 + a**2),
            ),
            Mistake(
                "the right side whole",
                "Half of the mean square is on the right as well: 1/2.",
                lambda a: 1 / np.sqrt(1 + a**2 / 2),
            ),
            Mistake(
                "the variance, not the mean square",
                "The outputs have a mean, and the next layer's weights pass it on as size.",
                lambda a: 1 / np.sqrt((1 + a**2) / 2 - (1 - a) ** 2 / (2 * np.pi)),
            ),
            Mistake(
                "minus for plus",
                "Negative numbers have positive squares: both sides add up.",
                lambda a: np.sqrt(2 / (1 - a**2)),
            ),
        ]
    },
    praise="He et al.'s equation 15. With a = 0 it is ReLU's √2, with a = 1 the linear layer's 1.",
    hints=(
        "As for ReLU: half the mean square comes from y > 0. What becomes of the other half?",
        "E[f(Y)²] = E[Y²]/2 + a² E[Y²]/2. The gain squared times this factor must be 1.",
        "return np.sqrt(2 / (1 + a**2))",
    ),
)
