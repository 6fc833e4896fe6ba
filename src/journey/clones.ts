import { writeMarkInFull } from '../plate/written-form.ts';
import { compareMarks, markKey } from '../plate/key.ts';
import { lookAlikesOf } from '../plate/look-alikes.ts';
import { byTime, evidenceId, findingId, joinedEvidence, seenAt, type Evidence, type Finding, type FindingLabel } from './finding.ts';
import { impossibleTrip, type ImpossibleTrip, type TripRules } from './impossible-trips.ts';
import type { Sighting } from './journey.ts';
import { byVehicle } from './vehicle-sightings.ts';

export interface CloneRules extends TripRules {
  /** What of the vehicles themselves (class, colour) differs between two sightings, as words; empty where nothing speaks against one vehicle. */
  readonly differences: (a: Sighting, b: Sighting) => readonly string[];
  /** Sightings around the time of this one whose marks are one character away from its: one of those vehicles may be the one that was misread. */
  readonly neighbours: (sighting: Sighting) => readonly Sighting[];
}

/** Both reads of an accusation are at least so sure. */
export const VERIFIED_CONFIDENCE = 0.9;
/** A vehicle that was misread here was read right elsewhere within this time. */
export const NEIGHBOUR_WITHIN_MS = 3_600_000;
/**
 * What one firm thing in evidence weighs; at 1 together they make a clone. The straight line needs nothing learned; a learned time may be one
 * that only few drove. Where a part that could hide a twin was not read on both, the half; where the cameras saw different vehicles, more.
 */
const WEIGHT = { 'straight-line': 1, learned: 0.5 } as const, UNREAD_FACTOR = 0.5, DIFFERENT_WEIGHT = 0.25;
/** How many sightings back a sighting may follow on: others between would have to be another vehicle's, all of them. */
const LOOK_BACK = 60;
/** Two passes of one site within this time are two vehicles, whatever the clocks of its cameras. */
const SAME_PASS_MS = 120_000;

/**
 * Marks under which two vehicles drive. Of all sightings of one key, in any order: those that one vehicle cannot have made together, at
 * least the fewest (the least sure) of them, are odd. Each odd pass is evidence once, beside the pass that it is impossible with. It is firm
 * when both reads are sure and no vehicle one character away fits the odd pass better; and complete when no part is unread that could hide a
 * twin (another province, district or year). What is firm makes a clone when it weighs enough together (`cloneLabel`); anything less is a
 * possible misread. Vehicles that share the key are judged apart; marks that could be either accuse nobody (`profiles`: see `byVehicle`).
 */
export function clonesOf(sightings: readonly Sighting[], rules: CloneRules, profiles: readonly string[] = []): Finding[] {
  return byVehicle(sightings, profiles).flatMap(({ mark, sightings: own }) => {
    const evidence = joinedEvidence(oddTrips(own, rules).map((odd) => evidenceOf(odd, rules)));
    return cloneFinding({ key: markKey(mark), mark }, evidence) ?? [];
  });
}

/** The finding that evidence of impossible trips makes; null without any. `count`: of all evidence, where this is not all. */
export function cloneFinding({ key, mark }: Pick<Finding, 'key' | 'mark'>, evidence: readonly Evidence[], count = evidence.length): Finding | null {
  const [first] = evidence, last = evidence.at(-1);
  if (first === undefined || last === undefined) return null;
  const label = cloneLabel(evidence), { jurisdiction, district, year, suffix } = mark, times = count === 1 ? 'once' : `${count} times`;
  const summary = label === 'clone'
    ? `Two vehicles seem to carry ${writeMarkInFull(mark)}: ${times} it was seen where one vehicle cannot have been. Compare the pictures.`
    : `${writeMarkInFull(mark)} was ${times} seen where one vehicle cannot have been; one of the passes may show another mark. Compare the pictures.`;
  return { id: findingId('clone', [key, jurisdiction, district, year, suffix]), kind: 'clone', label, key, keys: [key], mark, firstAt: first.at, lastAt: last.at, summary, count, evidence };
}

/** What all evidence together comes to. */
export function cloneLabel(evidence: readonly Evidence[]): FindingLabel {
  return evidence.reduce((sum, e) => sum + weightOf(e), 0) >= 1 ? 'clone' : 'possible-misread';
}

function weightOf({ firm, figures }: Evidence): number {
  if (!firm) return 0;
  const weight = figures['bound'] === 'straight-line' ? WEIGHT['straight-line'] : WEIGHT.learned;
  return figures['unread'] === '' ? weight + (figures['differs'] === '' ? 0 : DIFFERENT_WEIGHT) : weight * UNREAD_FACTOR;
}

interface OddTrip { readonly odd: Sighting; readonly trip: ImpossibleTrip }

/** Each odd sighting with the sighting of the others that it contradicts: a sure and complete one before an unsure one, then the worst. */
function oddTrips(sightings: readonly Sighting[], rules: CloneRules): OddTrip[] {
  const visits = withoutRepeats([...new Map(sightings.map((s) => [s.passId, s])).values()].toSorted(byTime));
  if (!visits.some((s, i) => i > 0 && impossibleTrip(visits[i - 1] as Sighting, s, rules) !== null)) return [];
  const own = likeliestPath(visits, rules);
  return visits.flatMap((odd, i) => {
    if (own.has(odd)) return [];
    const around = visits.slice(Math.max(0, i - LOOK_BACK), i + LOOK_BACK).filter((s) => own.has(s));
    const trips = around.flatMap((other) => (byTime(other, odd) < 0 ? impossibleTrip(other, odd, rules) : impossibleTrip(odd, other, rules)) ?? []);
    const worst = trips.toSorted((a, b) => weaknessOf(a) - weaknessOf(b) || shareOfLeast(a) - shareOfLeast(b))[0];
    return worst === undefined ? [] : [{ odd, trip: worst }];
  });
}

const weaknessOf = ({ first, second }: ImpossibleTrip): number => (isSure(first) && isSure(second) ? 0 : 2) + (unreadOf(first, second) === '' ? 0 : 1);
const isSure = (sighting: Sighting): boolean => sighting.confidence >= VERIFIED_CONFIDENCE;
const shareOfLeast = (trip: ImpossibleTrip): number => trip.tookMs / trip.leastMs;

/** Of sightings at one site after each other, which no trip lies between, the first and the last. */
function withoutRepeats(ordered: readonly Sighting[]): Sighting[] {
  return ordered.filter((s, i) => ordered[i - 1]?.siteId !== s.siteId || ordered[i + 1]?.siteId !== s.siteId);
}

/**
 * The surest path that one vehicle can have driven: the sightings, each possible after the one before, whose confidences sum to the most.
 * What is not on it is odd.
 */
function likeliestPath(visits: readonly Sighting[], rules: CloneRules): ReadonlySet<Sighting> {
  const best: number[] = [], before: number[] = [];
  visits.forEach((visit, i) => {
    let most = 0, from = -1;
    for (let j = i - 1; j >= Math.max(0, i - LOOK_BACK); j--) {
      const other = visits[j] as Sighting, sum = best[j] ?? 0;
      if (sum > most && follows(other, visit, rules)) [most, from] = [sum, j];
    }
    best.push(most + visit.confidence);
    before.push(from);
  });
  const path = new Set<Sighting>();
  for (let at = best.indexOf(Math.max(...best)); at >= 0; at = before[at] ?? -1) path.add(visits[at] as Sighting);
  return path;
}

function follows(first: Sighting, second: Sighting, rules: CloneRules): boolean {
  return impossibleTrip(first, second, rules) === null;
}

function evidenceOf({ odd, trip }: OddTrip, rules: CloneRules): Evidence {
  const { first, second, metres, tookMs, leastMs, bound, clockErrorMs } = trip, differs = rules.differences(first, second), unread = unreadOf(first, second), other = explainedBy(odd, rules);
  const seconds = Math.round(tookMs / 1000), leastSeconds = Math.round(leastMs / 1000), clockErrorSeconds = Math.round(clockErrorMs / 1000), least = Math.min(first.confidence, second.confidence);
  const reason = bound === 'straight-line' ? 'in a straight line at 160 km/h' : 'as the fastest vehicles of this road have driven it, less 15 %';
  const words = [
    `Seen at ${first.siteId} and ${seconds} s later at ${second.siteId}, ${(metres / 1000).toFixed(1)} km away; that takes at least ${leastSeconds} s (${reason}); ${clockErrorSeconds} s are granted for the clocks.`,
    differs.length > 0 ? `The cameras saw different vehicles: ${differs.join('; ')}.` : null,
    least < VERIFIED_CONFIDENCE ? `One of the reads is only ${Math.floor(least * 100)} % sure.` : null,
    unread === '' ? null : `Not read on both: ${unread}; the same letters and number may stand on another vehicle.`,
    other === null ? null : `${writeMarkInFull(other.mark)}, one character away, was seen near then and can have been the vehicle: a misread is likelier.`,
  ];
  return {
    id: evidenceId(['impossible-trip', odd.passId]), at: odd.capturedAt, firm: least >= VERIFIED_CONFIDENCE && other === null, words: words.filter((w) => w !== null).join(' '),
    figures: { metres, seconds, leastSeconds, clockErrorSeconds, bound, differs: differs.join('; '), unread }, passes: [seenAt(first), seenAt(second)],
  };
}

/** Parts that were not read on both and could tell two vehicles apart, as words; '' when the marks are complete. */
function unreadOf(first: Sighting, second: Sighting): string {
  const unread: string[] = compareMarks(first.mark, second.mark).unread.filter((part) => part !== 'class');
  if (first.mark.jurisdiction === null && second.mark.jurisdiction === null) unread.push('jurisdiction');
  if (isYearOpen(first) && isYearOpen(second)) unread.push('year');
  return unread.join(', ');
}

/** Punjab's plates of 2006 to 2020 carry a year; those of before and after have three letters and another series, but look the same without it. */
function isYearOpen({ mark }: Sighting): boolean {
  return mark.jurisdiction === 'PB' && mark.year === null && mark.series !== 'PB-U' && mark.series !== 'PB-UM' && mark.series !== 'PB-G';
}

/** A sighting of a vehicle whose mark is one character away, that was on its way past the odd pass and was not read there itself. */
function explainedBy(odd: Sighting, rules: CloneRules): Sighting | null {
  for (const seen of groupedByKey(rules.neighbours(odd)).values()) {
    const around = seen.filter((s) => Math.abs(s.capturedAt - odd.capturedAt) <= NEIGHBOUR_WITHIN_MS).toSorted(byTime);
    if (around.some((s) => s.siteId === odd.siteId && Math.abs(s.capturedAt - odd.capturedAt) <= SAME_PASS_MS)) continue;
    const before = around.findLast((s) => byTime(s, odd) < 0), after = around.find((s) => byTime(s, odd) > 0), other = before ?? after;
    if (other === undefined || [before, after].some((s) => s !== undefined && rules.differences(s, odd).length > 0)) continue;
    if ((before === undefined || isOnWay(before, odd, rules)) && (after === undefined || isOnWay(odd, after, rules))) return other;
  }
  return null;
}

/** Possible, and not so slow that it stopped between: then it may have been anywhere. */
function isOnWay(first: Sighting, second: Sighting, rules: CloneRules): boolean {
  if (first.siteId === null || second.siteId === null || !follows(first, second, rules)) return false;
  const usual = rules.fastest?.usualMs(first.siteId, second.siteId, first.capturedAt) ?? null;
  return usual === null || second.capturedAt - first.capturedAt <= 2 * usual;
}

function groupedByKey(sightings: readonly Sighting[]): Map<string, Sighting[]> {
  const groups = new Map<string, Sighting[]>();
  for (const sighting of sightings) groups.set(sighting.key, [...(groups.get(sighting.key) ?? []), sighting]);
  return groups;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', DIGITS = '0123456789';

/**
 * Every key that one misread character makes of this one: another letter for a letter, another digit for a digit, and look-alikes of the
 * other sort. Four misreads in five are look-alikes; the others are as good a cause.
 */
export function oneCharacterAway(key: string): string[] {
  const keys = new Set<string>();
  [...key].forEach((char, i) => {
    for (const other of (DIGITS.includes(char) ? DIGITS : LETTERS) + lookAlikesOf(char, 'wide')) if (other !== char) keys.add(key.slice(0, i) + other + key.slice(i + 1));
  });
  return [...keys];
}
