import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rowsOf } from '../../src/store/query.ts';
import { NOW, startTestServer, type TestServer } from '../support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const csv = 'mark,kind,reason,owner,action,expires\nLEC-13-8447,stolen,FIR,CTD,stop,\n';
  await server.ask('/api/v1/lists/stolen', { method: 'POST', key: 'lists', body: csv, headers: { 'content-type': 'text/csv' } });
});
afterAll(() => server?.close());
beforeEach(() => {
  server.time.now = NOW;
});

describe('GET /alarms', () => {
  it('is empty while nothing is wrong', async () => {
    expect((await server.ask('/api/v1/alarms', { key: 'operator' })).json).toEqual({ items: [] });
  });

  it('names a list that is too old, since when, and what to do; and /metrics counts it', async () => {
    server.time.now = NOW + 25 * 3_600_000;
    expect((await server.ask('/api/v1/alarms', { key: 'operator' })).json.items).toMatchObject([{ kind: 'list-stale', subject: 'stolen', since: '2026-11-04T12:00:00.000+05:00', message: expect.stringContaining('Ask its owner') }]);
    const figures = (await server.ask('/metrics', { key: 'operator' })).bytes.toString();
    expect(figures).toContain('darwaza_alarms{kind="list-stale"} 1');
    expect(figures).toContain('darwaza_alarms{kind="list-feed"} 0');
  });

  it('tells of a covert list without its name, but to those who may see it; nor does /metrics name it', async () => {
    await rowsOf(server.database.db.orm, sql`update lists set settings = '{"covert": true}'`);
    server.time.now = NOW + 25 * 3_600_000;
    const [forOperators, forTrial] = [await server.ask('/api/v1/alarms', { key: 'operator' }), await server.ask('/api/v1/alarms')];
    expect(forOperators.json.items).toMatchObject([{ kind: 'list-stale', subject: null }]);
    expect(forOperators.bytes.toString()).not.toContain('stolen');
    expect(forTrial.json.items).toMatchObject([{ subject: 'stolen' }]);
    expect((await server.ask('/metrics', { key: 'operator' })).bytes.toString()).not.toContain('list="stolen"');
  });

  it('is for operators and those who keep lists, not for a checkpoint', async () => {
    expect((await server.ask('/api/v1/alarms', { key: 'lists' })).status).toBe(200);
    expect((await server.ask('/api/v1/alarms', { key: 'checkpoint' })).status).toBe(403);
  });
});
