import { hasFancyShape, lettersAreSetApart, wordCues } from './cue-weight.ts';
import type { WordCues } from './cue-weight.ts';
import { fitSeries, leadingLetters } from './fit.ts';
import type { Fit } from './fit.ts';
import { LETTER_TO_DIGIT } from './look-alikes.ts';
import type { Mark, MarkCandidate, PlateCues, PlateParse } from './mark.ts';
import { LONGEST_TEXT, comparableWord, plateText } from './plate-text.ts';
import type { PlateText } from './plate-text.ts';
import { rank } from './ranking.ts';
import { seriesInForce } from './series.ts';
import type { SeriesTable } from './series.ts';

/** "2O11" as a number where only digits can stand. */
const asDigits = (text: string): string => text.replaceAll(/[OIZSBG]/g, (char) => LETTER_TO_DIGIT[char] ?? char);

/**
 * AFR is a Sindh series and the "applied for" legend too. With three digits it is a mark; alone, or with a year or any four digits, it is
 * the legend. The other legends (AF, APL, APP, APPLIED FOR) count alone or with a year from 1900 to 2099.
 */
function isAppliedFor(text: PlateText, cues: PlateCues, words: WordCues, table: SeriesTable): boolean {
  const { glyphs } = text;
  const sindh = cues.jurisdiction === 'SD' || words.jurisdictions.has('SD') || cues.ground === 'yellow';
  if (/^AFR[\dOIZSBG]{0,4}$/.test(glyphs)) {
    const digits = glyphs.length - 3;
    return digits === 0 || digits === 4 || (digits < 3 && !sindh);
  }
  if (table.appliedFor.includes(comparableWord(glyphs))) return true;
  for (const legend of table.appliedFor) {
    if (glyphs.startsWith(legend) && /^(19|20)\d\d$/.test(asDigits(glyphs.slice(legend.length)))) return !(legend === 'AF' && sindh);
  }
  return false;
}

const appliedForInWords = (text: PlateText, words: WordCues): boolean => words.appliedFor && !/\d/.test(text.glyphs);

function naturalFits(text: PlateText, table: SeriesTable): Fit[] {
  const fits: Fit[] = [];
  for (const series of table.series) if (!series.fallback) fits.push(...fitSeries(series, text.glyphs, false));
  return fits;
}

/** Marks that the text gives only after look-alikes were changed where a letter or a digit must stand. */
function resolvedFits(text: PlateText, table: SeriesTable): Fit[] {
  const fits: Fit[] = [];
  for (const series of table.series) {
    if (series.fallback || series.outcome === 'official') continue;
    for (const fit of fitSeries(series, text.glyphs, true)) if ((text.breaks & ~fit.cuts) === 0) fits.push(fit);
  }
  return fits;
}

function fallbackFits(text: PlateText, table: SeriesTable): Fit[] {
  return table.series.filter((series) => series.fallback).flatMap((series) => fitSeries(series, text.glyphs, false));
}

/**
 * Military plates carry no registration mark. A text that fits only their shape, or that stands beside the word ARMY, is theirs; where a
 * civil series fits as well (FC-771 is also an Islamabad mark) the civil reading stays, with theirs among the candidates.
 */
function officialSeries(fits: readonly Fit[], text: PlateText, words: WordCues): string | null {
  const official = fits.filter((fit) => fit.series.outcome === 'official');
  const [first] = official;
  if (first === undefined) return null;
  const civil = fits.filter((fit) => fit.series.outcome === 'mark');
  if (civil.length === 0 || words.official || text.broadArrow) return first.series.id;
  // 97-B-22118 is cut as the military cut it, 97 B 221-18 as Iran does; PAF-12345 has no year as PAF-12-345 has.
  const cutAsWritten = (fit: Fit): boolean => fit.cuts === text.breaks;
  return official.some(cutAsWritten) && !civil.some(cutAsWritten) ? first.series.id : null;
}

/** Whether the letters of a text are a name that people put on plates: such a text is never put right by the grammar. */
function isName(glyphs: string, table: SeriesTable): boolean {
  const letters = /[A-Z]+/.exec(glyphs)?.[0] ?? '';
  return letters.length >= 4 && table.personalised.has(letters);
}

function fancy(raw: string, text: PlateText): PlateParse {
  const words = text.glyphs.match(/[A-Z]+/g) ?? [];
  const parts = /^([A-Z]+)(\d+)$/.exec(text.glyphs);
  if (parts === null) return { kind: 'fancy', raw, words };
  const mark: Mark = {
    jurisdiction: null, district: null, letters: parts[1] ?? '', year: null, number: parts[2] ?? '', suffix: null, class: 'personalised', series: 'VIP',
  };
  return { kind: 'fancy', raw, words, mark };
}

function whyUnreadable(glyphs: string): string {
  if (glyphs === '') return 'the text has no letter and no digit';
  if (glyphs.includes('\uFFFD')) return 'the text has characters of a script that no series uses';
  if (!/\d/.test(glyphs)) return 'the text has letters but no number';
  if (!/[A-Z]/.test(glyphs)) return 'the text has a number but no letters';
  return 'the text fits no known series';
}

/** A suffix that may as well be the last digit needs the reading with the digit beside it, unless a separator sets it apart. */
const suffixIsDoubtful = (fits: readonly Fit[], text: PlateText): boolean =>
  (text.breaks & (1 << (text.glyphs.length - 1))) === 0 && fits.every((fit) => fit.suffix !== null && LETTER_TO_DIGIT[fit.suffix] !== undefined);

function candidateFits(text: PlateText, natural: readonly Fit[], cues: PlateCues, table: SeriesTable): readonly Fit[] {
  const cutElsewhere = cues.lettersLength !== undefined && natural.every((fit) => fit.lettersEnd !== cues.lettersLength);
  if (natural.length > 0 && !cutElsewhere && !suffixIsDoubtful(natural, text)) return natural;
  if (isName(text.glyphs, table)) return natural;
  const resolved = resolvedFits(text, table);
  if (natural.length > 0) return [...natural, ...resolved.filter((fit) => !cutElsewhere || fit.lettersEnd === cues.lettersLength)];
  // The shape of a fancy plate gives way only where something other than the glyphs tells where the letters end.
  const usable = hasFancyShape(text.glyphs) ? resolved.filter((fit) => lettersAreSetApart(fit, text, cues)) : resolved;
  if (usable.length > 0) return usable;
  return hasFancyShape(text.glyphs) ? [] : fallbackFits(text, table);
}

/**
 * Parses the text of one plate with what stands around it. `raw` in the answer is the text as given. Never throws.
 * `text` may hold the raised year in its place or leave it to `cues.raisedYear`.
 */
export function parsePlate(text: string, cues: PlateCues = {}, table: SeriesTable = seriesInForce()): PlateParse {
  const raw = text;
  if (text.length > LONGEST_TEXT) {
    return { kind: 'unreadable', raw, reason: `the text is ${text.length} characters long; a plate has at most ${LONGEST_TEXT}` };
  }
  const plate = plateText(text, table.persianLetters, (word) => table.words.get(word)?.jurisdiction !== undefined);
  if (plate === null) return { kind: 'unreadable', raw, reason: 'the text has more letters and digits than any plate' };
  const words = wordCues([...plate.words, ...(cues.words ?? [])], table);
  if (isAppliedFor(plate, cues, words, table) || appliedForInWords(plate, words)) return { kind: 'applied-for', raw };

  const natural = naturalFits(plate, table);
  const official = officialSeries(natural, plate, words);
  if (official !== null) return { kind: 'official', raw, series: official };
  const candidates = rank(candidateFits(plate, natural, cues, table), plate, cues, words, table);
  const [first, ...rest] = candidates;
  if (first !== undefined) return { kind: 'mark', raw, candidates: [first, ...rest] };
  const letters = leadingLetters(plate.glyphs);
  if (hasFancyShape(plate.glyphs) || (letters >= 4 && /^[A-Z]+\d{0,4}$/.test(plate.glyphs))) return fancy(raw, plate);
  return { kind: 'unreadable', raw, reason: whyUnreadable(plate.glyphs) };
}

/** A mark as a person or a list gives it: the best reading with the others, or why there is none. */
export type ParsedMark =
  | { readonly kind: 'mark'; readonly mark: Mark; readonly candidates: readonly MarkCandidate[] }
  | { readonly kind: 'invalid'; readonly reason: string };

const LONGEST_MARK = 32;

interface Qualified { readonly rest: string; readonly jurisdiction: string | null; readonly district: string | null }

/** The canonical form names its issuer in the first field: `KP:SWAT|A|-|1214|-`. */
function fromCanonical(text: string, table: SeriesTable): Qualified | null {
  const [issuer = '', ...parts] = text.split('|');
  const [code = '', ...more] = issuer.trim().toUpperCase().split(':').map((part) => part.trim());
  const known = table.jurisdictions.get(code);
  if (known === undefined && code !== '-') return null;
  const district = more.find((part) => part !== 'MOTORCYCLE') ?? null;
  return { rest: parts.filter((part) => part.trim() !== '-').join('-'), jurisdiction: known?.code ?? null, district };
}

/** Splits "PB:LEB-17-4201", "KP:SWAT A-1214" and the canonical form into what they say of the issuer and the rest; `null`: an unknown issuer. */
function qualified(text: string, table: SeriesTable): Qualified | null {
  if (text.includes('|')) return fromCanonical(text, table);
  const [, code = '', rest = ''] = /^([^:]{0,8}):(.*)$/.exec(text) ?? [];
  if (code === '') return { rest: text, jurisdiction: null, district: null };
  const known = table.jurisdictions.get(code.trim().toUpperCase());
  if (known === undefined) return null;
  const district = known.identity.includes('district') ? /^\s*(\p{L}[\p{L} ]*\p{L})[\s:]+(?=\p{L}.*\d)/u.exec(rest) : null;
  return { rest: district === null ? rest : rest.slice(district[0].length), jurisdiction: known.code, district: district?.[1]?.toUpperCase() ?? null };
}

function invalidReason(parse: PlateParse): string {
  switch (parse.kind) {
    case 'applied-for': return 'it is an "applied for" legend, not a registration mark';
    case 'official': return 'it has the form of an official plate, which carries no registration mark';
    case 'fancy': return 'it is a name without a number, not a registration mark';
    case 'unreadable': return parse.reason;
    case 'mark': return '';
  }
}

/**
 * Parses a mark that a person typed or a list holds: `LEB-17-4201A`, `leb 17 4201`, `PB:LEB-17-4201`, `KP:SWAT A-1214`, and the canonical
 * form `KP:SWAT|A|-|1214|-`. A personalised plate with a number (AFRIDI 1) is a mark of class personalised here. Never throws.
 */
export function parseMark(text: string, table: SeriesTable = seriesInForce()): ParsedMark {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'invalid', reason: 'it is empty' };
  if (trimmed.length > LONGEST_MARK) return { kind: 'invalid', reason: `it is ${trimmed.length} characters long; a mark has at most ${LONGEST_MARK}` };
  if (/[*?%_]/.test(trimmed)) return { kind: 'invalid', reason: 'it has a wildcard, and one single mark is needed here' };
  const issued = qualified(trimmed, table);
  if (issued === null) {
    return { kind: 'invalid', reason: `the part before ":" or "|" is not a known jurisdiction (${[...table.jurisdictions.keys()].join(', ')})` };
  }
  const { rest, jurisdiction, district } = issued;
  const parse = parsePlate(rest, { jurisdiction, ...(district === null ? {} : { words: [district] }) }, table);
  if (parse.kind === 'fancy' && parse.mark !== undefined) return { kind: 'mark', mark: parse.mark, candidates: [] };
  if (parse.kind !== 'mark') return { kind: 'invalid', reason: invalidReason(parse) };
  const placed = (mark: Mark): Mark => (district !== null && mark.jurisdiction === jurisdiction ? { ...mark, district } : mark);
  const candidates = parse.candidates.map((candidate) => ({ ...candidate, mark: placed(candidate.mark) }));
  return { kind: 'mark', mark: placed(parse.candidates[0].mark), candidates };
}
