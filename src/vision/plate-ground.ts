import type { PlateCues } from '../plate/mark.ts';
import type { Picture } from './picture.ts';
import type { Extent } from './text-line.ts';

type Ground = NonNullable<PlateCues['ground']>;

/**
 * Colour of a plate's ground around its text, and of a band left of it. Night and infra-red pictures have no colour: then the answer is
 * white or black by whether the ground is lighter than the ink. `text` is the extent of the characters in the plate picture.
 */
export function groundCues(plate: Picture, text: Extent): Pick<PlateCues, 'ground' | 'leftBand'> {
  const height = text.bottom - text.top, pixels = sample(plate, text);
  if (pixels.length < 12) return { ground: null, leftBand: null };
  const levels = pixels.map(brightness).sort((a, b) => a - b), low = levels[Math.floor(levels.length * 0.05)]!, high = levels[Math.floor(levels.length * 0.95)]!;
  const middle = (low + high) / 2, light = pixels.filter((p) => brightness(p) > middle), dark = pixels.filter((p) => brightness(p) <= middle);
  // Ink covers less than half of a line's box in every plate font.
  const ground = light.length >= dark.length ? nameOf(medianOf(light), true) : nameOf(medianOf(dark), false);
  const band = sample(plate, { left: text.left - 0.75 * height, right: text.left - 0.15 * height, top: text.top, bottom: text.bottom });
  const bandName = band.length < 12 ? null : nameOf(medianOf(band), true);
  return { ground, leftBand: bandName !== ground && (bandName === 'green' || bandName === 'blue') ? bandName : null };
}

type Rgb = readonly [number, number, number];

function sample(plate: Picture, area: Extent): Rgb[] {
  const left = Math.max(0, Math.floor(area.left)), right = Math.min(plate.width, Math.ceil(area.right));
  const top = Math.max(0, Math.floor(area.top)), bottom = Math.min(plate.height, Math.ceil(area.bottom));
  const step = Math.max(1, Math.floor(Math.sqrt(Math.max(0, right - left) * Math.max(0, bottom - top) / 1500)));
  const out: Rgb[] = [];
  for (let y = top; y < bottom; y += step) {
    for (let x = left; x < right; x += step) {
      const i = (y * plate.width + x) * 3;
      out.push([plate.data[i]!, plate.data[i + 1]!, plate.data[i + 2]!]);
    }
  }
  return out;
}

function brightness([r, g, b]: Rgb): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

function medianOf(pixels: readonly Rgb[]): Rgb {
  const median = (channel: 0 | 1 | 2): number => pixels.map((p) => p[channel]).sort((a, b) => a - b)[pixels.length >> 1] ?? 0;
  return [median(0), median(1), median(2)];
}

function nameOf([r, g, b]: Rgb, lighterThanInk: boolean): Ground | null {
  const most = Math.max(r, g, b), least = Math.min(r, g, b), spread = most - least;
  if (most < 40 || spread / Math.max(1, most) < 0.28) return lighterThanInk ? 'white' : 'black';
  const hue = most === r ? 60 * ((g - b) / spread) : most === g ? 120 + 60 * ((b - r) / spread) : 240 + 60 * ((r - g) / spread);
  const degrees = (hue + 360) % 360;
  if (degrees >= 18 && degrees < 70) return 'yellow';
  if (degrees >= 70 && degrees < 190) return 'green';
  if (degrees >= 190 && degrees < 270) return 'blue';
  return degrees < 18 || degrees >= 330 ? 'red' : null;
}
