import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { darwaza, startDarwaza } from '../support/command-line.ts';

let folder: string;
const path = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darwaza-start-'));
  await writeFile(path('a-file'), 'not a folder');
  await writeFile(path('broken.json'), '{"city":');
  await writeFile(path('faulty.json'), JSON.stringify({ city: { name: 'X' } }));
  await writeFile(path('list.csv'), 'mark,kind,reason,owner,action,expires\nBCS-036,stolen,FIR 1,Police,stop,\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a user sees: one line that begins with the code, no stack trace. */
async function fault(args: string[], settings: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await darwaza(args, { DARWAZA_DATA_DIR: path('data'), ...settings });
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/\n\s+at |node:internal/);
  return stdout + stderr;
}

describe('a start that cannot be', () => {
  it('names the data folder that is a file', async () => {
    expect(await fault(['migrate'], { DARWAZA_DATA_DIR: path('a-file') })).toMatch(/^DATA_FOLDER_UNWRITABLE: The data folder .*a-file cannot be written/);
  });

  it('names the data folder on a read-only file system', async () => {
    expect(await fault(['migrate'], { DARWAZA_DATA_DIR: '/proc/darwaza' })).toMatch(/^DATA_FOLDER_UNWRITABLE: The data folder \/proc\/darwaza cannot be written/);
  });

  it('names the database server that does not answer, and not its password', async () => {
    const text = await fault(['migrate'], { DATABASE_URL: 'postgres://someone:geheim@127.0.0.1:1/darwaza' });
    expect(text).toMatch(/^DATABASE_UNAVAILABLE: The database at 127\.0\.0\.1:1\S* does not answer/);
    expect(text).not.toContain('geheim');
  });

  it('names the register that is not there, that is not JSON, and every fault of one', async () => {
    expect(await fault(['serve'], { DARWAZA_REGISTER: path('gone.json') })).toMatch(/^FILE_NOT_FOUND: .*gone\.json/);
    expect(await fault(['serve'], { DARWAZA_REGISTER: path('broken.json') })).toMatch(/^REGISTER_INVALID: .*broken\.json has faults:\n {2}it is not JSON/);
    expect(await fault(['serve'], { DARWAZA_REGISTER: path('faulty.json') })).toMatch(/^REGISTER_INVALID: [\s\S]*city\.timeZone: [\s\S]*sites: [\s\S]*cameras: /);
  });

  it('names the plate series that are faulty', async () => {
    await writeFile(path('series.json'), JSON.stringify({ series: [{ id: 'BA-9', jurisdiction: 'BA', name: 'x', certainty: 'H', letters: ['QT?'], digits: '3', examples: ['LEA-12'] }] }));
    expect(await fault(['read', 'x.jpg'], { DARWAZA_SERIES: path('series.json') })).toMatch(/^SERIES_INVALID: [\s\S]*examples/);
  });

  it('names the port that is taken, and leaves the data folder free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await fault(['serve'], { PORT: String(port) })).toMatch(new RegExp(`PORT_IN_USE: Port ${port} on 127\\.0\\.0\\.1 is in use`));
    await new Promise((resolve) => other.close(resolve));
    expect((await darwaza(['migrate'], { DARWAZA_DATA_DIR: path('data') })).code).toBe(0);
  });

  it('names the folder of pictures that is not there, before anything is opened', async () => {
    expect(await fault(['start', path('no-pictures')], { DARWAZA_DATA_DIR: path('unused') })).toMatch(/^FILE_NOT_FOUND: There is no file or folder .*no-pictures/);
    expect(await fault(['migrate'], { DARWAZA_DATA_DIR: '/proc/x' })).toContain('DATA_FOLDER_UNWRITABLE');
  });

  it('names the camera that is not in the register', async () => {
    expect(await fault(['run', '--camera', 'nowhere-1', path('list.csv')], {})).toMatch(/CAMERA_UNKNOWN: There is no camera nowhere-1/);
  });

  it('of a second process on the same data folder names the first', async () => {
    const first = startDarwaza(['serve'], { DARWAZA_DATA_DIR: path('data'), PORT: '0' });
    while (!first.output().stdout.includes('API:')) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await fault(['migrate'], {})).toMatch(new RegExp(`DATA_FOLDER_IN_USE: .* is in use by process ${first.pid}`));
    const closed = new Promise((resolve) => first.once('close', resolve));
    first.kill('SIGTERM');
    await closed;
    expect(first.exitCode).toBe(0);
    expect((await darwaza(['migrate'], { DARWAZA_DATA_DIR: path('data') })).code).toBe(0);
  });
});

describe('darwaza import', () => {
  const run = (...args: string[]) => darwaza(['import', ...args, '--json'], { DARWAZA_DATA_DIR: path('data') });

  it('takes the good rows, names the bad ones by line and ends with 1', async () => {
    await writeFile(path('mixed.csv'), '\ufeffmark,kind,reason,owner,action,expires\r\nBCS-036,stolen,"FIR 1, Karachi",Police,stop,2027-01-31\r\n???,stolen,FIR 2,Police,stop,\r\nABC-123,borrowed,FIR 3,Police,stop,\r\n');
    const { code, stdout } = await run('list', 'stolen', path('mixed.csv'));
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'stolen', version: 1, imported: 1, refusedCount: 2, refused: [{ line: 3, column: 'mark' }, { line: 4, column: 'kind' }] });
  });

  it('of the same file again changes nothing', async () => {
    expect(JSON.parse((await run('list', 'stolen', path('mixed.csv'))).stdout)).toMatchObject({ version: 1, unchanged: true });
  });

  it('of a file from another planet changes nothing and says why', async () => {
    await writeFile(path('planet.csv'), 'name;age\nZaphod;200\n');
    expect(await fault(['import', 'list', 'stolen', path('planet.csv')], {})).toMatch(/^IMPORT_UNUSABLE: planet\.csv .*nothing was changed: line 1: .*Expected: mark,kind,reason,owner,action,expires/);
    expect(await fault(['import', 'list', 'stolen', folder], {})).toMatch(/^FILE_UNREADABLE/);
    expect(await fault(['import', 'list', 'No List', path('list.csv')], {})).toMatch(/^ARGUMENT_INVALID: .*list/);
  });

  it('of the register counts its rows', async () => {
    await writeFile(path('register.csv'), 'mark,jurisdiction,class,make,model,colour,status,token_paid_to,owner\nBCS-036,SD,private,Suzuki,Alto,white,active,2026-06-30,somebody\n');
    const { code, stdout } = await run('register', path('register.csv'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'register', imported: 1, notes: [expect.stringContaining('owner')] });
  });
});

describe('a department\'s own series', () => {
  it('tell whose a plate is', async () => {
    const plate = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="360" height="120"><rect width="360" height="120" fill="#fff"/><text x="180" y="86" font-family="DejaVu Sans" font-weight="bold" font-size="60" text-anchor="middle">QTB-41759</text></svg>');
    await sharp(plate).jpeg().toFile(path('plate.jpg'));
    await writeFile(path('quetta-series.json'), JSON.stringify({ series: [{ id: 'BA-QT', jurisdiction: 'BA', name: 'Quetta private cars', certainty: 'H', letters: ['QT?'], digits: '5', class: 'private', looks: [{ ground: 'white', lines: 1 }], examples: ['QTA-00036'] }] }));
    const jurisdiction = async (settings: Record<string, string>): Promise<unknown> =>
      (JSON.parse((await darwaza(['read', '--json', '--crop', path('plate.jpg')], settings)).stdout) as { plates: { mark: string; jurisdiction: string | null }[] }).plates[0];
    expect(await jurisdiction({})).toMatchObject({ text: 'QTB41759', jurisdiction: null });
    expect(await jurisdiction({ DARWAZA_SERIES: path('quetta-series.json') })).toMatchObject({ text: 'QTB41759', mark: 'QTB-41759', jurisdiction: 'BA', class: 'private' });
  });
});
