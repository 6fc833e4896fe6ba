#!/usr/bin/env python3
"""Write the pictures of the documentation: docs/images/plates.png (plate styles), fixtures.jpg (the shipped frames) and crops.jpg (what the reader learns from)."""
from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from render.crops import PHOTOGRAPHS, crops  # noqa: E402
from render.lettering import text_mask  # noqa: E402
from render.plate import PlateSpec, layout, render_plate  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
STYLES = (
    PlateSpec("pb-2006", "LED", "4073", "16"), PlateSpec("pb-2006-commercial", "LES", "6530", "12", wear=0.4), PlateSpec("pb-2006-government", "MNG", "310", "12"),
    PlateSpec("pb-2020", "AKN", "318"), PlateSpec("sd-1996", "BKR", "264", emboss="2017"), PlateSpec("sd-1996-commercial", "TLC", "563", emboss="2011"),
    PlateSpec("sd-2022", "BXR", "408"), PlateSpec("is-2018", "APT", "486"), PlateSpec("kp-private", "C", "7316", district="PESHAWAR"),
    PlateSpec("kp-commercial", "AA", "4867", district="MARDAN", wear=0.5), PlateSpec("ba-private", "QAB", "914", district="QUETTA"), PlateSpec("ba-government", "GBA", "283"),
    PlateSpec("pb-2020-motorcycle", "AKX", "4827"), PlateSpec("sd-motorcycle", "KGD", "2956"), PlateSpec("ba-motorcycle", "QMB", "5216", district="QUETTA"),
    PlateSpec("applied-for"),
)


def plates_sheet() -> Image.Image:
    cell, rows = (280, 170), []
    for k, spec in enumerate(STYLES):
        plate = render_plate(spec, k, 0.8)
        tile = np.full((cell[1], cell[0], 3), 250, np.uint8)
        h, w = plate.alpha.shape
        x, y = (cell[0] - w) // 2, 10 + (122 - h) // 2
        a = plate.alpha[..., None].astype(np.float32) / 255
        tile[y:y + h, x:x + w] = plate.rgb * a + tile[y:y + h, x:x + w] * (1 - a)
        mask, _ = text_mask(f"{layout(spec.layout)['jurisdiction'] or ''} {spec.layout}".strip(), 9, "dejavu-mono")
        tile[146:146 + mask.shape[0], x:x + mask.shape[1]] = (tile[146:146 + mask.shape[0], x:x + mask.shape[1]] * (1 - mask[..., None] / 255.0 * 0.7)).astype(np.uint8)
        rows.append(tile)
    sheet = np.vstack([np.hstack(rows[i:i + 4]) for i in range(0, len(rows), 4)])
    return Image.fromarray(sheet).quantize(200, dither=Image.Dither.NONE)


def frames_sheet(columns: int = 6, width: int = 256) -> np.ndarray:
    files = sorted((ROOT / "fixtures" / "frames").rglob("*.jpg"), key=lambda f: f.name)
    cells = [cv2.resize(cv2.imread(str(f)), (width, width * 9 // 16), interpolation=cv2.INTER_AREA) for f in files]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    return np.vstack([np.hstack(cells[i:i + columns]) for i in range(0, len(cells), columns)])


def crops_sheet(columns: int = 11, rows: int = 9) -> np.ndarray:
    """Training crops as the reader sees them (64 x 128 and 48 x 192 px), one of each drawing, with the text that is asked for."""
    cells = []
    for n, crop in crops(900_000):
        if n % PHOTOGRAPHS:
            continue
        cell = np.full((82, 196, 3), 255, np.uint8)
        h, w = crop.rgb.shape[:2]
        cell[64 - h:64, 98 - w // 2:98 - w // 2 + w] = crop.rgb
        mask, _ = text_mask(crop.drawing.text + ("" if crop.legible else " (illegible)"), 8, "dejavu-mono")
        cell[69:69 + mask.shape[0], 4:4 + mask.shape[1]][mask > 90] = 40
        cells.append(cell)
        if len(cells) == columns * rows:
            return np.vstack([np.hstack(cells[i:i + columns]) for i in range(0, len(cells), columns)])[..., ::-1]
    raise RuntimeError("crops never end")


def main() -> None:
    out = ROOT / "docs" / "images"
    out.mkdir(parents=True, exist_ok=True)
    plates_sheet().save(out / "plates.png", optimize=True)
    cv2.imwrite(str(out / "fixtures.jpg"), frames_sheet(), [cv2.IMWRITE_JPEG_QUALITY, 76])
    cv2.imwrite(str(out / "crops.jpg"), crops_sheet(), [cv2.IMWRITE_JPEG_QUALITY, 78])
    for name in ("plates.png", "fixtures.jpg", "crops.jpg"):
        print(f"docs/images/{name} {(out / name).stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
