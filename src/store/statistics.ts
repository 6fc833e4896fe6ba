import { sql } from 'drizzle-orm';
import { listStates, type ListState } from './active-list-entries.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { registerState, type RegisterState } from './import-register.ts';
import { instantParameter, rowsOf } from './query.ts';

/** Figures for /metrics; each from an index or the catalogue, none from a scan of passes. */
export interface StoreStatistics {
  /** The planner's estimate. */
  readonly passesEstimate: number;
  readonly passesLastHour: number;
  /** Capture time of the newest pass, epoch milliseconds. */
  readonly latestPassAt: number | null;
  readonly openJourneys: number;
  readonly hitsLastDay: Readonly<Record<string, number>>;
  readonly lists: readonly ListState[];
  readonly register: RegisterState | null;
  readonly auditRows: number;
  readonly databaseBytes: number;
}

interface Figures { readonly estimate: number; readonly lastHour: number; readonly latest: number | null; readonly open: number; readonly audit: number; readonly bytes: number }

const HOUR_MS = 3_600_000;

export async function storeStatistics(db: Database, now: number): Promise<StoreStatistics> {
  const [figures, hits, lists, register] = await Promise.all([figuresOf(db, now), hitsLastDay(db, now), listStates(db), registerState(db)]);
  return {
    passesEstimate: Math.max(0, figures.estimate), passesLastHour: figures.lastHour, latestPassAt: figures.latest, openJourneys: figures.open, hitsLastDay: hits,
    lists, register, auditRows: figures.audit, databaseBytes: figures.bytes,
  };
}

async function figuresOf(db: Database, now: number): Promise<Figures> {
  const [row] = await atStore(db, () => rowsOf<Figures>(db.orm, sql`
    select
      (select coalesce(sum(greatest(c.reltuples, 0)), 0)::double precision from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'passes'::regclass) as estimate,
      (select count(*)::double precision from passes where captured_at > ${instantParameter(now - HOUR_MS)} and captured_at <= ${instantParameter(now)}) as "lastHour",
      (select (extract(epoch from captured_at) * 1000)::double precision from passes order by captured_at desc limit 1) as latest,
      (select count(*)::double precision from journeys where status = 'open') as open,
      (select coalesce(max(sequence), 0)::double precision from audit_log) as audit,
      pg_database_size(current_database())::double precision as bytes
  `));
  return row ?? { estimate: 0, lastHour: 0, latest: null, open: 0, audit: 0, bytes: 0 };
}

async function hitsLastDay(db: Database, now: number): Promise<Record<string, number>> {
  const rows = await atStore(db, () => rowsOf<{ status: string; count: number }>(db.orm, sql`
    select status, count(*)::integer as count from hits
    where captured_at > ${instantParameter(now - 24 * HOUR_MS)} and captured_at <= ${instantParameter(now)} group by status
  `));
  return Object.fromEntries(rows.map((row) => [row.status, row.count]));
}
