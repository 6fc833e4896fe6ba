"""A place seen by one camera: road, kerbs, gate furniture and far hills, the light of the hour, vehicles and their plates.

The result is linear light (1 = a white card in full sun at exposure 1) at the drawing size; the camera chain makes a picture of it."""
from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from .bodywork import box, quad
from .noise import cloud, tile
from .plate import PlateSpec, render_plate
from .raster import Buffers, Mesh, View, normalise, rasterise
from .vehicle import Vehicle, build


@dataclass(frozen=True)
class Light:
    """Sun direction (towards it), its strength, sky colour and strength, and what the hour adds."""
    name: str
    sun: tuple[float, float, float] = (-0.45, 0.75, -0.5)
    sun_colour: tuple[float, float, float] = (1.0, 0.95, 0.86)
    sun_strength: float = 0.75
    sky_colour: tuple[float, float, float] = (0.80, 0.90, 1.0)
    sky_strength: float = 0.42
    infrared: bool = False
    wet: float = 0.0
    lamps: bool = False


LIGHTS = {
    "day": Light("day"),
    "afternoon": Light("afternoon", sun=(0.6, 0.5, -0.55), sun_colour=(1.0, 0.90, 0.74), sun_strength=0.72),
    "haze": Light("haze", sun=(0.1, 0.8, -0.3), sun_strength=0.35, sky_colour=(0.94, 0.93, 0.90), sky_strength=0.6),
    "dawn": Light("dawn", sun_strength=0.04, sky_colour=(0.74, 0.82, 1.0), sky_strength=0.22, lamps=True),
    "dusk": Light("dusk", sun=(0.8, 0.25, -0.3), sun_colour=(1.0, 0.66, 0.42), sun_strength=0.16, sky_colour=(0.80, 0.82, 1.0), sky_strength=0.2, lamps=True),
    "rain": Light("rain", sun_strength=0.03, sky_colour=(0.88, 0.93, 1.0), sky_strength=0.46, wet=1.0, lamps=True),
    "night": Light("night", sun_strength=0.0, sky_strength=0.012, infrared=True, lamps=True),
    "rain-night": Light("rain-night", sun_strength=0.0, sky_strength=0.012, infrared=True, wet=1.0, lamps=True),
}


@dataclass(frozen=True)
class Actor:
    """One vehicle in one frame: where it stands (x m right, z m ahead of its face), its heading (degrees), what it carries."""
    kind: str
    paint: str
    seed: int
    x: float
    z: float
    heading: float = 0.0
    plate: PlateSpec | None = None
    plate_tilt: float = 0.0


@dataclass
class Drawn:
    """Linear light of a frame, and for every actor with a plate its corners (left top, right top, right bottom, left bottom) in drawing px."""
    light: np.ndarray
    glare: np.ndarray
    quads: list[np.ndarray | None]
    characters: list[list[tuple[str, str, np.ndarray]]] = field(default_factory=list)


def to_linear(srgb: np.ndarray) -> np.ndarray:
    return np.power(np.clip(srgb.astype(np.float32) / 255, 0, 1), 2.2)


class Place:
    """The still part of a camera's view. Furniture comes from the site's style; built once per camera."""

    def __init__(self, view: View, style: str, seed: int):
        self.view, self.style = view, style
        rng = np.random.default_rng([seed, 0x51CE])
        self.rays = view.rays()
        self.albedo, self.ground, self.point = self._road(rng)
        self.buffers = rasterise(view, _furniture(style, rng))
        if self.buffers is not None:
            _weather(self.buffers, self.rays, view, rng)
        self._lit: dict[str, np.ndarray] = {}

    def empty(self, light: "Light") -> np.ndarray:
        """The lit place without vehicles; a copy that may be drawn on."""
        if light.name not in self._lit:
            self._lit[light.name] = _background(self, light)
        return self._lit[light.name].copy()

    def _road(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Albedo of ground and of what stands behind it; mask of the ground; x, z of each ground pixel."""
        d, (px, py, pz) = self.rays, self.view.position
        ground = d[..., 1] < -0.0015
        t = np.where(ground, -py / np.minimum(d[..., 1], -0.0015), 0)
        x, z = px + d[..., 0] * t, pz + d[..., 2] * t
        reach = np.clip(t / 14, 0.6, 20)
        fine, coarse = tile(rng, 1024, 1.1), tile(rng, 512, 6.0)
        look = lambda tex, per_m: cv2.remap(tex, ((x * per_m) % (tex.shape[1] - 1)).astype(np.float32), ((z * per_m) % (tex.shape[0] - 1)).astype(np.float32), cv2.INTER_LINEAR)
        grain = look(fine, 220) / np.maximum(reach ** 1.5, 1) * 0.10 + look(fine, 60) / reach * 0.07 + look(coarse, 30) * 0.06 + look(coarse, 5.5) * 0.07
        tracks = np.exp(-((np.abs(x) - 0.78) / 0.28) ** 2) * 0.10 + np.exp(-(x / 0.3) ** 2) * -0.07
        tone = 0.155 * np.exp(grain + tracks)
        colour = tone[..., None] * np.array([1.02, 1.0, 0.95], np.float32)
        worn = np.clip(0.9 + look(coarse, 40) * 0.25, 0.25, 1)[..., None]
        lane = (np.abs(np.abs(x) - 1.95) < 0.065)
        colour = np.where(lane[..., None], colour * (1 - worn) + np.array([0.62, 0.60, 0.54], np.float32) * worn, colour)
        bar = (np.abs(z - (8.2 if self.style == "checkpoint" else 16.5)) < 0.2) & (np.abs(x) < 1.85)
        colour = np.where(bar[..., None], colour * (1 - worn) + np.array([0.62, 0.61, 0.57], np.float32) * worn, colour)
        crack = np.abs(look(coarse, 9) + look(coarse, 21) * 0.4) < 0.025 * np.clip(12 / np.maximum(t, 1), 0, 1)
        colour = np.where(crack[..., None], colour * 0.62, colour)
        verge = (x < -2.5) | (x > (5.4 if self.style != "checkpoint" else 2.6))
        soil = 0.34 * np.exp(grain * 1.6 + look(coarse, 2.2) * 0.12)[..., None] * np.array([1.0, 0.86, 0.66], np.float32)
        colour = np.where(verge[..., None], soil, colour)
        far = np.clip((t - 60) / 260, 0, 0.75)[..., None]
        colour = colour * (1 - far) + np.array([0.52, 0.50, 0.47], np.float32) * far
        return self._backdrop(rng, colour, ground), ground, np.stack([x, z], -1).astype(np.float32)

    def _backdrop(self, rng: np.random.Generator, colour: np.ndarray, ground: np.ndarray) -> np.ndarray:
        """Sky and three ridges of bare hills above the horizon."""
        d = self.rays
        height = d[..., 1] / np.hypot(d[..., 0], d[..., 2])
        bearing = np.arctan2(d[..., 0], d[..., 2])
        up = np.clip(height / 0.25, 0, 1)[..., None]
        sky = (1 - up) * np.array([0.80, 0.84, 0.88], np.float32) + up * np.array([0.38, 0.56, 0.84], np.float32)
        out = np.where(ground[..., None], colour, sky).astype(np.float32)
        for k, (top, tone) in enumerate(((0.070, (0.56, 0.57, 0.60)), (0.048, (0.46, 0.43, 0.41)), (0.026, (0.38, 0.33, 0.27)))):
            ridge = np.zeros_like(bearing)
            for o in range(5):
                ridge += np.sin(bearing * (7 + 9 * k) * 1.9 ** o + rng.uniform(0, 6.28)) / 1.75 ** o
            line = top * (0.62 + 0.22 * ridge)
            fold = 0.93 + 0.05 * np.sin(bearing * 47 + np.sin(height * 210 + k) * 1.4) + 0.04 * np.sin(bearing * 131 + height * 380)
            hill = (height > -0.0015) & (height < line)
            out = np.where(hill[..., None], np.array(tone, np.float32) * fold[..., None], out)
        return out


def _weather(b: Buffers, rays: np.ndarray, view: View, rng: np.random.Generator) -> None:
    """Stains, streaks and dust on walls and blocks, fixed to their surfaces; joints every 2.6 m."""
    h, w = b.cover.shape
    forward = view.rotation[2]
    d = rays[b.y:b.y + h, b.x:b.x + w]
    t = np.where(b.cover, b.depth, 0) / np.maximum((d @ forward.astype(np.float32)), .1)
    x, y, z = (np.asarray(view.position[k] + d[..., k] * t, np.float32) for k in range(3))
    along = np.where(np.abs(b.normal[..., 2]) > .7, x, z)
    stain, fine = tile(rng, 512, 10), tile(rng, 512, 1.5)
    look = lambda tex, u, v: cv2.remap(tex, (u % 511).astype(np.float32), (v % 511).astype(np.float32), cv2.INTER_LINEAR)
    tone = look(stain, along * 90, y * 80) * .09 + look(stain, along * 260, y * 26) * .04 + look(fine, along * 240, y * 240) * .05
    dust = np.exp(-np.maximum(y, 0) / .22)[..., None] * .5
    lit = b.colour * np.exp(tone)[..., None]
    lit = lit * (1 - dust) + np.array([158, 140, 112], np.float32) * dust
    b.colour[b.cover] = np.clip(lit, 0, 255)[b.cover]


def _furniture(style: str, rng: np.random.Generator) -> list[Mesh]:
    """Kerbs, blocks, booth, boom and posts of a gate lane; styles differ in sides and colours."""
    out: list[Mesh] = []
    for k in range(26):
        z = 5 + k * 1.0
        tone = (212, 180, 44) if k % 2 else (34, 34, 34)
        out += box((-2.36, .09, z), (.22, .18, 1.0), tone, .05)
        if style == "checkpoint":
            out += box((2.5, .09, z), (.22, .18, 1.0), tone, .05)
    for k in range(5):
        z = 13.5 + k * 3.4
        out += box((-2.95, .42, z), (.5, .84, 2.6), (168 + int(rng.integers(-12, 12)), 164, 154), .05)
    if style == "gate":
        out += box((-2.75, 1.25, 23), (.14, 2.5, .14), (190, 186, 176), .2)
        out += box((-3.8, 1.3, 26), (1.9, 2.6, 2.4), (206, 198, 176), .1)
        out += box((-3.8, 1.55, 24.75), (1.2, .8, .04), (36, 48, 58), .9)
        out += box((2.45, .55, 19), (.26, 1.1, .3), (214, 120, 28), .2)
        out += box((2.9, .4, 15.5), (.42, .8, .42), (188, 60, 40), .1)
        out += box((6.2, 1.1, 32), (.25, 2.2, 30), (176, 158, 128), .05)
    if style == "pass":
        out += box((3.0, .42, 15), (.5, .84, 4), (172, 168, 158), .05)
        out += box((3.1, .42, 21), (.5, .84, 4), (162, 158, 150), .05)
        out += box((-4.6, 1.6, 30), (.6, 3.2, 26), (138, 120, 96), .02)
        out += box((5.8, 1.4, 40), (2.2, 2.8, 4), (96, 108, 118), .3)
        out += box((2.55, .6, 17.5), (.1, 1.2, .1), (220, 222, 218), .2)
        out += box((2.55, 1.05, 17.44), (.42, .3, .03), (196, 28, 32), .3)
    if style == "checkpoint":
        for k in range(4):
            out += box((3.1 + .0 * k, .22, 10 + k * 2.2), (.62, .44, .9), (150, 134, 100), .02)
            out += box((3.1, .62, 10 + k * 2.2), (.5, .36, .8), (142, 126, 94), .02)
        out += box((-3.9, 1.15, 17), (1.8, 2.3, 1.8), (92, 112, 84), .1)
        out += box((-3.9, 1.5, 16.05), (1.1, .7, .04), (30, 36, 40), .8)
        out += box((-2.75, .55, 14), (.3, 1.1, .3), (196, 190, 180), .2)
        out += box((-2.65, 1.55, 14.4), (.12, 3.1, .12), (120, 120, 122), .3)
        out += box((4.6, 1.0, 24), (2.4, 2.0, 4.4), (176, 170, 158), .2)
        out += box((3.9, 1.5, 40), (.3, 3.0, 30), (168, 150, 120), .02)
        sign = _board(["SECURITY", "CHECK POST", "SLOW"])
        out.append(quad([[1.75, 1.72, 13.6], [3.05, 1.72, 13.6], [1.75, 1.02, 13.6], [3.05, 1.02, 13.6]], (0, 0, -1), sign))
        for x in (1.9, 2.9):
            out += box((x, .5, 13.65), (.06, 1.04, .06), (120, 120, 122), .3)
    return out


def _board(lines: list[str]) -> np.ndarray:
    """A road sign with words: text in view that is no plate."""
    from .lettering import text_mask
    t = np.zeros((140, 260, 6), np.uint8)
    t[...] = (24, 78, 128, 90, 0, 255)
    for k, line in enumerate(lines):
        mask, _ = text_mask(line, 26, "liberation-bold")
        x, y = (260 - mask.shape[1]) // 2, 12 + k * 42
        cut = mask[:, :260]
        t[y:y + cut.shape[0], x:x + cut.shape[1], :3] = np.maximum(t[y:y + cut.shape[0], x:x + cut.shape[1], :3], (cut[..., None] * np.array([.92, .92, .9])).astype(np.uint8))
    return t


def _turn(mesh: Mesh, heading: float, x: float, z: float) -> Mesh:
    a = math.radians(heading)
    r = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    return Mesh(mesh.vertices @ r.T + (x, 0, z), mesh.normals @ r.T, mesh.uv, mesh.triangles, mesh.texture)


def _lit(view: View, rays: np.ndarray, b: Buffers, light: Light) -> np.ndarray:
    """Deferred lighting of a rasterised region: sun, sky, mirror of sky and ground, lamps' glow; or the infra-red illuminator alone."""
    h, w = b.cover.shape
    on = b.cover
    d = rays[b.y:b.y + h, b.x:b.x + w][on]
    n = normalise(b.normal[on])
    facing = -(n * d).sum(-1)
    n = np.where((facing < 0)[:, None], -n, n)
    facing, albedo, gloss, glow = np.abs(facing), to_linear(b.colour[on]), b.gloss[on], b.glow[on]
    lit = np.zeros((h, w, 3), np.float32)
    if light.infrared:
        grey = albedo @ np.array([.4, .35, .25], np.float32)
        grey = .10 + grey * .62  # dyes and paint differ less in the near infra-red than in visible light
        fall = (11 / np.maximum(b.depth[on], 3)) ** 2
        lit[on] = (grey * (.05 + .34 * facing ** 1.5) * fall + .015 * gloss + glow * 5)[:, None]
        return lit
    sun = normalise(np.array(light.sun, np.float32))
    lambert = np.clip((n * sun).sum(-1), 0, 1)
    sky = np.array(light.sky_colour, np.float32) * light.sky_strength
    out = albedo * (sky * (.55 + .45 * n[:, 1:2]) + np.array(light.sun_colour, np.float32) * light.sun_strength * lambert[:, None])
    r = d - 2 * (d * n).sum(-1, keepdims=True) * n
    up = r[:, 1]
    horizon = np.exp(-(up / .16) ** 2) * .62  # hills and walls around are darker than the sky above them
    world = np.where((up > 0)[:, None], sky * (1.5 + 1.1 * np.exp(-np.abs(up) * 4))[:, None], sky * .55) * (1 - horizon)[:, None]
    out += world * ((.05 + .9 * (1 - facing) ** 4) * gloss)[:, None]
    out += (np.clip((r * sun).sum(-1), 0, 1) ** 60 * gloss * light.sun_strength * 1.6)[:, None]
    lit[on] = out + (glow * 1.7)[:, None] * np.clip(albedo * 1.5, .15, 1)
    return lit


def draw(place: Place, light: Light, actors: list[Actor]) -> Drawn:
    """Everything of one frame at the drawing size."""
    view = place.view
    picture = place.empty(light)
    glare = np.zeros((view.height, view.width), np.float32)
    ready = [(a, build(a.kind, a.paint, a.seed, light.lamps)) for a in sorted(actors, key=lambda a: -a.z)]
    for a, v in ready:
        _shadow(place, picture, light, a, v)
    quads: dict[int, np.ndarray | None] = {}
    characters: dict[int, list] = {}
    for a, v in ready:
        meshes = [_turn(m, a.heading, a.x, a.z) for m in v.meshes]
        if light.wet:
            _reflect(place, picture, light, meshes)
        b = rasterise(view, meshes)
        if b is not None:
            _paste(place, picture, b, _lit(view, place.rays, b, light))
        quads[id(a)], characters[id(a)] = _plate(place, picture, light, a, v) if a.plate else (None, [])
        _lamps(view, glare, light, a, v)
    return Drawn(picture, glare, [quads[id(a)] for a in actors], [characters[id(a)] for a in actors])


def _background(place: Place, light: Light) -> np.ndarray:
    albedo = place.albedo
    if light.infrared:
        grey = albedo @ np.array([.4, .35, .25], np.float32)
        x, z = place.point[..., 0], place.point[..., 1]
        spot = np.exp(-((x / 2.6) ** 2)) * (10 / np.maximum(z, 5)) ** 2.2
        out = np.where(place.ground, grey * (.006 + .30 * np.clip(spot, 0, 1.6)), .004)[..., None] * np.ones(3, np.float32)
    else:
        sun = normalise(np.array(light.sun, np.float32))
        sky = np.array(light.sky_colour, np.float32) * light.sky_strength
        direct = np.array(light.sun_colour, np.float32) * light.sun_strength * max(0.0, float(sun[1]))
        lit = albedo * (sky + direct) * (1 - .35 * light.wet)
        far = albedo * np.array(light.sky_colour, np.float32) * (light.sky_strength * 1.3 + light.sun_strength * .5)
        out = np.where(place.ground[..., None], lit, far)
    if light.wet:
        gleam = cloud(np.random.default_rng(5), place.ground.shape, 260, 4)
        sheen = np.clip((gleam - .42) * 3, 0, 1) * place.ground * (.02 if light.infrared else .16)
        out = out + sheen[..., None] * (np.array(light.sky_colour, np.float32) if not light.infrared else 1) * (1 if light.infrared else light.sky_strength)
    out = np.ascontiguousarray(out, np.float32)
    if place.buffers is not None:
        _paste(place, out, place.buffers, _lit(place.view, place.rays, place.buffers, light))
    return out


def _paste(place: Place, picture: np.ndarray, b: Buffers, lit: np.ndarray) -> None:
    h, w = b.cover.shape
    region = picture[b.y:b.y + h, b.x:b.x + w]
    region[b.cover] = lit[b.cover]


def _shadow(place: Place, picture: np.ndarray, light: Light, a: Actor, v: Vehicle) -> None:
    """Soft darkness under the body and, when there is sun, the body's outline thrown along the light."""
    view = place.view
    mask = np.zeros((view.height, view.width), np.uint8)
    half = v.width / 2 - .04
    under = _turn_points(np.array([[-half, 0, .06], [half, 0, .06], [half, 0, v.length], [-half, 0, v.length]]), a)
    p = view.project(under)
    cv2.fillPoly(mask, [np.round(p[:, :2] * 16).astype(np.int64).clip(-2 ** 28, 2 ** 28).astype(np.int32)], 255, cv2.LINE_AA, 4)
    scale = view.focal / max(a.z, 4)
    soft = _blurred(mask, .07 * scale)
    picture *= 1 - (.86 * soft * place.ground)[..., None]
    if light.sun_strength > .1:
        sun = np.array(light.sun)
        box_points = np.array([[x, y, z] for x in (-half, half) for y in (.2, v.height * .62) for z in (.15, v.length)]
                              + [[x * .72, v.height, z] for x in (-half, half) for z in (min(1.7, v.length * .5), v.length)])
        w = _turn_points(box_points, a)
        w = w - sun / sun[1] * w[:, 1:2]
        p = view.project(w)
        hull = cv2.convexHull(p[:, :2].astype(np.float32)).clip(-2 ** 20, 2 ** 20)
        mask[:] = 0
        cv2.fillPoly(mask, [np.round(hull * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        soft = _blurred(mask, .02 * scale)
        share = light.sun_strength * max(0.0, normalise(sun)[1]) / (light.sun_strength * max(0.0, normalise(sun)[1]) + light.sky_strength)
        picture *= 1 - (share * soft * place.ground)[..., None]


def _blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    """0..1 from an 8-bit mask, blurred at a quarter of its size: shadows have no fine edges."""
    small = cv2.resize(mask, (mask.shape[1] // 4, mask.shape[0] // 4), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), max(.6, sigma / 4)), (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255


def _turn_points(points: np.ndarray, a: Actor) -> np.ndarray:
    t = math.radians(a.heading)
    r = np.array([[math.cos(t), 0, math.sin(t)], [0, 1, 0], [-math.sin(t), 0, math.cos(t)]])
    return points @ r.T + (a.x, 0, a.z)


def _reflect(place: Place, picture: np.ndarray, light: Light, meshes: list[Mesh]) -> None:
    """Smeared mirror image on a wet road."""
    flipped = [Mesh(m.vertices * (1, -1, 1), m.normals * (1, -1, 1), m.uv, m.triangles, m.texture) for m in meshes]
    b = rasterise(place.view, flipped)
    if b is None:
        return
    h, w = b.cover.shape
    lit = _lit(place.view, place.rays, b, light) * b.cover[..., None]
    scale = place.view.focal / 12
    lit = cv2.GaussianBlur(lit, (0, 0), sigmaX=scale * .02, sigmaY=scale * .10)
    cover = cv2.GaussianBlur(b.cover.astype(np.float32), (0, 0), sigmaX=scale * .02, sigmaY=scale * .10)
    region = picture[b.y:b.y + h, b.x:b.x + w]
    k = (.38 * cover * place.ground[b.y:b.y + h, b.x:b.x + w])[..., None]
    region *= 1 - k
    region += lit * .38 * place.ground[b.y:b.y + h, b.x:b.x + w][..., None]


def _plate(place: Place, picture: np.ndarray, light: Light, a: Actor, v: Vehicle) -> tuple[np.ndarray | None, list]:
    """Fix the plate to the body, light it, and say where its corners and characters fell on the picture."""
    view = place.view
    plate = render_plate(a.plate, a.seed)
    w, h = plate.size_mm[0] / 1000, plate.size_mm[1] / 1000
    cx, cy, cz, tilt = v.plate
    lean, roll = math.radians(tilt), math.radians(a.plate_tilt)

    def on_world(mm: np.ndarray) -> np.ndarray:
        q = mm / 1000 - (w / 2, h / 2)
        x = q[:, 0] * math.cos(roll) - q[:, 1] * math.sin(roll)
        y = -(q[:, 0] * math.sin(roll) + q[:, 1] * math.cos(roll))
        return _turn_points(np.column_stack([cx + x, cy + y * math.cos(lean), cz + y * math.sin(lean)]), a)

    corners_mm = np.array([[0, 0], [plate.size_mm[0], 0], [plate.size_mm[0], plate.size_mm[1]], [0, plate.size_mm[1]]], float)
    p = view.project(on_world(corners_mm))[:, :2]
    long = np.linalg.norm(p[1] - p[0])
    shrink = min(1.0, long * 1.15 / plate.rgb.shape[1])
    size = (max(4, int(plate.rgb.shape[1] * shrink)), max(4, int(plate.rgb.shape[0] * shrink)))
    rgb = cv2.resize(to_linear(plate.rgb), size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(plate.alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    matrix = cv2.getPerspectiveTransform(np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32), p.astype(np.float32))
    x0, y0 = np.floor(p.min(0)).astype(int) - 8
    x1, y1 = np.ceil(p.max(0)).astype(int) + 8
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], float)
    warped = cv2.warpPerspective(rgb, shift @ matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(alpha, shift @ matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    depth = float(view.project(on_world(corners_mm[:1]))[0, 2])
    normal = _turn_points(np.array([[0, math.sin(lean), -math.cos(lean)]]), a)[0] - (a.x, 0, a.z)
    if light.infrared:
        grey = warped @ np.array([.4, .35, .25], np.float32)
        lit = np.repeat((.02 + grey * .62 * (11 / max(depth, 3)) ** 1.4)[..., None], 3, -1)  # sheeting throws the lamp's light back
    else:
        sun = normalise(np.array(light.sun))
        sky = np.array(light.sky_colour, np.float32) * light.sky_strength
        lit = warped * (sky * .85 + np.array(light.sun_colour, np.float32) * light.sun_strength * max(0.0, float(sun @ normal))) + .015 * sky
    bx0, by0, bx1, by1 = max(0, x0), max(0, y0), min(view.width, x1), min(view.height, y1)
    if bx1 > bx0 and by1 > by0:
        cut = np.s_[by0 - y0:by1 - y0, bx0 - x0:bx1 - x0]
        region = picture[by0:by1, bx0:bx1]
        dark = np.roll(np.roll(cover, 6, 0), 3, 1)[cut][..., None]
        region *= 1 - .45 * cv2.GaussianBlur(dark, (0, 0), 4)[..., None]
        k = cover[cut][..., None]
        region += (lit[cut] - region) * k
    characters = []
    for char, name, (bx, by, bw, bh) in plate.characters:
        q = view.project(on_world(np.array([[bx, by], [bx + bw, by], [bx + bw, by + bh], [bx, by + bh]])))[:, :2]
        characters.append((char, name, q))
    return p, characters


def _lamps(view: View, glare: np.ndarray, light: Light, a: Actor, v: Vehicle) -> None:
    """Points of light that the lens will bloom."""
    if not light.lamps:
        return
    for lx, ly, lz, kind in v.lamps:
        p = view.project(_turn_points(np.array([[lx, ly, lz]]), a))[0]
        if not (0 <= p[0] < view.width and 0 <= p[1] < view.height):
            continue
        r = max(2, int(.045 * view.focal / p[2]))
        strength = {"head": 60.0, "tail": 5.0}[kind] if light.infrared else {"head": 7.0, "tail": 1.5}[kind]
        dot = np.zeros_like(glare)
        cv2.circle(dot, (int(p[0]), int(p[1])), r, strength, -1, cv2.LINE_AA)
        glare += dot
