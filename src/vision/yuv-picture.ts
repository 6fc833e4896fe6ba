import type { Box, Picture } from './picture.ts';

/**
 * A frame as video is coded: planar YUV 4:2:0 (I420), 8 bits, BT.601, limited range (luma 16..235, chroma 16..240 around 128). All luma row by row, then
 * all Cb, then all Cr, each with one value for 2 x 2 pixels; of an odd width or height the last one stands for a single column or row. Half the bytes
 * of RGB. `planes.length === yuvBytes(width, height)`.
 */
export interface YuvPicture { readonly width: number; readonly height: number; readonly planes: Uint8Array }

/** Bytes of a frame of so many pixels: 1.5 a pixel, chroma rounded up. */
export function yuvBytes(width: number, height: number): number {
  return width * height + 2 * ((width + 1) >> 1) * ((height + 1) >> 1);
}

/**
 * ITU-R BT.601-7 (2.5.1 to 2.5.3), turned around, in 65536ths: luma spans 219 steps, chroma 224. R = LUMA (Y - 16) + RED (Cr - 128) and so on, for R, G and
 * B of 0..255. 255/219 = 1.16438; 255/112 (1 - 0.299) = 1.59603; 255/112 (1 - 0.114) = 2.01723; the rest of green by the luma's weights.
 */
const LUMA = 76_309, RED = 104_597, GREEN_OF_RED = 53_279, GREEN_OF_BLUE = 25_675, BLUE = 132_201, HALF = 32_768;

/**
 * RGB of the part of a frame under `box`, which lies inside it, row by row into `into` (3 bytes a pixel; what comes after is left alone). Each chroma value
 * counts for all four of its pixels, as ffmpeg's own conversion has it. Within 1 of the formula in real numbers.
 */
export function rgbInto({ width, height, planes }: YuvPicture, { x, y, width: across, height: down }: Box, into: Uint8ClampedArray): void {
  const half = (width + 1) >> 1, blues = width * height, reds = blues + half * ((height + 1) >> 1);
  for (let row = y, to = 0; row < y + down; row++) {
    const chroma = (row >> 1) * half, luma = row * width;
    for (let column = x, end = x + across; column < end; column++, to += 3) {
      const at = chroma + (column >> 1), blue = planes[blues + at]! - 128, red = planes[reds + at]! - 128, grey = LUMA * (planes[luma + column]! - 16) + HALF;
      // The array clamps to 0..255.
      into[to] = (grey + RED * red) >> 16;
      into[to + 1] = (grey - GREEN_OF_BLUE * blue - GREEN_OF_RED * red) >> 16;
      into[to + 2] = (grey + BLUE * blue) >> 16;
    }
  }
}

/** Memory in which one part of a frame after the other is looked at as RGB: made once for the largest, because what is thrown away at 6 MB a frame stays for long. */
export class RgbScratch {
  #memory = new ArrayBuffer(0);

  /** The part of a frame under `box`, which lies inside it. Holds nothing but those pixels, and only until it is asked for the next. */
  partOf(picture: YuvPicture, box: Box): Picture {
    const bytes = 3 * box.width * box.height;
    if (this.#memory.byteLength < bytes) this.#memory = new ArrayBuffer(bytes);
    rgbInto(picture, box, new Uint8ClampedArray(this.#memory, 0, bytes));
    return { width: box.width, height: box.height, data: new Uint8Array(this.#memory, 0, bytes) };
  }
}
