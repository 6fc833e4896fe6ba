import { describe, expect, it } from 'vitest';
import { addGlow, addNoise, addStreak, drawSurface, noiseSheet, type Surface } from '../../../bench/passes/raster.ts';
import { textureOfSvg } from '../../../bench/passes/texture.ts';
import { RandomNumbers } from '../../../src/simulate/random-numbers.ts';
import type { Picture, Quad } from '../../../src/vision/picture.ts';

const grey = (width = 64, height = 48): Picture => ({ width, height, data: new Uint8Array(width * height * 3).fill(100) });
const pixel = ({ width, data }: Picture, x: number, y: number): number[] => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
const square = (x: number, y: number, w: number, h: number): Quad => [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
/** Left half red, right half blue; the lowest quarter is not there. */
const flag = await textureOfSvg('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="32" height="48" fill="#f00"/><rect x="32" width="32" height="48" fill="#00f"/></svg>', 64);
const surface = (corners: Quad, more: Partial<Surface> = {}): Surface => ({ texture: flag, corners, light: 1, haze: 0, hazeColour: [200, 200, 200], motion: [0, 0], blur: 0, ...more });

describe('a surface', () => {
  it('has its texture where its corners are, and changes nothing elsewhere', () => {
    const picture = grey();
    drawSurface(picture, surface(square(16, 8, 32, 32)));
    expect(pixel(picture, 20, 12)).toEqual([255, 0, 0]);
    expect(pixel(picture, 44, 12)).toEqual([0, 0, 255]);
    expect(pixel(picture, 30, 38)).toEqual([100, 100, 100]);
    for (const [x, y] of [[14, 12], [50, 12], [30, 6], [30, 42]] as const) expect(pixel(picture, x, y)).toEqual([100, 100, 100]);
  });

  it('is mapped as seen in perspective', () => {
    const picture = grey();
    drawSurface(picture, surface([[24, 8], [40, 8], [60, 40], [4, 40]]));
    expect(pixel(picture, 16, 14)).toEqual([100, 100, 100]);
    expect(pixel(picture, 24, 14)).toEqual([255, 0, 0]);
    expect(pixel(picture, 40, 14)[2]).toBeGreaterThan(252);
    // What is farther is shortened: half way down the picture three quarters of the texture are over.
    expect(pixel(picture, 30, 26)).toEqual([100, 100, 100]);
  });

  it.each([['beyond every edge', square(-30, -30, 200, 200)], ['outside', square(200, 200, 20, 20)], ['without area', square(10, 10, 0, 20)]] as const)('%s does no harm', (_, corners) => {
    const picture = grey();
    drawSurface(picture, surface(corners));
    expect(picture.data).toHaveLength(64 * 48 * 3);
  });

  it('is darker with less light, and takes the colour of the haze', () => {
    const dark = grey(), hazy = grey();
    drawSurface(dark, surface(square(16, 8, 32, 32), { light: 0.4 }));
    drawSurface(hazy, surface(square(16, 8, 32, 32), { haze: 0.5 }));
    expect(pixel(dark, 20, 12)).toEqual([102, 0, 0]);
    expect(pixel(hazy, 20, 12)).toEqual([227, 100, 100]);
  });

  it('that moves is smeared along its way', () => {
    const picture = grey();
    drawSurface(picture, surface(square(16, 8, 32, 32), { motion: [6, 0] }));
    const [red, , blue] = pixel(picture, 32, 12);
    expect([(red as number) > 40 && (red as number) < 215, (blue as number) > 40 && (blue as number) < 215]).toEqual([true, true]);
    expect(pixel(picture, 22, 12)[0]).toBeGreaterThan(252);
    expect(pixel(picture, 14, 12)[0]).toBeGreaterThan(100);
  });

  it('seen small is drawn from a small texture: its mean, not one pixel of it', async () => {
    const stripes = await textureOfSvg(`<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="#fff"/>${Array.from({ length: 32 }, (_, i) => `<rect x="${i * 2}" width="1" height="64" fill="#000"/>`).join('')}</svg>`, 64), picture = grey();
    drawSurface(picture, surface(square(10, 10, 8, 8), { texture: stripes }));
    for (let x = 12; x < 16; x++) expect(Math.abs((pixel(picture, x, 14)[0] as number) - 128)).toBeLessThan(12);
  });
});

describe('lamps, rain and noise', () => {
  it('glow most in the middle and never beyond white', () => {
    const picture = grey();
    addGlow(picture, [32, 24], 12, [250, 240, 200]);
    expect(pixel(picture, 32, 24)).toEqual([255, 255, 255]);
    expect(pixel(picture, 38, 24)[0]).toBeLessThan(160);
    expect(pixel(picture, 50, 24)).toEqual([100, 100, 100]);
    addGlow(picture, [-5, -5], 12, [250, 240, 200]);
  });

  it('fall through the picture and out of it', () => {
    const picture = grey();
    addStreak(picture, [10, 40], [2, 30], 50);
    expect(pixel(picture, 10, 42)).toEqual([150, 150, 150]);
    expect(picture.data.filter((v) => v === 150).length).toBe(8 * 3);
  });

  it('leave the mean as it is and spread as asked', () => {
    const random = new RandomNumbers(3), picture = grey(256, 256);
    addNoise(picture, noiseSheet(1 << 16, () => random.normal()), 12345, 6);
    const mean = picture.data.reduce((sum, v) => sum + v, 0) / picture.data.length;
    const green = picture.data.filter((_, i) => i % 3 === 1), deviation = Math.sqrt(green.reduce((sum, v) => sum + (v - mean) ** 2, 0) / green.length);
    expect(Math.abs(mean - 100)).toBeLessThan(1);
    expect(deviation).toBeGreaterThan(5);
    expect(deviation).toBeLessThan(7);
  });
});
