import { sql } from 'drizzle-orm';
import type { Database } from '../../src/store/database.ts';
import { ensurePartitions } from '../../src/store/partitions.ts';
import { array, rowsOf } from '../../src/store/query.ts';
import { DAY, quetta } from './passes.ts';

const PART = 500_000, DAYS = 30;

/**
 * Loads passes of the 30 days before `end` (epoch milliseconds) with the database's own generator, at the cameras of the example city, of a
 * twelfth as many vehicles: what would take the recorder an hour. No journeys, no hits. Several share an instant.
 */
export async function loadPasses(db: Database, count: number, end: number): Promise<void> {
  const cameras = quetta().cameras, vehicles = Math.ceil(count / 12);
  await ensurePartitions(db, 'passes', Array.from({ length: DAYS + 1 }, (_, i) => end - i * DAY));
  for (let from = 0; from < count; from += PART) {
    await rowsOf(db.bulk, sql`
      insert into passes (captured_at, received_at, processed_at, confidence, sequence, read_count, boundary, id, camera_id, site_id, direction, outcome, time_source, source, raw_text, key,
        skeleton, mark_jurisdiction, mark_letters, mark_year, mark_number, reading, evidence_sha256, evidence_media_type, vehicle_class, vehicle_colour)
      select at, at + interval '1 second', at + interval '2 seconds', 0.93, 0, 5, c.boundary, 'p' || lpad(n::text, 9, '0'), c.id, c.site, c.direction, 'mark', 'camera', 'pipeline',
        letters || '17' || number, letters || number, letters || number, 'PB', letters, '17', number, letters || '17' || number || ' 998,997', md5(n::text) || md5(v::text), 'image/jpeg',
        case when v % 3 = 0 then 'car' end, case when v % 4 = 0 then 'white' end
      from (
        select n, v, ${new Date(end).toISOString()}::timestamptz - (n % ${DAYS * 86_400}) * interval '1 second' - interval '1 millisecond' as at,
          'L' || chr(65 + (v % 25)) || chr(65 + (v / 25 % 25)) as letters, (1 + (v / 625) % 9999)::text as number
        from (select n::int, (n * 48271 % ${vehicles}::bigint)::int as v from generate_series(${from}::bigint, ${Math.min(count, from + PART) - 1}::bigint) as n) drawn
      ) made
      join unnest(${array(cameras.map((c) => c.id), 'text')}, ${array(cameras.map((c) => c.siteId), 'text')}, ${array(cameras.map((c) => c.direction), 'text')}, ${array(cameras.map((c) => c.boundary), 'boolean')})
        with ordinality as c (id, site, direction, boundary, place) on c.place = 1 + n % ${cameras.length}
    `);
  }
  await rowsOf(db.bulk, sql`vacuum analyze passes`);
}
