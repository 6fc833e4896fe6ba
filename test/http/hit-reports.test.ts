import { beforeEach, afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/core/permission.ts';
import { decideHit, type Decision } from '../../src/hit/decide-hit.ts';
import { REJECT_REASONS } from '../../src/store/hit-record.ts';
import { aHit, settle, type HitGiven } from '../support/hits.ts';
import { DATABASE_KINDS } from '../support/databases.ts';
import { startTestServer, type TestServer } from '../support/http-server.ts';
import { anEntry, DAY, MINUTE, MORNING } from '../support/passes.ts';

const none = Object.fromEntries(REJECT_REASONS.map((r) => [r, 0]));

describe.each(DATABASE_KINDS)('reports (%s)', (kind) => {
  let server: TestServer, minute = 0;
  beforeAll(async () => {
    server = await startTestServer({ kind });
  });
  afterAll(() => server?.close());

  const report = async (name: string, query = '', key: Role = 'analyst') => (await server.ask(`/api/v1/reports/${name}${query}`, { key })).json;
  /** A hit an hour after the one before it. */
  const raise = async (given: HitGiven, decision: Decision | null = null): Promise<string> => {
    const hit = aHit({ capturedAt: MORNING + (minute += 60) * MINUTE, ...given }), { database } = server.services;
    await settle(database, { raised: [hit] });
    if (decision !== null) await decideHit(database, hit.id, decision, { actor: 'k', at: hit.at + 1000, covert: true });
    return hit.id;
  };
  const accept: Decision = { kind: 'accept' }, reject = (reason: 'misread' | 'recovered', trueMark?: string): Decision => ({ kind: 'reject', reason, trueMark });
  const tax = { entry: anEntry({ list: 'tax', kind: 'tax', action: 'inform' }), cameraId: 'sariab-1', siteId: 'sariab', match: { kind: 'look-alike', mayStop: false } } as const;
  const secret = { entry: anEntry({ list: 'secret', kind: 'wanted' }), settings: { covert: true } };

  beforeEach(async () => {
    await server.database.clear();
    await server.renewKeys();
    minute = 0;
    for (const decision of [accept, accept, accept, reject('recovered'), null]) await raise({}, decision);
    await raise(tax, reject('misread', 'LEC-13-8441'));
    await raise(tax, reject('misread', 'LEC-13-8441'));
    await raise(secret, accept);
    const early = await raise({ frame: 'f' });
    await settle(server.services.database, { withdrawn: [{ id: early, message: 'No.' }] });
  });

  it('count hits by list, class and outcome', async () => {
    const { rows, all } = await report('hits');
    expect(rows.map((r: any) => [r.list, r.match, r.outcomes])).toEqual([
      ['stolen', 'exact', { raised: 6, confirmed: 5, withdrawn: 1, accepted: 3, rejected: 1, rejectedBy: { ...none, recovered: 1 }, closed: 0, open: 1 }],
      ['tax', 'look-alike', { raised: 2, confirmed: 2, withdrawn: 0, accepted: 0, rejected: 2, rejectedBy: { ...none, misread: 2 }, closed: 0, open: 0 }],
    ]);
    expect(all.outcomes).toMatchObject({ raised: 8, accepted: 3, rejected: 3 });
  });

  it('say how precise the alerts were, and how sure that is: 3 of 4 is 0.301 to 0.954', async () => {
    const { rows: [{ precision }], byList, byMatch, byAction } = await report('hits');
    expect(precision).toEqual({ share: 0.75, low: expect.closeTo(0.301, 3), high: expect.closeTo(0.954, 3), decided: 4 });
    expect([byList, byMatch, byAction].map((rows) => rows.map((r: any) => [r.name, r.precision.share]))).toEqual([
      [['stolen', 0.75], ['tax', 0]], [['exact', 0.75], ['look-alike', 0]], [['inform', 0], ['stop', 0.75]],
    ]);
  });

  it('show why hits were rejected, by camera and by pair of characters', async () => {
    expect(await report('rejections')).toEqual({
      byCamera: [{ camera: 'sariab-1', site: 'sariab', rejected: 2, reasons: { ...none, misread: 2 } }, { camera: 'baleli-in-1', site: 'baleli', rejected: 1, reasons: { ...none, recovered: 1 } }],
      byPair: [{ read: '7', truth: '1', count: 2 }],
    });
  });

  it('hold covert lists only for those who may know of them', async () => {
    expect((await report('hits', '', 'investigator')).byList.map((r: any) => r.name)).toEqual(['secret', 'stolen', 'tax']);
    expect(JSON.stringify(await report('hits'))).not.toContain('secret');
  });

  it('are of a period', async () => {
    const after = encodeURIComponent(new Date(MORNING + DAY).toISOString()), before = encodeURIComponent(new Date(MORNING + 121 * MINUTE).toISOString());
    expect((await report('hits', `?from=${after}`)).rows).toEqual([]);
    expect((await report('hits', `?to=${before}`)).all.outcomes).toMatchObject({ raised: 2, accepted: 2 });
    expect((await report('rejections', `?from=${after}`))).toEqual({ byCamera: [], byPair: [] });
    expect((await report('hits', `?from=${before}&to=${before}`)).error.code).toBe('REQUEST_INVALID');
  });

  it('are for those who may read them', async () => {
    for (const name of ['hits', 'rejections']) expect((await report(name, '', 'checkpoint')).error.code).toBe('PERMISSION_MISSING');
  });
});
