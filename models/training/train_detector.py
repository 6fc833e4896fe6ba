"""Trains the plate detector on composites; resumes from its checkpoint.

    python3 models/training/train_detector.py --photographs DIR --guesses FILE --steps 20000
    python3 models/training/train_detector.py --smoke        half a minute on drawn pictures only: the loss must fall

`--photographs` is a folder with labels.csv (see photographs.py); `--guesses` holds lines of `darwaza read --json` for its `unlabelled` pictures.
The same arguments and seed give the same pictures in the same order, also over restarts."""
from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from composites import Picture, Stock, compose  # noqa: E402
from detector_net import DetectorNet  # noqa: E402
from detector_targets import Targets, loss_of, stacked, targets_of  # noqa: E402
from photographs import drawn_backgrounds, rendered_photographs, small_real_plates, training_photographs  # noqa: E402
from plate_bank import build_bank, cached_bank  # noqa: E402
from sign_bank import build_signs, cached_signs  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SIZES = ((256, 8), (256, 8), (256, 8), (384, 4))  # side and count of a step's pictures, in turn
AVERAGE = 0.9985
AHEAD = 4  # steps


def full_stock(given: argparse.Namespace) -> Stock:
    """Everything there is to make pictures of."""
    plates, signs = cached_bank(given.seed, given.plates, given.bank), cached_signs(given.seed, given.signs, given.bank)
    photographs, drawn = rendered_photographs(ROOT / "fixtures"), drawn_backgrounds(given.seed, 24)
    if given.photographs:
        photographs += training_photographs(given.photographs, given.guesses)
        plates = plates + small_real_plates(given.photographs) * 2
    else:
        print("no --photographs: backgrounds are rendered and drawn only, which trains a weaker detector", file=sys.stderr)
    return Stock(plates, signs, [p for p in photographs if len(p.quads)], [p for p in photographs if not len(p.quads)] + drawn)


def smoke_stock(seed: int) -> Stock:
    return Stock(build_bank(seed, 40), build_signs(seed, 20), rendered_photographs(ROOT / "fixtures", 20), drawn_backgrounds(seed, 6))


def pictures_of(stock: Stock, seed: int, step: int, size: int, count: int) -> tuple[np.ndarray, list[Targets]]:
    """Pictures (uint8) and targets of one step; a step's pictures follow from seed and step alone."""
    pictures: list[Picture] = [compose(stock, (seed * 1_000_003 + step) * 64 + i, size) for i in range(count)]
    return np.stack([p.rgb for p in pictures]), [targets_of(p) for p in pictures]


def batch_of(rgb: np.ndarray, targets: list[Targets]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    return torch.from_numpy(rgb).permute(0, 3, 1, 2).float().div_(255), stacked(targets)  # lies in memory as channels last


class Painter:
    """Another process that composes the pictures of the steps to come while this one learns."""

    def __init__(self, given: argparse.Namespace, step: int) -> None:
        self.pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _open_stock, (given,))
        self.seed, self.step = given.seed, step
        self.ahead = deque(self._paint(s) for s in range(step, step + AHEAD))

    def _paint(self, step: int):
        return self.pool.submit(_paint, self.seed, step, *SIZES[step % len(SIZES)])

    def batch(self) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The next step's pictures; whatever broke in the other process is raised here."""
        rgb, targets = self.ahead.popleft().result()
        self.ahead.append(self._paint(self.step + AHEAD))
        self.step += 1
        return batch_of(rgb, targets)

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)


_stock: list[Stock] = []  # of a painter's process


def _open_stock(given: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the one who learns says when it ends
    cv2.setNumThreads(1)
    _stock.append(full_stock(given))


def _paint(seed: int, step: int, size: int, count: int) -> tuple[np.ndarray, list[Targets]]:
    return pictures_of(_stock[0], seed, step, size, count)


def rate_at(step: int, steps: int, highest: float) -> float:
    """Warm-up, then a half cosine to zero."""
    if step < 300:
        return highest * (step + 1) / 300
    return highest * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))


def rate_by_clock(elapsed: float, minutes: float, highest: float) -> float:
    """Half a cosine to zero over the minutes left, where the day's end is what is known."""
    return highest * 0.5 * (1 + math.cos(math.pi * min(1.0, elapsed / (60 * minutes))))


class Training:
    """Net, averaged net and optimiser with their counters, as kept in the checkpoint."""

    def __init__(self, rate: float) -> None:
        self.net = DetectorNet().to(memory_format=torch.channels_last)
        self.average = DetectorNet()
        self.average.load_state_dict(self.net.state_dict())
        self.optimiser = torch.optim.AdamW(self.net.parameters(), rate, weight_decay=0.01)
        self.step, self.pictures, self.seconds = 0, 0, 0.0

    def learn(self, frames: torch.Tensor, targets: dict[str, torch.Tensor], rate: float) -> tuple[float, dict[str, float]]:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.net.train()
        loss, parts = loss_of(self.net(frames), targets)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.step, self.pictures = self.step + 1, self.pictures + len(frames)
        self._follow(min(AVERAGE, (1 + self.step) / (10 + self.step)))
        return loss.item(), parts

    @torch.no_grad()
    def _follow(self, keep: float) -> None:
        for mine, theirs in zip(self.average.state_dict().values(), self.net.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)

    def save(self, file: Path) -> None:
        part = file.with_name(file.name + ".part")
        torch.save({"net": self.net.state_dict(), "average": self.average.state_dict(), "optimiser": self.optimiser.state_dict(),
                    "step": self.step, "pictures": self.pictures, "seconds": self.seconds}, part)
        os.replace(part, file)

    def load(self, file: Path) -> None:
        state = torch.load(file, map_location="cpu", weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.pictures, self.seconds = state["step"], state["pictures"], state["seconds"]


def train(given: argparse.Namespace) -> None:
    training = Training(given.rate)
    if given.checkpoint.is_file():
        training.load(given.checkpoint)
        print(f"resumed at step {training.step}", flush=True)
    painter = Painter(given, training.step)
    begun, saved, recent = time.time() - training.seconds, time.time(), []
    asked_to_stop, opened = [], time.time()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.append(True))
    while training.step < given.steps and not asked_to_stop:
        elapsed = time.time() - opened
        rate = rate_by_clock(elapsed, given.minutes, given.rate) if given.minutes else rate_at(training.step, given.steps, given.rate)
        frames, targets = painter.batch()
        loss, parts = training.learn(frames, targets, rate)
        recent.append((loss, parts["heat"], parts["corners"]))
        training.seconds = time.time() - begun
        if training.step % 100 == 0:
            means = np.mean(recent, 0)
            recent.clear()
            print(f"step {training.step} pictures {training.pictures} hours {training.seconds / 3600:.3f} loss {means[0]:.3f} heat {means[1]:.3f} corners {means[2]:.4f}", flush=True)
        if given.minutes and elapsed > 60 * given.minutes:
            asked_to_stop.append(True)
        if time.time() - saved > given.every or training.step == given.steps or asked_to_stop:
            training.save(given.checkpoint)
            saved = time.time()
    painter.close()


def smoke(given: argparse.Namespace) -> None:
    """Shows that the recipe runs and learns, without any photograph."""
    stock, training, losses = smoke_stock(given.seed), Training(given.rate), []
    for step in range(60):
        frames, targets = batch_of(*pictures_of(stock, given.seed, step, 128, 6))
        losses.append(training.learn(frames, targets, 2e-3)[0])
    first, last = float(np.mean(losses[:10])), float(np.mean(losses[-10:]))
    print(f"smoke: loss {first:.2f} -> {last:.2f} in {len(losses)} steps")
    if not last < 0.7 * first:
        raise SystemExit("smoke: the loss did not fall")


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--photographs", type=Path)
    args.add_argument("--guesses", type=Path)
    args.add_argument("--checkpoint", type=Path, default=ROOT / "models/detector.checkpoint.pt")
    args.add_argument("--bank", type=Path, default=Path(tempfile.gettempdir()) / "darwaza-bank", help="folder that keeps drawn plates between runs")
    args.add_argument("--steps", type=int, default=20000)
    args.add_argument("--minutes", type=float, help="end after so long, the rate falling from --rate to zero, instead of by --steps")
    args.add_argument("--rate", type=float, default=2e-3)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--plates", type=int, default=3600)
    args.add_argument("--signs", type=int, default=1600)
    args.add_argument("--every", type=float, default=300, help="seconds between checkpoints")
    args.add_argument("--smoke", action="store_true")
    given = args.parse_args()
    torch.set_num_threads(given.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(given.seed)
    smoke(given) if given.smoke else train(given)


if __name__ == "__main__":
    main()
