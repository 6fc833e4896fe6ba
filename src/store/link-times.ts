import { sql } from 'drizzle-orm';
import type { LinkTime } from '../journey/link-times.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { batch, inTransaction, rowsOf, type BatchColumn } from './query.ts';
import { linkTimes } from './schema.ts';

type Learned = LinkTime & { readonly learnedAt: number };
const COLUMNS: readonly BatchColumn<Learned>[] = [
  { name: 'from_site', type: 'text', of: (l) => l.from },
  { name: 'to_site', type: 'text', of: (l) => l.to },
  { name: 'band', type: 'text', of: (l) => l.band },
  { name: 'trips', type: 'integer', of: (l) => l.trips },
  { name: 'median_ms', type: 'integer', of: (l) => l.medianMs },
  { name: 'mad_ms', type: 'integer', of: (l) => l.madMs },
  { name: 'p01_ms', type: 'integer', of: (l) => l.p01Ms },
  { name: 'learned_at', type: 'timestamptz', of: (l) => l.learnedAt },
];

/** Puts what was learned in the place of what was learned before: a link on which nobody drives any more is not known any more. */
export async function replaceLinkTimes(db: Database, learned: readonly LinkTime[], at: number): Promise<void> {
  await inTransaction(db, db.orm, async (tx) => {
    await rowsOf(tx, sql`delete from link_times`);
    if (learned.length > 0) await rowsOf(tx, sql`insert into link_times ${batch(learned.map((l) => ({ ...l, learnedAt: at })), COLUMNS)} on conflict do nothing`);
  });
}

export async function storedLinkTimes(db: Database): Promise<LinkTime[]> {
  const rows = await atStore(db, () => db.orm.select().from(linkTimes).orderBy(linkTimes.fromSite, linkTimes.toSite, linkTimes.band));
  return rows.map(({ fromSite: from, toSite: to, band, trips, medianMs, madMs, p01Ms }) => ({ from, to, band, trips, medianMs, madMs, p01Ms }));
}
