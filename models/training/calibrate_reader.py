"""Fits the card's calibration: belief of a read to the probability that the whole text is right, p = 1 / (1 + exp(-(a logit(belief) + b))).

  python3 models/training/calibrate_reader.py models/reader.checkpoint.pt [--photographs DIR] [--card models/reader.json]

Fitted on rendered crops that training never sees, half of them in faces that it never saw: harder than the street, so that a belief is rather too
low than too high. What comes out on photographs (half B and the Pakistani sets, never trained on) is printed beside it."""
from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch

from evaluate_reader import held_out, labelled
from export_reader import folded_weights
from reader_decode import read_text
from render.crops import PHOTOGRAPHS, crops
from render.faces import HELD_OUT_FACES, TRAINING_FACES

FIRST = 60_000_000


def fitted(belief: np.ndarray, right: np.ndarray, weight: np.ndarray, rounds: int = 60) -> tuple[float, float]:
    """Logistic regression by damped Newton steps, with a weak prior on a = 1, b = 0 that keeps few data from a steep curve."""
    x = np.log(belief / (1 - belief))
    design, theta, prior = np.stack([x, np.ones_like(x)], 1), np.array([1.0, 0.0]), np.array([2.0, .5])

    def cost(t: np.ndarray) -> float:
        z = design @ t
        return float((weight * (np.logaddexp(0, z) - right * z)).sum() + (prior * (t - [1, 0]) ** 2).sum() / 2)
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-design @ theta))
        gradient = design.T @ (weight * (p - right)) + prior * (theta - [1, 0])
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag(prior)
        step, length = np.linalg.solve(hessian, gradient), 1.0
        while cost(theta - length * step) > cost(theta) and length > 1e-6:
            length /= 2
        theta = theta - length * step
    return float(max(theta[0], .05)), float(theta[1])


def applied(belief: np.ndarray, a: float, b: float) -> np.ndarray:
    return 1 / (1 + np.exp(-(a * np.log(belief / (1 - belief)) + b)))


def kept(belief: np.ndarray, right: np.ndarray, a: float, b: float, promise: float) -> float:
    """`b` lowered until what is called 0.9 or more is right as often as promised: an officer acts on that number, so it errs towards doubt."""
    while (sure := applied(belief, a, b) >= .9).any() and right[sure].mean() < promise:
        b -= .02
    return b


def told(name: str, p: np.ndarray, right: np.ndarray) -> None:
    sure, order = p >= .9, np.argsort(-p)
    precision = np.cumsum(right[order]) / np.arange(1, len(p) + 1)
    precise = np.nonzero(precision >= .99)[0]
    print(f"{name:12} {len(p):5}  right {right.mean() * 100:5.1f} %  at >= 0.9: {sure.sum():5} reads, {right[sure].mean() * 100 if sure.any() else float('nan'):6.2f} % right  "
          f"coverage at 99 % precision {(precise[-1] + 1) / len(p) * 100 if len(precise) else 0:5.1f} %")


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("--photographs", type=Path)
    p.add_argument("--card", type=Path, default=Path(__file__).resolve().parents[1] / "reader.json")
    p.add_argument("--crops", type=int, default=1600)
    p.add_argument("--promise", type=float, default=.97, help="share of the rendered reads at 0.9 or more that must be right")
    args = p.parse_args()
    torch.set_num_threads(1)
    net, _ = folded_weights(args.checkpoint)

    @torch.no_grad()
    def read(rgb: np.ndarray) -> tuple[str, float]:
        text, belief = read_text(net(torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float() / 255)[0][0].numpy())
        return text, min(1 - 1e-6, max(1e-6, belief))
    rows: dict[str, list[tuple[float, bool]]] = {}
    for faces, name in ((HELD_OUT_FACES, "rendered"), (TRAINING_FACES, "rendered")):
        for n, c in crops(FIRST, 1, faces):
            if n >= (FIRST * PHOTOGRAPHS) + args.crops * PHOTOGRAPHS // 2:
                break
            if n % PHOTOGRAPHS == 0 and c.drawing.text:
                text, belief = read(c.rgb)
                rows.setdefault(name, []).append((belief, text == c.drawing.text))
    if args.photographs:
        for name, file, truth, rgb in labelled(args.photographs, ["pk-crops", "pk-scenes", "vn-crops", "in-scenes", "br-scenes", "eu-scenes", "us-scenes"]):
            if not name.startswith("pk") and not held_out(file):
                continue
            text, belief = read(rgb)
            rows.setdefault(name if name.startswith("pk") else "half B", []).append((belief, text == truth))
    data = {k: (np.array([r[0] for r in v]), np.array([float(r[1]) for r in v])) for k, v in rows.items()}
    a, b = fitted(*data["rendered"], np.ones(len(data["rendered"][0])))
    print(f"fitted: a {a:.4f}, b {b:.4f}")
    b = kept(*data["rendered"], a, b, args.promise)
    for name, (belief, right) in data.items():
        told(name, applied(belief, a, b), right)
    card = json.loads(args.card.read_text())
    card["calibration"] = {"a": round(a, 4), "b": round(b, 4)}
    part = args.card.with_suffix(".part")
    part.write_text(json.dumps(card, indent=2) + "\n")
    os.replace(part, args.card)
    print(card["calibration"])


if __name__ == "__main__":
    main()
