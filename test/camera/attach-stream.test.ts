import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAttachStream, type AttachParts, type MessageSource } from '../../src/camera/attach-stream.ts';
import type { EventStreamSource, Login } from '../../src/camera/stream-sources.ts';
import type { VendorMessage } from '../../src/camera/vendor-event.ts';
import { DarwazaError } from '../../src/core/errors.ts';
import { makeCertificate, type MadeCertificate } from '../support/certificates.ts';
import { payload, payloadPicture } from '../support/vendor-payloads.ts';

const SECRET = 'p@ss:word/1', NONCE = 'd7f1b3';
const hash = (text: string): string => createHash('md5').update(text).digest('hex');
const soon = { timeout: 10_000, interval: 10 };

/** A camera with a stream of events, as far as it shows from outside. */
class Camera {
  readonly #server: Server;
  readonly streams: ServerResponse[] = [];
  readonly asked: IncomingMessage[] = [];
  login: { readonly username: string; readonly password: string } | null = null;
  refuses: number | null = null;

  readonly #scheme: string;

  constructor(shown: MadeCertificate | null = null) {
    const answer = (req: IncomingMessage, res: ServerResponse): void => this.#answer(req, res);
    this.#server = shown === null ? createServer(answer) : createSecureServer({ cert: shown.cert, key: shown.key }, answer);
    this.#scheme = shown === null ? 'http' : 'https';
  }

  async open(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    this.asked.push(req);
    if (this.refuses !== null) return void res.writeHead(this.refuses).end();
    if (this.login !== null && !this.#isAllowed(req, this.login)) return void res.writeHead(401, { 'WWW-Authenticate': `Digest realm="Login to 3F", qop="auth", nonce="${NONCE}", opaque="o"` }).end('who?');
    res.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=myboundary' });
    res.flushHeaders();
    this.streams.push(res);
  }

  #isAllowed({ headers: { authorization = '' }, url = '' }: IncomingMessage, { username, password }: { username: string; password: string }): boolean {
    const field = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(authorization)?.[1] ?? '';
    return field('response') === hash(`${hash(`${username}:Login to 3F:${password}`)}:${NONCE}:${field('nc')}:${field('cnonce')}:auth:${hash(`GET:${url}`)}`);
  }

  part(mediaType: string, bytes: Buffer | string, told = true): void {
    const content = Buffer.from(bytes as string);
    this.streams.at(-1)?.write(Buffer.concat([Buffer.from(`--myboundary\r\nContent-Type: ${mediaType}\r\n${told ? `Content-Length: ${content.length}\r\n` : ''}\r\n`), content, Buffer.from('\r\n')]));
  }

  event(name = 'snap'): void {
    for (const part of payload('dahua', name).parts) this.part(part.mediaType, part.bytes);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

describe('the event stream of a camera', () => {
  let camera: Camera, url: string, stream: MessageSource | null;
  const got: { message: VendorMessage; mediaType: string }[] = [], logged: string[] = [];
  const log = { warn: (what: object) => void logged.push(JSON.stringify(what)), error: (what: object) => void logged.push(JSON.stringify(what)) } as never;

  beforeEach(async () => {
    camera = new Camera();
    url = await camera.open();
    stream = null;
    got.length = 0;
    logged.length = 0;
  });
  afterEach(async () => {
    await stream?.close();
    await camera.close();
  });

  const open = (given: Partial<AttachParts> = {}, source: Partial<EventStreamSource> = {}): MessageSource => stream = createAttachStream({ kind: 'dahua', camera: 'lak-pass-in-1', url, login: null, ...source }, {
    clock: Date.now, log, random: () => 1, partBytes: 1e6, quietMs: 60, deliver: async (message, mediaType) => void got.push({ message, mediaType }), ...given,
  });
  const streaming = (n = 1) => vi.waitFor(() => expect(camera.streams).toHaveLength(n), soon);

  it('gives each event with its pictures, at once and without waiting for the next', async () => {
    open();
    await streaming();
    camera.event();
    await vi.waitFor(() => expect(got).toHaveLength(1), soon);
    expect(got[0]?.message.parts.map((part) => part.bytes)).toEqual(payload('dahua', 'snap').parts.map((part) => part.bytes));
    expect(stream?.state()).toMatchObject({ state: 'running', messages: 1, waiting: 0, reconnects: 0, fault: null });
  });

  it('tells events apart that come without a pause, and heartbeats between them', async () => {
    open();
    await streaming();
    for (let i = 0; i < 3; i++) camera.event();
    camera.part('text/plain', 'Heartbeat');
    camera.event();
    await vi.waitFor(() => expect(got).toHaveLength(5), soon);
    expect(got.map(({ message }) => message.parts.length > 1)).toEqual([true, true, true, false, true]);
  });

  it('waits for a picture that is still under way', async () => {
    open();
    await streaming();
    const picture = payloadPicture('scene.jpg');
    camera.part('text/plain', 'Events[0].Code=TrafficJunction');
    camera.streams[0]?.write(Buffer.concat([Buffer.from(`--myboundary\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`), picture.subarray(0, 9000)]));
    await new Promise((done) => setTimeout(done, 300));
    expect(got).toEqual([]);
    camera.streams[0]?.write(picture.subarray(9000));
    await vi.waitFor(() => expect(got).toHaveLength(1), soon);
    expect(got[0]?.message.parts[1]?.bytes.equals(picture)).toBe(true);
  });

  it('asks where the vendor has its events, with a digest and never with the password', async () => {
    camera.login = { username: 'admin', password: SECRET };
    const login: Login = { username: 'admin', password: () => SECRET };
    open({}, { login });
    await streaming();
    expect(camera.asked.map((req) => req.url)).toEqual([expect.stringMatching(/snapManager\.cgi\?action=attachFileProc/), expect.stringMatching(/snapManager/)]);
    expect(JSON.stringify(camera.asked.map((req) => req.headers))).not.toMatch(/p@ss|cEBzc/);
  });

  it('says that a login is refused or missing, without the login', async () => {
    camera.login = { username: 'admin', password: 'other' };
    const waiting = open({}, { login: { username: 'admin', password: () => SECRET } });
    await vi.waitFor(() => expect(waiting.state().fault).toBe('the camera refuses the login'), soon);
    expect(logged.join('')).not.toContain(SECRET);
    expect(logged.join('')).toContain('refuses the login');
    await waiting.close();
    const without = open();
    await vi.waitFor(() => expect(without.state().fault).toMatch(/wants a login/), soon);
  });

  describe('over https', () => {
    const own = makeCertificate(), other = makeCertificate();
    const secure = async (shown = own): Promise<void> => {
      await camera.close();
      camera = new Camera(shown);
      url = await camera.open();
    };

    it('is read from a camera that is known by its fingerprint, with its login', async () => {
      await secure();
      camera.login = { username: 'admin', password: SECRET };
      open({}, { login: { username: 'admin', password: () => SECRET }, certificate: { kind: 'pinned', sha256: own.sha256 } });
      await vi.waitFor(() => expect(camera.streams).toHaveLength(1), soon);
      camera.event();
      await vi.waitFor(() => expect(got).toHaveLength(1), soon);
      expect(stream?.state()).toMatchObject({ state: 'running', fault: null });
    });

    it('is read from a camera that is known by a file', async () => {
      await secure();
      open({}, { certificate: { kind: 'authority', certificates: [own.cert] } });
      await vi.waitFor(() => expect(camera.streams).toHaveLength(1), soon);
    });

    it('is not asked for where the certificate is another or nobody vouches for it: it says what was shown', async () => {
      await secure();
      const login: Login = { username: 'admin', password: () => SECRET };
      open({}, { login });
      await vi.waitFor(() => expect(stream?.state()).toMatchObject({ state: 'waiting', fault: expect.stringContaining(own.sha256) as string }), soon);
      await stream?.close();
      open({}, { login, certificate: { kind: 'pinned', sha256: other.sha256 } });
      await vi.waitFor(() => expect(stream?.state()).toMatchObject({ state: 'waiting', fault: expect.stringContaining('another than certificate.sha256') as string }), soon);
      expect([camera.asked.length, logged.join(' ').includes(SECRET)]).toEqual([0, false]);
    });

    it('may be closed while the camera has not answered yet', async () => {
      open({}, { url: url.replace('http:', 'https:') });
      await stream?.close();
      expect(stream?.state().state).toBe('closed');
    });
  });

  it('comes back when it is cut in the middle of a picture, and tells no half event as whole', async () => {
    open();
    await streaming();
    camera.part('text/plain', 'Events[0].Code=TrafficJunction');
    camera.streams[0]?.write('--myboundary\r\nContent-Type: image/jpeg\r\nContent-Length: 9999\r\n\r\nabc');
    await new Promise((done) => setTimeout(done, 30));
    camera.streams[0]?.destroy();
    await streaming(2);
    camera.event();
    await vi.waitFor(() => expect(got).toHaveLength(2), soon);
    expect(got[0]?.message.parts).toHaveLength(1);
    expect(stream?.state()).toMatchObject({ state: 'running', reconnects: 1 });
  });

  it('counts a camera that sends nothing as gone', async () => {
    open({ silentMs: 150 });
    await streaming(2);
    expect(stream?.state().reconnects).toBeGreaterThan(0);
    expect(logged.join('')).toMatch(/nothing came for/);
  });

  it('goes on trying when the camera answers with an error, with something else, or not at all', async () => {
    camera.refuses = 503;
    const trying = open();
    await vi.waitFor(() => expect(trying.state()).toMatchObject({ state: 'waiting', fault: 'the camera answers 503' }), soon);
    camera.refuses = null;
    await streaming();
    camera.part('image/jpeg', Buffer.alloc(2_000_000));
    await vi.waitFor(() => expect(logged.join('')).toMatch(/over the limit of 1 MB for one part/), soon);
    const nobody = createAttachStream({ kind: 'hikvision', camera: 'x', url: 'http://127.0.0.1:9/', login: null }, { clock: Date.now, log, random: () => 1, partBytes: 1e6, deliver: async () => undefined });
    await vi.waitFor(() => expect(nobody.state().fault).toMatch(/^the connection failed \(E/), soon);
    await nobody.close();
    expect(nobody.state().state).toBe('closed');
  });

  it('delivers again and again while the database is away, in order and each once', async () => {
    let away = 2;
    const delivered: number[] = [];
    open({ random: () => 1, deliver: async ({ parts }) => {
      if (away-- > 0) throw new DarwazaError('DATABASE_UNAVAILABLE', { host: 'x', reason: 'connection refused' });
      delivered.push(parts.length);
    } });
    await streaming();
    camera.event();
    camera.part('text/plain', 'Heartbeat');
    await vi.waitFor(() => expect(delivered).toEqual([payload('dahua', 'snap').parts.length, 1]), soon);
  });

  it('passes over a message that is refused for itself', async () => {
    let first = true;
    const delivered: number[] = [];
    open({ deliver: async ({ parts }) => {
      if (first) {
        first = false;
        throw new DarwazaError('CAMERA_UNKNOWN', { camera: 'x' });
      }
      delivered.push(parts.length);
    } });
    await streaming();
    camera.part('text/plain', 'one');
    camera.part('text/plain', 'two');
    await vi.waitFor(() => expect(delivered).toEqual([1]), soon);
  });
});
