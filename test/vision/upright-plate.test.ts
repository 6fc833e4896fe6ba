import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/vision/decode.ts';
import type { Picture, Quad } from '../../src/vision/picture.ts';
import { quadOnto, uprightPlate } from '../../src/vision/upright-plate.ts';
import { rectify } from '../../src/vision/rectify.ts';
import { rendered } from './rendered-plate.ts';

const whole = ({ width, height }: Picture): Quad => [[0, 0], [width, 0], [width, height], [0, height]];
const noise = (width: number, height: number): Picture => ({ width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + (i >> 5) * 104729) % 256) });

describe('a plate is cut out upright', () => {
  it('from a slanted quadrilateral', async () => {
    const { picture } = await decodePicture(await rendered({ width: 200, height: 100, ground: '#ffffff', under: '<polygon points="50,20 150,35 150,75 50,60" fill="#ff0000"/>', texts: [] }), 'a');
    const upright = uprightPlate(picture, [[50, 20], [150, 35], [150, 75], [50, 60]], 100, 40);
    for (const [x, y] of [[2, 2], [97, 2], [97, 37], [2, 37], [50, 20]] as const) expect(upright.data[(y * 100 + x) * 3 + 1], `${x},${y} is red, not ground`).toBeLessThan(60);
  });

  it('in perspective as OpenCV does it', async () => {
    const { picture } = await decodePicture(await rendered({ width: 300, height: 200, texts: [{ text: 'LEC-13', x: 40, y: 120, size: 60 }] }), 'a');
    const corners: Quad = [[40, 60], [260, 40], [270, 150], [35, 130]], ours = uprightPlate(picture, corners, 160, 80), theirs = rectify(picture, corners, 160, 80);
    const difference = ours.data.reduce((sum, v, i) => sum + Math.abs(v - theirs.data[i]!), 0) / ours.data.length;
    expect(difference).toBeLessThan(6);
  });

  it('as it is when it has the size already', () => {
    const picture = noise(16, 8);
    expect(uprightPlate(picture, whole(picture), 16, 8).data).toEqual(picture.data);
  });

  it('from a large one by averaging: fine stripes become grey and not other stripes', () => {
    const picture: Picture = { width: 512, height: 256, data: Uint8Array.from({ length: 512 * 256 * 3 }, (_, i) => (Math.floor(i / 3) % 2) * 255) };
    for (const value of uprightPlate(picture, whole(picture), 128, 64).data) expect(Math.abs(value - 128)).toBeLessThan(3);
  });

  it('with a margin around it: the plate keeps its place', () => {
    const data = new Uint8Array(100 * 100 * 3);
    for (let y = 40; y < 60; y++) data.fill(255, (y * 100 + 30) * 3, (y * 100 + 70) * 3);
    const upright = uprightPlate({ width: 100, height: 100, data }, [[30, 40], [70, 40], [70, 60], [30, 60]], 60, 30, 0.25);
    const at = (x: number, y: number): number => upright.data[(y * 60 + x) * 3]!;
    expect([at(5, 15), at(54, 15), at(30, 2), at(30, 27)]).toEqual([0, 0, 0, 0]);
    expect([at(12, 7), at(47, 7), at(47, 22), at(12, 22)]).toEqual([255, 255, 255, 255]);
  });

  it('of a plate that the picture cuts off, its edge going on', () => {
    expect(new Set(uprightPlate({ width: 10, height: 10, data: new Uint8Array(300).fill(120) }, [[-20, -20], [5, -20], [5, 5], [-20, 5]], 25, 25).data)).toEqual(new Set([120]));
  });

  it('from any four corners, sensible or not', () => {
    const picture = noise(20, 12), coordinate = fc.double({ min: -1e4, max: 1e4, noNaN: true }), corner = fc.tuple(coordinate, coordinate);
    fc.assert(fc.property(fc.tuple(corner, corner, corner, corner), fc.constantFrom(0, 0.04, 0.12, 0.3), (corners, margin) => {
      expect(uprightPlate(picture, corners, 16, 8, margin).data).toHaveLength(16 * 8 * 3);
    }), { numRuns: 200 });
  });
});

describe('another quadrilateral of a plate\'s plane', () => {
  const corners: Quad = [[40, 60], [260, 40], [270, 150], [35, 130]];
  it('that is all of it has its corners', () => {
    quadOnto(corners, [[0, 0], [1, 0], [1, 1], [0, 1]]).forEach((point, i) => point.forEach((v, axis) => expect(v).toBeCloseTo(corners[i]![axis]!, 6)));
  });
  it('shows what the whole shows there, in perspective too', async () => {
    const { picture } = await decodePicture(await rendered({ width: 300, height: 200, texts: [{ text: 'LEC-13', x: 40, y: 120, size: 60 }] }), 'a');
    const plate = uprightPlate(picture, corners, 240, 120), part = uprightPlate(picture, quadOnto(corners, [[0.5, 0], [1, 0], [1, 0.5], [0.5, 0.5]]), 120, 60);
    const inPlate = Array.from({ length: 60 }, (_, y) => [...plate.data.subarray((y * 240 + 120) * 3, (y * 240 + 240) * 3)]).flat();
    expect(part.data.reduce((sum, v, i) => sum + Math.abs(v - inPlate[i]!), 0) / inPlate.length).toBeLessThan(0.5);
  });
  it('may reach beyond it', () => {
    expect(quadOnto([[10, 10], [110, 10], [110, 60], [10, 60]], [[-0.1, -0.2], [1.1, -0.2], [1.1, 1.2], [-0.1, 1.2]]).flat().map(Math.round)).toEqual([0, 0, 120, 0, 120, 70, 0, 70]);
  });
});
