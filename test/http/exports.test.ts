import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { booleanValid, bbox, feature } from '@turf/turf';
import { parse } from 'csv-parse/sync';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Role } from '../../src/core/permission.ts';
import { journeySubject, passSubject } from '../../src/http/export-columns.ts';
import { exportWriter, type ExportSubject } from '../../src/http/export-formats.ts';
import { ExportStream, type ExportEnd } from '../../src/http/export-stream.ts';
import { listAudit, verifyAudit } from '../../src/store/audit-log.ts';
import { exportPasses } from '../../src/store/export-passes.ts';
import { addReadings } from '../../src/store/pass-readings.ts';
import { rowsOf } from '../../src/store/query.ts';
import { DATABASE_KINDS } from '../support/databases.ts';
import { exampleRegister, startTestServer, type TestServer } from '../support/http-server.ts';
import { loadPasses } from '../support/loaded-passes.ts';

const at = (time: string): string => `2026-11-03T${time}+05:00`;
const purposed = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1/26' };
const FORMATS = ['csv', 'ndjson', 'json', 'geojson'] as const;

/** RFC 7946 in zod: written from the standard, not from the program. */
const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);
const geometry = z.union([z.strictObject({ type: z.literal('Point'), coordinates: position }), z.strictObject({ type: z.literal('LineString'), coordinates: z.array(position).min(2) })]);
const featureCollection = z.looseObject({
  type: z.literal('FeatureCollection'), geometry: z.never().optional(), properties: z.never().optional(),
  features: z.array(z.strictObject({ type: z.literal('Feature'), id: z.string(), geometry: geometry.nullable(), properties: z.record(z.string(), z.unknown()) })),
});

const csvOf = (bytes: Buffer): string[][] => parse(bytes, { bom: true }) as string[][];
const linesOf = (bytes: Buffer): any[] => bytes.toString('utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe.each(DATABASE_KINDS)('an export (%s)', (kind) => {
  let server: TestServer;
  const take = (what: string, key: Role = 'analyst') => server.ask(`/api/v1/exports/${what}`, { key, headers: purposed });
  const told = async (id: string | null, key: Role = 'analyst') => server.ask(`/api/v1/exports/${id ?? ''}`, { key });
  beforeAll(async () => {
    server = await startTestServer({ kind });
    await server.report(
      { camera: 'baleli-in-1', capturedAt: at('06:00:00'), text: 'LEC138447' }, { camera: 'sariab-1', capturedAt: at('07:00:00'), text: 'LEC138447' },
      { camera: 'baleli-out-1', capturedAt: at('08:00:00'), text: 'LEC138447' }, { camera: 'lak-pass-in-1', capturedAt: at('09:00:00'), text: 'LEB174201' },
      { camera: 'sariab-1', capturedAt: at('09:10:00'), text: '=HYPERLINK("http://x","pay")' }, { camera: 'sariab-1', capturedAt: at('09:20:00'), text: '@SUM(1,2) "quoted"' },
    );
  });
  afterAll(() => server?.close());

  it('as CSV is read back by a parser of CSV as the very passes that the list shows', async () => {
    const listed = await server.all('/api/v1/passes');
    const { bytes, headers } = await take('passes.csv');
    const [heading = [], ...rows] = csvOf(bytes), end = rows.pop();
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="passes-x_[0-9a-f]{16}\.csv"$/);
    const shown = rows.map((row) => Object.fromEntries(heading.map((name, i) => [name, row[i]])));
    expect(shown.map((r) => [r['id'], r['camera'], r['capturedAt'], r['site'], r['direction'], r['mark'], Number(r['confidence'])]))
      .toEqual(listed.map((p) => [p.id, p.camera, p.capturedAt, p.site, p.direction, p.mark ?? '', p.confidence]));
    expect(rows.map((row) => row[0])).toEqual(rows.map((_, i) => String(i + 1)));
    expect(end?.slice(0, 2)).toEqual(['end', '6']);
    expect(bytes.toString('utf8')).toMatch(/\r\n$/);
  });

  it('gives a spreadsheet nothing to run, and a parser what was read', async () => {
    const rows = csvOf((await take('passes.csv')).bytes), text = rows[0]?.indexOf('text') ?? -1;
    const texts = rows.map((row) => row[text] ?? '');
    expect(texts).toContain('\'=HYPERLINK("http://x","pay")');
    expect(texts).toContain('\'@SUM(1,2) "quoted"');
    expect(rows.flat().filter((cell) => /^[=+@\t\r-]/.test(cell) && Number.isNaN(Number(cell)))).toEqual([]);
  });

  it('begins with a byte order mark only when it is asked to', async () => {
    expect((await take('passes.csv?bom=true')).bytes.subarray(0, 6).toString('hex')).toBe('efbbbf726f77');
    expect((await take('passes.csv')).bytes.subarray(0, 3).toString()).toBe('row');
  });

  it.each(['passes', 'journeys'])('of %s as GeoJSON is valid by RFC 7946, with longitude first', async (records) => {
    const { bytes, headers } = await take(`${records}.geojson`);
    const json = JSON.parse(bytes.toString('utf8'));
    expect(headers.get('content-type')).toBe('application/geo+json');
    const { features } = featureCollection.parse(json);
    expect(json).toMatchObject({ rows: features.length, complete: true });
    for (const f of features) expect(f.geometry !== null && booleanValid(feature(f.geometry as never))).toBe(true);
    // Quetta.
    const [west, south, east, north] = bbox(json);
    expect([west > 66.5, east < 67.5, south > 29.8, north < 30.6]).toEqual([true, true, true, true]);
  });

  it('draws a journey through its sites in their order, and one place as a point', async () => {
    const { features } = JSON.parse((await take('journeys.geojson')).bytes.toString('utf8'));
    const byMark = Object.fromEntries(features.map((f: any) => [f.properties.mark, f]));
    const site = (id: string) => { const found = server.services.register.sites.find((s) => s.id === id); return [found?.lon, found?.lat]; };
    expect(byMark['LEC-13-8447'].geometry).toEqual({ type: 'LineString', coordinates: [site('baleli'), site('sariab'), site('baleli')] });
    expect(byMark['LEC-13-8447'].properties).toMatchObject({ entrySite: 'baleli', exitSite: 'baleli', minutes: 120, sightings: 3, route: ['baleli', 'sariab', 'baleli'], status: 'closed' });
    expect(byMark['LEB-17-4201'].geometry).toEqual({ type: 'Point', coordinates: site('lak-pass') });
  });

  it('of journeys has those that the list shows', async () => {
    const listed = await server.all('/api/v1/journeys'), lines = linesOf((await take('journeys.ndjson')).bytes);
    expect(lines.slice(1, -1).map((j) => [j.id, j.mark, j.status, j.startedAt, j.lastSeenAt])).toEqual(listed.map((j) => [j.id, j.mark, j.status, j.startedAt, j.lastSeenAt]));
  });

  it.each(['mark=LEC*', 'site=baleli', 'camera=sariab-1', 'direction=in', `from=${encodeURIComponent(at('07:00:00'))}&to=${encodeURIComponent(at('09:00:00'))}`, 'outcome=mark', 'mark=LEZ-1'])(
    'with the filter %s has what the list shows with it', async (filter) => {
      const listed = await server.all(`/api/v1/passes?${filter}`);
      const { items, rows, head } = JSON.parse((await take(`passes.json?${filter}`)).bytes.toString('utf8'));
      expect(items.map((p: any) => p.id)).toEqual(listed.map((p) => p.id));
      expect([rows, head.filter]).toEqual([listed.length, Object.fromEntries(new URLSearchParams(filter))]);
    });

  it('has who read what of a pass that two have read, and alone those that they read differently when asked', async () => {
    const { database } = server.services, passes = await server.all('/api/v1/passes?mark=LEC138447'), [first, second, third] = passes;
    const reading = (pass: any, reader: string, readText: string, agrees: boolean | null, readAt: number) => ({ passId: pass.id, capturedAt: Date.parse(pass.capturedAt), cameraId: pass.camera, reader, readText, mark: null, confidence: 0.9, readAt, agrees });
    await addReadings(database.orm, [first, second, third].flatMap((pass, i) => [reading(pass, 'hikvision', 'LEC138447', null, 1000), reading(pass, 'darwaza', i === 1 ? 'LEC138447' : 'LEC138441', i === 1, 2000)]));
    const { items } = JSON.parse((await take('passes.json?disagree=true')).bytes.toString('utf8'));
    expect(items.map((p: any) => [p.id, p.readings, p.disagrees])).toEqual([first, third].map((p) => [p.id, ['hikvision: LEC138447', 'darwaza: LEC138441'], true]));
    const [heading = [], ...rows] = csvOf((await take('passes.csv')).bytes), column = (name: string) => heading.indexOf(name);
    const cells: Record<string, string[]> = Object.fromEntries(rows.map((row) => [row[column('id')] ?? '', [row[column('readings')] ?? '', row[column('disagrees')] ?? '']]));
    expect([cells[first.id], cells[second.id]]).toEqual([['hikvision: LEC138447;darwaza: LEC138441', 'true'], ['hikvision: LEC138447;darwaza: LEC138447', 'false']]);
    expect(Object.values(cells).filter((cell) => cell?.[0] === '')).toHaveLength(4);
    const paged: string[][] = [];
    for await (const page of exportPasses(database, { disagree: true }, 1)) paged.push(page.map((p) => `${p.id} ${p.readings.length}`));
    expect(paged.flat()).toEqual([`${first.id} 2`, `${third.id} 2`]);
    const own = new Set<string>();
    for await (const page of exportPasses(database, {}, 2)) for (const pass of page) own.add(`${pass.id} ${pass.readings.length}`);
    expect([...own].filter((line) => line.endsWith(' 2'))).toHaveLength(3);
  });

  it('says when, by whom, why, with which filter, which cameras showed nothing and how old the lists are', async () => {
    await server.ask('/api/v1/lists/stolen', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'mark,kind,reason,owner,action,expires\nLEC-13-8447,stolen,x,y,stop,\n' });
    const [{ head }] = linesOf((await take('passes.ndjson?site=baleli')).bytes);
    expect(head).toMatchObject({
      records: 'passes', format: 'ndjson', madeAt: at('12:00:00.000'), actor: expect.stringMatching(/^k_/), purpose: 'stolen', caseReference: 'FIR 1/26', filter: { site: 'baleli' },
      camerasWithoutPasses: [], camerasDown: [], lists: [{ list: 'stolen', ageHours: 0, stale: false }], register: null,
    });
  });

  it.each(FORMATS)('as %s is whole by its last words, and by its SHA-256 in the audit log', async (format) => {
    const { bytes, headers } = await take(`passes.${format}`), id = headers.get('x-export-id');
    expect(bytes.subarray(-120).toString('utf8')).toMatch(format === 'csv' ? /\r\nend,6,+\r\n$/ : /"rows":6,"complete":true\}\n$/);
    expect(headers.get('link')).toBe(`</api/v1/exports/${id}>; rel="describedby"`);
    const { json } = await told(id);
    expect(json).toMatchObject({ state: 'complete', reason: null, rows: 6, bytes: bytes.length, sha256: sha256(bytes), head: { export: id, format } });
    const [ended, begun] = await listAudit(server.services.database, { limit: 2 });
    expect([begun?.action, begun?.question['export'], begun?.purpose, ended?.action, ended?.resultCount, ended?.question['sha256']]).toEqual(['exportPasses', id, 'stolen', 'exportEnded', 6, sha256(bytes)]);
    expect(json.auditRows).toEqual([begun?.sequence, ended?.sequence]);
    expect((await verifyAudit(server.services.database)).kind).toBe('intact');
  });

  it('is told of to the key that made it and to those who read the audit log', async () => {
    const id = (await take('passes.csv')).headers.get('x-export-id');
    expect((await told(id, 'investigator')).json.error.code).toBe('EXPORT_NOT_FOUND');
    expect((await told(id, 'trial')).status).toBe(200);
    for (const other of ['x_0000000000000000', 'none', "x_' or 1=1", '%00']) expect((await told(other)).json.error.code).toBe('EXPORT_NOT_FOUND');
  });
});

describe('who may export', () => {
  let server: TestServer;
  beforeAll(async () => void (server = await startTestServer()));
  afterAll(() => server?.close());

  it.each<[Role, number]>([['analyst', 200], ['investigator', 200], ['trial', 200], ['checkpoint', 403], ['excise', 403], ['lists', 403], ['camera', 403], ['operator', 403], ['auditor', 403]])('the role %s: %d', async (role, status) => {
    expect((await server.ask('/api/v1/exports/passes.csv', { key: role, headers: purposed })).status).toBe(status);
    expect((await server.ask('/api/v1/exports/journeys.geojson', { key: role, headers: purposed })).status).toBe(status);
  });

  it('says why, or gets nothing', async () => {
    expect((await server.ask('/api/v1/exports/passes.csv', { key: 'analyst' })).json.error.code).toBe('PURPOSE_MISSING');
  });

  it.each(['passes.xlsx', 'passes.CSV', 'passes.', 'journeys.csv?outcome=mark', 'passes.csv?limit=5', 'passes.csv?cursor=x', 'passes.csv?from=yesterday', 'passes.csv?from=2026-11-03T06:00:00', 'passes.csv?site=nowhere',
    'passes.csv?camera=nowhere', 'passes.csv?mark=%3Bdrop', 'passes.csv?bom=1', 'passes.csv?site=baleli&site=sariab', `passes.csv?mark=${'A'.repeat(9000)}`])('is refused %s with a reason, and no export begins', async (what) => {
    const { status, json } = await server.ask(`/api/v1/exports/${what}`);
    expect([400, 404, 422]).toContain(status);
    expect(json.error.message.length).toBeGreaterThan(20);
    expect((await rowsOf(server.services.database.orm, sql`select 1 from audit_log where question ->> 'export' is not null and action = 'exportEnded' and question ->> 'outcome' <> 'complete'`)).length).toBe(0);
  });
});

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 400; i++) {
    if (await holds()) return;
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
  throw new Error('it never came to be');
};

describe('a client', () => {
  let server: TestServer;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    server = await startTestServer({ kind: 'postgres' });
    await loadPasses(server.services.database, 60_000, server.time.now);
  });
  beforeEach(async () => void (await until(async () => (await under()) === 0)));
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await server?.close();
  });

  const ends = () => rowsOf<{ outcome: string; reason: string | null; rows: number }>(server.services.database.orm, sql`
    select question ->> 'outcome' as outcome, question ->> 'reason' as reason, result_count as rows from audit_log where action = 'exportEnded' order by sequence`);
  const under = async (): Promise<number> => Number((await rowsOf<{ n: number }>(server.services.database.orm, sql`
    select (count(*) filter (where action = 'exportPasses' and question ->> 'export' is not null) - count(*) filter (where action = 'exportEnded'))::integer as n from audit_log`))[0]?.n);

  /** Asks for all and takes nothing beyond what the network holds. */
  function stalled(): Promise<Socket> {
    const { hostname, port } = new URL(server.url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(`GET /api/v1/exports/passes.geojson HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.keys.trial}\r\n\r\n`));
      sockets.push(socket);
      socket.once('error', reject).once('readable', () => resolve(socket));
    });
  }

  it('that goes away ends its export: nothing more is asked of the database, and the audit log says how far it came', async () => {
    const socket = await stalled();
    socket.destroy();
    await until(async () => (await ends()).length === 1);
    const [end] = await ends();
    expect(end).toMatchObject({ outcome: 'cut', reason: 'client' });
    expect(end?.rows).toBeLessThan(60_000);
    const [running] = await rowsOf<{ n: number }>(server.services.database.orm, sql`select count(*)::integer as n from pg_stat_activity where datname = current_database() and state = 'active' and query like '%correctedBy%' and pid <> pg_backend_pid()`);
    expect(running?.n).toBe(0);
  });

  it('may have two exports under way, and a third when one has ended', async () => {
    const [first] = [await stalled(), await stalled()];
    const refused = await server.ask('/api/v1/exports/passes.csv');
    expect([refused.status, refused.json.error.code]).toEqual([429, 'EXPORTS_TOO_MANY']);
    expect((await server.ask('/api/v1/exports/passes.csv?mark=LEZ-1', { key: 'analyst', headers: purposed })).status).toBe(200);
    const before = (await ends()).length;
    first?.destroy();
    await until(async () => (await ends()).length > before);
    expect((await server.ask('/api/v1/exports/passes.csv?mark=LEZ-1')).status).toBe(200);
    sockets.at(-1)?.destroy();
  });

  it('gets all of it, each pass once, however slowly it reads', async () => {
    const { bytes } = await server.ask('/api/v1/exports/passes.ndjson');
    const lines = linesOf(bytes);
    expect(lines).toHaveLength(60_002);
    expect(new Set(lines.slice(1, -1).map((p) => p.id)).size).toBe(60_000);
    expect(lines.at(-1)).toEqual({ rows: 60_000, complete: true });
  });

  it('that asks with HEAD is told what it would get, and no export is left open', async () => {
    const { status, bytes, headers } = await server.ask('/api/v1/exports/passes.csv', { method: 'HEAD' });
    expect([status, bytes.length, headers.get('content-type')]).toEqual([200, 0, 'text/csv; charset=utf-8; header=present']);
    await until(async () => (await under()) === 0);
  });

  it('whose answer breaks off because the database went away sees no end, and no "complete"', async () => {
    let asked = 0;
    const { database } = server.services;
    const failing = new Proxy(database.orm, { get: (target, name, receiver) => {
      if (name === 'execute' && asked++ > 20) throw Object.assign(new Error('terminating connection'), { severity: 'FATAL', code: '57P01' });
      const value = Reflect.get(target, name, receiver);
      return typeof value === 'function' ? value.bind(target) : value;
    } });
    const beside = await server.beside({}, { ...database, orm: failing });
    try {
      await expect(beside.ask('/api/v1/exports/passes.json')).rejects.toThrow();
    } finally {
      await beside.close();
    }
  });
});

describe('the guide to exports', () => {
  it('names every column and what it means', async () => {
    const guide = readFileSync(new URL('../../docs/export.md', import.meta.url), 'utf8'), register = await exampleRegister();
    const columns = [...passSubject(register, 300).columns, ...journeySubject(register, 300).columns];
    expect(columns.filter((c) => !guide.includes(`| \`${c.name}\` | ${c.meaning} |`)).map((c) => c.name)).toEqual([]);
  });
});

describe('the stream of an export', () => {
  const subject: ExportSubject<number> = { columns: [{ name: 'n', meaning: '', of: (n) => n }], idOf: String, geometry: () => null };
  interface Made { readonly stream: ExportStream<number>; readonly ends: ExportEnd[]; readonly asked: () => number; readonly closed: () => boolean }

  function made({ pages = Infinity, mayGoOn = async () => true, stalledAfterMs = 60_000, onEnd = async (_end: ExportEnd) => undefined as void } = {}): Made {
    const ends: ExportEnd[] = [];
    let asked = 0, closed = false;
    async function* endless(): AsyncGenerator<readonly number[]> {
      try {
        for (; asked < pages; asked++) yield Array.from({ length: 100 }, (_, i) => asked * 100 + i);
      } finally {
        closed = true;
      }
    }
    const stream = new ExportStream({
      writer: exportWriter('ndjson', subject, false), head: { export: 'x' }, pages: endless(), mayGoOn, stalledAfterMs,
      onEnd: async (end) => {
        ends.push(end);
        await onEnd(end);
      },
    });
    return { stream, ends, asked: () => asked, closed: () => closed };
  }
  const textOf = async (stream: ExportStream<number>): Promise<string> => Buffer.concat(await stream.toArray() as Buffer[]).toString('utf8');
  const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

  it('makes no more than what is taken and one page ahead', async () => {
    const { stream, asked, closed, ends } = made();
    for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => { stream.once('data', () => { stream.pause(); resolve(); }); stream.resume(); });
    await settle();
    expect(asked()).toBeLessThan(9);
    stream.destroy();
    await settle();
    expect([closed(), ends.length, ends[0]?.outcome, ends[0]?.reason]).toEqual([true, 1, 'cut', 'client']);
  });

  it('tells its end, with the hash of all bytes, before the last piece can be read', async () => {
    let last = '';
    const { stream, ends } = made({ pages: 3, onEnd: async () => void (last = 'told') });
    const text = await textOf(stream);
    expect(last).toBe('told');
    expect(ends).toEqual([{ outcome: 'complete', reason: null, rows: 300, bytes: text.length, sha256: sha256(Buffer.from(text)) }]);
    expect(text.endsWith('{"rows":300,"complete":true}\n')).toBe(true);
  });

  it('is not whole when its end cannot be written to the audit log', async () => {
    const { stream } = made({ pages: 2, onEnd: async () => { throw new Error('no audit'); } });
    let text = '';
    stream.on('data', (piece: Buffer) => void (text += piece.toString()));
    await expect(new Promise((resolve, reject) => { stream.once('error', reject).once('end', resolve); })).rejects.toThrow('no audit');
    expect(text).not.toContain('complete');
  });

  it('is cut when the reader takes nothing for too long, and not while it takes its time to read rows', async () => {
    const { stream, ends } = made({ stalledAfterMs: 20 });
    stream.once('data', () => stream.pause());
    await expect(new Promise((resolve, reject) => { stream.once('error', reject).once('end', resolve); })).rejects.toThrow(/took nothing/);
    await settle();
    expect(ends).toMatchObject([{ outcome: 'cut', reason: 'stalled' }]);
  });

  it('ends with the key that asked for it', async () => {
    let left = 3;
    const { stream, ends } = made({ mayGoOn: async () => left-- > 0 });
    await expect(textOf(stream)).rejects.toThrow(/in force no more/);
    await settle();
    expect(ends).toMatchObject([{ outcome: 'cut', reason: 'key', rows: 300 }]);
  });

  it('that is never read says that it was cut', async () => {
    const { stream, ends } = made();
    stream.destroy();
    await settle();
    expect(ends).toMatchObject([{ outcome: 'cut', rows: 0, bytes: 0 }]);
  });
});
