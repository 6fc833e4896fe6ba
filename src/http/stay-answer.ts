import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import type { Stay, StayEnd } from '../store/stays.ts';
import { Instant } from './answer-fields.ts';
import { markAnswer, MarkAnswer } from './pass-answer.ts';

const StayEndAnswer = z.strictObject({ at: Instant, site: z.string().nullable(), pass: z.string().nullable() });

/** A journey as one line of a timeline; `GET /api/v1/journeys/{id}` has its sightings. */
export const StayAnswer = z.strictObject({
  id: z.string(), mark: MarkAnswer, status: z.enum(['open', 'closed']),
  entry: StayEndAnswer.nullable(), exit: StayEndAnswer.nullable(),
  exitProbable: z.number().nullable().describe('The exit was read one look-alike away: how sure it is that it was this vehicle; null for an exit of the mark itself'),
  entryMissing: z.boolean(), exitMissing: z.boolean(), ambiguous: z.boolean().describe('Several vehicles share what was read; the part that tells them apart is unread'),
  confidence: z.number(), startedAt: Instant, lastSeenAt: Instant, sightings: z.int(), sites: z.array(z.string()),
  words: z.string().describe('What is known of its ends, and what follows for those that nobody saw'),
}).meta({ id: 'Stay' });

const endAnswer = (end: StayEnd | null, offset: number): z.output<typeof StayEndAnswer> | null => end && { at: formatInstant(end.at, offset), site: end.siteId, pass: end.passId };

export function stayAnswer(stay: Stay, offset: number): z.output<typeof StayAnswer> {
  const { id, status, entryMissing, exitMissing, ambiguous, confidence, sites } = stay;
  return {
    id, mark: markAnswer(stay.mark), status, entry: endAnswer(stay.entry, offset), exit: endAnswer(stay.exit, offset), exitProbable: stay.pairScore, entryMissing, exitMissing, ambiguous, confidence,
    startedAt: formatInstant(stay.startedAt, offset), lastSeenAt: formatInstant(stay.lastSeenAt, offset), sightings: stay.sightingCount, sites: [...sites], words: stayInWords(stay, offset),
  };
}

/** An end that no camera saw is said as the time in which it must have happened. Times to the second: who reads it compares it with what people say. */
export function stayInWords(stay: Stay, offset: number): string {
  const time = (at: number): string => formatInstant(at, offset).replace(/\.\d+/, '').replace('T', ' ');
  return `${entryInWords(stay, time)} ${exitInWords(stay, time)}${stay.ambiguous ? ' Several vehicles share what was read, and the part that tells them apart is unread: this may be any of them.' : ''}`;
}

function entryInWords({ entry, enteredAfter, startedAt }: Stay, time: (at: number) => string): string {
  if (entry !== null) return `Entered${entry.siteId === null ? '' : ` at ${entry.siteId}`} at ${time(entry.at)}.`;
  const since = enteredAfter === null ? 'it was never seen outside before' : `it was outside at ${time(enteredAfter)}`;
  return `Nobody saw it enter: it must have come in before ${time(startedAt)}; ${since}.`;
}

function exitInWords(stay: Stay, time: (at: number) => string): string {
  const { exit, exitMissing, leftBefore, lastSeenAt, pairScore } = stay;
  if (exit !== null) {
    const place = exit.siteId === null ? '' : ` at ${exit.siteId}`;
    return pairScore === null ? `Left${place} at ${time(exit.at)}.` : `Probably left${place} at ${time(exit.at)}: the mark was read there with one character that looks like its own.`;
  }
  if (!exitMissing) return `Not seen to leave; last seen at ${time(lastSeenAt)}.`;
  return `Nobody saw it leave: it must have gone after ${time(lastSeenAt)}${leftBefore === null ? '' : ` and before it came in again at ${time(leftBefore)}`}.`;
}
