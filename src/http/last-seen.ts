import { z } from 'zod';
import type { ListEntry } from '../list/entry.ts';
import { MATCH_KINDS, type ListSettings } from '../list/list-settings.ts';
import { formatInstant } from '../core/instant.ts';
import { may, type Caller } from './access.ts';
import { Instant } from './answer-fields.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';
import type { Services } from './services.ts';

export const LastSeenAnswer = z.strictObject({
  pass: z.string().nullable().describe('Id of the pass; null for a key that may not see movements'),
  camera: z.string(), site: z.string().nullable(), direction: z.enum(['in', 'out', 'unknown']), capturedAt: Instant.describe('When the vehicle was seen'),
  mark: MarkAnswer.nullable().describe('As the camera read it'),
  match: z.enum(MATCH_KINDS), score: z.number().describe('Probability that it was the listed vehicle, as far as the reader can tell'), contradictions: z.array(z.string()),
}).meta({ id: 'LastSeen' });

/** Days of passes that a new entry is held against. */
export const LOOKED_BACK_DAYS = 30;
const SHOWN = 5;

/**
 * Where the vehicle of an entry was seen in the last 30 days, latest first: five sightings for keys that may see movements. Others, who add
 * an entry at the roadside, are told the last one alone: enough to know whether to look for it here, and no way to follow somebody.
 */
export async function lastSeenOf({ engine, config }: Services, caller: Caller | null, entry: ListEntry, settings: ListSettings): Promise<z.output<typeof LastSeenAnswer>[]> {
  const all = caller !== null && may(caller, 'marks:movement');
  const found = await engine.backMatch(entry, settings, { days: LOOKED_BACK_DAYS, limit: all ? SHOWN : 1 });
  return found.map(({ pass, match }) => ({
    pass: all ? pass.id : null, camera: pass.cameraId, site: pass.siteId, direction: pass.direction, capturedAt: formatInstant(pass.capturedAt, config.DARWAZA_UTC_OFFSET_MINUTES),
    mark: pass.mark && markAnswer(pass.mark), match: match.kind, score: match.score, contradictions: [...match.contradictions],
  }));
}
