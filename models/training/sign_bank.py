"""Things that look a little like plates and are none: shop signs, stickers, phone numbers, Urdu words, grilles, windows, lamps, blank boards. RGBA, from a seed."""
from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from plate_bank import cached
from render.faces import TRAINING_FACES, word
from render.noise import cloud

WORDS = ("the welcome open bank hotel pharmacy tyres service school bus stop exit sale cafe Royal Bakers Medical Store Auto Workshop slow danger diesel petrol pump office hospital police parking "
         "no entry Sharma Traders Punjab Roadlines public carrier horn please keep distance all good transport company limited express Mobile Shop Easypaisa Pepsi Lays Toyota Corolla Civic turbo "
         "GLi XLi diesel 4WD limited sport Hilux Mehran Suzuki Honda Faw Hino rent to let call now street avenue house number free wifi made in Pakistan love Allah Mashallah lucky king").split()
URDU = "پاکستان ماشاءاللہ خوش آمدید دکان بازار ہوٹل سکول ہسپتال پشاور لاہور کراچی کوئٹہ بس سٹاپ پانی دودھ احتیاط سے چلائیں محبت زندگی شہزادہ".split()
URDU_FACES = ("truetype/noto/NotoNastaliqUrdu-Bold.ttf", "truetype/noto/NotoNaskhArabic-Bold.ttf", "truetype/noto/NotoKufiArabic-Bold.ttf")
WIDTH = 240


@lru_cache(maxsize=1)
def _urdu_faces() -> tuple[str, ...]:
    return tuple(str(f) for f in (Path("/usr/share/fonts", name) for name in URDU_FACES) if f.is_file())


def _choice(rng: np.random.Generator, items):
    return items[int(rng.integers(len(items)))]


def _words(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.12:
        return "0" + "".join(str(rng.integers(10)) for _ in range(3)) + _choice(rng, ["-", " ", ""]) + "".join(str(rng.integers(10)) for _ in range(7))
    if kind < 0.2:
        return f"{rng.integers(1, 29):02d}{_choice(rng, '/-.')}{rng.integers(1, 13):02d}{_choice(rng, '/-.')}{rng.integers(1990, 2027)} {rng.integers(24):02d}:{rng.integers(60):02d}"
    text = " ".join(_choice(rng, WORDS) for _ in range(int(rng.integers(1, 4))))
    return _choice(rng, [text, text.upper(), text.title()])


def _urdu(rng: np.random.Generator, height: int) -> np.ndarray:
    font = ImageFont.truetype(_choice(rng, _urdu_faces()), 56)
    image = Image.new("L", (900, 220), 0)
    ImageDraw.Draw(image).text((20, 30), " ".join(_choice(rng, URDU) for _ in range(int(rng.integers(1, 4)))), font=font, fill=255)
    cut = np.asarray(image.crop(image.getbbox() or (0, 0, 9, 9)))
    return cv2.resize(cut, (max(2, round(cut.shape[1] * height / cut.shape[0])), height), interpolation=cv2.INTER_AREA)


def _text(rng: np.random.Generator, height: int) -> np.ndarray:
    """Ink of one line in any face, `height` px high."""
    ink = word(_choice(rng, TRAINING_FACES), _words(rng))
    return cv2.resize(ink, (max(1, round(ink.shape[1] * height / ink.shape[0])), height), interpolation=cv2.INTER_AREA)


def _paint(board: np.ndarray, mask: np.ndarray, x: int, y: int, colour) -> None:
    h, w = mask.shape
    x0, y0, x1, y1 = max(0, x), max(0, y), min(board.shape[1], x + w), min(board.shape[0], y + h)
    if x1 > x0 and y1 > y0:
        share = mask[y0 - y:y1 - y, x0 - x:x1 - x, None].astype(np.float32) / 255
        board[y0:y1, x0:x1] += (np.asarray(colour, np.float32) - board[y0:y1, x0:x1]) * share


def _rounded_alpha(shape: tuple[int, int], radius: int) -> np.ndarray:
    h, w = shape
    alpha = np.zeros((h, w), np.uint8)
    r = max(1, min(radius, h // 3))
    cv2.rectangle(alpha, (r, 0), (w - 1 - r, h - 1), 255, -1)
    cv2.rectangle(alpha, (0, r), (w - 1, h - 1 - r), 255, -1)
    for x, y in ((r, r), (w - 1 - r, r), (r, h - 1 - r), (w - 1 - r, h - 1 - r)):
        cv2.circle(alpha, (x, y), r, 255, -1, cv2.LINE_AA)
    return alpha


def words_sign(rng: np.random.Generator) -> np.ndarray:
    """Words on a board, or painted straight on whatever lies behind."""
    height = int(WIDTH / rng.uniform(0.6, 7))
    lines = max(1, min(6, int(height / rng.uniform(26, 90))))
    ground, ink = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
    if rng.random() < 0.4:
        ground, ink = _choice(rng, [((240, 240, 238), (20, 20, 22)), ((236, 196, 40), (20, 20, 20)), ((30, 60, 140), (245, 245, 245)), ((170, 24, 24), (245, 240, 230)), ((20, 90, 50), (240, 240, 240))])
    board = np.full((height, WIDTH, 3), ground, np.float32)
    bare = rng.random() < 0.35
    alpha = np.zeros((height, WIDTH), np.float32) if bare else _rounded_alpha((height, WIDTH), int(rng.integers(0, 20))).astype(np.float32)
    pitch = height / lines
    for i in range(lines):
        tall = max(7, int(pitch * rng.uniform(0.4, 0.8)))
        mask = _urdu(rng, tall) if _urdu_faces() and rng.random() < 0.3 else _text(rng, tall)
        if mask.shape[1] > WIDTH - 12:
            mask = cv2.resize(mask, (WIDTH - 12, max(5, int(mask.shape[0] * max(0.5, (WIDTH - 12) / mask.shape[1])))), interpolation=cv2.INTER_AREA)
        x, y = (WIDTH - mask.shape[1]) // 2, int(pitch * i + (pitch - mask.shape[0]) / 2)
        _paint(board, mask, x, y, ink)
        if bare:
            board[:] = ink
            alpha[y:y + mask.shape[0], x:x + mask.shape[1]] = np.maximum(alpha[y:y + mask.shape[0], x:x + mask.shape[1]], mask[:alpha.shape[0] - y])
    return np.dstack([np.clip(board, 0, 255), alpha]).astype(np.uint8)


def stripes(rng: np.random.Generator) -> np.ndarray:
    """Grilles, louvres, railings, tiles, windows."""
    height = int(WIDTH / rng.uniform(0.8, 6))
    yy, xx = np.mgrid[0:height, 0:WIDTH].astype(np.float32)
    across, down = rng.uniform(6, 60), rng.uniform(6, 60)
    kind = rng.integers(4)
    on = [(xx % across) < across * .5, (yy % down) < down * .5, ((xx % across) < 3) | ((yy % down) < 3), ((xx // across + yy // down) % 2) == 0][kind]
    a, b = rng.uniform(0, 255, 3) if rng.random() < 0.3 else np.full(3, rng.uniform(0, 255)), np.full(3, rng.uniform(0, 255))
    board = np.where(on[..., None], a, b).astype(np.float32)
    board += (cloud(rng, (height, WIDTH), 60, 2)[..., None] - 0.5) * rng.uniform(0, 120)
    return np.dstack([np.clip(board, 0, 255), _rounded_alpha((height, WIDTH), int(rng.integers(0, 30)))]).astype(np.uint8)


def lamp_or_blank(rng: np.random.Generator) -> np.ndarray:
    """Tail lamps, reflectors, blank boards, badges: shapes of a plate's size without a mark."""
    height = int(WIDTH / rng.uniform(0.9, 5))
    colour = _choice(rng, [(200, 20, 20), (230, 130, 20), (240, 240, 240), (235, 190, 30), (30, 30, 32), (120, 120, 125)])
    board = np.full((height, WIDTH, 3), colour, np.float32) + rng.normal(0, 12, 3)
    board *= 0.55 + 0.9 * cloud(rng, (height, WIDTH), rng.uniform(60, 200), 2)[..., None]
    for _ in range(int(rng.integers(0, 4))):
        at = (int(rng.integers(WIDTH)), int(rng.integers(height)))
        if rng.random() < 0.5:
            cv2.circle(board, at, int(rng.integers(6, max(8, height // 2))), [float(c) for c in rng.uniform(0, 255, 3)], -1 if rng.random() < 0.5 else 3, cv2.LINE_AA)
        else:
            cv2.rectangle(board, at, (at[0] + int(rng.integers(10, 140)), at[1] + int(rng.integers(4, 40))), [float(c) for c in rng.uniform(0, 255, 3)], -1)
    return np.dstack([np.clip(board, 0, 255), _rounded_alpha((height, WIDTH), int(rng.integers(0, 60)))]).astype(np.uint8)


def build_signs(seed: int, count: int) -> list[np.ndarray]:
    signs = []
    for i in range(count):
        rng = np.random.default_rng([seed, i, 0x516E])
        kind = rng.random()
        signs.append(words_sign(rng) if kind < 0.62 else stripes(rng) if kind < 0.82 else lamp_or_blank(rng))
    return signs


def cached_signs(seed: int, count: int, folder: Path) -> list[np.ndarray]:
    return cached(folder / f"signs-{seed}-{count}.npz", lambda: build_signs(seed, count))
