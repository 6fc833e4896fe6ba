import type { FrameRead, Read } from './frame-read.ts';
import { writeMark } from '../plate/written-form.ts';
import { alternativesOf } from './alternative-marks.ts';

/** One plate of one line of `darwaza read --json`: a contract, fields are only ever added. */
export interface PlateJson {
  readonly text: string;
  /** Canonical written form of the likeliest parse; null when the text is no mark. */
  readonly mark: string | null;
  readonly confidence: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly corners: readonly (readonly [number, number])[];
  readonly jurisdiction: string | null;
  readonly class: string | null;
  readonly characters: readonly { readonly char: string; readonly confidence: number }[];
  readonly alternatives: readonly { readonly mark: string; readonly confidence: number }[];
  /** Rows of characters and colour of the ground, where the reader tells; null where it looked and could not say. */
  readonly lines?: number;
  readonly ground?: string | null;
  /** Probability that anybody could read the plate, where the reader tells. */
  readonly legible?: number;
  /** How sure the detector is of the plate, where it knows plates. */
  readonly detection?: number;
}

export interface ReadJson {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly plates: readonly PlateJson[];
  readonly ms: { readonly decode: number; readonly detect: number; readonly read: number };
}

/** What was read in a file, in the shape that `darwaza read --json` prints. */
export function toReadJson(file: string, frame: FrameRead): ReadJson {
  const { decode, detect, read } = frame.ms;
  return { file, width: frame.width, height: frame.height, plates: frame.reads.map(plateJson), ms: { decode: tenth(decode), detect: tenth(detect), read: tenth(read) } };
}

function plateJson(read: Read): PlateJson {
  const mark = read.parse.kind === 'mark' ? read.parse.candidates[0].mark : null;
  return {
    text: read.text, mark: mark === null ? null : writeMark(mark), confidence: thousandth(read.confidence),
    box: read.box, corners: read.corners.map(([x, y]) => [tenth(x), tenth(y)] as const),
    jurisdiction: mark?.jurisdiction ?? null, class: mark?.class ?? null,
    characters: read.characters.map(({ char, confidence }) => ({ char, confidence: thousandth(confidence) })),
    alternatives: alternativesOf(read), ...lookOf(read),
  };
}

function lookOf({ cues, legible, detection }: Read): Pick<PlateJson, 'lines' | 'ground' | 'legible' | 'detection'> {
  return {
    ...(cues?.lines === undefined ? {} : { lines: cues.lines }), ...(cues?.ground === undefined ? {} : { ground: cues.ground }),
    ...(legible === undefined ? {} : { legible: thousandth(legible) }), ...(detection === undefined ? {} : { detection: thousandth(detection) }),
  };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

function thousandth(value: number): number {
  return Math.round(value * 1000) / 1000;
}
