import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/pass/observation.ts';
import { PlateTrack } from '../../src/pass/plate-track.ts';
import { frame, read } from './reads.ts';

/** The reads of one plate, 200 ms apart. */
const seen = (...texts: readonly string[]): Observation[] => texts.map((text, i) => {
  const of = read(text, { y: 300 + 20 * i, confidence: 0.9 });
  return { frame: frame(200 * i, of), read: of, order: 0 };
});

function followed(observations: readonly Observation[]): PlateTrack {
  const [first, ...others] = observations, track = new PlateTrack(0, first as Observation);
  for (const other of others) track.take(other);
  return track;
}

describe('a vehicle that was given out, and may stand in view for minutes', () => {
  const reads = seen(...Array.from({ length: 20 }, () => 'LEC138447'), 'LEC138441', 'LEC138441', 'LEC138441', 'LEC138441');

  it('lets its reads go, but for the latest and the one that it goes by', () => {
    const track = followed(reads), { leading } = track;
    expect(track.observations).toHaveLength(reads.length);
    track.watch();
    expect([track.reported, track.observations, track.evidence]).toEqual([true, reads.slice(-4), []]);
    expect([track.leading, track.leading.read.text]).toEqual([leading, 'LEC138447']);
    expect(new Set(track.compared)).toEqual(new Set([leading, ...reads.slice(-4)]));
  });

  it('keeps how long, how often and where it was seen', () => {
    const track = followed(reads), before = [track.firstAt, track.lastAt, track.count, track.latest, track.stands];
    track.watch();
    expect([track.firstAt, track.lastAt, track.count, track.latest, track.stands]).toEqual(before);
  });
});
