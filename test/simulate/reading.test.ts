import { describe, expect, it } from 'vitest';
import type { Pass } from '../../src/pass/pass.ts';
import { compareMarks } from '../../src/plate/key.ts';
import { checkedOptions, type CityOptions } from '../../src/simulate/city-options.ts';
import type { TrueVehicle } from '../../src/simulate/city-truth.ts';
import { Reading } from '../../src/simulate/reading.ts';
import { mark, MORNING, quetta } from '../support/passes.ts';

const camera = quetta().cameras[0] as NonNullable<ReturnType<typeof quetta>['cameras'][number]>;
const aVehicle = (text: string, given: Partial<TrueVehicle> = {}): TrueVehicle => ({ vehicle: 0, mark: mark(text), kind: 'through', class: 'car', colour: 'white', cloneOf: null, twinOf: null, convoy: null, ...given });
function reads(vehicle: TrueVehicle, rates: Partial<CityOptions> = {}, count = 2000): { readonly pass: Pass; readonly misread: boolean }[] {
  const reading = new Reading(checkedOptions({ seed: 1, vehicles: 1, days: 1, startsAt: MORNING, ...rates }));
  return Array.from({ length: count }, (_, i) => reading.read({ vehicle, camera, capturedAt: MORNING + i, sequence: 0, arrivesAt: MORNING + i + 300, reading: i * 7919 }));
}
const RIGHT = { misreads: 0, yearUnread: 0, provinceUnread: 0, provinceWrong: 0, classUnseen: 0, classWrong: 0, colourUnseen: 0, colourWrong: 0 };
const share = <T>(values: readonly T[], holds: (value: T) => boolean): number => values.filter(holds).length / values.length;

describe('what is read of a plate', () => {
  it('is the mark itself where nothing goes wrong', () => {
    for (const text of ['PB:LEB-17-4201A', 'SD:BCS-036', 'KP:SWAT A-1214', 'BA:QUETTA QAB-771', 'KDR-41180']) {
      const vehicle = aVehicle(text), [{ pass, misread } = { pass: null, misread: true }] = reads(vehicle, RIGHT, 1);
      expect([misread, pass?.mark, pass?.vehicle]).toEqual([false, vehicle.mark, { class: 'car', make: null, colour: 'white' }]);
    }
  });

  it('is the same again for the same pass, whatever was read between', () => {
    const reading = new Reading(checkedOptions({ seed: 1, vehicles: 1, days: 1, startsAt: MORNING, misreads: 0.5 }));
    const delivery = { vehicle: aVehicle('PB:LEB-17-4201'), camera, capturedAt: MORNING, sequence: 0, arrivesAt: MORNING, reading: 99 }, first = reading.read(delivery);
    reading.read({ ...delivery, reading: 100 });
    expect(reading.read(delivery)).toEqual(first);
  });

  it('keeps the form of the mark: letters stay letters, as many as there are', () => {
    for (const { pass, misread } of reads(aVehicle('PB:LEB-17-4201A'), { misreads: 0.5 })) {
      expect(pass.rawText).toMatch(/^[A-Z]{3}-(?:\d\d-)?\d{4}-[A-Z]$/);
      if (!misread) expect(compareMarks(pass.mark ?? mark('X-1'), mark('PB:LEB-17-4201A')).contradicts.filter((part) => part !== 'jurisdiction')).toEqual([]);
    }
  });

  it('does not believe a year in which no such plate was issued, but keeps the text as read', () => {
    const doubted = reads(aVehicle('PB:LEB-07-4201'), { misreads: 0.5 }, 6000).filter(({ pass }) => /^LEB-([3-9]\d|2[2-9]|0[0-3])-/.test(pass.rawText));
    expect(doubted.length).toBeGreaterThan(50);
    expect(doubted.every(({ pass, misread }) => pass.mark?.year === null && misread)).toBe(true);
  });

  it('names the province of marks that name it themselves, and not of others where nothing says it', () => {
    const unread = { ...RIGHT, provinceUnread: 1 };
    for (const text of ['PB:LEB-17-4201', 'KDR-41180']) expect(reads(aVehicle(text), unread, 50).every(({ pass }) => pass.mark?.jurisdiction !== null)).toBe(true);
    for (const text of ['SD:BCS-036', 'KP:SWAT A-1214']) expect(reads(aVehicle(text), unread, 50).every(({ pass }) => pass.mark?.jurisdiction === null && pass.mark.district === null)).toBe(true);
    expect(reads(aVehicle('PB:LEB-17-4201'), { ...unread, yearUnread: 1 }, 50).every(({ pass }) => pass.mark?.jurisdiction === null && pass.mark.year === null)).toBe(true);
  });

  it('names a wrong province as often as asked, never the right one by mistake', () => {
    const read = reads(aVehicle('SD:BCS-036'), { ...RIGHT, provinceWrong: 0.2 });
    expect(share(read, ({ pass }) => pass.mark?.jurisdiction !== 'SD')).toBeCloseTo(0.2, 1);
    expect(read.every(({ pass }) => pass.mark?.jurisdiction !== null)).toBe(true);
  });

  it('has the true mark among its other readings where one doubtful character is wrong', () => {
    const wrong = reads(aVehicle('SD:BCS-036'), { ...RIGHT, misreads: 0.1 }, 6000).filter(({ pass, misread }) => misread && pass.characters.filter((c) => c.confidence < 0.96).length === 1);
    expect(wrong.length).toBeGreaterThan(150);
    expect(share(wrong, ({ pass }) => pass.alternatives.some((other) => other.mark === 'BCS-036'))).toBeGreaterThan(0.85);
    for (const { pass } of wrong) expect(pass.alternatives.reduce((sum, other) => sum + other.confidence, pass.confidence)).toBeLessThanOrEqual(1);
  });
});

describe('what is seen of a vehicle', () => {
  it('is wrong as often as asked, and then like what it is', () => {
    const read = reads(aVehicle('SD:BCS-036', { class: 'truck', colour: 'blue' }), { ...RIGHT, classWrong: 0.3, colourWrong: 0.3 });
    expect(new Set(read.map(({ pass }) => pass.vehicle.class))).toEqual(new Set(['truck', 'bus', 'pickup']));
    expect(share(read, ({ pass }) => pass.vehicle.class !== 'truck')).toBeCloseTo(0.3, 1);
    expect(new Set(read.map(({ pass }) => pass.vehicle.colour))).toEqual(new Set(['blue', 'black', 'grey']));
  });

  it('is nothing where nothing is seen', () => {
    expect(reads(aVehicle('SD:BCS-036'), { ...RIGHT, classUnseen: 1, colourUnseen: 1 }, 20).every(({ pass }) => pass.vehicle.class === null && pass.vehicle.colour === null)).toBe(true);
  });
});
