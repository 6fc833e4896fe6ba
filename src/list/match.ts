import { compareMarks } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import type { ListEntry } from './entry.ts';

/** Parts of a mark beside letters and number. */
export const MATCH_PARTS = ['jurisdiction', 'district', 'year', 'suffix', 'class'] as const;
export type MatchPart = (typeof MATCH_PARTS)[number];

/**
 * How a part stands between plate and entry: `same` on both; `unread`: the entry states it and the plate's was not read; `not-stated`:
 * read, and the entry says nothing of it; `unknown`: neither has it; `differs`: only for the class, which paint can make look like another.
 */
export type PartAgreement = 'same' | 'unread' | 'not-stated' | 'unknown' | 'differs';

export interface ListMatch {
  readonly entry: ListEntry;
  /** `exact`: everything that the entry states was read and agrees, and the plate has no part of the mark that the entry lacks. */
  readonly kind: 'exact' | 'unread-part';
  readonly agreement: Readonly<Record<MatchPart, PartAgreement>>;
  /** Whole sentences for the person who must decide: what was not compared and why. Empty when all was. */
  readonly remarks: readonly string[];
}

/** Entries by key. Built once per version of the lists; matching is one lookup. */
export interface ListIndex {
  readonly byKey: ReadonlyMap<string, readonly ListEntry[]>;
  readonly size: number;
}

export interface MatchablePass {
  readonly mark: Mark;
  readonly key: string;
  /** Epoch milliseconds: an entry must not have expired when the vehicle was seen, whenever the pass arrives. */
  readonly capturedAt: number;
}

/** An index over entries; the same entry id twice counts once. */
export function buildListIndex(entries: Iterable<ListEntry>): ListIndex {
  const byKey = new Map<string, ListEntry[]>(),
    ids = new Set<string>();
  for (const entry of entries) {
    if (ids.has(entry.id)) continue;
    ids.add(entry.id);
    const same = byKey.get(entry.key);
    if (same === undefined) byKey.set(entry.key, [entry]);
    else same.push(entry);
  }
  return { byKey, size: ids.size };
}

/**
 * Entries that the pass may be: equal keys, no part known on both sides that contradicts, not expired at the capture time. Exact ones
 * first, then by entry id.
 *
 * Year and suffix are part of the mark itself, so either side lacking one makes it `unread-part`. Jurisdiction, district and class are
 * seldom in a list: an entry that leaves them open stays `exact` and a remark says that they were not compared; an entry that states
 * one which the plate does not show is `unread-part`.
 */
export function matchPass(index: ListIndex, pass: MatchablePass): ListMatch[] {
  const found = (index.byKey.get(pass.key) ?? []).flatMap((entry): ListMatch[] => {
    if (entry.expiresAt !== null && pass.capturedAt > entry.expiresAt) return [];
    return compareMarks(pass.mark, entry.mark).contradicts.length > 0 ? [] : [matchOf(pass.mark, entry)];
  });
  return found.toSorted((a, b) => (a.kind === b.kind ? (a.entry.id < b.entry.id ? -1 : 1) : a.kind === 'exact' ? -1 : 1));
}

function matchOf(read: Mark, entry: ListEntry): ListMatch {
  const agreement = Object.fromEntries(MATCH_PARTS.map((part) => [part, agreementOf(read[part], entry.mark[part])])) as Record<
    MatchPart,
    PartAgreement
  >;
  const partial =
    agreement.year === 'not-stated' ||
    agreement.suffix === 'not-stated' ||
    (['jurisdiction', 'district', 'year', 'suffix'] as const).some((part) => agreement[part] === 'unread');
  const remarks = MATCH_PARTS.flatMap((part) => remarkOn(part, agreement[part], read[part], entry.mark[part]) ?? []);
  return { entry, kind: partial ? 'unread-part' : 'exact', agreement, remarks };
}

function agreementOf(read: string | null, stated: string | null): PartAgreement {
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

function remarkOn(part: MatchPart, agreement: PartAgreement, read: string | null, stated: string | null): string | null {
  const name = NAMES[part];
  switch (agreement) {
    case 'unread':
      return part === 'class' ? null : `The list says ${name} ${stated}; it was not read on the plate.`;
    case 'not-stated':
      return part === 'class' ? null : `The plate shows ${name} ${read}; the list does not say which.`;
    case 'differs':
      return `The list says ${name} ${stated}; the plate looks ${read}.`;
    case 'unknown':
      return part === 'jurisdiction'
        ? 'Neither the plate nor the list says the jurisdiction; the same letters and number can stand on vehicles of several.'
        : null;
    case 'same':
      return null;
  }
}
