"""Finds where the characters of labelled photographs stand, with a reader that already reads: its boxes, the label's text.

  python3 models/training/label_characters.py models/reader.checkpoint.pt --photographs DIR --out characters.json

Only half A of the sets that are not pk-*. Of everything that may be a character the row that fits the label best is taken; a plate is kept
when at most two of its characters are read otherwise (O and 0, I and 1 counted as one): more would teach wrong places."""
from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import cv2
import numpy as np
import torch

from evaluate_reader import folded, held_out
from export_reader import folded_weights
from reader_decode import FoundCharacter, find_characters, in_reading_order
from reader_net import ALPHABET, TALL, WIDE, WIDE_FROM
from render.snapshot import _resample

SETS = ("vn-crops", "in-scenes", "us-scenes", "eu-scenes", "br-scenes")


def fitting(chars: list[FoundCharacter], truth: str) -> list[FoundCharacter] | None:
    """Those of `chars`, in their order, that spell `truth` most probably; None when there are too few."""
    n, m = len(truth), len(chars)
    if m < n or n == 0:
        return None
    best = np.full((n + 1, m + 1), -np.inf)
    best[0] = np.concatenate([[0], np.cumsum([np.log(1.001 - c.presence) for c in chars])])
    for i in range(1, n + 1):
        for j in range(i, m + 1):
            c = chars[j - 1]
            taken = best[i - 1, j - 1] + np.log(c.presence * c.probabilities[ALPHABET.index(truth[i - 1])] + 1e-4)
            best[i, j] = max(taken, best[i, j - 1] + np.log(1.001 - c.presence))
    out, i, j = [], n, m
    while i:
        c = chars[j - 1]
        if j > i and best[i, j] == best[i, j - 1] + np.log(1.001 - c.presence):
            j -= 1
        else:
            out.append(c)
            i, j = i - 1, j - 1
    return out[::-1]


def located(net, rgb: np.ndarray, rect: tuple[float, float, float, float], truth: str) -> dict | None:
    """Characters of one plate in the picture's pixels, or None when the reader does not see them."""
    x, y, w, h = rect
    quad = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
    shape = WIDE if w / h >= WIDE_FROM else TALL
    seen, _ = _resample(rgb, quad, shape)
    with torch.no_grad():
        maps = net(torch.from_numpy(np.ascontiguousarray(seen)).permute(2, 0, 1)[None].float() / 255)[0][0].numpy()
    chars = fitting(in_reading_order(find_characters(maps, .1)), truth)
    if chars is None or sum(a != b for a, b in zip(folded("".join(c.char for c in chars)), folded(truth))) > 2:
        return None
    sx, sy = w / shape[1], h / shape[0]
    boxes = [[x + (c.x - c.w / 2) * sx, y + (c.y - c.h / 2) * sy, x + (c.x + c.w / 2) * sx, y + (c.y + c.h / 2) * sy] for c in chars]
    return {"text": truth, "boxes": [[round(v, 2) for v in b] for b in boxes], "line": [round(c.line) for c in chars], "raised": [c.raised > .5 for c in chars]}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("--photographs", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    args = p.parse_args()
    torch.set_num_threads(1)
    net, _ = folded_weights(args.checkpoint)
    kept, tried = [], {s: [0, 0] for s in SETS}
    with open(args.photographs / "labels.csv", newline="") as f:
        for row in csv.DictReader(f):
            truth = "".join(c for c in (row["text_full"] or row["text"]).upper() if c.isalnum())
            if row["set"] not in SETS or held_out(row["file"]) or row["legible"] == "0" or not truth:
                continue
            rgb = cv2.imread(str(args.photographs / row["file"]), cv2.IMREAD_COLOR)[..., ::-1]
            x, y, w, h = (float(row[k]) for k in "xywh")
            if row["kind"] == "crop":  # as if cut with the usual margin
                h, w = rgb.shape[:2]
                x, y, w, h = w * .037, h * .037, w * .926, h * .926
            found = located(net, rgb, (x - .04 * w, y - .04 * h, w * 1.08, h * 1.08), truth)
            tried[row["set"]][0] += 1
            if found:
                tried[row["set"]][1] += 1
                kept.append({"file": row["file"], "plate": [x, y, w, h], **found})
    args.out.write_text(json.dumps(kept))
    print({s: f"{k} of {n}" for s, (n, k) in tried.items()})


if __name__ == "__main__":
    main()
