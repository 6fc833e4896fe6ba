import { desc, sql } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { Registration } from '../list/registration.ts';
import type { Database, Orm } from './database.ts';
import { atStore } from './failure.ts';
import type { ImportResult } from './import-list.ts';
import { MARK_COLUMNS, STAGED_MARK, stageRows, type StagedRows } from './import-rows.ts';
import { instantParameter, inTransaction, rowsOf } from './query.ts';
import { registerVersions } from './schema.ts';

export interface RegisterImport {
  readonly sha256: string;
  readonly fileName: string;
  readonly registrations: AsyncIterable<Registration> | Iterable<Registration>;
  readonly importedAt: number;
}

/** The Excise register as it stands; the age counts from `confirmedAt`. */
export interface RegisterState {
  readonly version: number;
  readonly sha256: string;
  readonly fileName: string;
  readonly rowCount: number;
  readonly importedAt: number;
  readonly confirmedAt: number;
}

/** As `importList`, for the register. @throws IMPORT_EMPTY */
export async function importRegister(db: Database, given: RegisterImport): Promise<ImportResult> {
  const known = await inTransaction(db, db.bulk, (tx) => confirmSame(tx, given));
  if (known !== null) return known;
  const staged = await stageRows(db, given.registrations, given.importedAt);
  try {
    if (staged.count === 0) throw new DarwazaError('IMPORT_EMPTY', { name: given.fileName });
    return await inTransaction(db, db.bulk, async (tx) => (await confirmSame(tx, given)) ?? replace(tx, given, staged));
  } finally {
    await staged.drop().catch(() => undefined);
  }
}

/** null: no register was ever imported. */
export async function registerState(db: Database): Promise<RegisterState | null> {
  return atStore(db, () => latestVersion(db.orm));
}

async function latestVersion(orm: Orm): Promise<RegisterState | null> {
  const [row] = await orm.select().from(registerVersions).orderBy(desc(registerVersions.version)).limit(1);
  return row ?? null;
}

/** There is one register, so one lock serves; it holds to the end of the transaction. */
async function confirmSame(tx: Orm, given: RegisterImport): Promise<ImportResult | null> {
  await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza register', 0))`);
  const inForce = await latestVersion(tx);
  if (inForce?.sha256 !== given.sha256) return null;
  await rowsOf(tx, sql`update register_versions set confirmed_at = greatest(confirmed_at, ${instantParameter(given.importedAt)}) where version = ${inForce.version}`);
  return { version: inForce.version, rows: inForce.rowCount, added: 0, removed: 0, duplicates: 0, unchanged: true };
}

async function replace(tx: Orm, given: RegisterImport, staged: StagedRows): Promise<ImportResult> {
  const version = ((await latestVersion(tx))?.version ?? 0) + 1;
  await rowsOf(tx, sql`
    insert into register_versions (version, sha256, file_name, row_count, imported_at, confirmed_at)
    values (${version}, ${given.sha256}, ${given.fileName}, ${staged.count}, ${instantParameter(given.importedAt)}, ${instantParameter(given.importedAt)})
  `);
  const [removed] = await rowsOf<{ count: number }>(tx, sql`
    with closed as (
      update registrations g set to_version = ${version} where g.to_version is null
        and not exists (select 1 from import_rows r where r.import_id = ${staged.importId} and r.id = g.id)
      returning 1
    ) select count(*)::integer as count from closed
  `);
  const [added] = await rowsOf<{ count: number }>(tx, sql`
    with opened as (
      insert into registrations (id, from_version, key, vehicle_class, make, model, colour, status, token_paid_to, ${MARK_COLUMNS})
      select r.id, ${version}, content->>'key', content->>'vehicleClass', content->>'make', content->>'model', content->>'colour', content->>'status',
        (content->>'tokenPaidTo')::date, ${STAGED_MARK}
      from import_rows r where r.import_id = ${staged.importId}
        and not exists (select 1 from registrations g where g.id = r.id and g.to_version is null)
      returning 1
    ) select count(*)::integer as count from opened
  `);
  return { version, rows: staged.count, added: added?.count ?? 0, removed: removed?.count ?? 0, duplicates: staged.duplicates, unchanged: false };
}
