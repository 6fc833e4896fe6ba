import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloneFinding } from '../../src/journey/clones.ts';
import { findingId, type Evidence, type Finding } from '../../src/journey/finding.ts';
import { markKey } from '../../src/plate/key.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { inTransaction } from '../../src/store/query.ts';
import { saveFindings } from '../../src/store/write-findings.ts';
import { NOW, startTestServer, type TestServer } from '../support/http-server.ts';
import { mark } from '../support/passes.ts';

const HOUR = 3_600_000, PURPOSE = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 212/26' };
let server: TestServer;

const thing = (at: number): Evidence => ({
  id: `e-${at}`, at, firm: true, words: 'Seen at baleli and 300 s later at lak-pass.', figures: { seconds: 300, leastSeconds: 700, bound: 'straight-line', unread: '', differs: 'white and black' },
  passes: [{ passId: 'p1', cameraId: 'baleli-in-1', siteId: 'baleli', at, mark: 'PB:LEC-13-8447', confidence: 0.97, vehicleClass: 'car', vehicleColour: null }],
});
function aClone(text: string, at: number): Finding {
  const made = cloneFinding({ key: markKey(mark(text)), mark: mark(text) }, [thing(at)]);
  if (made === null) throw new Error('a finding needs evidence');
  return made;
}
const CLONE = aClone('PB:LEC-13-8447', NOW - 2 * HOUR);
const CONVOY: Finding = { ...aClone('BCS-036', NOW - HOUR), id: findingId('convoy', ['BCS36', 'LEC8447']), kind: 'convoy', label: 'convoy', key: 'BCS36', keys: ['BCS36', 'LEC8447'] };
const save = (found: readonly Finding[]): Promise<number> => inTransaction(server.services.database, server.services.database.orm, (tx) => saveFindings(tx, found, server.time.now));
const decide = (id: string, json: unknown, key: 'analyst' | 'excise' | 'checkpoint' | 'investigator' = 'analyst') => server.ask(`/api/v1/findings/${id}/verdict`, { method: 'POST', json, key, headers: PURPOSE });

beforeAll(async () => {
  server = await startTestServer();
  await save([CLONE]);
  server.time.now = NOW + 1;
  await save([CONVOY]);
});
afterAll(() => server?.close());

describe('GET /findings', () => {
  const ids = async (query: string): Promise<string[]> => (await server.all(`/api/v1/findings?${query}`)).map((f) => f.id);

  it('lists what was found, latest first, in words, without the evidence', async () => {
    const { json } = await server.ask('/api/v1/findings');
    expect(json.items.map((f: { id: string }) => f.id)).toEqual([CONVOY.id, CLONE.id]);
    expect(json.items[1]).toMatchObject({
      kind: 'clone', label: 'clone', mark: 'PB:LEC-13-8447', keys: ['LEC8447'], count: 1, firstAt: '2026-11-03T10:00:00.000+05:00', foundAt: '2026-11-03T12:00:00.000+05:00', verdict: null,
      summary: expect.stringContaining('Two vehicles'),
    });
    expect(json.items[1]).not.toHaveProperty('evidence');
  });

  it('by kind, label, mark, time and what is still open', async () => {
    expect(await ids('kind=convoy')).toEqual([CONVOY.id]);
    expect(await ids('label=clone')).toEqual([CLONE.id]);
    expect(await ids('mark=LEC-13-8447')).toEqual([CONVOY.id, CLONE.id]);
    expect(await ids('mark=BC*')).toEqual([CONVOY.id]);
    expect(await ids('from=2026-11-03T10:30:00%2B05:00')).toEqual([CONVOY.id]);
    expect(await ids('to=2026-11-03T10:30:00%2B05:00&open=true')).toEqual([CLONE.id]);
    expect(await ids('open=false')).toEqual([]);
  });

  it('page by page', async () => {
    const first = await server.ask('/api/v1/findings?limit=1');
    expect(first.json.items).toHaveLength(1);
    expect(await ids('limit=1')).toEqual([CONVOY.id, CLONE.id]);
    expect((await server.ask(`/api/v1/findings?limit=1&kind=clone&cursor=${first.json.next}`)).json.error.code).toBe('CURSOR_INVALID');
  });

  it.each([['kind=ghost', 'REQUEST_INVALID'], ['mark=%25', 'MARK_INVALID'], ['from=yesterday', 'TIME_INVALID'], ['from=2026-11-03T10:00:00Z&to=2026-11-03T10:00:00Z', 'REQUEST_INVALID'], ['kinds=clone', 'REQUEST_INVALID'], ['cursor=x', 'CURSOR_INVALID']])(
    'refuses %s', async (query, code) => expect((await server.ask(`/api/v1/findings?${query}`)).json.error.code).toBe(code),
  );

  it('is movement: not for Excise, a checkpoint or a list keeper', async () => {
    for (const key of ['excise', 'checkpoint', 'lists', 'operator'] as const) expect((await server.ask('/api/v1/findings', { key, headers: PURPOSE })).status).toBe(403);
    expect((await server.ask('/api/v1/findings', { key: 'analyst' })).json.error.code).toBe('PURPOSE_MISSING');
    expect((await server.ask('/api/v1/findings', { key: 'analyst', headers: PURPOSE })).status).toBe(200);
  });
});

describe('GET /findings/{id}', () => {
  it('shows the evidence in words, numbers and passes, and what a finding is not', async () => {
    const { json } = await server.ask(`/api/v1/findings/${CLONE.id}`);
    expect(json).toMatchObject({
      verdicts: [], evidenceSinceVerdict: false, note: expect.stringContaining('not proof'),
      evidence: [{ firm: true, words: expect.stringContaining('300 s later'), figures: { seconds: 300, leastSeconds: 700, bound: 'straight-line', differs: 'white and black' }, passes: [{ pass: 'p1', camera: 'baleli-in-1', mark: 'PB:LEC-13-8447', confidence: 0.97 }] }],
    });
  });

  it.each([['f-none', 'FINDING_NOT_FOUND'], ['x'.repeat(90), 'FINDING_NOT_FOUND'], ['%00', 'REQUEST_INVALID'], ["f'--", 'REQUEST_INVALID'], ['x'.repeat(101), 'REQUEST_INVALID']])('knows no finding %s', async (id, code) => {
    expect((await server.ask(`/api/v1/findings/${id}`)).json.error.code).toBe(code);
  });
});

describe('POST /findings/{id}/verdict', () => {
  it('is added beside the one before; the newest holds', async () => {
    const first = await decide(CLONE.id, { verdict: 'misread', reason: 'The second plate ends in 1' });
    expect(first.status).toBe(200);
    server.time.now += HOUR;
    const second = await decide(CLONE.id, { verdict: 'confirmed', reason: '  Two cars: white Corolla, black Vitz  ' }, 'investigator');
    expect(second.json).toMatchObject({ verdict: { verdict: 'confirmed', reason: 'Two cars: white Corolla, black Vitz' }, verdicts: [{ verdict: 'misread' }, { verdict: 'confirmed' }] });
    expect(second.json.verdicts[0].by).not.toBe(second.json.verdicts[1].by);
    expect((await server.ask('/api/v1/findings?open=true')).json.items.map((f: { id: string }) => f.id)).toEqual([CONVOY.id]);
  });

  it('is told when something came into evidence after it', async () => {
    server.time.now += HOUR;
    await save([aClone('PB:LEC-13-8447', server.time.now)]);
    expect((await server.ask(`/api/v1/findings/${CLONE.id}`)).json).toMatchObject({ count: 2, evidenceSinceVerdict: true, verdict: { verdict: 'confirmed' } });
  });

  it('needs a verdict that there is, and a reason', async () => {
    for (const body of [{}, { verdict: 'guilty', reason: 'x' }, { verdict: 'confirmed' }, { verdict: 'confirmed', reason: ' ' }, { verdict: 'confirmed', reason: 'a\u0000b' }, { verdict: 'confirmed', reason: 'x', by: 'me' }]) {
      expect((await decide(CLONE.id, body)).json.error.code).toBe('BODY_INVALID');
    }
    expect((await decide('f-none', { verdict: 'dismissed', reason: 'x' })).json.error.code).toBe('FINDING_NOT_FOUND');
  });

  it('is for analysts and investigators, with a purpose, and stands in the audit log', async () => {
    expect((await decide(CLONE.id, { verdict: 'dismissed', reason: 'x' }, 'checkpoint')).json.error).toMatchObject({ code: 'PERMISSION_MISSING', details: { permission: 'findings:decide' } });
    expect((await server.ask(`/api/v1/findings/${CLONE.id}/verdict`, { method: 'POST', key: 'analyst', json: { verdict: 'dismissed', reason: 'x' } })).json.error.code).toBe('PURPOSE_MISSING');
    const rows = (await listAudit(server.services.database)).filter((row) => row.action === 'decideFinding' && row.resultCount === 1);
    expect(rows).toMatchObject([{ purpose: 'stolen', caseReference: 'FIR 212/26' }, { purpose: 'stolen' }]);
    expect(JSON.stringify(rows[0]?.question)).toContain(CLONE.id);
  });
});
