import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListEntry } from '../../src/list/entry.ts';
import { buildListIndex, matchPass, type ListMatch } from '../../src/list/match.ts';
import { compareMarks, markKey } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';

const AT = Date.parse('2026-11-03T06:15:02+05:00');

function mark(parts: Partial<Mark> = {}): Mark {
  return { jurisdiction: null, district: null, letters: 'LEA', year: null, number: '1234', suffix: null, class: null, series: null, ...parts };
}

let made = 0;
function entry(parts: Partial<Mark> = {}, more: Partial<ListEntry> = {}): ListEntry {
  const of = mark(parts);
  made += 1;
  return {
    id: `entry-${String(made).padStart(6, '0')}`,
    list: 'stolen',
    mark: of,
    key: markKey(of),
    kind: 'stolen',
    reason: 'FIR',
    owner: 'Police',
    action: 'stop',
    expiresAt: null,
    ...more,
  };
}

const match = (read: Partial<Mark>, entries: readonly ListEntry[], capturedAt = AT): ListMatch[] => {
  const of = mark(read);
  return matchPass(buildListIndex(entries), { mark: of, key: markKey(of), capturedAt });
};
const kinds = (read: Partial<Mark>, stated: Partial<Mark>): string[] => match(read, [entry(stated)]).map((m) => m.kind);

describe('a pass matches an entry', () => {
  it('exactly when all that either knows agrees', () => {
    const full = { jurisdiction: 'PB', year: '07', suffix: 'A' };
    expect(kinds(full, full)).toEqual(['exact']);
  });

  it('whatever the leading zeros', () => {
    expect(kinds({ number: '036' }, { number: '36' })).toEqual(['exact']);
  });

  it('not when letters or number differ', () => {
    expect(match({ number: '1235' }, [entry()])).toEqual([]);
    expect(match({ letters: 'LEB' }, [entry()])).toEqual([]);
  });

  it.each([
    [{ year: '07' }, { year: '08' }],
    [{ jurisdiction: 'PB' }, { jurisdiction: 'SD' }],
    [{ suffix: 'A' }, { suffix: 'B' }],
    [
      { jurisdiction: 'KP', district: 'SWAT' },
      { jurisdiction: 'KP', district: 'BANNU' },
    ],
  ])('not when a part known on both sides contradicts: %j against %j', (read, stated) => {
    expect(match(read, [entry(stated)])).toEqual([]);
  });
});

describe('a match with a part unread', () => {
  it('is one whose year was not read', () => {
    const [found] = match({ jurisdiction: 'PB' }, [entry({ jurisdiction: 'PB', year: '07' })]);
    expect(found).toMatchObject({ kind: 'unread-part', agreement: { year: 'unread', jurisdiction: 'same' } });
    expect(found?.remarks).toEqual(['The list says year 07; it was not read on the plate.']);
  });

  it('is one whose year the list does not say: the year is part of the mark', () => {
    expect(match({ year: '07' }, [entry()])[0]).toMatchObject({ kind: 'unread-part', agreement: { year: 'not-stated' } });
  });

  it('is one whose suffix is known on one side only', () => {
    expect(kinds({ suffix: 'A' }, {})).toEqual(['unread-part']);
    expect(kinds({}, { suffix: 'A' })).toEqual(['unread-part']);
  });

  it('is one whose stated jurisdiction or district was not read', () => {
    expect(kinds({}, { jurisdiction: 'SD' })).toEqual(['unread-part']);
    expect(kinds({ jurisdiction: 'KP' }, { jurisdiction: 'KP', district: 'SWAT' })).toEqual(['unread-part']);
  });
});

describe('a list that leaves the jurisdiction open', () => {
  it('matches exactly, and a remark says that it was not compared', () => {
    const [found] = match({ jurisdiction: 'SD' }, [entry()]);
    expect(found).toMatchObject({ kind: 'exact', agreement: { jurisdiction: 'not-stated' } });
    expect(found?.remarks).toEqual(['The plate shows jurisdiction SD; the list does not say which.']);
  });

  it('beside a plate that shows none is said to be ambiguous', () => {
    expect(match({}, [entry()])[0]?.remarks).toEqual([expect.stringContaining('vehicles of several')]);
  });
});

describe('the class', () => {
  it('tells vehicles apart only where the province numbers motorcycles apart', () => {
    expect(match({ jurisdiction: 'SD', class: 'motorcycle' }, [entry({ jurisdiction: 'SD', class: 'private' })])).toEqual([]);
    expect(match({ jurisdiction: 'PB', class: 'private' }, [entry({ jurisdiction: 'PB', class: 'commercial' })])[0]).toMatchObject({
      kind: 'exact',
      agreement: { class: 'differs' },
      remarks: ['The list says class of the vehicle commercial; the plate looks private.'],
    });
  });
});

describe('an entry that expires', () => {
  const until = entry({}, { expiresAt: AT });

  it('holds up to and including that instant', () => {
    expect(match({}, [until], AT)).toHaveLength(1);
    expect(match({}, [until], AT + 1)).toEqual([]);
  });

  it('is held against the time at which the vehicle was seen, so that a pass that arrives late still matches', () => {
    expect(match({}, [until], AT - 7 * 86_400_000)).toHaveLength(1);
  });
});

describe('several entries for one mark', () => {
  it('all match, exact ones first', () => {
    const entries = [entry({ year: '07' }), entry({ year: '08' }), entry({ jurisdiction: 'PB' }), entry({}, { kind: 'tax' })];
    expect(match({}, entries).map((m) => [m.kind, m.entry.mark.year, m.entry.kind])).toEqual([
      ['exact', null, 'tax'],
      ['unread-part', '07', 'stolen'],
      ['unread-part', '08', 'stolen'],
      ['unread-part', null, 'stolen'],
    ]);
  });

  it('given twice count once', () => {
    const same = entry();
    expect(buildListIndex([same, same]).size).toBe(1);
    expect(match({}, [same, same])).toHaveLength(1);
  });
});

const parts = fc.record({
  jurisdiction: fc.constantFrom('PB', 'SD', null),
  year: fc.constantFrom('07', '08', null),
  suffix: fc.constantFrom('A', null),
  number: fc.constantFrom('1234', '01234', '99'),
  class: fc.constantFrom('motorcycle' as const, 'private' as const, null),
});

describe('whatever the marks', () => {
  it('an entry matches when, and only when, the two marks can be one vehicle', () => {
    fc.assert(
      fc.property(parts, fc.array(parts, { maxLength: 6 }), (read, stated) => {
        const entries = stated.map((s) => entry(s));
        const wanted = entries.filter((e) => compareMarks(mark(read), e.mark).same).map((e) => e.id);
        expect(
          match(read, entries)
            .map((m) => m.entry.id)
            .toSorted(),
        ).toEqual(wanted.toSorted());
      }),
    );
  });

  it('the order of the entries changes nothing', () => {
    fc.assert(
      fc.property(parts, fc.array(parts, { maxLength: 6 }), (read, stated) => {
        const entries = stated.map((s) => entry(s));
        expect(match(read, entries.toReversed())).toEqual(match(read, entries));
      }),
    );
  });

  it('an exact match leaves no part unread that the list states, and what is unread is said', () => {
    fc.assert(
      fc.property(parts, parts, (read, stated) => {
        const unread = match(read, [entry(stated)]).filter(({ agreement: a }) => [a.jurisdiction, a.district, a.year, a.suffix].includes('unread'));
        expect(unread.filter((m) => m.kind === 'exact' || m.remarks.length === 0)).toEqual([]);
      }),
    );
  });
});

describe('an index of a hundred thousand entries', () => {
  it('finds the one', () => {
    const entries = Array.from({ length: 100_000 }, (_, i) => entry({ letters: 'LEB', number: String(i) }));
    expect(match({ letters: 'LEB', number: '77777' }, entries).map((m) => m.entry.mark.number)).toEqual(['77777']);
  });
});
