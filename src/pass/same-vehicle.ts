import { confusionCost } from '../plate/look-alikes.ts';
import { areaOf, centreOf, overlap } from './box.ts';
import { movementOf } from './movement.ts';
import type { Observation, PlateRead, SeenFrame } from './observation.ts';
import type { PlateBox } from './pass.ts';
import type { PlateTrack } from './plate-track.ts';
import { HARD_LOOK_ALIKE, isCutOff, textLikeness } from './similarity.ts';

/**
 * Whether a plate is that of a vehicle in view is asked as a bet: natural logarithms of how much likelier it is if it is, by place and by
 * text, summed. Above nothing it is.
 */
const CONTINUES = 1.5;
/** Place alone never outweighs two texts that are wholly different and sure. */
const BEST_PLACE = 5;
/** Nor can it deny the very same text, unless the vehicle would have gone back: it may brake hard, or stand hidden for a while. */
const WORST_PLACE = -6;
/** The plates of a burst are one vehicle's wherever they are, unless their texts say no. */
const IN_BURST = 3;
const SAME_TEXT = 7, SURELY_SAME = 6;
const OTHER_TEXT = -8;
/** What likeness of texts says, between the points. Marks of one series share half of their characters. */
const BY_LIKENESS = [[0, -8], [0.2, -6.5], [0.4, -3], [0.6, 0.5], [0.78, 3], [0.97, 5], [1, 5]] as const;
/** Two characters that both reads are sure of and that do not look alike. */
const CONTRADICTED = -5;
const CUT_OFF = 2;
/** Surety of two reads from which on what they say against each other counts in full. */
const SURE = 0.5;
/** A read that is right nine times in ten (docs/accuracy.md). */
const SURE_TEXT = 0.8;
/** A text of fewer characters than this cannot tell vehicles apart. */
const MEANINGFUL_LENGTH = 3;
/** A text of this many is one vehicle's. */
const WHOLE_LENGTH = 5;
/** Of a place where a vehicle stands a second says this much less, because another may have taken it. */
const STOOD_A_SECOND = 1;
/** Boxes of a standing plate, in its widths and as a logarithm of its size. */
const STANDING_NOISE = 0.15, STANDING_SIZE_NOISE = 0.1;

/**
 * Texts are the same that differ by no more than this: by two hard look-alikes (0 for O). At a stop line every vehicle stands at the same place,
 * and two of a fleet differ in one digit, maybe 1 for 7.
 */
const SAME_COST = 0.2;
const PARKED_OVERLAP = 0.5;
/** A vehicle that was hidden (a lorry beside it in a queue) comes into view again within this; milliseconds. One that drives round takes longer. */
const HIDDEN_MS = 10_000;
/** How far, in plate widths, a vehicle goes meanwhile of which nobody saw where it was going. */
const HIDDEN_WIDTHS = 4;

/** So many reads may be of a plate that was half hidden, and so much of it must have been seen. */
const FEW_READS = 6, LEAST_PART = 4;
/** One or two reads of a plate that went behind something say little more than how it begins, or ends. */
const GLIMPSES = 2, LEAST_END = 3;
/** A vehicle goes on in the direction in which it is seen to drive, by the cosine. */
const SAME_WAY = 0.8;

/** A vehicle not seen for longer than this (milliseconds) whose plate is now so much smaller, though it was growing, or larger, though it was shrinking, is another one. */
const TURNS_MS = 500;
const BACK = 1.3;

export interface Surroundings {
  readonly passGapMs: number;
  /** The plate is the only one of its frame, in a camera that sends a burst for each vehicle; how long bursts last, milliseconds. Null: it is not. */
  readonly burstGapMs: number | null;
  readonly continuous: boolean;
}

/** How sure the plate is the vehicle's, above 0; null: it is not. */
export function kinship(track: PlateTrack, { frame, read }: Observation, around: Surroundings): number | null {
  const at = frame.capturedAt, gap = at > track.lastAt ? at - track.lastAt : Math.min(...track.trail.places.map((p) => Math.abs(p.at - at)));
  if (track.saw(frame)) return null;
  if (gap > around.passGapMs) return cameBack(track, read, gap, around.continuous);
  const burst = around.burstGapMs !== null && track.alone && gap <= around.burstGapMs, place = placeEvidence(track, at, gap, read.box, pictureArea(frame));
  // Far from where it would be only the very same text speaks for it; comparing letter by letter would cost most of the time in a full picture.
  const far = !burst && place < WORST_PLACE, text = far ? verySameText(track, read) : textEvidence(track, read);
  const least = burst ? IN_BURST : far && text >= SURELY_SAME && wentOn(track, read.box) ? WORST_PLACE : -Infinity;
  const bet = CONTINUES + Math.min(BEST_PLACE, Math.max(place, least)) + text - gap / around.passGapMs;
  return bet > 0 && !(gap > TURNS_MS && wentBack(track, read.box)) ? bet : null;
}

function placeEvidence(track: PlateTrack, at: number, gap: number, box: PlateBox, area: number): number {
  const moving = track.fit(at, box, area).evidence;
  return track.stands ? Math.max(moving, stillThere(track.latest, box, area) - (gap / 1000) * STOOD_A_SECOND) : moving;
}

function stillThere(before: PlateBox, box: PlateBox, area: number): number {
  const a = centreOf(before), b = centreOf(box), s = STANDING_NOISE * before.width, size = Math.log(Math.max(1, areaOf(box)) / Math.max(1, areaOf(before))) / 2;
  return Math.log(area / (2 * Math.PI * s * s)) - ((a.x - b.x) ** 2 + (a.y - b.y) ** 2) / (2 * s * s) - size ** 2 / (2 * STANDING_SIZE_NOISE ** 2);
}

/** By the text that it is most like; of a sure read among the sure ones, because what a doubtful one leaves open would let any other vehicle in. */
function textEvidence(track: PlateTrack, read: PlateRead): number {
  const sure = read.confidence >= SURE_TEXT ? track.compared.filter((o) => o.read.confidence >= SURE_TEXT) : [];
  return Math.max(...(sure.length > 0 ? sure : track.compared).map((o) => ofTwoTexts(o.read, read)));
}

function verySameText(track: PlateTrack, { text }: PlateRead): number {
  return track.compared.some((o) => o.read.text === text) ? Math.min(SAME_TEXT, 1.2 * text.length) : OTHER_TEXT;
}

function ofTwoTexts(a: PlateRead, b: PlateRead): number {
  const shortest = Math.min(a.text.length, b.text.length);
  if (shortest < MEANINGFUL_LENGTH) return 0;
  if (isSameText(a, b)) return Math.min(SAME_TEXT, 1.2 * shortest);
  const { likeness, contradicts } = textLikeness(a, b);
  if (isCutOff(a.text, b.text) || isCutOff(b.text, a.text)) return CUT_OFF;
  const says = Math.max(OTHER_TEXT, byLikeness(likeness) + (contradicts ? CONTRADICTED : 0));
  return says > 0 ? says : says * Math.min(1, (a.confidence * b.confidence) / SURE);
}

function byLikeness(likeness: number): number {
  const next = BY_LIKENESS.findIndex(([at]) => at >= likeness), [x1, y1] = BY_LIKENESS[Math.max(0, next)] as readonly [number, number];
  const [x0, y0] = BY_LIKENESS[Math.max(0, next - 1)] as readonly [number, number];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (likeness - x0)) / (x1 - x0);
}

/** A vehicle that was not seen for longer than it takes one to go by: it still stands there, or was hidden in a queue. */
function cameBack(track: PlateTrack, read: PlateRead, gap: number, continuous: boolean): number | null {
  const parked = overlap(track.latest, read.box) >= PARKED_OVERLAP;
  if (!parked && !(continuous && gap <= HIDDEN_MS)) return null;
  if (!track.compared.some((o) => isSameText(o.read, read))) return null;
  if (parked) return CONTINUES + SAME_TEXT;
  return read.text.length >= WHOLE_LENGTH && wentOn(track, read.box) ? CONTINUES : null;
}

/** The same vehicle by text alone. */
export function isSameText(a: PlateRead, b: PlateRead): boolean {
  const { likeness, contradicts } = textLikeness(a, b);
  return !contradicts && (1 - likeness) * Math.max(a.text.length, b.text.length) <= SAME_COST;
}

/** The place lies ahead of the vehicle, or near to where it was last. */
function wentOn(track: PlateTrack, box: PlateBox): boolean {
  const a = centreOf(track.latest), b = centreOf(box);
  if (track.stands || movementOf(track.trail.places) === 'unknown') return Math.hypot(a.x - b.x, a.y - b.y) <= HIDDEN_WIDTHS * Math.max(track.latest.width, box.width);
  return !wentBack(track, box);
}

/** The place lies where vehicles come into view, and this one was on its way out: one of its fleet, or its clone. */
function wentBack(track: PlateTrack, box: PlateBox): boolean {
  const growth = box.width / Math.max(1, track.latest.width);
  if (growth >= 1 / BACK && growth <= BACK) return false;
  return movementOf(track.trail.places) === (growth < 1 ? 'towards' : 'away');
}

/**
 * A vehicle that was taken for a new one, because it was misread at first, is one that went before it: by now the text that most of its
 * reads stand behind is the other's.
 */
export function isContinued(before: PlateTrack, track: PlateTrack, around: Surroundings): boolean {
  const gap = track.firstAt - before.lastAt, { box, text } = track.observations[0]?.read ?? track.leading.read;
  if (gap <= 0 || text === undefined || track.leading.read.text.length < WHOLE_LENGTH) return false;
  if (gap > TURNS_MS && gap <= around.passGapMs && wentBack(before, box)) return false;
  const within = gap <= around.passGapMs, isNear = within || overlap(before.latest, box) >= PARKED_OVERLAP || (around.continuous && gap <= HIDDEN_MS && wentOn(before, box));
  return isNear && (isSameText(before.leading.read, track.leading.read) || (within && (wasRead(before, track) || isPartly(before, track))));
}

/** Of a plate that was seen a few times, half hidden most of them, one read was whole. */
function wasRead(before: PlateTrack, { leading }: PlateTrack): boolean {
  return before.count <= FEW_READS && before.compared.some((o) => o.read.text === leading.read.text);
}

/** A plate that was half hidden by a pole or a lorry is read short by a character or two, a few times, before it is read whole. */
function isPartly(before: PlateTrack, track: PlateTrack): boolean {
  const part = before.leading.read.text, whole = track.leading.read.text;
  if (part.length >= whole.length || before.count > FEW_READS) return false;
  const cut = part.length >= Math.max(LEAST_PART, whole.length - 2) && (whole.startsWith(part) || whole.endsWith(part));
  return (cut && (wentOn(before, track.latest) || droveOn(before, track))) || (before.count <= GLIMPSES && endsAlike(part, whole) >= LEAST_END && droveOn(before, track));
}

/** How many characters two texts begin, or end, with that are the same or hard look-alikes. */
function endsAlike(a: string, b: string): number {
  const shortest = Math.min(a.length, b.length), places = Array.from({ length: shortest }, (_, i) => i);
  const differs = (i: number): boolean => confusionCost(a.at(i) as string, b.at(i) as string) > HARD_LOOK_ALIKE;
  const first = places.find(differs), last = places.find((i) => differs(-1 - i));
  return Math.max(first ?? shortest, last ?? shortest);
}

/** Nobody saw where the one was going, but the other came from there. */
function droveOn(before: PlateTrack, track: PlateTrack): boolean {
  const way = movementOf(track.trail.places), start = track.trail.places[0]?.box ?? track.latest, growth = start.width / Math.max(1, before.latest.width);
  if (way === 'unknown' || (way === 'towards') !== growth >= 1) return false;
  const a = centreOf(before.latest), b = centreOf(start), c = centreOf(track.latest);
  return (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) >= SAME_WAY * Math.hypot(b.x - a.x, b.y - a.y) * Math.hypot(c.x - b.x, c.y - b.y);
}

/** Pixels of a frame; 1920 × 1080 where it does not say. */
export function pictureArea({ evidence: { width, height } }: SeenFrame): number {
  return width * height > 0 ? width * height : 1920 * 1080;
}
