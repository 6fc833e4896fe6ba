import { connect, createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { faultIn, secretCover } from '../../src/camera/ffmpeg-lines.ts';
import { openRtspsRelay } from '../../src/camera/rtsps-relay.ts';
import { measureStreamClock } from '../../src/camera/stream-clock.ts';
import { FRAME_SETTINGS, type RtspSource } from '../../src/camera/stream-sources.ts';
import { createVideoStream } from '../../src/camera/video-stream.ts';
import { makeCertificate } from '../support/certificates.ts';
import { filmFolder, hasFfmpeg, renderFilm } from '../support/rendered-film.ts';
import { startRtspServer, type RtspServer } from '../support/rtsp-server.ts';

const own = makeCertificate(), other = makeCertificate(), soon = { timeout: 25_000, interval: 20 };
const pinned = { kind: 'pinned', sha256: own.sha256 } as const, LOGIN = { username: 'u', password: 'geheim/1' };

/** TLS before something that speaks plainly, and what came through it. */
class Front {
  readonly received: string[] = [];
  readonly #sockets = new Set<Socket | TLSSocket>();
  readonly #server: Server;

  constructor(behind: () => number) {
    this.#server = createServer({ cert: own.cert, key: own.key }, (socket) => {
      const plain = connect(behind(), '127.0.0.1');
      for (const [from, to] of [[socket, plain], [plain, socket]] as const) {
        this.#sockets.add(from);
        from.on('error', () => undefined).on('close', () => to.destroy()).pipe(to);
      }
      socket.on('data', (chunk: Buffer) => this.received.push(String(chunk)));
    }).on('tlsClientError', () => undefined);
  }

  async open(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `rtsps://127.0.0.1:${(this.#server.address() as AddressInfo).port}/stream`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

const sourceOf = (url: string, certificate?: RtspSource['certificate']): RtspSource => ({
  kind: 'rtsp', camera: 'baleli-in-1', url, login: { username: LOGIN.username, password: () => LOGIN.password }, certificate, ...FRAME_SETTINGS,
});

describe.skipIf(!hasFfmpeg)('a camera over rtsps', { timeout: 90_000 }, () => {
  let camera: RtspServer, front: Front, url: string, remove: () => Promise<void>, stream: ReturnType<typeof createVideoStream> | null = null;
  const lines: string[] = [];
  beforeAll(async () => {
    const made = await filmFolder();
    remove = made.remove;
    camera = await startRtspServer({ film: await renderFilm(join(made.folder, 'film.mp4'), { seconds: 4 }), login: { ...LOGIN, scheme: 'digest' } });
    front = new Front(() => camera.port);
    url = await front.open();
  });
  afterEach(async () => {
    await stream?.close();
    stream = null;
    lines.length = 0;
    front.received.length = 0;
  });
  afterAll(async () => {
    await front.close();
    await camera.close();
    await remove();
  });
  const watch = (source: RtspSource): { frames: () => number; stream: ReturnType<typeof createVideoStream> } => {
    let frames = 0;
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    stream = createVideoStream(source, {
      clock: Date.now, log, random: () => 0.5, backOff: { firstMs: 100, capMs: 400 },
      onFrame: (frame) => {
        frames++;
        frame.release();
      },
    });
    return { frames: () => frames, stream };
  };

  it.each([['its fingerprint', pinned], ['a file', { kind: 'authority', certificates: [own.cert] }]] as const)('gives frames when it is known by %s, after a loss too', async (_, certificate) => {
    const seen = watch(sourceOf(url, certificate));
    await vi.waitFor(() => expect(seen.frames()).toBeGreaterThan(2), soon);
    const before = seen.frames();
    camera.cut();
    await vi.waitFor(() => expect(seen.stream.state().reconnects).toBeGreaterThan(0), soon);
    await vi.waitFor(() => expect(seen.frames()).toBeGreaterThan(before + 2), soon);
    expect(lines.join('\n')).not.toContain('geheim');
  });

  it('has its clock measured over the same way', async () => expect(await measureStreamClock(sourceOf(url, pinned))).toMatchObject({ from: 'sender-reports' }));

  it.each([['nobody vouches for it', undefined, 'it has signed it itself'], ['its certificate is another', { kind: 'pinned', sha256: other.sha256 }, 'another than certificate.sha256']] as const)(
    'is told nothing where %s; the fault says which certificate it showed', async (_, certificate, why) => {
      const seen = watch(sourceOf(url, certificate));
      await vi.waitFor(() => expect(seen.stream.state().fault).toContain(own.sha256), soon);
      expect(seen.stream.state().fault).toContain(why);
      expect([front.received, seen.frames()]).toEqual([[], 0]);
    });
});

describe('the relay of rtsps', () => {
  it('takes one connection and no second', async () => {
    const relay = await openRtspsRelay(sourceOf('rtsps://127.0.0.1:9/live?channel=1')), port = Number(new URL(relay.url).port);
    expect(relay.url).toBe(`rtsp://127.0.0.1:${port}/live?channel=1`);
    const first = connect(port, '127.0.0.1').on('error', () => undefined);
    await new Promise((done) => first.once('close', done));
    await expect(new Promise((done, fail) => connect(port, '127.0.0.1', () => done('taken')).once('error', fail))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    relay.close();
  });

  it('ends with its process, also while the camera is still asked', async () => {
    const silent = createPlainServer((socket) => void socket.on('error', () => undefined).resume());
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const relay = await openRtspsRelay(sourceOf(`rtsps://127.0.0.1:${(silent.address() as AddressInfo).port}`)), near = connect(Number(new URL(relay.url).port), '127.0.0.1').on('error', () => undefined);
    await new Promise((done) => near.once('connect', done));
    relay.close();
    await new Promise((done) => near.resume().once('close', done));
    await new Promise((done) => silent.close(done));
  });

  it("is not told of by a camera's password, in the address of the relay either", () => {
    const source = sourceOf('rtsps://10.0.0.1/live?password=0ffen');
    expect(secretCover(source)("Impossible to open 'rtsp://u:geheim%2F1@127.0.0.1:4000/live?password=0ffen'")).not.toMatch(/geheim|0ffen/);
  });

  it('says in the words of a fault what it refused', () => {
    expect(faultIn(['method OPTIONS failed: 495 it shows no certificate'])).toBe('the camera is not known: it shows no certificate');
  });
});
