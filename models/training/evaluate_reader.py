"""Measures a reader on labelled real photographs, without the detector: given crops whole, plates of scenes cut by their labelled boxes.

  python3 models/training/evaluate_reader.py models/reader.checkpoint.pt --photographs DIR [--misses]

DIR holds labels.csv (set,file,kind,x,y,w,h,text,text_full,…). `half B` = files whose SHA-1 of the name begins with an odd byte: never used
for training. `fold` takes O as 0 and I as 1."""
from __future__ import annotations

import argparse
import csv
import hashlib
from pathlib import Path

import cv2
import numpy as np
import torch

from reader_decode import read_text
from reader_net import Reader, TALL, WIDE, WIDE_FROM


def held_out(file: str) -> bool:
    return hashlib.sha1(Path(file).name.encode()).digest()[0] % 2 == 1


def brought_to_input(rgb: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """A quadrilateral of a picture (given crops: its corners) at the reader's input size."""
    from render.snapshot import _resample
    aspect = np.linalg.norm(quad[1] - quad[0]) / max(1.0, np.linalg.norm(quad[3] - quad[0]))
    return _resample(rgb, quad.astype(np.float32), WIDE if aspect >= WIDE_FROM else TALL)[0]


def labelled(photographs: Path, sets: list[str]):
    """Yields set, file, truth, pixels for every legible label."""
    with open(photographs / "labels.csv", newline="") as f:
        for row in csv.DictReader(f):
            truth = row["text_full"] or row["text"]
            if row["set"] not in sets or row["legible"] == "0" or not truth:
                continue
            bgr = cv2.imread(str(photographs / row["file"]), cv2.IMREAD_COLOR)
            x, y, w, h = (float(row[k]) for k in "xywh")
            if row["kind"] == "crop":
                x, y, h, w = 0, 0, *bgr.shape[:2]
            else:
                x, y, w, h = x - .04 * w, y - .04 * h, w * 1.08, h * 1.08
            quad = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
            yield row["set"], row["file"], "".join(c for c in truth.upper() if c.isalnum()), brought_to_input(bgr[..., ::-1], quad)


def folded(text: str) -> str:
    return text.replace("O", "0").replace("I", "1")


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("--photographs", type=Path, required=True)
    p.add_argument("--sets", default="pk-crops,pk-scenes,vn-crops,in-scenes,eu-scenes,br-scenes,us-scenes")
    p.add_argument("--misses", action="store_true")
    args = p.parse_args()
    torch.set_num_threads(1)
    net = Reader().eval()
    kept = torch.load(args.checkpoint, weights_only=False)
    net.load_state_dict(kept["average"])
    print(f"{kept['pictures']} pictures, {kept['hours']:.2f} h")
    tally: dict[tuple[str, str], list] = {}
    for name, file, truth, rgb in labelled(args.photographs, args.sets.split(",")):
        with torch.no_grad():
            text, belief = read_text(net(torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float() / 255)[0][0].numpy())
        for part in ("all", "half B" if held_out(file) else "half A"):
            tally.setdefault((name, part), []).append((text == truth, folded(text) == folded(truth), belief))
        if args.misses and folded(text) != folded(truth):
            print(f"  {name} {Path(file).name} {truth} read {text} {belief:.2f}")
    for (name, part), rows in tally.items():
        exact, fold = (np.mean([r[i] for r in rows]) * 100 for i in (0, 1))
        print(f"{name:10} {part:7} {len(rows):4}  full {exact:5.1f} %  fold {fold:5.1f} %")


if __name__ == "__main__":
    main()
