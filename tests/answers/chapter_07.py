"""Answers to chapter 07: initial weights, the size after many layers, a gain."""

import math

import numpy as np


def loop_kaiming(noise):
    n_in, n_out = noise.shape
    W = np.empty((n_in, n_out))
    for j in range(n_out):
        W[:, j] = noise[:, j] * math.sqrt(2) / math.sqrt(n_in)
    return W


def stepwise_xavier(noise):
    n_in, n_out = noise.shape
    variance = 1 / ((n_in + n_out) / 2)
    return noise * np.sqrt(3 * variance)


def layerwise_size(sigma, n, L):
    mean_square = 1.0
    for _ in range(L):
        mean_square = mean_square * n * sigma**2 / 2
    return mean_square**0.5


RIGHT = {
    "kaiming": [lambda noise: noise * np.sqrt(2 / noise.shape[0]), loop_kaiming],
    "xavier": [lambda noise: noise * np.sqrt(6 / sum(noise.shape)), stepwise_xavier],
    "deep_size": [lambda sigma, n, L: (sigma * np.sqrt(n / 2)) ** L, layerwise_size],
    "leaky_gain": [
        lambda a: np.sqrt(2 / (1 + a**2)),
        lambda a: 1 / math.sqrt(0.5 * 1 + 0.5 * a * a),
    ],
}

WRONG = [
    *[
        ("kaiming", name, answer)
        for name, answer in [
            ("n_out for n_in", lambda noise: noise * np.sqrt(2 / noise.shape[1])),
            ("root forgotten", lambda noise: noise * 2 / len(noise)),
            (
                "a standard deviation taken for a variance",
                lambda noise: noise * np.sqrt(np.sqrt(2 / len(noise))),
            ),
            ("ReLU's 2 forgotten", lambda noise: noise / np.sqrt(len(noise))),
            ("Xavier's size", lambda noise: noise * np.sqrt(2 / sum(noise.shape))),
            ("all weights counted", lambda noise: noise * np.sqrt(2 / noise.size)),
            ("the root of 2 only", lambda noise: noise * 2**0.5 / noise.shape[0]),
            ("the root of n only", lambda noise: 2 * noise / math.sqrt(len(noise))),
            ("half where twice is needed", lambda noise: noise / np.sqrt(2 * len(noise))),
            ("the uniform bound", lambda noise: noise * np.sqrt(6 / len(noise))),
            ("divided instead of multiplied", lambda noise: noise / np.sqrt(2 / len(noise))),
            ("the noise itself", lambda noise: noise),
            ("transposed", lambda noise: (noise * np.sqrt(2 / len(noise))).T),
        ]
    ],
    *[
        ("xavier", name, answer)
        for name, answer in [
            ("uniform without the 3", lambda noise: noise * np.sqrt(2 / sum(noise.shape))),
            ("root forgotten", lambda noise: noise * 6 / sum(noise.shape)),
            ("the variance as bound", lambda noise: noise * 2 / sum(noise.shape)),
            ("Kaiming's bound", lambda noise: noise * np.sqrt(6 / len(noise))),
            ("Kaiming's standard deviation", lambda noise: noise * (2 / noise.shape[0]) ** 0.5),
            ("n_in alone", lambda noise: noise * np.sqrt(3 / len(noise))),
            ("the root of 6 only", lambda noise: noise * np.sqrt(6) / sum(noise.shape)),
            ("divided by √3", lambda noise: noise * np.sqrt(2 / sum(noise.shape)) / np.sqrt(3)),
            ("multiplied by 3, not by √3", lambda noise: 3 * noise * (2 / sum(noise.shape)) ** 0.5),
            ("a 2 too many", lambda noise: noise * np.sqrt(3 * 4 / sum(noise.shape))),
            ("the noise itself", lambda noise: noise.copy()),
            ("the 2 forgotten", lambda noise: noise * np.sqrt(3 / sum(noise.shape))),
            ("in times out", lambda noise: noise * np.sqrt(6 / noise.size)),
            ("a range of 1 assumed", lambda noise: noise * np.sqrt(12 * 2 / sum(noise.shape))),
        ]
    ],
    *[
        ("deep_size", name, answer)
        for name, answer in [
            ("ReLU's half forgotten", lambda sigma, n, L: sigma**L * n ** (L / 2)),
            ("the mean square, not the size", lambda sigma, n, L: (n * sigma**2 / 2) ** L),
            (
                "the size halved, not the mean square",
                lambda sigma, n, L: (sigma * np.sqrt(n)) ** L / 2**L,
            ),
            ("root of n forgotten", lambda sigma, n, L: (sigma * n / 2) ** L),
            ("mean square, and the half forgotten", lambda sigma, n, L: sigma ** (2 * L) * n**L),
            ("root of n and the half forgotten", lambda sigma, n, L: sigma**L * n**L),
            ("n upside down", lambda sigma, n, L: (2 * sigma**2 / n) ** (L / 2)),
            ("n and the half forgotten", lambda sigma, n, L: sigma**L),
            ("the half taken once", lambda sigma, n, L: math.sqrt((n * sigma**2) ** L / 2)),
            ("the size halved once", lambda sigma, n, L: math.sqrt((n * sigma**2) ** L) / 2),
            ("upside down", lambda sigma, n, L: 1 / layerwise_size(sigma, n, L)),
            ("doubled instead of halved", lambda sigma, n, L: (2 * n * sigma**2) ** (L / 2)),
            ("a layer too many", lambda sigma, n, L: layerwise_size(sigma, n, L + 1)),
            ("one layer only", lambda sigma, n, L: sigma * np.sqrt(n / 2)),
            ("layers added up", lambda sigma, n, L: L * sigma * np.sqrt(n / 2)),
            ("a layer too few", lambda sigma, n, L: layerwise_size(sigma, n, L - 1)),
        ]
    ],
    *[
        ("leaky_gain", name, answer)
        for name, answer in [
            ("the slope not squared", lambda a: np.sqrt(2 / (1 + a))),
            ("root forgotten", lambda a: 2 / (1 + a**2)),
            ("ReLU's gain", lambda a: np.sqrt(2)),
            ("upside down", lambda a: np.sqrt((1 + a**2) / 2)),
            ("the half forgotten", lambda a: 1 / np.sqrt(1 + a**2)),
            ("root and square forgotten", lambda a: 1 / (0.5 + 0.5 * a)),
            ("half and root forgotten", lambda a: 1 / (1 + a * a)),
            ("upside down, without the root", lambda a: 0.5 + 0.5 * a**2),
            ("the sum squared", lambda a: math.sqrt(2 / (1 + a) ** 2)),
            ("the gain of the linear layer", lambda a: 1.0),
            ("the left side whole", lambda a: (0.5 + a**2) ** -0.5),
            ("the right side whole", lambda a: math.sqrt(2 / (2 + a**2))),
            (
                "the variance, not the mean square",
                lambda a: ((1 + a * a) / 2 - ((1 - a) * math.sqrt(0.5 / math.pi)) ** 2) ** -0.5,
            ),
            ("minus for plus", lambda a: np.sqrt(2 / (1 - a**2))),
        ]
    ],
]
