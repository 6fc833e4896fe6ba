"""Trains the reader on rendered crops.

  python3 models/training/train_reader.py --minutes 110 --out models/reader.checkpoint.pt
  python3 models/training/train_reader.py --resume models/reader.checkpoint.pt --minutes 60 --out models/reader.checkpoint.pt
  python3 models/training/train_reader.py --smoke

The learning rate follows the clock (warm-up, then a cosine to nothing at --minutes), so a run ends when it is told to. Rendering runs in
processes of its own; which pictures meet in a batch depends on the machine's speed, the pictures themselves only on the seed."""
from __future__ import annotations

import argparse
import collections
import json
import math
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch

from crop_ring import CropRing
from reader_decode import read_text
from reader_net import Reader
from reader_targets import loss, targets, truth_row
from render.crops import PHOTOGRAPHS, crops
from render.faces import HELD_OUT_FACES

VALIDATION_FIRST = 50_000_000  # drawings no training run reaches


def tensors(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255).contiguous(memory_format=torch.channels_last)


def augmented(pixels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Cheap changes for a picture that is seen again: contrast, level, tint, a little noise."""
    n = pixels.shape[0]
    gain = torch.from_numpy(np.exp(rng.normal(0, .15, (n, 1, 1, 1))).astype(np.float32))
    level = torch.from_numpy(rng.normal(0, .04, (n, 3, 1, 1)).astype(np.float32) * (rng.random((n, 1, 1, 1)) < .5))
    return ((pixels - .5) * gain + .5 + level.float()).clamp_(0, 1)


def validation(count: int) -> list:
    """Rendered crops of drawings and faces that training never sees."""
    supply = crops(VALIDATION_FIRST, 1, HELD_OUT_FACES)
    return [next(supply)[1] for _ in range(count)]


@torch.no_grad()
def accuracy(net: Reader, held: list) -> tuple[float, float]:
    """Share of legible crops read whole, and of all."""
    net.eval()
    right = [read_text(net(tensors(c.rgb[None]))[0][0].numpy())[0] == c.drawing.text for c in held]
    net.train()
    legible = [r for r, c in zip(right, held) if c.legible]
    return float(np.mean(legible)), float(np.mean(right))


class Average:
    """Exponential mean of the weights, which is what is measured and shipped."""

    def __init__(self, net: Reader, keep: float = .999):
        self.net, self.keep, self.steps = Reader(), keep, 0
        self.net.load_state_dict(net.state_dict())

    def update(self, net: Reader) -> None:
        self.steps += 1
        keep = min(self.keep, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for a, b in zip(self.net.state_dict().values(), net.state_dict().values()):
                a.lerp_(b, 1 - keep) if a.is_floating_point() else a.copy_(b)


def save(path: Path, net: Reader, average: Average, optimiser, state: dict) -> None:
    part = path.with_suffix(".part")
    torch.save({"net": net.state_dict(), "average": average.net.state_dict(), "optimiser": optimiser.state_dict(), **state}, part)
    os.replace(part, path)


def train(args: argparse.Namespace) -> dict:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; what was learned is saved"))
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    net = Reader().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=.02, betas=(.9, .98))
    state = {"steps": 0, "pictures": 0, "drawn": 0, "hours": 0.0, "photographs": 0, "log": []}
    average = Average(net)
    if args.resume:
        kept = torch.load(args.resume, weights_only=False)
        net.load_state_dict(kept["net"])
        average.net.load_state_dict(kept["average"])
        average.steps = kept["steps"]
        if "optimiser" in kept:
            optimiser.load_state_dict(kept["optimiser"])
        state = {k: kept.get(k, v) for k, v in state.items()}
    if args.characters:
        state["photographs"] = max(state["photographs"], len(json.loads(args.characters.read_text())))
    drawn_before, hours_before = state["drawn"], state["hours"]
    ring = CropRing(args.ring, args.seed * 10_000_000 + drawn_before // PHOTOGRAPHS + 1000, args.painters, (args.photographs, args.characters) if args.photographs else None, args.share)
    sums: dict[str, float] = {}
    first, start, latest = None, time.time(), collections.deque(maxlen=10)
    begun = state["pictures"]
    fill = min(args.ring // 8, 6000)  # crops drawn before learning begins
    ring.want(fill)
    held = validation(args.validate)  # while the ring fills
    try:
        while ring.written() < fill:
            time.sleep(.2)
        start = reported = saved = time.time()
        while (at := (time.time() - start) / (args.minutes * 60)) < 1:
            warm = min(1.0, (time.time() - start) / min(60, args.minutes * 6))
            for group in optimiser.param_groups:
                group["lr"] = args.rate * warm * (.5 + .5 * math.cos(math.pi * at)) + 1e-6
            if state["steps"] % 50 == 0:
                ring.written()
            ring.want(fill + (state["pictures"] - begun) // args.reuse)
            pixels, rows = ring.batch(rng, args.batch)
            x = augmented(tensors(pixels), rng)
            maps, plate = net(x)
            total, parts = loss(maps, plate, targets(torch.from_numpy(rows), *maps.shape[2:]))
            optimiser.zero_grad(set_to_none=True)
            total.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            average.update(net)
            state["steps"] += 1
            state["pictures"] += args.batch
            first = first if first is not None else total.item()
            latest.append(total.item())
            for k, v in {"total": total.item(), **parts}.items():
                sums[k] = sums.get(k, 0) * .98 + v * .02 if k in sums else v
            if time.time() - reported > args.report:
                reported = time.time()
                state["drawn"], state["hours"] = drawn_before + ring.written(), hours_before + (time.time() - start) / 3600
                legible, whole = accuracy(average.net, held)
                line = {"minute": round((time.time() - start) / 60, 1), "steps": state["steps"], "pictures": state["pictures"], "drawn": state["drawn"], "legible": round(legible, 4), "all": round(whole, 4),
                        **{k: round(v, 4) for k, v in sums.items()}}
                state["log"].append(line)
                print(json.dumps(line), flush=True)
            if args.out and time.time() - saved > 240:
                saved = time.time()
                save(args.out, net, average, optimiser, state)
    finally:
        state["drawn"], state["hours"] = drawn_before + ring.written(), hours_before + (time.time() - start) / 3600
        ring.close()
        if args.out:
            save(args.out, net, average, optimiser, state)
    return {"first": first, "last": float(np.mean(latest)) if latest else math.nan, "steps": state["steps"]}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--minutes", type=float, default=110)
    p.add_argument("--out", type=Path)
    p.add_argument("--resume", type=Path)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--painters", type=int, default=1, help="rendering processes")
    p.add_argument("--photographs", type=Path, help="folder of labelled photographs, half A of which is learned from too")
    p.add_argument("--characters", type=Path, help="places of their characters, from label_characters.py")
    p.add_argument("--share", type=float, default=.15, help="share of crops from photographs")
    p.add_argument("--reuse", type=int, default=3, help="how often a crop is learned from, on average")
    p.add_argument("--ring", type=int, default=60_000, help="crops kept for learning again")
    p.add_argument("--validate", type=int, default=400)
    p.add_argument("--report", type=float, default=120, help="seconds between reports")
    p.add_argument("--smoke", action="store_true", help="a minute on a small ring; fails unless the loss falls")
    args = p.parse_args()
    if bool(args.photographs) != bool(args.characters):
        p.error("--photographs and --characters go together")
    if args.smoke:
        args.minutes, args.batch, args.ring, args.validate, args.report = .8, 32, 1200, 16, 20
    result = train(args)
    print(json.dumps(result))
    if args.smoke and not result["last"] < .8 * result["first"]:
        sys.exit(f"the loss did not fall: {result['first']:.2f} to {result['last']:.2f}")


if __name__ == "__main__":
    main()
