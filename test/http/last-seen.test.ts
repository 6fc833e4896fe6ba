import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOW, startTestServer, type Answered, type TestServer } from '../support/http-server.ts';

let server: TestServer;
const at = (hoursAgo: number): string => new Date(NOW - hoursAgo * 3_600_000).toISOString();
const WHY = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 311/26' };
beforeAll(async () => {
  server = await startTestServer();
  await server.ask('/api/v1/lists/roadside', { method: 'PUT', key: 'lists', json: { kind: 'stolen', action: 'stop', owner: 'Quetta Police' } });
  await server.report(
    { camera: 'baleli-in-1', capturedAt: at(30), text: 'LEC138447' }, { camera: 'sariab-1', capturedAt: at(20), text: 'LEC138447' }, { camera: 'lak-pass-out-1', capturedAt: at(5), text: 'LEC158447' },
    ...Array.from({ length: 8 }, (_, i) => ({ camera: 'airport-road-1', capturedAt: at(100 + i), text: 'LEC138447' })),
  );
});
afterAll(() => server?.close());

const add = (mark: string, key: 'checkpoint' | 'trial' | 'investigator', more: object = {}): Promise<Answered> =>
  server.ask('/api/v1/lists/roadside/entries', { method: 'POST', key, headers: WHY, json: { mark, reason: 'Snatched at gunpoint', expires: new Date(NOW + 86_400_000).toISOString(), ...more } });

describe('an entry added at the checkpoint', () => {
  it('answers with where the vehicle was seen last: for an officer who may not see movements the last sighting alone, without its pass', async () => {
    const { status, json } = await add('LEC-13-8447', 'checkpoint');
    expect(status).toBe(201);
    expect(json.lastSeen).toMatchObject([{ pass: null, site: 'sariab', camera: 'sariab-1', match: 'exact', mark: { mark: 'LEC-13-8447' } }]);
  });

  it('shows up to five sightings, latest first, to those who may see movements; another year is another car', async () => {
    const { json } = await add('LEC-13-8447', 'investigator');
    expect(json.lastSeen.map((s: { site: string }) => s.site)).toEqual(['sariab', 'baleli', 'airport-road', 'airport-road', 'airport-road']);
    expect(json.lastSeen[0].pass).toMatch(/^\w+-\w+$/);
  });

  it('of a vehicle that did not pass answers with nothing', async () => {
    expect((await add('ZZZ-999', 'checkpoint', { jurisdiction: 'SD' })).json.lastSeen).toEqual([]);
  });

  it('never takes the place of an entry that a file or another person put there', async () => {
    const csv = 'mark,kind,reason,owner,action,expires,case\nKHN-6104,stolen,FIR,City station,stop,,FIR 7/26\n';
    await server.ask('/api/v1/lists/desk', { method: 'POST', key: 'lists', body: csv, headers: { 'content-type': 'text/csv' } });
    const json = { mark: 'KHN-6104', kind: 'stolen', owner: 'City station', caseReference: 'FIR 7/26', reason: 'mine', action: 'silent', stage: 'handed-over', expires: new Date(NOW + 86_400_000).toISOString() };
    const ask = (key: 'checkpoint' | 'investigator'): Promise<Answered> => server.ask('/api/v1/lists/desk/entries', { method: 'POST', key, headers: WHY, json });
    expect((await ask('checkpoint')).json.error.code).toBe('ENTRY_EXISTS');
    expect((await server.all('/api/v1/lists/desk/entries')).map((e) => [e.action, e.stage])).toEqual([['stop', null]]);
    expect((await ask('investigator')).status).toBe(201);
    expect((await add('LEC-13-8447', 'checkpoint', { caseReference: 'own' })).status).toBe(201);
    expect((await add('LEC-13-8447', 'checkpoint', { caseReference: 'own', reason: 'Seen again' })).json.entry.reason).toBe('Seen again');
  });

  it('is in force for the next pass', async () => {
    await add('RIZ-3725', 'checkpoint');
    const { json } = await server.ask('/api/v1/passes', { method: 'POST', json: { camera: 'mian-ghundi-chk-1', capturedAt: at(0), text: 'RIZ3725', confidence: 0.9 } });
    expect(json).toMatchObject({ stored: 1, hits: 1 });
  });
});

describe('GET /lists/{name}/entries/{id}/last-seen', () => {
  it('tells the same later, to those who may see movements, with a purpose', async () => {
    const { json: { entry } } = await add('LEC-13-8447', 'trial');
    const path = `/api/v1/lists/roadside/entries/${entry.id}/last-seen`;
    expect((await server.ask(path, { key: 'investigator', headers: WHY })).json.items).toHaveLength(5);
    expect((await server.ask(path, { key: 'investigator' })).json.error.code).toBe('PURPOSE_MISSING');
    expect((await server.ask(path, { key: 'checkpoint', headers: WHY })).status).toBe(403);
    expect((await server.ask('/api/v1/lists/roadside/entries/nobody/last-seen', { key: 'investigator', headers: WHY })).json.error.code).toBe('ENTRY_NOT_FOUND');
  });
});
