import { createHash } from 'node:crypto';
import { desc, lt, sql } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
import { auditCheckpoints, auditLog } from './schema.ts';

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
  /** `begins`: number of the first row; those before it were deleted when their time was over. */
  | { readonly kind: 'intact'; readonly begins: number; readonly rows: number; readonly head: string }
  | { readonly kind: 'broken'; readonly sequence: number; readonly reason: string };

/** A row as it is hashed: the question as the text that stands in the database. */
interface Sealed extends Omit<AuditRow, 'question' | 'hash'> { readonly question: string }

interface ChainRow extends Sealed { readonly hash: string }

/** What the first row follows on. */
const FIRST = '0'.repeat(64);
const BATCH_SIZE = 1000;

/** Appends one row to the chain; durable when this resolves. Writers wait for each other: each row holds the hash of the one before it. */
export async function appendAudit(db: Database, entry: AuditEntry): Promise<AuditRow> {
  return inTransaction(db, db.orm, (tx) => appendRow(tx, entry));
}

async function appendRow(tx: Orm, entry: AuditEntry): Promise<AuditRow> {
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
}

/** Newest first; `before`: only rows with a lower sequence. `limit`: 100 when not given. */
export async function listAudit(db: Database, page: { readonly before?: number | undefined; readonly limit?: number | undefined } = {}): Promise<AuditRow[]> {
  return atStore(db, () => db.orm.select().from(auditLog).where(page.before === undefined ? undefined : lt(auditLog.sequence, page.before))
    .orderBy(desc(auditLog.sequence)).limit(page.limit ?? 100));
}

/** Action of the row that says which rows before it were deleted. */
const TRIMMED = 'trimAudit';

/** Rows before the first that is not past, or belongs to a case that is held: a chain has no holes, so what follows such a row stays. */
const pastRows = (cutOff: number) => sql`a.sequence < coalesce((
  select min(sequence) from audit_log where at >= ${instantParameter(cutOff)} or case_reference in (select case_reference from legal_holds where released_at is null and case_reference is not null)
), 9223372036854775807)`;

/**
 * Deletes the rows at the beginning that are older than `cutOff` (epoch milliseconds) and tells how many. The chain goes on from the hash of the
 * last of them, and a new row of it says so: `actor` did it at `at`.
 */
export async function trimAudit(db: Database, cutOff: number, by: { readonly actor: string; readonly at: number }): Promise<number> {
  return inTransaction(db, db.bulk, async (tx) => {
    await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza audit log', 0))`);
    const [last] = await rowsOf<{ sequence: string; hash: string; rows: number }>(tx, sql`
      select a.sequence, a.hash, (select count(*)::integer from audit_log b where b.sequence <= a.sequence) as rows from audit_log a where ${pastRows(cutOff)} order by a.sequence desc limit 1
    `);
    if (last === undefined) return 0;
    const sequence = Number(last.sequence), question = { upTo: sequence, hash: last.hash, olderThan: new Date(cutOff).toISOString() };
    await appendRow(tx, { ...by, action: TRIMMED, purpose: null, caseReference: null, question, resultCount: last.rows, requestId: null });
    await tx.insert(auditCheckpoints).values({ sequence, at: by.at, hash: last.hash });
    await rowsOf(tx, sql`delete from audit_log where sequence <= ${sequence}::bigint`);
    return last.rows;
  });
}

/** Rows at the beginning that are past, and those that are older than `cutOff` behind a row that stands. */
export async function overdueAudit(orm: Orm, cutOff: number): Promise<{ readonly overdue: number; readonly hold: number }> {
  const [row] = await rowsOf<{ overdue: number; hold: number }>(orm, sql`
    select count(*) filter (where ${pastRows(cutOff)})::integer as overdue, count(*) filter (where not ${pastRows(cutOff)})::integer as hold from audit_log a where a.at < ${instantParameter(cutOff)}
  `);
  return row ?? { overdue: 0, hold: 0 };
}

/**
 * Recomputes the whole chain, from where it begins. `expected`: a head noted elsewhere before; only with it is a cut-off end noticed. One
 * from before the beginning proves nothing any more.
 */
export async function verifyAudit(db: Database, expected?: { readonly sequence: number; readonly hash: string }): Promise<AuditVerdict> {
  for (;;) {
    const start = await beginningOf(db), verdict = await verifyFrom(db, start, expected);
    // Rows that were deleted while they were read.
    if (verdict.kind === 'broken' && (await beginningOf(db)).sequence !== start.sequence) continue;
    return verdict;
  }
}

interface Beginning { readonly sequence: number; readonly hash: string }

async function beginningOf(db: Database): Promise<Beginning> {
  const [row] = await atStore(db, () => db.orm.select().from(auditCheckpoints).orderBy(desc(auditCheckpoints.sequence)).limit(1));
  return row ?? { sequence: 0, hash: FIRST };
}

async function verifyFrom(db: Database, start: Beginning, expected: Beginning | undefined): Promise<AuditVerdict> {
  let { sequence, hash: previousHash } = start, told = start.sequence === 0;
  for (;;) {
    const rows = await atStore(db, () => chainRows(db.bulk, sequence));
    for (const row of rows) {
      const reason = faultOf(row, sequence + 1, previousHash) ?? (row.sequence === expected?.sequence && row.hash !== expected.hash ? 'it is not the row that was noted' : null);
      if (reason !== null) return { kind: 'broken', sequence: sequence + 1, reason };
      told ||= tellsOf(row, start);
      ({ sequence, hash: previousHash } = row);
    }
    if (rows.length === BATCH_SIZE) continue;
    if (!told) return { kind: 'broken', sequence: start.sequence + 1, reason: 'the rows before it are missing, and no row tells that they were deleted' };
    if (expected !== undefined && sequence < expected.sequence) return { kind: 'broken', sequence: sequence + 1, reason: 'rows are missing at the end' };
    return { kind: 'intact', begins: start.sequence + 1, rows: sequence - start.sequence, head: previousHash };
  }
}

/** Whether the row says that the chain begins where it does. */
function tellsOf(row: ChainRow, start: Beginning): boolean {
  if (row.action !== TRIMMED) return false;
  const { upTo, hash } = JSON.parse(row.question) as { readonly upTo?: unknown; readonly hash?: unknown };
  return upTo === start.sequence && hash === start.hash;
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
