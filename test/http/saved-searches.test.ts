import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '../../src/core/permission.ts';
import { createApiKey } from '../../src/store/api-keys.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { SEARCHES_PER_KEY } from '../../src/store/saved-searches.ts';
import { DATABASE_KINDS } from '../support/databases.ts';
import { NOW, startTestServer, type TestServer } from '../support/http-server.ts';

const at = (time: string): string => `2026-11-03T${time}+05:00`;
const purposed = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1/26' };

describe.each(DATABASE_KINDS)('saved searches (%s)', (kind) => {
  let server: TestServer;
  const save = (json: object, key: Role = 'analyst') => server.ask('/api/v1/searches', { method: 'POST', json, key });
  const saved = async (json: object, key: Role = 'analyst'): Promise<string> => (await save({ name: `search ${Math.trunc(performance.now() * 1000)}`, ...json }, key)).json.id;
  const run = (id: string, query = '', key: Role = 'analyst', headers: Record<string, string> = purposed) => server.ask(`/api/v1/searches/${id}/run${query}`, { key, headers });
  beforeAll(async () => {
    server = await startTestServer({ kind });
    await server.report(...Array.from({ length: 6 }, (_, i) => ({ camera: 'sariab-1', capturedAt: at(`0${i + 3}:00:00`), text: `LEC13${8440 + i}` })));
  });
  beforeEach(() => void (server.time.now = NOW));
  afterAll(() => server?.close());

  it('keep a question and ask it as if it were asked now', async () => {
    const { status, json } = await save({ name: 'Sariab since yesterday', route: 'listPasses', query: { site: 'sariab', from: '-PT24H' } });
    expect([status, json]).toEqual([201, {
      id: expect.stringMatching(/^s_[0-9a-f]{16}$/), name: 'Sariab since yesterday', route: 'listPasses', params: {}, query: { site: 'sariab', from: '-PT24H' }, shared: false, own: true, createdAt: at('12:00:00.000'),
    }]);
    const asked = (await server.ask(`/api/v1/passes?site=sariab&from=${encodeURIComponent('2026-11-02T12:00:00+05:00')}`, { key: 'analyst', headers: purposed })).json;
    const ran = (await run(json.id)).json;
    expect(ran.search).toMatchObject({ id: json.id, route: 'listPasses', ranAt: at('12:00:00.000'), query: { site: 'sariab', from: '2026-11-02T07:00:00.000Z' } });
    expect(ran.answer.items).toEqual(asked.items);
    server.time.now += 20 * 3_600_000;
    expect((await run(json.id)).json.answer.items.map((p: any) => p.capturedAt)).toEqual([at('08:00:00.000')]);
  });

  it('turn pages while the clock goes on, when the time of the first page goes with the cursor', async () => {
    const id = await saved({ route: 'listPasses', query: { from: '-PT9H', limit: '2' } });
    const found: string[] = [];
    let query = '';
    do {
      const { search, answer } = (await run(id, query)).json;
      found.push(...answer.items.map((p: any) => p.capturedAt));
      query = answer.next === null ? '' : `?cursor=${answer.next}&at=${encodeURIComponent(search.ranAt)}`;
      server.time.now += 3_600_000;
    } while (query !== '');
    expect(found).toEqual(['08', '07', '06', '05', '04', '03'].map((hour) => at(`${hour}:00:00.000`)));
    const [first] = [(await run(id)).json.answer.next];
    server.time.now += 3_600_000;
    expect((await run(id, `?cursor=${first}`)).json.error.code).toBe('CURSOR_INVALID');
  });

  it('take the parts of a path, and give a file where the route gives one', async () => {
    expect((await run(await saved({ route: 'showMark', params: { mark: 'LEC-13-8441' } }))).json.answer).toMatchObject({ mark: { mark: 'LEC-13-8441' }, latest: { camera: 'sariab-1' } });
    const { bytes, headers } = await run(await saved({ route: 'exportPasses', params: { format: 'csv' }, query: { from: '-PT24H' } }));
    expect(bytes.toString('utf8')).toMatch(/^row,id,capturedAt/);
    const told = (await server.ask(`/api/v1/exports/${headers.get('x-export-id')}`, { key: 'analyst' })).json;
    expect(told).toMatchObject({ state: 'complete', rows: 6, head: { purpose: 'stolen', filter: { from: '2026-11-02T07:00:00.000Z' } } });
  });

  it('are run with the permissions of whoever runs them: a shared one is no right', async () => {
    const { secret } = await createApiKey(server.services.database, { label: 'narrow analyst', role: 'analyst', permissions: ['searches:save', 'cameras:read'] }, NOW - 1000);
    const id = await saved({ route: 'listPasses', query: {}, shared: true });
    const { status, json } = await server.ask(`/api/v1/searches/${id}/run`, { key: null, headers: { ...purposed, authorization: `Bearer ${secret}` } });
    expect([status, json.error.code, json.error.details]).toEqual([403, 'PERMISSION_MISSING', { permission: 'passes:read' }]);
    const file = await saved({ route: 'exportPasses', params: { format: 'csv' }, shared: true });
    expect((await server.ask(`/api/v1/searches/${file}/run`, { key: null, headers: { ...purposed, authorization: `Bearer ${secret}` } })).json.error.code).toBe('PERMISSION_MISSING');
    expect((await save({ name: 'no way round', route: 'listPasses' }, 'checkpoint')).json.error.code).toBe('PERMISSION_MISSING');
  });

  it('need a purpose and stand in the audit log with what they asked', async () => {
    const id = await saved({ route: 'listPasses', query: { from: '-PT24H', site: 'sariab' } });
    expect((await run(id, '', 'analyst', {})).json.error.code).toBe('PURPOSE_MISSING');
    await run(id);
    const [row] = await listAudit(server.services.database, { limit: 1 });
    expect(row).toMatchObject({ action: 'runSearch', purpose: 'stolen', caseReference: 'FIR 1/26', resultCount: 6, question: { id, route: 'listPasses', query: { from: '2026-11-02T07:00:00.000Z', site: 'sariab' } } });
  });

  it('belong to the key that saved them; shared ones are seen and run by its role, and deleted by the owner alone', async () => {
    const own = await saved({ name: 'mine', route: 'listPasses' }), shared = await saved({ name: 'ours', route: 'listPasses', shared: true });
    const { secret } = await createApiKey(server.services.database, { label: 'second analyst', role: 'analyst' }, NOW - 1000);
    const second = (path: string, method = 'GET') => server.ask(`/api/v1/searches${path}`, { method, key: null, headers: { ...purposed, authorization: `Bearer ${secret}` } });
    const seen = (await second('')).json.items;
    expect(seen.find((s: any) => s.id === shared)).toMatchObject({ name: 'ours', own: false, shared: true });
    expect(seen.some((s: any) => s.id === own)).toBe(false);
    expect([(await second(`/${own}/run`)).status, (await second(`/${shared}/run`)).status, (await second(`/${shared}`, 'DELETE')).status]).toEqual([404, 200, 404]);
    expect((await run(shared, '', 'investigator')).json.error.code).toBe('SEARCH_NOT_FOUND');
    const removed = await server.ask(`/api/v1/searches/${shared}`, { method: 'DELETE', key: 'analyst' });
    expect([removed.status, removed.json.name]).toEqual([200, 'ours']);
    expect([(await run(shared)).status, (await server.ask(`/api/v1/searches/${shared}`, { method: 'DELETE', key: 'analyst' })).status]).toEqual([404, 404]);
    const [row] = await listAudit(server.services.database, { limit: 20 }).then((rows) => rows.filter((r) => r.action === 'deleteSearch' && r.question['refused'] === undefined));
    expect(row?.question).toMatchObject({ id: shared, name: 'ours' });
  });

  it.each<[string, object, RegExp]>([
    ['a route that is not there', { route: 'dropTables' }, /no question/], ['a route that changes something', { route: 'reportPasses' }, /no question/], ['itself', { route: 'runSearch' }, /no question/],
    ['a stream without end', { route: 'streamHits' }, /no question/], ['a misspelt parameter', { route: 'listPasses', query: { colour: 'red' } }, /no query parameter "colour"/],
    ['a bad mark', { route: 'listPasses', query: { mark: '%%' } }, /mark/i], ['a time without offset', { route: 'listPasses', query: { from: '2026-11-03T06:00:00' } }, /offset/], ['no duration', { route: 'listPasses', query: { from: '-P1M' } }, /not a time/],
    ['a cursor', { route: 'listPasses', query: { cursor: 'x' } }, /cursor/], ['a missing part of the path', { route: 'showMark' }, /mark/], ['numbers for texts', { route: 'listPasses', query: { limit: 5 } }, /query\.limit/],
    ['a control character', { route: 'listPasses', query: { site: 'a\u0000b' } }, /control character/], ['another field', { route: 'listPasses', owner: 'k_1' }, /owner/], ['no name', { name: ' ', route: 'listPasses' }, /name/],
    ['a long name', { name: 'n'.repeat(101), route: 'listPasses' }, /name/], ['__proto__', JSON.parse('{"route":"listPasses","query":{"__proto__":"x"}}'), /./],
  ])('with %s are refused with the reason', async (_what, json, message) => {
    const answer = await save({ name: 'bad', ...json });
    if (answer.status === 201) expect(answer.json.query).toEqual({});
    else {
      expect(answer.status).toBe(400);
      expect(answer.json.error.message).toMatch(message);
    }
  });

  it('have a name of their own, and an end to their number', async () => {
    const id = await saved({ name: 'twice', route: 'listPasses' }, 'trial');
    const again = await save({ name: 'twice', route: 'listPasses' }, 'trial');
    expect([again.status, again.json.error.code, again.json.error.details.id]).toEqual([409, 'SEARCH_EXISTS', id]);
    const both = await Promise.all([save({ name: 'at once', route: 'listPasses' }, 'trial'), save({ name: 'at once', route: 'listPasses' }, 'trial')]);
    expect(both.map((a) => a.status).toSorted()).toEqual([201, 409]);
    const { items } = (await server.ask('/api/v1/searches')).json;
    for (let i = items.filter((s: any) => s.own).length; i < SEARCHES_PER_KEY; i++) expect((await save({ name: `n${i}`, route: 'listPasses' }, 'trial')).status).toBe(201);
    expect((await save({ name: 'one more', route: 'listPasses' }, 'trial')).json.error.code).toBe('SEARCHES_TOO_MANY');
  });

  it('are not for keys that ask no questions', async () => {
    for (const role of ['camera', 'operator'] as const) expect((await server.ask('/api/v1/searches', { key: role })).status).toBe(403);
  });

  it.each(['s_1', 'x', "s_' or 1=1", 's_0000000000000000', '%00'])('by the id %s are not there', async (id) => {
    const { status } = await run(encodeURIComponent(id));
    expect([400, 404]).toContain(status);
  });
});
