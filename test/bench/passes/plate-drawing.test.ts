import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawPlate, layoutOfMark } from '../../../bench/passes/plate-drawing.ts';
import { lettering, letteringWithin } from '../../../bench/passes/plate-lettering.ts';
import type { Mark } from '../../../src/plate/mark.ts';
import { FleetMarks } from '../../../src/simulate/fleet-marks.ts';
import { RandomNumbers } from '../../../src/simulate/random-numbers.ts';
import { readPicture } from '../../../src/vision/read-picture.ts';
import { openEyes, type Eyes } from '../../../src/vision/readers.ts';

const mark = (letters: string, number: string, rest: Partial<Mark> = {}): Mark => ({ jurisdiction: null, district: null, letters, number, year: null, suffix: null, class: 'private', series: null, ...rest });
const CLEAN = { wear: 0.1, buried: false };
const { layouts } = JSON.parse(readFileSync(new URL('../../../models/training/render/layouts.json', import.meta.url), 'utf8')) as { layouts: Record<string, { size?: [number, number] }> };

describe('letters on plates', () => {
  const look = { height: 60, weight: 0.13, ink: '#111' };

  it('are paths: no font of the machine is asked for', () => {
    const { svg } = lettering('ABC-123', look);
    expect(svg).toMatch(/^<path d="M[-\d. LMQZ]+" /);
    expect(svg).not.toContain('font');
  });

  it('grow with the text, and are narrowed to what is there for them', () => {
    expect(lettering('LEA', look).width).toBeGreaterThan(lettering('LE', look).width);
    expect(lettering('LEA2716', look).width).toBeGreaterThan(200);
    expect(letteringWithin('LEA2716', 200, look).width).toBeLessThanOrEqual(200);
    expect(letteringWithin('LE', 200, look).width).toBe(lettering('LE', look).width);
  });

  it('leave a blank for what has no strokes, and nothing for nothing', () => {
    expect(lettering('A&B', look).width).toBeGreaterThan(lettering('AB', look).width);
    expect(lettering('', look).width).toBe(0);
  });
});

describe('a plate', () => {
  it.each(Object.keys(layouts))('%s is drawn in its size', async (name) => {
    const drawing = drawPlate(name, mark('LEA', '2716', { year: '09', district: 'QUETTA' }), CLEAN, new RandomNumbers(1));
    const { width, height } = await sharp(Buffer.from(drawing.svg)).metadata();
    expect([width, height]).toEqual([drawing.widthMm, drawing.heightMm]);
    expect(width).toBeGreaterThan(200);
  });

  it('is the same for the same seed, and says of an unknown layout that it is none', () => {
    const drawn = (seed: number): string => drawPlate('sd-1996', mark('BCS', '036'), { wear: 0.4, buried: false }, new RandomNumbers(seed)).svg;
    expect(drawn(1)).toBe(drawn(1));
    expect(drawn(1)).not.toBe(drawn(2));
    expect(() => drawPlate('moon', mark('A', '1'), CLEAN, new RandomNumbers(1))).toThrow(RangeError);
  });

  it('has a layout for nearly every mark that vehicles carry; two lines for two wheels', () => {
    const random = new RandomNumbers(4), marks = new FleetMarks(random);
    const of = (kind: string): (string | null)[] => Array.from({ length: 300 }, () => layoutOfMark(marks.draw(kind), random));
    const cars = of('car'), motorcycles = of('motorcycle').filter((name) => name !== null);
    expect(cars.filter((name) => name === null).length).toBeLessThan(20);
    expect(new Set(cars)).toEqual(new Set(['pb-2006', 'pb-2020', 'sd-1996', 'sd-2022', 'is-2018', 'kp-private', 'ba-private', null]));
    expect(motorcycles.length).toBeGreaterThan(200);
    expect(new Set(of('truck'))).toContain('sd-1996-commercial');
  });
});

describe('what the program reads of plates straight on', () => {
  let eyes: Eyes;
  beforeAll(async () => {
    eyes = await openEyes('darwaza');
  });
  afterAll(() => Promise.all([eyes.detector.close(), eyes.reader.close()]));

  const read = async (name: string, given: Mark, buried = false): Promise<string | undefined> => {
    const { svg } = drawPlate(name, given, { wear: 0.1, buried }, new RandomNumbers(2));
    const picture = await sharp(Buffer.from(svg)).resize({ width: 180 }).flatten({ background: '#555' }).png().toBuffer();
    return (await readPicture(picture, { ...eyes, crop: true })).reads[0]?.text;
  };

  it.each([
    ['pb-2006', mark('LEA', '2716', { year: '09' }), 'LEA092716'], ['pb-2020', mark('ABH', '041'), 'ABH041'], ['sd-1996', mark('BGX', '581'), 'BGX581'], ['sd-1996-commercial', mark('TLC', '563'), 'TLC563'],
    ['sd-motorcycle', mark('KHN', '6104'), 'KHN6104'], ['is-2018', mark('AMD', '868'), 'AMD868'], ['ba-private', mark('QAC', '207', { district: 'QUETTA' }), 'QAC207'], ['ba-rickshaw', mark('QRA', '4417', { district: 'QUETTA' }), 'QRA4417'],
  ] as const)('%s', async (name, given, text) => {
    expect(await read(name, given)).toBe(text);
  });

  it('of one under mud it does not read the mark', async () => {
    expect(await read('sd-1996', mark('BGX', '581'), true)).not.toBe('BGX581');
  });
});
