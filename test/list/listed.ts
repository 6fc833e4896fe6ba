import type { ListEntry } from '../../src/list/entry.ts';
import { confusionsFrom } from '../../src/list/confusions.ts';
import { createListIndex, type IndexedEntry, type IndexRules, type ListIndex } from '../../src/list/list-index.ts';
import { ListSettings, MATCH_KINDS } from '../../src/list/list-settings.ts';
import { judgeMatch, type ListMatch, type MatchRules } from '../../src/list/match.ts';
import type { MatchablePass } from '../../src/list/matchable-pass.ts';
import { markKey } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';

/** Tuesday. */
export const AT = Date.parse('2026-11-03T06:15:02+05:00');

export function mark(parts: Partial<Mark> = {}): Mark {
  return { jurisdiction: null, district: null, letters: 'LEA', year: null, number: '1234', suffix: null, class: null, series: null, ...parts };
}

let made = 0;
export function entry(parts: Partial<Mark> = {}, more: Partial<ListEntry> = {}): ListEntry {
  const of = mark(parts);
  made += 1;
  return {
    id: `entry-${String(made).padStart(6, '0')}`, list: 'stolen', mark: of, key: markKey(of), pattern: null, kind: 'stolen', reason: 'FIR', owner: 'Police', action: 'stop',
    vehicle: { class: null, make: null, colour: null, chassis: null }, warnings: [], caseReference: null, source: null, stage: null, expiresAt: null, reviewAt: null, ...more,
  };
}

export const patternEntry = (pattern: string, more: Partial<ListEntry> = {}): ListEntry => entry({}, { mark: null, key: null, pattern, ...more });

export function pass(parts: Partial<Mark> = {}, more: Partial<MatchablePass> = {}): MatchablePass {
  const of = mark(parts);
  return {
    mark: of, key: markKey(of), capturedAt: AT, confidence: 0.9, characters: [], alternatives: [], vehicle: { class: null, make: null, colour: null },
    siteId: 'baleli', direction: 'in', ...more,
  };
}

export function indexed(serial: number, { mark: of, key, pattern }: ListEntry): IndexedEntry {
  return { serial, key, letters: of?.letters ?? null, number: of?.number ?? null, year: of?.year ?? null, suffix: of?.suffix ?? null, pattern };
}

/** Serials are places in the list. */
export function indexOf(entries: readonly ListEntry[]): ListIndex {
  const index = createListIndex();
  entries.forEach((one, serial) => index.add(indexed(serial, one)));
  return index;
}

export const allKinds: IndexRules = { kinds: MATCH_KINDS, lookAlikes: 'wide' };

/** Settings that hide nothing for being improbable, unless they say so. */
export const rules = (settings: Partial<ListSettings> = {}, more: Partial<MatchRules> = {}): MatchRules => ({
  settings: ListSettings.parse({ leastScore: 0, ...settings }), confusions: confusionsFrom([]), timeZone: 'Asia/Karachi', ...more,
});

/** What the pass matches in a list of these entries: found by the index, then judged. */
export function matches(seen: MatchablePass, entries: readonly ListEntry[], by: MatchRules = rules()): ListMatch[] {
  const { matchKinds: kinds, lookAlikes } = by.settings;
  return indexOf(entries).find(seen, { kinds, lookAlikes }).flatMap((found) => judgeMatch(seen, entries[found.serial] as ListEntry, found, by) ?? []);
}
