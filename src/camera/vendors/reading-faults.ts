import type { z } from 'zod';
import type { VendorReading } from '../vendor-event.ts';

/** One thing that is wrong with a message; `path` names the field as the vendor writes it, '' the whole message. */
export interface Fault { readonly path: string; readonly message: string }

/** What a part of a message gives: its value, or all that is wrong with it. */
export type Read<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

const MOST_FAULTS = 20;

/** At most 20: whoever mends a camera reads the first ones, and a hostile message could hold a million. */
export function refused(faults: readonly Fault[]): { readonly kind: 'faults'; readonly faults: readonly Fault[] } {
  const more = faults.length - MOST_FAULTS;
  return { kind: 'faults', faults: more <= 0 ? faults : [...faults.slice(0, MOST_FAULTS), { path: '', message: `and ${more} more` }] };
}

export const refusedFor = (path: string, message: string): { readonly kind: 'faults'; readonly faults: readonly Fault[] } => ({ kind: 'faults', faults: [{ path, message }] });

/** Gathers what is wrong while a message is read, so that all of it is told at once. */
export class Faults {
  readonly list: Fault[] = [];

  /** @returns null, so that a field that cannot be read can stand for one that is not there. */
  add(path: string, message: string): null {
    this.list.push({ path, message });
    return null;
  }
}

/** `value` as `schema` says, with every fault of it under `prefix`. */
export function fitting<Schema extends z.ZodType>(schema: Schema, value: unknown, prefix = ''): Read<z.output<Schema>> {
  const checked = schema.safeParse(value);
  if (checked.success) return { kind: 'value', value: checked.data };
  return refused(checked.error.issues.map(({ path, message }) => ({ path: pathText([...(prefix === '' ? [] : [prefix]), ...path]), message })));
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
