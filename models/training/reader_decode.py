"""The reader's maps to text: local maxima of presence, put in lines. The product's decoder (TypeScript) follows the same rules; this one
serves training and measuring."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reader_net import ALPHABET, CELL_HIGH, CELL_WIDE, CLASSES, LINE, OFFSET, PRESENCE, RAISED, SIZE


@dataclass
class FoundCharacter:
    char: str
    presence: float
    probabilities: np.ndarray
    x: float
    y: float
    w: float
    h: float
    line: float
    raised: float


def _sigmoid(v: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(v, -40, 40)))


LEAST_PRESENCE, FAINTEST = 0.5, 0.05  # a character; what may be one too, and is doubt in the rest


def find_characters(maps: np.ndarray, least: float = LEAST_PRESENCE) -> list[FoundCharacter]:
    """`maps` [45, h, w] as the network gives it. Of two maxima that lie on one character the weaker goes."""
    presence = _sigmoid(maps[PRESENCE][0])
    h, w = presence.shape
    padded = np.pad(presence, 1)
    around = np.max([padded[1 + dy:1 + dy + h, 1 + dx:1 + dx + w] for dy in (-1, 0, 1) for dx in (-1, 0, 1)], axis=0)
    found = []
    for row, col in zip(*np.nonzero((presence >= least) & (presence >= around))):
        v = maps[:, row, col].astype(np.float64)
        e = np.exp(v[CLASSES] - v[CLASSES].max())
        p = e / e.sum()
        lines = np.exp(v[LINE] - v[LINE].max())
        lines /= lines.sum()
        size = np.exp(np.clip(v[SIZE], -4, 4)) * 16
        found.append(FoundCharacter(ALPHABET[int(p.argmax())], float(presence[row, col]), p, (col + .5 + v[OFFSET][0]) * CELL_WIDE, (row + .5 + v[OFFSET][1]) * CELL_HIGH, *size,
                                    float(lines @ [0, 1, 2]), float(_sigmoid(v[RAISED][0]))))
    found.sort(key=lambda c: -c.presence)
    kept: list[FoundCharacter] = []
    for c in found:
        if all(abs(c.x - k.x) > .45 * min(c.w, k.w) or abs(c.y - k.y) > .5 * min(c.h, k.h) for k in kept):
            kept.append(c)
    return kept


def in_reading_order(found: list[FoundCharacter]) -> list[FoundCharacter]:
    """By line, then from left to right; a raised year of a one-line plate goes before the number."""
    ordered = sorted(found, key=lambda c: (round(c.line), c.x))
    if len({round(c.line) for c in found}) == 1 and any(c.raised > .5 for c in found):
        plain, small = [c for c in ordered if c.raised <= .5], [c for c in ordered if c.raised > .5]
        cut = next((i for i, c in enumerate(plain) if c.char.isdigit()), len(plain))
        if small[0].x > plain[-1].x if plain else False:
            return plain[:cut] + small + plain[cut:]
    return ordered


CHANGE_IS_RARER = 0.35  # as letters-and-digits.ts has it
_LETTER = np.array([c > "9" for c in ALPHABET])


def weighed_by_neighbours(row: list[FoundCharacter]) -> None:
    """Weighs in that letters stand beside letters and digits beside digits: forward-backward on a chain of two states."""
    if not row:
        return
    kinds = np.array([[c.probabilities[_LETTER].sum(), c.probabilities[~_LETTER].sum()] for c in row])

    def passed_on(kinds: np.ndarray) -> np.ndarray:
        out, here = [], np.array([.5, .5])
        for kind in kinds:
            out.append(here)
            here = here * kind
            here = (here + CHANGE_IS_RARER * here[::-1]) / (here.sum() * (1 + CHANGE_IS_RARER))
        return np.array(out)

    weights = passed_on(kinds) * passed_on(kinds[::-1])[::-1]
    for c, (letter, digit) in zip(row, weights):
        p = c.probabilities * np.where(_LETTER, letter, digit)
        c.probabilities = p / p.sum()
        c.char = ALPHABET[int(p.argmax())]


def read_text(maps: np.ndarray) -> tuple[str, float]:
    """The text, and the belief in it: product of its characters' beliefs and of there being no others."""
    found = find_characters(maps, FAINTEST)
    chars = in_reading_order([c for c in found if c.presence >= LEAST_PRESENCE])
    if not chars:
        return "", 0.0
    for line in {round(c.line) for c in chars}:
        weighed_by_neighbours([c for c in chars if round(c.line) == line and c.raised <= .5])
    others = np.prod([1 - c.presence for c in found if c.presence < LEAST_PRESENCE])
    return "".join(c.char for c in chars), float(np.prod([c.presence * c.probabilities.max() for c in chars]) * others)
