"""From light to file, in a camera's order: bloom, motion, focus, exposure, sensor noise, sharpening, on-screen text, JPEG."""
from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .lettering import text_mask


@dataclass(frozen=True)
class Lens:
    """`motion` px along the way the vehicle moves on the picture (downwards), `focus` px of blur, `exposure` factor, `noise` of full scale."""
    exposure: float = 1.6
    motion: float = 0.6
    focus: float = 0.45
    noise: float = 0.008
    bloom: float = 0.05
    vignette: float = 0.16
    warmth: float = 0.0
    rain: float = 0.0
    infrared: bool = False
    quality: int = 80


def expose(light: np.ndarray, glare: np.ndarray, lens: Lens, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Linear light at the drawing size to an 8-bit RGB picture of `size` (width, height)."""
    small = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    halo = cv2.resize(glare, size, interpolation=cv2.INTER_AREA)
    small = small + _bloom(halo, lens)[..., None] * (np.ones(3, np.float32) if lens.infrared else np.array([1, .95, .84], np.float32))
    if lens.rain:
        small = _rain(small, lens, rng)
    small = _motion(small, lens.motion)
    if lens.focus > 0:
        small = cv2.GaussianBlur(small, (0, 0), lens.focus)
    h, w = small.shape[:2]
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    fall = 1 - lens.vignette * (((xx - w / 2) / w) ** 2 + ((yy - h / 2) / w) ** 2) * 2.4
    small = small * (fall * lens.exposure)[..., None] * np.array([1 + lens.warmth, 1, 1 - lens.warmth], np.float32)
    shot = rng.standard_normal((h, w, 3) if not lens.infrared else (h, w, 1)).astype(np.float32)
    shot = cv2.GaussianBlur(shot, (0, 0), .6).reshape(h, w, -1) * 1.9
    small = small + shot * lens.noise * (.35 + np.sqrt(np.clip(small, 0, 1)))
    srgb = _tone(small)
    soft = cv2.GaussianBlur(srgb, (0, 0), 1.2)
    srgb = np.clip(srgb + (srgb - soft) * .45, 0, 1)
    return np.round(srgb * 255).astype(np.uint8)


def _tone(linear: np.ndarray) -> np.ndarray:
    """Shoulder towards white, then display gamma."""
    x = np.maximum(linear, 0)
    x = np.where(x < .6, x, .6 + (1 - np.exp(-(x - .6) / .4)) * .4)
    return np.power(x, 1 / 2.2)


def _bloom(glare: np.ndarray, lens: Lens) -> np.ndarray:
    if not glare.any():
        return glare
    wide = cv2.resize(glare, (glare.shape[1] // 4, glare.shape[0] // 4), interpolation=cv2.INTER_AREA)
    out = cv2.GaussianBlur(glare, (0, 0), 5) * .25
    for sigma, share in ((5, .10), (14, .05), (34, .035)):
        out += cv2.resize(cv2.GaussianBlur(wide, (0, 0), sigma), (glare.shape[1], glare.shape[0]), interpolation=cv2.INTER_LINEAR) * share
    streak = cv2.GaussianBlur(wide, (0, 0), sigmaX=40, sigmaY=.8)
    return out * (lens.bloom / .05) + cv2.resize(streak, (glare.shape[1], glare.shape[0])) * .05


def _motion(picture: np.ndarray, px: float) -> np.ndarray:
    if px < .3:
        return picture
    n = int(math.ceil(px)) | 1
    kernel = np.zeros((n + 2, 1), np.float32)
    for t in np.linspace(-px / 2, px / 2, 33):
        at = (n + 1) / 2 + t
        lo = int(math.floor(at))
        kernel[lo, 0] += 1 - (at - lo)
        if lo + 1 < n + 2:
            kernel[lo + 1, 0] += at - lo
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def _rain(picture: np.ndarray, lens: Lens, rng: np.random.Generator) -> np.ndarray:
    """Streaks in the air, a milky veil and a few drops on the glass."""
    h, w = picture.shape[:2]
    streaks = np.zeros((h, w), np.float32)
    for _ in range(int(900 * lens.rain)):
        x, y, n = rng.uniform(0, w), rng.uniform(-40, h), rng.uniform(10, 46)
        tilt = rng.normal(.10, .02)
        line = np.array([[x, y], [x + n * tilt, y + n]])
        layer_strength = float(rng.uniform(.02, .11))
        cv2.polylines(streaks, [(line * 16).astype(np.int32)], False, layer_strength, 1, cv2.LINE_AA, 4)
    level = float(np.mean(picture)) if not lens.infrared else .5
    picture = picture * (1 - .10 * lens.rain) + level * .10 * lens.rain * (0 if lens.infrared else 1)
    picture = picture + (cv2.GaussianBlur(streaks, (0, 0), .5) * (level * 1.6))[..., None]
    for _ in range(int(7 * lens.rain)):
        x, y, r = int(rng.uniform(0, w)), int(rng.uniform(0, h * .55)), int(rng.uniform(9, 24))
        x0, y0, x1, y1 = max(0, x - r), max(0, y - r), min(w, x + r), min(h, y + r)
        yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        inside = np.clip(1.5 - np.hypot(xx - x, (yy - y) * .85) / r * 1.5, 0, 1)[..., None]
        region = picture[y0:y1, x0:x1]
        region += (cv2.GaussianBlur(region, (0, 0), 6)[::-1] * 1.08 - region) * inside * .8
    return picture


def stamp(picture: np.ndarray, left: str, right: str) -> np.ndarray:
    """On-screen text as cameras burn it in: name below left, time above right; white with a dark edge."""
    out = picture.astype(np.float32)
    h, w = out.shape[:2]
    for text, corner in ((left, "below"), (right, "above")):
        mask, _ = text_mask(text, 15, "dejavu-mono")
        mask = np.pad(mask, 3)
        x = 18 if corner == "below" else w - mask.shape[1] - 14
        y = h - mask.shape[0] - 8 if corner == "below" else 10
        edge = cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(np.float32)[..., None] / 255
        ink = mask.astype(np.float32)[..., None] / 255
        region = out[y:y + mask.shape[0], x:x + mask.shape[1]]
        region *= 1 - edge * .75
        region += (np.array([244, 244, 244], np.float32) - region) * ink
    return np.clip(np.round(out), 0, 255).astype(np.uint8)


def jpeg(picture: np.ndarray, quality: int) -> bytes:
    ok, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise RuntimeError("JPEG encoding failed")
    return data.tobytes()
