"""The plate detector: a small feature pyramid of plain 3x3 convolutions that answers at stride 8.

Training sees raw maps (`DetectorNet.forward`); the product sees `Decoded`, which puts corners into input pixels inside the graph."""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STRIDE = 8
UNIT = 32.0  # px: a plate this wide has log size 0
MAX_LOG_SIZE = 4.0


def _block(inputs: int, outputs: int, stride: int = 1, dilation: int = 1, kernel: int = 3) -> nn.Sequential:
    pad = dilation * (kernel // 2)
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, pad, dilation, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class DetectorNet(nn.Module):
    """RGB 0..1 [n,3,H,W], H and W multiples of 32 → raw maps [n,10,H/8,W/8]: centre logit, log size, eight corner offsets in plate widths."""

    def __init__(self) -> None:
        super().__init__()
        self.at_half = _block(3, 16, 2)
        self.at_quarter = _block(16, 32, 2)
        self.at_eighth = nn.Sequential(_block(32, 48, 2), _block(48, 48))
        self.at_sixteenth = nn.Sequential(_block(48, 96, 2), _block(96, 96), _block(96, 96))
        self.wide = nn.Sequential(_block(96, 128, 2), _block(128, 128), _block(128, 128, dilation=2))
        self.down_from_wide = _block(128, 96, kernel=1)
        self.join_sixteenth = _block(96, 96)
        self.down_from_sixteenth = _block(96, 48, kernel=1)
        self.join_eighth = _block(48, 48)
        self.head = _block(48, 64)
        self.centre = nn.Conv2d(64, 1, 1)
        self.outline = nn.Conv2d(64, 64, 3, padding=1)
        self.shape = nn.Conv2d(64, 9, 1)
        nn.init.dirac_(self.outline.weight)
        with torch.no_grad():
            for layer, start in ((self.centre, [-4.6]), (self.shape, [0.5, -.5, -.25, .5, -.25, .5, .25, -.5, .25])):
                nn.init.normal_(layer.weight, std=0.01)
                layer.bias.copy_(torch.tensor(start))
            self.outline.bias.zero_()

    def forward(self, frame: Tensor) -> Tensor:
        # Grey 0.5, with which frames are padded, becomes the zero with which convolutions pad.
        eighth = self.at_eighth(self.at_quarter(self.at_half((frame - 0.5) * 4)))
        sixteenth = self.at_sixteenth(eighth)
        wide = self.down_from_wide(self.wide(sixteenth))
        sixteenth = self.join_sixteenth(sixteenth + F.interpolate(wide, scale_factor=2.0, mode="nearest"))
        up = F.interpolate(self.down_from_sixteenth(sixteenth), scale_factor=2.0, mode="nearest")
        head = self.head(self.join_eighth(eighth + up))
        return torch.cat([self.centre(head), self.shape(F.relu(self.outline(head)))], 1)


def cell_centres(rows: int, columns: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """x [1,1,1,columns] and y [1,1,rows,1] of the cells' centres in input px."""
    x = (torch.arange(columns, dtype=like.dtype, device=like.device) + 0.5) * STRIDE
    y = (torch.arange(rows, dtype=like.dtype, device=like.device) + 0.5) * STRIDE
    return x.view(1, 1, 1, -1), y.view(1, 1, -1, 1)


def corners_of(raw: Tensor) -> Tensor:
    """Raw maps [n,10,h,w] → corners [n,8,h,w] in input px: x,y of left top, right top, right bottom, left bottom."""
    size = torch.exp(torch.clamp(raw[:, 1:2], -2.0, MAX_LOG_SIZE)) * UNIT
    x, y = cell_centres(raw.shape[2], raw.shape[3], raw)
    offsets = raw[:, 2:] * size
    return torch.cat([part for k in range(4) for part in (offsets[:, 2 * k:2 * k + 1] + x, offsets[:, 2 * k + 1:2 * k + 2] + y)], 1)


def steadied(probability: Tensor, corners: Tensor) -> Tensor:
    """Corners averaged over each cell and its neighbours by squared probability: a plate's cells vote, which takes a tenth off the error."""
    weight = probability.clamp(min=1e-3) ** 2
    return F.avg_pool2d(weight * corners, 3, 1, 1) / F.avg_pool2d(weight, 3, 1, 1)


class Decoded(nn.Module):
    """The exported graph: `plates` [n,9,H/8,W/8] = probability and corners in input px."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, frame: Tensor) -> Tensor:
        raw = self.net(frame)
        probability = torch.sigmoid(raw[:, :1])
        return torch.cat([probability, steadied(probability, corners_of(raw))], 1)


def multiply_adds(net: nn.Module, height: int, width: int) -> int:
    """Multiply-adds of all convolutions for one frame."""
    total, hooks = [0], []

    def count(layer: nn.Conv2d, _inputs: tuple, output: Tensor) -> None:
        total[0] += layer.weight.numel() * output.shape[2] * output.shape[3]

    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            hooks.append(layer.register_forward_hook(count))
    with torch.no_grad():
        net(torch.zeros(1, 3, height, width))
    for hook in hooks:
        hook.remove()
    return total[0]
