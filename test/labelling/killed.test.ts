import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LabelFile } from '../../src/labelling/label-file.ts';

const program = fileURLToPath(new URL('../support/labelling-process.ts', import.meta.url));

/** Labels from picture `from` on, is killed while it does so, and gives the last picture whose label was said to be saved. */
function labelUntilKilled(folder: string, from: number, labels: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, folder, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.split('\n').length > labels) child.kill('SIGKILL');
    });
    child.once('error', reject).once('close', () => resolve(Number(told.trimEnd().split('\n').at(-1))));
  });
}

describe('a labelling process killed at any moment', () => {
  it('loses no label that it said was saved, and leaves a whole file', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'darwaza-label-killed-'));
    try {
      let saved = -1;
      for (const labels of [1, 7, 30, 60]) {
        saved = await labelUntilKilled(folder, saved + 1, labels);
        const file = await LabelFile.open(folder);
        expect(Array.from({ length: saved + 1 }, (_, i) => file.of(`${i}.jpg`)?.labels[0]?.text)).toEqual(Array.from({ length: saved + 1 }, (_, i) => `AB${i}`));
        // One more may be on the disk: killed after it was saved and before it was said.
        expect(file.of(`${saved + 2}.jpg`)).toBeNull();
        expect(await readdir(folder)).toEqual(['labels.csv']);
      }
      expect(saved).toBeGreaterThan(90);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
