import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/core/permission.ts';
import { NOW, startTestServer, type ReportedPass, type TestServer } from '../support/http-server.ts';
import { DAY, HOUR, MINUTE } from '../support/passes.ts';

let server: TestServer;
const purposed = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1/26' };
const ask = async (path: string, key: Role = 'analyst') => server.ask(`/api/v1/${path}`, { key, headers: purposed });
const json = async (path: string): Promise<any> => (await ask(path)).json;
const at = (time: string): string => `2026-11-03T${time}+05:00`;
const time = (text: string): string => encodeURIComponent(at(text));
const instant = (ms: number): string => new Date(ms).toISOString();

/** Two weeks in which two cameras see something every ten minutes; on the last morning Sariab Road is down from 07:05 to 10:25. */
function traffic(): ReportedPass[] {
  const passes: ReportedPass[] = [], down = [Date.parse(at('07:05:00')), Date.parse(at('10:25:00'))] as const;
  for (let ms = NOW - 14 * DAY; ms < NOW; ms += 10 * MINUTE) {
    passes.push({ camera: 'baleli-in-1', capturedAt: instant(ms), text: 'unread', sequence: 5 });
    if (ms < down[0] || ms >= down[1]) passes.push({ camera: 'sariab-1', capturedAt: instant(ms), text: 'unread', sequence: 5 });
  }
  return passes;
}

beforeAll(async () => {
  server = await startTestServer();
  const all = traffic();
  for (let i = 0; i < all.length; i += 2000) await server.report(...all.slice(i, i + 2000));
  await server.report(
    { camera: 'baleli-in-1', capturedAt: at('06:00:01'), text: 'LEC138447' }, { camera: 'lak-pass-out-1', capturedAt: at('09:00:00'), text: 'LEC138447' },
    { camera: 'baleli-in-1', capturedAt: at('06:30:00'), text: 'BCS036' }, { camera: 'sariab-1', capturedAt: at('06:55:00'), text: 'BCS036' },
    { camera: 'lak-pass-in-1', capturedAt: at('06:10:00'), text: 'QAD118' }, { camera: 'lak-pass-in-1', capturedAt: at('11:10:00'), text: 'QAD118' },
  );
  await server.report({ camera: 'sariab-1', capturedAt: at('06:20:00'), text: 'LEC8447' });
});
afterAll(() => server?.close());

const DAY_SEARCH = `from=${time('00:00:00')}&to=${time('12:00:00')}`;

describe('the timeline of a mark', () => {
  it('shows passes, journeys and the gaps in which cameras on the way were down, newest first', async () => {
    const { items, camerasDown, gapsSince } = await json(`marks/LEC-13-8447/timeline?${DAY_SEARCH}`);
    expect(items.map((i: any) => i.kind)).toEqual(['pass', 'gap', 'pass', 'pass', 'journey']);
    expect(items[1].gap).toMatchObject({ from: at('06:20:00.000'), to: at('09:00:00.000'), fromSite: 'sariab', toSite: 'lak-pass', camerasDown: [{ camera: 'sariab-1', from: at('07:00:00.000'), to: at('10:30:00.000'), reason: 'no-passes', message: null }], camerasDownMore: 0 });
    expect(camerasDown).toEqual([{ camera: 'sariab-1', from: at('07:00:00.000'), to: at('10:30:00.000'), reason: 'no-passes', message: null }]);
    expect(gapsSince).toBe(at('06:20:00.000'));
  });

  it('labels what could be another vehicle', async () => {
    const { items } = await json(`marks/LEC-13-8447/timeline?${DAY_SEARCH}`);
    expect(items.filter((i: any) => i.kind === 'pass').map((i: any) => [i.pass.text, i.agreement])).toEqual([['LEC138447', 'same'], ['LEC8447', 'possible'], ['LEC138447', 'same']]);
  });

  it('says the ends of a journey in words, inferred ones too', async () => {
    const words = async (mark: string) => (await json(`marks/${mark}/timeline`)).items.flatMap((i: any) => (i.kind === 'journey' ? [i.journey.words] : []));
    expect(await words('LEC-13-8447')).toEqual(['Entered at baleli at 2026-11-03 06:00:01+05:00. Left at lak-pass at 2026-11-03 09:00:00+05:00.']);
    expect(await words('QAD-118')).toEqual([
      'Entered at lak-pass at 2026-11-03 11:10:00+05:00. Not seen to leave; last seen at 2026-11-03 11:10:00+05:00.',
      'Entered at lak-pass at 2026-11-03 06:10:00+05:00. Nobody saw it leave: it must have gone after 2026-11-03 06:10:00+05:00 and before it came in again at 2026-11-03 11:10:00+05:00.',
    ]);
  });

  it('goes on after the last pass to the end of the period, and to now', async () => {
    const { items } = await json('marks/BCS-036/timeline');
    expect(items[0]).toMatchObject({ kind: 'gap', gap: { from: at('06:55:00.000'), to: null, toSite: null, camerasDown: [{ camera: 'sariab-1' }] } });
  });

  it('shows a gap between two pages once', async () => {
    const items = await server.all('/api/v1/marks/LEC-13-8447/timeline?limit=1');
    expect(items.filter((i) => i.kind === 'gap' && i.gap.toSite === 'lak-pass')).toHaveLength(1);
    expect(items.filter((i) => i.kind === 'pass')).toHaveLength(3);
  });
});

describe('every answer about movement', () => {
  const PATHS = [
    'marks/LEC-13-8447/timeline', 'marks/LEC-13-8447/passes', 'vehicles?mark=LE*', 'passes?mark=LE*', `movement/seen-at?a=baleli&b=sariab&${DAY_SEARCH}`, `movement/crossings?${DAY_SEARCH}`,
    `movement/origin-destination?${DAY_SEARCH}`, `movement/dwell?${DAY_SEARCH}`, 'movement/inside',
  ];

  it.each(PATHS)('says which cameras were down and which never showed anything: %s', async (path) => {
    const answer = await json(path);
    expect(answer.camerasWithoutPasses).toContain(path.includes('seen-at') ? 'baleli-out-1' : 'hanna-urak-in-1');
    expect(Array.isArray(answer.camerasDown)).toBe(true);
    expect(answer.camerasDownMore).toBe(0);
  });

  it.each(PATHS)('needs a purpose, and a role that may see movement: %s', async (path) => {
    expect((await server.ask(`/api/v1/${path}`, { key: 'analyst' })).json.error.code).toBe('PURPOSE_MISSING');
    for (const role of ['checkpoint', 'excise', 'lists', 'operator'] as const) expect((await ask(path, role)).json.error.code).toBe('PERMISSION_MISSING');
  });

  it('names a camera as down only where it usually shows vehicles', async () => {
    expect((await json(`passes?camera=sariab-1&${DAY_SEARCH}`)).camerasDown).toMatchObject([{ camera: 'sariab-1' }]);
    expect((await json(`passes?camera=lak-pass-in-1&${DAY_SEARCH}`)).camerasDown).toEqual([]);
    expect((await json(`passes?camera=sariab-1&from=${time('00:00:00')}&to=${time('07:00:00')}`)).camerasDown).toEqual([]);
  });

  it('says from when on it looked', async () => {
    expect((await json('passes?camera=sariab-1')).camerasDownSince).toBe('2026-10-27T12:00:00.000+05:00');
    expect((await json(`passes?camera=sariab-1&from=2025-01-01T00:00:00Z`)).camerasDownSince).toBe('2026-10-03T12:00:00.000+05:00');
    expect((await json('passes?camera=sariab-1&limit=1')).next).not.toBeNull();
  });
});

describe('passes', () => {
  it('of several cameras are asked for with commas', async () => {
    const { items } = await json(`passes?camera=lak-pass-in-1,lak-pass-out-1&${DAY_SEARCH}`);
    expect(items.map((p: any) => p.camera)).toEqual(['lak-pass-in-1', 'lak-pass-out-1', 'lak-pass-in-1']);
    expect((await ask('passes?camera=lak-pass-in-1,nowhere-1')).json.error.code).toBe('CAMERA_UNKNOWN');
    expect((await ask('passes?camera=a,,b')).json.error.code).toBe('REQUEST_INVALID');
  });

  it('that look like a mark are found when asked so', async () => {
    expect((await json('passes?mark=LEC-13-8441')).items).toEqual([]);
    expect((await json('passes?mark=LEC-13-8441&like=true')).items.map((p: any) => p.mark)).toEqual(['LEC-13-8447', 'LEC-8447', 'LEC-13-8447']);
  });

  it('are found by what the plate says of the vehicle, and by no class that there is not', async () => {
    expect((await ask('passes?markClass=commercial')).status).toBe(200);
    expect((await ask('passes?markClass=lorry')).status).toBe(400);
    expect((await json('passes?class=truck')).items).toEqual([]);
  });
});

describe('vehicles', () => {
  it('are shown once, with when they were first and last seen', async () => {
    const { items } = await json('vehicles?mark=LE*');
    expect(items).toMatchObject([{ key: 'LEC8447', firstSeenAt: at('06:00:01.000'), lastSeenAt: at('09:00:00.000'), lastSite: 'lak-pass' }]);
    expect(items[0].marks.map((m: any) => m.mark).sort()).toEqual(['LEC-13-8447', 'LEC-8447']);
  });

  it.each([['vehicles', /mark/], ['vehicles?mark=*', /letter/], ['vehicles?mark=LE*&like=yes', /like/]])('refuse %s', async (path, message) => {
    const answer = await ask(path);
    expect(answer.status).toBe(400);
    expect(answer.json.error.message).toMatch(message);
  });
});

describe('movement', () => {
  it('tells who was at two sites', async () => {
    const { items, from } = await json(`movement/seen-at?a=baleli&b=sariab&within=30&${DAY_SEARCH}`);
    expect(items).toMatchObject([
      { key: 'BCS36', minutes: 25, agreement: 'same', first: { camera: 'baleli-in-1' }, second: { camera: 'sariab-1' } },
      { key: 'LEC8447', minutes: 20, agreement: 'possible', first: { mark: 'LEC-13-8447' }, second: { mark: 'LEC-8447' } },
    ]);
    expect(from).toBe(at('00:00:00.000'));
  });

  it('pages on although the clock goes on', async () => {
    const path = `movement/seen-at?a=baleli&b=sariab&from=${time('00:00:00')}&limit=1`, first = await json(path);
    server.time.now += HOUR;
    try {
      expect((await json(`${path}&cursor=${first.next}`)).items).toMatchObject([{ key: 'LEC8447' }]);
    } finally {
      server.time.now -= HOUR;
    }
  });

  it('counts who is inside, says how many of them probably are, and why', async () => {
    const inside = await json('movement/inside');
    expect(inside).toMatchObject({ open: 2, estimate: expect.any(Number), bySite: expect.arrayContaining([{ site: 'baleli', open: 1, estimate: expect.any(Number) }]), learned: { from: 1 }, openLongerThanDays: { days: 14, count: 0 } });
    expect(inside.words).toMatch(/^2 vehicles entered and were not seen to leave\..*That rests on few journeys\.$/);
  });

  it('counts crossings by hour and by day', async () => {
    const hours = await json(`movement/crossings?${DAY_SEARCH}&site=lak-pass`);
    expect(hours.items).toEqual([
      { since: at('06:00:00.000'), site: 'lak-pass', entered: 1, left: 0 }, { since: at('09:00:00.000'), site: 'lak-pass', entered: 0, left: 1 }, { since: at('11:00:00.000'), site: 'lak-pass', entered: 1, left: 0 },
    ]);
    expect(await json(`movement/crossings?${DAY_SEARCH}&per=day`)).toMatchObject({ entered: 4, left: 1 });
  });

  it('counts from where to where', async () => {
    const { items, journeys } = await json(`movement/origin-destination?${DAY_SEARCH}`);
    expect(journeys).toBe(4);
    expect(items).toContainEqual({ entry: 'baleli', exit: 'lak-pass', journeys: 1, open: 0, probable: 0, ambiguous: 0, medianMinutes: 180 });
  });

  it('counts how long they stayed', async () => {
    const { bins, histograms, withoutBothEnds } = await json(`movement/dwell?${DAY_SEARCH}&by=site`);
    const bin = bins.findIndex((b: any) => b.fromMinutes <= 180 && 180 < b.toMinutes);
    expect(histograms).toMatchObject([{ group: 'baleli', journeys: 1, medianMinutes: 180 }]);
    expect(histograms[0].counts[bin]).toBe(1);
    expect([bins[0].fromMinutes, bins.at(-1).toMinutes, withoutBothEnds]).toEqual([0, null, 3]);
  });

  it.each([
    ['movement/crossings', /from/], [`movement/crossings?from=${time('06:00:00')}&to=${time('05:00:00')}`, /before/], ['movement/dwell?from=2026-01-01T00:00:00Z', /31 days/],
    [`movement/seen-at?a=baleli&b=baleli&${DAY_SEARCH}`, /same site/], [`movement/seen-at?a=baleli&b=nowhere&${DAY_SEARCH}`, /nowhere/], [`movement/seen-at?a=baleli&b=sariab&within=0&${DAY_SEARCH}`, /minutes/],
    [`movement/crossings?${DAY_SEARCH}&per=week`, /per/], ['movement/inside?at=now', /at/], [`movement/seen-at?a=baleli&b=sariab&${DAY_SEARCH}&cursor=abc`, /cursor/],
  ])('refuses %s', async (path, message) => {
    const answer = await ask(path);
    expect(answer.status).toBe(400);
    expect(answer.json.error.message).toMatch(message);
  });
});
