import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES, startTestServer, type TestServer } from '../support/http-server.ts';

// Debian's package chromium; `.ci/run` installs it. Without a browser on the machine there is nothing to open the page with.
const executablePath = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && existsSync(path));

describe.skipIf(executablePath === undefined)('the documentation page in a browser', { timeout: 120_000 }, () => {
  let server: TestServer, browser: Browser, page: Page;
  const asked: string[] = [], complaints: string[] = [];

  beforeAll(async () => {
    server = await startTestServer();
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
    page = await browser.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${server.url}/api/v1/docs`);
    await page.waitForSelector('.opblock');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('shows every route with its summary', async () => {
    const shown = await page.locator('.opblock-summary-path').allInnerTexts();
    expect(shown.map((path) => path.replaceAll('\u200b', '')).toSorted()).toEqual(ROUTES.map((r) => r.path).toSorted());
  });

  it('works without the internet: it asks this server alone, and breaks no rule of its own', () => {
    const elsewhere = asked.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:') && !url.startsWith('blob:'));
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('lets a person try a route with a key', async () => {
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.locator('.auth-container input').first().fill(server.keys.trial);
    await page.locator('.modal-ux button.authorize').click();
    await page.locator('.modal-ux button.btn-done').click();
    const cameras = page.locator('.opblock', { has: page.getByText('/api/v1/cameras', { exact: true }) });
    await cameras.locator('.opblock-summary-control').click();
    await cameras.getByRole('button', { name: 'Execute' }).click();
    await cameras.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    expect(await cameras.locator('.live-responses-table').innerText()).toContain('baleli-in-1');
  });
});
