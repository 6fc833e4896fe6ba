import { DrizzleQueryError } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { Database } from './database.ts';

/** Fields of an error that PostgreSQL sent, by pg and by PGlite alike. */
interface ServerError { readonly code: string; readonly table?: string; readonly constraint?: string; readonly routine?: string }

const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', ENOTFOUND: 'there is no such host', EAI_AGAIN: 'the name of the host cannot be resolved', EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network', ETIMEDOUT: 'no answer in time', ECONNRESET: 'connection lost', EPIPE: 'connection lost', ENOENT: 'there is no such socket',
};

/** SQLSTATE by its beginning: the longest that fits counts. */
const UNAVAILABLE_STATES: Readonly<Record<string, string>> = {
  '08': 'connection lost', '28': 'the server refused the user or password', '3D000': 'there is no such database', '53300': 'too many connections',
  '57P01': 'the server is shutting down', '57P02': 'the server is restarting after a crash', '57P03': 'the server is starting up', '57P05': 'connection lost',
  '25006': 'the server only lets read', '25P03': 'connection lost',
};

const DRIVER_REASONS: readonly (readonly [RegExp, string])[] = [
  [/timeout exceeded when trying to connect|connection timeout/i, 'no answer in time'],
  [/connection terminated|client was closed|not queryable|connection error/i, 'connection lost'],
  [/cannot use a pool after calling end|PGlite is clos/i, 'it was closed'],
  [/server does not support SSL/i, 'the server does not offer TLS'],
];

/**
 * Runs database work; whatever the driver throws becomes a DarwazaError without SQL or values (drizzle's own message holds both).
 * Errors that do not come from the database pass through.
 */
export async function atStore<T>(db: Pick<Database, 'host'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeFailure(error, db.host);
  }
}

/** The error to throw on for one that came out of database work. */
export function storeFailure(error: unknown, host: string): unknown {
  if (error instanceof DarwazaError) return error;
  const origin = error instanceof DrizzleQueryError ? error.cause : error;
  if (origin instanceof DarwazaError) return origin;
  if (isServerError(origin)) return serverFailure(origin, host);
  const reason = connectionReason(origin);
  if (reason !== null) return new DarwazaError('DATABASE_UNAVAILABLE', { host, reason });
  if (error instanceof DrizzleQueryError || isWasmCrash(origin)) return new DarwazaError('DATABASE_REFUSED', { sqlstate: 'none' }, bare(origin));
  return error;
}

/** SQLSTATE of an error from the database, or null. */
export function sqlstateOf(error: unknown): string | null {
  const origin = error instanceof DrizzleQueryError ? error.cause : error;
  return isServerError(origin) ? origin.code : null;
}

function serverFailure(error: ServerError, host: string): DarwazaError {
  const { code } = error;
  const reason = UNAVAILABLE_STATES[code] ?? UNAVAILABLE_STATES[code.slice(0, 2)];
  if (reason !== undefined) return new DarwazaError('DATABASE_UNAVAILABLE', { host, reason });
  if (code === '57014' || code === '55P03') return new DarwazaError('DATABASE_TIMEOUT', { host });
  if (code === '53100') return new DarwazaError('DATABASE_FULL', { host });
  // The server's own message and detail quote values of the row: only names go on.
  const place = [error.table, error.constraint, error.routine].filter(Boolean).join(', ');
  return new DarwazaError('DATABASE_REFUSED', { sqlstate: code }, new Error(`SQLSTATE ${code}${place ? ` (${place})` : ''}`));
}

function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code);
}

function connectionReason(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'string' && ('syscall' in error || error instanceof AggregateError)) return NETWORK_REASONS[error.code] ?? null;
  return DRIVER_REASONS.find(([pattern]) => pattern.test(error.message))?.[1] ?? null;
}

function isWasmCrash(error: unknown): boolean {
  return error instanceof Error && error.name === 'RuntimeError';
}

function bare(error: unknown): Error {
  return new Error(error instanceof Error ? error.name : 'not an Error');
}
