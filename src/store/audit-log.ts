import { createHash } from 'node:crypto';
import { desc, lt, sql } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
import { auditLog } from './schema.ts';

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

/** A row as it is hashed: the question as the text that stands in the database. */
interface Sealed extends Omit<AuditRow, 'question' | 'hash'> { readonly question: string }

interface ChainRow extends Sealed { readonly hash: string }

/** What the first row follows on. */
const FIRST = '0'.repeat(64);
const BATCH_SIZE = 1000;

/** Appends one row to the chain; durable when this resolves. Writers wait for each other: each row holds the hash of the one before it. */
export async function appendAudit(db: Database, entry: AuditEntry): Promise<AuditRow> {
  return inTransaction(db, db.orm, async (tx) => {
    await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza audit log', 0))`);
    const [last] = await tx.select({ sequence: auditLog.sequence, hash: auditLog.hash }).from(auditLog).orderBy(desc(auditLog.sequence)).limit(1);
    const row: Sealed = {
      sequence: (last?.sequence ?? 0) + 1, at: entry.at, actor: stored(entry.actor), action: stored(entry.action), purpose: stored(entry.purpose),
      caseReference: stored(entry.caseReference), question: JSON.stringify(entry.question), resultCount: entry.resultCount, requestId: stored(entry.requestId),
      previousHash: last?.hash ?? FIRST,
    };
    const hash = hashOf(row);
    await rowsOf(tx, sql`
      insert into audit_log (sequence, at, actor, action, purpose, case_reference, question, result_count, request_id, previous_hash, hash)
      values (${row.sequence}, ${instantParameter(row.at)}, ${row.actor}, ${row.action}, ${row.purpose}, ${row.caseReference}, ${row.question}::json,
        ${row.resultCount}, ${row.requestId}, ${row.previousHash}, ${hash})
    `);
    return { ...row, question: entry.question, hash };
  });
}

/** Newest first; `before`: only rows with a lower sequence. `limit`: 100 when not given. */
export async function listAudit(db: Database, page: { readonly before?: number | undefined; readonly limit?: number | undefined } = {}): Promise<AuditRow[]> {
  return atStore(db, () => db.orm.select().from(auditLog).where(page.before === undefined ? undefined : lt(auditLog.sequence, page.before))
    .orderBy(desc(auditLog.sequence)).limit(page.limit ?? 100));
}

/**
 * Recomputes the whole chain. `expected`: a head noted elsewhere before; only with it is a cut-off end noticed.
 */
export async function verifyAudit(db: Database, expected?: { readonly sequence: number; readonly hash: string }): Promise<AuditVerdict> {
  let sequence = 0, previousHash = FIRST;
  for (;;) {
    const rows = await atStore(db, () => chainRows(db.bulk, sequence));
    for (const row of rows) {
      const reason = faultOf(row, sequence + 1, previousHash) ?? (row.sequence === expected?.sequence && row.hash !== expected.hash ? 'it is not the row that was noted' : null);
      if (reason !== null) return { kind: 'broken', sequence: sequence + 1, reason };
      ({ sequence, hash: previousHash } = row);
    }
    if (rows.length === BATCH_SIZE) continue;
    if (expected !== undefined && sequence < expected.sequence) return { kind: 'broken', sequence: sequence + 1, reason: 'rows are missing at the end' };
    return { kind: 'intact', rows: sequence, head: previousHash };
  }
}

async function chainRows(orm: Orm, afterSequence: number): Promise<ChainRow[]> {
  const rows = await orm.select({
    sequence: auditLog.sequence, at: auditLog.at, actor: auditLog.actor, action: auditLog.action, purpose: auditLog.purpose, caseReference: auditLog.caseReference,
    question: sql<string>`${auditLog.question}::text`, resultCount: auditLog.resultCount, requestId: auditLog.requestId, previousHash: auditLog.previousHash, hash: auditLog.hash,
  }).from(auditLog).where(sql`${auditLog.sequence} > ${afterSequence}`).orderBy(auditLog.sequence).limit(BATCH_SIZE);
  return rows;
}

function faultOf(row: ChainRow, sequence: number, previousHash: string): string | null {
  if (row.sequence !== sequence) return 'the row is missing';
  if (row.previousHash !== previousHash) return 'it does not follow on the row before it';
  return hashOf(row) === row.hash ? null : 'its content was changed';
}

function hashOf(row: Sealed): string {
  const { sequence, at, actor, action, purpose, caseReference, question, resultCount, requestId, previousHash } = row;
  return createHash('sha256').update(JSON.stringify([previousHash, sequence, at, actor, action, purpose, caseReference, question, resultCount, requestId])).digest('hex');
}

/** Text as the database will give it back: without NUL, and with lone halves of surrogate pairs replaced, or the hash would not hold. */
function stored(text: string): string;
function stored(text: string | null): string | null;
function stored(text: string | null): string | null {
  return text === null ? null : Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '�');
}
