import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/core/permission.ts';
import { askedMarks, auditedMarks } from '../../src/http/asked-marks.ts';
import { compareMarks } from '../../src/plate/key.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { rowsOf } from '../../src/store/query.ts';
import { seenOfMarks } from '../../src/store/seen-of-marks.ts';
import { DATABASE_KINDS, onBothDatabases } from '../support/databases.ts';
import { startTestServer, type Answered, type TestServer } from '../support/http-server.ts';
import { aPass, HOUR, mark, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

const at = (time: string): string => `2026-11-03T${time}+05:00`;
const purposed = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1/26' };

describe.each(DATABASE_KINDS)('many marks at once (%s)', (kind) => {
  let server: TestServer;
  const csv = (path: string, text: string) => server.ask(path, { method: 'POST', body: text, headers: { 'content-type': 'text/csv' } });
  const look = (body: string, mediaType: string, query = '', key: Role = 'analyst'): Promise<Answered> =>
    server.ask(`/api/v1/marks/lookup${query}`, { method: 'POST', body, key, headers: { ...purposed, 'content-type': mediaType } });
  const lookUp = async (marks: readonly unknown[], key: Role = 'analyst') => (await look(JSON.stringify(marks), 'application/json', '', key)).json;

  beforeAll(async () => {
    server = await startTestServer({ kind });
    await csv('/api/v1/lists/stolen', [
      'mark,kind,reason,owner,action,expires', 'PB:LEC-13-8447,stolen,FIR 212/26,CTD,stop,', 'BCS-036,wanted,Warrant,Police,inform,2026-11-02', 'LE?-17-42*,wanted,Seen in FIR 9/26,Police,inform,', '',
    ].join('\n'));
    await csv('/api/v1/register', [
      'mark,jurisdiction,class,make,model,colour,status,token_paid_to', 'LEC-13-8447,PB,private,Toyota,Corolla,white,active,2026-06-30', 'LEB-17-4201,PB,private,Honda,City,black,active,2027-06-30',
      'LEB-18-4201,PB,private,Suzuki,Alto,red,active,2027-06-30', '',
    ].join('\n'));
    await server.report(
      { camera: 'baleli-in-1', capturedAt: at('06:00:00'), text: 'LEC138447' }, { camera: 'sariab-1', capturedAt: at('07:00:00'), text: 'LEC138447' },
      { camera: 'lak-pass-in-1', capturedAt: at('09:00:00'), text: 'LEB174201' }, { camera: 'lak-pass-in-1', capturedAt: at('09:30:00'), text: 'LEB184201' },
    );
  });
  afterAll(() => server?.close());

  it('are answered by line with what is known of each, as when each is asked alone', async () => {
    const asked = ['LEC-13-8447', 'leb 17 4201', 'LEB-4201', 'BCS-036', 'LEZ-11-1111'];
    const { items, head, complete } = await lookUp(asked);
    expect(items.map((i: any) => [i.line, i.text])).toEqual(asked.map((text, i) => [i + 1, text]));
    for (const item of items) {
      const alone = (await server.ask(`/api/v1/marks/${encodeURIComponent(item.text)}`, { key: 'analyst', headers: purposed })).json;
      expect([item.mark, item.registrations, item.ambiguous, item.entries]).toEqual([alone.mark, alone.registrations, alone.ambiguous, alone.entries]);
      expect([item.seen.last?.pass, item.seen.last?.capturedAt]).toEqual([alone.latest?.id, alone.latest?.capturedAt]);
      expect([head.lists, head.register, head.movementVisible]).toEqual([alone.lists, alone.register, true]);
    }
    expect([complete, head.marks, head.bad]).toEqual([true, 5, 0]);
  });

  it('tell when and where each was first and last seen, and of a vehicle of another year nothing', async () => {
    const { items } = await lookUp(['LEC-13-8447', 'LEB-17-4201', 'LEB-18-4201', 'LEB-19-4201', 'LEB-4201']);
    expect(items.map((i: any) => [i.seen.first?.capturedAt ?? null, i.seen.last?.capturedAt ?? null, i.seen.last?.site ?? null])).toEqual([
      [at('06:00:00.000'), at('07:00:00.000'), 'sariab'], [at('09:00:00.000'), at('09:00:00.000'), 'lak-pass'], [at('09:30:00.000'), at('09:30:00.000'), 'lak-pass'], [null, null, null],
      [at('09:00:00.000'), at('09:30:00.000'), 'lak-pass'],
    ]);
  });

  it('with bad ones among them: each is named with its reason, and the rest is answered', async () => {
    const { items, head } = await lookUp(['LEC-13-8447', '', 'LE*', 17, null, ['LEC-13-8447'], 'A'.repeat(300), '\u0000', 'LEB-17-4201']);
    expect(head).toMatchObject({ marks: 9, bad: 7 });
    expect(items.map((i: any) => i.error?.code ?? i.mark.mark)).toEqual(['LEC-13-8447', ...Array.from({ length: 7 }, () => 'MARK_INVALID'), 'LEB-17-4201']);
    expect(items[2]).toMatchObject({ line: 3, mark: null, registrations: [], entries: [], seen: null, error: { message: expect.stringContaining('wildcard') } });
  });

  it.each<Role>(['excise'])('show no movement to the role %s', async (role) => {
    const answer = await lookUp(['LEC-13-8447'], role);
    expect(answer).toMatchObject({ head: { movementVisible: false }, items: [{ seen: null, registrations: [{ make: 'Toyota' }] }] });
    expect(JSON.stringify(answer)).not.toMatch(/baleli|sariab/);
  });

  it.each<Role>(['camera', 'operator', 'auditor', 'checkpoint', 'lists'])('are not for the role %s', async (role) => expect((await lookUp(['LEC-13-8447'], role)).error.code).toBe('PERMISSION_MISSING'));

  it('are taken as lines of text and as CSV, with the line that each had in the file', async () => {
    const text = (await look('\uFEFFLEC-13-8447\r\n\r\n  leb 17 4201  \nnonsense\n', 'text/plain')).json;
    expect(text.items.map((i: any) => [i.line, i.mark?.mark ?? null])).toEqual([[1, 'LEC-13-8447'], [3, 'LEB-17-4201'], [4, null]]);
    const table = (await look('owner,Mark,colour\r\n"Khan, A.",LEC-13-8447,white\r\nBibi\r\n"x ""y""","LEB-17-4201",red\r\n', 'text/csv')).json;
    expect(table.items.map((i: any) => [i.line, i.text])).toEqual([[2, 'LEC-13-8447'], [3, ''], [4, 'LEB-17-4201']]);
    expect((await look('LEC-13-8447,white\nLEB-17-4201,red\n', 'text/csv')).json.items.map((i: any) => i.text)).toEqual(['LEC-13-8447', 'LEB-17-4201']);
  });

  it('come as lines of JSON too: what they were looked up in first, and at the end that they are whole', async () => {
    const { bytes, headers } = await look('["LEC-13-8447","LEB-17-4201"]', 'application/json', '?format=ndjson');
    const lines = bytes.toString('utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect([Object.keys(lines[0]), lines[1].text, lines[2].text, lines[3]]).toEqual([['head'], 'LEC-13-8447', 'LEB-17-4201', { complete: true }]);
  });

  it('of a covert list are no entries for keys that may not see them', async () => {
    await server.ask('/api/v1/lists/quiet', { method: 'PUT', key: 'trial', json: { owner: 'CTD', kind: 'wanted', action: 'inform', covert: true } });
    expect((await csv('/api/v1/lists/quiet', 'mark,reason,expires\nLEB-17-4201,x,\n')).status).toBe(200);
    const lists = async (key: Role) => { const { head, items } = await lookUp(['LEB-17-4201'], key); return [head.lists.map((l: any) => l.list), items[0].entries.map((e: any) => e.list)]; };
    expect(await lists('investigator')).toEqual([['quiet', 'stolen'], ['quiet', 'stolen']]);
    expect(await lists('analyst')).toEqual([['stolen'], ['stolen']]);
  });

  it('stand in the audit log so that they can be asked again: a few as they are, many packed', async () => {
    await lookUp(['LEC-13-8447', 'nonsense']);
    const [few] = await listAudit(server.services.database, { limit: 1 });
    expect(few).toMatchObject({ action: 'lookUpMarks', purpose: 'stolen', caseReference: 'FIR 1/26', resultCount: 1, question: { marks: 2, asked: ['LEC-13-8447', 'nonsense'] } });
    const many = Array.from({ length: 10_000 }, (_, i) => `L${String.fromCharCode(65 + (i % 26), 65 + (Math.floor(i / 26) % 26))}-${10 + (i % 12)}-${1000 + i % 9000}`);
    const answer = await lookUp(many);
    expect([answer.head.marks, answer.items.length, answer.complete]).toEqual([10_000, 10_000, true]);
    const [row] = await listAudit(server.services.database, { limit: 1 });
    const json = gunzipSync(Buffer.from(String(row?.question['askedGzip']), 'base64'));
    expect(row?.question).toMatchObject({ marks: 10_000, sha256: createHash('sha256').update(json).digest('hex') });
    expect((await look(json.toString('utf8'), 'application/json')).json.items.map((i: any) => i.text)).toEqual(many);
    const [size] = await rowsOf<{ bytes: number }>(server.services.database.orm, sql`select octet_length(question::text) as bytes from audit_log where sequence = ${row?.sequence}`);
    expect(size?.bytes).toBeLessThan(80_000);
  });

  it.each<[string, string, string, RegExp]>([
    ['10,001 marks', JSON.stringify(Array.from({ length: 10_001 }, () => 'LEC-13-8447')), 'application/json', /10001 marks; at most 10000/], ['none', '[]', 'application/json', /names no mark/],
    ['an object', '{"marks":["LEC-13-8447"]}', 'application/json', /JSON array/], ['no JSON', '["LEC', 'application/json', /not JSON/], ['empty lines', '\n\n  \n', 'text/plain', /names no mark/],
    ['half of CSV', 'mark\n"LEC-13', 'text/csv', /not CSV/], ['a heading alone', 'mark\n', 'text/csv', /names no mark/],
  ])('that are %s are refused with the reason', async (_what, body, mediaType, reason) => {
    const { status, json } = await look(body, mediaType);
    expect([status, json.error.code]).toEqual([400, 'BODY_INVALID']);
    expect(json.error.message).toMatch(reason);
    expect(json.error.message).not.toContain('8447');
  });

  it('over two megabytes are refused, and of another media type too', async () => {
    expect((await look('x'.repeat(2_000_001), 'text/plain')).json.error.code).toBe('BODY_TOO_LARGE');
    expect((await look('LEC-13-8447', 'application/xml')).json.error.code).toBe('MEDIA_TYPE_UNSUPPORTED');
    expect((await look('["LEC-13-8447"]', 'application/json', '?format=xml')).json.error.code).toBe('REQUEST_INVALID');
  });
});

describe('a question of many marks', () => {
  it('is the same texts whichever way it is written', () => fc.assert(fc.property(fc.array(fc.stringMatching(/^[A-Z0-9][A-Z0-9 -]{0,10}[A-Z0-9]$/), { minLength: 1, maxLength: 80 }), (texts) => {
    const forms = [['application/json', JSON.stringify(texts)], ['text/plain', texts.join('\r\n')], ['text/csv', `mark\n${texts.join('\n')}\n`]] as const;
    for (const [mediaType, text] of forms) expect(askedMarks({ mediaType, text }).map((m) => m.text)).toEqual(texts);
    const audited = auditedMarks(texts.map((text, i) => ({ line: i, text }))), packed = audited['askedGzip'];
    expect(typeof packed === 'string' ? JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) : audited['asked']).toEqual(texts);
  })));
});

onBothDatabases('where marks were seen', (database) => {
  const WRITTEN = ['LEB-17-4201', 'LEB-18-4201', 'LEB-4201', 'SD:ABC-123', 'KP:ABC-123', 'ABC-123', 'BCS-036'] as const;

  it('is by the first and last pass that no known part contradicts, as the rule for two marks has it', async () => {
    const { db } = database(), cameras = ['baleli-in-1', 'sariab-1', 'baleli-out-1'];
    const stored = Array.from({ length: 60 }, (_, i) => aPass({ cameraId: cameras[i % 3] ?? '', capturedAt: MORNING - ((i * 37) % 60) * 20 * HOUR, sequence: i, mark: mark(WRITTEN[(i * 5) % 7] ?? '') }));
    await recorderOn(db, () => MORNING + HOUR).record(stored);
    const asked = WRITTEN.map(mark), seen = await seenOfMarks(db, asked);
    for (const [i, one] of asked.entries()) {
      const fitting = stored.filter((p) => p.mark !== null && compareMarks(one, p.mark).same).toSorted((a, b) => a.capturedAt - b.capturedAt);
      expect([WRITTEN[i], seen[i]?.first?.capturedAt, seen[i]?.last?.capturedAt]).toEqual([WRITTEN[i], fitting[0]?.capturedAt, fitting.at(-1)?.capturedAt]);
    }
    expect(await seenOfMarks(db, [])).toEqual([]);
    expect(await seenOfMarks(db, [mark('LEZ-1')])).toEqual([{ first: null, last: null }]);
  });
});
