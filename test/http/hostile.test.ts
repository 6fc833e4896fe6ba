import { connect } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES, startTestServer, type TestServer } from '../support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { DARWAZA_RATE_PER_MINUTE: '1000000' } });
  await server.report({ camera: 'baleli-in-1', capturedAt: '2026-11-03T06:00:00+05:00', text: 'LEC138447' });
});
afterAll(() => server?.close());

/** Bytes on the wire that no client library would send; the answer as text. */
function raw(bytes: string | Buffer, thenEnd = true): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname, () => (thenEnd ? socket.end(bytes) : socket.write(bytes)));
    let text = '';
    socket.on('data', (chunk) => { text += chunk.toString('latin1'); });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

const asked = (path: string, method = 'GET', headers = ''): string => `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.keys.trial}\r\nConnection: close\r\n${headers}\r\n`;
const codeOf = (text: string): [number, string] => [Number(text.slice(9, 12)), (JSON.parse(text.slice(text.indexOf('{"error"')).replace(/\r\n0\r\n[^]*$/, '')) as any).error.code];

describe('a path', () => {
  it.each(['/nothing', '/api', '/api/v1', '/api/v2/passes', '/api/v1/passes/a/b/c', '/API/V1/passes', '//api/v1/passes', '/.env', '/api/v1/docs/../../etc/passwd'])('that leads nowhere is said to: %s', async (path) => {
    const { status, json } = await server.ask(path);
    expect([status, json.error.code]).toEqual([404, 'ROUTE_NOT_FOUND']);
  });

  it('with markup in it is not repeated as markup', async () => {
    const { headers, status } = await server.ask('/<script>alert(1)</script>');
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/api/v1/marks/%E0%A4%A', '/api/v1/marks/%ff/passes', '/api/v1/passes/%', '/api/v1/passes/%zz'])('with a broken percent-encoding is said to have one: %s', async (path) => {
    expect(codeOf(await raw(asked(path)))).toEqual([400, 'REQUEST_INVALID']);
  });

  it.each(['?mark=%E0%A4%A', '?mark=%ff', '?%ff=1', '?mark=%'])('with a broken percent-encoding in its query is said to have one: %s', async (query) => {
    expect(codeOf(await raw(asked(`/api/v1/passes${query}`)))).toEqual([400, 'REQUEST_INVALID']);
  });

  it.each([['?limit=1&limit=2', /twice/], ['?mark[$ne]=1', /mark\[\$ne\]/], ['?__proto__=1', /__proto__/], ['?constructor=1', /constructor/], ['?=1', /no query parameter ""/], ['?site=%00', /control/], [`?mark=${'A'.repeat(9000)}`, /8192/]])(
    'with the query %s is refused', async (query, message) => {
      const { status, json } = await server.ask(`/api/v1/passes${query}`);
      expect([status, json.error.code]).toEqual([400, 'REQUEST_INVALID']);
      expect(json.error.message).toMatch(message);
    });

  it('takes no query that it does not know, on any route', async () => {
    for (const r of ROUTES.filter((route) => route.body.kind === 'none')) {
      const path = r.path.replace('{name}', 'stolen').replace('{id}', /retention|set-aside/.test(r.path) ? '1' : 'none').replace('{mark}', 'LEC-13-8447').replace('{delivery}', '1').replace('{format}', 'csv');
      const { status, json } = await server.ask(`${path}?colour=red`, { method: r.method.toUpperCase() });
      expect([r.path, status, json.error.code]).toEqual([r.path, 400, 'REQUEST_INVALID']);
      expect(json.error.message).toContain('colour');
    }
  });
});

describe('a method', () => {
  it.each(['DELETE', 'PUT', 'PATCH'])('%s that a path does not take is answered with those it takes', async (method) => {
    const { status, json, headers } = await server.ask('/api/v1/passes', { method });
    expect([status, json.error.code, headers.get('allow')]).toEqual([405, 'METHOD_NOT_ALLOWED', 'GET, HEAD, POST, OPTIONS']);
  });

  it('OPTIONS is answered with them too, and with nothing else', async () => {
    const { status, headers, bytes } = await server.ask('/api/v1/frames', { method: 'OPTIONS', key: null });
    expect([status, headers.get('allow'), bytes.length]).toEqual([204, 'POST, OPTIONS', 0]);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('HEAD is answered like GET without the body, and needs the same key', async () => {
    const { status, bytes, headers } = await server.ask('/api/v1/passes', { method: 'HEAD' });
    expect([status, bytes.length, headers.get('content-type')]).toEqual([200, 0, 'application/json; charset=utf-8']);
    expect(await raw('HEAD /api/v1/passes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 401 /);
  });
});

const post = (body: RequestInit['body'], headers: Record<string, string> = { 'content-type': 'application/json' }) => server.ask('/api/v1/passes', { method: 'POST', body, headers });

describe('a body', () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, RegExp]>([
    ['no JSON', '{"camera": baleli}', /not JSON/], ['half of JSON', '{"camera":"baleli-in-1"', /not JSON/], ['nothing', '', /empty/], ['a number', '17', /object/i], ['null', 'null', /object/i],
    ['broken UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), /UTF-8/], ['a string', '"LEC"', /object/i], ['a list in a list', '[[]]', /./], ['very deep', '['.repeat(50_000), /./],
    ['__proto__', '{"__proto__":{"camera":"baleli-in-1"}}', /./],
  ])('that is %s is refused', async (_what, body, message) => {
    const { status, json } = await post(body);
    const error = status === 200 ? json.items[0].error : json.error;
    expect(error.code).toBe('BODY_INVALID');
    expect(error.message).toMatch(message);
  });

  it('is not repeated in the error, which would carry it into logs', async () => {
    const { json } = await post('{"text":"LEC138447",');
    expect(JSON.stringify(json)).not.toContain('8447');
  });

  it('over the limit is refused by the size it announces, or as soon as it is over', async () => {
    const announced = await raw(asked('/api/v1/passes', 'POST', 'Content-Type: application/json\r\nContent-Length: 99999999999\r\n'), false);
    expect(codeOf(announced)).toEqual([413, 'BODY_TOO_LARGE']);
    const { status, json } = await post('x'.repeat(16 * 1024 * 1024 + 1));
    expect([status, json.error.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it.each([[{}, /no Content-Type|text\/plain/], [{ 'content-type': 'application/x-www-form-urlencoded' }, /urlencoded/], [{ 'content-type': 'application/json; charset=utf-16' }, /utf-16/], [{ 'content-type': 'application/json', 'content-encoding': 'br' }, /br/]])(
    'sent as %j is refused with what the route takes', async (headers, message) => {
      const { status, json } = await post('{}', headers as Record<string, string>);
      expect([status, json.error.code]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
      expect(json.error.message).toMatch(message);
      expect(json.error.message).toContain('application/json');
    });

  it('that ends before it said it would leaves nothing behind, and the server well', async () => {
    await raw(asked('/api/v1/passes', 'POST', 'Content-Type: application/json\r\nContent-Length: 500\r\n') + '{"camera":"bal');
    await raw(asked('/api/v1/lists/cut', 'POST', 'Content-Type: text/csv\r\nContent-Length: 500\r\n') + 'mark,kind,reason,owner,action,expires\nBCS-036,stolen,x,y,stop,\n');
    await raw(asked('/api/v1/frames', 'POST', 'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n') + '--b\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\nhalf');
    expect((await server.ask('/api/v1/marks/BCS-036')).json.lists).toEqual([]);
    expect(await server.all('/api/v1/passes')).toHaveLength(1);
  });
});

describe('bytes that are no request', () => {
  it('are answered in the one shape', async () => {
    expect(codeOf(await raw('hello\r\n\r\n'))).toEqual([400, 'REQUEST_INVALID']);
    expect(codeOf(await raw('GET / HTTP/9.9\r\n\r\n'))).toEqual([400, 'REQUEST_INVALID']);
  });

  it('with headers without end are cut off with the limit named', async () => {
    expect(codeOf(await raw(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`))).toEqual([431, 'HEADERS_TOO_LARGE']);
  });

  it('that smuggle a second length are refused', async () => {
    expect((await raw('POST /api/v1/passes HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')).slice(0, 12)).toBe('HTTP/1.1 400');
  });
});

describe('the database away', () => {
  it('is said, with no word about where or how, and the server is well again when it is back', async () => {
    const { database } = server.services;
    const away = await server.beside({}, { ...database, check: () => Promise.reject(new Error('connect ECONNREFUSED 10.1.2.3')), orm: new Proxy(database.orm, { get: () => { throw Object.assign(new Error('password authentication failed for "darwaza"'), { severity: 'FATAL', code: '28P01' }); } }) });
    try {
      const health = await away.ask('/healthz', { key: null });
      expect([health.status, health.json.status, health.json.database]).toEqual([503, 'unavailable', 'unavailable']);
      const { status, json, bytes } = await away.ask('/api/v1/passes');
      expect([status, json.error.code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
      expect(json.error.details).toBeUndefined();
      expect(bytes.toString()).not.toMatch(/password authentication|10\.1\.2\.3/);
    } finally {
      await away.close();
    }
    expect((await server.ask('/api/v1/passes')).status).toBe(200);
  });
});

describe('a bug', () => {
  it('shows its request id and nothing else', async () => {
    const { database } = server.services;
    const broken = await server.beside({}, { ...database, orm: new Proxy(database.orm, { get: () => { throw new TypeError('x of undefined at secret place dz_secret'); } }) });
    try {
      const { status, json, headers, bytes } = await broken.ask('/api/v1/passes');
      expect([status, json.error.code]).toEqual([500, 'INTERNAL']);
      expect(json.error.message).toContain(headers.get('x-request-id'));
      expect(bytes.toString()).not.toMatch(/undefined|secret/);
    } finally {
      await broken.close();
    }
  });
});

describe('anything at all', () => {
  const searches = ['/api/v1/passes', '/api/v1/journeys', '/api/v1/hits', '/api/v1/cameras', '/api/v1/audit', '/api/v1/marks/LEC-13-8447/passes'];
  const names = ['from', 'to', 'site', 'camera', 'direction', 'outcome', 'mark', 'limit', 'cursor', 'status', 'list', 'pass'];
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 20 }), fc.constantFrom('2026-11-03T06:00:00+05:00', '0000-01-01T00:00:00Z', '9999-12-31T23:59:60Z', 'LE*', '*', '?', 'in', 'baleli', '1', '-1', '1e9', 'null', "'", '%', '\\', '_'),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(253402300799999) }).map((d) => d.toISOString()),
  );

  it('of a year that no database has is a clear refusal', async () => {
    for (const at of ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-01:00']) {
      const { status, json } = await server.ask(`/api/v1/passes?${new URLSearchParams({ from: at })}`);
      expect([status, json.error.code]).toEqual([400, 'TIME_INVALID']);
    }
  });

  it('in a query gives an answer or a clear refusal, never a fault of the server', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...searches), fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4 }), async (path, parameters) => {
      const { status } = await server.ask(`${path}?${new URLSearchParams(parameters)}`);
      expect([200, 400, 422]).toContain(status);
    }), { numRuns: 250 });
  });

  it('in a query string that no encoder made likewise', async () => {
    const printable = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCodePoint(c)), maxLength: 60 }).map((s) => s.replaceAll('#', ''));
    await fc.assert(fc.asyncProperty(printable, async (query) => {
      const status = Number((await raw(asked(`/api/v1/passes?${query}`))).slice(9, 12));
      expect([200, 400, 422]).toContain(status);
    }), { numRuns: 100 });
  });

  it('as a mark or an id likewise', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), async (text) => {
      fc.pre(!['.', '..'].includes(text));
      for (const path of [`/api/v1/marks/${encodeURIComponent(text)}`, `/api/v1/passes/${encodeURIComponent(text)}`, `/api/v1/journeys/${encodeURIComponent(text)}`]) {
        expect([200, 400, 404]).toContain((await server.ask(path)).status);
      }
    }), { numRuns: 100 });
  });

  it('as a report likewise', async () => {
    const report = fc.record({ camera: fc.oneof(fc.constant('sariab-1'), fc.jsonValue()), capturedAt: fc.oneof(fc.constant('2026-11-03T06:00:00Z'), fc.jsonValue()), text: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()), confidence: fc.oneof(fc.double(), fc.jsonValue()), sequence: fc.jsonValue() }, { requiredKeys: [] });
    await fc.assert(fc.asyncProperty(fc.oneof(report, fc.array(report, { maxLength: 5 }), fc.jsonValue()), async (json) => {
      expect([200, 400, 422]).toContain((await server.ask('/api/v1/passes', { method: 'POST', json })).status);
    }), { numRuns: 150 });
  });
});
