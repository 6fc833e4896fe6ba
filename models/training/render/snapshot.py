"""A plate as a camera has it, cut out as a detector cuts it: perspective, surroundings, light, blur, noise, compression, crop error.

Steps are in the camera's order, because each changes what the next does: noise before JPEG looks like a night street, after it like
nothing real. Everything random comes from the generator given."""
from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .drawing import Drawing
from .noise import cloud

# Input height x width of the reader, pixels: plates wider than 2.8 times their height take the second.
TALL, WIDE, WIDE_FROM = (80, 160), (48, 192), 2.8
# Share of photographs that are a closer look at the year (or at where none is), of plates at least so many px wide.
CLOSER_YEAR, CLOSER_NO_YEAR, CLOSER_FROM = 0.22, 0.06, 55
GROWN = 0.04  # the product grows a detected quadrilateral by this share on each side


# Sensor noise is a window of one drawn field: drawing it anew for each crop took a third of the time.
_GRAIN = np.random.default_rng(0x6A).standard_normal((1024, 1024, 3), dtype=np.float32)


def _grain(rng: np.random.Generator, shape: tuple[int, int], channels: int) -> np.ndarray:
    y, x = rng.integers(0, 1024 - shape[0]), rng.integers(0, 1024 - shape[1])
    return _GRAIN[y:y + shape[0], x:x + shape[1], :channels]


@dataclass
class Crop:
    """Input of the reader (uint8 RGB) and the truth in its pixels; `boxes` as x0, y0, x1, y1 around each character's four mapped corners.
    `quad` = the plate's true corners in the crop, `width` = px of the plate in the camera's picture."""
    rgb: np.ndarray
    boxes: np.ndarray
    quad: np.ndarray
    width: float
    legible: bool
    drawing: Drawing


def _pose(rng: np.random.Generator, w: float, h: float) -> np.ndarray:
    """Corners of a w x h plate seen by a camera, around the origin: yaw, pitch, roll, weak perspective."""
    hard = 1.6 if rng.random() < .2 else 1.0
    yaw, pitch, roll = (math.radians(float(np.clip(rng.normal(0, s) * hard, -58, 58))) for s in (20, 14, 6))
    x, y = np.array([-w, w, w, -w]) / 2, np.array([-h, -h, h, h]) / 2
    z = x * math.sin(yaw) + y * math.sin(pitch)
    x, y = x * math.cos(yaw), y * math.cos(pitch)
    depth = 1 + z / w / rng.uniform(1.6, 8)
    x, y = x / depth, y / depth
    x = x + y * rng.normal(0, .06) * hard
    c, s = math.cos(roll), math.sin(roll)
    return np.stack([x * c - y * s, x * s + y * c], 1).astype(np.float32)


def _surroundings(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Bodywork or anything: a colour with a gradient, blurred blocks and a few edges."""
    h, w = shape
    base = rng.uniform(10, 235, 3).astype(np.float32) if rng.random() < .5 else np.full(3, rng.uniform(10, 235), np.float32)
    grid = rng.normal(0, rng.uniform(4, 45), (int(rng.integers(2, 6)), int(rng.integers(2, 6)), 1)).astype(np.float32) + rng.normal(0, 5, (1, 1, 3)).astype(np.float32)
    grid = (base + grid).astype(np.float32)
    out = cv2.resize(grid, (w, h), interpolation=cv2.INTER_LINEAR if rng.random() < .6 else cv2.INTER_NEAREST)
    for _ in range(int(rng.integers(0, 5))):
        a = (int(rng.uniform(-.2, 1.2) * w), int(rng.uniform(-.2, 1.2) * h))
        if rng.random() < .5:
            b = (int(a[0] + rng.normal(0, w)), int(a[1] + rng.normal(0, h * .2)))
            cv2.line(out, a, b, tuple(float(v) for v in base + rng.normal(0, 70)), max(1, int(rng.uniform(.01, .12) * h)), cv2.LINE_AA)
        else:
            cv2.rectangle(out, a, (int(a[0] + rng.uniform(.05, .8) * w), int(a[1] + rng.uniform(.03, .4) * h)), tuple(float(v) for v in base + rng.normal(0, 70)), -1)
    return out


def _damage(rng: np.random.Generator, plate: np.ndarray) -> np.ndarray:
    """What happens to a plate on the street, on the drawing itself: bent, peeled, spattered, stuck over, framed."""
    h, w = plate.shape[:2]
    plate = plate.astype(np.float32)
    if rng.random() < .12:  # flaked paint or a worn print
        field = cloud(rng, (h, w), rng.uniform(10, 40), 3)[..., None]
        level = rng.uniform(.55, .7)
        plate += (np.float32(rng.uniform(60, 210)) - plate) * (np.clip((field - level) * 8, 0, 1) * rng.uniform(.4, .95))
    for _ in range(int(rng.integers(1, 12)) if rng.random() < .15 else 0):
        cv2.circle(plate, (int(rng.uniform(0, w)), int(rng.uniform(0, h))), int(rng.uniform(.005, .03) * w), tuple(float(v) for v in rng.uniform(30, 170) * np.array([1, .9, .75])), -1, cv2.LINE_AA)
    if rng.random() < .04:
        a = (int(rng.uniform(0, w)), int(rng.uniform(0, h)))
        cv2.ellipse(plate, a, (int(rng.uniform(.03, .09) * w), int(rng.uniform(.03, .09) * w)), 0, 0, 360, tuple(float(v) for v in rng.uniform(0, 255, 3)), -1, cv2.LINE_AA)
    if rng.random() < .25:  # a holder that covers the rim
        t = rng.uniform(.008, .05) * w
        colour = tuple(float(v) for v in np.full(3, rng.choice([15, 40, 190, 225])) + rng.normal(0, 6, 3))
        cv2.rectangle(plate, (0, 0), (w - 1, h - 1), colour, max(1, int(t)))
    if rng.random() < .12:  # dented: rows and columns wander
        ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
        amount = rng.uniform(.5, 2.2) * w / 100
        dx = cv2.resize(rng.normal(0, 1, (3, 4)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC) * amount
        dy = cv2.resize(rng.normal(0, 1, (3, 4)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC) * amount
        plate = cv2.remap(plate, xs + dx, ys + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return plate


def _light(rng: np.random.Generator, scene: np.ndarray) -> np.ndarray:
    """Gradient, shadow edges, glare, night beam, contrast, gamma; 0..255 in and out. Smooth fields are made at a quarter of the size."""
    h, w = scene.shape[:2]
    rows, columns = max(2, h // 4), max(2, w // 4)
    v = ((np.arange(rows, dtype=np.float32) + .5) / rows - .5)[:, None]
    u = ((np.arange(columns, dtype=np.float32) + .5) / columns - .5)[None]
    a = rng.uniform(0, 2 * math.pi)
    gain = 1 + np.float32(rng.normal(0, .18) * 2) * (u * np.float32(math.cos(a)) + v * np.float32(math.sin(a)))
    if rng.random() < .25:  # a hard or soft shadow edge
        a, d, soft = rng.uniform(0, 2 * math.pi), rng.uniform(-.3, .3), rng.uniform(.01, .2)
        side = 1 / (1 + np.exp(-np.clip((u * math.cos(a) + v * math.sin(a) - d) / soft, -30, 30)))
        gain = gain * (1 - side * rng.uniform(.2, .7))
    added = None
    if rng.random() < .15:  # laminate glare or a headlight
        cx, cy, s = rng.uniform(-.5, .5), rng.uniform(-.5, .5), rng.uniform(.06, .4)
        added = np.exp(-((u - cx) ** 2 + ((v - cy) * h / w) ** 2) / (2 * s * s)) * rng.uniform(30, 200)
    contrast, level = np.exp(rng.normal(-.12, .28)), rng.uniform(-.1, .1)
    if rng.random() < .12:
        contrast *= rng.uniform(.25, .6)  # haze, dusk
    gamma = float(np.exp(rng.normal(0, .3)))
    if rng.random() < .15:
        gamma *= rng.uniform(1.4, 2.6)  # dark
    out = scene * cv2.resize(gain.astype(np.float32), (w, h))[..., None]
    if added is not None:
        out += cv2.resize(added.astype(np.float32), (w, h))[..., None]
    # One table for contrast, level and gamma; an eighth of a grey level is finer than any sensor here.
    table = np.power(np.clip((np.arange(4096, dtype=np.float32) / (8 * 255) - .5) * contrast + .5 + level, 0, 1.4), gamma) * 255
    return table.astype(np.float32)[np.clip(out * 8, 0, 4095).astype(np.uint16)]


def _motion(rng: np.random.Generator, picture: np.ndarray, length: float) -> np.ndarray:
    n = max(3, int(length) | 1)
    kernel = np.zeros((n, n), np.float32)
    a = rng.uniform(0, math.pi)
    c, reach = n // 2, (length - 1) / 2
    p, q = (c - reach * math.cos(a), c - reach * math.sin(a)), (c + reach * math.cos(a), c + reach * math.sin(a))
    cv2.line(kernel, (round(p[0] * 16), round(p[1] * 16)), (round(q[0] * 16), round(q[1] * 16)), 1.0, 1, cv2.LINE_AA, 4)
    return cv2.filter2D(picture, -1, kernel / max(kernel.sum(), 1e-6))


def _sensor(rng: np.random.Generator, picture: np.ndarray, scale: float) -> tuple[np.ndarray, float]:
    """Blur, colour of the sensor, noise, sharpening, compression. `scale` = px of a main character's height. Returns the blur in px too."""
    blur = 0.0
    if rng.random() < .7:
        blur = float(rng.gamma(1.6, .035) * scale)
        if blur > .25:
            picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if rng.random() < .3:
        length = float(rng.gamma(1.5, .12) * scale)
        if length > 1.5:
            picture, blur = _motion(rng, picture, length), math.hypot(blur, length / 3.5)
    if rng.random() < .22:  # infra-red, or a grey camera
        grey = picture @ rng.dirichlet([2, 3, 2]).astype(np.float32)
        picture = np.repeat(grey[..., None], 3, 2)
    elif rng.random() < .6:
        picture = picture * (1 + rng.normal(0, .1, 3)).astype(np.float32)
    noise = rng.gamma(1.2, 4.0)
    channels = 3 if rng.random() < .5 else 1
    grain = _grain(rng, picture.shape[:2], channels)
    if rng.random() < .4:
        grain = cv2.GaussianBlur(grain, (0, 0), .7).reshape(*picture.shape[:2], channels) * 2
    picture = picture + grain * np.float32(noise)
    if rng.random() < .35:
        picture = picture + (picture - cv2.GaussianBlur(picture, (0, 0), 1.1)) * np.float32(rng.uniform(.3, 1.4))
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    for _ in range(1 + (rng.random() < .2)):
        if rng.random() < .8:
            ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(np.clip(rng.normal(66, 22), 12, 97))])
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return picture, blur


def _cut(rng: np.random.Generator, corners: np.ndarray) -> np.ndarray:
    """The quadrilateral that somebody cuts: a detector's corners with their error, or an upright box around the plate."""
    w = np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])
    h = np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])
    if rng.random() < .35:
        x0, y0 = corners.min(0)
        x1, y1 = corners.max(0)
        a, b, c, d = rng.normal(.035, .06, 4)
        x0, x1, y0, y1 = x0 - a * w / 2, x1 + b * w / 2, y0 - c * h / 2, y1 + d * h / 2
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
    spread = .022 if rng.random() < .7 else .05
    quad = corners + rng.normal(0, spread, (4, 2)) * [w / 2, h / 2]
    if rng.random() < .3:
        quad += rng.normal(0, .03, (1, 2)) * [w / 2, h / 2]
    centre = quad.mean(0)
    return (centre + (quad - centre) * (1 + 2 * GROWN) * rng.uniform(.97, 1.1)).astype(np.float32)


def _closer(rng: np.random.Generator, drawing: Drawing) -> tuple[np.ndarray, np.ndarray]:
    """The part of a plate that a closer look at its small year takes in, from a letter or two before it, and which characters are in it.

    The part is x0, y0, x1, y1 in px of the drawing. On two-line plates without a year it is where the year would stand."""
    boxes, raised = drawing.boxes, drawing.raised
    line = drawing.line[raised.argmax()] if raised.any() else 0
    row = np.nonzero((drawing.line == line) & ~raised)[0]
    left, right = (float(boxes[raised, 0].min()), float(boxes[raised, 2].max())) if raised.any() else (math.inf, math.inf)
    before, after = row[boxes[row, 2] <= left], row[boxes[row, 0] >= right]
    taken = before[max(0, len(before) - int(rng.choice([1, 2, 3], p=[.6, .3, .1]))):]
    height, width = drawing.rgb.shape[:2]
    outside = before[:len(before) - len(taken)]
    x0 = (boxes[outside[-1], 2] + boxes[taken[0], 0]) / 2 if len(outside) else (boxes[taken[0], 0] * rng.uniform(.3, 1) if len(taken) else 0)
    x1 = (right + boxes[after[0], 0]) / 2 if len(after) else (width if rng.random() < .6 or right == math.inf else min(width, right + rng.uniform(.02, .12) * width))
    inside = np.union1d(taken, np.nonzero(raised)[0])
    below = np.nonzero(drawing.line > line)[0]
    y1 = (boxes[inside, 3].max() + boxes[below, 1].min()) / 2 if len(below) else height
    y0 = 0 if rng.random() < .6 else max(0, boxes[inside, 1].min() - rng.uniform(.1, .4) * (boxes[inside, 3] - boxes[inside, 1]).max())
    return np.array([x0, y0, x1, max(y1, y0 + 8)], np.float32), inside


def _only(drawing: Drawing, inside: np.ndarray) -> Drawing:
    """The drawing as if it had these characters alone, on one line."""
    return replace(drawing, text="".join(drawing.text[i] for i in inside), boxes=drawing.boxes[inside], line=np.zeros(len(inside), np.int64), raised=drawing.raised[inside], lines=1)


def _grown_scene(cut: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    both = np.concatenate([cut, corners])
    low = np.floor(both.min(0)) - 2
    high = np.ceil(both.max(0)) + 2
    return low.astype(np.float32), (int(high[1] - low[1]), int(high[0] - low[0]))


def _resample(scene: np.ndarray, quad: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The cut rectified to the reader's input as the product does it; returns the pixels and the transform."""
    h, w = size
    target = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    transform = cv2.getPerspectiveTransform(quad, target)
    shrink = max(np.linalg.norm(quad[1] - quad[0]) / w, np.linalg.norm(quad[3] - quad[0]) / h)
    if shrink > 1.5:
        n = int(math.ceil(shrink))
        big = cv2.warpPerspective(scene, cv2.getPerspectiveTransform(quad, target * n), (w * n, h * n), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return cv2.resize(big, (w, h), interpolation=cv2.INTER_AREA), transform
    return cv2.warpPerspective(scene, transform, (w, h), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), transform


def _mapped_boxes(boxes: np.ndarray, transform: np.ndarray) -> np.ndarray:
    if len(boxes) == 0:
        return boxes
    x0, y0, x1, y1 = boxes.T
    points = np.stack([np.stack([x0, y0], 1), np.stack([x1, y0], 1), np.stack([x1, y1], 1), np.stack([x0, y1], 1)], 1).reshape(-1, 1, 2)
    out = cv2.perspectiveTransform(points.astype(np.float32), transform).reshape(-1, 4, 2)
    out = np.sort(out, axis=1)  # the middle pair of each side: tilt does not make a character's box grow
    return np.concatenate([out[:, :2].mean(1), out[:, 2:].mean(1)], 1)


def snapshot(drawing: Drawing, rng: np.random.Generator) -> Crop:
    """One photograph of a drawn plate, cut out and brought to the reader's input."""
    dh, dw = drawing.rgb.shape[:2]
    low, high = (28, 80) if rng.random() < .4 else (45, 250)  # far plates are the common case on this city's cameras
    part = None
    if len(drawing.text) and rng.random() < (CLOSER_YEAR if drawing.raised.any() else CLOSER_NO_YEAR if drawing.lines == 2 else 0):
        low, high = CLOSER_FROM, 280
        part, inside = _closer(rng, drawing)
    width = float(np.exp(rng.uniform(math.log(low), math.log(high))))
    corners = _pose(rng, width, width * dh / dw * rng.uniform(.9, 1.12))
    if part is None:
        cut = _cut(rng, corners)
    else:
        x0, y0, x1, y1 = part
        flat = np.array([[0, 0], [dw, 0], [dw, dh], [0, dh]], np.float32)
        cut = _cut(rng, cv2.perspectiveTransform(np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], np.float32), cv2.getPerspectiveTransform(flat, corners))[0])
        drawing = _only(drawing, inside)
    low, shape = _grown_scene(cut, corners)
    corners, cut = corners - low, cut - low
    plate, shrink = drawing.rgb, dw / width
    if shrink > 1.3:  # the lens averages; sampling alone would leave jagged strokes
        plate = cv2.resize(plate, (max(8, round(dw / shrink * 1.15)), max(6, round(dh / shrink * 1.15))), interpolation=cv2.INTER_AREA)
    plate = _damage(rng, plate)
    ph, pw = plate.shape[:2]
    source = np.array([[0, 0], [pw, 0], [pw, ph], [0, ph]], np.float32)
    onto = cv2.getPerspectiveTransform(source, corners)
    scene = _surroundings(rng, shape)
    warped = cv2.warpPerspective(plate, onto, shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    share = mask.astype(np.float32)[..., None] * np.float32(1 / 255)
    scene = scene + (warped - scene) * share
    scene = _light(rng, scene)
    tall = float(np.median(drawing.boxes[:, 3] - drawing.boxes[:, 1])) / shrink if len(drawing.boxes) else width / 6
    scene, blur = _sensor(rng, scene, tall)
    aspect = (np.linalg.norm(cut[1] - cut[0]) + np.linalg.norm(cut[2] - cut[3])) / (np.linalg.norm(cut[3] - cut[0]) + np.linalg.norm(cut[2] - cut[1]))
    wide = aspect >= WIDE_FROM if abs(aspect - WIDE_FROM) > .5 else rng.random() < .5
    rgb, transform = _resample(scene, cut, WIDE if wide else TALL)
    to_crop = transform @ onto @ np.diag([pw / dw, ph / dh, 1.0])
    quad = cv2.perspectiveTransform(corners.reshape(-1, 1, 2), transform).reshape(4, 2)
    boxes = _mapped_boxes(drawing.boxes, to_crop)
    legible = len(boxes) > 0 and tall >= 5.5 and blur < .22 * tall and _contrast(rgb, boxes) > 14
    return Crop(rgb, boxes, quad, width, legible, drawing)


def _contrast(rgb: np.ndarray, boxes: np.ndarray) -> float:
    """The weakest character's spread of brightness (standard deviation), 0 where one lies outside of the crop."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    parts = [grey[max(0, int(b[1])):int(b[3]) + 1, max(0, int(b[0])):int(b[2]) + 1] for b in boxes]
    return min((float(cv2.meanStdDev(p)[1][0, 0]) if p.size > 3 else 0.0 for p in parts), default=0.0)
