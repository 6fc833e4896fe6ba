import type { Mark } from './mark.ts';

/** The form that people read and type: `LEC-13-8447`, `BCS-036`, `LEB-17-4201-A`. Without jurisdiction and district. */
export function writeMark(mark: Mark): string {
  return [mark.letters, mark.year, mark.number, mark.suffix].filter((part) => part !== null && part !== '').join('-');
}

/** The written form with what tells it apart from the same letters elsewhere: `PB:LEC-13-8447`, `KP:SWAT A-1214`. `parseMark` reads it. */
export function writeMarkInFull(mark: Mark): string {
  if (mark.jurisdiction === null) return writeMark(mark);
  return mark.district === null ? `${mark.jurisdiction}:${writeMark(mark)}` : `${mark.jurisdiction}:${mark.district} ${writeMark(mark)}`;
}

/** Sindh asks for the wheeler type with the mark; of the classes only this one tells it. */
const isWheelerType = (mark: Mark): boolean => mark.jurisdiction === 'SD' && mark.class === 'motorcycle';

/**
 * The canonical form `JUR[:DISTRICT][:CLASS]|LETTERS|YY|NUMBER|SUFFIX` with `-` for what is unknown or not there:
 * `PB|LEB|17|4201|A`, `KP:SWAT|A|-|1214|-`, `SD:MOTORCYCLE|KDG|-|7781|-`.
 */
export function canonicalMark(mark: Mark): string {
  const district = mark.district === null ? [] : [mark.district];
  const issuer = [mark.jurisdiction ?? '-', ...district, ...(isWheelerType(mark) ? ['MOTORCYCLE'] : [])].join(':');
  return [issuer, mark.letters, mark.year ?? '-', mark.number, mark.suffix ?? '-'].join('|');
}

/** What `writeMark` wrote, cut at its hyphens, without the grammar; null for text that it does not write. */
export function readWritten(text: string): Pick<Mark, 'letters' | 'year' | 'number' | 'suffix'> | null {
  const [, letters, year = null, number, suffix = null] = /^([A-Z0-9]*[A-Z])-(?:(\d\d)-)?(\d+)(?:-([A-Z]+))?$/.exec(text) ?? [];
  return letters === undefined || number === undefined ? null : { letters, year, number, suffix };
}
