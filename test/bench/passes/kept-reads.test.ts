import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeptReads } from '../../../bench/passes/kept-reads.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-kept-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('kept reads', () => {
  it('are those of the very scene, also for the next run', () => {
    const kept = new KeptReads(join(folder, 'a'));
    expect(kept.of('two ways', [{ fps: 5 }, 1])).toBeNull();
    kept.keep('two ways', [{ fps: 5 }, 1], [{ moving: [], reads: null }]);
    expect(new KeptReads(join(folder, 'a')).of('two ways', [{ fps: 5 }, 1])).toEqual([{ moving: [], reads: null }]);
    expect(kept.of('two ways', [{ fps: 5 }, 2])).toBeNull();
    expect(kept.of('two ways', [{ fps: 10 }, 1])).toBeNull();
  });

  it('lie in files that say whose they are, without anything half written', async () => {
    const kept = new KeptReads(join(folder, 'b'));
    kept.keep('highway, 5 fps', 1, []);
    expect(await readdir(join(folder, 'b'))).toEqual([expect.stringMatching(/^highway-5-fps-[0-9a-f]{16}\.json\.gz$/)]);
  });
});
