import { markKey } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import { writeMarkInFull } from '../plate/written-form.ts';
import { byTime, evidenceId, findingId, joinedEvidence, seenAt, type Evidence, type Finding, type FindingKind } from './finding.ts';
import type { JourneyOutline, Sighting } from './journey.ts';
import type { VehicleSightings } from './vehicle-sightings.ts';

/** What counts as a pattern. Each is counted and no more: none of them accuses anybody. */
export interface PatternSettings {
  /** A vehicle that was seen to enter and not to leave for longer than this, days. */
  readonly overStayDays: number;
  /** Unless it was known here before: seen at all within so many days before it entered. Who lives here comes home to stay. */
  readonly knownWithinDays: number;
  /** Boundary crossings, in and out together, within 24 hours. */
  readonly crossings: number;
  /** Nights with a sighting, within `nightsWithinDays`. */
  readonly nights: number;
  readonly nightsWithinDays: number;
  /** The night by local hours, from inclusive, to exclusive. */
  readonly nightFrom: number;
  readonly nightTo: number;
  /** Least share of all its sightings in that time that fall into nights. */
  readonly nightShare: number;
  /** How often one loop of two or more sites is driven within 24 hours. */
  readonly loops: number;
  /** Most sites of a loop. */
  readonly loopSites: number;
  /** A newcomer was read at so many sites at least: once alone is as likely a misread. */
  readonly firstSeenSites: number;
  /** Newcomers of the last so many days stand among the findings. */
  readonly firstSeenDays: number;
}
export const PATTERN_SETTINGS: PatternSettings = {
  overStayDays: 30, knownWithinDays: 90, crossings: 6, nights: 5, nightsWithinDays: 14, nightFrom: 0, nightTo: 5, nightShare: 0.7, loops: 3, loopSites: 6, firstSeenSites: 2, firstSeenDays: 14,
};

const DAY_MS = 86_400_000;
/** Two cameras of one site, or one that passed a vehicle on twice: one crossing. */
const SAME_CROSSING_MS = 60_000;

/** The local hour (0 to 23) and local day (counted from anywhere) of an epoch time. */
export interface LocalTime { readonly hourOf: (at: number) => number; readonly dayOf: (at: number) => number }

/** By a fixed offset from UTC, in minutes. */
export function localTime(offsetMinutes: number): LocalTime {
  const local = (at: number): number => at + offsetMinutes * 60_000;
  return { hourOf: (at) => Math.floor((((local(at) % DAY_MS) + DAY_MS) % DAY_MS) / 3_600_000), dayOf: (at) => Math.floor(local(at) / DAY_MS) };
}

function patternOf(kind: FindingKind, mark: Mark, subject: readonly string[], summary: string, evidence: readonly Evidence[]): Finding {
  const key = markKey(mark), { jurisdiction, district, year, suffix } = mark;
  return {
    id: findingId(kind, [key, jurisdiction, district, year, suffix, ...subject]), kind, label: 'counted', key, keys: [key], mark, firstAt: evidence[0]?.at ?? 0, lastAt: evidence.at(-1)?.at ?? 0,
    summary, count: evidence.length, evidence,
  };
}

function evidence(name: string, sightings: readonly Sighting[], words: string, figures: Evidence['figures']): Evidence {
  const [first] = sightings, at = first?.capturedAt ?? 0;
  return { id: evidenceId([name, first?.passId ?? '']), at, firm: true, words, figures, passes: sightings.map(seenAt) };
}

/**
 * A stay that is longer than it should be: entered, not seen to leave, and not known here before. `knownSince`: when the vehicle was first
 * seen at all, epoch milliseconds. null where it is none; a stay of which nobody saw the beginning is none, because it may be a resident's.
 */
export function overStay(journey: JourneyOutline, knownSince: number, now: number, settings: PatternSettings = PATTERN_SETTINGS): Finding | null {
  const { entry, status, ambiguous } = journey, days = Math.floor((now - journey.startedAt) / DAY_MS);
  if (entry === null || status !== 'open' || ambiguous || journey.entryMissing || days < settings.overStayDays) return null;
  if (knownSince < entry.capturedAt && entry.capturedAt - knownSince <= settings.knownWithinDays * DAY_MS) return null;
  const summary = `${writeMarkInFull(journey.mark)} entered at ${entry.siteId} and was not seen to leave for ${days} days. An exit may have been missed.`;
  return patternOf('over-stay', journey.mark, [journey.id], summary, [
    evidence('over-stay', [entry], `Entered; last seen ${Math.floor((journey.lastSeenAt - journey.startedAt) / DAY_MS)} days later, ${journey.sightingCount} times in all.`, { days, sightings: journey.sightingCount }),
  ]);
}

/** A vehicle that was never seen before these sightings: read at several sites, so that it is no misread. null where it is none. */
export function firstSeen({ mark, sightings }: VehicleSightings, settings: PatternSettings = PATTERN_SETTINGS): Finding | null {
  const ordered = sightings.toSorted(byTime), [first] = ordered, sites = new Set(ordered.map((s) => s.siteId));
  if (first === undefined || sites.size < settings.firstSeenSites) return null;
  const seen = ordered.slice(0, 5), summary = `${writeMarkInFull(mark)} was seen for the first time, at ${first.siteId}.`;
  return patternOf('first-seen', mark, [], summary, [evidence('first-seen', seen, `Never seen before; then at ${sites.size} sites.`, { sites: sites.size })]);
}

/** As many crossings of the boundary within 24 hours as only few vehicles make; the fullest such day. null where there is none. */
export function frequentCrossings({ mark, sightings }: VehicleSightings, local: LocalTime, settings: PatternSettings = PATTERN_SETTINGS): Finding | null {
  const crossings = crossingsOf(sightings), days = new Map<number, Sighting[]>();
  let from = 0;
  crossings.forEach((crossing, to) => {
    while (crossing.capturedAt - (crossings[from] as Sighting).capturedAt > DAY_MS) from++;
    const window = crossings.slice(from, to + 1), day = local.dayOf(crossing.capturedAt);
    if (window.length >= settings.crossings && window.length > (days.get(day)?.length ?? 0)) days.set(day, window);
  });
  const found = [...days.values()];
  if (found.length === 0) return null;
  const most = Math.max(...found.map((window) => window.length)), summary = `${writeMarkInFull(mark)} crossed the boundary ${most} times within 24 hours.`;
  return patternOf('frequent-crossings', mark, [], summary, joinedEvidence(found.map((window) =>
    evidence(`crossings ${local.dayOf(window.at(-1)?.capturedAt ?? 0)}`, window, `${window.length} crossings within 24 hours.`, { crossings: window.length }))));
}

function crossingsOf(sightings: readonly Sighting[]): Sighting[] {
  const directed = sightings.filter((s) => s.boundary && s.direction !== 'unknown').toSorted(byTime);
  return directed.filter((s, i) => {
    const before = directed[i - 1];
    return before === undefined || before.siteId !== s.siteId || before.direction !== s.direction || s.capturedAt - before.capturedAt > SAME_CROSSING_MS;
  });
}

/** A vehicle that is seen in many nights and seldom by day. `sightings`: all of the last `nightsWithinDays` days. null where it is none. */
export function nightPattern({ mark, sightings }: VehicleSightings, local: LocalTime, settings: PatternSettings = PATTERN_SETTINGS): Finding | null {
  const atNight = sightings.filter((s) => isNight(local.hourOf(s.capturedAt), settings)).toSorted(byTime);
  const nights = new Map<number, Sighting[]>();
  // A night that begins before midnight is the night of the day that it ends in.
  for (const s of atNight) nights.set(nightOf(s, local, settings), [...(nights.get(nightOf(s, local, settings)) ?? []), s]);
  const share = atNight.length / sightings.length;
  if (nights.size < settings.nights || share < settings.nightShare) return null;
  const summary = `${writeMarkInFull(mark)} was seen in ${nights.size} nights of ${settings.nightsWithinDays} days; ${Math.round(share * 100)} % of its sightings fall into nights.`;
  return patternOf('night-pattern', mark, [], summary, [...nights.values()].map((night) => evidence('night', night.slice(0, 5), `Seen ${night.length} times in this night.`, { sightings: night.length })));
}

function isNight(hour: number, { nightFrom, nightTo }: PatternSettings): boolean {
  return nightFrom < nightTo ? hour >= nightFrom && hour < nightTo : hour >= nightFrom || hour < nightTo;
}

function nightOf(sighting: Sighting, local: LocalTime, { nightFrom, nightTo }: PatternSettings): number {
  const day = local.dayOf(sighting.capturedAt);
  return nightFrom > nightTo && local.hourOf(sighting.capturedAt) >= nightFrom ? day + 1 : day;
}

/**
 * Loops of two or more sites that were driven again and again within 24 hours: who drives around a block of streets, or to and fro. One
 * finding for each loop, whichever of its sites it began at.
 */
export function loopsOf({ mark, sightings }: VehicleSightings, settings: PatternSettings = PATTERN_SETTINGS): Finding[] {
  const visits = sightings.filter((s) => s.siteId !== null).toSorted(byTime).filter((s, i, all) => all[i - 1]?.siteId !== s.siteId);
  const found = new Map<string, Evidence[]>();
  let at = 0;
  while (at < visits.length) {
    const run = loopFrom(visits, at, settings);
    if (run === null) at++;
    else {
      const driven = visits.slice(at, at + run.rounds * run.sites.length + 1), loop = turned(run.sites).join(' > ');
      found.set(loop, [...(found.get(loop) ?? []), evidence(`loop ${loop}`, driven.slice(0, 40), `${run.rounds} times around ${loop} within 24 hours.`, { rounds: run.rounds, sites: run.sites.length })]);
      at += driven.length - 1;
    }
  }
  return [...found].map(([loop, rounds]) => patternOf('loop', mark, [loop], `${writeMarkInFull(mark)} drove the same loop again and again: ${loop}.`, rounds));
}

/** The loop that begins with this visit and is driven often enough within 24 hours from it; the shortest such. */
function loopFrom(visits: readonly Sighting[], start: number, settings: PatternSettings): { readonly sites: readonly string[]; readonly rounds: number } | null {
  const until = (visits[start]?.capturedAt ?? 0) + DAY_MS;
  for (let length = 2; length <= settings.loopSites; length++) {
    let end = start + length;
    while (end < visits.length && visits[end]?.siteId === visits[end - length]?.siteId && (visits[end]?.capturedAt ?? Infinity) <= until) end++;
    const rounds = Math.floor((end - 1 - start) / length);
    if (rounds >= settings.loops) return { rounds, sites: visits.slice(start, start + length).flatMap((v) => v.siteId ?? []) };
  }
  return null;
}

/** The same loop begun elsewhere: the form that comes first in the alphabet. */
function turned(sites: readonly string[]): string[] {
  const forms = sites.map((_, i) => [...sites.slice(i), ...sites.slice(0, i)]);
  return forms.toSorted((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1))[0] ?? [];
}
