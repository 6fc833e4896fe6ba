"""A ring of rendered crops in shared memory: processes fill it without end, training takes batches from it at random.

Rendering costs about as much as learning from a picture, so each picture is learned from a few times before the ring overwrites it."""
from __future__ import annotations

import multiprocessing
import time
from multiprocessing import shared_memory
from pathlib import Path

import numpy as np

from photograph_crops import PhotographCrops
from reader_targets import ROW, truth_row
from render.crops import crops
from render.snapshot import TALL, WIDE

SKIPPED = 0.6  # of the crops that nobody can read: a tenth of what is learned from is enough to know them by

mp = multiprocessing.get_context("spawn")  # a fork copies OpenCV's and torch's locks in whatever state they are, and hangs


class _Shelf:
    """Crops of one shape."""

    def __init__(self, size: int, shape: tuple[int, int]):
        self.size, self.shape = size, shape
        self._pixels = shared_memory.SharedMemory(create=True, size=size * shape[0] * shape[1] * 3)
        self._rows = shared_memory.SharedMemory(create=True, size=size * ROW * 4)
        self.written = mp.Value("q", 0)

    def views(self) -> tuple[np.ndarray, np.ndarray]:
        return np.ndarray((self.size, *self.shape, 3), np.uint8, self._pixels.buf), np.ndarray((self.size, ROW), np.float32, self._rows.buf)

    def close(self) -> None:
        for m in (self._pixels, self._rows):
            m.close()
            m.unlink()


class CropRing:
    def __init__(self, size: int, first: int, processes: int, photographs: tuple[Path, Path] | None = None, share: float = 0.0):
        self._wanted = mp.Value("q", 0)
        self.shelves = {TALL: _Shelf(size, TALL), WIDE: _Shelf(size // 3, WIDE)}
        self._processes = [mp.Process(target=_fill, args=(self.shelves, self._wanted, first + i, processes, photographs, share), daemon=True) for i in range(processes)]
        for p in self._processes:
            p.start()

    def want(self, crops_in_all: int) -> None:
        """How many crops may be drawn by now: painters wait beyond it, and leave the processor to training."""
        self._wanted.value = crops_in_all

    def written(self) -> int:
        """Crops drawn so far. RuntimeError when a painter died: training would learn the same pictures for ever."""
        if not all(p.is_alive() for p in self._processes):
            raise RuntimeError("a rendering process died; what it said stands above")
        return sum(s.written.value for s in self.shelves.values())

    def batch(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Pixels uint8 [n, h, w, 3] and truth rows, all of one shape; shapes come as often as they are drawn."""
        tall, wide = (self.shelves[s].written.value for s in (TALL, WIDE))
        shelf = self.shelves[WIDE if rng.random() < wide / (tall + wide) else TALL]
        pixels, rows = shelf.views()
        at = rng.integers(min(shelf.size, shelf.written.value), size=n)
        return pixels[at], rows[at]

    def close(self) -> None:
        for p in self._processes:
            p.terminate()
            p.join()
        for s in self.shelves.values():
            s.close()


def _fill(shelves: dict, wanted, first: int, stride: int, photographs: tuple[Path, Path] | None, share: float) -> None:
    import cv2
    cv2.setNumThreads(1)
    views = {shape: s.views() for shape, s in shelves.items()}
    real = PhotographCrops(*photographs) if photographs and share else None
    for n, crop in crops(first, stride):
        rng = np.random.default_rng([n, 0xF070])
        if real and rng.random() < share:
            crop = real.crop(rng)
        if not crop.legible and rng.random() < SKIPPED:
            continue
        while sum(s.written.value for s in shelves.values()) > wanted.value:
            time.sleep(.02)
        shape = crop.rgb.shape[:2]
        shelf = shelves[shape]
        with shelf.written.get_lock():
            at = shelf.written.value % shelf.size
            views[shape][0][at], views[shape][1][at] = crop.rgb, truth_row(crop)
            shelf.written.value += 1
