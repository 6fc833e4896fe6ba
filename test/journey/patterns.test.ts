import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildJourneys } from '../../src/journey/build.ts';
import { firstSeen, frequentCrossings, localTime, loopsOf, nightPattern, overStay, PATTERN_SETTINGS } from '../../src/journey/patterns.ts';
import { byVehicle, type VehicleSightings } from '../../src/journey/vehicle-sightings.ts';
import { profileOf } from '../../src/journey/vehicles.ts';
import type { Sighting } from '../../src/journey/journey.ts';
import { entry, exit, inside, mark, MORNING, sighting } from './sightings.ts';

const HOUR = 60, DAY = 24 * HOUR, DAY_MS = DAY * 60_000, local = localTime(300);
const of = (...sightings: readonly Sighting[]): VehicleSightings => ({ mark: mark(), sightings });
const at = (minutes: number): number => MORNING + minutes * 60_000;

describe('local time', () => {
  it('counts hours and days from local midnight', () => {
    expect([local.hourOf(MORNING), local.hourOf(MORNING - 6 * 3_600_000 - 1), local.hourOf(-1)]).toEqual([6, 23, 4]);
    expect(local.dayOf(MORNING) - local.dayOf(MORNING - 6 * 3_600_000 - 1)).toBe(1);
    expect(local.dayOf(MORNING - 6 * 3_600_000)).toBe(local.dayOf(MORNING));
  });
});

describe('sightings by vehicle', () => {
  it('keep two provinces apart and leave out what could be either', () => {
    const sindh = mark({ jurisdiction: 'SD', year: null }), open = mark({ jurisdiction: null, year: null });
    const groups = byVehicle([entry(0), exit(10, { mark: sindh }), inside(5, { mark: open })]);
    expect(groups.map((g) => [g.mark.jurisdiction, g.sightings.length]).toSorted()).toEqual([['PB', 1], ['SD', 1]]);
  });

  it('know of twins that were not seen now', () => {
    const open = mark({ year: null });
    expect(byVehicle([entry(0, { mark: open })])).toHaveLength(1);
    expect(byVehicle([entry(0, { mark: open })], [profileOf(mark({ year: '07' })), profileOf(mark({ year: '08' }))])).toEqual([]);
  });
});

describe('over-stay', () => {
  const [stay] = buildJourneys([entry(0), inside(30)]), known = at(0);
  const told = (now: number, since = known, journey = stay) => (journey === undefined ? undefined : overStay(journey, since, now));

  it('is told from the day on that is set, once entered and not seen to leave', () => {
    expect(told(at(30 * DAY) - 1)).toBeNull();
    expect(told(at(30 * DAY))).toMatchObject({ kind: 'over-stay', label: 'counted', count: 1, evidence: [{ figures: { days: 30, sightings: 2 } }] });
  });

  it('is the same finding on the next day', () => expect(told(at(40 * DAY))?.id).toBe(told(at(30 * DAY))?.id));

  it('is none of who was here before: residents come home to stay', () => {
    expect(told(at(60 * DAY), at(-10 * DAY))).toBeNull();
    expect(told(at(60 * DAY), at(-91 * DAY))).not.toBeNull();
  });

  it('is none of a stay that ended, or whose beginning nobody saw', () => {
    expect(told(at(60 * DAY), known, buildJourneys([entry(0), exit(30)])[0])).toBeNull();
    expect(told(at(60 * DAY), known, buildJourneys([inside(0)])[0])).toBeNull();
  });
});

describe('first time seen', () => {
  it('is told of a mark that was read at two sites', () => {
    expect(firstSeen(of(entry(0), inside(20)))).toMatchObject({ kind: 'first-seen', evidence: [{ figures: { sites: 2 } }] });
  });

  it('is not of one that was read once: that is as likely a misread', () => expect(firstSeen(of(entry(0), entry(1)))).toBeNull());
  it('is not of nothing', () => expect(firstSeen(of())).toBeNull());
});

describe('frequent crossings', () => {
  const crossings = (count: number, every: number): Sighting[] => Array.from({ length: count }, (_, i) => (i % 2 === 0 ? entry(i * every) : exit(i * every)));

  it('are told from six within 24 hours on', () => {
    expect(frequentCrossings(of(...crossings(5, HOUR)), local)).toBeNull();
    expect(frequentCrossings(of(...crossings(6, HOUR)), local)).toMatchObject({ kind: 'frequent-crossings', evidence: [{ figures: { crossings: 6 } }] });
    expect(frequentCrossings(of(...crossings(6, 5 * HOUR)), local)).toBeNull();
  });

  it('count one crossing that two cameras saw once, and no sighting inside', () => {
    const twice = crossings(3, 2 * HOUR).flatMap((s) => [s, { ...s, cameraId: `${s.cameraId}b`, passId: `${s.passId}b`, capturedAt: s.capturedAt + 2_000 }]);
    expect(frequentCrossings(of(...twice, inside(1), inside(2), inside(3)), local)).toBeNull();
  });

  it('are one thing in evidence for each day', () => {
    const days = [0, 1].flatMap((day) => crossings(6, HOUR).map((s) => ({ ...s, passId: `${s.passId}-${day}`, capturedAt: s.capturedAt + day * DAY_MS })));
    expect(frequentCrossings(of(...days), local)?.count).toBe(2);
  });
});

describe('night pattern', () => {
  /** 02:00 of each day. */
  const night = (day: number): Sighting => inside(day * DAY - 4 * HOUR), noon = (day: number): Sighting => inside(day * DAY + 6 * HOUR);
  const nights = (count: number): Sighting[] => Array.from({ length: count }, (_, day) => night(day));

  it('is told from five nights on', () => {
    expect(nightPattern(of(...nights(4)), local)).toBeNull();
    expect(nightPattern(of(...nights(5)), local)).toMatchObject({ kind: 'night-pattern', count: 5 });
  });

  it('is none of who is seen as much by day', () => {
    expect(nightPattern(of(...nights(5), noon(0), noon(1)), local)).not.toBeNull();
    expect(nightPattern(of(...nights(5), noon(0), noon(1), noon(2)), local)).toBeNull();
  });

  it('counts a night over midnight as one', () => {
    const around = (day: number): Sighting[] => [inside(day * DAY + 17 * HOUR + 30), inside(day * DAY + 18 * HOUR + 30)];
    const settings = { ...PATTERN_SETTINGS, nightFrom: 22, nightTo: 4 };
    expect(nightPattern(of(...[0, 1, 2, 3].flatMap(around)), local, settings)).toBeNull();
    expect(nightPattern(of(...[0, 1, 2, 3, 4].flatMap(around)), local, settings)?.count).toBe(5);
  });
});

describe('loops', () => {
  const drive = (sites: string, every = 10): VehicleSightings => of(...[...sites].map((site, i) => sighting(site, 'unknown', i * every)));
  const told = (sites: string, every?: number): string[] => loopsOf(drive(sites, every)).map((f) => `${f.summary.split(': ')[1]} ${f.evidence.map((e) => e.figures['rounds']).join()}`);

  it('are told when they are driven three times within 24 hours', () => {
    expect(told('abcabca')).toEqual([]);
    expect(told('abcabcabca')).toEqual(['a > b > c. 3']);
    expect(told('abcabcabca', 3 * HOUR)).toEqual([]);
  });

  it('may lead to and fro', () => {
    expect(told('ababab')).toEqual([]);
    expect(told('abababa')).toEqual(['a > b. 3']);
  });

  it('are the same wherever they begin, and whatever lies before and after', () => {
    expect(told('xybcabcabcabz')).toEqual(['a > b > c. 3']);
    expect(loopsOf(drive('bcabcabcab')).map((f) => f.id)).toEqual(loopsOf(drive('abcabcabca')).map((f) => f.id));
  });

  it('are none where a vehicle stands, goes straight on, or drives another way each time', () => {
    expect(told('aaaaaaaaaa')).toEqual([]);
    expect(told('abcdefghijk')).toEqual([]);
    expect(told('abcadbacdab')).toEqual([]);
  });

  it('are found in any order of the sightings', () => {
    const { sightings } = drive('abcabcabcaxyxyxyx'), expected = loopsOf(of(...sightings));
    expect(expected).toHaveLength(2);
    fc.assert(fc.property(fc.shuffledSubarray([...sightings], { minLength: sightings.length }), (order) => {
      expect(loopsOf(of(...order))).toEqual(expected);
    }));
  });
});
