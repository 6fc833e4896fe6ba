import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../core/clock.ts';
import { DarwazaError } from '../core/errors.ts';
import type { CsvFault, CsvNote } from '../list/csv.ts';
import type { RowFault } from '../list/entry.ts';
import type { BrokenFile } from '../list/json-items.ts';
import { DEFAULT_LIST_SETTINGS } from '../list/list-settings.ts';
import { parseListParts } from '../list/parse-list.ts';
import { parseRegister } from '../list/parse-register.ts';
import { unwritable } from '../store/data-folder.ts';
import type { Database } from '../store/database.ts';
import { importList, type ImportResult, type ListImportResult } from '../store/import-list.ts';
import { importRegister } from '../store/import-register.ts';
import { listSettings } from '../store/list-settings-row.ts';
import type { Engine, ImportReport, ListImportReport } from './engine-interface.ts';

/** Faults told one by one; a file with more of them has one cause, and the count says how many. */
const FAULTS_TOLD = 1000;
const FAULTS_IN_MESSAGE = 3;
const LIST_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export type Imports = Pick<Engine, 'importList' | 'importRegister'>;

/** Imports of lists and of the register into the database. `dataDir` holds a file while it arrives. */
export function createImports(database: Database, clock: Clock, dataDir: string): Imports {
  return {
    importList: async (list, fileName, chunks, how = {}) => {
      if (!LIST_NAME.test(list)) throw new DarwazaError('ARGUMENT_INVALID', { name: 'list', reason: 'a list is named by 1 to 64 small letters, digits, "-" or "_"' });
      const own = (await listSettings(database, list)) ?? DEFAULT_LIST_SETTINGS, settings = { ...own, columns: how.columns ?? own.columns };
      return arrived(dataDir, chunks, async (file, sha256) => {
        const { format = 'csv', mode = 'replace', dryRun = false, feed = false, author = null, expectVersion } = how;
        const rows = new Rows(fileName), importedAt = clock();
        const entries = rows.of(parseListParts(createReadStream(file), { list, settings, format, mode }));
        const result = await importList(database, { list, sha256, fileName, entries, importedAt, mode, dryRun, author, expectVersion, origin: feed ? 'feed' : 'file' });
        return listReport(list, rows, result, mode, dryRun);
      });
    },
    importRegister: (fileName, chunks) => arrived(dataDir, chunks, async (file, sha256) => {
      const rows = new Rows(fileName), importedAt = clock();
      const registrations = each(rows.of(inParts(parseRegister(createReadStream(file)))), (item) => item.registration);
      return rows.report('register', await importRegister(database, { sha256, fileName, registrations, importedAt }));
    }),
  };
}

function listReport(list: string, rows: Rows, result: ListImportResult, mode: 'replace' | 'delta', dryRun: boolean): ListImportReport {
  const repeated = result.repeated.map(({ line, other }): RowFault => ({
    line, column: null, code: 'ROW_REPEATED', message: `The row says the same as line ${other}, or is undone by it; it was left out. Remove one of them.`,
  }));
  const unknown = result.unknown.map((line): RowFault => ({
    line, column: null, code: 'ENTRY_UNKNOWN', message: 'The row withdraws an entry that is not on the list. Mark, kind, owner and case must be those of the entry.',
  }));
  rows.refuseAll([...repeated, ...unknown], result.duplicates + result.unknownCount);
  if (result.withheld > 0) rows.note(`${result.withheld} rows were left out: a person withdrew these entries, and the file says nothing new of them.`);
  const { added, changed, removed, withheld, difference } = result;
  return { ...rows.report(list, result), mode, dryRun, added, changed, removed, withheld, difference };
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

async function* inParts<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  for await (const item of items) yield [item];
}

async function* each<T, R>(parts: AsyncIterable<readonly T[]>, of: (item: T) => R): AsyncGenerator<R> {
  for await (const part of parts) for (const item of part) yield of(item);
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

  /** @throws IMPORT_UNUSABLE when faults are all there is, IMPORT_BROKEN when the file is half of one: what is in force stays */
  async *of<I extends { readonly kind: 'entry' | 'registration' }>(parts: AsyncIterable<readonly (I | CsvFault | CsvNote | BrokenFile)[]>): AsyncGenerator<readonly I[]> {
    let good = 0;
    for await (const part of parts) {
      const usable = part.filter((item): item is I => item.kind === 'entry' || item.kind === 'registration' || this.#keep(item as CsvFault | CsvNote | BrokenFile));
      good += usable.length;
      yield usable;
    }
    if (good === 0) throw new DarwazaError('IMPORT_UNUSABLE', { name: this.#fileName, faults: this.#faultsInShort() });
  }

  /** false: no row. */
  #keep(item: CsvFault | CsvNote | BrokenFile): false {
    if (item.kind === 'broken') throw new DarwazaError('IMPORT_BROKEN', { name: this.#fileName, reason: item.fault.message });
    if (item.kind === 'fault') this.#refuse(item.fault);
    else this.note(item.message);
    return false;
  }

  report(name: string, result: ImportResult): ImportReport {
    return { name, version: result.version, imported: result.rows, unchanged: result.unchanged, refused: this.#refused, refusedCount: this.#refusedCount, notes: this.#notes };
  }

  note(message: string): void {
    this.#notes.push(message);
  }

  /** Faults that the store found among `count` rows, put in their places by line. */
  refuseAll(faults: readonly RowFault[], count: number): void {
    const all = [...this.#refused, ...faults].toSorted((a, b) => a.line - b.line);
    this.#refused.splice(0, this.#refused.length, ...all.slice(0, FAULTS_TOLD));
    this.#refusedCount += count;
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
