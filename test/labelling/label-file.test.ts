import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlateLabel } from '../../src/accuracy/label.ts';
import { LABEL_COLUMNS } from '../../src/accuracy/labels-csv.ts';
import { LabelFile } from '../../src/labelling/label-file.ts';
import { labelled } from '../accuracy/labelled.ts';

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'darwaza-labels-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

const HEADER = LABEL_COLUMNS.join(',');
const path = () => join(folder, 'labels.csv');
const content = () => readFile(path(), 'utf8');
const nothing = (file: string): PlateLabel => labelled({ file, box: { x: 0, y: 0, width: 0, height: 0 }, text: '', region: '', lines: null, legible: false, notes: 'no plate' });
async function put(file: LabelFile, picture: string, labels: readonly PlateLabel[], finished = true): Promise<void> {
  await file.put(picture, { labels: labels.map((label) => ({ ...label, file: picture })), finished }, nothing(picture));
}

describe('the label file', () => {
  it('is made by the first answer, a row a plate', async () => {
    const file = await LabelFile.open(folder);
    expect(existsSync(path())).toBe(false);
    await put(file, 'a.jpg', [labelled({ notes: 'bent, "dusty"' })]);
    expect(await content()).toBe(`${HEADER}\ngate,a.jpg,scene,100,100,100,40,BCS036,,SD,1,1,"bent, ""dusty"""\n`);
  });

  it('knows what was labelled when it is opened again', async () => {
    const first = await LabelFile.open(folder);
    await put(first, 'a.jpg', [labelled(), labelled({ text: 'AFN902' })]);
    await put(first, 'b.jpg', []);
    const again = await LabelFile.open(folder);
    expect(again.of('a.jpg')).toEqual({ finished: true, labels: [labelled(), labelled({ text: 'AFN902' })] });
    expect(again.of('b.jpg')).toEqual({ finished: true, labels: [] });
    expect(again.of('c.jpg')).toBeNull();
  });

  it('says of a picture of which not all is answered that it is unfinished, and takes that word away at the end', async () => {
    const file = await LabelFile.open(folder);
    await put(file, 'a.jpg', [labelled({ notes: 'bolt' })], false);
    expect(await content()).toContain(',unfinished bolt\n');
    expect((await LabelFile.open(folder)).of('a.jpg')).toEqual({ finished: false, labels: [labelled({ notes: 'bolt' })] });
    await put(file, 'a.jpg', [labelled({ notes: 'bolt' }), labelled()]);
    expect(await content()).not.toContain('unfinished');
  });

  it('forgets a picture whose answers were all undone', async () => {
    const file = await LabelFile.open(folder);
    await put(file, 'a.jpg', [labelled()]);
    await put(file, 'a.jpg', [], false);
    expect(await content()).toBe(`${HEADER}\n`);
    expect(file.of('a.jpg')).toBeNull();
  });

  it('replaces the rows of a picture in their place and leaves all others as they are, with columns of its own', async () => {
    await writeFile(path(), `weather,${HEADER}\ndust,gate,x.jpg,scene,1,2,30,40,ABC 123,,PB,1,1,\nrain,gate,a.jpg,scene,1,2,3,4,OLD1,,,1,1,\nhaze,gate,y.jpg,crop,,,,,XYZ9,,,,1,\n`);
    const file = await LabelFile.open(folder);
    await put(file, 'a.jpg', [labelled()]);
    const lines = (await content()).trimEnd().split('\n');
    expect(lines[0]).toBe(`${HEADER},weather`);
    expect(lines.slice(1)).toEqual(['gate,x.jpg,scene,1,2,30,40,ABC 123,,PB,1,1,,dust', 'gate,a.jpg,scene,100,100,100,40,BCS036,,SD,1,1,,', 'gate,y.jpg,crop,,,,,XYZ9,,,,1,,haze']);
  });

  it('keeps what someone else wrote into it meanwhile', async () => {
    const file = await LabelFile.open(folder);
    await put(file, 'a.jpg', [labelled()]);
    await writeFile(path(), `${await content()}gate,b.jpg,scene,1,2,3,4,BYHAND1,,,1,1,\n`);
    await put(file, 'c.jpg', [labelled()]);
    expect((await content()).split('\n').map((line) => line.split(',')[1])).toEqual(['file', 'a.jpg', 'b.jpg', 'c.jpg', undefined]);
  });

  it('takes many answers at once, one after the other, and loses none', async () => {
    const file = await LabelFile.open(folder);
    await Promise.all(Array.from({ length: 40 }, (_, i) => put(file, `${i % 20}.jpg`, [labelled({ text: `AB${i}` })])));
    const again = await LabelFile.open(folder);
    expect(Array.from({ length: 20 }, (_, i) => again.of(`${i}.jpg`)?.labels[0]?.text)).toEqual(Array.from({ length: 20 }, (_, i) => `AB${i + 20}`));
    expect(await readdir(folder)).toEqual(['labels.csv']);
  });

  it('with a row that cannot be read is not touched: the row would be lost', async () => {
    const bad = `${HEADER}\ngate,a.jpg,scene,one,2,3,4,ABC123,,,1,1,\n`;
    await writeFile(path(), bad);
    await expect(LabelFile.open(folder)).rejects.toMatchObject({ code: 'LABELS_UNUSABLE', message: expect.stringContaining('line 2: The column "x" says "one"') });
    await writeFile(path(), `${HEADER}\n`);
    const file = await LabelFile.open(folder);
    await writeFile(path(), bad);
    await expect(put(file, 'b.jpg', [labelled()])).rejects.toMatchObject({ code: 'LABELS_UNUSABLE' });
    expect(await content()).toBe(bad);
    await writeFile(path(), `${HEADER}\n`);
    await put(file, 'b.jpg', [labelled()]);
    expect((await content()).split('\n')).toHaveLength(3);
  });

  it('stays whole where it cannot be written, and says so', async () => {
    const file = await LabelFile.open(folder);
    await put(file, 'a.jpg', [labelled()]);
    const before = await content();
    // A folder in the place of the file to be written first stops every user, root too.
    await mkdir(join(folder, `.labels.csv.${process.pid}.tmp`));
    await writeFile(join(folder, `.labels.csv.${process.pid}.tmp`, 'full'), '');
    await expect(put(file, 'b.jpg', [labelled()])).rejects.toMatchObject({ code: 'FOLDER_UNWRITABLE' });
    expect(await content()).toBe(before);
    expect(file.of('b.jpg')).toBeNull();
  });

  it('sweeps away what a killed process left half-written', async () => {
    await writeFile(join(folder, '.labels.csv.12345.tmp'), 'set,fi');
    await LabelFile.open(folder);
    expect(await readdir(folder)).toEqual([]);
  });
});
