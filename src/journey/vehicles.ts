import { compareMarks } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';

/** A vehicle of a key: one, or (`ambiguous`) marks with the same parts unread that could be several vehicles. */
export interface Vehicle {
  /** Name among the vehicles of the key: the first of its profiles. */
  readonly name: string;
  readonly ambiguous: boolean;
  /** The fullest mark that its profiles know together. */
  readonly mark: Mark;
}

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
 * Sorts the marks that were read under one key into vehicles; gives each profile its vehicle. A profile that agrees with two profiles which
 * contradict each other (year unread, beside a 07 and an 08) could be either vehicle: it becomes an ambiguous vehicle of its own and is
 * merged with neither. Among the remaining profiles "does not contradict" is transitive, because whatever agrees with two contradicting
 * ones has been taken out, so they fall into classes whatever the order they came in.
 */
export function vehiclesOf(profiles: readonly string[]): Map<string, Vehicle> {
  const sorted = [...new Set(profiles)].toSorted(), marks = sorted.map(markOfProfile);
  const agrees = marks.map((a) => marks.map((b) => compareMarks(a, b).contradicts.length === 0));
  const companions = agrees.map((row) => row.flatMap((agreed, j) => (agreed ? [j] : [])));
  const unsure = companions.map((mates) => mates.some((j) => mates.some((k) => agrees[j]?.[k] === false)));
  const vehicles = new Map<string, Vehicle>();
  sorted.forEach((name, i) => {
    if (vehicles.has(name)) return;
    const mates = unsure[i] ? [i] : (companions[i] ?? []).filter((j) => !unsure[j]);
    const vehicle: Vehicle = { name, ambiguous: unsure[i] === true, mark: fullestMark(mates.flatMap((j) => marks[j] ?? [])) };
    for (const j of mates) vehicles.set(sorted[j] ?? name, vehicle);
  });
  return vehicles;
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
