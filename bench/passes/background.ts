import sharp from 'sharp';
import type { Picture } from '../../src/vision/picture.ts';
import type { RandomNumbers } from '../../src/simulate/random-numbers.ts';
import type { Conditions } from './conditions.ts';
import type { Place, RoadCamera } from './road-camera.ts';

export const LANE_M = 3.3;

/** Middle of each lane, metres from the road's middle: those that leave keep to the left, as in Pakistan. */
export function laneMiddles(conditions: Pick<Conditions, 'lanes'>): number[] {
  const count = conditions.lanes.length;
  return conditions.lanes.map((_, i) => (i - (count - 1) / 2) * LANE_M);
}

/** Brightness of the scene and of its sky. */
export function ambient(light: Conditions['light']): number {
  return light === 'day' ? 1 : light === 'dusk' ? 0.5 : 0.16;
}

/** The road without vehicles, with the grain of asphalt and earth. */
export async function emptyRoad(camera: RoadCamera, conditions: Conditions, random: RandomNumbers): Promise<Picture> {
  const { width, height } = camera, half = (conditions.lanes.length * LANE_M) / 2 + 0.4;
  const polygon = (places: readonly Place[], fill: string): string => `<path d="M${places.map((p) => camera.project(p).map((n) => n.toFixed(1)).join(' ')).join('L')}Z" fill="${fill}"/>`;
  const strip = (from: number, to: number, near: number, far: number, fill: string): string => polygon([[from, 0, near], [to, 0, near], [to, 0, far], [from, 0, far]], fill);
  const lines = Array.from({ length: Math.max(0, conditions.lanes.length - 1) }, (_, i) => {
    const at = -half + 0.4 + (i + 1) * LANE_M;
    return Array.from({ length: 24 }, (__, k) => strip(at - 0.06, at + 0.06, 6 + k * 6, 9 + k * 6, '#d8d6c8')).join('');
  });
  const horizon = Math.max(0, camera.horizon);
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#9a8b73"/><rect width="100%" height="${horizon}" fill="#c4d2dc"/><path d="M0 ${horizon}L${width * 0.2} ${horizon - 40}L${width * 0.45} ${horizon - 8}L${width * 0.75} ${horizon - 52}L${width} ${horizon}Z" fill="#a08c78"/>${strip(-half, half, 2, 140, '#66686a')}${strip(-half + 0.1, -half + 0.22, 2, 140, '#cfcdc0')}${strip(half - 0.22, half - 0.1, 2, 140, '#cfcdc0')}${lines.join('')}${tracks(conditions, strip)}</svg>`;
  const { data } = await sharp(Buffer.from(drawn)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const picture = { width, height, data: new Uint8Array(data) };
  grain(picture, ambient(conditions.light) * (conditions.rain ? 0.85 : 1), random);
  return picture;
}

/** Where wheels have polished the asphalt. */
function tracks({ lanes }: Conditions, strip: (from: number, to: number, near: number, far: number, fill: string) => string): string {
  return laneMiddles({ lanes }).flatMap((at) => [-0.75, 0.75].map((side) => strip(at + side - 0.3, at + side + 0.3, 2, 140, 'rgba(30,30,34,.25)'))).join('');
}

/** Coarse and fine spots of brightness, so that no surface is flat; `light` darkens the whole. */
function grain({ width, height, data }: Picture, light: number, random: RandomNumbers): void {
  const cell = 24, across = Math.ceil(width / cell) + 2, spots = Float32Array.from({ length: across * (Math.ceil(height / cell) + 2) }, () => random.between(-9, 9));
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const cx = Math.floor(x / cell), cy = Math.floor(y / cell), tx = (x % cell) / cell, ty = (y % cell) / cell, at = cy * across + cx;
    const coarse = ((spots[at] as number) * (1 - tx) + (spots[at + 1] as number) * tx) * (1 - ty) + ((spots[at + across] as number) * (1 - tx) + (spots[at + across + 1] as number) * tx) * ty;
    const change = coarse + random.between(-7, 7), to = (y * width + x) * 3;
    for (let c = 0; c < 3; c++) data[to + c] = Math.max(0, Math.min(255, ((data[to + c] as number) + change) * light));
  }
}
