import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameOfFile, listPictures, timeInName, UNPLACED_CAMERA } from '../../src/camera/picture-folder.ts';

const options = { isCamera: (id: string) => id === 'baleli-in-1', utcOffsetMinutes: 300, maxBytes: 1_000_000 };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-pictures-'));
  await mkdir(join(folder, 'baleli-in-1'));
  await mkdir(join(folder, 'empty'));
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).jpeg().toBuffer();
  for (const name of ['b.jpg', 'a.JPG', 'baleli-in-1/20261103T061502.200+0500.jpg', 'baleli-in-1/20261103T061501.900+0500.jpg', 'notes.txt', '.hidden.jpg']) {
    await writeFile(join(folder, name), picture);
  }
  const exif = { IFD2: { DateTimeOriginal: '2026:11:03 06:15:02' } };
  await writeFile(join(folder, 'phone.jpeg'), await sharp(picture).withExif(exif).jpeg().toBuffer());
  await writeFile(join(folder, 'phone-utc.jpeg'), await sharp(picture).withExif({ IFD2: { ...exif.IFD2, OffsetTimeOriginal: '+00:00' } }).jpeg().toBuffer());
  await utimes(join(folder, 'b.jpg'), new Date('2026-01-02T03:04:05Z'), new Date('2026-01-02T03:04:05Z'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('pictures of a folder', () => {
  it('are listed by name, sub-folders included, without other and hidden files', async () => {
    expect((await listPictures([folder])).map((f) => f.slice(folder.length + 1))).toEqual([
      'a.JPG', 'b.jpg', 'baleli-in-1/20261103T061501.900+0500.jpg', 'baleli-in-1/20261103T061502.200+0500.jpg', 'phone-utc.jpeg', 'phone.jpeg',
    ]);
  });

  it('named twice are taken once', async () => {
    expect(await listPictures([join(folder, 'b.jpg'), join(folder, 'b.jpg')])).toHaveLength(1);
  });

  it('that are not there are named', async () => {
    await expect(listPictures([join(folder, 'gone')])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', message: expect.stringContaining('gone') });
  });

  it('that hold none say so', async () => {
    await expect(listPictures([join(folder, 'empty')])).rejects.toMatchObject({ code: 'NO_PICTURES_FOUND' });
  });

  it('that point in a circle are a fault, not a hang', async () => {
    await symlink(join(folder, 'loop'), join(folder, 'loop'));
    await expect(listPictures([join(folder, 'loop')])).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await rm(join(folder, 'loop'));
  });
});

describe('camera and capture time of a picture', () => {
  const frame = (name: string, camera?: string) => frameOfFile(join(folder, name), { ...options, camera });

  it('come from the folder and the file name of a camera upload', async () => {
    expect(await frame('baleli-in-1/20261103T061502.200+0500.jpg')).toMatchObject({ cameraId: 'baleli-in-1', capturedAt: Date.parse('2026-11-03T06:15:02.200+05:00'), timeSource: 'camera' });
  });

  it('come from EXIF, in the offset it names or else the city\'s', async () => {
    expect(await frame('phone.jpeg')).toMatchObject({ cameraId: UNPLACED_CAMERA, capturedAt: Date.parse('2026-11-03T06:15:02+05:00'), timeSource: 'exif' });
    expect(await frame('phone-utc.jpeg')).toMatchObject({ capturedAt: Date.parse('2026-11-03T06:15:02Z') });
  });

  it('fall back on the file\'s date, and say so', async () => {
    expect(await frame('b.jpg')).toMatchObject({ capturedAt: Date.parse('2026-01-02T03:04:05Z'), timeSource: 'file' });
  });

  it('can be told', async () => expect((await frame('b.jpg', 'spezand-in-1')).cameraId).toBe('spezand-in-1'));

  it('are refused for a file over the limit, before it is read', async () => {
    await expect(frameOfFile(join(folder, 'b.jpg'), { ...options, maxBytes: 10 })).rejects.toMatchObject({ code: 'PICTURE_TOO_MANY_BYTES' });
  });

  it('keep the bytes as they are on the disk', async () => {
    const { bytes } = await frame('notes.txt');
    expect(bytes.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  });
});

describe('a time in a file name', () => {
  it.each([
    ['20261103T061502.200+0500.jpg', '2026-11-03T06:15:02.200+05:00'],
    ['20261103T011502Z.jpg', '2026-11-03T01:15:02Z'],
    ['20261103T061502_lane2.jpg', '2026-11-03T06:15:02+05:00'],
  ])('%s is read', (name, time) => expect(timeInName(name, 300)).toBe(Date.parse(time)));

  it.each(['car12.jpg', '20261303T061502.jpg', '20260230T000000Z.jpg', '2026-11-03.jpg', '20261103T061502'])('%s is none', (name) => expect(timeInName(name, 300)).toBeNull());
});
