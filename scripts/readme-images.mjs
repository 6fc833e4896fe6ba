#!/usr/bin/env node
// Makes the pictures of README.md and docs/accuracy-command.md again: a shipped frame with what is read from it, the API's documentation page,
// the labelling page and the report on the shipped frames.
//   npm run build && node scripts/readme-images.mjs [FRAME]        needs Debian's chromium for the page
import { spawn, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const images = join(root, 'docs/images');
const cli = join(root, 'dist/cli/main.js');

async function readPlate(frame) {
  const line = execFileSync(process.execPath, [cli, 'read', '--json', frame], { encoding: 'utf8' });
  const { width, height, plates } = JSON.parse(line);
  const marks = plates.map((p) => {
    const [x, y] = [p.box.x + p.box.width / 2, p.box.y - 14];
    const label = `${p.mark ?? p.text}   ${p.jurisdiction ?? 'jurisdiction unread'}   ${Math.round(p.confidence * 100)} %`;
    return `<polygon points="${p.corners.map((c) => c.join()).join(' ')}" fill="none" stroke="#19e07a" stroke-width="4"/>
      <rect x="${x - label.length * 8.2}" y="${y - 34}" width="${label.length * 16.4}" height="38" rx="5" fill="#0b1a12" fill-opacity=".85"/>
      <text x="${x}" y="${y - 7}" font-family="DejaVu Sans Mono, monospace" font-size="26" text-anchor="middle" fill="#19e07a">${label}</text>`;
  });
  const overlay = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${marks.join('')}</svg>`);
  await sharp(frame).composite([{ input: overlay }]).jpeg({ quality: 84 }).toFile(join(images, 'read-plate.jpg'));
}

/** Starts a command that prints an address, shows it in a browser, and ends it. */
async function withPage(args, env, address, viewport, use) {
  const command = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await new Promise((resolve, reject) => {
      let text = '';
      command.stdout.on('data', (chunk) => (text += chunk) && address.test(text) && resolve(address.exec(text)[1]));
      command.once('exit', () => reject(new Error('the command ended')));
    });
    await withBrowser(url, viewport, use);
  } finally {
    command.kill();
  }
}

async function withBrowser(url, viewport, use) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-background-networking'] });
  const page = await browser.newPage({ viewport });
  await page.goto(url);
  await use(page);
  await browser.close();
}

async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'darwaza-images-'));
  await use(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

const apiPage = () => withFolder((data) => withPage(['serve'], { DARWAZA_DATA_DIR: data, PORT: '0' }, /documentation: (\S+)/, { width: 1180, height: 860 }, async (page) => {
  await page.waitForSelector('.opblock', { timeout: 20_000 });
  await page.screenshot({ path: join(images, 'api-page.png') });
}));

const labelPage = () => withFolder(async (folder) => {
  cpSync(join(root, 'fixtures/frames/baleli-in-1'), folder, { recursive: true });
  await withPage(['label', folder], {}, /^(http:\S+)$/m, { width: 1180, height: 780 }, async (page) => {
    await page.locator('#status:not(:empty)').waitFor();
    await page.waitForLoadState('networkidle');
    await page.locator('#place').evaluate((place, path) => { place.textContent = place.textContent.replace(path, 'pictures/gate-2'); }, folder);
    await page.screenshot({ path: join(images, 'label-page.jpg'), quality: 84 });
  });
});

const accuracyReport = () => withFolder(async (folder) => {
  execFileSync(process.execPath, [cli, 'accuracy', '--threads', '1', '--reader', 'darwaza,ppocr', '--out', folder, 'fixtures'], { cwd: root, stdio: 'inherit' });
  await withBrowser(pathToFileURL(join(folder, 'index.html')).href, { width: 1000, height: 800 }, (page) => page.screenshot({ path: join(images, 'accuracy-report.png'), fullPage: true }));
});

await readPlate(process.argv[2] ?? join(root, 'fixtures/frames/baleli-in-1/20261103T071204.800+0500.jpg'));
await apiPage();
await labelPage();
await accuracyReport();
