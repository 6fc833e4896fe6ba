import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filmSources, isFilm } from '../../src/cli/live.ts';
import { darwaza, startDarwaza, type Finished } from '../support/command-line.ts';
import { quetta } from '../support/passes.ts';
import { startRtspServer, type RtspServer } from '../support/rtsp-server.ts';

const FILM = fileURLToPath(new URL('../../fixtures/video/gate.mp4', import.meta.url)), SLOW = 300_000;
interface TrueVehicle { readonly mark: string; readonly movement: string }
interface ApiPass { readonly id: string; readonly mark: string | null; readonly text: string; readonly movement: string; readonly source: string; readonly evidence: { readonly url: string; readonly sha256: string } | null }

let folder: string, vehicles: readonly TrueVehicle[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-live-cli-'));
  ({ vehicles } = JSON.parse(await readFile(FILM.replace('.mp4', '.json'), 'utf8')) as { vehicles: TrueVehicle[] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A `darwaza start` on films and streams. */
class Watching {
  readonly child: ReturnType<typeof startDarwaza>;
  constructor(data: string, ...args: string[]) {
    this.child = startDarwaza(['start', ...args], { PORT: '0', DARWAZA_DATA_DIR: join(folder, data), DARWAZA_THREADS: '2' });
  }

  async until(what: (output: Finished) => boolean): Promise<void> {
    while (!what(this.child.output())) {
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.child.output().stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async get(path: string): Promise<Response> {
    await this.until(({ stdout }) => /^API key: dz_/m.test(stdout));
    const { stdout } = this.child.output(), url = /^API: (http:\S+)\/api\/v1$/m.exec(stdout)?.[1] ?? '', key = /^API key: (dz_[\w-]+)$/m.exec(stdout)?.[1] ?? '';
    return fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
  }

  async passes(): Promise<ApiPass[]> {
    return ((await (await this.get('/api/v1/passes?limit=1000')).json()) as { items: ApiPass[] }).items;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill(signal);
    await closed;
    return this.child.output();
  }
}

describe('npm start -- a video file', () => {
  it('makes one pass of each vehicle, says so as they come, serves them with their pictures; the same file again changes nothing', async () => {
    const first = new Watching('film', FILM);
    await first.until(({ stdout }) => /All read to the end: 8 passes/.test(stdout));
    const passes = await first.passes();
    expect(passes.map((p) => `${p.mark} ${p.movement} ${p.source}`).toSorted()).toEqual(vehicles.map((v) => `${v.mark} ${v.movement} stream`).toSorted());
    for (const { mark } of vehicles) expect(first.child.output().stdout).toContain(mark);
    const evidence = await first.get(passes[0]?.evidence?.url ?? '');
    expect([evidence.status, evidence.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect((await first.stop()).code).toBe(0);
    const again = new Watching('film', FILM);
    await again.until(({ stdout }) => /All read to the end: 0 passes/.test(stdout));
    expect((await again.passes()).map((p) => p.id).toSorted()).toEqual(passes.map((p) => p.id).toSorted());
    await again.stop();
  }, SLOW);

  it('that is none is told, and what is served goes on', async () => {
    const path = join(folder, 'notes.mp4');
    await writeFile(path, 'these are no pictures');
    const job = new Watching('none', path);
    await job.until(({ stdout }) => /All read to the end: 0 passes/.test(stdout));
    expect(job.child.output().stdout).toMatch(/notes\.mp4: .+/);
    expect((await job.get('/healthz')).status).toBe(200);
    await job.stop();
  }, SLOW);

  it('that is not there is one clear error', async () => {
    const { code, stderr } = await darwaza(['start', join(folder, 'gone.mp4')], { PORT: '0', DARWAZA_DATA_DIR: join(folder, 'gone') });
    expect([code === 0, stderr.includes('FILE_NOT_FOUND') || stderr.includes('gone.mp4')]).toEqual([false, true]);
  }, SLOW);
});

describe('npm start -- rtsp://…', () => {
  let camera: RtspServer;
  beforeAll(async () => void (camera = await startRtspServer({ film: FILM, login: { username: 'darwaza', password: 'Gate!2026@secret' } })), SLOW);
  afterAll(() => camera?.close());

  it('just works, goes on after the cable was pulled, and never shows the login', async () => {
    const job = new Watching('stream', '--camera', 'mian-ghundi-chk-1', camera.url.replace('rtsp://', `rtsp://darwaza:${encodeURIComponent('Gate!2026@secret')}@`));
    const seen = (least: number) => ({ stdout }: Finished): boolean => (stdout.match(/mian-ghundi-chk-1 {2}/g) ?? []).length >= least;
    await job.until(seen(3));
    camera.cut();
    const before = (await job.passes()).length;
    await job.until(seen(before + 4));
    const passes = await job.passes(), marks = new Set(vehicles.map((v) => v.mark));
    expect(passes.filter((p) => p.mark !== null && marks.has(p.mark)).length / passes.length).toBeGreaterThan(0.7);
    const { stdout, stderr } = await job.stop();
    expect(stdout + stderr).not.toMatch(/Gate|2026%40|%40secret/);
  }, SLOW);
});

describe('what is taken for a film', () => {
  it.each([['rtsp://10.0.0.1/a', true], ['RTSPS://x/', true], ['clip.MP4', true], ['clip.h264', true], ['gate.jpg', false], ['folder', false], ['http://x/a.jpg', false]])('%s: %s', (path, film) => expect(isFilm(path)).toBe(film));

  it('keeps the login apart from the address, and gives each stream a name of its own', () => {
    const [a, b] = filmSources(['rtsp://u:p%40ss@10.0.0.1/s', 'x.mp4'], undefined, quetta());
    expect(a).toMatchObject({ kind: 'rtsp', url: 'rtsp://10.0.0.1/s', camera: 'unplaced' });
    expect(a?.kind === 'rtsp' && a.login?.password()).toBe('p@ss');
    expect(JSON.stringify(a)).not.toContain('p@ss');
    expect(b).toMatchObject({ kind: 'video', camera: 'unplaced-2' });
  });

  it('refuses an unknown camera and an address that is none', () => {
    expect(() => filmSources(['x.mp4'], 'nowhere', quetta())).toThrow(expect.objectContaining({ code: 'CAMERA_UNKNOWN' }));
    expect(() => filmSources(['rtsp://'], undefined, quetta())).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
  });
});
