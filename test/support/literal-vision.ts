import { createHash } from 'node:crypto';
import { parsePlate } from '../../src/plate/parse.ts';
import type { Vision } from '../../src/vision/vision-pool.ts';

/** A vision for tests of what comes after it: the text of a picture's one plate is the picture's bytes. "" has no plate. */
export function literalVision(): Vision {
  const corners = [[10, 10], [90, 10], [90, 40], [10, 40]] as const;
  return {
    threads: 1,
    async read(bytes) {
      const text = Buffer.from(bytes).toString('latin1').split('\n')[0] ?? '';
      const characters = [...text].map((char) => ({ char, confidence: 0.95, alternatives: [] }));
      const reads = text === '-' ? [] : [{ text, parse: parsePlate(text), confidence: 0.9, characters, corners, box: { x: 10, y: 10, width: 80, height: 30 } }];
      return { width: 100, height: 50, reads, ms: { decode: 1, detect: 1, read: 1 }, sha256: createHash('sha256').update(bytes).digest('hex'), mediaType: 'image/jpeg' };
    },
    async readLive({ width, height }) {
      return { width, height, reads: [], ms: { decode: 0, detect: 1, read: 0 } };
    },
    async encode({ planes }) {
      const bytes = Buffer.from(planes);
      return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    close: async () => undefined,
  };
}
