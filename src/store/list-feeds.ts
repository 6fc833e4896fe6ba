import { isNotNull, sql } from 'drizzle-orm';
import { ListSettings } from '../list/list-settings.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { inTransaction, instantParameter, rowsOf } from './query.ts';
import { confirmVersion, lockList } from './list-versions.ts';
import { lists } from './schema.ts';

/** A feed whose turn it is, held by whoever got it. */
export interface DueFeed {
  readonly list: string;
  readonly feed: NonNullable<ListSettings['feed']>;
  /** ETag of the file that was taken last. */
  readonly etag: string | null;
}

const MINUTE = 60_000;

/**
 * Feeds whose time has come. Each is handed out once: of several processes that ask at once one gets it, and it is due again `everyMinutes`
 * later, whatever becomes of it.
 */
export async function claimDueFeeds(db: Database, now: number): Promise<DueFeed[]> {
  return atStore(db, async () => {
    const known = await db.orm.select({ list: lists.name, settings: lists.settings, checkedAt: lists.feedCheckedAt, etag: lists.feedEtag }).from(lists)
      .where(isNotNull(sql`${lists.settings}->>'feed'`));
    const due: DueFeed[] = [];
    for (const { list, settings, checkedAt, etag } of known) {
      const { feed } = ListSettings.parse(settings);
      if (feed === null || (checkedAt !== null && now - checkedAt < feed.everyMinutes * MINUTE && now >= checkedAt)) continue;
      const claimed = await rowsOf(db.orm, sql`
        update lists set feed_checked_at = ${instantParameter(now)} where name = ${list}
          and feed_checked_at is not distinct from ${checkedAt === null ? sql`null` : instantParameter(checkedAt)} returning name
      `);
      if (claimed.length > 0) due.push({ list, feed, etag });
    }
    return due;
  });
}

/** The file came and is in force. */
export async function feedSucceeded(db: Database, list: string, etag: string | null, now: number): Promise<void> {
  await atStore(db, () => rowsOf(db.orm, sql`update lists set feed_succeeded_at = ${instantParameter(now)}, feed_fault = null, feed_failing_since = null, feed_etag = ${etag} where name = ${list}`));
}

/** The server says that its file is still the one that was taken last: the list is as young as this answer. */
export async function feedUnchanged(db: Database, list: string, now: number): Promise<void> {
  await inTransaction(db, db.orm, async (tx) => {
    const locked = await lockList(tx, list);
    if (locked !== null && locked.version > 0) await confirmVersion(tx, list, locked.version, now);
    await rowsOf(tx, sql`update lists set feed_succeeded_at = ${instantParameter(now)}, feed_fault = null, feed_failing_since = null where name = ${list}`);
  });
}

/** What went wrong, for the operator: one sentence without marks or secrets. The list in force is not touched. */
export async function feedFailed(db: Database, list: string, fault: string, now: number): Promise<void> {
  await atStore(db, () => rowsOf(db.orm, sql`
    update lists set feed_fault = ${fault.slice(0, 500)}, feed_failing_since = coalesce(feed_failing_since, ${instantParameter(now)}) where name = ${list}
  `));
}
