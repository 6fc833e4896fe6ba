import { sql } from 'drizzle-orm';
import type { ConfusionCount } from '../list/confusions.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import { batch, rowsOf, type BatchColumn } from './query.ts';

const COLUMNS: readonly BatchColumn<ConfusionCount>[] = [
  { name: 'read_character', type: 'text', of: (c) => c.read },
  { name: 'true_character', type: 'text', of: (c) => c.truth },
  { name: 'count', type: 'integer', of: (c) => c.count },
];

/** Adds to what was learned; each pair of characters once. Sorted, so that two who add at once wait for each other in one order. */
export async function addConfusions(tx: Orm, counts: readonly ConfusionCount[]): Promise<void> {
  if (counts.length === 0) return;
  await rowsOf(tx, sql`
    insert into confusions ${batch(counts, COLUMNS)} order by r.read_character, r.true_character
    on conflict (read_character, true_character) do update set count = confusions.count + excluded.count
  `);
}

/** All that was learned: how often each character was read for another; equal characters count the right reads. */
export async function confusionCounts(db: Database): Promise<ConfusionCount[]> {
  return atStore(db, () => rowsOf<ConfusionCount>(db.orm, sql`select read_character as read, true_character as truth, count from confusions order by 1, 2`));
}
