"""Labelled crops of real plates as harder cameras would have them: turned, dark, small, blurred. For measuring, never for training.

  python3 models/training/altered_photographs.py DIR --set pk-crops --out /tmp/altered
  npx darwaza accuracy --reader darwaza,ppocr /tmp/altered

DIR holds photographs and labels.csv. Each alteration becomes a set of its own, with labels. The same seed gives the same pictures."""
from __future__ import annotations

import argparse
import csv
import math
from pathlib import Path
from typing import Callable

import cv2
import numpy as np

AROUND = 0.04  # of the plate's width: what a detector's cut leaves beside it
DISTANCE = 4.0  # of the camera, in plate widths


def turned(rgb: np.ndarray, yaw: float, pitch: float, roll: float) -> np.ndarray:
    """The crop turned in space by so many degrees, in an upright box around it."""
    h, w = rgb.shape[:2]
    y, p, r = (math.radians(a) for a in (yaw, pitch, roll))
    turn = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    turn = turn @ np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    space = np.array([[-w, -h, 0], [w, -h, 0], [w, h, 0], [-w, h, 0]]) / 2 @ turn.T
    quad = space[:, :2] * (DISTANCE * w / (DISTANCE * w + space[:, 2:]))
    low, high = quad.min(0) - AROUND * w, quad.max(0) + AROUND * w
    onto = cv2.getPerspectiveTransform(np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32), (quad - low).astype(np.float32))
    return cv2.warpPerspective(rgb, onto, tuple(int(v) for v in high - low), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=[float(v) for v in rgb.mean((0, 1)) / 2])


def narrowed(rgb: np.ndarray, width: int) -> np.ndarray:
    return cv2.resize(rgb, (width, max(8, round(rgb.shape[0] * width / rgb.shape[1]))), interpolation=cv2.INTER_AREA)


def pixels(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 255).astype(np.uint8)


ALTERATIONS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "as-they-are": lambda rgb, rng: rgb,
    "yaw-35": lambda rgb, rng: turned(rgb, rng.choice([-35, 35]), 0, 0),
    "yaw-50": lambda rgb, rng: turned(rgb, rng.choice([-50, 50]), 5, 0),
    "pitch-40": lambda rgb, rng: turned(rgb, 0, rng.choice([-40, 40]), 0),
    "roll-12": lambda rgb, rng: turned(rgb, 0, 0, rng.choice([-12, 12])),
    "turned-anyhow": lambda rgb, rng: turned(rgb, rng.uniform(-40, 40), rng.uniform(-30, 30), rng.uniform(-12, 12)),
    "an-eighth-of-the-light": lambda rgb, rng: pixels(rgb * .12 + rng.normal(0, 3, rgb.shape)),
    "night": lambda rgb, rng: pixels((rgb / 255) ** 1.6 * rng.uniform(40, 90) + rng.normal(0, 6, rgb.shape)),
    "80-px-wide": lambda rgb, rng: narrowed(rgb, 80),
    "60-px-wide": lambda rgb, rng: narrowed(rgb, 60),
    "blurred": lambda rgb, rng: cv2.GaussianBlur(rgb, (0, 0), rgb.shape[1] * .012),
    "moving": lambda rgb, rng: cv2.blur(rgb, (max(3, int(rgb.shape[1] * .035)), 1)),
    "jpeg-12": lambda rgb, rng: cv2.imdecode(cv2.imencode(".jpg", narrowed(rgb, 160), [cv2.IMWRITE_JPEG_QUALITY, 12])[1], cv2.IMREAD_COLOR),
}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("photographs", type=Path)
    p.add_argument("--set", default="pk-crops", help="a set of crops")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seed", type=int, default=7)
    args = p.parse_args()
    with open(args.photographs / "labels.csv", newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["set"] == args.set and r["kind"] == "crop" and r["legible"] != "0"]
    if not rows:
        p.error(f"{args.photographs / 'labels.csv'} has no legible crops of the set {args.set}")
    args.out.mkdir(parents=True, exist_ok=True)
    with open(args.out / "labels.csv", "w", newline="") as f:
        labels = csv.DictWriter(f, list(rows[0]))
        labels.writeheader()
        for name, alter in ALTERATIONS.items():
            (args.out / name).mkdir(exist_ok=True)
            rng = np.random.default_rng(args.seed)
            for row in rows:
                file = f"{name}/{Path(row['file']).stem}.png"
                cv2.imwrite(str(args.out / file), alter(cv2.imread(str(args.photographs / row["file"])), rng))
                labels.writerow({**row, "set": name, "file": file})
    print(f"{len(rows)} crops, {len(ALTERATIONS)} alterations: {args.out}")


if __name__ == "__main__":
    main()
