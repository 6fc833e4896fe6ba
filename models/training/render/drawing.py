"""What every drawn plate carries: pixels seen straight on and the whole truth about them."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GROUNDS = ("white", "yellow", "black", "green", "blue", "red", "other")


@dataclass
class Drawing:
    """A plate seen straight on. `boxes` are the mark's characters as x0, y0, x1, y1 in px of `rgb`; `line` counts from 0; `raised` marks the
    small year. `text` holds the same characters in reading order, which is also the order of the arrays."""
    rgb: np.ndarray
    alpha: np.ndarray
    text: str
    boxes: np.ndarray
    line: np.ndarray
    raised: np.ndarray
    lines: int
    ground: str
    jurisdiction: str | None
    plate_class: str | None
    layout: str
