import { overlap } from '../../src/pass/box.ts';
import type { Mark, PlateParse } from '../../src/plate/mark.ts';
import type { Observation, Track } from '../../src/pass/observation.ts';
import { markOf } from '../../src/pass/build.ts';
import type { PlateBox } from '../../src/pass/pass.ts';
import { strength } from '../../src/pass/strength.ts';
import { writeMark } from '../../src/plate/written-form.ts';
import type { Followed, Told } from './follow-scene.ts';
import type { FrameTruth, Scene } from './scene.ts';
import { truthOfScene, type VehicleTruth } from './scene-truth.ts';

/** Counts of one or several scenes; they add up. */
export interface Counts {
  /** Vehicles with a readable plate that was whole, unhidden and at least 40 px wide in a frame, and what became of them. */
  vehicles: number; missed: number; doubled: number;
  /** Passes of them, and those that no vehicle stands behind. */
  passes: number; phantom: number;
  /** Of the passes with reads of such vehicles: right by the vote, by the best single frame, by the first sure read. */
  read: number; voteRight: number; bestRight: number; firstRight: number;
  /** Of those that moved: told rightly, the opposite, nothing. */
  moved: number; directionRight: number; directionWrong: number;
  /** Vehicles without a plate or with one that nobody can read, those with a pass, and passes of them beyond one. */
  plateless: number; platelessFound: number; platelessDoubled: number;
  /** Milliseconds of video from a plate's first being wide enough to the provisional pass, a vehicle each. */
  provisionalMs: number[];
  provisionals: number;
}

export const NOTHING: Counts = {
  vehicles: 0, missed: 0, doubled: 0, passes: 0, phantom: 0, read: 0, voteRight: 0, bestRight: 0, firstRight: 0, moved: 0, directionRight: 0, directionWrong: 0, plateless: 0, platelessFound: 0, platelessDoubled: 0,
  provisionalMs: [], provisionals: 0,
};

export function sumOf(all: readonly Counts[]): Counts {
  return all.reduce((sum, one) => Object.fromEntries(Object.entries(sum).map(([name, value]) => {
    const more = one[name as keyof Counts];
    return [name, Array.isArray(value) ? [...value, ...(more as number[])] : (value as number) + (more as number)];
  })) as unknown as Counts, NOTHING);
}

/** One vehicle of the truth and the passes that are its own. */
export interface Outcome { readonly truth: VehicleTruth; readonly passes: readonly Told[] }

export interface Measured { readonly counts: Counts; readonly outcomes: readonly Outcome[]; readonly phantoms: readonly Told[] }

/**
 * Compares what was told of a scene with what was there. A pass with reads belongs to the vehicle on whose plate most of them lie; one
 * without to a vehicle in view at its frame of which nothing could be read, else to one of which nothing was told, else to the largest. Where a read lies on no
 * plate (the name of a bus), or the road was empty, the pass is a phantom.
 */
export function measureScene(scene: Scene, followed: Followed): Measured {
  const truths = truthOfScene(scene), own = new Map<number, Told[]>(truths.map((t) => [t.vehicle, []])), phantoms: Told[] = [], inFrame = memory((i) => scene.truth(i));
  const [withReads, without] = split(followed.passes, (p) => p.track.plateless === null);
  const owners = (told: Told): number | null => ownerOf(told.track, followed.indexOf, inFrame);
  for (const told of withReads) (own.get(owners(told) ?? -1) ?? phantoms).push(told);
  for (const told of without) (platelessOwner(told, truths, own, followed.indexOf, inFrame) ?? phantoms).push(told);
  const outcomes = truths.map((truth) => ({ truth, passes: own.get(truth.vehicle) ?? [] }));
  const counts = sumOf([...outcomes.map(countOutcome), { ...NOTHING, phantom: phantoms.length, passes: phantoms.length }, provisionalCounts(scene, followed, truths, owners)]);
  return { counts, outcomes, phantoms };
}

function split<T>(all: readonly T[], is: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(is), all.filter((one) => !is(one))];
}

function memory<T>(make: (i: number) => T): (i: number) => T {
  const kept = new Map<number, T>();
  return (i) => {
    const made = kept.get(i) ?? make(i);
    kept.set(i, made);
    return made;
  };
}

/** A read lies on a plate when the boxes share this much of their union, or the plate holds its middle. */
const SAME_PLACE = 0.2;

/** The vehicle on whose plate most of a track's reads lie; null: most lie on none. */
function ownerOf(track: Track, indexOf: ReadonlyMap<number, number>, inFrame: (i: number) => FrameTruth): number | null {
  const votes = new Map<number | null, number>();
  for (const { frame, read } of track.observations) {
    const truth = inFrame(indexOf.get(frame.capturedAt) ?? 0), on = truth.vehicles.filter((v) => v.plate !== null && lies(read.box, v.plate.box)).toSorted((a, b) => (b.plate?.widthPx ?? 0) - (a.plate?.widthPx ?? 0))[0];
    votes.set(on?.vehicle ?? null, (votes.get(on?.vehicle ?? null) ?? 0) + 1);
  }
  return [...votes].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function lies(read: PlateBox, plate: PlateBox): boolean {
  const x = read.x + read.width / 2, y = read.y + read.height / 2;
  return overlap(read, plate) >= SAME_PLACE || (x >= plate.x && x <= plate.x + plate.width && y >= plate.y && y <= plate.y + plate.height);
}

/** One of which nothing was told yet, first of all one without a readable plate; else the largest in view, which is then doubled. Null: the road was empty. */
function platelessOwner({ track }: Told, truths: readonly VehicleTruth[], own: ReadonlyMap<number, Told[]>, indexOf: ReadonlyMap<number, number>, inFrame: (i: number) => FrameTruth): Told[] | null {
  const frame = track.plateless === null ? undefined : indexOf.get(track.plateless.frame.capturedAt), boxes = new Map(inFrame(frame ?? 0).vehicles.map((v) => [v.vehicle, v.box.width * v.box.height]));
  const there = frame === undefined ? [] : truths.filter((t) => boxes.has(t.vehicle)).toSorted((a, b) => (boxes.get(b.vehicle) ?? 0) - (boxes.get(a.vehicle) ?? 0));
  const of = (t: VehicleTruth): Told[] => own.get(t.vehicle) ?? [], untold = there.filter((t) => of(t).length === 0), chosen = untold.find((t) => t.plate !== 'readable') ?? untold[0] ?? there[0];
  return chosen === undefined ? null : of(chosen);
}

function countOutcome({ truth, passes }: Outcome): Counts {
  if (truth.plate !== 'readable') return { ...NOTHING, plateless: 1, platelessFound: Math.min(1, passes.length), platelessDoubled: Math.max(0, passes.length - 1) };
  if (truth.seenFrom === null) return NOTHING;
  const counts: Counts = { ...NOTHING, vehicles: 1, missed: passes.length === 0 ? 1 : 0, doubled: Math.max(0, passes.length - 1), passes: passes.length };
  for (const { pass, track } of passes.filter((p) => p.track.plateless === null)) {
    counts.read++;
    if (isRight(pass.mark, truth)) counts.voteRight++;
    if (isRight(markIn(bestRead(track)), truth)) counts.bestRight++;
    if (isRight(markIn(track.first ?? track.observations[0]), truth)) counts.firstRight++;
    if (truth.movement === 'unknown') continue;
    counts.moved++;
    if (pass.movement === truth.movement) counts.directionRight++;
    else if (pass.movement !== undefined && pass.movement !== 'unknown') counts.directionWrong++;
  }
  return counts;
}

/** Letters, year, number and suffix, as they are on the plate. */
function isRight(mark: Mark | null, { mark: true_ }: VehicleTruth): boolean {
  return mark !== null && writeMark(mark) === true_;
}

function markIn(observation: Observation | undefined): Mark | null {
  const parse: PlateParse | undefined = observation?.read.parse;
  return parse === undefined ? null : markOf(parse);
}

/** What a program without a vote shows: the read of the strongest frame. */
function bestRead({ observations }: Track): Observation | undefined {
  return observations.reduce<Observation | undefined>((best, o) => (best === undefined || strength(o.read) > strength(best.read) ? o : best), undefined);
}

function provisionalCounts({ conditions }: Scene, { provisional, indexOf }: Followed, truths: readonly VehicleTruth[], owner: (told: Told) => number | null): Counts {
  const seen = new Map(truths.filter((t) => t.plate === 'readable' && t.seenFrom !== null).map((t) => [t.vehicle, t.seenFrom as number])), times = new Map<number, number>();
  for (const told of provisional) {
    const vehicle = owner(told), from = seen.get(vehicle ?? -1), index = indexOf.get(told.at);
    if (vehicle !== null && from !== undefined && index !== undefined && !times.has(vehicle)) times.set(vehicle, ((index - from) * 1000) / conditions.fps);
  }
  return { ...NOTHING, provisionals: times.size, provisionalMs: [...times.values()] };
}
