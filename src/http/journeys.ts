import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { Journey, Sighting } from '../journey/journey.ts';
import { writeMark } from '../plate/written-form.ts';
import { findJourney, listJourneys, type JourneyFilter } from '../store/list-journeys.ts';
import { Instant, pageOf } from './answer-fields.ts';
import { camerasWithoutPasses, checkPlace, silentCameras } from './camera-scope.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import { checkPeriod, cursorField, limitField, markPatternField, nameField, periodFields } from './query-fields.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const SightingAnswer = z.strictObject({
  pass: z.string().describe('Id of the pass'), camera: z.string(), site: z.string().nullable(), capturedAt: Instant,
  boundary: z.boolean(), direction: z.enum(['in', 'out', 'unknown']), mark: z.string().describe('As read at this camera'),
}).meta({ id: 'Sighting' });

export const JourneyAnswer = z.strictObject({
  id: z.string(),
  mark: z.string(), parts: MarkAnswer.describe('The fullest known mark of its sightings'),
  status: z.enum(['open', 'closed']).describe('`open`: not seen to leave yet'),
  entry: SightingAnswer.nullable(), exit: SightingAnswer.nullable(),
  entryMissing: z.boolean().describe('It was seen inside, or leaving, but not entering'),
  exitMissing: z.boolean().describe('It entered again without having been seen to leave'),
  ambiguous: z.boolean().describe('Several vehicles share what was read; the part that tells them apart is unread'),
  startedAt: Instant, lastSeenAt: Instant,
  sightings: z.array(SightingAnswer),
}).meta({ id: 'Journey' });

function sightingAnswer(s: Sighting, offset: number): z.output<typeof SightingAnswer> {
  return { pass: s.passId, camera: s.cameraId, site: s.siteId, capturedAt: formatInstant(s.capturedAt, offset), boundary: s.boundary, direction: s.direction, mark: writeMark(s.mark) };
}

export function journeyAnswer(j: Journey, offset: number): z.output<typeof JourneyAnswer> {
  const { id, status, entryMissing, exitMissing, ambiguous } = j;
  return {
    id, mark: writeMark(j.mark), parts: markAnswer(j.mark), status, entry: j.entry && sightingAnswer(j.entry, offset), exit: j.exit && sightingAnswer(j.exit, offset),
    entryMissing, exitMissing, ambiguous, startedAt: formatInstant(j.startedAt, offset), lastSeenAt: formatInstant(j.lastSeenAt, offset),
    sightings: j.sightings.map((s) => sightingAnswer(s, offset)),
  };
}

const JourneyPage = pageOf(JourneyAnswer).extend({ camerasWithoutPasses }).meta({ id: 'JourneyPage' });
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
  description: 'Journeys that overlap the period; an open one has no end. An end that no camera saw is named missing, never guessed.',
  query: z.strictObject({ ...journeyFilterFields, limit: limitField, cursor: cursorField }),
  body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: JourneyPage } },
  errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'MARK_INVALID', 'CURSOR_INVALID'],
  async handle({ query }, services) {
    const { limit, cursor } = query;
    const page = await listJourneys(services.database, journeyFilterOf(query, services), { limit, cursor });
    const body: z.output<typeof JourneyPage> = {
      items: page.items.map((j) => journeyAnswer(j, services.config.DARWAZA_UTC_OFFSET_MINUTES)), next: page.nextCursor,
      camerasWithoutPasses: cursor === undefined ? await silentCameras(services, query) : null,
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
