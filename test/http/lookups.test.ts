import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/core/permission.ts';
import { startTestServer, type TestServer } from '../support/http-server.ts';

let server: TestServer;
const at = (time: string): string => `2026-11-03T${time}+05:00`;
const purposed = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1/26' };
const csv = (path: string, text: string) => server.ask(path, { method: 'POST', body: text, headers: { 'content-type': 'text/csv' } });
const mark = async (text: string, key: Role = 'analyst') => (await server.ask(`/api/v1/marks/${encodeURIComponent(text)}`, { key, headers: purposed })).json;

beforeAll(async () => {
  server = await startTestServer();
  await csv('/api/v1/lists/stolen', [
    'mark,kind,reason,owner,action,expires',
    'PB:LEC-13-8447,stolen,FIR 212/26 PS Saddar,CTD Quetta,stop,',
    'BCS-036,wanted,Warrant 7/26,Police,inform,2026-11-02',
    '',
  ].join('\n'));
  await csv('/api/v1/register', [
    'mark,jurisdiction,class,make,model,colour,status,token_paid_to',
    'LEC-13-8447,PB,private,Toyota,Corolla,white,active,2026-06-30',
    'LEB-17-4201,PB,private,Honda,City,black,active,2027-06-30',
    'LEB-18-4201,PB,private,Suzuki,Alto,red,active,2027-06-30',
    '',
  ].join('\n'));
  await server.report(
    { camera: 'baleli-in-1', capturedAt: at('06:00:00'), text: 'LEC138447' },
    { camera: 'sariab-1', capturedAt: at('07:00:00'), text: 'LEC138447' },
    { camera: 'baleli-out-1', capturedAt: at('08:00:00'), text: 'LEC138447' },
    { camera: 'lak-pass-in-1', capturedAt: at('09:00:00'), text: 'LEB174201' },
    { camera: 'lak-pass-in-1', capturedAt: at('09:30:00'), text: 'LEB184201' },
    { camera: 'sariab-1', capturedAt: at('10:00:00'), text: 'BCS036' },
  );
});
afterAll(() => server?.close());

describe('one mark', () => {
  it('is shown with its registration, its entries, where it was last seen and how old all that is', async () => {
    const record = await mark('lec 13 8447');
    expect(record).toMatchObject({
      mark: { mark: 'LEC-13-8447', jurisdiction: 'PB', year: '13' }, ambiguous: false,
      registrations: [{ agreement: 'same', make: 'Toyota', tokenPaidTo: '2026-06-30' }],
      entries: [{ list: 'stolen', agreement: 'same', kind: 'stolen', reason: 'FIR 212/26 PS Saddar', action: 'stop', expiresAt: null }],
      latest: { camera: 'baleli-out-1', capturedAt: at('08:00:00.000') }, movementVisible: true,
      lists: [{ list: 'stolen', version: 1, entries: 2, importedAt: at('12:00:00.000'), ageHours: 0, stale: false }],
      register: { version: 1, rows: 3, stale: false },
    });
    expect(record.note).toMatch(/Not in a list is not innocent/);
  });

  it('that nobody knows is said to be in nothing, with the age of what was looked in', async () => {
    const record = await mark('LEZ-11-1111');
    expect(record).toMatchObject({ registrations: [], entries: [], latest: null, lists: [{ list: 'stolen' }], register: { rows: 3 } });
    expect(record.note).toMatch(/innocent/);
  });

  it('with an unread year fits several vehicles, and none is picked', async () => {
    const record = await mark('LEB-4201');
    expect(record.ambiguous).toBe(true);
    expect(record.registrations.map((r: any) => [r.mark.mark, r.agreement, r.unread.includes('year')])).toEqual(expect.arrayContaining([['LEB-17-4201', 'possible', true], ['LEB-18-4201', 'possible', true]]));
  });

  it('with a year shows nothing of the vehicle of another year: neither its registration nor its passes', async () => {
    const record = await mark('LEB-17-4201');
    expect(record.registrations.map((r: any) => r.make)).toEqual(['Honda']);
    expect(record.latest).toMatchObject({ text: 'LEB174201', capturedAt: at('09:00:00.000') });
  });

  it('on a list whose entry has expired is not on it', async () => expect((await mark('BCS-036')).entries).toEqual([]));

  it('shows a list as stale when it was not delivered for longer than the operator allows', async () => {
    server.time.now += 25 * 3_600_000;
    try {
      expect((await mark('LEC-13-8447')).lists).toMatchObject([{ ageHours: 25, stale: true }]);
    } finally {
      server.time.now -= 25 * 3_600_000;
    }
  });

  it.each<Role>(['checkpoint', 'excise', 'lists'])('shows no movement to the role %s, and says that it does not', async (role) => {
    const record = await mark('LEC-13-8447', role);
    expect(record).toMatchObject({ movementVisible: false, latest: null, registrations: [{ make: 'Toyota' }] });
    expect(JSON.stringify(record)).not.toContain('baleli');
  });

  it.each([['A'.repeat(200), /200/], ['LE*', /wildcard/], ['APPLIED FOR', /applied for/], ['ÿ'.repeat(31), /./], ['\u0000', /./], ['%', /./], ['-', /./]])('refuses %j as a mark, with the reason', async (text, reason) => {
    const { status, json } = await server.ask(`/api/v1/marks/${encodeURIComponent(text)}`);
    expect([status, json.error.code]).toEqual([400, 'MARK_INVALID']);
    expect(json.error.message).toMatch(reason);
  });
});

const passes = (text: string, query = '') => server.ask(`/api/v1/marks/${encodeURIComponent(text)}/passes${query}`, { key: 'analyst', headers: purposed });

describe('the passes of one mark', () => {
  it('come newest first, with the cameras that showed nothing', async () => {
    const { json } = await passes('LEC-13-8447');
    expect(json.items.map((p: any) => p.camera)).toEqual(['baleli-out-1', 'sariab-1', 'baleli-in-1']);
    expect(json.items[0]).toMatchObject({ agreement: 'same', unread: [] });
    expect(json.camerasWithoutPasses).toContain('hanna-urak-in-1');
    expect(json.camerasWithoutPasses).not.toContain('lak-pass-in-1');
  });

  it('leave out the vehicle of another year, and name the part that is unread', async () => {
    expect((await passes('LEB-18-4201')).json.items.map((p: any) => p.text)).toEqual(['LEB184201']);
    const both = (await passes('LEB-4201')).json.items;
    expect(both.map((p: any) => [p.text, p.agreement, p.unread.includes('year')])).toEqual([['LEB184201', 'possible', true], ['LEB174201', 'possible', true]]);
  });

  it('are cut to a period and paged', async () => {
    const { json } = await passes('LEC-13-8447', '?from=2026-11-03T06:30:00%2B05:00&limit=1');
    expect(json.items.map((p: any) => p.camera)).toEqual(['baleli-out-1']);
    const second = (await passes('LEC-13-8447', `?from=2026-11-03T06:30:00%2B05:00&limit=1&cursor=${json.next}`)).json;
    expect(second).toMatchObject({ items: [{ camera: 'sariab-1' }], next: null, camerasWithoutPasses: null });
  });

  it('of a mark that was never seen are none, and every camera that was dark is named', async () => {
    const { json } = await passes('LEZ-11-1111', '?from=2026-11-03T09:15:00%2B05:00&to=2026-11-03T09:45:00%2B05:00');
    expect(json.items).toEqual([]);
    expect(json.camerasWithoutPasses).toHaveLength(15);
  });
});

const journeys = (query = '') => server.ask(`/api/v1/journeys${query}`, { key: 'analyst', headers: purposed });

describe('journeys', () => {
  it('have an entry, an exit and what was seen between', async () => {
    const { json } = await journeys('?mark=LEC-13-8447');
    expect(json.items).toHaveLength(1);
    expect(json.items[0]).toMatchObject({
      mark: 'LEC-13-8447', status: 'closed', entryMissing: false, exitMissing: false, startedAt: at('06:00:00.000'), lastSeenAt: at('08:00:00.000'),
      entry: { camera: 'baleli-in-1', site: 'baleli' }, exit: { camera: 'baleli-out-1' }, sightings: [{ camera: 'baleli-in-1' }, { camera: 'sariab-1' }, { camera: 'baleli-out-1' }],
    });
  });

  it('without an entry say so', async () => {
    const { json } = await journeys('?mark=BCS-036');
    expect(json.items).toMatchObject([{ status: 'open', entry: null, entryMissing: true, exit: null }]);
  });

  it.each([
    ['?status=open', ['BCS-036', 'LEB-17-4201', 'LEB-18-4201']], ['?status=closed', ['LEC-13-8447']], ['?site=baleli', ['LEC-13-8447']], ['?mark=LEB*', ['LEB-17-4201', 'LEB-18-4201']],
    ['?to=2026-11-03T06:30:00%2B05:00', ['LEC-13-8447']], ['?status=closed&from=2026-11-03T09:00:00%2B05:00', []],
  ])('are found by %s', async (query, marks) => {
    const { json } = await journeys(query);
    expect(json.items.map((j: any) => j.mark).sort()).toEqual(marks);
  });

  it('are paged without repeats', async () => {
    const ids = (await server.all('/api/v1/journeys?limit=1')).map((j) => j.id);
    expect(new Set(ids).size).toBe(4);
  });

  it('are shown one by one', async () => {
    const [first] = (await journeys()).json.items;
    expect((await server.ask(`/api/v1/journeys/${first.id}`)).json).toEqual(first);
    for (const id of ['none', '%00', "'%20or%201=1"]) expect((await server.ask(`/api/v1/journeys/${id}`)).json.error.code).toBe('JOURNEY_NOT_FOUND');
  });
});

const hits = (query = '') => server.ask(`/api/v1/hits${query}`, { key: 'checkpoint', headers: purposed });

describe('hits', () => {
  it('show the mark as read beside the mark as listed, the reason, the action and the age of the list', async () => {
    const { json } = await hits();
    expect(json.items.map((h: any) => h.camera)).toEqual(['baleli-out-1', 'sariab-1', 'baleli-in-1']);
    expect(json.items[0]).toMatchObject({
      mark: { mark: 'LEC-13-8447' }, entryMark: { mark: 'LEC-13-8447', jurisdiction: 'PB' }, list: 'stolen', listVersion: 1, listAgeHours: 0, kind: 'stolen',
      reason: 'FIR 212/26 PS Saddar', owner: 'CTD Quetta', raisedAt: at('12:00:00.000'), capturedAt: at('08:00:00.000'),
    });
  });

  it.each([['?site=baleli', 2], ['?camera=sariab-1', 1], ['?list=stolen', 3], ['?list=other', 0], ['?from=2026-11-03T07:00:00%2B05:00', 2], ['?status=withdrawn', 0]])('are found by %s', async (query, count) => {
    expect((await hits(query)).json.items).toHaveLength(count);
  });

  it('of one pass are found by its id', async () => {
    const [first] = (await hits()).json.items;
    expect((await hits(`?pass=${first.pass}`)).json.items).toEqual([first]);
  });

  it('are paged without repeats', async () => expect(new Set((await server.all('/api/v1/hits?limit=1')).map((h) => h.id)).size).toBe(3));

  it.each([['?sort=newest', /known: from, to, list, status, site, camera, pass, kind, action/], ['?status=open', /status/], ['?site=nowhere', /nowhere/]])('refuse %s', async (query, message) => {
    const { status, json } = await hits(query);
    expect(status).toBe(400);
    expect(json.error.message).toMatch(message);
  });
});

const cameras = (query = '') => server.ask(`/api/v1/cameras${query}`, { key: 'operator' });

describe('cameras', () => {
  it('are all of the register, each with when it last showed a vehicle', async () => {
    const { json } = await cameras();
    expect(json.items.map((c: any) => c.id)).toEqual(server.services.register.cameras.map((c) => c.id).sort());
    const byId = Object.fromEntries(json.items.map((c: any) => [c.id, c]));
    expect(byId['sariab-1']).toMatchObject({ site: 'sariab', latestPassAt: at('10:00:00.000'), passesLastDay: 2, inService: true, boundary: false });
    expect(byId['hanna-urak-in-1']).toMatchObject({ latestPassAt: null, passesLastDay: 0, boundary: true, direction: 'in' });
  });

  it('show no mark', async () => expect(JSON.stringify((await cameras()).json)).not.toMatch(/8447|LEC/));

  it('are found by site', async () => {
    expect((await cameras('?site=baleli')).json.items.map((c: any) => c.id)).toEqual(['baleli-in-1', 'baleli-out-1']);
    expect((await cameras('?site=nowhere')).status).toBe(400);
  });
});

describe('metrics', () => {
  it('are Prometheus text with the figures of the engine and of the store, and hold no mark', async () => {
    const { status, headers, bytes } = await server.ask('/metrics', { key: 'operator' });
    const text = bytes.toString();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toMatch(/^darwaza_passes_stored_total 6$/m);
    expect(text).toMatch(/^darwaza_hits_raised_total 3$/m);
    expect(text).toMatch(/^darwaza_database_up 1$/m);
    expect(text).toMatch(/^darwaza_list_entries\{list="stolen"\} 2$/m);
    expect(text).toMatch(/darwaza_http_request_seconds_count\{route="\/api\/v1\/marks\/\{mark\}",method="GET",status="200"\} \d+/);
    expect(text).not.toMatch(/LEC|LEB|BCS/);
  });
});
