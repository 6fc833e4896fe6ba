"""What the reader should say of a batch of crops, and how wrong it is."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from reader_net import ALPHABET, CELL_HIGH, CELL_WIDE, CLASSES, GROUND, GROUNDS, JURISDICTION, JURISDICTIONS, LEGIBLE, LINE, LINES, OFFSET, PRESENCE, RAISED, SIZE
from render.snapshot import Crop

MOST = 14  # characters a plate; a longer text is cut
_INDEX = {c: i for i, c in enumerate(ALPHABET)}
# One row a crop: number of characters, legible, ground and jurisdiction (-1 = nobody knows), lines, then 4 box values, class, line, raised each.
ROW = 5 + MOST * 7


def truth_row(crop: Crop) -> np.ndarray:
    """Everything that training needs to know of a crop, as one row of numbers."""
    d, row = crop.drawing, np.zeros(ROW, np.float32)
    n = min(MOST, len(d.text))
    known = d.jurisdiction in JURISDICTIONS
    row[:5] = n, crop.legible, GROUNDS.index(d.ground) if d.ground in GROUNDS else -1, JURISDICTIONS.index(d.jurisdiction) if known else (JURISDICTIONS.index("other") if d.layout == "free" else -1), d.lines - 1
    for i in range(n):
        row[5 + i * 7:12 + i * 7] = *crop.boxes[i], _INDEX[d.text[i]], min(2, d.line[i]), d.raised[i]
    return row


@dataclass
class Targets:
    heat: torch.Tensor
    centre: torch.Tensor
    near: torch.Tensor
    values: torch.Tensor  # [b, h, w, 7]: dx, dy, log w, log h, class, line, raised of the character that owns the cell
    legible: torch.Tensor
    ground: torch.Tensor
    jurisdiction: torch.Tensor
    lines: torch.Tensor


def targets(rows: torch.Tensor, height: int, width: int) -> Targets:
    """Maps of `height` x `width` cells for a batch of truth rows."""
    b = rows.shape[0]
    n = rows[:, 0].long()
    chars = rows[:, 5:].reshape(b, MOST, 7)
    exists = torch.arange(MOST)[None] < n[:, None]
    x = (chars[..., 0] + chars[..., 2]) / 2 / CELL_WIDE
    y = (chars[..., 1] + chars[..., 3]) / 2 / CELL_HIGH
    w = ((chars[..., 2] - chars[..., 0]) / CELL_WIDE).clamp(.5)
    h = ((chars[..., 3] - chars[..., 1]) / CELL_HIGH).clamp(.5)
    exists &= (x > 0) & (x < width) & (y > 0) & (y < height)
    cx, cy = torch.arange(width) + .5, torch.arange(height) + .5
    gx = torch.exp(-((cx - x[..., None]) / (w[..., None] / 5).clamp(.45)) ** 2 / 2)
    gy = torch.exp(-((cy - y[..., None]) / (h[..., None] / 5).clamp(.45)) ** 2 / 2)
    gauss = gy[..., :, None] * gx[..., None, :] * exists[..., None, None]
    heat, owner = gauss.max(1)
    centre = torch.zeros_like(heat, dtype=torch.bool)
    rows_at, chars_at = exists.nonzero(as_tuple=True)
    ix, iy = x[rows_at, chars_at].long(), y[rows_at, chars_at].long()
    centre[rows_at, iy, ix] = True
    owner[rows_at, iy, ix] = chars_at
    pick = lambda v: torch.gather(v, 1, owner.reshape(b, -1)).reshape(b, height, width)  # noqa: E731
    values = torch.stack([pick(x) - cx, pick(y) - cy[:, None], torch.log(pick(w) * CELL_WIDE / 16), torch.log(pick(h) * CELL_HIGH / 16), pick(chars[..., 4]), pick(chars[..., 5]), pick(chars[..., 6])], -1)
    near = torch.where(centre, torch.ones_like(heat), torch.where(heat > .5, heat, torch.zeros_like(heat)))
    return Targets(heat, centre, near, values, rows[:, 1], rows[:, 2].long(), rows[:, 3].long(), rows[:, 4].long())


def loss(maps: torch.Tensor, plate: torch.Tensor, t: Targets) -> tuple[torch.Tensor, dict[str, float]]:
    """Sum of the parts; presence by the penalty-reduced focal loss of CenterNet (Zhou et al. 2019, arXiv 1904.07850, eq. 1)."""
    # Nobody can read a crop that is not legible: it teaches where characters are, and hardly what they are.
    weight = .15 + .85 * t.legible
    count = t.centre.sum().clamp(1).float()
    p = maps[:, PRESENCE][:, 0]
    log_p, log_q, prob = F.logsigmoid(p), F.logsigmoid(-p), torch.sigmoid(p)
    focal = torch.where(t.centre, -(1 - prob) ** 2 * log_p, -(1 - t.heat) ** 4 * prob ** 2 * log_q)
    presence = (focal * weight[:, None, None]).sum() / count
    at = t.near.nonzero(as_tuple=True)
    near = t.near[at] * weight[at[0]]
    total = near.sum().clamp(1)
    v, m = t.values[at], maps.permute(0, 2, 3, 1)[at]
    named = (F.cross_entropy(m[:, CLASSES], v[:, 4].long(), reduction="none") * near).sum() / total
    box = (F.smooth_l1_loss(torch.cat([m[:, OFFSET], m[:, SIZE] * 2], 1), torch.cat([v[:, :2], v[:, 2:4] * 2], 1), reduction="none").sum(1) * near).sum() / total
    line = (F.cross_entropy(m[:, LINE], v[:, 5].long(), reduction="none") * near).sum() / total
    raised = (F.binary_cross_entropy_with_logits(m[:, RAISED][:, 0], v[:, 6], reduction="none") * near).sum() / total
    whole = F.binary_cross_entropy_with_logits(plate[:, LEGIBLE][:, 0], t.legible) + F.cross_entropy(plate[:, LINES], t.lines)
    for values, known in ((plate[:, GROUND], t.ground), (plate[:, JURISDICTION], t.jurisdiction)):
        if (known >= 0).any():
            whole = whole + F.cross_entropy(values, known, ignore_index=-1)
    parts = {"presence": presence, "named": named, "box": box, "line": line, "raised": raised, "whole": whole}
    return presence + named + .5 * box + .3 * line + .3 * raised + .1 * whole, {k: float(x.detach()) for k, x in parts.items()}
