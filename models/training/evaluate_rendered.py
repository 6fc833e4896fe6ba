"""Where a reader fails on rendered crops that no training saw, by what is on them and how they were taken.

  python3 models/training/evaluate_rendered.py models/reader.checkpoint.pt [--count 2000]

Drawings are new; `new faces` are the six that are kept from training, free plates are all of layouts never drawn before. Legible crops only."""
from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Iterator

import torch

from export_reader import folded_weights
from reader_decode import read_text
from render.crops import crops
from render.faces import HELD_OUT_FACES, TRAINING_FACES
from render.snapshot import Crop
from train_reader import tensors

FIRST = 52_000_000  # drawings that neither training nor its own validation reaches


def traits(crop: Crop, faces: str) -> Iterator[str]:
    """Groups that a crop belongs to."""
    d = crop.drawing
    yield "all"
    yield f"faces: {faces}"
    yield "layout: " + ("none, free" if d.layout == "free" else d.layout.split("-")[0])
    yield f"lines: {d.lines}"
    yield "width: " + ("< 60" if crop.width < 60 else "60-80" if crop.width < 80 else "80-120" if crop.width < 120 else "> 120") + " px"
    yield f"ground: {d.ground}"
    yield "year: " + ("small and raised" if d.raised.any() else "none of its own")
    (x0, y0), (x1, y1) = crop.quad[0], crop.quad[1]
    slant = abs((y1 - y0) / max(1.0, x1 - x0)) * crop.rgb.shape[1] / crop.rgb.shape[0]
    yield "upper edge after the cut: " + ("level" if slant < .1 else "slanted" if slant < .3 else "steep")
    light = float(crop.rgb.mean())
    yield "light: " + ("dark" if light < 60 else "bright" if light > 190 else "middling")


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("--count", type=int, default=2000, help="crops of each kind of faces")
    args = p.parse_args()
    torch.set_num_threads(1)
    net, kept = folded_weights(args.checkpoint)
    tally: dict[str, list[bool]] = defaultdict(list)
    for name, faces, first in (("known", TRAINING_FACES, FIRST), ("new", HELD_OUT_FACES, FIRST + 1_000_000)):
        for done, (_, crop) in enumerate(crops(first, 1, faces)):
            if done == args.count:
                break
            if crop.legible:
                with torch.no_grad():
                    right = read_text(net(tensors(crop.rgb[None]))[0][0].numpy())[0] == crop.drawing.text
                for trait in traits(crop, name):
                    tally[trait].append(right)
    print(f"{kept['pictures']} pictures")
    for trait, rights in sorted(tally.items()):
        print(f"{trait:32} {len(rights):5}  {100 * sum(rights) / len(rights):5.1f} %")


if __name__ == "__main__":
    main()
