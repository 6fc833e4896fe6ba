import type { Picture, Quad } from './picture.ts';
import { uprightPlate } from './upright-plate.ts';

/** The plate is measured at one size, so that a blur counts by what it is of the plate and not of the picture. */
const WIDTH = 96, HEIGHT = 48;
/** Mean step from pixel to pixel, as a share of the contrast, of the sharpest plates: strokes are some eight of these pixels wide. */
const SHARPEST = 0.25;

/**
 * How sharp a plate stands in the picture, 0..1: the mean difference between neighbouring pixels over the standard deviation of the
 * brightness, along rows and columns; the lesser of both, because a plate that moves is blurred along its way only.
 */
export function sharpnessOf(picture: Picture, corners: Quad): number {
  const { data } = uprightPlate(picture, corners, WIDTH, HEIGHT), luma = new Float32Array(WIDTH * HEIGHT);
  let sum = 0, squares = 0;
  for (let i = 0; i < luma.length; i++) {
    const value = 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!;
    luma[i] = value;
    sum += value;
    squares += value * value;
  }
  const deviation = Math.sqrt(Math.max(0, squares / luma.length - (sum / luma.length) ** 2));
  if (deviation < 1) return 0;
  return Math.min(1, Math.min(meanStep(luma, 1), meanStep(luma, WIDTH)) / (SHARPEST * deviation));
}

/** Mean difference between each pixel and the one `step` further on; those at the end of a row have none. */
function meanStep(luma: Float32Array, step: number): number {
  let sum = 0, count = 0;
  for (let i = 0; i + step < luma.length; i++) {
    if (step === 1 && (i + 1) % WIDTH === 0) continue;
    sum += Math.abs(luma[i + step]! - luma[i]!);
    count++;
  }
  return sum / count;
}
