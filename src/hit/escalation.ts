import type { ListSettings } from '../list/list-settings.ts';
import type { NewHitEvent } from '../store/hit-events.ts';
import type { HitRecord } from '../store/hit-record.ts';

type Ladder = Pick<ListSettings, 'acknowledgeSeconds' | 'escalateTo'>;
export interface Escalated { readonly hit: HitRecord; readonly event: NewHitEvent | null }

/** When the ladder is used up, the time between two calls doubles each time up to this: a hit that nobody minds must not fill the history. */
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * The next step for a hit that nobody acknowledged: the next person or site of its list is told. After the last one, all are called again
 * and again where the vehicle is stolen or wanted, and nobody where it is not.
 */
export function escalate(hit: HitRecord, { acknowledgeSeconds, escalateTo }: Ladder, at: number): Escalated {
  const next = escalateTo[hit.escalation], repeats = hit.kind === 'stolen' || hit.kind === 'wanted';
  if (acknowledgeSeconds === null || next === undefined && !repeats) return { hit: { ...hit, escalateAt: null }, event: null };
  const level = hit.escalation + 1, called = next === undefined ? escalateTo : [next], hasNext = level < escalateTo.length;
  const sites = called.flatMap((step) => ('site' in step ? step.site : [])), keys = called.flatMap((step) => ('key' in step ? step.key : []));
  return {
    hit: { ...hit, escalation: level, escalateAt: hasNext || repeats ? at + pauseMs(acknowledgeSeconds, level - escalateTo.length) : null },
    event: {
      at, hitId: hit.id, kind: 'escalated', ring: true, actor: null, sites, keys,
      detail: { level, message: `Nobody acknowledged it for ${waited(at - hit.at)}.`, calledSites: sites, calledKeys: keys },
    },
  };
}

/** Nobody decided in time. */
export function close(hit: HitRecord, at: number): { readonly hit: HitRecord; readonly event: NewHitEvent } {
  return {
    hit: { ...hit, status: 'closed', escalateAt: null, closesAt: null },
    event: { at, hitId: hit.id, kind: 'closed', ring: false, actor: null, sites: [], keys: [], detail: { message: `Nobody decided on it for ${waited(at - hit.at)}.` } },
  };
}

/** `rounds`: how often all have been called after the ladder was used up. */
function pauseMs(acknowledgeSeconds: number, rounds: number): number {
  const pause = acknowledgeSeconds * 1000;
  return Math.max(pause, Math.min(LONGEST_PAUSE_MS, pause * 2 ** Math.max(0, rounds)));
}

function waited(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 1 ? `${Math.round(ms / 1000)} s` : minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
