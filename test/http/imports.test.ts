import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listAudit } from '../../src/store/audit-log.ts';
import { startTestServer, type Answered, type TestServer } from '../support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { DARWAZA_MAX_IMPORT_MB: '3' } });
});
afterAll(() => server?.close());
beforeEach(() => server.database.clear().then(() => server.renewKeys()));

const HEADER = 'mark,kind,reason,owner,action,expires';
const row = (mark: string, rest = 'stolen,FIR 1/26,CTD,stop,'): string => `${mark},${rest}`;
const send = (text: string | Uint8Array<ArrayBuffer>, path = '/api/v1/lists/stolen', type = 'text/csv'): Promise<Answered> =>
  server.ask(path, { method: 'POST', key: path.endsWith('register') ? 'excise' : 'lists', body: text, headers: { 'content-type': type } });
const inForce = async (mark: string): Promise<number> => (await server.ask(`/api/v1/marks/${mark}`)).json.entries.length;

describe('a list sent as CSV', () => {
  it('is in force when it is answered', async () => {
    const { status, json } = await send([HEADER, row('LEC-13-8447'), row('BCS-036'), ''].join('\n'));
    expect(status).toBe(200);
    expect(json).toEqual({
      name: 'stolen', version: 1, imported: 2, unchanged: false, refused: [], refusedCount: 0, notes: [], mode: 'replace', dryRun: false, added: 2, changed: 0, removed: 0, withheld: 0, difference: null,
    });
    expect(await inForce('LEC-13-8447')).toBe(1);
  });

  it.each([['a byte order mark', (t: string) => `\ufeff${t}`], ['CRLF', (t: string) => t.replaceAll('\n', '\r\n')], ['quotes', (t: string) => t.replace('FIR 1/26', '"FIR 1/26, ""Saddar"""')], ['charset=utf-8', (t: string) => t]])('may come with %s', async (what, change) => {
    const { status, json } = await send(change(`${HEADER}\n${row('LEC-13-8447')}\n`), undefined, what.startsWith('charset') ? `text/csv; ${what}` : undefined);
    expect([status, json.imported, json.refusedCount]).toEqual([200, 1, 0]);
  });

  it('sent again changes nothing but its age', async () => {
    const text = `${HEADER}\n${row('LEC-13-8447')}\n`;
    await send(text);
    expect((await send(text)).json).toMatchObject({ version: 1, unchanged: true });
  });

  it('replaces the list as a whole', async () => {
    await send(`${HEADER}\n${row('LEC-13-8447')}\n`);
    expect((await send(`${HEADER}\n${row('BCS-036')}\n`)).json).toMatchObject({ version: 2, imported: 1 });
    expect([await inForce('LEC-13-8447'), await inForce('BCS-036')]).toEqual([0, 1]);
  });

  it('with bad rows imports the good ones and reports each bad one by its line', async () => {
    const { status, json } = await send([HEADER, row('LEC-13-8447'), row('A'.repeat(200)), row('BCS-036', 'curious,x,y,stop,'), row('BCS-037', 'stolen,x,y,stop,31 Dec'), row('BCS-038'), ''].join('\n'));
    expect(status).toBe(200);
    expect(json).toMatchObject({ imported: 2, refusedCount: 3 });
    expect(json.refused.map((f: any) => [f.line, f.column])).toEqual([[3, 'mark'], [4, 'kind'], [5, 'expires']]);
  });

  it('with a row that is not UTF-8 reports that row', async () => {
    const bytes = Buffer.concat([Buffer.from(`${HEADER}\n${row('LEC-13-8447')}\nBCS-036,stolen,`), Buffer.from([0xff, 0xfe, 0xc0]), Buffer.from(',CTD,stop,\n')]);
    const { json } = await send(new Uint8Array(bytes));
    expect(json).toMatchObject({ imported: 1, refused: [{ line: 3, code: 'CSV_ENCODING' }] });
  });

  it.each([
    ['no rows', `${HEADER}\n`], ['only bad rows', `${HEADER}\n${row('***')}\n`], ['nothing at all', ''], ['a wrong column', `${HEADER.replace('kind', 'sort')}\n${row('BCS-036')}\n`],
    ['semicolons', `${HEADER.replaceAll(',', ';')}\n${row('BCS-036').replaceAll(',', ';')}\n`],
  ])('with %s is refused, and the list before it stays in force', async (_what, text) => {
    await send(`${HEADER}\n${row('LEC-13-8447')}\n`);
    const { status, json } = await send(text);
    expect(status).toBe(422);
    expect(json.error.code).toBe('IMPORT_UNUSABLE');
    expect(await inForce('LEC-13-8447')).toBe(1);
  });

  it('over the limit is refused, whether or not it says its size, and the list before it stays in force', async () => {
    await send(`${HEADER}\n${row('LEC-13-8447')}\n`);
    const line = `${row('BCS-036')}\n`;
    const big = `${HEADER}\n${line.repeat(Math.ceil(3_100_000 / line.length))}`;
    const sized = await send(big);
    expect([sized.status, sized.json.error.code]).toEqual([413, 'BODY_TOO_LARGE']);
    const chunks = Readable.from((function* () { for (let i = 0; i < big.length; i += 65_536) yield Buffer.from(big.slice(i, i + 65_536)); })());
    const streamed = await server.ask('/api/v1/lists/stolen', { method: 'POST', body: Readable.toWeb(chunks) as ReadableStream, duplex: 'half', headers: { 'content-type': 'text/csv' } });
    expect([streamed.status, streamed.json.error.code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await inForce('LEC-13-8447')).toBe(1);
  });

  it.each([['application/xml', /text\/csv.*application\/json.*ndjson/], ['', /text\/csv/], ['text/csv; charset=windows-1256', /UTF-8/]])('sent as "%s" is refused with what it takes', async (type, message) => {
    const { status, json } = await send(`${HEADER}\n`, undefined, type);
    expect([status, json.error.code]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
    expect(json.error.message).toMatch(message);
  });

  it('sent compressed is refused with what to do', async () => {
    const { status, json } = await server.ask('/api/v1/lists/stolen', { method: 'POST', body: 'x', headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip' } });
    expect([status, json.error.code]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
    expect(json.error.message).toMatch(/uncompressed/);
  });

  it.each(['a%20b', '..', '%2e%2e%2fetc', 'x'.repeat(65), '%00'])('under the name %s is refused', async (name) => {
    expect((await send(`${HEADER}\n${row('BCS-036')}\n`, `/api/v1/lists/${name}`)).status).toBeGreaterThanOrEqual(400);
  });

  it('with a row twice reports the later one, in its place among the others', async () => {
    const { json } = await send([HEADER, row('LEC-13-8447'), row('BCS-036', 'odd,x,y,stop,'), row('lec 13 8447'), row('BCS-037', 'odd,x,y,stop,')].join('\n'));
    expect(json).toMatchObject({ imported: 1, refusedCount: 3 });
    expect(json.refused.map((f: any) => [f.line, f.code])).toEqual([[3, 'VALUE_UNKNOWN'], [4, 'ROW_REPEATED'], [5, 'VALUE_UNKNOWN']]);
    expect(json.refused[1].message).toContain('line 2');
  });

  it('stands in the audit log, with whose key sent it', async () => {
    await send(`${HEADER}\n${row('LEC-13-8447')}\n`);
    expect((await listAudit(server.services.database, { limit: 1 }))[0]).toMatchObject({ action: 'importList', question: { name: 'stolen', version: 1, added: 1, changed: 0, removed: 0 }, resultCount: 1, purpose: null });
  });

  it('raises hits from the next pass on', async () => {
    await send(`${HEADER}\n${row('LEC-13-8447')}\n`);
    const { json } = await server.ask('/api/v1/passes', { method: 'POST', json: { camera: 'baleli-in-1', capturedAt: '2026-11-03T06:00:00+05:00', text: 'LEC138447', confidence: 0.9 } });
    expect(json.hits).toBe(1);
  });
});

describe('a list sent as JSON', () => {
  const item = { mark: 'LEC-13-8447', kind: 'stolen', reason: 'FIR 1/26', owner: 'CTD', action: 'stop', warnings: ['armed'] };

  it.each([['application/json', JSON.stringify([item, { ...item, mark: 'BCS-036' }])], ['application/x-ndjson', `${JSON.stringify(item)}\n${JSON.stringify({ ...item, mark: 'BCS-036' })}\n`]])('(%s) is in force when it is answered', async (type, text) => {
    const { status, json } = await send(text, undefined, type);
    expect([status, json.imported, json.refusedCount]).toEqual([200, 2, 0]);
    expect((await server.ask('/api/v1/marks/LEC-13-8447')).json.entries).toMatchObject([{ warnings: ['armed'], standing: 'in-force' }]);
  });

  it('that ends too early changes nothing', async () => {
    await send(`${HEADER}\n${row('LEC-13-8447')}\n`);
    const { status, json } = await send(JSON.stringify([item, item]).slice(0, -5), undefined, 'application/json');
    expect([status, json.error.code]).toEqual([422, 'IMPORT_BROKEN']);
    expect(await inForce('LEC-13-8447')).toBe(1);
  });
});

describe('a delta and a dry run', () => {
  const CSV = 'mark,kind,reason,owner,action,expires,withdraw';
  it('change what they name; the dry run shows it first and its version guards the change', async () => {
    await send([HEADER, row('LEC-13-8447'), row('BCS-036')].join('\n'));
    const delta = [CSV, 'BCS-036,stolen,,CTD,,,yes', 'RIA-4521,stolen,FIR 2,CTD,stop,,', 'RIA-4522,stolen,,CTD,,,yes'].join('\n');
    const dry = await send(delta, '/api/v1/lists/stolen?mode=delta&dryRun=true');
    expect(dry.json).toMatchObject({ version: 1, dryRun: true, mode: 'delta', added: 1, removed: 1, refused: [{ line: 4, code: 'ENTRY_UNKNOWN' }], difference: { added: [{ mark: 'PB:RIA-4521', line: 3 }], removed: [{ mark: 'BCS-036', line: 2 }] } });
    expect([await inForce('BCS-036'), await inForce('RIA-4521')]).toEqual([1, 0]);
    expect((await send(delta, '/api/v1/lists/stolen?mode=delta&expectVersion=0')).json.error).toMatchObject({ code: 'LIST_BUSY', status: 409 });
    expect((await send(delta, `/api/v1/lists/stolen?mode=delta&expectVersion=${dry.json.version}`)).json).toMatchObject({ version: 2, imported: 2 });
    expect([await inForce('LEC-13-8447'), await inForce('BCS-036'), await inForce('RIA-4521')]).toEqual([1, 0, 1]);
  });

  it.each(['mode=both', 'dryRun=1', 'expectVersion=-1', 'expectVersion=1.5', 'format=xml'])('%s is refused', async (query) => {
    expect((await send(`${HEADER}\n${row('BCS-036')}`, `/api/v1/lists/stolen?${query}`)).json.error.code).toBe('REQUEST_INVALID');
  });
});

describe('the register sent as CSV', () => {
  const header = 'mark,jurisdiction,class,make,model,colour,status,token_paid_to';
  it('is in force when it is answered; columns about the owner are named and not read', async () => {
    const { status, json } = await send(`${header},owner_name\nLEC-13-8447,PB,private,Toyota,Corolla,white,active,2026-06-30,Somebody\n`, '/api/v1/register');
    expect(status).toBe(200);
    expect(json).toMatchObject({ version: 1, imported: 1 });
    expect(json.notes.join()).toContain('owner_name');
    const record = (await server.ask('/api/v1/marks/LEC-13-8447')).json;
    expect(record.registrations).toMatchObject([{ make: 'Toyota' }]);
    expect(JSON.stringify(record)).not.toContain('Somebody');
  });

  it('with bad rows reports them by line', async () => {
    const { json } = await send(`${header}\nLEC-13-8447,PB,private,Toyota,Corolla,white,active,2026-02-30\nBCS-036,BA,,,,,,\n`, '/api/v1/register');
    expect(json).toMatchObject({ imported: 1, refused: [{ line: 2, column: 'token_paid_to' }] });
  });
});
