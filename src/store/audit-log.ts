import type { Database } from './database.ts';

export interface AuditEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Id of the API key, or 'cli'. */
  readonly actor: string;
  /** Name of the route or command. */
  readonly action: string;
  readonly purpose: string | null;
  readonly caseReference: string | null;
  /** What was asked, as JSON: path and query parameters. */
  readonly question: Readonly<Record<string, unknown>>;
  /** How many records the answer shows; null when none is meant. */
  readonly resultCount: number | null;
  readonly requestId: string | null;
}

export interface AuditRow extends AuditEntry {
  /** 1, 2, 3 … without gaps. */
  readonly sequence: number;
  readonly previousHash: string;
  /** SHA-256 over `previousHash` and every field of this row. */
  readonly hash: string;
}

export type AuditVerdict =
  | { readonly kind: 'intact'; readonly rows: number; readonly head: string }
  | { readonly kind: 'broken'; readonly sequence: number; readonly reason: string };

/** Appends one row to the chain; durable when this resolves. */
export async function appendAudit(_db: Database, _entry: AuditEntry): Promise<AuditRow> {
  throw new Error('not built yet');
}

/** Newest first; `before`: only rows with a lower sequence. */
export async function listAudit(_db: Database, _page: { readonly before?: number | undefined; readonly limit?: number | undefined } = {}): Promise<AuditRow[]> {
  throw new Error('not built yet');
}

/**
 * Recomputes the whole chain. `expected`: a head noted elsewhere before; only with it is a cut-off end noticed.
 */
export async function verifyAudit(_db: Database, _expected?: { readonly sequence: number; readonly hash: string }): Promise<AuditVerdict> {
  throw new Error('not built yet');
}
