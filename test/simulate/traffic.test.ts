import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localDaysFrom } from '../../src/simulate/local-hours.ts';
import { RandomNumbers } from '../../src/simulate/random-numbers.ts';
import { roadNetworkOf } from '../../src/simulate/road-network.ts';
import { ENTRY, EXIT, NO_END, StayLedger } from '../../src/simulate/stay-ledger.ts';
import { TimedRows } from '../../src/simulate/timed-rows.ts';
import { CAMERA, CROSSING_WIDTH, END, ownPace, STAY, Traffic, VEHICLE, type Pace } from '../../src/simulate/traffic.ts';
import { DAY, HOUR, MINUTE, quetta } from '../support/passes.ts';

const START = Date.parse('2026-11-02T00:00:00+05:00'), END_OF_TIME = START + 2 * DAY;
const register = quetta(), network = roadNetworkOf(register), siteOf = (id: string): number => network.sites.findIndex((s) => s.id === id);
const [baleli, lakPass, sariab, airport] = ['baleli', 'lak-pass', 'sariab', 'airport-road'].map(siteOf) as [number, number, number, number];
const steady: Pace = { factor: 1, legs: new RandomNumbers(1), lagMs: null };

interface Crossed { readonly at: number; readonly vehicle: number; readonly camera: string; readonly stay: number; readonly end: number }
function town(vehicles = 3, seed = 1) {
  const crossings = new TimedRows(CROSSING_WIDTH), ledger = new StayLedger(START, END_OF_TIME), random = new RandomNumbers(seed);
  const traffic = new Traffic({ network, days: localDaysFrom(START, 'Asia/Karachi'), ledger, crossings, vehicles, startsAt: START, endsAt: END_OF_TIME });
  const crossed = (): Crossed[] => [...crossings.before(Infinity)].map((row) => ({
    at: crossings.at(row), vehicle: crossings.cell(row, VEHICLE), camera: network.cameras[crossings.cell(row, CAMERA)]?.id ?? '', stay: crossings.cell(row, STAY), end: crossings.cell(row, END),
  }));
  return { traffic, ledger, random, crossed };
}

describe('a vehicle that drives', () => {
  it('across the city passes a camera of every site on its way, in by the first and out by the last', () => {
    const { traffic, ledger, random, crossed } = town();
    traffic.cross(0, baleli, lakPass, START + 8 * HOUR, steady, random);
    expect(crossed().map(({ camera, stay, end }) => [camera, stay, end])).toEqual([
      ['baleli-in-1', 0, ENTRY], ['airport-road-1', 0, NO_END], ['sariab-1', 0, NO_END], ['mian-ghundi-chk-1', 0, NO_END], ['lak-pass-out-1', 0, EXIT],
    ]);
    const [stay] = ledger.stays(), passed = crossed();
    expect(stay).toEqual({ vehicle: 0, entry: { at: passed[0]?.at, site: 'baleli', passId: null }, exit: { at: passed[4]?.at, site: 'lak-pass', passId: null }, seen: 0 });
    expect([traffic.isInside(0), traffic.placeOf(0), traffic.freeAt(0)]).toEqual([false, lakPass, passed[4]?.at]);
  });

  it('needs the usual time of the roads on an empty road, and longer in the rush', () => {
    const minutes = (hour: number): number => {
      const { traffic, random } = town();
      traffic.cross(0, baleli, lakPass, START + hour * HOUR, { ...steady, legs: new RandomNumbers(1) }, random);
      return (traffic.freeAt(0) - START - hour * HOUR) / MINUTE;
    };
    // 6 + 45 + 15 + 12 minutes by the roads.
    expect(minutes(6.3)).toBeGreaterThan(78 * 0.85);
    expect(minutes(6.3)).toBeLessThan(78 * 1.3);
    expect(minutes(8)).toBeGreaterThan(minutes(2) * 1.3);
  });

  it('starts no sooner than it is free, and comes back no sooner than the way round allows', () => {
    const { traffic, random, crossed } = town();
    traffic.cross(0, baleli, lakPass, START + 8 * HOUR, steady, random);
    const left = traffic.freeAt(0);
    traffic.enter(0, baleli, airport, START + 8 * HOUR, steady, random);
    const back = crossed().find((c) => c.camera === 'baleli-in-1' && c.stay === 1);
    expect(back?.at).toBeGreaterThanOrEqual(left + network.roundMs(lakPass, baleli));
    const before = traffic.freeAt(0);
    traffic.hop(0, sariab, START, steady, random);
    expect(traffic.freeAt(0)).toBeGreaterThan(before);
  });

  it('is inside from the beginning where it was put, or entered before', () => {
    const { traffic, ledger, random, crossed } = town();
    traffic.settle(0, sariab);
    traffic.enter(1, baleli, airport, START - 3 * HOUR, steady, random);
    traffic.cross(2, baleli, lakPass, START - 5 * HOUR, steady, random);
    traffic.leave(0, lakPass, START + HOUR, steady, random);
    expect(ledger.stays().map(({ vehicle, entry, exit }) => [vehicle, entry, exit?.site])).toEqual([[0, null, 'lak-pass'], [1, null, undefined]]);
    expect(crossed().every((c) => c.at >= START)).toBe(true);
  });

  it('that has not left at the end is inside; what comes after is nobody’s', () => {
    const { traffic, ledger, random, crossed } = town();
    traffic.enter(0, baleli, airport, END_OF_TIME - HOUR, steady, random);
    traffic.leave(0, baleli, END_OF_TIME + HOUR, steady, random);
    traffic.enter(1, baleli, airport, END_OF_TIME + HOUR, steady, random);
    expect(ledger.stays().map(({ vehicle, exit }) => [vehicle, exit])).toEqual([[0, null]]);
    expect([traffic.isInside(0), traffic.isInside(1)]).toEqual([false, true]);
    expect(crossed().every((c) => c.at < END_OF_TIME && c.vehicle === 0)).toBe(true);
  });

  it('may turn back where it came in', () => {
    const { traffic, ledger, random, crossed } = town();
    traffic.cross(0, baleli, baleli, START + HOUR, steady, random);
    expect(crossed().map((c) => c.camera)).toEqual(['baleli-in-1', 'baleli-out-1']);
    expect(ledger.stays()[0]?.exit?.site).toBe('baleli');
  });

  it('in a group keeps its distance at every site', () => {
    const { traffic, random, crossed } = town();
    for (const [vehicle, lagMs] of [0, 9_000, 18_000].entries()) traffic.cross(vehicle, baleli, lakPass, START + 8 * HOUR, { factor: 1.1, legs: new RandomNumbers(77), lagMs }, random);
    for (const camera of ['baleli-in-1', 'airport-road-1', 'sariab-1', 'mian-ghundi-chk-1', 'lak-pass-out-1']) {
      const times = crossed().filter((c) => c.camera === camera).map((c) => c.at), first = times[0] as number;
      times.forEach((at, i) => expect(Math.abs(at - first - i * 9_000)).toBeLessThanOrEqual(1600));
    }
  });

  it('that stands in view of a camera is seen every few minutes and goes nowhere', () => {
    const { traffic, random, crossed } = town();
    traffic.settle(0, sariab, START + HOUR);
    expect(network.cameras[traffic.park(0, START + 4 * HOUR, random)]?.id).toBe('sariab-1');
    const times = crossed().map((c) => c.at);
    expect(times.length).toBeGreaterThan(14);
    times.forEach((at, i) => expect(at - (times[i - 1] ?? START + HOUR)).toBeLessThanOrEqual(12 * MINUTE));
    expect([traffic.placeOf(0), traffic.freeAt(0)]).toEqual([sariab, START + 4 * HOUR]);
  });

  it('is never at two places: whatever it is told, its crossings rise in time and its stays alternate', () => {
    const move = fc.record({ kind: fc.constantFrom('go', 'cross', 'hop'), gate: fc.constantFrom(...network.gates), other: fc.constantFrom(...network.gates), zone: fc.constantFrom(...network.zones), at: fc.integer({ min: -10, max: 60 }) });
    fc.assert(fc.property(fc.array(move, { maxLength: 25 }), fc.nat(), (moves, seed) => {
      const { traffic, ledger, random, crossed } = town(1, seed);
      for (const { kind, gate, other, zone, at: hour } of moves) {
        const at = START + hour * HOUR, pace = ownPace(random);
        if (traffic.isInside(0)) {
          if (kind === 'hop') traffic.hop(0, zone, at, pace, random);
          else traffic.leave(0, gate, at, pace, random);
        } else if (kind === 'cross') traffic.cross(0, gate, other, at, pace, random);
        else traffic.enter(0, gate, zone, at, pace, random);
      }
      const passed = crossed(), stays = ledger.stays();
      expect(passed.every((c, i) => i === 0 || c.at >= (passed[i - 1] as Crossed).at && c.stay >= (passed[i - 1] as Crossed).stay)).toBe(true);
      expect(stays.every((s, i) => (s.entry?.at ?? START) >= (stays[i - 1]?.exit?.at ?? START) && (s.exit?.at ?? Infinity) > (s.entry?.at ?? START - 1))).toBe(true);
      expect(stays.slice(0, -1).every((s) => s.exit !== null)).toBe(true);
    }), { numRuns: 60 });
  });
});

describe('the ledger of stays', () => {
  it('notes what captured which end, and counts every pass of the stay', () => {
    const ledger = new StayLedger(0, 100), stay = ledger.open(7, 10, 'in');
    ledger.close(stay, 50, 'out');
    let made = 0;
    const id = (): string => `p-${++made}`;
    ledger.captured(stay, ENTRY, id);
    ledger.captured(stay, NO_END, id);
    ledger.captured(stay, EXIT, id);
    ledger.captured(-1, ENTRY, id);
    expect([made, ledger.stays()]).toEqual([2, [{ vehicle: 7, entry: { at: 10, site: 'in', passId: 'p-1' }, exit: { at: 50, site: 'out', passId: 'p-2' }, seen: 3 }]]);
  });

  it('leaves out a stay that was over before the beginning, and one that begins at the end', () => {
    const ledger = new StayLedger(0, 100);
    ledger.close(ledger.open(1, -20, 'a'), -10, 'b');
    expect([ledger.open(2, 100, 'a'), ledger.stays()]).toEqual([-1, []]);
  });
});
