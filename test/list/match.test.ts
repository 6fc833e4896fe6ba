import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListEntry } from '../../src/list/entry.ts';
import type { ListMatch } from '../../src/list/match.ts';
import type { MatchablePass } from '../../src/list/matchable-pass.ts';
import { compareMarks } from '../../src/plate/key.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { writeMark } from '../../src/plate/written-form.ts';
import { AT, entry, mark, matches, pass, patternEntry, rules } from './listed.ts';

const match = (read: Partial<Mark>, entries: readonly ListEntry[], more: Partial<MatchablePass> = {}): ListMatch[] => matches(pass(read, more), entries);
const kinds = (read: Partial<Mark>, stated: Partial<Mark>): string[] => match(read, [entry(stated)]).map((m) => m.kind);

describe('a pass matches an entry', () => {
  it('exactly when all that either knows agrees', () => {
    const full = { jurisdiction: 'PB', year: '07', suffix: 'A' };
    expect(match(full, [entry(full)])).toMatchObject([{ kind: 'exact', via: null, score: 0.9, contradictions: [], remarks: [], mayStop: true }]);
  });

  it('whatever the leading zeros', () => {
    expect(kinds({ number: '036' }, { number: '36' })).toEqual(['exact']);
  });

  it('not when letters or number differ by more than looks', () => {
    expect(match({ number: '1235' }, [entry()])).toEqual([]);
    expect(match({ letters: 'LEW' }, [entry()])).toEqual([]);
  });

  it.each([
    [{ year: '07' }, { year: '15' }],
    [{ suffix: 'A' }, { suffix: 'B' }],
  ])('not when a part of the mark that is known on both sides contradicts: %j against %j', (read, stated) => {
    expect(match(read, [entry(stated)])).toEqual([]);
  });
});

describe('the identical mark of another province', () => {
  const stolen = entry({ letters: 'AAR', number: '540', jurisdiction: 'SD' });

  it('is a hit that says so and is never shown as "stop": AAR-540, stolen in Karachi, drives in Quetta', () => {
    const [found] = match({ letters: 'AAR', number: '540', jurisdiction: 'BA' }, [stolen], { confidence: 0.98 });
    expect(found).toMatchObject({ kind: 'exact', mayStop: false, remarks: [] });
    expect(found?.contradictions).toEqual(['The list says jurisdiction SD; the plate shows BA: the same letters and number stand on another vehicle there.']);
    expect(found?.score).toBeCloseTo(0.098);
  });

  it('is the listed one where the province agrees', () => {
    expect(match({ letters: 'AAR', number: '540', jurisdiction: 'SD' }, [stolen])).toMatchObject([{ kind: 'exact', mayStop: true, score: 0.9 }]);
  });

  it('may be it where the plate shows no province', () => {
    const [found] = match({ letters: 'AAR', number: '540' }, [stolen]);
    expect(found).toMatchObject({ kind: 'unread-part', mayStop: false, remarks: ['The list says jurisdiction SD; it was not read on the plate.'] });
    expect(found?.score).toBeCloseTo(0.3);
  });

  it('in another district of one province is said as that', () => {
    const [found] = match({ jurisdiction: 'KP', district: 'BANNU' }, [entry({ jurisdiction: 'KP', district: 'SWAT' })]);
    expect(found).toMatchObject({ mayStop: false, contradictions: ['The list says district SWAT; the plate shows BANNU.'] });
  });
});

describe('a match with a part unread', () => {
  it('is one whose year was not read', () => {
    const [found] = match({ jurisdiction: 'PB' }, [entry({ jurisdiction: 'PB', year: '07' })]);
    expect(found).toMatchObject({ kind: 'unread-part', mayStop: false, remarks: ['The list says year 07; it was not read on the plate.'] });
    expect(found?.score).toBeCloseTo(0.9 / 8);
  });

  it('is one whose year the list does not say: the year is part of the mark', () => {
    expect(match({ year: '07', jurisdiction: 'PB' }, [entry({ jurisdiction: 'PB' })])).toMatchObject([{ kind: 'unread-part', remarks: ['The plate shows year 07; the list does not say which.'] }]);
  });

  it('is one whose suffix is known on one side only', () => {
    expect(kinds({ suffix: 'A' }, {})).toEqual(['unread-part']);
    expect(kinds({}, { suffix: 'A' })).toEqual(['unread-part']);
  });

  it('is one whose stated jurisdiction or district was not read', () => {
    expect(kinds({}, { jurisdiction: 'SD' })).toEqual(['unread-part']);
    expect(kinds({ jurisdiction: 'KP' }, { jurisdiction: 'KP', district: 'SWAT' })).toEqual(['unread-part']);
  });

  it('is none where the list does not want that class', () => {
    const exactOnly = rules({ matchKinds: ['exact', 'look-alike', 'alternative'] });
    for (const stated of [{ year: '07' }, { suffix: 'A' }, { jurisdiction: 'SD' }]) expect(matches(pass(), [entry(stated)], exactOnly)).toEqual([]);
    expect(matches(pass({ letters: 'LE8' }), [entry({ letters: 'LEB', jurisdiction: 'SD' })], exactOnly)).toEqual([]);
    expect(matches(pass(), [entry({ jurisdiction: 'SD' })], rules({}, { kinds: ['exact'] }))).toEqual([]);
  });
});

describe('a list that leaves the jurisdiction open', () => {
  it('matches exactly, stops nobody, and a remark says that it was not compared', () => {
    const [found] = match({ jurisdiction: 'SD' }, [entry()]);
    expect(found).toMatchObject({ kind: 'exact', mayStop: false, remarks: ['The plate shows jurisdiction SD; the list does not say which.'] });
    expect(found?.score).toBeCloseTo(0.72);
  });

  it('beside a plate that shows none is said to be ambiguous', () => {
    const [found] = match({}, [entry()]);
    expect(found?.remarks).toEqual([expect.stringContaining('vehicles of several')]);
    expect(found?.score).toBeCloseTo(0.72);
  });
});

describe('the class', () => {
  const classes = (read: Partial<Mark>, stated: Partial<Mark>): ListMatch | undefined => match({ jurisdiction: 'PB', ...read }, [entry({ jurisdiction: 'PB', ...stated })])[0];

  it('of a motorcycle on the plate of a car, and the other way round, contradicts', () => {
    const sentence = 'The list says class of the vehicle private; the plate looks motorcycle.';
    expect(classes({ class: 'motorcycle' }, { class: 'private' })).toMatchObject({ mayStop: false, contradictions: [sentence], remarks: [] });
    expect(classes({ class: 'commercial' }, { class: 'motorcycle' })).toMatchObject({ mayStop: false });
    expect(classes({ jurisdiction: 'SD', class: 'government' }, { jurisdiction: 'SD', class: 'motorcycle' })).toMatchObject({ mayStop: false });
  });

  it('otherwise is a remark: owners paint, and governments have motorcycles', () => {
    expect(classes({ class: 'private' }, { class: 'commercial' })).toMatchObject({
      kind: 'exact', mayStop: true, contradictions: [], remarks: ['The list says class of the vehicle commercial; the plate looks private.'],
    });
    expect(classes({ class: 'government' }, { class: 'motorcycle' })).toMatchObject({ contradictions: [] });
  });
});

describe('a look-alike', () => {
  const listed = entry({ letters: 'LEB', jurisdiction: 'PB' }), seen = { letters: 'LE', number: '81234', jurisdiction: 'PB' };

  it('is one character exchanged, with the character to compare in words', () => {
    const [found] = match({ letters: 'LE', number: '8123', jurisdiction: 'PB' }, [entry({ letters: 'LEB', number: '123', jurisdiction: 'PB' })]);
    expect(found).toMatchObject({ kind: 'look-alike', via: 'B for 8', remarks: ['The plate was read LE-8123, the list has LEB-123: 8 and B look alike. Compare that character with the picture.'] });
    expect(match(seen, [listed])).toEqual([]);
  });

  it('may be shown as "stop" only when it is probable, nothing is unread and nothing contradicts', () => {
    const read = { letters: 'LEO', jurisdiction: 'PB' };
    const characters = [...'LEO1234'].map((char) => ({ char, confidence: char === 'O' ? 0.4 : 0.99 }));
    const judged = (stated: Partial<Mark>, stopScore: number): ListMatch | undefined =>
      matches(pass(read, { confidence: 0.4, characters }), [entry({ letters: 'LED', jurisdiction: 'PB', ...stated })], rules({ stopScore }))[0];
    expect(judged({}, 0.1)).toMatchObject({ kind: 'look-alike', mayStop: true });
    expect(judged({}, 0.5)).toMatchObject({ mayStop: false });
    expect(judged({ year: '07' }, 0)).toMatchObject({ kind: 'look-alike', mayStop: false });
    expect(judged({ jurisdiction: 'SD' }, 0)).toMatchObject({ mayStop: false });
  });

  it('is less probable than the read is wrong', () => {
    const [found] = match({ letters: 'LEO' }, [entry({ letters: 'LED' })], { confidence: 0.7 });
    expect(found?.score).toBeLessThan(0.3);
  });

  it('in the year is the year, which then contradicts nothing', () => {
    const [found] = match({ year: '03', jurisdiction: 'PB' }, [entry({ year: '08', jurisdiction: 'PB' })]);
    expect(found).toMatchObject({ kind: 'look-alike', via: '8 for 3', contradictions: [], remarks: [expect.stringContaining('LEA-03-1234')] });
  });
});

describe('an alternative', () => {
  const seen = pass({ jurisdiction: 'PB' }, { confidence: 0.8, alternatives: [{ mark: 'LHA-1234', confidence: 0.1 }, { mark: 'LKA-1234', confidence: 0.6 }] });
  const listed = (letters: string, more: Partial<Mark> = {}): ListEntry => entry({ letters, jurisdiction: 'PB', ...more });

  it('is named, as probable as the reader says, and never shown as "stop"', () => {
    expect(matches(seen, [listed('LHA')])).toMatchObject([{ kind: 'alternative', via: 'LHA-1234', score: 0.1, mayStop: false, remarks: ['The plate was read LEA-1234; LHA-1234 is another reading of it (10 %). Compare it with the picture.'] }]);
  });

  it('is no more probable than the read leaves room for', () => {
    expect(matches(seen, [listed('LKA')])[0]?.score).toBeCloseTo(0.2);
  });

  it('with a part unread is less probable', () => {
    const [found] = matches(seen, [listed('LHA', { year: '07' })]);
    expect(found).toMatchObject({ kind: 'alternative', remarks: [expect.any(String), 'The list says year 07; it was not read on the plate.'] });
    expect(found?.score).toBeCloseTo(0.1 / 8);
  });
});

describe('a pattern', () => {
  it('is as probable as the read is right, says that others fit it, and is never shown as "stop"', () => {
    expect(match({ jurisdiction: 'PB', year: '07' }, [patternEntry('LE?-12*')])).toMatchObject([
      { kind: 'pattern', via: 'LE?-12*', score: 0.9, contradictions: [], mayStop: false, remarks: ['The list has no single mark but the pattern LE?-12*, which other vehicles fit too.'] },
    ]);
  });

  it('that names a jurisdiction which the plate does not show says so', () => {
    expect(match({}, [patternEntry('PB:LE?-12*')])[0]?.remarks).toContain('The list says jurisdiction PB; it was not read on the plate.');
    expect(match({ jurisdiction: 'SD' }, [patternEntry('PB:LE?-12*')])).toEqual([]);
  });
});

describe('what another system\'s camera saw of the vehicle', () => {
  const corolla = entry({ jurisdiction: 'PB' }, { vehicle: { class: 'Saloon', make: 'Toyota Corolla', colour: 'Silver', chassis: null } });
  const seen = (vehicle: Partial<MatchablePass['vehicle']>): ListMatch | undefined => match({ jurisdiction: 'PB' }, [corolla], { vehicle: { class: null, make: null, colour: null, ...vehicle } })[0];

  it('says nothing where it agrees in other words, or knows nothing', () => {
    for (const vehicle of [{ class: 'car', make: 'TOYOTA', colour: 'gray' }, {}, { class: 'unknown', make: 'Unknown', colour: 'other' }]) {
      expect(seen(vehicle)).toMatchObject({ contradictions: [], score: 0.9, mayStop: true });
    }
  });

  it.each([
    [{ class: 'Truck' }, 'The list says the vehicle is a Saloon; the camera saw a Truck.', 0.18],
    [{ make: 'Honda' }, 'The list says the make is Toyota Corolla; the camera saw Honda.', 0.27],
    [{ colour: 'black' }, 'The list says the colour is Silver; the camera saw black.', 0.45],
  ])('contradicts: %j', (vehicle, sentence, score) => {
    const found = seen(vehicle);
    expect(found).toMatchObject({ kind: 'exact', contradictions: [sentence], mayStop: false });
    expect(found?.score).toBeCloseTo(score);
  });

  it('adds up', () => {
    const found = seen({ class: 'motor cycle', make: 'Honda', colour: 'black' });
    expect(found?.contradictions).toHaveLength(3);
    expect(found?.score).toBeCloseTo(0.9 * 0.2 * 0.3 * 0.5);
  });

  it('tells a motorcycle from the car that is listed, by the plate too', () => {
    expect(match({ jurisdiction: 'PB', class: 'motorcycle' }, [corolla])[0]?.contradictions).toEqual(['The list says the vehicle is a Saloon; the plate is a motorcycle\'s.']);
  });
});

describe('an entry that expires', () => {
  const until = entry({}, { expiresAt: AT });

  it('holds up to and including that instant', () => {
    expect(match({}, [until], { capturedAt: AT })).toHaveLength(1);
    expect(match({}, [until], { capturedAt: AT + 1 })).toEqual([]);
  });

  it('is held against the time at which the vehicle was seen, so that a pass that arrives late still matches', () => {
    expect(match({}, [until], { capturedAt: AT - 7 * 86_400_000 })).toHaveLength(1);
  });
});

describe('the life of an entry', () => {
  it('ends when nobody reviewed it in time, and when the vehicle was handed over', () => {
    expect(match({}, [entry({}, { reviewAt: AT })])).toHaveLength(1);
    expect(match({}, [entry({}, { reviewAt: AT - 1 })])).toEqual([]);
    expect(match({}, [entry({}, { stage: 'handed-over' })])).toEqual([]);
  });

  it.each(['recovered', 'in-court'] as const)('stops nobody once it is %s', (stage) => {
    const [found] = match({}, [entry({}, { stage })]);
    expect(found).toMatchObject({ kind: 'exact', mayStop: false });
    expect(found?.remarks.at(-1)).toMatch(/^The list says .*: do not stop for this entry\.$/);
  });

  it.each(['stolen', 'snatched'] as const)('goes on while it is %s', (stage) => {
    expect(match({ jurisdiction: 'PB' }, [entry({ jurisdiction: 'PB' }, { stage })])).toMatchObject([{ mayStop: true }]);
  });
});

describe('scores and thresholds', () => {
  it('less than the list wants is no hit', () => {
    expect(matches(pass({}, { confidence: 0.2 }), [entry()], rules({ leastScore: 0.17 }))).toEqual([]);
    expect(matches(pass({}, { confidence: 0.2 }), [entry()], rules({ leastScore: 0.15 }))).toHaveLength(1);
  });

  it('an exact match of a doubtful read is shown as "check"', () => {
    expect(matches(pass({}, { confidence: 0.6 }), [entry()], rules({ stopScore: 0.5 }))).toMatchObject([{ kind: 'exact', mayStop: false }]);
  });

  it('of numbers that are none counts as none', () => {
    for (const confidence of [Number.NaN, -1]) expect(matches(pass({}, { confidence }), [entry()])[0]?.score).toBe(0);
    expect(matches(pass({ jurisdiction: 'PB' }, { confidence: 7 }), [entry({ jurisdiction: 'PB' })])[0]?.score).toBe(1);
  });
});

describe('several entries for one mark', () => {
  it('all match, exact ones first', () => {
    const entries = [entry({ year: '07' }), entry({ year: '08' }), entry({ jurisdiction: 'PB' }), entry({}, { kind: 'tax' })];
    // The index knows no jurisdictions: an entry that the judge makes `unread-part` stands where its serial put it among the exact ones.
    expect(match({}, entries).map((m) => [m.kind, m.entry.mark?.year, m.entry.kind])).toEqual([
      ['unread-part', null, 'stolen'],
      ['exact', null, 'tax'],
      ['unread-part', '07', 'stolen'],
      ['unread-part', '08', 'stolen'],
    ]);
  });
});

const parts = fc.record({
  jurisdiction: fc.constantFrom('PB', 'SD', null), year: fc.constantFrom('07', '09', null), suffix: fc.constantFrom('A', null),
  number: fc.constantFrom('1234', '01234', '99'), class: fc.constantFrom('motorcycle' as const, 'private' as const, null),
});
const vehicle = fc.record({ class: fc.constantFrom('car', 'Motor Cycle', 'bus', null), make: fc.constantFrom('Honda', 'Suzuki', null), colour: fc.constantFrom('red', 'grey', null) });

describe('whatever the marks', () => {
  it('an entry matches when, and only when, the two marks can be one vehicle, or differ only in what other provinces and districts repeat', () => {
    fc.assert(fc.property(parts, fc.array(parts, { maxLength: 6 }), (read, stated) => {
      const entries = stated.map((s) => entry(s));
      const wanted = entries.filter((e) => !compareMarks(mark(read), e.mark as Mark).contradicts.some((p) => p === 'year' || p === 'suffix') && e.key === pass(read).key);
      expect(match(read, entries).map((m) => m.entry.id).toSorted()).toEqual(wanted.map((e) => e.id).toSorted());
    }));
  });

  it('the order of the entries changes nothing', () => {
    fc.assert(fc.property(parts, fc.array(parts, { maxLength: 6 }), (read, stated) => {
      const entries = stated.map((s) => entry(s)), byId = (found: readonly ListMatch[]) => found.toSorted((a, b) => (a.entry.id < b.entry.id ? -1 : 1));
      expect(byId(match(read, entries.toReversed()))).toEqual(byId(match(read, entries)));
    }));
  });

  it('"stop" is shown only for what was read in full and contradicts nothing, and the score is a probability', () => {
    fc.assert(fc.property(parts, parts, vehicle, vehicle, fc.double({ min: 0, max: 1, noNaN: true }), (read, stated, seen, listed, confidence) => {
      for (const found of match(read, [entry(stated, { vehicle: { ...listed, chassis: null } })], { vehicle: seen, confidence })) {
        expect(found.score >= 0 && found.score <= confidence).toBe(true);
        if (!found.mayStop) continue;
        expect(found.contradictions).toEqual([]);
        expect(found.remarks.join(' ')).not.toContain('was not read');
        expect(compareMarks(mark(read), mark(stated)).same).toBe(true);
      }
    }));
  });

  it('a contradiction never raises the score, and what is not read never hides one', () => {
    const silent = { class: null, make: null, colour: null };
    fc.assert(fc.property(parts, parts, vehicle, vehicle, (read, stated, seen, listed) => {
      const listing = entry(stated, { vehicle: { ...listed, chassis: null } });
      const [told] = match(read, [listing], { vehicle: seen }), [untold] = match(read, [listing], { vehicle: silent });
      expect((told?.score ?? 0) <= (untold?.score ?? 0)).toBe(true);
      if (told !== undefined && told.contradictions.length > (untold?.contradictions.length ?? 0)) expect(told.score).toBeLessThan(untold?.score ?? 0);
    }));
  });

  it('an exact match leaves no part unread that the list states, and what is unread is said', () => {
    fc.assert(fc.property(parts, parts, (read, stated) => {
      const missing = (['jurisdiction', 'year', 'suffix'] as const).filter((part) => stated[part] !== null && read[part] === null);
      for (const found of match(read, [entry(stated)])) {
        expect(found.kind === 'exact' && missing.length > 0).toBe(false);
        for (const part of missing) expect(found.remarks.join(' ')).toContain(`${stated[part]}; it was not read`);
      }
    }));
  });

  it('a look-alike is never more probable than the read leaves room for', () => {
    const letters = ['LEO', 'LED', 'LEQ', 'LE0'];
    fc.assert(fc.property(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 7, maxLength: 7 }), (confidence, each) => {
      const seen = pass({ jurisdiction: 'PB', letters: 'LEO' }, { confidence, characters: [...'LEO1234'].map((char, i) => ({ char, confidence: each[i] ?? 1 })) });
      const found = matches(seen, letters.map((l) => entry({ jurisdiction: 'PB', letters: l })));
      const others = found.filter((m) => m.kind === 'look-alike');
      expect(others.map((m) => writeMark(m.entry.mark as Mark)).toSorted()).toEqual(['LED-1234', 'LEQ-1234']);
      expect(Math.max(...others.map((m) => m.score)) + confidence).toBeLessThanOrEqual(1 + 1e-9);
    }));
  });
});

describe('an index of a hundred thousand entries', () => {
  it('finds the one', () => {
    const entries = Array.from({ length: 100_000 }, (_, i) => entry({ letters: 'LEB', number: String(i) }));
    expect(matches(pass({ letters: 'LEB', number: '77777' }), entries, rules({ matchKinds: ['exact'] })).map((m) => m.entry.mark?.number)).toEqual(['77777']);
  });
});
