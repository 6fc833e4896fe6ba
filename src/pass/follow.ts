import type { PlateBox } from './pass.ts';
import type { Observation, PlateRead, SeenFrame, Track } from './observation.ts';
import { textLikeness } from './similarity.ts';
import { strength } from './strength.ts';

export interface FollowOptions {
  /** `vehicle`: one burst of frames per vehicle, so that a burst without any plate is a vehicle too. `continuous`: frames all the time. */
  readonly trigger: 'vehicle' | 'continuous';
  /** A vehicle not seen for this long has gone by; milliseconds. Default 3000. */
  readonly passGapMs?: number;
  /** Frames may arrive later than newer ones by up to this capture time; milliseconds. Default 1000. 0 for a stream, whose frames come in order: each is followed at once. */
  readonly reorderMs?: number;
  /** Frames of a trigger burst follow each other within this; milliseconds. Default 1500. */
  readonly burstGapMs?: number;
  /** Frames that the camera sends at least per vehicle; a shorter burst without a plate is an empty road. Default 1. */
  readonly burstFrames?: number;
  /**
   * A plate read again with the same text at the same place within this time is the same parked vehicle; milliseconds. Default 10 min for a
   * continuous camera, 1 min for a triggered one, where a vehicle may come round again.
   */
  readonly parkedGapMs?: number;
  /** A vehicle in view for longer is reported once at this age and then only watched; milliseconds. Default 20 s. */
  readonly maxTrackMs?: number;
  /** From this confidence on, one read of a mark is sure enough to call somebody: the vehicle's provisional pass is made of it. Default 0.6. */
  readonly confident?: number;
}

/** Follows the vehicles of ONE camera. Holds no clock: time comes only from frames and `advance`. */
export interface Follower {
  /** Takes one frame; gives the vehicles that have gone by. */
  add(frame: SeenFrame): Track[];
  /** Says that the camera's time has reached `time` without a frame, so that a vehicle is reported though nothing follows it. */
  advance(time: number): Track[];
  /** Gives every vehicle still in view; nothing more is expected. */
  flush(): Track[];
  /** SHA-256 of all frames that a vehicle still in view may yet choose as evidence. */
  heldFrames(): ReadonlySet<string>;
  /** The vehicles still in view that got their first sure read since this was last asked, each once. `first` is that read and gives their pass its id for good. */
  provisional(): Track[];
  /** First reads of provisional vehicles that since proved to be part of another vehicle, each once: no final pass will have their id. */
  withdrawn(): Observation[];
  /** SHA-256 of the few frames that would be evidence if their vehicle went now. Of a stream only these need their pixels kept: a frame that is not named when it was added never will be. */
  wanted(): ReadonlySet<string>;
}

/** Reads kept of one vehicle: enough for any vote, and a bound on memory for a vehicle that stands in view. */
const MAX_OBSERVATIONS = 32;
/** Texts that a new read is compared with: the latest ones, because the plate grows as the vehicle comes nearer. */
const COMPARED = 4;
/** From here on, texts alone say "same vehicle". */
const SAME_TEXT = 0.78;
/**
 * From here on, texts say that a vehicle has been standing there since: the same text, or one with a hard look-alike in it (0 for O). At a
 * stop line every vehicle stands at the same place, and two of a fleet differ in one digit.
 */
const PARKED_TEXT = 0.97;
/** From here on, texts say so when the place agrees as well. */
const SIMILAR_TEXT = 0.4;
/** Beyond this gap a place says nothing about a moving vehicle; milliseconds. */
const PLACE_GAP_MS = 1000;
/** A text of fewer characters than this cannot tell vehicles apart. */
const MEANINGFUL_LENGTH = 3;

/** A frame that comes again is known again for this long; milliseconds of capture time. */
const REPEAT_MEMORY_MS = 60_000;

/** Places kept free for the plates of one frame. */
const PLATES_A_FRAME = 32;

interface OpenTrack {
  observations: Observation[];
  firstAt: number;
  lastAt: number;
  /** False once the vehicle shared a frame with another plate. */
  alone: boolean;
  first: Observation | null;
  /** Its first read waits to be asked for. */
  announce: boolean;
  /** Already given out; kept only so that the vehicle is not given out again. */
  reported: boolean;
}

interface Burst {
  frames: { frame: SeenFrame; order: number }[];
  lastAt: number;
  hasPlate: boolean;
  firstAt: number;
  count: number;
}
interface Link {
  readonly track: OpenTrack;
  readonly observation: Observation;
  readonly score: number;
}

/**
 * A follower with the given options. Plates are linked over frames by their texts (look-alike characters count little), place and size in
 * the frame, and the time between; two plates of one frame are never one vehicle. Frames within `reorderMs` of the newest wait, so that
 * their order of arrival does not matter; the same frame (time and SHA-256) given twice counts once.
 */
export function createFollower(options: FollowOptions): Follower {
  return new CameraFollower(options);
}

class CameraFollower implements Follower {
  readonly #trigger: FollowOptions['trigger'];
  readonly #passGapMs: number;
  readonly #reorderMs: number;
  readonly #burstGapMs: number;
  readonly #burstFrames: number;
  readonly #parkedGapMs: number;
  readonly #maxTrackMs: number;
  readonly #confident: number;
  #waiting: SeenFrame[] = [];
  #open: OpenTrack[] = [];
  #burst: Burst | null = null;
  #newest = Number.NEGATIVE_INFINITY;
  #settledTo = Number.NEGATIVE_INFINITY;
  /** Places already given out at the instants that may still get frames: capture time → next place and frames seen. */
  #instants = new Map<number, { next: number; seen: Set<string> }>();

  constructor(options: FollowOptions) {
    this.#trigger = options.trigger;
    this.#passGapMs = options.passGapMs ?? 3000;
    this.#reorderMs = options.reorderMs ?? 1000;
    this.#burstGapMs = options.burstGapMs ?? 1500;
    this.#burstFrames = options.burstFrames ?? 1;
    this.#parkedGapMs = options.parkedGapMs ?? (options.trigger === 'continuous' ? 600_000 : 60_000);
    this.#maxTrackMs = options.maxTrackMs ?? 20_000;
    this.#confident = options.confident ?? 0.6;
  }

  add(frame: SeenFrame): Track[] {
    this.#waiting.push(frame);
    return this.advance(frame.capturedAt);
  }

  advance(time: number): Track[] {
    this.#newest = Math.max(this.#newest, time);
    return this.#settle(this.#newest - this.#reorderMs);
  }

  flush(): Track[] {
    const given = this.#settle(Number.POSITIVE_INFINITY);
    this.#open = [];
    this.#instants.clear();
    this.#newest = Number.NEGATIVE_INFINITY;
    this.#settledTo = Number.NEGATIVE_INFINITY;
    return given;
  }

  heldFrames(): ReadonlySet<string> {
    const held = new Set(this.#waiting.map((f) => f.evidence.sha256));
    for (const track of this.#open) if (!track.reported) for (const o of track.observations) held.add(o.frame.evidence.sha256);
    for (const { first, reported } of this.#open) if (!reported && first !== null) held.add(first.frame.evidence.sha256);
    for (const { frame } of this.#burst?.frames ?? []) held.add(frame.evidence.sha256);
    return held;
  }

  provisional(): Track[] {
    const told = this.#open.filter((track) => track.announce && !track.reported);
    for (const track of this.#open) track.announce = false;
    return told.map(asTrack);
  }

  withdrawn(): Observation[] {
    return [];
  }

  wanted(): ReadonlySet<string> {
    return this.heldFrames();
  }

  #isSure({ read }: Observation): boolean {
    return read.parse.kind === 'mark' && read.confidence >= this.#confident;
  }

  /** Takes in the waiting frames from before `until`, in order of time, and gives the vehicles that had gone by then. */
  #settle(until: number): Track[] {
    const isDue = (f: SeenFrame): boolean => f.capturedAt < until || this.#reorderMs === 0;
    const due = this.#waiting.filter(isDue).toSorted(inOrder);
    if (due.length > 0) this.#waiting = this.#waiting.filter((f) => !isDue(f));
    const given: Track[] = [];
    for (const frame of due) {
      given.push(...this.#closeBefore(frame.capturedAt));
      this.#take(frame, given);
    }
    given.push(...this.#closeBefore(until));
    for (const time of this.#instants.keys()) {
      if (time >= until - REPEAT_MEMORY_MS) break;
      this.#instants.delete(time);
    }
    this.#settledTo = Math.max(this.#settledTo, until);
    return given;
  }

  #take(frame: SeenFrame, given: Track[]): void {
    const instant = this.#instants.get(frame.capturedAt) ?? { next: 0, seen: new Set<string>() };
    if (instant.seen.has(frame.evidence.sha256)) return;
    const first = frame.capturedAt % 1000 === 0 ? placeByContent(frame) : instant.next;
    instant.next += Math.max(1, frame.reads.length);
    instant.seen.add(frame.evidence.sha256);
    this.#instants.set(frame.capturedAt, instant);
    const observations = frame.reads.toSorted(leftToRight).map((read, i): Observation => ({ frame, read, order: first + i }));
    const linked = this.#link(observations);
    for (const observation of observations) given.push(...this.#observe(linked.get(observation), observation));
    if (this.#trigger === 'vehicle') this.#noteBurst(frame, first);
  }

  /** The best pairs of open vehicle and plate, each used once. */
  #link(observations: readonly Observation[]): Map<Observation, OpenTrack> {
    const links = observations.flatMap((observation) =>
      this.#open.flatMap((track): Link[] => {
        const score = this.#score(track, observation, observations.length === 1);
        return score === null ? [] : [{ track, observation, score }];
      }),
    );
    // A stable sort: equal scores keep the order of the plates in the frame, then of the vehicles by age.
    links.sort((a, b) => b.score - a.score);
    const taken = new Set<OpenTrack>(),
      linked = new Map<Observation, OpenTrack>();
    for (const { track, observation } of links) {
      if (taken.has(track) || linked.has(observation)) continue;
      taken.add(track);
      linked.set(observation, track);
    }
    return linked;
  }

  /** Null: cannot be the same vehicle. */
  #score(track: OpenTrack, observation: Observation, alone: boolean): number | null {
    const gap = Math.abs(observation.frame.capturedAt - track.lastAt),
      last = track.observations.at(-1);
    if (last === undefined || track.observations.some((o) => o.frame === observation.frame)) return null;
    const place = overlap(last.read.box, observation.read.box);
    const { likeness, contradicts } = bestLikeness(track.observations, observation.read);
    if (gap > this.#passGapMs) return place >= 0.5 && likeness >= PARKED_TEXT && !contradicts ? 1 + likeness : null;
    const burst = this.#trigger === 'vehicle' && alone && track.alone && gap <= this.#burstGapMs;
    const near = gap <= PLACE_GAP_MS && (burst || isNear(last.read.box, observation.read.box));
    const short = Math.min(last.read.text.length, observation.read.text.length) < MEANINGFUL_LENGTH;
    const same = likeness >= SAME_TEXT && !contradicts;
    if (!same && !(near && (short || likeness >= SIMILAR_TEXT))) return null;
    return likeness + (near ? 0.5 : 0) + place * 0.5 - (gap / this.#passGapMs) * 0.25;
  }

  #observe(track: OpenTrack | undefined, observation: Observation): Track[] {
    const at = observation.frame.capturedAt,
      alone = observation.frame.reads.length === 1;
    if (track === undefined) {
      this.#open.push({ observations: [observation], firstAt: at, lastAt: at, alone, first: this.#isSure(observation) ? observation : null, announce: this.#isSure(observation), reported: false });
      return [];
    }
    track.observations = keepStrongest(track.observations, observation, track.reported);
    if (track.first === null && !track.reported && this.#isSure(observation)) {
      track.first = observation;
      track.announce = true;
    }
    track.firstAt = Math.min(track.firstAt, at);
    track.lastAt = Math.max(track.lastAt, at);
    track.alone &&= alone;
    if (track.reported || track.lastAt - track.firstAt < this.#maxTrackMs) return [];
    track.reported = true;
    return [asTrack(track)];
  }

  #noteBurst(frame: SeenFrame, order: number): void {
    // The burst of a frame that comes too late is settled; alone it is no proof of another vehicle.
    if (frame.capturedAt < this.#settledTo && frame.reads.length === 0) return;
    this.#burst ??= { frames: [], firstAt: frame.capturedAt, lastAt: frame.capturedAt, hasPlate: false, count: 0 };
    this.#burst.lastAt = Math.max(this.#burst.lastAt, frame.capturedAt);
    this.#burst.hasPlate ||= frame.reads.length > 0;
    this.#burst.count += 1;
    if (this.#burst.hasPlate) this.#burst.frames = [];
    else if (this.#burst.frames.length < MAX_OBSERVATIONS) this.#burst.frames.push({ frame, order });
  }

  #closeBefore(time: number): Track[] {
    const given: Track[] = [],
      burst = this.#burst;
    for (const track of this.#open) if (!track.reported && track.lastAt + this.#passGapMs < time) given.push(asTrack(track));
    for (const track of this.#open) track.reported ||= track.lastAt + this.#passGapMs < time;
    this.#open = this.#open.filter((track) => track.lastAt + Math.max(this.#passGapMs, this.#parkedGapMs) >= time);
    if (burst !== null && burst.lastAt + this.#burstGapMs < time) {
      this.#burst = null;
      if (!burst.hasPlate && burst.count >= this.#burstFrames) given.push(withoutPlate(burst));
    }
    return given.toSorted((a, b) => a.firstAt - b.firstAt);
  }
}

/**
 * Times on a whole second mostly come from cameras that know no milliseconds, and then a burst shares one instant. There the content of
 * the frame takes the place of the order of arrival, which a restart or a late delivery would change. Below 2^29.
 */
function placeByContent(frame: SeenFrame): number {
  return Number.parseInt(frame.evidence.sha256.slice(0, 6), 16) * PLATES_A_FRAME;
}

function asTrack(track: OpenTrack): Track {
  const observations = track.observations.toSorted((a, b) => inOrder(a.frame, b.frame));
  return { observations, plateless: null, firstAt: track.firstAt, lastAt: track.lastAt, first: track.first };
}

function withoutPlate(burst: Burst): Track {
  return {
    observations: [],
    plateless: burst.frames[Math.floor((burst.frames.length - 1) / 2)] ?? null,
    firstAt: burst.firstAt,
    lastAt: burst.lastAt,
  };
}

/** A vehicle that was already given out needs only its latest texts and place. */
function keepStrongest(before: readonly Observation[], latest: Observation, reported: boolean): Observation[] {
  const all = [...before, latest],
    limit = reported ? COMPARED : MAX_OBSERVATIONS;
  if (all.length <= limit) return all;
  if (reported) return all.slice(-limit);
  const recent = all.slice(-COMPARED),
    older = all.slice(0, -COMPARED);
  const weakest = older.reduce((w, o) => (strength(o.read) < strength(w.read) ? o : w));
  return [...older.filter((o) => o !== weakest), ...recent];
}

function bestLikeness(observations: readonly Observation[], read: PlateRead): { likeness: number; contradicts: boolean } {
  const strongest = observations.reduce((s, o) => (strength(o.read) > strength(s.read) ? o : s));
  const compared = new Set([strongest, ...observations.slice(-COMPARED)]);
  return [...compared].map((o) => textLikeness(o.read, read)).reduce((best, found) => (found.likeness > best.likeness ? found : best));
}

/** Intersection over union. */
function overlap(a: PlateBox, b: PlateBox): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x),
    height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}

/** Within two and a half plate widths and of like size: what a vehicle can do between two frames of a burst. */
function isNear(a: PlateBox, b: PlateBox): boolean {
  const widest = Math.max(a.width, b.width, 1),
    narrowest = Math.max(1, Math.min(a.width, b.width));
  const dx = a.x + a.width / 2 - (b.x + b.width / 2),
    dy = a.y + a.height / 2 - (b.y + b.height / 2);
  return Math.hypot(dx, dy) <= 2.5 * widest && widest / narrowest <= 2;
}

function leftToRight(a: PlateRead, b: PlateRead): number {
  return a.box.x - b.box.x || a.box.y - b.box.y || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
}

function inOrder(a: SeenFrame, b: SeenFrame): number {
  const x = a.evidence.sha256,
    y = b.evidence.sha256;
  return a.capturedAt - b.capturedAt || (x < y ? -1 : x > y ? 1 : 0);
}
