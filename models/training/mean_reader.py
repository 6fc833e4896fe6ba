"""The mean of several checkpoints' averaged weights, as one more checkpoint: minutes of training apart they err in different places.

  python3 models/training/mean_reader.py earlier.pt later.pt latest.pt --out models/reader.checkpoint.pt

Counters and log are those of the last one given; there is no optimiser in it, so training that goes on from it warms up anew."""
from __future__ import annotations

import argparse
from pathlib import Path

import torch


def mean_of(kept: list[dict]) -> dict:
    """Float weights are averaged; counters of batches seen are the last one's."""
    return {n: sum(k["average"][n] for k in kept) / len(kept) if v.is_floating_point() else v for n, v in kept[-1]["average"].items()}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoints", type=Path, nargs="+")
    p.add_argument("--out", type=Path, required=True)
    args = p.parse_args()
    kept = [torch.load(file, weights_only=False) for file in args.checkpoints]
    mean = {**kept[-1], "average": mean_of(kept)}
    mean.pop("optimiser", None)
    torch.save(mean, args.out)


if __name__ == "__main__":
    main()
