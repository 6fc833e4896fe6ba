"""Vehicles as meshes, seen from the front or the rear, at z = 0 facing the camera. Each builder returns meshes, where the plate
goes, where the lamps are and the footprint for its shadow."""
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .bodywork import CHROME, GLASS, RUBBER, Profile, Sheet, blob, box, quad
from .noise import cloud
from .raster import Mesh

PAINTS = {
    "white": (222, 223, 220), "silver": (158, 162, 166), "grey": (92, 96, 100), "black": (22, 23, 26), "red": (140, 22, 26), "blue": (32, 58, 120),
    "green": (26, 84, 54), "beige": (182, 166, 136), "maroon": (84, 20, 30), "yellow": (214, 164, 26),
}


@dataclass
class Vehicle:
    """`plate`: centre (x, y, z) and backwards tilt in degrees; `lamps`: (x, y, z, kind) with kind head | tail."""
    meshes: list[Mesh]
    plate: tuple[float, float, float, float]
    lamps: list[tuple[float, float, float, str]]
    width: float
    length: float
    height: float


def _tyres(half: float, radius: float, width: float, z: float) -> list[Mesh]:
    out: list[Mesh] = []
    for sign in (-1, 1):
        out += box((sign * (half - width / 2 - 0.04), radius * 0.92, z + radius), (width, radius * 1.84, radius * 1.5), RUBBER, 0.05)
    return out


def _side(length: float, height: float, paint, wheels: list[float], radius: float, glass: tuple[float, float, float, float] | None) -> Sheet:
    """Flank painted in (z from 0, y): wheels, arches, sill, windows."""
    s = Sheet(length, height, paint, 0.5)
    shift = -length / 2
    s.rect(shift, 0, -shift, 0.24, (30, 30, 30), gloss=0.1)
    for z in wheels:
        s.ellipse(z + shift, radius, radius * 1.16, radius * 1.16, (12, 12, 12), gloss=0.05)
        s.ellipse(z + shift, radius, radius, radius, RUBBER, gloss=0.1)
        s.ellipse(z + shift, radius, radius * 0.62, radius * 0.62, (128, 130, 132), gloss=0.5)
    if glass:
        s.poly([(glass[0] + shift, glass[2]), (glass[1] + shift, glass[2]), (glass[1] - 0.15 + shift, glass[3]), (glass[0] + 0.5 + shift, glass[3])], GLASS, gloss=0.95)
    return s


def _windscreen(s: Sheet, p: Profile, k0: float, k1: float, half0: float, half1: float, rng: np.random.Generator, wipers: bool = True, crew: bool = True) -> None:
    a, b = p.control(k0) + 0.02, p.control(k1) - 0.03
    s.poly([(-half0, a), (half0, a), (half1, b), (-half1, b)], GLASS, gloss=0.95, soft=0.004)
    s.rect(-half0 * 0.9, a, half0 * 0.9, a + (b - a) * 0.16, (40, 40, 42), gloss=0.6, soft=0.02)
    if crew:
        for x in (half0 * 0.48,) + ((-half0 * 0.45,) if rng.random() < 0.5 else ()):
            tone = rng.integers(30, 62)
            s.ellipse(x, a + (b - a) * 0.34, 0.2, (b - a) * 0.2, (tone, tone, tone - 6), gloss=0.75, soft=0.02)
            s.ellipse(x, a + (b - a) * 0.62, 0.085, (b - a) * 0.16, (62, 50, 44), gloss=0.75, soft=0.01)
    s.rect(-0.11, b - (b - a) * 0.2, 0.11, b - (b - a) * 0.1, (8, 8, 9), 0.02, gloss=0.5)
    if wipers:
        s.line([(-half0 * 0.82, a + 0.01), (-half0 * 0.1, a + 0.05)], 0.018, (10, 10, 10))
        s.line([(half0 * 0.05, a + 0.01), (half0 * 0.72, a + 0.05)], 0.018, (10, 10, 10))


def _headlight(s: Sheet, points, glow: float) -> None:
    s.poly(points, (70, 72, 74), gloss=0.8, both=True)
    c = np.mean(points, axis=0)
    s.poly([tuple(c + (np.array(q) - c) * 0.86) for q in points], (176, 180, 184), gloss=0.95, both=True)
    s.ellipse(c[0] - 0.02, c[1], 0.062, 0.052, (226, 230, 232), both=True, gloss=1.0, glow=glow)
    s.ellipse(c[0] + 0.11, c[1], 0.042, 0.042, (228, 190, 140), both=True, gloss=0.9)


def car_front(paint: str, rng: np.random.Generator, lights: bool, tall: float = 0.0) -> Vehicle:
    """Saloon or hatchback from the front; `tall` lifts it to a pickup or SUV (m)."""
    colour, t = PAINTS[paint], tall
    w = 0.84 + t * 0.16
    p = Profile([(0.12, 0.16 + t * .3, w - .10, .22), (0.01, 0.27 + t * .3, w - .02, .34), (0.0, 0.50 + t * .6, w, .36), (0.05, 0.66 + t * .8, w, .34), (0.14, 0.76 + t, w - .01, .26),
                 (0.30, 0.82 + t, w - .02, .18), (1.02, 0.98 + t, w - .05, .10), (1.12, 0.99 + t, w - .08, .10), (1.78, 1.38 + t * 1.3, w - .25, .14), (2.02, 1.44 + t * 1.3, w - .27, .12), (3.3, 1.42 + t * 1.3, w - .28, .12)])
    s = p.sheet(colour)
    y = p.s_of_y
    s.rect(-w, 0, w, y(0.27 + t * .3), (26, 26, 27), gloss=0.15)
    s.rect(-w * .70, y(0.245 + t * .3), w * .70, y(0.375 + t * .4), (14, 14, 15), 0.05, gloss=0.2)
    for k in range(4):
        s.line([(-w * .66, y(0.27 + t * .3) + .03 * k), (w * .66, y(0.27 + t * .3) + .03 * k)], 0.006, (48, 48, 50))
    s.poly([(.58, y(.27 + t * .3)), (.76, y(.29 + t * .3)), (.78, y(.39 + t * .4)), (.6, y(.37 + t * .4))], (18, 18, 19), both=True, gloss=.3)
    s.ellipse(.68, y(.33 + t * .35), .05, .04, (186, 188, 190), both=True, gloss=.9)
    g0, g1 = y(.595 + t * .7), y(.70 + t * .9)
    s.poly([(-.46, g0), (.46, g0), (.52, g1), (-.52, g1)], (12, 12, 13), gloss=.3)
    for k in range(1, 5):
        q = g0 + (g1 - g0) * k / 5
        s.line([(-.47, q), (.47, q)], .008, CHROME if paint != "white" or k == 4 else (60, 62, 64), gloss=.8)
    s.ellipse(0, (g0 + g1) / 2 + .01, .065, .045, CHROME, gloss=.95)
    s.ellipse(0, (g0 + g1) / 2 + .01, .045, .028, (60, 60, 62), gloss=.5)
    _headlight(s, [(.50, y(.61 + t * .7)), (.80, y(.64 + t * .8)), (.82, y(.74 + t)), (.72, y(.77 + t)), (.50, y(.70 + t * .9))], 1.0 if lights else 0.05)
    b0, b1 = p.control(4.3), p.control(6.6)
    s.line([(-.60, b0), (-.70, b1)], .012, tuple(int(v * .72) for v in colour), gloss=.4, both=True)
    s.line([(-.34, b0), (-.42, b1)], .03, tuple(min(255, int(v * 1.1 + 6)) for v in colour), gloss=.6, both=True, strength=.5)
    s.line([(-w * .94, y(.735 + t)), (w * .94, y(.735 + t))], .008, tuple(int(v * .5) for v in colour))
    s.rect(-w, p.control(6.75), w, p.control(7.2), (16, 16, 17), gloss=.2)
    _windscreen(s, p, 7, 8.05, w - .10, w - .28, rng)
    s.grime(np.clip(1.1 - np.linspace(0, 3.2, 64)[::-1, None], 0, 1) * cloud(rng, (64, 64), 30), amount=.5)
    side = _side(3.6, 1.6 + t * 1.5, colour, [.85, 3.3], .30 + t * .1, (1.35, 3.4, .98 + t, 1.38 + t * 1.3))
    meshes = [p.mesh(s)] + p.sides(side, .20 + t * .25, .95 + t, w) + _tyres(w, .30 + t * .1, .2, .42)
    for sign in (-1, 1):
        meshes.append(blob((sign * (w + .06), 1.02 + t, 1.32), (.11, .075, .06), colour if paint != "white" else (200, 201, 200)))
    z = p.z_of_y(.47 + t * .6)
    return Vehicle(meshes, (0.0, .475 + t * .6, z - .035, 2.0), [(sx * .63, .69 + t * .9, .05, "head") for sx in (-1, 1)], 2 * w, 3.6, 1.45 + t * 1.3)


def car_rear(paint: str, rng: np.random.Generator, lights: bool, hatch: bool = False) -> Vehicle:
    colour, w = PAINTS[paint], .84
    if hatch:
        control = [(.14, .24, w - .08, .2), (.02, .32, w - .01, .3), (0, .50, w, .32), (.05, .58, w, .26), (.07, .62, w - .02, .18), (.12, .98, w - .05, .16), (.15, 1.02, w - .07, .16),
                   (.52, 1.42, w - .2, .14), (.72, 1.48, w - .22, .12), (3.0, 1.47, w - .24, .12)]
    else:
        control = [(.14, .22, w - .08, .2), (.02, .32, w - .01, .32), (0, .52, w, .34), (.05, .60, w, .26), (.07, .63, w - .02, .2), (.11, .94, w - .05, .18), (.2, .99, w - .08, .14),
                   (.62, 1.03, w - .12, .1), (1.3, 1.38, w - .27, .13), (1.55, 1.44, w - .28, .12), (3.0, 1.45, w - .28, .12)]
    p = Profile(control)
    s = p.sheet(colour)
    y = p.s_of_y
    dark = tuple(int(v * .5) for v in colour)
    s.rect(-w, 0, w, y(.31), (24, 24, 25), gloss=.15)
    s.rect(-.62, y(.26), .62, y(.33), (16, 16, 17), .03, gloss=.2)
    s.line([(-w, y(.60)), (w, y(.60))], .014, dark)
    s.line([(-.44, y(.63)), (-.46, y(.93))], .007, dark, both=True)
    s.rect(-.34, y(.665), .34, y(.875), tuple(int(v * .62) for v in colour), .03, gloss=.3, soft=.008)
    s.rect(-.36, y(.872), .36, y(.90), CHROME, .01, gloss=.95)
    glow = .55 if lights else .06
    for red, x0, x1, s0, s1 in (((168, 14, 18), .47, .80, .66, .92),):
        s.rect(x0, y(s0), x1, y(s1), (60, 6, 8), .05, both=True, gloss=.9)
        s.rect(x0 + .015, y(s0) + .015, x1 - .015, y(s1) - .015, red, .05, both=True, gloss=.9, glow=glow)
        s.rect(x0 + .02, y(.74), x1 - .15, y(.80), (212, 196, 186), .02, both=True, gloss=.9)
        s.rect(x1 - .14, y(.74), x1 - .03, y(.80), (206, 118, 30), .02, both=True, gloss=.9)
    s.ellipse(0, y(.925), .05, .03, CHROME, gloss=.95)
    s.rect(.48, y(.36), .66, y(.395), (150, 10, 14), .015, both=True, gloss=.9)
    if hatch:
        _windscreen(s, p, 6, 7, w - .13, w - .24, rng, wipers=False, crew=False)
        s.line([(-.05, p.control(6) + .02), (.32, p.control(6) + .10)], .02, (8, 8, 8))
    else:
        _windscreen(s, p, 7, 8, w - .16, w - .3, rng, wipers=False, crew=False)
    s.grime(np.clip(1.0 - np.linspace(0, 3.0, 64)[::-1, None], 0, 1) * cloud(rng, (64, 64), 30), amount=.55)
    side = _side(3.6, 1.6, colour, [.8, 3.3], .30, (.5 if hatch else 1.0, 3.4, 1.0, 1.38))
    meshes = [p.mesh(s)] + p.sides(side, .2, .97, w) + _tyres(w, .30, .2, .4)
    meshes += box((.45, .24, .1), (.07, .06, .2), (70, 70, 72), .6)
    for sign in (-1, 1):
        meshes.append(blob((sign * (w + .05), 1.02, 2.2), (.10, .07, .05), colour))
    return Vehicle(meshes, (0, .77, p.z_of_y(.77) - .03, 4.0), [(sx * .63, .79, .08, "tail") for sx in (-1, 1)], 2 * w, 3.6, 1.45)


def van_front(paint: str, rng: np.random.Generator, lights: bool) -> Vehicle:
    colour, w = PAINTS[paint], .85
    p = Profile([(.1, .22, w - .06, .16), (.01, .32, w, .22), (0, .62, w, .24), (.03, .80, w, .22), (.10, .95, w - .01, .18), (.28, 1.12, w - .02, .14), (.34, 1.14, w - .03, .12),
                 (.92, 1.84, w - .12, .12), (1.15, 1.95, w - .13, .12), (3.2, 1.98, w - .13, .12)])
    s = p.sheet(colour)
    y = p.s_of_y
    s.rect(-w, 0, w, y(.33), (28, 28, 29), gloss=.15)
    s.rect(-.6, y(.36), .6, y(.44), (14, 14, 15), .03, gloss=.2)
    s.rect(-.42, y(.74), .42, y(.86), (16, 16, 17), .02, gloss=.3)
    s.line([(-.42, y(.80)), (.42, y(.80))], .02, CHROME, gloss=.9)
    s.ellipse(0, y(.80), .06, .045, CHROME, gloss=.95)
    _headlight(s, [(.46, y(.72)), (.80, y(.74)), (.81, y(.90)), (.48, y(.88))], 1.0 if lights else .05)
    s.line([(-w, y(.67)), (w, y(.67))], .01, tuple(int(v * .5) for v in colour))
    _windscreen(s, p, 6, 7, w - .08, w - .15, rng)
    s.grime(np.clip(1.0 - np.linspace(0, 3.0, 64)[::-1, None], 0, 1) * cloud(rng, (64, 64), 30), amount=.6)
    side = _side(4.4, 2.1, colour, [.75, 3.6], .32, (.5, 4.2, 1.15, 1.8))
    meshes = [p.mesh(s)] + p.sides(side, .22, 1.12, w) + _tyres(w, .32, .2, .35)
    for sign in (-1, 1):
        meshes.append(blob((sign * (w + .12), 1.3, .45), (.09, .13, .05), (26, 26, 27)))
    return Vehicle(meshes, (0, .55, p.z_of_y(.55) - .03, 1.0), [(sx * .64, .81, .03, "head") for sx in (-1, 1)], 2 * w, 4.4, 1.98)


def truck_front(paint: str, rng: np.random.Generator, lights: bool) -> Vehicle:
    """A decorated truck: painted bands and lozenges, a crown over the cab, chains of discs under the bumper."""
    w = 1.18
    colour = PAINTS[paint]
    p = Profile([(.06, .42, w - .02, .1), (0, .50, w, .12), (0, .80, w, .12), (.05, .84, w - .02, .14), (.06, 1.60, w - .02, .16), (.08, 1.64, w - .02, .14), (.20, 2.35, w - .06, .12),
                 (.18, 2.42, w - .02, .12), (-.25, 3.3, w, .12), (-.2, 3.4, w, .1), (1.5, 3.4, w, .1)], smooth=.02)
    s = p.sheet(colour, .4)
    y = p.s_of_y
    bright = [(206, 34, 36), (238, 176, 32), (28, 116, 74), (36, 74, 156), (232, 232, 224), (206, 92, 34)]
    s.rect(-w, y(.45), w, y(.80), (46, 47, 50), gloss=.5)
    s.rect(-w, y(.74), w, y(.80), bright[1], gloss=.3)
    for k in range(-9, 10):
        s.poly([(k * .125 - .05, y(.77)), (k * .125, y(.75)), (k * .125 + .05, y(.77)), (k * .125, y(.79))], bright[k % 6], gloss=.4)
    s.rect(-.62, y(.98), .62, y(1.46), (18, 18, 19), .04, gloss=.3)
    for k in range(7):
        s.line([(-.6, y(1.02 + k * .065)), (.6, y(1.02 + k * .065))], .018, CHROME, gloss=.9)
    s.ellipse(.86, y(1.06), .13, .13, (60, 60, 62), both=True, gloss=.8)
    s.ellipse(.86, y(1.06), .105, .105, (214, 218, 220), both=True, gloss=1, glow=1.0 if lights else .05)
    s.rect(.74, y(1.24), 1.0, y(1.32), (214, 130, 34), .03, both=True, gloss=.9)
    for k in range(-7, 8):
        s.poly([(k * .16 - .07, y(1.54)), (k * .16, y(1.49)), (k * .16 + .07, y(1.54)), (k * .16, y(1.59))], bright[(k + 2) % 6], gloss=.4)
    _windscreen(s, p, 5, 6, w - .1, w - .14, rng)
    s.rect(-.02, p.control(5) + .02, .02, p.control(6) - .02, colour)
    a, b = p.control(7), p.control(8)
    for row in range(3):
        s0, s1 = a + (b - a) * row / 3, a + (b - a) * (row + .92) / 3
        s.rect(-w, s0, w, s1, bright[(row * 2 + 1) % 6], gloss=.3)
        for k in range(-5, 6):
            c, r = k * .22, (s1 - s0) * .42
            s.ellipse(c, (s0 + s1) / 2, .085, r, bright[(k + row + 3) % 6], gloss=.4)
            s.ellipse(c, (s0 + s1) / 2, .04, r * .5, bright[(k + row) % 6], gloss=.4)
    s.grime(np.clip(.9 - np.linspace(0, 2.4, 64)[::-1, None], 0, 1) * cloud(rng, (64, 64), 30), amount=.7)
    side = _side(4, 3.6, colour, [.9], .5, None)
    meshes = [p.mesh(s, power=8)] + p.sides(side, .5, 1.6, w) + _tyres(w, .5, .3, .45)
    for k in range(-12, 13):
        meshes += [quad([[k * .09 - .03, .44, -.02], [k * .09 + .03, .44, -.02], [k * .09 - .03, .30, -.02], [k * .09 + .03, .30, -.02]], (0, .2, -1), _plain((170, 170, 160) if k % 2 else (200, 150, 40), .8), 2)]
    for sign in (-1, 1):
        meshes += box((sign * (w + .16), 1.95, .25), (.18, .34, .06), (24, 24, 25), .2)
    return Vehicle(meshes, (0, .615, -.04, 0.0), [(sx * .86, 1.06, 0, "head") for sx in (-1, 1)], 2 * w, 7.5, 3.4)


def bus_rear(paint: str, rng: np.random.Generator, lights: bool) -> Vehicle:
    w = 1.22
    colour = PAINTS[paint]
    p = Profile([(.05, .40, w - .03, .1), (0, .48, w, .14), (0, .78, w, .16), (.03, .82, w, .16), (.04, 1.75, w, .18), (.06, 1.85, w, .18), (.16, 2.6, w - .05, .18), (.26, 2.95, w - .1, .18), (.5, 3.05, w - .12, .14), (2.5, 3.08, w - .12, .14)])
    s = p.sheet(colour, .5)
    y = p.s_of_y
    s.rect(-w, y(.42), w, y(.76), (36, 37, 39), gloss=.3)
    s.rect(-.75, y(.98), .75, y(1.16), (22, 22, 23), .03, gloss=.2)
    for k in range(6):
        s.line([(-.72, y(1.0) + k * .03), (.72, y(1.0) + k * .03)], .012, (58, 58, 60))
    for k, band in enumerate(((178, 30, 34), (226, 160, 30), (30, 70, 140))):
        s.poly([(-w, y(1.28 + k * .13)), (w, y(1.42 + k * .13)), (w, y(1.52 + k * .13)), (-w, y(1.38 + k * .13))], band, gloss=.5)
    s.rect(.86, y(.86), 1.12, y(1.22), (60, 6, 8), .05, both=True, gloss=.9)
    s.rect(.88, y(1.06), 1.10, y(1.20), (170, 14, 18), .04, both=True, gloss=.9, glow=.5 if lights else .06)
    s.rect(.88, y(.96), 1.10, y(1.05), (210, 120, 30), .02, both=True, gloss=.9)
    s.rect(.88, y(.88), 1.10, y(.95), (210, 200, 194), .02, both=True, gloss=.9)
    _windscreen(s, p, 5, 6, w - .14, w - .2, rng, wipers=False, crew=False)
    s.grime(np.clip(1.0 - np.linspace(0, 2.4, 64)[::-1, None], 0, 1) * cloud(rng, (64, 64), 30), amount=.7)
    side = _side(4, 3.2, colour, [1.6], .48, (.3, 3.8, 1.7, 2.6))
    meshes = [p.mesh(s, power=6)] + p.sides(side, .42, 1.7, w) + _tyres(w, .48, .3, 1.2)
    return Vehicle(meshes, (0, .60, -.035, 0.0), [(sx * .99, 1.13, .02, "tail") for sx in (-1, 1)], 2 * w, 9, 3.05)


def rickshaw_rear(paint: str, rng: np.random.Generator, lights: bool) -> Vehicle:
    w = .62
    colour = PAINTS[paint]
    p = Profile([(.05, .32, w - .03, .08), (0, .38, w, .1), (0, .78, w, .1), (.06, .84, w - .01, .1), (.10, 1.30, w - .03, .1), (.14, 1.58, w - .05, .1), (.28, 1.72, w - .08, .1), (1.8, 1.74, w - .08, .1)])
    s = p.sheet(colour, .4)
    y = p.s_of_y
    s.rect(-w, y(.80), w, p.length, (36, 38, 42), gloss=.25)
    s.rect(-.44, y(.98), .44, y(1.32), (92, 98, 100), .05, gloss=.8, soft=.008)
    s.line([(-.44, y(.95)), (.44, y(.95))], .012, (210, 180, 60))
    s.rect(-w, y(.36), w, y(.42), (28, 28, 29), gloss=.2)
    for k in range(-4, 5):
        s.ellipse(k * .12, y(.87), .035, .03, [(206, 34, 36), (238, 176, 32), (230, 230, 224)][k % 3], gloss=.4)
    s.rect(.42, y(.44), .56, y(.60), (160, 14, 18), .03, both=True, gloss=.9, glow=.5 if lights else .06)
    s.rect(.42, y(.62), .56, y(.70), (210, 120, 30), .02, both=True, gloss=.9)
    s.grime(cloud(rng, (64, 64), 30), amount=.3)
    side = _side(2.6, 1.8, colour, [.5], .22, (.5, 2.2, .9, 1.6))
    meshes = [p.mesh(s, power=6)] + p.sides(side, .32, .82, w) + _tyres(w, .22, .11, .25)
    return Vehicle(meshes, (0, .56, -.03, 2.0), [(sx * .49, .52, 0, "tail") for sx in (-1, 1)], 2 * w, 2.6, 1.74)


def motorcycle_rear(paint: str, rng: np.random.Generator, lights: bool) -> Vehicle:
    """A small motorcycle with its rider, as cut-out layers at their own depths."""
    colour = PAINTS[paint]
    cloth = [(168, 160, 142), (70, 84, 104), (196, 194, 186), (92, 76, 60)][int(rng.integers(0, 4))]
    shade = tuple(int(v * .78) for v in cloth)
    back = Sheet(1.1, 1.8, (0, 0, 0), 0, 0)
    back.poly([(-.30, .72), (.30, .72), (.33, 1.05), (.27, 1.36), (.10, 1.44), (-.10, 1.44), (-.27, 1.36), (-.33, 1.05)], cloth, gloss=.03)
    back.poly([(.02, .76), (.12, .76), (.09, 1.38), (.04, 1.38)], shade, gloss=.03, soft=.02)
    for sign in (-1, 1):
        back.poly([(sign * .25, 1.36), (sign * .37, 1.18), (sign * .45, .98), (sign * .37, .95), (sign * .28, 1.12)], shade, gloss=.03)
        back.poly([(sign * .13, .74), (sign * .31, .76), (sign * .36, .56), (sign * .26, .40), (sign * .20, .40), (sign * .22, .56)], shade, gloss=.03)
        back.poly([(sign * .18, .42), (sign * .27, .42), (sign * .29, .30), (sign * .18, .30)], (30, 26, 24), gloss=.1)
        back.line([(sign * .28, 1.02), (sign * .46, 1.20)], .016, (60, 60, 62), gloss=.8)
        back.ellipse(sign * .47, 1.22, .065, .045, (24, 24, 26), gloss=.7)
    tail = Sheet(.8, 1.1, (0, 0, 0), 0, 0)
    tail.rect(-.055, 0, .055, .62, RUBBER, .05, gloss=.05)
    tail.rect(-.09, .42, .09, .74, tuple(int(v * .8) for v in colour), .05, gloss=.5)
    tail.rect(-.15, .70, .15, .82, (22, 22, 24), .05, gloss=.2)
    tail.rect(-.075, .60, .075, .69, (168, 16, 20), .03, gloss=.9, glow=.5 if lights else .08)
    tail.ellipse(.17, .62, .035, .03, (214, 130, 34), both=True, gloss=.9)
    tail.line([(.17, .62), (.08, .66)], .014, (40, 40, 42), both=True)
    tail.rect(.09, .22, .18, .30, (140, 140, 142), .03, gloss=.9)
    place = lambda sheet, z: quad([[-sheet.width / 2, sheet.length, z], [sheet.width / 2, sheet.length, z], [-sheet.width / 2, 0, z], [sheet.width / 2, 0, z]], (0, .25, -.97), sheet.data, 4)
    helmet = rng.random() < .6
    meshes = [place(back, .35), place(tail, .02), blob((0, 1.54, .34), (.125, .14, .14) if helmet else (.09, .12, .1), (140, 24, 28) if helmet else (44, 32, 26), .7 if helmet else .05)]
    return Vehicle(meshes, (0, .49, -.03, 8.0), [(0, .645, 0, "tail")], .7, 1.9, 1.65)


def _plain(colour, gloss: float) -> np.ndarray:
    t = np.zeros((4, 4, 6), np.uint8)
    t[...] = (*colour, int(gloss * 255), 0, 255)
    return t


BUILDERS = {
    "saloon-front": lambda paint, rng, lights: car_front(paint, rng, lights),
    "pickup-front": lambda paint, rng, lights: car_front(paint, rng, lights, .22),
    "saloon-rear": lambda paint, rng, lights: car_rear(paint, rng, lights),
    "hatchback-rear": lambda paint, rng, lights: car_rear(paint, rng, lights, True),
    "van-front": van_front, "truck-front": truck_front, "bus-rear": bus_rear, "rickshaw-rear": rickshaw_rear, "motorcycle-rear": motorcycle_rear,
}


@lru_cache(maxsize=64)
def build(kind: str, paint: str, seed: int, lights: bool) -> Vehicle:
    """A vehicle of a kind in BUILDERS; the same arguments give the same vehicle."""
    return BUILDERS[kind](paint, np.random.default_rng([seed, 0xB0D7]), lights)
