"""Training pictures for the detector, made on the fly: a window of a background, plates and decoys pasted in perspective, then a camera over the whole,
so that nothing but the plate itself tells where one was pasted. Coordinates are continuous px: pixel i covers i to i+1. The same seed gives the same picture."""
from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from photographs import EXACT, GUESSED, Photograph

SMALLEST = 13.0  # px: plates narrower than this are neither asked for nor counted against
# How far a truth can be believed: nothing there counts; a plate but not these corners; these corners roughly; exactly.
IGNORE, PLATE_ONLY, ROUGH, TRUE = 0, 1, 2, 3


@dataclass(frozen=True)
class Picture:
    """RGB uint8, quads [n,4,2] from the upright plate's left top, and each quad's belief."""
    rgb: np.ndarray
    quads: np.ndarray
    belief: np.ndarray


@dataclass(frozen=True)
class Stock:
    """What pictures are made of."""
    plates: list[np.ndarray]
    signs: list[np.ndarray]
    scenes: list[Photograph]
    empty: list[Photograph]


def _pick(rng: np.random.Generator, items):
    return items[int(rng.integers(len(items)))]


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(math.exp(rng.uniform(math.log(low), math.log(max(low, high)))))


def widths_of(quads: np.ndarray) -> np.ndarray:
    """Mean length of top and bottom edge."""
    return (np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1) + np.linalg.norm(quads[:, 2] - quads[:, 3], axis=1)) / 2


def tilted_quad(rng: np.random.Generator, width: float, aspect: float, mild: bool) -> np.ndarray:
    """Corners of a plate `width` px wide, turned in space, about the origin."""
    share = 0.35 if mild else 1.0
    yaw, pitch, roll = (math.radians(float(np.clip(rng.normal(0, s), -2 * s, 2 * s)) * share) for s in (24, 16, 10))
    flat = np.array([[-.5, -.5 / aspect, 0], [.5, -.5 / aspect, 0], [.5, .5 / aspect, 0], [-.5, .5 / aspect, 0]])
    cy, sy, cp, sp, cr, sr = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch), math.cos(roll), math.sin(roll)
    turn = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]]) @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    points = flat @ turn.T
    far = rng.uniform(2.5, 14)
    quad = points[:, :2] * (far / (far + points[:, 2:]))
    return (quad * width / widths_of(quad[None])[0]).astype(np.float32)


def grown(quad: np.ndarray, across: float, down: float) -> np.ndarray:
    """The quad made larger about its centre, `across` along its lines and `down` at right angles."""
    centre = quad.mean(0)
    along, away = (quad[1] + quad[2] - quad[0] - quad[3]) / 2, (quad[2] + quad[3] - quad[0] - quad[1]) / 2
    sides = quad - (centre + np.array([-.5, .5, .5, -.5])[:, None] * along + np.array([-.5, -.5, .5, .5])[:, None] * away)
    return (centre + np.array([-.5, .5, .5, -.5])[:, None] * along * across + np.array([-.5, -.5, .5, .5])[:, None] * away * down + sides).astype(np.float32)


def _roi(quad: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int) - 2, 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int) + 2, (shape[1], shape[0]))
    return (x0, y0, x1, y1) if x1 - x0 > 1 and y1 - y0 > 1 else None


def paste(canvas: np.ndarray, patch: np.ndarray, quad: np.ndarray, light: np.ndarray) -> None:
    """Put an RGBA patch into the canvas (float RGB 0..1) so that its corners fall on the quad; `light` multiplies its colours."""
    box = _roi(quad, canvas.shape)
    if box is None:
        return
    x0, y0, x1, y1 = box
    wide = max(4, int(max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3])) * 1.1))
    if wide < patch.shape[1]:
        patch = cv2.resize(patch, (wide, max(4, round(patch.shape[0] * wide / patch.shape[1]))), interpolation=cv2.INTER_AREA)
    h, w = patch.shape[:2]
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - 0.5
    home = cv2.getPerspectiveTransform(source, (quad - (x0, y0) - 0.5).astype(np.float32))
    rgb = cv2.warpPerspective(np.ascontiguousarray(patch[..., :3]), home, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(np.ascontiguousarray(patch[..., 3]), home, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)[..., None] * np.float32(1 / 255)
    view = canvas[y0:y1, x0:x1]
    view += (rgb.astype(np.float32) * (light / 255).astype(np.float32) - view) * alpha


def fill_quad(canvas: np.ndarray, quad: np.ndarray, colour: np.ndarray, strength: float = 1.0, soft: float = 0.0) -> None:
    """Paint a quad in one colour with a gentle shade downwards."""
    box = _roi(quad, canvas.shape)
    if box is None:
        return
    x0, y0, x1, y1 = box
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillConvexPoly(mask, np.round((quad - (x0, y0)) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    if soft > 0.4:
        mask = cv2.GaussianBlur(mask, (0, 0), soft)
    shade = np.linspace(1.12, 0.86, y1 - y0, dtype=np.float32)[:, None, None]
    view = canvas[y0:y1, x0:x1]
    view += (colour.astype(np.float32) * shade - view) * (mask[..., None] * np.float32(strength / 255))


def window(photo: Photograph, scale: float, left: float, top: float, size: int, mirrored: bool) -> tuple[np.ndarray, np.ndarray]:
    """The square of `size` px at `left`, `top` (px of the photograph scaled by `scale`) as float RGB 0..1, with its quads; grey where the photograph ends."""
    level = max(0, min(len(photo.levels) - 1, int(math.floor(-math.log2(max(scale, 1e-6)) + 0.25))))
    sub = scale * 2 ** level
    matrix = np.array([[sub, 0, sub * 0.5 - 0.5 - left], [0, sub, sub * 0.5 - 0.5 - top]])
    rgb = cv2.warpAffine(photo.levels[level], matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(128, 128, 128))
    quads = photo.quads * scale - (left, top)
    if mirrored:
        rgb = np.ascontiguousarray(rgb[:, ::-1])
        quads = quads * (-1, 1) + (size, 0)
        quads = quads[:, [1, 0, 3, 2]]
    return rgb.astype(np.float32) / 255, quads.astype(np.float32)


def _view(photo: Photograph, rng: np.random.Generator, size: int) -> tuple[float, float, float]:
    """Scale and place of a window: as the product scales frames, or so that a plate of the photograph gets a drawn width."""
    w, h = photo.size
    scale = _pick(rng, [640, 640, 960]) / max(w, h) * rng.uniform(0.65, 1.5)
    focus = np.array([rng.uniform(0, w), rng.uniform(0, h)])
    if len(photo.quads):
        quad = _pick(rng, photo.quads)
        if rng.random() < 0.5:
            scale = log_uniform(rng, 14, size * 0.9) / max(1.0, float(widths_of(quad[None])[0]))
        if rng.random() < 0.9:
            focus = quad.mean(0) + rng.uniform(-0.42, 0.42, 2) * size / scale
    if rng.random() < 0.8:  # mostly picture, little padding
        scale = max(scale, 0.9 * size / max(w, h))
    scale = min(scale, 1.6)
    spare = np.array([w * scale - size, h * scale - size])
    place = np.where(spare > 0, np.clip(focus * scale - size / 2, 0, np.maximum(spare, 0)), 0 if rng.random() < 0.7 else rng.uniform(0, 1) * np.minimum(spare, 0))
    return scale, float(place[0]), float(place[1])


def _light(canvas: np.ndarray, quad: np.ndarray, rng: np.random.Generator, night: bool) -> np.ndarray:
    """Brightness of a pasted thing: partly that of its place; at night plates throw headlights back."""
    box = _roi(quad, canvas.shape)
    here = float(canvas[box[1]:box[3], box[0]:box[2]].mean()) if box else 0.4
    gain = 1 + rng.random() * (np.clip(here / 0.45, 0.2, 1.5) - 1)
    if night:
        gain = rng.uniform(0.25, 1.8) if rng.random() < 0.7 else gain
    return np.full(3, gain * rng.uniform(0.7, 1.15)) * (1 + rng.normal(0, 0.04, 3))


def _mount(canvas: np.ndarray, quad: np.ndarray, rng: np.random.Generator) -> None:
    """Panel, recess and frame behind a plate."""
    width = float(widths_of(quad[None])[0])
    if rng.random() < 0.45:
        paint = rng.uniform(0, 0.9, 3) if rng.random() < 0.4 else np.full(3, rng.uniform(0.02, 0.9))
        fill_quad(canvas, grown(quad, rng.uniform(1.3, 5), rng.uniform(1.2, 4)) + rng.normal(0, 0.08, 2) * width, paint, rng.uniform(0.7, 1), rng.uniform(0, 0.04) * width)
        for _ in range(int(rng.integers(0, 4))):
            slab = grown(quad, rng.uniform(0.3, 4), rng.uniform(0.03, 0.4)) + (rng.normal(0, 0.6) * width, rng.choice([-1, 1]) * rng.uniform(0.4, 1.2) * width)
            fill_quad(canvas, slab, paint * rng.uniform(0.2, 1.7), rng.uniform(0.5, 1))
    if rng.random() < 0.3:
        fill_quad(canvas, grown(quad, rng.uniform(1.05, 1.6), rng.uniform(1.05, 1.6)), np.full(3, rng.uniform(0.0, 0.3)), rng.uniform(0.5, 1), rng.uniform(0, 0.04) * width)
    if rng.random() < 0.4:
        edge = rng.uniform(1.01, 1.1)
        fill_quad(canvas, grown(quad, edge, 1 + (edge - 1) * rng.uniform(1, 3.5)), np.full(3, _pick(rng, [0.03, 0.06, 0.1, 0.6, 0.85])) * rng.uniform(0.7, 1.2))


def _clear(quad: np.ndarray, taken: list[np.ndarray]) -> bool:
    low, high = quad.min(0) - 3, quad.max(0) + 3
    return all((high < t.min(0)).any() or (low > t.max(0)).any() for t in taken)


def _cover(canvas: np.ndarray, stock: Stock, quad: np.ndarray, rng: np.random.Generator, night: bool) -> np.ndarray:
    """A drawn plate exactly over a real one."""
    plate = _pick(rng, stock.plates)
    aspect = plate.shape[1] / plate.shape[0]
    width = float(widths_of(quad[None])[0])
    height = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    new = max(width, height * aspect) * rng.uniform(1.02, 1.25)
    over = tilted_quad(rng, new, aspect, mild=True) + quad.mean(0)
    if rng.random() < 0.4:
        _mount(canvas, over, rng)
    paste(canvas, plate, over, _light(canvas, over, rng, night))
    return over


def _add_plates(canvas: np.ndarray, stock: Stock, taken: list[np.ndarray], rng: np.random.Generator, night: bool, count: int) -> list[np.ndarray]:
    size, out = canvas.shape[0], []
    for _ in range(count):
        plate = _pick(rng, stock.plates)
        width = log_uniform(rng, 14, size * (0.95 if rng.random() < 0.3 else 0.45))
        quad = tilted_quad(rng, width, plate.shape[1] / plate.shape[0], mild=rng.random() < 0.4) + rng.uniform(0, size, 2).astype(np.float32)
        if not _clear(quad, taken):
            continue
        _mount(canvas, quad, rng)
        paste(canvas, plate, quad, _light(canvas, quad, rng, night))
        if rng.random() < 0.05:  # a bar, cable or tow ball across it
            bar = grown(quad, rng.uniform(0.02, 0.1), rng.uniform(1, 2)) + (rng.uniform(-.4, .4) * width, 0)
            fill_quad(canvas, bar, np.full(3, rng.uniform(0, 0.5)))
        taken.append(quad)
        out.append(quad)
    return out


def _add_signs(canvas: np.ndarray, stock: Stock, taken: list[np.ndarray], rng: np.random.Generator) -> None:
    size = canvas.shape[0]
    for _ in range(int(rng.integers(0, 4)) if rng.random() < 0.8 else 0):
        sign = _pick(rng, stock.signs)
        quad = tilted_quad(rng, log_uniform(rng, 30, size * 0.9), sign.shape[1] / sign.shape[0], mild=rng.random() < 0.6) + rng.uniform(0, size, 2).astype(np.float32)
        if _clear(quad, taken):
            paste(canvas, sign, quad, _light(canvas, quad, rng, False))
            if rng.random() < 0.7:
                taken.append(quad)


def compose(stock: Stock, seed: int, size: int) -> Picture:
    """One training picture of `size` px square."""
    rng = np.random.default_rng([seed, 0xC0DE])
    empty = rng.random() < 0.35
    photo = _pick(rng, stock.empty if empty or not stock.scenes or rng.random() < 0.25 else stock.scenes)
    mirrored = rng.random() < 0.5 and not len(photo.quads)
    canvas, found = window(photo, *_view(photo, rng, size), size, mirrored)
    night = rng.random() < 0.15
    if night:
        canvas *= rng.uniform(0.1, 0.5)
    quads, belief = [], []
    trust = {EXACT: TRUE, GUESSED: PLATE_ONLY}.get(photo.trust, ROUGH)
    for quad in found:
        covered = rng.random() < (0.3 if photo.trust == EXACT else 0.5)
        quads.append(_cover(canvas, stock, quad, rng, night) if covered else quad)
        belief.append(TRUE if covered else trust)
    taken = list(quads)
    if not empty:
        added = _add_plates(canvas, stock, taken, rng, night, int(rng.integers(0 if quads else 1, 4)))
        quads, belief = quads + added, belief + [TRUE] * len(added)
    _add_signs(canvas, stock, taken, rng)
    all_quads = np.array(quads, np.float32).reshape(-1, 4, 2)
    belief = np.array(belief, np.int64)
    belief[_cut_off(all_quads, size) | (widths_of(all_quads) < SMALLEST)] = IGNORE
    inside = _visible(all_quads, size)
    all_quads, belief = all_quads[inside], belief[inside]
    rgb = camera(canvas, all_quads, rng, night)
    belief[np.array([_washed_out(rgb, quad) for quad in all_quads], bool)] = IGNORE
    return Picture(rgb, all_quads, belief)


def _washed_out(rgb: np.ndarray, quad: np.ndarray) -> bool:
    """Glare or night has taken the plate: nobody could say that there is one."""
    x0, y0, x1, y1 = _roi(quad, rgb.shape) or (0, 0, 1, 1)
    return float(rgb[y0:y1, x0:x1].mean(2).std()) < 5.0


def _visible(quads: np.ndarray, size: int) -> np.ndarray:
    return ((quads.max(1) > 0) & (quads.min(1) < size)).all(1) if len(quads) else np.zeros(0, bool)


def _cut_off(quads: np.ndarray, size: int) -> np.ndarray:
    """Plates of which the picture's edge takes more than a fifth."""
    low, high = quads.min(1), quads.max(1)
    seen = np.clip(np.minimum(high, size) - np.maximum(low, 0), 0, None) / np.maximum(high - low, 1e-3)
    return seen.prod(1) < 0.8


def _bloom(rgb: np.ndarray, quads: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Headlights and their halos, some beside a plate."""
    size = rgb.shape[0]
    yy, xx = np.mgrid[0:size:4, 0:size:4].astype(np.float32)
    glow = np.zeros_like(xx)
    for _ in range(int(rng.integers(1, 5))):
        at = rng.uniform(0, size, 2)
        if len(quads) and rng.random() < 0.6:
            quad = _pick(rng, quads)
            at = quad.mean(0) + np.array([rng.choice([-1, 1]) * rng.uniform(0.9, 2.5), rng.uniform(-0.8, 0.4)]) * widths_of(quad[None])[0]
        radius = log_uniform(rng, 3, 30)
        glow += rng.uniform(0.4, 2) * np.exp(-((xx - at[0]) ** 2 + (yy - at[1]) ** 2) / (2 * radius ** 2))
    return rgb + cv2.resize(glow, (size, size))[..., None] * np.array([1, .96, .88], np.float32)


def _shadow(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A shadow's edge across the picture."""
    size = rgb.shape[0]
    angle, soft = rng.uniform(0, 2 * math.pi), rng.uniform(1, 30)
    yy, xx = np.mgrid[0:size, 0:size].astype(np.float32)
    side = (xx - rng.uniform(.2, .8) * size) * math.cos(angle) + (yy - rng.uniform(.2, .8) * size) * math.sin(angle)
    return rgb * (1 - rng.uniform(0.2, 0.65) * np.clip(side / soft + 0.5, 0, 1))[..., None].astype(np.float32)


def _blur(rgb: np.ndarray, rng: np.random.Generator, narrowest: float) -> np.ndarray:
    """Focus and motion, never so much that the smallest plate is gone."""
    if rng.random() < 0.5:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.3, min(2.2, 0.45 + narrowest / 45)))
    if rng.random() < 0.2:
        length, angle = rng.uniform(2, min(9, 1.5 + narrowest / 12) + 0.6), rng.uniform(0, math.pi)
        n = int(math.ceil(length)) | 1
        kernel = np.zeros((n, n), np.float32)
        half = np.array([math.cos(angle), math.sin(angle)]) * length / 2
        ends = np.round((np.array([n / 2 - .5, n / 2 - .5]) + np.array([-1, 1])[:, None] * half) * 16).astype(int)
        cv2.line(kernel, tuple(int(v) for v in ends[0]), tuple(int(v) for v in ends[1]), 1.0, 1, cv2.LINE_AA, 4)
        rgb = cv2.filter2D(rgb, -1, kernel / max(kernel.sum(), 1e-3)) if kernel.sum() > 0 else rgb
    return rgb


def _expose(rgb: np.ndarray, rng: np.random.Generator, night: bool) -> np.ndarray:
    """Exposure, white balance, haze, gamma, infra-red grey."""
    if rng.random() < (0.6 if night else 0.2):
        weights = rng.dirichlet([2, 2, 2]).astype(np.float32)
        rgb = np.repeat((rgb @ weights)[..., None], 3, 2)
    elif rng.random() < 0.5:
        rgb = rgb * (1 + rng.normal(0, 0.09, 3)).astype(np.float32)
    if rng.random() < 0.5:
        rgb = rgb * np.float32(rng.uniform(0.55, 1.5))
    if rng.random() < 0.12:
        rgb = rgb + (rng.uniform(0.2, 0.85) - rgb) * np.float32(rng.uniform(0.1, 0.6))
    rgb = np.clip(rgb, 0, 1)
    return cv2.pow(rgb, float(rng.uniform(0.6, 1.7))) if rng.random() < 0.5 else rgb


def camera(rgb: np.ndarray, quads: np.ndarray, rng: np.random.Generator, night: bool) -> np.ndarray:
    """Light to file over the whole picture: glare, shadow, blur, exposure, noise, sharpening, coarse sampling, JPEG."""
    size = rgb.shape[0]
    narrowest = float(widths_of(quads).min()) if len(quads) else 60.0
    if rng.random() < (0.7 if night else 0.05):
        rgb = _bloom(rgb, quads, rng)
    if rng.random() < 0.2:
        rgb = _shadow(rgb, rng)
    rgb = _expose(_blur(rgb, rng, narrowest), rng, night)
    if rng.random() < 0.55:
        grain = rng.standard_normal((size, size, 3 if rng.random() < 0.5 else 1), dtype=np.float32)
        rgb = rgb + grain * np.float32(rng.uniform(0.003, 0.07 if night else 0.045))
    if rng.random() < 0.15:
        rgb = rgb + (rgb - cv2.GaussianBlur(rgb, (0, 0), 1.2)) * np.float32(rng.uniform(0.3, 1.2))
    out = (np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.12 and narrowest > 24:
        less = int(size * rng.uniform(0.5, 0.9))
        out = cv2.resize(cv2.resize(out, (less, less), interpolation=cv2.INTER_AREA), (size, size), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.6:
        _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(22, 95))])
        out = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return out
