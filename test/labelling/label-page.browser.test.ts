import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { darwaza, startDarwaza } from '../support/command-line.ts';
import { islamabadPlate, punjabPlate, scene, sindhPlate } from '../vision/rendered-plate.ts';

// Debian's package chromium; `.ci/run` installs it. Without a browser on the machine there is nothing to open the page with.
const executablePath = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && existsSync(path));

type Label = Awaited<ReturnType<typeof startLabelling>>;
/** Starts `darwaza label` as a user would and gives the address that it prints. */
async function startLabelling(folder: string) {
  const child = startDarwaza(['label', '--reader', 'ppocr', '.'], {}, folder);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = /^http:\S+$/m.exec(child.output().stdout);
      if (found) resolve(found[0]);
    });
    child.once('close', () => reject(new Error(child.output().stderr)));
  });
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  return { url, child, end: (signal: NodeJS.Signals) => (child.kill(signal), ended) };
}

describe.skipIf(executablePath === undefined)('the labelling page in a browser', { timeout: 180_000 }, () => {
  let folder: string, label: Label, browser: Browser, page: Page;
  const asked: string[] = [], complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darwaza-label-page-'));
    const two = [{ drawing: sindhPlate, x: 140, y: 360, width: 220 }, { drawing: islamabadPlate, x: 560, y: 360, width: 220 }];
    await writeFile(join(folder, 'a.jpg'), await scene(900, 600, two));
    await sharp({ create: { width: 640, height: 480, channels: 3, background: '#777' } }).png().toFile(join(folder, 'b.png'));
    await writeFile(join(folder, 'b2.jpg'), 'no picture');
    await writeFile(join(folder, 'c.jpg'), await scene(900, 600, [{ drawing: punjabPlate, x: 330, y: 340, width: 240 }]));
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
    await open();
  });
  afterAll(async () => {
    await browser?.close();
    await label?.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    label = await startLabelling(folder);
    page = await browser.newPage();
    page.setDefaultTimeout(30_000);
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => void (message.type() === 'error' && !message.text().includes('422') && complaints.push(message.text())));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(label.url);
    await page.locator('#status:not(:empty)').waitFor();
  }

  const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const text = (id: string) => page.locator(`#${id}`).innerText();
  const mark = () => page.locator('#mark').inputValue();
  const told = async (part: string | RegExp) => {
    await page.locator('#status', { hasText: part }).waitFor();
    await page.locator('body:not([aria-busy])').waitFor();
  };
  const rows = async () => (await readFile(join(folder, 'labels.csv'), 'utf8')).trimEnd().split('\n').slice(1);

  it('opens with the first picture, what the reader proposes, and the field to correct it in focus; the token is gone from the address', async () => {
    expect(new URL(page.url()).search).toBe('');
    expect(await text('place')).toContain('a.jpg: 0 of 4 pictures labelled');
    expect([await text('which'), await mark()]).toEqual(['Plate 1 of 2, not answered yet', 'BCV-294']);
    expect(await page.locator(':focus').getAttribute('id')).toBe('mark');
    expect(await page.locator('#frame rect').count()).toBe(2);
  });

  it('writes the first answer while the second is still open', async () => {
    await press('Enter');
    await told('Saved');
    expect([await text('which'), await mark()]).toEqual(['Plate 2 of 2, not answered yet', 'AMD-868']);
    expect(await rows()).toEqual([expect.stringMatching(/^own,a\.jpg,scene,\d+,\d+,\d+,\d+,BCV294,,SD,1,1,unfinished$/)]);
  });

  it('killed there and started again, it shows that picture with the answer given, and asks for the other', async () => {
    await label.end('SIGKILL');
    await press('Enter');
    await page.locator('#fault', { hasText: 'does not answer' }).waitFor();
    await page.close();
    await open();
    expect([await text('which'), await mark()]).toEqual(['Plate 2 of 2, not answered yet', 'AMD-868']);
  });

  it('takes a correction and goes to the next picture; the one without a plate says so', async () => {
    await page.keyboard.type('amd-869');
    await press('Enter');
    await told('b.png: no plate was found');
    expect((await rows()).map((row) => row.split(',').slice(7).join())).toEqual(['BCV294,,SD,1,1,', expect.stringMatching(/^AMD869,/)]);
  });

  it('undoes the last answer, over pictures too', async () => {
    await press('Control+z');
    await told('Undone');
    expect([await text('which'), await mark()]).toEqual(['Plate 2 of 2, not answered yet', 'AMD-868']);
    expect(await rows()).toEqual([expect.stringMatching(/BCV294.*unfinished$/)]);
    await press('Enter');
    await told('b.png: no plate was found');
    expect((await rows())[1]).toMatch(/AMD868,,\w*,1,1,$/);
  });

  it('adds a plate, moves its box and gives it a size, all by keys, and takes back one that is none', async () => {
    await press('Insert');
    const at = () => page.locator('#frame rect.chosen').evaluate((r) => ['x', 'y', 'width', 'height'].map((name) => Number(r.getAttribute(name))));
    expect(await at()).toEqual([280, 227, 80, 27]);
    await press('Control+ArrowLeft', 'Control+ArrowLeft', 'Control+ArrowDown', 'Control+Shift+ArrowRight', 'Control+Shift+ArrowUp');
    expect(await at()).toEqual([278, 228, 81, 26]);
    await press('Enter');
    await page.locator('#fault', { hasText: 'Type the mark' }).waitFor();
    await page.keyboard.type('leb-13-8147');
    expect(await text('stored')).toBe('LEB 8147, small year 13');
    await press('Tab');
    await page.keyboard.type('2');
    await press('Enter');
    await told('b2.jpg');
    expect((await rows())[2]).toBe('own,b.png,scene,278,228,81,26,LEB8147,LEB138147,,2,1,');
  });

  it('passes over a picture that cannot be read, saying why', async () => {
    expect(await text('fault')).toContain('b2.jpg is not a picture');
    expect(await text('status')).toContain('Enter goes on');
    await press('Enter');
    await told('c.jpg: 1 plate');
  });

  it('says that nobody can read a plate, and names at the end what is left', async () => {
    await press('Control+Enter');
    await told('1 picture cannot be read: b2.jpg. All others are labelled.');
    expect((await rows())[3]).toMatch(/^own,c\.jpg,scene,\d+,\d+,\d+,\d+,,,\w*,\d?,0,$/);
    expect(await text('place')).toBe('3 of 4 pictures labelled');
  });

  it('goes back through the pictures, and takes away what is no plate', async () => {
    await press('PageUp');
    await told('c.jpg: 1 plate, labelled already');
    expect(await text('which')).toBe('Plate 1 of 1, nobody can read it');
    await press('Control+Delete');
    await told('1 picture cannot be read');
    expect((await rows())[3]).toBe('own,c.jpg,scene,0,0,0,0,,,,,0,no plate');
    await press('PageUp');
    await told('c.jpg: labelled already, no plate.');
  });

  it('steps through the plates of a picture by arrows', async () => {
    for (const file of ['b2.jpg', 'b.png', 'a.jpg']) {
      await press('PageUp');
      await page.locator('#place', { hasText: file }).waitFor();
      await page.locator('body:not([aria-busy])').waitFor();
    }
    const first = await text('which');
    await press('ArrowUp');
    expect(await text('which')).not.toBe(first);
    await press('ArrowUp');
    expect(await text('which')).toBe(first);
  });

  it('asks this machine alone, and breaks no rule of its own', () => {
    expect(asked.filter((url) => !/^(http:\/\/127\.0\.0\.1:\d+\/|data:)/.test(url))).toEqual([]);
    expect(complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  });

  it('names every field and button for who cannot see them', async () => {
    for (const field of ['Mark', 'Lines', 'Region']) expect(await page.getByLabel(field, { exact: true }).count()).toBe(1);
    for (const button of await page.getByRole('button').all()) expect((await button.innerText()).length).toBeGreaterThan(4);
    expect(await page.getByRole('status').count()).toBe(1);
    expect(await page.getByRole('progressbar', { name: 'Pictures labelled' }).count()).toBe(1);
  });

  it('lets no second one write to the same folder', async () => {
    const { code, stderr } = await darwaza(['label', '.'], {}, folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^LABELS_IN_USE: .*process ${label.child.pid}\\.`));
  });

  it('ends on Ctrl-C, and what it wrote is what "darwaza accuracy" measures by', async () => {
    expect(await label.end('SIGINT')).toBe(0);
    const { code, stdout } = await darwaza(['accuracy', '--json', '--reader', 'ppocr', '--out', 'report', '.'], {}, folder);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.split('\n')[0] as string)).toMatchObject({ kind: 'figures', group: 'own', n: 3, found: 2, full: 2 });
  });
});
