import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '../../src/core/permission.ts';
import { aHit, settle, type HitGiven } from '../support/hits.ts';
import { NOW, startTestServer, type TestServer } from '../support/http-server.ts';
import { anEntry, DAY, HOUR, MINUTE } from '../support/passes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

const SEEN = NOW - MINUTE;
const purposed = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1/26' };
const get = (path: string, key: Role = 'checkpoint') => server.ask(`/api/v1/hits${path}`, { key, headers: purposed });
const post = (path: string, json: unknown, key: Role = 'checkpoint') => server.ask(`/api/v1/hits/${path}`, { method: 'POST', key, headers: purposed, json });
const raise = async (given: HitGiven = {}): Promise<string> => {
  const hit = aHit({ capturedAt: SEEN, ...given });
  await settle(server.services.database, { raised: [hit] });
  return hit.id;
};

describe('hits', () => {
  beforeAll(async () => {
    await server.database.clear();
    await server.renewKeys();
    await raise();
    await raise({ entry: anEntry({ list: 'tax', kind: 'tax', action: 'inform' }), capturedAt: NOW - HOUR, at: NOW, match: { score: 0.4 } });
    await raise({ entry: anEntry({ list: 'watch', kind: 'watch' }), match: { kind: 'look-alike', via: 'B for 8', mayStop: false, score: 0.2 }, siteId: 'sariab', cameraId: 'sariab-1' });
    await raise({ entry: anEntry({ list: 'secret', kind: 'wanted' }), settings: { covert: true }, siteId: 'hazarganji', cameraId: 'hazarganji-1' });
  });

  it.each([
    ['?kind=tax', ['tax']], ['?action=check', ['watch']], ['?matchKind=look-alike', ['watch']], ['?late=true', ['tax']], ['?late=false', ['stolen', 'watch']],
    ['?open=true', ['stolen', 'tax', 'watch']], ['?open=false', []], ['?leastScore=0.4', ['stolen', 'tax']], ['?leastScore=1', []], ['?kind=stolen&action=stop&open=true', ['stolen']],
  ])('are found by %s', async (query, lists) => {
    expect((await get(query)).json.items.map((h: any) => h.list).toSorted()).toEqual(lists);
  });

  it.each(['?late=yes', '?open=1', '?leastScore=1.1', '?leastScore=-1', '?kind=curious', '?action=arrest', '?matchKind=fuzzy'])('are not searched by %s', async (query) => {
    expect((await get(query)).json.error.code).toBe('REQUEST_INVALID');
  });

  it('say all that the officer must know', async () => {
    const { items: [hit] } = (await get('?list=watch')).json;
    expect(hit).toMatchObject({ match: 'look-alike', via: 'B for 8', score: 0.2, action: 'check', late: false, count: 1, warnings: [], vehicle: { colour: null }, acknowledgedBy: null, enforced: null, sound: 'beep' });
  });

  it('of covert lists are seen by those who may, and by nobody else', async () => {
    const lists = async (key: Role) => (await get('', key)).json.items.map((h: any) => h.list).toSorted();
    expect([await lists('checkpoint'), await lists('investigator')]).toEqual([['stolen', 'tax', 'watch'], ['secret', 'stolen', 'tax', 'watch']]);
    const { items: [secret] } = (await get('?list=secret', 'investigator')).json;
    expect((await get(`/${secret.id}`, 'investigator')).status).toBe(200);
    for (const answer of [await get(`/${secret.id}`), await post(`${secret.id}/acknowledge`, {})]) expect([answer.status, answer.json.error.code]).toEqual([404, 'HIT_NOT_FOUND']);
    expect((await get('?list=secret')).json.items).toEqual([]);
  });
});

describe('one hit', () => {
  beforeEach(async () => {
    await server.database.clear();
    await server.renewKeys();
    server.time.now = NOW;
  });

  it('is shown with its history, and with where the vehicle may be next', async () => {
    const id = await raise(), { json } = await get(`/${id}`);
    expect(json).toMatchObject({ id, list: 'stolen', history: [{ kind: 'raised', ring: true, actor: null, message: null, headsUp: [] }] });
    expect(json.next[0]).toEqual({ site: 'airport-road', soonestAt: expect.stringContaining('T12:00:'), expectedAt: expect.stringContaining('T12:05:') });
    expect(json.next.map((n: any) => n.site)).not.toContain('baleli');
  });

  it('of a vehicle seen long ago says nothing of where it is now', async () => {
    expect((await get(`/${await raise({ capturedAt: NOW - 3 * HOUR })}`)).json.next).toEqual([]);
  });

  it.each(['none', '%00', "'%20or%201=1"])('called %s is not there', async (id) => {
    expect((await get(`/${id}`)).json.error.code).toBe('HIT_NOT_FOUND');
    expect((await post(`${id}/accept`, {})).json.error.code).toBe('HIT_NOT_FOUND');
  });

  it('is acknowledged, accepted and enforced, and each step says who and when', async () => {
    const id = await raise();
    expect((await post(`${id}/acknowledge`, { note: 'on it' })).json).toMatchObject({ status: 'confirmed', acknowledgedAt: expect.any(String), escalatesAt: null, note: 'on it' });
    expect((await post(`${id}/accept`, {})).json).toMatchObject({ status: 'accepted', enforced: null });
    const { json } = await post(`${id}/enforced`, { enforced: true });
    expect(json).toMatchObject({ status: 'accepted', enforced: true, decidedBy: json.acknowledgedBy });
    expect(json.history.map((e: any) => [e.kind, e.actor, e.note, e.enforced])).toEqual([
      ['raised', null, null, null], ['acknowledged', json.decidedBy, 'on it', null], ['accepted', json.decidedBy, null, null], ['enforced', json.decidedBy, null, true],
    ]);
  });

  it('is rejected with a reason and what the plate really says; another decision after it is refused', async () => {
    const id = await raise(), rejection = { reason: 'misread', trueMark: 'lec 13 8441', note: 'گاڑی سفید تھی' };
    const { json } = await post(`${id}/reject`, rejection);
    expect(json).toMatchObject({ status: 'rejected', rejectReason: 'misread', trueMark: 'LEC-13-8441', note: 'گاڑی سفید تھی' });
    expect((await post(`${id}/reject`, rejection)).json).toEqual(json);
    const refused = await post(`${id}/accept`, {});
    expect([refused.status, refused.json.error.code]).toEqual([409, 'HIT_DECIDED']);
    expect(refused.json.error.message).toContain('rejected');
  });

  it.each([
    ['reject', {}, 'BODY_INVALID'], ['reject', { reason: 'bored' }, 'BODY_INVALID'], ['reject', { reason: 'recovered', trueMark: 'LEC-13-8441' }, 'BODY_INVALID'],
    ['reject', { reason: 'misread', trueMark: '***' }, 'MARK_INVALID'], ['accept', { enforced: 'yes' }, 'BODY_INVALID'], ['accept', { note: 'x'.repeat(1001) }, 'BODY_INVALID'],
    ['accept', { note: 'a\u0000b' }, 'BODY_INVALID'], ['enforced', {}, 'BODY_INVALID'], ['acknowledge', { by: 'me' }, 'BODY_INVALID'], ['acknowledge', [], 'BODY_INVALID'],
  ])('is not changed by %s with %j', async (path, body, code) => {
    const id = await raise();
    expect((await post(`${id}/${path}`, body)).json.error.code).toBe(code);
    expect((await get(`/${id}`)).json.history).toHaveLength(1);
  });

  it('is decided only by those who may, with a purpose, and that stands in the audit log', async () => {
    const id = await raise();
    expect((await post(`${id}/accept`, {}, 'analyst')).json.error).toMatchObject({ code: 'PERMISSION_MISSING' });
    expect((await server.ask(`/api/v1/hits/${id}/accept`, { method: 'POST', key: 'checkpoint', json: {} })).json.error.code).toBe('PURPOSE_MISSING');
    await post(`${id}/accept`, { note: 'not for the log' });
    const { items: [entry] } = (await server.ask('/api/v1/audit?limit=1', { key: 'auditor', headers: { 'x-purpose': 'audit', 'x-case-reference': 'A 1' } })).json;
    expect(entry).toMatchObject({ action: 'acceptHit', purpose: 'stolen', caseReference: 'FIR 1/26', question: { id }, resultCount: 1 });
    expect(JSON.stringify(entry)).not.toContain('not for the log');
  });
});

describe('from pass to hit', () => {
  beforeEach(async () => {
    await server.database.clear();
    await server.renewKeys();
    const csv = ['mark,kind,reason,owner,action,expires', 'LEC-13-8447,stolen,FIR 1/26,CTD,stop,', ''].join('\n');
    await server.ask('/api/v1/lists/stolen', { method: 'POST', key: 'lists', body: csv, headers: { 'content-type': 'text/csv' } });
  });
  const at = (minute: number) => new Date(NOW - DAY + minute * MINUTE).toISOString();

  it('sightings at one site within the cooldown are one hit with a count', async () => {
    for (const minute of [0, 5, 12, 60]) await server.report({ camera: 'baleli-in-1', capturedAt: at(minute), text: 'LEC138447' });
    await server.report({ camera: 'sariab-1', capturedAt: at(6), text: 'LEC138447' });
    expect((await get('')).json.items.map((h: any) => [h.site, h.count])).toEqual([['baleli', 1], ['sariab', 1], ['baleli', 3]]);
  });

  it('what another system saw of the vehicle is kept with the pass', async () => {
    const pass = { camera: 'baleli-in-1', capturedAt: at(0), text: 'LEC138447', confidence: 0.9, vehicle: { colour: 'white', class: 'car' } };
    const { json } = await server.ask('/api/v1/passes', { method: 'POST', key: 'camera', json: pass });
    const shown = (await server.ask(`/api/v1/passes/${json.items[0].id}`, { key: 'analyst', headers: purposed })).json;
    expect(shown.vehicle).toEqual({ class: 'car', make: null, colour: 'white' });
  });

  it.each([{ vehicle: 'car' }, { vehicle: { colour: '' } }, { vehicle: { wheels: 4 } }, { vehicle: { colour: 'x'.repeat(65) } }])('a pass with %j is refused', async (given) => {
    const pass = { camera: 'baleli-in-1', capturedAt: at(0), text: 'LEC138447', confidence: 0.9, ...given };
    expect((await server.ask('/api/v1/passes', { method: 'POST', key: 'camera', json: pass })).json.error.code).toBe('BODY_INVALID');
  });
});
