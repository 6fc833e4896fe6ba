import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildJourneys, SAME_CROSSING_MS } from '../../src/journey/build.ts';
import type { Journey, Sighting } from '../../src/journey/journey.ts';
import { entry, exit, inside, mark, MORNING, sighting } from './sightings.ts';

/** A journey in one line: what its ends are, what lies between, what is named missing. */
function told(journey: Journey): string {
  const flags = [journey.entryMissing ? 'entry missing' : '', journey.exitMissing ? 'exit missing' : '', journey.ambiguous ? 'ambiguous' : ''].filter(
    Boolean,
  );
  return [`${journey.status}: ${journey.sightings.map((s) => s.cameraId).join(' ')}`, ...flags].join(', ');
}

const tell = (sightings: Sighting[]): string[] => buildJourneys(sightings).map(told);

describe('a journey', () => {
  it('is opened by an entry, gathers what is seen inside, and is closed by an exit', () => {
    const [journey, ...others] = buildJourneys([entry(0), inside(20), exit(90)]);
    expect(others).toEqual([]);
    expect(journey).toMatchObject({
      key: 'LEA1234',
      status: 'closed',
      entryMissing: false,
      exitMissing: false,
      ambiguous: false,
      startedAt: MORNING,
      lastSeenAt: MORNING + 90 * 60_000,
      entry: { cameraId: 'baleli-in-1' },
      exit: { cameraId: 'lak-pass-out-1' },
    });
    expect(journey?.sightings).toHaveLength(3);
  });

  it('stays open while no exit was seen', () => {
    expect(tell([entry(0), inside(20)])).toEqual(['open: baleli-in-1 sariab-unknown-1']);
  });

  it('follows journey: out and in again are two', () => {
    expect(tell([entry(0), exit(60), entry(120), exit(180)])).toEqual(['closed: baleli-in-1 lak-pass-out-1', 'closed: baleli-in-1 lak-pass-out-1']);
  });

  it('does not exist without sightings', () => {
    expect(buildJourneys([])).toEqual([]);
  });

  it('is built for one key at a time', () => {
    expect(() => buildJourneys([entry(0), entry(1, { mark: mark({ number: '99' }) })])).toThrow(RangeError);
  });
});

describe('an end that was not seen is named', () => {
  it('an exit without an entry', () => {
    expect(tell([exit(30)])).toEqual(['closed: lak-pass-out-1, entry missing']);
  });

  it('a vehicle first seen inside', () => {
    expect(tell([inside(10), inside(50), exit(90)])).toEqual(['closed: sariab-unknown-1 sariab-unknown-1 lak-pass-out-1, entry missing']);
  });

  it('a second entry closes the journey before it', () => {
    expect(tell([entry(0), inside(20), entry(300), exit(400)])).toEqual([
      'closed: baleli-in-1 sariab-unknown-1, exit missing',
      'closed: baleli-in-1 lak-pass-out-1',
    ]);
  });

  it('both ends of a vehicle seen inside before it entered', () => {
    expect(tell([inside(0), entry(300)])).toEqual(['closed: sariab-unknown-1, entry missing, exit missing', 'open: baleli-in-1']);
  });

  it('the exit of the journey before is null, though the next one began', () => {
    expect(buildJourneys([entry(0), entry(300)])[0]).toMatchObject({ exit: null, exitMissing: true, status: 'closed' });
  });
});

const overview = (minutes: number, siteId: string): Sighting => sighting(siteId, 'unknown', minutes, { boundary: true });
const checkpoint = (direction: 'in' | 'out', minutes: number): Sighting => sighting('mian-ghundi', direction, minutes, { boundary: false });

describe('one crossing seen several times', () => {
  it('by two cameras of the site is one entry', () => {
    const second = entry(0.2, { cameraId: 'baleli-in-2' });
    const [journey, ...others] = buildJourneys([entry(0), second]);
    expect(others).toEqual([]);
    expect(journey).toMatchObject({ exitMissing: false, entry: { cameraId: 'baleli-in-1' } });
    expect(journey?.sightings).toHaveLength(2);
  });

  it('by one camera twice is one entry, up to a minute apart', () => {
    const gap = SAME_CROSSING_MS / 60_000;
    expect(tell([entry(0), entry(gap)])).toHaveLength(1);
    expect(tell([entry(0), entry(gap + 1 / 60_000)])).toHaveLength(2);
  });

  it('an exit repeated opens no journey of its own; the last sight counts as the exit', () => {
    const [journey, ...others] = buildJourneys([entry(0), exit(60), exit(60.5, { cameraId: 'lak-pass-out-2' })]);
    expect(others).toEqual([]);
    expect(journey?.exit?.cameraId).toBe('lak-pass-out-2');
  });

  it('entries at two sites are two entries however close in time', () => {
    expect(tell([entry(0), sighting('spezand', 'in', 0.5)])).toEqual(['closed: baleli-in-1, exit missing', 'open: spezand-in-1']);
  });

  it('a turn at the gate is an entry and an exit', () => {
    expect(tell([entry(0), sighting('baleli', 'out', 0.8)])).toEqual(['closed: baleli-in-1 baleli-out-1']);
  });

  it('a boundary camera of unknown direction beside one that knows it belongs to the same crossing', () => {
    expect(tell([overview(0, 'baleli'), entry(0.1), exit(60), overview(60.1, 'lak-pass')])).toEqual([
      'closed: baleli-unknown-1 baleli-in-1 lak-pass-out-1 lak-pass-unknown-1',
    ]);
  });

  it('without a site is told by the camera', () => {
    expect(tell([entry(0, { siteId: null }), entry(0.5, { siteId: null })])).toHaveLength(1);
    expect(tell([entry(0, { siteId: null }), entry(0.5, { siteId: null, cameraId: 'other-in' })])).toHaveLength(2);
  });
});

describe('a camera that is not on the boundary', () => {
  it('neither opens nor closes, whatever its direction says', () => {
    expect(tell([entry(0), checkpoint('in', 10), checkpoint('out', 20)])).toEqual(['open: baleli-in-1 mian-ghundi-in-1 mian-ghundi-out-1']);
  });
});

describe('vehicles that share a key', () => {
  const of07 = mark({ year: '07' }),
    of08 = mark({ year: '08' }),
    unread = mark({ year: null });

  it('and contradict in a known part are kept apart', () => {
    const journeys = buildJourneys([entry(0, { mark: of07 }), entry(10, { mark: of08 }), exit(60, { mark: of08 }), exit(90, { mark: of07 })]);
    expect(journeys.map((j) => [j.mark.year, j.status, j.ambiguous])).toEqual([
      ['07', 'closed', false],
      ['08', 'closed', false],
    ]);
  });

  it('are one where the part is merely unread', () => {
    const [journey, ...others] = buildJourneys([entry(0, { mark: unread }), exit(60, { mark: of07 })]);
    expect(others).toEqual([]);
    expect(journey).toMatchObject({ ambiguous: false, status: 'closed', mark: { year: '07' } });
  });

  it('make an unread sighting ambiguous: it is given to neither', () => {
    const journeys = buildJourneys([entry(0, { mark: of07 }), entry(10, { mark: of08 }), exit(60, { mark: unread })]);
    expect(journeys.map((j) => [j.mark.year, j.status, j.ambiguous])).toEqual([
      ['07', 'open', false],
      ['08', 'open', false],
      [null, 'closed', true],
    ]);
  });

  it('do not make a sighting ambiguous for a mark that was read once in many passes', () => {
    const often = Array.from({ length: 8 }, (_, i) => entry(i * 300, { mark: of07 })), misread = inside(500, { mark: of08 });
    const journeys = buildJourneys([...often, misread, exit(8 * 300, { mark: unread })]);
    expect(journeys.filter((j) => j.ambiguous)).toEqual([]);
    expect(journeys.at(-1)).toMatchObject({ mark: { year: '07' }, exit: { mark: { year: null } } });
    expect(journeys.filter((j) => j.mark.year === '08').map((j) => j.sightings)).toEqual([[misread]]);
    // Somebody else may have that year: the doubt is told.
    expect(journeys.at(-1)?.certainty).toBe(0.9);
  });

  it('make it ambiguous when the other has a third of its passes, or it has few itself', () => {
    const unsure = (of07Times: number, of08Times: number): number => buildJourneys([
      ...Array.from({ length: of07Times }, (_, i) => entry(i * 300, { mark: of07 })), ...Array.from({ length: of08Times }, (_, i) => inside(i * 300 + 100, { mark: of08 })), exit(9000, { mark: unread }),
    ]).filter((j) => j.ambiguous).length;
    expect([unsure(5, 1), unsure(6, 1), unsure(8, 3), unsure(9, 3)]).toEqual([1, 0, 1, 0]);
  });

  it('are also told apart by jurisdiction, suffix and district', () => {
    for (const [one, other] of [
      [mark({ jurisdiction: 'SD' }), mark({ jurisdiction: 'IS' })],
      [mark({ suffix: 'A' }), mark({ suffix: 'B' })],
      [mark({ jurisdiction: 'KP', district: 'SWAT' }), mark({ jurisdiction: 'KP', district: 'BANNU' })],
    ] as const)
      expect(buildJourneys([entry(0, { mark: one }), exit(60, { mark: other })])).toHaveLength(2);
  });

  it('are one when each knows a part that the other lacks, and the mark is put together', () => {
    const [journey, ...others] = buildJourneys([
      entry(0, { mark: mark({ jurisdiction: null, suffix: 'A' }) }),
      exit(60, { mark: mark({ year: null, suffix: null }) }),
    ]);
    expect(others).toEqual([]);
    expect(journey?.mark).toMatchObject({ jurisdiction: 'PB', year: '07', suffix: 'A' });
  });

  it('printed with and without leading zeros are one', () => {
    expect(buildJourneys([entry(0, { mark: mark({ number: '036' }) }), exit(60, { mark: mark({ number: '36' }) })])).toHaveLength(1);
  });
});

describe('the id of a journey', () => {
  it('follows from its first sighting, so that what comes later does not change it', () => {
    const before = buildJourneys([entry(0)])[0],
      after = buildJourneys([entry(0), inside(20), exit(60)])[0];
    expect(after?.id).toBe(before?.id);
  });

  it('is another for every journey', () => {
    const ids = buildJourneys([entry(0), exit(60), entry(120), exit(180), exit(300)]).map((j) => j.id);
    expect(new Set(ids).size).toBe(3);
  });
});

const parts = fc.record({
  year: fc.constantFrom('07', '08', null),
  jurisdiction: fc.constantFrom('PB', 'SD', null),
  suffix: fc.constantFrom('A', null),
  number: fc.constantFrom('1234', '01234'),
});
const anySighting = fc
  .tuple(
    fc.constantFrom(
      ['baleli', 'in'] as const,
      ['baleli', 'out'] as const,
      ['baleli', 'unknown'] as const,
      ['lak-pass', 'out'] as const,
      ['lak-pass', 'in'] as const,
      ['sariab', 'unknown'] as const,
    ),
    fc.integer({ min: 0, max: 40 }).map((n) => n * 0.5),
    parts,
    fc.integer({ min: 0, max: 1 }),
  )
  .map(([[site, direction], minutes, known, sequence]) =>
    sighting(site, direction, minutes, { mark: mark(known), sequence, boundary: site !== 'sariab' }),
  );
const days = fc.uniqueArray(anySighting, { maxLength: 14, selector: (s) => s.passId });
const shuffledTwice = days.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list)));

describe('whatever is seen', () => {
  it('the order of arrival and repeats change nothing', () => {
    fc.assert(
      fc.property(shuffledTwice, ([list, shuffled, again]) => {
        expect(buildJourneys([...again, ...shuffled, ...again])).toEqual(buildJourneys(list));
      }),
      { numRuns: 400 },
    );
  });

  it('two records of one pass give the same journeys whichever came first', () => {
    fc.assert(
      fc.property(days, parts, (list, other) => {
        const doubled = list.map((s) => ({ ...s, mark: mark(other) }));
        expect(buildJourneys([...list, ...doubled])).toEqual(buildJourneys([...doubled, ...list]));
      }),
      { numRuns: 200 },
    );
  });

  it('every sighting is in exactly one journey', () => {
    fc.assert(
      fc.property(days, (list) => {
        const inJourneys = buildJourneys(list).flatMap((j) => j.sightings.map((s) => s.passId));
        expect(inJourneys.toSorted()).toEqual(list.map((s) => s.passId).toSorted());
      }),
      { numRuns: 300 },
    );
  });

  it('no journey holds two marks that contradict', () => {
    fc.assert(
      fc.property(days, (list) => {
        for (const journey of buildJourneys(list)) {
          for (const part of ['year', 'jurisdiction', 'suffix'] as const) {
            expect(new Set(journey.sightings.map((s) => s.mark[part]).filter((v) => v !== null)).size).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('an unread part beside two vehicles that differ in it is never settled silently', () => {
    fc.assert(
      fc.property(days, (list) => {
        const years = new Set(list.map((s) => s.mark.year));
        fc.pre(years.has('07') && years.has('08'));
        const silent = buildJourneys(list)
          .filter((j) => !j.ambiguous && j.certainty === 1)
          .flatMap((j) => j.sightings)
          .filter((s) => s.mark.year === null);
        // Only a sighting that contradicts all vehicles of one year in another part may be counted to the other year.
        for (const s of silent) {
          const fits = (year: string): boolean => list.some((o) => o.mark.year === year && agrees(o, s, 'jurisdiction') && agrees(o, s, 'suffix'));
          expect(fits('07') && fits('08')).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('ends are consistent: sightings in order, entry first of its kind, missing ends named', () => {
    fc.assert(
      fc.property(days, (list) => {
        const journeys = buildJourneys(list);
        expect(new Set(journeys.map((j) => j.id)).size).toBe(journeys.length);
        for (const j of journeys) {
          const times = j.sightings.map((s) => s.capturedAt);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          expect([j.startedAt, j.lastSeenAt]).toEqual([times[0], times.at(-1)]);
          expect(j.entryMissing).toBe(j.entry === null);
          expect(j.exitMissing).toBe(j.status === 'closed' && j.exit === null);
          expect(j.status === 'open' && j.exit !== null).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function agrees(a: Sighting, b: Sighting, part: 'jurisdiction' | 'suffix'): boolean {
  return a.mark[part] === null || b.mark[part] === null || a.mark[part] === b.mark[part];
}
