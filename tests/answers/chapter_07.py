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
            ("minus for plus", lambda a: np.sqrt(2 / (1 - a**2))),
        ]
    ],
]
