import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureStreamClock, referenceTimes } from '../../src/camera/stream-clock.ts';
import { FRAME_SETTINGS, type RtspSource } from '../../src/camera/stream-sources.ts';
import { filmFolder, hasFfmpeg, renderFilm } from '../support/rendered-film.ts';
import { startRtspServer, type RtspServer } from '../support/rtsp-server.ts';

let camera: RtspServer, dated: RtspServer, remove: () => Promise<void>;
const DATE_AHEAD_MS = 90_000;

beforeAll(async () => {
  if (!hasFfmpeg) return;
  const made = await filmFolder(), film = await renderFilm(join(made.folder, 'film.mp4'), { seconds: 4 });
  remove = made.remove;
  camera = await startRtspServer({ film, login: { username: 'u', password: 'geheim' } });
  dated = await startRtspServer({ film, date: () => new Date(Date.now() + DATE_AHEAD_MS) });
});
afterAll(async () => {
  if (!hasFfmpeg) return;
  await camera.close();
  await dated.close();
  await remove();
});

const source = (url: string): RtspSource => ({ kind: 'rtsp', camera: 'baleli-in-1', url, login: { username: 'u', password: () => 'geheim' }, ...FRAME_SETTINGS });

describe.skipIf(!hasFfmpeg)('the clock of a camera', { timeout: 60_000 }, () => {
  it.each([0, 1000, 68_000, -7_200_000])('that is %i ms ahead is measured by its sender reports', async (shift) => {
    camera.shiftClock(shift);
    const measured = await measureStreamClock(source(camera.url));
    expect(measured).toMatchObject({ from: 'sender-reports' });
    // What is missing is the delay of this machine, which may be busy.
    expect(Math.abs((measured?.offsetMs as number) - shift)).toBeLessThan(400);
  });

  it('is told by the date of its answers when it sends no reports, to a second', async () => {
    dated.stall(true);
    const measured = await measureStreamClock(source(dated.url), { waitMs: 1000 });
    expect(measured?.from).toBe('date-header');
    expect(Math.abs((measured?.offsetMs as number) - DATE_AHEAD_MS)).toBeLessThanOrEqual(measured?.spreadMs as number);
  });

  it('that counts from its start and not by the calendar is not measured', async () => {
    camera.shiftClock(-50 * 365 * 86_400_000);
    expect(await measureStreamClock(source(camera.url), { waitMs: 8000 })).toBeNull();
    camera.shiftClock(0);
  });

  it('of a camera that is not there, refuses us or has no clock is unknown, without a fault', async () => {
    camera.refuse(true);
    expect(await measureStreamClock(source(camera.url), { waitMs: 2000 })).toBeNull();
    camera.refuse(false);
    expect(await measureStreamClock(source('rtsp://127.0.0.1:9/none'), { waitMs: 2000 })).toBeNull();
    expect(await measureStreamClock(source(camera.url), { waitMs: 2000, ffmpeg: '/nowhere/ffmpeg' })).toBeNull();
  });
});

describe('times in an MP4', () => {
  const box = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + body.length);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const reference = (at: number): Buffer => {
    const body = Buffer.alloc(24), since1900 = at + 2_208_988_800_000;
    body.writeUInt32BE(Math.floor(since1900 / 1000), 8);
    body.writeUInt32BE(Math.floor(((since1900 % 1000) / 1000) * 2 ** 32), 12);
    return box('prft', body);
  };

  it('are found between other boxes, in whatever pieces the file comes', () => {
    const times = fc.array(fc.record({ at: fc.integer({ min: Date.parse('2015-01-01'), max: Date.parse('2035-01-01') }), between: fc.uint8Array({ maxLength: 90 }) }), { maxLength: 20 });
    fc.assert(fc.property(times, fc.integer({ min: 1, max: 70 }), (given, size) => {
      const file = Buffer.concat([box('ftyp', Buffer.alloc(12)), ...given.flatMap(({ at, between }) => [reference(at), box('moof', Buffer.from(between)), box('mdat', Buffer.from(between))])]);
      const got: number[] = [], read = referenceTimes((at) => got.push(Math.round(at)));
      for (let at = 0; at < file.length; at += size) read(file.subarray(at, at + size));
      expect(got).toEqual(given.map(({ at }) => at));
    }));
  });

  it('are none in what is no MP4, whatever it is', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (pieces) => {
      const read = referenceTimes(() => undefined);
      for (const piece of pieces) read(piece);
    }));
  });
});
