import { usableRaisedYear, weigh } from './cue-weight.ts';
import type { WordCues } from './cue-weight.ts';
import type { Fit } from './fit.ts';
import type { Mark, MarkCandidate, PlateCues } from './mark.ts';
import type { PlateText } from './plate-text.ts';
import type { SeriesTable } from './series.ts';

interface Weighed { readonly mark: Mark; readonly fit: Fit; readonly weight: number }
interface Reading { readonly id: string; readonly members: Weighed[]; readonly jurisdictions: Map<string, number>; mass: number }

/** Share of one reading's belief that a jurisdiction must hold before it is named; below it the jurisdiction stays unknown. */
const NAMED_FROM = 0.7;
/** Share that the reading without a jurisdiction keeps when none is named. */
const LEFT_OPEN = 0.5;
/** Belief kept back for "none of these": weighs more where only uncertain series fit. */
const NONE_OF_THESE = 0.05;
/** A fit believed less than this share of the best says nothing to anybody. */
const WORTH_TELLING = 1e-4;

function markOf(fit: Fit, cues: PlateCues, words: WordCues, table: SeriesTable, vehicleClass: Mark['class']): Mark {
  const code = fit.series.jurisdiction;
  const partOfMark = code !== null && (table.jurisdictions.get(code)?.identity.includes('district') ?? false);
  return {
    jurisdiction: code,
    district: partOfMark ? words.districts.get(code) ?? null : null,
    letters: fit.letters,
    year: fit.year ?? usableRaisedYear(fit.series, cues),
    number: fit.number,
    suffix: fit.suffix,
    class: vehicleClass,
    series: fit.series.id,
  };
}

const readingId = (mark: Mark): string => `${mark.letters}|${mark.year ?? ''}|${mark.number}|${mark.suffix ?? ''}`;

function readings(weighed: readonly Weighed[]): Reading[] {
  const byId = new Map<string, Reading>();
  for (const one of weighed) {
    const id = readingId(one.mark);
    const reading = byId.get(id) ?? { id, members: [], jurisdictions: new Map<string, number>(), mass: 0 };
    reading.members.push(one);
    const code = one.mark.jurisdiction ?? '';
    // A jurisdiction is as likely as its best series: a second row of data for the same plates must not make it likelier.
    reading.jurisdictions.set(code, Math.max(one.weight, reading.jurisdictions.get(code) ?? 0));
    byId.set(id, reading);
  }
  for (const reading of byId.values()) for (const weight of reading.jurisdictions.values()) reading.mass += weight;
  return [...byId.values()].sort((a, b) => b.mass - a.mass || (a.id < b.id ? -1 : 1));
}

function dedupe(weighed: readonly Weighed[]): Weighed[] {
  const best = new Map<string, Weighed>();
  for (const one of weighed) {
    const id = `${one.fit.series.id}|${readingId(one.mark)}`;
    const old = best.get(id);
    if (old === undefined || old.weight < one.weight) best.set(id, one);
  }
  return [...best.values()];
}

const jurisdictionMass = (one: Weighed, reading: Reading): number => reading.jurisdictions.get(one.mark.jurisdiction ?? '') ?? 0;

/** Shares a jurisdiction's belief among its series, the likelier ones favoured. */
function seriesShare(one: Weighed, reading: Reading): number {
  const siblings = reading.members.filter((other) => other.mark.jurisdiction === one.mark.jurisdiction);
  return one.weight ** 2 / siblings.reduce((sum, other) => sum + other.weight ** 2, 0);
}

function common<T>(values: readonly T[]): T | null {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : null;
}

/** The leading reading with its jurisdiction left open. */
function openMark(reading: Reading): Mark {
  const marks = reading.members.map((one) => one.mark);
  const [first] = marks as [Mark, ...Mark[]];
  return { ...first, jurisdiction: null, district: null, class: common(marks.map((mark) => mark.class)), series: null };
}

/**
 * Ranks the fits of one text. The first candidate is the best reading; where no jurisdiction holds 70 % of it, that candidate has
 * jurisdiction `null` and one candidate for each possible series follows. Scores fall, and sum to at most 1.
 */
export function rank(fits: readonly Fit[], text: PlateText, cues: PlateCues, words: WordCues, table: SeriesTable): MarkCandidate[] {
  const all = dedupe(fits.map((fit) => {
    const { weight, class: vehicleClass } = weigh(fit, text, cues, words, table);
    return { fit, weight, mark: markOf(fit, cues, words, table, vehicleClass) };
  }));
  const heaviest = all.reduce((most, one) => Math.max(most, one.weight), 0);
  const sorted = readings(all.filter((one) => one.weight >= heaviest * WORTH_TELLING));
  const [lead] = sorted;
  if (lead === undefined) return [];
  const total = sorted.reduce((sum, reading) => sum + reading.mass, 0) + NONE_OF_THESE;
  const topJurisdiction = Math.max(...lead.jurisdictions.values());
  const named = topJurisdiction / lead.mass >= NAMED_FROM;

  const candidates = sorted.flatMap((reading) => {
    const kept = reading === lead && !named ? 1 - LEFT_OPEN : 1;
    return reading.members.map((one) => ({
      candidate: { mark: one.mark, resolved: one.fit.resolved, score: kept * jurisdictionMass(one, reading) * seriesShare(one, reading) / total },
      leads: reading === lead && named && jurisdictionMass(one, reading) === topJurisdiction,
    }));
  });
  candidates.sort((a, b) => Number(b.leads) - Number(a.leads) || b.candidate.score - a.candidate.score);
  const ordered = candidates.map((one) => one.candidate);
  if (!named) ordered.unshift({ mark: openMark(lead), resolved: lead.members[0]?.fit.resolved ?? [], score: LEFT_OPEN * lead.mass / total });
  return falling(ordered);
}

/** Keeps the first candidate first and the scores falling, by never believing another more than it. */
function falling(candidates: readonly MarkCandidate[]): MarkCandidate[] {
  const [first, ...rest] = candidates;
  if (first === undefined) return [];
  return [first, ...rest.map((one) => ({ ...one, score: Math.min(one.score, first.score) })).sort((a, b) => b.score - a.score)];
}
