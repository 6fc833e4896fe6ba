import { boxOf } from './picture.ts';
import type { Box, Picture, Point, Quad } from './picture.ts';
import type { FrameRead, Read } from './frame-read.ts';
import { bySureness } from './plate-detector.ts';
import type { LocatedPlate } from './plate-detector.ts';
import { readLocated, surestFirst, type ReadPictureOptions } from './read-picture.ts';
import { sharpnessOf } from './sharpness.ts';
import type { RgbScratch, YuvPicture } from './yuv-picture.ts';

/** The detector finds plates from 20 px across on; at half size those of 40 px, the least that can be read. */
const SCALE = 0.5, SIDES = { least: 320, most: 960 };
/** Boxes are grown by this many pixels, and this share of their sides: a vehicle is larger than what of it moved against its own colour. */
const AROUND = 24, AROUND_SHARE = 0.15;
/** Boxes that cover more of the frame than this together are looked at in one. */
const MOST_APART = 0.6;
/** So much of its longer side is converted around a plate: no look goes farther beyond its edge than a quarter, tilted or not. */
const AROUND_PLATE = 0.5;

type Eyes = Pick<ReadPictureOptions, 'detector' | 'reader'> & { readonly scratch: RgbScratch };

/**
 * Finds and reads the plates of one frame of a stream. `boxes`: where something moves, in pixels; empty: everywhere. Looks once where a
 * single picture is looked at up to three times: the next frame is another look. Only what is looked at is converted, each place and each
 * plate as a picture of its own in `scratch`. Not re-entrant.
 */
export async function readLive(picture: YuvPicture, boxes: readonly Box[], { detector, reader, scratch }: Eyes): Promise<FrameRead> {
  const begun = performance.now(), found: LocatedPlate[] = [], reads: Read[] = [];
  for (const box of placesToLook(picture, boxes)) {
    const part = scratch.partOf(picture, box), side = Math.min(SIDES.most, Math.max(SIDES.least, SCALE * Math.max(part.width, part.height)));
    const plates = await (detector.detectSized?.(part, side) ?? detector.detect(part));
    found.push(...plates.map(({ corners, confidence }) => ({ confidence, corners: moved(corners, box) })));
  }
  const detected = performance.now();
  for (const { corners, confidence } of bySureness(found, detector).sure) {
    const box = aroundPlate(corners, picture), part = scratch.partOf(picture, box), plate = { confidence, corners: moved(corners, { x: -box.x, y: -box.y }) };
    reads.push(...(await readLocated(part, [plate], { detector, reader, hint: { oftenSeen: true } })).map((read) => inFrame({ ...read, sharpness: sharpnessOf(part, read.corners) }, box)));
  }
  return { width: picture.width, height: picture.height, reads: surestFirst(reads), ms: { decode: 0, detect: detected - begun, read: performance.now() - detected } };
}

/** What of the frame is converted to read a plate, whole pixels within it; one at least. */
function aroundPlate(corners: Quad, { width, height }: Pick<Picture, 'width' | 'height'>): Box {
  const box = boxOf(corners), around = Math.ceil(AROUND_PLATE * Math.max(box.width, box.height)) + 4;
  const x = Math.min(width - 1, Math.max(0, box.x - around)), y = Math.min(height - 1, Math.max(0, box.y - around));
  return { x, y, width: Math.max(1, Math.min(width, box.x + box.width + around) - x), height: Math.max(1, Math.min(height, box.y + box.height + around) - y) };
}

function moved(corners: Quad, by: Pick<Box, 'x' | 'y'>): Quad {
  return corners.map(([x, y]): Point => [x + by.x, y + by.y]) as unknown as Quad;
}

/** A read of a part of the frame where it stands in the whole. */
function inFrame(read: Read, part: Box): Read {
  return { ...read, corners: moved(read.corners, part), box: { ...read.box, x: read.box.x + part.x, y: read.box.y + part.y } };
}

/** What of the frame is searched: the boxes grown and joined where they overlap, or their common frame when they are most of it. */
export function placesToLook({ width, height }: Pick<Picture, 'width' | 'height'>, boxes: readonly Box[]): Box[] {
  if (boxes.length === 0) return [{ x: 0, y: 0, width, height }];
  let places = boxes.map((box) => grown(box, width, height));
  for (let joined = true; joined; ) {
    joined = false;
    for (let i = 0; i < places.length && !joined; i++) {
      const j = places.findIndex((other, k) => k > i && overlaps(places[i]!, other));
      if (j < 0) continue;
      places = [...places.filter((_, k) => k !== i && k !== j), around([places[i]!, places[j]!])];
      joined = true;
    }
  }
  const covered = places.reduce((sum, box) => sum + box.width * box.height, 0);
  return covered > MOST_APART * width * height ? [around(places)] : places;
}

function grown(box: Box, width: number, height: number): Box {
  const dx = AROUND + AROUND_SHARE * box.width, dy = AROUND + AROUND_SHARE * box.height;
  const x = Math.max(0, Math.floor(box.x - dx)), y = Math.max(0, Math.floor(box.y - dy));
  return { x, y, width: Math.min(width, Math.ceil(box.x + box.width + dx)) - x, height: Math.min(height, Math.ceil(box.y + box.height + dy)) - y };
}

function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((b) => b.x)), y = Math.min(...boxes.map((b) => b.y));
  return { x, y, width: Math.max(...boxes.map((b) => b.x + b.width)) - x, height: Math.max(...boxes.map((b) => b.y + b.height)) - y };
}
