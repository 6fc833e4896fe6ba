import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DarwazaError } from '../../src/core/errors.ts';
import { MessageRoom, readMessage } from '../../src/http/message-body.ts';
import { rowsOf } from '../../src/store/query.ts';
import { startTestServer, type TestServer } from '../support/http-server.ts';
import { bodyPart, hikvisionAlert, hikvisionPush, markedVision } from '../support/vendor-pushes.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ vision: markedVision(), env: { DARWAZA_MAX_FRAME_MB: '2', DARWAZA_RATE_PER_MINUTE: '1000000' } });
});
afterAll(() => server?.close());

const PATH = '/api/v1/cameras/lak-pass-in-1/payloads/hikvision';
const FORM = 'multipart/form-data; boundary=B';
const push = async (body: Buffer | string, contentType: string, path = PATH) => {
  const { status, json } = await server.ask(path, { method: 'POST', key: 'camera', body: new Uint8Array(Buffer.from(body as string)), headers: { 'content-type': contentType } });
  return { status, json, code: json?.error?.code as string | undefined, message: json?.error?.message as string | undefined };
};
const count = async (table: string): Promise<number> => (await rowsOf<{ n: number }>(server.database.db.orm, sql`select count(*)::integer as n from ${sql.identifier(table)}`))[0]?.n ?? -1;

/** What is written on the wire, piece by piece, until the server ends the connection or `pieces` are done and it answered. */
function wire(head: string, pieces: AsyncIterable<Buffer | string> | Iterable<Buffer | string> = [], url = server.url): Promise<{ text: string; written: number }> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(url);
    let text = '', written = 0, ended = false;
    const socket: Socket = connect(Number(port), hostname, () => void (async () => {
      socket.write(head);
      for await (const piece of pieces) {
        if (ended || text !== '') break;
        written += piece.length;
        if (!socket.write(piece)) await Promise.race([new Promise((done) => socket.once('drain', done)), sleep(50)]);
      }
    })());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\n\n') || /"requestId":"[^"]+"/.test(text)) socket.end();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error)));
    socket.on('close', () => {
      ended = true;
      resolve({ text, written });
    });
  });
}
const head = (headers: string): string => `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.keys.camera}\r\nConnection: close\r\n${headers}\r\n\r\n`;
const codeIn = (text: string): string | undefined => /"code":"(\w+)"/.exec(text)?.[1];

describe('a body that is no message', () => {
  it('in parts without a boundary, or with another one, is said to be', async () => {
    const { body } = hikvisionPush({}, 'B');
    expect(await push(body, 'multipart/form-data')).toMatchObject({ status: 400, code: 'BODY_INVALID', message: expect.stringMatching(/names no boundary/) });
    expect(await push(body, 'multipart/form-data; boundary=other')).toMatchObject({ status: 400, code: 'BODY_INVALID', message: expect.stringMatching(/not divided by the boundary/) });
  });

  it('that is half there is said to be cut short, makes no pass, and is kept', async () => {
    const { body } = hikvisionPush({ uuid: 'half' }, 'B'), before = await count('passes');
    for (const share of [0.1, 0.5, 0.9, 0.999]) expect(await push(body.subarray(0, Math.floor(body.length * share)), FORM)).toMatchObject({ status: 400, code: 'BODY_INVALID', message: expect.stringMatching(/cut short/) });
    expect(await count('passes')).toBe(before);
    const { json } = await server.ask('/api/v1/payloads?outcome=refused');
    expect(json.items[0]).toMatchObject({ mediaType: FORM, faults: [{ path: '', message: expect.stringMatching(/cut short/) }], parts: [{ mediaType: 'multipart/form-data' }] });
  });

  it('that ends with its connection makes no pass', async () => {
    const { body } = hikvisionPush({ uuid: 'dropped' }, 'B'), before = [await count('passes'), await count('payloads')];
    const { port, hostname } = new URL(server.url), socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(`${head(`Content-Type: ${FORM}\r\nContent-Length: ${body.length}`)}${body.subarray(0, 4000).toString('latin1')}`);
    await sleep(100);
    socket.destroy();
    await sleep(200);
    expect([await count('passes'), await count('payloads')]).toEqual(before);
    expect((await push(body, FORM)).status).toBe(200);
  });

  it('without its last boundary is whole when its parts told their lengths', async () => {
    const parts = [bodyPart('anpr.xml', 'text/xml', hikvisionAlert({ uuid: 'unclosed', at: '2026-11-03T11:00:00+05:00' }), 'B', true)];
    expect(await push(Buffer.concat(parts), FORM)).toMatchObject({ status: 200, json: { outcome: 'accepted' } });
  });

  it('that is empty, compressed, of another kind or in too many parts is refused', async () => {
    expect(await push('', 'application/json')).toMatchObject({ code: 'BODY_INVALID' });
    expect(await push('--B--\r\n', FORM)).toMatchObject({ code: 'BODY_INVALID', message: expect.stringMatching(/no part/) });
    expect(await push('x', 'application/zip')).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' });
    expect(await push(Buffer.concat([...Array.from({ length: 80 }, (_, i) => bodyPart(`p${i}`, 'text/plain', 'x', 'B')), Buffer.from('--B--\r\n')]), FORM)).toMatchObject({ code: 'BODY_INVALID', message: expect.stringMatching(/more than 64 parts/) });
    expect(await push(`--B\r\n${'X-Header: y\r\n'.repeat(3000)}`, FORM)).toMatchObject({ code: 'BODY_INVALID', message: expect.stringMatching(/do not end/) });
  });

  it('that would grow without end when it is read is refused at once', async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${String.fromCodePoint(98 + i)} "${`&${String.fromCodePoint(97 + i)};`.repeat(10)}">`).join('')}]><EventNotificationAlert>&j;</EventNotificationAlert>`;
    const began = process.memoryUsage().heapUsed;
    expect(await push(bomb, 'application/xml')).toMatchObject({ status: 422, code: 'PAYLOAD_REFUSED', message: expect.stringMatching(/entity/) });
    expect(await push(`<a>${'<b>'.repeat(200_000)}`, 'application/xml')).toMatchObject({ status: 422, code: 'PAYLOAD_REFUSED' });
    expect(await push(`${'['.repeat(200_000)}`, 'application/json', PATH.replace('hikvision', 'rekor'))).toMatchObject({ status: 422, code: 'PAYLOAD_REFUSED' });
    expect(process.memoryUsage().heapUsed - began).toBeLessThan(200e6);
  });
});

describe('a body that is too much', () => {
  it('and says so is refused before any of it is taken', async () => {
    const { text, written } = await wire(head(`Content-Type: ${FORM}\r\nContent-Length: 500000000`));
    expect([codeIn(text), written]).toEqual(['BODY_TOO_LARGE', 0]);
  });

  it('in a part of 500 MB is refused at the limit of a part, though it told no length', async () => {
    async function* endless(): AsyncIterable<Buffer> {
      const start = Buffer.from('--B\r\nContent-Disposition: form-data; name="detectionPicture.jpg"\r\n\r\n'), piece = Buffer.alloc(65_536, 1);
      for (let i = 0; i < 500e6 / piece.length; i++) {
        const bytes = i === 0 ? start : piece;
        yield Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
      }
    }
    const { text, written } = await wire(head(`Content-Type: ${FORM}\r\nTransfer-Encoding: chunked`), endless());
    expect(codeIn(text)).toBe('PART_TOO_LARGE');
    expect(written).toBeLessThan(40e6);
  });

  it('is answered before its connection ends, so that a sender who is still at it gets to read why', async () => {
    const { port, hostname } = new URL(server.url), answers: string[] = [], part = Buffer.concat([Buffer.from('--B\r\nContent-Disposition: form-data; name="detectionPicture.jpg"\r\n\r\n'), Buffer.alloc(3_500_000, 1)]);
    for (let round = 0; round < 20; round++) answers.push(await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket: Socket = connect(Number(port), hostname, () => {
        socket.write(head(`Content-Type: ${FORM}\r\nContent-Length: ${part.length}`));
        // As fast as it goes, without looking at what comes back until all is sent.
        socket.pause().write(part, () => socket.resume());
      });
      socket.on('data', (chunk) => void (text += chunk.toString('latin1'))).on('error', reject).on('end', () => socket.end()).on('close', () => resolve(text));
    }));
    expect(new Set(answers.map((text) => [/^HTTP\/1\.1 (\d+)/.exec(text)?.[1], codeIn(text)].join(' ')))).toEqual(new Set(['413 PART_TOO_LARGE']));
  });

  it('and does not end is cut off two seconds after its answer', async () => {
    const began = performance.now(), { port, hostname } = new URL(server.url);
    const { text, ms } = await new Promise<{ text: string; ms: number }>((resolve) => {
      let got = '', last = 0;
      const socket: Socket = connect(Number(port), hostname, () => void socket.write(`${head(`Content-Type: application/zip\r\nContent-Length: 1000000`)}x`));
      socket.on('data', (chunk) => {
        got += chunk.toString('latin1');
        last = performance.now();
      }).on('error', () => undefined).on('close', () => resolve({ text: got, ms: performance.now() - last }));
    });
    expect([codeIn(text), ms > 1_500, performance.now() - began < 20_000]).toEqual(['MEDIA_TYPE_UNSUPPORTED', true, true]);
  });

  it('in a part that says so is refused by its headers alone', async () => {
    const begin = Buffer.from('--B\r\nContent-Disposition: form-data; name="scene"\r\nContent-Length: 500000000\r\n\r\nabc');
    const { text } = await wire(head(`Content-Type: ${FORM}\r\nContent-Length: 4000000`), [begin]);
    expect(codeIn(text)).toBe('PART_TOO_LARGE');
  });

  it('with headers over the limit is refused', async () => {
    const { text } = await wire(head(`X-Long: ${'a'.repeat(40_000)}`));
    expect(codeIn(text)).toBe('HEADERS_TOO_LARGE');
  });

  it('of all requests together waits outside', () => {
    const all = new MessageRoom(100), [one, two] = [all.open(), all.open()];
    one.take(60);
    expect(() => two.take(50)).toThrow(expect.objectContaining({ code: 'MESSAGES_TOO_MANY', status: 503 }));
    one.close();
    one.close();
    two.take(100);
    expect(() => one.take(1)).toThrow();
  });
});

describe('a client that is slow', () => {
  const limits = { partBytes: 1e6, bodyBytes: 1e6, parts: 8, silentMs: 150, wholeMs: 600 };
  let url: string, close: () => void;
  beforeAll(async () => {
    const listening = createServer((req, res) => {
      readMessage(req, limits, { take: () => undefined }).then((body) => res.end(body.kind), (error: DarwazaError) => res.writeHead(error.status).end(error.code));
    });
    await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    close = () => listening.close();
  });
  afterAll(() => close?.());
  async function* drip(everyMs: number, byte = 'x'): AsyncIterable<string> {
    for (let i = 0; i < 40; i++) {
      yield byte;
      await sleep(everyMs);
    }
  }

  it('and falls silent is given up', async () => {
    const { text } = await wire('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{', [], url);
    expect(text).toMatch(/^HTTP\/1\.1 408 [^]*REQUEST_TIMEOUT/);
  });

  it('and sends a byte now and then is given up all the same', async () => {
    const { text } = await wire('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n', drip(60), url);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('holds up nobody else', async () => {
    const slow = Array.from({ length: 30 }, () => wire('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n', drip(40), url));
    expect(await (await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })).text()).toBe('whole');
    await Promise.all(slow);
  });
});

describe('a disk that is full', () => {
  const evidence = (): string => join(server.dataDir, 'evidence');
  const tried = (): string | null => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', evidence()], { stdio: 'pipe' });
      mkdirSync(join(evidence(), 'drafts'), { recursive: true });
      return null;
    } catch {
      return 'only root may mount a small disk';
    }
  };

  it('acknowledges nothing and records nothing; with room again the same message is one pass', async (context) => {
    const reason = tried();
    if (reason !== null) return context.skip(reason);
    const before = [await count('passes'), await count('reported_vehicles'), await count('payloads')];
    const pushes = Array.from({ length: 6 }, (_, i) => hikvisionPush({ uuid: `full-${i}`, text: `QAB${1000 + i}`, at: '2026-11-03T10:30:00+05:00' }, 'B'));
    try {
      const answers = await Promise.all(pushes.map(({ body }) => push(body, FORM))), refused = answers.filter((a) => a.status !== 200);
      expect(refused.length).toBeGreaterThan(0);
      expect(new Set(refused.map((a) => a.code))).toEqual(new Set(['DATA_FOLDER_UNWRITABLE']));
      const taken = answers.length - refused.length;
      expect([await count('passes'), await count('reported_vehicles'), await count('payloads')]).toEqual(before.map((n) => n + taken));
    } finally {
      execFileSync('umount', ['-l', evidence()]);
    }
    const again = await Promise.all(pushes.map(({ body }) => push(body, FORM)));
    expect(again.map((a) => a.status)).toEqual(pushes.map(() => 200));
    expect(await count('passes')).toBe((before[0] ?? 0) + pushes.length);
  });
});
