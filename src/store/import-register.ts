import type { Registration } from '../list/registration.ts';
import type { Database } from './database.ts';
import type { ImportResult } from './import-list.ts';

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
export async function importRegister(_db: Database, _given: RegisterImport): Promise<ImportResult> {
  throw new Error('not built yet');
}

/** null: no register was ever imported. */
export async function registerState(_db: Database): Promise<RegisterState | null> {
  throw new Error('not built yet');
}
