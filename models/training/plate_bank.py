"""Thousands of flat plates to paste: the renderer's layouts, and free ones of any colour, shape, face and country.

A plate of the bank is RGBA (uint8) about 260 px wide; its four picture corners are the plate's corners. Everything follows the seed."""
from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from render.noise import cloud
from render.plate import PlateSpec, layout_names, render_plate

LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
WIDTH = 260

FACE_FILES = ("dejavu/*Bold.ttf", "liberation2/*Bold.ttf", "roboto/**/*Bold.ttf", "roboto/**/*Medium.ttf", "opendin/*.ttf", "breip/*.ttf", "noto/NotoSans-Bold.ttf",
              "noto/NotoSerif-Bold.ttf", "noto/NotoSansDisplay-Bold.ttf", "allerta/*.otf", "b612/*Bold.otf", "bebas-neue/*[dekr].otf", "cabin/*Bold.otf",
              "cantarell/*Bold.otf", "dosis/*Bold.otf", "inter/Inter-*Bold.otf", "league-spartan/*Bold.otf", "mplus/*1-*Bold.otf", "mplus/MplusCode50-Bold.otf",
              "national-park/*Heavy.otf", "ocr-b/OCRB.otf", "play/*Bold.otf", "urw-base35/Nimbus*Bold*.otf", "urw-base35/URWGothic-Demi.otf",
              "urw-base35/URWBookman-Demi.otf", "urw-base35/C059-Bold.otf", "urw-base35/P052-Bold.otf", "yanone-kaffeesatz/*Bold.otf", "lobstertwo/*Bold.otf")
GROUNDS = [((242, 242, 238), 38), ((240, 196, 30), 22), ((20, 20, 22), 13), ((16, 96, 56), 7), ((176, 26, 30), 5), ((24, 52, 128), 5), ((178, 208, 232), 4), ((232, 170, 60), 6)]
BRIGHT_INKS = [(14, 14, 16)] * 8 + [(20, 30, 110), (120, 10, 14), (12, 80, 40), (60, 40, 30)]
DARK_INKS = [(244, 244, 240)] * 5 + [(240, 200, 40), (220, 220, 225)]
CAPTIONS = ["PUNJAB", "SINDH", "ISLAMABAD", "KPK", "BALOCHISTAN", "GOVT OF PUNJAB", "ICT", "PAKISTAN", "IND", "BRASIL", "CALIFORNIA", "TEXAS", "THE OLD STATE", "LAHORE",
            "KARACHI", "QUETTA", "PESHAWAR", "SUZUKI", "TOYOTA", "HONDA", "dealer 042", "SP - CAMPINAS", "www.plates.pk", "Discover", "GOVERNMENT", "2019", "POLICE"]


@lru_cache(maxsize=1)
def faces() -> tuple[str, ...]:
    """Installed open faces fit for plates, in a fixed order."""
    found = []
    for kind in ("truetype", "opentype"):
        for pattern in FACE_FILES:
            found += sorted(str(f) for f in Path("/usr/share/fonts", kind).glob(pattern))
    if not found:
        raise RuntimeError("no faces found; README.md has the command that installs them")
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=512)
def face(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


def text_mask(text: str, file: str, height: int, spread: float = 0.0) -> np.ndarray:
    """Ink of one line, cropped to the ink, `height` px high; `spread` widens the gaps."""
    font = face(file, 64)
    x, places = 8.0, []
    for char in text:
        places.append(x)
        x += font.getlength(char) + spread * 64
    image = Image.new("L", (int(x) + 24, 128), 0)
    draw = ImageDraw.Draw(image)
    for char, left in zip(text, places):
        draw.text((left, 16), char, font=font, fill=255)
    box = image.getbbox() or (0, 0, 8, 8)
    cut = np.asarray(image.crop(box))
    return cv2.resize(cut, (max(1, round(cut.shape[1] * height / cut.shape[0])), max(1, height)), interpolation=cv2.INTER_AREA)


def _pick(rng: np.random.Generator, choices: list):
    return choices[int(rng.integers(len(choices)))]


def _string(rng: np.random.Generator, letters: int, digits: int) -> str:
    return "".join(_pick(rng, LETTERS) for _ in range(letters)) + "".join(_pick(rng, DIGITS) for _ in range(digits))


def free_mark(rng: np.random.Generator, lines: int) -> list[str]:
    """Text of a mark over one to three lines; any syntax, so that none is learnt."""
    gap = _pick(rng, ["", " ", "-", " ", ".", "  "])
    first = _string(rng, int(rng.integers(0, 4)), int(rng.integers(0, 3)))
    second = _string(rng, int(rng.integers(0, 3)), int(rng.integers(2, 5)))
    if lines == 1:
        if rng.random() < 0.15:
            first, second = second, first
        return [(first + gap + second) if first else _string(rng, 2, 3)]
    return [first or _string(rng, 2, 1)] + ([_string(rng, 0, 2)] if lines == 3 else []) + [second]


def _ground(rng: np.random.Generator, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Ground as float RGB and the colour of its ink."""
    weights = np.array([w for _, w in GROUNDS], float)
    base = np.array(GROUNDS[int(rng.choice(len(GROUNDS), p=weights / weights.sum()))][0], np.float32)
    if rng.random() < 0.06:
        base = rng.uniform(10, 245, 3).astype(np.float32)
    base = np.clip(base + rng.normal(0, 9, 3), 4, 252).astype(np.float32)
    plate = np.empty((height, WIDTH, 3), np.float32)
    plate[:] = base
    if rng.random() < 0.1:  # printed colour fades as on American plates
        other = rng.uniform(60, 250, 3).astype(np.float32)
        plate += (other - plate) * (np.linspace(rng.random(), 0, height, dtype=np.float32)[:, None, None] ** 2)
    ink = _pick(rng, BRIGHT_INKS if base @ np.array([.3, .59, .11]) > 105 else DARK_INKS)
    return plate, np.array(ink, np.float32)


def _paint(plate: np.ndarray, mask: np.ndarray, x: int, y: int, colour, strength: float = 1.0) -> None:
    h, w = mask.shape
    x0, y0, x1, y1 = max(0, x), max(0, y), min(plate.shape[1], x + w), min(plate.shape[0], y + h)
    if x1 <= x0 or y1 <= y0:
        return
    cut = mask[y0 - y:y1 - y, x0 - x:x1 - x, None].astype(np.float32) * (strength / 255)
    plate[y0:y1, x0:x1] += (np.asarray(colour, np.float32) - plate[y0:y1, x0:x1]) * cut


def _fit(mask: np.ndarray, width: int, rng: np.random.Generator) -> np.ndarray:
    """Narrow a line to its place, or widen it a little."""
    want = min(width, int(mask.shape[1] * rng.uniform(0.85, 1.25)))
    return cv2.resize(mask, (max(2, want), mask.shape[0]), interpolation=cv2.INTER_AREA)


def _hand_painted(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Wavering strokes of a brush."""
    h, w = mask.shape
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    wave = (cloud(rng, (h, w), h / 2, 2) - 0.5) * h * 0.18
    return cv2.remap(mask, xx + wave, yy + wave[:, ::-1].copy(), cv2.INTER_LINEAR)


def _bands(plate: np.ndarray, rng: np.random.Generator) -> tuple[int, int, int]:
    """Coloured bands at the left, top or bottom; what they leave free: left, top, bottom px."""
    h, kind = plate.shape[0], rng.random()
    colour = _pick(rng, [(20, 50, 150), (18, 100, 54), (10, 40, 110), (150, 24, 30), (30, 30, 40)])
    words = _pick(rng, CAPTIONS)
    if kind < 0.17:
        band = int(rng.uniform(0.08, 0.22) * WIDTH)
        plate[:, :band] = colour
        _paint(plate, text_mask(words[:3], faces()[0], max(5, h // 9)), int(band * .2), int(h * .78), (240, 240, 235))
        cv2.circle(plate, (band // 2, h // 3), max(3, band // 4), (230, 200, 60), 2, cv2.LINE_AA)
        return band, 0, 0
    if kind < 0.3:
        band = int(rng.uniform(0.14, 0.26) * h)
        mask = text_mask(words, _pick(rng, faces()), max(6, int(band * .7)))
        at_top = rng.random() < 0.6
        if rng.random() < 0.5:
            plate[:band if at_top else h][0 if at_top else h - band:] = colour
        ink = (240, 240, 236) if plate[2 if at_top else h - 3, 4].mean() < 120 else (30, 30, 60)
        _paint(plate, _fit(mask, WIDTH - 30, rng), int(rng.uniform(10, 60)), (0 if at_top else h - band) + band // 7, ink)
        return 0, band if at_top else 0, 0 if at_top else band
    return 0, 0, 0


def _border(plate: np.ndarray, rng: np.random.Generator, ink: np.ndarray) -> None:
    h = plate.shape[0]
    inset, thick = int(rng.integers(0, 7)), int(rng.integers(1, 6))
    colour = ink if rng.random() < 0.75 else rng.uniform(0, 255, 3)
    cv2.rectangle(plate, (inset, inset), (WIDTH - 1 - inset, h - 1 - inset), [float(c) for c in colour], thick, cv2.LINE_AA)


def _age(plate: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dirt, fading, bolts, scratches."""
    h, w = plate.shape[:2]
    if rng.random() < 0.5:
        for x in ((0.16, 0.84) if rng.random() < 0.7 else (0.5,)):
            for y in ([_pick(rng, [0.12, 0.5, 0.88])] if rng.random() < 0.7 else [0.14, 0.86]):
                at = (int(w * x + rng.normal(0, 6)), int(h * y + rng.normal(0, 2)))
                cv2.circle(plate, at, int(rng.integers(2, 7)), [float(rng.uniform(20, 210))] * 3, -1, cv2.LINE_AA)
    if rng.random() < 0.6:
        dirt = np.clip(cloud(rng, (h, w), rng.uniform(20, 120), 3) - rng.uniform(0.3, 0.7), 0, 1)[..., None] * rng.uniform(0.3, 1.8)
        plate += (rng.uniform(30, 170) * np.array([1, .92, .8], np.float32) - plate) * np.clip(dirt, 0, 0.8)
    if rng.random() < 0.2:
        plate += (plate.mean() - plate) * rng.uniform(0.1, 0.5)
    return np.clip(plate, 0, 255).astype(np.uint8)


def rounded_alpha(shape: tuple[int, int], radius: int) -> np.ndarray:
    h, w = shape
    alpha = np.zeros((h, w), np.uint8)
    r = max(1, min(radius, h // 3))
    cv2.rectangle(alpha, (r, 0), (w - 1 - r, h - 1), 255, -1)
    cv2.rectangle(alpha, (0, r), (w - 1, h - 1 - r), 255, -1)
    for x, y in ((r, r), (w - 1 - r, r), (r, h - 1 - r), (w - 1 - r, h - 1 - r)):
        cv2.circle(alpha, (x, y), r, 255, -1, cv2.LINE_AA)
    return alpha


def free_plate(rng: np.random.Generator) -> np.ndarray:
    """One plate that follows no layout, RGBA."""
    lines = int(rng.choice([1, 2, 3], p=[0.56, 0.38, 0.06]))
    aspect = rng.uniform(*{1: (1.8, 5.2), 2: (1.1, 2.4), 3: (1.0, 1.7)}[lines])
    height = int(WIDTH / aspect)
    plate, ink = _ground(rng, height)
    left, top, bottom = _bands(plate, rng)
    file, spread = _pick(rng, faces()), rng.uniform(-0.02, 0.14)
    room = height - top - bottom
    pitch = room / lines
    for i, line in enumerate(free_mark(rng, lines)):
        tall = max(6, int(pitch * rng.uniform(0.5, 0.86)))
        mask = _fit(text_mask(line, file, tall, spread), int((WIDTH - left) * rng.uniform(0.72, 0.96)), rng)
        if rng.random() < 0.15:
            mask = _hand_painted(mask, rng)
        x = left + (WIDTH - left - mask.shape[1]) // 2 + int(rng.normal(0, 4))
        _paint(plate, mask, x, int(top + pitch * i + (pitch - tall) / 2), ink, rng.uniform(0.7, 1))
    if rng.random() < 0.6:
        _border(plate, rng, ink)
    return np.dstack([_age(plate, rng), rounded_alpha((height, WIDTH), int(rng.integers(0, 22)))])


def layout_plate(rng: np.random.Generator, seed: int) -> np.ndarray:
    """One plate of a Pakistani layout with a random mark, RGBA."""
    spec = PlateSpec(_pick(rng, layout_names()), _string(rng, int(rng.integers(1, 4)), 0), _string(rng, 0, int(rng.integers(2, 5))), _string(rng, 0, 2) if rng.random() < 0.8 else "",
                     _pick(rng, LETTERS) if rng.random() < 0.05 else "", _pick(rng, ["", "LAHORE", "QUETTA"]), str(rng.integers(1990, 2024)), float(rng.beta(1.2, 3)))
    plate = render_plate(spec, seed, 0.85)
    return np.dstack([plate.rgb, plate.alpha])


def build_bank(seed: int, count: int) -> list[np.ndarray]:
    """`count` plates, about half of them of Pakistani layouts."""
    bank = []
    for i in range(count):
        rng = np.random.default_rng([seed, i, 0xBA2C])
        bank.append(layout_plate(rng, seed * 100003 + i) if rng.random() < 0.5 else free_plate(rng))
    return bank


def cached(file: Path, build: Callable[[], list[np.ndarray]]) -> list[np.ndarray]:
    """Pictures from `file`, built and kept there when it is not there."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        pictures = build()
        np.savez(file, shapes=np.array([p.shape[:2] for p in pictures]), pixels=np.concatenate([p.ravel() for p in pictures]))
        return pictures
    data = np.load(file)
    return _cut(data["pixels"], data["shapes"])


def cached_bank(seed: int, count: int, folder: Path) -> list[np.ndarray]:
    return cached(folder / f"bank-{seed}-{count}.npz", lambda: build_bank(seed, count))


def _cut(pixels: np.ndarray, shapes: np.ndarray) -> list[np.ndarray]:
    out, at = [], 0
    for h, w in shapes:
        out.append(pixels[at:at + h * w * 4].reshape(h, w, 4))
        at += h * w * 4
    return out
