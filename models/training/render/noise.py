"""Smooth random fields for dirt, asphalt, clouds and paint; everything from a given generator, so the same seed gives the same field."""
from __future__ import annotations

import cv2
import numpy as np


def cloud(rng: np.random.Generator, shape: tuple[int, int], size: float, octaves: int = 4) -> np.ndarray:
    """Fractal value noise 0..1; `size` = px of the largest blobs, each octave half as large and half as strong."""
    h, w = shape
    total, weight, amount = np.zeros(shape, np.float32), 0.0, 1.0
    for _ in range(octaves):
        cells = (max(2, int(h / max(size, 1)) + 3), max(2, int(w / max(size, 1)) + 3))
        grid = rng.random(cells, dtype=np.float32)
        total += amount * cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC)
        weight, amount, size = weight + amount, amount / 2, size / 2
    return np.clip(total / weight, 0, 1)


def tile(rng: np.random.Generator, size: int, blob: float) -> np.ndarray:
    """A square of band-limited noise that repeats without a seam, mean 0, deviation 1."""
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    field = np.fft.irfft2(spectrum * np.exp(-((fx ** 2 + fy ** 2) * (blob * np.pi) ** 2)), s=(size, size))
    return ((field - field.mean()) / field.std()).astype(np.float32)
