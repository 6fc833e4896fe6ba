import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../src/camera/frame.ts';
import type { FolderSource } from '../../src/camera/stream-sources.ts';
import { createWatchedFolder, type WatchedFolder, type WatchedFolderParts } from '../../src/camera/watched-folder.ts';
import { DarwazaError } from '../../src/core/errors.ts';

const SETTLE_MS = 150;
let folder: string, picture: Buffer, submitted: Frame[], lines: string[];
const open: WatchedFolder[] = [];

beforeAll(async () => {
  picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'red' } }).jpeg().toBuffer();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-drop-'));
  submitted = [];
  lines = [];
  await mkdir(join(folder, 'baleli-in-1'));
});
afterEach(async () => {
  for (const part of open.splice(0)) await part.close();
  await rm(folder, { recursive: true, force: true });
});

function watch(parts: Partial<WatchedFolderParts> = {}, source: Partial<FolderSource> = {}): WatchedFolder {
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const submit = (frame: Frame): Promise<void> => Promise.resolve(void submitted.push(frame));
  const watched = createWatchedFolder({ kind: 'folder', camera: null, path: folder, keepDone: true, ...source }, {
    log, submit, isCamera: (id) => id === 'baleli-in-1', utcOffsetMinutes: 300, maxBytes: 1_000_000, settleMs: SETTLE_MS, unfinishedMs: 1500, sweepMs: 200, ...parts,
  });
  open.push(watched);
  return watched;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await pause(20);
  }
}
const names = async (...below: string[]): Promise<string[]> => (await readdir(join(folder, ...below)).catch(() => [])).sort();
const drop = (name: string, bytes: Buffer = picture): Promise<void> => writeFile(join(folder, name), bytes);

describe('a watched folder', () => {
  it('takes pictures with the camera of their folder and their time, and moves them away', async () => {
    watch();
    await drop('baleli-in-1/20261103T061502.200+0500.jpg');
    await until(async () => (await names('done', 'baleli-in-1')).length === 1, 'the picture is done');
    expect(submitted).toMatchObject([{ cameraId: 'baleli-in-1', capturedAt: Date.parse('2026-11-03T06:15:02.200+05:00'), timeSource: 'camera' }]);
    expect(submitted[0]?.bytes.equals(picture)).toBe(true);
    expect(await names('baleli-in-1')).toEqual([]);
    expect(await readFile(join(folder, 'done/baleli-in-1/20261103T061502.200+0500.jpg'))).toEqual(picture);
  });

  it('takes those that were there before, in the order of their names, and those in new folders', async () => {
    for (const n of [3, 1, 2]) await drop(`baleli-in-1/2026110${n}T061502+0500.jpg`);
    const watched = watch();
    await until(() => submitted.length === 3, 'three pictures');
    expect(submitted.map((f) => new Date(f.capturedAt + 18_000_000).getUTCDate())).toEqual([1, 2, 3]);
    await mkdir(join(folder, 'lane-2/deep'), { recursive: true });
    await drop('lane-2/deep/a.jpg');
    await until(() => watched.state().taken === 4, 'the fourth');
  });

  it('is one camera\'s when the settings say so, and deletes what is done when told to', async () => {
    watch({}, { camera: 'spezand-in-1', keepDone: false });
    await drop('baleli-in-1/a.jpg');
    await until(async () => (await names('baleli-in-1')).length === 0, 'the picture is gone');
    expect(submitted.map((f) => f.cameraId)).toEqual(['spezand-in-1']);
    expect(await names('done')).toEqual([]);
  });

  it('waits until a picture that comes in pieces is whole', async () => {
    watch();
    for (let at = 0; at < picture.length; at += Math.ceil(picture.length / 6)) {
      await appendFile(join(folder, 'slow.jpg'), picture.subarray(at, at + Math.ceil(picture.length / 6)));
      await pause(SETTLE_MS * 0.8);
    }
    await until(() => submitted.length > 0, 'the picture');
    expect(submitted.map((f) => f.bytes.equals(picture))).toEqual([true]);
  });

  it('waits longer for one whose end is missing: its upload stands still', async () => {
    watch();
    await drop('halting.jpg', picture.subarray(0, picture.length / 2));
    await pause(SETTLE_MS * 4);
    expect(submitted).toEqual([]);
    await appendFile(join(folder, 'halting.jpg'), picture.subarray(picture.length / 2));
    await until(() => submitted.length > 0, 'the picture');
    expect(submitted[0]?.bytes.equals(picture)).toBe(true);
  });

  it('hands one on in the end that stays without its end, so that somebody is told', async () => {
    watch({ submit: (frame) => Promise.reject(new DarwazaError('PICTURE_TRUNCATED', { name: frame.name })) });
    await drop('cut.jpg', picture.subarray(0, picture.length / 2));
    await until(async () => (await names('refused')).length === 2, 'the picture is refused');
    expect(await readFile(join(folder, 'refused/cut.jpg.txt'), 'utf8')).toMatch(/^PICTURE_TRUNCATED: .*cut short or damaged/);
  });

  it('takes neither half-sent names nor hidden ones nor other files, until they are renamed', async () => {
    watch();
    for (const name of ['.a.jpg', 'b.jpg.part', 'c.tmp', 'notes.txt', 'Thumbs.db']) await drop(name);
    await pause(SETTLE_MS * 4);
    expect(submitted).toEqual([]);
    await rename(join(folder, 'b.jpg.part'), join(folder, 'b.jpg'));
    await until(() => submitted.length === 1, 'the renamed one');
    expect(await names()).toEqual(['.a.jpg', 'Thumbs.db', 'baleli-in-1', 'c.tmp', 'done', 'notes.txt']);
  });

  it('takes a name that the camera uses again as another picture, and overwrites nothing', async () => {
    const watched = watch(), other = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'blue' } }).jpeg().toBuffer();
    await drop('car.jpg');
    await until(() => watched.state().taken === 1, 'the first');
    await drop('car.jpg', other);
    await until(async () => (await names('done')).length === 2, 'the second');
    expect(await readFile(join(folder, 'done/car.jpg'))).toEqual(picture);
    expect(await readFile(join(folder, 'done/car~2.jpg'))).toEqual(other);
  });

  it('leaves one that was replaced while it was handed on, and takes the new one too', async () => {
    const other = await sharp({ create: { width: 80, height: 48, channels: 3, background: 'blue' } }).jpeg().toBuffer();
    let first = true;
    const watched = watch({
      submit: async (frame) => {
        submitted.push(frame);
        if (first) await writeFile(join(folder, 'car.jpg'), other);
        first = false;
      },
    });
    await drop('car.jpg');
    await until(() => watched.state().taken === 2, 'both');
    expect(submitted.map((f) => f.bytes.length)).toEqual([picture.length, other.length]);
  });
});

describe('what is not taken', () => {
  it('for the sender\'s fault goes to refused/ with the reason beside it, and the rest goes on', async () => {
    watch({ submit: async (frame) => (frame.name.includes('bad') ? Promise.reject(new DarwazaError('PICTURE_NOT_A_PICTURE', { name: 'bad.jpg' })) : void submitted.push(frame)) });
    await drop('baleli-in-1/bad.jpg');
    await drop('baleli-in-1/good.jpg');
    await drop('baleli-in-1/huge.jpg', Buffer.concat([Buffer.alloc(1_000_001), Buffer.from([0xff, 0xd9])]));
    await until(async () => (await names('refused', 'baleli-in-1')).length === 4 && (await names('done', 'baleli-in-1')).length === 1, 'all are decided');
    expect(await names('refused', 'baleli-in-1')).toEqual(['bad.jpg', 'bad.jpg.txt', 'huge.jpg', 'huge.jpg.txt']);
    expect(await readFile(join(folder, 'refused/baleli-in-1/huge.jpg.txt'), 'utf8')).toContain('more than 1 MB');
  });

  it('for lack of room stays where it is, and is taken when there is room', async () => {
    let busy = true;
    const watched = watch({ submit: async (frame) => (busy ? Promise.reject(new DarwazaError('BUSY', { waiting: 64, seconds: 1 })) : void submitted.push(frame)) });
    for (const n of [1, 2, 3]) await drop(`${n}.jpg`);
    await until(() => watched.state().waiting === 3, 'three wait');
    await pause(SETTLE_MS * 3);
    expect(await names('refused')).toEqual([]);
    busy = false;
    await until(() => watched.state().taken === 3, 'all are taken');
    expect(watched.state()).toMatchObject({ refused: 0, waiting: 0, fault: null });
  });

  it('for a fault of ours stays too, and the log says so without the picture\'s words', async () => {
    let broken = true;
    const watched = watch({ submit: () => (broken ? Promise.reject(new Error('LEB-17-4201')) : Promise.resolve()) });
    await drop('a.jpg');
    await until(() => lines.length > 0, 'a line');
    broken = false;
    await until(() => watched.state().taken === 1, 'it is taken');
    expect(lines.join('')).not.toContain('LEB');
  });
});

describe('after the end of the program', () => {
  it('at any point nothing is lost: what was under way is handed on again, what is done is not', async () => {
    for (let n = 0; n < 12; n++) await drop(`${n}.jpg`);
    const ids = (): string[] => submitted.map((f) => f.name.slice(folder.length + 1));
    let left = 5;
    const first = watch({
      submit: (frame) => {
        submitted.push(frame);
        // It dies after the frame was kept and before the file was moved.
        return left-- > 0 ? Promise.resolve() : new Promise(() => undefined);
      },
    });
    await until(() => submitted.length >= 9, 'some hang');
    void first;
    open.splice(0);
    const second = watch();
    await until(async () => (await names('done')).length === 12, 'all are done');
    expect(new Set(ids()).size).toBe(12);
    expect(second.state().taken).toBe(7);
  });

  it('closing lets what is under way come to its end, and takes nothing more', async () => {
    let release = (): void => undefined;
    const watched = watch({ submit: (frame) => new Promise<void>((resolve) => { submitted.push(frame); release = resolve; }) });
    await drop('a.jpg');
    await until(() => submitted.length === 1, 'it is under way');
    const closed = watched.close();
    await drop('b.jpg');
    release();
    await closed;
    expect(await names('done')).toEqual(['a.jpg']);
    await pause(SETTLE_MS * 3);
    expect(submitted).toHaveLength(1);
  });
});

describe('a folder that cannot be used', () => {
  it('is a state, not an end: it is taken up when it is there', async () => {
    const later = join(folder, 'later'), watched = watch({}, { path: later });
    await until(() => watched.state().fault !== null, 'a fault');
    expect(watched.state().fault).toContain('ENOENT');
    await mkdir(later);
    await drop('later/a.jpg');
    await until(() => watched.state().taken === 1, 'it is taken');
    expect(watched.state().fault).toBeNull();
    expect(lines.filter((line) => line.includes('cannot be used'))).toHaveLength(1);
  });

  it('to move out of does not make a picture be taken twice', async () => {
    await writeFile(join(folder, 'done'), 'a file where the folder should be');
    const watched = watch();
    await drop('a.jpg');
    await until(() => watched.state().taken === 1, 'it is taken');
    await pause(SETTLE_MS * 6);
    expect(submitted).toHaveLength(1);
    expect(lines.join('')).toContain('cannot be moved away');
  });

  it.skipIf(process.getuid?.() === 0)('to read is refused for that picture alone', async () => {
    const watched = watch();
    await drop('closed.jpg');
    await chmod(join(folder, 'closed.jpg'), 0);
    await drop('open.jpg');
    await until(() => watched.state().taken === 1, 'the other is taken');
  });
});
