import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileError } from '../camera/picture-file.ts';
import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { createImports } from '../pipeline/imports.ts';
import type { ImportReport } from '../pipeline/engine-interface.ts';
import { loadOwnSeries, openStore } from './instance.ts';
import type { Output } from './output.ts';

/** `darwaza import`: a list or the register from a CSV file. Answers 1 when a row was refused. */
export async function importCommand(what: 'register' | { list: string }, file: string, config: Config, output: Output): Promise<number> {
  await checkReadable(file);
  loadOwnSeries(config);
  const database = await openStore(config);
  try {
    const imports = createImports(database, systemClock, config.DARWAZA_DATA_DIR);
    const chunks = createReadStream(file);
    const report = what === 'register' ? await imports.importRegister(basename(file), chunks) : await imports.importList(what.list, basename(file), chunks);
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

/** What an import did, for people: one line, then one a refused row. */
export function reportLines(report: ImportReport): string[] {
  const head = report.unchanged
    ? `${report.name}: version ${report.version} holds this very file already (${report.imported} rows); nothing changed.`
    : `${report.name}: version ${report.version} with ${report.imported} rows is in force.`;
  const refused = report.refused.map((f) => `  line ${f.line}${f.column ? `, ${f.column}` : ''}: ${f.message}`);
  const more = report.refusedCount > report.refused.length ? [`  … and ${report.refusedCount - report.refused.length} more`] : [];
  return [head, ...report.notes.map((n) => `  note: ${n}`), ...(report.refusedCount > 0 ? [`  ${report.refusedCount} rows refused:`, ...refused, ...more] : [])];
}
