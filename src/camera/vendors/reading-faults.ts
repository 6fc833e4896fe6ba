import type { z } from 'zod';
import type { VendorReading } from '../vendor-event.ts';

/** One thing that is wrong with a message; `path` names the field as the vendor writes it, '' the whole message. */
export interface Fault { readonly path: string; readonly message: string }

/** What a part of a message gives: its value, or all that is wrong with it. */
export type Read<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

const MOST_FAULTS = 20, MOST_MENDED = 50;

/** At most 20: whoever mends a camera reads the first ones, and a hostile message could hold a million. */
export function refused(faults: readonly Fault[]): { readonly kind: 'faults'; readonly faults: readonly Fault[] } {
  const more = faults.length - MOST_FAULTS, told = faults.slice(0, MOST_FAULTS).map(({ path, message }) => ({ path: printable(path), message: printable(message) }));
  return { kind: 'faults', faults: more <= 0 ? told : [...told, { path: '', message: `and ${more} more` }] };
}

export const refusedFor = (path: string, message: string): { readonly kind: 'faults'; readonly faults: readonly Fault[] } => refused([{ path, message }]);

/** Faults quote what was sent, and are kept: PostgreSQL takes neither a zero character nor half of one. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cs}]+/gu, '\uFFFD');

/** Gathers what is wrong while a message is read, so that all of it is told at once. */
export class Faults {
  readonly list: Fault[] = [];

  /** @returns null, so that a field that cannot be read can stand for one that is not there. */
  add(path: string, message: string): null {
    this.list.push({ path, message });
    return null;
  }
}

/** A value as a schema says; or what is wrong with it, and `rest`: the value without the wrong fields, null where nothing is left to look at. */
export type Fitting<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'faults'; readonly faults: readonly Fault[]; readonly rest: T | null };

/** `value` as `schema` says, with every fault of it under `prefix`. */
export function fitting<Schema extends z.ZodType>(schema: Schema, value: unknown, prefix = ''): Fitting<z.output<Schema>> {
  const checked = schema.safeParse(value);
  if (checked.success) return { kind: 'value', value: checked.data };
  const { issues } = checked.error;
  const faults = issues.map(({ path, message }) => ({ path: pathText([...(prefix === '' ? [] : [prefix]), ...path]), message }));
  const without = issues.length > MOST_MENDED ? null : schema.safeParse(issues.reduce((left, { path }) => withoutField(left, path), value));
  return { kind: 'faults', faults: refused(faults).faults, rest: without?.success === true ? without.data : null };
}

/** Reads on in what is left of a message whose fields have faults: whoever mends a camera wants to know all of them. */
export function readFitting<T>(fits: Fitting<T>, read: (value: T) => VendorReading): VendorReading {
  if (fits.kind === 'value') return read(fits.value);
  const further = fits.rest === null ? null : read(fits.rest);
  const known = fits.faults.map(({ path }) => path);
  const more = further?.kind === 'faults' ? further.faults.filter(({ path }) => !known.some((one) => one.startsWith(path) || path.startsWith(one))) : [];
  return refused([...fits.faults, ...more]);
}

/** A copy of what the path leads through, without its end; an end in a list becomes null. */
function withoutField(value: unknown, path: readonly PropertyKey[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined || value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) return value.map((one: unknown, i) => (i !== step ? one : rest.length === 0 ? null : withoutField(one, rest)));
  const held = value as Record<PropertyKey, unknown>;
  return { ...held, [step]: rest.length === 0 ? undefined : withoutField(held[step], rest) };
}

/** `results[0].box.xmin` */
function pathText(path: readonly PropertyKey[]): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`)).join('');
}

/** A reader that throws on some unforeseen message would take its route down with it. */
export function neverThrowing(read: () => VendorReading): VendorReading {
  try {
    return read();
  } catch (error) {
    return refusedFor('', `it could not be read: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown fault'}`);
  }
}
