/** One error of a chain of causes, without what may hold plates or keys: messages of databases and parsers repeat their input. */
export interface TraceLink { readonly name: string; readonly code?: string; readonly message?: string; readonly at: readonly string[] }

const OWN_WORDS = new Set(['DarwazaError', 'TypeError', 'RangeError', 'ReferenceError']);

/** For the log: what failed and where, down the chain of causes. */
export function traceOf(error: unknown, depth = 0): TraceLink[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const code = (error as { code?: unknown }).code;
  const at = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 8).map((line) => line.trim());
  const link = { name: error.name, ...(typeof code === 'string' && { code }), ...(OWN_WORDS.has(error.name) && { message: error.message }), at };
  return [link, ...traceOf(error.cause, depth + 1)];
}
