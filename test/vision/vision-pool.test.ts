import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultReader, openEyes, readerNames } from '../../src/vision/readers.ts';
import { createVision } from '../../src/vision/vision-pool.ts';
import type { Vision } from '../../src/vision/vision-pool.ts';
import { punjabPlate, rendered, scene, sindhPlate } from './rendered-plate.ts';

describe('vision in worker threads', () => {
  let vision: Vision;
  beforeAll(async () => { vision = await createVision({ threads: 2 }); });
  afterAll(() => vision.close());

  it('reads, and says by which bytes', async () => {
    const bytes = await scene(900, 600, [{ drawing: sindhPlate, x: 350, y: 380, width: 170 }]);
    const frame = await vision.read(bytes, { name: 'gate.jpg' });
    expect(frame.reads.map((r) => r.text)).toEqual(['BCV294']);
    expect(frame).toMatchObject({ width: 900, height: 600, mediaType: 'image/jpeg', sha256: createHash('sha256').update(bytes).digest('hex') });
  });

  it('leaves the caller its bytes: they are evidence', async () => {
    const bytes = await rendered(punjabPlate), before = Buffer.from(bytes);
    await vision.read(bytes, { crop: true });
    expect(bytes.equals(before)).toBe(true);
  });

  it('answers each of many pictures asked for at once with its own', async () => {
    const [sindh, punjab] = await Promise.all([rendered(sindhPlate), rendered(punjabPlate)]);
    const frames = await Promise.all([sindh, punjab, punjab, sindh].map((bytes) => vision.read(bytes, { crop: true })));
    expect(frames.map((f) => f.reads[0]?.text)).toEqual(['BCV294', 'LEC138447', 'LEC138447', 'BCV294']);
  });

  it('gives errors their code and details across the threads, and goes on', async () => {
    await expect(vision.read(Buffer.from('no picture at all'), { name: 'notes.txt' })).rejects.toMatchObject({ name: 'DarwazaError', code: 'PICTURE_NOT_A_PICTURE', details: { name: 'notes.txt' }, status: 422 });
    await expect(vision.read(new Uint8Array(0))).rejects.toMatchObject({ code: 'PICTURE_EMPTY' });
    expect((await vision.read(await rendered(sindhPlate), { crop: true })).reads[0]?.text).toBe('BCV294');
  });
});

describe('closing', () => {
  it('waits for the pictures asked for: a thread ended in its work would take the process with it', async () => {
    const vision = await createVision({ threads: 2 }), bytes = await rendered(sindhPlate);
    const frames = Promise.all(Array.from({ length: 5 }, () => vision.read(bytes, { crop: true })));
    await vision.close();
    expect((await frames).map((f) => f.reads[0]?.text)).toEqual(Array<string>(5).fill('BCV294'));
    await expect(vision.read(bytes)).rejects.toThrow('vision is closed');
  });
});

describe('readers by name', () => {
  it('darwaza is the one that reads when none is named', () => expect([defaultReader, readerNames]).toEqual(['darwaza', ['darwaza', 'ppocr', 'tesseract']]));

  it.each(readerNames)('%s is a detector and a reader that suit each other', async (name) => {
    const { detector, reader } = await openEyes(name);
    expect([detector.name, reader.name]).toEqual([name === 'darwaza' ? 'darwaza' : 'ppocr', name]);
    await Promise.all([detector.close(), reader.close()]);
  });

  it.each(readerNames)('%s reads a clean plate', async (name) => {
    const vision = await createVision({ threads: 1, reader: name });
    try {
      const frame = await vision.read(await rendered(sindhPlate), { crop: true });
      expect(frame.reads[0]?.text).toBe('BCV294');
    } finally {
      await vision.close();
    }
  });
  it('an unknown name is refused with the known ones', async () => {
    await expect(createVision({ reader: 'eagle' })).rejects.toMatchObject({ code: 'READER_UNKNOWN', message: expect.stringMatching(/eagle.*darwaza, ppocr, tesseract/) as string });
  });
});
