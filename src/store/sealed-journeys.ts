import { sql, type SQL } from 'drizzle-orm';
import type { Orm } from './database.ts';
import { JOURNEY_ENDED } from './kept-passes.ts';
import { array, epochMs, instantParameter, rowsOf } from './query.ts';

// Journeys that ended before the floor of passes are sealed: they stand for passes that are gone, and what is built from now on must neither
// replace nor touch them. Of a journey that reaches over the floor, the first pass is kept.

/** Of a journey `j`: it reaches over the floor (epoch milliseconds) or begins above it. */
export const notSealed = (floor: number): SQL => sql`${JOURNEY_ENDED} >= ${instantParameter(floor)}`;

/** From when on the journeys of a key can be built from passes, epoch milliseconds; null: from the first. `floor`: of passes. */
export async function buildableFrom(tx: Orm, keys: readonly string[], floor: number | null): Promise<(key: string) => number | null> {
  if (floor === null || keys.length === 0) return () => floor;
  const rows = await rowsOf<{ key: string; at: number }>(tx, sql`
    select j.key, ${epochMs(sql`min(j.started_at)`)} as at from journeys j where j.key = any(${array([...keys], 'text')}) and ${notSealed(floor)} group by j.key
  `);
  const begun = new Map(rows.map((row) => [row.key, row.at]));
  return (key) => Math.min(floor, begun.get(key) ?? floor);
}
