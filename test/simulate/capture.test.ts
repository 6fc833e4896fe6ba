import { describe, expect, it } from 'vitest';
import { Capture, disturbancesOf, OF_CAMERA, OF_VEHICLE, READING, REPEATED, SEQUENCE, type Disturbances } from '../../src/simulate/capture.ts';
import { checkedOptions, type CityOptions } from '../../src/simulate/city-options.ts';
import { roadNetworkOf } from '../../src/simulate/road-network.ts';
import { NO_END, StayLedger } from '../../src/simulate/stay-ledger.ts';
import { TimedRows } from '../../src/simulate/timed-rows.ts';
import { CROSSING_WIDTH } from '../../src/simulate/traffic.ts';
import { DAY, HOUR, MINUTE, quetta } from '../support/passes.ts';

const START = Date.parse('2026-11-02T00:00:00+05:00'), network = roadNetworkOf(quetta());
const QUIET: Partial<CityOptions> = { missed: 0, late: 0, repeats: 0, down: 0, wrongClocks: 0 };

interface Delivered { readonly arrivesAt: number; readonly capturedAt: number; readonly vehicle: number; readonly camera: number; readonly sequence: number; readonly reading: number; readonly repeated: boolean }
/** Crossings as [time after the beginning, camera]; vehicles are numbered in their order. */
function capture(crossings: readonly (readonly [number, number])[], options: Partial<CityOptions> = {}, disturbed: Partial<Disturbances> = {}): Delivered[] {
  const rates = checkedOptions({ seed: 1, vehicles: 1, days: 2, startsAt: START, ...QUIET, ...options }), rows = new TimedRows(CROSSING_WIDTH);
  const planned = disturbancesOf(rates, network, { startsAt: START, endsAt: START + 2 * DAY });
  const right = planned.clocks.map(({ cameraId }) => ({ cameraId, offsetMs: 0, driftMsPerDay: 0 }));
  const capture = new Capture(rates, { ...planned, clocks: right, ...disturbed }, network.sites.length, new StayLedger(START, START + 2 * DAY));
  crossings.forEach(([at, camera], vehicle) => rows.add(START + at, 0, vehicle, camera, -1, NO_END));
  for (const limit of [START + DAY, Infinity]) capture.take(rows, limit);
  const { deliveries } = capture;
  return [...deliveries.before(Infinity)].map((row) => ({
    arrivesAt: deliveries.at(row), capturedAt: deliveries.also(row), vehicle: deliveries.cell(row, OF_VEHICLE), camera: deliveries.cell(row, OF_CAMERA), sequence: deliveries.cell(row, SEQUENCE),
    reading: deliveries.cell(row, READING), repeated: deliveries.cell(row, REPEATED) === 1,
  }));
}
const minutely = (count: number, camera = 0): [number, number][] => Array.from({ length: count }, (_, i) => [i * MINUTE, camera]);

describe('what cameras make of vehicles', () => {
  it('is one delivery each, at the time of the vehicle, soon after', () => {
    const delivered = capture(minutely(1000));
    expect(delivered.map((d) => [d.vehicle, d.capturedAt])).toEqual(minutely(1000).map(([at], i) => [i, START + at]));
    expect(delivered.every((d) => d.arrivesAt > d.capturedAt && d.arrivesAt <= d.capturedAt + MINUTE)).toBe(true);
    expect(new Set(delivered.map((d) => d.reading)).size).toBe(1000);
  });

  it('tells apart by sequence those that one camera sees in one millisecond', () => {
    expect(capture([[5, 0], [5, 0], [5, 1], [5, 0], [6, 0]]).map((d) => [d.vehicle, d.sequence]).toSorted()).toEqual([[0, 0], [1, 1], [2, 0], [3, 2], [4, 0]]);
  });

  it('goes by the clock of the camera, its offset and its drift', () => {
    const clocks = network.cameras.map(({ id }, i) => ({ cameraId: id, offsetMs: i === 0 ? -60_000 : 0, driftMsPerDay: i === 0 ? 4000 : 0 }));
    const delivered = capture([[0, 0], [0, 1], [DAY, 0]], {}, { clocks });
    expect(delivered.map((d) => [d.vehicle, d.capturedAt - START]).toSorted()).toEqual([[0, -60_000], [1, 0], [2, DAY - 56_000]]);
    // Arrival is by a right clock.
    expect(delivered.every((d) => d.arrivesAt >= START)).toBe(true);
  });

  it('is nothing while the camera is down, and late while its site is cut off', () => {
    const site = network.sites.findIndex((s) => s.id === network.cameras[0]?.siteId), period = { from: START + HOUR, to: START + 3 * HOUR };
    const down = capture(minutely(300), {}, { downs: [{ index: 0, ...period }] });
    expect(down.map((d) => d.vehicle)).toEqual([...Array(60).keys(), ...Array.from({ length: 120 }, (_, i) => 180 + i)]);
    const cut = capture(minutely(300), {}, { cuts: [{ index: site, ...period }] }), held = cut.filter((d) => d.vehicle >= 60 && d.vehicle < 180);
    expect(held.length).toBe(120);
    expect(held.every((d) => d.arrivesAt > period.to && d.arrivesAt <= period.to + 6 * MINUTE)).toBe(true);
    expect(held.map((d) => d.vehicle)).not.toEqual(held.map((d) => d.vehicle).toSorted((a, b) => a - b));
    expect(cut.filter((d) => d.vehicle < 60 || d.vehicle >= 180).every((d) => d.arrivesAt - d.capturedAt <= MINUTE)).toBe(true);
  });

  it('is late singly only where cuts have not made up the share', () => {
    const late = (delivered: readonly Delivered[]): number => delivered.filter((d) => d.arrivesAt - d.capturedAt > 2 * MINUTE).length / delivered.length;
    const everywhere = network.sites.map((_, index) => ({ index, from: START, to: START + HOUR }));
    expect(late(capture(minutely(2800), { late: 0.2 }, { cuts: [] }))).toBeCloseTo(0.2, 1);
    // 60 of 2800 are held, which is more than the hundredth that was asked.
    expect(late(capture(minutely(2800), { late: 0.01 }, { cuts: everywhere }))).toBeLessThan(0.024);
  });

  it('comes twice as often as asked, the second time later and with the same reading', () => {
    const delivered = capture(minutely(2000), { repeats: 0.25 }), repeats = delivered.filter((d) => d.repeated);
    expect(repeats.length / 2000).toBeCloseTo(0.25, 1);
    for (const repeat of repeats) {
      const first = delivered.find((d) => d.vehicle === repeat.vehicle && !d.repeated);
      expect([first?.reading, first?.sequence, first?.capturedAt]).toEqual([repeat.reading, repeat.sequence, repeat.capturedAt]);
      expect(repeat.arrivesAt - (first?.arrivesAt ?? Infinity)).toBeGreaterThanOrEqual(3000);
    }
  });

  it('is missed as often as asked, and wholly at 1', () => {
    expect(1 - capture(minutely(2800), { missed: 0.3 }).length / 2800).toBeCloseTo(0.3, 1);
    expect(capture(minutely(100), { missed: 1 })).toEqual([]);
  });
});
