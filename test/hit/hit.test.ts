import { describe, expect, test } from 'vitest';
import { hitId, rings } from '../../src/hit/hit.ts';
import { MATCH_KINDS } from '../../src/list/list-settings.ts';
import { aHit } from '../support/hits.ts';
import { anEntry, aPass, HOUR, MINUTE, MORNING } from '../support/passes.ts';

const ofPass = { passId: aPass().id, frame: null, cameraId: 'baleli-in-1', key: 'LEC8447' };
const ofFrame = { passId: null, frame: 'f'.repeat(64), cameraId: 'baleli-in-1', key: 'LEC8447' };

describe('a hit', () => {
  test('says which pass, which entry, of which list, and how old that list was', () => {
    expect(aHit()).toMatchObject({
      id: hitId(ofPass, 'stolen:LEC-13-8447'), passId: aPass().id, entryId: 'stolen:LEC-13-8447', list: 'stolen', listVersion: 7, kind: 'stolen', reason: 'FIR 112/2026',
      owner: 'CPO Quetta', cameraId: 'baleli-in-1', siteId: 'baleli', capturedAt: MORNING, at: MORNING + 500, key: 'LEC8447', plate: 'LEC-13-8447',
    });
  });

  test('counts the age of the list from its last delivery, changed or not', () => {
    expect(aHit().listImportedAt).toBe(MORNING - HOUR);
  });

  test('shows the mark as read beside the mark as listed', () => {
    const { passMark, entryMark, plate } = aHit({ plate: 'LEC-8447', match: { kind: 'unread-part' } });
    expect([passMark.year, entryMark?.year, plate]).toEqual([null, '13', 'LEC-8447']);
  });

  test('carries what the entry says for the officer', () => {
    const entry = anEntry({ warnings: ['armed'], caseReference: 'FIR 112/2026', source: 'AVLS', stage: 'snatched', vehicle: { class: 'car', make: 'Toyota', colour: 'white', chassis: 'NZE-1' } });
    expect(aHit({ entry }).entryDetails).toEqual({ warnings: ['armed'], caseReference: 'FIR 112/2026', source: 'AVLS', stage: 'snatched', vehicle: entry.vehicle });
  });

  test.each(['stop', 'inform', 'silent'] as const)('keeps the action %s of a match that may stop', (action) => {
    expect(aHit({ entry: anEntry({ action }) })).toMatchObject({ action, status: 'confirmed' });
  });

  test.each([['stop', 'check'], ['inform', 'inform'], ['silent', 'silent']] as const)('of a match that may not, %s is shown as %s, whatever its class', (action, shown) => {
    for (const kind of MATCH_KINDS) expect(aHit({ entry: anEntry({ action }), match: { kind, mayStop: false } }).action).toBe(shown);
  });

  test('says in words what agrees and what speaks against it', () => {
    expect(aHit({ match: { remarks: ['One.', 'Two.'], contradictions: ['The entry says white, the camera saw red.'] } }))
      .toMatchObject({ agreement: 'Letters and number agree. One. Two.', contradictions: ['The entry says white, the camera saw red.'] });
    expect(aHit({ match: { remarks: [], contradictions: [] } }).agreement).toBe('Everything that the list states of the mark was read and agrees.');
    expect(aHit({ match: { kind: 'look-alike', remarks: ['B was read for 8.'], contradictions: [] } }).agreement).toBe('B was read for 8.');
  });

  test('looks and sounds as its list says, and is as covert', () => {
    const settings = { priority: 90, colour: 'purple', sound: 'siren', covert: true } as const;
    expect(aHit({ settings })).toMatchObject(settings);
  });

  test('has one id for one pass and one entry, whatever else', () => {
    expect(hitId(ofPass, 'e')).toBe(hitId({ ...ofPass, cameraId: 'other', key: 'OTHER1' }, 'e'));
    const ids = [hitId(ofPass, 'e'), hitId(ofPass, 'f'), hitId({ ...ofPass, passId: 'q' }, 'e'), hitId(ofFrame, 'e'), hitId({ ...ofFrame, key: 'BCS36' }, 'e'), hitId({ ...ofFrame, cameraId: 'b' }, 'e')];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('of a vehicle still in view is provisional and has its frame in place of a pass', () => {
    expect(aHit({ frame: 'ab' })).toMatchObject({ status: 'provisional', passId: null, latestPassId: null, provisionalFrame: 'ab', count: 1 });
  });
});

describe('a late hit', () => {
  const late = aHit({ at: MORNING + 2 * MINUTE + 1 });

  test('never rings and calls nobody', () => {
    expect([late.late, rings(late), late.escalateAt]).toEqual([true, false, null]);
  });

  test('is later than the limit, not as late as it', () => {
    expect(aHit({ at: MORNING + 2 * MINUTE }).late).toBe(false);
  });
});

describe('the times of a hit', () => {
  test('it is escalated after the seconds of its list, unless it is silent or the list never escalates', () => {
    expect(aHit({ settings: { acknowledgeSeconds: 30 } }).escalateAt).toBe(MORNING + 500 + 30_000);
    expect(aHit({ settings: { acknowledgeSeconds: null } }).escalateAt).toBeNull();
    expect(aHit({ entry: anEntry({ action: 'silent' }) }).escalateAt).toBeNull();
  });

  test.each([['stolen', null], ['wanted', null], ['tax', MORNING + 500 + 24 * HOUR], ['missing', MORNING + 500 + 24 * HOUR]] as const)('of kind %s closes by itself at %s', (kind, at) => {
    expect(aHit({ entry: anEntry({ kind }) }).closesAt).toBe(at);
  });
});
