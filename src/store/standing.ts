import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import { corrections } from './schema.ts';

/** The pass of this id was not corrected: of a corrected pass the correction counts, which is a pass of its own. */
export function standing(passId: SQLWrapper): SQL {
  return sql`not exists (select from ${corrections} where ${corrections.passId} = ${passId})`;
}
