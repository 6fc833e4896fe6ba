import { DarwazaError } from '../core/errors.ts';

/** What a user is told of any fault: one from the table as it is; a bug by its class alone, with the rest for the log. */
export function asDarwazaError(cause: unknown): DarwazaError {
  return cause instanceof DarwazaError ? cause : new DarwazaError('INTERNAL', { requestId: 'below (run with DARWAZA_LOG=debug for the details)' }, cause);
}

/** Prints the fault to stderr: never a stack trace, except a bug's when the log level is debug. */
export function reportError(cause: unknown, debug: boolean): void {
  const error = asDarwazaError(cause);
  process.stderr.write(`${error.code}: ${error.message}\n`);
  if (debug && error.cause instanceof Error) process.stderr.write(`${error.cause.stack}\n`);
}
