import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { postWebhook } from '../hit/webhook-sender.ts';
import { newWebhookSecret } from '../hit/webhook-signature.ts';
import { LIST_KINDS } from '../list/entry.ts';
import { listDeliveries, retryDeliveries, type Delivery } from '../store/webhook-deliveries.ts';
import { createWebhook, findWebhook, listWebhooks, pauseWebhook, removeWebhook, webhookAddress, type WebhookState } from '../store/webhooks.ts';
import { demand, type Caller } from './access.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { checkPlace } from './camera-scope.ts';
import { cursorField, limitField, nameField, orFault } from './query-fields.ts';
import { parseJson } from './request-body.ts';
import { check } from './request-check.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const NAMES_LIMIT = 200;
const names = (description: string) => z.array(nameField('')).min(1).max(NAMES_LIMIT).nullable().default(null).describe(description);

const invalidUrl = (reason: string): never => {
  throw new DarwazaError('BODY_INVALID', { reason: `field "url": ${reason}` });
};

/** The address as it will be called. A user and password in it would stand in every list and log of it; the signature says who calls. */
function usableUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : invalidUrl('it is not an address');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') invalidUrl('it must begin with https:// or http://');
  if (url.username !== '' || url.password !== '') invalidUrl('it must hold no user and password; check the signature instead');
  if (url.hash !== '') invalidUrl('it must have no part after "#"');
  return url.href;
}

const NewWebhookBody = z.strictObject({
  url: z.string().max(2000).transform((text, ctx) => orFault(() => usableUrl(text), ctx)).describe('Gets a POST for each event'),
  label: z.string().trim().min(1).max(100).regex(/^[^\p{Cc}]*$/u, 'must hold no control character').describe('Whose system it is'),
  lists: names('Hits of these lists; null = all'),
  kinds: z.array(z.enum(LIST_KINDS)).min(1).nullable().default(null).describe('Hits of entries of these kinds; null = all'),
  sites: names('Hits at these sites, and those elsewhere of which these sites are told; null = all'),
  covert: z.boolean().default(false).describe('Hits of covert lists too; needs the permission hits:covert'),
}).meta({ id: 'NewWebhook' });

const WebhookAnswer = z.strictObject({
  id: z.string(), url: z.string(), label: z.string(),
  lists: z.array(z.string()).nullable(), kinds: z.array(z.enum(LIST_KINDS)).nullable(), sites: z.array(z.string()).nullable(), covert: z.boolean(),
  paused: z.boolean().describe('Only ever by a person; deliveries wait meanwhile'),
  createdAt: Instant, createdBy: z.string().describe('Id of the API key'),
  waiting: z.int(), delivered: z.int(), dead: z.int().describe('Given up after 24 hours; nothing is dropped: look at them, then retry'),
  lastStatus: z.int().nullable().describe('HTTP status of the newest delivery that was tried'), lastFault: z.string().nullable(),
  failingSince: Instant.nullable().describe('Age of the oldest delivery that was tried in vain and waits for its next attempt'),
}).meta({ id: 'Webhook' });

const CreatedAnswer = z.strictObject({ id: z.string(), secret: z.string().describe('Signs every delivery. Shown this once') }).meta({ id: 'CreatedWebhook' });
const SentAnswer = z.strictObject({ delivered: z.boolean(), status: z.int().nullable(), fault: z.string().nullable(), ms: z.int() }).meta({ id: 'WebhookTest' });
const RetriedAnswer = z.strictObject({ retried: z.int() }).meta({ id: 'RetriedDeliveries' });

const DeliveryAnswer = z.strictObject({
  id: z.int().describe('As in the header Darwaza-Delivery'), event: z.int().describe('Number of the event'), kind: z.string(), hit: z.string(),
  state: z.enum(['waiting', 'delivered', 'dead']), attempts: z.int(), createdAt: Instant, nextAt: Instant.nullable().describe('When it is tried next'), finishedAt: Instant.nullable(),
  lastStatus: z.int().nullable(), lastFault: z.string().nullable(),
}).meta({ id: 'WebhookDelivery' });

const idField = z.string().max(64).describe('Id of the webhook');
const deliveryField = z.string().regex(/^\d{1,15}$/, 'must be a whole number').transform(Number).describe('Id of the delivery');
const withId = z.strictObject({ id: idField });
const common = { tag: 'Webhooks', permission: 'webhooks:manage', purpose: 'none', audited: true } as const;

const missing = (id: string): DarwazaError => new DarwazaError('WEBHOOK_NOT_FOUND', { id });

const copy = <T>(values: readonly T[] | null): T[] | null => values && [...values];

function webhookAnswer(h: WebhookState, offset: number): z.output<typeof WebhookAnswer> {
  return {
    id: h.id, url: h.url, label: h.label, lists: copy(h.lists), kinds: copy(h.kinds), sites: copy(h.sites), covert: h.covert, paused: h.paused,
    createdAt: formatInstant(h.createdAt, offset), createdBy: h.createdBy, waiting: h.waiting, delivered: h.delivered, dead: h.dead,
    lastStatus: h.lastStatus, lastFault: h.lastFault, failingSince: instantOrNull(h.failingSince, offset),
  };
}

function deliveryAnswer(d: Delivery, offset: number): z.output<typeof DeliveryAnswer> {
  return {
    id: d.id, event: d.eventSequence, kind: d.eventKind, hit: d.hitId, state: d.state, attempts: d.attempts, createdAt: formatInstant(d.createdAt, offset),
    nextAt: d.state === 'waiting' ? formatInstant(d.nextAt, offset) : null, finishedAt: instantOrNull(d.finishedAt, offset), lastStatus: d.lastStatus, lastFault: d.lastFault,
  };
}

/** The webhook as it stands now. @throws WEBHOOK_NOT_FOUND */
async function stateOf(id: string, { database, config }: Services): Promise<z.output<typeof WebhookAnswer>> {
  const hook = (await listWebhooks(database)).find((h) => h.id === id);
  if (hook === undefined) throw missing(id);
  return webhookAnswer(hook, config.DARWAZA_UTC_OFFSET_MINUTES);
}

export const addWebhook = route({
  ...common, method: 'post', path: '/api/v1/webhooks', name: 'addWebhook', summary: 'An address that is told what happens to hits',
  description: 'Each event is POSTed as JSON `{delivery, attempt, event, hit}` with the headers Darwaza-Event (its number), Darwaza-Delivery (the same at every attempt), Darwaza-Attempt and Darwaza-Signature: '
    + '`t=<Unix seconds>,v1=<hex>`, where `v1` is HMAC-SHA-256 of `<t>.<body>` under the secret. Answer 2xx within 10 s; anything else is tried again with growing pauses for 24 hours.',
  body: { kind: 'text', mediaTypes: ['application/json'], limitBytes: 64 * 1024, schema: NewWebhookBody, example: { url: 'https://cad.example.gov.pk/darwaza', label: 'Dispatch', kinds: ['stolen', 'wanted'] } },
  answers: { 201: { description: 'Its id and secret', schema: CreatedAnswer } },
  errors: [],
  async handle({ body, caller }, { database, clock, register }) {
    const given = check(NewWebhookBody, parseJson(body.text), 'field'), by = caller as Caller;
    if (given.covert) demand(by, 'hits:covert');
    for (const site of given.sites ?? []) checkPlace({ site }, register);
    const id = `wh_${randomBytes(8).toString('hex')}`, secret = newWebhookSecret();
    await createWebhook(database, { id, secret, ...given, createdAt: clock(), createdBy: by.id });
    return { status: 201, body: { id, secret }, headers: { Location: `/api/v1/webhooks/${id}` } };
  },
});

export const listWebhooksRoute = route({
  ...common, method: 'get', path: '/api/v1/webhooks', name: 'listWebhooks', summary: 'Webhooks and how their deliveries fare',
  body: { kind: 'none' }, answers: { 200: { description: 'Oldest first', schema: z.strictObject({ items: z.array(WebhookAnswer) }) } }, errors: [],
  async handle(_, { database, config }) {
    const hooks = await listWebhooks(database);
    return { status: 200, body: { items: hooks.map((hook) => webhookAnswer(hook, config.DARWAZA_UTC_OFFSET_MINUTES)) }, count: hooks.length };
  },
});

const pausing = (name: 'pause' | 'resume', summary: string) => route({
  ...common, method: 'post', path: `/api/v1/webhooks/{id}/${name}`, name: `${name}Webhook`, summary, params: withId, body: { kind: 'none' },
  answers: { 200: { description: 'As it stands now', schema: WebhookAnswer } }, errors: ['WEBHOOK_NOT_FOUND'],
  async handle({ params: { id } }, services) {
    if (!(await pauseWebhook(services.database, id, name === 'pause'))) throw missing(id);
    return { status: 200, body: await stateOf(id, services) };
  },
});

export const pauseWebhookRoute = pausing('pause', 'Holds its deliveries back; they wait');
export const resumeWebhookRoute = pausing('resume', 'Lets its deliveries go again, those that waited too');

export const removeWebhookRoute = route({
  ...common, method: 'post', path: '/api/v1/webhooks/{id}/remove', name: 'removeWebhook', summary: 'Ends a webhook; what waits is given up and stays listed',
  params: withId, body: { kind: 'none' }, answers: { 200: { description: 'It is removed', schema: z.strictObject({ id: z.string(), removed: z.literal(true) }) } }, errors: ['WEBHOOK_NOT_FOUND'],
  async handle({ params: { id } }, { database, clock }) {
    if (!(await removeWebhook(database, id, clock()))) throw missing(id);
    return { status: 200, body: { id, removed: true } };
  },
});

export const testWebhook = route({
  ...common, method: 'post', path: '/api/v1/webhooks/{id}/test', name: 'testWebhook', summary: 'Sends a signed event of kind `test` without a hit, once, and says what came of it',
  params: withId, body: { kind: 'none' }, answers: { 200: { description: 'What the endpoint answered', schema: SentAnswer } }, errors: ['WEBHOOK_NOT_FOUND'],
  async handle({ params: { id } }, { database, clock, config }) {
    const address = await webhookAddress(database, id);
    if (address === null) throw missing(id);
    const at = clock(), started = performance.now();
    const event = { sequence: null, kind: 'test', at: formatInstant(at, config.DARWAZA_UTC_OFFSET_MINUTES), ring: false, detail: {} };
    const { status, fault } = await postWebhook({ ...address, delivery: `test-${randomUUID()}`, attempt: 1, event, hit: null }, { now: at });
    return { status: 200, body: { delivered: fault === null, status, fault, ms: Math.round(performance.now() - started) } };
  },
});

export const listDeliveriesRoute = route({
  ...common, method: 'get', path: '/api/v1/webhooks/{id}/deliveries', name: 'listDeliveries', summary: 'Deliveries of a webhook, newest first', params: withId,
  query: z.strictObject({ state: z.enum(['waiting', 'delivered', 'dead']).optional(), limit: limitField, cursor: cursorField }),
  body: { kind: 'none' }, answers: { 200: { description: 'One page', schema: pageOf(DeliveryAnswer).meta({ id: 'DeliveryPage' }) } }, errors: ['WEBHOOK_NOT_FOUND', 'CURSOR_INVALID'],
  async handle({ params: { id }, query: { state, limit, cursor } }, { database, config }) {
    if ((await findWebhook(database, id)) === null) throw missing(id);
    const page = await listDeliveries(database, { webhookId: id, state }, { limit, cursor });
    return { status: 200, body: { items: page.items.map((d) => deliveryAnswer(d, config.DARWAZA_UTC_OFFSET_MINUTES)), next: page.nextCursor }, count: page.items.length };
  },
});

export const retryDelivery = route({
  ...common, method: 'post', path: '/api/v1/webhooks/{id}/deliveries/{delivery}/retry', name: 'retryDelivery', summary: 'Tries a dead delivery again, at once and for 24 hours',
  params: z.strictObject({ id: idField, delivery: deliveryField }), body: { kind: 'none' }, answers: { 200: { description: 'It waits again', schema: RetriedAnswer } },
  errors: ['WEBHOOK_NOT_FOUND', 'DELIVERY_NOT_FOUND'],
  async handle({ params: { id, delivery } }, services) {
    const retried = await retry(id, [delivery], services);
    if (retried === 0) throw new DarwazaError('DELIVERY_NOT_FOUND', { id, delivery });
    return { status: 200, body: { retried }, count: retried };
  },
});

export const retryDead = route({
  ...common, method: 'post', path: '/api/v1/webhooks/{id}/retry-dead', name: 'retryDead', summary: 'Tries every dead delivery of a webhook again',
  params: withId, body: { kind: 'none' }, answers: { 200: { description: 'They wait again', schema: RetriedAnswer } }, errors: ['WEBHOOK_NOT_FOUND'],
  async handle({ params: { id } }, services) {
    const retried = await retry(id, null, services);
    return { status: 200, body: { retried }, count: retried };
  },
});

/** @throws WEBHOOK_NOT_FOUND also for a removed one: nobody would send them */
async function retry(id: string, deliveries: readonly number[] | null, { database, clock }: Services): Promise<number> {
  if ((await webhookAddress(database, id)) === null) throw missing(id);
  return retryDeliveries(database, id, clock(), deliveries);
}
