import type { Picture } from './picture.ts';

/** A plate whose darkest and brightest hundredth lie nearer than this is brought to `wanted`: night, haze, a camera set for the sky. */
const enough = 96, wanted = 160;
/** Noise grows with the contrast; beyond this there is nothing but noise. */
const mostGain = 8;
/** Shares of the pixels that lie below and above the range that counts. */
const aside = 0.01;

/** The picture with its contrast stretched when it has little, itself otherwise. Colours keep their differences. */
export function withFullContrast(picture: Picture): Picture {
  const [dark, bright] = rangeOf(picture), range = bright - dark;
  if (range >= enough) return picture;
  const gain = Math.min(mostGain, wanted / Math.max(1, range)), middle = (dark + bright) / 2;
  return { ...picture, data: Uint8Array.from(picture.data, (v) => Math.min(255, Math.max(0, 127.5 + gain * (v - middle)))) };
}

/** Brightness (0..255) that a hundredth of the pixels lie below, and above. */
function rangeOf({ data }: Picture): readonly [number, number] {
  const counts = new Uint32Array(256), pixels = data.length / 3;
  for (let i = 0; i < data.length; i += 3) counts[(data[i]! * 77 + data[i + 1]! * 150 + data[i + 2]! * 29) >> 8]!++;
  const levelAt = (share: number): number => {
    let below = 0;
    for (let level = 0; level < 256; level++) if ((below += counts[level]!) > share * pixels) return level;
    return 255;
  };
  return [levelAt(aside), levelAt(1 - aside)];
}
