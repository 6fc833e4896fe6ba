"""What the detector's maps should hold for a picture, and the loss that brings them there."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from composites import IGNORE, PLATE_ONLY, ROUGH, Picture, widths_of
from detector_net import STRIDE, UNIT, corners_of

CORNERS_COUNT = {PLATE_ONLY: 0.0, ROUGH: 0.2}
LEAST_SPREAD = 3.5  # px
PLATEAU = 0.72  # nobody can tell a large plate's very centre to one cell: all cells this near count as it
FORGIVEN = 10.0  # px added to a plate's width when its corners' error is taken: half a pixel cannot be had on a plate of 14


@dataclass(frozen=True)
class Targets:
    """Maps at stride 8: `heat` 1 at a plate's centre falling off around it, `counts` 0 where nothing is asked, `corners` in px, `weight` of the corners, `width` in px."""
    heat: np.ndarray
    counts: np.ndarray
    corners: np.ndarray
    weight: np.ndarray
    width: np.ndarray


def targets_of(picture: Picture) -> Targets:
    rows, columns = picture.rgb.shape[0] // STRIDE, picture.rgb.shape[1] // STRIDE
    y, x = (np.mgrid[0:rows, 0:columns].astype(np.float32) + 0.5) * STRIDE
    t = Targets(np.zeros((rows, columns), np.float32), np.ones((rows, columns), np.float32), np.zeros((8, rows, columns), np.float32),
                np.zeros((rows, columns), np.float32), np.full((rows, columns), UNIT, np.float32))
    for quad, belief in zip(picture.quads, picture.belief):
        if belief == IGNORE:
            low, high = quad.min(0) - 6, quad.max(0) + 6
            t.counts[(x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])] = 0
            continue
        _add(t, quad, int(belief), x, y)
    t.counts[t.heat > 0.5] = 1
    return t


def _add(t: Targets, quad: np.ndarray, belief: int, x: np.ndarray, y: np.ndarray) -> None:
    centre, width = quad.mean(0), float(widths_of(quad[None])[0])
    height = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    along = quad[1] + quad[2] - quad[0] - quad[3]
    along = along / max(1e-3, float(np.linalg.norm(along)))
    dx, dy = x - centre[0], y - centre[1]
    u, v = dx * along[0] + dy * along[1], dy * along[0] - dx * along[1]
    bump = np.exp(-0.5 * ((u / max(0.09 * width, LEAST_SPREAD)) ** 2 + (v / max(0.13 * height, LEAST_SPREAD)) ** 2)).astype(np.float32)
    row, column = (int(np.clip(c // STRIDE, 0, n - 1)) for c, n in ((centre[1], x.shape[0]), (centre[0], x.shape[1])))
    bump[row, column] = 1.0
    bump[bump > PLATEAU] = 1.0
    near = (bump > 0.3) & (bump > t.heat)
    t.corners[:, near] = quad.reshape(8, 1)
    t.weight[near] = bump[near] * CORNERS_COUNT.get(belief, 1.0)
    t.width[near] = width
    np.maximum(t.heat, bump, out=t.heat)


def stacked(targets: list[Targets]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.stack([getattr(t, name) for t in targets])) for name in ("heat", "counts", "corners", "weight", "width")}


def loss_of(raw: Tensor, t: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
    """Focal loss on the centres, absolute error of corners by plate width, and of the log size; with its parts as numbers."""
    logit = raw[:, 0]
    probability = torch.sigmoid(logit).clamp(1e-5, 1 - 1e-5)
    top = (t["heat"] >= 0.999).float()
    found = -top * (1 - probability) ** 2 * torch.log(probability)
    false = -(1 - top) * (1 - t["heat"]) ** 4 * probability ** 2 * torch.log(1 - probability)
    plates = top.sum().clamp(min=4.0)
    heat = ((found + false) * t["counts"]).sum() / plates
    weight = t["weight"]
    total = weight.sum().clamp(min=1.0)
    gap = (corners_of(raw) - t["corners"]).abs().mean(1) / (t["width"] + FORGIVEN)
    corners = (gap * weight).sum() / total
    size = ((raw[:, 1] - torch.log(t["width"] / UNIT)).abs() * weight).sum() / total
    return 2 * heat + 16 * corners + 0.5 * size, {"heat": heat.item(), "corners": corners.item(), "size": size.item()}
