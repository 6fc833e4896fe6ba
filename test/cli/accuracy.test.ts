import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { darwaza } from '../support/command-line.ts';
import { islamabadPlate, rendered, scene, sindhPlate } from '../vision/rendered-plate.ts';

const HEADER = 'set,file,kind,x,y,w,h,text,text_full,region,lines,legible,notes';
/** The last label is wrong on purpose: a miss must be shown. */
const LABELS = [
  HEADER, 'gate,gate/car.jpg,scene,300,330,220,103,BCV294,,SD,1,1,', 'negatives,gate/grey.jpg,scene,0,0,0,0,,,,,0,',
  'cut,cut/a.jpg,crop,0,0,320,150,BCV294,,SD,1,1,', 'cut,cut/b.png,crop,0,0,320,150,AMD888,,IS,1,1,really AMD868',
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-accuracy-'));
  for (const name of ['gate', 'cut']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'gate/car.jpg'), await scene(900, 600, [{ drawing: sindhPlate, x: 300, y: 330, width: 220 }]));
  await sharp({ create: { width: 640, height: 480, channels: 3, background: '#777' } }).jpeg().toFile(join(folder, 'gate/grey.jpg'));
  await writeFile(join(folder, 'cut/a.jpg'), await rendered(sindhPlate));
  await writeFile(join(folder, 'cut/b.png'), await sharp(await rendered(islamabadPlate)).png().toBuffer());
  await writeFile(join(folder, 'cut/broken.jpg'), 'no picture');
  await writeFile(join(folder, 'labels.csv'), LABELS.join('\n'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const accuracy = (...args: string[]) => darwaza(['accuracy', '--reader', 'ppocr', '--threads', '2', ...args, '.'], {}, folder);
const objects = (stdout: string) => stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, any>);

describe('darwaza accuracy', () => {
  it('prints figures by set, region, lines and width, what the confidence means and what was misread, and writes the report', async () => {
    const { code, stdout } = await accuracy();
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => /^(gate|negatives|cut|SD|IS) /.test(line)).map((line) => line.split(/ {2,}/).slice(0, 5))).toEqual([
      ['gate', 'ppocr', '1', '1 100.0%', '1 100.0%'], ['negatives', 'ppocr', '0', '-', '-'], ['cut', 'ppocr', '2', '2 100.0%', '1 50.0%'],
      ['IS', 'ppocr', '1', '1 100.0%', '0 0.0%'], ['SD', 'ppocr', '2', '2 100.0%', '2 100.0%'],
    ]);
    expect(stdout).toMatch(/^width .*\n-.*\n> 120 px +ppocr +3 /m);
    expect(stdout).toMatch(/Expected calibration error 0\.\d{3} over 3 reads/);
    expect(stdout).toContain('misread: 8 read as 6 once');
    expect(stdout).toContain('Report: accuracy/index.html');
    expect((await readdir(join(folder, 'accuracy'))).toSorted()).toEqual(['calibration-ppocr.svg', 'confusion-ppocr.svg', 'index.html', 'misses.html', 'plates']);
    const sheet = await readFile(join(folder, 'accuracy/misses.html'), 'utf8');
    expect(sheet).toContain('AMD8<mark title="6 for 8">6</mark>8');
    expect(await readdir(join(folder, 'accuracy/plates'))).toEqual(['0001.jpg']);
    expect((await sharp(join(folder, 'accuracy/plates/0001.jpg')).metadata()).height).toBe(128);
  });

  it('puts several readers side by side, and as JSON gives an object a line', async () => {
    const { code, stdout } = await darwaza(['accuracy', '--json', '--reader', 'ppocr,tesseract', '--set', 'cut', '--out', 'both', '.'], {}, folder);
    expect(code).toBe(0);
    const all = objects(stdout);
    expect(all.filter((o) => o['kind'] === 'figures' && o['by'] === 'set').map((o) => [o['reader'], o['group'], o['n'], typeof o['msMedian']])).toEqual([['ppocr', 'cut', 2, 'number'], ['tesseract', 'cut', 2, 'number']]);
    expect(all.filter((o) => o['kind'] === 'calibration').map((o) => o['bins'].length)).toEqual([10, 10]);
    expect(all.filter((o) => o['kind'] === 'confusion').map((o) => o['reader'])).toEqual(['ppocr', 'tesseract']);
    expect(all.at(-1)).toEqual({ kind: 'report', file: 'both/index.html' });
    expect(await readFile(join(folder, 'both/index.html'), 'utf8')).toMatch(/<th scope="row">cut<\/th><td>ppocr<\/td>.*\n<tr><th scope="row">cut<\/th><td>tesseract<\/td>/);
  });

  it('replaces a report that was there and leaves other files alone', async () => {
    await mkdir(join(folder, 'kept/plates'), { recursive: true });
    for (const name of ['plates/0099.jpg', 'plates/mine.jpg', 'notes.txt']) await writeFile(join(folder, 'kept', name), '');
    await accuracy('--set', 'cut', '--out', 'kept');
    expect(['plates/0099.jpg', 'plates/mine.jpg', 'notes.txt', 'plates/0001.jpg'].map((name) => existsSync(join(folder, 'kept', name)))).toEqual([false, true, true, true]);
  });

  it('names each row that cannot be used by its line and each picture that is none, counts the rest, and ends with 1', async () => {
    await writeFile(join(folder, 'faulty.csv'), [...LABELS, 'gate,gate/gone.jpg,scene,1,2,3,4,ABC123,,,,1,', 'gate,gate/car.jpg,scene,one,2,3,4,ABC123,,,,1,', 'gate,../other.jpg,scene,1,2,3,4,ABC123,,,,1,', 'cut,cut/broken.jpg,crop,0,0,9,9,ABC123,,,,1,', 'half,a'].join('\n'));
    const { code, stdout, stderr } = await accuracy('--json', '--labels', 'faulty.csv', '--out', 'faulty');
    expect(code).toBe(1);
    const all = objects(stdout);
    expect(all.filter((o) => o['kind'] === 'fault').map((o) => [o['line'], o['code']])).toEqual([[6, 'FILE_NOT_FOUND'], [7, 'LABEL_NUMBER'], [8, 'LABEL_FILE'], [10, 'CSV_COLUMNS']]);
    expect(all.filter((o) => o['kind'] === 'unusable')).toEqual([{ kind: 'unusable', file: 'cut/broken.jpg', code: 'PICTURE_NOT_A_PICTURE', message: expect.stringContaining('broken.jpg') }]);
    expect(all.find((o) => o['group'] === 'cut')).toMatchObject({ n: 3, found: 2, unanswered: 1 });
    expect(stderr).toContain('faulty.csv line 7, x: LABEL_NUMBER: The column "x" says "one"');
    expect(await readFile(join(folder, 'faulty/index.html'), 'utf8')).toContain('faulty.csv line 10');
  });

  it.each([
    ['a label file that is not there', ['--labels', 'none.csv', '.'], /^FILE_NOT_FOUND: .*none\.csv/],
    ['a folder that is not there', ['--labels', 'labels.csv', 'nowhere'], /^FILE_NOT_FOUND: .*nowhere/],
    ['a folder as label file', ['--labels', 'gate', '.'], /^FILE_UNREADABLE: .*gate.*EISDIR/],
    ['a set that is not there', ['--set', 'moon', '.'], /^ARGUMENT_INVALID: .*--set.*moon.*gate, negatives, cut/],
    ['a reader that is not there', ['--reader', 'ppocr,crystal', '.'], /^READER_UNKNOWN: .*crystal/],
    ['a label file of something else', ['--labels', 'gate/grey.jpg', '.'], /^LABELS_UNUSABLE: .*line 1/],
  ])('refuses %s in one line', async (_, args, message) => {
    const { code, stdout, stderr } = await darwaza(['accuracy', '--out', 'refused', ...args], {}, folder);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it('says when the report cannot be written', async () => {
    const { code, stderr } = await accuracy('--set', 'cut', '--out', 'labels.csv/report');
    expect(code).toBe(1);
    expect(stderr).toContain('FOLDER_UNWRITABLE: The folder labels.csv/report cannot be written (ENOTDIR)');
  });

  it('says what it does, with an example', async () => {
    const { stdout } = await darwaza(['accuracy', '--help']);
    expect(stdout).toContain('darwaza accuracy --labels labels.csv --reader ppocr,tesseract');
  });
});
