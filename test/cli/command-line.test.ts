import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { darwaza } from '../support/command-line.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'darwaza-cli-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const COMMANDS = ['read', 'run', 'serve', 'start', 'import', 'import list', 'import register', 'list', 'list show', 'list versions', 'list rollback', 'list set', 'export', 'export passes', 'export journeys', 'simulate', 'migrate', 'doctor', 'config', 'key', 'key create', 'key list', 'key withdraw'];

describe('the command line', () => {
  it.concurrent.each(COMMANDS)('%s has a help with an example', async (command) => {
    const { code, stdout } = await darwaza([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}\S*.*(darwaza|npm start)/);
  });

  it('refuses an unknown flag, names it and stores nothing', async () => {
    const { code, stdout, stderr } = await darwaza(['run', '--frob', 'x'], { DARWAZA_DATA_DIR: join(folder, 'none') });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain("unknown option '--frob'");
  });

  it('refuses an unknown command', async () => expect((await darwaza(['fly'])).stderr).toContain("unknown command 'fly'"));

  it('refuses a misspelt setting before anything else', async () => {
    const { code, stderr } = await darwaza(['config'], { DARWAZA_PROT: '1' });
    expect(code).toBe(1);
    expect(stderr).toBe('CONFIG_INVALID: The setting DARWAZA_PROT is not usable: there is no such setting. "darwaza config --help" lists every setting.\n');
  });

  it('shows the settings in force and hides the database password', async () => {
    const { stdout } = await darwaza(['config', '--json'], { PORT: '9000', DATABASE_URL: 'postgres://u:geheim@db/x' });
    const settings = stdout.trim().split('\n').map((line) => JSON.parse(line) as { name: string; value: unknown });
    expect(settings.find((s) => s.name === 'PORT')?.value).toBe(9000);
    expect(settings.find((s) => s.name === 'DATABASE_URL')?.value).toBe('(set, hidden)');
    expect(stdout).not.toContain('geheim');
  });
});
