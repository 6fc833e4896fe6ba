import { confusionCost } from '../plate/look-alikes.ts';
import type { PlateRead, ReadCharacter } from './observation.ts';

/** Dropping or adding a character costs as much as a full exchange, so that texts of one length are aligned place by place. */
const GAP_COST = 1;
/** From this confidence on, two characters that do not look alike are two characters. */
const SURE = 0.85;
/** From this confidence on, so are two that are confused only in blur (3 and 8, M and N), costing more than a hard look-alike (0 and O). */
const VERY_SURE = 0.97;
/** What exchanging 0 and O costs, or 1 and I. */
export const HARD_LOOK_ALIKE = 0.1;

/** A text that lacks this many characters at an end of a longer one was cut off (a line hidden, the edge of the picture), not read otherwise. */
const CUT_OFF = 2;

/** One column of two aligned texts: index in each, null where the other has a character that this one lacks. */
export interface AlignedPair {
  readonly a: number | null;
  readonly b: number | null;
}

export interface Alignment {
  readonly cost: number;
  readonly pairs: readonly AlignedPair[];
}

/** Best alignment of two texts; look-alike characters are cheap to exchange. Ties prefer exchange, then drop, then insert. */
export function align(a: string, b: string): Alignment {
  if (a === b) return { cost: 0, pairs: Array.from(a, (_, i) => ({ a: i, b: i })) };
  const rows = a.length + 1,
    columns = b.length + 1,
    cost = new Float64Array(rows * columns);
  const at = (i: number, j: number): number => cost[i * columns + j] as number;
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      if (i === 0 && j === 0) continue;
      const exchange = i > 0 && j > 0 ? at(i - 1, j - 1) + confusionCost(a[i - 1] ?? '', b[j - 1] ?? '') : Infinity;
      const drop = i > 0 ? at(i - 1, j) + GAP_COST : Infinity,
        insert = j > 0 ? at(i, j - 1) + GAP_COST : Infinity;
      cost[i * columns + j] = Math.min(exchange, drop, insert);
    }
  }
  const pairs: AlignedPair[] = [];
  for (let i = a.length, j = b.length; i > 0 || j > 0;) {
    if (i > 0 && j > 0 && near(at(i, j), at(i - 1, j - 1) + confusionCost(a[i - 1] ?? '', b[j - 1] ?? ''))) pairs.push({ a: --i, b: --j });
    else if (i > 0 && near(at(i, j), at(i - 1, j) + GAP_COST)) pairs.push({ a: --i, b: null });
    else pairs.push({ a: null, b: --j });
  }
  return { cost: at(a.length, b.length), pairs: pairs.reverse() };
}

export interface TextLikeness {
  /** 1 = same text, 0 = nothing in common. */
  readonly likeness: number;
  /** Both reads are sure of a character and the two do not look alike: two plates, not one misread. */
  readonly contradicts: boolean;
}

/** How likely two reads are of one plate, by their texts alone. */
export function textLikeness(a: PlateRead, b: PlateRead): TextLikeness {
  const longest = Math.max(a.text.length, b.text.length);
  if (longest === 0) return { likeness: 0, contradicts: false };
  if (a.text === b.text) return { likeness: 1, contradicts: false };
  const { cost, pairs } = align(a.text, b.text);
  const contradicts = pairs.some((pair) => {
    if (pair.a === null || pair.b === null) return false;
    const x = a.characters[pair.a],
      y = b.characters[pair.b];
    return x !== undefined && y !== undefined && areTwo(x, y);
  });
  return { likeness: Math.max(0, 1 - cost / longest), contradicts };
}

function areTwo(x: ReadCharacter, y: ReadCharacter): boolean {
  const cost = confusionCost(x.char, y.char),
    surety = Math.min(x.confidence, y.confidence);
  return cost >= 1 ? surety >= SURE : cost > HARD_LOOK_ALIKE && surety >= VERY_SURE;
}

function near(x: number, y: number): boolean {
  return Math.abs(x - y) < 1e-9;
}

/** The text is a longer one cut off at one end. */
export function isCutOff(text: string, whole: string): boolean {
  return text.length <= whole.length - CUT_OFF && (whole.startsWith(text) || whole.endsWith(text));
}
