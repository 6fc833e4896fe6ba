import { beforeEach, describe, expect, test } from 'vitest';
import type { SeenFrame, Track } from '../../src/pass/observation.ts';
import { EarlyHits } from '../../src/pipeline/early-hits.ts';
import type { EarlyRead } from '../../src/pipeline/record.ts';
import { parsePlate } from '../../src/plate/parse.ts';
import type { FrameRecord } from '../../src/store/frames.ts';
import type { FrameRead } from '../../src/vision/frame-read.ts';
import { MORNING } from '../support/passes.ts';

const SECOND = 1000;
let raised: EarlyRead[], withdrawn: string[], early: EarlyHits;
beforeEach(() => {
  raised = [];
  withdrawn = [];
  early = new EarlyHits({
    cameraId: 'baleli-in-1',
    raise: async (read) => {
      raised.push(read);
      return read.mark.letters === 'LEC' ? [{ hitId: `h-${read.frame}`, entryId: 'e-1' }] : [];
    },
    withdraw: async (ids) => void withdrawn.push(...ids),
  });
});

const read = (text: string, confidence = 0.9): FrameRead['reads'][number] => ({
  text, parse: parsePlate(text), confidence, characters: [...text].map((char) => ({ char, confidence: 0.97, alternatives: [] })),
  corners: [[0, 0], [1, 0], [1, 1], [0, 1]], box: { x: 0, y: 0, width: 1, height: 1 },
});
const take = (frame: string, atMs: number, ...reads: FrameRead['reads'][number][]): Promise<void> => early.take(
  { cameraId: 'baleli-in-1', capturedAt: MORNING + atMs, timeSource: 'camera', name: frame, sha256: frame, mediaType: 'image/jpeg', receivedAt: MORNING + atMs } satisfies FrameRecord,
  { width: 1, height: 1, reads, ms: { decode: 0, detect: 0, read: 0 } },
);
const track = (frame: string, text: string): Track => {
  const seen: SeenFrame = { capturedAt: MORNING, timeSource: 'camera', receivedAt: MORNING, evidence: { sha256: frame, mediaType: 'image/jpeg', width: 1, height: 1 }, reads: [] };
  return { observations: [{ frame: seen, read: read(text), order: 0 }], plateless: null, firstAt: MORNING, lastAt: MORNING };
};

describe('the first confident read of a mark', () => {
  test('is looked up at once, with its frame and time', async () => {
    await take('f1', 0, read('LEC138447'));
    expect(raised).toMatchObject([{ cameraId: 'baleli-in-1', capturedAt: MORNING, frame: 'f1', key: 'LEC8447', confidence: 0.9, mark: { letters: 'LEC', year: '13' } }]);
  });

  test('is awaited where a read is doubtful, or no mark', async () => {
    await take('f1', 0, read('LEC138447', 0.59), read('APPLIED FOR', 0.99));
    expect(raised).toEqual([]);
    await take('f2', 200, read('LEC138447', 0.6));
    expect(raised.map((r) => r.frame)).toEqual(['f2']);
  });

  test('is one, however many frames show it; another mark is looked up for itself', async () => {
    for (let i = 0; i < 10; i++) await take(`f${i}`, i * 200, read('LEC138447'), read('BCS036'));
    expect(raised.map((r) => r.key)).toEqual(['LEC8447', 'BCS36']);
  });

  test('of a vehicle that stays in view for an hour is not looked up again, nor is one read a minute later', async () => {
    for (let i = 0; i <= 80; i++) await take(`f${i}`, i * 50 * SECOND, read('LEC138447'));
    expect(raised).toHaveLength(1);
  });

  test('is looked up again when the vehicle comes back later', async () => {
    await take('f1', 0, read('LEC138447'));
    await early.settleRest(new Set(), MORNING);
    await take('f2', 61 * SECOND, read('LEC138447'));
    expect(raised.map((r) => r.frame)).toEqual(['f1', 'f2']);
  });
});

describe('a provisional hit', () => {
  beforeEach(() => take('f1', 0, read('LEC138447'), read('BCS036')));

  test('belongs to the vehicle whose reads hold that frame and text, and to one vehicle only', () => {
    expect(early.claim(track('f1', 'BCS036'))).toEqual([]);
    expect(early.claim(track('f9', 'LEC138447'))).toEqual([]);
    expect(early.claim(track('f1', 'LEC138447'))).toEqual([{ hitId: 'h-f1', entryId: 'e-1' }]);
    expect(early.claim(track('f1', 'LEC138447'))).toEqual([]);
  });

  test('stays while its frame is held, and is withdrawn once when no vehicle claimed it', async () => {
    await early.settleRest(new Set(['f1']), MORNING);
    expect(withdrawn).toEqual([]);
    await early.settleRest(new Set(), MORNING);
    await early.settleRest(new Set(), MORNING);
    expect(withdrawn).toEqual(['h-f1']);
  });

  test('that a vehicle claimed is not withdrawn', async () => {
    early.claim(track('f1', 'LEC138447'));
    await early.settleRest(new Set(), MORNING);
    expect(withdrawn).toEqual([]);
  });
});
