"""Plates that follow no register of layouts: market-made, hand-painted, fancy and foreign ones.

Everything is chosen at random within what real plates do (size, colours, faces, lines, separators, captions, bands, bolts, frames), so
that a reader trained on them learns characters, not layouts. Lengths are px of the drawing, `WIDTH` wide."""
from __future__ import annotations

import cv2
import numpy as np

from .drawing import Drawing
from .faces import FACES, glyph, urdu_word, word, CAP

WIDTH = 288
LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
_PAIRS = (  # ground, ink, share; sRGB
    ("white", (236, 238, 236), (22, 22, 24), 34), ("yellow", (244, 188, 26), (22, 20, 18), 14), ("yellow", (240, 158, 30), (20, 20, 20), 5),
    ("black", (24, 24, 26), (232, 232, 228), 12), ("black", (20, 20, 22), (236, 190, 40), 2), ("green", (14, 110, 62), (236, 238, 232), 8),
    ("red", (190, 26, 30), (238, 238, 234), 4), ("blue", (28, 60, 140), (238, 238, 236), 4), ("white", (236, 238, 236), (26, 50, 130), 5),
    ("white", (236, 236, 232), (180, 24, 28), 4), ("white", (236, 238, 236), (18, 100, 60), 3), ("other", (168, 170, 172), (24, 24, 26), 4), ("other", (226, 206, 160), (40, 30, 24), 2),
)
_SHARES = np.array([p[3] for p in _PAIRS], float) / sum(p[3] for p in _PAIRS)
_CAPTIONS = ("PUNJAB", "SINDH", "KARACHI", "LAHORE", "ISLAMABAD", "ICT-ISLAMABAD", "BALOCHISTAN", "QUETTA", "PESHAWAR", "SWAT", "KPK", "PAKISTAN", "GOVT OF SINDH", "MUGHAL", "AL-HAJ MOTORS", "HONDA",
             "TOYOTA", "SUZUKI", "POLICE", "PRESS", "ADVOCATE", "DOCTOR", "CALIFORNIA", "TEXAS", "BRASIL", "SP - SAO PAULO", "GOIANIA", "IND", "OHIO", "www.motors.pk", "0300-1234567", "2013", "2019", "ET&NC")

_CODES = ("D", "F", "I", "SK", "PL", "CZ", "NL", "GB", "E", "A", "H", "BR", "IND", "PK", "RO")


def any_text(rng: np.random.Generator, length: int, letters: float = 0.45) -> str:
    """Characters without syntax, every letter and every digit alike often."""
    return "".join(LETTERS[rng.integers(26)] if rng.random() < letters else DIGITS[rng.integers(10)] for _ in range(length))


def _letters(rng: np.random.Generator, n: int) -> str:
    return "".join(LETTERS[i] for i in rng.integers(26, size=n))


def _digits(rng: np.random.Generator, n: int) -> str:
    return "".join(DIGITS[i] for i in rng.integers(10, size=n))


def _rows(rng: np.random.Generator, aspect: float) -> tuple[list[str], str]:
    """Text of each line with separators, and a raised year ('' = none) that stands at the end of the first."""
    shape, year = rng.random(), ""
    if aspect >= 2.7:
        if shape < 0.4:
            rows = [_letters(rng, rng.integers(1, 4)) + "- . "[rng.integers(4)] + _digits(rng, rng.integers(1, 5))]
        elif shape < 0.48:  # as in much of Europe, with a seal between
            rows = [_letters(rng, rng.integers(1, 4)) + "o -"[rng.integers(3)] + _digits(rng, rng.integers(2, 5)) + _letters(rng, rng.integers(0, 3))]
        elif shape < 0.55:
            rows = [_letters(rng, 2) + " "[:rng.integers(2)] + _digits(rng, 2) + " "[:rng.integers(2)] + _letters(rng, rng.integers(1, 3)) + " "[:rng.integers(2)] + _digits(rng, 4)]
        elif shape < 0.68:
            rows = [_letters(rng, 3) + "- "[rng.integers(2)] + _digits(rng, 4)]
        else:
            text = any_text(rng, int(rng.integers(4, 9)))
            cut = int(rng.integers(1, len(text)))
            rows = [text[:cut] + ("", " ", "-", "o")[rng.integers(4)] + text[cut:]]
        return rows, (f"{rng.integers(4, 26):02d}" if rng.random() < 0.06 else "")
    if shape < 0.37:
        rows = [_letters(rng, rng.integers(1, 4)), _digits(rng, rng.integers(1, 5))]
        if rng.random() < 0.3:
            year = f"{rng.integers(4, 26):02d}"
        if rng.random() < 0.12:
            rows[1] += ("", " ")[rng.integers(2)] + _letters(rng, 1)
    elif shape < 0.6:  # as on Vietnamese and Indian motorcycles
        rows = [_digits(rng, 2) + "-"[:rng.integers(2)] + _letters(rng, 1) + (_digits(rng, 1) if rng.random() < 0.7 else ""), _digits(rng, 3) + "."[:rng.integers(2)] + _digits(rng, rng.integers(1, 3))]
    elif shape < 0.68:
        rows = [_letters(rng, 2) + " " + _digits(rng, 2), _letters(rng, rng.integers(1, 3)) + " " + _digits(rng, 4)]
    elif shape < 0.9:
        rows = [_letters(rng, rng.integers(2, 4)) + "- "[rng.integers(2)] + _digits(rng, rng.integers(3, 5))] if rng.random() < 0.6 else [any_text(rng, int(rng.integers(4, 8)))]
    elif shape < 0.95:
        rows = [any_text(rng, int(rng.integers(2, 5))), any_text(rng, int(rng.integers(2, 6)))]
    else:
        rows = [_letters(rng, rng.integers(1, 4)), _digits(rng, rng.integers(2, 4)), any_text(rng, int(rng.integers(1, 4)))]
    return rows, year


class _Sheet:
    def __init__(self, rng: np.random.Generator, faces: tuple[str, ...]):
        self.rng = rng
        pair = _PAIRS[rng.choice(len(_PAIRS), p=_SHARES)]
        self.ground_name = pair[0]
        self.ground, self.ink = (np.clip(np.array(c, np.float32) + rng.normal(0, 9, 3), 4, 250).astype(np.float32) for c in pair[1:3])
        self.aspect = float(rng.choice([2.0, 2.13, 1.33, 1.47, 1.75, 3.1, 4.6, 2.5, 3.8], p=[.22, .1, .16, .1, .06, .1, .16, .05, .05]) * rng.uniform(0.93, 1.07))
        self.height = int(round(WIDTH / self.aspect))
        self.rgb = np.empty((self.height, WIDTH, 3), np.float32)
        self.rgb[:] = self.ground
        kind = "hand" if rng.random() < 0.07 else "fancy" if rng.random() < 0.16 else "plate"
        choices = [f for f in faces if FACES[f]["kind"] == kind] or list(faces)
        self.face = choices[rng.integers(len(choices))]
        self.found: list[tuple[str, tuple[float, float, float, float], int, bool]] = []

    def paint(self, mask: np.ndarray, x: float, y: float, colour, strength: float = 1.0) -> None:
        h, w = mask.shape
        x, y = int(round(x)), int(round(y))
        x0, y0, x1, y1 = max(0, x), max(0, y), min(WIDTH, x + w), min(self.height, y + h)
        if x1 <= x0 or y1 <= y0:
            return
        cut = mask[y0 - y:y1 - y, x0 - x:x1 - x].astype(np.float32)[..., None] * (strength / 255)
        view = self.rgb[y0:y1, x0:x1]
        view += (colour - view) * cut

    def ornaments(self, captions: float) -> tuple[float, float, float, float]:
        """Border, bands and captions; returns the box left for the mark (x0, y0, x1, y1)."""
        rng, h = self.rng, self.height
        x0, y0, x1, y1 = WIDTH * .03, h * .06, WIDTH * .97, h * .94
        if rng.random() < 0.4:
            inset, thick = rng.uniform(.008, .025) * WIDTH, max(1, int(rng.uniform(.006, .018) * WIDTH))
            cv2.rectangle(self.rgb, (int(inset), int(inset)), (int(WIDTH - inset), int(h - inset)), tuple(map(float, self.ink)), thick)
            x0, y0, x1, y1 = x0 + inset, y0 + inset, x1 - inset, y1 - inset
        if rng.random() < 0.2:
            band = WIDTH * rng.uniform(.07, .2)
            colour = [(20, 60, 150), (14, 120, 70), (96, 160, 214), (150, 30, 40)][rng.integers(4)]
            side = rng.random() < 0.85
            self.rgb[:, :int(band)] = colour if side else self.rgb[:, :int(band)]
            if side:
                self._emblem(band)
                if rng.random() < .7:
                    self.caption((band * .1, h * rng.uniform(.6, .72), band * .9, h * .9), (240, 240, 240), _CODES if rng.random() < .7 else _CAPTIONS)
                x0 = band + WIDTH * .02
        if rng.random() < captions:
            high = h * rng.uniform(.08, .17)
            self.caption((x0, y0, x1, y0 + high)) if rng.random() < 0.6 else self.caption((x0 + (x1 - x0) * rng.uniform(0, .5), y0, x1, y0 + high))
            y0 += high * 1.15
        if rng.random() < captions * .8:
            high = h * rng.uniform(.08, .17)
            self.caption((x0, y1 - high, x1, y1))
            y1 -= high * 1.15
        return x0, y0, x1, y1

    def _emblem(self, band: float) -> None:
        """On a band: a ring of stars, a flag, a few flowers or nothing."""
        rng, h = self.rng, self.height
        colour = (240.0, 220.0, 90.0) if rng.random() < .6 else (235.0, 236.0, 236.0)
        if rng.random() < .5:
            r, cx, cy = band * rng.uniform(.22, .38), band / 2, h * rng.uniform(.25, .4)
            for a in np.linspace(0, 2 * np.pi, 12, endpoint=False):
                cv2.circle(self.rgb, (int(cx + r * np.cos(a)), int(cy + r * np.sin(a))), max(1, int(r * .17)), colour, -1, cv2.LINE_AA)
        else:
            for _ in range(rng.integers(0, 8)):
                cv2.circle(self.rgb, (int(rng.uniform(.2, .8) * band), int(rng.uniform(.1, .6) * h)), int(rng.uniform(2, 7)), colour, -1, cv2.LINE_AA)

    def pictures(self) -> None:
        """Pale pictures and gradients under the mark, as on American plates."""
        rng, h = self.rng, self.height
        if rng.random() < .12:
            other = np.clip(self.ground + rng.normal(0, 45, 3), 40, 250)
            self.rgb += (other - self.rgb) * (np.linspace(0, rng.uniform(.4, 1), h, dtype=np.float32)[:, None, None] ** rng.uniform(.7, 3))
        if rng.random() < .12:
            for _ in range(int(rng.integers(1, 4))):
                colour = tuple(float(v) for v in self.ground + (rng.uniform(0, 255, 3) - self.ground) * rng.uniform(.1, .45))
                points = (np.array([rng.uniform(0, WIDTH), rng.uniform(0, h)]) + rng.normal(0, h * .3, (int(rng.integers(3, 8)), 2))).astype(np.int32)
                cv2.fillPoly(self.rgb, [cv2.convexHull(points)], colour, cv2.LINE_AA)

    def caption(self, box, colour=None, words=_CAPTIONS) -> None:
        rng = self.rng
        x0, y0, x1, y1 = box
        mask = urdu_word(int(rng.integers(60))) if rng.random() < 0.2 and words is _CAPTIONS else word(self.face if rng.random() < .4 else "liberation-bold", words[rng.integers(len(words))])
        scale = min((y1 - y0) / mask.shape[0], (x1 - x0) / mask.shape[1])
        w, h = max(2, int(mask.shape[1] * scale)), max(2, int(mask.shape[0] * scale))
        self.paint(cv2.resize(mask, (w, h), interpolation=cv2.INTER_AREA), x0 + (x1 - x0 - w) * rng.uniform(.2, .8), y0, self.ink if colour is None else np.array(colour, np.float32), rng.uniform(.6, 1))

    def line(self, text: str, box, index: int, style: dict, raised: bool = False) -> float:
        """Draws one line of the mark into a box; returns where it ends."""
        rng = self.rng
        x0, y0, x1, y1 = box
        cap = (y1 - y0) * style["fill"]
        glyphs = [(c, None if c in " .-o" else glyph(self.face, c)) for c in text]
        stretch = style["stretch"]
        gap = cap * style["gap"]
        widths = [cap * (.5 if c == "o" else .35 if c == "-" else .28) if g is None else g[0].shape[1] * cap / CAP * stretch for c, g in glyphs]
        total = sum(widths) + gap * (len(widths) - 1)
        squeeze = min(1.0, (x1 - x0) / total)
        cap *= min(1.0, squeeze / .62)  # a lower cap rather than unreadable slivers
        widths, gap = [w * squeeze for w in widths], gap * squeeze
        total = sum(widths) + gap * (len(widths) - 1)
        x = x0 + max(0.0, x1 - x0 - total) * style["align"]
        y = y0 + (y1 - y0 - cap) / 2
        for (c, g), w in zip(glyphs, widths):
            if g is None:
                self._separator(c, x, y, w, cap)
            else:
                self._character(c, g, x, y, w, cap, style, index, raised)
            x += w + gap
        return x

    def _separator(self, c: str, x: float, y: float, w: float, cap: float) -> None:
        if c == "-":
            self.paint(np.full((max(1, int(cap * .12)), max(1, int(w * .8))), 255, np.uint8), x + w * .1, y + cap * .44, self.ink)
        elif c == "o":
            for at in ((.3, .75) if self.rng.random() < .5 else (.5,)):
                colour = tuple(float(v) for v in self.rng.uniform(20, 245, 3)) if self.rng.random() < .7 else tuple(map(float, self.ink))
                cv2.circle(self.rgb, (int(x + w / 2), int(y + cap * at)), max(2, int(cap * self.rng.uniform(.14, .22))), colour, -1 if self.rng.random() < .7 else 2, cv2.LINE_AA)
        elif c == ".":
            r = max(1, int(cap * .07))
            at = (int(x + w / 2), int(y + cap * (.5 if self.rng.random() < .5 else .95)))
            cv2.circle(self.rgb, at, r, tuple(map(float, self.ink)), -1, cv2.LINE_AA)

    def _character(self, c: str, g, x: float, y: float, w: float, cap: float, style: dict, index: int, raised: bool) -> None:
        rng = self.rng
        mask, top, _ = g
        h = max(3, int(round(mask.shape[0] * cap / CAP)))
        m = cv2.resize(mask, (max(2, int(round(w))), h), interpolation=cv2.INTER_AREA)
        dy = top * cap / CAP
        if style["hand"]:
            jx, jy, angle = rng.normal(0, .03 * cap), rng.normal(0, .03 * cap), rng.normal(0, 3.5)
            m = cv2.copyMakeBorder(m, 4, 4, 4, 4, cv2.BORDER_CONSTANT)
            m = cv2.warpAffine(m, cv2.getRotationMatrix2D((m.shape[1] / 2, m.shape[0] / 2), angle, rng.uniform(.94, 1.08)), (m.shape[1], m.shape[0]))
            x, dy = x + jx - 4, dy + jy - 4
        if style["weight"]:
            kernel = np.ones((3, 3), np.uint8)
            m = cv2.dilate(m, kernel) if style["weight"] > 0 else cv2.erode(m, kernel)
        if style["relief"]:
            self.paint(m, x + 1.2, y + dy + 1.2, self.ink * .3 if self.ink.mean() > 128 else self.ground * .55, .8)
        if style["outline"]:
            self.paint(cv2.dilate(m, np.ones((5, 5), np.uint8)), x, y + dy, np.array(style["outline"], np.float32))
        self.paint(m, x, y + dy, self.ink, style["strength"])
        self.found.append((c, (x, y + dy, x + m.shape[1], y + dy + m.shape[0]), index, raised))

    def bolts(self) -> None:
        rng = self.rng
        n = int(rng.integers(0, 5))
        for _ in range(n):
            at = (int(rng.uniform(.08, .92) * WIDTH), int((rng.uniform(.04, .2) if rng.random() < .6 else rng.uniform(.04, .96)) * self.height))
            r = int(rng.uniform(.012, .026) * WIDTH)
            metal = rng.uniform(40, 220)
            cv2.circle(self.rgb, (at[0] + 1, at[1] + 1), r + 1, (40.0, 38.0, 36.0), -1, cv2.LINE_AA)
            cv2.circle(self.rgb, at, r, (metal, metal * .97, metal * .92), -1, cv2.LINE_AA)
            cv2.circle(self.rgb, (at[0] - r // 3, at[1] - r // 3), max(1, r // 3), (min(255.0, metal + 50),) * 3, -1, cv2.LINE_AA)


def _style(rng: np.random.Generator, face: str) -> dict:
    hand = FACES[face]["kind"] == "hand" or rng.random() < .08
    return {"fill": rng.uniform(.72, .98), "stretch": float(np.exp(rng.normal(-.05, .16))), "gap": rng.uniform(.03, .3), "align": [.5, 0.02, .5, .9][rng.integers(4)], "hand": hand,
            "weight": int(rng.choice([-1, 0, 1], p=[.1, .7, .2])), "relief": rng.random() < .25, "outline": (230, 200, 40) if rng.random() < .03 else None, "strength": rng.uniform(.8, 1)}


def draw_free_plate(seed: int, faces: tuple[str, ...]) -> Drawing:
    """One plate of no known layout. The same seed and faces give the same pixels."""
    rng = np.random.default_rng([seed, 0xF4EE])
    s = _Sheet(rng, faces)
    rows, year = _rows(rng, s.aspect)
    s.pictures()
    x0, y0, x1, y1 = s.ornaments(0.5 if len(rows) < 3 else 0.15)
    style = _style(rng, s.face)
    gap = (y1 - y0) * rng.uniform(.03, .12) if len(rows) > 1 else 0
    high = (y1 - y0 - gap * (len(rows) - 1)) / len(rows)
    first = high * rng.uniform(.72, 1.0) if len(rows) == 2 and rng.random() < .35 else high
    tops, y = [], y0
    for i in range(len(rows)):
        tall = first if i == 0 else (y1 - y - gap * (len(rows) - 1 - i)) / (len(rows) - i)
        tops.append((y, y + tall))
        y += tall + gap
    for i, row in enumerate(rows):
        right = x1
        if year and i == 0:
            right = x1 - (x1 - x0) * rng.uniform(.16, .26)
        end = s.line(row, (x0, tops[i][0], right, tops[i][1]), i, style)
        if year and i == 0:
            tall, (a, b) = rng.uniform(.42, .7), tops[0]
            left = max(end, right - (x1 - x0) * .1) if rng.random() < .6 else min(end + (x1 - x0) * .02, right)
            at = a + (b - a) * rng.uniform(0, 1 - tall) * rng.uniform(0, 1)
            s.line(year, (left, at, x1, at + (b - a) * tall), 0, {**style, "fill": .95, "align": [.0, .5, 1.][rng.integers(3)], "gap": rng.uniform(.05, .25)}, raised=True)
    s.bolts()
    return _finish(s, rows, year)


def _finish(s: _Sheet, rows: list[str], year: str) -> Drawing:
    found = s.found
    if len(rows) == 1 and year:  # the year stands right of the number but is read before it
        plain, small = [f for f in found if not f[3]], [f for f in found if f[3]]
        cut = next((i for i, f in enumerate(plain) if f[0].isdigit()), len(plain))
        found = plain[:cut] + small + plain[cut:]
    alpha = np.full(s.rgb.shape[:2], 255, np.uint8)
    return Drawing(np.clip(s.rgb, 0, 255).astype(np.uint8), alpha, "".join(f[0] for f in found), np.array([f[1] for f in found], np.float32).reshape(-1, 4), np.array([f[2] for f in found], np.int64),
                   np.array([f[3] for f in found], bool), len(rows), s.ground_name, None, None, "free")
