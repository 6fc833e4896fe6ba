import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABEL_COLUMNS } from '../../src/accuracy/labels-csv.ts';
import { islamabadPlate, rendered, sindhPlate } from '../vision/rendered-plate.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'bench/reading.ts', ...args], { cwd: root, encoding: 'utf8' });
const contract = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('reading ')).map((line) => Object.fromEntries(line.split(' ').slice(1).map((field) => field.split('='))) as Record<string, string>);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-bench-'));
  await writeFile(join(folder, 'a.jpg'), await rendered(sindhPlate));
  await writeFile(join(folder, 'b.jpg'), await rendered(islamabadPlate));
  await writeFile(join(folder, 'grey.jpg'), await rendered({ width: 300, height: 200, ground: '#777777', texts: [] }));
  await writeFile(join(folder, 'labels.csv'), [LABEL_COLUMNS.join(','), 'cut,a.jpg,crop,0,0,320,150,BCV294,,SD,1,1,', 'cut,b.jpg,crop,0,0,320,150,AMD868,,IS,1,1,', 'negatives,grey.jpg,scene,0,0,0,0,,,,,0,', 'cut,a.jpg,crop,zero,0,0,0,X1,,,,1,'].join('\n'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run bench -- reading', { timeout: 120_000 }, () => {
  it('ends with a line a set that scripts can read: what is right, and how long it took beside ppocr in the same run', () => {
    const { status, stdout, stderr } = bench(folder, '--reader', 'tesseract');
    expect([status, stderr]).toEqual([0, expect.stringContaining('line 5')]);
    const [cut, negatives] = contract(stdout);
    expect(stdout.trimEnd().split('\n').slice(-2).every((line) => /^reading set=\S+ full=\S+ ms_ratio_ppocr=\d+\.\d+ /.test(line))).toBe(true);
    expect(cut).toMatchObject({ set: 'cut', n: '2', extra: '0', ppocr_full: '1.000', ppocr_mark: '1.000', reader: 'tesseract', pictures: '2', full: expect.stringMatching(/^[01]\.\d{3}$/) });
    expect(Number(cut?.['ms_ratio_ppocr'])).toBeCloseTo(Number(cut?.['ms']) / Number(cut?.['ppocr_ms']), 1);
    expect(negatives).toMatchObject({ set: 'negatives', full: '-', mark: '-', found: '-', n: '0', extra: '0' });
  });

  it('of ppocr against itself reads once', () => {
    const { stdout } = bench(folder, '--reader', 'ppocr', '--set', 'cut', '--pictures', '1');
    expect(contract(stdout)).toMatchObject([{ set: 'cut', full: '1.000', ms_ratio_ppocr: '1.000', n: '1' }]);
  });

  it.each([
    ['a folder without labels', [tmpdir(), '--labels', '/nowhere/labels.csv'], /no label file \/nowhere\/labels\.csv/],
    ['a set that is not there', ['fixtures', '--set', 'moon'], /No labels to measure .* for the sets moon/],
  ])('says what is wrong with %s', (_, args, message) => {
    const { status, stdout, stderr } = bench(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
