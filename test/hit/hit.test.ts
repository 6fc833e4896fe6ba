import { describe, expect, test } from 'vitest';
import { hitId, hitOf, type Hit } from '../../src/hit/hit.ts';
import { buildListIndex, matchPass } from '../../src/list/match.ts';
import type { ListEntry } from '../../src/list/entry.ts';
import { markKey } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';
import type { ListState } from '../../src/store/active-list-entries.ts';
import { anEntry, aPass, DAY, HOUR, mark, MORNING } from '../support/passes.ts';

const STATE: ListState = { list: 'stolen', version: 7, sha256: 'a', fileName: 'a.csv', entryCount: 1, importedAt: MORNING - DAY, confirmedAt: MORNING - HOUR };

/** The hit of a pass with this mark and this entry. */
function hit(read: Mark, entry: ListEntry): Hit {
  const pass = { ...aPass({ mark: read }), mark: read, key: markKey(read), siteId: 'baleli', boundary: true };
  const [match] = matchPass(buildListIndex([entry]), pass);
  if (match === undefined) throw new Error('no match');
  return hitOf(pass, match, STATE, MORNING + 500);
}

describe('a hit', () => {
  test('says which pass, which entry, of which list, and how old that list was', () => {
    expect(hit(mark('LEC-13-8447'), anEntry())).toMatchObject({
      id: hitId(aPass().id, 'stolen:LEC-13-8447'), passId: aPass().id, entryId: 'stolen:LEC-13-8447', list: 'stolen', listVersion: 7, kind: 'stolen', reason: 'FIR 112/2026',
      owner: 'CPO Quetta', cameraId: 'baleli-in-1', siteId: 'baleli', capturedAt: MORNING, at: MORNING + 500, key: 'LEC8447',
    });
  });

  test('counts the age of the list from its last delivery, changed or not', () => {
    expect(hit(mark('LEC-13-8447'), anEntry()).listImportedAt).toBe(MORNING - HOUR);
  });

  test('shows the mark as read beside the mark as listed', () => {
    const { passMark, entryMark } = hit(mark('LEC-8447'), anEntry());
    expect([passMark.year, entryMark.year]).toEqual([null, '13']);
  });

  test.each(['stop', 'inform', 'silent'] as const)('keeps the action %s of an exact match', (action) => {
    expect(hit(mark('LEC-13-8447'), anEntry({ action }))).toMatchObject({ action, matchKind: 'exact', status: 'confirmed' });
  });

  test.each([['stop', 'check'], ['inform', 'inform'], ['silent', 'silent']] as const)('with an unread part, %s is shown as %s and the hit is provisional', (action, shown) => {
    expect(hit(mark('LEC-8447'), anEntry({ action }))).toMatchObject({ action: shown, matchKind: 'unread-part', status: 'provisional' });
  });

  test('nobody is stopped for an entry that does not say which of several vehicles it means', () => {
    expect(hit(mark('LEC-13-8447'), anEntry({ mark: 'LEC-8447' }))).toMatchObject({ action: 'check' });
  });

  test('says in words what was not compared', () => {
    const unread = hit(mark('LEC-8447'), anEntry()).agreement;
    expect(unread).toContain('Letters and number agree; a part was not compared.');
    expect(unread).toContain('year 13');
    expect(hit(mark('LEC-13-8447'), anEntry()).agreement).toContain('was read and agrees');
  });

  test('has one id for one pass and one entry, whatever else', () => {
    expect(hitId('p', 'e')).toBe(hitId('p', 'e'));
    expect(new Set([hitId('p', 'e'), hitId('p', 'f'), hitId('q', 'e'), hitId('pe', ''), hitId('', 'pe')]).size).toBe(5);
  });
});
