import { assign } from './assignment.ts';
import { areaOf, around, centreOf, grown, holds, inside, overlap } from './box.ts';
import type { SeenFrame, Track } from './observation.ts';
import type { PlateBox } from './pass.ts';
import type { Place } from './plate-motion.ts';

/** What takes the movement in a picture for a vehicle; shares are of the picture. */
export interface BlobOptions {
  /** A vehicle covers at least this share of the picture when it is largest. Default 0.03. */
  readonly leastShare?: number;
  /** It goes at least this share of the shorter side of the picture. Default 0.25. */
  readonly leastWay?: number;
}

/** A movement that covers more is the light, rain or the camera itself. */
const MOST_SHARE = 0.7;
/** So long after that, what begins to move is what the light or a lorry before the lens left behind, until what is still is known again; milliseconds. */
const DISTURBED_MS = 3000;
/** Smaller ones are leaves and noise. */
const LEAST_SEEN = 0.002;
/** Movements followed at one time: the largest. */
const MOST_BLOBS = 8;
/** Boxes of one vehicle (bonnet and roof) lie this near to each other, as a share of their size. */
const TOUCHING = 0.08;
const LEAST_FRAMES = 3;
/** Way from first to last place over the whole way: a tree goes to and fro. */
const STRAIGHT = 0.6;
/** Of few places that lie in a line this is needed, because three by chance often nearly do. */
const FEW_STRAIGHT = 0.85, FEW = 5;
/** Narrower than this for its height it is a person; a motorcycle with its rider is 0.55 wide from before. */
const NARROWEST = 0.5;
/** A vehicle without movement for so long has stopped or gone; milliseconds. */
const LOST_MS = 1500;
/** A plate belongs to a movement that was there within this time; milliseconds. */
const SAME_TIME_MS = 400;
const ROUND_ABOUT = 0.2;
/** A vehicle reaches so far beside and above its plate, in widths of the plate: 2 m wide, and what stands low, with a plate of 0.5 m. */
const ASIDE = 1.5, ABOVE = 4;
/** Less than this share of the picture from its edge a vehicle is cut off, and leaves the view when it is seen no more. */
const EDGE = 0.01;
const MOST_PLACES = 32;
const LEAST_WORTH = 0.08;

/** What may be one vehicle: a movement, and those that came of it when it stopped, was hidden or fell in two. It is one pass, or a plate's. */
interface Mover {
  joined: Mover | null;
  claimed: boolean;
  reported: boolean;
  best: { readonly frame: SeenFrame; readonly order: number; readonly area: number; readonly cut: boolean } | null;
  firstAt: number;
  /** When the movement that makes it a vehicle was over; null: none was yet. */
  endedAt: number | null;
  /** Where it came to rest. */
  rests: PlateBox | null;
  lastAt: number;
}

interface Blob {
  readonly mover: Mover;
  readonly picture: PlateBox;
  places: Place[];
  count: number;
  largest: PlateBox;
}

/** Follows what moves before a continuous camera, and gives the vehicles in which no plate was found. */
export class BlobTracks {
  readonly #leastShare: number;
  readonly #leastWay: number;
  readonly #passGapMs: number;
  readonly #parkedGapMs: number;
  #blobs: Blob[] = [];
  #movers: Mover[] = [];
  #plates: Place[] = [];
  #at = Number.NEGATIVE_INFINITY;
  #disturbedAt = Number.NEGATIVE_INFINITY;

  constructor(options: BlobOptions, passGapMs: number, parkedGapMs: number) {
    this.#leastShare = options.leastShare ?? 0.03;
    this.#leastWay = options.leastWay ?? 0.25;
    this.#passGapMs = passGapMs;
    this.#parkedGapMs = parkedGapMs;
  }

  /** Takes in where something moved. `order`: the first place in the frame that no plate has. */
  take(frame: SeenFrame, order: number): void {
    if (frame.moving === undefined || frame.capturedAt < this.#at) return;
    this.#at = frame.capturedAt;
    const area = areaOf(pictureOf(frame)), boxes = joinedBoxes(frame.moving.filter((b) => areaOf(b) > 0)).filter((b) => areaOf(b) >= LEAST_SEEN * area).toSorted((a, b) => areaOf(b) - areaOf(a) || a.x - b.x).slice(0, MOST_BLOBS);
    if (boxes.every((b) => areaOf(b) <= MOST_SHARE * area)) this.#follow(frame, boxes, order);
    else this.#disturbedAt = frame.capturedAt;
    this.#claim(frame);
  }

  /** The vehicles without a plate that have gone, or have come to rest, by then. */
  closeBefore(time: number): Track[] {
    for (const blob of this.#blobs) if (lastOf(blob).at + LOST_MS < time) this.#end(blob);
    this.#blobs = this.#blobs.filter((blob) => lastOf(blob).at + LOST_MS >= time);
    const given: Track[] = [];
    for (const mover of this.#movers) {
      if (mover.endedAt === null || mover.endedAt + this.#passGapMs >= time || mover.claimed || mover.reported || mover.best === null) continue;
      mover.reported = true;
      const { frame, order } = mover.best;
      given.push({ observations: [], plateless: { frame, order }, firstAt: mover.firstAt, lastAt: mover.lastAt });
    }
    this.#movers = this.#movers.filter((m) => m.joined === null && (this.#blobs.some((b) => moverOf(b) === m) || m.lastAt + (m.rests === null ? this.#passGapMs : this.#parkedGapMs) >= time));
    return given;
  }

  /** Frames that may become the picture of a vehicle. */
  frames(): readonly SeenFrame[] {
    return this.#movers.flatMap((m) => (m.best === null || m.claimed || m.reported ? [] : [m.best.frame]));
  }

  #follow(frame: SeenFrame, boxes: readonly PlateBox[], order: number): void {
    const at = frame.capturedAt, pairs = assign(boxes.map((box) => this.#blobs.map((blob) => worth(expected(blob, at), lastOf(blob).box, box))));
    const followed = new Set(pairs.map((i) => (i === null ? null : this.#blobs[i])));
    boxes.forEach((box, i) => {
      const index = pairs[i] ?? null, known = index === null ? undefined : this.#blobs[index], blob = known ?? this.#begin(frame, box);
      if (known !== undefined) grow(known, { at, box });
      // A movement that another one has run into is not told from it any more.
      for (const other of this.#blobs) if (other !== blob && !followed.has(other) && inside(expected(other, at), box) >= 0.6) join(moverOf(blob), moverOf(other));
      this.#note(moverOf(blob), frame, box, order + frame.reads.length + i);
    });
  }

  #begin(frame: SeenFrame, box: PlateBox): Blob {
    const at = frame.capturedAt;
    const near = (other: PlateBox): boolean => inside(other, box) >= 0.3 || overlap(other, box) >= 0.15;
    const origins = [...this.#blobs.filter((b) => near(lastOf(b).box)).map(moverOf), ...this.#movers.filter((m) => m.rests !== null && near(m.rests))];
    const mover = origins[0] ?? { joined: null, claimed: at - this.#disturbedAt < DISTURBED_MS, reported: false, best: null, firstAt: at, endedAt: null, rests: null, lastAt: at };
    for (const other of origins.slice(1)) join(mover, other);
    if (origins.length === 0) this.#movers.push(mover);
    const blob: Blob = { mover, picture: pictureOf(frame), places: [{ at, box }], count: 1, largest: box };
    this.#blobs.push(blob);
    return blob;
  }

  /** Keeps the frame that shows the vehicle largest, whole if any does. */
  #note(mover: Mover, frame: SeenFrame, box: PlateBox, order: number): void {
    const picture = pictureOf(frame), area = areaOf(box), cut = atEdge(box, picture);
    mover.lastAt = Math.max(mover.lastAt, frame.capturedAt);
    if (mover.reported || mover.claimed || area < (this.#leastShare / 2) * areaOf(picture)) return;
    if (mover.best === null || (mover.best.cut === cut ? area > mover.best.area : mover.best.cut)) mover.best = { frame, order, area, cut };
  }

  /** A movement in which a plate was found, at about the same time and place, is that plate's vehicle. */
  #claim(frame: SeenFrame): void {
    const at = frame.capturedAt;
    this.#plates = [...this.#plates.filter((p) => p.at >= at - SAME_TIME_MS), ...frame.reads.map(({ box }) => ({ at, box }))];
    for (const blob of this.#blobs) {
      // Of a movement that is over the vehicle may go on, and show its plate only now.
      const mover = moverOf(blob), ended = lastOf(blob).at < at ? [{ at, box: expected(blob, at) }] : [], recent = [...blob.places.filter((p) => p.at >= at - SAME_TIME_MS), ...ended];
      mover.claimed ||= recent.some((place) => this.#plates.some((plate) => holds(grown(place.box, ROUND_ABOUT), centreOf(plate.box)) || holds(vehicleOf(plate.box), centreOf(place.box))));
    }
    for (const mover of this.#movers) if (mover.rests !== null) mover.claimed ||= frame.reads.some(({ box }) => holds(mover.rests as PlateBox, centreOf(box)));
    for (const mover of this.#movers) if (mover.claimed) mover.best = null;
  }

  #end(blob: Blob): void {
    const mover = moverOf(blob), last = lastOf(blob), { picture } = blob, large = areaOf(last.box) >= (this.#leastShare / 2) * areaOf(picture);
    mover.rests = large && !atEdge(last.box, picture) ? last.box : null;
    if (this.#isVehicle(blob)) mover.endedAt ??= last.at;
    // What was no vehicle till it stopped needs no picture of that; what it may yet become will have its own.
    if (mover.endedAt === null && !this.#blobs.some((b) => b !== blob && moverOf(b) === mover)) mover.best = null;
  }

  #isVehicle({ places, count, largest, picture }: Blob): boolean {
    const share = areaOf(largest) / areaOf(picture);
    if (count < LEAST_FRAMES || share < this.#leastShare || largest.width < NARROWEST * largest.height) return false;
    const steps = places.slice(1).map((p, i) => distance(p.box, (places[i] as Place).box)), net = distance((places[0] as Place).box, (places.at(-1) as Place).box);
    return net >= this.#leastWay * Math.min(picture.width, picture.height) && net >= (places.length < FEW ? FEW_STRAIGHT : STRAIGHT) * steps.reduce((sum, s) => sum + s, 0);
  }
}

/** Where the body of a vehicle is that carries this plate low before or behind: of its movement a part may be seen that is apart from the plate. */
function vehicleOf({ x, y, width, height }: PlateBox): PlateBox {
  return { x: x - ASIDE * width, y: y - ABOVE * width, width: (1 + 2 * ASIDE) * width, height: ABOVE * width + height };
}

function moverOf(blob: Blob): Mover {
  let mover = blob.mover;
  while (mover.joined !== null) mover = mover.joined;
  return mover;
}

/** From now on both are one: a plate's if either is, given out if either was. */
function join(into: Mover, other: Mover): void {
  if (into === other) return;
  other.joined = into;
  into.claimed ||= other.claimed;
  into.reported ||= other.reported;
  into.firstAt = Math.min(into.firstAt, other.firstAt);
  into.lastAt = Math.max(into.lastAt, other.lastAt);
  into.endedAt ??= other.endedAt;
  into.rests ??= other.rests;
  if (other.best !== null && (into.best === null || (into.best.cut === other.best.cut ? other.best.area > into.best.area : into.best.cut))) into.best = other.best;
}

function grow(blob: Blob, place: Place): void {
  blob.count += 1;
  if (areaOf(place.box) > areaOf(blob.largest)) blob.largest = place.box;
  blob.places.push(place);
  // Of a long way every other place will do, and the latest ones.
  if (blob.places.length > MOST_PLACES) blob.places = [...blob.places.slice(0, -4).filter((_, i) => i % 2 === 0), ...blob.places.slice(-4)];
}

/** Where a movement would be now, going on as between its last two places. */
function expected({ places }: Blob, at: number): PlateBox {
  const last = places.at(-1) as Place, before = places.at(-2);
  if (before === undefined || last.at === before.at) return last.box;
  const share = Math.min(4, (at - last.at) / (last.at - before.at)), a = centreOf(before.box), b = centreOf(last.box);
  return { ...last.box, x: last.box.x + (b.x - a.x) * share, y: last.box.y + (b.y - a.y) * share };
}

/** How well a box continues a movement: by overlap with where it would be, or was. */
function worth(expectation: PlateBox, before: PlateBox, box: PlateBox): number | null {
  const fit = Math.max(overlap(expectation, box), 0.8 * overlap(before, box), 0.3 * inside(expectation, box));
  const size = Math.sqrt(Math.max(areaOf(box), areaOf(expectation))), near = 0.4 * (1 - distance(expectation, box) / Math.max(1, size));
  return Math.max(fit, near) >= LEAST_WORTH ? Math.max(fit, near) : null;
}

/** Boxes that touch are parts of one thing. */
function joinedBoxes(boxes: readonly PlateBox[]): PlateBox[] {
  const groups: PlateBox[] = [];
  for (let box of boxes) {
    for (let i = groups.findIndex((g) => overlap(grown(g, TOUCHING), grown(box, TOUCHING)) > 0); i >= 0; i = groups.findIndex((g) => overlap(grown(g, TOUCHING), grown(box, TOUCHING)) > 0))
      box = around([box, ...groups.splice(i, 1)]);
    groups.push(box);
  }
  return groups;
}

function distance(a: PlateBox, b: PlateBox): number {
  const p = centreOf(a), q = centreOf(b);
  return Math.hypot(p.x - q.x, p.y - q.y);
}

function lastOf(blob: Blob): Place {
  return blob.places.at(-1) as Place;
}

function pictureOf({ evidence: { width, height } }: SeenFrame): PlateBox {
  return { x: 0, y: 0, width, height };
}

function atEdge(box: PlateBox, picture: PlateBox): boolean {
  const x = EDGE * picture.width, y = EDGE * picture.height;
  return box.x <= x || box.y <= y || box.x + box.width >= picture.width - x || box.y + box.height >= picture.height - y;
}
