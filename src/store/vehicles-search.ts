import { and, asc, gt, gte, lt, or, sql } from 'drizzle-orm';
import type { MarkSearch } from '../list/mark-search.ts';
import { markOfProfile } from '../journey/vehicles.ts';
import type { Mark } from '../plate/mark.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { vehicles } from './schema.ts';
import { keysInQuestion } from './wildcard-passes.ts';

/** A key that was ever seen. Vehicles that share it are told apart by `marks` where the parts were read. */
export interface SeenKey {
  readonly key: string;
  /** The marks read under it, those that were asked for; empty where they are still being gathered after an upgrade. */
  readonly marks: readonly Mark[];
  readonly firstSeenAt: number | null;
  readonly lastSeenAt: number | null;
  readonly lastSiteId: string | null;
}

export interface VehicleSearch {
  readonly marks: MarkSearch;
  /** Seen at any time in from ≤ t < to, or before and after it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Beyond so many the pattern is a common one, and the keys are walked in their order. */
const FEW = 2000;

/** Keys of the marks that are looked for, in order of the alphabet. `question`: what the search was made from. @throws CURSOR_INVALID, MARK_INVALID, ARGUMENT_INVALID */
export async function searchVehicles(db: Database, search: VehicleSearch, question: object, page: PageRequest = {}): Promise<Page<SeenKey>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, question), found: SeenKey[] = [];
  await atStore(db, async () => {
    let beyond = place?.id ?? '', more = true;
    const few = await fewKeys(db.orm, search);
    while (more && found.length <= limit) {
      const rows = await rowsBeyond(db.orm, search, few, beyond, limit + 1);
      found.push(...rows.flatMap((row) => seenKeyOf(row, search.marks)));
      beyond = rows.at(-1)?.key ?? beyond;
      more = rows.length > limit;
    }
  });
  return toPage(found, limit, question, ({ key }) => ({ at: 0, id: key }));
}

/** All keys in question where they are few: sorting them is then quicker than walking two million in order of the alphabet. null: they are many. */
async function fewKeys(orm: Orm, search: VehicleSearch): Promise<MarkSearch['by'] | null> {
  if ('keys' in search.marks.by) return search.marks.by;
  const rows = await orm.select({ key: vehicles.key }).from(vehicles).where(conditions(search, search.marks.by)).limit(FEW + 1);
  return rows.length > FEW ? null : { keys: rows.map((row) => row.key) };
}

function rowsBeyond(orm: Orm, search: VehicleSearch, few: MarkSearch['by'] | null, beyond: string, limit: number): Promise<(typeof vehicles.$inferSelect)[]> {
  return orm.select().from(vehicles).where(and(conditions(search, few ?? search.marks.by), gt(vehicles.key, beyond))).orderBy(asc(vehicles.key)).limit(limit);
}

function conditions({ from, to }: VehicleSearch, by: MarkSearch['by']) {
  return and(
    keysInQuestion(by, sql`${vehicles.key}`), from === undefined ? undefined : or(sql`${vehicles.lastSeenAt} is null`, gte(vehicles.lastSeenAt, from)),
    to === undefined ? undefined : or(sql`${vehicles.firstSeenAt} is null`, lt(vehicles.firstSeenAt, to)),
  );
}

function seenKeyOf(row: typeof vehicles.$inferSelect, search: MarkSearch): SeenKey[] {
  const { key, profiles, firstSeenAt, lastSeenAt, lastSiteId } = row, marks = profiles.map(markOfProfile).filter((mark) => search.accepts(mark, key));
  return profiles.length > 0 && marks.length === 0 ? [] : [{ key, marks, firstSeenAt, lastSeenAt, lastSiteId }];
}
