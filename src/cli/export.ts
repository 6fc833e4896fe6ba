import { createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { createLog } from '../core/log.ts';
import type { Purpose } from '../core/permission.ts';
import type { ExportFormat } from '../http/export-formats.ts';
import { beginExport, type ExportHead, type ExportOrder, type ExportServices } from '../http/export-order.ts';
import type { ExportStream } from '../http/export-stream.ts';
import { journeyFilterFields } from '../http/journeys.ts';
import { passFilterFields } from '../http/passes.ts';
import { timeParameters, withTimes } from '../http/relative-time.ts';
import { check } from '../http/request-check.ts';
import { appendAudit } from '../store/audit-log.ts';
import { loadOwnSeries, loadRegister, openStore } from './instance.ts';
import type { Output } from './output.ts';

export type Records = ExportOrder['of']['records'];
export interface ExportOptions extends Readonly<Record<string, unknown>> {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly bom?: boolean;
  readonly purpose: Purpose;
  readonly case: string;
}

const FIELDS = { passes: passFilterFields, journeys: journeyFilterFields } as const;
const PROGRESS_EVERY_MS = 5000;

/** `darwaza export`: what the route of the API streams, into a file or to stdout. A file has its name only when it is whole. */
export async function exportCommand(records: Records, options: ExportOptions, config: Config, output: Output): Promise<number> {
  const { out } = options;
  if (out === undefined && output.json) throw new DarwazaError('ARGUMENT_INVALID', { name: '--json', reason: 'stdout holds the export itself; give --out FILE' });
  if (out !== undefined) await checkFree(out);
  const register = loadRegister(config);
  loadOwnSeries(config);
  const database = await openStore(config);
  try {
    const order = orderOf(records, options), services: ExportServices = { database, register, config, clock: systemClock, log: createLog(config.DARWAZA_LOG) };
    const { head, stream } = await begun(services, order);
    const progress = setInterval(() => output.note(`${records}: ${figures(stream)}`), PROGRESS_EVERY_MS);
    await (out === undefined ? pipeline(stream, process.stdout, { end: false }) : intoFile(stream, out)).finally(() => clearInterval(progress));
    const { rows, bytes, sha256 } = stream.soFar();
    if (output.json) output.object({ export: head.export, records, rows, bytes, sha256, file: out });
    else output.note(`${records}: ${figures(stream)}; export ${head.export}, SHA-256 ${sha256}`);
    return 0;
  } finally {
    await database.close();
  }
}

/** Begins the export, with its row in the audit log before anything is written. */
async function begun(services: ExportServices, order: ExportOrder): Promise<{ readonly head: ExportHead; readonly stream: ExportStream<never> }> {
  // A terminal or a disk may take its time.
  const { head, stream } = await beginExport(services, order, null);
  const { actor, purpose, caseReference, of, format, filter } = order;
  await appendAudit(services.database, {
    at: services.clock(), actor, action: of.records === 'passes' ? 'exportPasses' : 'exportJourneys', purpose, caseReference, question: { format, ...filter, export: head.export, head },
    resultCount: null, requestId: null,
  });
  return { head, stream };
}

function orderOf(records: Records, options: ExportOptions): ExportOrder {
  const fields = z.strictObject(FIELDS[records]);
  const given = Object.fromEntries(Object.keys(fields.shape).flatMap((name) => (typeof options[name] === 'string' || options[name] === true ? [[name, String(options[name])]] : [])));
  const filter = withTimes(given, timeParameters({ query: fields }), systemClock());
  const of = records === 'passes'
    ? { records, query: check(z.strictObject(passFilterFields), filter, 'query parameter') } : { records, query: check(z.strictObject(journeyFilterFields), filter, 'query parameter') };
  return {
    of, format: options.format, bom: options.bom ?? false, filter, actor: 'cli', purpose: options.purpose, caseReference: options.case, requestId: null, covert: true,
    mayGoOn: async () => true,
  };
}

function figures(stream: ExportStream<never>): string {
  const { rows, bytes } = stream.soFar();
  return `${rows.toLocaleString('en')} rows, ${(bytes / 1e6).toFixed(1)} MB`;
}

async function checkFree(path: string): Promise<void> {
  const there = await access(path).then(() => true, () => false);
  if (there) throw new DarwazaError('ARGUMENT_INVALID', { name: '--out', reason: `${path} is there already` });
}

/** Nobody but the owner may read it: it tells where people were. */
async function intoFile(stream: ExportStream<never>, path: string): Promise<void> {
  const part = `${path}.part`;
  try {
    await pipeline(stream, createWriteStream(part, { mode: 0o600 }));
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new DarwazaError('FOLDER_UNWRITABLE', { path: dirname(path), reason: (cause as NodeJS.ErrnoException).code ?? 'unknown fault' }, cause);
  }
}
