"""Registration plates as pictures: a layout (data in layouts.json) plus a mark gives pixels and the truth about them.

A layout is a list of parts; each part is a function registered under its name, so that a new jurisdiction is data and a new
ornament is one function. Lengths are mm on the plate; colours are sRGB 0..255; the random generator decides wear only, never text."""
from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Callable

import cv2
import numpy as np

from .lettering import text_mask
from .noise import cloud

_DATA = json.loads((Path(__file__).parent / "layouts.json").read_text())
COLOURS: dict[str, tuple[int, int, int]] = {name: tuple(rgb) for name, rgb in _DATA["colours"].items()}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class PlateSpec:
    """What stands on a plate and how it has aged. `wear` 0 (new) .. 1 (very dirty)."""
    layout: str
    letters: str = ""
    number: str = ""
    year: str = ""
    suffix: str = ""
    district: str = ""
    emboss: str = "2014"
    wear: float = 0.2

    @property
    def text(self) -> str:
        """Characters of the mark in reading order, separators dropped."""
        return self.letters + self.year + self.number + self.suffix

    @property
    def mark(self) -> str:
        """Written form: LEC-13-8447, BCS-036."""
        if not self.letters:
            return ""
        return "-".join(p for p in (self.letters, self.year, self.number + self.suffix) if p)


@dataclass
class PlateImage:
    """RGB pixels of a plate seen straight on, `scale` px per mm, and every mark character's box in mm (x, y, w, h)."""
    rgb: np.ndarray
    alpha: np.ndarray
    scale: float
    size_mm: tuple[float, float]
    characters: list[tuple[str, str, tuple[float, float, float, float]]] = field(default_factory=list)


@lru_cache(maxsize=None)
def layout(name: str) -> dict:
    """A layout with its base merged in. KeyError names an unknown one."""
    raw = _DATA["layouts"][name]
    if "base" not in raw:
        return raw
    base = layout(raw["base"])
    parts = [{"name": p["name"], **raw.get("replace", {})[p["name"]]} if p["name"] in raw.get("replace", {}) else p for p in base["parts"]]
    return {**base, **{k: v for k, v in raw.items() if k not in ("base", "replace")}, "parts": parts}


def layout_names() -> list[str]:
    return list(_DATA["layouts"])


class _Canvas:
    """Albedo and relief while a plate is being put together."""

    def __init__(self, spec: PlateSpec, rng: np.random.Generator, scale: float):
        self.spec, self.rng, self.scale = spec, rng, scale
        self.data = layout(spec.layout)
        self.width, self.height = self.data["size"]
        self.shape = (int(round(self.height * scale)), int(round(self.width * scale)))
        self.rgb = np.empty((*self.shape, 3), np.float32)
        self.relief = np.zeros(self.shape, np.float32)
        self.alpha = np.zeros(self.shape, np.float32)
        self.characters: list[tuple[str, str, tuple[float, float, float, float]]] = []
        self.ink = np.array(COLOURS[self.data["ink"]], np.float32)

    def px(self, box) -> tuple[int, int, int, int]:
        x, y, w, h = (v * self.scale for v in box)
        return int(round(x)), int(round(y)), int(round(w)), int(round(h))

    def paint(self, mask: np.ndarray, x: int, y: int, colour, strength: float = 1.0, relief: float = 0.0) -> None:
        """Blend a colour through a mask (uint8) placed at (x, y), clipped to the plate."""
        h, w = mask.shape
        x0, y0, x1, y1 = max(0, x), max(0, y), min(self.shape[1], x + w), min(self.shape[0], y + h)
        if x1 <= x0 or y1 <= y0:
            return
        cut = mask[y0 - y:y1 - y, x0 - x:x1 - x].astype(np.float32) / 255 * strength
        view = self.rgb[y0:y1, x0:x1]
        view += (np.asarray(colour, np.float32) - view) * cut[..., None]
        self.relief[y0:y1, x0:x1] += cut * relief

    def fill(self) -> dict:
        s = self.spec
        return {"letters": s.letters, "number": s.number, "year": s.year, "suffix": s.suffix, "district": s.district, "emboss": s.emboss}


_PARTS: dict[str, Callable[[_Canvas, dict], None]] = {}


def part(name: str):
    """Register a part's painter under the name that layouts use."""
    def register(painter: Callable[[_Canvas, dict], None]):
        _PARTS[name] = painter
        return painter
    return register


def _rounded_mask(shape: tuple[int, int], inset: float, radius: float) -> np.ndarray:
    h, w = shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    dx = np.maximum(np.abs(x + 0.5 - w / 2) - (w / 2 - inset - radius), 0)
    dy = np.maximum(np.abs(y + 0.5 - h / 2) - (h / 2 - inset - radius), 0)
    return np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1)


@part("ground")
def _ground(c: _Canvas, p: dict) -> None:
    c.rgb[:] = COLOURS[c.data["ground"]]
    c.alpha = _rounded_mask(c.shape, 0.5, 9 * c.scale)


@part("rim")
def _rim(c: _Canvas, p: dict) -> None:
    """Raised border pressed into the sheet, its crest in the ink's colour."""
    outer = _rounded_mask(c.shape, 3.0 * c.scale, 8 * c.scale)
    inner = _rounded_mask(c.shape, 5.6 * c.scale, 6 * c.scale)
    ring = np.clip(outer - inner, 0, 1)
    c.paint((ring * 255).astype(np.uint8), 0, 0, c.ink, p.get("strength", 0.8), 0.9)


@part("band")
def _band(c: _Canvas, p: dict) -> None:
    width = int(round(p["width"] * c.scale))
    c.paint(np.full((c.shape[0], width), 255, np.uint8), 0, 0, COLOURS[p["colour"]])


@part("caption")
def _caption(c: _Canvas, p: dict) -> None:
    """Words that are not the mark, centred in their box and shrunk to fit it."""
    text = p["text"].format(**c.fill())
    if not text:
        return
    x, y, w, h = c.px(p["box"])
    mask, _ = text_mask(text, h, p["face"], 0.15)
    if mask.shape[1] > w:
        mask = cv2.resize(mask, (max(1, w), mask.shape[0]), interpolation=cv2.INTER_AREA)
    colour = COLOURS[p["colour"]] if "colour" in p else c.ink
    c.paint(mask, x + (w - mask.shape[1]) // 2, y - 1, colour, p.get("strength", 0.95), 0.2)


@part("mark")
def _mark(c: _Canvas, p: dict) -> None:
    """Characters of the mark. `width` stretches glyphs; text wider than its box is narrowed to it."""
    fields = c.fill()
    text = p["text"].format(**fields)
    if not text.strip(" -"):
        return
    x, y, w, h = c.px(p["box"])
    width = p.get("width", 1.0)
    mask, boxes = text_mask(text, h, p["face"], p.get("weight", 0.14), width, p.get("gap"))
    for _ in range(3):  # strokes keep their thickness while glyphs narrow, so one step does not reach the box
        if mask.shape[1] <= w:
            break
        width *= 0.98 * w / mask.shape[1]
        mask, boxes = text_mask(text, h, p["face"], p.get("weight", 0.14), width, p.get("gap"))
    left = {"left": x, "centre": x + (w - mask.shape[1]) // 2, "right": x + w - mask.shape[1]}[p.get("align", "centre")]
    c.paint(mask, left, y - 1, c.ink, p.get("strength", 0.97), 1.0)
    name = p["text"].split("}")[0].strip("{")
    for char, (a, b) in zip(text, boxes):
        if char in ALPHABET:
            c.characters.append((char, name, ((left + a) / c.scale, y / c.scale, (b - a) / c.scale, h / c.scale)))


@part("dash")
def _dash(c: _Canvas, p: dict) -> None:
    x, y, w, h = c.px(p["box"])
    if c.spec.year:
        c.paint(np.full((h, w), 255, np.uint8), x, y, c.ink, 0.95, 0.8)


@part("bolts")
def _bolts(c: _Canvas, p: dict) -> None:
    """Bolt heads with washer, rust and a highlight; their places wander by a few mm."""
    for bx, by in p["at"]:
        x, y = bx + c.rng.uniform(-3, 3), by + c.rng.uniform(-2, 2)
        r = c.rng.uniform(4.0, 5.4) * c.scale
        size = int(r * 3)
        yy, xx = np.mgrid[-size:size + 1, -size:size + 1].astype(np.float32)
        d = np.hypot(xx, yy)
        cx, cy = int(round(x * c.scale)) - size, int(round(y * c.scale)) - size
        rust = c.rng.uniform(0, 1)
        metal = np.array([150, 148, 142]) * (1 - 0.5 * rust) + np.array([110, 74, 48]) * 0.4 * rust
        if p.get("dark"):  # a bare hole, or a bolt gone black
            metal = metal * 0.35
        c.paint((np.clip(r * 1.25 + 0.5 - d, 0, 1) * 255).astype(np.uint8), cx + 1, cy + 2, (30, 28, 26), 0.35)
        c.paint((np.clip(r + 0.5 - d, 0, 1) * 255).astype(np.uint8), cx, cy, metal, 1.0, 0.8)
        if not p.get("dark"):
            c.paint((np.clip(r * 0.45 + 0.5 - np.hypot(xx + r * 0.3, yy + r * 0.3), 0, 1) * 255).astype(np.uint8), cx, cy, (236, 234, 228), 0.6)
        if rust > 0.55:
            c.paint((np.exp(-(xx / r) ** 2) * np.clip(yy / size, 0, 1) * np.clip(1 - yy / size, 0, 1) * 255).astype(np.uint8), cx, cy, (120, 80, 50), 0.8)


@part("flowers")
def _flowers(c: _Canvas, p: dict) -> None:
    """The Punjab band's bunch: stems from one foot, ears of wheat and cotton bolls."""
    x, y, w, h = (v * c.scale for v in p["box"])
    rng = np.random.default_rng(7)  # the same bunch on every plate, as printed
    foot = (x + w * 0.52, y + h)
    for i in range(13):
        tip = (x + w * (0.08 + 0.84 * (i / 12)), y + h * (0.06 + 0.5 * rng.random() + 0.2 * abs(i / 12 - 0.5)))
        mask = np.zeros(c.shape, np.uint8)
        knee = (foot[0] * 0.6 + tip[0] * 0.4, foot[1] * 0.4 + tip[1] * 0.6)
        line = np.array([foot, knee, tip]) * 16
        cv2.polylines(mask, [line.astype(np.int32)], False, 255, max(1, int(0.9 * c.scale)), cv2.LINE_AA, 4)
        c.paint(mask, 0, 0, (212, 200, 96), 0.8)
        mask = np.zeros(c.shape, np.uint8)
        angle = math.degrees(math.atan2(tip[1] - knee[1], tip[0] - knee[0]))
        big = i % 3 == 1
        axes = (int((6.4 if big else 7.5) * c.scale), int((4.2 if big else 2.6) * c.scale))
        cv2.ellipse(mask, (int(tip[0]), int(tip[1])), axes, angle, 0, 360, 255, -1, cv2.LINE_AA)
        c.paint(mask, 0, 0, (236, 238, 232) if big else (238, 186, 36), 0.95, 0.1)


@part("crest")
def _crest(c: _Canvas, p: dict) -> None:
    """A round seal: ring, star and crescent, wreath; too small on a plate to show more."""
    x, y, w, h = (v * c.scale for v in p["box"])
    cx, cy, r = x + w / 2, y + h / 2, min(w, h) / 2
    yy, xx = np.mgrid[0:c.shape[0], 0:c.shape[1]].astype(np.float32)
    d = np.hypot(xx - cx, yy - cy)
    colour = (40, 96, 60) if c.data["ink"] == "black" else (210, 220, 210)
    c.paint((np.clip(r - d + 0.5, 0, 1) * 255).astype(np.uint8), 0, 0, colour, 0.75)
    c.paint((np.clip(1.2 - np.abs(d - r * 0.78) / (0.7 * c.scale), 0, 1) * 255).astype(np.uint8), 0, 0, (230, 232, 226), 0.7)
    moon = (d < r * 0.5) & (np.hypot(xx - cx - r * 0.18, yy - cy - r * 0.1) > r * 0.42)
    c.paint((moon * 255).astype(np.uint8), 0, 0, (235, 236, 230), 0.9)


@part("mosque")
def _mosque(c: _Canvas, p: dict) -> None:
    """Tent roof between four minarets, white on the Islamabad band."""
    x, y, w, h = (v * c.scale for v in p["box"])
    mask = np.zeros(c.shape, np.uint8)
    roof = np.array([[x + w * 0.14, y + h], [x + w * 0.5, y + h * 0.3], [x + w * 0.86, y + h]])
    cv2.fillPoly(mask, [(roof * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    for at in (0.04, 0.28, 0.72, 0.96):
        top = y + (0.0 if at in (0.04, 0.96) else h * 0.16)
        line = np.array([[x + w * at, top], [x + w * at, y + h]])
        cv2.polylines(mask, [(line * 16).astype(np.int32)], False, 255, max(1, int(1.6 * c.scale)), cv2.LINE_AA, 4)
    c.paint(mask, 0, 0, (246, 248, 250), 0.95)


@part("ajrak")
def _ajrak(c: _Canvas, p: dict) -> None:
    """Block-print band of Sindh's newer plates: crimson and indigo tiles with white dots."""
    width, height = int(round(p["width"] * c.scale)), c.shape[0]
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32) / c.scale
    tile = 15.2
    u, v = (xx % tile) / tile - 0.5, (yy % tile) / tile - 0.5
    d = np.hypot(u, v)
    band = np.empty((height, width, 3), np.float32)
    band[:] = (132, 24, 34)
    band[np.abs(u) + np.abs(v) < 0.42] = (26, 34, 84)
    band[np.abs(d - 0.24) < 0.035] = (232, 226, 214)
    band[d < 0.1] = (176, 34, 40)
    band[np.maximum(np.abs(u), np.abs(v)) > 0.455] = (20, 22, 40)
    c.rgb[:, :width] = band


def _same_on_every_plate(p: dict) -> bool:
    return p["part"] in ("ground", "band", "flowers", "crest", "mosque", "ajrak", "rim") or (p["part"] == "caption" and "{" not in p["text"])


@lru_cache(maxsize=512)
def _blank(name: str, scale: float) -> _Canvas:
    """The layout without what differs from plate to plate; drawn once, because ornaments cost most of the time."""
    c = _Canvas(PlateSpec(name), np.random.default_rng(0), scale)
    for p in c.data["parts"]:
        if _same_on_every_plate(p):
            _PARTS[p["part"]](c, p)
    return c


def render_plate(spec: PlateSpec, seed: int, scale: float = 3.0) -> PlateImage:
    """Draw one plate straight on. The same spec, seed and scale give the same pixels."""
    rng = np.random.default_rng([seed, 0x91A7])
    c = _Canvas(spec, rng, scale)
    blank = _blank(spec.layout, scale)
    c.rgb, c.relief, c.alpha = blank.rgb.copy(), blank.relief.copy(), blank.alpha
    for p in c.data["parts"]:
        if not _same_on_every_plate(p):
            _PARTS[p["part"]](c, p)
    _press(c)
    _wear(c, rng)
    return PlateImage(np.clip(c.rgb, 0, 255).astype(np.uint8), (c.alpha * 255).astype(np.uint8), scale, (c.width, c.height), c.characters)


def _press(c: _Canvas) -> None:
    """Embossing: what is raised catches light on its upper left edge and shades on its lower right."""
    soft = cv2.GaussianBlur(c.relief, (0, 0), max(0.5, 0.8 * c.scale))
    gx = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3)
    gy = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    c.rgb += np.clip((gx * 0.5 + gy) * 16, -26, 26)[..., None]


def _wear(c: _Canvas, rng: np.random.Generator) -> None:
    """Fading, dust that gathers below and at the rim, mud spatters, small scratches; amount from `spec.wear`."""
    wear = c.spec.wear
    h, w = c.shape
    dust = cloud(rng, (h, w), 40 * c.scale, 4)
    shade = cv2.resize(rng.random((3, 4), dtype=np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
    fall = np.linspace(0.15, 1.0, h, dtype=np.float32)[:, None] ** 2
    amount = np.clip((dust - 0.35) * 1.3 + fall * 0.5, 0, 1) * wear * 0.75
    c.rgb += (np.array([168, 150, 122], np.float32) - c.rgb) * amount[..., None]
    c.rgb *= (1 - 0.12 * wear * shade)[..., None]
    for _ in range(int(wear * 26)):
        x, y, r = rng.integers(0, w), rng.integers(int(h * 0.3), h), rng.uniform(0.5, 2.2) * c.scale
        cv2.circle(c.rgb, (int(x), int(y)), max(1, int(r)), (118, 100, 76), -1, cv2.LINE_AA)
