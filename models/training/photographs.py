"""Backgrounds for composites: real photographs with their plates' boxes, rendered frames of the example, and drawn noise.

Half A (first byte of sha1 of the file's name even) may be trained on; half B is held out."""
from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from render.noise import cloud

SURE, GUESSED, EXACT = "sure", "guessed", "exact"


@dataclass(frozen=True)
class Photograph:
    """A background as RGB pyramid, its plates as quads in px of the first level. `trust` says how far the quads can be believed."""
    name: str
    levels: tuple[np.ndarray, ...]
    quads: np.ndarray
    trust: str

    @property
    def size(self) -> tuple[int, int]:
        h, w = self.levels[0].shape[:2]
        return w, h


def half_of(name: str) -> str:
    return "A" if hashlib.sha1(Path(name).name.encode()).digest()[0] % 2 == 0 else "B"


def box_quad(x: float, y: float, w: float, h: float) -> list[tuple[float, float]]:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def _pyramid(rgb: np.ndarray) -> tuple[np.ndarray, ...]:
    levels = [rgb]
    while max(levels[-1].shape[:2]) > 320:
        levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return tuple(levels)


def _open(file: Path, quads: list, trust: str, longest: int = 1600) -> Photograph | None:
    bgr = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if bgr is None:
        return None
    scale = min(1.0, longest / max(bgr.shape[:2]))
    if scale < 1:
        bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Photograph(file.name, _pyramid(np.ascontiguousarray(bgr[..., ::-1])), np.array(quads, np.float32).reshape(-1, 4, 2) * scale, trust)


def labelled_rows(folder: Path) -> dict[str, list[dict]]:
    """Rows of labels.csv by file."""
    rows: dict[str, list[dict]] = {}
    with open(folder / "labels.csv", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["file"], []).append(row)
    return rows


def training_photographs(folder: Path, guesses: Path | None) -> list[Photograph]:
    """Half A of scenes and negatives, and the unlabelled whose plates `guesses` (lines of `darwaza read --json`) names."""
    out = []
    for file, rows in labelled_rows(folder).items():
        name = rows[0]["set"]
        if half_of(file) == "A" and name in ("in-scenes", "us-scenes", "eu-scenes", "br-scenes", "negatives"):
            boxes = [box_quad(*(float(r[k]) for k in "xywh")) for r in rows if r["kind"] == "scene" and name != "negatives"]
            out.append(_open(folder / file, boxes, SURE))
    for line in guesses.read_text().splitlines() if guesses else []:
        read = json.loads(line) if line.startswith("{") else {}
        if read.get("plates"):
            out.append(_open(folder / "unlabelled" / Path(read["file"]).name, [p["corners"] for p in read["plates"]], GUESSED))
    return [p for p in out if p]


def small_real_plates(folder: Path) -> list[np.ndarray]:
    """Half A of the motorcycle crops as RGBA plates."""
    out = []
    for file in sorted((folder / "vn-crops").iterdir()):
        bgr = cv2.imread(str(file)) if half_of(file.name) == "A" else None
        if bgr is not None:
            out.append(np.dstack([bgr[..., ::-1], np.full(bgr.shape[:2], 255, np.uint8)]))
    return out


def rendered_photographs(fixtures: Path, every: int = 1) -> list[Photograph]:
    """Frames of the shipped example with their exact corners."""
    truth = json.loads((fixtures / "scenario.json").read_text())
    out = []
    for frame in truth["frames"][::every]:
        quads = [v["plate"]["corners"] for v in frame["vehicles"] if v.get("plate")]
        out.append(_open(fixtures / frame["file"], quads, EXACT, 1920))
    return [p for p in out if p]


def drawn_backgrounds(seed: int, count: int) -> list[Photograph]:
    """Clouds of colour, slabs and lines: nothing real, no plate."""
    out = []
    for i in range(count):
        rng = np.random.default_rng([seed, i, 0xBACC])
        field = np.dstack([cloud(rng, (420, 560), rng.uniform(8, 240), 5) for _ in range(3)])
        rgb = np.clip((field - field.mean()) * rng.uniform(100, 500) + rng.uniform(20, 220, 3), 0, 255).astype(np.uint8)
        for _ in range(int(rng.integers(0, 40))):
            a, b = rng.integers(0, 560, 2), rng.integers(0, 420, 2)
            colour = [int(c) for c in (rng.uniform(0, 255, 3) if rng.random() < 0.4 else np.full(3, rng.uniform(0, 255)))]
            if rng.random() < 0.5:
                cv2.rectangle(rgb, (int(a[0]), int(b[0])), (int(a[1]), int(b[1])), colour, -1 if rng.random() < 0.5 else int(rng.integers(1, 6)))
            else:
                cv2.line(rgb, (int(a[0]), int(b[0])), (int(a[1]), int(b[1])), colour, int(rng.integers(1, 12)), cv2.LINE_AA)
        out.append(Photograph(f"drawn-{i}", _pyramid(rgb), np.zeros((0, 4, 2), np.float32), EXACT))
    return out
