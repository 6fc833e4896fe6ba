import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { estimateInside } from '../journey/inside-estimate.ts';
import { writeMark } from '../plate/written-form.ts';
import { crossingsPerHour } from '../store/crossings-per-hour.ts';
import { DWELL_BINS, dwellHistogram } from '../store/dwell.ts';
import { HORIZON_MS, insideNow, type InsideNow } from '../store/inside-now.ts';
import { originDestination } from '../store/origin-destination.ts';
import { seenAtBoth, type TripPass } from '../store/seen-at-both.ts';
import { Instant, pageOf } from './answer-fields.ts';
import { camerasInScope, cameraScope, cameraScopeFields, checkPlace } from './camera-scope.ts';
import { cursorField, limitField, nameField, spanFields, spanOf, vehicleClassField } from './query-fields.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const tag = 'Movement';
const times = ['TIME_INVALID', 'TIME_WITHOUT_OFFSET'] as const;
const period = { from: Instant, to: Instant };
const minutes = (ms: number): number => Math.round(ms / 6000) / 10;

const TripPassAnswer = z.strictObject({
  pass: z.string(), camera: z.string(), site: z.string(), direction: z.enum(['in', 'out', 'unknown']), capturedAt: Instant, mark: z.string().describe('As read there'),
});
const TripAnswer = z.strictObject({
  key: z.string(), first: TripPassAnswer, second: TripPassAnswer, minutes: z.number(),
  agreement: z.enum(['same', 'possible']).describe('`possible`: a part that could tell two vehicles apart is unread in one of the two passes'),
}).meta({ id: 'Trip' });
const TripPage = pageOf(TripAnswer).extend({ ...period, ...cameraScopeFields }).meta({ id: 'TripPage' });

export const seenAtRoute = route({
  method: 'get', path: '/api/v1/movement/seen-at', name: 'seenAt', tag, permission: 'marks:movement', purpose: 'needed',
  summary: 'Vehicles seen at one site and then at another, newest first',
  description: 'One row for each trip: a pass at one site, and the vehicle\'s last one before it at the other, at most `within` minutes apart. Both lie in the period. Marks that contradict each other in a part that was read are different vehicles.',
  query: z.strictObject({
    a: nameField('One site'), b: nameField('The other site'),
    within: z.string().regex(/^[1-9]\d{0,3}$/, 'must be a whole number of minutes from 1 to 9999').transform(Number).default(120).describe('Minutes between the two passes at most; 120 when not given'),
    order: z.enum(['any', 'a-first']).default('any'),
    ...spanFields, limit: limitField, cursor: cursorField,
  }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: TripPage } },
  errors: [...times, 'CURSOR_INVALID'],
  async handle({ query }, services) {
    const { a, b, within, order, limit, cursor } = query, { register, database, config } = services, span = spanOf(query, services.clock());
    for (const site of [a, b]) checkPlace({ site }, register);
    if (a === b) throw new DarwazaError('REQUEST_INVALID', { reason: 'a and b are the same site' });
    const place = (siteId: string) => ({ siteId, cameraIds: camerasInScope(register, { site: siteId }) });
    const page = await seenAtBoth(database, { a: place(a), b: place(b), withinMs: within * 60_000, order, from: query.from, to: query.to, now: services.clock() }, { limit, cursor });
    const offset = config.DARWAZA_UTC_OFFSET_MINUTES, cameras = [...place(a).cameraIds, ...place(b).cameraIds];
    const body: z.output<typeof TripPage> = {
      items: page.items.map(({ earlier, later, certain }) => ({
        key: later.key, first: tripPass(earlier, offset), second: tripPass(later, offset), minutes: minutes(later.capturedAt - earlier.capturedAt), agreement: certain ? 'same' : 'possible',
      })),
      next: page.nextCursor, ...periodAnswer(span, offset), ...(await cameraScope(services, { ...span, camera: cameras, cursor })),
    };
    return { status: 200, body, count: body.items.length };
  },
});

function tripPass(pass: TripPass, offset: number): z.output<typeof TripPassAnswer> {
  return { pass: pass.passId, camera: pass.cameraId, site: pass.siteId, direction: pass.direction, capturedAt: formatInstant(pass.capturedAt, offset), mark: writeMark(pass.mark) };
}

function periodAnswer({ from, to }: { readonly from: number; readonly to: number }, offset: number): z.output<z.ZodObject<typeof period>> {
  return { from: formatInstant(from, offset), to: formatInstant(to, offset) };
}

/** Cameras that see who enters and leaves. */
function boundaryCameras({ register }: Pick<Services, 'register'>, site?: string): string[] {
  return [...new Set(register.cameras.filter((c) => c.boundary && (site ?? c.siteId) === c.siteId).map((c) => c.id))];
}

const insideCount = { open: z.int().describe('Journeys that entered and were not seen to leave'), estimate: z.int().describe('Vehicles that are probably still inside') };
const InsideAnswer = z.strictObject({
  at: Instant, ...insideCount,
  bySite: z.array(z.strictObject({ site: z.string().nullable(), ...insideCount })).describe('By the site where they entered'),
  byClass: z.array(z.strictObject({ class: z.string().nullable().describe('As cameras saw it; null = not seen, or seen differently'), ...insideCount })),
  notSeenToEnter: z.strictObject({ count: z.int(), seenLastDay: z.int(), seenLastWeek: z.int() }).describe('Seen inside, never seen to enter: in neither number above; day and week begin with a full hour. The estimate allows for entries that were missed'),
  openLongerThanDays: z.strictObject({ days: z.int(), count: z.int() }).describe('Open for longer: in `open`, not in the estimate'),
  learned: z.strictObject({
    exitMissRate: z.number().describe('Exits that are usually not seen, or read as another mark: of journeys after which the vehicle came in again'), from: z.int().describe('How many such journeys there were'),
    misreadRate: z.number().describe('Passes read as another mark so that they pair with nothing'), uncapturedRate: z.number().describe('Passes that no camera captured'),
  }),
  words: z.string(), ...cameraScopeFields,
}).meta({ id: 'Inside' });

export const insideRoute = route({
  method: 'get', path: '/api/v1/movement/inside', name: 'insideNow', tag, permission: 'journeys:read', purpose: 'needed',
  summary: 'How many vehicles are inside now',
  description: '`open` counts journeys without a seen exit, and grows with every exit that is missed; `estimate` takes off as many as are probably missed exits and misread entries, learned from the journeys of the last 14 days. '
    + 'GET /api/v1/journeys?status=open lists them.',
  body: { kind: 'none' },
  answers: { 200: { description: 'Both numbers, and what the estimate rests on', schema: InsideAnswer } },
  errors: [],
  async handle(_, services) {
    const now = services.clock(), found = await insideNow(services.database, now);
    const scope = await cameraScope(services, { camera: boundaryCameras(services), from: now - HORIZON_MS, to: now });
    return { status: 200, body: { ...insideAnswer(found, now, services.config.DARWAZA_UTC_OFFSET_MINUTES), ...scope }, count: 1 };
  },
});

function insideAnswer(found: InsideNow, now: number, offset: number): Omit<z.output<typeof InsideAnswer>, keyof typeof cameraScopeFields> {
  const learned = estimateInside(found), from = sum(found.cohorts.map((c) => c.followed + c.unseen)), open = learned.plain + found.older, estimate = Math.round(learned.estimate);
  const by = <K extends 'site' | 'vehicleClass'>(part: K) => [...new Set(found.cohorts.map((c) => c[part]))].map((value) => {
    const own = found.cohorts.filter((c) => c[part] === value);
    return { value, open: sum(own.map((c) => c.open)), estimate: Math.round(learned.insideOf(own)) };
  }).filter((count) => count.open > 0).toSorted((a, b) => b.open - a.open || ((a.value ?? '~') < (b.value ?? '~') ? -1 : 1));
  return {
    at: formatInstant(now, offset), open, estimate,
    bySite: by('site').map(({ value, ...count }) => ({ site: value, ...count })), byClass: by('vehicleClass').map(({ value, ...count }) => ({ class: value, ...count })),
    notSeenToEnter: { count: found.notSeenToEnter.count, seenLastDay: found.notSeenToEnter.lastDay, seenLastWeek: found.notSeenToEnter.lastWeek },
    openLongerThanDays: { days: HORIZON_MS / 86_400_000, count: found.older },
    learned: { exitMissRate: learned.missRate, from, misreadRate: learned.misreadRate, uncapturedRate: learned.uncapturedRate },
    words: `${open} vehicles entered and were not seen to leave. Of ${from} journeys after which the vehicle came in again, ${percent(learned.missRate)} usually have no exit: so many exits are missed. `
      + `About ${estimate} vehicles that entered are probably still inside.${from < FEW_JOURNEYS ? ' That rests on few journeys.' : ''}`,
  };
}

const FEW_JOURNEYS = 100;
const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const CrossingsAnswer = z.strictObject({
  ...period, per: z.enum(['hour', 'day']), entered: z.int(), left: z.int(),
  items: z.array(z.strictObject({ since: Instant.describe('Beginning of the hour or day in the city'), site: z.string(), entered: z.int(), left: z.int() })).describe('By time and site; hours without any are left out'),
  ...cameraScopeFields,
}).meta({ id: 'Crossings' });

export const crossingsRoute = route({
  method: 'get', path: '/api/v1/movement/crossings', name: 'crossings', tag, permission: 'journeys:read', purpose: 'needed',
  summary: 'Vehicles that entered and left, by hour or day and site',
  description: 'Crossings of the boundary as they stand in journeys: one for each vehicle, however many cameras of a site saw it. Vehicles whose plate was not read are in none.',
  query: z.strictObject({
    ...spanFields, per: z.enum(['hour', 'day']).default('hour'), site: nameField('Only this boundary site').optional(), class: vehicleClassField.optional(),
  }),
  body: { kind: 'none' },
  answers: { 200: { description: 'All of the period', schema: CrossingsAnswer } },
  errors: times,
  async handle({ query }, services) {
    const { per, site, class: vehicleClass } = query, span = spanOf(query, services.clock()), offset = services.config.DARWAZA_UTC_OFFSET_MINUTES;
    checkPlace({ site }, services.register);
    const counts = await crossingsPerHour(services.database, { ...span, per, siteId: site, vehicleClass, timeZone: services.register.city.timeZone });
    const body: z.output<typeof CrossingsAnswer> = {
      ...periodAnswer(span, offset), per, entered: sum(counts.map((c) => c.entered)), left: sum(counts.map((c) => c.left)),
      items: counts.map(({ since, siteId, entered, left }) => ({ since: formatInstant(since, offset), site: siteId, entered, left })),
      ...(await cameraScope(services, { ...span, camera: boundaryCameras(services, site) })),
    };
    return { status: 200, body, count: body.entered + body.left };
  },
});

const OriginDestinationAnswer = z.strictObject({
  ...period, journeys: z.int(),
  items: z.array(z.strictObject({
    entry: z.string().nullable().describe('Site of entry; null = nobody saw it enter'), exit: z.string().nullable().describe('Site of exit; null = nobody saw it leave, yet or at all'),
    journeys: z.int(), open: z.int().describe('Of them not seen to leave yet'), probable: z.int().describe('Of them with an exit read one look-alike away'), ambiguous: z.int(),
    medianMinutes: z.number().nullable().describe('Half of those with both ends stayed longer'),
  })),
  ...cameraScopeFields,
}).meta({ id: 'OriginDestination' });

export const originDestinationRoute = route({
  method: 'get', path: '/api/v1/movement/origin-destination', name: 'originDestination', tag, permission: 'journeys:read', purpose: 'needed',
  summary: 'From which entry to which exit, in journeys',
  description: 'Journeys that began in the period, by the boundary sites at their ends. Those that were only seen inside are in none.',
  query: z.strictObject({ ...spanFields, class: vehicleClassField.optional() }), body: { kind: 'none' },
  answers: { 200: { description: 'The pairs, the most travelled first', schema: OriginDestinationAnswer } },
  errors: times,
  async handle({ query }, services) {
    const span = spanOf(query, services.clock()), offset = services.config.DARWAZA_UTC_OFFSET_MINUTES;
    const pairs = await originDestination(services.database, { ...span, vehicleClass: query.class });
    const body: z.output<typeof OriginDestinationAnswer> = {
      ...periodAnswer(span, offset), journeys: sum(pairs.map((p) => p.journeys)),
      items: pairs.map(({ entrySite, exitSite, medianDwellMs, ...counts }) => ({ entry: entrySite, exit: exitSite, ...counts, medianMinutes: medianDwellMs === null ? null : minutes(medianDwellMs) })),
      ...(await cameraScope(services, { ...span, camera: boundaryCameras(services) })),
    };
    return { status: 200, body, count: body.journeys };
  },
});

const DwellAnswer = z.strictObject({
  ...period, bins: z.array(z.strictObject({ fromMinutes: z.number(), toMinutes: z.number().nullable() })).describe('Each twice as long as the one before'),
  histograms: z.array(z.strictObject({
    group: z.string().nullable().describe('Site of entry or class; null for all, or not known'), journeys: z.int(), counts: z.array(z.int()).describe('In each of the bins'),
    medianMinutes: z.number(), p90Minutes: z.number(),
  })),
  withoutBothEnds: z.int().describe('Journeys of the search of which an end was not seen: they are in no histogram'),
  ...cameraScopeFields,
}).meta({ id: 'Dwell' });

export const dwellRoute = route({
  method: 'get', path: '/api/v1/movement/dwell', name: 'dwell', tag, permission: 'journeys:read', purpose: 'needed',
  summary: 'How long vehicles stayed',
  description: 'Entry to exit, of journeys that began in the period. Stays that are not over are in no bin: a period that has just ended shows the short ones.',
  query: z.strictObject({
    ...spanFields, by: z.enum(['site', 'class']).optional().describe('A histogram for each site of entry, or class'), entry: nameField('Entered at this site').optional(), exit: nameField('Left at this site').optional(),
    class: vehicleClassField.optional(),
  }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One histogram or several', schema: DwellAnswer } },
  errors: times,
  async handle({ query }, services) {
    const { by, entry, exit, class: vehicleClass } = query, span = spanOf(query, services.clock()), offset = services.config.DARWAZA_UTC_OFFSET_MINUTES;
    for (const site of [entry, exit]) checkPlace({ site }, services.register);
    const { histograms, withoutBothEnds } = await dwellHistogram(services.database, { ...span, by, entrySite: entry, exitSite: exit, vehicleClass });
    const body: z.output<typeof DwellAnswer> = {
      ...periodAnswer(span, offset), bins: DWELL_BINS.map((from, i) => ({ fromMinutes: from / 60_000, toMinutes: DWELL_BINS[i + 1] === undefined ? null : (DWELL_BINS[i + 1] ?? 0) / 60_000 })),
      histograms: histograms.map(({ group, journeys, counts, medianMs, p90Ms }) => ({ group, journeys, counts: [...counts], medianMinutes: minutes(medianMs), p90Minutes: minutes(p90Ms) })),
      withoutBothEnds, ...(await cameraScope(services, { ...span, camera: boundaryCameras(services) })),
    };
    return { status: 200, body, count: sum(histograms.map((h) => h.journeys)) };
  },
});
