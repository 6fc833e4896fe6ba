import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/vision/decode.ts';
import { boxOf } from '../../src/vision/picture.ts';
import type { PlateReader } from '../../src/vision/plate-reader.ts';
import type { PlateDetector } from '../../src/vision/plate-detector.ts';
import { toReadJson } from '../../src/vision/read-json.ts';
import { readPicture } from '../../src/vision/read-picture.ts';
import { openEyes } from '../../src/vision/readers.ts';
import { cropOf, rectify, scaled } from '../../src/vision/rectify.ts';
import { governmentPlate, islamabadPlate, punjabPlate, rendered, scene, sindhPlate } from './rendered-plate.ts';

let detector: PlateDetector, reader: PlateReader;
beforeAll(async () => {
  ({ detector, reader } = await openEyes('ppocr'));
});
afterAll(() => Promise.all([detector.close(), reader.close()]));

const readCrop = async (bytes: Buffer): Promise<string | undefined> => (await readPicture(bytes, { detector, reader, crop: true })).reads[0]?.text;

describe('ppocr: one plate, cut out', () => {
  it('of one line, without its caption', async () => expect(await readCrop(await rendered(sindhPlate))).toBe('BCV294'));
  it('of two lines with the small raised year in reading order', async () => expect(await readCrop(await rendered(punjabPlate))).toBe('LEC138447'));
  it('white on green', async () => expect(await readCrop(await rendered(governmentPlate))).toBe('GBA609'));
  it('white on black', async () => expect(await readCrop(await rendered({ ...sindhPlate, ground: '#101010', ink: '#f5f5f5' }))).toBe('BCV294'));
  it.each([-10, 10])('turned by %i degrees', async (degrees) => {
    expect(await readCrop(await sharp(await rendered(punjabPlate)).rotate(degrees, { background: '#30353a' }).jpeg().toBuffer())).toBe('LEC138447');
  });
  it('small: 80 pixels wide', async () => expect(await readCrop(await sharp(await rendered(sindhPlate)).resize(80).jpeg().toBuffer())).toBe('BCV294'));
  it('dark: a sixth of the light', async () => expect(await readCrop(await sharp(await rendered(sindhPlate)).linear(0.16, 0).jpeg().toBuffer())).toBe('BCV294'));

  it('says what stands around the mark and what it stands on', async () => {
    const plate = (await decodePicture(await rendered(punjabPlate), 'a')).picture, text = await reader.read(plate, { surelyPlate: true });
    expect(text?.cues).toMatchObject({ words: ['PUNJAB'], lines: 2, raisedYear: '13', lettersLength: 3, ground: 'white', leftBand: 'green' });
    const yellow = await reader.read((await decodePicture(await rendered(sindhPlate), 'a')).picture);
    expect(yellow?.cues).toMatchObject({ words: ['SINDH'], lines: 1, raisedYear: null, ground: 'yellow', leftBand: null });
  });

  it('gives a character for each letter of the text, in its order', async () => {
    const [read] = (await readPicture(await rendered(islamabadPlate), { detector, reader, crop: true })).reads;
    expect(read!.characters.map((c) => c.char).join('')).toBe(read!.text);
    expect(read!.parse).toMatchObject({ kind: 'mark', raw: 'AMD868' });
    expect(read!.confidence).toBeGreaterThan(0.7);
    expect(read!.confidence).toBeLessThanOrEqual(1);
  });

  it.each([['black', 0], ['white', 255]] as const)('that is all %s has no text', async (_, level) => {
    const blank = await sharp({ create: { width: 200, height: 100, channels: 3, background: { r: level, g: level, b: level } } }).png().toBuffer();
    expect((await readPicture(blank, { detector, reader, crop: true })).reads).toEqual([]);
  });
});

describe('ppocr: a scene', () => {
  it('gives each plate with its box in the pixels of the picture as it came', async () => {
    const bytes = await scene(1600, 900, [{ drawing: sindhPlate, x: 500, y: 560, width: 170 }, { drawing: punjabPlate, x: 900, y: 520, width: 200 }]);
    const frame = await readPicture(bytes, { detector, reader });
    expect([frame.width, frame.height]).toEqual([1600, 900]);
    expect(frame.reads.map((r) => r.text).sort()).toEqual(['BCV294', 'LEC138447']);
    const { box, corners } = frame.reads.find((r) => r.text === 'BCV294')!;
    expect(box.x + box.width / 2).toBeGreaterThan(500 + 170 * 0.35);
    expect(box.x + box.width / 2).toBeLessThan(500 + 170 * 0.65);
    expect(box.y).toBeGreaterThan(540);
    expect(box.y + box.height).toBeLessThan(560 + 80 + 20);
    expect(box.width).toBeGreaterThan(0.6 * 170);
    expect(box).toEqual(boxOf(corners));
  });

  it('turned by its EXIF orientation has its boxes in the upright picture', async () => {
    const upright = await scene(1000, 700, [{ drawing: sindhPlate, x: 420, y: 430, width: 160 }]);
    const held = await sharp(upright).rotate(-90).withMetadata({ orientation: 6 }).jpeg({ quality: 92 }).toBuffer();
    const frame = await readPicture(held, { detector, reader });
    expect([frame.width, frame.height]).toEqual([1000, 700]);
    expect(frame.reads.map((r) => r.text)).toEqual(['BCV294']);
    expect(Math.abs(frame.reads[0]!.box.x - 430)).toBeLessThan(40);
  });

  it('of a frame of 4,000 pixels across keeps source pixels', async () => {
    const frame = await readPicture(await scene(4000, 2250, [{ drawing: islamabadPlate, x: 2600, y: 1500, width: 520 }]), { detector, reader });
    expect(frame.reads.map((r) => r.text)).toEqual(['AMD868']);
    expect(frame.reads[0]!.box.x).toBeGreaterThan(2500);
  });

  it('without a plate gives none, whatever else is written in it', async () => {
    const signs = [{ text: 'SALE', x: 30, y: 80, size: 60 }, { text: '0300 1234567', x: 260, y: 80, size: 40 }, { text: 'HOTEL', x: 60, y: 300, size: 50 }];
    const bytes = await rendered({ width: 700, height: 400, ground: '#9aa4a8', texts: signs });
    expect((await readPicture(bytes, { detector, reader })).reads).toEqual([]);
  });

  it.each([[3, 2], [1, 4000], [4000, 1]])('of %i x %i pixels has no plate and does no harm', async (width, height) => {
    const bytes = await sharp({ create: { width, height, channels: 3, background: { r: 90, g: 90, b: 90 } } }).png().toBuffer();
    expect((await readPicture(bytes, { detector, reader })).reads).toEqual([]);
    expect((await readPicture(bytes, { detector, reader, crop: true })).reads).toEqual([]);
  });

  it('is printed in the shape of the command line', async () => {
    const frame = await readPicture(await scene(800, 600, [{ drawing: punjabPlate, x: 300, y: 350, width: 200 }]), { detector, reader });
    const json = toReadJson('gate.jpg', frame);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    expect(json).toMatchObject({ file: 'gate.jpg', width: 800, height: 600, plates: [{ text: 'LEC138447', mark: 'LEC-13-8447', jurisdiction: 'PB', class: 'private' }] });
    expect(json.plates[0]!.corners).toHaveLength(4);
    expect(json.plates[0]!.characters[0]).toEqual({ char: 'L', confidence: expect.any(Number) as number });
    expect(Object.keys(json.ms)).toEqual(['decode', 'detect', 'read']);
  });
});

describe('plates are made upright', () => {
  it('a slanted quadrilateral becomes a rectangle', async () => {
    const { picture } = await decodePicture(await rendered({ width: 200, height: 100, ground: '#ffffff', under: '<polygon points="50,20 150,35 150,75 50,60" fill="#ff0000"/>', texts: [] }), 'a');
    const upright = rectify(picture, [[50, 20], [150, 35], [150, 75], [50, 60]], 100, 40);
    expect([upright.width, upright.height]).toEqual([100, 40]);
    for (const [x, y] of [[3, 3], [96, 3], [96, 36], [3, 36], [50, 20]] as const) {
      expect(upright.data[(y * 100 + x) * 3 + 1], `${x},${y} is red, not ground`).toBeLessThan(60);
    }
  });
  it('outside the picture its edge goes on', () => {
    const picture = { width: 10, height: 10, data: new Uint8Array(300).fill(120) };
    const part = rectify(picture, [[-20, -20], [5, -20], [5, 5], [-20, 5]], 25, 25);
    expect(new Set(part.data)).toEqual(new Set([120]));
  });
  it('a crop is cut at the borders of its picture', () => {
    const data = Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => Math.floor(i / 3));
    const { picture, x, y } = cropOf({ width: 4, height: 3, data }, { x: 2, y: 1, width: 10, height: 10 });
    expect([picture.width, picture.height, x, y]).toEqual([2, 2, 2, 1]);
    expect([...picture.data].filter((_, i) => i % 3 === 0)).toEqual([6, 7, 10, 11]);
  });
  it('is not scaled when it has the size already', () => {
    const picture = { width: 2, height: 2, data: new Uint8Array(12) };
    expect(scaled(picture, 2, 2)).toBe(picture);
  });
});
