import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { fileError } from '../camera/picture-file.ts';
import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { readColumnMap, type ColumnMap } from '../list/list-columns.ts';
import type { ListFormat } from '../list/parse-list.ts';
import { createImports, type Imports } from '../pipeline/imports.ts';
import type { ImportReport, ListImportHow, ListImportReport } from '../pipeline/engine-interface.ts';
import { loadOwnSeries, openStore } from './instance.ts';
import { readJsonFile } from './list.ts';
import type { Output } from './output.ts';

export interface ListImportOptions { readonly dryRun?: boolean; readonly delta?: boolean; readonly columns?: string }

/** `darwaza import register`. Answers 1 when a row was refused. */
export async function importRegisterCommand(file: string, config: Config, output: Output): Promise<number> {
  return withImports(file, config, output, (imports, chunks) => imports.importRegister(basename(file), chunks));
}

/** `darwaza import list`: the ending of the file tells whether it is CSV, JSON or NDJSON. Answers 1 when a row was refused. */
export async function importListCommand(list: string, file: string, options: ListImportOptions, config: Config, output: Output): Promise<number> {
  const columns = options.columns === undefined ? undefined : await columnsOf(options.columns);
  const how: ListImportHow = { format: FORMATS[extname(file).toLowerCase()] ?? 'csv', mode: options.delta ? 'delta' : 'replace', dryRun: options.dryRun ?? false, columns, author: 'cli' };
  return withImports(file, config, output, (imports, chunks) => imports.importList(list, basename(file), chunks, how));
}

const FORMATS: Readonly<Record<string, ListFormat>> = { '.json': 'json', '.ndjson': 'ndjson', '.jsonl': 'ndjson' };

async function columnsOf(file: string): Promise<ColumnMap> {
  const read = readColumnMap(await readJsonFile(file));
  if (read.kind === 'fault') throw new DarwazaError('ARGUMENT_INVALID', { name: file, reason: read.reason });
  return read.map;
}

async function withImports(file: string, config: Config, output: Output, work: (imports: Imports, chunks: AsyncIterable<Uint8Array>) => Promise<ImportReport>): Promise<number> {
  await checkReadable(file);
  loadOwnSeries(config);
  const database = await openStore(config);
  try {
    const report = await work(createImports(database, systemClock, config.DARWAZA_DATA_DIR), createReadStream(file));
    if (output.json) output.object(report);
    for (const line of reportLines(report)) output.line(line);
    return report.refusedCount > 0 ? 1 : 0;
  } finally {
    await database.close();
  }
}

async function checkReadable(file: string): Promise<void> {
  try {
    if ((await stat(file)).isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  } catch (cause) {
    throw fileError(file, cause);
  }
}

/** What an import did, for people: one line, then one a difference of a dry run, one a refused row. */
export function reportLines(report: ImportReport | ListImportReport): string[] {
  const refused = report.refused.map((f) => `  line ${f.line}${f.column ? `, ${f.column}` : ''}: ${f.message}`);
  const more = report.refusedCount > report.refused.length ? [`  … and ${report.refusedCount - report.refused.length} more`] : [];
  return [
    headOf(report), ...report.notes.map((n) => `  note: ${n}`), ...('difference' in report ? differenceLines(report) : []),
    ...(report.refusedCount > 0 ? [`  ${report.refusedCount} ${report.refusedCount === 1 ? 'row' : 'rows'} refused:`, ...refused, ...more] : []),
  ];
}

function headOf(report: ImportReport | ListImportReport): string {
  const { name, version, imported, unchanged } = report;
  if (unchanged) return `${name}: version ${version} holds this very file already (${imported} rows); nothing changed.`;
  if (!('difference' in report)) return `${name}: version ${version} with ${imported} rows is in force.`;
  const changes = `${report.added} added, ${report.changed} changed, ${report.removed} removed`;
  return report.dryRun
    ? `${name}: this file would make ${imported} rows: ${changes}. Nothing was changed; version ${version} is in force.`
    : `${name}: version ${version} with ${imported} rows is in force: ${changes}.`;
}

const beyond = (shown: number, all: number): string[] => (all > shown ? [`    … and ${all - shown} more`] : []);
const at = (line: number | null): string => (line === null ? '' : ` (line ${line})`);

function differenceLines({ difference, added, changed, removed }: ListImportReport): string[] {
  if (difference === null) return [];
  return [
    ...difference.added.map((d) => `  + ${d.mark}${at(d.line)}`), ...beyond(difference.added.length, added),
    ...difference.changed.map((d) => `  ~ ${d.mark}${at(d.line)}: ${d.changes.map((c) => `${c.column} "${c.from}" → "${c.to}"`).join(', ')}`), ...beyond(difference.changed.length, changed),
    ...difference.removed.map((d) => `  - ${d.mark}${at(d.line)}`), ...beyond(difference.removed.length, removed),
  ];
}
