import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { cameraAt, type Camera, type Register, type Site } from '../../src/geo/register.ts';
import { leastTravelMs } from '../../src/geo/travel.ts';
import { passId } from '../../src/pass/pass-id.ts';
import type { Pass } from '../../src/pass/pass.ts';
import { compareMarks, markKey, skeleton } from '../../src/plate/key.ts';
import { simulateCity, type CityOptions, type CityTruth, type SimulatedPass } from '../../src/simulate/city.ts';
import { DAY, HOUR, MINUTE, quetta } from '../support/passes.ts';

/** Monday, 2 November 2026, midnight in Quetta. */
const MIDNIGHT = Date.parse('2026-11-02T00:00:00+05:00');
const DAYS = 3;
const base: CityOptions = { seed: 1, vehicles: 6000, days: DAYS, startsAt: MIDNIGHT };
const register = quetta();

interface Driven { readonly passes: readonly SimulatedPass[]; readonly truth: CityTruth }
function driven(options: Partial<CityOptions> = {}, of: Register = register): Driven {
  const city = simulateCity(of, { ...base, ...options });
  return { passes: [...city.passes()], truth: city.truth };
}

/** Each pass once, with its true time: what the camera's clock does is taken off. */
interface Seen { readonly pass: Pass; readonly vehicle: number; readonly at: number; readonly siteId: string }
function seenOnce({ passes, truth }: Driven, of: Register = register): Seen[] {
  const clocks = new Map(truth.clocks.map((clock) => [clock.cameraId, clock]));
  return passes.filter((p) => !p.repeated).map(({ pass, vehicle }) => {
    const { offsetMs = 0, driftMsPerDay = 0 } = clocks.get(pass.cameraId) ?? {};
    const drift = driftMsPerDay / DAY, at = (pass.capturedAt - offsetMs + drift * base.startsAt) / (1 + drift);
    return { pass, vehicle, at, siteId: of.cameras.find((c) => c.id === pass.cameraId)?.siteId ?? '' };
  });
}

const localHour = (at: number): number => ((at + 5 * HOUR) % DAY) / HOUR;
const share = <T>(values: readonly T[], holds: (value: T) => boolean): number => values.filter(holds).length / values.length;
/** Four standard deviations of a share counted over n. */
const about = (wanted: number, n: number): readonly [number, number] => [wanted - 4 * Math.sqrt(wanted * (1 - wanted) / n), wanted + 4 * Math.sqrt(wanted * (1 - wanted) / n)];
function expectShare(actual: number, wanted: number, n: number): void {
  const [least, most] = about(wanted, n);
  expect(actual).toBeGreaterThanOrEqual(least);
  expect(actual).toBeLessThanOrEqual(most);
}

let city: Driven, seen: Seen[];
beforeAll(() => {
  city = driven();
  seen = seenOnce(city);
});

describe('a simulated city', () => {
  const print = ({ passes, truth }: Driven): string => createHash('sha256').update(JSON.stringify(passes)).update(JSON.stringify(truth)).digest('hex');

  it('is the same for the same seed and options, byte for byte, and another one for another seed', () => {
    const small = { vehicles: 800, days: 1 };
    expect(print(driven(small))).toBe(print(driven(small)));
    expect(print(driven(small))).not.toBe(print(driven({ ...small, seed: 2 })));
  });

  it('can be driven again, and side by side, with the same passes', () => {
    const one = simulateCity(register, { ...base, vehicles: 300, days: 1 }), first = [...one.passes()], stays = JSON.stringify(one.truth.stays);
    const [a, b] = [one.passes()[Symbol.iterator](), one.passes()[Symbol.iterator]()];
    expect(first.map(() => [a.next().value, b.next().value])).toEqual(first.map((pass) => [pass, pass]));
    expect(JSON.stringify(one.truth.stays)).toBe(stays);
  });

  it('has the same traffic whatever the reader and the lines do', () => {
    const drivenBy = ({ truth }: Driven): unknown => truth.stays.map(({ vehicle, entry, exit }) => [vehicle, entry?.at, exit?.at]);
    const small = { vehicles: 500, days: 1 };
    expect(drivenBy(driven({ ...small, misreads: 0.3, missed: 0.2, late: 0.5, repeats: 0.1 }))).toEqual(drivenBy(driven(small)));
  });

  it('tells its passes in the order of their arrival, which is when they are received', () => {
    expect(city.passes.every(({ arrivesAt, pass }, i) => pass.receivedAt === arrivesAt && arrivesAt >= (city.passes[i - 1]?.arrivesAt ?? 0))).toBe(true);
    expect(city.passes.every(({ pass }) => pass.processedAt >= pass.receivedAt)).toBe(true);
  });

  it('gives passes as the recorder takes them: ids, keys and places fit', () => {
    for (const { pass } of city.passes) {
      const camera = cameraAt(register, pass.cameraId, pass.capturedAt);
      if (pass.mark === null || camera === null) throw new Error('a pass without mark or camera');
      expect([pass.id, pass.key, pass.skeleton]).toEqual([passId(pass.cameraId, pass.capturedAt, pass.sequence), markKey(pass.mark), skeleton(markKey(pass.mark))]);
      expect([pass.direction, pass.source, pass.outcome]).toEqual([camera.direction, 'simulation', 'mark']);
      expect(pass.confidence).toBeCloseTo(pass.characters.reduce((product, c) => product * c.confidence, 1), 9);
    }
  });

  it('has no two passes of one id but repeats, even where a camera sees two vehicles in one millisecond', () => {
    expect(new Set(seen.map(({ pass }) => pass.id)).size).toBe(seen.length);
    const crowded = driven({ vehicles: 20_000, days: 1, kinds: { commuter: 1 }, gates: { baleli: 1 } });
    expect(crowded.passes.some(({ pass }) => pass.sequence > 0)).toBe(true);
    expect(new Set(crowded.passes.map(({ pass }) => pass.id)).size).toBe(crowded.passes.filter((p) => !p.repeated).length);
  });
});

describe('its traffic', () => {
  it('lets no vehicle be faster than 100 km/h on the straight line, nor at two places at once', () => {
    const sites = new Map(register.sites.map((s) => [s.id, s])), of = new Map<number, Seen[]>();
    for (const one of seen) of.set(one.vehicle, [...(of.get(one.vehicle) ?? []), one]);
    const tooFast = [...of.values()].flatMap((own) => own.toSorted((a, b) => a.at - b.at).flatMap((next, i, sorted) => {
      const before = sorted[i - 1];
      if (before === undefined || before.siteId === next.siteId) return [];
      // Cameras tell whole milliseconds, and vehicles of a group vary by less than a second each way.
      return next.at - before.at < leastTravelMs(sites.get(before.siteId) as Site, sites.get(next.siteId) as Site, 100) - 2000 ? [[before, next]] : [];
    }));
    expect(tooFast).toEqual([]);
  });

  it('enters and leaves by turns: stays of one vehicle do not overlap', () => {
    const of = new Map<number, { from: number; to: number }[]>();
    for (const { vehicle, entry, exit } of city.truth.stays) of.set(vehicle, [...(of.get(vehicle) ?? []), { from: entry?.at ?? -Infinity, to: exit?.at ?? Infinity }]);
    for (const stays of of.values()) {
      const sorted = stays.toSorted((a, b) => a.from - b.from);
      expect(sorted.every(({ from, to }, i) => from < to && from >= (sorted[i - 1]?.to ?? -Infinity))).toBe(true);
    }
  });

  it('is as much at the boundary as was counted for a fleet of this size: 60,000 to 120,000 a day for 200,000 vehicles', () => {
    const aDay = seen.filter(({ pass }) => pass.direction !== 'unknown').length / DAYS * (200_000 / base.vehicles);
    expect(aDay).toBeGreaterThan(60_000);
    expect(aDay).toBeLessThan(120_000);
  });

  it('comes by the boundary sites as they are weighted', () => {
    const through = driven({ kinds: { through: 1 }, gates: { baleli: 3, 'lak-pass': 1, spezand: 0, 'western-bypass': 0, 'eastern-bypass': 0, 'hanna-urak': 0 } });
    const entries = through.truth.stays.flatMap(({ entry }) => entry?.site ?? []);
    expect(new Set(entries)).toEqual(new Set(['baleli', 'lak-pass']));
    // First entries are three to one; the 15 % who come back come by the other one.
    expect(share(entries, (site) => site === 'baleli')).toBeGreaterThan(0.6);
    expect(share(entries, (site) => site === 'baleli')).toBeLessThan(0.76);
  });

  it('has all its kinds, and commuters who come in the morning and are gone at night', () => {
    const { vehicles, stays } = city.truth;
    expect(new Set(vehicles.map((v) => v.kind))).toEqual(new Set(['resident', 'commuter', 'through', 'bus', 'truck', 'visitor']));
    const commutes = stays.filter((s) => vehicles[s.vehicle]?.kind === 'commuter' && s.entry !== null && s.exit !== null);
    expect(commutes.length).toBeGreaterThan(1000);
    expect(share(commutes, (s) => localHour(s.entry?.at ?? 0) < 12)).toBeGreaterThan(0.85);
    expect(share(commutes, (s) => (s.exit?.at ?? 0) - (s.entry?.at ?? 0) < 14 * HOUR)).toBeGreaterThan(0.9);
  });

  it('brings lorries into the city only between 23:00 and six', () => {
    const hours = city.truth.stays.filter((s) => city.truth.vehicles[s.vehicle]?.kind === 'truck').flatMap((s) => (s.entry === null ? [] : [localHour(s.entry.at)]));
    expect(hours.length).toBeGreaterThan(50);
    expect(hours.filter((hour) => hour < 23 && hour >= 6)).toEqual([]);
  });

  it('has visitors who stay for days, and vehicles that cross and never return', () => {
    const { vehicles, stays } = city.truth;
    const lengths = stays.filter((s) => vehicles[s.vehicle]?.kind === 'visitor' && s.entry !== null && s.exit !== null).map((s) => (s.exit?.at ?? 0) - (s.entry?.at ?? 0));
    expect(lengths.filter((ms) => ms > DAY).length).toBeGreaterThan(20);
    const crossings = new Map<number, number>();
    for (const s of stays) if (vehicles[s.vehicle]?.kind === 'through' && vehicles[s.vehicle]?.convoy === null) crossings.set(s.vehicle, (crossings.get(s.vehicle) ?? 0) + 1);
    expect(share([...crossings.values()], (n) => n === 1)).toBeGreaterThan(0.75);
  });

  it('runs buses several times a day on one line, in platoons of which none lasts', () => {
    const buses = driven({ vehicles: 24, kinds: { bus: 1 }, missed: 0, down: 0, late: 0, repeats: 0, wrongClocks: 0 });
    const out = seenOnce(buses).filter(({ pass }) => pass.direction === 'out').toSorted((a, b) => a.at - b.at);
    expect(out.length).toBeGreaterThanOrEqual(24 * DAYS * 2);
    const together = new Map<string, number>();
    out.forEach((one, i) => {
      const next = out[i + 1];
      if (next === undefined || next.siteId !== one.siteId || next.at - one.at > 30_000) return;
      const pair = [one.vehicle, next.vehicle].toSorted((a, b) => a - b).join();
      together.set(pair, (together.get(pair) ?? 0) + 1);
    });
    expect(together.size).toBeGreaterThan(24);
    expect(Math.max(...together.values())).toBeLessThan(DAYS * 3);
  });

  it('drives convoys within 30 seconds, on as many trips and over as many sites as the truth says', () => {
    const quiet = driven({ convoys: 8, missed: 0, down: 0, wrongClocks: 0, late: 0, repeats: 0 }), passes = seenOnce(quiet);
    expect(quiet.truth.convoys).toHaveLength(8);
    for (const { vehicles: members, trips, sites } of quiet.truth.convoys) {
      expect([members.length >= 2 && members.length <= 4, trips >= 2, sites >= 3]).toEqual([true, true, true]);
      const own = members.map((member) => passes.filter((p) => p.vehicle === member).toSorted((a, b) => a.at - b.at));
      const shared = (own[0] ?? []).filter((p) => own.every((other) => other.some((q) => q.siteId === p.siteId && Math.abs(q.at - p.at) <= 32_000)));
      expect(new Set(shared.map((p) => p.siteId)).size).toBe(sites);
      // A clock that is kept is off by up to two seconds, but the same for all.
      expect(shared.filter((p) => p.pass.direction === 'in')).toHaveLength(trips);
    }
  });

  it('lets vehicles with a forged mark drive where the other one cannot be', () => {
    const { clones } = city.truth, of = (vehicle: number): Seen[] => seen.filter((s) => s.vehicle === vehicle), sites = new Map(register.sites.map((s) => [s.id, s]));
    expect(clones).toHaveLength(6);
    for (const { vehicle, original } of clones) {
      const [clone, copied] = [city.truth.vehicles[vehicle], city.truth.vehicles[original]];
      expect(clone?.mark).toEqual(copied?.mark);
      expect([clone?.cloneOf, clone?.class === copied?.class && clone?.colour === copied?.colour]).toEqual([original, false]);
      const impossible = of(vehicle).some((a) => of(original).some((b) => a.siteId !== b.siteId && Math.abs(a.at - b.at) < leastTravelMs(sites.get(a.siteId) as Site, sites.get(b.siteId) as Site, 160)));
      expect(impossible).toBe(true);
    }
  });

  it('has vehicles that lawfully share letters and number, and no others but the forged ones', () => {
    const { vehicles, twins } = city.truth;
    expect(twins).toHaveLength(30);
    for (const { vehicle, other } of twins) {
      const [a, b] = [vehicles[vehicle], vehicles[other]];
      if (a === undefined || b === undefined) throw new Error('a twin that is no vehicle');
      expect(markKey(a.mark)).toBe(markKey(b.mark));
      expect(compareMarks(a.mark, b.mark).contradicts.some((part) => part === 'year' || part === 'jurisdiction')).toBe(true);
    }
    const others = vehicles.filter((v) => v.cloneOf === null && v.twinOf === null);
    expect(new Set(others.map((v) => markKey(v.mark))).size).toBe(others.length);
  });

  it('has vehicles parked in view that one camera sees again and again', () => {
    const { truth, passes } = driven({ vehicles: 400, parked: 0.2, missed: 0, down: 0, late: 0 });
    expect(truth.parked.length).toBeGreaterThan(50);
    const long = truth.parked.filter(({ from, to }) => to - from > 2 * HOUR);
    for (const { vehicle, cameraId, from, to } of long) {
      const own = passes.filter((p) => p.vehicle === vehicle && p.pass.cameraId === cameraId && p.pass.capturedAt > from - 2 * MINUTE && p.pass.capturedAt < to + 2 * MINUTE);
      expect(own.length).toBeGreaterThan((to - from) / (15 * MINUTE));
    }
  });
});

describe('what is true of it', () => {
  it('agrees with the passes: every end that was captured is a pass of that vehicle, site, direction and time', () => {
    const byId = new Map(seen.map((s) => [s.pass.id, s]));
    for (const { vehicle, entry, exit } of city.truth.stays) {
      for (const [end, direction] of [[entry, 'in'], [exit, 'out']] as const) {
        if (end?.passId == null) continue;
        const pass = byId.get(end.passId);
        expect([pass?.vehicle, pass?.siteId, pass?.pass.direction]).toEqual([vehicle, end.site, direction]);
        expect(Math.abs((pass?.at ?? 0) - end.at)).toBeLessThan(2);
      }
    }
    const ends = city.truth.stays.flatMap(({ entry, exit }) => [entry?.passId, exit?.passId]).filter((id) => id != null);
    expect(ends).toHaveLength(seen.filter(({ pass }) => pass.direction !== 'unknown').length);
  });

  it('counts what was seen of each stay, and who is inside at the end', () => {
    const { stays, insideAtEnd, seenInsideAtEnd } = city.truth;
    expect(stays.reduce((sum, stay) => sum + stay.seen, 0)).toBe(seen.length);
    const open = stays.filter((stay) => stay.exit === null);
    expect([insideAtEnd, seenInsideAtEnd]).toEqual([open.length, open.filter((stay) => stay.seen > 0).length]);
    expect(new Set(open.map((stay) => stay.vehicle)).size).toBe(insideAtEnd);
  });

  it('keeps to the simulated time', () => {
    const ends = city.truth.stays.flatMap(({ entry, exit }) => [entry?.at, exit?.at]).filter((at) => at !== undefined);
    expect(ends.every((at) => at >= MIDNIGHT && at < MIDNIGHT + DAYS * DAY)).toBe(true);
    expect(city.truth.stays.some((stay) => stay.entry === null && stay.exit !== null)).toBe(true);
  });

  it('is told in part from the beginning and in whole at the end', () => {
    const { truth } = simulateCity(register, { ...base, vehicles: 200, days: 1 });
    expect([truth.vehicles.length, truth.clocks.length, truth.stays.length, truth.insideAtEnd]).toEqual([200, register.cameras.length, 0, 0]);
  });

  it('may begin at any hour: who is inside then was inside from the beginning', () => {
    const noon = driven({ startsAt: MIDNIGHT + 12 * HOUR, vehicles: 1500, days: 1 });
    const inside = noon.truth.stays.filter((s) => s.entry === null && noon.truth.vehicles[s.vehicle]?.kind === 'commuter');
    expect(inside.length).toBeGreaterThan(100);
    expect(noon.passes.every(({ pass }) => pass.capturedAt >= MIDNIGHT + 12 * HOUR - 2 * MINUTE)).toBe(true);
  });
});

describe('what goes wrong in it', () => {
  it('is as often as asked: missed, misread, repeated, late', () => {
    const rates = { misreads: 0.1, missed: 0.08, repeats: 0.05, late: 0.12, down: 0, wrongClocks: 0 }, wrong = driven(rates), once = seenOnce(wrong);
    const boundary = wrong.truth.stays.flatMap(({ entry, exit }) => [entry, exit]).filter((end) => end !== null);
    expectShare(share(boundary, (end) => end.passId === null), rates.missed, boundary.length);
    // A tenth may lie between: characters differ in how easily they are misread.
    expect(share(wrong.passes, (p) => p.misread)).toBeGreaterThan(rates.misreads * 0.9);
    expect(share(wrong.passes, (p) => p.misread)).toBeLessThan(rates.misreads * 1.1);
    expectShare((wrong.passes.length - once.length) / once.length, rates.repeats, once.length);
    const late = share(wrong.passes.filter((p) => !p.repeated), (p) => p.arrivesAt - p.pass.capturedAt > 2 * MINUTE);
    expect(late).toBeGreaterThan(rates.late * 0.85);
    expect(late).toBeLessThan(rates.late * 1.2);
  });

  it('is nothing where nothing is asked', () => {
    const right = driven({ vehicles: 1000, days: 1, misreads: 0, missed: 0, repeats: 0, late: 0, down: 0, wrongClocks: 0, yearUnread: 0, provinceUnread: 0, provinceWrong: 0, classWrong: 0, colourWrong: 0 });
    expect([right.truth.downs, right.truth.cuts]).toEqual([[], []]);
    for (const { pass, vehicle, misread, repeated, arrivesAt } of right.passes) {
      const truth = right.truth.vehicles[vehicle];
      expect([misread, repeated, arrivesAt - pass.capturedAt < MINUTE + 2500]).toEqual([false, false, true]);
      expect(pass.mark).toEqual(truth?.mark);
      expect([truth?.class, null]).toContain(pass.vehicle.class);
      expect([truth?.colour, null]).toContain(pass.vehicle.colour);
    }
    expect(right.truth.stays.every(({ entry, exit }) => entry?.passId !== null && exit?.passId !== null)).toBe(true);
  });

  it('tells a misread by its characters alone: unread years and provinces are none', () => {
    for (const { pass, vehicle, misread } of city.passes) {
      const truth = city.truth.vehicles[vehicle]?.mark, mark = pass.mark;
      if (truth === undefined || mark === null) throw new Error('a pass of nobody');
      if (misread) continue;
      expect([mark.letters, mark.number, mark.suffix]).toEqual([truth.letters, truth.number, truth.suffix]);
      expect([truth.year, null]).toContain(mark.year);
    }
  });

  it('leaves years, provinces, classes and colours unread as often as asked', () => {
    const truthOf = (p: SimulatedPass) => city.truth.vehicles[p.vehicle], withYear = city.passes.filter((p) => truthOf(p)?.mark.year !== null && !p.misread), balochistan = city.passes.filter((p) => truthOf(p)?.mark.jurisdiction === 'BA');
    expect(share(withYear, (p) => p.pass.mark?.year === null)).toBeCloseTo(0.08, 1);
    expectShare(share(balochistan, (p) => p.pass.mark?.jurisdiction === null), 0.4, balochistan.length);
    expectShare(share(city.passes, (p) => p.pass.vehicle.class === null), 0.35, city.passes.length);
    const coloured = city.passes.filter((p) => p.pass.vehicle.colour !== null);
    expectShare(share(coloured, (p) => p.pass.vehicle.colour !== truthOf(p)?.colour), 0.04, coloured.length);
  });

  it('leaves no pass of a camera while it is down', () => {
    const broken = driven({ down: 0.2, wrongClocks: 0 }), passes = seenOnce(broken), time = broken.truth.downs.reduce((sum, d) => sum + d.to - d.from, 0);
    expect(time / (register.cameras.length * DAYS * DAY)).toBeCloseTo(0.2, 2);
    for (const { cameraId, from, to } of broken.truth.downs) expect(passes.filter((p) => p.pass.cameraId === cameraId && p.at >= from + 1 && p.at < to - 1)).toEqual([]);
  });

  it('holds the passes of a site that is cut off until it is back, and then sends them in a burst, out of order', () => {
    const cutOff = driven({ late: 0.3, wrongClocks: 0, repeats: 0 }), clocks = new Map(cutOff.truth.clocks.map((c) => [c.cameraId, c]));
    expect(cutOff.truth.cuts.length).toBeGreaterThan(10);
    let swapped = 0;
    for (const { siteId, from, to } of cutOff.truth.cuts) {
      const held = cutOff.passes.filter((p) => p.pass.cameraId.startsWith(siteId) && p.pass.capturedAt - (clocks.get(p.pass.cameraId)?.offsetMs ?? 0) >= from + 1000 && p.pass.capturedAt < to - 4000);
      for (const p of held) {
        expect(p.arrivesAt).toBeGreaterThan(to);
        expect(p.arrivesAt).toBeLessThan(to + 10 * MINUTE);
      }
      held.forEach((p, i) => (swapped += p.pass.capturedAt < (held[i - 1]?.pass.capturedAt ?? 0) ? 1 : 0));
    }
    expect(swapped).toBeGreaterThan(50);
  });

  it('delivers a repeat as it was, later', () => {
    const first = new Map(city.passes.filter((p) => !p.repeated).map((p) => [p.pass.id, p])), repeats = city.passes.filter((p) => p.repeated);
    expect(repeats.length).toBeGreaterThan(100);
    for (const { pass, arrivesAt, vehicle } of repeats) {
      const before = first.get(pass.id);
      expect(before?.vehicle).toBe(vehicle);
      expect(arrivesAt).toBeGreaterThan(before?.arrivesAt ?? Infinity);
      expect({ ...pass, receivedAt: 0, processedAt: 0 }).toEqual({ ...before?.pass, receivedAt: 0, processedAt: 0 });
    }
  });

  it('keeps most clocks within two seconds, and lets a few be wrong by up to 90', () => {
    const { truth } = simulateCity(register, { ...base, wrongClocks: 0.5, vehicles: 1, days: 1 }), offsets = truth.clocks.map((c) => Math.abs(c.offsetMs));
    expect(Math.max(...offsets)).toBeLessThanOrEqual(90_000);
    expect([offsets.some((ms) => ms > 5000), offsets.filter((ms) => ms <= 2000).length >= 4]).toEqual([true, true]);
    expect(offsets.filter((ms) => ms > 2000 && ms < 5000)).toEqual([]);
  });
});

describe('other cities', () => {
  const site = (id: string, lon: number, kind: Site['kind']): Site => ({ id, name: id, lat: 30, lon, kind });
  const camera = (id: string, of: Site, direction: Camera['direction'], valid: Partial<Camera> = {}): Camera => ({
    id, siteId: of.id, site: of, lane: null, direction, trigger: 'vehicle', burstFrames: 1, grade: 'anpr', bearing: null, towards: null, lat: of.lat, lon: of.lon, boundary: of.kind === 'boundary', validFrom: null, validTo: null, ...valid,
  });
  const east = site('east', 67, 'boundary'), west = site('west', 66.8, 'boundary'), market = site('market', 66.9, 'city');
  const of = (sites: readonly Site[], cameras: readonly Camera[]): Register => ({ city: { ...register.city, timeZone: 'Asia/Kolkata' }, sites, roads: [], cameras });
  const gates = [camera('e-in', east, 'in'), camera('e-out', east, 'out'), camera('w-any', west, 'unknown')];

  it('may have no roads: straight links stand for them', () => {
    const { passes, truth } = driven({ vehicles: 300, days: 1 }, of([east, market, west], [...gates, camera('m', market, 'unknown')]));
    expect(new Set(passes.map((p) => p.pass.cameraId))).toEqual(new Set(['e-in', 'e-out', 'w-any', 'm']));
    expect(new Set(truth.stays.flatMap((s) => s.entry?.site ?? []))).toEqual(new Set(['east', 'west']));
  });

  it('may have no site inside, or one boundary site alone', () => {
    for (const small of [of([east, west], gates), of([east, market], gates.slice(0, 2)), of([east], gates.slice(0, 2))]) {
      const { passes, truth } = driven({ vehicles: 300, days: 2, convoys: 2 }, small);
      expect(passes.length).toBeGreaterThan(100);
      expect(truth.stays.some((s) => s.entry?.passId != null && s.exit?.passId != null)).toBe(true);
    }
  });

  it('may have places without a camera, which see nobody, and cameras that stand there for a time', () => {
    const until = MIDNIGHT + 12 * HOUR;
    const { passes, truth } = driven({ vehicles: 500, days: 1, wrongClocks: 0 }, of([east, market, west], [camera('e-in', east, 'in', { validTo: until }), camera('e-in', east, 'in', { validFrom: until + HOUR }), camera('e-out', east, 'out')]));
    expect(passes.filter((p) => p.pass.cameraId === 'e-in' && p.pass.capturedAt > until + 3000 && p.pass.capturedAt < until + HOUR - 3000)).toEqual([]);
    expect(passes.some((p) => p.pass.cameraId === 'e-in' && p.pass.capturedAt > until + HOUR)).toBe(true);
    expect(truth.clocks.map((c) => c.cameraId)).toEqual(['e-in', 'e-out']);
    expect(truth.stays.filter((s) => s.entry?.site === 'west').every((s) => s.entry?.passId === null)).toBe(true);
  });

  it('must have a boundary site', () => expect(() => simulateCity(of([market], [camera('m', market, 'unknown')]), base)).toThrow(new RangeError('the register names no boundary site, by which vehicles could enter and leave')));
});

describe('options', () => {
  it.each<[string, Partial<CityOptions> | Record<string, unknown>, string]>([
    ['a negative seed', { seed: -1 }, 'seed must be 0 to 4294967295'],
    ['no vehicles', { vehicles: 0 }, 'vehicles must be 1 to 2000000'],
    ['half a day', { days: 0.5 }, 'days must be a whole number'],
    ['a time of the last century', { startsAt: 0 }, 'startsAt must be from 2001 on'],
    ['a share above what a reader can be wrong', { misreads: 0.9 }, 'misreads must be 0 to 0.5'],
    ['words for a number', { missed: 'few' }, 'missed must be a number'],
    ['a misspelt one', { misread: 0.1 }, 'misread is no option of a simulated city'],
    ['a site that is none', { gates: { nowhere: 1 } }, 'gates.nowhere is no boundary site of the register'],
    ['a site that is not on the boundary', { gates: { sariab: 1 } }, 'gates.sariab is no boundary site of the register'],
    ['no kind of vehicle', { kinds: { bus: 0 } }, 'kinds must leave one kind of vehicle'],
    ['a weight below 0', { kinds: { bus: -1 } }, 'kinds.bus must not be negative'],
    ['no traffic anywhere', { gates: Object.fromEntries(register.sites.filter((s) => s.kind === 'boundary').map((s) => [s.id, 0])) }, 'gates must leave one boundary site with traffic'],
  ])('refuse %s, in one sentence', (_, options, message) => {
    expect(() => simulateCity(register, { ...base, ...options } as CityOptions)).toThrow(new RangeError(message));
  });

  it('ask for more clones, twins and convoys than there are vehicles for, and get what there is', () => {
    const { truth } = driven({ vehicles: 20, days: 1, clones: 50, twins: 50, convoys: 50 });
    expect(truth.clones.length).toBeGreaterThan(0);
    expect(truth.clones.length + truth.twins.length + truth.convoys.length).toBeLessThan(20);
  });
});
