import { createHash } from 'node:crypto';
import type { PlateCues } from '../../src/plate/mark.ts';
import { parsePlate } from '../../src/plate/parse.ts';
import type { PlateRead, SeenFrame } from '../../src/pass/observation.ts';

export const NOON = Date.parse('2026-11-03T12:00:00.100+05:00');

export interface ReadOptions {
  /** One confidence for all characters, or one each. */
  readonly confidence?: number | readonly number[];
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly cues?: PlateCues;
}

/** A read of a plate twice as wide as high. */
export function read(text: string, { confidence = 0.95, x = 800, y = 600, width = 120, cues }: ReadOptions = {}): PlateRead {
  const of = (i: number): number => (typeof confidence === 'number' ? confidence : (confidence[i] ?? 0.95));
  const characters = [...text].map((char, i) => ({ char, confidence: of(i), alternatives: [] })),
    height = width / 2;
  return {
    text,
    parse: parsePlate(text, cues),
    confidence: Math.min(1, ...characters.map((c) => c.confidence)),
    characters,
    corners: [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
    ],
    box: { x, y, width, height },
    ...(cues === undefined ? {} : { cues }),
  };
}

/** A frame some milliseconds after noon; frames of one instant and other reads differ in content. */
export function frame(afterMs: number, ...reads: readonly PlateRead[]): SeenFrame {
  const sha256 = createHash('sha256')
    .update(JSON.stringify([afterMs, reads.map((r) => [r.text, r.box])]))
    .digest('hex');
  const capturedAt = NOON + afterMs;
  return {
    capturedAt,
    timeSource: 'camera',
    receivedAt: capturedAt + 40,
    evidence: { sha256, mediaType: 'image/jpeg', width: 1920, height: 1080 },
    reads,
  };
}
