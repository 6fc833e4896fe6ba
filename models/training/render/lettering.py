"""Letters on plates: the project's own die alphabet (centre lines, any weight) and open TrueType faces, both as 8-bit masks."""
from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

_STROKES = json.loads((Path(__file__).parent / "strokes.json").read_text())

# Face name -> (file, Debian package). Only open licences: Bitstream Vera/DejaVu, OFL, Apache 2.0, AGPL with font exception (URW).
FACES = {
    "dejavu-bold": ("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", "fonts-dejavu-core"),
    "dejavu-condensed-bold": ("/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed-Bold.ttf", "fonts-dejavu-extra"),
    "dejavu-mono": ("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", "fonts-dejavu-core"),
    "dejavu-serif-bold": ("/usr/share/fonts/truetype/dejavu/DejaVuSerif-Bold.ttf", "fonts-dejavu-core"),
    "liberation-bold": ("/usr/share/fonts/truetype/liberation2/LiberationSans-Bold.ttf", "fonts-liberation2"),
    "liberation-serif-bold": ("/usr/share/fonts/truetype/liberation2/LiberationSerif-Bold.ttf", "fonts-liberation2"),
    "roboto-condensed-bold": ("/usr/share/fonts/truetype/roboto/unhinted/RobotoCondensed-Bold.ttf", "fonts-roboto-unhinted"),
    "roboto-condensed-medium": ("/usr/share/fonts/truetype/roboto/unhinted/RobotoCondensed-Medium.ttf", "fonts-roboto-unhinted"),
    "opendin": ("/usr/share/fonts/truetype/opendin/OSP-DIN.ttf", "fonts-opendin"),
    "nimbus-narrow-bold": ("/usr/share/fonts/opentype/urw-base35/NimbusSansNarrow-Bold.otf", "fonts-urw-base35"),
}


class MissingFont(RuntimeError):
    """A face's file is not installed; the message says which Debian package brings it."""


@lru_cache(maxsize=None)
def _truetype(face: str, size: int) -> ImageFont.FreeTypeFont:
    file, package = FACES[face]
    if not Path(file).is_file():
        raise MissingFont(f"face {face}: {file} is missing; run: apt-get install -y {package}")
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=None)
def _centre_lines(char: str) -> tuple[tuple[np.ndarray, bool], ...]:
    """Centre lines of one die glyph as dense polylines, corners rounded by their radius."""
    lines = []
    for path in _STROKES["glyphs"][char]:
        closed = path[0] == "o"
        lines.append((_rounded([tuple(p) for p in path[1 if closed else 0:]], closed), closed))
    return tuple(lines)


def _rounded(points: list[tuple], closed: bool) -> np.ndarray:
    out: list[np.ndarray] = []
    count = len(points)
    for i, p in enumerate(points):
        here = np.array(p[:2], float)
        radius = p[2] if len(p) > 2 else 0.0
        if radius == 0 or (not closed and i in (0, count - 1)):
            out.append(here)
            continue
        before, after = np.array(points[i - 1][:2], float), np.array(points[(i + 1) % count][:2], float)
        a, b = before - here, after - here
        la, lb = np.linalg.norm(a), np.linalg.norm(b)
        reach = min(radius, la * 0.5 if closed or i > 1 else la, lb * 0.5 if closed or i < count - 2 else lb)
        start, end = here + a / la * reach, here + b / lb * reach
        for t in np.linspace(0, 1, 9):  # conic with weight sqrt(1/2): a true circle arc at right angles
            w0, w1, w2 = (1 - t) ** 2, 2 * t * (1 - t) * math.sqrt(0.5), t * t
            out.append((w0 * start + w1 * here + w2 * end) / (w0 + w1 + w2))
    if closed:
        out.append(out[0])
    return np.array(out)


def die_text(text: str, height: float, weight: float = 0.125, width: float = 1.0, gap: float | None = None) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Text in the die alphabet, `height` px from cap to foot, stroke `weight` × height, glyphs stretched by `width`.

    Returns the mask (uint8, 255 = ink) and each character's (left, right) in px of the mask."""
    unit = height / _STROKES["capHeight"]
    stroke = max(1.0, weight * height)
    gap_px = (_STROKES["gap"] if gap is None else gap) * unit * width
    pad = stroke / 2 + 1
    inner = (height - stroke) / _STROKES["capHeight"]
    x, boxes, lines = pad, [], []
    for char in text:
        if char == " ":
            x += 4.5 * unit * width
            boxes.append((x, x))
            continue
        glyph = _centre_lines(char)
        right = max(float(p[:, 0].max()) for p, _ in glyph)
        for p, _ in glyph:
            lines.append(np.column_stack([x + stroke / 2 + p[:, 0] * unit * width, 1 + stroke / 2 + p[:, 1] * inner]))
        end = x + right * unit * width + stroke
        boxes.append((x - stroke / 4, end + stroke / 4))
        x = end + gap_px
    mask = np.zeros((int(math.ceil(height + 2)), int(math.ceil(x - gap_px + pad))), np.uint8)
    for line in lines:
        cv2.polylines(mask, [np.round(line * 16).astype(np.int32)], False, 255, max(1, int(round(stroke))), cv2.LINE_AA, 4)
    return mask, boxes


def face_text(text: str, height: float, face: str, width: float = 1.0, tracking: float = 0.0) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Text in a TrueType face scaled so that its capitals are `height` px; same return as `die_text`."""
    probe = _truetype(face, 200)
    cap = probe.getbbox("H")[3] - probe.getbbox("H")[1]
    size = max(4, int(round(height * 200 / cap * 2)))  # drawn at twice the size, then shrunk: smooth edges at any width
    font = _truetype(face, size)
    top = font.getbbox("H")[1]
    x, boxes, places = 4.0, [], []
    for char in text:
        places.append(x)
        advance = font.getlength(char)
        boxes.append((x, x + advance))
        x += advance + tracking * height * 2
    image = Image.new("L", (int(math.ceil(x + 4)), int(math.ceil(height * 2 * 1.25 + 4))), 0)
    draw = ImageDraw.Draw(image)
    for char, left in zip(text, places):
        draw.text((left, 2 - top), char, font=font, fill=255)
    big = np.asarray(image)
    small = cv2.resize(big, (max(1, int(round(big.shape[1] / 2 * width))), max(1, int(round(big.shape[0] / 2)))), interpolation=cv2.INTER_AREA)
    return small, [(l / 2 * width, r / 2 * width) for l, r in boxes]


def text_mask(text: str, height: float, face: str, weight: float = 0.125, width: float = 1.0, gap: float | None = None) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Text in the named face; `die` is the project's own alphabet."""
    if face == "die":
        return die_text(text, height, weight, width, gap)
    return face_text(text, height, face, width, 0.0 if gap is None else gap / 14)
