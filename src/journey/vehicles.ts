import { compareMarks } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import type { Sighting } from './journey.ts';

/** Sightings that belong together: one vehicle, or (`ambiguous`) marks with the same parts unread that could be several vehicles. */
export interface VehicleGroup {
  readonly ambiguous: boolean;
  readonly sightings: readonly Sighting[];
}

/**
 * Sorts the sightings of one key into vehicles. Marks with the same parts form a profile. A profile that agrees with two profiles which
 * contradict each other (year unread, beside a 07 and an 08) could be either vehicle: it becomes an ambiguous group of its own and is
 * merged with neither. Among the remaining profiles "does not contradict" is transitive, because whatever agrees with two contradicting
 * ones has been taken out, so they fall into classes whatever the order they came in.
 */
export function vehiclesOf(sightings: readonly Sighting[]): VehicleGroup[] {
  const profiles = [...groupedBy(sightings, (s) => profileOf(s.mark))].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => members);
  const marks = profiles.map((members) => firstMark(members));
  const agrees = marks.map((a) => marks.map((b) => compareMarks(a, b).contradicts.length === 0));
  const companions = agrees.map((row) => row.flatMap((agreed, j) => (agreed ? [j] : [])));
  const unsure = companions.map((mates) => mates.some((j) => mates.some((k) => agrees[j]?.[k] === false)));
  const groups: VehicleGroup[] = [];
  profiles.forEach((members, i) => {
    if (unsure[i]) return void groups.push({ ambiguous: true, sightings: members });
    const mates = (companions[i] ?? []).filter((j) => !unsure[j]);
    if (mates[0] === i) groups.push({ ambiguous: false, sightings: mates.flatMap((j) => profiles[j] ?? []) });
  });
  return groups;
}

/**
 * The fullest mark that the sightings of one vehicle know together: of every part the value most often known, ties to the alphabetically
 * first, so that neither order nor repeats decide.
 */
export function fullestMark(sightings: readonly Sighting[]): Mark {
  const marks = sightings.map((s) => s.mark);
  const part = <K extends keyof Mark>(name: K): Mark[K] => mostOften(marks.map((m) => m[name])) as Mark[K];
  return {
    jurisdiction: part('jurisdiction'),
    district: part('district'),
    letters: part('letters'),
    year: part('year'),
    number: part('number'),
    suffix: part('suffix'),
    class: part('class'),
    series: part('series'),
  };
}

/** What tells marks of one key apart; the series follows from the other parts and the printed zeros carry no meaning. */
function profileOf(mark: Mark): string {
  return JSON.stringify([mark.letters, Number(mark.number), mark.jurisdiction, mark.district, mark.year, mark.suffix, mark.class]);
}

function firstMark(members: readonly Sighting[]): Mark {
  const first = members[0];
  if (first === undefined) throw new Error('a profile without sightings');
  return first.mark;
}

function mostOften<V extends string | null>(values: readonly V[]): V | null {
  const counts = [
    ...groupedBy(
      values.filter((v) => v !== null),
      (v) => v,
    ),
  ].map(([value, all]) => ({ value, count: all.length }));
  return counts.toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))[0]?.value ?? null;
}

/** Values by key, both in order of first appearance. (Map.groupBy comes with Node 21.) */
export function groupedBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
