import { z } from 'zod';
import { DarwazaError, ERRORS, type ErrorCode } from '../core/errors.ts';

const CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

const Detail = z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))]);

/** The one shape of an error, whatever went wrong. */
export const ErrorAnswer = z.strictObject({
  error: z.strictObject({
    code: z.enum(CODES).describe('Stable name of the error, for programs'),
    message: z.string().describe('What happened, to which thing, and what to do'),
    status: z.int().describe('The HTTP status once more'),
    requestId: z.string().describe('Also in the header X-Request-Id and in the log'),
    details: z.record(z.string(), Detail).optional().describe('The names and numbers that the message was made from'),
  }),
}).meta({ id: 'Error' });
export type ErrorAnswer = z.output<typeof ErrorAnswer>;

/** A code beside one item of several. */
export const ItemError = z.strictObject({ code: z.enum(CODES), message: z.string() }).meta({ id: 'ItemError' });

/** Body of an error answer. What the operator alone may know (host names, SQLSTATE) stays out of `details`. */
export function errorAnswer(error: DarwazaError, requestId: string): ErrorAnswer {
  const detailed = error.status < 500 && Object.keys(error.details).length > 0;
  return {
    error: {
      code: error.code, message: error.message, status: error.status, requestId,
      ...(detailed && { details: error.details as Record<string, string | number | (string | number)[]> }),
    },
  };
}

/** Errors that Express and Node throw by themselves, in our own words; what is left is a bug and says nothing to the user. */
export function asDarwazaError(error: unknown, requestId: string): DarwazaError {
  if (error instanceof DarwazaError) return error;
  if (error instanceof URIError) return new DarwazaError('REQUEST_INVALID', { reason: 'the path holds a percent-encoding that is not UTF-8' });
  return new DarwazaError('INTERNAL', { requestId }, error);
}
