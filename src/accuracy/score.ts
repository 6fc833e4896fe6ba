import { align, edits, type AlignedCharacter } from './edit-distance.ts';
import { grouped } from './grouped.ts';
import type { LabelBox, PlateLabel } from './label.ts';

/** A plate as a reader reports it. */
export interface ReadPlate { readonly text: string; readonly confidence: number; readonly box: LabelBox }

/** What a reader says of one picture; null where it could not be used. */
export type PictureAnswer = {
  readonly width: number;
  readonly height: number;
  readonly plates: readonly ReadPlate[];
  /** All of it: decoding, finding, reading. */
  readonly ms: number;
} | null;

/** One labelled plate that counts, and what was read on it. */
export interface PlateResult {
  readonly label: PlateLabel;
  /** The whole mark, year included, as it is compared: letters and digits alone. */
  readonly truth: string;
  /** The plate that was reported there; null: not found. */
  readonly read: ReadPlate | null;
  /** Its text as it is compared. */
  readonly got: string;
  readonly alignment: readonly AlignedCharacter[];
  /** The whole mark is right. */
  readonly full: boolean;
  /** Right, or right but for an unread year. */
  readonly mark: boolean;
  /** Of the label; of a crop the picture's. */
  readonly width: number;
}

/** One picture of one set. */
export interface PictureResult {
  readonly set: string;
  readonly file: string;
  /** Milliseconds; null: no answer. */
  readonly ms: number | null;
  readonly plates: readonly PlateResult[];
  /** Plates reported where no label is. */
  readonly extra: readonly ReadPlate[];
}

export interface ScoreOptions {
  /** Takes O as 0 and I as 1: some labels mix them. */
  readonly fold?: boolean;
}

/** Pictures of this set show no plate, whatever a label's box says. */
export const NEGATIVES = 'negatives';

/**
 * Lays a reader's answers against the labels. A plate is found when a reported box overlaps it by IoU 0.3 or has its centre in it at a
 * fitting width; each report counts for one label. Of a crop the first plate counts. Labels that nobody could read count neither way,
 * but a report on one is not extra.
 */
export function scorePictures(labels: readonly PlateLabel[], answers: ReadonlyMap<string, PictureAnswer>, { fold = false }: ScoreOptions = {}): PictureResult[] {
  const pictures = grouped(labels, (label) => JSON.stringify([label.set, label.file]));
  return [...pictures.values()].map((own) => scorePicture(own, answers.get((own[0] as PlateLabel).file) ?? null, fold));
}

function scorePicture(labels: readonly PlateLabel[], answer: PictureAnswer, fold: boolean): PictureResult {
  const { set, file, kind } = labels[0] as PlateLabel;
  const reported = answer?.plates ?? [], used = new Set<ReadPlate>();
  const plates: PlateResult[] = [];
  for (const label of labels) {
    const truth = compared(label.textFull || label.text, fold);
    const isPlate = truth !== '' || (!label.legible && label.box.width > 0 && set !== NEGATIVES);
    const read = kind === 'crop' ? (reported[0] ?? null) : isPlate ? bestOn(label.box, reported.filter((plate) => !used.has(plate))) : null;
    if (read !== null) used.add(read);
    if (truth !== '' && label.legible) plates.push(resultOf(label, truth, read, answer, fold));
  }
  return { set, file, ms: answer?.ms ?? null, plates, extra: kind === 'crop' ? [] : reported.filter((plate) => !used.has(plate)) };
}

function resultOf(label: PlateLabel, truth: string, read: ReadPlate | null, answer: PictureAnswer, fold: boolean): PlateResult {
  const got = compared(read?.text ?? '', fold), full = got === truth;
  const width = label.kind === 'crop' ? (answer?.width ?? label.box.width) : label.box.width;
  return { label, truth, read, got, full, mark: full || got === compared(label.text, fold), width, alignment: align(truth, got) };
}

/** A text as it is compared: upper case, letters and digits alone. */
export function compared(text: string, fold = false): string {
  const plain = text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
  return fold ? plain.replaceAll('O', '0').replaceAll('I', '1') : plain;
}

function bestOn(label: LabelBox, reported: readonly ReadPlate[]): ReadPlate | null {
  let best: ReadPlate | null = null, bestOverlap = 0;
  for (const plate of reported) {
    const value = overlap(label, plate.box);
    if (value > bestOverlap) [best, bestOverlap] = [plate, value];
  }
  return best;
}

/** Intersection over union when the box shows the label's plate, else 0. */
export function overlap(label: LabelBox, box: LabelBox): number {
  const across = Math.min(label.x + label.width, box.x + box.width) - Math.max(label.x, box.x);
  const down = Math.min(label.y + label.height, box.y + box.height) - Math.max(label.y, box.y);
  const shared = Math.max(0, across) * Math.max(0, down), iou = shared / (label.width * label.height + box.width * box.height - shared);
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  const centred = x >= label.x && x <= label.x + label.width && y >= label.y && y <= label.y + label.height;
  const fits = box.width >= 0.25 * label.width && box.width <= 3 * label.width;
  return iou >= 0.3 || (centred && fits) ? Math.max(iou, 1e-6) : 0;
}

/** Characters wrong, at most all of the mark's. */
export function wrongCharacters(plate: PlateResult): number {
  return Math.min(edits(plate.alignment), plate.truth.length);
}
