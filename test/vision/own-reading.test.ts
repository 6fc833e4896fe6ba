import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/vision/decode.ts';
import { boxOf } from '../../src/vision/picture.ts';
import { bySureness } from '../../src/vision/plate-detector.ts';
import type { LocatedPlate, PlateDetector } from '../../src/vision/plate-detector.ts';
import { toReadJson } from '../../src/vision/read-json.ts';
import { readPicture } from '../../src/vision/read-picture.ts';
import { openEyes } from '../../src/vision/readers.ts';
import type { Eyes } from '../../src/vision/readers.ts';
import { governmentPlate, islamabadPlate, punjabPlate, rendered, scene, sindhPlate } from './rendered-plate.ts';

let eyes: Eyes;
beforeAll(async () => { eyes = await openEyes('darwaza'); });
afterAll(() => Promise.all([eyes.detector.close(), eyes.reader.close()]));

const readCrop = async (bytes: Buffer): Promise<string | undefined> => (await readPicture(bytes, { ...eyes, crop: true })).reads[0]?.text;
const plain = (width: number, height: number, level: number): Promise<Buffer> => sharp({ create: { width, height, channels: 3, background: { r: level, g: level, b: level } } }).png().toBuffer();

describe('darwaza: one plate, cut out', () => {
  it('of one line', async () => expect(await readCrop(await rendered(sindhPlate))).toBe('BCV294'));
  it('of two lines with the small raised year in reading order', async () => expect(await readCrop(await rendered(punjabPlate))).toBe('LEC138447'));
  it('white on green', async () => expect(await readCrop(await rendered(governmentPlate))).toBe('GBA609'));
  it('white on black', async () => expect(await readCrop(await rendered({ ...sindhPlate, ground: '#101010', ink: '#f5f5f5' }))).toBe('BCV294'));
  it.each([-8, 8])('turned by %i degrees', async (degrees) => {
    expect(await readCrop(await sharp(await rendered(sindhPlate)).rotate(degrees, { background: '#30353a' }).jpeg().toBuffer())).toBe('BCV294');
  });
  it('small: 80 pixels wide', async () => expect(await readCrop(await sharp(await rendered(sindhPlate)).resize(80).jpeg().toBuffer())).toBe('BCV294'));
  it('dark: a sixth of the light', async () => expect(await readCrop(await sharp(await rendered(sindhPlate)).linear(0.16, 0).jpeg().toBuffer())).toBe('BCV294'));
  it('with a bumper around it', async () => {
    const around = await sharp({ create: { width: 420, height: 260, channels: 3, background: '#38424f' } }).composite([{ input: await sharp(await rendered(sindhPlate)).resize(200).toBuffer(), left: 110, top: 80 }]).jpeg().toBuffer();
    expect(await readCrop(around)).toBe('BCV294');
  });

  it('says what stands around the mark and what it stands on', async () => {
    const read = async (drawing: typeof punjabPlate) => (await eyes.reader.read((await decodePicture(await rendered(drawing), 'a')).picture, { surelyPlate: true }))?.cues;
    expect(await read(punjabPlate)).toMatchObject({ lines: 2, raisedYear: '13', lettersLength: 3 });
    expect(await read(sindhPlate)).toMatchObject({ lines: 1, raisedYear: null, ground: 'yellow' });
  });

  it('gives a character for each letter of the text, likelier than its alternatives', async () => {
    const [read] = (await readPicture(await rendered(islamabadPlate), { ...eyes, crop: true })).reads;
    expect(read!.characters.map((c) => c.char).join('')).toBe(read!.text);
    expect(read!.parse).toMatchObject({ kind: 'mark', raw: 'AMD868' });
    for (const { confidence, alternatives } of read!.characters) {
      expect(alternatives.length).toBeLessThanOrEqual(4);
      for (const other of alternatives) expect(other.confidence).toBeLessThanOrEqual(confidence);
    }
  });
});

describe('darwaza: a scene', () => {
  it('gives each plate with its corners in the pixels of the picture as it came', async () => {
    const bytes = await scene(1600, 900, [{ drawing: sindhPlate, x: 300, y: 520, width: 240 }, { drawing: punjabPlate, x: 900, y: 500, width: 240 }]);
    const frame = await readPicture(bytes, eyes);
    expect([frame.width, frame.height]).toEqual([1600, 900]);
    expect(frame.reads.map((r) => r.text).sort()).toEqual(['BCV294', 'LEC138447']);
    const { box, corners, detection } = frame.reads.find((r) => r.text === 'BCV294')!;
    expect(box).toEqual(boxOf(corners));
    expect(detection).toBeGreaterThan(0.5);
    for (const [i, [x, y]] of ([[300, 520], [540, 520], [540, 633], [300, 633]] as const).entries()) expect(Math.hypot(corners[i]![0] - x, corners[i]![1] - y), `corner ${i}`).toBeLessThan(20);
  });

  it('turned by its EXIF orientation has its corners in the upright picture', async () => {
    const upright = await scene(1000, 700, [{ drawing: sindhPlate, x: 420, y: 430, width: 160 }]);
    const frame = await readPicture(await sharp(upright).rotate(-90).withMetadata({ orientation: 6 }).jpeg({ quality: 92 }).toBuffer(), eyes);
    expect([frame.width, frame.height]).toEqual([1000, 700]);
    expect(frame.reads.map((r) => r.text)).toEqual(['BCV294']);
    expect(Math.abs(frame.reads[0]!.box.x - 420)).toBeLessThan(25);
  });

  it('of a frame of 6,000 pixels across keeps source pixels', async () => {
    const frame = await readPicture(await scene(6000, 4000, [{ drawing: islamabadPlate, x: 2600, y: 2500, width: 780 }]), eyes);
    expect(frame.reads.map((r) => r.text)).toEqual(['AMD868']);
    expect(frame.reads[0]!.box.x).toBeGreaterThan(2500);
  });

  it('with a plate of 40 pixels is looked at again, closer', async () => {
    const bytes = await scene(1920, 1080, [{ drawing: sindhPlate, x: 900, y: 700, width: 64 }]);
    expect((await readPicture(bytes, eyes)).reads.map((r) => r.box.x > 880 && r.box.x < 930)).toEqual([true]);
  });

  it('whose plate the picture cuts off has its box inside the picture', async () => {
    const whole = await scene(1200, 800, [{ drawing: sindhPlate, x: 700, y: 480, width: 240 }]);
    const frame = await readPicture(await sharp(whole).extract({ left: 0, top: 0, width: 880, height: 800 }).jpeg().toBuffer(), eyes);
    for (const { box } of frame.reads) expect(box.x + box.width).toBeLessThanOrEqual(880);
  });

  it('without a plate gives none, whatever else is written in it', async () => {
    const signs = [{ text: 'SALE', x: 30, y: 80, size: 60 }, { text: '0300 1234567', x: 260, y: 80, size: 40 }, { text: 'HOTEL', x: 60, y: 300, size: 50 }];
    expect((await readPicture(await rendered({ width: 700, height: 400, ground: '#9aa4a8', texts: signs }), eyes)).reads).toEqual([]);
  });

  it('is printed in the shape of the command line', async () => {
    const json = toReadJson('gate.jpg', await readPicture(await scene(800, 600, [{ drawing: punjabPlate, x: 300, y: 350, width: 200 }]), eyes));
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    expect(json).toMatchObject({ file: 'gate.jpg', width: 800, height: 600, plates: [{ text: 'LEC138447', mark: 'LEC-13-8447', jurisdiction: 'PB', lines: 2, detection: expect.any(Number) as number, legible: expect.any(Number) as number }] });
    expect(Object.keys(json.ms)).toEqual(['decode', 'detect', 'read']);
  });
});

describe('a plate that the detector hardly believes in', () => {
  /** The real detector, its finds as sure as they are told to be from left to right. */
  const believing = (...confidences: readonly number[]): PlateDetector & { searches: string[] } => {
    const searches: string[] = [], believed = (name: string, found: readonly LocatedPlate[]): readonly LocatedPlate[] => {
      searches.push(name);
      return found.toSorted((a, b) => a.corners[0][0] - b.corners[0][0]).map((plate, i) => ({ ...plate, confidence: confidences[i]! })).sort((a, b) => b.confidence - a.confidence);
    };
    const { detector } = eyes;
    return {
      name: 'told', knowsPlates: true, sureFrom: 0.5, searches, close: async () => { /* the real one goes on */ },
      detect: async (picture) => believed('usual', await detector.detect(picture)), detectCloser: async (picture) => believed('closer', (await detector.detectCloser!(picture)) ?? []),
    };
  };
  const two = (): Promise<Buffer> => scene(1600, 900, [{ drawing: sindhPlate, x: 300, y: 520, width: 240 }, { drawing: punjabPlate, x: 900, y: 500, width: 240 }]);

  it('is read when nothing else is, after a closer search', async () => {
    const detector = believing(0.4, 0.35), { reads } = await readPicture(await two(), { ...eyes, detector });
    expect(reads.map((r) => r.text).sort()).toEqual(['BCV294', 'LEC138447']);
    expect(detector.searches).toEqual(['usual', 'closer']);
  });
  it('is left where a sure one was read', async () => {
    const detector = believing(0.4, 0.9), { reads } = await readPicture(await two(), { ...eyes, detector });
    expect(reads.map((r) => r.text)).toEqual(['LEC138447']);
    expect(detector.searches).toEqual(['usual']);
  });
  it('is one of three at most, and of a detector that knows no sureness all are sure', () => {
    const found = [0.9, 0.5, 0.49, 0.4, 0.35, 0.3].map((confidence): LocatedPlate => ({ corners: [[0, 0], [9, 0], [9, 4], [0, 4]], confidence }));
    expect(bySureness(found, { sureFrom: 0.5 })).toEqual({ sure: found.slice(0, 2), faint: found.slice(2, 5) });
    expect(bySureness(found, {})).toEqual({ sure: found, faint: [] });
  });
});

describe('darwaza: pictures that hold nothing to read', () => {
  const nothing: readonly [string, () => Promise<Buffer>][] = [
    ['3 x 2 px', () => plain(3, 2, 90)], ['1 x 1 px', () => plain(1, 1, 90)], ['1 x 4,000 px', () => plain(1, 4000, 90)], ['4,000 x 1 px', () => plain(4000, 1, 90)],
    ['all black', () => plain(400, 200, 0)], ['all white', () => plain(400, 200, 255)],
    ['16 bits a colour', () => sharp({ create: { width: 300, height: 150, channels: 3, background: '#777' } }).toColourspace('rgb16').png().toBuffer()],
    ['CMYK', () => sharp({ create: { width: 300, height: 150, channels: 3, background: '#777' } }).toColourspace('cmyk').jpeg().toBuffer()],
    ['one channel', () => sharp({ create: { width: 300, height: 150, channels: 3, background: '#777' } }).toColourspace('b-w').png().toBuffer()],
    ['an animation', async () => sharp(await sharp({ create: { width: 64, height: 256, channels: 3, background: '#777' } }).raw().toBuffer(), { raw: { width: 64, height: 256, channels: 3, pageHeight: 128 } }).gif().toBuffer()],
  ];
  it.each(nothing)('%s: no plate, as a scene and as a crop', async (_, make) => {
    const bytes = await make();
    expect((await readPicture(bytes, eyes)).reads).toEqual([]);
    expect((await readPicture(bytes, { ...eyes, crop: true })).reads).toEqual([]);
  });

  it.each(['rgb16', 'cmyk', 'b-w'] as const)('a plate in %s is read like any other', async (space) => {
    const image = sharp(await rendered(sindhPlate)).toColourspace(space);
    expect(await readCrop(await (space === 'cmyk' ? image.jpeg() : image.png()).toBuffer())).toBe('BCV294');
  });

  it.each([[Buffer.alloc(0), 'PICTURE_EMPTY'], [Buffer.from('no picture'), 'PICTURE_NOT_A_PICTURE']] as const)('what is no picture is one error', async (bytes, code) => {
    await expect(readPicture(bytes, { ...eyes, crop: true })).rejects.toMatchObject({ code });
  });

  it.each([[3, 2], [1, 4000], [34, 27]])('noise of %i x %i px gives an answer', async (width, height) => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + (i >> 3) * 104729) % 256);
    for (const crop of [false, true]) {
      for (const read of (await readPicture({ width, height, data }, { ...eyes, crop })).reads) expect(read.confidence).toBeLessThanOrEqual(1);
    }
  });
});
