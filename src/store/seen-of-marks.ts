import { sql, type SQL } from 'drizzle-orm';
import type { Direction } from '../pass/pass.ts';
import { markKey } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { array, epochMs, rowsOf } from './query.ts';

/** One pass of a mark, as far as a list of many has room for it. */
export interface SeenPass {
  readonly passId: string;
  readonly capturedAt: number;
  readonly cameraId: string;
  readonly siteId: string | null;
  readonly direction: Direction;
}

export interface SeenMark { readonly first: SeenPass | null; readonly last: SeenPass | null }

interface Row { readonly place: number; readonly id: string; readonly at: number; readonly camera: string; readonly site: string | null; readonly direction: Direction }

/**
 * When and where each mark was first and last seen, in the order given; passes that contradict a known part of it are another vehicle's, and
 * those that a person corrected count as what they were corrected to. Two statements, whatever the number of marks: each mark is one look
 * into the index, at the end that `vehicles` names.
 */
export async function seenOfMarks(db: Database, marks: readonly Mark[]): Promise<SeenMark[]> {
  if (marks.length === 0) return [];
  const [first, last] = await Promise.all([endOf(db, marks, 'first'), endOf(db, marks, 'last')]);
  return marks.map((_, i) => ({ first: first.get(i + 1) ?? null, last: last.get(i + 1) ?? null }));
}

async function endOf(db: Database, marks: readonly Mark[], end: 'first' | 'last'): Promise<Map<number, SeenPass>> {
  const bound = end === 'first' ? sql`p.captured_at >= coalesce(v.first_seen_at, '-infinity')` : sql`p.captured_at <= coalesce(v.last_seen_at, 'infinity')`;
  const rows = await atStore(db, () => rowsOf<Row>(db.orm, sql`
    select a.place::integer as place, s.* from ${asked(marks)} as a (key, jurisdiction, district, year, suffix, class, place)
    join vehicles v on v.key = a.key collate "C"
    cross join lateral (
      select p.id, ${epochMs(sql`p.captured_at`)} as at, p.camera_id as camera, p.site_id as site, p.direction from passes p
      where p.key = a.key collate "C" and ${bound} and ${AGREES} and not exists (select from corrections c where c.pass_id = p.id)
      order by p.captured_at ${end === 'first' ? sql`asc` : sql`desc`} limit 1
    ) as s
  `));
  return new Map(rows.map((row) => [row.place, { passId: row.id, capturedAt: row.at, cameraId: row.camera, siteId: row.site, direction: row.direction }]));
}

function asked(marks: readonly Mark[]): SQL {
  const parts = (of: (mark: Mark) => string | null): SQL => array(marks.map(of), 'text');
  return sql`unnest(${parts(markKey)}, ${parts((m) => m.jurisdiction)}, ${parts((m) => m.district)}, ${parts((m) => m.year)}, ${parts((m) => m.suffix)}, ${parts((m) => m.class)}) with ordinality`;
}

/** As `compareMarks` in plate/key.ts: no part known on both sides contradicts. Sindh numbers motorcycles apart from all others. */
const AGREES = sql`
  (a.jurisdiction is null or p.mark_jurisdiction is null or p.mark_jurisdiction = a.jurisdiction) and (a.district is null or p.mark_district is null or p.mark_district = a.district)
  and (a.year is null or p.mark_year is null or p.mark_year = a.year) and (a.suffix is null or p.mark_suffix is null or p.mark_suffix = a.suffix)
  and (a.jurisdiction is distinct from 'SD' or p.mark_jurisdiction is distinct from 'SD' or a.class is null or p.mark_class is null
    or (a.class = 'motorcycle') = (p.mark_class = 'motorcycle'))`;
