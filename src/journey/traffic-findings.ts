import { groupedBy } from './build.ts';
import { clonesOf, NEIGHBOUR_WITHIN_MS, oneCharacterAway, type CloneRules } from './clones.ts';
import { CONVOY_SETTINGS, convoysOf, type ConvoySettings } from './convoys.ts';
import { byTime, type Finding } from './finding.ts';
import type { Sighting } from './journey.ts';
import { createLinkLearner, fastestTrips, type LinkTime } from './link-times.ts';

export interface TrafficRules extends Pick<CloneRules, 'placeOf' | 'differences' | 'clockErrorMs' | 'placeErrorMetres'> {
  /** The local hour (0 to 23) of an epoch time. */
  readonly hourOf: (at: number) => number;
  readonly convoys?: ConvoySettings;
}

/**
 * Link times, clones and convoys of traffic that is in memory as a whole, in any order: what the job of findings finds in a store, for
 * measuring and replaying. Passes that were delivered twice may stand twice.
 */
export function findingsOfTraffic(sightings: readonly Sighting[], rules: TrafficRules): { readonly links: LinkTime[]; readonly clones: Finding[]; readonly convoys: Finding[] } {
  const ordered = [...new Map(sightings.map((s) => [s.passId, s])).values()].toSorted(byTime), byKey = groupedBy(ordered, (s) => s.key), learner = createLinkLearner(rules.hourOf);
  for (const sighting of ordered) learner.add(sighting);
  const links = learner.learned();
  const neighbours = (odd: Sighting): Sighting[] =>
    oneCharacterAway(odd.key).flatMap((key) => (byKey.get(key) ?? []).filter((s) => Math.abs(s.capturedAt - odd.capturedAt) <= NEIGHBOUR_WITHIN_MS));
  const cloneRules: CloneRules = { ...rules, fastest: fastestTrips(links, rules.hourOf), neighbours };
  return {
    links, clones: [...byKey.values()].flatMap((own) => clonesOf(own, cloneRules)),
    convoys: convoysOf(ordered, (key) => byKey.get(key) ?? [], rules.convoys ?? CONVOY_SETTINGS),
  };
}
