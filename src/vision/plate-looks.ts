import type { Picture, Quad } from './picture.ts';
import { bySureness } from './plate-detector.ts';
import type { PlateDetector } from './plate-detector.ts';
import type { PlateReader, PlateText, PlateView, ReadHint } from './plate-reader.ts';
import { sizeOfQuad } from './plate-quads.ts';
import { quadOnto, uprightPlate } from './upright-plate.ts';

/** One reading of a plate: what it says, where the plate is, and what was looked at: a quadrilateral with so much (a share of its sides) around it. */
export interface Look { readonly text: PlateText; readonly corners: Quad; readonly seen: Quad; readonly margin?: number; readonly detection?: number }

/** Margin of the look beyond the edge, as a share of the plate's sides: the detector's corners are off by so much at most. */
const beyondEdge = 0.16;
/** A longer text must be at least this believable to show that a shorter one was cut off. */
const leastWhole = 0.35;
/** A read as sure as this is not looked at again, and one as sure as the second not closer at a part of it, unless that part was not seen at all. */
const sureEnough = 0.65, sureOfAll = 0.8;
/** Nobody can read a plate of fewer pixels, whichever way: ten letters of 2 x 4 px. */
const leastPlate = { width: 12, height: 6 };
/** What only a closer look shows must make a text at least this likely: most plates without a year have none. */
const leastUnseen = 0.2;
/** Of a text less likely than this a third look makes nothing. */
const leastHope = 0.05;
/** Rows that fall by less than this share of the plate's height over its width (3 degrees, at twice as wide as high) read as well as level ones. */
const leastTilt = 0.1;
/** A plate of fewer pixels across shows no more when it is seen closer; one of 60 still does, twice as large on the same map. */
const leastForCloser = 50;
/** A smaller crop holds a plate and nothing else. */
const leastCrop = 40;
/** A crop may show two plates of one vehicle's stack, not more. */
const mostInCrop = 2;

/** A reader that says how it wants to see a plate. */
export type ViewingReader = PlateReader & Required<Pick<PlateReader, 'views'>>;

export function hasViews(reader: PlateReader): reader is ViewingReader {
  return reader.views !== undefined;
}

/** Reads a plate of a picture in the reader's views, one after the other while the read is in doubt. Null when none shows a text. */
export async function lookAtPlate(picture: Picture, corners: Quad, reader: ViewingReader, hint: ReadHint = {}): Promise<Look | null> {
  return withCloserLook(picture, await looksAt(picture, corners, reader, hint));
}

/**
 * Reads a picture that is one plate. While that leaves doubt the detector searches the picture too: what is called a crop often has the
 * bumper around the plate. The whole picture stands for the plate grown by the usual margin, as crops are cut.
 */
export async function lookAtCrop(picture: Picture, detector: PlateDetector, reader: ViewingReader): Promise<Look | null> {
  const looks = await looksAt(picture, insideOf(picture, reader), reader, { surelyPlate: true });
  if (isSure(surestOf(looks)) || Math.min(picture.width, picture.height) < leastCrop) return withoutSurroundings(await withCloserLook(picture, looks), picture);
  const { sure } = bySureness((await detector.detectFilling?.(picture)) ?? [], detector);
  for (const found of sure.slice(0, mostInCrop)) {
    const closer = await looksAt(picture, found.corners, reader, { surelyPlate: true });
    looks.push(...closer.map((look) => ({ ...look, detection: found.confidence })));
  }
  return withoutSurroundings(await withCloserLook(picture, looks), picture);
}

async function looksAt(picture: Picture, corners: Quad, reader: ViewingReader, hint: ReadHint): Promise<Look[]> {
  const size = sizeOfQuad(corners), views = reader.views(size);
  if (!(size.width >= leastPlate.width && size.height >= leastPlate.height)) return [];
  const looks: Look[] = [];
  const lookIn = async ({ width, height, margin }: PlateView, seen: Quad): Promise<void> => {
    const text = await reader.read(uprightPlate(picture, seen, width, height, margin), hint);
    if (text !== null) looks.push({ text, corners, seen, margin });
  };
  await lookIn(views[0], corners);
  const { tilt = 0, confidence = 0 } = looks[0]?.text ?? {}, level = Math.abs(tilt) < leastTilt || confidence >= sureOfAll ? corners : levelled(corners, tilt);
  if (level !== corners) await lookIn(views[0], level);
  for (const view of views.slice(1)) {
    if (hint.oftenSeen === true || isSure(surestOf(looks)) || isHopeless(looks, hint)) break;
    await lookIn(view, level);
  }
  if (surestOf(looks)?.text.atEdge === true) await lookIn({ ...views[0], margin: beyondEdge }, level);
  return looks;
}

/** The quadrilateral turned until rows that fall by `tilt` of its height over its width are level. */
function levelled(corners: Quad, tilt: number): Quad {
  const { width, height } = sizeOfQuad(corners), lean = tilt * (height / width) ** 2;
  return quadOnto(corners, [[lean / 2, -tilt / 2], [1 + lean / 2, tilt / 2], [1 - lean / 2, 1 + tilt / 2], [-lean / 2, 1 - tilt / 2]]);
}

/**
 * The surest of the looks, a part of it seen closer where the look says that this may tell more. What the looks say of that part counts
 * for nothing then; what they say of the rest does.
 */
async function withCloserLook(picture: Picture, looks: readonly Look[]): Promise<Look | null> {
  const { look: surest, share } = winnerOf(looks, restOf);
  // Of looks that agree in the rest the most level one, and of those the one that saw most around the plate: years stand at the very edge.
  const agreeing = looks.filter(({ text }) => surest !== null && restOf(text) === restOf(surest.text)), level = agreeing.filter(({ text }) => Math.abs(text.tilt ?? 0) < leastTilt);
  const [look = null] = (level.length > 0 ? level : agreeing).sort((a, b) => (b.margin ?? 0) - (a.margin ?? 0)), closer = look?.text.closer;
  if (look === null || closer === undefined || sizeOfQuad(look.seen).width < leastForCloser || (look.text.confidence * share >= sureOfAll && !closer.unseen)) return surestOf(looks);
  const { margin = 0 } = look, unit = (part: number): number => part * (1 + 2 * margin) - margin;
  const left = unit(closer.left), top = unit(closer.top), right = unit(closer.right), bottom = unit(closer.bottom), part = quadOnto(look.seen, [[left, top], [right, top], [right, bottom], [left, bottom]]);
  const text = await closer.read(uprightPlate(picture, part, closer.view.width, closer.view.height, closer.view.margin));
  return text === null || (closer.unseen && text.confidence < leastUnseen) ? surestOf(looks) : { ...look, text: { ...text, confidence: text.confidence * share } };
}

/** The text without what a closer look would tell. */
function restOf({ closer, text }: PlateText): string {
  return closer?.rest ?? text;
}

/** What two looks make next to nothing of is no plate, unless it is known to be one. */
function isHopeless(looks: readonly Look[], { surelyPlate = false }: ReadHint): boolean {
  return !surelyPlate && looks.length >= 2 && looks.every(({ text }) => text.confidence < leastHope);
}

function isSure(look: Look | null): boolean {
  return look !== null && look.text.confidence >= sureEnough;
}

/** A look whose text goes on in another look: the plate was cut too tightly. */
function isCutOff({ text: { text, atEdge } }: Look, looks: readonly Look[]): boolean {
  return atEdge === true && looks.some((other) => other.text.text.length > text.length && other.text.text.includes(text) && other.text.confidence >= leastWhole);
}

/** Looks that agree strengthen each other: the text with the largest sum of confidence wins, as its surest look has it. */
export function surestOf(looks: readonly Look[]): Look | null {
  const { look, share } = winnerOf(looks, ({ text }) => text);
  return look === null || share === 1 ? look : { ...look, text: { ...look.text, confidence: look.text.confidence * share } };
}

/** The surest look of those that say what is believed most in all; `share` of the belief went to it, the rest is doubt in it. */
function winnerOf(all: readonly Look[], said: (text: PlateText) => string): { readonly look: Look | null; readonly share: number } {
  const looks = all.filter((look) => !isCutOff(look, all)), beliefs = new Map<string, number>(), beliefIn = ({ text }: Look): number => beliefs.get(said(text))!;
  for (const { text } of looks) beliefs.set(said(text), (beliefs.get(said(text)) ?? 0) + text.confidence);
  const [winner = null] = looks.toSorted((a, b) => beliefIn(b) - beliefIn(a) || b.text.confidence - a.text.confidence), total = [...beliefs.values()].reduce((a, b) => a + b, 0);
  return { look: winner, share: winner !== null && total > 0 ? beliefIn(winner) / total : 1 };
}

/** Where the plate stands in a crop that was cut with the reader's usual margin. */
function insideOf({ width, height }: Picture, reader: ViewingReader): Quad {
  const [{ margin }] = reader.views({ width, height }), x = (width * margin) / (1 + 2 * margin), y = (height * margin) / (1 + 2 * margin);
  return [[x, y], [width - x, y], [width - x, height - y], [x, height - y]];
}

/** The whole crop is the plate, for a reader of the record, unless the detector found it inside. */
function withoutSurroundings(look: Look | null, { width, height }: Picture): Look | null {
  return look === null || look.detection !== undefined ? look : { ...look, corners: [[0, 0], [width, 0], [width, height], [0, height]] };
}
