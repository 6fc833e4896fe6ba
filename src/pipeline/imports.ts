import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import type { CsvFault, CsvNote } from '../list/csv.ts';
import type { RowFault } from '../list/entry.ts';
import { parseList } from '../list/parse-list.ts';
import { parseRegister } from '../list/parse-register.ts';
import { unwritable } from '../store/data-folder.ts';
import type { Database } from '../store/database.ts';
import { importList, type ImportResult } from '../store/import-list.ts';
import { importRegister } from '../store/import-register.ts';
import type { Engine, ImportReport } from './engine-interface.ts';

/** Faults told one by one; a file with more of them has one cause, and the count says how many. */
const FAULTS_TOLD = 1000;
const FAULTS_IN_MESSAGE = 3;
const LIST_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export type Imports = Pick<Engine, 'importList' | 'importRegister'>;

/** Imports of lists and of the register into the database. `dataDir` holds a file while it arrives. */
export function createImports(database: Database, clock: Clock, dataDir: string): Imports {
  return {
    importList: (list, fileName, chunks) => {
      if (!LIST_NAME.test(list)) throw new DarwazaError('ARGUMENT_INVALID', { name: 'list', reason: 'a list is named by 1 to 64 small letters, digits, "-" or "_"' });
      return arrived(dataDir, chunks, async (file, sha256) => {
        const rows = new Rows(fileName), importedAt = clock();
        const entries = rows.of(parseList(createReadStream(file), { list }), (item) => item.entry);
        return rows.report(list, await importList(database, { list, sha256, fileName, entries, importedAt }));
      });
    },
    importRegister: (fileName, chunks) => arrived(dataDir, chunks, async (file, sha256) => {
      const rows = new Rows(fileName), importedAt = clock();
      const registrations = rows.of(parseRegister(createReadStream(file)), (item) => item.registration);
      return rows.report('register', await importRegister(database, { sha256, fileName, registrations, importedAt }));
    }),
  };
}

/**
 * Has the whole file on disk before anything of it is used: half an upload changes nothing, and its hash tells whether it is in force already.
 * @throws DATA_FOLDER_UNWRITABLE
 */
async function arrived<T>(dataDir: string, chunks: AsyncIterable<Uint8Array>, use: (file: string, sha256: string) => Promise<T>): Promise<T> {
  const folder = join(dataDir, 'incoming'), file = join(folder, `${randomUUID()}.csv`), hash = createHash('sha256');
  try {
    await mkdir(folder, { recursive: true });
    await pipeline(chunks, async function* (source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    }, createWriteStream(file, { mode: 0o600 }));
    return await use(file, hash.digest('hex'));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (['EACCES', 'EROFS', 'ENOSPC', 'EPERM', 'ENOTDIR'].includes(code)) throw unwritable(folder, cause);
    throw cause;
  } finally {
    await rm(file, { force: true });
  }
}

/** Rows on their way into the store: the good ones go through, the faults are kept for the report. */
class Rows {
  readonly #fileName: string;
  readonly #refused: RowFault[] = [];
  readonly #notes: string[] = [];
  #refusedCount = 0;

  constructor(fileName: string) {
    this.#fileName = fileName;
  }

  /** @throws IMPORT_UNUSABLE when faults are all there is: the list in force stays */
  async *of<I extends { kind: string }, R>(items: AsyncIterable<I | CsvFault | CsvNote>, rowOf: (item: I) => R): AsyncGenerator<R> {
    let good = 0;
    for await (const item of items) {
      if (item.kind === 'fault') this.#refuse((item as CsvFault).fault);
      else if (item.kind === 'note') this.#notes.push((item as CsvNote).message);
      else {
        good++;
        yield rowOf(item as I);
      }
    }
    if (good === 0) throw new DarwazaError('IMPORT_UNUSABLE', { name: this.#fileName, faults: this.#faultsInShort() });
  }

  report(name: string, result: ImportResult): ImportReport {
    return { name, version: result.version, imported: result.rows, unchanged: result.unchanged, refused: this.#refused, refusedCount: this.#refusedCount, notes: this.#notes };
  }

  #refuse(fault: RowFault): void {
    this.#refusedCount++;
    if (this.#refused.length < FAULTS_TOLD) this.#refused.push(fault);
  }

  #faultsInShort(): string {
    const told = this.#refused.slice(0, FAULTS_IN_MESSAGE).map((f) => `line ${f.line}: ${f.message}`);
    const more = this.#refusedCount > told.length ? [`and ${this.#refusedCount - told.length} more faults`] : [];
    return told.length > 0 ? [...told, ...more].join(' ') : 'there is no row below the header.';
  }
}
