import { assign } from './assignment.ts';
import { BlobTracks, type BlobOptions } from './blob-tracks.ts';
import { inside } from './box.ts';
import { Burst } from './burst.ts';
import { isFragment } from './fragment.ts';
import type { Observation, PlateRead, SeenFrame, Track } from './observation.ts';
import type { SeenPlate } from './mover.ts';
import { PlatePairs } from './plate-pairs.ts';
import { PlateTrack } from './plate-track.ts';
import { isContinued, kinship, type Surroundings } from './same-vehicle.ts';
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
  /** What of the movement in a continuous camera's picture is a vehicle. */
  readonly blobs?: BlobOptions;
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
  /** SHA-256 of the few frames that would be evidence if their vehicle went now. Of a stream only these need their pixels kept: a frame that is not named once it was added never will be. A vehicle that `add` gives may have that very frame as evidence. */
  wanted(): ReadonlySet<string>;
}

/** A frame that comes again is known again for this long; milliseconds of capture time. */
const REPEAT_MEMORY_MS = 60_000;

/** So few reads may be of lettering, unless one of them is a mark and this sure. */
const FEW_LETTERINGS = 2, LEAST_OF_FEW = 0.3;
/** A lorry may hide a vehicle beside it in a queue for so long; milliseconds. */
const LONE_READ_MS = 10_000;
/** Places kept free for the plates, and the movements, of one frame. */
const PLATES_A_FRAME = 32;

/** Two boxes of one frame, the smaller one covered by this much, are one plate found twice. */
const SAME_PLATE = 0.6;
/**
 * A follower with the given options. Plates are linked over frames by their texts (look-alike characters count little), place and size in
 * the frame, and the time between; two plates of one frame are never one vehicle. Frames within `reorderMs` of the newest wait, so that
 * their order of arrival does not matter; the same frame (time and SHA-256) given twice counts once.
 */
export function createFollower(options: FollowOptions): Follower {
  return new CameraFollower(options);
}

class CameraFollower implements Follower {
  readonly #options: Required<Omit<FollowOptions, 'blobs'>>;
  readonly #blobs: BlobTracks | null;
  #waiting: SeenFrame[] = [];
  #open: PlateTrack[] = [];
  #pairs = new PlatePairs();
  #burst: Burst | null = null;
  #withdrawn: Observation[] = [];
  #vehicles = 0;
  #newest = Number.NEGATIVE_INFINITY;
  #settledTo = Number.NEGATIVE_INFINITY;
  /** Places already given out at the instants that may still get frames: capture time → next place and frames seen. */
  #instants = new Map<number, { next: number; seen: Set<string> }>();

  constructor(options: FollowOptions) {
    const { trigger, passGapMs = 3000, reorderMs = 1000, burstGapMs = 1500, burstFrames = 1, maxTrackMs = 20_000, confident = 0.6 } = options;
    const parkedGapMs = options.parkedGapMs ?? (trigger === 'continuous' ? 600_000 : 60_000);
    this.#options = { trigger, passGapMs, reorderMs, burstGapMs, burstFrames, maxTrackMs, confident, parkedGapMs };
    this.#blobs = trigger === 'continuous' ? new BlobTracks(options.blobs ?? {}, passGapMs, parkedGapMs) : null;
  }

  add(frame: SeenFrame): Track[] {
    this.#waiting.push(frame);
    return this.advance(frame.capturedAt);
  }

  advance(time: number): Track[] {
    this.#newest = Math.max(this.#newest, time);
    return this.#settle(this.#newest - this.#options.reorderMs);
  }

  flush(): Track[] {
    const given = this.#settle(Number.POSITIVE_INFINITY);
    this.#open = [];
    this.#pairs = new PlatePairs();
    this.#instants.clear();
    this.#newest = Number.NEGATIVE_INFINITY;
    this.#settledTo = Number.NEGATIVE_INFINITY;
    return given;
  }

  heldFrames(): ReadonlySet<string> {
    const inView = this.#open.filter((track) => !track.reported);
    const observed = inView.flatMap((track) => [...track.observations, ...track.evidence, ...(track.first === null ? [] : [track.first])].map((o) => o.frame));
    return hashes([...this.#waiting, ...observed, ...(this.#burst?.frames ?? []), ...(this.#blobs?.frames() ?? [])]);
  }

  wanted(): ReadonlySet<string> {
    const evidence = this.#open.flatMap((track) => (track.reported ? [] : track.evidence.map((o) => o.frame)));
    return hashes([...this.#waiting, ...evidence, ...(this.#burst?.frames ?? []), ...(this.#blobs?.frames() ?? [])]);
  }

  provisional(): Track[] {
    const sure = this.#open.filter((track) => track.announce && !track.reported);
    for (const track of this.#open) track.announce = false;
    for (const track of sure) track.told = true;
    return sure.map((track) => track.given());
  }

  withdrawn(): Observation[] {
    return this.#withdrawn.splice(0);
  }

  /** Takes in the waiting frames from before `until`, in order of time, and gives the vehicles that had gone by then. */
  #settle(until: number): Track[] {
    const isDue = (f: SeenFrame): boolean => f.capturedAt < until || this.#options.reorderMs === 0;
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
    instant.next += Math.max(1, frame.reads.length + (frame.moving?.length ?? 0));
    instant.seen.add(frame.evidence.sha256);
    this.#instants.set(frame.capturedAt, instant);
    const plates = this.#followPlates(frame.reads.toSorted(leftToRight).map((read, i): Observation => ({ frame, read, order: first + i })), given);
    this.#blobs?.take(frame, first, plates);
    if (this.#options.trigger === 'vehicle') this.#noteBurst(frame, first);
  }

  /** Gives where the plates of the frame are, each with the number of its track. */
  #followPlates(seen: readonly Observation[], given: Track[]): SeenPlate[] {
    const observations = withoutRepeats(seen), around = this.#surroundings(observations.length === 1);
    const pairs = assign(observations.map((observation) => this.#open.map((track) => kinship(track, observation, around))));
    const before = [...this.#open];
    const tracks = observations.map((observation, i) => this.#observe(before[pairs[i] ?? -1], observation));
    tracks.forEach((a, i) => tracks.slice(i + 1).forEach((b, j) => this.#pairs.see((observations[i] as Observation).frame.capturedAt, a, (observations[i] as Observation).read.box, b, (observations[i + 1 + j] as Observation).read.box)));
    for (const track of tracks) this.#continueEarlier(track, around);
    for (const track of tracks) if (!track.reported && this.#open.includes(track) && track.lastAt - track.firstAt >= this.#options.maxTrackMs) given.push(...this.#report(track));
    return observations.map(({ read: { box } }, i) => ({ track: (tracks[i] as PlateTrack).id, box }));
  }

  #observe(known: PlateTrack | undefined, observation: Observation): PlateTrack {
    const track = known ?? new PlateTrack(this.#vehicles++, observation);
    if (known === undefined) this.#open.push(track);
    else track.take(observation);
    const { read } = observation, sure = read.parse.kind === 'mark' && read.confidence >= this.#options.confident;
    if (sure && track.first === null && !track.reported) {
      track.first = observation;
      track.announce = true;
    }
    return track;
  }

  /** A vehicle that proves to be one that went before it becomes part of that. */
  #continueEarlier(track: PlateTrack, around: Surroundings): void {
    if (track.reported) return;
    const before = this.#open.find((other) => other !== track && isContinued(other, track, around));
    if (before !== undefined) this.#join(before, track);
  }

  /** The one becomes part of the other, with its reads if they may still vote. */
  #join(into: PlateTrack, track: PlateTrack): void {
    into.join(track);
    if (into.first === null && !into.reported) [into.first, into.announce, into.told] = [track.first, track.announce, track.told];
    else this.#withdraw(track);
    this.#drop(track);
  }

  #withdraw(track: PlateTrack): void {
    if (track.told && track.first !== null) this.#withdrawn.push(track.first);
    track.announce = track.told = false;
  }

  #drop(track: PlateTrack): void {
    this.#open = this.#open.filter((other) => other !== track);
    this.#pairs.forget(track);
  }

  /** A vehicle that has gone, or is in view for long, is given out; unless it proves to be part of another one. */
  #report(track: PlateTrack): Track[] {
    const others = this.#open.filter((other) => other !== track), whole = others.find((other) => !this.#pairs.met(track, other) && isFragment(track, other));
    if (whole !== undefined) {
      this.#join(whole, track);
      return [];
    }
    const partner = others.find((other) => other.carriedBy === null && this.#pairs.areOne(track, other));
    if (partner !== undefined && (partner.reported || !isForemost(track, partner))) {
      // The other plate of the vehicle goes on; this one is only watched.
      partner.second ??= track.leading;
      this.#withdraw(track);
      track.watch();
      track.carriedBy = partner;
      return [];
    }
    if (partner !== undefined && !isLettering(track)) {
      track.second = partner.leading;
      this.#withdraw(partner);
      partner.watch();
      partner.carriedBy = track;
    }
    const given = isLettering(track) ? [] : [track.given()];
    track.watch();
    return given;
  }

  #noteBurst(frame: SeenFrame, order: number): void {
    // The burst of a frame that comes too late is settled; alone it is no proof of another vehicle.
    if (frame.capturedAt < this.#settledTo && frame.reads.length === 0) return;
    this.#burst ??= new Burst(frame);
    this.#burst.take(frame, order);
  }

  #closeBefore(time: number): Track[] {
    const { passGapMs, parkedGapMs, burstGapMs, burstFrames } = this.#options, given: Track[] = [], burst = this.#burst;
    for (const track of this.#open) if (!track.reported && this.#open.includes(track) && track.lastAt + this.#waitFor(track) < time) given.push(...this.#report(track));
    for (const track of this.#open) if (track.lastAt + Math.max(passGapMs, parkedGapMs) < time) this.#drop(track);
    if (burst !== null && burst.lastAt + burstGapMs < time) {
      this.#burst = null;
      const vehicle = burst.vehicle(burstFrames);
      if (vehicle !== null) given.push(vehicle);
    }
    given.push(...(this.#blobs?.closeBefore(time) ?? []));
    return given.toSorted((a, b) => a.firstAt - b.firstAt);
  }

  /** One read in doubt of a vehicle that stays hidden would be a pass beside its own: on a stream it is waited for longer, milliseconds. */
  #waitFor(track: PlateTrack): number {
    const { passGapMs, trigger } = this.#options;
    return trigger === 'continuous' && track.count === 1 && track.first === null ? Math.max(passGapMs, LONE_READ_MS) : passGapMs;
  }

  #surroundings(alone: boolean): Surroundings {
    const { trigger, passGapMs, burstGapMs } = this.#options;
    return { passGapMs, burstGapMs: trigger === 'vehicle' && alone ? burstGapMs : null, continuous: trigger === 'continuous' };
  }
}

/**
 * Words on a lorry or bus that were once or twice taken for a plate of a stream: no mark, never sure. A plate that cannot be read is seen in
 * more frames, and single pictures have no others.
 */
function isLettering({ count, observations }: PlateTrack): boolean {
  return count <= FEW_LETTERINGS && observations.every(({ frame, read }) => frame.moving !== undefined && (read.parse.kind !== 'mark' || read.confidence < LEAST_OF_FEW));
}

/** Of two plates of a vehicle the pass has the one with a sure read, else the one that more can be read of. */
function isForemost(track: PlateTrack, other: PlateTrack): boolean {
  if ((track.first === null) !== (other.first === null)) return track.first !== null;
  return track.weight === other.weight ? track.id < other.id : track.weight > other.weight;
}

/** A plate that was found twice in a frame is read once: by its stronger read. */
function withoutRepeats(observations: readonly Observation[]): readonly Observation[] {
  const kept: Observation[] = [];
  for (const observation of observations.toSorted((a, b) => strength(b.read) - strength(a.read) || a.order - b.order))
    if (!kept.some((o) => inside(o.read.box, observation.read.box) >= SAME_PLATE)) kept.push(observation);
  return kept.toSorted((a, b) => a.order - b.order);
}

function hashes(frames: readonly SeenFrame[]): ReadonlySet<string> {
  return new Set(frames.map((f) => f.evidence.sha256));
}

/**
 * Times on a whole second mostly come from cameras that know no milliseconds, and then a burst shares one instant. There the content of
 * the frame takes the place of the order of arrival, which a restart or a late delivery would change. Below 2^29.
 */
function placeByContent(frame: SeenFrame): number {
  return Number.parseInt(frame.evidence.sha256.slice(0, 6), 16) * PLATES_A_FRAME;
}

function leftToRight(a: PlateRead, b: PlateRead): number {
  return a.box.x - b.box.x || a.box.y - b.box.y || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
}

function inOrder(a: SeenFrame, b: SeenFrame): number {
  const x = a.evidence.sha256,
    y = b.evidence.sha256;
  return a.capturedAt - b.capturedAt || (x < y ? -1 : x > y ? 1 : 0);
}
