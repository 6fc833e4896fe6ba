import { Readable } from 'node:stream';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { FeedItem, Subscription } from '../hit/hit-feed.ts';
import { toldDetail } from '../hit/told-detail.ts';
import { isApiKeyInForce } from '../store/api-keys.ts';
import type { HitEvent, HitRecord } from '../store/hit-record.ts';
import { seesCovert, type Caller } from './access.ts';
import { checkPlace } from './camera-scope.ts';
import { hitAnswer } from './hits.ts';
import { namesField } from './query-fields.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

export const STREAMS_PER_KEY = 50;
const KEEP_ALIVE_MS = 15_000, RETRY_MS = 1000, STALLED_MS = 60_000;
const NAMES_LIMIT = 200;

/** Names with commas between, as a set. */
const names = (description: string) => namesField(description, NAMES_LIMIT).transform((list): ReadonlySet<string> => new Set(list)).optional();

interface Wanted { readonly sites: ReadonlySet<string> | undefined; readonly lists: ReadonlySet<string> | undefined; readonly caller: Caller }

export const streamHits = route({
  method: 'get', path: '/api/v1/hits/stream', name: 'streamHits', tag: 'Hits', permission: 'hits:read', purpose: 'needed',
  summary: 'What happens to hits, as it happens',
  description: 'Server-sent events (`text/event-stream`). The first is `ready`; then one for each thing that happens to a hit, named for it (`raised`, `confirmed`, `withdrawn`, `repeated`, `acknowledged`, '
    + '`escalated`, `accepted`, `rejected`, `enforced`, `closed`), with `id` = its number in the history and `data` = JSON: `sequence`, `kind`, `at`, `ring` (whether to make a sound here: a heads-up never does), `actor`, `forSite` '
    + '(the site of your query that it concerns where that is not the hit\'s own: a heads-up or an escalation), `detail`, `hit` (as `GET /api/v1/hits` gives it, as it stands now). '
    + 'Come back with the header `Last-Event-ID` (browsers do so by themselves) and you miss nothing and get nothing twice; without it the stream begins now. A comment comes every 15 s. '
    + `A key may have ${STREAMS_PER_KEY} streams open. The stream ends when its key is withdrawn.`,
  query: z.strictObject({
    site: names('Hits at these sites, and those elsewhere of which these sites or your key are told'),
    list: names('Hits of these lists'),
    lastEventId: z.string().max(20).optional().describe('As the header `Last-Event-ID`, for clients that cannot set it'),
  }),
  body: { kind: 'none' },
  answers: { 200: { description: 'Events until either side ends it', mediaTypes: ['text/event-stream'] } },
  errors: ['STREAMS_TOO_MANY'],
  async handle({ query, caller, lastEventId }, services) {
    for (const site of query.site ?? []) checkPlace({ site }, services.register);
    const wanted: Wanted = { sites: query.site, lists: query.list, caller: caller as Caller }, owner = wanted.caller.id;
    const after = sequenceOf(lastEventId ?? query.lastEventId ?? null);
    const subscription = await services.feed.subscribe({ after, owner, channel: 'stream', accepts: (event, hit) => isWanted(wanted, event, hit) });
    // Counted with this one: of two that come at once both are seen.
    const open = services.feed.openOf(owner) - 1;
    if (open >= STREAMS_PER_KEY) {
      subscription.close();
      throw new DarwazaError('STREAMS_TOO_MANY', { open, limit: STREAMS_PER_KEY });
    }
    return {
      // Nginx holds answers back to send them in larger pieces.
      status: 200, mediaType: 'text/event-stream; charset=utf-8', headers: { 'X-Accel-Buffering': 'no' }, stalledAfterMs: STALLED_MS,
      bytes: eventStream(subscription, wanted, services),
    };
  },
});

/** @throws REQUEST_INVALID */
function sequenceOf(text: string | null): number | null {
  if (text === null || text === '') return null;
  if (!/^\d{1,15}$/.test(text)) throw new DarwazaError('REQUEST_INVALID', { reason: 'Last-Event-ID is not an id of this stream; come without it to begin now' });
  return Number(text);
}

/** That a hit reached somebody is for the history, not for those whom it reached. */
function isWanted({ sites, lists, caller }: Wanted, event: HitEvent, hit: HitRecord): boolean {
  if (event.kind === 'delivered' || (hit.covert && !seesCovert(caller))) return false;
  if (lists !== undefined && !lists.has(hit.list)) return false;
  return sites === undefined || event.keys.includes(caller.id) || isAt(sites, hit) || event.sites.some((site) => sites.has(site));
}

const isAt = (sites: ReadonlySet<string>, hit: HitRecord): boolean => hit.siteId !== null && sites.has(hit.siteId);

function eventStream(subscription: Subscription, wanted: Wanted, { config, database, clock }: Services): Readable {
  const offset = config.DARWAZA_UTC_OFFSET_MINUTES;
  const begin = `retry: ${RETRY_MS}\nid: ${subscription.position}\nevent: ready\ndata: ${JSON.stringify({ sequence: subscription.position, resumed: subscription.resumed })}\n\n`;
  let begun = false, checkedAt = performance.now();
  // A database that does not answer withdraws no key; it sends no events either.
  const mayGoOn = (): Promise<boolean> => isApiKeyInForce(database, wanted.caller.id, clock()).catch(() => true);
  const next = async (): Promise<string | null> => {
    if (!begun) {
      begun = true;
      return begin;
    }
    const items = await subscription.take(KEEP_ALIVE_MS);
    if (items === null) return null;
    if (performance.now() - checkedAt >= KEEP_ALIVE_MS) {
      checkedAt = performance.now();
      if (!(await mayGoOn())) return null;
    }
    if (items.length > 0) return items.map((item) => eventText(item, forSite(wanted, item), ringsFor(wanted, item), offset)).join('');
    // The id alone is no event: it only lets a client that saw nothing of interest come back to here and not to where it began.
    return `: keep-alive\nid: ${subscription.position}\n\n`;
  };
  return new Readable({
    // One piece at a time: what waits here would count as delivered.
    highWaterMark: 1,
    read() {
      next().then((text) => void this.push(text), (error: unknown) => void this.destroy(error as Error));
    },
    destroy(error, done) {
      subscription.close();
      done(error);
    },
  });
}

/** The site asked for that an event concerns, where it is not the hit's own. */
function forSite({ sites }: Wanted, { event, hit }: FeedItem): string | null {
  return sites === undefined || isAt(sites, hit) ? null : (event.sites.find((site) => sites.has(site)) ?? null);
}

/** A site that only gets a heads-up, or was called before, is told without a sound; one that an escalation calls now hears it. */
function ringsFor({ sites, caller }: Wanted, { event, hit }: FeedItem): boolean {
  if (!event.ring || sites === undefined || isAt(sites, hit)) return event.ring;
  const { calledSites = [], calledKeys = [] } = event.detail;
  return calledKeys.includes(caller.id) || calledSites.some((site) => sites.has(site));
}

/** Of each event, its text by site and sound: written once for all who get it. */
const texts = new WeakMap<FeedItem, Map<string, string>>();

function eventText(item: FeedItem, site: string | null, ring: boolean, offset: number): string {
  const known = texts.get(item) ?? new Map<string, string>(), which = `${ring} ${site ?? ''}`;
  texts.set(item, known);
  const text = known.get(which) ?? writeEvent(item, site, ring, offset);
  known.set(which, text);
  return text;
}

function writeEvent({ event, hit }: FeedItem, site: string | null, ring: boolean, offset: number): string {
  const { sequence, kind, at, actor, detail } = event;
  const data = { sequence, kind, at: formatInstant(at, offset), ring, actor, forSite: site, detail: toldDetail(detail, offset), hit: hitAnswer(hit, offset) };
  return `id: ${sequence}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
