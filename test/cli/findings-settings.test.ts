import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFindingsSettings } from '../../src/cli/instance.ts';
import { readConfig } from '../../src/core/config.ts';
import { FINDINGS_SETTINGS, type FindingsSettings } from '../../src/pipeline/findings-settings.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-findings-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function loaded(text: string): Promise<FindingsSettings> {
  const path = join(folder, 'findings.json');
  await writeFile(path, text);
  return loadFindingsSettings(readConfig({ DARWAZA_FINDINGS: path }));
}

describe('the settings of findings', () => {
  it('are as shipped without a file', () => expect(loadFindingsSettings(readConfig({}))).toBe(FINDINGS_SETTINGS));

  it('are those of the guide, which says what is shipped', async () => {
    const { readFile } = await import('node:fs/promises');
    const guide = await readFile(new URL('../../docs/findings.md', import.meta.url), 'utf8'), example = /```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    const { clockErrorsMs, ...rest } = await loaded(example);
    expect(clockErrorsMs).toEqual({ 'lak-pass-out-1': 68_000 });
    expect({ ...rest, clockErrorsMs: {} }).toEqual(FINDINGS_SETTINGS);
  });

  it('say what is wrong with a file and where, all at once', async () => {
    const wrong = '{"windowDays": 0, "patterns": {"nights": "many"}, "convoy": {}}';
    await expect(loaded(wrong)).rejects.toMatchObject({ code: 'FINDINGS_INVALID' });
    await expect(loaded(wrong)).rejects.toThrow(/windowDays[\s\S]*patterns\.nights/);
    await expect(loaded('{')).rejects.toMatchObject({ code: 'FINDINGS_INVALID' });
    expect(() => loadFindingsSettings(readConfig({ DARWAZA_FINDINGS: join(folder, 'none.json') }))).toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }));
  });
});
