#!/usr/bin/env node
// Makes the pictures of README.md again: a shipped frame with what is read from it, and the API's documentation page.
//   npm run build && node scripts/readme-images.mjs [FRAME]        needs Debian's chromium for the page
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

async function apiPage() {
  const data = mkdtempSync(join(tmpdir(), 'darwaza-images-'));
  const server = spawn(process.execPath, [cli, 'serve'], { env: { ...process.env, DARWAZA_DATA_DIR: data, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await new Promise((resolve, reject) => {
      let text = '';
      server.stdout.on('data', (chunk) => (text += chunk) && /documentation: (\S+)/.test(text) && resolve(/documentation: (\S+)/.exec(text)[1]));
      server.once('exit', () => reject(new Error('the server ended')));
    });
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-background-networking'] });
    const page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
    await page.goto(url);
    await page.waitForSelector('.opblock', { timeout: 20_000 });
    await page.screenshot({ path: join(images, 'api-page.png') });
    await browser.close();
  } finally {
    server.kill();
    rmSync(data, { recursive: true, force: true });
  }
}

await readPlate(process.argv[2] ?? join(root, 'fixtures/frames/baleli-in-1/20261103T071204.800+0500.jpg'));
await apiPage();
