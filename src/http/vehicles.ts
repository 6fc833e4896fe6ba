import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { markSearch } from '../list/mark-search.ts';
import { parseMarkPattern } from '../plate/pattern.ts';
import { searchVehicles } from '../store/vehicles-search.ts';
import { Instant, instantOrNull, pageOf } from './answer-fields.ts';
import { cameraScope, cameraScopeFields } from './camera-scope.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import { checkPeriod, cursorField, likeField, limitField, markPatternField, periodFields } from './query-fields.ts';
import { route } from './route.ts';

const SeenKeyAnswer = z.strictObject({
  key: z.string().describe('Letters and number without leading zeros: what all its readings share'),
  marks: z.array(MarkAnswer).describe('As they were read; those that contradict each other are different vehicles. Empty while they are gathered after an upgrade'),
  firstSeenAt: Instant.nullable(), lastSeenAt: Instant.nullable(), lastSite: z.string().nullable(),
}).meta({ id: 'SeenKey' });

const SeenKeyPage = pageOf(SeenKeyAnswer).extend(cameraScopeFields).meta({ id: 'SeenKeyPage' });

export const listVehiclesRoute = route({
  method: 'get', path: '/api/v1/vehicles', name: 'listVehicles', tag: 'Movement', permission: 'marks:movement', purpose: 'needed',
  summary: 'Marks that were ever seen, by the alphabet',
  description: 'One row for each key, whatever the number of its passes. With `from` and `to`: those first seen before the end of the period and last seen after its beginning.',
  query: z.strictObject({ mark: markPatternField, like: likeField, ...periodFields, limit: limitField, cursor: cursorField }), body: { kind: 'none' },
  answers: { 200: { description: 'One page', schema: SeenKeyPage } },
  errors: ['MARK_INVALID', 'TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'CURSOR_INVALID'],
  async handle({ query }, services) {
    checkPeriod(query);
    const { mark, like, from, to, limit, cursor } = query, pattern = parseMarkPattern(mark), offset = services.config.DARWAZA_UTC_OFFSET_MINUTES;
    if (pattern.kind === 'invalid') throw new DarwazaError('MARK_INVALID', { reason: pattern.reason });
    const page = await searchVehicles(services.database, { marks: markSearch(pattern, like), from, to }, { vehicles: mark, like, from, to }, { limit, cursor });
    const body: z.output<typeof SeenKeyPage> = {
      items: page.items.map((seen) => ({
        key: seen.key, marks: seen.marks.map(markAnswer), firstSeenAt: instantOrNull(seen.firstSeenAt, offset), lastSeenAt: instantOrNull(seen.lastSeenAt, offset), lastSite: seen.lastSiteId,
      })),
      next: page.nextCursor, ...(await cameraScope(services, query)),
    };
    return { status: 200, body, count: body.items.length };
  },
});
