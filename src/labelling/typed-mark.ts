import type { PlateLabel } from '../accuracy/label.ts';
import { compared } from '../accuracy/score.ts';

/** The two texts of a label: letters and number, and the same with the small year where the plate has one. */
export type MarkTexts = Pick<PlateLabel, 'text' | 'textFull'>;

const DATED = /^([A-Z]{1,4})[\s-]+(\d{2})[\s-]+(\d{1,5})(?:[\s-]*([A-Z]{1,2}))?$/;

/**
 * What a person types as a plate's mark. `BCS 036` and `BCS-036` are a mark without year, `LEB-13-8147` is one whose two digits in the middle,
 * set apart on both sides, are the small year. Nothing is guessed: `LEB138147` has no year. Where that does not do, both texts can be given
 * with a slash: `LEB8147/LEB138147`.
 */
export function textsOf(typed: string): MarkTexts {
  const text = typed.toUpperCase().trim(), [short = '', full = ''] = text.split('/');
  if (text.includes('/')) return { text: compared(short), textFull: compared(full) };
  const dated = DATED.exec(text);
  if (dated === null) return { text: compared(text), textFull: '' };
  const [, letters = '', year = '', number = '', suffix = ''] = dated;
  return { text: letters + number + suffix, textFull: letters + year + number + suffix };
}

/** A label's mark as a person would type it: `textsOf` gives its texts again. */
export function typedOf(label: MarkTexts): string {
  const text = compared(label.text), full = compared(label.textFull);
  if (full === '') return text;
  const letters = /^[A-Z]*/.exec(text)?.[0] ?? '', rest = full.slice(letters.length + 2);
  const dated = `${letters}-${full.slice(letters.length, letters.length + 2)}-${rest}`, again = textsOf(dated);
  return again.text === text && again.textFull === full ? dated : `${text}/${full}`;
}
