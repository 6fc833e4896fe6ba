import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import type { ListState } from '../store/active-list-entries.ts';
import type { RegisterState } from '../store/import-register.ts';
import { Instant } from './answer-fields.ts';

const HOUR = 3_600_000;

const ageFields = {
  version: z.int(),
  importedAt: Instant.describe('When this version came'),
  confirmedAt: Instant.describe('When the same file was last delivered; the age counts from here'),
  ageHours: z.number(),
  stale: z.boolean().describe('Older than the operator allows'),
};

export const ListAge = z.strictObject({ list: z.string(), entries: z.int(), ...ageFields }).meta({ id: 'ListAge' });
export const RegisterAge = z.strictObject({ rows: z.int(), ...ageFields }).meta({ id: 'RegisterAge' });

function age(state: Pick<ListState, 'version' | 'importedAt' | 'confirmedAt'>, now: number, staleHours: number, offset: number) {
  const ageHours = Math.max(0, Math.round((now - state.confirmedAt) / HOUR * 10) / 10);
  return { version: state.version, importedAt: formatInstant(state.importedAt, offset), confirmedAt: formatInstant(state.confirmedAt, offset), ageHours, stale: now - state.confirmedAt > staleHours * HOUR };
}

export function listAge(state: ListState, now: number, staleHours: number, offset: number): z.output<typeof ListAge> {
  // A list that persons alone keep has no file to be late with.
  const limitHours = state.sha256 === '' ? Number.POSITIVE_INFINITY : state.settings.ageLimitHours ?? staleHours;
  return { list: state.list, entries: state.entryCount, ...age(state, now, limitHours, offset) };
}

export function registerAge(state: RegisterState, now: number, staleHours: number, offset: number): z.output<typeof RegisterAge> {
  return { rows: state.rowCount, ...age(state, now, staleHours, offset) };
}
