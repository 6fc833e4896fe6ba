import type { PlateCues } from '../../plate/mark.ts';
import type { PlateBox } from '../../pass/pass.ts';
import type { Faults } from './reading-faults.ts';

const LONGEST_WORD = 64, LONGEST_PLATE = 64, LONGEST_ID = 200;
const NOTHING_SAID = new Set(['', '-', '--', 'unknown', 'unknow', 'none', 'null', 'n/a', 'na', 'other', 'others', 'undefined', 'unrecognized', 'unrecognised']);
const CONTROL = /[\p{Cc}\p{Cs}]/u;

/** A word that a camera says of a vehicle, a lane or itself; null where it says nothing. Never refused: a pass is worth more than a make. */
export function saidWord(value: string | number | null | undefined): string | null {
  const text = String(value ?? '').slice(0, 4 * LONGEST_WORD).replaceAll(/[\p{Cc}\p{Cs}]+/gu, ' ').trim();
  // Cut between two halves of a character, the first half is none.
  return NOTHING_SAID.has(text.toLowerCase()) ? null : text.slice(0, LONGEST_WORD).replace(/\p{Cs}$/u, '').trim();
}

/** What a table has for a word, however it is written; not what every object has by birth (`constructor`, `__proto__`). */
export function inTable<T>(table: Readonly<Record<string, T>>, word: string | null | undefined): T | undefined {
  const key = (word ?? '').toLowerCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

const NO_PLATE = /^(?:unknown|unlicensed|no ?plate|noplate|none|null|-+|_+|\*+|\?+|无车牌|未知)?$/i;

/** A plate's text as read; '' for the words by which cameras say that there was none. */
export function plateWord(value: string | number | null | undefined, path: string, faults: Faults): string {
  const text = String(value ?? '').trim();
  if (NO_PLATE.test(text)) return '';
  if (text.length > LONGEST_PLATE) faults.add(path, `it has ${text.length} characters; a plate has at most ${LONGEST_PLATE}`);
  else if (CONTROL.test(text)) faults.add(path, 'it holds a control character or half a character');
  return text;
}

/** A camera's own id of an event. One that is too long to keep is refused: cut short, it could be another's. */
export function eventWord(value: string | number | null | undefined, path: string, faults: Faults): string | null {
  const text = String(value ?? '').trim();
  if (text === '') return null;
  if (text.length > LONGEST_ID) return faults.add(path, `it has ${text.length} characters; an id has at most ${LONGEST_ID}`);
  return CONTROL.test(text) ? faults.add(path, 'it holds a control character or half a character') : text;
}

/** 0..`full` to 0..1; beyond it: a fault. `zeroIsNothing`: some firmware always says 0. */
export function share(value: number | null | undefined, full: number, path: string, faults: Faults): number | null {
  if (value === null || value === undefined) return null;
  if (!(value >= 0 && value <= full)) return faults.add(path, `it is ${value}; it must be 0 to ${full}`);
  return Math.round(value / full * 10_000) / 10_000;
}

/** A number written as text, as XML and lines have it. Not there: null; no number: a fault. */
export function numberIn(text: string | null, path: string, faults: Faults): number | null {
  if (text === null) return null;
  return /^[+-]?\d{1,15}(?:\.\d{1,12})?$/.test(text) ? Number(text) : faults.add(path, `"${text.slice(0, 40)}" is no number`);
}

const GROUNDS: Readonly<Record<string, NonNullable<PlateCues['ground']>>> = { white: 'white', yellow: 'yellow', black: 'black', green: 'green', blue: 'blue', red: 'red' };

/**
 * Plate colours that our grammar knows. "Yellow and green", "orange" and the like say nothing to it. `COUNTRY` is left out: cameras sold
 * here mostly cannot say Pakistan and name a neighbour.
 */
export function colourCues(colour: string | null | undefined): PlateCues | null {
  const ground = inTable(GROUNDS, colour?.trim().replace(/[ _-]?(?:background|ground|plate|grn)$/i, ''));
  return ground === undefined ? null : { ground };
}

/** Largest side of a picture that is believed, pixels. */
const LARGEST = 65_535;

/** A box by its corners, in pixels; null for the empty one that stands for none, a fault for one turned round or out of all sense. */
export function boxBetween(left: number, top: number, right: number, bottom: number, path: string, faults: Faults): PlateBox | null {
  if ([left, top, right, bottom].every((side) => side === 0)) return null;
  if (![left, top, right, bottom].every((side) => Number.isFinite(side) && Math.abs(side) <= LARGEST) || right <= left || bottom <= top) {
    return faults.add(path, `[${left}, ${top}, ${right}, ${bottom}] is no box: left < right and top < bottom are needed, in pixels`);
  }
  const x = Math.max(0, Math.round(left)), y = Math.max(0, Math.round(top));
  return { x, y, width: Math.max(1, Math.round(right) - x), height: Math.max(1, Math.round(bottom) - y) };
}
