import type { Picture } from '../../src/vision/picture.ts';
import { yuvBytes, type YuvPicture } from '../../src/vision/yuv-picture.ts';

/**
 * A drawn picture as a camera's stream would give it (ITU-R BT.601-7, limited range, in 65536ths), over shared memory. Chroma is the mean of its 2 x 2 pixels.
 * `into`: memory of a frame of the same size, to be used again.
 */
export function yuvOfRgb({ width, height, data }: Picture, into: Uint8Array = new Uint8Array(new SharedArrayBuffer(yuvBytes(width, height)))): YuvPicture {
  const half = (width + 1) >> 1, blues = width * height, reds = blues + half * ((height + 1) >> 1);
  for (let i = 0, at = 0; i < blues; i++, at += 3) into[i] = 16 + ((16_829 * data[at]! + 33_039 * data[at + 1]! + 6416 * data[at + 2]! + 32_768) >> 16);
  for (let y = 0, to = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2, to++) {
      // The last column or row of an odd size is its own neighbour.
      const next = x + 1 < width ? 3 : 0, a = 3 * (y * width + x), b = y + 1 < height ? a + 3 * width : a;
      const red = data[a]! + data[a + next]! + data[b]! + data[b + next]!, green = data[a + 1]! + data[a + next + 1]! + data[b + 1]! + data[b + next + 1]!, blue = data[a + 2]! + data[a + next + 2]! + data[b + 2]! + data[b + next + 2]!;
      into[blues + to] = 128 + ((28_784 * blue - 19_070 * green - 9714 * red + 131_072) >> 18);
      into[reds + to] = 128 + ((28_784 * red - 24_103 * green - 4681 * blue + 131_072) >> 18);
    }
  }
  return { width, height, planes: into };
}
