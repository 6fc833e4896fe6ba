import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import { ROLES, type Permission, type Role } from '../../src/core/permission.ts';
import { keepDaysOf } from '../../src/pipeline/keep-days.ts';
import { createRetention } from '../../src/pipeline/retention.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { ListSettings } from '../../src/list/list-settings.ts';
import { importList } from '../../src/store/import-list.ts';
import { putListSettings } from '../../src/store/list-settings-row.ts';
import type { RetentionRun } from '../../src/store/retention-runs.ts';
import { frameForm, NOW, startTestServer, type Answered, type Asked, type ReportedPass, type TestServer } from '../support/http-server.ts';
import { anEntry, DAY } from '../support/passes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { DARWAZA_KEEP_EVIDENCE_DAYS: '30' } });
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.clear();
  await server.renewKeys();
  server.time.now = NOW;
});

const SEARCH = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 112/2026' };
const get = (path: string, asked: Asked = {}): Promise<Answered> => server.ask(`/api/v1${path}`, { headers: SEARCH, ...asked });
const post = (path: string, json: unknown, asked: Asked = {}): Promise<Answered> => server.ask(`/api/v1${path}`, { method: 'POST', json, headers: SEARCH, ...asked });
const daysAgo = (days: number): string => new Date(server.time.now - days * DAY).toISOString();
const retain = (): Promise<RetentionRun> => {
  const { database, evidence, clock, config } = server.services;
  return createRetention({ database, evidence, clock, log: createLog('silent'), keep: keepDaysOf(config), utcOffsetMinutes: 300 }).run({ actor: 'schedule' });
};
/** Another system's pass; gives its id. */
const report = async (given: Partial<ReportedPass> = {}): Promise<string> => {
  const { json } = await post('/passes', [{ camera: 'baleli-in-1', capturedAt: daysAgo(0), text: 'LEB-17-4207', confidence: 0.9, ...given }]);
  expect(json.items[0]).toMatchObject({ status: 'stored' });
  return json.items[0].id;
};
const lastAudit = async () => (await listAudit(server.database.db, { limit: 1 }))[0];

describe('who may', () => {
  it.each<[string, Permission, (key: Role) => Promise<Answered>]>([
    ['correct a pass', 'passes:correct', (key) => post('/passes/none/corrections', { mark: 'LEA-1', reason: 'r' }, { key })],
    ['place a hold', 'holds:manage', (key) => post('/legal-holds', { mark: 'LEA-1', reason: 'r' }, { key })],
    ['see the holds', 'holds:manage', (key) => get('/legal-holds', { key })],
    ['decide on what was set aside', 'holds:manage', (key) => post('/set-aside/none/decision', { decision: 'discard', reason: 'r' }, { key })],
    ['see what was set aside', 'passes:read', (key) => get('/set-aside', { key })],
    ['see what was deleted', 'retention:read', (key) => get('/retention/runs', { key })],
  ])('%s: those with %s, and nobody else', async (_what, permission, ask) => {
    for (const role of Object.keys(ROLES) as Role[]) {
      const may = (ROLES[role] as readonly Permission[]).includes(permission);
      expect([role, (await ask(role)).status !== 403]).toEqual([role, may]);
    }
  });

  it('Excise and checkpoints correct nothing, hold nothing, and see no runs', () => {
    for (const role of ['excise', 'checkpoint', 'camera', 'lists'] as const) expect(ROLES[role].filter((p) => /^(passes:correct|holds:|retention:)/.test(p))).toEqual([]);
  });
});

describe('legal holds', () => {
  it('are placed, listed, shown and released; each stands in the audit log', async () => {
    const { status, json, headers } = await post('/legal-holds', { mark: 'leb 17 4201', reason: 'Order 41/2026' }, { key: 'investigator' });
    expect([status, headers.get('location')]).toEqual([201, `/api/v1/legal-holds/${json.id}`]);
    expect(json).toMatchObject({ mark: { mark: 'LEB-17-4201' }, caseReference: null, reason: 'Order 41/2026', placedAt: '2026-11-03T12:00:00.000+05:00', released: null });
    expect(await lastAudit()).toMatchObject({ action: 'addLegalHold', purpose: 'stolen', caseReference: 'FIR 112/2026', question: { hold: json.id, mark: 'LEB-17-4201', reason: 'Order 41/2026' } });
    server.time.now += 1000;
    const other = (await post('/legal-holds', { caseReference: 'FIR 9/2026', reason: 'r' })).json;
    expect((await get('/legal-holds')).json.items.map((h: { id: string }) => h.id)).toEqual([other.id, json.id]);
    const released = await post(`/legal-holds/${json.id}/release`, { reason: 'Acquitted' }, { key: 'investigator' });
    expect(released.json).toMatchObject({ id: json.id, released: { at: '2026-11-03T12:00:01.000+05:00', reason: 'Acquitted' } });
    expect(await lastAudit()).toMatchObject({ action: 'releaseLegalHold', question: { id: json.id, hold: json.id } });
    expect((await get(`/legal-holds/${json.id}`)).json).toEqual(released.json);
    expect((await get('/legal-holds?inForce=true')).json.items.map((h: { id: string }) => h.id)).toEqual([other.id]);
    expect(await post(`/legal-holds/${json.id}/release`, {})).toMatchObject({ status: 409, json: { error: { code: 'HOLD_RELEASED' } } });
  });

  it.each<[string, unknown, string]>([
    ['nothing', { reason: 'r' }, 'BODY_INVALID'], ['both', { mark: 'LEA-1', caseReference: 'c', reason: 'r' }, 'BODY_INVALID'], ['a wildcard', { mark: 'LE*', reason: 'r' }, 'MARK_INVALID'],
    ['no reason', { mark: 'LEA-1' }, 'BODY_INVALID'], ['an empty reason', { mark: 'LEA-1', reason: '  ' }, 'BODY_INVALID'], ['a control character', { caseReference: 'a\u0000b', reason: 'r' }, 'BODY_INVALID'],
  ])('of %s are refused', async (_what, body, code) => {
    expect((await post('/legal-holds', body)).json.error.code).toBe(code);
    expect((await get('/legal-holds')).json.items).toEqual([]);
  });

  it('that there are none of are not found', async () => {
    for (const answer of [await get('/legal-holds/lh_none'), await post('/legal-holds/lh_none/release', {})]) expect(answer).toMatchObject({ status: 404, json: { error: { code: 'HOLD_NOT_FOUND' } } });
  });
});

describe('the report of a run', () => {
  it('says of each kind what went, what stays and why, and that nothing is left', async () => {
    await report({ capturedAt: daysAgo(120) });
    await report({ capturedAt: daysAgo(100), text: 'LEA-1' });
    await post('/legal-holds', { mark: 'LEA-1', reason: 'r' });
    const run = await retain(), { json } = await get(`/retention/runs/${run.id}`, { key: 'auditor', headers: {} });
    expect(json).toMatchObject({ id: run.id, outcome: 'complete', actor: 'schedule', dryRun: false, proven: true, ahead: ['2026-11', '2026-12', '2027-01', '2027-02'] });
    expect(json.kinds.find((k: { kind: string }) => k.kind === 'passes')).toEqual({
      kind: 'passes', days: 90, cutOff: '2026-08-05T12:00:00.000+05:00', partitions: ['passes_2026_07'], deleted: 1, bytes: expect.any(Number),
      kept: { open: 0, hold: 1, hit: 0, journey: 0, correction: 0, pass: 0 }, overdue: 0, putOff: null,
    });
    expect((await get('/retention/runs', { key: 'operator', headers: {} })).json).toEqual({ items: [json], next: null });
  });

  it('pages back to the first', async () => {
    for (let i = 0; i < 5; i++) await retain();
    expect((await server.all('/api/v1/retention/runs?limit=2')).map((r) => r.id)).toHaveLength(5);
    expect(await get('/retention/runs?cursor=x')).toMatchObject({ status: 400, json: { error: { code: 'CURSOR_INVALID' } } });
  });

  it('that there is not is not found', async () => {
    expect(await get('/retention/runs/99')).toMatchObject({ status: 404, json: { error: { code: 'RETENTION_RUN_NOT_FOUND' } } });
  });
});

describe('passes that come when their time is over', () => {
  const late = { camera: 'baleli-in-1', text: 'LEA-1', confidence: 0.9 };

  it('are refused one by one while the rest of a batch goes on, and wait for a person', async () => {
    await retain();
    const { json, status } = await post('/passes', [{ ...late, capturedAt: daysAgo(91) }, { ...late, capturedAt: daysAgo(1) }, { ...late, camera: 'nowhere', capturedAt: daysAgo(1) }, { ...late, capturedAt: daysAgo(200) }]);
    expect([status, json.stored, json.refused, json.items.map((i: { error: { code: string } | null }) => i.error?.code ?? null)]).toEqual([200, 1, 3, ['PASS_EXPIRED', null, 'CAMERA_UNKNOWN', 'PASS_EXPIRED']]);
    expect(json.items[0].error.message).toMatch(/baleli-in-1.*2026-08-04.*older.*2026-08-05.*set aside.*set-aside/);
    const items = await server.all('/api/v1/set-aside?open=true&limit=1');
    expect(items.map((i) => [i.camera, i.mark, i.decision])).toEqual([['baleli-in-1', 'LEA-1', null], ['baleli-in-1', 'LEA-1', null]]);
    expect((await get('/passes')).json.items).toHaveLength(1);
  });

  it('alone are answered with the error itself', async () => {
    await retain();
    expect(await post('/passes', { ...late, capturedAt: daysAgo(91) })).toMatchObject({ status: 422, json: { error: { code: 'PASS_EXPIRED' } } });
  });

  it('are discarded, or taken under a hold, once', async () => {
    await retain();
    await post('/passes', [{ ...late, capturedAt: daysAgo(91) }, { ...late, text: 'LEA-2', capturedAt: daysAgo(92) }]);
    const [one, two] = (await get('/set-aside')).json.items.toSorted((a: { mark: string }, b: { mark: string }) => (a.mark < b.mark ? -1 : 1));
    const take = () => post(`/set-aside/${one.id}/decision`, { decision: 'take', reason: 'Held' }, { key: 'investigator' });
    expect(await take()).toMatchObject({ status: 409, json: { error: { code: 'SET_ASIDE_UNHELD' } } });
    const hold = (await post('/legal-holds', { mark: 'LEA-1', reason: 'r' })).json;
    expect((await take()).json).toMatchObject({ id: one.id, decision: 'taken', reason: 'Held' });
    expect(await take()).toMatchObject({ status: 409, json: { error: { code: 'SET_ASIDE_DECIDED' } } });
    expect((await get(`/passes/${one.id}`)).json).toMatchObject({ id: one.id, mark: 'LEA-1', site: 'baleli' });
    expect((await post(`/set-aside/${two.id}/decision`, { decision: 'discard', reason: 'Of no use' })).json).toMatchObject({ decision: 'discarded' });
    expect(await post('/set-aside/none/decision', { decision: 'discard', reason: 'r' })).toMatchObject({ status: 404, json: { error: { code: 'SET_ASIDE_NOT_FOUND' } } });
    expect(await lastAudit()).toMatchObject({ action: 'decideSetAside' });

    await retain();
    expect((await get(`/passes/${one.id}`)).status).toBe(200);
    await post(`/legal-holds/${hold.id}/release`, {});
    await retain();
    expect((await get(`/passes/${one.id}`)).status).toBe(404);
  });

  it('taken make no journey among those of their time', async () => {
    await report({ capturedAt: daysAgo(120), text: 'LEA-1' });
    await retain();
    await post('/legal-holds', { mark: 'LEA-1', reason: 'r' });
    const { json } = await post('/passes', [{ ...late, capturedAt: daysAgo(100) }]);
    expect(json.refused).toBe(1);
    const [{ id }] = (await get('/set-aside')).json.items;
    const before = (await get('/journeys')).json.items;
    await post(`/set-aside/${id}/decision`, { decision: 'take', reason: 'r' });
    expect((await get('/journeys')).json.items.map((j: { startedAt: string }) => j.startedAt)).toEqual(before.map((j: { startedAt: string }) => j.startedAt));
  });

  it('as pictures are refused and not kept', async () => {
    await retain();
    const form = frameForm('LEC138447', { camera: 'baleli-in-1', capturedAt: daysAgo(91) });
    expect(await server.ask('/api/v1/frames', { method: 'POST', body: form })).toMatchObject({ status: 422, json: { error: { code: 'PASS_EXPIRED' } } });
  });
});

describe('an evidence picture whose time is over', () => {
  it('is answered with when and why it was deleted, and the pass says so', async () => {
    await server.ask('/api/v1/frames', { method: 'POST', body: frameForm('LEC138447', { camera: 'baleli-in-1', capturedAt: daysAgo(0) }) });
    await server.services.engine.drain();
    const [pass] = (await get('/passes')).json.items;
    expect(pass.evidence.deletedAt).toBeNull();
    server.time.now = Math.max(NOW, Date.now()) + 31 * DAY;
    await retain();
    const shown = (await get(`/passes/${pass.id}`)).json;
    expect(shown.evidence).toMatchObject({ sha256: pass.evidence.sha256, deletedAt: expect.any(String) });
    expect((await get('/passes')).json.items[0].evidence.deletedAt).toBe(shown.evidence.deletedAt);
    const { status, json } = await get(`/passes/${pass.id}/evidence`);
    expect([status, json.error.code]).toEqual([410, 'EVIDENCE_EXPIRED']);
    expect(json.error.message).toContain(`${shown.evidence.deletedAt}: pictures are kept for 30 days`);
  });
});

describe('corrections', () => {
  let corrected = 0;
  const correct = (id: string, body: unknown = { mark: 'LEB-17-4201', reason: 'The picture shows a 1' }, key: Role = 'analyst'): Promise<Answered> => post(`/passes/${id}/corrections`, body, { key });

  it('make a pass of their own; both say of each other, and the audit log of both', async () => {
    const id = await report(), { status, json, headers } = await correct(id);
    expect([status, headers.get('location'), json.corrects]).toEqual([201, `/api/v1/passes/${json.pass.id}`, id]);
    expect(json.pass).toMatchObject({ corrects: id, correctedBy: null, mark: 'LEB-17-4201', source: 'correction', confidence: 1 });
    expect((await get(`/passes/${id}`)).json).toMatchObject({ mark: 'LEB-17-4207', corrects: null, correctedBy: { pass: json.pass.id, reason: 'The picture shows a 1', author: expect.stringMatching(/^k_/) } });
    expect((await get('/passes')).json.items.map((p: { id: string; correctedBy: { pass: string } | null }) => [p.id, p.correctedBy?.pass ?? null]).toSorted()).toEqual([[id, json.pass.id], [json.pass.id, null]].toSorted());
    expect((await listAudit(server.database.db)).find((row) => row.action === 'correctPass')).toMatchObject({ question: { id, mark: 'LEB-17-4201', reason: 'The picture shows a 1', correction: json.pass.id } });
  });

  it('are refused twice, with what stands', async () => {
    const id = await report(), made = (await correct(id)).json.pass.id;
    const { status, json } = await correct(id, { unreadable: true, reason: 'r' });
    expect([status, json.error.code, json.error.message.includes(made)]).toEqual([409, 'PASS_CORRECTED', true]);
    expect((await correct(made, { unreadable: true, reason: 'r' })).json.pass).toMatchObject({ mark: null, outcome: 'unreadable', corrects: made });
  });

  it('tell which hits they raised, those of covert lists only to who may see them', async () => {
    const { db } = server.database;
    await putListSettings(db, 'secret', ListSettings.parse({ covert: true }));
    for (const [list, mark] of [['stolen', 'LEB-17-4201'], ['secret', 'RIX-999']] as const) await importList(db, { list, sha256: list, fileName: 'f', entries: [anEntry({ list, mark })], importedAt: NOW });
    const correctedBy = async (key: Role, mark: string, text = 'KBX-555'): Promise<Record<string, unknown[]>> => {
      const id = await report({ text, capturedAt: daysAgo(++corrected) });
      return (await correct(id, { mark, reason: 'r' }, key)).json.hits;
    };
    expect((await correctedBy('analyst', 'LEB-17-4201'))['raised']).toHaveLength(1);
    expect((await correctedBy('analyst', 'RIX-999'))['raised']).toEqual([]);
    expect((await correctedBy('investigator', 'RIX-999'))['raised']).toHaveLength(1);
    expect((await correctedBy('analyst', 'KBX-555', 'RIX-999'))['withdrawn']).toEqual([]);
    expect((await correctedBy('investigator', 'KBX-555', 'RIX-999'))['withdrawn']).toHaveLength(1);
  });

  it('the latest pass of a mark is one that stands', async () => {
    const id = await report();
    expect((await get('/marks/LEB-17-4207')).json.latest).toMatchObject({ id });
    await correct(id);
    expect((await get('/marks/LEB-17-4207')).json.latest).toBeNull();
    expect((await get('/marks/LEB-17-4201')).json.latest).toMatchObject({ corrects: id });
  });

  it.each<[string, unknown, string]>([
    ['neither mark nor unreadable', { reason: 'r' }, 'BODY_INVALID'], ['both', { mark: 'LEA-1', unreadable: true, reason: 'r' }, 'BODY_INVALID'], ['no reason', { mark: 'LEA-1' }, 'BODY_INVALID'],
    ['what is no mark', { mark: '???', reason: 'r' }, 'MARK_INVALID'], ['unreadable: false', { unreadable: false, reason: 'r' }, 'BODY_INVALID'],
  ])('with %s are refused', async (_what, body, code) => {
    expect((await correct(await report(), body)).json.error.code).toBe(code);
  });

  it('of no pass are not found', async () => {
    expect(await correct('none')).toMatchObject({ status: 404, json: { error: { code: 'PASS_NOT_FOUND' } } });
  });

  it('have numbers that no other system may use', async () => {
    const { json } = await post('/passes', [{ camera: 'baleli-in-1', capturedAt: daysAgo(0), text: 'LEA-1', confidence: 1, sequence: 2_000_000_000 }]);
    expect(json.items[0]).toMatchObject({ status: 'refused', error: { code: 'BODY_INVALID' } });
  });
});
