import { areaOf, around, centreOf, grown, inside, overlap } from './box.ts';
import type { Mover } from './mover.ts';
import type { PlateBox } from './pass.ts';
import type { Place } from './plate-motion.ts';

/** One movement followed over frames: of a vehicle, or of a part of one. */
export interface Blob {
  readonly mover: Mover;
  readonly picture: PlateBox;
  /** The movement it began beside; whether both are one vehicle shows when it is over. */
  readonly from: Blob | null;
  /** Where it was seen alone, by time. */
  places: Place[];
  count: number;
  largest: PlateBox;
  /** When it was last seen, alone or within a larger movement. */
  seenAt: number;
}

const MOST_PLACES = 32;
const LEAST_WORTH = 0.08;
/** Boxes of one vehicle (bonnet and roof) lie this near to each other, as a share of their size. */
const TOUCHING = 0.08;
/** Places that the velocity is taken from: of two the edges of the boxes are too rough. */
const VELOCITY_OVER = 4;
/** Less than this share of the picture from its edge a vehicle is cut off, and leaves the view when it is seen no more. */
const EDGE = 0.01;
/** Two movements go the same way when their directions are within 60 degrees. */
const SAME_WAY = 0.5;
/** In more than this share of the time that both were seen, parts of one vehicle touch. */
const TOGETHER = 0.5;
/** One that begins in the midst of the view, not small, is likely a part of the vehicle beside it: so near, as a share of the sizes. */
export const BESIDE = 1;
/** A movement that begins so far behind another, in sizes of that, is not of its vehicle. */
const BEHIND = 0.7;
/** Lamps of one vehicle are beside each other in this share of the time, and go within 37 degrees of the same way. */
const MOSTLY = 0.6, ALIKE = 0.8;
/** What begins smaller than this share of the picture is far away. */
const SMALL = 0.0025;

export function lastOf(blob: Blob): Place {
  return blob.places.at(-1) as Place;
}

export function grow(blob: Blob, place: Place): void {
  blob.count += 1;
  blob.seenAt = place.at;
  if (areaOf(place.box) > areaOf(blob.largest)) blob.largest = place.box;
  blob.places.push(place);
  // Of a long way every other place will do, and the latest ones.
  if (blob.places.length > MOST_PLACES) blob.places = [...blob.places.slice(0, -VELOCITY_OVER).filter((_, i) => i % 2 === 0), ...blob.places.slice(-VELOCITY_OVER)];
}

/** Where a movement would be now, going on as over its last places for at most `longestMs`. */
export function expected({ places }: Blob, at: number, longestMs: number): PlateBox {
  const last = places.at(-1) as Place, before = places[Math.max(0, places.length - VELOCITY_OVER)] as Place;
  if (last.at === before.at) return last.box;
  const share = Math.min(longestMs, at - last.at) / (last.at - before.at), a = centreOf(before.box), b = centreOf(last.box);
  return { ...last.box, x: last.box.x + (b.x - a.x) * share, y: last.box.y + (b.y - a.y) * share };
}

/** How well a box continues a movement: by overlap with where it would be, or was. */
export function worth(expectation: PlateBox, before: PlateBox, box: PlateBox): number | null {
  const fit = Math.max(overlap(expectation, box), 0.8 * overlap(before, box), 0.3 * inside(expectation, box));
  const size = Math.sqrt(Math.max(areaOf(box), areaOf(expectation))), near = 0.4 * (1 - distance(expectation, box) / Math.max(1, size));
  return Math.max(fit, near) >= LEAST_WORTH ? Math.max(fit, near) : null;
}

/** Boxes that touch are parts of one thing. */
export function joinedBoxes(boxes: readonly PlateBox[]): PlateBox[] {
  const groups: PlateBox[] = [];
  for (let box of boxes) {
    for (let i = groups.findIndex((g) => touch(g, box)); i >= 0; i = groups.findIndex((g) => touch(g, box))) box = around([box, ...groups.splice(i, 1)]);
    groups.push(box);
  }
  return groups;
}

export function touch(a: PlateBox, b: PlateBox, within = TOUCHING): boolean {
  return overlap(grown(a, within), grown(b, within)) > 0;
}

/**
 * Whether a movement that began beside another is not of the same vehicle: it goes another way, or was seen apart from it for most of the time that both
 * were there.
 */
export function isApart(blob: Blob, from: Blob): boolean {
  const a = wayOf(blob), b = wayOf(from), lengths = Math.hypot(a.x, a.y) * Math.hypot(b.x, b.y);
  if (lengths > 0 && (a.x * b.x + a.y * b.y) / lengths < SAME_WAY) return true;
  if (isBehind(blob, from)) return true;
  const close = isMidView((blob.places[0] as Place).box, blob.picture) ? BESIDE : TOUCHING;
  const both = blob.places.flatMap((place) => from.places.filter((p) => p.at === place.at).map((p) => touch(place.box, p.box, close)));
  return both.length > 2 && both.filter(Boolean).length < TOGETHER * both.length;
}

/** It began where the other had long gone by. */
function isBehind({ places: [first] }: Blob, from: Blob): boolean {
  const way = wayOf(from), length = Math.hypot(way.x, way.y), a = centreOf(expected(from, (first as Place).at, 500)), b = centreOf((first as Place).box);
  return length > 0 && ((b.x - a.x) * way.x + (b.y - a.y) * way.y) / length < -BEHIND * Math.sqrt(areaOf(lastOf(from).box));
}

/** Whether two movements went side by side, so near and so alike that they are one vehicle's lamps or wheels. */
export function areSideBySide(a: readonly Place[], b: readonly Place[]): boolean {
  const both = a.flatMap((place) => b.filter((p) => p.at === place.at).map((p) => [place, p] as const));
  if (both.length < 3 || both.filter(([p, q]) => touch(p.box, q.box, BESIDE)).length < MOSTLY * both.length) return false;
  const v = wayOf({ places: both.map(([p]) => p) }), w = wayOf({ places: both.map(([, q]) => q) });
  return (v.x * w.x + v.y * w.y) >= ALIKE * Math.hypot(v.x, v.y) * Math.hypot(w.x, w.y);
}

/** Vehicles come into view at its edge or far away. */
export function isMidView(box: PlateBox, picture: PlateBox): boolean {
  return !atEdge(box, picture) && areaOf(box) > SMALL * areaOf(picture);
}

function wayOf({ places }: { readonly places: readonly Place[] }): { readonly x: number; readonly y: number } {
  const a = centreOf((places[0] as Place).box), b = centreOf((places.at(-1) as Place).box);
  return { x: b.x - a.x, y: b.y - a.y };
}

export function distance(a: PlateBox, b: PlateBox): number {
  const p = centreOf(a), q = centreOf(b);
  return Math.hypot(p.x - q.x, p.y - q.y);
}

export function atEdge(box: PlateBox, picture: PlateBox): boolean {
  const x = EDGE * picture.width, y = EDGE * picture.height;
  return box.x <= x || box.y <= y || box.x + box.width >= picture.width - x || box.y + box.height >= picture.height - y;
}
