import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CameraSource } from '../../src/camera/stream-sources.ts';
import { readConfig } from '../../src/core/config.ts';
import { createLog, type Log } from '../../src/core/log.ts';
import { ROLES, type Role } from '../../src/core/permission.ts';
import { readRegister, type Register } from '../../src/geo/register.ts';
import { ErrorAnswer } from '../../src/http/error-answer.ts';
import { errorCodes } from '../../src/http/openapi.ts';
import type { Route } from '../../src/http/route.ts';
import { createHitFeed } from '../../src/hit/hit-feed.ts';
import { apiRoutes } from '../../src/http/routes.ts';
import { startServer } from '../../src/http/server.ts';
import type { Services } from '../../src/http/services.ts';
import { createCameraClocks } from '../../src/pipeline/camera-clocks.ts';
import { createCameraHealth } from '../../src/pipeline/camera-health.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import { startPayloadSources, type PayloadSources } from '../../src/pipeline/payload-sources.ts';
import { createApiKey } from '../../src/store/api-keys.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import type { Vision } from '../../src/vision/vision-pool.ts';
import { openTestDatabase, type DatabaseKind, type TestDatabase } from './databases.ts';
import { literalVision } from './literal-vision.ts';
import { matcherOn } from './recorder.ts';

/** The instant at which every test server stands, unless it is moved. */
export const NOW = Date.parse('2026-11-03T12:00:00+05:00');

/** The routes as a server has them; the figures behind /metrics are not needed to know the table. */
export const ROUTES: readonly Route[] = apiRoutes({ observe: () => undefined, text: async () => '', mediaType: 'text/plain' });

export interface Asked {
  readonly method?: string;
  /** A role's key, or null for none. */
  readonly key?: Role | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestInit['body'];
  /** For a body that is a stream. */
  readonly duplex?: 'half';
  /** Sent as JSON. */
  readonly json?: unknown;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Answered { readonly status: number; readonly headers: Headers; readonly bytes: Buffer; readonly json: any }

export interface TestServer {
  readonly url: string;
  readonly services: Services;
  readonly payloads: PayloadSources;
  readonly database: TestDatabase;
  readonly dataDir: string;
  readonly keys: Readonly<Record<Role, string>>;
  /** Time of the server's clock, to be moved by a test. */
  readonly time: { now: number };
  /** Sends a request and checks the answer against the shape that its route declares. Of a stream of events it takes only the headers. */
  ask(path: string, asked?: Asked): Promise<Answered>;
  /** All items of a list, page by page. */
  all(path: string): Promise<any[]>;
  /** Reports passes and expects them all to be taken. */
  report(...passes: readonly ReportedPass[]): Promise<void>;
  /** After `database.clear`, which takes the keys too: new keys for the same roles. */
  renewKeys(): Promise<void>;
  /** A second server on the same services, with limits and settings of its own. */
  beside(config: Partial<Services['config']>, database?: Services['database']): Promise<{ readonly ask: TestServer['ask']; close(): Promise<void> }>;
  /** Running requests have `graceMs`, of itself a second. */
  close(graceMs?: number): Promise<void>;
}

export interface ReportedPass { readonly camera: string; readonly capturedAt: string; readonly text: string; readonly confidence?: number; readonly direction?: string; readonly sequence?: number }

export interface TestServerOptions {
  readonly kind?: DatabaseKind;
  readonly env?: Readonly<Record<string, string>>;
  /** Without it a vision that takes a picture's bytes for the text of its plate. */
  readonly vision?: Vision;
  readonly log?: Log;
  /** Event streams and brokers to listen to. */
  readonly sources?: readonly CameraSource[];
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = await openTestDatabase(options.kind ?? 'pglite');
  const dataDir = await mkdtemp(join(tmpdir(), 'darwaza-http-'));
  const config = readConfig({ DARWAZA_DATA_DIR: dataDir, DARWAZA_THREADS: '1', DARWAZA_LOG: 'silent', ...options.env });
  const time = { now: NOW }, clock = () => time.now;
  const log = options.log ?? createLog('silent');
  const evidence = await openEvidence(dataDir);
  const register = await exampleRegister();
  const matcher = matcherOn(database.db, clock);
  const clocks = createCameraClocks({ database: database.db, clock, log }), health = createCameraHealth({ database: database.db, register, clock, log });
  const engine = await createEngine({ config, register, database: database.db, evidence, vision: options.vision ?? literalVision(), clock, log, matcher, clocks, health });
  const feed = await createHitFeed({ database: database.db, clock, log });
  const payloads = startPayloadSources({ database: database.db, evidence, register, engine, vision: options.vision ?? literalVision(), clocks, health, config, clock, log, sources: options.sources ?? [] });
  const services: Services = { database: database.db, engine, register, config, clock, log, evidence, feed, clocks, health, payloads: payloads.intake, payloadSources: payloads };
  const keys = await makeKeys(services);
  const server = await startServer(services, { host: '127.0.0.1', port: 0 });
  const ask = asker(server.url, keys);
  return {
    url: server.url, services, payloads, database, dataDir, keys, time, ask,
    all: (path) => everyPage(ask, path),
    async report(...passes) {
      const { json } = await ask('/api/v1/passes', { method: 'POST', json: passes.map((p) => ({ confidence: 0.9, ...p })) });
      expect(json).toMatchObject({ stored: passes.length });
    },
    renewKeys: async () => void Object.assign(keys, await makeKeys(services)),
    async beside(other, otherDatabase) {
      // The feed is the first server's: closing the second must not end its streams.
      const second = await startServer({ ...services, feed: { ...feed, hangUp: () => undefined }, config: { ...config, ...other }, database: otherDatabase ?? database.db }, { host: '127.0.0.1', port: 0 });
      return { ask: asker(second.url, keys), close: () => second.close(1000) };
    },
    async close(graceMs = 1000) {
      await server.close(graceMs);
      await payloads.close();
      await engine.close();
      await feed.close();
      await clocks.close();
      await health.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function exampleRegister(): Promise<Register> {
  const reading = readRegister(JSON.parse(await readFile(new URL('../../fixtures/quetta.json', import.meta.url), 'utf8')));
  if (reading.kind !== 'ok') throw new Error(JSON.stringify(reading.faults));
  return reading.register;
}

async function makeKeys({ database, clock }: Services): Promise<Record<Role, string>> {
  const keys = {} as Record<Role, string>;
  for (const role of Object.keys(ROLES) as Role[]) {
    keys[role] = (await createApiKey(database, { label: `test ${role}`, role, ...(role === 'trial' && { defaultPurpose: 'trial' as const }) }, clock())).secret;
  }
  return keys;
}

function asker(url: string, keys: Readonly<Record<Role, string>>): TestServer['ask'] {
  return async (path, { method = 'GET', key = 'trial', headers = {}, body, duplex, json } = {}) => {
    const response = await fetch(url + path, {
      method, redirect: 'manual', ...(duplex && { duplex }), body: json === undefined ? body ?? null : JSON.stringify(json),
      headers: { ...(key && { authorization: `Bearer ${keys[key]}` }), ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    });
    const endless = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (endless) await response.body?.cancel();
    const bytes = endless ? Buffer.alloc(0) : Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true && bytes.length > 0;
    const answered: Answered = { status: response.status, headers: response.headers, bytes, json: isJson ? JSON.parse(bytes.toString('utf8')) : null };
    checkShape(method, new URL(url + path).pathname, answered);
    return answered;
  };
}

/** The route that a path belongs to. */
export function routeOf(method: string, path: string): Route | undefined {
  const fits = (r: Route) => new RegExp(`^${r.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
  // A literal path goes before a pattern.
  return ROUTES.filter((r) => r.method === method.toLowerCase() && fits(r)).toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

function checkShape(method: string, path: string, { status, json, bytes, headers }: Answered): void {
  expect(headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  expect(bytes.toString('latin1')).not.toMatch(/\n\s+at |node_modules|\bselect \w+ from|dz_[\w-]{20}/i);
  const route = routeOf(method, path);
  const declared = route?.answers[status];
  // Lines of JSON and files have shapes of their own.
  const ofSchema = headers.get('content-type') !== 'application/x-ndjson' && headers.get('content-disposition') === null;
  if (declared?.schema && ofSchema) declared.schema.parse(json);
  else if (status >= 400) {
    const { error } = ErrorAnswer.parse(json);
    expect(error.status).toBe(status);
    expect(error.requestId).toBe(headers.get('x-request-id'));
    if (route) expect(errorCodes(route), `${route.name} does not declare it`).toContain(error.code);
  }
}

async function everyPage(ask: TestServer['ask'], path: string): Promise<any[]> {
  const items: any[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { json, status } = await ask(`${path}${path.includes('?') ? '&' : '?'}${cursor && `cursor=${cursor}`}`);
    expect(status).toBe(200);
    items.push(...json.items);
    cursor = json.next;
  }
  return items;
}

export function frameForm(bytes: Uint8Array<ArrayBuffer> | string, fields: Readonly<Record<string, string>>, name = 'gate.jpg'): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set('picture', new Blob([bytes], { type: 'image/jpeg' }), name);
  return form;
}
