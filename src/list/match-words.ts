import type { Mark } from '../plate/mark.ts';
import { writeMark } from '../plate/written-form.ts';
import type { ListEntry } from './entry.ts';
import type { Exchange } from './look-alike-marks.ts';

/** Parts of a mark beside letters and number. */
export const MATCH_PARTS = ['jurisdiction', 'district', 'year', 'suffix', 'class'] as const;
export type MatchPart = (typeof MATCH_PARTS)[number];

/**
 * How a part stands between plate and entry: `same` on both; `unread`: the entry states it and the plate's was not read; `not-stated`:
 * read, and the entry says nothing of it; `unknown`: neither has it; `differs`.
 */
export type PartAgreement = 'same' | 'unread' | 'not-stated' | 'unknown' | 'differs';
export type Agreement = Readonly<Record<MatchPart, PartAgreement>>;

type Parts = Pick<Mark, MatchPart>;

export function agreementOf(read: Parts, stated: Parts): Agreement {
  return Object.fromEntries(MATCH_PARTS.map((part) => [part, partAgreement(read[part], stated[part])])) as Record<MatchPart, PartAgreement>;
}

function partAgreement(read: string | null, stated: string | null): PartAgreement {
  if (read === null) return stated === null ? 'unknown' : 'unread';
  if (stated === null) return 'not-stated';
  return read === stated ? 'same' : 'differs';
}

const NAMES: Readonly<Record<MatchPart, string>> = {
  jurisdiction: 'jurisdiction',
  district: 'district',
  year: 'year',
  suffix: 'letter after the number',
  class: 'class of the vehicle',
};

/** What was not compared, and why, part by part; null where there is nothing to say. What contradicts is said elsewhere. */
export function remarkOn(part: MatchPart, agreement: PartAgreement, read: string | null, stated: string | null): string | null {
  const name = NAMES[part];
  switch (agreement) {
    case 'unread':
      return part === 'class' ? null : `The list says ${name} ${stated}; it was not read on the plate.`;
    case 'not-stated':
      return part === 'class' ? null : `The plate shows ${name} ${read}; the list does not say which.`;
    case 'differs':
      return part === 'class' ? `The list says ${name} ${stated}; the plate looks ${read}.` : null;
    case 'unknown':
      return part === 'jurisdiction'
        ? 'Neither the plate nor the list says the jurisdiction; the same letters and number can stand on vehicles of several.'
        : null;
    case 'same':
      return null;
  }
}

export const exchangeRemark = (read: Mark, listed: Mark, exchange: Exchange): string =>
  `The plate was read ${writeMark(read)}, the list has ${writeMark(listed)}: ${exchange.read} and ${exchange.listed} look alike. Compare that character with the picture.`;

export const alternativeRemark = (read: Mark, via: string, probability: number): string =>
  `The plate was read ${writeMark(read)}; ${via} is another reading of it (${percent(probability)}). Compare it with the picture.`;

export const patternRemark = (pattern: string): string => `The list has no single mark but the pattern ${pattern}, which other vehicles fit too.`;

/** What the list says happened since the vehicle was listed; null when it is still looked for. */
export function stageRemark(stage: ListEntry['stage']): string | null {
  if (stage === 'recovered') return 'The list says that this vehicle was recovered: do not stop for this entry.';
  return stage === 'in-court' ? 'The list says that this vehicle was found and is before a court: do not stop for this entry.' : null;
}

const percent = (probability: number): string => (probability < 0.01 ? 'less than 1 %' : `${Math.round(probability * 100)} %`);
