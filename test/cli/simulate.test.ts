import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSimulationServer } from '../../src/cli/simulation-server.ts';
import { simulateCommand, type SimulateOptions } from '../../src/cli/simulate.ts';
import type { Output } from '../../src/cli/output.ts';
import { readConfig, type Config } from '../../src/core/config.ts';
import { simulateCity, type SimulatedPass } from '../../src/simulate/city.ts';
import { openDatabase } from '../../src/store/database.ts';
import { insertPasses } from '../../src/store/insert-passes.ts';
import { rowsOf } from '../../src/store/query.ts';
import { passes as passesTable } from '../../src/store/schema.ts';
import { storedPassOf } from '../../src/store/stored-pass.ts';
import { darwaza } from '../support/command-line.ts';
import { createPostgresDatabase } from '../support/databases.ts';
import { startTestServer, type TestServer } from '../support/http-server.ts';
import { aPass, quetta } from '../support/passes.ts';

/** Long past, whatever clock the machine has. */
const STARTS_AT = '2024-01-08T00:00:00+05:00';
const small: SimulateOptions = { seed: 3, vehicles: 400, days: 1, startsAt: STARTS_AT, repeats: 0.05 };

const folder = mkdtempSync(join(tmpdir(), 'darwaza-simulate-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const config = (env: Record<string, string> = {}): Config => readConfig({ DARWAZA_DATA_DIR: join(folder, 'data'), DARWAZA_LOG: 'silent', ...env });
interface Told { readonly lines: string[]; readonly objects: any[] }
const outputTo = ({ lines, objects }: Told, json = false): Output => ({
  json, object: (value) => void objects.push(value), line: (text = '') => void lines.push(text), note: () => undefined, progress: () => ({ step: () => undefined, done: () => undefined }),
});
async function simulate(options: Partial<SimulateOptions> = {}, of = config()): Promise<Told & { readonly code: number }> {
  const told: Told = { lines: [], objects: [] }, code = await simulateCommand({ ...small, ...options }, of, outputTo(told, true));
  return { ...told, code };
}
const refusal = (options: Partial<SimulateOptions>, of = config()): Promise<{ code: string; message: string }> => simulate(options, of).then(() => expect.fail('was not refused'), (error: unknown) => error as { code: string; message: string });
const expectedPasses = (): SimulatedPass[] => [...simulateCity(quetta(), { seed: 3, vehicles: 400, days: 1, startsAt: Date.parse(STARTS_AT), repeats: 0.05 }).passes()];
const jsonLines = async (file: string): Promise<any[]> => (await readFile(file, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));

describe('darwaza simulate', () => {
  it('tells what it would make when no destination is given', async () => {
    const { code, lines, objects } = await simulate();
    const passes = expectedPasses(), once = passes.filter((p) => !p.repeated);
    expect([code, objects[0]]).toMatchObject([0, { city: 'Quetta', seed: 3, from: '2024-01-08T00:00:00.000+05:00', to: '2024-01-09T00:00:00.000+05:00', passes: once.length, repeated: passes.length - once.length }]);
    expect(lines.join('\n')).toContain('400 vehicles: ');
  });

  it('is run from the command line, with its rates and further options', async () => {
    const file = join(folder, 'options.json');
    await writeFile(file, JSON.stringify({ convoys: 2, kinds: { through: 1, truck: 1 }, misreads: 0.4 }));
    const { code, stdout, stderr } = await darwaza(['simulate', '--seed', '4', '--vehicles', '200', '--days', '1', '--starts-at', STARTS_AT, '--misreads', '0', '--options', file, '--json'], { DARWAZA_DATA_DIR: join(folder, 'none') });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Simulated hours 24/24')]);
    expect(JSON.parse(stdout)).toMatchObject({ seed: 4, misread: 0, convoys: 2, kinds: { resident: 0, bus: 0 } });
  });

  it('begins so many days before the last midnight when nothing is said: in a time that has passed', async () => {
    const { objects: [told] } = await simulate({ days: 2, startsAt: undefined as never });
    expect(told.from).toMatch(/T00:00:00\.000\+05:00$/);
    expect(Date.parse(told.to)).toBeLessThanOrEqual(Date.now());
    expect(Date.now() - Date.parse(told.to)).toBeLessThan(86_400_000);
  });

  it.each<[string, Partial<SimulateOptions>, string]>([
    ['a share that is none', { misreads: 0.9 }, 'The argument misreads is not usable: must be 0 to 0.5.'],
    ['a time without offset', { startsAt: '2024-01-08T00:00:00' }, '--starts-at has no offset from UTC. Write it as 2026-11-03T06:15:02+05:00 or with Z.'],
    ['an address that is none', { api: 'darwaza' }, 'The argument --api is not usable: it is not a URL; write it as http://127.0.0.1:8080.'],
    ['an address of another kind', { api: 'ftp://127.0.0.1' }, 'The argument --api is not usable: it must begin with http:// or https://.'],
    ['a password in an address', { api: 'http://a:geheim@127.0.0.1' }, 'The argument --api is not usable: it must hold no user and no password; the key has a file of its own.'],
    ['a server without a key', { api: 'http://127.0.0.1:1' }, 'The argument --api is not usable: it needs a key of the role camera, in the file of --key-file or in DARWAZA_API_KEY.'],
    ['a key file that is not there', { api: 'http://127.0.0.1:1', keyFile: '/nowhere/key' }, 'There is no file or folder /nowhere/key. Check the spelling.'],
    ['options that are not there', { options: '/nowhere/options.json' }, 'There is no file or folder /nowhere/options.json. Check the spelling.'],
    ['a folder that cannot be made', { out: '/dev/null/city' }, 'The folder /dev/null/city cannot be written (ENOTDIR). Give yourself the right to write there, or choose another.'],
  ])('refuses %s, in one sentence', async (_, options, message) => expect((await refusal(options)).message).toBe(message));

  it.each([['[]', 'it holds no JSON object'], ['{"misread": 0.1}', 'is no option of a simulated city'], ['{', 'it is not JSON'], ['{"gates": {"nowhere": 1}}', 'is no boundary site of the register']])('refuses the options %s', async (text, reason) => {
    const file = join(folder, 'bad-options.json');
    await writeFile(file, text);
    expect(await refusal({ options: file })).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(reason) });
  });

  it('refuses to send times that are still to come, which a server would not take', async () => {
    const future = new Date(Date.now() + 86_400_000).toISOString();
    expect(await refusal({ startsAt: future, toStore: true })).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringContaining('still to come') });
  });
});

describe('the files of a simulation', () => {
  const out = (name: string): string => join(folder, name);
  const hashOf = async (name: string): Promise<string[]> => Promise.all(['passes.ndjson', 'arrivals.ndjson', 'truth.json'].map(async (file) => createHash('sha256').update(await readFile(join(out(name), file))).digest('hex')));

  it('are the same for the same seed, and replace those that were there', async () => {
    await simulate({ out: out('one') });
    await simulate({ out: out('two'), seed: 9 });
    await simulate({ out: out('two') });
    expect(await hashOf('one')).toEqual(await hashOf('two'));
  });

  it('hold the passes in the order of their arrival, with what is true of them line by line', async () => {
    await simulate({ out: out('lines') });
    const passes = expectedPasses(), lines = await jsonLines(join(out('lines'), 'passes.ndjson')), arrivals = await jsonLines(join(out('lines'), 'arrivals.ndjson'));
    expect(lines).toHaveLength(passes.length);
    passes.forEach(({ pass, vehicle, arrivesAt, misread, repeated }, i) => {
      expect([lines[i].camera, Date.parse(lines[i].capturedAt), lines[i].sequence]).toEqual([pass.cameraId, pass.capturedAt, pass.sequence]);
      expect(lines[i].text).toContain(pass.rawText);
      expect({ ...arrivals[i], arrivesAt: Date.parse(arrivals[i].arrivesAt) }).toEqual({ id: pass.id, vehicle, arrivesAt, misread, repeated });
    });
  });

  it('hold the whole truth, with times and marks as people write them', async () => {
    await simulate({ out: out('truth') });
    const truth = JSON.parse(await readFile(join(out('truth'), 'truth.json'), 'utf8')), city = simulateCity(quetta(), { seed: 3, vehicles: 400, days: 1, startsAt: Date.parse(STARTS_AT), repeats: 0.05 });
    for (const _ of city.passes()) continue;
    expect(truth.simulation).toEqual({ city: 'Quetta', options: { seed: 3, vehicles: 400, days: 1, startsAt: '2024-01-08T00:00:00.000+05:00', repeats: 0.05 } });
    expect(truth).toMatchObject({ insideAtEnd: city.truth.insideAtEnd, seenInsideAtEnd: city.truth.seenInsideAtEnd });
    for (const name of ['vehicles', 'stays', 'convoys', 'clones', 'twins', 'downs', 'cuts', 'clocks', 'parked'] as const) expect([name, truth[name].length]).toEqual([name, city.truth[name].length]);
    const stay = city.truth.stays.find((s) => s.entry !== null);
    expect(truth.stays.find((s: any) => s.entry?.passId === stay?.entry?.passId && s.vehicle === stay?.vehicle).entry.at).toBe('2024-01-08' + new Date((stay?.entry?.at ?? 0) + 5 * 3_600_000).toISOString().slice(10, -1) + '+05:00');
    expect(truth.vehicles.every((v: any) => typeof v.mark === 'string' && v.mark.includes('-'))).toBe(true);
  });
});

describe('simulated passes at a server', () => {
  let server: TestServer, keyFile: string;
  beforeAll(async () => {
    server = await startTestServer();
    keyFile = join(folder, 'camera.key');
    await writeFile(keyFile, `${server.keys.camera}\n`);
  });
  afterAll(() => server.close());
  afterEach(async () => {
    await server.database.clear();
    await server.renewKeys();
    await writeFile(keyFile, `${server.keys.camera}\n`);
  });

  it('are taken from the file as they are, under the ids that the truth names', async () => {
    const out = join(folder, 'posted');
    await simulate({ out });
    const lines = (await readFile(join(out, 'passes.ndjson'), 'utf8')).trim().split('\n'), arrivals = await jsonLines(join(out, 'arrivals.ndjson')), ids: string[] = [];
    for (let start = 0; start < lines.length; start += 500) {
      const { status, json } = await server.ask('/api/v1/passes', { method: 'POST', key: 'camera', headers: { 'content-type': 'application/x-ndjson' }, body: lines.slice(start, start + 500).join('\n') });
      expect([status, json.refused]).toEqual([200, 0]);
      ids.push(...json.items.map((item: any) => item.id));
    }
    expect(ids).toEqual(arrivals.map((arrival) => arrival.id));
  });

  it('are read there as they were here: the words beside the mark carry province and district', async () => {
    await simulate({ api: server.url, keyFile });
    const stored = new Map((await server.database.db.orm.select().from(passesTable)).map((row) => [row.id, storedPassOf(row)]));
    const passes = expectedPasses().filter((p) => !p.repeated), same = passes.filter(({ pass: { id, key, mark } }) => {
      const there = stored.get(id);
      return there?.key === key && there?.mark?.year === mark?.year && there?.mark?.district === mark?.district && (mark?.jurisdiction === null || there?.mark?.jurisdiction === mark?.jurisdiction);
    });
    expect(stored.size).toBe(passes.length);
    expect(same.length / passes.length).toBeGreaterThan(0.985);
  });

  it('are counted, known when sent again, and the key is shown nowhere', async () => {
    const first = await simulate({ api: `${server.url}/api/v1/`, keyFile }), again = await simulate({ api: server.url }, config({ DARWAZA_API_KEY: server.keys.camera }));
    const all = expectedPasses(), once = all.filter((p) => !p.repeated).length;
    expect([first.code, first.objects[0].server]).toMatchObject([0, { stored: once, repeated: all.length - once, refused: 0 }]);
    expect(again.objects[0].server).toMatchObject({ stored: 0, repeated: all.length, refused: 0 });
    expect(JSON.stringify([first, again])).not.toContain(server.keys.camera);
  });

  it('are refused with the words of the server where its key may not send', async () => {
    await writeFile(keyFile, server.keys.auditor);
    expect(await refusal({ api: server.url, keyFile })).toMatchObject({ code: 'SERVER_REFUSED', message: expect.stringMatching(/^The server http:\S+ refused the passes with 403: PERMISSION_MISSING: .*passes:write/) });
    await writeFile(keyFile, 'two words');
    expect(await refusal({ api: server.url, keyFile })).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.not.stringContaining('two words') });
  });

  it('that a server refuses one by one are counted and their reasons told', async () => {
    const register = { ...JSON.parse(await readFile(new URL('../../fixtures/quetta.json', import.meta.url), 'utf8')) }, file = join(folder, 'other-city.json');
    await writeFile(file, JSON.stringify(register).replaceAll('sariab-1', 'sariab-9'));
    const { code, objects } = await simulate({ api: server.url, keyFile }, config({ DARWAZA_REGISTER: file }));
    expect([code, objects[0].server.refused > 0, objects[0].server.reasons[0]]).toEqual([1, true, expect.stringContaining('CAMERA_UNKNOWN: There is no camera sariab-9')]);
  });
});

describe('a server that is busy, away, or another one', () => {
  type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise<unknown>((resolve) => server.close(resolve).closeAllConnections());
  });
  async function serverThat(answer: Answer): Promise<string> {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', () => answer(request, response, body));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const take = (response: ServerResponse, body: string): void => {
    const items = body.split('\n').map((_, index) => ({ index, status: 'stored', id: 'x', error: null }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ stored: items.length, repeated: 0, refused: 0, hits: 0, items }));
  };
  const QUICK = { firstWaitMs: 1, longestWaitMs: 1500, tries: 4 }, batch = expectedPasses().slice(0, 10), keyed = config({ DARWAZA_API_KEY: 'dz_test_key' });
  const open = (api: string, patience = QUICK) => openSimulationServer({ api }, keyed, patience);

  it.each([429, 503])('is waited for as long as it says with its %i', async (status) => {
    const asked: number[] = [];
    const url = await serverThat((_, response, body) => {
      asked.push(performance.now());
      if (asked.length === 1) response.writeHead(status, { 'retry-after': '1' }).end();
      else take(response, body);
    });
    const sink = await open(url);
    await sink.take(batch);
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(950);
    expect(await sink.finish({} as never)).toMatchObject({ refused: 0, figures: { stored: 10, waitedSeconds: 1 } });
  });

  it('gets the same batch again after a connection that broke, with key and media type', async () => {
    const bodies: string[] = [], headers: unknown[] = [];
    const url = await serverThat((request, response, body) => {
      bodies.push(body);
      headers.push([request.method, request.url, request.headers.authorization, request.headers['content-type']]);
      if (bodies.length < 3) request.socket.destroy();
      else take(response, body);
    });
    await (await open(`${url}/`)).take(batch);
    expect(new Set(bodies).size).toBe(1);
    expect(headers[2]).toEqual(['POST', '/api/v1/passes', 'Bearer dz_test_key', 'application/x-ndjson']);
  });

  it('is given up after so many tries, with the reason and what to do', async () => {
    const url = await serverThat((_, response) => response.writeHead(503).end());
    await expect((await open(url)).take(batch)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', message: expect.stringMatching(/in 4 tries \(it answers 503\).*run it again/) });
    const closed = await serverThat(() => undefined);
    await new Promise<unknown>((resolve) => servers.at(-1)?.close(resolve));
    await expect((await open(closed)).take(batch)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
  });

  it.each<[string, number, string]>([['a page', 200, '<html>hello</html>'], ['an empty answer', 200, ''], ['a redirection', 302, ''], ['another JSON', 404, '{"detail": "Not Found"}']])('that answers %s is no server of ours', async (_, status, text) => {
    const url = await serverThat((__, response) => response.writeHead(status, { location: 'http://elsewhere.example' }).end(text));
    await expect((await open(url)).take(batch)).rejects.toMatchObject({ code: 'SERVER_REFUSED', message: `The server ${url} refused the passes with ${status}: it is no server of Darwaza` });
  });
});

describe('simulated passes in the store', () => {
  let url: string, settings: Config;
  beforeAll(async () => {
    url = await createPostgresDatabase('migrated');
    settings = config({ DATABASE_URL: url });
  });

  it('are recorded with their journeys, marked as simulated, and known when recorded again', async () => {
    const first = await simulate({ toStore: true }, settings), again = await simulate({ toStore: true }, settings), all = expectedPasses(), once = all.filter((p) => !p.repeated).length;
    expect([first.code, first.objects[0].store]).toMatchObject([0, { stored: once, repeated: all.length - once }]);
    expect(again.objects[0].store).toMatchObject({ stored: 0, repeated: all.length });
    const database = await openDatabase({ url, dataDir: '' });
    try {
      const [counts] = await rowsOf<{ passes: number; sources: string; journeys: number }>(database.orm, sql`
        select (select count(*)::integer from passes) as passes, (select string_agg(distinct source, ',') from passes) as sources, (select count(*)::integer from journeys) as journeys`);
      expect([counts?.passes, counts?.sources, (counts?.journeys ?? 0) > 100]).toEqual([once, 'simulation', true]);
    } finally {
      await database.close();
    }
  });

  it('are kept from a store that holds passes of real cameras, unless forced', async () => {
    const database = await openDatabase({ url, dataDir: '' });
    try {
      await rowsOf(database.orm, sql`select ensure_month_partition('passes', '2026-11-01T00:00:00Z')`);
      await database.orm.transaction((tx) => insertPasses(tx, [{ ...aPass(), siteId: 'baleli', boundary: true }]));
    } finally {
      await database.close();
    }
    const out = join(folder, 'not-written'), refused = await refusal({ toStore: true, seed: 8, out }, settings);
    expect(refused).toMatchObject({ code: 'STORE_HOLDS_EVIDENCE', message: expect.stringMatching(/holds passes of real cameras.*--force/) });
    expect(refused.message).not.toContain(url);
    await expect(readFile(join(out, 'passes.ndjson'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await simulate({ toStore: true, seed: 8, force: true }, settings)).objects[0].store.stored).toBeGreaterThan(300);
  });
});
