import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../../src/store/query.ts';
import { NOW, startTestServer, type Answered, type TestServer } from '../support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

const preview = (json: unknown, key: 'lists' | 'checkpoint' = 'lists'): Promise<Answered> => server.ask('/api/v1/matching/preview', { method: 'POST', key, json });
const readings = async (json: unknown): Promise<{ mark: string; match: string; exchanged: string | null }[]> => (await preview(json)).json.readings;

describe('POST /matching/preview', () => {
  it('names every reading that would match a mark', async () => {
    const found = await readings({ mark: 'SD:BOS-036' });
    expect(found).toContainEqual(expect.objectContaining({ mark: 'BOS-036', match: 'exact', exchanged: null }));
    expect(found).toContainEqual(expect.objectContaining({ mark: 'BQS-036', match: 'look-alike', exchanged: 'O for Q' }));
    expect(new Set(found.map((r) => r.mark)).size).toBe(found.length);
  });

  it('says which province must be read as well', async () => {
    expect((await preview({ mark: 'SD:BOS-036' })).json.jurisdiction).toBe('SD');
    expect((await preview({ mark: 'BOS-036' })).json.jurisdiction).toBeNull();
  });

  it('takes fewer readings by the hard groups than by the wide ones, and only the mark by "exact"', async () => {
    const [exact, hard, wide] = await Promise.all([{ matchKinds: ['exact'] }, { lookAlikes: 'hard' }, { lookAlikes: 'wide' }].map((setting) => readings({ mark: 'BOS-036', ...setting })));
    expect(exact?.every((r) => r.match === 'exact')).toBe(true);
    expect(hard?.length).toBeGreaterThan(exact?.length ?? 0);
    expect(wide?.length).toBeGreaterThan(hard?.length ?? 0);
  });

  it('shows a pattern as itself', async () => {
    expect(await readings({ mark: 'LE?-17*' })).toEqual([{ mark: 'LE?-17*', match: 'pattern', exchanged: null, unread: [] }]);
  });

  it.each([[{ mark: '' }, 'MARK_INVALID'], [{ mark: 'LEB-17-4201', lookAlikes: 'everything' }, 'BODY_INVALID'], [{ mark: '%' }, 'MARK_INVALID'], [{ mark: 'L*' }, 'MARK_INVALID'], [{ mark: 'PB:L*' }, 'MARK_INVALID'], [{}, 'BODY_INVALID'], [{ mark: 'LEB-1', other: 1 }, 'BODY_INVALID']])('refuses %j', async (json, code) => {
    const { status, json: answer } = await preview(json);
    expect([status, answer.error.code]).toEqual([400, code]);
  });

  it('is for those who keep lists', async () => {
    expect((await preview({ mark: 'BOS-036' }, 'checkpoint')).status).toBe(403);
  });
});

describe('POST /lists/{name}/expected-hits', () => {
  const expected = (name: string, json: unknown, key: 'lists' | 'trial' = 'lists'): Promise<Answered> => server.ask(`/api/v1/lists/${name}/expected-hits`, { method: 'POST', key, json });
  const at = (hoursAgo: number): string => new Date(NOW - hoursAgo * 3_600_000).toISOString();

  beforeAll(async () => {
    const csv = 'mark,kind,reason,owner,action,expires\nLEC-13-8447,stolen,FIR,CTD,stop,\nBCS-036,stolen,FIR,CTD,stop,\n';
    await server.ask('/api/v1/lists/stolen', { method: 'POST', key: 'lists', body: csv, headers: { 'content-type': 'text/csv' } });
    const passes = Array.from({ length: 40 }, (_, i) => ({ camera: 'baleli-in-1', capturedAt: at(239 - i * 6), text: i % 4 === 0 ? 'LEC138447' : i % 4 === 1 ? 'BC5038' : `RIA${100 + i}`, confidence: 0.8 }));
    await server.report(...passes);
  });

  it('counts what the list would raise a day by given settings, by class, with the share that is false', async () => {
    const { status, json } = await expected('stolen', { leastScore: 0 });
    expect(status).toBe(200);
    expect(json).toMatchObject({ list: 'stolen', passesTried: 40, passesTotal: 40 });
    expect(json.days).toBeCloseTo(239 / 24, 1);
    expect(json.kinds.exact.hits).toBeCloseTo(10 / json.days, 2);
    expect(json.kinds.exact.falseHits).toBeCloseTo((10 * 0.2) / json.days, 2);
    expect(json.hits).toBeCloseTo(Object.values(json.kinds as Record<string, { hits: number }>).reduce((sum, k) => sum + k.hits, 0), 2);
  });

  it('is less for a narrower setting, and raises nothing', async () => {
    const before = (await server.all('/api/v1/hits')).length;
    const [narrow, wide] = [(await expected('stolen', { matchKinds: ['exact'] })).json, (await expected('stolen', { leastScore: 0, lookAlikes: 'wide' })).json];
    expect(narrow.hits).toBeLessThanOrEqual(wide.hits);
    expect(narrow.kinds['look-alike'].hits).toBe(0);
    expect((await server.all('/api/v1/hits')).length).toBe(before);
  });

  it('knows the lists there are, and hides covert ones', async () => {
    expect((await expected('nobody', {})).json.error.code).toBe('LIST_NOT_FOUND');
    await rowsOf(server.database.db.orm, sql`update lists set settings = settings || '{"covert": true}' where name = 'stolen'`);
    expect((await expected('stolen', {})).json.error.code).toBe('LIST_NOT_FOUND');
    expect((await expected('stolen', {}, 'trial')).status).toBe(200);
  });

  it('of nothing that passed is nothing', async () => {
    server.time.now = NOW + 400 * 86_400_000;
    expect((await expected('stolen', { days: 1 }, 'trial')).json).toMatchObject({ hits: 0, falseHits: 0, passesTried: 0 });
    server.time.now = NOW;
  });
});
