import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFrameMemory } from '../../src/camera/frame-memory.ts';
import { frameIdentity, HeldFrames } from '../../src/pipeline/held-frames.ts';
import type { YuvPicture } from '../../src/vision/yuv-picture.ts';
import { liveFrame, nameInPixels, plateRead } from '../support/live-frames.ts';

/** An encoder that finishes when it is told to, or at once; and a folder that may be full. */
function workplace({ slow = false, full = false, broken = false } = {}) {
  const waiting: (() => void)[] = [], written: string[] = [], disk = { full };
  const vision = {
    encode: async ({ planes }: YuvPicture) => {
      if (slow) await new Promise<void>((resolve) => waiting.push(resolve));
      if (broken) throw new Error('the encoder is gone');
      // Read when the encoder comes to it, as a thread does.
      const bytes = Buffer.from(planes);
      return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
  };
  const evidence = {
    put: async (bytes: Buffer) => {
      if (disk.full) throw new Error('no space left');
      written.push(nameInPixels(bytes));
      return createHash('sha256').update(bytes).digest('hex');
    },
  };
  const memory = createFrameMemory();
  return { held: new HeldFrames({ vision, evidence, memory }), memory, written, disk, finish: () => waiting.splice(0).forEach((go) => go()) };
}

const id = (at: number): string => frameIdentity('a', at);
const keep = (held: HeldFrames, ...times: number[]): void => {
  for (const at of times) {
    const frame = liveFrame('a', at);
    held.keep(id(at), frame.picture);
    frame.release();
  }
};

describe('frames that may become evidence', () => {
  it('have an identity by camera and time, before they have bytes', () => {
    expect(id(1)).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set([id(1), id(2), frameIdentity('b', 1)]).size).toBe(3);
  });

  it('are copies: the stream has written over its buffer long before', async () => {
    const { held, written } = workplace();
    keep(held, 1);
    await held.evidenceOf(id(1));
    expect(written).toEqual(['a 1']);
  });

  it('are encoded and written once, however often they are asked for', async () => {
    const { held, written } = workplace();
    keep(held, 1, 1);
    const [a, b] = await Promise.all([held.evidenceOf(id(1)), held.evidenceOf(id(1))]);
    expect([a, written.length]).toEqual([b, 1]);
  });

  it('that are not held give nothing', async () => {
    const { held } = workplace();
    keep(held, 1);
    held.keepOnly(new Set());
    expect([await held.evidenceOf(id(1)), held.size]).toEqual([null, 0]);
  });

  it('are asked for again when the folder was full', async () => {
    const { held, written, disk } = workplace({ full: true });
    keep(held, 1);
    await expect(held.evidenceOf(id(1))).rejects.toThrow('no space');
    disk.full = false;
    expect(await held.evidenceOf(id(1))).toMatchObject({ mediaType: 'image/jpeg', width: 192, height: 108 });
    expect(written).toEqual(['a 1']);
  });

  it('stay what they are while memory goes from one to the next, also when one is let go in the middle of being encoded', async () => {
    const { held, written, finish } = workplace({ slow: true });
    keep(held, 1);
    const first = held.evidenceOf(id(1));
    held.keepOnly(new Set());
    keep(held, 2, 3);
    held.keepOnly(new Set([id(3)]));
    keep(held, 4, 5, 6);
    finish();
    await first;
    const rest = [3, 4, 5, 6].map((at) => held.evidenceOf(id(at)));
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      finish();
    }
    await Promise.all(rest);
    expect(written.toSorted()).toEqual(['a 1', 'a 3', 'a 4', 'a 5', 'a 6']);
  });

  it('take no more memory, however many come and go, whatever becomes of their encoding', async () => {
    for (const fault of [{}, { broken: true }, { full: true }]) {
      const { held, memory } = workplace(fault);
      for (let at = 1; at <= 40; at++) {
        keep(held, at);
        if (at % 3 === 0) void held.evidenceOf(id(at)).catch(() => undefined);
        if (at % 2 === 0) held.keepOnly(new Set([id(at)]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(memory.made).toBeLessThanOrEqual(4 * liveFrame('a', 1).picture.planes.length);
    }
  });

  it('of a vehicle whose best one was let go are the strongest of those that are held', () => {
    const { held } = workplace(), seen = [1, 2, 3].map((at) => ({ frame: { capturedAt: at, timeSource: 'camera' as const, receivedAt: at, evidence: { sha256: id(at), mediaType: 'image/jpeg', width: 192, height: 108 }, reads: [] }, read: plateRead('LEA1234', { width: 20 * at }), order: 0 }));
    keep(held, 1, 2);
    expect(held.bestHeld(id(1), seen)?.frame.capturedAt).toBe(1);
    expect(held.bestHeld(id(3), seen)?.frame.capturedAt).toBe(2);
    held.keepOnly(new Set());
    expect(held.bestHeld(id(3), seen)).toBeNull();
  });
});
