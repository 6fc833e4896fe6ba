import { assign } from './assignment.ts';
import { areSideBySide, atEdge, BESIDE, distance, expected, grow, isApart, isMidView, joinedBoxes, lastOf, touch, worth, type Blob } from './blob.ts';
import { areaOf, centreOf, grown, holds, inside, overlap } from './box.ts';
import { isPlates, isSurelyPlates, join, keepBest, newMover, sawPlate, whole, type Mover, type SeenPlate } from './mover.ts';
import type { SeenFrame, Track } from './observation.ts';
import type { PlateBox } from './pass.ts';
import type { Place } from './plate-motion.ts';
import { PlateTrails } from './plate-trails.ts';

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
/** A movement seen so often is followed on where others run into it. */
const LEAST_FRAMES = 3;
/** A vehicle is seen in more frames; parts of one that fall apart and join again are not. */
const OF_VEHICLE = 8;
/** One that did not come into view from its edge or afar needs more: parts of vehicles do that. */
const FROM_MID = 12;
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
/** A vehicle reaches so far beside, above and below its plate, in widths of the plate of 0.5 m: 3 m wide with the glow of its lamps, and what stands low. */
const ASIDE = 2.5, ABOVE = 4, BELOW = 0.5;
/** What goes along with a plate over this share of its way is a part of that plate's vehicle. */
const ALONG_PLATE = 0.3;
/** A movement within a larger one goes on unseen for so long; milliseconds. */
const HIDDEN_MS = 2000;
/** A movement lies within another with this share of it; where several do that are no mere parts, the box is this much larger than any and nobody's own. */
const WITHIN = 0.6, LARGER = 1.3, PART = 0.2;

/** Follows what moves before a continuous camera, and gives the vehicles in which no plate was found. */
export class BlobTracks {
  readonly #leastShare: number;
  readonly #leastWay: number;
  readonly #passGapMs: number;
  readonly #parkedGapMs: number;
  #blobs: Blob[] = [];
  #movers: Mover[] = [];
  readonly #trails = new PlateTrails();
  #plates: (SeenPlate & { readonly at: number })[] = [];
  #at = Number.NEGATIVE_INFINITY;
  #disturbedAt = Number.NEGATIVE_INFINITY;

  constructor(options: BlobOptions, passGapMs: number, parkedGapMs: number) {
    this.#leastShare = options.leastShare ?? 0.03;
    this.#leastWay = options.leastWay ?? 0.25;
    this.#passGapMs = passGapMs;
    this.#parkedGapMs = parkedGapMs;
  }

  /** Takes in where something moved. `order`: the first place in the frame that no plate has. `plates`: those of the frame, told apart by their tracks. */
  take(frame: SeenFrame, order: number, plates: readonly SeenPlate[]): void {
    if (frame.moving === undefined || frame.capturedAt < this.#at) return;
    this.#at = frame.capturedAt;
    const area = areaOf(pictureOf(frame)), boxes = joinedBoxes(frame.moving.filter((b) => areaOf(b) > 0)).filter((b) => areaOf(b) >= LEAST_SEEN * area).toSorted((a, b) => areaOf(b) - areaOf(a) || a.x - b.x).slice(0, MOST_BLOBS);
    if (boxes.every((b) => areaOf(b) <= MOST_SHARE * area)) this.#follow(frame, boxes, order);
    else this.#disturbedAt = frame.capturedAt;
    this.#notePlates(frame.capturedAt, plates);
  }

  /** The vehicles without a plate that have gone, or have come to rest, by then. */
  closeBefore(time: number): Track[] {
    for (const blob of this.#blobs) if (blob.seenAt + LOST_MS < time) this.#end(blob);
    this.#blobs = this.#blobs.filter((blob) => blob.seenAt + LOST_MS >= time);
    const given: Track[] = [];
    for (const mover of this.#movers) {
      if (mover.joined !== null || mover.endedAt === null || mover.endedAt + this.#passGapMs >= time || mover.reported || mover.best === null || this.#goesOn(mover) || isPlates(mover, this.#movers) || this.#trails.share(mover.way, isOf) >= ALONG_PLATE) continue;
      mover.reported = true;
      const { frame, order } = mover.best;
      given.push({ observations: [], plateless: { frame, order }, firstAt: mover.firstAt, lastAt: mover.lastAt });
    }
    this.#movers = this.#movers.filter((m) => m.joined === null && (this.#goesOn(m) || this.#blobs.some((b) => whole(b.mover) === m) || m.lastAt + (m.rests === null ? this.#passGapMs : this.#parkedGapMs) >= time));
    return given;
  }

  /** Frames that may become the picture of a vehicle. */
  frames(): readonly SeenFrame[] {
    return this.#movers.flatMap((m) => (m.best === null || m.joined !== null || m.claimed || m.reported ? [] : [m.best.frame]));
  }

  /** Whether a movement that began beside it may yet prove to be the same vehicle, and show its plate. */
  #goesOn(mover: Mover): boolean {
    return this.#blobs.some((b) => b.from !== null && whole(b.from.mover) === mover);
  }

  #follow(frame: SeenFrame, boxes: readonly PlateBox[], order: number): void {
    const at = frame.capturedAt, places = this.#blobs.map((blob) => expected(blob, at, blob.seenAt > lastOf(blob).at ? HIDDEN_MS : LOST_MS)), known = [...this.#blobs];
    const within = boxes.map((box) => known.filter((blob, i) => inside(places[i] as PlateBox, box) >= WITHIN && areaOf(places[i] as PlateBox) < areaOf(box) * 1.5 && at - lastOf(blob).at <= HIDDEN_MS));
    const shared = boxes.map((box, i) => this.#isShared(box, (within[i] as Blob[]).map((b) => places[known.indexOf(b)] as PlateBox), within[i] as Blob[]));
    const pairs = assign(boxes.map((box, i) => known.map((blob, k) => (shared[i] ? null : worth(places[k] as PlateBox, lastOf(blob).box, box)))));
    boxes.forEach((box, i) => {
      for (const blob of within[i] as Blob[]) blob.seenAt = at;
      if (shared[i]) return;
      const blob = known[pairs[i] ?? -1];
      if (blob !== undefined) grow(blob, { at, box });
      this.#note((blob ?? this.#begin(frame, box)).mover, frame, box, order + frame.reads.length + i);
    });
  }

  /** Whether several movements have run into one box, in which none of them can be told from the others. */
  #isShared(box: PlateBox, places: readonly PlateBox[], blobs: readonly Blob[]): boolean {
    const most = Math.max(0, ...places.map(areaOf)), entire = blobs.filter((b, i) => b.count >= LEAST_FRAMES && areaOf(places[i] as PlateBox) >= PART * most);
    return entire.length > 1 && areaOf(box) > LARGER * most;
  }

  #begin(frame: SeenFrame, box: PlateBox): Blob {
    const at = frame.capturedAt;
    const near = (other: PlateBox): boolean => inside(other, box) >= 0.3 || overlap(other, box) >= 0.15;
    const isMid = isMidView(box, pictureOf(frame));
    const resting = this.#movers.filter((m) => m.joined === null && m.rests !== null && near(m.rests)), from = this.#blobs.find((b) => near(lastOf(b).box) || (isMid && touch(lastOf(b).box, box, BESIDE))) ?? null;
    const mover = resting[0] ?? newMover(at, at - this.#disturbedAt < DISTURBED_MS);
    for (const other of resting.slice(1)) join(mover, other);
    if (resting.length === 0) this.#movers.push(mover);
    const blob: Blob = { mover, picture: pictureOf(frame), from, places: [{ at, box }], count: 1, largest: box, seenAt: at };
    this.#blobs.push(blob);
    return blob;
  }

  #note(part: Mover, frame: SeenFrame, box: PlateBox, order: number): void {
    const mover = whole(part), picture = pictureOf(frame), area = areaOf(box);
    mover.lastAt = Math.max(mover.lastAt, frame.capturedAt);
    if (mover.reported || isSurelyPlates(mover) || area < (this.#leastShare / 2) * areaOf(picture)) return;
    keepBest(mover, { frame, order, area, cut: atEdge(box, picture) });
  }

  /** Notes in which movements the plates were, at about the same time. */
  #notePlates(at: number, plates: readonly SeenPlate[]): void {
    this.#trails.take(at, plates);
    this.#plates = [...this.#plates.filter((p) => p.at >= at - SAME_TIME_MS), ...plates.map((p) => ({ ...p, at }))];
    for (const blob of this.#blobs) {
      const begins = (blob.places[0] as Place).at === at, place = expected(blob, at, HIDDEN_MS);
      for (const { track, box } of begins ? this.#plates : plates) sawPlate(whole(blob.mover), track, isOf(box, place));
    }
    for (const mover of this.#movers) {
      if (mover.rests !== null) mover.claimed ||= plates.some(({ box }) => holds(mover.rests as PlateBox, centreOf(box)));
      if (isSurelyPlates(mover)) mover.best = null;
    }
  }

  #end(blob: Blob): void {
    const { from } = blob;
    if (from !== null && !(this.#isVehicle(blob) && isApart(blob, from))) join(whole(from.mover), whole(blob.mover));
    const mover = whole(blob.mover), last = lastOf(blob), { picture } = blob, large = areaOf(last.box) >= (this.#leastShare / 2) * areaOf(picture);
    mover.rests = large && !atEdge(last.box, picture) ? last.box : null;
    if (this.#isVehicle(blob)) {
      mover.endedAt ??= last.at;
      mover.way = [...mover.way, ...blob.places];
      // Neither has a plate: two lamps of one vehicle rather than two vehicles without.
      if (!isPlates(mover, this.#movers)) for (const other of this.#movers) if (other !== mover && other.joined === null && !isPlates(other, this.#movers) && areSideBySide(other.way, blob.places)) join(other, whole(mover));
    }
    // What was no vehicle till it stopped needs no picture of that; what it may yet become will have its own.
    if (mover.endedAt === null && !this.#blobs.some((b) => b !== blob && whole(b.mover) === mover)) mover.best = null;
  }

  #isVehicle({ places, count, largest, picture }: Blob): boolean {
    if (count < FROM_MID && isMidView((places[0] as Place).box, picture)) return false;
    const share = areaOf(largest) / areaOf(picture);
    if (count < OF_VEHICLE || share < this.#leastShare || largest.width < NARROWEST * largest.height) return false;
    const steps = places.slice(1).map((p, i) => distance(p.box, (places[i] as Place).box)), net = distance((places[0] as Place).box, (places.at(-1) as Place).box);
    return net >= this.#leastWay * Math.min(picture.width, picture.height) && net >= (places.length < FEW ? FEW_STRAIGHT : STRAIGHT) * steps.reduce((sum, s) => sum + s, 0);
  }
}

/** Whether a plate lies in what moved, or on the vehicle of which that is a part. */
function isOf(plate: PlateBox, place: PlateBox): boolean {
  return holds(grown(place, ROUND_ABOUT), centreOf(plate)) || holds(vehicleOf(plate), centreOf(place));
}

/** Where the body of a vehicle is that carries this plate low before or behind: of its movement a part may be seen that is apart from the plate. */
function vehicleOf({ x, y, width, height }: PlateBox): PlateBox {
  return { x: x - ASIDE * width, y: y - ABOVE * width, width: (1 + 2 * ASIDE) * width, height: (ABOVE + BELOW) * width + height };
}

function pictureOf({ evidence: { width, height } }: SeenFrame): PlateBox {
  return { x: 0, y: 0, width, height };
}
