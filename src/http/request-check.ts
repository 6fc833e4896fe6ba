import type { z } from 'zod';
import { DarwazaError, type ErrorCode } from '../core/errors.ts';

type Where = 'query parameter' | 'path part' | 'form field' | 'field';
const CODES: Readonly<Record<Where, ErrorCode>> = { 'query parameter': 'REQUEST_INVALID', 'path part': 'REQUEST_INVALID', 'form field': 'BODY_INVALID', field: 'BODY_INVALID' };

/** A `DarwazaError` raised inside a zod schema travels in the issue, so that its own code reaches the caller. */
function carried(issue: z.core.$ZodIssue): DarwazaError | null {
  const error = issue.code === 'custom' ? (issue.params?.error as unknown) : undefined;
  return error instanceof DarwazaError ? error : null;
}

function sentence(issue: z.core.$ZodIssue, where: string, schema: z.ZodObject): string {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    const known = Object.keys(schema.shape);
    return `there is no ${where} ${issue.keys.map((k) => `"${k}"`).join(', ')}; known: ${known.join(', ') || 'none'}`;
  }
  return issue.path.length === 0 ? issue.message : `${where} "${issue.path.join('.')}": ${issue.message}`;
}

/**
 * `value` as the schema has it.
 * @throws REQUEST_INVALID, or BODY_INVALID for a part of the body, naming every fault, or the code that the schema carries (TIME_WITHOUT_OFFSET, MARK_INVALID, …)
 */
export function check<S extends z.ZodObject>(schema: S, value: unknown, where: Where): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const error = carried(issue);
    if (error) throw error;
  }
  throw new DarwazaError(CODES[where], { reason: parsed.error.issues.map((i) => sentence(i, where, schema)).join('; ') });
}
