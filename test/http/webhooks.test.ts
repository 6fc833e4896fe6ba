import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWebhookSender, TRIED_FOR_MS, type WebhookSender } from '../../src/hit/webhook-sender.ts';
import { verifyWebhook } from '../../src/hit/webhook-signature.ts';
import { HitAnswer, hitAnswer } from '../../src/http/hits.ts';
import { listAudit } from '../../src/store/audit-log.ts';
import { startEndpoint, type Endpoint } from '../support/endpoint.ts';
import { NOW, startTestServer, type Answered, type TestServer } from '../support/http-server.ts';
import { hitNumber, raise } from '../support/stored-hits.ts';

let server: TestServer, endpoint: Endpoint, sender: WebhookSender;
beforeAll(async () => {
  server = await startTestServer();
  const { database, clock, log } = server.services;
  sender = createWebhookSender({ database, clock, log, describe: (hit) => hitAnswer(hit, 300), offsetMinutes: 300 });
});
afterAll(async () => {
  await sender?.close();
  await server?.close();
});
beforeEach(async () => {
  endpoint = await startEndpoint();
});
afterEach(async () => {
  await endpoint.close();
  for (const { id } of (await list()).items) await post(`/${id}/remove`);
  server.time.now = NOW;
});

const post = (path: string, json?: unknown): Promise<Answered> => server.ask(`/api/v1/webhooks${path}`, { method: 'POST', ...(json !== undefined && { json }) });
const get = (path: string): Promise<Answered> => server.ask(`/api/v1/webhooks${path}`);
const list = async (): Promise<any> => (await get('')).json;
const make = async (given: object = {}): Promise<{ readonly id: string; readonly secret: string }> => {
  const { status, json } = await post('', { url: endpoint.url, label: 'Dispatch', ...given });
  expect(status).toBe(201);
  return json;
};
let plates = 0;
const raiseOne = () => raise(server.database.db, hitNumber(plates++, server.time.now));

describe('a webhook', () => {
  it('is made with an address and a label, and shows its secret this once', async () => {
    const { status, json, headers } = await post('', { url: 'https://cad.example.gov.pk/darwaza?station=7', label: ' Dispatch ', kinds: ['stolen', 'wanted'], sites: ['baleli'] });
    expect([status, headers.get('location')]).toEqual([201, `/api/v1/webhooks/${json.id}`]);
    expect(json).toEqual({ id: expect.stringMatching(/^wh_[0-9a-f]{16}$/), secret: expect.stringMatching(/^whsec_[\w-]{43}$/) });
    const { items } = await list();
    expect(items).toEqual([{
      id: json.id, url: 'https://cad.example.gov.pk/darwaza?station=7', label: 'Dispatch', lists: null, kinds: ['stolen', 'wanted'], sites: ['baleli'], covert: false, paused: false,
      createdAt: '2026-11-03T12:00:00.000+05:00', createdBy: expect.stringMatching(/^k_/), waiting: 0, delivered: 0, dead: 0, lastStatus: null, lastFault: null, failingSince: null,
    }]);
    expect(JSON.stringify(items)).not.toContain(json.secret.slice(6));
  });

  it.each([
    ['no address', { label: 'x' }], ['what is no address', { url: 'dispatch' }], ['a file', { url: 'file:///etc/passwd' }], ['another protocol', { url: 'ftp://example.org/' }],
    ['a password in it', { url: 'https://user:geheim@example.org/' }], ['a user in it', { url: 'https://user@example.org/' }], ['a fragment', { url: 'https://example.org/#x' }],
    ['too long an address', { url: `https://example.org/${'x'.repeat(2000)}` }], ['no label', { url: 'https://example.org/', label: ' ' }], ['a label of lines', { url: 'https://example.org/', label: 'a\nb' }],
    ['an unknown kind', { url: 'https://example.org/', kinds: ['odd'] }], ['no list in the lists', { url: 'https://example.org/', lists: [] }], ['another field', { url: 'https://example.org/', secret: 'mine' }],
  ])('with %s is refused', async (_what, given) => {
    const { status, json } = await post('', { label: 'x', ...given });
    expect([status, json.error.code]).toEqual([400, 'BODY_INVALID']);
    expect(json.error.message).not.toContain('geheim');
    expect((await list()).items).toEqual([]);
  });

  it('for covert hits needs the permission to see them', async () => {
    const body = { url: endpoint.url, label: 'x', covert: true };
    const refused = await server.ask('/api/v1/webhooks', { method: 'POST', key: 'operator', json: body });
    expect([refused.status, refused.json.error.details]).toEqual([403, { permission: 'hits:covert' }]);
    expect((await server.ask('/api/v1/webhooks', { method: 'POST', key: 'operator', json: { ...body, covert: false } })).status).toBe(201);
    await make({ covert: true });
  });

  it('is told of hits as the API answers them, under its own secret', async () => {
    const { id, secret } = await make();
    await raiseOne();
    await sender.tick();
    const [got] = endpoint.received;
    expect(HitAnswer.parse(got?.json.hit)).toMatchObject({ list: 'stolen' });
    expect(verifyWebhook(secret, { signature: String(got?.headers['darwaza-signature']), body: got?.body ?? '', now: NOW })).toBe(true);
    expect((await list()).items[0]).toMatchObject({ id, delivered: 1, waiting: 0, lastStatus: 204 });
  });

  it('can be tried out: one signed event without a hit, whose answer is shown and which is kept nowhere', async () => {
    const { id, secret } = await make();
    const { status, json } = await post(`/${id}/test`);
    expect([status, json]).toEqual([200, { delivered: true, status: 204, fault: null, ms: expect.any(Number) }]);
    const [got] = endpoint.received;
    expect(got?.json).toEqual({ delivery: expect.stringMatching(/^test-/), attempt: 1, event: { sequence: null, kind: 'test', at: '2026-11-03T12:00:00.000+05:00', ring: false, detail: {} }, hit: null });
    expect(got?.headers['darwaza-event']).toBeUndefined();
    expect(verifyWebhook(secret, { signature: String(got?.headers['darwaza-signature']), body: got?.body ?? '', now: NOW })).toBe(true);
    endpoint.answer = 403;
    expect((await post(`/${id}/test`)).json).toMatchObject({ delivered: false, status: 403, fault: 'it answered 403' });
    await endpoint.close();
    expect((await post(`/${id}/test`)).json).toMatchObject({ delivered: false, status: null, fault: expect.stringMatching(/^connection (refused|lost)$/) });
    expect((await get(`/${id}/deliveries`)).json.items).toEqual([]);
  });

  it('is paused and resumed by a person; what comes meanwhile waits', async () => {
    const { id } = await make();
    expect((await post(`/${id}/pause`)).json).toMatchObject({ id, paused: true });
    await raiseOne();
    await sender.tick();
    expect(endpoint.received).toHaveLength(0);
    expect((await list()).items[0]).toMatchObject({ paused: true, waiting: 1 });
    expect((await post(`/${id}/resume`)).json).toMatchObject({ paused: false, waiting: 1 });
    await sender.tick();
    expect(endpoint.received).toHaveLength(1);
  });

  it('that is removed is gone from the list; what waited stays to be read', async () => {
    const { id } = await make();
    await raiseOne();
    expect((await post(`/${id}/remove`)).json).toEqual({ id, removed: true });
    expect((await list()).items).toEqual([]);
    expect((await get(`/${id}/deliveries`)).json.items).toMatchObject([{ state: 'dead', lastFault: 'the webhook was removed' }]);
    for (const action of ['remove', 'pause', 'resume', 'test', 'retry-dead', 'deliveries/1/retry']) expect((await post(`/${id}/${action}`)).json.error.code).toBe('WEBHOOK_NOT_FOUND');
  });

  it('that nobody knows is answered so', async () => {
    for (const action of ['remove', 'pause', 'resume', 'test', 'retry-dead', 'deliveries/1/retry']) expect((await post(`/wh_none/${action}`)).status).toBe(404);
    expect((await get('/wh_none/deliveries')).status).toBe(404);
  });

  it('stands in the audit log, whatever is done with it', async () => {
    const { id } = await make();
    for (const action of ['pause', 'resume', 'test', 'retry-dead', 'remove']) await post(`/${id}/${action}`);
    const rows = await listAudit(server.database.db, { limit: 6 });
    expect(rows.map((row) => [row.action, row.question])).toEqual([
      ...['removeWebhook', 'retryDead', 'testWebhook', 'resumeWebhook', 'pauseWebhook'].map((action) => [action, { id }]), ['addWebhook', {}],
    ]);
  });
});

describe('deliveries', () => {
  it('that fail show the fault and when they are tried next', async () => {
    const { id } = await make();
    endpoint.answer = 500;
    const [event] = await raiseOne();
    await sender.tick();
    const { items } = (await get(`/${id}/deliveries?state=waiting`)).json;
    expect(items).toMatchObject([{ event: event?.sequence, kind: 'raised', hit: event?.hitId, state: 'waiting', attempts: 1, lastStatus: 500, lastFault: 'it answered 500', finishedAt: null }]);
    expect(Date.parse(items[0].nextAt)).toBeGreaterThan(NOW);
    expect((await list()).items[0]).toMatchObject({ waiting: 1, failingSince: '2026-11-03T12:00:00.000+05:00', lastFault: 'it answered 500' });
  });

  it('that died are listed, and go out again one by one or all at once', async () => {
    const { id } = await make(), other = await make({ label: 'Other', lists: ['none'] });
    endpoint.answer = 500;
    for (let i = 0; i < 3; i++) await raiseOne();
    server.time.now += TRIED_FOR_MS;
    await sender.tick();
    const { items } = (await get(`/${id}/deliveries?state=dead`)).json;
    expect(items).toHaveLength(3);
    const one = items[0].id as number;
    expect((await post(`/${other.id}/deliveries/${one}/retry`)).json.error.code).toBe('DELIVERY_NOT_FOUND');
    expect((await post(`/${id}/deliveries/${one}/retry`)).json).toEqual({ retried: 1 });
    expect((await post(`/${id}/deliveries/${one}/retry`)).json.error).toMatchObject({ code: 'DELIVERY_NOT_FOUND', details: { id, delivery: one } });
    expect((await post(`/${id}/deliveries/none/retry`)).json.error.code).toBe('REQUEST_INVALID');
    expect((await post(`/${id}/retry-dead`)).json).toEqual({ retried: 2 });
    endpoint.answer = 204;
    await sender.tick();
    expect((await list()).items.find((hook: any) => hook.id === id)).toMatchObject({ delivered: 3, dead: 0, waiting: 0 });
  });

  it('come a page at a time, newest first', async () => {
    const { id } = await make();
    for (let i = 0; i < 5; i++) await raiseOne();
    const all = await server.all(`/api/v1/webhooks/${id}/deliveries?limit=2`);
    expect(all).toHaveLength(5);
    expect(all.map((d) => d.id)).toEqual(all.map((d) => d.id).toSorted((a, b) => b - a));
    const { json } = await get(`/${id}/deliveries?limit=2`);
    expect((await get(`/${id}/deliveries?limit=2&state=dead&cursor=${json.next}`)).json.error.code).toBe('CURSOR_INVALID');
  });
});
