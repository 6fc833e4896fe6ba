import { readdirSync, readFileSync } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LiveFrame } from '../../src/camera/live-frame.ts';
import { FRAME_SETTINGS, type RtspSource, type VideoSource } from '../../src/camera/stream-sources.ts';
import { createVideoStream, type VideoStreamParts } from '../../src/camera/video-stream.ts';
import { boxAt, filmFolder, hasFfmpeg, renderFilm } from '../support/rendered-film.ts';
import { startRtspServer, type RtspServer, type RtspServerOptions } from '../support/rtsp-server.ts';

interface Seen { readonly at: number; readonly capturedAt: number; readonly width: number; readonly moving: LiveFrame['moving']; /** Left edge of the white box by the pixels; null: none. */ readonly box: number | null }

const folders: { folder: string; remove: () => Promise<void> }[] = [];
let folder: string, film: string;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  if (!hasFfmpeg) return;
  folders.push(await filmFolder());
  folder = folders[0]?.folder as string;
  film = await renderFilm(join(folder, 'film.mp4'));
});
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part.close();
});
afterAll(async () => {
  for (const { remove } of folders) await remove();
});

/** White over the grey left bar would not tell; the row through the box does. */
function boxEdge({ picture: { width, height, planes } }: LiveFrame): number | null {
  const row = Math.floor(height / 2 + 20) * width;
  for (let x = 0; x < width; x++) if ((planes[row + x] as number) > 209) return x;
  return null;
}

function recorder(parts: Partial<VideoStreamParts> = {}) {
  const lines: string[] = [], seen: Seen[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const onFrame = (frame: LiveFrame): void => {
    seen.push({ at: Date.now(), capturedAt: frame.capturedAt, width: frame.picture.width, moving: frame.moving, box: boxEdge(frame) });
    frame.release();
  };
  return { lines, seen, parts: { clock: Date.now, log, onFrame, random: () => 0.5, backOff: { firstMs: 100, capMs: 400 }, ...parts } satisfies VideoStreamParts };
}

async function until(condition: () => boolean, what: string, limitMs = 25_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

async function server(options: Partial<RtspServerOptions> = {}): Promise<RtspServer> {
  const started = await startRtspServer({ film, ...options });
  open.push(started);
  return started;
}

const sourceOf = (url: string, settings: Partial<RtspSource> = {}): RtspSource => ({ kind: 'rtsp', camera: 'baleli-in-1', url, login: null, ...FRAME_SETTINGS, ...settings });

function watch(source: RtspSource | VideoSource, parts: Partial<VideoStreamParts> = {}) {
  const recorded = recorder(parts), stream = createVideoStream(source, recorded.parts);
  open.push(stream);
  return { ...recorded, stream };
}

/** ffmpeg processes that we started and that read a stream, with their command lines. */
function readers(): { pid: number; command: string }[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8'), command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(parent) === process.pid && state !== 'Z' && command.includes('pipe:1') ? [{ pid: Number(name), command }] : [];
    } catch {
      return [];
    }
  });
}

describe.skipIf(!hasFfmpeg)('the stream of a camera', { timeout: 90_000 }, () => {
  it('gives frames at the rate of the settings, with times that rise evenly and boxes of what moves', async () => {
    const camera = await server(), { seen, stream } = watch(sourceOf(camera.url));
    await until(() => seen.filter((s) => s.box !== null).length >= 24, 'frames with the box');
    const driving = seen.filter((s) => s.box !== null).slice(-8), gaps = driving.slice(1).map((s, n) => s.capturedAt - (driving[n] as Seen).capturedAt);
    // The stream has a frame each 40 ms; at most one of these gaps has the moment in which a less late frame set the clock right.
    expect(gaps.filter((gap) => gap % 40 > 2 && gap % 40 < 38).length).toBeLessThanOrEqual(1);
    expect(Math.min(...gaps)).toBeGreaterThan(100);
    for (const { moving, box } of driving.filter((s) => (s.box as number) > 2 && (s.box as number) < 260)) expect(moving.some((b) => b.x < (box as number) + 60 && b.x + b.width > (box as number))).toBe(true);
    for (const s of seen) expect(s.capturedAt).toBeLessThanOrEqual(s.at + 2);
    expect(stream.state()).toMatchObject({ state: 'running', reconnects: 0, fault: null, decodeErrors: 0, dropped: 0 });
  });

  it.each(['digest', 'basic'] as const)('takes a login by %s that nobody else gets to see: not in the process list, the log or a fault', async (scheme) => {
    const login = { username: 'dar waza', password: 'Gehe1m/@:%\'"#?' };
    const camera = await server({ login: { ...login, scheme } }), { seen, lines, stream } = watch(sourceOf(camera.url, { login: { username: login.username, password: () => login.password } }));
    await until(() => seen.length > 0, 'a frame');
    const commands = readers().map((r) => r.command);
    expect(commands.length).toBeGreaterThan(0);
    camera.refuse(true);
    camera.cut();
    await until(() => stream.state().fault === 'the camera refuses the login', 'a refused login');
    expect([...commands, ...lines, JSON.stringify(stream.state())].join('\n')).not.toMatch(/Gehe1m|dar.?waza:/);
    expect(commands.join('\n')).not.toContain('127.0.0.1');
    camera.refuse(false);
    await until(() => stream.state().state === 'running', 'frames again');
  });

  it('comes back after the connection was cut in the middle of a packet, and says meanwhile why it waits', async () => {
    const camera = await server(), { seen, lines, stream } = watch(sourceOf(camera.url));
    await until(() => seen.length > 2, 'frames');
    await camera.unplug(true);
    await until(() => stream.state().fault === 'the camera refuses the connection' && stream.state().reconnects >= 4, 'several tries');
    expect(['waiting', 'connecting']).toContain(stream.state().state);
    const before = seen.length;
    await camera.unplug(false);
    await until(() => seen.length > before + 3, 'frames again');
    expect(stream.state()).toMatchObject({ state: 'running', fault: null });
    expect(seen.every((s, n) => n === 0 || s.capturedAt > (seen[n - 1] as Seen).capturedAt)).toBe(true);
    // A camera that is away for a night is one line in the log.
    expect(lines.filter((line) => line.includes('the stream is lost'))).toHaveLength(1);
  });

  it('is made anew when a connected camera sends nothing more', async () => {
    const camera = await server(), { seen, stream } = watch(sourceOf(camera.url), { stallMs: 1500 });
    await until(() => seen.length > 2, 'frames');
    camera.stall(true);
    await until(() => stream.state().fault === 'no frame came for 1.5 s', 'the stall');
    camera.stall(false);
    const before = seen.length;
    await until(() => seen.length > before, 'frames again');
    expect(stream.state().reconnects).toBeGreaterThan(0);
  });

  it('has all its buffers however often it was cut in the middle of a frame', async () => {
    const camera = await server(), { seen, stream } = watch(sourceOf(camera.url, { fps: 25 }), { buffers: 1, backOff: { firstMs: 20, capMs: 20 } });
    for (let times = 1; times <= 4; times++) {
      const before = seen.length;
      await until(() => seen.length > before, 'frames');
      for (const { pid } of readers()) process.kill(pid, 'SIGKILL');
      await until(() => stream.state().reconnects === times, 'the loss');
    }
    const before = seen.length;
    await until(() => seen.length > before + 3, 'frames again');
  });

  it('goes on over broken packets, and counts what could not be decoded', async () => {
    const camera = await server(), { seen, stream } = watch(sourceOf(camera.url));
    await until(() => seen.length > 2, 'frames');
    camera.corrupt(0.3);
    await until(() => stream.state().decodeErrors > 3, 'errors');
    camera.corrupt(0);
    const before = seen.length;
    await until(() => seen.length > before + 5, 'frames again');
    expect(stream.state().state).toBe('running');
  });

  it('starts ffmpeg again when it was killed', async () => {
    const camera = await server(), { seen, stream } = watch(sourceOf(camera.url));
    await until(() => seen.length > 2, 'frames');
    const [reader] = readers();
    process.kill(reader?.pid as number, 'SIGKILL');
    await until(() => stream.state().reconnects === 1, 'the loss');
    const before = seen.length;
    await until(() => seen.length > before, 'frames again');
    expect(readers().map((r) => r.pid)).not.toContain(reader?.pid);
  });

  it('goes on when the camera comes back with pictures of another size', async () => {
    const other = await renderFilm(join(folder, 'other.mp4'), { width: 480, height: 270 }), camera = await server(), { seen } = watch(sourceOf(camera.url, { region: { x: 0.5, y: 0, width: 0.5, height: 1 } }));
    await until(() => seen.length > 2, 'frames');
    await camera.show(other);
    camera.cut();
    await until(() => seen.filter((s) => s.width === 480 && s.moving.length > 0).length > 2, 'frames of the new size');
    for (const s of seen) for (const box of s.moving) expect(box.x).toBeGreaterThanOrEqual(s.width / 2);
  });

  it('of an empty road gives a sign of life every two seconds and nothing else', async () => {
    const camera = await server({ film: await renderFilm(join(folder, 'empty.mp4'), { empty: true }) }), { seen, stream } = watch(sourceOf(camera.url));
    await until(() => seen.length >= 4, 'four signs of life');
    expect(seen.flatMap((s) => s.moving)).toEqual([]);
    for (const [n, s] of seen.slice(1).entries()) expect(s.capturedAt - (seen[n] as Seen).capturedAt).toBeGreaterThanOrEqual(1990);
    expect(stream.state()).toMatchObject({ sameScene: 1, frames: seen.length });
  });

  it('of key frames alone is one a second here', async () => {
    const camera = await server(), { seen } = watch(sourceOf(camera.url, { keyFramesOnly: true }));
    await until(() => seen.filter((s) => s.moving.length > 0).length >= 3, 'three frames');
    for (const [n, s] of seen.slice(1).entries()) expect(s.capturedAt - (seen[n] as Seen).capturedAt).toBeGreaterThan(900);
  });

  it('drops frames, counted, while its receiver holds all buffers, and gives the newest again when it lets go', async () => {
    const held: LiveFrame[] = [], camera = await server(), { stream } = watch(sourceOf(camera.url), { buffers: 2, onFrame: (frame) => void held.push(frame) });
    await until(() => stream.state().dropped > 5, 'drops');
    expect(held).toHaveLength(2);
    const [first] = held as [LiveFrame], pixels = Buffer.from(first.picture.planes);
    await until(() => stream.state().dropped > 8, 'more drops');
    // What the receiver holds is not written over.
    expect(Buffer.from(first.picture.planes).equals(pixels)).toBe(true);
    for (const frame of held) {
      frame.release();
      frame.release();
    }
    await until(() => held.length === 4, 'frames again');
    expect((held[2] as LiveFrame).capturedAt - (held[1] as LiveFrame).capturedAt).toBeGreaterThan(1000);
  });

  it('is not ended by a receiver that throws', async () => {
    const camera = await server(), { lines, stream } = watch(sourceOf(camera.url), { onFrame: () => { throw new TypeError('mark LEB-17-4201'); } });
    await until(() => stream.state().frames > 8, 'frames');
    expect(lines.join('')).not.toContain('LEB');
  });

  it('closes at once, in every state, leaves no process, and takes its leave of the camera', async () => {
    const camera = await server(), running = watch(sourceOf(camera.url)), connecting = watch(sourceOf(camera.url)), waiting = watch(sourceOf('rtsp://127.0.0.1:9/none'));
    await until(() => running.seen.length > 0 && waiting.stream.state().state === 'waiting', 'a running and a waiting stream');
    await Promise.all([running, connecting, waiting].map(({ stream }) => stream.close()));
    for (const { stream } of [running, connecting, waiting]) {
      await stream.ended;
      expect(stream.state().state).toBe('closed');
    }
    expect(readers()).toEqual([]);
    expect(camera.requests.some((line) => line.startsWith('TEARDOWN'))).toBe(true);
    const before = running.seen.length;
    await running.stream.close();
    expect(running.seen).toHaveLength(before);
  });

  it('says what is missing when there is no ffmpeg, and tries again', async () => {
    const { stream } = watch(sourceOf('rtsp://127.0.0.1:9/none'), { ffmpeg: '/nowhere/ffmpeg' });
    await until(() => stream.state().reconnects > 1, 'two tries');
    expect(stream.state().fault).toContain('need the program ffmpeg');
  });
});

describe.skipIf(!hasFfmpeg)('a video file', { timeout: 60_000 }, () => {
  const T = Date.parse('2026-11-03T06:00:00+05:00');
  const videoOf = (path: string, settings: Partial<VideoSource> = {}): VideoSource => ({ kind: 'video', camera: 'baleli-in-1', path, startsAt: T, pace: 'free', ...FRAME_SETTINGS, ...settings });

  it('is read to its end without losing a frame, however slow the receiver is', async () => {
    const held: LiveFrame[] = [], times: number[] = [];
    let most = 0;
    const { stream } = watch(videoOf(film, { fps: 25 }), {
      buffers: 3, onFrame: (frame) => {
        held.push(frame);
        times.push(frame.capturedAt);
        most = Math.max(most, held.length);
        setTimeout(() => held.shift()?.release(), 3);
      },
    });
    await stream.ended;
    const { frames, still, dropped, state, fault } = stream.state();
    expect([state, fault, dropped]).toEqual(['ended', null, 0]);
    expect(most).toBeLessThanOrEqual(3);
    expect(times).toHaveLength(frames);
    // 200 frames; those in which the box is out of sight (60 px of each 380) are dropped by ffmpeg or counted as still.
    expect(frames + still).toBeGreaterThan(160);
    expect(times.every((t) => (t - T) % 40 === 0)).toBe(true);
  });

  it('has the times of its own frames: where the box is tells which they are', async () => {
    const { seen, stream } = watch(videoOf(film));
    await stream.ended;
    const shown = seen.filter((s) => s.box !== null && s.box > 2);
    expect(shown.length).toBeGreaterThan(15);
    for (const { box, capturedAt } of shown) expect(Math.abs((box as number) - boxAt((capturedAt - T) / 1000))).toBeLessThanOrEqual(2);
  });

  it('begins when its container says, else when its file was written less its length', async () => {
    const dated = await renderFilm(join(folder, 'dated.mp4'), { seconds: 2, createdAt: '2026-11-03T01:00:00Z' }), plain = await renderFilm(join(folder, 'plain.mp4'), { seconds: 2 });
    await utimes(plain, new Date(T), new Date(T));
    const first = async (path: string): Promise<number | undefined> => {
      const { seen, stream } = watch(videoOf(path, { startsAt: null }));
      await stream.ended;
      return seen[0]?.capturedAt;
    };
    expect(await first(dated)).toBe(Date.parse('2026-11-03T01:00:00Z'));
    expect(await first(plain)).toBe(T - 2000);
  });

  it('in real time takes as long as it was filmed', async () => {
    const short = await renderFilm(join(folder, 'short.mp4'), { seconds: 2 }), began = Date.now(), { stream } = watch(videoOf(short, { pace: 'real' }));
    await stream.ended;
    expect(Date.now() - began).toBeGreaterThan(1500);
  });

  it('over which ffmpeg was killed is begun anew, and no frame is given twice', async () => {
    const held: LiveFrame[] = [], times: number[] = [];
    const { stream } = watch(videoOf(film, { fps: 25 }), {
      buffers: 1, onFrame: (frame) => {
        times.push(frame.capturedAt);
        if (times.length === 30) held.push(frame);
        else frame.release();
      },
    });
    await until(() => held.length === 1, 'thirty frames');
    for (const { pid } of readers()) process.kill(pid, 'SIGKILL');
    held[0]?.release();
    await stream.ended;
    expect(stream.state()).toMatchObject({ state: 'ended', fault: null, reconnects: 1 });
    expect(new Set(times).size).toBe(times.length);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeGreaterThan(T + 7500);
  });

  it('with no film in it ends with what is wrong', async () => {
    const fault = async (path: string): Promise<string | null> => {
      const { stream } = watch(videoOf(path, { startsAt: null }));
      await stream.ended;
      expect(stream.state()).toMatchObject({ state: 'ended', frames: 0 });
      return stream.state().fault;
    };
    await writeFile(join(folder, 'empty.mkv'), '');
    await writeFile(join(folder, 'notes.mp4'), 'these are notes\n'.repeat(1000));
    await writeFile(join(folder, 'list.mp4'), '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n');
    expect(await fault(join(folder, 'empty.mkv'))).toBe('what comes is not a video that can be read');
    expect(await fault(join(folder, 'notes.mp4'))).toBe('what comes is not a video that can be read');
    expect(await fault(join(folder, 'list.mp4'))).not.toBeNull();
    expect(await fault(join(folder, 'none.mp4'))).toContain('There is no file or folder');
  });

  it('that is cut short gives what is there', async () => {
    const whole = await renderFilm(join(folder, 'whole.ts'), { seconds: 4 }), bytes = readFileSync(whole);
    await writeFile(join(folder, 'cut.ts'), bytes.subarray(0, bytes.length / 2));
    const { seen, stream } = watch(videoOf(join(folder, 'cut.ts')));
    await stream.ended;
    expect(seen.length).toBeGreaterThan(3);
    expect(stream.state().state).toBe('ended');
    await rm(whole);
  });

  it('is closed in the middle, also while it waits for its receiver', async () => {
    const held: LiveFrame[] = [], { stream } = watch(videoOf(film, { fps: 25 }), { buffers: 1, onFrame: (frame) => void held.push(frame) });
    await until(() => held.length === 1, 'a frame');
    await stream.close();
    expect(stream.state().state).toBe('closed');
    held[0]?.release();
    expect(held).toHaveLength(1);
  });
});
