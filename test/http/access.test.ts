import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PURPOSES, ROLES, type Role } from '../../src/core/permission.ts';
import { createApp } from '../../src/http/app.ts';
import { route, type Route } from '../../src/http/route.ts';
import { createApiKey, withdrawApiKey } from '../../src/store/api-keys.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { frameForm, ROUTES, startTestServer, type Asked, type TestServer } from '../support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

const guarded = ROUTES.filter((r) => r.permission !== 'public');
const searches = ROUTES.filter((r) => r.purpose === 'needed');
const DAY = 'from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z';
/** Questions that cannot be asked without parameters. */
const QUERIES: Readonly<Record<string, string>> = {
  '/api/v1/vehicles': '?mark=LE*', '/api/v1/movement/seen-at': `?a=baleli&b=sariab&${DAY}`, '/api/v1/movement/crossings': `?${DAY}`, '/api/v1/movement/origin-destination': `?${DAY}`, '/api/v1/movement/dwell': `?${DAY}`,
};
const pathOf = (r: Route): string => r.path.replace('{id}', 'none').replace('{mark}', 'LEC-13-8447').replace('{name}', 'stolen').replace('{format}', 'csv').replace('{camera}', 'baleli-in-1').replace('{vendor}', 'rekor') + (QUERIES[r.path] ?? '');
const title = (r: Route): string => `${r.method.toUpperCase()} ${r.path}`;

/** A request that is right in all but what the test takes away. */
function requestOf(r: Route): Asked {
  const method = r.method.toUpperCase();
  switch (r.body.kind) {
    case 'none': return { method };
    case 'text': return { method, json: r.body.example };
    case 'stream': return { method, body: 'mark,kind,reason,owner,action,expires\n', headers: { 'content-type': 'text/csv' } };
    case 'message': return { method, body: '{}', headers: { 'content-type': 'application/json' } };
    case 'form': return { method, body: frameForm('LEC138447', { camera: 'baleli-in-1', capturedAt: '2026-11-03T06:00:00+05:00' }) };
  }
}

describe('a route', () => {
  it('without a permission does not start', () => {
    const open = { ...ROUTES[0], permission: undefined } as unknown as Route;
    expect(() => createApp(server.services, [open])).toThrow(/declares no permission/);
  });

  it('that shows data on a purpose cannot be public', () => {
    expect(() => createApp(server.services, [{ ...(ROUTES[0] as Route), permission: 'public' }])).toThrow(/public/);
  });

  it('that stands twice, or declares other path parameters than it has, does not start', () => {
    const [one] = ROUTES as [Route];
    expect(() => createApp(server.services, [one, one])).toThrow(/Two routes/);
    const wrong = route({ method: 'get', path: '/x/{id}', name: 'x', tag: 'x', permission: 'audit:read', purpose: 'none', summary: 'x', body: { kind: 'none' }, answers: {}, errors: [], handle: async () => ({ status: 200, body: {} }) });
    expect(() => createApp(server.services, [wrong])).toThrow(/path parameters/);
  });

  it('is public for health alone', () => expect(ROUTES.filter((r) => r.permission === 'public').map((r) => r.path)).toEqual(['/healthz']));
});

describe('without a key', () => {
  it.each(guarded.map((r) => [title(r), r] as const))('%s answers 401', async (_title, r) => {
    const { status, json, headers } = await server.ask(pathOf(r), { ...requestOf(r), key: null });
    expect(status).toBe(401);
    expect(json.error.code).toBe('KEY_MISSING');
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('health answers, and nothing in it is data', async () => {
    const { status, json } = await server.ask('/healthz', { key: null });
    expect(status).toBe(200);
    expect(json).toEqual({ status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+/), database: 'ok', time: '2026-11-03T12:00:00.000+05:00' });
  });
});

describe('with a key that lacks the permission', () => {
  const cases = guarded.flatMap((r) => (Object.keys(ROLES) as Role[]).filter((role) => !(ROLES[role] as readonly string[]).includes(r.permission)).map((role) => [title(r), role, r] as const));
  it.each(cases)('%s refuses the role %s', async (_title, role, r) => {
    const { status, json } = await server.ask(pathOf(r), { ...requestOf(r), key: role, headers: { ...requestOf(r).headers, 'x-purpose': 'stolen', 'x-case-reference': 'FIR 1/26' } });
    expect(status).toBe(403);
    expect(json.error).toMatchObject({ code: 'PERMISSION_MISSING', details: { permission: r.permission } });
  });
});

const bearer = (secret: string, scheme = 'Bearer'): Asked => ({ key: null, headers: { authorization: `${scheme} ${secret}` } });

describe('a key', () => {
  it.each([['unknown', `dz_${'A'.repeat(43)}`], ['not a key', 'hello'], ['two words', 'dz_a dz_b'], ['SQL', "dz_' or 1=1 --"]])('that is %s is refused', async (_what, secret) => {
    const { status, json, headers } = await server.ask('/api/v1/cameras', bearer(secret));
    expect(status).toBe(401);
    expect(json.error.code).toBe('KEY_INVALID');
    expect(headers.get('www-authenticate')).toContain('invalid_token');
  });

  it('is taken with the scheme in any case, and under no other scheme', async () => {
    expect((await server.ask('/api/v1/cameras', bearer(server.keys.trial, 'bearer'))).status).toBe(200);
    expect((await server.ask('/api/v1/cameras', bearer(server.keys.trial, 'Basic'))).status).toBe(401);
  });

  it('is refused from the instant it expires', async () => {
    const { secret } = await createApiKey(server.services.database, { label: 'short', role: 'operator', expiresAt: server.time.now + 1000 }, server.time.now);
    expect((await server.ask('/api/v1/cameras', bearer(secret))).status).toBe(200);
    server.time.now += 1000;
    expect((await server.ask('/api/v1/cameras', bearer(secret))).status).toBe(401);
  });

  it('is refused once withdrawn', async () => {
    const { key, secret } = await createApiKey(server.services.database, { label: 'lost', role: 'operator' }, server.time.now);
    expect((await server.ask('/api/v1/cameras', bearer(secret))).status).toBe(200);
    await withdrawApiKey(server.services.database, key.id, server.time.now);
    expect((await server.ask('/api/v1/cameras', bearer(secret))).status).toBe(401);
  });
});

const roleFor = (r: Route): Role => (Object.keys(ROLES) as Role[]).find((role) => role !== 'trial' && (ROLES[role] as readonly string[]).includes(r.permission)) as Role;

const lastRow = async () => (await listAudit(server.services.database, { limit: 1 }))[0];

describe('a search', () => {
  const purposed = { 'x-purpose': 'stolen', 'x-case-reference': 'FIR 212/26 Saddar' };
  it.each(searches.map((r) => [title(r), r] as const))('%s needs a purpose', async (_title, r) => {
    const before = (await lastRow())?.sequence;
    const { status, json } = await server.ask(pathOf(r), { ...requestOf(r), key: roleFor(r) });
    expect(status).toBe(400);
    expect(json.error.code).toBe('PURPOSE_MISSING');
    for (const purpose of PURPOSES) expect(json.error.message).toContain(purpose);
    expect((await lastRow())?.sequence).toBe(before);
  });

  it.each(searches.map((r) => [title(r), r] as const))('%s stands in the audit log with who, what, why, whether or not it found something', async (_title, r) => {
    const before = (await lastRow())?.sequence ?? 0;
    const { status, headers, json } = await server.ask(pathOf(r), { ...requestOf(r), key: roleFor(r), headers: { ...requestOf(r).headers, ...purposed } });
    expect([200, 201, 404]).toContain(status);
    if (status === 404) expect(r.errors).toContain(json.error.code);
    // An export writes its end too.
    const row = (await listAudit(server.services.database, { limit: 2 })).find(({ sequence }) => sequence === before + 1);
    expect(row).toMatchObject({ at: server.time.now, action: r.name, purpose: 'stolen', caseReference: 'FIR 212/26 Saddar', requestId: headers.get('x-request-id') });
    expect(row?.actor).toMatch(/^k_[0-9a-f]{16}$/);
    expect(row?.question).toMatchObject({
      ...(r.path.includes('{mark}') && { mark: 'LEC-13-8447' }), ...(r.path.includes('{name}') && { name: 'stolen' }), ...(r.path.includes('{id}') && { id: 'none' }),
      ...(status === 404 && { refused: json.error.code }),
    });
  });

  it('keeps the question as it was asked', async () => {
    await server.ask('/api/v1/passes?from=2026-11-03T06:00:00%2B05:00&mark=LE*4201&limit=3', { key: 'analyst', headers: purposed });
    expect(await lastRow()).toMatchObject({ action: 'listPasses', question: { from: '2026-11-03T06:00:00+05:00', mark: 'LE*4201', limit: '3' }, resultCount: 0 });
  });

  it('with a purpose needs a case reference too', async () => {
    expect((await server.ask('/api/v1/passes', { key: 'analyst', headers: { 'x-purpose': 'stolen' } })).json.error.code).toBe('PURPOSE_MISSING');
    expect((await server.ask('/api/v1/passes', { key: 'analyst', headers: { 'x-purpose': 'stolen', 'x-case-reference': '  ' } })).json.error.code).toBe('PURPOSE_MISSING');
    expect((await server.ask('/api/v1/passes', { key: 'analyst', headers: { 'x-case-reference': 'FIR 1' } })).json.error.code).toBe('PURPOSE_MISSING');
  });

  it('takes a case reference in Urdu', async () => {
    const caseReference = 'ایف آئی آر ۲۱۲';
    const { status } = await server.ask('/api/v1/passes', { key: 'analyst', headers: { 'x-purpose': 'wanted', 'x-case-reference': Buffer.from(caseReference).toString('latin1') } });
    expect(status).toBe(200);
    expect(await lastRow()).toMatchObject({ caseReference });
  });

  it.each([
    ['an unknown purpose', { 'x-purpose': 'curious', 'x-case-reference': '1' }, 'X-Purpose'],
    ['a case reference of 101 characters', { 'x-purpose': 'stolen', 'x-case-reference': 'x'.repeat(101) }, 'X-Case-Reference'],
    ['a case reference that is not UTF-8', { 'x-purpose': 'stolen', 'x-case-reference': 'FIR \xff' }, 'X-Case-Reference'],
  ])('with %s is refused', async (_what, headers, header) => {
    const { status, json } = await server.ask('/api/v1/passes', { key: 'analyst', headers });
    expect(status).toBe(400);
    expect(json.error).toMatchObject({ code: 'PURPOSE_INVALID', details: { header } });
  });

  it('under the trial key uses the purpose of the key, and another one when it is named', async () => {
    expect((await server.ask('/api/v1/passes')).status).toBe(200);
    expect(await lastRow()).toMatchObject({ purpose: 'trial', caseReference: null });
    await server.ask('/api/v1/passes', { headers: purposed });
    expect(await lastRow()).toMatchObject({ purpose: 'stolen', caseReference: 'FIR 212/26 Saddar' });
  });

  it('with a fault in it was none, and is not in the log', async () => {
    const before = (await lastRow())?.sequence;
    expect((await server.ask('/api/v1/passes?limit=0')).status).toBe(400);
    expect((await lastRow())?.sequence).toBe(before);
  });
});

describe('the audit log', () => {
  it('is shown to an auditor, newest first, page by page, without gaps', async () => {
    for (let i = 0; i < 5; i++) await server.ask('/api/v1/hits');
    const rows: { sequence: number; previousHash: string; hash: string }[] = [];
    const headers = { 'x-purpose': 'audit', 'x-case-reference': 'sample 11/26' };
    let path = '/api/v1/audit?limit=2';
    for (let pages = 0; pages < 4; pages++) {
      const { json } = await server.ask(path, { key: 'auditor', headers });
      rows.push(...json.items);
      path = `/api/v1/audit?limit=2&cursor=${json.next}`;
    }
    const sequences = rows.map((r) => r.sequence);
    expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] as number) - i));
    for (const [i, row] of rows.slice(0, -1).entries()) expect(row.previousHash).toBe(rows[i + 1]?.hash);
  });

  it('ends: the last page has no next', async () => {
    const rows = await server.all('/api/v1/audit?limit=1000');
    expect(rows.at(-1).sequence).toBe(1);
  });

  it('is verified whole', async () => {
    const { json } = await server.ask('/api/v1/audit/verification');
    expect(json).toMatchObject({ status: 'intact', head: expect.stringMatching(/^[0-9a-f]{64}$/), sequence: null });
  });

  it.each(['0', 'abc', '-1', '1e3', '999999999999999999'])('refuses the cursor %s', async (cursor) => {
    expect((await server.ask(`/api/v1/audit?cursor=${cursor}`)).json.error.code).toBe('CURSOR_INVALID');
  });

  it('that cannot be written keeps every answer back', async () => {
    await server.report({ camera: 'baleli-in-1', capturedAt: '2026-11-03T06:15:02+05:00', text: 'LEC138447' });
    await server.database.db.script('alter table audit_log rename to audit_log_away');
    try {
      const { status, json, bytes } = await server.ask('/api/v1/passes');
      expect(status).toBe(503);
      expect(json.error.code).toBe('AUDIT_UNAVAILABLE');
      expect(bytes.toString()).not.toContain('8447');
    } finally {
      await server.database.db.script('alter table audit_log_away rename to audit_log');
    }
    expect((await server.ask('/api/v1/passes')).status).toBe(200);
  });
});

describe('too many requests', () => {
  it('of one key are refused with the time to wait, and those of another key are not', async () => {
    const limited = await server.beside({ DARWAZA_RATE_PER_MINUTE: 5 });
    try {
      for (let i = 0; i < 5; i++) expect((await limited.ask('/api/v1/cameras', { key: 'operator' })).status).toBe(200);
      const { status, json, headers } = await limited.ask('/api/v1/cameras', { key: 'operator' });
      expect(status).toBe(429);
      expect(json.error.code).toBe('TOO_MANY_REQUESTS');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await limited.ask('/api/v1/cameras', { key: 'camera' })).status).toBe(200);
      expect((await limited.ask('/healthz', { key: null })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  it('with wrong keys from one address are refused; good keys from there are not', async () => {
    const attacked = await server.beside({});
    try {
      const statuses = [];
      for (let i = 0; i < 301; i++) statuses.push((await attacked.ask('/api/v1/cameras', { key: null, headers: { authorization: `Bearer dz_${String(i).padStart(43, '0')}` } })).status);
      expect(new Set(statuses.slice(0, 300))).toEqual(new Set([401]));
      expect(statuses[300]).toBe(429);
      expect((await attacked.ask('/api/v1/cameras')).status).toBe(200);
    } finally {
      await attacked.close();
    }
  });
});
