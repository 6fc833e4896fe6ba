import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LONGEST_STAY_MS, DEFAULT_MOST_COST, oneLookAlike, pairProbable, type PairRules, type Seeker } from '../../src/journey/pair.ts';
import { foldOf } from '../../src/plate/key.ts';
import { lookAlikesOf } from '../../src/plate/look-alikes.ts';
import { mark, MORNING } from './sightings.ts';

const MINUTE = 60_000;
const rules: PairRules = { mostCost: DEFAULT_MOST_COST, longestStayMs: DEFAULT_LONGEST_STAY_MS, leastTravelMs: (from, to) => (from === to ? 0 : 10 * MINUTE) };

function seeker(seeks: 'entry' | 'exit', minutes: number, number: string, more: Partial<Seeker> = {}): Seeker {
  const at = MORNING + minutes * MINUTE;
  return {
    id: `${seeks}-${number}-${minutes}`, seeks, mark: mark({ number }), startedAt: at, lastSeenAt: at, firstSite: seeks === 'exit' ? 'baleli' : 'lak-pass', lastSite: seeks === 'exit' ? 'baleli' : 'lak-pass',
    exitBefore: null, entryAfter: null, classes: [], alone: true, ...more,
  };
}
/** Entered, and seeks its exit; left, and seeks its entry. */
const entered = (minutes: number, number = '1234', more: Partial<Seeker> = {}): Seeker => seeker('exit', minutes, number, more);
const left = (minutes: number, number = '1284', more: Partial<Seeker> = {}): Seeker => seeker('entry', minutes, number, more);
const told = (seekers: Seeker[], changed: Partial<PairRules> = {}): string[] => pairProbable(seekers, { ...rules, ...changed }).map((p) => `${p.entryId} ${p.exitId}`);

describe('an entry and an exit that are one look-alike apart', () => {
  it('are probably of one vehicle', () => {
    expect(pairProbable([entered(0), left(60)], rules)).toEqual([{ entryId: 'exit-1234-0', exitId: 'entry-1284-60', score: expect.closeTo(0.7) }]);
  });

  it('are surer of a hard look-alike than of one of blurred plates', () => {
    const letters = (text: string): Partial<Seeker> => ({ mark: mark({ letters: text }) });
    const [hard] = pairProbable([entered(0, '1', letters('LEO')), left(60, '2', letters('LEQ'))], rules), [blurred] = pairProbable([entered(0), left(60)], rules);
    expect(hard?.score).toBeGreaterThan(blurred?.score ?? 1);
  });

  it('are none where the setting allows fewer look-alikes, or none', () => {
    expect(told([entered(0), left(60)], { mostCost: 0.1 })).toEqual([]);
    expect(told([entered(0), left(60)], { mostCost: 0 })).toEqual([]);
  });

  it.each<[string, Seeker, Seeker]>([
    ['before the entry', entered(60), left(0)],
    ['sooner than anybody drives there', entered(0), left(9)],
    ['after the longest stay', entered(0), left(DEFAULT_LONGEST_STAY_MS / MINUTE + 1)],
    ['after the vehicle came in again', entered(0, '1234', { exitBefore: MORNING + 50 * MINUTE }), left(60)],
    ['of a vehicle that left after this entry', entered(0), left(60, '1284', { entryAfter: MORNING + MINUTE })],
    ['of another class', entered(0, '1234', { classes: ['car'] }), left(60, '1284', { classes: ['truck'] })],
    ['where both marks are known otherwise', entered(0, '1234', { alone: false }), left(60, '1284', { alone: false })],
    ['with two characters exchanged', entered(0), left(60, '1764')],
    ['with a character that looks like no other', entered(0), left(60, '1534')],
    ['with a character more', entered(0), left(60, '12834')],
    ['of another province', entered(0), left(60, '1284', { mark: mark({ number: '1284', jurisdiction: 'SD' }) })],
  ])('are not of one vehicle: an exit %s', (_, entry, exit) => {
    expect(told([entry, exit])).toEqual([]);
  });

  it('may have been seen as one of two classes', () => {
    expect(told([entered(0, '1234', { classes: ['car', 'van'] }), left(60, '1284', { classes: ['van'] })])).toHaveLength(1);
    expect(told([entered(0, '1234', { classes: [] }), left(60, '1284', { classes: ['van'] })])).toHaveLength(1);
  });

  it('suffice when one of the two marks is known otherwise: the other is the misread one', () => {
    expect(told([entered(0, '1234', { alone: false }), left(60)])).toHaveLength(1);
    expect(told([entered(0), left(60, '1284', { alone: false })])).toHaveLength(1);
  });
});

describe('several candidates', () => {
  it('that look alike equally are left unpaired', () => {
    expect(told([entered(0, '1034'), entered(5, '1634'), left(60, '1834')])).toEqual([]);
    expect(told([entered(0, '1834'), left(60, '1034'), left(70, '1634')])).toEqual([]);
  });

  it('give way to one that is clearly more alike', () => {
    const of = (letters: string): Partial<Seeker> => ({ mark: mark({ letters }) });
    expect(told([entered(0, 'a', of('LEO')), left(60, 'b', of('LEQ')), left(70, 'c', of('LE8'))])).toEqual(['exit-a-0 entry-b-60']);
  });
});

describe('one look-alike', () => {
  it('may stand in the year, with all else equal', () => {
    expect(oneLookAlike(mark({ year: '13' }), mark({ year: '18' }))).toBeCloseTo(0.4);
    expect(oneLookAlike(mark({ year: '13' }), mark({ year: '18', suffix: null, number: '1284' }))).toBeNull();
    expect(oneLookAlike(mark({ year: '13' }), mark({ year: null }))).toBeNull();
  });

  it('is none for equal marks, and costs the same both ways', () => {
    expect(oneLookAlike(mark(), mark())).toBeNull();
    expect(oneLookAlike(mark({ number: '1234' }), mark({ number: '1284' }))).toBe(oneLookAlike(mark({ number: '1284' }), mark({ number: '1234' })));
  });

  it('always folds into the same fold, or the store would not find it', () => {
    fc.assert(fc.property(fc.stringMatching(/^[A-Z]{2,3}[1-9][0-9]{2,3}$/), fc.nat(), fc.nat(), (key, at, which) => {
      const i = at % key.length, alike = lookAlikesOf(key.charAt(i), 'wide');
      fc.pre(alike.length > 0);
      const other = key.slice(0, i) + alike.charAt(which % alike.length) + key.slice(i + 1);
      expect(foldOf(other)).toBe(foldOf(key));
    }));
  });
});

describe('whatever seeks', () => {
  const any = fc.array(fc.tuple(fc.constantFrom('entry', 'exit'), fc.integer({ min: 0, max: 400 }), fc.constantFrom('1234', '1284', '1834', '1034', '1734', '7284'), fc.boolean())
    .map(([seeks, minutes, number, alone]) => seeker(seeks as 'entry' | 'exit', minutes, number, { alone })), { maxLength: 14 })
    .map((seekers) => [...new Map(seekers.map((s) => [s.id, s])).values()]);

  it('the order in which they are given changes nothing', () => {
    fc.assert(fc.property(any.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
      expect(told(shuffled).toSorted()).toEqual(told(all).toSorted());
    }));
  });

  it('nobody is in two pairs', () => {
    fc.assert(fc.property(any, (all) => {
      const ids = pairProbable(all, rules).flatMap((p) => [p.entryId, p.exitId]);
      expect(new Set(ids).size).toBe(ids.length);
    }));
  });
});
