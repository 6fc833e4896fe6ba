"""The reader: a small convolutional network that finds every character of a rectified plate at once and names it.

Characters are found as objects (a map with a cell for every 4 x 2 pixels) rather than spelled as a sequence: where a character stands and
what it is are learned apart from what stands beside it, so a series never seen in training reads as well as a common one, two lines cost
nothing, and every character has a probability of its own."""
from __future__ import annotations

import torch
from torch import nn

from render.drawing import GROUNDS  # noqa: F401
from render.snapshot import TALL, WIDE, WIDE_FROM  # noqa: F401  the shapes that pictures are drawn in are those that are read

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
JURISDICTIONS = ("PB", "SD", "IS", "KP", "BA", "other")
# A cell of the character map, px of the input. Half as wide as high: the two digits of a raised year stand 9 px apart.
CELL_HIGH, CELL_WIDE = 4, 2
# Channels of the character map: presence, 36 classes, centre offset (2), log size (2), line (3), small raised year.
PRESENCE, CLASSES, OFFSET, SIZE, LINE, RAISED = slice(0, 1), slice(1, 37), slice(37, 39), slice(39, 41), slice(41, 44), slice(44, 45)
MAP_CHANNELS = 45
# Values for the whole plate: legible, ground colour (7), jurisdiction (6), number of lines (3).
LEGIBLE, GROUND, JURISDICTION, LINES = slice(0, 1), slice(1, 8), slice(8, 14), slice(14, 17)
PLATE_VALUES = 17


def _conv(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class _Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.second(self.first(x)))


class Reader(nn.Module):
    """`plate` [n, 3, h, w] RGB 0..1, h and w multiples of 16 -> characters [n, 45, h/4, w/2] and plate [n, 17], all logits or raw values."""

    def __init__(self, widths: tuple[int, int, int, int] = (24, 48, 96, 128)):
        super().__init__()
        a, b, c, d = widths
        self.to_half = nn.Sequential(_conv(3, a, 2), _conv(a, a))
        self.to_quarter = nn.Sequential(_conv(a, b, 2), _Residual(b))
        self.to_eighth = nn.Sequential(_conv(b, c, 2), _Residual(c))
        self.to_sixteenth = nn.Sequential(_conv(c, d, 2), _Residual(d), _Residual(d))
        self.up_eighth = _conv(d, c, size=1)
        self.mix_eighth = _conv(c, b * 4, size=1)  # shuffled to b channels at a quarter
        self.mix_quarter = _conv(b, b)
        self.characters = nn.Conv2d(b, 2 * MAP_CHANNELS, 1)  # two columns for each place of the quarter map
        self.plate = nn.Linear(d, PLATE_VALUES)
        for column in (0, MAP_CHANNELS):  # characters are rare: begin by believing in few
            nn.init.constant_(self.characters.bias[column], -4.0)

    def forward(self, plate: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        quarter = self.to_quarter(self.to_half(plate * 4 - 2))
        eighth = self.to_eighth(quarter)
        sixteenth = self.to_sixteenth(eighth)
        eighth = eighth + nn.functional.interpolate(self.up_eighth(sixteenth), scale_factor=2, mode="nearest")
        quarter = quarter + nn.functional.pixel_shuffle(self.mix_eighth(eighth), 2)
        pairs = self.characters(self.mix_quarter(quarter))
        n, _, h, w = pairs.shape
        maps = pairs.reshape(n, 2, MAP_CHANNELS, h, w).permute(0, 2, 3, 4, 1).reshape(n, MAP_CHANNELS, h, 2 * w)
        return maps, self.plate(sixteenth.mean((2, 3)))
