import { markKey, skeleton } from '../plate/key.ts';
import type { Mark, PlateParse } from '../plate/mark.ts';
import type { Observation, SeenFrame, Track } from './observation.ts';
import { passId } from './pass-id.ts';
import { UNOBSERVED, type AlternativeMark, type Direction, type Movement, type Pass } from './pass.ts';
import { nearestRead, voteReads, type Vote } from './vote.ts';
import { writtenCandidates } from './vote-parse.ts';

/** What the passes of one camera share. */
export interface PassContext {
  readonly cameraId: string;
  /** The camera's direction at the time, from the register. */
  readonly direction: Direction;
  /** Where a vehicle goes that comes towards the camera; null or absent: nobody said, and every pass has the camera's own direction. */
  readonly towards?: 'in' | 'out' | null;
  /** Epoch milliseconds. */
  readonly processedAt: number;
  /** Default 'pipeline'. */
  readonly source?: string;
}

/**
 * The passes of followed vehicles, one for each track, in order of time. The evidence is the frame of the best read of the voted text;
 * the pass has the time of the first read that was sure of itself, so that a provisional pass and the final one have one id, else that of
 * the evidence. `sequence` is that plate's `order` among all plates of the camera at that instant: two vehicles of one picture get
 * different ids, and the same picture gives the same ids again.
 */
export function buildPasses(tracks: readonly Track[], context: PassContext): Pass[] {
  return tracks.flatMap((track) => buildPass(track, context) ?? []).toSorted((a, b) => a.capturedAt - b.capturedAt || a.sequence - b.sequence);
}

function buildPass(track: Track, context: PassContext): Pass | null {
  if (track.plateless !== null) return passWithoutPlate(track, track.plateless, context);
  const vote = voteReads(track.observations.map((o) => o.read));
  const best = vote === null ? undefined : evidenceOf(track, vote);
  if (vote === null || best === undefined) return null;
  return {
    ...seenAt(track.first ?? best, best.frame, context),
    ...wayOf(track, context),
    ...markFields(markOf(vote.parse)),
    outcome: vote.parse.kind,
    rawText: vote.text,
    confidence: vote.confidence,
    characters: vote.characters,
    alternatives: alternativesOf(vote, track),
    readCount: readCountOf(track.observations),
    plateBox: best.read.box,
    corners: best.read.corners,
  };
}

/** The evidence is among the frames that the follower asked to be kept: the best read of the voted text, else the one nearest to it. */
function evidenceOf(track: Track, vote: Vote): Observation | undefined {
  const best = track.observations[vote.best], kept = track.evidence ?? [];
  if (kept.length === 0 || best === undefined || kept.includes(best)) return best;
  return kept[nearestRead(kept.map((o) => o.read), vote.text)];
}

/** A second plate of the vehicle is one of the things that its mark could be. */
function alternativesOf(vote: Vote, { second }: Track): readonly AlternativeMark[] {
  if (!second) return vote.alternatives;
  const own = new Set([...writtenCandidates(vote.parse), ...vote.alternatives.map((a) => a.mark)]), [mark] = writtenCandidates(second.read.parse);
  return mark === undefined || own.has(mark) ? vote.alternatives : [...vote.alternatives, { mark, confidence: second.read.confidence }].toSorted((a, b) => b.confidence - a.confidence);
}

function passWithoutPlate(track: Track, { frame, order }: { readonly frame: SeenFrame; readonly order: number }, context: PassContext): Pass {
  return {
    ...seenAt({ frame, order }, frame, context),
    ...wayOf(track, context),
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

/** When and where it was seen, by the observation that gives the pass its id. */
function seenAt({ frame, order }: Pick<Observation, 'frame' | 'order'>, evidence: SeenFrame, context: PassContext) {
  return {
    id: passId(context.cameraId, frame.capturedAt, order),
    cameraId: context.cameraId,
    capturedAt: frame.capturedAt,
    receivedAt: frame.receivedAt,
    processedAt: context.processedAt,
    timeSource: frame.timeSource,
    sequence: order,
    evidence: evidence.evidence,
    ...(evidence.capturedAt !== frame.capturedAt && { evidenceAt: evidence.capturedAt }), ...(frame.clockCorrectionMs && { clockCorrectionMs: frame.clockCorrectionMs }),
    vehicle: UNOBSERVED,
    source: context.source ?? 'pipeline',
  } as const;
}

/** A camera that was said to see vehicles come and go tells them apart by their movement; any other has one direction for all. */
function wayOf({ movement }: Track, { direction, towards }: PassContext): { direction: Direction; movement?: Movement } {
  if (movement === undefined || movement === 'unknown') return { direction };
  if (!towards) return { direction, movement };
  return { direction: (movement === 'towards') === (towards === 'in') ? 'in' : 'out', movement };
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
