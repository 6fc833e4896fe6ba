import { createHash } from 'node:crypto';
import { and, asc, desc, eq, gt, inArray, or, sql, type SQL } from 'drizzle-orm';
import type { Database, Orm } from './database.ts';
import { counted } from './delete-journeys.ts';
import { atStore } from './failure.ts';
import { holdsMarkOf } from './legal-holds.ts';
import { after, period } from './period.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest, type Place } from './page.ts';
import { array, batch, inTransaction, instantParameter, rowsOf, type BatchColumn } from './query.ts';
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

const sameOf = ({ cameraId, vendor }: Pick<NewPayload, 'cameraId' | 'vendor'>, digest: string): string => JSON.stringify([cameraId, vendor, digest]);

/** The ids that messages have, or will have when they are kept, in their order. */
export async function payloadIdsOf(orm: Orm, all: readonly NewPayload[]): Promise<string[]> {
  if (all.length === 0) return [];
  const digests = all.map(payloadDigest), ids = new Map<string, string>();
  const rows = await rowsOf<{ id: string; camera_id: string; vendor: string; digest: string }>(orm, sql`
    select q.id, q.camera_id, q.vendor, q.digest from payloads q
    join unnest(${array(all.map((p) => p.cameraId), 'text')}, ${array(all.map((p) => p.vendor), 'text')}, ${array(digests, 'text')}) as r (camera_id, vendor, digest)
      on q.camera_id = r.camera_id and q.vendor = r.vendor and q.digest = r.digest
  `);
  for (const row of rows) ids.set(sameOf({ cameraId: row.camera_id, vendor: row.vendor }, row.digest), row.id);
  return all.map((payload, i) => {
    const digest = digests[i] as string, same = sameOf(payload, digest), id = ids.get(same) ?? payloadId(payload, digest);
    ids.set(same, id);
    return id;
  });
}

/** Messages that are the same, as one row. */
interface SamePayloads extends NewPayload { readonly id: string; readonly digest: string; readonly lastAt: number; readonly deliveries: number }

function asRows(all: readonly NewPayload[]): SamePayloads[] {
  const rows = new Map<string, SamePayloads>();
  for (const payload of all) {
    const digest = payloadDigest(payload), same = sameOf(payload, digest), before = rows.get(same), { outcome, faults } = before?.outcome === 'accepted' ? before : payload;
    const { receivedAt: lastAt } = payload;
    rows.set(same, before === undefined ? { ...payload, id: payloadId(payload, digest), digest, lastAt, deliveries: 1 }
      : { ...before, outcome, faults, deliveries: before.deliveries + 1, lastAt: Math.max(before.lastAt, lastAt) });
  }
  return [...rows.values()];
}

const COLUMNS: readonly BatchColumn<SamePayloads>[] = [
  { name: 'id', type: 'text', of: (p) => p.id },
  { name: 'camera_id', type: 'text', of: (p) => p.cameraId },
  { name: 'vendor', type: 'text', of: (p) => p.vendor },
  { name: 'received_at', type: 'timestamptz', of: (p) => p.receivedAt },
  { name: 'last_at', type: 'timestamptz', of: (p) => p.lastAt },
  { name: 'deliveries', type: 'integer', of: (p) => p.deliveries },
  { name: 'outcome', type: 'text', of: (p) => p.outcome },
  { name: 'media_type', type: 'text', of: (p) => p.mediaType },
  { name: 'topic', type: 'text', of: (p) => p.topic },
  { name: 'digest', type: 'text', of: (p) => p.digest },
  { name: 'faults', type: 'jsonb', of: (p) => (p.faults.length === 0 ? null : p.faults) },
];

/**
 * Keeps messages, in the order given; the same one again is counted and adds nothing. What was accepted once stays so: the repetition says
 * nothing new of it.
 */
export async function keepPayloads(tx: Orm, all: readonly NewPayload[]): Promise<void> {
  if (all.length === 0) return;
  const given = asRows(all), byDigest = new Map(given.map((row) => [sameOf(row, row.digest), row]));
  const rows = await rowsOf<{ id: string; camera_id: string; vendor: string; digest: string; deliveries: number }>(tx, sql`
    insert into payloads ${batch(given, COLUMNS)}
    on conflict (camera_id, vendor, digest) do update set deliveries = payloads.deliveries + excluded.deliveries, last_at = greatest(payloads.last_at, excluded.last_at), ${OUTCOME_AGAIN}
    returning id, camera_id, vendor, digest, deliveries
  `);
  const parts = rows.flatMap(({ id, camera_id: cameraId, vendor, digest, deliveries }) => {
    const row = byDigest.get(sameOf({ cameraId, vendor }, digest));
    return row?.deliveries === deliveries ? row.parts.map((part, i) => ({ ...part, payloadId: id, part: i })) : [];
  });
  if (parts.length > 0) await rowsOf(tx, sql`insert into payload_parts ${batch(parts, PART_COLUMNS)}`);
}

/** Keeps a message as `keepPayloads` does and gives its id. */
export async function keepPayload(tx: Orm, payload: NewPayload): Promise<string> {
  await keepPayloads(tx, [payload]);
  return (await payloadIdsOf(tx, [payload]))[0] as string;
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

/** Which passes messages told of. */
export async function linkPasses(tx: Orm, links: readonly { readonly payload: string; readonly id: string; readonly capturedAt: number }[]): Promise<void> {
  if (links.length === 0) return;
  // A message whose time was over meanwhile is no longer there to be linked.
  await rowsOf(tx, sql`
    insert into payload_passes ${batch(links, [
      { name: 'payload_id', type: 'text', of: (l) => l.payload }, { name: 'captured_at', type: 'timestamptz', of: (l) => l.capturedAt }, { name: 'pass_id', type: 'text', of: (l) => l.id },
    ])} where exists (select from payloads q where q.id = r.payload_id) on conflict do nothing
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
