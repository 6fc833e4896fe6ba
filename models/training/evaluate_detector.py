"""Measures models/detector.onnx as the product uses it: longer side 640 or 960 px, one thread.

    python3 models/training/evaluate_detector.py --photographs DIR [--threshold 0.4] [--out figures.json]

Prints found plates and false ones per set, half and setting, false plates on negatives by threshold, corner error and recall on drawn pictures, and ms."""
from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from composites import ROUGH, Stock, compose, log_uniform, paste, tilted_quad, widths_of  # noqa: E402
from export_detector import session_of  # noqa: E402
from photographs import drawn_backgrounds, half_of, labelled_rows, rendered_photographs  # noqa: E402
from plate_bank import cached_bank  # noqa: E402
from sign_bank import cached_signs  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LOWEST = 0.1
OVERLAP = 0.3
SCENES = ("pk-scenes", "in-scenes", "us-scenes", "eu-scenes", "br-scenes")


def prepared(rgb: np.ndarray, longer: int) -> tuple[np.ndarray, float]:
    """A frame as the net takes it: shrunk to `longer`, padded right and below with grey to a multiple of 32; and the scale."""
    h, w = rgb.shape[:2]
    scale = min(1.0, longer / max(h, w))
    if scale < 1:
        rgb = cv2.resize(rgb, (max(1, round(w * scale)), max(1, round(h * scale))), interpolation=cv2.INTER_AREA)
    h, w = rgb.shape[:2]
    frame = np.full((1, 3, -(-h // 32) * 32, -(-w // 32) * 32), 0.5, np.float32)
    frame[0, :, :h, :w] = rgb.transpose(2, 0, 1) / np.float32(255)
    return frame, scale


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Shared part of two quads over the smaller one."""
    shared, _ = cv2.intersectConvexConvex(cv2.convexHull(a), cv2.convexHull(b))
    return shared / max(1e-3, min(cv2.contourArea(cv2.convexHull(a)), cv2.contourArea(cv2.convexHull(b))))


def plates_in(maps: np.ndarray, scale: float, threshold: float) -> list[tuple[float, np.ndarray]]:
    """Local maxima above the threshold, best first, none overlapping a better one: (probability, quad in px of the frame)."""
    heat = maps[0, 0]
    peaks = (heat >= threshold) & (heat >= cv2.dilate(heat, np.ones((3, 3), np.uint8)))
    rows, columns = np.nonzero(peaks)
    kept: list[tuple[float, np.ndarray]] = []
    for k in np.argsort(-heat[rows, columns]):
        quad = maps[0, 1:, rows[k], columns[k]].reshape(4, 2) / scale
        if all(overlap(quad, other) < OVERLAP for _, other in kept):
            kept.append((float(heat[rows[k], columns[k]]), quad.astype(np.float32)))
    return kept


class Detector:
    def __init__(self, model: Path) -> None:
        self.session = session_of(model)

    def __call__(self, rgb: np.ndarray, longer: int, threshold: float = LOWEST) -> list[tuple[float, np.ndarray]]:
        frame, scale = prepared(rgb, longer)
        return plates_in(self.session.run(None, {"frame": frame})[0], scale, threshold)


def is_found(row: dict, quad: np.ndarray) -> bool:
    """score.mjs's rule: boxes overlap by IoU 0.3, or the centre lies in the label's box at 0.25 to 3 times its width."""
    x, y, w, h = (float(row[k]) for k in "xywh")
    (x0, y0), (x1, y1) = quad.min(0), quad.max(0)
    shared = max(0.0, min(x + w, x1) - max(x, x0)) * max(0.0, min(y + h, y1) - max(y, y0))
    iou = shared / (w * h + (x1 - x0) * (y1 - y0) - shared)
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    return bool(iou >= 0.3 or (x <= cx <= x + w and y <= cy <= y + h and 0.25 * w <= x1 - x0 <= 3 * w))


def read_rgb(file: Path) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(file), cv2.IMREAD_COLOR)[..., ::-1])


def answers(detector: Detector, folder: Path, longer: int, sets: tuple[str, ...]) -> dict[str, list]:
    """Every plate above LOWEST by file."""
    files = [f for f, rows in labelled_rows(folder).items() if rows[0]["set"] in sets]
    return {f: detector(read_rgb(folder / f), longer) for f in files}


def scene_figures(found: dict[str, list], rows: dict[str, list[dict]], name: str, half: str, threshold: float) -> dict:
    """Plates, how many found, and what was reported where no label is."""
    count = hits = extra = 0
    for file, plates in found.items():
        labels = [r for r in rows[file] if r["kind"] == "scene"]
        if rows[file][0]["set"] != name or (half and half_of(file) != half):
            continue
        quads, used = [q for p, q in plates if p >= threshold], set()
        for label in labels:
            match = [i for i, q in enumerate(quads) if i not in used and is_found(label, q)]
            used.update(match[:1])
            if label["text"] and label["legible"] != "0":
                count, hits = count + 1, hits + bool(match)
        extra += len(quads) - len(used)
    return {"plates": count, "found": hits, "extra": extra}


def false_plates(found: dict[str, list], half: str, threshold: float) -> int:
    return sum(p >= threshold for f, plates in found.items() if f.startswith("negatives") and half_of(f) == half for p, _ in plates)


def drawn_figures(detector: Detector, stock: Stock, threshold: float, count: int) -> dict:
    """On composites never trained on: recall and false plates, corner error in percent of the plate's width."""
    errors, sought, false = [], 0, 0
    for i in range(count):
        picture = compose(stock, 900_000_000 + i, 384)
        plates = detector(picture.rgb, 640, threshold)
        for quad in picture.quads[picture.belief >= ROUGH]:
            sought += 1
            gaps = [float(np.linalg.norm(quad - q, axis=1).mean() / widths_of(quad[None])[0]) for _, q in plates]
            if gaps and min(gaps) < 0.3:
                errors.append(min(gaps))
        false += sum(not any(np.linalg.norm(q.mean(0) - t.mean(0)) < widths_of(t[None])[0] for t in picture.quads) for _, q in plates)
    share = np.array(errors or [1.0]) * 100
    return {"plates": sought, "found": len(errors), "false": false, "corner_mean_pc": round(float(share.mean()), 2), "corner_median_pc": round(float(np.median(share)), 2),
            "corner_p90_pc": round(float(np.percentile(share, 90)), 2)}


def far_figures(detector: Detector, stock: Stock, threshold: float, count: int) -> dict:
    """Plates 36 to 60 px wide in 1080p, found at 960."""
    sought = hits = 0
    for i in range(count):
        rng = np.random.default_rng([i, 0xFA2])
        photo = stock.empty[i % len(stock.empty)].levels[0]
        canvas = cv2.resize(photo, (1920, 1080), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
        quads = []
        for k in range(6):
            plate = stock.plates[int(rng.integers(len(stock.plates)))]
            quad = tilted_quad(rng, log_uniform(rng, 36, 60), plate.shape[1] / plate.shape[0], mild=True) + np.array([160 + 300 * k, rng.uniform(60, 1020)], np.float32)
            paste(canvas, plate, quad, np.full(3, rng.uniform(0.6, 1.1)))
            quads.append(quad)
        canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.3, 1.2)) + rng.standard_normal((1080, 1920, 1), dtype=np.float32) * 0.02
        rgb = (np.clip(canvas, 0, 1) * 255).astype(np.uint8)
        plates = detector(rgb, 960, threshold)
        sought += len(quads)
        hits += sum(any(np.linalg.norm(q.mean(0) - t.mean(0)) < 0.3 * widths_of(t[None])[0] for _, q in plates) for t in quads)
    return {"plates": sought, "found": hits}


def example_figures(detector: Detector, longer: int, threshold: float) -> dict:
    """The shipped rendered frames: found, false, corner error."""
    errors, sought, false = [], 0, 0
    for photo in rendered_photographs(ROOT / "fixtures"):
        plates = detector(photo.levels[0], longer, threshold)
        sought += len(photo.quads)
        for quad in photo.quads:
            gaps = [float(np.linalg.norm(quad - q, axis=1).mean() / widths_of(quad[None])[0]) for _, q in plates]
            errors += [min(gaps)] if gaps and min(gaps) < 0.4 else []
        false += sum(all(np.linalg.norm(q.mean(0) - t.mean(0)) > widths_of(t[None])[0] for t in photo.quads) for _, q in plates)
    return {"plates": sought, "found": len(errors), "false": false, "corner_mean_pc": round(float(np.mean(errors or [1])) * 100, 2)}


def milliseconds(detector: Detector, height: int, width: int, turns: int = 20) -> dict:
    """Time of the net alone: on the clock at best, and of the processor in the middle, which other work beside it disturbs less."""
    frame, clock, processor = np.random.default_rng(1).random((1, 3, height, width), dtype=np.float32), [], []
    for _ in range(turns):
        begun, used = time.perf_counter(), time.thread_time()
        detector.session.run(None, {"frame": frame})
        clock.append((time.perf_counter() - begun) * 1000)
        processor.append((time.thread_time() - used) * 1000)
    return {"clock_least": round(min(clock), 1), "processor_median": round(float(np.median(processor)), 1)}


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--model", type=Path, default=ROOT / "models/detector.onnx")
    args.add_argument("--photographs", type=Path)
    args.add_argument("--threshold", type=float, default=0.4)
    args.add_argument("--bank", type=Path, default=Path(tempfile.gettempdir()) / "darwaza-bank")
    args.add_argument("--settings", type=int, nargs="*", default=[640, 960], help="longer sides in px")
    args.add_argument("--count", type=int, default=150, help="drawn pictures")
    args.add_argument("--out", type=Path)
    given = args.parse_args()
    cv2.setNumThreads(1)
    detector, t, figures = Detector(given.model), given.threshold, {}
    drawn = drawn_backgrounds(2, 20)
    stock = Stock(cached_bank(2, 300, given.bank), cached_signs(2, 100, given.bank), rendered_photographs(ROOT / "fixtures", 3), drawn)
    figures["ms"] = {"640x384": milliseconds(detector, 384, 640), "960x544": milliseconds(detector, 544, 960)}
    figures["drawn"] = drawn_figures(detector, stock, t, given.count)
    figures["far"] = far_figures(detector, stock, t, max(1, given.count // 10))
    figures["example"] = {str(n): example_figures(detector, n, t) for n in (640, 960)}
    print(json.dumps(figures), flush=True)
    for longer in given.settings if given.photographs else ():
        found, rows = answers(detector, given.photographs, longer, (*SCENES, "negatives")), labelled_rows(given.photographs)
        figures[f"scenes-{longer}"] = {name: {half or "all": scene_figures(found, rows, name, half, t) for half in ("A", "B", "")} for name in SCENES}
        figures[f"negatives-{longer}"] = {f"{at:.2f}": {half: int(false_plates(found, half, at)) for half in "AB"} for at in np.arange(0.2, 0.95, 0.05)}
        pk = {f"{at:.2f}": scene_figures(found, rows, "pk-scenes", "", at) for at in np.arange(0.3, 0.95, 0.05)}
        print(longer, json.dumps(figures[f"scenes-{longer}"]), "\nnegatives", json.dumps(figures[f"negatives-{longer}"]), "\npk", json.dumps(pk), flush=True)
    if given.out:
        given.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
