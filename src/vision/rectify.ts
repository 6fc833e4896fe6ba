import { openCv } from './opencv.ts';
import type { Mat } from './opencv.ts';
import type { Box, Picture, Quad } from './picture.ts';

/** Copies the part of a picture under a box; what lies outside the picture is cut off. At least one pixel each way. */
export function cropOf(picture: Picture, box: Box): { readonly picture: Picture; readonly x: number; readonly y: number } {
  const x = Math.min(picture.width - 1, Math.max(0, Math.floor(box.x))), y = Math.min(picture.height - 1, Math.max(0, Math.floor(box.y)));
  const width = Math.max(1, Math.min(picture.width, Math.ceil(box.x + box.width)) - x);
  const height = Math.max(1, Math.min(picture.height, Math.ceil(box.y + box.height)) - y);
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * picture.width + x) * 3;
    data.set(picture.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { picture: { width, height, data }, x, y };
}

/**
 * Warps the quadrilateral of a picture to an upright picture of `width` x `height` pixels (perspective; cubic interpolation, which keeps
 * thin strokes of small plates better than linear). Outside the picture its edge pixels are repeated. Only the neighbourhood of the
 * quadrilateral goes into WebAssembly memory, so a plate of a 4K frame costs as much as one of a small frame.
 */
export function rectify(picture: Picture, corners: Quad, width: number, height: number): Picture {
  const xs = corners.map((p) => p[0]), ys = corners.map((p) => p[1]);
  const left = Math.min(...xs) - 2, top = Math.min(...ys) - 2;
  const part = cropOf(picture, { x: left, y: top, width: Math.max(...xs) + 2 - left, height: Math.max(...ys) + 2 - top });
  const cv = openCv();
  const source = matOf(part.picture), target = new cv.Mat();
  const from = cv.matFromArray(4, 1, cv.CV_32FC2, corners.flatMap(([x, y]) => [x - part.x, y - part.y]));
  const to = cv.matFromArray(4, 1, cv.CV_32FC2, [0, 0, width, 0, width, height, 0, height]);
  const transform = cv.getPerspectiveTransform(from, to);
  try {
    cv.warpPerspective(source, target, transform, new cv.Size(width, height), cv.INTER_CUBIC, cv.BORDER_REPLICATE, new cv.Scalar());
    return pictureOf(target);
  } finally {
    for (const mat of [source, target, from, to, transform]) mat.delete();
  }
}

/** Scales to exactly `width` x `height`: area averaging when shrinking (no aliasing of strokes), cubic when enlarging. */
export function scaled(picture: Picture, width: number, height: number): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const cv = openCv(), source = matOf(picture), target = new cv.Mat();
  const shrink = width * height < picture.width * picture.height;
  try {
    cv.resize(source, target, new cv.Size(width, height), 0, 0, shrink ? cv.INTER_AREA : cv.INTER_CUBIC);
    return pictureOf(target);
  } finally {
    source.delete();
    target.delete();
  }
}

/** Adds a margin of repeated edge pixels, for text that touches the edge of a crop. */
export function withMargin(picture: Picture, horizontal: number, vertical: number): Picture {
  const cv = openCv(), source = matOf(picture), target = new cv.Mat();
  try {
    cv.copyMakeBorder(source, target, vertical, vertical, horizontal, horizontal, cv.BORDER_REPLICATE, new cv.Scalar());
    return pictureOf(target);
  } finally {
    source.delete();
    target.delete();
  }
}

/** Grey picture with local contrast stretched (CLAHE, clip 3, 4 x 4 tiles), as RGB: for dark, hazy and unevenly lit plates. */
export function contrastStretched(picture: Picture): Picture {
  const cv = openCv(), source = matOf(picture), grey = new cv.Mat(), target = new cv.Mat();
  const clahe = new cv.CLAHE(3, new cv.Size(4, 4));
  try {
    cv.cvtColor(source, grey, cv.COLOR_RGB2GRAY);
    clahe.apply(grey, grey);
    cv.cvtColor(grey, target, cv.COLOR_GRAY2RGB);
    return pictureOf(target);
  } finally {
    for (const mat of [source, grey, target, clahe]) mat.delete();
  }
}

function matOf(picture: Picture): Mat {
  const cv = openCv(), mat = new cv.Mat(picture.height, picture.width, cv.CV_8UC3);
  mat.data.set(picture.data);
  return mat;
}

function pictureOf(mat: Mat): Picture {
  return { width: mat.cols, height: mat.rows, data: new Uint8Array(mat.data) };
}
