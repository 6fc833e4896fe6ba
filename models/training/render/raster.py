"""A small software rasteriser: triangle meshes into buffers of colour, normal and gloss, lit afterwards.

World: metres, x to the right of the lane, y up, z along the lane away from the camera. Pictures: x right, y down."""
from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class View:
    """A pinhole camera at `position`, turned by `yaw` to the right and `pitch` down (degrees), `focal` px at the given size."""
    width: int
    height: int
    focal: float
    position: tuple[float, float, float]
    yaw: float
    pitch: float
    roll: float = 0.0

    def scaled(self, factor: float) -> "View":
        return View(int(self.width * factor), int(self.height * factor), self.focal * factor, self.position, self.yaw, self.pitch, self.roll)

    @property
    def rotation(self) -> np.ndarray:
        """World to camera (x right, y down, z forward)."""
        yaw, pitch, roll = (math.radians(v) for v in (self.yaw, self.pitch, self.roll))
        turn = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
        nod = np.array([[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]])
        lean = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
        return lean @ np.diag([1.0, -1.0, 1.0]) @ nod @ turn

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) world points to (N, 3): x px, y px, depth m."""
        p = (np.asarray(points, float) - self.position) @ self.rotation.T
        z = np.maximum(p[:, 2], 0.05)
        return np.column_stack([self.width / 2 + self.focal * p[:, 0] / z, self.height / 2 + self.focal * p[:, 1] / z, p[:, 2]])

    def rays(self) -> np.ndarray:
        """Unit directions in the world for every pixel, (H, W, 3)."""
        x, y = np.meshgrid(np.arange(self.width) + 0.5 - self.width / 2, np.arange(self.height) + 0.5 - self.height / 2)
        d = np.stack([x / self.focal, y / self.focal, np.ones_like(x)], -1) @ self.rotation
        return (d / np.linalg.norm(d, axis=-1, keepdims=True)).astype(np.float32)


@dataclass
class Mesh:
    """Vertices, their normals and texture places (u, v in px of `texture`), triangles. Texture: RGB, gloss, glow (0..255), alpha."""
    vertices: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    triangles: np.ndarray
    texture: np.ndarray

    def moved(self, offset) -> "Mesh":
        return Mesh(self.vertices + np.asarray(offset, float), self.normals, self.uv, self.triangles, self.texture)


@dataclass
class Buffers:
    """What each pixel of a region shows. `cover` 0/1."""
    x: int
    y: int
    cover: np.ndarray
    depth: np.ndarray
    colour: np.ndarray
    normal: np.ndarray
    gloss: np.ndarray
    glow: np.ndarray


def grid_mesh(points: np.ndarray, uv: np.ndarray, texture: np.ndarray) -> Mesh:
    """A mesh from a (rows, columns, 3) grid of points; normals from neighbours, turned towards -z (the viewer)."""
    rows, cols = points.shape[:2]
    du, dv = np.gradient(points, axis=1), np.gradient(points, axis=0)
    n = np.cross(du, dv)
    n /= np.linalg.norm(n, axis=-1, keepdims=True) + 1e-9
    i = np.arange(rows * cols).reshape(rows, cols)
    a, b, c, d = i[:-1, :-1].ravel(), i[:-1, 1:].ravel(), i[1:, 1:].ravel(), i[1:, :-1].ravel()
    triangles = np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])])
    return Mesh(points.reshape(-1, 3), n.reshape(-1, 3), uv.reshape(-1, 2).astype(float), triangles, texture)


def rasterise(view: View, meshes: list[Mesh]) -> Buffers | None:
    """Draw meshes with a depth buffer over the region that they cover; None when nothing is in view."""
    projected = [view.project(m.vertices) for m in meshes]
    seen = np.concatenate([p[p[:, 2] > 0.3][:, :2] for p in projected])
    if len(seen) == 0:
        return None
    x0, y0 = (int(max(0, v)) for v in np.floor(seen.min(0)) - 2)
    x1, y1 = int(min(view.width, seen[:, 0].max() + 3)), int(min(view.height, seen[:, 1].max() + 3))
    if x1 <= x0 or y1 <= y0:
        return None
    h, w = y1 - y0, x1 - x0
    out = Buffers(x0, y0, np.zeros((h, w), bool), np.full((h, w), np.inf, np.float32), np.zeros((h, w, 3), np.float32),
                  np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32), np.zeros((h, w), np.float32))
    for mesh, p in zip(meshes, projected):
        _draw(out, mesh, p)
    return out


def _draw(out: Buffers, mesh: Mesh, p: np.ndarray) -> None:
    """One mesh: nearer triangles painted over farther ones as numbers, then every pixel's place on its triangle at once."""
    h, w = out.cover.shape
    xy = p[:, :2] - (out.x, out.y)
    corners = xy[mesh.triangles]
    area = ((corners[:, 1, 0] - corners[:, 0, 0]) * (corners[:, 2, 1] - corners[:, 0, 1])
            - (corners[:, 2, 0] - corners[:, 0, 0]) * (corners[:, 1, 1] - corners[:, 0, 1]))
    depth = p[mesh.triangles, 2]
    usable = np.flatnonzero((depth.min(1) > 0.3) & (np.abs(area) > 0.3) & (corners.max(1) >= 0).all(1) & (corners.min(1) < (w, h)).all(1))
    if len(usable) == 0:
        return
    low = np.clip(np.floor(corners[usable].min((0, 1))).astype(int) - 1, 0, (w - 1, h - 1))
    high = np.clip(np.ceil(corners[usable].max((0, 1))).astype(int) + 2, 1, (w, h))
    number = np.zeros((high[1] - low[1], high[0] - low[0]), np.float32)
    fixed = np.round((corners - low - 0.5) * 16).astype(np.int32)
    for k in usable[np.argsort(-depth[usable].mean(1), kind="stable")]:
        cv2.fillConvexPoly(number, fixed[k], float(k + 1), cv2.LINE_8, 4)
    rows, cols = np.nonzero(number)
    which = number[rows, cols].astype(np.int64) - 1
    c = corners[which]
    x, y = cols + low[0] + 0.5, rows + low[1] + 0.5
    a = area[which]
    b1 = ((x - c[:, 0, 0]) * (c[:, 2, 1] - c[:, 0, 1]) - (c[:, 2, 0] - c[:, 0, 0]) * (y - c[:, 0, 1])) / a
    b2 = ((c[:, 1, 0] - c[:, 0, 0]) * (y - c[:, 0, 1]) - (x - c[:, 0, 0]) * (c[:, 1, 1] - c[:, 0, 1])) / a
    b = np.clip(np.column_stack([1 - b1 - b2, b1, b2]), -0.5, 1.5)
    attributes = np.column_stack([mesh.uv, mesh.normals, p[:, 2]])[mesh.triangles[which]]
    value = np.einsum("ij,ijk->ik", b, attributes).astype(np.float32)
    # A texture far larger than its place on the picture is shrunk first, or it would sparkle.
    texture, factor = _shrunk(mesh, xy)
    sample = np.concatenate([cv2.remap(texture, value[i:i + 30000, :1] * factor[0] - 0.5, value[i:i + 30000, 1:2] * factor[1] - 0.5, cv2.INTER_LINEAR,
                                       borderMode=cv2.BORDER_REPLICATE)[:, 0] for i in range(0, len(value), 30000)])
    rows, cols = rows + low[1], cols + low[0]
    won = (value[:, 5] < out.depth[rows, cols]) & (sample[:, 5] > 127)
    rows, cols, value, sample = rows[won], cols[won], value[won], sample[won]
    out.cover[rows, cols] = True
    out.depth[rows, cols] = value[:, 5]
    out.colour[rows, cols] = sample[:, :3]
    out.gloss[rows, cols] = sample[:, 3] / 255
    out.glow[rows, cols] = sample[:, 4] / 255
    out.normal[rows, cols] = value[:, 2:5]


def _shrunk(mesh: Mesh, xy: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    edges = mesh.triangles[:, [0, 1]]
    on_picture = np.linalg.norm(xy[edges[:, 0]] - xy[edges[:, 1]], axis=1).sum()
    on_texture = np.linalg.norm(mesh.uv[edges[:, 0]] - mesh.uv[edges[:, 1]], axis=1).sum()
    texture = mesh.texture.astype(np.float32)
    if on_picture <= 0 or on_texture <= on_picture * 1.3:
        return texture, (1.0, 1.0)
    ratio = on_picture / on_texture
    size = (max(2, int(texture.shape[1] * ratio)), max(2, int(texture.shape[0] * ratio)))
    halves = [cv2.resize(np.ascontiguousarray(texture[..., k:k + 3]), size, interpolation=cv2.INTER_AREA) for k in (0, 3)]  # six channels at once are not supported
    return np.concatenate(halves, -1), (size[0] / texture.shape[1], size[1] / texture.shape[0])


def normalise(v: np.ndarray) -> np.ndarray:
    return v / (np.linalg.norm(v, axis=-1, keepdims=True) + 1e-9)
