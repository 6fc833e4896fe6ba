import { markKey, skeleton } from '../plate/key.ts';
import type { Mark, PlateParse } from '../plate/mark.ts';
import type { Observation, SeenFrame, Track } from './observation.ts';
import { passId } from './pass-id.ts';
import { UNOBSERVED, type Direction, type Pass } from './pass.ts';
import { voteReads } from './vote.ts';

/** What the passes of one camera share. */
export interface PassContext {
  readonly cameraId: string;
  /** The camera's direction at the time, from the register. */
  readonly direction: Direction;
  /** Epoch milliseconds. */
  readonly processedAt: number;
  /** Default 'pipeline'. */
  readonly source?: string;
}

/**
 * The passes of followed vehicles, one for each track, in order of time. The evidence is the frame of the strongest read of the voted
 * text, and its capture time is the pass's. `sequence` is the plate's `order` among all plates of the camera at that
 * instant: two vehicles of one picture get different ids, and the same picture gives the same ids again.
 */
export function buildPasses(tracks: readonly Track[], context: PassContext): Pass[] {
  return tracks.flatMap((track) => buildPass(track, context) ?? []).toSorted((a, b) => a.capturedAt - b.capturedAt || a.sequence - b.sequence);
}

function buildPass(track: Track, context: PassContext): Pass | null {
  if (track.plateless !== null) return passWithoutPlate(track.plateless.frame, track.plateless.order, context);
  const vote = voteReads(track.observations.map((o) => o.read));
  const best = vote === null ? undefined : track.observations[vote.best];
  if (vote === null || best === undefined) return null;
  const mark = markOf(vote.parse);
  return {
    ...frameOf(best.frame, best.order, context),
    ...markFields(mark),
    outcome: vote.parse.kind,
    rawText: vote.text,
    confidence: vote.confidence,
    characters: vote.characters,
    alternatives: vote.alternatives,
    readCount: readCountOf(track.observations),
    plateBox: best.read.box,
    corners: best.read.corners,
  };
}

function passWithoutPlate(frame: SeenFrame, order: number, context: PassContext): Pass {
  return {
    ...frameOf(frame, order, context),
    ...markFields(null),
    outcome: 'no-plate',
    rawText: '',
    confidence: 0,
    characters: [],
    alternatives: [],
    readCount: 0,
    plateBox: null,
    corners: null,
  };
}

function frameOf(frame: SeenFrame, sequence: number, context: PassContext) {
  return {
    id: passId(context.cameraId, frame.capturedAt, sequence),
    cameraId: context.cameraId,
    capturedAt: frame.capturedAt,
    receivedAt: frame.receivedAt,
    processedAt: context.processedAt,
    timeSource: frame.timeSource,
    sequence,
    direction: context.direction,
    evidence: frame.evidence,
    vehicle: UNOBSERVED,
    source: context.source ?? 'pipeline',
  } as const;
}

/** The mark that a parse stands for; null for a plate without one. A personalised plate (KHAN 1) keeps its mark and its outcome. */
export function markOf(parse: PlateParse): Mark | null {
  if (parse.kind === 'mark') return parse.candidates[0].mark;
  return parse.kind === 'fancy' ? (parse.mark ?? null) : null;
}

/** Mark, key and skeleton as a pass keeps them. */
export function markFields(mark: Mark | null): Pick<Pass, 'mark' | 'key' | 'skeleton'> {
  const key = mark === null ? null : markKey(mark);
  return { mark, key, skeleton: key === null ? null : skeleton(key) };
}

function readCountOf(observations: readonly Observation[]): number {
  return observations.filter((o) => o.read.text !== '').length;
}
