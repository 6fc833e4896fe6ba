"""Plates of the known layouts as the street has them: the register's layout with the maker's liberties (another face, other weights and
gaps, parts a little elsewhere, bolts anywhere, over the year too) and with text that follows the series or no syntax at all."""
from __future__ import annotations

import copy
from functools import lru_cache

import numpy as np

from . import plate
from .drawing import Drawing
from .faces import FACES as ALL_FACES
from .free_plate import any_text
from .lettering import FACES as LAYOUT_FACES

LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
VARIANTS = 32  # of each layout; each keeps its own drawn ground, which is what costs
SCALE = 0.9  # px per mm: a car's plate is 275 px wide
_GROUND = {"white": "white", "yellow": "yellow", "amber": "yellow", "black": "black", "red": "red", "sky-blue": "blue"}
_SHARE = {"pb-2006": 42, "pb-2006-commercial": 8, "pb-2006-government": 4, "pb-2020": 8, "pb-2020-motorcycle": 5, "sd-1996": 16, "sd-1996-commercial": 4, "sd-motorcycle": 4, "sd-2022": 4,
          "is-2018": 6, "kp-private": 4, "kp-commercial": 3, "ba-private": 7, "ba-government": 2, "ba-motorcycle": 3, "ba-rickshaw": 3, "applied-for": 1.5}
_NAMES = tuple(_SHARE)
_SHARES = np.array([_SHARE[n] for n in _NAMES]) / sum(_SHARE.values())
_DISTRICTS = ("QUETTA", "SWAT", "PESHAWAR", "MARDAN", "KOHAT", "BANNU", "PISHIN", "ZHOB", "SIBI", "GWADAR", "TURBAT", "KHUZDAR", "CHAMAN", "LORALAI", "HUB", "ABBOTTABAD", "")

for name, face in ALL_FACES.items():
    LAYOUT_FACES.setdefault(name, (face["file"], face["package"]))


@lru_cache(maxsize=None)
def _variant(name: str, number: int, faces: tuple[str, ...]) -> str:
    """Registers a variant of a layout and returns its name. Number 0 is the layout as it is written."""
    key = f"{name}~{number}~{len(faces)}"
    if number == 0 and name != "applied-for":
        return name
    rng = np.random.default_rng([number, sum(name.encode()), 0x5EED])
    data = copy.deepcopy(plate.layout(name))
    if name == "applied-for":  # words, but what the reader shall read all the same
        for p, field in zip((p for p in data["parts"] if p["part"] == "caption"), ("{letters}", "{number}")):
            p.update(part="mark", text=field)
    sober = [f for f in faces if ALL_FACES[f]["kind"] == "plate"]
    face = "die" if rng.random() < 0.45 else sober[rng.integers(len(sober))]
    dx, dy = rng.normal(0, 4), rng.normal(0, 3)
    stretch, weight, gap = rng.uniform(.84, 1.16), rng.uniform(.1, .17), rng.uniform(.6, 1.6)
    for p in data["parts"]:
        if p["part"] == "mark":
            x, y, w, h = p["box"]
            grow = rng.uniform(.92, 1.08)
            p["box"] = [x + dx + rng.normal(0, 2), y + dy + rng.normal(0, 1.5), w, h * grow]
            p.update(face=face, weight=weight, width=p.get("width", 1.0) * stretch)
            if face == "die" and "gap" in p:
                p["gap"] *= gap
        elif p["part"] == "dash" and rng.random() < .4:  # a dot
            x, y, w, h = p["box"]
            p["box"] = [x + w / 3 + rng.normal(0, 2), y + rng.normal(0, 2), h, h]
        elif p["part"] in ("caption", "dash", "crest", "flowers", "mosque"):
            p["box"] = [p["box"][0] + rng.normal(0, 3), p["box"][1] + rng.normal(0, 2), *p["box"][2:]]
        elif p["part"] == "bolts":
            p["at"] = [[x + rng.normal(0, 8), y + rng.normal(0, 5)] for x, y in p["at"]]
            if rng.random() < .35:
                p["at"] += [[rng.uniform(20, data["size"][0] - 20), rng.uniform(10, data["size"][1] - 10)]]
            if rng.random() < .2:
                p["at"] = []
    year = next((p for p in data["parts"] if p["name"] == "year"), None)
    bolts = next((p for p in data["parts"] if p["part"] == "bolts"), None)
    if year:
        _year_of_its_own(rng, year, next(p for p in data["parts"] if p["name"] == "dash"))
    if bolts:
        bolts["dark"] = bool(rng.random() < .4)
    if year and bolts and rng.random() < .5:  # the right bolt sits on the year of many real plates
        x, y, w, h = year["box"]
        bolts["at"] = bolts["at"][:1] + [[x + rng.uniform(.1, .7) * w, y + rng.uniform(-.1, .9) * h]]
    if rng.random() < .25:
        data["parts"] = [p for p in data["parts"] if p["part"] != "rim"]
    if rng.random() < .15:
        data["parts"] = [p for p in data["parts"] if p["name"] not in ("dash", "crest")]
    plate._DATA["layouts"][key] = data
    return key


def _year_of_its_own(rng: np.random.Generator, year: dict, dash: dict) -> None:
    """The year of real plates is printed by another die: thinner, narrower, paler, a little lower, beside a short thick dash."""
    x, y, _, _ = year["box"]
    high = rng.uniform(33, 45)
    year.update(box=[x + rng.normal(0, 3), y + rng.uniform(-6, 9), 42, high], weight=rng.uniform(.07, .14), width=rng.uniform(.62, 1.0), gap=rng.uniform(1.6, 3.8), strength=rng.uniform(.55, .97))
    if rng.random() < .6:
        year["face"] = "die"
    if dash["box"][2] > dash["box"][3]:
        dash["box"] = [dash["box"][0] + rng.normal(0, 4), dash["box"][1] + rng.normal(0, 3), rng.uniform(11, 17), rng.uniform(6, 11)]


def _text(rng: np.random.Generator, name: str) -> dict:
    """Letters, number, year and suffix; a third without any syntax."""
    data = plate.layout(name)
    if rng.random() < .3:
        letters, number = any_text(rng, int(rng.integers(1, 4)), .7), any_text(rng, int(rng.integers(1, 5)), .3)
    else:
        letters = "".join(LETTERS[i] for i in rng.integers(26, size=rng.choice([1, 2, 3], p=[.12, .25, .63])))
        number = "".join(DIGITS[i] for i in rng.integers(10, size=rng.choice([1, 2, 3, 4], p=[.05, .08, .4, .47])))
    if data["lines"] == 1:
        number = number[:3] if len(letters) == 3 and rng.random() < .8 else number
    printed = "".join(p.get("text", "") for p in data["parts"])
    year = f"{rng.integers(4, 22):02d}" if "{year}" in printed and rng.random() < .8 else ""
    if year and rng.random() < .15:
        year = f"{rng.integers(0, 100):02d}"
    suffix = LETTERS[rng.integers(26)] if "{suffix}" in printed and len(number) < 5 and rng.random() < .1 else ""
    return {"letters": letters, "number": number, "year": year, "suffix": suffix, "district": _DISTRICTS[rng.integers(len(_DISTRICTS))], "emboss": str(rng.integers(1998, 2020))}


def draw_varied_plate(seed: int, faces: tuple[str, ...]) -> Drawing:
    """One plate of a known layout. The same seed and faces give the same pixels."""
    rng = np.random.default_rng([seed, 0x0FF1])
    name = _NAMES[rng.choice(len(_NAMES), p=_SHARES)]
    variant = _variant(name, int(rng.integers(VARIANTS)), faces)
    data = plate.layout(variant)
    fields = _text(rng, name) if name != "applied-for" else {"letters": "APPLIED", "number": "FOR"}
    image = plate.render_plate(plate.PlateSpec(variant, wear=float(rng.beta(1.2, 3)), **fields), seed, SCALE)
    boxes = np.array([c[2] for c in image.characters], np.float32).reshape(-1, 4) * SCALE
    boxes[:, 2:] += boxes[:, :2]
    return Drawing(image.rgb, image.alpha, "".join(c[0] for c in image.characters), boxes, np.array([int(c[1] == "number" and data["lines"] == 2) for c in image.characters], np.int64),
                   np.array([c[1] == "year" for c in image.characters], bool), data["lines"], _GROUND.get(data["ground"], "green"), data.get("jurisdiction"), data.get("class"), name)
