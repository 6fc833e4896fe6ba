import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { darwaza } from '../support/command-line.ts';

/** A plain plate, as text on a white ground: the reader's own tests cover real looks. */
const plate = (text: string): Promise<Buffer> => sharp(Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="360" height="120"><rect width="360" height="120" fill="#f4f4f0"/><rect x="4" y="4" width="352" height="112" fill="none" stroke="#111" stroke-width="4"/>
   <text x="180" y="86" font-family="DejaVu Sans, Liberation Sans, sans-serif" font-weight="bold" font-size="72" text-anchor="middle" fill="#111">${text}</text></svg>`,
)).jpeg({ quality: 92 }).toBuffer();

interface Line { file: string; width: number; height: number; plates: { text: string; mark: string; confidence: number; box: object; corners: number[][]; characters: { char: string; confidence: number }[] }[]; ms: object; error?: { code: string; message: string } }

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-read-'));
  await mkdir(join(folder, 'plates'));
  await writeFile(join(folder, 'plates', 'a.jpg'), await plate('BCS-036'));
  await writeFile(join(folder, 'plates', 'b.jpg'), await plate('AFN 902'));
  const picture = await plate('BCS-036');
  await writeFile(join(folder, 'cut.jpg'), picture.subarray(0, picture.length >> 1));
  await writeFile(join(folder, 'empty.jpg'), '');
  await writeFile(join(folder, 'text.jpg'), 'not a picture');
  await writeFile(join(folder, 'png-named.jpg'), await sharp(picture).png().toBuffer());
  await sharp({ create: { width: 900, height: 700, channels: 3, background: '#3a4450' } }).composite([{ input: await sharp(picture).resize(180).toBuffer(), left: 360, top: 430 }]).jpeg().toFile(join(folder, 'scene.jpg'));
  await sharp({ create: { width: 800, height: 600, channels: 3, background: '#777' } }).jpeg().toFile(join(folder, 'grey.jpg'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = async (...args: string[]) => {
  const done = await darwaza(['read', '--json', '--threads', '2', ...args], {}, folder);
  return { ...done, lines: done.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Line) };
};

describe('darwaza read --json', () => {
  it('prints one object a picture in the order given, good and bad, goes on after a bad one, and ends with 1', async () => {
    const { code, lines, stderr } = await read('--crop', 'plates/b.jpg', 'cut.jpg', 'empty.jpg', 'text.jpg', 'gone.jpg', 'gone', 'png-named.jpg', 'plates/a.jpg');
    expect(code).toBe(1);
    expect(stderr).toBe('');
    expect(lines.map((l) => [l.file, l.error?.code ?? l.plates[0]?.text])).toEqual([
      ['plates/b.jpg', 'AFN902'], ['cut.jpg', 'PICTURE_TRUNCATED'], ['empty.jpg', 'PICTURE_EMPTY'], ['text.jpg', 'PICTURE_NOT_A_PICTURE'],
      ['gone.jpg', 'FILE_NOT_FOUND'], ['gone', 'FILE_NOT_FOUND'], ['png-named.jpg', 'BCS036'], ['plates/a.jpg', 'BCS036'],
    ]);
    for (const line of lines.filter((l) => l.error)) expect(line.error?.message).toContain(line.file);
  });

  it('keeps the shape that other people\'s scripts use', async () => {
    const { code, lines } = await read('--crop', 'plates/a.jpg');
    expect(code).toBe(0);
    expect(lines).toEqual([{
      file: 'plates/a.jpg', width: 360, height: 120,
      plates: [expect.objectContaining({
        text: 'BCS036', mark: 'BCS-036', confidence: expect.any(Number), box: { x: expect.any(Number), y: expect.any(Number), width: expect.any(Number), height: expect.any(Number) },
        corners: Array.from({ length: 4 }, () => [expect.any(Number), expect.any(Number)]),
        characters: [...'BCS036'].map((char) => ({ char, confidence: expect.any(Number) })), alternatives: expect.any(Array), class: null, jurisdiction: null,
      })],
      ms: { decode: expect.any(Number), detect: expect.any(Number), read: expect.any(Number) },
    }]);
  });

  it('takes a folder as its pictures by name', async () => {
    expect((await read('--crop', 'plates')).lines.map((l) => l.file)).toEqual(['plates/a.jpg', 'plates/b.jpg']);
  });

  it('says so when there is no plate: an empty list and exit code 0', async () => {
    const { code, lines } = await read('grey.jpg');
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({ width: 800, height: 600, plates: [] });
  });

  it('says of a plate how it looks and how sure its finding is', async () => {
    expect((await read('--crop', 'plates/a.jpg')).lines[0]?.plates[0]).toMatchObject({ lines: 1, ground: 'white', legible: expect.any(Number) as number });
    const { lines } = await read('scene.jpg');
    expect(lines[0]?.plates).toMatchObject([{ text: 'BCS036', detection: expect.any(Number) as number }]);
  });

  it.each(['ppocr', 'tesseract'])('reads with %s when told so', async (reader) => {
    expect((await read('--crop', '--reader', reader, 'plates/a.jpg')).lines[0]?.plates[0]?.text).toBe('BCS036');
  });

  it('refuses a reader that is not there, naming those that are', async () => {
    const { code, stdout, stderr } = await read('--reader', 'crystal-ball', 'plates/a.jpg');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^READER_UNKNOWN: .*crystal-ball.*darwaza.*ppocr.*tesseract/);
  });
});

describe('darwaza read for people', () => {
  it('prints a line a plate', async () => {
    const { stdout } = await darwaza(['read', '--crop', 'plates/a.jpg'], {}, folder);
    expect(stdout).toMatch(/^plates\/a\.jpg: BCS-036 {2}\d+ % {2}at \d+,\d+ \d+x\d+\n$/);
  });
});
