"""The endless supply of training crops: crop n is always the same picture, whoever draws it and in whatever order."""
from __future__ import annotations

from typing import Iterator

import numpy as np

from .drawing import Drawing
from .faces import TRAINING_FACES
from .free_plate import draw_free_plate
from .snapshot import Crop, snapshot
from .varied_plate import draw_varied_plate

PHOTOGRAPHS = 8  # of each drawing: drawing costs more than photographing
_FREE_SHARE = 0.42


def draw_plate(seed: int, faces: tuple[str, ...] = TRAINING_FACES) -> Drawing:
    """A plate of a known layout or a free one, by the seed."""
    rng = np.random.default_rng([seed, 0xD0A3])
    return draw_free_plate(seed, faces) if rng.random() < _FREE_SHARE else draw_varied_plate(seed, faces)


def crops(first: int, stride: int = 1, faces: tuple[str, ...] = TRAINING_FACES) -> Iterator[tuple[int, Crop]]:
    """Crops of the drawings `first`, `first + stride`, …, PHOTOGRAPHS of each, with their numbers."""
    number = first
    while True:
        drawing = draw_plate(number, faces)
        for k in range(PHOTOGRAPHS):
            n = number * PHOTOGRAPHS + k
            yield n, snapshot(drawing, np.random.default_rng([n, 0x5A4B]))
        number += stride
