import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createListIndex, type IndexRules } from '../../src/list/list-index.ts';
import { MATCH_KINDS, type MatchKind } from '../../src/list/list-settings.ts';
import type { MatchablePass } from '../../src/list/matchable-pass.ts';
import { confusionCost } from '../../src/plate/look-alikes.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { allKinds, entry, indexed, indexOf, mark, pass, patternEntry } from './listed.ts';

type Text = Pick<Mark, 'letters' | 'year' | 'number' | 'suffix'>;
type Group = IndexRules['lookAlikes'];

const found = (seen: MatchablePass, stated: readonly Partial<Mark>[], rules: IndexRules = allKinds) => indexOf(stated.map((s) => entry(s))).find(seen, rules);
const kindOf = (read: Partial<Mark>, stated: Partial<Mark>, rules?: IndexRules): MatchKind | undefined => found(pass(read), [stated], rules)[0]?.kind;

/** The definitions, word for word and slowly: no neighbours, no keys, no index. */
const stripped = (number: string): string => number.replace(/^0+(?=\d)/, '');
const compatible = (a: string | null, b: string | null): boolean => a === null || b === null || a === b;
const isUnread = (a: Text, b: Text): boolean => (a.year === null) !== (b.year === null) || (a.suffix === null) !== (b.suffix === null);

/** The mark as printed, and without the leading zeros. */
const forms = (m: Text): [letters: string, number: string][] => [[m.letters, m.number], [m.letters, stripped(m.number)]];

function isOneLookAlike(a: Text, b: Text, group: Group): boolean {
  for (const [lettersA, numberA] of forms(a)) {
    for (const [lettersB, numberB] of forms(b)) {
      let left = lettersA + numberA, right = lettersB + numberB;
      if (left.length !== right.length || (lettersA.length !== lettersB.length && (a.year !== null || b.year !== null))) continue;
      // Where letters and number are the same, zeros before it are nothing that was compared.
      if (left === right && numberA !== stripped(numberA)) continue;
      if (a.year !== null && b.year !== null) [left, right] = [left + a.year, right + b.year];
      if (a.suffix !== null && b.suffix !== null) [left, right] = [left + a.suffix, right + b.suffix];
      const differing = [...left].flatMap((char, i) => (char === right[i] ? [] : [confusionCost(char, right.charAt(i))]));
      if (left.length >= 5 && left.length <= 11 && differing.length === 1 && (differing[0] ?? 1) <= (group === 'hard' ? 0.1 : 0.99)) return true;
    }
  }
  return false;
}

function slowly(read: Text, listed: Text, { kinds, lookAlikes }: IndexRules): MatchKind | undefined {
  const unread = isUnread(read, listed), allowed = (kind: MatchKind): MatchKind | undefined => (kinds.includes(kind) ? kind : undefined);
  const sameKey = read.letters === listed.letters && stripped(read.number) === stripped(listed.number);
  if (sameKey && compatible(read.year, listed.year) && compatible(read.suffix, listed.suffix)) return allowed(unread ? 'unread-part' : 'exact');
  if (unread && !kinds.includes('unread-part')) return undefined;
  return isOneLookAlike(read, listed, lookAlikes) ? allowed('look-alike') : undefined;
}

/** Characters so few, and so alike, that marks often meet. */
const text = (from: string, minLength: number, maxLength: number) => fc.string({ unit: fc.constantFrom(...from), minLength, maxLength });
const anyText: fc.Arbitrary<Text> = fc.record({
  letters: text('LBDOI', 1, 3), number: fc.oneof(text('0178', 1, 4), text('08', 2, 3)),
  year: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: fc.constantFrom('08', '18', '13', '09', '11', '17') }),
  suffix: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom('A', 'B', 'P', 'R', 'O', 'D') }),
});
const anyRules: fc.Arbitrary<IndexRules> = fc.record({ kinds: fc.subarray([...MATCH_KINDS], { minLength: 1 }), lookAlikes: fc.constantFrom('hard' as const, 'wide' as const) });

describe('one look-alike', () => {
  it.each([
    ['a letter for a letter', { letters: 'LEO' }, { letters: 'LED' }],
    ['a digit for a letter where the letters end', { letters: 'LE', number: '8123' }, { letters: 'LEB', number: '123' }],
    ['a letter for a digit where the number begins', { letters: 'LEB', number: '123' }, { letters: 'LE', number: '8123' }],
    ['beside equal years', { letters: 'LEO', year: '07' }, { letters: 'LED', year: '07' }],
    ['beside an unread year', { letters: 'LEO' }, { letters: 'LED', year: '07' }],
    ['in the suffix', { suffix: 'O' }, { suffix: 'D' }],
    ['whatever the leading zeros', { letters: 'LEO', number: '036' }, { letters: 'LED', number: '36' }],
    ['in a printed zero', { letters: 'LEO', number: '36' }, { letters: 'LE', number: '036' }],
    ['of a mark of Azad Kashmir with four letters', { letters: 'AJKO', number: '90' }, { letters: 'AJKD', number: '90' }],
    ['of an Afghan mark', { letters: 'KDO', number: '41234' }, { letters: 'KDQ', number: '41234' }],
  ])('%s', (_, read, stated) => {
    expect(kindOf(read, stated, { kinds: MATCH_KINDS, lookAlikes: 'hard' })).toBe('look-alike');
    expect(kindOf(stated, read, { kinds: MATCH_KINDS, lookAlikes: 'hard' })).toBe('look-alike');
  });

  it.each([
    ['digit for digit', { number: '1231' }, { number: '1237' }],
    ['in the year', { year: '03' }, { year: '08' }],
    ['letters of blur', { letters: 'LEP' }, { letters: 'LER' }],
    ['of Punjab\'s font', { letters: 'LEU' }, { letters: 'LEY' }],
  ])('of the wide group only: %s', (_, read, stated) => {
    expect(kindOf(read, stated, { kinds: MATCH_KINDS, lookAlikes: 'hard' })).toBeUndefined();
    expect(kindOf(read, stated)).toBe('look-alike');
  });

  it.each([
    ['two of them', { letters: 'OEO' }, { letters: 'DED' }],
    ['nothing alike', { letters: 'LEA' }, { letters: 'LEX' }],
    ['a pair by way of a third', { letters: 'L', number: '1111' }, { letters: 'T', number: '1111' }],
    ['four characters', { letters: 'O', number: '123' }, { letters: 'D', number: '123' }],
    ['four characters beside an unread year', { letters: 'O', number: '123' }, { letters: 'D', number: '123', year: '07' }],
    ['over a year: it parts letters and number', { letters: 'LE', number: '8123', year: '07' }, { letters: 'LEB', number: '123', year: '07' }],
    ['a fourth letter, which names have', { letters: 'LEBI', number: '23' }, { letters: 'LEB', number: '123' }],
    ['five digits', { letters: 'LE', number: '81234' }, { letters: 'LEB', number: '1234' }],
    ['a year that no plate has', { year: '11' }, { year: '71' }],
    ['year and suffix', { year: '03', suffix: 'O' }, { year: '08', suffix: 'D' }],
    ['two digits of a year', { year: '11' }, { year: '77' }],
  ])('is not: %s', (_, read, stated) => {
    expect(kindOf(read, stated)).toBeUndefined();
    expect(kindOf(stated, read)).toBeUndefined();
  });

  it('says which character is listed for which read', () => {
    expect(found(pass({ letters: 'LEO' }), [{ letters: 'LED' }])).toEqual([{ serial: 0, kind: 'look-alike', via: 'D for O' }]);
    expect(found(pass({ year: '03' }), [{ year: '08' }])).toEqual([{ serial: 0, kind: 'look-alike', via: '8 for 3' }]);
  });
});

describe('the index against a brute-force matcher', () => {
  /** A third of the passes are entries with one character changed by hand, as a reader would misread them; the rest are unrelated. */
  const sample = <T>(of: fc.Arbitrary<T>, count: number, seed: number): T[] => fc.sample(of, { numRuns: count, seed });
  const misread = (of: Text, i: number): Text => {
    const at = i % (of.letters.length + of.number.length), swap = (s: string, k: number): string => {
      const chars = [...s], other = [...'OD0QB8I1L7TPRGC6'].find((c) => confusionCost(c, chars[k] ?? '') < 1 && c !== chars[k] && /\d/.test(c) === /\d/.test(chars[k] ?? ''));
      if (other !== undefined) chars[k] = other;
      return chars.join('');
    };
    return at < of.letters.length ? { ...of, letters: swap(of.letters, at) } : { ...of, number: swap(of.number, at - of.letters.length) };
  };

  it.each(['hard', 'wide'] as const)('finds all that it finds, and nothing else, over a million marks and misreads: %s', (lookAlikes) => {
    const listed = sample(anyText, 2000, 4), rules: IndexRules = { kinds: MATCH_KINDS, lookAlikes }, index = indexOf(listed.map((l) => entry(l)));
    const reads = [...sample(anyText, 330, 5), ...sample(anyText, 170, 6).map((_, i) => misread(listed[i * 11] as Text, i))];
    const counts = new Map<MatchKind, number>();
    for (const read of reads) {
      const wanted = listed.flatMap((l, serial) => ({ serial, kind: slowly(read, l, rules) })).filter((w) => w.kind !== undefined);
      const got = index.find(pass(read), rules);
      expect({ read, found: got.map(({ serial, kind }) => ({ serial, kind })).toSorted((a, b) => a.serial - b.serial) }).toEqual({ read, found: wanted });
      for (const { kind } of got) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    // The sample must have had something to find.
    for (const kind of ['exact', 'unread-part', 'look-alike'] as const) expect(counts.get(kind)).toBeGreaterThan(100);
  });

  it('whatever is allowed', () => {
    fc.assert(fc.property(fc.array(anyText, { maxLength: 30 }), fc.array(anyText, { maxLength: 10 }), anyRules, (listed, reads, rules) => {
      const index = indexOf(listed.map((l) => entry(l)));
      for (const read of reads) {
        expect(index.find(pass(read), rules).map((c) => [c.serial, c.kind]).toSorted()).toEqual(listed.flatMap((l, i) => {
          const kind = slowly(read, l, rules);
          return kind === undefined ? [] : [[i, kind]];
        }).toSorted());
      }
    }));
  });

  it('matching is symmetric: read and listed exchanged match in the same class', () => {
    fc.assert(fc.property(anyText, anyText, anyRules, (a, b, rules) => {
      const [one] = found(pass(a), [b], rules), [other] = found(pass(b), [a], rules);
      expect(one?.kind).toBe(other?.kind);
      // Which was exchanged for which is the only thing that turns round.
      expect(one?.via?.split(' for ').toReversed()).toEqual(other?.via?.split(' for '));
    }), { numRuns: 2000 });
  });
});

describe('an alternative', () => {
  const seen = (more: Partial<MatchablePass> = {}): MatchablePass =>
    pass({ letters: 'LEC', year: '13', number: '8447' }, { alternatives: [{ mark: 'LEC-13-8442', confidence: 0.2 }, { mark: 'LEF-8447', confidence: 0.1 }, { mark: 'LEX-13-8447-A', confidence: 0.05 }], ...more });

  it('is looked up like the read, and named', () => {
    expect(found(seen(), [{ letters: 'LEC', year: '13', number: '8442' }, { letters: 'LEF', number: '8447', year: '09' }, { letters: 'LEX', year: '13', number: '8447', suffix: 'A' }])).toEqual([
      { serial: 0, kind: 'alternative', via: 'LEC-13-8442' }, { serial: 1, kind: 'alternative', via: 'LEF-8447' }, { serial: 2, kind: 'alternative', via: 'LEX-13-8447-A' },
    ]);
  });

  it('that looks alike counts as that, which is the stronger class', () => {
    expect(found(seen({ alternatives: [{ mark: 'LEC-13-8441', confidence: 0.2 }] }), [{ letters: 'LEC', year: '13', number: '8441' }])).toMatchObject([{ kind: 'look-alike', via: '1 for 7' }]);
  });

  it('with a part unread needs that class as well', () => {
    expect(found(seen(), [{ letters: 'LEF', number: '8447', year: '09' }], { kinds: ['alternative'], lookAlikes: 'wide' })).toEqual([]);
  });

  it('never is the read itself, whatever its zeros, but may be its other year', () => {
    const alternatives = [{ mark: 'LEC-13-08447', confidence: 0.3 }, { mark: 'LEC-18-8447', confidence: 0.2 }];
    const only: IndexRules = { kinds: ['alternative'], lookAlikes: 'wide' };
    expect(found(seen({ alternatives }), [{ letters: 'LEC', year: '13', number: '8447' }], only)).toEqual([]);
    expect(found(seen({ alternatives }), [{ letters: 'LEC', year: '18', number: '8447' }], only)).toMatchObject([{ via: 'LEC-18-8447' }]);
  });

  it('is one of the likeliest four', () => {
    const alternatives = ['LEA-1', 'LEA-2', 'LEA-3', 'LEA-4', 'LEA-5'].map((m, i) => ({ mark: m, confidence: 0.1 + i / 100 }));
    const listed = ['1', '2', '3', '4', '5'].map((number) => ({ letters: 'LEA', number }));
    expect(found(seen({ alternatives }), listed).map((c) => c.serial)).toEqual([1, 2, 3, 4]);
  });

  it('that leads to an entry by two ways is the likelier; and one that is no mark is passed over', () => {
    const alternatives = [{ mark: '???', confidence: 0.5 }, { mark: 'LEF-8447', confidence: 0.1 }, { mark: 'LEF-09-8447', confidence: 0.2 }, { mark: '', confidence: 1 }];
    expect(found(seen({ alternatives }), [{ letters: 'LEF', number: '8447', year: '09' }])).toEqual([{ serial: 0, kind: 'alternative', via: 'LEF-09-8447' }]);
  });
});

describe('a pattern', () => {
  const serials = (patterns: readonly string[], seen: MatchablePass): number[] => indexOf(patterns.map((p) => patternEntry(p))).find(seen, allKinds).map((c) => c.serial);

  it('matches by letters, number and year', () => {
    expect(serials(['LE?-*', 'LE*34', '?EA-1234', 'LEB-*', 'LEA-07-*', 'LEA-08-*', 'LEA-12??', 'LEA-12?'], pass({ year: '07' }))).toEqual([0, 1, 2, 4, 6]);
  });

  it('is named, and its jurisdiction must not contradict', () => {
    expect(indexOf([patternEntry('PB:LE*')]).find(pass({ jurisdiction: 'PB' }), allKinds)).toEqual([{ serial: 0, kind: 'pattern', via: 'PB:LE*' }]);
    expect(serials(['PB:LE*', 'SD:LE*'], pass({ jurisdiction: 'SD' }))).toEqual([1]);
    expect(serials(['PB:LE*', 'SD:LE*'], pass())).toEqual([0, 1]);
  });

  it('is found once, though leading zeros make several of it', () => {
    expect(serials(['BCS-0?', 'B??0*', '*3'], pass({ letters: 'BCS', number: '03' }))).toEqual([0, 1, 2]);
  });

  it('without a wildcard is that mark, and one that cannot be read matches nothing', () => {
    expect(serials(['LEA-1234', '', '!!', 'XX:LE*'], pass())).toEqual([0]);
  });

  it('is the weakest class, goes with its class, and can be removed', () => {
    const index = indexOf([patternEntry('LE*'), entry({ year: '07' }), entry()]);
    expect(index.find(pass(), allKinds).map((c) => c.kind)).toEqual(['exact', 'unread-part', 'pattern']);
    expect(index.find(pass(), { kinds: ['exact'], lookAlikes: 'wide' }).map((c) => c.serial)).toEqual([2]);
    expect([index.size, index.remove(0), index.remove(0), index.size]).toEqual([3, true, false, 2]);
    expect(index.find(pass(), allKinds).map((c) => c.kind)).toEqual(['exact', 'unread-part']);
  });
});

describe('entries that come and go', () => {
  it('adding one never removes a match, and removing takes just that one', () => {
    fc.assert(fc.property(fc.array(anyText, { minLength: 1, maxLength: 40 }), anyText, fc.array(fc.nat(), { maxLength: 30 }), (listed, read, removals) => {
      const index = createListIndex(), seen = pass(read);
      let before: number[] = [];
      for (const [serial, one] of listed.entries()) {
        index.add(indexed(serial, entry(one)));
        const now = index.find(seen, allKinds).map((c) => c.serial);
        expect(now).toEqual(expect.arrayContaining(before));
        before = now;
      }
      const present = new Set(listed.keys());
      for (const pick of removals) {
        const serial = pick % listed.length, all = index.find(seen, allKinds);
        expect(index.remove(serial)).toBe(present.delete(serial));
        expect(index.find(seen, allKinds)).toEqual(all.filter((c) => c.serial !== serial));
        expect(index.size).toBe(present.size);
      }
    }));
  });

  it('added under a serial that is there takes its place', () => {
    const index = indexOf([entry()]);
    index.add(indexed(0, entry({ number: '99' })));
    expect([index.size, index.find(pass(), allKinds).length, index.find(pass({ number: '99' }), allKinds).length]).toEqual([1, 0, 1]);
    index.add(indexed(0, patternEntry('LE*')));
    expect([index.size, index.find(pass(), allKinds)[0]?.kind]).toEqual([1, 'pattern']);
  });

  it('goes on for ever in the same room: a list that is replaced daily does not fill up', () => {
    const index = createListIndex();
    for (let day = 0; day < 40; day++) {
      for (let i = 0; i < 500; i++) {
        index.add(indexed(day * 500 + i, entry({ letters: 'LEB', number: String(i) })));
        expect(index.remove((day - 1) * 500 + i)).toBe(day > 0);
      }
    }
    expect(index.size).toBe(500);
    expect(index.find(pass({ letters: 'LEB', number: '77' }), { kinds: ['exact'], lookAlikes: 'hard' })).toEqual([{ serial: 39 * 500 + 77, kind: 'exact', via: null }]);
  });
});

describe('marks out of the ordinary', () => {
  it.each([
    ['a name on a fancy plate', { letters: 'SHAHZADAKHAN', number: '1' }, { letters: 'SHAHZADAKHAM', number: '1' }],
    ['ten characters', { letters: 'ABCDEF', number: '9999' }, { letters: 'ABCDEF', number: '999' }],
    ['eleven characters', { letters: 'ABCDEFG', number: '9999' }, { letters: 'ABCDEFH', number: '9999' }],
    ['a prefix of digits (Iran)', { letters: '12B', number: '34567' }, { letters: '12J', number: '34567' }],
    ['one letter and zero', { letters: 'A', number: '0' }, { letters: 'A', number: '10' }],
  ])('match themselves only: %s', (_, one, other) => {
    expect(found(pass(one), [one, other])).toEqual([{ serial: 0, kind: 'exact', via: null }]);
  });

  it('of any characters are kept apart', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.string({ maxLength: 14 }), { maxLength: 30 }), (keys) => {
      const index = createListIndex();
      for (const [serial, key] of keys.entries()) index.add({ serial, key, letters: '', number: '', year: null, suffix: null, pattern: null });
      for (const [serial, key] of keys.entries()) expect(index.find(pass({}, { key, mark: mark({ number: '' }) }), { kinds: ['exact'], lookAlikes: 'hard' })).toMatchObject([{ serial }]);
    }));
  });
});
