import { formatInstant } from '../core/instant.ts';
import type { HitEventDetail } from '../store/hit-record.ts';

/** The detail of an event as other programs are told it: times with their offset, and nothing that only the program itself needs. */
export function toldDetail(detail: HitEventDetail, offsetMinutes: number): Readonly<Record<string, unknown>> {
  const { message, reason, note, enforced, level, passId, count, channel, calledSites, headsUp } = detail;
  const time = (at: number | null): string | null => (at === null ? null : formatInstant(at, offsetMinutes));
  return { message, reason, note, enforced, level, passId, count, channel, calledSites, ...(headsUp && { headsUp: headsUp.map(({ site, soonestAt, expectedAt }) => ({ site, soonestAt: time(soonestAt), expectedAt: time(expectedAt) })) }) };
}
