import { createHash } from 'node:crypto';
import { and, asc, desc, eq, gt, inArray, or, sql, type SQL } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { counted } from './delete-journeys.ts';
import { atStore } from './failure.ts';
import { holdsMarkOf } from './legal-holds.ts';
import { after, period } from './period.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest, type Place } from './page.ts';
import { batch, inTransaction, instantParameter, rowsOf, type BatchColumn } from './query.ts';
import { lockRetention } from './retention-floors.ts';
import { payloadParts, payloadPasses, payloads, type PayloadFault, type PayloadOutcome } from './schema.ts';

export type { PayloadFault, PayloadOutcome } from './schema.ts';

/** One part of a message; its bytes are in the evidence folder. */
export interface PayloadPart { readonly mediaType: string; readonly sha256: string; readonly name: string | null; readonly fileName: string | null }

/** A message of another camera as it is kept. Times are epoch milliseconds. */
export interface Payload {
  readonly id: string;
  readonly cameraId: string;
  readonly vendor: string;
  readonly receivedAt: number;
  /** When it came last, and how often it came. */
  readonly lastAt: number;
  readonly deliveries: number;
  /** Of the whole, as its sender said it, with parameters. */
  readonly mediaType: string;
  readonly topic: string | null;
  readonly outcome: PayloadOutcome;
  readonly faults: readonly PayloadFault[];
}

export interface KeptPayload extends Payload { readonly parts: readonly PayloadPart[]; readonly passIds: readonly string[] }

export interface NewPayload extends Omit<Payload, 'id' | 'lastAt' | 'deliveries'> { readonly parts: readonly PayloadPart[] }

/** SHA-256 (hex) over what a message is made of; the boundary between its parts, which differs each time, is not in it. */
export function payloadDigest({ parts, topic }: Pick<NewPayload, 'parts' | 'topic'>): string {
  return createHash('sha256').update(JSON.stringify([topic, parts.map((p) => [p.mediaType, p.sha256, p.name, p.fileName])])).digest('hex');
}

function payloadId({ cameraId, vendor, receivedAt }: NewPayload, digest: string): string {
  const hash = createHash('sha256').update(JSON.stringify([cameraId, vendor, digest])).digest('hex');
  return `m_${receivedAt.toString(36).padStart(9, '0')}${hash.slice(0, 16)}`;
}

/** The id that a message has, or will have when it is kept. */
export async function payloadIdOf(orm: Orm, payload: NewPayload): Promise<string> {
  const digest = payloadDigest(payload), same = and(eq(payloads.cameraId, payload.cameraId), eq(payloads.vendor, payload.vendor), eq(payloads.digest, digest));
  const [row] = await orm.select({ id: payloads.id }).from(payloads).where(same);
  return row?.id ?? payloadId(payload, digest);
}

/**
 * Keeps a message and gives its id; the same one again is counted and adds nothing. What was accepted once stays so: the repetition says
 * nothing new of it.
 */
export async function keepPayload(tx: Orm, payload: NewPayload): Promise<string> {
  const digest = payloadDigest(payload), faults = payload.faults.length === 0 ? null : JSON.stringify(payload.faults);
  const [row] = await rowsOf<{ id: string; deliveries: number }>(tx, sql`
    insert into payloads (id, camera_id, vendor, received_at, last_at, deliveries, outcome, media_type, topic, digest, faults)
    values (${payloadId(payload, digest)}, ${payload.cameraId}, ${payload.vendor}, ${instantParameter(payload.receivedAt)}, ${instantParameter(payload.receivedAt)}, 1, ${payload.outcome},
      ${payload.mediaType}, ${payload.topic}, ${digest}, ${faults}::jsonb)
    on conflict (camera_id, vendor, digest) do update set deliveries = payloads.deliveries + 1, last_at = greatest(payloads.last_at, excluded.last_at), ${OUTCOME_AGAIN}
    returning id, deliveries
  `);
  const { id, deliveries } = row as { id: string; deliveries: number };
  if (deliveries === 1) await rowsOf(tx, sql`insert into payload_parts ${batch(payload.parts.map((part, i) => ({ ...part, payloadId: id, part: i })), PART_COLUMNS)}`);
  return id;
}

const OUTCOME_AGAIN = sql`
  outcome = case when payloads.outcome = 'accepted' then payloads.outcome else excluded.outcome end,
  faults = case when payloads.outcome = 'accepted' then payloads.faults else excluded.faults end`;

const PART_COLUMNS: readonly BatchColumn<PayloadPart & { readonly payloadId: string; readonly part: number }>[] = [
  { name: 'payload_id', type: 'text', of: (p) => p.payloadId },
  { name: 'part', type: 'integer', of: (p) => p.part },
  { name: 'media_type', type: 'text', of: (p) => p.mediaType },
  { name: 'sha256', type: 'text', of: (p) => p.sha256 },
  { name: 'name', type: 'text', of: (p) => p.name },
  { name: 'file_name', type: 'text', of: (p) => p.fileName },
];

/** Which passes a message told of. */
export async function linkPasses(tx: Orm, payload: string, passes: readonly { readonly id: string; readonly capturedAt: number }[]): Promise<void> {
  if (passes.length === 0) return;
  // A message whose time was over meanwhile is no longer there to be linked.
  await rowsOf(tx, sql`
    insert into payload_passes ${batch(passes, [
      { name: 'payload_id', type: 'text', of: () => payload }, { name: 'captured_at', type: 'timestamptz', of: (p) => p.capturedAt }, { name: 'pass_id', type: 'text', of: (p) => p.id },
    ])} where exists (select from payloads q where q.id = ${payload}) on conflict do nothing
  `);
}

/** What became of a kept message that was read again. */
export async function payloadReadAgain(tx: Orm, id: string, outcome: PayloadOutcome, faults: readonly PayloadFault[]): Promise<void> {
  await tx.update(payloads).set({ outcome, faults: faults.length === 0 ? null : [...faults] }).where(eq(payloads.id, id));
}

export interface PayloadFilter {
  readonly vendor?: string | undefined;
  readonly cameraId?: string | undefined;
  readonly outcome?: PayloadOutcome | undefined;
  /** When it came first: from ≤ received < to, epoch milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

function conditions(filter: PayloadFilter): SQL | undefined {
  const { vendor, cameraId, outcome } = filter;
  return and(
    ...period(payloads.receivedAt, filter), vendor === undefined ? undefined : eq(payloads.vendor, vendor), cameraId === undefined ? undefined : eq(payloads.cameraId, cameraId),
    outcome === undefined ? undefined : eq(payloads.outcome, outcome),
  );
}

/** Kept messages with their parts, newest first. @throws CURSOR_INVALID, ARGUMENT_INVALID */
export function listPayloads(db: Database, filter: PayloadFilter, page: PageRequest = {}): Promise<Page<KeptPayload>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  return atStore(db, async () => {
    const rows = await db.orm.select().from(payloads).where(and(conditions(filter), after(payloads.receivedAt, payloads.id, place))).orderBy(desc(payloads.receivedAt), desc(payloads.id)).limit(limit + 1);
    return toPage(await withParts(db.orm, rows), limit, filter, (payload) => ({ at: payload.receivedAt, id: payload.id }));
  });
}

/** Kept messages in the order in which they came, after a place. */
export function payloadsInOrder(db: Database, filter: PayloadFilter, place: Place | null, limit: number): Promise<KeptPayload[]> {
  const beyond = place === null ? undefined : or(gt(payloads.receivedAt, place.at), and(eq(payloads.receivedAt, place.at), gt(payloads.id, place.id)));
  return atStore(db, async () => withParts(db.orm, await db.orm.select().from(payloads).where(and(conditions(filter), beyond)).orderBy(asc(payloads.receivedAt), asc(payloads.id)).limit(limit)));
}

async function withParts(orm: Orm, rows: readonly (typeof payloads.$inferSelect)[]): Promise<KeptPayload[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const parts = await orm.select().from(payloadParts).where(inArray(payloadParts.payloadId, ids)).orderBy(asc(payloadParts.part));
  const passes = await orm.select().from(payloadPasses).where(inArray(payloadPasses.payloadId, ids)).orderBy(asc(payloadPasses.passId));
  return rows.map((row) => ({
    ...row, faults: row.faults ?? [],
    parts: parts.filter((p) => p.payloadId === row.id).map(({ mediaType, sha256, name, fileName }) => ({ mediaType, sha256, name, fileName })),
    passIds: passes.filter((p) => p.payloadId === row.id).map((p) => p.passId),
  }));
}

const AT_ONCE = 500;
const past = (cutOff: number): SQL => sql`q.received_at < ${instantParameter(cutOff)}`;
/** A message that tells of a held vehicle is kept with its pass. */
const HELD = sql`exists (
  select from payload_passes t join passes p on p.captured_at = t.captured_at and p.id = t.pass_id join legal_holds l on ${holdsMarkOf(sql`p`)} where t.payload_id = q.id
)`;

/** Deletes messages that came before `cutOff`, some at a time; the files of their parts are due. */
export function deletePayloads(db: Database, cutOff: number, at: number): Promise<number> {
  return inTransaction(db, db.bulk, async (tx) => {
    await lockRetention(tx, 'exclusive');
    return counted(tx, sql`
      with chosen as materialized (select q.id from payloads q where ${past(cutOff)} and not ${HELD} order by q.received_at limit ${AT_ONCE}),
      due as (
        insert into pictures_due (sha256, media_type, at) select distinct on (r.sha256) r.sha256, r.media_type, ${instantParameter(at)} from payload_parts r join chosen on chosen.id = r.payload_id on conflict do nothing
      ),
      gone as (delete from payloads q using chosen where q.id = chosen.id returning 1)
      select count(*)::integer as n from gone
    `);
  });
}

export async function overduePayloads(orm: Orm, cutOff: number): Promise<{ readonly overdue: number; readonly hold: number }> {
  const [row] = await rowsOf<{ overdue: number; hold: number }>(orm, sql`
    select count(*) filter (where not held)::integer as overdue, count(*) filter (where held)::integer as hold from (select ${HELD} as held from payloads q where ${past(cutOff)}) as past
  `);
  return row ?? { overdue: 0, hold: 0 };
}
