import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/core/errors.ts';
import { errorCodes } from '../../src/http/openapi.ts';
import { ROUTES, startTestServer, type TestServer } from '../support/http-server.ts';

let server: TestServer;
let document: any;
beforeAll(async () => {
  server = await startTestServer();
  document = (await server.ask('/api/v1/openapi.json', { key: null })).json;
});
afterAll(() => server?.close());

const CHROMIUM = '/usr/bin/chromium';

function everyNode(node: unknown, path = '#'): { path: string; node: Record<string, unknown> }[] {
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.entries(node).flatMap(([name, value]) => everyNode(value, `${path}/${name}`));
  return Array.isArray(node) ? inner : [{ path, node: node as Record<string, unknown> }, ...inner];
}

const resolve = (ref: string): unknown => ref.replace(/^#\//, '').split('/').reduce<any>((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);

const operations = (): { path: string; method: string; operation: any }[] =>
  Object.entries<any>(document.paths).flatMap(([path, item]) => Object.entries<any>(item).map(([method, operation]) => ({ path, method, operation })));

const parameter = (name: string) => document.paths['/api/v1/passes'].get.parameters.find((p: any) => p.name === name);

describe('the OpenAPI document', () => {
  it('is version 3.1 with a title, a version and a server', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'Darwaza', version: expect.stringMatching(/^\d/) });
    expect(document.servers).toEqual([{ url: '/' }]);
  });

  it('names every route, and no other', () => {
    const described = Object.entries<object>(document.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`));
    expect(described.sort()).toEqual(ROUTES.map((r) => `${r.method} ${r.path}`).sort());
  });

  it('has references that all lead somewhere', () => {
    const refs = everyNode(document).filter(({ node }) => typeof node['$ref'] === 'string').map(({ node }) => node['$ref'] as string);
    expect(refs.length).toBeGreaterThan(30);
    expect(refs.filter((ref) => resolve(ref) === undefined)).toEqual([]);
  });

  it('has components that are all used', () => {
    const used = new Set(everyNode(document).map(({ node }) => node['$ref']));
    expect(Object.keys(document.components.schemas).filter((name) => !used.has(`#/components/schemas/${name}`))).toEqual([]);
  });

  it('gives every operation an id of its own, a summary, a tag and answers with descriptions', () => {
    const all = operations().map((o) => o.operation);
    expect(new Set(all.map((o) => o.operationId)).size).toBe(ROUTES.length);
    for (const o of all) {
      expect(o.summary).toMatch(/\w/);
      expect(document.tags.map((t: { name: string }) => t.name)).toContain(o.tags[0]);
      expect(Object.keys(o.responses).length).toBeGreaterThan(0);
      for (const [status, answer] of Object.entries<any>(o.responses)) {
        expect(status).toMatch(/^[1-5]\d\d$/);
        expect(answer.description).toMatch(/\w/);
      }
    }
  });

  it('declares each parameter of a path, required, and each parameter once', () => {
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
      const declared = operation.parameters.filter((p: any) => p.in === 'path');
      expect(declared.map((p: any) => p.name)).toEqual(inPath);
      for (const p of operation.parameters) {
        expect(p).toMatchObject({ name: expect.any(String), in: expect.stringMatching(/^(path|query|header)$/), schema: expect.any(Object) });
      }
      expect(declared.every((p: any) => p.required)).toBe(true);
      const places = operation.parameters.map((p: any) => `${p.in} ${p.name}`);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it('asks for a key on every operation but health', () => {
    for (const { path, operation } of operations()) expect(operation.security).toEqual(path === '/healthz' ? [] : [{ key: [] }]);
    expect(document.components.securitySchemes.key).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('describes the body of each operation that takes one', () => {
    for (const r of ROUTES) {
      const { requestBody } = document.paths[r.path][r.method];
      const expected = r.body.kind === 'none' ? [] : r.body.kind === 'form' ? ['multipart/form-data'] : r.body.mediaTypes;
      expect(Object.keys(requestBody?.content ?? {})).toEqual(expected);
    }
    expect(document.paths['/api/v1/frames'].post.requestBody.content['multipart/form-data'].schema).toMatchObject({
      properties: { camera: { type: 'string' }, picture: { format: 'binary' } }, required: expect.arrayContaining(['camera', 'capturedAt', 'picture']),
    });
  });

  it('names the error codes of each operation under their status', () => {
    for (const r of ROUTES) {
      const { responses } = document.paths[r.path][r.method];
      for (const code of errorCodes(r)) {
        const answer = responses[ERRORS[code].status];
        expect(answer, `${r.name} ${code}`).toBeDefined();
        expect(answer.description, `${r.name} ${code}`).toContain(code);
      }
    }
  });

  it('shows what a query takes: enumerations, times, wildcards', () => {
    expect(parameter('direction').schema.enum).toEqual(['in', 'out', 'unknown']);
    expect(parameter('from').schema).toMatchObject({ type: 'string', format: 'date-time' });
    expect(parameter('mark').description).toContain('*');
    expect(parameter('limit').required).toBe(false);
    expect(parameter('X-Purpose').schema.enum).toContain('stolen');
  });

  it('holds no key words that JSON Schema does not know', () => {
    const schemas = everyNode(document.components.schemas).filter(({ path }) => !path.includes('/properties'));
    expect(schemas.filter(({ node }) => typeof node['id'] === 'string')).toEqual([]);
  });
});

describe('the documentation page', () => {
  const files = ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js', 'favicon-32x32.png'];

  it('opens without a key, with a policy that lets nothing in from elsewhere', async () => {
    const { status, headers, bytes } = await server.ask('/api/v1/docs', { key: null });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline|upgrade-insecure/);
    expect(bytes.toString()).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(bytes.toString()).not.toMatch(/<script>|\son\w+=/);
  });

  it.each(files)('serves its own %s', async (file) => expect((await server.ask(`/api/v1/docs/${file}`, { key: null })).status).toBe(200));

  it.each(['package.json', 'index.html', '../openapi.json%00', '..%2f..%2fpackage.json', 'swagger-ui.css.map'])('serves nothing else of the package: %s', async (file) => {
    expect((await server.ask(`/api/v1/docs/${file}`, { key: null })).status).toBeGreaterThanOrEqual(400);
  });

  it('is where the root leads', async () => {
    const { status, headers } = await server.ask('/', { key: null });
    expect([status, headers.get('location')]).toEqual([302, '/api/v1/docs']);
  });

  it.skipIf(!existsSync(CHROMIUM))('shows every route in a browser, without a word to any other server and without a breach of its policy', async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const asked: string[] = [], complaints: string[] = [];
      page.on('request', (r) => asked.push(r.url()));
      page.on('console', (m) => { if (m.type() === 'error') complaints.push(m.text()); });
      page.on('pageerror', (e) => complaints.push(e.message));
      await page.goto(`${server.url}/api/v1/docs`);
      await page.waitForSelector('.opblock-summary-path');
      expect(await page.locator('.opblock').count()).toBe(ROUTES.length);
      expect(await page.title()).toBe('Darwaza API');
      expect(asked.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:'))).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
