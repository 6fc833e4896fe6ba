"""Thousands of flat plates to paste, as the reader's training draws them: the registers' layouts with a maker's liberties, and free ones.

A plate of the bank is RGBA (uint8) about 280 px wide; its four picture corners are the plate's corners. Everything follows the seed."""
from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np

from render.crops import draw_plate


def build_bank(seed: int, count: int) -> list[np.ndarray]:
    drawings = (draw_plate(seed * 1_000_003 + i) for i in range(count))
    return [np.dstack([d.rgb, d.alpha]) for d in drawings]


def cached(file: Path, build: Callable[[], list[np.ndarray]]) -> list[np.ndarray]:
    """Pictures from `file`, built and kept there when it is not there."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        pictures = build()
        np.savez(file, shapes=np.array([p.shape[:2] for p in pictures]), pixels=np.concatenate([p.ravel() for p in pictures]))
        return pictures
    data = np.load(file)
    return _cut(data["pixels"], data["shapes"])


def cached_bank(seed: int, count: int, folder: Path) -> list[np.ndarray]:
    return cached(folder / f"bank-{seed}-{count}.npz", lambda: build_bank(seed, count))


def _cut(pixels: np.ndarray, shapes: np.ndarray) -> list[np.ndarray]:
    out, at = [], 0
    for h, w in shapes:
        out.append(pixels[at:at + h * w * 4].reshape(h, w, 4))
        at += h * w * 4
    return out
