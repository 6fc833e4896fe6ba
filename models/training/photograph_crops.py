"""Training crops from labelled photographs: the plate cut anew each time, a little darker, farther, noisier. See label_characters.py."""
from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from render.drawing import Drawing
from render.snapshot import Crop, TALL, WIDE, WIDE_FROM, _cut, _light, _mapped_boxes, _resample, _sensor

AROUND = 0.5  # share of the plate's width that is kept around it
LARGEST = 256  # px of a plate's width: the reader sees no more


class PhotographCrops:
    def __init__(self, photographs: Path, characters: Path):
        self._plates = [self._part(photographs, plate) for plate in json.loads(characters.read_text())]

    def __len__(self) -> int:
        return len(self._plates)

    @staticmethod
    def _part(photographs: Path, plate: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict]:
        rgb = cv2.imread(str(photographs / plate["file"]), cv2.IMREAD_COLOR)[..., ::-1]
        x, y, w, h = plate["plate"]
        x0, y0 = max(0, int(x - AROUND * w)), max(0, int(y - AROUND * w))
        part = np.ascontiguousarray(rgb[y0:int(y + h + AROUND * w), x0:int(x + w + AROUND * w)])
        corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32) - np.float32([x0, y0])
        boxes = np.array(plate["boxes"], np.float32) - np.float32([x0, y0, x0, y0])
        f = np.float32(min(1, LARGEST / w))
        return (part if f == 1 else cv2.resize(part, None, fx=f, fy=f, interpolation=cv2.INTER_AREA)), corners * f, boxes * f, plate

    def crop(self, rng: np.random.Generator) -> Crop:
        """One plate, seen anew. The same generator state gives the same picture."""
        part, corners, boxes, plate = self._plates[rng.integers(len(self._plates))]
        width = float(corners[1, 0] - corners[0, 0])
        if width > 70 and rng.random() < .6:  # farther away
            f = rng.uniform(max(.35, 40 / width), 1)
            part = cv2.resize(part, None, fx=f, fy=f, interpolation=cv2.INTER_AREA)
            corners, boxes, width = corners * np.float32(f), boxes * np.float32(f), width * f
        scene = part.astype(np.float32)
        if rng.random() < .5:
            scene = _light(rng, scene)
        tall = float(np.median(boxes[:, 3] - boxes[:, 1]))
        if rng.random() < .4:
            scene, _ = _sensor(rng, scene, tall * (.6 if width > 60 else .25))
        else:
            scene = np.clip(scene, 0, 255).astype(np.uint8)
        cut = _cut(rng, corners)
        aspect = np.linalg.norm(cut[1] - cut[0]) / max(1, np.linalg.norm(cut[3] - cut[0]))
        wide = aspect >= WIDE_FROM if abs(aspect - WIDE_FROM) > .5 else rng.random() < .5
        rgb, transform = _resample(scene, cut, WIDE if wide else TALL)
        quad = cv2.perspectiveTransform(corners.reshape(-1, 1, 2), transform).reshape(4, 2)
        lines = int(max(plate["line"])) + 1
        drawing = Drawing(part, np.zeros(0), plate["text"], boxes, np.array(plate["line"]), np.array(plate["raised"]), lines, "unknown", None, None, "photograph")
        return Crop(rgb, _mapped_boxes(boxes, transform), quad, width, True, drawing)
