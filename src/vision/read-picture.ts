import { parsePlate } from '../plate/parse.ts';
import { decodePicture } from './decode.ts';
import type { FrameRead, Read } from './frame-read.ts';
import { boxOf } from './picture.ts';
import type { Picture, Point, Quad } from './picture.ts';
import { bySureness } from './plate-detector.ts';
import type { LocatedPlate, PlateDetector } from './plate-detector.ts';
import { looksLikePlate } from './plate-likelihood.ts';
import type { PlateReader, ReadHint } from './plate-reader.ts';
import { hasViews, lookAtCrop, lookAtPlate } from './plate-looks.ts';
import type { Look } from './plate-looks.ts';
import { sizeOfQuad, within } from './plate-quads.ts';
import { rectify } from './rectify.ts';

export interface ReadPictureOptions {
  readonly detector: PlateDetector;
  readonly reader: PlateReader;
  /** The picture is one plate already: nothing is looked for, and its best text is given whatever it looks like. */
  readonly crop?: boolean;
  /** For messages about the picture. */
  readonly name?: string;
}

/** Longer side of a rectified plate, pixels: larger plates are shrunk to it, smaller ones keep their size (the reader enlarges them). */
const largestPlate = 640;

/** Finds and reads the plates of one picture, surest first. Bytes are decoded first (errors as `decodePicture`). Not re-entrant, as its reader is not. */
export async function readPicture(source: Picture | Uint8Array, options: ReadPictureOptions): Promise<FrameRead & { readonly mediaType: string | null }> {
  const start = performance.now();
  const decoded = source instanceof Uint8Array ? await decodePicture(source, options.name ?? 'picture') : { picture: source, mediaType: null };
  const { picture, mediaType } = decoded, ms = { decode: performance.now() - start, detect: 0, read: 0 };
  const timed = async <T>(stage: 'detect' | 'read', work: Promise<T>): Promise<T> => {
    const from = performance.now(), result = await work;
    ms[stage] += performance.now() - from;
    return result;
  };
  if (options.crop === true) return { width: picture.width, height: picture.height, reads: await timed('read', readCrop(picture, options)), ms, mediaType };
  let reads: Read[] = [], faint: readonly LocatedPlate[] = [];
  for (const search of ['detect', 'detectFilling', 'detectCloser'] as const) {
    const found = reads.length > 0 ? null : options.detector[search]?.(picture) ?? null;
    if (found === null) continue;
    const plates = bySureness(await timed('detect', Promise.resolve(found)), options.detector);
    if (search !== 'detectFilling') faint = plates.faint;
    reads = await timed('read', readLocated(picture, plates.sure, options));
  }
  if (reads.length === 0) reads = await timed('read', readLocated(picture, faint, options));
  return { width: picture.width, height: picture.height, reads, ms, mediaType };
}

async function readCrop(picture: Picture, { detector, reader }: ReadPictureOptions): Promise<Read[]> {
  const { width, height } = picture;
  if (hasViews(reader)) {
    const look = await lookAtCrop(picture, detector, reader);
    return look === null ? [] : [readOf(look, picture)];
  }
  const text = await reader.read(picture, { surelyPlate: true });
  const corners: Quad = [[0, 0], [width, 0], [width, height], [0, height]];
  return text === null ? [] : [readOf({ text, corners, seen: corners }, picture)];
}

/** Reads the plates that were found in a picture, surest first, without what reads like no plate. */
export async function readLocated(picture: Picture, plates: readonly LocatedPlate[], { detector, reader, hint }: Pick<ReadPictureOptions, 'detector' | 'reader'> & { readonly hint?: ReadHint }): Promise<Read[]> {
  const reads: Read[] = [];
  for (const { corners, confidence } of plates) {
    const look = hasViews(reader) ? await lookAtPlate(picture, corners, reader, hint) : await lookInOwnSize(picture, corners, reader);
    if (look === null) continue;
    const read = readOf(detector.knowsPlates === true ? { ...look, detection: confidence } : look, picture);
    if (looksLikePlate(read)) reads.push(read);
  }
  return surestFirst(reads);
}

async function lookInOwnSize(picture: Picture, quad: Quad, reader: PlateReader): Promise<Look | null> {
  const size = sizeOfQuad(quad), scale = Math.min(1, largestPlate / Math.max(size.width, size.height));
  const width = Math.max(8, Math.round(size.width * scale)), height = Math.max(8, Math.round(size.height * scale));
  const text = await reader.read(rectify(picture, quad, width, height));
  return text === null ? null : { text, seen: quad, corners: text.area === undefined ? quad : plateAround(text.area, quad, width, height) };
}

/** What was read, in the picture's pixels: the part of a plate that the picture cuts off is no part of its box. */
function readOf({ text: { text, confidence, characters, cues, legible }, corners: found, detection }: Look, picture: Picture): Read {
  const corners = within(picture, found);
  return {
    text, parse: parsePlate(text, cues), confidence, characters, corners, box: boxOf(corners), cues,
    ...(detection === undefined ? {} : { detection }), ...(legible === undefined ? {} : { legible }),
  };
}

/** The area of the characters, grown by a fifth of its height for the plate's rim, from the rectified plate back to the picture. */
function plateAround(area: Quad, quad: Quad, width: number, height: number): Quad {
  const [a, b, , d] = area, rim = 0.2 * Math.hypot(d[0] - a[0], d[1] - a[1]);
  const ux = (b[0] - a[0]) / Math.hypot(b[0] - a[0], b[1] - a[1]), uy = (b[1] - a[1]) / Math.hypot(b[0] - a[0], b[1] - a[1]);
  const grown = area.map(([x, y], i) => {
    const along = i === 0 || i === 3 ? -rim : rim, across = i < 2 ? -rim : rim;
    return [x + along * ux - across * uy, y + along * uy + across * ux] as const;
  });
  // Proposals of text lines are parallelograms: their map to the rectified plate is affine.
  const [p, q, , s] = quad;
  const back = ([x, y]: Point): Point => {
    const u = x / width, v = y / height;
    return [p[0] + u * (q[0] - p[0]) + v * (s[0] - p[0]), p[1] + u * (q[1] - p[1]) + v * (s[1] - p[1])];
  };
  return grown.map(back) as unknown as Quad;
}

/** Surest first. Two proposals may cover the same plate; the surer read stays. */
export function surestFirst(reads: readonly Read[]): Read[] {
  const kept: Read[] = [];
  for (const read of reads.toSorted((a, b) => b.confidence - a.confidence)) if (!kept.some((k) => overlapShare(k, read) > 0.5)) kept.push(read);
  return kept;
}

function overlapShare(a: Read, b: Read): number {
  const width = Math.min(a.box.x + a.box.width, b.box.x + b.box.width) - Math.max(a.box.x, b.box.x);
  const height = Math.min(a.box.y + a.box.height, b.box.y + b.box.height) - Math.max(a.box.y, b.box.y);
  return width <= 0 || height <= 0 ? 0 : (width * height) / Math.min(a.box.width * a.box.height, b.box.width * b.box.height);
}
