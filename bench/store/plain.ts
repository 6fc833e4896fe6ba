import type { Pass } from '../../src/pass/pass.ts';
import type { Database, Orm } from '../../src/store/database.ts';
import { array, rowsOf } from '../../src/store/query.ts';
import { sql } from 'drizzle-orm';
import { ask, run } from './columns.ts';

// What people run today: one table of reads, not partitioned, as the widely used open ALPR-Database has it, with a trigram index for parts
// of a plate. It knows no vehicles, journeys, sites or lists.

const CREATE = [
  `create table plate_reads (
    id bigserial primary key, plate_number varchar(20) not null, image_path text, thumbnail_path text, timestamp timestamptz not null, vehicle_description text, camera_name varchar(64),
    confidence numeric(5, 3), crop_coordinates integer[], ocr_annotation jsonb, created_at timestamptz not null default now()
  )`,
  `create table plates (plate_number varchar(20) primary key, first_seen_at timestamptz not null, occurrence_count integer not null)`,
];
const INDEXES = [
  'create index plate_reads_number on plate_reads (plate_number)', 'create index plate_reads_timestamp on plate_reads (timestamp)',
  'create index plate_reads_trigram on plate_reads using gin (plate_number gin_trgm_ops)',
];

/** Copies the newest `limit` passes with a mark; gives how many and the bytes of each. */
export async function fillPlain(db: Database, limit: number): Promise<{ readonly rows: number; readonly bytesPerRow: number }> {
  await run(db.bulk, 'drop table if exists plate_reads, plates', ...CREATE, `
    insert into plate_reads (plate_number, image_path, thumbnail_path, timestamp, vehicle_description, camera_name, confidence, crop_coordinates)
    select key, 'images/' || to_char(captured_at, 'YYYY/MM/DD/') || id || '.jpg', 'thumbnails/' || to_char(captured_at, 'YYYY/MM/DD/') || id || '.jpg', captured_at,
      concat_ws(' ', vehicle_colour, vehicle_class), camera_id, confidence, array[812, 604, 118, 61]
    from (select * from passes where key is not null order by captured_at desc limit ${limit}) as newest order by captured_at
  `, 'insert into plates select plate_number, min(timestamp), count(*) from plate_reads group by plate_number', ...INDEXES, 'vacuum (analyze) plate_reads');
  const [size] = await ask<{ rows: number; bytes: string }>(db.orm, `select (select count(*) from plate_reads)::integer as rows, pg_total_relation_size('plate_reads')::text as bytes`);
  return { rows: size?.rows ?? 0, bytesPerRow: Number(size?.bytes ?? 0) / Math.max(1, size?.rows ?? 0) };
}

/** As that program stores a read: is it there already, the row, the count of its plate; one after the other, each on its own. Passes a second. */
export async function plainIngest(db: Database, passes: readonly Pass[]): Promise<number> {
  const from = performance.now();
  for (const pass of passes) {
    const at = new Date(pass.capturedAt).toISOString(), plate = pass.key ?? pass.rawText;
    const known = await rowsOf(db.orm, sql`select id from plate_reads where plate_number = ${plate} and timestamp = ${at}::timestamptz`);
    if (known.length > 0) continue;
    await db.orm.transaction(async (tx) => {
      const orm = tx as Orm;
      await rowsOf(orm, sql`insert into plates values (${plate}, ${at}::timestamptz, 1) on conflict (plate_number) do update set occurrence_count = plates.occurrence_count + 1`);
      await rowsOf(orm, sql`
        insert into plate_reads (plate_number, image_path, thumbnail_path, timestamp, camera_name, confidence, crop_coordinates)
        values (${plate}, ${`images/${pass.id}.jpg`}, ${`thumbnails/${pass.id}.jpg`}, ${at}::timestamptz, ${pass.cameraId}, ${pass.confidence}, '{812,604,118,61}')
      `);
    });
  }
  return passes.length / ((performance.now() - from) / 1000);
}

/** The same table written as well as can be, 500 rows in a statement. Passes a second. */
export async function plainBatchedIngest(db: Database, passes: readonly Pass[]): Promise<number> {
  const from = performance.now();
  for (let start = 0; start < passes.length; start += 500) {
    const part = passes.slice(start, start + 500);
    await rowsOf(db.orm, sql`
      insert into plate_reads (plate_number, image_path, timestamp, camera_name, confidence)
      select * from unnest(${array(part.map((p) => p.key ?? p.rawText), 'text')}, ${array(part.map((p) => `images/${p.id}.jpg`), 'text')},
        ${array(part.map((p) => new Date(p.capturedAt).toISOString()), 'timestamptz')}, ${array(part.map((p) => p.cameraId), 'text')}, ${array(part.map((p) => p.confidence), 'double precision')})
    `);
  }
  return passes.length / ((performance.now() - from) / 1000);
}

export const plainTimeline = (db: Database, key: string): Promise<object[]> =>
  rowsOf(db.orm, sql`select * from plate_reads where plate_number = ${key} order by timestamp desc limit 100`);

export const plainCameraLatest = (db: Database, camera: string): Promise<object[]> =>
  rowsOf(db.orm, sql`select * from plate_reads where camera_name = ${camera} order by timestamp desc limit 1`);

/** `like`: with % and _. */
export const plainWildcard = (db: Database, like: string): Promise<object[]> =>
  rowsOf(db.orm, sql`select * from plate_reads where plate_number like ${like} order by timestamp desc limit 100`);
