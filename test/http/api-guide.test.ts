import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import { PURPOSES, ROLES } from '../../src/core/permission.ts';
import { errorCodes } from '../../src/http/openapi.ts';
import { ROUTES, routeOf } from '../support/http-server.ts';

const guide = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

interface Example { readonly method: string; readonly path: string; readonly query: readonly string[] }

const examples: Example[] = [...guide.matchAll(/curl [^\n]*?(?:"\$API|127\.0\.0\.1:8080)(\/[^"\s?]*)(?:\?([^"\s]*))?"?([^\n]*)/g)].map(([line, path = '', query = '']) => ({
  method: / -X (\w+)/.exec(line)?.[1] ?? (/--data|-d |-F /.test(line) ? 'POST' : 'GET'),
  path: line.includes('$API') ? `/api/v1${path}` : path,
  query: query.split('&').filter(Boolean).map((pair) => pair.split('=')[0] as string),
}));

describe('the guide to the API', () => {
  it('has an example of every route', () => {
    const shown = new Set(examples.map((e) => routeOf(e.method, e.path)?.name));
    expect(ROUTES.map((r) => r.name).filter((name) => !shown.has(name))).toEqual([]);
  });

  it('has examples of routes and parameters that there are', () => {
    for (const e of examples) {
      const route = routeOf(e.method, e.path);
      expect([e.path, route?.name]).toEqual([e.path, expect.any(String)]);
      expect(e.query.filter((name) => !(name in (route?.query?.shape ?? {})))).toEqual([]);
    }
  });

  it('names every role and every purpose', () => {
    for (const role of Object.keys(ROLES)) expect(guide).toContain(`| \`${role}\` |`);
    for (const purpose of PURPOSES) expect(guide).toContain(`\`${purpose}\``);
  });

  it('lists the errors under the status that they have', () => {
    const rows = [...guide.matchAll(/^\| (\d{3}) \| (.*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(8);
    const listed = rows.flatMap(([, status, codes = '']) => [...codes.matchAll(/`([A-Z]+_[A-Z_]+|BUSY|INTERNAL)`/g)].filter((m) => !m[1]?.startsWith('DARWAZA_')).map((m) => [m[1] as ErrorCode, Number(status)] as const));
    for (const [code, status] of listed) expect([code, ERRORS[code]?.status]).toEqual([code, status]);
    const missing = new Set(ROUTES.flatMap(errorCodes).filter((code) => !listed.some(([known]) => known === code)));
    expect([...missing].sort()).toEqual([]);
  });
});
