import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import { corrections } from './schema.ts';

/** The pass of this id was not corrected: of a corrected pass the correction counts, which is a pass of its own. */
export function standing(passId: SQLWrapper): SQL {
  return sql`not exists (select from ${corrections} where ${corrections.passId} = ${passId})`;
}

/** The same of passes that all have one key: its corrections are looked up once, not pass by pass. */
export function standingOfKey(passId: SQLWrapper, key: string): SQL {
  return sql`${passId} <> all(array(select ${corrections.passId} from ${corrections} where ${corrections.oldKey} = ${key}))`;
}
