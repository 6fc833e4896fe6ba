import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVision, type Vision } from '../../src/vision/vision-pool.ts';
import { frameForm, startTestServer, type Answered, type TestServer } from '../support/http-server.ts';

let server: TestServer;
let vision: Vision;
let plain: Buffer<ArrayBuffer>;
beforeAll(async () => {
  vision = await createVision({ threads: 1 });
  server = await startTestServer({ vision, env: { DARWAZA_MAX_FRAME_MB: '2', DARWAZA_QUEUE: '4' } });
  plain = Buffer.from(await sharp({ create: { width: 320, height: 240, channels: 3, background: '#887766' } }).jpeg().toBuffer());
});
afterAll(async () => {
  await server?.close();
  await vision?.close();
});

const fields = { camera: 'baleli-in-1', capturedAt: '2026-11-03T06:15:02.200+05:00' };
const send = (body: FormData): Promise<Answered> => server.ask('/api/v1/frames', { method: 'POST', key: 'camera', body });

describe('a picture sent by a camera', () => {
  it('is read and kept, and without a plate becomes a pass without one', async () => {
    const { status, json } = await send(frameForm(plain, fields));
    expect(status).toBe(200);
    expect(json).toMatchObject({ sha256: createHash('sha256').update(plain).digest('hex'), repeated: false, read: { width: 320, height: 240, plates: [] }, hits: null });
    await server.services.engine.drain();
    const [pass] = await server.all('/api/v1/passes');
    expect(pass).toMatchObject({ camera: 'baleli-in-1', capturedAt: '2026-11-03T06:15:02.200+05:00', outcome: 'no-plate' });
    expect((await server.ask(pass.evidence.url)).bytes.equals(plain)).toBe(true);
  });

  it('sent again is known, and nothing is stored twice', async () => {
    const again = await send(frameForm(plain, fields));
    expect(again.json).toMatchObject({ repeated: true, read: null, passes: [] });
    await server.services.engine.drain();
    expect(await server.all('/api/v1/passes')).toHaveLength(1);
  });

  it('tells the number of hits to a key that may see hits', async () => {
    const { json } = await server.ask('/api/v1/frames', { method: 'POST', body: frameForm(plain, { ...fields, capturedAt: '2026-11-03T06:30:00+05:00' }) });
    expect(json.hits).toBe(0);
  });
});

const png = () => sharp({ create: { width: 64, height: 64, channels: 3, background: '#333' } }).png().toBuffer();

const multipart = (body: string, boundary = 'b'): Promise<Answered> =>
  server.ask('/api/v1/frames', { method: 'POST', body, headers: { 'content-type': `multipart/form-data${boundary && `; boundary=${boundary}`}` } });

const part = (name: string, value: string, more = '') => `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;

describe('a frame that cannot be used', () => {
  it.each<[string, () => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>, number, string]>([
    ['has no bytes', () => new Uint8Array(0), 422, 'PICTURE_EMPTY'],
    ['is a text file', () => new Uint8Array(Buffer.from('this is no picture, whatever its name says')), 422, 'PICTURE_NOT_A_PICTURE'],
    ['is a JPEG cut short', () => new Uint8Array(plain.subarray(0, plain.length - 200)), 422, 'PICTURE_TRUNCATED'],
    ['is 30,000 × 30,000 pixels', async () => new Uint8Array(hugePng()), 413, 'PICTURE_TOO_LARGE'],
    ['has more bytes than the limit', () => new Uint8Array(2_000_001), 413, 'PICTURE_TOO_MANY_BYTES'],
  ])('because it %s gets its own error', async (_what, make, status, code) => {
    const answer = await send(frameForm(await make(), { ...fields, capturedAt: '2026-11-03T07:00:00+05:00' }));
    expect([answer.status, answer.json.error.code]).toEqual([status, code]);
    expect(answer.json.error.message).toContain('gate.jpg');
  });

  it('is no PNG for being named .jpg: that is read', async () => {
    const { status } = await send(frameForm(new Uint8Array(await png()), { ...fields, capturedAt: '2026-11-03T07:10:00+05:00' }));
    expect(status).toBe(200);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['an unknown camera', { ...fields, camera: 'nowhere-1' }, 422, 'CAMERA_UNKNOWN'],
    ['a time without offset', { ...fields, capturedAt: '2026-11-03T06:15:02' }, 400, 'TIME_WITHOUT_OFFSET'],
    ['no time', { camera: 'baleli-in-1' }, 400, 'BODY_INVALID'],
    ['a time years ahead', { ...fields, capturedAt: '2030-11-03T06:15:02Z' }, 422, 'TIME_IMPLAUSIBLE'],
    ['a field that is not one', { ...fields, mark: 'LEC' }, 400, 'BODY_INVALID'],
    ['a field that goes on and on', { ...fields, camera: 'x'.repeat(2000) }, 400, 'BODY_INVALID'],
  ])('because it has %s gets its own error', async (_what, given, status, code) => {
    const answer = await send(frameForm(plain, given));
    expect([answer.status, answer.json.error.code]).toEqual([status, code]);
  });

  it('because the form has no picture, two pictures, or the picture under another name gets its own error', async () => {
    const none = new FormData();
    for (const [name, value] of Object.entries(fields)) none.set(name, value);
    const two = frameForm(plain, fields);
    two.append('picture', new Blob([plain]), 'b.jpg');
    const other = new FormData();
    for (const [name, value] of Object.entries(fields)) other.set(name, value);
    other.set('image', new Blob([plain]), 'a.jpg');
    for (const [form, message] of [[none, /no file field "picture"/], [two, /more than one file/], [other, /picture/]] as const) {
      const { status, json } = await send(form);
      expect([status, json.error.code]).toEqual([400, 'BODY_INVALID']);
      expect(json.error.message).toMatch(message);
    }
  });

  it.each<[string, string, string?]>([
    ['half a form', `${part('camera', 'baleli-in-1')}--b\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\nhalf a pict`],
    ['half a header', '--b\r\nContent-Dispos'],
    ['no part at all', ''],
    ['another boundary than it says', part('camera', 'baleli-in-1').replaceAll('--b', '--c')],
    ['no boundary', part('camera', 'baleli-in-1'), ''],
    ['the same field twice', `${part('camera', 'a')}${part('camera', 'b')}${part('picture', 'x', '; filename="a.jpg"')}--b--\r\n`],
    ['a hundred fields', `${Array.from({ length: 100 }, (_, i) => part(`f${i}`, 'x')).join('')}--b--\r\n`],
  ])('because it is %s gets one clear 400', async (_what, body, boundary) => {
    const { status, json } = await multipart(body, boundary);
    expect([status, json.error.code]).toEqual([400, 'BODY_INVALID']);
  });

  it('because it is no form is told what to send', async () => {
    const { status, json } = await server.ask('/api/v1/frames', { method: 'POST', body: plain, headers: { 'content-type': 'image/jpeg' } });
    expect([status, json.error.code]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
    expect(json.error.message).toContain('multipart/form-data');
  });

  it('leaves nothing behind', async () => {
    await server.services.engine.drain();
    const passes = await server.all('/api/v1/passes?to=2026-11-03T07:05:00%2B05:00');
    expect(passes.map((p) => p.capturedAt)).toEqual(['2026-11-03T06:30:00.000+05:00', '2026-11-03T06:15:02.200+05:00']);
  });
});

describe('when the reading queue is full', () => {
  it('a frame is sent away with the time to come back, and taken then', async () => {
    const waiting: (() => void)[] = [];
    const slow: Vision = { ...vision, read: (...given) => new Promise((resolve, reject) => waiting.push(() => void vision.read(...given).then(resolve, reject))) };
    const busy = await startTestServer({ vision: slow, env: { DARWAZA_QUEUE: '1' } });
    const at = (second: number) => busy.ask('/api/v1/frames', { method: 'POST', body: frameForm(plain, { ...fields, capturedAt: `2026-11-03T06:00:0${second}+05:00` }) });
    try {
      const first = at(1);
      while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const refused = await at(2);
      expect([refused.status, refused.json.error.code]).toEqual([503, 'BUSY']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      waiting.shift()?.();
      expect((await first).status).toBe(200);
      const later = at(2);
      while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      waiting.shift()?.();
      expect((await later).status).toBe(200);
    } finally {
      await busy.close();
    }
  });
});

describe('when many pictures are on their way in', () => {
  it('those over the limit are sent away before they are taken', async () => {
    const { port, hostname } = new URL(server.url);
    const limit = server.services.config.DARWAZA_QUEUE;
    const head = `POST /api/v1/frames HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.keys.camera}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999\r\n\r\n--b\r\n`;
    const slow = await Promise.all(Array.from({ length: limit }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.write(head);
      return socket;
    }));
    const later = (): Promise<Answered> => send(frameForm(plain, { ...fields, capturedAt: '2026-11-03T09:00:00+05:00' }));
    await expect.poll(async () => (await later()).status, { timeout: 20_000 }).toBe(503);
    for (const socket of slow) socket.destroy();
    await expect.poll(async () => (await later()).status, { timeout: 20_000 }).toBe(200);
  });
});

/** A PNG of 30,000 × 30,000 pixels by its header; its pixels are not there. */
function hugePng(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(30_000, 0);
  header.writeUInt32BE(30_000, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', Buffer.from([0x78, 0x9c, 0x03, 0, 0, 0, 0, 1])), pngChunk('IEND', Buffer.alloc(0))]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4), body = Buffer.concat([Buffer.from(type), data]), sum = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
