"""Shapes and paint for vehicles: a body is a side profile swept across its width, painted on a flat sheet in metres."""
from __future__ import annotations

import cv2
import numpy as np

from .raster import Mesh, grid_mesh

PX_PER_M = 360
GLASS = (16, 19, 22)
RUBBER = (20, 20, 21)
CHROME = (176, 178, 180)


class Sheet:
    """A texture addressed in metres: x from the middle, s upwards along the profile. Channels RGB, gloss, glow, alpha."""

    def __init__(self, width: float, length: float, colour, gloss: float = 0.5, alpha: int = 255):
        self.width, self.length = width, length
        self.data = np.zeros((int(length * PX_PER_M), int(width * PX_PER_M), 6), np.uint8)
        self.data[...] = (*colour, int(gloss * 255), 0, alpha)

    def at(self, points) -> np.ndarray:
        p = np.asarray(points, float)
        return np.column_stack([(p[:, 0] + self.width / 2) * PX_PER_M, (self.length - p[:, 1]) * PX_PER_M])

    def poly(self, points, colour, gloss: float = 0.5, glow: float = 0.0, both: bool = False, soft: float = 0.0, strength: float = 1.0) -> None:
        """Fill a polygon; `both` mirrors it to the other side; `soft` blurs its edge (m)."""
        mask = np.zeros(self.data.shape[:2], np.uint8)
        for sign in ((1, -1) if both else (1,)):
            p = self.at([(sign * x, s) for x, s in points])
            cv2.fillPoly(mask, [np.round(p * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        self._blend(mask, colour, gloss, glow, soft, strength)

    def rect(self, x0, s0, x1, s1, colour, radius: float = 0.0, **kw) -> None:
        """A rectangle with round corners."""
        r = min(radius, abs(x1 - x0) / 2 - 1e-3, abs(s1 - s0) / 2 - 1e-3)
        if r <= 0:
            return self.poly([(x0, s0), (x1, s0), (x1, s1), (x0, s1)], colour, **kw)
        a = np.linspace(0, np.pi / 2, 6)
        arc = np.column_stack([np.cos(a), np.sin(a)]) * r
        corners = [((x1 - r, s1 - r), arc), ((x0 + r, s1 - r), arc[::-1] * (-1, 1)), ((x0 + r, s0 + r), -arc), ((x1 - r, s0 + r), arc[::-1] * (1, -1))]
        self.poly([tuple(np.add(c, q)) for c, arcs in corners for q in arcs], colour, **kw)

    def ellipse(self, x, s, rx, rs, colour, both: bool = False, **kw) -> None:
        a = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        self.poly([(x + rx * np.cos(t), s + rs * np.sin(t)) for t in a], colour, both=both, **kw)

    def line(self, points, thickness: float, colour, both: bool = False, gloss: float = 0.3, strength: float = 1.0) -> None:
        mask = np.zeros(self.data.shape[:2], np.uint8)
        for sign in ((1, -1) if both else (1,)):
            p = self.at([(sign * x, s) for x, s in points])
            cv2.polylines(mask, [np.round(p * 16).astype(np.int32)], False, 255, max(1, int(round(thickness * PX_PER_M))), cv2.LINE_AA, 4)
        self._blend(mask, colour, gloss, 0.0, 0.0, strength)

    def grime(self, field: np.ndarray, colour=(150, 132, 104), amount: float = 0.5) -> None:
        """Dust through a 0..1 field of any size."""
        mask = cv2.resize(field, (self.data.shape[1], self.data.shape[0]), interpolation=cv2.INTER_LINEAR)
        k = (np.clip(mask, 0, 1) * amount)[..., None]
        rgb = self.data[..., :3].astype(np.float32)
        self.data[..., :3] = (rgb + (np.array(colour) - rgb) * k).astype(np.uint8)
        self.data[..., 3] = (self.data[..., 3] * (1 - 0.8 * k[..., 0])).astype(np.uint8)

    def _blend(self, mask, colour, gloss, glow, soft, strength) -> None:
        x, y, w, h = cv2.boundingRect(mask)
        if w == 0:
            return
        edge = int(soft * PX_PER_M * 3) + 1
        cut = np.s_[max(0, y - edge):y + h + edge, max(0, x - edge):x + w + edge]
        mask = mask[cut]
        if soft > 0:
            mask = cv2.GaussianBlur(mask, (0, 0), soft * PX_PER_M)
        k = mask.astype(np.float32)[..., None] / 255 * strength
        target = np.array([*colour, gloss * 255, glow * 255], np.float32)
        d = self.data[cut][..., :5].astype(np.float32)
        self.data[cut][..., :5] = (d + (target - d) * k).astype(np.uint8)
        self.data[cut][..., 5] = np.maximum(self.data[cut][..., 5], (mask > 127) * 255)


class Profile:
    """A smoothed side profile: control points (z, y, half width, edge rounding), bottom to top. `s` is the length along it."""

    def __init__(self, control: list[tuple[float, float, float, float]], smooth: float = 0.035, rows: int = 56):
        c = np.array(control, float)
        step = np.hypot(np.diff(c[:, 0]), np.diff(c[:, 1]))
        at = np.concatenate([[0], np.cumsum(step)])
        dense = np.linspace(0, at[-1], 500)
        cols = [np.interp(dense, at, c[:, k]) for k in range(4)]
        sigma = smooth / (dense[1] - dense[0])
        kernel = np.exp(-0.5 * (np.arange(-int(3 * sigma), int(3 * sigma) + 1) / sigma) ** 2)
        kernel /= kernel.sum()
        pad = len(kernel) // 2
        cols = [np.convolve(np.pad(v, pad, mode="edge"), kernel, mode="valid") for v in cols]
        length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(cols[0]), np.diff(cols[1])))])
        bend = np.abs(np.gradient(np.unwrap(np.arctan2(np.gradient(cols[1]), np.gradient(cols[0])))))
        density = np.cumsum(0.35 / len(dense) + bend / max(bend.sum(), 1e-9) * 0.65)
        pick = np.interp(np.linspace(density[0], density[-1], rows), density, np.arange(len(dense)))
        take = lambda v: np.interp(pick, np.arange(len(dense)), v)
        self.z, self.y, self.half, self.round = (take(v) for v in cols)
        self.s = take(length)
        self.length = float(length[-1])
        self._controls = np.interp(at, dense, length)
        n = np.column_stack([np.gradient(self.z, self.s), np.gradient(self.y, self.s)])
        n /= np.linalg.norm(n, axis=1, keepdims=True) + 1e-9
        self.inward = np.column_stack([n[:, 1], -n[:, 0]])  # (z, y)

    def control(self, k: float) -> float:
        """s of control point k (fractions lie between)."""
        return float(np.interp(k, np.arange(len(self._controls)), self._controls))

    def s_of_y(self, y: float) -> float:
        return float(np.interp(y, np.maximum.accumulate(self.y), self.s))

    def z_of_y(self, y: float) -> float:
        return float(np.interp(y, np.maximum.accumulate(self.y), self.z))

    def sheet(self, colour, gloss: float = 0.55) -> Sheet:
        return Sheet(float(self.half.max()) * 2 + 0.02, self.length + 0.01, colour, gloss)

    def mesh(self, sheet: Sheet, cols: int = 26, power: float = 4.0) -> Mesh:
        """The swept face: middle flat, edges rounded back by each row's rounding (m)."""
        u = np.sin(np.linspace(-np.pi / 2, np.pi / 2, cols)) * 0.5 + np.linspace(-1, 1, cols) * 0.5
        g = 1 - (1 - np.abs(u) ** power) ** (1 / power)
        x = u[None, :] * self.half[:, None]
        z = self.z[:, None] + self.inward[:, :1] * self.round[:, None] * g[None, :]
        y = self.y[:, None] + self.inward[:, 1:] * self.round[:, None] * g[None, :]
        uv = np.stack([(x + sheet.width / 2) * PX_PER_M, np.broadcast_to(((sheet.length - self.s) * PX_PER_M)[:, None], x.shape)], -1)
        return grid_mesh(np.stack([x, y, z], -1), uv, sheet.data)

    def sides(self, side: Sheet, sill: float, belt: float, body_half: float) -> list[Mesh]:
        """Both flanks: from the swept face's edges over the belt line down to the sill; `side` is painted in (z, y)."""
        out = []
        depth = self.inward * self.round[:, None]
        z, y = self.z + depth[:, 0], self.y + depth[:, 1]
        steep = np.abs(self.inward[:, 0]) > 0.6
        first = int(np.argmax(steep))
        k = max(2, first + int(np.argmin(steep[first:])) if not steep[first:].all() else len(z) - 1)
        start = float(z[:k + 1].max()) + 0.02
        for sign in (-1, 1):
            # Up to row k the face stands upright: its edge is joined backwards; from there on the flank hangs down from the edge.
            nose = np.stack([np.column_stack([sign * self.half[:k + 1], y[:k + 1], z[:k + 1]]), np.column_stack([sign * np.where(y[:k + 1] > belt, self.half[:k + 1], body_half), y[:k + 1], np.full(k + 1, start)])])
            zs, ys, half = np.maximum.accumulate(np.maximum(z[k:], start)), y[k:], self.half[k:]
            hang = np.stack([np.column_stack([sign * half, ys, zs]), np.column_stack([sign * np.where(ys > belt, body_half, half), np.minimum(ys, belt), zs]),
                             np.column_stack([np.full(len(zs), sign * body_half * 0.97), np.full(len(zs), sill), zs])])
            for points in (nose, hang):
                uv = np.stack([points[..., 2] * PX_PER_M, (side.length - points[..., 1]) * PX_PER_M], -1)
                mesh = grid_mesh(points, uv, side.data)
                mesh.normals = mesh.normals * np.sign(mesh.normals[:, :1] * sign + 1e-9)
                out.append(mesh)
        return out


def box(centre, size, colour, gloss: float = 0.1, texture: np.ndarray | None = None) -> list[Mesh]:
    """A box's front, top and two flanks (what a camera in front and above can see)."""
    (cx, cy, cz), (w, h, d) = centre, size
    x0, x1, y0, y1, z0, z1 = cx - w / 2, cx + w / 2, cy - h / 2, cy + h / 2, cz - d / 2, cz + d / 2
    plain = np.zeros((4, 4, 6), np.uint8)
    plain[...] = (*colour, int(gloss * 255), 0, 255)
    faces = [
        ([[x0, y1, z0], [x1, y1, z0], [x0, y0, z0], [x1, y0, z0]], (0, 0, -1), texture),
        ([[x0, y1, z1], [x1, y1, z1], [x0, y1, z0], [x1, y1, z0]], (0, 1, 0), None),
        ([[x0, y1, z1], [x0, y1, z0], [x0, y0, z1], [x0, y0, z0]], (-1, 0, 0), texture),
        ([[x1, y1, z0], [x1, y1, z1], [x1, y0, z0], [x1, y0, z1]], (1, 0, 0), texture),
    ]
    return [quad(points, normal, plain if tex is None else tex, 2 if tex is None else 6) for points, normal, tex in faces]


def quad(points, normal, texture: np.ndarray, parts: int = 6) -> Mesh:
    """A flat panel from its left top, right top, left bottom, right bottom corners, split so that perspective stays right."""
    p = np.asarray(points, float).reshape(2, 2, 3)
    a = np.linspace(0, 1, parts)
    grid = ((1 - a)[:, None, None] * ((1 - a)[None, :, None] * p[0, 0] + a[None, :, None] * p[0, 1])
            + a[:, None, None] * ((1 - a)[None, :, None] * p[1, 0] + a[None, :, None] * p[1, 1]))
    h, w = texture.shape[:2]
    uv = np.stack(np.meshgrid(a * w, a * h), -1)
    mesh = grid_mesh(grid, uv, texture)
    mesh.normals = np.broadcast_to(np.asarray(normal, float), mesh.normals.shape).copy()
    return mesh


def blob(centre, radii, colour, gloss: float = 0.4) -> Mesh:
    """An ellipsoid (mirrors, helmets, heads)."""
    a, b = np.meshgrid(np.linspace(0, 2 * np.pi, 16), np.linspace(0.05, np.pi - 0.05, 9))
    unit = np.stack([np.sin(b) * np.cos(a), np.cos(b), np.sin(b) * np.sin(a)], -1)
    plain = np.zeros((4, 4, 6), np.uint8)
    plain[...] = (*colour, int(gloss * 255), 0, 255)
    mesh = grid_mesh(unit * radii + centre, np.ones((*a.shape, 2)), plain)
    mesh.normals = (unit / radii / np.linalg.norm(unit / radii, axis=-1, keepdims=True)).reshape(-1, 3)
    return mesh
