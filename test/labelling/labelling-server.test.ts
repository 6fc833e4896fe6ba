import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLabellingServer, type LabellingServer } from '../../src/labelling/labelling-server.ts';
import { Labelling } from '../../src/labelling/labelling.ts';
import { literalVision } from '../support/literal-vision.ts';

let folder: string, server: LabellingServer, cookie: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-label-server-'));
  await mkdir(join(folder, 'gate'));
  // The vision of this test reads a picture's bytes as its plate; the last one is a real picture, for a browser to show.
  await writeFile(join(folder, 'gate/a.jpg'), 'LEB-13-8147');
  await writeFile(join(folder, 'gate/b.jpg'), '-');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await sharp({ create: { width: 64, height: 32, channels: 3, background: '#888' } }).tiff().toFile(join(folder, 'gate/c.tiff'));
  await start();
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  server = await startLabellingServer(await Labelling.open({ folder, crop: false, set: 'own', maxBytes: 1e6 }, literalVision()), 0);
  const { status, headers } = await ask(new URL(server.url).pathname + new URL(server.url).search, { cookie: '' });
  expect([status, headers['location']]).toEqual([303, '/']);
  cookie = String(headers['set-cookie']).split(';')[0] as string;
}

interface Asked { readonly method?: string; readonly headers?: Record<string, string>; readonly cookie?: string; readonly body?: string }

/** Paths go out as they are written here: a client library would tidy them first. */
function ask(path: string, { method = 'GET', headers = {}, cookie: own = cookie, body }: Asked = {}): Promise<{ status: number; headers: Record<string, unknown>; text: string; json: any }> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port: server.port, path, method, headers: { ...(own && { cookie: own }), ...headers } }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
        const text = Buffer.concat(parts).toString('latin1');
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: String(res.headers['content-type']).startsWith('application/json') ? JSON.parse(text) : null });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

const put = (id: number, body: unknown, headers: Record<string, string> = {}) => ask(`/api/pictures/${id}`, { method: 'PUT', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
const plate = { box: { x: 10, y: 10, width: 80, height: 30 }, typed: 'LEB-13-8147', region: 'PB', lines: 2, legible: true, notes: '' };
const labels = () => readFile(join(folder, 'labels.csv'), 'utf8').catch(() => '');

describe('who may come in', () => {
  it('is who has the token, once; then the browser that has the cookie', async () => {
    const spent = await ask(new URL(server.url).search.replace(/^/, '/'), { cookie: '' });
    expect([spent.status, spent.json.error.code]).toEqual([403, 'PAGE_REFUSED']);
    expect((await ask('/')).status).toBe(200);
    expect((await ask(`/${new URL(server.url).search}`)).status).toBe(200);
  });

  it.each([
    ['no token', '/', {}], ['a wrong token', '/?token=aaaaaaaaaaaaaaaaaaaaaaaa', {}], ['an empty token', '/?token=', {}], ['a wrong cookie', '/api/pictures', { cookie: 'darwaza-label=x' }],
    ['a path and no cookie', '/api/pictures/0', {}], ['the script and no cookie', '/label.js', {}],
  ])('is not who has %s', async (_, path, headers: Record<string, string>) => {
    const { status, json } = await ask(path, { cookie: '', headers });
    expect([status, json.error.code]).toEqual([403, 'PAGE_REFUSED']);
  });

  it('is not a page that reaches this server under another name (DNS rebinding), cookie or not', async () => {
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', '127.0.0.1:1', `127.0.0.1.evil.example:${server.port}`]) {
      expect([host, (await ask('/api/pictures', { headers: { host } })).status]).toEqual([host, 403]);
    }
    expect((await ask('/api/pictures', { headers: { host: `localhost:${server.port}` } })).status).toBe(200);
  });

  it('is not a page of another site in the same browser', async () => {
    for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${server.port}`, `http://127.0.0.1:1`]) {
      expect([origin, (await put(0, { plates: [], finished: true }, { origin })).status]).toEqual([origin, 403]);
    }
    expect((await put(1, { plates: [], finished: false }, { origin: `http://127.0.0.1:${server.port}` })).status).toBe(200);
    expect((await put(0, { plates: [], finished: true }, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('gets answers that no cache keeps, no frame shows and no other script runs in', async () => {
    for (const path of ['/', '/label.js', '/api/pictures', '/nothing']) {
      const { headers } = await ask(path);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'content-security-policy': expect.stringContaining("default-src 'none'") });
    }
  });

  it('reaches it on this machine alone', () => expect(new URL(server.url).hostname).toBe('127.0.0.1'));
});

describe('a path', () => {
  it.each(['/secret.txt', '/../secret.txt', '/..%2fsecret.txt', '/page/../label.js', '//label.js', '/label.js/', '/api/pictures/../../secret.txt', '/api/pictures/%2e%2e', '/api/pictures/gate/a.jpg', '/api/pictures/-1', '/api/pictures/0x0', '/api/pictures/3', '/api/pictures/999999999', '/api/pictures/99/image', '/labels.csv', '/constructor', '/__proto__'])(
    'that leads to no picture and no part of the page is not there: %s', async (path) => {
      const { status, json, text } = await ask(path);
      expect([status, json.error.code]).toEqual([404, 'PAGE_NOT_FOUND']);
      expect(text).not.toContain('secret\n');
    });

  it('takes only what it is for', async () => {
    for (const [method, path] of [['DELETE', '/api/pictures/0'], ['POST', '/api/pictures/0'], ['PUT', '/api/pictures/0/image']] as const) expect((await ask(path, { method })).status).toBe(405);
    expect((await ask('/label.js', { method: 'PUT' })).status).toBe(404);
  });
});

describe('a body', () => {
  const whole = JSON.stringify({ plates: [plate], finished: true });
  it.each([
    ['cut in half', whole.slice(0, whole.length >> 1)], ['empty', ''], ['not an object', '[]'], ['without plates', '{"finished":true}'], ['with a field too many', '{"plates":[],"finished":true,"file":"../x"}'],
    ['with a box of no size', JSON.stringify({ plates: [{ ...plate, box: { x: 0, y: 0, width: 0, height: 9 } }], finished: true })],
    ['with a box of no number', whole.replace('"width":80', '"width":1e999')],
    ['with a mark of no letter or digit', JSON.stringify({ plates: [{ ...plate, typed: '--' }], finished: true })],
    ['with a mark too long', JSON.stringify({ plates: [{ ...plate, typed: 'A'.repeat(61) }], finished: true })],
    ['with nine lines', JSON.stringify({ plates: [{ ...plate, lines: 9 }], finished: true })],
    ['with too many plates', JSON.stringify({ plates: Array.from({ length: 201 }, () => plate), finished: true })],
  ])('%s is refused, and nothing is written', async (_, body) => {
    const before = await labels(), { status, json } = await put(0, body);
    expect([status, json.error.code]).toEqual([400, 'BODY_INVALID']);
    expect(await labels()).toBe(before);
  });

  it('over the limit is refused', async () => {
    const { status, json } = await put(0, `{"plates":[${' '.repeat(300_000)}],"finished":true}`);
    expect([status, json.error.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('that ends on the way is refused, the file stays whole and the server goes on', async () => {
    const before = await labels();
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.end(`PUT /api/pictures/0 HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${cookie}\r\nContent-Type: application/json\r\nContent-Length: ${whole.length}\r\n\r\n${whole.slice(0, 40)}`));
      let text = '';
      socket.on('data', (part) => { text += part.toString('latin1'); }).on('close', () => resolve(text)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(await labels()).toBe(before);
    expect((await ask('/api/pictures')).status).toBe(200);
  });
});

describe('labelling', () => {
  it('lists the pictures with what is done', async () => {
    expect((await ask('/api/pictures')).json).toEqual({
      labelFile: join(folder, 'labels.csv'), done: 0, total: 3,
      pictures: [{ id: 0, file: 'gate/a.jpg', done: false }, { id: 1, file: 'gate/b.jpg', done: false }, { id: 2, file: 'gate/c.tiff', done: false }],
    });
  });

  it('proposes what the reader says, a year set apart', async () => {
    expect((await ask('/api/pictures/0')).json).toMatchObject({
      file: 'gate/a.jpg', width: 100, height: 50, crop: false, finished: false,
      plates: [{ box: plate.box, typed: 'LEB-13-8147', region: 'PB', legible: true, answered: false }],
    });
    expect((await ask('/api/pictures/1')).json.plates).toEqual([]);
  });

  it('writes what is said, and proposes beside it only what is elsewhere', async () => {
    const elsewhere = { ...plate, typed: 'BCS 036', lines: null, box: { x: 300, y: 300, width: 80, height: 30 } };
    expect((await put(0, { plates: [elsewhere], finished: false })).json).toEqual({ done: 0, total: 3 });
    expect((await ask('/api/pictures/0')).json.plates.map((p: any) => [p.typed, p.answered])).toEqual([['BCS036', true], ['LEB-13-8147', false]]);
    expect((await put(0, { plates: [plate, { ...elsewhere, legible: false }], finished: true })).json).toEqual({ done: 1, total: 3 });
    expect((await put(1, { plates: [], finished: true })).json).toEqual({ done: 2, total: 3 });
    expect((await labels()).split('\n').slice(1)).toEqual([
      'own,gate/a.jpg,scene,10,10,80,30,LEB8147,LEB138147,PB,2,1,', 'own,gate/a.jpg,scene,300,300,80,30,,,PB,,0,', 'own,gate/b.jpg,scene,0,0,0,0,,,,,0,no plate', '',
    ]);
    expect((await ask('/api/pictures/0')).json).toMatchObject({ finished: true, plates: [{ typed: 'LEB-13-8147', answered: true }, { legible: false, answered: true }] });
  });

  it('goes on where it was after another start', async () => {
    await server.close();
    await start();
    expect((await ask('/api/pictures')).json.pictures.map((p: any) => p.done)).toEqual([true, true, false]);
  });

  it('shows a picture upright as a JPEG whatever its format, and says when it is none', async () => {
    const { status, headers, text } = await ask('/api/pictures/2/image');
    expect([status, headers['content-type'], text.slice(0, 2)]).toEqual([200, 'image/jpeg', '\xff\xd8']);
    expect((await ask('/api/pictures/0/image')).json.error).toMatchObject({ code: 'PICTURE_NOT_A_PICTURE', message: expect.stringContaining('gate/a.jpg') });
  });

  it('says when the label file was spoilt meanwhile, and writes again when it is good', async () => {
    const good = await labels();
    await writeFile(join(folder, 'labels.csv'), `${good}own,gate/c.tiff,video,0,0,0,0,,,,,0,\n`);
    const { status, json } = await put(2, { plates: [], finished: true });
    expect([status, json.error.code, json.error.message]).toEqual([422, 'LABELS_UNUSABLE', expect.stringContaining('line 5')]);
    await writeFile(join(folder, 'labels.csv'), good);
    expect((await put(2, { plates: [], finished: true })).json).toEqual({ done: 3, total: 3 });
  });

  it('says when the port is taken', async () => {
    const labelling = await Labelling.open({ folder, crop: false, set: 'own', maxBytes: 1e6 }, literalVision());
    await expect(startLabellingServer(labelling, server.port)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });
});

describe('labelling pictures that are plates already', () => {
  it('gives each one plate as large as the picture', async () => {
    const crops = await mkdtemp(join(tmpdir(), 'darwaza-label-crops-'));
    try {
      await writeFile(join(crops, 'p.jpg'), 'BCS-036');
      const labelling = await Labelling.open({ folder: crops, crop: true, set: 'cut', maxBytes: 1e6 }, literalVision());
      const { plates } = await labelling.picture(0), [first] = plates;
      expect(plates).toMatchObject([{ box: { x: 0, y: 0, width: 100, height: 50 }, typed: 'BCS-036' }]);
      if (first === undefined) throw new Error('no plate');
      const { answered: _, ...said } = first;
      await labelling.put(0, [said], true);
      expect((await readFile(join(crops, 'labels.csv'), 'utf8')).split('\n')[1]).toBe('cut,p.jpg,crop,0,0,100,50,BCS036,,SD,,1,'.replace('SD', said.region));
      expect(await labelling.picture(0)).toMatchObject({ crop: true, finished: true, plates: [{ typed: 'BCS036', answered: true }] });
    } finally {
      await rm(crops, { recursive: true, force: true });
    }
  });
});
