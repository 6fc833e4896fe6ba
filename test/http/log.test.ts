import { pino } from 'pino';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/http-server.ts';

let server: TestServer;
let lines: string[] = [];
const sink = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines.push(chunk.toString());
    done();
  },
});

beforeAll(async () => {
  server = await startTestServer({ log: pino({ level: 'debug', base: null }, sink) });
});
afterAll(() => server?.close());
beforeEach(() => {
  lines = [];
});

const logged = (): any[] => lines.flatMap((line) => line.split('\n').filter(Boolean)).map((line) => JSON.parse(line));
/** The line of a request is written when its last byte is gone, which the client may know first. */
const request = async (): Promise<any> => {
  await expect.poll(() => logged().some((l) => l.msg === 'request'), { timeout: 20_000 }).toBe(true);
  return logged().find((l) => l.msg === 'request');
};

describe('the log', () => {
  it('has a line for each request: which route, who, how long, and the id that the answer carries', async () => {
    const { headers } = await server.ask('/api/v1/marks/LEC-13-8447');
    expect(await request()).toMatchObject({ requestId: headers.get('x-request-id'), route: '/api/v1/marks/{mark}', method: 'GET', status: 200, caller: expect.stringMatching(/^k_/), ms: expect.any(Number) });
  });

  it('holds no mark and no key, whatever was asked', async () => {
    await server.report({ camera: 'baleli-in-1', capturedAt: '2026-11-03T06:00:00+05:00', text: 'LEC138447' });
    await server.ask('/api/v1/marks/LEC-13-8447/passes');
    await server.ask('/api/v1/passes?mark=LEC*8447');
    await server.ask('/api/v1/passes?mark=LEC138447&colour=red');
    await server.ask('/api/v1/passes', { method: 'POST', json: { text: 'LEC138447' } });
    await server.ask('/api/v1/passes', { method: 'POST', body: '{"text":"LEC138447"', headers: { 'content-type': 'application/json' } });
    await server.ask('/LEC138447');
    await server.ask('/api/v1/passes', { key: null, headers: { authorization: 'Bearer dz_LEC138447LEC138447LEC138447LEC138447LEC1' } });
    await request();
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.join('')).not.toMatch(/8447|dz_/);
  });

  it('says with which code a request was refused', async () => {
    const { headers } = await server.ask('/api/v1/passes?limit=0');
    expect(logged()).toContainEqual(expect.objectContaining({ msg: 'request refused', code: 'REQUEST_INVALID', requestId: headers.get('x-request-id') }));
  });

  it('says where a bug is, under the request id that the user was shown, without what it quotes', async () => {
    const { database } = server.services;
    const broken = await server.beside({}, { ...database, orm: new Proxy(database.orm, { get: () => { throw new Error('cannot use LEC138447', { cause: new TypeError('x is not a function') }); } }) });
    try {
      const { headers, status } = await broken.ask('/api/v1/passes');
      expect(status).toBe(500);
      const line = logged().find((l) => l.msg === 'request failed');
      expect(line).toMatchObject({ level: 50, code: 'INTERNAL', requestId: headers.get('x-request-id') });
      expect(line.trace).toMatchObject([{ name: 'DarwazaError' }, { name: 'Error', at: expect.arrayContaining([expect.stringContaining('log.test.ts')]) }, { name: 'TypeError', message: 'x is not a function' }]);
      expect(JSON.stringify(line)).not.toContain('8447');
    } finally {
      await broken.close();
    }
  });

  it('says what the database refused, without the statement', async () => {
    await server.database.db.script('alter table journeys rename to journeys_away');
    try {
      const { status, json } = await server.ask('/api/v1/journeys?mark=LEC138447');
      expect([status, json.error.code]).toEqual([500, 'DATABASE_REFUSED']);
      expect(json.error.message).toContain('42P01');
      const line = logged().find((l) => l.msg === 'request failed');
      expect(line.code).toBe('DATABASE_REFUSED');
      expect(JSON.stringify(line)).not.toMatch(/select |LEC138447/i);
    } finally {
      await server.database.db.script('alter table journeys_away rename to journeys');
    }
  });
});
