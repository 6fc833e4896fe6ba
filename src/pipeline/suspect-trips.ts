import type { Register } from '../geo/register.ts';
import { groupedBy } from '../journey/build.ts';
import { isSuspectTrip } from '../journey/impossible-trips.ts';
import type { DueKey } from '../store/finding-due.ts';
import type { KnownKey } from '../store/lock-vehicles.ts';
import type { StoredPass } from '../store/stored-pass.ts';

interface Spot { readonly siteId: string | null; readonly at: number }

/**
 * Finds, among new passes, keys that were seen too far away too shortly before or after: two vehicles may carry the mark. Looks at the pass
 * that was the latest of its key before (`known`) and at those that came with it; what a late pass contradicts is found when the day is gone
 * through.
 */
export function createSuspectTrips(register: Register): (passes: readonly StoredPass[], known: ReadonlyMap<string, KnownKey>) => DueKey[] {
  const sites = new Map(register.sites.map((site) => [site.id, site]));
  const isSuspect = (one: Spot, other: Spot): boolean => {
    const from = sites.get(one.siteId ?? ''), to = sites.get(other.siteId ?? '');
    return from !== undefined && to !== undefined && from !== to && isSuspectTrip({ place: from, at: one.at }, { place: to, at: other.at });
  };
  return (passes, known) => [...groupedBy(passes.filter((pass) => pass.key !== null), (pass) => pass.key ?? '')].flatMap(([key, own]) => {
    const before = known.get(key), latest: Spot[] = before?.lastSeenAt == null ? [] : [{ siteId: before.lastSiteId, at: before.lastSeenAt }];
    const spots = [...latest, ...own.map(({ siteId, capturedAt: at }) => ({ siteId, at }))].toSorted((a, b) => a.at - b.at);
    return spots.slice(1).flatMap((spot, i) => (isSuspect(spots[i] as Spot, spot) ? [{ key, at: spot.at }] : [])).slice(0, 1);
  });
}
