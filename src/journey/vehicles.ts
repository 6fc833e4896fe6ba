import { compareMarks } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';

/** A vehicle of a key: one, or (`ambiguous`) marks with the same parts unread that could be several vehicles. */
export interface Vehicle {
  /**
   * Name among the vehicles of the key: the first of its profiles, or, where all others are outvoted, '': a mark that is read in a new way
   * must not rename the vehicle and with it a year of its journeys.
   */
  readonly name: string;
  readonly ambiguous: boolean;
  /** How sure it is that its passes are of one vehicle: 0.5 where ambiguous, 0.9 where marks that are outvoted could be its own, or what was unread could be theirs. */
  readonly certainty: number;
  /** The fullest mark that its profiles know together. */
  readonly mark: Mark;
}

/**
 * Marks that are contradicted by so many passes, and by this many times as many as share what they say, are misreads, or a vehicle that hardly
 * comes. One year in a hundred is misread, one vehicle in two hundred has a twin: of one against six, all but one in ten are misreads.
 */
const OUTVOTED_BY = 6, OUTVOTED_TIMES = 3;

const PARTS = ['jurisdiction', 'district', 'letters', 'year', 'number', 'suffix', 'class', 'series'] as const satisfies readonly (keyof Mark)[];

/** A mark as one text. Two marks with the same parts have the same profile. */
export function profileOf(mark: Mark): string {
  return JSON.stringify(PARTS.map((part) => mark[part]));
}

export function markOfProfile(profile: string): Mark {
  const values = JSON.parse(profile) as (string | null)[];
  return Object.fromEntries(PARTS.map((part, i) => [part, values[i] ?? null])) as unknown as Mark;
}

/**
 * Sorts the marks that were read under one key into vehicles; gives each profile its vehicle. `passes`: how many passes each profile had;
 * without it each mention counts one. A profile that agrees with two profiles which contradict each other (year unread, beside a 07 and an
 * 08) could be either vehicle: it becomes an ambiguous vehicle of its own and is merged with neither. One that is outvoted (a province
 * misread once in some passes) stays apart but makes nobody ambiguous; else every vehicle would be after a year. Among the remaining
 * profiles "does not contradict" is transitive, because whatever agrees with two contradicting ones has been taken out, so they fall into
 * classes whatever the order they came in.
 */
export function vehiclesOf(profiles: readonly string[], passes?: readonly number[]): Map<string, Vehicle> {
  const [only] = profiles;
  if (only !== undefined && profiles.every((profile) => profile === only)) return new Map([[only, { name: '', ambiguous: false, certainty: 1, mark: markOfProfile(only) }]]);
  const counts = new Map<string, number>();
  profiles.forEach((profile, i) => counts.set(profile, (counts.get(profile) ?? 0) + (passes?.[i] ?? 1)));
  const sorted = [...counts.keys()].toSorted(), marks = sorted.map(markOfProfile);
  const agrees = marks.map((a) => marks.map((b) => compareMarks(a, b).contradicts.length === 0));
  if (agrees.every((row) => row.every(Boolean))) {
    const vehicle: Vehicle = { name: '', ambiguous: false, certainty: 1, mark: fullestMark(marks) };
    return new Map(sorted.map((profile) => [profile, vehicle]));
  }
  const outvoted = sorted.map((_, i) => isOutvoted(i, agrees, sorted.map((profile) => counts.get(profile) ?? 0)));
  const peers = agrees.map((row, i) => row.flatMap((agreed, j) => (agreed && outvoted[i] === outvoted[j] ? [j] : [])));
  const unsure = peers.map((mates) => mates.some((j) => mates.some((k) => agrees[j]?.[k] === false)));
  const standing = sorted.flatMap((_, i) => (outvoted[i] ? [] : [i])), oneStands = standing.every((i) => standing.every((j) => agrees[i]?.[j] === true));
  const vehicles = new Map<string, Vehicle>();
  sorted.forEach((profile, i) => {
    if (vehicles.has(profile)) return;
    const name = oneStands && !outvoted[i] ? '' : profile, ambiguous = unsure[i] === true, mates = ambiguous ? [i] : (peers[i] ?? []).filter((j) => !unsure[j]);
    const doubted = mates.some((j) => outvoted.some((out, k) => out !== outvoted[j] && agrees[j]?.[k] === true));
    const vehicle: Vehicle = { name, ambiguous, certainty: ambiguous ? 0.5 : doubted ? 0.9 : 1, mark: fullestMark(mates.flatMap((j) => marks[j] ?? [])) };
    for (const j of mates) vehicles.set(sorted[j] ?? profile, vehicle);
  });
  return vehicles;
}

/** Whether what contradicts a profile has many times the passes of those that say what it says, where it is contradicted. */
function isOutvoted(i: number, agrees: readonly (readonly boolean[])[], passes: readonly number[]): boolean {
  const against = passes.flatMap((_, j) => (agrees[i]?.[j] === false ? [j] : []));
  const beside = passes.flatMap((_, k) => (agrees[i]?.[k] === true && against.some((j) => agrees[k]?.[j] === false) ? [k] : []));
  const sum = (of: readonly number[]): number => of.reduce((total, j) => total + (passes[j] ?? 0), 0);
  return sum(against) >= Math.max(OUTVOTED_BY, OUTVOTED_TIMES * sum(beside));
}

/**
 * The fullest mark that agreeing marks know together. Where they differ without contradicting (zeros in front of the number, class by
 * paint) the longest and then alphabetically first value counts, so that the order does not decide.
 */
function fullestMark(marks: readonly Mark[]): Mark {
  const fullest = (part: keyof Mark): string | null =>
    marks.flatMap((m) => m[part] ?? []).reduce<string | null>((best, value) => (best === null || value.length > best.length || (value.length === best.length && value < best) ? value : best), null);
  return Object.fromEntries(PARTS.map((part) => [part, fullest(part)])) as unknown as Mark;
}
