import { eq, sql } from 'drizzle-orm';
import { ListSettings } from '../list/list-settings.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { inTransaction, rowsOf } from './query.ts';
import { lists } from './schema.ts';

/** Settings of a list, completed by the defaults; null when there is no such list. */
export async function listSettings(db: Database, list: string): Promise<ListSettings | null> {
  return atStore(db, async () => {
    const [row] = await db.orm.select({ settings: lists.settings }).from(lists).where(eq(lists.name, list));
    return row === undefined ? null : ListSettings.parse(row.settings);
  });
}

export interface PutSettings {
  /** false: the list was there. */
  readonly created: boolean;
  /** As they were before; null for a new list. */
  readonly before: ListSettings | null;
}

/** Makes a list with these settings, or gives a list new ones. Another feed starts afresh. */
export async function putListSettings(db: Database, list: string, settings: ListSettings): Promise<PutSettings> {
  return inTransaction(db, db.orm, async (tx) => {
    const made = await rowsOf(tx, sql`insert into lists (name, version) values (${list}, 0) on conflict do nothing returning name`);
    const [row] = await tx.select({ settings: lists.settings }).from(lists).where(eq(lists.name, list)).for('update');
    const before = made.length > 0 ? null : ListSettings.parse(row?.settings ?? {});
    const sameFeed = before !== null && JSON.stringify(before.feed) === JSON.stringify(settings.feed);
    await tx.update(lists).set({ settings, ...(sameFeed ? {} : { feedCheckedAt: null, feedSucceededAt: null, feedFault: null, feedFailingSince: null, feedEtag: null }) }).where(eq(lists.name, list));
    return { created: before === null, before };
  });
}
