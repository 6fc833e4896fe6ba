/**
 * Words for one thing, the first of which names it. Lists are written by many hands and cameras have their own words; a word that is not
 * here says nothing.
 */
const CLASSES = [
  ['car', 'saloon', 'sedan', 'hatchback', 'coupe', 'estate', 'motorcar'],
  ['jeep', 'suv', '4x4', 'crossover'],
  ['van', 'minivan', 'mpv', 'minibus', 'hiace', 'microbus'],
  ['pickup', 'pick', 'ute'],
  ['motorcycle', 'motorbike', 'bike', 'cycle', 'scooter', 'moped', 'twowheeler'],
  ['rickshaw', 'qingqi', 'chingchi', 'threewheeler', 'tricycle'],
  ['truck', 'lorry', 'trailer', 'hgv', 'dumper', 'tanker', 'heavytruck'],
  ['bus', 'coach'],
  ['tractor'],
];
/** What owners and cameras call alike is one: silver and grey, maroon and red, golden and beige. */
const COLOURS = [
  ['white', 'cream', 'ivory'], ['black'], ['grey', 'gray', 'silver', 'graphite', 'gunmetal', 'ash'], ['red', 'maroon', 'burgundy', 'wine'], ['blue', 'navy'],
  ['green', 'olive'], ['yellow'], ['brown', 'beige', 'gold', 'golden', 'bronze', 'champagne'], ['orange'], ['purple', 'violet'], ['pink'],
];
const MAKES = [['mercedes', 'benz'], ['volkswagen', 'vw']];
const NOT_SAID = new Set(['unknown', 'other', 'others', 'none', 'null', 'unspecified', 'n', 'a', 'na']);

const meanings = (groups: readonly (readonly string[])[]): ReadonlyMap<string, string> => new Map(groups.flatMap((group) => group.map((word) => [word, group[0] ?? word] as const)));
const CLASS_OF = meanings(CLASSES), COLOUR_OF = meanings(COLOURS), MAKE_OF = meanings(MAKES);

const wordsIn = (text: string | null): string[] => (text ?? '').toLowerCase().match(/[\p{L}\d]+/gu) ?? [];

function named(text: string | null, table: ReadonlyMap<string, string>): string[] {
  const words = wordsIn(text), joined = table.get(words.join(''));
  // "motor cycle" and "pick up" are one word in two.
  return joined === undefined ? words.flatMap((word) => table.get(word) ?? []) : [joined];
}

/** Classes of vehicles that a text names; none when it says nothing known. */
export const classesNamed = (text: string | null): string[] => named(text, CLASS_OF);

const apart = (a: readonly string[], b: readonly string[]): boolean => a.length > 0 && b.length > 0 && !a.some((word) => b.includes(word));

export const classesDiffer = apart;

export const coloursDiffer = (a: string | null, b: string | null): boolean => apart(named(a, COLOUR_OF), named(b, COLOUR_OF));

/** A make is any word, and "Toyota Corolla" agrees with "Toyota". */
export const makesDiffer = (a: string | null, b: string | null): boolean => apart(makesNamed(a), makesNamed(b));

const makesNamed = (text: string | null): string[] => wordsIn(text).filter((word) => !NOT_SAID.has(word)).map((word) => MAKE_OF.get(word) ?? word);
