import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { KeptJourney, Sighting, TimeWindow } from '../journey/journey.ts';
import { writeMark } from '../plate/written-form.ts';
import { findJourney, listJourneys, PASS_GONE, type JourneyFilter } from '../store/list-journeys.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { cameraScope, cameraScopeFields, checkPlace } from './camera-scope.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import { checkPeriod, cursorField, limitField, markPatternField, nameField, periodFields } from './query-fields.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const SightingAnswer = z.strictObject({
  pass: z.string().describe('Id of the pass'), camera: z.string().nullable().describe('null = the pass was deleted when its time was over; the journey has a longer one'), site: z.string().nullable(), capturedAt: Instant,
  boundary: z.boolean(), direction: z.enum(['in', 'out', 'unknown']), mark: z.string().describe('As read at this camera'),
  confidence: z.number().describe('Of the mark as read, 0 to 1'),
}).meta({ id: 'Sighting' });

const WindowAnswer = z.strictObject({ after: Instant.nullable(), before: Instant.nullable() }).nullable();

export const JourneyAnswer = z.strictObject({
  id: z.string(),
  mark: z.string(), parts: MarkAnswer.describe('The fullest known mark of its sightings'),
  status: z.enum(['open', 'closed']).describe('`open`: not seen to leave yet'),
  entry: SightingAnswer.nullable(), exit: SightingAnswer.nullable().describe('With `pairing: probable` its mark is one look-alike from that of the entry: compare the two'),
  pairing: z.enum(['exact', 'probable']).nullable().describe('How entry and exit were found to be of one vehicle; null unless there are both'),
  pairingScore: z.number().nullable().describe('How sure a probable pairing is, 0 to 1'),
  dwellMinutes: z.number().nullable().describe('From entry to exit, where both were seen'),
  entryMissing: z.boolean().describe('It was seen inside, or leaving, but not entering'),
  exitMissing: z.boolean().describe('It entered again without having been seen to leave'),
  inferredEntry: WindowAnswer.describe('When the entry that no camera saw must have happened; `after` null: it was never seen to leave before'),
  inferredExit: WindowAnswer.describe('When the exit that no camera saw must have happened'),
  ambiguous: z.boolean().describe('Several vehicles share what was read; the part that tells them apart is unread'),
  confidence: z.number().describe('0 to 1: that the passes at its ends were read right and are of one vehicle'),
  startedAt: Instant, lastSeenAt: Instant,
  sites: z.array(z.string()).describe('Sites where it was seen, in the order of the first time'), classes: z.array(z.string()).describe('Classes of vehicle that cameras saw; more than one: look at the pictures'),
  sightingCount: z.int(),
  sightings: z.array(SightingAnswer).describe('The first of the passes that it rests on: at most 5,000 for one journey; in a list 200 for all journeys of a page together, but up to 2 of each. `sightingCount` tells of all'),
  partOf: z.string().nullable().describe('Its exit belongs, probably, to that journey: it is no stay of its own'),
}).meta({ id: 'Journey' });

function sightingAnswer(s: Sighting, offset: number): z.output<typeof SightingAnswer> {
  return {
    pass: s.passId, camera: s.cameraId === PASS_GONE ? null : s.cameraId, site: s.siteId, capturedAt: formatInstant(s.capturedAt, offset), boundary: s.boundary, direction: s.direction, mark: writeMark(s.mark), confidence: s.confidence,
  };
}

function windowAnswer(window: TimeWindow | null, offset: number): z.output<typeof WindowAnswer> {
  return window && { after: instantOrNull(window.from, offset), before: instantOrNull(window.to, offset) };
}

export function journeyAnswer(j: KeptJourney, offset: number): z.output<typeof JourneyAnswer> {
  const { id, entryMissing, ambiguous, startedAt, sightingCount, classes, partOf, probableExit } = j;
  const exit = j.exit ?? probableExit?.exit ?? null, lastSeenAt = Math.max(j.lastSeenAt, exit?.capturedAt ?? 0);
  return {
    id, mark: writeMark(j.mark), parts: markAnswer(j.mark), status: exit === null ? j.status : 'closed', entry: j.entry && sightingAnswer(j.entry, offset), exit: exit && sightingAnswer(exit, offset),
    pairing: j.entry === null || exit === null ? null : probableExit === null ? 'exact' : 'probable', pairingScore: probableExit?.score ?? null,
    dwellMinutes: j.entry === null || exit === null ? null : Math.round((exit.capturedAt - j.entry.capturedAt) / 6000) / 10,
    entryMissing, exitMissing: j.exitMissing && probableExit === null, inferredEntry: windowAnswer(j.inferredEntry, offset), inferredExit: probableExit === null ? windowAnswer(j.inferredExit, offset) : null,
    ambiguous, confidence: j.confidence * j.certainty * (probableExit === null ? 1 : probableExit.score * probableExit.exit.confidence),
    startedAt: formatInstant(startedAt, offset), lastSeenAt: formatInstant(lastSeenAt, offset), sites: routeOf(j), classes: [...classes], sightingCount,
    sightings: j.sightings.map((s) => sightingAnswer(s, offset)), partOf,
  };
}

/** The sites in the order in which they were first seen; those of sightings beyond the list's limit after them. */
function routeOf({ sightings, sites }: KeptJourney): string[] {
  return [...new Set([...sightings.flatMap((s) => s.siteId ?? []), ...sites])];
}

const JourneyPage = pageOf(JourneyAnswer).extend(cameraScopeFields).meta({ id: 'JourneyPage' });
const tag = 'Journeys';

/** What journeys can be asked for by; exports take the same. */
export const journeyFilterFields = {
  ...periodFields,
  status: z.enum(['open', 'closed']).optional(),
  site: nameField('Journeys with a sighting at this site').optional(),
  mark: markPatternField.optional(),
};
export type JourneyQuery = z.output<z.ZodObject<typeof journeyFilterFields>>;

/** @throws REQUEST_INVALID */
export function journeyFilterOf(query: JourneyQuery, { register }: Pick<Services, 'register'>): JourneyFilter {
  checkPeriod(query);
  checkPlace(query, register);
  const { from, to, status, site: siteId, mark } = query;
  return { from, to, status, siteId, mark };
}

export const listJourneysRoute = route({
  method: 'get', path: '/api/v1/journeys', name: 'listJourneys', tag, permission: 'journeys:read', purpose: 'needed',
  summary: 'Stays in the city, latest start first',
  description: 'Journeys that overlap the period; an open one has no end. An end that no camera saw is named missing, with the time in which it must have happened. An exit whose mark is one look-alike from that of the entry is shown as a probable pairing with both readings; '
    + 'one that is read alike goes before it.',
  query: z.strictObject({ ...journeyFilterFields, limit: limitField, cursor: cursorField }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: JourneyPage } },
  errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'MARK_INVALID', 'CURSOR_INVALID'],
  async handle({ query }, services) {
    const { limit, cursor } = query;
    const page = await listJourneys(services.database, journeyFilterOf(query, services), { limit, cursor });
    const body: z.output<typeof JourneyPage> = {
      items: page.items.map((j) => journeyAnswer(j, services.config.DARWAZA_UTC_OFFSET_MINUTES)), next: page.nextCursor,
      ...(await cameraScope(services, query)),
    };
    return { status: 200, body, count: body.items.length };
  },
});

export const showJourney = route({
  method: 'get', path: '/api/v1/journeys/{id}', name: 'showJourney', tag, permission: 'journeys:read', purpose: 'needed',
  summary: 'One journey',
  params: z.strictObject({ id: z.string().max(200).describe('Id of a journey') }), body: { kind: 'none' },
  answers: { 200: { description: 'The journey', schema: JourneyAnswer } },
  errors: ['JOURNEY_NOT_FOUND'],
  async handle({ params: { id } }, { database, config }) {
    // PostgreSQL knows no NUL, so no journey can be called by one.
    const journey = id.includes('\0') ? null : await findJourney(database, id);
    if (journey === null) throw new DarwazaError('JOURNEY_NOT_FOUND', { id });
    return { status: 200, body: journeyAnswer(journey, config.DARWAZA_UTC_OFFSET_MINUTES), count: 1 };
  },
});
