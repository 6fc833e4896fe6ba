"""Glyphs of the open faces in faces.json as masks, cut to their ink and kept: drawing a plate then only scales small pictures."""
from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .lettering import MissingFont

_DATA = json.loads((Path(__file__).parent / "faces.json").read_text())
FACES: dict[str, dict] = {f["name"]: f for f in _DATA["faces"]}
TRAINING_FACES = tuple(n for n, f in FACES.items() if not f.get("heldOut"))
HELD_OUT_FACES = tuple(n for n, f in FACES.items() if f.get("heldOut"))
CAP = 72  # px of a capital in the masks

_URDU_WORDS = ("پنجاب", "سندھ", "بلوچستان", "کوئٹہ", "کراچی", "لاہور", "ماشاءاللہ", "پاکستان", "حکومت", "ایمبولینس", "پولیس", "خان", "موٹرز", "اسلام آباد")


@lru_cache(maxsize=None)
def _font(file: str, package: str, size: int) -> ImageFont.FreeTypeFont:
    if not Path(file).is_file():
        raise MissingFont(f"{file} is missing; run: apt-get install -y {package}")
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=None)
def _size_for(face: str) -> int:
    f = FACES[face]
    box = _font(f["file"], f["package"], 200).getbbox("H")
    return max(8, round(CAP * 200 / max(1, box[3] - box[1])))


@lru_cache(maxsize=None)
def glyph(face: str, char: str) -> tuple[np.ndarray, float, float]:
    """Mask of one character's ink (uint8), its top relative to a capital's top, and its advance; all for capitals of CAP px."""
    f = FACES[face]
    font = _font(f["file"], f["package"], _size_for(face))
    left, top, right, bottom = font.getbbox(char)
    cap_top = font.getbbox("H")[1]
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)), 0)
    ImageDraw.Draw(image).text((-left, -top), char, font=font, fill=255)
    return np.asarray(image), float(top - cap_top), float(font.getlength(char))


@lru_cache(maxsize=512)
def word(face: str, text: str) -> np.ndarray:
    """Mask of a word in capitals of about CAP px, for captions."""
    f = FACES[face]
    font = _font(f["file"], f["package"], _size_for(face))
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)), 0)
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
    return np.asarray(image)


@lru_cache(maxsize=256)
def urdu_word(index: int) -> np.ndarray:
    """Mask of a word in Nastaliq or Naskh."""
    files = [f for f in _DATA["urdu"] if Path(f).is_file()]
    if not files:
        raise MissingFont(f"{_DATA['urdu'][0]} is missing; run: apt-get install -y fonts-noto-core")
    font = ImageFont.truetype(files[index % len(files)], 60)
    text = _URDU_WORDS[index % len(_URDU_WORDS)]
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)), 0)
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
    return np.asarray(image)
