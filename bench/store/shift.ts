import { foldOf, skeleton } from '../../src/plate/key.ts';
import { WEEK } from './plan.ts';

// SQL that says of a row of the simulated week what it is k weeks later. Text of statements only: every value in it is a number or made here.

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', SIGNS = `${LETTERS}0123456789`, BASE_36 = '0123456789abcdefghijklmnopqrstuvwxyz';
/** How far the number of a vehicle that comes but once goes on from week to week: prime to 9, 99, 999 and 9999, so that no two weeks share it. */
const NUMBER_STEP = 911;

/** Keys that can be turned into others: letters, then a number. */
export const PLAIN_KEY = /^[A-Z]+[1-9]\d{0,4}$/;

/** Times and ids as the program makes them, in SQL; the planner writes the bodies of those in language sql into the statement. */
export const FUNCTIONS = `
create or replace function bench_pass_id(ms bigint, id text) returns text language sql immutable as $$
  select ${Array.from({ length: 9 }, (_, i) => `substr('${BASE_36}', (ms / ${36 ** (8 - i)} % 36)::integer + 1, 1)`).join(' || ')} || substr(id, 10)
$$;
create or replace function bench_ms(id text) returns bigint language sql immutable as $$
  select ${Array.from({ length: 9 }, (_, i) => `(position(substr(id, ${i + 1}, 1) in '${BASE_36}') - 1) * ${36 ** (8 - i)}::bigint`).join(' + ')}
$$;
create or replace function bench_journey_id(key text, first_pass text) returns text language sql immutable as $$
  select 'j-' || left(encode(sha256(convert_to('["' || key || '","' || first_pass || '"]', 'UTF8')), 'hex'), 24)
$$`;

/** A time k weeks later. */
export const later = (time: string, k: number): string => (k === 0 ? time : `${time} + interval '${k * 168} hours'`);

/**
 * The id of a pass k weeks later: its new time in base 36, and the hash of before, which stays unique beside another time. `ms`: a column with what
 * bench_ms says of the id; an expression in its place would be worked out for each digit.
 */
export const passIdLater = (id: string, ms: string, k: number): string => (k === 0 ? id : `bench_pass_id(${ms} + ${k * WEEK}, ${id})`);

/** Letters of another vehicle of the same province, for one that came k weeks before: the first stays. `key`: see PLAIN_KEY. */
export function lettersLater(key: string, k: number): string {
  const letters = `rtrim(${key}, '0123456789')`, by = k % LETTERS.length;
  return k === 0 ? letters : `(left(${letters}, 1) || translate(substr(${letters}, 2), '${LETTERS}', '${LETTERS.slice(by)}${LETTERS.slice(0, by)}'))`;
}

/** Its number without leading zeros; of as many digits as before, or less. */
export function numberLater(key: string, k: number): string {
  const number = `ltrim(${key}, '${LETTERS}')`;
  return k === 0 ? number : `(1 + (${number}::integer + ${k * NUMBER_STEP - 1}) % (10 ^ length(${number}) - 1)::integer)::text`;
}

/** Its number as printed, of as many digits as `printed`. */
export const printedLater = (key: string, printed: string, k: number): string => (k === 0 ? printed : `lpad(${numberLater(key, k)}, length(${printed}), '0')`);

export const keyLater = (key: string, k: number): string => (k === 0 ? key : `(${lettersLater(key, k)} || ${numberLater(key, k)})`);

/** A profile of its marks (src/journey/vehicles.ts: JSON of jurisdiction, district, letters, year, number, …) with the new letters and number. `parts`: its `profileParts`. */
export function profileLater(profile: string, parts: string, key: string, k: number): string {
  return k === 0 ? profile : `${parts}[1] || ${lettersLater(key, k)} || ${parts}[2] || ${printedLater(key, `${parts}[3]`, k)} || ${parts}[4]`;
}

/** What stands before the letters, between them and the number, the number, and what stands behind it. */
export const profileParts = (profile: string): string => `regexp_match(${profile}, '^(\\["?[^",]*"?,"?[^",]*"?,")[^"]*(","?[^",]*"?,")([^"]*)(.*)$')`;

/** Character by character, as the program folds them. */
export const skeletonOf = (key: string): string => translated(key, skeleton);
export const foldOfKey = (key: string): string => translated(key, foldOf);

function translated(text: string, fold: (sign: string) => string): string {
  return `translate(${text}, '${SIGNS}', '${[...SIGNS].map(fold).join('')}')`;
}
